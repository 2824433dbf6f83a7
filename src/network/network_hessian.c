/* SPDX-License-Identifier: MIT */
/* The dense Hessian from its structure (T19). With S_m = Q^{mm} = d^2E/da_m^2 per sample,
 *   S_D = d^2E/df^2,   Q^{lm} = phi'_l W_{l+1}^T Q^{l+1,m}  (l < m, Q^{mm} = S_m),
 *   S_{m-1} = Q^{m-1,m} W_m phi'_{m-1} + diag(c_{m-1}),
 *   T^{l,l+1} = diag(phi'_l),   T^{lm} = phi'_{m-1} W_{m-1} T^{l,m-1},
 * block (l, m) of the Hessian is, over samples,
 *   sum h_{l-1}[i] (Q^{lm}[o,p] h_{m-1}[j] + T^{lm}[o,j] delta_m[p])   at (W_l[o,i], W_m[p,j]):
 * each factor pair is one product of matrices with the samples as the inner dimension. The
 * Gauss-Newton part (T8) has neither c nor T; the residual part starts from S_D = 0. */
#include "network/dense.h"
#include "network/product.h"

#include <string.h>

/* One block of samples on its way through the layers. */
typedef struct assembly {
    const spni_state *state;
    const spn_network_error *error;
    const spn_network *network;
    spni_dense *dense;
    const double *theta;
    spn_part part;
    spni_block block;
    int64_t next;  /* the next term of the table */
    bool is_first; /* block: products overwrite */
    double *h;     /* NULL: the trace only */
} assembly;

/* Rows of the inputs of layer l; the bias comes last. */
static const double *input_row(const assembly *p, int64_t l, int64_t i)
{
    int64_t ld = 0;
    const double *input = spni_input(&p->error->plan, &p->block, l, &ld);
    return i < p->network->width[l - 1] ? input + i * ld : p->dense->ones;
}

static void build_right(const assembly *p, const spni_term *term)
{
    bool is_packed = term->kind == SPNI_TERM_DIAGONAL || term->kind == SPNI_TERM_CONSTANT;
    bool is_input = is_packed || term->kind == SPNI_TERM_MIXED;
    int64_t n = p->block.count, ld = p->error->plan.block;
    int64_t columns = is_input ? spni_fan_in(p->network, term->m) : p->network->width[term->m];
    const double *delta = spni_deltas(p->error, &p->block, term->m);
    int64_t i = 0, j = term->right_begin;
    while (j >= (is_packed ? i + 1 : columns)) {
        j -= is_packed ? i + 1 : columns;
        i++;
    }
    for (int64_t r = 0; r < term->right_count; r++) {
        const double *other = is_input ? input_row(p, term->m, j) : delta + j * ld;
        p->state->kernels->multiply(n, input_row(p, term->l, i), other, p->dense->right + r * n);
        if (++j == (is_packed ? i + 1 : columns)) {
            j = 0;
            i++;
        }
    }
}

/* h[row, column] and its mirror are one entry of the lower triangle. */
static void add_entry(double *h, int64_t size, int64_t row, int64_t column, double value)
{
    h[row >= column ? row + column * size : column + row * size] += value;
}

/* Place in theta of weight (o, i) of layer l; the bias is the last i. */
static int64_t place_of(const spn_network *network, int64_t l, int64_t o, int64_t i)
{
    int64_t width = network->width[l - 1];
    return i < width ? network->weight_offset[l] + o * width + i : network->bias_offset[l] + o;
}

/* Left row (o, p), o >= p, of a diagonal block: a packed run of (i, j), i >= j. */
static void scatter_symmetric(const assembly *pass, const spni_term *term, int64_t o, int64_t p,
                              const double *row)
{
    const spn_network *network = pass->network;
    int64_t l = term->l, size = network->parameters, i = 0, j = term->right_begin;
    while (j > i) {
        j -= i + 1;
        i++;
    }
    for (int64_t r = 0; r < term->right_count; r++) {
        add_entry(pass->h, size, place_of(network, l, o, i), place_of(network, l, p, j), row[r]);
        if (o != p && i != j) {
            add_entry(pass->h, size, place_of(network, l, o, j), place_of(network, l, p, i),
                      row[r]);
        }
        if (++j > i) {
            j = 0;
            i++;
        }
    }
}

static void scatter_diagonal(const assembly *pass, const spni_term *term)
{
    const double *row = pass->dense->products + term->place;
    if (term->kind == SPNI_TERM_CONSTANT) {
        for (int64_t o = 0; o < pass->network->width[term->l]; o++) {
            scatter_symmetric(pass, term, o, o, row);
        }
        return;
    }
    int64_t o = 0, p = term->left_begin;
    while (p > o) {
        p -= o + 1;
        o++;
    }
    for (int64_t q = 0; q < term->left_count; q++, row += term->right_count) {
        scatter_symmetric(pass, term, o, p, row);
        if (++p > o) {
            p = 0;
            o++;
        }
    }
}

/* Off the diagonal every entry has one place: rows of the later layer m, columns of layer l. */
static void scatter_rectangle(const assembly *pass, const spni_term *term)
{
    const spn_network *network = pass->network;
    int64_t l = term->l, m = term->m, size = network->parameters;
    bool is_mixed = term->kind == SPNI_TERM_MIXED;
    int64_t columns = is_mixed ? spni_fan_in(network, m) : network->width[m];
    const double *row = pass->dense->products + term->place;
    for (int64_t q = 0; q < term->left_count; q++, row += term->right_count) {
        int64_t left = term->left_begin + q;
        int64_t high = is_mixed ? left / network->width[m] : left / network->width[l];
        int64_t low = is_mixed ? left % network->width[m] : left % network->width[l];
        if (term->kind == SPNI_TERM_ADJACENT) {
            high = low = left;
        }
        int64_t i = term->right_begin / columns, j = term->right_begin % columns;
        for (int64_t r = 0; r < term->right_count; r++) {
            /* mixed: (o, p) x (i, j); otherwise (j', o) x (i, p') */
            int64_t o = is_mixed ? high : low;
            int64_t later = is_mixed ? place_of(network, m, low, j) : place_of(network, m, j, high);
            pass->h[later + place_of(network, l, o, i) * size] += row[r];
            if (++j == columns) {
                j = 0;
                i++;
            }
        }
    }
}

static void scatter(const assembly *p, const spni_term *term)
{
    if (term->kind == SPNI_TERM_DIAGONAL || term->kind == SPNI_TERM_CONSTANT) {
        scatter_diagonal(p, term);
    } else {
        scatter_rectangle(p, term);
    }
}

static bool is_absent(const assembly *p, const spni_term *term)
{
    bool is_tangent = term->kind == SPNI_TERM_ADJACENT || term->kind == SPNI_TERM_DISTANT;
    if (p->part == SPN_PART_RESIDUAL) {
        return !is_tangent && term->m == p->network->depth; /* S_D = 0 */
    }
    return is_tangent && p->part == SPN_PART_GAUSS_NEWTON;
}

/* All products of the block (l, m) with this left factor: left rows have leading dimension ld. */
static void multiply_terms(assembly *p, spni_term_kind kind, int64_t l, int64_t m,
                           const double *left, int64_t ld)
{
    spni_dense *dense = p->dense;
    int64_t n = p->block.count, built = -1;
    for (; p->next < dense->term_count; p->next++) {
        const spni_term *term = &dense->terms[p->next];
        if (term->kind != kind || term->l != l || term->m != m) {
            return;
        }
        if (is_absent(p, term)) {
            continue;
        }
        if (built != term->right_begin) {
            build_right(p, term);
            built = term->right_begin;
        }
        spni_outer(p->state->kernels, term->left_count, term->right_count, n,
                   left + term->left_begin * ld, ld, dense->right, n,
                   dense->is_summed && !p->is_first, dense->products + term->place);
        if (!dense->is_summed) {
            scatter(p, term);
        }
    }
}

/* S_D, packed. */
static void start_curvature(const assembly *p, double *packed)
{
    int64_t width = p->network->width[p->network->depth];
    if (p->part == SPN_PART_RESIDUAL) {
        memset(packed, 0, (size_t)(width * (width + 1) / 2 * p->block.count) * sizeof *packed);
        return;
    }
    spni_output_curvature(p->error, &p->block, p->state->scale, packed);
}

static void unpack(int64_t width, int64_t n, const double *packed, double *full)
{
    for (int64_t o = 0; o < width; o++) {
        for (int64_t q = 0; q < width; q++) {
            int64_t row = o >= q ? o * (o + 1) / 2 + q : q * (q + 1) / 2 + o;
            memcpy(full + (o * width + q) * n, packed + row * n, (size_t)n * sizeof *full);
        }
    }
}

/* Q^{lm} from Q^{l+1,m} (l + 1 <= m). */
static void pull_mixed(const assembly *p, int64_t l, int64_t m, const double *from, double *to)
{
    const spn_network *network = p->network;
    int64_t n = p->block.count, width = network->width[l], columns = network->width[m];
    const double *slopes = spni_slopes(p->error, &p->block, l);
    spni_affine(p->state->kernels, width, network->width[l + 1], columns * n,
                p->state->transposed + network->weight_offset[l + 1], NULL, from, columns * n, to,
                columns * n);
    for (int64_t o = 0; o < width; o++) {
        for (int64_t q = 0; q < columns; q++) {
            double *row = to + (o * columns + q) * n;
            p->state->kernels->multiply(n, row, slopes + o * p->error->plan.block, row);
        }
    }
}

/* S_{m-1}, packed, from Q^{m-1,m}. */
static void next_curvature(const assembly *p, int64_t m, const double *mixed, double *packed)
{
    const spn_network *network = p->network;
    int64_t n = p->block.count, ld = p->error->plan.block;
    int64_t width = network->width[m - 1], inner = network->width[m];
    const double *slopes = spni_slopes(p->error, &p->block, m - 1);
    const double *bends = spni_bends(p->error, &p->block, m - 1);
    double *row = packed;
    for (int64_t o = 0; o < width; o++) {
        spni_affine(p->state->kernels, o + 1, inner, n,
                    p->state->transposed + network->weight_offset[m], NULL, mixed + o * inner * n,
                    n, row, n);
        for (int64_t q = 0; q <= o; q++, row += n) {
            p->state->kernels->multiply(n, row, slopes + q * ld, row);
        }
        for (int64_t s = 0; p->part != SPN_PART_GAUSS_NEWTON && s < n; s++) {
            row[s - n] += bends[o * ld + s];
        }
    }
}

static void multiply_curvature_terms(assembly *p)
{
    const spn_network *network = p->network;
    int64_t n = p->block.count, depth = network->depth, now = 0;
    double constant = spni_output_constant(p->error, p->state->scale);
    start_curvature(p, p->dense->packed[now]);
    for (int64_t m = depth; m >= 1; m--) {
        double *packed = p->dense->packed[now];
        /* The first packed row of S_D is the constant itself. */
        bool is_constant = m == depth && constant != 0.0;
        multiply_terms(p, is_constant ? SPNI_TERM_CONSTANT : SPNI_TERM_DIAGONAL, m, m, packed, n);
        unpack(network->width[m], n, packed, p->dense->full);
        const double *from = p->dense->full;
        for (int64_t l = m - 1; l >= 1; l--) {
            double *to = p->dense->mixed[l % 2];
            pull_mixed(p, l, m, from, to);
            multiply_terms(p, SPNI_TERM_MIXED, l, m, to, n);
            if (l == m - 1) {
                next_curvature(p, m, to, p->dense->packed[1 - now]);
            }
            from = to;
        }
        now = 1 - now;
    }
}

/* T^{lm}, rows (j, o), from T^{l,m-1}; T^{l,l+1} is diagonal. */
static void push_tangent(const assembly *p, int64_t l, int64_t m, const double *from, double *to)
{
    const spn_network *network = p->network;
    int64_t n = p->block.count, ld = p->error->plan.block;
    int64_t width = network->width[m - 1], columns = network->width[l];
    const double *weights = p->theta + network->weight_offset[m - 1];
    const double *first = spni_slopes(p->error, &p->block, l);
    const double *slopes = spni_slopes(p->error, &p->block, m - 1);
    if (m > l + 2) {
        spni_affine(p->state->kernels, width, network->width[m - 2], columns * n, weights, NULL,
                    from, columns * n, to, columns * n);
    }
    for (int64_t j = 0; j < width; j++) {
        for (int64_t o = 0; o < columns; o++) {
            double *row = to + (j * columns + o) * n;
            for (int64_t s = 0; m == l + 2 && s < n; s++) {
                row[s] = weights[j * columns + o] * first[o * ld + s];
            }
            p->state->kernels->multiply(n, row, slopes + j * ld, row);
        }
    }
}

static void multiply_tangent_terms(assembly *p)
{
    for (int64_t l = 1; l < p->network->depth; l++) {
        const double *slopes = spni_slopes(p->error, &p->block, l);
        const double *from = NULL;
        multiply_terms(p, SPNI_TERM_ADJACENT, l, l + 1, slopes, p->error->plan.block);
        for (int64_t m = l + 2; m <= p->network->depth; m++) {
            double *to = p->dense->mixed[m % 2];
            push_tangent(p, l, m, from, to);
            multiply_terms(p, SPNI_TERM_DISTANT, l, m, to, p->block.count);
            from = to;
        }
    }
}

static void clear_lower(int64_t size, double *h)
{
    for (int64_t j = 0; j < size; j++) {
        memset(h + j + j * size, 0, (size_t)(size - j) * sizeof *h);
    }
}

static spn_status assemble(spn_context *context, assembly *p)
{
    spn_status status = SPN_OK;
    p->is_first = true;
    for (int64_t b = 0; b < spni_block_total(p->state); b++) {
        spni_block block = spni_block_get(p->state, b);
        for (int64_t begin = 0; begin < block.count; begin += p->dense->block) {
            SPN_TRY(spn_poll(context));
            p->block = spni_block_part(&block, begin, p->dense->block);
            p->next = 0;
            multiply_curvature_terms(p);
            if (p->part != SPN_PART_GAUSS_NEWTON) {
                multiply_tangent_terms(p);
            }
            p->is_first = false;
        }
    }
    for (int64_t t = 0; p->dense->is_summed && t < p->dense->term_count; t++) {
        if (!is_absent(p, &p->dense->terms[t])) {
            scatter(p, &p->dense->terms[t]);
        }
    }
done:
    return status;
}

static assembly assembly_at(const spn_point *point, spn_part part, double *h)
{
    const spni_state *state = point->state;
    return (assembly){.state = state,
                      .error = state->error,
                      .network = state->error->network,
                      .dense = state->dense,
                      .theta = point->theta,
                      .part = part,
                      .h = h};
}

/* Column by column through products: for networks whose layers are too wide for the assembly. */
static spn_status multiply_unit(spn_context *context, const spn_point *point, spn_part part,
                                int64_t i)
{
    const spni_state *state = point->state;
    int64_t size = point->dimension;
    memset(state->unit, 0, (size_t)size * sizeof *state->unit);
    state->unit[i] = 1.0;
    return spni_error_hvp(context, point, part, 1, state->unit, state->unit + size);
}

spn_status spni_error_hessian(spn_context *context, const spn_point *point, spn_part part,
                              double *h)
{
    spn_status status = SPN_OK;
    assembly p = assembly_at(point, part, h);
    int64_t size = point->dimension;
    if (spni_dense_assembles(p.dense)) {
        clear_lower(size, h);
        SPN_TRY(assemble(context, &p));
        goto done;
    }
    for (int64_t j = 0; j < size; j++) {
        SPN_TRY(multiply_unit(context, point, part, j));
        memcpy(h + j + j * size, p.state->unit + size + j, (size_t)(size - j) * sizeof *h);
    }
done:
    return status;
}

/* Diagonal block l: sum over samples of tr S_l |h_{l-1}|^2, the bias counted as an input of 1. */
static double trace_of_layer(const assembly *p, int64_t l, const double *packed)
{
    int64_t n = p->block.count;
    double *curvature = p->dense->mixed[0], *norm = p->dense->right;
    memset(norm, 0, (size_t)n * sizeof *norm);
    memset(curvature, 0, (size_t)n * sizeof *curvature);
    for (int64_t i = 0; i < spni_fan_in(p->network, l); i++) {
        p->state->kernels->add_multiplied(n, input_row(p, l, i), input_row(p, l, i), norm);
    }
    for (int64_t o = 0; o < p->network->width[l]; o++) {
        const double *row = packed + (o * (o + 1) / 2 + o) * n;
        p->state->kernels->add_multiplied(n, row, p->dense->ones, curvature);
    }
    return p->state->kernels->dot(n, curvature, norm);
}

static double trace_of_block(const assembly *p)
{
    const spn_network *network = p->network;
    int64_t now = 0;
    double sum = 0.0;
    start_curvature(p, p->dense->packed[now]);
    for (int64_t m = network->depth; m >= 1; m--, now = 1 - now) {
        sum += trace_of_layer(p, m, p->dense->packed[now]);
        if (m > 1) {
            unpack(network->width[m], p->block.count, p->dense->packed[now], p->dense->full);
            pull_mixed(p, m - 1, m, p->dense->full, p->dense->mixed[1]);
            next_curvature(p, m, p->dense->mixed[1], p->dense->packed[1 - now]);
        }
    }
    return sum;
}

spn_status spni_error_trace(spn_context *context, const spn_point *point, spn_part part,
                            double *out)
{
    spn_status status = SPN_OK;
    assembly p = assembly_at(point, part, NULL);
    double sum = 0.0;
    for (int64_t j = 0; p.dense == NULL && j < point->dimension; j++) {
        SPN_TRY(multiply_unit(context, point, part, j));
        sum += p.state->unit[point->dimension + j];
    }
    for (int64_t b = 0; p.dense != NULL && b < spni_block_total(p.state); b++) {
        spni_block block = spni_block_get(p.state, b);
        for (int64_t begin = 0; begin < block.count; begin += p.dense->block) {
            SPN_TRY(spn_poll(context));
            p.block = spni_block_part(&block, begin, p.dense->block);
            sum += trace_of_block(&p);
        }
    }
    *out = sum;
done:
    return status;
}
