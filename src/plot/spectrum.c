/* SPDX-License-Identifier: MIT */
/* Spectra at a point: densities of eigenvalues, their ends and outliers. */
#include "plot/canvas.h"

#include <math.h>
#include <spinodal/geometry/spectra.h>
#include <spinodal/kind.h>

/* Steps of a curve for each width of its points, and widths shown beyond the last eigenvalue. */
enum { STEPS = 4, BEYOND = 4 };
/* The axis ends below what a single eigenvalue makes of the density at its place. */
static const double floor_share = 0.3;
/* sqrt(2 pi) */
static const double root = 2.5066282746310002;

typedef struct spectrum_view {
    spn_spectrum_contents c;
    const spn_spectra_point *point;
} spectrum_view;

/* Of one part, from its nodes. */
static double density_at(const spectrum_view *v, const spn_spectra_summary *s, double x)
{
    const spn_spectra_node *nodes = v->c.nodes.records;
    double sum = 0;
    for (int64_t i = 0; i < v->c.nodes.rows; i++) {
        const double off = (x - nodes[i].value) / s->width;
        sum += nodes[i].part == s->part ? nodes[i].weight * exp(-0.5 * off * off) : 0;
    }
    return sum / (s->width * root);
}

static void find_range(const spectrum_view *v, const spn_spectra_summary *s, double *low,
                       double *high)
{
    const spn_spectra_node *nodes = v->c.nodes.records;
    *low = HUGE_VAL;
    *high = -HUGE_VAL;
    for (int64_t i = 0; i < v->c.nodes.rows; i++) {
        if (nodes[i].part == s->part) {
            *low = fmin(*low, nodes[i].value);
            *high = fmax(*high, nodes[i].value);
        }
    }
}

/* What one eigenvalue makes of the density at its place. */
static double single(const spectrum_view *v, const spn_spectra_summary *s)
{
    return 1 / ((double)v->point->parameters * s->width * root);
}

static void draw_density(spni_canvas *canvas, const spectrum_view *v, const spn_spectra_summary *s)
{
    double low = 0, high = 0;
    find_range(v, s, &low, &high);
    const double least = floor_share * single(v, s), step = s->width / STEPS;
    const int64_t count = (int64_t)ceil((high - low) / step) + 2 * BEYOND * STEPS;
    spni_add_series(canvas,
                    (spn_series){.line = SPN_LINE_SOLID, .width = 1.2, .color = SPN_COLOR_BLUE});
    for (int64_t i = 0; i <= count; i++) {
        const double x = low + ((double)i - BEYOND * STEPS) * step, y = density_at(v, s, x);
        if (y >= least) {
            spni_add_point(canvas, x, y);
        } else {
            spni_add_gap(canvas);
        }
    }
}

static void draw_ends(spni_canvas *canvas, const spectrum_view *v, const spn_spectra_summary *s,
                      bool is_outlier)
{
    const spn_spectra_eigenvalue *eigenvalues = v->c.eigenvalues.records;
    spni_add_series(
        canvas, (spn_series){.marker = is_outlier ? SPN_MARKER_TRIANGLE : SPN_MARKER_OPEN_CIRCLE,
                             .marker_size = 0.8,
                             .color = is_outlier ? SPN_COLOR_VERMILION : SPN_COLOR_BLACK});
    for (int64_t i = 0; i < v->c.eigenvalues.rows; i++) {
        const spn_spectra_eigenvalue *e = &eigenvalues[i];
        if (e->part == s->part && (e->outlier == 1) == is_outlier) {
            spni_add_point(canvas, e->value, (double)e->multiplicity * single(v, s));
        }
    }
}

static void draw_spectrum(spni_canvas *canvas, const spectrum_view *v, const spn_spectra_summary *s)
{
    spn_panel *panel = spni_add_panel(canvas, "Density");
    panel->y_scale = SPN_AXIS_LOG;
    panel->y_low = floor_share * single(v, s);
    panel->title = spn_spectra_part_text(s->part);
    panel->title_place = SPN_LEGEND_TOP_RIGHT;
    draw_density(canvas, v, s);
    draw_ends(canvas, v, s, false);
    draw_ends(canvas, v, s, true);
}

static void put_caption(spn_text *text, const spectrum_view *v)
{
    const spn_spectra_summary *spectra = v->c.spectra.records;
    spn_text_put(
        text,
        "Density of the eigenvalues at beta = %.10g (P = %lld): each eigenvalue, or each node of a "
        "Lanczos "
        "quadrature, is a normal\ndistribution of the stated width. Open circles: eigenvalues at "
        "the "
        "ends, at the height of one eigenvalue times its copies; filled triangles: outliers.\n",
        v->point->beta, (long long)v->point->parameters);
    if (isfinite(v->point->shift)) {
        spn_text_put(text, "The spectrum of L is that of E moved by %.10g.\n", v->point->shift);
    }
    for (int64_t i = 0; i < v->c.spectra.rows; i++) {
        const spn_spectra_summary *s = &spectra[i];
        spn_text_put(text, "%s: %s, width %.4g; trace %.8g, trace of the square %.8g",
                     spn_spectra_part_text(s->part),
                     s->density_method == SPN_SPECTRUM_DENSE ? "all eigenvalues" : "quadrature",
                     s->width, s->trace, s->trace_square);
        spn_text_put(text, "; %.3g %% below zero; outliers: %lld\n", 100 * s->negative_share,
                     (long long)s->outliers);
    }
    spn_text_add(text, "\n");
}

spn_status spn_plot_spectrum(spn_context *context, const spn_results *results,
                             const char *directory, const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    spni_canvas canvas;
    spectrum_view view;
    SPN_TRY(spni_canvas_begin(context, results, &canvas));
    SPN_TRY(spn_spectrum_contents_read(context, canvas.arena, results, &view.c));
    view.point = view.c.points.records;
    const spn_spectra_summary *spectra = view.c.spectra.records;
    canvas.figure.name = "spectrum";
    canvas.figure.x_label = "Eigenvalue {/:Italic λ}";
    for (int64_t i = 0; i < view.c.spectra.rows; i++) {
        draw_spectrum(&canvas, &view, &spectra[i]);
    }
    put_caption(&canvas.caption, &view);
    spn_text_parameters(&canvas.caption, results);
    SPN_TRY(spni_canvas_render(&canvas, directory, settings));
done:
    spni_canvas_end(&canvas);
    return status;
}
