/* SPDX-License-Identifier: MIT */
#include "transition/pieces.h"

#include <math.h>

void spni_basis(int64_t terms, double u, double *row)
{
    row[0] = 1;
    for (int64_t k = 1; k < terms; k++) {
        row[k] = k == 1 ? u : 2 * u * row[k - 1] - row[k - 2];
    }
}

void spni_fit_start(spni_fit *fit, int64_t terms)
{
    fit->terms = terms;
    fit->points = 0;
    fit->rss = 0;
    for (int64_t i = 0; i < terms; i++) {
        fit->z[i] = 0;
        for (int64_t j = 0; j < terms; j++) {
            fit->r[i][j] = 0;
        }
    }
}

void spni_fit_add(spni_fit *fit, const double *row, double y)
{
    double rest[SPNI_PIECE_TERMS];
    for (int64_t j = 0; j < fit->terms; j++) {
        rest[j] = row[j];
    }
    for (int64_t i = 0; i < fit->terms; i++) {
        double length = sqrt(fit->r[i][i] * fit->r[i][i] + rest[i] * rest[i]);
        if (length == 0) {
            continue;
        }
        double c = fit->r[i][i] / length, s = rest[i] / length, z = fit->z[i];
        for (int64_t j = i; j < fit->terms; j++) {
            double r = fit->r[i][j];
            fit->r[i][j] = c * r + s * rest[j];
            rest[j] = c * rest[j] - s * r;
        }
        fit->z[i] = c * z + s * y;
        y = c * y - s * z;
    }
    fit->rss += y * y;
    fit->points++;
}

double spni_fit_value(const spni_fit *fit, const double *row, double *variance)
{
    /* value = row . R^-1 z = (R^-T row) . z, variance = |R^-T row|^2 */
    double w[SPNI_PIECE_TERMS], value = 0, sum = 0;
    for (int64_t i = 0; i < fit->terms; i++) {
        w[i] = row[i];
        for (int64_t k = 0; k < i; k++) {
            w[i] -= fit->r[k][i] * w[k];
        }
        w[i] /= fit->r[i][i];
        value += w[i] * fit->z[i];
        sum += w[i] * w[i];
    }
    if (variance != NULL) {
        *variance = sum;
    }
    return value;
}

/* ---- Partition -------------------------------------------------------------------------------- */

typedef struct plan {
    double *best;   /* least total of the points before j */
    int64_t *start; /* of the last piece in it */
} plan;

static double partition(int64_t n, const double *x, const double *y, double noise, int64_t degree,
                        plan *p)
{
    const int64_t least = degree + 3;
    const double per_cut = 2 * log((double)n);
    spni_fit fit;
    double row[SPNI_PIECE_TERMS];
    for (int64_t j = 0; j <= n; j++) {
        p->best[j] = (double)INFINITY;
    }
    p->best[0] = -per_cut;
    for (int64_t i = 0; i + least <= n; i++) {
        if (!isfinite(p->best[i])) {
            continue;
        }
        spni_fit_start(&fit, degree + 1);
        for (int64_t j = i; j < n; j++) {
            spni_basis(degree + 1, x[j] - x[i], row);
            spni_fit_add(&fit, row, y[j]);
            bool can_end = j + 1 - i >= least && (j + 1 == n || x[j + 1] > x[j]);
            double total = p->best[i] + per_cut + fit.rss / (noise * noise) +
                           (double)(degree + 1) * log((double)(j + 1 - i));
            if (can_end && total < p->best[j + 1]) {
                p->best[j + 1] = total;
                p->start[j + 1] = i;
            }
        }
    }
    return p->best[n];
}

spn_status spni_partition(spn_context *context, int64_t n, const double *x, const double *y,
                          double noise, int64_t *degree, int64_t *count, int64_t *cuts)
{
    spn_status status = SPN_OK;
    plan p = {NULL, NULL};
    double least = (double)INFINITY;
    *degree = 1;
    *count = 0;
    SPN_NEW(context, p.best, n + 1);
    SPN_NEW(context, p.start, n + 1);
    for (int64_t d = 1; d <= SPNI_DEGREE_MAX; d++) {
        double total = partition(n, x, y, noise, d, &p);
        SPN_TRY(spn_poll(context));
        if (!(total < least)) {
            continue;
        }
        least = total;
        *degree = d;
        *count = 0;
        for (int64_t end = p.start[n]; end > 0; end = p.start[end]) {
            cuts[(*count)++] = end;
        }
        for (int64_t i = 0; i < *count / 2; i++) { /* found from the right */
            int64_t swap = cuts[i];
            cuts[i] = cuts[*count - 1 - i];
            cuts[*count - 1 - i] = swap;
        }
    }
done:
    spn_release(context, p.best);
    spn_release(context, p.start);
    return status;
}

/* ---- Two pieces in a window ------------------------------------------------------------------- */

static bool can_cut(const spni_window *w, int64_t cut)
{
    const int64_t least = w->degree + 2;
    return cut >= least && cut <= w->points - least && w->u[cut] > w->u[cut - 1];
}

double spni_window_pieces(const spni_window *w, int64_t cut)
{
    return can_cut(w, cut) ? w->left[cut].rss + w->right[cut].rss : (double)INFINITY;
}

double spni_window_continuous(const spni_window *w, int64_t cut, double u)
{
    double row[SPNI_PIECE_TERMS], left = 0, right = 0;
    if (!can_cut(w, cut)) {
        return (double)INFINITY;
    }
    spni_basis(w->degree + 1, u, row);
    /* least squares under one linear constraint: rss grows by gap^2 / its variance */
    double gap =
        spni_fit_value(&w->right[cut], row, &right) - spni_fit_value(&w->left[cut], row, &left);
    double more = gap * gap / (left + right);
    return isfinite(more) ? spni_window_pieces(w, cut) + more : (double)INFINITY;
}

static void fit_sides(const spni_window *w, const double *y)
{
    spni_fit fit;
    double row[SPNI_PIECE_TERMS];
    spni_fit_start(&fit, w->degree + 1);
    for (int64_t i = 0; i < w->points; i++) {
        w->left[i] = fit;
        spni_basis(w->degree + 1, w->u[i], row);
        spni_fit_add(&fit, row, y[i]);
    }
    w->left[w->points] = fit;
    spni_fit_start(&fit, w->degree + 1);
    for (int64_t i = w->points - 1; i >= 0; i--) {
        w->right[i + 1] = fit;
        spni_basis(w->degree + 1, w->u[i], row);
        spni_fit_add(&fit, row, y[i]);
    }
    w->right[0] = fit;
}

static double dot(int64_t n, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

static void take_out(int64_t n, const double *direction, double *from)
{
    double share = dot(n, direction, from);
    for (int64_t i = 0; i < n; i++) {
        from[i] -= share * direction[i];
    }
}

void spni_window_prepare(spni_window *w)
{
    int64_t n = w->points, least = 2 * w->degree + 3;
    int64_t most = n / 4 > least ? n / 4 : least;
    w->smooth_terms = 0;
    for (int64_t k = 0; k < most && k < SPNI_SMOOTH_TERMS && k < n; k++) {
        double *q = w->smooth + k * n;
        for (int64_t i = 0; i < n; i++) { /* u times the one before: as stable as Lanczos */
            q[i] = k == 0 ? 1 : w->u[i] * q[i - n];
        }
        double length = sqrt(dot(n, q, q));
        for (int pass = 0; pass < 2; pass++) {
            for (int64_t m = 0; m < k; m++) {
                take_out(n, w->smooth + m * n, q);
            }
        }
        double left = sqrt(dot(n, q, q));
        if (!(left > 1e-10 * length)) {
            break; /* no more different points */
        }
        for (int64_t i = 0; i < n; i++) {
            q[i] /= left;
        }
        w->smooth_terms++;
    }
}

static void fit_smooth(const spni_window *w, const double *y, spni_duel *out)
{
    double least = (double)INFINITY;
    for (int64_t i = 0; i < w->points; i++) {
        w->rest[i] = y[i];
    }
    for (int64_t k = 1; k <= w->smooth_terms; k++) {
        take_out(w->points, w->smooth + (k - 1) * w->points, w->rest);
        double rss = dot(w->points, w->rest, w->rest);
        double total = rss / out->unit + 2 * (double)k;
        if (total < least) {
            least = total;
            out->smooth = rss;
            out->smooth_terms = k;
        }
    }
}

static void fit_meeting(const spni_window *w, int64_t cut, spni_duel *out)
{
    for (int k = 0; k < SPNI_PLACES; k++) {
        double u = w->u[cut - 1] + (double)k / SPNI_PLACES * (w->u[cut] - w->u[cut - 1]);
        double meeting = spni_window_continuous(w, cut, u);
        if (meeting < out->continuous) {
            out->continuous = meeting;
            out->meeting_cut = cut;
            out->meeting = u;
        }
    }
}

void spni_window_fit(const spni_window *w, const double *y, spni_duel *out)
{
    int64_t freedom = w->points - (2 * w->degree + 3);
    *out = (spni_duel){.pieces = (double)INFINITY, .continuous = (double)INFINITY};
    fit_sides(w, y);
    for (int64_t cut = 1; cut < w->points; cut++) {
        double rss = spni_window_pieces(w, cut);
        if (rss < out->pieces) {
            out->pieces = rss;
            out->cut = cut;
        }
        if (isfinite(rss)) {
            fit_meeting(w, cut, out);
        }
    }
    out->unit = out->pieces / (double)(freedom > 0 ? freedom : 1);
    fit_smooth(w, y, out);
}

void spni_window_smooth_values(const spni_window *w, const double *y, int64_t terms, double *values)
{
    for (int64_t i = 0; i < w->points; i++) {
        w->rest[i] = y[i];
    }
    for (int64_t k = 0; k < terms; k++) {
        take_out(w->points, w->smooth + k * w->points, w->rest);
    }
    for (int64_t i = 0; i < w->points; i++) {
        values[i] = y[i] - w->rest[i];
    }
}

void spni_window_piece_values(const spni_window *w, int64_t cut, double *values)
{
    double row[SPNI_PIECE_TERMS];
    for (int64_t i = 0; i < w->points; i++) {
        const spni_fit *side = i < cut ? &w->left[cut] : &w->right[cut];
        spni_basis(w->degree + 1, w->u[i], row);
        values[i] = spni_fit_value(side, row, NULL);
    }
}

/* The constrained fit moves each side by the covariance of its value with the value at u, so that they meet. */
static double shift_at(const spni_fit *side, const double *row, const double *at)
{
    double a[SPNI_PIECE_TERMS], b[SPNI_PIECE_TERMS], sum = 0;
    for (int64_t i = 0; i < side->terms; i++) {
        a[i] = row[i];
        b[i] = at[i];
        for (int64_t k = 0; k < i; k++) {
            a[i] -= side->r[k][i] * a[k];
            b[i] -= side->r[k][i] * b[k];
        }
        a[i] /= side->r[i][i];
        b[i] /= side->r[i][i];
        sum += a[i] * b[i];
    }
    return sum;
}

void spni_window_meeting_values(const spni_window *w, int64_t cut, double u, double *values)
{
    double at[SPNI_PIECE_TERMS], row[SPNI_PIECE_TERMS], left = 0, right = 0;
    spni_basis(w->degree + 1, u, at);
    double gap =
        spni_fit_value(&w->right[cut], at, &right) - spni_fit_value(&w->left[cut], at, &left);
    double pull = gap / (left + right);
    spni_window_piece_values(w, cut, values);
    for (int64_t i = 0; i < w->points; i++) {
        spni_basis(w->degree + 1, w->u[i], row);
        values[i] += i < cut ? pull * shift_at(&w->left[cut], row, at)
                             : -pull * shift_at(&w->right[cut], row, at);
    }
}

void spni_window_steps(const spni_window *w, int64_t cut, double u, double *value, double *slope)
{
    double row[SPNI_PIECE_TERMS], slopes[SPNI_PIECE_TERMS];
    spni_basis(w->degree + 1, u, row);
    slopes[0] = 0;
    for (int64_t k = 1; k <= w->degree; k++) { /* T1' = 1, T2' = 4u, T3' = 12u^2 - 3 */
        slopes[k] = k == 1 ? 1 : k == 2 ? 4 * u : 12 * u * u - 3;
    }
    *value = spni_fit_value(&w->right[cut], row, NULL) - spni_fit_value(&w->left[cut], row, NULL);
    *slope =
        spni_fit_value(&w->right[cut], slopes, NULL) - spni_fit_value(&w->left[cut], slopes, NULL);
}
