/* SPDX-License-Identifier: MIT */
#include "study/book.h"

#include <spinodal/numeric.h>
#include <stdio.h>
#include <string.h>

/* One row of /layout: where an array of the network stands in theta. */
typedef struct layout_record {
    int64_t layer, is_bias, offset, rows, columns;
} layout_record;

static const spn_column layout_items[] = {
    SPN_INTEGER_COLUMN(layout_record, layer, "layer, from 0"),
    SPN_INTEGER_COLUMN(layout_record, is_bias, "1: a bias vector"),
    SPN_INTEGER_COLUMN(layout_record, offset, "index of the first entry in theta"),
    SPN_INTEGER_COLUMN(layout_record, rows, "rows (outputs of the layer)"),
    SPN_INTEGER_COLUMN(layout_record, columns,
                       "columns (inputs of the layer; 1 for a bias); row-major"),
};
static const spn_columns layout_columns = SPN_COLUMNS_OF(layout_items, layout_record);

spn_status spni_book_begin(spn_context *context, const char *kind, spni_book *book)
{
    *book = (spni_book){.context = context,
                        .tables = {.size = sizeof(spn_table)},
                        .arrays = {.size = sizeof(spn_array)},
                        .texts = {.size = sizeof(spn_text_column)},
                        .attributes = {.size = sizeof(spn_attribute)},
                        .results = {.kind = kind}};
    return spn_arena_create(context, &book->arena);
}

void spni_book_end(spni_book *book)
{
    spni_list *const lists[] = {&book->tables, &book->arrays, &book->texts, &book->attributes};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        spni_list_free(book->context, lists[i]);
    }
    spn_arena_free(book->arena);
    book->arena = NULL;
}

static void add(spni_book *book, spni_list *list, const void *item)
{
    if (book->status == SPN_OK) {
        book->status = spni_list_append(book->context, list, item);
    }
}

void spni_book_table(spni_book *book, spn_table table)
{
    add(book, &book->tables, &table);
}

void spni_book_array(spni_book *book, spn_array array)
{
    add(book, &book->arrays, &array);
}

void spni_book_text(spni_book *book, spn_text_column text)
{
    add(book, &book->texts, &text);
}

void spni_book_attribute(spni_book *book, spn_attribute attribute)
{
    add(book, &book->attributes, &attribute);
}

void spni_book_weights(spni_book *book, spn_theta theta, int64_t rows, int64_t columns,
                       const double *values)
{
    spni_book_array(book, (spn_array){.name = theta.name,
                                      .rows = rows,
                                      .columns = columns,
                                      .values = values,
                                      .unit = "weight",
                                      .help = theta.help,
                                      .is_compressed = true});
}

spn_status spni_book_close(spni_book *book)
{
    spn_results *results = &book->results;
    results->table_count = book->tables.count;
    results->tables = (const void *)book->tables.items;
    results->array_count = book->arrays.count;
    results->arrays = (const void *)book->arrays.items;
    results->text_column_count = book->texts.count;
    results->text_columns = (const void *)book->texts.items;
    results->attribute_count = book->attributes.count;
    results->attributes = (const void *)book->attributes.items;
    return book->status;
}

static spn_status add_layout(spn_context *context, const spn_study *study, spni_book *book)
{
    spn_status status = SPN_OK;
    int64_t count = 0;
    const spn_layout_entry *entries = spn_network_layout(study->network, &count);
    layout_record *records = NULL;
    const char **names = NULL;
    SPN_TAKE(context, book->arena, records, count);
    SPN_TAKE(context, book->arena, names, count);
    for (int64_t i = 0; i < count; i++) {
        records[i] = (layout_record){entries[i].layer, entries[i].is_bias, entries[i].offset,
                                     entries[i].rows, entries[i].columns};
        names[i] = entries[i].name;
    }
    spni_book_table(book, (spn_table){"layout", &layout_columns, count, records});
    spni_book_text(book, (spn_text_column){"layout", "name", count, names,
                                           "name of the array in weight files"});
done:
    return status;
}

const char *spni_modes_help(const spn_study *study)
{
    return spn_network_error_is_principal(study->error)
               ? "principal strengths of the network's outputs over the samples, largest first: "
                 "the "
                 "data are classes or have no linear mode; one row per row of /points"
               : "strength of each mode of the data in the network's output, strongest mode of the "
                 "data first (T11); one row per row of /points";
}

/* Linear theory for the data's modes at the network's depth: thin lines in the figures. */
static spn_status add_theory(spn_context *context, const spn_study *study, spni_book *book)
{
    spn_status status = SPN_OK;
    int64_t count = 0;
    spn_theory_mode *modes = NULL;
    SPN_TAKE(context, book->arena, modes, SPN_MODES_MAX);
    SPN_TRY(spn_study_theory(context, study, &count, modes));
    spni_book_table(book, (spn_table){"theory", &spn_theory_mode_columns, count, modes});
done:
    return status;
}

/* Names of the classes, one a line; NULL: there are none. */
static spn_status join_classes(spn_context *context, const spn_study *study, spni_book *book,
                               const char **out)
{
    spn_status status = SPN_OK;
    const spn_dataset *data = study->dataset;
    size_t size = 1;
    char *text = NULL;
    *out = NULL;
    for (int64_t k = 0; k < data->class_count; k++) {
        size += strlen(data->class_names[k]) + 1;
    }
    if (data->class_count == 0) {
        return SPN_OK;
    }
    SPN_TAKE(context, book->arena, text, (int64_t)size);
    for (int64_t k = 0; k < data->class_count; k++) {
        strcat(text, k > 0 ? "\n" : "");
        strcat(text, data->class_names[k]);
    }
    *out = text;
done:
    return status;
}

spn_status spni_book_attributes(spn_context *context, const spn_study *study, spni_book *book)
{
    spn_status status = SPN_OK;
    enum { MACHINE_SIZE = 256, ORDER_SIZE = 128 };
    char *dump = NULL, *machine = NULL, *order = NULL;
    const char *classes = NULL;
    char checksum[16], weights[16];
    SPN_TAKE(context, book->arena, machine, MACHINE_SIZE);
    SPN_TRY(spn_experiment_dump(context, study->experiment, &dump));
    const char *configuration = spn_arena_duplicate(book->arena, dump);
    snprintf(checksum, sizeof checksum, "%08x", (unsigned)study->data_checksum);
    snprintf(weights, sizeof weights, "%08x", (unsigned)study->weights_checksum);
    const char *kept_checksum = spn_arena_duplicate(book->arena, checksum);
    const char *kept_weights = spn_arena_duplicate(book->arena, weights);
    if (configuration == NULL || kept_checksum == NULL || kept_weights == NULL) {
        status = spn_error_status(context);
        goto done;
    }
    const spn_attribute attributes[] = {
        {"configuration", configuration, 0},
        {"program_version", SPN_VERSION, 0},
        {"compiler", spn_describe_compiler(), 0},
        {"machine", spn_describe_machine(machine, MACHINE_SIZE), 0},
        {"seed", NULL, spn_experiment_model(study->experiment)->init_seed},
        {"data_checksum", kept_checksum, 0},
        {"weights_checksum", kept_weights, 0},
        {"kernels", spn_kernels_name(spn_context_kernels(context)), 0},
        {"blas_core", spn_blas_core(), 0},
        {"samples", NULL, study->dataset->samples},
        {"parameters", NULL, study->loss.dimension},
        {"test_samples", NULL, study->test != NULL ? study->test->samples : 0}, /* only where any */
    };
    const size_t count = sizeof attributes / sizeof *attributes - (study->test == NULL);
    for (size_t i = 0; i < count; i++) {
        spni_book_attribute(book, attributes[i]);
    }
    SPN_TRY(join_classes(context, study, book, &classes));
    if (classes != NULL) {
        spni_book_attribute(book, (spn_attribute){"classes", classes, 0});
    }
    const int64_t kind = spn_experiment_error(study->experiment)->regularise;
    if (study->regularised.regulariser.weights != NULL) {
        SPN_TAKE(context, book->arena, order, ORDER_SIZE);
        snprintf(order, ORDER_SIZE, "n = %s^2, %s", spn_regularise_symbol(kind),
                 spn_regularise_note(kind));
        spni_book_attribute(book, (spn_attribute){"order_parameter", order, 0});
    }
    if (book->settings != NULL) {
        spni_book_attribute(book, (spn_attribute){"settings", book->settings, 0});
    }
done:
    spn_release(context, dump);
    return status;
}

spn_status spni_book_write(spn_context *context, const spn_study *study, spni_book *book,
                           const char *path, bool is_forced, bool *is_good)
{
    spn_status status = SPN_OK;
    const char *fault = NULL;
    if (study != NULL) {
        SPN_TRY(add_layout(context, study, book));
        SPN_TRY(add_theory(context, study, book));
        SPN_TRY(spni_book_attributes(context, study, book));
    }
    SPN_TRY(spni_book_close(book));
    SPN_TRY(spn_study_judge(context, &book->results, &fault));
    SPN_TRY(spn_results_write(context, path, is_forced, &book->results));
    *is_good = fault == NULL;
done:
    return status;
}
