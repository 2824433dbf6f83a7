/* SPDX-License-Identifier: MIT */
/* Inputs that are kept a byte each are the numbers that they were, to the bit, and so are those that are copied together: blocks of any
 * plan, also where ranks hold a part that begins anywhere; and nothing is kept that would be another number. */
#include "network/network.h"
#include "network_case.h"

#include <string.h>

enum { INPUTS = 600, SAMPLES = 1003, LEVELS = 256 };

static spn_context *make_context(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

/* So many different numbers, 0 and -0 among them, the last of them only once, in the last place. */
static spn_dataset *data_of(spn_context *context, int64_t levels)
{
    spn_dataset *data = NULL;
    double *x = NULL, *y = NULL;
    check_ok(context, spn_dataset_create(context, SAMPLES, INPUTS, 1, NULL, NULL, &data, &x, &y));
    for (int64_t i = 0; i < INPUTS; i++) {
        for (int64_t n = 0; n < SAMPLES; n++) {
            int64_t k = (i * 31 + n * n) % (levels - 1);
            x[i * data->stride + n] = k == 1 ? -0.0 : (double)k / 3.0 - (k > 100 ? 40.1 : 0.0);
        }
    }
    x[(INPUTS - 1) * data->stride + SAMPLES - 1] = 1e300;
    for (int64_t n = 0; n < SAMPLES; n++) {
        y[n] = (double)(n % 7) - 3;
    }
    return data;
}

static void check_same(const spn_dataset *data, int64_t first, int64_t count, const double *x,
                       int64_t ld)
{
    for (int64_t i = 0; i < INPUTS; i++) {
        assert_memory_equal(x + i * ld, data->x + i * data->stride + first,
                            (size_t)count * sizeof *x);
    }
}

/* All blocks of what is coded (NULL: nothing is) have the bits of the data; both are freed. */
static void check_blocks(spn_context *context, spn_dataset *data, spni_coded_inputs *coded,
                         double *room)
{
    for (int64_t begin = 0; coded != NULL && begin < SAMPLES; begin += 128) {
        int64_t count = SAMPLES - begin < 128 ? SAMPLES - begin : 128;
        spni_coded_read(coded, begin, count, NULL, room, 128);
        check_same(data, begin, count, room, 128);
    }
    spni_coded_free(context, coded);
    spn_dataset_free(context, data);
}

static void test_codes_are_the_numbers(void **state)
{
    (void)state;
    static const int64_t held[] = {0, 3, 8, 1021};
    spn_context *context = make_context();
    spn_dataset *data = data_of(context, LEVELS);
    double *x = case_vector(INPUTS * 128);
    for (size_t h = 0; h < sizeof held / sizeof *held; h++) {
        spni_coded_inputs *coded = NULL;
        check_ok(context, spni_coded_create(context, data, held[h], &coded));
        assert_non_null(coded);
        /* Blocks begin at multiples of 8 of all samples. */
        for (int64_t begin = (held[h] + 7) / 8 * 8; begin < held[h] + SAMPLES; begin += 120) {
            int64_t left = held[h] + SAMPLES - begin, count = left < 120 ? left : 120;
            spni_coded_read(coded, begin, count, NULL, x, 128);
            check_same(data, begin - held[h], count, x, 128);
        }
        spni_coded_free(context, coded);
    }
    free(x);
    spn_dataset_free(context, data);
    spn_context_free(context);
}

/* Images: bytes, the same divided, and with mean and deviation taken away; a level that is off by a rounding is kept as it is. */
static void test_pixels_are_the_numbers(void **state)
{
    (void)state;
    static const double scales[][4] = {
        {1, 0, 1, 0}, {255, 0, 1, 0}, {255, 0.1307, 0.3081, 0}, {255, 0.1307, 0.3081, 1}};
    spn_context *context = make_context();
    double *room = case_vector(INPUTS * 128);
    for (size_t q = 0; q < sizeof scales / sizeof *scales; q++) {
        spn_dataset *data = NULL;
        spni_coded_inputs *coded = NULL;
        double *x = NULL, *y = NULL;
        check_ok(context,
                 spn_dataset_create(context, SAMPLES, INPUTS, 1, NULL, NULL, &data, &x, &y));
        for (int64_t i = 0; i < INPUTS * data->stride; i++) {
            int64_t n = i % data->stride, k = i * 13 % 256;
            double value = ((double)k / scales[q][0] - scales[q][1]) / scales[q][2];
            value = k == 77 && scales[q][3] > 0 ? nextafter(value, 1) : value;
            x[i] = n < SAMPLES ? value : 0;
        }
        check_ok(context, spni_coded_create(context, data, 0, &coded));
        assert_non_null(coded);
        check_blocks(context, data, coded, room);
    }
    free(room);
    spn_context_free(context);
}

/* Images whose pixels have been centred one by one have too many different numbers for one table: a byte and a mean for each input. One
 * that no byte has made is not coded. */
static void test_centred_pixels_are_the_numbers(void **state)
{
    (void)state;
    static const double divisors[] = {255, 1, 255};
    spn_context *context = make_context();
    double *room = case_vector(INPUTS * 128);
    for (int q = 0; q < 3; q++) {
        spn_dataset *data = NULL;
        spni_coded_inputs *coded = NULL;
        double *x = NULL, *y = NULL;
        check_ok(context,
                 spn_dataset_create(context, SAMPLES, INPUTS, 1, NULL, NULL, &data, &x, &y));
        for (int64_t i = 0; i < INPUTS; i++) {
            const double mean = 77.7 / divisors[q] / (double)(i + 3);
            for (int64_t n = 0; n < SAMPLES; n++) {
                const double byte = (double)((n + 1) * (i + 2) * 13 % 256);
                x[i * data->stride + n] = (n == i % 5 ? 0 : byte / divisors[q]) - mean;
            }
        }
        if (q == 2) {
            x[(INPUTS - 1) * data->stride + 7] += 1e-9;
        }
        check_ok(context, spni_coded_create(context, data, 0, &coded));
        assert_true((coded == NULL) == (q == 2));
        check_blocks(context, data, coded, room);
    }
    free(room);
    spn_context_free(context);
}

static void test_too_many_numbers_are_not_coded(void **state)
{
    (void)state;
    spn_context *context = make_context();
    spn_dataset *data = data_of(context, LEVELS + 1);
    spni_coded_inputs *coded = NULL;
    check_ok(context, spni_coded_create(context, data, 0, &coded));
    assert_null(coded);
    spn_dataset_free(context, data);
    spn_context_free(context);
}

/* Value, gradient and product of a network on a data set. */
static void take_all(spn_context *context, const spn_dataset *data, double *out)
{
    const int64_t hidden[] = {7, 5};
    spn_network *network = NULL;
    spn_network_error *error = NULL;
    spn_point *point = NULL;
    check_ok(context, spn_network_create(context, INPUTS, 1, 2, hidden, SPN_TANH, true, &network));
    check_ok(context, spn_network_error_create(context, network, data, SPN_ERROR_MSE, &error));
    const spn_objective *objective = spn_network_error_objective(error);
    const int64_t size = objective->dimension;
    double *theta = case_vector(size);
    case_fill(size, 0.02, 5, theta);
    check_ok(context, spn_point_create(context, objective, &point));
    check_ok(context, spn_point_set(context, point, theta, 0, NULL, SPN_WANT_ALL));
    out[0] = point->value;
    memcpy(out + 1, point->gradient, (size_t)size * sizeof *out);
    check_ok(context,
             spn_point_hvp(context, point, SPN_PART_FULL, 1, point->gradient, out + 1 + size));
    free(theta);
    spn_point_free(context, point);
    spn_network_error_free(context, error);
    spn_network_free(context, network);
}

/* With -0 for some of the zeros there are 257 different numbers, which are copied and not coded, and everything is what it was. */
static void test_ways_to_the_inputs_agree(void **state)
{
    (void)state;
    spn_context *context = make_context();
    spn_dataset *coded = NULL, *copied = NULL;
    double *x[2] = {NULL}, *y[2] = {NULL};
    enum { SIZE = INPUTS * 7 + 7 + 35 + 5 + 5 + 1 };
    double *out[2] = {case_vector(1 + 2 * SIZE), case_vector(1 + 2 * SIZE)};
    check_ok(context,
             spn_dataset_create(context, SAMPLES, INPUTS, 1, NULL, NULL, &coded, &x[0], &y[0]));
    check_ok(context,
             spn_dataset_create(context, SAMPLES, INPUTS, 1, NULL, NULL, &copied, &x[1], &y[1]));
    for (int64_t i = 0; i < INPUTS * coded->stride; i++) {
        int64_t n = i % coded->stride;
        x[0][i] = x[1][i] = n < SAMPLES ? (double)((i * 7) % 256) / 255 : 0;
    }
    for (int64_t n = 0; n < SAMPLES; n++) {
        y[0][n] = y[1][n] = (double)(n % 7) - 3;
    }
    for (int64_t i = 0; i < SAMPLES; i++) {
        if (x[1][i] == 0) {
            x[1][i] = -0.0;
        }
    }
    spni_coded_inputs *made = NULL;
    check_ok(context, spni_coded_create(context, copied, 0, &made));
    assert_null(made);
    check_ok(context, spni_coded_create(context, coded, 0, &made));
    assert_non_null(made);
    spni_coded_free(context, made);
    take_all(context, coded, out[0]);
    take_all(context, copied, out[1]);
    for (int64_t i = 0; i < 1 + 2 * SIZE; i++) {
        assert_true(out[0][i] == out[1][i]);
    }
    free(out[0]);
    free(out[1]);
    spn_dataset_free(context, coded);
    spn_dataset_free(context, copied);
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_are_the_numbers),
        cmocka_unit_test(test_pixels_are_the_numbers),
        cmocka_unit_test(test_centred_pixels_are_the_numbers),
        cmocka_unit_test(test_too_many_numbers_are_not_coded),
        cmocka_unit_test(test_ways_to_the_inputs_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
