/* SPDX-License-Identifier: MIT */
/* Figure 1: the loss below, at and above the onset of learning, along the lines from the trivial model to the
 * phase that appears there, and as Landau potential; and a plane through three phases. All phases come from a
 * sweep and are minimised at the very beta. */
#include "gallery/fig1/fig1.h"

#include <math.h>
#include <spinodal/numeric.h>
#include <spinodal/study/cuts.h>
#include <string.h>

enum { CURVE_DOWN = 100, CURVE_UP = 60, MAXWELL_STEPS = 40 };
/* Biases of centred targets are the rounding of 0: up to this share of the length of theta at 0. */
static const double at_origin = SPN_STATIONARY_DISTANCE;
/* Ends of the norm-constrained curve, in lengths of the phase at the spinodal. */
static const double shortest = 0.01, longest = 1.8;
/* L is known to its rounding, so that beta_M is to that of L over |theta|^2. */
static const double equal_loss = 4e-16;
/* The lines go beyond the phase by this share of their length, whatever the experiment says. */
static const double line_margin = 0.8;
/* The betas of the figure, in steps of (spinodal - Maxwell point) from the Maxwell point. */
static const double below = -1.0, above = 0.7, beyond = 1.6;
/* The plane's beta, as a share of the last at which the fuller phase was met on the way up. */
static const double plane_share = 0.75;

typedef struct drawing {
    spn_context *context;
    const spn_study *study;
    spn_cuts *cuts;
    spn_arena *arena;
    spn_phase_source source;
    spn_anchor trivial, phase; /* the phase: the last on the way up */
    int64_t modes;             /* active in it */
    double maxwell, spinodal;  /* the spinodal: to the spacing of the sweep */
} drawing;

/* The last row with so many active modes (-1: with any) on the way up. */
static int64_t find_last(const spn_table *points, int64_t modes)
{
    const int64_t active = spn_table_find(points, "active_modes");
    const int64_t way = spn_table_find(points, "direction");
    const int64_t beta = spn_table_find(points, "beta");
    int64_t last = -1;
    for (int64_t row = 0; row < points->rows && active >= 0 && way >= 0; row++) {
        const int64_t found = spn_table_integer(points, row, active);
        if (spn_table_integer(points, row, way) == SPN_DIRECTION_UP &&
            (modes < 0 ? found > 0 : found == modes) &&
            (last < 0 || spn_table_real(points, row, beta) > spn_table_real(points, last, beta))) {
            last = row;
        }
    }
    return last;
}

/* The phases on both sides of the onset. */
static spn_status find_phases(drawing *d)
{
    spn_status status = SPN_OK;
    spn_context *context = d->context;
    const spn_table *points = d->source.points;
    const int64_t row = find_last(points, -1), end = find_last(points, 0);
    if (row < 0 || end < 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: Figure 1 needs an upward sweep that %s: change sweep.beta", d->source.path,
                 row < 0 ? "begins where the network learns" : "ends at the trivial model");
    }
    d->modes = spn_table_integer(points, row, spn_table_find(points, "active_modes"));
    d->phase.name = d->modes == 1 ? "1 mode" : "learned";
    SPN_TRY(spn_anchor_from_row(context, d->arena, &d->source, row, &d->phase));
    d->spinodal = d->phase.beta;
    SPN_TRY(spn_anchor_find(context, d->arena, d->study, &d->source, "trivial", d->spinodal,
                            &d->trivial));
    const spn_objective *loss = &d->study->loss;
    if (spn_norm(loss->dimension, d->trivial.theta) >
        at_origin * SPN_WEIGHT_FLOOR * spn_objective_scales(loss).weight) {
        SPN_FAIL(context, SPN_ERROR_UNSUPPORTED,
                 "Figure 1 starts at |theta| = 0: the trivial model of a network with biases lies "
                 "elsewhere (set model.bias: false)");
    }
done:
    return status;
}

/* A phase of its own memory, minimised at beta. */
static spn_status minimize_copy(drawing *d, const spn_anchor *from, double beta, spn_anchor *out)
{
    spn_status status = SPN_OK;
    const int64_t n = d->study->loss.dimension;
    *out = *from;
    SPN_TAKE(d->context, d->arena, out->theta, n);
    memcpy(out->theta, from->theta, (size_t)n * sizeof *out->theta);
    SPN_TRY(spn_anchor_minimize(d->context, d->study, beta, out));
done:
    return status;
}

/* L of the phase equals that of the trivial model: Newton's method on L(beta) - E_0, whose slope is n
 * (T9). L is concave in beta, so that the steps cannot run away from the root. */
static spn_status find_maxwell(drawing *d)
{
    spn_status status = SPN_OK;
    spn_anchor phase;
    double beta = d->spinodal;
    SPN_TRY(minimize_copy(d, &d->phase, beta, &phase));
    for (int k = 0; k < MAXWELL_STEPS; k++) {
        const double root = spn_objective_order_root(&d->study->loss, phase.theta);
        const double gap = phase.loss - d->trivial.error;
        if (fabs(gap) <= equal_loss * fabs(phase.loss)) {
            break;
        }
        beta -= gap / (root * root);
        SPN_TRY(spn_anchor_minimize(d->context, d->study, beta, &phase));
    }
    d->maxwell = beta;
    if (!(beta > 0 && beta < d->spinodal)) {
        SPN_FAIL(d->context, SPN_ERROR_INPUT,
                 "%s: the phases next to the onset have no common beta with equal loss: the onset "
                 "is continuous, Figure 1 shows a first-order one",
                 d->source.path);
    }
done:
    return status;
}

/* A line from the trivial model to the phase at `beta`, with L for `count` betas. */
static spn_status add_line(drawing *d, const spn_slice_settings *settings, double beta,
                           int64_t count, const double *betas)
{
    spn_status status = SPN_OK;
    spn_anchor anchors[2] = {d->trivial, d->phase};
    spn_slice_settings own = *settings;
    own.beta = (spn_reals){count, betas};
    own.margin = line_margin;
    anchors[0].beta = beta;
    anchors[0].loss = anchors[0].error; /* |theta| = 0 */
    SPN_TRY(minimize_copy(d, &d->phase, beta, &anchors[1]));
    SPN_TRY(spn_cuts_add(d->context, d->cuts, &own, beta, 2, anchors));
done:
    return status;
}

/* To a short number, far below the distance between the betas. */
static double shorten(double beta, double step)
{
    const double unit = pow(10, floor(log10(step / 10)));
    return round(beta / unit) * unit;
}

/* The trivial model, this phase and the one with one mode more, at a beta where all are minima. */
static spn_status add_plane(drawing *d, const spn_slice_settings *settings)
{
    spn_status status = SPN_OK;
    spn_anchor anchors[3] = {d->trivial, d->phase, {.name = "2 modes"}};
    spn_slice_settings own = *settings;
    const spn_table *points = d->source.points;
    int64_t row = find_last(points, d->modes + 1);
    if (row < 0 || d->modes != 1) {
        return SPN_OK;
    }
    const double last = spn_table_real(points, row, spn_table_find(points, "beta"));
    const double beta = shorten(plane_share * last, last);
    own.beta = (spn_reals){1, &beta};
    anchors[0].beta = beta;
    anchors[0].loss = anchors[0].error;
    for (int64_t i = 1; i < 3; i++) {
        SPN_TRY(spn_phase_source_find(d->context, &d->source, anchors[i].name, beta, &row));
        SPN_TRY(spn_anchor_from_row(d->context, d->arena, &d->source, row, &anchors[i]));
        SPN_TRY(spn_anchor_minimize(d->context, d->study, beta, &anchors[i]));
    }
    SPN_TRY(spn_cuts_add(d->context, d->cuts, &own, beta, 3, anchors));
done:
    return status;
}

/* E(n) from the phase at its spinodal down to small and up to large norms, ascending. */
static spn_status follow_curve(drawing *d)
{
    spn_status status = SPN_OK;
    const int64_t n = d->study->loss.dimension;
    double norms[CURVE_DOWN + CURVE_UP], *theta = NULL;
    spn_norm_record *rows = NULL, half[CURVE_DOWN];
    int64_t down = 0, up = 0;
    const double length = spn_objective_order_root(&d->study->loss, d->phase.theta);
    SPN_TAKE(d->context, d->arena, theta, n);
    SPN_TAKE(d->context, d->arena, rows, CURVE_DOWN + CURVE_UP);
    for (int k = 0; k < CURVE_DOWN; k++) {
        const double share = 1 - (1 - shortest) * (double)k / (CURVE_DOWN - 1);
        norms[k] = share * length * share * length;
    }
    for (int k = 0; k < CURVE_UP; k++) {
        const double share = 1 + (longest - 1) * (double)(k + 1) / CURVE_UP;
        norms[CURVE_DOWN + k] = share * length * share * length;
    }
    memcpy(theta, d->phase.theta, (size_t)n * sizeof *theta);
    SPN_TRY(spn_norm_curve(d->context, &d->study->loss, d->phase.beta, theta, CURVE_DOWN, norms,
                           half, &down));
    for (int64_t k = 0; k < down; k++) {
        rows[k] = half[down - 1 - k];
    }
    memcpy(theta, d->phase.theta, (size_t)n * sizeof *theta);
    SPN_TRY(spn_norm_curve(d->context, &d->study->loss, d->phase.beta, theta, CURVE_UP,
                           norms + CURVE_DOWN, rows + down, &up));
    spn_cuts_potential(d->cuts, down + up, rows);
done:
    return status;
}

static spn_status cut_all(drawing *d)
{
    spn_status status = SPN_OK;
    const double step = d->spinodal - d->maxwell;
    const double betas[4] = {shorten(d->maxwell + below * step, step), d->maxwell,
                             shorten(d->maxwell + above * step, step),
                             shorten(d->maxwell + beyond * step, step)};
    spn_slice_settings settings = *spn_experiment_slice(d->study->experiment);
    settings.span = SPN_SLICE_POINTS;
    settings.curvature = false;
    SPN_TRY(add_line(d, &settings, betas[0], 1, &betas[0]));
    SPN_TRY(add_line(d, &settings, betas[1], 1, &betas[1]));
    SPN_TRY(add_line(d, &settings, betas[2], 2, &betas[2]));
    SPN_TRY(add_plane(d, &settings));
    SPN_TRY(follow_curve(d));
done:
    return status;
}

spn_status spni_fig1_slices(spn_context *context, const spn_study *study, const char *sweep,
                            const spn_run_settings *settings, bool *is_good)
{
    spn_status status = SPN_OK;
    drawing d = {.context = context, .study = study};
    *is_good = false;
    SPN_TRY(spn_results_check_target(context, settings->output, settings->is_forced));
    SPN_TRY(spn_cuts_create(context, study, settings->threads, &d.cuts));
    d.arena = spn_cuts_arena(d.cuts);
    d.source = (spn_phase_source){.key = "the sweep", .others = "trivial"};
    SPN_TRY(spn_phase_source_open(context, d.arena, study, sweep, &d.source));
    SPN_TRY(find_phases(&d));
    SPN_TRY(find_maxwell(&d));
    SPN_TRY(cut_all(&d));
    SPN_TRY(spn_cuts_write(context, d.cuts, settings->output, settings->is_forced, is_good));
done:
    spn_cuts_free(context, d.cuts);
    return status;
}
