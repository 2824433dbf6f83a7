/* SPDX-License-Identifier: MIT */
/** @file images_case.h  Images of discs for the tests of inputs that are bytes and of pixels that are black. */
#ifndef SPINODAL_TEST_IMAGES_CASE_H
#define SPINODAL_TEST_IMAGES_CASE_H

#include "network_case.h"

enum { SIDE = 25, INPUTS = SIDE * SIDE, OUTPUTS = 3 };

typedef struct look {
    double divisor, mean, deviation;
    bool is_centred; /* less the mean of each pixel over samples */
    bool has_bias;
    bool is_crowded; /* nothing is black */
    bool is_odd;     /* one pixel has a number that no byte gives */
    bool is_signed;  /* 1 and -1 in some pixels of discs, otherwise 0 */
} look;

/** Pixel i of image n: a disc around one of a few places, bytes inside, black outside. */
static inline int64_t image_byte(int64_t i, int64_t n, const look *of)
{
    const int64_t column = i % SIDE - 6 - n % 5 * 3, row = i / SIDE - 8 - n % 3 * 4;
    const bool is_inside = column * column + row * row < 30;
    return is_inside || of->is_crowded ? 1 + (i * 31 + n * n * 7) % 255 : 0;
}

/** `samples` images, sample n the image order[n] (NULL: n), whose class is n % OUTPUTS. */
static inline spn_dataset *images(spn_context *context, int64_t samples, const look *of,
                                  const int64_t *order)
{
    spn_dataset *data = NULL;
    double *x = NULL, *y = NULL;
    check_ok(context,
             spn_dataset_create(context, samples, INPUTS, OUTPUTS, NULL, NULL, &data, &x, &y));
    for (int64_t i = 0; i < INPUTS; i++) {
        double *row = x + i * data->stride, sum = 0;
        for (int64_t n = 0; n < samples; n++) {
            const int64_t byte = image_byte(i, order != NULL ? order[n] : n, of);
            row[n] = ((double)byte / of->divisor - of->mean) / of->deviation;
            if (of->is_signed) {
                row[n] = byte % 16 != 1 ? 0.0 : byte % 32 == 1 ? -1.0 : 1.0;
            }
            sum += row[n];
        }
        for (int64_t n = 0; of->is_centred && n < samples; n++) {
            row[n] -= sum / (double)samples;
        }
    }
    if (of->is_odd) {
        x[(INPUTS / 2) * data->stride + 5] += 1e-9;
    }
    for (int64_t k = 0; k < OUTPUTS; k++) {
        for (int64_t n = 0; n < samples; n++) {
            const int64_t m = order != NULL ? order[n] : n;
            y[k * data->stride + n] = k == m % OUTPUTS ? 1.0 : 0.0;
        }
    }
    return data;
}

/** A network on images, and what is taken of it. */
typedef struct subject {
    spn_context *context;
    spn_dataset *data, *held;
    spn_network *network;
    spn_network_error *error;
    int64_t size, count;
    double *theta, *v, *numbers; /* count: value, gradient, products */
    double classes[OUTPUTS];
    spn_labels labels;
} subject;

static inline void subject_free(subject *s)
{
    spn_network_error_free(s->context, s->error);
    spn_network_free(s->context, s->network);
    spn_dataset_free(s->context, s->held);
    spn_dataset_free(s->context, s->data);
    free(s->theta);
    free(s->v);
    free(s->numbers);
}

static inline spn_context *make_context(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

#endif
