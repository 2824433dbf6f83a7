/* SPDX-License-Identifier: MIT */
/** @file trajectory.h  Room `trajectory`: training watched on its way, its plateaus explained.
 *
 *  A run follows one method (spn_stepper) at one beta from one start and is recorded at chosen epochs. Between two
 *  escapes lies a plateau: the path slows down near something stationary. What that is decides how long
 *  it stays. Runs are independent numbered jobs; what one computes never depends on the number of threads.
 *  Works on any objective. Numbers that do not exist are NaN, counts that are unknown -1. */
#ifndef SPINODAL_TRAJECTORY_H
#define SPINODAL_TRAJECTORY_H

#include <spinodal/geometry/state.h>
#include <spinodal/optimize.h>
#include <spinodal/stationary.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Section `grok` of an experiment; spn_settings_defaults() and spn_settings_check() with spn_grok_options
 *  fill and check it. learning_rate, momentum, beta1, beta2, epsilon, batch and seed of the
 *  method are those of section `solver`. */
typedef struct spn_grok_settings {
    double beta;
    spn_texts starts;    /**< names of starts; read by room `study` */
    const char *results; /**< file with the phases that starts name; NULL: none */
    double
        residue; /**< u_0: standard deviation of what is added to each weight of a stationary start */
    int64_t seeds;    /**< runs from each start, with their own random numbers */
    int method;       /**< spn_path_method */
    double tolerance; /**< of a step of the flow */
    double epochs;    /**< length of a run */
    int64_t records;  /**< per decade of epochs, beside epoch 0 and the last */
    spn_reals at;     /**< epochs to record; excludes `records` */
    spn_reals levels; /**< of E: the first epoch below each is located */
    bool
        geometry; /**< R and eigenvalues at each record; false and more than 1000 parameters: nothing dense at
                         all, plateaus are found but not explained, final_* do not exist */
    bool parameters; /**< keep theta at each record in the results */
} spn_grok_settings;
extern const spn_option_table spn_grok_options;

/* ---- Records: 8-byte fields only; the columns name and explain them ------------------------- */

/** A recorded epoch of a run. */
typedef struct spn_trajectory_record {
    int64_t run;    /**< number from 0: start * seeds + seed */
    int64_t record; /**< within its run, from 0 */
    double epoch, time;
    spn_state state;  /**< active_modes: modes learned */
    double stability; /**< learning_rate * eigenvalue_max_loss; gd is unstable above 2 */
} spn_trajectory_record;
extern const spn_columns spn_trajectory_columns;

/** The first epoch of a run at which E is below a level. */
typedef struct spn_crossing_record {
    int64_t run;
    double level;
    double epoch; /**< flow: located to a relative 1e-9; NaN: never */
    double time;
} spn_crossing_record;
extern const spn_columns spn_crossing_columns;

/* A plateau lasts from one escape, or epoch 0, to the next. Its slowest place is where |grad L| is smallest; once |grad L| is
 * twice that it rises, and once it is half of its largest since then, that was the escape. Neighbours whose E at the slowest
 * place differs by at most 1/50 of what E covers behind the first, or 1/1000 of what it covers in all, are one. momentum, adam and
 * sgd: of the mean of |grad L| over 2 / (1 - momentum), 1 / (1 - beta1) and 10 epochs; sgd escapes in the epoch that
 * brings E furthest below its lowest value so far.
 *
 * Its branch: the stationary point that spn_stationary_near() reaches from the slowest place, at the same L to 1/20 of what L
 * covers; the trivial point or a phase where a saddle around it was met; the minimum behind the end for the plateau in which a run
 * ends; for one that was left, what spn_saddle_near() reaches; or else the fold of spn_fold_near(). With d the unstable part of
 * theta - theta_branch, or the direction in which growth beyond linear order aligns, and a the part along d: da/dt = rate a + power
 * a^(p + 1). Predicted is, from the trivial point, T22 or this law; elsewhere the flow of the part of theta, at the beginning, along
 * the directions in which the error is not curved up at the branch, while the rest settles. */

/** What slows a path down. */
typedef enum spn_plateau_kind {
    SPN_PLATEAU_METASTABLE, /**< a minimum: it never leaves (but by noise) */
    SPN_PLATEAU_GHOST,      /**< of a fold just passed: pi / sqrt(distance), distance^(-1/2) */
    SPN_PLATEAU_SADDLE,     /**< linear growth largest: ln(1/delta) / |lambda| and a constant */
    SPN_PLATEAU_DEGENERATE, /**< growth beyond linear order, as from the trivial phase at depth >= 3 (T16, T22) and from others (T23) */
    SPN_PLATEAU_SLOW,       /**< none of these was found */
} spn_plateau_kind;

typedef struct spn_plateau_record {
    int64_t run, plateau; /**< number within its run, from 0 */
    int64_t kind;         /**< spn_plateau_kind */
    double epoch_from;    /**< the escape before, or 0 */
    double epoch_slowest; /**< where |grad L| is smallest */
    double
        epoch_to; /**< escape: |grad L| is largest before it falls again; NaN: still there at the end */
    double error, loss, gradient_norm; /**< at epoch_slowest */
    int64_t active_modes;
    double branch_error, branch_loss; /**< of the stationary point, or of the ghost's fold */
    double branch_beta;               /**< training beta, or that of the fold */
    double branch_distance;           /**< |theta - theta_branch| at epoch_slowest */
    int64_t branch_modes;             /**< its active modes */
    double eigenvalue;                /**< smallest of L's Hessian there, zero modes left out */
    int64_t negative_eigenvalues;
    double amplitude; /**< delta: part of theta - theta_branch that grows, at epoch_from */
    double measured;  /**< epoch_to - epoch_from; NaN: not left */
    double
        predicted; /**< the same by the law of its kind, from the state at epoch_from; NaN: it never leaves, or
                         no law (adam: always) */
    /** A range that held wherever it was measured, no bound (docs/trajectory.md); NaN likewise. */
    double predicted_low, predicted_high;
} spn_plateau_record;
extern const spn_columns spn_plateau_columns;

/** How a run ended, and where it would: from its last state Newton's method goes on to a minimum. */
typedef struct spn_run_record {
    int64_t run, start, seed;
    double beta, residue;
    int64_t stop; /**< spn_stop: max_iterations when all epochs were done */
    double epoch; /**< at the end */
    double
        stability_max; /**< largest learning_rate * eigenvalue_max of the records; NaN without geometry */
    spn_state state, final;  /**< the last one, and the minimum */
    double final_distance;   /**< |theta_final - theta_last| */
    double final_eigenvalue; /**< smallest of L's Hessian, zero modes of symmetry left out */
    int64_t final_negative_eigenvalues; /**< likewise */
    int64_t
        final_steps; /**< of Newton's method, tried on the way to the minimum; -1: none was sought */
} spn_run_record;
extern const spn_columns spn_run_columns;

/* ---- What they say --------------------------------------------------------------------------- */

/** How long a run waited, and where. 8-byte fields only. */
typedef struct spn_training_answer {
    int64_t run, start;
    int64_t left;         /**< plateaus that it has left */
    double waited;        /**< the epoch at which it left the last of them; 0: there was none */
    int64_t predicted;    /**< of them, those whose law predicts when */
    int64_t as_predicted; /**< of these, those left within the predicted range */
    int64_t held_by;      /**< row of the plateau on which it ends; -1: on none */
    /** 1: that is a minimum, which training leaves by noise alone, with fewer active modes than the minimum that another run
     *  leads to. */
    int64_t is_trapped;
    double epochs, error; /**< at its end */
    int64_t diverged;     /**< 1: it did */
} spn_training_answer;
extern const spn_columns spn_training_answer_columns;

/** One for each run, into out. */
void spn_training_answers(int64_t run_count, const spn_run_record *runs, int64_t plateau_count,
                          const spn_plateau_record *plateaus, spn_training_answer *out);

/* ---- Runs ------------------------------------------------------------------------------------ */

/** What is trained. Everything pointed to must outlive the runs. */
typedef struct spn_trajectory_problem {
    const spn_objective *objective; /**< L(theta, beta) */
    const spn_grok_settings *settings;
    const spn_solver_settings *solver; /**< of the path's method, and of the minimum at the end */
    int64_t starts;                    /**< runs = starts * settings->seeds */
    /** Write the first theta of a run. Called from workers. */
    spn_status (*initial)(spn_context *context, const void *state, int64_t start, int64_t seed,
                          double *theta);
    const void *initial_state;
    const double *residues; /**< of each start, for the records */
    /** Time of the flow from the trivial phase to its escape, from theta (T22); NULL, or
     *  SPN_ERROR_UNSUPPORTED: not known. */
    spn_status (*origin)(spn_context *context, const void *state, double parameter,
                         const double *theta, double *time);
    const void *origin_state;
} spn_trajectory_problem;

/** What runs send (spn_item); jobs are runs. */
typedef enum spn_trajectory_stream {
    SPN_TRAJECTORY_POINT, /**< spn_trajectory_record, with modes, theta and the state, which grows with the plateaus
                               that the run has left */
    SPN_TRAJECTORY_CROSSING, /**< spn_crossing_record */
    SPN_TRAJECTORY_PLATEAU,  /**< spn_plateau_record, with theta at epoch_slowest */
    SPN_TRAJECTORY_END, /**< spn_run_record, with theta of the minimum, or of the last state where the run
                                  diverged */
} spn_trajectory_stream;
extern const spn_streams spn_trajectory_streams;

/** The epochs at which runs are recorded, ascending, first 0 and last settings->epochs: `records` per decade
 *  from 1, rounded to whole epochs but for the flow, each once; or those of `at` within the length. `*count` numbers
 *  in *epochs, to be released by the caller. SPN_ERROR_INPUT names the key that is wrong. */
spn_status spn_trajectory_schedule(spn_context *context, const spn_grok_settings *settings,
                                   int64_t *count, double **epochs);

typedef struct spn_trajectories spn_trajectories;
spn_status spn_trajectories_create(spn_context *context, const spn_trajectory_problem *problem,
                                   spn_trajectories **out);
void spn_trajectories_free(spn_context *context, spn_trajectories *runs);

/** Tell about an item that an earlier, interrupted run has finished (before spn_trajectories_run(), in the order in
 *  which the sink received them). The runs go on behind their last replayed items with the same bits.
 *  SPN_ERROR_INPUT when the item does not fit. */
spn_status spn_trajectories_replay(spn_context *context, spn_trajectories *runs,
                                   const spn_item *item);

/** How many runs there are, and whether one is over. */
int64_t spn_trajectories_count(const spn_trajectories *runs);
bool spn_trajectories_is_over(const spn_trajectories *runs, int64_t run);

/** Run all that is left. Progress is emitted by epochs. Within a run the order is: points and crossings as they come,
 *  then, when it is over, plateaus and the end. A run that diverges is a result: it ends with its last finite
 *  state, which is recorded whatever its epoch. One warning a run where gradient descent is seen to be unstable. SPN_ERROR_INTERRUPTED leaves the runs as far as they got. */
spn_status spn_trajectories_run(spn_context *context, spn_trajectories *runs, spn_pool *pool,
                                spn_item_sink *sink, void *sink_state);

#ifdef __cplusplus
}
#endif

#endif
