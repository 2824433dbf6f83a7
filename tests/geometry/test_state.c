/* SPDX-License-Identifier: MIT */
/* States: every observable against a closed form, what was not asked for, and how tables name what came later. */
#include "support.h"

#include "geometry/observables.h"

static spn_context *context;

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

/* L = (t_0 t_1 - s)^2 + p |t|^2 at t_0 = t_1 = a. */
static const double S = 0.9, P = 0.2;

typedef struct scene {
    spn_landscape landscape;
    spn_objective objective;
    spn_point *point;
    spn_geometry_workspace *geometry;
} scene;

static void open_scene(double a, scene *s)
{
    const double theta[2] = {a, a};
    s->landscape = (spn_landscape){SPN_LANDSCAPE_DEEP_MODE, 2, &S};
    s->objective = spn_landscape_objective(&s->landscape);
    check_ok(context, spn_point_create(context, &s->objective, &s->point));
    check_ok(context, spn_geometry_workspace_create(context, 2, &s->geometry));
    check_ok(context, spn_point_set(context, s->point, theta, P, NULL, SPN_WANT_ALL));
}

static void close_scene(scene *s)
{
    spn_geometry_workspace_free(context, s->geometry);
    spn_point_free(context, s->point);
}

/* The learned minimum, a^2 = s - p: H has 2 s on its diagonal, 2 s - 4 p beside it, and g = 0, so that q = 1. */
static void test_closed_form(void **unused)
{
    (void)unused;
    double trivial[2];
    spn_labels labels;
    spn_state state;
    scene s;
    open_scene(sqrt(S - P), &s);
    check_ok(context, spn_point_labels(context, s.point, &labels));
    labels.dead_units = 3;
    labels.merged_units = 4;
    labels.accuracy = 0.5;
    labels.test_error = 0.25;
    labels.test_accuracy = 0.75;
    const spn_state_wish wish = {
        .labels = &labels, .trivial = trivial, .geometry = s.geometry, .wanted = SPN_GEOMETRY_ALL};
    check_ok(context, spn_state_measure(context, s.point, &wish, &state));
    const double low = 4 * fmin(P, S - P), high = 4 * fmax(P, S - P), norm = sqrt(2 * (S - P));
    check_close(state.beta, P, 0, 0);
    check_close(state.loss, P * P + 2 * P * (S - P), 1e-14, 0);
    check_close(state.error, state.loss, 0, 0); /* a landscape has no inner error */
    check_close(state.weight_norm, norm, 1e-14, 0);
    check_close(state.trivial_distance, norm, 1e-14, 0);
    assert_int_equal(state.active_modes, 1);
    assert_true(state.dead_units == 3 && state.merged_units == 4);
    assert_true(state.accuracy == 0.5 && state.test_error == 0.25 && state.test_accuracy == 0.75);
    check_close(state.scalar_curvature_error, 2 * low * high, 1e-13, 0);
    check_close(state.scalar_curvature_loss, 2 * low * high, 1e-13, 0);
    assert_true(state.scalar_curvature_rounding > 0 && state.scalar_curvature_rounding < 1e-13);
    check_close(state.mean_curvature_error, 2 * S, 1e-14, 0);
    check_close(state.mean_curvature_loss, 2 * S, 1e-14, 0);
    assert_true(state.gauss_kronecker_sign_error == 1 && state.gauss_kronecker_sign_loss == 1);
    check_close(state.gauss_kronecker_log_error, log(low * high), 1e-13, 0);
    check_close(state.gauss_kronecker_log_loss, log(low * high), 1e-13, 0);
    check_close(state.eigenvalue_min_error, low, 1e-14, 0);
    check_close(state.eigenvalue_max_error, high, 1e-14, 0);
    check_close(state.eigenvalue_min_loss, low, 1e-14, 0);
    check_close(state.eigenvalue_max_loss, high, 1e-14, 0);
    assert_true(state.negative_eigenvalues_error == 0 && state.negative_eigenvalues_loss == 0);
    /* Half the trace of the Gauss-Newton part 2 J J^T + 2 p, J = (t_1, t_0): |J|^2 + 2 p. */
    check_close(state.fisher_trace, 2 * S, 1e-14, 0);
    assert_true(state.residual_share > 0 && state.residual_share < 1);
    check_close(state.susceptibility, 2, 1e-13, 0); /* |theta|^2 = 2 (s - p) */
    check_close(state.gradient_norm, 0, 1e-15, 1);
    check_close(state.newton_decrement, 0, 1e-15, 1);
    check_close(state.distance, 0, 1e-15, 1);
    assert_int_equal(state.stationary, 1);
    close_scene(&s);
}

/* dL/dt_0 = 2 (a^2 - s) a + 2 p a, no minimum: a saddle of the trivial kind next to it. */
static void test_elsewhere(void **unused)
{
    (void)unused;
    spn_state state;
    scene s;
    open_scene(0.1, &s);
    const spn_state_wish wish = {.geometry = s.geometry,
                                 .wanted = SPN_GEOMETRY_SPECTRUM | SPN_GEOMETRY_STATIONARY};
    check_ok(context, spn_state_measure(context, s.point, &wish, &state));
    const double slope = 2 * (0.01 - S) * 0.1 + 2 * P * 0.1;
    check_close(state.gradient_norm, sqrt(2) * fabs(slope), 1e-13, 0);
    assert_int_equal(state.stationary, 0);
    assert_int_equal(state.negative_eigenvalues_loss, 1);
    assert_true(isnan(state.susceptibility));                                /* not stationary */
    assert_true(isnan(state.fisher_trace) && isnan(state.trivial_distance)); /* not asked for */
    assert_int_equal(state.active_modes, -1);
    close_scene(&s);
}

/* The same state without the Hessian: R is exact by moments, and says so; three products for two dimensions leave nothing to estimate
 * either. What is measured of the dense Hessian says nothing of a way. */
static void test_ways(void **unused)
{
    (void)unused;
    spn_state dense, state;
    scene s;
    spn_arena *arena = NULL;
    spn_geometry_settings settings;
    open_scene(sqrt(S - P), &s);
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_settings_defaults(context, arena, &spn_geometry_options, &settings,
                                            sizeof settings));
    spn_state_wish wish = {.geometry = s.geometry, .wanted = SPN_GEOMETRY_SWEEP};
    check_ok(context, spn_state_measure(context, s.point, &wish, &dense));
    assert_int_equal(dense.curvature_method, -1);
    assert_true(isnan(dense.scalar_curvature_error_stderr) && isnan(dense.eigenvalue_residual));
    for (int method = SPN_SPECTRUM_MOMENTS; method <= SPN_SPECTRUM_NONE; method++) {
        settings.method = method;
        check_ok(context, spn_geometry_workspace_choose(context, &s.objective, &settings,
                                                        SPN_GEOMETRY_SWEEP, &wish.geometry, NULL));
        check_ok(context, spn_state_measure(context, s.point, &wish, &state));
        spn_geometry_workspace_free(context, wish.geometry);
        check_close(state.loss, dense.loss, 0, 0);
        if (method == SPN_SPECTRUM_NONE) {
            assert_true(isnan(state.scalar_curvature_loss) && state.curvature_method == -1);
            continue;
        }
        assert_int_equal(state.curvature_method, method);
        check_close(state.scalar_curvature_loss, dense.scalar_curvature_loss, 1e-12, 0);
        check_close(state.eigenvalue_min_loss, dense.eigenvalue_min_loss, 1e-9, 1);
        check_close(state.susceptibility, dense.susceptibility, 1e-9, 0);
        assert_int_equal(state.stationary, 1);
        assert_true(isnan(state.scalar_curvature_loss_stderr)); /* exact */
        assert_true(state.eigenvalue_residual >= 0);
    }
    spn_arena_free(arena);
    close_scene(&s);
}

#define FIELD_double(value) isnan(value)
#define FIELD_int64_t(value) ((value) == -1)
#define IS_UNKNOWN(field, type, ...)                                                               \
    if (!FIELD_##type(state->field)) {                                                             \
        known++;                                                                                   \
    }

static int count_known(const spn_state *state)
{
    int known = 0;
    SPN_STATE_FIELDS(IS_UNKNOWN)
    SPN_STATE_LATER(IS_UNKNOWN, )
    return known;
}

/* Of a point alone: beta, E, L, |theta|, |grad L|. Without a trivial point there is no distance to it. */
static void test_what_was_not_asked_for(void **unused)
{
    (void)unused;
    spn_state state = spn_state_unknown();
    scene s;
    double trivial[2];
    assert_int_equal(count_known(&state), 0);
    open_scene(0.3, &s);
    spn_state_wish wish = {.labels = NULL};
    check_ok(context, spn_state_measure(context, s.point, &wish, &state));
    assert_true(count_known(&state) >= 5);
    assert_true(isnan(state.scalar_curvature_error) && isnan(state.trivial_distance));
    assert_true(isnan(state.accuracy) && state.active_modes == -1 && state.stationary == -1);
    close_scene(&s);

    const double coefficients[2] = {0, 3};
    s.landscape = (spn_landscape){SPN_LANDSCAPE_DOUBLE_WELL, 2, coefficients};
    s.objective = spn_landscape_objective(&s.landscape);
    const double theta[2] = {-1, 0};
    check_ok(context, spn_point_create(context, &s.objective, &s.point));
    check_ok(context, spn_point_set(context, s.point, theta, 0, NULL, SPN_WANT_ALL));
    wish.trivial = trivial;
    check_ok(context, spn_state_measure(context, s.point, &wish, &state));
    assert_true(isnan(state.trivial_distance));
    assert_string_equal(spn_error_text(context), "");
    spn_point_free(context, s.point);
}

static void test_relabel(void **unused)
{
    (void)unused;
    spn_state a = spn_state_unknown(), b = a;
    b.active_modes = 1;
    b.dead_units = 2;
    b.merged_units = 3;
    b.loss = b.accuracy = 4;
    spn_state_relabel(&a, &b);
    assert_true(a.active_modes == 1 && a.dead_units == 2 && a.merged_units == 3);
    assert_true(isnan(a.loss) && isnan(a.accuracy));
}

/* A table with two states, as if `distance` and `stationary` had come later. */
#undef SPN_STATE_LATER
#define SPN_STATE_LATER(X, ...)                                                                    \
    X(distance, double, "m", "how far", "9.8.7", __VA_ARGS__)                                      \
    X(stationary, int64_t, "", "whether", "9.9.0", __VA_ARGS__)
typedef struct pair {
    int64_t number;
    spn_state before, last;
} pair;
#define RECORD pair
static const spn_column pair_columns[] = {
    INTEGER(number, "which"), STATE(before, error), STATE_MEANS(before, active_modes, "modes"),
    STATE_AS(last, accuracy, "final_share", "right"),
    STATE_LATER(before, "", "_before", ", before it") STATE_LATER(last, "final_", "", "")};

static void check_column(int64_t index, const char *name, spn_column_type type, size_t offset,
                         const char *unit, const char *help, const char *since)
{
    const spn_column *c = &pair_columns[index];
    assert_string_equal(c->name, name);
    assert_string_equal(c->unit, unit);
    assert_string_equal(c->help, help);
    assert_string_equal(c->since, since);
    assert_true(c->type == type && c->offset == offset && c->words == NULL);
}

static void test_columns(void **unused)
{
    (void)unused;
    const spn_column_type real = SPN_COLUMN_REAL, integer = SPN_COLUMN_INTEGER;
    assert_int_equal(sizeof pair_columns / sizeof *pair_columns, 8);
    check_column(1, "error", real, offsetof(pair, before.error), "error", "error E (T1)", "");
    check_column(2, "active_modes", integer, offsetof(pair, before.active_modes), "", "modes", "");
    check_column(3, "final_share", real, offsetof(pair, last.accuracy), "", "right", "0.1.0");
    check_column(4, "distance_before", real, offsetof(pair, before.distance), "m",
                 "how far, before it", "9.8.7");
    check_column(5, "stationary_before", integer, offsetof(pair, before.stationary), "",
                 "whether, before it", "9.9.0");
    check_column(6, "final_distance", real, offsetof(pair, last.distance), "m", "how far", "9.8.7");
    check_column(7, "final_stationary", integer, offsetof(pair, last.stationary), "", "whether",
                 "9.9.0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_form), cmocka_unit_test(test_elsewhere),
        cmocka_unit_test(test_ways),        cmocka_unit_test(test_what_was_not_asked_for),
        cmocka_unit_test(test_relabel),     cmocka_unit_test(test_columns),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
