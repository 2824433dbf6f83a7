/* SPDX-License-Identifier: MIT */
/* Layout, initial weights, option tables, and what is refused. */
#include "network_case.h"

static spn_context *make_context(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

static void arrays_lie_in_order(void **state)
{
    (void)state;
    spn_context *context = make_context();
    spn_network *network = NULL;
    int64_t hidden[2] = {5, 4}, count = 0;
    check_ok(context, spn_network_create(context, 3, 2, 2, hidden, SPN_GELU, true, &network));
    assert_int_equal(spn_network_parameters(network), 3 * 5 + 5 + 5 * 4 + 4 + 4 * 2 + 2);
    assert_int_equal(spn_network_depth(network), 3);
    const int64_t widths[4] = {3, 5, 4, 2};
    for (int64_t l = 0; l < 4; l++) {
        assert_int_equal(spn_network_width(network, l), widths[l]);
    }
    assert_int_equal(spn_network_activation(network), SPN_GELU);
    assert_true(spn_network_has_bias(network));
    const spn_layout_entry *entries = spn_network_layout(network, &count);
    assert_int_equal(count, 6);
    int64_t next = 0;
    for (int64_t e = 0; e < count; e++) {
        assert_int_equal(entries[e].offset, next);
        assert_int_equal(entries[e].layer, e / 2);
        assert_int_equal(entries[e].is_bias, e % 2);
        assert_int_equal(entries[e].rows, widths[e / 2 + 1]);
        assert_int_equal(entries[e].columns, e % 2 ? 1 : widths[e / 2]);
        next += entries[e].rows * entries[e].columns;
    }
    assert_int_equal(next, spn_network_parameters(network));
    assert_string_equal(entries[0].name, "layers.0.weight");
    assert_string_equal(entries[5].name, "layers.2.bias");
    spn_network_free(context, network);
    check_ok(context, spn_network_create(context, 3, 2, 0, NULL, SPN_TANH, false, &network));
    assert_int_equal(spn_network_parameters(network), 6);
    spn_network_free(context, network);
    spn_context_free(context);
}

/* One array after the other, w x in each, biases zero: the spread by scheme is exact. */
static void initial_weights_follow_their_scheme(void **state)
{
    (void)state;
    spn_context *context = make_context();
    spn_network *network = NULL;
    int64_t hidden[1] = {4};
    double unit[26], theta[26];
    check_ok(context, spn_network_create(context, 3, 2, 1, hidden, SPN_TANH, true, &network));
    spn_network_initialize(network, SPN_INIT_NORMAL, 1.0, 7, 3, unit);
    spn_random random = spn_random_stream(7, SPN_PURPOSE_WEIGHTS, 3);
    for (int64_t i = 0; i < 26; i++) {
        bool is_bias = (i >= 12 && i < 16) || i >= 24;
        assert_true(unit[i] == (is_bias ? 0.0 : spn_random_normal(&random)));
    }
    const double spreads[4][2] = {{0.5 / sqrt(3.0), 0.5 / 2.0},
                                  {0.5 * sqrt(2.0 / 7.0), 0.5 * sqrt(2.0 / 6.0)},
                                  {0.5 * sqrt(2.0 / 3.0), 0.5 * sqrt(2.0 / 4.0)},
                                  {0.5, 0.5}};
    for (int scheme = SPN_INIT_FAN_IN; scheme <= SPN_INIT_NORMAL; scheme++) {
        spn_network_initialize(network, (spn_init_scheme)scheme, 0.5, 7, 3, theta);
        for (int64_t i = 0; i < 26; i++) {
            check_close(theta[i], spreads[scheme][i >= 16] * unit[i], 4e-16, 0.0);
        }
    }
    spn_network_free(context, network);
    spn_context_free(context);
}

/* floor(4 i / 6) = 0 0 1 2 2 3: units 1 and 4 are copies of 0 and 3; floor(2 i / 3) = 0 0 1: unit 1 of 0. What is no copy
 * keeps its numbers. */
static void copies_of_units_follow_their_groups(void **state)
{
    (void)state;
    static const int64_t hidden[2] = {6, 3}, distinct[2] = {4, 2}, all[2] = {6, 5};
    static const int64_t first[6] = {0, 0, 2, 3, 3, 5}, second[3] = {0, 0, 2};
    enum { W1 = 0, B1 = 12, W2 = 18, B2 = 36, W3 = 39, P = 42 };
    spn_context *context = make_context();
    spn_network *network = NULL;
    double drawn[P + 1], theta[P + 1];
    check_ok(context, spn_network_create(context, 2, 1, 2, hidden, SPN_TANH, true, &network));
    assert_int_equal(spn_network_parameters(network), P + 1);
    for (int i = 0; i <= P; i++) {
        drawn[i] = theta[i] = i + 1;
    }
    spn_network_copy_units(network, all, theta);
    assert_memory_equal(theta, drawn, sizeof theta);
    spn_network_copy_units(network, distinct, theta);
    for (int64_t i = 0; i < 6; i++) {
        assert_true(theta[W1 + 2 * i] == drawn[W1 + 2 * first[i]]);
        assert_true(theta[W1 + 2 * i + 1] == drawn[W1 + 2 * first[i] + 1]);
        assert_true(theta[B1 + i] == drawn[B1 + first[i]]);
        for (int64_t k = 0; k < 3; k++) {
            assert_true(theta[W2 + 6 * k + i] == drawn[W2 + 6 * second[k] + first[i]]);
        }
    }
    for (int64_t k = 0; k < 3; k++) {
        assert_true(theta[B2 + k] == drawn[B2 + second[k]]);
        assert_true(theta[W3 + k] == drawn[W3 + second[k]]);
    }
    assert_true(theta[P] == drawn[P]);
    spn_network_free(context, network);
    spn_context_free(context);
}

/* The weights of the default experiment never change: results would. (A Philox and an inverse error
 * function written for 30 digits give the same to 1e-16.) */
static void initial_weights_keep_their_bits(void **state)
{
    (void)state;
    spn_context *context = make_context();
    spn_network *network = NULL;
    int64_t hidden[2] = {5, 5};
    double theta[50];
    const double pinned[4] = {-0x1.e90909a8c671bp-3, -0x1.12dc0d79b2b75p-4, -0x1.42a3ff5570963p-1,
                              0x1.14cd42836f378p-2};
    check_ok(context, spn_network_create(context, 3, 2, 2, hidden, SPN_TANH, false, &network));
    spn_network_initialize(network, SPN_INIT_FAN_IN, 0.7, 1, 0, theta);
    const int64_t places[4] = {0, 14, 15, 49};
    for (int64_t i = 0; i < 4; i++) {
        if (theta[places[i]] != pinned[i]) {
            fail_msg("weight %lld is %a, was %a", (long long)places[i], theta[places[i]],
                     pinned[i]);
        }
    }
    spn_network_free(context, network);
    spn_context_free(context);
}

static void options_have_the_documented_defaults(void **state)
{
    (void)state;
    spn_context *context = make_context();
    spn_arena *arena = NULL;
    spn_settings settings;
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_settings_create(context, arena, &spn_model_options, &settings));
    const spn_model_settings *model = settings.values;
    assert_int_equal(model->hidden.count, 2);
    assert_int_equal(model->hidden.items[0], 5);
    assert_int_equal(model->hidden.items[1], 5);
    assert_int_equal(model->activation, SPN_TANH);
    assert_false(model->bias);
    assert_int_equal(model->init_scheme, SPN_INIT_FAN_IN);
    assert_true(model->init_scale == 0.7);
    assert_int_equal(model->init_seed, 1);
    assert_null(model->init_weights);
    /* Words stand for the enumerators of the header, in order. */
    spn_value word = {.scalar = "linear"};
    check_ok(context, spn_settings_assign(context, arena, &settings, "activation", &word));
    assert_int_equal(model->activation, SPN_LINEAR);
    word.scalar = "normal";
    check_ok(context, spn_settings_assign(context, arena, &settings, "init.scheme", &word));
    assert_int_equal(model->init_scheme, SPN_INIT_NORMAL);
    spn_value empty = {.count = 0};
    check_ok(context, spn_settings_assign(context, arena, &settings, "hidden", &empty));
    assert_int_equal(model->hidden.count, 0);
    spn_value zero = {.scalar = "0"}, list = {.count = 1, .items = &zero};
    check_fails(context, spn_settings_assign(context, arena, &settings, "hidden", &list),
                SPN_ERROR_INPUT, "hidden");
    check_ok(context, spn_settings_create(context, arena, &spn_error_options, &settings));
    assert_int_equal(((const spn_error_settings *)settings.values)->error, SPN_ERROR_MSE);
    word.scalar = "cross_entropy";
    check_ok(context, spn_settings_assign(context, arena, &settings, "error", &word));
    assert_int_equal(((const spn_error_settings *)settings.values)->error, SPN_ERROR_CROSS_ENTROPY);
    spn_arena_free(arena);
    spn_context_free(context);
}

static void bad_architectures_are_refused(void **state)
{
    (void)state;
    spn_context *context = make_context();
    spn_network *network = (spn_network *)8;
    int64_t hidden[2] = {5, 0}, huge[2] = {INT64_MAX / 4, INT64_MAX / 4};
    check_fails(context, spn_network_create(context, 3, 2, 2, hidden, SPN_TANH, false, &network),
                SPN_ERROR_INPUT, "hidden layer 2 has width 0");
    assert_null(network);
    check_fails(context, spn_network_create(context, 0, 2, 0, NULL, SPN_TANH, false, &network),
                SPN_ERROR_INPUT, "0 inputs");
    check_fails(context, spn_network_create(context, 3, 2, -1, NULL, SPN_TANH, false, &network),
                SPN_ERROR_ARGUMENT, "-1 hidden layers");
    check_fails(context, spn_network_create(context, 3, 2, 2, huge, SPN_TANH, false, &network),
                SPN_ERROR_ARGUMENT, "more parameters than can be counted");
    check_fails(context,
                spn_network_create(context, 3, 2, 0, NULL, (spn_activation)9, false, &network),
                SPN_ERROR_ARGUMENT, "activation 9");
    spn_network_free(context, NULL);
    spn_context_free(context);
}

static void problems_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    spn_context *context = make_context();
    case_shape shape = {9, 3, 2, 1, {4}, SPN_TANH, true, SPN_ERROR_MSE};
    network_case made = case_create(context, &shape, 1);
    spn_network *other = NULL;
    spn_network_error *error = NULL;
    double f[2];
    check_ok(context, spn_network_create(context, 4, 2, 0, NULL, SPN_TANH, false, &other));
    check_fails(context, spn_network_error_create(context, other, made.data, SPN_ERROR_MSE, &error),
                SPN_ERROR_INPUT, "made for 4 inputs");
    assert_null(error);
    check_fails(context, spn_network_predict(context, other, made.data, made.theta, f),
                SPN_ERROR_INPUT, "4 inputs");
    check_fails(
        context,
        spn_network_error_create(context, made.network, made.data, (spn_error_kind)5, &error),
        SPN_ERROR_ARGUMENT, "error kind 5");
    check_fails(
        context,
        spn_network_error_create(context, made.network, made.data, SPN_ERROR_CROSS_ENTROPY, &error),
        SPN_ERROR_INPUT, "class probabilities");
    int64_t indices[10] = {0};
    spn_subset subset = {10, indices};
    check_fails(context, spn_point_set(context, made.point, made.theta, 0.0, &subset, SPN_WANT_ALL),
                SPN_ERROR_ARGUMENT, "subset of 10 samples");
    spn_network_error_free(context, NULL);
    spn_network_free(context, other);
    case_free(&made);
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_lie_in_order),
        cmocka_unit_test(initial_weights_follow_their_scheme),
        cmocka_unit_test(copies_of_units_follow_their_groups),
        cmocka_unit_test(initial_weights_keep_their_bits),
        cmocka_unit_test(options_have_the_documented_defaults),
        cmocka_unit_test(bad_architectures_are_refused),
        cmocka_unit_test(problems_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
