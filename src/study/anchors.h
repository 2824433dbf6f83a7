/* SPDX-License-Identifier: MIT */
/** @file anchors.h  Stored points by their names: what slices are laid through and training starts from; private to
 *  room `study`. */
#ifndef SPINODAL_SRC_STUDY_ANCHORS_H
#define SPINODAL_SRC_STUDY_ANCHORS_H

#include <spinodal/study.h>

/** A results file that phases are taken from. */
typedef struct spni_source {
    const char *key;    /**< that names it: "slice.results" */
    const char *others; /**< for messages: names that need no file of results */
    const char *path;   /**< NULL: there is none */
    spn_results results;
    const spn_table *points;
    const spn_array *theta; /**< one row per row of points */
} spni_source;

/** Read `path` into a source whose `key` and `others` are set; SPN_ERROR_INPUT where it has no weights, or those of
 *  another network. */
spn_status spni_source_open(spn_context *context, spn_arena *arena, const spn_study *study,
                            const char *path, spni_source *source);
/** The same of a path as the experiment means it; NULL: there is no such file. */
spn_status spni_source_open_named(spn_context *context, spn_arena *arena, const spn_study *study,
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

enum { SPNI_NAME_SIZE = 128 };

/** How the phase with so many modes is called: "trivial", "1 mode", "2 modes"; "none" for a negative number. */
const char *spni_modes_name(int64_t modes, char buffer[SPNI_NAME_SIZE]);

/** The point called `name`, for a beta: trivial, initial, a weights file, or one of the source. */
spn_status spni_anchor_find(spn_context *context, spn_arena *arena, const spn_study *study,
                            const spni_source *source, const char *name, double beta,
                            spni_anchor *anchor);

/** Go on to the minimum of L at `beta`. SPN_ERROR_INPUT where the phase does not exist there: the solver
 *  ends with another number of active modes. */
spn_status spni_anchor_minimize(spn_context *context, const spn_study *study, double beta,
                                spni_anchor *anchor);

#endif
