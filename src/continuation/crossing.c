/* SPDX-License-Identifier: MIT */
/* What leaves a special point: the branches that cross a branch point, and the minimum into which a network
 * falls at the end of a phase.
 *
 * On the kernel (k vectors w) of a branch point, L reduces to a function V of k amplitudes a, whose quadratic
 * part is proportional to beta - beta_0. Branches leave along critical points of the leading cubic or
 * quartic part of V on the sphere |a| = const: beta is the multiplier of that condition. So the system
 * grad L = 0, |W^T (theta - theta_0)|^2 = e^2 in theta and beta has one solution for each crossing branch,
 * of whatever symmetry; starts all over the sphere find them. */
#include "continuation/explore.h"

#include <math.h>
#include <string.h>

/* Distance from the branch point, in lengths of the frame. */
static const double AMPLITUDE = 5e-4;
/* Solutions further than this many amplitudes are something else. */
static const double FAR = 3;
/* Directions tried for a kernel of k > 1 dimensions, and how many in a row may bring nothing new. */
enum { DIRECTIONS = 24, IDLE_MOST = 16, FOUND_MOST = 64 };
/* A network falls from this far beyond the end of its phase (share of beta), from closer where the range ends. */
static const double BEYOND = 1e-4, BEYOND_LEAST = 1e-6;
enum { FALLS_MOST = 5 };
/* Outside the range the fall is compared with one so many times closer to the end. */
static const double CLOSER = 64;

/* Crossing branches found so far, by numbers that copies share. */
typedef struct crossing {
    double beta, loss, order, lowest;
} crossing;

typedef struct search {
    spn_branches *all;
    spni_special *special; /* the branch point */
    double *basis;         /* k x P: rows span the kernel */
    int64_t k;
    double amplitude;
    double *away;      /* P: from the branch point to a solution */
    spni_place *place; /* linearised there */
    crossing found[FOUND_MOST];
    int64_t count, idle;
} search;

/* A solution on the sphere around the branch point. */
typedef struct solution {
    double *theta; /* P; of whoever asks */
    double beta;
    bool is_found;
} solution;

static bool is_known(const search *s, const crossing *now, double largest)
{
    const spn_special_record *record = &s->special->record;
    const spn_scales *scales = &s->all->frame.scales;
    double beta = 1e-4 * fabs(now->beta - record->beta) + 1e-12 * scales->parameter;
    double loss = 1e-4 * fabs(now->loss - record->state.loss) + 1e-12 * scales->value;
    for (int64_t i = 0; i < s->count; i++) {
        const crossing *other = &s->found[i];
        if (fabs(now->beta - other->beta) <= beta && fabs(now->loss - other->loss) <= loss &&
            fabs(now->lowest - other->lowest) <= 1e-7 * largest) {
            return true;
        }
    }
    return false;
}

/* grad L = 0 and |W^T (theta - theta_0)| = amplitude, from theta_0 + amplitude * (unit direction in the kernel). */
static spn_status solve_on_sphere(search *s, const double *direction, double amplitude,
                                  solution *out)
{
    spn_status status = SPN_OK;
    spni_frame *frame = &s->all->frame;
    int64_t n = frame->n;
    const double *origin = s->special->place.theta;
    double length = spn_norm(s->k, direction), distance = 0;
    spni_newton_info info;
    memcpy(out->theta, origin, (size_t)n * sizeof *origin);
    for (int64_t j = 0; j < s->k; j++) {
        spn_axpy(n, amplitude * direction[j] / length, s->basis + j * n, out->theta);
    }
    out->beta = s->special->record.beta;
    const spni_condition sphere = {.kind = SPNI_SPHERE,
                                   .origin = origin,
                                   .target = amplitude * amplitude,
                                   .basis = s->basis,
                                   .k = s->k};
    SPN_TRY(spni_newton_solve(frame, &sphere, (double)INFINITY, out->theta, &out->beta, &info));
    for (int64_t i = 0; i < n; i++) {
        distance += (out->theta[i] - origin[i]) * (out->theta[i] - origin[i]);
    }
    out->is_found =
        info.is_converged && sqrt(distance) <= FAR * amplitude && spni_is_inside(frame, out->beta);
done:
    return status;
}

/* beta - beta_0 at half the amplitude is a quarter of it where beta goes like the square, half of it where it goes
 * linearly: then the coefficient of the square is 0. */
static spn_status measure_coefficient(search *s, const double *direction, double beta)
{
    spn_status status = SPN_OK;
    spn_special_record *record = &s->special->record;
    solution half = {.theta = s->all->work.theta};
    double change = beta - record->beta;
    SPN_TRY(solve_on_sphere(s, direction, s->amplitude / 2, &half));
    if (half.is_found) {
        bool is_linear = fabs(half.beta - record->beta) > 0.375 * fabs(change);
        record->coefficient = is_linear ? 0 : change / (s->amplitude * s->amplitude);
    }
done:
    return status;
}

/* A new branch that leaves in this direction is kept, and joins the queue where branches of its index are followed. */
static spn_status try_direction(search *s, const double *direction)
{
    spn_status status = SPN_OK;
    spn_branches *all = s->all;
    spni_place *place = s->place;
    int64_t n = all->frame.n;
    solution found = {.theta = all->work.theta};
    s->idle++;
    SPN_TRY(solve_on_sphere(s, direction, s->amplitude, &found));
    if (!found.is_found || s->count == FOUND_MOST) {
        goto done;
    }
    SPN_TRY(spni_linearise(&all->frame, found.theta, found.beta, NULL, place));
    crossing now = {found.beta, place->state.loss, place->order, place->values[0]};
    if (is_known(s, &now, place->largest)) {
        goto done;
    }
    s->found[s->count++] = now;
    s->idle = 0;
    if (place->index <= all->settings.index) {
        for (int64_t i = 0; i < n; i++) {
            s->away[i] = found.theta[i] - s->special->place.theta[i];
        }
        SPN_TRY(
            spni_queue_start(all, found.theta, found.beta, s->away, s->special->record.special));
        /* A sweep goes over into a stable one. */
        all->queue.items[all->queue.count - 1].is_first = place->index == 0;
    }
    if (s->count == 1 && !s->special->is_vertex) {
        SPN_TRY(measure_coefficient(s, direction, found.beta));
    }
done:
    return status;
}

/* Unit vectors both ways, then directions drawn from the sphere. */
static spn_status try_directions(search *s)
{
    spn_status status = SPN_OK;
    double *direction = NULL;
    int64_t k = s->k, special = s->special->record.special;
    spn_random random = spn_random_stream(0, SPN_PURPOSE_PROBES, (uint64_t)special);
    SPN_NEW(s->all->context, direction, k);
    for (int64_t j = 0; j < 2 * k && s->idle < IDLE_MOST; j++) {
        memset(direction, 0, (size_t)k * sizeof *direction);
        direction[j / 2] = j % 2 == 0 ? 1 : -1;
        SPN_TRY(try_direction(s, direction));
    }
    for (int64_t m = 0; k > 1 && m < DIRECTIONS * k && s->idle < IDLE_MOST; m++) {
        for (int64_t j = 0; j < k; j++) {
            direction[j] = spn_random_normal(&random);
        }
        SPN_TRY(try_direction(s, direction));
    }
done:
    spn_release(s->all->context, direction);
    return status;
}

/* At a vertex the branch in work is one of those that cross; what it meets there is the branch that keeps the
 * symmetry, which exists on the other side of beta as well. */
static spn_status start_beyond_vertex(spn_branches *all, const spni_special *special)
{
    double side = special->record.coefficient > 0 ? -1 : 1;
    double beta = special->record.beta * (1 + side * BEYOND);
    return spni_is_inside(&all->frame, beta)
               ? spni_queue_start(all, special->place.theta, beta, NULL, -1)
               : SPN_OK;
}

/* The branch in work is one of those that cross at its vertex: its coefficient close by, better than over the arc. */
static spn_status measure_own(search *s)
{
    spn_status status = SPN_OK;
    spn_branches *all = s->all;
    spn_special_record *record = &s->special->record;
    const spni_place *low = &all->tracer.low;
    int64_t n = all->frame.n;
    double *direction = NULL;
    solution own = {.theta = all->work.theta};
    SPN_NEW(all->context, direction, s->k);
    for (int64_t j = 0; j < s->k; j++) {
        const double *w = s->basis + j * n;
        direction[j] = spn_dot(n, w, low->theta) - spn_dot(n, w, s->special->place.theta);
    }
    SPN_TRY(solve_on_sphere(s, direction, s->amplitude, &own));
    if (own.is_found) {
        record->coefficient = (own.beta - record->beta) / (s->amplitude * s->amplitude);
    }
done:
    spn_release(all->context, direction);
    return status;
}

spn_status spni_find_crossings(spn_branches *all, spni_special *special)
{
    spn_status status = SPN_OK;
    int64_t n = all->frame.n, k = special->record.kernel;
    search s = {.all = all,
                .special = special,
                .k = k,
                .amplitude = AMPLITUDE * all->frame.length,
                .away = all->work.other,
                .place = &all->work.trial};
    SPN_NEW(all->context, s.basis, k * n);
    for (int64_t j = 0; j < k; j++) {
        memcpy(s.basis + j * n, special->place.vectors + special->kernel[j] * n,
               (size_t)n * sizeof *s.basis);
    }
    if (special->is_vertex) {
        SPN_TRY(measure_own(&s));
        SPN_TRY(start_beyond_vertex(all, special));
        goto done;
    }
    SPN_TRY(try_directions(&s));
    special->record.crossing = s.count;
done:
    spn_release(all->context, s.basis);
    return status;
}

spn_status spni_fall_beyond(spn_branches *all, const spn_special_record *record,
                            const double *theta, int64_t beyond, spni_fall *out)
{
    spn_status status = SPN_OK;
    const spni_frame *frame = &all->frame;
    double scale = fmax(fabs(record->beta), 1e-3 * (frame->beta_to - frame->beta_from));
    double rest =
        (double)beyond * ((beyond > 0 ? frame->beta_to : frame->beta_from) - record->beta);
    double way = rest > BEYOND_LEAST * scale ? fmin(BEYOND, rest / scale) : BEYOND;
    out->is_found = false;
    for (int k = 0; k < FALLS_MOST && !out->is_found; k++, way *= 4) {
        out->beta = record->beta + (double)beyond * way * scale;
        memcpy(out->theta, theta, (size_t)frame->n * sizeof(double));
        SPN_TRY(spni_minimise(all, out->beta, out->theta, &out->is_found));
    }
done:
    return status;
}

/* Beyond the range no branch is followed that could take over. There the fall tells: at a continuous transition its n goes
 * to that of the end with the distance, or with its root, and the network stays at the end's own values. `there`: the minimum
 * just beyond the end. */
static spn_status judge_outside(spn_branches *all, spni_special *end, const spni_place *there)
{
    spn_status status = SPN_OK;
    spn_special_record *record = &end->record;
    int64_t n = all->frame.n;
    double *theta = all->work.other, gap = fabs(there->order - end->place.order);
    double nearer = record->beta + (there->beta - record->beta) / CLOSER;
    bool is_converged = false;
    memcpy(theta, end->place.theta, (size_t)n * sizeof *theta);
    SPN_TRY(spni_minimise(all, nearer, theta, &is_converged));
    double rest = fabs(spn_objective_order(all->frame.objective, theta) - end->place.order);
    if (is_converged && record->kind == SPN_SPECIAL_BRANCH_POINT &&
        rest <= 2 / sqrt(CLOSER) * gap) {
        const spn_state fallen = record->after;
        record->is_continuous = 1;
        record->after = record->state;
        spn_state_relabel(&record->after, &fallen);
        record->after.accuracy = fallen.accuracy;
    }
done:
    return status;
}

/* The minimum of the fall at the end's own beta, where its branch goes there; otherwise the fall itself. */
static spn_status take_back(spn_branches *all, const spni_fall *from, double end, spni_place *place)
{
    spn_status status = SPN_OK;
    spni_frame *frame = &all->frame;
    const spni_condition level = {.kind = SPNI_LEVEL, .target = end};
    double beta = from->beta, *theta = all->work.other;
    spni_newton_info info;
    memcpy(theta, from->theta, (size_t)frame->n * sizeof *theta);
    SPN_TRY(spni_newton_solve(frame, &level, frame->length, theta, &beta, &info));
    SPN_TRY(info.is_converged ? spni_linearise(frame, theta, end, NULL, place)
                              : spni_linearise(frame, from->theta, from->beta, NULL, place));
done:
    return status;
}

/* The fall is computed just beyond the end and then taken back to it, where that is possible: at a
 * continuous transition the minimum beyond merges with the phase itself. */
spn_status spni_find_fall(spn_branches *all, spni_special *end, int64_t beyond)
{
    spn_status status = SPN_OK;
    spni_place *place = &all->work.trial;
    spni_fall found = {.theta = all->work.theta};
    SPN_TRY(spni_fall_beyond(all, &end->record, end->place.theta, beyond, &found));
    if (!found.is_found) {
        goto done;
    }
    SPN_TRY(take_back(all, &found, end->record.beta, place));
    end->record.after = place->state;
    if (spni_is_inside(&all->frame, found.beta)) {
        SPN_TRY(spni_queue_first(all, found.theta, found.beta));
    } else {
        SPN_TRY(spni_linearise(&all->frame, found.theta, found.beta, NULL, place));
        SPN_TRY(judge_outside(all, end, place));
    }
done:
    return status;
}
