/* SPDX-License-Identifier: MIT */
/* The range of beta where nobody gives one: around what linear theory says, below what bounds say. The same rule for an
 * experiment that names none and for the draft of one. */
#include "study/own_range.h"

#include "study/experiment.h"

#include <math.h>
#include <spinodal/numeric.h>
#include <stdio.h>
#include <string.h>

/* The learned phases of nonlinear networks end below those of the linear one or a little above: a quarter more is
 * enough. A twentieth of the first transition shows the phase before it. */
static const double above = 1.25, below = 1.0 / 20;
/* Transitions that lie farther apart than this would crowd on a linear axis. */
static const double crowded = 30;
/* Modes that are this much weaker than the strongest are noise to most, and cost as many points as the others. */
static const double decades = 1e4;
/* A bound from above says nothing of where the learned phases end: three decades below it. */
static const double beyond = 2, unknown = 1e3;

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

/* ---- Without linear theory ---------------------------------------------------------------------- */

/* -sum p log p of the frequencies; of one target those of two classes. */
static double entropy(int64_t outputs, const double *means)
{
    double sum = 0;
    for (int64_t k = 0; k < outputs; k++) {
        const double p = means[k], q = outputs == 1 ? 1 - p : 0;
        sum -= (p > 0 ? p * log(p) : 0) + (q > 0 ? q * log(q) : 0);
    }
    return sum;
}

/* A linear network of depth D with |theta|^2 = n lowers E by at most c sigma (n/D)^(D/2), sigma the largest singular value
 * of cov(y, x), c = 2 for squares and 1 for cross-entropy (E is convex in its outputs), and by at most the E_0 of the
 * trivial state. Where beta n is more than either the trivial state is the best: above E_0/n at (n/D)^(D/2) = E_0/(c sigma). With one matrix the first weights always lower E
 * by more than they cost: there is no such beta (NaN). */
static spn_status bound_beta(spn_context *context, const spn_study *study, double *bound)
{
    spn_status status = SPN_OK;
    const spn_dataset *data = study->dataset;
    const int kind = spn_experiment_error(study->experiment)->error;
    const double depth = (double)spn_network_depth(study->network);
    const int64_t least = data->inputs < data->outputs ? data->inputs : data->outputs;
    double *means = NULL, *yx = NULL, *yy = NULL, *values = NULL, power = 0;
    SPN_NEW(context, means, data->outputs);
    SPN_NEW(context, yx, data->inputs * data->outputs);
    SPN_NEW(context, yy, data->outputs * data->outputs);
    SPN_NEW(context, values, least);
    SPN_TRY(spn_dataset_moments(context, data, false, NULL, means, NULL, NULL, NULL));
    SPN_TRY(spn_dataset_moments(context, data, spn_network_has_bias(study->network), NULL, NULL,
                                NULL, yx, yy));
    SPN_TRY(spn_singular_values(context, data->outputs, data->inputs, yx, values, NULL, NULL));
    for (int64_t k = 0; k < data->outputs; k++) {
        power += yy[k * data->outputs + k];
    }
    const bool is_entropy = kind == SPN_ERROR_CROSS_ENTROPY;
    const double share = kind == SPN_ERROR_MSE_MEAN ? (double)data->outputs : 1;
    const double start = (is_entropy ? entropy(data->outputs, means) : power) / share;
    const double slope = (is_entropy ? 1 : 2) * values[0] / share;
    *bound = slope > 0 && depth > 1 ? start / (depth * pow(start / slope, 2 / depth)) : (double)NAN;
done:
    spn_release(context, means);
    spn_release(context, yx);
    spn_release(context, yy);
    spn_release(context, values);
    return status;
}

/* ---- The rule ----------------------------------------------------------------------------------- */

spn_status spni_theory_range_find(spn_context *context, const spn_study *study,
                                  spni_theory_range *out)
{
    spn_status status = SPN_OK;
    spn_prediction prediction;
    double first = 0, last = 0, bound = 0;
    *out = (spni_theory_range){.from = 0.001, .to = 0.5};
    SPN_TRY(spn_study_predict(context, study, &prediction));
    if (find_ends(&prediction, &first, &last)) {
        out->is_known = true;
        out->to = round_out(above * last, true);
        out->from = round_out(fmax(below * first, out->to / decades), false);
        out->is_log = last > crowded * first;
        snprintf(out->why, sizeof out->why,
                 "linear theory sees the first phase end at %.3g and the last at %.3g", first,
                 last);
        goto done;
    }
    SPN_TRY(bound_beta(context, study, &bound));
    if (isfinite(bound) && bound > 0) {
        out->is_known = true;
        out->to = round_out(beyond * bound, true);
        out->from = round_out(out->to / unknown, false);
        out->is_log = true;
        snprintf(out->why, sizeof out->why,
                 "above %.3g nothing that is linear in the inputs is worth its weights", bound);
    } else {
        snprintf(out->why, sizeof out->why, "%s",
                 spn_network_depth(study->network) < 2 ? "a linear model has no transitions"
                                                       : "inputs and targets are not correlated");
    }
done:
    return status;
}

static bool is_given(const spn_experiment *experiment, int section, const char *key)
{
    const spn_settings *settings = &experiment->sections[section];
    const int64_t index = spn_option_find(settings->table, key);
    return index >= 0 && settings->is_set[index];
}

/* Which ends of a range are needed and nobody gives; branches that have both need none. */
static void tell(spn_context *context, const spn_experiment *experiment, bool is_for_branches,
                 const spni_theory_range *range, const spn_sweep_settings *sweep)
{
    const bool has_from =
        is_for_branches && is_given(experiment, SPNI_SECTION_BRANCHES, "beta.from");
    const bool has_to = is_for_branches && is_given(experiment, SPNI_SECTION_BRANCHES, "beta.to");
    const char *what = has_from          ? "branches.beta.to: is not given"
                       : has_to          ? "branches.beta.from: is not given"
                       : is_for_branches ? "branches.beta: no range is given"
                                         : "sweep.beta: no range is given";
    char ends[64];
    if (has_from && has_to) {
        return;
    }
    if (has_from || has_to) {
        snprintf(ends, sizeof ends, "%s %g", has_from ? "to" : "from",
                 has_from ? sweep->beta_to : sweep->beta_from);
    } else {
        snprintf(ends, sizeof ends, "from %g to %g", sweep->beta_from, sweep->beta_to);
    }
    if (range->is_known) {
        spn_message(context, "%s; %s, since %s", what, ends, range->why);
    } else {
        spn_message(context, "%s and theory knows none here (%s): %s", what, range->why, ends);
    }
}

spn_status spn_experiment_choose_range(spn_context *context, spn_experiment *experiment,
                                       const spn_study *study, bool is_for_branches)
{
    spn_status status = SPN_OK;
    static const char *const keys[] = {"beta", "beta.from", "beta.to", "legs"};
    spn_sweep_settings *sweep = experiment->sections[SPNI_SECTION_SWEEP].values;
    spni_theory_range range;
    const bool is_built_in = experiment->file == NULL && experiment->training == NULL;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (is_built_in || is_given(experiment, SPNI_SECTION_SWEEP, keys[i]) ||
            study->network == NULL) {
            return SPN_OK;
        }
    }
    SPN_TRY(spni_theory_range_find(context, study, &range));
    if (range.is_known) {
        sweep->beta_from = range.from;
        sweep->beta_to = range.to;
    }
    if (range.is_known && range.is_log &&
        !is_given(experiment, SPNI_SECTION_SWEEP, "beta.spacing")) {
        sweep->beta_spacing = SPN_SPACING_LOG;
    }
    tell(context, experiment, is_for_branches, &range, sweep);
done:
    return status;
}
