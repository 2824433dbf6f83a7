/* SPDX-License-Identifier: MIT */
/** @file same.h  Results that are there already; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_SAME_H
#define SPINODAL_SRC_STUDY_SAME_H

#include <spinodal/study.h>

/** Are there results at `path` that are the same as `expected`: of its kind, and as spn_study_compare() says? *fault is
 *  then that of spn_study_judge() (may be NULL: not wanted). Files that are no results are not that. */
spn_status spni_find_results(spn_context *context, const spn_results *expected, const char *path,
                             const char *sections, unsigned what, bool *is_found,
                             const char **fault);

/** The same for results of a study, which a run need not make again: that is told. `inputs`: SPNI_INPUTS, or NULL. */
spn_status spni_find_finished(spn_context *context, const spn_study *study, const char *kind,
                              const char *inputs, const char *path, const char *sections,
                              unsigned what, bool *is_found, bool *is_good);

/** Attribute of results: checksum of what a run reads besides data and weights. */
#define SPNI_INPUTS "inputs_checksum"

#endif
