/* SPDX-License-Identifier: MIT */
/* Which columns and rows of a table become samples. */
#include "formats/csv.h"
#include "formats/samples_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef spni_csv_origin origin;

typedef struct chooser {
    spn_context *context;
    const spn_csv_table *table;
    spn_csv_missing missing;
    int64_t inputs, outputs; /* columns of the table that are chosen */
    int64_t *chosen;         /* the columns, inputs first */
    bool *is_taken;          /* columns of the table */
    bool *is_dropped;        /* rows of the table */
    bool has_index;          /* which is not taken */
    int64_t kept;            /* rows */
    int64_t width;           /* columns of the samples that come from inputs */
    origin *origins;         /* width + outputs */
} chooser;

static const char *name_of(const spn_csv_table *table, int64_t column)
{
    return table->names != NULL ? table->names[column] : "";
}

/* "column 4 (horsepower)". */
static const char *label(const spn_csv_table *table, int64_t column, char buffer[100])
{
    const char *name = name_of(table, column);
    snprintf(buffer, 100, "column %lld%s%.60s%s", (long long)column + 1,
             name[0] != '\0' ? " (" : "", name, name[0] != '\0' ? ")" : "");
    return buffer;
}

/* ---- Columns ---------------------------------------------------------------------------------- */

/* The columns of `items`; a column may be taken once. */
static spn_status choose(chooser *c, spn_texts items, int64_t *chosen)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < items.count; i++) {
        SPN_TRY(spn_csv_find(c->context, c->table, items.items[i], &chosen[i]));
        if (c->is_taken[chosen[i]]) {
            SPN_FAIL(c->context, SPN_ERROR_INPUT, "%s: column '%.60s' is chosen twice",
                     c->table->source, items.items[i]);
        }
        c->is_taken[chosen[i]] = true;
    }
done:
    return status;
}

static int compare_numbers(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Are the numbers of a column whole and all different? */
static spn_status are_labels(chooser *c, int64_t column, bool *yes)
{
    spn_status status = SPN_OK;
    const spn_csv_table *table = c->table;
    double *sorted = NULL;
    SPN_TRY(spni_csv_hold(c->context, table, 1, &column));
    SPN_NEW(c->context, sorted, table->rows);
    *yes = true;
    for (int64_t r = 0; r < table->rows && *yes; r++) {
        sorted[r] = *spni_csv_number(table, r, column);
        *yes = sorted[r] == floor(sorted[r]);
    }
    if (*yes) {
        qsort(sorted, (size_t)table->rows, sizeof *sorted, compare_numbers);
    }
    for (int64_t r = 1; r < table->rows && *yes; r++) {
        *yes = sorted[r] != sorted[r - 1];
    }
done:
    spn_release(c->context, sorted);
    return status;
}

/* Numbers or names of the rows, as pandas and R write them: the first column, without a name. */
static spn_status find_index(chooser *c)
{
    const spn_csv_table *table = c->table;
    const spn_csv_column *facts = &table->facts[0];
    const char *name = name_of(table, 0);
    if (table->names == NULL || c->is_taken[0] || table->rows < 2 ||
        (name[0] != '\0' && strcmp(name, "Unnamed: 0") != 0)) {
        return SPN_OK;
    }
    if (facts->words == table->rows) {
        c->has_index = facts->categories == table->rows || facts->categories < 0;
        return SPN_OK;
    }
    return facts->numbers == table->rows ? are_labels(c, 0, &c->has_index) : SPN_OK;
}

static spn_status choose_columns(chooser *c, const spn_csv_choice *choice)
{
    spn_status status = SPN_OK;
    int64_t room = 0;
    const spn_csv_table *table = c->table;
    c->outputs = choice->targets.count;
    c->inputs = choice->columns.count;
    if (c->outputs == 0) {
        SPN_FAIL(c->context, SPN_ERROR_INPUT, "%s: no target columns were chosen", table->source);
    }
    if (!spn_size_add(c->inputs, c->outputs, &room) || !spn_size_add(room, table->columns, &room)) {
        SPN_FAIL(c->context, SPN_ERROR_ARGUMENT, "too many columns");
    }
    SPN_NEW(c->context, c->chosen, room);
    SPN_NEW(c->context, c->is_taken, table->columns);
    /* Targets first, to know what is left; they move behind the inputs below. */
    int64_t *targets = c->chosen + room - c->outputs;
    SPN_TRY(choose(c, choice->targets, targets));
    SPN_TRY(choose(c, choice->columns, c->chosen));
    SPN_TRY(c->inputs == 0 ? find_index(c) : SPN_OK);
    for (int64_t i = c->has_index ? 1 : 0; choice->columns.count == 0 && i < table->columns; i++) {
        if (!c->is_taken[i]) {
            c->chosen[c->inputs++] = i;
        }
    }
    if (c->inputs == 0) {
        SPN_FAIL(c->context, SPN_ERROR_INPUT, "%s: all columns are targets, no inputs are left",
                 table->source);
    }
    memmove(c->chosen + c->inputs, targets, (size_t)c->outputs * sizeof *targets);
done:
    return status;
}

static spn_status check_words(const chooser *c, int64_t column, bool is_target, bool is_named)
{
    const spn_csv_column *facts = &c->table->facts[column];
    char place[100];
    label(c->table, column, place);
    if (is_target) {
        return spn_fail(c->context, SPN_ERROR_INPUT,
                        "%s: %s holds words (\"%.30s\", ...), and targets are numbers: name it in "
                        "data.classes instead, if its words are classes",
                        c->table->source, place,
                        facts->categories > 0 ? facts->category_names[0] : "");
    }
    if (facts->categories < 0 || facts->categories > SPN_CSV_ONE_HOT_MAX) {
        return spn_fail(
            c->context, SPN_ERROR_INPUT,
            "%s: %s holds %s%lld different words; at most %d become inputs: name the "
            "input columns in data.columns, without it",
            c->table->source, place, facts->categories < 0 ? "more than " : "",
            (long long)(facts->categories < 0 ? SPN_CSV_CATEGORIES_MAX : facts->categories),
            SPN_CSV_ONE_HOT_MAX);
    }
    if (!is_named && facts->categories == facts->words && facts->words > 1) {
        return spn_fail(
            c->context, SPN_ERROR_INPUT,
            "%s: %s holds a different word in each row, as names of samples do: name the "
            "input columns in data.columns, with or without it",
            c->table->source, place);
    }
    return SPN_OK;
}

/* Numbers alone, or, in inputs, words alone. */
static spn_status check_columns(const chooser *c, bool are_named)
{
    for (int64_t i = 0; i < c->inputs + c->outputs; i++) {
        const int64_t column = c->chosen[i];
        const spn_csv_column *facts = &c->table->facts[column];
        spn_status status = SPN_OK;
        char place[100], mixture[80] = "";
        const bool is_disguised = facts->words > 0 && facts->disguised == facts->words;
        if (facts->words > 0 && facts->numbers == 0 && facts->infinite == 0 && !is_disguised) {
            status = check_words(c, column, i >= c->inputs, are_named);
        } else if (facts->flaw.line != 0) {
            if (facts->words > facts->numbers && !is_disguised) {
                snprintf(mixture, sizeof mixture, "; the column holds %lld words and %lld numbers",
                         (long long)facts->words, (long long)facts->numbers);
            }
            status = spn_fail(c->context, SPN_ERROR_INPUT, "%s: line %lld, %s: %s%s",
                              c->table->source, (long long)facts->flaw.line,
                              label(c->table, column, place), facts->flaw.what, mixture);
        }
        if (status != SPN_OK) {
            return status;
        }
    }
    return SPN_OK;
}

/* ---- Rows ------------------------------------------------------------------------------------- */

/* The first places where something is missing, and how many there are. */
static spn_status refuse_missing(const chooser *c)
{
    enum { SHOWN = 3 };
    const spn_csv_table *table = c->table;
    char places[SHOWN * 130] = "", place[100];
    size_t used = 0;
    int64_t cells = 0, rows = 0;
    for (int64_t r = 0; r < table->rows; r++) {
        int64_t in_row = 0;
        for (int64_t i = 0; i < c->inputs + c->outputs; i++) {
            if (!spni_csv_is_missing(table, r, c->chosen[i])) {
                continue;
            }
            if (cells + in_row < SHOWN && used < sizeof places) {
                int length = snprintf(places + used, sizeof places - used, "%sline %lld, %s",
                                      used > 0 ? "; " : "", (long long)table->lines[r],
                                      label(table, c->chosen[i], place));
                used += length > 0 ? (size_t)length : 0;
            }
            in_row++;
        }
        cells += in_row;
        rows += in_row > 0;
    }
    return spn_fail(
        c->context, SPN_ERROR_INPUT,
        "%s: missing cells: %s%s (%lld in %lld of %lld rows): set data.missing: drop, or mean to "
        "fill inputs in",
        table->source, places, cells > SHOWN ? "; ..." : "", (long long)cells, (long long)rows,
        (long long)table->rows);
}

/* Can a missing cell of this chosen column be filled in? */
static bool is_fillable(const chooser *c, int64_t i)
{
    return c->missing == SPN_CSV_MISSING_MEAN && i < c->inputs &&
           c->table->facts[c->chosen[i]].words == 0;
}

static spn_status choose_rows(chooser *c)
{
    spn_status status = SPN_OK;
    const spn_csv_table *table = c->table;
    SPN_NEW(c->context, c->is_dropped, table->rows);
    c->kept = table->rows;
    for (int64_t i = 0; i < c->inputs + c->outputs; i++) {
        if (table->facts[c->chosen[i]].missing == 0) {
            continue;
        }
        for (int64_t r = 0; r < table->rows; r++) {
            if (!spni_csv_is_missing(table, r, c->chosen[i]) || c->is_dropped[r] ||
                is_fillable(c, i)) {
                continue;
            }
            if (c->missing == SPN_CSV_MISSING_REFUSE) {
                return refuse_missing(c);
            }
            c->is_dropped[r] = true;
            c->kept--;
        }
    }
    if (c->kept == 0) {
        SPN_FAIL(c->context, SPN_ERROR_INPUT,
                 "%s: cells are missing in each of its %lld rows: choose other columns with "
                 "data.columns",
                 table->source, (long long)table->rows);
    }
done:
    return status;
}

/* ---- Samples ---------------------------------------------------------------------------------- */

/* An input column of words is as many columns as it has different words in the rows that are kept. */
static spn_status find_origins(chooser *c)
{
    spn_status status = SPN_OK;
    bool *is_there = NULL;
    int64_t room = c->outputs;
    for (int64_t i = 0; i < c->inputs; i++) {
        const spn_csv_column *facts = &c->table->facts[c->chosen[i]];
        room += facts->codes != NULL ? facts->categories : 1;
    }
    SPN_NEW(c->context, c->origins, room);
    SPN_NEW(c->context, is_there, SPN_CSV_CATEGORIES_MAX);
    for (int64_t i = 0; i < c->inputs + c->outputs; i++) {
        const spn_csv_column *facts = &c->table->facts[c->chosen[i]];
        origin *next = &c->origins[c->width + (i >= c->inputs ? i - c->inputs : 0)];
        if (facts->codes == NULL) {
            *next = (origin){c->chosen[i], -1};
            c->width += i < c->inputs;
            continue;
        }
        memset(is_there, 0, SPN_CSV_CATEGORIES_MAX * sizeof *is_there);
        for (int64_t r = 0; r < c->table->rows; r++) {
            if (!c->is_dropped[r] && facts->codes[r] >= 0) {
                is_there[facts->codes[r]] = true;
            }
        }
        for (int32_t k = 0; k < facts->categories; k++) {
            if (is_there[k]) {
                *next++ = (origin){c->chosen[i], k};
                c->width++;
            }
        }
    }
done:
    spn_release(c->context, is_there);
    return status;
}

/* "price", or "species=setosa"; columns without a name of their own are called by their position. */
static char *make_name(const chooser *c, const origin *from)
{
    const char *base = name_of(c->table, from->column), *word = "";
    char numbered[32];
    if (from->category < 0) {
        return spn_duplicate(c->context, base);
    }
    word = c->table->facts[from->column].category_names[from->category];
    if (base[0] == '\0') {
        snprintf(numbered, sizeof numbered, "%lld", (long long)from->column + 1);
        base = numbered;
    }
    const size_t size = strlen(base) + strlen(word) + 2;
    char *name = spn_allocate(c->context, (int64_t)size, 1);
    if (name != NULL) {
        snprintf(name, size, "%s=%s", base, word);
    }
    return name;
}

static spn_status make_names(const chooser *c, int64_t count, const origin *origins,
                             const char *const **out)
{
    spn_status status = SPN_OK;
    const char **names = NULL;
    SPN_NEW(c->context, names, count);
    *out = names;
    for (int64_t i = 0; i < count; i++) {
        names[i] = make_name(c, &origins[i]);
        if (names[i] == NULL) {
            return spn_error_status(c->context);
        }
    }
done:
    return status;
}

/* The words of inputs that are made of words, whether columns have names or not. */
static spn_status keep_words(const chooser *c, const char *const **out)
{
    spn_status status = SPN_OK;
    const char **words = NULL;
    for (int64_t i = 0; i < c->width; i++) {
        const origin *from = &c->origins[i];
        if (from->category < 0) {
            continue;
        }
        if (words == NULL) {
            SPN_NEW(c->context, words, c->width);
            *out = words;
        }
        words[i] =
            spn_duplicate(c->context, c->table->facts[from->column].category_names[from->category]);
        if (words[i] == NULL) {
            return spn_error_status(c->context);
        }
    }
done:
    return status;
}

static spn_status copy_rows(const chooser *c, spn_samples *samples)
{
    spn_status status = SPN_OK;
    const spn_csv_table *table = c->table;
    const int64_t width = c->width + c->outputs;
    int64_t cells = 0;
    double *rows = NULL;
    if (!spn_size_multiply(c->kept, width, &cells)) {
        SPN_FAIL(c->context, SPN_ERROR_MEMORY, "out of memory");
    }
    SPN_NEW(c->context, rows, cells);
    samples->rows = rows;
    for (int64_t r = 0; r < table->rows; r++) {
        for (int64_t i = 0; !c->is_dropped[r] && i < width; i++) {
            const origin *from = &c->origins[i];
            if (from->category >= 0) {
                *rows++ = table->facts[from->column].codes[r] == from->category ? 1 : 0;
            } else {
                *rows = *spni_csv_number(table, r, from->column);
                samples->cells_missing += isnan(*rows);
                rows++;
            }
        }
    }
done:
    return status;
}

/* The targets, and where the inputs are. */
static spn_status leave_rows(const chooser *c, spn_samples *samples)
{
    spn_status status = SPN_OK;
    const spn_csv_table *table = c->table;
    double *rows = NULL;
    SPN_NEW(c->context, rows, c->kept * c->outputs);
    samples->rows = rows;
    SPN_TRY(spni_csv_hold(c->context, table, c->outputs, c->chosen + c->inputs));
    for (int64_t r = 0; r < table->rows; r++) {
        for (int64_t k = 0; !c->is_dropped[r] && k < c->outputs; k++) {
            *rows++ = *spni_csv_number(table, r, c->chosen[c->inputs + k]);
        }
        for (int64_t i = 0; !c->is_dropped[r] && i < c->width; i++) {
            const origin *from = &c->origins[i];
            samples->cells_missing +=
                from->category < 0 && spni_csv_is_missing(table, r, from->column);
        }
    }
    SPN_TRY(spni_samples_of_table(c->context, table, c->width, c->origins, c->kept, c->is_dropped,
                                  &samples->file));
done:
    return status;
}

static spn_status make_samples(const chooser *c, spn_samples **out)
{
    spn_status status = SPN_OK;
    spn_samples *samples = NULL;
    SPN_NEW(c->context, samples, 1);
    samples->samples = c->kept;
    samples->inputs = c->width;
    samples->outputs = c->outputs;
    samples->rows_dropped = c->table->rows - c->kept;
    samples->has_dropped_index = c->has_index;
    SPN_TRY(c->table->file != NULL ? leave_rows(c, samples) : copy_rows(c, samples));
    SPN_TRY(keep_words(c, &samples->input_words));
    if (c->table->names != NULL) {
        SPN_TRY(make_names(c, c->width, c->origins, &samples->input_names));
        SPN_TRY(make_names(c, c->outputs, c->origins + c->width, &samples->output_names));
    }
    *out = samples;
    samples = NULL;
done:
    spn_samples_free(c->context, samples);
    return status;
}

spn_status spn_csv_samples(spn_context *context, const spn_csv_table *table,
                           const spn_csv_choice *choice, spn_samples **out)
{
    spn_status status = SPN_OK;
    chooser c = {.context = context, .table = table, .missing = choice->missing};
    *out = NULL;
    SPN_TRY(choose_columns(&c, choice));
    SPN_TRY(check_columns(&c, choice->columns.count > 0));
    SPN_TRY(choose_rows(&c));
    SPN_TRY(find_origins(&c));
    SPN_TRY(make_samples(&c, out));
done:
    spn_release(context, c.chosen);
    spn_release(context, c.is_taken);
    spn_release(context, c.is_dropped);
    spn_release(context, c.origins);
    return status;
}
