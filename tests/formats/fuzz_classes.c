/* SPDX-License-Identifier: MIT */
/* Any table and one of its columns as classes: labels that are numbered, or one clear error. Known classes number
 * the same table the same way; each row of targets says one class. */
#include <math.h>
#include <spinodal/formats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What the first two bytes choose, and the table behind them. */
typedef struct input {
    spn_context *context;
    spn_csv_layout layout;
    spn_csv_missing missing;
    bool is_binary;
    int64_t column;
    const char *text;
    int64_t size;
} input;

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

static bool works(const input *in, spn_status status)
{
    demand(status == SPN_OK || status == SPN_ERROR_INPUT);
    demand((status == SPN_OK) == (spn_error_text(in->context)[0] == '\0'));
    spn_error_clear(in->context);
    return status == SPN_OK;
}

static spn_csv_table *parse(const input *in)
{
    spn_csv_table *table = NULL;
    works(in, spn_csv_parse(in->context, "fuzz", in->text, in->size, in->layout, &table));
    return table;
}

static const char *item_of(const input *in, char item[40])
{
    snprintf(item, 40, "position=%lld", (long long)in->column + 1);
    return item;
}

/* The column that the second byte chooses; false where the header makes a name of its position. */
static bool find_column(input *in, const spn_csv_table *table)
{
    char item[40];
    int64_t column = -1;
    in->column %= table->columns;
    return works(in, spn_csv_find(in->context, table, item_of(in, item), &column)) &&
           column == in->column;
}

/* A name leads to its column or is refused; what is near a name is told, whatever the header holds. */
static void check_name(const input *in, const spn_csv_table *table)
{
    char item[300];
    int64_t column = -1;
    const char *name = table->names != NULL ? table->names[in->column] : "y";
    if (works(in, spn_csv_find(in->context, table, name, &column))) {
        demand(column == in->column || table->names == NULL);
    }
    snprintf(item, sizeof item, "name=%.250s", name);
    if (works(in, spn_csv_find(in->context, table, item, &column))) {
        demand(strcmp(table->names[column], item + strlen("name=")) == 0 ||
               strcmp(table->names[column], item) == 0);
    }
    snprintf(item, sizeof item, "%.250s_", name);
    works(in, spn_csv_find(in->context, table, item, &column));
}

/* Whole numbers of classes, each of which some row has, in a column that is one of numbers from now on. */
static void check_codes(const input *in, const spn_csv_table *table, const spn_classes *classes)
{
    const int64_t column = in->column;
    const spn_csv_column *facts = &table->facts[column];
    bool is_there[SPN_CLASSES_MAX] = {false};
    int64_t found = 0, numbers = 0;
    demand(classes->count >= 2 && classes->count <= SPN_CLASSES_MAX);
    demand(facts->codes == NULL && facts->categories == 0 && facts->flaw.line == 0);
    for (int64_t r = 0; r < table->rows; r++) {
        const double code = table->values[r * table->columns + column];
        if (isnan(code)) {
            continue;
        }
        demand(code >= 0 && code < (double)classes->count && code == floor(code));
        found += !is_there[(int64_t)code];
        is_there[(int64_t)code] = true;
        numbers++;
    }
    demand(found == classes->count && numbers == facts->numbers);
    demand(facts->numbers + facts->missing == table->rows);
}

/* The classes that were found number the table in the same way. */
static void check_known(const input *in, const spn_csv_table *table, const spn_classes *classes)
{
    char item[40];
    spn_csv_table *again = parse(in);
    spn_classes *none = NULL;
    demand(works(in, spn_csv_classes(in->context, again, item_of(in, item), classes, &none)));
    demand(none == NULL);
    demand(memcmp(again->values, table->values,
                  (size_t)(table->rows * table->columns) * sizeof(double)) == 0);
    spn_csv_free(in->context, again);
}

/* Rows of targets add up to 1, or hold 0 or 1. */
static void check_samples(const input *in, const spn_csv_table *table, const spn_classes *classes)
{
    char item[40];
    const char *target = item_of(in, item);
    const spn_csv_choice choice = {.targets = {1, &target}, .missing = in->missing};
    spn_samples *samples = NULL;
    if (!works(in, spn_csv_samples(in->context, table, &choice, &samples))) {
        return;
    }
    if (works(in, spn_samples_classes(in->context, samples, classes, in->is_binary))) {
        demand(samples->outputs == (in->is_binary ? 1 : classes->count));
        for (int64_t n = 0; n < samples->samples; n++) {
            const double *row = samples->rows + n * (samples->inputs + samples->outputs);
            double sum = 0;
            for (int64_t k = 0; k < samples->outputs; k++) {
                const double value = row[samples->inputs + k];
                demand(value == 0 || value == 1);
                sum += value;
            }
            demand(sum == 1 || (in->is_binary && sum == 0));
        }
    } else {
        demand(in->is_binary && classes->count != 2 && samples->outputs == 1);
    }
    spn_samples_free(in->context, samples);
}

/* Classes that the table has nothing to do with. */
static void check_others(const input *in)
{
    static const char *const names[] = {"-1", "0", "1", "2", "a", "b", "no"};
    const spn_classes known = {sizeof names / sizeof *names, names};
    char item[40];
    spn_csv_table *table = parse(in);
    spn_classes *none = NULL;
    works(in, spn_csv_classes(in->context, table, item_of(in, item), &known, &none));
    demand(none == NULL);
    spn_csv_free(in->context, table);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 2) {
        return 0;
    }
    input in = {.layout = {(spn_csv_header)(bytes[0] % 3), (spn_csv_separator)(bytes[0] / 3 % 5)},
                .missing = (spn_csv_missing)(bytes[0] / 15 % 3),
                .is_binary = bytes[0] / 45 % 2 == 1,
                .column = bytes[1],
                .text = (const char *)bytes + 2,
                .size = (int64_t)size - 2};
    demand(spn_context_create(NULL, &in.context) == SPN_OK);
    spn_csv_table *table = parse(&in);
    if (table != NULL && find_column(&in, table)) {
        char item[40];
        spn_classes *classes = NULL;
        if (works(&in, spn_csv_classes(in.context, table, item_of(&in, item), NULL, &classes))) {
            check_codes(&in, table, classes);
            check_known(&in, table, classes);
            check_samples(&in, table, classes);
        }
        check_name(&in, table);
        check_others(&in);
        spn_classes_free(in.context, classes);
    }
    spn_csv_free(in.context, table);
    spn_context_free(in.context);
    return 0;
}
