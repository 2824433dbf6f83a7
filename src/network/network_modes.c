/* SPDX-License-Identifier: MIT */
/* The modes of the data: M = C_yx C_xx^{-1/2} = U Sigma V^T. C are raw second moments, covariances when
 * the network has biases; the root is a pseudo-inverse without the eigenvalues below 1e-10 of the
 * largest. Kept: sigma_i, u_i, and z_i[n] = v_i^T C_xx^{-1/2} x_n, so that the strength
 * s_i = u_i^T C_fx C_xx^{-1/2} v_i (T11) is the mean of z_i[n] u_i^T f_n.
 *
 * None of these depends on the basis of the inputs. Fewer samples than inputs span a space of no more dimensions
 * than samples, and in coordinates of that space everything is N x N instead of I x I.
 *
 * A mode exists where sigma_i stands above the rounding of M: one-hot targets have one mode less than classes,
 * parity and modular addition none, and what a singular value decomposition returns for the others is noise. */
#include "network/network.h"

#include <float.h>
#include <math.h>
#include <spinodal/numeric.h>
#include <string.h>

static const double RANK_TOLERANCE = 1e-10;
/* What the bound on the rounding of M, an estimate, is multiplied by. */
static const double ROUNDING_MARGIN = 4.0;

/* Samples whose centred inputs are in memory at a time. */
enum { BLOCK = 8192 };

int64_t spni_modes_block(int64_t samples)
{
    return samples < BLOCK ? samples : BLOCK;
}

typedef struct modes {
    int64_t inputs; /* I below: of the data, or N where these are fewer */
    int64_t width;  /* samples of a block; all N where the inputs' coordinates are the samples' */
    double *means;  /* inputs of the data; 0 where there are no biases */
    double *x;      /* I x width: inputs of a block, centred */
    double *xx, *root;       /* I x I */
    double *yx, *m;          /* K x I */
    double *w;               /* I: eigenvalues */
    double *values, *u, *vt; /* r, K x r, r x I */
    double *projector;       /* mode_count x I */
    double rounding;         /* of M */
    spn_dense *dense;
} modes;

static double mean_of(int64_t n, const double *x)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum / (double)n;
}

static spn_status find_mean(spn_context *context, void *state, int64_t i, const double *x,
                            double *means)
{
    const spn_dataset *data = state;
    (void)context;
    means[i] = mean_of(data->samples, x);
    return SPN_OK;
}

static spn_status add_square(spn_context *context, void *state, int64_t i, const double *x,
                             double *sum)
{
    const spn_dataset *data = state;
    (void)context;
    (void)i;
    *sum += spn_dot(data->samples, x, x);
    return SPN_OK;
}

/* A sum of N products carries an error of some sqrt(N) eps of their size, so C_yx one of sqrt(N <|y|^2> <|x|^2>) eps,
 * and the root of C_xx makes it larger by up to the smallest kept eigenvalue^(-1/2). sigma_1 <= <|y|^2>^(1/2), so
 * that the decomposition's own rounding is below that too. Relative to M it changes with no scale of x or y. */
static spn_status find_rounding(spn_context *context, const spn_dataset *data, double least,
                                double *rounding)
{
    spn_status status = SPN_OK;
    spn_dataset all = *data;
    double size = 0.0, gain = 0.0;
    for (int64_t k = 0; k < data->outputs; k++) { /* <|y|^2>, as the data are */
        const double *row = data->y + k * data->stride;
        size += spn_dot(data->samples, row, row);
    }
    size /= (double)data->samples;
    SPN_TRY(spn_dataset_each_input(context, data, add_square, &all, 1, &gain));
    gain = gain / (double)data->samples / least;
    *rounding = ROUNDING_MARGIN * DBL_EPSILON * sqrt((double)data->samples * size * gain);
done:
    return status;
}

/* Centred inputs of samples [first, first + *count). */
static spn_status take_block(spn_context *context, const spn_network_error *error, modes *work,
                             int64_t first, int64_t *count)
{
    spn_status status = SPN_OK;
    const spn_dataset *data = error->dataset;
    int64_t left = data->samples - first, width = left < work->width ? left : work->width;
    *count = width;
    SPN_TRY(spn_dataset_inputs(context, data, first, width, width, work->x));
    for (int64_t i = 0; i < data->inputs; i++) {
        for (int64_t n = 0; n < width; n++) {
            work->x[i * width + n] -= work->means[i];
        }
    }
    if (work->inputs < data->inputs) {
        SPN_TRY(spn_span_coordinates(context, data->inputs, width, work->x, width));
    }
done:
    return status;
}

/* C_xx and C_yx, summed over blocks. */
static spn_status sum_moments(spn_context *context, const spn_network_error *error, modes *work)
{
    spn_status status = SPN_OK;
    const spn_dataset *data = error->dataset;
    int64_t inputs = work->inputs, count = 0;
    double share = 1.0 / (double)data->samples;
    if (error->network->has_bias) {
        spn_dataset all = *data;
        SPN_TRY(spn_dataset_each_input(context, data, find_mean, &all, data->inputs, work->means));
    }
    for (int64_t first = 0; first < data->samples; first += count) {
        double kept = first > 0 ? 1.0 : 0.0;
        SPN_TRY(spn_poll(context));
        SPN_TRY(take_block(context, error, work, first, &count));
        spn_multiply_transposed(inputs, inputs, count, share, work->x, count, work->x, count, kept,
                                work->xx, inputs);
        spn_multiply_transposed(data->outputs, inputs, count, share, data->y + first, data->stride,
                                work->x, count, kept, work->yx, inputs);
    }
done:
    return status;
}

/* C_xx, its pseudo-inverse root (row-major, symmetric), and M. */
static spn_status take_moments(spn_context *context, const spn_network_error *error, modes *work)
{
    spn_status status = SPN_OK;
    const spn_dataset *data = error->dataset;
    int64_t inputs = work->inputs, outputs = data->outputs;
    SPN_TRY(sum_moments(context, error, work));
    spn_dense_announce(context, inputs, "modes of the data");
    SPN_TRY(spn_eigen(context, work->dense, inputs, work->xx, true, work->w));
    double floor = RANK_TOLERANCE * work->w[inputs - 1], least = work->w[inputs - 1];
    for (int64_t j = inputs - 1; j >= 0; j--) {
        least = work->w[j] > floor ? work->w[j] : least;
    }
    work->rounding = (double)INFINITY;
    SPN_TRY(least > 0.0 ? find_rounding(context, data, least, &work->rounding) : SPN_OK);
    for (int64_t j = 0; j < inputs; j++) {
        double factor = work->w[j] > floor ? 1.0 / sqrt(work->w[j]) : 0.0;
        const double *v = work->xx + j * inputs;
        for (int64_t a = 0; factor > 0.0 && a < inputs; a++) {
            spn_axpy(inputs, factor * v[a], v, work->root + a * inputs);
        }
    }
    spn_multiply(outputs, inputs, inputs, 1.0, work->yx, inputs, work->root, inputs, 0.0, work->m,
                 inputs);
    SPN_TRY(
        spn_singular_values(context, outputs, inputs, work->m, work->values, work->u, work->vt));
done:
    return status;
}

static spn_status keep_modes(spn_context *context, spn_network_error *error, modes *work,
                             int64_t rank)
{
    spn_status status = SPN_OK;
    int64_t width = 0;
    const spn_dataset *data = error->dataset;
    int64_t inputs = work->inputs, outputs = data->outputs, count = error->mode_count;
    while (count > 0 && !(work->values[count - 1] > work->rounding)) {
        count--;
    }
    error->mode_count = count;
    for (int64_t i = 0; i < count; i++) {
        error->modes[i] = work->values[i];
        for (int64_t k = 0; k < outputs; k++) {
            error->mode_output[i * outputs + k] = work->u[k * rank + i];
        }
    }
    spn_multiply(count, inputs, inputs, 1.0, work->vt, inputs, work->root, inputs, 0.0,
                 work->projector, inputs);
    for (int64_t first = 0; first < data->samples; first += width) {
        width = data->samples;
        if (work->width < data->samples) { /* a single block is still there */
            SPN_TRY(take_block(context, error, work, first, &width));
        }
        spn_multiply(count, width, inputs, 1.0, work->projector, inputs, work->x, width, 0.0,
                     error->mode_input + first, data->samples);
    }
done:
    return status;
}

static spn_status modes_allocate(spn_context *context, spn_network_error *error, modes *work,
                                 int64_t rank)
{
    spn_status status = SPN_OK;
    const spn_dataset *data = error->dataset;
    int64_t inputs = work->inputs, outputs = data->outputs, square = 0;
    if (!spn_size_multiply(inputs, inputs, &square)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "network: %lld inputs are too many",
                 (long long)inputs);
    }
    SPN_NEW(context, error->mode_output, error->mode_count * outputs);
    SPN_NEW(context, error->mode_input, error->mode_count * data->samples);
    SPN_NEW(context, work->means, data->inputs);
    SPN_NEW(context, work->x, data->inputs * work->width);
    SPN_NEW(context, work->xx, square);
    SPN_NEW(context, work->root, square);
    SPN_NEW(context, work->yx, outputs * inputs);
    SPN_NEW(context, work->m, outputs * inputs);
    SPN_NEW(context, work->w, inputs);
    SPN_NEW(context, work->values, rank);
    SPN_NEW(context, work->u, outputs * rank);
    SPN_NEW(context, work->vt, rank * inputs);
    SPN_NEW(context, work->projector, error->mode_count * inputs);
    SPN_TRY(spn_dense_create(context, inputs, &work->dense));
done:
    return status;
}

static void modes_free(spn_context *context, modes *work)
{
    spn_release(context, work->means);
    spn_release(context, work->x);
    spn_release(context, work->xx);
    spn_release(context, work->root);
    spn_release(context, work->yx);
    spn_release(context, work->m);
    spn_release(context, work->w);
    spn_release(context, work->values);
    spn_release(context, work->u);
    spn_release(context, work->vt);
    spn_release(context, work->projector);
    spn_dense_free(context, work->dense);
}

spn_status spni_modes_create(spn_context *context, spn_network_error *error)
{
    spn_status status = SPN_OK;
    const spn_dataset *data = error->dataset;
    modes work = {.inputs = data->inputs < data->samples ? data->inputs : data->samples};
    work.width = work.inputs < data->inputs ? data->samples : spni_modes_block(data->samples);
    int64_t rank = work.inputs < data->outputs ? work.inputs : data->outputs;
    error->mode_count = rank < SPN_MODES_MAX ? rank : SPN_MODES_MAX;
    SPN_NEW(context, error->mean_y, data->outputs);
    for (int64_t k = 0; k < data->outputs; k++) {
        error->mean_y[k] = mean_of(data->samples, data->y + k * data->stride);
    }
    SPN_TRY(modes_allocate(context, error, &work, rank));
    SPN_TRY(take_moments(context, error, &work));
    SPN_TRY(keep_modes(context, error, &work, rank));
done:
    modes_free(context, &work);
    return status;
}
