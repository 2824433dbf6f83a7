/* SPDX-License-Identifier: MIT */
#include "base/options.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* strtod takes "inf", "nan" and hexadecimal, too: the text is checked first. */
bool spn_is_number(const char *text)
{
    const char *p = text;
    int64_t digits = 0;
    if (*p == '+' || *p == '-') {
        p++;
    }
    for (; *p >= '0' && *p <= '9'; p++) {
        digits++;
    }
    if (*p == '.') {
        for (p++; *p >= '0' && *p <= '9'; p++) {
            digits++;
        }
    }
    if (digits == 0) {
        return false;
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        if (*p == '+' || *p == '-') {
            p++;
        }
        if (*p < '0' || *p > '9') {
            return false;
        }
        while (*p >= '0' && *p <= '9') {
            p++;
        }
    }
    return *p == '\0';
}

/* A program that uses this library may have set a locale with another decimal point, which strtod and
 * snprintf then obey. What a file means must not depend on it: the point is exchanged around them. */
static void exchange_point(char *text, const char *from, const char *to)
{
    char *at = strstr(text, from);
    if (at != NULL && strcmp(from, to) != 0) {
        size_t from_length = strlen(from), to_length = strlen(to);
        memmove(at + to_length, at + from_length, strlen(at + from_length) + 1);
        memcpy(at, to, to_length);
    }
}

enum { LONGEST_NUMBER = 1024, LONGEST_POINT = 16 };

bool spn_parse_real(const char *text, double *out)
{
    char copy[LONGEST_NUMBER + LONGEST_POINT];
    if (!spn_is_number(text) || strlen(text) >= LONGEST_NUMBER) {
        return false;
    }
    strcpy(copy, text);
    exchange_point(copy, ".", localeconv()->decimal_point);
    char *end = NULL;
    double value = strtod(copy, &end);
    if (*end != '\0' || !isfinite(value)) {
        return false;
    }
    *out = value;
    return true;
}

bool spn_parse_integer(const char *text, int64_t *out)
{
    double value = 0;
    if (!spn_parse_real(text, &value)) {
        return false;
    }
    if (strpbrk(text, ".eE") == NULL) {
        errno = 0;
        char *end = NULL;
        long long exact = strtoll(text, &end, 10);
        if (errno != 0 || *end != '\0') {
            return false;
        }
        *out = exact;
        return true;
    }
    /* 2^53: beyond it a double does not name every integer. */
    if (value != floor(value) || fabs(value) > 0x1p53) {
        return false;
    }
    *out = (int64_t)value;
    return true;
}

int spn_format_real(double value, char buffer[32])
{
    if (isnan(value)) {
        return snprintf(buffer, 32, "nan");
    }
    if (isinf(value)) {
        return snprintf(buffer, 32, value > 0 ? "inf" : "-inf");
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buffer, 32, "%.*g", digits, value);
        double back = strtod(buffer, NULL);
        if (back == value) {
            break;
        }
    }
    exchange_point(buffer, localeconv()->decimal_point, ".");
    return (int)strlen(buffer);
}

bool spni_is_in_bound(spn_bound bound, double value)
{
    switch (bound) {
    case SPN_ANY:
        return true;
    case SPN_POSITIVE:
        return value > 0;
    case SPN_NONNEGATIVE:
        return value >= 0;
    case SPN_UNIT_OPEN:
        return value > 0 && value < 1;
    case SPN_UNIT_CLOSED:
        return value >= -1 && value <= 1;
    case SPN_SHARE:
        return value >= 0 && value < 1;
    case SPN_COUNT:
        return value >= 1 && value <= (double)SPN_COUNT_MAX;
    case SPN_COUNT_OR_ZERO:
        return value >= 0 && value <= (double)SPN_COUNT_MAX;
    case SPN_STRENGTH:
        return value >= 0 && value <= SPN_STRENGTH_MAX;
    }
    return false;
}

/* A refused value leaves *out as it was, here and below. */
static bool parse_bounded_real(const spn_option *option, const spn_value *value, double *out)
{
    double number = 0;
    bool is_good = value->scalar != NULL && !value->is_quoted &&
                   spn_parse_real(value->scalar, &number) &&
                   spni_is_in_bound(option->bound, number);
    if (is_good) {
        *out = number;
    }
    return is_good;
}

static bool parse_bounded_integer(const spn_option *option, const spn_value *value, int64_t *out)
{
    int64_t number = 0;
    bool is_good = value->scalar != NULL && !value->is_quoted &&
                   spn_parse_integer(value->scalar, &number) &&
                   spni_is_in_bound(option->bound, (double)number);
    if (is_good) {
        *out = number;
    }
    return is_good;
}

static bool parse_boolean(const spn_value *value, bool *out)
{
    if (value->scalar == NULL || value->is_quoted) {
        return false;
    }
    bool is_true = strcmp(value->scalar, "true") == 0;
    if (!is_true && strcmp(value->scalar, "false") != 0) {
        return false;
    }
    *out = is_true;
    return true;
}

static bool parse_choice(const spn_option *option, const spn_value *value, int *out)
{
    for (int i = 0; value->scalar != NULL && option->choices[i] != NULL; i++) {
        if (strcmp(option->choices[i], value->scalar) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

enum { HINT_SIZE = 160 };

/* How other languages, and YAML 1.1, spell the two; NULL: not at all. */
static const char *meant_boolean(const char *text)
{
    static const char *const words[] = {"true", "yes", "on", "y", "false", "no", "off", "n"};
    char lower[8] = "";
    for (size_t i = 0; text[i] != '\0' && i + 1 < sizeof lower; i++) {
        lower[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
    }
    for (int i = 0; i < 8; i++) {
        if (strcmp(lower, words[i]) == 0) {
            return i < 4 ? "true" : "false";
        }
    }
    return NULL;
}

/* The limit that a number of the right kind exceeds; NULL: it is of the wrong kind, or a
 * negative integer. */
static const char *exceeded_limit(const char *text, bool is_integer)
{
    double value = 0;
    int64_t integer = 0;
    bool is_negative = text[0] == '-';
    if (!spn_is_number(text) || (is_negative && is_integer)) {
        return NULL;
    }
    bool is_real = spn_parse_real(text, &value);
    if (!is_integer) {
        return is_real       ? NULL
               : is_negative ? "at least -1.7976931348623157e308"
                             : "at most 1.7976931348623157e308";
    }
    if (spn_parse_integer(text, &integer) || (is_real && value != floor(value))) {
        return NULL;
    }
    return strpbrk(text, ".eE") != NULL ? "at most 9007199254740992 (2^53)"
                                        : "at most 9223372036854775807 (2^63 - 1)";
}

static void find_hint(const spn_option *option, const spn_value *value, char hint[HINT_SIZE])
{
    bool is_integer = option->type == SPN_OPTION_INTEGER || option->type == SPN_OPTION_INTEGERS;
    bool is_number = is_integer || option->type == SPN_OPTION_REAL ||
                     option->type == SPN_OPTION_REALS || option->type == SPN_OPTION_MATRIX;
    bool is_boolean = option->type == SPN_OPTION_BOOLEAN;
    const char *near = is_boolean ? meant_boolean(value->scalar) : NULL;
    /* What is accepted says its own limit there. */
    bool is_limited = option->bound == SPN_COUNT || option->bound == SPN_COUNT_OR_ZERO ||
                      option->bound == SPN_STRENGTH;
    const char *limit = is_number && !is_limited ? exceeded_limit(value->scalar, is_integer) : NULL;
    if (option->type == SPN_OPTION_CHOICE) {
        int64_t count = 0;
        while (option->choices[count] != NULL) {
            count++;
        }
        near = spn_nearest_name(value->scalar, option->choices, count);
    }
    bool is_text = value->is_quoted &&
                   ((is_boolean && near != NULL) || (is_number && spn_is_number(value->scalar)));
    if (is_text) {
        snprintf(hint, HINT_SIZE, "; the quotes make it text");
    } else if (near != NULL) {
        snprintf(hint, HINT_SIZE, "; did you mean '%s'?", near);
    } else if (limit != NULL) {
        snprintf(hint, HINT_SIZE, "; %s", limit);
    }
}

/* "expected ..., got ..." for a value or for item `item` (from 0; -1: the value itself). */
static spn_status refuse(spn_context *context, const spn_option *option, const spn_value *value,
                         const char *where, const char *accepts, int64_t item)
{
    const char *got = value->scalar != NULL ? value->scalar
                      : value->count == 0   ? "an empty list"
                                            : "a list";
    char place[48] = "";
    if (item >= 0) {
        snprintf(place, sizeof place, " (item %lld)", (long long)item + 1);
    }
    char hint[HINT_SIZE] = "";
    if (value->scalar != NULL) {
        find_hint(option, value, hint);
    }
    return spn_fail(context, SPN_ERROR_INPUT, "%s%s: expected %s, got %s%.200s%s%s", where, place,
                    accepts, value->scalar != NULL ? "'" : "", got,
                    value->scalar != NULL ? "'" : "", hint);
}

static spn_status parse_list(spn_context *context, spn_arena *arena, const spn_option *option,
                             const spn_value *value, const char *where, const char *accepts,
                             void *storage)
{
    spn_status status = SPN_OK;
    double *reals = NULL;
    int64_t *integers = NULL;
    const char **texts = NULL;
    if (value->scalar != NULL) {
        return refuse(context, option, value, where, accepts, -1);
    }
    if (option->type == SPN_OPTION_REALS) {
        SPN_TAKE(context, arena, reals, value->count);
    } else if (option->type == SPN_OPTION_INTEGERS) {
        SPN_TAKE(context, arena, integers, value->count);
    } else {
        SPN_TAKE(context, arena, texts, value->count);
    }
    for (int64_t i = 0; i < value->count; i++) {
        const spn_value *item = &value->items[i];
        bool is_good = item->scalar != NULL;
        if (reals != NULL) {
            is_good = parse_bounded_real(option, item, &reals[i]);
        } else if (integers != NULL) {
            is_good = parse_bounded_integer(option, item, &integers[i]);
        } else if (is_good) {
            texts[i] = spn_arena_duplicate(arena, item->scalar);
            status = texts[i] == NULL ? spn_error_status(context) : SPN_OK;
        }
        SPN_TRY(is_good ? status : refuse(context, option, item, where, accepts, i));
    }
    if (reals != NULL) {
        *(spn_reals *)storage = (spn_reals){value->count, reals};
    } else if (integers != NULL) {
        *(spn_integers *)storage = (spn_integers){value->count, integers};
    } else {
        *(spn_texts *)storage = (spn_texts){value->count, texts};
    }
done:
    return status;
}

static spn_status parse_matrix(spn_context *context, spn_arena *arena, const spn_option *option,
                               const spn_value *value, const char *where, const char *accepts,
                               spn_matrix *storage)
{
    spn_status status = SPN_OK;
    double *items = NULL;
    int64_t columns = value->count > 0 ? value->items[0].count : 0, size = 0;
    const bool has_empty_row = value->count > 0 && value->items[0].scalar == NULL && columns == 0;
    if (value->scalar != NULL || value->count == 0) {
        return refuse(context, option, value, where, accepts, -1);
    }
    if (has_empty_row) {
        return refuse(context, option, &value->items[0], where, accepts, 0);
    }
    spn_size_multiply(value->count, columns, &size);
    SPN_TAKE(context, arena, items, size);
    for (int64_t i = 0; i < value->count; i++) {
        const spn_value *row = &value->items[i];
        if (row->scalar != NULL || row->count != columns) {
            SPN_FAIL(context, SPN_ERROR_INPUT,
                     "%s: row %lld has %lld entries, the first row has %lld: expected %s of equal "
                     "length",
                     where, (long long)i + 1, (long long)(row->scalar != NULL ? 1 : row->count),
                     (long long)columns, accepts);
        }
        for (int64_t j = 0; j < columns; j++) {
            if (!parse_bounded_real(option, &row->items[j], &items[i * columns + j])) {
                SPN_TRY(refuse(context, option, &row->items[j], where, accepts, i));
            }
        }
    }
    *storage = (spn_matrix){value->count, columns, items};
done:
    return status;
}

static spn_status parse_text(spn_context *context, spn_arena *arena, const spn_option *option,
                             const spn_value *value, const char *where, const char *accepts,
                             const char **storage)
{
    if (value->scalar == NULL || value->scalar[0] == '\0') {
        return refuse(context, option, value, where, accepts, -1);
    }
    *storage = spn_arena_duplicate(arena, value->scalar);
    return *storage != NULL ? SPN_OK : spn_error_status(context);
}

spn_status spni_option_parse(spn_context *context, spn_arena *arena, const spn_option *option,
                             const spn_value *value, const char *where, const char *accepts,
                             void *storage)
{
    bool is_good = false;
    switch (option->type) {
    case SPN_OPTION_REAL:
        is_good = parse_bounded_real(option, value, storage);
        break;
    case SPN_OPTION_INTEGER:
        is_good = parse_bounded_integer(option, value, storage);
        break;
    case SPN_OPTION_BOOLEAN:
        is_good = parse_boolean(value, storage);
        break;
    case SPN_OPTION_CHOICE:
        is_good = parse_choice(option, value, storage);
        break;
    case SPN_OPTION_TEXT:
        return parse_text(context, arena, option, value, where, accepts, storage);
    case SPN_OPTION_REALS:
    case SPN_OPTION_INTEGERS:
    case SPN_OPTION_TEXTS:
        return parse_list(context, arena, option, value, where, accepts, storage);
    case SPN_OPTION_MATRIX:
        return parse_matrix(context, arena, option, value, where, accepts, storage);
    }
    return is_good ? SPN_OK : refuse(context, option, value, where, accepts, -1);
}

/* Defaults are scalars or flat lists "[a, b]". */
static spn_status parse_default(spn_context *context, spn_arena *arena, const spn_option *option,
                                void *storage)
{
    enum { MAX_ITEMS = 16 };
    char text[256];
    spn_value items[MAX_ITEMS] = {{0}};
    spn_value value = {.scalar = text};
    snprintf(text, sizeof text, "%s", option->initial);
    if (text[0] == '[') {
        value = (spn_value){.items = items};
        char *rest = NULL;
        for (char *item = strtok_r(text, "[], ", &rest); item != NULL && value.count < MAX_ITEMS;
             item = strtok_r(NULL, "[], ", &rest)) {
            items[value.count++].scalar = item;
        }
    }
    return spni_option_parse(context, arena, option, &value, option->key, "a valid default",
                             storage);
}

static size_t storage_size(spn_option_type type)
{
    switch (type) {
    case SPN_OPTION_REAL:
        return sizeof(double);
    case SPN_OPTION_INTEGER:
        return sizeof(int64_t);
    case SPN_OPTION_BOOLEAN:
        return sizeof(bool);
    case SPN_OPTION_CHOICE:
        return sizeof(int);
    case SPN_OPTION_TEXT:
        return sizeof(const char *);
    case SPN_OPTION_REALS:
        return sizeof(spn_reals);
    case SPN_OPTION_INTEGERS:
        return sizeof(spn_integers);
    case SPN_OPTION_TEXTS:
        return sizeof(spn_texts);
    case SPN_OPTION_MATRIX:
        return sizeof(spn_matrix);
    }
    return 0;
}

spn_status spni_option_set_default(spn_context *context, spn_arena *arena, const spn_option *option,
                                   void *storage)
{
    memset(storage, 0, storage_size(option->type));
    if (option->initial != NULL) {
        return parse_default(context, arena, option, storage);
    }
    if (option->type == SPN_OPTION_REAL) {
        *(double *)storage = (double)NAN;
    }
    return SPN_OK;
}
