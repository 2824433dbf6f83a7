/* SPDX-License-Identifier: MIT */
/** @file continuation.h  What the files of room `continuation` share. */
#ifndef SPINODAL_SRC_CONTINUATION_CONTINUATION_H
#define SPINODAL_SRC_CONTINUATION_CONTINUATION_H

#include "stationary/stationary.h"

#include <spinodal/continuation.h>

/** Memory of a tracer: places along a branch. */
typedef struct spni_tracer {
    spni_frame *frame;
    const spn_branches_settings *settings;
    spni_place at, next;       /**< the last accepted point and the one in work */
    spni_place low, high, mid; /**< an arc on which a special point is sought, and a point of it */
    double *bend;              /**< P + 1: d(tangent)/ds, from the last step; zero at the start */
    double *theta;             /**< P: in work */
    double step;               /**< arclength of the next step to try */
} spni_tracer;

spn_status spni_tracer_create(spni_frame *frame, const spn_branches_settings *settings,
                              spni_tracer *tracer);
void spni_tracer_free(spni_tracer *tracer);

/** What a step did. */
typedef enum spni_step_end {
    SPNI_STEP_DONE,     /**< `next` is a point of the branch inside the range */
    SPNI_STEP_BOUNDARY, /**< `next` lies on the end of the range of beta */
    SPNI_STEP_LOST,     /**< no step, however short, was accepted */
} spni_step_end;

/** One step from `at` to `next`, with step control. `*length`, `*corrections`: of the accepted step. */
spn_status spni_tracer_step(spni_tracer *tracer, spni_step_end *end, double *length,
                            int64_t *corrections);
/** The length of the step after one of `length` from `at` to `next`. */
void spni_tracer_adapt(spni_tracer *tracer, double length, int64_t corrections);
/** `next` becomes `at`. */
void spni_tracer_accept(spni_tracer *tracer, double length);

/** Eigenvalues of a place that cross zero on the way to another, by position. */
enum { SPNI_TURNED_MOST = 256 };
typedef struct spni_turned {
    int64_t count;
    int64_t positions[SPNI_TURNED_MOST];
} spni_turned;

/** Those that become negative and those that become positive between a and b. Their difference is that of the
 *  indices. */
void spni_find_turned(int64_t n, const spni_place *a, const spni_place *b, spni_turned *fall,
                      spni_turned *rise);
/** Mean of the eigenvalues at `place` whose vectors are those of the set at a: smooth along the arc. */
double spni_turned_mean(int64_t n, const spni_place *a, const spni_turned *set,
                        const spni_place *place);

/** Does a special point lie between two neighbouring places? */
bool spni_is_event_between(const spni_place *a, const spni_place *b);

/** A located special point: the record's own fields are filled but for numbers, labels' changes and what
 *  lies after it. */
typedef struct spni_special {
    spn_special_record record;
    spni_place place; /**< linearised there */
    int64_t
        *kernel; /**< P: which eigenvectors of the place span the kernel, by |lambda| ascending */
    bool is_vertex; /**< the branch retraces a copy of itself behind it */
    double arc;     /**< length of the arc on which it was found */
} spni_special;

/** The special points between `at` and `next`, one after the other: call with *is_first true, then false, until
 *  *is_found is false. */
spn_status spni_locate_next(spni_tracer *tracer, bool is_first, spni_special *special,
                            bool *is_found);

/** A point on the arc between two places, at `share` of the way; `stiff` as in a condition. */
spn_status spni_between(spni_tracer *tracer, const spni_place *a, const spni_place *b, double share,
                        const double *stiff, int64_t stiff_count, spni_place *out,
                        bool *is_converged);

/** One special point of one kind on an arc. */
typedef enum spni_arc_kind {
    SPNI_ARC_NOTHING,
    SPNI_ARC_FOLD,
    SPNI_ARC_BRANCH_POINT,
    SPNI_ARC_VERTEX,
    SPNI_ARC_TANGLED
} spni_arc_kind;
spn_status spni_locate_fold(spni_tracer *tracer, const spni_place *a, const spni_place *b,
                            spni_special *special, bool *is_located);
spn_status spni_locate_root(spni_tracer *tracer, const spni_place *a, const spni_place *b,
                            spni_special *special, bool *is_located);
spn_status spni_locate_vertex(spni_tracer *tracer, const spni_place *a, const spni_place *b,
                              spni_special *special, bool *is_located);
/** [low, high] of a located value: what is left of the iteration and rounding. */
void spni_set_interval(const spni_frame *frame, spni_special *special, double beta, double half);

#endif
