/* SPDX-License-Identifier: MIT */
#include "formats/torch.h"

#include "formats/input.h"
#include "formats/pickle.h"
#include <stdio.h>
#include <string.h>

enum { QUOTE_SIZE = 120, PREFIX_MAX = 512, WHERE_SIZE = 512 };

#define PICKLE_NAME "data.pkl"

/* ---- Arrays out of the dictionary -------------------------------------------------------------- */

static void describe(const char *source, const char *name, char where[WHERE_SIZE])
{
    char quoted[QUOTE_SIZE];
    spni_quote_text(name, (int64_t)strlen(name), quoted, sizeof quoted);
    snprintf(where, WHERE_SIZE, "%.300s: tensor '%s'", source, quoted);
}

/* "'model', 'optimizer', ...": the dictionaries within the dictionary; how many there are. */
static int64_t list_nested(const spni_pickle_dictionary *dictionary, char *text, size_t size)
{
    int64_t count = 0;
    size_t used = 0;
    for (int64_t i = 0; i < dictionary->count; i++) {
        const spni_pickle_value *pair = dictionary->pairs + 2 * i;
        char quoted[QUOTE_SIZE] = "?";
        if (pair[1].kind != SPNI_PICKLE_DICTIONARY) {
            continue;
        }
        if (pair[0].kind == SPNI_PICKLE_TEXT) {
            spni_quote_text(pair[0].as.text, (int64_t)strlen(pair[0].as.text), quoted, 40);
        }
        if (count < 4 && used < size) {
            used +=
                (size_t)snprintf(text + used, size - used, "%s'%s'", count > 0 ? ", " : "", quoted);
        }
        count++;
    }
    if (count > 4 && used < size) {
        snprintf(text + used, size - used, ", ...");
    }
    return count;
}

/* A dictionary that holds dictionaries is a checkpoint, and which of them is meant is not for us to guess. */
static spn_status check_dictionary(spn_context *context, const char *source,
                                   const spni_pickle_value *top)
{
    static const char *const kinds[] = {
        [SPNI_PICKLE_NONE] = "None",        [SPNI_PICKLE_FLAG] = "a truth value",
        [SPNI_PICKLE_INTEGER] = "a number", [SPNI_PICKLE_REAL] = "a number",
        [SPNI_PICKLE_TEXT] = "a text",      [SPNI_PICKLE_TUPLE] = "a tuple",
        [SPNI_PICKLE_LIST] = "a list",      [SPNI_PICKLE_STORAGE] = "a storage",
        [SPNI_PICKLE_TENSOR] = "a tensor",  [SPNI_PICKLE_NAME] = "a class",
    };
    char nested[256] = "";
    if (top->kind != SPNI_PICKLE_DICTIONARY) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s holds %s, not a state dict; in Python: torch.save(model.state_dict(), "
                        "\"weights.pth\")",
                        source, kinds[top->kind]);
    }
    if (list_nested(top->as.dictionary, nested, sizeof nested) > 0) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s is a checkpoint with dictionaries inside (%s); save the one with the "
                        "weights, in Python: torch.save(torch.load(FILE, weights_only=True)[KEY], "
                        "\"weights.pth\")",
                        source, nested);
    }
    return SPN_OK;
}

static bool is_contiguous(const spni_pickle_tensor *tensor)
{
    int64_t expected = 1;
    for (int64_t d = tensor->shape->count - 1; d >= 0; d--) {
        const int64_t size = tensor->shape->items[d].as.integer;
        if (size != 1 && tensor->strides->items[d].as.integer != expected) {
            return false;
        }
        expected *= size;
    }
    return true;
}

/* Numbers in C order. Returns the position of the first that no double equals, or -1. */
static int64_t decode(const spni_pickle_tensor *tensor, const unsigned char *bytes, bool is_big,
                      double *values)
{
    const spni_number number = tensor->storage->number;
    const int64_t width = spni_number_size(number), rank = tensor->shape->count;
    int64_t index[SPN_ARRAY_RANK_MAX] = {0}, place = tensor->offset;
    if (is_contiguous(tensor)) {
        return spni_numbers_decode(number, is_big, bytes + place * width, tensor->count, values);
    }
    for (int64_t i = 0; i < tensor->count; i++) {
        if (spni_numbers_decode(number, is_big, bytes + place * width, 1, &values[i]) >= 0) {
            return i;
        }
        for (int64_t d = rank - 1; d >= 0; d--) {
            const int64_t stride = tensor->strides->items[d].as.integer;
            place += stride;
            if (++index[d] < tensor->shape->items[d].as.integer) {
                break;
            }
            place -= index[d] * stride;
            index[d] = 0;
        }
    }
    return -1;
}

static spn_status find_numbers(spn_context *context, const char *where,
                               const spni_torch_numbers *numbers,
                               const spni_pickle_storage *storage, const unsigned char **bytes)
{
    spn_status status = SPN_OK;
    int64_t size = 0, needed = 0;
    SPN_TRY(numbers->find(numbers->user, storage->key, bytes, &size));
    if (!spn_size_multiply(storage->count, spni_number_size(storage->number), &needed) ||
        needed != size) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: its storage has %lld bytes, and %lld numbers are declared", where,
                 (long long)size, (long long)storage->count);
    }
done:
    return status;
}

static spn_status add_tensor(spn_context *context, const char *source, const char *name,
                             const spni_pickle_tensor *tensor, const spni_torch_numbers *numbers,
                             spni_array_list *list)
{
    spn_status status = SPN_OK;
    const unsigned char *bytes = NULL;
    int64_t shape[SPN_ARRAY_RANK_MAX];
    double *values = NULL;
    char where[WHERE_SIZE];
    describe(source, name, where);
    SPN_TRY(find_numbers(context, where, numbers, tensor->storage, &bytes));
    for (int64_t d = 0; d < tensor->shape->count; d++) {
        shape[d] = tensor->shape->items[d].as.integer;
    }
    SPN_TRY(spni_array_list_add(context, list, name, tensor->shape->count, shape, &values));
    int64_t bad = decode(tensor, bytes, numbers->is_big_endian, values);
    if (bad >= 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: item %lld (from 0) is an integer that no double equals", where,
                 (long long)bad);
    }
done:
    return status;
}

static spn_status add_pair(spn_context *context, const char *source, const spni_pickle_value *pair,
                           const spni_torch_numbers *numbers, int64_t *room, spni_array_list *list)
{
    if (pair[0].kind != SPNI_PICKLE_TEXT || !spni_array_name_is_valid(pair[0].as.text)) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s: a tensor's name must be UTF-8 text of 1 to %d bytes", source,
                        SPN_ARRAY_NAME_MAX);
    }
    if (pair[1].kind != SPNI_PICKLE_TENSOR) {
        return spni_array_list_add_other(context, list, pair[0].as.text, 0, NULL, "is no tensor",
                                         NULL);
    }
    if (pair[1].as.tensor->count > *room) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s: its tensors share their numbers so often that they would not fit "
                        "into the file; clone() them before they are saved",
                        source);
    }
    *room -= pair[1].as.tensor->count;
    return add_tensor(context, source, pair[0].as.text, pair[1].as.tensor, numbers, list);
}

spn_status spni_torch_arrays(spn_context *context, const char *source, const unsigned char *pickle,
                             int64_t size, const spni_torch_numbers *numbers, spn_arrays **out)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spni_array_list *list = NULL;
    spni_pickle_value top = {0};
    const char *duplicate = NULL;
    int64_t room = numbers->limit;
    *out = NULL;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spni_pickle_read(context, arena, source, pickle, size, &top));
    SPN_TRY(check_dictionary(context, source, &top));
    const spni_pickle_dictionary *dictionary = top.as.dictionary;
    SPN_TRY(spni_array_list_create(context, dictionary->count, &list));
    for (int64_t i = 0; i < dictionary->count; i++) {
        SPN_TRY(spn_poll(context));
        SPN_TRY(add_pair(context, source, dictionary->pairs + 2 * i, numbers, &room, list));
    }
    SPN_TRY(spni_arrays_require(context, source, &list->arrays));
    SPN_TRY(spni_arrays_duplicate(context, &list->arrays, &duplicate));
    if (duplicate != NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: two tensors are named '%.100s'", source, duplicate);
    }
    *out = &list->arrays;
    list = NULL;
done:
    spni_array_list_free(context, list);
    spn_arena_free(arena);
    return status;
}

/* ---- The archive ------------------------------------------------------------------------------- */

typedef struct archive_numbers {
    spn_context *context;
    const char *source;
    zip_t *archive;
    const char *prefix;    /* "NAME/" */
    unsigned char **bytes; /* members; NULL: not read yet */
    int64_t *sizes;
    uint64_t left;
} archive_numbers;

int64_t spni_torch_find(zip_t *archive)
{
    const int64_t count = zip_get_num_entries(archive, 0);
    for (int64_t i = 0; i < count; i++) {
        const char *name = zip_get_name(archive, (zip_uint64_t)i, 0);
        const char *slash = name != NULL ? strchr(name, '/') : NULL;
        if (slash != NULL && strcmp(slash + 1, PICKLE_NAME) == 0) {
            return i;
        }
    }
    return -1;
}

/* The bytes of a member NAME/FILE, read once; index -1: there is none. */
static spn_status member(archive_numbers *from, int64_t index, const char *file,
                         const unsigned char **bytes, int64_t *size)
{
    spn_status status = SPN_OK;
    char where[WHERE_SIZE], quoted[QUOTE_SIZE];
    spni_quote_text(file, (int64_t)strlen(file), quoted, sizeof quoted);
    snprintf(where, sizeof where, "%.300s: member '%s'", from->source, quoted);
    if (index < 0) {
        SPN_FAIL(from->context, SPN_ERROR_INPUT, "%s is missing, which its pickle names", where);
    }
    if (from->bytes[index] == NULL) {
        SPN_TRY(spni_archive_read(from->context, where, from->archive, index, &from->left,
                                  &from->bytes[index], &from->sizes[index]));
    }
    *bytes = from->bytes[index];
    *size = from->sizes[index];
done:
    return status;
}

static int64_t locate(const archive_numbers *from, const char *file)
{
    char name[PREFIX_MAX + SPN_ARRAY_NAME_MAX + 1];
    const int length = snprintf(name, sizeof name, "%s%s", from->prefix, file);
    return length < (int)sizeof name ? zip_name_locate(from->archive, name, ZIP_FL_ENC_RAW) : -1;
}

static spn_status find_member(void *user, const char *key, const unsigned char **bytes,
                              int64_t *size)
{
    archive_numbers *from = user;
    char file[SPN_ARRAY_NAME_MAX + 1];
    const int length = snprintf(file, sizeof file, "data/%s", key);
    return member(from, length < (int)sizeof file ? locate(from, file) : -1, file, bytes, size);
}

/* "big" or "little"; files before PyTorch 2.0 do not say, and are little-endian. */
static spn_status find_byte_order(archive_numbers *from, bool *is_big_endian)
{
    spn_status status = SPN_OK;
    const unsigned char *bytes = NULL;
    int64_t size = 0;
    const int64_t index = locate(from, "byteorder");
    *is_big_endian = false;
    if (index < 0) {
        return SPN_OK;
    }
    SPN_TRY(member(from, index, "byteorder", &bytes, &size));
    *is_big_endian = size == 3 && memcmp(bytes, "big", 3) == 0;
    if (!*is_big_endian && (size != 6 || memcmp(bytes, "little", 6) != 0)) {
        SPN_FAIL(from->context, SPN_ERROR_INPUT, "%s: its byte order is neither little nor big",
                 from->source);
    }
done:
    return status;
}

/* "pytorch_model-00001-of-00003.bin", as large models are saved in several files. */
static bool is_shard(const char *source)
{
    for (const char *at = strstr(source, "-of-"); at != NULL; at = strstr(at + 1, "-of-")) {
        if (at - source >= 6 && at[-6] == '-' && strspn(at - 5, "0123456789") == 5 &&
            strspn(at + 4, "0123456789") == 5 && strncmp(at + 4, "00001", 5) != 0) {
            return true;
        }
    }
    return false;
}

spn_status spni_torch_read(spn_context *context, const char *source, zip_t *archive, int64_t size,
                           int64_t pickle, spn_arrays **out)
{
    spn_status status = SPN_OK;
    const int64_t count = zip_get_num_entries(archive, 0);
    const char *name = zip_get_name(archive, (zip_uint64_t)pickle, 0);
    const size_t length = strlen(name) - strlen(PICKLE_NAME);
    char prefix[PREFIX_MAX + 1] = "";
    archive_numbers from = {context, source, archive, prefix, NULL, NULL, (uint64_t)size};
    spni_torch_numbers numbers = {find_member, &from, false, size};
    const unsigned char *bytes = NULL;
    int64_t pickle_size = 0;
    *out = NULL;
    if (is_shard(source)) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s is one of several shards; in Python, load them all into the model and "
                 "torch.save(model.state_dict(), \"weights.pth\")",
                 source);
    }
    if (length > PREFIX_MAX) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: the name of its folder is too long", source);
    }
    memcpy(prefix, name, length);
    SPN_NEW(context, from.bytes, count);
    SPN_NEW(context, from.sizes, count);
    SPN_TRY(find_byte_order(&from, &numbers.is_big_endian));
    SPN_TRY(member(&from, pickle, PICKLE_NAME, &bytes, &pickle_size));
    SPN_TRY(spni_torch_arrays(context, source, bytes, pickle_size, &numbers, out));
done:
    for (int64_t i = 0; from.bytes != NULL && i < count; i++) {
        spn_release(context, from.bytes[i]);
    }
    spn_release(context, from.bytes);
    spn_release(context, from.sizes);
    return status;
}

spn_status spn_torch_parse(spn_context *context, const char *source, const void *bytes,
                           int64_t size, spn_arrays **out)
{
    spn_status status = SPN_OK;
    zip_t *archive = NULL;
    *out = NULL;
    SPN_TRY(spni_archive_open(context, source, bytes, size, &archive));
    const int64_t pickle = spni_torch_find(archive);
    if (pickle < 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s was not written by torch.save(): it has no " PICKLE_NAME, source);
    }
    SPN_TRY(spni_torch_read(context, source, archive, size, pickle, out));
done:
    spni_archive_close(archive);
    return status;
}

const char *spni_torch_old_form(const unsigned char *bytes, int64_t size)
{
    /* PROTO 2, LONG1 of ten bytes: 0x1950a86a20f9469cfc6c. */
    static const unsigned char magic[] = {0x80, 2,    0x8a, 10,   0x6c, 0xfc, 0x9c,
                                          0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};
    if (size >= (int64_t)sizeof magic && memcmp(bytes, magic, sizeof magic) == 0) {
        return "in the form before PyTorch 1.6, a row of pickles";
    }
    if (size >= 262 && memcmp(bytes + 257, "ustar", 5) == 0) {
        return "in the form before PyTorch 0.2, a tar archive";
    }
    return NULL;
}
