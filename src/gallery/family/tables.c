/* SPDX-License-Identifier: MIT */
/* A family's tables read, and what its captions share. */
#include "gallery/family/family.h"

#include <math.h>

static spn_status check_rows(const spni_family_view *v)
{
    bool is_good = true;
    for (int64_t i = 0; i < v->run_count; i++) {
        is_good = is_good && v->runs[i].run == i && v->runs[i].depth >= 1 &&
                  v->runs[i].modes >= 0 && v->runs[i].modes <= SPN_MODES_MAX;
    }
    for (int64_t i = 0; i < v->transition_count; i++) {
        is_good = is_good && v->transitions[i].run >= 0 && v->transitions[i].run < v->run_count &&
                  v->transitions[i].mode >= 1 &&
                  v->transitions[i].mode <= v->runs[v->transitions[i].run].modes;
    }
    return is_good ? SPN_OK
                   : spn_fail(v->context, SPN_ERROR_INPUT,
                              "these results have runs or transitions that do not fit together");
}

spn_status spni_family_view_make(const spn_results *results, spni_family_view *v)
{
    spn_status status = SPN_OK;
    spn_context *context = v->context;
    spn_table runs, transitions, points;
    const spn_wanted_table wanted[] = {
        {&runs, "runs", &spni_family_run_columns, false},
        {&transitions, "transitions", &spni_family_transition_columns, false},
        {&points, "points", &spni_family_point_columns, false},
    };
    SPN_TRY(spn_take_tables(context, v->arena, results, sizeof wanted / sizeof *wanted, wanted));
    if (runs.rows == 0 || transitions.rows == 0 || points.rows == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "has a table without rows: nothing to draw");
    }
    v->run_count = runs.rows;
    v->transition_count = transitions.rows;
    v->point_count = points.rows;
    v->runs = runs.records;
    v->transitions = transitions.records;
    v->points = points.records;
    SPN_TRY(check_rows(v));
done:
    return status;
}

const char *spni_family_activation(int64_t activation)
{
    return activation == SPN_LINEAR ? "linear" : activation == SPN_TANH ? "tanh" : "?";
}

const char *spni_family_order(int64_t order)
{
    static const char *const words[] = {"no transition", "first order", "second order",
                                        "no such phase found"};
    return order >= 0 && order < (int64_t)(sizeof words / sizeof *words) ? words[order] : "?";
}

static void put_transition(const spni_family_transition *t, spn_text *text)
{
    spn_text_put(text, "  %s, D = %lld, %lld mode%s, mode %lld (sigma %.6g): %s",
                 spni_family_activation(t->activation), (long long)t->depth, (long long)t->modes,
                 t->modes == 1 ? "" : "s", (long long)t->mode, t->singular_value,
                 spni_family_order(t->order));
    if (isfinite(t->measured_beta)) {
        spn_text_put(text, " at beta = %.10g", t->measured_beta);
        spn_text_change(text, ": E", t->error_before, t->error_after);
        spn_text_change(text, ", |theta|", spni_family_length(t, t->error_before, t->norm_before),
                        spni_family_length(t, t->error_after, t->norm_after));
    }
    if (isfinite(t->predicted_beta)) {
        spn_text_put(text, "; linear theory: %s at %.10g", spni_family_order(t->predicted_order),
                     t->predicted_beta);
    }
    spn_text_add(text, "\n");
}

void spni_family_put_transitions(const spni_family_view *v, spn_text *text)
{
    spn_text_add(
        text,
        "\nTransitions along the upward sweep, as measured: the last phase with "
        "so many learned modes (above 5 %) ends at a\nfold (first order), or at a branch point "
        "from which a stable branch goes on (second order).\n");
    for (int64_t i = 0; i < v->transition_count; i++) {
        put_transition(&v->transitions[i], text);
    }
}
