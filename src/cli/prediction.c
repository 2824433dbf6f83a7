/* SPDX-License-Identifier: MIT */
#include "cli/prediction.h"

#include <math.h>
#include <stdio.h>

static void print_number(double value)
{
    if (isnan(value)) {
        printf("  %12s", "-");
    } else {
        printf("  %12.6g", value);
    }
}

static void print_sweep(const spn_prediction *prediction)
{
    const spn_theory_sweep *sweep = &prediction->sweep;
    if (!prediction->has_sweep) {
        printf("\nupward sweep on the data's own covariance: no prediction, %s\n",
               prediction->sweep_note);
        return;
    }
    printf("\nupward sweep on the data's own covariance (inputs of rank %lld): %s\n%6s  %10s  %12s "
           " %12s  %12s  %12s  %12s  %12s\n",
           (long long)sweep->input_rank, prediction->sweep_note, "order", "modes", "Maxwell beta",
           "spinodal beta", "E before", "E after", "|theta| before", "|theta| after");
    for (int64_t i = 0; i < sweep->count; i++) {
        const spn_theory_transition *t = &sweep->transitions[i];
        printf("%6s  %4lld -> %2lld", t->order == 2 ? "second" : "first",
               (long long)t->modes_before, (long long)t->modes_after);
        print_number(t->maxwell_beta);
        print_number(t->spinodal_beta);
        print_number(t->error_before);
        print_number(t->error_after);
        print_number(t->norm_before);
        print_number(t->norm_after);
        printf("\n");
    }
    if (!sweep->is_complete) {
        printf("the path was lost at beta = %.6g: transitions beyond it are missing\n",
               sweep->reached_beta);
    }
}

static void print_onset(const spn_prediction *prediction)
{
    static const char *const orders[] = {"not decided", "first order", "second order"};
    const spn_theory_onset *onset = &prediction->onset;
    if (!prediction->has_onset) {
        printf("\nonset of learning: no prediction, %s\n", prediction->onset_note);
        return;
    }
    printf("\nonset of learning: %s", orders[onset->order]);
    if (!isnan(onset->beta)) {
        printf(" at beta_c = %.10g", onset->beta);
    }
    if (!isnan(onset->quartic)) {
        printf(", L = L_0 + (beta - beta_c) a^2");
        if (onset->cubic > 0) {
            printf(" - %.6g a^3", onset->cubic);
        }
        printf(" %c %.6g a^4 in the amplitude a of %s", onset->quartic < 0 ? '-' : '+',
               fabs(onset->quartic), onset->units == 1 ? "one hidden unit" : "all hidden units");
    }
    if (onset->order == 1 && !isnan(onset->spinodal_beta)) {
        printf("; Maxwell point %.6g, the learned state ends at %.6g", onset->maxwell_beta,
               onset->spinodal_beta);
    }
    printf("\n(%s)\n", prediction->onset_note);
}

void cli_print_prediction(const spn_prediction *prediction)
{
    print_sweep(prediction);
    print_onset(prediction);
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
