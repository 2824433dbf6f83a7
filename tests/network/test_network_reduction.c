/* SPDX-License-Identifier: MIT */
/* Merged units (T27): the reduced network is the same function, and the spectrum of the full Hessian is that of the
 * reduced one with the blocks beside it, each as often as it should be. */
#include "reduction_case.h"

/* P = 498, 511, 300, ...: two hidden layers of 8 units with four groups of 3, 2, 2 and 1. */
static const case_shape shapes[] = {
    {60, 40, 13, 2, {8, 8}, SPN_TANH, false, SPN_ERROR_MSE},
    {60, 40, 12, 2, {8, 8}, SPN_TANH, true, SPN_ERROR_CROSS_ENTROPY},
    {60, 20, 9, 2, {8, 8}, SPN_SIGMOID, true, SPN_ERROR_MSE},
    {60, 10, 4, 3, {8, 8, 8}, SPN_TANH, true, SPN_ERROR_MSE_MEAN},
    {60, 10, 1, 1, {8}, SPN_GELU, true, SPN_ERROR_CROSS_ENTROPY},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static void test_same_function(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * SHAPES; i++) {
        loss_case c;
        open_case(&c, &shapes[i / 2], i % 2, 0.05);
        int64_t n = c.made.size, m = c.reduced_point->dimension;
        assert_true(m < n);
        double *theta = case_vector(n), *g = case_vector(n);
        spn_reduction_extend(c.reduction, c.z, theta);
        for (int64_t j = 0; j < n; j++) {
            check_close(theta[j], c.made.theta[j], ROUNDING, 1);
        }
        check_close(c.reduced_point->value, c.point->value, ROUNDING, 0);
        check_close(c.reduced_point->parameter_value, c.point->parameter_value, ROUNDING, 0);
        /* The full gradient is symmetric: it is that of the reduced problem. */
        spn_reduction_extend(c.reduction, c.reduced_point->gradient, g);
        for (int64_t j = 0; j < n; j++) {
            check_close(g[j], c.point->gradient[j], ROUNDING, case_largest(n, g));
        }
        free(theta), free(g);
        close_case(&c);
    }
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static int64_t append(int64_t count, const double *values, int64_t times, double *all)
{
    for (int64_t i = 0; i < times; i++) {
        memcpy(all + i * count, values, (size_t)count * sizeof *all);
    }
    return times * count;
}

static int64_t append_blocks(const loss_case *c, spni_reduction *own, double beta, double *all)
{
    int64_t filled = 0;
    const double *weights =
        c->reduced_point->objective->operations->regulariser(c->reduced_point->objective)->weights;
    const spn_damping damping = {2 * beta, weights};
    for (int64_t l = 1; l < own->network->depth; l++) {
        int64_t n = spni_reduction_side(own, l);
        double *block = case_vector(n * n), *w = case_vector(n);
        spn_dense *dense = NULL;
        check_ok(context, spn_dense_create(context, n, &dense));
        for (int64_t j = 0; j < own->groups[l].count; j++) {
            check_ok(context, spni_reduction_block(context, own, spn_point_error(c->reduced_point),
                                                   &damping, l, j, block));
            check_ok(context, spn_eigen(context, dense, n, block, false, w));
            filled += append(n, w, own->groups[l].size[j] - 1, all + filled);
        }
        for (int64_t q = 0;
             l + 1 < own->network->depth && q < own->groups[l].count * own->groups[l + 1].count;
             q++) {
            int64_t i = q % own->groups[l].count, j = q / own->groups[l].count;
            double alone = spni_reduction_pair_value(own, &damping, l, i, j);
            filled += append(1, &alone, spni_reduction_pairs(own, l, i, j), all + filled);
        }
        spn_dense_free(context, dense);
        free(block), free(w);
    }
    return filled;
}

static void eigenvalues(const spn_point *point, double *w)
{
    int64_t n = point->dimension;
    double *h = case_vector(n * n);
    spn_dense *dense = NULL;
    check_ok(context, spn_dense_create(context, n, &dense));
    check_ok(context, spn_point_hessian(context, point, SPN_PART_FULL, h));
    check_ok(context, spn_eigen(context, dense, n, h, false, w));
    spn_dense_free(context, dense);
    free(h);
}

/* The reduced Hessian's eigenvalues and those of the blocks beside it are all of the full one's; the reduction, which the caller frees. */
static void *check_blocks(const loss_case *c, double beta)
{
    void *memory = NULL;
    int64_t n = c->made.size, m = c->reduced_point->dimension;
    double *w = case_vector(n), *all = case_vector(n);
    eigenvalues(c->point, w);
    eigenvalues(c->reduced_point, all);
    check_ok(context, spni_network_reduction.create(context, c->made.objective, c->made.theta,
                                                    1e-12, &memory));
    assert_int_equal(m + append_blocks(c, memory, beta, all + m), n);
    qsort(all, (size_t)n, sizeof *all, by_value);
    for (int64_t j = 0; j < n; j++) {
        check_close(all[j], w[j], ROUNDING, fmax(fabs(w[0]), fabs(w[n - 1])));
    }
    free(w), free(all);
    return memory;
}

static void test_spectrum(void **state)
{
    (void)state;
    const double beta = 0.05;
    for (int i = 0; i < 2 * SHAPES; i++) {
        loss_case c;
        open_case(&c, &shapes[i / 2], i % 2, beta);
        void *memory = check_blocks(&c, beta);
        spni_network_reduction.free(context, memory);
        close_case(&c);
    }
}

/* A regulariser with weights of its own for each parameter of the smaller network: 1 to 1.6. */
static void weigh_by_group(loss_case *c, double *weights)
{
    void *memory = NULL;
    check_ok(context, spni_network_reduction.create(context, c->made.objective, c->made.theta,
                                                    1e-12, &memory));
    const spn_isometry *t = spni_network_reduction.isometry(memory);
    for (int64_t i = 0; i < t->dimension; i++) {
        weights[i] = 1 + 0.1 * (double)(t->index[i] % 7);
    }
    spni_network_reduction.free(context, memory);
    spn_point_free(context, c->reduced_point);
    spn_reduction_free(context, c->reduction);
    c->regularised.regulariser.weights = weights;
    check_ok(context, spn_reduction_create(context, &c->loss, c->made.theta, 1e-12, &c->reduction));
    check_ok(context,
             spn_point_create(context, spn_reduction_objective(c->reduction), &c->reduced_point));
    check_ok(context, spn_point_set(context, c->point, c->made.theta, 0.05, NULL, SPN_WANT_ALL));
    check_ok(context, spn_point_set(context, c->reduced_point, c->z, 0.05, NULL, SPN_WANT_ALL));
}

static double squares_of(const spn_point *point, spn_part part)
{
    int64_t n = point->dimension;
    double *h = case_vector(n * n);
    check_ok(context, spn_point_hessian(context, point, part, h));
    double sum = spn_symmetric_frobenius_squared(n, h);
    free(h);
    return sum;
}

/* tr and tr of the square of each part of the dense Hessian: the smaller problem's and the rest's. */
static void check_traces(spn_reduction *reduction, const spn_point *full, const spn_point *reduced)
{
    for (int i = SPN_PART_FULL; i <= SPN_PART_RESIDUAL; i++) {
        const spn_part part = (spn_part)i;
        double whole = 0, own = 0, trace = 0, square = 0;
        check_ok(context, spn_point_trace(context, full, part, &whole));
        check_ok(context, spn_point_trace(context, reduced, part, &own));
        check_ok(context,
                 spn_reduction_rest_traces(context, reduction, reduced, part, &trace, &square));
        check_close(own + trace, whole, ROUNDING, 1);
        whole = squares_of(full, part);
        check_close(squares_of(reduced, part) + square, whole, ROUNDING, 0);
        assert_true(square >= 0);
    }
}

static void test_traces(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * SHAPES; i++) {
        loss_case c;
        spn_reduction *of_error = NULL;
        open_case(&c, &shapes[i / 2], i % 2, 0.05);
        check_traces(c.reduction, c.point, c.reduced_point);
        check_ok(context,
                 spn_reduction_create(context, c.made.objective, c.made.theta, 1e-12, &of_error));
        check_traces(of_error, spn_point_error(c.point), spn_point_error(c.reduced_point));
        /* Groups of 3, 2, 2 and 1 units in each hidden layer: three blocks. */
        double flops = 0, samples = (double)shapes[i / 2].samples;
        const spn_network *network = c.made.network;
        const int64_t depth = network->depth;
        for (int64_t l = 1; l < depth; l++) {
            double in = (double)(l == 1 ? network->width[0] : 4) + 1;
            double out = (double)(l + 1 == depth ? network->width[depth] : 4);
            flops += 3 * samples * in * (in + 2 * out);
        }
        check_close(spn_reduction_rest_flops(of_error), flops, 1e-15, 0);
        check_close(spn_reduction_rest_flops(c.reduction), flops, 1e-15, 0);
        spn_reduction_free(context, of_error);
        close_case(&c);
    }
}

static void test_weights_by_group(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        loss_case c;
        open_case(&c, &shapes[i], 0, 0.05);
        double *weights = case_vector(c.made.size);
        weigh_by_group(&c, weights);
        void *memory = check_blocks(&c, 0.05);
        spni_network_reduction.free(context, memory);
        check_traces(c.reduction, c.point, c.reduced_point);
        close_case(&c);
        free(weights);
    }
}

/* The certificate counts as the dense spectrum does, and its direction has the smallest eigenvalue, whatever the sign of
 * its largest entry was. */
static void test_certificate(void **state)
{
    (void)state;
    const double betas[] = {1e-3, 0.05, 2};
    int64_t unstable = 0;
    for (int i = 0; i < 6 * SHAPES + 20; i++) {
        loss_case c;
        spn_certificate made;
        if (i < 6 * SHAPES) {
            open_case(&c, &shapes[i / 6], i % 2, betas[i / 2 % 3]);
        } else {
            open_seed(&c, &shapes[3], i % 2, 1e-3, 10 + (uint64_t)i);
        }
        int64_t n = c.made.size, negative = 0;
        double *w = case_vector(n), *v = case_vector(n), *hv = case_vector(n);
        eigenvalues(c.point, w);
        double largest = fmax(fabs(w[0]), fabs(w[n - 1]));
        check_ok(context,
                 spn_reduction_certify(context, c.reduction, c.reduced_point, NULL, &made, v));
        while (negative < n && w[negative] < -1e-9 * largest) {
            negative++;
        }
        assert_string_equal(spn_certainty_text(made.certainty), "reduced");
        assert_int_equal(made.negative, negative);
        check_close(made.smallest, w[0], ROUNDING, largest);
        if (negative > 0) {
            unstable++;
            check_close(spn_norm(n, v), 1, ROUNDING, 1);
            check_ok(context, spn_point_hvp(context, c.point, SPN_PART_FULL, 1, v, hv));
            check_close(spn_dot(n, v, hv), w[0], ROUNDING, largest);
        }
        free(w), free(v), free(hv);
        close_case(&c);
    }
    assert_true(unstable > 4);
}

/* Blocks whose sums are made in several parts, the last with the bias alone or with some rows, over several blocks of samples: the
 * spectrum of the full Hessian, and the same bits on three lanes. */
static void test_parts(void **state)
{
    (void)state;
    static const case_shape wide[] = {
        {700, 96, 2, 1, {8}, SPN_TANH, true, SPN_ERROR_CROSS_ENTROPY},
        {700, 130, 1, 1, {8}, SPN_SIGMOID, true, SPN_ERROR_MSE},
    };
    const double beta = 0.01;
    const spn_damping damping = {2 * beta, NULL};
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        loss_case c;
        spn_team *team = NULL;
        open_case(&c, &wide[i], 0, beta);
        void *memory = check_blocks(&c, beta);
        int64_t side = spni_reduction_side(memory, 1);
        double *alone = case_vector(side * side), *together = case_vector(side * side);
        check_ok(context, spni_reduction_block(context, memory, spn_point_error(c.reduced_point),
                                               &damping, 1, 0, alone));
        check_ok(context, spn_team_create(context, 3, &team));
        spn_context_set_team(context, team);
        spn_point *point = NULL;
        check_ok(context, spn_point_create(context, spn_reduction_objective(c.reduction), &point));
        check_ok(context, spn_point_set(context, point, c.z, beta, NULL, SPN_WANT_ALL));
        check_ok(context, spni_reduction_block(context, memory, spn_point_error(point), &damping, 1,
                                               0, together));
        assert_memory_equal(alone, together, (size_t)(side * side) * sizeof *alone);
        spn_point_free(context, point);
        spn_context_set_team(context, NULL);
        spn_team_free(team);
        spni_network_reduction.free(context, memory);
        free(alone), free(together);
        close_case(&c);
    }
}

/* Where Davidson's method has found a way down, and one is enough, the rest is not looked at. */
static void test_any_direction(void **state)
{
    (void)state;
    const case_shape shape = {60, 450, 2, 1, {8}, SPN_TANH, true, SPN_ERROR_MSE};
    loss_case c;
    spn_certificate any, all;
    const spn_certify_settings by = {.takes_any = true};
    open_case(&c, &shape, 0, 1e-4);
    int64_t n = c.made.size;
    double *v = case_vector(n), *hv = case_vector(n);
    assert_true(c.reduced_point->dimension > SPN_CERTIFY_DENSE_MAX);
    check_ok(context, spn_reduction_certify(context, c.reduction, c.reduced_point, &by, &any, v));
    check_ok(context,
             spn_reduction_certify(context, c.reduction, c.reduced_point, NULL, &all, NULL));
    assert_true(any.negative > 0 && any.negative <= all.negative);
    assert_true(any.smallest >= all.smallest);
    check_ok(context, spn_point_hvp(context, c.point, SPN_PART_FULL, 1, v, hv));
    check_close(spn_dot(n, v, hv), any.smallest, 1e-9, any.largest);
    free(v), free(hv);
    close_case(&c);
}

/* Dead units are one group; where nothing repeats the problem stays as it is. */
static void test_groups(void **state)
{
    (void)state;
    const case_shape shape = {20, 3, 2, 1, {8}, SPN_TANH, true, SPN_ERROR_MSE};
    network_case made = case_create(context, &shape, 3);
    spn_reduction *reduction = NULL;
    check_ok(context, spn_reduction_create(context, made.objective, made.theta, 1e-6, &reduction));
    assert_int_equal(spn_reduction_objective(reduction)->dimension, made.size);
    spn_reduction_free(context, reduction);
    for (int64_t i = 0; i < made.size; i++) {
        made.theta[i] *= 1e-12;
    }
    check_ok(context, spn_reduction_create(context, made.objective, made.theta, 1e-6, &reduction));
    assert_int_equal(spn_reduction_objective(reduction)->dimension, 3 + 1 + 2 + 2);
    spn_reduction_free(context, reduction);
    case_free(&made);
}

static spn_status reduce(spn_context *made_in, void *memory)
{
    loss_case *c = memory;
    spn_status status = SPN_OK;
    spn_reduction *reduction = NULL;
    spn_certificate certificate;
    spn_point *point = NULL;
    double trace = 0, square = 0;
    SPN_TRY(spn_reduction_create(made_in, &c->loss, c->made.theta, 1e-12, &reduction));
    SPN_TRY(spn_point_create(made_in, spn_reduction_objective(reduction), &point));
    SPN_TRY(spn_point_set(made_in, point, c->z, 1e-3, NULL, SPN_WANT_ALL));
    SPN_TRY(spn_reduction_certify(made_in, reduction, point, NULL, &certificate, NULL));
    SPN_TRY(spn_reduction_rest_traces(made_in, reduction, point, SPN_PART_FULL, &trace, &square));
done:
    spn_point_free(made_in, point);
    spn_reduction_free(made_in, reduction);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    const case_shape shape = {20, 3, 2, 1, {8}, SPN_TANH, true, SPN_ERROR_MSE};
    loss_case c;
    open_case(&c, &shape, SPARED, 0.01);
    assert_true(support_fail_each_allocation(reduce, &c) > 30);
    close_case(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_function), cmocka_unit_test(test_spectrum),
        cmocka_unit_test(test_traces),        cmocka_unit_test(test_weights_by_group),
        cmocka_unit_test(test_certificate),   cmocka_unit_test(test_parts),
        cmocka_unit_test(test_any_direction), cmocka_unit_test(test_groups),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
