/* SPDX-License-Identifier: MIT */
/* Inputs that are kept a byte each are the numbers that they were: to the bit where their values are listed, to rounding on a lattice, and so are those that are copied
 * together: blocks of any plan, also where ranks hold a part that begins anywhere; and nothing is kept that would be another number. */
#include "network/network.h"
#include "network_case.h"

#include <float.h>
#include <string.h>

enum { INPUTS = 600, SAMPLES = 1003, LEVELS = 256 };

static spn_context *make_context(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

/* So many different numbers, 0 and -0 among them, the last of them only once, in the last place. */
static spn_dataset *data_of(spn_context *context, int64_t levels, double last)
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
    x[(INPUTS - 1) * data->stride + SAMPLES - 1] = last;
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

static void test_codes_are_the_numbers(void **state)
{
    (void)state;
    static const int64_t held[] = {0, 3, 8, 1021};
    spn_context *context = make_context();
    spn_dataset *data = data_of(context, LEVELS, 1e300);
    double *x = case_vector(INPUTS * 128);
    for (size_t h = 0; h < sizeof held / sizeof *held; h++) {
        spni_coded_inputs *coded = NULL;
        check_ok(context, spni_coded_create(context, data, held[h], NULL, NULL, &coded));
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

/* ---- Bytes on a lattice ------------------------------------------------------------------------ */

typedef struct look {
    double divisor, mean, deviation;
    bool is_centred; /* each input has a mean of its own */
    int64_t levels;  /* bytes are below this */
    double shift;    /* of one number */
    int64_t least;   /* bytes below are the lowest one: of images that begin at some grey */
    bool is_white;   /* nearly always the largest byte, but for input 0 */
} look;

/* Every input has the byte i % 3 at least, the first of them all bytes. */
static int64_t byte_of(const look *of, int64_t i, int64_t n)
{
    if (of->is_white && i > 0) {
        return n == i % 7 ? i % 3 : of->levels - 1;
    }
    const int64_t lowest = i % 3, byte = (n + 1) * (i + 2) * 13 % of->levels;
    if (i == 0) {
        return n % of->levels < of->least ? 0 : n % of->levels;
    }
    return byte < lowest || byte < of->least || n == i % 5 ? lowest : byte;
}

/* `inputs`, where not NULL: what may be changed. */
static spn_dataset *images(spn_context *context, const look *of, double **inputs)
{
    spn_dataset *data = NULL;
    double *x = NULL, *y = NULL;
    check_ok(context, spn_dataset_create(context, SAMPLES, INPUTS, 1, NULL, NULL, &data, &x, &y));
    for (int64_t i = 0; i < INPUTS; i++) {
        const double mean = of->is_centred ? 77.7 / of->divisor / (double)(i + 3) : of->mean;
        for (int64_t n = 0; n < SAMPLES; n++) {
            x[i * data->stride + n] =
                ((double)byte_of(of, i, n) / of->divisor - mean) / of->deviation;
        }
    }
    x[(INPUTS - 1) * data->stride + 7] += of->shift;
    if (inputs != NULL) {
        *inputs = x;
    }
    for (int64_t n = 0; n < SAMPLES; n++) {
        y[n] = (double)(n % 7) - 3;
    }
    return data;
}

static const look looks[] = {
    {.divisor = 1, .deviation = 1, .levels = 256},
    {.divisor = 255, .deviation = 1, .levels = 256},
    {.divisor = 16, .deviation = 1, .levels = 17},
    {.divisor = 255, .mean = 0.1307, .deviation = 0.3081, .levels = 256},
    {.divisor = 255, .deviation = 1, .is_centred = true, .levels = 256},
    {.divisor = 1, .deviation = 1, .is_centred = true, .levels = 256},
    {.divisor = 1e9, .deviation = 1e-30, .levels = 200},
    {.divisor = 255, .deviation = 1, .levels = 256, .shift = 1e-17},
    {.divisor = 255, .mean = 0.999, .deviation = 1, .levels = 256, .is_white = true},
    {.divisor = 255, .deviation = 1, .levels = 249, .least = 31},
    {.divisor = 255, .mean = 0.5, .deviation = 0.29, .levels = 256, .least = 100}};

/* The bytes are those less the lowest one of their input, whatever place the samples have; the numbers are those of the data to the rounding of
 * both, which is 8 of the largest number in them; less their levels they are bytes times the step. */
static void check_lattice(spn_context *context, const look *of, const spn_dataset *data,
                          int64_t held, double *x)
{
    spni_lattice *lattice = NULL;
    spni_coded_inputs *coded = NULL;
    check_ok(context, spni_lattice_create(context, data, &lattice));
    assert_non_null(lattice);
    const double step = 1 / of->divisor / of->deviation;
    check_close(lattice->step, step, 8 * DBL_EPSILON, step);
    check_ok(context, spni_coded_create(context, data, held, lattice, NULL, &coded));
    assert_non_null(coded);
    for (int64_t begin = (held + 7) / 8 * 8; begin < held + SAMPLES; begin += 120) {
        const int64_t left = held + SAMPLES - begin, count = left < 120 ? left : 120;
        const spni_bytes bytes = spni_coded_bytes(coded, begin);
        assert_true(bytes.scale == lattice->step);
        for (int q = 0; q < 2; q++) {
            spni_coded_read(coded, begin, count, q == 0 ? NULL : lattice->low, x, 128);
            for (int64_t at = 0; at < INPUTS * count; at++) {
                const int64_t i = at / count, n = at % count;
                const double low = lattice->low[i];
                const double given = data->x[i * data->stride + begin - held + n];
                const int byte = bytes.code[n / 8 * bytes.step + 8 * i + n % 8];
                assert_int_equal(byte, byte_of(of, i, begin - held + n) - i % 3);
                check_close(x[i * 128 + n], q == 0 ? given : byte * lattice->step, 8 * DBL_EPSILON,
                            fmax(fabs(given), fabs(low)) + byte * step);
            }
        }
    }
    spni_coded_free(context, coded);
    spni_lattice_free(context, lattice);
}

static void test_pixels_are_on_a_lattice(void **state)
{
    (void)state;
    spn_context *context = make_context();
    double *room = case_vector(INPUTS * 128);
    for (size_t q = 0; q < sizeof looks / sizeof *looks; q++) {
        spn_dataset *data = images(context, &looks[q], NULL);
        check_lattice(context, &looks[q], data, q % 2 == 0 ? 0 : 1021, room);
        spn_dataset_free(context, data);
    }
    free(room);
    spn_context_free(context);
}

/* A number between two places; more than 255 steps; differences that are no numbers; a lowest value beside which the others would lose digits, on a lattice of one step; nothing but constants. */
static void test_what_is_on_no_lattice(void **state)
{
    (void)state;
    static const look others[] = {{.divisor = 255, .deviation = 1, .levels = 256, .shift = 1e-14},
                                  {.divisor = 255, .deviation = 1, .levels = 257},
                                  {.divisor = 1, .deviation = 1, .levels = 2},
                                  {.divisor = 1, .deviation = 1, .levels = 2},
                                  {.divisor = 1, .deviation = 1, .levels = 1}};
    spn_context *context = make_context();
    for (size_t q = 0; q < sizeof others / sizeof *others; q++) {
        double *x = NULL;
        spn_dataset *data = images(context, &others[q], &x);
        spni_lattice *lattice = NULL;
        for (int64_t at = 0; q >= 2 && at < INPUTS * data->stride; at++) {
            x[at] = q == 4           ? 0.5
                    : at % 1000 != 0 ? 1
                    : q == 3         ? -9999
                    : at % 2000 == 0 ? 1.7e308
                                     : -1.7e308;
        }
        check_ok(context, spni_lattice_create(context, data, &lattice));
        assert_null(lattice);
        spn_dataset_free(context, data);
    }
    spn_context_free(context);
}

static void test_too_many_numbers_are_not_coded(void **state)
{
    (void)state;
    spn_context *context = make_context();
    spn_dataset *data = data_of(context, LEVELS + 1, 1e300);
    spni_coded_inputs *coded = NULL;
    check_ok(context, spni_coded_create(context, data, 0, NULL, NULL, &coded));
    assert_null(coded);
    spn_dataset_free(context, data);
    spn_context_free(context);
}

/* ---- Networks ---------------------------------------------------------------------------------- */

/* Value, gradient and product; `copies`: of inputs that are taken where they lie. */
static void take_all(spn_context *context, const spn_dataset *data, bool copies, double *out)
{
    const int64_t hidden[] = {7, 5};
    spn_network *network = NULL;
    spn_network_error *error = NULL;
    spn_point *point = NULL;
    check_ok(context, spn_network_create(context, INPUTS, 1, 2, hidden, SPN_TANH, true, &network));
    check_ok(context, spn_network_error_create(context, network, data, SPN_ERROR_MSE, &error));
    assert_non_null(error->coded);
    if (copies) {
        error->coded = NULL;
        error->background = NULL;
    }
    const spn_objective *objective = spn_network_error_objective(error);
    const int64_t size = objective->dimension;
    double *theta = case_vector(size);
    case_fill(size, 0.02, 5, theta);
    check_ok(context, spn_point_create(context, objective, &point));
    check_ok(context, spn_point_set(context, point, theta, 0, NULL, SPN_WANT_ALL));
    out[0] = point->value;
    memcpy(out + 1, point->gradient, (size_t)size * sizeof *out);
    case_fill(size, 1.0, 6, theta);
    check_ok(context, spn_point_hvp(context, point, SPN_PART_FULL, 1, theta, out + 1 + size));
    free(theta);
    spn_point_free(context, point);
    spn_network_error_free(context, error);
    spn_network_free(context, network);
}

/* Levels that are listed have the bits of those that are copied, bytes on a lattice their numbers: N + I terms are summed, each product of depth three rounds three times. */
static void test_ways_to_the_inputs_agree(void **state)
{
    (void)state;
    enum { SIZE = INPUTS * 7 + 7 + 35 + 5 + 5 + 1 };
    spn_context *context = make_context();
    double *out[2] = {case_vector(1 + 2 * SIZE), case_vector(1 + 2 * SIZE)};
    spn_dataset *listed = data_of(context, LEVELS - 1, 0.7),
                *bytes = images(context, &looks[4], NULL);
    for (int copies = 0; copies < 2; copies++) {
        take_all(context, listed, copies == 1, out[copies]);
    }
    assert_memory_equal(out[0], out[1], (1 + 2 * SIZE) * sizeof *out[0]);
    for (int copies = 0; copies < 2; copies++) {
        take_all(context, bytes, copies == 1, out[copies]);
    }
    const double tolerance = 3 * (SAMPLES + INPUTS) * DBL_EPSILON;
    check_close(out[0][0], out[1][0], tolerance, fabs(out[1][0]));
    for (int64_t at = 1; at < 1 + 2 * SIZE; at++) {
        const double *vector = out[1] + (at - 1) / SIZE * SIZE + 1;
        check_close(out[0][at], out[1][at], tolerance, case_largest(SIZE, vector));
    }
    free(out[0]);
    free(out[1]);
    spn_dataset_free(context, listed);
    spn_dataset_free(context, bytes);
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_are_the_numbers),
        cmocka_unit_test(test_pixels_are_on_a_lattice),
        cmocka_unit_test(test_what_is_on_no_lattice),
        cmocka_unit_test(test_too_many_numbers_are_not_coded),
        cmocka_unit_test(test_ways_to_the_inputs_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
