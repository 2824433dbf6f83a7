/* SPDX-License-Identifier: MIT */
/* Names of phases from their labels. */
#include "continuation/explore.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool has_same_labels(const spn_phase_record *a, const spn_phase_record *b)
{
    return a->middle.active_modes == b->middle.active_modes &&
           a->middle.dead_units == b->middle.dead_units &&
           a->middle.merged_units == b->middle.merged_units;
}

/* Phases with the same labels are told apart by letters, in the order of their numbers. */
static void find_place(const spn_branches *branches, int64_t phase, int64_t *place, int64_t *count)
{
    *place = *count = 0;
    for (int64_t i = 0; i < branches->phases.count; i++) {
        if (has_same_labels(&branches->phases.items[i].record,
                            &branches->phases.items[phase].record)) {
            *place += i < phase;
            ++*count;
        }
    }
}

SPN_PRINTF_LIKE(3, 4)
static void append(char *buffer, size_t size, const char *format, ...)
{
    size_t used = strlen(buffer);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(buffer + used, size - used, format, arguments);
    va_end(arguments);
}

const char *spn_branches_phase_name(const spn_branches *branches, int64_t phase, char *buffer,
                                    size_t size)
{
    if (size == 0) {
        return buffer;
    }
    buffer[0] = '\0';
    if (phase < 0 || phase >= branches->phases.count) {
        return buffer;
    }
    const spn_phase_record *record = &branches->phases.items[phase].record;
    int64_t place = 0, count = 0;
    if (record->middle.active_modes < 0) {
        append(buffer, size, "phase %lld", (long long)record->phase);
        return buffer;
    }
    find_place(branches, phase, &place, &count);
    bool is_trivial = spn_is_trivial(record->middle.active_modes, record->middle.dead_units);
    if (is_trivial) {
        append(buffer, size, "trivial");
    } else if (record->middle.active_modes == 0) {
        append(buffer, size, "constant");
    } else {
        append(buffer, size, "%lld mode%s", (long long)record->middle.active_modes,
               record->middle.active_modes == 1 ? "" : "s");
    }
    if (!is_trivial && record->middle.merged_units > 0) {
        append(buffer, size, ", %lld merged", (long long)record->middle.merged_units);
    }
    if (!is_trivial && record->middle.dead_units > 0) {
        append(buffer, size, ", %lld dead", (long long)record->middle.dead_units);
    }
    if (count > 1 && place < 26) {
        append(buffer, size, " (%c)", (int)('a' + place));
    } else if (count > 1) {
        append(buffer, size, " (%lld)", (long long)place + 1);
    }
    return buffer;
}
