/* SPDX-License-Identifier: MIT */
#include "base/cpu.h"
#include "base/farm.h"
#include "base/team.h"

#include <spinodal/base/memory.h>
#include <spinodal/base/record.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct spn_context {
    spn_allocator allocator;
    spn_event_callback *on_event;
    void *event_state;
    const spn_flag *cancel;
    spn_kernels kernels;
    spn_team *team; /* NULL: none */
    spn_farm *farm; /* NULL: none */
    _Atomic int64_t ticks;
    spn_error error;
};

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#define HAS_ADDRESS_SANITIZER __has_feature(address_sanitizer)
#else
#define HAS_ADDRESS_SANITIZER 0
#endif

/* Zeros. */
#if HAS_ADDRESS_SANITIZER
/* With nothing before and behind that might be touched unseen. */
static void *default_allocate(void *state, size_t bytes, size_t alignment)
{
    (void)state;
    void *memory = aligned_alloc(alignment, bytes);
    return memory != NULL ? memset(memory, 0, bytes) : NULL;
}

static void default_release(void *state, void *memory)
{
    (void)state;
    free(memory);
}
#else
/* Of calloc: the pages of large blocks are new, and those that nobody uses are never there. Before what is aligned stands where it
 * begins. */
static void *default_allocate(void *state, size_t bytes, size_t alignment)
{
    (void)state;
    if (bytes > SIZE_MAX - sizeof(void *) - alignment) {
        return NULL;
    }
    char *whole = calloc(1, bytes + sizeof(void *) + alignment);
    if (whole == NULL) {
        return NULL;
    }
    const size_t begin = sizeof(void *), place = ((uintptr_t)whole + begin) % alignment;
    char *memory = whole + begin + (alignment - place) % alignment;
    memcpy(memory - sizeof(void *), &whole, sizeof whole);
    return memory;
}

static void default_release(void *state, void *memory)
{
    (void)state;
    void *whole = NULL;
    memcpy(&whole, (char *)memory - sizeof whole, sizeof whole);
    free(whole);
}
#endif

static const spn_allocator default_allocator = {default_allocate, default_release, NULL};

/* Sizes are rounded up to whole cache lines, so that aligned_alloc can serve them. */
static size_t rounded(size_t bytes)
{
    size_t lines = bytes / SPN_ALIGNMENT + (bytes % SPN_ALIGNMENT != 0);
    return (lines == 0 ? 1 : lines) * SPN_ALIGNMENT;
}

spn_status spn_context_create(const spn_context_settings *settings, spn_context **out)
{
    static const spn_context_settings defaults;
    const spn_context_settings *given = settings != NULL ? settings : &defaults;
    const spn_allocator *allocator =
        given->allocator != NULL ? given->allocator : &default_allocator;
    *out = NULL;
    spn_context *context =
        allocator->allocate(allocator->state, rounded(sizeof *context), SPN_ALIGNMENT);
    if (context == NULL) {
        return SPN_ERROR_MEMORY;
    }
    memset(context, 0, sizeof *context);
    context->allocator = *allocator;
    context->on_event = given->on_event;
    context->event_state = given->event_state;
    context->cancel = given->cancel;
    context->kernels = spni_cpu_kernels(given->kernels);
    *out = context;
    return SPN_OK;
}

spn_status spn_context_fork(spn_context *parent, spn_context **out)
{
    spn_context_settings settings = {
        .allocator = &parent->allocator, .cancel = parent->cancel, .kernels = parent->kernels};
    spn_status status = spn_context_create(&settings, out);
    if (status != SPN_OK) {
        status = spn_fail(parent, status, "out of memory: cannot create a thread's context");
    }
    return status;
}

void spn_context_free(spn_context *context)
{
    if (context != NULL) {
        spn_allocator allocator = context->allocator;
        allocator.release(allocator.state, context);
    }
}

void spn_context_set_team(spn_context *context, spn_team *team)
{
    context->team = team;
}

spn_team *spni_context_team(const spn_context *context)
{
    return context->team;
}

void spn_context_set_farm(spn_context *context, spn_farm *farm)
{
    context->farm = farm;
}

spn_farm *spni_context_any_farm(const spn_context *context)
{
    return context->farm;
}

spn_farm *spn_context_farm(const spn_context *context)
{
    return context->farm != NULL && !context->farm->is_alone ? context->farm : NULL;
}

spn_kernels spn_context_kernels(const spn_context *context)
{
    return context->kernels;
}

/* The arguments may hold the text that is replaced. */
SPN_PRINTF_LIKE(4, 0)
static void set_error(spn_context *context, spn_status code, const char *key, const char *format,
                      va_list arguments)
{
    spn_error error = {.status = code};
    int used = 0;
    if (key != NULL) {
        snprintf(error.key, sizeof error.key, "%s", key);
        used = snprintf(error.text, sizeof error.text, "%s: ", error.key);
    }
    vsnprintf(error.text + used, sizeof error.text - (size_t)used, format, arguments);
    context->error = error;
}

spn_status spn_fail(spn_context *context, spn_status code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_error(context, code, NULL, format, arguments);
    va_end(arguments);
    return code;
}

spn_status spn_fail_key(spn_context *context, spn_status code, const char *key, const char *format,
                        ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_error(context, code, key, format, arguments);
    va_end(arguments);
    return code;
}

const char *spn_error_text(const spn_context *context)
{
    return context->error.text;
}

spn_status spn_error_status(const spn_context *context)
{
    return context->error.status;
}

const char *spn_error_key(const spn_context *context)
{
    return context->error.key;
}

void spn_error_set_key(spn_context *context, const char *key)
{
    snprintf(context->error.key, sizeof context->error.key, "%s", key);
}

void spn_error_clear(spn_context *context)
{
    context->error = (spn_error){.status = SPN_OK};
}

void spn_error_prefix(spn_context *context, const char *format, ...)
{
    char *text = context->error.text;
    char old[SPN_ERROR_TEXT_SIZE];
    memcpy(old, text, sizeof old);
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, SPN_ERROR_TEXT_SIZE, format, arguments);
    va_end(arguments);
    if (length >= 0 && length < SPN_ERROR_TEXT_SIZE) {
        snprintf(text + length, (size_t)(SPN_ERROR_TEXT_SIZE - length), ": %s", old);
    }
}

void spn_error_get(const spn_context *context, spn_error *out)
{
    *out = context->error;
}

void spn_error_set(spn_context *context, const spn_error *error)
{
    context->error = *error;
}

void spn_error_copy(spn_context *to, const spn_context *from)
{
    if (to != from) {
        to->error = from->error;
    }
}

spn_listener spn_context_listen(spn_context *context, spn_listener listener)
{
    const spn_listener before = {context->on_event, context->event_state};
    context->on_event = listener.on_event;
    context->event_state = listener.state;
    return before;
}

const spn_flag *spn_context_cancel(const spn_context *context)
{
    return context->cancel;
}

spn_status spn_poll(spn_context *context)
{
    if (context->cancel != NULL && atomic_load_explicit(context->cancel, memory_order_relaxed)) {
        return spn_fail(context, SPN_ERROR_INTERRUPTED, "interrupted");
    }
    if (context->farm != NULL) {
        spn_farm_beat(context);
        if (context->farm->is_over) {
            context->farm->is_stopped = true;
            return spn_fail(context, SPN_ERROR_INTERRUPTED, "another rank has failed");
        }
    }
    return SPN_OK;
}

SPN_PRINTF_LIKE(3, 0)
static void emit_text(spn_context *context, spn_event_kind kind, const char *format,
                      va_list arguments)
{
    if (context->on_event == NULL) {
        return;
    }
    char text[SPN_ERROR_TEXT_SIZE];
    vsnprintf(text, sizeof text, format, arguments);
    spn_event event = {.kind = kind, .text = text};
    context->on_event(context->event_state, &event);
}

void spn_tick(spn_context *context)
{
    atomic_fetch_add_explicit(&context->ticks, 1, memory_order_relaxed);
}

int64_t spn_ticks(const spn_context *context)
{
    return atomic_load_explicit(&context->ticks, memory_order_relaxed);
}

void spn_message(spn_context *context, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    emit_text(context, SPN_EVENT_MESSAGE, format, arguments);
    va_end(arguments);
}

void spn_warning(spn_context *context, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    emit_text(context, SPN_EVENT_WARNING, format, arguments);
    va_end(arguments);
}

void spn_progress(spn_context *context, double done, double total, const char *text)
{
    const double all_done = total > 0 ? spni_farm_progress(context, done) : done;
    if (context->on_event != NULL) {
        const spn_event event = {.kind = SPN_EVENT_PROGRESS,
                                 .text = text != NULL ? text : "",
                                 .done = all_done,
                                 .total = total};
        context->on_event(context->event_state, &event);
    }
}

void spn_progress_least(spn_context *context, double done, double total, const char *text)
{
    const double all_done = spni_farm_progress(context, done);
    if (context->on_event != NULL) {
        const spn_event event = {.kind = SPN_EVENT_PROGRESS,
                                 .text = text != NULL ? text : "",
                                 .done = all_done,
                                 .total = total,
                                 .is_least = true};
        context->on_event(context->event_state, &event);
    }
}

void spn_tell_item(spn_context *context, const spn_stream *stream, const spn_item *item)
{
    if (context->on_event != NULL) {
        const spn_event event = {
            .kind = SPN_EVENT_ITEM, .text = stream->table, .stream = stream, .item = item};
        context->on_event(context->event_state, &event);
    }
}

void *spn_allocate(spn_context *context, int64_t count, size_t item_size)
{
    int64_t bytes = 0;
    if (item_size > INT64_MAX / 2 || !spn_size_multiply(count, (int64_t)item_size, &bytes) ||
        bytes > INT64_MAX / 2) {
        spn_fail(context, SPN_ERROR_ARGUMENT,
                 "impossible size: %lld items of %zu bytes (a dimension is too large)",
                 (long long)count, item_size);
        return NULL;
    }
    size_t size = rounded((size_t)bytes);
    void *memory = context->allocator.allocate(context->allocator.state, size, SPN_ALIGNMENT);
    if (memory == NULL) {
        spn_fail(context, SPN_ERROR_MEMORY, "out of memory: %lld bytes are not to be had",
                 (long long)size);
        return NULL;
    }
    return context->allocator.allocate == default_allocate ? memory : memset(memory, 0, size);
}

void spn_release(spn_context *context, void *memory)
{
    if (memory != NULL) {
        context->allocator.release(context->allocator.state, memory);
    }
}
