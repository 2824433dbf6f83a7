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
    SPN_TRY(spn_state_measure(f->context, point, &wish, &record->state));
    message->mode_count = f->labels.mode_count;
    memcpy(message->modes, f->labels.strengths, sizeof message->modes);
    bool is_comparable =
        f->has_before && !way->is_jump && f->descent == NULL && spn_point_error(point) != point;
    record->free_energy_mismatch =
        is_comparable ? free_energy_mismatch(f, way, record->state.loss) : (double)NAN;
    memcpy(message->theta, f->theta, (size_t)f->parameters * sizeof *f->theta);
done:
    return status;
}
