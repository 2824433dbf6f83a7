/* SPDX-License-Identifier: MIT */
#include "base/options.h"

#include <stdio.h>
#include <string.h>

int64_t spn_option_find(const spn_option_table *table, const char *key)
{
    for (int64_t i = 0; i < table->count; i++) {
        if (strcmp(table->options[i].key, key) == 0) {
            return i;
        }
    }
    return -1;
}

bool spn_settings_is_set(const spn_settings *settings, const char *key)
{
    int64_t index = spn_option_find(settings->table, key);
    return index >= 0 && settings->is_set[index];
}

static const char *where_is(const spn_source *source, const char *section, const char *key,
                            char *buffer, size_t size)
{
    if (source->file != NULL) {
        snprintf(buffer, size, "%s:%d:%d: %s.%s", source->file, source->line, source->column,
                 section, key);
    } else {
        snprintf(buffer, size, "%s.%s", section, key);
    }
    return buffer;
}

const char *spn_settings_where(const spn_settings *settings, const char *key, char *buffer,
                               size_t size)
{
    static const spn_source nowhere;
    int64_t index = spn_option_find(settings->table, key);
    return where_is(index >= 0 ? &settings->sources[index] : &nowhere, settings->table->section,
                    key, buffer, size);
}

static const char *number_words(const spn_option *option, bool is_plural)
{
    bool is_integer = option->type == SPN_OPTION_INTEGER || option->type == SPN_OPTION_INTEGERS;
    if (is_integer) {
        return is_plural ? "integers" : "an integer";
    }
    return is_plural ? "numbers" : "a number";
}

static const char *bound_words(spn_bound bound)
{
    switch (bound) {
    case SPN_ANY:
        return "";
    case SPN_POSITIVE:
        return " > 0";
    case SPN_NONNEGATIVE:
        return " >= 0";
    case SPN_UNIT_OPEN:
        return " in (0, 1)";
    case SPN_UNIT_CLOSED:
        return " in [-1, 1]";
    case SPN_SHARE:
        return " in [0, 1)";
    case SPN_COUNT:
        return " from 1 to 1000000000";
    case SPN_COUNT_OR_ZERO:
        return " from 0 to 1000000000";
    case SPN_STRENGTH:
        return " from 0 to 1e150";
    }
    return "";
}

static int64_t list_choices(const spn_option *option, char *buffer, size_t size)
{
    int64_t length = snprintf(buffer, size, "one of: ");
    for (const char *const *choice = option->choices; *choice != NULL; choice++) {
        size_t used = (size_t)length < size ? (size_t)length : size;
        length += snprintf(buffer + used, size - used, "%s%s",
                           choice == option->choices ? "" : ", ", *choice);
    }
    return length;
}

int64_t spn_option_accepts(const spn_option *option, char *buffer, size_t size)
{
    const char *bound = bound_words(option->bound);
    switch (option->type) {
    case SPN_OPTION_REAL:
    case SPN_OPTION_INTEGER:
        return snprintf(buffer, size, "%s%s", number_words(option, false), bound);
    case SPN_OPTION_BOOLEAN:
        return snprintf(buffer, size, "true or false");
    case SPN_OPTION_CHOICE:
        return list_choices(option, buffer, size);
    case SPN_OPTION_TEXT:
        return snprintf(buffer, size, "text");
    case SPN_OPTION_REALS:
    case SPN_OPTION_INTEGERS:
        return snprintf(buffer, size, "a list of %s%s", number_words(option, true), bound);
    case SPN_OPTION_TEXTS:
        return snprintf(buffer, size, "a list of names");
    case SPN_OPTION_MATRIX:
        return snprintf(buffer, size, "a list of rows, each a list of numbers");
    }
    return 0;
}

static spn_status reset(spn_context *context, spn_arena *arena, spn_settings *settings,
                        int64_t index)
{
    settings->is_set[index] = false;
    settings->sources[index] = (spn_source){0};
    return spni_option_set_default(context, arena, &settings->table->options[index],
                                   spni_option_storage(settings, index));
}

spn_status spn_settings_reset(spn_context *context, spn_arena *arena, spn_settings *settings,
                              const char *key)
{
    int64_t index = spn_option_find(settings->table, key);
    if (index < 0) {
        static const spn_source nowhere;
        return spni_option_unknown(context, settings->table, key, &nowhere);
    }
    return reset(context, arena, settings, index);
}

spn_status spn_settings_create(spn_context *context, spn_arena *arena,
                               const spn_option_table *table, spn_settings *out)
{
    spn_status status = SPN_OK;
    *out = (spn_settings){.table = table};
    SPN_TAKE(context, arena, out->sources, table->count);
    SPN_TAKE(context, arena, out->is_set, table->count);
    out->values = spn_arena_take(arena, (int64_t)table->settings_size, 1);
    if (out->values == NULL) {
        status = spn_error_status(context);
        goto done;
    }
    for (int64_t i = 0; i < table->count; i++) {
        SPN_TRY(reset(context, arena, out, i));
    }
done:
    return status;
}

spn_status spn_settings_defaults(spn_context *context, spn_arena *arena,
                                 const spn_option_table *table, void *settings, size_t size)
{
    spn_status status = SPN_OK;
    if (size != table->settings_size) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "defaults of section %s: the settings struct has %zu bytes, not %zu",
                 table->section, table->settings_size, size);
    }
    memset(settings, 0, size);
    for (int64_t i = 0; i < table->count; i++) {
        SPN_TRY(spni_option_set_default(context, arena, &table->options[i],
                                        (char *)settings + table->options[i].offset));
    }
done:
    return status;
}

spn_status spn_settings_assign(spn_context *context, spn_arena *arena, spn_settings *settings,
                               const char *key, const spn_value *value)
{
    const spn_option_table *table = settings->table;
    int64_t index = spn_option_find(table, key);
    if (index < 0) {
        return spni_option_unknown(context, table, key, &value->source);
    }
    char accepts[256], where[512];
    spn_option_accepts(&table->options[index], accepts, sizeof accepts);
    where_is(&value->source, table->section, key, where, sizeof where);
    spn_status status = spni_option_parse(context, arena, &table->options[index], value, where,
                                          accepts, spni_option_storage(settings, index));
    if (status == SPN_OK) {
        settings->is_set[index] = true;
        settings->sources[index] = value->source;
    }
    return status;
}
