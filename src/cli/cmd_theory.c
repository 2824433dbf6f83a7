/* SPDX-License-Identifier: MIT */
#include "cli/prediction.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* "0.9,0.5" to numbers. Returns how many, or -1 (the message has been printed). */
static int64_t parse_values(const char *text, double *values, int64_t capacity)
{
    const cli_command *command = cli_find_command("theory");
    int64_t count = 0;
    while (true) {
        char item[1024];
        size_t length = strcspn(text, ",");
        if (length >= sizeof item) {
            cli_usage_error(command, "--singular-values: a number of %zu characters", length);
            return -1;
        }
        snprintf(item, sizeof item, "%.*s", (int)length, text);
        if (count == capacity) {
            cli_usage_error(command, "--singular-values: more than %lld", (long long)capacity);
            return -1;
        }
        if (!spn_parse_real(item, &values[count]) || !(values[count] > 0)) {
            cli_usage_error(command, "--singular-values: expected numbers > 0, got '%s'", item);
            return -1;
        }
        count++;
        if (text[length] == '\0') {
            return count;
        }
        text += length + 1;
    }
}

/* prediction: NULL for given singular values. */
static spn_status print_json(spn_context *context, int64_t depth, int64_t count,
                             const spn_theory_mode *modes, const spn_prediction *prediction)
{
    const spn_table table = {"theory", &spn_theory_mode_columns, count, modes};
    spn_json json;
    spn_json_begin(&json, context, spn_sink_stream(stdout));
    spn_json_begin_object(&json, NULL);
    spn_json_integer(&json, "depth", depth);
    spn_json_begin_list(&json, "modes");
    for (int64_t i = 0; i < count; i++) {
        spn_json_record(&json, NULL, &table, i);
    }
    spn_json_end_list(&json);
    if (prediction != NULL) {
        cli_write_prediction(&json, prediction);
    }
    spn_json_end_object(&json);
    return spn_json_end_document(&json);
}

static void put_modes(spn_text *text, int64_t depth, int64_t count, const spn_theory_mode *modes,
                      const spn_prediction *prediction)
{
    static const char *const orders[] = {"none", "first", "second", NULL};
    static const spn_view_column columns[] = {SPN_SHOW_WORD("order", "order", orders, "none"),
                                              SPN_SHOW("singular value", "singular_value", 6),
                                              SPN_SHOW("Maxwell beta", "maxwell_beta", 6),
                                              SPN_SHOW("spinodal beta", "spinodal_beta", 6),
                                              SPN_SHOW("s at Maxwell", "maxwell_strength", 6),
                                              SPN_SHOW("s at spinodal", "spinodal_strength", 6)};
    const spn_table table = {"theory", &spn_theory_mode_columns, count, modes};
    const spn_view view = SPN_VIEW(&table, columns);
    if (count == 0 && prediction != NULL && prediction->has_sweep) {
        spn_text_add(
            text,
            "no linear mode: the cross-covariance of inputs and targets is 0 to rounding. What is "
            "learned comes from higher moments, and linear theory predicts none of its "
            "transitions\n");
    } else if (count == 0) {
        spn_text_add(text, "no linear theory for this activation or error\n");
    } else {
        spn_text_put(text, "depth %lld\n", (long long)depth);
        spn_view_terminal(text, &view, "");
    }
}

static spn_status from_experiment(cli_session *session, const cli_arguments *arguments,
                                  int64_t *depth, int64_t *count, spn_theory_mode *modes,
                                  spn_prediction *prediction, const char **norm)
{
    spn_status status = SPN_OK;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    SPN_TRY(cli_experiment(session, arguments, &experiment));
    SPN_TRY(spn_study_create(session->context, experiment, &study));
    *depth = spn_network_depth(study->network);
    if (study->regularised.regulariser.weights != NULL) {
        *norm = spn_regularise_symbol(spn_experiment_error(experiment)->regularise);
    }
    SPN_TRY(spn_study_theory(session->context, study, count, modes));
    SPN_TRY(spn_study_predict(session->context, study, prediction));
done:
    spn_study_free(session->context, study);
    spn_experiment_free(session->context, experiment);
    return status;
}

int cmd_theory(cli_session *session, const cli_arguments *arguments)
{
    enum { MAX_VALUES = 64 };
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    double values[MAX_VALUES];
    spn_theory_mode modes[MAX_VALUES];
    spn_prediction prediction;
    spn_text text = {.context = context};
    int64_t depth = arguments->depth, count = 0;
    bool has_values = arguments->singular_values != NULL;
    if ((depth > 0) != has_values || has_values == (arguments->word_count > 0)) {
        return cli_usage_error(cli_find_command("theory"),
                               "give an experiment, or both --depth and --singular-values");
    }
    if (has_values) {
        count = parse_values(arguments->singular_values, values, MAX_VALUES);
        if (count < 0) {
            return EXIT_USAGE;
        }
        for (int64_t i = 0; i < count; i++) {
            SPN_TRY(spn_theory_mode_transition(context, depth, values[i], &modes[i]));
        }
    } else {
        SPN_TRY(
            from_experiment(session, arguments, &depth, &count, modes, &prediction, &text.norm));
    }
    if (arguments->is_json) {
        SPN_TRY(print_json(context, depth, count, modes, has_values ? NULL : &prediction));
    } else {
        put_modes(&text, depth, count, modes, has_values ? NULL : &prediction);
        if (!has_values) {
            cli_put_prediction(&text, &prediction);
        }
        SPN_TRY(text.status);
        cli_put_text(stdout, text.buffer.text);
    }
done:
    spn_text_end(&text);
    return cli_finish(session, status);
}
