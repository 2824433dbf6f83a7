/* SPDX-License-Identifier: MIT */
/** @file answer.h  The answer of a run from its phases and rows; private to room `transition`. */
#ifndef SPINODAL_SRC_TRANSITION_ANSWER_H
#define SPINODAL_SRC_TRANSITION_ANSWER_H

#include "transition/transition.h"

#include <spinodal/transition/answer.h>

/** A row with its sides by beta. */
typedef struct spni_sides {
    spn_side below, above;              /* the phase of smaller and of larger beta */
    double beta_below, beta_above;      /* where these were seen */
    int64_t strand_below, strand_above; /* -1: none is like it */
} spni_sides;

/** Sides of a row, and the strands that they lie on: of those whose L and |theta|^2 are closest the one that reaches
 *  farther to its side. */
spni_sides spni_find_sides(const spn_transition *row, int64_t count, const spni_strand *strands);

/** groups[i]: number of the accuracy phase that strand i belongs to, from 0; *found of them, added to the answer's phases
 *  in the order of their numbers. Rows of the run: [first, first + rows). */
spn_status spni_group_strands(spn_context *context, spn_transitions *transitions, int64_t run,
                              int64_t first_row, int64_t count, const spni_strand *strands,
                              int64_t *groups, int64_t *found);

/** What a run begins with: rows, findings, notes that there were. */
typedef struct spni_run_start {
    int64_t row, finding;
    spn_transition_notes notes;
} spni_run_start;
spni_run_start spni_start_run(const spn_transitions *transitions);

/** Make the answer of the run that ends here; after rows are merged and the notes are complete. from, to: range of its
 *  points. */
spn_status spni_answer_run(spn_context *context, spn_transitions *transitions,
                           const spni_run_start *start, int64_t seeds, double from, double to,
                           int64_t count, const spni_strand *strands);

#endif
