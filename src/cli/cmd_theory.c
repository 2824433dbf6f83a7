/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_VALUES = 64 };

/* What is said: of given singular values the modes alone. */
typedef struct answer {
    int64_t depth, count;
    spn_theory_mode modes[MAX_VALUES];
    bool has_prediction;
    spn_prediction prediction;
    const char *norm; /* how |theta| is written; NULL: so */
} answer;

/* ---- Given singular values ----------------------------------------------------------------------- */

/* "0.9,0.5" to numbers. */
static spn_status parse_values(cli_session *session, const char *text, double *values,
                               int64_t *count)
{
    *count = 0;
    while (true) {
        char item[1024];
        size_t length = strcspn(text, ",");
        if (length >= sizeof item) {
            return cli_misuse(session, "--singular-values: a number of %zu characters", length);
        }
        snprintf(item, sizeof item, "%.*s", (int)length, text);
        if (*count == MAX_VALUES) {
            return cli_misuse(session, "--singular-values: more than %d", (int)MAX_VALUES);
        }
        if (!spn_parse_real(item, &values[*count]) || !(values[*count] > 0)) {
            return cli_misuse(session, "--singular-values: expected numbers > 0, got '%s'", item);
        }
        (*count)++;
        if (text[length] == '\0') {
            return SPN_OK;
        }
        text += length + 1;
    }
}

static spn_status from_values(cli_session *session, const cli_arguments *arguments, answer *a)
{
    spn_status status = SPN_OK;
    double values[MAX_VALUES];
    a->depth = arguments->depth;
    SPN_TRY(parse_values(session, arguments->singular_values, values, &a->count));
    for (int64_t i = 0; i < a->count; i++) {
        SPN_TRY(spn_theory_mode_transition(session->context, a->depth, values[i], &a->modes[i]));
    }
done:
    return status;
}

/* ---- An experiment ------------------------------------------------------------------------------- */

static spn_status from_experiment(cli_session *session, const cli_arguments *arguments, answer *a)
{
    spn_status status = SPN_OK;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    SPN_TRY(cli_experiment(session, arguments, &experiment));
    SPN_TRY(spn_study_create(session->context, experiment, &study));
    a->depth = spn_network_depth(study->network);
    if (study->regularised.regulariser.weights != NULL) {
        a->norm = spn_regularise_symbol(spn_experiment_error(experiment)->regularise);
    }
    SPN_TRY(spn_study_theory(session->context, study, &a->count, a->modes));
    SPN_TRY(spn_study_predict(session->context, study, &a->prediction));
    a->has_prediction = true;
done:
    spn_study_free(session->context, study);
    spn_experiment_free(session->context, experiment);
    return status;
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

/* Keys of the object that is open. */
static void write_prediction(spn_json *json, const spn_prediction *prediction)
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
        spn_json_rows(json, "transitions", &transitions, NULL, NULL);
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

static spn_status print_json(spn_context *context, const answer *a)
{
    const spn_table modes = {"modes", &spn_theory_mode_columns, a->count, a->modes};
    spn_json json;
    spn_json_begin(&json, context, spn_sink_stream(stdout));
    spn_json_begin_object(&json, NULL);
    spn_json_integer(&json, "depth", a->depth);
    spn_json_rows(&json, "modes", &modes, NULL, NULL);
    if (a->has_prediction) {
        write_prediction(&json, &a->prediction);
    }
    spn_json_end_object(&json);
    return spn_json_end_document(&json);
}

/* ---- Text ---------------------------------------------------------------------------------------- */

static void put_modes(spn_text *text, const answer *a)
{
    static const char *const orders[] = {"none", "first", "second", NULL};
    static const spn_view_column columns[] = {SPN_SHOW_WORD("order", "order", orders, "none"),
                                              SPN_SHOW("singular value", "singular_value", 6),
                                              SPN_SHOW("Maxwell beta", "maxwell_beta", 6),
                                              SPN_SHOW("spinodal beta", "spinodal_beta", 6),
                                              SPN_SHOW("s at Maxwell", "maxwell_strength", 6),
                                              SPN_SHOW("s at spinodal", "spinodal_strength", 6)};
    const spn_table table = {"theory", &spn_theory_mode_columns, a->count, a->modes};
    const spn_view view = SPN_VIEW(&table, columns);
    if (a->count == 0 && a->has_prediction && a->prediction.has_sweep) {
        spn_text_add(
            text,
            "no linear mode: the cross-covariance of inputs and targets is 0 to rounding. What is "
            "learned comes from higher moments, and linear theory predicts none of its "
            "transitions\n");
    } else if (a->count == 0) {
        spn_text_add(text, "no linear theory for this activation or error\n");
    } else {
        spn_text_put(text, "depth %lld\n", (long long)a->depth);
        spn_view_terminal(text, &view, "");
    }
}

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

static spn_status print_text(spn_context *context, const answer *a)
{
    spn_text text = {.context = context, .norm = a->norm};
    put_modes(&text, a);
    if (a->has_prediction) {
        put_sweep(&text, &a->prediction);
        put_onset(&text, &a->prediction);
    }
    return cli_print(stdout, &text);
}

spn_status cmd_theory(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    answer a = {.count = 0};
    const bool has_values = arguments->singular_values != NULL;
    if ((arguments->depth > 0) != has_values || has_values == (arguments->word_count > 0)) {
        return cli_misuse(session, "give an experiment, or both --depth and --singular-values");
    }
    if (has_values && arguments->set_count > 0) {
        return cli_misuse(session, "--set changes an experiment; there is none with --depth and "
                                   "--singular-values");
    }
    SPN_TRY((has_values ? from_values : from_experiment)(session, arguments, &a));
    SPN_TRY((arguments->is_json ? print_json : print_text)(session->context, &a));
done:
    return status;
}
