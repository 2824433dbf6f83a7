/* SPDX-License-Identifier: MIT */
/* The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
#include "formats/arrays.h"

#include "formats/input.h"
#include <stdio.h>
#include <string.h>

/** Reads the header, a Python dictionary such as
 *  {'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), } */
typedef struct cursor {
    const unsigned char *at, *end;
} cursor;

typedef struct header {
    spni_number number;
    bool is_big_endian, is_fortran;
    int64_t rank;
    int64_t shape[SPN_ARRAY_RANK_MAX];
} header;

static void skip_blanks(cursor *text)
{
    while (text->at < text->end && (*text->at == ' ' || *text->at == '\n')) {
        text->at++;
    }
}

static bool take(cursor *text, char expected)
{
    skip_blanks(text);
    if (text->at < text->end && *text->at == (unsigned char)expected) {
        text->at++;
        return true;
    }
    return false;
}

static bool take_word(cursor *text, const char *word)
{
    size_t length = strlen(word);
    skip_blanks(text);
    if ((size_t)(text->end - text->at) >= length && memcmp(text->at, word, length) == 0) {
        text->at += length;
        return true;
    }
    return false;
}

/** A quoted string without escapes, cut to the buffer. */
static bool take_string(cursor *text, char *buffer, size_t size)
{
    skip_blanks(text);
    if (text->at == text->end || (*text->at != '\'' && *text->at != '"')) {
        return false;
    }
    unsigned char quote = *text->at;
    const unsigned char *start = text->at + 1;
    const unsigned char *close = memchr(start, quote, (size_t)(text->end - start));
    if (close == NULL || memchr(start, '\\', (size_t)(close - start)) != NULL) {
        return false;
    }
    spni_quote_text((const char *)start, close - start, buffer, size);
    text->at = close + 1;
    return true;
}

static bool take_size(cursor *text, int64_t *value)
{
    skip_blanks(text);
    const unsigned char *start = text->at;
    int64_t number = 0;
    while (text->at < text->end && *text->at >= '0' && *text->at <= '9') {
        if (!spn_size_multiply(number, 10, &number) ||
            !spn_size_add(number, *text->at - '0', &number)) {
            return false;
        }
        text->at++;
    }
    *value = number;
    return text->at > start;
}

static spn_status read_shape(spn_context *context, const char *where, cursor *text, header *found)
{
    found->rank = 0;
    bool has_comma = true;
    if (!take(text, '(')) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s: its header has no valid shape", where);
    }
    while (!take(text, ')')) {
        if (found->rank == SPN_ARRAY_RANK_MAX) {
            return spn_fail(context, SPN_ERROR_INPUT, "%s has more than %d dimensions", where,
                            SPN_ARRAY_RANK_MAX);
        }
        if (!has_comma || !take_size(text, &found->shape[found->rank])) {
            return spn_fail(context, SPN_ERROR_INPUT, "%s: its header has no valid shape", where);
        }
        found->rank++;
        has_comma = take(text, ',');
    }
    /* In Python (3) is a number and only (3,) a tuple. */
    if (found->rank == 1 && !has_comma) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s: its header has no valid shape", where);
    }
    return SPN_OK;
}

static spn_status read_type(spn_context *context, const char *where, cursor *text, header *found)
{
    static const struct {
        const char *name;
        spni_number number;
    } types[] = {
        {"f8", SPNI_F64}, {"f4", SPNI_F32}, {"f2", SPNI_F16}, {"i8", SPNI_I64},
        {"i4", SPNI_I32}, {"i2", SPNI_I16}, {"i1", SPNI_I8},  {"u8", SPNI_U64},
        {"u4", SPNI_U32}, {"u2", SPNI_U16}, {"u1", SPNI_U8},  {"b1", SPNI_BOOL},
    };
    char name[32] = "a structure";
    bool is_string = take_string(text, name, sizeof name);
    bool has_order = is_string && (name[0] == '<' || name[0] == '>' || name[0] == '|');
    for (size_t i = 0; has_order && i < sizeof types / sizeof *types; i++) {
        bool needs_order = spni_number_size(types[i].number) > 1;
        if (strcmp(name + 1, types[i].name) == 0 && !(needs_order && name[0] == '|')) {
            found->number = types[i].number;
            found->is_big_endian = name[0] == '>';
            return SPN_OK;
        }
    }
    return spn_fail(
        context, SPN_ERROR_INPUT,
        "%s holds items of type %s; only real numbers and booleans can be read (f2, f4, "
        "f8, i1 to i8, u1 to u8, b1)",
        where, name);
}

static spn_status read_entry(spn_context *context, const char *where, cursor *text, header *found,
                             unsigned *seen)
{
    char key[32] = "";
    if (!take_string(text, key, sizeof key) || !take(text, ':')) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s: its header is no dictionary", where);
    }
    static const char *const keys[] = {"descr", "fortran_order", "shape"};
    unsigned index = 0;
    while (index < 3 && strcmp(key, keys[index]) != 0) {
        index++;
    }
    if (index == 3 || (*seen >> index & 1) != 0) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s: its header has %s key '%s'", where,
                        index == 3 ? "an unknown" : "twice the", key);
    }
    *seen |= 1u << index;
    if (index == 0) {
        return read_type(context, where, text, found);
    }
    if (index == 2) {
        return read_shape(context, where, text, found);
    }
    found->is_fortran = take_word(text, "True");
    if (!found->is_fortran && !take_word(text, "False")) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s: fortran_order is neither True nor False",
                        where);
    }
    return SPN_OK;
}

static spn_status read_dictionary(spn_context *context, const char *where, cursor text,
                                  header *found)
{
    spn_status status = SPN_OK;
    unsigned seen = 0;
    bool has_comma = true;
    if (!take(&text, '{')) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: its header is no dictionary", where);
    }
    while (!take(&text, '}')) {
        if (!has_comma) {
            SPN_FAIL(context, SPN_ERROR_INPUT, "%s: its header is no dictionary", where);
        }
        SPN_TRY(read_entry(context, where, &text, found, &seen));
        has_comma = take(&text, ',');
    }
    skip_blanks(&text);
    if (seen != 7 || text.at != text.end) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: its header %s", where,
                 seen != 7 ? "lacks descr, fortran_order or shape"
                           : "goes on after the dictionary");
    }
done:
    return status;
}

/** Find where the header text begins and ends. */
static spn_status locate_header(spn_context *context, const char *where, const unsigned char *bytes,
                                int64_t size, cursor *text)
{
    if (size < 6 || memcmp(bytes, "\x93NUMPY", 6) != 0) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s is not NPY data: its magic bytes are missing",
                        where);
    }
    if (size >= 8 && (bytes[6] < 1 || bytes[6] > 3 || bytes[7] != 0)) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s is NPY data of the unknown version %d.%d",
                        where, bytes[6], bytes[7]);
    }
    int64_t length_size = size >= 8 && bytes[6] == 1 ? 2 : 4;
    int64_t start = 8 + length_size;
    int64_t length = size >= start ? (int64_t)spni_load_little(bytes + 8, length_size) : 0;
    if (size < start || length > size - start) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s is cut off within its header", where);
    }
    text->at = bytes + start;
    text->end = text->at + length;
    return SPN_OK;
}

/** From the first index running fastest to the last one running fastest. */
static spn_status reorder(spn_context *context, const header *found, const double *from,
                          int64_t count, double *to)
{
    spn_status status = SPN_OK;
    int64_t index[SPN_ARRAY_RANK_MAX] = {0}, stride[SPN_ARRAY_RANK_MAX] = {0};
    int64_t step = 1, place = 0;
    for (int64_t d = found->rank; d > 0; d--) {
        stride[d - 1] = step;
        step *= found->shape[d - 1];
    }
    for (int64_t i = 0; i < count; i++) {
        if ((i & 0xFFFFF) == 0) {
            SPN_TRY(spn_poll(context));
        }
        to[place] = from[i];
        for (int64_t d = 0; d < found->rank; d++) {
            place += stride[d];
            if (++index[d] < found->shape[d]) {
                break;
            }
            place -= stride[d] * found->shape[d];
            index[d] = 0;
        }
    }
done:
    return status;
}

static spn_status fill(spn_context *context, const char *where, const header *found,
                       const unsigned char *bytes, int64_t count, double *values)
{
    spn_status status = SPN_OK;
    double *ordered = NULL;
    bool is_turned = found->is_fortran && found->rank > 1 && count > 0;
    if (is_turned) {
        SPN_NEW(context, ordered, count);
    }
    double *target = is_turned ? ordered : values;
    int64_t bad = spni_numbers_decode(found->number, found->is_big_endian, bytes, count, target);
    if (bad >= 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: item %lld (from 0) is an integer that no double equals", where,
                 (long long)bad);
    }
    if (is_turned) {
        SPN_TRY(reorder(context, found, ordered, count, values));
    }
done:
    spn_release(context, ordered);
    return status;
}

spn_status spni_npy_add(spn_context *context, const char *where, const unsigned char *bytes,
                        int64_t size, const char *name, spni_array_list *list)
{
    spn_status status = SPN_OK;
    header found = {0};
    cursor text = {0};
    int64_t count = 0, needed = 0;
    double *values = NULL;
    SPN_TRY(locate_header(context, where, bytes, size, &text));
    SPN_TRY(read_dictionary(context, where, text, &found));
    int64_t present = bytes + size - text.end;
    bool fits = spni_shape_count(found.rank, found.shape, &count) &&
                spn_size_multiply(count, spni_number_size(found.number), &needed);
    if (!fits || needed != present) {
        char shape[80], bytes_text[32] = "more than any file has";
        spni_shape_text(found.rank, found.shape, shape, sizeof shape);
        if (fits) {
            snprintf(bytes_text, sizeof bytes_text, "%lld bytes", (long long)needed);
        }
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: its shape %s needs %s of data, there are %lld",
                 where, shape, bytes_text, (long long)present);
    }
    SPN_TRY(spni_array_list_add(context, list, name, found.rank, found.shape, &values));
    SPN_TRY(fill(context, where, &found, text.end, count, values));
done:
    return status;
}

spn_status spn_npy_parse(spn_context *context, const char *source, const void *bytes, int64_t size,
                         spn_arrays **out)
{
    spn_status status = SPN_OK;
    spni_array_list *list = NULL;
    *out = NULL;
    SPN_TRY(spni_array_list_create(context, 1, &list));
    SPN_TRY(spni_npy_add(context, source, bytes, size, "arr_0", list));
    *out = &list->arrays;
    list = NULL;
done:
    spni_array_list_free(context, list);
    return status;
}

spn_status spni_npy_build(spn_context *context, const spn_named_array *array, unsigned char **bytes,
                          int64_t *size)
{
    enum { TEXT_SIZE = 1024, PREFIX = 10, BLOCK = 64 };
    spn_status status = SPN_OK;
    char text[TEXT_SIZE];
    int64_t body = 0, total = 0;
    *bytes = NULL;
    int used = snprintf(text, sizeof text, "{'descr': '<f8', 'fortran_order': False, 'shape': (");
    for (int64_t d = 0; d < array->rank; d++) {
        /* 32 sizes of at most 19 digits stay below TEXT_SIZE. */
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%lld", d == 0 ? "" : ", ",
                         (long long)array->shape[d]);
    }
    used +=
        snprintf(text + used, sizeof text - (size_t)used, "%s), }", array->rank == 1 ? "," : "");
    int64_t start = (PREFIX + used + 1 + BLOCK - 1) / BLOCK * BLOCK;
    if (!spn_size_multiply(array->count, 8, &body) || !spn_size_add(body, start, &total)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "array '%s' is too large", array->name);
    }
    SPN_NEW(context, *bytes, total);
    memcpy(*bytes, "\x93NUMPY\x01\x00", 8);
    spni_store_little((uint64_t)(start - PREFIX), *bytes + 8, 2);
    memset(*bytes + PREFIX, ' ', (size_t)(start - PREFIX));
    memcpy(*bytes + PREFIX, text, (size_t)used);
    (*bytes)[start - 1] = '\n';
    spni_numbers_encode(array->values, array->count, *bytes + start);
    *size = total;
done:
    return status;
}
