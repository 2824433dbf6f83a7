/* SPDX-License-Identifier: MIT */
/* Figure 1: slices through the phases of the paper's sweep. */
#include "gallery/fig1/fig1.h"

static spn_status make_slices(spni_job *job, const spn_study *study, const char *path)
{
    spn_status status = SPN_OK;
    char sweep[SPNI_PATH_SIZE];
    bool is_good = true;
    const spn_run_settings settings = {
        .output = path, .threads = job->settings->threads, .is_forced = job->settings->is_forced};
    SPN_TRY(spni_job_path(job, spni_paper_sweep.name, ".h5", sweep));
    SPN_TRY(spni_fig1_slices(job->context, study, sweep, &settings, &is_good));
    SPN_TRY(spn_results_tell(job->context, path, &(spn_wish){0}));
    job->is_good = job->is_good && is_good;
done:
    return status;
}

static spn_status make(spni_job *job)
{
    spn_status status = SPN_OK;
    spn_context *context = job->context;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    spn_book *book = NULL;
    char path[SPNI_PATH_SIZE];
    bool is_found = false, is_good = true;
    SPN_TRY(spni_job_experiment(job, NULL, NULL, &experiment));
    SPN_TRY(spn_study_create(context, experiment, &study));
    SPN_TRY(spn_book_create(context, &spn_slice_kind, study, &book));
    SPN_TRY(spni_job_find(job, "fig1", book, path, &is_found, &is_good));
    SPN_TRY(is_found ? SPN_OK : make_slices(job, study, path));
    job->is_good = job->is_good && is_good;
done:
    spn_book_free(book);
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
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
    .shared = &spni_paper_sweep,
    .groups = SPNI_GROUP_PAPER,
    .make = make,
    .write = spni_fig1_section,
};
