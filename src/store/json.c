/* SPDX-License-Identifier: MIT */
/* A streaming JSON writer (RFC 8259). Items are indented by two blanks per level, one per line. */
#include <spinodal/store.h>

#include <stdio.h>
#include <string.h>

static void flush(spn_json *json)
{
    if (json->status == SPN_OK && json->used > 0) {
        json->status = json->sink.write(json->context, json->sink.state, json->buffer, json->used);
    }
    json->used = 0;
}

static void put(spn_json *json, const char *bytes, int64_t size)
{
    while (size > 0 && json->status == SPN_OK) {
        int64_t room = (int64_t)sizeof json->buffer - json->used;
        int64_t part = size < room ? size : room;
        memcpy(json->buffer + json->used, bytes, (size_t)part);
        json->used += part;
        bytes += part;
        size -= part;
        if (json->used == (int64_t)sizeof json->buffer) {
            flush(json);
        }
    }
}

static void put_string(spn_json *json, const char *text)
{
    put(json, text, (int64_t)strlen(text));
}

static void fail(spn_json *json, const char *what)
{
    if (json->status == SPN_OK) {
        json->status = spn_fail(json->context, SPN_ERROR_ARGUMENT, "JSON output: %s", what);
    }
}

static uint64_t level(const spn_json *json)
{
    return (uint64_t)1 << json->depth;
}

/* Bytes of the valid UTF-8 sequence at `s` (1 to 4), or 0. Overlong forms, surrogates and values above
 * U+10FFFF are invalid (Unicode 15, table 3-7). */
static int sequence_length(const unsigned char *s)
{
    unsigned low = 0x80;
    unsigned high = 0xBF;
    int length = 0;
    if (s[0] < 0x80) {
        return 1;
    }
    if (s[0] >= 0xC2 && s[0] <= 0xDF) {
        length = 2;
    } else if (s[0] >= 0xE0 && s[0] <= 0xEF) {
        length = 3;
        low = s[0] == 0xE0 ? 0xA0 : low;
        high = s[0] == 0xED ? 0x9F : high;
    } else if (s[0] >= 0xF0 && s[0] <= 0xF4) {
        length = 4;
        low = s[0] == 0xF0 ? 0x90 : low;
        high = s[0] == 0xF4 ? 0x8F : high;
    } else {
        return 0;
    }
    if (s[1] < low || s[1] > high) {
        return 0;
    }
    for (int i = 2; i < length; i++) {
        if (s[i] < 0x80 || s[i] > 0xBF) {
            return 0;
        }
    }
    return length;
}

static void put_quoted(spn_json *json, const char *text)
{
    static const char escaped[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    put(json, "\"", 1);
    const unsigned char *s = (const unsigned char *)text;
    while (*s != '\0') {
        const char *special = strchr(escaped, *s);
        int length = sequence_length(s);
        if (special != NULL) {
            const char pair[2] = {'\\', letters[special - escaped]};
            put(json, pair, 2);
            length = 1;
        } else if (*s < 0x20) {
            char code[8];
            snprintf(code, sizeof code, "\\u%04x", (unsigned)*s);
            put_string(json, code);
        } else if (length == 0) {
            put_string(json, "\xEF\xBF\xBD");
            length = 1;
        } else {
            put(json, (const char *)s, length);
        }
        s += length;
    }
    put(json, "\"", 1);
}

/* What comes before every value: comma, line break, indentation, key. */
static void begin_value(spn_json *json, const char *key)
{
    const bool is_object = json->depth > 0 && (json->is_list & level(json)) == 0;
    if (is_object != (key != NULL)) {
        fail(json, is_object ? "a key is missing" : "a key outside an object");
        return;
    }
    if (json->depth == 0) {
        if ((json->has_items & 1) != 0) {
            fail(json, "a second document");
        }
    } else {
        put_string(json, (json->has_items & level(json)) != 0 ? ",\n" : "\n");
        for (int64_t i = 0; i < json->depth; i++) {
            put_string(json, "  ");
        }
    }
    json->has_items |= level(json);
    if (key != NULL) {
        put_quoted(json, key);
        put_string(json, ": ");
    }
}

void spn_json_begin(spn_json *json, spn_context *context, spn_sink sink)
{
    json->context = context;
    json->sink = sink;
    json->status = SPN_OK;
    json->depth = 0;
    json->is_list = 0;
    json->has_items = 0;
    json->used = 0;
}

static void open_level(spn_json *json, const char *key, bool is_list)
{
    begin_value(json, key);
    if (json->depth >= SPN_JSON_DEPTH_MAX) {
        fail(json, "too deep");
        return;
    }
    put_string(json, is_list ? "[" : "{");
    json->depth++;
    json->has_items &= ~level(json);
    json->is_list = is_list ? json->is_list | level(json) : json->is_list & ~level(json);
}

static void close_level(spn_json *json, bool is_list)
{
    if (json->depth == 0 || ((json->is_list & level(json)) != 0) != is_list) {
        fail(json, "closed what was not open");
        return;
    }
    bool has_items = (json->has_items & level(json)) != 0;
    json->depth--;
    if (has_items) {
        put_string(json, "\n");
        for (int64_t i = 0; i < json->depth; i++) {
            put_string(json, "  ");
        }
    }
    put_string(json, is_list ? "]" : "}");
}

void spn_json_begin_object(spn_json *json, const char *key)
{
    open_level(json, key, false);
}

void spn_json_end_object(spn_json *json)
{
    close_level(json, false);
}

void spn_json_begin_list(spn_json *json, const char *key)
{
    open_level(json, key, true);
}

void spn_json_end_list(spn_json *json)
{
    close_level(json, true);
}

void spn_json_real(spn_json *json, const char *key, double value)
{
    char number[32];
    if (!(value - value == 0)) {
        spn_json_null(json, key);
        return;
    }
    begin_value(json, key);
    spn_format_real(value, number);
    put_string(json, number);
}

void spn_json_integer(spn_json *json, const char *key, int64_t value)
{
    char number[32];
    begin_value(json, key);
    snprintf(number, sizeof number, "%lld", (long long)value);
    put_string(json, number);
}

void spn_json_boolean(spn_json *json, const char *key, bool value)
{
    begin_value(json, key);
    put_string(json, value ? "true" : "false");
}

void spn_json_text(spn_json *json, const char *key, const char *value)
{
    if (value == NULL) {
        spn_json_null(json, key);
        return;
    }
    begin_value(json, key);
    put_quoted(json, value);
}

void spn_json_null(spn_json *json, const char *key)
{
    begin_value(json, key);
    put_string(json, "null");
}

void spn_json_cells(spn_json *json, const spn_table *table, int64_t row)
{
    for (int64_t i = 0; i < table->columns->count; i++) {
        const spn_column *column = &table->columns->items[i];
        if (column->type == SPN_COLUMN_REAL) {
            spn_json_real(json, column->name, spn_table_real(table, row, i));
        } else if (column->words != NULL) {
            spn_json_text(json, column->name, spn_table_word(table, row, i));
        } else {
            spn_json_integer(json, column->name, spn_table_integer(table, row, i));
        }
    }
}

void spn_json_record(spn_json *json, const char *key, const spn_table *table, int64_t row)
{
    spn_json_begin_object(json, key);
    spn_json_cells(json, table, row);
    spn_json_end_object(json);
}

spn_status spn_json_end_document(spn_json *json)
{
    if (json->depth != 0) {
        fail(json, "something is still open");
    }
    put_string(json, "\n");
    flush(json);
    return json->status;
}
