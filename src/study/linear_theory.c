/* SPDX-License-Identifier: MIT */
/* Linear theory for a study. Near the origin phi(a) = slope * a, so that f = slope^(D-1) W_D ... W_1 x: a
 * deep linear network whose end-to-end strength s has the cost D (s / slope^(D-1))^(2/D). */
#include "study/experiment.h"
#include "study/own_objective.h"

#include <math.h>

/* Slope of the activation at 0, or 0 where the network has no linear regime at the origin. */
static double slope_at_zero(spn_activation activation)
{
    double taylor[4];
    return spn_activation_taylor(activation, taylor) && taylor[0] == 0 ? taylor[1] : 0;
}

spn_status spn_study_theory(spn_context *context, const spn_study *study, int64_t *count,
                            spn_theory_mode *modes)
{
    spn_status status = SPN_OK;
    *count = 0;
    if (study->network == NULL) {
        return spni_need_network(context, study, "theory");
    }
    int64_t found = 0, depth = spn_network_depth(study->network);
    int kind = spn_experiment_error(study->experiment)->error;
    double slope = depth == 1 ? 1 : slope_at_zero(spn_network_activation(study->network));
    if (kind == SPN_ERROR_CROSS_ENTROPY || slope == 0) {
        return SPN_OK;
    }
    double scale = pow(slope, 2.0 * (double)(depth - 1) / (double)depth);
    if (kind == SPN_ERROR_MSE_MEAN) {
        scale /= (double)study->dataset->outputs;
    }
    const double *values = spn_network_error_modes(study->error, &found);
    for (int64_t i = 0; i < found; i++) {
        SPN_TRY(spn_theory_mode_transition(context, depth, values[i], &modes[i]));
        modes[i].maxwell_beta *= scale;
        modes[i].spinodal_beta *= scale;
    }
    *count = found;
done:
    return status;
}
