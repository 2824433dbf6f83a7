/* SPDX-License-Identifier: MIT */
/* What a plateau is. */
#include "trajectory/trajectory.h"

#include <math.h>
#include <string.h>

spn_status spni_explain(spni_walker *w, int64_t number)
{
    spn_status status = SPN_OK;
    spn_plateau_record *out = &w->note->plateau;
    const spni_stay *stay = &w->watch.stays[number];
    const double *slowest = spni_stay_slowest(&w->watch, number);
    double none = (double)NAN;
    spn_labels labels;
    SPN_TRY(spn_point_set(w->context, w->point, slowest, w->problem->settings->beta, NULL,
                          SPN_WANT_ALL));
    SPN_TRY(spni_labels(w->context, w->point, &labels));
    *out = (spn_plateau_record){.run = w->run,
                                .plateau = number,
                                .kind = SPN_PLATEAU_SLOW,
                                .epoch_from = stay->epoch_from,
                                .epoch_slowest = stay->epoch_slowest,
                                .epoch_to = stay->epoch_to,
                                .error = stay->error,
                                .loss = stay->loss,
                                .gradient_norm = stay->gradient_norm,
                                .active_modes = labels.active_modes,
                                .branch_error = none,
                                .branch_loss = none,
                                .branch_beta = none,
                                .branch_distance = none,
                                .branch_modes = -1,
                                .eigenvalue = none,
                                .negative_eigenvalues = -1,
                                .amplitude = none,
                                .measured = stay->epoch_to - stay->epoch_from,
                                .predicted = none};
    w->note->is_tick = false;
    w->note->kind = SPN_TRAJECTORY_PLATEAU;
    w->note->epoch = w->problem->settings->epochs;
    memcpy(w->note->numbers, slowest, (size_t)w->n * sizeof *slowest);
    SPN_TRY(spni_send(w));
done:
    return status;
}
