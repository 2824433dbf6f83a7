/* SPDX-License-Identifier: MIT */
/* What the program says on stderr beside tables: one line each, of which names from outside are a part. */
#include "cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Bytes of the UTF-8 character at `text` that stands for something visible; 0: a control character, or no
 * character at all. */
static int visible_bytes(const unsigned char *text)
{
    const int length = text[0] < 0x80   ? 1
                       : text[0] < 0xc2 ? 0
                       : text[0] < 0xe0 ? 2
                       : text[0] < 0xf0 ? 3
                       : text[0] < 0xf5 ? 4
                                        : 0;
    for (int i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    const bool is_control =
        text[0] < 0x20 || text[0] == 0x7f || (text[0] == 0xc2 && text[1] < 0xa0);
    return is_control ? 0 : length;
}

static void put_escaped(FILE *out, const char *text, bool has_lines)
{
    for (const unsigned char *at = (const unsigned char *)text; at != NULL && *at != '\0';) {
        const int length = has_lines && *at == '\n' ? 1 : visible_bytes(at);
        if (length > 0) {
            fwrite(at, 1, (size_t)length, out);
        } else {
            fprintf(out, "\\x%02x", *at);
        }
        at += length > 0 ? length : 1;
    }
}

spn_status cli_print(FILE *out, spn_text *text)
{
    if (text->status == SPN_OK) {
        put_escaped(out, text->buffer.text, true);
    }
    return spn_text_end(text);
}

void cli_put_line(const char *prefix, const char *text)
{
    fputs(prefix, stderr);
    put_escaped(stderr, text, false);
    fputc('\n', stderr);
}

/* As a string of JSON; what is no character of UTF-8 as an escape that can be read. */
static void put_json_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (const unsigned char *at = (const unsigned char *)text; at != NULL && *at != '\0';) {
        const int length = visible_bytes(at);
        if (*at == '"' || *at == '\\') {
            fputc('\\', out);
        }
        if (length > 0) {
            fwrite(at, 1, (size_t)length, out);
        } else {
            fprintf(out, *at < 0x80 ? "\\u%04x" : "\\\\x%02x", *at);
        }
        at += length > 0 ? length : 1;
    }
    fputc('"', out);
}

void cli_say(cli_session *session, const char *what, const char *text)
{
    static const struct {
        const char *what, *prefix;
    } prefixes[] = {{"warning", "warning: "}, {"error", "spinodal: "}};
    const char *prefix = "";
    cli_clear_bar(session);
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        prefix = strcmp(prefixes[i].what, what) == 0 ? prefixes[i].prefix : prefix;
    }
    if (session->progress.form == PROGRESS_JSON) {
        fprintf(stderr, "{\"%s\": ", what);
        put_json_text(stderr, text);
        fputs("}\n", stderr);
    } else {
        cli_put_line(prefix, text);
    }
}

void cli_show_event(void *state, const spn_event *event)
{
    cli_session *session = state;
    if (session->is_quiet) {
        return;
    }
    if (event->kind == SPN_EVENT_PROGRESS) {
        cli_show_progress(session, event);
        return;
    }
    if (event->kind == SPN_EVENT_ITEM) {
        cli_show_item(session, event);
        return;
    }
    cli_say(session, event->kind == SPN_EVENT_WARNING ? "warning" : "message", event->text);
}

/* ---- The standard output ------------------------------------------------------------------------- */

bool cli_is_disk_full(const spn_context *context)
{
    const int causes[] = {ENOSPC, EDQUOT, EFBIG};
    const char *text = spn_error_text(context);
    bool is_full = false;
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        is_full = is_full || strstr(text, strerror(causes[i])) != NULL;
    }
    return is_full;
}

bool cli_is_reader_gone(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO};
    return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

int cli_finish_output(void)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (cli_is_reader_gone()) {
            return EXIT_DONE;
        }
        fprintf(stderr, "spinodal: cannot write the standard output: %s\n", strerror(errno));
        return EXIT_IO;
    }
    return EXIT_DONE;
}
