/* SPDX-License-Identifier: MIT */
/* Branches of a whole study: what the file says of a deep linear network against closed forms (T13, T15), the
 * same bits after any interruption, refusals. */
#include "support.h"

#include <spinodal/study.h>
#include <stdio.h>

/* Raised after so many points; < 0: never. */
typedef struct interruption {
    atomic_int cancel;
    int64_t left;
    int64_t points;    /* as the last event said */
    char last[256];    /* its text */
    char warning[256]; /* the last one */
} interruption;

static interruption cut;
static spn_context *context;
static spn_experiment *experiment;
static spn_study *study;

static void on_event(void *state, const spn_event *event)
{
    interruption *i = state;
    if (event->kind == SPN_EVENT_PROGRESS && event->total == 0) {
        i->points = (int64_t)event->done;
        if (strstr(event->text, "special") != NULL) {
            snprintf(i->last, sizeof i->last, "%s", event->text);
        }
        if (i->left >= 0 && i->points >= i->left) {
            atomic_store(&i->cancel, 1);
        }
    } else if (event->kind == SPN_EVENT_WARNING) {
        snprintf(i->warning, sizeof i->warning, "%s", event->text);
    }
}

static int set_up(void **state)
{
    (void)state;
    static const char text[] =
        "data: {samples: 40, correlations: [0.9, 0.5]}\n"
        "model: {hidden: [2, 2], activation: linear}\n"
        "sweep: {beta: {from: 0.02, to: 0.5, points: 20}}\nbranches: {starts: 1, levels: 1}\n";
    const spn_context_settings settings = {
        .on_event = on_event, .event_state = &cut, .cancel = &cut.cancel};
    if (spn_context_create(&settings, &context) != SPN_OK) {
        return -1;
    }
    check_ok(context,
             spn_experiment_parse(context, "test.yaml", text, sizeof text - 1, &experiment));
    check_ok(context, spn_study_create(context, experiment, &study));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    spn_context_free(context);
    return 0;
}

static spn_status follow(const char *path, bool is_resumed, int64_t left, bool *is_complete)
{
    const spn_run_settings settings = {.output = path, .threads = 1, .is_resumed = is_resumed};
    atomic_store(&cut.cancel, 0);
    cut.left = left;
    spn_status status = spn_study_branches(context, study, &settings, is_complete);
    atomic_store(&cut.cancel, 0);
    return status;
}

typedef struct findings {
    spn_arena *arena;
    spn_results results;
    int64_t points, specials, phases, maxwell;
    spn_branch_record *point;
    spn_special_record *special;
    spn_phase_record *phase;
    spn_maxwell_record *crossing;
} findings;

static void *read_table(findings *f, const char *name, const spn_columns *columns, int64_t *count)
{
    const spn_table *table = spn_results_table(&f->results, name);
    assert_non_null(table);
    void *records = spn_arena_take(f->arena, table->rows, columns->record_size);
    assert_non_null(records);
    check_ok(context, spn_table_convert(context, table, name, columns, records));
    *count = table->rows;
    return records;
}

static void read_findings(const char *path, findings *f)
{
    *f = (findings){0};
    check_ok(context, spn_arena_create(context, &f->arena));
    check_ok(context, spn_results_read(context, f->arena, path, &f->results));
    f->point = read_table(f, "points", &spn_branch_columns, &f->points);
    f->special = read_table(f, "specials", &spn_special_columns, &f->specials);
    f->phase = read_table(f, "phases", &spn_phase_columns, &f->phases);
    f->crossing = read_table(f, "maxwell", &spn_maxwell_columns, &f->maxwell);
}

static const spn_phase_record *find_phase(const findings *f, int64_t active_modes)
{
    const spn_phase_record *found = NULL;
    for (int64_t i = 0; i < f->phases; i++) {
        if (f->phase[i].middle.active_modes == active_modes) {
            assert_null(found); /* T15: one minimum for each number of modes */
            found = &f->phase[i];
        }
    }
    assert_non_null(found);
    return found;
}

/* T13 for three layers, located to 1e-8 relative: half the digits of a double are lost at a fold, whose beta
 * is second order in the error of theta. */
static void test_closed_forms(void **state)
{
    (void)state;
    static const double sigmas[2] = {0.5, 0.9};
    char path[512];
    findings f;
    bool is_complete = false;
    support_scratch("linear.h5", path);
    check_ok(context, follow(path, false, -1, &is_complete));
    assert_true(is_complete);
    read_findings(path, &f);
    assert_int_equal(f.phases, 3);
    for (int i = 0; i < 2; i++) {
        spn_theory_mode mode;
        check_ok(context, spn_theory_mode_transition(context, 3, sigmas[i], &mode));
        const spn_phase_record *phase = find_phase(&f, 2 - i);
        assert_int_equal(phase->end_high, SPN_END_FOLD);
        check_close(phase->beta_high, mode.spinodal_beta, 1e-8, 0);
        assert_int_equal(phase->end_low, SPN_END_RANGE);
        check_close(phase->beta_low, 0.02, 1e-12, 0);
        check_close(phase->global_high, mode.maxwell_beta, 1e-8, 0);
        check_close(f.special[phase->special_high].beta, phase->beta_high, 0, 0);
    }
    assert_int_equal(find_phase(&f, 0)->end_high, SPN_END_RANGE);
    /* The file's own consistency: rows by branch and place, phases of stable points, weights of a point give
     * its |theta|. */
    const spn_array *theta = spn_results_array(&f.results, "theta");
    assert_int_equal(theta->rows, f.points);
    for (int64_t i = 0; i < f.points; i++) {
        const spn_branch_record *p = &f.point[i];
        double square = 0;
        for (int64_t k = 0; k < theta->columns; k++) {
            const double t = theta->values[i * theta->columns + k];
            square += t * t;
        }
        check_close(sqrt(square), p->state.weight_norm, 1e-12, 1e-6);
        assert_true(i == 0 || p->branch > p[-1].branch ||
                    (p->branch == p[-1].branch && p->point > p[-1].point));
        assert_true(p->phase < 0 || p->negative_eigenvalues == 0);
        check_close(p->state.loss, p->state.error + p->state.beta * square, 1e-12, 1);
    }
    spn_arena_free(f.arena);
}

/* Is there a global Maxwell point of the phase at beta? */
static bool has_crossing(const findings *f, int64_t phase, double beta)
{
    bool is_there = false;
    for (int64_t i = 0; i < f->maxwell; i++) {
        const spn_maxwell_record *m = &f->crossing[i];
        is_there = is_there || (m->is_global && m->beta == beta &&
                                (m->phase_a == phase || m->phase_b == phase));
    }
    return is_there;
}

/* The smallest L is continuous in beta (T9). So a phase is the lowest one up to an end of the range, to a Maxwell point, or
 * to an end of its own from which another one leaves with the same L; never up to a fold. This network has a phase
 * whose points are few and whose fold is close to its Maxwell point. */
static void test_lowest_is_continuous(void **state)
{
    (void)state;
    static const char text[] =
        "data: {samples: 40, inputs: 2, outputs: 2, correlations: [0.8, 0.6], seed: 3}\n"
        "model: {hidden: [3], activation: tanh, bias: true}\n"
        "sweep: {beta: {from: 0.005, to: 1, points: 20, spacing: log}}\n"
        "branches: {starts: 1, levels: 1}\n";
    char path[512];
    findings f;
    bool is_complete = false;
    int64_t crossings = 0;
    spn_study_free(context, study);
    study = NULL;
    spn_experiment_free(context, experiment);
    experiment = NULL;
    check_ok(context,
             spn_experiment_parse(context, "test.yaml", text, sizeof text - 1, &experiment));
    check_ok(context, spn_study_create(context, experiment, &study));
    support_scratch("lowest.h5", path);
    check_ok(context, follow(path, false, -1, &is_complete));
    assert_true(is_complete);
    read_findings(path, &f);
    for (int64_t i = 0; i < f.phases; i++) {
        const spn_phase_record *p = &f.phase[i];
        const double beta[2] = {p->global_low, p->global_high},
                     own[2] = {p->beta_low, p->beta_high};
        const int64_t special[2] = {p->special_low, p->special_high};
        for (int k = 0; k < 2 && isfinite(beta[k]); k++) {
            bool is_crossing = has_crossing(&f, i, beta[k]);
            assert_true(is_crossing || beta[k] == own[k]);
            assert_true(is_crossing || special[k] < 0 || f.special[special[k]].is_continuous);
            crossings += is_crossing;
        }
    }
    assert_true(crossings >= 2);
    spn_arena_free(f.arena);
}

static char *load(const char *path, size_t *size)
{
    enum { CAPACITY = 1 << 24 };
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *bytes = malloc(CAPACITY);
    assert_non_null(bytes);
    *size = fread(bytes, 1, CAPACITY, file);
    fclose(file);
    return bytes;
}

/* Interrupted after any number of points, more than once, and resumed: the file has the same bytes. */
static void test_same_bits_when_resumed(void **state)
{
    (void)state;
    char path[512], other[512], journal[520];
    size_t size = 0, again_size = 0;
    bool is_complete = false;
    support_scratch("whole.h5", path);
    support_scratch("parts.h5", other);
    snprintf(journal, sizeof journal, "%s.part", other);
    check_ok(context, follow(path, false, -1, &is_complete));
    const int64_t points = cut.points;
    assert_true(points > 100);
    assert_string_equal(cut.last, "points, 3 branches, 2 special points");
    char *whole = load(path, &size);
    for (int64_t share = 1; share <= 5; share++) {
        remove(other);
        const int64_t first = share == 1 ? 1 : points * share / 6;
        check_fails(context, follow(other, false, first, &is_complete), SPN_ERROR_INTERRUPTED,
                    "interrupted");
        assert_true(spn_journal_exists(journal));
        assert_false(spn_journal_exists(other));
        check_fails(context, follow(other, true, first + (points - first) / 2, &is_complete),
                    SPN_ERROR_INTERRUPTED, "interrupted");
        is_complete = false;
        check_ok(context, follow(other, true, -1, &is_complete));
        assert_true(is_complete);
        assert_false(spn_journal_exists(journal));
        char *parts = load(other, &again_size);
        assert_int_equal(size, again_size);
        assert_memory_equal(whole, parts, size);
        free(parts);
    }
    free(whole);
    /* What is complete is left alone. */
    is_complete = false;
    check_ok(context, follow(other, true, -1, &is_complete));
    assert_true(is_complete);
}

static void test_refusals(void **state)
{
    (void)state;
    char path[512], journal[520];
    bool is_good = false;
    spn_journal *other = NULL;
    const double number = 1;
    const spn_bytes part = {&number, sizeof number};
    support_scratch("refused.h5", path);
    snprintf(journal, sizeof journal, "%s.part", path);
    /* A journal of a sweep is not gone on with as branches. */
    check_fails(context, follow(path, false, 30, &is_good), SPN_ERROR_INTERRUPTED, "interrupted");
    const spn_run_settings sweep = {.output = path, .threads = 1, .is_resumed = true};
    check_fails(context, spn_study_sweep(context, study, &sweep, &is_good), SPN_ERROR_INPUT,
                "run: ");
    check_fails(context, follow(path, false, -1, &is_good), SPN_ERROR_IO, "--resume");
    /* The same journal with a record that nobody wrote. */
    char *configuration = NULL;
    spn_journal_info info;
    check_ok(context, spn_journal_scan(context, journal, NULL, NULL, &info, &configuration));
    assert_true(info.records >= 30);
    check_ok(context, spn_journal_create(context, journal, configuration, true, &other));
    check_ok(context, spn_journal_append(context, other, 1, &part, 1));
    check_ok(context, spn_journal_close(context, other));
    check_fails(context, follow(path, true, -1, &is_good), SPN_ERROR_INPUT,
                "a record that is not of this kind of run");
    spn_release(context, configuration);
    remove(journal);
    /* Finished results of a sweep are not branches. */
    const spn_run_settings anew = {.output = path, .threads = 1};
    check_ok(context, spn_study_sweep(context, study, &anew, &is_good));
    check_fails(context, follow(path, true, -1, &is_good), SPN_ERROR_IO, "--force");
    check_fails(context, follow("/no/such/folder/run.h5", false, -1, &is_good), SPN_ERROR_IO,
                "/no/such/folder");
    check_ok(context, spn_experiment_set(context, experiment, "branches.beta.from=0.6"));
    check_fails(context, follow(path, false, -1, &is_good), SPN_ERROR_INPUT,
                "branches.beta.from: the range of beta is empty");
    check_ok(context, spn_experiment_set(context, experiment, "branches.beta.from=0.02"));
}

/* A limit that is too small is said, and the file tells which ends are missing. */
static void test_cut_short(void **state)
{
    (void)state;
    char path[512];
    bool is_complete = true;
    findings f;
    support_scratch("short.h5", path);
    check_ok(context, spn_experiment_set(context, experiment, "branches.points=4"));
    cut.warning[0] = '\0';
    check_ok(context, follow(path, false, -1, &is_complete));
    assert_false(is_complete);
    assert_true(cut.warning[0] != '\0');
    read_findings(path, &f);
    int64_t unfinished = 0;
    for (int64_t i = 0; i < f.phases; i++) {
        unfinished +=
            f.phase[i].end_low == SPN_END_UNFINISHED || f.phase[i].end_high == SPN_END_UNFINISHED;
    }
    assert_true(unfinished > 0);
    spn_arena_free(f.arena);
    is_complete = true;
    check_ok(context, follow(path, true, -1, &is_complete));
    assert_false(is_complete);
    check_ok(context, spn_experiment_set(context, experiment, "branches.points=5000"));
}

static spn_status small_run(spn_context *own, void *state)
{
    static const char text[] = "data: {samples: 12, inputs: 1, outputs: 1, correlations: [0.9]}\n"
                               "model: {hidden: [1, 1], activation: linear}\n"
                               "sweep: {beta: {from: 0.3, to: 0.5, points: 2}}\n"
                               "branches: {starts: 1, levels: 1}\n";
    spn_status status = SPN_OK;
    bool is_complete = false;
    spn_experiment *small = NULL;
    spn_study *made = NULL;
    const spn_run_settings settings = {.output = state, .threads = 1, .is_forced = true};
    SPN_TRY(spn_experiment_parse(own, "test.yaml", text, sizeof text - 1, &small));
    SPN_TRY(spn_study_create(own, small, &made));
    SPN_TRY(spn_study_branches(own, made, &settings, &is_complete));
done:
    spn_study_free(own, made);
    spn_experiment_free(own, small);
    return status;
}

/* Each allocation of a whole run fails in turn: the error is clear, nothing is left. */
static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    char path[512];
    support_scratch("memory.h5", path);
    assert_true(support_fail_each_allocation(small_run, path) > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_closed_forms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lowest_is_continuous, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_same_bits_when_resumed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cut_short, set_up, tear_down),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
