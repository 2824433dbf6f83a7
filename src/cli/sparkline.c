/* SPDX-License-Identifier: MIT */
#include "cli/sparkline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 8, WIDEST = 256 };

/* What the environment says of the terminal's characters, the first of these variables that is set. */
static bool is_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);
        if (value != NULL && value[0] != '\0') {
            return strstr(value, "UTF-8") != NULL || strstr(value, "utf8") != NULL ||
                   strstr(value, "UTF8") != NULL || strstr(value, "utf-8") != NULL;
        }
    }
    return false;
}

/* Heights from 0 to 1; logarithmic where that shows more. */
static void scale(int width, double *values)
{
    const double decades = 3;
    double low = (double)INFINITY, high = -(double)INFINITY;
    for (int i = 0; i < width; i++) {
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    const bool is_log = low > 0 && log10(high / low) > decades;
    const double from = is_log ? log(low) : low, to = is_log ? log(high) : high;
    for (int i = 0; i < width; i++) {
        const double value = is_log ? log(values[i]) : values[i];
        values[i] = to > from ? (value - from) / (to - from) : value - from;
    }
}

void cli_put_sparkline(spn_text *text, const spn_table *table, int64_t from, int64_t to, int64_t x,
                       int64_t y, int width)
{
    static const char *const blocks[LEVELS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const signs[LEVELS] = {"_", ".", ":", "-", "=", "+", "*", "#"};
    const char *const *heights = is_utf8() ? blocks : signs;
    double values[WIDEST], low = (double)INFINITY, high = -(double)INFINITY;
    /* Few points stand side by side. */
    width = width < WIDEST ? width : WIDEST;
    width = to - from + 1 < width ? (int)(to - from + 1) : width;
    for (int i = 0; i < width; i++) {
        values[i] = (double)NAN;
    }
    for (int64_t row = from; row <= to; row++) {
        low = fmin(low, spn_table_real(table, row, x));
        high = fmax(high, spn_table_real(table, row, x));
    }
    const bool is_falling = spn_table_real(table, from, x) > spn_table_real(table, to, x);
    for (int64_t row = from; row <= to; row++) {
        const double place = high > low ? (spn_table_real(table, row, x) - low) / (high - low) : 0;
        const double value = spn_table_real(table, row, y);
        const int64_t number = is_falling ? to - row : row - from;
        const int column = to - from < width ? (int)number : (int)(place * (width - 1));
        if (isfinite(value) && column >= 0 && column < width) {
            values[column] = value;
        }
    }
    scale(width, values);
    for (int i = 0; i < width; i++) {
        const bool is_known = isfinite(values[i]);
        const int level = is_known ? (int)fmin(values[i] * LEVELS, LEVELS - 1) : 0;
        spn_text_add(text, is_known ? heights[level] : " ");
    }
}
