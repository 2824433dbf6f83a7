/* SPDX-License-Identifier: MIT */
#include "base/options.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_NAME = 63 };

/* Edit distance with transpositions counted as one (optimal string alignment), names cut at
 * LONGEST_NAME. */
static int edit_distance(const char *a, const char *b)
{
    int rows[3][LONGEST_NAME + 1];
    int la = (int)strnlen(a, LONGEST_NAME), lb = (int)strnlen(b, LONGEST_NAME);
    for (int j = 0; j <= lb; j++) {
        rows[0][j] = j;
    }
    for (int i = 1; i <= la; i++) {
        int *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= lb; j++) {
            int change = above[j - 1] + (a[i - 1] != b[j - 1]);
            int best = above[j] + 1 < row[j - 1] + 1 ? above[j] + 1 : row[j - 1] + 1;
            best = change < best ? change : best;
            bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (is_swap && two_above[j - 2] + 1 < best) {
                best = two_above[j - 2] + 1;
            }
            row[j] = best;
        }
    }
    return rows[la % 3][lb];
}

const char *spn_nearest_name(const char *text, const char *const *names, int64_t count)
{
    const char *nearest = NULL;
    int nearest_distance = (int)strnlen(text, LONGEST_NAME) / 2 + 1;
    for (int64_t i = 0; i < count; i++) {
        int distance = edit_distance(text, names[i]);
        if (distance < nearest_distance) {
            nearest = names[i];
            nearest_distance = distance;
        }
    }
    return nearest;
}

spn_status spni_option_unknown(spn_context *context, const spn_option_table *table, const char *key,
                               const spn_source *source)
{
    enum { MAX_KEYS = 64 };
    const char *keys[MAX_KEYS];
    int64_t count = table->count < MAX_KEYS ? table->count : MAX_KEYS;
    char place[512] = "", list[600] = "";
    size_t used = 0;
    for (int64_t i = 0; i < count; i++) {
        keys[i] = table->options[i].key;
        int added = snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? "" : ", ", keys[i]);
        used += (size_t)added < sizeof list - used ? (size_t)added : sizeof list - used - 1;
    }
    if (source->file != NULL) {
        snprintf(place, sizeof place, "%s:%d:%d: ", source->file, source->line, source->column);
    }
    const char *near = spn_nearest_name(key, keys, count);
    if (near != NULL) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%sunknown key '%.100s' in section '%s'; did you mean '%s'?", place, key,
                        table->section, near);
    }
    return spn_fail(context, SPN_ERROR_INPUT,
                    "%sunknown key '%.100s' in section '%s'; its keys are: %s", place, key,
                    table->section, list);
}

/* A small writer that counts what did not fit, like snprintf. */
typedef struct writer {
    char *buffer;
    size_t size;
    int64_t length;
} writer;

static void put(writer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if ((size_t)out->length + 1 < out->size) {
            out->buffer[out->length] = *text;
        }
        out->length++;
    }
}

static void put_real(writer *out, double value)
{
    char text[32];
    spn_format_real(value, text);
    put(out, text);
}

static void put_integer(writer *out, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    put(out, text);
}

/* Text is written in double quotes, with YAML's escapes, unless it is a plain word. */
static void put_text(writer *out, const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789./-";
    double number = 0;
    bool is_plain = text[0] != '\0' && text[0] != '-' && text[strspn(text, plain)] == '\0' &&
                    !spn_parse_real(text, &number) && strcmp(text, "true") != 0 &&
                    strcmp(text, "false") != 0 && strcmp(text, "null") != 0;
    if (is_plain) {
        put(out, text);
        return;
    }
    put(out, "\"");
    for (; *text != '\0'; text++) {
        char piece[8] = {*text, '\0'};
        if (*text == '"' || *text == '\\') {
            snprintf(piece, sizeof piece, "\\%c", *text);
        } else if ((unsigned char)*text < 0x20) {
            snprintf(piece, sizeof piece, "\\x%02x", (unsigned)(unsigned char)*text);
        }
        put(out, piece);
    }
    put(out, "\"");
}

static void put_list(writer *out, const spn_option *option, const void *storage)
{
    const spn_reals *reals = storage;
    const spn_integers *integers = storage;
    const spn_texts *texts = storage;
    int64_t count = option->type == SPN_OPTION_REALS      ? reals->count
                    : option->type == SPN_OPTION_INTEGERS ? integers->count
                                                          : texts->count;
    put(out, "[");
    for (int64_t i = 0; i < count; i++) {
        put(out, i == 0 ? "" : ", ");
        if (option->type == SPN_OPTION_REALS) {
            put_real(out, reals->items[i]);
        } else if (option->type == SPN_OPTION_INTEGERS) {
            put_integer(out, integers->items[i]);
        } else {
            put_text(out, texts->items[i]);
        }
    }
    put(out, "]");
}

static void put_matrix(writer *out, const spn_matrix *matrix)
{
    put(out, "[");
    for (int64_t i = 0; i < matrix->rows; i++) {
        put(out, i == 0 ? "[" : ", [");
        for (int64_t j = 0; j < matrix->columns; j++) {
            put(out, j == 0 ? "" : ", ");
            put_real(out, matrix->items[i * matrix->columns + j]);
        }
        put(out, "]");
    }
    put(out, "]");
}

int64_t spn_option_format(const spn_settings *settings, int64_t index, char *buffer, size_t size)
{
    const spn_option *option = &settings->table->options[index];
    const void *storage = spni_option_storage(settings, index);
    writer out = {buffer, size, 0};
    switch (option->type) {
    case SPN_OPTION_REAL:
        put_real(&out, *(const double *)storage);
        break;
    case SPN_OPTION_INTEGER:
        put_integer(&out, *(const int64_t *)storage);
        break;
    case SPN_OPTION_BOOLEAN:
        put(&out, *(const bool *)storage ? "true" : "false");
        break;
    case SPN_OPTION_CHOICE:
        put(&out, option->choices[*(const int *)storage]);
        break;
    case SPN_OPTION_TEXT:
        put_text(&out, *(const char *const *)storage != NULL ? *(const char *const *)storage : "");
        break;
    case SPN_OPTION_REALS:
    case SPN_OPTION_INTEGERS:
    case SPN_OPTION_TEXTS:
        put_list(&out, option, storage);
        break;
    case SPN_OPTION_MATRIX:
        put_matrix(&out, storage);
        break;
    }
    if (size > 0) {
        buffer[(size_t)out.length < size ? (size_t)out.length : size - 1] = '\0';
    }
    return out.length;
}
