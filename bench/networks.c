/* SPDX-License-Identifier: MIT */
/* The steps of the main job on tanh networks of growing size: gradient, products with the Hessian, the
 * dense Hessian, a whole measurement, a whole Newton solve. */
#include "harness.h"

#include <spinodal/geometry.h>
#include <spinodal/network.h>
#include <spinodal/optimize.h>
#include <string.h>

enum { INPUTS = 3, OUTPUTS = 2, VECTORS_MAX = 8 };
static const double BETA = 0.05;

typedef struct subject {
    spn_dataset *dataset;
    spn_network *network;
    spn_network_error *error;
    spn_objective ridge;
    spn_point *point;
    spn_geometry_workspace *workspace;
    spn_arena *arena;
    spn_solver *solver;
    int64_t parameters, vectors;
    double *theta, *start, *hessian, *v, *hv;
    spn_geometry error_geometry, loss_geometry;
} subject;

static void subject_free(spn_context *context, subject *s)
{
    spn_release(context, s->theta);
    spn_release(context, s->start);
    spn_release(context, s->hessian);
    spn_release(context, s->v);
    spn_release(context, s->hv);
    spn_solver_free(context, s->solver);
    spn_geometry_workspace_free(context, s->workspace);
    spn_point_free(context, s->point);
    spn_network_error_free(context, s->error);
    spn_network_free(context, s->network);
    spn_dataset_free(context, s->dataset);
    spn_arena_free(s->arena);
}

/* The data of Figure 2: two correlated pairs of inputs and outputs. */
static spn_status make_problem(spn_context *context, subject *s, int64_t width, int64_t samples)
{
    spn_status status = SPN_OK;
    const double correlations[OUTPUTS] = {0.9, 0.5};
    const spn_data_settings data = {.kind = SPN_DATA_GAUSSIAN,
                                    .samples = samples,
                                    .inputs = INPUTS,
                                    .outputs = OUTPUTS,
                                    .correlations = {OUTPUTS, correlations},
                                    .moments = SPN_MOMENTS_EXACT,
                                    .seed = 1};
    SPN_TRY(spn_dataset_gaussian(context, &data, &s->dataset));
    const int64_t hidden[2] = {width, width};
    SPN_TRY(spn_network_create(context, INPUTS, OUTPUTS, 2, hidden, SPN_TANH, false, &s->network));
    SPN_TRY(spn_network_error_create(context, s->network, s->dataset, SPN_ERROR_MSE, &s->error));
    s->ridge = spn_ridge(spn_network_error_objective(s->error));
    s->parameters = s->ridge.dimension;
done:
    return status;
}

static spn_status subject_create(spn_context *context, subject *s, int64_t width, int64_t samples)
{
    spn_status status = SPN_OK;
    *s = (subject){.vectors = 1};
    SPN_TRY(make_problem(context, s, width, samples));
    SPN_TRY(spn_point_create(context, &s->ridge, &s->point));
    SPN_TRY(spn_geometry_workspace_create(context, s->parameters, &s->workspace));
    SPN_TRY(spn_arena_create(context, &s->arena));
    spn_settings settings;
    SPN_TRY(spn_settings_create(context, s->arena, &spn_solver_options, &settings));
    SPN_TRY(spn_solver_create(context, settings.values, &s->ridge, &s->solver));
    SPN_NEW(context, s->theta, s->parameters);
    SPN_NEW(context, s->start, s->parameters);
    SPN_NEW(context, s->hessian, s->parameters * s->parameters);
    SPN_NEW(context, s->v, VECTORS_MAX * s->parameters);
    SPN_NEW(context, s->hv, VECTORS_MAX * s->parameters);
    spn_network_initialize(s->network, SPN_INIT_FAN_IN, 0.7, 1, 0, s->start);
    memcpy(s->theta, s->start, (size_t)s->parameters * sizeof *s->theta);
    spn_random random = spn_random_stream(1, SPN_PURPOSE_PROBES, 0);
    for (int64_t i = 0; i < VECTORS_MAX * s->parameters; i++) {
        s->v[i] = spn_random_normal(&random);
    }
done:
    return status;
}

static spn_status gradient(spn_context *context, void *state)
{
    subject *s = state;
    return spn_point_set(context, s->point, s->theta, BETA, NULL,
                         SPN_WANT_VALUE | SPN_WANT_GRADIENT);
}

static spn_status linearise(spn_context *context, void *state)
{
    subject *s = state;
    return spn_point_set(context, s->point, s->theta, BETA, NULL, SPN_WANT_ALL);
}

static spn_status products(spn_context *context, void *state)
{
    subject *s = state;
    return spn_point_hvp(context, s->point, SPN_PART_FULL, s->vectors, s->v, s->hv);
}

static spn_status hessian(spn_context *context, void *state)
{
    subject *s = state;
    return spn_point_hessian(context, s->point, SPN_PART_FULL, s->hessian);
}

static spn_status measure(spn_context *context, void *state)
{
    subject *s = state;
    return spn_geometry_measure(context, s->workspace, s->point, SPN_GEOMETRY_SWEEP,
                                &s->error_geometry, &s->loss_geometry);
}

static spn_status solve(spn_context *context, void *state)
{
    subject *s = state;
    spn_solver_info info;
    memcpy(s->theta, s->start, (size_t)s->parameters * sizeof *s->theta);
    return spn_solver_run(context, s->solver, BETA, s->theta, &info);
}

static spn_status bench_network(spn_context *context, bench_report *report, int64_t width,
                                int64_t samples)
{
    spn_status status = SPN_OK;
    subject s;
    SPN_TRY(subject_create(context, &s, width, samples));
    /* Two operations a weight and sample forward, four backward; tanh is not counted. */
    const double flops = 6.0 * (double)s.parameters * (double)samples;
    const bench_case cases[] = {
        {"gradient", s.parameters, samples, flops, gradient, &s},
        {"value to curvature", s.parameters, samples, 0.0, linearise, &s},
        {"products, 1 vector", s.parameters, samples, 0.0, products, &s},
        {"products, 8 vectors", s.parameters, samples, 0.0, products, &s},
        {"dense Hessian", s.parameters, samples, 0.0, hessian, &s},
        {"geometry of both surfaces", s.parameters, samples, 0.0, measure, &s},
        {"Newton solve from random", s.parameters, samples, 0.0, solve, &s},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double median = 0.0;
        s.vectors = strstr(cases[i].name, "8 vectors") != NULL ? VECTORS_MAX : 1;
        SPN_TRY(linearise(context, &s));
        SPN_TRY(bench_run(context, report, &cases[i], &median));
    }
done:
    subject_free(context, &s);
    return status;
}

spn_status bench_networks(spn_context *context, bench_report *report)
{
    spn_status status = SPN_OK;
    /* 3-5-5-2, 3-16-16-2 and 3-30-30-2: P = 50, 336 and 1050. */
    const int64_t shapes[][2] = {{5, 1000}, {5, 10000}, {16, 1000}, {30, 1000}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        SPN_TRY(bench_network(context, report, shapes[i][0], shapes[i][1]));
    }
done:
    return status;
}
