/* SPDX-License-Identifier: MIT */
/** @file record.h  Column tables: how a plain struct of observables is named, typed and explained.
 *
 *  The table lives beside the struct; the journal, HDF5, CSV, JSON and the documentation use it. */
#ifndef SPINODAL_BASE_RECORD_H
#define SPINODAL_BASE_RECORD_H

#include <spinodal/base/context.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum spn_column_type {
    SPN_COLUMN_REAL,    /**< double; NaN means "does not exist here" (null) */
    SPN_COLUMN_INTEGER, /**< int64_t */
} spn_column_type;

typedef struct spn_column {
    const char *name; /**< as in files: "scalar_curvature_error" */
    spn_column_type type;
    size_t offset;
    const char *unit; /**< "" when dimensionless */
    const char *help; /**< meaning, with its equation of docs/theory.md */
    /** Integers that stand for words: their NULL-terminated list, or NULL. */
    const char *const *words;
} spn_column;

typedef struct spn_columns {
    const spn_column *items;
    int64_t count;
    size_t record_size; /**< sizeof the struct: 8-byte fields only, no padding */
} spn_columns;

#ifdef __cplusplus
}
#endif

#endif
