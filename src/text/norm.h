/* SPDX-License-Identifier: MIT */
/** @file norm.h  How sqrt(n) is written of the ridge; private to room `text`. */
#ifndef SPINODAL_SRC_TEXT_NORM_H
#define SPINODAL_SRC_TEXT_NORM_H

#define SPNI_RIDGE_NORM "|theta|"

#endif
