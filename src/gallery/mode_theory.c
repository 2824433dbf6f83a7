/* SPDX-License-Identifier: MIT */
#include "gallery/mode_theory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double cell(const spni_theory *theory, int64_t mode, const char *column)
{
    const spn_table *table = theory->modes;
    const int64_t index = table != NULL ? spn_table_find(table, column) : -1;
    return index >= 0 && mode >= 1 && mode <= table->rows ? spn_table_real(table, mode - 1, index)
                                                          : (double)NAN;
}

spni_mode_theory spni_whitened_mode(const spni_theory *theory, int64_t mode)
{
    const double order = cell(theory, mode, "order");
    return (spni_mode_theory){isfinite(order) ? (int64_t)order : 0,
                              cell(theory, mode, "maxwell_beta"),
                              cell(theory, mode, "spinodal_beta")};
}

spni_mode_theory spni_swept_mode(const spni_theory *theory, int64_t mode)
{
    spni_mode_theory found = {0, (double)NAN, (double)NAN};
    for (int64_t i = 0; theory->has_sweep && i < theory->sweep.count; i++) {
        const spn_theory_transition *t = &theory->sweep.transitions[i];
        if (t->modes_before == mode && t->modes_after == mode - 1) {
            found = (spni_mode_theory){t->order, t->maxwell_beta, t->spinodal_beta};
        }
    }
    return found;
}

spn_status spni_mode_loss(spn_context *context, const spni_theory *theory, int64_t mode,
                          double beta, spn_theory_root root, double *out)
{
    const double same = 1e-12;
    spn_status status = SPN_OK;
    spn_theory_mode plain;
    spn_theory_state state, trivial;
    const double sigma = cell(theory, mode, "singular_value");
    const double spinodal = cell(theory, mode, "spinodal_beta");
    *out = (double)NAN;
    if (!isfinite(sigma) || !isfinite(spinodal) || theory->depth < 3) {
        return SPN_OK;
    }
    SPN_TRY(spn_theory_mode_transition(context, theory->depth, sigma, &plain));
    if (fabs(plain.spinodal_beta - spinodal) > same * spinodal) {
        return SPN_OK; /* scaled: T11 does not hold as it stands */
    }
    SPN_TRY(spn_theory_state_at(context, theory->depth, sigma, beta, root, &state));
    SPN_TRY(spn_theory_state_at(context, theory->depth, sigma, beta, SPN_THEORY_TRIVIAL, &trivial));
    *out = state.loss - trivial.loss;
done:
    return status;
}

/* Data that have changed since are not those of the results. */
static bool has_same_data(const spn_results *results, const spn_study *study)
{
    char checksum[16];
    const char *said = spn_results_text(results, "data_checksum");
    snprintf(checksum, sizeof checksum, "%08x", (unsigned)study->data_checksum);
    return said != NULL && strcmp(said, checksum) == 0;
}

static spn_status predict(spn_context *context, const spn_results *results, spni_theory *out)
{
    spn_status status = SPN_OK;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    spn_prediction prediction;
    SPN_TRY(spn_experiment_of(context, results, &experiment));
    if (experiment == NULL) {
        goto done;
    }
    SPN_TRY(spn_study_create(context, experiment, &study));
    out->depth = spn_network_depth(study->network);
    if (has_same_data(results, study)) {
        SPN_TRY(spn_study_predict(context, study, &prediction));
        out->has_sweep = prediction.has_sweep;
        out->sweep = prediction.sweep;
        out->note = prediction.sweep_note;
    } else {
        out->note = "no T20, the data are not those of the results any more";
    }
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    return status;
}

spn_status spni_read_theory(spn_context *context, const spni_section_source *source,
                            spni_theory *out)
{
    *out = (spni_theory){.modes = spn_results_table(source->results, "theory"),
                         .note = "no T20, the experiment cannot be read"};
    spn_status status = predict(context, source->results, out);
    if (status == SPN_ERROR_INPUT || status == SPN_ERROR_IO) { /* its data file is elsewhere */
        spn_error_clear(context);
        status = SPN_OK;
    }
    return status;
}
