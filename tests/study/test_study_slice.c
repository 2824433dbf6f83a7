/* SPDX-License-Identifier: MIT */
/* Slices of a study: through stored phases, along eigenvectors and random directions, against the closed forms of the deep
 * linear network. */
#include "sweep_run.h"

#include <spinodal/numeric.h>
#include <stdio.h>

#define DATA                                                                                       \
    "data: {kind: gaussian, samples: 40, inputs: 3, outputs: 2, correlations: [0.9, 0.5], "        \
    "moments: exact, seed: 1}\n"
#define MODEL "model: {hidden: [2, 2], activation: linear, init: {scale: 0.7, seed: 1}}\n"
#define SWEEP "sweep: {beta: {from: 0.05, to: 0.5, points: 46}, direction: both}\n"

enum { PARAMETERS = 14 };

static spn_context *context;
static char sweep_path[512];

typedef struct cut {
    spn_arena *arena;
    spn_results results;
    const spn_table *points, *anchors;
    spn_slice_point *point;
    spn_slice_anchor *anchor;
    spn_slice_level *level;
    spn_slice_record *slice;
} cut;

static void *take(cut *c, const char *name, const spn_columns *columns, const spn_table **table)
{
    *table = spn_results_table(&c->results, name);
    assert_non_null(*table);
    void *records = spn_arena_take(c->arena, (*table)->rows, columns->record_size);
    check_ok(context, spn_table_convert(context, *table, name, columns, records));
    return records;
}

/* Run with section `slice` as given. */
static spn_status run(const char *slice, const char *name, int64_t threads, bool *is_good)
{
    spn_status status = SPN_OK;
    char text[1500], path[512];
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    snprintf(text, sizeof text, DATA MODEL SWEEP "slice: {results: '%s', %s}\n", sweep_path, slice);
    support_scratch(name, path);
    const spn_run_settings settings = {.output = path, .threads = threads, .is_forced = true};
    SPN_TRY(spn_experiment_parse(context, "test.yaml", text, (int64_t)strlen(text), &experiment));
    SPN_TRY(spn_study_create(context, experiment, &study));
    SPN_TRY(spn_study_slice(context, study, &settings, is_good));
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    return status;
}

static void open_cut(const char *name, cut *c)
{
    char path[512];
    const spn_table *other = NULL;
    *c = (cut){0};
    support_scratch(name, path);
    check_ok(context, spn_arena_create(context, &c->arena));
    check_ok(context, spn_results_read(context, c->arena, path, &c->results));
    assert_string_equal(c->results.kind, "slice");
    c->point = take(c, "points", &spn_slice_point_columns, &c->points);
    c->anchor = take(c, "anchors", &spn_slice_anchor_columns, &c->anchors);
    c->level = take(c, "levels", &spn_slice_level_columns, &other);
    c->slice = take(c, "slices", &spn_slice_columns, &other);
}

static void make(const char *slice, const char *name, int64_t threads, cut *c)
{
    bool is_good = false;
    check_ok(context, run(slice, name, threads, &is_good));
    assert_true(is_good);
    open_cut(name, c);
}

/* The sweep's own numbers, where the slice passes. */
static void test_stored_points(void **state)
{
    (void)state;
    cut c;
    sweep_run sweep;
    make("through: [trivial, 1 mode, 2 modes@0.1], at: 0.15, points: 9, beta: [0, 0.2]", "plane.h5",
         1, &c);
    assert_int_equal(c.slice[0].axes, 2);
    assert_int_equal(c.anchors->rows, 3);
    check_ok(context, spn_arena_create(context, &sweep.arena));
    check_ok(context, spn_results_read(context, sweep.arena, sweep_path, &sweep.results));
    const spn_table *points = spn_results_table(&sweep.results, "points");
    const double betas[3] = {0.15, 0.15, 0.1};
    for (int64_t i = 0; i < 3; i++) {
        /* The grid of the sweep holds the beta itself. */
        check_close(c.anchor[i].beta, betas[i], 1e-15, 0);
        check_close(c.anchor[i].error, c.anchor[i].stored_error, 1e-12, 1);
        check_close(c.anchor[i].loss, c.anchor[i].stored_loss, 1e-12, 1);
        bool is_found = i == 0;
        for (int64_t row = 0; row < points->rows && !is_found; row++) {
            is_found =
                spn_table_real(points, row, spn_table_find(points, "beta")) == c.anchor[i].beta &&
                spn_table_integer(points, row, spn_table_find(points, "active_modes")) == i &&
                spn_table_real(points, row, spn_table_find(points, "loss")) ==
                    c.anchor[i].stored_loss;
        }
        assert_true(is_found);
    }
    /* E of the trivial model is that of the targets: variance 1 of each. At beta = 0 L is E. */
    check_close(c.anchor[0].error, 2, 1e-13, 0);
    double least = HUGE_VAL;
    for (int64_t i = 0; i < c.points->rows; i++) {
        least = fmin(least, c.point[i].error);
    }
    assert_true(c.level[0].loss == least);
    spn_arena_free(sweep.arena);
    spn_arena_free(c.arena);
}

/* A minimum of L at the very beta, of one mode: |theta|^2 = 3 s^(2/3), E = 2 - sigma^2 + (s - sigma)^2 (T11). */
static void test_minimize(void **state)
{
    (void)state;
    cut c;
    spn_theory_state there;
    make("through: [trivial, 1 mode], at: 0.3021, minimize: true, points: 11, curvature: true",
         "line.h5", 1, &c);
    check_ok(context, spn_theory_state_at(context, 3, 0.9, 0.3021, SPN_THEORY_UPPER, &there));
    check_close(c.anchor[1].norm_squared, there.norm_squared, 1e-8, 0);
    check_close(c.anchor[1].u, sqrt(there.norm_squared), 1e-8, 0);
    check_close(c.anchor[1].error, 2 - 0.81 + pow(there.strength - 0.9, 2), 1e-8, 0);
    /* At theta = 0 the Hessian of E vanishes, and R with it. */
    for (int64_t i = 0; i < c.points->rows; i++) {
        assert_true(isfinite(c.point[i].scalar_curvature_error));
        if (c.point[i].u == 0) {
            check_close(c.point[i].scalar_curvature_error, 0, 1e-12, 1);
        }
    }
    spn_arena_free(c.arena);
}

/* Second differences along eigenvectors; the softest directions of a linear network are its symmetry's. */
static void test_eigenvectors(void **state)
{
    (void)state;
    cut c;
    make("span: eigenvectors, through: [1 mode], at: 0.3, minimize: true, eigenvectors: [-1], "
         "reach: 0.001, points: 3, beta: [0.3]",
         "eigen.h5", 1, &c);
    assert_int_equal(c.points->rows, 3);
    double loss[3];
    for (int64_t i = 0; i < 3; i++) {
        loss[i] = c.point[i].error + 0.3 * c.point[i].norm_squared;
    }
    /* Rounding of L over h^2 is 1e-9, the fourth derivative times h^2 / 12 about 1e-5. */
    check_close((loss[0] - 2 * loss[1] + loss[2]) / 1e-6, c.slice[0].eigenvalue_u, 1e-4, 0);
    assert_true(c.slice[0].eigenvalue_u > 1);
    assert_true(isnan(c.slice[0].eigenvalue_v));
    spn_arena_free(c.arena);
}

/* Each layer (3 x 2, 2 x 2, 2 x 2 weights) of a random axis has the norm of that layer of theta. */
static void test_random(void **state)
{
    (void)state;
    static const int64_t ends[4] = {0, 6, 10, 14};
    cut c;
    make("span: random, through: [initial], axes: 2, points: 5", "random.h5", 1, &c);
    const spn_array *directions = spn_results_array(&c.results, "directions");
    assert_non_null(directions);
    assert_int_equal(directions->rows, 3);
    assert_int_equal(directions->columns, PARAMETERS);
    for (int axis = 1; axis <= 2; axis++) {
        for (int layer = 0; layer < 3; layer++) {
            const int64_t length = ends[layer + 1] - ends[layer];
            check_close(spn_norm(length, directions->values + axis * PARAMETERS + ends[layer]),
                        spn_norm(length, directions->values + ends[layer]), 1e-14, 0);
        }
    }
    spn_arena_free(c.arena);
    make("span: random, through: [initial], scaling: filter, points: 5", "filter.h5", 1, &c);
    directions = spn_results_array(&c.results, "directions");
    for (int64_t unit = 0; unit < 2; unit++) {
        check_close(spn_norm(3, directions->values + PARAMETERS + 3 * unit),
                    spn_norm(3, directions->values + 3 * unit), 1e-14, 0);
    }
    spn_arena_free(c.arena);
}

static void read_bytes(const char *name, char **bytes, long *size)
{
    char path[512];
    FILE *file = fopen(support_scratch(name, path), "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = ftell(file);
    rewind(file);
    *bytes = malloc((size_t)*size);
    assert_int_equal(fread(*bytes, 1, (size_t)*size, file), *size);
    fclose(file);
}

static void test_same_bytes(void **state)
{
    (void)state;
    const char *slice = "through: [trivial, 1 mode, 2 modes], at: 0.1, points: 15";
    cut one, three;
    char *a = NULL, *b = NULL;
    long size_a = 0, size_b = 0;
    make(slice, "one.h5", 1, &one);
    make(slice, "three.h5", 3, &three);
    read_bytes("one.h5", &a, &size_a);
    read_bytes("three.h5", &b, &size_b);
    assert_int_equal(size_a, size_b);
    assert_memory_equal(a, b, (size_t)size_a);
    free(a);
    free(b);
    spn_arena_free(one.arena);
    spn_arena_free(three.arena);
}

static void check_bad(const char *slice, spn_status expected, const char *fragment)
{
    bool is_good = true;
    check_fails(context, run(slice, "bad.h5", 1, &is_good), expected, fragment);
}

static void test_bad(void **state)
{
    (void)state;
    check_bad("through: [trivial, 3 modes]", SPN_ERROR_INPUT,
              "has no phase '3 modes'; its phases are: ");
    check_bad("through: [trivial, 1 mode, row 1000]", SPN_ERROR_INPUT, "'row 1000': ");
    check_bad("through: [trivial, 1 mode@x]", SPN_ERROR_INPUT, "a number must stand behind the @");
    check_bad("through: [trivial, trivial]", SPN_ERROR_INPUT, "points 1 and 2 are the same");
    check_bad("through: [trivial, 1 mode@0.2, 1 mode@0.2]", SPN_ERROR_INPUT,
              "points 2 and 3 are the same");
    check_bad("through: [1 mode]", SPN_ERROR_INPUT,
              "slice.through: names 1 point; two span a line");
    check_bad("span: random", SPN_ERROR_INPUT, "names 2 points; eigenvectors and random");
    check_bad("span: eigenvectors, through: [initial], eigenvectors: [14]", SPN_ERROR_INPUT,
              "slice.eigenvectors: there is no eigenvector 14");
    check_bad("span: eigenvectors, through: [initial], eigenvectors: [0, 1, 2]", SPN_ERROR_INPUT,
              "names 3 eigenvectors");
    check_bad("span: random, through: [initial], axes: 3", SPN_ERROR_INPUT, "slice.axes: 1 makes");
    check_bad("span: random, through: [trivial]", SPN_ERROR_INPUT, "slice.scaling: unit");
    check_bad("points: 1", SPN_ERROR_INPUT, "slice.points: expected from 2");
    check_bad("beta: []", SPN_ERROR_INPUT, "slice.beta: the list is empty");
    check_bad("through: [trivial, nowhere.npz]", SPN_ERROR_IO, "nowhere.npz");
    check_bad("through: [trivial, 2 modes], at: 0.19, minimize: true", SPN_ERROR_INPUT,
              "'2 modes' has no minimum at beta = 0.19");
}

/* One mode of a linear network at different betas: the same direction of theta, another length. */
static void test_collinear(void **state)
{
    (void)state;
    check_bad("through: [trivial, 1 mode@0.3, 1 mode@0.35]", SPN_ERROR_INPUT,
              "the three points lie on one line");
}

/* Through the sweep's results, and along eigenvectors of what was found there. */
static spn_status small_slice(spn_context *own, void *state)
{
    spn_status status = SPN_OK;
    char text[1500];
    bool is_good = false;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    const spn_run_settings settings = {.output = state, .threads = 1, .is_forced = true};
    snprintf(text, sizeof text,
             DATA MODEL SWEEP "slice: {results: '%s', span: eigenvectors, through: [1 mode], at: "
                              "0.3, minimize: true, points: 3}\n",
             sweep_path);
    SPN_TRY(spn_experiment_parse(own, "test.yaml", text, (int64_t)strlen(text), &experiment));
    SPN_TRY(spn_study_create(own, experiment, &study));
    SPN_TRY(spn_study_slice(own, study, &settings, &is_good));
done:
    spn_study_free(own, study);
    spn_experiment_free(own, experiment);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    char path[512];
    support_scratch("memory.h5", path);
    assert_true(support_fail_each_allocation(small_slice, path) > 100);
}

static int set_up(void **state)
{
    (void)state;
    sweep_run sweep;
    sweep_run_make(context, DATA MODEL SWEEP, 1, "sweep.h5", &sweep);
    sweep_run_free(&sweep);
    support_scratch("sweep.h5", sweep_path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stored_points), cmocka_unit_test(test_minimize),
        cmocka_unit_test(test_eigenvectors),  cmocka_unit_test(test_random),
        cmocka_unit_test(test_same_bytes),    cmocka_unit_test(test_bad),
        cmocka_unit_test(test_collinear),     cmocka_unit_test(test_out_of_memory),
    };
    if (spn_context_create(NULL, &context) != SPN_OK) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, set_up, NULL);
    spn_context_free(context);
    return failed;
}
