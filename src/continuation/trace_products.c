/* SPDX-License-Identifier: MIT */
/* Pseudo-arclength continuation by products, step by step: predicted, corrected, judged and controlled as in trace.c. What is not
 * there is the test for eigenvalues that cross zero both ways, which needs all of their vectors. */
#include "continuation/trace_products.h"

#include <math.h>
#include <string.h>

/* As in trace.c. */
static const double STEP_LEAST = 1e-7, STEP_TANGLED = 1e-4, REACH_SHARE = 0.5,
                    REMAINDER_SHARE = 0.02;
enum { CORRECTIONS_GOOD = 4 };

/* Beside the eigenvalues': three stands, the tracer's, the systems' and the solver's own. */
enum { VECTORS = 60 };

spn_forecast_way spn_branches_forecast(const spn_objective *objective)
{
    const spn_costs costs = spn_objective_costs(objective);
    const double n = (double)objective->dimension;
    const double vectors = (double)spni_stand_vectors(objective->dimension) + VECTORS;
    const double flops = SPN_BRANCHES_PRODUCTS_USUAL * (costs.product + 24 * n);
    return (spn_forecast_way){flops, flops / SPN_FORECAST_RATE, vectors * n * sizeof(double)};
}

spn_status spni_glide_create(spni_products *p, const spn_branches_settings *settings,
                             spni_glide *glide)
{
    spn_status status = SPN_OK;
    *glide = (spni_glide){.p = p,
                          .settings = settings,
                          .beta_from = settings->beta_from,
                          .beta_to = settings->beta_to};
    SPN_TRY(spni_stand_create(p, &glide->at));
    SPN_TRY(spni_stand_create(p, &glide->next));
    SPN_TRY(spni_stand_create(p, &glide->mid));
    SPN_NEW(p->context, glide->bend, p->n + 1);
    SPN_NEW(p->context, glide->z, p->n);
done:
    return status;
}

void spni_glide_free(spni_glide *glide)
{
    if (glide->p == NULL) {
        return;
    }
    spni_stand_free(glide->p, &glide->at);
    spni_stand_free(glide->p, &glide->next);
    spni_stand_free(glide->p, &glide->mid);
    spn_release(glide->p->context, glide->bend);
    spn_release(glide->p->context, glide->z);
}

/* |u_1 - u_0 - h (t_0 + t_1) / 2| in the metric. */
static double remainder_of(const spni_products *p, const spni_stand *a, const spni_stand *b,
                           double h)
{
    double sum = 0;
    for (int64_t i = 0; i < p->n; i++) {
        double rest = b->z[i] - a->z[i] - h * (a->tangent[i] + b->tangent[i]) / 2;
        sum += rest * rest;
    }
    double rest = p->metric * (b->beta - a->beta - h * (a->beta_slope + b->beta_slope) / 2);
    return sqrt(sum + rest * rest);
}

static double angle_between(const spni_products *p, const spni_stand *a, const spni_stand *b)
{
    return acos(fmin(fmax(spni_stand_cosine(p, a, b), -1), 1));
}

static bool is_step_good(const spni_glide *glide, double h)
{
    return angle_between(glide->p, &glide->at, &glide->next) <= 1.5 * glide->settings->angle &&
           remainder_of(glide->p, &glide->at, &glide->next, h) <= REMAINDER_SHARE * h;
}

/* The solution in glide->z, linearised into `out`. */
static spn_status linearise(spni_glide *glide, double beta, spni_stand *out, bool *is_found)
{
    spni_products *p = glide->p;
    spni_products_extend(p, glide->z, p->theta);
    return spni_stand_linearise(p, p->theta, beta, &glide->at, out, is_found);
}

/* The point at distance h along the branch, into `next`; its spectrum is for what is accepted. */
static spn_status try_step(spni_glide *glide, double h, int64_t *corrections, bool *is_good)
{
    spn_status status = SPN_OK;
    spni_products *p = glide->p;
    const spni_stand *at = &glide->at;
    int64_t n = p->n;
    spni_newton_info info;
    double beta = at->beta + h * at->beta_slope + h * h / 2 * glide->bend[n] / p->metric;
    memcpy(glide->z, at->z, (size_t)n * sizeof *glide->z);
    spn_axpy(n, h, at->tangent, glide->z);
    spn_axpy(n, h * h / 2, glide->bend, glide->z);
    const spni_condition plane = {.kind = SPNI_PLANE,
                                  .row = at->tangent,
                                  .row_beta = at->beta_slope,
                                  .origin = at->z,
                                  .origin_beta = at->beta,
                                  .target = h};
    SPN_TRY(spni_products_newton(p, &plane, at, REACH_SHARE * h, glide->z, &beta, &info));
    *is_good = info.is_converged;
    *corrections = info.steps;
    if (info.is_converged) {
        SPN_TRY(linearise(glide, beta, &glide->next, is_good));
        *is_good = *is_good && is_step_good(glide, h);
    }
done:
    return status;
}

static bool is_inside(const spni_glide *glide, double beta)
{
    return beta >= glide->beta_from && beta <= glide->beta_to;
}

/* `next` has left the range: the point of the arc on its end replaces it. */
static spn_status stop_at_boundary(spni_glide *glide, bool *is_found, double *length)
{
    spn_status status = SPN_OK;
    spni_products *p = glide->p;
    const spni_stand *a = &glide->at, *b = &glide->next;
    double bound = b->beta < glide->beta_from ? glide->beta_from : glide->beta_to;
    double share = (bound - a->beta) / (b->beta - a->beta), beta = bound;
    spni_newton_info info;
    for (int64_t i = 0; i < p->n; i++) {
        glide->z[i] = a->z[i] + share * (b->z[i] - a->z[i]);
    }
    const spni_condition level = {.kind = SPNI_LEVEL, .target = bound};
    SPN_TRY(spni_products_newton(p, &level, a, (double)INFINITY, glide->z, &beta, &info));
    *is_found = info.is_converged;
    if (info.is_converged) {
        SPN_TRY(linearise(glide, bound, &glide->next, is_found));
        *length = spni_stand_distance(p, a, &glide->next);
    }
done:
    return status;
}

static double longest_step(const spni_glide *glide)
{
    return glide->settings->step * fmax(glide->p->length, sqrt(glide->at.order));
}

void spni_glide_adapt(spni_glide *glide, double length, int64_t corrections)
{
    double angle = angle_between(glide->p, &glide->at, &glide->next);
    double growth = fmin(2, fmax(0.5, glide->settings->angle / fmax(angle, 1e-6)));
    glide->step = length * (corrections > CORRECTIONS_GOOD ? fmin(growth, 0.7) : growth);
}

/* What a point of the branch has; *is_good: and one thing at most happens on the way to it. */
static spn_status measure_step(spni_glide *glide, double h, bool *is_good)
{
    spn_status status = SPN_OK;
    bool is_tangled = false;
    SPN_TRY(spni_stand_measure(glide->p, SPNI_STAND_POINT, &glide->next));
    if (h > STEP_TANGLED * glide->p->length) {
        SPN_TRY(spni_glide_is_tangled(glide, &is_tangled));
    }
    *is_good = !is_tangled;
done:
    return status;
}

spn_status spni_glide_step(spni_glide *glide, spni_step_end *end, double *length,
                           int64_t *corrections)
{
    spn_status status = SPN_OK;
    double h = fmin(glide->step, longest_step(glide));
    bool is_good = false, is_over = false;
    *end = SPNI_STEP_LOST;
    while (!is_good && h >= STEP_LEAST * glide->p->length) {
        *length = h;
        SPN_TRY(try_step(glide, h, corrections, &is_good));
        is_over = is_good && !is_inside(glide, glide->next.beta);
        SPN_TRY(is_over ? stop_at_boundary(glide, &is_good, length) : SPN_OK);
        if (is_good) {
            SPN_TRY(measure_step(glide, h, &is_good));
        }
        h /= 2;
    }
    if (is_good) {
        *end = is_over ? SPNI_STEP_BOUNDARY : SPNI_STEP_DONE;
        spni_glide_adapt(glide, *length, *corrections);
    }
done:
    return status;
}

void spni_glide_accept(spni_glide *glide, double length)
{
    const spni_products *p = glide->p;
    for (int64_t i = 0; i < p->n; i++) {
        glide->bend[i] = (glide->next.tangent[i] - glide->at.tangent[i]) / length;
    }
    glide->bend[p->n] = p->metric * (glide->next.beta_slope - glide->at.beta_slope) / length;
    spni_stand_swap(&glide->at, &glide->next);
}

/* Cubic Hermite interpolation of the arc, corrected in the plane across the tangent at its beginning. */
spn_status spni_glide_between(spni_glide *glide, double share, unsigned wanted, bool *is_found)
{
    spn_status status = SPN_OK;
    spni_products *p = glide->p;
    const spni_stand *a = &glide->at, *b = &glide->next;
    double h = spni_stand_distance(p, a, b), x = share;
    double h10 = x * (1 - x) * (1 - x) * h, h01 = x * x * (3 - 2 * x), h11 = x * x * (x - 1) * h;
    double beta = a->beta + h01 * (b->beta - a->beta) + h10 * a->beta_slope + h11 * b->beta_slope;
    double target = p->metric * p->metric * a->beta_slope * (beta - a->beta);
    spni_newton_info info;
    for (int64_t i = 0; i < p->n; i++) {
        glide->z[i] =
            a->z[i] + h01 * (b->z[i] - a->z[i]) + h10 * a->tangent[i] + h11 * b->tangent[i];
        target += a->tangent[i] * (glide->z[i] - a->z[i]);
    }
    const spni_condition plane = {.kind = SPNI_PLANE,
                                  .row = a->tangent,
                                  .row_beta = a->beta_slope,
                                  .origin = a->z,
                                  .origin_beta = a->beta,
                                  .target = target};
    SPN_TRY(spni_products_newton(p, &plane, share < 0.5 ? a : b, h, glide->z, &beta, &info));
    *is_found = info.is_converged;
    if (info.is_converged) {
        SPN_TRY(linearise(glide, beta, &glide->mid, is_found));
        SPN_TRY(*is_found ? spni_stand_measure(p, wanted, &glide->mid) : SPN_OK);
    }
done:
    return status;
}
