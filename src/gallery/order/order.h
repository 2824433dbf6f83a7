/* SPDX-License-Identifier: MIT */
/** @file order.h  The target `order`; private to room `gallery`. */
#ifndef SPINODAL_SRC_GALLERY_ORDER_ORDER_H
#define SPINODAL_SRC_GALLERY_ORDER_ORDER_H

#include "gallery/family/family.h"

/** Depth and the order of transitions: for each depth a row of panels, E and |theta| against beta; phases of the
 *  linear network as markers on their closed forms (T11 to T13), those of the other activation as lines;
 *  folds and branch points marked. From the tables runs, transitions and points (SPN_ERROR_INPUT
 *  otherwise). The files are called "order". */
spn_status spni_order_plot(spn_context *context, const spn_results *results, const char *directory,
                           const spn_plot_settings *settings);

#endif
