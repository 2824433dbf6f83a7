/* SPDX-License-Identifier: MIT */
/** @file grok_rows.h  Watched training in memory and the results file made of it; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_GROK_ROWS_H
#define SPINODAL_SRC_STUDY_GROK_ROWS_H

#include "study/list.h"
#include "study/starts.h"

/** What the sink has received. */
typedef struct spni_grok_rows {
    bool has_theta; /**< weights of all points are kept */
    bool has_sizes; /**< those of modes and theta are known, from the first point */
    spni_list points, modes, theta;
    spni_list crossings;
    spni_list plateaus, plateau_theta;
    spni_list ends, end_theta;
    int64_t runs, parameters;
    double *last_theta; /**< of each run */
} spni_grok_rows;

spn_status spni_grok_rows_begin(spn_context *context, int64_t runs, int64_t parameters,
                                bool has_theta, spni_grok_rows *rows);
void spni_grok_rows_end(spn_context *context, spni_grok_rows *rows);
spn_status spni_grok_rows_append(spn_context *context, spni_grok_rows *rows,
                                 const spn_trajectory_item *item);
/** By run; within a run they keep their order. */
spn_status spni_grok_rows_sort(spn_context *context, spni_grok_rows *rows);

spn_status spni_grok_results_write(spn_context *context, const spni_starts *starts,
                                   const spni_grok_rows *rows, const char *path, bool is_forced);

#endif
