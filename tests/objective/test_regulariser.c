/* SPDX-License-Identifier: MIT */
/* Regularisers with weights (T24) over an analytic landscape: derivatives against differences, the order parameter, and
 * what they do to a Hessian. */
#include "support.h"

#include <float.h>
#include <spinodal/numeric.h>
#include <spinodal/objective.h>

enum { P = 6 };
static const double weights[P] = {1, 0, 2.5, 0, 1, 0.25}, equal[P] = {3, 3, 3, 3, 3, 3};
static const double theta[P] = {0.4, -1.1, 0.7, 1.3, -0.2, 0.9};
static const double beta = 0.3;

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

typedef struct problem {
    spn_landscape landscape;
    spn_objective error, loss;
    spn_regularised regularised;
} problem;

static void make(problem *p, const double *c)
{
    p->landscape = (spn_landscape){SPN_LANDSCAPE_ROSENBROCK, P, NULL};
    p->error = spn_landscape_objective(&p->landscape);
    p->regularised = (spn_regularised){&p->error, {.weights = c}};
    p->loss = spn_regularise(&p->regularised);
}

static void test_derivatives(void **state)
{
    (void)state;
    const double *const all[] = {NULL, equal, weights};
    for (int k = 0; k < 3; k++) {
        problem p;
        spn_check_report report;
        make(&p, all[k]);
        for (uint64_t seed = 1; seed <= 5; seed++) {
            check_ok(context, spn_objective_check(context, &p.loss, theta, beta, seed, &report));
            assert_true(report.is_passed);
            assert_true(report.column_error <= 1e-9);
        }
    }
}

/* n, its derivatives, and L's Hessian entry by entry; the parts of E have no part here but the full one. */
static void test_formulas(void **state)
{
    (void)state;
    problem p;
    spn_point *loss = NULL, *error = NULL;
    double h[P * P] = {0}, e[P * P] = {0}, gradient[P], n = 0, along = 0, sum = 0, trace = 0;
    make(&p, weights);
    check_ok(context, spn_point_create(context, &p.loss, &loss));
    check_ok(context, spn_point_create(context, &p.error, &error));
    check_ok(context, spn_point_set(context, loss, theta, beta, NULL, SPN_WANT_ALL));
    check_ok(context, spn_point_set(context, error, theta, 0, NULL, SPN_WANT_ALL));
    check_ok(context, spn_point_hessian(context, loss, SPN_PART_FULL, h));
    check_ok(context, spn_point_hessian(context, error, SPN_PART_FULL, e));
    check_ok(context, spn_point_trace(context, loss, SPN_PART_FULL, &trace));
    spn_objective_order_gradient(&p.loss, theta, gradient);
    for (int i = 0; i < P; i++) {
        n += weights[i] * theta[i] * theta[i];
        along += 2 * weights[i] * theta[i] * (i + 1);
        sum += e[i + i * P] + 2 * beta * weights[i];
        check_close(gradient[i], 2 * weights[i] * theta[i], DBL_EPSILON, 1);
        check_close(loss->parameter_gradient[i], gradient[i], 0, 0);
        check_close(h[i + i * P], e[i + i * P] + 2 * beta * weights[i], DBL_EPSILON, 0);
    }
    for (int j = 0; j < P; j++) {
        for (int i = j + 1; i < P; i++) {
            check_close(h[i + j * P], e[i + j * P], 0, 0);
        }
    }
    const double direction[P] = {1, 2, 3, 4, 5, 6};
    check_close(spn_objective_order(&p.loss, theta), n, 4 * DBL_EPSILON, 0);
    check_close(spn_objective_order_root(&p.loss, theta), sqrt(n), 4 * DBL_EPSILON, 0);
    check_close(spn_objective_order_along(&p.loss, theta, direction), along, 8 * DBL_EPSILON, 1);
    check_close(loss->parameter_value, n, 4 * DBL_EPSILON, 0);
    check_close(loss->value, error->value + beta * n, 4 * DBL_EPSILON, 0);
    check_close(trace, sum, 8 * DBL_EPSILON, 0);
    spn_point_free(context, loss);
    spn_point_free(context, error);
}

/* Squares of these overflow and vanish. */
static void test_lengths_at_the_edges(void **state)
{
    (void)state;
    problem p;
    make(&p, weights);
    const double sizes[] = {1e-200, 1e200};
    for (int k = 0; k < 2; k++) {
        double scaled[P];
        for (int i = 0; i < P; i++) {
            scaled[i] = sizes[k] * theta[i];
        }
        check_close(spn_objective_order_root(&p.loss, scaled),
                    sizes[k] * spn_objective_order_root(&p.loss, theta), 8 * DBL_EPSILON, 0);
    }
    const double zero[P] = {0}, broken[P] = {0, 0, (double)NAN, 0, 0, 0};
    check_close(spn_objective_order_root(&p.loss, zero), 0, 0, 0);
    assert_true(isnan(spn_objective_order_root(&p.loss, broken)));
}

/* What is free has any size, and is no length but for the rounding that it brings: 1e-4 of it, and to a value that is a mean of
 * squares 2 eps times root and size. */
static void test_free_biases_are_no_length(void **state)
{
    (void)state;
    problem p;
    const double penalties[P] = {1, 0, 1, 1, 0, 1};
    double moved[P], size = hypot(theta[0], theta[2]);
    size = hypot(size, hypot(theta[3], theta[5]));
    make(&p, penalties);
    for (double free = 0; free<2e3; free = free> 0 ? 10 * free : 1) {
        memcpy(moved, theta, sizeof moved);
        moved[1] = 0.6 * free;
        moved[4] = -0.8 * free;
        check_close(spn_objective_length(&p.loss, moved), size, 4 * DBL_EPSILON, 0);
        check_close(spn_objective_rounding(&p.loss, moved, 4), DBL_EPSILON * (4 + 4 * free), 1e-15,
                    0);
    }
    moved[1] = 6e11;
    moved[4] = 8e11;
    check_close(spn_objective_length(&p.loss, moved), 1e8, 4 * DBL_EPSILON, 0);
    make(&p, NULL); /* the ridge */
    check_close(spn_objective_length(&p.loss, moved), 1e12, 1e-12, 0);
    check_close(spn_objective_rounding(&p.loss, moved, -4), 4 * DBL_EPSILON, 0, 0);
}

/* What moves the spectrum as a whole, and by what. */
static void test_shifts(void **state)
{
    (void)state;
    problem p;
    double shift = -1;
    make(&p, NULL);
    assert_true(spn_objective_shifts(&p.loss, beta, &shift));
    check_close(shift, 2 * beta, 0, 0);
    check_close(spn_objective_stiffness(&p.loss, beta), 2 * beta, 0, 0);
    const spn_objective ridge = spn_ridge(&p.error);
    assert_true(spn_objective_shifts(&ridge, beta, &shift));
    check_close(shift, 2 * beta, 0, 0);
    check_close(spn_objective_order(&ridge, theta), spn_dot(P, theta, theta), 0, 0);
    make(&p, equal);
    assert_true(spn_objective_shifts(&p.loss, beta, &shift));
    check_close(shift, 6 * beta, DBL_EPSILON, 0);
    make(&p, weights);
    assert_false(spn_objective_shifts(&p.loss, beta, &shift));
    assert_true(isnan(shift));
    check_close(spn_objective_stiffness(&p.loss, beta), 5 * beta, DBL_EPSILON, 0);
    /* An error alone is not moved at all. */
    assert_true(spn_objective_shifts(&p.error, beta, &shift));
    check_close(shift, 0, 0, 0);
    check_close(spn_objective_stiffness(&p.error, beta), 0, 0, 0);
    check_close(spn_objective_order(&p.error, theta), spn_dot(P, theta, theta), 0, 0);
}

/* An objective with an error inside that does not say what it adds: nothing is assumed. */
static void test_unknown_regulariser(void **state)
{
    (void)state;
    problem p;
    double shift = 0;
    make(&p, NULL);
    spn_objective_operations silent = *p.loss.operations;
    silent.regulariser = NULL;
    p.loss.operations = &silent;
    assert_false(spn_objective_shifts(&p.loss, beta, &shift));
    assert_true(isnan(shift));
    check_close(spn_objective_stiffness(&p.loss, beta), 0, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_derivatives),
        cmocka_unit_test(test_formulas),
        cmocka_unit_test(test_lengths_at_the_edges),
        cmocka_unit_test(test_free_biases_are_no_length),
        cmocka_unit_test(test_shifts),
        cmocka_unit_test(test_unknown_regulariser),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
