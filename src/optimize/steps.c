/* SPDX-License-Identifier: MIT */
/* The steps of gradient descent, heavy ball, Adam (Kingma and Ba 2015) and mini-batch gradient descent. They
 * follow PyTorch's conventions: the gradient is that of L as given, the velocity is v = mu v + g. */
#include "optimize/optimize.h"

#include <math.h>
#include <string.h>

void spni_step_gd(int64_t n, const spn_solver_settings *settings, const double *theta,
                  const double *g, const spni_inertia *from, spni_inertia *to, double *next)
{
    (void)from, (void)to;
    for (int64_t i = 0; i < n; i++) {
        next[i] = theta[i] - settings->learning_rate * g[i];
    }
}

void spni_step_momentum(int64_t n, const spn_solver_settings *settings, const double *theta,
                        const double *g, const spni_inertia *from, spni_inertia *to, double *next)
{
    for (int64_t i = 0; i < n; i++) {
        to->first[i] = settings->momentum * from->first[i] + g[i];
        next[i] = theta[i] - settings->learning_rate * to->first[i];
    }
}

void spni_step_adam(int64_t n, const spn_solver_settings *settings, const double *theta,
                    const double *g, const spni_inertia *from, spni_inertia *to, double *next)
{
    to->powers[0] = from->powers[0] * settings->beta1;
    to->powers[1] = from->powers[1] * settings->beta2;
    for (int64_t i = 0; i < n; i++) {
        to->first[i] = settings->beta1 * from->first[i] + (1 - settings->beta1) * g[i];
        to->second[i] = settings->beta2 * from->second[i] + (1 - settings->beta2) * g[i] * g[i];
        double size = sqrt(to->second[i] / (1 - to->powers[1])) + settings->epsilon;
        next[i] = theta[i] - settings->learning_rate * (to->first[i] / (1 - to->powers[0])) / size;
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

spn_status spni_pass(spn_context *context, const spn_solver_settings *settings, spn_point *point,
                     double parameter, int64_t epoch, int64_t *order, double *theta,
                     int64_t *evaluations, bool *is_finite)
{
    spn_status status = SPN_OK;
    int64_t count = point->objective->samples;
    int64_t batch = settings->batch;
    shuffle(count, order, (uint64_t)settings->seed, (uint64_t)epoch);
    *is_finite = true;
    for (int64_t first = 0; first < count; first += batch) {
        spn_subset subset = {count - first < batch ? count - first : batch, order + first};
        bool is_whole = subset.count == count;
        ++*evaluations;
        SPN_TRY(spn_point_set(context, point, theta, parameter, is_whole ? NULL : &subset,
                              SPN_WANT_GRADIENT));
        spn_axpy(point->dimension, -settings->learning_rate, point->gradient, theta);
        if (!spn_all_finite(point->dimension, theta)) {
            *is_finite = false;
            goto done;
        }
    }
done:
    return status;
}
