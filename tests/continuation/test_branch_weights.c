/* SPDX-License-Identifier: MIT */
/* Branches of a regulariser with weights (T24). One deep linear mode E = (t_1 t_2 t_3 - a)^2 with n = sum c_i t_i^2 is, in
 * u_i = sqrt(c_i) t_i and with C = c_1 c_2 c_3, E = (u_1 u_2 u_3 - sigma)^2 / C, sigma = a sqrt(C), n = |u|^2: T13 for
 * sigma, with beta divided by C. */
#include "branches_case.h"

enum { D = 3 };
static const double a = 0.9, weights[D] = {2, 0.5, 1.5}, C = 1.5;

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

typedef struct weighted {
    spn_landscape mode;
    spn_objective error;
    spn_regularised regularised;
} weighted;

static spn_objective make(weighted *w)
{
    w->mode = (spn_landscape){SPN_LANDSCAPE_DEEP_MODE, D, &a};
    w->error = spn_landscape_objective(&w->mode);
    w->regularised = (spn_regularised){&w->error, {.weights = weights}};
    return spn_regularise(&w->regularised);
}

static void test_phases(void **state)
{
    (void)state;
    const double start[D] = {0.9, 0.9, 0.9};
    weighted w;
    run_case run;
    spn_special_record found[4];
    spn_theory_mode mode;
    int64_t count = 0;
    case_defaults(&run, context);
    run.objective = make(&w);
    run.settings.beta_from = 0.01;
    run.settings.beta_to = 0.6;
    run.start = start;
    case_run(&run);
    check_ok(context, spn_theory_mode_transition(context, D, a * sqrt(C), &mode));
    assert_int_equal(case_specials(&run, SPN_SPECIAL_FOLD, found, 4), 1);
    double s = mode.spinodal_strength;
    check_close(found[0].beta, mode.spinodal_beta / C, 1e-10, 1);
    /* At a fold theta goes like the root of the distance in beta. */
    check_close(found[0].state.weight_norm, sqrt(D) * cbrt(s), 1e-4, 0);
    const spn_maxwell_record *maxwell = spn_branches_maxwell(run.branches, &count);
    assert_int_equal(count, 1);
    check_close(maxwell[0].beta, mode.maxwell_beta / C, 1e-9, 0);
    check_close(fmax(maxwell[0].a.weight_norm, maxwell[0].b.weight_norm),
                sqrt(D) * cbrt(mode.maxwell_strength), 1e-8, 0);
    check_close(fmin(maxwell[0].a.weight_norm, maxwell[0].b.weight_norm), 0, 1e-8, 1);
    case_free(&run);
}

/* Through the fold, as the norm-constrained curve; dE/dn = -beta. */
static void test_curve(void **state)
{
    (void)state;
    enum { ROWS = 12 };
    weighted w;
    const spn_objective loss = make(&w);
    const double sigma = a * sqrt(C);
    double theta[D], norms[ROWS], s = 0.9;
    spn_norm_record rows[ROWS];
    int64_t count = 0;
    for (int i = 0; i < D; i++) {
        theta[i] = cbrt(s) / sqrt(weights[i]);
    }
    for (int i = 0; i < ROWS; i++) {
        norms[i] = D * pow(0.9 - 0.065 * i, 2.0 / D);
    }
    check_ok(context, spn_norm_curve(context, &loss, (sigma - s) * cbrt(s) / C, theta, ROWS, norms,
                                     rows, &count));
    assert_int_equal(count, ROWS);
    for (int i = 0; i < ROWS; i++) {
        s = 0.9 - 0.065 * i;
        check_close(rows[i].norm_squared, norms[i], 1e-14, 0);
        check_close(rows[i].beta, (sigma - s) * cbrt(s) / C, 1e-12, 0);
        check_close(rows[i].error, (s - sigma) * (s - sigma) / C, 1e-12, 0);
        assert_int_equal(rows[i].index, 0);
    }
    memset(theta, 0, sizeof theta);
    check_fails(context, spn_norm_curve(context, &loss, 0.1, theta, 1, norms, rows, &count),
                SPN_ERROR_ARGUMENT, "n > 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_phases),
        cmocka_unit_test(test_curve),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
