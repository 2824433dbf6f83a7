/* SPDX-License-Identifier: MIT */
#include "study/results.h"

#include <stdlib.h>
#include <string.h>

void spni_jumps_free(spn_context *context, spni_jumps *jumps)
{
    spn_release(context, jumps->ordinals);
    spn_release(context, jumps->records);
    spn_release(context, jumps->before);
    spn_release(context, jumps->after);
    spn_release(context, jumps->approach);
    *jumps = (spni_jumps){0};
}

/* Room for `capacity` transitions; what is there is kept. */
static spn_status reserve(spn_context *context, spni_jumps *jumps, int64_t capacity)
{
    spn_status status = SPN_OK;
    int64_t items = 0;
    int64_t *ordinals = NULL;
    spn_sweep_jump *records = NULL;
    double *before = NULL, *after = NULL;
    if (!spn_size_multiply(capacity, jumps->parameters, &items)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "too many transitions to keep in memory");
    }
    SPN_NEW(context, ordinals, capacity);
    SPN_NEW(context, records, capacity);
    SPN_NEW(context, before, items);
    SPN_NEW(context, after, items);
    if (jumps->count > 0) {
        size_t count = (size_t)jumps->count, numbers = count * (size_t)jumps->parameters;
        memcpy(ordinals, jumps->ordinals, count * sizeof *ordinals);
        memcpy(records, jumps->records, count * sizeof *records);
        memcpy(before, jumps->before, numbers * sizeof *before);
        memcpy(after, jumps->after, numbers * sizeof *after);
    }
    spn_release(context, jumps->ordinals);
    spn_release(context, jumps->records);
    spn_release(context, jumps->before);
    spn_release(context, jumps->after);
    jumps->ordinals = ordinals;
    jumps->records = records;
    jumps->before = before;
    jumps->after = after;
    jumps->capacity = capacity;
    return SPN_OK;
done:
    spn_release(context, ordinals);
    spn_release(context, records);
    spn_release(context, before);
    spn_release(context, after);
    return status;
}

static spn_status reserve_approach(spn_context *context, spni_jumps *jumps, int64_t capacity)
{
    spn_status status = SPN_OK;
    spn_sweep_approach *approach = NULL;
    SPN_NEW(context, approach, capacity);
    if (jumps->approach_count > 0) {
        memcpy(approach, jumps->approach, (size_t)jumps->approach_count * sizeof *approach);
    }
    spn_release(context, jumps->approach);
    jumps->approach = approach;
    jumps->approach_capacity = capacity;
done:
    return status;
}

spn_status spni_jumps_append(spn_context *context, spni_jumps *jumps,
                             const spn_sweep_transition *transition)
{
    spn_status status = SPN_OK;
    int64_t row = jumps->count, parameters = transition->parameters;
    size_t bytes = (size_t)parameters * sizeof(double);
    jumps->parameters = parameters;
    if (row == jumps->capacity) {
        SPN_TRY(reserve(context, jumps, 2 * row + 16));
    }
    if (jumps->approach_count + transition->approach_count > jumps->approach_capacity) {
        SPN_TRY(
            reserve_approach(context, jumps, 2 * jumps->approach_capacity + 16 * SPN_APPROACH_MAX));
    }
    jumps->ordinals[row] = transition->ordinal;
    jumps->records[row] = *transition->jump;
    memcpy(jumps->before + row * parameters, transition->theta_before, bytes);
    memcpy(jumps->after + row * parameters, transition->theta_after, bytes);
    for (int64_t i = 0; i < transition->approach_count; i++) {
        spn_sweep_approach *added = &jumps->approach[jumps->approach_count++];
        *added = transition->approach[i];
        added->jump = row;
    }
    jumps->count++;
done:
    return status;
}

typedef struct sort_key {
    int64_t chain, point, ordinal, row;
} sort_key;

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_places(const sort_key *left, const sort_key *right)
{
    int order = compare_numbers(left->chain, right->chain);
    order = order != 0 ? order : compare_numbers(left->point, right->point);
    return order != 0 ? order : compare_numbers(left->ordinal, right->ordinal);
}

static int compare_keys(const void *a, const void *b)
{
    const sort_key *left = a, *right = b;
    int order = compare_places(left, right);
    return order != 0 ? order : compare_numbers(left->row, right->row);
}

/* Row `row` of `from` to the end of `to`, with its approach. */
static spn_status copy_jump(spn_context *context, const spni_jumps *from, int64_t row,
                            spni_jumps *to)
{
    int64_t first = 0, last = 0;
    while (first < from->approach_count && from->approach[first].jump != row) {
        first++;
    }
    for (last = first; last < from->approach_count && from->approach[last].jump == row;) {
        last++;
    }
    const spn_sweep_transition transition = {
        .ordinal = from->ordinals[row],
        .jump = &from->records[row],
        .approach_count = last - first,
        .approach = from->approach + first,
        .parameters = from->parameters,
        .theta_before = from->before + row * from->parameters,
        .theta_after = from->after + row * from->parameters,
    };
    return spni_jumps_append(context, to, &transition);
}

spn_status spni_jumps_sort(spn_context *context, spni_jumps *jumps)
{
    spn_status status = SPN_OK;
    sort_key *keys = NULL;
    spni_jumps sorted = {.parameters = jumps->parameters};
    SPN_NEW(context, keys, jumps->count);
    for (int64_t i = 0; i < jumps->count; i++) {
        const spn_sweep_jump *record = &jumps->records[i];
        keys[i] = (sort_key){record->chain, record->point, jumps->ordinals[i], i};
    }
    qsort(keys, (size_t)jumps->count, sizeof *keys, compare_keys);
    for (int64_t i = 0; i < jumps->count; i++) {
        if (i == 0 || compare_places(&keys[i - 1], &keys[i]) != 0) {
            SPN_TRY(copy_jump(context, jumps, keys[i].row, &sorted));
        }
    }
    spni_jumps_free(context, jumps);
    *jumps = sorted;
    sorted = (spni_jumps){0};
done:
    spni_jumps_free(context, &sorted);
    spn_release(context, keys);
    return status;
}
