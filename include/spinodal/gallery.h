/* SPDX-License-Identifier: MIT */
/** @file gallery.h  Room `gallery`: what `spinodal reproduce` makes: the figures of the founding papers and studies of
 *  their laws, a target each, with results, tables, figures, and an index of all of them in one folder.
 *
 *  A target has a folder of its own in src/gallery (what is run, the figure, its section of the index) and a row in the
 *  registry there. */
#ifndef SPINODAL_GALLERY_H
#define SPINODAL_GALLERY_H

#include <spinodal/plot.h>
#include <spinodal/study.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Targets ----------------------------------------------------------------------------------- */

/** A name that can be made: of a target, or of a group of them. */
typedef struct spn_gallery_name {
    const char *name, *help;
} spn_gallery_name;
/** The names in the order of the help; false behind the last. */
bool spn_gallery_name_at(int64_t index, spn_gallery_name *out);

typedef struct spn_gallery_settings {
    const char *folder; /**< made if need be */
    int64_t threads;    /**< as in spn_run_settings */
    bool is_forced;     /**< replace files that are there */
    bool is_resumed;    /**< go on with what was interrupted, keep what is done */
    int64_t set_count;  /**< spn_experiment_set() on every experiment */
    const char *const *sets;
} spn_gallery_settings;

/** Make all targets that `name` means, each with results NAME.h5, tables NAME*.csv and figures NAME*.svg, .pdf and .png, and
 *  the page index.md, which shows them beside their predictions. What came out is told by messages, what did not go well by
 *  warnings. A target that fails does not keep others from being made: each failure is a warning, and the first status is
 *  returned at the end; an interruption ends at once. The page tells of all that was tried. `*is_good`: all checks of results
 *  were passed. SPN_ERROR_INPUT for an unknown name, SPN_ERROR_IO where a file is there (before anything is made). */
spn_status spn_gallery_make(spn_context *context, const char *name,
                            const spn_gallery_settings *settings, bool *is_good);

/* ---- Kinds ------------------------------------------------------------------------------------- */

/** All kinds of results, NULL-terminated; the one of this name, or NULL. */
extern const spn_kind *const spn_kinds[];
const spn_kind *spn_kind_find(const char *name);

/** Tell what the results at `path` hold, as their kind says: a summary by messages, what did not go well by warnings, a line
 *  each. */
spn_status spn_results_tell(spn_context *context, const char *path, bool is_verbose);

/* ---- Families: several experiments that differ in one number ------------------------------------- */

/** Depth and the order of transitions: for each depth a row of panels, E and |theta| against beta; phases of the
 *  linear network as markers on their closed forms (T11 to T13), those of the other activation as lines;
 *  folds and branch points marked. From the tables runs, transitions and points (SPN_ERROR_INPUT
 *  otherwise). The files are called "order". */
spn_status spn_plot_order(spn_context *context, const spn_results *results, const char *directory,
                          const spn_plot_settings *settings);

/** Number of modes: (a) beta of each mode's transition with T13, (b) share of random starts that are stuck, with
 *  its interval. From the tables runs and transitions. The files are called "complexity". */
spn_status spn_plot_complexity(spn_context *context, const spn_results *results,
                               const char *directory, const spn_plot_settings *settings);

/* ---- Escape from the trivial phase -------------------------------------------------------------- */

/** Escape time against u_0 ("delay") and against beta over its threshold ("delay-beta"), for each depth of the table
 *  "runs" a panel: measured points on the curves of the exact passage time, T16 and T22; Adam in the same unit. Starts that
 *  never leave stand at the upper edge. SPN_ERROR_INPUT where the table is missing or empty. */
spn_status spn_plot_delay(spn_context *context, const spn_results *results, const char *directory,
                          const spn_plot_settings *settings);

/* ---- Who is first ------------------------------------------------------------------------------- */

/** With which method, beta and residue the order changes: for each method a row, on the left the epochs of the three
 *  starts against u_0 at one beta, on the right a map of who is first over u_0 and beta. From the table "races". The
 *  files are called "orders". */
spn_status spn_plot_orders(spn_context *context, const spn_results *results, const char *directory,
                           const spn_plot_settings *settings);

#ifdef __cplusplus
}
#endif

#endif
