/* SPDX-License-Identifier: MIT */
/* Eigenpairs at the ends of a spectrum, with their residuals: from the dense Hessian or by Lanczos' method. */
#include "geometry/spectrum.h"

#include <math.h>
#include <string.h>

/* As many as there are: wanted ones that both ends would name belong to the lower. */
static void clip(int64_t n, const spn_geometry_settings *settings, int64_t *smallest,
                 int64_t *largest)
{
    *smallest = settings->smallest < n ? settings->smallest : n;
    *largest = settings->largest < n - *smallest ? settings->largest : n - *smallest;
}

static spn_status create(spn_context *context, int64_t n, int64_t count, spn_extremes **out)
{
    spn_status status = SPN_OK;
    spn_extremes *made = NULL;
    SPN_NEW(context, made, 1);
    made->count = count;
    SPN_NEW(context, made->values, count);
    SPN_NEW(context, made->residuals, count);
    SPN_TRY(spni_rows_create(context, count, n, &made->vectors));
    *out = made;
    made = NULL;
done:
    spn_extremes_free(context, made);
    return status;
}

void spn_extremes_free(spn_context *context, spn_extremes *extremes)
{
    if (extremes != NULL) {
        spn_release(context, extremes->values);
        spn_release(context, extremes->residuals);
        spn_release(context, extremes->vectors);
        spn_release(context, extremes);
    }
}

static void judge(const spn_geometry_settings *settings, spn_extremes *out)
{
    out->is_converged = 1;
    for (int64_t i = 0; i < out->count; i++) {
        bool is_small = out->residuals[i] <= settings->tolerance * out->norm;
        out->is_converged = is_small ? out->is_converged : 0;
    }
}

spn_status spni_extremes_of(spn_context *context, const spn_symmetric_operator *a,
                            const spn_geometry_settings *settings, spn_extremes **out)
{
    spn_status status = SPN_OK;
    spn_extremes_info info;
    spn_extremes *made = NULL;
    spn_extremes_settings ends = {.block = settings->block,
                                  .products = settings->products,
                                  .tolerance = settings->tolerance,
                                  .seed = (uint64_t)settings->seed};
    *out = NULL;
    clip(a->dimension, settings, &ends.smallest, &ends.largest);
    SPN_TRY(create(context, a->dimension, ends.smallest + ends.largest, &made));
    SPN_TRY(spn_extreme_eigenpairs(context, a, &ends, made->values, made->vectors, made->residuals,
                                   &info));
    made->method = SPN_SPECTRUM_STOCHASTIC;
    made->products = info.products;
    made->norm = info.norm;
    judge(settings, made);
    *out = made;
    made = NULL;
done:
    spn_extremes_free(context, made);
    return status;
}

/* |H v - lambda v| by products: what the dense matrix and its solver are worth. */
static spn_status take_residuals(spn_context *context, const spn_symmetric_operator *a,
                                 spn_extremes *out)
{
    spn_status status = SPN_OK;
    int64_t n = a->dimension;
    double *product = NULL;
    SPN_NEW(context, product, n);
    for (int64_t i = 0; i < out->count; i++) {
        const double *v = out->vectors + i * n;
        SPN_TRY(a->product(context, a->state, 1, v, product));
        spn_axpy(n, -out->values[i], v, product);
        out->residuals[i] = spn_norm(n, product);
        out->products++;
    }
done:
    spn_release(context, product);
    return status;
}

static spn_status by_dense(spn_context *context, const spn_point *point, spn_part part,
                           const spn_symmetric_operator *a, const spn_geometry_settings *settings,
                           spn_extremes **out)
{
    spn_status status = SPN_OK;
    int64_t n = a->dimension, smallest = 0, largest = 0;
    double *h = NULL, *w = NULL;
    spn_dense *dense = NULL;
    spn_extremes *made = NULL;
    clip(n, settings, &smallest, &largest);
    SPN_TRY(create(context, n, smallest + largest, &made));
    SPN_NEW(context, h, n * n);
    SPN_NEW(context, w, n);
    SPN_TRY(spn_dense_create(context, n, &dense));
    SPN_TRY(spn_point_hessian(context, point, part, h));
    SPN_TRY(spn_eigen(context, dense, n, h, true, w));
    for (int64_t i = 0; i < made->count; i++) {
        int64_t place = i < smallest ? i : n - made->count + i;
        made->values[i] = w[place];
        memcpy(made->vectors + i * n, h + place * n, (size_t)n * sizeof *h);
    }
    made->method = SPN_SPECTRUM_DENSE;
    made->norm = fmax(fabs(w[0]), fabs(w[n - 1]));
    SPN_TRY(take_residuals(context, a, made));
    judge(settings, made);
    *out = made;
    made = NULL;
done:
    spn_release(context, h);
    spn_release(context, w);
    spn_dense_free(context, dense);
    spn_extremes_free(context, made);
    return status;
}

spn_status spn_geometry_extremes(spn_context *context, const spn_point *point, spn_part part,
                                 const spn_geometry_settings *settings, spn_extremes **out,
                                 spn_forecast *forecast)
{
    spn_status status = SPN_OK;
    spn_forecast own;
    spni_hessian_operator hessian = {point, part};
    const spn_symmetric_operator a = spni_hessian_of(&hessian);
    *out = NULL;
    forecast = forecast != NULL ? forecast : &own;
    SPN_TRY(spn_spectrum_forecast(context, point->objective, settings, SPN_SPECTRUM_EXTREMES,
                                  forecast));
    SPN_TRY(forecast->method == SPN_SPECTRUM_DENSE
                ? by_dense(context, point, part, &a, settings, out)
                : spni_extremes_of(context, &a, settings, out));
done:
    return status;
}
