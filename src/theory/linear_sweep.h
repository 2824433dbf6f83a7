/* SPDX-License-Identifier: MIT */
/** @file linear_sweep.h  Following and leaving the phases of linear_path.h. */
#ifndef SPNI_THEORY_LINEAR_SWEEP_H
#define SPNI_THEORY_LINEAR_SWEEP_H

#include "theory/linear_path.h"

typedef struct spni_linear_sweep {
    spn_context *context;
    spni_linear_path path;
    spni_linear_state here, next, other, beside, spare;
    double *tangent, *next_tangent, *slide_tangent, *slide_from; /* unknowns */
    int orientation, next_orientation;
} spni_linear_sweep;

spn_status spni_linear_sweep_create(spn_context *context, const spn_theory_moments *moments,
                                    int64_t depth, spni_linear_sweep *w);
void spni_linear_sweep_free(spn_context *context, spni_linear_sweep *w);

/** From the state `here` upward to the end of its phase, left in `next` with its tangent. When it is not
 *  found, `here` is the last state that was. */
spn_status spni_linear_follow(spni_linear_sweep *w, bool *is_found);

/** Moves a state along its phase to another beta; where that fails it is left on the way. */
spn_status spni_linear_slide(spni_linear_sweep *w, double beta, spni_linear_state *state,
                             bool *is_there);

/** Positive on a phase, negative beyond its end: the tangent's share of beta; depth 2: the least x. */
double spni_linear_distance(const spni_linear_sweep *w, const spni_linear_state *state,
                            const double *tangent);
int64_t spni_linear_weakest(const spni_linear_state *state);

/** L - E_0 in the data's units. */
double spni_linear_loss(spni_linear_sweep *w, const spni_linear_state *state);

/** From the end in `next` to a phase with fewer modes at the same beta, in `here`. */
spn_status spni_linear_land(spni_linear_sweep *w, bool *is_found);

/** The Maxwell point, in the data's units, of the phase that ends (in `next`) and of the landing (in `here`);
 *  NaN where none is found down to 1e-3 of the end. */
spn_status spni_linear_maxwell(spni_linear_sweep *w, double *beta);

#endif
