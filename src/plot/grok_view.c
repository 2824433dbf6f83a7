/* SPDX-License-Identifier: MIT */
/* A file of watched training read. */
#include "plot/grok.h"

#include <math.h>

static void find_ends(spni_grok_view *v)
{
    double first = HUGE_VAL;
    for (int64_t i = 0; i < v->c.points.rows; i++) {
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
    *v = (spni_grok_view){.right = 1};
    SPN_TRY(spn_grok_contents_read(context, arena, results, &v->c));
    if (v->c.runs.rows == 0 || v->c.points.rows == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "holds no runs: nothing to draw");
    }
    v->runs = v->c.runs.records;
    v->points = v->c.points.records;
    v->crossings = v->c.crossings.records;
    v->plateaus = v->c.plateaus.records;
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
