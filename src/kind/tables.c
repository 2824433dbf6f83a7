/* SPDX-License-Identifier: MIT */
/* Tables of a file as this program's records. */
#include <spinodal/kind.h>

static spn_status take(spn_context *context, spn_arena *arena, const spn_results *results,
                       const spn_wanted_table *wanted)
{
    spn_status status = SPN_OK;
    spn_table *table = wanted->table;
    const spn_table *found = spn_results_table(results, wanted->name);
    char *records = NULL;
    int64_t size = 0;
    *table = (spn_table){.name = wanted->name, .columns = wanted->columns};
    if (found == NULL && wanted->is_optional) {
        return SPN_OK;
    }
    if (found == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "has no table '%s'", table->name);
    }
    if (!spn_size_multiply(found->rows, (int64_t)table->columns->record_size, &size)) {
        SPN_FAIL(context, SPN_ERROR_MEMORY, "table %s is too large", table->name);
    }
    SPN_TAKE(context, arena, records, size);
    SPN_TRY(spn_table_convert(context, found, NULL, table->columns, records));
    table->rows = found->rows;
    table->records = records;
done:
    return status;
}

spn_status spn_take_tables(spn_context *context, spn_arena *arena, const spn_results *results,
                           int64_t count, const spn_wanted_table *wanted)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < count && status == SPN_OK; i++) {
        status = take(context, arena, results, &wanted[i]);
    }
    return status;
}

spn_status spn_take_texts(spn_context *context, const spn_results *results, const spn_table *table,
                          const char *name, const char *const **out)
{
    const spn_text_column *texts = spn_results_text_column(results, table->name, name);
    if (texts == NULL || texts->rows != table->rows) {
        return spn_fail(context, SPN_ERROR_INPUT, "the rows of table '%s' have no texts '%s'",
                        table->name, name);
    }
    *out = texts->items;
    return SPN_OK;
}

void spn_json_rows(spn_json *json, const char *key, const spn_table *table, const char *label,
                   const char *const *texts)
{
    spn_json_begin_list(json, key);
    for (int64_t i = 0; i < table->rows; i++) {
        spn_json_begin_object(json, NULL);
        if (texts != NULL) {
            spn_json_text(json, label, texts[i]);
        }
        spn_json_cells(json, table, i);
        spn_json_end_object(json);
    }
    spn_json_end_list(json);
}
