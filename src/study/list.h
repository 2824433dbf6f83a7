/* SPDX-License-Identifier: MIT */
/** @file list.h  Records of one kind in memory; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_LIST_H
#define SPINODAL_SRC_STUDY_LIST_H

#include <spinodal/base.h>

/** Items of one size (which may be 0) that grow by doubling. */
typedef struct spni_list {
    char *items;
    int64_t count, capacity, size;
} spni_list;

/** Copy one item of list->size bytes to the end. */
spn_status spni_list_append(spn_context *context, spni_list *list, const void *item);

/** Copy `count` items that lie one behind the other to the end. */
spn_status spni_list_extend(spn_context *context, spni_list *list, const void *items,
                            int64_t count);

/** Item order[i] to place i, for i < count; items that are not named are dropped. */
spn_status spni_list_pick(spn_context *context, spni_list *list, const int64_t *order,
                          int64_t count);

/** Free the items; the size stays. */
void spni_list_free(spn_context *context, spni_list *list);

#endif
