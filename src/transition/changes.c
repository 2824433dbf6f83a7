/* SPDX-License-Identifier: MIT */
/* Change points of a noisy curve. Outliers are drawn in, and points weighted by the size of the noise around them.
 * Candidates are the cuts of the best partition; each is tested in its window (to the neighbouring cuts), the weakest is
 * dropped and its neighbours are tested anew, until all that are left hold. Tests are bootstraps with the residuals at
 * hand, whose size stays at its place and whose sign is drawn (wild bootstrap): noise need not be normal nor of one
 * size. The statistics are ratios. */
#include "transition/pieces.h"

#include <spinodal/numeric.h>

#include <math.h>

enum { REACH = 100 /* points of a window on each side */ };

typedef struct search {
    spn_context *context;
    const spn_changes_settings *settings;
    int64_t n;
    const double *x;
    double *y;      /* without outliers */
    double *weight; /* 1 / standard deviation of the noise there */
    double *t;      /* coordinate in [-1, 1]: x or ln x, whichever is more evenly spaced */
    bool is_log;
    int64_t degree, count;
    int64_t *cuts;
    spn_change_point *found; /* one a cut */
    bool *is_fresh;          /* tested with its present neighbours */
    /* workspace of a window */
    double *smooth, *rest, *u, *model, *residual, *noisy, *statistics;
    spni_fit *left, *right;
} search;

/* Standard deviation of the steps over their mean. */
static double unevenness(const search *s, bool is_log)
{
    double mean = 0, sum = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 1; i < s->n; i++) {
            double step = is_log ? log(s->x[i]) - log(s->x[i - 1]) : s->x[i] - s->x[i - 1];
            if (pass == 0) {
                mean += step / (double)(s->n - 1);
            } else {
                sum += (step - mean) * (step - mean);
            }
        }
    }
    return sum / (mean * mean);
}

static void choose_coordinate(search *s)
{
    s->is_log = s->x[0] > 0 && unevenness(s, true) < unevenness(s, false);
    double low = s->is_log ? log(s->x[0]) : s->x[0];
    double high = s->is_log ? log(s->x[s->n - 1]) : s->x[s->n - 1];
    for (int64_t i = 0; i < s->n; i++) {
        double at = s->is_log ? log(s->x[i]) : s->x[i];
        s->t[i] = 2 * (at - low) / (high - low) - 1;
    }
}

/* The window of cut k, and where it starts. */
static int64_t open_window(search *s, int64_t k, spni_window *w)
{
    int64_t cut = s->cuts[k];
    int64_t from = k > 0 ? s->cuts[k - 1] : 0, to = k + 1 < s->count ? s->cuts[k + 1] : s->n;
    from = cut - from > REACH ? cut - REACH : from;
    to = to - cut > REACH ? cut + REACH : to;
    double low = s->t[from], high = s->t[to - 1];
    for (int64_t i = from; i < to; i++) {
        s->u[i - from] = 2 * (s->t[i] - low) / (high - low) - 1;
    }
    *w = (spni_window){.points = to - from,
                       .degree = s->degree,
                       .u = s->u,
                       .weight = s->weight + from,
                       .smooth = s->smooth,
                       .rest = s->rest,
                       .left = s->left,
                       .right = s->right};
    spni_window_prepare(w);
    return from;
}

static double position(const search *s, int64_t from, int64_t points, double u)
{
    double low = s->is_log ? log(s->x[from]) : s->x[from];
    double last = s->x[from + points - 1];
    double high = s->is_log ? log(last) : last;
    double at = low + 0.5 * (u + 1) * (high - low);
    return s->is_log ? exp(at) : at;
}

/* What is left per degree of freedom; two pieces and their cut have 2 degree + 3 parameters. */
static double scatter(const spni_window *w, double rss)
{
    int64_t freedom = w->points - (2 * w->degree + 3);
    return rss / (double)(freedom > 0 ? freedom : 1);
}

typedef enum contest { AGAINST_SMOOTH, AGAINST_MEETING, AGAINST_CUT, AGAINST_PLACE } contest;

/* The fits that a contest compares. */
static unsigned joints_of(contest kind)
{
    return kind == AGAINST_SMOOTH ? 1U << SPNI_SMOOTH
           : kind == AGAINST_CUT  ? 0
                                  : 1U << SPNI_MEETING;
}

static double statistic(const spni_window *w, const spni_duel *d, contest kind, int64_t cut,
                        double u)
{
    double unit = d->unit;
    switch (kind) {
    case AGAINST_SMOOTH:
        return (d->smooth - d->pieces) / unit + 2 * (double)(d->smooth_terms - (2 * w->degree + 3));
    case AGAINST_MEETING:
        return (d->continuous - d->pieces) / unit;
    case AGAINST_CUT:
        return (spni_window_joined(w, cut, 0, SPNI_APART) - d->pieces) / unit;
    case AGAINST_PLACE:
        break;
    }
    return (spni_window_joined(w, cut, u, SPNI_MEETING) - d->continuous) /
           scatter(w, d->continuous);
}

/* The residuals of y against s->model, which has `terms` parameters, at the size that they had before the fit. */
static void take_residuals(search *s, const spni_window *w, const double *y, int64_t terms)
{
    double growth = sqrt((double)w->points / (double)(w->points - terms));
    for (int64_t i = 0; i < w->points; i++) {
        s->residual[i] = growth * (y[i] - s->model[i]) * w->weight[i];
    }
}

/* Statistics of data simulated from s->model and s->residual, into s->statistics. */
static spn_status simulate(search *s, const spni_window *w, contest kind, int64_t cut, double u)
{
    spn_status status = SPN_OK;
    spni_duel duel;
    for (int64_t r = 0; r < s->settings->replicas; r++) {
        spn_random random =
            spn_random_stream((uint64_t)s->settings->seed, SPN_PURPOSE_BOOTSTRAP, (uint64_t)r);
        SPN_TRY(spn_poll(s->context));
        for (int64_t i = 0; i < w->points; i++) {
            int64_t first = i - SPNI_NEIGHBOURS / 2, most = w->points - SPNI_NEIGHBOURS;
            first = first < 0 || most < 0 ? 0 : first > most ? most : first;
            int64_t range = w->points < SPNI_NEIGHBOURS ? w->points : SPNI_NEIGHBOURS;
            int64_t j = first + (int64_t)(spn_random_uniform(&random) * (double)range);
            double residual = s->residual[j] / w->weight[i];
            s->noisy[i] = s->model[i] + (spn_random_uniform(&random) < 0.5 ? residual : -residual);
        }
        spni_window_fit(w, s->noisy, joints_of(kind), &duel);
        s->statistics[r] = statistic(w, &duel, kind, cut, u);
    }
done:
    return status;
}

static double share_above(const search *s, double value)
{
    int64_t above = 0;
    for (int64_t r = 0; r < s->settings->replicas; r++) {
        above += s->statistics[r] >= value;
    }
    return (double)(1 + above) / (double)(1 + s->settings->replicas);
}

/* The value that `coverage` of the simulated statistics do not exceed. */
static double quantile(search *s)
{
    int64_t count = s->settings->replicas;
    int64_t rank = (int64_t)ceil(s->settings->coverage * (double)(count + 1)) - 1;
    spn_sort(count, s->statistics);
    return s->statistics[rank < count ? rank : count - 1];
}

/* Interval: all cuts (or meeting places) that the data do not reject. */
static void collect_cuts(const search *s, const spni_window *w, const spni_duel *d, int64_t from,
                         double limit, spn_change_point *out)
{
    for (int64_t cut = 1; cut < w->points; cut++) {
        if (statistic(w, d, AGAINST_CUT, cut, 0) <= limit) {
            out->beta_low = fmin(out->beta_low, s->x[from + cut - 1]);
            out->beta_high = fmax(out->beta_high, s->x[from + cut]);
        }
    }
}

/* A place that holds stands for its surroundings up to the next ones. */
static void collect_places(const search *s, const spni_window *w, const spni_duel *d, int64_t from,
                           double limit, spn_change_point *out)
{
    for (int64_t cut = 1; cut < w->points; cut++) {
        double step = (w->u[cut] - w->u[cut - 1]) / SPNI_PLACES;
        for (int k = 0; k < SPNI_PLACES; k++) {
            double u = w->u[cut - 1] + k * step;
            if (statistic(w, d, AGAINST_PLACE, cut, u) <= limit) {
                double before = position(s, from, w->points, fmax(u - step, -1));
                double after = position(s, from, w->points, fmin(u + step, 1));
                out->beta_low = fmin(out->beta_low, before);
                out->beta_high = fmax(out->beta_high, after);
            }
        }
    }
}

/* Is cut k more than a smooth curve would show? */
static spn_status test_cut(search *s, int64_t k)
{
    spn_status status = SPN_OK;
    spni_window w;
    spni_duel duel;
    int64_t from = open_window(s, k, &w);
    const double *y = s->y + from;
    s->found[k] = (spn_change_point){.p_value = 1, .points = w.points};
    s->is_fresh[k] = true;
    spni_window_fit(&w, y, joints_of(AGAINST_SMOOTH), &duel);
    if (duel.cut == 0 || w.points <= 2 * w.degree + 3) {
        goto done;
    }
    spni_window_smooth_values(&w, y, &duel, s->model);
    take_residuals(s, &w, y, duel.smooth_terms);
    SPN_TRY(simulate(s, &w, AGAINST_SMOOTH, 0, 0));
    s->found[k].p_value = share_above(s, statistic(&w, &duel, AGAINST_SMOOTH, 0, 0));
done:
    return status;
}

/* Jump or kink, where, and by how much. */
static spn_status describe_cut(search *s, int64_t k)
{
    spn_status status = SPN_OK;
    spni_window w;
    spni_duel duel;
    int64_t from = open_window(s, k, &w);
    const double *y = s->y + from;
    spn_change_point *out = &s->found[k];
    spni_window_fit(&w, y, joints_of(AGAINST_MEETING), &duel);
    double jump = statistic(&w, &duel, AGAINST_MEETING, 0, 0);
    double noise = sqrt(scatter(&w, duel.pieces));
    const int64_t terms = 2 * w.degree + 3;
    spni_window_joined_values(&w, duel.meeting_cut, duel.meeting, SPNI_MEETING, s->model);
    take_residuals(s, &w, y, terms - 1);
    SPN_TRY(simulate(s, &w, AGAINST_MEETING, 0, 0));
    out->jump_p_value = share_above(s, jump);
    out->order = out->jump_p_value <= s->settings->level ? 1 : 2;
    out->noise = noise / w.weight[duel.cut];
    contest kind = out->order == 1 ? AGAINST_CUT : AGAINST_PLACE;
    int64_t cut = out->order == 1 ? duel.cut : duel.meeting_cut;
    double u = out->order == 1 ? 0.5 * (w.u[cut - 1] + w.u[cut]) : duel.meeting;
    spni_window_fit(&w, y, joints_of(AGAINST_MEETING),
                    &duel); /* the sides, which the simulations have overwritten */
    spni_window_joined_values(&w, cut, u, out->order == 1 ? SPNI_APART : SPNI_MEETING, s->model);
    take_residuals(s, &w, y, terms);
    SPN_TRY(simulate(s, &w, kind, cut, u));
    spni_window_fit(&w, y, joints_of(AGAINST_MEETING), &duel);
    out->beta = out->order == 1 ? 0.5 * (s->x[from + cut - 1] + s->x[from + cut])
                                : position(s, from, w.points, u);
    out->beta_low = out->beta_high = out->beta;
    double limit = quantile(s);
    if (out->order == 1) {
        collect_cuts(s, &w, &duel, from, limit, out);
    } else {
        collect_places(s, &w, &duel, from, limit, out);
    }
    double step = position(s, from, w.points, u + 1e-6) - position(s, from, w.points, u - 1e-6);
    spni_window_steps(&w, cut, u, &out->value_jump, &out->slope_jump);
    out->slope_jump *= 2e-6 / step;
done:
    return status;
}

static void drop(search *s, int64_t k)
{
    for (int64_t i = k; i + 1 < s->count; i++) {
        s->cuts[i] = s->cuts[i + 1];
        s->found[i] = s->found[i + 1];
        s->is_fresh[i] = s->is_fresh[i + 1];
    }
    s->count--;
    if (k > 0) {
        s->is_fresh[k - 1] = false;
    }
    if (k < s->count) {
        s->is_fresh[k] = false;
    }
}

static spn_status eliminate(search *s)
{
    spn_status status = SPN_OK;
    for (bool is_done = false; !is_done;) {
        int64_t worst = -1;
        for (int64_t k = 0; k < s->count; k++) {
            if (!s->is_fresh[k]) {
                SPN_TRY(test_cut(s, k));
            }
            if (worst < 0 || s->found[k].p_value > s->found[worst].p_value) {
                worst = k;
            }
        }
        is_done = worst < 0 || s->found[worst].p_value <= s->settings->level;
        if (!is_done) {
            drop(s, worst);
        }
    }
    for (int64_t k = 0; k < s->count; k++) {
        SPN_TRY(describe_cut(s, k));
    }
done:
    return status;
}

static spn_status check(spn_context *context, int64_t n, const double *x, const double *y)
{
    if (n < SPN_CHANGES_FEWEST) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%lld samples are too few to find change points; at least %d are needed",
                        (long long)n, SPN_CHANGES_FEWEST);
    }
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i])) {
            return spn_fail(context, SPN_ERROR_INPUT, "sample %lld is not a finite number",
                            (long long)i + 1);
        }
        if (i > 0 && x[i] < x[i - 1]) {
            return spn_fail(context, SPN_ERROR_INPUT, "sample %lld: beta must not fall",
                            (long long)i + 1);
        }
    }
    return x[n - 1] > x[0] ? SPN_OK
                           : spn_fail(context, SPN_ERROR_INPUT, "all samples have the same beta");
}

static spn_status allocate(search *s)
{
    spn_status status = SPN_OK;
    const int64_t most = 2 * REACH;
    SPN_NEW(s->context, s->t, s->n);
    SPN_NEW(s->context, s->y, s->n);
    SPN_NEW(s->context, s->weight, s->n);
    SPN_NEW(s->context, s->cuts, s->n);
    SPN_NEW(s->context, s->found, s->n);
    SPN_NEW(s->context, s->is_fresh, s->n);
    SPN_NEW(s->context, s->smooth, most * SPNI_SMOOTH_TERMS);
    SPN_NEW(s->context, s->rest, most);
    SPN_NEW(s->context, s->u, most);
    SPN_NEW(s->context, s->model, 2 * s->n > most ? 2 * s->n : most);
    SPN_NEW(s->context, s->residual, most);
    SPN_NEW(s->context, s->noisy, most);
    SPN_NEW(s->context, s->statistics, s->settings->replicas);
    SPN_NEW(s->context, s->left, most + 1);
    SPN_NEW(s->context, s->right, most + 1);
done:
    return status;
}

static void release(search *s)
{
    spn_release(s->context, s->t);
    spn_release(s->context, s->y);
    spn_release(s->context, s->weight);
    spn_release(s->context, s->cuts);
    spn_release(s->context, s->found);
    spn_release(s->context, s->is_fresh);
    spn_release(s->context, s->smooth);
    spn_release(s->context, s->rest);
    spn_release(s->context, s->u);
    spn_release(s->context, s->model);
    spn_release(s->context, s->residual);
    spn_release(s->context, s->noisy);
    spn_release(s->context, s->statistics);
    spn_release(s->context, s->left);
    spn_release(s->context, s->right);
}

/* Weights, and y without outliers; false: there is nothing but zeros. */
static bool weigh(search *s, const double *y)
{
    double *noise = s->weight;
    spni_local_noise(s->n, s->t, y, noise, s->model);
    spni_tame(s->n, s->t, y, noise, s->y);
    if (!(noise[0] > 0)) {
        return false;
    }
    for (int64_t i = 0; i < s->n; i++) {
        s->weight[i] = 1 / noise[i];
    }
    return true;
}

spn_status spn_find_changes(spn_context *context, const spn_changes_settings *settings, int64_t n,
                            const double *x, const double *y, int64_t *count,
                            spn_change_point **out)
{
    spn_status status = SPN_OK;
    search s = {.context = context, .settings = settings, .n = n, .x = x};
    *out = NULL;
    *count = 0;
    SPN_TRY(check(context, n, x, y));
    SPN_TRY(allocate(&s));
    choose_coordinate(&s);
    if (weigh(&s, y)) {
        SPN_TRY(spni_partition(context, n, s.t, s.y, s.weight, &s.degree, &s.count, s.cuts));
        SPN_TRY(eliminate(&s));
    }
    *count = s.count;
    *out = s.found;
    s.found = NULL;
done:
    release(&s);
    return status;
}

/* ---- Several series --------------------------------------------------------------------------- */

static bool joins(const spn_coincidence *group, const spn_change_point *change, double reach)
{
    return group->points[change->series] < 0 &&
           change->beta_low - reach <= group->beta_high + reach &&
           change->beta_high + reach >= group->beta_low - reach;
}

static void measure_spread(spn_coincidence *group, const spn_change_point *changes, int64_t series)
{
    double low = (double)INFINITY, high = -(double)INFINITY;
    for (int64_t k = 0; k < series; k++) {
        if (group->points[k] >= 0) {
            low = fmin(low, changes[group->points[k]].beta);
            high = fmax(high, changes[group->points[k]].beta);
        }
    }
    group->spread = high - low;
}

spn_status spn_find_coincidences(spn_context *context, int64_t points,
                                 const spn_change_point *changes, int64_t series, double reach,
                                 int64_t *count, spn_coincidence **out)
{
    spn_status status = SPN_OK;
    spn_coincidence *groups = NULL;
    *count = 0;
    *out = NULL;
    SPN_NEW(context, groups, points);
    for (int64_t i = 0; i < points; i++) {
        const spn_change_point *change = &changes[i];
        int64_t at = 0;
        if (change->series < 0 || change->series >= series || series > SPN_COINCIDENCE_SERIES) {
            SPN_FAIL(context, SPN_ERROR_ARGUMENT, "change point %lld is of series %lld of %lld",
                     (long long)i, (long long)change->series, (long long)series);
        }
        while (at < *count && !joins(&groups[at], change, reach)) {
            at++;
        }
        if (at == *count) {
            groups[(*count)++] = (spn_coincidence){change->beta_low, change->beta_high, 0, {0}, 0};
            for (int64_t k = 0; k < SPN_COINCIDENCE_SERIES; k++) {
                groups[at].points[k] = -1;
            }
        }
        groups[at].points[change->series] = i;
        groups[at].series++;
        groups[at].beta_low = fmin(groups[at].beta_low, change->beta_low);
        groups[at].beta_high = fmax(groups[at].beta_high, change->beta_high);
        measure_spread(&groups[at], changes, series);
    }
    *out = groups;
    groups = NULL;
done:
    spn_release(context, groups);
    if (status != SPN_OK) {
        *count = 0;
    }
    return status;
}
