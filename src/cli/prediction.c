/* SPDX-License-Identifier: MIT */
#include "cli/prediction.h"

#include "cli/grid.h"

#include <math.h>
#include <stdio.h>

static spn_status print_sweep(spn_context *context, const spn_prediction *prediction,
                              const char *norm)
{
    static const cli_grid_column columns[] = {
        {"order", CLI_LEFT, NULL},          {"modes", CLI_RIGHT, NULL},
        {NULL, CLI_LEFT, " -> "},           {"Maxwell beta", CLI_POINT, NULL},
        {"spinodal beta", CLI_POINT, NULL}, {"E", CLI_POINT, NULL},
        {NULL, CLI_POINT, " -> "},          {"|theta|", CLI_POINT, NULL},
        {NULL, CLI_POINT, " -> "}};
    const spn_theory_sweep *sweep = &prediction->sweep;
    cli_grid grid = cli_grid_begin(context, columns, sizeof columns / sizeof *columns);
    grid.norm = norm;
    if (!prediction->has_sweep) {
        printf("\nupward sweep on the data's own covariance: no prediction, %s\n",
               prediction->sweep_note);
        return SPN_OK;
    }
    printf("\nupward sweep on the data's own covariance (inputs of rank %lld): %s\n",
           (long long)sweep->input_rank, prediction->sweep_note);
    for (int64_t i = 0; i < sweep->count; i++) {
        const spn_theory_transition *t = &sweep->transitions[i];
        const double loss = t->error_before + t->spinodal_beta * t->norm_before * t->norm_before;
        cli_grid_text(&grid, "%s", t->order == 2 ? "second" : "first");
        cli_grid_text(&grid, "%lld", (long long)t->modes_before);
        cli_grid_text(&grid, "%lld", (long long)t->modes_after);
        cli_grid_number(&grid, t->maxwell_beta, CLI_THEORY_DIGITS);
        cli_grid_number(&grid, t->spinodal_beta, CLI_THEORY_DIGITS);
        cli_grid_number(&grid, t->error_before, CLI_THEORY_DIGITS);
        cli_grid_number(&grid, t->error_after, CLI_THEORY_DIGITS);
        cli_grid_number(&grid, cli_length(t->norm_before, t->spinodal_beta, loss),
                        CLI_THEORY_DIGITS);
        cli_grid_number(&grid, cli_length(t->norm_after, t->spinodal_beta, loss),
                        CLI_THEORY_DIGITS);
    }
    spn_status status = cli_grid_end(&grid, "", stdout);
    if (!sweep->is_complete) {
        printf("the path was lost at beta = %.6g: transitions beyond it are missing\n",
               sweep->reached_beta);
    }
    return status;
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

spn_status cli_print_prediction(spn_context *context, const spn_prediction *prediction,
                                const char *norm)
{
    spn_status status = print_sweep(context, prediction, norm);
    if (status == SPN_OK) {
        print_onset(prediction);
    }
    return status;
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
