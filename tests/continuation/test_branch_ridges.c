/* SPDX-License-Identifier: MIT */
/* One branch by products on landscapes g(t_0, p) + 3/2 (t_1^2 + t_2^2 + ...): crossings inside, eigenvalues that are not found, and
 * falls that do not reach back. */
#include "branches_case.h"

static spn_context *context;

static const spn_special_record *specials_of(const run_case *run, int64_t *count)
{
    return spn_branches_specials(run->branches, count);
}

typedef struct slope {
    double value, first, second, by_parameter, first_by_parameter; /* of the part of t_0 */
} slope;

/* Between `low` and `high` products with vectors across are no linear function, so that no iteration for eigenvalues converges there;
 * the tangent and Newton's steps are along t_0 alone. */
typedef struct ridge {
    slope (*at)(double t, double p);
    double low, high;
} ridge;

/* t^3/3 + q t^2/2: of the minimum t = -q, q < 0, the eigenvalue -q crosses zero where the branch crosses t = 0, a solution at
 * every p. q = p, or p + 2 p^2, where no line through two eigenvalues hits the root. */
static slope crossed(double t, double q, double drift)
{
    return (slope){t * t * t / 3 + q * t * t / 2, t * t + q * t, 2 * t + q, drift * t * t / 2,
                   drift * t};
}

static slope transcritical(double t, double p)
{
    return crossed(t, p, 1);
}

static double bent(double p)
{
    return p + 2 * p * p;
}

static slope bent_transcritical(double t, double p)
{
    return crossed(t, bent(p), 1 + 4 * p);
}

/* The crossing at p = +-OFF instead of 0. */
static const double OFF = 1e-8;

static slope crossed_above(double t, double p)
{
    return bent_transcritical(t, p - OFF);
}

static slope crossed_below(double t, double p)
{
    return bent_transcritical(t, p + OFF);
}

static slope folded(double t, double p)
{
    return (slope){t * t * t / 3 + p * t, t * t + p, 2 * t, t, 1};
}

enum { RIDGE_MOST = 300 };

static spn_status ridge_set(spn_context *own, spn_point *point, const spn_subset *subset,
                            unsigned wanted)
{
    const ridge *r = point->objective->problem;
    const slope at = r->at(point->theta[0], point->parameter);
    (void)own;
    (void)subset;
    (void)wanted;
    point->value = at.value;
    point->gradient[0] = at.first;
    point->parameter_value = at.by_parameter;
    point->parameter_gradient[0] = at.first_by_parameter;
    for (int64_t i = 1; i < point->dimension; i++) {
        point->value += 1.5 * point->theta[i] * point->theta[i];
        point->gradient[i] = 3 * point->theta[i];
    }
    return SPN_OK;
}

static spn_status ridge_hvp(spn_context *own, const spn_point *point, spn_part part, int64_t k,
                            const double *v, double *hv)
{
    const ridge *r = point->objective->problem;
    const double p = point->parameter, n = (double)point->dimension;
    const double wild = p > r->low && p < r->high ? 0.1 : 0;
    (void)own;
    (void)part;
    for (int64_t j = 0; j < k; j++, v += point->dimension, hv += point->dimension) {
        hv[0] = r->at(point->theta[0], p).second * v[0];
        for (int64_t i = 1; i < point->dimension; i++) {
            hv[i] = 3 * v[i] + wild * sin(n * n * v[i] * (double)i);
        }
    }
    return SPN_OK;
}

static spn_status ridge_hessian(spn_context *own, const spn_point *point, spn_part part, double *h)
{
    const ridge *r = point->objective->problem;
    int64_t n = point->dimension;
    (void)own;
    (void)part;
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = j; i < n; i++) {
            h[i + j * n] = i > j ? 0 : i > 0 ? 3 : r->at(point->theta[0], point->parameter).second;
        }
    }
    return SPN_OK;
}

static spn_status ridge_trace(spn_context *own, const spn_point *point, spn_part part, double *out)
{
    const ridge *r = point->objective->problem;
    (void)own;
    (void)part;
    *out = r->at(point->theta[0], point->parameter).second + 3 * ((double)point->dimension - 1);
    return SPN_OK;
}

static const spn_objective_operations ridge_operations = {.size = sizeof(spn_objective_operations),
                                                          .set = ridge_set,
                                                          .hvp = ridge_hvp,
                                                          .hessian = ridge_hessian,
                                                          .trace = ridge_trace};

static void set_ridge(run_case *run, const ridge *r, int64_t n, double from, double to,
                      const double *start)
{
    case_defaults(run, context);
    run->objective = (spn_objective){
        .operations = &ridge_operations, .problem = r, .dimension = n, .samples = 1};
    run->settings.beta_from = from;
    run->settings.beta_to = to;
    run->settings.method = SPN_BRANCHES_PRODUCTS;
    run->start = start;
}

/* An eigenvalue inside crosses zero and beta goes on: densely, and by Davidson's method. */
static void test_transcritical(void **state)
{
    (void)state;
    static const double start[RIDGE_MOST] = {0.9};
    const ridge r = {.at = transcritical, .low = 1, .high = -1};
    const int64_t sizes[] = {2, RIDGE_MOST};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        run_case run;
        int64_t count = 0, behind = 0;
        set_ridge(&run, &r, sizes[k], -1, 0.7, start);
        case_run(&run);
        const spn_special_record *found = specials_of(&run, &count);
        assert_int_equal(count, 1);
        assert_int_equal(found[0].kind, SPN_SPECIAL_BRANCH_POINT);
        assert_int_equal(found[0].change, SPN_CHANGE_OTHER);
        check_close(found[0].beta, 0, 1e-6, 1);
        assert_true(found[0].beta_low <= 0 && 0 <= found[0].beta_high);
        assert_true(found[0].index_before == 0 && found[0].index_after == 1);
        assert_int_equal(found[0].kernel, 1);
        for (int64_t i = 0; i < run.count; i++) {
            if (run.items[i].stream == SPN_BRANCHES_POINT) {
                const spn_branch_record *p = &run.items[i].point;
                check_close(run.items[i].theta[0], -p->state.beta, 1e-10, 1);
                check_close(p->critical_eigenvalue, -p->state.beta, 1e-8, 1);
                behind += p->negative_eigenvalues == 1;
                assert_int_equal(p->certainty,
                                 sizes[k] == 2 ? SPN_CERTAIN_DENSE : SPN_CERTAIN_LOWEST);
            }
        }
        assert_true(behind > 2);
        case_free(&run);
    }
}

/* Next to beta = 0 accuracy is one of the scale of beta: an interval of 1e-10 of beta itself would be nothing. */
static void test_near_zero(void **state)
{
    (void)state;
    static const double start[RIDGE_MOST] = {0.3};
    static const struct {
        slope (*at)(double t, double p);
        double place;
    } cases[] = {{bent_transcritical, 0}, {crossed_above, OFF}, {crossed_below, -OFF}};
    const int64_t sizes[] = {2, RIDGE_MOST};
    for (size_t k = 0; k < 2 * sizeof cases / sizeof *cases; k++) {
        const ridge r = {.at = cases[k / 2].at, .low = 1, .high = -1};
        run_case run;
        int64_t count = 0;
        set_ridge(&run, &r, sizes[k % 2], -0.24, 0.3, start);
        case_run(&run);
        const spn_special_record *found = specials_of(&run, &count);
        assert_int_equal(count, 1);
        check_close(found[0].beta, cases[k / 2].place, 1e-9, 1);
        assert_true(found[0].beta_low <= cases[k / 2].place);
        assert_true(cases[k / 2].place <= found[0].beta_high);
        assert_true(found[0].beta_high - found[0].beta_low <= 1e-5);
        case_free(&run);
    }
}

/* The branch that bends across beta = 0, and its one special point. */
static const spn_special_record *run_bent(const ridge *r, run_case *run)
{
    static const double start[RIDGE_MOST] = {0.12};
    int64_t count = 0;
    set_ridge(run, r, RIDGE_MOST, -0.2, 0.1, start);
    case_run(run);
    const spn_special_record *found = specials_of(run, &count);
    assert_int_equal(count, 1);
    return found;
}

/* No eigenvalue is found next to the crossing, but on both sides of it: the interval is what is left of the arc, and holds the
 * crossing; state and beta are those of one point. */
static void test_value_unknown(void **state)
{
    (void)state;
    const ridge r = {.at = bent_transcritical, .low = -1e-4, .high = 1e-4};
    run_case run;
    const spn_special_record *found = run_bent(&r, &run);
    assert_int_equal(found[0].kind, SPN_SPECIAL_BRANCH_POINT);
    assert_true(found[0].index_before == 0 && found[0].index_after == 1);
    assert_true(found[0].beta_low <= 0 && 0 <= found[0].beta_high);
    assert_true(found[0].beta_high - found[0].beta_low < 0.05);
    check_close(found[0].state.weight_norm, fabs(bent(found[0].state.beta)), 1e-9, 1);
    case_free(&run);
}

/* The first place on the arc is found, and the next one is not: what is said is that of the first, solved for again. */
static void test_value_lost(void **state)
{
    (void)state;
    const ridge r = {.at = bent_transcritical, .low = -5e-8, .high = 5e-8};
    run_case run;
    const spn_special_record *found = run_bent(&r, &run);
    const spn_state *at = &found[0].state;
    assert_true(at->beta < r.low && at->beta > -1e-5);
    check_close(at->weight_norm, fabs(bent(at->beta)), 1e-13, 1);
    assert_true(found[0].beta_low <= 0 && 0 <= found[0].beta_high);
    for (int64_t i = 0; i < run.count; i++) {
        const kept_item *item = &run.items[i];
        if (item->stream == SPN_BRANCHES_POINT) {
            assert_true(fabs(item->point.state.beta - at->beta) > 1e-4);
        } else {
            check_close(item->theta[0], -bent(at->beta), 1e-13, 1);
        }
    }
    case_free(&run);
}

/* The same about a fold: beta turns, the index behind it is not known. Nothing is claimed of it, and the branch ends there. */
static void test_turn_unknown(void **state)
{
    (void)state;
    static const double start[RIDGE_MOST] = {0.9};
    const ridge r = {.at = folded, .low = -0.02, .high = 1};
    run_case run;
    int64_t count = 0;
    set_ridge(&run, &r, RIDGE_MOST, -0.3, 1, start);
    case_run(&run);
    const spn_special_record *found = specials_of(&run, &count);
    assert_int_equal(count, 1);
    check_close(found[0].beta, 0, 1e-8, 1);
    assert_true(found[0].index_before == -1 && found[0].index_after == -1);
    assert_int_equal(found[0].kernel, 1);
    assert_true(isnan(found[0].after.error) && found[0].is_continuous == -1);
    for (int64_t i = 0; i < run.count; i++) {
        if (run.items[i].stream == SPN_BRANCHES_POINT) {
            assert_true(run.items[i].theta[0] > 0);
        }
    }
    case_free(&run);
}

/* p t^2/2 - HOP t^4/2 + t^6/6: beside t = 0 the branch p = 2 HOP t^2 - t^4, symmetric in t: up to the fold at t^2 = HOP, p = HOP^2,
 * down to the pitchfork at t = 0, p = 0, and up again to the fold's mirror image. */
static const double HOP = 1e-3;

static slope hopped(double t, double p)
{
    double q = t * t;
    return (slope){p * q / 2 - HOP * q * q / 2 + q * q * q / 6, t * (p - 2 * HOP * q + q * q),
                   p - 6 * HOP * q + 5 * q * q, q / 2, t};
}

/* A step is longer than the way from the fold to its mirror image. It is the fold that ends the minimum, and the pitchfork lies behind it:
 * whatever the step. */
static void test_hop(void **state)
{
    (void)state;
    static const double start[RIDGE_MOST] = {0.9};
    const ridge r = {.at = hopped, .low = 1, .high = -1};
    static const struct {
        int64_t n;
        double step;
    } cases[] = {{2, 0.1}, {2, 0.07}, {2, 0.04}, {2, 0.023}, {2, 0.01}, {RIDGE_MOST, 0.1}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        run_case run;
        int64_t count = 0;
        set_ridge(&run, &r, cases[k].n, -1, 0.5, start);
        run.settings.step = cases[k].step;
        case_run(&run);
        const spn_special_record *found = specials_of(&run, &count);
        assert_int_equal(count, 2);
        assert_int_equal(found[0].kind, SPN_SPECIAL_FOLD);
        check_close(found[0].beta, HOP * HOP, 1e-12, 1);
        check_close(found[0].state.weight_norm, sqrt(HOP), 1e-5, 1);
        assert_true(found[0].index_before == 0 && found[0].index_after == 1);
        assert_int_equal(found[1].kind, SPN_SPECIAL_BRANCH_POINT);
        check_close(found[1].beta, 0, 1e-9, 1);
        assert_true(found[1].index_before == 1 && found[1].index_after == 1);
        const spn_phase_record *phases = spn_branches_phases(run.branches, &count);
        assert_int_equal(count, 1);
        assert_int_equal(phases[0].end_high, SPN_END_FOLD);
        for (int64_t i = 0; i < run.count; i++) {
            double t = run.items[i].theta[0];
            assert_true(run.items[i].stream != SPN_BRANCHES_POINT || t > 0);
        }
        case_free(&run);
    }
}

/* On the way of a minimum eigenvalues are not found: no phase reaches over such points, and of its ends there nothing is said. */
static void test_phases_unknown(void **state)
{
    (void)state;
    static const double start[RIDGE_MOST] = {0.9};
    const ridge r = {.at = folded, .low = -0.55, .high = -0.45};
    run_case run;
    int64_t count = 0, unknown = 0, points = 0;
    set_ridge(&run, &r, RIDGE_MOST, -1, 0.5, start);
    case_run(&run);
    const spn_phase_record *phases = spn_branches_phases(run.branches, &count);
    assert_int_equal(count, 2);
    const spn_phase_record *low = &phases[phases[0].beta_low < phases[1].beta_low ? 0 : 1];
    const spn_phase_record *high = low == phases ? &phases[1] : &phases[0];
    assert_int_equal(low->end_low, SPN_END_RANGE);
    assert_int_equal(low->end_high, SPN_END_UNFINISHED);
    assert_int_equal(high->end_low, SPN_END_UNFINISHED);
    assert_int_equal(high->end_high, SPN_END_FOLD);
    check_close(high->beta_high, 0, 1e-8, 1);
    assert_true(low->beta_high <= r.low && r.high <= high->beta_low);
    const int64_t *of_points = spn_branches_point_phases(run.branches, &points);
    for (int64_t i = 0, k = 0; i < run.count; i++) {
        const spn_branch_record *p = &run.items[i].point;
        if (run.items[i].stream == SPN_BRANCHES_POINT) {
            bool is_unknown = p->certainty == SPN_CERTAIN_NOT;
            assert_true(!is_unknown || (of_points[k] == -1 && p->negative_eigenvalues == -1));
            assert_true(!is_unknown || isnan(p->critical_eigenvalue));
            unknown += is_unknown;
            k++;
        }
    }
    assert_true(unknown > 1);
    case_free(&run);
}

/* Behind the fold at p = 0 a minimum far off, t < -3, from p = 1e-5 on only: at the fold's own p all slides down for ever. */
static slope late(double t, double p)
{
    slope out = folded(t, p);
    double way = t < -3 ? -3 - t : 0, hold = p > 1e-5 ? 1e5 * (p - 1e-5) : 0;
    out.value += hold * way * way * way * way / 4;
    out.first -= hold * way * way * way;
    out.second += 3 * hold * way * way;
    out.by_parameter += hold > 0 ? 1e5 * way * way * way * way / 4 : 0;
    out.first_by_parameter -= hold > 0 ? 1e5 * way * way * way : 0;
    return out;
}

static void test_fall(void **state)
{
    (void)state;
    const double start[2] = {0.9, 0};
    const ridge r = {.at = late, .low = 1, .high = -1};
    run_case run;
    int64_t count = 0;
    set_ridge(&run, &r, 2, -1, 1, start);
    case_run(&run);
    const spn_special_record *found = specials_of(&run, &count);
    assert_true(count >= 1);
    assert_int_equal(found[0].kind, SPN_SPECIAL_FOLD);
    const spn_state *after = &found[0].after;
    assert_true(after->weight_norm > 3 && after->weight_norm < 20);
    assert_true(after->gradient_norm <= 1e-6);
    const slope at = late(-after->weight_norm, after->beta);
    check_close(at.first, 0, 1e-6, 1);
    assert_true(at.second > 0 && after->beta > 1e-5);
    case_free(&run);
}

int main(void)
{
    if (spn_context_create(NULL, &context) != SPN_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transcritical),  cmocka_unit_test(test_value_unknown),
        cmocka_unit_test(test_turn_unknown),   cmocka_unit_test(test_hop),
        cmocka_unit_test(test_value_lost),

        cmocka_unit_test(test_phases_unknown),

        cmocka_unit_test(test_near_zero),

        cmocka_unit_test(test_fall),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    spn_context_free(context);
    return failed;
}
