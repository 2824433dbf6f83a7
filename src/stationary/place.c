/* SPDX-License-Identifier: MIT */
/* Linearisations of grad L = 0 in theta and beta. */
#include "base/invariant.h"
#include "stationary/stationary.h"

#include <math.h>
#include <string.h>

spn_status spni_place_create(spn_context *context, int64_t n, spni_place *place)
{
    spn_status status = SPN_OK;
    *place = (spni_place){.beta = 0};
    SPN_NEW(context, place->theta, n);
    SPN_NEW(context, place->tangent, n);
    SPN_NEW(context, place->values, n);
    SPN_NEW(context, place->drive, n);
    SPN_NEW(context, place->vectors, n * n);
done:
    return status;
}

void spni_place_free(spn_context *context, spni_place *place)
{
    spn_release(context, place->theta);
    spn_release(context, place->tangent);
    spn_release(context, place->values);
    spn_release(context, place->drive);
    spn_release(context, place->vectors);
}

void spni_place_swap(spni_place *a, spni_place *b)
{
    spni_place other = *a;
    *a = *b;
    *b = other;
}

void spni_place_copy(int64_t n, const spni_place *from, spni_place *to)
{
    spni_place kept = *to;
    *to = *from;
    to->theta = kept.theta;
    to->tangent = kept.tangent;
    to->values = kept.values;
    to->vectors = kept.vectors;
    to->drive = kept.drive;
    memcpy(to->theta, from->theta, (size_t)n * sizeof(double));
    memcpy(to->tangent, from->tangent, (size_t)n * sizeof(double));
    memcpy(to->values, from->values, (size_t)n * sizeof(double));
    memcpy(to->drive, from->drive, (size_t)n * sizeof(double));
    memcpy(to->vectors, from->vectors, (size_t)(n * n) * sizeof(double));
}

/* Labels of the place alone: no point before it decides where a direction is in doubt, so that they do not depend on the way
 * that led here. */
static spn_status measure_labels(const spni_frame *frame, spni_place *place)
{
    spn_status status = spn_point_labels(frame->context, frame->point, &place->labels);
    if (status == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(frame->context);
        status = SPN_OK;
    }
    spn_labels_settle(&place->labels, -1, SPN_DIRECTION_SHARE);
    return status;
}

int64_t spni_softest(int64_t n, const double *values)
{
    int64_t softest = 0;
    for (int64_t i = 1; i < n; i++) {
        softest = fabs(values[i]) < fabs(values[softest]) ? i : softest;
    }
    return softest;
}

/* Eigenvalues that are zero up to rounding, |lambda| <= 1e-9 max |lambda|, do not count: at a fold one is, and index and
 * stability must not hang on its sign. */
static void count_index(int64_t n, spni_place *place)
{
    SPNI_INVARIANT(!(place->values[n - 1] < place->values[0]));
    place->index = 0;
    while (place->index < n &&
           place->values[place->index] < -SPN_ZERO_EIGENVALUE * place->largest) {
        place->index++;
    }
}

spn_status spni_linearise(spni_frame *frame, const double *theta, double beta,
                          const spni_place *along, spni_place *place)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n;
    double shift = 0;
    SPN_TRY(spn_point_set(frame->context, frame->point, theta, beta, NULL, SPN_WANT_ALL));
    const spn_point *point = frame->point;
    if (!isfinite(point->value) || !spn_all_finite(n, point->gradient)) {
        SPN_FAIL(frame->context, SPN_ERROR_NUMERIC, "the loss is not finite at beta = %.17g", beta);
    }
    place->beta = beta;
    memcpy(place->theta, point->theta, (size_t)n * sizeof *place->theta);
    memcpy(place->drive, point->parameter_gradient, (size_t)n * sizeof *place->drive);
    SPN_TRY(spni_shifted_hessian(frame, &place->zero_modes, &shift));
    memcpy(place->vectors, frame->matrix, (size_t)(n * n) * sizeof *place->vectors);
    SPN_TRY(spn_eigen(frame->context, frame->dense, n, place->vectors, true, place->values));
    place->largest = fmax(fabs(place->values[0]), fabs(place->values[n - 1]));
    count_index(n, place);
    spni_take_tangent_along(frame, along, place);
    place->loss_slope = point->parameter_value;
    place->order = spn_objective_order(frame->objective, place->theta);
    SPN_TRY(measure_labels(frame, place));
    const spn_state_wish wish = {.labels = &place->labels, .geometry = frame->geometry};
    SPN_TRY(spn_state_measure(frame->context, point, &wish, &place->state));
done:
    return status;
}
