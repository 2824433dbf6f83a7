/* SPDX-License-Identifier: MIT */
/* Change points of noisy curves with known truth. Rates are compared with what docs/transition.md says, within what
 * chance allows: four standard deviations of the binomial, that is one failure in 30,000. */
#include "support.h"

#include <spinodal/numeric.h>
#include <spinodal/transition.h>

enum { N = 100 };
static const spn_changes_settings settings = {
    .level = 0.01, .coverage = 0.95, .replicas = 99, .seed = 1};
static spn_context *context;
static double x[N], y[N];

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

typedef double curve(double beta);

static double line(double beta)
{
    return 1 - beta;
}

static double decay(double beta)
{
    return exp(-3 * beta);
}

static double root(double beta)
{
    return sqrt(beta + 0.01);
}

static double crossover(double beta)
{
    return tanh((beta - 0.5) / 0.2);
}

static double jump(double beta)
{
    return (beta < 0.35 ? 1 : 0.8) - 0.5 * beta;
}

/* Like |theta| at a first-order transition: a root to the fold, then a jump. */
static double fold(double beta)
{
    return beta < 0.43 ? 0.5 + sqrt(0.43 - beta) : 0.3;
}

static double kink(double beta)
{
    return fmax(0, 0.6 - beta);
}

static double constant(double beta)
{
    (void)beta;
    return 1;
}

/* Accuracies: all right up to a strength, then ever fewer. */
static double plateau(double beta)
{
    return 0.1 + 0.9 / (1 + exp((beta - 0.6) / 0.07));
}

/* The same with a second derivative that is not continuous. */
static double parabola(double beta)
{
    double behind = fmax(0, beta - 0.4);
    return 1 - 1.5 * behind * behind;
}

/* |theta| at a continuous onset. */
static double onset(double beta)
{
    return sqrt(fmax(0, 0.6 - beta));
}

/* Noise of other kinds than normal of one size; all but COUNTS of variance noise^2 (GROWING: at the end). */
typedef enum kind { NORMAL, HEAVY, GROWING, COUNTS } kind;

/* Student's t with three degrees of freedom, of unit variance. */
static double heavy_tailed(spn_random *random)
{
    double top = spn_random_normal(random), sum = 0;
    for (int k = 0; k < 3; k++) {
        double z = spn_random_normal(random);
        sum += z * z;
    }
    return top / sqrt(sum);
}

/* The share of so many trials that succeed. */
static double share(spn_random *random, int trials, double chance)
{
    int successes = 0;
    for (int k = 0; k < trials; k++) {
        successes += spn_random_uniform(random) < chance;
    }
    return (double)successes / trials;
}

/* At evenly spaced beta. */
static void sample_with(kind noise_kind, curve *f, double noise, uint64_t job)
{
    spn_random random = spn_random_stream(17 + (uint64_t)noise_kind, SPN_PURPOSE_TEST, job);
    for (int i = 0; i < N; i++) {
        x[i] = (i + 0.5) / N;
        double value = f(x[i]);
        y[i] = noise_kind == COUNTS  ? share(&random, (int)noise, value)
               : noise_kind == HEAVY ? value + noise * heavy_tailed(&random)
               : noise_kind == GROWING
                   ? value + noise * pow(10, x[i] - 1) * spn_random_normal(&random)
                   : value + noise * spn_random_normal(&random);
    }
}

/* Sample a curve: evenly, logarithmically, or at random. */
static void sample(curve *f, double noise, int spacing, uint64_t job)
{
    spn_random random = spn_random_stream(7 + (uint64_t)spacing, SPN_PURPOSE_TEST, job);
    for (int i = 0; i < N; i++) {
        double t = (i + 0.5) / N;
        x[i] = spacing == 0 ? t : spacing == 1 ? pow(10, 2 * t - 2) : spn_random_uniform(&random);
    }
    spn_sort(N, x);
    for (int i = 0; i < N; i++) {
        y[i] = f(x[i]) + noise * spn_random_normal(&random);
    }
}

typedef struct score {
    int64_t series, with_any, hits, right, covered;
} score;

/* Search `series` samples; count change points within 0.05 of `truth`. */
static score measure(curve *f, double noise, int64_t series, double truth, double order)
{
    score s = {.series = series};
    for (int64_t r = 0; r < series; r++) {
        int64_t count = 0;
        spn_change_point *points = NULL;
        /* on the logarithmic grid too few points lie behind the changes for every one to be found */
        sample(f, noise, order > 0 ? (int)(r % 2 * 2) : (int)(r % 3), (uint64_t)r);
        check_ok(context, spn_find_changes(context, &settings, N, x, y, &count, &points));
        s.with_any += count > 0;
        for (int64_t k = 0; k < count; k++) {
            assert_true(points[k].beta_low <= points[k].beta);
            assert_true(points[k].beta <= points[k].beta_high);
            if (fabs(points[k].beta - truth) < 0.05) {
                s.hits++;
                s.right += points[k].order == order;
                s.covered += points[k].beta_low <= truth && truth <= points[k].beta_high;
                break;
            }
        }
        spn_release(context, points);
    }
    return s;
}

/* At most `rate` of n, or at least: beyond four standard deviations it is not chance. */
static void check_at_most(int64_t count, int64_t n, double rate)
{
    double limit = (double)n * rate + 4 * sqrt((double)n * rate * (1 - rate));
    if ((double)count > limit) {
        print_error("%lld of %lld, at most %g expected\n", (long long)count, (long long)n, limit);
    }
    assert_true((double)count <= limit);
}

static void check_at_least(int64_t count, int64_t n, double rate)
{
    check_at_most(n - count, n, 1 - rate);
}

/* False alarms on curves without a transition. */
static void test_false_alarms(void **state)
{
    (void)state;
    static curve *const curves[] = {line, decay, root, crossover};
    static const double noises[] = {0.1, 0.01};
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < 2; i++) {
            score s = measure(curves[k], noises[i], 30, 0, 0);
            check_at_most(s.with_any, s.series, 0.04);
        }
    }
}

/* The rates of docs/transition.md, at most, for noise that is not normal or not of one size. */
static void test_other_noise(void **state)
{
    (void)state;
    static const struct {
        kind noise_kind;
        curve *f;
        double noise, rate;
    } cases[] = {
        {HEAVY, constant, 0.1, 0.05},   {HEAVY, decay, 0.03, 0.05},
        {GROWING, constant, 0.1, 0.05}, {GROWING, decay, 0.1, 0.05},
        {COUNTS, plateau, 100, 0.05},   {COUNTS, plateau, 1000, 0.05},
        {COUNTS, parabola, 1000, 0.06},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        int64_t with_any = 0, series = 30;
        for (int64_t r = 0; r < series; r++) {
            int64_t count = 0;
            spn_change_point *points = NULL;
            sample_with(cases[k].noise_kind, cases[k].f, cases[k].noise, (uint64_t)r);
            check_ok(context, spn_find_changes(context, &settings, N, x, y, &count, &points));
            with_any += count > 0;
            spn_release(context, points);
        }
        check_at_most(with_any, series, cases[k].rate);
    }
}

/* A continuous onset, |theta| = sqrt(0.6 - beta): its square has a kink, and no jump. Power and false orders. */
static void test_onset(void **state)
{
    (void)state;
    int64_t found = 0, jumps = 0, series = 20;
    for (int64_t r = 0; r < series; r++) {
        int64_t count = 0;
        spn_change_point *points = NULL;
        sample_with(NORMAL, onset, 0.003, (uint64_t)r);
        for (int i = 0; i < N; i++) {
            y[i] *= y[i];
        }
        check_ok(context, spn_find_changes(context, &settings, N, x, y, &count, &points));
        for (int64_t k = 0; k < count; k++) {
            if (fabs(points[k].beta - 0.6) < 0.05) {
                found++;
                jumps += points[k].order == 1;
                break;
            }
        }
        spn_release(context, points);
    }
    check_at_least(found, series, 0.98);
    check_at_most(jumps, found, 0.02);
}

static void test_jumps(void **state)
{
    (void)state;
    score s = measure(jump, 0.03, 30, 0.35, 1);
    check_at_least(s.hits, s.series, 0.98);
    check_at_least(s.right, s.hits, 0.95);
    check_at_least(s.covered, s.hits, 0.95);
    s = measure(fold, 0.03, 30, 0.43, 1);
    check_at_least(s.hits, s.series, 0.98);
    check_at_least(s.right, s.hits, 0.95);
    check_at_least(s.covered, s.hits, 0.95);
}

static void test_kinks(void **state)
{
    (void)state;
    score s = measure(kink, 0.01, 30, 0.6, 2);
    check_at_least(s.right, s.hits, 0.97);
    check_at_least(s.covered, s.hits, 0.93);
    assert_true(s.hits >= 5); /* a kink needs little noise: about half are seen */
}

/* Scaling and shifting x or y moves the answer and changes nothing else. */
static void test_units(void **state)
{
    (void)state;
    int64_t a = 0, b = 0;
    spn_change_point *first = NULL, *second = NULL;
    sample(jump, 0.03, 2, 5);
    check_ok(context, spn_find_changes(context, &settings, N, x, y, &a, &first));
    for (int i = 0; i < N; i++) {
        x[i] *= 1024;
        y[i] *= -512;
    }
    check_ok(context, spn_find_changes(context, &settings, N, x, y, &b, &second));
    assert_true(a == 1 && b == 1);
    check_close(second->beta, 1024 * first->beta, 1e-12, 0);
    check_close(second->beta_low, 1024 * first->beta_low, 1e-12, 0);
    check_close(second->value_jump, -512 * first->value_jump, 1e-9, 0);
    check_close(second->slope_jump, -0.5 * first->slope_jump, 1e-6, 1e-3);
    assert_true(first->p_value == second->p_value && first->order == second->order);
    spn_release(context, first);
    spn_release(context, second);
}

/* Without noise the place is known to the spacing, and the size to rounding. */
static void test_exact_data(void **state)
{
    (void)state;
    int64_t count = 0;
    spn_change_point *points = NULL;
    sample(jump, 0, 0, 0);
    check_ok(context, spn_find_changes(context, &settings, N, x, y, &count, &points));
    assert_int_equal(count, 1);
    assert_true(points->order == 1 && points->beta_low < 0.35 && 0.35 <= points->beta_high);
    check_close(points->beta_high - points->beta_low, 0.01, 1e-9, 0);
    check_close(points->value_jump, -0.2, 1e-6, 0);
    check_close(points->slope_jump, 0, 1e-4, 1);
    spn_release(context, points);
    sample(line, 0, 0, 0);
    check_ok(context, spn_find_changes(context, &settings, N, x, y, &count, &points));
    assert_int_equal(count, 0);
    spn_release(context, points);
    for (int i = 0; i < N; i++) {
        y[i] = 0;
    }
    check_ok(context, spn_find_changes(context, &settings, N, x, y, &count, &points));
    assert_int_equal(count, 0);
    spn_release(context, points);
}

static void test_bad_input(void **state)
{
    (void)state;
    int64_t count = 0;
    spn_change_point *points = NULL;
    sample(line, 0.1, 0, 0);
    check_fails(context, spn_find_changes(context, &settings, 11, x, y, &count, &points),
                SPN_ERROR_INPUT, "at least 12");
    y[4] = (double)NAN;
    check_fails(context, spn_find_changes(context, &settings, N, x, y, &count, &points),
                SPN_ERROR_INPUT, "sample 5");
    y[4] = 0;
    x[6] = 0;
    check_fails(context, spn_find_changes(context, &settings, N, x, y, &count, &points),
                SPN_ERROR_INPUT, "sample 7");
    for (int i = 0; i < N; i++) {
        x[i] = 1;
    }
    check_fails(context, spn_find_changes(context, &settings, N, x, y, &count, &points),
                SPN_ERROR_INPUT, "same beta");
    assert_null(points);
}

/* Three series: one place that all show, one that two show, one that only one shows. */
static void test_coincidences(void **state)
{
    (void)state;
    static const spn_change_point changes[] = {
        {.series = 0, .beta = 0.10, .beta_low = 0.09, .beta_high = 0.11},
        {.series = 2, .beta = 0.12, .beta_low = 0.115, .beta_high = 0.13},
        {.series = 1, .beta = 0.125, .beta_low = 0.12, .beta_high = 0.14},
        {.series = 1, .beta = 0.30, .beta_low = 0.29, .beta_high = 0.31},
        {.series = 0, .beta = 0.32, .beta_low = 0.31, .beta_high = 0.33},
        {.series = 0, .beta = 0.331, .beta_low = 0.33, .beta_high = 0.34},
    };
    int64_t count = 0;
    spn_coincidence *groups = NULL;
    check_ok(context, spn_find_coincidences(context, 6, changes, 3, 0.003, &count, &groups));
    assert_int_equal(count, 3);
    assert_true(groups[0].series == 3 && groups[0].points[0] == 0 && groups[0].points[1] == 2 &&
                groups[0].points[2] == 1);
    check_close(groups[0].spread, 0.025, 1e-12, 1);
    assert_true(groups[0].beta_low == 0.09 && groups[0].beta_high == 0.14);
    assert_true(groups[1].series == 2 && groups[1].points[2] == -1);
    /* one change point of each series at most */
    assert_true(groups[2].series == 1 && groups[2].points[0] == 5 && groups[2].spread == 0);
    spn_release(context, groups);
    check_fails(context, spn_find_coincidences(context, 6, changes, 2, 0, &count, &groups),
                SPN_ERROR_ARGUMENT, "series 2");
}

static spn_status search_once(spn_context *one, void *state)
{
    (void)state;
    static const spn_changes_settings few = {.level = 0.1, .coverage = 0.9, .replicas = 19};
    int64_t count = 0;
    spn_change_point *points = NULL;
    spn_status status = spn_find_changes(one, &few, N, x, y, &count, &points);
    spn_release(one, points);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    sample(jump, 0.03, 2, 5);
    assert_true(support_fail_each_allocation(search_once, NULL) >= 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_false_alarms), cmocka_unit_test(test_other_noise),
        cmocka_unit_test(test_onset),        cmocka_unit_test(test_jumps),
        cmocka_unit_test(test_kinks),        cmocka_unit_test(test_units),
        cmocka_unit_test(test_exact_data),   cmocka_unit_test(test_bad_input),
        cmocka_unit_test(test_coincidences), cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
