/* SPDX-License-Identifier: MIT */
/* The different words of a column. They are few, so that a sorted list with binary search is enough: it has
 * no bad inputs, and its order is the one that is wanted. */
#include "formats/csv.h"

#include <stdlib.h>
#include <string.h>

static int compare_cells(const spni_csv_cell *a, const spni_csv_cell *b)
{
    int64_t shorter = a->length < b->length ? a->length : b->length;
    int order = shorter > 0 ? memcmp(a->text, b->text, (size_t)shorter) : 0;
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

void spni_csv_words_release(spn_context *context, spni_csv_words *words)
{
    spn_release(context, words->cells);
    spn_release(context, words->order);
    spn_release(context, words->codes);
    *words = (spni_csv_words){.is_full = words->is_full};
}

/* Room for one more word. */
static spn_status grow(spn_context *context, spni_csv_words *words)
{
    spn_status status = SPN_OK;
    int64_t capacity = words->capacity, other = capacity;
    SPN_TRY(spn_grow(context, &words->cells, sizeof *words->cells, words->count, 1, &capacity));
    SPN_TRY(spn_grow(context, &words->order, sizeof *words->order, words->count, 1, &other));
    words->capacity = capacity;
done:
    return status;
}

/* The place in `order` where the cell is or belongs. */
static int32_t find(const spni_csv_words *words, const spni_csv_cell *cell, bool *is_there)
{
    int32_t low = 0, high = words->count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        int order = compare_cells(&words->cells[words->order[middle]], cell);
        if (order == 0) {
            *is_there = true;
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *is_there = false;
    return low;
}

spn_status spni_csv_words_add(spn_context *context, spn_arena *arena, spni_csv_words *words,
                              int64_t rows, int64_t row, const spni_csv_cell *cell)
{
    spn_status status = SPN_OK;
    bool is_there = false;
    if (words->is_full) {
        return SPN_OK;
    }
    if (words->codes == NULL) {
        SPN_NEW(context, words->codes, rows);
        for (int64_t r = 0; r < rows; r++) {
            words->codes[r] = -1;
        }
    }
    int32_t place = find(words, cell, &is_there);
    if (!is_there && words->count == SPN_CSV_CATEGORIES_MAX) {
        words->is_full = true;
        spni_csv_words_release(context, words);
        return SPN_OK;
    }
    if (!is_there) {
        char *text = NULL;
        SPN_TRY(grow(context, words));
        SPN_TAKE(context, arena, text, cell->length);
        memcpy(text, cell->text, (size_t)cell->length);
        memmove(words->order + place + 1, words->order + place,
                (size_t)(words->count - place) * sizeof *words->order);
        words->cells[words->count] = *cell;
        words->cells[words->count].text = text;
        words->order[place] = words->count++;
    }
    words->codes[row] = words->order[place];
done:
    return status;
}

typedef struct name {
    char *text;
    int32_t index;
} name;

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const name *)a)->text, ((const name *)b)->text);
}

/* The names of all words without their quotes, sorted; `count` of them have been made. */
static spn_status make_names(spn_context *context, const spni_csv_words *words, name *names,
                             int32_t *count)
{
    for (*count = 0; *count < words->count; (*count)++) {
        names[*count].index = *count;
        names[*count].text = spni_csv_cell_text(context, &words->cells[*count]);
        if (names[*count].text == NULL) {
            return spn_error_status(context);
        }
    }
    qsort(names, (size_t)words->count, sizeof *names, compare_names);
    return SPN_OK;
}

spn_status spni_csv_words_finish(spn_context *context, spni_csv_words *words, int64_t first_row,
                                 int64_t rows, spn_csv_column *column)
{
    spn_status status = SPN_OK;
    name *names = NULL;
    int32_t made = 0, *new_codes = NULL, *codes = words->codes;
    const char **kept = NULL;
    column->categories = words->is_full ? -1 : 0;
    if (words->count == 0) {
        goto done;
    }
    SPN_NEW(context, names, words->count);
    SPN_NEW(context, new_codes, words->count);
    SPN_TRY(make_names(context, words, names, &made));
    SPN_NEW(context, kept, words->count);
    column->category_names = kept;
    for (int32_t i = 0; i < made; i++) {
        /* A word may be spelled in two ways, with quotes and without. */
        if (column->categories == 0 || strcmp(kept[column->categories - 1], names[i].text) != 0) {
            kept[column->categories++] = names[i].text;
            names[i].text = NULL;
        }
        new_codes[names[i].index] = (int32_t)(column->categories - 1);
    }
    for (int64_t r = 0; r < rows; r++) {
        codes[r] = codes[first_row + r] < 0 ? -1 : new_codes[codes[first_row + r]];
    }
    column->codes = codes;
    words->codes = NULL;
done:
    for (int32_t i = 0; i < made; i++) {
        spn_release(context, names[i].text);
    }
    spn_release(context, names);
    spn_release(context, new_codes);
    spni_csv_words_release(context, words);
    return status;
}
