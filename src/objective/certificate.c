/* SPDX-License-Identifier: MIT */
/* The index of a Hessian at a symmetric point (T27): the reduced Hessian's eigenvalues, all of them or the lowest, and
 * the rest's. */
#include "objective/reduction.h"
#include <spinodal/numeric.h>
#include <spinodal/numeric/davidson.h>

#include <float.h>
#include <math.h>
#include <string.h>

/* Eigenvalues below -1e-9 max |lambda| count as negative, as everywhere. */
static const double negative_share = 1e-9;
/* Davidson's method: the lowest eigenvalue, to this share of the largest. */
enum { PRODUCTS_MOST = 5000, BASIS_MOST = 60, BASIS_LEAST = 20 };
static const int64_t BASIS_BYTES = 256 * 1024 * 1024;
static const double lowest_share = 5e-6;

const char *const spn_certainty_words[] = {"none", "dense", "reduced", "lowest", NULL};

const char *spn_certainty_text(int64_t certainty)
{
    return certainty >= SPN_CERTAIN_NOT && certainty <= SPN_CERTAIN_LOWEST
               ? spn_certainty_words[certainty]
               : NULL;
}

/* All eigenvalues of the reduced Hessian; z becomes the first eigenvector, where it is negative. */
static spn_status decompose(spn_context *context, const spn_point *point, spn_certificate *out,
                            double *z)
{
    spn_status status = SPN_OK;
    int64_t n = point->dimension;
    spn_dense *dense = NULL;
    double *h = NULL, *w = NULL;
    SPN_NEW(context, h, n * n);
    SPN_NEW(context, w, n);
    SPN_TRY(spn_dense_create(context, n, &dense));
    SPN_TRY(spn_point_hessian(context, point, SPN_PART_FULL, h));
    SPN_TRY(spn_eigen(context, dense, n, h, false, w));
    out->largest = fmax(fabs(w[0]), fabs(w[n - 1]));
    out->smallest = w[0];
    out->bound = (double)n * DBL_EPSILON * out->largest;
    for (out->negative = 0; out->negative < n; out->negative++) {
        if (!(w[out->negative] < -negative_share * out->largest)) {
            break;
        }
    }
    if (out->negative > 0) {
        SPN_TRY(spn_point_hessian(context, point, SPN_PART_FULL, h));
        SPN_TRY(spn_eigen(context, dense, n, h, true, w));
        memcpy(z, h, (size_t)n * sizeof *z);
    }
done:
    spn_dense_free(context, dense);
    spn_release(context, h);
    spn_release(context, w);
    return status;
}

/* Rows of products with the Hessian at a point. */
static spn_status multiply(spn_context *context, void *state, int64_t k, const double *v,
                           double *hv)
{
    const spn_point *const *point = state;
    spn_tick(context);
    return spn_point_hvp(context, *point, SPN_PART_FULL, k, v, hv);
}

/* A long basis saves products, as far as memory is reasonable. */
static int64_t basis_for(int64_t n)
{
    int64_t most = BASIS_BYTES / (n * (int64_t)sizeof(double));
    return most > BASIS_MOST ? BASIS_MOST : most < BASIS_LEAST ? BASIS_LEAST : most;
}

/* ---- Soft modes -------------------------------------------------------------------------------- */

void spn_soft_modes_free(spn_context *context, spn_soft_modes *modes)
{
    spn_release(context, modes->ritz);
    spn_release(context, modes->rest);
    *modes = (spn_soft_modes){0};
}

void spn_soft_modes_forget(spn_soft_modes *modes)
{
    modes->count = 0;
    modes->norm = 0;
    if (modes->rest != NULL) {
        memset(modes->rest, 0, (size_t)modes->size * sizeof *modes->rest);
    }
}

/* For n reduced parameters: those of others are none. */
static spn_status fit_modes(spn_context *context, spn_soft_modes *modes, int64_t n)
{
    spn_status status = SPN_OK;
    int64_t room = 0;
    if (modes->dimension == n) {
        return SPN_OK;
    }
    spn_soft_modes_free(context, modes);
    if (!spn_size_multiply(SPN_SOFT_RITZ, n, &room)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld parameters are too many", (long long)n);
    }
    SPN_NEW(context, modes->ritz, room);
    modes->dimension = n;
done:
    return status;
}

/* ---- The reduced Hessian ----------------------------------------------------------------------- */

/* The lowest eigenvalue of the reduced Hessian by its products; z becomes its eigenvector. */
static spn_status iterate(spn_context *context, const spn_point *point,
                          const spn_certify_settings *by, spn_certificate *out, double *z)
{
    spn_status status = SPN_OK;
    int64_t n = point->dimension;
    spn_davidson_info info;
    double smallest = 0;
    const spn_symmetric_operator hessian = {n, multiply, &point};
    spn_davidson_settings settings = {
        .basis = basis_for(n), .products = PRODUCTS_MOST, .tolerance = lowest_share};
    spn_soft_modes *modes = by->modes;
    if (modes != NULL) {
        SPN_TRY(fit_modes(context, modes, n));
        settings.start = settings.ritz = modes->ritz;
        settings.starts = modes->count;
        settings.norm = modes->norm;
        settings.ritz_most = SPN_SOFT_RITZ;
    }
    SPN_TRY(spn_lowest_eigenpair(context, &hessian, by->inverse, &settings, &smallest, z, &info));
    if (modes != NULL) {
        /* Soft vectors alone tell little of the largest: what was found from nothing stays. */
        modes->norm = modes->count == 0 ? info.norm : modes->norm;
        modes->count = info.ritz;
    }
    out->products = info.products;
    out->largest = fmax(info.norm, settings.norm);
    /* Negative Ritz values prove as many negative eigenvalues, converged or not. */
    if (info.is_converged || info.negative > 0) {
        out->certainty = SPN_CERTAIN_LOWEST;
        out->smallest = smallest;
        out->bound = info.residual;
        out->negative = info.negative;
    }
done:
    return status;
}

/* The sign by which the largest entry is positive. */
static void settle_sign(int64_t n, double *v)
{
    int64_t largest = 0;
    for (int64_t i = 1; i < n; i++) {
        largest = fabs(v[i]) > fabs(v[largest]) ? i : largest;
    }
    double sign = v[largest] < 0 ? -1 : 1;
    for (int64_t i = 0; i < n; i++) {
        v[i] = sign * v[i] + 0.0; /* no negative zeros */
    }
}

spn_status spn_reduction_rest(spn_context *context, spn_reduction *reduction,
                              const spn_point *point, double floor, double limit,
                              bool wants_nearest, spn_rest *out)
{
    const spn_damping none = {0};
    const spn_isometry *t =
        reduction != NULL ? reduction->operations->isometry(reduction->memory) : NULL;
    *out = (spn_rest){.smallest = (double)INFINITY, .nearest = (double)INFINITY};
    return t == NULL || t->dimension == t->reduced
               ? SPN_OK
               : reduction->operations->rest(context, reduction->memory, point, &none, floor, limit,
                                             wants_nearest, NULL, out, NULL);
}

/* Add the rest to what is known of the reduced Hessian; `z` is its lowest direction. */
static spn_status add_rest(spn_context *context, spn_reduction *reduction, const spn_point *point,
                           const spn_certify_settings *by, const double *z, spn_certificate *out,
                           double *direction)
{
    spn_status status = SPN_OK;
    const spn_isometry *t = reduction->operations->isometry(reduction->memory);
    spn_rest rest = {0};
    const spn_damping none = {0};
    double limit = -negative_share * out->largest;
    if (direction != NULL && out->negative > 0) {
        spn_reduction_extend(reduction, z, direction);
    }
    bool is_enough = by->takes_any && out->certainty == SPN_CERTAIN_LOWEST && out->negative > 0;
    if (t->dimension > t->reduced && !is_enough) {
        SPN_TRY(reduction->operations->rest(context, reduction->memory, point, &none, out->smallest,
                                            limit, false, by->modes, &rest, direction));
        out->smallest = fmin(out->smallest, rest.smallest);
        out->negative += rest.negative;
        out->certainty = out->certainty == SPN_CERTAIN_DENSE ? SPN_CERTAIN_REDUCED : out->certainty;
    }
    if (direction != NULL && out->negative > 0) {
        settle_sign(t->dimension, direction);
    }
done:
    return status;
}

spn_status spn_reduction_certify(spn_context *context, spn_reduction *reduction,
                                 const spn_point *point, const spn_certify_settings *settings,
                                 spn_certificate *out, double *direction)
{
    spn_status status = SPN_OK;
    double *z = NULL;
    const spn_certify_settings none = {NULL, NULL, false},
                               *by = settings != NULL ? settings : &none;
    *out = (spn_certificate){.negative = -1,
                             .smallest = (double)NAN,
                             .bound = (double)NAN,
                             .largest = (double)NAN,
                             .reduced = point->dimension};
    SPN_NEW(context, z, point->dimension);
    if (point->dimension <= SPN_CERTIFY_DENSE_MAX) {
        SPN_TRY(decompose(context, point, out, z));
        out->certainty = SPN_CERTAIN_DENSE;
    } else {
        SPN_TRY(iterate(context, point, by, out, z));
    }
    if (out->certainty == SPN_CERTAIN_NOT) {
        goto done;
    }
    if (reduction != NULL) {
        SPN_TRY(add_rest(context, reduction, point, by, z, out, direction));
    } else if (direction != NULL && out->negative > 0) {
        memcpy(direction, z, (size_t)point->dimension * sizeof *z);
        settle_sign(point->dimension, direction);
    }
done:
    spn_release(context, z);
    return status;
}
