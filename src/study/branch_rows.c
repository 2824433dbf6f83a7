/* SPDX-License-Identifier: MIT */
#include "study/branch_results.h"

#include <stdlib.h>
#include <string.h>

void spni_branch_rows_init(spni_branch_rows *rows, bool has_theta)
{
    *rows = (spni_branch_rows){.has_theta = has_theta,
                               .points = {.size = sizeof(spn_branch_record)},
                               .specials = {.size = sizeof(spn_special_record)},
                               .approach = {.size = sizeof(spn_branch_approach)}};
}

void spni_branch_rows_free(spn_context *context, spni_branch_rows *rows)
{
    spni_list_free(context, &rows->points);
    spni_list_free(context, &rows->modes);
    spni_list_free(context, &rows->theta);
    spni_list_free(context, &rows->specials);
    spni_list_free(context, &rows->special_theta);
    spni_list_free(context, &rows->approach);
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

spn_status spni_branch_rows_sort(spn_context *context, spni_branch_rows *rows,
                                 const int64_t *phases)
{
    spn_status status = SPN_OK;
    spn_branch_record *records = (void *)rows->points.items;
    sort_key *keys = NULL;
    int64_t *order = NULL;
    const int64_t count = rows->points.count;
    SPN_NEW(context, keys, count);
    SPN_NEW(context, order, count);
    for (int64_t i = 0; i < count; i++) {
        records[i].phase = phases[i];
        keys[i] = (sort_key){records[i].branch, records[i].point, i};
    }
    qsort(keys, (size_t)count, sizeof *keys, compare_keys);
    for (int64_t i = 0; i < count; i++) {
        order[i] = keys[i].row;
    }
    SPN_TRY(spni_list_permute(context, &rows->points, order));
    SPN_TRY(spni_list_permute(context, &rows->modes, order));
    SPN_TRY(spni_list_permute(context, &rows->theta, order));
done:
    spn_release(context, order);
    spn_release(context, keys);
    return status;
}
