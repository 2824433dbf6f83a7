/* SPDX-License-Identifier: MIT */
/** @file status.h  What a call can return, and the error message that goes with it.
 *
 *  A status says whether the *call* worked. How a *method* ended (converged, stalled, diverged, ...)
 *  is a result, reported in an info struct, never a status. */
#ifndef SPINODAL_BASE_STATUS_H
#define SPINODAL_BASE_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

/** One list gives the enumeration and the texts. */
#define SPN_STATUS_LIST(X)                                                                         \
    X(SPN_OK, "success")                                                                           \
    X(SPN_ERROR_MEMORY, "out of memory")                                                           \
    X(SPN_ERROR_ARGUMENT, "invalid argument")                                                      \
    X(SPN_ERROR_INPUT, "bad input")                                                                \
    X(SPN_ERROR_NUMERIC, "numerical failure")                                                      \
    X(SPN_ERROR_IO, "input/output failure")                                                        \
    X(SPN_ERROR_INTERRUPTED, "interrupted")                                                        \
    X(SPN_ERROR_UNSUPPORTED, "operation not supported by this object")

typedef enum spn_status {
#define SPN_STATUS_ENUMERATOR(name, text) name,
    SPN_STATUS_LIST(SPN_STATUS_ENUMERATOR)
#undef SPN_STATUS_ENUMERATOR
} spn_status;

/** Short English text of a status; never NULL. */
const char *spn_status_text(spn_status status);

/** Run a call inside a function that has `spn_status status` and a `done:` label. */
#define SPN_TRY(call)                                                                              \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != SPN_OK) {                                                                    \
            goto done;                                                                             \
        }                                                                                          \
    } while (0)

/** Fail inside such a function: SPN_FAIL(context, SPN_ERROR_INPUT, "column %d ...", column). */
#define SPN_FAIL(context, code, ...)                                                               \
    do {                                                                                           \
        status = spn_fail((context), (code), __VA_ARGS__);                                         \
        goto done;                                                                                 \
    } while (0)

/** The same with spn_fail_key(). */
#define SPN_FAIL_KEY(context, code, key, ...)                                                      \
    do {                                                                                           \
        status = spn_fail_key((context), (code), (key), __VA_ARGS__);                              \
        goto done;                                                                                 \
    } while (0)

/** Allocate `count` zeroed items into `pointer`, or set status and go to `done:`. */
#define SPN_NEW(context, pointer, count)                                                           \
    do {                                                                                           \
        (pointer) = spn_allocate((context), (count), sizeof *(pointer));                           \
        if ((pointer) == NULL) {                                                                   \
            status = spn_error_status(context);                                                    \
            goto done;                                                                             \
        }                                                                                          \
    } while (0)

#if defined(__GNUC__)
#define SPN_PRINTF_LIKE(format_index, first) __attribute__((format(printf, format_index, first)))
#else
#define SPN_PRINTF_LIKE(format_index, first)
#endif

#ifdef __cplusplus
}
#endif

#endif
