/* SPDX-License-Identifier: MIT */
/* Vectors of two: what every x86-64 (SSE2) and arm64 (NEON) has. */
#include "kernel/kernel.h"

#if defined(__GNUC__)
#define LANES 2
#define TABLE spni_kernels_short
#include "kernel/loops.h"
#endif
