/* SPDX-License-Identifier: MIT */
/** @file results.h  Rows of a sweep and the results file made of them; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_RESULTS_H
#define SPINODAL_SRC_STUDY_RESULTS_H

#include <spinodal/study.h>

/** Finished points in memory: parallel arrays that grow by doubling. */
typedef struct spni_rows {
    int64_t count, capacity;
    int64_t mode_count, parameters;
    int64_t *chains;
    spn_sweep_record *records;
    double *modes; /**< count x mode_count */
    double *theta; /**< count x parameters */
} spni_rows;

void spni_rows_free(spn_context *context, spni_rows *rows);
spn_status spni_rows_append(spn_context *context, spni_rows *rows, const spn_sweep_point *point);
/** Sort by (chain, point): the order does not depend on when points were finished. */
spn_status spni_rows_sort(spn_context *context, spni_rows *rows);

/** Refined transitions in memory: parallel arrays that grow by doubling. */
typedef struct spni_jumps {
    int64_t count, capacity;
    int64_t parameters;
    int64_t *ordinals;
    spn_sweep_jump *records;
    double *before, *after; /**< count x parameters */
    int64_t approach_count, approach_capacity;
    spn_sweep_approach *approach; /**< `jump`: index into records */
} spni_jumps;

void spni_jumps_free(spn_context *context, spni_jumps *jumps);
spn_status spni_jumps_append(spn_context *context, spni_jumps *jumps,
                             const spn_sweep_transition *transition);
/** Sort by (chain, point, ordinal), one of each; their approaches follow. */
spn_status spni_jumps_sort(spn_context *context, spni_jumps *jumps);

/** Write the HDF5 file. A protocol `down` keeps only its down chains. */
spn_status spni_results_write(spn_context *context, const spn_study *study, const spni_rows *rows,
                              const spni_jumps *jumps, const char *path, bool is_forced);

#endif
