/* SPDX-License-Identifier: MIT */
/* All that is known of the methods: the steps of gradient descent, heavy ball, Adam (Kingma and Ba 2015) and mini-batch
 * gradient descent, and a row for each method of the solver and of paths. Steps follow PyTorch's conventions: the
 * gradient is that of L as given, the velocity is v = mu v + g. */
#include "optimize/optimize.h"

#include <math.h>
#include <string.h>

/* Where a step goes on from. */
static void take_over(int64_t n, const double *from, double *to)
{
    if (from != to) {
        memcpy(to, from, (size_t)n * sizeof *to);
    }
}

/* Steps move arrays where they are, none of which are the same: that is what lets their loops be vectorised. */

static void move_gd(int64_t n, double rate, const double *restrict g, double *restrict theta)
{
    for (int64_t i = 0; i < n; i++) {
        theta[i] = theta[i] - rate * g[i];
    }
}

static void step_gd(int64_t n, const spn_solver_settings *settings, const double *theta,
                    const double *g, const spni_inertia *from, spni_inertia *to, double *next)
{
    (void)from, (void)to;
    take_over(n, theta, next);
    move_gd(n, settings->learning_rate, g, next);
}

static void move_momentum(int64_t n, double momentum, double rate, const double *restrict g,
                          double *restrict velocity, double *restrict theta)
{
    for (int64_t i = 0; i < n; i++) {
        velocity[i] = momentum * velocity[i] + g[i];
        theta[i] = theta[i] - rate * velocity[i];
    }
}

static void step_momentum(int64_t n, const spn_solver_settings *settings, const double *theta,
                          const double *g, const spni_inertia *from, spni_inertia *to, double *next)
{
    take_over(n, from->first, to->first);
    take_over(n, theta, next);
    move_momentum(n, settings->momentum, settings->learning_rate, g, to->first, next);
}

static void move_means(int64_t n, const spn_solver_settings *settings, const double *restrict g,
                       double *restrict first, double *restrict second)
{
    const double beta1 = settings->beta1, beta2 = settings->beta2;
    for (int64_t i = 0; i < n; i++) {
        first[i] = beta1 * first[i] + (1 - beta1) * g[i];
        second[i] = beta2 * second[i] + (1 - beta2) * g[i] * g[i];
    }
}

/* Weights of Adam that are moved at a time: all that is at work then stays in the first cache. */
enum { PIECE = 512 };

static void step_adam(int64_t n, const spn_solver_settings *settings, const double *theta,
                      const double *g, const spni_inertia *from, spni_inertia *to, double *next)
{
    double way[PIECE];
    to->powers[0] = from->powers[0] * settings->beta1;
    to->powers[1] = from->powers[1] * settings->beta2;
    const spni_ratio by = {settings->learning_rate, 1 - to->powers[0], 1 - to->powers[1],
                           settings->epsilon};
    take_over(n, from->first, to->first);
    take_over(n, from->second, to->second);
    take_over(n, theta, next);
    for (int64_t begin = 0; begin < n; begin += PIECE) {
        const int64_t count = n - begin < PIECE ? n - begin : PIECE;
        move_means(count, settings, g + begin, to->first + begin, to->second + begin);
        to->kernels->ratio(count, &by, to->first + begin, to->second + begin, way);
        move_gd(count, 1, way, next + begin);
    }
}

/* Fisher-Yates, by the stream of this epoch alone. */
static void shuffle(int64_t count, int64_t *order, uint64_t seed, uint64_t epoch)
{
    spn_random random = spn_random_stream(seed, SPN_PURPOSE_BATCHES, epoch);
    for (int64_t i = 0; i < count; i++) {
        order[i] = i;
    }
    for (int64_t i = count - 1; i > 0; i--) {
        int64_t j = (int64_t)spn_random_below(&random, (uint64_t)i + 1);
        int64_t other = order[j];
        order[j] = order[i];
        order[i] = other;
    }
}

spn_status spni_pass(spn_context *context, spni_batches *batches, int64_t epoch)
{
    spn_status status = SPN_OK;
    spn_point *point = batches->point;
    const spn_solver_settings *settings = batches->settings;
    int64_t count = point->objective->samples;
    const unsigned wanted = SPN_WANT_GRADIENT | (batches->wants_mean ? SPN_WANT_VALUE : 0U);
    shuffle(count, batches->order, (uint64_t)settings->seed, (uint64_t)epoch);
    batches->mean = 0;
    batches->is_finite = true;
    for (int64_t first = 0; first < count && batches->is_finite; first += settings->batch) {
        int64_t left = count - first, size = left < settings->batch ? left : settings->batch;
        const spn_subset subset = {size, batches->order + first};
        batches->evaluations++;
        SPN_TRY(spn_point_set(context, point, batches->theta, batches->parameter,
                              size == count ? NULL : &subset, wanted));
        batches->mean += batches->wants_mean ? point->value * (double)size / (double)count : 0;
        batches->rule->step(point->dimension, settings, batches->theta, point->gradient,
                            &batches->inertia, &batches->inertia, batches->theta);
        batches->is_finite = spn_all_finite(point->dimension, batches->theta);
    }
done:
    return status;
}

/* ---- What is known of them ---------------------------------------------------------------------- */

/* |1 - eta lambda| <= 1. */
static void describe_gd(const spn_solver_settings *settings, int64_t samples, spn_path_facts *facts)
{
    (void)settings, (void)samples;
    facts->stable_most = 2;
}

/* It swings with a period of about 2 pi / sqrt(learning_rate lambda) and forgets in 2 / (1 - mu) epochs. The roots of
 * z^2 - (1 + mu - eta lambda) z + mu leave the unit circle at z = -1. */
static void describe_momentum(const spn_solver_settings *settings, int64_t samples,
                              spn_path_facts *facts)
{
    (void)samples;
    facts->time = settings->learning_rate / (1 - settings->momentum);
    facts->share = settings->momentum;
    facts->memory = 2 / (1 - settings->momentum);
    facts->stable_most = 2 * (1 + settings->momentum);
}

static void describe_adam(const spn_solver_settings *settings, int64_t samples,
                          spn_path_facts *facts)
{
    (void)samples;
    facts->time = (double)NAN;
    facts->memory = 1 / (1 - settings->beta1);
}

/* Paths by mini-batches have the steps of gradient descent. */
static void describe_sgd(const spn_solver_settings *settings, int64_t samples,
                         spn_path_facts *facts)
{
    int64_t batches = samples / settings->batch + (samples % settings->batch != 0);
    facts->time = settings->learning_rate * (double)batches;
}

static const spni_rule flow = {.title = "gradient flow", .is_continuous = true};
static const spni_rule gd = {.title = "gradient descent", .step = step_gd, .describe = describe_gd};
static const spni_rule momentum = {
    .title = "momentum", .step = step_momentum, .vectors = 1, .describe = describe_momentum};
static const spni_rule adam = {.title = "Adam",
                               .step = step_adam,
                               .vectors = 2,
                               .has_powers = true,
                               .describe = describe_adam};
static const spni_rule sgd = {
    .title = "SGD", .step = step_gd, .is_stochastic = true, .describe = describe_sgd};
static const spni_rule sgd_momentum = {
    .title = "SGD with momentum", .step = step_momentum, .vectors = 1, .is_stochastic = true};
static const spni_rule sgd_adam = {.title = "Adam by mini-batches",
                                   .step = step_adam,
                                   .vectors = 2,
                                   .has_powers = true,
                                   .is_stochastic = true};

const char *const spn_method_words[] = {[SPN_METHOD_NEWTON] = "newton",
                                        [SPN_METHOD_LBFGS] = "lbfgs",
                                        [SPN_METHOD_GD] = "gd",
                                        [SPN_METHOD_MOMENTUM] = "momentum",
                                        [SPN_METHOD_ADAM] = "adam",
                                        [SPN_METHOD_SGD] = "sgd",
                                        [SPN_METHOD_NEWTON_CG] = "newton_cg",
                                        [SPN_METHOD_SGD_MOMENTUM] = "sgd_momentum",
                                        [SPN_METHOD_SGD_ADAM] = "sgd_adam",
                                        NULL};
static const spni_solver_method solver_methods[] = {
    [SPN_METHOD_NEWTON] = {spni_newton, spni_newton_make, NULL, true},
    [SPN_METHOD_LBFGS] = {spni_lbfgs, spni_lbfgs_make, NULL, false},
    [SPN_METHOD_GD] = {spni_descent, NULL, &gd, false},
    [SPN_METHOD_MOMENTUM] = {spni_descent, NULL, &momentum, false},
    [SPN_METHOD_ADAM] = {spni_descent, NULL, &adam, false},
    [SPN_METHOD_SGD] = {spni_sgd, spni_sgd_make, &sgd, false},
    [SPN_METHOD_NEWTON_CG] = {spni_newton_cg_run, spni_newton_cg_make, NULL, true},
    [SPN_METHOD_SGD_MOMENTUM] = {spni_sgd, spni_sgd_make, &sgd_momentum, false},
    [SPN_METHOD_SGD_ADAM] = {spni_sgd, spni_sgd_make, &sgd_adam, false},
};

const char *const spn_path_words[] = {
    [SPN_PATH_FLOW] = "flow", [SPN_PATH_GD] = "gd",   [SPN_PATH_MOMENTUM] = "momentum",
    [SPN_PATH_ADAM] = "adam", [SPN_PATH_SGD] = "sgd", NULL};
static const spni_rule *const path_rules[] = {[SPN_PATH_FLOW] = &flow,
                                              [SPN_PATH_GD] = &gd,
                                              [SPN_PATH_MOMENTUM] = &momentum,
                                              [SPN_PATH_ADAM] = &adam,
                                              [SPN_PATH_SGD] = &sgd};

#define COUNT(items) ((int64_t)(sizeof items / sizeof *items))
_Static_assert(COUNT(spn_method_words) == COUNT(solver_methods) + 1,
               "a word and a row for each method");
_Static_assert(COUNT(spn_path_words) == COUNT(path_rules) + 1,
               "a word and a row for each path method");

const spni_solver_method *spni_solver_method_of(int method)
{
    return &solver_methods[method];
}

bool spn_method_is_exact(spn_method method)
{
    return solver_methods[method].is_exact;
}

double spn_solver_direction_share(const spn_solver_settings *settings)
{
    if (!spn_method_is_exact((spn_method)settings->method)) {
        return SPN_DIRECTION_SHARE_ROUGH;
    }
    return settings->method == SPN_METHOD_NEWTON_CG
               ? fmax(SPN_DIRECTION_SHARE, SPN_DIRECTION_MARGIN * settings->tolerance)
               : SPN_DIRECTION_SHARE;
}

bool spn_method_is_stochastic(spn_method method)
{
    const spni_rule *rule = solver_methods[method].rule;
    return rule != NULL && rule->is_stochastic;
}

const spni_rule *spni_path_rule(spn_path_method method)
{
    return path_rules[method];
}

bool spni_path_exists(int64_t method)
{
    return method >= 0 && method < COUNT(path_rules);
}

bool spn_path_is_continuous(int64_t method)
{
    return spni_path_exists(method) && path_rules[method]->is_continuous;
}

const char *spn_path_title(int64_t method)
{
    return spni_path_exists(method) ? path_rules[method]->title : "?";
}

int64_t spn_path_find(const char *word)
{
    for (int64_t i = 0; i < COUNT(path_rules); i++) {
        if (strcmp(spn_path_words[i], word) == 0) {
            return i;
        }
    }
    return -1;
}

spn_path_facts spn_path_describe(spn_path_method method, const spn_solver_settings *settings,
                                 int64_t samples)
{
    const spni_rule *rule = path_rules[method];
    spn_path_facts facts = {.is_stochastic = rule->is_stochastic,
                            .time = settings->learning_rate,
                            .stable_most = HUGE_VAL};
    if (rule->describe != NULL) {
        rule->describe(settings, samples, &facts);
    }
    return facts;
}
