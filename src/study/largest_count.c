/* SPDX-License-Identifier: MIT */
/* Where memory lacks, the largest of the counts that ask for it. */
#include "study/experiment.h"

#include <stdio.h>

/* Below this many of anything no memory lacks because of it. */
enum { MANY = 1000 };

/* Keys that size what is allocated. */
static const struct {
    int section;
    const char *key;
} counts[] = {
    {SPNI_SECTION_DATA, "samples"}, {SPNI_SECTION_DATA, "inputs"},
    {SPNI_SECTION_DATA, "outputs"}, {SPNI_SECTION_DATA, "modulus"},
    {SPNI_SECTION_MODEL, "hidden"}, {SPNI_SECTION_DATA, "teacher.hidden"},
    {SPNI_SECTION_SWEEP, "seeds"},  {SPNI_SECTION_SWEEP, "beta.points"},
    {SPNI_SECTION_GROK, "seeds"},   {SPNI_SECTION_GROK, "records"},
    {SPNI_SECTION_SLICE, "points"}, {SPNI_SECTION_BRANCHES, "points"},
};

/* What the user wrote for it; 0: nothing. Of a list its largest entry. */
static int64_t count_of(const spn_settings *section, const char *key)
{
    const int64_t index = spn_option_find(section->table, key);
    if (index < 0 || !section->is_set[index]) {
        return 0;
    }
    const spn_option *option = &section->table->options[index];
    const void *place = (const char *)section->values + option->offset;
    if (option->type != SPN_OPTION_INTEGERS) {
        return *(const int64_t *)place;
    }
    const spn_integers *list = place;
    int64_t largest = 0;
    for (int64_t i = 0; i < list->count; i++) {
        largest = list->items[i] > largest ? list->items[i] : largest;
    }
    return largest;
}

spn_status spni_experiment_size(spn_context *context, const spn_experiment *experiment,
                                spn_status status)
{
    const size_t none = sizeof counts / sizeof *counts;
    size_t best = none;
    int64_t largest = MANY - 1;
    char where[512], key[SPN_ERROR_KEY_SIZE];
    for (size_t i = 0; i < none; i++) {
        const int64_t count = count_of(&experiment->sections[counts[i].section], counts[i].key);
        best = count > largest ? i : best;
        largest = count > largest ? count : largest;
    }
    if (status != SPN_ERROR_MEMORY || best == none || spn_error_key(context)[0] != '\0') {
        return status;
    }
    const spn_settings *section = &experiment->sections[counts[best].section];
    spn_error_prefix(context, "%s: %lld may be too many",
                     spn_settings_where(section, counts[best].key, where, sizeof where),
                     (long long)largest);
    snprintf(key, sizeof key, "%s.%s", section->table->section, counts[best].key);
    spn_error_set_key(context, key);
    return status;
}
