/* SPDX-License-Identifier: MIT */
/* Special points on an arc between two neighbouring places.
 *
 *   split the arc until what happens on it is one of
 *     one eigenvalue crosses zero and beta turns back        fold
 *     k eigenvalues cross zero, beta goes on                 branch point with a k-dimensional kernel
 *     beta turns back, no eigenvalue changes sign            vertex: the branch retraces a copy of itself
 *                                                            under a symmetry that another branch keeps
 *   and locate that by an augmented system or by the root of its test function along the arc.
 *
 * Several eigenvalues may only stay together when they vanish together, which a symmetry brings about. */
#include "continuation/continuation.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Arcs shorter than this, in lengths of the frame, are not split: what is on them happens at once. */
static const double ARC_LEAST = 1e-6;
/* |lambda| below this share of the largest belongs to the kernel at a located point. */
static const double KERNEL_SHARE = 1e-7;
/* The root of a test function along an arc is sought down to this share of the largest eigenvalue; the last
 * step is extrapolation, since rounding in theta is magnified by 1 / lambda. */
static const double ROOT_SHARE = 1e-6;
enum { ROOT_STEPS = 40, FOLD_STEPS = 12, SPLITS_MOST = 60 };

typedef enum kind { NOTHING, FOLD, BRANCH_POINT, VERTEX, TANGLED } kind;

static int64_t crossing_count(const spni_place *a, const spni_place *b)
{
    return a->index > b->index ? a->index - b->index : b->index - a->index;
}

static bool is_turned(const spni_place *a, const spni_place *b)
{
    return (a->beta_slope < 0) != (b->beta_slope < 0);
}

/* Do the eigenvalues that cross belong together: equal, as far as the arc can tell? */
static bool is_cluster(const spni_place *a, const spni_place *b)
{
    int64_t low = a->index < b->index ? a->index : b->index, high = low + crossing_count(a, b);
    double spread =
        fmax(a->values[high - 1] - a->values[low], b->values[high - 1] - b->values[low]);
    double change = fabs(a->values[low] - b->values[low]);
    return spread <= 1e-3 * change;
}

static kind classify(const spni_place *a, const spni_place *b, bool is_least)
{
    int64_t count = crossing_count(a, b);
    if (!is_turned(a, b)) {
        return count == 0                                   ? NOTHING
               : count == 1 || is_cluster(a, b) || is_least ? BRANCH_POINT
                                                            : TANGLED;
    }
    if (count == 0) {
        return VERTEX;
    }
    return count == 1 || is_least ? FOLD : TANGLED;
}

/* ---- Folds: the minimally augmented system grad L = 0, sigma = 0 ------------------------------ */

/* sigma and w of [M' w0; w0^T 0] (w, -sigma) = (0, 1), where M' is M with the kernel's other vectors
 * lifted: sigma vanishes exactly where M' is singular. */
typedef struct fold_state {
    double *w;      /* P */
    double *others; /* others_count x P */
    int64_t others_count;
    double *slope; /* P: d sigma / d theta */
    double sigma, beta_slope;
} fold_state;

static spn_status bordered_vector(spni_frame *frame, fold_state *state)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n, size = n + 1, zero_modes = 0;
    double shift = 0, *a = frame->bordered;
    bool is_singular = false;
    SPN_TRY(spni_shifted_hessian(frame, &zero_modes, &shift));
    for (int64_t j = 0; j < n; j++) {
        double *column = a + j * size;
        memcpy(column, frame->matrix + j * n, (size_t)n * sizeof *a);
        for (int64_t k = 0; k < state->others_count; k++) {
            const double *other = state->others + k * n;
            spn_axpy(n, shift * other[j], other, column);
        }
        column[n] = state->w[j];
        frame->right[j] = 0;
    }
    memcpy(a + n * size, state->w, (size_t)n * sizeof *a);
    a[n + n * size] = 0;
    frame->right[n] = 1;
    SPN_TRY(spn_lu(frame->context, size, a, frame->pivots, &is_singular));
    if (is_singular) {
        SPN_FAIL(frame->context, SPN_ERROR_NUMERIC, "a fold with a degenerate kernel");
    }
    SPN_TRY(spn_lu_solve(frame->context, size, a, frame->pivots, 1, frame->right));
    double length = spn_norm(n, frame->right);
    for (int64_t i = 0; i < n; i++) {
        state->w[i] = frame->right[i] / length;
    }
    state->sigma = -frame->right[n] / (length * length);
done:
    return status;
}

/* d sigma / d(theta, beta) = w^T dH w. The Hessian's derivative in beta by a difference; exact for a ridge. */
static spn_status sigma_slope(spni_frame *frame, const double *theta, double beta,
                              fold_state *state)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n;
    double h = 1e-4 * (frame->beta_to - frame->beta_from), ends[2];
    SPN_TRY(spni_third_derivative(frame, theta, beta, state->w, state->slope));
    for (int side = 0; side < 2; side++) {
        double at = side == 0 ? beta + h : beta - h;
        SPN_TRY(spn_point_set(frame->context, frame->point, theta, at, NULL,
                              SPN_WANT_GRADIENT | SPN_WANT_CURVATURE));
        SPN_TRY(spn_point_hvp(frame->context, frame->point, SPN_PART_FULL, 1, state->w,
                              frame->product));
        ends[side] = spn_dot(n, state->w, frame->product);
    }
    state->beta_slope = (ends[0] - ends[1]) / (2 * h);
done:
    return status;
}

/* One Newton step of the augmented system into frame->right. */
static spn_status fold_step(spni_frame *frame, const double *theta, double beta, fold_state *state,
                            bool *is_singular)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n, size = n + 1, zero_modes = 0;
    double shift = 0, *a = frame->bordered;
    SPN_TRY(spn_point_set(frame->context, frame->point, theta, beta, NULL, SPN_WANT_ALL));
    SPN_TRY(bordered_vector(frame, state));
    SPN_TRY(sigma_slope(frame, theta, beta, state));
    SPN_TRY(spn_point_set(frame->context, frame->point, theta, beta, NULL, SPN_WANT_ALL));
    SPN_TRY(spni_shifted_hessian(frame, &zero_modes, &shift));
    for (int64_t j = 0; j < n; j++) {
        double *column = a + j * size;
        memcpy(column, frame->matrix + j * n, (size_t)n * sizeof *a);
        for (int64_t k = 0; k < state->others_count; k++) {
            const double *other = state->others + k * n;
            spn_axpy(n, shift * other[j], other, column);
        }
        column[n] = state->slope[j];
        frame->right[j] = -frame->point->gradient[j];
    }
    memcpy(a + n * size, frame->point->parameter_gradient, (size_t)n * sizeof *a);
    a[n + n * size] = state->beta_slope;
    frame->right[n] = -state->sigma;
    SPN_TRY(spn_lu(frame->context, size, a, frame->pivots, is_singular));
    if (!*is_singular) {
        SPN_TRY(spn_lu_solve(frame->context, size, a, frame->pivots, 1, frame->right));
    }
done:
    return status;
}

/* The kernel's vectors at `place` (eigenvalues near zero, at least `count` of them): w is the one that beta
 * drives, the others are made orthogonal to the drive by a rotation within the kernel. */
static void split_kernel(const spni_frame *frame, const spni_place *place, int64_t first,
                         int64_t count, fold_state *state)
{
    int64_t n = frame->n;
    memset(state->w, 0, (size_t)n * sizeof *state->w);
    for (int64_t k = 0; k < count; k++) {
        const double *v = place->vectors + (first + k) * n;
        spn_axpy(n, spn_dot(n, v, place->drive), v, state->w);
    }
    double length = spn_norm(n, state->w);
    for (int64_t i = 0; i < n; i++) {
        state->w[i] /= length;
    }
    /* Gram-Schmidt of the kernel behind w; the last vector is what w already spans. */
    state->others_count = 0;
    for (int64_t k = 0; k < count && state->others_count < count - 1; k++) {
        double *u = state->others + state->others_count * n;
        memcpy(u, place->vectors + (first + k) * n, (size_t)n * sizeof *u);
        spn_axpy(n, -spn_dot(n, u, state->w), state->w, u);
        for (int64_t m = 0; m < state->others_count; m++) {
            const double *other = state->others + m * n;
            spn_axpy(n, -spn_dot(n, u, other), other, u);
        }
        double rest = spn_norm(n, u);
        if (rest > 0.1) {
            for (int64_t i = 0; i < n; i++) {
                u[i] /= rest;
            }
            state->others_count++;
        }
    }
}

static double interval_half(const spni_frame *frame, double beta, double change)
{
    return change + 8 * DBL_EPSILON * fmax(fabs(beta), frame->beta_to - frame->beta_from);
}

/* Rounding of the gradient moves a fold by |g| / |w . b|. */
static double fold_rounding(const spni_frame *frame, const fold_state *state, const double *drive)
{
    double gradient = spn_norm(frame->n, frame->point->gradient);
    return gradient / fmax(fabs(spn_dot(frame->n, state->w, drive)), DBL_MIN);
}

static spn_status solve_fold(spni_tracer *tracer, const spni_place *a, const spni_place *b,
                             fold_state *state, spni_special *special, bool *is_located)
{
    spn_status status = SPN_OK;
    spni_frame *frame = tracer->frame;
    int64_t n = frame->n, count = crossing_count(a, b);
    const spni_place *start = fabs(a->beta_slope) < fabs(b->beta_slope) ? a : b;
    double beta = start->beta, last = INFINITY, before = INFINITY,
           reach = spni_distance(frame, a, b);
    split_kernel(frame, start, a->index < b->index ? a->index : b->index, count, state);
    memcpy(tracer->theta, start->theta, (size_t)n * sizeof *tracer->theta);
    for (int k = 0; k < FOLD_STEPS; k++) {
        bool is_singular = false;
        SPN_TRY(fold_step(frame, tracer->theta, beta, state, &is_singular));
        double step = spni_length(frame, frame->right, frame->right[n]);
        if (is_singular || !isfinite(step) || step > 4 * reach) {
            goto done;
        }
        spn_axpy(n, 1, frame->right, tracer->theta);
        beta += frame->right[n];
        last = fabs(frame->right[n]);
        /* Rounding of sigma's derivative keeps steps from vanishing; beta does not feel it (it is
         * extremal in theta there). */
        if (step <= 1e-10 * frame->length || (step <= 1e-6 * frame->length && step > before / 4)) {
            *is_located = true;
            break;
        }
        before = step;
    }
    if (*is_located) {
        SPN_TRY(spni_linearise(frame, tracer->theta, beta, a, &special->place));
        special->record.beta = beta;
        double half =
            interval_half(frame, beta, last + fold_rounding(frame, state, special->place.drive));
        special->record.beta_low = beta - half;
        special->record.beta_high = beta + half;
        *is_located = spni_distance(frame, &special->place, a) <= 2 * reach &&
                      spni_distance(frame, &special->place, b) <= 2 * reach;
    }
done:
    return status;
}

static spn_status locate_fold(spni_tracer *tracer, const spni_place *a, const spni_place *b,
                              spni_special *special, bool *is_located)
{
    spn_status status = SPN_OK;
    spni_frame *frame = tracer->frame;
    spn_context *context = frame->context;
    int64_t n = frame->n;
    fold_state state = {.w = NULL};
    *is_located = false;
    SPN_NEW(context, state.w, n);
    SPN_NEW(context, state.slope, n);
    SPN_NEW(context, state.others, crossing_count(a, b) * n);
    status = solve_fold(tracer, a, b, &state, special, is_located);
    if (status == SPN_ERROR_NUMERIC) {
        spn_error_clear(context);
        status = SPN_OK;
        *is_located = false;
    }
    SPN_TRY(status);
    special->record.kind = SPN_SPECIAL_FOLD;
    if (*is_located) {
        double bend = spn_dot(n, state.slope, state.w);
        special->record.coefficient = -bend / (2 * spn_dot(n, state.w, special->place.drive));
    }
done:
    spn_release(context, state.w);
    spn_release(context, state.slope);
    spn_release(context, state.others);
    return status;
}

/* ---- Branch points and vertices: the root of a test function along the arc --------------------- */

/* Mean of the eigenvalues that cross; for a vertex the slope of beta. */
static double test_function(const spni_place *place, kind what, int64_t low, int64_t count)
{
    double sum = 0;
    if (what == VERTEX) {
        return place->beta_slope;
    }
    for (int64_t k = 0; k < count; k++) {
        sum += place->values[low + k];
    }
    return sum / (double)count;
}

typedef struct root {
    double share, value, beta;
} root;

/* False position; the Illinois variant below halves the value of an end that stays, so that both ends move. */
static double next_share(const root *a, const root *b)
{
    return (a->share * b->value - b->share * a->value) / (b->value - a->value);
}

/* beta where the test function vanishes, by linear (two points) and quadratic (three) inverse interpolation; the
 * difference says how good the first is. */
static double extrapolate(const root *r, double *difference)
{
    double linear = r[1].beta + (r[2].beta - r[1].beta) * r[1].value / (r[1].value - r[2].value);
    double other = r[0].beta + (r[2].beta - r[0].beta) * r[0].value / (r[0].value - r[2].value);
    double quadratic = linear + (other - linear) * r[1].value / (r[1].value - r[0].value);
    *difference = fabs(quadratic - linear);
    return isfinite(quadratic) ? quadratic : linear;
}

static void set_interval(const spni_frame *frame, spni_special *special, double beta, double change)
{
    double half = interval_half(frame, beta, change);
    special->record.beta = beta;
    special->record.beta_low = beta - half;
    special->record.beta_high = beta + half;
}

/* Follow the root: `mid` ends at the last evaluation; recent[0 .. 2] are the last three. */
static spn_status find_root(spni_tracer *tracer, const spni_place *a, const spni_place *b,
                            kind what, root *recent, bool *is_found)
{
    spn_status status = SPN_OK;
    int64_t low = a->index < b->index ? a->index : b->index, count = crossing_count(a, b);
    double small = ROOT_SHARE * (what == VERTEX ? 1 / tracer->frame->metric : a->largest);
    root left = {0, test_function(a, what, low, count), a->beta};
    root right = {1, test_function(b, what, low, count), b->beta};
    recent[0] = recent[1] = left;
    recent[2] = right;
    bool was_left = false;
    *is_found = false;
    for (int k = 0; k < ROOT_STEPS; k++) {
        bool is_converged = false;
        double share = next_share(&left, &right);
        SPN_TRY(spni_between(tracer, a, b, share, &tracer->mid, &is_converged));
        if (!is_converged) {
            goto done;
        }
        root now = {share, test_function(&tracer->mid, what, low, count), tracer->mid.beta};
        recent[0] = recent[1];
        recent[1] = recent[2];
        recent[2] = now;
        if (fabs(now.value) <= small) {
            *is_found = true;
            goto done;
        }
        bool is_left = (now.value < 0) == (left.value < 0);
        root *kept = is_left ? &right : &left, *moved = is_left ? &left : &right;
        if (k > 0 && is_left == was_left) {
            kept->value /= 2;
        }
        was_left = is_left;
        *moved = now;
    }
done:
    return status;
}

static spn_status locate_root(spni_tracer *tracer, const spni_place *a, const spni_place *b,
                              kind what, spni_special *special, bool *is_located)
{
    spn_status status = SPN_OK;
    spni_frame *frame = tracer->frame;
    int64_t n = frame->n;
    root r[3];
    SPN_TRY(find_root(tracer, a, b, what, r, is_located));
    if (!*is_located) {
        goto done;
    }
    /* A vertex is extremal in beta: the last evaluation is good to the square of what is left. */
    double difference = 0, beta = what == VERTEX ? r[2].beta : extrapolate(r, &difference);
    double slope = fabs((r[2].beta - r[1].beta) / (r[2].value - r[1].value));
    double rounding = what == VERTEX ? fabs(r[2].beta - r[1].beta) * fabs(r[2].value / r[1].value)
                                     : 16 * DBL_EPSILON * a->largest * slope;
    double ahead = what == VERTEX ? 0 : r[2].value / (r[1].value - r[2].value);
    ahead *= isfinite(ahead) ? r[2].share - r[1].share : 0;
    memcpy(tracer->theta, tracer->mid.theta, (size_t)n * sizeof *tracer->theta);
    spn_axpy(n, ahead * spni_distance(frame, a, b), tracer->mid.tangent, tracer->theta);
    SPN_TRY(spni_linearise(frame, tracer->theta, beta, a, &special->place));
    set_interval(frame, special, beta, 2 * difference + rounding);
    special->record.kind = SPN_SPECIAL_BRANCH_POINT;
    special->record.coefficient = (double)NAN;
    if (what == VERTEX) {
        special->record.coefficient =
            (b->beta_slope - a->beta_slope) / (2 * spni_distance(frame, a, b));
    }
done:
    return status;
}

/* ---- Arcs -------------------------------------------------------------------------------------- */

static void finish(const spni_frame *frame, const spni_place *a, const spni_place *b, kind what,
                   spni_special *special)
{
    spn_special_record *record = &special->record;
    spni_place *place = &special->place;
    int64_t n = frame->n, count = crossing_count(a, b), size = 0;
    int64_t low = place->index - 1, high = place->index;
    count = count > 0 ? count : 1;
    for (; size < n; size++) {
        bool takes_low =
            high >= n || (low >= 0 && fabs(place->values[low]) < fabs(place->values[high]));
        int64_t next = takes_low ? low : high;
        if (size >= count && fabs(place->values[next]) > KERNEL_SHARE * place->largest) {
            break;
        }
        special->kernel[size] = next;
        low -= takes_low;
        high += !takes_low;
    }
    record->kernel = size;
    record->index_before = a->index;
    record->index_after = b->index;
    record->error = place->error;
    record->loss = place->loss;
    record->weight_norm = sqrt(place->norm_squared);
    record->scalar_curvature_error = place->curvature_error;
    record->active_modes = a->labels.active_modes;
    record->dead_units = a->labels.dead_units;
    record->merged_units = a->labels.merged_units;
    record->residual = place->gradient_norm;
    special->is_vertex = what == VERTEX;
    special->arc = spni_distance(frame, a, b);
}

/* Split the arc low .. high: its first half if something happens there, otherwise the second. */
static spn_status split(spni_tracer *tracer, bool *is_split)
{
    spn_status status = SPN_OK;
    SPN_TRY(spni_between(tracer, &tracer->low, &tracer->high, 0.5, &tracer->mid, is_split));
    if (*is_split) {
        bool is_first = spni_is_event_between(&tracer->low, &tracer->mid);
        spni_place_swap(is_first ? &tracer->high : &tracer->low, &tracer->mid);
    }
done:
    return status;
}

static spn_status locate_on_arc(spni_tracer *tracer, kind what, spni_special *special,
                                bool *is_located)
{
    const spni_place *a = &tracer->low, *b = &tracer->high;
    *is_located = false;
    if (what == FOLD) {
        return locate_fold(tracer, a, b, special, is_located);
    }
    return locate_root(tracer, a, b, what, special, is_located);
}

spn_status spni_locate_next(spni_tracer *tracer, bool is_first, spni_special *special,
                            bool *is_found)
{
    spn_status status = SPN_OK;
    spni_frame *frame = tracer->frame;
    int64_t n = frame->n;
    *is_found = false;
    if (is_first) {
        spni_place_copy(n, &tracer->at, &tracer->low);
    } else {
        spni_place_swap(&tracer->low, &tracer->high);
    }
    spni_place_copy(n, &tracer->next, &tracer->high);
    if (!spni_is_event_between(&tracer->low, &tracer->high)) {
        goto done;
    }
    for (int k = 0; k < SPLITS_MOST && !*is_found; k++) {
        bool is_least =
            spni_distance(frame, &tracer->low, &tracer->high) <= ARC_LEAST * frame->length;
        kind what = classify(&tracer->low, &tracer->high, is_least);
        bool is_split = false;
        if (what != TANGLED) {
            SPN_TRY(locate_on_arc(tracer, what, special, is_found));
        }
        if (*is_found) {
            finish(frame, &tracer->low, &tracer->high, what, special);
            break;
        }
        SPN_TRY(is_least ? SPN_OK : split(tracer, &is_split));
        if (!is_split) {
            spn_warning(frame->context,
                        "a special point between beta = %.10g and %.10g could not be located",
                        tracer->low.beta, tracer->high.beta);
            break;
        }
    }
done:
    return status;
}
