/* SPDX-License-Identifier: MIT */
/* The table of products that make up the dense Hessian, and the work space they need.
 *
 * Block (l, m) is sum_n h_{l-1}[i] (Q^{lm}[o,p] h_{m-1}[j] + T^{lm}[j,o] delta_m[p]) at (W_l[o,i], W_m[p,j]) (T19): left rows, which
 * belong to units, times right rows, which belong to inputs, with samples as the inner dimension of a product of matrices. The table lists these
 * products in the order in which the backward pass has their left rows, cut into pieces of ROWS_MAX rows. It is made twice by
 * the same code, once to count and once to fill. */
#include "network/dense.h"

#include "base/invariant.h"

/* Rows of one factor per product: bounds the work space for wide layers. */
enum { ROWS_MAX = 1024 };
/* Products of all terms are kept over the blocks of samples up to this many numbers (32 MB). */
static const int64_t SUMMED_MAX = 4 * 1024 * 1024;
/* Work space of one block of samples at most, where layers are wide. */
static const int64_t DENSE_BYTES = 32 * 1024 * 1024;
/* Beyond these the structured assembly would need more memory than it saves: unit vectors instead. */
enum { WIDTH_MAX = 512, DIMENSION_MAX = 32768, SAMPLES_MIN = 8 };
/* Lanes of a team that have work space, and numbers of all their products (128 MB). */
enum { LANES_MAX = 16 };
static const int64_t LANE_NUMBERS = 16 * 1024 * 1024;
/* Longer blocks gain nothing more and leave the caches. */
enum { SAMPLES_MAX = 344 };

typedef struct builder {
    const spn_network *network;
    spni_dense *dense; /* terms NULL: count only */
    int64_t count, place, largest, right_max;
} builder;

/* A product of `left` rows with `right` rows, in pieces; each has its place behind those before it. 2 left right flops a sample. */
static void add_term(builder *make, spni_term_kind kind, spni_right_kind rows, int64_t l, int64_t m,
                     int64_t left, int64_t right)
{
    for (int64_t r = 0; r < right; r += ROWS_MAX) {
        for (int64_t q = 0; q < left; q += ROWS_MAX) {
            spni_term term = {
                .kind = kind, .right = rows, .l = l, .m = m, .left_begin = q, .right_begin = r};
            term.left_count = left - q < ROWS_MAX ? left - q : ROWS_MAX;
            term.right_count = right - r < ROWS_MAX ? right - r : ROWS_MAX;
            term.place = make->place;
            int64_t size = term.left_count * term.right_count;
            make->place += size;
            make->dense->flops += 2.0 * (double)size;
            make->largest = size > make->largest ? size : make->largest;
            make->right_max =
                term.right_count > make->right_max ? term.right_count : make->right_max;
            if (make->dense->terms != NULL) {
                make->dense->terms[make->count] = term;
            }
            make->count++;
        }
    }
}

static int64_t half(int64_t n)
{
    return n * (n + 1) / 2;
}

/* Layers l < m of T^{lm}[j,o] = dh_{m-1}[j]/da_l[o]: what of it the products need (dense.h). It is diag(phi'_l) for m = l + 1, and
 * phi'_{l+1} W_{l+1} phi'_l for m = l + 2, where the weight comes in when the product is scattered: rows of slopes do for both. */
static void list_tangent(builder *make, int64_t l)
{
    const spn_network *network = make->network;
    const int64_t *width = network->width;
    int64_t fan_in = spni_fan_in(network, l), depth = network->depth;
    if (l == depth - 1) {
        add_term(make, SPNI_TERM_EDGE, SPNI_RIGHT_PLAIN, l, depth, width[l] * width[depth], fan_in);
        return;
    }
    add_term(make, SPNI_TERM_ADJACENT, SPNI_RIGHT_SLOPED, l, l + 1, width[l + 1],
             width[l] * fan_in);
    add_term(make, SPNI_TERM_SECOND, SPNI_RIGHT_SLOPED, l, l + 2, width[l + 1] * width[l + 2],
             width[l] * fan_in);
    for (int64_t m = l + 3; m <= depth; m++) {
        add_term(make, SPNI_TERM_DISTANT, SPNI_RIGHT_DELTAS, l, m, width[m - 1] * width[l],
                 fan_in * width[m]);
    }
}

/* In the order of network_hessian.c: S_D, Q^{D-1,D} .. Q^{1,D}, S_{D-1}, ...; then T^{1,2}, ... */
static void list_terms(builder *make, bool has_constant)
{
    const spn_network *network = make->network;
    int64_t depth = network->depth;
    for (int64_t m = depth; m >= 1; m--) {
        int64_t inputs = spni_fan_in(network, m), width = network->width[m];
        if (m == depth && has_constant) {
            add_term(make, SPNI_TERM_OUTPUT, SPNI_RIGHT_PLAIN, m, m, inputs, inputs);
        } else {
            add_term(make, SPNI_TERM_DIAGONAL, SPNI_RIGHT_PAIRS, m, m, half(width), half(inputs));
        }
        for (int64_t l = m - 1; l >= 1; l--) {
            /* S_D = c I: Q^{D-1,D}[o,p] = c phi'_{D-1}[o] W_D[p,o], of which only the slopes depend on the sample. */
            bool is_last = has_constant && m == depth && l == m - 1;
            add_term(make, is_last ? SPNI_TERM_LAST : SPNI_TERM_MIXED, SPNI_RIGHT_INPUTS, l, m,
                     is_last ? network->width[l] : network->width[l] * width,
                     spni_fan_in(network, l) * inputs);
        }
    }
    for (int64_t l = 1; l < depth; l++) {
        list_tangent(make, l);
    }
}

/* Samples at a time: as many as the rows of one lane fit into DENSE_BYTES, whole vectors of 8, and cut so that the last block of a plan's
 * block is not much shorter than the others. It follows from the problem alone, never from the number of threads: the order
 * of sums is that of the blocks. */
static void choose_block(spni_dense *dense, const spni_plan *plan, int64_t rows)
{
    int64_t block = DENSE_BYTES / (rows * (int64_t)sizeof(double));
    block = block > SAMPLES_MAX ? SAMPLES_MAX : block;
    block = block < SAMPLES_MIN ? SAMPLES_MIN : block / 8 * 8;
    dense->block = spni_even_block(block, plan->block);
}

static spn_status make_terms(spn_context *context, const spn_network_error *error,
                             spni_dense *dense, int64_t *right_max)
{
    spn_status status = SPN_OK;
    builder make = {.network = error->network, .dense = dense};
    bool has_constant = spni_output_is_constant(error);
    list_terms(&make, has_constant);
    SPN_NEW(context, dense->terms, make.count);
    dense->term_count = make.count;
    dense->is_summed = make.place <= SUMMED_MAX;
    *right_max = make.right_max;
    dense->size = dense->is_summed ? make.place : make.largest;
    const int64_t counted = make.place;
    make.count = make.place = 0;
    dense->flops = 0.0;
    list_terms(&make, has_constant);
    SPNI_INVARIANT(make.count == dense->term_count && make.place == counted);
    /* Not kept: every product is scattered as soon as it is made, and they share one place. */
    for (int64_t t = 0; !dense->is_summed && t < dense->term_count; t++) {
        dense->terms[t].place = 0;
    }
done:
    return status;
}

/* M and V of dense.h. */
static spn_status create_constants(spn_context *context, const spn_network *network,
                                   spni_dense *dense)
{
    spn_status status = SPN_OK;
    const int64_t *width = network->width, depth = network->depth;
    if (depth > 1) {
        SPN_NEW(context, dense->coupling, half(width[depth - 1]));
    }
    if (depth > 2) {
        SPN_NEW(context, dense->through, width[depth] * width[depth - 2] * width[depth - 1]);
    }
done:
    return status;
}

static spn_status create_space(spn_context *context, const spn_network_error *error,
                               const spni_dense *dense, int64_t right_max, spni_dense_space *space)
{
    spn_status status = SPN_OK;
    int64_t width = error->plan.width_max;
    for (int64_t i = 0; i < 2; i++) {
        SPN_NEW(context, space->adjacent[i], width * width * dense->block);
        SPN_NEW(context, space->mixed[i], width * width * dense->block);
    }
    SPN_NEW(context, space->packed, half(width) * dense->block);
    SPN_NEW(context, space->pulled, width * width * dense->block);
    SPN_NEW(context, space->right, (right_max + 1) * dense->block);
    if (!spni_output_is_constant(error)) {
        SPN_NEW(context, space->full, width * width * dense->block);
    }
    if (error->network->has_bias) {
        SPN_NEW(context, space->left, ROWS_MAX * dense->block);
    }
done:
    return status;
}

/* As many lanes as the team has, as far as memory is reasonable. Each part of a block has products of its own, added in the order of
 * parts afterwards, so that more lanes are no other sum. */
static spn_status create_lanes(spn_context *context, const spn_network_error *error,
                               int64_t right_max, spni_dense *dense)
{
    spn_status status = SPN_OK;
    int64_t lanes = spn_team_lanes(context);
    int64_t most = dense->size > 0 ? LANE_NUMBERS / dense->size : 1;
    lanes = lanes > LANES_MAX ? LANES_MAX : lanes;
    lanes = lanes > most ? (most > 1 ? most : 1) : lanes;
    SPN_NEW(context, dense->spaces, lanes);
    SPN_NEW(context, dense->products, lanes);
    dense->lanes = lanes;
    for (int64_t i = 0; i < lanes; i++) {
        SPN_TRY(create_space(context, error, dense, right_max, &dense->spaces[i]));
        if (dense->size > 0) {
            SPN_NEW(context, dense->products[i], dense->size);
        }
    }
done:
    return status;
}

bool spni_dense_fits(const spn_network_error *error)
{
    return error->plan.width_max <= WIDTH_MAX && error->network->parameters <= DIMENSION_MAX;
}

spn_status spni_dense_create(spn_context *context, const spn_network_error *error, spni_dense **out)
{
    spn_status status = SPN_OK;
    spni_dense *dense = NULL;
    int64_t width = error->plan.width_max, right_max = 0;
    *out = NULL;
    if (!spni_dense_fits(error)) {
        return SPN_OK;
    }
    SPN_NEW(context, dense, 1);
    SPN_TRY(make_terms(context, error, dense, &right_max));
    /* Rows in create_space(): adjacent and mixed twice, pulled and full, width^2 each; packed; right, and the ones. */
    choose_block(dense, &error->plan, 6 * width * width + half(width) + right_max + 1);
    SPN_TRY(create_lanes(context, error, right_max, dense));
    if (spni_output_is_constant(error)) {
        SPN_TRY(create_constants(context, error->network, dense));
    }
    SPN_NEW(context, dense->ones, dense->block);
    for (int64_t n = 0; n < dense->block; n++) {
        dense->ones[n] = 1.0;
    }
    *out = dense;
done:
    if (status != SPN_OK) {
        spni_dense_free(context, dense);
    }
    return status;
}

static void free_space(spn_context *context, spni_dense_space *space)
{
    for (int64_t i = 0; i < 2; i++) {
        spn_release(context, space->adjacent[i]);
        spn_release(context, space->mixed[i]);
    }
    spn_release(context, space->packed);
    spn_release(context, space->full);
    spn_release(context, space->pulled);
    spn_release(context, space->right);
    spn_release(context, space->left);
}

void spni_dense_free(spn_context *context, spni_dense *dense)
{
    if (dense == NULL) {
        return;
    }
    for (int64_t i = 0; i < dense->lanes; i++) {
        free_space(context, &dense->spaces[i]);
        spn_release(context, dense->products[i]);
    }
    spn_release(context, dense->spaces);
    spn_release(context, dense->products);
    spn_release(context, dense->ones);
    spn_release(context, dense->coupling);
    spn_release(context, dense->through);
    spn_release(context, dense->terms);
    spn_release(context, dense);
}
