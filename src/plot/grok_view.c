/* SPDX-License-Identifier: MIT */
/* A file of watched training read. */
#include "plot/grok.h"

#include <math.h>

static void find_ends(spni_grok_view *v)
{
    double first = HUGE_VAL;
    v->right = 1;
    for (int64_t i = 0; i < v->point_count; i++) {
        const double epoch = v->points[i].epoch;
        first = epoch > 0 ? fmin(first, epoch) : first;
        v->right = fmax(v->right, epoch);
    }
    v->left = isfinite(first) ? first / 2 : 0.5;
}

spn_status spni_grok_view_make(spn_context *context, spn_arena *arena, const spn_results *results,
                               spni_grok_view *v)
{
    spn_status status = SPN_OK;
    spn_grok_contents c;
    SPN_TRY(spn_grok_contents_read(context, arena, results, &c));
    if (c.runs.rows == 0 || c.points.rows == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "holds no runs: nothing to draw");
    }
    *v = (spni_grok_view){.start_count = c.starts.rows,
                          .run_count = c.runs.rows,
                          .point_count = c.points.rows,
                          .crossing_count = c.crossings.rows,
                          .plateau_count = c.plateaus.rows,
                          .runs = c.runs.records,
                          .points = c.points.records,
                          .crossings = c.crossings.records,
                          .plateaus = c.plateaus.records,
                          .names = c.names,
                          .phases = c.phases,
                          .modes = c.modes,
                          .is_descent = c.is_descent};
    find_ends(v);
done:
    return status;
}

const char *spni_plateau_name(int64_t kind)
{
    static const char *const names[] = {"metastable minimum", "ghost of a fold", "saddle",
                                        "degenerate point", "slow"};
    return kind >= 0 && kind <= SPN_PLATEAU_SLOW ? names[kind] : "?";
}

const char *spni_plateau_law(int64_t kind)
{
    static const char *const laws[] = {"it never leaves", "pi / sqrt(distance to the fold)",
                                       "ln(1 / delta) / |lambda|",
                                       "growth beyond linear order (T16, T22)", "no law"};
    return kind >= 0 && kind <= SPN_PLATEAU_SLOW ? laws[kind] : "?";
}
