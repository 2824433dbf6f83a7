/* SPDX-License-Identifier: MIT */
/** @file own_objective.h  Studies without a network (spn_study_of_objective()); private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_OWN_OBJECTIVE_H
#define SPINODAL_SRC_STUDY_OWN_OBJECTIVE_H

#include <spinodal/study.h>

/** SPN_ERROR_UNSUPPORTED where the study has no network, which `what` needs. */
spn_status spni_need_network(spn_context *context, const spn_study *study, const char *what);

#endif
