/* SPDX-License-Identifier: MIT */
/* Pseudo-arclength along a phase to its end, and to a given beta. */
#include "theory/linear_sweep.h"

#include <math.h>
#include <string.h>

enum { STEPS_MOST = 20000, ROOT_STEPS_MOST = 80 };
static const double first_step = 0.01, largest_step = 0.1, smallest_step = 1e-10;
static const double least_cosine = 0.9; /* between the tangents at both ends of a step */
/* Modes that are nearly equal have branches side by side. A step that changes the orientation has hopped, unless
 * it is as short as this: then the path went through a crossing of equal modes. */
static const double crossing_step = 1e-6;

int64_t spni_linear_weakest(const spni_linear_state *state)
{
    int64_t weakest = 0;
    for (int64_t i = 1; i < state->modes; i++) {
        weakest = state->share[i] < state->share[weakest] ? i : weakest;
    }
    return weakest;
}

double spni_linear_distance(const spni_linear_sweep *w, const spni_linear_state *state,
                            const double *tangent)
{
    if (w->path.depth == 2) {
        return state->share[spni_linear_weakest(state)];
    }
    return tangent[spni_linear_share_index(&w->path, state, state->modes)];
}

/* The tangent towards larger beta. */
static spn_status upward_tangent(spni_linear_sweep *w, const spni_linear_state *state, double *t,
                                 int *orientation)
{
    int64_t beta = spni_linear_share_index(&w->path, state, state->modes);
    memset(t, 0, (size_t)(beta + 1) * sizeof *t);
    t[beta] = 1;
    return spni_linear_tangent(w->context, &w->path, state, t, orientation);
}

/* Step from `here` along its tangent into `next`. */
static spn_status step_to(spni_linear_sweep *w, double step, bool *is_solved)
{
    spn_status status = SPN_OK;
    spni_linear_state_copy(&w->path, &w->here, &w->next);
    spni_linear_move(&w->path, w->tangent, step, &w->next);
    SPN_TRY(spni_linear_solve(w->context, &w->path, false, &w->next, is_solved));
    if (*is_solved) {
        memcpy(w->next_tangent, w->tangent, (size_t)w->path.unknowns * sizeof(double));
        SPN_TRY(spni_linear_tangent(w->context, &w->path, &w->next, w->next_tangent,
                                    &w->next_orientation));
    }
done:
    return status;
}

/* The end lies within (0, step): the false position of Illinois, on the length of the step. Leaves it in
 * `next`. */
static spn_status locate(spni_linear_sweep *w, double step, bool *is_solved)
{
    spn_status status = SPN_OK;
    double low = 0, high = step;
    double at_low = spni_linear_distance(w, &w->here, w->tangent);
    double at_high = spni_linear_distance(w, &w->next, w->next_tangent);
    *is_solved = true; /* `next` is the end itself where the step met it exactly */
    for (int64_t k = 0; k < ROOT_STEPS_MOST && at_low > at_high; k++) {
        double middle = low + (high - low) * at_low / (at_low - at_high);
        if (!(middle > low && middle < high)) {
            break;
        }
        SPN_TRY(step_to(w, middle, is_solved));
        double value = spni_linear_distance(w, &w->next, w->next_tangent);
        if (!*is_solved || value == 0 || high - low < 1e-13) {
            break;
        }
        if (value > 0) {
            low = middle;
            at_low = value;
            at_high *= 0.5;
        } else {
            high = middle;
            at_high = value;
            at_low *= 0.5;
        }
    }
done:
    return status;
}

spn_status spni_linear_follow(spni_linear_sweep *w, bool *is_found)
{
    spn_status status = SPN_OK;
    double step = first_step;
    int64_t beta = spni_linear_share_index(&w->path, &w->here, w->here.modes);
    *is_found = false;
    SPN_TRY(upward_tangent(w, &w->here, w->tangent, &w->orientation));
    for (int64_t k = 0; k < STEPS_MOST && step > smallest_step; k++) {
        bool is_solved = false;
        SPN_TRY(step_to(w, step, &is_solved));
        double cosine = is_solved ? spn_dot(beta + 1, w->tangent, w->next_tangent) : 0;
        bool has_hopped = w->next_orientation * w->orientation < 0 && step > crossing_step;
        if (cosine < least_cosine || has_hopped) {
            step *= 0.5;
            continue;
        }
        if (spni_linear_distance(w, &w->next, w->next_tangent) <= 0) {
            SPN_TRY(locate(w, step, is_found));
            break;
        }
        spni_linear_state_copy(&w->path, &w->next, &w->here);
        memcpy(w->tangent, w->next_tangent, (size_t)(beta + 1) * sizeof(double));
        w->orientation = w->next_orientation;
        step = cosine > 0.98 ? fmin(1.5 * step, largest_step) : step;
    }
done:
    return status;
}

/* One step of the slide: the state moves by `change` of beta, or goes back to `spare`. */
static spn_status slide_by(spni_linear_sweep *w, double change, spni_linear_state *state,
                           int *orientation, bool *has_moved)
{
    spn_status status = SPN_OK;
    int64_t beta = spni_linear_share_index(&w->path, state, state->modes);
    double step = change / w->slide_tangent[beta];
    int turned = 0;
    spni_linear_state_copy(&w->path, state, &w->spare);
    *has_moved = fabs(step) <= largest_step;
    if (*has_moved) {
        spni_linear_move(&w->path, w->slide_tangent, step, state);
        state->beta = w->spare.beta + change;
        SPN_TRY(spni_linear_solve(w->context, &w->path, true, state, has_moved));
    }
    if (*has_moved) {
        memcpy(w->slide_from, w->slide_tangent, (size_t)(beta + 1) * sizeof(double));
        SPN_TRY(upward_tangent(w, state, w->slide_tangent, &turned));
        double cosine = spn_dot(beta + 1, w->slide_from, w->slide_tangent);
        bool has_hopped = turned * *orientation < 0 && fabs(step) > crossing_step;
        *has_moved = cosine >= least_cosine && !has_hopped;
    }
    if (*has_moved) {
        *orientation = turned;
    } else {
        spni_linear_state_copy(&w->path, &w->spare, state);
        SPN_TRY(upward_tangent(w, state, w->slide_tangent, &turned));
    }
done:
    return status;
}

spn_status spni_linear_slide(spni_linear_sweep *w, double beta, spni_linear_state *state,
                             bool *is_there)
{
    spn_status status = SPN_OK;
    int orientation = 0;
    double change = beta - state->beta;
    *is_there = state->modes == 0 || change == 0;
    if (*is_there) {
        state->beta = beta;
        goto done;
    }
    SPN_TRY(upward_tangent(w, state, w->slide_tangent, &orientation));
    while (!*is_there) {
        bool has_moved = false, is_last = fabs(change) >= fabs(beta - state->beta);
        if (!is_last && fabs(change) < 1e-12 * fabs(beta)) {
            break; /* creeping towards a fold that lies before beta */
        }
        change = is_last ? beta - state->beta : change;
        SPN_TRY(slide_by(w, change, state, &orientation, &has_moved));
        *is_there = has_moved && is_last;
        change *= has_moved ? 2 : 0.5;
    }
    state->beta = *is_there ? beta : state->beta;
done:
    return status;
}
