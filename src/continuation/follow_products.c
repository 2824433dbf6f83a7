/* SPDX-License-Identifier: MIT */
/* One branch by products, from a certified minimum both ways: as follow.c does it, but that nothing is looked for beside the
 * branch. What an interrupted run had sent is taken from there: points need their tangent and their spectrum, special
 * points are located again. */
#include "continuation/branch_step.h"
#include "continuation/explore.h"
#include "continuation/trace_products.h"

#include <math.h>
#include <string.h>

/* Units that differ by less are one (as for certificates). */
static const double EXACT = 1e-12;

/* The branch in work. */
typedef struct branch_run {
    spn_branches *all;
    spni_products p;
    spni_glide glide;
    spni_stand first;
    spni_found found[SPNI_FOUND_MOST];
    int64_t counted; /* products, up to the point before */
} branch_run;

static spn_status run_create(branch_run *run, const double *theta)
{
    spn_status status = SPN_OK;
    spn_branches *all = run->all;
    SPN_TRY(spni_products_create(all->context, all->frame.objective, theta, EXACT, &run->p));
    run->p.length = all->frame.length;
    run->p.metric = all->frame.metric;
    run->p.geometry = all->problem.geometry;
    SPN_TRY(spni_glide_create(&run->p, &all->settings, &run->glide));
    SPN_TRY(spni_stand_create(&run->p, &run->first));
    for (int k = 0; k < SPNI_FOUND_MOST; k++) {
        SPN_NEW(all->context, run->found[k].theta, all->frame.n);
    }
done:
    return status;
}

static void run_free(branch_run *run)
{
    for (int k = 0; k < SPNI_FOUND_MOST; k++) {
        spn_release(run->all->context, run->found[k].theta);
    }
    if (run->p.context != NULL) {
        spni_stand_free(&run->p, &run->first);
    }
    spni_glide_free(&run->glide);
    spni_products_free(&run->p);
}

/* ---- Where it begins ------------------------------------------------------------------------------ */

/* The minimum that the initial weights lead to at the lower end. */
static spn_status minimise_start(spn_branches *all, double *theta)
{
    spn_status status = SPN_OK;
    spn_solver_info info;
    double beta = all->frame.beta_from;
    SPN_TRY(all->problem.initial(all->context, all->problem.initial_state, 0, theta));
    SPN_TRY(spn_solver_run(all->context, all->solver, beta, theta, &info));
    if (info.stop == SPN_STOP_INTERRUPTED) {
        SPN_FAIL(all->context, SPN_ERROR_INTERRUPTED, "interrupted");
    }
    if (info.stop != SPN_STOP_CONVERGED || info.negative_eigenvalues != 0) {
        SPN_FAIL(all->context, SPN_ERROR_NUMERIC,
                 "branches: the initial weights lead to no certified minimum at beta = %.10g (%s, "
                 "%lld negative eigenvalues); raise solver.max_iterations, or begin at another "
                 "branches.beta.from",
                 beta, spn_stop_text(info.stop), (long long)info.negative_eigenvalues);
    }
    spn_objective_settle(all->frame.objective, theta);
done:
    return status;
}

/* To the last digit, on the problem that it lives on. */
static spn_status polish_start(spn_branches *all, double *theta)
{
    spn_status status = SPN_OK;
    spni_products p = {0};
    double beta = all->frame.beta_from, *z = NULL;
    const spni_condition level = {.kind = SPNI_LEVEL, .target = beta};
    spni_newton_info info;
    SPN_TRY(spni_products_create(all->context, all->frame.objective, theta, EXACT, &p));
    p.length = all->frame.length;
    p.metric = all->frame.metric;
    SPN_NEW(all->context, z, p.n);
    spni_products_restrict(&p, theta, z);
    SPN_TRY(spni_products_newton(&p, &level, NULL, p.length, z, &beta, &info));
    if (info.is_converged) {
        spni_products_extend(&p, z, theta);
    }
done:
    spn_release(all->context, z);
    spni_products_free(&p);
    return status;
}

/* theta of point 0: solved for, or as an interrupted run had it. */
static spn_status find_start(spn_branches *all, double *theta)
{
    spn_status status = SPN_OK;
    const spni_replayed *known = spni_find_replayed_point(all, 0, 0);
    if (known != NULL) {
        memcpy(theta, known->theta, (size_t)all->frame.n * sizeof *theta);
    } else {
        SPN_TRY(minimise_start(all, theta));
        spni_set_scales(all, theta);
        SPN_TRY(polish_start(all, theta));
    }
    spni_set_scales(all, theta);
done:
    return status;
}

/* ---- Points --------------------------------------------------------------------------------------- */

/* The eigenvalue next to zero, of those inside and of the rest. Where all that were looked for are negative it is not among them. */
static double critical_value(const spni_stand *stand)
{
    int64_t last = stand->value_count - 1;
    if (last < 0 || stand->inside >= SPNI_LOWEST_MOST) {
        return (double)NAN;
    }
    bool is_low = last > 0 && fabs(stand->values[last - 1]) < fabs(stand->values[last]);
    double inside = stand->values[is_low ? last - 1 : last];
    return fabs(stand->outside_nearest) < fabs(inside) ? stand->outside_nearest : inside;
}

static void fill_record(branch_run *run, const spni_stand *stand, spn_branch_record *record)
{
    bool is_known = stand->certainty != SPN_CERTAIN_NOT;
    record->phase = -1;
    record->state = stand->state;
    record->state.susceptibility =
        -spn_objective_order_along(run->p.objective, stand->z, stand->tangent) / stand->beta_slope;
    record->slope = stand->beta_slope;
    record->eigenvalue_min = is_known ? fmin(stand->values[0], stand->outside_least) : (double)NAN;
    record->critical_eigenvalue = is_known ? critical_value(stand) : (double)NAN;
    record->negative_eigenvalues = is_known ? spni_stand_index(stand) : -1;
    record->zero_modes = stand->zero_modes;
    record->certainty = stand->certainty;
    record->products = run->p.products - run->counted;
    run->counted = run->p.products;
}

static spn_status send_stand(branch_run *run, const spni_stand *stand, spn_branch_record *record,
                             int64_t previous)
{
    spn_branches *all = run->all;
    const spni_replayed *known = spni_find_replayed_point(all, record->branch, record->point);
    fill_record(run, stand, record);
    record->products = known != NULL ? known->point.products : record->products;
    const spni_point_parts point = {.record = record,
                                    .labels = &stand->labels,
                                    .theta = stand->theta,
                                    .loss_slope = stand->loss_slope};
    return spni_send_point(all, &point, previous);
}

/* The next point of the branch into glide.next: solved for, or as an interrupted run had it. */
static spn_status next_stand(branch_run *run, spn_branch_record *record, spni_step_end *end)
{
    spn_status status = SPN_OK;
    spn_branches *all = run->all;
    spni_glide *glide = &run->glide;
    const spni_replayed *known = spni_find_replayed_point(all, record->branch, record->point);
    bool is_solved = false;
    if (known == NULL) {
        return spni_glide_step(glide, end, &record->step, &record->corrections);
    }
    double beta = known->point.state.beta;
    record->step = known->point.step;
    record->corrections = known->point.corrections;
    SPN_TRY(
        spni_stand_linearise(&run->p, known->theta, beta, &glide->at, &glide->next, &is_solved));
    SPN_TRY(spni_stand_measure(&run->p, SPNI_STAND_POINT, &glide->next));
    *end = beta == glide->beta_from || beta == glide->beta_to ? SPNI_STEP_BOUNDARY : SPNI_STEP_DONE;
    spni_glide_adapt(glide, record->step, record->corrections);
done:
    return status;
}

/* ---- Special points ------------------------------------------------------------------------------- */

/* The solver's point: at the minimum of the fall at the end's own beta, where its branch goes there, otherwise at the fall. */
static spn_status take_back(spn_branches *all, const spni_fall *fall, double end)
{
    spn_status status = SPN_OK;
    double *theta = NULL;
    bool is_back = false, is_there = false;
    SPN_NEW(all->context, theta, all->frame.n);
    memcpy(theta, fall->theta, (size_t)all->frame.n * sizeof *theta);
    SPN_TRY(spni_minimise(all, end, theta, &is_back));
    if (!is_back) {
        memcpy(theta, fall->theta, (size_t)all->frame.n * sizeof *theta);
        SPN_TRY(spni_minimise(all, fall->beta, theta, &is_there));
    }
done:
    spn_release(all->context, theta);
    return status;
}

/* The minimum in which the network ends that is pushed past a fold at the end of a stable stretch, taken back to the fold's beta. */
static spn_status find_fall(branch_run *run, spni_found *found)
{
    spn_status status = SPN_OK;
    spn_branches *all = run->all;
    spn_special_record *record = &found->record;
    spni_fall fall = {.theta = NULL};
    spn_labels labels;
    SPN_NEW(all->context, fall.theta, all->frame.n);
    SPN_TRY(spni_fall_beyond(all, record, found->theta, record->coefficient > 0 ? -1 : 1, &fall));
    if (!fall.is_found) {
        goto done;
    }
    SPN_TRY(take_back(all, &fall, record->beta));
    status = spn_point_labels(all->context, spn_solver_point(all->solver), &labels);
    if (status == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(all->context);
        status = SPN_OK;
    }
    SPN_TRY(status);
    spn_labels_settle(&labels, -1, SPN_DIRECTION_SHARE);
    const spn_state_wish wish = {.labels = &labels};
    SPN_TRY(spn_state_measure(all->context, spn_solver_point(all->solver), &wish, &record->after));
    if (all->problem.geometry != NULL) {
        SPN_TRY(spn_state_curvature(all->context, spn_solver_point(all->solver),
                                    all->problem.geometry, &record->after));
    }
done:
    spn_release(all->context, fall.theta);
    return status;
}

static spn_status send_special(branch_run *run, spni_found *found, int64_t branch, int64_t from,
                               int64_t to)
{
    spn_status status = SPN_OK;
    spn_branches *all = run->all;
    spn_special_record *record = &found->record;
    record->special = all->specials.count;
    record->same_as = -1;
    record->branch = branch;
    spni_clear_after(record);
    record->change = found->is_outside ? SPN_CHANGE_SYMMETRY : SPN_CHANGE_OTHER;
    if (record->kind == SPN_SPECIAL_FOLD &&
        (record->index_before == 0 || record->index_after == 0)) {
        SPN_TRY(find_fall(run, found));
    }
    spni_order_sides(&run->glide.next.state, from, to, record);
    const spn_item item = {.stream = SPN_BRANCHES_SPECIAL,
                           .record = record,
                           .theta_size = all->frame.n,
                           .theta = found->theta};
    SPN_TRY(spni_keep_special(all, record, found->theta, found->loss_slope));
    SPN_TRY(spni_emit(all, &item));
done:
    return status;
}

/* Of a turn of beta at which the index is not known. */
static void say_unknown(spn_branches *all, const spn_special_record *record)
{
    all->cut.is_cut = true;
    spn_warning(
        all->context,
        "branch %lld ends at beta = %.10g, where beta turns back: the lowest eigenvalues were "
        "not found in as many products as allowed there, and it cannot be said whether that "
        "is a fold; to go on, begin on another side of it (branches.beta.from)",
        (long long)record->branch, record->beta);
}

/* All between `at` and `next`; *is_over: the branch retraces a copy of itself behind one, or it is not known what that is; *end then
 * says which. */
static spn_status send_specials(branch_run *run, int64_t branch, int64_t from, int64_t to,
                                spni_half_end *end, bool *is_over)
{
    spn_status status = SPN_OK;
    int64_t count = 0;
    *is_over = false;
    SPN_TRY(spni_glide_locate(&run->glide, run->found, &count));
    for (int64_t k = 0; k < count && !*is_over; k++) {
        const spni_found *found = &run->found[k];
        SPN_TRY(send_special(run, &run->found[k], branch, from, to));
        *is_over = found->is_vertex || !found->is_known;
        *end = found->is_vertex ? SPNI_HALF_SPECIAL : SPNI_HALF_UNFINISHED;
        if (!found->is_known) {
            say_unknown(run->all, &found->record);
        }
    }
done:
    return status;
}

/* ---- The way ---------------------------------------------------------------------------------------- */

static bool is_leaving(const spni_glide *glide)
{
    const spni_stand *at = &glide->at;
    return (at->beta <= glide->beta_from && at->beta_slope <= 0) ||
           (at->beta >= glide->beta_to && at->beta_slope >= 0);
}

/* The way of one half so far. */
typedef struct half_way {
    int64_t sign, previous, number; /* of the last point; its row of the bank */
    spn_branch_record record;
    spni_half_end end;
    bool is_over;
} half_way;

/* `next` becomes a point of the branch, or a special point before it ends the half. */
static spn_status take_next(branch_run *run, half_way *way, spni_step_end step)
{
    spn_status status = SPN_OK;
    spn_branches *all = run->all;
    spn_branch_record *record = &way->record;
    SPN_TRY(
        send_specials(run, record->branch, way->number, record->point, &way->end, &way->is_over));
    if (way->is_over && way->end == SPNI_HALF_SPECIAL) {
        all->traced.items[record->branch].specials[way->sign > 0] = all->specials.count - 1;
    }
    if (way->is_over) {
        goto done;
    }
    spni_glide_accept(&run->glide, record->step);
    record->arclength += (double)way->sign * record->step;
    SPN_TRY(send_stand(run, &run->glide.at, record, way->previous));
    way->previous = all->out.last_row;
    way->number = record->point;
    if (step == SPNI_STEP_BOUNDARY) {
        way->end = SPNI_HALF_RANGE;
    } else if (record->negative_eigenvalues > all->settings.index) {
        way->end = SPNI_HALF_INDEX;
    }
    way->is_over = way->end != SPNI_HALF_UNFINISHED;
done:
    return status;
}

/* One half: points sign, 2 sign, ... from glide.at, whose tangent looks that way. */
static spn_status follow_half(branch_run *run, int64_t branch, int64_t sign, int64_t origin)
{
    spn_status status = SPN_OK;
    spn_branches *all = run->all;
    spni_glide *glide = &run->glide;
    half_way way = {.sign = sign,
                    .previous = origin,
                    .record = {.branch = branch},
                    .end = is_leaving(glide) ? SPNI_HALF_RANGE : SPNI_HALF_UNFINISHED,
                    .is_over = is_leaving(glide)};
    memset(glide->bend, 0, (size_t)(run->p.n + 1) * sizeof *glide->bend);
    glide->step = spni_step_first(all->settings.step, run->p.length);
    while (!way.is_over) {
        spni_step_end end = SPNI_STEP_LOST;
        way.record.point = way.number + sign;
        if (sign * way.record.point > all->settings.points) {
            all->cut.is_cut = true;
            break;
        }
        SPN_TRY(next_stand(run, &way.record, &end));
        if (end == SPNI_STEP_LOST) {
            way.record.point = way.number;
            spni_say_lost(all, &way.record, glide->at.beta);
            break;
        }
        SPN_TRY(take_next(run, &way, end));
    }
    all->traced.items[branch].ends[sign > 0] = way.end;
    *(sign > 0 ? &all->traced.items[branch].last : &all->traced.items[branch].first) = way.number;
done:
    return status;
}

static void turn(const spni_products *p, spni_stand *stand)
{
    stand->beta_slope = -stand->beta_slope;
    stand->drive = -stand->drive;
    for (int64_t i = 0; i < p->n; i++) {
        stand->tangent[i] = -stand->tangent[i];
    }
}

static spn_status follow_both(branch_run *run, const double *theta)
{
    spn_status status = SPN_OK;
    spn_branches *all = run->all;
    spn_branch_record record = {.branch = 0};
    bool is_solved = false;
    SPN_TRY(
        spni_stand_linearise(&run->p, theta, all->frame.beta_from, NULL, &run->first, &is_solved));
    if (!is_solved) {
        SPN_FAIL(all->context, SPN_ERROR_NUMERIC,
                 "branches: the tangent at the start, beta = %.10g, was not found in as many "
                 "products as allowed",
                 all->frame.beta_from);
    }
    SPN_TRY(spni_stand_measure(&run->p, SPNI_STAND_POINT, &run->first));
    SPN_TRY(spni_add_branch(all));
    SPN_TRY(send_stand(run, &run->first, &record, -1));
    int64_t origin = all->bank.count - 1;
    spni_stand_copy(&run->p, &run->first, &run->glide.at);
    SPN_TRY(follow_half(run, 0, 1, origin));
    spni_stand_copy(&run->p, &run->first, &run->glide.at);
    turn(&run->p, &run->glide.at);
    SPN_TRY(follow_half(run, 0, -1, origin));
done:
    return status;
}

spn_status spni_follow_products(spn_branches *all)
{
    spn_status status = SPN_OK;
    branch_run run = {.all = all};
    double *theta = NULL;
    SPN_NEW(all->context, theta, all->frame.n);
    SPN_TRY(find_start(all, theta));
    SPN_TRY(run_create(&run, theta));
    SPN_TRY(follow_both(&run, theta));
    SPN_TRY(spni_make_phases(all));
    spni_note_phases(all);
done:
    run_free(&run);
    spn_release(all->context, theta);
    return status;
}
