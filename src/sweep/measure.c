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

static spn_status measure_trivial_distance(spni_follower *f, double beta, spn_sweep_record *record)
{
    record->trivial_distance = (double)NAN;
    spn_status status =
        spn_objective_trivial_near(f->context, f->problem->objective, beta, f->theta, f->trivial);
    if (status == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(f->context);
        return SPN_OK;
    }
    if (status == SPN_OK) {
        spn_axpy(f->parameters, -1, f->theta, f->trivial);
        record->trivial_distance = spn_norm(f->parameters, f->trivial);
    }
    return status;
}

static void copy_geometry(const spn_geometry *error, const spn_geometry *loss,
                          spn_sweep_record *record)
{
    record->error = error->value;
    record->loss = loss->value;
    record->weight_norm = loss->weight_norm;
    record->scalar_curvature_error = error->scalar_curvature;
    record->scalar_curvature_loss = loss->scalar_curvature;
    record->scalar_curvature_rounding = error->scalar_curvature_rounding;
    record->mean_curvature_error = error->mean_curvature;
    record->mean_curvature_loss = loss->mean_curvature;
    record->gauss_kronecker_sign_error = error->gauss_kronecker_sign;
    record->gauss_kronecker_log_error = error->gauss_kronecker_log;
    record->gauss_kronecker_sign_loss = loss->gauss_kronecker_sign;
    record->gauss_kronecker_log_loss = loss->gauss_kronecker_log;
    record->eigenvalue_min_error = error->eigenvalue_min;
    record->eigenvalue_max_error = error->eigenvalue_max;
    record->eigenvalue_min_loss = loss->eigenvalue_min;
    record->eigenvalue_max_loss = loss->eigenvalue_max;
    record->negative_eigenvalues_error = error->negative_eigenvalues;
    record->negative_eigenvalues_loss = loss->negative_eigenvalues;
    record->fisher_trace = error->fisher_trace;
    record->residual_share = error->residual_share;
    record->susceptibility = loss->susceptibility;
    record->gradient_norm = loss->gradient_norm;
    record->newton_decrement = loss->newton_decrement;
    record->distance = loss->distance;
    record->stationary = loss->stationary;
}

spn_status spni_measure_point(spni_follower *f, double beta, int64_t number,
                              const spni_passage *way)
{
    spn_status status = SPN_OK;
    spni_message *message = f->message;
    const spn_point *point = f->point;
    spn_geometry error, loss;
    SPN_TRY(
        spn_geometry_measure(f->context, f->geometry, point, SPN_GEOMETRY_SWEEP, &error, &loss));
    spn_sweep_record *record = &message->record;
    message->is_transition = false;
    *record = (spn_sweep_record){.seed = f->chain->seed,
                                 .direction = spni_chain_direction(f->chain, f->grid, number),
                                 .phase = f->chain->phase,
                                 .leg = spni_chain_leg(f->chain, number),
                                 .point = number,
                                 .beta = beta,
                                 .jump = way->is_jump,
                                 .stop = way->info.stop,
                                 .iterations = way->info.iterations,
                                 .escapes = way->info.escapes};
    copy_geometry(&error, &loss, record);
    record->active_modes = f->labels.active_modes;
    record->dead_units = f->labels.dead_units;
    record->merged_units = f->labels.merged_units;
    record->accuracy = f->labels.accuracy;
    record->test_error = f->labels.test_error;
    record->test_accuracy = f->labels.test_accuracy;
    message->mode_count = f->labels.mode_count;
    memcpy(message->modes, f->labels.strengths, sizeof message->modes);
    SPN_TRY(measure_trivial_distance(f, beta, record));
    bool is_comparable =
        f->has_before && !way->is_jump && f->descent == NULL && spn_point_error(point) != point;
    record->free_energy_mismatch =
        is_comparable ? free_energy_mismatch(f, way, record->loss) : (double)NAN;
    memcpy(message->theta, f->theta, (size_t)f->parameters * sizeof *f->theta);
done:
    return status;
}
