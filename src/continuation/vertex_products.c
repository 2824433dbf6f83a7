/* SPDX-License-Identifier: MIT */
/* Where a branch retraces its mirror image, by products. beta is even in the way s from there, and dbeta/ds odd: beta is a smooth function
 * of (dbeta/ds)^2, and its value where that vanishes is extrapolated from places at which it is well above rounding. At the vertex
 * [M, b] loses rank, and the tangent may as well be that of the branch that is crossed. */
#include "continuation/trace_products.h"
#include "stationary/root.h"

#include <math.h>

/* Distances of the places from the vertex, as shares of the way to the farther end. */
static const double SHARES[] = {0.2, 0.1, 0.05};
enum { PLACES = sizeof SHARES / sizeof *SHARES };
/* Three values extrapolate better than two by about this factor more than they differ. */
static const double GAIN = 10;
/* A tangent's residual is magnified by 1 / s, and dbeta/ds = 2 a s: so much of a times the square of the length is not known. */
static const double TANGENT_ERROR = 1e-10;

/* dbeta/ds, s the way in theta, as a function of the share of the arc, and its square as one of beta: the last three. */
typedef struct turning {
    spni_sample odd[3], even[3];
} turning;

static void take(turning *t, const spni_products *p, double share, const spni_stand *stand)
{
    double slope = stand->beta_slope / spn_norm(p->n, stand->tangent);
    for (int k = 0; k + 1 < PLACES; k++) {
        t->odd[k] = t->odd[k + 1];
        t->even[k] = t->even[k + 1];
    }
    t->odd[2] = (spni_sample){share, slope};
    t->even[2] = (spni_sample){stand->beta, slope * slope};
}

/* The root of the line through the last two. */
static double root_of(const turning *t)
{
    const spni_sample *a = &t->odd[1], *b = &t->odd[2];
    return b->x - b->value * (b->x - a->x) / (b->value - a->value);
}

/* a, of beta = beta_0 + a s^2, in which (dbeta/ds)^2 = 4 a (beta - beta_0). */
static double coefficient_of(const turning *t)
{
    return (t->even[1].value - t->even[2].value) / (4 * (t->even[1].x - t->even[2].x));
}

/* The places one after the other, each by what is known of the root from those before. */
static spn_status take_places(spni_glide *glide, turning *t, bool *is_there)
{
    spn_status status = SPN_OK;
    const spni_stand *a = &glide->at, *b = &glide->next;
    double far = fabs(a->beta_slope) > fabs(b->beta_slope) ? 0 : 1;
    *t = (turning){.odd = {{0, 0}}};
    take(t, glide->p, 1 - far, far == 0 ? b : a);
    take(t, glide->p, far, far == 0 ? a : b);
    *is_there = true;
    for (int k = 0; k < PLACES && *is_there; k++) {
        double root = root_of(t), share = root + SHARES[k] * (far - root);
        SPN_TRY(spni_glide_between(glide, share, 0, is_there));
        if (*is_there) {
            take(t, glide->p, share, &glide->mid);
        }
    }
done:
    return status;
}

/* To the vertex itself, for its state. Where there is no solution to be had, or one that is farther off than the last place: back there. */
static spn_status go_there(spni_glide *glide, const turning *t, double reach, spni_vertex *out)
{
    spn_status status = SPN_OK;
    bool is_there = false;
    double linear = 0;
    out->share = spni_root_of_three(t->odd, &linear);
    SPN_TRY(spni_glide_between(glide, out->share, 0, &is_there));
    if (!is_there || fabs(glide->mid.beta - out->beta) > reach) {
        out->share = t->odd[2].x;
        SPN_TRY(spni_glide_between(glide, out->share, 0, &out->is_there));
        if (!out->is_there) {
            spni_stand_copy(glide->p, &glide->at, &glide->mid);
            out->share = 0;
        }
    }
done:
    return status;
}

/* The parabola through the arc's ends and their slopes, with the disagreement of the two. */
static void take_parabola(const spni_glide *glide, spni_vertex *out)
{
    const spni_stand *a = &glide->at, *b = &glide->next;
    double width = spni_stand_distance(glide->p, a, b), sum = b->beta_slope - a->beta_slope;
    double from_a = a->beta - a->beta_slope * a->beta_slope * width / (2 * sum);
    double from_b = b->beta - b->beta_slope * b->beta_slope * width / (2 * sum);
    out->coefficient = sum / (2 * width);
    out->beta = 0.5 * (from_a + from_b);
    out->half = fmax(fabs(from_a - from_b), fabs(a->beta - b->beta));
}

spn_status spni_glide_vertex(spni_glide *glide, spni_vertex *out)
{
    spn_status status = SPN_OK;
    const spni_products *p = glide->p;
    turning t;
    double linear = 0;
    *out = (spni_vertex){.share = 0};
    SPN_TRY(take_places(glide, &t, &out->is_there));
    double beta = out->is_there ? spni_root_of_three(t.even, &linear) : (double)NAN;
    out->is_there = isfinite(beta) && isfinite(coefficient_of(&t));
    if (!out->is_there) {
        take_parabola(glide, out);
        spni_stand_copy(p, &glide->at, &glide->mid);
        goto done;
    }
    out->beta = beta;
    out->coefficient = coefficient_of(&t);
    out->half =
        fabs(beta - linear) / GAIN + TANGENT_ERROR * fabs(out->coefficient) * p->length * p->length;
    SPN_TRY(go_there(glide, &t, fabs(t.even[2].x - beta), out));
done:
    return status;
}
