/* SPDX-License-Identifier: MIT */
/* Transitions of results. */
#include "kind/run_answer.h"

#include <math.h>

spn_status spn_sweep_transitions(spn_context *context, spn_arena *arena, const spn_results *results,
                                 spn_transitions *transitions)
{
    spn_status status = SPN_OK;
    spn_sweep_contents c;
    spn_sweep_tables tables;
    SPN_TRY(spn_sweep_contents_read(context, arena, results, &c));
    SPN_TRY(spni_sweep_tables(context, arena, &c, &tables));
    SPN_TRY(spn_transitions_add_sweep(context, transitions, &tables));
done:
    return status;
}

spn_status spn_sweep_claim(spn_context *context, spn_arena *arena, const spn_results *results,
                           const spn_transitions *transitions, int64_t run, spn_claim *claim)
{
    spn_status status = SPN_OK;
    spn_sweep_contents c;
    spn_sweep_tables tables;
    *claim = (spn_claim){.run = run};
    SPN_TRY(spn_sweep_contents_read(context, arena, results, &c));
    SPN_TRY(spni_sweep_tables(context, arena, &c, &tables));
    if (!c.has_rate && !c.is_paced) {
        SPN_TRY(spn_check_claim(context, transitions, run, &tables, claim));
    }
done:
    return status;
}

spn_status spn_branches_transitions(spn_context *context, spn_arena *arena,
                                    const spn_results *results, spn_transitions *transitions)
{
    spn_status status = SPN_OK;
    spn_branches_contents c;
    SPN_TRY(spn_branches_contents_read(context, arena, results, &c));
    const spn_branch_tables tables = spni_branch_tables(&c);
    SPN_TRY(spn_transitions_add_branches(context, transitions, &tables));
done:
    return status;
}

/* Widen the range by the points. */
static void include_range(const spn_results *results, double *from, double *to)
{
    const spn_table *points = spn_results_table(results, "points");
    const int64_t column = points != NULL ? spn_table_find(points, "beta") : -1;
    for (int64_t i = 0; column >= 0 && i < points->rows; i++) {
        *from = fmin(*from, spn_table_real(points, i, column));
        *to = fmax(*to, spn_table_real(points, i, column));
    }
}

spn_status spn_add_transitions(spn_context *context, const spn_kind *kind,
                               const spn_results *results, spn_transitions *transitions,
                               double *from, double *to)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    if (kind == NULL || kind->add_transitions == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "holds results of '%.40s'; transitions are found in those of sweep and branches",
                 results->kind);
    }
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(kind->add_transitions(context, arena, results, transitions));
    include_range(results, from, to);
done:
    spn_arena_free(arena);
    return status;
}

spn_status spn_results_claim(spn_context *context, const spn_kind *kind, const spn_results *results,
                             const spn_transitions *transitions, int64_t run, spn_claim *claim)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    *claim = (spn_claim){.run = run};
    if (kind == NULL || kind->check_claim == NULL) {
        return SPN_OK;
    }
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(kind->check_claim(context, arena, results, transitions, run, claim));
done:
    spn_arena_free(arena);
    return status;
}
