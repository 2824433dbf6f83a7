/* SPDX-License-Identifier: MIT */
/** @file samples_file.h  Samples whose inputs stay where they are. */
#ifndef SPNI_FORMATS_SAMPLES_FILE_H
#define SPNI_FORMATS_SAMPLES_FILE_H

#include <spinodal/formats/csv.h>

/** Samples that are read and transposed together, at most. */
enum { SPNI_SAMPLES_BLOCK = 64 };

/** Where they are read from, with missing numbers NaN. */
typedef struct spn_sample_file {
    void *state;
    /** `count` samples, at most SPNI_SAMPLES_BLOCK, row by row: to[n * columns + i]. */
    spn_status (*read)(spn_context *context, void *state, const spn_sample_part *part, double *to);
    void (*free)(spn_context *context, void *state);
    uint32_t key;
    double *fill; /**< of each input, where it is missing; NULL: nothing is */
} spn_sample_file;

/** Takes the state. */
spn_status spni_sample_file_create(spn_context *context, const spn_sample_file *of,
                                   spn_sample_file **out);
void spni_sample_file_free(spn_context *context, spn_sample_file *file);

/** Where a column of samples comes from in a table. */
typedef struct spni_csv_origin {
    int64_t column;
    int32_t category; /**< the word that makes a 1; -1: the numbers of the column */
} spni_csv_origin;

/** Of a table that stays in its file: the `kept` rows that are not dropped. Origins are copied; the table must outlive it. */
spn_status spni_samples_of_table(spn_context *context, const spn_csv_table *table, int64_t inputs,
                                 const spni_csv_origin *origins, int64_t kept,
                                 const bool *is_dropped, spn_sample_file **out);

#endif
