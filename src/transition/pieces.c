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

void spni_fit_add(spni_fit *fit, const double *row, double y, double weight)
{
    double rest[SPNI_PIECE_TERMS];
    y *= weight;
    for (int64_t j = 0; j < fit->terms; j++) {
        rest[j] = weight * row[j];
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

/* w = R^-T row: the fitted curve there is w . z, the covariance of two such values w . w' in units of the noise's. Needs
 * at least `terms` different points; not finite otherwise. */
static void resolve(const spni_fit *fit, const double *row, double *w)
{
    for (int64_t i = 0; i < fit->terms; i++) {
        w[i] = row[i];
        for (int64_t k = 0; k < i; k++) {
            w[i] -= fit->r[k][i] * w[k];
        }
        w[i] /= fit->r[i][i];
    }
}

static double dot(int64_t n, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

static double value_at(const spni_fit *fit, const double *row)
{
    double w[SPNI_PIECE_TERMS];
    resolve(fit, row, w);
    return dot(fit->terms, w, fit->z);
}

/* ---- Partition -------------------------------------------------------------------------------- */

typedef struct plan {
    double *best;   /* least total of the points before j */
    int64_t *start; /* of the last piece in it */
} plan;

static double partition(int64_t n, const double *x, const double *y, const double *weight,
                        int64_t degree, plan *p)
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
            spni_fit_add(&fit, row, y[j], weight[j]);
            bool can_end = j + 1 - i >= least && (j + 1 == n || x[j + 1] > x[j]);
            double total =
                p->best[i] + per_cut + fit.rss + (double)(degree + 1) * log((double)(j + 1 - i));
            if (can_end && total < p->best[j + 1]) {
                p->best[j + 1] = total;
                p->start[j + 1] = i;
            }
        }
    }
    return p->best[n];
}

spn_status spni_partition(spn_context *context, int64_t n, const double *x, const double *y,
                          const double *weight, int64_t *degree, int64_t *count, int64_t *cuts)
{
    spn_status status = SPN_OK;
    plan p = {NULL, NULL};
    double least = (double)INFINITY;
    *degree = 1;
    *count = 0;
    SPN_NEW(context, p.best, n + 1);
    SPN_NEW(context, p.start, n + 1);
    for (int64_t d = 1; d <= SPNI_DEGREE_MAX; d++) {
        double total = partition(n, x, y, weight, d, &p);
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

/* Derivatives of spni_basis(): T1' = 1, T2' = 4u, T3' = 12u^2 - 3. */
static void slope_basis(int64_t terms, double u, double *row)
{
    for (int64_t k = 0; k < terms; k++) {
        row[k] = k == 0 ? 0 : k == 1 ? 1 : k == 2 ? 4 * u : 12 * u * u - 3;
    }
}

/* What the joint at u asks of the two sides. */
typedef struct conditions {
    int count;                                                    /* 0, 1 or 2: value, slope */
    double left[2][SPNI_PIECE_TERMS], right[2][SPNI_PIECE_TERMS]; /* resolved */
    double pull[2];                                               /* Lagrange's multipliers */
    double more;                                                  /* by which rss grows */
} conditions;

/* Least squares under linear constraints: with the gaps g of the free fits and their covariance V, rss grows by g . V^-1 g,
 * and each side moves by the covariance with its values times V^-1 g. */
static void impose(const spni_window *w, int64_t cut, double u, spni_joint joint, conditions *c)
{
    const spni_fit *left = &w->left[cut], *right = &w->right[cut];
    double row[SPNI_PIECE_TERMS], gap[2] = {0, 0}, v[2][2] = {{1, 0}, {0, 1}};
    const int64_t terms = w->degree + 1;
    c->count = (int)joint;
    for (int i = 0; i < c->count; i++) {
        if (i == 0) {
            spni_basis(terms, u, row);
        } else {
            slope_basis(terms, u, row);
        }
        resolve(left, row, c->left[i]);
        resolve(right, row, c->right[i]);
        gap[i] = dot(terms, c->right[i], right->z) - dot(terms, c->left[i], left->z);
        for (int k = 0; k <= i; k++) {
            v[i][k] = v[k][i] =
                dot(terms, c->left[i], c->left[k]) + dot(terms, c->right[i], c->right[k]);
        }
    }
    double determinant = v[0][0] * v[1][1] - v[0][1] * v[1][0];
    c->pull[0] = (v[1][1] * gap[0] - v[0][1] * gap[1]) / determinant;
    c->pull[1] = (v[0][0] * gap[1] - v[1][0] * gap[0]) / determinant;
    c->more = c->pull[0] * gap[0] + c->pull[1] * gap[1];
}

double spni_window_joined(const spni_window *w, int64_t cut, double u, spni_joint joint)
{
    conditions c;
    if (!can_cut(w, cut)) {
        return (double)INFINITY;
    }
    impose(w, cut, u, joint, &c);
    double rss = w->left[cut].rss + w->right[cut].rss + c.more;
    return isfinite(rss) ? rss : (double)INFINITY;
}

static void fit_sides(const spni_window *w, const double *y)
{
    spni_fit fit;
    double row[SPNI_PIECE_TERMS];
    spni_fit_start(&fit, w->degree + 1);
    for (int64_t i = 0; i < w->points; i++) {
        w->left[i] = fit;
        spni_basis(w->degree + 1, w->u[i], row);
        spni_fit_add(&fit, row, y[i], w->weight[i]);
    }
    w->left[w->points] = fit;
    spni_fit_start(&fit, w->degree + 1);
    for (int64_t i = w->points - 1; i >= 0; i--) {
        w->right[i + 1] = fit;
        spni_basis(w->degree + 1, w->u[i], row);
        spni_fit_add(&fit, row, y[i], w->weight[i]);
    }
    w->right[0] = fit;
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
            q[i] = k == 0 ? w->weight[i] : w->u[i] * q[i - n];
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

static void fit_polynomial(const spni_window *w, const double *y, spni_duel *out)
{
    double least = (double)INFINITY;
    for (int64_t i = 0; i < w->points; i++) {
        w->rest[i] = w->weight[i] * y[i];
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

/* The best place of two pieces that go smoothly over into each other. */
typedef struct best_place {
    double rss, place;
    int64_t cut;
} best_place;

static void fit_joints(const spni_window *w, int64_t cut, unsigned joints, spni_duel *out,
                       best_place *smooth)
{
    for (int k = 0; k < SPNI_PLACES; k++) {
        double u = w->u[cut - 1] + (double)k / SPNI_PLACES * (w->u[cut] - w->u[cut - 1]);
        if (joints & 1U << SPNI_MEETING) {
            double rss = spni_window_joined(w, cut, u, SPNI_MEETING);
            if (rss < out->continuous) {
                out->continuous = rss;
                out->meeting_cut = cut;
                out->meeting = u;
            }
        }
        if (joints & 1U << SPNI_SMOOTH && w->degree > 1) { /* lines would be one line */
            double rss = spni_window_joined(w, cut, u, SPNI_SMOOTH);
            if (rss < smooth->rss) {
                *smooth = (best_place){rss, u, cut};
            }
        }
    }
}

void spni_window_fit(const spni_window *w, const double *y, unsigned joints, spni_duel *out)
{
    const int64_t freedom = w->points - (2 * w->degree + 3), terms = 2 * w->degree + 1;
    best_place smooth = {(double)INFINITY, 0, 0};
    *out = (spni_duel){.pieces = (double)INFINITY, .continuous = (double)INFINITY};
    fit_sides(w, y);
    for (int64_t cut = 1; cut < w->points; cut++) {
        double rss = spni_window_joined(w, cut, 0, SPNI_APART);
        if (rss < out->pieces) {
            out->pieces = rss;
            out->cut = cut;
        }
        if (isfinite(rss)) {
            fit_joints(w, cut, joints, out, &smooth);
        }
    }
    out->unit = out->pieces / (double)(freedom > 0 ? freedom : 1);
    fit_polynomial(w, y, out);
    if ((smooth.rss - out->smooth) / out->unit + 2 * (double)(terms - out->smooth_terms) < 0) {
        out->smooth = smooth.rss;
        out->smooth_terms = terms;
        out->smooth_cut = smooth.cut;
        out->smooth_place = smooth.place;
    }
}

void spni_window_smooth_values(const spni_window *w, const double *y, const spni_duel *duel,
                               double *values)
{
    if (duel->smooth_cut > 0) {
        spni_window_joined_values(w, duel->smooth_cut, duel->smooth_place, SPNI_SMOOTH, values);
        return;
    }
    for (int64_t i = 0; i < w->points; i++) {
        w->rest[i] = w->weight[i] * y[i];
    }
    for (int64_t k = 0; k < duel->smooth_terms; k++) {
        take_out(w->points, w->smooth + k * w->points, w->rest);
    }
    for (int64_t i = 0; i < w->points; i++) {
        values[i] = y[i] - w->rest[i] / w->weight[i];
    }
}

void spni_window_joined_values(const spni_window *w, int64_t cut, double u, spni_joint joint,
                               double *values)
{
    conditions c;
    double row[SPNI_PIECE_TERMS], resolved[SPNI_PIECE_TERMS];
    impose(w, cut, u, joint, &c);
    for (int64_t i = 0; i < w->points; i++) {
        bool is_left = i < cut;
        const spni_fit *side = is_left ? &w->left[cut] : &w->right[cut];
        spni_basis(w->degree + 1, w->u[i], row);
        resolve(side, row, resolved);
        values[i] = dot(side->terms, resolved, side->z);
        for (int k = 0; k < c.count; k++) {
            double covariance = dot(side->terms, resolved, is_left ? c.left[k] : c.right[k]);
            values[i] += is_left ? c.pull[k] * covariance : -c.pull[k] * covariance;
        }
    }
}

void spni_window_steps(const spni_window *w, int64_t cut, double u, double *value, double *slope)
{
    double row[SPNI_PIECE_TERMS], slopes[SPNI_PIECE_TERMS];
    spni_basis(w->degree + 1, u, row);
    slope_basis(w->degree + 1, u, slopes);
    *value = value_at(&w->right[cut], row) - value_at(&w->left[cut], row);
    *slope = value_at(&w->right[cut], slopes) - value_at(&w->left[cut], slopes);
}
