/* SPDX-License-Identifier: MIT */
/** @file scaled.h  The same problem in other units, shuffled, or with its samples repeated. */
#ifndef SPINODAL_TEST_SCALED_H
#define SPINODAL_TEST_SCALED_H

#include "support.h"

#include <spinodal/data.h>

/** What is done to a data set, and what exact laws say of a linear network of `depth` layers without biases on it. */
typedef struct scaled_units {
    double inputs, targets;        /**< factors of x and y */
    double weight, value, control; /**< and then those of theta, L and beta */
} scaled_units;

static inline scaled_units scaled_units_of(double inputs, double targets, int depth)
{
    const double power = 1 / (double)depth;
    scaled_units u = {.inputs = inputs, .targets = targets, .value = targets * targets};
    u.weight = pow(targets / inputs, power);
    u.control = u.value / (u.weight * u.weight);
    return u;
}

/** Samples in the order `samples`, `count` of them (NULL: as they are), inputs in the order `inputs` (NULL: likewise;
 *  -1: a column of zeros), `columns` of them, with factors on x and y. */
static inline spn_dataset *scaled_data(spn_context *context, const spn_dataset *from,
                                       double inputs_by, double targets_by, int64_t count,
                                       const int64_t *samples, int64_t columns,
                                       const int64_t *inputs)
{
    const int64_t n = samples != NULL ? count : from->samples;
    const int64_t p = inputs != NULL ? columns : from->inputs, width = p + from->outputs;
    double *rows = calloc((size_t)(n * width), sizeof *rows);
    spn_dataset *out = NULL;
    if (rows == NULL) {
        fail_msg("out of memory");
    }
    for (int64_t s = 0; s < n; s++) {
        const int64_t sample = samples != NULL ? samples[s] : s;
        for (int64_t i = 0; i < p; i++) {
            const int64_t column = inputs != NULL ? inputs[i] : i;
            rows[s * width + i] =
                column < 0 ? 0 : inputs_by * from->x[column * from->stride + sample];
        }
        for (int64_t k = 0; k < from->outputs; k++) {
            rows[s * width + p + k] = targets_by * from->y[k * from->stride + sample];
        }
    }
    check_ok(context, spn_dataset_from_rows(context, n, p, from->outputs, rows, NULL, NULL, &out));
    free(rows);
    return out;
}

/** In other units, and nothing else. */
static inline spn_dataset *scaled_by(spn_context *context, const spn_dataset *from,
                                     double inputs_by, double targets_by)
{
    return scaled_data(context, from, inputs_by, targets_by, 0, NULL, 0, NULL);
}

#endif
