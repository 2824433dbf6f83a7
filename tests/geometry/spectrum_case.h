/* SPDX-License-Identifier: MIT */
/* A small network at a point, its curvature, and what is known of it: for tests of the ways to curvature. */
#ifndef TESTS_GEOMETRY_SPECTRUM_CASE_H
#define TESTS_GEOMETRY_SPECTRUM_CASE_H

#include "support.h"

#include <spinodal/geometry.h>
#include <spinodal/network.h>

typedef struct fixture {
    spn_context *context;
    spn_dataset *data;
    spn_network *network;
    spn_network_error *error;
    double *theta, *weights;
    spn_objective ridge, weighted;
    spn_regularised problem;
    spn_point *point;
    int64_t size;
} fixture;

static inline double *numbers(int64_t count, double scale, uint64_t seed)
{
    double *out = calloc((size_t)count, sizeof *out);
    assert_non_null(out);
    spn_random random = spn_random_stream(seed, SPN_PURPOSE_TEST, 0);
    for (int64_t i = 0; i < count; i++) {
        out[i] = scale * spn_random_normal(&random);
    }
    return out;
}

/* inputs-hidden-hidden-outputs, tanh with biases, N samples; a point of the ridge's L at beta. */
static inline void open_fixture(fixture *f, int64_t samples, int64_t inputs, int64_t hidden,
                                int64_t outputs, double beta)
{
    const int64_t widths[2] = {hidden, hidden};
    *f = (fixture){0};
    assert_int_equal(spn_context_create(NULL, &f->context), SPN_OK);
    double *rows = numbers(samples * (inputs + outputs), 1, 1);
    check_ok(f->context, spn_dataset_from_rows(f->context, samples, inputs, outputs, rows, NULL,
                                               NULL, &f->data));
    free(rows);
    check_ok(f->context, spn_network_create(f->context, inputs, outputs, 2, widths, SPN_TANH, true,
                                            &f->network));
    check_ok(f->context,
             spn_network_error_create(f->context, f->network, f->data, SPN_ERROR_MSE, &f->error));
    f->size = spn_network_parameters(f->network);
    f->theta = numbers(f->size, 0.5, 2);
    f->weights = numbers(f->size, 1, 3);
    for (int64_t i = 0; i < f->size; i++) {
        f->weights[i] = fabs(f->weights[i]);
    }
    f->ridge = spn_ridge(spn_network_error_objective(f->error));
    f->problem = (spn_regularised){spn_network_error_objective(f->error), {f->weights}};
    f->weighted = spn_regularise(&f->problem);
    check_ok(f->context, spn_point_create(f->context, &f->ridge, &f->point));
    check_ok(f->context, spn_point_set(f->context, f->point, f->theta, beta, NULL, SPN_WANT_ALL));
}

static inline void close_fixture(fixture *f)
{
    spn_point_free(f->context, f->point);
    spn_network_error_free(f->context, f->error);
    spn_network_free(f->context, f->network);
    spn_dataset_free(f->context, f->data);
    spn_context_free(f->context);
    free(f->theta);
    free(f->weights);
}

static inline spn_geometry_settings defaults(spn_context *context)
{
    spn_geometry_settings out;
    spn_arena *arena = NULL;
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context,
             spn_settings_defaults(context, arena, &spn_geometry_options, &out, sizeof out));
    spn_arena_free(arena);
    return out;
}

/* Sums of squares of P^2 numbers in another order. */
static const double ROUNDING = 1e-11;

static inline void check_same(const spn_curvature *actual, const spn_geometry *expected)
{
    double size = expected->trace * expected->trace;
    check_close(actual->trace.value, expected->trace, ROUNDING, sqrt(size));
    check_close(actual->trace_square.value, expected->frobenius_squared, ROUNDING, 0);
    check_close(actual->scalar_curvature.value, expected->scalar_curvature, ROUNDING, size);
    check_close(actual->mean_curvature.value, expected->mean_curvature, ROUNDING, 1);
    check_close(actual->gradient_norm, expected->gradient_norm, ROUNDING, 0);
    assert_true(actual->scalar_curvature.error == 0);
    assert_true(actual->scalar_curvature.low == actual->scalar_curvature.high);
}

enum { TRACE, SQUARE, SCALAR, LOSS_SQUARE, LOSS_SCALAR, QUANTITIES };

static inline void take(const spn_curvature *error, const spn_curvature *loss,
                        spn_estimate out[QUANTITIES])
{
    out[TRACE] = error->trace;
    out[SQUARE] = error->trace_square;
    out[SCALAR] = error->scalar_curvature;
    out[LOSS_SQUARE] = loss->trace_square;
    out[LOSS_SCALAR] = loss->scalar_curvature;
}

static inline bool holds(const spn_estimate *e, double truth)
{
    double slack = 1e-10 * fabs(truth);
    return e->low - slack <= truth && truth <= e->high + slack;
}

#endif
