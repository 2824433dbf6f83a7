/* SPDX-License-Identifier: MIT */
/* Making targets: what would be refused first, then each, then the index. */
#include "gallery/index.h"

#include <spinodal/base/farm.h>
#include <spinodal/numeric.h>
#include <string.h>

/* The settings are tried once, before anything is made. */
static spn_status check_settings(const spni_job *job)
{
    spn_experiment *experiment = NULL;
    spn_status status = spni_job_experiment(job, NULL, NULL, &experiment);
    spn_experiment_free(job->context, experiment);
    return status;
}

static spn_status check_file(const spni_job *job, const char *name, const char *suffix)
{
    spn_status status = SPN_OK;
    char path[SPNI_PATH_SIZE];
    SPN_TRY(spni_job_path(job, name, suffix, path));
    SPN_TRY(spn_results_check_target(job->context, path, job->settings->is_forced));
done:
    return status;
}

/* What would be refused at the end of a long run is refused at its beginning. One that goes on finds its own
 * files and looks at each when it has made it again. */
static spn_status check_files(const spni_job *job, uint64_t chosen)
{
    static const char *const suffixes[] = {".h5",  ".csv", ".svg", ".pdf",
                                           ".png", ".gp",  ".dat", ".txt"};
    spn_status status = SPN_OK;
    SPN_TRY(spni_check_index(job->context, job->settings->folder, job->settings->is_forced));
    for (int64_t k = 0; spni_targets[k] != NULL && !job->settings->is_resumed; k++) {
        const spni_target *target = spni_targets[k];
        if ((chosen >> k & 1) == 0) {
            continue;
        }
        for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
            SPN_TRY(check_file(job, target->name, suffixes[i]));
        }
        SPN_TRY(target->shared != NULL ? check_file(job, target->shared->name, ".h5") : SPN_OK);
    }
done:
    return status;
}

static spn_status make_target(spni_job *job, const spni_target *target)
{
    spn_status status = SPN_OK;
    SPN_TRY(target->shared != NULL ? spni_job_prepare(job, target->shared) : SPN_OK);
    SPN_TRY(target->make(job));
    SPN_TRY(spni_job_show(job, target));
done:
    return status;
}

/* Keep why a target was not made; of one among many tell it, and be ready for the next. */
static void note_failure(spni_job *job, const spni_target *target, bool is_one_of_many,
                         spni_outcome *outcome, spn_error *first)
{
    spn_context *context = job->context;
    const char *text = spn_error_text(context);
    outcome->text =
        spn_duplicate(context, text[0] != '\0' ? text : spn_status_text(outcome->status));
    if (is_one_of_many) {
        spn_error_prefix(context, "%s", target->name);
    }
    if (first->status == SPN_OK || outcome->status == SPN_ERROR_INTERRUPTED) {
        spn_error_get(context, first);
    } else {
        spn_warning(context, "%s", spn_error_text(context));
    }
    spn_error_clear(context);
}

/* Make all chosen targets. One that fails does not keep others from being made; an interruption does. */
static void make_chosen(spni_job *job, uint64_t chosen, spni_outcome *outcomes, spn_error *first)
{
    const bool is_one_of_many = (chosen & (chosen - 1)) != 0;
    *first = (spn_error){.status = SPN_OK};
    for (int64_t k = 0; spni_targets[k] != NULL && first->status != SPN_ERROR_INTERRUPTED; k++) {
        if ((chosen >> k & 1) == 0) {
            continue;
        }
        outcomes[k].is_tried = true;
        outcomes[k].status = make_target(job, spni_targets[k]);
        if (outcomes[k].status != SPN_OK) {
            note_failure(job, spni_targets[k], is_one_of_many, &outcomes[k], first);
        }
    }
}

/* In a context that no signal cancels: the page tells of an interrupted run, too. */
static spn_status write_index(const spni_job *job, const spni_outcome *outcomes)
{
    spn_context *context = NULL;
    spn_status status = spn_context_create(NULL, &context);
    if (status != SPN_OK) {
        return spn_fail(job->context, status, "out of memory");
    }
    status = spni_write_index(context, job->settings->folder, job->settings->is_forced, outcomes);
    if (status != SPN_OK) {
        spn_error_copy(job->context, context);
    }
    spn_context_free(context);
    return status;
}

static spn_status unknown_target(spn_context *context, const char *name)
{
    enum { NAMES_MAX = SPNI_TARGETS_MAX + 8 };
    const char *names[NAMES_MAX];
    spn_text list = {.context = context};
    int64_t count = 0;
    spn_gallery_name known;
    while (count < NAMES_MAX && spn_gallery_name_at(count, &known)) {
        spn_text_put(&list, "%s%s", count > 0 ? ", " : "", known.name);
        names[count++] = known.name;
    }
    const char *near = spn_nearest_name(name, names, count);
    spn_status status =
        spn_fail(context, SPN_ERROR_ARGUMENT, "unknown target '%s'%s%s%s; there are: %s", name,
                 near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
                 near != NULL ? "'?" : "", list.buffer.text != NULL ? list.buffer.text : "");
    spn_text_end(&list);
    return status;
}

static spn_status check(const spni_job *job, uint64_t chosen)
{
    spn_status status = SPN_OK;
    SPN_TRY(check_settings(job));
    SPN_TRY(spn_make_folder(job->context, job->settings->folder));
    SPN_TRY(check_files(job, chosen));
done:
    return status;
}

/* The page that tells of all targets; and the first failure, whose outcome is in it. Ends `outcomes`. */
static spn_status tell_outcomes(const spni_job *job, spni_outcome *outcomes, const spn_error *first)
{
    spn_context *context = job->context;
    spn_status status = write_index(job, outcomes);
    if (status != SPN_OK && first->status != SPN_OK) { /* what came first is the cause */
        spn_warning(context, "%s", spn_error_text(context));
        status = SPN_OK;
    }
    for (int64_t k = 0; k < SPNI_TARGETS_MAX; k++) {
        spn_release(context, outcomes[k].text);
    }
    if (status == SPN_OK && first->status != SPN_OK) {
        spn_error_set(context, first);
        status = first->status;
    }
    return status;
}

static spn_status make_all(spni_job *job, uint64_t chosen)
{
    spni_outcome outcomes[SPNI_TARGETS_MAX] = {{false, SPN_OK, NULL}};
    spn_error first;
    make_chosen(job, chosen, outcomes, &first);
    return tell_outcomes(job, outcomes, &first);
}

/* ---- On ranks ---------------------------------------------------------------------------------- */

static spn_status refuse_unshared(spn_context *context, const char *name, uint64_t chosen)
{
    spn_text list = {.context = context};
    spn_status status = SPN_OK;
    for (int64_t k = 0; spni_targets[k] != NULL && status == SPN_OK; k++) {
        if ((chosen >> k & 1) != 0 && spni_targets[k]->share == NULL) {
            spni_put_shared_targets(&list);
            status = spn_fail(context, SPN_ERROR_UNSUPPORTED,
                              "ranks share the runs of %s: make '%s' with spinodal",
                              list.buffer.text != NULL ? list.buffer.text : "", name);
        }
    }
    spn_text_end(&list);
    return status;
}

static spn_status share_target(spni_job *job, const spni_target *target)
{
    const spn_status status = target->share(job);
    return status == SPN_ERROR_INTERRUPTED
               ? spn_fail(job->context, status,
                          "interrupted; what is done is in %s, go on with --resume",
                          job->settings->folder)
               : status;
}

/* All ranks make the runs together. Where they fail the page tells of it, as one process would; all have the same failure. */
static spn_status make_runs(spni_job *job, uint64_t chosen)
{
    spn_status status = SPN_OK;
    spni_outcome outcomes[SPNI_TARGETS_MAX] = {{false, SPN_OK, NULL}};
    spn_error first = {.status = SPN_OK};
    for (int64_t k = 0; spni_targets[k] != NULL && status == SPN_OK; k++) {
        if ((chosen >> k & 1) != 0) {
            status = share_target(job, spni_targets[k]);
            outcomes[k].is_tried = true;
            outcomes[k].status = status;
        }
        if (status != SPN_OK && spn_farm_rank(job->context) == 0) {
            note_failure(job, spni_targets[k], (chosen & (chosen - 1)) != 0, &outcomes[k], &first);
            status = tell_outcomes(job, outcomes, &first);
        }
    }
    job->has_runs = true;
    return status;
}

/* Rank 0 looks at files for all, which may see later what it has just made; and makes the rest of the runs, alone, while the others wait. */
static spn_status make_on_ranks(spni_job *job, const char *name, uint64_t chosen)
{
    spn_status status = SPN_OK;
    spn_context *context = job->context;
    spn_farm *farm = spn_context_farm(context);
    SPN_TRY(refuse_unshared(context, name, chosen));
    SPN_TRY(spn_farm_compare_bits(context));
    SPN_TRY(spn_farm_agree(context, farm->rank == 0 ? check(job, chosen) : SPN_OK, NULL, 0));
    SPN_TRY(make_runs(job, chosen));
    if (farm->rank == 0) {
        farm->is_alone = true;
        status = make_all(job, chosen);
        farm->is_alone = false;
    }
    SPN_TRY(spn_farm_agree(context, status, &job->is_good, sizeof job->is_good));
done:
    return status;
}

spn_status spn_gallery_make(spn_context *context, const char *name,
                            const spn_gallery_settings *settings, bool *is_good)
{
    spn_status status = SPN_OK;
    const uint64_t chosen = spni_targets_named(name);
    spni_job job = {.context = context,
                    .settings = settings,
                    .is_good = true,
                    .said = {.size = sizeof(spni_saying)}};
    *is_good = true;
    if (chosen == 0) {
        return unknown_target(context, name);
    }
    if (spn_context_farm(context) != NULL) {
        SPN_TRY(make_on_ranks(&job, name, chosen));
    } else {
        SPN_TRY(check(&job, chosen));
        SPN_TRY(make_all(&job, chosen));
    }
    spn_message(context, "%s/index.md lists what is there", settings->folder);
done:
    spn_list_free(context, &job.said);
    *is_good = job.is_good;
    return status;
}
