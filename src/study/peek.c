/* SPDX-License-Identifier: MIT */
/* What a run has written into its journals so far, without the run: for whoever watches it. */
#include "study/journals.h"
#include "study/parts.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const spni_known_run known_runs[] = {
    {&spn_sweep_kind, &spn_sweep_streams, spn_study_sweep},
    {&spn_branches_kind, &spn_branches_streams, NULL},
    {&spn_grok_kind, &spn_trajectory_streams, spn_study_grok},
};

const spni_known_run *spni_run_find(const char *configuration, const char **experiment)
{
    static const char label[] = "# run: ";
    const char *line = strchr(configuration, '\n');
    if (line == NULL || strncmp(line + 1, label, sizeof label - 1) != 0) {
        return NULL;
    }
    const char *name = line + sizeof label;
    const size_t length = strcspn(name, "\n");
    *experiment = name + length + (name[length] == '\n');
    for (size_t i = 0; i < sizeof known_runs / sizeof *known_runs; i++) {
        const char *known = known_runs[i].kind->name;
        if (strlen(known) == length && strncmp(known, name, length) == 0) {
            return &known_runs[i];
        }
    }
    return NULL;
}

spn_status spni_run_check_program(spn_context *context, const char *path, const char *configuration,
                                  const char *advice)
{
    char first[SPNI_PROGRAM_SIZE];
    spni_run_program(first);
    const size_t length = strlen(first);
    if (strncmp(configuration, first, length) != 0) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s is of another version of the program (%.*s): %s with that one", path,
                        (int)strcspn(configuration, "\n"), configuration, advice);
    }
    return SPN_OK;
}

static spn_status keep(spn_context *context, void *state, int64_t type, const void *payload,
                       int64_t size)
{
    spn_status status = SPN_OK;
    spni_recorder *recorder = state;
    spn_item item;
    if (type == SPNI_RECORD_EXPERIMENT) {
        return spni_parts_check_note(context, payload, size);
    }
    SPN_TRY(spni_recorder_read(context, recorder, type, payload, size, &item));
    SPN_TRY(spni_recorder_keep(context, recorder, &item));
done:
    return status;
}

/* A copy in the arena; `bytes` may be 0. */
static spn_status copy(spn_context *context, spn_arena *arena, const void *from, int64_t bytes,
                       const void **out)
{
    spn_status status = SPN_OK;
    char *made = NULL;
    SPN_TAKE(context, arena, made, bytes + 1);
    if (bytes > 0) {
        memcpy(made, from, (size_t)bytes);
    }
    *out = made;
done:
    return status;
}

/* The tables of all streams, then of what is attached to them; strengths of modes where the points have any. */
static spn_status take_tables(spn_context *context, spn_arena *arena, const spni_recorder *recorder,
                              spn_results *out)
{
    spn_status status = SPN_OK;
    spn_table *tables = NULL;
    spn_array *modes = NULL;
    const void *rows = NULL;
    SPN_TAKE(context, arena, tables, 2 * recorder->streams->count);
    SPN_TAKE(context, arena, modes, 1);
    for (int64_t s = 0; s < recorder->streams->count; s++) {
        const spni_shelf *shelf = &recorder->shelves[s];
        const spn_attached *attached = &shelf->stream->attached;
        SPN_TRY(copy(context, arena, shelf->records.items,
                     shelf->records.count * shelf->records.size, &rows));
        tables[out->table_count++] =
            (spn_table){shelf->stream->table, shelf->stream->columns, shelf->records.count, rows};
        if (attached->table != NULL) {
            SPN_TRY(copy(context, arena, shelf->rows.items, shelf->rows.count * shelf->rows.size,
                         &rows));
            tables[out->table_count++] =
                (spn_table){attached->table, attached->columns, shelf->rows.count, rows};
        }
        if (s == 0 && shelf->stream->has_modes && shelf->modes.size > 0) {
            const int64_t bytes = shelf->modes.count * shelf->modes.size;
            SPN_TRY(copy(context, arena, shelf->modes.items, bytes, &rows));
            *modes = (spn_array){.name = "modes",
                                 .rows = shelf->modes.count,
                                 .columns = shelf->modes.size / (int64_t)sizeof(double),
                                 .values = rows,
                                 .unit = "",
                                 .help = ""};
            out->array_count = 1;
        }
    }
    out->tables = tables;
    out->arrays = modes;
done:
    return status;
}

static spn_status read_items(spn_context *context, spn_arena *arena, const spn_journals *journals,
                             const char *configuration, const spni_known_run *run, spn_results *out)
{
    spn_status status = SPN_OK;
    spni_recorder recorder = {.study = NULL};
    SPN_TRY(spni_recorder_begin(context, NULL, run->streams, ~0U, &recorder));
    if (journals->count == 1) { /* nothing to put in order: no copy of it all is needed */
        SPN_TRY(spn_journal_scan(context, journals->paths[0], keep, &recorder, NULL, NULL));
    } else {
        SPN_TRY(spni_journals_read(context, &recorder, configuration, journals, keep, &recorder));
    }
    SPN_TRY(spni_recorder_sort(context, &recorder));
    SPN_TRY(take_tables(context, arena, &recorder, out));
done:
    spni_recorder_end(context, &recorder);
    return status;
}

/* The first journal that has been begun: the others are of the same run. */
static const char *begun(const spn_journals *journals)
{
    struct stat info;
    for (int64_t i = 0; i < journals->count; i++) {
        if (stat(journals->paths[i], &info) == 0 && info.st_size > 0) {
            return journals->paths[i];
        }
    }
    return journals->paths[0];
}

spn_status spn_run_look(spn_context *context, const char *output, spn_run_state *out)
{
    spn_status status = SPN_OK;
    spn_journals journals = {.paths = NULL};
    *out = (spn_run_state){0};
    SPN_TRY(spn_journals_find(context, output, &journals));
    out->journals = journals.count;
    for (int64_t i = 0; i < journals.count; i++) {
        out->written += spn_journal_is_written(journals.paths[i]);
    }
done:
    spn_journals_free(context, &journals);
    return status;
}

spn_status spn_run_peek(spn_context *context, spn_arena *arena, const char *output,
                        const spn_kind **kind, spn_results *out)
{
    spn_status status = SPN_OK;
    char *configuration = NULL;
    const char *experiment = NULL;
    spn_attribute *attribute = NULL;
    spn_journals journals = {.paths = NULL};
    *out = (spn_results){.kind = NULL};
    SPN_TRY(spn_journals_find(context, output, &journals));
    if (journals.count == 0) {
        SPN_FAIL(context, SPN_ERROR_IO, "no run writes %s: there is no %s.part", output, output);
    }
    const char *first = begun(&journals);
    SPN_TRY(spn_journal_scan(context, first, NULL, NULL, NULL, &configuration));
    SPN_TRY(spni_run_check_program(context, first, configuration, "watch it"));
    const spni_known_run *run = spni_run_find(configuration, &experiment);
    if (run == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s is of a kind of run that cannot be watched", first);
    }
    SPN_TAKE(context, arena, attribute, 1);
    attribute->name = "experiment";
    attribute->text = spn_arena_duplicate(arena, experiment);
    if (attribute->text == NULL) {
        SPN_TRY(spn_arena_status(context, arena));
    }
    out->kind = run->kind->name;
    out->attribute_count = 1;
    out->attributes = attribute;
    *kind = run->kind;
    SPN_TRY(read_items(context, arena, &journals, configuration, run, out));
done:
    spn_journals_free(context, &journals);
    spn_release(context, configuration);
    return status;
}
