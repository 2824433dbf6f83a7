/* SPDX-License-Identifier: MIT */
/** @file complexity.h  The target `complexity`; private to room `gallery`. */
#ifndef SPINODAL_SRC_GALLERY_COMPLEXITY_COMPLEXITY_H
#define SPINODAL_SRC_GALLERY_COMPLEXITY_COMPLEXITY_H

#include "gallery/family/family.h"

/** Number of modes: (a) beta of each mode's transition with T13, (b) share of random starts that are stuck, with
 *  its interval. From the tables runs and transitions. The files are called "complexity". */
spn_status spni_complexity_plot(spn_context *context, const spn_results *results,
                                const char *directory, const spn_plot_settings *settings);

#endif
