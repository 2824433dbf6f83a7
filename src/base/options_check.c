/* SPDX-License-Identifier: MIT */
#include "base/options.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

typedef struct checker {
    spn_context *context;
    const spn_option_table *table;
    const spn_option *option;
} checker;

static spn_status refuse(const checker *c, int64_t item, const char *got)
{
    char accepts[256], place[48] = "";
    spn_option_accepts(c->option, accepts, sizeof accepts);
    if (item >= 0) {
        snprintf(place, sizeof place, " (item %" PRId64 ")", item + 1);
    }
    char key[SPN_ERROR_KEY_SIZE];
    snprintf(key, sizeof key, "%s.%s", c->table->section, c->option->key);
    spn_fail(c->context, SPN_ERROR_INPUT, "%s%s: expected %s, got %s", key, place, accepts, got);
    spn_error_set_key(c->context, key);
    return SPN_ERROR_INPUT;
}

/* A number that has no default may be left out: NaN. */
static spn_status check_real(const checker *c, double value, int64_t item)
{
    char got[32];
    bool is_unset = isnan(value) && item < 0 && c->option->initial == NULL;
    double judged = c->option->bound == SPN_STRENGTH ? fabs(value) : value;
    if (is_unset || (isfinite(value) && spni_is_in_bound(c->option->bound, judged))) {
        return SPN_OK;
    }
    spn_format_real(value, got);
    return refuse(c, item, got);
}

static spn_status check_integer(const checker *c, int64_t value, int64_t item)
{
    char got[32];
    if (spni_is_in_bound(c->option->bound, (double)value)) {
        return SPN_OK;
    }
    snprintf(got, sizeof got, "%" PRId64, value);
    return refuse(c, item, got);
}

static spn_status check_choice(const checker *c, int value)
{
    char got[32];
    int count = 0;
    while (c->option->choices[count] != NULL) {
        count++;
    }
    if (value >= 0 && value < count) {
        return SPN_OK;
    }
    snprintf(got, sizeof got, "number %d", value);
    return refuse(c, -1, got);
}

static spn_status check_list(const checker *c, int64_t count, const void *items)
{
    if (count < 0 || count > SPN_COUNT_MAX || (count > 0 && items == NULL)) {
        char got[64];
        snprintf(got, sizeof got, "%" PRId64 " items%s", count, items == NULL ? " at NULL" : "");
        return refuse(c, -1, got);
    }
    return SPN_OK;
}

static spn_status check_reals(const checker *c, const spn_reals *list)
{
    spn_status status = check_list(c, list->count, list->items);
    for (int64_t i = 0; i < list->count && status == SPN_OK; i++) {
        status = check_real(c, list->items[i], i);
    }
    return status;
}

static spn_status check_integers(const checker *c, const spn_integers *list)
{
    spn_status status = check_list(c, list->count, list->items);
    for (int64_t i = 0; i < list->count && status == SPN_OK; i++) {
        status = check_integer(c, list->items[i], i);
    }
    return status;
}

static spn_status check_texts(const checker *c, const spn_texts *list)
{
    spn_status status = check_list(c, list->count, list->items);
    for (int64_t i = 0; i < list->count && status == SPN_OK; i++) {
        status = list->items[i] != NULL ? SPN_OK : refuse(c, i, "NULL");
    }
    return status;
}

static spn_status check_matrix(const checker *c, const spn_matrix *matrix)
{
    spn_status status = SPN_OK;
    SPN_TRY(check_list(c, matrix->rows, matrix->items));
    SPN_TRY(check_list(c, matrix->columns, matrix->items));
    for (int64_t i = 0; i < matrix->rows * matrix->columns; i++) {
        SPN_TRY(check_real(c, matrix->items[i], i / matrix->columns));
    }
done:
    return status;
}

static spn_status check_option(const checker *c, const void *settings)
{
    const void *value = (const char *)settings + c->option->offset;
    switch (c->option->type) {
    case SPN_OPTION_REAL:
        return check_real(c, *(const double *)value, -1);
    case SPN_OPTION_INTEGER:
        return check_integer(c, *(const int64_t *)value, -1);
    case SPN_OPTION_CHOICE:
        return check_choice(c, *(const int *)value);
    case SPN_OPTION_REALS:
        return check_reals(c, value);
    case SPN_OPTION_INTEGERS:
        return check_integers(c, value);
    case SPN_OPTION_TEXTS:
        return check_texts(c, value);
    case SPN_OPTION_MATRIX:
        return check_matrix(c, value);
    case SPN_OPTION_BOOLEAN:
    case SPN_OPTION_TEXT:
        return SPN_OK;
    }
    return SPN_OK;
}

spn_status spn_settings_check(spn_context *context, const spn_option_table *table,
                              const void *settings)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < table->count; i++) {
        const checker c = {context, table, &table->options[i]};
        SPN_TRY(check_option(&c, settings));
    }
done:
    return status;
}

spn_status spn_settings_check_keys(spn_context *context, const spn_option_table *table,
                                   const void *settings, const char *const *keys)
{
    spn_status status = SPN_OK;
    for (; *keys != NULL; keys++) {
        const int64_t i = spn_option_find(table, *keys);
        if (i < 0) {
            SPN_FAIL(context, SPN_ERROR_ARGUMENT, "section %s has no key '%s'", table->section,
                     *keys);
        }
        const checker c = {context, table, &table->options[i]};
        SPN_TRY(check_option(&c, settings));
    }
done:
    return status;
}
