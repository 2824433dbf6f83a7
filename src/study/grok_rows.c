/* SPDX-License-Identifier: MIT */
#include "study/grok_rows.h"

#include "study/book.h"
#include "study/run.h"

#include <string.h>

spn_status spni_grok_rows_begin(spn_context *context, int64_t runs, int64_t parameters,
                                bool has_theta, spni_grok_rows *rows)
{
    spn_status status = SPN_OK;
    const int64_t theta = parameters * (int64_t)sizeof(double);
    int64_t numbers = 0;
    *rows = (spni_grok_rows){.has_theta = has_theta,
                             .points = {.size = sizeof(spn_trajectory_record)},
                             .theta = {.size = theta},
                             .crossings = {.size = sizeof(spn_crossing_record)},
                             .plateaus = {.size = sizeof(spn_plateau_record)},
                             .plateau_theta = {.size = theta},
                             .ends = {.size = sizeof(spn_run_record)},
                             .end_theta = {.size = theta},
                             .runs = runs,
                             .parameters = parameters};
    if (!spn_size_multiply(runs, parameters, &numbers)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "too many runs to keep in memory");
    }
    SPN_NEW(context, rows->last_theta, numbers);
done:
    return status;
}

void spni_grok_rows_end(spn_context *context, spni_grok_rows *rows)
{
    spni_list *const lists[] = {&rows->points,    &rows->modes,    &rows->theta,
                                &rows->crossings, &rows->plateaus, &rows->plateau_theta,
                                &rows->ends,      &rows->end_theta};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        spni_list_free(context, lists[i]);
    }
    spn_release(context, rows->last_theta);
    rows->last_theta = NULL;
}

static spn_status append_point(spn_context *context, spni_grok_rows *rows,
                               const spn_trajectory_item *item)
{
    spn_status status = SPN_OK;
    const int64_t modes = item->mode_count * (int64_t)sizeof(double);
    rows->modes.size = rows->has_sizes ? rows->modes.size : modes;
    rows->has_sizes = true;
    if (modes != rows->modes.size || item->parameters != rows->parameters) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "points of different networks in one run");
    }
    SPN_TRY(spni_list_append(context, &rows->points, item->point));
    SPN_TRY(spni_list_append(context, &rows->modes, item->modes));
    SPN_TRY(rows->has_theta ? spni_list_append(context, &rows->theta, item->theta) : SPN_OK);
    memcpy(rows->last_theta + item->run * rows->parameters, item->theta,
           (size_t)rows->parameters * sizeof(double));
done:
    return status;
}

spn_status spni_grok_rows_append(spn_context *context, spni_grok_rows *rows,
                                 const spn_trajectory_item *item)
{
    spn_status status = SPN_OK;
    switch (item->kind) {
    case SPN_TRAJECTORY_POINT:
        SPN_TRY(append_point(context, rows, item));
        break;
    case SPN_TRAJECTORY_CROSSING:
        SPN_TRY(spni_list_append(context, &rows->crossings, item->crossing));
        break;
    case SPN_TRAJECTORY_PLATEAU:
        SPN_TRY(spni_list_append(context, &rows->plateaus, item->plateau));
        SPN_TRY(spni_list_append(context, &rows->plateau_theta, item->theta));
        break;
    case SPN_TRAJECTORY_END:
        SPN_TRY(spni_list_append(context, &rows->ends, item->end));
        SPN_TRY(spni_list_append(context, &rows->end_theta, item->theta));
        break;
    }
done:
    return status;
}

/* Sort lists that go together by the run, the first field of the records of the first of them. */
static spn_status sort_by_run(spn_context *context, int64_t runs, spni_list *const *lists,
                              int64_t count)
{
    spn_status status = SPN_OK;
    const spni_list *records = lists[0];
    int64_t *order = NULL, *places = NULL;
    SPN_NEW(context, order, records->count);
    SPN_NEW(context, places, runs + 1);
    for (int64_t i = 0; i < records->count; i++) {
        const int64_t *run = (const void *)(records->items + i * records->size);
        places[*run + 1]++;
    }
    for (int64_t r = 0; r < runs; r++) {
        places[r + 1] += places[r];
    }
    for (int64_t i = 0; i < records->count; i++) {
        const int64_t *run = (const void *)(records->items + i * records->size);
        order[places[*run]++] = i;
    }
    for (int64_t k = 0; k < count; k++) {
        SPN_TRY(spni_list_permute(context, lists[k], order));
    }
done:
    spn_release(context, order);
    spn_release(context, places);
    return status;
}

spn_status spni_grok_rows_sort(spn_context *context, spni_grok_rows *rows)
{
    spn_status status = SPN_OK;
    _Static_assert(offsetof(spn_trajectory_record, run) == 0 &&
                       offsetof(spn_crossing_record, run) == 0 &&
                       offsetof(spn_plateau_record, run) == 0 && offsetof(spn_run_record, run) == 0,
                   "records begin with their run");
    spni_list *const points[] = {&rows->points, &rows->modes, &rows->theta};
    spni_list *const crossings[] = {&rows->crossings};
    spni_list *const plateaus[] = {&rows->plateaus, &rows->plateau_theta};
    spni_list *const ends[] = {&rows->ends, &rows->end_theta};
    SPN_TRY(sort_by_run(context, rows->runs, points, rows->has_theta ? 3 : 2));
    SPN_TRY(sort_by_run(context, rows->runs, crossings, 1));
    SPN_TRY(sort_by_run(context, rows->runs, plateaus, 2));
    SPN_TRY(sort_by_run(context, rows->runs, ends, 2));
done:
    return status;
}

static void add_array(spni_book *book, const char *name, const spni_list *list, const char *unit,
                      const char *help)
{
    spni_book_array(book, (spn_array){.name = name,
                                      .rows = list->count,
                                      .columns = list->size / (int64_t)sizeof(double),
                                      .values = (const void *)list->items,
                                      .unit = unit,
                                      .help = help,
                                      .is_compressed = unit[0] != '\0'});
}

static void add_arrays(const spn_study *study, const spni_grok_rows *rows, spni_book *book)
{
    const spni_list last = {(char *)rows->last_theta, rows->runs, rows->runs,
                            rows->parameters * (int64_t)sizeof(double)};
    add_array(book, "modes", &rows->modes, "", spni_modes_help(study));
    if (rows->has_theta) {
        add_array(book, "theta", &rows->theta, "weight",
                  "all weights and biases in the order of /layout; one row per row of /points");
    }
    add_array(book, "last_theta", &last, "weight",
              "the same at the end of each run; one row per row of /runs");
    add_array(book, "final_theta", &rows->end_theta, "weight",
              "the same at the minimum that Newton's method reaches from there");
    add_array(book, "plateau_theta", &rows->plateau_theta, "weight",
              "the same where each plateau is slowest; one row per row of /plateaus");
}

/* Names of the phases in which the runs end. */
static spn_status name_phases(spn_context *context, spn_arena *arena, const spni_grok_rows *rows,
                              const char ***out)
{
    spn_status status = SPN_OK;
    const spn_run_record *ends = (const void *)rows->ends.items;
    const char **names = NULL;
    SPN_TAKE(context, arena, names, rows->ends.count);
    for (int64_t i = 0; i < rows->ends.count; i++) {
        char text[SPNI_NAME_SIZE];
        names[i] = spn_arena_duplicate(arena, spni_modes_name(ends[i].final_active_modes, text));
        SPN_TRY(names[i] != NULL ? SPN_OK : spn_arena_status(context, arena));
    }
    *out = names;
done:
    return status;
}

spn_status spni_grok_results_write(spn_context *context, const spni_starts *starts,
                                   const spni_grok_rows *rows, const char *path, bool is_forced)
{
    spn_status status = SPN_OK;
    spni_book book;
    const char **phases = NULL;
    SPN_TRY(spni_book_begin(context, "grok", &book));
    SPN_TRY(name_phases(context, book.arena, rows, &phases));
    const spn_table tables[] = {
        {"starts", &spn_start_columns, starts->count, starts->records},
        {"runs", &spn_run_columns, rows->ends.count, rows->ends.items},
        {"points", &spn_trajectory_columns, rows->points.count, rows->points.items},
        {"crossings", &spn_crossing_columns, rows->crossings.count, rows->crossings.items},
        {"plateaus", &spn_plateau_columns, rows->plateaus.count, rows->plateaus.items},
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        spni_book_table(&book, tables[i]);
    }
    spni_book_text(&book, (spn_text_column){"starts", "name", starts->count, starts->names,
                                            "the start, as grok.starts has it"});
    spni_book_text(&book, (spn_text_column){"runs", "phase", rows->ends.count, phases,
                                            "phase of the minimum that the run belongs to"});
    spni_book_attribute(&book, (spn_attribute){SPNI_INPUTS, starts->checksum, 0});
    add_arrays(starts->study, rows, &book);
    SPN_TRY(spni_book_write(context, starts->study, &book, path, is_forced));
done:
    spni_book_end(&book);
    return status;
}
