/* SPDX-License-Identifier: MIT */
/** @file test_weights.c  Weights of a network and samples of a data set from named arrays. */
#include "support.h"

#include "array_case.h"
#include "formats/arrays.h"
#include <stdio.h>

static spn_context *context;

/* A network 2 - 3 - 1 with biases: theta = W0 (3 x 2), b0 (3), W1 (1 x 3), b1 (1). */
enum { P = 13 };
static const spn_weight_entry entries[] = {
    {"layers.0.weight", 0, false, 0, 3, 2},
    {"layers.0.bias", 0, true, 6, 3, 1},
    {"layers.1.weight", 1, false, 9, 1, 3},
    {"layers.1.bias", 1, true, 12, 1, 1},
};
static const double theta[P] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};

static int setup(void **state)
{
    (void)state;
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

static const int64_t shape_w0[] = {3, 2}, shape_b0[] = {3}, shape_w1[] = {1, 3}, shape_b1[] = {1};

/** The four arrays that fit, in the order of theta, under these names. */
static void fill(spn_named_array items[4], const char *w0, const char *b0, const char *w1,
                 const char *b1)
{
    items[0] = (spn_named_array){w0, 2, shape_w0, 6, theta};
    items[1] = (spn_named_array){b0, 1, shape_b0, 3, theta + 6};
    items[2] = (spn_named_array){w1, 2, shape_w1, 3, theta + 9};
    items[3] = (spn_named_array){b1, 1, shape_b1, 1, theta + 12};
}

static spn_status assign(const spn_named_array *items, int64_t count, double out[P])
{
    const spn_arrays arrays = {.count = count, .items = items};
    return spn_weights_assign(context, &arrays, "w.npz", 4, entries, P, out);
}

static void check_refused(const spn_named_array *items, int64_t count, const char *fragment)
{
    double out[P] = {0};
    const double untouched[P] = {0};
    check_fails(context, assign(items, count, out), SPN_ERROR_INPUT, fragment);
    assert_memory_equal(out, untouched, sizeof out);
}

static void test_names_that_are_accepted(void **state)
{
    (void)state;
    static const char *const prefixes[] = {"layers.", "", "model.", "module.layers.", "net.0."};
    static const char *const numbers[][2] = {{"0", "1"}, {"0", "2"}, {"2", "10"}, {"7", "8"}};
    for (int p = 0; p < 5; p++) {
        for (int n = 0; n < 4; n++) {
            char names[4][64];
            spn_named_array items[4];
            double out[P] = {0};
            for (int i = 0; i < 4; i++) {
                snprintf(names[i], sizeof names[i], "%s%s.%s", prefixes[p], numbers[n][i / 2],
                         i % 2 == 0 ? "weight" : "bias");
            }
            fill(items, names[0], names[1], names[2], names[3]);
            /* In any order: here the last one first. */
            const spn_named_array turned[] = {items[3], items[1], items[2], items[0]};
            check_ok(context, assign(turned, 4, out));
            assert_memory_equal(out, theta, sizeof theta);
        }
    }
}

static void test_names_that_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "weight",    "a.weight",  "0.weights", "0weight", "x0.weight",
        "00.weight", "01.weight", "-1.weight", "0.",      "1234567890123456789.weight",
        ".weight",
    };
    spn_named_array items[4];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char fragment[128];
        fill(items, names[i], "0.bias", "1.weight", "1.bias");
        snprintf(fragment, sizeof fragment, "w.npz: array '%s' is no weight of a layer", names[i]);
        check_refused(items, 4, fragment);
    }
    fill(items, "a.0.weight", "a.0.bias", "b.1.weight", "b.1.bias");
    check_refused(items, 4,
                  "arrays 'a.0.weight' and 'b.1.weight' do not begin with the same prefix");
    fill(items, "a.0.weight", "a.0.bias", "1.weight", "1.bias");
    check_refused(items, 4, "do not begin with the same prefix");
}

static void test_missing_and_surplus_arrays(void **state)
{
    (void)state;
    spn_named_array items[6];
    fill(items, "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias");
    check_refused(items, 2,
                  "w.npz holds the weights of 1 layers, but the network has 2; is "
                  "'layers.1.weight' missing?");
    check_refused(items + 2, 2, "is 'layers.0.weight' missing?");
    check_refused(items, 3, "w.npz lacks the array 'layers.1.bias'");
    items[4] = (spn_named_array){"layers.2.bias", 1, shape_b1, 1, theta};
    check_refused(items, 5, "holds the weights of 3 layers, but the network has 2");
    /* Biases where the network has none, and the reverse. */
    const spn_weight_entry plain[] = {entries[0], entries[2]};
    const spn_arrays four = {.count = 4, .items = items};
    double out[P];
    check_fails(context, spn_weights_assign(context, &four, "w.npz", 2, plain, P, out),
                SPN_ERROR_INPUT, "w.npz holds also biases, but the network has none");
    const spn_named_array weights[] = {items[0], items[2]};
    check_refused(weights, 2, "w.npz holds no biases, but the network has them");
    /* Biases in the first layer of the network only: the other has no place. */
    check_fails(context, spn_weights_assign(context, &four, "w.npz", 3, entries, P, out),
                SPN_ERROR_INPUT, "w.npz: array 'layers.1.bias' has no place in the network");
}

/** The numbers `a` and `b` where three layers are needed: which is missing? */
static void check_hint(const char *a, const char *b, const char *fragment)
{
    static const spn_weight_entry three[] = {{"layers.0.weight", 0, false, 0, 3, 2},
                                             {"layers.1.weight", 1, false, 6, 2, 3},
                                             {"layers.2.weight", 2, false, 12, 1, 1}};
    const spn_named_array items[] = {{a, 2, shape_w0, 6, theta}, {b, 2, shape_w1, 3, theta}};
    const spn_arrays arrays = {.count = 2, .items = items};
    double out[P];
    assert_int_equal(spn_weights_assign(context, &arrays, "w.npz", 3, three, P, out),
                     SPN_ERROR_INPUT);
    const char *text = spn_error_text(context);
    assert_non_null(strstr(text, "w.npz holds the weights of 2 layers, but the network has 3"));
    if (fragment != NULL) {
        assert_non_null(strstr(text, fragment));
    } else {
        assert_null(strstr(text, "missing"));
    }
    spn_error_clear(context);
}

static void test_missing_layer_follows_the_spacing(void **state)
{
    (void)state;
    check_hint("0.weight", "2.weight", "is '4.weight' missing?");
    check_hint("2.weight", "4.weight", "is '0.weight' missing?");
    check_hint("0.weight", "4.weight", "is '2.weight' missing?");
    check_hint("0.weight", "3.weight", "is '6.weight' missing?");
    check_hint("1.weight", "3.weight", "is '5.weight' missing?");
    check_hint("0.weight", "1.weight", "is '2.weight' missing?");
    check_hint("1.weight", "2.weight", "is '0.weight' missing?");
    check_hint("net.0.weight", "net.2.weight", "is 'net.4.weight' missing?");
    check_hint("layers.0.weight", "layers.2.weight", "is 'layers.1.weight' missing?");
    check_hint("m.layers.1.weight", "m.layers.2.weight", "is 'm.layers.0.weight' missing?");
    check_hint("layers.1.weight", "layers.5.weight", NULL);
    check_hint("999999999999999998.weight", "999999999999999999.weight", NULL);
}

static void test_shapes_and_values(void **state)
{
    (void)state;
    static const int64_t turned[] = {2, 3}, flat[] = {6}, column[] = {3, 1};
    spn_named_array items[4];
    fill(items, "0.weight", "0.bias", "2.weight", "2.bias");
    items[0].shape = turned;
    check_refused(items, 4,
                  "w.npz: array '0.weight' is 2 x 3, the network needs 3 x 2 (out x in): "
                  "transpose it");
    items[0].shape = flat;
    items[0].rank = 1;
    check_refused(items, 4, "array '0.weight' is 6, the network needs 3 x 2");
    fill(items, "0.weight", "0.bias", "2.weight", "2.bias");
    items[1].shape = column;
    items[1].rank = 2;
    check_refused(items, 4, "array '0.bias' is 3 x 1, the network needs 3");
    fill(items, "0.weight", "0.bias", "2.weight", "2.bias");
    items[3].rank = 0;
    check_refused(items, 4, "array '2.bias' is a single number, the network needs 1");
    const double bad[] = {1, 2, (double)INFINITY};
    fill(items, "0.weight", "0.bias", "2.weight", "2.bias");
    items[2].values = bad;
    check_refused(items, 4, "w.npz: array '2.weight', item 2 (from 0) is not finite");
}

static spn_status round_trip(spn_context *failing, void *state)
{
    (void)state;
    spn_status status = SPN_OK;
    double out[P] = {0};
    spn_arrays *arrays = NULL;
    SPN_TRY(spn_weights_arrays(failing, 4, entries, P, theta, &arrays));
    SPN_TRY(spn_weights_assign(failing, arrays, "w.npz", 4, entries, P, out));
    assert_memory_equal(out, theta, sizeof theta);
    assert_string_equal(arrays->items[2].name, "layers.1.weight");
    assert_int_equal(arrays->items[2].rank, 2);
    assert_int_equal(arrays->items[3].rank, 1);
done:
    spn_arrays_free(failing, arrays);
    return status;
}

static void test_round_trip_and_out_of_memory(void **state)
{
    (void)state;
    assert_true(support_fail_each_allocation(round_trip, NULL) > 5);
}

static void test_entries_are_checked(void **state)
{
    (void)state;
    spn_weight_entry bad[] = {{"0.weight", 0, false, 8, 3, 2},
                              {"0.weight", 0, false, -1, 3, 2},
                              {"0.weight", -1, false, 0, 3, 2},
                              {"0.bias", 0, true, 0, 3, 2},
                              {"0.weight", 0, false, 0, INT64_MAX, 2}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        spn_arrays *arrays = NULL;
        check_fails(context, spn_weights_arrays(context, 1, &bad[i], P, theta, &arrays),
                    SPN_ERROR_ARGUMENT, "entry 0 does not fit the parameter vector");
    }
    const spn_arrays none = {0};
    double out[P];
    check_fails(context, spn_weights_assign(context, &none, "w", 4, entries, P, out),
                SPN_ERROR_ARGUMENT, "no arrays");
}

/** x: 3 x 2 and y: 3 as a file. */
static const double x[] = {1, 2, 3, 4, 5, 6}, y[] = {-1, -2, -3};
static const int64_t shape_x[] = {3, 2}, shape_y[] = {3};

static const char *write_samples(const spn_named_array *items, int64_t count)
{
    static char path[512];
    const spn_arrays arrays = {.count = count, .items = items};
    support_scratch("samples.npz", path);
    check_ok(context, spn_arrays_write(context, path, true, &arrays));
    return path;
}

static void test_samples(void **state)
{
    (void)state;
    const spn_named_array items[] = {{"x", 2, shape_x, 6, x}, {"y", 1, shape_y, 3, y}};
    const char *path = write_samples(items, 2);
    spn_samples *samples = NULL;
    const double rows[] = {1, 2, -1, 3, 4, -2, 5, 6, -3}, turned[] = {-1, 1, 2, -2, 3, 4, -3, 5, 6};
    check_ok(context, spn_npz_samples(context, path, "x", "y", &samples));
    assert_int_equal(samples->samples, 3);
    assert_int_equal(samples->inputs, 2);
    assert_int_equal(samples->outputs, 1);
    assert_memory_equal(samples->rows, rows, sizeof rows);
    assert_null(samples->input_names);
    spn_samples_free(context, samples);
    check_ok(context, spn_npz_samples(context, path, "y", "x", &samples));
    assert_int_equal(samples->inputs, 1);
    assert_int_equal(samples->outputs, 2);
    assert_memory_equal(samples->rows, turned, sizeof turned);
    spn_samples_free(context, samples);
}

static void test_samples_that_are_refused(void **state)
{
    (void)state;
    static const int64_t short_shape[] = {2, 3}, cube[] = {3, 2, 1}, empty[] = {3, 0};
    const double bad[] = {1, 2, 3, (double)NAN, 5, 6};
    const spn_named_array items[] = {
        {"inputs", 2, shape_x, 6, x}, {"y", 1, shape_y, 3, y},     {"wide", 2, short_shape, 6, x},
        {"cube", 3, cube, 6, x},      {"bad", 2, shape_x, 6, bad}, {"empty", 2, empty, 0, x},
        {"single", 0, shape_x, 1, x},
    };
    static const struct {
        const char *input, *target, *fragment;
    } cases[] = {
        {"input", "y",
         "holds no array 'input'; did you mean 'inputs'? its arrays are: inputs, y, wide, cube"},
        {"inputs", "something", "holds no array 'something'; its arrays are: inputs"},
        {"wide", "y", "array 'wide' has 2 rows, but 'y' has 3"},
        {"cube", "y", "array 'cube' is 3 x 2 x 1; samples need N or N x columns"},
        {"inputs", "single", "array 'single' is a single number; samples need"},
        {"bad", "y", "array 'bad', row 2, column 2: the value is not finite"},
        {"inputs", "empty", "array 'empty' is empty"},
        {"empty", "y", "array 'empty' is empty"},
        {"y", "y", "inputs and targets are the same array 'y'"},
    };
    const char *path = write_samples(items, 7);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        spn_samples *samples = NULL;
        check_fails(context,
                    spn_npz_samples(context, path, cases[i].input, cases[i].target, &samples),
                    SPN_ERROR_INPUT, cases[i].fragment);
        assert_null(samples);
    }
    spn_samples *samples = NULL;
    check_fails(context, spn_npz_samples(context, "no/such.npz", "x", "y", &samples), SPN_ERROR_IO,
                "no/such.npz");
}

/** A list of many names is cut, and the message says so. */
static void test_many_names(void **state)
{
    (void)state;
    enum { COUNT = 40 };
    char names[COUNT][32];
    spn_named_array items[COUNT];
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "a_rather_long_name_%d", i);
        items[i] = (spn_named_array){names[i], 1, shape_y, 3, y};
    }
    spn_samples *samples = NULL;
    const char *path = write_samples(items, COUNT);
    check_fails(context, spn_npz_samples(context, path, "x", "y", &samples), SPN_ERROR_INPUT,
                "...");
}

static spn_status read_samples(spn_context *failing, void *state)
{
    spn_samples *samples = NULL;
    spn_status status = spn_npz_samples(failing, state, "x", "y", &samples);
    spn_samples_free(failing, samples);
    return status;
}

static spn_status miss_samples(spn_context *failing, void *state)
{
    spn_samples *samples = NULL;
    spn_status status = spn_npz_samples(failing, state, "z", "y", &samples);
    spn_samples_free(failing, samples);
    if (status == SPN_ERROR_INPUT) { /* the failure that is asked for */
        spn_error_clear(failing);
        status = SPN_OK;
    }
    return status;
}

static void test_samples_out_of_memory(void **state)
{
    (void)state;
    const spn_named_array items[] = {{"x", 2, shape_x, 6, x}, {"y", 1, shape_y, 3, y}};
    char path[512];
    snprintf(path, sizeof path, "%s", write_samples(items, 2));
    assert_true(support_fail_each_allocation(read_samples, path) > 5);
    assert_true(support_fail_each_allocation(miss_samples, path) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names_that_are_accepted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names_that_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_and_surplus_arrays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_layer_follows_the_spacing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shapes_and_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_round_trip_and_out_of_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_entries_are_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_samples, setup, teardown),
        cmocka_unit_test_setup_teardown(test_samples_that_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_samples_out_of_memory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
