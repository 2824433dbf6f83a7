/* SPDX-License-Identifier: MIT */
/** @file fig2.h  Figure 2; private to room `gallery`. */
#ifndef SPINODAL_SRC_GALLERY_FIG2_FIG2_H
#define SPINODAL_SRC_GALLERY_FIG2_FIG2_H

#include "gallery/gallery.h"

spni_section spni_fig2_section;

#endif
