/* SPDX-License-Identifier: MIT */
#include "formats/csv.h"
#include "formats/input.h"

#include <string.h>

/** Longer numbers than this are words: no double needs more than 800 digits. */
enum { NUMBER_LENGTH_MAX = 1000 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/** Past the line end at `at`, if there is one: LF, CRLF or CR. */
static void pass_line_end(spni_csv_cursor *cursor)
{
    if (cursor->at < cursor->end) {
        bool is_pair =
            cursor->at[0] == '\r' && cursor->at + 1 < cursor->end && cursor->at[1] == '\n';
        cursor->at += is_pair ? 2 : 1;
        cursor->line++;
    }
}

bool spni_csv_skip_blank_line(spni_csv_cursor *cursor)
{
    const char *p = cursor->at;
    while (p < cursor->end && is_blank(*p) && *p != cursor->delimiter) {
        p++;
    }
    if (p < cursor->end && !is_line_end(*p)) {
        return false;
    }
    cursor->at = p;
    pass_line_end(cursor);
    return true;
}

/** A semicolon outside quotes says semicolon (the commas are then decimal), otherwise a comma says comma;
 *  a tab next to commas is only a blank. */
static char find_delimiter(const char *p, const char *end)
{
    bool has_comma = false, has_tab = false, is_inside = false;
    for (; p < end && (is_inside || !is_line_end(*p)); p++) {
        is_inside ^= *p == '"';
        if (!is_inside && *p == ';') {
            return ';';
        }
        has_comma = has_comma || (!is_inside && *p == ',');
        has_tab = has_tab || (!is_inside && *p == '\t');
    }
    return has_comma || !has_tab ? ',' : '\t';
}

void spni_csv_start(spni_csv_cursor *cursor, const char *source, const char *bytes, int64_t size)
{
    *cursor = (spni_csv_cursor){.source = source, .at = bytes, .end = bytes + size, .line = 1};
    if (size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
        cursor->at += 3;
    }
    while (cursor->at < cursor->end) {
        if (*cursor->at == '#') {
            while (cursor->at < cursor->end && !is_line_end(*cursor->at)) {
                cursor->at++;
            }
            pass_line_end(cursor);
        } else if (!spni_csv_skip_blank_line(cursor)) {
            break;
        }
    }
    cursor->delimiter = find_delimiter(cursor->at, cursor->end);
}

static spn_status read_quoted(spn_context *context, spni_csv_cursor *cursor, spni_csv_cell *cell)
{
    int64_t first_line = cursor->line;
    const char *p = cursor->at + 1;
    cell->text = p;
    cell->is_quoted = true;
    for (;; p++) {
        if (p >= cursor->end) {
            return spn_fail(context, SPN_ERROR_INPUT, "%s: line %lld: a quote is never closed",
                            cursor->source, (long long)first_line);
        }
        if (*p == '"') {
            if (p + 1 < cursor->end && p[1] == '"') {
                p++;
                continue;
            }
            break;
        }
        cursor->line += *p == '\n' || (*p == '\r' && !(p + 1 < cursor->end && p[1] == '\n'));
    }
    cell->length = p - cell->text;
    for (p++; p < cursor->end && is_blank(*p) && *p != cursor->delimiter; p++) {
    }
    cursor->at = p;
    if (p < cursor->end && *p != cursor->delimiter && !is_line_end(*p)) {
        return spn_fail(
            context, SPN_ERROR_INPUT,
            "%s: line %lld: text after a closing quote; double the quotes inside a cell",
            cursor->source, (long long)cursor->line);
    }
    return SPN_OK;
}

spn_status spni_csv_next(spn_context *context, spni_csv_cursor *cursor, spni_csv_cell *cell)
{
    const char *p = cursor->at, *end = cursor->end;
    char delimiter = cursor->delimiter;
    while (p < end && is_blank(*p) && *p != delimiter) {
        p++;
    }
    if (p < end && *p == '"') {
        cursor->at = p;
        spn_status status = read_quoted(context, cursor, cell);
        if (status != SPN_OK) {
            return status;
        }
        p = cursor->at;
    } else {
        cell->text = p;
        cell->is_quoted = false;
        while (p < end && *p != delimiter && !is_line_end(*p)) {
            p++;
        }
        const char *last = p;
        while (last > cell->text && is_blank(last[-1])) {
            last--;
        }
        cell->length = last - cell->text;
        cursor->at = p;
    }
    if (p < end && *p == delimiter) {
        cursor->at++;
        cell->end = SPNI_CSV_NEXT_CELL;
    } else {
        pass_line_end(cursor);
        cell->end = SPNI_CSV_END_OF_ROW;
    }
    return SPN_OK;
}

static bool equals_ignoring_case(const char *text, int64_t length, const char *word)
{
    if ((int64_t)strlen(word) != length) {
        return false;
    }
    for (int64_t i = 0; i < length; i++) {
        char lower = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
        if (lower != word[i]) {
            return false;
        }
    }
    return true;
}

static bool is_spelled_nonfinite(const char *text, int64_t length)
{
    static const char *const words[] = {"nan", "inf", "infinity", "na", "n/a", "null", "none"};
    if (length > 0 && (*text == '-' || *text == '+')) {
        text++;
        length--;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (equals_ignoring_case(text, length, words[i])) {
            return true;
        }
    }
    return false;
}

/** At most 15 digits and a power of ten up to 22: both are exact doubles, so that one multiplication or
 *  division rounds correctly (Clinger 1990). Nearly all cells are like that. */
static bool parse_short(const char *p, const char *end, double *value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    bool is_negative = p < end && *p == '-';
    p += p < end && (*p == '-' || *p == '+');
    int64_t mantissa = 0;
    int digits = 0, fraction = 0;
    for (; p < end && is_digit(*p) && digits <= 15; p++, digits++) {
        mantissa = 10 * mantissa + (*p - '0');
    }
    if (p < end && *p == '.') {
        for (p++; p < end && is_digit(*p) && digits <= 15; p++, digits++, fraction++) {
            mantissa = 10 * mantissa + (*p - '0');
        }
    }
    if (p != end || digits == 0 || digits > 15) {
        return false;
    }
    double size = (double)mantissa / powers[fraction];
    *value = is_negative ? -size : size;
    return true;
}

spni_csv_content spni_csv_number(const spni_csv_cell *cell, double *value)
{
    char text[NUMBER_LENGTH_MAX + 1];
    const int64_t length = cell->length;
    if (length <= 0) {
        return SPNI_CSV_EMPTY;
    }
    if (parse_short(cell->text, cell->text + length, value)) {
        return SPNI_CSV_NUMBER;
    }
    if (length > NUMBER_LENGTH_MAX) {
        return SPNI_CSV_WORD;
    }
    bool is_numeric = true;
    for (int64_t i = 0; i < length; i++) {
        char c = cell->text[i];
        is_numeric = is_numeric && c != '\0' && strchr("0123456789+-.eE", c) != NULL;
        text[i] = c;
    }
    text[length] = '\0';
    if (is_numeric && spn_parse_real(text, value)) {
        return SPNI_CSV_NUMBER;
    }
    if (is_spelled_nonfinite(text, length)) {
        return SPNI_CSV_NOT_FINITE;
    }
    return SPNI_CSV_WORD;
}
