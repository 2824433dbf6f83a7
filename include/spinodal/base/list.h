/* SPDX-License-Identifier: MIT */
/** @file list.h  A growing list of items of one size: records while they are collected. */
#ifndef SPINODAL_BASE_LIST_H
#define SPINODAL_BASE_LIST_H

#include <spinodal/base/memory.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Items of one size (which may be 0) that grow by doubling; they move when they do. Start with zeros and `size`. */
typedef struct spn_list {
    char *items;
    int64_t count, capacity, size;
} spn_list;

/** Copy one item of list->size bytes to the end. */
spn_status spn_list_append(spn_context *context, spn_list *list, const void *item);

/** Copy `count` items that lie one behind the other to the end. */
spn_status spn_list_extend(spn_context *context, spn_list *list, const void *items, int64_t count);

/** Item order[i] to place i, for i < count; items that are not named are dropped. */
spn_status spn_list_pick(spn_context *context, spn_list *list, const int64_t *order, int64_t count);

/** Free the items; the size stays. */
void spn_list_free(spn_context *context, spn_list *list);

#ifdef __cplusplus
}
#endif

#endif
