/* SPDX-License-Identifier: MIT */
/** @file grok_starts.h  Where runs of training start: the items of grok.starts; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_GROK_STARTS_H
#define SPINODAL_SRC_STUDY_GROK_STARTS_H

#include "study/anchors.h"

typedef struct spni_grok_start {
    const char *name;    /**< as the experiment has it */
    const double *theta; /**< before the residue; NULL: drawn for each seed */
    double scale;        /**< of what is drawn */
    double residue; /**< standard deviation of what is added to each weight; NaN: nothing ever is */
} spni_grok_start;

typedef struct spni_grok_starts {
    spn_arena *arena;
    const spn_study *study;
    int64_t count;
    spni_grok_start *items;
    spn_start_record *records;
    const char **names;
    double *residues;
    char checksum[16]; /**< of all theta and residues */
} spni_grok_starts;

/** Find all starts of section `grok`. SPN_ERROR_INPUT, one line with the place, for what the file of results does not
 *  hold, for a malformed item, and for a start that is stationary and would never leave. Always followed by
 *  spni_starts_end(). */
spn_status spni_starts_begin(spn_context *context, const spn_study *study,
                             spni_grok_starts *starts);
void spni_starts_end(spni_grok_starts *starts);

/** Theta of a run, as spn_trajectory_problem wants it; `state` are the starts. */
spn_status spni_starts_initial(spn_context *context, const void *state, int64_t start, int64_t seed,
                               double *theta);

#endif
