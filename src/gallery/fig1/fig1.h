/* SPDX-License-Identifier: MIT */
/** @file fig1.h  Figure 1; private to room `gallery`. */
#ifndef SPINODAL_SRC_GALLERY_FIG1_FIG1_H
#define SPINODAL_SRC_GALLERY_FIG1_FIG1_H

#include "gallery/gallery.h"

/** Figure 1, from the results of a sweep of this study (path `sweep`): the loss below, at and above the onset of
 *  learning. Slices 0 to 2 are the lines from the trivial model to the phase that the sweep leaves last on the way
 *  up, at a beta below the Maxwell point of the two, at it (where their L are equal, to rounding), and between
 *  it and the spinodal; the third also has a level beyond the spinodal. Slice 3, where the sweep met a phase with two
 *  modes, is the plane through the trivial model and the phases with one and two, at a beta where all are
 *  minima. Table "potential": the norm-constrained curve through the phase (spn_norm_curve()). Grids and
 *  `*is_good` as in spn_study_slice(). SPN_ERROR_INPUT: the sweep does not cross the onset, or the onset is
 *  continuous. SPN_ERROR_UNSUPPORTED: the trivial model is not at theta = 0 (biases). */
spn_status spni_fig1_slices(spn_context *context, const spn_study *study, const char *sweep,
                            const spn_run_settings *settings, bool *is_good);

spni_section spni_fig1_section;

#endif
