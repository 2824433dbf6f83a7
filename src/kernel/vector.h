/* SPDX-License-Identifier: MIT */
/** @file vector.h  Vectors of LANES doubles through the compiler's vector extension, and exp and tanh on
 *  them. Included once by each form of the kernels, which defines LANES and TABLE before.
 *
 *  exp: n = round(x / ln 2), r = x - n ln 2 with ln 2 in two parts, expm1(r) = r + r^2 q(r) with a
 *  near-minimax q on |r| <= ln 2 / 2 (relative error 2e-18). tanh = e / (e + 2) with
 *  e = expm1(2 |x|) = 2^n expm1(r) + (2^n - 1), where nothing cancels that matters. */
#ifndef SPINODAL_SRC_KERNEL_VECTOR_H
#define SPINODAL_SRC_KERNEL_VECTOR_H

#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

/* Loops over the parts of a tile must disappear, or its sums live in memory. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#define INLINE static inline __attribute__((always_inline))

typedef double real __attribute__((vector_size(8 * LANES)));
typedef int64_t whole __attribute__((vector_size(8 * LANES)));
typedef uint64_t word __attribute__((vector_size(8 * LANES)));

INLINE real load(const double *from)
{
    real v;
    memcpy(&v, from, sizeof v);
    return v;
}

INLINE void store(double *to, real v)
{
    memcpy(to, &v, sizeof v);
}

/* The first `count` < LANES numbers, then zeros. */
INLINE real load_part(const double *from, int64_t count)
{
#if defined(__AVX512F__)
    return (real)_mm512_maskz_loadu_pd((__mmask8)((1U << count) - 1U), from);
#else
    real v = {0.0};
    for (int64_t s = 0; s < count; s++) {
        v[s] = from[s];
    }
    return v;
#endif
}

INLINE real load_bytes(const uint8_t *from)
{
#if defined(__AVX512F__)
    return (real)_mm512_cvtepi32_pd(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)from)));
#elif defined(__AVX2__)
    return (real)_mm256_cvtepi32_pd(_mm_cvtepu8_epi32(_mm_loadu_si32(from)));
#else
    real v;
    for (int64_t s = 0; s < LANES; s++) {
        v[s] = from[s];
    }
    return v;
#endif
}

INLINE void store_part(double *to, real v, int64_t count)
{
#if defined(__AVX512F__)
    _mm512_mask_storeu_pd(to, (__mmask8)((1U << count) - 1U), (__m512d)v);
#else
    for (int64_t s = 0; s < count; s++) {
        to[s] = v[s];
    }
#endif
}

INLINE real constant(double a)
{
#if LANES == 8
    return (real){a, a, a, a, a, a, a, a};
#elif LANES == 4
    return (real){a, a, a, a};
#else
    return (real){a, a};
#endif
}

/* mask ? a : b. A comparison with NaN is false. */
INLINE real pick(whole mask, real a, real b)
{
    return (real)((mask & (whole)a) | (~mask & (whole)b));
}

/* The smaller and the larger of x and a limit other than 0; NaN stays. The instruction returns its second operand where one is NaN. */
INLINE real at_most(real x, double limit)
{
#if LANES == 8 && defined(__AVX512F__)
    return (real)_mm512_min_pd((__m512d)constant(limit), (__m512d)x);
#elif LANES == 4 && defined(__AVX__)
    return (real)_mm256_min_pd((__m256d)constant(limit), (__m256d)x);
#elif LANES == 2 && defined(__SSE2__)
    return (real)_mm_min_pd((__m128d)constant(limit), (__m128d)x);
#else
    return pick(x > constant(limit), constant(limit), x);
#endif
}

INLINE real at_least(real x, double limit)
{
#if LANES == 8 && defined(__AVX512F__)
    return (real)_mm512_max_pd((__m512d)constant(limit), (__m512d)x);
#elif LANES == 4 && defined(__AVX__)
    return (real)_mm256_max_pd((__m256d)constant(limit), (__m256d)x);
#elif LANES == 2 && defined(__SSE2__)
    return (real)_mm_max_pd((__m128d)constant(limit), (__m128d)x);
#else
    return pick(x < constant(limit), constant(limit), x);
#endif
}

static const uint64_t SIGN_BIT = UINT64_C(1) << 63;

INLINE real absolute(real x)
{
    return (real)((word)x & ~SIGN_BIT);
}

/* Adding and subtracting it rounds to a whole number, which then stands in the low bits. */
static const double ROUNDER = 0x1.8p52;

/* 2^n from n + ROUNDER, |n| <= 1022. */
INLINE real power_of_two(real shifted)
{
    return (real)(((word)shifted + 1023U) << 52);
}

/* n + ROUNDER for x, and expm1(x - n ln 2). */
INLINE real reduced_expm1(real x, real *shifted)
{
    static const double LOG2_E = 0x1.71547652b82fep+0;
    static const double LN2_HIGH = 0x1.62e42fee00000p-1, LN2_LOW = 0x1.a39ef35793c76p-33;
    real t = x * LOG2_E + ROUNDER;
    real n = t - ROUNDER;
    real r = (x - n * LN2_HIGH) - n * LN2_LOW;
    real rr = r * r;
    real low = constant(0x1.0000000000000p-1) + r * 0x1.5555555555557p-3;
    real middle = constant(0x1.5555555555556p-5) + r * 0x1.111111110ff87p-7;
    real high = constant(0x1.6c16c16c16212p-10) + r * 0x1.a01a01aca0134p-13;
    real top = constant(0x1.a01a01a741b3cp-16) + r * 0x1.71ddffef9e7b1p-19;
    real last = constant(0x1.27e4da1a3bf04p-22) + r * 0x1.af52906239de4p-26;
    last = last + rr * 0x1.1f75aba0b1e2ep-29;
    real q = low + rr * (middle + rr * (high + rr * (top + rr * last)));
    *shifted = t;
    return r + rr * q;
}

INLINE real exp_of(real x)
{
    /* Beyond these exp is infinite or rounds to 0. */
    x = at_least(at_most(x, 710.0), -746.0);
    real shifted;
    real value = 1.0 + reduced_expm1(x, &shifted);
    /* 2^n in two factors: n may lie beyond the exponents of normal numbers on both sides. */
    real n = shifted - ROUNDER;
    real half = n * 0.5 + ROUNDER;
    real rest = (n - (half - ROUNDER)) + ROUNDER;
    return value * power_of_two(half) * power_of_two(rest);
}

INLINE real tanh_of(real x)
{
    /* tanh(20) rounds to 1. */
    real y = at_most(absolute(x), 20.0);
    real shifted;
    real p = reduced_expm1(y + y, &shifted);
    real scale = power_of_two(shifted);
    real e = scale * p + (scale - 1.0);
    real h = e / (e + 2.0);
    return (real)((word)h | ((word)x & SIGN_BIT));
}

/* 1 - tanh^2 = 4 e / (1 + e)^2 with e = exp(-2|x|): where tanh is nearly 1, 1 - tanh is only its rounding. */
INLINE real slope_of_saturated_tanh(real x)
{
    real y = absolute(x);
    real e = exp_of(-(y + y));
    real near = 2.0 / (1.0 + e);
    return (e * near) * near;
}

/* Whether all are; NaN is not. */
INLINE bool are_at_most(real x, double limit)
{
#if LANES == 8 && defined(__AVX512F__)
    return _mm512_cmp_pd_mask((__m512d)x, (__m512d)constant(limit), _CMP_LE_OQ) == 0xff;
#elif LANES == 4 && defined(__AVX__)
    return _mm256_movemask_pd(_mm256_cmp_pd((__m256d)x, (__m256d)constant(limit), _CMP_LE_OQ)) ==
           0xf;
#elif LANES == 2 && defined(__SSE2__)
    return _mm_movemask_pd(_mm_cmple_pd((__m128d)x, (__m128d)constant(limit))) == 0x3;
#else
    bool are = true;
    for (int s = 0; s < LANES; s++) {
        are = are && x[s] <= limit;
    }
    return are;
#endif
}

/* log(1 + e) for 0 <= e <= 1: 2 atanh(s) with s = e / (2 + e) <= 1/3; relative error of the series
 * 2e-18. */
INLINE real log1p_of(real e)
{
    real s = e / (2.0 + e);
    real z = s * s;
    real zz = z * z;
    real a = constant(0x1.5555555555555p-1) + z * 0x1.9999999999943p-2;
    real b = constant(0x1.2492492499e70p-2) + z * 0x1.c71c71becc6d8p-3;
    real c = constant(0x1.745d1997fab11p-3) + z * 0x1.3b1350bd293a1p-3;
    real d = constant(0x1.111acba3705c9p-3) + z * 0x1.e0a1603ef49f0p-4;
    real f = constant(0x1.bc43c35a64a26p-4) + z * 0x1.32abe5dccab6ep-4;
    f = f + zz * 0x1.404f6dd66ea12p-3;
    real series = a + zz * (b + zz * (c + zz * (d + zz * f)));
    return (s + s) + s * (z * series);
}

/* Sums over the lanes of four vectors, all in the same order of additions. */
typedef double four __attribute__((vector_size(32)));

INLINE void lane_sums(const real v[4], four *sums)
{
#if LANES == 8
    real ab = __builtin_shufflevector(v[0], v[1], 0, 8, 2, 10, 4, 12, 6, 14) +
              __builtin_shufflevector(v[0], v[1], 1, 9, 3, 11, 5, 13, 7, 15);
    real cd = __builtin_shufflevector(v[2], v[3], 0, 8, 2, 10, 4, 12, 6, 14) +
              __builtin_shufflevector(v[2], v[3], 1, 9, 3, 11, 5, 13, 7, 15);
    real abcd = __builtin_shufflevector(ab, cd, 0, 1, 8, 9, 4, 5, 12, 13) +
                __builtin_shufflevector(ab, cd, 2, 3, 10, 11, 6, 7, 14, 15);
    *sums = __builtin_shufflevector(abcd, abcd, 0, 1, 2, 3) +
            __builtin_shufflevector(abcd, abcd, 4, 5, 6, 7);
#elif LANES == 4
    real ab = __builtin_shufflevector(v[0], v[1], 0, 4, 2, 6) +
              __builtin_shufflevector(v[0], v[1], 1, 5, 3, 7);
    real cd = __builtin_shufflevector(v[2], v[3], 0, 4, 2, 6) +
              __builtin_shufflevector(v[2], v[3], 1, 5, 3, 7);
    *sums =
        __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
#else
    *sums = (four){v[0][0] + v[0][1], v[1][0] + v[1][1], v[2][0] + v[2][1], v[3][0] + v[3][1]};
#endif
}

#endif
