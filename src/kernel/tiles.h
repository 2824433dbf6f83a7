/* SPDX-License-Identifier: MIT */
/** @file tiles.h  Products of small matrices with many samples, in tiles that live in registers. */
#ifndef SPINODAL_SRC_KERNEL_TILES_H
#define SPINODAL_SRC_KERNEL_TILES_H

#include "kernel/vector.h"

/* Rows of an affine tile (times two vectors), rows and columns of a tile of outer products: as many
 * as there are registers for. The samples that stay in the first cache while rows pass by; the columns
 * of that many samples that stay in the second one. */
enum {
    AFFINE_ROWS = 6,
#if LANES == 8
    OUTER_ROWS = 6,
    OUTER_COLUMNS = 4,
#else
    OUTER_ROWS = 3,
    OUTER_COLUMNS = 3,
#endif
    AFFINE_SAMPLES = 256,
    OUTER_SAMPLES = 512,
    OUTER_PANEL = 128,
};

/* How many of `left` rows a tile takes: about equal tiles. */
INLINE int64_t share(int64_t left, int64_t most)
{
    int64_t tiles = (left + most - 1) / most;
    return (left + tiles - 1) / tiles;
}

typedef struct affine_task {
    int64_t k, n, ldw, ldx, lds, ldo;
    const double *w, *bias, *x, *scale;
    double *out;
    bool adds;
} affine_task;

/* `rows` rows times `vectors` vectors at column s; the last vector has `part` numbers (0: all). */
INLINE void affine_tile(const int rows, const int vectors, const affine_task *t, int64_t s,
                        const int64_t part)
{
    real sum[AFFINE_ROWS][2];
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int v = 0; v < vectors; v++) {
            const double *old = t->out + i * t->ldo + s + v * LANES;
            if (t->adds) {
                sum[i][v] = part > 0 ? load_part(old, part) : load(old);
            } else {
                sum[i][v] = constant(t->bias != NULL ? t->bias[i] : 0.0);
            }
        }
    }
    const double *x = t->x + s, *w = t->w;
    for (int64_t j = 0; j < t->k; j++, x += t->ldx, w++) {
        real input[2];
        UNROLL
        for (int v = 0; v < vectors; v++) {
            input[v] = part > 0 ? load_part(x, part) : load(x + v * LANES);
        }
        UNROLL
        for (int i = 0; i < rows; i++) {
            real weight = constant(w[i * t->ldw]);
            UNROLL
            for (int v = 0; v < vectors; v++) {
                sum[i][v] += weight * input[v];
            }
        }
    }
    if (t->scale != NULL) {
        UNROLL
        for (int i = 0; i < rows; i++) {
            UNROLL
            for (int v = 0; v < vectors; v++) {
                const double *scale = t->scale + i * t->lds + s + v * LANES;
                sum[i][v] *= part > 0 ? load_part(scale, part) : load(scale);
            }
        }
    }
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int v = 0; v < vectors; v++) {
            double *to = t->out + i * t->ldo + s + v * LANES;
            if (part > 0) {
                store_part(to, sum[i][v], part);
            } else {
                store(to, sum[i][v]);
            }
        }
    }
}

INLINE void affine_rows(const int rows, const affine_task *t)
{
    int64_t s = 0;
    for (; s + 2 * LANES <= t->n; s += 2 * LANES) {
        affine_tile(rows, 2, t, s, 0);
    }
    if (s + LANES <= t->n) {
        affine_tile(rows, 1, t, s, 0);
        s += LANES;
    }
    if (s < t->n) {
        affine_tile(rows, 1, t, s, t->n - s);
    }
}

static void affine_group(int64_t rows, const affine_task *t)
{
    switch (rows) {
    case 1:
        affine_rows(1, t);
        break;
    case 2:
        affine_rows(2, t);
        break;
    case 3:
        affine_rows(3, t);
        break;
    case 4:
        affine_rows(4, t);
        break;
    case 5:
        affine_rows(5, t);
        break;
    default:
        affine_rows(AFFINE_ROWS, t);
        break;
    }
}

static void affine(int64_t m, int64_t k, int64_t n, const double *w, int64_t ldw,
                   const double *bias, const double *x, int64_t ldx, bool adds, const double *scale,
                   int64_t lds, double *out, int64_t ldo)
{
    for (int64_t s = 0; s < n; s += AFFINE_SAMPLES) {
        int64_t samples = n - s < AFFINE_SAMPLES ? n - s : AFFINE_SAMPLES;
        for (int64_t i = 0, rows = 0; i < m; i += rows) {
            rows = share(m - i, AFFINE_ROWS);
            affine_task t = {.k = k,
                             .n = samples,
                             .ldw = ldw,
                             .ldx = ldx,
                             .lds = lds,
                             .ldo = ldo,
                             .w = w + i * ldw,
                             .bias = bias != NULL ? bias + i : NULL,
                             .x = x + s,
                             .scale = scale != NULL ? scale + i * lds + s : NULL,
                             .out = out + i * ldo + s,
                             .adds = adds};
            affine_group(rows, &t);
        }
    }
}

typedef struct outer_task {
    int64_t n, lda, ldb, ldc;
    const double *a, *b;
    double *c;
    bool adds;
} outer_task;

INLINE void outer_step(const int rows, const int columns, real sum[OUTER_ROWS][4],
                       const outer_task *t, int64_t s, const int64_t part)
{
    real right[OUTER_COLUMNS];
    UNROLL
    for (int j = 0; j < columns; j++) {
        const double *from = t->b + j * t->ldb + s;
        right[j] = part > 0 ? load_part(from, part) : load(from);
    }
    UNROLL
    for (int i = 0; i < rows; i++) {
        const double *from = t->a + i * t->lda + s;
        real left = part > 0 ? load_part(from, part) : load(from);
        UNROLL
        for (int j = 0; j < columns; j++) {
            sum[i][j] += left * right[j];
        }
    }
}

INLINE void outer_tile(const int rows, const int columns, const outer_task *t)
{
    real sum[OUTER_ROWS][4];
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < 4; j++) {
            sum[i][j] = constant(0.0);
        }
    }
    int64_t s = 0;
    for (; s + LANES <= t->n; s += LANES) {
        outer_step(rows, columns, sum, t, s, 0);
    }
    if (s < t->n) {
        outer_step(rows, columns, sum, t, s, t->n - s);
    }
    UNROLL
    for (int i = 0; i < rows; i++) {
        four sums;
        lane_sums(sum[i], &sums);
        double *to = t->c + i * t->ldc;
        if (columns == 4) {
            four old = {0.0};
            if (t->adds) {
                memcpy(&old, to, sizeof old);
            }
            old += sums;
            memcpy(to, &old, sizeof old);
            continue;
        }
        UNROLL
        for (int j = 0; j < columns; j++) {
            to[j] = t->adds ? to[j] + sums[j] : sums[j];
        }
    }
}

INLINE void outer_columns(const int rows, int64_t columns, const outer_task *t)
{
    switch (columns) {
    case 1:
        outer_tile(rows, 1, t);
        break;
    case 2:
        outer_tile(rows, 2, t);
        break;
    case 3:
        outer_tile(rows, 3, t);
        break;
    default:
        outer_tile(rows, OUTER_COLUMNS, t);
        break;
    }
}

static void outer_group(int64_t rows, int64_t columns, const outer_task *t)
{
    switch (rows) {
    case 1:
        outer_columns(1, columns, t);
        break;
    case 2:
        outer_columns(2, columns, t);
        break;
#if LANES == 8
    case 3:
        outer_columns(3, columns, t);
        break;
    case 4:
        outer_columns(4, columns, t);
        break;
    case 5:
        outer_columns(5, columns, t);
        break;
#endif
    default:
        outer_columns(OUTER_ROWS, columns, t);
        break;
    }
}

static void outer_panel(int64_t m, int64_t k, int64_t n, const double *a, int64_t lda,
                        const double *b, int64_t ldb, bool adds, double *c, int64_t ldc)
{
    for (int64_t i = 0, rows = 0; i < m; i += rows) {
        rows = share(m - i, OUTER_ROWS);
        for (int64_t j = 0, columns = 0; j < k; j += columns) {
            columns = share(k - j, OUTER_COLUMNS);
            outer_task t = {n, lda, ldb, ldc, a + i * lda, b + j * ldb, c + i * ldc + j, adds};
            outer_group(rows, columns, &t);
        }
    }
}

static void outer(int64_t m, int64_t k, int64_t n, const double *a, int64_t lda, const double *b,
                  int64_t ldb, bool adds, double *c, int64_t ldc)
{
    for (int64_t s = 0; s < n; s += OUTER_SAMPLES) {
        int64_t samples = n - s < OUTER_SAMPLES ? n - s : OUTER_SAMPLES;
        for (int64_t j = 0, width = 0; j < k; j += width) {
            width = share(k - j, OUTER_PANEL);
            outer_panel(m, width, samples, a + s, lda, b + j * ldb + s, ldb, adds || s > 0, c + j,
                        ldc);
        }
    }
}

#endif
