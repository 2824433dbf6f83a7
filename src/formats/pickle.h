/* SPDX-License-Identifier: MIT */
/** @file pickle.h  The state dictionary in a pickle of torch.save(), read without running anything.
 *
 *  A pickle is a program for a machine with a stack. This one knows the instructions that build numbers, texts,
 *  tuples, lists and dictionaries, and of names those of tensors and their storages. Every other instruction and every
 *  other name could run code when Python loads the file, and is refused by its name. */
#ifndef SPNI_FORMATS_PICKLE_H
#define SPNI_FORMATS_PICKLE_H

#include "formats/arrays.h"

typedef enum spni_pickle_kind {
    SPNI_PICKLE_NONE,
    SPNI_PICKLE_FLAG,
    SPNI_PICKLE_INTEGER,
    SPNI_PICKLE_REAL,
    SPNI_PICKLE_TEXT,
    SPNI_PICKLE_TUPLE,
    SPNI_PICKLE_LIST, /**< what it held is forgotten */
    SPNI_PICKLE_DICTIONARY,
    SPNI_PICKLE_STORAGE,
    SPNI_PICKLE_TENSOR,
    SPNI_PICKLE_NAME, /**< of a class or function; only within the machine, as is a mark */
    SPNI_PICKLE_MARK,
} spni_pickle_kind;

typedef struct spni_pickle_value {
    spni_pickle_kind kind;
    union {
        int64_t integer; /**< a flag: 0 or 1 */
        double real;
        const char *text;
        const struct spni_pickle_tuple *tuple;
        struct spni_pickle_dictionary *dictionary;
        const struct spni_pickle_storage *storage;
        const struct spni_pickle_tensor *tensor;
        const struct spni_pickle_name *name;
    } as;
} spni_pickle_value;

typedef struct spni_pickle_tuple {
    int64_t count;
    const spni_pickle_value *items;
} spni_pickle_tuple;

typedef struct spni_pickle_dictionary {
    int64_t count, capacity;
    spni_pickle_value *pairs; /**< key, value, key, value, ... */
    bool is_ordered;
} spni_pickle_dictionary;

/** A row of numbers in a file of its own. */
typedef struct spni_pickle_storage {
    const char *key; /**< the file is NAME/data/KEY */
    spni_number number;
    int64_t count;
} spni_pickle_storage;

/** The number at (i, j, ...) is offset + i strides[0] + j strides[1] + ... of the storage; all of them lie in it. */
typedef struct spni_pickle_tensor {
    const spni_pickle_storage *storage;
    int64_t offset, count;
    const spni_pickle_tuple *shape, *strides; /**< integers, not negative; as many of each */
} spni_pickle_tensor;

/** What the pickle makes, which lives in the arena. SPN_ERROR_INPUT, naming `source`: a pickle that is cut off, not of
 *  protocol 2, larger than 4 MiB, or holds code; a tensor that its storage cannot hold. O(size) in time and memory. */
spn_status spni_pickle_read(spn_context *context, spn_arena *arena, const char *source,
                            const unsigned char *bytes, int64_t size, spni_pickle_value *out);

#endif
