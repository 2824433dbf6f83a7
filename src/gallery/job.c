/* SPDX-License-Identifier: MIT */
/* What targets share while they are made. */
#include "gallery/gallery.h"

#include <stdio.h>
#include <string.h>

spn_status spni_job_path(const spni_job *job, const char *name, const char *suffix,
                         char path[SPNI_PATH_SIZE])
{
    const int length =
        snprintf(path, SPNI_PATH_SIZE, "%s/%s%s", job->settings->folder, name, suffix);
    return length < SPNI_PATH_SIZE
               ? SPN_OK
               : spn_fail(job->context, SPN_ERROR_ARGUMENT, "the folder's name is too long");
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

spn_status spni_job_run(spni_job *job, const char *name, const char *const *own,
                        const char *further, spni_study *run)
{
    spn_status status = SPN_OK;
    spn_context *context = job->context;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    char path[SPNI_PATH_SIZE];
    bool is_good = true;
    const spn_run_settings settings = {.output = path,
                                       .threads = job->settings->threads,
                                       .is_forced = job->settings->is_forced,
                                       .is_resumed = job->settings->is_resumed};
    SPN_TRY(spni_job_path(job, name, ".h5", path));
    SPN_TRY(spni_job_experiment(job, own, further, &experiment));
    SPN_TRY(spn_study_create(context, experiment, &study));
    SPN_TRY(run(context, study, &settings, &is_good));
    job->is_good = job->is_good && is_good;
    SPN_TRY(spn_results_tell(context, path, false));
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    return status;
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

/* A run that goes on draws its figures again: those that are there are the same, or somebody else's. */
spn_status spni_job_draw(const spni_job *job, const char *name, const char *as)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    char path[SPNI_PATH_SIZE];
    const spn_plot_settings settings = {
        .force = job->settings->is_forced, .is_repeated = job->settings->is_resumed, .name = as};
    SPN_TRY(spn_arena_create(job->context, &arena));
    SPN_TRY(spni_job_read(job, arena, name, path, &results));
    SPN_TRY(spn_kind_find(results.kind)
                ->plot(job->context, &results, job->settings->folder, &settings));
done:
    spn_arena_free(arena);
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

/* Steps are told apart by the first target that names them. */
static int64_t step_number(const spni_step *step)
{
    int64_t k = 0;
    while (spni_targets[k]->step != step) {
        k++;
    }
    return k;
}

spn_status spni_job_prepare(spni_job *job, const spni_step *step)
{
    const int64_t k = step_number(step);
    if (!job->steps[k].is_run) {
        job->steps[k].is_run = true;
        job->steps[k].status = step->make(job);
    } else if (job->steps[k].status != SPN_OK) {
        return spn_fail(job->context, job->steps[k].status, "it rests on %s.h5, which was not made",
                        step->name);
    }
    return job->steps[k].status;
}

spn_status spni_source_take(spn_context *context, spn_arena *arena, const spni_source *source,
                            spn_table *table)
{
    const spn_wanted_table wanted = {table, table->name, table->columns, false};
    spn_status status = spn_take_tables(context, arena, source->results, 1, &wanted);
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(context, "%s", source->path);
    }
    return status;
}
