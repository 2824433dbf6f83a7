/* SPDX-License-Identifier: MIT */
#include <spinodal/base/list.h>

#include <string.h>

static spn_status reserve(spn_context *context, spn_list *list, int64_t capacity)
{
    spn_status status = SPN_OK;
    char *grown = NULL;
    int64_t bytes = 0;
    if (!spn_size_multiply(capacity, list->size, &bytes)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "too many items to keep in memory");
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

spn_status spn_list_append(spn_context *context, spn_list *list, const void *item)
{
    return spn_list_extend(context, list, item, 1);
}

spn_status spn_list_extend(spn_context *context, spn_list *list, const void *items, int64_t count)
{
    spn_status status = SPN_OK;
    if (count > list->capacity - list->count) {
        SPN_TRY(reserve(context, list, 2 * list->capacity + (count > 256 ? count : 256)));
    }
    if (list->size > 0 && count > 0) {
        memcpy(list->items + list->count * list->size, items, (size_t)(count * list->size));
    }
    list->count += count;
done:
    return status;
}

spn_status spn_list_pick(spn_context *context, spn_list *list, const int64_t *order, int64_t count)
{
    spn_status status = SPN_OK;
    spn_list picked = {.size = list->size};
    if (count > 0) {
        SPN_TRY(reserve(context, &picked, count));
    }
    for (int64_t i = 0; i < count && list->size > 0; i++) {
        memcpy(picked.items + i * list->size, list->items + order[i] * list->size,
               (size_t)list->size);
    }
    picked.count = count;
    spn_release(context, list->items);
    *list = picked;
done:
    return status;
}

void spn_list_free(spn_context *context, spn_list *list)
{
    spn_release(context, list->items);
    *list = (spn_list){.size = list->size};
}
