/* SPDX-License-Identifier: MIT */
/* One branch by products (branches.method: products): closed forms, and the dense method on the same problems. */
#include "networks_case.h"
#include "scaled.h"
#include "stationary/stationary.h"

#include <spinodal/numeric.h>
#include <spinodal/objective/reduction.h>

static spn_context *context;

static void set_landscape(run_case *run, const spn_landscape *landscape, double from, double to,
                          const double *start)
{
    case_defaults(run, context);
    run->objective = spn_landscape_objective(landscape);
    run->settings.beta_from = from;
    run->settings.beta_to = to;
    run->settings.method = SPN_BRANCHES_PRODUCTS;
    run->start = start;
}

static const spn_special_record *specials_of(const run_case *run, int64_t *count)
{
    return spn_branches_specials(run->branches, count);
}

/* t^3/3 + p t: the fold at 0 has the coefficient -1, and every point is (+-sqrt(-p), 0). */
static void test_fold(void **state)
{
    (void)state;
    const double coefficients[2] = {0, 3}, start[2] = {1.2, 0.1};
    const spn_landscape fold = {SPN_LANDSCAPE_FOLD, 2, coefficients};
    run_case run;
    int64_t count = 0;
    set_landscape(&run, &fold, -1, 1, start);
    case_run(&run);
    const spn_special_record *found = specials_of(&run, &count);
    assert_int_equal(count, 1);
    assert_int_equal(found[0].kind, SPN_SPECIAL_FOLD);
    check_close(found[0].beta, 0, 1e-10, 2);
    assert_true(found[0].beta_low <= 0 && 0 <= found[0].beta_high);
    assert_true(found[0].beta_high - found[0].beta_low <= 1e-8);
    check_close(found[0].coefficient, -1, 1e-6, 0);
    assert_true(found[0].index_before == 0 && found[0].index_after == 1);
    const spn_phase_record *phases = spn_branches_phases(run.branches, &count);
    assert_int_equal(count, 1);
    assert_int_equal(phases[0].end_low, SPN_END_RANGE);
    assert_int_equal(phases[0].end_high, SPN_END_FOLD);
    for (int64_t i = 0; i < run.count; i++) {
        const spn_branch_record *p = &run.items[i].point;
        if (run.items[i].stream != SPN_BRANCHES_POINT) {
            continue;
        }
        double t = run.items[i].theta[0];
        check_close(t * t, -p->state.beta, 1e-13, 1);
        check_close(run.items[i].theta[1], 0, 1e-13, 1);
        assert_int_equal(p->certainty, SPN_CERTAIN_DENSE);
        assert_int_equal(p->negative_eigenvalues, t < 0);
        check_close(p->eigenvalue_min, fmin(2 * t, 3), 1e-9, 1);
        /* dp/ds = -2 t / sqrt(1 + 4 m^2 t^2) towards the fold; here only its sign and that it is of unit length. */
        assert_true((p->slope > 0) == (t > 0));
        assert_true(i == 0 || p->products > 0);
    }
    case_free(&run);
}

/* Both spinodals of the double well, p = +-2 / (3 sqrt 3), and the saddle's stretch between. */
static void test_double_well(void **state)
{
    (void)state;
    const double coefficients[3] = {0, 3, 0.2}, start[3] = {1, 0.3, -0.1};
    const double spinodal = 2 / (3 * sqrt(3));
    const spn_landscape well = {SPN_LANDSCAPE_DOUBLE_WELL, 3, coefficients};
    run_case run;
    int64_t count = 0, saddles = 0;
    set_landscape(&run, &well, -1, 1, start);
    case_run(&run);
    const spn_special_record *found = specials_of(&run, &count);
    assert_int_equal(count, 2);
    for (int64_t i = 0; i < count; i++) {
        assert_int_equal(found[i].kind, SPN_SPECIAL_FOLD);
        check_close(fabs(found[i].beta), spinodal, 1e-11, 0);
        assert_int_equal(found[i].kernel, 1);
    }
    assert_true(found[0].beta * found[1].beta < 0);
    for (int64_t i = 0; i < run.count; i++) {
        if (run.items[i].stream == SPN_BRANCHES_POINT) {
            double t = run.items[i].theta[0];
            check_close(t * t * t - t + run.items[i].point.state.beta, 0, 1e-13, 1);
            assert_int_equal(run.items[i].point.negative_eigenvalues, 3 * t * t < 1);
            saddles += 3 * t * t < 1;
        }
    }
    assert_true(saddles > 5);
    (void)spn_branches_phases(run.branches, &count);
    assert_int_equal(count, 2);
    (void)spn_branches_maxwell(run.branches, &count);
    assert_int_equal(count, 0);
    case_free(&run);
}

/* t^4/4 + p t^2/2: from t = sqrt(-p) beta turns at the pitchfork, and no eigenvalue changes sign: a branch point at which the
 * branch ends, no fold. */
static void test_pitchfork(void **state)
{
    (void)state;
    const double coefficients[2] = {0, 3}, start[2] = {0.9, 0.1};
    const spn_landscape pitchfork = {SPN_LANDSCAPE_PITCHFORK, 2, coefficients};
    run_case run;
    int64_t count = 0;
    set_landscape(&run, &pitchfork, -1, 1, start);
    case_run(&run);
    const spn_special_record *found = specials_of(&run, &count);
    assert_int_equal(count, 1);
    assert_int_equal(found[0].kind, SPN_SPECIAL_BRANCH_POINT);
    check_close(found[0].beta, 0, 1e-11, 1);
    assert_true(found[0].beta_low <= 0 && 0 <= found[0].beta_high);
    assert_true(found[0].beta_high - found[0].beta_low <= 1e-8);
    check_close(found[0].coefficient, -1, 1e-9, 0);
    assert_int_equal(found[0].is_continuous, -1);
    assert_true(found[0].index_before == 0 && found[0].index_after == 0);
    const spn_phase_record *phases = spn_branches_phases(run.branches, &count);
    assert_int_equal(count, 1);
    assert_int_equal(phases[0].end_high, SPN_END_BRANCH_POINT);
    case_free(&run);
}

/* T13 for depths 3 to 6. */
static void test_deep_mode(void **state)
{
    (void)state;
    const double sigma = 0.8, start[6] = {0.9, 0.9, 0.9, 0.9, 0.9, 0.9};
    for (int64_t depth = 3; depth <= 6; depth++) {
        const spn_landscape mode = {SPN_LANDSCAPE_DEEP_MODE, depth, &sigma};
        spn_theory_mode theory;
        run_case run;
        int64_t count = 0;
        check_ok(context, spn_theory_mode_transition(context, depth, sigma, &theory));
        set_landscape(&run, &mode, 0.001, 0.6, start);
        case_run(&run);
        const spn_special_record *found = specials_of(&run, &count);
        assert_int_equal(count, 1);
        assert_int_equal(found[0].kind, SPN_SPECIAL_FOLD);
        check_close(found[0].beta, theory.spinodal_beta, 1e-10, 0);
        assert_true(found[0].beta_low <= theory.spinodal_beta &&
                    theory.spinodal_beta <= found[0].beta_high);
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

/* Stopped behind any item and taken up again: the same items with the same bits. */
static void test_resume(void **state)
{
    (void)state;
    const double coefficients[3] = {0, 3, 0.2}, start[3] = {1, 0.3, -0.1};
    const spn_landscape well = {SPN_LANDSCAPE_DOUBLE_WELL, 3, coefficients};
    run_case whole, part, rest;
    set_landscape(&whole, &well, -1, 1, start);
    case_run(&whole);
    for (int64_t stop = 1; stop < whole.count; stop += 5) {
        set_landscape(&part, &well, -1, 1, start);
        part.stop_after = stop;
        case_create(&part);
        check_fails(context, spn_branches_run(context, part.branches, case_sink, &part),
                    SPN_ERROR_INTERRUPTED, "by the test");
        set_landscape(&rest, &well, -1, 1, start);
        case_create(&rest);
        for (int64_t i = 0; i < part.count; i++) {
            case_replay(&rest, &part.items[i]);
        }
        check_ok(context, spn_branches_run(context, rest.branches, case_sink, &rest));
        check_same(&whole, &rest);
        case_free(&part);
        case_free(&rest);
    }
    case_free(&whole);
}

/* ---- Networks: the dense method on the same problem ------------------------------------------------ */

static const double pair[2] = {0.9, 0.5};

/* The paper's kind of data: tanh, 50 weights, units that merge; or linear, whose rotations are zero modes. */
static network_setup network_of(spn_activation activation, double from, double to)
{
    const bool is_tanh = activation == SPN_TANH;
    return (network_setup){.depth = 3,
                           .width = is_tanh ? 5 : 3,
                           .samples = is_tanh ? 1000 : 40,
                           .inputs = 3,
                           .outputs = 2,
                           .modes = 2,
                           .sigma = pair,
                           .activation = activation,
                           .from = from,
                           .to = to};
}

static void open_network(network_case *c, spn_activation activation, double from, double to)
{
    const network_setup setup = network_of(activation, from, to);
    network_case_open(c, context, &setup);
    c->run.settings.method = SPN_BRANCHES_PRODUCTS;
}

/* What was seen of a branch. */
typedef struct seen {
    int64_t points, saddles, folds, merged;
} seen;

/* The eigenvalue nearest to zero, of all. */
static double critical_of(const spni_frame *frame, const spni_place *place)
{
    double out = place->values[0];
    for (int64_t i = 1; i < frame->n; i++) {
        out = fabs(place->values[i]) < fabs(out) ? place->values[i] : out;
    }
    return out;
}

/* A point against the solution of the dense Newton's method at the same beta, and its dense linearisation. */
static void compare_point(spni_frame *frame, const kept_item *item, spni_place *place, seen *out)
{
    const spn_branch_record *p = &item->point;
    const spni_condition level = {.kind = SPNI_LEVEL, .target = p->state.beta};
    spni_newton_info info;
    double beta = p->state.beta, moved = 0;
    memcpy(place->theta, item->theta, (size_t)frame->n * sizeof(double));
    check_ok(context, spni_newton_solve(frame, &level, frame->length, place->theta, &beta, &info));
    assert_true(info.is_converged);
    check_ok(context, spni_linearise(frame, place->theta, p->state.beta, NULL, place));
    for (int64_t i = 0; i < frame->n; i++) {
        moved = fmax(moved, fabs(place->theta[i] - item->theta[i]));
    }
    assert_true(moved <= 1e-7 * place->state.weight_norm);
    check_close(p->state.loss, place->state.loss, 1e-13, 1);
    check_close(p->state.error, place->state.error, 1e-7, 0);
    check_close(p->state.weight_norm, place->state.weight_norm, 1e-7, 0);
    check_close(fabs(p->slope), fabs(place->beta_slope), 1e-5, 0);
    check_close(p->state.susceptibility, spni_susceptibility_along(frame, place), 1e-5, 0);
    check_close(p->eigenvalue_min, place->values[0], 1e-8, place->largest);
    check_close(p->critical_eigenvalue, critical_of(frame, place), 1e-8, place->largest);
    assert_int_equal(p->negative_eigenvalues, place->index);
    assert_int_equal(p->zero_modes, place->zero_modes);
    assert_int_equal(p->state.merged_units, place->state.merged_units);
    assert_int_equal(p->state.active_modes, place->state.active_modes);
    assert_true(p->certainty == SPN_CERTAIN_DENSE || p->certainty == SPN_CERTAIN_REDUCED);
    out->points++;
    out->saddles += place->index > 0;
    out->merged += p->state.merged_units > 0;
}

/* A fold against the dense augmented system. */
static void compare_fold(const run_case *run, const kept_item *item, seen *out)
{
    double theta[THETA_MAX];
    spn_near_record near;
    memcpy(theta, item->theta, sizeof theta);
    check_ok(context,
             spn_fold_near(context, &run->objective, item->special.beta, 0.05, theta, NULL, &near));
    assert_true(near.is_found);
    check_close(item->special.beta, near.beta, 1e-8, 0);
    check_close(item->special.state.loss, near.loss, 1e-8, 0);
    /* 0 = drift (beta - beta_fold) + bend x^2. By products it comes from d^2 beta/ds^2, at points of the branch. */
    check_close(item->special.coefficient, -near.bend / near.drift, 2e-4, 0);
    out->folds++;
}

static seen compare_dense(const network_case *c)
{
    const run_case *run = &c->run;
    seen out = {0};
    spni_frame frame;
    spni_place place;
    check_ok(context, spni_frame_create(context, &run->objective, run->settings.beta_from,
                                        run->settings.beta_to, &frame));
    /* Lengths are measured against the first point. */
    frame.length = run->items[0].point.state.weight_norm;
    frame.metric = frame.length / (frame.beta_to - frame.beta_from);
    check_ok(context, spni_place_create(context, frame.n, &place));
    for (int64_t i = 0; i < run->count; i++) {
        const kept_item *item = &run->items[i];
        if (item->stream == SPN_BRANCHES_POINT) {
            compare_point(&frame, item, &place, &out);
        } else if (item->special.kind == SPN_SPECIAL_FOLD) {
            compare_fold(run, item, &out);
        }
    }
    spni_place_free(context, &place);
    spni_frame_free(&frame);
    return out;
}

/* Folds that the dense method and an independent program have (test_branch_tanh.c), on branches whose units are merged. */
static void test_tanh(void **state)
{
    (void)state;
    static const struct {
        double from, fold, tolerance;
        int64_t after;
    } cases[] = {
        {0.13, 0.137553, 4e-6, 1}, {0.115, 0.12433440167, 1e-9, 2}, {0.2, 0.364220, 2e-6, 0}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        network_case c;
        int64_t count = 0;
        open_network(&c, SPN_TANH, cases[k].from, 0.5);
        case_run(&c.run);
        const seen found = compare_dense(&c);
        assert_true(found.folds == 1 && found.points >= 8 && found.saddles >= 2);
        assert_int_equal(found.merged, found.points);
        const spn_special_record *s = specials_of(&c.run, &count);
        assert_true(count >= 1 && s[0].kind == SPN_SPECIAL_FOLD && s[0].kernel == 1);
        check_close(s[0].beta, cases[k].fold, cases[k].tolerance, 0);
        assert_true(s[0].is_continuous == 0);
        assert_int_equal(s[0].after.active_modes, cases[k].after);
        network_case_close(&c);
    }
}

/* Behind the fold at 0.12433440167 the branch crosses the one whose units are merged more, where three eigenvalues vanish: two of them
 * outside of its symmetric subspace, for which the bordered systems are blind, one inside that changes sign the other way. It
 * goes on, and nothing is taken for a fold. The dense method has the same place and kernel. */
static void test_crossing(void **state)
{
    (void)state;
    network_case c;
    int64_t count = 0;
    open_network(&c, SPN_TANH, 0.115, 0.5);
    case_run(&c.run);
    const spn_special_record *s = specials_of(&c.run, &count);
    assert_int_equal(count, 2);
    assert_int_equal(s[1].kind, SPN_SPECIAL_BRANCH_POINT);
    assert_true(s[1].beta_low <= 0.12305237932 && 0.12305237932 <= s[1].beta_high);
    assert_true(s[1].beta_high - s[1].beta_low <= 1e-4 * s[1].beta);
    assert_true(s[1].kernel == 3 && s[1].index_before == 1 && s[1].index_after == 2);
    assert_true(s[1].change == SPN_CHANGE_SYMMETRY && s[1].is_continuous == -1);
    network_case_close(&c);
}

/* Where eigenvalues are negative outside of the symmetric subspace, several and different ones as well, the critical one is that next to
 * zero, of all. */
static void test_critical(void **state)
{
    (void)state;
    static const struct {
        int64_t depth, width;
        double from;
    } cases[] = {{4, 4, 0.004}, {2, 8, 0.02}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        network_case c;
        network_setup setup = network_of(SPN_TANH, cases[k].from, 0.5);
        setup.samples = 300;
        setup.depth = cases[k].depth;
        setup.width = cases[k].width;
        network_case_open(&c, context, &setup);
        c.run.settings.method = SPN_BRANCHES_PRODUCTS;
        c.run.settings.index = 14;
        case_run(&c.run);
        const seen found = compare_dense(&c);
        assert_true(found.saddles > 10 && found.merged == found.points);
        network_case_close(&c);
    }
}

/* T13, and zero modes by the rotations of hidden layers, which a bordered system must not take for a fold. */
static void test_linear(void **state)
{
    (void)state;
    network_case c;
    spn_theory_mode mode;
    int64_t count = 0;
    check_ok(context, spn_theory_mode_transition(context, 3, pair[1], &mode));
    open_network(&c, SPN_LINEAR, 0.05, 0.5);
    case_run(&c.run);
    const seen found = compare_dense(&c);
    assert_true(found.folds == 1 && found.points > 20 && found.saddles > 10);
    const spn_special_record *s = specials_of(&c.run, &count);
    assert_int_equal(s[0].kind, SPN_SPECIAL_FOLD);
    check_close(s[0].beta, mode.spinodal_beta, 1e-10, 0);
    network_case_close(&c);
}

/* The branch of a start, on the data of another case changed by scaled_data(). */
static double fold_on(const network_case *from, spn_dataset *dataset, const scaled_units *units,
                      double *norm)
{
    network_case c;
    int64_t count = 0;
    const network_setup setup = network_of(SPN_LINEAR, 0.05 * units->control, 0.5 * units->control);
    (void)from;
    network_case_on(&c, context, &setup, dataset);
    c.run.settings.method = SPN_BRANCHES_PRODUCTS;
    case_run(&c.run);
    const spn_special_record *s = specials_of(&c.run, &count);
    assert_true(count >= 1);
    assert_int_equal(s[0].kind, SPN_SPECIAL_FOLD);
    double beta = s[0].beta;
    *norm = s[0].state.weight_norm;
    network_case_close(&c);
    return beta;
}

/* Inputs in thousandths and targets in thousands: beta and |theta| of the fold in their units. Samples in another order: the same. */
static void test_units(void **state)
{
    (void)state;
    network_case c;
    int64_t order[64];
    double plain = 0, other = 0;
    open_network(&c, SPN_LINEAR, 0.05, 0.5);
    const scaled_units same = scaled_units_of(1, 1, 3), units = scaled_units_of(1e-3, 1e3, 3);
    for (int64_t i = 0; i < c.dataset->samples; i++) {
        order[i] = (7 * i + 3) % c.dataset->samples;
    }
    double beta = fold_on(&c, scaled_by(context, c.dataset, 1, 1), &same, &plain);
    double scaled = fold_on(&c, scaled_by(context, c.dataset, 1e-3, 1e3), &units, &other);
    check_close(scaled, beta * units.control, 1e-9, 0);
    check_close(other, plain * units.weight, 1e-5, 0);
    spn_dataset *shuffled =
        scaled_data(context, c.dataset, 1, 1, c.dataset->samples, order, 0, NULL);
    check_close(fold_on(&c, shuffled, &same, &other), beta, 1e-10, 0);
    check_close(other, plain, 1e-5, 0);
    network_case_close(&c);
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
    run.items = calloc(ITEMS_MAX, sizeof *run.items);
    assert_non_null(run.items);
    assert_true(support_fail_each_allocation(whole_run, &run) > 30);
    free(run.items);
}

static void check_refused(const run_case *run, const char *fragment)
{
    spn_branches *branches = NULL;
    const spn_branches_problem problem = case_problem(run);
    check_fails(context, spn_branches_create(context, &problem, &branches), SPN_ERROR_INPUT,
                fragment);
    assert_null(branches);
}

/* Settings that mean nothing, a range that is none, and a network too large for the dense method, which names this one. */
static void test_refusals(void **state)
{
    (void)state;
    const double coefficients[1] = {0}, start[1] = {1};
    const spn_landscape well = {SPN_LANDSCAPE_DOUBLE_WELL, 1, coefficients};
    const spn_landscape large = {SPN_LANDSCAPE_DOUBLE_WELL, 40000, NULL};
    run_case run;
    set_landscape(&run, &well, -1, 1, start);
    run.settings.saddles = true;
    check_refused(&run, "has no meaning with branches.method: products");
    run.settings.saddles = false;
    run.settings.index = 15;
    check_refused(&run, "counts up to 14 negative eigenvalues, not 15");
    run.settings.index = 1;
    run.settings.beta_to = -2;
    check_refused(&run, "beta.to");
    run.settings.beta_to = 1;
    run.settings.method = SPN_BRANCHES_DENSE;
    run.objective = spn_landscape_objective(&large);
    check_refused(&run, "branches.method: products follows one branch without them");
}

int main(void)
{
    if (spn_context_create(NULL, &context) != SPN_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fold),          cmocka_unit_test(test_double_well),
        cmocka_unit_test(test_pitchfork),     cmocka_unit_test(test_deep_mode),
        cmocka_unit_test(test_resume),        cmocka_unit_test(test_tanh),
        cmocka_unit_test(test_crossing),      cmocka_unit_test(test_critical),
        cmocka_unit_test(test_linear),        cmocka_unit_test(test_units),
        cmocka_unit_test(test_out_of_memory), cmocka_unit_test(test_refusals),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    spn_context_free(context);
    return failed;
}
