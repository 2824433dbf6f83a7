/* SPDX-License-Identifier: MIT */
/* Inputs a byte each. Data of real size are larger than the caches, and products of few units with many inputs wait for memory: 60,000
 * images of 784 pixels are 376 MB. Pixels have at most 256 values, whatever they are scaled to, so that a
 * byte says which. A block's inputs become numbers again in a lane's work space, the same bits, where they stay for all
 * products with them. Bytes k that have become (k / c - m) / d are looked for: then the code is k and a kernel does the same again, else
 * levels are looked up in a table, which takes three times as long. Images whose pixels have been centred one by one are such bytes, too, each input with a mean m of its own. Codes lie in groups of 8 samples, the width of a cache line of numbers: group g of input i at
 * 8 (g I + i). So blocks of any plan begin with a group, and are read from one end to the other. */
#include "network/network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 256, SLOTS = 1024, GROUP = 8, DIGITS = 15 };
/* Less stays in a second or third cache anyway. */
static const int64_t BYTES_MIN = 4 * 1024 * 1024;

struct spni_coded_inputs {
    int64_t inputs, first; /* number of the first sample of the first group */
    double level[LEVELS];
    const spni_kernels *kernels; /* with which the levels were compared */
    bool are_bytes; /* level k = (k / divisor - mean) / deviation, as the kernel has it */
    double divisor, mean, deviation;
    double *means; /* of the inputs, where each has its own; otherwise NULL */
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

/* ---- Bytes behind the levels ------------------------------------------------------------------- */

static spni_bytes_task task_of(const spni_coded_inputs *coded, const uint8_t *code, double *x)
{
    return (spni_bytes_task){.rows = coded->inputs,
                             .code = code,
                             .step = coded->inputs * GROUP,
                             .divisor = coded->divisor,
                             .mean = coded->mean,
                             .deviation = coded->deviation,
                             .x = x,
                             .means = coded->means};
}

/* The levels of all bytes as the kernel has them. */
static void list_levels(const spni_coded_inputs *coded, double level[LEVELS])
{
    uint8_t code[LEVELS];
    for (int64_t k = 0; k < LEVELS; k++) {
        code[k] = (uint8_t)k;
    }
    spni_bytes_task task = task_of(coded, code, level);
    task.rows = 1;
    task.groups = LEVELS / GROUP;
    task.step = GROUP;
    coded->kernels->rescale_bytes(&task);
}

/* ---- Bytes with a mean for each input -------------------------------------------------------------- */

/* The lowest value of an input is that of the byte 0: so it is in images that have black pixels. */
static bool encode_centred_row(spni_coded_inputs *coded, const spn_dataset *data, int64_t i,
                               int64_t shift)
{
    const double *x = data->x + i * data->stride;
    double low = x[0], level[LEVELS];
    for (int64_t n = 1; n < data->samples; n++) {
        low = fmin(low, x[n]);
    }
    coded->mean = 0.0 - low;
    list_levels(coded, level);
    for (int64_t n = 0; n < data->samples; n++) {
        const double k = round((x[n] - low) * coded->divisor);
        if (!(k >= 0 && k < LEVELS) || bits_of(level[(int64_t)k]) != bits_of(x[n])) {
            return false;
        }
        const int64_t place = n + shift;
        coded->code[(place / GROUP * data->inputs + i) * GROUP + place % GROUP] = (uint8_t)k;
    }
    return true;
}

static spn_status encode_centred(spn_context *context, spni_coded_inputs *coded,
                                 const spn_dataset *data, int64_t shift, bool *fits)
{
    static const double divisors[] = {255, 1};
    spn_status status = SPN_OK;
    double *means = NULL;
    SPN_NEW(context, means, data->inputs);
    coded->deviation = 1;
    *fits = false;
    for (size_t c = 0; !*fits && c < sizeof divisors / sizeof *divisors; c++) {
        coded->divisor = divisors[c];
        *fits = true;
        for (int64_t i = 0; *fits && i < data->inputs; i++) {
            SPN_TRY(spn_poll(context));
            *fits = encode_centred_row(coded, data, i, shift);
            means[i] = coded->mean;
        }
    }
    coded->are_bytes = *fits;
    if (*fits) {
        coded->means = means;
        means = NULL;
    }
done:
    spn_release(context, means);
    return status;
}

/* ---- Bytes with one scale ------------------------------------------------------------------------- */

/* Which byte each level is, by the scale that is in `coded`; false where one of them is none. */
static bool match_levels(const spni_coded_inputs *coded, int64_t count, uint8_t byte[LEVELS],
                         double level[LEVELS])
{
    list_levels(coded, level);
    for (int64_t j = 0; j < count; j++) {
        double k = round((coded->level[j] * coded->deviation + coded->mean) * coded->divisor);
        if (!(k >= 0 && k < LEVELS) || bits_of(level[(int64_t)k]) != bits_of(coded->level[j])) {
            return false;
        }
        byte[j] = (uint8_t)k;
    }
    return true;
}

/* Rounded to so many decimal digits, as people write means and deviations. */
static double decimal(double value, int digits)
{
    char text[40];
    snprintf(text, sizeof text, "%.*g", digits, value);
    return strtod(text, NULL);
}

/* Images have pixels of 0 and of 255: the lowest and the highest level give (k / c - m) / d but for rounding, and decimals do the rest. */
static bool find_bytes(int64_t count, spni_coded_inputs *coded, uint8_t byte[LEVELS],
                       double level[LEVELS])
{
    static const double divisors[] = {1, 255};
    double low = coded->level[0], high = coded->level[0];
    for (int64_t j = 1; j < count; j++) {
        low = fmin(low, coded->level[j]);
        high = fmax(high, coded->level[j]);
    }
    for (size_t c = 0; high > low && c < sizeof divisors / sizeof *divisors; c++) {
        coded->divisor = divisors[c];
        double deviation = (LEVELS - 1) / coded->divisor / (high - low), mean = -low * deviation;
        for (int digits = 1; digits <= DIGITS; digits++) {
            coded->deviation = decimal(deviation, digits);
            for (int more = 1; more <= DIGITS; more++) {
                coded->mean = decimal(mean, more);
                if (match_levels(coded, count, byte, level)) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* Codes become bytes where levels are scaled bytes. */
static void recode(int64_t count, int64_t size, spni_coded_inputs *coded)
{
    uint8_t byte[LEVELS] = {0};
    double level[LEVELS];
    coded->are_bytes = find_bytes(count, coded, byte, level);
    for (int64_t i = 0; coded->are_bytes && i < size; i++) {
        coded->code[i] = byte[coded->code[i]];
    }
}

/* ---- The inputs -------------------------------------------------------------------------------- */

spn_status spni_coded_create(spn_context *context, const spn_dataset *data, int64_t held,
                             spni_coded_inputs **out)
{
    spn_status status = SPN_OK;
    spni_coded_inputs *coded = NULL;
    const int64_t shift = held % GROUP, groups = (shift + data->samples + GROUP - 1) / GROUP;
    bool fits = true;
    *out = NULL;
    /* Of a spread data set (spn_dataset_read()) there are no samples yet. */
    if (data->spread != NULL || !spni_coded_pays(data)) {
        return SPN_OK;
    }
    SPN_NEW(context, coded, 1);
    SPN_NEW(context, coded->code, groups * GROUP * data->inputs);
    coded->inputs = data->inputs;
    coded->kernels = spni_kernels_of(context);
    coded->first = held - shift;
    level_table table = {.level = coded->level};
    for (int64_t i = 0; fits && i < data->inputs; i++) {
        SPN_TRY(spn_poll(context));
        fits = encode_row(&table, data, i, shift, coded->code);
    }
    if (fits) {
        recode(table.count, groups * GROUP * data->inputs, coded);
    } else {
        SPN_TRY(encode_centred(context, coded, data, shift, &fits));
    }
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
        spn_release(context, coded->means);
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

void spni_coded_read(const spni_coded_inputs *coded, int64_t begin, int64_t count,
                     const double *level, double *x, int64_t ld)
{
    const int64_t groups = (count + GROUP - 1) / GROUP;
    const uint8_t *code = coded->code + (begin - coded->first) * coded->inputs;
    if (!coded->are_bytes) {
        look_up(coded, code, groups, level, x, ld);
        return;
    }
    spni_bytes_task task = task_of(coded, code, x);
    task.groups = groups;
    task.ldx = ld;
    task.levels = level;
    coded->kernels->rescale_bytes(&task);
}
