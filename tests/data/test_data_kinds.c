/* SPDX-License-Identifier: MIT */
/* What is known of the kinds of data, and samples made by kind. */
#include "support.h"
#include <spinodal/data.h>

#include <string.h>

static const double correlations[] = {0.9, 0.5};
static const spn_data_settings usual = {.kind = SPN_DATA_GAUSSIAN,
                                        .samples = 20,
                                        .inputs = 3,
                                        .outputs = 2,
                                        .correlations = {2, correlations},
                                        .seed = 1,
                                        .test_share = 0.2,
                                        .modulus = 5};

static void keys_belong_to_kinds(void **state)
{
    (void)state;
    spn_data_settings s = usual;
    const int64_t kind = spn_option_find(&spn_data_options, "kind");
    assert_ptr_equal(spn_data_options.options[kind].choices, spn_data_words);
    for (s.kind = 0; spn_data_words[s.kind] != NULL; s.kind++) {
        /* The source is a key, and one of this kind. */
        assert_true(spn_option_find(&spn_data_options, spn_data_source(&s)) >= 0);
        assert_true(spn_data_uses(&s, spn_data_source(&s)));
        assert_true(spn_data_uses(&s, "standardize") && spn_data_uses(&s, "seed"));
        assert_int_equal(spn_data_is_file(&s), spn_data_uses(&s, "path"));
        assert_int_equal(spn_data_uses(&s, "modulus"), s.kind == SPN_DATA_MODULAR);
        /* Without classes there are none of labels alone. */
        assert_int_equal(spn_data_uses(&s, "class_targets"), s.kind == SPN_DATA_IDX);
    }
    s.kind = SPN_DATA_MODULAR;
    s.test_share = 0;
    assert_false(spn_data_uses(&s, "seed"));
    s.kind = SPN_DATA_IDX;
    assert_false(spn_data_uses(&s, "seed"));
    s.take_by = SPN_TAKE_RANDOM;
    assert_true(spn_data_uses(&s, "seed") && !spn_data_uses(&s, "classes"));
    s.kind = SPN_DATA_CSV;
    s.classes = "species";
    assert_true(spn_data_uses(&s, "class_targets") && !spn_data_uses(&s, "input_key"));
}

static void check_same(const spn_dataset *a, const spn_dataset *b)
{
    assert_int_equal(a->samples, b->samples);
    assert_int_equal(a->inputs, b->inputs);
    assert_memory_equal(a->x, b->x, (size_t)(a->inputs * a->stride) * sizeof *a->x);
    assert_memory_equal(a->y, b->y, (size_t)(a->outputs * a->stride) * sizeof *a->y);
}

/* The same as by the calls of each kind. */
static void made_by_kind(void **state)
{
    (void)state;
    spn_context *context = NULL;
    spn_dataset *training = NULL, *test = NULL, *whole = NULL, *direct[2];
    check_ok(NULL, spn_context_create(NULL, &context));
    spn_data_settings s = usual;
    check_ok(context, spn_dataset_make(context, &s, &training, &test));
    check_ok(context, spn_dataset_gaussian(context, &s, &direct[0]));
    check_ok(context, spn_dataset_gaussian_test(context, &s, &direct[1]));
    check_same(training, direct[0]);
    check_same(test, direct[1]);
    for (int k = 0; k < 2; k++) {
        spn_dataset_free(context, direct[k]);
    }
    spn_dataset_free(context, training);
    spn_dataset_free(context, test);
    s.kind = SPN_DATA_MODULAR;
    check_ok(context, spn_dataset_make(context, &s, &training, &test));
    check_ok(context, spn_dataset_modular(context, &s, &whole));
    check_ok(context, spn_dataset_split(context, whole, 0.2, 1, &direct[0], &direct[1]));
    check_same(training, direct[0]);
    check_same(test, direct[1]);
    for (int k = 0; k < 2; k++) {
        spn_dataset_free(context, direct[k]);
    }
    spn_dataset_free(context, training);
    spn_dataset_free(context, test);
    s.test_share = 0;
    check_ok(context, spn_dataset_make(context, &s, &training, &test));
    check_same(training, whole);
    assert_null(test);
    spn_dataset_free(context, training);
    spn_dataset_free(context, whole);
    spn_context_free(context);
}

static void others_are_refused(void **state)
{
    (void)state;
    spn_context *context = NULL;
    spn_dataset *training = NULL, *test = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    spn_data_settings s = usual;
    s.kind = SPN_DATA_TEACHER;
    check_fails(context, spn_dataset_make(context, &s, &training, &test), SPN_ERROR_UNSUPPORTED,
                "data.kind: samples of kind teacher are not made by this call");
    s.kind = 99;
    check_fails(context, spn_dataset_make(context, &s, &training, &test), SPN_ERROR_INPUT,
                "data.kind: expected one of: gaussian, ");
    s = usual;
    s.test_share = 0.001; /* the training samples are there already */
    check_fails(context, spn_dataset_make(context, &s, &training, &test), SPN_ERROR_INPUT,
                "data.test_share: 0.001, beside 20 samples for training, makes none for testing");
    assert_null(training);
    assert_null(test);
    spn_context_free(context);
}

static spn_status make_any(spn_context *context, void *state)
{
    spn_dataset *training = NULL, *test = NULL;
    spn_status status = spn_dataset_make(context, state, &training, &test);
    spn_dataset_free(context, training);
    spn_dataset_free(context, test);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    spn_data_settings s = usual;
    assert_true(support_fail_each_allocation(make_any, &s) >= 8);
    s.kind = SPN_DATA_MODULAR;
    assert_true(support_fail_each_allocation(make_any, &s) >= 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_belong_to_kinds),
        cmocka_unit_test(made_by_kind),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
