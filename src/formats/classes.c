/* SPDX-License-Identifier: MIT */
#include "formats/classes.h"

#include "formats/csv.h"
#include "formats/input.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

const char spni_classes_or_targets[] = "numbers to be predicted are targets, not data.classes";

void spn_classes_free(spn_context *context, spn_classes *classes)
{
    if (classes == NULL) {
        return;
    }
    for (int64_t k = 0; classes->names != NULL && k < classes->count; k++) {
        spn_release(context, (void *)(uintptr_t)classes->names[k]);
    }
    spn_release(context, (void *)(uintptr_t)classes->names);
    spn_release(context, classes);
}

static bool is_missing(const spni_label *label)
{
    return label->word == NULL && isnan(label->number);
}

static int compare(const spni_label *a, const spni_label *b)
{
    if (a->word != NULL && b->word != NULL) {
        return strcmp(a->word, b->word);
    }
    if (a->word != NULL || b->word != NULL) {
        return a->word != NULL ? 1 : -1;
    }
    return (a->number > b->number) - (a->number < b->number);
}

/* Where the label stands in the sorted list, or should stand. */
static int64_t locate(const spni_label *sorted, int64_t count, const spni_label *label)
{
    int64_t low = 0, high = count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (compare(&sorted[middle], label) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The text of a label; a number that is no integer is written as it is. */
static const char *name_of(const spni_label *label, char buffer[64])
{
    if (label->word != NULL) {
        spni_quote_text(label->word, (int64_t)strlen(label->word), buffer, 64);
    } else if (fabs(label->number) < 0x1p53 && label->number == floor(label->number)) {
        snprintf(buffer, 64, "%lld", (long long)label->number);
    } else {
        spn_format_real(label->number, buffer);
    }
    return buffer;
}

static spn_status check_integer(spn_context *context, const char *where, const char *advice,
                                const spni_label *label)
{
    char name[64];
    if (label->word != NULL ||
        (label->number == floor(label->number) && fabs(label->number) < 0x1p53)) {
        return SPN_OK;
    }
    return spn_fail(context, SPN_ERROR_INPUT,
                    "%s: %s is no class; classes are words or integers; %s", where,
                    name_of(label, name), advice);
}

static spn_status check_count(spn_context *context, const char *where, const char *advice,
                              int64_t classes, int64_t samples, const spni_label *first)
{
    char name[64];
    if (classes > SPN_CLASSES_MAX || (classes > SPN_CLASSES_FEW && classes > samples / 2)) {
        return spn_fail(
            context, SPN_ERROR_INPUT,
            "%s: %s%lld different labels in %lld samples are no classes (at most %d; more "
            "than %d need two samples each on average); %s",
            where, classes > SPN_CLASSES_MAX ? "more than " : "",
            (long long)(classes > SPN_CLASSES_MAX ? SPN_CLASSES_MAX : classes), (long long)samples,
            SPN_CLASSES_MAX, SPN_CLASSES_FEW, advice);
    }
    if (classes < 2) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s: all samples are of one class%s%s%s; there is nothing to tell apart",
                        where, classes > 0 ? ", '" : "", classes > 0 ? name_of(first, name) : "",
                        classes > 0 ? "'" : "");
    }
    return SPN_OK;
}

/* The different labels, sorted; sorted[SPN_CLASSES_MAX + 1]. */
static spn_status collect(spn_context *context, const char *where, const char *advice,
                          int64_t count, const spni_label *labels, spni_label *sorted,
                          int64_t *classes)
{
    spn_status status = SPN_OK;
    *classes = 0;
    for (int64_t n = 0; n < count && *classes <= SPN_CLASSES_MAX; n++) {
        const spni_label *label = &labels[n];
        if (is_missing(label)) {
            continue;
        }
        SPN_TRY(check_integer(context, where, advice, label));
        int64_t place = locate(sorted, *classes, label);
        if (place < *classes && compare(&sorted[place], label) == 0) {
            continue;
        }
        memmove(sorted + place + 1, sorted + place, (size_t)(*classes - place) * sizeof *sorted);
        sorted[place] = *label;
        *classes += 1;
    }
    SPN_TRY(check_count(context, where, advice, *classes, count, sorted));
done:
    return status;
}

static spn_status make_classes(spn_context *context, int64_t count, const spni_label *sorted,
                               spn_classes **out)
{
    spn_status status = SPN_OK;
    spn_classes *classes = NULL;
    const char **names = NULL;
    SPN_NEW(context, classes, 1);
    SPN_NEW(context, names, count);
    classes->names = names;
    classes->count = count;
    for (int64_t k = 0; k < count; k++) {
        char number[64];
        names[k] = spn_duplicate(context, sorted[k].word != NULL ? sorted[k].word
                                                                 : name_of(&sorted[k], number));
        if (names[k] == NULL) {
            status = spn_error_status(context);
            goto done;
        }
    }
    *out = classes;
    classes = NULL;
done:
    spn_classes_free(context, classes);
    return status;
}

/* A class that the training samples lack. */
static spn_status fail_unknown(spn_context *context, const char *where, const spni_label *label,
                               const spn_classes *known)
{
    char name[64], list[300] = "";
    size_t used = 0;
    for (int64_t k = 0; k < known->count && used < sizeof list; k++) {
        char quoted[64];
        spni_quote_text(known->names[k], (int64_t)strlen(known->names[k]), quoted, sizeof quoted);
        used +=
            (size_t)snprintf(list + used, sizeof list - used, "%s%s", k > 0 ? ", " : "", quoted);
    }
    return spn_fail(context, SPN_ERROR_INPUT,
                    "%s: class '%s' is none of those of the training samples: %s%s", where,
                    name_of(label, name), list, used < sizeof list ? "" : "...");
}

/* Numbers of labels among known classes, whose names are compared. */
static spn_status number_known(spn_context *context, const char *where, int64_t count,
                               const spni_label *labels, const spn_classes *known, double *codes)
{
    for (int64_t n = 0; n < count; n++) {
        char number[64];
        int64_t k = 0;
        if (is_missing(&labels[n])) {
            codes[n] = (double)NAN;
            continue;
        }
        const char *name = labels[n].word != NULL ? labels[n].word : name_of(&labels[n], number);
        while (k < known->count && strcmp(known->names[k], name) != 0) {
            k++;
        }
        if (k == known->count) {
            return fail_unknown(context, where, &labels[n], known);
        }
        codes[n] = (double)k;
    }
    return SPN_OK;
}

spn_status spni_classes_number(spn_context *context, const char *where, const char *advice,
                               int64_t count, const spni_label *labels, const spn_classes *known,
                               double *codes, spn_classes **out)
{
    spn_status status = SPN_OK;
    spni_label *sorted = NULL;
    int64_t classes = 0;
    *out = NULL;
    if (known != NULL) {
        return number_known(context, where, count, labels, known, codes);
    }
    SPN_NEW(context, sorted, SPN_CLASSES_MAX + 1);
    SPN_TRY(collect(context, where, advice, count, labels, sorted, &classes));
    for (int64_t n = 0; n < count; n++) {
        codes[n] =
            is_missing(&labels[n]) ? (double)NAN : (double)locate(sorted, classes, &labels[n]);
    }
    SPN_TRY(make_classes(context, classes, sorted, out));
done:
    spn_release(context, sorted);
    return status;
}

/* The column is one of numbers from now on. */
static void forget_words(spn_context *context, spn_csv_column *facts)
{
    for (int64_t k = 0; facts->category_names != NULL && k < facts->categories; k++) {
        spn_release(context, (void *)(uintptr_t)facts->category_names[k]);
    }
    spn_release(context, (void *)(uintptr_t)facts->category_names);
    spn_release(context, (void *)(uintptr_t)facts->codes);
    facts->category_names = NULL;
    facts->codes = NULL;
    facts->numbers += facts->words;
    facts->words = facts->categories = 0;
    facts->flaw = (spn_csv_flaw){0};
}

static spn_status describe(spn_context *context, const spn_csv_table *table, int64_t column,
                           char where[512])
{
    const spn_csv_column *facts = &table->facts[column];
    snprintf(where, 512, "%.300s: column %lld%s%.100s%s", table->source, (long long)column + 1,
             table->names != NULL ? " (" : "", table->names != NULL ? table->names[column] : "",
             table->names != NULL ? ")" : "");
    if (facts->infinite > 0) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s: infinity is no class", where);
    }
    if (facts->categories < 0) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s: more than %d different words are no classes (at most %d)", where,
                        SPN_CSV_CATEGORIES_MAX, SPN_CLASSES_MAX);
    }
    return SPN_OK;
}

spn_status spn_csv_classes(spn_context *context, spn_csv_table *table, const char *item,
                           const spn_classes *known, spn_classes **out)
{
    spn_status status = SPN_OK;
    spni_label *labels = NULL;
    double *codes = NULL;
    int64_t column = 0;
    char where[512];
    *out = NULL;
    SPN_TRY(spn_csv_find(context, table, item, &column));
    SPN_TRY(describe(context, table, column, where));
    spn_csv_column *facts = (spn_csv_column *)(uintptr_t)&table->facts[column];
    SPN_TRY(spni_csv_hold(context, table, 1, &column));
    SPN_NEW(context, labels, table->rows);
    SPN_NEW(context, codes, table->rows);
    for (int64_t r = 0; r < table->rows; r++) {
        bool is_word = facts->codes != NULL && facts->codes[r] >= 0;
        labels[r].word = is_word ? facts->category_names[facts->codes[r]] : NULL;
        labels[r].number = is_word ? 0 : *spni_csv_number(table, r, column);
    }
    SPN_TRY(spni_classes_number(context, where, spni_classes_or_targets, table->rows, labels, known,
                                codes, out));
    for (int64_t r = 0; r < table->rows; r++) {
        *spni_csv_number(table, r, column) = codes[r];
    }
    forget_words(context, facts);
done:
    spn_release(context, labels);
    spn_release(context, codes);
    return status;
}

/* Copies of the names of the classes `from`, ..., from + count - 1. */
static spn_status copy_names(spn_context *context, const spn_classes *classes, int64_t from,
                             int64_t count, const char *const **out)
{
    spn_status status = SPN_OK;
    const char **names = NULL;
    SPN_NEW(context, names, count);
    *out = names;
    for (int64_t k = 0; k < count; k++) {
        names[k] = spn_duplicate(context, classes->names[from + k]);
        if (names[k] == NULL) {
            return spn_error_status(context);
        }
    }
done:
    return status;
}

static void release_names(spn_context *context, int64_t count, const char *const *names)
{
    for (int64_t k = 0; names != NULL && k < count; k++) {
        spn_release(context, (void *)(uintptr_t)names[k]);
    }
    spn_release(context, (void *)(uintptr_t)names);
}

static spn_status expand_rows(spn_context *context, spn_samples *samples, int64_t classes)
{
    spn_status status = SPN_OK;
    const int64_t inputs = samples->file != NULL ? 0 : samples->inputs, width = inputs + classes;
    int64_t cells = 0;
    double *rows = NULL;
    if (!spn_size_multiply(samples->samples, width, &cells)) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "too many samples for %lld classes", (long long)classes);
    }
    SPN_NEW(context, rows, cells);
    for (int64_t n = 0; n < samples->samples; n++) {
        const double *from = samples->rows + n * (inputs + 1);
        double *to = rows + n * width;
        memcpy(to, from, (size_t)inputs * sizeof *to);
        for (int64_t k = 0; k < classes; k++) {
            double code = from[inputs];
            to[inputs + k] = isnan(code) ? code : code == (double)k ? 1.0 : 0.0;
        }
    }
    spn_release(context, (void *)(uintptr_t)samples->rows);
    samples->rows = rows;
done:
    return status;
}

spn_status spn_samples_classes(spn_context *context, spn_samples *samples,
                               const spn_classes *classes, bool is_binary)
{
    spn_status status = SPN_OK;
    const char *const *names = NULL;
    const int64_t targets = is_binary ? 1 : classes->count;
    if (samples->outputs != 1) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "classes are one target, not %lld",
                 (long long)samples->outputs);
    }
    if (is_binary && classes->count != 2) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "data.class_targets: binary is for two classes, and there are %lld",
                 (long long)classes->count);
    }
    SPN_TRY(copy_names(context, classes, is_binary ? 1 : 0, targets, &names));
    SPN_TRY(is_binary ? SPN_OK : expand_rows(context, samples, classes->count));
    release_names(context, samples->outputs, samples->output_names);
    samples->outputs = targets;
    samples->output_names = names;
    names = NULL;
done:
    release_names(context, targets, names);
    return status;
}
