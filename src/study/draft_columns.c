/* SPDX-License-Identifier: MIT */
/* What the columns of a table are: guesses that are told, and that one word of the user replaces. */
#include "formats/input.h"
#include "study/draft.h"
#include "study/experiment.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* "price", or "column 3"; harmless in a comment. */
static const char *name_of(const spn_csv_table *table, int64_t column, char buffer[100])
{
    const char *name = table->names != NULL ? table->names[column] : "";
    if (name[0] == '\0') {
        snprintf(buffer, 100, "column %lld", (long long)column + 1);
    } else {
        spni_quote_text(name, (int64_t)strlen(name), buffer, 100);
    }
    return buffer;
}

/* The column as an item of data.targets: its name where that means it, else its position. */
static spn_status item_of(spni_draft *draft, int64_t column, const char **item)
{
    const spn_csv_table *table = draft->table;
    spn_arena *arena = draft->experiment->arena;
    const char *const patterns[] = {"%s", "name=%s"};
    const char *name = table->names != NULL ? table->names[column] : "";
    const size_t size = strlen(name) + sizeof "name=";
    char number[48];
    for (size_t i = 0; name[0] != '\0' && i < sizeof patterns / sizeof *patterns; i++) {
        int64_t found = -1;
        char *text = spn_arena_take(arena, (int64_t)size, 1);
        if (text == NULL) {
            return spn_arena_status(draft->context, arena);
        }
        snprintf(text, size, "%s%s", i == 0 ? "" : "name=", name);
        if (spn_csv_find(draft->context, table, text, &found) == SPN_OK && found == column) {
            *item = text;
            return SPN_OK;
        }
        spn_error_clear(draft->context);
    }
    snprintf(number, sizeof number, table->names != NULL ? "position=%lld" : "%lld",
             (long long)column + 1);
    *item = spn_arena_duplicate(arena, number);
    return *item != NULL ? SPN_OK : spn_arena_status(draft->context, arena);
}

/* Numbers as a spreadsheet shows them: all that is there, but for real numbers. */
static bool is_disguised(const spn_csv_column *facts)
{
    return facts->disguised > 0 && facts->disguised == facts->words;
}

/* ---- The target ---------------------------------------------------------------------------------- */

static int64_t find_target(const spn_csv_table *table, bool *is_named)
{
    static const char *const words[] = {"target", "targets", "label", "labels",
                                        "class",  "classes", "y"};
    for (int64_t c = 0; table->names != NULL && c < table->columns; c++) {
        for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
            if (strcasecmp(table->names[c], words[w]) == 0) {
                *is_named = true;
                return c;
            }
        }
    }
    *is_named = false;
    return table->columns - 1;
}

/* Labels are words, or whole numbers of which there are few; how many different ones. */
static bool is_label(const spn_csv_table *table, int64_t column, int64_t *classes)
{
    const spn_csv_column *facts = &table->facts[column];
    double seen[SPN_CLASSES_FEW];
    *classes = facts->categories;
    if (facts->words > 0) {
        return true;
    }
    *classes = 0;
    for (int64_t r = 0; r < table->rows; r++) {
        const double value = table->values[r * table->columns + column];
        int64_t i = 0;
        while (i < *classes && seen[i] != value) {
            i++;
        }
        if (isnan(value) || i < *classes) {
            continue;
        }
        if (value != floor(value) || *classes == SPN_CLASSES_FEW) {
            return false;
        }
        seen[(*classes)++] = value;
    }
    return *classes >= 2 && *classes * 2 <= table->rows;
}

static spn_status choose_target(spni_draft *draft, int64_t *target)
{
    spn_status status = SPN_OK;
    const spn_csv_table *table = draft->table;
    bool is_named = false;
    int64_t classes = 0;
    char name[100];
    const char *item = NULL;
    *target = find_target(table, &is_named);
    SPN_TRY(item_of(draft, *target, &item));
    name_of(table, *target, name);
    if (is_disguised(&table->facts[*target])) {
        SPN_FAIL(draft->context, SPN_ERROR_INPUT,
                 "%s: line %lld, column %s, which is to be predicted: %s; as labels: --set "
                 "data.classes=NAME",
                 table->source, (long long)table->facts[*target].flaw.line, name,
                 table->facts[*target].flaw.what);
    }
    if (is_label(table, *target, &classes)) {
        snprintf(draft->target_note, SPNI_NOTE_SIZE, "labels%s; of a quantity write targets: [%s]",
                 is_named ? "" : " (the last column)", name);
        SPN_TRY(spni_draft_set(draft, "data.classes", item, true));
    } else {
        const spn_value one = {.scalar = item, .is_quoted = true};
        const spn_value list = {.count = 1, .items = &one};
        snprintf(draft->target_note, SPNI_NOTE_SIZE, "%s; several may be predicted at once",
                 is_named ? "named so" : "the last column");
        SPN_TRY(
            spn_experiment_assign(draft->context, draft->experiment, "data.targets", &list, true));
    }
    spn_message(
        draft->context,
        "%s: %s is predicted%s; another one: --set data.targets=[NAME] or data.classes=NAME",
        spn_experiment_data(draft->experiment)->path, name, is_named ? "" : ", the last column");
done:
    return status;
}

/* The columns that the user has named as targets, marked. */
static spn_status mark_targets(spni_draft *draft, bool *is_target)
{
    spn_status status = SPN_OK;
    const spn_data_settings *data = spn_experiment_data(draft->experiment);
    const spn_texts labels = {data->classes != NULL ? 1 : 0, &data->classes};
    const spn_texts *const lists[] = {&data->targets, &labels};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (int64_t k = 0; k < lists[i]->count; k++) {
            int64_t column = -1;
            SPN_TRY(spni_experiment_blame(
                draft->context, draft->experiment, SPNI_SECTION_DATA,
                i == 0 ? "targets" : "classes",
                spn_csv_find(draft->context, draft->table, lists[i]->items[k], &column)));
            is_target[column] = true;
        }
    }
done:
    return status;
}

/* ---- The inputs ---------------------------------------------------------------------------------- */

static bool is_counter(const spn_csv_table *table, int64_t column)
{
    enum { LEAST = 3 };
    const double *values = table->values + column;
    bool is_counting = table->facts[column].numbers == table->rows && table->rows >= LEAST;
    for (int64_t r = 1; r < table->rows && is_counting; r++) {
        is_counting = values[r * table->columns] == values[(r - 1) * table->columns] + 1;
    }
    return is_counting;
}

/* Why a column is no input; NULL: it may be one. */
static const char *reason_of(const spn_csv_table *table, int64_t column)
{
    const spn_csv_column *facts = &table->facts[column];
    if (facts->numbers + facts->words == 0) {
        return "empty";
    }
    if (facts->infinite > 0) {
        return "not finite";
    }
    if (is_disguised(facts)) {
        return "numbers that are not read";
    }
    if (facts->words > 0 && facts->numbers > 0) {
        return "words among numbers";
    }
    if (facts->words > 0 && (facts->categories < 0 || facts->categories > SPN_CSV_ONE_HOT_MAX ||
                             facts->categories == facts->words)) {
        return "too many different words";
    }
    return is_counter(table, column) ? "counts the rows" : NULL;
}

/* The columns that the user has named as inputs, and the targets. */
static spn_status mark_inputs(spni_draft *draft, const bool *is_target, bool *is_used)
{
    spn_status status = SPN_OK;
    const spn_texts *columns = &spn_experiment_data(draft->experiment)->columns;
    memcpy(is_used, is_target, (size_t)draft->table->columns * sizeof *is_used);
    for (int64_t k = 0; k < columns->count; k++) {
        int64_t column = -1;
        SPN_TRY(spni_experiment_blame(
            draft->context, draft->experiment, SPNI_SECTION_DATA, "columns",
            spn_csv_find(draft->context, draft->table, columns->items[k], &column)));
        is_used[column] = true;
    }
done:
    return status;
}

/* Assign the inputs where one is left out; is_used: those and the targets. */
static spn_status choose_inputs(spni_draft *draft, const bool *is_target, bool *is_used)
{
    spn_status status = SPN_OK;
    const spn_csv_table *table = draft->table;
    spn_value *items = NULL;
    int64_t count = 0, left_out = 0;
    size_t used = 0;
    char name[100];
    SPN_TAKE(draft->context, draft->experiment->arena, items, table->columns);
    for (int64_t c = 0; c < table->columns; c++) {
        const char *reason = is_target[c] ? NULL : reason_of(table, c);
        is_used[c] = reason == NULL;
        if (reason != NULL && is_disguised(&table->facts[c])) {
            spn_warning(
                draft->context, "%s: line %lld, column %s: %s; as it is the column is left out",
                spn_experiment_data(draft->experiment)->path, (long long)table->facts[c].flaw.line,
                name_of(table, c, name), table->facts[c].flaw.what);
        }
        if (reason != NULL) {
            left_out++;
            used += used < SPNI_NOTE_SIZE
                        ? (size_t)snprintf(draft->columns_note + used, SPNI_NOTE_SIZE - used,
                                           "%s%s (%s)", left_out == 1 ? "left out: " : ", ",
                                           name_of(table, c, name), reason)
                        : 0;
        } else if (!is_target[c]) {
            items[count].is_quoted = true;
            SPN_TRY(item_of(draft, c, &items[count++].scalar));
        }
    }
    const spn_value list = {.count = count, .items = items};
    if (left_out > 0 && count > 0) {
        spn_message(draft->context, "%s: %s", spn_experiment_data(draft->experiment)->path,
                    draft->columns_note);
        SPN_TRY(
            spn_experiment_assign(draft->context, draft->experiment, "data.columns", &list, true));
    }
done:
    return status;
}

static bool is_missing(const spn_csv_table *table, int64_t row, int64_t column)
{
    const spn_csv_column *facts = &table->facts[column];
    return facts->words > 0 ? facts->codes != NULL && facts->codes[row] < 0 && facts->numbers == 0
                            : isnan(table->values[row * table->columns + column]);
}

static spn_status choose_missing(spni_draft *draft, const bool *is_used)
{
    const int64_t few = 20; /* rows in one of as many may go */
    const spn_csv_table *table = draft->table;
    int64_t rows = 0;
    for (int64_t r = 0; r < table->rows; r++) {
        bool is_any = false;
        for (int64_t c = 0; c < table->columns && !is_any; c++) {
            is_any = is_used[c] && is_missing(table, r, c);
        }
        rows += is_any;
    }
    if (rows == 0 || spni_draft_has(draft, SPNI_SECTION_DATA, "missing")) {
        return SPN_OK;
    }
    const bool is_drop = rows * few <= table->rows;
    snprintf(draft->missing_note, SPNI_NOTE_SIZE, "%lld of %lld rows have missing cells: %s",
             (long long)rows, (long long)table->rows,
             is_drop ? "left out" : "inputs become the mean of the training samples");
    return spni_draft_set(draft, "data.missing", is_drop ? "drop" : "mean", false);
}

/* ---- What the network sees ----------------------------------------------------------------------- */

static void count_columns(spni_draft *draft, const bool *is_target, const bool *is_used)
{
    const spn_csv_table *table = draft->table;
    const bool is_classes = spn_experiment_data(draft->experiment)->classes != NULL;
    for (int64_t c = 0; c < table->columns; c++) {
        const spn_csv_column *facts = &table->facts[c];
        int64_t classes = 1;
        if (is_target[c]) {
            draft->outputs += is_classes && is_label(table, c, &classes) ? classes : 1;
        } else if (is_used[c]) {
            draft->inputs += facts->words > 0 && facts->categories > 0 ? facts->categories : 1;
        }
    }
}

static double deviation(const spn_csv_table *table, int64_t column)
{
    double sum = 0, squares = 0;
    int64_t count = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t r = 0; r < table->rows; r++) {
            const double value = table->values[r * table->columns + column];
            if (isnan(value)) {
                continue;
            }
            if (pass == 0) {
                sum += value;
                count++;
            } else {
                squares += (value - sum / (double)count) * (value - sum / (double)count);
            }
        }
    }
    return count > 0 ? sqrt(squares / (double)count) : 0;
}

/* How far the scales of the inputs lie apart. */
static void note_scales(spni_draft *draft, const bool *is_target, const bool *is_used)
{
    const spn_csv_table *table = draft->table;
    double least = (double)INFINITY, most = 0;
    for (int64_t c = 0; c < table->columns; c++) {
        const double own =
            is_used[c] && !is_target[c] && table->facts[c].words == 0 ? deviation(table, c) : 0;
        least = own > 0 && own < least ? own : least;
        most = own > most ? own : most;
    }
    if (most > 0) {
        snprintf(draft->scale_note, SPNI_NOTE_SIZE,
                 "deviations of the inputs: %.3g to %.3g; one beta for all weights needs one scale",
                 least, most);
    }
}

spn_status spni_draft_columns(spni_draft *draft)
{
    spn_status status = SPN_OK;
    bool *is_target = NULL, *is_used = NULL;
    int64_t target = 0;
    if (draft->table->columns < 2) {
        return spn_fail(draft->context, SPN_ERROR_INPUT,
                        "%s: has one column; an experiment needs inputs and something to predict",
                        draft->table->source);
    }
    SPN_NEW(draft->context, is_target, draft->table->columns);
    SPN_NEW(draft->context, is_used, draft->table->columns);
    if (!spni_draft_has(draft, SPNI_SECTION_DATA, "targets") &&
        !spni_draft_has(draft, SPNI_SECTION_DATA, "classes")) {
        SPN_TRY(choose_target(draft, &target));
    }
    SPN_TRY(mark_targets(draft, is_target));
    if (spni_draft_has(draft, SPNI_SECTION_DATA, "columns")) {
        SPN_TRY(mark_inputs(draft, is_target, is_used));
    } else {
        SPN_TRY(choose_inputs(draft, is_target, is_used));
    }
    SPN_TRY(choose_missing(draft, is_used));
    count_columns(draft, is_target, is_used);
    note_scales(draft, is_target, is_used);
done:
    spn_release(draft->context, is_target);
    spn_release(draft->context, is_used);
    return status;
}
