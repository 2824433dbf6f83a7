/* SPDX-License-Identifier: MIT */
/** @file tiles.h  Products of small matrices with many samples, in tiles that live in registers. */
#ifndef SPINODAL_SRC_KERNEL_TILES_H
#define SPINODAL_SRC_KERNEL_TILES_H

#include "kernel/kernel.h"
#include "kernel/vector.h"

/* Rows of an affine tile (times two vectors), rows and columns of a tile of outer products: as many
 * as there are registers for. The samples that stay in the first cache while rows pass by; the columns
 * of that many samples that stay in the second one. */
enum {
#if LANES == 8
    AFFINE_ROWS = 12,
#else
    AFFINE_ROWS = 6,
#endif
#if LANES == 8
    OUTER_ROWS = 6,
    OUTER_COLUMNS = 4,
#elif defined(__aarch64__)
    OUTER_ROWS = 5,
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

/* The sums of a tile before the first input: what is there, the bias, or 0. */
INLINE real affine_start(const spni_affine_task *t, int i, const double *old, const int64_t part)
{
    if (t->adds) {
        return part > 0 ? load_part(old, part) : load(old);
    }
    return constant(t->bias != NULL ? t->bias[i] : 0.0);
}

/* What follows the sums: each has tiles of its own, in which the others cost nothing. Sums of bytes are rescaled. */
typedef enum affine_end { ENDS_THERE, ENDS_RESCALED, ENDS_SCALED, ENDS_WITH_THIRD } affine_end;

/* Bytes of sample s and those behind it, of row 0. */
INLINE const uint8_t *bytes_at(const spni_bytes *bytes, int64_t s)
{
    return bytes->code + s / SPNI_GROUP * bytes->step + s % SPNI_GROUP;
}

/* Inputs that a tile takes; NULL: all of them. */
typedef struct affine_list {
    const uint16_t *input;
    int64_t count;
} affine_list;

/* Row i at samples s: times scale, plus the third product. */
INLINE real affine_finish(const affine_end end, const spni_affine_task *t, int i, int64_t s,
                          real sum, const int64_t part)
{
    if (end == ENDS_RESCALED) {
        return affine_start(t, i, t->out + i * t->ldo + s, part) + t->bytes.scale * sum;
    }
    if (end == ENDS_SCALED || (end == ENDS_WITH_THIRD && t->scale != NULL)) {
        const double *scale = t->scale + i * t->lds + s;
        sum *= part > 0 ? load_part(scale, part) : load(scale);
    }
    if (end == ENDS_WITH_THIRD) {
        const double *common = t->common + s, *addend = t->addend + i * t->lda + s;
        real left = part > 0 ? load_part(common, part) : load(common);
        real right = part > 0 ? load_part(addend, part) : load(addend);
        sum += t->factor[i * t->factor_step] * left * right;
    }
    return sum;
}

/* The inputs of a tile: numbers from x on, or the bytes of each vector. */
typedef struct affine_inputs {
    const double *x;
    int64_t ldx;
    const uint8_t *code[2];
} affine_inputs;

INLINE void affine_step(const int rows, const int vectors, const affine_end end,
                        const spni_affine_task *t, const affine_inputs *from, int64_t j,
                        const int64_t part, real sum[AFFINE_ROWS][2])
{
    real input[2];
    UNROLL
    for (int v = 0; v < vectors; v++) {
        const double *x = from->x + j * from->ldx + v * LANES;
        input[v] = end == ENDS_RESCALED ? load_bytes(from->code[v] + SPNI_GROUP * j)
                   : part > 0           ? load_part(x, part)
                                        : load(x);
    }
    UNROLL
    for (int i = 0; i < rows; i++) {
        real weight = constant(t->w[i * t->ldw + j]);
        UNROLL
        for (int v = 0; v < vectors; v++) {
            sum[i][v] += weight * input[v];
        }
    }
}

INLINE affine_inputs affine_from(const int vectors, const affine_end end, const spni_affine_task *t,
                                 int64_t s)
{
    affine_inputs from = {t->x + s, t->ldx, {NULL, NULL}};
    UNROLL
    for (int v = 0; end == ENDS_RESCALED && v < vectors; v++) {
        from.code[v] = bytes_at(&t->bytes, s + v * LANES);
    }
    return from;
}

/* `rows` rows times `vectors` vectors at column s; the last vector has `part` numbers (0: all). */
INLINE void affine_tile(const int rows, const int vectors, const affine_end end,
                        const spni_affine_task *t, int64_t s, const int64_t part,
                        const affine_list list)
{
    real sum[AFFINE_ROWS][2];
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int v = 0; v < vectors; v++) {
            sum[i][v] = end == ENDS_RESCALED
                            ? constant(0.0)
                            : affine_start(t, i, t->out + i * t->ldo + s + v * LANES, part);
        }
    }
    const affine_inputs from = affine_from(vectors, end, t, s);
    for (int64_t j = 0; list.input == NULL && j < t->k; j++) {
        affine_step(rows, vectors, end, t, &from, j, part, sum);
    }
    for (int64_t j = 0; list.input != NULL && j < list.count; j++) {
        affine_step(rows, vectors, end, t, &from, list.input[j], part, sum);
    }
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int v = 0; v < vectors; v++) {
            int64_t at = s + v * LANES;
            real value = affine_finish(end, t, i, at, sum[i][v], part);
            if (part > 0) {
                store_part(t->out + i * t->ldo + at, value, part);
            } else {
                store(t->out + i * t->ldo + at, value);
            }
        }
    }
}

/* Where a group of rows stands: rows [i, i + rows) and samples [s, s + n) of a task. */
typedef struct affine_place {
    int64_t i, rows, s, n;
} affine_place;

/* Inlined where all uses of the part are, so that it lives in registers. */
INLINE spni_affine_task affine_part(const affine_end end, const spni_affine_task *t,
                                    const affine_place *at)
{
    spni_affine_task part = *t;
    part.n = at->n;
    part.w += at->i * t->ldw;
    if (end == ENDS_RESCALED) {
        part.bytes.code = bytes_at(&t->bytes, at->s);
    } else {
        part.x += at->s;
    }
    part.out += at->i * t->ldo + at->s;
    part.bias = t->bias != NULL ? t->bias + at->i : NULL;
    if ((end == ENDS_SCALED || end == ENDS_WITH_THIRD) && t->scale != NULL) {
        part.scale += at->i * t->lds + at->s;
    }
    if (end == ENDS_WITH_THIRD) {
        part.factor += at->i * t->factor_step;
        part.common += at->s;
        part.addend += at->i * t->lda + at->s;
    }
    return part;
}

INLINE void affine_all(const int rows, const affine_end end, const spni_affine_task *t)
{
    const affine_list all = {NULL, 0};
    int64_t s = 0;
    for (; s + 2 * LANES <= t->n; s += 2 * LANES) {
        affine_tile(rows, 2, end, t, s, 0, all);
    }
    if (s + LANES <= t->n) {
        affine_tile(rows, 1, end, t, s, 0, all);
        s += LANES;
    }
    if (s < t->n) {
        affine_tile(rows, 1, end, t, s, t->n - s, all);
    }
}

/* Tiles begin where lists do, or in the middle of them. */
INLINE void affine_listed(const int rows, const affine_end end, const spni_affine_task *t,
                          int64_t begin)
{
    const spni_nonzeros *z = t->nonzeros;
    for (int64_t s = 0, width = 0; s < t->n; s += width) {
        const int64_t number = z->first + begin + s, p = number / SPNI_PAIR, left = t->n - s;
        const affine_list list = {z->input + z->list[p], z->list[p + 1] - z->list[p]};
        width = LANES;
        if (left >= 2 * LANES && number % SPNI_PAIR + 2 * LANES <= SPNI_PAIR) {
            width = 2 * LANES;
            affine_tile(rows, 2, end, t, s, 0, list);
        } else if (left >= LANES) {
            affine_tile(rows, 1, end, t, s, 0, list);
        } else {
            affine_tile(rows, 1, end, t, s, left, list);
        }
    }
}

INLINE void affine_rows(const int rows, const affine_end end, const spni_affine_task *whole_task,
                        const affine_place *at)
{
    const spni_affine_task t = affine_part(end, whole_task, at);
    if ((end == ENDS_THERE || end == ENDS_RESCALED) && t.nonzeros != NULL) {
        affine_listed(rows, end, &t, at->s);
    } else {
        affine_all(rows, end, &t);
    }
}

INLINE void affine_ends(const affine_end end, const spni_affine_task *t, const affine_place *at)
{
    switch (at->rows) {
    case 1:
        affine_rows(1, end, t, at);
        break;
    case 2:
        affine_rows(2, end, t, at);
        break;
    case 3:
        affine_rows(3, end, t, at);
        break;
    case 4:
        affine_rows(4, end, t, at);
        break;
    case 5:
        affine_rows(5, end, t, at);
        break;
#if LANES == 8
    case 6:
        affine_rows(6, end, t, at);
        break;
    case 7:
        affine_rows(7, end, t, at);
        break;
    case 8:
        affine_rows(8, end, t, at);
        break;
    case 9:
        affine_rows(9, end, t, at);
        break;
    case 10:
        affine_rows(10, end, t, at);
        break;
    case 11:
        affine_rows(11, end, t, at);
        break;
#endif
    default:
        affine_rows(AFFINE_ROWS, end, t, at);
        break;
    }
}

static void affine_group(const spni_affine_task *t, const affine_place *at)
{
    if (t->factor != NULL) {
        affine_ends(ENDS_WITH_THIRD, t, at);
    } else if (t->scale != NULL) {
        affine_ends(ENDS_SCALED, t, at);
    } else if (t->bytes.code != NULL) {
        affine_ends(ENDS_RESCALED, t, at);
    } else {
        affine_ends(ENDS_THERE, t, at);
    }
}

static void affine(const spni_affine_task *t)
{
    for (int64_t s = 0; s < t->n; s += AFFINE_SAMPLES) {
        int64_t samples = t->n - s < AFFINE_SAMPLES ? t->n - s : AFFINE_SAMPLES;
        for (int64_t i = 0, rows = 0; i < t->m; i += rows) {
            rows = share(t->m - i, AFFINE_ROWS);
            const affine_place at = {i, rows, s, samples};
            affine_group(t, &at);
        }
    }
}

/* A tile: rows of a, rows of b, and groups of samples of which one of those is not 0. */
typedef struct outer_task {
    int64_t n, lda, ldb, ldc;
    const double *a, *b;
    spni_bytes bytes; /* of the rows of b */
    double *c;
    bool adds, has_groups;
    uint64_t groups;
} outer_task;

INLINE void outer_step(const int rows, const int columns, const bool has_bytes,
                       real sum[OUTER_ROWS][4], const outer_task *t, int64_t s, const int64_t part)
{
    real right[OUTER_COLUMNS];
    UNROLL
    for (int j = 0; j < columns; j++) {
        if (has_bytes) { /* behind the last sample they meet zeros */
            right[j] = load_bytes(bytes_at(&t->bytes, s) + SPNI_GROUP * j);
            continue;
        }
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

INLINE void outer_sum(const int rows, const int columns, const bool has_bytes, const outer_task *t,
                      int64_t s, int64_t end, real sum[OUTER_ROWS][4])
{
    for (; s + LANES <= end; s += LANES) {
        outer_step(rows, columns, has_bytes, sum, t, s, 0);
    }
    if (s < end) {
        outer_step(rows, columns, has_bytes, sum, t, s, end - s);
    }
}

/* The same of some groups; the last one may be a part. */
INLINE void outer_groups(const int rows, const int columns, const bool has_bytes,
                         const outer_task *t, real sum[OUTER_ROWS][4])
{
    const int64_t full = t->n / SPNI_GROUP, rest = t->n % SPNI_GROUP;
    const uint64_t end = rest > 0 ? t->groups >> full << full : 0; /* that part, or nothing */
    for (uint64_t left = t->groups ^ end; left != 0; left &= left - 1) {
        const int64_t s = SPNI_GROUP * (int64_t)__builtin_ctzll(left);
        UNROLL
        for (int64_t v = 0; v < SPNI_GROUP; v += LANES) {
            outer_step(rows, columns, has_bytes, sum, t, s + v, 0);
        }
    }
    if (end != 0) {
        outer_sum(rows, columns, has_bytes, t, t->n - rest, t->n, sum);
    }
}

INLINE void outer_tile(const int rows, const int columns, const bool has_bytes, const outer_task *t)
{
    real sum[OUTER_ROWS][4];
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < 4; j++) {
            sum[i][j] = constant(0.0);
        }
    }
    if (t->has_groups) {
        outer_groups(rows, columns, has_bytes, t, sum);
    } else {
        outer_sum(rows, columns, has_bytes, t, 0, t->n, sum);
    }
    UNROLL
    for (int i = 0; i < rows; i++) {
        four sums;
        lane_sums(sum[i], &sums);
        if (has_bytes) {
            sums *= t->bytes.scale;
        }
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

INLINE void outer_columns(const int rows, const bool has_bytes, int64_t columns,
                          const outer_task *t)
{
    switch (columns) {
    case 1:
        outer_tile(rows, 1, has_bytes, t);
        break;
    case 2:
        outer_tile(rows, 2, has_bytes, t);
        break;
    case 3:
        outer_tile(rows, 3, has_bytes, t);
        break;
    default:
        outer_tile(rows, OUTER_COLUMNS, has_bytes, t);
        break;
    }
}

INLINE void outer_rows(const bool has_bytes, int64_t rows, int64_t columns, const outer_task *t)
{
    switch (rows) {
    case 1:
        outer_columns(1, has_bytes, columns, t);
        break;
    case 2:
        outer_columns(2, has_bytes, columns, t);
        break;
#if LANES == 8 || defined(__aarch64__)
    case 3:
        outer_columns(3, has_bytes, columns, t);
        break;
    case 4:
        outer_columns(4, has_bytes, columns, t);
        break;
    case 5:
        outer_columns(5, has_bytes, columns, t);
        break;
#endif
    default:
        outer_columns(OUTER_ROWS, has_bytes, columns, t);
        break;
    }
}

static void outer_group(int64_t rows, int64_t columns, const outer_task *t)
{
    if (t->bytes.code != NULL) {
        outer_rows(true, rows, columns, t);
    } else {
        outer_rows(false, rows, columns, t);
    }
}

/* Of at most 64 groups from sample s on those in which one of rows [j, j + columns) is not 0. */
static uint64_t groups_with(const spni_nonzeros *z, int64_t j, int64_t columns, int64_t s)
{
    const int64_t group = (z->first + s) / SPNI_GROUP, shift = group % 64;
    uint64_t groups = 0;
    for (int64_t row = j; row < j + columns; row++) {
        const uint64_t *bits = z->groups + row * z->stride + group / 64;
        groups |= shift == 0 ? bits[0] : bits[0] >> shift | bits[1] << (64 - shift);
    }
    return groups;
}

/* Columns [begin, begin + width) of c, samples [s, s + n). */
typedef struct outer_place {
    int64_t begin, width, s, n;
} outer_place;

/* Groups of samples in which rows of a tile have something; all of them where nothing is known. */
static uint64_t groups_of(const spni_nonzeros *z, int64_t row, int64_t rows, int64_t s)
{
    return z != NULL ? groups_with(z, row, rows, s) : ~0ULL;
}

/* Rows of b from row j and sample s on: numbers or bytes. */
INLINE const double *rows_of_b(const spni_outer_task *t, int64_t j, int64_t s)
{
    return t->bytes.code != NULL ? NULL : t->b + j * t->ldb + s;
}

INLINE spni_bytes bytes_of_b(const spni_outer_task *t, int64_t j, int64_t s)
{
    spni_bytes bytes = t->bytes;
    bytes.code = bytes.code != NULL ? bytes_at(&t->bytes, s) + SPNI_GROUP * j : NULL;
    return bytes;
}

static void outer_panel(const spni_outer_task *t, const outer_place *at)
{
    uint64_t groups[OUTER_PANEL] = {0};
    const uint64_t there =
        ~0ULL >> (64 - (at->n + SPNI_GROUP - 1) / SPNI_GROUP); /* up to 64 groups */
    const bool has_groups = t->nonzeros != NULL || t->left != NULL;
    for (int64_t j = 0, columns = 0; has_groups && j < at->width; j += columns) {
        columns = share(at->width - j, OUTER_COLUMNS);
        groups[j] = there & groups_of(t->nonzeros, at->begin + j, columns, at->s);
    }
    for (int64_t i = 0, rows = 0; i < t->m; i += rows) {
        rows = share(t->m - i, OUTER_ROWS);
        const uint64_t left = has_groups ? groups_of(t->left, i, rows, at->s) : 0;
        for (int64_t j = 0, columns = 0; j < at->width; j += columns) {
            columns = share(at->width - j, OUTER_COLUMNS);
            const outer_task tile = {.n = at->n,
                                     .lda = t->lda,
                                     .ldb = t->ldb,
                                     .ldc = t->ldc,
                                     .a = t->a + i * t->lda + at->s,
                                     .b = rows_of_b(t, at->begin + j, at->s),
                                     .bytes = bytes_of_b(t, at->begin + j, at->s),
                                     .c = t->c + i * t->ldc + at->begin + j,
                                     .adds = t->adds || at->s > 0,
                                     .has_groups = has_groups,
                                     .groups = left & groups[j]};
            outer_group(rows, columns, &tile);
        }
    }
}

static void outer(const spni_outer_task *t)
{
    for (int64_t s = 0; s < t->n; s += OUTER_SAMPLES) {
        int64_t samples = t->n - s < OUTER_SAMPLES ? t->n - s : OUTER_SAMPLES;
        for (int64_t j = 0, width = 0; j < t->k; j += width) {
            width = share(t->k - j, OUTER_PANEL);
            outer_panel(t, &(outer_place){j, width, s, samples});
        }
    }
}

#endif
