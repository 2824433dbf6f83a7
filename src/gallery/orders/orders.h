/* SPDX-License-Identifier: MIT */
/** @file orders.h  The target `orders`, three starts that race to the full phase: its records, runs, figure and numbers;
 *  private to room `gallery`. */
#ifndef SPINODAL_SRC_GALLERY_ORDERS_ORDERS_H
#define SPINODAL_SRC_GALLERY_ORDERS_ORDERS_H

#include "gallery/gallery.h"

/* ---- Records ----------------------------------------------------------------------------------- */

typedef enum spni_orders_start {
    SPNI_ORDERS_RANDOM,
    SPNI_ORDERS_MIDDLE,  /**< phase with one mode */
    SPNI_ORDERS_TRIVIAL, /**< phase with none */
    SPNI_ORDERS_NONE,    /**< no start (of those left) arrives */
} spni_orders_start;

/** Three starts that race to the full phase. 8-byte fields only. */
typedef struct spni_orders_race {
    int64_t race;   /**< number from 0 */
    int64_t method; /**< spn_path_method */
    double learning_rate, beta;
    double residue; /**< u_0 of the stationary starts */
    int64_t draw;   /**< of the random numbers: initial weights and residue, from 0 */
    double epoch_random, epoch_middle,
        epoch_trivial;            /**< first with E below the level; NaN: never */
    double epoch_strong;          /**< the trivial start has learned the strong mode; NaN: never */
    int64_t first, second, third; /**< spni_orders_start; equal epochs in the order of the starts */
    double
        lead; /**< (epoch_trivial - epoch_middle) / (epoch_trivial + epoch_middle): positive where the middle phase is
                      first, 0: at once; 1, -1: the other never; NaN: neither */
} spni_orders_race;
extern const spn_columns spni_orders_columns;

/* ---- Runs -------------------------------------------------------------------------------------- */

/** What is run. */
typedef struct spni_orders_grid {
    int64_t method_count;
    const int64_t *methods; /**< spn_path_method */
    int64_t beta_count;
    const double *betas;
    int64_t residue_count;
    const double *residues;
    int64_t draws;
    int64_t
        steps; /**< at most, of gradient descent: epochs of the others that make as much time, steps of Adam */
} spni_orders_grid;

/** Which of three starts learns both modes first: random weights, the phase with one mode, the trivial phase, the last two
 *  with a residue u_0; for each method, beta and u_0. Writes orders.h5 with the table "races". `grid` NULL: the target's
 *  own; then sweep.seeds are the draws, solver.max_iterations the steps. The same bits for any number of threads.
 *  SPN_ERROR_NUMERIC where the phase with one mode is not found. */
spn_status spni_orders_make(spni_job *job, const spni_orders_grid *grid);

/** What all runs share. */
typedef struct spni_orders_field {
    spn_experiment *experiment;
    spn_study *study;
    double *middle; /**< the phase with one mode */
} spni_orders_field;

/** The network; and its training to the phase with one mode. */
spn_status spni_orders_field_create(const spni_job *job, spni_orders_field *field);
spn_status spni_orders_find_middle(spn_context *context, spni_orders_field *field);
void spni_orders_field_free(spn_context *context, spni_orders_field *field);

/** Learning rate and the rest of a method. */
spn_solver_settings spni_orders_method(const spni_orders_field *field, int64_t method,
                                       int64_t draw);

/** One start. */
typedef struct spni_orders_run {
    int64_t method, start; /**< spn_path_method, spni_orders_start */
    double beta, residue;
    int64_t draw, steps;
    double epoch, epoch_strong; /**< result: first below the levels; NaN: never */
} spni_orders_run;

/** Train, until E is below the level of the full phase. */
spn_status spni_orders_train(spn_context *context, const spni_orders_field *field,
                             spni_orders_run *run);

/* ---- What they show ---------------------------------------------------------------------------- */

/** Races that differ in their draw only, or in draw and beta. 8-byte fields only. */
typedef struct spni_orders_line {
    int64_t method;
    double beta, residue;
    double random, middle, trivial, strong; /**< medians, infinite where it never arrives */
    int64_t races, middle_first, trivial_first, equal, neither;
    int64_t random_first; /**< random weights before both */
} spni_orders_line;
/** The races with the method and residue (and with has_beta also the beta) of this one, added up. */
spni_orders_line spni_orders_sum(int64_t count, const spni_orders_race *races,
                                 const spni_orders_race *like, bool has_beta);

/** With which method, beta and residue the order changes: for each method a row, on the left the epochs of the three
 *  starts against u_0 at one beta, on the right a map of who is first over u_0 and beta. From the table "races". The
 *  files are called "orders". */
spn_status spni_orders_plot(spn_context *context, const spn_results *results, const char *directory,
                            const spn_plot_settings *settings);

/** Which of the two phases is first, for a terminal; and as a section, with the epochs at one beta. */
spni_section spni_orders_tell, spni_orders_section;

#endif
