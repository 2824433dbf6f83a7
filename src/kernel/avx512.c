/* SPDX-License-Identifier: MIT */
/* Vectors of eight for AVX-512. */
#include "kernel/kernel.h"

#if defined(__AVX512F__)
#define LANES 8
#define TABLE spni_kernels_avx512
#include "kernel/loops.h"
#endif
