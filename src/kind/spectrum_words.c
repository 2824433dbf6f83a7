/* SPDX-License-Identifier: MIT */
/* What the spectra at a point show, in words: which way the surface curves, and in how many directions steeply. */
#include <spinodal/kind.h>

#include <math.h>

static const spn_spectra_summary *find_part(const spn_spectrum_contents *c, int64_t part)
{
    const spn_spectra_summary *spectra = c->spectra.records;
    for (int64_t i = 0; i < c->spectra.rows; i++) {
        if (spectra[i].part == part) {
            return &spectra[i];
        }
    }
    return NULL;
}

/* The smallest eigenvalue of a part that was found; NaN: none was looked for. */
static double smallest(const spn_spectrum_contents *c, int64_t part)
{
    const spn_spectra_eigenvalue *eigenvalues = c->eigenvalues.records;
    double least = (double)NAN;
    for (int64_t i = 0; i < c->eigenvalues.rows; i++) {
        if (eigenvalues[i].part == part) {
            least = fmin(least, eigenvalues[i].value);
        }
    }
    return least;
}

static void put_curving(spn_text *text, const spn_spectrum_contents *c,
                        const spn_spectra_summary *error)
{
    const spn_spectra_point *p = c->points.records;
    const bool is_moved = isfinite(p->shift);
    const double loss =
        is_moved ? smallest(c, SPN_SPECTRA_ERROR) + p->shift : smallest(c, SPN_SPECTRA_LOSS);
    if (error->negative_share > 0) {
        spn_text_put(text, "The error curves downwards along %.3g %% of all directions",
                     100 * error->negative_share);
    } else {
        spn_text_add(text, "The error curves downwards along no direction");
    }
    if (isfinite(loss)) {
        spn_text_put(text, "; the loss at beta = %.6g %s.\n", p->beta,
                     loss > 0 ? "curves upwards along all" : "along some, too");
    } else {
        spn_text_add(text, ".\n");
    }
}

void spn_spectrum_words(spn_text *text, const void *contents)
{
    const spn_spectrum_contents *c = contents;
    const spn_spectra_point *p = c->points.records;
    const spn_spectra_summary *error = find_part(c, SPN_SPECTRA_ERROR);
    if (error == NULL || c->points.rows == 0) {
        return;
    }
    put_curving(text, c, error);
    if (error->outliers > 0) {
        spn_text_put(text,
                     "Of its %lld eigenvalues %lld stand%s apart, above %.4g: along so many "
                     "directions the error is steep, the others are the bulk.\n",
                     (long long)p->parameters, (long long)error->outliers,
                     error->outliers == 1 ? "s" : "", error->edge);
    } else {
        spn_text_put(text, "None of its %lld eigenvalues stands apart from the others.\n",
                     (long long)p->parameters);
    }
    if (isfinite(error->zero_share) && error->zero_share > 0) {
        spn_text_put(text,
                     "Along %.3g %% of all directions it does not curve at all (1e-6 of the "
                     "steepest).\n",
                     100 * error->zero_share);
    }
}
