/* SPDX-License-Identifier: MIT */
#include "base/cpu.h"

static spn_kernels best(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma")) {
        return SPN_KERNELS_AVX512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return SPN_KERNELS_AVX2;
    }
#endif
#if defined(__GNUC__)
    return SPN_KERNELS_SHORT;
#else
    return SPN_KERNELS_PLAIN;
#endif
}

spn_kernels spni_cpu_kernels(spn_kernels wanted)
{
    spn_kernels most = best();
    return wanted <= SPN_KERNELS_AUTO || wanted > most ? most : wanted;
}

const char *spn_kernels_name(spn_kernels kernels)
{
    switch (kernels) {
    case SPN_KERNELS_PLAIN:
        return "plain";
    case SPN_KERNELS_SHORT:
        return "short";
    case SPN_KERNELS_AVX2:
        return "avx2";
    case SPN_KERNELS_AVX512:
        return "avx512";
    case SPN_KERNELS_AUTO:
    default:
        return "auto";
    }
}
