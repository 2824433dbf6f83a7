/* SPDX-License-Identifier: MIT */
#include "cli/prediction.h"

#include <math.h>
#include <stdio.h>

static double loss_before(const spn_theory_transition *t)
{
    return t->error_before + t->spinodal_beta * t->norm_before * t->norm_before;
}

static void write_before(const spn_row *row, char *cell)
{
    const spn_theory_transition *t = row->record;
    spn_show_number(spn_shown_length(t->norm_before, t->spinodal_beta, loss_before(t)), 6, cell);
}

static void write_after(const spn_row *row, char *cell)
{
    const spn_theory_transition *t = row->record;
    spn_show_number(spn_shown_length(t->norm_after, t->spinodal_beta, loss_before(t)), 6, cell);
}

static void put_sweep(spn_text *text, const spn_prediction *prediction)
{
    static const char *const orders[] = {"first", "first", "second", NULL};
    static const spn_view_column columns[] = {SPN_SHOW_WORD("order", "order", orders, "first"),
                                              SPN_SHOW("modes", "modes_before", 0),
                                              SPN_JOIN(" -> ", "modes_after", 0),
                                              SPN_SHOW("Maxwell beta", "maxwell_beta", 6),
                                              SPN_SHOW("spinodal beta", "spinodal_beta", 6),
                                              SPN_SHOW("E", "error_before", 6),
                                              SPN_JOIN(" -> ", "error_after", 6),
                                              SPN_SHOW_NUMBER_BY("|theta|", write_before),
                                              SPN_JOIN_NUMBER_BY(" -> ", write_after)};
    const spn_theory_sweep *sweep = &prediction->sweep;
    const spn_table table = {"transitions", &spn_theory_transition_columns, sweep->count,
                             sweep->transitions};
    const spn_view view = SPN_VIEW(&table, columns);
    if (!prediction->has_sweep) {
        spn_text_put(text, "\nupward sweep on the data's own covariance: no prediction, %s\n",
                     prediction->sweep_note);
        return;
    }
    spn_text_put(text, "\nupward sweep on the data's own covariance (inputs of rank %lld): %s\n",
                 (long long)sweep->input_rank, prediction->sweep_note);
    spn_view_terminal(text, &view, "");
    if (!sweep->is_complete) {
        spn_text_put(text, "the path was lost at beta = %.6g: transitions beyond it are missing\n",
                     sweep->reached_beta);
    }
}

static void put_onset(spn_text *text, const spn_prediction *prediction)
{
    static const char *const orders[] = {"not decided", "first order", "second order"};
    const spn_theory_onset *onset = &prediction->onset;
    if (!prediction->has_onset) {
        spn_text_put(text, "\nonset of learning: no prediction, %s\n", prediction->onset_note);
        return;
    }
    spn_text_put(text, "\nonset of learning: %s", orders[onset->order]);
    if (!isnan(onset->beta)) {
        spn_text_put(text, " at beta_c = %.10g", onset->beta);
    }
    if (!isnan(onset->quartic)) {
        spn_text_put(text, ", L = L_0 + (beta - beta_c) a^2");
        if (onset->cubic > 0) {
            spn_text_put(text, " - %.6g a^3", onset->cubic);
        }
        spn_text_put(text, " %c %.6g a^4 in the amplitude a of %s", onset->quartic < 0 ? '-' : '+',
                     fabs(onset->quartic),
                     onset->units == 1 ? "one hidden unit" : "all hidden units");
    }
    if (onset->order == 1 && !isnan(onset->spinodal_beta)) {
        spn_text_put(text, "; Maxwell point %.6g, the learned state ends at %.6g",
                     onset->maxwell_beta, onset->spinodal_beta);
    }
    spn_text_put(text, "\n(%s)\n", prediction->onset_note);
}

void cli_put_prediction(spn_text *text, const spn_prediction *prediction)
{
    put_sweep(text, prediction);
    put_onset(text, prediction);
}

void cli_write_prediction(spn_json *json, const spn_prediction *prediction)
{
    const spn_theory_sweep *sweep = &prediction->sweep;
    const spn_table transitions = {"transitions", &spn_theory_transition_columns, sweep->count,
                                   sweep->transitions};
    const spn_table onset = {"onset", &spn_theory_onset_columns, 1, &prediction->onset};
    if (prediction->has_sweep) {
        spn_json_begin_object(json, "surrogate");
        spn_json_integer(json, "input_rank", sweep->input_rank);
        spn_json_integer(json, "modes", sweep->modes);
        spn_json_boolean(json, "is_complete", sweep->is_complete);
        spn_json_real(json, "reached_beta", sweep->reached_beta);
        spn_json_begin_list(json, "transitions");
        for (int64_t i = 0; i < sweep->count; i++) {
            spn_json_record(json, NULL, &transitions, i);
        }
        spn_json_end_list(json);
        spn_json_end_object(json);
    } else {
        spn_json_null(json, "surrogate");
    }
    spn_json_text(json, "surrogate_note", prediction->sweep_note);
    if (prediction->has_onset) {
        spn_json_record(json, "onset", &onset, 0);
    } else {
        spn_json_null(json, "onset");
    }
    spn_json_text(json, "onset_note", prediction->onset_note);
}
