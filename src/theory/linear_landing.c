/* SPDX-License-Identifier: MIT */
/* Where a phase ends: what it falls into at the same beta, and where the two have equal loss. */
#include "theory/linear_sweep.h"

#include <math.h>
#include <string.h>

enum { ROOT_STEPS_MOST = 80 };

double spni_linear_loss(spni_linear_sweep *w, const spni_linear_state *state)
{
    double error = 0, norm = 0;
    spni_linear_measure(&w->path, state, &error, &norm);
    return error + state->beta * w->path.beta_unit * norm;
}

/* The mode that dies at the end of the phase in `next`: there the path runs along its share. */
static int64_t dying_mode(const spni_linear_sweep *w)
{
    int64_t dying = 0;
    double most = -1;
    if (w->path.depth == 2) {
        return spni_linear_weakest(&w->next);
    }
    for (int64_t i = 0; i < w->next.modes; i++) {
        double slope = w->next_tangent[spni_linear_share_index(&w->path, &w->next, i)];
        if (-slope / w->next.share[i] > most) {
            most = -slope / w->next.share[i];
            dying = i;
        }
    }
    return dying;
}

/* Is `here` a phase that goes on upward? An equal mode would end at the very same beta; and |theta| of a minimum
 * falls along the path (T9), while it rises on the branch below the fold. */
static spn_status is_phase(spni_linear_sweep *w, bool *is)
{
    spn_status status = SPN_OK;
    double error = 0, norm = 0, later = 0;
    *is = true;
    if (w->here.modes > 0) {
        int64_t beta = spni_linear_share_index(&w->path, &w->here, w->here.modes);
        memset(w->tangent, 0, (size_t)(beta + 1) * sizeof(double));
        w->tangent[beta] = 1;
        SPN_TRY(spni_linear_tangent(w->context, &w->path, &w->here, w->tangent, &w->orientation));
        spni_linear_state_copy(&w->path, &w->here, &w->spare);
        spni_linear_move(&w->path, w->tangent, 1e-6, &w->spare);
        spni_linear_measure(&w->path, &w->here, &error, &norm);
        spni_linear_measure(&w->path, &w->spare, &error, &later);
        /* Modes that are equal to rounding, or nearly (linear_path.c), end together. At a fold beta changes with the square
         * of the step. */
        double least = w->path.depth == 2 ? SPNI_LINEAR_EQUAL : sqrt(SPNI_LINEAR_EQUAL);
        *is = spni_linear_distance(w, &w->here, w->tangent) > least && later < norm;
    }
done:
    return status;
}

/* Accept `here` where it is a phase and L has not risen. */
static spn_status judge(spni_linear_sweep *w, double loss, bool *has_landed)
{
    double rounding = 1e-12 * w->path.error_unit;
    *has_landed = *has_landed && spni_linear_loss(w, &w->here) <= loss + rounding;
    return *has_landed ? is_phase(w, has_landed) : SPN_OK;
}

/* First what is left of the state without its dying modes; where that leads nowhere, the phase of as many modes
 * that starts at beta = 0. */
spn_status spni_linear_land(spni_linear_sweep *w, bool *is_found)
{
    spn_status status = SPN_OK;
    double loss = spni_linear_loss(w, &w->next), beta = w->next.beta;
    int64_t dying = dying_mode(w);
    *is_found = false;
    spni_linear_state_copy(&w->path, &w->next, &w->other);
    while (!*is_found && w->other.modes > 0) {
        spni_linear_drop(&w->path, dying, &w->other);
        spni_linear_state_copy(&w->path, &w->other, &w->here);
        SPN_TRY(spni_linear_solve(w->context, &w->path, true, &w->here, is_found));
        SPN_TRY(judge(w, loss, is_found));
        if (!*is_found && w->other.modes > 0) {
            SPN_TRY(spni_linear_start(w->context, &w->path, w->other.modes, &w->here));
            SPN_TRY(spni_linear_slide(w, beta, &w->here, is_found));
            SPN_TRY(judge(w, loss, is_found));
        }
        dying = spni_linear_weakest(&w->other);
    }
done:
    return status;
}

/* L of the phase that ends minus that of the landing at a beta below; both slide there. */
static spn_status loss_difference(spni_linear_sweep *w, double beta, double *difference)
{
    spn_status status = SPN_OK;
    bool is_more = false, is_fewer = false;
    SPN_TRY(spni_linear_slide(w, beta, &w->beside, &is_more));
    SPN_TRY(spni_linear_slide(w, beta, &w->other, &is_fewer));
    *difference = is_more && is_fewer
                      ? spni_linear_loss(w, &w->beside) - spni_linear_loss(w, &w->other)
                      : (double)NAN;
done:
    return status;
}

/* Equal L between low, where the difference is negative, and high: the false position of Illinois. */
static spn_status find_equal(spni_linear_sweep *w, double low, double at_low, double high,
                             double at_high, double *beta)
{
    spn_status status = SPN_OK;
    for (int64_t k = 0; k < ROOT_STEPS_MOST && high - low > 1e-15 * high; k++) {
        double value = 0, middle = low + (high - low) * at_low / (at_low - at_high);
        if (!(middle > low && middle < high)) {
            break;
        }
        SPN_TRY(loss_difference(w, middle, &value));
        *beta = middle * w->path.beta_unit;
        if (value < 0) {
            low = middle;
            at_low = value;
            at_high *= 0.5;
        } else if (value > 0) {
            high = middle;
            at_high = value;
            at_low *= 0.5;
        } else {
            *beta = value == 0 ? *beta : (double)NAN;
            break;
        }
    }
done:
    return status;
}

/* Off the fold, against the path's direction: beta falls like the square of the step. */
static spn_status leave_fold(spni_linear_sweep *w, bool *is_solved)
{
    spn_status status = SPN_OK;
    *is_solved = false;
    for (double step = 0.02; !*is_solved && step > 1e-8; step *= 0.25) {
        spni_linear_state_copy(&w->path, &w->next, &w->beside);
        spni_linear_move(&w->path, w->next_tangent, -step, &w->beside);
        SPN_TRY(spni_linear_solve(w->context, &w->path, false, &w->beside, is_solved));
        *is_solved = *is_solved && w->beside.beta < w->next.beta;
    }
done:
    return status;
}

spn_status spni_linear_maxwell(spni_linear_sweep *w, double *beta)
{
    spn_status status = SPN_OK;
    bool is_solved = false;
    double end = w->next.beta, last = 0, at_last = 0, value = 0;
    *beta = (double)NAN;
    SPN_TRY(leave_fold(w, &is_solved));
    if (!is_solved) {
        goto done;
    }
    spni_linear_state_copy(&w->path, &w->here, &w->other);
    last = w->beside.beta;
    SPN_TRY(loss_difference(w, last, &at_last));
    while (at_last > 0 && last > 1e-3 * end) {
        double next = 0.98 * last;
        SPN_TRY(loss_difference(w, next, &value));
        if (value < 0) {
            SPN_TRY(find_equal(w, next, value, last, at_last, beta));
            break;
        }
        last = next;
        at_last = value;
    }
done:
    return status;
}
