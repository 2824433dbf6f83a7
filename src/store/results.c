/* SPDX-License-Identifier: MIT */
/* Results: finding parts, writing the file safely, comparing what was read back. */
#include "store/hdf5_file.h"
#include "store/journal_file.h"

#include <string.h>

const spn_attribute *spn_results_attribute(const spn_results *results, const char *name)
{
    for (int64_t i = 0; i < results->attribute_count; i++) {
        if (strcmp(results->attributes[i].name, name) == 0) {
            return &results->attributes[i];
        }
    }
    return NULL;
}

const char *spn_results_text(const spn_results *results, const char *name)
{
    const spn_attribute *attribute = spn_results_attribute(results, name);
    return attribute != NULL ? attribute->text : NULL;
}

const spn_table *spn_results_table(const spn_results *results, const char *name)
{
    for (int64_t i = 0; i < results->table_count; i++) {
        if (strcmp(results->tables[i].name, name) == 0) {
            return &results->tables[i];
        }
    }
    return NULL;
}

const spn_array *spn_results_array(const spn_results *results, const char *name)
{
    for (int64_t i = 0; i < results->array_count; i++) {
        if (strcmp(results->arrays[i].name, name) == 0) {
            return &results->arrays[i];
        }
    }
    return NULL;
}

const spn_text_column *spn_results_text_column(const spn_results *results, const char *group,
                                               const char *name)
{
    for (int64_t i = 0; i < results->text_column_count; i++) {
        const spn_text_column *texts = &results->text_columns[i];
        if (strcmp(texts->group, group) == 0 && strcmp(texts->name, name) == 0) {
            return texts;
        }
    }
    return NULL;
}

static spn_status check_name(spn_context *context, const char *path, const char *name)
{
    if (name == NULL || name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL) {
        return spn_fail(context, SPN_ERROR_ARGUMENT, "results for %s: \"%s\" is no name", path,
                        name != NULL ? name : "(null)");
    }
    return SPN_OK;
}

static spn_status check_table(spn_context *context, const char *path, const spn_table *table)
{
    spn_status status = SPN_OK;
    SPN_TRY(check_name(context, path, table->name));
    if (table->rows < 0 || (table->rows > 0 && table->records == NULL)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "results for %s: table %s has %lld rows and %s", path,
                 table->name, (long long)table->rows,
                 table->records == NULL ? "no records" : "records");
    }
    for (int64_t i = 0; i < table->columns->count; i++) {
        SPN_TRY(check_name(context, path, table->columns->items[i].name));
    }
done:
    return status;
}

static spn_status check_results(spn_context *context, const char *path, const spn_results *results)
{
    spn_status status = SPN_OK;
    SPN_TRY(check_name(context, path, results->kind));
    for (int64_t i = 0; i < results->attribute_count; i++) {
        SPN_TRY(check_name(context, path, results->attributes[i].name));
    }
    for (int64_t i = 0; i < results->table_count; i++) {
        SPN_TRY(check_table(context, path, &results->tables[i]));
    }
    for (int64_t i = 0; i < results->array_count; i++) {
        const spn_array *array = &results->arrays[i];
        int64_t size = 0;
        SPN_TRY(check_name(context, path, array->name));
        if (!spn_size_multiply(array->rows, array->columns, &size) ||
            (size > 0 && array->values == NULL)) {
            SPN_FAIL(context, SPN_ERROR_ARGUMENT, "results for %s: array %s of %lld x %lld", path,
                     array->name, (long long)array->rows, (long long)array->columns);
        }
    }
    for (int64_t i = 0; i < results->text_column_count; i++) {
        const spn_text_column *texts = &results->text_columns[i];
        SPN_TRY(check_name(context, path, texts->name));
        const spn_table *table = spn_results_table(results, texts->group);
        if (table == NULL || table->rows != texts->rows) {
            SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                     "results for %s: text column %s/%s has no table of %lld rows", path,
                     texts->group, texts->name, (long long)texts->rows);
        }
    }
done:
    return status;
}

static spn_status differs(spn_context *context, const char *path, const char *part)
{
    return spn_fail(context, SPN_ERROR_IO,
                    "cannot write %s: %s differs when it is read back; is the disk failing?", path,
                    part);
}

static bool is_same_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static spn_status compare_table(spn_context *context, const char *path, const spn_table *a,
                                const spn_table *b)
{
    if (b == NULL || b->rows != a->rows || b->columns->count != a->columns->count) {
        return differs(context, path, a->name);
    }
    for (int64_t i = 0; i < a->columns->count; i++) {
        const spn_column *x = &a->columns->items[i];
        const spn_column *y = &b->columns->items[i];
        if (strcmp(x->name, y->name) != 0 || x->type != y->type ||
            !is_same_text(x->unit, y->unit)) {
            return differs(context, path, x->name);
        }
        for (int64_t row = 0; row < a->rows; row++) {
            const char *p =
                (const char *)a->records + (size_t)row * a->columns->record_size + x->offset;
            const char *q =
                (const char *)b->records + (size_t)row * b->columns->record_size + y->offset;
            if (memcmp(p, q, 8) != 0) {
                return differs(context, path, x->name);
            }
        }
    }
    return SPN_OK;
}

static bool is_same_array(const spn_array *a, const spn_array *b)
{
    return b != NULL && a->rows == b->rows && a->columns == b->columns &&
           (a->rows * a->columns == 0 ||
            memcmp(a->values, b->values, (size_t)(a->rows * a->columns) * sizeof(double)) == 0);
}

static bool are_same_texts(const spn_text_column *a, const spn_text_column *b)
{
    if (b == NULL || a->rows != b->rows) {
        return false;
    }
    for (int64_t i = 0; i < a->rows; i++) {
        if (!is_same_text(a->items[i], b->items[i])) {
            return false;
        }
    }
    return true;
}

spn_status spni_results_compare(spn_context *context, const char *path, const spn_results *written,
                                const spn_results *found)
{
    if (strcmp(written->kind, found->kind) != 0) {
        return differs(context, path, SPNI_ATTRIBUTE_KIND);
    }
    for (int64_t i = 0; i < written->attribute_count; i++) {
        const spn_attribute *a = &written->attributes[i];
        const spn_attribute *b = spn_results_attribute(found, a->name);
        if (b == NULL || !is_same_text(a->text, b->text) ||
            (a->text == NULL && a->integer != b->integer)) {
            return differs(context, path, a->name);
        }
    }
    for (int64_t i = 0; i < written->table_count; i++) {
        const spn_table *a = &written->tables[i];
        spn_status status = compare_table(context, path, a, spn_results_table(found, a->name));
        if (status != SPN_OK) {
            return status;
        }
    }
    for (int64_t i = 0; i < written->array_count; i++) {
        const spn_array *a = &written->arrays[i];
        if (!is_same_array(a, spn_results_array(found, a->name))) {
            return differs(context, path, a->name);
        }
    }
    for (int64_t i = 0; i < written->text_column_count; i++) {
        const spn_text_column *a = &written->text_columns[i];
        if (!are_same_texts(a, spn_results_text_column(found, a->group, a->name))) {
            return differs(context, path, a->name);
        }
    }
    return SPN_OK;
}

static spn_status verify(spn_context *context, const char *path, const char *temporary,
                         const spn_results *results)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results found;
    SPN_TRY(spn_arena_create(context, &arena));
    status = spn_results_read(context, arena, temporary, &found);
    if (status != SPN_OK) {
        spn_error_prefix(context, "cannot write %s: reading it back failed", path);
        status = status == SPN_ERROR_INPUT ? SPN_ERROR_IO : status;
        goto done;
    }
    SPN_TRY(spni_results_compare(context, path, results, &found));
done:
    spn_arena_free(arena);
    return status;
}

spn_status spn_results_write(spn_context *context, const char *path, bool force,
                             const spn_results *results)
{
    spn_status status = SPN_OK;
    spn_output *output = NULL;
    void *image = NULL;
    int64_t size = 0;
    SPN_TRY(check_results(context, path, results));
    SPN_TRY(spn_output_reserve(context, path, force, &output));
    SPN_TRY(spni_results_image(context, path, results, &image, &size));
    SPN_TRY(spn_output_write(context, output, image, size));
    SPN_TRY(spn_output_flush(context, output));
    spn_release(context, image);
    image = NULL;
    SPN_TRY(verify(context, path, spn_output_temporary(output), results));
    SPN_TRY(spn_output_commit(context, &output));
done:
    spn_output_abandon(context, output);
    spn_release(context, image);
    return status;
}

spn_status spn_results_check_target(spn_context *context, const char *path, bool force)
{
    spn_output *output = NULL;
    spn_status status = spn_output_reserve(context, path, force, &output);
    spn_output_abandon(context, output);
    return status;
}
