/* SPDX-License-Identifier: MIT */
#include "study/branch_results.h"

#include <stdlib.h>
#include <string.h>

static spn_status reserve(spn_context *context, spni_list *list, int64_t capacity)
{
    spn_status status = SPN_OK;
    char *grown = NULL;
    int64_t bytes = 0;
    if (!spn_size_multiply(capacity, list->size, &bytes)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "too many points to keep in memory");
    }
    SPN_NEW(context, grown, bytes);
    if (list->count > 0 && list->size > 0) {
        memcpy(grown, list->items, (size_t)(list->count * list->size));
    }
    spn_release(context, list->items);
    list->items = grown;
    list->capacity = capacity;
done:
    return status;
}

spn_status spni_list_append(spn_context *context, spni_list *list, const void *item)
{
    spn_status status = SPN_OK;
    if (list->count == list->capacity) {
        SPN_TRY(reserve(context, list, 2 * list->capacity + 256));
    }
    if (list->size > 0) {
        memcpy(list->items + list->count * list->size, item, (size_t)list->size);
    }
    list->count++;
done:
    return status;
}

void spni_branch_rows_init(spni_branch_rows *rows, bool has_theta)
{
    *rows = (spni_branch_rows){.has_theta = has_theta,
                               .points = {.size = sizeof(spn_branch_record)},
                               .specials = {.size = sizeof(spn_special_record)},
                               .approach = {.size = sizeof(spn_branch_approach)}};
}

void spni_branch_rows_free(spn_context *context, spni_branch_rows *rows)
{
    spn_release(context, rows->points.items);
    spn_release(context, rows->modes.items);
    spn_release(context, rows->theta.items);
    spn_release(context, rows->specials.items);
    spn_release(context, rows->special_theta.items);
    spn_release(context, rows->approach.items);
    spni_branch_rows_init(rows, rows->has_theta);
}

static spn_status check_sizes(spn_context *context, spni_branch_rows *rows,
                              const spn_branch_item *item)
{
    const int64_t theta = item->parameters * (int64_t)sizeof(double);
    if (!rows->has_sizes) {
        rows->has_sizes = true;
        rows->modes.size = item->mode_count * (int64_t)sizeof(double);
        rows->theta.size = theta;
        rows->special_theta.size = theta;
    }
    if (theta != rows->theta.size ||
        (item->kind == SPN_ITEM_POINT &&
         item->mode_count * (int64_t)sizeof(double) != rows->modes.size)) {
        return spn_fail(context, SPN_ERROR_ARGUMENT, "points of different networks in one run");
    }
    return SPN_OK;
}

spn_status spni_branch_rows_append(spn_context *context, spni_branch_rows *rows,
                                   const spn_branch_item *item)
{
    spn_status status = SPN_OK;
    if (item->kind == SPN_ITEM_APPROACH) {
        return spni_list_append(context, &rows->approach, item->approach);
    }
    SPN_TRY(check_sizes(context, rows, item));
    if (item->kind == SPN_ITEM_POINT) {
        SPN_TRY(spni_list_append(context, &rows->points, item->point));
        SPN_TRY(spni_list_append(context, &rows->modes, item->modes));
        SPN_TRY(rows->has_theta ? spni_list_append(context, &rows->theta, item->theta) : SPN_OK);
    } else {
        SPN_TRY(spni_list_append(context, &rows->specials, item->special));
        SPN_TRY(rows->has_theta ? spni_list_append(context, &rows->special_theta, item->theta)
                                : SPN_OK);
    }
done:
    return status;
}

typedef struct sort_key {
    int64_t branch, point, row;
} sort_key;

static int compare_keys(const void *a, const void *b)
{
    const sort_key *left = a, *right = b;
    if (left->branch != right->branch) {
        return left->branch < right->branch ? -1 : 1;
    }
    return left->point < right->point ? -1 : left->point > right->point;
}

/* Items of `list` in the order of the keys. */
static spn_status permute(spn_context *context, spni_list *list, const sort_key *keys)
{
    spn_status status = SPN_OK;
    spni_list sorted = {.size = list->size};
    if (list->count == 0 || list->size == 0) {
        return SPN_OK;
    }
    SPN_TRY(reserve(context, &sorted, list->count));
    for (int64_t i = 0; i < list->count; i++) {
        memcpy(sorted.items + i * list->size, list->items + keys[i].row * list->size,
               (size_t)list->size);
    }
    sorted.count = list->count;
    spn_release(context, list->items);
    *list = sorted;
done:
    return status;
}

spn_status spni_branch_rows_sort(spn_context *context, spni_branch_rows *rows,
                                 const int64_t *phases)
{
    spn_status status = SPN_OK;
    spn_branch_record *records = (void *)rows->points.items;
    sort_key *keys = NULL;
    const int64_t count = rows->points.count;
    SPN_NEW(context, keys, count);
    for (int64_t i = 0; i < count; i++) {
        records[i].phase = phases[i];
        keys[i] = (sort_key){records[i].branch, records[i].point, i};
    }
    qsort(keys, (size_t)count, sizeof *keys, compare_keys);
    SPN_TRY(permute(context, &rows->points, keys));
    SPN_TRY(permute(context, &rows->modes, keys));
    SPN_TRY(permute(context, &rows->theta, keys));
done:
    spn_release(context, keys);
    return status;
}
