/* SPDX-License-Identifier: MIT */
/** @file invariant.h  What holds at a place whatever the input is. Builds with sanitizers stop where it does not; others do not
 *  look, since a library never ends the process of its user. */
#ifndef SPINODAL_BASE_INVARIANT_H
#define SPINODAL_BASE_INVARIANT_H

#ifdef SPN_INVARIANTS
#include <assert.h>
#define SPNI_INVARIANT(condition) assert(condition)
#else
#define SPNI_INVARIANT(condition) ((void)sizeof((condition) ? 1 : 0))
#endif

#endif
