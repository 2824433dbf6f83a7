/* SPDX-License-Identifier: MIT */
/** @file family.h  Targets that are families: several experiments that differ in one number, each with a linear and a tanh
 *  network. Their records, runs and numbers; private to room `gallery`. */
#ifndef SPINODAL_SRC_GALLERY_FAMILY_FAMILY_H
#define SPINODAL_SRC_GALLERY_FAMILY_FAMILY_H

#include "gallery/gallery.h"

/* ---- Records ----------------------------------------------------------------------------------- */

/** One experiment of a family. 8-byte fields only, as all records. */
typedef struct spni_family_run {
    int64_t run;         /**< number from 0 */
    int64_t activation;  /**< spn_activation */
    int64_t depth;       /**< weight matrices */
    int64_t modes;       /**< of the data */
    int64_t transitions; /**< modes whose loss was measured */
    double target_power; /**< E_0 = (1/N) sum |y|^2 */
    /** Random starts; all NaN or 0 where there were none. */
    double start_beta;
    int64_t starts;
    int64_t best_modes; /**< active modes of the end with the smallest loss */
    int64_t stuck;      /**< starts that ended with fewer active modes than that */
    double stuck_fraction, stuck_low, stuck_high; /**< with its 95 % interval (Wilson) */
} spni_family_run;
extern const spn_columns spni_family_run_columns;

/** Where one mode stops being learned, along the upward sweep. */
typedef struct spni_family_transition {
    int64_t run, activation, depth, modes; /**< as above */
    int64_t mode;                          /**< from 1, the strongest first */
    double singular_value;
    double predicted_beta;      /**< spinodal of the deep linear network (T12, T13) */
    double measured_beta;       /**< end of the last phase with `mode` active modes */
    double beta_low, beta_high; /**< its interval */
    double difference;          /**< measured - predicted */
    int64_t predicted_order;    /**< 0: no transition, else 1 or 2 */
    int64_t order;              /**< likewise, by what ends the phase; 3: no such phase was found */
    double error_before, error_after; /**< E at measured_beta on both sides */
    double norm_before, norm_after;   /**< |theta| likewise */
} spni_family_transition;
extern const spn_columns spni_family_transition_columns;

typedef enum spni_family_mark {
    SPNI_FAMILY_PLAIN,
    SPNI_FAMILY_FOLD,
    SPNI_FAMILY_BRANCH_POINT,
} spni_family_mark;

/** A point of a stable branch. */
typedef struct spni_family_point {
    int64_t run, phase, active_modes;
    int64_t mark; /**< spni_family_mark: the end of a phase */
    double beta, error, weight_norm;
} spni_family_point;
extern const spn_columns spni_family_point_columns;

/** |theta| on one side of a transition, where E is `error`, as spn_shown_length() shows it. */
double spni_family_length(const spni_family_transition *transition, double error, double norm);

/** Order of a transition whose phase was not found. */
enum { SPNI_NOT_FOUND = 3 };

/* ---- Runs -------------------------------------------------------------------------------------- */

/** How a family is made. `all`, then `linear` with a linear activation, then the caller's settings, then what
 *  varies: that the caller may not set. Lists end with NULL. */
typedef struct spni_family_plan {
    const spn_kind *kind; /**< of its results; its name is the family's */
    int64_t members;      /**< per activation */
    const char *const *all, *const *linear, *const *varied;
    const char *const *starts; /**< besides, for random starts; NULL: none are made */
    spn_status (*vary)(spn_context *context, spn_experiment *experiment, int64_t index);
} spni_family_plan;

/** Run all experiments of a family (spn_study_branches(), and spn_study_sweep() for random starts) into
 *  NAME-ACTIVATION-MEMBER.h5, and write NAME.h5 with the tables "runs", "transitions", "points"; the attribute
 *  "settings" holds the caller's settings, where there are any. Resuming goes on with the run that was interrupted and
 *  reads those that are done. Good: every phase was followed to its ends, phases with each number of modes were found,
 *  and every random start is stationary. SPN_ERROR_INPUT for a setting of what the family varies. */
spn_status spni_family_make(spni_job *job, const spni_family_plan *plan);

/** On ranks of a farm: the runs of that alone, handed out one by one; none of them is in NAME.h5 yet. (all) */
spn_status spni_family_share(spni_job *job, const spni_family_plan *plan);

/** The check of both kinds: phases with each number of modes were found. */
bool spni_family_passes(const spn_results *results);
#define SPNI_FAMILY_FAULT "a phase was not found (order `not_found`)"

/** What the runs say, while they are made: records as above. */
typedef struct spni_family {
    spn_list runs, transitions, points;
} spni_family;

/** Append what one finished run of branches says: a run (whose number is set), its transitions and its stable
 *  points. `modes`: linear theory of the study. */
spn_status spni_family_read_branches(spn_context *context, spni_family *family, const char *path,
                                     spni_family_run *run, const spn_theory_mode *modes);

/** Where random starts ended: the quenches at the smallest beta of a sweep's results. `run`: as the branches left it. */
spn_status spni_family_read_starts(spn_context *context, const char *path, spni_family_run *run,
                                   const spn_theory_mode *modes);

/* ---- What they show ---------------------------------------------------------------------------- */

/** Tables that both write as CSV. */
extern const spni_csv spni_family_tables[];

/** Transitions and runs for a terminal; and as a section: transitions, before them (has_starts) runs. */
spni_section spni_family_tell;
spn_status spni_family_section(spn_text *page, const spni_section_source *source, bool has_starts);

/** The tables as figures see them. */
typedef struct spni_family_view {
    spn_context *context;
    spn_arena *arena;
    int64_t run_count, transition_count, point_count;
    const spni_family_run *runs;
    const spni_family_transition *transitions; /**< of a run together, the weakest mode first */
    const spni_family_point *points;           /**< of a run and phase together, by beta */
} spni_family_view;
/** Read the tables; SPN_ERROR_INPUT where one is missing. Everything lives in view->arena. */
spn_status spni_family_view_make(const spn_results *results, spni_family_view *view);

/** "tanh", "linear". */
const char *spni_family_activation(int64_t activation);
/** "no transition", "first order", "second order". */
const char *spni_family_order(int64_t order);
/** All transitions with their numbers, for a caption. */
void spni_family_put_transitions(const spni_family_view *v, spn_text *text);

#endif
