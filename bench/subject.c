/* SPDX-License-Identifier: MIT */
#include "subject.h"

#include <stdio.h>
#include <string.h>

void subject_free(spn_context *context, subject *s)
{
    spn_release(context, s->theta);
    spn_release(context, s->warm);
    spn_release(context, s->scratch);
    spn_release(context, s->hessian);
    spn_release(context, s->matrix);
    spn_release(context, s->v);
    spn_release(context, s->hv);
    spn_solver_free(context, s->solver);
    spn_dense_free(context, s->dense);
    spn_geometry_workspace_free(context, s->workspace);
    spn_point_free(context, s->point);
    spn_study_free(context, s->study);
    spn_experiment_free(context, s->experiment);
}

/* The built-in experiment is Figure 2. */
static spn_status make_study(spn_context *context, subject *s, int64_t width, int64_t samples)
{
    spn_status status = SPN_OK;
    char key[80];
    SPN_TRY(spn_experiment_create(context, &s->experiment));
    snprintf(key, sizeof key, "model.hidden=[%lld, %lld]", (long long)width, (long long)width);
    SPN_TRY(spn_experiment_set(context, s->experiment, key));
    snprintf(key, sizeof key, "data.samples=%lld", (long long)samples);
    SPN_TRY(spn_experiment_set(context, s->experiment, key));
    SPN_TRY(spn_study_create(context, s->experiment, &s->study));
    s->shape = (bench_shape){.depth = 3, .width = {3, width, width, 2}, .samples = samples};
    s->parameters = s->study->loss.dimension;
done:
    return status;
}

spn_status subject_create(spn_context *context, subject *s, int64_t width, int64_t samples)
{
    spn_status status = SPN_OK;
    *s = (subject){.vectors = 1};
    SPN_TRY(make_study(context, s, width, samples));
    int64_t p = s->parameters;
    SPN_TRY(spn_point_create(context, &s->study->loss, &s->point));
    SPN_TRY(spn_geometry_workspace_create(context, p, &s->workspace));
    SPN_TRY(spn_dense_create(context, p, &s->dense));
    SPN_TRY(spn_solver_create(context, spn_experiment_solver(s->experiment), &s->study->loss,
                              &s->solver));
    SPN_NEW(context, s->theta, p);
    SPN_NEW(context, s->warm, p);
    SPN_NEW(context, s->scratch, p);
    SPN_NEW(context, s->hessian, p * p);
    SPN_NEW(context, s->matrix, p * p);
    SPN_NEW(context, s->v, SUBJECT_VECTORS * p);
    SPN_NEW(context, s->hv, SUBJECT_VECTORS * p);
    SPN_TRY(spn_study_initial(context, s->study, 0, s->theta));
    memcpy(s->warm, s->theta, (size_t)p * sizeof *s->warm);
    spn_random random = spn_random_stream(1, SPN_PURPOSE_PROBES, 0);
    for (int64_t i = 0; i < SUBJECT_VECTORS * p; i++) {
        s->v[i] = spn_random_normal(&random);
    }
    SPN_TRY(subject_linearise(context, s));
    SPN_TRY(subject_hessian(context, s));
done:
    return status;
}

spn_status subject_gradient(spn_context *context, void *state)
{
    subject *s = state;
    return spn_point_set(context, s->point, s->theta, SUBJECT_BETA, NULL,
                         SPN_WANT_VALUE | SPN_WANT_GRADIENT);
}

/* Gradient descent on L, by so little that the work stays the same. */
spn_status subject_step(spn_context *context, void *state)
{
    spn_status status = SPN_OK;
    subject *s = state;
    SPN_TRY(spn_point_set(context, s->point, s->warm, SUBJECT_BETA, NULL,
                          SPN_WANT_VALUE | SPN_WANT_GRADIENT));
    spn_axpy(s->parameters, -SUBJECT_RATE, s->point->gradient, s->warm);
done:
    return status;
}

spn_status subject_linearise(spn_context *context, void *state)
{
    subject *s = state;
    return spn_point_set(context, s->point, s->theta, SUBJECT_BETA, NULL, SPN_WANT_ALL);
}

spn_status subject_products(spn_context *context, void *state)
{
    subject *s = state;
    return spn_point_hvp(context, s->point, SPN_PART_FULL, s->vectors, s->v, s->hv);
}

spn_status subject_hessian(spn_context *context, void *state)
{
    subject *s = state;
    /* The operation itself: spn_point_hessian() would copy what it has kept of the first call. */
    const spn_point *error = spn_point_error(s->point);
    return error->objective->operations->hessian(context, error, SPN_PART_FULL, s->hessian);
}

/* From theta alone: evaluation, Hessian, R of the error surface. */
spn_status subject_curvature(spn_context *context, void *state)
{
    spn_status status = SPN_OK;
    subject *s = state;
    spn_geometry error;
    SPN_TRY(subject_linearise(context, s));
    SPN_TRY(spn_geometry_measure(context, s->workspace, s->point, 0, &error, NULL));
done:
    return status;
}

spn_status subject_measure(spn_context *context, void *state)
{
    subject *s = state;
    spn_geometry error, loss;
    return spn_geometry_measure(context, s->workspace, s->point, SPN_GEOMETRY_SWEEP, &error, &loss);
}

static spn_status eigen(spn_context *context, subject *s, bool vectors)
{
    size_t size = (size_t)(s->parameters * s->parameters) * sizeof *s->matrix;
    memcpy(s->matrix, s->hessian, size);
    return spn_eigen(context, s->dense, s->parameters, s->matrix, vectors, s->scratch);
}

spn_status subject_values(spn_context *context, void *state)
{
    return eigen(context, state, false);
}

spn_status subject_vectors(spn_context *context, void *state)
{
    return eigen(context, state, true);
}

spn_status subject_warm(spn_context *context, subject *s)
{
    memcpy(s->warm, s->theta, (size_t)s->parameters * sizeof *s->warm);
    return spn_solver_run(context, s->solver, SUBJECT_WARM_BETA, s->warm, &s->info);
}

spn_status subject_settle(spn_context *context, subject *s)
{
    return spn_point_set(context, s->point, s->warm, SUBJECT_WARM_BETA, NULL, SPN_WANT_ALL);
}

spn_status subject_solve(spn_context *context, void *state)
{
    subject *s = state;
    memcpy(s->scratch, s->warm, (size_t)s->parameters * sizeof *s->warm);
    return spn_solver_run(context, s->solver, SUBJECT_WARM_BETA + SUBJECT_STEP, s->scratch,
                          &s->info);
}

static spn_status start_warm(spn_context *context, const void *state, int64_t seed, double *theta)
{
    (void)context, (void)seed;
    const subject *s = state;
    memcpy(theta, s->warm, (size_t)s->parameters * sizeof *theta);
    return SPN_OK;
}

static spn_status start_random(spn_context *context, const void *state, int64_t seed, double *theta)
{
    const subject *s = state;
    return spn_study_initial(context, s->study, seed, theta);
}

static spn_status count_point(spn_context *context, void *state, const spn_item *item)
{
    (void)context;
    subject_sweep *sweep = state;
    const spn_sweep_record *point = item->record;
    if (item->stream != SPN_SWEEP_POINT) {
        return SPN_OK;
    }
    sweep->points++;
    sweep->iterations += point->iterations;
    sweep->passed += point->state.stationary == 1;
    return SPN_OK;
}

spn_status subject_run_sweep(spn_context *context, void *state)
{
    spn_status status = SPN_OK;
    subject_sweep *sweep = state;
    subject *s = sweep->subject;
    spn_sweep *run = NULL;
    spn_sweep_settings settings = *spn_experiment_sweep(s->experiment);
    settings.refine = sweep->is_refined;
    const spn_sweep_problem problem = {
        .objective = &s->study->loss,
        .settings = &settings,
        .solver = spn_experiment_solver(s->experiment),
        .initial = sweep->is_warm ? start_warm : start_random,
        .initial_state = s,
    };
    sweep->points = sweep->iterations = sweep->passed = 0;
    SPN_TRY(spn_sweep_create(context, &problem, &run));
    SPN_TRY(spn_sweep_run(context, run, sweep->pool, count_point, sweep));
done:
    spn_sweep_free(context, run);
    return status;
}
