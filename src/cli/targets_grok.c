/* SPDX-License-Identifier: MIT */
/* Watched training: Figure 3 of the paper, and the initial scale. */
#include "cli/run.h"
#include "cli/targets.h"

#include <stdio.h>
#include <string.h>

enum { SET_SIZE = CLI_PATH_SIZE + 32 };

/* The target's own settings come first, so that the caller's win. */
static spn_status take_settings(const cli_job *job, const cli_target *target, const char *results,
                                cli_arguments *out)
{
    *out = *job->arguments;
    out->set_count = 0;
    for (const char *const *set = target->sets; *set != NULL; set++) {
        out->sets[out->set_count++] = *set;
    }
    if (results != NULL) {
        out->sets[out->set_count++] = results;
    }
    if (out->set_count + job->arguments->set_count > CLI_SETS_MAX) {
        return spn_fail(job->session->context, SPN_ERROR_ARGUMENT, "too many times --set");
    }
    for (int64_t i = 0; i < job->arguments->set_count; i++) {
        out->sets[out->set_count++] = job->arguments->sets[i];
    }
    return SPN_OK;
}

static spn_status write_tables(const cli_job *job, const char *name, const char *path)
{
    static const char *const tables[] = {"runs", "points", "crossings", "plateaus"};
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    SPN_TRY(spn_arena_create(job->session->context, &arena));
    SPN_TRY(spn_results_read(job->session->context, arena, path, &results));
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char suffix[32];
        snprintf(suffix, sizeof suffix, "-%s.csv", tables[i]);
        SPN_TRY(cli_job_write_csv(job, name, suffix, spn_results_table(&results, tables[i])));
    }
done:
    spn_arena_free(arena);
    return status;
}

static spn_status make_training(cli_job *job, const char *name, const char *results)
{
    spn_status status = SPN_OK;
    cli_arguments arguments;
    char path[CLI_PATH_SIZE];
    bool is_good = true;
    SPN_TRY(take_settings(job, cli_find_target(name), results, &arguments));
    SPN_TRY(cli_job_path(job, name, ".h5", path));
    SPN_TRY(cli_run(job->session, &arguments, path, spn_study_grok, &is_good));
    job->is_good = job->is_good && is_good;
    SPN_TRY(write_tables(job, name, path));
    SPN_TRY(cli_job_draw(job, path, name));
done:
    return status;
}

spn_status cli_make_figure3(cli_job *job)
{
    spn_status status = SPN_OK;
    char sweep[CLI_PATH_SIZE], results[SET_SIZE];
    SPN_TRY(cli_job_path(job, cli_paper_sweep.name, ".h5", sweep));
    snprintf(results, sizeof results, "grok.results=\"%s\"", sweep);
    SPN_TRY(make_training(job, "fig3", results));
done:
    return status;
}

spn_status cli_make_omnigrok(cli_job *job)
{
    return make_training(job, "omnigrok", NULL);
}
