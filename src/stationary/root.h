/* SPDX-License-Identifier: MIT */
/** @file root.h  Where a function of one variable vanishes, from its values alone: the steps, taken by whoever evaluates it. */
#ifndef SPINODAL_SRC_STATIONARY_ROOT_H
#define SPINODAL_SRC_STATIONARY_ROOT_H

#include <spinodal/base.h>

/** A place and the function's value there. */
typedef struct spni_sample {
    double x, value;
} spni_sample;

/** Two places between which a function changes sign, for the false position with the Illinois rule (Dowell and
 *  Jarratt 1971): an end that stays twice in a row counts half, so that both ends move. */
typedef struct spni_bracket {
    spni_sample left, right;
    int last; /**< the end that moved last: -1 left, 1 right, 0 neither yet */
} spni_bracket;

bool spni_bracket_is_open(const spni_bracket *bracket);
/** Where to evaluate next: the root of the line through both ends. */
double spni_bracket_next(const spni_bracket *bracket);
/** What was found there takes the place of the end with its sign. */
void spni_bracket_take(spni_bracket *bracket, spni_sample now);

/** The root by quadratic inverse interpolation of three values, the best one last. *linear: that of the line through the last
 *  two, whose difference from it says how good that is. Not finite where two of the values are equal. */
double spni_root_of_three(const spni_sample *samples, double *linear);

/** f(x), which falls with x > 0. */
typedef double spni_falling(const void *state, double x);
/** Where f falls to `level`, from above to 1e-3 of x: between the smallest positive number and `high`, where it is below. */
double spni_root_of_falling(spni_falling *f, const void *state, double level, double high);

#endif
