/* SPDX-License-Identifier: MIT */
/* Phases as functions of beta: what the interpolation is exact for. */
#include "support.h"

#include <float.h>

#include "transition/transition.h"

#include <spinodal/theory.h>

static spn_context *context;

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

/* |theta|^2 = 9 - 4 b - b^2 - b^3 / 3 - b^4 / 5, and L its integral: of degree five. */
static spn_side smooth(double b)
{
    double square = 9 - 4 * b - b * b - b * b * b / 3 - b * b * b * b / 5;
    double loss = 2 + b * (9 + b * (-2 + b * (-1.0 / 3 + b * (-1.0 / 12 - b / 25))));
    return (spn_side){.norm = sqrt(square),
                      .loss = loss,
                      .error = loss - b * square,
                      .susceptibility = 4 + 2 * b + b * b + 0.8 * b * b * b,
                      .curvature = 3 * b};
}

/* A fold at 1: |theta|^2 = 2 + 3 sqrt(1 - b) + (1 - b) / 2. */
static spn_side folded(double b)
{
    double d = 1 - b, square = 2 + 3 * sqrt(d) + 0.5 * d;
    double loss = 5 - (2 * d + 2 * d * sqrt(d) + 0.25 * d * d);
    return (spn_side){.norm = sqrt(square),
                      .loss = loss,
                      .error = loss - b * square,
                      .susceptibility = d > 0 ? 1.5 / sqrt(d) + 0.5 : 1e9};
}

static void test_smooth(void **state)
{
    (void)state;
    spni_strand strand = {0};
    static const double betas[] = {0.7, 0.1, 0.4, 1.0}; /* in any order */
    double error = 0;
    for (int i = 0; i < 4; i++) {
        spn_side side = smooth(betas[i]);
        check_ok(context, spni_strand_add(context, &strand, betas[i], &side, NULL));
    }
    assert_true(spni_strand_low(&strand) == 0.1 && spni_strand_high(&strand) == 1);
    for (double b = 0.1; b <= 1; b += 0.037) {
        spn_side at = spni_strand_at(&strand, b, &error), exact = smooth(b);
        check_close(at.loss, exact.loss, 16 * DBL_EPSILON, 10);
        check_close(at.curvature, exact.curvature, 16 * DBL_EPSILON, 1);
        /* cubic in |theta|^2: fourth derivative -24/5 over 384 h^4 = 1e-4 */
        check_close(at.norm * at.norm, exact.norm * exact.norm, 1.1e-4, 1);
        assert_true(error < 1e-3);
    }
    /* Hermite's rule: fourth derivative over 720 h^4 of each of three steps, to 2e-5 */
    check_close(spni_strand_integral(&strand, 0.1, 1), smooth(1).loss - smooth(0.1).loss, 5e-5, 1);
    spni_strand_free(context, &strand);
}

static void test_fold(void **state)
{
    (void)state;
    spni_strand strand = {0};
    double error = 0;
    for (int i = 0; i < 2; i++) {
        spn_side side = folded(0.6 + 0.4 * i);
        check_ok(context, spni_strand_add(context, &strand, 0.6 + 0.4 * i, &side, NULL));
    }
    for (double b = 0.6; b <= 1; b += 0.021) {
        spn_side at = spni_strand_at(&strand, b, &error), exact = folded(b);
        check_close(at.loss, exact.loss, 32 * DBL_EPSILON, 10);
        check_close(at.norm, exact.norm, 32 * DBL_EPSILON, 10);
        assert_true(error < 1e-13);
    }
    check_close(spni_strand_integral(&strand, 0.6, 1), folded(1).loss - folded(0.6).loss,
                32 * DBL_EPSILON, 10);
    spni_strand_free(context, &strand);
}

/* Without chi: between chord and tangents, and the error says how far these are apart. */
static void test_without_slope(void **state)
{
    (void)state;
    spni_strand strand = {0};
    double error = 0;
    for (int i = 0; i < 2; i++) {
        spn_side side = smooth(0.2 + 0.4 * i);
        side.susceptibility = (double)NAN;
        check_ok(context, spni_strand_add(context, &strand, 0.2 + 0.4 * i, &side, NULL));
    }
    for (double b = 0.2; b < 0.6; b += 0.01) {
        spn_side at = spni_strand_at(&strand, b, &error);
        assert_true(fabs(at.loss - smooth(b).loss) <= error + 1e-14);
    }
    spni_strand_free(context, &strand);
}

static void fill(spni_strand *strand, double from, double step, double shift, int64_t merged)
{
    *strand = (spni_strand){0};
    for (int i = 0; i < 10; i++) {
        double b = from + i * step;
        spn_side side = smooth(b);
        side.loss += shift;
        side.active_modes = 2;
        side.merged_units = merged;
        check_ok(context, spni_strand_add(context, strand, b, &side, NULL));
    }
}

static void test_same(void **state)
{
    (void)state;
    spni_strand a, b;
    const double step = 1.0 / 32;
    fill(&a, 0.25, step, 0, 0);
    fill(&b, 0.25 + 4 * step, step, 0, 0); /* six points in common */
    assert_true(spni_strand_same(&a, &b));
    check_ok(context, spni_strand_merge(context, &a, &b));
    int64_t count = 0;
    const spni_strand_node *nodes = spni_strand_nodes(&a, &count);
    assert_int_equal(count, 14);
    for (int64_t i = 1; i < count; i++) {
        assert_true(nodes[i - 1].beta < nodes[i].beta);
    }
    spni_strand_free(context, &b);
    fill(&b, 0.25, step, 1e-6, 0); /* another L */
    assert_false(spni_strand_same(&a, &b));
    spni_strand_free(context, &b);
    fill(&b, 0.25 + 0.5 * step, step, 0, 0); /* no point in common: as interpolated */
    assert_true(spni_strand_same(&a, &b));
    spni_strand_free(context, &b);
    fill(&b, 0.25 + 0.5 * step, step, 0, 1); /* the same with another label */
    assert_false(spni_strand_same(&a, &b));
    spni_strand_free(context, &b);
    fill(&b, 2, step, 0, 0); /* apart */
    assert_false(spni_strand_same(&a, &b));
    spni_strand_free(context, &b);
    spni_strand_free(context, &a);
}

static void fill_flat(spni_strand *strand, double unit, double norm)
{
    *strand = (spni_strand){0};
    for (int i = 0; i < 3; i++) {
        const spn_side side = {.norm = norm * sqrt(unit), .loss = 2 * unit * unit};
        check_ok(context, spni_strand_add(context, strand, unit * (0.5 + i), &side, NULL));
    }
}

/* In targets c times as large (depth 2: beta and |theta|^2 by c, L by c^2) the same phases are the same: those whose
 * |theta|^2 differ by a thousandth at equal L are two, what rounding leaves of theta is none of its own. */
static void test_same_in_units(void **state)
{
    (void)state;
    for (double c = 1e-12; c < 2e12; c *= 1e3) {
        static const double pairs[4][2] = {
            {1, 1.0005}, {1e-3, 1.0005e-3}, {1, 1 + 1e-8}, {0, 1e-8}};
        for (int i = 0; i < 4; i++) {
            spni_strand a, b;
            fill_flat(&a, c, pairs[i][0]);
            fill_flat(&b, c, pairs[i][1]);
            assert_true(spni_strand_same(&a, &b) == (i >= 2));
            spni_strand_free(context, &a);
            spni_strand_free(context, &b);
        }
    }
}

/* One mode of a deep linear network (T13); with |theta|^2 moved, and L and E as T9 says, another phase of the same labels. */
static void fill_mode(spni_strand *strand, double from, double step, int count, double moved)
{
    for (int i = 0; i < count; i++) {
        const double beta = from + i * step;
        spn_theory_state state;
        check_ok(context, spn_theory_state_at(context, 3, 0.9, beta, SPN_THEORY_UPPER, &state));
        const spn_side side = {.active_modes = 1,
                               .norm = sqrt(state.norm_squared + moved),
                               .error = state.error - moved,
                               .loss = state.loss + (beta - 1) * moved,
                               .susceptibility = state.susceptibility};
        check_ok(context, spni_strand_add(context, strand, beta, &side, NULL));
    }
}

/* Chains that choose their steps need not have a point in common: a phase is the same as far as the interpolation tells. */
static void test_same_on_coarse_grids(void **state)
{
    (void)state;
    spni_strand a = {0}, b = {0}, other = {0};
    fill_mode(&a, 0.02, 0.095, 5, 0);
    fill_mode(&b, 0.03, 0.12, 4, 0);
    fill_mode(&other, 0.03, 0.12, 4, 3e-3);
    assert_true(spni_strand_same(&a, &b));
    assert_true(spni_strand_same(&b, &a));
    assert_false(spni_strand_same(&a, &other));
    assert_false(spni_strand_same(&other, &a));
    spni_strand_free(context, &a);
    spni_strand_free(context, &b);
    spni_strand_free(context, &other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_smooth),        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_without_slope), cmocka_unit_test(test_same),
        cmocka_unit_test(test_same_in_units), cmocka_unit_test(test_same_on_coarse_grids),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
