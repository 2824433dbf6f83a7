/* SPDX-License-Identifier: MIT */
/** @file team.h  The team of a context. */
#ifndef SPNI_BASE_TEAM_H
#define SPNI_BASE_TEAM_H

#include <spinodal/base/team.h>

spn_team *spni_context_team(const spn_context *context);

#endif
