/* SPDX-License-Identifier: MIT */
#include "study/parts.h"

#include "study/experiment.h"

#include <spinodal/text.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- The experiment in a journal --------------------------------------------------------------- */

/* The first line names the folder at which relative paths begin, the others are the experiment. */
static const char folder_label[] = "# folder: ";

/* The experiment's folder from the root; nothing where it has none any more. */
static void find_folder(const spn_experiment *experiment, char folder[SPNI_PATH_SIZE])
{
    const char *own = experiment->directory;
    char *whole = realpath(own != NULL && *own != '\0' ? own : ".", NULL);
    snprintf(folder, SPNI_PATH_SIZE, "%s", whole != NULL ? whole : "");
    free(whole);
}

spn_status spni_parts_note(spn_context *context, const spn_study *study, spn_journal *journal)
{
    spn_status status = SPN_OK;
    char *dump = NULL, folder[SPNI_PATH_SIZE];
    SPN_TRY(spn_experiment_dump(context, study->experiment, &dump));
    find_folder(study->experiment, folder);
    const spn_bytes parts[] = {{folder_label, sizeof folder_label - 1},
                               {folder, (int64_t)strlen(folder)},
                               {"\n", 1},
                               {dump, (int64_t)strlen(dump)}};
    SPN_TRY(spn_journal_append(context, journal, SPNI_RECORD_EXPERIMENT, parts,
                               sizeof parts / sizeof *parts));
done:
    spn_release(context, dump);
    return status;
}

spn_status spni_parts_check_note(spn_context *context, const void *payload, int64_t size)
{
    const int64_t label = sizeof folder_label - 1;
    if (size <= label || memcmp(payload, folder_label, (size_t)label) != 0) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "the journal holds a record that is not of this kind of run");
    }
    return SPN_OK;
}

/* The note of the first part that has one. */
static spn_status take_note(spn_context *context, void *state, int64_t type, const void *payload,
                            int64_t size)
{
    char **note = state;
    spn_status status = SPN_OK;
    if (type == SPNI_RECORD_EXPERIMENT && *note == NULL) {
        SPN_TRY(spni_parts_check_note(context, payload, size));
        SPN_NEW(context, *note, size + 1);
        memcpy(*note, payload, (size_t)size);
    }
done:
    return status;
}

/* Relative paths begin at the folder of the run where it is here, too; otherwise at the current one. */
static spn_status go_to_folder(spn_context *context, const char *note, spn_experiment *experiment)
{
    spn_status status = SPN_OK;
    struct stat info;
    const int length = (int)strcspn(note, "\n") - (int)(sizeof folder_label - 1);
    char *folder = NULL;
    SPN_TAKE(context, experiment->arena, folder, length + 2);
    snprintf(folder, (size_t)length + 2, "%.*s/", length, note + sizeof folder_label - 1);
    experiment->directory =
        length > 0 && stat(folder, &info) == 0 && S_ISDIR(info.st_mode) ? folder : NULL;
done:
    return status;
}

static spn_status read_experiment(spn_context *context, const spn_run_settings *settings,
                                  spn_experiment **out)
{
    spn_status status = SPN_OK;
    char *note = NULL;
    int64_t i = 0;
    for (; i < settings->part_count && note == NULL; i++) {
        SPN_TRY(spn_journal_scan(context, settings->parts[i], take_note, &note, NULL, NULL));
    }
    if (note == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: there is no point in it, nor in any other part",
                 settings->parts[0]);
    }
    SPN_TRY(
        spn_experiment_parse(context, settings->parts[i - 1], note, (int64_t)strlen(note), out));
    SPN_TRY(go_to_folder(context, note, *out));
done:
    spn_release(context, note);
    return status;
}

/* ---- Do they belong together? ------------------------------------------------------------------ */

/* A line of a configuration, without the mark of a comment or blanks at its beginning. */
typedef struct line {
    int length;
    const char *text;
} line;

static line line_of(const char *text)
{
    enum { SHOWN = 160 };
    const char *bare = text + strspn(text, "# ");
    const size_t length = strcspn(bare, "\n");
    return (line){length < SHOWN ? (int)length : SHOWN, bare};
}

/* The first line in which the configuration of the journal at `path` is not the expected one; is_same: in none. The lines point
 * into *stored, to be released, and `expected`. */
static spn_status find_difference(spn_context *context, const char *path, const char *expected,
                                  char **stored, line *there, line *here, bool *is_same)
{
    spn_status status = SPN_OK;
    *stored = NULL;
    SPN_TRY(spn_journal_scan(context, path, NULL, NULL, NULL, stored));
    int64_t begin = 0, i = 0;
    for (; (*stored)[i] == expected[i] && expected[i] != '\0'; i++) {
        begin = expected[i] == '\n' ? i + 1 : begin;
    }
    *is_same = (*stored)[i] == expected[i];
    *there = line_of(*stored + begin);
    *here = line_of(expected + begin);
done:
    return status;
}

spn_status spni_parts_fit(spn_context *context, const char *path, const char *configuration)
{
    spn_status status = SPN_OK;
    char *stored = NULL;
    line there, here;
    bool is_same = false;
    SPN_TRY(find_difference(context, path, configuration, &stored, &there, &here, &is_same));
    if (!is_same) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s was run with \"%.*s\", here it is \"%.*s\": parts are merged with the data, "
                 "weights and kernels that they were run with",
                 path, there.length, there.text, here.length, here.text);
    }
done:
    spn_release(context, stored);
    return status;
}

static spn_status check_same(spn_context *context, const char *path, const char *first,
                             const char *wanted)
{
    spn_status status = SPN_OK;
    char *stored = NULL;
    line other, own;
    bool is_same = false;
    SPN_TRY(find_difference(context, path, wanted, &stored, &other, &own, &is_same));
    if (!is_same) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s and %s are parts of different experiments: \"%.*s\" and \"%.*s\"", first, path,
                 own.length, own.text, other.length, other.text);
    }
done:
    spn_release(context, stored);
    return status;
}

/* ---- Is anything missing? ---------------------------------------------------------------------- */

/* "0, 3 to 5, 9": at most this many pieces. */
enum { PIECES = 12 };

static void put_numbers(spn_text *text, const spn_list *numbers)
{
    const int64_t *items = (const void *)numbers->items;
    int64_t pieces = 0;
    for (int64_t from = 0, to = 0; from < numbers->count; from = to + 1) {
        for (to = from; to + 1 < numbers->count && items[to + 1] <= items[to] + 1; to++) {
        }
        if (pieces++ == PIECES) {
            spn_text_add(text, ", ...");
            return;
        }
        spn_text_put(text, "%s%lld", pieces > 1 ? ", " : "", (long long)items[from]);
        if (items[to] > items[from]) {
            spn_text_put(text, " to %lld", (long long)items[to]);
        }
    }
}

spn_status spni_parts_refuse_missing(spn_context *context, const spni_run *run,
                                     const spni_missing *missing)
{
    spn_text text = {.context = context};
    const char *output = run->settings.output;
    if (missing->numbers.count == 0) {
        return SPN_OK;
    }
    put_numbers(&text, &missing->numbers);
    spn_status status = text.status;
    if (status == SPN_OK) {
        status = spn_fail(
            context, SPN_ERROR_INPUT,
            "%lld of %lld %s are missing or not at their end: %s; with these parts in one folder, "
            "as "
            "%s.part.1, %s.part.2, ..., run what is left: spinodal %s EXPERIMENT.yaml -o %s "
            "--resume, in shares with --chain I/N",
            (long long)missing->numbers.count, (long long)missing->of, missing->what,
            text.buffer.text, output, output, run->kind->results->name, output);
    }
    spn_text_end(&text);
    return status;
}

/* ---- The whole --------------------------------------------------------------------------------- */

/* What kind of run the parts are of, and that they are of one. */
static spn_status find_kind(spn_context *context, const spn_run_settings *settings,
                            const spni_known_run **out)
{
    spn_status status = SPN_OK;
    const char *first = settings->parts[0], *experiment = NULL;
    char *configuration = NULL;
    SPN_TRY(spn_journal_scan(context, first, NULL, NULL, NULL, &configuration));
    SPN_TRY(spni_run_check_program(context, first, configuration, "merge it"));
    *out = spni_run_find(configuration, &experiment);
    if (*out == NULL || (*out)->run == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s is of a kind of run that has no shares: go on with it "
                 "by --resume",
                 first);
    }
    for (int64_t i = 1; i < settings->part_count; i++) {
        SPN_TRY(check_same(context, settings->parts[i], first, configuration));
    }
done:
    spn_release(context, configuration);
    return status;
}

spn_status spn_run_merge(spn_context *context, const spn_run_settings *settings, bool *is_good)
{
    spn_status status = SPN_OK;
    const spni_known_run *kind = NULL;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    if (settings->part_count < 1) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "results are merged of one part or more");
    }
    SPN_TRY(find_kind(context, settings, &kind));
    SPN_TRY(read_experiment(context, settings, &experiment));
    SPN_TRY(spn_study_create(context, experiment, &study));
    SPN_TRY(kind->run(context, study, settings, is_good));
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    return status;
}
