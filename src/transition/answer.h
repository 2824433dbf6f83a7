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

/** groups[i]: number of the accuracy phase that strand i belongs to, from 0, -1 of an empty one; *found of them. Strands
 *  that rows lead between without a change of what is computed, or that compute alike where both are known, are one
 *  phase, unless a row that changes it leads between two of them. `sides`: of each row. */
spn_status spni_group_strands(spn_context *context, const spni_ranges *ranges, int64_t rows,
                              const spn_transition *row, const spni_sides *sides, int64_t count,
                              const spni_strand *strands, int64_t *groups, int64_t *found);

/** Add the `found` phases to the answer's, in the order in which they end when beta rises; groups are numbered anew by
 *  it. Rows of the run start at `first_row`. */
spn_status spni_describe_phases(spn_context *context, spn_transitions *transitions, int64_t run,
                                int64_t first_row, int64_t count, const spni_strand *strands,
                                int64_t *groups, int64_t found);

/** A row and where it lies. */
typedef struct spni_reading {
    const spn_transition *row;
    spni_sides sides;
    int64_t phase_below, phase_above; /* -1: not known */
} spni_reading;

/** Rows that are one transition get one entry, added to the answer's; entry_of[i]: of row i the number of its entry, from
 *  0. Rows stand by beta. */
spn_status spni_enter_rows(spn_context *context, spn_transitions *transitions, int64_t run,
                           const spni_strand *strands, int64_t count, const spni_reading *rows,
                           int64_t *entry_of);
/** The place of an entry that a row of this kind belongs to. */
spn_answer_place *spni_place_of(spn_answer_entry *entry, int64_t kind);

/** What a run begins with: rows, findings, loops, notes that there were. */
typedef struct spni_run_start {
    int64_t row, finding, loop;
    spn_transition_notes notes;
} spni_run_start;
spni_run_start spni_start_run(const spn_transitions *transitions);

/** Make the answer of the run that ends here; after rows are merged and the notes are complete. `known`: the range of its
 *  points, its starts and ways. */
spn_status spni_answer_run(spn_context *context, spn_transitions *transitions,
                           const spni_run_start *start, const spn_answer *known, int64_t count,
                           const spni_strand *strands);

#endif
