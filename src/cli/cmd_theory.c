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

static void print_number(double value)
{
    if (isnan(value)) {
        printf("  %12s", "-");
    } else {
        printf("  %12.6g", value);
    }
}

static void print_text(int64_t depth, int64_t count, const spn_theory_mode *modes,
                       const spn_prediction *prediction)
{
    static const char *const orders[] = {"none", "first", "second"};
    if (count == 0 && prediction != NULL && prediction->has_sweep) {
        printf(
            "no linear mode: the cross-covariance of inputs and targets is 0 to rounding. What is "
            "learned comes from higher moments, and linear theory predicts none of its "
            "transitions\n");
        return;
    }
    if (count == 0) {
        printf("no linear theory for this activation or error\n");
        return;
    }
    printf("depth %lld\n%6s  %14s  %12s  %12s  %12s  %12s\n", (long long)depth, "order",
           "singular value", "Maxwell beta", "spinodal beta", "s at Maxwell", "s at spinodal");
    for (int64_t i = 0; i < count; i++) {
        printf("%6s  %14.6g", orders[modes[i].order], modes[i].singular_value);
        print_number(modes[i].maxwell_beta);
        print_number(modes[i].spinodal_beta);
        print_number(modes[i].maxwell_strength);
        print_number(modes[i].spinodal_strength);
        printf("\n");
    }
}

static spn_status from_experiment(cli_session *session, const cli_arguments *arguments,
                                  int64_t *depth, int64_t *count, spn_theory_mode *modes,
                                  spn_prediction *prediction)
{
    spn_status status = SPN_OK;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    SPN_TRY(cli_experiment(session, arguments, &experiment));
    SPN_TRY(spn_study_create(session->context, experiment, &study));
    *depth = spn_network_depth(study->network);
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
        SPN_TRY(from_experiment(session, arguments, &depth, &count, modes, &prediction));
    }
    if (arguments->is_json) {
        SPN_TRY(print_json(context, depth, count, modes, has_values ? NULL : &prediction));
    } else {
        print_text(depth, count, modes, has_values ? NULL : &prediction);
        if (!has_values) {
            cli_print_prediction(&prediction);
        }
    }
done:
    return cli_finish(session, status);
}
