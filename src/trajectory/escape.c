/* SPDX-License-Identifier: MIT */
/* When a path leaves its branch, from where the plateau begins and what the branch holds there.
 *
 * Loose directions are the eigenvectors of the Hessian at the branch along which the error is not curved up: what keeps
 * them small is the ridge alone, or nothing. A path is then two:
 *
 *     dr/dt = -grad L(r)                              from the beginning without its part along the loose directions S,
 *     da/dt = -S^T [grad L(r + S a) - grad L(r)]      from that part:
 *
 * how weights that lack what grows settle at the branch, and how what grows does so on the way. The escape is where
 * |da/dt| is largest before it falls again, as for plateaus (watch.c). The nonlinearity is all of L's on the loose directions: where
 * weights of small amplitude only feel its leading order, this is T23, and T22 in the trivial phase. */
#include "trajectory/trajectory.h"

#include "numeric/runge_kutta.h"

#include <math.h>
#include <string.h>

/* Error of a step, as a share of |a|; and rounding of gradients, as a share of the length of theta, below which it cannot be seen. */
static const double TOLERANCE = 1e-8, ROUNDING = 1e-14;
/* r rests once it changes by less than this share of its length during the plateau. */
static const double RESTS = 1e-2;
/* |da/dt| has fallen by this: it never leaves. */
static const double GONE = 1e-6;
/* Hysteresis of the watcher; a has grown by it as well, which swings of weights that turn have not. */
static const double FACTOR = 2;
enum { STEPS_MOST = 5000, HALVINGS = 40 };

typedef struct loose {
    spni_walker *w;
    const spni_place *place;
    int64_t n, m;
    int64_t *chosen; /* m: which eigenvectors */
    double rate;     /* of the plateau */
    bool is_resting; /* r no longer moves */
    double *memory;
    double *held; /* n: grad L at r */
    double *y;    /* r, then a */
    double *probe, *change;
    spni_runge_kutta method;
    double low, least, peak, peak_time; /* smallest |da/dt| and |a|, and the last escape */
    bool is_rising;
} loose;

/* Which eigenvectors v have v.H_E v <= 0, H_E the Hessian of the error. */
static spn_status choose(loose *x)
{
    spn_status status = SPN_OK;
    spni_walker *w = x->w;
    const spni_place *place = x->place;
    SPN_TRY(spn_point_set(w->context, w->point, place->theta, place->beta, NULL, SPN_WANT_ALL));
    const spn_point *error = spn_point_error(w->point);
    for (int64_t i = 0; i < x->n; i++) {
        const double *v = place->vectors + i * x->n;
        SPN_TRY(spn_point_hvp(w->context, error, SPN_PART_FULL, 1, v, w->trial));
        if (spn_dot(x->n, v, w->trial) <= SPN_ZERO_EIGENVALUE * place->largest) {
            x->chosen[x->m++] = i;
        }
    }
done:
    return status;
}

static const double *direction(const loose *x, int64_t j)
{
    return x->place->vectors + x->chosen[j] * x->n;
}

/* w->point at theta: grad L there. */
static spn_status look(const loose *x, const double *theta)
{
    spni_walker *w = x->w;
    return spn_point_set(w->context, w->point, theta, x->place->beta, NULL,
                         SPN_WANT_VALUE | SPN_WANT_GRADIENT);
}

static spn_status slope_of(spn_context *context, void *state, const double *y, bool is_last,
                           double *dy, bool *is_finite)
{
    (void)context, (void)is_last;
    spn_status status = SPN_OK;
    loose *x = state;
    int64_t n = x->n;
    double *theta = x->w->trial;
    if (!x->is_resting) {
        SPN_TRY(look(x, y));
        memcpy(x->held, x->w->point->gradient, (size_t)n * sizeof *x->held);
    }
    for (int64_t i = 0; i < n; i++) {
        dy[i] = x->is_resting ? 0 : -x->held[i];
    }
    memcpy(theta, y, (size_t)n * sizeof *theta);
    for (int64_t j = 0; j < x->m; j++) {
        spn_axpy(n, y[n + j], direction(x, j), theta);
    }
    SPN_TRY(look(x, theta));
    for (int64_t j = 0; j < x->m; j++) {
        const double *v = direction(x, j);
        dy[n + j] = spn_dot(n, v, x->held) - spn_dot(n, v, x->w->point->gradient);
    }
    *is_finite = spn_all_finite(n + x->m, dy);
done:
    return status;
}

static double speed_of(const loose *x, const double *dy)
{
    return spn_norm(x->m, dy + x->n);
}

/* Does |da/dt| grow at y, whose slope is dy? */
static spn_status is_growing(loose *x, const double *y, const double *dy, bool *out)
{
    spn_status status = SPN_OK;
    int64_t size = x->n + x->m;
    double length = spn_norm(size, dy), shift = 1e-7 * spn_norm(size, y);
    bool is_finite = false;
    memcpy(x->probe, y, (size_t)size * sizeof *y);
    spn_axpy(size, length > 0 ? shift / length : 0, dy, x->probe);
    SPN_TRY(slope_of(x->w->context, x, x->probe, false, x->change, &is_finite));
    *out = is_finite &&
           spn_dot(x->m, x->change + x->n, dy + x->n) > spn_dot(x->m, dy + x->n, dy + x->n);
done:
    return status;
}

/* Where within the next step of length h |da/dt| is largest. */
static spn_status locate(loose *x, double h, double *share, double *speed)
{
    spn_status status = SPN_OK;
    double low = 0, high = 1, error = 0;
    for (int k = 0; k < HALVINGS; k++) {
        double middle = (low + high) / 2;
        bool grows = false;
        SPN_TRY(spni_runge_kutta_step(x->w->context, &x->method, x->y, middle * h, &error));
        SPN_TRY(is_growing(x, x->method.next, x->method.slopes[SPNI_STAGES - 1], &grows));
        low = grows ? middle : low;
        high = grows ? high : middle;
    }
    *share = high;
    *speed = speed_of(x, x->method.slopes[SPNI_STAGES - 1]);
done:
    return status;
}

/* After the step of length h that ends at method.next: the watcher's rules. *is_over: the escape is behind. */
static spn_status watch(loose *x, double time, double h, bool *grew, bool *is_over)
{
    spn_status status = SPN_OK;
    const double *end = x->method.slopes[SPNI_STAGES - 1];
    double speed = speed_of(x, end), share = 1, top = speed;
    bool grows = false;
    double amplitude = spn_norm(x->m, x->method.next + x->n);
    x->low = fmin(x->low, speed);
    x->least = fmin(x->least, amplitude);
    if (!x->is_rising && speed > FACTOR * x->low && amplitude > FACTOR * x->least) {
        x->is_rising = true;
        x->peak = 0;
    }
    if (x->is_rising) {
        SPN_TRY(is_growing(x, x->method.next, end, &grows));
    }
    if (*grew && !grows) {
        SPN_TRY(locate(x, h, &share, &top));
        /* The whole step again, to the same bits. */
        double error = 0;
        SPN_TRY(spni_runge_kutta_step(x->w->context, &x->method, x->y, h, &error));
    }
    if (x->is_rising && top > x->peak) {
        x->peak = top;
        x->peak_time = time + share * h;
    }
    *is_over = x->is_rising && speed < x->peak / FACTOR;
    *grew = grows;
done:
    return status;
}

/* Take the step that the method has made. */
static void accept(loose *x)
{
    size_t bytes = (size_t)x->method.n * sizeof(double);
    memcpy(x->y, x->method.next, bytes);
    memcpy(x->method.slopes[0], x->method.slopes[SPNI_STAGES - 1], bytes);
    double most = RESTS * x->rate * spn_norm(x->n, x->y);
    if (!x->is_resting && spn_norm(x->n, x->method.slopes[0]) <= most) {
        x->is_resting = true;
        memset(x->method.slopes[0], 0, (size_t)x->n * sizeof(double));
    }
}

static spn_status integrate(loose *x, double *time)
{
    spn_status status = SPN_OK;
    spni_runge_kutta *method = &x->method;
    double length = spn_objective_length(x->w->problem->objective, x->place->theta);
    double now = 0, last = SPNI_ERROR_FLOOR, first = speed_of(x, method->slopes[0]);
    double h = 0.01 / x->place->largest;
    bool grew = false;
    x->low = first;
    x->least = spn_norm(x->m, x->y + x->n);
    for (int k = 0; k < STEPS_MOST; k++) {
        double error = 0, amplitude = spn_norm(x->m, x->y + x->n);
        double most = fmax(TOLERANCE * amplitude, ROUNDING * length);
        bool is_over = false;
        SPN_TRY(spni_runge_kutta_step(x->w->context, method, x->y, h, &error));
        double change = spni_step_change(error / most, &last);
        if (error <= most) {
            SPN_TRY(watch(x, now, h, &grew, &is_over));
            now += h;
            accept(x);
            if (is_over) {
                *time = x->peak_time;
                goto done;
            }
            if (speed_of(x, method->slopes[0]) <= GONE * first) {
                *time = (double)INFINITY;
                goto done;
            }
        }
        h *= change;
    }
done:
    return status;
}

static spn_status open_loose(loose *x, const double *from)
{
    spn_status status = SPN_OK;
    spn_context *context = x->w->context;
    int64_t n = x->n;
    SPN_NEW(context, x->chosen, n);
    SPN_TRY(choose(x));
    int64_t size = n + x->m;
    SPN_NEW(context, x->memory, (SPNI_STAGES + 5) * size + n);
    double *at = x->memory;
    x->method = (spni_runge_kutta){.n = size, .slope = slope_of, .state = x};
    for (int k = 0; k < SPNI_STAGES; k++, at += size) {
        x->method.slopes[k] = at;
    }
    x->method.next = at;
    x->method.sum = at + size;
    x->probe = at + 2 * size;
    x->change = at + 3 * size;
    x->y = at + 4 * size;
    x->held = at + 5 * size;
    memcpy(x->y, from, (size_t)n * sizeof *x->y);
    for (int64_t j = 0; j < x->m; j++) {
        const double *v = direction(x, j);
        x->y[n + j] = spn_dot(n, v, from) - spn_dot(n, v, x->place->theta);
        spn_axpy(n, -x->y[n + j], v, x->y);
    }
done:
    return status;
}

spn_status spni_loose_escape(spni_walker *w, const spni_place *place, double rate,
                             const double *from, double *time)
{
    spn_status status = SPN_OK;
    loose x = {.w = w, .place = place, .n = w->n};
    bool is_finite = false;
    *time = (double)NAN;
    x.rate = isfinite(rate) ? rate : fabs(place->values[0]);
    SPN_TRY(open_loose(&x, from));
    if (spn_norm(x.m, x.y + x.n) == 0) {
        *time = (double)INFINITY;
        goto done;
    }
    SPN_TRY(slope_of(w->context, &x, x.y, false, x.method.slopes[0], &is_finite));
    if (is_finite) {
        SPN_TRY(integrate(&x, time));
    }
done:
    spn_release(w->context, x.chosen);
    spn_release(w->context, x.memory);
    return status;
}
