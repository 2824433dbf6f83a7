/* SPDX-License-Identifier: MIT */
/* Slices of surfaces with closed forms, where the axes lie, and that threads do not matter. */
#include "support.h"

#include <spinodal/numeric.h>
#include <spinodal/slice.h>

enum { DIMENSION = 5, GRID = 9 };

static spn_context *context;

/* Evaluate on the grid u x v; frees with free(). */
static spn_slice_point *evaluate(const spn_objective *objective, const spn_slice_plane *plane,
                                 int64_t columns, const double *u, int64_t rows, const double *v,
                                 int64_t threads)
{
    spn_pool *pool = NULL;
    const spn_slice_task task = {objective, plane, columns, rows, u, v, true};
    spn_slice_point *points = calloc((size_t)(columns * rows), sizeof *points);
    check_ok(context, spn_pool_create(context, threads, &pool));
    check_ok(context, spn_slice_run(context, pool, &task, points));
    spn_pool_free(pool);
    return points;
}

/* An objective of so many parameters whose scales are 1. */
static spn_objective plain(int64_t dimension)
{
    static spn_landscape landscape;
    landscape = (spn_landscape){SPN_LANDSCAPE_ROSENBROCK, dimension, NULL};
    return spn_landscape_objective(&landscape);
}

static spn_slice_plane *lay(const double *points, int64_t dimension, int64_t axes,
                            double *coordinates)
{
    spn_slice_plane *plane = NULL;
    check_ok(context, spn_slice_plane_create(context, dimension, axes, &plane));
    const spn_objective objective = plain(dimension);
    check_ok(context, spn_slice_through(context, &objective, points, plane, coordinates));
    return plane;
}

/* A plane through three points holds them: at the coordinates that it gives, to rounding. */
static void test_through_points(void **state)
{
    (void)state;
    const double points[3 * DIMENSION] = {1, 2, 3, 4, 5, -1, 0.5, 3, 2, 1, 0, 0, 7, -2, 0.25};
    double coordinates[6], theta[DIMENSION];
    spn_slice_plane *plane = lay(points, DIMENSION, 2, coordinates);
    check_close(spn_norm(DIMENSION, plane->axis), 1, 1e-15, 0);
    check_close(spn_norm(DIMENSION, plane->axis + DIMENSION), 1, 1e-15, 0);
    check_close(spn_dot(DIMENSION, plane->axis, plane->axis + DIMENSION), 0, 1e-15, 1);
    assert_true(coordinates[0] == 0 && coordinates[1] == 0 && coordinates[3] == 0);
    for (int64_t k = 0; k < 3; k++) {
        spn_slice_theta(plane, coordinates[2 * k], coordinates[2 * k + 1], theta);
        for (int64_t i = 0; i < DIMENSION; i++) {
            check_close(theta[i], points[k * DIMENSION + i], 4e-16, 10);
        }
    }
    spn_slice_plane_free(context, plane);
}

/* 1/2 sum a t^2 on a plane is the quadratic form of the axes; R = ((tr A)^2 - tr A^2) / q - ... (T3) is
 * checked at the bottom, where q = 1. */
static void test_quadratic(void **state)
{
    (void)state;
    const double a[3] = {1, 2, 5};
    const spn_landscape bowl = {SPN_LANDSCAPE_QUADRATIC, 3, a};
    const spn_objective objective = spn_landscape_objective(&bowl);
    const double points[9] = {0, 0, 0, 1, 1, 0, 0, 1, 2};
    const double u[3] = {-1, 0, 0.5}, v[2] = {0, 2};
    double coordinates[6];
    spn_slice_plane *plane = lay(points, 3, 2, coordinates);
    spn_slice_point *grid = evaluate(&objective, plane, 3, u, 2, v, 1);
    for (int64_t i = 0; i < 6; i++) {
        const spn_slice_point *p = &grid[i];
        double expected = 0, norm = 0;
        assert_int_equal(p->row, i / 3);
        assert_int_equal(p->column, i % 3);
        assert_true(p->u == u[i % 3] && p->v == v[i / 3]);
        for (int64_t k = 0; k < 3; k++) {
            double t = p->u * plane->axis[k] + p->v * plane->axis[3 + k];
            expected += 0.5 * a[k] * t * t;
            norm += t * t;
        }
        check_close(p->error, expected, 1e-15, 10);
        check_close(p->norm_squared, norm, 1e-15, 10);
    }
    /* 8^2 - 30, of integers. */
    check_close(grid[1].scalar_curvature_error, 34, 1e-15, 0);
    free(grid);
    spn_slice_plane_free(context, plane);
}

/* One deep linear mode along the line from the trivial model to its minimum: t_i = u / sqrt(D), so that
 * E = ((u / sqrt D)^D - sigma)^2 and |theta|^2 = u^2. L = E + beta |theta|^2 must be the objective at beta itself. */
static void test_deep_mode(void **state)
{
    (void)state;
    const double sigma = 0.9, beta = 0.3;
    const spn_landscape mode = {SPN_LANDSCAPE_DEEP_MODE, 3, &sigma};
    const spn_objective objective = spn_landscape_objective(&mode);
    const double points[6] = {0, 0, 0, 0.9, 0.9, 0.9};
    double coordinates[4], u[GRID + 2], theta[3];
    spn_point *point = NULL;
    spn_slice_plane *line = lay(points, 3, 1, coordinates);
    check_close(coordinates[2], 0.9 * sqrt(3), 1e-15, 0);
    const double anchors[2] = {coordinates[0], coordinates[2]};
    int64_t count = spn_slice_grid(-0.5, 2, GRID, 2, anchors, u);
    assert_int_equal(count, GRID + 2);
    spn_slice_point *grid = evaluate(&objective, line, count, u, 1, NULL, 1);
    check_ok(context, spn_point_create(context, &objective, &point));
    for (int64_t i = 0; i < count; i++) {
        const double s = pow(u[i] / sqrt(3), 3) - sigma;
        check_close(grid[i].error, s * s, 1e-14, 1);
        check_close(grid[i].norm_squared, u[i] * u[i], 1e-15, 0);
        spn_slice_theta(line, u[i], 0, theta);
        check_ok(context, spn_point_set(context, point, theta, beta, NULL, SPN_WANT_VALUE));
        check_close(grid[i].error + beta * grid[i].norm_squared, point->value, 1e-15, 1);
    }
    spn_point_free(context, point);
    free(grid);
    spn_slice_plane_free(context, line);
}

/* Along an eigenvector the second difference of L is the eigenvalue; what is left falls like h^2 (the fourth
 * derivative over 12): a factor of 4 for half the step, within the next order. */
static void test_eigenvectors(void **state)
{
    (void)state;
    const double sigma = 0.9, beta = 0.1, theta[3] = {0.8, 0.9, 1.1};
    const spn_landscape mode = {SPN_LANDSCAPE_DEEP_MODE, 3, &sigma};
    const spn_objective objective = spn_landscape_objective(&mode);
    const int64_t numbers[2] = {0, -1};
    const double h = 0.02, u[5] = {-h, -h / 2, 0, h / 2, h};
    double values[2];
    spn_slice_plane *plane = NULL;
    check_ok(context, spn_slice_plane_create(context, 3, 2, &plane));
    check_ok(context,
             spn_slice_eigenvectors(context, &objective, beta, theta, numbers, plane, values));
    assert_true(values[0] < values[1]);
    spn_slice_point *grid = evaluate(&objective, plane, 5, u, 5, u, 1);
    for (int axis = 0; axis < 2; axis++) {
        double loss[5];
        for (int64_t i = 0; i < 5; i++) {
            const spn_slice_point *p = axis == 0 ? &grid[10 + i] : &grid[5 * i + 2];
            loss[i] = p->error + beta * p->norm_squared;
        }
        const double wide = (loss[0] - 2 * loss[2] + loss[4]) / (h * h) - values[axis];
        const double near = (loss[1] - 2 * loss[2] + loss[3]) / (h * h / 4) - values[axis];
        assert_true(fabs(wide) < 20 * h * h);
        check_close(wide / near, 4, 0.02, 0);
    }
    free(grid);
    const int64_t same[2] = {2, -1}, beyond[2] = {0, 3};
    check_fails(context,
                spn_slice_eigenvectors(context, &objective, beta, theta, same, plane, values),
                SPN_ERROR_INPUT, "eigenvectors 2 and -1 are the same");
    check_fails(context,
                spn_slice_eigenvectors(context, &objective, beta, theta, beyond, plane, values),
                SPN_ERROR_INPUT, "no eigenvector 3: 3 parameters have those from 0 to 2");
    spn_slice_plane_free(context, plane);
}

/* Each block of a random axis has the norm of that block of theta; the axes differ; the same seed gives the
 * same bits. */
static void test_random(void **state)
{
    (void)state;
    const double theta[DIMENSION] = {1, -2, 3, 0, 0.5};
    const spn_slice_block blocks[2] = {{0, 3}, {3, 2}};
    spn_slice_plane *plane = NULL, *again = NULL;
    check_ok(context, spn_slice_plane_create(context, DIMENSION, 2, &plane));
    check_ok(context, spn_slice_plane_create(context, DIMENSION, 2, &again));
    check_ok(context, spn_slice_random(context, theta, 7, 2, blocks, plane));
    check_ok(context, spn_slice_random(context, theta, 7, 2, blocks, again));
    assert_memory_equal(plane->axis, again->axis, 2 * DIMENSION * sizeof(double));
    assert_memory_equal(plane->origin, theta, sizeof theta);
    for (int k = 0; k < 2; k++) {
        const double *axis = plane->axis + k * DIMENSION;
        check_close(spn_norm(3, axis), sqrt(14), 1e-15, 0);
        check_close(spn_norm(2, axis + 3), 0.5, 1e-15, 0);
    }
    assert_true(fabs(spn_dot(DIMENSION, plane->axis, plane->axis + DIMENSION)) < 0.99 * 14.25);
    check_ok(context, spn_slice_random(context, theta, 7, 0, NULL, again));
    check_close(spn_norm(DIMENSION, again->axis), 1, 1e-15, 0);
    const double zero[DIMENSION] = {0};
    check_fails(context, spn_slice_random(context, zero, 7, 2, blocks, plane), SPN_ERROR_INPUT,
                "all weights of the point are zero");
    check_ok(context, spn_slice_random(context, zero, 7, 0, NULL, plane));
    spn_slice_plane_free(context, plane);
    spn_slice_plane_free(context, again);
}

/* Anchors are in the grid themselves; what lies beside one within rounding gives way. */
static void test_grid(void **state)
{
    (void)state;
    const double anchors[3] = {0.1 + 1e-12, 0.75, 0.75};
    double out[14];
    assert_int_equal(spn_slice_grid(0, 1, 11, 3, anchors, out), 12);
    assert_true(out[0] == 0 && out[11] == 1 && out[1] == anchors[0] && out[8] == 0.75);
    for (int i = 1; i < 12; i++) {
        assert_true(out[i] > out[i - 1]);
    }
    assert_int_equal(spn_slice_grid(0, 1, 1, 0, NULL, out), 1);
    assert_true(out[0] == 0.5);
}

static void test_threads(void **state)
{
    (void)state;
    const spn_landscape valley = {SPN_LANDSCAPE_ROSENBROCK, DIMENSION, NULL};
    const spn_objective objective = spn_landscape_objective(&valley);
    const double points[3 * DIMENSION] = {1, 1, 1, 1, 1, 0, 0.5, 0, 0, 0, -1, 1, 0, 0.3, 0.2};
    double coordinates[6], u[21];
    spn_slice_plane *plane = lay(points, DIMENSION, 2, coordinates);
    spn_slice_grid(-2, 2, 21, 0, NULL, u);
    spn_slice_point *one = evaluate(&objective, plane, 21, u, 21, u, 1);
    spn_slice_point *three = evaluate(&objective, plane, 21, u, 21, u, 3);
    assert_memory_equal(one, three, 21 * 21 * sizeof *one);
    /* Not one value repeated: the minimum and the far corner differ. */
    assert_true(one[0].error != one[220].error);
    free(one);
    free(three);
    spn_slice_plane_free(context, plane);
}

static void test_bad_points(void **state)
{
    (void)state;
    const double equal[6] = {1, 2, 3, 1, 2, 3 + 1e-7}, zero[6] = {0, 0, 0, 1e-10};
    const double line[9] = {0, 0, 0, 1, 2, 3, 2, 4, 6 + 1e-7};
    const double third[9] = {0, 0, 0, 1, 2, 3, 1, 2, 3}, first[9] = {1, 2, 3, 0, 0, 0, 1, 2, 3};
    double coordinates[6];
    spn_slice_plane *one = NULL, *two = NULL;
    const spn_objective three = plain(3);
    check_ok(context, spn_slice_plane_create(context, 3, 1, &one));
    check_ok(context, spn_slice_plane_create(context, 3, 2, &two));
    check_fails(context, spn_slice_through(context, &three, equal, one, coordinates),
                SPN_ERROR_INPUT, "points 1 and 2 are the same");
    check_fails(context, spn_slice_through(context, &three, zero, one, coordinates),
                SPN_ERROR_INPUT, "points 1 and 2 are the same");
    check_fails(context, spn_slice_through(context, &three, line, two, coordinates),
                SPN_ERROR_INPUT, "the three points lie on one line");
    check_fails(context, spn_slice_through(context, &three, third, two, coordinates),
                SPN_ERROR_INPUT, "points 2 and 3 are the same");
    check_fails(context, spn_slice_through(context, &three, first, two, coordinates),
                SPN_ERROR_INPUT, "points 1 and 3 are the same");
    spn_slice_plane_free(context, one);
    spn_slice_plane_free(context, two);
    check_fails(context, spn_slice_plane_create(context, 3, 3, &one), SPN_ERROR_ARGUMENT,
                "1 or 2 axes");
}

/* The pool's own workers cannot be made to fail in turn: one allocation after the other of a serial call. */
static spn_status make_and_run(spn_context *own, void *state)
{
    spn_status status = SPN_OK;
    const spn_objective *objective = state;
    const double points[6] = {0, 0, 0, 1, 2, 3}, theta[3] = {1, 1, 1};
    const int64_t number = 0;
    double coordinates[4], value = 0;
    spn_slice_plane *plane = NULL;
    SPN_TRY(spn_slice_plane_create(own, 3, 1, &plane));
    SPN_TRY(spn_slice_through(own, objective, points, plane, coordinates));
    SPN_TRY(spn_slice_eigenvectors(own, objective, 0.1, theta, &number, plane, &value));
done:
    spn_slice_plane_free(own, plane);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    const double sigma = 0.9;
    const spn_landscape mode = {SPN_LANDSCAPE_DEEP_MODE, 3, &sigma};
    spn_objective objective = spn_landscape_objective(&mode);
    assert_true(support_fail_each_allocation(make_and_run, &objective) >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_through_points), cmocka_unit_test(test_quadratic),
        cmocka_unit_test(test_deep_mode),      cmocka_unit_test(test_eigenvectors),
        cmocka_unit_test(test_random),         cmocka_unit_test(test_grid),
        cmocka_unit_test(test_threads),        cmocka_unit_test(test_bad_points),
        cmocka_unit_test(test_out_of_memory),
    };
    if (spn_context_create(NULL, &context) != SPN_OK) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    spn_context_free(context);
    return failed;
}
