/* SPDX-License-Identifier: MIT */
/* A point of a network that is too large for dense matrices: value, gradient and accuracy. */
#include "cli/cli.h"

#include <math.h>
#include <spinodal/geometry.h>
#include <spinodal/numeric.h>

static const char *const surfaces[] = {"error", "loss", NULL};

static const spn_column columns[] = {
    SPN_WORD_COLUMN(cli_slope, surface, surfaces, "the function whose graph is meant"),
    SPN_REAL_COLUMN(cli_slope, beta, "error/weight^2", "regularisation strength beta"),
    SPN_INTEGER_COLUMN(cli_slope, parameters, "number of weights P"),
    SPN_INTEGER_COLUMN(cli_slope, samples, "number of samples N"),
    SPN_REAL_COLUMN(cli_slope, value, "error", "E or L"),
    SPN_REAL_COLUMN(cli_slope, gradient_norm, "error/weight", "length of its gradient"),
    SPN_REAL_COLUMN(cli_slope, weight_norm, "weight", "distance to the origin"),
    SPN_REAL_COLUMN(cli_slope, accuracy, "", "share of samples whose class is right"),
    SPN_REAL_COLUMN(cli_slope, test_error, "error", "E of the samples kept for testing"),
    SPN_REAL_COLUMN(cli_slope, test_accuracy, "", "accuracy on the samples kept for testing"),
};
const spn_columns cli_slope_columns = SPN_COLUMNS_OF(columns, cli_slope);

static void take(const spn_point *point, const spn_point *whole, const spn_labels *labels,
                 spn_surface surface, cli_slope *out)
{
    *out = (cli_slope){.surface = surface,
                       .beta = whole->parameter,
                       .parameters = point->dimension,
                       .samples = whole->objective->samples,
                       .value = point->value,
                       .gradient_norm = spn_norm(point->dimension, point->gradient),
                       .weight_norm = spn_objective_order_root(whole->objective, whole->theta),
                       .accuracy = labels->accuracy,
                       .test_error = labels->test_error,
                       .test_accuracy = labels->test_accuracy};
}

spn_status cli_measure_slope(cli_session *session, const cli_arguments *arguments,
                             const spn_study *study, cli_slope *error, cli_slope *loss)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_point *point = NULL;
    spn_labels labels;
    const double beta = isnan(arguments->beta) ? 0 : arguments->beta;
    spn_message(context,
                "geometry: %lld weights are too many for a dense Hessian: E, accuracy, |theta| and "
                "gradients are measured without it, curvature is not",
                (long long)study->loss.dimension);
    SPN_TRY(spn_point_create(context, &study->loss, &point));
    SPN_TRY(cli_weights(session, arguments, study, point->theta));
    SPN_TRY(spn_point_set(context, point, point->theta, beta, NULL,
                          SPN_WANT_VALUE | SPN_WANT_GRADIENT));
    SPN_TRY(spn_point_labels(context, point, &labels));
    take(spn_point_error(point), point, &labels, SPN_SURFACE_ERROR, error);
    take(point, point, &labels, SPN_SURFACE_LOSS, loss);
    if (!isfinite(error->value)) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC, "the error at these weights is not a finite number");
    }
done:
    spn_point_free(context, point);
    return status;
}
