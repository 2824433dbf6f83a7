/* SPDX-License-Identifier: MIT */
/* Soft modes of blocks that a point close by has told (T27): bounds hold, and certificates that begin with them are those from nothing. */
#include "reduction_case.h"

/* Layers whose blocks are large: with a bias and without, one between two hidden layers. */
static const case_shape large[] = {
    {100, 126, 2, 1, {8}, SPN_TANH, true, SPN_ERROR_CROSS_ENTROPY},
    {60, 126, 2, 2, {8, 8}, SPN_TANH, false, SPN_ERROR_MSE},
    {60, 127, 1, 1, {8}, SPN_SIGMOID, true, SPN_ERROR_MSE},
};
enum { LARGES = sizeof large / sizeof *large };

/* Another point of the same symmetry, at a distance of `share` of theta. */
static void move(const loss_case *c, double share, double beta)
{
    const int64_t n = c->reduced_point->dimension;
    double *z = case_vector(n);
    case_fill(n, share * spn_norm(n, c->z) / sqrt((double)n), 77, z);
    spn_axpy(n, 1, c->z, z);
    check_ok(context, spn_point_set(context, c->reduced_point, z, beta, NULL, SPN_WANT_ALL));
    free(z);
}

/* The lowest eigenvalue of each large block at the point is no lower than its bound; so many bounds are known. */
static int64_t check_bounds(const loss_case *c, spni_reduction *own, const spn_soft_modes *modes,
                            double beta)
{
    const spn_damping damping = {2 * beta, NULL};
    const spn_point *point = spn_point_error(c->reduced_point);
    const int64_t n = spni_reduction_side(own, 1);
    double *bounds = case_vector(own->groups[1].count);
    double *block = case_vector(n * n), *w = case_vector(n);
    int64_t known = 0;
    spn_dense *dense = NULL;
    check_ok(context, spn_dense_create(context, n, &dense));
    check_ok(context, spni_reduction_room(context, own));
    check_ok(context, spni_block_modes_bound(context, own, point, &damping, 1, modes, bounds));
    for (int64_t j = 0; j < own->groups[1].count; j++) {
        check_ok(context, spni_reduction_block(context, own, point, &damping, 1, j, block));
        check_ok(context, spn_eigen(context, dense, n, block, false, w));
        if (isfinite(bounds[j])) {
            known++;
            assert_true(bounds[j] <= w[0] + 1e-12 * w[n - 1]);
        }
    }
    spn_dense_free(context, dense);
    free(bounds), free(block), free(w);
    return known;
}

/* The beta at which the lowest eigenvalue of all large blocks is 0. */
static double critical_beta(const loss_case *c, spni_reduction *own)
{
    const spn_damping none = {0, NULL};
    const spn_point *point = spn_point_error(c->reduced_point);
    const int64_t n = spni_reduction_side(own, 1);
    double *block = case_vector(n * n), *w = case_vector(n), low = 0;
    spn_dense *dense = NULL;
    check_ok(context, spn_dense_create(context, n, &dense));
    for (int64_t j = 0; j < own->groups[1].count; j++) {
        check_ok(context, spni_reduction_block(context, own, point, &none, 1, j, block));
        check_ok(context, spn_eigen(context, dense, n, block, false, w));
        low = fmin(low, w[0]);
    }
    spn_dense_free(context, dense);
    free(block), free(w);
    return -low / 2;
}

/* A certificate that begins with what another one has found, near or far, says what one from nothing says. */
static int64_t check_neighbour(const case_shape *shape, double share, double above, double next)
{
    loss_case c;
    void *memory = NULL;
    spn_soft_modes modes = {0};
    spn_certificate first, warm, cold;
    const spn_certify_settings by = {.modes = &modes};
    open_case(&c, shape, 0, 1);
    check_ok(context, spni_network_reduction.create(context, c.made.objective, c.made.theta, 1e-12,
                                                    &memory));
    const double beta = above * critical_beta(&c, memory);
    next *= beta;
    check_ok(context, spn_point_set(context, c.reduced_point, c.z, beta, NULL, SPN_WANT_ALL));
    int64_t n = c.made.size;
    double *v = case_vector(n), *u = case_vector(n);
    check_ok(context, spn_reduction_certify(context, c.reduction, c.reduced_point, &by, &first, v));
    assert_true(modes.size > 0);
    move(&c, share, next);
    int64_t known = check_bounds(&c, memory, &modes, next);
    check_ok(context, spn_reduction_certify(context, c.reduction, c.reduced_point, &by, &warm, v));
    check_ok(context, spn_reduction_certify(context, c.reduction, c.reduced_point, NULL, &cold, u));
    assert_int_equal(warm.negative, cold.negative);
    assert_int_equal(warm.certainty, cold.certainty);
    check_close(warm.smallest, cold.smallest, ROUNDING, cold.largest);
    check_bounds(&c, memory, &modes, next);
    spn_soft_modes_forget(&modes);
    assert_int_equal(check_bounds(&c, memory, &modes, next), 0);
    spn_soft_modes_free(context, &modes);
    spni_network_reduction.free(context, memory);
    free(v), free(u);
    close_case(&c);
    return known;
}

static void test_modes_of_a_neighbour(void **state)
{
    (void)state;
    int64_t near = 0, far = 0;
    for (int i = 0; i < LARGES; i++) {
        near += check_neighbour(&large[i], 1e-6, 1.2, 1 + 1e-6);
        far += check_neighbour(&large[i], 0.3, 1.2, 1);
        check_neighbour(&large[i], 1e-3, 1.05, 0.99);
        check_neighbour(&large[i], 1e-2, 1.2, 1e-3);
    }
    /* What is near is mostly known again, what is far is not. */
    assert_true(near > far && near > LARGES);
}

/* The same on three lanes, and when memory ends anywhere. */
static spn_status certify_twice(spn_context *made_in, void *memory)
{
    loss_case *c = memory;
    spn_status status = SPN_OK;
    spn_reduction *reduction = NULL;
    spn_certificate made[2];
    spn_point *point = NULL;
    spn_soft_modes modes = {0};
    const spn_certify_settings by = {.modes = &modes};
    SPN_TRY(spn_reduction_create(made_in, &c->loss, c->made.theta, 1e-12, &reduction));
    SPN_TRY(spn_point_create(made_in, spn_reduction_objective(reduction), &point));
    SPN_TRY(spn_point_set(made_in, point, c->z, 0.05, NULL, SPN_WANT_ALL));
    SPN_TRY(spn_reduction_certify(made_in, reduction, point, &by, &made[0], NULL));
    SPN_TRY(spn_reduction_certify(made_in, reduction, point, &by, &made[1], NULL));
    assert_int_equal(made[0].negative, made[1].negative);
    c->smallest[0] = made[0].smallest;
    c->smallest[1] = made[1].smallest;
done:
    spn_soft_modes_free(made_in, &modes);
    spn_point_free(made_in, point);
    spn_reduction_free(made_in, reduction);
    return status;
}

static void test_modes_on_lanes(void **state)
{
    (void)state;
    loss_case c;
    spn_team *team = NULL;
    open_case(&c, &large[0], 0, 0.05);
    check_ok(context, certify_twice(context, &c));
    const double alone[2] = {c.smallest[0], c.smallest[1]};
    check_ok(context, spn_team_create(context, 3, &team));
    spn_context_set_team(context, team);
    check_ok(context, certify_twice(context, &c));
    assert_memory_equal(alone, c.smallest, sizeof alone);
    spn_context_set_team(context, NULL);
    spn_team_free(team);
    close_case(&c);
}

static void test_modes_without_memory(void **state)
{
    (void)state;
    const case_shape shape = {20, 130, 2, 1, {4}, SPN_TANH, true, SPN_ERROR_MSE};
    loss_case c;
    open_case(&c, &shape, 0, 0.05);
    assert_true(support_fail_each_allocation(certify_twice, &c) > 40);
    close_case(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes_of_a_neighbour),
        cmocka_unit_test(test_modes_on_lanes),
        cmocka_unit_test(test_modes_without_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
