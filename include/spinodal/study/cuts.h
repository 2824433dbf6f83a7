/* SPDX-License-Identifier: MIT */
/** @file cuts.h  Slices put together from points of one's own: what `spinodal slice` and Figure 1 share. */
#ifndef SPINODAL_STUDY_CUTS_H
#define SPINODAL_STUDY_CUTS_H

#include <spinodal/study.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Stored points ----------------------------------------------------------------------------- */

/** A results file that phases are taken from. */
typedef struct spn_phase_source {
    const char *key;    /**< that names it: "slice.results" */
    const char *others; /**< for messages: names that need no file of results */
    const char *path;   /**< NULL: there is none */
    spn_results results;
    const spn_table *points;
    const spn_array *theta; /**< one row per row of points */
} spn_phase_source;

/** Read `path` (which outlives it) into a source whose `key` and `others` are set; in the arena. SPN_ERROR_INPUT where
 *  it has no weights, or those of another network. */
spn_status spn_phase_source_open(spn_context *context, spn_arena *arena, const spn_study *study,
                                 const char *path, spn_phase_source *source);
/** The row of the phase `name` ("1 mode") nearest to beta. SPN_ERROR_INPUT, with the phases that there are. */
spn_status spn_phase_source_find(spn_context *context, const spn_phase_source *source,
                                 const char *name, double beta, int64_t *row);

/** A point that slices are laid through. */
typedef struct spn_anchor {
    const char *name;   /**< as the experiment calls it */
    double beta;        /**< at which it was stored, or was asked for */
    double error, loss; /**< as stored; otherwise evaluated at theta */
    double *theta;
    bool is_phase; /**< from the results file */
} spn_anchor;

/** A row of the results, under the name that the anchor has. */
spn_status spn_anchor_from_row(spn_context *context, spn_arena *arena,
                               const spn_phase_source *source, int64_t row, spn_anchor *anchor);
/** The point called `name`, for a beta: trivial, initial, a weights file, or one of the source. */
spn_status spn_anchor_find(spn_context *context, spn_arena *arena, const spn_study *study,
                           const spn_phase_source *source, const char *name, double beta,
                           spn_anchor *anchor);
/** Go on to the minimum of L at `beta`, in place. SPN_ERROR_INPUT where the phase does not exist there: the solver
 *  ends with another number of active modes. Costs one minimisation. */
spn_status spn_anchor_minimize(spn_context *context, const spn_study *study, double beta,
                               spn_anchor *anchor);

/* ---- Slices ------------------------------------------------------------------------------------ */

enum { SPN_CUTS_MAX = 4, SPN_ANCHORS_MAX = 3 };

/** Slices in memory, and the results of kind "slice" made of them. */
typedef struct spn_cuts spn_cuts;

/** `study` outlives them. `threads` as in spn_run_settings. */
spn_status spn_cuts_create(spn_context *context, const spn_study *study, int64_t threads,
                           spn_cuts **out);
void spn_cuts_free(spn_context *context, spn_cuts *cuts); /**< NULL is allowed */
/** Memory that lives as long as they do: for anchors. */
spn_arena *spn_cuts_arena(spn_cuts *cuts);

/** Add a slice through `count` anchors (which must be in the arena), or at the only one of them, as `settings` say,
 *  and measure it; levels for settings->beta. SPN_ERROR_ARGUMENT: more than SPN_CUTS_MAX slices, or SPN_ANCHORS_MAX
 *  anchors. Costs an evaluation of E at each point of the grid; the same bits for any number of threads. */
spn_status spn_cuts_add(spn_context *context, spn_cuts *cuts, const spn_slice_settings *settings,
                        double beta, int64_t count, const spn_anchor *anchors);
/** A norm-constrained curve for the table "potential"; in the arena. */
void spn_cuts_potential(spn_cuts *cuts, int64_t count, const spn_norm_record *curve);

/** Write the results as spn_book_write() does. *is_good: E and L at all anchors are those that were stored
 *  (spn_slice_agrees()); warns where not. */
spn_status spn_cuts_write(spn_context *context, const spn_cuts *cuts, const char *path,
                          bool is_forced, bool *is_good);

#ifdef __cplusplus
}
#endif

#endif
