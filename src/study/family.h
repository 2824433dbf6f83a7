/* SPDX-License-Identifier: MIT */
/** @file family.h  Several experiments that differ in one number, while they are run; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_FAMILY_H
#define SPINODAL_SRC_STUDY_FAMILY_H

#include "study/list.h"

#include <spinodal/kind.h>
#include <spinodal/study.h>

/** Order of a transition whose phase was not found. */
enum { SPNI_NOT_FOUND = 3 };

typedef struct spni_family {
    spni_list runs, transitions, points; /**< spn_family_run and so on */
} spni_family;

/** Append what one finished run of branches says: a run (whose number is set), its transitions and its stable
 *  points. `modes`: linear theory of the study. */
spn_status spni_family_read_branches(spn_context *context, spni_family *family, const char *path,
                                     spn_family_run *run, const spn_theory_mode *modes);

/** Where random starts ended: the quenches at the smallest beta of a sweep's results. `run`: as the branches left it. */
spn_status spni_family_read_starts(spn_context *context, const char *path, spn_family_run *run,
                                   const spn_theory_mode *modes);

#endif
