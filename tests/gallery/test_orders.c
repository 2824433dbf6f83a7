/* SPDX-License-Identifier: MIT */
/* Three starts that race: against gradient descent written out here, and what must hold between the columns. */
#include "gallery/orders/orders.h"
#include "support.h"

#include <stdio.h>
#include <sys/stat.h>

static spn_context *context;

static const int64_t methods[] = {SPN_PATH_FLOW, SPN_PATH_GD, SPN_PATH_ADAM, SPN_PATH_SGD};
static const double betas[] = {0, 1e-2}, residues[] = {1e-3, 0.05};
enum { METHODS = 4, BETAS = 2, RESIDUES = 2, DRAWS = 2, STEPS = 400 };
enum { RACES = METHODS * BETAS * RESIDUES * DRAWS };
static const char *const sets[] = {"data.samples=100"};

typedef struct study_run {
    char folder[512], path[600];
    spn_arena *arena;
    spni_orders_race *races;
} study_run;

static void run_study(const char *name, int64_t threads, study_run *out)
{
    const spni_orders_grid grid = {METHODS,  methods,  BETAS, betas,
                                   RESIDUES, residues, DRAWS, STEPS};
    spn_results results;
    support_scratch(name, out->folder);
    assert_int_equal(mkdir(out->folder, 0777), 0);
    snprintf(out->path, sizeof out->path, "%s/orders.h5", out->folder);
    const spn_gallery_settings settings = {
        .folder = out->folder, .threads = threads, .set_count = 1, .sets = sets};
    spni_job job = {.context = context, .settings = &settings, .is_good = true};
    check_ok(context, spni_orders_make(&job, &grid));
    assert_true(job.is_good);
    check_ok(context, spn_arena_create(context, &out->arena));
    check_ok(context, spn_results_read(context, out->arena, out->path, &results));
    const spn_table *table = spn_results_table(&results, "races");
    assert_non_null(table);
    assert_int_equal(table->rows, RACES);
    out->races = spn_arena_take(out->arena, RACES, sizeof *out->races);
    assert_non_null(out->races);
    check_ok(context,
             spn_table_convert(context, table, "orders.h5", &spni_orders_columns, out->races));
}

/* What most tests look at: made once. */
static study_run shared;

static int set_up(void **state)
{
    (void)state;
    if (spn_context_create(NULL, &context) != SPN_OK) {
        return -1;
    }
    run_study("shared", 2, &shared);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    spn_arena_free(shared.arena);
    spn_context_free(context);
    return 0;
}

/* Steps of theta -= 0.1 grad L from u_0 times normal deviates until E < level, or -1. */
static int64_t descend(const spn_study *study, double beta, double residue, int64_t draw,
                       double level)
{
    int64_t found = -1;
    const int64_t n = study->loss.dimension;
    spn_point *point = NULL;
    double *theta = calloc((size_t)n, sizeof *theta);
    assert_non_null(theta);
    spn_random random = spn_random_stream(1, SPN_PURPOSE_RESIDUE, (uint64_t)draw);
    for (int64_t i = 0; i < n; i++) {
        theta[i] = residue * spn_random_normal(&random);
    }
    check_ok(context, spn_point_create(context, &study->loss, &point));
    for (int64_t step = 0; step <= STEPS && found < 0; step++) {
        check_ok(context, spn_point_set(context, point, theta, beta, NULL,
                                        SPN_WANT_VALUE | SPN_WANT_GRADIENT));
        double square = 0;
        for (int64_t i = 0; i < n; i++) {
            square += theta[i] * theta[i];
        }
        found = point->value - beta * square < level ? step : -1;
        for (int64_t i = 0; i < n; i++) {
            theta[i] -= 0.1 * point->gradient[i];
        }
    }
    spn_point_free(context, point);
    free(theta);
    return found;
}

static void check_steps(double epoch, int64_t expected)
{
    if (expected < 0) {
        assert_true(isnan(epoch));
    } else {
        check_close(epoch, (double)expected, 0, 0);
    }
}

static void test_gradient_descent(void **state)
{
    (void)state;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    int64_t arrived = 0;
    check_ok(context, spn_experiment_create(context, &experiment));
    check_ok(context, spn_experiment_set(context, experiment, sets[0]));
    check_ok(context, spn_study_create(context, experiment, &study));
    for (int64_t i = 0; i < RACES; i++) {
        const spni_orders_race *r = &shared.races[i];
        assert_int_equal(r->race, i);
        if (r->method != SPN_PATH_GD) {
            continue;
        }
        check_close(r->learning_rate, 0.1, 0, 0);
        check_steps(r->epoch_trivial, descend(study, r->beta, r->residue, r->draw, 1.1));
        check_steps(r->epoch_strong, descend(study, r->beta, r->residue, r->draw, 1.6));
        arrived += !isnan(r->epoch_trivial);
    }
    assert_true(arrived >= 2);
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
}

/* Gradient flow in epochs of a time 0.1 is gradient descent but for terms of order 0.1 lambda, lambda the growth that
 * sets the time: below 0.05 of it and one epoch. */
static void test_flow(void **state)
{
    (void)state;
    const int64_t block = BETAS * RESIDUES * DRAWS;
    for (int64_t i = 0; i < block; i++) {
        const spni_orders_race *flow = &shared.races[i], *descent = &shared.races[block + i];
        assert_true(flow->method == SPN_PATH_FLOW && descent->method == SPN_PATH_GD);
        assert_true(isnan(flow->epoch_trivial) == isnan(descent->epoch_trivial));
        if (!isnan(flow->epoch_trivial)) {
            check_close(flow->epoch_trivial, descent->epoch_trivial, 0.05, 20);
            check_close(flow->epoch_middle, descent->epoch_middle, 0.05, 20);
        }
    }
}

static double epoch_of(const spni_orders_race *race, int64_t start)
{
    return start == SPNI_ORDERS_RANDOM    ? race->epoch_random
           : start == SPNI_ORDERS_MIDDLE  ? race->epoch_middle
           : start == SPNI_ORDERS_TRIVIAL ? race->epoch_trivial
                                          : HUGE_VAL;
}

/* The order is that of the epochs; the strong mode comes before the weak one; random starts do not know the residue; at
 * beta = 0.01 and u_0 = 0.001 both phases are strict minima (T14, T15) and the starts lie in their basins. */
static void test_columns(void **state)
{
    (void)state;
    int64_t leads = 0;
    for (int64_t i = 0; i < RACES; i++) {
        const spni_orders_race *r = &shared.races[i];
        const double first = epoch_of(r, r->first), second = epoch_of(r, r->second),
                     third = epoch_of(r, r->third);
        assert_true(first <= second && second <= third);
        assert_true(r->first == SPNI_ORDERS_NONE ||
                    (r->first != r->second && r->first != r->third));
        assert_true(isnan(r->epoch_trivial) || r->epoch_strong <= r->epoch_trivial);
        if (!isnan(r->epoch_trivial) && !isnan(r->epoch_middle)) {
            assert_true((r->lead > 0) == (r->epoch_middle < r->epoch_trivial));
            assert_true((r->lead < 0) == (r->epoch_middle > r->epoch_trivial));
            leads++;
        } else {
            assert_true(isnan(r->epoch_trivial) || r->lead == -1);
            assert_true(isnan(r->epoch_middle) || r->lead == 1);
        }
        const spni_orders_race *other = &shared.races[i - i % (RESIDUES * DRAWS) + r->draw];
        check_close(r->epoch_random, other->epoch_random, 0, 0);
        if (r->beta == 1e-2 && r->residue == 1e-3 && r->method != SPN_PATH_ADAM) {
            assert_true(isnan(r->lead));
        }
    }
    assert_true(leads > 6);
}

static char *load(const char *path, int64_t *size)
{
    enum { CAPACITY = 1 << 22 };
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *bytes = malloc(CAPACITY);
    assert_non_null(bytes);
    *size = (int64_t)fread(bytes, 1, CAPACITY, file);
    fclose(file);
    return bytes;
}

static void test_same_bits(void **state)
{
    (void)state;
    study_run one;
    int64_t one_size = 0, two_size = 0;
    run_study("one", 1, &one);
    char *a = load(one.path, &one_size), *b = load(shared.path, &two_size);
    assert_int_equal(one_size, two_size);
    assert_memory_equal(a, b, (size_t)one_size);
    free(a);
    free(b);
    spn_arena_free(one.arena);
}

/* One hidden unit a layer learns one mode: there is no full phase. */
static void test_no_phases(void **state)
{
    (void)state;
    char folder[512];
    const char *const narrow[] = {"data.samples=100", "model.hidden=[1, 1]"};
    support_scratch("narrow", folder);
    assert_int_equal(mkdir(folder, 0777), 0);
    const spn_gallery_settings settings = {
        .folder = folder, .threads = 1, .set_count = 2, .sets = narrow};
    spni_job job = {.context = context, .settings = &settings, .is_good = true};
    check_fails(context, spni_orders_make(&job, NULL), SPN_ERROR_NUMERIC, "no phase with one mode");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradient_descent), cmocka_unit_test(test_flow),
        cmocka_unit_test(test_columns),          cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_no_phases),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
