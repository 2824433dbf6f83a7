/* SPDX-License-Identifier: MIT */
/** @file trace_products.h  One branch of a large problem, by products with the Hessian alone: what its files share. */
#ifndef SPINODAL_SRC_CONTINUATION_TRACE_PRODUCTS_H
#define SPINODAL_SRC_CONTINUATION_TRACE_PRODUCTS_H

#include "continuation/continuation.h"
#include "stationary/by_products.h"

/** Memory of a tracer: as spni_tracer, of stands. */
typedef struct spni_glide {
    spni_products *p;
    const spn_branches_settings *settings;
    double beta_from, beta_to;
    spni_stand at, next, mid; /**< the last accepted point, the one in work, and one between */
    double *bend;             /**< n + 1: d(tangent)/ds from the last step; zero at the start */
    double *z;                /**< n: in work */
    double step;              /**< arclength of the next step to try */
} spni_glide;

spn_status spni_glide_create(spni_products *p, const spn_branches_settings *settings,
                             spni_glide *glide);
void spni_glide_free(spni_glide *glide);

/** As those of spni_tracer. */
spn_status spni_glide_step(spni_glide *glide, spni_step_end *end, double *length,
                           int64_t *corrections);
void spni_glide_adapt(spni_glide *glide, double length, int64_t corrections);
void spni_glide_accept(spni_glide *glide, double length);

/** Whether more than one thing happens between `at` and `next`, which have their spectra. Moves the point, and `mid`. */
spn_status spni_glide_is_tangled(spni_glide *glide, bool *is_tangled);

/** Negative eigenvalues of the whole Hessian. */
static inline int64_t spni_stand_index(const spni_stand *stand)
{
    return stand->inside + stand->outside;
}

/** A point on the arc between `at` and `next` at `share` of the way, into `mid`, with what is wanted of it (SPNI_STAND_*). */
spn_status spni_glide_between(spni_glide *glide, double share, unsigned wanted, bool *is_found);

/** Where the branch retraces its mirror image behind `at`, on the arc to `next`. */
typedef struct spni_vertex {
    double share, beta, half; /**< of the arc, and beta in beta +- half */
    double coefficient;       /**< beta = beta_0 + a s^2 */
    bool is_there; /**< `mid`, and the point, are at it or close; otherwise `mid` is `at` */
} spni_vertex;
spn_status spni_glide_vertex(spni_glide *glide, spni_vertex *out);

/** The special points between `at` and `next`, in the order of the arc: records but for numbers, and theta of each. */
enum { SPNI_FOUND_MOST = 2 };
typedef struct spni_found {
    spn_special_record record;
    double share; /**< of the arc */
    double loss_slope;
    bool is_known;   /**< the index is, on both sides; otherwise both are -1 */
    bool is_vertex;  /**< the branch retraces a copy of itself behind it */
    bool is_outside; /**< units that were equal part there */
    double *theta;   /**< P */
} spni_found;
spn_status spni_glide_locate(spni_glide *glide, spni_found *found, int64_t *count);

#endif
