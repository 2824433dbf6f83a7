/* SPDX-License-Identifier: MIT */
#include <spinodal/objective.h>

void spn_labels_settle(spn_labels *labels, int64_t before, double share)
{
    int64_t active = 0;
    for (int64_t i = 0; i < labels->direction_count; i++) {
        double floor = share * labels->output_scale;
        if (before >= 0) {
            floor = i < before ? floor / SPN_DIRECTION_MARGIN : floor * SPN_DIRECTION_MARGIN;
        }
        active += labels->directions[i] > floor ? 1 : 0;
    }
    if (labels->active_modes < 0) {
        return;
    }
    labels->active_modes = labels->direction_count > 0 ? active : labels->active_modes;
    labels->is_trivial = labels->is_trivial && labels->active_modes == 0;
    if (labels->is_trivial) {
        labels->dead_units = labels->merged_units = -1;
    }
}

bool spn_is_trivial(int64_t active_modes, int64_t dead_units)
{
    return active_modes == 0 && dead_units < 0;
}
