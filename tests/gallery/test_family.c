/* SPDX-License-Identifier: MIT */
/* Families: numbers of a file that mean nothing, and settings that are the family's own. */
#include "folder.h"
#include "gallery/family/family.h"

#include <spinodal/base/farm.h>

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

/* A network that has vanished: |theta| of 2.6e-17 is rounding, 0.0004 next to the end of a phase is none. */
static void test_lengths(void **state)
{
    (void)state;
    spni_family_transition transition = {.activation = SPN_LINEAR,
                                         .depth = 2,
                                         .modes = 1,
                                         .mode = 1,
                                         .measured_beta = 0.5,
                                         .beta_low = 0.5,
                                         .beta_high = 0.5,
                                         .error_before = 1.06,
                                         .error_after = 1.06,
                                         .norm_before = 4e-4,
                                         .norm_after = 2.6e-17};
    assert_true(spni_family_length(&transition, 1.06, transition.norm_before) == 4e-4);
    assert_true(spni_family_length(&transition, 1.06, transition.norm_after) == 0);
    const spn_table tables[] = {
        {"transitions", &spni_family_transition_columns, 1, &transition},
        {"runs", &spni_family_run_columns, 0, NULL},
    };
    const spn_results results = {.tables = tables, .table_count = 2};
    spn_text text = {.context = context};
    spni_section_source source = {.path = "family.h5", .results = &results};
    check_ok(context, spn_arena_create(context, &source.arena));
    for (int k = 0; k < 2; k++) {
        transition.norm_before = k == 0 ? 4e-4 : 2.6e-17;
        check_ok(context, spni_family_tell(&text, &source));
    }
    assert_non_null(strstr(text.buffer.text, " 0.0004 -> 0"));
    assert_null(strstr(text.buffer.text, "e-17"));
    check_ok(context, spn_text_end(&text));
    spn_arena_free(source.arena);
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

/* ---- On ranks ---------------------------------------------------------------------------------- */

/* What rank 1 of two tells, which gets the last jobs. */
typedef struct stage {
    int64_t next;
    double told;
} stage;

static spn_status begin(spn_context *with, spn_farm *farm, int64_t jobs)
{
    (void)with;
    ((stage *)farm->state)->next = jobs - 2;
    return SPN_OK;
}

static int64_t take(spn_farm *farm)
{
    return ((stage *)farm->state)->next++;
}

static void tell(spn_farm *farm, const spn_farm_news *own, spn_farm_news *others)
{
    ((stage *)farm->state)->told = own->done;
    *others = (spn_farm_news){.failed = SPN_FARM_NONE};
}

static spn_status keep(spn_context *with, spn_farm *farm, int64_t job, const void *message,
                       int64_t size)
{
    (void)with, (void)farm, (void)job, (void)message, (void)size;
    return SPN_OK;
}

static spn_status exchange(spn_context *with, spn_farm *farm, const spn_farm_end *end)
{
    (void)with, (void)farm;
    return end->status;
}

static spn_status agree(spn_context *with, spn_farm *farm, spn_status status, void *data,
                        int64_t size)
{
    (void)with, (void)farm, (void)data, (void)size;
    return status;
}

/* Others hear of as many runs as were made. */
static void test_runs_of_a_rank_are_counted(void **state)
{
    (void)state;
    static const char *const sets[] = {"data.samples=20", "branches.starts=0", "branches.levels=1",
                                       "branches.branches=2"};
    char folder[512];
    stage played = {.told = -1};
    spn_farm farm = {.rank = 1,
                     .size = 2,
                     .state = &played,
                     .begin = begin,
                     .take = take,
                     .tell = tell,
                     .keep = keep,
                     .exchange = exchange,
                     .agree = agree};
    support_scratch("shared", folder);
    check_ok(context, spn_make_folder(context, folder));
    const spn_gallery_settings settings = {
        .folder = folder, .threads = 1, .is_forced = true, .set_count = 4, .sets = sets};
    spni_job job = {.context = context, .settings = &settings, .is_good = true};
    spn_context_set_farm(context, &farm);
    check_ok(context, spni_target_order.share(&job));
    spn_context_set_farm(context, NULL);
    assert_true(played.told == 2);
}

/* Rank 0 does not make again, alone, what others have made where it does not see it. */
static void test_runs_that_are_not_there(void **state)
{
    (void)state;
    char folder[512];
    support_scratch("elsewhere", folder);
    check_ok(context, spn_make_folder(context, folder));
    const spn_gallery_settings settings = {.folder = folder, .threads = 1};
    for (int k = 0; k < 2; k++) {
        const spni_target *target = k == 0 ? &spni_target_order : &spni_target_omnigrok;
        spni_job job = {.context = context, .settings = &settings, .has_runs = true};
        check_fails(context, target->make(&job), SPN_ERROR_IO, "all ranks must see one folder");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_own_settings),
        cmocka_unit_test(test_runs_of_a_rank_are_counted),
        cmocka_unit_test(test_runs_that_are_not_there),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
