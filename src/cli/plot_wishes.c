/* SPDX-License-Identifier: MIT */
/* How a figure shall look: what the flags of `plot` say, as settings of room plot. */
#include "cli/plot_wishes.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const scales[] = {"linear", "log", "symlog", NULL};

static int64_t find_word(const char *word, const char *const *words)
{
    for (int64_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0) {
            return i;
        }
    }
    return -1;
}

/* *out stays where the flag was not given. */
static spn_status read_word(cli_session *session, const char *flag, const char *word,
                            const char *const *words, int64_t *out)
{
    if (word == NULL) {
        return SPN_OK;
    }
    const int64_t found = find_word(word, words);
    if (found < 0) {
        char list[128] = "";
        for (int64_t i = 0; words[i] != NULL; i++) {
            const size_t used = strlen(list);
            snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", words[i]);
        }
        return cli_misuse(session, "--%s: expected one of %s, got '%s'", flag, list, word);
    }
    *out = found;
    return SPN_OK;
}

/* "error,susceptibility:log" */
static spn_status read_columns(cli_session *session, spn_arena *arena, const char *text,
                               cli_plot_wishes *out)
{
    spn_status status = SPN_OK;
    char *at = NULL;
    if (text == NULL) {
        return SPN_OK;
    }
    at = spn_arena_duplicate(arena, text);
    if (at == NULL) {
        return spn_arena_status(session->context, arena);
    }
    while (at != NULL && out->settings.column_count < CLI_PLOT_COLUMNS) {
        char *next = strchr(at, ',');
        spn_plot_column *column = &out->columns[out->settings.column_count++];
        if (next != NULL) {
            *next++ = '\0';
        }
        char *scale = strchr(at, ':');
        column->scale = SPN_PLOT_OWN;
        if (scale != NULL) {
            *scale++ = '\0';
            SPN_TRY(read_word(session, "columns", scale, scales, &column->scale));
        }
        column->name = at;
        at = next;
    }
    if (at != NULL) {
        status = cli_misuse(session, "--columns: at most %d", (int)CLI_PLOT_COLUMNS);
    }
    out->settings.columns = out->columns;
done:
    return status;
}

/* "0.1:0.5" */
static spn_status read_range(cli_session *session, const char *text, cli_plot_wishes *out)
{
    char low[64];
    const char *colon = text != NULL ? strchr(text, ':') : NULL;
    if (text == NULL) {
        return SPN_OK;
    }
    const size_t length = colon != NULL ? (size_t)(colon - text) : 0;
    snprintf(low, sizeof low, "%.*s", (int)length, text);
    if (colon == NULL || length >= sizeof low || !spn_parse_real(low, &out->range[0]) ||
        !spn_parse_real(colon + 1, &out->range[1]) || !(out->range[0] < out->range[1])) {
        return cli_misuse(session,
                          "--x-range: expected LOW:HIGH, two numbers with LOW below HIGH, got '%s'",
                          text);
    }
    out->settings.x_range = out->range;
    return SPN_OK;
}

static bool is_name_character(unsigned char c)
{
    return c < 128 && (isalnum(c) || c == '-' || c == '_');
}

/* --name is taken as it is, or not at all: it becomes the names of files that scripts and papers quote. */
static spn_status read_name(cli_session *session, const char *text, cli_plot_wishes *out)
{
    const size_t length = strlen(text);
    bool is_good = length > 0 && length < sizeof out->name;
    for (size_t i = 0; i < length && is_good; i++) {
        is_good = is_name_character((unsigned char)text[i]);
    }
    if (!is_good) {
        return cli_misuse(session,
                          "--name: expected 1 to %d letters, digits, - and _, got '%.140s'; the "
                          "folder is that of -o, the suffixes come by themselves",
                          (int)sizeof out->name - 1, text);
    }
    snprintf(out->name, sizeof out->name, "%s", text);
    return SPN_OK;
}

void cli_name_after(const char *path, char name[CLI_PLOT_NAME])
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    const size_t length = dot != NULL && dot != base ? (size_t)(dot - base) : strlen(base);
    size_t used = 0;
    for (size_t i = 0; i < length && used + 1 < CLI_PLOT_NAME; i++) {
        name[used++] = is_name_character((unsigned char)base[i]) ? base[i] : '_';
    }
    name[used] = '\0';
}

spn_status cli_read_plot_wishes(cli_session *session, const cli_arguments *arguments,
                                spn_arena *arena, cli_plot_wishes *out)
{
    spn_status status = SPN_OK;
    int64_t scale = -1, hidden = 0;
    *out = (cli_plot_wishes){.settings = {.force = arguments->is_forced}};
    SPN_TRY(read_columns(session, arena, arguments->columns, out));
    SPN_TRY(read_word(session, "x-scale", arguments->x_scale, scales, &scale));
    SPN_TRY(read_range(session, arguments->x_range, out));
    SPN_TRY(
        read_word(session, "page", arguments->page, cli_flag_words("page"), &out->settings.page));
    SPN_TRY(read_word(session, "seeds", arguments->seeds, cli_flag_words("seeds"),
                      &out->settings.seeds));
    SPN_TRY(read_word(session, "theory", arguments->theory, cli_flag_words("theory"), &hidden));
    out->settings.hides_theory = hidden == 1;
    if (scale == SPN_AXIS_SYMMETRIC_LOG) {
        status = cli_misuse(session, "--x-scale: linear or log");
        goto done;
    }
    out->scale = (spn_axis_scale)scale;
    out->settings.x_scale = scale >= 0 ? &out->scale : NULL;
    if (arguments->name != NULL) {
        SPN_TRY(read_name(session, arguments->name, out));
    } else {
        cli_name_after(arguments->words[0], out->name);
    }
    out->settings.name = out->name;
done:
    return status;
}
