/* SPDX-License-Identifier: MIT */
/* How samples are cut into blocks, and where each block's numbers lie. */
#include "network/network.h"

#include <string.h>

/* A block's intermediates should stay in half of a common L2 cache. */
static const int64_t BLOCK_BYTES = 512 * 1024;
/* Rows 8 KB apart would share their places in the first cache. With fewer samples reading and adding the weights of wide
 * networks takes longer than their products. Where products read bytes a block's inputs are in the way of nothing, and
 * sums over samples that pass over much gain from longer ones: LONG, or half of that where there would be few of them. */
enum { BLOCK_MIN = 128, BLOCK_LONG = 512, BLOCKS_ENOUGH = 16, BLOCK_MAX = 1024 - 8 };
/* A term of a sum is made of at least so many samples: adding it up is then little work beside making it,
 * P additions beside some 6 P for each sample, though P numbers that come from memory take as long as the products of some 20 samples. So
 * a term is also made of more than that, up to BLOCK_MAX, where there are terms enough for the lanes of a large machine. */
enum { SECTION_MIN = 256, SECTIONS_ENOUGH = 128 };
/* So many inputs of a block are copied together before they are used. */
enum { COPIED_INPUTS = 512 };
/* What an activation and its derivatives cost, in floating-point operations of the products. */
static const double ACTIVATION_WORK = 25.0;

int64_t spni_even_block(int64_t most, int64_t samples)
{
    int64_t blocks = (samples + most - 1) / most;
    return ((samples + blocks - 1) / blocks + 7) / 8 * 8;
}

/* Blocks of bytes begin with a pair of groups, for which products have lists. */
static int64_t clamp_block(int64_t block, int64_t samples, bool has_bytes)
{
    const int64_t unit = has_bytes ? SPNI_PAIR : SPNI_GROUP, most = BLOCK_MAX / unit * unit;
    const int64_t least = !has_bytes                              ? BLOCK_MIN
                          : samples >= BLOCKS_ENOUGH * BLOCK_LONG ? BLOCK_LONG
                                                                  : BLOCK_LONG / 2;
    block = block < least ? least : block;
    block = block > most ? most : block / unit * unit;
    return (spni_even_block(block, samples) + unit - 1) / unit * unit;
}

/* Blocks of a section. */
static int64_t section_of(int64_t block, int64_t samples)
{
    const int64_t least = (SECTION_MIN + block - 1) / block, most = BLOCK_MAX / block;
    const int64_t blocks = samples / (SECTIONS_ENOUGH * block);
    return blocks < least ? least : blocks < most ? blocks : most;
}

spn_status spni_plan_create(spn_context *context, const spn_network *network, int64_t samples,
                            bool has_bytes, spni_plan *plan)
{
    spn_status status = SPN_OK;
    int64_t depth = network->depth;
    *plan = (spni_plan){0};
    SPN_NEW(context, plan->row, depth + 1);
    int64_t next = 0;
    for (int64_t l = 1; l <= depth; l++) {
        int64_t width = network->width[l];
        plan->row[l] = next;
        next += l < depth ? 4 * width : 3 * width + 3;
        plan->width_max = width > plan->width_max ? width : plan->width_max;
        plan->work += 6.0 * (double)(width * network->width[l - 1]);
        plan->work += ACTIVATION_WORK * (double)width;
    }
    plan->rows = next;
    const int64_t input_bytes = has_bytes ? 1 : (int64_t)sizeof(double);
    const int64_t row_bytes = next * (int64_t)sizeof(double) + network->width[0] * input_bytes;
    plan->block = clamp_block(BLOCK_BYTES / row_bytes, samples, has_bytes);
    plan->blocks = (samples + plan->block - 1) / plan->block;
    plan->section = section_of(plan->block, samples);
done:
    return status;
}

void spni_plan_free(spn_context *context, spni_plan *plan)
{
    spn_release(context, plan->row);
    plan->row = NULL;
}

int64_t spni_section_most(void)
{
    return BLOCK_MAX;
}

int64_t spni_block_total(const spni_network_state *state)
{
    int64_t block = state->error->plan.block;
    return (state->samples + block - 1) / block;
}

spni_stretch spni_own_blocks(const spni_network_state *state)
{
    const spni_stretch own = spni_own_sections(state);
    int64_t section = state->error->plan.section, total = spni_block_total(state);
    int64_t begin = own.begin * section, end = own.end * section;
    return (spni_stretch){begin < total ? begin : total, end < total ? end : total};
}

/* Many inputs lie in as many pages, and products read them more than once. */
static void copy_inputs(const spn_network_error *error, const double *level, double *x,
                        const spni_block *block)
{
    for (int64_t i = 0; i < error->dataset->inputs; i++) {
        const double *from = block->x + i * block->ldx;
        double *to = x + i * error->plan.block;
        if (level == NULL) {
            memcpy(to, from, (size_t)block->count * sizeof *to);
            continue;
        }
        for (int64_t n = 0; n < block->count; n++) {
            to[n] = from[n] - level[i];
        }
    }
}

/* x: room for them; less their levels where these are given. */
static void bring_inputs(const spn_network_error *error, int64_t begin, const double *level,
                         double *x, spni_block *block)
{
    const int64_t inputs = error->dataset->inputs, ld = error->plan.block;
    if (error->coded != NULL) {
        spni_coded_read(error->coded, begin, block->count, level, x, ld);
    } else if (level != NULL || (inputs >= COPIED_INPUTS && block->ldx > ld)) {
        copy_inputs(error, level, x, block);
    } else {
        return;
    }
    block->x = x;
    block->ldx = ld;
}

static spni_block block_of(const spn_network_error *error, int64_t b, const double *level,
                           double *slot, double *x)
{
    const spn_dataset *data = error->dataset;
    const spni_background *background = error->background;
    int64_t begin = b * error->plan.block;
    int64_t left = error->objective.samples - begin;
    spni_block block = {.count = left < error->plan.block ? left : error->plan.block,
                        .x = data->x + begin - error->held,
                        .y = data->y + begin - error->held,
                        .ldx = data->stride,
                        .ldy = data->stride,
                        .slot = slot};
    if (error->places != NULL) {
        block.y = error->places->y + begin - error->held;
        block.ldy = error->places->stride;
    }
    if (background != NULL && (background->is_zero || level != NULL)) {
        block.nonzeros = spni_background_nonzeros(background, begin);
    }
    if (x != NULL) {
        bring_inputs(error, begin, level, x, &block);
    }
    return block;
}

spni_block spni_block_of(const spn_network_error *error, int64_t b, double *slot, double *x)
{
    return block_of(error, b, NULL, slot, x);
}

static void gather(int64_t rows, const double *from, int64_t stride, int64_t count,
                   const int64_t *indices, double *to, int64_t ld)
{
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t i = 0; i < count; i++) {
            to[r * ld + i] = from[r * stride + indices[i]];
        }
    }
}

/* So many samples at a time fill a cache line of the block. */
enum { SAMPLES_AT_ONCE = 8 };

int64_t spni_sample_row(const spn_dataset *dataset)
{
    return (dataset->inputs + 7) / 8 * 8;
}

static void gather_rows(int64_t inputs, const double *from, int64_t row, int64_t count,
                        const int64_t *indices, double *to, int64_t ld)
{
    int64_t begin = 0;
    for (; begin + SAMPLES_AT_ONCE <= count; begin += SAMPLES_AT_ONCE) {
        const double *sample[SAMPLES_AT_ONCE];
        for (int64_t i = 0; i < SAMPLES_AT_ONCE; i++) {
            sample[i] = from + indices[begin + i] * row;
        }
        for (int64_t r = 0; r < inputs; r++) {
            for (int64_t i = 0; i < SAMPLES_AT_ONCE; i++) {
                to[r * ld + begin + i] = sample[i][r];
            }
        }
    }
    for (; begin < count; begin++) {
        for (int64_t r = 0; r < inputs; r++) {
            to[r * ld + begin] = from[indices[begin] * row + r];
        }
    }
}

spn_status spn_network_error_batches(spn_context *context, spn_network_error *error)
{
    spn_status status = SPN_OK;
    const spn_dataset *data = error->dataset;
    int64_t row = spni_sample_row(data), total = 0;
    if (!spn_size_multiply(data->samples, row, &total)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "network: too many samples times inputs");
    }
    spn_release(context, error->by_sample);
    error->by_sample = NULL;
    SPN_NEW(context, error->by_sample, total);
    for (int64_t first = 0; first < data->samples; first += SAMPLES_AT_ONCE) {
        int64_t left = data->samples - first;
        int64_t end = first + (left < SAMPLES_AT_ONCE ? left : SAMPLES_AT_ONCE);
        for (int64_t r = 0; r < data->inputs; r++) {
            for (int64_t n = first; n < end; n++) {
                error->by_sample[n * row + r] = data->x[r * data->stride + n];
            }
        }
    }
done:
    return status;
}

/* A subset, gathered into the lane's work space. */
static spni_block block_of_subset(const spni_network_state *state, int64_t b, const spni_lane *own,
                                  double *slot)
{
    const spn_network_error *error = state->error;
    const spni_plan *plan = &error->plan;
    const spn_dataset *data = error->dataset;
    int64_t begin = b * plan->block;
    int64_t left = state->samples - begin;
    spni_block block = {.count = left < plan->block ? left : plan->block,
                        .x = own->x,
                        .y = own->y,
                        .ldx = plan->block,
                        .ldy = plan->block,
                        .slot = slot};
    const int64_t *indices = state->indices + begin;
    if (error->by_sample != NULL) {
        gather_rows(data->inputs, error->by_sample, spni_sample_row(data), block.count, indices,
                    own->x, plan->block);
    } else {
        gather(data->inputs, data->x, data->stride, block.count, indices, own->x, plan->block);
    }
    gather(data->outputs, data->y, data->stride, block.count, indices, own->y, plan->block);
    return block;
}

/* `own`: the lane whose slot it is where nothing is kept; NULL: something is. */
static double *slot_of(const spni_network_state *state, int64_t b, const spni_lane *own)
{
    const spni_plan *plan = &state->error->plan;
    int64_t kept = b - (state->error->farm != NULL ? spni_own_blocks(state).begin : 0);
    return own == NULL || state->is_kept ? state->slots + kept * plan->rows * plan->block
                                         : own->slot;
}

spni_block spni_block_on(const spni_network_state *state, int64_t b, int64_t lane)
{
    const spni_lane *own = &state->lane[lane];
    double *slot = slot_of(state, b, own);
    return state->is_subset ? block_of_subset(state, b, own, slot)
                            : block_of(state->error, b, NULL, slot, own->x);
}

spni_block spni_block_kept(const spni_network_state *state, int64_t b)
{
    const int64_t most = state->error->plan.block, left = state->samples - b * most;
    return (spni_block){.count = left < most ? left : most, .slot = slot_of(state, b, NULL)};
}

/* Inputs as numbers. */
static spni_block block_relative(const spni_network_state *state, int64_t b, int64_t lane,
                                 const double *first_bias)
{
    const spni_lane *own = &state->lane[lane];
    if (!spni_is_relative(state)) {
        return spni_block_on(state, b, lane);
    }
    spni_block block =
        block_of(state->error, b, state->error->background->level, slot_of(state, b, own), own->x);
    block.first_bias = first_bias;
    return block;
}

spni_block spni_block_relative(const spni_network_state *state, int64_t b, int64_t lane,
                               const double *first_bias)
{
    const spn_network_error *error = state->error;
    if (state->is_subset || !spni_multiplies_bytes(error)) {
        return block_relative(state, b, lane, first_bias);
    }
    spni_block block =
        block_of(error, b, error->background->level, slot_of(state, b, &state->lane[lane]), NULL);
    block.x = NULL;
    block.bytes = spni_coded_bytes(error->coded, b * error->plan.block);
    block.first_bias = spni_is_relative(state) ? first_bias : NULL;
    return block;
}

spni_block spni_block_part(const spni_block *block, int64_t begin, int64_t count)
{
    int64_t left = block->count - begin;
    spni_block part = *block;
    part.count = left < count ? left : count;
    part.x += begin;
    part.y += begin;
    part.slot += begin;
    part.nonzeros = (spni_nonzeros){0};
    return part;
}
