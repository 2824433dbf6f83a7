/* SPDX-License-Identifier: MIT */
/* Branches of tanh and gelu networks: transitions of the 3-5-5-2 network of the paper's kind of data, and onsets with
 * one hidden layer. */
#include "networks_case.h"

#include <spinodal/numeric.h>
#include <spinodal/optimize.h>

static spn_context *context;
static const double correlations[2] = {0.9, 0.5};

static network_setup default_network(double from)
{
    return (network_setup){.depth = 3,
                           .width = 5,
                           .samples = 1000,
                           .inputs = 3,
                           .outputs = 2,
                           .modes = 2,
                           .sigma = correlations,
                           .activation = SPN_TANH,
                           .from = from,
                           .to = 0.5};
}

/* Solve at beta from a stored point close by; what is measured there. */
typedef struct solved {
    double loss, error, norm_squared;
    double values[THETA_MAX]; /* of L's Hessian, ascending */
} solved;

static void solve_at(const network_case *c, const double *start, double beta, solved *out)
{
    double theta[THETA_MAX], *matrix = NULL;
    int64_t n = c->run.dimension;
    spn_solver *solver = NULL;
    spn_dense *dense = NULL;
    spn_solver_info info;
    spn_solver_settings settings = c->run.solver;
    settings.method = SPN_METHOD_NEWTON;
    settings.tolerance = 1e-12;
    settings.trust_radius = settings.trust_radius_max = 0.02;
    check_ok(context, spn_solver_create(context, &settings, &c->run.objective, &solver));
    memcpy(theta, start, (size_t)n * sizeof *theta);
    check_ok(context, spn_solver_run(context, solver, beta, theta, &info));
    const spn_point *point = spn_solver_point(solver);
    out->loss = point->value;
    out->error = spn_point_error(point)->value;
    out->norm_squared = spn_dot(n, theta, theta);
    matrix = calloc((size_t)(n * n), sizeof *matrix);
    assert_non_null(matrix);
    check_ok(context, spn_dense_create(context, n, &dense));
    check_ok(context, spn_point_hessian(context, point, SPN_PART_FULL, matrix));
    check_ok(context, spn_eigen(context, dense, n, matrix, false, out->values));
    free(matrix);
    spn_dense_free(context, dense);
    spn_solver_free(context, solver);
}

/* The point of the phase that is closest in beta. */
static const kept_item *closest_point(const run_case *run, int64_t phase, double beta)
{
    int64_t count = 0, number = 0;
    const int64_t *phases = spn_branches_point_phases(run->branches, &count);
    const kept_item *best = NULL;
    for (int64_t i = 0; i < run->count; i++) {
        const kept_item *item = &run->items[i];
        if (item->stream != SPN_BRANCHES_POINT) {
            continue;
        }
        bool is_closer = best == NULL ||
                         fabs(item->point.state.beta - beta) < fabs(best->point.state.beta - beta);
        best = phases[number++] == phase && is_closer ? item : best;
    }
    assert_non_null(best);
    return best;
}

/* ---- The default network --------------------------------------------------------------------- */

/* Ends of stable phases above 0.02: kind, place, dimension of the kernel and where it comes from. */
typedef struct expected_end {
    int64_t kind, kernel;
    double beta, tolerance;
    int64_t active, active_after; /* -1: not checked */
} expected_end;

/* 0.137553, 0.364220 and 0.005848 come from an independent program (NumPy), to six decimals; the others are
 * checked below by what they must do. */
static const expected_end ends[] = {
    {SPN_SPECIAL_FOLD, 1, 0.09833010263, 1e-9, 2, 2},
    {SPN_SPECIAL_BRANCH_POINT, 2, 0.09823177251, 1e-9, 2, 2},
    {SPN_SPECIAL_BRANCH_POINT, 3, 0.12305237932, 1e-9, 2, 2},
    {SPN_SPECIAL_FOLD, 1, 0.12433440167, 1e-9, 2, 2},
    {SPN_SPECIAL_FOLD, 1, 0.137553, 4e-6, 2, 1},
    {SPN_SPECIAL_FOLD, 1, 0.364220, 2e-6, 1, 0},
};
enum { END_COUNT = sizeof ends / sizeof *ends };

static bool is_stable_end(const spn_special_record *special)
{
    return special->is_continuous >= 0;
}

/* Exactly these special points end phases above 0.02, whatever the steps. */
static void check_ends(const run_case *run)
{
    int64_t count = 0, found = 0;
    const spn_special_record *all = spn_branches_specials(run->branches, &count);
    for (int64_t i = 0; i < count; i++) {
        const spn_special_record *special = &all[i];
        int64_t match = -1;
        if (special->beta < 0.02 || !is_stable_end(special)) {
            continue;
        }
        for (int64_t k = 0; k < END_COUNT; k++) {
            bool is_it = fabs(special->beta - ends[k].beta) <= ends[k].tolerance * ends[k].beta;
            match = is_it ? k : match;
        }
        assert_true(match >= 0);
        assert_int_equal(special->kind, ends[match].kind);
        assert_int_equal(special->kernel, ends[match].kernel);
        assert_int_equal(special->state.active_modes, ends[match].active);
        assert_int_equal(special->after.active_modes, ends[match].active_after);
        assert_int_equal(special->is_continuous, 0);
        assert_int_equal(special->change, ends[match].active == ends[match].active_after
                                              ? SPN_CHANGE_SYMMETRY
                                              : SPN_CHANGE_ACCURACY);
        assert_true(special->beta_low <= special->beta && special->beta <= special->beta_high);
        assert_true(special->beta_high - special->beta_low <= 2e-10 * special->beta);
        found++;
    }
    assert_int_equal(found, END_COUNT);
}

/* Each branch on which a special point was met had it in its interval: the final beta, up to the noise of 1e-11. */
static void check_intervals(const run_case *run)
{
    int64_t count = 0;
    const spn_special_record *all = spn_branches_specials(run->branches, &count);
    for (int64_t i = 0; i < run->count; i++) {
        const spn_special_record *raw = &run->items[i].special;
        if (run->items[i].stream == SPN_BRANCHES_SPECIAL && raw->beta > 0.02) {
            double beta = all[raw->special].beta;
            assert_true(beta > raw->beta_low - 1e-11 && beta < raw->beta_high + 1e-11);
        }
    }
}

/* Equal L to rounding, solved by the solver on its own; and a sign of the difference on each side. */
static void check_maxwell(const network_case *c, const spn_maxwell_record *maxwell)
{
    double signs[2];
    solved a, b;
    const double *start_a = closest_point(&c->run, maxwell->phase_a, maxwell->beta)->theta;
    const double *start_b = closest_point(&c->run, maxwell->phase_b, maxwell->beta)->theta;
    solve_at(c, start_a, maxwell->beta, &a);
    solve_at(c, start_b, maxwell->beta, &b);
    check_close(a.loss, b.loss, 1e-12, 0);
    check_close(a.error, maxwell->a.error, 1e-9, 0);
    check_close(b.norm_squared, maxwell->b.weight_norm * maxwell->b.weight_norm, 1e-9, 1);
    for (int side = 0; side < 2; side++) {
        double beta = maxwell->beta * (side == 0 ? 1 - 1e-6 : 1 + 1e-6);
        solve_at(c, start_a, beta, &a);
        solve_at(c, start_b, beta, &b);
        signs[side] = a.loss - b.loss;
    }
    assert_true(signs[0] < 0 && signs[1] > 0);
}

/* The Maxwell points above 0.02: full phase and middle phase, middle phase and untrained state, and between
 * two pairs of phases with all modes. */
static void check_maxwells(const network_case *c)
{
    static const double expected[4] = {0.0983191689, 0.1161266598, 0.1241879260, 0.3120948121};
    int64_t count = 0, found = 0;
    const spn_maxwell_record *all = spn_branches_maxwell(c->run.branches, &count);
    for (int64_t i = 0; i < count; i++) {
        if (all[i].beta < 0.02) {
            continue;
        }
        bool is_expected = false;
        for (int k = 0; k < 4; k++) {
            is_expected = is_expected || fabs(all[i].beta - expected[k]) <= 1e-8 * all[i].beta;
        }
        assert_true(is_expected);
        check_maxwell(c, &all[i]);
        found++;
    }
    assert_int_equal(found, 4);
}

/* The base, solved by the solver where it is stable: its `kernel` smallest eigenvalues are equal (as far as theta keeps its
 * symmetry, 1e-12) and go linearly to zero
 * at the branch point. From three distances d, 2 d, 3 d with d = 1e-4 the quadratic through them leaves the cubic
 * term, of the order of d^3 against beta. */
static void check_base(const network_case *c, const spn_special_record *special)
{
    const double *start = NULL;
    double lambda[3], step = 1e-4 * special->beta;
    for (int64_t i = 0; i < c->run.count; i++) {
        const kept_item *item = &c->run.items[i];
        bool is_it =
            item->stream == SPN_BRANCHES_SPECIAL && item->special.special == special->special;
        start = is_it ? item->theta : start;
    }
    assert_non_null(start);
    for (int k = 0; k < 3; k++) {
        solved base;
        solve_at(c, start, special->beta + (k + 1) * step, &base);
        lambda[k] = base.values[0];
        for (int64_t i = 1; i < special->kernel; i++) {
            check_close(base.values[i], lambda[k], 1e-12, 1);
        }
        assert_true(base.values[special->kernel] > 10 * lambda[k]);
    }
    assert_true(lambda[0] > 0);
    check_close(3 * lambda[0] - 3 * lambda[1] + lambda[2], 0, 1e-5, lambda[0]);
}

static void check_bases(const network_case *c)
{
    int64_t count = 0, specials = 0, checked = 0;
    const spn_phase_record *phases = spn_branches_phases(c->run.branches, &count);
    const spn_special_record *all = spn_branches_specials(c->run.branches, &specials);
    for (int64_t i = 0; i < count; i++) {
        if (phases[i].beta_low > 0.02) {
            assert_int_equal(phases[i].end_low, SPN_END_SYMMETRY);
            check_base(c, &all[phases[i].special_low]);
            checked++;
        }
    }
    assert_int_equal(checked, 2);
}

static void open_default(network_case *c, double from, double factor)
{
    const network_setup setup = default_network(from);
    network_case_open(c, context, &setup);
    c->run.settings.step *= factor;
    c->run.settings.angle *= factor;
    case_run(&c->run);
    check_ends(&c->run);
    check_intervals(&c->run);
    check_maxwells(c);
}

static void test_default(void **state)
{
    (void)state;
    network_case c;
    open_default(&c, 0.005, 1);
    check_bases(&c);
    const spn_phase_record *middle = case_phase(&c.run, 1);
    check_close(middle->beta_low, 0.005848, 5e-7 / 0.005848, 0);
    check_close(middle->beta_high, 0.364220, 5e-7 / 0.364220, 0);
    assert_int_equal(middle->end_low, SPN_END_BRANCH_POINT);
    network_case_close(&c);
}

/* Nothing missed and nothing invented when steps are halved and doubled. */
static void test_steps(void **state)
{
    (void)state;
    static const double factors[2] = {0.5, 2};
    for (int i = 0; i < 2; i++) {
        network_case c;
        open_default(&c, 0.05, factors[i]);
        network_case_close(&c);
    }
}

/* Three modes, widths of 6: a branch point where the third mode appears by the bends of tanh alone, and a point 2e-6 beside it that shows
 * two directions still. In the end every point of a phase has the labels of its phase. */
static void test_labels_of_phases(void **state)
{
    (void)state;
    static const double sigma[3] = {0.9, 0.6, 0.3};
    const network_setup setup = {.depth = 3,
                                 .width = 6,
                                 .samples = 1000,
                                 .inputs = 3,
                                 .outputs = 3,
                                 .modes = 3,
                                 .sigma = sigma,
                                 .activation = SPN_TANH,
                                 .from = 0.03,
                                 .to = 0.5};
    int64_t row = 0, phases = 0, lagging = 0;
    network_case c;
    network_case_open(&c, context, &setup);
    c.run.settings.starts = 2;
    c.run.settings.levels = 1;
    case_run(&c.run);
    const spn_phase_record *all = spn_branches_phases(c.run.branches, &phases);
    for (int64_t i = 0; i < c.run.count; i++) {
        spn_branch_record point = c.run.items[i].point;
        if (c.run.items[i].stream != SPN_BRANCHES_POINT) {
            continue;
        }
        spn_branches_settle(c.run.branches, row++, &point);
        if (point.phase < 0) {
            continue;
        }
        lagging += point.state.active_modes != c.run.items[i].point.state.active_modes ? 1 : 0;
        assert_int_equal(point.state.active_modes, all[point.phase].middle.active_modes);
        assert_int_equal(point.state.dead_units, all[point.phase].middle.dead_units);
        assert_int_equal(point.state.merged_units, all[point.phase].middle.merged_units);
    }
    assert_true(lagging > 0); /* or this says nothing */
    network_case_close(&c);
}

/* E(n) from a stable point of the full phase through its fold at 0.137553: at the norms of the branch's points it has
 * their E and beta, which turns back there. */
static void test_norm_curve(void **state)
{
    (void)state;
    enum { ROWS = 14 };
    network_case c;
    const network_setup setup = default_network(0.1);
    const kept_item *points[ROWS];
    double norms[ROWS], theta[THETA_MAX];
    spn_norm_record rows[ROWS];
    spn_special_record folds[16];
    int64_t count = 0, done = 0, fold = -1;
    network_case_open(&c, context, &setup);
    c.run.settings.starts = 0;
    case_run(&c.run);
    count = case_specials(&c.run, SPN_SPECIAL_FOLD, folds, 16);
    for (int64_t i = 0; i < count; i++) {
        fold = fabs(folds[i].beta - 0.137553) < 1e-6 ? i : fold;
    }
    assert_true(fold >= 0);
    count = 0;
    for (int64_t i = 0; i < c.run.count; i++) {
        const kept_item *item = &c.run.items[i];
        int64_t place = item->point.point - folds[fold].point + 4;
        if (item->stream == SPN_BRANCHES_POINT && item->point.branch == folds[fold].branch &&
            place >= 0 && place < ROWS) {
            points[place] = item;
            norms[place] = item->point.state.weight_norm * item->point.state.weight_norm;
            count++;
        }
    }
    assert_int_equal(count, ROWS);
    memcpy(theta, points[0]->theta, (size_t)c.run.dimension * sizeof *theta);
    check_ok(context, spn_norm_curve(context, &c.run.objective, points[0]->point.state.beta, theta,
                                     ROWS, norms, rows, &done));
    assert_int_equal(done, ROWS);
    for (int i = 0; i < ROWS; i++) {
        check_close(rows[i].error, points[i]->point.state.error, 1e-12, 0);
        check_close(rows[i].beta, points[i]->point.state.beta, 1e-10, 0);
        assert_int_equal(rows[i].index, 0);
    }
    /* In one stride: the same curve. */
    memcpy(theta, points[0]->theta, (size_t)c.run.dimension * sizeof *theta);
    spn_norm_record last;
    check_ok(context, spn_norm_curve(context, &c.run.objective, points[0]->point.state.beta, theta,
                                     1, &norms[ROWS - 1], &last, &done));
    assert_int_equal(done, 1);
    check_close(last.beta, rows[ROWS - 1].beta, 1e-10, 0);
    bool is_rising = rows[1].beta > rows[0].beta;
    assert_true(is_rising != (rows[ROWS - 1].beta > rows[ROWS - 2].beta));
    network_case_close(&c);
}

/* ---- One hidden layer ------------------------------------------------------------------------ */

/* T21 for one hidden unit on one-dimensional data: u = v = 1 up to sign. */
static spn_theory_onset onset_of(const spn_dataset *data, spn_activation kind)
{
    double taylor[4], yx = 0, mean = 0, variance = 0, cubed = 0, y_vv = 0, uv_x = 0;
    double u = 0, v = 0, sigma = 0;
    spn_theory_onset onset;
    check_ok(context, spn_dataset_moments(context, data, false, NULL, NULL, NULL, &yx, NULL));
    check_ok(context, spn_theory_leading_mode(context, 1, 1, &yx, &u, &v, &sigma));
    check_ok(context, spn_dataset_projected_moments(context, data, &u, &v, &mean, &variance, &cubed,
                                                    &y_vv, &uv_x));
    assert_true(spn_activation_taylor(kind, taylor));
    const spn_theory_activation activation = {taylor[1], taylor[2], taylor[3]};
    const spn_theory_onset_moments moments = {1, 1, &yx, mean, variance, cubed, &y_vv, &uv_x};
    check_ok(context, spn_theory_onset_at(context, &moments, &activation, 1, false, &onset));
    return onset;
}

/* The special point that ends the untrained phase when beta falls. */
static spn_special_record end_of_trivial(const run_case *run)
{
    int64_t count = 0;
    const spn_special_record *all = spn_branches_specials(run->branches, &count);
    const spn_phase_record *trivial = case_phase(run, 0);
    assert_non_null(trivial);
    assert_int_equal(trivial->end_low, SPN_END_BRANCH_POINT);
    return all[trivial->special_low];
}

static void open_line(network_case *c, spn_activation kind, int64_t samples, const double *rows,
                      double to)
{
    spn_dataset *data = NULL;
    const network_setup setup = {.depth = 2, .width = 1, .activation = kind, .from = 0.1, .to = to};
    check_ok(context, spn_dataset_from_rows(context, samples, 1, 1, rows, NULL, NULL, &data));
    network_case_on(c, context, &setup, data);
    case_run(&c->run);
}

/* Continuous onset at sigma_max of the raw cross-covariance (phi'(0) = 1; T14). */
static void test_continuous_onset(void **state)
{
    (void)state;
    network_case c;
    network_setup setup = default_network(0.3);
    setup.depth = 2;
    setup.width = 3;
    setup.samples = 60;
    setup.to = 1.1;
    network_case_open(&c, context, &setup);
    case_run(&c.run);
    const spn_special_record onset = end_of_trivial(&c.run);
    check_close(onset.beta, 0.9, 1e-10, 0);
    assert_true(onset.beta_low <= 0.9 + 1e-13 && onset.beta_high >= 0.9 - 1e-13);
    assert_int_equal(onset.is_continuous, 1);
    assert_true(onset.coefficient < 0);
    assert_int_equal(onset.kernel, 3);
    network_case_close(&c);
}

/* The learned phase ends in a fold above the onset: first order. */
static void check_first_order(const run_case *run, const spn_theory_onset *theory)
{
    const spn_special_record onset = end_of_trivial(run);
    const spn_phase_record *learned = case_phase(run, 1);
    assert_int_equal(theory->order, 1);
    check_close(onset.beta, theory->beta, 1e-10, 0);
    assert_int_equal(onset.is_continuous, 0);
    assert_non_null(learned);
    assert_int_equal(learned->end_high, SPN_END_FOLD);
    assert_true(learned->beta_high > 1.001 * theory->beta);
}

/* x = +-1/2, +-1, +-2 and y = x / 2 - c x (x^2 - <x^4>/<x^2>): <x y> does not depend on c, <x^3 y> falls with it. The normal
 * form L = L_0 + (beta - beta_c) a^2 + c_4 a^4 has beta = beta_c - 2 c_4 a^2, which is measured at amplitude a = 5e-4 of
 * the length of theta: up to a^2, and to 1e-11 of about 1e-7 in beta - beta_c. */
static void test_cubic_targets(void **state)
{
    (void)state;
    static const double x[6] = {0.5, -0.5, 1, -1, 2, -2}, cubic[2] = {0, 2.5};
    for (int i = 0; i < 2; i++) {
        double rows[12];
        network_case c;
        for (int n = 0; n < 6; n++) {
            rows[2 * n] = x[n];
            rows[2 * n + 1] = x[n] / 2 - cubic[i] * x[n] * (x[n] * x[n] - 3.25);
        }
        open_line(&c, SPN_TANH, 6, rows, 3);
        const spn_theory_onset theory = onset_of(c.dataset, SPN_TANH);
        const spn_special_record onset = end_of_trivial(&c.run);
        check_close(theory.beta, 0.875, 1e-14, 0);
        check_close(onset.coefficient, -2 * theory.quartic, 1e-3, 0);
        if (i == 1) {
            assert_true(onset.coefficient > 0);
            check_first_order(&c.run, &theory);
        } else {
            assert_int_equal(theory.order, 2);
            assert_int_equal(onset.is_continuous, 1);
        }
        network_case_close(&c);
    }
}

/* gelu on skewed inputs x = 2, -1, -1: the normal form has a cubic term, the branch crosses transcritically (the coefficient
 * of the square is 0) and turns back at a fold. */
static void test_skewed_inputs(void **state)
{
    (void)state;
    static const double rows[6] = {2, 1, -1, -0.5, -1, -0.5};
    network_case c;
    open_line(&c, SPN_GELU, 3, rows, 2);
    const spn_theory_onset theory = onset_of(c.dataset, SPN_GELU);
    assert_true(theory.cubic > 0);
    check_first_order(&c.run, &theory);
    check_close(end_of_trivial(&c.run).coefficient, 0, 1e-300, 1);
    network_case_close(&c);
}

int main(void)
{
    if (spn_context_create(NULL, &context) != SPN_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default),          cmocka_unit_test(test_steps),
        cmocka_unit_test(test_norm_curve),       cmocka_unit_test(test_labels_of_phases),
        cmocka_unit_test(test_continuous_onset), cmocka_unit_test(test_cubic_targets),
        cmocka_unit_test(test_skewed_inputs),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    spn_context_free(context);
    return failed;
}
