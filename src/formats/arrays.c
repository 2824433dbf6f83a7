/* SPDX-License-Identifier: MIT */
#include "formats/arrays.h"

#include "formats/archive.h"
#include "formats/input.h"
#include "formats/torch.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

spn_status spni_array_list_create(spn_context *context, int64_t capacity, spni_array_list **out)
{
    spn_status status = SPN_OK;
    spni_array_list *list = NULL;
    *out = NULL;
    SPN_NEW(context, list, 1);
    list->capacity = capacity;
    SPN_TRY(spn_arena_create(context, &list->arena));
    SPN_TAKE(context, list->arena, list->items, capacity);
    SPN_TAKE(context, list->arena, list->others, capacity);
    list->arrays.items = list->items;
    list->arrays.others = list->others;
    *out = list;
    list = NULL;
done:
    spni_array_list_free(context, list);
    return status;
}

void spni_array_list_free(spn_context *context, spni_array_list *list)
{
    if (list != NULL) {
        spn_arena_free(list->arena);
        spn_release(context, list);
    }
}

void spn_arrays_free(spn_context *context, spn_arrays *arrays)
{
    spni_array_list_free(context, (spni_array_list *)arrays);
}

bool spni_shape_count(int64_t rank, const int64_t *shape, int64_t *count)
{
    int64_t product = 1, bytes = 0;
    for (int64_t d = 0; d < rank; d++) {
        if (!spn_size_multiply(product, shape[d], &product)) {
            return false;
        }
    }
    *count = product;
    return spn_size_multiply(product, (int64_t)sizeof(double), &bytes);
}

/* Name and shape of an array that the list does not hold yet. */
static spn_status copy_shape(spn_context *context, spni_array_list *list, const char *name,
                             int64_t rank, const int64_t *shape, const char **own_name,
                             const int64_t **own_shape)
{
    spn_status status = SPN_OK;
    int64_t *copy = NULL;
    *own_name = spn_arena_duplicate(list->arena, name);
    if (*own_name == NULL) {
        return spn_error_status(context);
    }
    SPN_TAKE(context, list->arena, copy, rank);
    if (rank > 0) {
        memcpy(copy, shape, (size_t)rank * sizeof *shape);
    }
    *own_shape = copy;
done:
    return status;
}

spn_status spni_array_list_add(spn_context *context, spni_array_list *list, const char *name,
                               int64_t rank, const int64_t *shape, double **values)
{
    spn_status status = SPN_OK;
    spn_named_array *array = &list->items[list->arrays.count];
    if (list->arrays.count == list->capacity || rank < 0 || rank > SPN_ARRAY_RANK_MAX ||
        !spni_shape_count(rank, shape, &array->count)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "array '%s' has no valid shape", name);
    }
    array->rank = rank;
    SPN_TRY(copy_shape(context, list, name, rank, shape, &array->name, &array->shape));
    if (values != NULL) {
        SPN_TAKE(context, list->arena, *values, array->count);
        array->values = *values;
    }
    list->arrays.count++;
done:
    return status;
}

spn_status spni_array_list_add_other(spn_context *context, spni_array_list *list, const char *name,
                                     int64_t rank, const int64_t *shape, const char *why,
                                     const char ***texts)
{
    spn_status status = SPN_OK;
    spn_other_array *other = &list->others[list->arrays.other_count];
    if (list->arrays.other_count == list->capacity ||
        (shape != NULL && !spni_shape_count(rank, shape, &other->count))) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "array '%s' has no valid shape", name);
    }
    other->rank = rank;
    SPN_TRY(copy_shape(context, list, name, shape != NULL ? rank : 0, shape, &other->name,
                       &other->shape));
    if (why != NULL) {
        other->why = spn_arena_duplicate(list->arena, why);
        status = other->why == NULL ? spn_error_status(context) : SPN_OK;
    } else {
        SPN_TAKE(context, list->arena, *texts, other->count);
        other->texts = *texts;
    }
    list->arrays.other_count += status == SPN_OK;
done:
    return status;
}

void spni_shape_text(int64_t rank, const int64_t *shape, char *text, size_t size)
{
    snprintf(text, size, "a single number");
    size_t used = 0;
    for (int64_t d = 0; d < rank && used < size; d++) {
        int added =
            snprintf(text + used, size - used, "%s%lld", d == 0 ? "" : " x ", (long long)shape[d]);
        used += added > 0 ? (size_t)added : 0;
    }
}

/** The length of the UTF-8 sequence at `text` (a C string), 0 when there is none. */
static int utf8_length(const unsigned char *text)
{
    static const struct {
        unsigned char mask, lead;
        unsigned long lowest;
    } kinds[] = {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
    for (int k = 0; k < 4; k++) {
        if ((text[0] & kinds[k].mask) != kinds[k].lead) {
            continue;
        }
        unsigned long code = text[0] & (unsigned char)~kinds[k].mask;
        for (int i = 1; i <= k; i++) {
            if ((text[i] & 0xC0) != 0x80) {
                return 0;
            }
            code = code << 6 | (text[i] & 0x3F);
        }
        bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
        return code >= kinds[k].lowest && code <= 0x10FFFF && !is_surrogate ? k + 1 : 0;
    }
    return 0;
}

bool spni_array_name_is_valid(const char *name)
{
    if (name == NULL || name[0] == '\0' ||
        strnlen(name, SPN_ARRAY_NAME_MAX + 1) > SPN_ARRAY_NAME_MAX) {
        return false;
    }
    for (const char *at = name; *at != '\0';) {
        int length = utf8_length((const unsigned char *)at);
        if (length == 0) {
            return false;
        }
        at += length;
    }
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

spn_status spni_arrays_duplicate(spn_context *context, const spn_arrays *arrays,
                                 const char **duplicate)
{
    spn_status status = SPN_OK;
    const char **names = NULL;
    *duplicate = NULL;
    SPN_NEW(context, names, arrays->count);
    for (int64_t i = 0; i < arrays->count; i++) {
        names[i] = arrays->items[i].name;
    }
    qsort(names, (size_t)arrays->count, sizeof *names, compare_names);
    for (int64_t i = 1; i < arrays->count && *duplicate == NULL; i++) {
        if (strcmp(names[i - 1], names[i]) == 0) {
            *duplicate = names[i];
        }
    }
done:
    spn_release(context, names);
    return status;
}

const spn_named_array *spn_arrays_find(const spn_arrays *arrays, const char *name)
{
    for (int64_t i = 0; i < arrays->count; i++) {
        if (strcmp(arrays->items[i].name, name) == 0) {
            return &arrays->items[i];
        }
    }
    return NULL;
}

const spn_other_array *spn_arrays_find_other(const spn_arrays *arrays, const char *name)
{
    for (int64_t i = 0; i < arrays->other_count; i++) {
        if (strcmp(arrays->others[i].name, name) == 0) {
            return &arrays->others[i];
        }
    }
    return NULL;
}

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), tail = strlen(ending);
    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

/* A zip archive is one of NumPy or one of PyTorch. */
static spn_status parse_archive(spn_context *context, const char *source, const void *bytes,
                                int64_t size, spn_arrays **out)
{
    zip_t *archive = NULL;
    spn_status status = spni_archive_open(context, source, bytes, size, &archive);
    if (status == SPN_OK) {
        const int64_t pickle = spni_torch_find(archive);
        status = pickle >= 0 ? spni_torch_read(context, source, archive, size, pickle, out)
                             : spni_npz_read(context, source, archive, size, out);
    }
    spni_archive_close(archive);
    return status;
}

/* What is known, but not read. */
static spn_status refuse(spn_context *context, const char *source, const unsigned char *start,
                         int64_t size)
{
    const char *old = spni_torch_old_form(start, size);
    if (old != NULL) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s was written by torch.save() %s; save it again, in Python: "
                        "torch.save(torch.load(FILE, weights_only=True), \"weights.pth\")",
                        source, old);
    }
    if (size >= 2 && start[0] == 0x80 && start[1] >= 2 && start[1] <= 5) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s is a Python pickle (joblib), which is not read; save its arrays with "
                        "numpy.savez()",
                        source);
    }
    if (size >= 8 && memcmp(start, "\x89HDF\r\n\x1a\n", 8) == 0) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s is an HDF5 file; save its arrays with numpy.savez() or as safetensors",
                        source);
    }
    const char *what = ends_with(source, ".npz")   ? "an NPZ file: it is no zip archive"
                       : ends_with(source, ".npy") ? "an NPY file: its magic bytes are missing"
                                                   : "an NPY, NPZ, safetensors or PyTorch file";
    return spn_fail(context, SPN_ERROR_INPUT, "%s is not %s", source, what);
}

spn_status spn_arrays_parse(spn_context *context, const char *source, const void *bytes,
                            int64_t size, spn_arrays **out)
{
    const unsigned char *start = bytes;
    *out = NULL;
    if (size >= 6 && memcmp(start, "\x93NUMPY", 6) == 0) {
        return spn_npy_parse(context, source, bytes, size, out);
    }
    if (size >= 4 && memcmp(start, "PK", 2) == 0) {
        return parse_archive(context, source, bytes, size, out);
    }
    if ((size >= 9 && start[8] == '{') || ends_with(source, ".safetensors")) {
        return spn_safetensors_parse(context, source, bytes, size, out);
    }
    return refuse(context, source, start, size);
}

spn_status spn_arrays_read(spn_context *context, const char *path, spn_arrays **out)
{
    spn_status status = SPN_OK;
    char *bytes = NULL;
    int64_t size = 0;
    *out = NULL;
    SPN_TRY(spni_file_read(context, path, &bytes, &size));
    SPN_TRY(spn_arrays_parse(context, path, bytes, size, out));
done:
    spn_release(context, bytes);
    return status;
}

spn_status spni_arrays_check(spn_context *context, const spn_arrays *arrays)
{
    spn_status status = SPN_OK;
    const char *duplicate = NULL;
    if (arrays->count <= 0) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "there are no arrays to write");
    }
    for (int64_t i = 0; i < arrays->count; i++) {
        const spn_named_array *array = &arrays->items[i];
        int64_t count = 0;
        if (!spni_array_name_is_valid(array->name)) {
            SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                     "array %lld: its name must be UTF-8 text of 1 to %d bytes", (long long)i,
                     SPN_ARRAY_NAME_MAX);
        }
        if (array->rank < 0 || array->rank > SPN_ARRAY_RANK_MAX ||
            !spni_shape_count(array->rank, array->shape, &count) || count != array->count) {
            SPN_FAIL(context, SPN_ERROR_ARGUMENT, "array '%s': its shape does not fit its count",
                     array->name);
        }
    }
    SPN_TRY(spni_arrays_duplicate(context, arrays, &duplicate));
    if (duplicate != NULL) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "two arrays are named '%s'", duplicate);
    }
done:
    return status;
}

spn_status spn_arrays_write(spn_context *context, const char *path, bool is_forced,
                            const spn_arrays *arrays)
{
    spn_status status = SPN_OK;
    spn_output *output = NULL;
    bool is_npz = ends_with(path, ".npz");
    if (!is_npz && !ends_with(path, ".safetensors")) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "cannot write arrays to %s: the name must end in .npz or .safetensors", path);
    }
    SPN_TRY(spn_output_open(context, path, is_forced, &output));
    SPN_TRY(is_npz ? spn_npz_write(context, output, arrays)
                   : spn_safetensors_write(context, output, arrays));
    SPN_TRY(spn_output_commit(context, &output));
done:
    spn_output_abandon(context, output);
    return status;
}
