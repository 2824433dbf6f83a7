/* SPDX-License-Identifier: MIT */
/* A loss at a point with equal units, and its smaller network there. */
#ifndef TESTS_NETWORK_REDUCTION_CASE_H
#define TESTS_NETWORK_REDUCTION_CASE_H

#include "network/network_reduction.h"
#include "network_case.h"

/* Dense eigenvalues of some hundred parameters, sums over 60 samples: 1e-12 of the largest. */
static const double ROUNDING = 1e-12;

enum { SPARED = 1, UNITS = 8 };

static spn_context *context;

static inline int set_up(void **state)
{
    (void)state;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

typedef struct loss_case {
    network_case made;
    spn_regularised regularised;
    spn_objective loss;
    spn_point *point, *reduced_point;
    spn_reduction *reduction;
    double *z, smallest[2];
} loss_case;

/* Unit i of each hidden layer repeats unit leader[i], with this sign where the activation is odd. */
static const int64_t leader[UNITS] = {0, 1, 0, 3, 1, 0, 6, 3};
static const double sign[UNITS] = {1, 1, -1, 1, 1, 1, 1, -1};

static inline void merge_units(network_case *made, bool is_odd)
{
    const spn_network *network = made->network;
    for (int64_t l = 1; l < network->depth; l++) {
        for (int64_t i = 0; i < network->width[l]; i++) {
            double s = is_odd ? sign[i] : 1;
            double *in = made->theta + network->weight_offset[l] + i * network->width[l - 1];
            double *from =
                made->theta + network->weight_offset[l] + leader[i] * network->width[l - 1];
            for (int64_t k = 0; k < network->width[l - 1]; k++) {
                in[k] = s * from[k];
            }
            double *out = made->theta + network->weight_offset[l + 1];
            for (int64_t p = 0; p < network->width[l + 1]; p++) {
                out[p * network->width[l] + i] = s * out[p * network->width[l] + leader[i]];
            }
            if (network->has_bias) {
                double *b = made->theta + network->bias_offset[l];
                b[i] = s * b[leader[i]];
            }
        }
    }
}

static inline void open_seed(loss_case *c, const case_shape *shape, int spared, double beta,
                             uint64_t seed)
{
    spn_regularise_kind kind = spared ? SPN_REGULARISE_WEIGHTS : SPN_REGULARISE_ALL;
    c->made = case_create(context, shape, seed);
    check_ok(context, spn_network_error_regularise(context, c->made.error, kind,
                                                   &c->regularised.regulariser));
    c->regularised.error = c->made.objective;
    c->loss = spn_regularise(&c->regularised);
    merge_units(&c->made, shape->activation == SPN_TANH || shape->activation == SPN_LINEAR);
    check_ok(context, spn_reduction_create(context, &c->loss, c->made.theta, 1e-12, &c->reduction));
    const spn_objective *reduced = spn_reduction_objective(c->reduction);
    c->z = case_vector(reduced->dimension);
    spn_reduction_restrict(c->reduction, c->made.theta, c->z);
    check_ok(context, spn_point_create(context, &c->loss, &c->point));
    check_ok(context, spn_point_create(context, reduced, &c->reduced_point));
    check_ok(context, spn_point_set(context, c->point, c->made.theta, beta, NULL, SPN_WANT_ALL));
    check_ok(context, spn_point_set(context, c->reduced_point, c->z, beta, NULL, SPN_WANT_ALL));
}

static inline void open_case(loss_case *c, const case_shape *shape, int spared, double beta)
{
    open_seed(c, shape, spared, beta, 3);
}

static inline void close_case(loss_case *c)
{
    spn_point_free(context, c->point);
    spn_point_free(context, c->reduced_point);
    spn_reduction_free(context, c->reduction);
    free(c->z);
    case_free(&c->made);
}

#endif
