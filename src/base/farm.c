/* SPDX-License-Identifier: MIT */
#include "base/farm.h"

#include <string.h>

int64_t spn_farm_rank(const spn_context *context)
{
    const spn_farm *farm = spn_context_farm(context);
    return farm != NULL ? farm->rank : 0;
}

bool spn_farm_writes(const spn_context *context)
{
    const spn_farm *farm = spn_context_farm(context);
    return farm == NULL || farm->is_share || farm->rank == 0;
}

bool spn_farm_is_foreign(const spn_context *context)
{
    const spn_farm *farm = spn_context_farm(context);
    return farm != NULL && farm->is_foreign;
}

bool spn_farm_is_sharded(const spn_context *context)
{
    const spn_farm *farm = spn_context_farm(context);
    return farm != NULL && farm->is_sharded;
}

bool spn_farm_is_share(const spn_context *context)
{
    const spn_farm *farm = spn_context_farm(context);
    return farm != NULL && farm->is_share;
}

void spn_farm_beat(spn_context *context)
{
    spn_farm *farm = spni_context_any_farm(context);
    if (farm != NULL && farm->beat != NULL && !farm->is_running) {
        farm->beat(farm);
    }
}

spn_status spn_farm_agree(spn_context *context, spn_status status, void *data, int64_t size)
{
    spn_farm *farm = spn_context_farm(context);
    return farm != NULL && !farm->is_share ? farm->agree(context, farm, status, data, size)
                                           : status;
}

double spni_farm_progress(spn_context *context, double done)
{
    spn_farm *farm = spn_context_farm(context);
    if (farm == NULL || !farm->is_running || farm->is_foreign) {
        return done;
    }
    if (farm->first_done < 0 || done < farm->first_done) {
        farm->first_done = done;
    }
    farm->news.done = done - farm->first_done;
    return done + farm->others_done;
}

int64_t spn_farm_key(int64_t count, const double *numbers)
{
    uint64_t key = 14695981039346656037U;
    for (int64_t i = 0; i < count; i++) {
        uint64_t bits = 0;
        memcpy(&bits, numbers + i, sizeof bits);
        key = (key ^ bits) * 1099511628211U;
        key ^= key >> 29;
    }
    return (int64_t)(key >> 1);
}

/* ---- Shares ----------------------------------------------------------------------------------- */

static spn_status begin_share(spn_context *context, spn_farm *farm, int64_t jobs)
{
    (void)context;
    farm->share_next = farm->rank;
    farm->share_jobs = jobs;
    return SPN_OK;
}

static int64_t take_share(spn_farm *farm)
{
    const int64_t job = farm->share_next;
    if (job >= farm->share_jobs) {
        return SPN_FARM_NONE;
    }
    farm->share_next += farm->size;
    return job;
}

static void tell_nobody(spn_farm *farm, const spn_farm_news *own, spn_farm_news *others)
{
    (void)farm;
    (void)own;
    *others = (spn_farm_news){.failed = SPN_FARM_NONE};
}

static spn_status keep_nothing(spn_context *context, spn_farm *farm, int64_t job,
                               const void *message, int64_t size)
{
    (void)context;
    (void)farm;
    (void)job;
    (void)message;
    (void)size;
    return SPN_OK;
}

static spn_status exchange_nothing(spn_context *context, spn_farm *farm, const spn_farm_end *end)
{
    (void)context;
    (void)farm;
    return end->status;
}

spn_status spn_shares_farm(spn_context *context, int64_t rank, int64_t size, spn_farm *farm)
{
    *farm = (spn_farm){.rank = rank,
                       .size = size,
                       .is_share = true,
                       .begin = begin_share,
                       .take = take_share,
                       .tell = tell_nobody,
                       .keep = keep_nothing,
                       .exchange = exchange_nothing};
    if (size < 1 || rank < 0 || rank >= size) {
        return spn_fail(context, SPN_ERROR_ARGUMENT, "share %lld of %lld: must be 1 to %lld",
                        (long long)rank + 1, (long long)size, (long long)size);
    }
    return SPN_OK;
}
