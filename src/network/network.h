/* SPDX-License-Identifier: MIT */
/** @file network.h  What the files of room `network` share.
 *
 *  Layers are counted 1 .. D as in docs/theory.md; index 0 is the input. All arrays of a block have
 *  the samples along the contiguous direction. */
#ifndef SPINODAL_SRC_NETWORK_NETWORK_H
#define SPINODAL_SRC_NETWORK_NETWORK_H

#include "kernel/kernel.h"
#include "network/product.h"

#include <spinodal/base/farm.h>
#include <spinodal/base/pairs.h>
#include <spinodal/network.h>
#include <spinodal/numeric.h>

/** Numbers whose spread is no larger than this share of their size are all the same, but for the rounding of their mean. */
#define SPNI_LEAST_SPREAD 1e-8

struct spn_network {
    int64_t depth, parameters, entry_count;
    int64_t *width;         /* 0 .. D */
    int64_t *weight_offset; /* 1 .. D: place of W_l in theta */
    int64_t *bias_offset;   /* 1 .. D: place of b_l; unused without biases */
    spn_layout_entry *entries;
    spn_activation activation;
    bool has_bias;
    double **
        unit_scale; /* 1 .. D - 1: units with s phi(a / s) for phi(a), see network_reduction.c; NULL: all 1 */
};

/** How the samples are cut into blocks and what is kept of each block (its slot). Rows of a slot have
 *  `block` numbers. A hidden layer l has 4 w_l rows: h_l, phi'(a_l), c_l = phi''(a_l) g_l and
 *  delta_l = dE/da_l, with g_l = dE/dh_l; the output has f, delta_D and, for cross-entropy, the
 *  class probabilities and three rows beside them. The partition depends on the problem only. */
typedef struct spni_plan {
    int64_t block;     /* samples per block, a multiple of 8 */
    int64_t blocks;    /* of the whole data set */
    int64_t *row;      /* 1 .. D: first row of the layer in a slot */
    int64_t rows;      /* of a slot */
    int64_t width_max; /* of layers 1 .. D */
    int64_t section;   /* blocks whose sum is one term of a sum over samples, see ordered_sums.c */
    double work;       /* of value and gradient, in floating-point operations per sample */
} spni_plan;

/** `has_bytes`: products of the first layer read bytes in the place of inputs. */
spn_status spni_plan_create(spn_context *context, const spn_network *network, int64_t samples,
                            bool has_bytes, spni_plan *plan);
void spni_plan_free(spn_context *context, spni_plan *plan);

/** Inputs x = low_i + step k with bytes k, see lattice.c. */
typedef struct spni_lattice {
    double *low; /* I */
    double step;
} spni_lattice;

typedef struct spni_coded_inputs spni_coded_inputs;

/** Levels of the inputs and what is not at them, see background.c. */
typedef struct spni_background {
    double *level;   /* I */
    bool is_zero;    /* all of them */
    bool is_sparse;  /* there is enough to pass over */
    bool is_lattice; /* what is not at the levels is bytes times a step */
    int64_t first;   /* number of the first sample of the first pair of groups */
    spni_nonzeros view;
    uint16_t *input;
    int64_t *list;
    uint64_t *groups;
} spni_background;

/** Samples in an order of their own, see places.c. */
typedef struct spni_places {
    int64_t *sample; /* N: which sample is at a place */
    double *y;       /* targets of the samples that are here, by place: K rows of `stride` */
    int64_t stride;
} spni_places;

struct spn_network_error {
    spn_objective objective;
    const spn_network *network;
    const spn_dataset *dataset;
    double
        *by_sample; /* N rows of inputs, for subsets; NULL: gathered from the data set's columns */
    spn_error_kind kind;
    spni_plan plan;
    double *mean_y;                 /* K */
    double *penalty;                /* P: the c_i of the loss's regulariser; NULL: all 1 */
    double *mean_x;                 /* I; NULL where biases are not free */
    double weight_size, value_size; /* of theta and E, see network_scales.c */
    int64_t mode_count;             /* of the data; 0: they have no linear mode */
    double modes[SPN_MODES_MAX];    /* sigma_i */
    double *mode_output;            /* mode_count x K: u_i */
    double *mode_input;             /* mode_count x N, by place: v_i^T C_xx^{-1/2} x_n */
    int64_t symmetry_count;         /* of the data, where the network is linear */
    double *symmetries;             /* symmetry_count x (I^2 + K^2): A_in, A_out, row-major */
    int64_t *classes;        /* N, by place: the class of each sample; NULL where there are none */
    spn_network_error *test; /* on the samples kept for testing, without modes; NULL: none */
    double
        output_scale; /* what strengths of outputs are measured against, see network_directions.c */
    bool is_balanced; /* the mean residual vanishes at f = 0, see network_trivial.c */
    spn_farm *farm;   /* ranks that share the samples, see network_shares.c; NULL: all are here */
    int64_t *shares;  /* with a farm: rank r has the sections [shares[r], shares[r + 1]) */
    int64_t held;     /* number of the first sample in `dataset` */
    spni_lattice *own_lattice; /* NULL: inputs are on none, or it is a larger network's */
    const spni_coded_inputs
        *coded; /* the inputs once more, a byte each; NULL: read where they lie */
    spni_coded_inputs
        *own_coded; /* the same where they are its own, not those of a larger network */
    const spni_background *background; /* NULL: products pass over nothing */
    spni_background *own_background;
    const spni_places
        *places; /* NULL: blocks, classes, mode_input and outputs are in the order of the samples */
    spni_places *own_places;
};

/** A block of samples: inputs and targets where they lie, and the slot of its intermediates. */
typedef struct spni_block {
    int64_t count;    /* samples, <= plan.block */
    const double *x;  /* I x ldx; NULL where their bytes are here instead */
    spni_bytes bytes; /* of x */
    const double *y;  /* K x ldy */
    int64_t ldx, ldy;
    spni_nonzeros nonzeros;   /* of x; its `input` is NULL where nothing is known */
    const double *first_bias; /* for the first layer's own, where x is less its levels; NULL */
    double *slot;
} spni_block;

/** Numbers [begin, end) of blocks or sections. */
typedef struct spni_stretch {
    int64_t begin, end;
} spni_stretch;

typedef struct spni_dense spni_dense;

/** Work space of one lane of a team. */
typedef struct spni_lane {
    double *slot;      /* of the block at hand, where nothing is kept */
    double *x, *y;     /* inputs and targets of a block, where they are not read where they lie */
    double *direction; /* V_l^T, w_{l-1} x w_l, at W_l's place, l > 1 */
    double *tangent;   /* rows of the products, see network_hvp.c */
} spni_lane;

/** Private state of a point: caches of the last set with SPN_WANT_CURVATURE, and work space. */
typedef struct spni_network_state {
    const spn_network_error *error;
    const spni_kernels *kernels; /* of the context that created the point */
    double *slots;               /* of the blocks that are here */
    int64_t lanes;               /* of the team of the context that created the point, >= 1 */
    spni_lane *lane;
    int64_t vectors;  /* so many sums over sections at a time */
    double *node;     /* nodes that wait, `vectors` rows each; NULL where there is one section */
    int64_t terms;    /* rows of terms that lanes make at a time; 0 with one lane */
    double *term;     /* a row: P + 1 numbers and up to whole cache lines */
    double *total;    /* with a farm: of all ranks, `vectors` rows */
    int64_t *indices; /* the subset of the last set */
    int64_t samples;  /* in the last set */
    double scale;     /* weight of one sample in the mean (1/N, or 1/(N K)) */
    bool is_subset;
    bool is_kept;        /* slots hold the last set */
    double *transposed;  /* W_l^T, w_{l-1} x w_l, at W_l's place, l > 1 */
    spni_dense *dense;   /* work space of the dense Hessian; NULL where layers are too wide */
    double *outputs;     /* spni_directions_room(): the outputs and their moments, for labels */
    spn_dense *spectrum; /* K */
    double *test,
        *test_x; /* the slot of a block of samples kept for testing, its inputs; NULL: none */
    double *first_bias; /* `bias_rows` of w_1, where inputs have levels */
    int64_t bias_rows;
    double *unit; /* 2 P where there is no dense assembly: a unit vector, its product */
} spni_network_state;

/** Sums over sections in work, see ordered_sums.c. */
typedef struct spni_section_sums {
    const spni_network_state *state;
    int64_t first, count; /* sections whose terms are made now */
    int64_t end, most;    /* behind the last one here; terms at a time */
    int64_t vectors, from, numbers;
    spn_pairs pairs;
} spni_section_sums;

/* Accessors. */
static inline double *spni_values(const spni_plan *plan, const spni_block *block, int64_t l)
{
    return block->slot + plan->row[l] * plan->block;
}
/** phi'(a_l), phi''(a_l) g_l and dE/da_l of a hidden layer. */
static inline double *spni_slopes(const spn_network_error *error, const spni_block *block,
                                  int64_t l)
{
    const spni_plan *plan = &error->plan;
    return block->slot + (plan->row[l] + error->network->width[l]) * plan->block;
}
static inline double *spni_bends(const spn_network_error *error, const spni_block *block, int64_t l)
{
    const spni_plan *plan = &error->plan;
    return block->slot + (plan->row[l] + 2 * error->network->width[l]) * plan->block;
}
/** dE/da_l, l = 1 .. D. */
static inline double *spni_deltas(const spn_network_error *error, const spni_block *block,
                                  int64_t l)
{
    const spni_plan *plan = &error->plan;
    int64_t rank = l < error->network->depth ? 3 : 1;
    return block->slot + (plan->row[l] + rank * error->network->width[l]) * plan->block;
}
/** Cross-entropy: K rows of probabilities, then total target mass, 1 - p of the largest output, that output. */
static inline double *spni_probabilities(const spn_network_error *error, const spni_block *block)
{
    const spni_plan *plan = &error->plan;
    int64_t depth = error->network->depth;
    return block->slot + (plan->row[depth] + 2 * error->network->width[depth]) * plan->block;
}
/** h_{l-1}, the input of layer l; lives as long as the block. */
static inline spni_rows spni_input(const spni_plan *plan, const spni_block *block, int64_t l)
{
    if (l > 1) {
        return (spni_rows){.at = spni_values(plan, block, l - 1), .ld = plan->block};
    }
    return (spni_rows){.at = block->x,
                       .ld = block->ldx,
                       .nonzeros = block->nonzeros.input != NULL ? &block->nonzeros : NULL,
                       .bytes = block->bytes};
}

/** Biases of layer l in a vector of parameters; NULL without. */
static inline const double *spni_bias(const spn_network *network, const spni_block *block,
                                      int64_t l, const double *v)
{
    if (!network->has_bias) {
        return NULL;
    }
    return l == 1 && block->first_bias != NULL ? block->first_bias : v + network->bias_offset[l];
}

/* layout.c */
/** Weights from the next numbers of a stream, theta in order; biases 0. */
void spni_network_draw(const spn_network *network, spn_init_scheme scheme, double scale,
                       spn_random *random, double *theta);

/* blocks.c */
/** About equal blocks of at most `most` samples (a multiple of 8, >= 8): the size of all but the last. */
int64_t spni_even_block(int64_t most, int64_t samples);
int64_t spni_block_total(const spni_network_state *state);
/** Numbers from one row of `by_sample` to the next: whole cache lines. */
int64_t spni_sample_row(const spn_dataset *dataset);
/** The most samples that a section has. */
int64_t spni_section_most(void);
/** The blocks and the sections of the last set that are here: all of them, unless ranks share the samples. */
spni_stretch spni_own_blocks(const spni_network_state *state);
spni_stretch spni_own_sections(const spni_network_state *state);
/** Block b of the last set's samples, in its slot, or in the lane's where nothing is kept; gathered into the
 *  lane's work space for a subset. */
spni_block spni_block_on(const spni_network_state *state, int64_t b, int64_t lane);
/** The same for products of the first layer: where spni_is_relative() its inputs are less their levels, and `first_bias`, b + W m, takes the place of b; where
 *  spni_multiplies_bytes() bytes are there in the place of x. */
spni_block spni_block_relative(const spni_network_state *state, int64_t b, int64_t lane,
                               const double *first_bias);
/** What is kept of block b, without inputs and targets. */
spni_block spni_block_kept(const spni_network_state *state, int64_t b);
/** Block b of the whole data set in slot `slot`. `x`: room for its inputs where they are better read elsewhere than where they lie,
 *  inputs x plan.block; NULL: they are not. */
spni_block spni_block_of(const spn_network_error *error, int64_t b, double *slot, double *x);
/** Columns [begin, begin + count) of a block. */
spni_block spni_block_part(const spni_block *block, int64_t begin, int64_t count);

/* network_error.c */
/** The samples from number `held` on are here now, in `data`: their codes, what is black of them, their targets by place. */
spn_status spni_error_hold(spn_context *context, spn_network_error *error, const spn_dataset *data,
                           int64_t held);

/* lattice.c */
/** The lattice that all samples of the data are on: *out, NULL where there is none, and for data that stay in a cache. O(I N). */
spn_status spni_lattice_create(spn_context *context, const spn_dataset *data, spni_lattice **out);
void spni_lattice_free(spn_context *context, spni_lattice *lattice);

/* coded_inputs.c */
/** Inputs on a lattice, in the order of `places` (NULL: as they are; both stay the caller's), or that have at most 256 different values, a byte each: *out, NULL for others and for those that
 *  stay in a cache. `held`: the number of the first sample. I bytes a sample, rounded up to whole groups. O(I N). */
spn_status spni_coded_create(spn_context *context, const spn_dataset *data, int64_t held,
                             const spni_lattice *lattice, const spni_places *places,
                             spni_coded_inputs **out);
void spni_coded_free(spn_context *context, spni_coded_inputs *coded);
/** Whether there are so many inputs that codes would be made, if they have few values. */
bool spni_coded_pays(const spn_dataset *data);
/** Inputs of samples [begin, begin + count), begin a multiple of 8, as the numbers they were (on a lattice: as its numbers), less the level of each input (NULL: 0;
 *  on a lattice its lowest value): rows ld apart, of which up to 7 numbers behind the last sample are written. */
void spni_coded_read(const spni_coded_inputs *coded, int64_t begin, int64_t count,
                     const double *level, double *x, int64_t ld);
/** Bytes from sample `begin` on, a multiple of 8, of inputs less their lowest values; without a lattice, and of NULL, none. */
spni_bytes spni_coded_bytes(const spni_coded_inputs *coded, int64_t begin);

/* background.c */
/** Levels of the inputs, of all samples, into the error, which has no lattice any more where these are not its lowest values: where there are up to SPNI_COLUMNS_MAX inputs, more than 4 MB of them, they are on a lattice
 *  or at most nine tenths of their groups of 8 samples have something else, and levels are 0 or there are biases. Otherwise error->background stays NULL. O(I N). */
spn_status spni_background_create(spn_context *context, spn_network_error *error);
/** Where the samples that are here, from number `held` on, are not at these levels (NULL: none). Some I N / 7 bytes. O(I N). */
spn_status spni_background_mark(spn_context *context, const spn_dataset *data, int64_t held,
                                const spni_places *places, spni_background *background);
void spni_background_free(spn_context *context, spni_background *background);
/** Do values, gradients and products of the last set take inputs less their levels? */
bool spni_is_relative(const spni_network_state *state);
/** Do values, gradients and products of all samples read bytes in the place of inputs? */
bool spni_multiplies_bytes(const spn_network_error *error);
/** What is not background from sample `begin` on, a multiple of 8. */
spni_nonzeros spni_background_nonzeros(const spni_background *background, int64_t begin);
/** Rows of w, weights of inputs, rows x I, and of b: out = b + w m. O(rows I). */
void spni_background_bias(const spni_network_state *state, int64_t rows, const double *w,
                          const double *b, double *out);
/** w += b m^T, of sums over samples of rows times inputs less their levels m, and of the rows alone. O(rows I). */
void spni_background_add(const spni_network_state *state, int64_t rows, const double *b, double *w);

/* places.c */
/** Samples are ordered within so many from a multiple of it on. */
enum { SPNI_WINDOW = 1024 };
/** Are the samples of this error in an order of their own: bytes that are passed over, beside few targets? Its background is known. */
bool spni_has_places(const spn_network_error *error);
/** The whole windows in which a part of the samples is. */
spni_stretch spni_windows_of(const spni_stretch *part, int64_t samples);
/** The order of the samples in `data`, whole windows from sample `held` on, into error->places. O(I N) and 512 I / 64 counts of bits a sample. */
spn_status spni_places_order(spn_context *context, spn_network_error *error,
                             const spn_dataset *data, int64_t held);
/** All ranks' orders to all of them; each has made that of its own sections. */
spn_status spni_places_collect(spn_context *context, spn_network_error *error);
/** Classes and mode_input, which are in the order of the samples, by place. */
spn_status spni_places_arrange(spn_context *context, spn_network_error *error);
/** Targets of the samples in `data`, from `held` on, by place. Without places nothing is done. */
spn_status spni_places_target(spn_context *context, spn_network_error *error,
                              const spn_dataset *data, int64_t held);
/** The number in `data` of the sample at place held + p. */
static inline int64_t spni_sample_at(const spni_places *places, int64_t held, int64_t p)
{
    return places != NULL ? places->sample[held + p] - held : p;
}
void spni_places_free(spn_context *context, spni_places *places);

/* ordered_sums.c */
/** Lanes and terms of a new state whose plan is known. */
spn_status spni_lanes_create(spn_context *context, spni_network_state *state);
void spni_lanes_free(spn_context *context, spni_network_state *state);
/** How many lanes to use for so many floating-point operations. */
int64_t spni_lanes_for(const spn_context *context, const spni_network_state *state, double work);
/** Sections of the last set; those of a plan. */
int64_t spni_section_total(const spni_network_state *state);
int64_t spni_plan_sections(const spni_plan *plan);
/** Blocks [*begin, *end) of a section. */
void spni_section_blocks(const spni_network_state *state, int64_t section, int64_t *begin,
                         int64_t *end);
/** Begin `vectors` <= state->vectors sums of the last set's sections that are here, by so many lanes. Of a row numbers [from, P]
 *  count: from P the value alone, from 0 all. */
void spni_sums_begin(spni_section_sums *sums, const spni_network_state *state, int64_t vectors,
                     int64_t lanes, int64_t from);
/** The next sections, `count` from section `first`; false behind the last. */
bool spni_sums_next(spni_section_sums *sums);
/** Where section first + i puts what it adds to sum j: a row. */
double *spni_sums_row(const spni_section_sums *sums, int64_t i, int64_t j);
/** The rows of these sections are made. */
void spni_sums_take(spni_section_sums *sums);
/** *total: `vectors` rows, of all sections, of all ranks where they share the samples; then `made_of`, `count` numbers, is the same
 *  on all of them, and all call it, whatever `status` they have come to. */
spn_status spni_sums_end(spn_context *context, spni_section_sums *sums, spn_status status,
                         int64_t count, const double *made_of, const double **total);
/** Numbers from one row to the next. */
int64_t spni_row_stride(const spn_network_error *error);
/** Rows of all of a point's sums on one of so many ranks; lanes have up to 16 MB of terms besides. */
int64_t spni_sums_rows(const spn_network_error *error, int64_t ranks);

/* network_shares.c: ranks that share the samples. Without a farm these do nothing. */
/** What the error needs to know of its own part of the samples, from its plan and its farm. */
spn_status spni_shares_create(spn_context *context, spn_network_error *error);
/** state->total from the nodes of all ranks; numbers [from, from + numbers) of them count. */
spn_status spni_shares_sum(spn_context *context, const spni_section_sums *sums, spn_status status,
                           int64_t count, const double *made_of);
/** Sums that go on from block to block: what the ranks before have made; and on to those behind, all of it to all at the end. The second
 *  is called whatever has failed since the first. */
spn_status spni_relay_begin(spn_context *context, const spn_network_error *error, int64_t count,
                            const spn_farm_piece *pieces);
spn_status spni_relay_end(spn_context *context, const spn_network_error *error, spn_status status,
                          int64_t count, const spn_farm_piece *pieces);
/** Rows of a number for each of the samples [first, first + samples), of which each rank has made its own. */
spn_status spni_shares_collect(spn_context *context, const spn_network_error *error,
                               spn_status status, int64_t first, int64_t samples, int64_t rows,
                               int64_t stride, double *numbers);

/* evaluate.c */
/** Weight of one sample in the mean: 1/N, or 1/(N K). */
double spni_sample_weight(const spn_network_error *error, int64_t samples);
/** Forward pass; `orders` 0: h only, 1: also phi', 2: also phi'' (into the rows of c). */
void spni_forward(const spni_kernels *kernels, const spn_network *network, const spni_plan *plan,
                  const double *theta, const spni_block *block, int orders);
spn_status spni_error_set(spn_context *context, spn_point *point, const spn_subset *subset,
                          unsigned wanted);
/** transposed[W_l's place] = W_l^T for all layers but the first, through which nothing is pulled back. */
void spni_transpose_weights(const spn_network *network, const double *theta, double *transposed);

/* output_error.c */
/** Sum of the samples' errors (unscaled); writes delta_D (scaled) and the probabilities. */
double spni_output_error(const spni_kernels *kernels, const spn_network_error *error,
                         const spni_block *block, double scale);
/** out = (d^2 E / df^2) t for K rows t and out of leading dimension plan.block; `mean` is a row of scratch,
 *  the lane's own, since lanes with other vectors share the block. */
void spni_output_product(const spni_kernels *kernels, const spn_network_error *error,
                         const spni_block *block, double scale, const double *t, double *mean,
                         double *out);
/** Packed lower triangle of d^2 E / df^2 per sample, where that is not constant: row o (o + 1) / 2 + p, leading dimension count. */
void spni_output_curvature(const spn_network_error *error, const spni_block *block, double scale,
                           double *packed);
/** The diagonal entry of d^2 E / df^2 where it is a constant times the identity, otherwise 0. */
double spni_output_constant(const spn_network_error *error, double scale);

/* network_hvp.c */
int64_t spni_tangent_rows(const spn_network *network, const spni_plan *plan);
spn_status spni_error_hvp(spn_context *context, const spn_point *point, spn_part part, int64_t k,
                          const double *v, double *hv);

/* dense_plan.c, network_hessian.c */
spn_status spni_dense_create(spn_context *context, const spn_network_error *error,
                             spni_dense **out);
void spni_dense_free(spn_context *context, spni_dense *dense);
spn_status spni_error_hessian(spn_context *context, const spn_point *point, spn_part part,
                              double *h);

/* network_diagonal.c */
spn_status spni_error_trace(spn_context *context, const spn_point *point, spn_part part,
                            double *out);
spn_status spni_error_diagonal(spn_context *context, const spn_point *point, spn_part part,
                               double *out);
/* network_moments.c */
spn_status spni_error_trace_square(spn_context *context, const spn_point *point, spn_part part,
                                   double *out);
void spni_error_costs(const spn_objective *objective, spn_costs *out);

/* network_kfac.c */
extern const struct spn_preconditioner_operations spni_network_preconditioner;
/* network_reduction.c */
extern const struct spn_reduction_operations spni_network_reduction;

/* network_regulariser.c, network_orbit.c */
/** Is E the same for outputs that all differ by one constant: more than one output of a softmax? */
bool spni_has_common_logit(const spn_network_error *error);
/** Are the biases free, that is in E alone? */
bool spni_is_bias_free(const spn_network_error *error);
/** c of the output biases. */
double spni_output_penalty(const spn_network_error *error);

/* network_trivial.c */
/** Whether the origin is balanced, into the error. */
void spni_measure_balance(spn_network_error *error);
spn_status spni_error_trivial(spn_context *context, const spn_objective *objective,
                              double parameter, double *theta);
spn_status spni_error_trivial_near(spn_context *context, const spn_objective *objective,
                                   double parameter, const double *near, double *theta);

/* balanced_logits.c */
/** Output biases that solve the cross-entropy alone, with mean targets (count) and the ridge beta |b|^2.
 *  SPN_ERROR_UNSUPPORTED where they are not finite. */
spn_status spni_balanced_logits(spn_context *context, int64_t count, const double *target,
                                double beta, double *b);

/* network_modes.c, network_directions.c, network_labels.c */
spn_status spni_modes_create(spn_context *context, spn_network_error *error);
/** Samples whose inputs are in memory once more while it works. */
int64_t spni_modes_block(int64_t samples);
/** How many principal strengths there are. */
int64_t spni_direction_count(const spn_network_error *error);
/** Numbers that the state keeps for them, 0 where there are too many. */
int64_t spni_directions_room(const spn_network_error *error);
/** The state's room for the outputs of all samples, K rows of N; they are there, then take. */
double *spni_directions_outputs(const spni_network_state *state);
/** What their strengths are measured against, into the error. */
void spni_measure_outputs(spn_network_error *error);
spn_status spni_directions_take(spn_context *context, const spn_point *point, spn_labels *out);
spn_status spni_error_labels(spn_context *context, const spn_point *point, spn_labels *out);

/* network_classes.c */
/** Classes of the error's samples, where there are any. */
spn_status spni_classes_create(spn_context *context, spn_network_error *error);
/** How many of `count` samples from number `first` on have the right output; f: K rows, ld apart. */
int64_t spni_classes_right(const spn_network_error *error, const double *f, int64_t ld,
                           int64_t count, int64_t first);
/** Add the block's samples of each class, and those that are right. */
void spni_classes_count(const spn_network_error *error, const spni_block *block, int64_t first,
                        double *samples, double *right);
/** That as a share of all samples; NaN where there are no classes. */
double spni_classes_share(const spn_network_error *error, int64_t right);

/* network_symmetry.c, network_orbit.c */
spn_status spni_symmetries_create(spn_context *context, spn_network_error *error);
/* network_scales.c */
/** The sizes of theta and E into the error; of centred data where biases are free. */
spn_status spni_measure_sizes(spn_context *context, spn_network_error *error);
void spni_error_scales(const spn_objective *objective, double *weight, double *value);

int64_t spni_error_orbit_capacity(const spn_objective *objective);
spn_status spni_error_orbit(spn_context *context, const spn_objective *objective,
                            const double *theta, double *z);
void spni_error_settle(const spn_objective *objective, double *theta);

#endif
