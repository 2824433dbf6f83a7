/* SPDX-License-Identifier: MIT */
/* The numbers of a results file, packed: first what the page needs, then what fits. */
#include "page/page.h"

#include <string.h>

static bool is_listed(const char *const *names, const char *name)
{
    for (; names != NULL && *names != NULL; names++) {
        if (strcmp(*names, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Is the column drawn, or does it say how? Columns of other tables all are needed. */
static bool is_column_needed(const spn_curves *curves, const spn_table *table, const char *column)
{
    if (curves == NULL || !is_same(curves->table, table->name)) {
        return true;
    }
    return is_listed(curves->keys, column) || is_listed(curves->quantities, column) ||
           is_same(curves->x, column) || is_same(curves->color, column) ||
           is_same(curves->dash, column) || is_same(curves->breaks, column) ||
           is_same("point", column) || is_same("phase", column);
}

/* Weights have as many columns as the network; all else of arrays is drawn or small. */
static bool is_array_needed(const spn_curves *curves, const spn_array *array)
{
    return curves != NULL && is_listed(curves->arrays, array->name);
}

static spn_status pack_column(spn_context *context, spn_arena *arena, const spn_table *table,
                              int64_t column, spni_packed *out)
{
    const spn_column *item = &table->columns->items[column];
    const char *first = table->rows > 0 ? (const char *)table->records + item->offset : NULL;
    return spni_pack(context, arena, table->rows, first, (int64_t)table->columns->record_size,
                     item->type == SPN_COLUMN_REAL, out);
}

static spn_status pack_array(spn_context *context, spn_arena *arena, const spn_array *array,
                             int64_t stride, int64_t columns, spni_packed *out, int64_t *size)
{
    spn_status status = SPN_OK;
    const int64_t number = sizeof(double), rows = (array->rows + stride - 1) / stride;
    for (int64_t c = 0; c < columns; c++) {
        SPN_TRY(spni_pack(context, arena, rows, array->rows > 0 ? array->values + c : NULL,
                          stride * array->columns * number, true, &out[c]));
        *size += out[c].size;
    }
done:
    return status;
}

spn_status spni_bundle_make(spn_context *context, spn_arena *arena, const spn_page_source *source,
                            spni_bundle *out, int64_t *size)
{
    spn_status status = SPN_OK;
    const spn_results *results = source->results;
    const spn_curves *curves = source->kind->curves;
    *out = (spni_bundle){.source = source};
    SPN_TAKE(context, arena, out->tables, results->table_count);
    SPN_TAKE(context, arena, out->arrays, results->array_count);
    SPN_TAKE(context, arena, out->strides, results->array_count);
    for (int64_t t = 0; t < results->table_count; t++) {
        const spn_table *table = &results->tables[t];
        SPN_TAKE(context, arena, out->tables[t], table->columns->count);
        for (int64_t c = 0; c < table->columns->count; c++) {
            if (is_column_needed(curves, table, table->columns->items[c].name)) {
                SPN_TRY(pack_column(context, arena, table, c, &out->tables[t][c]));
                *size += out->tables[t][c].size;
            }
        }
    }
    for (int64_t a = 0; a < results->array_count; a++) {
        const spn_array *array = &results->arrays[a];
        SPN_TAKE(context, arena, out->arrays[a], array->columns);
        if (is_array_needed(curves, array)) {
            out->strides[a] = 1;
            SPN_TRY(pack_array(context, arena, array, 1, array->columns, out->arrays[a], size));
        }
    }
done:
    return status;
}

static spn_status fill_table(spn_context *context, spn_arena *arena, const spn_table *table,
                             spni_packed *columns, int64_t *left)
{
    spn_status status = SPN_OK;
    for (int64_t c = 0; c<table->columns->count && * left> 0; c++) {
        const spn_arena_mark mark = spn_arena_get_mark(arena);
        if (columns[c].text == NULL) {
            SPN_TRY(pack_column(context, arena, table, c, &columns[c]));
            if (columns[c].size > *left) {
                columns[c] = (spni_packed){.text = NULL};
                spn_arena_rewind(arena, mark);
            } else {
                *left -= columns[c].size;
            }
        }
    }
done:
    return status;
}

/* Rows that may be left out are weights: every row, every second one, ... until they fit. What the first column takes
 * says with which step to begin. */
static spn_status fill_array(spn_context *context, spn_arena *arena, const spn_array *array,
                             spni_packed *columns, int64_t *stride, int64_t *left)
{
    spn_status status = SPN_OK;
    const spn_arena_mark mark = spn_arena_get_mark(arena);
    int64_t size = 0, step = 1;
    if (array->rows == 0 || array->columns == 0) {
        *stride = 1;
        return SPN_OK;
    }
    SPN_TRY(pack_array(context, arena, array, 1, 1, columns, &size));
    step += size * array->columns / (*left > 0 ? *left : 1);
    do {
        spn_arena_rewind(arena, mark);
        memset(columns, 0, (size_t)array->columns * sizeof *columns);
        size = 0;
        *stride = 0;
        if (step <= array->rows) {
            SPN_TRY(pack_array(context, arena, array, step, array->columns, columns, &size));
            *stride = step;
        }
        step *= 2;
    } while (size > 0 && size > *left);
    *left -= size;
done:
    return status;
}

spn_status spni_bundle_fill(spn_context *context, spn_arena *arena, spni_bundle *bundle,
                            int64_t *left)
{
    spn_status status = SPN_OK;
    const spn_results *results = bundle->source->results;
    for (int64_t t = 0; t < results->table_count; t++) {
        SPN_TRY(fill_table(context, arena, &results->tables[t], bundle->tables[t], left));
    }
    /* The weights of all points come last: they are the largest, and `spinodal export` has them. */
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t a = 0; a < results->array_count; a++) {
            const spn_array *array = &results->arrays[a];
            if (bundle->strides[a] == 0 && is_same(array->name, "theta") == (pass == 1)) {
                SPN_TRY(fill_array(context, arena, array, bundle->arrays[a], &bundle->strides[a],
                                   left));
            }
        }
    }
done:
    return status;
}
