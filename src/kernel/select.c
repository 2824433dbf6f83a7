/* SPDX-License-Identifier: MIT */
#include "kernel/kernel.h"

const spni_kernels *spni_kernels_of(const spn_context *context)
{
    switch (spn_context_kernels(context)) {
#if defined(__GNUC__)
#if defined(__x86_64__)
    case SPN_KERNELS_AVX512:
        return &spni_kernels_avx512;
    case SPN_KERNELS_AVX2:
        return &spni_kernels_avx2;
#endif
    case SPN_KERNELS_SHORT:
        return &spni_kernels_short;
#endif
    default:
        return &spni_kernels_plain;
    }
}
