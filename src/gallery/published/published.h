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

/** The jumps of the sweep, and both beside what was published (NULL: nothing). */
spn_status spni_published_section(spn_text *page, const spni_section_source *source,
                                  const spni_published *published);

/** Run the sweep NAME of images; where there is none at data.path: a line that says `advice`. */
spn_status spni_published_sweep(spni_job *job, const char *name, const char *const *own,
                                const char *advice);

#endif
