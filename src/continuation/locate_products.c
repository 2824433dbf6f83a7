/* SPDX-License-Identifier: MIT */
/* Special points on an arc between two stands, by products: each is the root of one function along the arc, by false position.
 *
 *   beta turns back and an eigenvalue inside the symmetric subspace changes sign    fold: the root of dbeta/ds
 *   beta turns back and none does                                                  vertex: likewise; the branch retraces a
 *                                                                                  mirror image of itself behind it
 *   beta goes on and eigenvalues inside change sign                                branch point: the root of the eigenvalue
 *   eigenvalues outside of the subspace do                                         branch point: units that were equal part
 *   beta turns back and eigenvalues at an end of the arc were not found            said to be a fold, of indices -1: the way ends
 *
 * Next to the root s_0 of dbeta/ds = k (s - s_0) beta is beta_0 + k (s - s_0)^2 / 2, which is taken off. */
#include "continuation/trace_products.h"
#include "stationary/root.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { ROOT_STEPS = 40 };
/* What is left of beta at a fold, as a share of the accuracy asked for; it is taken off to higher order. */
static const double FOLD_SHARE = 0.1;
/* Where the sign of a function is known and not its size its root is bracketed to this share of beta. */
static const double BRACKET_SHARE = 1e-6;
/* Eigenvalues of iterations are known to this share of the largest, others to rounding. */
static const double VALUE_ERROR = 1e-9;

typedef enum event_kind { EVENT_TURN, EVENT_INSIDE, EVENT_OUTSIDE } event_kind;

/* One function along the arc. */
typedef struct event {
    spni_glide *glide;
    event_kind kind;
    int64_t place; /* of the eigenvalue that changes sign, ascending from 0 */
    bool is_sign;  /* only its sign is known */
    double width;  /* of the arc */
} event;

static double value_at(const event *e, const spni_stand *stand)
{
    if (e->kind == EVENT_TURN) {
        return stand->beta_slope;
    }
    if (e->kind == EVENT_INSIDE) {
        int64_t last = stand->value_count - 1;
        return stand->values[e->place < last ? e->place : last];
    }
    return e->is_sign ? (stand->outside > e->place ? -1 : 1) : stand->outside_least;
}

static unsigned wish_of(const event *e)
{
    return e->kind == EVENT_TURN     ? 0
           : e->kind == EVENT_INSIDE ? SPNI_STAND_SPECTRUM
                                     : SPNI_STAND_OUTSIDE;
}

/* The function at both ends. Of the rest a positive eigenvalue was not computed: as much as the negative one at the other end. */
static spni_bracket bracket_of(const event *e)
{
    spni_bracket bracket = {.left = {0, value_at(e, &e->glide->at)},
                            .right = {1, value_at(e, &e->glide->next)}};
    if (e->kind == EVENT_OUTSIDE && !e->is_sign) {
        bool is_left = e->glide->at.outside > 0;
        *(is_left ? &bracket.right.value : &bracket.left.value) =
            -(is_left ? bracket.left.value : bracket.right.value);
    }
    return bracket;
}

/* Where the root is known to be. */
typedef struct root_state {
    spni_bracket bracket;
    spni_sample last, before;
    double low, high; /* beta at the bracket's ends */
    double rest;      /* |beta - that of the root| */
    double ahead;     /* beta of the root less that of `mid`, as far as is known */
} root_state;

static double slope_of(const root_state *r)
{
    return (r->last.value - r->before.value) / (r->last.x - r->before.x);
}

/* How far beta is from that of the root. */
static void take_rest(const event *e, root_state *r)
{
    const spni_stand *mid = &e->glide->mid;
    double slope = slope_of(r), value = r->last.value;
    if (e->kind == EVENT_TURN) {
        r->ahead = -value * value * e->width / (2 * slope);
        r->rest = fabs(r->ahead);
    } else if (e->is_sign) {
        r->ahead = 0;
        r->rest = fabs(r->high - r->low);
    } else {
        r->ahead = -value / slope * mid->beta_slope * e->width;
        r->rest = fabs(r->ahead);
    }
}

static double accuracy_of(const event *e)
{
    const spni_glide *glide = e->glide;
    double size = fmax(fabs(glide->mid.beta), DBL_EPSILON * (glide->beta_to - glide->beta_from));
    return (e->kind == EVENT_TURN ? FOLD_SHARE * glide->settings->tolerance
            : e->is_sign          ? BRACKET_SHARE
                                  : glide->settings->tolerance) *
           size;
}

/* What is asked for on the arc, into `mid`. Eigenvalues of which the iteration did not find all that are asked for are none. */
static spn_status stand_between(const event *e, double share, bool *is_there)
{
    spn_status status = SPN_OK;
    spni_glide *glide = e->glide;
    unsigned wish = wish_of(e);
    SPN_TRY(spni_glide_between(glide, share, wish, is_there));
    if ((wish & SPNI_STAND_SPECTRUM) != 0 && glide->mid.certainty == SPN_CERTAIN_NOT) {
        *is_there = false;
    }
done:
    return status;
}

/* An attempt that failed leaves the point elsewhere and `mid` half in work. What was reached before follows from its share of the
 * arc alone. */
static spn_status go_back(const event *e, const root_state *r)
{
    bool is_there = true;
    if (r->last.x > 0) {
        return stand_between(e, r->last.x, &is_there);
    }
    spni_stand_copy(e->glide->p, &e->glide->at, &e->glide->mid);
    return SPN_OK;
}

/* False position; `mid` ends at the last value, and the point with it. *is_found: to the accuracy asked for. */
static spn_status find_root(const event *e, root_state *r, bool *is_found)
{
    spn_status status = SPN_OK;
    spni_glide *glide = e->glide;
    *is_found = false;
    r->bracket = bracket_of(e);
    r->last = r->bracket.left;
    r->before = r->bracket.right;
    r->low = glide->at.beta;
    r->high = glide->next.beta;
    spni_stand_copy(glide->p, &glide->at, &glide->mid);
    take_rest(e, r);
    for (int k = 0; k < ROOT_STEPS && spni_bracket_is_open(&r->bracket); k++) {
        bool is_there = false;
        double share = spni_bracket_next(&r->bracket);
        /* No place is nearer, and two values at one say nothing. */
        if (k > 0 && share == r->last.x) {
            *is_found = r->rest <= accuracy_of(e);
            break;
        }
        SPN_TRY(stand_between(e, share, &is_there));
        if (!is_there) {
            SPN_TRY(go_back(e, r));
            break;
        }
        r->before = r->last;
        r->last = (spni_sample){share, value_at(e, &glide->mid)};
        bool is_left = (r->last.value < 0) == (r->bracket.left.value < 0);
        *(is_left ? &r->low : &r->high) = glide->mid.beta;
        spni_bracket_take(&r->bracket, r->last);
        take_rest(e, r);
        *is_found = k > 0 && r->rest <= accuracy_of(e);
        if (*is_found || r->last.value == 0) {
            break;
        }
    }
done:
    return status;
}

/* D^3 L[w, w, w] at a stand by a central difference, which moves the point. */
static spn_status third_derivative(spni_products *p, const spni_stand *stand, const double *w,
                                   double *out)
{
    spn_status status = SPN_OK;
    double h = cbrt(DBL_EPSILON) * fmax(spn_norm(p->n, stand->z), p->length), ends[2];
    for (int side = 0; side < 2; side++) {
        memcpy(p->right, stand->z, (size_t)p->n * sizeof *p->right);
        spn_axpy(p->n, side == 0 ? h : -h, w, p->right);
        SPN_TRY(spn_point_set(p->context, p->point, p->right, stand->beta, NULL,
                              SPN_WANT_GRADIENT | SPN_WANT_CURVATURE));
        SPN_TRY(spn_point_hvp(p->context, p->point, SPN_PART_FULL, 1, w, p->step));
        ends[side] = spn_dot(p->n, w, p->step);
    }
    p->products += 2;
    *out = (ends[0] - ends[1]) / (2 * h);
done:
    return status;
}

/* Along the direction of the tangent at `mid`: what gradient is left moves a turn of beta by |g| / |drive|. At a vertex that vanishes
 * like the distance. */
static double drive_of(const spni_glide *glide)
{
    return glide->mid.drive / spn_norm(glide->p->n, glide->mid.tangent);
}

/* How a fold bends. */
static spn_status bend_fold(spni_glide *glide, spn_special_record *record)
{
    spn_status status = SPN_OK;
    spni_products *p = glide->p;
    const spni_stand *mid = &glide->mid;
    double bend = 0, length = spn_norm(p->n, mid->tangent), drive = drive_of(glide);
    memcpy(p->along, mid->tangent, (size_t)p->n * sizeof *p->along);
    for (int64_t i = 0; i < p->n; i++) {
        p->along[i] /= length;
    }
    SPN_TRY(third_derivative(p, mid, p->along, &bend));
    record->coefficient = -bend / (2 * drive);
done:
    return status;
}

/* How well an eigenvalue is known says how well its root is. Rounding moves z along the softest direction by |g| / |lambda|, and
 * eigenvalues with it (branch_point.c): where the branch moves along the kernel that is most of it. */
static double value_rounding(const event *e, const root_state *r)
{
    const spni_stand *mid = &e->glide->mid;
    const spni_products *p = e->glide->p;
    double bend = (p->scales.value + fabs(mid->state.loss)) / pow(p->scales.weight, 2);
    double soft = fabs(mid->values[spni_softest(mid->value_count, mid->values)]);
    double error = 16 * DBL_EPSILON * (1 + 0.3 * bend / fmax(soft, DBL_MIN));
    error += mid->certainty == SPN_CERTAIN_LOWEST ? VALUE_ERROR : 0;
    return fabs(error * mid->largest / slope_of(r) * mid->beta_slope * e->width);
}

static void set_interval(const spni_glide *glide, double beta, double half,
                         spn_special_record *record)
{
    half += 8 * DBL_EPSILON * fmax(fabs(beta), glide->beta_to - glide->beta_from);
    record->beta = beta;
    record->beta_low = beta - half;
    record->beta_high = beta + half;
}

static spn_status locate(event *e, spni_found *found)
{
    spn_status status = SPN_OK;
    spni_glide *glide = e->glide;
    const spni_stand *a = &glide->at, *b = &glide->next;
    spn_special_record *record = &found->record;
    root_state r;
    bool is_found = false;
    e->width = spni_stand_distance(glide->p, a, b);
    record->coefficient = (double)NAN;
    SPN_TRY(find_root(e, &r, &is_found));
    if (r.last.x > 0) { /* otherwise nothing was solved for, and `mid` is where the arc begins */
        SPN_TRY(spni_stand_measure(
            glide->p, e->kind == EVENT_OUTSIDE ? SPNI_STAND_POINT : SPNI_STAND_STATE, &glide->mid));
    }
    record->state = glide->mid.state;
    found->share = r.last.x;
    found->loss_slope = glide->mid.loss_slope;
    memcpy(found->theta, glide->mid.theta,
           (size_t)glide->p->whole->dimension * sizeof *found->theta);
    double rounding = 0, beta = glide->mid.beta + r.ahead;
    if (e->kind == EVENT_TURN) {
        record->coefficient = (b->beta_slope - a->beta_slope) / (2 * e->width);
        rounding =
            r.last.x > 0 ? glide->mid.gradient_norm / fmax(fabs(drive_of(glide)), DBL_MIN) : 0;
        SPN_TRY(is_found && !found->is_vertex ? bend_fold(glide, record) : SPN_OK);
    } else if (is_found && !e->is_sign) {
        rounding = value_rounding(e, &r);
    }
    set_interval(glide, beta, (is_found ? 1 : 2) * r.rest + rounding, record);
    record->state.beta = glide->mid.beta;
    spn_state_relabel(&record->state, &a->state);
    record->state.accuracy = a->state.accuracy;
done:
    return status;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t change(int64_t from, int64_t to)
{
    return larger(from - to, to - from);
}

/* What happens on the arc; found[k].record.index_after: by how much the index changes there. */
static int64_t list_events(spni_glide *glide, event *events, spni_found *found)
{
    const spni_stand *a = &glide->at, *b = &glide->next;
    bool is_known = a->certainty != SPN_CERTAIN_NOT && b->certainty != SPN_CERTAIN_NOT;
    bool is_turned = (a->beta_slope < 0) != (b->beta_slope < 0);
    int64_t inside = is_known ? b->inside - a->inside : 0, count = 0;
    int64_t outside = is_known ? b->outside - a->outside : 0;
    if (is_turned || inside != 0) {
        events[count] = (event){.glide = glide,
                                .kind = is_turned ? EVENT_TURN : EVENT_INSIDE,
                                .place = a->inside < b->inside ? a->inside : b->inside};
        found[count].is_known = is_known;
        found[count].is_vertex = is_turned && is_known && inside == 0;
        bool is_fold = is_turned && !found[count].is_vertex;
        found[count].record.kind = is_fold ? SPN_SPECIAL_FOLD : SPN_SPECIAL_BRANCH_POINT;
        found[count].record.kernel = is_known ? larger(1, change(a->inside, b->inside)) : 1;
        found[count++].record.index_after = inside;
    }
    if (outside != 0) {
        int64_t least = a->outside < b->outside ? a->outside : b->outside;
        events[count] =
            (event){.glide = glide, .kind = EVENT_OUTSIDE, .place = least, .is_sign = least > 0};
        found[count].is_known = found[count].is_outside = true;
        found[count].record.kind = SPN_SPECIAL_BRANCH_POINT;
        found[count].record.kernel = change(a->outside, b->outside);
        found[count++].record.index_after = outside;
    }
    return count;
}

/* Inside and outside of the symmetric subspace at once: as far as both are known they are one branch point. */
static bool is_one(const spni_found *a, const spni_found *b)
{
    bool are_points = a->record.kind == SPN_SPECIAL_BRANCH_POINT && !a->is_vertex;
    return are_points && a->record.beta_low <= b->record.beta_high &&
           b->record.beta_low <= a->record.beta_high;
}

/* The one whose place is known better, with both changes of the index. */
static void join(spni_found *found)
{
    const spn_special_record *a = &found[0].record, *b = &found[1].record;
    int64_t kernel = a->kernel + b->kernel, index = a->index_after + b->index_after;
    if (b->beta_high - b->beta_low < a->beta_high - a->beta_low) {
        const spni_found first = found[0];
        found[0] = found[1];
        found[1] = first;
    }
    found[0].record.kernel = kernel;
    found[0].record.index_after = index;
    found[0].is_outside = true;
}

spn_status spni_glide_locate(spni_glide *glide, spni_found *found, int64_t *count)
{
    spn_status status = SPN_OK;
    event events[SPNI_FOUND_MOST];
    int64_t index = spni_stand_index(&glide->at);
    for (int64_t k = 0; k < SPNI_FOUND_MOST; k++) {
        found[k] = (spni_found){.theta = found[k].theta};
    }
    *count = list_events(glide, events, found);
    for (int64_t k = 0; k < *count; k++) {
        SPN_TRY(locate(&events[k], &found[k]));
    }
    if (*count == 2 && is_one(&found[0], &found[1])) {
        join(found);
        *count = 1;
    }
    if (*count == 2 && found[1].share < found[0].share) {
        const spni_found first = found[1];
        found[1] = found[0];
        found[0] = first;
    }
    for (int64_t k = 0; k < *count; k++) {
        found[k].record.index_before = found[k].is_known ? index : -1;
        index += found[k].record.index_after;
        found[k].record.index_after = found[k].is_known ? index : -1;
    }
done:
    return status;
}
