/* SPDX-License-Identifier: MIT */
/* An upward sweep of a deep linear network on data of any covariance: follow a phase from beta = 0 by
 * pseudo-arclength to its end (a fold; for depth 2 where a mode's share passes zero), let the weak mode die,
 * land on what is left at the same beta, go on. */
#include "theory/linear_sweep.h"

#include <math.h>

#define COLUMN(member, type, help)                                                                 \
    {                                                                                              \
#member, type, offsetof(spn_theory_transition, member), "", help, NULL, NULL               \
    }
static const spn_column columns[] = {
    COLUMN(order, SPN_COLUMN_INTEGER, "order of the transition (T12, T13, T20)"),
    COLUMN(modes_before, SPN_COLUMN_INTEGER, "modes below it"),
    COLUMN(modes_after, SPN_COLUMN_INTEGER, "modes above it"),
    COLUMN(maxwell_beta, SPN_COLUMN_REAL, "both phases have equal loss"),
    COLUMN(spinodal_beta, SPN_COLUMN_REAL, "the phase with more modes ends"),
    COLUMN(error_before, SPN_COLUMN_REAL, "E at the spinodal, below it"),
    COLUMN(error_after, SPN_COLUMN_REAL, "E at the spinodal, above it"),
    COLUMN(norm_before, SPN_COLUMN_REAL, "norm of the parameters at the spinodal, below it"),
    COLUMN(norm_after, SPN_COLUMN_REAL, "norm of the parameters at the spinodal, above it"),
};
const spn_columns spn_theory_transition_columns = {
    .items = columns,
    .count = sizeof columns / sizeof columns[0],
    .record_size = sizeof(spn_theory_transition),
};

static spn_status pass_transition(spni_linear_sweep *w, double target_power,
                                  spn_theory_transition *out, bool *is_found)
{
    spn_status status = SPN_OK;
    double error = 0, norm = 0;
    for (int64_t i = 0; w->path.depth == 2 && i < w->next.modes; i++) {
        /* The weakest, and those equal to it, vanish here to rounding. */
        bool is_gone = w->next.share[i] <= SPNI_LINEAR_EQUAL;
        w->next.share[i] = is_gone ? 0 : w->next.share[i];
    }
    *out = (spn_theory_transition){
        .order = w->path.depth == 2 ? 2 : 1,
        .modes_before = w->next.modes,
        .spinodal_beta = w->next.beta * w->path.beta_unit,
        .maxwell_beta = w->next.beta * w->path.beta_unit,
    };
    spni_linear_measure(&w->path, &w->next, &error, &norm);
    out->error_before = target_power + error;
    out->norm_before = sqrt(norm);
    SPN_TRY(spni_linear_land(w, is_found));
    if (!*is_found) {
        goto done;
    }
    out->modes_after = w->here.modes;
    spni_linear_measure(&w->path, &w->here, &error, &norm);
    out->error_after = target_power + error;
    out->norm_after = sqrt(norm);
    if (w->path.depth > 2) {
        SPN_TRY(spni_linear_maxwell(w, &out->maxwell_beta));
    }
done:
    return status;
}

static spn_status run(spni_linear_sweep *w, const spn_theory_moments *moments, int64_t width,
                      spn_theory_sweep *out)
{
    spn_status status = SPN_OK;
    bool is_found = true;
    out->input_rank = w->path.inputs;
    out->modes = w->path.outputs < width ? w->path.outputs : width;
    SPN_TRY(spni_linear_start(w->context, &w->path, out->modes, &w->here));
    while (w->here.modes > 0) {
        spn_theory_transition *transition = &out->transitions[out->count];
        SPN_TRY(spni_linear_follow(w, &is_found));
        out->reached_beta = (is_found ? w->next : w->here).beta * w->path.beta_unit;
        if (is_found) {
            SPN_TRY(pass_transition(w, moments->target_power, transition, &is_found));
        }
        if (!is_found) {
            break;
        }
        out->count++;
    }
    out->is_complete = is_found;
done:
    return status;
}

spn_status spni_linear_sweep_create(spn_context *context, const spn_theory_moments *moments,
                                    int64_t depth, spni_linear_sweep *w)
{
    spn_status status = SPN_OK;
    *w = (spni_linear_sweep){.context = context};
    SPN_TRY(spni_linear_path_create(context, moments, depth, &w->path));
    int64_t k = w->path.outputs, unknowns = k * (k - 1) / 2 + k + 1;
    SPN_TRY(spni_linear_state_create(context, &w->path, &w->here));
    SPN_TRY(spni_linear_state_create(context, &w->path, &w->next));
    SPN_TRY(spni_linear_state_create(context, &w->path, &w->other));
    SPN_TRY(spni_linear_state_create(context, &w->path, &w->beside));
    SPN_TRY(spni_linear_state_create(context, &w->path, &w->spare));
    SPN_NEW(context, w->tangent, unknowns);
    SPN_NEW(context, w->next_tangent, unknowns);
    SPN_NEW(context, w->slide_tangent, unknowns);
    SPN_NEW(context, w->slide_from, unknowns);
done:
    return status;
}

void spni_linear_sweep_free(spn_context *context, spni_linear_sweep *w)
{
    spni_linear_state_free(context, &w->here);
    spni_linear_state_free(context, &w->next);
    spni_linear_state_free(context, &w->other);
    spni_linear_state_free(context, &w->beside);
    spni_linear_state_free(context, &w->spare);
    spn_release(context, w->tangent);
    spn_release(context, w->next_tangent);
    spn_release(context, w->slide_tangent);
    spn_release(context, w->slide_from);
    spni_linear_path_free(context, &w->path);
}

spn_status spn_theory_up_sweep(spn_context *context, const spn_theory_moments *moments,
                               int64_t depth, int64_t width, spn_theory_sweep *out)
{
    spn_status status = SPN_OK;
    spni_linear_sweep w = {0};
    *out = (spn_theory_sweep){0};
    if (depth < 2) {
        SPN_FAIL(context, SPN_ERROR_UNSUPPORTED, "depth %lld has no transition (T12)",
                 (long long)depth);
    }
    if (width < 1) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "a hidden width of %lld makes no sense",
                 (long long)width);
    }
    SPN_TRY(spni_linear_sweep_create(context, moments, depth, &w));
    SPN_TRY(run(&w, moments, width, out));
done:
    spni_linear_sweep_free(context, &w);
    return status;
}
