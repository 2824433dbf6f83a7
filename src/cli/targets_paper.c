/* SPDX-License-Identifier: MIT */
/* The figures of the paper: both rest on one sweep. */
#include "cli/run.h"
#include "cli/targets.h"

#include <string.h>

static spn_status make_sweep(cli_job *job);
const cli_step cli_paper_sweep = {"fig2", make_sweep};

static spn_status make_sweep(cli_job *job)
{
    spn_status status = SPN_OK;
    char path[CLI_PATH_SIZE];
    bool is_good = true;
    SPN_TRY(cli_job_path(job, cli_paper_sweep.name, ".h5", path));
    SPN_TRY(cli_run(job->session, job->arguments, path, spn_study_sweep, &is_good));
    job->is_good = job->is_good && is_good;
done:
    return status;
}

spn_status cli_make_figure2(cli_job *job)
{
    spn_status status = SPN_OK;
    spn_context *context = job->session->context;
    spn_transitions *transitions = NULL;
    char path[CLI_PATH_SIZE];
    spn_arena *arena = NULL;
    spn_results results;
    double from = 0, to = 0;
    spn_table table = {.name = "transitions", .columns = &spn_transition_columns};
    SPN_TRY(cli_job_path(job, cli_paper_sweep.name, ".h5", path));
    SPN_TRY(spn_transitions_create(context, &transitions));
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    SPN_TRY(spn_add_transitions(context, &results, transitions, &from, &to));
    table.records = spn_transitions_rows(transitions, &table.rows);
    SPN_TRY(cli_job_write_csv(job, "fig2", "-transitions.csv", &table));
    SPN_TRY(cli_job_draw(job, path, NULL));
done:
    spn_arena_free(arena);
    spn_transitions_free(context, transitions);
    return status;
}

/* Results that were made by this program of this very sweep, which may be kept. */
static spn_status find_slices(const cli_job *job, const char *sweep, const char *slices,
                              bool *is_found)
{
    spn_status status = SPN_OK;
    spn_context *context = job->session->context;
    spn_arena *arena = NULL;
    spn_results a, b;
    const char *fault = NULL;
    *is_found = false;
    if (!job->arguments->is_resumed || !spn_journal_exists(slices)) {
        return SPN_OK;
    }
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, sweep, &a));
    SPN_TRY(spn_results_read(context, arena, slices, &b));
    SPN_TRY(spn_study_judge(context, &b, &fault));
    if (fault == NULL && strcmp(b.kind, "slice") == 0) {
        SPN_TRY(
            spn_study_compare(context, &a, &b, NULL, SPN_SAME_DATA | SPN_SAME_PROGRAM, is_found));
    }
done:
    spn_arena_free(arena);
    return status;
}

static spn_status make_slices(cli_job *job, const char *sweep, const char *slices)
{
    spn_status status = SPN_OK;
    spn_context *context = job->session->context;
    const cli_arguments *arguments = job->arguments;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    bool is_good = true;
    const spn_run_settings settings = {
        .output = slices, .threads = arguments->threads, .is_forced = arguments->is_forced};
    SPN_TRY(cli_experiment(job->session, arguments, &experiment));
    SPN_TRY(spn_study_create(context, experiment, &study));
    SPN_TRY(spn_study_figure1(context, study, sweep, &settings, &is_good));
    SPN_TRY(cli_report(job->session, slices, false));
    job->is_good = job->is_good && is_good;
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    return status;
}

spn_status cli_make_figure1(cli_job *job)
{
    spn_status status = SPN_OK;
    char sweep[CLI_PATH_SIZE], slices[CLI_PATH_SIZE];
    bool is_found = false;
    SPN_TRY(cli_job_path(job, cli_paper_sweep.name, ".h5", sweep));
    SPN_TRY(cli_job_path(job, "fig1", ".h5", slices));
    SPN_TRY(find_slices(job, sweep, slices, &is_found));
    if (is_found) {
        spn_message(job->session->context, "%s is complete: nothing to resume", slices);
    } else {
        SPN_TRY(make_slices(job, sweep, slices));
    }
    SPN_TRY(cli_job_draw(job, slices, NULL));
done:
    return status;
}
