/* SPDX-License-Identifier: MIT */
/* What the figure of watched training and its caption share. */
#ifndef SPNI_PLOT_GROK_H
#define SPNI_PLOT_GROK_H

#include "plot/canvas.h"

#include <spinodal/kind.h>

/* A file of grok. */
typedef struct spni_grok_view {
    spn_grok_contents c;
    const spn_run_record *runs;
    const spn_trajectory_record *points;
    const spn_crossing_record *crossings;
    const spn_plateau_record *plateaus;
    double left;  /* where epoch 0 is drawn: half the first recorded epoch */
    double right; /* the last epoch */
    /* What is drawn. */
    int64_t panel_count;
    const char *panels[SPNI_PANELS_MAX];
    bool has_test, has_levels, has_modes, has_bound;
} spni_grok_view;

/* A plateau's kind in words. */
const char *spni_plateau_name(int64_t kind);

void spni_grok_caption(const spn_results *results, const spni_grok_view *v, spn_text *text);

#endif
