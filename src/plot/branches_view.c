/* SPDX-License-Identifier: MIT */
/* A file of branches read, and cut into pieces that are drawn alike. */
#include "plot/branches.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LOSS_MARGIN 1.3

static int compare_points(const void *a, const void *b)
{
    const spn_branch_record *x = a, *y = b;
    if (x->branch != y->branch) {
        return x->branch < y->branch ? -1 : 1;
    }
    return (x->point > y->point) - (x->point < y->point);
}

static spn_status sort_points(spn_context *context, spn_arena *arena, const spn_table *points,
                              spn_branch_record **out)
{
    spn_status status = SPN_OK;
    SPN_TAKE(context, arena, *out, points->rows);
    memcpy(*out, points->records, (size_t)points->rows * sizeof **out);
    qsort(*out, (size_t)points->rows, sizeof **out, compare_points);
done:
    return status;
}

/* The loss still as it is. */
static spn_status make_states(spn_context *context, spn_arena *arena, spni_branches_view *v)
{
    spn_status status = SPN_OK;
    SPN_TAKE(context, arena, v->states, v->c.points.rows + v->c.specials.rows);
    SPN_TAKE(context, arena, v->coexisting, 2 * v->c.maxwell.rows);
    for (int64_t i = 0; i < v->c.points.rows; i++) {
        const spn_branch_record *p = &v->points[i];
        v->states[i] = (spni_drawn_state){
            p->state.beta,
            p->state.loss,
            {p->state.weight_norm, p->state.error, p->state.loss, p->state.scalar_curvature_error}};
    }
    for (int64_t i = 0; i < v->c.specials.rows; i++) {
        const spn_special_record *s = &v->specials[i];
        v->states[v->c.points.rows + i] = (spni_drawn_state){
            s->beta,
            s->state.loss,
            {s->state.weight_norm, s->state.error, s->state.loss, s->state.scalar_curvature_error}};
    }
    for (int64_t i = 0; i < v->c.maxwell.rows; i++) {
        const spn_maxwell_record *m = &v->maxwell[i];
        v->coexisting[2 * i] = (spni_drawn_state){
            m->beta, m->loss, {m->a.weight_norm, m->a.error, m->loss, m->a.scalar_curvature_error}};
        v->coexisting[2 * i + 1] = (spni_drawn_state){
            m->beta, m->loss, {m->b.weight_norm, m->b.error, m->loss, m->b.scalar_curvature_error}};
    }
done:
    return status;
}

static void subtract(const spni_free_energy *energy, int64_t count, spni_drawn_state *states)
{
    for (int64_t i = 0; i < count; i++) {
        states[i].y[SPNI_BRANCH_LOSS] =
            states[i].loss - spni_free_energy_at(energy, states[i].beta);
    }
}

static spn_status subtract_free_energy(spn_context *context, spn_arena *arena,
                                       spni_branches_view *v)
{
    spn_status status = SPN_OK;
    spni_free_energy *energy = NULL;
    SPN_TRY(spni_free_energy_make(context, arena, v, &energy));
    subtract(energy, v->c.points.rows + v->c.specials.rows, v->states);
    subtract(energy, 2 * v->c.maxwell.rows, v->coexisting);
done:
    return status;
}

enum { BETWEEN_MAX = 16 };

/* Special points of a branch behind place `place` and before the next, those nearest in |theta| to point i
 * first. Returns how many. */
static int64_t find_behind(const spni_branches_view *v, int64_t i, int64_t place,
                           int64_t out[BETWEEN_MAX])
{
    const spn_branch_record *p = &v->points[i];
    int64_t count = 0;
    for (int64_t k = 0; k < v->c.specials.rows && count < BETWEEN_MAX; k++) {
        if (v->specials[k].branch != p->branch || v->specials[k].point != place) {
            continue;
        }
        const double distance = fabs(v->specials[k].state.weight_norm - p->state.weight_norm);
        int64_t at = count++;
        for (; at > 0 &&
               fabs(v->specials[out[at - 1]].state.weight_norm - p->state.weight_norm) > distance;
             at--) {
            out[at] = out[at - 1];
        }
        out[at] = k;
    }
    return count;
}

static void add_piece(spni_branches_view *v, int64_t phase, int64_t from, int64_t to)
{
    v->pieces[v->piece_count++] = (spni_piece){phase, from, to};
}

/* From point i to the next one of its branch. What lies between two special points is stable where the
 * first one leaves no negative eigenvalue. */
static void join(spni_branches_view *v, int64_t i)
{
    int64_t between[BETWEEN_MAX];
    const int64_t count = find_behind(v, i, v->points[i].point, between);
    const int64_t first = v->points[i].phase, last = v->points[i + 1].phase;
    if (count == 0) {
        add_piece(v, first == last || (first >= 0 && last >= 0) ? first : -1, i, i + 1);
        return;
    }
    add_piece(v, first, i, v->c.points.rows + between[0]);
    for (int64_t k = 0; k + 1 < count; k++) {
        const bool is_stable = v->specials[between[k]].index_after == 0;
        add_piece(v, is_stable ? first : -1, v->c.points.rows + between[k],
                  v->c.points.rows + between[k + 1]);
    }
    add_piece(v, last, v->c.points.rows + between[count - 1], i + 1);
}

/* A branch may begin or end at a special point: from there to its first, or last, point i. */
static void finish(spni_branches_view *v, int64_t i, int64_t place)
{
    int64_t behind[BETWEEN_MAX];
    if (find_behind(v, i, place, behind) > 0) {
        add_piece(v, v->points[i].phase, v->c.points.rows + behind[0], i);
    }
}

static spn_status make_pieces(spn_context *context, spn_arena *arena, spni_branches_view *v)
{
    spn_status status = SPN_OK;
    SPN_TAKE(context, arena, v->pieces, 2 * (v->c.points.rows + v->c.specials.rows));
    for (int64_t i = 0; i < v->c.points.rows; i++) {
        const spn_branch_record *p = &v->points[i];
        if (i == 0 || p->branch != p[-1].branch) {
            v->branch_count++;
            finish(v, i, p->point - 1);
        }
        if (i + 1 < v->c.points.rows && p->branch == p[1].branch) {
            join(v, i);
        } else {
            finish(v, i, p->point);
        }
    }
done:
    return status;
}

/* The loss axis ends a little above the highest fold that ends a phase: swallowtails fill the panel, and
 * phases that lie higher leave it. */
static void choose_loss_range(spni_branches_view *v)
{
    double highest = 0;
    for (int64_t k = 0; k < v->c.phases.rows; k++) {
        const int64_t ends[2] = {v->phases[k].special_low, v->phases[k].special_high};
        for (int e = 0; e < 2; e++) {
            if (ends[e] >= 0 && ends[e] < v->c.specials.rows &&
                v->specials[ends[e]].kind == SPN_SPECIAL_FOLD) {
                highest = fmax(highest, v->states[v->c.points.rows + ends[e]].y[SPNI_BRANCH_LOSS]);
            }
        }
    }
    v->loss_high = highest > 0 ? LOSS_MARGIN * highest : (double)NAN;
}

spn_status spni_branches_view_make(spn_context *context, spn_arena *arena,
                                   const spn_results *results, spni_branches_view *view)
{
    spn_status status = SPN_OK;
    *view = (spni_branches_view){.branch_count = 0};
    SPN_TRY(spn_branches_contents_read(context, arena, results, &view->c));
    if (view->c.points.rows == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "holds no points: nothing to draw");
    }
    view->specials = view->c.specials.records;
    view->phases = view->c.phases.records;
    view->maxwell = view->c.maxwell.records;
    SPN_TRY(sort_points(context, arena, &view->c.points, &view->points));
    SPN_TRY(make_states(context, arena, view));
    SPN_TRY(make_pieces(context, arena, view));
    SPN_TRY(subtract_free_energy(context, arena, view));
    choose_loss_range(view);
    view->lines =
        (spni_theory_lines){view->c.theory.rows, view->c.theory.records, HUGE_VAL, -HUGE_VAL};
    for (int64_t i = 0; i < view->c.points.rows; i++) {
        view->lines.low = fmin(view->lines.low, view->points[i].state.beta);
        view->lines.high = fmax(view->lines.high, view->points[i].state.beta);
    }
done:
    return status;
}
