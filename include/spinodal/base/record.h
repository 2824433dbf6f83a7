/* SPDX-License-Identifier: MIT */
/** @file record.h  Column tables: how a plain struct of observables is named, typed and explained; items and
 *  streams: how a method sends its results, one finished piece after the other.
 *
 *  The tables live beside the structs; the journal, HDF5, CSV, JSON and the documentation use them. */
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
    /** The version of the program from which on files have it: in files without it its numbers are NaN, integers -1. NULL or
     *  "": a file without it is refused. */
    const char *since;
} spn_column;

typedef struct spn_columns {
    const spn_column *items;
    int64_t count;
    size_t record_size; /**< sizeof the struct: 8-byte fields only, no padding */
} spn_columns;

/** A column of a table: member `member` of the struct `record`, named like it. For the initialiser of an array of
 *  spn_column; SPN_COLUMNS_OF() is the one of the spn_columns of that array. */
#define SPN_INTEGER_COLUMN(record, member, help)                                                   \
    {                                                                                              \
#member, SPN_COLUMN_INTEGER, offsetof(record, member), "", help, NULL, NULL                \
    }
#define SPN_WORD_COLUMN(record, member, words, help)                                               \
    {                                                                                              \
#member, SPN_COLUMN_INTEGER, offsetof(record, member), "", help, words, NULL               \
    }
#define SPN_REAL_COLUMN(record, member, unit, help)                                                \
    {                                                                                              \
#member, SPN_COLUMN_REAL, offsetof(record, member), unit, help, NULL, NULL                 \
    }
#define SPN_COLUMNS_OF(items, record)                                                              \
    {                                                                                              \
        items, sizeof(items) / sizeof *(items), sizeof(record)                                     \
    }

/** One finished piece of results, as every method sends it: a record and what belongs to it. Valid during the call
 *  it is passed to. Parts that the stream does not have are 0 and NULL. */
typedef struct spn_item {
    int64_t stream;     /**< index into the streams of the room that sends it */
    int64_t job;        /**< the numbered job it is of: a chain, a run; 0 where there is one */
    int64_t ordinal;    /**< among items of one stream, one job and equal keys, from 0 */
    const void *record; /**< one struct of the stream's columns */
    int64_t row_count;  /**< rows of the stream's attached table that belong to it */
    const void *rows;
    int64_t mode_count; /**< mode strengths (spn_labels) */
    const double *modes;
    int64_t theta_size; /**< numbers: the parameters P times the thetas of the stream */
    const double *theta;
    int64_t
        state_size; /**< numbers: all that the rest of its job depends on; what resuming needs */
    const double *state;
} spn_item;

/** Receives items on the coordinating thread: those of one job in their order, jobs interleaved as they happen. A
 *  failure stops the method. */
typedef spn_status spn_item_sink(spn_context *context, void *state, const spn_item *item);

/** The rows that items of a stream may bring along. */
typedef struct spn_attached {
    const char *table; /**< name of their table; NULL: there are none */
    const spn_columns *columns;
    size_t
        row; /**< offset of the integer that says which row of the stream's table a row belongs to */
    int64_t most; /**< rows of one item */
} spn_attached;

/** An array of parameter vectors in files: one row per row of the stream's table. */
typedef struct spn_theta {
    const char *name, *help;
} spn_theta;

enum { SPN_KEYS_MAX = 2, SPN_THETAS_MAX = 2 };

/** What the items of one kind that a room sends are made of, and what becomes of them in files. */
typedef struct spn_stream {
    const char *table; /**< name of their table in files: "points" */
    const spn_columns *columns;
    bool has_modes, has_state;
    /** A resumed method may send an item again, with the same bits: of those with the same job, keys and ordinal
     *  one is kept. */
    bool is_resent;
    int64_t theta_count; /**< parameter vectors of an item, one behind the other in theta */
    spn_theta thetas[SPN_THETAS_MAX];
    spn_attached attached;
    /** Rows of the table are in order of the job, then of these integers of the record (offsets), then as they were
     *  sent. */
    int64_t key_count;
    size_t keys[SPN_KEYS_MAX];
} spn_stream;

/** All streams of a room; `stream` of its items is an index. The first are its points. */
typedef struct spn_streams {
    const spn_stream *items;
    int64_t count;
} spn_streams;

#ifdef __cplusplus
}
#endif

#endif
