/* SPDX-License-Identifier: MIT */
#include <spinodal/base/list.h>

#include <string.h>

/* The first capacity is small: there are many short arrays, in files that are not trusted as well. */
enum { FIRST_CAPACITY = 4 };
/* Lists are few, and long. */
enum { FIRST_ITEMS = 256 };

/* A larger capacity; nothing where there is room. */
static spn_status find_capacity(spn_context *context, int64_t count, int64_t more,
                                int64_t *capacity)
{
    int64_t needed = 0, doubled = 0;
    if (!spn_size_add(count, more, &needed) || !spn_size_multiply(*capacity, 2, &doubled)) {
        return spn_fail(context, SPN_ERROR_ARGUMENT, "too many items to keep in memory");
    }
    if (needed > *capacity) {
        *capacity = doubled > needed ? doubled : needed;
        *capacity = *capacity > FIRST_CAPACITY ? *capacity : FIRST_CAPACITY;
    }
    return SPN_OK;
}

/* The array's pointer, whatever it points to. */
static void *array_at(const void *items)
{
    void *array = NULL;
    memcpy(&array, items, sizeof array);
    return array;
}

static void move_array(void *items, size_t item_size, int64_t count, void *grown)
{
    if (count > 0 && item_size > 0) {
        memcpy(grown, array_at(items), (size_t)count * item_size);
    }
    memcpy(items, &grown, sizeof grown);
}

spn_status spn_grow(spn_context *context, void *items, size_t item_size, int64_t count,
                    int64_t more, int64_t *capacity)
{
    int64_t larger = *capacity;
    spn_status status = find_capacity(context, count, more, &larger);
    if (status != SPN_OK || larger == *capacity) {
        return status;
    }
    void *old = array_at(items), *grown = spn_allocate(context, larger, item_size);
    if (grown == NULL) {
        return spn_error_status(context);
    }
    move_array(items, item_size, count, grown);
    spn_release(context, old);
    *capacity = larger;
    return SPN_OK;
}

spn_status spn_grow_in(spn_context *context, spn_arena *arena, void *items, size_t item_size,
                       int64_t count, int64_t more, int64_t *capacity)
{
    int64_t larger = *capacity;
    spn_status status = find_capacity(context, count, more, &larger);
    if (status != SPN_OK || larger == *capacity) {
        return status;
    }
    void *grown = spn_arena_take(arena, larger, item_size);
    if (grown == NULL) {
        return spn_arena_status(context, arena);
    }
    move_array(items, item_size, count, grown);
    *capacity = larger;
    return SPN_OK;
}

spn_status spn_list_append(spn_context *context, spn_list *list, const void *item)
{
    return spn_list_extend(context, list, item, 1);
}

spn_status spn_list_extend(spn_context *context, spn_list *list, const void *items, int64_t count)
{
    spn_status status = SPN_OK;
    const int64_t room = list->capacity == 0 && count < FIRST_ITEMS ? FIRST_ITEMS : count;
    SPN_TRY(
        spn_grow(context, &list->items, (size_t)list->size, list->count, room, &list->capacity));
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
    SPN_TRY(spn_grow(context, &picked.items, (size_t)list->size, 0, count, &picked.capacity));
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
