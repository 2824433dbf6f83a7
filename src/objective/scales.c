/* SPDX-License-Identifier: MIT */
/* The natural scales of an objective. */
#include "objective/objective.h"
#include <spinodal/numeric.h>

#include <float.h>
#include <math.h>

static double positive(double size)
{
    return size > 0 && isfinite(size) ? size : 1;
}

void spni_objective_sizes(const spn_objective *objective, double *weight, double *value)
{
    *weight = *value = 1;
    if (SPNI_HAS_OPERATION(objective->operations, scales)) {
        objective->operations->scales(objective, weight, value);
        *weight = positive(*weight);
        *value = positive(*value);
    }
}

/* The nearest power of ten. */
static double decade(double size)
{
    return positive(pow(10, round(log10(positive(size)))));
}

spn_scales spn_objective_scales(const spn_objective *objective)
{
    double weight = 1, value = 1;
    spni_objective_sizes(objective, &weight, &value);
    return (spn_scales){.weight = decade(weight),
                        .value = decade(value),
                        .parameter = decade(value / weight / weight)};
}

double spn_objective_length(const spn_objective *objective, const double *theta)
{
    double least = SPN_WEIGHT_FLOOR * spn_objective_scales(objective).weight;
    double free = SPN_FREE_SHARE * spni_free_length(objective, theta);
    return fmax(spn_objective_order_root(objective, theta), fmax(free, least));
}

double spn_objective_rounding(const spn_objective *objective, const double *theta, double value)
{
    double free = spni_free_length(objective, theta);
    return DBL_EPSILON * (fabs(value) + 2 * sqrt(fabs(value)) * free);
}
