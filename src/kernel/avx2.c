/* SPDX-License-Identifier: MIT */
/* Vectors of four for AVX2 with fused multiply-add. */
#include "kernel/kernel.h"

#if defined(__AVX2__)
#define LANES 4
#define TABLE spni_kernels_avx2
#include "kernel/loops.h"
#endif
