/* SPDX-License-Identifier: MIT */
/** @file theory.h  What the files of room `theory` share. */
#ifndef SPINODAL_SRC_THEORY_THEORY_H
#define SPINODAL_SRC_THEORY_THEORY_H

#include <spinodal/theory.h>

spn_status spni_theory_check(spn_context *context, int64_t depth, double sigma, double beta);
/** The same without argument checks. */
spn_theory_mode spni_theory_transition(int64_t depth, double sigma);
spn_theory_state spni_theory_state(int64_t depth, double sigma, double beta, spn_theory_root root);

#endif
