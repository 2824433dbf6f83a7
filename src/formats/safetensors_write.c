/* SPDX-License-Identifier: MIT */
#include "formats/arrays.h"

#include <stdio.h>
#include <string.h>

/** Counts first (text NULL), then fills. */
typedef struct writer {
    char *text;
    int64_t length;
} writer;

static void put(writer *out, const char *bytes, size_t count)
{
    if (out->text != NULL) {
        memcpy(out->text + out->length, bytes, count);
    }
    out->length += (int64_t)count;
}

static void put_text(writer *out, const char *text)
{
    put(out, text, strlen(text));
}

static void put_size(writer *out, int64_t size)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", (long long)size);
    put_text(out, digits);
}

static void put_quoted(writer *out, const char *text)
{
    put(out, "\"", 1);
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        char escape[8];
        if (byte < 0x20) {
            snprintf(escape, sizeof escape, "\\u%04x", byte);
            put_text(out, escape);
        } else {
            put(out, "\\", byte == '"' || byte == '\\' ? 1 : 0);
            put(out, text, 1);
        }
    }
    put(out, "\"", 1);
}

static void put_header(writer *out, const spn_arrays *arrays)
{
    int64_t offset = 0;
    for (int64_t i = 0; i < arrays->count; i++) {
        const spn_named_array *array = &arrays->items[i];
        put_text(out, i == 0 ? "{" : ",");
        put_quoted(out, array->name);
        put_text(out, ":{\"dtype\":\"F64\",\"shape\":[");
        for (int64_t d = 0; d < array->rank; d++) {
            put_text(out, d == 0 ? "" : ",");
            put_size(out, array->shape[d]);
        }
        put_text(out, "],\"data_offsets\":[");
        put_size(out, offset);
        put_text(out, ",");
        offset += 8 * array->count;
        put_size(out, offset);
        put_text(out, "]}");
    }
    put_text(out, "}");
    while (out->length % 8 != 0) {
        put_text(out, " ");
    }
}

static spn_status check_writable(spn_context *context, const spn_arrays *arrays, int64_t *bytes)
{
    spn_status status = SPN_OK;
    SPN_TRY(spni_arrays_check(context, arrays));
    if (spn_arrays_find(arrays, "__metadata__") != NULL) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "safetensors files cannot hold an array named __metadata__");
    }
    *bytes = 0;
    for (int64_t i = 0; i < arrays->count; i++) {
        if (!spn_size_add(*bytes, 8 * arrays->items[i].count, bytes)) {
            SPN_FAIL(context, SPN_ERROR_ARGUMENT, "the arrays are too large for a file");
        }
    }
done:
    return status;
}

spn_status spni_safetensors_build(spn_context *context, const spn_arrays *arrays,
                                  unsigned char **bytes, int64_t *size)
{
    spn_status status = SPN_OK;
    writer header = {0};
    int64_t body = 0, total = 0;
    *bytes = NULL;
    SPN_TRY(check_writable(context, arrays, &body));
    put_header(&header, arrays);
    if (!spn_size_add(body, 8 + header.length, &total)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "the arrays are too large for a file");
    }
    SPN_NEW(context, *bytes, total);
    spni_store_little((uint64_t)header.length, *bytes, 8);
    header = (writer){.text = (char *)*bytes + 8};
    put_header(&header, arrays);
    unsigned char *at = *bytes + 8 + header.length;
    for (int64_t i = 0; i < arrays->count; i++) {
        spni_numbers_encode(arrays->items[i].values, arrays->items[i].count, at);
        at += 8 * arrays->items[i].count;
    }
    *size = total;
done:
    return status;
}

spn_status spn_safetensors_write(spn_context *context, spn_output *output, const spn_arrays *arrays)
{
    spn_status status = SPN_OK;
    unsigned char *bytes = NULL;
    int64_t size = 0;
    SPN_TRY(spni_safetensors_build(context, arrays, &bytes, &size));
    SPN_TRY(spn_output_write(context, output, bytes, size));
done:
    spn_release(context, bytes);
    return status;
}
