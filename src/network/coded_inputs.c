/* SPDX-License-Identifier: MIT */
/* Inputs a byte each. Data of real size are larger than the caches, and products of few units with many inputs wait for memory: 60,000
 * images of 784 pixels are 376 MB. Pixels have at most 256 values, whatever they are scaled to, so that a byte says which. Where they are on a lattice
 * (lattice.c) products read the bytes themselves; whatever else reads inputs has them made numbers in a lane's work space, to the rounding of the inputs. Of other
 * inputs with at most 256 different values the values are listed and looked up, the same bits. Codes lie in groups of 8 samples, the width of
 * a cache line of numbers: group g of input i at 8 (g I + i). So blocks of any plan begin with a group, and are read from one end to the other. */
#include "network/network.h"

#include <math.h>
#include <string.h>

enum { LEVELS = 256, SLOTS = 1024, GROUP = SPNI_GROUP };
/* Less stays in a second or third cache anyway. */
static const int64_t BYTES_MIN = 4 * 1024 * 1024;

struct spni_coded_inputs {
    int64_t inputs, first; /* number of the first sample of the first group */
    const spni_kernels *kernels;
    const spni_lattice *lattice; /* NULL: the levels have been listed */
    double level[LEVELS];
    uint8_t *code;
};

/* The levels found so far, in a table with linear probing; at most a quarter of its slots are taken. */
typedef struct level_table {
    double *level;
    int64_t count;
    int16_t slot[SLOTS]; /* number of the level + 1; 0: empty */
} level_table;

static uint64_t bits_of(double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The number of a level, LEVELS where it would be one too many. By bits: 0 and -0 are two. */
static int64_t find_level(level_table *table, double value)
{
    uint64_t bits = bits_of(value);
    int64_t at = (int64_t)((bits * 0x9e3779b97f4a7c15U) >> 54);
    for (; table->slot[at] != 0; at = (at + 1) % SLOTS) {
        if (bits_of(table->level[table->slot[at] - 1]) == bits) {
            return table->slot[at] - 1;
        }
    }
    if (table->count < LEVELS) {
        table->level[table->count] = value;
        table->slot[at] = (int16_t)(table->count + 1);
        return table->count++;
    }
    return LEVELS;
}

/* Whether the row has no value that would be one too many. */
static bool encode_row(level_table *table, const spn_dataset *data, int64_t i, int64_t shift,
                       uint8_t *code)
{
    const double *x = data->x + i * data->stride;
    int64_t known = 0;
    for (int64_t n = 0; n < data->samples; n++) {
        if (n == 0 || bits_of(x[n]) != bits_of(x[n - 1])) {
            known = find_level(table, x[n]);
        }
        if (known == LEVELS) {
            return false;
        }
        int64_t place = n + shift;
        code[(place / GROUP * data->inputs + i) * GROUP + place % GROUP] = (uint8_t)known;
    }
    return true;
}

/* Whether all rows are. */
static spn_status encode_by_table(spn_context *context, const spn_dataset *data, int64_t shift,
                                  spni_coded_inputs *coded, bool *fits)
{
    spn_status status = SPN_OK;
    level_table table = {.level = coded->level};
    *fits = true;
    for (int64_t i = 0; *fits && i < data->inputs; i++) {
        SPN_TRY(spn_poll(context));
        *fits = encode_row(&table, data, i, shift, coded->code);
    }
done:
    return status;
}

static spn_status encode_on_lattice(spn_context *context, const spn_dataset *data, int64_t held,
                                    const spni_places *places, spni_coded_inputs *coded)
{
    spn_status status = SPN_OK;
    const spni_lattice *lattice = coded->lattice;
    for (int64_t i = 0; i < data->inputs; i++) {
        const double *x = data->x + i * data->stride;
        SPN_TRY(spn_poll(context));
        for (int64_t n = 0; n < data->samples; n++) {
            const int64_t place = held % GROUP + n;
            const double height = x[spni_sample_at(places, held, n)] - lattice->low[i];
            coded->code[(place / GROUP * data->inputs + i) * GROUP + place % GROUP] =
                (uint8_t)round(height / lattice->step);
        }
    }
done:
    return status;
}

/* ---- The inputs -------------------------------------------------------------------------------- */

spn_status spni_coded_create(spn_context *context, const spn_dataset *data, int64_t held,
                             const spni_lattice *lattice, const spni_places *places,
                             spni_coded_inputs **out)
{
    spn_status status = SPN_OK;
    spni_coded_inputs *coded = NULL;
    const int64_t shift = held % GROUP, groups = (shift + data->samples + GROUP - 1) / GROUP;
    bool fits = true;
    *out = NULL;
    /* Of a spread data set (spn_dataset_read()) there are no samples yet. */
    if (data->spread != NULL || (lattice == NULL && !spni_coded_pays(data))) {
        return SPN_OK;
    }
    SPN_NEW(context, coded, 1);
    SPN_NEW(context, coded->code, groups * GROUP * data->inputs);
    coded->inputs = data->inputs;
    coded->kernels = spni_kernels_of(context);
    coded->first = held - shift;
    coded->lattice = lattice;
    SPN_TRY(lattice != NULL ? encode_on_lattice(context, data, held, places, coded)
                            : encode_by_table(context, data, shift, coded, &fits));
    if (fits) {
        *out = coded;
        coded = NULL;
    }
done:
    spni_coded_free(context, coded);
    return status;
}

void spni_coded_free(spn_context *context, spni_coded_inputs *coded)
{
    if (coded != NULL) {
        spn_release(context, coded->code);
        spn_release(context, coded);
    }
}

bool spni_coded_pays(const spn_dataset *data)
{
    return data->inputs * data->samples > BYTES_MIN / (int64_t)sizeof(double);
}

/* Input by input, so that what is written is written in order. */
static void look_up(const spni_coded_inputs *coded, const uint8_t *code, int64_t groups,
                    const double *level, double *x, int64_t ld)
{
    const int64_t step = coded->inputs * GROUP;
    for (int64_t i = 0; i < coded->inputs; i++, code += GROUP) {
        const double low = level != NULL ? level[i] : 0.0;
        for (int64_t g = 0; g < groups; g++) {
            const uint8_t *from = code + g * step;
            double *to = x + i * ld + g * GROUP;
            for (int64_t n = 0; n < GROUP; n++) {
                to[n] = coded->level[from[n]] - low;
            }
        }
    }
}

static const uint8_t *code_from(const spni_coded_inputs *coded, int64_t begin)
{
    return coded->code + (begin - coded->first) * coded->inputs;
}

spni_bytes spni_coded_bytes(const spni_coded_inputs *coded, int64_t begin)
{
    if (coded == NULL || coded->lattice == NULL) {
        return (spni_bytes){0};
    }
    return (spni_bytes){.code = code_from(coded, begin),
                        .step = coded->inputs * GROUP,
                        .scale = coded->lattice->step};
}

void spni_coded_read(const spni_coded_inputs *coded, int64_t begin, int64_t count,
                     const double *level, double *x, int64_t ld)
{
    const int64_t groups = (count + GROUP - 1) / GROUP;
    const spni_bytes bytes = spni_coded_bytes(coded, begin);
    if (bytes.code == NULL) {
        look_up(coded, code_from(coded, begin), groups, level, x, ld);
        return;
    }
    coded->kernels->rescale_bytes(
        &(spni_bytes_task){.rows = coded->inputs,
                           .groups = groups,
                           .bytes = bytes,
                           .low = level == NULL ? coded->lattice->low : NULL,
                           .x = x,
                           .ldx = ld});
}
