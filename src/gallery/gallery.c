/* SPDX-License-Identifier: MIT */
/* The registry of targets. */
#include "gallery/gallery.h"

#include <string.h>

const spni_target *const spni_targets[] = {
    &spni_target_fig1,       &spni_target_fig2,  &spni_target_fig3,    &spni_target_order,
    &spni_target_complexity, &spni_target_delay, &spni_target_orders,  &spni_target_omnigrok,
    &spni_target_digits,     &spni_target_mnist, &spni_target_fashion, NULL,
};

static const struct {
    const char *name, *help;
    unsigned bit;
} groups[] = {
    {"paper", "the figures of the paper", SPNI_GROUP_PAPER},
    {"all", "everything but what takes data or long (the default)", SPNI_GROUP_ALL},
};
enum { GROUPS = sizeof groups / sizeof *groups };

_Static_assert(sizeof spni_targets / sizeof *spni_targets - 1 <= SPNI_TARGETS_MAX, "room for all");

bool spn_gallery_name_at(int64_t index, spn_gallery_name *out)
{
    const int64_t targets = (int64_t)(sizeof spni_targets / sizeof *spni_targets) - 1;
    if (index < targets) {
        *out = (spn_gallery_name){spni_targets[index]->name, spni_targets[index]->help};
    } else if (index < targets + GROUPS) {
        *out = (spn_gallery_name){groups[index - targets].name, groups[index - targets].help};
    } else {
        return false;
    }
    return true;
}

uint64_t spni_targets_named(const char *name)
{
    uint64_t found = 0;
    unsigned bit = 0;
    for (int g = 0; g < GROUPS; g++) {
        bit = strcmp(groups[g].name, name) == 0 ? groups[g].bit : bit;
    }
    for (int64_t k = 0; spni_targets[k] != NULL; k++) {
        const spni_target *target = spni_targets[k];
        if (strcmp(target->name, name) == 0 ||
            ((target->groups | (target->is_apart ? 0 : SPNI_GROUP_ALL)) & bit) != 0) {
            found |= UINT64_C(1) << k;
        }
    }
    return found;
}

void spni_put_shared_targets(spn_text *list)
{
    const char *last = NULL;
    bool is_first = true;
    for (int64_t k = 0; spni_targets[k] != NULL; k++) {
        if (spni_targets[k]->share == NULL) {
            continue;
        }
        if (last != NULL) {
            spn_text_put(list, "%s%s", is_first ? "" : ", ", last);
            is_first = false;
        }
        last = spni_targets[k]->name;
    }
    spn_text_put(list, "%s%s", is_first ? "" : " and ", last != NULL ? last : "nothing");
}
