/* SPDX-License-Identifier: MIT */
#include "cli/run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* With -v: what is run, as it would stand in an experiment file. */
static spn_status say_experiment(cli_session *session, const spn_study *study)
{
    spn_status status = SPN_OK;
    char *text = NULL;
    if (!session->is_verbose) {
        return SPN_OK;
    }
    SPN_TRY(spn_experiment_dump(session->context, study->experiment, &text));
    fprintf(stderr, "%s# %lld samples", text, (long long)study->dataset->samples);
    if (study->test != NULL) {
        fprintf(stderr, " and %lld for testing", (long long)study->test->samples);
    }
    fprintf(stderr, ", %lld parameters, data checksum %08x\n", (long long)study->loss.dimension,
            (unsigned)study->data_checksum);
done:
    spn_release(session->context, text);
    return status;
}

static void say_not_gated(int64_t failed, int64_t count, double first)
{
    fprintf(
        stderr,
        "warning: %lld of %lld points did not pass the stationarity gate (column 'stationary' is "
        "0), the first at beta = %.6g; more solver.max_iterations may help, solver.method: newton "
        "where "
        "it is another, an activation without kinks\n",
        (long long)failed, (long long)count, first);
}

/* Count the points that did not pass. */
static spn_status report_gate(cli_session *session, const char *path)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    int64_t failed = 0;
    double first = 0;
    SPN_TRY(spn_arena_create(session->context, &arena));
    SPN_TRY(spn_results_read(session->context, arena, path, &results));
    const spn_table *points = spn_results_table(&results, "points");
    int64_t gate = spn_table_find(points, "stationary"), beta = spn_table_find(points, "beta");
    for (int64_t row = 0; row < points->rows; row++) {
        if (spn_table_integer(points, row, gate) == 0 && failed++ == 0) {
            first = spn_table_real(points, row, beta);
        }
    }
    if (failed > 0) {
        say_not_gated(failed, points->rows, first);
    }
done:
    spn_arena_free(arena);
    return status;
}

static spn_status explain_interruption(spn_context *context, const char *output)
{
    char journal[4200];
    snprintf(journal, sizeof journal, "%s.part", output);
    if (!spn_journal_exists(journal)) {
        return SPN_ERROR_INTERRUPTED;
    }
    return spn_fail(context, SPN_ERROR_INTERRUPTED,
                    "interrupted; all finished points are in %s, go on with --resume", journal);
}

/* What is full is the disk of the journal, whose finished points are good to go on from. */
static spn_status explain_full_disk(spn_context *context, const char *output)
{
    char journal[4200];
    const char *text = spn_error_text(context);
    snprintf(journal, sizeof journal, "%s.part", output);
    const bool is_full = strstr(text, strerror(ENOSPC)) != NULL ||
                         strstr(text, strerror(EDQUOT)) != NULL ||
                         strstr(text, strerror(EFBIG)) != NULL;
    if (!is_full || !spn_journal_exists(journal)) {
        return SPN_ERROR_IO;
    }
    return spn_fail(context, SPN_ERROR_IO,
                    "%s; finished points are in %s: make room and go on with --resume", text,
                    journal);
}

spn_status cli_run_study(cli_session *session, const cli_arguments *arguments, const char *output,
                         cli_study *run, bool *is_good)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    const spn_run_settings settings = {.output = output,
                                       .threads = arguments->threads,
                                       .is_forced = arguments->is_forced,
                                       .is_resumed = arguments->is_resumed};
    *is_good = true;
    SPN_TRY(cli_experiment(session, arguments, &experiment));
    SPN_TRY(spn_study_create(context, experiment, &study));
    SPN_TRY(say_experiment(session, study));
    SPN_TRY(run(context, study, &settings, is_good));
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    if (status == SPN_ERROR_INTERRUPTED) {
        return explain_interruption(context, output);
    }
    return status == SPN_ERROR_IO ? explain_full_disk(context, output) : status;
}

spn_status cli_run_sweep(cli_session *session, const cli_arguments *arguments, const char *output,
                         bool *is_gated)
{
    spn_status status = SPN_OK;
    SPN_TRY(cli_run_study(session, arguments, output, spn_study_sweep, is_gated));
    SPN_TRY(cli_summarize(session, output, arguments->is_json));
    SPN_TRY(*is_gated || session->is_quiet ? SPN_OK : report_gate(session, output));
done:
    return status;
}

/* RUN.h5 beside the experiment's name: "examples/energy.yaml" gives "energy.h5" in the current folder. */
static spn_status default_output(spn_context *context, const char *experiment, char **out)
{
    spn_status status = SPN_OK;
    const char *slash = strrchr(experiment, '/');
    const char *name = slash != NULL ? slash + 1 : experiment;
    const char *dot = strrchr(name, '.');
    int length = dot != NULL && dot != name ? (int)(dot - name) : (int)strlen(name);
    size_t size = (size_t)length + sizeof ".h5";
    SPN_NEW(context, *out, (int64_t)size);
    snprintf(*out, size, "%.*s.h5", length, name);
done:
    return status;
}

int cli_run_command(cli_session *session, const cli_arguments *arguments, cli_runner *runner)
{
    spn_status status = SPN_OK;
    bool is_good = true;
    char *made = NULL;
    if (arguments->output == NULL) {
        SPN_TRY(default_output(session->context, arguments->words[0], &made));
    }
    SPN_TRY(runner(session, arguments, made != NULL ? made : arguments->output, &is_good));
done:
    spn_release(session->context, made);
    int result = cli_finish(session, status);
    return result == EXIT_DONE && !is_good ? EXIT_CHECK_FAILED : result;
}
