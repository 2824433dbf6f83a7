/* SPDX-License-Identifier: MIT */
#include "text/norm.h"

#include <spinodal/network.h>
#include <spinodal/text.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void append(spn_text *text, const char *bytes, size_t size)
{
    const spn_sink sink = spn_sink_buffer(&text->buffer);
    if (text->status == SPN_OK) {
        text->status = sink.write(text->context, sink.state, bytes, (int64_t)size);
    }
}

const char *spn_text_norm(const spn_results *results)
{
    const int64_t kind = spn_results_regulariser(results);
    return kind != SPN_REGULARISE_ALL ? spn_regularise_symbol(kind) : NULL;
}

/* Everything but single characters goes through here. */
static void append_named(spn_text *text, const char *piece, size_t size)
{
    const char *end = piece + size, *next = NULL;
    while (text->norm != NULL && (next = strstr(piece, SPNI_RIDGE_NORM)) != NULL) {
        append(text, piece, (size_t)(next - piece));
        append(text, text->norm, strlen(text->norm));
        piece = next + strlen(SPNI_RIDGE_NORM);
    }
    append(text, piece, (size_t)(end - piece));
}

void spn_text_add(spn_text *text, const char *piece)
{
    append_named(text, piece != NULL ? piece : "", piece != NULL ? strlen(piece) : 0);
}

void spn_text_character(spn_text *text, char character)
{
    append(text, &character, 1);
}

/* What does not fit into a piece on the stack is formatted once more, into memory of its size. */
void spn_text_put(spn_text *text, const char *format, ...)
{
    char piece[512];
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = vsnprintf(piece, sizeof piece, format, arguments);
    if (length < (int)sizeof piece) {
        append_named(text, piece, length > 0 ? (size_t)length : 0);
    } else if (text->status == SPN_OK) {
        char *all = spn_allocate(text->context, (int64_t)length + 1, 1);
        if (all == NULL) {
            text->status = spn_error_status(text->context);
        } else {
            vsnprintf(all, (size_t)length + 1, format, again);
            append_named(text, all, (size_t)length);
            spn_release(text->context, all);
        }
    }
    va_end(again);
    va_end(arguments);
}

void spn_text_cell(spn_text *text, const char *word)
{
    for (const char *at = word != NULL ? word : "-"; *at != '\0'; at++) {
        if (*at == '|') {
            spn_text_character(text, '\\');
        }
        spn_text_character(text, *at == '\n' ? ' ' : *at);
    }
}

void spn_text_shell_word(spn_text *text, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "._=,/:+-";
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        spn_text_add(text, word);
        return;
    }
    spn_text_add(text, "'");
    for (const char *at = word; *at != '\0'; at++) {
        if (*at == '\'') {
            spn_text_add(text, "'\\''");
        } else {
            spn_text_character(text, *at);
        }
    }
    spn_text_add(text, "'");
}

void spn_text_tell(const spn_text *text, bool is_warning)
{
    for (const char *at = text->buffer.text, *end = NULL; at != NULL && *at != '\0'; at = end) {
        end = at + strcspn(at, "\n");
        (is_warning ? spn_warning : spn_message)(text->context, "%.*s", (int)(end - at), at);
        end += *end == '\n';
    }
}

spn_status spn_text_end(spn_text *text)
{
    spn_release(text->context, text->buffer.text);
    text->buffer = (spn_text_buffer){0};
    return text->status;
}

const char *spn_plural(int64_t count)
{
    return count == 1 ? "" : "s";
}
