/* SPDX-License-Identifier: MIT */
/* Two phases, or one that was met twice: what solvers leave of the distance to a stationary point makes no transition. In units
 * c of beta and |theta|^2, c^2 of L, as depth 2 scales with its targets. */
#include "support.h"

#include "transition/transition.h"

enum { POINTS = 12 };

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

/* L = a + b x - chi x^2 / 2 and its derivatives (T9, T10), at x = beta / c. */
typedef struct phase {
    double a, b, chi;
} phase;

static const phase full = {2, 3, 1};

/* Every point is moved as far as its decrement allows, up or down, which `random` says. */
static void fill(spni_strand *strand, const phase *p, double unit, double decrement,
                 spn_random *random)
{
    *strand = (spni_strand){0};
    for (int i = 0; i < POINTS; i++) {
        const double x = 0.1 + 0.1 * i, order = p->b - p->chi * x;
        const double loss = p->a + p->b * x - 0.5 * p->chi * x * x;
        spn_state state = {.newton_decrement = decrement * unit,
                           .susceptibility = p->chi,
                           .error = unit * unit * (loss - x * order)};
        const spni_blur blur = spni_blur_of(&state);
        double moved = unit * order, lifted = unit * unit * loss;
        if (random != NULL) {
            const double up = spn_random_uniform(random) < 0.5 ? -1 : 1;
            const double high = spn_random_uniform(random) < 0.5 ? -1 : 1;
            moved += 0.99 * up * blur.order;
            lifted += high * (0.99 * (blur.loss + blur.rounding) + 1e-15 * lifted);
        }
        const spn_side side = {.active_modes = 1,
                               .norm = sqrt(moved),
                               .loss = lifted,
                               .error = state.error,
                               .susceptibility = p->chi};
        check_ok(context, spni_strand_add(context, strand, unit * x, &side, &blur));
    }
}

/* How many crossings of L the pair shows, and the last of them. */
static int64_t cross(const spni_strand *pair, spn_transition *row)
{
    spn_transitions *t = NULL;
    check_ok(context, spn_transitions_create(context, &t));
    check_ok(context, spni_cross_phases(context, t, 0, 0, 2, pair));
    const int64_t count = t->findings.count + t->crossings.count;
    if (t->findings.count > 0) {
        *row = ((const spni_finding *)t->findings.items)[t->findings.count - 1].row;
    }
    spn_transitions_free(context, t);
    return count;
}

static void release(spni_strand *pair)
{
    spni_strand_free(context, &pair[0]);
    spni_strand_free(context, &pair[1]);
}

/* The decrement's size decides: |theta|^2 that differs by some parts in a million is one phase where the solver stopped that
 * far from the stationary point, and two where it did not. */
static void test_one_phase_in_two_copies(void **state)
{
    (void)state;
    spn_random random = spn_random_stream(5, SPN_PURPOSE_DATA, 0);
    for (double unit = 1e-9; unit < 2e9; unit *= 1e3) {
        for (int draw = 0; draw < 50; draw++) {
            static const double decrements[] = {1e-15, 1e-10, 1e-7, 1e-5};
            spni_strand pair[2];
            spn_transition row;
            fill(&pair[0], &full, unit, decrements[draw % 4], &random);
            fill(&pair[1], &full, unit, decrements[draw % 4], &random);
            assert_true(spni_strand_same(&pair[0], &pair[1]));
            assert_int_equal(cross(pair, &row), 0);
            release(pair);
        }
    }
}

static void test_two_phases_are_two(void **state)
{
    (void)state;
    static const phase near = {2, 3 * (1 + 5e-6), 1 + 1e-5};
    for (double unit = 1e-9; unit < 2e9; unit *= 1e3) {
        spni_strand pair[2];
        fill(&pair[0], &full, unit, 1e-12, NULL);
        fill(&pair[1], &near, unit, 1e-12, NULL);
        assert_false(spni_strand_same(&pair[0], &pair[1]));
        release(pair);
    }
}

/* 2 + 3 x - x^2 / 2 = 5 / 2 + 2 x - x^2 / 4 at x = 2 - sqrt(2), where |theta|^2 differs by 1 - x / 2. */
static void test_crossing(void **state)
{
    (void)state;
    static const phase other = {2.5, 2, 0.5};
    const double x = 2 - sqrt(2);
    spn_random random = spn_random_stream(6, SPN_PURPOSE_DATA, 0);
    for (double unit = 1e-9; unit < 2e9; unit *= 1e3) {
        spni_strand pair[2];
        spn_transition row = {0};
        fill(&pair[0], &full, unit, 1e-9, &random);
        fill(&pair[1], &other, unit, 1e-9, &random);
        assert_false(spni_strand_same(&pair[0], &pair[1]));
        assert_int_equal(cross(pair, &row), 1);
        assert_int_equal(row.kind, SPN_TRANSITION_MAXWELL);
        assert_int_equal(row.order, 1);
        check_close(row.beta / unit, x, 1e-8,
                    1); /* what moves |theta|^2 by 1e-9 moves L between points by a tenth */
        check_close(row.jump / unit, 1 - 0.5 * x, 1e-7, 1);
        release(pair);
    }
}

/* Near a continuous onset at x = 1, L - L_trivial = -(1 - x)^2 / 2 is below the rounding of L where targets have means far
 * from 0: whichever of the two is smaller there, they have not crossed. */
static void test_no_crossing_at_an_onset(void **state)
{
    (void)state;
    spn_random random = spn_random_stream(8, SPN_PURPOSE_DATA, 0);
    for (double unit = 1e-9; unit < 2e9; unit *= 1e3) {
        for (int draw = 0; draw < 50; draw++) {
            spni_strand pair[2] = {{.ends_low = false}, {.ends_low = false}};
            spn_transition row;
            for (int i = 0; i < 8; i++) {
                for (int k = 0; k < 2; k++) {
                    const double d = ldexp(1e-6, -i), order = k == 0 ? d : 0;
                    const double loss = 0.3 - (k == 0 ? 0.5 * d * d : 0);
                    const spn_state at = {.newton_decrement = unit * 1e-13,
                                          .susceptibility = 1,
                                          .error = unit * unit * loss};
                    const spni_blur blur = spni_blur_of(&at);
                    const double high = spn_random_uniform(&random) < 0.5 ? -1 : 1;
                    const spn_side side = {.active_modes = 1 - k,
                                           .norm = sqrt(unit * order),
                                           .loss = unit * unit * loss + high * 0.9 * blur.rounding,
                                           .error = at.error,
                                           .susceptibility = 1 - k};
                    /* points that a bisection has left say nothing of it */
                    check_ok(context, spni_strand_add(context, &pair[k], unit * (1 - d), &side,
                                                      i < 4 ? &blur : NULL));
                }
            }
            assert_int_equal(cross(pair, &row), 0);
            release(pair);
        }
    }
}

/* L_b - L_a = (x - 0.65)^2 / 10: they touch, with equal |theta|^2, between two points. Nothing of first order. */
static void test_touching(void **state)
{
    (void)state;
    static const phase other = {2 + 0.1 * 0.65 * 0.65, 3 - 0.2 * 0.65, 0.8};
    for (double unit = 1e-9; unit < 2e9; unit *= 1e3) {
        spni_strand pair[2];
        spn_transition row = {.order = 0};
        fill(&pair[0], &full, unit, 1e-9, NULL);
        fill(&pair[1], &other, unit, 1e-9, NULL);
        assert_false(spni_strand_same(&pair[0], &pair[1]));
        cross(pair, &row);
        assert_true(!(row.order == 1));
        release(pair);
    }
}

/* sqrt(chi) d bounds the change of |theta|^2 for any gradient: with H = diag(h), theta and g at random,
 * |2 theta' H^-1 g| <= sqrt(4 theta' H^-1 theta) sqrt(g' H^-1 g), with equality for g along theta. */
static void test_blur(void **state)
{
    (void)state;
    spn_random random = spn_random_stream(7, SPN_PURPOSE_DATA, 0);
    for (int draw = 0; draw < 200; draw++) {
        double moved = 0, chi = 0, energy = 0;
        const bool is_along = draw % 10 == 0;
        for (int i = 0; i < 5; i++) {
            const double h = exp(3 * spn_random_normal(&random)),
                         theta = spn_random_normal(&random);
            const double g = is_along ? 0.3 * theta : spn_random_normal(&random);
            moved += 2 * theta * g / h;
            chi += 4 * theta * theta / h;
            energy += g * g / h;
        }
        const spn_state at = {.newton_decrement = sqrt(energy), .susceptibility = chi, .error = 4};
        const spni_blur blur = spni_blur_of(&at);
        assert_true(fabs(moved) <= blur.order * (1 + 1e-14));
        if (is_along) {
            check_close(fabs(moved), blur.order, 1e-13, 0);
        }
        check_close(blur.loss, 0.5 * energy, 1e-15, 0);
        check_close(blur.rounding, 4 * sqrt(energy), 1e-15, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_phase_in_two_copies),
        cmocka_unit_test(test_two_phases_are_two),
        cmocka_unit_test(test_crossing),
        cmocka_unit_test(test_touching),
        cmocka_unit_test(test_no_crossing_at_an_onset),
        cmocka_unit_test(test_blur),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
