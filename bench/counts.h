/* SPDX-License-Identifier: MIT */
/** @file counts.h  How much arithmetic each piece of work cannot do without.
 *
 *  For a network of widths w_0 .. w_D without biases, P_l = w_{l-1} w_l, P = sum P_l and N samples. A
 *  multiplication with its addition counts as two. Element-by-element work (slopes, products of rows) is
 *  left out, tanh is counted apart: a floor is a little lower than any program can be. */
#ifndef SPINODAL_BENCH_COUNTS_H
#define SPINODAL_BENCH_COUNTS_H

#include "harness.h"

typedef struct bench_shape {
    int64_t depth;
    int64_t width[8]; /**< 0 .. depth */
    int64_t samples;
} bench_shape;

int64_t bench_parameters(const bench_shape *shape);

/** Forward 2 P N; gradient by weights 2 P N; by inputs of layers 2 .. D 2 (P - P_1) N. One tanh a hidden
 *  unit and sample. Bytes: the data set once, theta and the gradient. */
bench_counts bench_count_gradient(const bench_shape *shape);

/** One vector, the linearisation given: 4 P_1 N in the first layer (tangent, product by weights), 12 P_l N
 *  in the others (tangents of input and weights forward; tangents of both backward; two products by
 *  weights). No tanh. Bytes: per hidden unit and sample h, phi', phi'' g and delta. */
bench_counts bench_count_hvp(const bench_shape *shape, int64_t vectors);

/** T19, one triangle, symmetric factors used, outputs of squared error: with t(n) = n (n + 1) / 2, per
 *  sample
 *    diagonal blocks l < D: 2 t(w_l) t(w_{l-1});  block D: 2 t(w_{D-1}), the same for every output
 *    blocks l < m:          2 P_l P_m;  block D - 1, D: 2 P_{D-1} w_{D-1}, the same for every output
 *    Q^{lm} from Q^{l+1,m}: 2 w_l w_{l+1} w_m (l + 1 < m);  Q^{m-1,m} from Q^{m-1,m+1}: 2 w_{m-1} w_m w_{m+1}
 *    S_m from Q^{m,m+1}:    w_m^2 w_{m+1}
 *    T^{l,l+1}:             2 w_l w_{l-1} w_{l+1}
 *    T^{lm}, m > l + 1:     2 w_l w_{l-1} w_{m-1} w_m;  T itself from T^{l,m-1}: 2 w_l w_{m-2} w_{m-1}
 *                           (half of it where m = l + 2: T^{l,l+1} is diagonal).
 *  Bytes: as for one product, and the triangle. */
bench_counts bench_count_hessian(const bench_shape *shape);

/** a + factor b */
bench_counts bench_add(bench_counts a, double factor, bench_counts b);
/** Dense algebra on P x P matrices: flops = factor P^3, bytes: the matrix once. */
bench_counts bench_count_cubic(const bench_shape *shape, double factor);

#endif
