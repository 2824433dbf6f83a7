/* SPDX-License-Identifier: MIT */
/* The range of beta of an experiment that names none: around what linear theory says. */
#include "study/experiment.h"

#include <math.h>
#include <string.h>

/* The learned phases of nonlinear networks end below those of the linear one or a little above: a quarter more is
 * enough. A twentieth of the first transition shows the phase before it. */
static const double above = 1.25, below = 1.0 / 20;
/* Transitions that lie farther apart than this would crowd on a linear axis. */
static const double crowded = 30;

static bool is_given(const spn_experiment *experiment, const char *key)
{
    const spn_settings *sweep = &experiment->sections[SPNI_SECTION_SWEEP];
    const int64_t index = spn_option_find(sweep->table, key);
    return index >= 0 && sweep->is_set[index];
}

/* To two digits, away from what lies between. */
static double round_out(double value, bool is_up)
{
    const double unit = pow(10, floor(log10(value)) - 1);
    return (is_up ? ceil(value / unit) : floor(value / unit)) * unit;
}

/* The smallest and the largest beta at which theory sees a phase end; false: it sees none. */
static bool find_ends(const spn_prediction *prediction, double *first, double *last)
{
    *first = (double)INFINITY;
    *last = 0;
    for (int64_t i = 0; prediction->has_sweep && i < prediction->sweep.count; i++) {
        const double beta = prediction->sweep.transitions[i].spinodal_beta;
        *first = beta > 0 ? fmin(*first, beta) : *first;
        *last = fmax(*last, beta);
    }
    if (prediction->has_onset) {
        const double beta = fmax(prediction->onset.beta, prediction->onset.spinodal_beta);
        *first = beta > 0 ? fmin(*first, beta) : *first;
        *last = fmax(*last, beta);
    }
    return *last > 0 && isfinite(*last);
}

spn_status spn_experiment_choose_range(spn_context *context, spn_experiment *experiment,
                                       const spn_study *study)
{
    spn_status status = SPN_OK;
    static const char *const keys[] = {"beta", "beta.from", "beta.to", "legs"};
    spn_sweep_settings *sweep = experiment->sections[SPNI_SECTION_SWEEP].values;
    spn_prediction prediction;
    double first = 0, last = 0;
    const bool is_built_in = experiment->file == NULL && experiment->training == NULL;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (is_built_in || is_given(experiment, keys[i]) || study->network == NULL) {
            return SPN_OK;
        }
    }
    SPN_TRY(spn_study_predict(context, study, &prediction));
    if (!find_ends(&prediction, &first, &last)) {
        spn_message(
            context,
            "sweep.beta: no range is given and linear theory knows none here: from %g to %g",
            sweep->beta_from, sweep->beta_to);
        goto done;
    }
    sweep->beta_to = round_out(above * last, true);
    sweep->beta_from = round_out(below * first, false);
    if (last > crowded * first && !is_given(experiment, "beta.spacing")) {
        sweep->beta_spacing = SPN_SPACING_LOG;
    }
    spn_message(context,
                "sweep.beta: no range is given; from %g to %g, since linear theory sees the first "
                "phase end at %.3g and the last at %.3g",
                sweep->beta_from, sweep->beta_to, first, last);
done:
    return status;
}
