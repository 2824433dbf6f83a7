/* SPDX-License-Identifier: MIT */
#include <spinodal/base/memory.h>
#include <string.h>

bool spn_size_multiply(int64_t a, int64_t b, int64_t *out)
{
    if (a < 0 || b < 0 || (b != 0 && a > INT64_MAX / b)) {
        return false;
    }
    *out = a * b;
    return true;
}

bool spn_size_add(int64_t a, int64_t b, int64_t *out)
{
    if (a < 0 || b < 0 || a > INT64_MAX - b) {
        return false;
    }
    *out = a + b;
    return true;
}

char *spn_duplicate(spn_context *context, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = spn_allocate(context, (int64_t)size, 1);
    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

/* Blocks form a list from the oldest to the newest. `current` is the block that takes are served from;
 * blocks after it are empty and wait for reuse after a rewind. */
typedef struct arena_block {
    struct arena_block *next;
    char *bytes;
    int64_t capacity, used;
} arena_block;

struct spn_arena {
    spn_context *context;
    arena_block *first, *current;
};

enum { ARENA_BLOCK_BYTES = 64 * 1024 };

static arena_block *block_create(spn_context *context, int64_t capacity)
{
    arena_block *block = spn_allocate(context, 1, sizeof *block);
    if (block == NULL) {
        return NULL;
    }
    block->bytes = spn_allocate(context, capacity, 1);
    if (block->bytes == NULL) {
        spn_release(context, block);
        return NULL;
    }
    block->capacity = capacity;
    return block;
}

spn_status spn_arena_create(spn_context *context, spn_arena **out)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    *out = NULL;
    SPN_NEW(context, arena, 1);
    arena->context = context;
    arena->first = block_create(context, ARENA_BLOCK_BYTES);
    if (arena->first == NULL) {
        status = spn_error_status(context);
        goto done;
    }
    arena->current = arena->first;
    *out = arena;
    arena = NULL;
done:
    spn_release(context, arena);
    return status;
}

void spn_arena_free(spn_arena *arena)
{
    if (arena == NULL) {
        return;
    }
    spn_context *context = arena->context;
    for (arena_block *block = arena->first; block != NULL;) {
        arena_block *next = block->next;
        spn_release(context, block->bytes);
        spn_release(context, block);
        block = next;
    }
    spn_release(context, arena);
}

/* The next block with room for `bytes`, made when there is none. */
static arena_block *block_with_room(spn_arena *arena, int64_t bytes)
{
    arena_block *last = arena->current;
    for (arena_block *block = arena->current; block != NULL; block = block->next) {
        if (block->capacity - block->used >= bytes) {
            return block;
        }
        last = block;
    }
    arena_block *made =
        block_create(arena->context, bytes > ARENA_BLOCK_BYTES ? bytes : ARENA_BLOCK_BYTES);
    if (made != NULL) {
        last->next = made;
    }
    return made;
}

void *spn_arena_take(spn_arena *arena, int64_t count, size_t item_size)
{
    int64_t bytes = 0;
    if (!spn_size_multiply(count, (int64_t)item_size, &bytes) ||
        !spn_size_add(bytes, SPN_ALIGNMENT - 1, &bytes)) {
        spn_fail(arena->context, SPN_ERROR_ARGUMENT, "impossible size: %lld items of %zu bytes",
                 (long long)count, item_size);
        return NULL;
    }
    bytes -= bytes % SPN_ALIGNMENT;
    bytes = bytes == 0 ? SPN_ALIGNMENT : bytes;
    arena_block *block = block_with_room(arena, bytes);
    if (block == NULL) {
        return NULL;
    }
    arena->current = block;
    void *memory = block->bytes + block->used;
    block->used += bytes;
    return memset(memory, 0, (size_t)bytes);
}

spn_status spn_arena_status(spn_context *context, const spn_arena *arena)
{
    spn_error_copy(context, arena->context);
    return spn_error_status(context);
}

char *spn_arena_duplicate(spn_arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = spn_arena_take(arena, (int64_t)size, 1);
    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

spn_arena_mark spn_arena_get_mark(const spn_arena *arena)
{
    return (spn_arena_mark){arena->current, arena->current->used};
}

void spn_arena_rewind(spn_arena *arena, spn_arena_mark mark)
{
    arena_block *block = mark.block;
    block->used = mark.used;
    arena->current = block;
    for (block = block->next; block != NULL; block = block->next) {
        block->used = 0;
    }
}
