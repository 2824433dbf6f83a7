/* SPDX-License-Identifier: MIT */
/** @file anchors.h  Names of stored points (study/cuts.h), which slices are laid through and training starts from;
 *  private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_ANCHORS_H
#define SPINODAL_SRC_STUDY_ANCHORS_H

#include <spinodal/study/cuts.h>

/** spn_phase_source_open() of a path as the experiment means it; NULL: there is no such file. */
spn_status spni_source_open_named(spn_context *context, spn_arena *arena, const spn_study *study,
                                  const char *path, spn_phase_source *source);

enum { SPNI_NAME_SIZE = 128 };

/** How the phase with so many modes is called: "trivial", "1 mode", "2 modes"; "none" for a negative number. */
const char *spni_modes_name(int64_t modes, char buffer[SPNI_NAME_SIZE]);

#endif
