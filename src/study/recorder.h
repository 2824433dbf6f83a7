/* SPDX-License-Identifier: MIT */
/** @file recorder.h  What the method of a run sends, kept: as records of a journal, in memory, and from there as tables
 *  and arrays of a results file. All that differs between methods is said by their streams; private to room
 *  `study`. */
#ifndef SPINODAL_SRC_STUDY_RECORDER_H
#define SPINODAL_SRC_STUDY_RECORDER_H

#include "study/book.h"

/** Items of one stream: parallel lists, one entry an item. */
typedef struct spni_shelf {
    const spn_stream *stream;
    bool keeps_theta;
    bool has_modes;  /**< their number is known, from the first item */
    spn_list places; /**< job, ordinal, and which attached rows are its own */
    spn_list records, modes, thetas[SPN_THETAS_MAX];
    spn_list rows; /**< the attached ones, of all items */
} spni_shelf;

typedef struct spni_recorder {
    const spn_study *study; /**< NULL: who reads a journal has none */
    int64_t parameters;     /**< of its network; -1: not known without it */
    const spn_streams *streams;
    spni_shelf *shelves;
} spni_recorder;

/** Bit s of `without`: theta of stream s is not kept in memory. Always followed by spni_recorder_end(), which takes
 *  one of zeros, too. */
spn_status spni_recorder_begin(spn_context *context, const spn_study *study,
                               const spn_streams *streams, unsigned without,
                               spni_recorder *recorder);
void spni_recorder_end(spn_context *context, spni_recorder *recorder);

/** Version of the payload of journal records, which spni_recorder_write() makes: a head of sizes, then the record, its
 *  rows, modes, theta, state. */
enum { SPNI_JOURNAL_FORMAT = 3 };

/** The type of a journal's first record, which is no item: the experiment as a whole (study/parts.h). */
enum { SPNI_RECORD_EXPERIMENT = 0 };

/** Append an item to a journal, as a record of type stream + 1. */
spn_status spni_recorder_write(spn_context *context, const spni_recorder *recorder,
                               spn_journal *journal, const spn_item *item);
/** The item in a record of a journal; it points into the payload. SPN_ERROR_INPUT where the record is not of these
 *  streams or of another network: every size is checked, since sizes steer pointers. */
spn_status spni_recorder_read(spn_context *context, const spni_recorder *recorder, int64_t type,
                              const void *payload, int64_t size, spn_item *item);

/** Copy an item to memory. SPN_ERROR_ARGUMENT where its sizes are not those of the items before it. */
spn_status spni_recorder_keep(spn_context *context, spni_recorder *recorder, const spn_item *item);

/** Everything in its final order, which does not depend on when it came; what was sent twice is dropped. */
spn_status spni_recorder_sort(spn_context *context, spni_recorder *recorder);

/** Drop the items of a stream whose record is not wanted. */
spn_status spni_recorder_filter(spn_context *context, spni_recorder *recorder, int64_t stream,
                                bool (*is_wanted)(const void *record));

/** The records of a stream, and how many there are. */
void *spni_recorder_records(const spni_recorder *recorder, int64_t stream, int64_t *count);

/** Put a stream's table, with that of its attached rows, and its arrays into a book, which is written before the
 *  recorder changes. */
void spni_recorder_table(const spni_recorder *recorder, int64_t stream, spn_book *book);
/** The same, its records shown by other columns, which outlive the book. */
void spni_recorder_table_as(const spni_recorder *recorder, int64_t stream,
                            const spn_columns *columns, spn_book *book);
void spni_recorder_arrays(const spni_recorder *recorder, int64_t stream, spn_book *book);
/** Arrays of layers and classes at the stream's (first) parameter vectors, where they are kept and section `geometry` asks for
 *  them; nothing otherwise. Cost: an evaluation and the diagonal of E's Hessian for each. */
spn_status spni_recorder_layers(spn_context *context, const spni_recorder *recorder, int64_t stream,
                                spn_book *book);
/** The same at `rows` parameter vectors. */
spn_status spni_book_layers(spn_context *context, const spn_study *study, spn_book *book,
                            int64_t rows, const double *theta);

#endif
