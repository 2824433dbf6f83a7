/* SPDX-License-Identifier: MIT */
#include "cli/page.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PIECE_SIZE = 1024 };
/* E and |theta| of interest are of order 1 and more: what is this small is the rounding of 0. */
#define NEGLIGIBLE 1e-12

static void put_bytes(cli_page *page, const char *bytes, size_t size)
{
    const spn_sink sink = spn_sink_buffer(&page->text);
    if (page->status == SPN_OK) {
        page->status = sink.write(page->context, sink.state, bytes, (int64_t)size);
    }
}

void cli_put_text(cli_page *page, const char *text)
{
    put_bytes(page, text, strlen(text));
}

void cli_put(cli_page *page, const char *format, ...)
{
    char piece[PIECE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    cli_put_text(page, piece);
}

void cli_put_head(cli_page *page, const char *columns)
{
    cli_put_text(page, "\n| ");
    cli_put_text(page, columns);
    cli_put_text(page, " |\n|---|");
    for (const char *at = columns; *at != '\0'; at++) {
        const bool is_bar = *at == '|' && at > columns && at[-1] != '\\';
        cli_put_text(page, is_bar ? "---|" : "");
    }
    cli_put_text(page, "\n");
}

void cli_put_word(cli_page *page, const char *word)
{
    cli_put_text(page, "| ");
    for (const char *at = word != NULL ? word : "-"; *at != '\0'; at++) {
        if (*at == '|') {
            put_bytes(page, "\\", 1);
        }
        put_bytes(page, *at == '\n' ? " " : at, 1);
    }
    cli_put_text(page, " ");
}

void cli_put_real(cli_page *page, int digits, double value)
{
    if (isfinite(value)) {
        cli_put(page, "| %.*g ", digits, value);
    } else {
        cli_put_word(page, NULL);
    }
}

void cli_put_change(cli_page *page, int digits, double before, double after)
{
    const double smallest = NEGLIGIBLE * fmax(1, fmax(fabs(before), fabs(after)));
    if (isfinite(before) && isfinite(after)) {
        cli_put(page, "| %.*g → %.*g ", digits, fabs(before) < smallest ? 0 : before, digits,
                fabs(after) < smallest ? 0 : after);
    } else {
        cli_put_word(page, NULL);
    }
}

void cli_put_integer(cli_page *page, int64_t value)
{
    cli_put(page, "| %lld ", (long long)value);
}

void cli_end_row(cli_page *page)
{
    cli_put_text(page, "|\n");
}

void cli_put_shell_word(cli_page *page, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "._=,/:+-";
    if (word[strspn(word, plain)] == '\0') {
        cli_put_text(page, word);
        return;
    }
    cli_put_text(page, "'");
    for (const char *at = word; *at != '\0'; at++) {
        if (*at == '\'') {
            cli_put_text(page, "'\\''");
        } else {
            put_bytes(page, at, 1);
        }
    }
    cli_put_text(page, "'");
}
