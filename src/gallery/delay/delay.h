/* SPDX-License-Identifier: MIT */
/** @file delay.h  The target `delay`, escape from the trivial phase of a linear network with one mode: its records, runs,
 *  figures and numbers; private to room `gallery`. */
#ifndef SPINODAL_SRC_GALLERY_DELAY_DELAY_H
#define SPINODAL_SRC_GALLERY_DELAY_DELAY_H

#include "gallery/gallery.h"

/* ---- Records ----------------------------------------------------------------------------------- */

/** What one panel of the figure "delay" varies. */
typedef enum spni_delay_axis { SPNI_DELAY_SCALE, SPNI_DELAY_BETA } spni_delay_axis;
typedef enum spni_delay_outcome {
    SPNI_DELAY_LEFT,
    SPNI_DELAY_NEVER, /**< flow: it has entered the ball around theta = 0 that no flow leaves */
    SPNI_DELAY_LIMIT, /**< still there when the run was ended */
} spni_delay_outcome;

/** One run that starts near the trivial phase of a linear network with one mode. Times are those of gradient flow,
 *  infinite where a law says never. 8-byte fields only. */
typedef struct spni_delay_run {
    int64_t run;    /**< number from 0 */
    int64_t axis;   /**< spni_delay_axis: the others of its series differ in this */
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
    int64_t outcome;      /**< spni_delay_outcome */
    double epoch;         /**< of the escape; NaN: none */
    double time;          /**< learning rate times that; NaN also for Adam */
    double passage;       /**< exact, of an aligned start of own_scale */
    double t16,
        t22; /**< of an aligned start of this scale; of this start (NaN: aligned, or depth 2) */
    double passage_difference, t16_difference, t22_difference; /**< time / law - 1 */
    double aligned_share; /**< time / exact passage of an aligned start of this scale */
} spni_delay_run;
extern const spn_columns spni_delay_columns;

/** Aligned starts of the flow agree with the exact passage time to this. */
#define SPNI_DELAY_TOLERANCE 1e-6

/* ---- Runs -------------------------------------------------------------------------------------- */

/** What is run. */
typedef struct spni_delay_grid {
    int64_t scale_count;
    const double *scales; /**< u_0, at a fixed beta for each depth */
    int64_t share_count;
    const double *shares; /**< beta over its threshold, at a fixed u_0 for each depth */
    int64_t seeds;        /**< random starts */
} spni_delay_grid;

/** How long a linear network of depth 2, 3, 4 on data with one mode stays near the trivial phase under gradient flow, from
 *  weights of scale u_0: aligned with the mode, and random; and under Adam. Writes delay.h5 with the table "runs". `grid`
 *  NULL: the target's own; then sweep.seeds is the number of random starts. solver.learning_rate is Adam's and the unit of
 *  time. The same bits for any number of threads. Good: aligned starts agree with the exact passage time to
 *  SPNI_DELAY_TOLERANCE, and starts leave where their law says so and only there. SPN_ERROR_INPUT for a setting that the
 *  laws rest on. */
spn_status spni_delay_make(spni_job *job, const spni_delay_grid *grid);

/** A network of one depth on the data. */
typedef struct spni_delay_net {
    spn_experiment *experiment;
    spn_study *study;
    int64_t depth;
    double sigma, target_power; /**< of the mode; E_0 */
    double *yx;                 /**< K x I */
    double *u, *v;              /**< the mode's directions: K and I numbers */
    double *
        gains; /**< of each random start: scale of the aligned start that escapes with it, over u_0 */
} spni_delay_net;

spn_status spni_delay_net_create(const spni_job *job, int64_t depth, spni_delay_net *net);
void spni_delay_net_free(spn_context *context, spni_delay_net *net);

/** Weights of scale u_0: a start of its own for each seed, aligned with the mode for seed -1. */
void spni_delay_start(const spni_delay_net *net, double scale, int64_t seed, double *theta);

/** net->gains[seed]. */
spn_status spni_delay_gain(spn_context *context, const spni_delay_net *net, int64_t seed,
                           double *theta, double *gain);

/** What walks; made once for several runs. */
typedef struct spni_delay_walker {
    const spni_delay_net *net;
    spn_stepper *stepper;
    double *theta, *state;
} spni_delay_walker;

spn_status spni_delay_walker_create(spn_context *context, const spni_delay_net *net, int64_t method,
                                    spni_delay_walker *walker);
void spni_delay_walker_free(spn_context *context, spni_delay_walker *walker);

/** Fill a run whose axis, depth, method, seed, scale and beta are set: the laws, then the walk. */
spn_status spni_delay_walk(spn_context *context, spni_delay_walker *walker, spni_delay_run *run);

/* ---- What they show ---------------------------------------------------------------------------- */

/** Some of the runs. */
typedef struct spni_delay_part {
    int64_t axis;          /**< spni_delay_axis; -1: both */
    int64_t depth, method; /**< spn_path_method */
    bool is_aligned;
} spni_delay_part;
bool spni_delay_is_in(const spni_delay_run *run, const spni_delay_part *part);

/** What the runs of a part come to; NaN where there is none. 8-byte fields only. */
typedef struct spni_delay_line {
    int64_t depth, method, start; /**< spn_path_method; 1: aligned, 0: random */
    int64_t left, stays;
    double passage, t16, t22; /**< largest |time / law - 1| */
    double share_low, share_high;
    double epoch_low, epoch_high;
} spni_delay_line;
/** T16 and T22 are leading orders in u_0: compared up to `scale_max`. */
spni_delay_line spni_delay_sum(int64_t count, const spni_delay_run *runs,
                               const spni_delay_part *part, double scale_max);

/** Escape time against u_0 ("delay") and against beta over its threshold ("delay-beta"), for each depth of the table
 *  "runs" a panel: measured points on the curves of the exact passage time, T16 and T22; Adam in the same unit. Starts that
 *  never leave stand at the upper edge. SPN_ERROR_INPUT where the table is missing or empty. */
spn_status spni_delay_plot(spn_context *context, const spn_results *results, const char *directory,
                           const spn_plot_settings *settings);

enum { SPNI_DELAY_DEPTHS_MAX = 4 };

/** The runs as figures and captions see them. */
typedef struct spni_delay_view {
    spn_context *context;
    spn_arena *arena;
    int64_t count;
    const spni_delay_run *runs;
    int64_t depth_count;
    int64_t depths[SPNI_DELAY_DEPTHS_MAX]; /**< ascending */
    double rate;                           /**< learning rate: time of an epoch */
} spni_delay_view;
void spni_delay_caption(const spni_delay_view *v, const spn_results *results, int64_t axis,
                        spn_text *text);

/** The lines of all runs beside their laws: for a terminal, and with what they mean as a section. */
spni_section spni_delay_tell, spni_delay_section;

#endif
