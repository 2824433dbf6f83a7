/* SPDX-License-Identifier: MIT */
/** @file cuts.h  Slices in memory and the results file made of them; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_CUTS_H
#define SPINODAL_SRC_STUDY_CUTS_H

#include "study/anchors.h"

enum { SPNI_CUTS_MAX = 4, SPNI_ANCHORS_MAX = 3 };

/** One slice. */
typedef struct spni_cut {
    spn_slice_record record;
    spn_slice_plane *plane;
    int64_t point_count, anchor_count, level_count;
    spn_slice_point *points;
    spn_slice_anchor anchors[SPNI_ANCHORS_MAX];
    spni_anchor stored[SPNI_ANCHORS_MAX];
    spn_slice_level *levels;
} spni_cut;

typedef struct spni_cuts {
    spn_arena *arena;
    const spn_study *study;
    spn_pool *pool;
    int64_t count;
    spni_cut items[SPNI_CUTS_MAX];
    int64_t potential_count; /**< points of the norm-constrained curve; 0: none */
    const spn_norm_record *potential;
} spni_cuts;

spn_status spni_cuts_begin(spn_context *context, const spn_study *study, int64_t threads,
                           spni_cuts *cuts);
void spni_cuts_end(spn_context *context, spni_cuts *cuts);

/** Add a slice through `count` anchors (which must be in the arena), or at the only one of them, as `settings` say,
 *  and measure it; levels for settings->beta. */
spn_status spni_cuts_add(spn_context *context, spni_cuts *cuts, const spn_slice_settings *settings,
                         double beta, int64_t count, const spni_anchor *anchors);

/** Write the results. *is_good: E and L at all anchors are those that were stored, to 1e-12; warns where not. */
spn_status spni_cuts_write(spn_context *context, const spni_cuts *cuts, const char *path,
                           bool is_forced, bool *is_good);

#endif
