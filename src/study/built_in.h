/* SPDX-License-Identifier: MIT */
/** @file built_in.h  What built-in studies share; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_BUILT_IN_H
#define SPINODAL_SRC_STUDY_BUILT_IN_H

#include "study/book.h"

/** The caller's settings, one on a line; NULL without. Released by the caller. */
spn_status spni_join_settings(spn_context *context, int64_t count, const char *const *sets,
                              char **out);

/** Has this program made results of this kind at `path`, of this very study? Files that cannot be read are not that. */
spn_status spni_find_results(spn_context *context, const spn_study *study, const char *kind,
                             const char *path, bool *is_found);

#endif
