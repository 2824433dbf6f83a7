/* SPDX-License-Identifier: MIT */
/* The format: https://github.com/huggingface/safetensors#format: 8 bytes, the little-endian length of the
 * header; the header, a JSON object; then the numbers, which must fill the rest without holes. */
#include "formats/arrays.h"

#include "formats/input.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_MAX 100000000
#define QUOTE_SIZE 120
#define METADATA "__metadata__"

typedef struct tensor {
    const char *name; /**< of the JSON object */
    spni_number number;
    int64_t rank, count;
    int64_t shape[SPN_ARRAY_RANK_MAX];
    int64_t begin, end; /**< within the data */
} tensor;

/** The text begins with a brace, so what it holds is an object. */
static spn_status parse_header(spn_context *context, const char *source, const char *text,
                               int64_t length, json_t **out)
{
    json_error_t error;
    *out = json_loadb(text, (size_t)length, JSON_REJECT_DUPLICATES, &error);
    if (*out == NULL) {
        char quoted[QUOTE_SIZE];
        spni_quote_text(error.text, (int64_t)strlen(error.text), quoted, sizeof quoted);
        /* Jansson says nothing at all in most places where it runs out of memory. */
        if (error.text[0] == '\0' || json_error_code(&error) == json_error_out_of_memory) {
            return spn_fail(context, SPN_ERROR_MEMORY, "%s: out of memory", source);
        }
        return spn_fail(context, SPN_ERROR_INPUT, "%s: its header is not valid JSON: %s", source,
                        quoted);
    }
    return SPN_OK;
}

static spn_status check_metadata(spn_context *context, const char *source, json_t *metadata)
{
    const char *key;
    json_t *value;
    bool is_valid = json_is_object(metadata);
    json_object_foreach(metadata, key, value)
    {
        is_valid = is_valid && json_is_string(value);
    }
    return is_valid ? SPN_OK
                    : spn_fail(context, SPN_ERROR_INPUT,
                               "%s: " METADATA " of its header may hold texts only", source);
}

static spn_status read_type(spn_context *context, const char *where, json_t *entry, tensor *found)
{
    static const struct {
        const char *name;
        spni_number number;
    } types[] = {
        {"F64", SPNI_F64},   {"F32", SPNI_F32}, {"F16", SPNI_F16}, {"BF16", SPNI_BF16},
        {"I64", SPNI_I64},   {"I32", SPNI_I32}, {"I16", SPNI_I16}, {"I8", SPNI_I8},
        {"U64", SPNI_U64},   {"U32", SPNI_U32}, {"U16", SPNI_U16}, {"U8", SPNI_U8},
        {"BOOL", SPNI_BOOL},
    };
    const char *name = json_string_value(json_object_get(entry, "dtype"));
    for (size_t i = 0; name != NULL && i < sizeof types / sizeof *types; i++) {
        if (strcmp(name, types[i].name) == 0) {
            found->number = types[i].number;
            return SPN_OK;
        }
    }
    char quoted[32] = "nothing";
    if (name != NULL) {
        spni_quote_text(name, (int64_t)strlen(name), quoted, sizeof quoted);
    }
    return spn_fail(
        context, SPN_ERROR_INPUT,
        "%s has the dtype %s; known are F64, F32, F16, BF16, I64 to I8, U64 to U8, BOOL", where,
        quoted);
}

/** A list of sizes: at most `limit`, none negative. */
static bool read_sizes(const json_t *list, int64_t limit, int64_t *count, int64_t *sizes)
{
    if (!json_is_array(list) || json_array_size(list) > (size_t)limit) {
        return false;
    }
    *count = (int64_t)json_array_size(list);
    for (int64_t i = 0; i < *count; i++) {
        const json_t *item = json_array_get(list, (size_t)i);
        if (!json_is_integer(item) || json_integer_value(item) < 0) {
            return false;
        }
        sizes[i] = json_integer_value(item);
    }
    return true;
}

static spn_status read_entry(spn_context *context, const char *where, json_t *entry,
                             int64_t data_size, tensor *found)
{
    spn_status status = SPN_OK;
    int64_t offsets[2] = {0}, offset_count = 0, needed = 0;
    if (!json_is_object(entry) || json_object_size(entry) != 3) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s needs dtype, shape and data_offsets, nothing else",
                 where);
    }
    SPN_TRY(read_type(context, where, entry, found));
    if (!read_sizes(json_object_get(entry, "shape"), SPN_ARRAY_RANK_MAX, &found->rank,
                    found->shape)) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: its shape is no list of at most %d sizes", where,
                 SPN_ARRAY_RANK_MAX);
    }
    if (!read_sizes(json_object_get(entry, "data_offsets"), 2, &offset_count, offsets) ||
        offset_count != 2 || offsets[0] > offsets[1]) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: its data_offsets are no pair [begin, end]", where);
    }
    found->begin = offsets[0];
    found->end = offsets[1];
    if (found->end > data_size) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s ends at byte %lld of the data, there are %lld",
                 where, (long long)found->end, (long long)data_size);
    }
    bool fits = spni_shape_count(found->rank, found->shape, &found->count) &&
                spn_size_multiply(found->count, spni_number_size(found->number), &needed);
    if (!fits || needed != found->end - found->begin) {
        char shape[80];
        spni_shape_text(found->rank, found->shape, shape, sizeof shape);
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: its shape %s does not fit its %lld bytes of data",
                 where, shape, (long long)(found->end - found->begin));
    }
done:
    return status;
}

static void describe(const char *source, const char *name, char where[512])
{
    char quoted[QUOTE_SIZE];
    spni_quote_text(name, (int64_t)strlen(name), quoted, sizeof quoted);
    snprintf(where, 512, "%s: array '%s'", source, quoted);
}

static spn_status read_entries(spn_context *context, const char *source, json_t *header,
                               int64_t data_size, tensor *tensors, int64_t *count)
{
    spn_status status = SPN_OK;
    const char *name;
    json_t *entry;
    *count = 0;
    json_object_foreach(header, name, entry)
    {
        if (strcmp(name, METADATA) == 0) {
            SPN_TRY(check_metadata(context, source, entry));
            continue;
        }
        char where[512];
        describe(source, name, where);
        if (!spni_array_name_is_valid(name)) {
            SPN_FAIL(context, SPN_ERROR_INPUT, "%s: a name must have 1 to %d bytes", where,
                     SPN_ARRAY_NAME_MAX);
        }
        tensors[*count].name = name;
        SPN_TRY(read_entry(context, where, entry, data_size, &tensors[*count]));
        *count += 1;
    }
    if (*count == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s holds no arrays", source);
    }
done:
    return status;
}

typedef struct place {
    int64_t begin, end;
    const char *name;
} place;

static int compare_places(const void *a, const void *b)
{
    const place *left = a, *right = b;
    if (left->begin != right->begin) {
        return left->begin < right->begin ? -1 : 1;
    }
    return (left->end > right->end) - (left->end < right->end);
}

/** In the order of the data each array must begin where the one before ends. */
static spn_status check_places(spn_context *context, const char *source, const tensor *tensors,
                               int64_t count, int64_t data_size)
{
    spn_status status = SPN_OK;
    place *places = NULL;
    int64_t end = 0;
    SPN_NEW(context, places, count);
    for (int64_t i = 0; i < count; i++) {
        places[i] = (place){tensors[i].begin, tensors[i].end, tensors[i].name};
    }
    qsort(places, (size_t)count, sizeof *places, compare_places);
    for (int64_t i = 0; i < count; i++) {
        if (places[i].begin != end) {
            char where[512];
            describe(source, places[i].name, where);
            SPN_FAIL(context, SPN_ERROR_INPUT,
                     "%s begins at byte %lld of the data, but the data before it end at %lld",
                     where, (long long)places[i].begin, (long long)end);
        }
        end = places[i].end;
    }
    if (end != data_size) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: %lld bytes after the last array", source,
                 (long long)(data_size - end));
    }
done:
    spn_release(context, places);
    return status;
}

static spn_status add_arrays(spn_context *context, const char *source, const unsigned char *data,
                             const tensor *tensors, int64_t count, spni_array_list *list)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < count; i++) {
        const tensor *from = &tensors[i];
        double *values = NULL;
        SPN_TRY(spn_poll(context));
        SPN_TRY(spni_array_list_add(context, list, from->name, from->rank, from->shape, &values));
        int64_t bad =
            spni_numbers_decode(from->number, false, data + from->begin, from->count, values);
        if (bad >= 0) {
            char where[512];
            describe(source, from->name, where);
            SPN_FAIL(context, SPN_ERROR_INPUT,
                     "%s: item %lld (from 0) is an integer that no double equals", where,
                     (long long)bad);
        }
    }
done:
    return status;
}

/** The text of the header, which ends where the data begin. */
static spn_status locate_header(spn_context *context, const char *source,
                                const unsigned char *bytes, int64_t size, int64_t *length)
{
    uint64_t declared = size >= 8 ? spni_load_little(bytes, 8) : 0;
    if (size < 9 || declared == 0 || bytes[8] != '{') {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s is not a safetensors file: no header follows the first 8 bytes",
                        source);
    }
    if (declared > (uint64_t)size - 8 || declared > HEADER_MAX) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s declares a header of %llu bytes; the file has %lld, and %d are allowed",
                        source, (unsigned long long)declared, (long long)size, HEADER_MAX);
    }
    *length = (int64_t)declared;
    return SPN_OK;
}

spn_status spn_safetensors_parse(spn_context *context, const char *source, const void *bytes,
                                 int64_t size, spn_arrays **out)
{
    spn_status status = SPN_OK;
    const unsigned char *start = bytes;
    int64_t length = 0, count = 0;
    json_t *header = NULL;
    tensor *tensors = NULL;
    spni_array_list *list = NULL;
    *out = NULL;
    SPN_TRY(locate_header(context, source, start, size, &length));
    SPN_TRY(parse_header(context, source, (const char *)start + 8, length, &header));
    const unsigned char *data = start + 8 + length;
    int64_t data_size = size - 8 - length;
    SPN_NEW(context, tensors, (int64_t)json_object_size(header));
    SPN_TRY(read_entries(context, source, header, data_size, tensors, &count));
    SPN_TRY(check_places(context, source, tensors, count, data_size));
    SPN_TRY(spni_array_list_create(context, count, &list));
    SPN_TRY(add_arrays(context, source, data, tensors, count, list));
    *out = &list->arrays;
    list = NULL;
done:
    spni_array_list_free(context, list);
    spn_release(context, tensors);
    json_decref(header);
    return status;
}
