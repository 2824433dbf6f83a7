/* SPDX-License-Identifier: MIT */
/* Figure 1: slices through the phases of the paper's sweep. */
#include "gallery/fig1/fig1.h"

#include <string.h>

/* Results that were made by this program of this very sweep, which may be kept. */
static spn_status find_slices(const spni_job *job, const char *sweep, const char *slices,
                              bool *is_found)
{
    spn_status status = SPN_OK;
    spn_context *context = job->context;
    spn_arena *arena = NULL;
    spn_results a, b;
    const char *fault = NULL;
    *is_found = false;
    if (!job->settings->is_resumed || !spn_journal_exists(slices)) {
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

static spn_status make_slices(spni_job *job, const char *sweep, const char *slices)
{
    spn_status status = SPN_OK;
    spn_context *context = job->context;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    bool is_good = true;
    const spn_run_settings settings = {
        .output = slices, .threads = job->settings->threads, .is_forced = job->settings->is_forced};
    SPN_TRY(spni_job_experiment(job, NULL, NULL, &experiment));
    SPN_TRY(spn_study_create(context, experiment, &study));
    SPN_TRY(spn_study_figure1(context, study, sweep, &settings, &is_good));
    SPN_TRY(spn_results_tell(context, slices, false));
    job->is_good = job->is_good && is_good;
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    return status;
}

static spn_status make(spni_job *job)
{
    spn_status status = SPN_OK;
    char sweep[SPNI_PATH_SIZE], slices[SPNI_PATH_SIZE];
    bool is_found = false;
    SPN_TRY(spni_job_path(job, spni_paper_sweep.name, ".h5", sweep));
    SPN_TRY(spni_job_path(job, "fig1", ".h5", slices));
    SPN_TRY(find_slices(job, sweep, slices, &is_found));
    if (is_found) {
        spn_message(job->context, "%s is complete: nothing to resume", slices);
    } else {
        SPN_TRY(make_slices(job, sweep, slices));
    }
    SPN_TRY(spni_job_draw(job, "fig1", NULL));
done:
    return status;
}

const spni_target spni_target_fig1 = {
    .name = "fig1",
    .help = "Figure 1 of the paper: the loss below, at and above the onset of learning",
    .title = "Figure 1: the loss at the onset of learning",
    .text =
        "The loss *L* = *E* + *β* |*θ*|² along the line from the trivial model to the phase that "
        "the "
        "sweep leaves last on its way up, at a *β* below the Maxwell point of the two, at it, and "
        "between it and the spinodal; the same as a Landau potential *E*(*n*) + *βn*, *n* = "
        "|*θ*|²; "
        "and the plane through three phases. The onset is of first order: two minima with a "
        "barrier "
        "between them exchange their rank at the Maxwell point.",
    .step = &spni_paper_sweep,
    .groups = SPNI_GROUP_PAPER,
    .make = make,
    .write = spni_fig1_section,
};
