/* SPDX-License-Identifier: MIT */
#include "study/list.h"

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

spn_status spni_list_permute(spn_context *context, spni_list *list, const int64_t *order)
{
    spn_status status = SPN_OK;
    spni_list sorted = {.size = list->size};
    if (list->count == 0 || list->size == 0) {
        return SPN_OK;
    }
    SPN_TRY(reserve(context, &sorted, list->count));
    for (int64_t i = 0; i < list->count; i++) {
        memcpy(sorted.items + i * list->size, list->items + order[i] * list->size,
               (size_t)list->size);
    }
    sorted.count = list->count;
    spn_release(context, list->items);
    *list = sorted;
done:
    return status;
}

void spni_list_free(spn_context *context, spni_list *list)
{
    spn_release(context, list->items);
    *list = (spni_list){.size = list->size};
}
