/* SPDX-License-Identifier: MIT */
/** @file published.h  Sweeps of images beside measurements that others have published; private to room `gallery`. */
#ifndef SPINODAL_SRC_GALLERY_PUBLISHED_H
#define SPINODAL_SRC_GALLERY_PUBLISHED_H

#include "gallery/gallery.h"

/** Between which two values of beta a published sweep upwards jumps. */
typedef struct spni_published_jump {
    double low, high;
} spni_published_jump;

/** What it measured at one beta: E over its training samples, accuracy on its test samples. */
typedef struct spni_published_point {
    double beta, error, test_accuracy;
} spni_published_point;

typedef struct spni_published {
    const char *source; /**< a sentence of Markdown: who, where, how */
    const spni_published_jump *jumps;
    const spni_published_point *points;
    int64_t jump_count, point_count;
} spni_published;

/** What the published experiments have in common, for the list of a target's settings: a network 784-128-128-10 from small
 *  beta upwards, on a logarithmic grid. It begins with 16 different units a layer, of which the phase at beta = 0.01 leaves 10, at
 *  an eighth of the cost. What is too small falls into the trivial phase, or leaves classes unlearned (T16: it grows with
 *  beta): with scale 3 7 or 8 of 9 directions of Fashion-MNIST were learned, with 5 all. */
#define SPNI_PUBLISHED_SETS                                                                        \
    "data.kind=idx", "data.normalize=[0.1307, 0.3081]", "model.hidden=[128, 128]",                 \
        "model.init.scale=5", "model.init.distinct=[16, 16]", "model.activation=sigmoid",          \
        "model.bias=true", "objective.error=cross_entropy", "sweep.direction=up",                  \
        "sweep.beta.from=0.01", "sweep.beta.spacing=log", "sweep.refine_tolerance=0.001",          \
        "sweep.refine_least=0.01", "solver.method=newton_cg", "solver.tolerance=1e-8",             \
        "solver.trust_radius_max=100"

/** Where they were published, and how they were trained on `data`; their lambda is weight decay: beta = lambda / 2. */
#define SPNI_PUBLISHED_SOURCE(data)                                                                \
    "Published: A. F. Cardozo Licha, I. T. Ersoy and K. Wiesner, arXiv 2512.11866, and its "       \
    "public repository: " data ", 60,000 training samples, Adam (0.0015, batches of 64) from "     \
    "warm starts in steps of λ; β = λ/2."

/** The jumps of the sweep, and both beside what was published (NULL: nothing). */
spn_status spni_published_section(spn_text *page, const spni_section_source *source,
                                  const spni_published *published);

/** Run the sweep NAME of images; where there is none at data.path: a line that says `advice`. */
spn_status spni_published_sweep(spni_job *job, const char *name, const char *const *own,
                                const char *advice);

#endif
