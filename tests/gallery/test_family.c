/* SPDX-License-Identifier: MIT */
/* Families: numbers of a file that mean nothing, and settings that are the family's own. */
#include "folder.h"
#include "gallery/family/family.h"

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

/* They come from files. */
static void test_words(void **state)
{
    (void)state;
    assert_string_equal(spni_family_activation(SPN_LINEAR), "linear");
    assert_string_equal(spni_family_activation(SPN_TANH), "tanh");
    assert_string_equal(spni_family_order(2), "second order");
    for (int64_t i = -1; i < INT64_C(1) << 40; i = i < 0 ? 1000 : 1000 * i) {
        assert_string_equal(spni_family_activation(i), "?");
        assert_string_equal(spni_family_order(i), "?");
    }
}

static void check_refused(const spni_target *target, const char *set, const char *text)
{
    char folder[512];
    support_scratch("refused", folder);
    const spn_gallery_settings settings = {
        .folder = folder, .threads = 1, .set_count = 1, .sets = &set};
    spni_job job = {.context = context, .settings = &settings, .is_good = true};
    check_fails(context, target->make(&job), SPN_ERROR_INPUT, text);
}

static void test_own_settings(void **state)
{
    (void)state;
    check_refused(&spni_target_order, "model.hidden=[3]", "it is what 'order' varies");
    check_refused(&spni_target_complexity, "data.inputs=3", "it is what 'complexity' varies");
    check_refused(&spni_target_order, "objective.regularise=weights", "cannot be set");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_own_settings),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
