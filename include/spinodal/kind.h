/* SPDX-License-Identifier: MIT */
/** @file kind.h  Room `kind`: what results files of each kind hold, and what can be said of it.
 *
 *  A file of results is read by store.h into tables as they stand in it. The contents below are the same as this
 *  program's records, checked: rows that refer to rows of other tables refer to rows that are there. Everything that
 *  looks into results (figures, summaries, indexes, other runs) does so through them. Failures are SPN_ERROR_INPUT,
 *  one line without the file's name, which the caller knows (spn_error_prefix()). */
#ifndef SPINODAL_KIND_H
#define SPINODAL_KIND_H

#include <spinodal/continuation.h>
#include <spinodal/slice.h>
#include <spinodal/store.h>
#include <spinodal/sweep.h>
#include <spinodal/text.h>
#include <spinodal/trajectory.h>
#include <spinodal/transition.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Contents ---------------------------------------------------------------------------------- */

/** Fill tables: records of the program's own columns, in the arena. A table that is `is_optional` and missing has no
 *  rows and no records. */
typedef struct spn_wanted_table {
    spn_table *table;
    const char *name;
    const spn_columns *columns;
    bool is_optional;
} spn_wanted_table;
spn_status spn_take_tables(spn_context *context, spn_arena *arena, const spn_results *results,
                           int64_t count, const spn_wanted_table *wanted);
/** The texts `name` of a table, one a row; SPN_ERROR_INPUT where there are not so many. */
spn_status spn_take_texts(spn_context *context, const spn_results *results, const spn_table *table,
                          const char *name, const char *const **out);

/* Readers fill the contents of their kind, which `out` points to. */

/** Kind "sweep". Tables that a file lacks have no rows. */
typedef struct spn_sweep_contents {
    spn_table points;          /**< spn_sweep_record */
    spn_table jumps, approach; /**< spn_sweep_jump, spn_sweep_approach */
    const spn_array *modes;    /**< strengths, a row a point; NULL: none */
    bool is_refined;           /**< jumps were looked for */
    bool has_rate;             /**< points of a finite rate: not meant to be stationary */
    bool is_quench;            /**< some chain starts afresh at each beta */
} spn_sweep_contents;
spn_status spn_sweep_contents_read(spn_context *context, spn_arena *arena,
                                   const spn_results *results, void *out);

/** Kind "branches". */
typedef struct spn_branches_contents {
    spn_table points;           /**< spn_branch_record, as the file has them */
    spn_table specials;         /**< spn_special_record */
    spn_table approach;         /**< spn_branch_approach; older files lack it */
    spn_table phases;           /**< spn_phase_record */
    spn_table maxwell;          /**< spn_maxwell_record */
    spn_table global, barriers; /**< spn_global_record, spn_barrier_record; older files lack them */
    const char *const *names;   /**< of the phases */
    int64_t unused_starts;      /**< that were not followed */
} spn_branches_contents;
spn_status spn_branches_contents_read(spn_context *context, spn_arena *arena,
                                      const spn_results *results, void *out);

/** Kind "grok": watched training. */
typedef struct spn_grok_contents {
    spn_table starts;              /**< as in the file: spn_start_columns */
    spn_table runs;                /**< spn_run_record, numbered as they stand */
    spn_table points;              /**< spn_trajectory_record, by run */
    spn_table crossings, plateaus; /**< spn_crossing_record, spn_plateau_record */
    const char *const *names;      /**< of the starts */
    const char *const *phases;     /**< in which the runs end */
    const spn_array *modes;        /**< strengths, a row a point; NULL: none */
    bool is_descent;               /**< plain gradient descent, which has a bound of stability */
} spn_grok_contents;
spn_status spn_grok_contents_read(spn_context *context, spn_arena *arena,
                                  const spn_results *results, void *out);

/** Kind "slice". */
typedef struct spn_slice_contents {
    spn_table slices;         /**< spn_slice_record, numbered as they stand */
    spn_table points;         /**< spn_slice_point: the grids one after the other, row by row */
    spn_table anchors;        /**< spn_slice_anchor */
    spn_table levels;         /**< spn_slice_level */
    spn_table potential;      /**< spn_norm_record; of Figure 1 only */
    const char *const *names; /**< of the anchors */
} spn_slice_contents;
spn_status spn_slice_contents_read(spn_context *context, spn_arena *arena,
                                   const spn_results *results, void *out);

/* ---- Records of the built-in studies ------------------------------------------------------------- */

/** One experiment of a family. 8-byte fields only, as all records. */
typedef struct spn_family_run {
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
} spn_family_run;
extern const spn_columns spn_family_run_columns;

/** Where one mode stops being learned, along the upward sweep. */
typedef struct spn_family_transition {
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
} spn_family_transition;
extern const spn_columns spn_family_transition_columns;

typedef enum spn_family_mark {
    SPN_FAMILY_PLAIN,
    SPN_FAMILY_FOLD,
    SPN_FAMILY_BRANCH_POINT,
} spn_family_mark;

/** A point of a stable branch. */
typedef struct spn_family_point {
    int64_t run, phase, active_modes;
    int64_t mark; /**< spn_family_mark: the end of a phase */
    double beta, error, weight_norm;
} spn_family_point;
extern const spn_columns spn_family_point_columns;

/** What one panel of the figure "delay" varies. */
typedef enum spn_delay_axis { SPN_DELAY_SCALE, SPN_DELAY_BETA } spn_delay_axis;
typedef enum spn_delay_outcome {
    SPN_DELAY_LEFT,
    SPN_DELAY_NEVER, /**< flow: it has entered the ball around theta = 0 that no flow leaves */
    SPN_DELAY_LIMIT, /**< still there when the run was ended */
} spn_delay_outcome;

/** One run that starts near the trivial phase of a linear network with one mode. Times are those of gradient flow,
 *  infinite where a law says never. 8-byte fields only. */
typedef struct spn_delay_run {
    int64_t run;    /**< number from 0 */
    int64_t axis;   /**< spn_delay_axis: the others of its series differ in this */
    int64_t depth;  /**< weight matrices */
    int64_t method; /**< spn_path_method */
    int64_t seed;   /**< of the random start, from 0; -1: the aligned start */
    double scale;   /**< u_0 */
    double beta;
    double threshold; /**< beta from which on an aligned start of this scale never leaves (T16) */
    double
        own_scale; /**< scale of the aligned start with the same tau_* (T22; depth 2: of the growing part) */
    double own_threshold; /**< beta from which on this start never leaves */
    double strength;      /**< s at which it has escaped */
    int64_t outcome;      /**< spn_delay_outcome */
    double epoch;         /**< of the escape; NaN: none */
    double time;          /**< learning rate times that; NaN also for Adam */
    double passage;       /**< exact, of an aligned start of own_scale */
    double t16,
        t22; /**< of an aligned start of this scale; of this start (NaN: aligned, or depth 2) */
    double passage_difference, t16_difference, t22_difference; /**< time / law - 1 */
    double aligned_share; /**< time / exact passage of an aligned start of this scale */
} spn_delay_run;
extern const spn_columns spn_delay_columns;

typedef enum spn_orders_start {
    SPN_ORDERS_RANDOM,
    SPN_ORDERS_MIDDLE,  /**< phase with one mode */
    SPN_ORDERS_TRIVIAL, /**< phase with none */
    SPN_ORDERS_NONE,    /**< no start (of those left) arrives */
} spn_orders_start;

/** Three starts that race to the full phase. 8-byte fields only. */
typedef struct spn_orders_race {
    int64_t race;   /**< number from 0 */
    int64_t method; /**< spn_path_method */
    double learning_rate, beta;
    double residue; /**< u_0 of the stationary starts */
    int64_t draw;   /**< of the random numbers: initial weights and residue, from 0 */
    double epoch_random, epoch_middle,
        epoch_trivial;            /**< first with E below the level; NaN: never */
    double epoch_strong;          /**< the trivial start has learned the strong mode; NaN: never */
    int64_t first, second, third; /**< spn_orders_start; equal epochs in the order of the starts */
    double
        lead; /**< (epoch_trivial - epoch_middle) / (epoch_trivial + epoch_middle): positive where the middle phase is
                      first, 0: at once; 1, -1: the other never; NaN: neither */
} spn_orders_race;
extern const spn_columns spn_orders_columns;

/* ---- What can be said of them ------------------------------------------------------------------ */

/** For people: what the chains went through, and what is left open; at `path`. The arguments are the contents of the
 *  kind; what `is_verbose` adds stands in the page of each command. */
void spn_sweep_summary(spn_text *text, const char *path, const void *contents, bool is_verbose);
void spn_branches_summary(spn_text *text, const char *path, const void *contents, bool is_verbose);
void spn_grok_summary(spn_text *text, const char *path, const void *contents, bool is_verbose);
void spn_slice_summary(spn_text *text, const char *path, const void *contents, bool is_verbose);

/** What did not go well, a line each and what may help; nothing where all went well. */
void spn_sweep_troubles(spn_text *text, const void *contents);
void spn_branches_troubles(spn_text *text, const void *contents);
void spn_grok_troubles(spn_text *text, const void *contents);

/** The same for programs: one object, all digits. */
void spn_sweep_json(spn_json *json, const char *path, const void *contents);
void spn_branches_json(spn_json *json, const char *path, const void *contents);
void spn_grok_json(spn_json *json, const char *path, const void *contents);
void spn_slice_json(spn_json *json, const char *path, const void *contents);

/** Rows of a table as a list of objects; `texts` (may be NULL), one a row, first, under `label`. */
void spn_json_rows(spn_json *json, const char *key, const spn_table *table, const char *label,
                   const char *const *texts);

/* ---- Transitions ------------------------------------------------------------------------------- */

/** Find the transitions of results of a sweep or of branches, as the next run, and widen the range *from .. *to by their
 *  points. SPN_ERROR_INPUT for other kinds. */
spn_status spn_add_transitions(spn_context *context, const spn_results *results,
                               spn_transitions *transitions, double *from, double *to);
/** The table of transitions with all that belongs to it: evidence, groups, crossings, hysteresis, stuck starts, and the
 *  verdict over the range. `files`: one name a run; `norms`: how its sqrt(n) is written, as spn_text_norm() says;
 *  `groups`: of spn_transitions_group(). */
void spn_transitions_summary(spn_text *text, spn_transitions *transitions, const char *const *files,
                             const char *const *norms, int64_t group_count,
                             const spn_transition_group *groups, double beta_from, double beta_to);
void spn_transitions_json(spn_json *json, spn_transitions *transitions, const char *const *files,
                          int64_t group_count, const spn_transition_group *groups);

/** The same rows as tables of a Markdown page. */
void spn_transitions_page(spn_text *page, int64_t count, const spn_transition *rows);
void spn_hysteresis_page(spn_text *page, int64_t count, const spn_hysteresis *rows);
/** "spinodal up", "1st": as in the table. */
const char *spn_transition_kind_text(int64_t kind);
const char *spn_transition_order_text(double order);

/* ---- Kinds ------------------------------------------------------------------------------------- */

/** A table of a kind, for documentation. */
typedef struct spn_kind_table {
    const char *title; /**< "Points of a sweep (table `points`)" */
    const spn_columns *columns;
} spn_kind_table;

struct spn_plot_settings;

/** A kind of results: its name, what is in it, and all that is done with it. Whatever treats kinds differently asks
 *  its row; the rows are listed by spn_kinds[] of gallery.h. */
typedef struct spn_kind {
    const char *name; /**< attribute `kind` of a file: "sweep" */
    int64_t table_count;
    const spn_kind_table *tables;

    size_t contents_size; /**< of what `read` fills; 0: there is no reader */
    spn_status (*read)(spn_context *context, spn_arena *arena, const spn_results *results,
                       void *contents);
    /** Absent ones say nothing. */
    void (*summarise)(spn_text *text, const char *path, const void *contents, bool is_verbose);
    void (*troubles)(spn_text *text, const void *contents);
    void (*write_json)(spn_json *json, const char *path, const void *contents);

    /** Draws the figures of results; room `plot`. */
    spn_status (*plot)(spn_context *context, const spn_results *results, const char *directory,
                       const struct spn_plot_settings *settings);
} spn_kind;

/** What a kind says of results: into `summary` and `troubles` for people, or into `json` for programs; those that are
 *  NULL are not asked for. SPN_ERROR_INPUT, with `path` in front, where the results are not what the kind holds. */
typedef struct spn_report {
    spn_text *summary, *troubles;
    spn_json *json;
    bool is_verbose;
} spn_report;
spn_status spn_kind_report(spn_context *context, const spn_kind *kind, const spn_results *results,
                           const char *path, const spn_report *report);

#ifdef __cplusplus
}
#endif

#endif
