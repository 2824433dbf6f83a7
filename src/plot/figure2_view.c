/* SPDX-License-Identifier: MIT */
/* The chains of a sweep as lines: a refined jump breaks its line where it was located, not over a step of the grid. */
#include "plot/figure2.h"

#include <math.h>

const char *spni_branch_word(const spni_drawn_branch *branch)
{
    const char *word = spn_direction_text(branch->direction);
    return word != NULL ? word : "branch";
}

bool spni_is_jump(const spni_drawn_branch *branch, int64_t i)
{
    return i + 1 < branch->count &&
           branch->points[i]->state.active_modes != branch->points[i + 1]->state.active_modes;
}

/* ---- Chains -------------------------------------------------------------------------------------- */

/* Two chains down may begin in phases with as many modes: only their points tell them apart, which are numbered one after
 * the other. Legs of a chain go on in the numbers. */
static bool goes_on(const spn_sweep_record *a, const spn_sweep_record *b)
{
    return a->seed == b->seed && a->direction == b->direction && a->phase == b->phase &&
           a->leg == b->leg && (a->point + 1 == b->point || b->direction == SPN_DIRECTION_QUENCH);
}

static spn_status add_branch(spn_context *context, spn_arena *arena, spni_sweep_view *view,
                             const spn_sweep_record *first, int64_t count)
{
    spn_status status = SPN_OK;
    SPN_TRY(spn_grow_in(context, arena, &view->branches, sizeof *view->branches, view->branch_count,
                        1, &view->branch_capacity));
    spni_drawn_branch *branch = &view->branches[view->branch_count];
    *branch = (spni_drawn_branch){.source = view->source_count,
                                  .seed = first->seed,
                                  .direction = first->direction,
                                  .phase = first->phase,
                                  .leg = first->leg};
    SPN_TAKE(context, arena, branch->points, count);
    for (int64_t i = 0; i < count; i++) {
        branch->points[branch->count++] = &first[i];
    }
    view->branch_count++;
done:
    return status;
}

/* ---- Stations ------------------------------------------------------------------------------------ */

/* The jumps of the step to point `to`, the next beyond beta: NULL: none. */
static const spn_sweep_jump *find_jump(const spn_sweep_contents *c, const spn_sweep_record *from,
                                       const spn_sweep_record *to, double beta)
{
    const spn_sweep_jump *jumps = c->jumps.records, *best = NULL;
    const double sign = to->state.beta > from->state.beta ? 1 : -1;
    for (int64_t i = 0; i < c->jumps.rows; i++) {
        const spn_sweep_jump *j = &jumps[i];
        const double width = fabs(j->beta_after - j->beta_before);
        if (j->seed == to->seed && j->direction == to->direction && j->phase == to->phase &&
            j->leg == to->leg && j->point == to->point && sign * (j->beta - beta) > 0 &&
            sign * (to->state.beta - j->beta) >= -width &&
            !spn_sweep_jump_is_elsewhere(j, to, c->points.rows, c->points.records) &&
            (best == NULL || sign * (best->beta - j->beta) > 0)) {
            best = j;
        }
    }
    return best;
}

static int64_t count_stations(const spn_sweep_contents *c, const spni_drawn_branch *b)
{
    int64_t count = b->count;
    for (int64_t i = 1; i < b->count; i++) {
        const spn_sweep_record *from = b->points[i - 1], *to = b->points[i];
        for (const spn_sweep_jump *j = find_jump(c, from, to, from->state.beta); j != NULL;
             j = find_jump(c, from, to, j->beta)) {
            count += 2;
        }
    }
    return count;
}

static spn_status make_stations(spn_context *context, spn_arena *arena, const spn_sweep_contents *c,
                                spni_drawn_branch *b)
{
    spn_status status = SPN_OK;
    SPN_TAKE(context, arena, b->stations, count_stations(c, b));
    for (int64_t i = 0; i < b->count; i++) {
        const spn_sweep_record *to = b->points[i], *from = i > 0 ? b->points[i - 1] : to;
        bool has_jump = false;
        for (const spn_sweep_jump *j = i > 0 ? find_jump(c, from, to, from->state.beta) : NULL;
             j != NULL; j = find_jump(c, from, to, j->beta)) {
            b->stations[b->station_count++] =
                (spni_station){j->beta_before, &j->before, NULL, false};
            b->stations[b->station_count++] =
                (spni_station){j->beta_after, &j->after, NULL, j->survives == 1};
            has_jump = true;
        }
        bool is_coarse = i > 0 && !has_jump && (spni_is_jump(b, i - 1) || to->jump);
        b->stations[b->station_count++] = (spni_station){
            to->state.beta, &to->state, to, is_coarse || to->direction == SPN_DIRECTION_QUENCH};
    }
done:
    return status;
}

/* ---- All of a source ----------------------------------------------------------------------------- */

static void include(spni_sweep_view *view, const spn_sweep_record *point)
{
    view->has_test_error = view->has_test_error || isfinite(point->state.test_error);
    view->has_test_accuracy = view->has_test_accuracy || isfinite(point->state.test_accuracy);
    view->seed_count = point->seed + 1 > view->seed_count ? point->seed + 1 : view->seed_count;
}

spn_status spni_sweep_view_add(spn_context *context, spn_arena *arena, const spn_results *results,
                               spni_sweep_view *view)
{
    spn_status status = SPN_OK;
    spn_sweep_contents c;
    const spn_table *table = spn_results_table(results, "points");
    if (table == NULL || table->rows == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "these results hold no points: nothing to draw");
    }
    SPN_TRY(spn_sweep_contents_read(context, arena, results, &c));
    const spn_sweep_record *points = c.points.records;
    if (view->source_count == 0) {
        view->lines = (spni_theory_lines){.count = c.theory.rows, .modes = c.theory.records};
    }
    for (int64_t i = 0, first = 0; i < c.points.rows; i++) {
        include(view, &points[i]);
        if (i + 1 == c.points.rows || !goes_on(&points[i], &points[i + 1])) {
            SPN_TRY(add_branch(context, arena, view, &points[first], i + 1 - first));
            SPN_TRY(make_stations(context, arena, &c, &view->branches[view->branch_count - 1]));
            first = i + 1;
        }
    }
    view->source_count++;
done:
    return status;
}
