/* SPDX-License-Identifier: MIT */
/* Ranks that share samples find the bits of one process, on any number of them, in values, gradients, products, traces, dense Hessians,
 * labels, the preconditioner and certificates of reduced networks, whose blocks of samples are others. The farm is played: a rank is a
 * thread. */
#include "network_case.h"
#include "played_farm.h"

#include <spinodal/objective/preconditioner.h>
#include <spinodal/objective/reduction.h>
#include <stdatomic.h>

enum { VECTORS = 5, DENSE_MAX = 250 };

static const case_shape shapes[] = {
    /* Three sections: of eight ranks most have none. */
    {3000, 3, 2, 2, {5, 5}, SPN_TANH, false, SPN_ERROR_MSE},
    {1500, 3, 3, 2, {14, 8}, SPN_SOFTPLUS, true, SPN_ERROR_CROSS_ENTROPY},
    {2100, 3, 1, 1, {12}, SPN_TANH, true, SPN_ERROR_CROSS_ENTROPY},
    /* Sections of several blocks. */
    {800, 9, 2, 2, {48, 40}, SPN_RELU, true, SPN_ERROR_MSE_MEAN},
    /* Seven sections: ranks have nodes of several levels. */
    {6900, 2, 1, 1, {2}, SPN_TANH, true, SPN_ERROR_MSE},
    /* Blocks of the rest that are large: what one certificate has found of them the next one asks for. */
    {270, 128, 1, 1, {2}, SPN_TANH, true, SPN_ERROR_MSE},
    /* A single section. */
    {90, 3, 2, 2, {5, 4}, SPN_TANH, true, SPN_ERROR_MSE},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

/* ---- What a rank does -------------------------------------------------------------------------- */

typedef struct rank {
    spn_farm farm;
    spn_context *context;
    network_case made;
    spn_dataset *held;
    spn_regularised regularised;
    spn_objective loss;
    spn_point *error_point, *loss_point;
    const double *v;
    double *numbers; /* what it finds */
    int64_t count;
    spn_labels labels;
    spn_status status;
    atomic_int flag;
} rank;

static int64_t count_for(int64_t n)
{
    return 3 + n + 3 * (VECTORS + 1) * n + 3 * (2 + n) + (n <= DENSE_MAX ? 3 * n * n : 0) + 2 * n +
           10;
}

static double *keep(double *next, int64_t count, const double *numbers)
{
    memcpy(next, numbers, (size_t)count * sizeof *next);
    return next + count;
}

static spn_status find_derivatives(rank *r, double **next)
{
    spn_status status = SPN_OK;
    spn_context *context = r->context;
    spn_point *point = r->error_point;
    const int64_t n = r->made.size;
    const spn_part parts[] = {SPN_PART_FULL, SPN_PART_GAUSS_NEWTON, SPN_PART_RESIDUAL};
    SPN_TRY(spn_point_set(context, point, r->made.theta, 0, NULL, SPN_WANT_VALUE));
    *next = keep(*next, 1, &point->value);
    SPN_TRY(spn_point_set(context, point, r->made.theta, 0, NULL, SPN_WANT_GRADIENT));
    SPN_TRY(spn_point_set(context, point, r->made.theta, 0, NULL, SPN_WANT_ALL));
    *next = keep(*next, 1, &point->value);
    *next = keep(*next, n, point->gradient);
    for (int i = 0; i < 3; i++) {
        SPN_TRY(spn_point_hvp(context, point, parts[i], VECTORS, r->v, *next));
        SPN_TRY(spn_point_hvp(context, point, parts[i], 1, r->v, *next + VECTORS * n));
        *next += (VECTORS + 1) * n;
        SPN_TRY(spn_point_trace(context, point, parts[i], *next));
        if (n <= DENSE_MAX || i == 1) {
            SPN_TRY(spn_point_trace_square(context, point, parts[i], *next + 1));
        }
        SPN_TRY(spn_point_diagonal(context, point, parts[i], *next + 2));
        *next += n + 2;
        if (n <= DENSE_MAX) {
            SPN_TRY(spn_point_hessian(context, point, parts[i], *next));
            *next += n * n;
        }
    }
    SPN_TRY(spn_point_labels(context, point, &r->labels));
done:
    return status;
}

static spn_status precondition(spn_context *context, void *state, int64_t k, const double *v,
                               double *out)
{
    (void)context;
    spn_preconditioner_solve(state, k, v, out);
    return SPN_OK;
}

/* All units of a layer are one, which has other blocks of samples. */
static spn_status find_certificate(rank *r, double **next)
{
    spn_status status = SPN_OK;
    spn_context *context = r->context;
    const int64_t n = r->made.size;
    spn_preconditioner *m = NULL, *inner = NULL;
    spn_reduction *reduction = NULL;
    spn_point *point = NULL;
    spn_certificate certificate;
    spn_soft_modes modes = {0};
    double *equal = case_vector(n), *z = case_vector(n), *direction = case_vector(n);
    SPN_TRY(spn_point_set(context, r->loss_point, r->made.theta, 0.1, NULL, SPN_WANT_ALL));
    SPN_TRY(spn_preconditioner_create(context, &r->loss, NULL, &m));
    SPN_TRY(spn_preconditioner_refresh(context, m, r->loss_point));
    spn_preconditioner_solve(m, 1, r->v, *next);
    *next += n;
    for (int64_t i = 0; i < n; i++) {
        equal[i] = 0.1;
    }
    SPN_TRY(spn_reduction_create(context, &r->loss, equal, 1e-12, &reduction));
    const spn_objective *reduced = spn_reduction_objective(reduction);
    SPN_TRY(spn_point_create(context, reduced, &point));
    SPN_TRY(spn_preconditioner_create(context, reduced, m, &inner));
    spn_reduction_restrict(reduction, equal, z);
    SPN_TRY(spn_point_set(context, point, z, 0.1, NULL, SPN_WANT_ALL));
    SPN_TRY(spn_preconditioner_refresh(context, inner, point));
    const spn_symmetric_operator inverse = {point->dimension, precondition, inner};
    const spn_certify_settings by = {.inverse = &inverse, .modes = &modes};
    SPN_TRY(spn_reduction_certify(context, reduction, point, &by, &certificate, direction));
    *next = keep(*next, n, direction);
    *next = keep(*next, 3,
                 (double[]){certificate.smallest, certificate.bound, (double)certificate.negative});
    *next = keep(*next, 2, (double[]){(double)reduced->dimension, point->value});
    SPN_TRY(spn_reduction_certify(context, reduction, point, &by, &certificate, direction));
    *next = keep(*next, 2, (double[]){certificate.smallest, (double)certificate.negative});
done:
    spn_soft_modes_free(context, &modes);
    spn_preconditioner_free(context, inner);
    spn_point_free(context, point);
    spn_reduction_free(context, reduction);
    spn_preconditioner_free(context, m);
    free(equal);
    free(z);
    free(direction);
    return status;
}

/* As at the end of a pool: whoever comes with a failure tells the others, wherever they are. */
static void *end(rank *r, spn_status status)
{
    r->status = r->farm.size > 0 ? meet(r->context, &r->farm, status, NULL) : status;
    return NULL;
}

static void *find(void *memory)
{
    rank *r = memory;
    double *next = r->numbers;
    spn_status status = find_derivatives(r, &next);
    return end(r, status == SPN_OK ? find_certificate(r, &next) : status);
}

/* ---- Ranks ------------------------------------------------------------------------------------- */

static void rank_create(rank *r, const case_shape *shape, const double *v)
{
    const spn_context_settings settings = {.cancel = &r->flag};
    assert_int_equal(spn_context_create(&settings, &r->context), SPN_OK);
    r->made = case_create(r->context, shape, 31);
    r->v = v;
    if (r->farm.size > 0) {
        check_ok(r->context,
                 spn_network_error_shard(r->context, r->made.error, &r->farm, &r->held));
    }
    r->regularised.error = r->made.objective;
    r->loss = spn_regularise(&r->regularised);
    check_ok(r->context, spn_point_create(r->context, r->made.objective, &r->error_point));
    check_ok(r->context, spn_point_create(r->context, &r->loss, &r->loss_point));
    r->count = count_for(r->made.size);
    r->numbers = case_vector(r->count);
}

static void rank_free(rank *r)
{
    spn_point_free(r->context, r->error_point);
    spn_point_free(r->context, r->loss_point);
    case_free(&r->made);
    spn_dataset_free(r->context, r->held);
    spn_context_free(r->context);
    free(r->numbers);
}

static stage *stage_create(int64_t size, rank *ranks, const case_shape *shape, const double *v)
{
    stage *played = stage_open(size);
    for (int64_t r = 0; r < size; r++) {
        ranks[r].farm = rank_of(played, r, size);
        rank_create(&ranks[r], shape, v);
    }
    return played;
}

static void run_all(int64_t size, rank *ranks, void *(*body)(void *))
{
    pthread_t threads[RANKS];
    stage *played = ranks[0].farm.state;
    memset(played->has_heard, 0, sizeof played->has_heard);
    for (int64_t r = 0; r < size; r++) {
        assert_int_equal(pthread_create(&threads[r], NULL, body, &ranks[r]), 0);
    }
    for (int64_t r = 0; r < size; r++) {
        pthread_join(threads[r], NULL);
    }
}

static void stage_free(stage *played, int64_t size, rank *ranks)
{
    for (int64_t r = 0; r < size; r++) {
        rank_free(&ranks[r]);
    }
    stage_close(played);
}

static void check_same(const rank *r, const rank *alone)
{
    check_ok(r->context, r->status);
    for (int64_t i = 0; i < alone->count; i++) {
        if (memcmp(&r->numbers[i], &alone->numbers[i], sizeof(double)) != 0) {
            fail_msg("rank %lld of %lld: number %lld is %.17g, not %.17g", (long long)r->farm.rank,
                     (long long)r->farm.size, (long long)i, r->numbers[i], alone->numbers[i]);
        }
    }
    assert_memory_equal(&r->labels, &alone->labels, sizeof r->labels);
}

static void test_ranks_do_not_change_bits(void **state)
{
    (void)state;
    static const int64_t sizes[] = {1, 2, 5, RANKS};
    for (int s = 0; s < SHAPES; s++) {
        rank alone = {.count = 0};
        double *v = case_vector(VECTORS * 20000);
        case_fill(VECTORS * 20000, 1.0, 5, v);
        rank_create(&alone, &shapes[s], v);
        find(&alone);
        check_ok(alone.context, alone.status);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            rank ranks[RANKS] = {{.count = 0}};
            stage *played = stage_create(sizes[i], ranks, &shapes[s], v);
            run_all(sizes[i], ranks, find);
            for (int64_t r = 0; r < sizes[i]; r++) {
                check_same(&ranks[r], &alone);
            }
            assert_int_equal(played->wrong, 0);
            stage_free(played, sizes[i], ranks);
        }
        rank_free(&alone);
        free(v);
    }
}

/* A rank has about its share of the samples, and of what a point keeps of each. */
static void test_samples_are_shared(void **state)
{
    (void)state;
    static const case_shape large = {40000, 3, 2, 1, {20}, SPN_TANH, true, SPN_ERROR_MSE};
    double *v = case_vector(VECTORS * 20000);
    rank ranks[RANKS] = {{.count = 0}};
    stage *played = stage_create(RANKS, ranks, &large, v);
    for (int64_t r = 0; r < RANKS; r++) {
        assert_true(ranks[r].held->samples >= large.samples / RANKS);
        assert_true(ranks[r].held->samples <= large.samples / RANKS + 1016);
    }
    const spn_rank_room all = spn_network_error_room(ranks[0].made.error, 1);
    const spn_rank_room room = spn_network_error_room(ranks[0].made.error, RANKS);
    assert_true(room.samples < all.samples && room.point < all.point / 4);
    stage_free(played, RANKS, ranks);
    free(v);
}

static void test_too_few_samples(void **state)
{
    (void)state;
    static const case_shape few = {3, 3, 2, 1, {2}, SPN_TANH, true, SPN_ERROR_MSE};
    spn_context *context = NULL;
    spn_dataset *held = NULL;
    spn_farm farm = {.size = 4, .is_sharded = true};
    check_ok(NULL, spn_context_create(NULL, &context));
    network_case made = case_create(context, &few, 3);
    check_fails(context, spn_network_error_shard(context, made.error, &farm, &held),
                SPN_ERROR_INPUT, "3 samples are too few for 4 ranks");
    case_set(&made, made.theta); /* the error is as it was */
    case_free(&made);
    spn_context_free(context);
}

/* ---- Failures ---------------------------------------------------------------------------------- */

static void *set_once(void *memory)
{
    rank *r = memory;
    return end(r, spn_point_set(r->context, r->error_point, r->made.theta, 0, NULL, SPN_WANT_ALL));
}

/* Inside the sum, and inside the relay of a trace. */
static void *set_inside(void *memory)
{
    rank *r = memory;
    return end(r,
               r->made.objective->operations->set(r->context, r->error_point, NULL, SPN_WANT_ALL));
}

static void *trace_inside(void *memory)
{
    rank *r = memory;
    double trace = 0;
    return end(
        r, r->made.objective->operations->trace(r->context, r->error_point, SPN_PART_FULL, &trace));
}

/* One rank alone is told to stop: all are, with the same words, before a sum, in it and in a relay; then all go on. */
static void test_a_failure_is_everybodys(void **state)
{
    (void)state;
    enum { SIZE = 3 };
    double *v = case_vector(VECTORS * 20000);
    rank ranks[RANKS] = {{.count = 0}};
    stage *played = stage_create(SIZE, ranks, &shapes[0], v);
    for (int64_t told = 0; told < SIZE; told++) {
        static void *(*const bodies[])(void *) = {set_once, set_inside, trace_inside};
        for (int i = 0; i < 3; i++) {
            atomic_store(&ranks[told].flag, 1);
            run_all(SIZE, ranks, bodies[i]);
            atomic_store(&ranks[told].flag, 0);
            for (int64_t r = 0; r < SIZE; r++) {
                check_fails(ranks[r].context, ranks[r].status, SPN_ERROR_INTERRUPTED,
                            "interrupted");
            }
            run_all(SIZE, ranks, set_once);
            for (int64_t r = 0; r < SIZE; r++) {
                check_ok(ranks[r].context, ranks[r].status);
            }
        }
    }
    const spn_subset subset = {2, (int64_t[]){0, 1}};
    check_fails(ranks[0].context,
                spn_point_set(ranks[0].context, ranks[0].error_point, ranks[0].made.theta, 0,
                              &subset, SPN_WANT_ALL),
                SPN_ERROR_UNSUPPORTED, "a subset of samples that ranks share");
    stage_free(played, SIZE, ranks);
    free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranks_do_not_change_bits),
        cmocka_unit_test(test_samples_are_shared),
        cmocka_unit_test(test_too_few_samples),
        cmocka_unit_test(test_a_failure_is_everybodys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
