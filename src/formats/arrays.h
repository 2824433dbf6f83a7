/* SPDX-License-Identifier: MIT */
/** @file arrays.h  What the readers and writers of named arrays share. */
#ifndef SPNI_FORMATS_ARRAYS_H
#define SPNI_FORMATS_ARRAYS_H

#include <spinodal/formats/arrays.h>

/** How one number is stored. */
typedef enum spni_number {
    SPNI_F64,
    SPNI_F32,
    SPNI_F16,
    SPNI_BF16,
    SPNI_I64,
    SPNI_I32,
    SPNI_I16,
    SPNI_I8,
    SPNI_U64,
    SPNI_U32,
    SPNI_U16,
    SPNI_U8,
    SPNI_BOOL,
} spni_number;

int64_t spni_number_size(spni_number number);

/** `count` numbers as doubles. Returns the position of the first one that no double equals, or -1. With `values` NULL
 *  it only looks. */
int64_t spni_numbers_decode(spni_number number, bool is_big_endian, const unsigned char *bytes,
                            int64_t count, double *values);

/** Doubles as little-endian bytes. */
void spni_numbers_encode(const double *values, int64_t count, unsigned char *bytes);

/** Integers of 1 to 8 bytes. */
uint64_t spni_load_little(const unsigned char *bytes, int64_t size);
uint64_t spni_load_big(const unsigned char *bytes, int64_t size);
void spni_store_little(uint64_t value, unsigned char *bytes, int64_t size);

/** A list that grows up to `capacity` arrays; everything lives in its arena. */
typedef struct spni_array_list {
    spn_arrays arrays; /**< first: this is what users hold */
    spn_arena *arena;
    spn_named_array *items;
    spn_other_array *others;
    int64_t capacity; /**< of each */
} spni_array_list;

spn_status spni_array_list_create(spn_context *context, int64_t capacity, spni_array_list **out);
void spni_array_list_free(spn_context *context, spni_array_list *list);

/** Append an array: name and shape are copied, the values are for the caller to fill; values NULL: it has none, yet. The shape must be
 *  one that spni_shape_count() accepts. */
spn_status spni_array_list_add(spn_context *context, spni_array_list *list, const char *name,
                               int64_t rank, const int64_t *shape, double **values);

/** Append something that is no array of numbers; `why`, which is copied, or `texts`, for the caller to fill with
 *  texts of the arena, is NULL. shape NULL: not known. */
spn_status spni_array_list_add_other(spn_context *context, spni_array_list *list, const char *name,
                                     int64_t rank, const int64_t *shape, const char *why,
                                     const char ***texts);

/** The number of values of a shape; false when it is negative or overflows. */
bool spni_shape_count(int64_t rank, const int64_t *shape, int64_t *count);

/** "3 x 2", "3", "a single number". */
void spni_shape_text(int64_t rank, const int64_t *shape, char *text, size_t size);

/** Is the name not empty, not too long, and UTF-8? */
bool spni_array_name_is_valid(const char *name);

/** A name that several arrays bear, or NULL. O(n log n). */
spn_status spni_arrays_duplicate(spn_context *context, const spn_arrays *arrays,
                                 const char **duplicate);

/** SPN_ERROR_INPUT when there is nothing that can be used. */
spn_status spni_arrays_require(spn_context *context, const char *source, const spn_arrays *arrays);

typedef enum spni_npy_kind {
    SPNI_NPY_NUMBER,
    SPNI_NPY_BYTES,
    SPNI_NPY_UNICODE,
    SPNI_NPY_OTHER,
} spni_npy_kind;

/** What stands before the items of an NPY file. */
typedef struct spni_npy_head {
    spni_npy_kind kind;
    spni_number number;
    int64_t item_size; /**< bytes of a number or a string */
    char type[32];     /**< as the file says it, for messages */
    bool is_big_endian, is_fortran;
    int64_t rank;
    int64_t shape[SPN_ARRAY_RANK_MAX];
    int64_t count; /**< items */
    int64_t size;  /**< of the head */
} spni_npy_head;

/** Its size by the first bytes, of which there are `size` (12 say it, if that is what they are). */
int64_t spni_npy_head_size(const unsigned char *bytes, int64_t size);
/** Of a file of `size` bytes, of which those of the head are there. SPN_ERROR_INPUT: no such file, another size than the items need. */
spn_status spni_npy_read_head(spn_context *context, const char *where, const unsigned char *bytes,
                              int64_t size, spni_npy_head *out);
/** Why an array of this kind cannot be used, or an empty text. `bad`: an integer that no double equals, or -1. */
void spni_npy_fault(const spni_npy_head *head, int64_t bad, char why[160]);

/** The content of an NPY file as an array of the list under `name`; `where` is for messages. */
spn_status spni_npy_add(spn_context *context, const char *where, const unsigned char *bytes,
                        int64_t size, const char *name, spni_array_list *list);

/** SPN_ERROR_ARGUMENT unless the arrays can be written. */
spn_status spni_arrays_check(spn_context *context, const spn_arrays *arrays);

/** The bytes of a file (spn_release() them). */
spn_status spni_npy_build(spn_context *context, const spn_named_array *array, unsigned char **bytes,
                          int64_t *size);
spn_status spni_npz_build(spn_context *context, const spn_arrays *arrays, unsigned char **bytes,
                          int64_t *size);
spn_status spni_safetensors_build(spn_context *context, const spn_arrays *arrays,
                                  unsigned char **bytes, int64_t *size);

#endif
