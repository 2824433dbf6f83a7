/* SPDX-License-Identifier: MIT */
/* Where the first row begins, and what separates cells. */
#include "formats/csv.h"
#include "formats/input.h"

#include <string.h>

/* As much of a file is looked at to find the separator. */
enum { SNIFF_ROWS = 20, SNIFF_CELLS = 20000 };

static const char separators[] = {[SPN_CSV_SEPARATOR_COMMA] = ',',
                                  [SPN_CSV_SEPARATOR_SEMICOLON] = ';',
                                  [SPN_CSV_SEPARATOR_TAB] = '\t',
                                  [SPN_CSV_SEPARATOR_SPACE] = ' '};

const char *spn_csv_separator_name(spn_csv_separator separator)
{
    static const char *const names[] = {"auto", "comma", "semicolon", "tab", "space"};
    return names[separator];
}

/* What was decided at the end of what is here might be decided otherwise with more of it. */
static void note_end(const spni_csv_cursor *cursor, int64_t needed)
{
    if (cursor->has_ended != NULL && cursor->end - cursor->at < needed) {
        *cursor->has_ended = true;
    }
}

/* Comments and blank lines. */
static void pass_preface(spni_csv_cursor *cursor)
{
    while (cursor->at < cursor->end) {
        if (*cursor->at == '#') {
            while (cursor->at < cursor->end && !spni_csv_is_line_end(*cursor->at)) {
                cursor->at++;
            }
            spni_csv_pass_line_end(cursor);
        } else if (!spni_csv_skip_blank_line(cursor)) {
            break;
        }
    }
    note_end(cursor, 1);
}

/* How well a separator suits the first rows. */
typedef struct fit {
    int64_t columns; /* the same in all rows; 0: not the same, or no table */
    int64_t cells;   /* looked at, behind the first row where there are more */
    int64_t values;  /* of these, numbers and missing ones */
} fit;

static fit measure_fit(spni_csv_cursor cursor)
{
    fit found = {0};
    int64_t all_cells = 0;
    for (int row = 0; row < SNIFF_ROWS && cursor.at < cursor.end && all_cells < SNIFF_CELLS;
         row++) {
        int64_t cells = 0, values = 0;
        spni_csv_cell cell;
        do {
            double value = 0;
            const spni_csv_fault fault = spni_csv_scan(&cursor, &cell);
            note_end(&cursor, fault == SPNI_CSV_OPEN_QUOTE ? INT64_MAX : 1);
            if (fault != SPNI_CSV_FINE) {
                return (fit){0};
            }
            spni_csv_content content = spni_csv_read_cell(&cell, cursor.separator != ',', &value);
            values += content != SPNI_CSV_WORD;
            cells++;
        } while (cell.end == SPNI_CSV_NEXT_CELL);
        if (row > 0 && cells != found.columns) {
            return (fit){0};
        }
        if (row <= 1) { /* the first row may hold names: it counts only while it is alone */
            found = (fit){.columns = cells};
        }
        found.cells += cells;
        found.values += values;
        all_cells += cells;
        while (cursor.at < cursor.end && spni_csv_skip_blank_line(&cursor)) {
        }
        note_end(&cursor, 1);
    }
    return found;
}

/* Rows of different lengths whatever separates them: the first one decides, so that the message about the
 * lengths makes sense. */
static spn_csv_separator read_first_line(const spni_csv_cursor *cursor)
{
    bool has_comma = false, has_tab = false, has_blank = false, is_inside = false;
    const char *end = cursor->end, *p = cursor->at;
    for (; p < end && (is_inside || !spni_csv_is_line_end(*p)); p++) {
        is_inside ^= *p == '"';
        if (!is_inside && *p == ';') {
            return SPN_CSV_SEPARATOR_SEMICOLON;
        }
        has_comma = has_comma || (!is_inside && *p == ',');
        has_tab = has_tab || (!is_inside && *p == '\t');
        has_blank = has_blank || (!is_inside && *p == ' ');
    }
    note_end(cursor, p - cursor->at + 1);
    return has_comma   ? SPN_CSV_SEPARATOR_COMMA
           : has_tab   ? SPN_CSV_SEPARATOR_TAB
           : has_blank ? SPN_CSV_SEPARATOR_SPACE
                       : SPN_CSV_SEPARATOR_COMMA;
}

/* The one that makes columns of equal length with the largest share of numbers; the first of equals. */
static spn_csv_separator find_separator(const spni_csv_cursor *cursor)
{
    static const spn_csv_separator order[] = {SPN_CSV_SEPARATOR_SEMICOLON, SPN_CSV_SEPARATOR_COMMA,
                                              SPN_CSV_SEPARATOR_TAB, SPN_CSV_SEPARATOR_SPACE};
    spn_csv_separator best = SPN_CSV_SEPARATOR_AUTO;
    fit best_fit = {0};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        spni_csv_cursor trial = *cursor;
        trial.separator = separators[order[i]];
        const fit found = measure_fit(trial);
        if (found.columns >= 2 && (best == SPN_CSV_SEPARATOR_AUTO ||
                                   found.values * best_fit.cells > best_fit.values * found.cells)) {
            best = order[i];
            best_fit = found;
        }
    }
    return best != SPN_CSV_SEPARATOR_AUTO ? best : read_first_line(cursor);
}

/* Excel's first line "sep=;". */
static spn_status read_declaration(spn_context *context, spni_csv_cursor *cursor,
                                   spn_csv_separator *separator)
{
    spn_status status = SPN_OK;
    const char *p = cursor->at, *const end = cursor->end;
    const int64_t longest = 16; /* with its line end */
    note_end(cursor, longest);
    if (cursor->has_ended != NULL && end - p < longest) {
        return SPN_OK;
    }
    const bool is_quoted = p < end && *p == '"';
    p += is_quoted;
    if (end - p < 5 || (memcmp(p, "sep=", 4) != 0 && memcmp(p, "SEP=", 4) != 0)) {
        return SPN_OK;
    }
    const char *found = memchr(separators + 1, p[4], sizeof separators - 1);
    const char *rest = p + 5;
    rest += is_quoted && rest < end && *rest == '"';
    if (rest < end && !spni_csv_is_line_end(*rest)) {
        return SPN_OK; /* a name that begins like this */
    }
    if (found == NULL) {
        char quoted[8];
        spni_quote_text(p + 4, 1, quoted, sizeof quoted);
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: line %lld: '%s' cannot separate cells; comma, semicolon, tab and space can",
                 cursor->source, (long long)cursor->line, quoted);
    }
    *separator = (spn_csv_separator)(found - separators);
    cursor->at = rest;
    spni_csv_pass_line_end(cursor);
    pass_preface(cursor);
done:
    return status;
}

/* From the first byte. */
static spn_status start(spn_context *context, spni_csv_cursor *cursor, spn_csv_separator *separator)
{
    spn_status status = SPN_OK;
    spn_csv_separator declared = SPN_CSV_SEPARATOR_AUTO;
    if (cursor->end - cursor->at >= 3 && memcmp(cursor->at, "\xEF\xBB\xBF", 3) == 0) {
        cursor->at += 3;
    }
    /* Blank lines of tabs are blank before the separator is known. */
    pass_preface(cursor);
    SPN_TRY(read_declaration(context, cursor, &declared));
    if (*separator == SPN_CSV_SEPARATOR_AUTO) {
        *separator = declared != SPN_CSV_SEPARATOR_AUTO ? declared : find_separator(cursor);
    }
    cursor->separator = separators[*separator];
done:
    return status;
}

spn_status spni_csv_start(spn_context *context, spni_csv_text *text, spni_csv_cursor *cursor,
                          spn_csv_separator *separator)
{
    spn_status status = SPN_OK;
    for (int64_t wanted = 1;;) {
        spn_csv_separator found = *separator;
        bool has_ended = false;
        *cursor = (spni_csv_cursor){.source = text->source, .line = 1, .separator = ' '};
        SPN_TRY(spni_csv_text_show(context, text, 0, wanted, cursor));
        const int64_t here = cursor->end - cursor->at;
        cursor->has_ended = here < text->size ? &has_ended : NULL;
        SPN_TRY(start(context, cursor, &found));
        cursor->has_ended = NULL;
        if (!has_ended) {
            *separator = found;
            break;
        }
        wanted = 2 * here;
    }
done:
    return status;
}
