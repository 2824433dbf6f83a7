/* SPDX-License-Identifier: MIT */
/* Stochastic Lanczos quadrature: the tridiagonal matrices of several starts, whose products come together. */
#include "numeric/orthonormal.h"
#include <spinodal/numeric/lanczos.h>

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct quadrature {
    const spn_symmetric_operator *a;
    int64_t n, count, steps;
    double *basis;           /* count x steps x n */
    double *vectors;         /* count x n: the last ones, then their products */
    double *products;        /* count x n */
    double *diagonal, *side; /* count x steps: T[j, j], T[j + 1, j] */
    int64_t *used;           /* count: steps until the space was invariant */
    double *matrix, *values; /* steps x steps, steps */
    double *coefficients;    /* steps */
    spn_dense *dense;
} quadrature;

static spn_status create(spn_context *context, quadrature *p)
{
    spn_status status = SPN_OK;
    int64_t room = 0, rows = 0;
    if (p->count < 1 || p->steps < 1 || p->steps > p->n ||
        !spn_size_multiply(p->count, p->steps, &rows) || !spn_size_multiply(rows, p->n, &room)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "Lanczos quadrature: %lld starts, %lld steps of %lld make no sense",
                 (long long)p->count, (long long)p->steps, (long long)p->n);
    }
    SPN_NEW(context, p->basis, room);
    SPN_NEW(context, p->vectors, p->count * p->n);
    SPN_NEW(context, p->products, p->count * p->n);
    SPN_NEW(context, p->diagonal, rows);
    SPN_NEW(context, p->side, rows);
    SPN_NEW(context, p->used, p->count);
    SPN_NEW(context, p->matrix, p->steps * p->steps);
    SPN_NEW(context, p->values, p->steps);
    SPN_NEW(context, p->coefficients, p->steps);
    SPN_TRY(spn_dense_create(context, p->steps, &p->dense));
done:
    return status;
}

static void destroy(spn_context *context, quadrature *p)
{
    spn_release(context, p->basis);
    spn_release(context, p->vectors);
    spn_release(context, p->products);
    spn_release(context, p->diagonal);
    spn_release(context, p->side);
    spn_release(context, p->used);
    spn_release(context, p->matrix);
    spn_release(context, p->values);
    spn_release(context, p->coefficients);
    spn_dense_free(context, p->dense);
}

static spn_status start(spn_context *context, const quadrature *p, const double *starts)
{
    for (int64_t c = 0; c < p->count; c++) {
        double length = spn_norm(p->n, starts + c * p->n);
        if (!(length > 0.0 && isfinite(length))) {
            return spn_fail(context, SPN_ERROR_ARGUMENT,
                            "Lanczos quadrature: start %lld is zero or not finite", (long long)c);
        }
        for (int64_t i = 0; i < p->n; i++) {
            p->vectors[c * p->n + i] = starts[c * p->n + i] / length;
        }
        p->used[c] = p->steps;
    }
    return SPN_OK;
}

/* Step j of start c, whose product is there: T's entries and the next vector. */
static void take_step(const quadrature *p, int64_t c, int64_t j)
{
    double *basis = p->basis + c * p->steps * p->n, *own = basis + j * p->n;
    double *next = p->vectors + c * p->n, *product = p->products + c * p->n;
    memcpy(own, next, (size_t)p->n * sizeof *own);
    double *diagonal = p->diagonal + c * p->steps, *side = p->side + c * p->steps;
    diagonal[j] = spn_dot(p->n, own, product);
    spni_project_out(j + 1, 1, p->n, basis, product, p->coefficients);
    side[j] = spn_norm(p->n, product);
    double size = fabs(diagonal[j]) + side[j] + (j > 0 ? side[j - 1] : 0.0);
    if (!(side[j] > 64.0 * DBL_EPSILON * size)) {
        p->used[c] = j + 1;
        memset(next, 0, (size_t)p->n * sizeof *next);
        return;
    }
    for (int64_t i = 0; i < p->n; i++) {
        next[i] = product[i] / side[j];
    }
}

static spn_status take_nodes(spn_context *context, const quadrature *p, int64_t c, double *nodes,
                             double *weights)
{
    spn_status status = SPN_OK;
    int64_t size = p->used[c];
    memset(p->matrix, 0, (size_t)(size * size) * sizeof *p->matrix);
    for (int64_t j = 0; j < size; j++) {
        p->matrix[j + j * size] = p->diagonal[c * p->steps + j];
        if (j + 1 < size) {
            p->matrix[j + 1 + j * size] = p->side[c * p->steps + j];
        }
    }
    SPN_TRY(spn_eigen(context, p->dense, size, p->matrix, true, p->values));
    for (int64_t j = 0; j < p->steps; j++) {
        double first = j < size ? p->matrix[j * size] : 0.0;
        nodes[j] = j < size ? p->values[j] : 0.0;
        weights[j] = first * first;
    }
done:
    return status;
}

spn_status spn_lanczos_quadrature(spn_context *context, const spn_symmetric_operator *a,
                                  int64_t count, int64_t steps, const double *starts, double *nodes,
                                  double *weights)
{
    spn_status status = SPN_OK;
    quadrature p = {.a = a, .n = a->dimension, .count = count, .steps = steps};
    SPN_TRY(create(context, &p));
    SPN_TRY(start(context, &p, starts));
    for (int64_t j = 0; j < steps; j++) {
        SPN_TRY(spn_poll(context));
        spn_tick(context);
        SPN_TRY(a->product(context, a->state, count, p.vectors, p.products));
        if (!spn_all_finite(count * p.n, p.products)) {
            SPN_FAIL(context, SPN_ERROR_NUMERIC, "Lanczos quadrature: a product is not finite");
        }
        for (int64_t c = 0; c < count; c++) {
            if (j < p.used[c]) {
                take_step(&p, c, j);
            }
        }
    }
    for (int64_t c = 0; c < count; c++) {
        SPN_TRY(take_nodes(context, &p, c, nodes + c * steps, weights + c * steps));
    }
done:
    destroy(context, &p);
    return status;
}
