/* SPDX-License-Identifier: MIT */
#include "study/run.h"

#include <spinodal/numeric.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What a journal belongs to: the kind of run, the sections that it depends on, the very data and initial weights, and
 * the program, whose records are in it as they are in memory and whose bits depend on the kernels and the linear algebra
 * it uses. */
static spn_status describe(spn_context *context, const spni_run *run, char **text)
{
    spn_status status = SPN_OK;
    char *dump = NULL, *all = NULL;
    *text = NULL;
    SPN_TRY(spn_experiment_dump(context, run->study->experiment, &dump));
    spni_experiment_keep(dump, run->kind->sections);
    const char *kernels = spn_kernels_name(spn_context_kernels(context));
    size_t size = strlen(dump) + 256;
    SPN_NEW(context, all, (int64_t)size);
    snprintf(all, size,
             "# run: %s\n%s# data checksum %08x\n# weights checksum %08x\n# inputs checksum %s\n"
             "# program version %s\n# record of %lld bytes\n# kernels %s\n# linear algebra for %s "
             "(OPENBLAS_CORETYPE)\n",
             run->kind->name, dump, (unsigned)run->study->data_checksum,
             (unsigned)run->study->weights_checksum, run->inputs != NULL ? run->inputs : "none",
             SPN_VERSION, (long long)run->kind->record_size, kernels, spn_blas_core());
    *text = all;
    all = NULL;
done:
    spn_release(context, dump);
    spn_release(context, all);
    return status;
}

spn_status spni_run_open(spn_context *context, spni_run *run, void *state)
{
    spn_status status = SPN_OK;
    char *configuration = NULL;
    const char *path = run->journal_path;
    spn_journal_info info;
    SPN_TRY(describe(context, run, &configuration));
    if (run->settings.is_resumed && spn_journal_exists(path)) {
        SPN_TRY(spn_journal_open(context, path, configuration, run->kind->replay, state, &info,
                                 &run->journal));
        run->records = info.records;
        spn_message(context, "resuming: %lld points were done", (long long)run->replayed);
        goto done;
    }
    if (run->settings.is_resumed) {
        spn_message(context, "nothing to resume (%s does not exist): starting anew", path);
    }
    SPN_TRY(
        spn_journal_create(context, path, configuration, run->settings.is_forced, &run->journal));
done:
    spn_release(context, configuration);
    return status;
}

spn_status spni_run_append(spn_context *context, spni_run *run, int64_t type,
                           const spn_bytes *parts, int64_t count)
{
    spn_status status = spn_journal_append(context, run->journal, type, parts, count);
    run->records += status == SPN_OK;
    return status;
}

static bool has_text(const spn_results *results, const char *name, const char *text)
{
    const spn_attribute *attribute = spn_results_attribute(results, name);
    return attribute != NULL && attribute->text != NULL && strcmp(attribute->text, text) == 0;
}

static bool has_checksum(const spn_results *results, const char *name, uint32_t checksum)
{
    char text[16];
    snprintf(text, sizeof text, "%08x", (unsigned)checksum);
    return has_text(results, name, text);
}

/* Is what the run depends on in the configuration of finished results the same? */
static spn_status compare_configuration(spn_context *context, const spni_run *run,
                                        const spn_results *results, bool *is_same)
{
    spn_status status = SPN_OK;
    char *dump = NULL, *stored = NULL;
    const spn_attribute *attribute = spn_results_attribute(results, "configuration");
    *is_same = false;
    if (attribute == NULL || attribute->text == NULL) {
        return SPN_OK;
    }
    SPN_TRY(spn_experiment_dump(context, run->study->experiment, &dump));
    stored = spn_duplicate(context, attribute->text);
    SPN_TRY(stored != NULL ? SPN_OK : spn_error_status(context));
    spni_experiment_keep(dump, run->kind->sections);
    spni_experiment_keep(stored, run->kind->sections);
    *is_same = strcmp(dump, stored) == 0;
done:
    spn_release(context, dump);
    spn_release(context, stored);
    return status;
}

/* Were the results made by this program as it is here? A journal beside them certainly was. */
static bool is_of_this_program(spn_context *context, const spn_results *results)
{
    return has_text(results, "program_version", SPN_VERSION) &&
           has_text(results, "kernels", spn_kernels_name(spn_context_kernels(context)));
}

/* Results of this very experiment and data: an earlier run has finished. Whatever else stands there is not. */
static spn_status find_finished(spn_context *context, spni_run *run)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    bool is_same = false;
    const spn_study *study = run->study;
    const char *path = run->settings.output;
    SPN_TRY(spn_arena_create(context, &arena));
    status = spn_results_read(context, arena, path, &results);
    if (status == SPN_ERROR_INPUT) {
        spn_error_clear(context);
        status = SPN_OK;
        goto done;
    }
    SPN_TRY(status);
    SPN_TRY(compare_configuration(context, run, &results, &is_same));
    run->is_finished =
        is_same && strcmp(results.kind, run->kind->name) == 0 &&
        (run->inputs == NULL || has_text(&results, SPNI_INPUTS, run->inputs)) &&
        has_checksum(&results, "data_checksum", study->data_checksum) &&
        has_checksum(&results, "weights_checksum", study->weights_checksum) &&
        (!spn_journal_exists(run->journal_path) || is_of_this_program(context, &results));
    if (run->is_finished) {
        run->is_good = run->kind->judge(&results);
        spn_message(context, "%s is complete: nothing to resume", path);
    }
done:
    spn_arena_free(arena);
    return status;
}

/* A run that goes on replaces nothing either: its results are there already (it was killed when they were), or
 * somebody has put a file there since. */
static spn_status check_output(spn_context *context, spni_run *run)
{
    const spn_run_settings *settings = &run->settings;
    if (spn_experiment_reads(run->study->experiment, settings->output)) {
        return spn_fail(context, SPN_ERROR_IO,
                        "%s is a file that the experiment reads; choose another output",
                        settings->output);
    }
    if (settings->is_resumed && !settings->is_forced && access(settings->output, F_OK) == 0) {
        spn_status status = find_finished(context, run);
        if (status != SPN_OK || run->is_finished) {
            return status;
        }
        return spn_fail(context, SPN_ERROR_IO,
                        "%s exists and was not made by this run; move it away, or replace it with "
                        "--resume --force",
                        settings->output);
    }
    return spn_results_check_target(context, settings->output, settings->is_forced);
}

/* The earlier run was killed between its last two steps: the results are there, the journal still is. */
static spn_status drop_journal(spn_context *context, const spni_run *run)
{
    spn_status status = SPN_OK;
    char *configuration = NULL;
    spn_journal *journal = NULL;
    SPN_TRY(describe(context, run, &configuration));
    SPN_TRY(
        spn_journal_open(context, run->journal_path, configuration, NULL, NULL, NULL, &journal));
    SPN_TRY(spn_journal_remove(context, journal));
done:
    spn_release(context, configuration);
    return status;
}

spn_status spni_run_begin(spn_context *context, const spn_study *study,
                          const spn_run_settings *settings, const spni_run_kind *kind,
                          const char *inputs, spni_run *run)
{
    spn_status status = SPN_OK;
    *run = (spni_run){.study = study, .kind = kind, .settings = *settings, .inputs = inputs};
    size_t size = strlen(settings->output) + sizeof ".part";
    SPN_NEW(context, run->journal_path, (int64_t)size);
    snprintf(run->journal_path, size, "%s.part", settings->output);
    SPN_TRY(check_output(context, run));
    if (run->is_finished && spn_journal_exists(run->journal_path)) {
        SPN_TRY(drop_journal(context, run));
    }
done:
    return status;
}

spn_status spni_run_initial(spn_context *context, const void *state, int64_t seed, double *theta)
{
    const spn_study *study = state;
    spn_status status = spn_study_initial(context, study, seed, theta);
    double scale = spn_objective_scales(&study->loss).weight;
    for (int64_t i = 0; study->initial_weights == NULL && i < study->loss.dimension; i++) {
        theta[i] *= scale;
    }
    return status;
}

spn_status spni_run_finish(spn_context *context, spni_run *run)
{
    spn_journal *finished = run->journal;
    run->journal = NULL;
    return spn_journal_remove(context, finished);
}

spn_status spni_run_end(spn_context *context, spni_run *run, spn_status status)
{
    if (run->journal != NULL) {
        spn_error cause;
        spn_error_get(context, &cause);
        /* A journal without records holds nothing to go on with and would only be in the way. */
        spn_status closed = run->records > 0 ? spn_journal_close(context, run->journal)
                                             : spn_journal_remove(context, run->journal);
        run->journal = NULL;
        if (status != SPN_OK) {
            spn_error_set(context, &cause);
        } else {
            status = closed;
        }
    }
    spn_release(context, run->journal_path);
    run->journal_path = NULL;
    return status;
}
