/* SPDX-License-Identifier: MIT */
/* Columns by name or position. */
#include <spinodal/formats/csv.h>
#include <stdio.h>
#include <string.h>

/* "'a', 'b', ..." or "1 to 5", cut to fit. */
static void list_columns(const spn_csv_table *table, char *buffer, size_t size)
{
    size_t used = 0;
    if (table->names == NULL) {
        snprintf(buffer, size, "1 to %lld (the file has no header)", (long long)table->columns);
        return;
    }
    buffer[0] = '\0';
    for (int64_t c = 0; c < table->columns && used + 1 < size; c++) {
        int length =
            snprintf(buffer + used, size - used, "%s%.40s", c > 0 ? ", " : "", table->names[c]);
        used += length > 0 ? (size_t)length : 0;
    }
}

static spn_status fail_unknown(spn_context *context, const spn_csv_table *table, const char *item)
{
    char list[400];
    list_columns(table, list, sizeof list);
    const char *near =
        table->names != NULL ? spn_nearest_name(item, table->names, table->columns) : NULL;
    return spn_fail(context, SPN_ERROR_INPUT, "%s: no column '%.60s'%s%.60s%s; columns are: %s",
                    table->source, item, near != NULL ? "; did you mean '" : "",
                    near != NULL ? near : "", near != NULL ? "'?" : "", list);
}

/* The column of this name, or -1. */
static spn_status find_name(spn_context *context, const spn_csv_table *table, const char *name,
                            int64_t *found)
{
    *found = -1;
    for (int64_t c = 0; table->names != NULL && c < table->columns; c++) {
        if (strcmp(table->names[c], name) != 0) {
            continue;
        }
        if (*found >= 0) {
            return spn_fail(context, SPN_ERROR_INPUT,
                            "%s: columns %lld and %lld are both named '%.60s'; give a position",
                            table->source, (long long)*found + 1, (long long)c + 1, name);
        }
        *found = c;
    }
    return SPN_OK;
}

/* What stands behind "name=" or "position=", otherwise NULL. */
static const char *after(const char *item, const char *kind)
{
    const size_t length = strlen(kind);
    return strncmp(item, kind, length) == 0 ? item + length : NULL;
}

static spn_status check_position(spn_context *context, const spn_csv_table *table, int64_t position)
{
    if (position < 1 || position > table->columns) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s: no column %lld; there are %lld",
                        table->source, (long long)position, (long long)table->columns);
    }
    return SPN_OK;
}

spn_status spn_csv_find(spn_context *context, const spn_csv_table *table, const char *item,
                        int64_t *column)
{
    spn_status status = SPN_OK;
    int64_t position = 0, named = -1;
    SPN_TRY(find_name(context, table, item, &named));
    const char *name = named < 0 ? after(item, "name=") : NULL;
    const char *place = named < 0 ? after(item, "position=") : NULL;
    const bool is_position = spn_parse_integer(place != NULL ? place : item, &position);
    const bool is_there = is_position && position >= 1 && position <= table->columns;
    if (named >= 0 && is_there && position - 1 != named) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: '%s' is the name of column %lld and the position of column %lld ('%.60s'): "
                 "write 'name=%s' or 'position=%s'",
                 table->source, item, (long long)named + 1, (long long)position,
                 table->names[position - 1], item, item);
    }
    if (name != NULL) {
        SPN_TRY(find_name(context, table, name, &named));
    } else if (named < 0 && is_position) {
        SPN_TRY(check_position(context, table, position));
        named = position - 1;
    }
    if (named < 0) {
        SPN_TRY(fail_unknown(context, table, name != NULL ? name : item));
    }
    *column = named;
done:
    return status;
}
