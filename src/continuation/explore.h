/* SPDX-License-Identifier: MIT */
/** @file explore.h  All branches of a problem: what the files behind spn_branches share. */
#ifndef SPINODAL_SRC_CONTINUATION_EXPLORE_H
#define SPINODAL_SRC_CONTINUATION_EXPLORE_H

#include "continuation/continuation.h"

/** Phase of a row that closes a segment at a special point and is no point that was sent. */
#define SPNI_HIDDEN (-2)

/** Finished points of all branches, in the order in which they were sent. */
typedef struct spni_bank {
    int64_t n, count, capacity;
    spn_branch_record *records;
    double *theta;     /**< count x P */
    double *slopes;    /**< dL/dbeta */
    int64_t *previous; /**< the neighbour on the side of point 0; -1 for that point */
} spni_bank;

/** Why one half of a branch ends. */
typedef enum spni_half_end {
    SPNI_HALF_RANGE,      /**< at an end of the range of beta */
    SPNI_HALF_SPECIAL,    /**< at a special point (it starts or retraces a copy of itself there) */
    SPNI_HALF_JOINED,     /**< on a branch that is known */
    SPNI_HALF_INDEX,      /**< more negative eigenvalues than are followed */
    SPNI_HALF_UNFINISHED, /**< limit of points, or no step was accepted */
} spni_half_end;

typedef struct spni_followed_branch {
    spni_half_end ends[2]; /**< of the points' negative and positive side */
    int64_t specials[2];   /**< the special point there, or -1 */
    int64_t joined[2];     /**< the row of the bank where it joins another branch, or -1 */
    int64_t first, last;   /**< numbers of its points at the two ends */
    int64_t visits;
} spni_followed_branch;

/** A stationary point from which a branch may start. */
typedef struct spni_branch_start {
    double *theta;
    double beta;
    double *away; /**< P: a crossing branch leaves its special point along it, one way; or NULL */
    int64_t special; /**< it starts there; -1 */
    bool is_first;   /**< on the way of a sweep: taken before all others */
    bool is_taken;
} spni_branch_start;

typedef struct spni_start_queue {
    int64_t count, taken, capacity;
    spni_branch_start *items;
} spni_start_queue;

/** What an interrupted run had sent. */
typedef struct spni_replayed {
    int64_t stream; /**< spn_branches_stream */
    spn_branch_record point;
    spn_special_record special;
    double *theta;
} spni_replayed;

/** A stretch of a branch that is a phase, while phases are made. */
typedef struct spni_phase {
    spn_phase_record record;
    int64_t *points; /**< rows of the bank in ascending beta */
    int64_t count;
} spni_phase;

/** Places and vectors that are made once. Whoever takes one lends it to what it calls, as an argument; nothing is left in
 *  them for others to find. */
typedef struct spni_work {
    spni_place
        start; /**< of the branch in work, while it is followed; a phase solved for, afterwards */
    spni_place trial;      /**< what is compared or tried */
    spni_special special;  /**< the special point in work */
    double *theta, *other; /**< P each */
} spni_work;

/** Branches that are followed, or were. */
typedef struct spni_branch_list {
    spni_followed_branch *items;
    int64_t count, capacity;
    int64_t descended; /**< of so many the saddles have been descended from */
} spni_branch_list;

/** Special points of all branches, in the order in which they were sent. */
typedef struct spni_special_list {
    spn_special_record *records;
    double *theta;  /**< count x P */
    double *slopes; /**< dL/dbeta there */
    int64_t count, capacity;
} spni_special_list;

/** What an interrupted run had sent, and which of it comes next. */
typedef struct spni_replay {
    spni_replayed *items;
    int64_t count, capacity, next;
} spni_replay;

/** Where items go. */
typedef struct spni_outlet {
    spn_item_sink *sink;
    void *state;
    int64_t points;   /**< so many were sent */
    int64_t last_row; /**< of the bank: the last one */
} spni_outlet;

/** What the limits of the settings have left out. */
typedef struct spni_cut {
    bool is_cut;    /**< a limit was met, or a step was not possible */
    int64_t unused; /**< starts on no known branch that the limit of branches left over */
} spni_cut;

typedef struct spni_phase_list {
    spni_phase *items;
    int64_t count, capacity;
    spn_phase_record *records; /**< of the finished ones */
    int64_t *of_rows;          /**< phase of each row of the bank; -1: unstable */
    int64_t *of_points;        /**< the same of the points that were sent */
} spni_phase_list;

typedef struct spni_global_list {
    spn_global_record *items;
    int64_t count, capacity;
} spni_global_list;

typedef struct spni_maxwell_list {
    spn_maxwell_record *items;
    int64_t count, capacity;
} spni_maxwell_list;

typedef struct spni_barrier_list {
    spn_barrier_record *items;
    int64_t count, capacity;
} spni_barrier_list;

struct spn_branches {
    /* What is asked for. */
    spn_context *context;
    spn_branches_problem problem;
    spn_branches_settings settings;
    /* What works on it. */
    spni_frame frame;
    spn_solver *solver; /**< Newton's method, for minimising */
    spni_tracer tracer;
    spni_work work;
    spni_replay replay;
    spni_outlet out;
    /* What has been found. */
    spni_start_queue queue;
    spni_bank bank;
    spni_branch_list traced;
    spni_special_list specials;
    spni_cut cut;
    /* What follows from it. */
    spni_phase_list phases;
    spni_maxwell_list maxwell;
    spni_global_list global;
    spni_barrier_list barriers;
};

/* known_points.c */
/** Cubic Hermite interpolation of L in beta between two rows, from dL/dbeta at both; beyond them the tangent. */
double spni_bank_loss(const spni_bank *bank, int64_t a, int64_t b, double beta);
spn_status spni_bank_add(spn_context *context, spni_bank *bank, const spn_branch_record *record,
                         const double *theta, double slope, int64_t previous);
void spni_bank_free(spn_context *context, spni_bank *bank);
/** Equal up to symmetry: L, |theta|, index and spectrum. */
bool spni_is_same(const spni_frame *frame, const spni_place *a, const spni_place *b);
/** The row of the far end of a segment on which the point (theta, place's numbers) lies, up to symmetry, or -1.
 *  Segments of `branch` whose points are within 3 of `point` are left out (branch -1: none is). */
spn_status spni_bank_find(spn_branches *all, const spni_place *place, int64_t branch, int64_t point,
                          int64_t *row);

/* follow.c */
/** Send an item, or take it as sent when it is the next to be replayed. */
spn_status spni_emit(spn_branches *all, const spn_item *item);
const spni_replayed *spni_replay_next(const spn_branches *all);
/** Follow the branch of a start, solved for and linearised at `first`, both ways or one, and queue what its special points
 *  lead to. */
spn_status spni_follow_branch(spn_branches *all, const spni_branch_start *start, spni_place *first);
spn_status spni_queue_start(spn_branches *all, const double *theta, double beta, const double *away,
                            int64_t special);
/** A start on the way of a sweep. */
spn_status spni_queue_first(spn_branches *all, const double *theta, double beta);

/** What an interrupted run had sent as this point of a branch, or NULL. */
const spni_replayed *spni_find_replayed_point(const spn_branches *all, int64_t branch,
                                              int64_t number);
/** A point that was linearised: into the bank, and sent. `previous`: its neighbour in the bank. */
typedef struct spni_point_parts {
    const spn_branch_record *record;
    const spn_labels *labels;
    const double *theta;
    double loss_slope;
} spni_point_parts;
spn_status spni_send_point(spn_branches *all, const spni_point_parts *point, int64_t previous);
/** A special point joins the list. */
spn_status spni_keep_special(spn_branches *all, const spn_special_record *record,
                             const double *theta, double loss_slope);
/** A special point between points `from` and `to`: labels belong to the stable side where there is one (`high`: behind it),
 *  counts before and after to ascending numbers. */
void spni_order_sides(const spn_state *high, int64_t from, int64_t to, spn_special_record *record);
/** A special point of which nothing is known that lies behind it. */
void spni_clear_after(spn_special_record *record);
/** One more branch, of no point yet. */
spn_status spni_add_branch(spn_branches *all);
/** Why no further step was possible. */
void spni_say_lost(spn_branches *all, const spn_branch_record *record, double beta);

/* searches.c */
/** A search that needs no other: job `job`, by a helper that has what has been found, which it only reads, and workspaces of its own. */
typedef spn_status spni_searcher(spn_branches *helper, void *state, int64_t job,
                                 spn_pool_channel *channel);
typedef struct spni_searches {
    bool
        wants_minimiser; /**< the helper has a minimiser and work.theta; otherwise a frame that linearises and work.start */
    int64_t count;
    spni_searcher *search;
    spn_pool_receiver *receiver; /**< of what searches send, in any order across searches */
    void *state;                 /**< of both; searches only read it */
    int64_t message_size;
    const double *cost; /**< as in spn_pool_work, or NULL */
} spni_searches;
/** Run all searches on the problem's pool; on ranks all of them receive what was found, if they have the same branches and starts:
 *  SPN_ERROR_NUMERIC. */
spn_status spni_run_searches(spn_branches *all, const spni_searches *searches);

/* branches.c */
/** The minimiser: Newton's method with steps that hop over no barrier. */
spn_status spni_create_minimiser(spn_context *context, const spn_branches *all, spn_solver **out);
void spni_free_work(spn_context *context, spni_work *work);
/** Lengths are measured against the first solution, or, where that is the origin, against the natural scale. */
void spni_set_scales(spn_branches *all, const double *theta);

/* follow_products.c */
/** One branch by products: from the minimum of the first initial weights at the lower end of the range, both ways. */
spn_status spni_follow_products(spn_branches *all);

/* crossing.c */
/** Branches that cross at a branch point or at a fold with a kernel of more than one dimension: queue a start on each;
 *  counts them in the record. */
spn_status spni_find_crossings(spn_branches *all, spni_special *special);
/** The minimum just beyond the end of a stable stretch. */
typedef struct spni_fall {
    double *theta; /**< P */
    double beta;
    bool is_found;
} spni_fall;
/** Push the network past the end, from theta there: minimise ever further beyond it, until that succeeds; at the range's end where that
 *  comes first and is no part of the end itself. */
spn_status spni_fall_beyond(spn_branches *all, const spn_special_record *record,
                            const double *theta, int64_t beyond, spni_fall *out);
/** The minimum into which a network falls at the end of a stable stretch: into its record, and a start. `beyond`: -1 or 1, the
 *  side of beta that the stretch does not reach. */
spn_status spni_find_fall(spn_branches *all, spni_special *end, int64_t beyond);

/* approach.c */
/** Points of the stable stretch near the special point at its end, as items. */
spn_status spni_send_approach(spn_branches *all, const spni_special *end, int64_t stable_side);

/* phases.c */
spn_status spni_make_phases(spn_branches *all);
/** Copy phases to where they are read. */
void spni_note_phases(spn_branches *all);
/** The lower end of a window first. Two special points that are closer than they are known to be may stand the other way
 *  round: of a stable stretch between them the ends change places, with all that is known of them. */
void spni_order_window(spn_phase_record *record);
/** Solve for the phase at beta (within its window) and linearise there. */
spn_status spni_phase_at(spn_branches *all, const spni_phase *phase, double beta, spni_place *place,
                         bool *is_there);
/** L of the phase at beta by Hermite interpolation (T9) between its points; NaN outside. */
double spni_phase_loss(const spn_branches *all, const spni_phase *phase, double beta);

/* maxwell.c */
spn_status spni_find_maxwell(spn_branches *all);
/* barrier.c */
spn_status spni_find_barriers(spn_branches *all);

/* starts.c */
/** Minimise from theta at beta by Newton's method with a short trust radius. *is_converged: to a minimum. */
spn_status spni_minimise(spn_branches *all, double beta, double *theta, bool *is_converged);
/** The minimum at the lower end of the range that the weights of start `seed` lead to, by way of smaller beta: into theta. */
spn_status spni_annealed_start(spn_branches *all, int64_t seed, double *theta, bool *is_converged);
/** Stationary points from which branches may start, beyond those that branches lead to. */
spn_status spni_random_starts(spn_branches *all);
/** Down both sides of each saddle of index 1 of the branches from number `first` on: the minima that it
 *  parts. Where saddles are asked for, from those of higher index to others as well. */
spn_status spni_descents(spn_branches *all, int64_t first);
/** beta of level `level`: evenly inside the range. */
double spni_level(const spn_branches *all, int64_t level);

/* saddles.c */
spn_status spni_saddle_starts(spn_branches *all);
/** From the saddle of index k > 1 in this row of the bank: each of its k unstable directions is left both ways, the
 *  others are climbed. */
spn_status spni_descend_to_saddles(spn_branches *all, int64_t row);

#endif
