/* SPDX-License-Identifier: MIT */
/* Do escape times agree with their laws? */
#include "study/delay.h"

#include <math.h>

/* A random start's threshold is a leading order: near it nothing is said. */
#define NEAR_THRESHOLD 0.1

bool spni_delay_agrees(const spn_delay_run *run)
{
    const double share = run->beta / run->own_threshold;
    const bool is_aligned = run->seed < 0, has_left = run->outcome == SPN_DELAY_LEFT;
    if (run->method != SPN_PATH_FLOW || (!is_aligned && fabs(share - 1) < NEAR_THRESHOLD)) {
        return true;
    }
    return has_left == (share < 1) &&
           (!is_aligned || !has_left || fabs(run->passage_difference) <= SPN_DELAY_TOLERANCE);
}

spn_status spni_delay_judge(spn_context *context, const spn_results *results, bool *is_good)
{
    spn_status status = SPN_OK;
    const spn_table *table = spn_results_table(results, "runs");
    spn_delay_run *runs = NULL;
    *is_good = table != NULL;
    if (table == NULL) {
        return SPN_OK;
    }
    SPN_NEW(context, runs, table->rows);
    SPN_TRY(spn_table_convert(context, table, "these results", &spn_delay_columns, runs));
    for (int64_t i = 0; i < table->rows; i++) {
        *is_good = *is_good && spni_delay_agrees(&runs[i]);
    }
done:
    spn_release(context, runs);
    return status;
}
