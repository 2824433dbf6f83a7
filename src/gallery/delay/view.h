/* SPDX-License-Identifier: MIT */
/* Escape times, read for the figures and their captions. */
#ifndef SPNI_PLOT_DELAY_H
#define SPNI_PLOT_DELAY_H

#include <spinodal/gallery.h>

#include <spinodal/kind.h>

enum { SPNI_DELAY_DEPTHS_MAX = 4 };

typedef struct spni_delay_view {
    spn_context *context;
    spn_arena *arena;
    int64_t count;
    const spn_delay_run *runs;
    int64_t depth_count;
    int64_t depths[SPNI_DELAY_DEPTHS_MAX]; /* ascending */
    double rate;                           /* learning rate: time of an epoch */
} spni_delay_view;

/* A part of the runs. `method` is a spn_path_method. */
typedef struct spni_delay_part {
    int64_t axis, depth, method;
    bool is_aligned;
} spni_delay_part;
bool spni_delay_is_in(const spn_delay_run *run, const spni_delay_part *part);

/* Of the mode. */
double spni_delay_sigma(const spn_delay_run *run);

void spni_delay_caption(const spni_delay_view *v, const spn_results *results, int64_t axis,
                        spn_text *text);

#endif
