/* SPDX-License-Identifier: MIT */
/** @file slice.h  Room `slice`: the error and loss surface along lines and planes of parameter space.
 *
 *  A slice is theta(u, v) = origin + u axis_1 + v axis_2. E is evaluated once at each point of its grid;
 *  L = E + beta |theta|^2 (T2) then follows for any beta from the two columns `error` and
 *  `norm_squared`. Works on any ridge (spn_ridge()); at parameter 0 its value is E. Numbers that do not
 *  exist are NaN. */
#ifndef SPINODAL_SLICE_H
#define SPINODAL_SLICE_H

#include <spinodal/geometry.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What spans a slice. */
typedef enum spn_slice_span {
    SPN_SLICE_POINTS,       /**< two points a line, three a plane */
    SPN_SLICE_EIGENVECTORS, /**< eigenvectors of the Hessian at a point */
    SPN_SLICE_RANDOM,       /**< random directions at a point */
} spn_slice_span;

/** The words of spn_slice_span, NULL at the end. */
extern const char *const spn_span_words[];

/** How a random direction is scaled (Li et al. 2018, section 4). */
typedef enum spn_slice_scaling {
    SPN_SLICE_LAYER,  /**< each layer has the norm of that layer of theta */
    SPN_SLICE_FILTER, /**< the weights into each unit have the norm of those in theta, biases too */
    SPN_SLICE_UNIT,   /**< the whole has norm 1 */
} spn_slice_scaling;

/** Section `slice` of an experiment; spn_settings_defaults() and spn_settings_check() with spn_slice_options
 *  fill and check it. */
typedef struct spn_slice_settings {
    int span;                  /**< spn_slice_span */
    spn_texts through;         /**< names of points */
    const char *results;       /**< file that they are in; NULL: none */
    double at;                 /**< beta of the points; NaN: the first of `beta` */
    bool minimize;             /**< go on to the minimum of L at `at` from each stored point */
    spn_reals beta;            /**< L is wanted for these */
    spn_integers eigenvectors; /**< numbers from 0, the smallest eigenvalue; -1 is the largest */
    int64_t axes;              /**< random: 1 or 2 */
    int scaling;               /**< random: spn_slice_scaling */
    int64_t seed;              /**< random: stream (seed, PROBES, number of the axis) */
    double reach;              /**< eigenvectors, random: |u|, |v| up to this */
    double margin;  /**< points: share of their distance that the slice goes beyond them */
    int64_t points; /**< of each axis */
    bool curvature; /**< scalar curvature of the error surface, too */
} spn_slice_settings;
extern const spn_option_table spn_slice_options;

/* ---- Records: 8-byte fields only; the columns name and explain them ------------------------- */

/** A slice. */
typedef struct spn_slice_record {
    int64_t slice; /**< number from 0 */
    int64_t axes;  /**< 1: a line, 2: a plane */
    int64_t span;  /**< spn_slice_span */
    double beta;   /**< at which its points are stationary */
    int64_t columns, rows;
    double u_low, u_high, v_low, v_high;
    double eigenvalue_u, eigenvalue_v; /**< of L's Hessian along the axes; NaN: no eigenvectors */
} spn_slice_record;
extern const spn_columns spn_slice_columns;

/** A point of the grid of a slice. */
typedef struct spn_slice_point {
    int64_t slice, row, column;
    double u, v;
    double error;                  /**< E */
    double norm_squared;           /**< |theta|^2: L = E + beta |theta|^2 */
    double scalar_curvature_error; /**< T3; NaN: not wanted */
} spn_slice_point;
extern const spn_columns spn_slice_point_columns;

/** A point that the slice was laid through, measured on the slice and as it was stored. */
typedef struct spn_slice_anchor {
    int64_t slice, anchor;
    double u, v;
    double beta;                      /**< at which it was stored */
    double error, norm_squared, loss; /**< at (u, v) of the slice; L at `beta` */
    double stored_error,
        stored_loss; /**< as in the results file; of other points at the point itself */
} spn_slice_anchor;
extern const spn_columns spn_slice_anchor_columns;

/** A beta for which L is wanted, and where L is smallest on the grid. */
typedef struct spn_slice_level {
    int64_t slice;
    double beta;
    double u, v, loss; /**< of the smallest L on the grid */
} spn_slice_level;
extern const spn_columns spn_slice_level_columns;

/* ---- Geometry of a slice --------------------------------------------------------------------- */

/** theta(u, v) = origin + u axis[0 .. P-1] + v axis[P .. 2P-1]. */
typedef struct spn_slice_plane {
    int64_t dimension; /**< P */
    int64_t axes;      /**< 1 or 2 */
    double *origin;    /**< P */
    double *axis;      /**< axes x P */
} spn_slice_plane;

/** A plane with room for its numbers; free with spn_slice_plane_free(). SPN_ERROR_ARGUMENT for axes
 *  other than 1 and 2. */
spn_status spn_slice_plane_create(spn_context *context, int64_t dimension, int64_t axes,
                                  spn_slice_plane **out);
void spn_slice_plane_free(spn_context *context, spn_slice_plane *plane);

/** theta at (u, v); v is ignored on a line. O(P). */
void spn_slice_theta(const spn_slice_plane *plane, double u, double v, double *theta);

/** Lay the slice through axes + 1 points (rows of P numbers): the origin is the first, axis 1 leads to the
 *  second, axis 2 is orthogonal to it towards the third. Axes have length 1: u and v are distances.
 *  `coordinates` receives (u, v) of each point. SPN_ERROR_INPUT where two points are equal or three
 *  lie on a line: to SPN_STATIONARY_DISTANCE of their lengths (spn_objective_length()) or distances, within which
 *  solvers find the same point. O(P). */
spn_status spn_slice_through(spn_context *context, const spn_objective *objective,
                             const double *points, spn_slice_plane *plane, double *coordinates);

/** Axes along eigenvectors of the Hessian of L at (theta, beta), unit vectors, by their numbers: 0 the
 *  smallest eigenvalue, 1 the next, -1 the largest, -2 the one before. The origin is theta. `values`
 *  receives the eigenvalues. SPN_ERROR_INPUT: no such eigenvector, or the same one twice. Where eigenvalues
 *  coincide the vectors are any basis of their space. Dense: 9 P^3 flops. */
spn_status spn_slice_eigenvectors(spn_context *context, const spn_objective *objective, double beta,
                                  const double *theta, const int64_t *numbers,
                                  spn_slice_plane *plane, double *values);

/** A stretch of theta that is scaled as one. */
typedef struct spn_slice_block {
    int64_t offset, length;
} spn_slice_block;

/** Random axes: normal deviates from the stream (seed, PROBES, axis), then in each block the axis is
 *  scaled to the norm of that block of theta (0 blocks: the axis to norm 1). The origin is theta. Two axes
 *  are not made orthogonal: that would undo the scaling. SPN_ERROR_INPUT where theta is zero in all blocks.
 *  O(P). */
spn_status spn_slice_random(spn_context *context, const double *theta, uint64_t seed,
                            int64_t blocks, const spn_slice_block *block, spn_slice_plane *plane);

/* ---- Evaluation ------------------------------------------------------------------------------ */

/** Values of u or v: `count` equally spaced ones from low to high, and the coordinates of the `anchors`,
 *  each once, ascending; an equally spaced one nearer than 1e-9 of the range to an anchor gives way to it.
 *  `out` has room for count + anchors. Returns how many there are. */
int64_t spn_slice_grid(double low, double high, int64_t count, int64_t anchors,
                       const double *anchor, double *out);

/** What is evaluated. */
typedef struct spn_slice_task {
    const spn_objective *objective; /**< L(theta, beta) */
    const spn_slice_plane *plane;
    int64_t columns, rows; /**< of the grid; a line has one row */
    const double *u, *v;   /**< columns, rows */
    bool curvature;        /**< measure R too: a Hessian at each point */
} spn_slice_task;

/** E, |theta|^2 and R at all points of the grid, row by row: points[row * columns + column]. `slice` of each is
 *  0. Blocks of points are jobs of the pool: the same bits for any number of threads. Progress events count
 *  points. A value that is not finite is a result. SPN_ERROR_INTERRUPTED when cancelled. Cost: one
 *  evaluation a point, with curvature one Hessian and O(P^2). */
spn_status spn_slice_run(spn_context *context, spn_pool *pool, const spn_slice_task *task,
                         spn_slice_point *points);

#ifdef __cplusplus
}
#endif

#endif
