/* SPDX-License-Identifier: MIT */
#include "study/run.h"

#include "study/experiment.h"
#include "study/journals.h"
#include "study/parts.h"

#include <spinodal/numeric.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SECTIONS_SIZE = 128 };

static const char *sections_of(const spni_run *run, char buffer[SECTIONS_SIZE])
{
    snprintf(buffer, SECTIONS_SIZE, "%s%s", SPNI_SECTIONS_ALWAYS, run->kind->sections);
    return buffer;
}

/* Of all records of all methods, which journals hold as memory does: one number tells versions apart, and not kinds of run. */
static int64_t record_bytes(void)
{
    static const spn_streams *const methods[] = {&spn_sweep_streams, &spn_branches_streams,
                                                 &spn_trajectory_streams};
    int64_t bytes = 0;
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        for (int64_t s = 0; s < methods[m]->count; s++) {
            const spn_stream *stream = &methods[m]->items[s];
            bytes += (int64_t)stream->columns->record_size;
            bytes +=
                stream->attached.table != NULL ? (int64_t)stream->attached.columns->record_size : 0;
        }
    }
    return bytes;
}

void spni_run_program(char line[SPNI_PROGRAM_SIZE])
{
    snprintf(line, SPNI_PROGRAM_SIZE, "# spinodal %s, journal format %d, records of %lld bytes\n",
             SPN_VERSION, SPNI_JOURNAL_FORMAT, (long long)record_bytes());
}

/* What a journal belongs to: the program, whose records are in it as they are in memory, the kind of run, the sections that
 * it depends on, the very data and initial weights, and the kernels and the linear algebra, on which bits depend. */
static spn_status describe(spn_context *context, const spni_run *run, char **text)
{
    spn_status status = SPN_OK;
    char *dump = NULL, *all = NULL, sections[SECTIONS_SIZE], program[SPNI_PROGRAM_SIZE];
    *text = NULL;
    SPN_TRY(spn_experiment_dump(context, run->study->experiment, &dump));
    spni_experiment_keep(dump, sections_of(run, sections));
    const char *kernels = spn_kernels_name(spn_context_kernels(context));
    spni_run_program(program);
    size_t size = strlen(dump) + 384;
    SPN_NEW(context, all, (int64_t)size);
    snprintf(all, size,
             "%s# run: %s\n%s# "
             "data checksum %08x\n# weights checksum %08x\n"
             "# inputs checksum %s\n# kernels %s\n"
             "# linear algebra for %s (OPENBLAS_CORETYPE)\n",
             program, run->kind->results->name, dump, (unsigned)run->study->data_checksum,
             (unsigned)run->study->weights_checksum, run->inputs != NULL ? run->inputs : "none",
             kernels, spn_blas_core());
    *text = all;
    all = NULL;
done:
    spn_release(context, dump);
    spn_release(context, all);
    return status;
}

/* ---- Before it ------------------------------------------------------------------------------- */

/* Has an earlier run made these results? A journal beside them was made by this program as it is here. */
static spn_status find_finished(spn_context *context, spni_run *run)
{
    spn_status status = SPN_OK;
    spn_book *book = NULL;
    char sections[SECTIONS_SIZE];
    const char *output = run->settings.output;
    const unsigned program = spn_journal_exists(run->journal_path) ? SPN_SAME_PROGRAM : 0;
    SPN_TRY(spn_book_create(context, run->kind->results, run->study, &book));
    if (run->inputs != NULL) {
        spn_book_attribute(book, (spn_attribute){SPNI_INPUTS, run->inputs, 0});
    }
    SPN_TRY(spn_book_find(context, book, output, sections_of(run, sections),
                          SPN_SAME_DATA | program, &run->is_finished, &run->is_good));
    if (run->is_finished) {
        spn_message(context, "%s is complete: nothing to resume", output);
    }
done:
    spn_book_free(book);
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

/* The earlier run was killed between its last two steps: the results are there, the journals still are. */
static spn_status drop_journals(spn_context *context, const spni_run *run)
{
    spn_status status = SPN_OK;
    char *configuration = NULL;
    spn_journals there = {.paths = NULL};
    SPN_TRY(describe(context, run, &configuration));
    SPN_TRY(spn_journals_find(context, run->settings.output, &there));
    for (int64_t i = 0; i < there.count; i++) {
        spn_journal *journal = NULL;
        SPN_TRY(
            spn_journal_open(context, there.paths[i], configuration, NULL, NULL, NULL, &journal));
        SPN_TRY(spn_journal_remove(context, journal));
    }
done:
    spn_journals_free(context, &there);
    spn_release(context, configuration);
    return status;
}

/* What an earlier run has left: all ranks hear of it from the one that writes. */
static spn_status look_back(spn_context *context, spni_run *run)
{
    spn_status status = SPN_OK;
    if (spn_farm_writes(context)) {
        SPN_TRY(check_output(context, run));
        SPN_TRY(run->is_finished ? drop_journals(context, run) : SPN_OK);
    }
done:
    return status;
}

spn_status spni_run_begin(spn_context *context, const spn_study *study,
                          const spn_run_settings *settings, const spni_run_kind *kind,
                          const char *inputs, void *state, spni_run *run)
{
    spn_status status = SPN_OK;
    *run = (spni_run){
        .study = study, .kind = kind, .state = state, .settings = *settings, .inputs = inputs};
    SPN_TRY(spn_run_journal(context, settings->output, &run->journal_path));
    status = look_back(context, run);
    bool found[] = {run->is_finished, run->is_good};
    SPN_TRY(spn_farm_agree(context, status, found, sizeof found));
    run->is_finished = found[0];
    run->is_good = found[1];
done:
    return status;
}

/* ---- While it runs --------------------------------------------------------------------------- */

static spn_status replay(spn_context *context, void *state, int64_t type, const void *payload,
                         int64_t size)
{
    spni_run *run = state;
    spn_status status = SPN_OK;
    spn_item item;
    if (type == SPNI_RECORD_EXPERIMENT) {
        return spni_parts_check_note(context, payload, size);
    }
    SPN_TRY(spni_recorder_read(context, &run->recorder, type, payload, size, &item));
    SPN_TRY(run->kind->replay(context, run->state, &item));
    SPN_TRY(spni_recorder_keep(context, &run->recorder, &item));
    run->replayed += item.stream == 0;
done:
    return status;
}

/* The run begins anew: with --force what was left goes, whoever wrote it. A share looks at its own journal only, since
 * others may be at work. */
static spn_status begin_anew(spn_context *context, spni_run *run, const char *configuration,
                             const spn_journals *there)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; !spn_farm_is_share(context) && i < there->count; i++) {
        if (strcmp(there->paths[i], run->journal_path) != 0) {
            spn_journal *old = NULL;
            SPN_TRY(spn_journal_create(context, there->paths[i], configuration,
                                       run->settings.is_forced, &old));
            SPN_TRY(spn_journal_remove(context, old));
        }
    }
    SPN_TRY(spn_journal_create(context, run->journal_path, configuration, run->settings.is_forced,
                               &run->journal));
done:
    return status;
}

/* Go on from the one journal that there is, after all were made one. */
static spn_status go_on(spn_context *context, spni_run *run, const char *configuration,
                        const spn_journals *there)
{
    spn_status status = SPN_OK;
    spn_journal_info info;
    const bool is_one = there->count == 1 && strcmp(there->paths[0], run->journal_path) == 0;
    if (!is_one) {
        SPN_TRY(
            spni_journals_merge(context, &run->recorder, configuration, there, run->journal_path));
    }
    SPN_TRY(spn_journal_open(context, run->journal_path, configuration, replay, run, &info,
                             &run->journal));
    run->records = info.records;
done:
    return status;
}

/* A rank that reads what rank 0 goes on from, and a share that reads what all have written: a journal of its own. */
static spn_status go_on_beside(spn_context *context, spni_run *run, const char *configuration,
                               const spn_journals *there)
{
    spn_status status = SPN_OK;
    spn_journal_info info = {0};
    SPN_TRY(spni_journals_read(context, &run->recorder, configuration, there, replay, run));
    if (spn_journal_exists(run->journal_path)) {
        SPN_TRY(spn_journal_open(context, run->journal_path, configuration, NULL, NULL, &info,
                                 &run->journal));
    } else {
        SPN_TRY(
            spn_journal_create(context, run->journal_path, configuration, false, &run->journal));
    }
    run->records = info.records;
done:
    return status;
}

static spn_status open_journal(spn_context *context, spni_run *run, const char *configuration,
                               const spn_journals *there)
{
    spn_status status = SPN_OK;
    if (!run->settings.is_resumed) {
        return begin_anew(context, run, configuration, there);
    }
    if (there->count == 0) {
        spn_message(context, "nothing to resume (%s does not exist): starting anew",
                    run->journal_path);
        return begin_anew(context, run, configuration, there);
    }
    SPN_TRY(spn_farm_is_share(context) ? go_on_beside(context, run, configuration, there)
                                       : go_on(context, run, configuration, there));
    spn_message(context, "resuming: %lld points were done", (long long)run->replayed);
done:
    return status;
}

/* The parts are all there is: no journal is written. */
static spn_status open_parts(spn_context *context, spni_run *run, const char *configuration)
{
    spn_status status = SPN_OK;
    spn_journals parts = {.paths = NULL};
    const spn_run_settings *settings = &run->settings;
    SPN_TRY(spn_journals_name(context, settings->part_count, settings->parts, &parts));
    SPN_TRY(spni_parts_fit(context, settings->parts[0], configuration));
    SPN_TRY(spni_journals_read(context, &run->recorder, configuration, &parts, replay, run));
done:
    spn_journals_free(context, &parts);
    return status;
}

spn_status spni_run_complete(spn_context *context, spni_run *run, bool *is_made)
{
    spn_status status = SPN_OK;
    spni_missing missing = {.numbers = {.size = sizeof(int64_t)}};
    *is_made = run->settings.part_count > 0;
    if (*is_made) {
        SPN_TRY(run->kind->miss(context, run->state, &missing));
        SPN_TRY(spni_parts_refuse_missing(context, run, &missing));
    }
done:
    spn_list_free(context, &missing.numbers);
    return status;
}

/* Has rank 0 the only journal? */
static bool has_one_journal(const spn_context *context, const spni_run *run)
{
    return spn_farm_is_sharded(context) || run->kind->is_everywhere;
}

/* What rank 0 has opened. */
static spn_status read_first(spn_context *context, spni_run *run, const char *configuration,
                             spn_journals *there)
{
    spn_status status = SPN_OK;
    SPN_TRY(spn_journals_find(context, run->settings.output, there));
    there->count = there->count > 1 ? 1 : there->count; /* others begin theirs right now */
    SPN_TRY(has_one_journal(context, run)
                ? spni_journals_read(context, &run->recorder, configuration, there, replay, run)
                : go_on_beside(context, run, configuration, there));
done:
    return status;
}

spn_status spni_run_open(spn_context *context, spni_run *run, unsigned without)
{
    spn_status status = SPN_OK;
    char *configuration = NULL;
    spn_journals there = {.paths = NULL};
    SPN_TRY(spni_recorder_begin(context, run->study, run->kind->streams, without, &run->recorder));
    SPN_TRY(describe(context, run, &configuration));
    if (run->settings.part_count > 0) {
        SPN_TRY(open_parts(context, run, configuration));
        goto done;
    }
    /* Rank 0 first: the others find its journal, with everything that was done. */
    if (spn_farm_writes(context)) {
        status = spn_journals_find(context, run->settings.output, &there);
        status = status == SPN_OK ? open_journal(context, run, configuration, &there) : status;
    }
    SPN_TRY(spn_farm_agree(context, status, NULL, 0));
    if (!spn_farm_writes(context)) {
        status = read_first(context, run, configuration, &there);
    }
    /* Where there is one journal all read it before the one that writes goes on. */
    status = has_one_journal(context, run) ? spn_farm_agree(context, status, NULL, 0) : status;
done:
    spn_journals_free(context, &there);
    spn_release(context, configuration);
    return status;
}

/* What another rank has sent is in its journal already; where all send everything one has a journal. */
spn_status spni_run_record(spn_context *context, void *state, const spn_item *item)
{
    spni_run *run = state;
    spn_status status = SPN_OK;
    if (!spn_farm_is_foreign(context) && run->journal != NULL) {
        SPN_TRY(run->records == 0 ? spni_parts_note(context, run->study, run->journal) : SPN_OK);
        SPN_TRY(spni_recorder_write(context, &run->recorder, run->journal, item));
        run->records++;
    }
    SPN_TRY(spn_farm_writes(context) ? spni_recorder_keep(context, &run->recorder, item) : SPN_OK);
    spn_tell_item(context, &run->kind->streams->items[item->stream], item);
done:
    return status;
}

/* Output biases that are free start at the targets' means, where they end up whatever the weights do: with means that are
 * large beside the spread, the way there would take thousands of steps, and the weights would be dragged along. */
static void start_free_biases(const spn_study *study, double *theta)
{
    int64_t count = 0;
    const spn_dataset *data = study->dataset;
    if (study->network == NULL) {
        return;
    }
    const spn_layout_entry *entries = spn_network_layout(study->network, &count);
    const spn_layout_entry *last = &entries[count - 1];
    const int64_t kind = spn_experiment_error(study->experiment)->error;
    if (study->regularised.regulariser.weights == NULL || !last->is_bias ||
        (kind != SPN_ERROR_MSE && kind != SPN_ERROR_MSE_MEAN)) {
        return;
    }
    for (int64_t k = 0; k < data->outputs; k++) {
        theta[last->offset + k] += study->target_means[k];
    }
}

spn_status spni_run_initial(spn_context *context, const void *state, int64_t seed, double *theta)
{
    const spn_study *study = state;
    spn_status status = spn_study_initial(context, study, seed, theta);
    double scale = spn_objective_scales(&study->loss).weight;
    for (int64_t i = 0; study->initial_weights == NULL && i < study->loss.dimension; i++) {
        theta[i] *= scale;
    }
    if (status == SPN_OK && study->initial_weights == NULL) {
        start_free_biases(study, theta);
    }
    return status;
}

/* ---- Behind it ------------------------------------------------------------------------------- */

static spn_status write_results(spn_context *context, spni_run *run, bool *is_good)
{
    spn_status status = SPN_OK;
    spn_book *book = NULL;
    SPN_TRY(spn_book_create(context, run->kind->results, run->study, &book));
    SPN_TRY(run->kind->complete != NULL ? run->kind->complete(context, run->state) : SPN_OK);
    SPN_TRY(spni_recorder_sort(context, &run->recorder));
    SPN_TRY(run->kind->fill(context, run->state, book));
    SPN_TRY(spn_book_write(context, book, run->settings.output, run->settings.is_forced, is_good));
done:
    spn_book_free(book);
    return status;
}

spn_status spni_run_finish(spn_context *context, spni_run *run, bool *is_good)
{
    spn_status status = SPN_OK;
    if (spn_farm_is_share(context)) {
        *is_good = true;
        spn_message(context,
                    "this share is done, its points are in %s; when all are, --resume without "
                    "--chain makes %s, or, of copies elsewhere, spinodal merge",
                    run->journal_path, run->settings.output);
        return SPN_OK;
    }
    if (spn_farm_writes(context)) {
        status = write_results(context, run, is_good);
    }
    SPN_TRY(spn_farm_agree(context, status, is_good, sizeof *is_good));
    spn_journal *finished = run->journal;
    run->journal = NULL;
    SPN_TRY(finished != NULL ? spn_journal_remove(context, finished) : SPN_OK);
done:
    return status;
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
    spni_recorder_end(context, &run->recorder);
    spn_release(context, run->journal_path);
    run->journal_path = NULL;
    return run->study != NULL ? spni_experiment_size(context, run->study->experiment, status)
                              : status;
}
