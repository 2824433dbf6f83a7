/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <math.h>
#include <stdio.h>

static spn_status print_json(spn_context *context, const spn_check_report *report)
{
    spn_json json;
    spn_json_begin(&json, context, spn_sink_stream(stdout));
    spn_json_begin_object(&json, NULL);
    spn_json_boolean(&json, "passed", report->is_passed);
    spn_json_text(&json, "verdict", spn_check_verdict_text(report->verdict));
    spn_json_text(&json, "reason", report->reason);
    spn_json_real(&json, "gradient_slope", report->gradient_slope);
    spn_json_real(&json, "hessian_slope", report->hessian_slope);
    spn_json_real(&json, "gradient_error", report->gradient_error);
    spn_json_real(&json, "hessian_error", report->hessian_error);
    spn_json_real(&json, "column_error", report->column_error);
    spn_json_real(&json, "parameter_error", report->parameter_error);
    spn_json_real(&json, "gradient_resolution", report->gradient_resolution);
    spn_json_real(&json, "hessian_resolution", report->hessian_resolution);
    spn_json_real(&json, "parameter_resolution", report->parameter_resolution);
    spn_json_end_object(&json);
    return spn_json_end_document(&json);
}

/* A comparison that was not made must not read as one that went well. */
static void print_columns(double error)
{
    if (isnan(error)) {
        printf("products     against columns      not done: P is too large for a dense Hessian\n");
    } else {
        printf("products     against columns      %.3g (relative)\n", error);
    }
}

static void print_difference(const char *name, double error, double resolution)
{
    printf("%-12s against differences  %.3g (relative; the differences are good to %.1g)\n", name,
           error, resolution);
}

static void print_text(const spn_check_report *report)
{
    print_difference("gradient", report->gradient_error, report->gradient_resolution);
    print_difference("Hessian", report->hessian_error, report->hessian_resolution);
    print_difference("d/dbeta", report->parameter_error, report->parameter_resolution);
    print_columns(report->column_error);
    printf("Taylor remainder, gradient        slope %.3f (2 where L is smooth)\n",
           report->gradient_slope);
    printf("Taylor remainder, Hessian         slope %.3f (3 where L is smooth)\n",
           report->hessian_slope);
    printf("%s%s%s%s\n",
           report->verdict == SPN_CHECK_FAILED ? "FAILED" : spn_check_verdict_text(report->verdict),
           report->reason[0] != '\0' ? ": " : "", report->reason,
           isnan(report->column_error) ? " (one comparison was not done)" : "");
}

spn_status cmd_check(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    double *theta = NULL;
    spn_check_report report = {.reason = ""};
    SPN_TRY(cli_experiment(session, arguments, &experiment));
    SPN_TRY(spn_study_create(context, experiment, &study));
    SPN_NEW(context, theta, study->loss.dimension);
    SPN_TRY(cli_weights(session, arguments, study, theta));
    double beta =
        isnan(arguments->beta) ? spn_experiment_sweep(experiment)->beta_from : arguments->beta;
    SPN_TRY(spn_objective_check(context, &study->loss, theta, beta, 1, &report));
    session->is_good = report.is_passed;
    if (arguments->is_json) {
        SPN_TRY(print_json(context, &report));
    } else {
        print_text(&report);
    }
done:
    spn_release(context, theta);
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    return status;
}
