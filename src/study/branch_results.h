/* SPDX-License-Identifier: MIT */
/** @file branch_results.h  Followed branches in memory and the results file made of them; private to room
 *  `study`. */
#ifndef SPINODAL_SRC_STUDY_BRANCH_RESULTS_H
#define SPINODAL_SRC_STUDY_BRANCH_RESULTS_H

#include "study/list.h"

#include <spinodal/study.h>

/** Attribute of the file: starts that were not followed. */
#define SPNI_UNUSED "unused_starts"

/** What the sink has received, each kind in its order. */
typedef struct spni_branch_rows {
    bool has_theta;          /**< weights are kept */
    bool has_sizes;          /**< those of modes and theta are known, from the first point */
    spni_list points;        /**< spn_branch_record */
    spni_list modes, theta;  /**< of each point */
    spni_list specials;      /**< spn_special_record */
    spni_list special_theta; /**< of each special point */
    spni_list approach;      /**< spn_branch_approach */
} spni_branch_rows;

void spni_branch_rows_init(spni_branch_rows *rows, bool has_theta);
void spni_branch_rows_free(spn_context *context, spni_branch_rows *rows);
spn_status spni_branch_rows_append(spn_context *context, spni_branch_rows *rows,
                                   const spn_branch_item *item);
/** Set the phase of each point (in the order in which they came), then sort points by branch and place. */
spn_status spni_branch_rows_sort(spn_context *context, spni_branch_rows *rows,
                                 const int64_t *phases);

/** What is known of the branches when all are there. */
typedef struct spni_branch_findings {
    int64_t specials, phases, maxwell, global, barriers; /**< how many */
    int64_t unused;                                      /**< starts that were not followed */
    const spn_special_record *special_rows;
    const spn_phase_record *phase_rows;
    const char *const *phase_names;
    const spn_maxwell_record *maxwell_rows;
    const spn_global_record *global_rows;
    const spn_barrier_record *barrier_rows;
} spni_branch_findings;

spn_status spni_branch_results_write(spn_context *context, const spn_study *study,
                                     const spni_branch_rows *rows,
                                     const spni_branch_findings *found, const char *path,
                                     bool is_forced);

#endif
