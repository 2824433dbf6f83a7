/* SPDX-License-Identifier: MIT */
/* Does the first row hold names? It does where it contradicts the rows below it. */
#include "formats/csv.h"
#include "formats/input.h"

#include <math.h>

/* What the first row says, column by column. */
typedef struct evidence {
    int64_t words;       /* words in the first row */
    int64_t against;     /* words over numbers */
    int64_t against_at;  /* the first such column */
    int64_t alike;       /* numbers over numbers */
    int64_t fraction_at; /* the first of these that no name would be, or -1 */
    int64_t again;       /* words that stand in the column again */
    bool is_count;       /* the row counts its columns, from 0 or 1 */
    bool is_index;       /* nothing over 0, 1, 2, ... */
} evidence;

/* A row index as pandas writes it: it has no name and counts from 0. */
static bool is_index(int64_t rows, const double *values, int64_t stride)
{
    for (int64_t r = 0; r < rows; r++) {
        if (!(values[r * stride] == (double)r)) {
            return false;
        }
    }
    return rows >= 2;
}

static evidence collect(int64_t rows, int64_t columns, const spni_csv_first_cell *first,
                        const spn_csv_column *facts, const double *values, int64_t stride)
{
    evidence e = {.fraction_at = -1, .against_at = -1, .is_count = columns >= 3};
    for (int64_t c = 0; c < columns; c++) {
        const spni_csv_first_cell *cell = &first[c];
        const bool is_word = cell->content == SPNI_CSV_WORD;
        const bool is_number =
            cell->content == SPNI_CSV_NUMBER || cell->content == SPNI_CSV_COMMA_NUMBER;
        const bool over_numbers = facts[c].numbers > facts[c].words;
        e.is_count = e.is_count && is_number && cell->value == first[0].value + (double)c;
        e.words += is_word;
        e.again += is_word && cell->is_again;
        if (is_word && over_numbers) {
            e.against_at = e.against == 0 ? c : e.against_at;
            e.against++;
        } else if (is_number && over_numbers) {
            e.alike++;
            if (e.fraction_at < 0 && cell->value != floor(cell->value)) {
                e.fraction_at = c;
            }
        }
    }
    e.is_count = e.is_count && (first[0].value == 0 || first[0].value == 1);
    e.is_index = first[0].cell.length == 0 && is_index(rows, values, stride);
    return e;
}

static void quote(const spni_csv_first_cell *cell, char buffer[40])
{
    spni_quote_text(cell->cell.text, cell->cell.length, buffer, 40);
}

spn_status spni_csv_judge_header(spn_context *context, const char *source, int64_t line,
                                 int64_t rows, int64_t columns, const spni_csv_first_cell *first,
                                 const spn_csv_column *facts, const double *values, int64_t stride,
                                 bool *is_header)
{
    char word[40], number[40];
    const evidence e = collect(rows, columns, first, facts, values, stride);
    if (e.against > 0 && e.fraction_at >= 0) {
        quote(&first[e.against_at], word);
        quote(&first[e.fraction_at], number);
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s: line %lld: names or a sample? \"%s\" stands over numbers like a name, "
                        "but \"%s\" is no name: set data.header: yes or no, or mend the cell",
                        source, (long long)line, word, number);
    }
    if (e.is_count && rows > 0) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s: line %lld: names or a sample? the row counts its columns (%g, %g, %g, "
                        "...): set data.header: yes or no",
                        source, (long long)line, first[0].value, first[1].value, first[2].value);
    }
    /* Words over words decide only where there is nothing else, and where they are new. */
    *is_header = e.against > 0 || e.is_index || (e.words > 0 && e.alike == 0 && e.again == 0);
    return SPN_OK;
}
