/* SPDX-License-Identifier: MIT */
/** @file network_case.h  Small random problems for the tests of room `network`. */
#ifndef SPINODAL_TEST_NETWORK_CASE_H
#define SPINODAL_TEST_NETWORK_CASE_H

#include "support.h"

#include <spinodal/network.h>
#include <spinodal/numeric.h>

typedef struct case_shape {
    int64_t samples, inputs, outputs, hidden_count;
    int64_t hidden[4];
    spn_activation activation;
    bool has_bias;
    spn_error_kind kind;
} case_shape;

typedef struct network_case {
    spn_context *context;
    spn_dataset *data;
    spn_network *network;
    spn_network_error *error;
    const spn_objective *objective;
    spn_point *point;
    double *theta;
    int64_t size; /**< P */
} network_case;

static inline double *case_vector(int64_t count)
{
    double *vector = count >= 0 ? calloc((size_t)count, sizeof *vector) : NULL;
    if (vector == NULL) {
        fail_msg("out of memory");
    }
    return vector;
}

static inline void case_fill(int64_t count, double scale, uint64_t seed, double *out)
{
    spn_random random = spn_random_stream(seed, SPN_PURPOSE_TEST, 0);
    for (int64_t i = 0; i < count; i++) {
        out[i] = scale * spn_random_normal(&random);
    }
}

/** Normal inputs; normal targets, or for cross-entropy positive ones of sum 1 (with a rest, for one output). */
static inline spn_dataset *case_data(spn_context *context, const case_shape *shape, uint64_t seed)
{
    int64_t columns = shape->inputs + shape->outputs;
    double *rows = case_vector(shape->samples * columns);
    spn_dataset *data = NULL;
    case_fill(shape->samples * columns, 1.0, seed, rows);
    for (int64_t n = 0; shape->kind == SPN_ERROR_CROSS_ENTROPY && n < shape->samples; n++) {
        double *y = rows + n * columns + shape->inputs, sum = shape->outputs == 1 ? 1.0 : 0.0;
        for (int64_t k = 0; k < shape->outputs; k++) {
            y[k] = fabs(y[k]);
            sum += y[k];
        }
        for (int64_t k = 0; k < shape->outputs; k++) {
            y[k] /= sum;
        }
    }
    check_ok(context, spn_dataset_from_rows(context, shape->samples, shape->inputs, shape->outputs,
                                            rows, NULL, NULL, &data));
    free(rows);
    return data;
}

static inline network_case case_create(spn_context *context, const case_shape *shape, uint64_t seed)
{
    network_case made = {.context = context};
    made.data = case_data(context, shape, seed);
    check_ok(context,
             spn_network_create(context, shape->inputs, shape->outputs, shape->hidden_count,
                                shape->hidden, shape->activation, shape->has_bias, &made.network));
    check_ok(context,
             spn_network_error_create(context, made.network, made.data, shape->kind, &made.error));
    made.objective = spn_network_error_objective(made.error);
    made.size = spn_network_parameters(made.network);
    check_ok(context, spn_point_create(context, made.objective, &made.point));
    made.theta = case_vector(made.size);
    case_fill(made.size, 0.6, seed + 1000, made.theta);
    return made;
}

static inline void case_free(network_case *made)
{
    spn_point_free(made->context, made->point);
    spn_network_error_free(made->context, made->error);
    spn_network_free(made->context, made->network);
    spn_dataset_free(made->context, made->data);
    free(made->theta);
}

static inline void case_set(network_case *made, const double *theta)
{
    check_ok(made->context,
             spn_point_set(made->context, made->point, theta, 0.0, NULL, SPN_WANT_ALL));
}

/** The full symmetric matrix of a part at the point. Free with free(). */
static inline double *case_hessian(const network_case *made, spn_part part)
{
    int64_t n = made->size;
    double *h = case_vector(n * n);
    check_ok(made->context, spn_point_hessian(made->context, made->point, part, h));
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = 0; i < j; i++) {
            h[i + j * n] = h[j + i * n];
        }
    }
    return h;
}

static inline double case_largest(int64_t count, const double *x)
{
    double largest = 0.0;
    for (int64_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(x[i]));
    }
    return largest;
}

#endif
