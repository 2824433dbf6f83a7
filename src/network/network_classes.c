/* SPDX-License-Identifier: MIT */
/* Classes of samples, and how many of them the outputs of a network get right. One logit f is that of class 1
 * beside 0 for class 0. */
#include "network/network.h"

#include <math.h>

/* The class with the largest target, the first of equals; *is_one_hot: it is 1 and all others are 0. One target is
 * the share of class 1. */
static int64_t class_of(const spn_dataset *dataset, int64_t n, bool *is_one_hot)
{
    *is_one_hot = false;
    if (dataset->outputs == 1) {
        return dataset->y[n] > 0.5 ? 1 : 0;
    }
    int64_t best = 0, zeros = 0;
    for (int64_t k = 0; k < dataset->outputs; k++) {
        double y = dataset->y[k * dataset->stride + n];
        best = y > dataset->y[best * dataset->stride + n] ? k : best;
        zeros += y == 0.0 ? 1 : 0;
    }
    *is_one_hot = zeros == dataset->outputs - 1 && dataset->y[best * dataset->stride + n] == 1.0;
    return best;
}

spn_status spni_classes_create(spn_context *context, spn_network_error *error)
{
    spn_status status = SPN_OK;
    const spn_dataset *dataset = error->dataset;
    int64_t *classes = NULL;
    bool has_classes = dataset->outputs > 1 || error->kind == SPN_ERROR_CROSS_ENTROPY;
    if (!has_classes) {
        return SPN_OK;
    }
    SPN_NEW(context, classes, dataset->samples);
    for (int64_t n = 0; has_classes && n < dataset->samples; n++) {
        bool is_one_hot = false;
        classes[n] = class_of(dataset, n, &is_one_hot);
        has_classes = is_one_hot || error->kind == SPN_ERROR_CROSS_ENTROPY;
    }
    if (has_classes) {
        error->classes = classes;
        classes = NULL;
    }
done:
    spn_release(context, classes);
    return status;
}

/* Right: all outputs before that of the class are smaller, none after it is larger. Where an output is NaN
 * nothing is. */
static bool is_right(const double *f, int64_t ld, int64_t outputs, int64_t class)
{
    if (outputs == 1) {
        return class == 1 ? f[0] > 0.0 : f[0] <= 0.0;
    }
    const double value = f[class * ld];
    for (int64_t k = 0; k < class; k++) {
        if (!(f[k * ld] < value)) {
            return false;
        }
    }
    for (int64_t k = class; k < outputs; k++) {
        if (!(f[k * ld] <= value)) {
            return false;
        }
    }
    return true;
}

int64_t spni_classes_right(const spn_network_error *error, const double *f, int64_t ld,
                           int64_t count, int64_t first)
{
    int64_t right = 0;
    for (int64_t n = 0; error->classes != NULL && n < count; n++) {
        right += is_right(f + n, ld, error->dataset->outputs, error->classes[first + n]) ? 1 : 0;
    }
    return right;
}

void spni_classes_count(const spn_network_error *error, const spni_block *block, int64_t first,
                        double *samples, double *right)
{
    const double *f = spni_values(&error->plan, block, error->network->depth);
    for (int64_t n = 0; n < block->count; n++) {
        const int64_t class = error->classes[first + n];
        samples[class] += 1.0;
        right[class] +=
            is_right(f + n, error->plan.block, error->dataset->outputs, class) ? 1.0 : 0.0;
    }
}

double spni_classes_share(const spn_network_error *error, int64_t right)
{
    return error->classes != NULL ? (double)right / (double)error->objective.samples : (double)NAN;
}
