/* SPDX-License-Identifier: MIT */
/* Vertices: beta turns back and no eigenvalue changes sign. The branch meets a copy of itself under a symmetry that
 * another branch, the base, keeps; it leaves the base at a pitchfork: beta = beta_0 + a s^2.
 *
 * On the branch itself everything is flat there: its eigenvalue goes like s^2, and rounding is magnified. On
 * the base the same eigenvalue crosses zero linearly in beta, so the vertex is located there: three solutions of
 * the base around the parabola's estimate, and inverse interpolation. */
#include "continuation/continuation.h"
#include "stationary/root.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* The base is solved where the branch's distance from it would be about this, in lengths of the frame. */
static const double SPREAD = 1e-2;
/* The estimate must be good to this share of the spread. */
static const double TRUSTED = 0.5;
enum { PASSES_MOST = 8 };
static const double PASS_RATIO = 6;
/* Below this length of the arc, in lengths of the frame, a parabola is a good fit. */
static const double ARC_SHORT = 2e-3;

typedef struct vertex {
    double beta;        /* of the parabola through the arc's ends and their slopes */
    double coefficient; /* a */
    double *direction;  /* P: unit vector along the branch */
    double *theta;      /* P: on the arc, at the estimate */
} vertex;

static void fit_parabola(const spni_frame *frame, const spni_place *a, const spni_place *b,
                         vertex *v)
{
    int64_t n = frame->n;
    double length = spni_distance(frame, a, b);
    double share = a->beta_slope / (a->beta_slope - b->beta_slope);
    v->coefficient = (b->beta_slope - a->beta_slope) / (2 * length);
    double from_a = a->beta - v->coefficient * share * share * length * length;
    double from_b = b->beta - v->coefficient * (1 - share) * (1 - share) * length * length;
    v->beta = (1 - share) * from_a + share * from_b;
    for (int64_t i = 0; i < n; i++) {
        v->theta[i] = a->theta[i] + share * (b->theta[i] - a->theta[i]);
        v->direction[i] = b->theta[i] - a->theta[i];
    }
    double norm = spn_norm(n, v->direction);
    for (int64_t i = 0; i < n; i++) {
        v->direction[i] /= norm;
    }
}

/* The eigenvalue of the base at beta whose vector lies along the branch; theta moves to the base. */
static spn_status solve_base(spni_tracer *tracer, const vertex *v, double beta, double *theta,
                             double *lambda, bool *is_there)
{
    spn_status status = SPN_OK;
    spni_frame *frame = tracer->frame;
    int64_t n = frame->n, best = 0;
    double solved = beta, most = -1;
    const spni_condition level = {.kind = SPNI_LEVEL, .target = beta};
    spni_newton_info info;
    SPN_TRY(spni_newton_solve(frame, &level, frame->length, theta, &solved, &info));
    *is_there = info.is_converged;
    if (!info.is_converged) {
        goto done;
    }
    SPN_TRY(spni_linearise(frame, theta, beta, NULL, &tracer->mid));
    for (int64_t i = 0; i < n; i++) {
        double overlap = fabs(spn_dot(n, tracer->mid.vectors + i * n, v->direction));
        best = overlap > most ? i : best;
        most = fmax(overlap, most);
    }
    *lambda = tracer->mid.values[best];
done:
    return status;
}

/* beta where lambda vanishes, from three values; *half: what linear and quadratic interpolation differ by, and
 * rounding. */
static double interpolate(const spni_sample *lambda, double largest, double *half)
{
    double linear = 0, quadratic = spni_root_of_three(lambda, &linear);
    double slope = fabs((lambda[1].x - lambda[0].x) / (lambda[1].value - lambda[0].value));
    *half = fabs(quadratic - linear) / 10 + 16 * DBL_EPSILON * largest * slope;
    return quadratic;
}

/* Three solutions of the base around `centre`, at -spread, +spread and 0: beta of the vertex; theta ends at the last
 * one's base. */
static spn_status locate_on_base(spni_tracer *tracer, const vertex *v, double centre, double spread,
                                 double *theta, double *beta, double *half, bool *is_located)
{
    spn_status status = SPN_OK;
    spni_sample lambda[3] = {{centre - spread, 0}, {centre + spread, 0}, {centre + spread / 8, 0}};
    *is_located = false;
    for (int k = 0; k < 3; k++) {
        bool is_there = false;
        memcpy(theta, v->theta, (size_t)tracer->frame->n * sizeof *theta);
        SPN_TRY(solve_base(tracer, v, lambda[k].x, theta, &lambda[k].value, &is_there));
        if (!is_there) {
            goto done;
        }
    }
    *beta = interpolate(lambda, tracer->mid.largest, half);
    *is_located = (lambda[0].value < 0) != (lambda[1].value < 0) && fabs(*beta - centre) <= spread;
done:
    return status;
}

/* First around the parabola's estimate, then ever closer around what came of it, as long as the eigenvalue is
 * well above rounding and beta settles. */
static spn_status refine(spni_tracer *tracer, const vertex *v, spni_special *special,
                         bool *is_located)
{
    spn_status status = SPN_OK;
    spni_frame *frame = tracer->frame;
    int64_t n = frame->n;
    double spread = fabs(v->coefficient) * SPREAD * SPREAD * frame->length * frame->length;
    double *theta = tracer->theta, centre = v->beta, change = (double)INFINITY;
    *is_located = false;
    for (int k = 0; k < PASSES_MOST; k++, spread /= PASS_RATIO) {
        double beta = 0, half = 0;
        bool is_found = false;
        SPN_TRY(locate_on_base(tracer, v, centre, spread, theta, &beta, &half, &is_found));
        if (!is_found || fabs(beta - centre) > TRUSTED * spread ||
            fabs(beta - centre) > fmax(change, half)) {
            break;
        }
        change = fabs(beta - centre);
        centre = beta;
        /* theta of the base varies linearly over what is left. */
        memcpy(theta, tracer->mid.theta, (size_t)n * sizeof *theta);
        spn_axpy(n, (beta - tracer->mid.beta) / tracer->mid.beta_slope, tracer->mid.tangent, theta);
        SPN_TRY(spni_linearise(frame, theta, beta, NULL, &special->place));
        spni_set_interval(frame, special, beta, half + (k > 0 ? change / PASS_RATIO : change));
        *is_located = k > 0;
    }
done:
    return status;
}

/* Where the base cannot be solved for: the parabola, with the disagreement of its two ends. */
static spn_status accept_parabola(spni_tracer *tracer, const spni_place *a, const spni_place *b,
                                  const vertex *v, spni_special *special)
{
    spn_status status = SPN_OK;
    spni_frame *frame = tracer->frame;
    double length = spni_distance(frame, a, b),
           share = a->beta_slope / (a->beta_slope - b->beta_slope);
    double at_a = v->coefficient * share * share * length * length;
    double at_b = v->coefficient * (1 - share) * (1 - share) * length * length;
    SPN_TRY(spni_linearise(frame, v->theta, v->beta, NULL, &special->place));
    spni_set_interval(frame, special, v->beta, fabs((a->beta - at_a) - (b->beta - at_b)));
done:
    return status;
}

spn_status spni_locate_vertex(spni_tracer *tracer, const spni_place *a, const spni_place *b,
                              spni_special *special, bool *is_located)
{
    spn_status status = SPN_OK;
    spni_frame *frame = tracer->frame;
    vertex v = {.beta = 0};
    SPN_NEW(frame->context, v.direction, frame->n);
    SPN_NEW(frame->context, v.theta, frame->n);
    fit_parabola(frame, a, b, &v);
    SPN_TRY(refine(tracer, &v, special, is_located));
    if (!*is_located && spni_distance(frame, a, b) <= ARC_SHORT * frame->length) {
        SPN_TRY(accept_parabola(tracer, a, b, &v, special));
        *is_located = true;
    }
    special->record.kind = SPN_SPECIAL_BRANCH_POINT;
    special->record.coefficient = v.coefficient;
done:
    spn_release(frame->context, v.direction);
    spn_release(frame->context, v.theta);
    return status;
}
