/* SPDX-License-Identifier: MIT */
/** @file cpu.h  What the CPU can do. */
#ifndef SPINODAL_SRC_BASE_CPU_H
#define SPINODAL_SRC_BASE_CPU_H

#include <spinodal/base/context.h>

/** `wanted` as far as this CPU (and its operating system) goes; AUTO: as far as it goes. */
spn_kernels spni_cpu_kernels(spn_kernels wanted);

#endif
