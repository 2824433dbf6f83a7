/* SPDX-License-Identifier: MIT */
/* Do finished results pass the check of their run? What a run says at its end, from its file alone. */
#include "study/delay.h"
#include "study/family.h"
#include "study/run.h"

#include <string.h>

/* Points of a finite rate are not meant to be stationary. */
static spn_status is_of_finite_rate(spn_context *context, const spn_results *results, bool *out)
{
    spn_experiment *experiment = NULL;
    const spn_attribute *attribute = spn_results_attribute(results, "configuration");
    *out = false;
    if (attribute == NULL || attribute->text == NULL) {
        return SPN_OK;
    }
    spn_status status = spn_experiment_parse(context, "configuration", attribute->text,
                                             (int64_t)strlen(attribute->text), &experiment);
    if (status == SPN_OK) {
        *out = spn_experiment_sweep(experiment)->epochs > 0;
    } else if (status == SPN_ERROR_INPUT) { /* of another version: a sweep is judged strictly */
        spn_error_clear(context);
        status = SPN_OK;
    }
    spn_experiment_free(context, experiment);
    return status;
}

static spn_status judge_sweep(spn_context *context, const spn_results *results, bool *is_good)
{
    spn_status status = SPN_OK;
    bool has_rate = false;
    *is_good = spni_sweep_judge(results);
    SPN_TRY(*is_good ? SPN_OK : is_of_finite_rate(context, results, &has_rate));
    *is_good = *is_good || has_rate;
done:
    return status;
}

static bool are_all_found(const spn_results *results)
{
    const spn_table *transitions = spn_results_table(results, "transitions");
    const int64_t order = transitions != NULL ? spn_table_find(transitions, "order") : -1;
    for (int64_t row = 0; order >= 0 && row < transitions->rows; row++) {
        if (spn_table_integer(transitions, row, order) == SPNI_NOT_FOUND) {
            return false;
        }
    }
    return order >= 0;
}

spn_status spn_study_judge(spn_context *context, const spn_results *results, const char **fault)
{
    spn_status status = SPN_OK;
    bool is_good = true;
    const char *const kind = results->kind;
    *fault = NULL;
    if (strcmp(kind, "sweep") == 0) {
        SPN_TRY(judge_sweep(context, results, &is_good));
        *fault = is_good ? NULL
                         : "points did not pass the stationarity gate (column `stationary` is 0), "
                           "or a jump was not resolved (`resolved` or `settled` is 0)";
    } else if (strcmp(kind, "branches") == 0) {
        *fault = spni_branches_judge(results) ? NULL : "a phase was not followed to its end";
    } else if (strcmp(kind, "slice") == 0) {
        *fault = spni_slice_judge(results)
                     ? NULL
                     : "E or L at a point that a slice goes through is not what was stored";
    } else if (strcmp(kind, "delay") == 0) {
        SPN_TRY(spni_delay_judge(context, results, &is_good));
        *fault = is_good ? NULL : "an escape does not agree with its law";
    } else if (strcmp(kind, "grok") == 0) {
        *fault = spni_grok_judge(results) ? NULL : "a run diverged or does not end at a minimum";
    } else if (strcmp(kind, spn_family_name(SPN_FAMILY_ORDER)) == 0 ||
               strcmp(kind, spn_family_name(SPN_FAMILY_COMPLEXITY)) == 0) {
        *fault = are_all_found(results) ? NULL : "a phase was not found (order `not_found`)";
    }
done:
    return status;
}
