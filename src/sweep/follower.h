/* SPDX-License-Identifier: MIT */
/** @file follower.h  The state of a job that follows a chain, and its steps; private to room `sweep`. */
#ifndef SPINODAL_SRC_SWEEP_FOLLOWER_H
#define SPINODAL_SRC_SWEEP_FOLLOWER_H

#include "stationary/tangent.h"
#include "sweep/chain.h"

#include <spinodal/numeric.h>

/** What a linearised point contributes to the check of T9 and to the next step. */
typedef struct spni_foothold {
    double beta, loss;
    double by_parameter; /**< dL/dbeta: n for a regularised objective (T9) */
    double order;        /**< n */
    double slope;        /**< dn / dbeta = t . grad n */
    double speed;        /**< |t| */
    int64_t active, merged;
} spni_foothold;

/** What happened on the way to a point. */
typedef struct spni_passage {
    spn_solver_info info; /**< of the last solve; iterations and escapes of all */
    bool is_jump;
    bool is_passed;  /**< a jump or a bend that the settings pass over */
    bool is_rough;   /**< the tangents explain the way, but not well */
    double integral; /**< of n over beta along the chain since the point before (T9) */
} spni_passage;

enum { SPNI_CANDIDATES = 12 }; /* modes among which the critical one is looked for */

/** The last points on a branch, the newest last: what is known of the way to its end without walking it again. */
typedef struct spni_trail {
    int64_t count;
    spn_sweep_approach rows[SPN_APPROACH_MAX];
} spni_trail;

typedef struct spni_follower {
    spn_context *context;
    const spn_sweep_problem *problem;
    const double *grid;
    const spni_chain *chain;
    spn_pool_channel *channel;
    int64_t parameters;
    spn_solver *solver;
    spn_solver
        *newton; /**< refines: the solver itself when that is Newton; NULL: nothing is refined */
    spn_geometry_workspace *geometry;
    bool is_trained;     /**< by mini-batches, see spn_sweep_is_trained() */
    spn_solver *trainer; /**< behind the first point: the solver, or one of so many epochs */
    spn_point *descent; /**< finite rates without mini-batches: the point in work; otherwise NULL */
    const spn_point *point; /**< linearisation of the point in work */
    spn_labels labels;      /**< its labels */
    double *initial;        /**< initial weights */
    double *theta;          /**< of the point in work */
    double *before;         /**< of the point before */
    double *anchor;         /**< start of the substeps */
    double *tangent;        /**< dtheta/dbeta at `before` */
    double *ahead;          /**< dtheta/dbeta at the point in work */
    double *anchor_tangent;
    double *trivial;
    double *factor; /**< P x P */
    bool has_before, is_before_stationary;
    spni_foothold at_before, at_anchor;
    spni_foothold at_older;      /**< refinement: the point of the branch before `before` */
    bool is_trying;              /**< by products: tangents are those of attempts */
    bool is_by_products;         /**< no P x P matrices: factor, dense and what follows are NULL */
    spn_solver_info last;        /**< of the last run: the certificate */
    spn_tangent answer;          /**< by products: of the last tangent */
    spni_trail trail;            /**< by products: points of the branch that is searched along */
    spn_dense *dense;            /**< approach: eigenvectors */
    double *values, *candidates; /**< P eigenvalues, SPNI_CANDIDATES modes of P numbers */
    spni_message *message;
    spni_pace_rule rule; /**< steps that the chain chooses; what follows is valid where it is on */
    spni_pace pace;
    double *stand,
        *stand_tangent; /**< `before` and its tangent, while steps from there are tried */
    spni_foothold at_stand;
} spni_follower;

/** Are points not meant to be stationary: finite rates and mini-batches? */
/** Below beta = 0 a regularised L has no minimum: no search goes there. */
static inline bool spni_is_beyond(const spni_follower *f, double beta)
{
    return beta < 0 && spn_point_error(f->point) != f->point;
}

static inline bool spni_is_passing(const spni_follower *f)
{
    return f->is_trained || f->problem->settings->epochs > 0;
}

/** The tangent at a linearised point into `ahead`, where it is a minimum (spni_tangent_of_minimum()). By products f->point is then the
 *  solver's at the same theta, and *is_positive says what the certificate of the last run and the directions of conjugate gradients do. */
spn_status spni_compute_tangent(spni_follower *f, const spn_point *point, double shift,
                                bool *is_positive);
/** Labels of f->point into f->labels, those of `before` deciding in doubt; -1 where the objective has none. Points of
 *  finite rates and of mini-batches are not stationary: their active modes are those that are learned. */
spn_status spni_take_labels(spni_follower *f);
/** The same behind a transition: the labels of `before` are those of another branch. */
spn_status spni_forget_labels(spni_follower *f);
/** Move theta from `before` by the tangent over `step`, capped. */
void spni_predict(spni_follower *f, double step);
/** The point in work as a foothold. */
spni_foothold spni_foothold_here(const spni_follower *f);
/** Do the tangents at `before` and at the point in work leave more than half of the way unexplained? Ways
 *  below `least` |theta| are rounding. */
bool spni_is_unexplained(const spni_follower *f, double step, double least);
/** The same with another share than a half. */
bool spni_leaves_unexplained(const spni_follower *f, double step, double least, double share);
/** Does |t| change by more than a factor, where the tangents move theta by more than `least` |theta|? */
bool spni_is_bent(const spni_follower *f, double step, double least);
/** Is the point in work, at beta, the chain's last one, as point `number`? */
bool spni_is_last(const spni_follower *f, double beta, int64_t number);
/** Is the jump or the bend on the way from `before` one that the settings pass over? */
bool spni_is_weak(const spni_follower *f);
/** Have the labels changed since `before`? */
bool spni_is_relabelled(const spni_follower *f);
/** Integral of n from a to b by Hermite's rule, error O(h^5). */
double spni_integral_between(const spni_foothold *a, const spni_foothold *b);
/** The point in work becomes `before`. */
void spni_accept_point(spni_follower *f);

/** Both surfaces at f->point, and what the wish says beside them; by products with what the last run and the last tangent, those of
 *  this point, have found. */
spn_status spni_measure_state(spni_follower *f, const spn_state_wish *wish, spn_state *state);
/** The point in work goes on the trail; a trail begins anew. */
void spni_leave_trace(spni_follower *f);
static inline void spni_begin_trail(spni_follower *f)
{
    f->trail.count = 0;
}

/** Measure f->point into f->message as point `number` of the chain. */
spn_status spni_measure_point(spni_follower *f, int64_t number, const spni_passage *way);

/** From `before` to `end`, bisecting and sending the transitions in between; leaves the point in work at
 *  `end` and `before` anywhere. `number`: index of the grid point at `end`. */
spn_status spni_refine(spni_follower *f, double end, int64_t number, spni_passage *way);

/** One step of the refinement from `before` to beta. */
typedef enum spni_verdict {
    SPNI_HOLDS,      /**< the branch goes on */
    SPNI_RELABELLED, /**< it goes on as far as the tangents tell, with other labels */
    SPNI_LOST,
} spni_verdict;
spn_status spni_attempt(spni_follower *f, double beta, spni_verdict *verdict);

/** By products: the trail as the message's approach, the closest first. */
void spni_retrace(spni_follower *f);

/** Walk the old branch back from `before` (which goes along) and fill the message's approach. `scale`: the beta that distances
 *  are relative to; `backwards`: -1 or 1, the sign of beta along the walk. */
spn_status spni_approach(spni_follower *f, double scale, double backwards);

#endif
