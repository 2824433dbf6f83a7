/* SPDX-License-Identifier: MIT */
/** @file memory.h  Checked sizes, checked allocation, and the arena.
 *
 *  Sizes are signed 64-bit. Everything allocated is 64-byte aligned and zeroed. */
#ifndef SPINODAL_BASE_MEMORY_H
#define SPINODAL_BASE_MEMORY_H

#include <spinodal/base/context.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SPN_ALIGNMENT 64

/** `count` zeroed items of `item_size` bytes; count 0 gives a valid unique pointer. NULL on failure
 *  with the error recorded (SPN_ERROR_MEMORY; SPN_ERROR_ARGUMENT for a negative or overflowing size).
 *  Prefer the macro SPN_NEW. Free with spn_release(). */
void *spn_allocate(spn_context *context, int64_t count, size_t item_size);

/** Free; NULL is allowed. The context must use the allocator the memory came from. */
void spn_release(spn_context *context, void *memory);

/** A copy of a string; NULL on failure with the error recorded. Free with spn_release(). */
char *spn_duplicate(spn_context *context, const char *text);

/** Overflow-checked size arithmetic: false (and *out untouched) on overflow or a negative operand. */
bool spn_size_multiply(int64_t a, int64_t b, int64_t *out);
bool spn_size_add(int64_t a, int64_t b, int64_t *out);

/** An arena: many blocks, freed together. Growing keeps earlier pointers valid. After a rewind the
 *  memory is kept, so that a repeated piece of work allocates nothing the second time. */
typedef struct spn_arena spn_arena;
typedef struct spn_arena_mark {
    void *block;
    int64_t used;
} spn_arena_mark;

spn_status spn_arena_create(spn_context *context, spn_arena **out);
void spn_arena_free(spn_arena *arena);
/** Like spn_allocate(), from the arena. NULL on failure with the error recorded in the context. */
void *spn_arena_take(spn_arena *arena, int64_t count, size_t item_size);
char *spn_arena_duplicate(spn_arena *arena, const char *text);
spn_arena_mark spn_arena_get_mark(const spn_arena *arena);
/** Give back everything taken since the mark (memory stays with the arena). */
void spn_arena_rewind(spn_arena *arena, spn_arena_mark mark);

/** After a take that failed: the status, with the error in `context` too when that is not the arena's own. */
spn_status spn_arena_status(spn_context *context, const spn_arena *arena);

/** Take from the arena inside a function with `status` and `done:`. */
#define SPN_TAKE(context, arena, pointer, count)                                                   \
    do {                                                                                           \
        (pointer) = spn_arena_take((arena), (count), sizeof *(pointer));                           \
        if ((pointer) == NULL) {                                                                   \
            status = spn_arena_status((context), (arena));                                         \
            goto done;                                                                             \
        }                                                                                          \
    } while (0)

#ifdef __cplusplus
}
#endif

#endif
