/* SPDX-License-Identifier: MIT */
/** @file trajectory.h  What the files of room `trajectory` share. */
#ifndef SPINODAL_SRC_TRAJECTORY_TRAJECTORY_H
#define SPINODAL_SRC_TRAJECTORY_TRAJECTORY_H

#include "stationary/stationary.h"

#include <spinodal/trajectory.h>

/** Up to so many parameters plateaus are explained and ends taken to their minimum even without `geometry`; beyond, an
 *  eigendecomposition takes longer than a user who has switched it off wants to wait. */
enum { SPNI_DENSE_MOST = 1000 };

/** Plateaus that one run remembers; of more, the two neighbours closest in E become one. */
enum { SPNI_STAYS_MOST = 8 };

/** A stay at a slow place, from one escape to the next. Doubles only. */
typedef struct spni_stay {
    double epoch_from, epoch_slowest, epoch_to; /**< epoch_to NaN: not left */
    double error, loss, gradient_norm;          /**< at epoch_slowest */
    double calm; /**< |grad L| there, smoothed where steps are noisy */
} spni_stay;

/** What is remembered of a run on its way; doubles only. */
typedef struct spni_watch_head {
    double closed;              /**< stays that were left */
    double is_rising;           /**< |grad L| has grown by the factor since the slowest place */
    double mean;                /**< smoothed |grad L| */
    double peak, peak_epoch;    /**< largest |grad L| while it rises; the escape, if it is one */
    double fall, last_error;    /**< largest fall of E in an epoch while it rises; E an epoch ago */
    double low, high;           /**< E since the first slowest place */
    double lowest, highest;     /**< E in all */
    double loss_low, loss_high; /**< L in all */
    double stability;           /**< largest of the records; NaN: none */
    double recorded, last_record; /**< records so far, and the epoch of the last */
} spni_watch_head;

/** The watcher of one run: what its items depend on beside the stepper's state. */
typedef struct spni_watch {
    int64_t n, levels;
    double memory; /**< epochs over which |grad L| is smoothed; 0: not */
    bool is_noisy; /**< mini-batches */
    spni_watch_head head;
    double *reached;                      /**< of each level: 1 when E has been below it */
    spni_stay stays[SPNI_STAYS_MOST + 1]; /**< those that were left, then the one in progress */
    double *thetas;                       /**< where each began and was slowest, then the peak */
} spni_watch;

spn_status spni_watch_create(spn_context *context, int64_t n, const spn_grok_settings *settings,
                             const spn_solver_settings *solver, spni_watch *watch);
void spni_watch_free(spn_context *context, spni_watch *watch);
/** Theta at the beginning and at the slowest place of a stay. */
double *spni_stay_from(const spni_watch *watch, int64_t stay);
double *spni_stay_slowest(const spni_watch *watch, int64_t stay);

/** The first state of a run, and every later one. */
void spni_watch_start(spni_watch *watch, const spn_stepper_view *view);
void spni_watch_step(spni_watch *watch, const spn_stepper_view *view);
/** When the run is over, in this state: neighbours at one level of E become one. */
void spni_watch_finish(spni_watch *watch, const spn_stepper_view *view);

/** Numbers it needs now, at most, and to and from an array of them. Unpacking fails (false, and
 *  nothing is changed) when `size` numbers cannot be what was packed. */
int64_t spni_watch_size(const spni_watch *watch);
int64_t spni_watch_size_most(int64_t n, int64_t levels);
void spni_watch_pack(const spni_watch *watch, double *state);
bool spni_watch_unpack(spni_watch *watch, const double *state, int64_t size);

/** What travels from a worker to the coordinator: this head, then theta (P numbers) and, for points, the state. */
typedef struct spni_note {
    bool is_tick; /**< progress only */
    spn_trajectory_stream stream;
    double epoch;
    spn_trajectory_record point;
    spn_crossing_record crossing;
    spn_plateau_record plateau;
    spn_run_record end;
    int64_t mode_count;
    double modes[SPN_MODES_MAX];
    int64_t state_size;
    double numbers[];
} spni_note;

/** Where a run stands; the coordinator writes it, a job starts from it. */
typedef struct spni_progress {
    int64_t points, items_after; /**< finished records; items behind the last of them */
    int64_t crossings, plateaus;
    double epoch, last_record; /**< for progress; epoch of the last record */
    double *state;             /**< of the last record */
    int64_t state_size, state_capacity;
    bool is_over, is_warned;
} spni_progress;

/** A run in work: one worker's. */
typedef struct spni_walker {
    spn_context *context;
    const spn_trajectory_problem *problem;
    const double *schedule;
    int64_t schedule_count, n, run;
    spn_pool_channel *channel;
    spn_stepper *stepper;
    spn_point *point; /**< for geometry, and for places that are looked at again */
    spn_geometry_workspace *geometry;
    spni_watch watch;
    double *before, *after;          /**< states of the stepper around a step */
    double *theta, *scratch, *trial; /**< P each */
    double *final;                   /**< P: the minimum behind the last state */
    int64_t final_steps;             /**< Newton's, to there */
    int64_t *order;                  /**< levels, the highest first */
    int64_t skip;                    /**< items that an earlier run has sent */
    double tick;                     /**< epoch of the next sign of life */
    bool is_dense;                   /**< dense Hessians may be formed */
    spni_note *note;
} spni_walker;

/** Bytes of a note; SPN_ERROR_ARGUMENT where that overflows. */
spn_status spni_note_size(spn_context *context, const spn_trajectory_problem *problem,
                          int64_t stepper_size, int64_t *bytes);

/** Run what is left of a run. */
spn_status spni_walk(spn_context *context, const spn_trajectory_problem *problem,
                     const double *schedule, int64_t schedule_count, int64_t note_bytes,
                     int64_t run, const spni_progress *start, spn_pool_channel *channel);

/** Send the note, unless an earlier run has. */
spn_status spni_send(spni_walker *walker);

/** Fill the note with a record of where the stepper stands. */
spn_status spni_record(spni_walker *walker);
/** Labels of a point; counts -1 and NaN where there are none. */
spn_status spni_labels(spn_context *context, const spn_point *point, spn_labels *labels);

/** da/dt = rate a + power a^(p + 1) along a ray from a stationary point, and where a begins. */
typedef struct spni_growth {
    double rate, power, p, amplitude;
} spni_growth;

/** -d . grad L / a at branch + a d (d of length 1). */
spn_status spni_growth_at(spni_walker *walker, const double *branch, const double *d, double a,
                          double *rate);
/** Turn d to where L is lowest at this amplitude around the place: the direction in which what grows aligns, such as random
 *  weights. Within the eigenvectors of eigenvalues up to `softest`, or all where there are none. Uses walker->theta. */
spn_status spni_growth_align(spni_walker *walker, const spni_place *place, double softest,
                             double amplitude, double *d);
/** The law along d from a linearised place, measured at `amplitude` or, where it is still linear there, farther
 *  out; power 0 where it is linear as far as theta is long. */
spn_status spni_growth_law(spni_walker *walker, const spni_place *place, const double *d,
                           double amplitude, spni_growth *law);
/** Time from the amplitude to the escape; infinite: never, NaN: linear without an end. */
double spni_growth_time(const spni_growth *law);

/** Time of the flow from `from` to its escape from the place, of what the error does not hold there (escape.c); infinite: never,
 *  NaN: not within the steps it may take. `rate`: one over the time the plateau takes to its slowest place. */
spn_status spni_loose_escape(spni_walker *walker, const spni_place *place, double rate,
                             const double *from, double *time);

/** Explain stay number `stay` and send it; `final`: the minimum behind the end of the stay in progress, otherwise NULL. */
spn_status spni_explain(spni_walker *walker, int64_t stay, const double *final);
/** Minimise from the last state into walker->final. */
spn_status spni_find_minimum(spni_walker *walker);
/** Send how the run ended. */
spn_status spni_finish(spni_walker *walker);

#endif
