/* SPDX-License-Identifier: MIT */
/* Made-up results that are shaped like a sweep: the closed forms of a deep linear network
 * (theory.md, T11 to T13), with a curvature of the right kind. */
#ifndef FIGURE2_MODEL_H
#define FIGURE2_MODEL_H

#include "folder.h"

#include <math.h>
#include <spinodal/plot.h>
#include <spinodal/sweep.h>
#include <spinodal/theory.h>

typedef spn_sweep_record row;

static const int64_t layout_biases[] = {0, 0, 0, 1, 1, 1};
static const spn_column layout_items[] = {{"is_bias", SPN_COLUMN_INTEGER, 0, "", "", NULL, NULL}};
static const spn_columns layout_columns = {layout_items, 1, sizeof(int64_t)};
static const char odd_network[] = "data:\n  kind: gaussian\n  moments: exact\nmodel:\n"
                                  "  hidden: [5, 5]\n  activation: tanh\n  bias: false\n";

typedef spn_theory_mode mode;
static const mode modes[] = {
    {.singular_value = 0.9, .spinodal_beta = 0.410549, .maxwell_beta = 0.344839},
    {.singular_value = 0.5, .spinodal_beta = 0.1875, .maxwell_beta = 0.15749}};

enum { POINTS = 200, ROWS_MAX = 4 * POINTS };
typedef struct sample {
    row rows[ROWS_MAX];
    int64_t count;
    spn_table tables[3];
    spn_attribute attributes[2];
    spn_results results;
} sample;

/* Upper root of beta = (sigma - s) s^(1/3), by bisection between the spinodal's s = sigma / 4 and sigma. */
static double strength(double sigma, double beta)
{
    double low = sigma / 4;
    double high = sigma;
    for (int i = 0; i < 60; i++) {
        double s = (low + high) / 2;
        if ((sigma - s) * cbrt(s) > beta) {
            low = s;
        } else {
            high = s;
        }
    }
    return low;
}

static void add(sample *s, int64_t direction, int64_t phase, int64_t point, double beta,
                int64_t active)
{
    row r = {.direction = direction,
             .phase = phase,
             .point = point,
             .state.active_modes = active,
             .state.beta = beta,
             .state.error = 2,
             .state.accuracy = (double)NAN,
             .state.test_error = (double)NAN,
             .state.test_accuracy = (double)NAN};
    for (int64_t k = 0; k < active; k++) {
        double x = strength(modes[k].singular_value, beta);
        r.state.error += x * x - 2 * x * modes[k].singular_value;
        r.state.weight_norm += 3 * cbrt(x * x);
        r.state.scalar_curvature_error += 22 * pow(x, 4.0 / 3) * (1 + pow(0.02 / beta, 1.5));
    }
    r.state.weight_norm = sqrt(r.state.weight_norm);
    r.state.trivial_distance = r.state.weight_norm;
    s->rows[s->count++] = r;
}

static void fill(sample *s)
{
    double betas[POINTS];
    int64_t last[3] = {0, 0, 0};
    s->count = 0;
    for (int64_t i = 0; i < POINTS; i++) {
        betas[i] = 0.001 + 0.499 * (double)i / (POINTS - 1);
        int64_t active = (betas[i] < 0.41) + (betas[i] < 0.187);
        last[active] = i;
        add(s, 0, -1, i, betas[i], active);
    }
    for (int64_t phase = 2; phase >= 0; phase--) {
        for (int64_t i = last[phase]; i >= 0; i--) {
            add(s, 1, phase, last[phase] - i, betas[i], phase);
        }
    }
    s->tables[0] = (spn_table){"points", &spn_sweep_columns, s->count, s->rows};
    s->tables[1] = (spn_table){"theory", &spn_theory_mode_columns, 2, modes};
    s->tables[2] = (spn_table){"layout", &layout_columns, 3, layout_biases};
    s->attributes[0] = (spn_attribute){"configuration", odd_network, 0};
    s->attributes[1] = (spn_attribute){"seed", NULL, 1};
    s->results = (spn_results){.kind = "sweep",
                               .attribute_count = 2,
                               .attributes = s->attributes,
                               .table_count = 3,
                               .tables = s->tables};
}

static spn_context *context;
static sample *model;

static int setup(void **state)
{
    (void)state;
    model = calloc(1, sizeof *model);
    if (model == NULL) {
        return -1;
    }
    fill(model);
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    spn_context_free(context);
    free(model);
    return 0;
}

#endif
