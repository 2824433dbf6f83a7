/* SPDX-License-Identifier: MIT */
/* Are results of the same experiment? Two results that are equal in everything, changed in one text after the other. */
#include "support.h"

#include <spinodal/study.h>
#include <string.h>

static spn_context *context;

static int set_up(void **state)
{
    (void)state;
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

enum { TEXTS = 8 };
#define EXPERIMENT "data:\n  samples: 50\nsweep:\n  seeds: 2\nslice:\n  points: 7\n"

static const spn_attribute whole[TEXTS] = {
    {"configuration", EXPERIMENT, 0}, {"data_checksum", "00000001", 0},
    {"weights_checksum", "2", 0},     {"inputs_checksum", "3", 0},
    {"program_version", "4", 0},      {"kernels", "plain", 0},
    {"blas_core", "Haswell", 0},      {"settings", "sweep.seeds=2", 0},
};

static const unsigned demand_of[TEXTS] = {
    0,
    SPN_SAME_DATA,
    SPN_SAME_DATA,
    SPN_SAME_DATA,
    SPN_SAME_PROGRAM,
    SPN_SAME_PROGRAM,
    SPN_SAME_PROGRAM,
    SPN_SAME_SETTINGS,
};
static const unsigned all = SPN_SAME_DATA | SPN_SAME_PROGRAM | SPN_SAME_SETTINGS;

/* The results above with another text in place of number `which`; NULL: without it. */
static bool is_same(int which, const char *text, const char *sections, unsigned what)
{
    spn_attribute changed[TEXTS];
    bool same = false, again = false;
    memcpy(changed, whole, sizeof whole);
    changed[which].text = text;
    if (text == NULL) {
        changed[which].name = "nothing";
    }
    const spn_results a = {.kind = "sweep", .attribute_count = TEXTS, .attributes = whole};
    const spn_results b = {.kind = "sweep", .attribute_count = TEXTS, .attributes = changed};
    check_ok(context, spn_study_compare(context, &a, &b, sections, what, &same));
    check_ok(context, spn_study_compare(context, &b, &a, sections, what, &again));
    assert_int_equal(same, again);
    return same;
}

static void test_each_text(void **state)
{
    (void)state;
    assert_true(is_same(0, EXPERIMENT, NULL, all));
    for (int i = 1; i < TEXTS; i++) {
        assert_false(is_same(i, "another", NULL, all));
        assert_false(is_same(i, NULL, NULL, all));
        assert_false(is_same(i, "another", "", demand_of[i]));
        assert_true(is_same(i, "another", NULL, all & ~demand_of[i]));
        /* What one of them does not say is no difference to who asks for what both say. */
        assert_true(is_same(i, NULL, NULL, all | SPN_SAME_KNOWN));
        assert_false(is_same(i, "another", NULL, all | SPN_SAME_KNOWN));
    }
}

static void test_experiment(void **state)
{
    (void)state;
    static const char changed[] = "data:\n  samples: 50\nsweep:\n  seeds: 3\nslice:\n  points: 7\n";
    static const char later[] =
        "data:\n  samples: 50\nlater:\n  key: 1\nsweep:\n  seeds: 2\nslice:\n  points: 7\n";
    /* Defaults left out, in another notation. */
    static const char shorter[] = "sweep: {seeds: 2}\ndata: {samples: 50, seed: 1}\n";
    assert_false(is_same(0, changed, NULL, 0));
    assert_false(is_same(0, changed, "data sweep", 0));
    assert_true(is_same(0, changed, "data slice", 0));
    assert_true(is_same(0, changed, "", all));
    assert_false(is_same(0, NULL, NULL, 0));
    /* Sections of another version are not compared, unless the whole is. */
    assert_true(is_same(0, later, "data sweep", 0));
    assert_false(is_same(0, later, NULL, 0));
    /* By meaning: the same settings in other words; what cannot be read says nothing. */
    assert_false(is_same(0, shorter, "data sweep", 0));
    assert_true(is_same(0, shorter, "data sweep", SPN_SAME_KNOWN));
    assert_false(is_same(0, shorter, "data sweep slice", SPN_SAME_KNOWN));
    assert_false(is_same(0, changed, "data sweep", SPN_SAME_KNOWN));
    assert_true(is_same(0, changed, "data", SPN_SAME_KNOWN));
    assert_true(is_same(0, "of: another version", "data sweep", SPN_SAME_KNOWN));
    assert_true(is_same(0, NULL, "data sweep", SPN_SAME_KNOWN));
}

static bool has_experiment(const char *configuration, int64_t *samples)
{
    const spn_attribute attribute = {"configuration", configuration, 0};
    const spn_results results = {
        .kind = "sweep", .attribute_count = configuration != NULL, .attributes = &attribute};
    spn_experiment *experiment = NULL;
    check_ok(context, spn_experiment_of(context, &results, &experiment));
    *samples = experiment != NULL ? spn_experiment_data(experiment)->samples : 0;
    spn_experiment_free(context, experiment);
    return experiment != NULL;
}

static void test_experiment_of(void **state)
{
    (void)state;
    int64_t samples = 0;
    assert_true(has_experiment(EXPERIMENT, &samples));
    assert_int_equal(samples, 50);
    assert_false(has_experiment("of: another version", &samples));
    assert_false(has_experiment(NULL, &samples));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_text),
        cmocka_unit_test(test_experiment),
        cmocka_unit_test(test_experiment_of),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
