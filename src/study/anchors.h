/* SPDX-License-Identifier: MIT */
/** @file anchors.h  Points that slices are laid through, by their names; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_ANCHORS_H
#define SPINODAL_SRC_STUDY_ANCHORS_H

#include <spinodal/study.h>

/** A results file that phases are taken from. */
typedef struct spni_source {
    const char *path; /**< NULL: there is none */
    spn_results results;
    const spn_table *points;
    const spn_array *theta; /**< one row per row of points */
} spni_source;

/** Read it; SPN_ERROR_INPUT where it has no weights, or those of another network. */
spn_status spni_source_open(spn_context *context, spn_arena *arena, const spn_study *study,
                            const char *path, spni_source *source);

typedef struct spni_anchor {
    const char *name;   /**< as the experiment calls it */
    double beta;        /**< at which it was stored, or was asked for */
    double error, loss; /**< as stored; otherwise evaluated at theta */
    double *theta;
    bool is_phase; /**< from the results file */
} spni_anchor;

/** The row of the phase `name` nearest to beta. SPN_ERROR_INPUT, with the phases that there are. */
spn_status spni_source_find(spn_context *context, const spni_source *source, const char *name,
                            double beta, int64_t *row);

/** A row of the results. */
spn_status spni_anchor_from_row(spn_context *context, spn_arena *arena, const spni_source *source,
                                int64_t row, spni_anchor *anchor);

/** The point called `name` in slice.through, for a beta. */
spn_status spni_anchor_find(spn_context *context, spn_arena *arena, const spn_study *study,
                            const spni_source *source, const char *name, double beta,
                            spni_anchor *anchor);

/** Go on to the minimum of L at `beta`. SPN_ERROR_INPUT where the phase does not exist there: the solver
 *  ends with another number of active modes. */
spn_status spni_anchor_minimize(spn_context *context, const spn_study *study, double beta,
                                spni_anchor *anchor);

#endif
