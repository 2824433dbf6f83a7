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
        status = SPN_OK;
    }
    return status;
}

/* The state of the path here, and how stable its method is in it. */
static spn_status measure_state(spni_walker *w, const spn_stepper_view *view,
                                const spn_labels *labels, spn_trajectory_record *record)
{
    spn_status status = SPN_OK;
    spni_watch_head *head = &w->watch.head;
    const spn_state_wish wish = {.labels = labels,
                                 .trivial = w->scratch,
                                 .geometry = w->geometry,
                                 .wanted = SPN_GEOMETRY_SPECTRUM,
                                 .curved = w->point};
    if (w->geometry != NULL) {
        SPN_TRY(spn_point_set(w->context, w->point, view->theta, w->problem->settings->beta, NULL,
                              SPN_WANT_ALL));
    }
    SPN_TRY(spn_state_measure(w->context, view->point, &wish, &record->state));
    record->stability = w->problem->solver->learning_rate * record->state.eigenvalue_max_loss;
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
    SPN_TRY(spni_labels(w->context, view.point, &labels));
    labels.active_modes = labels.learned_modes;
    *record = (spn_trajectory_record){.run = w->run,
                                      .record = (int64_t)w->watch.head.recorded,
                                      .epoch = view.epoch,
                                      .time = view.time};
    SPN_TRY(measure_state(w, &view, &labels, record));
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
