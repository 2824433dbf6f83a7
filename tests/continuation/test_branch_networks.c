/* SPDX-License-Identifier: MIT */
/* Branches of deep linear networks against T11 to T15, with their continuous symmetries: folds, Maxwell points, phases,
 * zero modes, saddles; and ranges and data that make trouble. */
#include "networks_case.h"

static spn_context *context;
static const double sigma[MODES_MAX] = {0.9, 0.6, 0.4, 0.25};

static network_setup linear(int64_t depth, int64_t modes, const double *values, double from,
                            double to)
{
    return (network_setup){.depth = depth,
                           .width = modes,
                           .samples = 2 * modes + 2,
                           .inputs = modes,
                           .outputs = modes,
                           .modes = modes,
                           .sigma = values,
                           .activation = SPN_LINEAR,
                           .from = from,
                           .to = to};
}

/* Unit variances: E_0 = K. */
static spn_theory_network theory_of(const network_setup *setup)
{
    return (spn_theory_network){setup->depth, setup->modes, setup->sigma, (double)setup->outputs};
}

static uint64_t first_modes(int64_t count)
{
    return ((uint64_t)1 << count) - 1;
}

/* Every stable point: E, |theta|^2, L of T11 and the zero modes of T15. theta is good to 1e-9, at distance d from a
 * fold s is known to rounding / sqrt(d) and E feels it at first order. Depth 2: labels lag behind a mode that
 * vanishes, sigma_i > beta says how many are active; within 1e-6 of that the orbit's rank is undecided. */
static void check_points(const network_case *c, const network_setup *setup)
{
    const spn_theory_network theory = theory_of(setup);
    const int64_t hidden[DEPTH_MAX - 1] = {setup->width, setup->width, setup->width, setup->width};
    int64_t checked = 0;
    for (int64_t i = 0; i < c->run.count; i++) {
        const spn_branch_record *p = &c->run.items[i].point;
        spn_theory_phase phase;
        int64_t active = p->state.active_modes;
        bool is_near = false;
        if (c->run.items[i].stream != SPN_BRANCHES_POINT || p->negative_eigenvalues > 0) {
            continue;
        }
        for (int64_t k = 0; setup->depth == 2 && k < setup->modes; k++) {
            active = k == 0 ? 0 : active;
            active += setup->sigma[k] > p->state.beta;
            is_near = is_near || fabs(setup->sigma[k] - p->state.beta) < 1e-6;
        }
        check_ok(context,
                 spn_theory_phase_at(context, &theory, first_modes(active), p->state.beta, &phase));
        check_close(p->state.error, phase.error, 1e-8, 0);
        check_close(p->state.loss, phase.loss, 1e-11, 0);
        check_close(p->state.weight_norm * p->state.weight_norm, phase.norm_squared, 1e-8, 1);
        assert_true(is_near ||
                    p->zero_modes == spn_theory_zero_modes(setup->depth, active, hidden));
        checked++;
    }
    assert_true(checked > 10);
}

/* The fold that ends phase {1 .. active}, with E and |theta|^2 on both sides; theta is known to the root of the
 * rounding there. */
static void check_fold(const network_case *c, const network_setup *setup, int64_t active)
{
    const spn_theory_network theory = theory_of(setup);
    const spn_phase_record *phase = case_phase(&c->run, active);
    int64_t count = 0;
    const spn_special_record *fold =
        spn_branches_specials(c->run.branches, &count) + phase->special_high;
    spn_theory_mode mode;
    spn_theory_phase after;
    double target = setup->sigma[active - 1];
    check_ok(context, spn_theory_mode_transition(context, setup->depth, target, &mode));
    check_ok(context, spn_theory_phase_at(context, &theory, first_modes(active - 1),
                                          mode.spinodal_beta, &after));
    double s = mode.spinodal_strength, power = 2.0 / (double)setup->depth;
    double error = after.error + (s - target) * (s - target) - target * target;
    double norm = after.norm_squared + (double)setup->depth * pow(s, power);
    assert_int_equal(fold->kind, SPN_SPECIAL_FOLD);
    check_close(fold->beta, mode.spinodal_beta, 1e-10, 0);
    assert_true(fold->beta_low <= mode.spinodal_beta && mode.spinodal_beta <= fold->beta_high);
    assert_true(fold->beta_high - fold->beta_low <= 2e-10 * fold->beta);
    check_close(fold->state.error, error, 1e-7, 0);
    check_close(fold->state.weight_norm * fold->state.weight_norm, norm, 1e-7, 0);
    check_close(fold->after.error, after.error, 1e-10, 0);
    check_close(fold->after.weight_norm * fold->after.weight_norm, after.norm_squared, 1e-10, 1);
    assert_int_equal(fold->kernel, 1);
    assert_int_equal(fold->state.active_modes, active);
    assert_int_equal(fold->after.active_modes, active - 1);
    assert_int_equal(fold->change, SPN_CHANGE_ACCURACY);
    assert_int_equal(fold->is_continuous, 0);
}

static double maxwell_of(const network_setup *setup, int64_t mode)
{
    spn_theory_mode out;
    check_ok(context, spn_theory_mode_transition(context, setup->depth, setup->sigma[mode], &out));
    return out.maxwell_beta;
}

/* T15 and T13: exactly the phases {}, {1}, {1, 2}, ..., each from the lower end of the range to the spinodal of
 * its weakest mode, globally stable between neighbouring Maxwell points. */
static void check_phases(const network_case *c, const network_setup *setup)
{
    int64_t count = 0;
    (void)spn_branches_phases(c->run.branches, &count);
    assert_int_equal(count, setup->modes + 1);
    for (int64_t active = 0; active <= setup->modes; active++) {
        const spn_phase_record *phase = case_phase(&c->run, active);
        assert_non_null(phase);
        double low = active < setup->modes ? maxwell_of(setup, active) : setup->from;
        double high = active > 0 ? maxwell_of(setup, active - 1) : setup->to;
        check_close(phase->global_low, low, 1e-10, 0);
        check_close(phase->global_high, high, 1e-10, 0);
        check_close(phase->beta_low, setup->from, 1e-15, 0);
        assert_int_equal(phase->end_low, SPN_END_RANGE);
        assert_int_equal(phase->end_high, active > 0 ? SPN_END_FOLD : SPN_END_RANGE);
        if (active > 0) {
            check_fold(c, setup, active);
        }
    }
}

/* One Maxwell point for each pair of phases that has one, global where they are neighbours. */
static void check_maxwell(const network_case *c, const network_setup *setup)
{
    const spn_theory_network theory = theory_of(setup);
    int64_t count = 0, phases = 0, expected = 0;
    const spn_maxwell_record *found = spn_branches_maxwell(c->run.branches, &count);
    const spn_phase_record *phase = spn_branches_phases(c->run.branches, &phases);
    for (int64_t a = 0; a <= setup->modes; a++) {
        for (int64_t b = 0; b < a; b++) {
            double beta = 0;
            check_ok(context,
                     spn_theory_maxwell(context, &theory, first_modes(a), first_modes(b), &beta));
            expected += beta >= setup->from;
        }
    }
    assert_int_equal(count, expected);
    for (int64_t i = 0; i < count; i++) {
        int64_t a = phase[found[i].phase_a].middle.active_modes,
                b = phase[found[i].phase_b].middle.active_modes;
        double beta = 0;
        spn_theory_phase at;
        assert_true(a > b);
        check_ok(context,
                 spn_theory_maxwell(context, &theory, first_modes(a), first_modes(b), &beta));
        check_close(found[i].beta, beta, 1e-10, 0);
        check_ok(context, spn_theory_phase_at(context, &theory, first_modes(a), beta, &at));
        check_close(found[i].a.error, at.error, 1e-9, 0);
        check_close(found[i].a.weight_norm * found[i].a.weight_norm, at.norm_squared, 1e-9, 0);
        assert_int_equal(found[i].is_global, a == b + 1);
    }
}

static void check_first_order(int64_t depth, int64_t modes)
{
    spn_theory_mode strongest;
    network_case c;
    network_setup setup = linear(depth, modes, sigma, 0.01, 0);
    setup.width = depth == 3 ? modes + 1 : modes;
    check_ok(context, spn_theory_mode_transition(context, depth, sigma[0], &strongest));
    setup.to = 1.2 * strongest.spinodal_beta;
    network_case_open(&c, context, &setup);
    case_run(&c.run);
    check_points(&c, &setup);
    check_phases(&c, &setup);
    check_maxwell(&c, &setup);
    network_case_close(&c);
}

/* From depth 4 on with all modes the weakest ones' basins at beta = 0.01 are small: the start has to come from
 * smaller beta. */
static void test_depths(void **state)
{
    (void)state;
    for (int64_t modes = 1; modes <= MODES_MAX; modes++) {
        check_first_order(3, modes);
        check_first_order(4, modes);
    }
    check_first_order(5, 1);
    check_first_order(5, 2);
    check_first_order(5, 3);
}

/* Depth 1: s = sigma / (1 + beta), no hidden layer, nothing ends (T12). */
static void test_no_hidden_layer(void **state)
{
    (void)state;
    network_case c;
    int64_t count = 0;
    const network_setup setup = linear(1, 3, sigma, 0.01, 2);
    network_case_open(&c, context, &setup);
    case_run(&c.run);
    check_points(&c, &setup);
    (void)spn_branches_specials(c.run.branches, &count);
    assert_int_equal(count, 0);
    (void)spn_branches_maxwell(c.run.branches, &count);
    assert_int_equal(count, 0);
    const spn_phase_record *phase = spn_branches_phases(c.run.branches, &count);
    assert_int_equal(count, 1);
    assert_int_equal(phase[0].end_low, SPN_END_RANGE);
    assert_int_equal(phase[0].end_high, SPN_END_RANGE);
    check_close(phase[0].global_high, 2, 1e-15, 0);
    network_case_close(&c);
}

/* Depth 2 (T12): mode i vanishes continuously at beta = sigma_i; one phase between neighbouring ones. */
static void check_second_order(int64_t modes)
{
    const network_setup setup = linear(2, modes, sigma, 0.1, 1.2);
    network_case c;
    int64_t count = 0, total = 0;
    network_case_open(&c, context, &setup);
    case_run(&c.run);
    check_points(&c, &setup);
    const spn_phase_record *phases = spn_branches_phases(c.run.branches, &count);
    const spn_special_record *specials = spn_branches_specials(c.run.branches, &total);
    assert_int_equal(count, modes + 1);
    for (int64_t i = 0; i < count; i++) {
        const spn_phase_record *phase = &phases[i];
        int64_t active = phase->middle.active_modes;
        double low = active < modes ? sigma[active] : setup.from;
        double high = active > 0 ? sigma[active - 1] : setup.to;
        check_close(phase->beta_low, low, 1e-10, 0);
        check_close(phase->beta_high, high, 1e-10, 0);
        check_close(phase->global_low, low, 1e-10, 0);
        check_close(phase->global_high, high, 1e-10, 0);
        assert_int_equal(phase->end_low, active < modes ? SPN_END_BRANCH_POINT : SPN_END_RANGE);
        assert_int_equal(phase->end_high, active > 0 ? SPN_END_BRANCH_POINT : SPN_END_RANGE);
        for (int side = 0; side < 2; side++) {
            int64_t special = side == 0 ? phase->special_low : phase->special_high;
            if (special < 0) {
                continue;
            }
            assert_int_equal(specials[special].is_continuous, 1);
            assert_int_equal(specials[special].change, SPN_CHANGE_ACCURACY);
            check_close(specials[special].after.error, specials[special].state.error, 1e-12, 0);
            /* s = sigma - beta and |theta|^2 = 2 s, measured where beta - beta_0 is 1e-7, with both to 1e-11. */
            check_close(specials[special].coefficient, -0.5, 1e-3, 0);
        }
    }
    (void)spn_branches_maxwell(c.run.branches, &count);
    assert_int_equal(count, 0);
    spn_special_record found[8];
    assert_int_equal(case_specials(&c.run, SPN_SPECIAL_FOLD, found, 8), 0);
    assert_int_equal(case_specials(&c.run, SPN_SPECIAL_BRANCH_POINT, found, 8), modes);
    network_case_close(&c);
}

static void test_continuous(void **state)
{
    (void)state;
    for (int64_t modes = 1; modes <= MODES_MAX; modes++) {
        check_second_order(modes);
    }
}

/* ---- Saddles --------------------------------------------------------------------------------- */

/* T15: pairs of an active mode and a stronger one that is not; each brings one negative eigenvalue. */
static int64_t pairs_of(int64_t modes, uint64_t active)
{
    int64_t count = 0;
    for (int64_t i = 0; i < modes; i++) {
        for (int64_t j = 0; j < i; j++) {
            count += (active >> i & 1) == 1 && (active >> j & 1) == 0;
        }
    }
    return count;
}

/* The same counted in the dense Hessian, of balanced diagonal layers with these modes on their upper root. */
static int64_t index_of(const network_case *c, const network_setup *setup, uint64_t active,
                        double beta)
{
    double theta[THETA_MAX] = {0};
    int64_t n = setup->modes;
    spn_point *point = NULL;
    spn_geometry_workspace *workspace = NULL;
    spn_geometry loss;
    assert_int_equal(setup->width, n);
    for (int64_t i = 0; i < n; i++) {
        spn_theory_state s;
        check_ok(context, spn_theory_state_at(context, setup->depth, setup->sigma[i], beta,
                                              SPN_THEORY_UPPER, &s));
        for (int64_t layer = 0; layer < setup->depth && (active >> i & 1) == 1; layer++) {
            theta[layer * n * n + i * n + i] = pow(s.strength, 1.0 / (double)setup->depth);
        }
    }
    check_ok(context, spn_point_create(context, &c->run.objective, &point));
    check_ok(context, spn_geometry_workspace_create(context, point->dimension, &workspace));
    check_ok(context, spn_point_set(context, point, theta, beta, NULL, SPN_WANT_ALL));
    check_ok(context,
             spn_geometry_measure(context, workspace, point, SPN_GEOMETRY_ALL, NULL, &loss));
    assert_int_equal(loss.stationary, 1);
    spn_geometry_workspace_free(context, workspace);
    spn_point_free(context, point);
    return loss.negative_eigenvalues;
}

/* Does a point of the run have the subset's E and |theta|^2? Then its index. */
static int64_t found_index(const network_case *c, const network_setup *setup, uint64_t active)
{
    const spn_theory_network theory = theory_of(setup);
    for (int64_t i = 0; i < c->run.count; i++) {
        const spn_branch_record *p = &c->run.items[i].point;
        spn_theory_phase phase;
        if (c->run.items[i].stream != SPN_BRANCHES_POINT) {
            continue;
        }
        check_ok(context, spn_theory_phase_at(context, &theory, active, p->state.beta, &phase));
        double norm = p->state.weight_norm * p->state.weight_norm;
        if (fabs(p->state.error - phase.error) < 1e-8 && fabs(norm - phase.norm_squared) < 1e-8) {
            return p->negative_eigenvalues;
        }
    }
    return -1;
}

/* T15: every subset of modes is stationary; those that are no minima are found as saddles of the right index. With
 * each mode untrained, on its upper or on its lower root (T13) there are 3^K branches in all. */
static void test_saddles(void **state)
{
    (void)state;
    static const double values[3] = {0.9, 0.7, 0.5};
    for (int64_t modes = 2; modes <= 3; modes++) {
        network_case c;
        const network_setup setup = linear(3, modes, values, 0.02, 0.18);
        network_case_open(&c, context, &setup);
        c.run.settings.saddles = true;
        c.run.settings.index = 30;
        case_run(&c.run);
        for (uint64_t active = 0; active <= first_modes(modes); active++) {
            int64_t expected = pairs_of(modes, active);
            assert_int_equal(index_of(&c, &setup, active, 0.1), expected);
            assert_int_equal(found_index(&c, &setup, active), expected);
        }
        int64_t count = 0, branches = 0;
        (void)spn_branches_phases(c.run.branches, &count);
        assert_int_equal(count, modes + 1);
        for (int64_t i = 0; i < c.run.count; i++) {
            branches =
                c.run.items[i].stream == SPN_BRANCHES_POINT && c.run.items[i].point.point == 0
                    ? branches + 1
                    : branches;
        }
        assert_int_equal(branches, modes == 2 ? 9 : 27);
        network_case_close(&c);
    }
}

/* ---- Data that make trouble ------------------------------------------------------------------ */

/* Two modes that differ by 2e-4: two folds and two Maxwell points, and the one of the phases {} and {1, 2} between. */
static void test_near_degenerate(void **state)
{
    (void)state;
    static const double values[2] = {0.5001, 0.5};
    network_case c;
    const network_setup setup = linear(3, 2, values, 0.02, 0.25);
    network_case_open(&c, context, &setup);
    case_run(&c.run);
    check_points(&c, &setup);
    check_phases(&c, &setup);
    check_maxwell(&c, &setup);
    network_case_close(&c);
}

/* Two equal modes: both end at one beta, where the kernel is that of symmetric 2 x 2 matrices: 3 dimensions. The phase
 * with one mode is turned against the data's modes at random (a circle of solutions, one more zero mode:
 * rotations of inputs and outputs together), and counts as one. All three phases are equal at one Maxwell point. */
static void test_repeated(void **state)
{
    (void)state;
    static const double values[2] = {0.5, 0.5};
    network_case c;
    spn_theory_mode mode;
    spn_special_record folds[4];
    int64_t count = 0;
    const network_setup setup = linear(3, 2, values, 0.02, 0.25);
    network_case_open(&c, context, &setup);
    case_run(&c.run);
    check_ok(context, spn_theory_mode_transition(context, 3, 0.5, &mode));
    double share = 3 * cbrt(mode.spinodal_strength * mode.spinodal_strength);
    assert_int_equal(case_specials(&c.run, SPN_SPECIAL_FOLD, folds, 4), 2);
    for (int i = 0; i < 2; i++) {
        int64_t active = folds[i].kernel == 3 ? 2 : 1;
        assert_int_equal(folds[i].kernel, active == 2 ? 3 : 1);
        check_close(folds[i].beta, mode.spinodal_beta, 1e-10, 0);
        check_close(folds[i].state.weight_norm * folds[i].state.weight_norm, (double)active * share,
                    1e-7, 0);
    }
    assert_true(folds[0].kernel != folds[1].kernel);
    (void)spn_branches_phases(c.run.branches, &count);
    assert_int_equal(count, 3);
    const spn_maxwell_record *maxwell = spn_branches_maxwell(c.run.branches, &count);
    assert_int_equal(count, 3);
    for (int64_t i = 0; i < count; i++) {
        check_close(maxwell[i].beta, mode.maxwell_beta, 1e-10, 0);
    }
    network_case_close(&c);
}

/* sigma = 0 is no mode: as with the other one alone, up to the zero modes of more units. */
static void test_zero_mode(void **state)
{
    (void)state;
    static const double values[2] = {0.9, 0};
    network_case c;
    network_setup setup = linear(3, 2, values, 0.02, 0.5);
    network_case_open(&c, context, &setup);
    case_run(&c.run);
    check_points(&c, &setup);
    setup.modes = 1;
    check_phases(&c, &setup);
    check_maxwell(&c, &setup);
    network_case_close(&c);
}

/* ---- Ranges ---------------------------------------------------------------------------------- */

/* From between Maxwell point and spinodal of the weak mode: its phase is there, but nowhere the best. */
static void test_from_inside(void **state)
{
    (void)state;
    static const double values[2] = {0.9, 0.5};
    network_case c;
    int64_t count = 0;
    const network_setup setup = linear(3, 2, values, 0.16, 0.5);
    assert_true(maxwell_of(&setup, 1) < setup.from);
    network_case_open(&c, context, &setup);
    case_run(&c.run);
    check_points(&c, &setup);
    (void)spn_branches_phases(c.run.branches, &count);
    assert_int_equal(count, 3);
    for (int64_t active = 1; active <= 2; active++) {
        check_fold(&c, &setup, active);
    }
    assert_true(isnan(case_phase(&c.run, 2)->global_low));
    assert_true(isnan(case_phase(&c.run, 2)->global_high));
    check_close(case_phase(&c.run, 1)->global_low, 0.16, 1e-15, 0);
    check_close(case_phase(&c.run, 1)->global_high, maxwell_of(&setup, 0), 1e-10, 0);
    (void)spn_branches_maxwell(c.run.branches, &count);
    assert_int_equal(count, 1);
    network_case_close(&c);
}

/* Below all Maxwell points, and above all spinodals: nothing special. */
static void test_nothing_in_range(void **state)
{
    (void)state;
    static const double values[2] = {0.9, 0.5}, ranges[2][2] = {{0.02, 0.1}, {0.5, 0.7}};
    for (int i = 0; i < 2; i++) {
        network_case c;
        int64_t count = 0;
        const network_setup setup = linear(3, 2, values, ranges[i][0], ranges[i][1]);
        network_case_open(&c, context, &setup);
        case_run(&c.run);
        check_points(&c, &setup);
        (void)spn_branches_specials(c.run.branches, &count);
        assert_int_equal(count, 0);
        (void)spn_branches_maxwell(c.run.branches, &count);
        assert_int_equal(count, 0);
        (void)spn_branches_phases(c.run.branches, &count);
        assert_int_equal(count, i == 0 ? 3 : 1);
        const spn_phase_record *best = case_phase(&c.run, i == 0 ? 2 : 0);
        check_close(best->global_low, setup.from, 1e-15, 0);
        check_close(best->global_high, setup.to, 1e-15, 0);
        assert_int_equal(best->end_low, SPN_END_RANGE);
        assert_int_equal(best->end_high, SPN_END_RANGE);
        network_case_close(&c);
    }
}

/* Depth 2, and the range ends at the transition or so close behind it that a fall from the usual distance would leave
 * it: it is continuous whether or not something can be followed behind it. */
static void test_ends_at_transition(void **state)
{
    (void)state;
    static const double values[2] = {0.9, 0.5}, ends[3] = {0.5, 0.50001, 0.9};
    for (int i = 0; i < 3; i++) {
        network_case c;
        int64_t count = 0;
        network_setup setup = linear(2, 2, values, 0.1, ends[i]);
        setup.width = 3;
        network_case_open(&c, context, &setup);
        case_run(&c.run);
        const spn_phase_record *phase = case_phase(&c.run, 2);
        const spn_special_record *end =
            spn_branches_specials(c.run.branches, &count) + phase->special_high;
        check_close(phase->beta_high, 0.5, 1e-9, 0);
        assert_int_equal(phase->end_high, SPN_END_BRANCH_POINT);
        assert_int_equal(end->is_continuous, 1);
        assert_int_equal(end->change, SPN_CHANGE_ACCURACY);
        assert_int_equal(end->after.active_modes, 1);
        check_close(end->after.weight_norm, end->state.weight_norm, 1e-12, 0);
        (void)spn_branches_phases(c.run.branches, &count);
        assert_true(i == 0 || count >= 2);
        network_case_close(&c);
    }
}

/* From beta = 0 on: all phases of T15 exist down to it. */
static void test_from_zero(void **state)
{
    (void)state;
    static const double values[2] = {0.9, 0.5};
    network_case c;
    int64_t count = 0;
    const network_setup setup = linear(3, 2, values, 0, 0.5);
    network_case_open(&c, context, &setup);
    case_run(&c.run);
    const spn_phase_record *phases = spn_branches_phases(c.run.branches, &count);
    assert_int_equal(count, 3);
    for (int64_t i = 0; i < count; i++) {
        assert_int_equal(phases[i].end_low, SPN_END_ZERO);
        assert_true(phases[i].beta_low < 1e-7);
    }
    check_fold(&c, &setup, 1);
    check_fold(&c, &setup, 2);
    check_maxwell(&c, &setup);
    network_case_close(&c);
}

/* Three hidden layers of two units: at beta = 0.05 random weights fall into the basin of the untrained state, for which the
 * search has to start lower. */
static void test_small_basin(void **state)
{
    (void)state;
    static const double values[2] = {0.9, 0.5};
    network_case c;
    network_setup setup = linear(4, 2, values, 0.05, 0.4);
    setup.inputs = 3;
    setup.samples = 20;
    network_case_open(&c, context, &setup);
    case_run(&c.run);
    check_phases(&c, &setup);
    check_maxwell(&c, &setup);
    network_case_close(&c);
}

int main(void)
{
    if (spn_context_create(NULL, &context) != SPN_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_depths),           cmocka_unit_test(test_no_hidden_layer),
        cmocka_unit_test(test_continuous),       cmocka_unit_test(test_saddles),
        cmocka_unit_test(test_near_degenerate),  cmocka_unit_test(test_repeated),
        cmocka_unit_test(test_zero_mode),        cmocka_unit_test(test_from_inside),
        cmocka_unit_test(test_nothing_in_range), cmocka_unit_test(test_ends_at_transition),
        cmocka_unit_test(test_from_zero),        cmocka_unit_test(test_small_basin),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    spn_context_free(context);
    return failed;
}
