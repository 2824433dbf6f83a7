/* SPDX-License-Identifier: MIT */
/* Special points on an arc between two stands, by products: each is the root of one function along the arc, by false position, but for
 * vertices (vertex_products.c).
 *
 *   beta turns back and an eigenvalue inside the symmetric subspace changes sign    fold: the root of dbeta/ds
 *   beta turns back and none does                                                  vertex: extrapolated; the branch retraces a
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

enum { ROOT_STEPS = 40, IDLE_MOST = 5 };
/* What is left of beta at a fold, as a share of the accuracy asked for; it is taken off to higher order. */
static const double FOLD_SHARE = 0.1;
/* Where the sign of a function is known and not its size its root is bracketed to this share of beta. */
static const double BRACKET_SHARE = 1e-6;
/* Eigenvalues of iterations are known to this share of the largest, others to rounding. */
static const double VALUE_ERROR = 1e-9;
/* Where the branch moves along the kernel rounding is magnified by 1 / lambda: the root is looked for until lambda is this share of what it
 * is at the ends, and extrapolated from three places beside it, at these shares of the way to the farther end (the last one on the
 * other side, if that is long enough). */
static const double FAR_ENDS = 1e-2, BESIDE[] = {0.04, 0.02, -0.02};
enum { PLACES = sizeof BESIDE / sizeof *BESIDE };
/* A beta of less than this share of its scale is zero, as far as accuracy is relative. */
static const double BETA_LEAST = 1e-3;
/* D^3 L, in its natural scale; and rounding of a gradient, in that of curvature and weights. */
static const double THIRD = 0.3, GRADIENT_ERROR = 16 * DBL_EPSILON;

typedef enum event_kind { EVENT_TURN, EVENT_INSIDE, EVENT_OUTSIDE } event_kind;

/* One function along the arc. */
typedef struct event {
    spni_glide *glide;
    event_kind kind;
    int64_t place; /* of the eigenvalue that changes sign, ascending from 0 */
    bool is_sign;  /* only its sign is known */
    bool is_along; /* the branch moves along the kernel */
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
    double secant;    /* of the function over the whole arc */
    double low, high; /* beta at the bracket's ends */
    double rest;      /* |beta - that of the root| */
    double ahead;     /* beta of the root less that of `mid`, as far as is known */
} root_state;

/* Over the arc, that of the last two values; two that are closer than they are known to be have any, of which a large one would say that
 * the root is near. */
static double slope_of(const root_state *r)
{
    double slope = (r->last.value - r->before.value) / (r->last.x - r->before.x);
    return slope / r->secant > 0 && slope / r->secant <= 1 ? slope : r->secant;
}

/* |dbeta/ds| where an eigenvalue vanishes: there the tangent may be a mixture of those of two branches. */
static double steepness_of(const event *e)
{
    const spni_glide *glide = e->glide;
    return fmax(fabs(glide->mid.beta_slope),
                fmax(fabs(glide->at.beta_slope), fabs(glide->next.beta_slope)));
}

/* How far beta is from that of the root: no farther than the arc and its steepness say. */
static void take_rest(const event *e, root_state *r)
{
    const spni_stand *mid = &e->glide->mid;
    double slope = slope_of(r), value = r->last.value, most = steepness_of(e) * e->width;
    if (e->kind == EVENT_TURN) {
        r->ahead = -value * value * e->width / (2 * slope);
        r->rest = fabs(r->ahead);
    } else if (e->is_sign) {
        r->ahead = 0;
        r->rest = fabs(r->high - r->low);
    } else {
        r->ahead = -value / slope * mid->beta_slope * e->width;
        r->rest = fabs(value / slope) * most;
    }
    if (!e->is_sign) {
        r->rest = fmin(r->rest, most);
        r->ahead = fmin(fmax(r->ahead, -r->rest), r->rest);
    }
}

static double accuracy_of(const event *e)
{
    const spni_glide *glide = e->glide;
    double size = fmax(fabs(glide->mid.beta), BETA_LEAST * glide->p->scales.parameter);
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

/* Has the root been met from both sides? An eigenvalue that vanishes at a fold just before the arc is small there, too. */
static bool is_enclosed(const root_state *r)
{
    return r->bracket.left.x > 0 && r->bracket.right.x < 1;
}

static bool is_good(const event *e, const root_state *r)
{
    return e->is_along ? is_enclosed(r) && fabs(r->last.value) <= FAR_ENDS * fabs(r->secant)
                       : r->rest <= accuracy_of(e);
}

/* False position; `mid` ends at the last value, and the point with it. *is_found: to the accuracy asked for. */
static spn_status find_root(const event *e, root_state *r, bool *is_found)
{
    spn_status status = SPN_OK;
    spni_glide *glide = e->glide;
    root_state best = {.rest = (double)INFINITY};
    int idle = 0; /* values between others since the best one halved: they are rounding */
    *is_found = false;
    r->bracket = bracket_of(e);
    r->secant = r->bracket.right.value - r->bracket.left.value;
    r->last = r->bracket.left;
    r->before = r->bracket.right;
    r->low = glide->at.beta;
    r->high = glide->next.beta;
    spni_stand_copy(glide->p, &glide->at, &glide->mid);
    take_rest(e, r);
    for (int k = 0; k < ROOT_STEPS && idle < IDLE_MOST && spni_bracket_is_open(&r->bracket); k++) {
        bool is_there = false;
        double share = spni_bracket_next(&r->bracket);
        /* No place is nearer, and two values at one say nothing. */
        if (k > 0 && share == r->last.x) {
            *is_found = is_good(e, r);
            break;
        }
        SPN_TRY(stand_between(e, share, &is_there));
        if (!is_there) {
            SPN_TRY(go_back(e, r));
            /* It is between these, and twice the rest is said. */
            r->rest = fmax(r->rest, fabs(r->high - r->low) / 2);
            break;
        }
        r->before = r->last;
        r->last = (spni_sample){share, value_at(e, &glide->mid)};
        bool is_left = (r->last.value < 0) == (r->bracket.left.value < 0);
        *(is_left ? &r->low : &r->high) = glide->mid.beta;
        spni_bracket_take(&r->bracket, r->last);
        take_rest(e, r);
        *is_found = k > 0 && is_good(e, r);
        if (*is_found || r->last.value == 0) {
            break;
        }
        if (!e->is_sign && is_enclosed(r)) {
            idle = r->rest <= best.rest / 2 ? 0 : idle + 1;
            best = r->rest < best.rest ? *r : best;
        }
    }
    if (idle == IDLE_MOST) {
        *r = best;
        SPN_TRY(go_back(e, r));
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

/* How far z may be from the branch: along the softest direction, with the eigenvalue lambda, a gradient g moves it by g / |lambda|, or by
 * sqrt(2 g / D^3 L) where that is less. */
static double slack_of(const event *e, const root_state *r, double third)
{
    const spni_stand *mid = &e->glide->mid;
    double gradient =
        fmax(mid->gradient_norm, GRADIENT_ERROR * mid->largest * e->glide->p->scales.weight);
    /* Of eigenvalues that were not found the softest may be anything. */
    const double softest =
        mid->value_count > 0 ? mid->values[spni_softest(mid->value_count, mid->values)] : 0;
    double soft = fabs(e->is_along ? r->last.value : softest);
    return fmin(gradient / fmax(soft, DBL_MIN), sqrt(2 * gradient / third));
}

/* How well an eigenvalue is known says how well its root is: as well as it was computed, and as z is known, with which it changes
 * (branch_point.c); where the branch moves along the kernel that is most of it. Of a sign only what counts as zero is known, and the slope
 * is taken to be that of the lowest eigenvalue. */
static double value_rounding(const event *e, const root_state *r)
{
    const spni_stand *mid = &e->glide->mid;
    const spn_scales *scales = &e->glide->p->scales;
    double third = THIRD * (scales->value + fabs(mid->state.loss)) / pow(scales->weight, 3);
    double slack = slack_of(e, r, third);
    double share = e->is_sign                             ? SPN_ZERO_EIGENVALUE
                   : mid->certainty == SPN_CERTAIN_LOWEST ? VALUE_ERROR
                                                          : GRADIENT_ERROR;
    double slope =
        fabs(e->is_sign ? e->glide->next.outside_least - e->glide->at.outside_least : slope_of(r)) /
        e->width;
    double error = share * mid->largest + third * slack;
    return steepness_of(e) * fmin(slack + error / slope, e->width);
}

static void set_interval(const spni_glide *glide, double beta, double half,
                         spn_special_record *record)
{
    half += 8 * DBL_EPSILON * fmax(fabs(beta), glide->beta_to - glide->beta_from);
    record->beta = beta;
    record->beta_low = beta - half;
    record->beta_high = beta + half;
}

/* What is said of the place is that of `mid`; labels are those before it. */
static void keep_mid(const spni_glide *glide, double share, spni_found *found)
{
    spn_special_record *record = &found->record;
    found->share = share;
    found->loss_slope = glide->mid.loss_slope;
    memcpy(found->theta, glide->mid.theta,
           (size_t)glide->p->whole->dimension * sizeof *found->theta);
    record->state = glide->mid.state;
    record->state.beta = glide->mid.beta;
    spn_state_relabel(&record->state, &glide->at.state);
    record->state.accuracy = glide->at.state.accuracy;
}

static spn_status locate_vertex(spni_glide *glide, spni_found *found)
{
    spn_status status = SPN_OK;
    spni_vertex vertex;
    SPN_TRY(spni_glide_vertex(glide, &vertex));
    SPN_TRY(vertex.is_there ? spni_stand_measure(glide->p, SPNI_STAND_STATE, &glide->mid) : SPN_OK);
    found->record.coefficient = vertex.coefficient;
    set_interval(glide, vertex.beta, vertex.half, &found->record);
    keep_mid(glide, vertex.share, found);
done:
    return status;
}

/* The three places and lambda there, as a function of the share of the arc and of beta; `mid` ends at the last one. */
static spn_status take_places(const event *e, const root_state *r, spni_sample *places,
                              spni_sample *betas, bool *is_there)
{
    spn_status status = SPN_OK;
    double root = r->last.x - r->last.value / slope_of(r), far = root > 0.5 ? 0 : 1;
    double way = far - root, near = 1 - fabs(way);
    *is_there = root > 0 && root < 1;
    for (int k = 0; k < PLACES && *is_there; k++) {
        double share = BESIDE[k] > 0 || near > -BESIDE[k] ? BESIDE[k] : BESIDE[0] / 4;
        places[k].x = root + share * way;
        SPN_TRY(stand_between(e, places[k].x, is_there));
        if (!*is_there) {
            break;
        }
        places[k].value = value_at(e, &e->glide->mid);
        betas[k] = (spni_sample){e->glide->mid.beta, places[k].value};
    }
done:
    return status;
}

static spn_status measure_mid(const event *e)
{
    return spni_stand_measure(e->glide->p,
                              e->kind == EVENT_OUTSIDE ? SPNI_STAND_POINT : SPNI_STAND_STATE,
                              &e->glide->mid);
}

/* A branch point at which the branch may move along the kernel, if it is known better so than it was found. */
static spn_status locate_along(event *e, spni_found *found)
{
    spn_status status = SPN_OK;
    spni_glide *glide = e->glide;
    spn_special_record *record = &found->record;
    root_state r;
    spni_sample places[PLACES], betas[PLACES];
    double linear = 0;
    bool is_there = false;
    SPN_TRY(find_root(e, &r, &is_there));
    SPN_TRY(is_there ? take_places(e, &r, places, betas, &is_there) : SPN_OK);
    if (!is_there) {
        goto done;
    }
    double beta = spni_root_of_three(betas, &linear);
    r.before = places[PLACES - 2];
    r.last = places[PLACES - 1];
    double half = fabs(beta - linear) + value_rounding(e, &r);
    if (!(2 * half < record->beta_high - record->beta_low)) {
        goto done;
    }
    set_interval(glide, beta, half, record);
    if (fabs(betas[PLACES - 1].x - beta) < fabs(record->state.beta - beta)) {
        SPN_TRY(measure_mid(e));
        keep_mid(glide, r.last.x, found);
    }
done:
    return status;
}

static spn_status locate_root(event *e, spni_found *found)
{
    spn_status status = SPN_OK;
    spni_glide *glide = e->glide;
    spn_special_record *record = &found->record;
    root_state r;
    bool is_found = false;
    record->coefficient = (double)NAN;
    SPN_TRY(find_root(e, &r, &is_found));
    double rounding = 0, beta = glide->mid.beta + r.ahead;
    if (r.last.x > 0) { /* otherwise nothing was solved for, and `mid` is where the arc begins */
        SPN_TRY(measure_mid(e));
        rounding = e->kind == EVENT_TURN
                       ? glide->mid.gradient_norm / fmax(fabs(drive_of(glide)), DBL_MIN)
                       : value_rounding(e, &r);
    }
    keep_mid(glide, r.last.x, found);
    set_interval(glide, beta, (is_found ? 1 : 2) * r.rest + rounding, record);
    if (e->kind == EVENT_TURN) {
        record->coefficient = (glide->next.beta_slope - glide->at.beta_slope) / (2 * e->width);
        SPN_TRY(is_found ? bend_fold(glide, record) : SPN_OK);
    }
done:
    return status;
}

static spn_status locate(event *e, spni_found *found)
{
    spn_status status = SPN_OK;
    const spn_special_record *record = &found->record;
    e->width = spni_stand_distance(e->glide->p, &e->glide->at, &e->glide->next);
    if (found->is_vertex) {
        return locate_vertex(e->glide, found);
    }
    SPN_TRY(locate_root(e, found));
    e->is_along = e->kind != EVENT_TURN && !e->is_sign &&
                  record->beta_high - record->beta_low > 2 * accuracy_of(e);
    SPN_TRY(e->is_along ? locate_along(e, found) : SPN_OK);
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
