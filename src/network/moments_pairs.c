/* SPDX-License-Identifier: MIT */
/* Blocks of the Hessian squared as sums over pairs of samples (n, m), one of each tile (T17, T18):
 *   (l, l):        sum (h_n.h_m)^2 <S_n, S_m>
 *   (l, m), twice: sum (h_n.h_m) [<Q_n,Q_m> (h'_n.h'_m) + <T_n,T_m> (d_n.d_m) + C_nm + C_mn],
 *                  C_nm = sum_o (Q_n d_m)[o] (T_m h'_n)[o],   h = h_{l-1}, h' = h_{m-1}, d = delta_m.
 * The brackets are collected over the slices of l in matrices of samples by samples. With T^{l,l+1} = diag phi'_l,
 * C_nm = sum_{o,p} (Q_n[o,p] h'_n[o]) (phi'_m[o] d_m[p]) is one product. */
#include "network/moments.h"

/* Samples whose row of C is made at a time: two products of so many rows stay in the cache. */
enum { PANEL = 48 };

/* Sums for one pair of tiles: tile x tile numbers each, ld apart, or NULL. */
typedef struct pairs {
    spni_moments *p;
    int64_t l, ld;
    bool is_same; /* both tiles are one: symmetric sums have j <= i only */
    const spni_tile *a, *b;
    double *memory, **curvature, **tangent, **crossed; /* l .. D */
    double *near, *far;                                /* products of the inputs of l; of m */
    double *panel;                                     /* 2 x PANEL x ld */
} pairs;

static bool is_wanted(const pairs *s, int64_t m)
{
    const spni_moments *p = s->p;
    return !spni_moments_is_summed(p->network, &p->plan, s->l, m);
}

/* to += alpha a^T b. */
static void add_gram(const pairs *s, int64_t rows, double alpha, const double *a, int64_t lda,
                     const double *b, int64_t ldb, double beta, double *to)
{
    if (s->is_same) {
        spn_gram_over_rows(s->a->count, rows, alpha, a, lda, beta, to, s->ld);
        return;
    }
    spn_multiply_over_rows(s->a->count, s->b->count, rows, alpha, a, lda, b, ldb, beta, to, s->ld);
}

/* S_l: of a slice the entries before it stand for those behind it in other slices. */
static void add_diagonal(const pairs *s, const spni_slice *slice)
{
    const double *a = s->a->second[slice->l], *b = s->b->second[slice->l];
    int64_t ld = s->a->ld, before = slice->begin * slice->count, own = slice->count * slice->count;
    double *to = s->curvature[slice->l];
    add_gram(s, before, 2.0, a, ld, b, ld, 1.0, to);
    add_gram(s, own, 1.0, a + before * ld, ld, b + before * ld, ld, 1.0, to);
}

/* Rows (q, u): x (of the slice's units or of q, as `is_own` says) times y. */
static void scale_rows(const spni_moments *p, const spni_slice *slice, const spni_tile *tile,
                       int64_t m, const double *own, const double *rows, double *out)
{
    for (int64_t q = 0; q < p->network->width[m]; q++) {
        for (int64_t u = 0; u < slice->count; u++) {
            int64_t row = (q * slice->count + u) * tile->ld;
            const double *x = own + (slice->begin + u) * tile->ld;
            const double *y = rows != NULL ? rows + q * tile->ld : tile->second[m] + row;
            p->state->kernels->multiply(tile->count, x, y, out + row);
        }
    }
}

/* C_nm for n of `from`, m of `at`; the rows of the result are those of s->a, so `flips` where from is s->b. */
static void add_adjacent(const pairs *s, const spni_slice *slice, const spni_tile *from,
                         const spni_tile *at, bool flips)
{
    const spni_moments *p = s->p;
    int64_t m = slice->l + 1, rows = p->network->width[m] * slice->count;
    double *x = p->work[0], *y = p->work[1];
    scale_rows(p, slice, from, m, from->input[m], NULL, x);
    scale_rows(p, slice, at, m, at->slope[slice->l], at->delta[m], y);
    const double *a = flips ? y : x, *b = flips ? x : y;
    spn_multiply_over_rows(s->a->count, s->b->count, rows, 1.0, a, s->a->ld, b, s->b->ld, 1.0,
                           s->crossed[m], s->ld);
}

/* The same where T is full, unit by unit. */
static void add_distant(const pairs *s, const spni_slice *slice, int64_t m, const spni_tile *from,
                        const spni_tile *at, bool flips)
{
    const spn_network *network = s->p->network;
    const spni_tile *first = flips ? at : from, *second = flips ? from : at;
    int64_t step = slice->count * from->ld, columns = second->count;
    double *pulled = s->panel, *pushed = s->panel + PANEL * s->ld;
    for (int64_t u = 0; u < slice->count; u++) {
        const double *q = from->second[m] + u * from->ld, *t = at->tangent[m - 1] + u * at->ld;
        const double *d = at->delta[m], *h = from->input[m];
        for (int64_t i = 0; i < first->count; i += PANEL) {
            int64_t rows = first->count - i < PANEL ? first->count - i : PANEL;
            spn_multiply_over_rows(rows, columns, network->width[m], 1.0, (flips ? d : q) + i,
                                   flips ? at->ld : step, flips ? q : d, flips ? step : at->ld, 0.0,
                                   pulled, s->ld);
            spn_multiply_over_rows(rows, columns, network->width[m - 1], 1.0, (flips ? t : h) + i,
                                   flips ? step : from->ld, flips ? h : t, flips ? from->ld : step,
                                   0.0, pushed, s->ld);
            for (int64_t r = 0; r < rows; r++) {
                s->p->state->kernels->add_multiplied(columns, pulled + r * s->ld,
                                                     pushed + r * s->ld,
                                                     s->crossed[m] + (i + r) * s->ld);
            }
        }
    }
}

static void add_tangent(const pairs *s, const spni_slice *slice, int64_t m)
{
    int64_t l = slice->l, ld = s->a->ld;
    if (m == l + 1) {
        add_gram(s, slice->count, 1.0, s->a->slope[l] + slice->begin * ld, ld,
                 s->b->slope[l] + slice->begin * ld, ld, 1.0, s->tangent[m]);
        add_adjacent(s, slice, s->a, s->b, false);
        if (!s->is_same) {
            add_adjacent(s, slice, s->b, s->a, true);
        }
        return;
    }
    add_gram(s, s->p->network->width[m - 1] * slice->count, 1.0, s->a->tangent[m - 1], ld,
             s->b->tangent[m - 1], ld, 1.0, s->tangent[m]);
    add_distant(s, slice, m, s->a, s->b, false);
    if (!s->is_same) {
        add_distant(s, slice, m, s->b, s->a, true);
    }
}

static void add_slice(const pairs *s, const spni_slice *slice)
{
    const spni_moments *p = s->p;
    int64_t ld = s->a->ld;
    for (int64_t m = slice->l; m <= p->network->depth; m++) {
        if (!is_wanted(s, m)) {
            continue;
        }
        if (m == slice->l) {
            add_diagonal(s, slice);
            continue;
        }
        add_gram(s, p->network->width[m] * slice->count, 1.0, s->a->second[m], ld, s->b->second[m],
                 ld, 1.0, s->curvature[m]);
        if (p->part != SPN_PART_GAUSS_NEWTON) {
            add_tangent(s, slice, m);
        }
    }
}

/* sum over pairs, each of different samples twice: in one tile as j < i, in two as such. */
static double weighted_sum(const pairs *s, const double *x, const double *y, const double *z)
{
    const spni_kernels *kernels = s->p->state->kernels;
    double sum = 0.0, own = 0.0, *row = s->panel;
    for (int64_t i = 0; i < s->a->count; i++) {
        int64_t at = i * s->ld, columns = s->is_same ? i : s->b->count;
        if (columns > 0) {
            kernels->multiply(columns, x + at, y + at, row);
            sum += kernels->dot(columns, row, z + at);
        }
        own += s->is_same ? x[at + i] * y[at + i] * z[at + i] : 0.0;
    }
    return 2.0 * sum + own;
}

/* C is not symmetric, the products of inputs are: of one tile x has j <= i only. */
static double crossed_sum(const pairs *s, const double *x, const double *c)
{
    double sum = 0.0;
    for (int64_t i = 0; i < s->a->count; i++) {
        for (int64_t j = 0; j < s->b->count; j++) {
            int64_t at = s->is_same && j > i ? j * s->ld + i : i * s->ld + j;
            sum += x[at] * c[i * s->ld + j];
        }
    }
    return 2.0 * sum;
}

static void take_sums(const pairs *s)
{
    spni_moments *p = s->p;
    int64_t l = s->l, ld = s->a->ld;
    add_gram(s, spni_moments_fan_in(p->network, l), 1.0, s->a->input[l], ld, s->b->input[l], ld,
             0.0, s->near);
    for (int64_t m = l; m <= p->network->depth; m++) {
        if (!is_wanted(s, m)) {
            continue;
        }
        if (m == l) {
            p->sum += weighted_sum(s, s->near, s->near, s->curvature[m]);
            continue;
        }
        add_gram(s, spni_moments_fan_in(p->network, m), 1.0, s->a->input[m], ld, s->b->input[m], ld,
                 0.0, s->far);
        p->sum += 2.0 * weighted_sum(s, s->near, s->far, s->curvature[m]);
        if (p->part == SPN_PART_GAUSS_NEWTON) {
            continue;
        }
        add_gram(s, p->network->width[m], 1.0, s->a->delta[m], ld, s->b->delta[m], ld, 0.0, s->far);
        p->sum += 2.0 * weighted_sum(s, s->near, s->far, s->tangent[m]);
        p->sum += 2.0 * crossed_sum(s, s->near, s->crossed[m]);
    }
}

static void clear(const pairs *s)
{
    int64_t depth = s->p->network->depth, size = s->p->plan.tile * s->ld;
    for (int64_t m = s->l; m <= depth; m++) {
        double *sums[3] = {s->curvature[m], s->tangent[m], s->crossed[m]};
        for (int i = 0; i < 3; i++) {
            for (int64_t j = 0; sums[i] != NULL && j < size; j++) {
                sums[i][j] = 0.0;
            }
        }
    }
}

static spn_status add_tiles(spn_context *context, const pairs *s)
{
    spn_status status = SPN_OK;
    const spni_moments *p = s->p;
    int64_t units = spni_moments_pair_units(p->network, &p->plan, s->l);
    int64_t width = p->network->width[s->l];
    clear(s);
    for (spni_slice slice = {s->l, 0, 0}; slice.begin < width; slice.begin += units) {
        SPN_TRY(spn_poll(context));
        spn_tick(context);
        slice.count = width - slice.begin < units ? width - slice.begin : units;
        spni_tile_carry(p, &slice, &s->p->tile[0]);
        if (!s->is_same) {
            spni_tile_carry(p, &slice, &s->p->tile[1]);
        }
        add_slice(s, &slice);
    }
    take_sums(s);
done:
    return status;
}

static spn_status create(spn_context *context, pairs *s)
{
    spn_status status = SPN_OK;
    spni_moments *p = s->p;
    int64_t depth = p->network->depth, count = 2;
    s->ld = spni_tile_stride(p->plan.tile);
    for (int64_t m = s->l; m <= depth; m++) {
        count += is_wanted(s, m) ? (m == s->l || p->part == SPN_PART_GAUSS_NEWTON ? 1 : 3) : 0;
    }
    int64_t size = p->plan.tile * s->ld;
    SPN_NEW(context, s->memory, count * size + 2 * PANEL * s->ld);
    SPN_NEW(context, s->curvature, 3 * (depth + 1));
    s->tangent = s->curvature + depth + 1;
    s->crossed = s->tangent + depth + 1;
    double *next = s->memory;
    s->near = next;
    s->far = next + size;
    next += 2 * size;
    for (int64_t m = s->l; m <= depth; m++) {
        if (!is_wanted(s, m)) {
            continue;
        }
        s->curvature[m] = next;
        next += size;
        if (m > s->l && p->part != SPN_PART_GAUSS_NEWTON) {
            s->tangent[m] = next;
            s->crossed[m] = next + size;
            next += 2 * size;
        }
    }
    s->panel = next;
done:
    return status;
}

int64_t spni_pairs_numbers(const spn_network *network, const spni_moments_plan *plan)
{
    int64_t depth = network->depth, most = 0;
    for (int64_t l = 1; l <= depth; l++) {
        int64_t count = 0;
        for (int64_t m = l; m <= depth; m++) {
            count += spni_moments_is_summed(network, plan, l, m) ? 0 : (m == l ? 1 : 3);
        }
        most = count > 0 && count + 2 > most ? count + 2 : most;
    }
    int64_t ld = spni_tile_stride(plan->tile);
    return most * plan->tile * ld + 2 * PANEL * ld;
}

spn_status spni_moments_pairs(spn_context *context, spni_moments *p, int64_t l)
{
    spn_status status = SPN_OK;
    pairs s = {.p = p, .l = l, .a = &p->tile[0]};
    SPN_TRY(create(context, &s));
    for (int64_t i = 0; i < p->state->samples; i += p->plan.tile) {
        SPN_TRY(spni_tile_fill(context, p, i, &p->tile[0]));
        for (int64_t j = 0; j <= i; j += p->plan.tile) {
            s.is_same = i == j;
            s.b = s.is_same ? &p->tile[0] : &p->tile[1];
            if (!s.is_same) {
                SPN_TRY(spni_tile_fill(context, p, j, &p->tile[1]));
            }
            SPN_TRY(add_tiles(context, &s));
        }
    }
done:
    spn_release(context, s.memory);
    spn_release(context, s.curvature);
    return status;
}
