/* SPDX-License-Identifier: MIT */
/* What the files of the method newton_cg share. */
#ifndef SPINODAL_OPTIMIZE_NEWTON_CG_H
#define SPINODAL_OPTIMIZE_NEWTON_CG_H

#include "optimize/optimize.h"
#include <spinodal/numeric.h>
#include <spinodal/objective/reduction.h>

/* A way of conjugate gradients from a point: broken lines s_0 = 0, s_1, ... on which the model falls and the length in M
 * grows, so that a shorter step is a point of it, too. The first `kept` pieces are remembered. */
typedef struct spni_cg_piece {
    double share;     /* of the direction that was gone: alpha */
    double descent;   /* -slope of the model at its beginning: r.z */
    double bend;      /* p.Hp */
    double along;     /* s.Mp at its beginning */
    double direction; /* p.Mp */
    double length;    /* |s|_M at its end, squared */
    double predicted; /* decrease of the model at its end */
} spni_cg_piece;

/* The latest directions s of conjugate gradients and y = H s, s.y = 1: curvature_pairs.c. A ring, of which `count` are in use;
 * behind them are those of the system at work, the last `most` of them, which are in use from the next system on. */
typedef struct spni_curvature_pairs {
    const spni_kernels *kernels;
    int64_t n, most;             /* at most so many in use */
    int64_t begin, count, fresh; /* the first in use; how many are; how many have come since */
    float *s, *y;                /* 2 most x n each, rows with a largest entry of 1 */
    double *length, *height;     /* 2 most each: what s and y are multiplied by */
    double *along;               /* 2 most: scratch */
    double *memory;
} spni_curvature_pairs;
void spni_curvature_pairs_free(spn_context *context, spni_curvature_pairs *pairs);
/* For vectors of n numbers: what has been learned of others is forgotten. */
spn_status spni_curvature_pairs_fit(spn_context *context, spni_curvature_pairs *pairs, int64_t n);
void spni_curvature_pairs_forget(spni_curvature_pairs *pairs);
/* Use those that have come since the last call. */
void spni_curvature_pairs_take(spni_curvature_pairs *pairs);
void spni_curvature_pairs_add(spni_curvature_pairs *pairs, const double *direction,
                              const double *product, double curvature);
/* z = P r, P made of M^-1 and the pairs in use; r is scratch. */
void spni_curvature_pairs_solve(const spni_curvature_pairs *pairs, const spn_preconditioner *m,
                                double *r, double *z);

typedef struct spni_cg {
    int64_t room; /* pieces that can be kept */
    int64_t count, kept;
    spni_cg_piece *pieces;
    double *directions;       /* room x n: p of each */
    double *r, *z, *p, *hp;   /* n each */
    double length, predicted; /* of the end */
    bool is_boundary;         /* it ends where the radius does */
    bool is_negative;         /* in a direction of negative curvature */
    spni_curvature_pairs
        *learned;    /* of this problem's Hessians, its own or those of the solver that it serves */
    bool recalls;    /* the preconditioner is made of them, too: lengths are in its own norm then */
    double *scratch; /* n */
} spni_cg;

/* Modes of problems with so many parameters; 0: of none. */
typedef struct spni_kept_modes {
    int64_t n;
    spn_soft_modes modes;
} spni_kept_modes;

struct spni_newton_cg {
    spn_preconditioner *m;
    bool is_inner; /* the solver of a reduced problem: it only descends */
    bool is_near;  /* and without L-BFGS */
    bool
        is_wary; /* a long way ends where it is nearly stationary: what is a saddle need not be known to the last digit */
    bool is_early; /* it has ended there */
    bool resumes; /* what has been learned so far is of close by: the first step is Newton's, too */
    bool is_built; /* m has been, once: the parts of it that do not change are there */
    bool
        is_newton; /* the last step was one of Newton's: inside the radius, and as good as foreseen */
    spni_cg cg;
    spni_curvature_pairs learned;
    spni_kept_modes soft
        [2]; /* what certificates of this run have found, and of those recalled: the last ones on both sides of a jump */
    double *spare;       /* n */
    double *start;       /* n: of this descent, where its way is bounded */
    double *memory;      /* the vectors above live here */
    double radius;       /* in M */
    double target;       /* the gradient's norm that ends L-BFGS */
    int64_t steps_since; /* since m was built */
};

/* A problem on which a state has been found. */
typedef struct spni_problem {
    spn_reduction *reduction; /* NULL: nothing is known of this problem */
    spn_solver *inner;        /* NULL: it is the full one */
} spni_problem;
void spni_problem_leave(spn_context *context, spni_problem *at);
int64_t spni_problem_dimension(const spn_solver *solver, const spni_problem *at);
/* The reduction of theta to what is exactly symmetric. */
spn_status spni_problem_reduce(spn_context *context, const spn_solver *solver, spni_problem *at);
/* A solver for the reduced problem that shares what does not depend on it. */
spn_status spni_problem_inner(spn_context *context, const spn_solver *solver, spni_problem *at);

/* From the current state, where the point is with its curvature, to a stationary point. */
spn_status spni_newton_cg_descend(spn_context *context, spn_solver *solver);
/* Build m at the point. */
spn_status spni_newton_cg_rebuild(spn_context *context, spn_solver *solver);

/* From the point, where the curvature is and the gradient is g: minimise the model within the radius (in M) until the
 * gradient's norm in M^-1 has fallen to `share` of its first, or after `most` products. Writes s. */
spn_status spni_cg_solve(spn_context *context, spn_solver *solver, const double *g, double radius,
                         double share, int64_t most, double *s);
/* The point of the way at a shorter length; false where it is not known (then s is the end of what is). */
bool spni_cg_shorten(spn_solver *solver, double radius, double *s);

/* P of curvature_pairs.c, from M and what has been learned; state: a spni_newton_cg. */
spn_status spni_newton_cg_inverse(spn_context *context, void *state, int64_t k, const double *v,
                                  double *out);

/* |grad L| that counts as stationary. */
double spni_newton_cg_limit(const spn_solver *solver);

/* actual / predicted decrease of solver->step, to the point; -1 where that is not finite. */
double spni_newton_cg_judge(const spn_solver *solver, double predicted);

#endif
