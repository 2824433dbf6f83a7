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

/** A blank that separates nothing, or nothing beyond what a run of blanks does. */
static bool is_padding(const spni_csv_cursor *cursor, char c)
{
    return is_blank(c) && (c != cursor->separator || cursor->separator == ' ');
}

bool spni_csv_is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

void spni_csv_pass_line_end(spni_csv_cursor *cursor)
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
    while (p < cursor->end && is_padding(cursor, *p)) {
        p++;
    }
    if (p < cursor->end && !spni_csv_is_line_end(*p)) {
        return false;
    }
    cursor->at = p;
    spni_csv_pass_line_end(cursor);
    return true;
}

/** Does a cell end at p? */
static bool is_cell_end(const spni_csv_cursor *cursor, const char *p)
{
    return p == cursor->end || *p == cursor->separator || spni_csv_is_line_end(*p) ||
           (cursor->separator == ' ' && *p == '\t');
}

/** From the opening quote to behind the closing one. */
static spni_csv_fault scan_quoted(spni_csv_cursor *cursor, spni_csv_cell *cell)
{
    const char *p = cursor->at + 1;
    int64_t line = cursor->line;
    cell->text = p;
    cell->is_quoted = true;
    for (;; p++) {
        if (p >= cursor->end) {
            return SPNI_CSV_OPEN_QUOTE;
        }
        if (*p == '"') {
            if (p + 1 < cursor->end && p[1] == '"') {
                p++;
                continue;
            }
            break;
        }
        line += *p == '\n' || (*p == '\r' && !(p + 1 < cursor->end && p[1] == '\n'));
    }
    cell->length = p - cell->text;
    cursor->line = line;
    cursor->at = p + 1;
    return SPNI_CSV_FINE;
}

/** The end of a row, or past the separator in front of the next cell. */
static void finish_cell(spni_csv_cursor *cursor, spni_csv_cell *cell)
{
    const char *p = cursor->at;
    if (p < cursor->end && *p == cursor->separator && cursor->separator != ' ') {
        cursor->at++;
        cell->end = SPNI_CSV_NEXT_CELL;
    } else if (p < cursor->end && !spni_csv_is_line_end(*p)) {
        cell->end = SPNI_CSV_NEXT_CELL;
    } else {
        spni_csv_pass_line_end(cursor);
        cell->end = SPNI_CSV_END_OF_ROW;
    }
}

spni_csv_fault spni_csv_scan(spni_csv_cursor *cursor, spni_csv_cell *cell)
{
    const char *p = cursor->at, *end = cursor->end;
    const char separator = cursor->separator;
    while (p < end && is_padding(cursor, *p)) {
        p++;
    }
    cursor->at = p;
    if (p < end && *p == '"') {
        spni_csv_fault fault = scan_quoted(cursor, cell);
        if (fault != SPNI_CSV_FINE) {
            return fault;
        }
        p = cursor->at;
        if (separator == ' ' && !is_cell_end(cursor, p)) {
            return SPNI_CSV_TEXT_AFTER_QUOTE;
        }
    } else {
        cell->text = p;
        cell->is_quoted = false;
        while (p < end && *p != separator && !spni_csv_is_line_end(*p) &&
               !(separator == ' ' && *p == '\t')) {
            p++;
        }
        const char *last = p;
        while (last > cell->text && is_blank(last[-1])) {
            last--;
        }
        cell->length = last - cell->text;
    }
    while (p < end && is_padding(cursor, *p)) {
        p++;
    }
    cursor->at = p;
    if (separator != ' ' && !is_cell_end(cursor, p)) {
        return SPNI_CSV_TEXT_AFTER_QUOTE;
    }
    finish_cell(cursor, cell);
    return SPNI_CSV_FINE;
}

spn_status spni_csv_fail(spn_context *context, const spni_csv_cursor *cursor, int64_t line,
                         spni_csv_fault fault)
{
    switch (fault) {
    case SPNI_CSV_OPEN_QUOTE:
        return spn_fail(context, SPN_ERROR_INPUT, "%s: line %lld: a quote is never closed",
                        cursor->source, (long long)line);
    case SPNI_CSV_TEXT_AFTER_QUOTE:
        return spn_fail(
            context, SPN_ERROR_INPUT,
            "%s: line %lld: text after a closing quote; double the quotes inside a cell",
            cursor->source, (long long)cursor->line);
    default:
        return SPN_OK;
    }
}

spn_status spni_csv_next(spn_context *context, spni_csv_cursor *cursor, spni_csv_cell *cell)
{
    const int64_t line = cursor->line;
    const spni_csv_fault fault = spni_csv_scan(cursor, cell);
    return fault == SPNI_CSV_FINE ? SPN_OK : spni_csv_fail(context, cursor, line, fault);
}

char *spni_csv_cell_text(spn_context *context, const spni_csv_cell *cell)
{
    char *text = spn_allocate(context, cell->length + 1, 1);
    if (text != NULL) {
        int64_t used = 0;
        for (int64_t i = 0; i < cell->length; i++) {
            text[used++] = cell->text[i];
            i += cell->is_quoted && cell->text[i] == '"';
        }
        text[used] = '\0';
    }
    return text;
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

static bool is_one_of(const char *text, int64_t length, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (equals_ignoring_case(text, length, *words)) {
            return true;
        }
    }
    return false;
}

/** What R, pandas, Excel, databases and the repositories of data sets write where nothing was measured.
 *  None is Python's; as "none" it may be a category. */
static bool is_missing(const char *text, int64_t length)
{
    static const char *const words[] = {"?",   "na",   "n/a",  "nan",  "-nan", "+nan",
                                        "#na", "#n/a", "<na>", "null", NULL};
    return is_one_of(text, length, words) || (length == 4 && memcmp(text, "None", 4) == 0);
}

static bool is_infinite(const char *text, int64_t length)
{
    static const char *const words[] = {"inf", "infinity", NULL};
    int64_t sign = *text == '-' || *text == '+';
    return is_one_of(text + sign, length - sign, words);
}

/** At most 15 digits and a power of ten up to 22: both are exact doubles, so that one multiplication or
 *  division rounds correctly (Clinger 1990). Nearly all cells are like that. `mark`: the decimal one. */
static bool parse_short(const char *p, const char *end, char mark, double *value)
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
    if (p < end && *p == mark) {
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

/** Other decimal numbers, by the C library; commas only where they are decimal, in front of a digit. */
static spni_csv_content parse_long(const char *from, int64_t length, bool may_have_comma,
                                   double *value)
{
    char text[NUMBER_LENGTH_MAX + 1];
    int commas = 0, points = 0;
    for (int64_t i = 0; i < length; i++) {
        char c = from[i];
        if (c == ',' && may_have_comma && i + 1 < length && is_digit(from[i + 1])) {
            c = '.';
            commas++;
        } else if (c == '\0' || strchr("0123456789+-.eE", c) == NULL) {
            return SPNI_CSV_WORD;
        }
        points += c == '.';
        text[i] = c;
    }
    text[length] = '\0';
    if (points > 1 || !spn_parse_real(text, value)) {
        return points <= 1 && spn_is_number(text) ? SPNI_CSV_INFINITE : SPNI_CSV_WORD;
    }
    return commas > 0 ? SPNI_CSV_COMMA_NUMBER : SPNI_CSV_NUMBER;
}

spni_csv_content spni_csv_read_cell(const spni_csv_cell *cell, bool may_have_comma, double *value)
{
    const char *text = cell->text;
    const int64_t length = cell->length;
    if (length <= 0) {
        return SPNI_CSV_MISSING;
    }
    if (parse_short(text, text + length, '.', value)) {
        return SPNI_CSV_NUMBER;
    }
    if (may_have_comma && is_digit(text[length - 1]) &&
        parse_short(text, text + length, ',', value)) {
        return SPNI_CSV_COMMA_NUMBER;
    }
    if (length > NUMBER_LENGTH_MAX) {
        return SPNI_CSV_WORD;
    }
    spni_csv_content content = parse_long(text, length, may_have_comma, value);
    if (content != SPNI_CSV_WORD) {
        return content;
    }
    if (is_missing(text, length)) {
        return SPNI_CSV_MISSING;
    }
    return is_infinite(text, length) ? SPNI_CSV_INFINITE : SPNI_CSV_WORD;
}
