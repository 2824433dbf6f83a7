/* SPDX-License-Identifier: MIT */
/* What the runs of a family say: transitions from branches, stuck starts from quenches. */
#include "gallery/family/family.h"

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
    int64_t *learned; /* of each phase, modes of the data */
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

static spn_status find_strengths(spn_context *context, const spn_results *results, const char *path,
                                 int64_t rows, int64_t modes, const double **out)
{
    const spn_array *array = spn_results_array(results, "modes");
    const bool is_whole = array != NULL && array->rows == rows && array->columns == modes;
    *out = is_whole ? array->values : NULL;
    return is_whole ? SPN_OK
                    : spn_fail(context, SPN_ERROR_INPUT,
                               "%s has no strengths of %lld modes at each of its points", path,
                               (long long)modes);
}

/* The outputs of a tanh network have more directions than it has learned modes: its bends leave traces of the others,
 * of some 1e-3 of their strength. Families count modes of the data, and a trace is not one. */
static int64_t count_learned(const double *strengths, const spn_theory_mode *theory, int64_t modes)
{
    int64_t learned = 0;
    for (int64_t k = 0; k < modes; k++) {
        learned += strengths[k] > SPN_ACTIVE_SHARE * theory[k].singular_value;
    }
    return learned;
}

/* The most at any of its points: a mode that is lost continuously is below the share before its phase ends. */
static spn_status count_learned_by_phase(spn_context *context, source *s, const char *path,
                                         int64_t modes, const spn_theory_mode *theory)
{
    spn_status status = SPN_OK;
    const double *strengths = NULL;
    SPN_TRY(find_strengths(context, &s->results, path, s->points, modes, &strengths));
    SPN_TAKE(context, s->arena, s->learned, s->phases);
    for (int64_t i = 0; i < s->points; i++) {
        const int64_t phase = s->point[i].phase;
        if (phase >= 0 && phase < s->phases) {
            const int64_t learned = count_learned(strengths + i * modes, theory, modes);
            s->learned[phase] = learned > s->learned[phase] ? learned : s->learned[phase];
        }
    }
done:
    return status;
}

static int64_t measured_order(const spn_special_record *end)
{
    return end->kind == SPN_SPECIAL_BRANCH_POINT && end->is_continuous == 1 ? 2 : 1;
}

static int64_t root(const source *s, int64_t special)
{
    return s->special[special].same_as >= 0 ? s->special[special].same_as : special;
}

/* Does another phase with as many learned modes, or more, begin where this one ends? They are then not lost there. */
static bool is_followed(const source *s, int64_t phase, int64_t modes)
{
    const int64_t end = s->phase[phase].special_high;
    for (int64_t i = 0; i < s->phases; i++) {
        const int64_t start = s->phase[i].special_low;
        if (i != phase && start >= 0 && start < s->specials && s->learned[i] >= modes &&
            root(s, start) == root(s, end)) {
            return true;
        }
    }
    return false;
}

/* The special point at which the last phase with this many learned modes ends. Phases may be shorter than beta has digits:
 * of two ends at one beta it is the one behind which there are fewer. *order: 0 where a phase with as many or more goes on
 * to the end of the range, SPNI_NOT_FOUND where no such phase was found. */
static const spn_special_record *last_end(const source *s, int64_t modes, int64_t *order)
{
    const spn_special_record *last = NULL;
    bool goes_on = false;
    for (int64_t i = 0; i < s->phases; i++) {
        const int64_t row = s->phase[i].special_high;
        const bool has_end = row >= 0 && row < s->specials;
        goes_on = goes_on || (!has_end && s->learned[i] >= modes);
        if (has_end && s->learned[i] == modes && !is_followed(s, i, modes) &&
            (last == NULL || s->special[row].beta > last->beta)) {
            last = &s->special[row];
        }
    }
    *order = goes_on ? 0 : last != NULL ? measured_order(last) : SPNI_NOT_FOUND;
    return goes_on ? NULL : last;
}

static spni_family_transition make_transition(const spni_family_run *run, int64_t mode,
                                              const spn_theory_mode *theory,
                                              const spn_special_record *end, int64_t order)
{
    const double none = (double)NAN;
    spni_family_transition row = {.run = run->run,
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
        row.error_before = end->state.error;
        row.error_after = end->after.error;
        row.norm_before = end->state.weight_norm;
        row.norm_after = end->after.weight_norm;
    }
    return row;
}

static spn_status add_transitions(spn_context *context, spni_family *family, const source *s,
                                  spni_family_run *run, const spn_theory_mode *modes)
{
    spn_status status = SPN_OK;
    for (int64_t mode = run->modes; mode >= 1; mode--) {
        int64_t order = 0;
        const spn_special_record *end = last_end(s, mode, &order);
        const spni_family_transition row = make_transition(run, mode, &modes[mode - 1], end, order);
        run->transitions += end != NULL;
        SPN_TRY(spn_list_append(context, &family->transitions, &row));
    }
done:
    return status;
}

static int compare_points(const void *a, const void *b)
{
    const spni_family_point *x = a, *y = b;
    return (x->beta > y->beta) - (x->beta < y->beta);
}

static spn_status add_end(spn_context *context, spni_family *family, const source *s,
                          int64_t special, spni_family_point point)
{
    if (special < 0 || special >= s->specials) {
        return SPN_OK;
    }
    const spn_special_record *end = &s->special[special];
    point.mark = end->kind == SPN_SPECIAL_FOLD ? SPNI_FAMILY_FOLD : SPNI_FAMILY_BRANCH_POINT;
    point.beta = end->beta;
    point.error = end->state.error;
    point.weight_norm = end->state.weight_norm;
    return spn_list_append(context, &family->points, &point);
}

/* The points of one phase with its ends, in order of beta: along a stable stretch it is monotonic. */
static spn_status add_phase(spn_context *context, spni_family *family, const source *s, int64_t run,
                            int64_t phase)
{
    spn_status status = SPN_OK;
    const int64_t first = family->points.count;
    const spn_phase_record *record = &s->phase[phase];
    spni_family_point point = {
        .run = run, .phase = phase, .active_modes = s->learned[phase], .mark = SPNI_FAMILY_PLAIN};
    SPN_TRY(add_end(context, family, s, record->special_low, point));
    SPN_TRY(add_end(context, family, s, record->special_high, point));
    for (int64_t i = 0; i < s->points; i++) {
        if (s->point[i].phase == phase) {
            point.beta = s->point[i].state.beta;
            point.error = s->point[i].state.error;
            point.weight_norm = s->point[i].state.weight_norm;
            SPN_TRY(spn_list_append(context, &family->points, &point));
        }
    }
    qsort(family->points.items + first * family->points.size,
          (size_t)(family->points.count - first), (size_t)family->points.size, compare_points);
done:
    return status;
}

spn_status spni_family_read_branches(spn_context *context, spni_family *family, const char *path,
                                     spni_family_run *run, const spn_theory_mode *modes)
{
    spn_status status = SPN_OK;
    source s = {.arena = NULL};
    run->run = family->runs.count;
    SPN_TRY(read_source(context, path, &s));
    SPN_TRY(count_learned_by_phase(context, &s, path, run->modes, modes));
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
    return row->state.beta == beta && row->state.stationary == 1;
}

static void count_starts(const spn_sweep_record *rows, int64_t count, const double *strengths,
                         const spn_theory_mode *modes, spni_family_run *run)
{
    int64_t best = -1;
    run->start_beta = count > 0 ? rows[0].state.beta : (double)NAN;
    for (int64_t i = 1; i < count; i++) {
        run->start_beta = fmin(run->start_beta, rows[i].state.beta);
    }
    for (int64_t i = 0; i < count; i++) {
        if (is_start(&rows[i], run->start_beta)) {
            run->starts++;
            best = best < 0 || rows[i].state.loss < rows[best].state.loss ? i : best;
        }
    }
    if (best < 0) {
        return;
    }
    run->best_modes = count_learned(strengths + best * run->modes, modes, run->modes);
    for (int64_t i = 0; i < count; i++) {
        run->stuck +=
            is_start(&rows[i], run->start_beta) &&
            count_learned(strengths + i * run->modes, modes, run->modes) < run->best_modes;
    }
    run->stuck_fraction = (double)run->stuck / (double)run->starts;
    spn_binomial_interval(run->stuck, run->starts, CONFIDENCE, &run->stuck_low, &run->stuck_high);
}

spn_status spni_family_read_starts(spn_context *context, const char *path, spni_family_run *run,
                                   const spn_theory_mode *modes)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    spn_sweep_contents c;
    const double *strengths = NULL;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    SPN_TRY(spn_sweep_contents_read(context, arena, &results, &c));
    SPN_TRY(find_strengths(context, &results, path, c.points.rows, run->modes, &strengths));
    count_starts(c.points.records, c.points.rows, strengths, modes, run);
done:
    spn_arena_free(arena);
    return status;
}
