/* SPDX-License-Identifier: MIT */
/* The same bits on any number of lanes, wherever the point was created. The problems are large enough for
 * the team to be used (more than two million operations), and have several blocks, the last
 * of them ragged. */
#include "network_case.h"

#include <stdatomic.h>

enum { LANES = 4, VECTORS = 5, DENSE_MAX = 200 };

static const case_shape shapes[] = {
    {3000, 3, 2, 2, {20, 20}, SPN_TANH, true, SPN_ERROR_MSE},
    {2500, 3, 3, 1, {40}, SPN_SOFTPLUS, false, SPN_ERROR_CROSS_ENTROPY},
    {5000, 3, 2, 2, {5, 5}, SPN_TANH, false, SPN_ERROR_MSE_MEAN},
    {1500, 3, 3, 3, {9, 8, 5}, SPN_SIGMOID, true, SPN_ERROR_CROSS_ENTROPY},
    /* Blocks of 80 samples, four to a section. */
    {700, 40, 2, 2, {120, 60}, SPN_RELU, true, SPN_ERROR_MSE},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

/* What is computed at one theta: values and gradients with and without curvature, on all samples and on a
 * subset, products of each part with one and with several vectors, and the parts of the Hessian themselves
 * where they are small enough. */
typedef struct findings {
    double values[4];
    double *numbers;
    int64_t count;
} findings;

static spn_status compute(spn_context *context, const network_case *made, spn_point *point,
                          const double *v, findings *out)
{
    spn_status status = SPN_OK;
    const int64_t n = made->size, samples = made->data->samples;
    const spn_part parts[] = {SPN_PART_FULL, SPN_PART_GAUSS_NEWTON, SPN_PART_RESIDUAL};
    int64_t *indices = calloc((size_t)samples, sizeof *indices);
    double *next = out->numbers;
    for (int64_t i = 0; i < samples; i++) {
        indices[i] = (7 * i + 3) % samples;
    }
    const spn_subset subset = {samples - samples / 3, indices};
    for (int i = 0; i < 4; i++) {
        unsigned wanted = i < 2 ? SPN_WANT_VALUE | SPN_WANT_GRADIENT : SPN_WANT_ALL;
        SPN_TRY(
            spn_point_set(context, point, made->theta, 0.0, i % 2 == 0 ? NULL : &subset, wanted));
        out->values[i] = point->value;
        memcpy(next, point->gradient, (size_t)n * sizeof *next);
        next += n;
        for (int j = 0; i >= 2 && j < 3; j++) {
            SPN_TRY(spn_point_hvp(context, point, parts[j], VECTORS, v, next));
            SPN_TRY(spn_point_hvp(context, point, parts[j], 1, v, next + VECTORS * n));
            next += (VECTORS + 1) * n;
            if (n <= DENSE_MAX) {
                SPN_TRY(spn_point_hessian(context, point, parts[j], next));
                next += n * n;
            }
        }
    }
done:
    free(indices);
    return status;
}

static findings find(spn_context *context, const network_case *made, spn_point *point,
                     const double *v)
{
    int64_t dense = made->size <= DENSE_MAX ? made->size : 0;
    findings found = {.count = made->size * (4 + 2 * 3 * (VECTORS + 1 + dense))};
    found.numbers = case_vector(found.count);
    check_ok(context, compute(context, made, point, v, &found));
    return found;
}

static void check_same(const findings *a, const findings *b)
{
    assert_memory_equal(a->values, b->values, sizeof a->values);
    assert_memory_equal(a->numbers, b->numbers, (size_t)a->count * sizeof *a->numbers);
}

static void test_lanes_do_not_change_bits(void **state)
{
    (void)state;
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    for (int s = 0; s < SHAPES; s++) {
        network_case made = case_create(context, &shapes[s], 31);
        double *v = case_vector(VECTORS * made.size);
        case_fill(VECTORS * made.size, 1.0, 5, v);
        findings alone = find(context, &made, made.point, v);
        /* A product with one vector is the first of five. */
        assert_memory_equal(alone.numbers + 3 * made.size,
                            alone.numbers + (3 + VECTORS) * made.size,
                            (size_t)made.size * sizeof *alone.numbers);
        for (int64_t lanes = 2; lanes <= LANES; lanes++) {
            spn_team *team = NULL;
            spn_point *point = NULL;
            check_ok(context, spn_team_create(context, lanes, &team));
            spn_context_set_team(context, team);
            check_ok(context, spn_point_create(context, made.objective, &point));
            findings shared = find(context, &made, point, v);
            check_same(&alone, &shared);
            free(shared.numbers);
            /* Created without a team and used with one; the other way about. */
            findings early = find(context, &made, made.point, v);
            check_same(&alone, &early);
            free(early.numbers);
            spn_context_set_team(context, NULL);
            findings late = find(context, &made, point, v);
            check_same(&alone, &late);
            free(late.numbers);
            spn_point_free(context, point);
            spn_team_free(team);
        }
        free(alone.numbers);
        free(v);
        case_free(&made);
    }
    spn_context_free(context);
}

static void test_nothing_is_allocated_after_creation(void **state)
{
    (void)state;
    support_allocator counter = {0};
    spn_context *context = support_context(&counter);
    spn_team *team = NULL;
    check_ok(context, spn_team_create(context, 3, &team));
    spn_context_set_team(context, team);
    network_case made = case_create(context, &shapes[0], 8);
    double *v = case_vector(VECTORS * made.size);
    int64_t calls = counter.calls;
    findings found = find(context, &made, made.point, v);
    assert_int_equal(counter.calls, calls);
    free(found.numbers);
    free(v);
    case_free(&made);
    spn_context_set_team(context, NULL);
    spn_team_free(team);
    spn_context_free(context);
    assert_int_equal(counter.live, 0);
}

static spn_status create_point(spn_context *context, void *state)
{
    spn_status status = SPN_OK;
    spn_team *team = NULL;
    spn_point *point = NULL;
    SPN_TRY(spn_team_create(context, 2, &team));
    spn_context_set_team(context, team);
    SPN_TRY(spn_point_create(context, ((network_case *)state)->objective, &point));
done:
    spn_point_free(context, point);
    spn_context_set_team(context, NULL);
    spn_team_free(team);
    return status;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    network_case made = case_create(context, &shapes[2], 8);
    assert_true(support_fail_each_allocation(create_point, &made) > 20);
    case_free(&made);
    spn_context_free(context);
}

static void test_a_raised_flag_interrupts(void **state)
{
    (void)state;
    atomic_int flag = 0;
    spn_context_settings settings = {.cancel = &flag};
    spn_context *context = NULL;
    spn_team *team = NULL;
    assert_int_equal(spn_context_create(&settings, &context), SPN_OK);
    check_ok(context, spn_team_create(context, 2, &team));
    spn_context_set_team(context, team);
    network_case made = case_create(context, &shapes[2], 8);
    double *hv = case_vector(made.size);
    case_set(&made, made.theta);
    atomic_store(&flag, 1);
    check_fails(context, spn_point_hvp(context, made.point, SPN_PART_FULL, 1, made.theta, hv),
                SPN_ERROR_INTERRUPTED, "interrupted");
    check_fails(context, made.objective->operations->set(context, made.point, NULL, SPN_WANT_ALL),
                SPN_ERROR_INTERRUPTED, "interrupted");
    atomic_store(&flag, 0);
    case_set(&made, made.theta);
    free(hv);
    case_free(&made);
    spn_context_set_team(context, NULL);
    spn_team_free(team);
    spn_context_free(context);
}

/* Inputs that are kept sample by sample are the same numbers. */
static void test_rows_of_samples_do_not_change_bits(void **state)
{
    (void)state;
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    for (int s = 0; s < SHAPES; s++) {
        network_case made = case_create(context, &shapes[s], 31);
        double *v = case_vector(VECTORS * made.size);
        spn_point *point = NULL;
        case_fill(VECTORS * made.size, 1.0, 5, v);
        findings columns = find(context, &made, made.point, v);
        for (int time = 0; time < 2;
             time++) { /* the sanitizers see whether the first is given back */
            check_ok(context, spn_network_error_batches(context, made.error));
        }
        check_ok(context, spn_point_create(context, made.objective, &point));
        findings rows = find(context, &made, point, v);
        check_same(&columns, &rows);
        free(columns.numbers);
        free(rows.numbers);
        free(v);
        spn_point_free(context, point);
        case_free(&made);
    }
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lanes_do_not_change_bits),
        cmocka_unit_test(test_rows_of_samples_do_not_change_bits),
        cmocka_unit_test(test_nothing_is_allocated_after_creation),
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_a_raised_flag_interrupts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
