/* SPDX-License-Identifier: MIT */
/** @file activation.h  The activation and its derivatives over rows of samples. */
#ifndef SPINODAL_SRC_KERNEL_ACTIVATION_H
#define SPINODAL_SRC_KERNEL_ACTIVATION_H

#include "kernel/kernel.h"

#include <spinodal/kernel.h>

/** h (in: a) becomes phi(a); slopes, where not NULL, phi'(a); bends, where not NULL (slopes then too),
 *  phi''(a). Nothing overlaps. ReLU: phi'(0) = 0 and phi'' = 0. */
void spni_activate(const spni_kernels *kernels, spn_activation activation, int64_t count, double *h,
                   double *slopes, double *bends);

/** Whether there is such an activation: for numbers from callers. */
bool spni_activation_exists(int activation);

/** phi(0), and whether phi is odd. */
double spni_activation_at_zero(spn_activation activation);
bool spni_activation_is_odd(spn_activation activation);

#endif
