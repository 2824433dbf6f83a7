/* SPDX-License-Identifier: MIT */
/* What is recorded at a finished point of a chain. */
#include "sweep/follower.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* T9: L(b) - L(a) = integral of n, relative to the integral, or to the rounding of L where that
 * is larger (in the trivial phase the integral is 0). */
static double free_energy_mismatch(const spni_follower *f, const spni_passage *way, double loss)
{
    double rounding = 4 * DBL_EPSILON * fmax(fabs(f->at_before.loss), fabs(loss));
    return (loss - f->at_before.loss - way->integral) / fmax(fabs(way->integral), rounding);
}

/* The gate of room geometry, with what conjugate gradients say of the gradient that is left, and the index. */
static void take_certificate(const spni_follower *f, spn_state *out)
{
    const spn_objective *objective = f->problem->objective;
    double shift = 0, size = spn_objective_scales(objective).value + fabs(out->loss);
    out->eigenvalue_min_loss = f->last.smallest_eigenvalue;
    out->negative_eigenvalues_loss = f->last.negative_eigenvalues;
    if (spn_objective_shifts(objective, out->beta, &shift)) {
        out->eigenvalue_min_error = out->eigenvalue_min_loss - shift;
    }
    out->newton_decrement = f->answer.decrement;
    out->distance = f->answer.distance;
    out->stationary = f->last.stop == SPN_STOP_CONVERGED && f->answer.is_solved &&
                      out->newton_decrement <= SPN_STATIONARY_DECREMENT * sqrt(size) &&
                      out->distance <= SPN_STATIONARY_DISTANCE;
    if (out->stationary) {
        out->susceptibility = -spn_objective_order_along(objective, f->point->theta, f->ahead);
    }
}

spn_status spni_measure_state(spni_follower *f, const spn_state_wish *wish, spn_state *state)
{
    spn_status status = SPN_OK;
    SPN_TRY(spn_state_measure(f->context, f->point, wish, state));
    if (f->is_by_products) {
        SPN_TRY(spn_state_curvature(f->context, f->point, f->problem->geometry, state));
        take_certificate(f, state);
    }
done:
    return status;
}

/* Measured without the dense Hessian, an index is known where its lowest eigenvalues are. */
static int64_t certainty_of(const spni_follower *f, const spn_state *state)
{
    if (f->is_by_products) {
        return f->last.certainty;
    }
    const bool is_dense = spn_geometry_method(f->geometry) == SPN_SPECTRUM_DENSE;
    return is_dense                                ? SPN_CERTAIN_DENSE
           : state->negative_eigenvalues_loss >= 0 ? SPN_CERTAIN_LOWEST
                                                   : SPN_CERTAIN_NOT;
}

spn_status spni_measure_point(spni_follower *f, int64_t number, const spni_passage *way)
{
    spn_status status = SPN_OK;
    spni_message *message = f->message;
    const spn_point *point = f->point;
    const spn_state_wish wish = {.labels = &f->labels,
                                 .trivial = f->trivial,
                                 .geometry = f->geometry,
                                 .wanted = SPN_GEOMETRY_SWEEP};
    spn_sweep_record *record = &message->record;
    message->is_transition = false;
    *record = (spn_sweep_record){.seed = f->chain->seed,
                                 .direction = spni_chain_direction(f->chain, f->grid, number),
                                 .phase = f->chain->phase,
                                 .leg = spni_chain_leg(f->chain, number),
                                 .point = number,
                                 .jump = way->is_jump,
                                 .stop = way->info.stop,
                                 .iterations = way->info.iterations,
                                 .escapes = way->info.escapes};
    SPN_TRY(spni_measure_state(f, &wish, &record->state));
    record->certainty = certainty_of(f, &record->state);
    message->mode_count = f->labels.mode_count;
    memcpy(message->modes, f->labels.strengths, sizeof message->modes);
    bool is_comparable =
        f->has_before && !way->is_jump && !spni_is_passing(f) && spn_point_error(point) != point;
    record->free_energy_mismatch =
        is_comparable ? free_energy_mismatch(f, way, record->state.loss) : (double)NAN;
    memcpy(message->theta, f->theta, (size_t)f->parameters * sizeof *f->theta);
done:
    return status;
}
