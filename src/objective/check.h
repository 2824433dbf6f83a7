/* SPDX-License-Identifier: MIT */
/* What the check of derivatives and its differences share. */
#ifndef SPINODAL_OBJECTIVE_CHECK_PRIVATE_H
#define SPINODAL_OBJECTIVE_CHECK_PRIVATE_H

#include "objective/objective.h"

/* What is taken for more than rounding stands this far above it: that moves the slope of a remainder by less than
 * 0.01. */
enum { SPNI_ABOVE_ROUNDING = 64 };

typedef struct spni_checker {
    spn_context *context;
    spn_point *point;
    int64_t n;
    const double *theta;
    double parameter;
    double scale;          /* length of theta: what a step is measured in */
    double value, slope;   /* L and g.d at theta */
    double curvature;      /* d.Hd; 0 without a Hessian */
    double by_parameter;   /* dL/dparameter */
    double noise;          /* rounding of one value */
    double gradient_noise; /* and of one gradient, in the balanced norm */
    bool has_hessian;
    double *direction;          /* each n numbers */
    double *gradient;           /* at theta */
    double *product;            /* H d */
    double *gradient_parameter; /* d(dL/dtheta)/dparameter */
    double *trial;
    double *ahead;                             /* a gradient at +h */
    double *central, *extrapolated, *previous; /* differences of gradients */
    double *memory;
} spni_checker;

/* What differences say about one derivative. */
typedef struct spni_check_finding {
    double difference; /* to the derivative that was claimed, of the best step */
    double error;      /* of the difference itself */
    double size;       /* of the derivative */
    double natural;    /* of what it was computed from */
    double least;      /* share of the size below which a difference is none */
    double kink;       /* what stays of second differences; only where `has_kink` */
    bool has_kink;
} spni_check_finding;

/* Norm in which coordinates that d balances weigh alike. */
double spni_check_norm(const spni_checker *check, const double *v);

/* Evaluate at theta + h d and parameter + dp. */
spn_status spni_check_evaluate(spni_checker *check, double h, double dp, unsigned wanted);

/* Fill `noise` and `gradient_noise`. */
spn_status spni_check_noise(spni_checker *check);

/* Along d, or along the parameter, whose unit is `unit`: the derivative of L against `slope`, that of the gradient
 * against `expected`. The sizes of the findings and what counts as a difference are left to the caller. */
spn_status spni_check_compare(spni_checker *check, bool is_parameter, double unit, double slope,
                              const double *expected, spni_check_finding *value,
                              spni_check_finding *vector);

#endif
