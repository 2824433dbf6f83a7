/* SPDX-License-Identifier: MIT */
/** @file verdict.h  The check of slices, which tells what it finds; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_VERDICT_H
#define SPINODAL_SRC_STUDY_VERDICT_H

#include <spinodal/study.h>

/** Is E, is L at each point that a slice goes through what was stored, to 1e-12? Where not, a warning says so, unless
 *  context is NULL. */
bool spni_slice_judge(spn_context *context, const spn_results *results);

/** Attribute of branches: starts that were not followed. */
#define SPNI_UNUSED "unused_starts"

#endif
