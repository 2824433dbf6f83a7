/* SPDX-License-Identifier: MIT */
/* A text of which some is in memory at a time: all of it, where somebody has it, or a window that goes over a file. */
#include "formats/csv.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/** Bytes of a file that are here at a time, unless a row is longer. */
#define WINDOW ((int64_t)1 << 20)

spni_csv_text spni_csv_text_of(const char *source, const char *bytes, int64_t size)
{
    return (spni_csv_text){
        .source = source, .size = size, .window = (char *)(uintptr_t)bytes, .here = size};
}

void spni_csv_text_close(spn_context *context, spni_csv_text *text)
{
    if (text->is_file) {
        close(text->file);
        spn_release(context, text->window);
    }
    *text = (spni_csv_text){0};
}

spn_status spni_csv_text_open(spn_context *context, const char *path, spni_csv_text *text)
{
    spn_status status = SPN_OK;
    *text = (spni_csv_text){.source = path};
    SPN_TRY(spni_file_open(context, path, &text->file, &text->facts));
    text->size = text->facts.size;
    text->is_file = true;
    text->capacity = WINDOW;
    SPN_NEW(context, text->window, text->capacity);
done:
    return status;
}

spn_status spni_csv_text_check(spn_context *context, const spni_csv_text *text)
{
    return text->is_file ? spni_file_check(context, text->source, text->file, &text->facts)
                         : SPN_OK;
}

static spn_status fill(spn_context *context, spni_csv_text *text, int64_t from)
{
    text->from = from;
    text->here = 0;
    while (text->here < text->capacity && from + text->here < text->size) {
        const ssize_t count =
            pread(text->file, text->window + text->here, (size_t)(text->capacity - text->here),
                  (off_t)(from + text->here));
        if (count < 0 && errno != EINTR) {
            return spn_fail(context, SPN_ERROR_IO, "cannot read %s: %s", text->source,
                            strerror(errno));
        }
        if (count == 0) {
            return spni_file_fail_shorter(context, text->source);
        }
        text->here += count > 0 ? count : 0;
    }
    const spn_status status = spni_csv_text_check(context, text);
    return status == SPN_OK ? spn_poll(context) : status;
}

spn_status spni_csv_text_show(spn_context *context, spni_csv_text *text, int64_t from,
                              int64_t wanted, spni_csv_cursor *cursor)
{
    spn_status status = SPN_OK;
    const int64_t left = text->size - from, needed = wanted < left ? wanted : left;
    if (text->is_file && needed > text->capacity) {
        spn_release(context, text->window);
        text->window = NULL;
        text->here = 0;
        text->capacity = needed;
        SPN_NEW(context, text->window, text->capacity);
    }
    if (text->is_file && (from < text->from || from + needed > text->from + text->here)) {
        SPN_TRY(fill(context, text, from));
    }
    cursor->at = text->window + (from - text->from);
    cursor->end = text->window + text->here;
done:
    return status;
}

int64_t spni_csv_text_place(const spni_csv_text *text, const char *at)
{
    return text->from + (at - text->window);
}

bool spni_csv_text_is_cut(const spni_csv_text *text, const spni_csv_cursor *cursor)
{
    return (cursor == NULL || cursor->at == cursor->end) && text->from + text->here < text->size;
}
