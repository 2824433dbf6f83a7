/* SPDX-License-Identifier: MIT */
#include "study/book.h"

#include "study/experiment.h"

#include <math.h>
#include <spinodal/geometry/state.h>
#include <spinodal/numeric.h>
#include <spinodal/text.h>
#include <stdio.h>
#include <string.h>

struct spn_book {
    spn_context *context;
    const spn_kind *kind;
    const spn_study *study;
    spn_arena *arena;
    spn_status status; /* of what was put in: the first failure */
    spn_list tables, arrays, texts, attributes;
    const char *settings; /* NULL: not told */
    bool has_attributes, is_closed;
};

spn_status spn_book_create(spn_context *context, const spn_kind *kind, const spn_study *study,
                           spn_book **out)
{
    spn_status status = SPN_OK;
    spn_book *book = NULL;
    *out = NULL;
    SPN_NEW(context, book, 1);
    *book = (spn_book){.context = context,
                       .kind = kind,
                       .study = study,
                       .tables = {.size = sizeof(spn_table)},
                       .arrays = {.size = sizeof(spn_array)},
                       .texts = {.size = sizeof(spn_text_column)},
                       .attributes = {.size = sizeof(spn_attribute)}};
    SPN_TRY(spn_arena_create(context, &book->arena));
    *out = book;
    book = NULL;
done:
    spn_book_free(book);
    return status;
}

void spn_book_free(spn_book *book)
{
    if (book == NULL) {
        return;
    }
    spn_list_free(book->context, &book->tables);
    spn_list_free(book->context, &book->arrays);
    spn_list_free(book->context, &book->texts);
    spn_list_free(book->context, &book->attributes);
    spn_arena_free(book->arena);
    spn_release(book->context, book);
}

spn_arena *spn_book_arena(spn_book *book)
{
    return book->arena;
}

static void add(spn_book *book, spn_list *list, const void *item)
{
    if (book->status == SPN_OK) {
        book->status = spn_list_append(book->context, list, item);
    }
}

static bool is_known(const spn_table *table, int64_t column)
{
    const bool is_real = table->columns->items[column].type == SPN_COLUMN_REAL;
    bool is = false;
    for (int64_t row = 0; row < table->rows && !is; row++) {
        is = is_real ? !isnan(spn_table_real(table, row, column))
                     : spn_table_integer(table, row, column) != -1;
    }
    return is;
}

/* Is it a column of an observable that came later, with whatever its table adds to the name? */
static bool is_later(const spn_column *column)
{
#define NAME(field, ...) #field,
    static const char *const names[] = {SPN_STATE_LATER(NAME, ) NULL};
#undef NAME
    bool is = false;
    for (int64_t i = 0; names[i] != NULL && !is; i++) {
        is = strstr(column->name, names[i]) != NULL;
    }
    return is;
}

/* The table without columns of later observables of which no row knows anything. */
static void drop_unknown(spn_book *book, spn_table *table)
{
    const spn_columns *columns = table->columns;
    bool is_whole = true;
    for (int64_t i = 0; i < columns->count; i++) {
        is_whole = is_whole && (!is_later(&columns->items[i]) || is_known(table, i));
    }
    if (is_whole || book->status != SPN_OK) {
        return;
    }
    spn_columns *kept = spn_arena_take(book->arena, 1, sizeof *kept);
    spn_column *items = spn_arena_take(book->arena, columns->count, sizeof *items);
    if (kept == NULL || items == NULL) {
        book->status = spn_arena_status(book->context, book->arena);
        return;
    }
    *kept = (spn_columns){items, 0, columns->record_size};
    for (int64_t i = 0; i < columns->count; i++) {
        if (!is_later(&columns->items[i]) || is_known(table, i)) {
            items[kept->count++] = columns->items[i];
        }
    }
    table->columns = kept;
}

void spn_book_table(spn_book *book, spn_table table)
{
    drop_unknown(book, &table);
    add(book, &book->tables, &table);
}

void spn_book_array(spn_book *book, spn_array array)
{
    add(book, &book->arrays, &array);
}

void spn_book_text(spn_book *book, spn_text_column text)
{
    add(book, &book->texts, &text);
}

void spn_book_attribute(spn_book *book, spn_attribute attribute)
{
    add(book, &book->attributes, &attribute);
}

/* A copy that lives as long as the book; NULL after a failure, which is kept. */
static const char *keep(spn_book *book, const char *text)
{
    const char *kept = text != NULL ? spn_arena_duplicate(book->arena, text) : NULL;
    if (kept == NULL && book->status == SPN_OK) {
        book->status = spn_error_status(book->context);
    }
    return kept;
}

/* Texts, one on a line, kept. */
static const char *join(spn_book *book, int64_t count, const char *const *texts)
{
    spn_text joined = {.context = book->context};
    for (int64_t i = 0; i < count; i++) {
        spn_text_add(&joined, i > 0 ? "\n" : "");
        spn_text_add(&joined, texts[i]);
    }
    const char *kept = keep(book, count > 0 ? joined.buffer.text : "");
    spn_text_end(&joined);
    return kept;
}

void spn_book_settings(spn_book *book, int64_t count, const char *const *sets)
{
    book->settings = join(book, count, sets);
}

void spni_book_weights(spn_book *book, spn_theta theta, int64_t rows, int64_t columns,
                       const double *values)
{
    spn_book_array(book, (spn_array){.name = theta.name,
                                     .rows = rows,
                                     .columns = columns,
                                     .values = values,
                                     .unit = "weight",
                                     .help = theta.help,
                                     .is_compressed = true});
}

/* ---- What every file of a study has ----------------------------------------------------------- */

static spn_status add_layout(spn_context *context, spn_book *book)
{
    spn_status status = SPN_OK;
    int64_t count = 0;
    const spn_layout_entry *entries = spn_network_layout(book->study->network, &count);
    spn_layout_record *records = NULL;
    const char **names = NULL;
    SPN_TAKE(context, book->arena, records, count);
    SPN_TAKE(context, book->arena, names, count);
    for (int64_t i = 0; i < count; i++) {
        records[i] = (spn_layout_record){entries[i].layer, entries[i].is_bias, entries[i].offset,
                                         entries[i].rows, entries[i].columns};
        names[i] = entries[i].name;
    }
    spn_book_table(book, (spn_table){"layout", &spn_layout_columns, count, records});
    spn_book_text(book, (spn_text_column){"layout", "name", count, names,
                                          "name of the array in weight files"});
done:
    return status;
}

const char *spni_modes_help(const spn_study *study)
{
    if (study->error == NULL) {
        return "strengths that the objective names; one row per row of /points";
    }
    return spn_network_error_is_principal(study->error)
               ? "principal strengths of the network's outputs over the samples, largest first: "
                 "the "
                 "data are classes or have no linear mode; one row per row of /points"
               : "strength of each mode of the data in the network's output, strongest mode of the "
                 "data first (T11); one row per row of /points";
}

/* Linear theory for the data's modes at the network's depth: thin lines in the figures. */
static spn_status add_theory(spn_context *context, spn_book *book)
{
    spn_status status = SPN_OK;
    int64_t count = 0;
    spn_theory_mode *modes = NULL;
    SPN_TAKE(context, book->arena, modes, SPN_MODES_MAX);
    SPN_TRY(spn_study_theory(context, book->study, &count, modes));
    spn_book_table(book, (spn_table){"theory", &spn_theory_mode_columns, count, modes});
done:
    return status;
}

/* A checksum as it is written. */
static spn_attribute checksum(spn_book *book, const char *name, uint32_t sum)
{
    char text[16];
    snprintf(text, sizeof text, "%08x", (unsigned)sum);
    return (spn_attribute){name, keep(book, text), 0};
}

void spn_book_origin(spn_book *book, const char *configuration)
{
    char machine[256];
    const spn_study *study = book->study;
    const spn_attribute made_by[] = {
        {"configuration", keep(book, configuration), 0},
        {"program_version", SPN_VERSION, 0},
        {"compiler", spn_describe_compiler(), 0},
        {"machine", keep(book, spn_describe_machine(machine, sizeof machine)), 0},
    };
    for (size_t i = 0; i < sizeof made_by / sizeof *made_by; i++) {
        spn_book_attribute(book, made_by[i]);
    }
    if (study != NULL) {
        const int64_t seed = spn_experiment_model(study->experiment)->init_seed;
        spn_book_attribute(book, (spn_attribute){"seed", NULL, seed});
        spn_book_attribute(book, checksum(book, "data_checksum", study->data_checksum));
        spn_book_attribute(book, checksum(book, "weights_checksum", study->weights_checksum));
    }
    const char *kernels = spn_kernels_name(spn_context_kernels(book->context));
    spn_book_attribute(book, (spn_attribute){"kernels", kernels, 0});
    spn_book_attribute(book, (spn_attribute){"blas_core", spn_blas_core(), 0});
}

/* What the study's data and network are, behind that. */
static void add_study(spn_book *book)
{
    const spn_study *study = book->study;
    const spn_dataset *data = study->dataset;
    const int64_t kind = spn_experiment_error(study->experiment)->regularise;
    spn_book_attribute(book, (spn_attribute){"samples", NULL, study->loss.samples});
    spn_book_attribute(book, (spn_attribute){"parameters", NULL, study->loss.dimension});
    if (study->name != NULL) {
        spn_book_attribute(book, (spn_attribute){"objective", study->name, 0});
        return;
    }
    if (study->test != NULL) {
        spn_book_attribute(book, (spn_attribute){"test_samples", NULL, study->test->samples});
    }
    if (data->class_count > 0) {
        const char *classes = join(book, data->class_count, (const char *const *)data->class_names);
        spn_book_attribute(book, (spn_attribute){"classes", classes, 0});
    }
    if (study->regularised.regulariser.weights != NULL) {
        char order[128];
        snprintf(order, sizeof order, "n = %s^2, %s", spn_regularise_symbol(kind),
                 spn_regularise_note(kind));
        spn_book_attribute(book, (spn_attribute){"order_parameter", keep(book, order), 0});
    }
}

/* The attributes of the study and the settings, behind what was put in so far. */
static spn_status complete_attributes(spn_context *context, spn_book *book)
{
    spn_status status = SPN_OK;
    char *dump = NULL;
    if (book->has_attributes) {
        return SPN_OK;
    }
    if (book->study != NULL) {
        SPN_TRY(spn_experiment_dump(context, book->study->experiment, &dump));
        if (book->study->name !=
            NULL) { /* data, model and objective are not those of the experiment */
            spni_experiment_keep(dump, "sweep branches solver geometry");
        }
        spn_book_origin(book, dump);
        add_study(book);
    }
    if (book->settings != NULL) {
        spn_book_attribute(book, (spn_attribute){"settings", book->settings, 0});
    }
    book->has_attributes = true;
    status = book->status;
done:
    spn_release(context, dump);
    return status;
}

/* ---- The whole -------------------------------------------------------------------------------- */

static spn_results contents(const spn_book *book)
{
    return (spn_results){.kind = book->kind->name,
                         .table_count = book->tables.count,
                         .tables = (const void *)book->tables.items,
                         .array_count = book->arrays.count,
                         .arrays = (const void *)book->arrays.items,
                         .text_column_count = book->texts.count,
                         .text_columns = (const void *)book->texts.items,
                         .attribute_count = book->attributes.count,
                         .attributes = (const void *)book->attributes.items};
}

spn_status spn_book_close(spn_context *context, spn_book *book, spn_results *out)
{
    spn_status status = SPN_OK;
    if (!book->is_closed && book->study != NULL && book->study->network != NULL) {
        SPN_TRY(add_layout(context, book));
        SPN_TRY(add_theory(context, book));
    }
    book->is_closed = true;
    SPN_TRY(complete_attributes(context, book));
    *out = contents(book);
    status = book->status;
done:
    return status;
}

spn_status spn_book_write(spn_context *context, spn_book *book, const char *path, bool is_forced,
                          bool *is_good)
{
    spn_status status = SPN_OK;
    spn_results results;
    SPN_TRY(spn_book_close(context, book, &results));
    SPN_TRY(spn_results_write(context, path, is_forced, &results));
    *is_good = spn_kind_fault(book->kind, &results) == NULL;
done:
    return status;
}

spn_status spn_book_find(spn_context *context, spn_book *book, const char *path,
                         const char *sections, unsigned what, bool *is_found, bool *is_good)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    *is_found = false;
    if (!spn_journal_exists(path)) {
        return SPN_OK;
    }
    SPN_TRY(complete_attributes(context, book));
    const spn_results expected = contents(book);
    SPN_TRY(spn_arena_create(context, &arena));
    status = spn_results_read(context, arena, path, &results);
    if (status == SPN_ERROR_INPUT) {
        spn_error_clear(context);
        status = SPN_OK;
        goto done;
    }
    SPN_TRY(status);
    if (strcmp(results.kind, expected.kind) == 0) {
        SPN_TRY(spn_study_compare(context, &results, &expected, sections, what, is_found));
    }
    if (*is_found) {
        *is_good = spn_kind_fault(book->kind, &results) == NULL;
    }
done:
    spn_arena_free(arena);
    return status;
}
