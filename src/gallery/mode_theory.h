/* SPDX-License-Identifier: MIT */
/** @file mode_theory.h  Predictions of linear theory for the experiment of a results file. */
#ifndef SPINODAL_SRC_GALLERY_MODE_THEORY_H
#define SPINODAL_SRC_GALLERY_MODE_THEORY_H

#include "gallery/gallery.h"

typedef struct spni_theory {
    const spn_table *modes; /**< T12, T13 as the file has them, the strongest first; NULL: none */
    bool has_sweep;
    spn_theory_sweep sweep; /**< T20 of the file's experiment on its very data */
    const char *note;       /**< what they are worth, or why there is no T20; static */
    int64_t depth;          /**< 0: not known */
} spni_theory;

/** The file's own table, and the forecast of its configuration where its data are still to be had. */
spn_status spni_read_theory(spn_context *context, const spni_section_source *source,
                            spni_theory *out);

/** Where `mode` (from 1) is lost. NaN, order 0: no prediction. */
typedef struct spni_mode_theory {
    int64_t order;
    double maxwell, spinodal;
} spni_mode_theory;
spni_mode_theory spni_whitened_mode(const spni_theory *theory, int64_t mode);
spni_mode_theory spni_swept_mode(const spni_theory *theory, int64_t mode);

/** L less that of the trivial state, of a single mode on a root (T11); NaN where it does not exist, or where the
 *  network is not the deep linear one up to saturation (another slope at 0, a mean over outputs). */
spn_status spni_mode_loss(spn_context *context, const spni_theory *theory, int64_t mode,
                          double beta, spn_theory_root root, double *out);

#endif
