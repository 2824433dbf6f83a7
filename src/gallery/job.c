/* SPDX-License-Identifier: MIT */
/* What targets share while they are made. */
#include "gallery/gallery.h"

#include <spinodal/base/farm.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

spn_status spni_make_path(spn_context *context, const char *folder, const char *name,
                          const char *suffix, char path[SPNI_PATH_SIZE])
{
    const int length = snprintf(path, SPNI_PATH_SIZE, "%s/%s%s", folder, name, suffix);
    return length < SPNI_PATH_SIZE
               ? SPN_OK
               : spn_fail(context, SPN_ERROR_ARGUMENT, "the folder's name is too long");
}

spn_status spni_job_path(const spni_job *job, const char *name, const char *suffix,
                         char path[SPNI_PATH_SIZE])
{
    return spni_make_path(job->context, job->settings->folder, name, suffix, path);
}

/* The target's own settings come first, so that the caller's win. */
spn_status spni_job_experiment(const spni_job *job, const char *const *own, const char *further,
                               spn_experiment **out)
{
    spn_status status = SPN_OK;
    spn_context *context = job->context;
    spn_experiment *experiment = NULL;
    *out = NULL;
    SPN_TRY(spn_experiment_create(context, &experiment));
    for (; own != NULL && *own != NULL; own++) {
        SPN_TRY(spn_experiment_set(context, experiment, *own));
    }
    SPN_TRY(further != NULL ? spn_experiment_set(context, experiment, further) : SPN_OK);
    for (int64_t i = 0; i < job->settings->set_count; i++) {
        SPN_TRY(spn_experiment_set(context, experiment, job->settings->sets[i]));
    }
    *out = experiment;
    experiment = NULL;
done:
    spn_experiment_free(context, experiment);
    return status;
}

spn_run_settings spni_job_settings(const spni_job *job, const char *path)
{
    return (spn_run_settings){.output = path,
                              .threads = job->settings->threads,
                              .is_forced = job->settings->is_forced && !job->has_runs,
                              .is_resumed = job->settings->is_resumed || job->has_runs};
}

spn_status spni_job_begin_finding(const spni_job *job, const char *path, spn_listener *heard)
{
    spn_context *context = job->context;
    *heard = spn_context_listen(context, (spn_listener){NULL, NULL});
    if (!job->has_runs) {
        spn_context_listen(context, *heard);
    } else if (access(path, F_OK) != 0) {
        return spn_fail(
            context, SPN_ERROR_IO,
            "%s: ranks have made it, and it is not there: all ranks must see one folder", path);
    }
    return SPN_OK;
}

void spni_job_end_finding(const spni_job *job, spn_listener heard)
{
    spn_context_listen(job->context, heard);
}

void spni_job_retell(const spni_job *job, int64_t run)
{
    const void *items = job->said.items;
    const spni_saying *said = items;
    for (int64_t i = 0; i < job->said.count; i++) {
        if (said[i].run == run) {
            (said[i].kind == SPN_EVENT_WARNING ? spn_warning : spn_message)(job->context, "%s",
                                                                            said[i].text);
        }
    }
}

static spn_status make_run(spni_job *job, const char *path, const char *const *own,
                           const char *further, spni_study *run)
{
    spn_status status = SPN_OK;
    spn_context *context = job->context;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    bool is_good = true;
    const spn_run_settings settings = spni_job_settings(job, path);
    SPN_TRY(spni_job_experiment(job, own, further, &experiment));
    SPN_TRY(spn_study_create(context, experiment, &study));
    SPN_TRY(run(context, study, &settings, &is_good));
    job->is_good = job->is_good && is_good;
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    return status;
}

/* While all ranks make a run nobody tells of it: rank 0 will, when it finds it. */
spn_status spni_job_run(spni_job *job, const char *name, const char *const *own,
                        const char *further, spni_study *run)
{
    spn_context *context = job->context;
    spn_listener heard;
    char path[SPNI_PATH_SIZE];
    spn_status status = spni_job_path(job, name, ".h5", path);
    if (status != SPN_OK) {
        return status;
    }
    status = spni_job_begin_finding(job, path, &heard);
    status = status == SPN_OK ? make_run(job, path, own, further, run) : status;
    spni_job_end_finding(job, heard);
    return status == SPN_OK && spn_context_farm(context) == NULL
               ? spn_results_tell(context, path, &(spn_wish){0})
               : status;
}

spn_status spni_job_read(const spni_job *job, spn_arena *arena, const char *name,
                         char path[SPNI_PATH_SIZE], spn_results *results)
{
    spn_status status = SPN_OK;
    SPN_TRY(spni_job_path(job, name, ".h5", path));
    SPN_TRY(spn_results_read(job->context, arena, path, results));
done:
    return status;
}

spn_status spni_job_write_csv(const spni_job *job, const char *name, const char *suffix,
                              const spn_table *table)
{
    spn_status status = SPN_OK;
    spn_context *context = job->context;
    spn_output *output = NULL;
    char path[SPNI_PATH_SIZE];
    SPN_TRY(spni_job_path(job, name, suffix, path));
    SPN_TRY(spn_output_open(context, path, job->settings->is_forced || job->settings->is_resumed,
                            &output));
    if (!job->settings->is_forced) {
        spn_output_protect(output);
    }
    SPN_TRY(spn_table_write_csv(context, table, spn_sink_output(output)));
    SPN_TRY(spn_output_commit(context, &output));
done:
    spn_output_abandon(context, output);
    return status;
}

spn_status spni_job_find(const spni_job *job, const char *name, spn_book *book,
                         char path[SPNI_PATH_SIZE], bool *is_found, bool *is_good)
{
    spn_status status = SPN_OK;
    const unsigned what = SPN_SAME_DATA | SPN_SAME_PROGRAM;
    *is_found = false;
    SPN_TRY(spni_job_path(job, name, ".h5", path));
    SPN_TRY(job->settings->is_resumed
                ? spn_book_find(job->context, book, path, NULL, what, is_found, is_good)
                : SPN_OK);
    if (*is_found) {
        spn_message(job->context, "%s is complete: nothing to resume", path);
    } else {
        SPN_TRY(spn_results_check_target(job->context, path, job->settings->is_forced));
    }
done:
    return status;
}

void spni_job_judge(spni_job *job, bool is_good, const char *warning)
{
    job->is_good = job->is_good && is_good;
    if (!is_good) {
        spn_warning(job->context, "%s", warning);
    }
}

/* A run that goes on draws its figures again: those that are there are the same, or somebody else's. */
spn_status spni_job_show(const spni_job *job, const spni_target *target)
{
    spn_status status = SPN_OK;
    spn_results results;
    spn_text text = {.context = job->context};
    char path[SPNI_PATH_SIZE];
    spni_section_source source = {.path = path, .results = &results};
    const spn_plot_settings settings = {.force = job->settings->is_forced,
                                        .is_repeated = job->settings->is_resumed,
                                        .name = target->figure};
    SPN_TRY(spn_arena_create(job->context, &source.arena));
    SPN_TRY(spni_job_read(job, source.arena, target->name, path, &results));
    for (const spni_csv *csv = target->tables; csv != NULL && csv->table != NULL; csv++) {
        const spn_table *table = spn_results_table(&results, csv->table);
        SPN_TRY(spni_job_write_csv(job, target->name, csv->suffix, table));
    }
    SPN_TRY(target->tell != NULL ? target->tell(&text, &source) : SPN_OK);
    spn_text_tell(&text, false);
    SPN_TRY(spn_kind_find(results.kind)
                ->plot(job->context, &results, job->settings->folder, &settings));
done:
    spn_text_end(&text);
    spn_arena_free(source.arena);
    return status;
}

/* Steps are told apart by the first target that names them. */
static int64_t shared_number(const spni_shared_experiment *shared)
{
    int64_t k = 0;
    while (spni_targets[k]->shared != shared) {
        k++;
    }
    return k;
}

spn_status spni_job_prepare(spni_job *job, const spni_shared_experiment *shared)
{
    const int64_t k = shared_number(shared);
    if (!job->shared[k].is_run) {
        job->shared[k].is_run = true;
        job->shared[k].status = shared->make(job);
    } else if (job->shared[k].status != SPN_OK) {
        return spn_fail(job->context, job->shared[k].status,
                        "it rests on %s.h5, which was not made", shared->name);
    }
    return job->shared[k].status;
}

spn_status spni_source_take(spn_context *context, const spni_section_source *source,
                            const char *name, const spn_columns *columns, spn_table *table)
{
    const spn_wanted_table wanted = {table, name, columns, false};
    spn_status status = spn_take_tables(context, source->arena, source->results, 1, &wanted);
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(context, "%s", source->path);
    }
    return status;
}
