/* SPDX-License-Identifier: MIT */
/* Section of the index: Figure 1, the minima and the barrier between them at each beta. */
#include "gallery/fig1/fig1.h"
#include "gallery/mode_theory.h"

#include <math.h>
#include <spinodal/continuation.h>
#include <spinodal/slice.h>
#include <string.h>

enum { BETA_DIGITS = 9, DIGITS = 6, FEW_DIGITS = 2 };
/* Slices 0 to 2 are lines from the trivial model; the second is at the Maxwell point (study.h). */
enum { LINES = 3, MAXWELL_LINE = 1 };

typedef struct figure1 {
    spni_theory theory;
    int64_t slices, anchors, levels, potentials;
    const spn_slice_record *slice;
    const spn_slice_anchor *anchor;
    const spn_slice_level *level;
    const spn_norm_record *potential;
    const char *const *names; /* of the anchors */
    double trivial;           /* E_0 */
    int64_t mode;             /* that appears at the onset; 0: more than one */
} figure1;

static spn_status read_tables(spn_context *context, const spni_section_source *source, figure1 *f)
{
    spn_status status = SPN_OK;
    spn_slice_contents c;
    SPN_TRY(spn_slice_contents_read(context, source->arena, source->results, &c));
    *f = (figure1){.slices = c.slices.rows,
                   .slice = c.slices.records,
                   .anchors = c.anchors.rows,
                   .anchor = c.anchors.records,
                   .levels = c.levels.rows,
                   .level = c.levels.records,
                   .potentials = c.potential.rows,
                   .potential = c.potential.records,
                   .names = c.names};
    if (f->slices < LINES || f->potentials == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "has not the slices of Figure 1");
    }
done:
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(context, "%s", source->path);
    }
    return status;
}

static bool is_trivial(const figure1 *f, int64_t row)
{
    return strcmp(f->names[row], "trivial") == 0;
}

/* The learned phase of a line: its other point. */
static const spn_slice_anchor *learned(const figure1 *f, int64_t slice)
{
    for (int64_t i = 0; i < f->anchors; i++) {
        if (f->anchor[i].slice == slice && !is_trivial(f, i)) {
            return &f->anchor[i];
        }
    }
    return NULL;
}

static spn_status find_trivial(spn_context *context, const spni_section_source *source, figure1 *f)
{
    f->trivial = (double)NAN;
    for (int64_t i = 0; i < f->anchors; i++) {
        if (is_trivial(f, i)) {
            f->trivial = f->anchor[i].error;
        } else if (f->anchor[i].slice == MAXWELL_LINE) {
            f->mode = strcmp(f->names[i], "1 mode") == 0;
        }
    }
    for (int64_t k = 0; k < LINES; k++) {
        if (learned(f, k) == NULL || isnan(f->trivial)) {
            return spn_fail(context, SPN_ERROR_INPUT, "%s: a line of Figure 1 lacks its ends",
                            source->path);
        }
    }
    return SPN_OK;
}

/* Largest value on [0, 1] of the cubic with these ends and slopes. */
static double cubic_maximum(double y0, double y1, double d0, double d1)
{
    const double a = 2 * (y0 - y1) + d0 + d1, b = 3 * (y1 - y0) - 2 * d0 - d1;
    const double root = sqrt(fmax(b * b - 3 * a * d0, 0));
    const double t = b - root != 0 ? d0 / (-b + root) : 0; /* 3 a t^2 + 2 b t + d0 = 0, d0 > 0 */
    const double inside = fmin(fmax(t, 0), 1);
    return y0 + inside * (d0 + inside * (b + inside * a));
}

/* Top of the Landau potential E(n) + beta n between the trivial model and |theta|^2 = n_end, less E_0: between
 * two points of the curve a cubic with the exact slopes beta - beta_k (dE/dn = -beta_k), so that its
 * error is of fourth order in their distance. NaN: it rises or falls all the way. */
static double barrier(const figure1 *f, double beta, double n_end)
{
    double top = (double)NAN;
    for (int64_t k = 0; k + 1 < f->potentials; k++) {
        const spn_norm_record *p = &f->potential[k], *q = p + 1;
        const double h = q->norm_squared - p->norm_squared;
        if (q->norm_squared <= n_end && beta > p->beta && beta <= q->beta) {
            const double best =
                cubic_maximum(p->error + beta * p->norm_squared, q->error + beta * q->norm_squared,
                              h * (beta - p->beta), h * (beta - q->beta));
            top = fmax(isnan(top) ? best : top, best);
        }
    }
    return top - f->trivial;
}

static void put_maxwell(spn_text *page, const figure1 *f)
{
    const double beta = f->slice[MAXWELL_LINE].beta;
    const spni_mode_theory white = spni_whitened_mode(&f->theory, f->mode);
    const spni_mode_theory raw = spni_swept_mode(&f->theory, f->mode);
    spn_text_add(page, "\nThe Maxwell point of the onset, beside linear theory (T13 on whitened "
                       "data, T20 on the data's own covariance):\n");
    spni_put_head(page, "β Maxwell | β T13 | difference | β T20 | difference");
    spni_put_real(page, BETA_DIGITS, beta);
    spni_put_real(page, BETA_DIGITS, white.maxwell);
    spni_put_real(page, FEW_DIGITS, beta - white.maxwell);
    spni_put_real(page, BETA_DIGITS, raw.maxwell);
    spni_put_real(page, FEW_DIGITS, beta - raw.maxwell);
    spni_end_row(page);
    spn_text_put(page, "\nWhat the predictions are worth: %s.\n", f->theory.note);
}

static spn_status put_lines(spn_text *page, const figure1 *f)
{
    spn_status status = SPN_OK;
    spn_context *context = page->context;
    spn_text_add(page, "\nThe two minima at each β, less the loss of the trivial model, and the "
                       "barrier between them in the Landau potential as it is seen from the "
                       "trivial model; beside T11 of the deep linear network's strongest mode:\n");
    spni_put_head(page,
                  "β | E | \\|θ\\| | L − L trivial | the same, T11 | barrier | the same, T11");
    for (int64_t k = 0; k < LINES; k++) {
        const spn_slice_anchor *a = learned(f, k);
        double minimum = 0, saddle = 0;
        SPN_TRY(spni_mode_loss(context, &f->theory, f->mode, a->beta, SPN_THEORY_UPPER, &minimum));
        SPN_TRY(spni_mode_loss(context, &f->theory, f->mode, a->beta, SPN_THEORY_LOWER, &saddle));
        spni_put_real(page, BETA_DIGITS, a->beta);
        spni_put_real(page, DIGITS, a->error);
        spni_put_real(page, DIGITS, sqrt(a->norm_squared));
        spni_put_real(page, DIGITS, a->loss - f->trivial);
        spni_put_real(page, DIGITS, minimum);
        spni_put_real(page, DIGITS, barrier(f, a->beta, a->norm_squared));
        spni_put_real(page, DIGITS, saddle);
        spni_end_row(page);
    }
    status = page->status;
done:
    return status;
}

static void put_plane(spn_text *page, const figure1 *f)
{
    if (f->slices <= LINES) {
        return;
    }
    spn_text_put(page, "\nThe plane through three phases, at β = %.*g:\n", BETA_DIGITS,
                 f->slice[LINES].beta);
    spni_put_head(page, "phase | u | v | E | \\|θ\\| | L");
    for (int64_t i = 0; i < f->anchors; i++) {
        const spn_slice_anchor *a = &f->anchor[i];
        if (a->slice == LINES) {
            spni_put_word(page, f->names[i]);
            spni_put_real(page, DIGITS, a->u);
            spni_put_real(page, DIGITS, a->v);
            spni_put_real(page, BETA_DIGITS, a->error);
            spni_put_real(page, DIGITS, sqrt(a->norm_squared));
            spni_put_real(page, BETA_DIGITS, a->loss);
            spni_end_row(page);
        }
    }
}

spn_status spni_fig1_section(spn_text *page, const spni_section_source *source)
{
    spn_status status = SPN_OK;
    spn_context *context = page->context;
    figure1 f;
    SPN_TRY(read_tables(context, source, &f));
    SPN_TRY(find_trivial(context, source, &f));
    SPN_TRY(spni_read_theory(context, source, &f.theory));
    put_maxwell(page, &f);
    SPN_TRY(put_lines(page, &f));
    put_plane(page, &f);
    status = page->status;
done:
    return status;
}
