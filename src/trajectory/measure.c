/* SPDX-License-Identifier: MIT */
/* What is recorded of a path at an epoch. */
#include "trajectory/trajectory.h"

#include <math.h>
#include <string.h>

spn_status spni_labels(spn_context *context, const spn_point *point, spn_labels *labels)
{
    spn_status status = spn_point_labels(context, point, labels);
    if (status == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(context);
        *labels = (spn_labels){.active_modes = -1,
                               .learned_modes = -1,
                               .dead_units = -1,
                               .merged_units = -1,
                               .accuracy = (double)NAN,
                               .test_error = (double)NAN,
                               .test_accuracy = (double)NAN};
        status = SPN_OK;
    }
    return status;
}

static spn_status measure_trivial_distance(spni_walker *w, const double *theta, double *distance)
{
    spn_context *context = w->context;
    const spn_trajectory_problem *problem = w->problem;
    *distance = (double)NAN;
    spn_status status = spn_objective_trivial_near(context, problem->objective,
                                                   problem->settings->beta, theta, w->scratch);
    if (status == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(context);
        return SPN_OK;
    }
    if (status == SPN_OK) {
        spn_axpy(w->n, -1, theta, w->scratch);
        *distance = spn_norm(w->n, w->scratch);
    }
    return status;
}

static spn_status measure_geometry(spni_walker *w, const double *theta,
                                   spn_trajectory_record *record)
{
    spn_status status = SPN_OK;
    spn_geometry error, loss;
    spni_watch_head *head = &w->watch.head;
    record->scalar_curvature_error = (double)NAN;
    record->eigenvalue_min_loss = record->eigenvalue_max_loss = (double)NAN;
    record->negative_eigenvalues_loss = -1;
    record->stability = (double)NAN;
    if (w->geometry == NULL) {
        return SPN_OK;
    }
    SPN_TRY(
        spn_point_set(w->context, w->point, theta, w->problem->settings->beta, NULL, SPN_WANT_ALL));
    SPN_TRY(spn_geometry_measure(w->context, w->geometry, w->point, SPN_GEOMETRY_SPECTRUM, &error,
                                 &loss));
    record->scalar_curvature_error = error.scalar_curvature;
    record->eigenvalue_min_loss = loss.eigenvalue_min;
    record->eigenvalue_max_loss = loss.eigenvalue_max;
    record->negative_eigenvalues_loss = loss.negative_eigenvalues;
    record->stability = w->problem->solver->learning_rate * loss.eigenvalue_max;
    head->stability = fmax(head->stability, record->stability);
done:
    return status;
}

spn_status spni_record(spni_walker *w)
{
    spn_status status = SPN_OK;
    spni_note *note = w->note;
    spn_stepper_view view = spn_stepper_look(w->stepper);
    spn_trajectory_record *record = &note->point;
    spn_labels labels;
    const double root = spn_objective_order_root(w->problem->objective, view.theta);
    SPN_TRY(spni_labels(w->context, view.point, &labels));
    *record = (spn_trajectory_record){.run = w->run,
                                      .record = (int64_t)w->watch.head.recorded,
                                      .epoch = view.epoch,
                                      .time = view.time,
                                      .error = spn_point_error(view.point)->value,
                                      .loss = view.value,
                                      .weight_norm = root,
                                      .accuracy = labels.accuracy,
                                      .test_error = labels.test_error,
                                      .test_accuracy = labels.test_accuracy,
                                      .active_modes = labels.learned_modes,
                                      .dead_units = labels.dead_units,
                                      .merged_units = labels.merged_units,
                                      .gradient_norm = view.gradient_norm};
    SPN_TRY(measure_trivial_distance(w, view.theta, &record->trivial_distance));
    SPN_TRY(measure_geometry(w, view.theta, record));
    w->watch.head.recorded++;
    w->watch.head.last_record = view.epoch;
    note->is_tick = false;
    note->stream = SPN_TRAJECTORY_POINT;
    note->epoch = view.epoch;
    note->mode_count = labels.mode_count;
    memcpy(note->modes, labels.strengths, sizeof note->modes);
    memcpy(note->numbers, view.theta, (size_t)w->n * sizeof *note->numbers);
    int64_t own = spn_stepper_state_size(w->stepper);
    note->state_size = own + spni_watch_size(&w->watch);
    spn_stepper_save(w->stepper, note->numbers + w->n);
    spni_watch_pack(&w->watch, note->numbers + w->n + own);
    SPN_TRY(spni_send(w));
done:
    return status;
}
