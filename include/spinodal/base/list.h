/* SPDX-License-Identifier: MIT */
/** @file list.h  Arrays that grow, and lists of items of one size: records while they are collected. */
#ifndef SPINODAL_BASE_LIST_H
#define SPINODAL_BASE_LIST_H

#include <spinodal/base/memory.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Room for `more` items of `item_size` bytes (0 is allowed) behind the first `count` of an array. `items` is the address of the
 *  pointer to it, which is NULL where the capacity is 0. Where there is no room the array moves, to at least twice
 *  the capacity, with zeros behind its items; after a failure both are as they were: SPN_ERROR_MEMORY, or
 *  SPN_ERROR_ARGUMENT for a size that overflows. Arrays of one count grow with a copy of the capacity each. */
spn_status spn_grow(spn_context *context, void *items, size_t item_size, int64_t count,
                    int64_t more, int64_t *capacity);

/** The same of an array in an arena, where what it was before stays. */
spn_status spn_grow_in(spn_context *context, spn_arena *arena, void *items, size_t item_size,
                       int64_t count, int64_t more, int64_t *capacity);

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
