/* SPDX-License-Identifier: MIT */
/* The spectra at a point for people and programs. */
#include <spinodal/kind.h>

#include <math.h>
#include <stdio.h>

void spn_spectrum_json(spn_json *json, const char *path, const void *contents, const spn_wish *wish)
{
    (void)wish;
    const spn_spectrum_contents *c = contents;
    spn_json_begin_object(json, NULL);
    spn_json_text(json, "results", path);
    spn_json_rows(json, "points", &c->points, NULL, NULL);
    spn_json_rows(json, "spectra", &c->spectra, NULL, NULL);
    spn_json_rows(json, "eigenvalues", &c->eigenvalues, NULL, NULL);
    spn_json_integer(json, "density_points", c->nodes.rows);
    spn_json_end_object(json);
}

const char *spn_spectra_part_text(int64_t part)
{
    static const char *const texts[SPN_SPECTRA_PARTS] = {"Hessian of E", "Gauss-Newton part",
                                                         "Hessian of L"};
    return part >= 0 && part < SPN_SPECTRA_PARTS ? texts[part] : "?";
}

/* "tr H = 12.3 +- 0.2", half of the interval; an exact number alone. */
static void put_measured(spn_text *text, const char *name, double value, double low, double high)
{
    char number[SPN_CELL_SIZE];
    if (isnan(value)) {
        return;
    }
    const double half = 0.5 * (high - low);
    spn_text_put(text, "  %s = %s", name,
                 half > 0 ? spn_show_measured(value, half, number)
                          : spn_show_number(value, 8, number));
    if (half > 0) {
        spn_text_put(text, " +- %s", spn_show_number(half, 2, number));
    }
}

static bool is_of_part(const spn_row *row)
{
    const spn_spectra_eigenvalue *e = row->record;
    return e->part == *(const int64_t *)row->state;
}

static void write_outlier(const spn_row *row, char *cell)
{
    const spn_spectra_eigenvalue *e = row->record;
    snprintf(cell, SPN_CELL_SIZE, "%s", e->outlier == 1 ? "outlier" : "-");
}

static void put_eigenvalues(spn_text *text, const spn_spectrum_contents *c, int64_t part)
{
    static const spn_view_column columns[] = {
        SPN_SHOW("end", "end", 0), SPN_SHOW("eigenvalue", "value", 8),
        SPN_SHOW("residual", "residual", 2), SPN_SHOW("copies", "multiplicity", 0),
        SPN_SHOW_BY("outlier", write_outlier)};
    spn_view view = SPN_VIEW(&c->eigenvalues, columns);
    view.filter = is_of_part;
    view.state = &part;
    spn_view_terminal(text, &view, "  ");
}

static void put_spectrum(spn_text *text, const spn_spectrum_contents *c,
                         const spn_spectra_summary *s)
{
    spn_text_put(text, "\n%s\n", spn_spectra_part_text(s->part));
    put_measured(text, "trace", s->trace, s->trace_low, s->trace_high);
    put_measured(text, "trace of the square", s->trace_square, s->trace_square_low,
                 s->trace_square_high);
    put_measured(text, "R", s->scalar_curvature, s->scalar_curvature_low, s->scalar_curvature_high);
    spn_text_put(text, "\n  eigenvalues below zero: %.3g %%", 100 * s->negative_share);
    if (s->negative_share_error > 0) {
        spn_text_put(text, " +- %.2g", 100 * s->negative_share_error);
    }
    if (isfinite(s->zero_share)) {
        spn_text_put(text, ", at zero (1e-6 of the largest): %.3g %%", 100 * s->zero_share);
    }
    spn_text_add(text, s->density_method == SPN_SPECTRUM_DENSE ? "; all eigenvalues are known\n"
                                                               : "; by Lanczos quadrature\n");
    if (s->outliers > 0) {
        spn_text_put(text, "  %lld outlier%s above %.6g\n", (long long)s->outliers,
                     spn_plural(s->outliers), s->edge);
    }
    put_eigenvalues(text, c, s->part);
}

void spn_spectrum_summary(spn_text *text, const char *path, const void *contents,
                          const spn_wish *wish)
{
    const spn_spectrum_contents *c = contents;
    const spn_spectra_point *p = c->points.records;
    const spn_spectra_summary *spectra = c->spectra.records;
    (void)wish;
    spn_text_put(text, "%s: spectra of %lld weights at beta = %.10g: E = %.8g, L = %.8g, ", path,
                 (long long)p->parameters, p->beta, p->error, p->loss);
    spn_text_put(text, "|theta| = %.6g, |grad L| = %.2g\n",
                 spn_shown_length(p->weight_norm, p->beta, p->loss), p->gradient_norm);
    if (isfinite(p->shift) && p->shift != 0) {
        spn_text_put(text, "eigenvalues of L's Hessian are those of E's plus %.10g\n", p->shift);
    }
    for (int64_t i = 0; i < c->spectra.rows; i++) {
        put_spectrum(text, c, &spectra[i]);
    }
}

void spn_spectrum_troubles(spn_text *text, const void *contents)
{
    const spn_spectrum_contents *c = contents;
    const spn_spectra_summary *spectra = c->spectra.records;
    for (int64_t i = 0; i < c->spectra.rows; i++) {
        if (spectra[i].converged != 1) {
            spn_text_put(text,
                         "%s: eigenpairs have residuals up to %.2g, more than geometry.tolerance; "
                         "raise geometry.products or geometry.block, or ask for fewer\n",
                         spn_spectra_part_text(spectra[i].part), spectra[i].residual);
        }
    }
}
