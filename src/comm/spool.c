/* SPDX-License-Identifier: MIT */
/* What jobs send for other ranks lies in a temporary file while jobs run, and goes round when all have ended. */
#include "comm/ranks.h"

#include <errno.h>
#include <string.h>

typedef struct spool_head {
    int64_t job, size;
} spool_head;

static spn_status fail_spool(spn_context *context)
{
    return spn_fail(context, SPN_ERROR_IO,
                    "cannot keep results for other ranks in a temporary file: %s", strerror(errno));
}

spn_status comm_keep(spn_context *context, spn_farm *farm, int64_t job, const void *message,
                     int64_t size)
{
    ranks *r = farm->state;
    const spool_head head = {job, size};
    if (fwrite(&head, sizeof head, 1, r->spool) != 1 ||
        (size > 0 && fwrite(message, (size_t)size, 1, r->spool) != 1)) {
        return fail_spool(context);
    }
    r->spooled++;
    return SPN_OK;
}

/* Messages, each a head and its bytes, `count` of them, to the receiver. */
static spn_status hand_over(spn_context *context, const spn_farm_end *end, const char *messages,
                            int64_t count, int64_t size)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < count && status == SPN_OK; i++) {
        const char *at = messages + i * size;
        spool_head head;
        memcpy(&head, at, sizeof head);
        status = end->receiver(context, end->receiver_state, head.job, at + sizeof head);
    }
    return status;
}

/* One rank's messages to all others, a number of them at a time. A receiver that fails does not keep the rank from listening. */
static spn_status broadcast(spn_context *context, ranks *r, int from, const spn_farm_end *end,
                            char *buffer, int64_t at_once)
{
    spn_status status = SPN_OK;
    const bool is_mine = from == (int)r->farm->rank;
    const int64_t size = (int64_t)sizeof(spool_head) + end->message_size;
    int64_t left = r->spooled;
    comm_send_to_all(r, &left, sizeof left, from);
    while (left > 0) {
        const int64_t count = left < at_once ? left : at_once;
        if (is_mine && fread(buffer, (size_t)size, (size_t)count, r->spool) != (size_t)count &&
            status == SPN_OK) {
            status = fail_spool(context);
        }
        comm_send_to_all(r, buffer, count * size, from);
        if (!is_mine && status == SPN_OK) {
            status = hand_over(context, end, buffer, count, size);
        }
        left -= count;
    }
    return status;
}

spn_status comm_broadcast_all(spn_context *context, ranks *r, const spn_farm_end *end)
{
    spn_status status = SPN_OK;
    const int64_t size = (int64_t)sizeof(spool_head) + end->message_size;
    const int64_t at_once = size < COMM_CHUNK ? COMM_CHUNK / size : 1;
    char *buffer = spn_allocate(context, at_once * size, 1);
    status = buffer == NULL ? spn_error_status(context) : SPN_OK;
    if (status == SPN_OK && (fflush(r->spool) != 0 || fseek(r->spool, 0, SEEK_SET) != 0)) {
        status = fail_spool(context);
    }
    status = spn_farm_agree(context, status, NULL, 0); /* all have room: nobody stays away */
    for (int from = 0; from < (int)r->farm->size && !r->has_agreed; from++) {
        const spn_status heard = broadcast(context, r, from, end, buffer, at_once);
        status = status == SPN_OK ? heard : status;
    }
    spn_release(context, buffer);
    return r->has_agreed ? status : spn_farm_agree(context, status, NULL, 0);
}
