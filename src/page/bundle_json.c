/* SPDX-License-Identifier: MIT */
/* A results file as JSON: what it holds, what its kind draws, and its packed numbers. */
#include "page/page.h"

#include <string.h>

static void write_words(spn_json *json, const char *key, const char *const *words)
{
    if (words == NULL) {
        return;
    }
    spn_json_begin_list(json, key);
    for (; *words != NULL; words++) {
        spn_json_text(json, NULL, *words);
    }
    spn_json_end_list(json);
}

/* A column that was left out has a name and no numbers. */
static void write_packed(spn_json *json, const spni_packed *packed)
{
    if (packed->text != NULL) {
        spn_json_integer(json, "order", packed->order);
        spn_json_text(json, "packed", packed->text);
    }
}

static void write_table(spn_json *json, const spn_table *table, const spni_packed *packed)
{
    spn_json_begin_object(json, NULL);
    spn_json_text(json, "name", table->name);
    spn_json_integer(json, "rows", table->rows);
    spn_json_begin_list(json, "columns");
    for (int64_t c = 0; c < table->columns->count; c++) {
        const spn_column *column = &table->columns->items[c];
        spn_json_begin_object(json, NULL);
        spn_json_text(json, "name", column->name);
        spn_json_boolean(json, "real", column->type == SPN_COLUMN_REAL);
        spn_json_text(json, "unit", column->unit);
        spn_json_text(json, "help", column->help);
        write_words(json, "words", column->words);
        write_packed(json, &packed[c]);
        spn_json_end_object(json);
    }
    spn_json_end_list(json);
    spn_json_end_object(json);
}

static void write_array(spn_json *json, const spn_array *array, const spni_packed *packed,
                        int64_t stride)
{
    spn_json_begin_object(json, NULL);
    spn_json_text(json, "name", array->name);
    spn_json_integer(json, "rows", array->rows);
    spn_json_integer(json, "width", array->columns);
    spn_json_integer(json, "stride", stride);
    spn_json_text(json, "unit", array->unit);
    spn_json_text(json, "help", array->help);
    spn_json_begin_list(json, "columns");
    for (int64_t c = 0; stride > 0 && c < array->columns; c++) {
        spn_json_begin_object(json, NULL);
        write_packed(json, &packed[c]);
        spn_json_end_object(json);
    }
    spn_json_end_list(json);
    spn_json_end_object(json);
}

/* A logarithmic axis at first: of the kind, or since the experiment spaces its points so. */
static bool is_log(const spn_results *results, const spn_curves *curves)
{
    char spacing[16];
    const char *said = spn_results_setting(results, "sweep.beta.spacing", spacing, sizeof spacing);
    return curves->is_log ||
           (strcmp(curves->x, "beta") == 0 && said != NULL && strcmp(said, "log") == 0);
}

static void write_curves(spn_json *json, const spn_results *results, const spn_curves *curves)
{
    if (curves == NULL) {
        spn_json_null(json, "curves");
        return;
    }
    spn_json_begin_object(json, "curves");
    spn_json_text(json, "table", curves->table);
    spn_json_text(json, "x", curves->x);
    write_words(json, "keys", curves->keys);
    write_words(json, "quantities", curves->quantities);
    write_words(json, "arrays", curves->arrays);
    spn_json_text(json, "color", curves->color);
    spn_json_text(json, "dash", curves->dash);
    spn_json_text(json, "breaks", curves->breaks);
    spn_json_text(json, "jumps", curves->jumps);
    spn_json_boolean(json, "log", is_log(results, curves));
    spn_json_end_object(json);
}

/* Attributes, and the experiment among them. */
static void write_attributes(spn_json *json, const spn_results *results)
{
    spn_json_begin_object(json, "attributes");
    for (int64_t i = 0; i < results->attribute_count; i++) {
        const spn_attribute *attribute = &results->attributes[i];
        if (attribute->text != NULL) {
            spn_json_text(json, attribute->name, attribute->text);
        } else {
            spn_json_integer(json, attribute->name, attribute->integer);
        }
    }
    spn_json_end_object(json);
}

static void write_texts(spn_json *json, const spn_results *results)
{
    spn_json_begin_list(json, "texts");
    for (int64_t i = 0; i < results->text_column_count; i++) {
        const spn_text_column *column = &results->text_columns[i];
        spn_json_begin_object(json, NULL);
        spn_json_text(json, "table", column->group);
        spn_json_text(json, "name", column->name);
        spn_json_begin_list(json, "items");
        for (int64_t row = 0; row < column->rows; row++) {
            spn_json_text(json, NULL, column->items[row]);
        }
        spn_json_end_list(json);
        spn_json_end_object(json);
    }
    spn_json_end_list(json);
}

spn_status spni_bundle_write(spn_context *context, spn_json *json, const spni_bundle *bundle)
{
    spn_status status = SPN_OK;
    const spn_page_source *source = bundle->source;
    const spn_results *results = source->results;
    spn_text summary = {.context = context}, troubles = {.context = context};
    const spn_report said = {
        .summary = &summary, .troubles = &troubles, .wish = {.is_verbose = true}};
    SPN_TRY(spn_kind_report(context, source->kind, results, source->path, &said));
    spn_json_begin_object(json, NULL);
    spn_json_text(json, "file", source->path);
    spn_json_text(json, "kind", results->kind);
    spn_json_text(json, "fault", spn_kind_fault(source->kind, results));
    spn_json_text(json, "norm", spn_text_norm(results));
    spn_json_text(json, "summary", summary.buffer.text);
    spn_json_text(json, "troubles", troubles.buffer.text);
    write_attributes(json, results);
    write_curves(json, source->results, source->kind->curves);
    spn_json_begin_list(json, "tables");
    for (int64_t t = 0; t < results->table_count; t++) {
        write_table(json, &results->tables[t], bundle->tables[t]);
    }
    spn_json_end_list(json);
    spn_json_begin_list(json, "arrays");
    for (int64_t a = 0; a < results->array_count; a++) {
        write_array(json, &results->arrays[a], bundle->arrays[a], bundle->strides[a]);
    }
    spn_json_end_list(json);
    write_texts(json, results);
    spn_json_end_object(json);
    status = json->status;
done:
    spn_text_end(&summary);
    spn_text_end(&troubles);
    return status;
}
