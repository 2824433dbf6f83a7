/* SPDX-License-Identifier: MIT */
/** @file fig1.h  Figure 1; private to room `gallery`. */
#ifndef SPINODAL_SRC_GALLERY_FIG1_FIG1_H
#define SPINODAL_SRC_GALLERY_FIG1_FIG1_H

#include "gallery/gallery.h"

spni_section spni_fig1_section;

#endif
