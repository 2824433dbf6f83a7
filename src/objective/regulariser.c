/* SPDX-License-Identifier: MIT */
/* What methods ask of a regulariser (T24): n, its derivatives, and what it does to the spectrum. */
#include "objective/objective.h"
#include <spinodal/numeric.h>

#include <math.h>

static const spn_regulariser *regulariser_of(const spn_objective *objective)
{
    return SPNI_HAS_OPERATION(objective->operations, regulariser)
               ? objective->operations->regulariser(objective)
               : NULL;
}

/* NULL: all 1. */
static const double *weights_of(const spn_objective *objective)
{
    const spn_regulariser *regulariser = regulariser_of(objective);
    return regulariser != NULL ? regulariser->weights : NULL;
}

double spni_order(const double *weights, int64_t n, const double *theta)
{
    if (weights == NULL) {
        return spn_dot(n, theta, theta);
    }
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += weights[i] * theta[i] * theta[i];
    }
    return sum;
}

double spn_objective_order(const spn_objective *objective, const double *theta)
{
    return spni_order(weights_of(objective), objective->dimension, theta);
}

double spni_free_length(const spn_objective *objective, const double *theta)
{
    const double *weights = weights_of(objective);
    double length = 0;
    for (int64_t i = 0; weights != NULL && i < objective->dimension; i++) {
        length = weights[i] == 0 ? hypot(length, theta[i]) : length;
    }
    return length;
}

double spn_objective_order_root(const spn_objective *objective, const double *theta)
{
    const double *weights = weights_of(objective);
    int64_t n = objective->dimension;
    double largest = 0, sum = 0;
    if (weights == NULL) {
        return spn_norm(n, theta);
    }
    for (int64_t i = 0; i < n; i++) {
        double size = sqrt(weights[i]) * fabs(theta[i]);
        if (isnan(size)) {
            return size;
        }
        largest = fmax(largest, size);
    }
    if (largest == 0 || isinf(largest)) {
        return largest;
    }
    for (int64_t i = 0; i < n; i++) {
        double share = sqrt(weights[i]) * theta[i] / largest;
        sum += share * share;
    }
    return largest * sqrt(sum);
}

double spn_objective_order_along(const spn_objective *objective, const double *theta,
                                 const double *v)
{
    const double *weights = weights_of(objective);
    int64_t n = objective->dimension;
    if (weights == NULL) {
        return 2 * spn_dot(n, theta, v);
    }
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += weights[i] * theta[i] * v[i];
    }
    return 2 * sum;
}

void spn_objective_order_gradient(const spn_objective *objective, const double *theta, double *out)
{
    const double *weights = weights_of(objective);
    for (int64_t i = 0; i < objective->dimension; i++) {
        out[i] = 2 * spni_weight(weights, i) * theta[i];
    }
}

static bool are_equal(const double *weights, int64_t n)
{
    bool are = true;
    for (int64_t i = 1; weights != NULL && i < n; i++) {
        are = are && weights[i] == weights[0];
    }
    return are;
}

bool spn_objective_shifts(const spn_objective *objective, double parameter, double *shift)
{
    const spn_regulariser *regulariser = regulariser_of(objective);
    bool has_error = SPNI_HAS_OPERATION(objective->operations, error);
    *shift = 0;
    if (!has_error) {
        return true;
    }
    bool is_shift = regulariser != NULL && are_equal(regulariser->weights, objective->dimension);
    *shift = is_shift ? 2 * parameter * spni_weight(regulariser->weights, 0) : (double)NAN;
    return is_shift;
}

double spn_objective_stiffness(const spn_objective *objective, double parameter)
{
    const spn_regulariser *regulariser = regulariser_of(objective);
    double largest = 0;
    for (int64_t i = 0; regulariser != NULL && i < objective->dimension; i++) {
        largest = fmax(largest, spni_weight(regulariser->weights, i));
    }
    return 2 * parameter * largest;
}
