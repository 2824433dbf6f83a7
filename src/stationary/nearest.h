/* SPDX-License-Identifier: MIT */
/** @file nearest.h  The search for a stationary point near a given one, as far as the fold near it shares it. */
#ifndef SPINODAL_SRC_STATIONARY_NEAREST_H
#define SPINODAL_SRC_STATIONARY_NEAREST_H

#include "stationary/root.h"
#include "stationary/stationary.h"

typedef struct spni_nearest {
    spni_frame *frame;
    double beta;
    double *theta, *start, *trial; /**< P each */
    double *step, *gamma;          /**< P each: the step, and the gradient in the eigenbasis */
    spni_place place;              /**< its values and vectors serve the search as well */
    double radius, merit;          /**< of trust; |grad L| */
    double way_most;               /**< of theta from its start */
} spni_nearest;

spn_status spni_nearest_create(spni_frame *frame, double beta, double reach, const double *theta,
                               spni_nearest *s);
void spni_nearest_free(spn_context *context, spni_nearest *s);
/** Length of theta (spn_objective_length()), and how far `theta` is from the start. */
double spni_nearest_length(const spni_nearest *s);
double spni_nearest_way(const spni_nearest *s, const double *theta);
/** Linearise at s->theta: eigenvalues and vectors of M, the gradient in that basis. */
spn_status spni_nearest_decompose(spni_nearest *s, bool *is_finite);
/** |grad L| down from s->theta; *is_far: beyond the reach. */
spn_status spni_nearest_descend(spni_nearest *s, bool *is_found, bool *is_far);

/** The record of s->place, linearised; and that of nothing found. */
void spni_near_fill(const spni_nearest *s, double beta, spn_near_record *out);
void spni_near_nothing(double beta, spn_near_record *out);

#endif
