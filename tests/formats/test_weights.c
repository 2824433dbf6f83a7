/* SPDX-License-Identifier: MIT */
/** @file test_weights.c  Weights of a network and samples of a data set from named arrays. */
#include "support.h"

#include "array_case.h"
#include "formats/weights.h"
#include <stdio.h>

static spn_context *context;
static char last_message[256];

static void remember(void *state, const spn_event *event)
{
    (void)state;
    snprintf(last_message, sizeof last_message, "%s", event->text);
}

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
    last_message[0] = '\0';
    spn_context_settings settings = {.on_event = remember};
    return spn_context_create(&settings, &context) == SPN_OK ? 0 : -1;
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

static const spn_weight_choice auto_layout = {.layout = SPN_WEIGHT_LAYOUT_AUTO},
                               out_in = {.layout = SPN_WEIGHT_LAYOUT_OUT_IN},
                               in_out = {.layout = SPN_WEIGHT_LAYOUT_IN_OUT};

static spn_status assign(const spn_named_array *items, int64_t count, double out[P])
{
    const spn_arrays arrays = {.count = count, .items = items};
    return spn_weights_assign(context, &arrays, "w.npz", &auto_layout, 4, entries, P, out);
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
    static const char *const names[][4] = {
        {"layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"},
        {"0.weight", "0.bias", "2.weight", "2.bias"},
        {"net.2.weight", "net.2.bias", "net.10.weight", "net.10.bias"},
        {"model.fc1.weight", "model.fc1.bias", "model.fc2.weight", "model.fc2.bias"},
        {"hidden.weight", "hidden.bias", "output.weight", "output.bias"},
        {"zeta.weight", "zeta.bias", "alpha.weight", "alpha.bias"},
        {"layers.0.linear.weight", "layers.0.linear.bias", "layers.1.linear.weight",
         "layers.1.linear.bias"},
        {"encoder.0.weight", "encoder.0.bias", "head.0.weight", "head.0.bias"},
        {"arr_0", "arr_2", "arr_1", "arr_3"},
        {"arr_0", "arr_1", "arr_2", "arr_3"},
        {"W1", "b1", "W2", "b2"},
        {"coefs_0", "intercepts_0", "coefs_1", "intercepts_1"},
        {"dense/kernel:0", "dense/bias:0", "dense_1/kernel:0", "dense_1/bias:0"},
    };
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        spn_named_array items[4];
        double out[P] = {0};
        fill(items, names[n][0], names[n][1], names[n][2], names[n][3]);
        /* In any order: here the last one first. */
        const spn_named_array turned[] = {items[3], items[1], items[2], items[0]};
        check_ok(context, assign(turned, 4, out));
        assert_memory_equal(out, theta, sizeof theta);
    }
}

static void test_order_of_names(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int order;
    } cases[] = {
        {"fc2", "fc10", -1},
        {"fc10", "fc2", 1},
        {"dense", "dense_1", -1},
        {"dense_2/kernel:0", "dense/kernel:0", 1},
        {"block1.fc2.weight", "block2.fc1.weight", -1},
        {"net.0.weight", "net.12345678901234567890123.weight", -1},
        {"fc_1", "fc2", -1},
        {"fc01", "fc1", SPNI_NO_ORDER},
        {"fc1", "fc1", SPNI_NO_ORDER},
        {"encoder.0.weight", "head.1.weight", SPNI_NO_ORDER},
        {"one", "two", SPNI_NO_ORDER},
        {"fc1", "fc1.weight", SPNI_NO_ORDER},
        {"", "", SPNI_NO_ORDER},
        {"", "0", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int back = cases[i].order == SPNI_NO_ORDER ? SPNI_NO_ORDER : -cases[i].order;
        assert_int_equal(spni_compare_names(cases[i].a, cases[i].b), cases[i].order);
        assert_int_equal(spni_compare_names(cases[i].b, cases[i].a), back);
    }
}

static void test_missing_and_surplus_arrays(void **state)
{
    (void)state;
    spn_named_array items[6];
    fill(items, "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias");
    check_refused(items, 2, "w.npz: no weight for layer 2 of 2, which needs 1 x 3 (out x in)");
    check_refused(items + 2, 2, "w.npz: no weight for layer 1 of 2, which needs 3 x 2 (out x in)");
    items[4] = (spn_named_array){"layers.2.bias", 1, shape_b1, 1, theta};
    check_refused(items, 5, "w.npz: no place in the network for 'layers.2.bias' (1)");
    items[4] = (spn_named_array){"embedding", 2, shape_w0, 6, theta};
    check_refused(items, 5, "w.npz: arrays 'layers.0.weight' and 'embedding' have the same shape");
    items[4] = (spn_named_array){"layers.2.weight", 2, shape_w0, 6, theta};
    check_refused(items, 5, "w.npz: no place in the network for 'layers.2.weight' (3 x 2)");
    items[4] = (spn_named_array){"epoch", 0, shape_b1, 1, theta};
    check_refused(items, 5, "w.npz: no place in the network for 'epoch' (a single number)");
    /* Biases where the network has none, and the reverse. */
    const spn_weight_entry plain[] = {entries[0], entries[2]};
    const spn_arrays four = {.count = 4, .items = items};
    double out[P];
    check_fails(
        context, spn_weights_assign(context, &four, "w.npz", &auto_layout, 2, plain, P, out),
        SPN_ERROR_INPUT,
        "w.npz: no place in the network for 'layers.0.bias' (3), 'layers.1.bias' (1); biases "
        "need model.bias: true");
    const spn_named_array weights[] = {items[0], items[2]};
    check_refused(weights, 2,
                  "w.npz holds no biases, but the network has them: set model.bias: false");
    /* Biases in the first layer of the network only: the other has no place. */
    check_fails(context,
                spn_weights_assign(context, &four, "w.npz", &auto_layout, 3, entries, P, out),
                SPN_ERROR_INPUT, "w.npz: no place in the network for 'layers.1.bias' (1)");
    /* The first layer's bias has another length. */
    items[1].shape = shape_b1;
    check_refused(
        items, 4,
        "w.npz: no bias for layer 1 of 2, which needs 3; without a place: 'layers.0.bias' (1)");
}

/** What stands between linear layers elsewhere has no place here. */
static void test_normalisation_is_refused(void **state)
{
    (void)state;
    spn_named_array items[9];
    fill(items, "net.0.weight", "net.0.bias", "net.3.weight", "net.3.bias");
    items[4] = (spn_named_array){"net.1.weight", 1, shape_b0, 3, theta};
    items[5] = (spn_named_array){"net.1.bias", 1, shape_b0, 3, theta};
    check_refused(items, 6,
                  "w.npz: no place in the network for 'net.1.weight' (3), 'net.1.bias' (3)");
    items[6] = (spn_named_array){"net.1.running_mean", 1, shape_b0, 3, theta};
    items[7] = (spn_named_array){"net.1.running_var", 1, shape_b0, 3, theta};
    check_refused(items, 8,
                  "'net.1.running_mean' (3) and 1 more; there is no BatchNorm here: fold it into "
                  "the layer before it");
    items[8] = (spn_named_array){"net.1.num_batches_tracked", 0, shape_b0, 1, theta};
    check_refused(
        items, 9,
        "no place in the network for 'net.1.num_batches_tracked' (a single number); there "
        "is no BatchNorm here");
}

/** A layer without a bias is the same with zeros, where others have theirs beside them. */
static void test_a_layer_without_bias(void **state)
{
    (void)state;
    spn_named_array items[4];
    double out[P], expected[P];
    fill(items, "fc1.weight", "", "fc2.weight", "fc2.bias");
    const spn_named_array three[] = {items[0], items[2], items[3]};
    memcpy(expected, theta, sizeof theta);
    memset(expected + 6, 0, 3 * sizeof *expected);
    memset(out, 0xFF, sizeof out);
    check_ok(context, assign(three, 3, out));
    assert_memory_equal(out, expected, sizeof out);
    assert_string_equal(last_message,
                        "w.npz: no bias beside 'fc1.weight': 0 is taken for the biases of layer 1");
}

static spn_status assign_named(const spn_named_array *items, int64_t count, int64_t names,
                               const char *const *name, spn_weight_layout layout, double out[P])
{
    const spn_arrays arrays = {.count = count, .items = items};
    const spn_weight_choice choice = {.layout = layout, .names = {names, name}};
    return spn_weights_assign(context, &arrays, "w.npz", &choice, 4, entries, P, out);
}

/** Two sets of weights in a file: the names say which. What is not named is not used, and a line says so. */
static void test_names_that_are_said(void **state)
{
    (void)state;
    static const char *const all[] = {"b.w1", "b.b1", "b.w2", "b.b2"},
                             *const weights[] = {"a.0.weight", "a.2.weight"},
                             *const absent[] = {"a.0.weigh", "a.2.weight"},
                             *const swapped[] = {"a.2.weight", "a.0.weight"};
    static const double others[P] = {-1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -12, -13};
    spn_named_array items[8];
    double out[P];
    fill(items, "a.0.weight", "a.0.bias", "a.2.weight", "a.2.bias");
    fill(items + 4, "b.w1", "b.b1", "b.w2", "b.b2");
    for (int i = 4; i < 8; i++) {
        items[i].values = others + (items[i].values - theta);
    }
    check_refused(items, 8, "'a.0.weight' and 'b.w1' have the same shape and no order");
    check_ok(context, assign_named(items, 8, 4, all, SPN_WEIGHT_LAYOUT_AUTO, out));
    assert_memory_equal(out, others, sizeof others);
    assert_string_equal(last_message, "w.npz: not used: 'a.0.weight' (3 x 2), 'a.0.bias' (3), "
                                      "'a.2.weight' (1 x 3) and 1 more");
    check_ok(context, assign_named(items, 8, 2, weights, SPN_WEIGHT_LAYOUT_OUT_IN, out));
    assert_memory_equal(out, theta, sizeof theta);
    check_fails(context, assign_named(items, 8, 3, all, SPN_WEIGHT_LAYOUT_AUTO, out),
                SPN_ERROR_INPUT,
                "model.init.names: there are 3, and the network has 2 layers: name the weights, "
                "layer by layer, or the weight and the bias of each");
    check_fails(context, assign_named(items, 8, 2, absent, SPN_WEIGHT_LAYOUT_AUTO, out),
                SPN_ERROR_INPUT,
                "w.npz holds no array 'a.0.weigh' (model.init.names); did you mean 'a.0.weight'?");
    check_fails(context, assign_named(items, 8, 2, swapped, SPN_WEIGHT_LAYOUT_AUTO, out),
                SPN_ERROR_INPUT,
                "w.npz: array 'a.2.weight' (model.init.names) is 1 x 3, and the weight of layer 1 "
                "of 2 is 3 x 2 (out x in)");
}

/** What has no place is ignored when that is said, and a line names it; a bias of another shape is not. */
static void test_others_that_are_ignored(void **state)
{
    (void)state;
    static const spn_weight_choice ignoring = {.ignores_others = true};
    spn_named_array items[7];
    double out[P];
    const spn_arrays arrays = {.count = 7, .items = items};
    fill(items, "0.weight", "0.bias", "2.weight", "2.bias");
    items[4] = (spn_named_array){"1.running_mean", 1, shape_b0, 3, theta};
    items[5] = (spn_named_array){"log_sigma", 0, shape_b0, 1, theta};
    items[6] = (spn_named_array){"embedding", 2, (const int64_t[]){5, 2}, 10, theta};
    check_ok(context, spn_weights_assign(context, &arrays, "w.npz", &ignoring, 4, entries, P, out));
    assert_memory_equal(out, theta, sizeof theta);
    assert_string_equal(last_message, "w.npz: not used: '1.running_mean' (3), 'log_sigma' (a "
                                      "single number), 'embedding' (5 x 2)");
    items[3].shape = shape_b0;
    check_fails(context,
                spn_weights_assign(context, &arrays, "w.npz", &ignoring, 4, entries, P, out),
                SPN_ERROR_INPUT, "w.npz: no bias for layer 2 of 2, which needs 1");
}

/** Without biases of the outputs the network is the same with zeros. */
static void test_no_output_bias(void **state)
{
    (void)state;
    static const char *const names[][3] = {{"0.weight", "0.bias", "2.weight"}, {"W1", "b1", "W2"}};
    for (int n = 0; n < 2; n++) {
        spn_named_array items[4];
        double out[P], expected[P];
        fill(items, names[n][0], names[n][1], names[n][2], "");
        memset(out, 0xFF, sizeof out);
        memcpy(expected, theta, sizeof theta);
        expected[12] = 0;
        check_ok(context, assign(items, 3, out));
        assert_memory_equal(out, expected, sizeof out);
        assert_non_null(strstr(last_message, "0 is taken for the biases of the outputs"));
    }
}

static void test_shapes_and_values(void **state)
{
    (void)state;
    static const int64_t flat[] = {6}, column[] = {3, 1}, wide[] = {6, 1};
    spn_named_array items[4];
    fill(items, "0.weight", "0.bias", "2.weight", "2.bias");
    items[0].shape = wide;
    check_refused(
        items, 4,
        "w.npz: no weight for layer 1 of 2, which needs 3 x 2 (out x in); without a place: "
        "'0.weight' (6 x 1)");
    items[0].shape = flat;
    items[0].rank = 1;
    check_refused(items, 4, "no weight for layer 1 of 2, which needs 3 x 2");
    fill(items, "0.weight", "0.bias", "2.weight", "2.bias");
    items[1].shape = column;
    items[1].rank = 2;
    check_refused(items, 4, "no place in the network for '0.bias' (3 x 1)");
    const double bad[] = {1, 2, (double)INFINITY};
    fill(items, "0.weight", "0.bias", "2.weight", "2.bias");
    items[2].values = bad;
    check_refused(items, 4, "w.npz: array '2.weight', item 2 (from 0) is not finite");
    fill(items, "0.weight", "0.bias", "2.weight", "2.bias");
    items[1].values = bad;
    check_refused(items, 4, "w.npz: array '0.bias', item 2 (from 0) is not finite");
}

/** Three layers of the same width: the numbers decide, not the alphabet; without them nobody can. */
static void test_layers_of_one_shape(void **state)
{
    (void)state;
    static const int64_t square[] = {2, 2};
    static const spn_weight_entry three[] = {
        {"a", 0, false, 0, 2, 2}, {"b", 1, false, 4, 2, 2}, {"c", 2, false, 8, 2, 2}};
    static const char *const good[][3] = {{"fc9", "fc10", "fc11"}, {"dense", "dense_1", "dense_2"}};
    static const char *const bad[][3] = {{"one", "two", "three"},
                                         {"encoder.0", "encoder.2", "head.0"}};
    for (int n = 0; n < 2; n++) {
        double out[P];
        const spn_named_array items[] = {{good[n][2], 2, square, 4, theta + 8},
                                         {good[n][0], 2, square, 4, theta},
                                         {good[n][1], 2, square, 4, theta + 4}};
        const spn_arrays arrays = {.count = 3, .items = items};
        check_ok(context,
                 spn_weights_assign(context, &arrays, "w", &auto_layout, 3, three, P, out));
        assert_memory_equal(out, theta, 12 * sizeof *out);
    }
    for (int n = 0; n < 2; n++) {
        double out[P];
        const spn_named_array items[] = {{bad[n][0], 2, square, 4, theta},
                                         {bad[n][1], 2, square, 4, theta},
                                         {bad[n][2], 2, square, 4, theta}};
        const spn_arrays arrays = {.count = 3, .items = items};
        check_fails(
            context, spn_weights_assign(context, &arrays, "w", &auto_layout, 3, three, P, out),
            SPN_ERROR_INPUT, "have the same shape and no order: give them names that differ");
    }
}

/** In x out is read where it is asked for, named where nothing else fits, and refused in doubt. */
static void test_layouts(void **state)
{
    (void)state;
    static const int64_t t0[] = {2, 3}, t1[] = {3, 1};
    static const double w0[] = {1, 3, 5, 2, 4, 6}; /* the transpose of the first six of theta */
    spn_named_array items[4];
    double out[P];
    fill(items, "coefs_0", "intercepts_0", "coefs_1", "intercepts_1");
    items[0].shape = t0;
    items[0].values = w0;
    items[2].shape = t1;
    const spn_arrays arrays = {.count = 4, .items = items};
    check_refused(items, 4,
                  "w.npz: its weights fit as in x out (Keras, flax, scikit-learn) only; if that is "
                  "what they are, set model.init.layout: in_out");
    check_fails(context, spn_weights_assign(context, &arrays, "w.npz", &out_in, 4, entries, P, out),
                SPN_ERROR_INPUT, "no weight for layer 1 of 2, which needs 3 x 2 (out x in)");
    check_ok(context, spn_weights_assign(context, &arrays, "w.npz", &in_out, 4, entries, P, out));
    assert_memory_equal(out, theta, sizeof theta);
    fill(items, "0.weight", "0.bias", "2.weight", "2.bias");
    check_fails(context, spn_weights_assign(context, &arrays, "w.npz", &in_out, 4, entries, P, out),
                SPN_ERROR_INPUT, "no weight for layer 1 of 2, which needs 2 x 3 (in x out)");
}

/** 2 - 3 - 2: read one way the first array is the first layer, read the other way the second. */
static void test_mirrored_networks(void **state)
{
    (void)state;
    static const int64_t wide[] = {2, 3};
    static const spn_weight_entry mirrored[] = {{"a", 0, false, 0, 3, 2}, {"b", 1, false, 6, 2, 3}};
    double out[P];
    spn_named_array items[] = {{"decoder", 2, shape_w0, 6, theta},
                               {"encoder", 2, wide, 6, theta + 6}};
    const spn_arrays arrays = {.count = 2, .items = items};
    check_fails(context,
                spn_weights_assign(context, &arrays, "w", &auto_layout, 2, mirrored, P, out),
                SPN_ERROR_INPUT, "set model.init.layout: out_in or in_out");
    check_ok(context, spn_weights_assign(context, &arrays, "w", &out_in, 2, mirrored, P, out));
    assert_memory_equal(out, theta, 12 * sizeof *out);
    items[0].name = "fc1";
    items[1].name = "fc2";
    check_ok(context, spn_weights_assign(context, &arrays, "w", &auto_layout, 2, mirrored, P, out));
    items[0].name = "fc2";
    items[1].name = "fc1";
    check_fails(context,
                spn_weights_assign(context, &arrays, "w", &auto_layout, 2, mirrored, P, out),
                SPN_ERROR_INPUT, "fit as in x out (Keras, flax, scikit-learn) only");
    check_fails(context, spn_weights_assign(context, &arrays, "w", &out_in, 2, mirrored, P, out),
                SPN_ERROR_INPUT,
                "by their shapes 'fc2' comes before 'fc1', by their numbers after it");
}

static spn_status round_trip(spn_context *failing, void *state)
{
    (void)state;
    spn_status status = SPN_OK;
    double out[P] = {0};
    spn_arrays *arrays = NULL;
    SPN_TRY(spn_weights_arrays(failing, 4, entries, P, theta, &arrays));
    SPN_TRY(spn_weights_assign(failing, arrays, "w.npz", &auto_layout, 4, entries, P, out));
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
    check_fails(context, spn_weights_assign(context, &none, "w", &auto_layout, 4, entries, P, out),
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
    spn_classes *classes = NULL;
    const spn_npz_choice straight = {.inputs = "x", .targets = "y"};
    const spn_npz_choice swapped = {.inputs = "y", .targets = "x"};
    const double rows[] = {1, 2, -1, 3, 4, -2, 5, 6, -3}, turned[] = {-1, 1, 2, -2, 3, 4, -3, 5, 6};
    check_ok(context, spn_npz_samples(context, path, &straight, &samples, &classes));
    assert_int_equal(samples->samples, 3);
    assert_int_equal(samples->inputs, 2);
    assert_int_equal(samples->outputs, 1);
    assert_memory_equal(samples->rows, rows, sizeof rows);
    assert_null(samples->input_names);
    spn_samples_free(context, samples);
    check_ok(context, spn_npz_samples(context, path, &swapped, &samples, &classes));
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
        spn_classes *classes = NULL;
        const spn_npz_choice choice = {.inputs = cases[i].input, .targets = cases[i].target};
        check_fails(context, spn_npz_samples(context, path, &choice, &samples, &classes),
                    SPN_ERROR_INPUT, cases[i].fragment);
        assert_null(samples);
    }
    spn_samples *samples = NULL;
    spn_classes *classes = NULL;
    const spn_npz_choice choice = {.inputs = "x", .targets = "y"};
    check_fails(context, spn_npz_samples(context, "no/such.npz", &choice, &samples, &classes),
                SPN_ERROR_IO, "no/such.npz");
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
    spn_classes *classes = NULL;
    const spn_npz_choice choice = {.inputs = "x", .targets = "y"};
    const char *path = write_samples(items, COUNT);
    check_fails(context, spn_npz_samples(context, path, &choice, &samples, &classes),
                SPN_ERROR_INPUT, "...");
}

static spn_status read_samples(spn_context *failing, void *state)
{
    spn_samples *samples = NULL;
    spn_classes *classes = NULL;
    const spn_npz_choice choice = {.inputs = "x", .targets = "y"};
    spn_status status = spn_npz_samples(failing, state, &choice, &samples, &classes);
    spn_samples_free(failing, samples);
    return status;
}

static spn_status miss_samples(spn_context *failing, void *state)
{
    spn_samples *samples = NULL;
    spn_classes *classes = NULL;
    const spn_npz_choice choice = {.inputs = "z", .targets = "y"};
    spn_status status = spn_npz_samples(failing, state, &choice, &samples, &classes);
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
        cmocka_unit_test_setup_teardown(test_order_of_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_and_surplus_arrays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_normalisation_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_layer_without_bias, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names_that_are_said, setup, teardown),
        cmocka_unit_test_setup_teardown(test_others_that_are_ignored, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_output_bias, setup, teardown),
        cmocka_unit_test_setup_teardown(test_layers_of_one_shape, setup, teardown),
        cmocka_unit_test_setup_teardown(test_layouts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mirrored_networks, setup, teardown),
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
