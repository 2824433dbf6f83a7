/* SPDX-License-Identifier: MIT */
/** @file own_range.h  The range of beta that theory gives a study; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_OWN_RANGE_H
#define SPINODAL_SRC_STUDY_OWN_RANGE_H

#include <spinodal/study.h>

/** A range, and why. */
typedef struct spni_theory_range {
    bool is_known;   /**< false: theory says nothing, and from and to are those of any experiment */
    double from, to; /**< to two digits */
    bool is_log;   /**< transitions would crowd on a linear axis, or where they lie is not known */
    char why[160]; /**< "linear theory sees the first phase end at ..." */
} spni_theory_range;

/** From a twentieth of the first beta at which linear theory sees a phase end (T20, T21; at most four decades below the
 *  other end) to 1.25 of the last. Where it sees none (cross-entropy, relu), from a thousandth to twice the beta above
 *  which the trivial state is the best of all that is linear in the inputs. Costs spn_study_predict(). */
spn_status spni_theory_range_find(spn_context *context, const spn_study *study,
                                  spni_theory_range *out);

#endif
