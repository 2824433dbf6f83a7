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

typedef spni_npy_head header;

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

/** Skip the list that describes a structure, as far as its brackets and quotes go. */
static bool skip_list(cursor *text)
{
    int64_t depth = 0;
    char ignored[8];
    do {
        skip_blanks(text);
        if (text->at == text->end) {
            return false;
        }
        if (*text->at == '\'' || *text->at == '"') {
            if (!take_string(text, ignored, sizeof ignored)) {
                return false;
            }
            continue;
        }
        depth += *text->at == '[' || *text->at == '(' ? 1 : 0;
        depth -= *text->at == ']' || *text->at == ')' ? 1 : 0;
        text->at++;
    } while (depth > 0);
    return true;
}

static bool find_number(const char *name, header *found)
{
    static const struct {
        const char *name;
        spni_number number;
    } types[] = {
        {"f8", SPNI_F64}, {"f4", SPNI_F32}, {"f2", SPNI_F16}, {"i8", SPNI_I64},
        {"i4", SPNI_I32}, {"i2", SPNI_I16}, {"i1", SPNI_I8},  {"u8", SPNI_U64},
        {"u4", SPNI_U32}, {"u2", SPNI_U16}, {"u1", SPNI_U8},  {"b1", SPNI_BOOL},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        int64_t size = spni_number_size(types[i].number);
        if (strcmp(name + 1, types[i].name) == 0 && !(size > 1 && name[0] == '|')) {
            found->number = types[i].number;
            found->item_size = size;
            return true;
        }
    }
    return false;
}

/** "<U5", "|S7": strings of at most so many characters, of 4 bytes or 1. */
static bool find_string_type(const char *name, header *found)
{
    int64_t length = 0;
    cursor digits = {(const unsigned char *)name + 2, (const unsigned char *)name + strlen(name)};
    bool is_unicode = name[1] == 'U' && name[0] != '|';
    if ((!is_unicode && name[1] != 'S') || !take_size(&digits, &length) ||
        digits.at != digits.end || length == 0 ||
        !spn_size_multiply(length, is_unicode ? 4 : 1, &found->item_size)) {
        return false;
    }
    found->kind = is_unicode ? SPNI_NPY_UNICODE : SPNI_NPY_BYTES;
    return true;
}

/** What is no number and no string is left to whoever asks for the array. */
static bool read_type(cursor *text, header *found)
{
    char *name = found->type;
    if (!take_string(text, name, sizeof found->type)) {
        snprintf(name, sizeof found->type, "a structure");
        found->kind = SPNI_NPY_OTHER;
        return skip_list(text);
    }
    bool has_order = name[0] == '<' || name[0] == '>' || name[0] == '|';
    found->is_big_endian = name[0] == '>';
    if (has_order && find_number(name, found)) {
        found->kind = SPNI_NPY_NUMBER;
    } else if (!has_order || !find_string_type(name, found)) {
        found->kind = SPNI_NPY_OTHER;
    }
    return true;
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
        return read_type(text, found)
                   ? SPN_OK
                   : spn_fail(context, SPN_ERROR_INPUT, "%s: its header is no dictionary", where);
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

static spn_status fill(spn_context *context, const header *found, const unsigned char *bytes,
                       int64_t count, double *values)
{
    spn_status status = SPN_OK;
    double *ordered = NULL;
    bool is_turned = found->is_fortran && found->rank > 1 && count > 0;
    if (is_turned) {
        SPN_NEW(context, ordered, count);
    }
    spni_numbers_decode(found->number, found->is_big_endian, bytes, count,
                        is_turned ? ordered : values);
    if (is_turned) {
        SPN_TRY(reorder(context, found, ordered, count, values));
    }
done:
    spn_release(context, ordered);
    return status;
}

/** One character as UTF-8; what is no character, and a control character, as '?'. */
static int encode_character(uint64_t code, char *to)
{
    if (code < 0x20 || code == 0x7F || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
        to[0] = '?';
        return 1;
    }
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    int length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (int i = length - 1; i > 0; i--, code >>= 6) {
        to[i] = (char)(0x80 | (code & 0x3F));
    }
    to[0] = (char)((0xF0 << (4 - length) & 0xFF) | code);
    return length;
}

/** The string of an item; NumPy fills the end with zeros. Bytes are those of Latin 1. */
static spn_status read_string(spn_context *context, spni_array_list *list, const header *found,
                              const unsigned char *item, const char **out)
{
    spn_status status = SPN_OK;
    const int64_t width = found->kind == SPNI_NPY_UNICODE ? 4 : 1;
    int64_t length = found->item_size / width, used = 0;
    char *text = NULL;
    while (length > 0 && spni_load_little(item + (length - 1) * width, width) == 0) {
        length--;
    }
    SPN_TAKE(context, list->arena, text, 4 * length + 1);
    for (int64_t i = 0; i < length; i++) {
        uint64_t code = found->is_big_endian ? spni_load_big(item + i * width, width)
                                             : spni_load_little(item + i * width, width);
        used += encode_character(code, text + used);
    }
    text[used] = '\0';
    *out = text;
done:
    return status;
}

static spn_status add_strings(spn_context *context, const char *name, const header *found,
                              const unsigned char *bytes, int64_t count, spni_array_list *list)
{
    spn_status status = SPN_OK;
    const char **texts = NULL;
    SPN_TRY(
        spni_array_list_add_other(context, list, name, found->rank, found->shape, NULL, &texts));
    for (int64_t i = 0; i < count; i++) {
        if ((i & 0xFFFF) == 0) {
            SPN_TRY(spn_poll(context));
        }
        SPN_TRY(read_string(context, list, found, bytes + i * found->item_size, &texts[i]));
    }
done:
    return status;
}

void spni_npy_fault(const header *found, int64_t bad, char why[160])
{
    bool is_turned = found->is_fortran && found->rank > 1;
    why[0] = '\0';
    if (found->kind == SPNI_NPY_OTHER) {
        bool is_object = strcmp(found->type, "|O") == 0;
        snprintf(why, 160,
                 "holds %s%s; only real numbers, booleans (f2, f4, f8, i1 to i8, u1 to u8, b1) and "
                 "strings (U, S) can be read",
                 is_object ? "Python objects" : "items of type ", is_object ? "" : found->type);
    } else if (bad >= 0) {
        snprintf(why, 160, "holds an integer that no double equals (item %lld, from 0)",
                 (long long)bad);
    } else if (found->kind != SPNI_NPY_NUMBER && is_turned) {
        snprintf(why, 160, "holds strings in Fortran order, which are not read");
    }
}

static spn_status check_size(spn_context *context, const char *where, const header *found,
                             int64_t present, int64_t *count)
{
    int64_t needed = 0;
    bool fits = spni_shape_count(found->rank, found->shape, count) &&
                spn_size_multiply(*count, found->item_size, &needed);
    if (found->kind == SPNI_NPY_OTHER || (fits && needed == present)) {
        return SPN_OK;
    }
    char shape[80], bytes_text[32] = "more than any file has";
    spni_shape_text(found->rank, found->shape, shape, sizeof shape);
    if (fits) {
        snprintf(bytes_text, sizeof bytes_text, "%lld bytes", (long long)needed);
    }
    return spn_fail(context, SPN_ERROR_INPUT, "%s: its shape %s needs %s of data, there are %lld",
                    where, shape, bytes_text, (long long)present);
}

int64_t spni_npy_head_size(const unsigned char *bytes, int64_t size)
{
    const int64_t length_size = size >= 8 && bytes[6] == 1 ? 2 : 4, start = 8 + length_size;
    return start + (size >= start ? (int64_t)spni_load_little(bytes + 8, length_size) : 0);
}

spn_status spni_npy_read_head(spn_context *context, const char *where, const unsigned char *bytes,
                              int64_t size, header *out)
{
    spn_status status = SPN_OK;
    cursor text = {0};
    *out = (header){.size = 0};
    SPN_TRY(locate_header(context, where, bytes, size, &text));
    SPN_TRY(read_dictionary(context, where, text, out));
    out->size = text.end - bytes;
    SPN_TRY(check_size(context, where, out, size - out->size, &out->count));
done:
    return status;
}

spn_status spni_npy_add(spn_context *context, const char *where, const unsigned char *bytes,
                        int64_t size, const char *name, spni_array_list *list)
{
    spn_status status = SPN_OK;
    header found;
    int64_t bad = -1;
    double *values = NULL;
    char why[160];
    SPN_TRY(spni_npy_read_head(context, where, bytes, size, &found));
    const unsigned char *items = bytes + found.size;
    if (found.kind == SPNI_NPY_NUMBER) {
        bad = spni_numbers_decode(found.number, found.is_big_endian, items, found.count, NULL);
    }
    spni_npy_fault(&found, bad, why);
    if (why[0] != '\0') {
        SPN_TRY(spni_array_list_add_other(context, list, name, 0, NULL, why, NULL));
    } else if (found.kind == SPNI_NPY_NUMBER) {
        SPN_TRY(spni_array_list_add(context, list, name, found.rank, found.shape, &values));
        SPN_TRY(fill(context, &found, items, found.count, values));
    } else {
        SPN_TRY(add_strings(context, name, &found, items, found.count, list));
    }
done:
    return status;
}

spn_status spni_arrays_require(spn_context *context, const char *source, const spn_arrays *arrays)
{
    const spn_other_array *first = arrays->other_count > 0 ? &arrays->others[0] : NULL;
    bool has_some = arrays->count > 0;
    for (int64_t i = 0; i < arrays->other_count; i++) {
        has_some = has_some || arrays->others[i].texts != NULL;
    }
    if (has_some) {
        return SPN_OK;
    }
    char quoted[120] = "";
    if (first == NULL) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s holds no arrays", source);
    }
    spni_quote_text(first->name, (int64_t)strlen(first->name), quoted, sizeof quoted);
    return spn_fail(context, SPN_ERROR_INPUT, "%s: '%s' %s", source, quoted, first->why);
}

spn_status spn_npy_parse(spn_context *context, const char *source, const void *bytes, int64_t size,
                         spn_arrays **out)
{
    spn_status status = SPN_OK;
    spni_array_list *list = NULL;
    *out = NULL;
    SPN_TRY(spni_array_list_create(context, 1, &list));
    SPN_TRY(spni_npy_add(context, source, bytes, size, "arr_0", list));
    SPN_TRY(spni_arrays_require(context, source, &list->arrays));
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
