/* SPDX-License-Identifier: MIT */
/** @file array_case.h  Shared by the tests and the fuzz targets of named arrays. */
#ifndef SPINODAL_TEST_ARRAY_CASE_H
#define SPINODAL_TEST_ARRAY_CASE_H

#include <spinodal/formats.h>
#include <string.h>

/** Same names, shapes and bits, in the same order? */
static inline bool arrays_are_equal(const spn_arrays *a, const spn_arrays *b)
{
    bool are_equal = a->count == b->count;
    for (int64_t i = 0; are_equal && i < a->count; i++) {
        const spn_named_array *left = &a->items[i], *right = &b->items[i];
        are_equal =
            strcmp(left->name, right->name) == 0 && left->rank == right->rank &&
            left->count == right->count &&
            memcmp(left->shape, right->shape, (size_t)left->rank * sizeof *left->shape) == 0 &&
            memcmp(left->values, right->values, (size_t)left->count * sizeof *left->values) == 0;
    }
    return are_equal;
}

#endif
