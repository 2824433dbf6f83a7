/* SPDX-License-Identifier: MIT */
/* Branches of landscapes with known answers: fold, double well in a field, pitchfork, cusp, one deep linear mode;
 * and that a run which was interrupted goes on with the same bits. */
#include "branches_case.h"

static spn_context *context;

static void set_landscape(run_case *run, const spn_landscape *landscape, double from, double to,
                          const double *start)
{
    case_defaults(run, context);
    run->objective = spn_landscape_objective(landscape);
    run->settings.beta_from = from;
    run->settings.beta_to = to;
    run->start = start;
}

/* A located value: within its interval of the closed form, and that no wider than asked. The interval covers
 * rounding, so that 1e-10 of the range is a bound that the settings promise. */
static void check_located(const spn_special_record *special, double expected, double range)
{
    check_close(special->beta, expected, 1e-10, range);
    assert_true(special->beta_low <= expected && expected <= special->beta_high);
    assert_true(special->beta_high - special->beta_low <= 1e-9 * range);
}

/* t^3/3 + p t + 1/2 a t_1^2: t = sqrt(-p) for p < 0, fold at 0 with p = -t^2, so coefficient -1. */
static void test_fold(void **state)
{
    (void)state;
    const double coefficients[2] = {0, 3}, start[2] = {1.2, 0.1};
    const spn_landscape fold = {SPN_LANDSCAPE_FOLD, 2, coefficients};
    run_case run;
    spn_special_record found[4];
    set_landscape(&run, &fold, -1, 1, start);
    case_run(&run);
    assert_int_equal(case_specials(&run, SPN_SPECIAL_FOLD, found, 4), 1);
    check_located(&found[0], 0, 2);
    check_close(found[0].coefficient, -1, 1e-7, 0);
    assert_int_equal(found[0].kernel, 1);
    assert_int_equal(found[0].index_before + found[0].index_after, 1);
    assert_int_equal(case_specials(&run, SPN_SPECIAL_BRANCH_POINT, found, 4), 0);
    int64_t count = 0;
    const spn_phase_record *phases = spn_branches_phases(run.branches, &count);
    assert_int_equal(count, 1);
    assert_int_equal(phases[0].end_low, SPN_END_RANGE);
    assert_int_equal(phases[0].end_high, SPN_END_FOLD);
    /* Every point is (+-sqrt(-p), 0). */
    for (int64_t i = 0; i < run.count; i++) {
        if (run.items[i].stream == SPN_BRANCHES_POINT) {
            double t = run.items[i].theta[0];
            check_close(t * t, -run.items[i].point.state.beta, 1e-14, 1);
            check_close(run.items[i].theta[1], 0, 1e-14, 1);
        }
    }
    case_free(&run);
}

/* The approach to the spinodal of one deep linear mode, against T13. With theta_l = s^(1/3) the critical
 * eigenvalue belongs to the symmetric direction: lambda = 2 beta + 6 s^(4/3) + 4 (s - sigma) s^(1/3), which
 * vanishes there. At distance d it is of size sqrt(d), s is known to eps / sqrt(d), and so is lambda: at the
 * closest, d = 1e-8 beta, to 1e-11 of 1e-4. */
static void test_approach(void **state)
{
    (void)state;
    const double sigma = 0.9, start[3] = {0.9, 0.9, 0.9};
    const spn_landscape mode = {SPN_LANDSCAPE_DEEP_MODE, 3, &sigma};
    const double spinodal = sigma * 0.75 * cbrt(sigma / 4);
    run_case run;
    int64_t count = 0;
    set_landscape(&run, &mode, 0.01, 0.6, start);
    case_run(&run);
    for (int64_t i = 0; i < run.count; i++) {
        const spn_branch_approach *a = &run.items[i].approach;
        spn_theory_state there;
        if (run.items[i].stream != SPN_BRANCHES_APPROACH) {
            continue;
        }
        count++;
        check_ok(context,
                 spn_theory_state_at(context, 3, sigma, a->beta, SPN_THEORY_UPPER, &there));
        double s = there.strength;
        double lambda = 2 * a->beta + 6 * pow(s, 4.0 / 3) + 4 * (s - sigma) * cbrt(s);
        check_close(a->eigenvalue, lambda, 1e-6, 0);
        check_close(a->norm_squared, there.norm_squared, 1e-10, 0);
        check_close(a->susceptibility, there.susceptibility, 1e-6, 0);
        check_close(a->distance, spinodal - a->beta, 1e-7, 0);
        assert_true(a->overlap > 0.99);
    }
    assert_true(count >= 25);
    case_free(&run);
}

/* Spinodals of t^4/4 - t^2/2 + p t at -+2 / (3 sqrt 3), Maxwell point at 0. */
static void test_double_well(void **state)
{
    (void)state;
    const double coefficients[2] = {0, 2}, start[2] = {1, 0};
    const spn_landscape well = {SPN_LANDSCAPE_DOUBLE_WELL, 2, coefficients};
    const double edge = 2 / (3 * sqrt(3));
    run_case run;
    spn_special_record found[4];
    set_landscape(&run, &well, -1, 1, start);
    case_run(&run);
    assert_int_equal(case_specials(&run, SPN_SPECIAL_FOLD, found, 4), 2);
    bool is_ordered = found[0].beta < found[1].beta;
    check_located(&found[is_ordered ? 0 : 1], -edge, 2);
    check_located(&found[is_ordered ? 1 : 0], edge, 2);
    int64_t count = 0;
    (void)spn_branches_phases(run.branches, &count);
    assert_int_equal(count, 2);
    const spn_maxwell_record *maxwell = spn_branches_maxwell(run.branches, &count);
    assert_int_equal(count, 1);
    check_close(maxwell[0].beta, 0, 1e-12, 1);
    assert_true(maxwell[0].beta_low <= 0 && maxwell[0].beta_high >= 0);
    check_close(maxwell[0].loss, -0.25, 1e-14, 0);
    assert_int_equal(maxwell[0].is_global, 1);
    case_free(&run);
}

/* Barriers of the double well: with the three roots of t^3 - t + p = 0 from the cosine formula the height is a
 * difference of two values. */
static void test_barriers(void **state)
{
    (void)state;
    const double coefficients[1] = {0}, start[1] = {1};
    const spn_landscape well = {SPN_LANDSCAPE_DOUBLE_WELL, 1, coefficients};
    run_case run;
    int64_t count = 0;
    set_landscape(&run, &well, -1, 1, start);
    case_run(&run);
    const spn_barrier_record *barriers = spn_branches_barriers(run.branches, &count);
    int64_t phases = 0;
    const spn_phase_record *phase = spn_branches_phases(run.branches, &phases);
    assert_true(count > 10);
    for (int64_t i = 0; i < count; i++) {
        double p = barriers[i].beta, third = acos(-1.5 * sqrt(3) * p) / 3, value[3];
        double root[3];
        for (int k = 0; k < 3; k++) {
            root[k] = 2 / sqrt(3) * cos(third - 2 * k * acos(-1) / 3);
            value[k] = pow(root[k], 4) / 4 - root[k] * root[k] / 2 + p * root[k];
        }
        /* Roots: 0 the largest, 2 the middle one (the saddle), 1 the smallest. The upper well reaches
         * up to the fold at positive p. */
        double saddle = value[0] > value[1] && value[0] > value[2]   ? value[0]
                        : value[1] > value[0] && value[1] > value[2] ? value[1]
                                                                     : value[2];
        bool is_upper = phase[barriers[i].phase].end_high == SPN_END_FOLD;
        double well_value = is_upper ? value[0] : root[1] < root[2] ? value[1] : value[2];
        check_close(barriers[i].height, saddle - well_value, 1e-12, 0.25);
    }
    case_free(&run);
}

/* t^4/4 + p t^2/2: t = 0 for p > 0, +-sqrt(-p) below. One phase on each side, joined continuously. */
static void test_pitchfork(void **state)
{
    (void)state;
    const double coefficients[2] = {0, 2}, start[2] = {1, 0};
    const spn_landscape pitchfork = {SPN_LANDSCAPE_PITCHFORK, 2, coefficients};
    run_case run;
    spn_special_record found[4];
    set_landscape(&run, &pitchfork, -1, 1, start);
    case_run(&run);
    assert_int_equal(case_specials(&run, SPN_SPECIAL_FOLD, found, 4), 0);
    assert_int_equal(case_specials(&run, SPN_SPECIAL_BRANCH_POINT, found, 4), 1);
    check_located(&found[0], 0, 2);
    assert_int_equal(found[0].is_continuous, 1);
    /* p = -t^2, measured over an arc or at a small amplitude. */
    check_close(found[0].coefficient, -1, 1e-2, 0);
    int64_t count = 0;
    (void)spn_branches_phases(run.branches, &count);
    assert_int_equal(count, 2);
    (void)spn_branches_maxwell(run.branches, &count);
    assert_int_equal(count, 0);
    case_free(&run);
}

/* t^4/4 + a t^2/2 + p t with a = -0.6: folds at -+2 (-a/3)^(3/2). */
static void test_cusp(void **state)
{
    (void)state;
    const double coefficients[1] = {-0.6}, start[1] = {1};
    const spn_landscape cusp = {SPN_LANDSCAPE_CUSP, 1, coefficients};
    const double edge = 2 * pow(0.2, 1.5);
    run_case run;
    spn_special_record found[4];
    set_landscape(&run, &cusp, -0.5, 0.5, start);
    case_run(&run);
    assert_int_equal(case_specials(&run, SPN_SPECIAL_FOLD, found, 4), 2);
    check_close(fabs(found[0].beta), edge, 1e-10, 0);
    check_close(fabs(found[1].beta), edge, 1e-10, 0);
    assert_true(found[0].beta * found[1].beta < 0);
    case_free(&run);
}

/* No stationary point of a quadratic ends: one phase, nothing special. */
static void test_nothing_happens(void **state)
{
    (void)state;
    const double coefficients[3] = {1, 2, 3}, start[3] = {1, 1, 1};
    const spn_landscape quadratic = {SPN_LANDSCAPE_QUADRATIC, 3, coefficients};
    run_case run;
    int64_t count = 0;
    char name[32];
    set_landscape(&run, &quadratic, -1, 1, start);
    case_run(&run);
    (void)spn_branches_specials(run.branches, &count);
    assert_int_equal(count, 0);
    (void)spn_branches_maxwell(run.branches, &count);
    assert_int_equal(count, 0);
    const spn_phase_record *phases = spn_branches_phases(run.branches, &count);
    assert_int_equal(count, 1);
    assert_true(phases[0].beta_low == -1 && phases[0].beta_high == 1);
    assert_string_equal(spn_branches_phase_name(run.branches, 0, name, sizeof name), "phase 0");
    case_free(&run);
}

/* T13 for depths 3 to 6: spinodal, Maxwell point, |theta|^2 at the fold and behind it. */
static void test_deep_mode(void **state)
{
    (void)state;
    const double sigma = 0.8, start[6] = {0.9, 0.9, 0.9, 0.9, 0.9, 0.9};
    for (int64_t depth = 3; depth <= 6; depth++) {
        const spn_landscape mode = {SPN_LANDSCAPE_DEEP_MODE, depth, &sigma};
        spn_theory_mode theory;
        run_case run;
        spn_special_record found[4];
        int64_t count = 0;
        check_ok(context, spn_theory_mode_transition(context, depth, sigma, &theory));
        set_landscape(&run, &mode, 0.001, 0.6, start);
        case_run(&run);
        assert_int_equal(case_specials(&run, SPN_SPECIAL_FOLD, found, 4), 1);
        check_close(found[0].beta, theory.spinodal_beta, 1e-10, 0);
        /* theta is known to the root of the rounding in beta. */
        check_close(found[0].state.weight_norm * found[0].state.weight_norm,
                    (double)depth * pow(theory.spinodal_strength, 2.0 / (double)depth), 1e-7, 0);
        check_close(found[0].after.weight_norm, 0, 1e-12, 1);
        const spn_maxwell_record *maxwell = spn_branches_maxwell(run.branches, &count);
        assert_int_equal(count, 1);
        check_close(maxwell[0].beta, theory.maxwell_beta, 1e-10, 0);
        case_free(&run);
    }
}

static void check_same(const run_case *a, const run_case *b)
{
    assert_int_equal(a->count, b->count);
    for (int64_t i = 0; i < a->count; i++) {
        assert_memory_equal(&a->items[i], &b->items[i], sizeof a->items[i]);
    }
}

/* Stopped behind each item, resumed from what was sent: the same items with the same bits. */
static void test_resume(void **state)
{
    (void)state;
    const double sigma = 0.8, start[3] = {0.9, 0.9, 0.9};
    const spn_landscape mode = {SPN_LANDSCAPE_DEEP_MODE, 3, &sigma};
    run_case whole, part, rest;
    set_landscape(&whole, &mode, 0.01, 0.6, start);
    case_run(&whole);
    for (int64_t stop = 1; stop < whole.count; stop += 3) {
        set_landscape(&part, &mode, 0.01, 0.6, start);
        part.stop_after = stop;
        case_create(&part);
        check_fails(context, spn_branches_run(context, part.branches, case_sink, &part),
                    SPN_ERROR_INTERRUPTED, "by the test");
        set_landscape(&rest, &mode, 0.01, 0.6, start);
        case_create(&rest);
        for (int64_t i = 0; i < part.count; i++) {
            case_replay(&rest, &part.items[i]);
        }
        check_ok(context, spn_branches_run(context, rest.branches, case_sink, &rest));
        check_same(&whole, &rest);
        case_free(&part);
        case_free(&rest);
    }
    /* Items of another run are refused. */
    set_landscape(&rest, &mode, 0.01, 0.6, start);
    case_create(&rest);
    case_replay(&rest, &whole.items[1]);
    check_fails(context, spn_branches_run(context, rest.branches, case_sink, &rest),
                SPN_ERROR_INPUT, "does not belong");
    case_free(&rest);
    case_free(&whole);
}

static void test_bad_range(void **state)
{
    (void)state;
    const double sigma = 0.8, start[3] = {0.9, 0.9, 0.9};
    const spn_landscape mode = {SPN_LANDSCAPE_DEEP_MODE, 3, &sigma};
    const double ranges[3][2] = {{0.5, 0.5}, {0.6, 0.1}, {0.1, (double)INFINITY}};
    for (int i = 0; i < 3; i++) {
        run_case run;
        set_landscape(&run, &mode, ranges[i][0], ranges[i][1], start);
        const spn_branches_problem problem = case_problem(&run);
        check_fails(context, spn_branches_create(context, &problem, &run.branches), SPN_ERROR_INPUT,
                    i < 2 ? "beta.from" : "beta.to");
        assert_null(run.branches);
    }
}

/* Along a mode's branch E(n) is known: n = D s^(2/D), E = (s - sigma)^2, beta = (sigma - s) s^(1 - 2/D); it passes
 * the fold at s = sigma / 4 (D = 3) without noticing. The landscape's parameter is a ridge. */
static void test_norm_curve(void **state)
{
    (void)state;
    const double sigma = 0.9;
    const spn_landscape mode = {SPN_LANDSCAPE_DEEP_MODE, 3, &sigma};
    const spn_objective objective = spn_landscape_objective(&mode);
    double theta[3], norms[12], s = 0.8, beta = (sigma - s) * cbrt(s);
    spn_norm_record rows[12];
    int64_t count = 0;
    for (int i = 0; i < 3; i++) {
        theta[i] = cbrt(s);
    }
    for (int i = 0; i < 12; i++) {
        norms[i] = 3 * pow(0.8 - 0.065 * i, 2.0 / 3);
    }
    check_ok(context, spn_norm_curve(context, &objective, beta, theta, 12, norms, rows, &count));
    assert_int_equal(count, 12);
    for (int i = 0; i < 12; i++) {
        s = 0.8 - 0.065 * i;
        check_close(rows[i].beta, (sigma - s) * cbrt(s), 1e-12, 0);
        assert_int_equal(rows[i].index, 0);
    }
    theta[0] = theta[1] = theta[2] = 0;
    check_fails(context, spn_norm_curve(context, &objective, beta, theta, 1, norms, rows, &count),
                SPN_ERROR_ARGUMENT, "theta = 0");
}

static spn_status whole_run(spn_context *own, void *state)
{
    spn_status status = SPN_OK;
    run_case *run = state;
    const spn_branches_problem problem = case_problem(run);
    spn_branches *branches = NULL;
    run->count = 0;
    run->dimension = run->objective.dimension;
    SPN_TRY(spn_branches_create(own, &problem, &branches));
    SPN_TRY(spn_branches_run(own, branches, case_sink, run));
done:
    spn_branches_free(own, branches);
    return status;
}

/* Every allocation may fail: an error with its message, and nothing stays behind. */
static void test_out_of_memory(void **state)
{
    (void)state;
    const double coefficients[1] = {0}, start[1] = {1};
    const spn_landscape well = {SPN_LANDSCAPE_DOUBLE_WELL, 1, coefficients};
    run_case run;
    set_landscape(&run, &well, -1, 1, start);
    run.settings.starts = 1;
    run.settings.levels = 1;
    run.items = calloc(ITEMS_MAX, sizeof *run.items);
    assert_non_null(run.items);
    assert_true(support_fail_each_allocation(whole_run, &run) > 30);
    free(run.items);
}

int main(void)
{
    if (spn_context_create(NULL, &context) != SPN_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_approach),
        cmocka_unit_test(test_double_well),
        cmocka_unit_test(test_barriers),
        cmocka_unit_test(test_pitchfork),
        cmocka_unit_test(test_cusp),
        cmocka_unit_test(test_nothing_happens),
        cmocka_unit_test(test_deep_mode),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_bad_range),
        cmocka_unit_test(test_norm_curve),
        cmocka_unit_test(test_out_of_memory),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    spn_context_free(context);
    return failed;
}
