/* SPDX-License-Identifier: MIT */
/* Any bytes: a table or one clear error. A table that is accepted without flaws says the same again when
 * it is written and read back. */
#include <math.h>
#include <spinodal/formats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* Text of the table as spn_csv_write() would spell it. */
static char *spell(spn_context *context, const spn_csv_table *table)
{
    int64_t cells = table->rows * table->columns;
    char *text = spn_allocate(context, 32 * cells + 16, 1), *at = text;
    demand(text != NULL);
    for (int64_t i = 0; i < cells; i++) {
        at += spn_format_real(table->values[i], at);
        *at++ = (i + 1) % table->columns == 0 ? '\n' : ',';
    }
    *at = '\0';
    return text;
}

/* What the table says of its cells must agree with the cells. */
static void check_facts(const spn_csv_table *table)
{
    demand(table->rows > 0 && table->columns > 0 && table->separator != SPN_CSV_SEPARATOR_AUTO);
    for (int64_t c = 0; c < table->columns; c++) {
        const spn_csv_column *facts = &table->facts[c];
        int64_t numbers = 0, words = 0;
        demand(facts->numbers + facts->words + facts->missing + facts->infinite == table->rows);
        for (int64_t r = 0; r < table->rows; r++) {
            numbers += isfinite(table->values[r * table->columns + c]);
            words += facts->codes != NULL && facts->codes[r] >= 0;
            demand(facts->codes == NULL || facts->codes[r] < facts->categories);
        }
        demand(numbers == facts->numbers);
        demand(words == facts->words || facts->codes == NULL);
        demand((facts->words > 0 || facts->infinite > 0) <= (facts->flaw.line > 0));
        demand((facts->missing > 0) == (facts->gap.line > 0));
        for (int64_t k = 1; k < facts->categories; k++) {
            demand(strcmp(facts->category_names[k - 1], facts->category_names[k]) < 0);
        }
    }
    for (int64_t r = 1; r < table->rows; r++) {
        demand(table->lines[r - 1] < table->lines[r]);
    }
}

/* The last column as target: samples without holes, or one clear error. */
static void check_samples(spn_context *context, const spn_csv_table *table, spn_csv_missing missing)
{
    char last[40];
    const char *target = last;
    spn_samples *samples = NULL;
    snprintf(last, sizeof last, "position=%lld", (long long)table->columns);
    const spn_csv_choice choice = {.targets = {1, &target}, .missing = missing};
    spn_error_clear(context);
    spn_status status = spn_csv_samples(context, table, &choice, &samples);
    demand((status == SPN_OK) == (samples != NULL));
    demand(status == SPN_OK || spn_error_text(context)[0] != '\0');
    if (samples != NULL && spn_samples_fill(context, samples, NULL) == SPN_OK) {
        demand(samples->samples + samples->rows_dropped == table->rows);
        demand(missing == SPN_CSV_MISSING_MEAN || samples->cells_missing == 0);
        for (int64_t i = 0; i < samples->samples * (samples->inputs + samples->outputs); i++) {
            demand(!isnan(samples->rows[i]));
        }
    }
    spn_samples_free(context, samples);
}

/* The same numbers again. */
static void check_round_trip(spn_context *context, const spn_csv_table *table)
{
    spn_csv_table *again = NULL;
    char *text = spell(context, table);
    demand(spn_csv_parse(context, "again", text, (int64_t)strlen(text),
                         (spn_csv_layout){SPN_CSV_HEADER_NO, SPN_CSV_SEPARATOR_COMMA},
                         &again) == SPN_OK);
    demand(again->rows == table->rows && again->columns == table->columns);
    demand(memcmp(again->values, table->values,
                  (size_t)(table->rows * table->columns) * sizeof(double)) == 0);
    spn_release(context, text);
    spn_csv_free(context, again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    spn_context *context = NULL;
    spn_csv_table *table = NULL;
    /* The first byte chooses what the caller knows. */
    const int choice = size > 0 ? bytes[0] : 0;
    const spn_csv_layout layout = {(spn_csv_header)(choice % 3),
                                   (spn_csv_separator)(choice / 3 % 5)};
    demand(spn_context_create(NULL, &context) == SPN_OK);
    spn_status status = spn_csv_parse(context, "fuzz", (const char *)bytes + (size > 0),
                                      (int64_t)size - (size > 0), layout, &table);
    demand((status == SPN_OK) == (table != NULL));
    demand(status == SPN_OK || spn_error_text(context)[0] != '\0');
    if (table != NULL) {
        check_facts(table);
        check_samples(context, table, (spn_csv_missing)(choice / 15 % 3));
        if (spn_csv_check(context, table, 0, NULL) == SPN_OK) {
            check_round_trip(context, table);
        }
    }
    spn_csv_free(context, table);
    spn_context_free(context);
    return 0;
}
