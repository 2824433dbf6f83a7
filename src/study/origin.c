/* SPDX-License-Identifier: MIT */
/* T22 holds where L = E_0 + beta |theta|^2 - 2 a tr(M^T W_D ... W_1) + ... near theta = 0: at least three weight matrices
 * without biases, mean squared errors, an activation through 0 with a slope there. */
#include "study/origin.h"

static bool is_law(const spn_study *study, double *slope)
{
    double taylor[4];
    const int kind = spn_experiment_error(study->experiment)->error;
    if (spn_network_depth(study->network) < 3 || spn_network_has_bias(study->network) ||
        kind == SPN_ERROR_CROSS_ENTROPY ||
        !spn_activation_taylor(spn_network_activation(study->network), taylor)) {
        return false;
    }
    *slope = taylor[1];
    return taylor[0] == 0 && taylor[1] != 0;
}

spn_status spni_origin_make(spn_context *context, spn_arena *arena, const spn_study *study,
                            spni_origin *origin)
{
    spn_status status = SPN_OK;
    const spn_dataset *data = study->dataset;
    const int64_t depth = spn_network_depth(study->network);
    int64_t *widths = NULL;
    double *yx = NULL;
    *origin = (spni_origin){.divisor = 1, .theory = {.depth = depth}};
    if (!is_law(study, &origin->theory.slope)) {
        return SPN_OK;
    }
    SPN_TAKE(context, arena, widths, depth + 1);
    SPN_TAKE(context, arena, yx, data->outputs * data->inputs);
    for (int64_t l = 0; l <= depth; l++) {
        widths[l] = spn_network_width(study->network, l);
    }
    SPN_TRY(spn_dataset_moments(context, data, false, NULL, NULL, NULL, yx, NULL));
    if (spn_experiment_error(study->experiment)->error == SPN_ERROR_MSE_MEAN) {
        origin->divisor = (double)data->outputs;
    }
    origin->theory.widths = widths;
    origin->theory.yx = yx;
    origin->is_known = true;
done:
    return status;
}

/* With E / K in place of E, L is that of K beta divided by K: the flow takes K times as long. */
spn_status spni_origin_time(spn_context *context, const void *state, double parameter,
                            const double *theta, double *time)
{
    spn_status status = SPN_OK;
    const spni_origin *origin = state;
    double tau = 0;
    SPN_TRY(spn_theory_blow_up(context, &origin->theory, theta, &tau));
    *time = origin->divisor *
            spn_theory_escape_after(origin->theory.depth, origin->divisor * parameter, tau);
done:
    return status;
}
