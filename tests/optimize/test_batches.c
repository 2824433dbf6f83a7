/* SPDX-License-Identifier: MIT */
/* Mini-batches: steps written out, all samples as one batch, units, patience on made-up losses, bad settings. */
#include "support.h"
#include <spinodal/network.h>
#include <spinodal/numeric.h>
#include <spinodal/optimize.h>

#include <float.h>

enum { SAMPLES = 10, WEIGHTS = 2, EPOCHS = 7 };

static spn_solver_settings settings_of(int method)
{
    return (spn_solver_settings){.method = method,
                                 .tolerance = 1e-300,
                                 .max_iterations = EPOCHS,
                                 .learning_rate = 0.05,
                                 .momentum = 0.8,
                                 .beta1 = 0.7,
                                 .beta2 = 0.95,
                                 .epsilon = 1e-6,
                                 .batch = 3,
                                 .history = 4,
                                 .trust_radius = 0.1,
                                 .trust_radius_max = 1,
                                 .seed = 7};
}

static spn_context *new_context(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

static spn_solver_info minimize(const spn_solver_settings *settings, const spn_objective *objective,
                                double parameter, double *theta)
{
    spn_context *context = new_context();
    spn_solver *solver = NULL;
    spn_solver_info info;
    check_ok(context, spn_solver_create(context, settings, objective, &solver));
    check_ok(context, spn_solver_run(context, solver, parameter, theta, &info));
    spn_solver_free(context, solver);
    spn_context_free(context);
    return info;
}

/* Linear regression: L_n = (theta . x_n - y_n)^2 / 2, in units `unit` of x and y, samples from `shift` on. */
typedef struct regression {
    double unit;
    int64_t shift;
} regression;

static void residual_of(const regression *r, int64_t n, const double *theta, double *residual,
                        double *x)
{
    double at = (double)((n + r->shift) % SAMPLES);
    x[0] = r->unit;
    x[1] = r->unit * (at / 4 - 1);
    *residual = theta[0] * x[0] + theta[1] * x[1] - r->unit * (at * at / 16 - 0.3 * at);
}

static spn_status regression_set(spn_context *context, spn_point *point, const spn_subset *subset,
                                 unsigned wanted)
{
    (void)context, (void)wanted;
    const int64_t count = subset != NULL ? subset->count : SAMPLES;
    point->value = point->gradient[0] = point->gradient[1] = 0;
    for (int64_t i = 0; i < count; i++) {
        double x[WEIGHTS], residual = 0;
        residual_of(point->objective->problem, subset != NULL ? subset->indices[i] : i,
                    point->theta, &residual, x);
        point->value += residual * residual / 2 / (double)count;
        for (int k = 0; k < WEIGHTS; k++) {
            point->gradient[k] += residual * x[k] / (double)count;
        }
    }
    return SPN_OK;
}

static const spn_objective_operations regression_operations = {
    .size = sizeof(spn_objective_operations), .set = regression_set};

static spn_objective regression_objective(const regression *r)
{
    return (spn_objective){&regression_operations, r, WEIGHTS, SAMPLES, 0};
}

/* ---- Steps written out ------------------------------------------------------------------------- */

typedef struct hand {
    double theta[WEIGHTS], velocity[WEIGHTS], mean[WEIGHTS], square[WEIGHTS];
    int steps;
} hand;

static void hand_step(const spn_solver_settings *s, const double *g, hand *h)
{
    h->steps++;
    for (int k = 0; k < WEIGHTS; k++) {
        if (s->method == SPN_METHOD_SGD) {
            h->theta[k] -= s->learning_rate * g[k];
        } else if (s->method == SPN_METHOD_SGD_MOMENTUM) {
            h->velocity[k] = s->momentum * h->velocity[k] + g[k];
            h->theta[k] -= s->learning_rate * h->velocity[k];
        } else {
            h->mean[k] += (1 - s->beta1) * (g[k] - h->mean[k]);
            h->square[k] += (1 - s->beta2) * (g[k] * g[k] - h->square[k]);
            double mean = h->mean[k] / (1 - pow(s->beta1, h->steps));
            double square = h->square[k] / (1 - pow(s->beta2, h->steps));
            h->theta[k] -= s->learning_rate * mean / (sqrt(square) + s->epsilon);
        }
    }
}

static void shuffled(uint64_t epoch, int64_t *order)
{
    spn_random random = spn_random_stream(7, SPN_PURPOSE_BATCHES, epoch);
    for (int i = 0; i < SAMPLES; i++) {
        order[i] = i;
    }
    for (int i = SAMPLES - 1; i > 0; i--) {
        int64_t j = (int64_t)spn_random_below(&random, (uint64_t)i + 1), kept = order[j];
        order[j] = order[i];
        order[i] = kept;
    }
}

/* The gradient of a batch is the mean over its samples, 2 beta theta is not of the batch. */
static void hand_epoch(const spn_solver_settings *s, double beta, uint64_t epoch, hand *h)
{
    const regression r = {1, 0};
    int64_t order[SAMPLES];
    shuffled(epoch, order);
    for (int64_t first = 0; first < SAMPLES; first += s->batch) {
        const int64_t end = first + s->batch < SAMPLES ? first + s->batch : SAMPLES;
        double g[WEIGHTS] = {2 * beta * h->theta[0], 2 * beta * h->theta[1]};
        for (int64_t i = first; i < end; i++) {
            double x[WEIGHTS], residual = 0;
            residual_of(&r, order[i], h->theta, &residual, x);
            for (int k = 0; k < WEIGHTS; k++) {
                g[k] += residual * x[k] / (double)(end - first);
            }
        }
        hand_step(s, g, h);
    }
}

static const int methods[3] = {SPN_METHOD_SGD, SPN_METHOD_SGD_MOMENTUM, SPN_METHOD_SGD_ADAM};

/* Batches of 3, 3, 3, 1 in the order of each epoch's stream, from the epoch that was asked for. */
static void test_steps_written_out(void **state)
{
    (void)state;
    const regression r = {1, 0};
    const spn_objective inner = regression_objective(&r), objective = spn_ridge(&inner);
    const double beta = 0.02;
    for (int m = 0; m < 3; m++) {
        for (int64_t first = 0; first <= 5; first += 5) {
            const spn_solver_settings settings = settings_of(methods[m]);
            spn_context *context = new_context();
            spn_solver *solver = NULL;
            spn_solver_info info;
            double theta[WEIGHTS] = {1, -0.5};
            hand h = {.theta = {1, -0.5}};
            check_ok(context, spn_solver_create(context, &settings, &objective, &solver));
            spn_solver_begin_at(solver, first);
            check_ok(context, spn_solver_run(context, solver, beta, theta, &info));
            for (uint64_t epoch = 0; epoch < EPOCHS; epoch++) {
                hand_epoch(&settings, beta, (uint64_t)first + epoch, &h);
            }
            for (int k = 0; k < WEIGHTS; k++) {
                check_close(theta[k], h.theta[k], 1e-13, 1);
            }
            assert_int_equal(info.stop, SPN_STOP_MAX_ITERATIONS);
            assert_int_equal(info.iterations, EPOCHS);
            assert_int_equal(info.evaluations, 1 + 5 * EPOCHS + 1);
            spn_solver_free(context, solver);
            spn_context_free(context);
        }
    }
}

/* All samples as one batch: the method without batches, to the last bit, whatever the order; and the heavy ball without
 * momentum is sgd. */
static void test_one_batch_is_all_samples(void **state)
{
    (void)state;
    const int whole[3] = {SPN_METHOD_GD, SPN_METHOD_MOMENTUM, SPN_METHOD_ADAM};
    const regression r = {1, 0};
    const spn_objective objective = regression_objective(&r);
    for (int m = 0; m < 3; m++) {
        for (int64_t batch = SAMPLES; batch <= SAMPLES + 90; batch += 90) {
            spn_solver_settings settings = settings_of(methods[m]);
            double theta[WEIGHTS] = {1, -0.5}, other[WEIGHTS] = {1, -0.5};
            settings.batch = batch;
            minimize(&settings, &objective, 0, theta);
            settings.method = whole[m];
            minimize(&settings, &objective, 0, other);
            assert_memory_equal(theta, other, sizeof theta);
        }
    }
    spn_solver_settings settings = settings_of(SPN_METHOD_SGD_MOMENTUM);
    double theta[WEIGHTS] = {1, -0.5}, other[WEIGHTS] = {1, -0.5};
    settings.momentum = 0;
    minimize(&settings, &objective, 0, theta);
    settings.method = SPN_METHOD_SGD;
    minimize(&settings, &objective, 0, other);
    assert_memory_equal(theta, other, sizeof theta);
}

/* Samples in another order: all of them in one batch differ by rounding, small batches are other ones. */
static void test_permuted_samples(void **state)
{
    (void)state;
    const regression r = {1, 0}, turned = {1, 3};
    const spn_objective objective = regression_objective(&r), other = regression_objective(&turned);
    spn_solver_settings settings = settings_of(SPN_METHOD_SGD_ADAM);
    double a[WEIGHTS] = {1, -0.5}, b[WEIGHTS] = {1, -0.5};
    settings.batch = SAMPLES;
    minimize(&settings, &objective, 0, a);
    minimize(&settings, &other, 0, b);
    check_close(a[0], b[0], 1e-13, 1);
    check_close(a[1], b[1], 1e-13, 1);
    settings.batch = 3;
    a[0] = b[0] = 1;
    minimize(&settings, &objective, 0, a);
    minimize(&settings, &other, 0, b);
    assert_true(fabs(a[0] - b[0]) > 1e-6);
}

/* x -> c x, y -> c y multiplies E by c^2, of which Adam knows nothing but epsilon; the others take it as a learning rate. With a
 * power of 2 no bit changes. */
static void test_units(void **state)
{
    (void)state;
    const regression r = {1, 0}, scaled = {8, 0};
    const spn_objective e = regression_objective(&r), larger = regression_objective(&scaled);
    const spn_objective objective = spn_ridge(&e), other = spn_ridge(&larger);
    for (int m = 0; m < 3; m++) {
        spn_solver_settings settings = settings_of(methods[m]);
        double a[WEIGHTS] = {1, -0.5}, b[WEIGHTS] = {1, -0.5};
        minimize(&settings, &objective, 0.03125, a);
        if (methods[m] == SPN_METHOD_SGD_ADAM) {
            settings.epsilon *= 64;
        } else {
            settings.learning_rate /= 64;
        }
        minimize(&settings, &other, 64 * 0.03125, b);
        assert_memory_equal(a, b, sizeof a);
    }
}

/* ---- Patience ---------------------------------------------------------------------------------- */

/* Losses of batches as they are asked for, three an epoch (4, 4 and 2 samples); no gradient. */
typedef struct script {
    int64_t count, at;
    const double (*losses)[3];
} script;

static spn_status script_set(spn_context *context, spn_point *point, const spn_subset *subset,
                             unsigned wanted)
{
    (void)context;
    script *s = *(script *const *)point->objective->problem;
    point->gradient[0] = 0;
    point->value = 5;
    if (subset != NULL) {
        assert_true(s->at < 3 * s->count && (wanted & SPN_WANT_VALUE) != 0);
        assert_int_equal(subset->count, s->at % 3 < 2 ? 4 : 2);
        point->value = s->losses[s->at / 3][s->at % 3];
        s->at++;
    }
    return SPN_OK;
}

static const spn_objective_operations script_operations = {.size = sizeof(spn_objective_operations),
                                                           .set = script_set};

static spn_solver_info follow(int64_t count, const double (*losses)[3], int64_t patience,
                              double least)
{
    script s = {count, 0, losses}, *pointer = &s;
    const spn_objective objective = {&script_operations, &pointer, 1, SAMPLES, 0};
    spn_solver_settings settings = settings_of(SPN_METHOD_SGD_ADAM);
    double theta = 1;
    settings.batch = 4;
    settings.max_iterations = count;
    settings.patience = patience;
    settings.least_improvement = least;
    const spn_solver_info info = minimize(&settings, &objective, 0, &theta);
    assert_int_equal(s.at, 3 * info.iterations);
    check_close(info.value, 5, 0, 0); /* that of all samples, at the end */
    return info;
}

static void check_stop(spn_solver_info info, spn_stop stop, int64_t epochs)
{
    assert_int_equal(info.stop, stop);
    assert_int_equal(info.iterations, epochs);
    assert_int_equal(info.evaluations, 1 + 3 * epochs + 1);
}

/* The mean of epoch 1 is 0.98 with the short batch at its weight (4 + 4 + 2 x 0.9) / 10, and would be 0.967 without. */
static void test_patience(void **state)
{
    (void)state;
    static const double level[6][3] = {{1, 1, 1}, {1, 1, 0.9}, {1, 1, 0.9},
                                       {1, 1, 1}, {1, 1, 1},   {1, 1, 1}};
    /* Means 1, 0.98, then the same again and worse: the best is that of epoch 1. */
    check_stop(follow(6, level, 1, 0), SPN_STOP_PATIENCE, 3);
    check_stop(follow(6, level, 2, 0), SPN_STOP_PATIENCE, 4);
    check_stop(follow(6, level, 4, 0), SPN_STOP_PATIENCE, 6);
    check_stop(follow(6, level, 5, 0), SPN_STOP_MAX_ITERATIONS, 6);
    check_stop(follow(6, level, 4, (double)NAN), SPN_STOP_PATIENCE, 6);
    /* Two per cent: 0.98 is an improvement by 1.9 %, none by 2.5 %. */
    check_stop(follow(6, level, 2, 0.019), SPN_STOP_PATIENCE, 4);
    check_stop(follow(6, level, 2, 0.025), SPN_STOP_PATIENCE, 3);
    /* Steps down count against the best, 0.97 in epoch 2, not against the last. */
    static const double slow[6][3] = {{1, 1, 1},       {.98, .98, .98}, {.97, .97, .97},
                                      {.96, .96, .96}, {.95, .95, .95}, {.94, .94, .94}};
    check_stop(follow(6, slow, 2, 0.025), SPN_STOP_PATIENCE, 5);
    check_stop(follow(6, slow, 3, 0.025), SPN_STOP_MAX_ITERATIONS, 6);
    check_stop(follow(6, slow, 2, 0.035), SPN_STOP_PATIENCE, 3);
    /* A loss below 0 improves downwards. */
    static const double below[4][3] = {
        {-1, -1, -1}, {-1.01, -1.01, -1.01}, {-1.2, -1.2, -1.2}, {-1.21, -1.21, -1.21}};
    check_stop(follow(4, below, 1, 0.05), SPN_STOP_PATIENCE, 2);
    check_stop(follow(4, below, 2, 0.05), SPN_STOP_MAX_ITERATIONS, 4);
    static const double lost[2][3] = {{1, 1, 1}, {1, HUGE_VAL, 1}};
    check_stop(follow(2, lost, 2, 0), SPN_STOP_DIVERGED, 2);
}

/* With patience the steps are the same, and L is evaluated at the end only. Each weight moves by no more than about the learning
 * rate a step, so that at 1e-12 the mean loss stands still to 1e-10 of itself and ends after exactly 1 + patience epochs. */
static void test_patience_changes_no_step(void **state)
{
    (void)state;
    const regression r = {1, 0};
    const spn_objective objective = regression_objective(&r);
    for (int m = 0; m < 3; m++) {
        spn_solver_settings settings = settings_of(methods[m]);
        double theta[WEIGHTS] = {1, -0.5}, other[WEIGHTS] = {1, -0.5};
        const spn_solver_info plain = minimize(&settings, &objective, 0, theta);
        settings.patience = EPOCHS + 1;
        const spn_solver_info patient = minimize(&settings, &objective, 0, other);
        assert_memory_equal(theta, other, sizeof theta);
        assert_memory_equal(&plain.value, &patient.value, sizeof plain.value);
        assert_memory_equal(&plain.gradient_norm, &patient.gradient_norm, sizeof(double));
        assert_int_equal(patient.evaluations, 1 + 4 * EPOCHS + 1);
        settings.learning_rate = 1e-12;
        settings.patience = 4;
        settings.least_improvement = 1e-9;
        const spn_solver_info still = minimize(&settings, &objective, 0, other);
        assert_int_equal(still.stop, SPN_STOP_PATIENCE);
        assert_int_equal(still.iterations, 5);
    }
}

/* What has diverged is left at the end of its last good epoch. */
static void test_divergence(void **state)
{
    (void)state;
    const double a[2] = {0, 1};
    spn_landscape landscape = {SPN_LANDSCAPE_DOUBLE_WELL, 2, a};
    const spn_objective objective = spn_landscape_objective(&landscape);
    for (int m = 0; m < 2; m++) {
        spn_solver_settings settings = settings_of(methods[m]);
        double theta[2] = {2, 1};
        settings.learning_rate = 1e10;
        settings.patience = 1000;
        settings.max_iterations = 1000;
        const spn_solver_info info = minimize(&settings, &objective, 0, theta);
        assert_int_equal(info.stop, SPN_STOP_DIVERGED);
        assert_true(isfinite(info.value) && spn_all_finite(2, theta));
    }
}

/* Raises the flag when it has been evaluated so often. */
typedef struct interrupting {
    atomic_int flag;
    int64_t left;
} interrupting;

static spn_status interrupting_set(spn_context *context, spn_point *point, const spn_subset *subset,
                                   unsigned wanted)
{
    interrupting *s = *(interrupting *const *)point->objective->problem;
    (void)context, (void)subset, (void)wanted;
    if (--s->left == 0) {
        atomic_store(&s->flag, 1);
    }
    point->value = 1;
    point->gradient[0] = 1;
    return SPN_OK;
}

/* Interrupted in epoch 2, of four steps of 0.05: the state is that behind epoch 1, of which L is not known. */
static void test_interruption(void **state)
{
    (void)state;
    const spn_objective_operations operations = {.size = sizeof operations,
                                                 .set = interrupting_set};
    interrupting s = {.left = 1 + 4 * 2 + 2}, *pointer = &s;
    const spn_objective objective = {&operations, &pointer, 1, SAMPLES, 0};
    spn_context_settings context_settings = {.cancel = &s.flag};
    spn_solver_settings settings = settings_of(SPN_METHOD_SGD);
    spn_context *context = NULL;
    spn_solver *solver = NULL;
    spn_solver_info info;
    double theta = 1;
    settings.patience = 100;
    assert_int_equal(spn_context_create(&context_settings, &context), SPN_OK);
    check_ok(context, spn_solver_create(context, &settings, &objective, &solver));
    check_ok(context, spn_solver_run(context, solver, 0, &theta, &info));
    assert_int_equal(info.stop, SPN_STOP_INTERRUPTED);
    assert_int_equal(info.iterations, 2);
    check_close(theta, 1 - 8 * 0.05, 1e-15, 0);
    assert_true(isnan(info.value) && isnan(info.gradient_norm));
    spn_solver_free(context, solver);
    spn_context_free(context);
}

static void test_bad_settings(void **state)
{
    (void)state;
    spn_context *context = new_context();
    spn_solver_settings settings = settings_of(SPN_METHOD_SGD_ADAM);
    settings.batch = 0;
    check_fails(context, spn_solver_check(context, &settings), SPN_ERROR_INPUT, "solver.batch");
    settings = settings_of(SPN_METHOD_SGD_ADAM);
    settings.patience = -1;
    check_fails(context, spn_solver_check(context, &settings), SPN_ERROR_INPUT, "solver.patience");
    settings.patience = 1;
    settings.least_improvement = 1;
    check_fails(context, spn_solver_check(context, &settings), SPN_ERROR_INPUT,
                "solver.least_improvement");
    settings.patience = 0;
    settings.least_improvement = 0.1;
    check_fails(context, spn_solver_check(context, &settings), SPN_ERROR_INPUT,
                "only with solver.patience");
    settings = settings_of(SPN_METHOD_ADAM);
    settings.patience = 3;
    check_fails(context, spn_solver_check(context, &settings), SPN_ERROR_INPUT, "not adam");
    for (int method = 0; spn_method_words[method] != NULL; method++) {
        assert_int_equal(spn_method_is_stochastic((spn_method)method),
                         strncmp(spn_method_words[method], "sgd", 3) == 0);
    }
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_written_out), cmocka_unit_test(test_one_batch_is_all_samples),
        cmocka_unit_test(test_permuted_samples),  cmocka_unit_test(test_units),
        cmocka_unit_test(test_patience),          cmocka_unit_test(test_patience_changes_no_step),
        cmocka_unit_test(test_divergence),        cmocka_unit_test(test_interruption),
        cmocka_unit_test(test_bad_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
