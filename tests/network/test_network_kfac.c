/* SPDX-License-Identifier: MIT */
/* The Kronecker-factored preconditioner: exact where the curvature has that form (one layer and squared error; one
 * sample), the inverse of itself, the same whatever it was built for before. */
#include "network_case.h"

#include <spinodal/objective/preconditioner.h>

/* Eigenvectors and back, and factors of some tens of numbers: a few hundred roundings of the largest entry. */
static const double ROUNDING = 1e-12;

enum { SPARED = 1 };

typedef struct loss_case {
    network_case made;
    spn_regularised regularised;
    spn_objective loss;
    spn_point *point;
    spn_preconditioner *m;
} loss_case;

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

static void open_case(loss_case *c, const case_shape *shape, int spared, double beta)
{
    spn_regularise_kind kind = spared ? SPN_REGULARISE_WEIGHTS : SPN_REGULARISE_ALL;
    c->made = case_create(context, shape, 3);
    check_ok(context, spn_network_error_regularise(context, c->made.error, kind,
                                                   &c->regularised.regulariser));
    c->regularised.error = c->made.objective;
    c->loss = spn_regularise(&c->regularised);
    check_ok(context, spn_point_create(context, &c->loss, &c->point));
    check_ok(context, spn_point_set(context, c->point, c->made.theta, beta, NULL, SPN_WANT_ALL));
    check_ok(context, spn_preconditioner_create(context, &c->loss, NULL, &c->m));
    check_ok(context, spn_preconditioner_refresh(context, c->m, c->point));
    assert_false(spn_preconditioner_is_identity(c->m));
}

static void close_case(loss_case *c)
{
    spn_preconditioner_free(context, c->m);
    spn_point_free(context, c->point);
    case_free(&c->made);
}

/* One layer of weights under a squared error: M is the Hessian, and its inverse that of the Hessian. */
static void test_one_layer(void **state)
{
    (void)state;
    const case_shape shapes[] = {{30, 4, 3, 0, {0}, SPN_TANH, false, SPN_ERROR_MSE},
                                 {30, 4, 3, 0, {0}, SPN_TANH, true, SPN_ERROR_MSE},
                                 {30, 4, 3, 0, {0}, SPN_TANH, true, SPN_ERROR_MSE_MEAN}};
    for (int i = 0; i < 6; i++) {
        loss_case c;
        open_case(&c, &shapes[i / 2], i % 2 == SPARED, 0.3);
        int64_t n = c.made.size;
        double *v = case_vector(n), *hv = case_vector(n), *mv = case_vector(n);
        case_fill(n, 1.0, 5, v);
        check_ok(context, spn_point_hvp(context, c.point, SPN_PART_FULL, 1, v, hv));
        spn_preconditioner_apply(c.m, 1, v, mv);
        for (int64_t j = 0; j < n; j++) {
            check_close(mv[j], hv[j], ROUNDING, case_largest(n, hv));
        }
        spn_preconditioner_solve(c.m, 1, hv, hv);
        for (int64_t j = 0; j < n; j++) {
            check_close(hv[j], v[j], ROUNDING, case_largest(n, v));
        }
        free(v), free(hv), free(mv);
        close_case(&c);
    }
}

/* One sample: within a layer the Gauss-Newton matrix is a Kronecker product. */
static void test_one_sample(void **state)
{
    (void)state;
    const case_shape shapes[] = {{1, 3, 2, 2, {4, 3}, SPN_TANH, false, SPN_ERROR_MSE},
                                 {1, 3, 2, 2, {4, 3}, SPN_SIGMOID, true, SPN_ERROR_CROSS_ENTROPY},
                                 {1, 3, 1, 1, {4}, SPN_SOFTPLUS, true, SPN_ERROR_CROSS_ENTROPY},
                                 {1, 3, 3, 3, {4, 3, 2}, SPN_GELU, true, SPN_ERROR_MSE}};
    for (int i = 0; i < 4; i++) {
        loss_case c;
        int64_t count = 0;
        open_case(&c, &shapes[i], 0, 0.05);
        const spn_layout_entry *entries = spn_network_layout(c.made.network, &count);
        int64_t n = c.made.size;
        double *v = case_vector(n), *hv = case_vector(n), *mv = case_vector(n);
        for (int64_t l = 0; l < spn_network_depth(c.made.network); l++) {
            case_fill(n, 1.0, 7 + (uint64_t)l, v);
            for (int64_t e = 0; e < count; e++) {
                int64_t size = entries[e].rows * entries[e].columns;
                memset(v + entries[e].offset, 0,
                       entries[e].layer == l ? 0 : (size_t)size * sizeof *v);
            }
            check_ok(context, spn_point_hvp(context, c.point, SPN_PART_GAUSS_NEWTON, 1, v, hv));
            spn_preconditioner_apply(c.m, 1, v, mv);
            for (int64_t j = 0; j < n; j++) {
                check_close(v[j] != 0 ? mv[j] : 0, v[j] != 0 ? hv[j] : 0, ROUNDING,
                            case_largest(n, hv));
            }
        }
        free(v), free(hv), free(mv);
        close_case(&c);
    }
}

/* Many inputs, most of which hardly vary: M is the damping along these, and nowhere further from the Hessian of one layer
 * than a share of the damping; its inverse is its own. */
static void test_many_inputs(void **state)
{
    (void)state;
    enum { INPUTS = 300, SAMPLES = 40 };
    const double beta = 0.2;
    const case_shape shape = {SAMPLES, INPUTS, 3, 0, {0}, SPN_TANH, true, SPN_ERROR_MSE};
    loss_case c;
    open_case(&c, &shape, SPARED, beta);
    int64_t n = c.made.size;
    double *v = case_vector(n), *hv = case_vector(n), *mv = case_vector(n);
    case_fill(n, 1.0, 5, v);
    check_ok(context, spn_point_hvp(context, c.point, SPN_PART_FULL, 1, v, hv));
    spn_preconditioner_apply(c.m, 1, v, mv);
    double off = 0;
    for (int64_t j = 0; j < n; j++) {
        off += (mv[j] - hv[j]) * (mv[j] - hv[j]);
    }
    /* What is left out is at most a tenth of the damping, 2 beta, of a vector of this length; of 300 inputs with 40 samples 261 do not vary. */
    assert_true(sqrt(off) <= 0.1 * 2 * beta * spn_norm(n, v));
    spn_preconditioner_solve(c.m, 1, mv, mv);
    for (int64_t j = 0; j < n; j++) {
        check_close(mv[j], v[j], ROUNDING, case_largest(n, v));
    }
    free(v), free(hv), free(mv);
    close_case(&c);
}

/* M^-1 M = 1 and v.Mv > 0 for two vectors at once, in all forms, at the trivial point too, where G vanishes. */
static void test_inverse(void **state)
{
    (void)state;
    const case_shape shapes[] = {
        {40, 5, 3, 2, {6, 4}, SPN_TANH, true, SPN_ERROR_MSE},
        {40, 5, 3, 1, {6}, SPN_RELU, false, SPN_ERROR_CROSS_ENTROPY},
        {400, 5, 1, 2, {6, 4}, SPN_SIGMOID, true, SPN_ERROR_CROSS_ENTROPY}};
    for (int i = 0; i < 12; i++) {
        loss_case c;
        open_case(&c, &shapes[i / 4], i % 2 == SPARED, 0.01);
        int64_t n = c.made.size;
        double *v = case_vector(2 * n), *mv = case_vector(2 * n);
        if (i / 2 % 2 == 1) {
            check_ok(context, spn_point_set(context, c.point, mv, 0.01, NULL, SPN_WANT_ALL));
            check_ok(context, spn_preconditioner_refresh(context, c.m, c.point));
        }
        case_fill(2 * n, 1.0, 9, v);
        spn_preconditioner_apply(c.m, 2, v, mv);
        assert_true(spn_dot(n, v, mv) > 0 && spn_dot(n, v + n, mv + n) > 0);
        spn_preconditioner_solve(c.m, 2, mv, mv);
        for (int64_t j = 0; j < 2 * n; j++) {
            /* Pivots of free biases are kept above 1e-6 of the largest: that condition times rounding. */
            check_close(mv[j], v[j], 1e-9, case_largest(2 * n, v));
        }
        free(v), free(mv);
        close_case(&c);
    }
}

/* Built again, elsewhere in between or like another: the same bits. */
static void test_same_bits(void **state)
{
    (void)state;
    const case_shape shape = {300, 5, 3, 2, {6, 4}, SPN_TANH, true, SPN_ERROR_MSE};
    loss_case c;
    spn_preconditioner *alike = NULL;
    open_case(&c, &shape, SPARED, 0.01);
    int64_t n = c.made.size;
    double *v = case_vector(n), *first = case_vector(n), *again = case_vector(n);
    case_fill(n, 1.0, 9, v);
    spn_preconditioner_solve(c.m, 1, v, first);
    check_ok(context, spn_point_set(context, c.point, v, 0.01, NULL, SPN_WANT_ALL));
    check_ok(context, spn_preconditioner_refresh(context, c.m, c.point));
    check_ok(context, spn_point_set(context, c.point, c.made.theta, 0.01, NULL, SPN_WANT_ALL));
    check_ok(context, spn_preconditioner_refresh(context, c.m, c.point));
    spn_preconditioner_solve(c.m, 1, v, again);
    assert_memory_equal(first, again, (size_t)n * sizeof *again);
    check_ok(context, spn_preconditioner_create(context, &c.loss, c.m, &alike));
    check_ok(context, spn_preconditioner_refresh(context, alike, c.point));
    spn_preconditioner_solve(alike, 1, v, again);
    assert_memory_equal(first, again, (size_t)n * sizeof *again);
    spn_preconditioner_free(context, alike);
    free(v), free(first), free(again);
    close_case(&c);
}

/* A landscape has none: the identity in its units. */
static void test_identity(void **state)
{
    (void)state;
    const double a[2] = {1, 2};
    const spn_landscape landscape = {SPN_LANDSCAPE_QUADRATIC, 2, a};
    const spn_objective error = spn_landscape_objective(&landscape), loss = spn_ridge(&error);
    double v[2] = {3, -4}, out[2];
    spn_preconditioner *m = NULL;
    spn_point *point = NULL;
    check_ok(context, spn_point_create(context, &loss, &point));
    check_ok(context, spn_preconditioner_create(context, &loss, NULL, &m));
    assert_true(spn_preconditioner_is_identity(m));
    check_fails(context, spn_preconditioner_refresh(context, m, point), SPN_ERROR_ARGUMENT,
                "SPN_WANT_CURVATURE");
    check_ok(context, spn_point_set(context, point, a, 0.1, NULL, SPN_WANT_ALL));
    check_ok(context, spn_preconditioner_refresh(context, m, point));
    spn_preconditioner_solve(m, 1, v, out);
    assert_memory_equal(v, out, sizeof out);
    spn_preconditioner_free(context, m);
    spn_point_free(context, point);
}

static spn_status build(spn_context *made_in, void *memory)
{
    loss_case *c = memory;
    spn_preconditioner *m = NULL;
    spn_point *point = NULL;
    spn_status status = SPN_OK;
    SPN_TRY(spn_point_create(made_in, &c->loss, &point));
    SPN_TRY(spn_point_set(made_in, point, c->made.theta, 0.1, NULL, SPN_WANT_ALL));
    SPN_TRY(spn_preconditioner_create(made_in, &c->loss, NULL, &m));
    SPN_TRY(spn_preconditioner_refresh(made_in, m, point));
done:
    spn_preconditioner_free(made_in, m);
    spn_point_free(made_in, point);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    const case_shape shape = {20, 3, 2, 1, {4}, SPN_TANH, true, SPN_ERROR_MSE};
    loss_case c;
    open_case(&c, &shape, 0, 0.01);
    assert_true(support_fail_each_allocation(build, &c) > 20);
    close_case(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_layer),   cmocka_unit_test(test_one_sample),
        cmocka_unit_test(test_many_inputs), cmocka_unit_test(test_inverse),
        cmocka_unit_test(test_same_bits),   cmocka_unit_test(test_identity),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
