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

/** All kinds of results, NULL-terminated: those of study.h, and those of targets. The one of this name, or NULL. */
extern const spn_kind *const spn_kinds[];
const spn_kind *spn_kind_find(const char *name);

/** What keeps results from passing the check of the run that made them: spn_kind_fault() of their kind. NULL where they
 *  pass, and where their kind has no check or is not known. */
const char *spn_results_fault(const spn_results *results);

/** Tell what the results at `path` hold, as their kind says: a summary by messages, what did not go well by warnings, a line
 *  each. */
spn_status spn_results_tell(spn_context *context, const char *path, const spn_wish *wish);

#ifdef __cplusplus
}
#endif

#endif
