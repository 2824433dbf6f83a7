/* SPDX-License-Identifier: MIT */
/* What the runs of a family say: transitions from branches, stuck starts from quenches. */
#include "study/family.h"

#include <math.h>
#include <spinodal/numeric.h>
#include <stdlib.h>

#define CONFIDENCE 0.95

/* One run of branches. */
typedef struct source {
    spn_arena *arena;
    spn_results results;
    int64_t points, specials, phases;
    const spn_branch_record *point;
    const spn_special_record *special;
    const spn_phase_record *phase;
} source;

static spn_status read_source(spn_context *context, const char *path, source *s)
{
    spn_status status = SPN_OK;
    spn_branches_contents c;
    SPN_TRY(spn_arena_create(context, &s->arena));
    SPN_TRY(spn_results_read(context, s->arena, path, &s->results));
    SPN_TRY(spn_branches_contents_read(context, s->arena, &s->results, &c));
    s->points = c.points.rows;
    s->specials = c.specials.rows;
    s->phases = c.phases.rows;
    s->point = c.points.records;
    s->special = c.specials.records;
    s->phase = c.phases.records;
done:
    return status;
}

static int64_t measured_order(const spn_special_record *end)
{
    return end->kind == SPN_SPECIAL_BRANCH_POINT && end->is_continuous == 1 ? 2 : 1;
}

/* The special point at which the last phase with this many active modes loses one: from other ends it falls
 * into a phase with as many. *order: 0 where a phase with as many or more goes on to the end of the range,
 * SPNI_NOT_FOUND where no such phase was found. */
static const spn_special_record *last_end(const source *s, int64_t modes, int64_t *order)
{
    const spn_special_record *last = NULL;
    bool goes_on = false;
    for (int64_t i = 0; i < s->phases; i++) {
        const spn_phase_record *phase = &s->phase[i];
        const int64_t row = phase->special_high;
        const bool has_end = row >= 0 && row < s->specials;
        goes_on = goes_on || (!has_end && phase->active_modes >= modes);
        if (has_end && phase->active_modes == modes && s->special[row].active_after < modes &&
            (last == NULL || s->special[row].beta > last->beta)) {
            last = &s->special[row];
        }
    }
    *order = goes_on ? 0 : last != NULL ? measured_order(last) : SPNI_NOT_FOUND;
    return goes_on ? NULL : last;
}

static spn_family_transition make_transition(const spn_family_run *run, int64_t mode,
                                             const spn_theory_mode *theory,
                                             const spn_special_record *end, int64_t order)
{
    const double none = (double)NAN;
    spn_family_transition row = {.run = run->run,
                                 .activation = run->activation,
                                 .depth = run->depth,
                                 .modes = run->modes,
                                 .mode = mode,
                                 .singular_value = theory->singular_value,
                                 .predicted_beta = theory->spinodal_beta,
                                 .measured_beta = none,
                                 .beta_low = none,
                                 .beta_high = none,
                                 .difference = none,
                                 .predicted_order = theory->order,
                                 .order = order,
                                 .error_before = none,
                                 .error_after = none,
                                 .norm_before = none,
                                 .norm_after = none};
    if (end != NULL) {
        row.measured_beta = end->beta;
        row.beta_low = end->beta_low;
        row.beta_high = end->beta_high;
        row.difference = end->beta - theory->spinodal_beta;
        row.error_before = end->error;
        row.error_after = end->error_after;
        row.norm_before = end->weight_norm;
        row.norm_after = end->norm_after;
    }
    return row;
}

static spn_status add_transitions(spn_context *context, spni_family *family, const source *s,
                                  spn_family_run *run, const spn_theory_mode *modes)
{
    spn_status status = SPN_OK;
    for (int64_t mode = run->modes; mode >= 1; mode--) {
        int64_t order = 0;
        const spn_special_record *end = last_end(s, mode, &order);
        const spn_family_transition row = make_transition(run, mode, &modes[mode - 1], end, order);
        run->transitions += end != NULL;
        SPN_TRY(spni_list_append(context, &family->transitions, &row));
    }
done:
    return status;
}

static int compare_points(const void *a, const void *b)
{
    const spn_family_point *x = a, *y = b;
    return (x->beta > y->beta) - (x->beta < y->beta);
}

static spn_status add_end(spn_context *context, spni_family *family, const source *s,
                          int64_t special, spn_family_point point)
{
    if (special < 0 || special >= s->specials) {
        return SPN_OK;
    }
    const spn_special_record *end = &s->special[special];
    point.mark = end->kind == SPN_SPECIAL_FOLD ? SPN_FAMILY_FOLD : SPN_FAMILY_BRANCH_POINT;
    point.beta = end->beta;
    point.error = end->error;
    point.weight_norm = end->weight_norm;
    return spni_list_append(context, &family->points, &point);
}

/* The points of one phase with its ends, in order of beta: along a stable stretch it is monotonic. */
static spn_status add_phase(spn_context *context, spni_family *family, const source *s, int64_t run,
                            int64_t phase)
{
    spn_status status = SPN_OK;
    const int64_t first = family->points.count;
    const spn_phase_record *record = &s->phase[phase];
    spn_family_point point = {
        .run = run, .phase = phase, .active_modes = record->active_modes, .mark = SPN_FAMILY_PLAIN};
    SPN_TRY(add_end(context, family, s, record->special_low, point));
    SPN_TRY(add_end(context, family, s, record->special_high, point));
    for (int64_t i = 0; i < s->points; i++) {
        if (s->point[i].phase == phase) {
            point.beta = s->point[i].beta;
            point.error = s->point[i].error;
            point.weight_norm = s->point[i].weight_norm;
            SPN_TRY(spni_list_append(context, &family->points, &point));
        }
    }
    qsort(family->points.items + first * family->points.size,
          (size_t)(family->points.count - first), (size_t)family->points.size, compare_points);
done:
    return status;
}

spn_status spni_family_read_branches(spn_context *context, spni_family *family, const char *path,
                                     spn_family_run *run, const spn_theory_mode *modes)
{
    spn_status status = SPN_OK;
    source s = {.arena = NULL};
    run->run = family->runs.count;
    SPN_TRY(read_source(context, path, &s));
    SPN_TRY(add_transitions(context, family, &s, run, modes));
    for (int64_t phase = 0; phase < s.phases; phase++) {
        SPN_TRY(add_phase(context, family, &s, run->run, phase));
    }
done:
    spn_arena_free(s.arena);
    return status;
}

/* Rows of the smallest beta that ended at a stationary point. */
static bool is_start(const spn_sweep_record *row, double beta)
{
    return row->beta == beta && row->stationary == 1;
}

static void count_starts(const spn_sweep_record *rows, int64_t count, spn_family_run *run)
{
    const spn_sweep_record *best = NULL;
    run->start_beta = count > 0 ? rows[0].beta : (double)NAN;
    for (int64_t i = 1; i < count; i++) {
        run->start_beta = fmin(run->start_beta, rows[i].beta);
    }
    for (int64_t i = 0; i < count; i++) {
        if (is_start(&rows[i], run->start_beta)) {
            run->starts++;
            best = best == NULL || rows[i].loss < best->loss ? &rows[i] : best;
        }
    }
    if (best == NULL) {
        return;
    }
    run->best_modes = best->active_modes;
    for (int64_t i = 0; i < count; i++) {
        run->stuck +=
            is_start(&rows[i], run->start_beta) && rows[i].active_modes < best->active_modes;
    }
    run->stuck_fraction = (double)run->stuck / (double)run->starts;
    spn_binomial_interval(run->stuck, run->starts, CONFIDENCE, &run->stuck_low, &run->stuck_high);
}

spn_status spni_family_read_starts(spn_context *context, const char *path, spn_family_run *run)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    spn_sweep_contents c;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    SPN_TRY(spn_sweep_contents_read(context, arena, &results, &c));
    count_starts(c.points.records, c.points.rows, run);
done:
    spn_arena_free(arena);
    return status;
}
