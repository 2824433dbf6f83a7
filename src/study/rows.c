/* SPDX-License-Identifier: MIT */
#include "study/results.h"

#include <stdlib.h>
#include <string.h>

void spni_rows_free(spn_context *context, spni_rows *rows)
{
    spn_release(context, rows->chains);
    spn_release(context, rows->records);
    spn_release(context, rows->modes);
    spn_release(context, rows->theta);
    *rows = (spni_rows){0};
}

/* Room for `capacity` rows; what is there is kept. */
static spn_status reserve(spn_context *context, spni_rows *rows, int64_t capacity)
{
    spn_status status = SPN_OK;
    spni_rows grown = *rows;
    grown.capacity = capacity;
    grown.chains = NULL;
    grown.records = NULL;
    grown.modes = grown.theta = NULL;
    int64_t mode_items = 0, theta_items = 0;
    if (!spn_size_multiply(capacity, rows->mode_count, &mode_items) ||
        !spn_size_multiply(capacity, rows->parameters, &theta_items)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "too many points to keep in memory");
    }
    SPN_NEW(context, grown.chains, capacity);
    SPN_NEW(context, grown.records, capacity);
    SPN_NEW(context, grown.modes, mode_items);
    SPN_NEW(context, grown.theta, theta_items);
    if (rows->count > 0) {
        size_t count = (size_t)rows->count;
        memcpy(grown.chains, rows->chains, count * sizeof *grown.chains);
        memcpy(grown.records, rows->records, count * sizeof *grown.records);
        memcpy(grown.modes, rows->modes, count * (size_t)rows->mode_count * sizeof(double));
        memcpy(grown.theta, rows->theta, count * (size_t)rows->parameters * sizeof(double));
    }
    spni_rows_free(context, rows);
    *rows = grown;
    return SPN_OK;
done:
    spni_rows_free(context, &grown);
    return status;
}

static void copy_row(spni_rows *rows, int64_t row, const spn_sweep_point *point)
{
    rows->chains[row] = point->chain;
    rows->records[row] = *point->record;
    if (rows->mode_count > 0) {
        memcpy(rows->modes + row * rows->mode_count, point->modes,
               (size_t)rows->mode_count * sizeof(double));
    }
    memcpy(rows->theta + row * rows->parameters, point->theta,
           (size_t)rows->parameters * sizeof(double));
}

spn_status spni_rows_append(spn_context *context, spni_rows *rows, const spn_sweep_point *point)
{
    spn_status status = SPN_OK;
    if (rows->count == 0 && rows->capacity == 0) {
        rows->mode_count = point->mode_count;
        rows->parameters = point->parameters;
    }
    if (point->mode_count != rows->mode_count || point->parameters != rows->parameters) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "points of different networks in one sweep");
    }
    if (rows->count == rows->capacity) {
        SPN_TRY(reserve(context, rows, 2 * rows->capacity + 256));
    }
    copy_row(rows, rows->count, point);
    rows->count++;
done:
    return status;
}

typedef struct sort_key {
    int64_t chain, point, row;
} sort_key;

static int compare_keys(const void *a, const void *b)
{
    const sort_key *left = a, *right = b;
    if (left->chain != right->chain) {
        return left->chain < right->chain ? -1 : 1;
    }
    return left->point < right->point ? -1 : left->point > right->point;
}

spn_status spni_rows_sort(spn_context *context, spni_rows *rows)
{
    spn_status status = SPN_OK;
    sort_key *keys = NULL;
    spni_rows sorted = {.mode_count = rows->mode_count, .parameters = rows->parameters};
    SPN_NEW(context, keys, rows->count);
    for (int64_t i = 0; i < rows->count; i++) {
        keys[i] = (sort_key){rows->chains[i], rows->records[i].point, i};
    }
    qsort(keys, (size_t)rows->count, sizeof *keys, compare_keys);
    SPN_TRY(reserve(context, &sorted, rows->count));
    for (int64_t i = 0; i < rows->count; i++) {
        int64_t row = keys[i].row;
        const spn_sweep_point point = {.chain = rows->chains[row],
                                       .record = &rows->records[row],
                                       .modes = rows->modes + row * rows->mode_count,
                                       .theta = rows->theta + row * rows->parameters};
        copy_row(&sorted, i, &point);
    }
    sorted.count = rows->count;
    spni_rows_free(context, rows);
    *rows = sorted;
    sorted = (spni_rows){0};
done:
    spni_rows_free(context, &sorted);
    spn_release(context, keys);
    return status;
}
