/* SPDX-License-Identifier: MIT */
/** @file context.h  What every call needs from its surroundings: memory, error message, events, cancel.
 *
 *  The library has no mutable globals. One context belongs to one thread. It carries the allocator,
 *  the last error in a fixed buffer (so that running out of memory can be reported), the event
 *  callback and a pointer to the caller's cancel flag. */
#ifndef SPINODAL_BASE_CONTEXT_H
#define SPINODAL_BASE_CONTEXT_H

#include <spinodal/base/status.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A flag that one thread, or a signal handler, raises and others look at. C and C++ name the same
 *  atomic integer differently. */
#ifdef __cplusplus
#include <atomic>
typedef std::atomic<int> spn_flag;
#else
#include <stdatomic.h>
typedef atomic_int spn_flag;
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct spn_context spn_context;

/** Where memory comes from. `allocate` returns `bytes` bytes aligned to `alignment` (a power of two,
 *  `bytes` a multiple of it), or NULL. Contents are undefined. Must be callable from several threads
 *  when a pool is used. */
typedef struct spn_allocator {
    void *(*allocate)(void *state, size_t bytes, size_t alignment);
    void (*release)(void *state, void *memory);
    void *state;
} spn_allocator;

typedef enum spn_event_kind {
    SPN_EVENT_MESSAGE,  /**< something a user may want to read */
    SPN_EVENT_WARNING,  /**< something a user should read */
    SPN_EVENT_PROGRESS, /**< done out of total units of work */
    SPN_EVENT_ITEM, /**< a run has finished a piece of its results and kept it; text: the table it is of */
} spn_event_kind;

struct spn_stream; /* base/record.h */
struct spn_item;

typedef struct spn_event {
    spn_event_kind kind;
    const char *text;                /**< never NULL; valid during the callback only */
    double done;                     /**< progress: units finished; otherwise 0 */
    double total;                    /**< progress: units in all; otherwise 0 */
    bool is_least;                   /**< progress: there may be more than `total` */
    const struct spn_stream *stream; /**< item: what it is one of; otherwise NULL */
    const struct spn_item *item;     /**< item: valid during the callback only; otherwise NULL */
} spn_event;

/** Called on the coordinating thread only. Must not call back into the object that emits. */
typedef void spn_event_callback(void *state, const spn_event *event);

/** Which compiled form of the arithmetic kernels is used, from the least to the most demanding. */
typedef enum spn_kernels {
    SPN_KERNELS_AUTO, /**< the best that this CPU runs */
    SPN_KERNELS_PLAIN, /**< plain C and the C library's functions: the others are tested against it */
    SPN_KERNELS_SHORT,  /**< vectors of 2 (every x86-64 and arm64) */
    SPN_KERNELS_AVX2,   /**< vectors of 4 and fused multiply-add: AVX2 and FMA */
    SPN_KERNELS_AVX512, /**< vectors of 8: AVX-512 F, DQ and VL */
} spn_kernels;

typedef struct spn_context_settings {
    const spn_allocator *allocator; /**< copied; NULL: the C library's */
    spn_event_callback *on_event;   /**< NULL: events are dropped */
    void *event_state;
    const spn_flag *cancel; /**< caller's flag, nonzero asks to stop; NULL: never */
    spn_kernels kernels;    /**< more than the CPU has falls back to what it has */
} spn_context_settings;

/** Create a context. `settings` may be NULL (all defaults). On failure *out is NULL and the status
 *  is SPN_ERROR_MEMORY. Free with spn_context_free(). */
spn_status spn_context_create(const spn_context_settings *settings, spn_context **out);

/** Create a context for another thread: same allocator, cancel flag and kernels, own error, no
 *  events, no team. */
spn_status spn_context_fork(spn_context *parent, spn_context **out);

/** The caller's cancel flag, that of all contexts forked from one: what tells in a callback, which may run in any thread, to
 *  which of the caller's calls it belongs. NULL where none was given. */
const spn_flag *spn_context_cancel(const spn_context *context);

/** Free; NULL is allowed. */
void spn_context_free(spn_context *context);

/** The kernels in use (never SPN_KERNELS_AUTO), chosen when the context was created; and their name,
 *  "plain", "short", "avx2" or "avx512". */
spn_kernels spn_context_kernels(const spn_context *context);
const char *spn_kernels_name(spn_kernels kernels);

/** Record an error in place of the one before and return `code`. Never allocates; the message is cut
 *  at SPN_ERROR_TEXT_SIZE - 1 bytes. State what, where and what to do. */
spn_status spn_fail(spn_context *context, spn_status code, const char *format, ...)
    SPN_PRINTF_LIKE(3, 4);

/** The same for a setting that is out of place, "section.key": the text becomes "section.key: ...", and the error carries
 *  the key, so that who knows where it was written can say so. */
spn_status spn_fail_key(spn_context *context, spn_status code, const char *key, const char *format,
                        ...) SPN_PRINTF_LIKE(4, 5);

#define SPN_ERROR_TEXT_SIZE 1024
#define SPN_ERROR_KEY_SIZE 64

/** The last failure: its text ("" if none) and code (SPN_OK if none). A call that succeeds leaves them as
 *  they are: ask after a failure. The text is valid until the next failure or spn_error_clear(). */
const char *spn_error_text(const spn_context *context);
spn_status spn_error_status(const spn_context *context);
/** The setting to which the last failure is due, "section.key"; "" where none is known. */
const char *spn_error_key(const spn_context *context);
/** Say it of a failure whose text is as it should be. */
void spn_error_set_key(spn_context *context, const char *key);
void spn_error_clear(spn_context *context);

/** Put "prefix: " before the text of the current error (for callers that know more of the where). */
void spn_error_prefix(spn_context *context, const char *format, ...) SPN_PRINTF_LIKE(2, 3);

/** Copy the error of `from` into `to`, in place of what was there (used when a worker's failure is
 *  reported by its coordinator). */
void spn_error_copy(spn_context *to, const spn_context *from);

/** An error on its own. What cleans up after a failure may fail, too, which must not hide the cause: get
 *  the error before and set it again after. */
typedef struct spn_error {
    spn_status status;
    char key[SPN_ERROR_KEY_SIZE]; /**< spn_error_key() */
    char text[SPN_ERROR_TEXT_SIZE];
} spn_error;
void spn_error_get(const spn_context *context, spn_error *out);
void spn_error_set(spn_context *context, const spn_error *error);

/** SPN_ERROR_INTERRUPTED (with its message) when the caller's flag is raised, otherwise SPN_OK.
 *  Cheap: one relaxed atomic load. To other ranks of a farm it is a sign of life, spn_farm_beat(). */
spn_status spn_poll(spn_context *context);

/** A sign of life of long work, and how many there have been: what runs jobs in other threads tells of them where jobs send
 *  no results for a second (base/pool.h). Cheap; from any thread. */
void spn_tick(spn_context *context);
int64_t spn_ticks(const spn_context *context);

/** Who hears the events of a context; without a callback nobody. */
typedef struct spn_listener {
    spn_event_callback *on_event;
    void *state;
} spn_listener;

/** Another hears them from now on. Returns who has heard them. */
spn_listener spn_context_listen(spn_context *context, spn_listener listener);

/** Emit events (dropped where there is no callback). */
void spn_message(spn_context *context, const char *format, ...) SPN_PRINTF_LIKE(2, 3);
void spn_warning(spn_context *context, const char *format, ...) SPN_PRINTF_LIKE(2, 3);
void spn_progress(spn_context *context, double done, double total, const char *text);
/** Progress while more than `total` may come. */
void spn_progress_least(spn_context *context, double done, double total, const char *text);
/** The table is that of the stream. */
void spn_tell_item(spn_context *context, const struct spn_stream *stream,
                   const struct spn_item *item);

#ifdef __cplusplus
}
#endif

#endif
