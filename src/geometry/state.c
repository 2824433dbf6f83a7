/* SPDX-License-Identifier: MIT */
#include "geometry/observables.h"

#include <spinodal/numeric.h>

#include <math.h>

#define TEXTS(field, type, unit, meaning, since) .field = {unit, meaning, since},
const spni_state_texts spni_texts = {SPN_STATE_FIELDS(TEXTS)};

#define UNKNOWN_double ((double)NAN)
#define UNKNOWN_int64_t (-1)
#define UNKNOWN(field, type, ...) .field = UNKNOWN_##type,

spn_state spn_state_unknown(void)
{
    return (spn_state){SPN_STATE_FIELDS(UNKNOWN) SPN_STATE_LATER(UNKNOWN, )};
}

void spn_state_relabel(spn_state *state, const spn_state *like)
{
    state->active_modes = like->active_modes;
    state->dead_units = like->dead_units;
    state->merged_units = like->merged_units;
}

/* What costs next to nothing. */
static void take_point(const spn_point *point, spn_state *out)
{
    out->beta = point->parameter;
    out->error = spn_point_error(point)->value;
    out->loss = point->value;
    out->weight_norm = spn_objective_order_root(point->objective, point->theta);
    out->gradient_norm = spn_norm(point->dimension, point->gradient);
}

static void take_labels(const spn_labels *labels, spn_state *out)
{
    out->active_modes = labels->active_modes;
    out->dead_units = labels->dead_units;
    out->merged_units = labels->merged_units;
    out->accuracy = labels->accuracy;
    out->test_error = labels->test_error;
    out->test_accuracy = labels->test_accuracy;
}

/* What is exact has no error. */
static double error_of(double stderr_of)
{
    return stderr_of > 0 ? stderr_of : (double)NAN;
}

static void take_certainty(const spn_geometry *error, const spn_geometry *loss, spn_state *out)
{
    const bool is_measured =
        loss->method == SPN_SPECTRUM_MOMENTS || loss->method == SPN_SPECTRUM_STOCHASTIC;
    out->curvature_method = is_measured ? loss->method : -1;
    out->scalar_curvature_error_stderr = error_of(error->scalar_curvature_stderr);
    out->scalar_curvature_loss_stderr = error_of(loss->scalar_curvature_stderr);
    out->mean_curvature_error_stderr = error_of(error->mean_curvature_stderr);
    out->mean_curvature_loss_stderr = error_of(loss->mean_curvature_stderr);
    out->eigenvalue_residual = fmax(error->eigenvalue_residual, loss->eigenvalue_residual);
}

static void take_surfaces(const spn_geometry *error, const spn_geometry *loss, spn_state *out)
{
    out->scalar_curvature_error = error->scalar_curvature;
    out->scalar_curvature_loss = loss->scalar_curvature;
    out->scalar_curvature_rounding = error->scalar_curvature_rounding;
    out->mean_curvature_error = error->mean_curvature;
    out->mean_curvature_loss = loss->mean_curvature;
    out->gauss_kronecker_sign_error = error->gauss_kronecker_sign;
    out->gauss_kronecker_log_error = error->gauss_kronecker_log;
    out->gauss_kronecker_sign_loss = loss->gauss_kronecker_sign;
    out->gauss_kronecker_log_loss = loss->gauss_kronecker_log;
    out->eigenvalue_min_error = error->eigenvalue_min;
    out->eigenvalue_max_error = error->eigenvalue_max;
    out->eigenvalue_min_loss = loss->eigenvalue_min;
    out->eigenvalue_max_loss = loss->eigenvalue_max;
    out->negative_eigenvalues_error = error->negative_eigenvalues;
    out->negative_eigenvalues_loss = loss->negative_eigenvalues;
    out->fisher_trace = error->fisher_trace;
    out->residual_share = error->residual_share;
    out->susceptibility = loss->susceptibility;
    out->newton_decrement = loss->newton_decrement;
    out->distance = loss->distance;
    out->stationary = loss->stationary;
}

/* NaN where the objective has no trivial point. */
static spn_status measure_trivial_distance(spn_context *context, const spn_point *point,
                                           double *trivial, double *distance)
{
    spn_status status = spn_objective_trivial_near(context, point->objective, point->parameter,
                                                   point->theta, trivial);
    if (status == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(context);
        return SPN_OK;
    }
    if (status == SPN_OK) {
        spn_axpy(point->dimension, -1, point->theta, trivial);
        *distance = spn_norm(point->dimension, trivial);
    }
    return status;
}

spn_status spn_state_measure(spn_context *context, const spn_point *point,
                             const spn_state_wish *wish, spn_state *out)
{
    spn_status status = SPN_OK;
    spn_geometry error, loss;
    *out = spn_state_unknown();
    take_point(point, out);
    if (wish->labels != NULL) {
        take_labels(wish->labels, out);
    }
    if (wish->geometry != NULL) {
        const spn_point *curved = wish->curved != NULL ? wish->curved : point;
        SPN_TRY(spn_geometry_measure(context, wish->geometry, curved, wish->wanted, &error, &loss));
        take_surfaces(&error, &loss, out);
        take_certainty(&error, &loss, out);
    }
    if (wish->trivial != NULL) {
        SPN_TRY(measure_trivial_distance(context, point, wish->trivial, &out->trivial_distance));
    }
done:
    return status;
}

/* Of traces alone. */
static void take_curvature(const spn_curvature *error, const spn_curvature *loss, spn_state *out)
{
    out->scalar_curvature_error = error->scalar_curvature.value;
    out->scalar_curvature_loss = loss->scalar_curvature.value;
    out->scalar_curvature_rounding = error->rounding;
    out->mean_curvature_error = error->mean_curvature.value;
    out->mean_curvature_loss = loss->mean_curvature.value;
    out->curvature_method = loss->method == SPN_SPECTRUM_DENSE ? -1 : loss->method;
    out->scalar_curvature_error_stderr = error_of(error->scalar_curvature.error);
    out->scalar_curvature_loss_stderr = error_of(loss->scalar_curvature.error);
    out->mean_curvature_error_stderr = error_of(error->mean_curvature.error);
    out->mean_curvature_loss_stderr = error_of(loss->mean_curvature.error);
}

spn_status spn_state_curvature(spn_context *context, const spn_point *point,
                               const spn_geometry_settings *settings, spn_state *out)
{
    spn_status status = SPN_OK;
    spn_curvature error, loss;
    if (settings->method == SPN_SPECTRUM_NONE) {
        return SPN_OK;
    }
    SPN_TRY(spn_geometry_curvature(context, point, settings, &error, &loss, NULL));
    take_curvature(&error, &loss, out);
done:
    return status;
}
