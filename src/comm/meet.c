/* SPDX-License-Identifier: MIT */
/* Where all ranks come together. What they do together begins with one small reduction, which says of each where it is; nobody goes on before all
 * have come. So a rank that has failed is heard of wherever the others are, and ranks that have gone other ways do not take each other's numbers
 * for something else. */
#include "comm/ranks.h"

spn_status comm_share_error(spn_context *context, ranks *r, int rank)
{
    spn_error_get(context, &r->failure);
    comm_send_to_all(r, &r->failure, sizeof r->failure, rank);
    spn_error_set(context, &r->failure);
    r->has_agreed = true;
    return r->failure.status;
}

/* The least is that of the lowest place, and of equal ones of the lowest rank. */
static int64_t pack_failure(const ranks *r, int64_t place)
{
    return place == SPN_FARM_NONE ? SPN_FARM_NONE : (place + 1) * r->farm->size + r->farm->rank;
}

spn_status comm_meet_with(spn_context *context, ranks *r, int64_t failed, comm_meeting where,
                          int64_t key)
{
    enum { FAILED, WHERE, WHERE_NOT, KEY, KEY_NOT, COUNT };
    if (r->has_agreed) {
        spn_error_set(context, &r->failure);
        return r->failure.status;
    }
    r->is_failing = failed != SPN_FARM_NONE;
    /* The least of a number and of its opposite tell whether all bring the same. */
    const int64_t own[COUNT] = {pack_failure(r, failed), where, ~(int64_t)where, key, ~key};
    int64_t least[COUNT];
    MPI_Request request;
    comm_enter(r);
    MPI_Iallreduce(own, least, COUNT, MPI_INT64_T, MPI_MIN, r->world, &request);
    comm_leave(r);
    comm_wait_for(r, 1, &request);
    if (least[FAILED] != SPN_FARM_NONE) {
        return comm_share_error(context, r, (int)(least[FAILED] % r->farm->size));
    }
    if (least[WHERE] != ~least[WHERE_NOT] || least[KEY] != ~least[KEY_NOT]) {
        spn_fail(context, SPN_ERROR_NUMERIC,
                 "ranks have come to different numbers: use nodes of one kind");
        return comm_share_error(context, r, ROOT);
    }
    return SPN_OK;
}

spn_status comm_meet(spn_context *context, ranks *r, spn_status status, comm_meeting where,
                     int64_t key)
{
    /* Who has stopped because another has failed brings no failure of its own. */
    const bool is_own = status != SPN_OK && !r->farm->is_stopped;
    return comm_meet_with(context, r, is_own ? -1 : SPN_FARM_NONE, where, key);
}
