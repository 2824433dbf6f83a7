/* SPDX-License-Identifier: MIT */
/* What the files of the method newton_cg share. */
#ifndef SPINODAL_OPTIMIZE_NEWTON_CG_H
#define SPINODAL_OPTIMIZE_NEWTON_CG_H

#include "optimize/optimize.h"
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

typedef struct spni_cg {
    int64_t room; /* pieces that can be kept */
    int64_t count, kept;
    spni_cg_piece *pieces;
    double *directions;       /* room x n: p of each */
    double *r, *z, *p, *hp;   /* n each */
    double length, predicted; /* of the end */
    bool is_boundary;         /* it ends where the radius does */
    bool is_negative;         /* in a direction of negative curvature */
} spni_cg;

struct spni_newton_cg {
    spn_preconditioner *m;
    bool is_inner; /* the solver of a reduced problem: it only descends */
    bool is_near;  /* and without L-BFGS */
    bool is_built; /* m has been, once: the parts of it that do not change are there */
    spni_cg cg;
    double *spare;       /* n */
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

/* actual / predicted decrease of solver->step, to the point; -1 where that is not finite. */
double spni_newton_cg_judge(const spn_solver *solver, double predicted);

#endif
