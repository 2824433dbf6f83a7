/* SPDX-License-Identifier: MIT */
/* What all instructions use: the bytes behind them, the stack, the memo. */
#include "formats/pickle_machine.h"

spn_status spni_pickle_damaged(const spni_pickle_machine *m, const char *what)
{
    return spn_fail(m->context, SPN_ERROR_INPUT, "%s: its pickle is damaged at byte %lld: %s",
                    m->source, (long long)m->at, what);
}

spn_status spni_pickle_take_bytes(spni_pickle_machine *m, int64_t count, const unsigned char **out)
{
    if (count > m->size - m->at) {
        return spni_pickle_damaged(m, "it is cut off");
    }
    *out = m->bytes + m->at;
    m->at += count;
    return SPN_OK;
}

spn_status spni_pickle_take_number(spni_pickle_machine *m, int64_t bytes, uint64_t *out)
{
    const unsigned char *at = NULL;
    spn_status status = spni_pickle_take_bytes(m, bytes, &at);
    *out = status == SPN_OK ? spni_load_little(at, bytes) : 0;
    return status;
}

spn_status spni_pickle_push(spni_pickle_machine *m, spni_pickle_value value)
{
    spn_status status =
        spn_grow(m->context, &m->stack, sizeof *m->stack, m->depth, 1, &m->capacity);
    if (status == SPN_OK) {
        m->stack[m->depth++] = value;
    }
    return status;
}

spn_status spni_pickle_pop(spni_pickle_machine *m, spni_pickle_value *out)
{
    if (m->depth == 0 || m->stack[m->depth - 1].kind == SPNI_PICKLE_MARK) {
        return spni_pickle_damaged(m, "a value is missing");
    }
    *out = m->stack[--m->depth];
    return SPN_OK;
}

spn_status spni_pickle_top(spni_pickle_machine *m, spni_pickle_value *out)
{
    spn_status status = spni_pickle_pop(m, out);
    m->depth += status == SPN_OK ? 1 : 0;
    return status;
}

spn_status spni_pickle_pop_to_mark(spni_pickle_machine *m, int64_t *count,
                                   const spni_pickle_value **items)
{
    int64_t mark = m->depth - 1;
    while (mark >= 0 && m->stack[mark].kind != SPNI_PICKLE_MARK) {
        mark--;
    }
    if (mark < 0) {
        return spni_pickle_damaged(m, "a mark is missing");
    }
    *items = m->stack + mark + 1;
    *count = m->depth - mark - 1;
    m->depth = mark;
    return SPN_OK;
}

spn_status spni_pickle_memo_put(spni_pickle_machine *m, uint64_t index)
{
    spn_status status = SPN_OK;
    spni_pickle_value value = {0};
    SPN_TRY(spni_pickle_top(m, &value));
    /* Picklers count: there are fewer than bytes. */
    if (index >= (uint64_t)m->size) {
        SPN_TRY(spni_pickle_damaged(m, "a place in the memo is too large"));
    }
    while (m->memo_count <= (int64_t)index) {
        SPN_TRY(
            spn_grow(m->context, &m->memo, sizeof *m->memo, m->memo_count, 1, &m->memo_capacity));
        m->memo[m->memo_count++] = (spni_pickle_value){.kind = SPNI_PICKLE_MARK};
    }
    m->memo[index] = value;
done:
    return status;
}

spn_status spni_pickle_memo_get(spni_pickle_machine *m, uint64_t index)
{
    if (index >= (uint64_t)m->memo_count || m->memo[index].kind == SPNI_PICKLE_MARK) {
        return spni_pickle_damaged(m, "the memo does not hold what is asked for");
    }
    return spni_pickle_push(m, m->memo[index]);
}
