/* SPDX-License-Identifier: MIT */
/* What a plateau is: the stationary point beside its slowest place, or the fold whose ghost is felt there, and how long
 * that holds a path which begins where the plateau does. */
#include "trajectory/trajectory.h"

#include <math.h>
#include <spinodal/theory.h>
#include <string.h>

/* How far from the slowest place a branch may lie, in lengths of theta: the trivial point lies at 1. */
static const double REACH = 1.5;
/* A plateau lies at the L of its branch, up to this share of what the run covers: one that is left soon has begun at a
 * distance. */
static const double SAME_LEVEL = 0.05;
/* A degenerate origin is surrounded by saddles, the lower roots of T13, of which Newton's method meets one on its way
 * there; a path twice as far from it as that saddle feels the origin. */
static const double TRIVIAL_SHARE = 0.5;
/* A slope along the way from the branch below this is rounding, in units of the largest curvature times |theta|. */
static const double SLOPE_ROUNDING = 1e-13;

/* How far off escapes were, as factors: from the trivial phase, and from others, where the weights that a law takes as held still
 * move. Measured with tanh, linear and momentum: docs/trajectory.md. */
static const double TRIVIAL_FACTOR = 1.5, PHASE_FACTOR = 2.0;

typedef struct explanation {
    spni_walker *w;
    spn_plateau_record *out;
    const double *from, *slowest;
    const double *final; /* where the run ends, of the stay that it ends in; otherwise NULL */
    double loss, same;   /* L at the slowest place, and what counts as its level */
    double *branch, *direction, *vector; /* P each */
    spni_frame frame;
    spni_place place;
    bool is_trivial;
    double origin_time; /* to the escape from the trivial phase (T22); NaN: not known */
    double phase_time;  /* that of what the phase does not hold; NaN: not known yet */
} explanation;

/* Time of the flow to epochs; NaN where the law says never, or where the method has no time. */
static double epochs_of(const spni_walker *w, double time)
{
    spn_stepper_view view = spn_stepper_look(w->stepper);
    return isfinite(time) && view.epoch > 0 ? time * view.epoch / view.time : (double)NAN;
}

/* How many epochs a method with steps of finite length and a memory comes behind its flow. A growth of x an epoch is, to second
 * order, x (1 - x (1 + mu) / (2 (1 - mu))) for the heavy ball, mu = 0 for the others: what grows from a to b loses
 * (1 + mu) / (2 (1 - mu)) ln(b / a). It starts at rest, which costs mu / (1 - mu), and its escape is seen through a mean. */
static double delay_of(const explanation *x)
{
    const spni_walker *w = x->w;
    const spn_path_method method = (spn_path_method)w->problem->settings->method;
    double mu = spn_path_describe(method, w->problem->solver, 1).share;
    double length = spn_objective_length(w->problem->objective, x->slowest);
    double growth = fmax(length / x->out->amplitude, 1.0);
    double lag = (1.0 + mu) / (2.0 * (1.0 - mu)) * log(growth) + 3.0 * mu / (1.0 - mu);
    return spn_path_is_continuous(method) || !isfinite(lag) ? 0.0 : lag;
}

static void bound_prediction(explanation *x)
{
    spn_plateau_record *out = x->out;
    double factor = x->is_trivial ? TRIVIAL_FACTOR : PHASE_FACTOR;
    out->predicted_low = out->predicted / factor;
    out->predicted_high = out->predicted * factor + delay_of(x);
}

static double distance(int64_t n, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return sqrt(sum);
}

static void fill_branch(explanation *x, const spn_near_record *near)
{
    spn_plateau_record *out = x->out;
    out->branch_error = near->error;
    out->branch_loss = near->loss;
    out->branch_beta = near->beta;
    out->branch_distance = distance(x->w->n, x->branch, x->slowest);
    out->branch_modes = near->active_modes;
    out->eigenvalue = near->eigenvalue_min;
    out->negative_eigenvalues = near->negative_eigenvalues;
}

/* The trivial point, of many the nearest to the path. */
static spn_status find_trivial(const explanation *x, double *trivial, bool *is_there)
{
    const spni_walker *w = x->w;
    spn_status status = spn_objective_trivial_near(w->context, w->problem->objective,
                                                   w->problem->settings->beta, x->slowest, trivial);
    *is_there = status == SPN_OK;
    if (status == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(w->context);
        status = SPN_OK;
    }
    return status;
}

/* The branch is the stationary point near theta, which may be where the branch was. */
static spn_status take_branch(explanation *x, const double *theta, spn_near_record *near)
{
    const spni_walker *w = x->w;
    memmove(x->branch, theta, (size_t)w->n * sizeof *theta);
    return spn_stationary_near(w->context, w->problem->objective, w->problem->settings->beta, REACH,
                               x->branch, NULL, near);
}

static spn_status ask_origin(explanation *x)
{
    const spn_trajectory_problem *problem = x->w->problem;
    spn_status status = SPN_OK;
    if (problem->origin != NULL) {
        status = problem->origin(x->w->context, problem->origin_state, problem->settings->beta,
                                 x->from, &x->origin_time);
    }
    if (status == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(x->w->context);
        x->origin_time = (double)NAN;
        status = SPN_OK;
    }
    return status;
}

/* Near a degenerate origin Newton's method meets one of the saddles around it, or nothing: where the plateau lies at the level of the
 * trivial point and no other stationary point is much closer, it is that. T22 holds for the saddles around it as well, as long as
 * the path leaves. */
static spn_status try_trivial(explanation *x, spn_near_record *near, bool *is_found)
{
    spn_status status = SPN_OK;
    spni_walker *w = x->w;
    spn_near_record there;
    double *trivial = x->vector;
    bool is_there = false;
    SPN_TRY(find_trivial(x, trivial, &is_there));
    if (!is_there) {
        goto done;
    }
    /* A branch that lies farther from the trivial point than the path is no saddle around it. */
    double ratio =
        *is_found ? distance(w->n, x->branch, trivial) / distance(w->n, x->slowest, trivial) : 0;
    if (ratio > 1) {
        goto done;
    }
    SPN_TRY(spn_stationary_near(w->context, w->problem->objective, w->problem->settings->beta,
                                REACH, trivial, NULL, &there));
    /* A start of large weights has covered an L far above that of the trivial point, which is then no scale. */
    double same = fmin(x->same, SAME_LEVEL * fabs(there.loss));
    if (there.is_found == 0 || fabs(there.loss - x->loss) > same) {
        goto done;
    }
    SPN_TRY(ask_origin(x));
    x->is_trivial = ratio <= TRIVIAL_SHARE || isfinite(x->origin_time);
    if (x->is_trivial) {
        memcpy(x->branch, trivial, (size_t)w->n * sizeof *x->branch);
        *near = there;
        *is_found = true;
    }
done:
    return status;
}

/* A stationary point of L at the plateau's level counts, of whatever index: the one near the slowest place; the trivial point where
 * that is the better explanation; the minimum in which the run ends. */
static spn_status find_branch(explanation *x, spn_near_record *near, bool *is_found)
{
    spn_status status = SPN_OK;
    const spni_walker *w = x->w;
    SPN_TRY(take_branch(x, x->slowest, near));
    *is_found = near->is_found != 0 && fabs(near->loss - x->loss) <= x->same;
    SPN_TRY(try_trivial(x, near, is_found));
    /* A path that is still on its way along a soft valley when it ends has not seen its minimum yet. */
    if (!*is_found && x->final != NULL &&
        distance(w->n, x->final, x->slowest) <=
            REACH * spn_objective_length(w->problem->objective, x->slowest)) {
        SPN_TRY(take_branch(x, x->final, near));
        *is_found = near->is_found != 0 && near->negative_eigenvalues == 0 &&
                    fabs(near->loss - x->loss) <= x->same;
    }
done:
    return status;
}

static void normalise(int64_t n, double *d)
{
    double length = spn_norm(n, d);
    for (int64_t i = 0; i < n && length > 0; i++) {
        d[i] /= length;
    }
}

/* Unit direction of the way from the branch to theta. */
static void direction_to(const explanation *x, const double *theta, double *d)
{
    for (int64_t i = 0; i < x->w->n; i++) {
        d[i] = theta[i] - x->branch[i];
    }
    normalise(x->w->n, d);
}

/* Unit direction of that way's part along the unstable eigenvectors: P v = sum (v_i . v) v_i over lambda_i < 0. */
static void unstable_direction_to(const explanation *x, const double *theta, double *d)
{
    int64_t n = x->w->n;
    double *way = x->vector;
    for (int64_t i = 0; i < n; i++) {
        way[i] = theta[i] - x->branch[i];
    }
    memset(d, 0, (size_t)n * sizeof *d);
    for (int64_t i = 0; i < x->place.index; i++) {
        const double *v = x->place.vectors + i * n;
        spn_axpy(n, spn_dot(n, v, way), v, d);
    }
    normalise(n, d);
}

/* |d . (theta - branch)|, as a difference of products: both are along d. */
static double amplitude_at(const explanation *x, const double *d, const double *theta)
{
    return fabs(spn_dot(x->w->n, d, theta) - spn_dot(x->w->n, d, x->branch));
}

/* Does the path go away from the branch along d, at its slowest place: is it ahead, and -d . grad L above rounding? */
static spn_status is_growing(const explanation *x, const double *d, bool *is_growing)
{
    spn_status status = SPN_OK;
    const spni_walker *w = x->w;
    SPN_TRY(spn_point_set(w->context, w->point, x->slowest, w->problem->settings->beta, NULL,
                          SPN_WANT_VALUE | SPN_WANT_GRADIENT));
    double length = spn_objective_length(w->problem->objective, x->slowest);
    double slope = -spn_dot(w->n, d, w->point->gradient);
    bool is_ahead = spn_dot(w->n, d, x->slowest) > spn_dot(w->n, d, x->branch);
    *is_growing = is_ahead && slope > SLOPE_ROUNDING * x->place.largest * length;
done:
    return status;
}

/* Eigenvalues up to this have not decayed by an e-fold between the plateau's beginning and its slowest place. */
static double softest(const explanation *x)
{
    double epochs = x->out->epoch_slowest - x->out->epoch_from;
    spn_stepper_view view = spn_stepper_look(x->w->stepper);
    double time = epochs * view.time / view.epoch;
    return time > 0 ? 1 / time : (double)INFINITY;
}

/* A way to leave the branch: how long it takes from the beginning of the plateau, and whether growth there is mostly beyond
 * linear order. */
typedef struct escape {
    double time, amplitude;
    bool is_bent;
} escape;

/* Along d: da/dt = rate a + power a^(p + 1) from the amplitude at the beginning (growth.c). */
static spn_status follow_direction(const explanation *x, const double *d, escape *out)
{
    spn_status status = SPN_OK;
    spni_growth law;
    double growth = 0;
    bool is_away = false;
    *out = (escape){(double)INFINITY, amplitude_at(x, d, x->from), false};
    /* A plateau that was left may have begun with what grows falling, while weights still turn. */
    SPN_TRY(is_growing(x, d, &is_away));
    is_away = is_away || isfinite(x->out->epoch_to);
    if (!is_away || !(out->amplitude > 0)) {
        goto done;
    }
    SPN_TRY(spni_growth_law(x->w, &x->place, d, out->amplitude, &law));
    SPN_TRY(spni_growth_at(x->w, x->branch, d, out->amplitude, &growth));
    out->time = spni_growth_time(&law);
    /* Mostly beyond linear order already where it begins: r(a) > 2 rate. */
    out->is_bent = growth > 2 * law.rate;
done:
    return status;
}

/* Along the direction in which growth beyond linear order aligns, from the way to the beginning and to the slowest place: of two
 * maxima the one that is left faster; from the trivial phase by T22 where that is known. */
static spn_status follow_aligned(explanation *x, escape *out)
{
    spn_status status = SPN_OK;
    const spni_walker *w = x->w;
    const double *const starts[] = {x->slowest, x->from};
    double *d = x->direction;
    for (int k = 0; k < 2; k++) {
        escape other;
        direction_to(x, starts[k], d);
        SPN_TRY(spni_growth_align(x->w, &x->place, softest(x),
                                  distance(w->n, x->branch, x->slowest), d));
        SPN_TRY(follow_direction(x, d, &other));
        if (k == 0 || other.time < out->time) {
            *out = other;
        }
    }
    if (x->is_trivial && !isnan(x->origin_time)) {
        out->time = x->origin_time;
        out->is_bent = true;
    }
done:
    return status;
}

/* The saddle without its weights along its unstable directions: theta = saddle - sum v_i v_i.(saddle - trivial) over
 * lambda_i < 0. False where no trivial point is known, from which weights count. */
static spn_status drop_unstable(const explanation *x, double *theta, bool *is_there)
{
    spn_status status = SPN_OK;
    int64_t n = x->w->n;
    double *weights = x->direction;
    SPN_TRY(find_trivial(x, theta, is_there));
    for (int64_t i = 0; i < n && *is_there; i++) {
        weights[i] = x->branch[i] - theta[i];
    }
    memcpy(theta, x->branch, (size_t)n * sizeof *theta);
    for (int64_t i = 0; i < x->place.index && *is_there; i++) {
        const double *v = x->place.vectors + i * n;
        spn_axpy(n, -spn_dot(n, v, weights), v, theta);
    }
done:
    return status;
}

/* Saddles, lower roots of T13 in what is not learned yet, surround a phase as they do the trivial point. They differ from it along
 * their unstable directions, on which the phase has no weights. The phase is the branch where the path, like that of
 * TRIVIAL_SHARE, is far from it compared to the saddle, and leaves. */
static spn_status try_phase(explanation *x)
{
    spn_status status = SPN_OK;
    spni_walker *w = x->w;
    spn_near_record near;
    double beta = w->problem->settings->beta, *phase = x->vector;
    bool is_there = false;
    SPN_TRY(drop_unstable(x, phase, &is_there));
    if (!is_there) {
        goto done;
    }
    SPN_TRY(
        spn_stationary_near(w->context, w->problem->objective, beta, REACH, phase, NULL, &near));
    bool is_near =
        near.is_found != 0 && fabs(near.loss - x->loss) <= x->same &&
        distance(w->n, phase, x->branch) <= TRIVIAL_SHARE * distance(w->n, phase, x->slowest);
    if (is_near) {
        SPN_TRY(spni_linearise(&x->frame, phase, beta, NULL, &x->place));
        SPN_TRY(spni_loose_escape(w, &x->place, softest(x), x->from, &x->phase_time));
    }
    if (isfinite(x->phase_time)) {
        memcpy(x->branch, phase, (size_t)w->n * sizeof *x->branch);
        fill_branch(x, &near);
    } else if (is_near) {
        /* It does not leave: back to the saddle. */
        SPN_TRY(spni_linearise(&x->frame, x->branch, beta, NULL, &x->place));
    }
done:
    return status;
}

/* From a stationary point: along the unstable part of the way at the slowest place (linear growth), or where
 * growth beyond linear order aligns; the faster way out counts. Its time is then that of the loose directions
 * (escape.c), which hold more than one ray; from the trivial phase T22 has said it. */
static spn_status explain_stationary(explanation *x)
{
    spn_status status = SPN_OK;
    spni_walker *w = x->w;
    escape straight = {.time = (double)INFINITY}, aligned;
    SPN_TRY(spni_linearise(&x->frame, x->branch, w->problem->settings->beta, NULL, &x->place));
    if (x->place.index > 0 && !x->is_trivial && isfinite(x->out->epoch_to)) {
        SPN_TRY(try_phase(x));
    }
    if (x->place.index > 0) {
        unstable_direction_to(x, x->slowest, x->direction);
        SPN_TRY(follow_direction(x, x->direction, &straight));
    }
    SPN_TRY(follow_aligned(x, &aligned));
    bool is_aligned = x->place.index == 0 || aligned.time < straight.time || isnan(straight.time);
    escape *way = is_aligned ? &aligned : &straight;
    if (isfinite(x->phase_time)) {
        way->time = x->phase_time;
    } else if (!x->is_trivial && !isinf(way->time)) {
        SPN_TRY(spni_loose_escape(w, &x->place, softest(x), x->from, &way->time));
    }
    if (x->place.index == 0) {
        x->out->kind = isinf(way->time) ? SPN_PLATEAU_METASTABLE : SPN_PLATEAU_DEGENERATE;
    } else {
        x->out->kind = way->is_bent ? SPN_PLATEAU_DEGENERATE : SPN_PLATEAU_SADDLE;
    }
    x->out->amplitude = way->amplitude;
    x->out->predicted = epochs_of(w, way->time);
done:
    return status;
}

/* No stationary point: a fold on the other side of which the path lies, and whose ghost it passes. */
static spn_status explain_ghost(explanation *x)
{
    spn_status status = SPN_OK;
    spni_walker *w = x->w;
    double beta = w->problem->settings->beta;
    spn_near_record near;
    double *critical = x->direction;
    memcpy(x->branch, x->slowest, (size_t)w->n * sizeof *x->branch);
    SPN_TRY(
        spn_fold_near(w->context, w->problem->objective, beta, REACH, x->branch, critical, &near));
    /* dx/dt = distance + bend x^2 along the critical direction: of one sign there is no fixed point, which a ghost needs. */
    double distance = near.drift * (beta - near.beta);
    if (near.is_found == 0 || !(distance * near.bend > 0)) {
        goto done;
    }
    fill_branch(x, &near);
    x->out->kind = SPN_PLATEAU_GHOST;
    x->out->amplitude = amplitude_at(x, critical, x->from);
    /* The passage from -infinity to infinity takes pi / sqrt(distance bend). Both signs turn with the direction. */
    x->out->predicted = epochs_of(w, spn_theory_ghost_time(fabs(distance), fabs(near.bend)));
done:
    return status;
}

/* A path that was held and has left passed something; one that passes in a hurry leaves |grad L| no way down to it. */
static spn_status find_passed(explanation *x, spn_near_record *near, bool *is_found)
{
    spn_status status = SPN_OK;
    const spni_walker *w = x->w;
    memcpy(x->branch, x->slowest, (size_t)w->n * sizeof *x->branch);
    SPN_TRY(spn_saddle_near(w->context, w->problem->objective, w->problem->settings->beta, REACH,
                            x->branch, NULL, near));
    *is_found = near->is_found != 0 && fabs(near->loss - x->loss) <= x->same;
done:
    return status;
}

static spn_status explain(explanation *x)
{
    spn_status status = SPN_OK;
    spn_near_record near;
    bool is_found = false;
    SPN_TRY(find_branch(x, &near, &is_found));
    if (!is_found && isfinite(x->out->epoch_to)) {
        SPN_TRY(find_passed(x, &near, &is_found));
    }
    if (is_found) {
        fill_branch(x, &near);
        SPN_TRY(explain_stationary(x));
    } else {
        SPN_TRY(explain_ghost(x));
    }
done:
    return status;
}

static spn_status explanation_create(explanation *x)
{
    spn_status status = SPN_OK;
    spni_walker *w = x->w;
    x->frame.context = w->context;
    SPN_NEW(w->context, x->branch, w->n);
    SPN_NEW(w->context, x->direction, w->n);
    SPN_NEW(w->context, x->vector, w->n);
    SPN_TRY(
        spni_frame_near(w->context, w->problem->objective, w->problem->settings->beta, &x->frame));
    SPN_TRY(spni_place_create(w->context, w->n, &x->place));
done:
    return status;
}

static void explanation_free(explanation *x)
{
    spn_context *context = x->w->context;
    spn_release(context, x->branch);
    spn_release(context, x->direction);
    spn_release(context, x->vector);
    spni_place_free(context, &x->place);
    spni_frame_free(&x->frame);
}

/* What the watcher knows. */
static spn_status fill_plateau(spni_walker *w, int64_t number)
{
    spn_status status = SPN_OK;
    const spni_stay *stay = &w->watch.stays[number];
    double none = (double)NAN;
    spn_labels labels;
    SPN_TRY(spn_point_set(w->context, w->point, spni_stay_slowest(&w->watch, number),
                          w->problem->settings->beta, NULL, SPN_WANT_VALUE | SPN_WANT_GRADIENT));
    SPN_TRY(spni_labels(w->context, w->point, &labels));
    w->note->plateau = (spn_plateau_record){.run = w->run,
                                            .plateau = number,
                                            .kind = SPN_PLATEAU_SLOW,
                                            .epoch_from = stay->epoch_from,
                                            .epoch_slowest = stay->epoch_slowest,
                                            .epoch_to = stay->epoch_to,
                                            .error = stay->error,
                                            .loss = stay->loss,
                                            .gradient_norm = stay->gradient_norm,
                                            .active_modes = labels.learned_modes,
                                            .branch_error = none,
                                            .branch_loss = none,
                                            .branch_beta = none,
                                            .branch_distance = none,
                                            .branch_modes = -1,
                                            .eigenvalue = none,
                                            .negative_eigenvalues = -1,
                                            .amplitude = none,
                                            .measured = stay->epoch_to - stay->epoch_from,
                                            .predicted = none,
                                            .predicted_low = none,
                                            .predicted_high = none};
done:
    return status;
}

spn_status spni_explain(spni_walker *w, int64_t number, const double *final)
{
    spn_status status = SPN_OK;
    const spni_watch_head *head = &w->watch.head;
    explanation x = {.w = w,
                     .out = &w->note->plateau,
                     .from = spni_stay_from(&w->watch, number),
                     .slowest = spni_stay_slowest(&w->watch, number),
                     .final = final,
                     .origin_time = (double)NAN,
                     .phase_time = (double)NAN,
                     .loss = w->watch.stays[number].loss};
    x.same = SAME_LEVEL * (head->loss_high - head->loss_low) + 1e-12 * fabs(x.loss);
    SPN_TRY(fill_plateau(w, number));
    if (w->is_dense) {
        SPN_TRY(explanation_create(&x));
        SPN_TRY(explain(&x));
        bound_prediction(&x);
    }
    w->note->is_tick = false;
    w->note->stream = SPN_TRAJECTORY_PLATEAU;
    w->note->epoch = w->problem->settings->epochs;
    memcpy(w->note->numbers, x.slowest, (size_t)w->n * sizeof *x.slowest);
    SPN_TRY(spni_send(w));
done:
    explanation_free(&x);
    return status;
}
