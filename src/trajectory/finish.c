/* SPDX-License-Identifier: MIT */
/* The end of a run: its last state, and the minimum to which it belongs. */
#include "trajectory/trajectory.h"

#include <math.h>
#include <string.h>

/* Longest step of the minimiser, in scales of theta or as a share of |theta| where that is longer: barriers are not hopped
 * over. */
static const double MINIMISER_RADIUS = 0.1, MINIMISER_SHARE = 0.02;
/* Evaluations of the minimiser end after so many operations, five minutes at 10^10 a second: of large networks whose
 * training was broken off far from the minimum they would take hours. */
static const double MINIMISER_OPERATIONS = 3e12;

static void fill_nothing(spn_run_record *end)
{
    end->final = spn_state_unknown();
    end->final_distance = end->final_eigenvalue = (double)NAN;
    end->final_negative_eigenvalues = end->final_steps = -1;
}

/* A step is a Hessian, N P^2 at least, and mostly a spectrum, 9 P^3. */
static int64_t evaluations_most(const spn_objective *objective)
{
    const double n = (double)objective->dimension, samples = (double)objective->samples;
    return 1 + (int64_t)(MINIMISER_OPERATIONS / (n * n * (9 * n + samples)));
}

spn_status spni_find_minimum(spni_walker *w)
{
    spn_status status = SPN_OK;
    spn_solver_info info;
    spn_solver *solver = NULL;
    spn_solver_settings settings = *w->problem->solver;
    const spn_objective *objective = w->problem->objective;
    const double length = spn_norm(w->n, spn_stepper_look(w->stepper).theta);
    const double scale = spn_objective_scales(objective).weight;
    const double longest = fmax(MINIMISER_RADIUS * scale, MINIMISER_SHARE * length);
    const int64_t most = evaluations_most(objective);
    settings.method = SPN_METHOD_NEWTON;
    settings.patience = 0;
    settings.least_improvement = 0;
    spn_solver_bounds bounds = {
        .max_iterations = settings.max_iterations < most ? settings.max_iterations : most};
    bounds.trust_radius_max = fmin(settings.trust_radius_max * fmax(scale, length), longest);
    bounds.trust_radius = fmin(settings.trust_radius * scale, bounds.trust_radius_max);
    SPN_TRY(spn_solver_create(w->context, &settings, w->problem->objective, &solver));
    memcpy(w->final, spn_stepper_look(w->stepper).theta, (size_t)w->n * sizeof *w->final);
    SPN_TRY(spn_solver_run_within(w->context, solver, &bounds, w->problem->settings->beta, w->final,
                                  &info));
    if (info.stop == SPN_STOP_INTERRUPTED) {
        SPN_FAIL(w->context, SPN_ERROR_INTERRUPTED, "interrupted");
    }
    w->final_steps = info.iterations;
done:
    spn_solver_free(w->context, solver);
    return status;
}

/* Everything of the minimum at w->final but the way to it. */
static spn_status measure_minimum(spni_walker *w, spn_run_record *end)
{
    spn_status status = SPN_OK;
    double beta = w->problem->settings->beta;
    spni_frame frame = {.context = w->context};
    spni_place place = {.theta = NULL};
    SPN_TRY(spni_frame_near(w->context, w->problem->objective, beta, &frame));
    SPN_TRY(spni_place_create(w->context, w->n, &place));
    SPN_TRY(spni_linearise(&frame, w->final, beta, NULL, &place));
    const spn_state_wish wish = {
        .labels = &place.labels, .geometry = frame.geometry, .wanted = SPN_GEOMETRY_STATIONARY};
    SPN_TRY(spn_state_measure(w->context, frame.point, &wish, &end->final));
    end->final_eigenvalue = place.values[0];
    end->final_negative_eigenvalues = place.index;
done:
    spni_place_free(w->context, &place);
    spni_frame_free(&frame);
    return status;
}

spn_status spni_finish(spni_walker *w)
{
    spn_status status = SPN_OK;
    spn_stepper_view view = spn_stepper_look(w->stepper);
    const spn_grok_settings *settings = w->problem->settings;
    spn_run_record *end = &w->note->end;
    const double *theta = view.theta;
    int64_t start = w->run / settings->seeds;
    const spn_state_wish nothing = {.labels = NULL};
    *end = (spn_run_record){.run = w->run,
                            .start = start,
                            .seed = w->run % settings->seeds,
                            .beta = settings->beta,
                            .residue = w->problem->residues != NULL ? w->problem->residues[start]
                                                                    : (double)NAN,
                            .stop = view.is_diverged ? SPN_STOP_DIVERGED : SPN_STOP_MAX_ITERATIONS,
                            .epoch = view.epoch,
                            .stability_max = w->watch.head.stability};
    SPN_TRY(spn_state_measure(w->context, view.point, &nothing, &end->state));
    fill_nothing(end);
    if (!view.is_diverged && w->is_dense) {
        theta = w->final;
        SPN_TRY(measure_minimum(w, end));
        end->final_steps = w->final_steps;
        memcpy(w->scratch, w->final, (size_t)w->n * sizeof *w->scratch);
        spn_axpy(w->n, -1, view.theta, w->scratch);
        end->final_distance = spn_norm(w->n, w->scratch);
    }
    w->note->is_tick = false;
    w->note->stream = SPN_TRAJECTORY_END;
    w->note->epoch = settings->epochs;
    memcpy(w->note->numbers, theta, (size_t)w->n * sizeof *theta);
    SPN_TRY(spni_send(w));
done:
    return status;
}
