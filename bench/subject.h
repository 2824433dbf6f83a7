/* SPDX-License-Identifier: MIT */
/** @file subject.h  What is measured: the network and data of Figure 2 with other widths and samples. */
#ifndef SPINODAL_BENCH_SUBJECT_H
#define SPINODAL_BENCH_SUBJECT_H

#include "counts.h"

#include <spinodal/geometry.h>
#include <spinodal/numeric.h>
#include <spinodal/study.h>

enum { SUBJECT_VECTORS = 64 };

/** beta of single measurements, and of the warm-started solve behind it: a step of Figure 2's grid. */
#define SUBJECT_BETA 0.05
#define SUBJECT_WARM_BETA 0.2
#define SUBJECT_RATE 1e-12 /* of gradient descent */
#define SUBJECT_STEP (0.499 / 199)

typedef struct subject {
    spn_experiment *experiment;
    spn_study *study;
    bench_shape shape;
    int64_t parameters;
    spn_point *point;
    spn_geometry_workspace *workspace;
    spn_dense *dense;
    spn_solver *solver;
    double *theta;   /**< random initial weights */
    double *warm;    /**< stationary at SUBJECT_WARM_BETA once subject_warm() has run */
    double *scratch; /**< P */
    double *hessian, *matrix;
    double *v, *hv; /**< SUBJECT_VECTORS x P */
    int64_t vectors;
    spn_solver_info info; /**< of the last solve */
} subject;

/** Network inputs-width-width-outputs on `samples` samples, with its point linearised at theta. */
spn_status subject_create(spn_context *context, subject *s, int64_t width, int64_t samples);
void subject_free(spn_context *context, subject *s);

/** Works for bench_run(); state is the subject. */
bench_work subject_gradient, subject_step, subject_linearise, subject_products, subject_hessian,
    subject_curvature, subject_measure, subject_values, subject_vectors, subject_solve;

/** Find the stationary point that subject_solve() starts from. */
spn_status subject_warm(spn_context *context, subject *s);
/** Linearise there. */
spn_status subject_settle(spn_context *context, subject *s);

/** A sweep of the subject's experiment without files, on a pool. */
typedef struct subject_sweep {
    subject *subject;
    spn_pool *pool;
    bool is_refined;                    /**< jumps are bisected */
    bool is_warm;                       /**< starts from subject->warm, not from random weights */
    int64_t points, iterations, passed; /**< of the last run; passed: the stationarity gate */
} subject_sweep;
bench_work subject_run_sweep;

#endif
