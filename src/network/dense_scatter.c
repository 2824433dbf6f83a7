/* SPDX-License-Identifier: MIT */
/* Where the products of the dense Hessian go: each of their entries has one place in the lower triangle,
 * or two where both factors are symmetric. Runs of places are walked by their steps; biases, whose
 * places lie apart, one by one. */
#include "network/dense.h"

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

/* Input i of units o >= p of layer l with inputs j in [begin, end), end <= i + 1: entries
 * (o i, p j) and, where they are others, (o j, p i). */
static void scatter_inputs(const spn_network *network, int64_t l, const int64_t unit[2], int64_t i,
                           int64_t begin, int64_t end, const double *from, double *h)
{
    int64_t size = network->parameters, width = network->width[l - 1], o = unit[0], p = unit[1];
    if (i == width) {
        for (int64_t j = begin; j < end; j++) {
            double value = from[j - begin];
            add_entry(h, size, place_of(network, l, o, i), place_of(network, l, p, j), value);
            if (o != p && i != j) {
                add_entry(h, size, place_of(network, l, o, j), place_of(network, l, p, i), value);
            }
        }
        return;
    }
    double *row = h + place_of(network, l, o, i) + place_of(network, l, p, 0) * size;
    double *column = h + place_of(network, l, o, 0) + place_of(network, l, p, i) * size;
    for (int64_t j = begin; j < end; j++) {
        row[j * size] += from[j - begin];
    }
    end = end > i ? i : end;
    for (int64_t j = begin; o != p && j < end; j++) {
        column[j] += from[j - begin];
    }
}

/* All (i, j), i >= j, of units o > p at once, biases aside: column (p, j) of h gets rows (o, i). */
static void scatter_square(const spn_network *network, int64_t l, const int64_t unit[2],
                           const double *from, double *h)
{
    int64_t size = network->parameters, width = network->width[l - 1];
    double *column = h + place_of(network, l, unit[0], 0) + place_of(network, l, unit[1], 0) * size;
    for (int64_t j = 0; j < width; j++, column += size) {
        const double *row = from + j * (j + 1) / 2;
        for (int64_t i = 0; i < j; i++) {
            column[i] += row[i];
        }
        row += j;
        for (int64_t i = j; i < width; i++) {
            column[i] += *row;
            row += i + 1;
        }
    }
}

/* Left row (o, p), o >= p, of a diagonal block: a packed run of (i, j), i >= j. */
static void scatter_symmetric(const spn_network *network, const spni_term *term, int64_t o,
                              int64_t p, const double *from, double *h)
{
    const int64_t unit[2] = {o, p};
    int64_t fan_in = spni_fan_in(network, term->l), i = 0, j = term->right_begin;
    if (o > p && !network->has_bias && term->right_count == fan_in * (fan_in + 1) / 2) {
        scatter_square(network, term->l, unit, from, h);
        return;
    }
    while (j > i) {
        j -= i + 1;
        i++;
    }
    for (int64_t left = term->right_count; left > 0; i++, j = 0) {
        int64_t count = left < i + 1 - j ? left : i + 1 - j;
        scatter_inputs(network, term->l, unit, i, j, j + count, from, h);
        from += count;
        left -= count;
    }
}

static void scatter_diagonal(const spn_network *network, const spni_term *term,
                             const double *product, double *h)
{
    int64_t o = 0, p = term->left_begin;
    while (p > o) {
        p -= o + 1;
        o++;
    }
    for (int64_t q = 0; q < term->left_count; q++, product += term->right_count) {
        scatter_symmetric(network, term, o, p, product, h);
        if (++p > o) {
            p = 0;
            o++;
        }
    }
}

/* A left row of a block off the diagonal, (o of layer l, a unit of layer m or m - 1), times a run of
 * (i, j): column (o, i) of h; row (unit, j) for input j, or (j, unit) for output j of layer m. */
static void scatter_row(const spn_network *network, const spni_term *term, int64_t o, int64_t unit,
                        double factor, const double *from, double *h)
{
    int64_t l = term->l, m = term->m, size = network->parameters;
    bool is_input = term->kind == SPNI_TERM_MIXED || term->kind == SPNI_TERM_LAST;
    int64_t columns = is_input ? spni_fan_in(network, m) : network->width[m];
    int64_t plain = is_input ? network->width[m - 1] : columns;
    int64_t first = is_input ? place_of(network, m, unit, 0) : place_of(network, m, 0, unit);
    int64_t step = is_input ? 1 : network->width[m - 1];
    int64_t i = term->right_begin / columns, j = term->right_begin % columns;
    for (int64_t left = term->right_count; left > 0; i++, j = 0) {
        int64_t count = left < columns - j ? left : columns - j;
        double *column = h + place_of(network, l, o, i) * size;
        for (int64_t q = j; q < j + count && q < plain; q++) {
            column[first + q * step] += factor * from[q - j];
        }
        if (j + count > plain) {
            column[place_of(network, m, unit, plain)] += factor * from[plain - j];
        }
        from += count;
        left -= count;
    }
}

/* c h[i] h[j] for every output. */
static void scatter_output(const spn_network *network, const spni_term *term, double constant,
                           const double *product, double *h)
{
    int64_t l = term->l, size = network->parameters;
    for (int64_t q = 0; q < term->left_count; q++, product += term->right_count) {
        int64_t i = term->left_begin + q;
        for (int64_t r = 0; r < term->right_count && term->right_begin + r <= i; r++) {
            for (int64_t o = 0; o < network->width[l]; o++) {
                add_entry(h, size, place_of(network, l, o, i),
                          place_of(network, l, o, term->right_begin + r), constant * product[r]);
            }
        }
    }
}

/* Off the diagonal every entry has one place: rows of the later layer m, columns of layer l. */
static void scatter_rectangle(const spn_network *network, const spni_term *term,
                              const double *product, double *h)
{
    int64_t l = term->l, m = term->m, wide = network->width[m], narrow = network->width[l];
    for (int64_t q = 0; q < term->left_count; q++, product += term->right_count) {
        int64_t left = term->left_begin + q;
        if (term->kind == SPNI_TERM_MIXED) {
            scatter_row(network, term, left / wide, left % wide, 1.0, product, h);
        } else {
            scatter_row(network, term, left % narrow, left / narrow, 1.0, product, h);
        }
    }
}

/* Rows (W_m[p, j]), columns (W_l[o, i]) with products over (p) or (j, p) on the left and (o, i) or (i) on
 * the right. */
static void scatter_tangent(const spn_network *network, const spni_term *term, const double *theta,
                            const double *product, double *h)
{
    int64_t l = term->l, m = term->m, size = network->parameters;
    int64_t fan_in = spni_fan_in(network, l), outputs = network->width[m];
    for (int64_t q = 0; q < term->left_count; q++, product += term->right_count) {
        int64_t left = term->left_begin + q;
        for (int64_t r = 0; r < term->right_count; r++) {
            int64_t right = term->right_begin + r, i = right % fan_in;
            int64_t p = term->kind == SPNI_TERM_ADJACENT ? left : left % outputs;
            int64_t o = term->kind == SPNI_TERM_EDGE ? left / outputs : right / fan_in;
            int64_t j = term->kind == SPNI_TERM_SECOND ? left / outputs : o;
            double factor =
                term->kind == SPNI_TERM_SECOND ? theta[place_of(network, l + 1, j, o)] : 1.0;
            h[place_of(network, m, p, j) + place_of(network, l, o, i) * size] +=
                factor * product[r];
        }
    }
}

/* The same product for every output, times c W_D[p, o]. */
static void scatter_last(const spn_network *network, const spni_term *term, double constant,
                         const double *theta, const double *product, double *h)
{
    int64_t m = term->m;
    for (int64_t q = 0; q < term->left_count; q++, product += term->right_count) {
        int64_t o = term->left_begin + q;
        for (int64_t p = 0; p < network->width[m]; p++) {
            double factor = constant * theta[place_of(network, m, p, o)];
            scatter_row(network, term, o, p, factor, product, h);
        }
    }
}

void spni_dense_scatter(const spn_network *network, const spni_term *term, double constant,
                        const double *theta, const double *product, double *h)
{
    switch (term->kind) {
    case SPNI_TERM_DIAGONAL:
        scatter_diagonal(network, term, product, h);
        break;
    case SPNI_TERM_OUTPUT:
        scatter_output(network, term, constant, product, h);
        break;
    case SPNI_TERM_LAST:
        scatter_last(network, term, constant, theta, product, h);
        break;
    case SPNI_TERM_ADJACENT:
    case SPNI_TERM_EDGE:
    case SPNI_TERM_SECOND:
        scatter_tangent(network, term, theta, product, h);
        break;
    case SPNI_TERM_MIXED:
    case SPNI_TERM_DISTANT:
        scatter_rectangle(network, term, product, h);
        break;
    }
}
