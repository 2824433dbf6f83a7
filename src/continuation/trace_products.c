/* SPDX-License-Identifier: MIT */
/* Pseudo-arclength continuation by products, step by step: as in trace.c. What is not there is the test for
 * eigenvalues that cross zero both ways, which needs all of their vectors; tangled_products.c has another. */
#include "continuation/trace_products.h"
#include "continuation/branch_step.h"

#include <math.h>
#include <string.h>

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

static spni_spot spot_of(const spni_stand *stand)
{
    return (spni_spot){stand->z, stand->tangent, stand->beta, stand->beta_slope};
}

static spni_course course_of(const spni_glide *glide)
{
    return (spni_course){glide->p->n, glide->p->metric, glide->settings->angle};
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
    const spni_course course = course_of(glide);
    const spni_spot at = spot_of(&glide->at);
    const spni_condition plane = spni_step_plane(&at, h);
    double beta = 0;
    spni_newton_info info;
    spni_step_predict(p->n, &at, h, glide->bend, glide->z, &beta);
    SPN_TRY(
        spni_products_newton(p, &plane, &glide->at, SPNI_STEP_REACH * h, glide->z, &beta, &info));
    *is_good = info.is_converged;
    *corrections = info.steps;
    if (info.is_converged) {
        SPN_TRY(linearise(glide, beta, &glide->next, is_good));
        const spni_spot next = spot_of(&glide->next);
        *is_good = *is_good && spni_step_is_smooth(&course, &at, &next, h);
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
    return spni_step_longest(glide->settings->step, glide->p->length, glide->at.order);
}

void spni_glide_adapt(spni_glide *glide, double length, int64_t corrections)
{
    const spni_course course = course_of(glide);
    const spni_spot a = spot_of(&glide->at), b = spot_of(&glide->next);
    glide->step = spni_step_adapt(&course, &a, &b, length, corrections);
}

/* What a point of the branch has; *is_good: and one thing at most happens on the way to it. */
static spn_status measure_step(spni_glide *glide, double h, bool *is_good)
{
    spn_status status = SPN_OK;
    bool is_tangled = false;
    SPN_TRY(spni_stand_measure(glide->p, SPNI_STAND_POINT, &glide->next));
    if (h > SPNI_STEP_TANGLED * glide->p->length) {
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
    while (!is_good && h >= SPNI_STEP_LEAST * glide->p->length) {
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
    const spni_spot a = spot_of(&glide->at), b = spot_of(&glide->next);
    spni_step_bend(glide->p->n, &a, &b, length, glide->bend);
    spni_stand_swap(&glide->at, &glide->next);
}

/* Cubic Hermite interpolation of the arc, corrected in the plane across the tangent at its beginning. */
spn_status spni_glide_between(spni_glide *glide, double share, unsigned wanted, bool *is_found)
{
    spn_status status = SPN_OK;
    spni_products *p = glide->p;
    const spni_stand *a = &glide->at, *b = &glide->next;
    const spni_course course = course_of(glide);
    const spni_spot from = spot_of(a), to = spot_of(b);
    double h = spni_stand_distance(p, a, b), beta = 0;
    spni_newton_info info;
    const spni_condition plane = spni_step_between(&course, &from, &to, h, share, glide->z, &beta);
    SPN_TRY(spni_products_newton(p, &plane, share < 0.5 ? a : b, h, glide->z, &beta, &info));
    *is_found = info.is_converged;
    if (info.is_converged) {
        SPN_TRY(linearise(glide, beta, &glide->mid, is_found));
        SPN_TRY(*is_found ? spni_stand_measure(p, wanted, &glide->mid) : SPN_OK);
    }
done:
    return status;
}
