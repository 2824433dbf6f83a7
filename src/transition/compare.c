/* SPDX-License-Identifier: MIT */
/* Pairs of phases that coexist: where their L cross (Maxwell points), and the loop between the end of one and the
 * end of the other (hysteresis). */
#include "transition/transition.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

typedef struct pair {
    spn_context *context;
    spn_transitions *transitions;
    int64_t run, first; /* findings of this run start at `first` */
    int64_t count;
    const spni_strand *strands;
    const spni_strand *a, *b;
    double rounding; /* of L, on both */
} pair;

static double square(double x)
{
    return x * x;
}

/* L_a - L_b, with the error of the interpolation and that of the points. */
static double gap(const pair *p, double beta, double *error)
{
    double ea = 0, eb = 0;
    double a = spni_strand_at(p->a, beta, &ea).loss, b = spni_strand_at(p->b, beta, &eb).loss;
    *error = ea + eb + 100 * DBL_EPSILON * (fabs(a) + fabs(b)) + p->rounding;
    return a - b;
}

static double bisect(const pair *p, double low, double high, double gap_low)
{
    double error = 0;
    for (int step = 0; step < 200; step++) {
        double middle = low + 0.5 * (high - low);
        if (middle <= low || middle >= high) {
            break;
        }
        double value = gap(p, middle, &error);
        if (value == 0) {
            return middle;
        }
        if ((value > 0) == (gap_low > 0)) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low + 0.5 * (high - low);
}

static bool is_lowest(const pair *p, double beta, double loss, double error)
{
    for (int64_t i = 0; i < p->count; i++) {
        const spni_strand *other = &p->strands[i];
        if (other != p->a && other != p->b && beta >= spni_strand_low(other) &&
            beta <= spni_strand_high(other)) {
            double slack = 0;
            double value = spni_strand_at(other, beta, &slack).loss;
            if (value < loss - error - slack - 1e-10 * fabs(loss)) {
                return false;
            }
        }
    }
    return true;
}

static bool has_seed(const spni_strand *strand, int64_t seed)
{
    for (int64_t i = 0; i < strand->seeds.count; i++) {
        if (((const int64_t *)strand->seeds.items)[i] == seed) {
            return true;
        }
    }
    return false;
}

/* One finding for each seed that saw both phases; where none did, one that belongs to no seed. */
static spn_status add_findings(pair *p, const spn_transition *row)
{
    spn_status status = SPN_OK;
    spni_finding finding = {.row = *row, .seed = -1};
    int64_t both = 0;
    for (int64_t i = 0; i < p->a->seeds.count; i++) {
        finding.seed = ((const int64_t *)p->a->seeds.items)[i];
        if (has_seed(p->b, finding.seed)) {
            SPN_TRY(
                spni_sequence_add(p->context, &p->transitions->findings, &finding, sizeof finding));
            both++;
        }
    }
    if (both == 0) {
        finding.seed = -1;
        SPN_TRY(spni_sequence_add(p->context, &p->transitions->findings, &finding, sizeof finding));
    }
done:
    return status;
}

/* |theta_a|^2 - |theta_b|^2 at beta, or at the end of what both strands know. */
static double difference_at(const pair *p, double beta)
{
    double low = fmax(spni_strand_low(p->a), spni_strand_low(p->b));
    double high = fmin(spni_strand_high(p->a), spni_strand_high(p->b));
    double inside = fmin(fmax(beta, low), high);
    return square(spni_strand_at(p->a, inside, NULL).norm) -
           square(spni_strand_at(p->b, inside, NULL).norm);
}

/* How small the jump of |theta|^2 is within the interval of beta; where chi is not known, from its ends. */
static double least_jump(const pair *p, const spn_transition *row, double half)
{
    double chi = fabs(row->before.susceptibility) + fabs(row->after.susceptibility);
    if (isfinite(chi)) {
        return row->jump - half * chi;
    }
    double sign = difference_at(p, row->beta) > 0 ? 1 : -1;
    return fmin(row->jump, fmin(sign * difference_at(p, row->beta_low),
                                sign * difference_at(p, row->beta_high)));
}

static spn_status add_crossing(pair *p, double beta)
{
    const double none = (double)NAN;
    const spn_exponent nothing = {none, none, none, none, none, 0};
    double error = 0;
    double value = gap(p, beta, &error);
    spn_transition row = {.run = p->run,
                          .beta = beta,
                          .before = spni_strand_at(p->a, beta, NULL),
                          .after = spni_strand_at(p->b, beta, NULL),
                          .eigenvalue = nothing,
                          .susceptibility = nothing};
    double slope = square(row.before.norm) - square(row.after.norm);
    double scale = fmax(square(row.before.norm), square(row.after.norm));
    double blur = spni_strand_blur(p->a, beta).order + spni_strand_blur(p->b, beta).order;
    if (!(fabs(slope) > 1e-6 * scale + blur)) { /* one phase, or two that touch */
        return SPN_OK;
    }
    if (slope < 0) { /* more |theta|^2 wins below: L rises with |theta|^2 (T9) */
        spn_side swap = row.before;
        row.before = row.after;
        row.after = swap;
    }
    double half = (error + fabs(value)) / fabs(slope);
    row.beta_low = beta - half;
    row.beta_high = beta + half;
    row.change = spni_change(&row, &p->transitions->ranges);
    row.jump = fabs(slope);
    row.jump_low = least_jump(p, &row, half);
    row.jump_high = 2 * row.jump - row.jump_low;
    spni_judge_crossing(&row);
    if (!is_lowest(p, beta, row.before.loss, error)) {
        row.entry = -1;
        row.share = row.jump / scale;
        return spni_sequence_add(p->context, &p->transitions->crossings, &row, sizeof row);
    }
    return add_findings(p, &row);
}

/* The next point of either strand above beta, at most `high`. */
static double next_point(const pair *p, double beta, double high)
{
    const spni_strand *both[] = {p->a, p->b};
    double next = high;
    for (int k = 0; k < 2; k++) {
        int64_t count = 0, low = 0;
        const spni_strand_node *nodes = spni_strand_nodes(both[k], &count);
        int64_t end = count;
        while (low < end) {
            int64_t middle = low + (end - low) / 2;
            if (nodes[middle].beta > beta) {
                end = middle;
            } else {
                low = middle + 1;
            }
        }
        if (low < count && nodes[low].beta < next) {
            next = nodes[low].beta;
        }
    }
    return next;
}

/* Signs count only where the gap exceeds its error: one phase met twice has a gap of rounding. */
static spn_status find_crossings(pair *p, double low, double high)
{
    spn_status status = SPN_OK;
    double last = low, last_gap = 0, error = 0;
    for (double beta = low;; beta = next_point(p, beta, high)) {
        double value = gap(p, beta, &error);
        if (fabs(value) > error) {
            if (last_gap != 0 && (value > 0) != (last_gap > 0)) {
                SPN_TRY(add_crossing(p, bisect(p, last, beta, last_gap)));
            }
            last = beta;
            last_gap = value;
        }
        if (!(beta < high)) {
            break;
        }
    }
done:
    return status;
}

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-3 * fmax(fabs(a), fabs(b));
}

/* Did a chain go up through the end of a and arrive in b? */
static bool leads_to(const pair *p, double *maxwell)
{
    const spni_finding *findings = p->transitions->findings.items;
    double end = spni_strand_high(p->a);
    bool does = false;
    *maxwell = (double)NAN;
    for (int64_t i = p->first; i < p->transitions->findings.count; i++) {
        const spn_transition *row = &findings[i].row;
        double above = row->beta_high;
        if (row->kind != SPN_TRANSITION_SPINODAL_UP || above < spni_strand_low(p->b) ||
            above > spni_strand_high(p->b) || !is_near(row->beta, end)) {
            continue;
        }
        does = does || (is_near(row->before.norm, spni_strand_at(p->a, end, NULL).norm) &&
                        is_near(row->after.loss, spni_strand_at(p->b, above, NULL).loss) &&
                        is_near(row->after.norm, spni_strand_at(p->b, above, NULL).norm));
    }
    for (int64_t i = p->first; i < p->transitions->findings.count && does; i++) {
        const spn_transition *row = &findings[i].row;
        double x = row->beta;
        if (row->kind == SPN_TRANSITION_MAXWELL && x >= spni_strand_low(p->a) && x <= end &&
            x >= spni_strand_low(p->b) && x <= spni_strand_high(p->b) &&
            is_near(row->before.norm, spni_strand_at(p->a, x, NULL).norm) &&
            is_near(row->after.norm, spni_strand_at(p->b, x, NULL).norm)) {
            *maxwell = x;
        }
    }
    return does;
}

static spn_status add_loop(pair *p, double low, double high, double maxwell)
{
    double error = 0;
    spn_hysteresis row = {.run = p->run,
                          .below = spni_strand_at(p->a, high, NULL),
                          .above = spni_strand_at(p->b, low, NULL),
                          .beta_low = low,
                          .beta_high = high,
                          .width = high - low,
                          .maxwell_beta = maxwell,
                          .change = SPN_CHANGE_OTHER,
                          .entry = -1};
    row.is_open = !((p->b->ends_low && low == spni_strand_low(p->b)) ||
                    (p->a->ends_low && low == spni_strand_low(p->a)));
    row.area = spni_strand_integral(p->a, low, high) - spni_strand_integral(p->b, low, high);
    row.area_from_loss = gap(p, high, &error) - gap(p, low, &error);
    const spni_loop_strands strands = {p->a - p->strands, p->b - p->strands};
    spn_status status =
        spni_sequence_add(p->context, &p->transitions->loop_strands, &strands, sizeof strands);
    return status != SPN_OK
               ? status
               : spni_sequence_add(p->context, &p->transitions->hysteresis, &row, sizeof row);
}

static double common_low(const pair *p)
{
    return fmax(spni_strand_low(p->a), spni_strand_low(p->b));
}

static double common_high(const pair *p)
{
    return fmin(spni_strand_high(p->a), spni_strand_high(p->b));
}

static int compare_reals(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What rounding leaves of L on a strand: the median of what its points show of it, as far as they do. */
static spn_status measure_rounding(spn_context *context, const spni_strand *strand, double *out)
{
    spn_status status = SPN_OK;
    int64_t count = 0, known = 0;
    const spni_strand_node *nodes = spni_strand_nodes(strand, &count);
    double *values = NULL;
    SPN_NEW(context, values, count);
    for (int64_t i = 0; i < count; i++) {
        values[known] = nodes[i].blur.rounding;
        known += values[known] > 0;
    }
    qsort(values, (size_t)known, sizeof *values, compare_reals);
    *out = known > 0 ? values[known / 2] : 0;
done:
    spn_release(context, values);
    return status;
}

spn_status spni_cross_phases(spn_context *context, spn_transitions *transitions, int64_t run,
                             int64_t first, int64_t count, const spni_strand *strands)
{
    spn_status status = SPN_OK;
    pair p = {context, transitions, run, first, count, strands, NULL, NULL, 0};
    double *rounding = NULL;
    SPN_NEW(context, rounding, count);
    for (int64_t i = 0; i < count; i++) {
        SPN_TRY(measure_rounding(context, &strands[i], &rounding[i]));
    }
    for (int64_t i = 0; i < count; i++) {
        for (int64_t j = i + 1; j < count; j++) {
            p.a = &strands[i];
            p.b = &strands[j];
            p.rounding = rounding[i] + rounding[j];
            if (common_low(&p) < common_high(&p)) {
                SPN_TRY(find_crossings(&p, common_low(&p), common_high(&p)));
            }
        }
    }
done:
    spn_release(context, rounding);
    return status;
}

spn_status spni_loop_phases(spn_context *context, spn_transitions *transitions, int64_t run,
                            int64_t first, int64_t count, const spni_strand *strands)
{
    spn_status status = SPN_OK;
    pair p = {context, transitions, run, first, count, strands, NULL, NULL, 0};
    for (int64_t i = 0; i < count; i++) {
        for (int64_t j = 0; j < count; j++) {
            double maxwell = 0;
            p.a = &strands[i];
            p.b = &strands[j];
            if (i != j && p.a->nodes.count > 0 && p.b->nodes.count > 0 && p.a->ends_high &&
                common_low(&p) < common_high(&p) && leads_to(&p, &maxwell)) {
                SPN_TRY(add_loop(&p, common_low(&p), common_high(&p), maxwell));
            }
        }
    }
done:
    return status;
}
