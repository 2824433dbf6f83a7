/* SPDX-License-Identifier: MIT */
/** @file team.h  Threads that share the work of one call: fork and join within microseconds.
 *
 *  A pool runs independent jobs; a team splits one computation of one thread, the caller, into parts
 *  and ends before the call returns. A computation that wants the same bits for any number of lanes
 *  cuts its parts by the problem alone, lets each write to a place of its own, and adds the places in
 *  the order of the parts. */
#ifndef SPINODAL_BASE_TEAM_H
#define SPINODAL_BASE_TEAM_H

#include <spinodal/base/memory.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct spn_team spn_team;

/** A team of `lanes` threads (1 to 4096; 0: one per online processor): the caller, who is lane 0, and
 *  lanes - 1 helpers with contexts of their own, forked from `context`. The helpers' threads start
 *  with the first run that needs them. Free with spn_team_free(), not during a run; `context` must
 *  outlive the team. */
spn_status spn_team_create(spn_context *context, int64_t lanes, spn_team **out);
void spn_team_free(spn_team *team);
int64_t spn_team_size(const spn_team *team); /**< its lanes */

/** Let the parts of `context` run on `team` from now on (NULL: on the caller alone). A team serves one
 *  context at a time and must outlive its time there. Contexts that are forked have none. */
void spn_context_set_team(spn_context *context, spn_team *team);

/** Lanes of the context's team; 1 without a team, and inside a part. */
int64_t spn_team_lanes(const spn_context *context);

/** One part, on lane 0 <= lane < spn_team_lanes(): two parts on one lane never overlap, so that a lane
 *  may have work space. `context` is the lane's own. */
typedef spn_status spn_team_part(spn_context *context, void *state, int64_t part, int64_t lane);

/** Run parts 0 .. parts - 1, each once, on the lanes; return when all have ended. Which lane runs a part
 *  is not determined, and one may run all: parts must not wait for each other. Without a team they run in
 *  order on lane 0. After a failure no further parts start; the error is that of the lowest failed part.
 *  Allocates nothing (the first run starts threads; SPN_ERROR_MEMORY where there are none to be had).
 *  Costs half a microsecond while the helpers are awake: after a run they look out for the next one for
 *  some tens of microseconds before they sleep. Waking them costs some microseconds more, and they come
 *  some tens of microseconds later: the caller takes parts itself, and waits for nobody who has taken
 *  none. So only work of a good deal more than that is worth a team. */
spn_status spn_team_run(spn_context *context, int64_t parts, spn_team_part *body, void *state);

/** The same on lanes 0 .. lanes - 1 only, where the team has more; 1: on the caller alone. */
spn_status spn_team_run_on(spn_context *context, int64_t lanes, int64_t parts, spn_team_part *body,
                           void *state);

#ifdef __cplusplus
}
#endif

#endif
