/* SPDX-License-Identifier: MIT */
/* Transitions with their evidence, for programs. */
#include "kind/run_answer.h"

#include <math.h>

/* ---- What is shown ------------------------------------------------------------------------------ */

bool spni_row_is_shown(const spn_shown *shown, const spn_transition *row)
{
    return spn_is_shown(shown, row->change, row->share);
}

bool spni_group_is_shown(const spn_shown *shown, const spn_transition_group *group)
{
    return spn_is_shown(shown, group->change, group->share);
}

bool spni_loop_is_shown(const spn_shown *shown, const spn_hysteresis *loop)
{
    return spn_is_shown(shown, loop->change, loop->share);
}

/* ---- JSON ------------------------------------------------------------------------------------- */

/* Where the sides of a row stand in its record, and as what they are named. */
typedef struct row_sides {
    size_t first, second;
    const char *first_label, *second_label;
    size_t entry; /* of the answer, where it stands in the record; 0: it has none */
} row_sides;
static const row_sides transition_sides = {offsetof(spn_transition, before),
                                           offsetof(spn_transition, after), "label_before",
                                           "label_after", offsetof(spn_transition, entry)};
static const row_sides group_sides = {offsetof(spn_transition_group, before),
                                      offsetof(spn_transition_group, after), "label_before",
                                      "label_after", 0};
static const row_sides loop_sides = {offsetof(spn_hysteresis, below),
                                     offsetof(spn_hysteresis, above), "label_below", "label_above",
                                     offsetof(spn_hysteresis, entry)};

/* One row as an object, its sides in words behind the columns. */
static void json_row(spn_json *json, const spn_table *table, int64_t i, const row_sides *sides)
{
    const char *record = (const char *)table->records + (size_t)i * table->columns->record_size;
    char text[96];
    spn_json_begin_object(json, NULL);
    spn_json_cells(json, table, i);
    spn_json_text(json, sides->first_label,
                  spn_side_label((const void *)(record + sides->first), text, sizeof text));
    spn_json_text(json, sides->second_label,
                  spn_side_label((const void *)(record + sides->second), text, sizeof text));
    if (sides->entry > 0) {
        spn_json_integer(json, "entry", *(const int64_t *)(const void *)(record + sides->entry));
    }
    spn_json_end_object(json);
}

static void json_groups(spn_json *json, int64_t count, const spn_transition_group *groups,
                        const spn_shown *shown)
{
    const spn_table table = {"groups", &spn_transition_group_columns, count, groups};
    spn_json_begin_list(json, table.name);
    for (int64_t i = 0; i < count; i++) {
        if (spni_group_is_shown(shown, &groups[i])) {
            json_row(json, &table, i, &group_sides);
        }
    }
    spn_json_end_list(json);
}

static void json_loops(spn_json *json, const spn_transitions *transitions, const spn_shown *shown)
{
    spn_table table = {.name = "hysteresis", .columns = &spn_hysteresis_columns};
    const spn_hysteresis *loops = spn_transitions_hysteresis(transitions, &table.rows);
    table.records = loops;
    spn_json_begin_list(json, table.name);
    for (int64_t i = 0; i < table.rows; i++) {
        if (spni_loop_is_shown(shown, &loops[i])) {
            json_row(json, &table, i, &loop_sides);
        }
    }
    spn_json_end_list(json);
}

/* Those rows that are shown; the others do not count. */
static void json_shown(spn_json *json, const spn_table *table, const spn_shown *shown)
{
    const spn_transition *rows = table->records;
    spn_json_begin_list(json, table->name);
    for (int64_t i = 0; i < table->rows; i++) {
        if (spni_row_is_shown(shown, &rows[i])) {
            json_row(json, table, i, &transition_sides);
        }
    }
    spn_json_end_list(json);
}

/* What was seen and could not be judged: row numbers of the list of transitions. */
static void json_undecided(spn_json *json, int64_t count, const spn_transition *rows,
                           const spn_shown *shown)
{
    int64_t number = 0;
    spn_json_begin_list(json, "unresolved");
    for (int64_t i = 0; i < count; i++) {
        if (!spni_row_is_shown(shown, &rows[i])) {
            continue;
        }
        if (isnan(rows[i].order)) {
            spn_json_integer(json, NULL, number);
        }
        number++;
    }
    spn_json_end_list(json);
}

static void json_answers(spn_json *json, const spn_transitions *transitions, int64_t runs,
                         const spn_told_file *files, const spn_shown *shown)
{
    spn_answer answer;
    spn_json_begin_list(json, "answers");
    for (int64_t i = 0; i < runs; i++) {
        spn_json_begin_object(json, NULL);
        spn_json_text(json, "file", files[i].path);
        if (spn_transitions_answer(json->context, transitions, i, &answer) == SPN_OK) {
            spn_answer_json(json, &answer, &files[i].facts, &files[i].claim, shown);
        }
        spn_json_end_object(json);
    }
    spn_json_end_list(json);
}

void spn_transitions_json(spn_json *json, spn_transitions *transitions, const spn_told_file *files,
                          int64_t group_count, const spn_transition_group *groups,
                          const spn_shown *shown)
{
    const spn_transition_notes notes = spn_transitions_notes(transitions);
    spn_json_begin_object(json, NULL);
    spn_json_begin_list(json, "files");
    for (int64_t i = 0; i < notes.runs; i++) {
        spn_json_text(json, NULL, files[i].path);
    }
    spn_json_end_list(json);
    spn_table table = {.name = "transitions", .columns = &spn_transition_columns};
    table.records = spn_transitions_rows(transitions, &table.rows);
    json_shown(json, &table, shown);
    json_undecided(json, table.rows, table.records, shown);
    table.name = "crossings";
    table.records = spn_transitions_crossings(transitions, &table.rows);
    json_shown(json, &table, shown);
    json_groups(json, group_count, groups, shown);
    json_loops(json, transitions, shown);
    table = (spn_table){.name = "stuck", .columns = &spn_stuck_columns};
    table.records = spn_transitions_stuck(transitions, &table.rows);
    spn_json_rows(json, "stuck", &table, NULL, NULL);
    spn_json_integer(json, "unrefined", notes.unrefined);
    spn_json_integer(json, "relabelled", notes.relabelled);
    spn_json_integer(json, "unsettled", notes.unsettled);
    spn_json_integer(json, "quenched", notes.quenched);
    spn_json_integer(json, "single", notes.single);
    spn_json_integer(json, "unfinished", notes.unfinished);
    json_answers(json, transitions, notes.runs, files, shown);
    spn_json_end_object(json);
}
