/* SPDX-License-Identifier: MIT */
/** @file built_in.h  What built-in studies share; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_BUILT_IN_H
#define SPINODAL_SRC_STUDY_BUILT_IN_H

#include "study/book.h"

/** The caller's settings, one on a line; NULL without. Released by the caller. */
spn_status spni_join_settings(spn_context *context, int64_t count, const char *const *sets,
                              char **out);

/** May results of this kind be made at `path`, or (resuming) has this program made them of this very study? Told in
 *  *is_found, and *is_good whether they pass their check. */
spn_status spni_check_built_in(spn_context *context, const spn_study *study, const char *kind,
                               const char *path, bool is_resumed, bool is_forced, bool *is_found,
                               bool *is_good);

#endif
