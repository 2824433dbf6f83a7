/* SPDX-License-Identifier: MIT */
/* Where a slice lies. */
#include <math.h>
#include <spinodal/numeric.h>
#include <spinodal/slice.h>
#include <string.h>

/* Two points nearer than this share of their lengths are one, a third nearer than this to the line of two lies on
 * it: what is left is the distance at which the stationarity gate lets solvers stop, a direction of their noise. */
static const double noise = SPN_STATIONARY_DISTANCE;

spn_status spn_slice_plane_create(spn_context *context, int64_t dimension, int64_t axes,
                                  spn_slice_plane **out)
{
    spn_status status = SPN_OK;
    spn_slice_plane *plane = NULL;
    *out = NULL;
    if (axes < 1 || axes > 2 || dimension < 1) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "a slice of a space of %lld parameters has 1 or 2 axes, not %lld",
                 (long long)dimension, (long long)axes);
    }
    SPN_NEW(context, plane, 1);
    plane->dimension = dimension;
    plane->axes = axes;
    SPN_NEW(context, plane->origin, dimension);
    SPN_NEW(context, plane->axis, axes * dimension);
    *out = plane;
    plane = NULL;
done:
    spn_slice_plane_free(context, plane);
    return status;
}

void spn_slice_plane_free(spn_context *context, spn_slice_plane *plane)
{
    if (plane != NULL) {
        spn_release(context, plane->origin);
        spn_release(context, plane->axis);
        spn_release(context, plane);
    }
}

void spn_slice_theta(const spn_slice_plane *plane, double u, double v, double *theta)
{
    const int64_t n = plane->dimension;
    memcpy(theta, plane->origin, (size_t)n * sizeof *theta);
    spn_axpy(n, u, plane->axis, theta);
    if (plane->axes == 2) {
        spn_axpy(n, v, plane->axis + n, theta);
    }
}

static void set_origin(spn_slice_plane *plane, const double *theta)
{
    memcpy(plane->origin, theta, (size_t)plane->dimension * sizeof *theta);
}

static void scale(int64_t n, double factor, double *x)
{
    for (int64_t i = 0; i < n; i++) {
        x[i] *= factor;
    }
}

/* b - a into `out`; SPN_ERROR_INPUT where the two are one point. `first`, `second`: their numbers. */
static spn_status subtract(spn_context *context, const spn_objective *objective,
                           const double *points, int64_t first, int64_t second, double *out,
                           double *length)
{
    const int64_t n = objective->dimension;
    const double *a = points + first * n, *b = points + second * n;
    const double size =
        fmax(spn_objective_length(objective, a), spn_objective_length(objective, b));
    for (int64_t i = 0; i < n; i++) {
        out[i] = b[i] - a[i];
    }
    *length = spn_norm(n, out);
    if (!(*length > noise * size)) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "points %lld and %lld are the same: a slice needs different ones",
                        (long long)first + 1, (long long)second + 1);
    }
    return SPN_OK;
}

spn_status spn_slice_through(spn_context *context, const spn_objective *objective,
                             const double *points, spn_slice_plane *plane, double *coordinates)
{
    spn_status status = SPN_OK;
    const int64_t n = plane->dimension;
    double *first = plane->axis, *second = plane->axis + n;
    double length = 0, other = 0;
    memset(coordinates, 0, (size_t)(2 * (plane->axes + 1)) * sizeof *coordinates);
    set_origin(plane, points);
    if (plane->axes == 2) {
        SPN_TRY(subtract(context, objective, points, 1, 2, second, &other));
    }
    SPN_TRY(subtract(context, objective, points, 0, 1, first, &length));
    scale(n, 1 / length, first);
    coordinates[2] = length;
    if (plane->axes == 1) {
        goto done;
    }
    SPN_TRY(subtract(context, objective, points, 0, 2, second, &other));
    /* Twice: the first pass leaves rounding of the part that it takes away. */
    for (int pass = 0; pass < 2; pass++) {
        const double part = spn_dot(n, first, second);
        spn_axpy(n, -part, first, second);
        coordinates[4] += part;
    }
    coordinates[5] = spn_norm(n, second);
    if (!(coordinates[5] > noise * fmax(length, other))) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "the three points lie on one line and span no plane: name two of them, or another "
                 "third one");
    }
    scale(n, 1 / coordinates[5], second);
done:
    return status;
}

static spn_status check_numbers(spn_context *context, int64_t n, int64_t axes,
                                const int64_t *numbers, int64_t *places)
{
    for (int64_t i = 0; i < axes; i++) {
        places[i] = numbers[i] < 0 ? n + numbers[i] : numbers[i];
        if (places[i] < 0 || places[i] >= n) {
            return spn_fail(context, SPN_ERROR_INPUT,
                            "there is no eigenvector %lld: %lld parameters have those from 0 to "
                            "%lld, and -1 is the last",
                            (long long)numbers[i], (long long)n, (long long)n - 1);
        }
    }
    if (axes == 2 && places[0] == places[1]) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "eigenvectors %lld and %lld are the same and span no plane",
                        (long long)numbers[0], (long long)numbers[1]);
    }
    return SPN_OK;
}

spn_status spn_slice_eigenvectors(spn_context *context, const spn_objective *objective, double beta,
                                  const double *theta, const int64_t *numbers,
                                  spn_slice_plane *plane, double *values)
{
    spn_status status = SPN_OK;
    const int64_t n = plane->dimension;
    spn_point *point = NULL;
    spn_dense *dense = NULL;
    double *hessian = NULL, *eigenvalues = NULL;
    int64_t places[2] = {0, 0}, square = 0;
    SPN_TRY(check_numbers(context, n, plane->axes, numbers, places));
    if (!spn_size_multiply(n, n, &square)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "the Hessian of %lld parameters is too large",
                 (long long)n);
    }
    SPN_TRY(spn_point_create(context, objective, &point));
    SPN_TRY(spn_dense_create(context, n, &dense));
    SPN_NEW(context, hessian, square);
    SPN_NEW(context, eigenvalues, n);
    SPN_TRY(spn_point_set(context, point, theta, beta, NULL, SPN_WANT_ALL));
    SPN_TRY(spn_point_hessian(context, point, SPN_PART_FULL, hessian));
    SPN_TRY(spn_eigen(context, dense, n, hessian, true, eigenvalues));
    set_origin(plane, theta);
    for (int64_t i = 0; i < plane->axes; i++) {
        memcpy(plane->axis + i * n, hessian + places[i] * n, (size_t)n * sizeof *hessian);
        values[i] = eigenvalues[places[i]];
    }
done:
    spn_release(context, hessian);
    spn_release(context, eigenvalues);
    spn_dense_free(context, dense);
    spn_point_free(context, point);
    return status;
}

spn_status spn_slice_random(spn_context *context, const double *theta, uint64_t seed,
                            int64_t blocks, const spn_slice_block *block, spn_slice_plane *plane)
{
    const int64_t n = plane->dimension;
    set_origin(plane, theta);
    for (int64_t k = 0; k < plane->axes; k++) {
        spn_random random = spn_random_stream(seed, SPN_PURPOSE_PROBES, (uint64_t)k);
        double *axis = plane->axis + k * n;
        for (int64_t i = 0; i < n; i++) {
            axis[i] = spn_random_normal(&random);
        }
        for (int64_t b = 0; b < blocks; b++) {
            double *part = axis + block[b].offset;
            scale(block[b].length,
                  spn_norm(block[b].length, theta + block[b].offset) /
                      spn_norm(block[b].length, part),
                  part);
        }
        const double length = spn_norm(n, axis);
        if (!(length > 0)) {
            return spn_fail(context, SPN_ERROR_INPUT,
                            "all weights of the point are zero: a direction cannot be scaled to "
                            "its layers; ask for slice.scaling: unit");
        }
        if (blocks == 0) {
            scale(n, 1 / length, axis);
        }
    }
    return SPN_OK;
}
