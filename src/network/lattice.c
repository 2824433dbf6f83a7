/* SPDX-License-Identifier: MIT */
/* Inputs x = m_i + d k with whole numbers k from 0 to 255: pixels, divided by something, less a mean of all or of each input, divided by a
 * deviation. With the lowest value of each input as m_i, d is the largest range of an input divided by a whole number, and that follows
 * from the step of which all differences from lowest values are multiples, roughly, by Euclid's algorithm. All are found among all samples, also where ranks share them, so that the number of
 * ranks does not change bits. Every input must be on the lattice to the rounding of its own numbers. */
#include "network/network.h"

#include <float.h>
#include <math.h>

enum { BYTE_MAX = 255 };
/* A number less its lowest value has been made of bytes, and the lattice's number is made, in about four operations. */
static const double ROUNDINGS = 8 * DBL_EPSILON;

/* What is left of a multiple of a step is none: differences are right to some 1e-13 of the largest, which is at most 255 steps and multiplied by as much. */
static const double SLACK = 1e-6;
/* A lowest value that is larger than what inputs have in the mean by more than this (a number for what is missing) would take digits from the others. */
static const double LOW_MAX = 8;

/* What the first visit carries from input to input behind the lowest values. */
typedef struct spacing {
    double range; /* largest of an input */
    double
        step; /* of all differences from lowest values, roughly; 0: none yet, negative: there is none */
    double low;    /* largest size of a lowest value */
    double square; /* largest mean square of an input */
} spacing;

enum { SPACING = sizeof(spacing) / sizeof(double) };

/* What the visits look at. */
typedef struct visit {
    const spn_dataset *data;
    const spni_lattice *lattice;
} visit;

/* What both are multiples of. */
static double common_step(double a, double b)
{
    for (;;) {
        const double rest = fabs(a - b * round(a / b));
        if (!(rest > SLACK * b)) { /* NaN, of infinite differences, is the end as well */
            return b;
        }
        a = b;
        b = rest;
    }
}

static void add_height(double height, spacing *all)
{
    all->range = fmax(all->range, height);
    all->step = all->step == 0.0 ? height : common_step(height, all->step);
    all->step = all->range > (BYTE_MAX + 0.5) * all->step ? -1.0 : all->step;
}

/* found[i] = the lowest value of input i; found + inputs: the spacing. */
static spn_status measure_input(spn_context *context, void *state, int64_t i, const double *x,
                                double *found)
{
    const spn_dataset *data = ((const visit *)state)->data;
    spacing *all = (spacing *)(found + data->inputs);
    double low = x[0], square = 0.0;
    for (int64_t n = 1; n < data->samples; n++) {
        low = fmin(low, x[n]);
    }
    for (int64_t n = 0; n < data->samples && all->step >= 0.0; n++) {
        const double height = x[n] - low;
        square += x[n] * x[n];
        if (height > ROUNDINGS * fabs(x[n]) + ROUNDINGS * fabs(low)) {
            add_height(height, all);
        }
    }
    found[i] = low;
    all->low = fmax(all->low, fabs(low));
    all->square = fmax(all->square, square / (double)data->samples);
    return spn_poll(context);
}

/* found[0] += whether input i has a number beside the lattice. */
static spn_status compare_input(spn_context *context, void *state, int64_t i, const double *x,
                                double *found)
{
    const visit *c = state;
    const double low = c->lattice->low[i], step = c->lattice->step;
    bool is_on = found[0] == 0.0;
    for (int64_t n = 0; is_on && n < c->data->samples; n++) {
        const double k = round((x[n] - low) / step), place = step * k;
        const double most = ROUNDINGS * fabs(x[n]) + ROUNDINGS * fabs(low) + ROUNDINGS * place;
        is_on = k <= BYTE_MAX && fabs(x[n] - low - place) <= most;
    }
    found[0] += is_on ? 0 : 1;
    return spn_poll(context);
}

spn_status spni_lattice_create(spn_context *context, const spn_dataset *data, spni_lattice **out)
{
    spn_status status = SPN_OK;
    spni_lattice *made = NULL;
    double beside = 0.0;
    *out = NULL;
    if (!spni_coded_pays(data)) {
        return SPN_OK;
    }
    SPN_NEW(context, made, 1);
    SPN_NEW(context, made->low, data->inputs + SPACING);
    visit looks = {data, made};
    SPN_TRY(spn_dataset_each_input(context, data, measure_input, &looks, data->inputs + SPACING,
                                   made->low));
    const spacing *all = (const spacing *)(made->low + data->inputs);
    const double steps = all->step > 0.0 ? round(all->range / all->step) : 0.0;
    const bool is_moderate = all->low <= LOW_MAX * sqrt(all->square);
    if (is_moderate && steps >= 1 && steps <= BYTE_MAX) {
        made->step = all->range / steps;
        SPN_TRY(spn_dataset_each_input(context, data, compare_input, &looks, 1, &beside));
        *out = beside == 0.0 ? made : NULL;
    }
done:
    if (*out == NULL) {
        spni_lattice_free(context, made);
    }
    return status;
}

void spni_lattice_free(spn_context *context, spni_lattice *lattice)
{
    if (lattice != NULL) {
        spn_release(context, lattice->low);
        spn_release(context, lattice);
    }
}
