/* SPDX-License-Identifier: MIT */
/* Geometry at points of objectives: both surfaces from one Hessian, the stationarity gate with exact zero
 * modes, susceptibility and the parts of the Hessian against closed forms. */
#include "support.h"

#include <float.h>
#include <spinodal/geometry.h>
#include <spinodal/numeric.h>

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

static void measure(const spn_objective *objective, const double *theta, double parameter,
                    unsigned wanted, spn_geometry *error, spn_geometry *loss)
{
    spn_geometry_workspace *workspace = NULL;
    spn_point *point = NULL;
    check_ok(context, spn_point_create(context, objective, &point));
    check_ok(context, spn_geometry_workspace_create(context, objective->dimension, &workspace));
    check_ok(context, spn_point_set(context, point, theta, parameter, NULL, SPN_WANT_ALL));
    check_ok(context, spn_geometry_measure(context, workspace, point, wanted, error, loss));
    spn_geometry_workspace_free(context, workspace);
    spn_point_free(context, point);
}

/* E = (|t|^2 - 1)^2 / 4 + slope t_{P-1}: with slope 0 a continuous symmetry, so exact zero modes. */
typedef struct ring {
    double slope;
} ring;

static spn_status ring_set(spn_context *unused, spn_point *point, const spn_subset *subset,
                           unsigned wanted)
{
    (void)unused, (void)subset, (void)wanted;
    const ring *problem = point->objective->problem;
    int64_t n = point->dimension;
    double excess = spn_dot(n, point->theta, point->theta) - 1;
    point->value = 0.25 * excess * excess + problem->slope * point->theta[n - 1];
    for (int64_t i = 0; i < n; i++) {
        point->gradient[i] = excess * point->theta[i];
    }
    point->gradient[n - 1] += problem->slope;
    return SPN_OK;
}

static spn_status ring_hessian(spn_context *unused, const spn_point *point, spn_part part,
                               double *h)
{
    int64_t n = point->dimension;
    double excess = spn_dot(n, point->theta, point->theta) - 1;
    if (part != SPN_PART_FULL) {
        return spn_fail(unused, SPN_ERROR_UNSUPPORTED, "no parts");
    }
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = j; i < n; i++) {
            h[i + j * n] = (i == j ? excess : 0) + 2 * point->theta[i] * point->theta[j];
        }
    }
    return SPN_OK;
}

static const spn_objective_operations ring_operations = {
    .size = sizeof(spn_objective_operations),
    .set = ring_set,
    .hessian = ring_hessian,
};

/* Minimum of the ring with its ridge: |t|^2 = 1 - 2 beta, so chi = 2; P - 1 zero modes. */
static void test_exact_zero_modes(void **state)
{
    (void)state;
    enum { P = 7 };
    ring problem = {0};
    spn_objective error = {&ring_operations, &problem, P, 1, 0};
    spn_objective ridge = spn_ridge(&error);
    const double beta = 0.13, norm = sqrt(1 - 2 * beta);
    double theta[P];
    spn_random random = spn_random_stream(31, SPN_PURPOSE_TEST, 0);
    for (int64_t i = 0; i < P; i++) {
        theta[i] = spn_random_normal(&random);
    }
    double length = spn_norm(P, theta);
    for (int64_t i = 0; i < P; i++) {
        theta[i] *= norm / length;
    }
    spn_geometry of_error, of_loss;
    measure(&ridge, theta, beta, SPN_GEOMETRY_ALL, &of_error, &of_loss);
    assert_int_equal(of_loss.stationary, 1);
    assert_int_equal(of_loss.zero_eigenvalues, P - 1);
    assert_int_equal(of_loss.negative_eigenvalues, 0);
    assert_int_equal(of_error.negative_eigenvalues, P - 1); /* at exactly -2 beta */
    assert_int_equal(of_error.zero_eigenvalues, 0);
    check_close(of_loss.susceptibility, 2, 1e-13, 0);
    check_close(of_error.susceptibility, of_loss.susceptibility, 0, 0);
    check_close(of_loss.eigenvalue_max, 2 * norm * norm, 1e-14, 0);
    assert_true(isnan(of_loss.gauss_kronecker_sign) && !isnan(of_error.gauss_kronecker_sign));
    assert_true(isnan(of_loss.fisher_trace) && isnan(of_loss.residual_share));
    assert_string_equal(spn_error_text(context), "");
    /* |grad E| = 2 beta |theta| at a stationary point of L. */
    check_close(of_error.gradient_norm, 2 * beta * norm, 1e-14, 0);

    /* A slope along the zero modes far above rounding: the pseudo-inverse does not see it. The slope is
     * taken orthogonal to theta, which has no last component. */
    theta[P - 1] = 0;
    length = spn_norm(P, theta);
    for (int64_t i = 0; i < P; i++) {
        theta[i] *= norm / length;
    }
    problem.slope = 1e-7;
    measure(&ridge, theta, beta, SPN_GEOMETRY_SWEEP, NULL, &of_loss);
    assert_true(of_loss.distance < SPN_STATIONARY_DISTANCE);
    assert_true(of_loss.newton_decrement < SPN_STATIONARY_DECREMENT);
    assert_int_equal(of_loss.stationary, 0);
    assert_true(isnan(of_loss.susceptibility));
}

/* E = (a b - 1)^2, a linear network of two weights. */
static spn_status product_set(spn_context *unused, spn_point *point, const spn_subset *subset,
                              unsigned wanted)
{
    (void)unused, (void)subset, (void)wanted;
    double a = point->theta[0], b = point->theta[1], r = a * b - 1;
    point->value = r * r;
    point->gradient[0] = 2 * r * b;
    point->gradient[1] = 2 * r * a;
    return SPN_OK;
}

static spn_status product_hessian(spn_context *unused, const spn_point *point, spn_part part,
                                  double *h)
{
    double a = point->theta[0], b = point->theta[1];
    if (part != SPN_PART_FULL) {
        return spn_fail(unused, SPN_ERROR_UNSUPPORTED, "no parts");
    }
    h[0] = 2 * b * b;
    h[1] = h[2] = 4 * a * b - 2;
    h[3] = 2 * a * a;
    return SPN_OK;
}

/* With its ridge it is stationary at a = b = 0 and at a = b = +-sqrt(1 - beta) alone (T12). On the hyperbola a b = 1 L
 * falls by beta a^2 on the way down; from a = 1e5 on the ridge's curvature 2 beta counts as 0 beside 2 a^2. */
static void test_far_out(void **state)
{
    (void)state;
    const spn_objective_operations operations = {
        .size = sizeof operations, .set = product_set, .hessian = product_hessian};
    const spn_objective error = {&operations, NULL, 2, 1, 0};
    const spn_objective ridge = spn_ridge(&error);
    const double beta = 0.19, betas[] = {1e-3, 0.19, 0.9};
    double minimum[2] = {sqrt(1 - beta), sqrt(1 - beta)}, origin[2] = {0};
    spn_geometry loss;
    measure(&ridge, minimum, beta, SPN_GEOMETRY_SWEEP, NULL, &loss);
    assert_int_equal(loss.stationary, 1);
    measure(&ridge, origin, beta, SPN_GEOMETRY_SWEEP, NULL, &loss);
    assert_int_equal(loss.stationary, 1);
    for (int k = 0; k < 3; k++) {
        for (int decade = -12; decade <= 12; decade++) {
            double theta[2] = {pow(10, decade), pow(10, -decade)};
            measure(&ridge, theta, betas[k], SPN_GEOMETRY_SWEEP, NULL, &loss);
            assert_int_equal(loss.stationary, 0);
        }
    }
}

/* The gate opens within the stated relative distance and closes beyond it. */
static void test_gate(void **state)
{
    (void)state;
    const double scale = 2, coefficients[1] = {scale};
    spn_landscape landscape = {SPN_LANDSCAPE_QUADRATIC, 1, coefficients};
    spn_objective objective = spn_landscape_objective(&landscape);
    spn_geometry loss;
    const double minimum = 3; /* at -p / scale */
    const double offsets[] = {0, 1e-7, -1e-7, 1e-5, 0.1};
    for (int k = 0; k < 5; k++) {
        double theta = minimum + offsets[k];
        measure(&objective, &theta, -scale * minimum, SPN_GEOMETRY_ALL, NULL, &loss);
        check_close(loss.distance, fabs(offsets[k]) / theta, 1e-8, 0);
        check_close(loss.newton_decrement, fabs(offsets[k]) * sqrt(scale), 1e-8, 0);
        assert_int_equal(loss.stationary, k < 3);
        check_close(loss.susceptibility, k < 3 ? 1 / scale : (double)NAN, 1e-15, 0);
    }
    /* Close to theta = 0 the distance is measured against SPN_WEIGHT_FLOOR. */
    double theta = 1e-10;
    measure(&objective, &theta, 0, SPN_GEOMETRY_ALL, NULL, &loss);
    check_close(loss.distance, 1e-7, 1e-12, 0);
    assert_int_equal(loss.stationary, 1);
    /* Near enough, but one step would still change L by more than the gate allows. */
    const double stiff[1] = {1e8};
    landscape.coefficients = stiff;
    theta = 5e-10;
    measure(&objective, &theta, 0, SPN_GEOMETRY_ALL, NULL, &loss);
    assert_true(loss.distance < SPN_STATIONARY_DISTANCE);
    assert_int_equal(loss.stationary, 0);
    /* And the other way round: low enough, but far. */
    const double soft[1] = {1e-4};
    landscape.coefficients = soft;
    theta = minimum + 1e-5;
    measure(&objective, &theta, -soft[0] * minimum, SPN_GEOMETRY_ALL, NULL, &loss);
    assert_true(loss.newton_decrement < SPN_STATIONARY_DECREMENT);
    assert_int_equal(loss.stationary, 0);
}

/* Loss against error: the ridge's identities exactly, and the same numbers from L's own Hessian. */
static void test_both_surfaces(void **state)
{
    (void)state;
    enum { P = 6 };
    spn_landscape landscape = {SPN_LANDSCAPE_ROSENBROCK, P, NULL};
    spn_objective error = spn_landscape_objective(&landscape), ridge = spn_ridge(&error);
    const double beta = 0.3;
    double theta[P] = {0.4, -1.1, 0.7, 1.3, -0.2, 0.9}, h[P * P] = {0};
    spn_geometry_workspace *workspace = NULL;
    spn_point *point = NULL;
    spn_geometry e, l, direct;
    check_ok(context, spn_point_create(context, &ridge, &point));
    check_ok(context, spn_geometry_workspace_create(context, P, &workspace));
    check_ok(context, spn_point_set(context, point, theta, beta, NULL, SPN_WANT_ALL));
    check_ok(context, spn_geometry_measure(context, workspace, point, SPN_GEOMETRY_ALL, &e, &l));
    double square = spn_dot(P, theta, theta);
    assert_true(e.surface == SPN_SURFACE_ERROR && l.surface == SPN_SURFACE_LOSS);
    assert_true(e.beta == beta && l.beta == beta && e.samples == 1 && l.parameters == P);
    check_close(l.value - e.value, beta * square, 4 * DBL_EPSILON, e.value);
    check_close(l.trace - e.trace, 2 * beta * P, 4 * DBL_EPSILON, e.trace);
    check_close(l.frobenius_squared, e.frobenius_squared + 4 * beta * e.trace + 4 * beta * beta * P,
                8 * DBL_EPSILON, 0);
    check_close(l.eigenvalue_min, e.eigenvalue_min + 2 * beta, 0, 0);
    check_close(l.eigenvalue_max, e.eigenvalue_max + 2 * beta, 0, 0);
    check_close(l.weight_norm, sqrt(square), 4 * DBL_EPSILON, 0);
    assert_int_equal(l.stationary, 0);
    assert_true(isnan(l.susceptibility));

    check_ok(context, spn_point_hessian(context, point, SPN_PART_FULL, h));
    check_ok(context, spn_geometry_from_derivatives(context, workspace, point->value,
                                                    point->gradient, h, &direct));
    /* |g| is about 500: q^2 of T3 falls out of both in the same way. */
    const double tolerance = 1e-12;
    check_close(l.scalar_curvature, direct.scalar_curvature, tolerance, 0);
    check_close(l.mean_curvature, direct.mean_curvature, tolerance, 0);
    check_close(l.gauss_kronecker_log, direct.gauss_kronecker_log, tolerance, 0);
    check_close(l.gauss_kronecker_sign, direct.gauss_kronecker_sign, 0, 0);
    check_close(l.principal_curvature_min, direct.principal_curvature_min, tolerance, 0);
    check_close(l.principal_curvature_max, direct.principal_curvature_max, tolerance, 0);
    assert_int_equal(l.negative_eigenvalues, direct.negative_eigenvalues);
    spn_geometry_workspace_free(context, workspace);
    spn_point_free(context, point);
}

/* A regulariser that is no shift: L's numbers are those of its own Hessian, E's are those without it. */
static void test_weighted_surfaces(void **state)
{
    (void)state;
    enum { P = 6 };
    static const double weights[P] = {1, 0, 2, 0, 1, 0.5};
    const double theta[P] = {0.4, -1.1, 0.7, 1.3, -0.2, 0.9}, beta = 30;
    spn_landscape landscape = {SPN_LANDSCAPE_ROSENBROCK, P, NULL};
    spn_objective plain = spn_landscape_objective(&landscape);
    spn_regularised regularised = {&plain, {.weights = weights}};
    spn_objective loss = spn_regularise(&regularised);
    spn_geometry_workspace *workspace = NULL;
    spn_point *point = NULL;
    spn_geometry e, l, bare, direct;
    double h[P * P] = {0};
    measure(&plain, theta, 0, SPN_GEOMETRY_ALL, &bare, NULL);
    check_ok(context, spn_point_create(context, &loss, &point));
    check_ok(context, spn_geometry_workspace_create(context, P, &workspace));
    check_ok(context, spn_point_set(context, point, theta, beta, NULL, SPN_WANT_ALL));
    check_ok(context, spn_geometry_measure(context, workspace, point, SPN_GEOMETRY_ALL, &e, &l));
    check_close(spn_geometry_eigenvalues(workspace)[0], bare.eigenvalue_min, 0, 0);
    check_close(e.eigenvalue_min, bare.eigenvalue_min, 0, 0);
    check_close(e.scalar_curvature, bare.scalar_curvature, 0, 0);
    check_close(e.principal_curvature_max, bare.principal_curvature_max, 0, 0);
    check_ok(context, spn_point_hessian(context, point, SPN_PART_FULL, h));
    check_ok(context, spn_geometry_from_derivatives(context, workspace, point->value,
                                                    point->gradient, h, &direct));
    /* The same routine at the same numbers; eigenvalues with and without eigenvectors differ by the rounding of the
     * largest. */
    const double rounding = 16 * DBL_EPSILON;
    check_close(l.trace, direct.trace, 0, 0);
    check_close(l.frobenius_squared, direct.frobenius_squared, 0, 0);
    check_close(l.scalar_curvature, direct.scalar_curvature, 0, 0);
    check_close(l.eigenvalue_min, direct.eigenvalue_min, rounding, direct.eigenvalue_max);
    check_close(l.eigenvalue_max, direct.eigenvalue_max, rounding, 0);
    check_close(l.gauss_kronecker_log, direct.gauss_kronecker_log, 16 * rounding, 0);
    check_close(l.principal_curvature_min, direct.principal_curvature_min, 0, 0);
    assert_int_equal(l.negative_eigenvalues, direct.negative_eigenvalues);
    /* tr H_L = tr H_E + 2 beta sum c (T24); and no eigenvalue is that of E moved by 2 beta. */
    check_close(l.trace, e.trace + 2 * beta * 4.5, 8 * DBL_EPSILON, 0);
    assert_true(fabs(l.eigenvalue_min - e.eigenvalue_min - 2 * beta) > 1);
    check_close(l.weight_norm * l.weight_norm, point->parameter_value, 8 * DBL_EPSILON, 0);
    spn_geometry_workspace_free(context, workspace);
    spn_point_free(context, point);
}

/* E = 1/2 sum a_i (t_i - 1)^2 + const with c: t_i = a_i / (a_i + 2 beta c_i), H_L = a + 2 beta c, chi = sum (2 c t)^2 /
 * H_L (T10, T24). c_i = 0: the optimum of E itself, which adds nothing. The gate opens there with the eigenvectors (a zero
 * mode: a_3 = c_3 = 0) and with Cholesky. */
static spn_status bowl_set(spn_context *unused, spn_point *point, const spn_subset *subset,
                           unsigned wanted)
{
    (void)unused, (void)subset, (void)wanted;
    const double *a = point->objective->problem;
    point->value = 0;
    for (int64_t i = 0; i < point->dimension; i++) {
        double off = point->theta[i] - 1;
        point->value += a[i] * off * off / 2;
        point->gradient[i] = a[i] * off;
    }
    return SPN_OK;
}

static spn_status bowl_hessian(spn_context *unused, const spn_point *point, spn_part part,
                               double *h)
{
    const double *a = point->objective->problem;
    int64_t n = point->dimension;
    if (part != SPN_PART_FULL) {
        return spn_fail(unused, SPN_ERROR_UNSUPPORTED, "no parts");
    }
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = j; i < n; i++) {
            h[i + j * n] = i == j ? a[i] : 0;
        }
    }
    return SPN_OK;
}

static void test_weighted_susceptibility(void **state)
{
    (void)state;
    enum { P = 4 };
    static const spn_objective_operations operations = {
        .size = sizeof(spn_objective_operations), .set = bowl_set, .hessian = bowl_hessian};
    static const double weights[P] = {1, 0, 2, 0};
    const double beta = 0.4;
    for (int flat = 0; flat < 2; flat++) {
        const double a[P] = {2, 3, 0.7, flat ? 0 : 1.5};
        const spn_objective error = {&operations, a, P, 1, 0};
        const spn_regularised regularised = {&error, {.weights = weights}};
        const spn_objective loss = spn_regularise(&regularised);
        double theta[P], chi = 0;
        spn_geometry e, l;
        for (int i = 0; i < P; i++) {
            const double h = a[i] + 2 * beta * weights[i];
            theta[i] = h > 0 ? a[i] / h : 5;
            chi += h > 0 ? pow(2 * weights[i] * theta[i], 2) / h : 0;
        }
        measure(&loss, theta, beta, SPN_GEOMETRY_ALL, &e, &l);
        assert_int_equal(l.stationary, 1);
        assert_int_equal(l.zero_eigenvalues, flat);
        check_close(l.susceptibility, chi, 8 * DBL_EPSILON, 0);
        check_close(l.eigenvalue_max, 3, 4 * DBL_EPSILON, 0);
        check_close(e.eigenvalue_max, 3, 4 * DBL_EPSILON, 0);
        check_close(e.eigenvalue_min, flat ? 0 : 0.7, 4 * DBL_EPSILON, 1);
    }
}

/* One deep linear mode on its branch (T13): T8, T9's derivative and T10 in closed form, through the ridge
 * and through the landscape with its own parameter. */
static void test_deep_mode(void **state)
{
    (void)state;
    const double sigma = 0.9;
    for (int64_t depth = 3; depth <= 6; depth++) {
        double d = (double)depth, theta[6], coefficients[6] = {sigma};
        for (int k = 0; k < 3; k++) {
            double s = sigma * (0.75 + 0.1 * k); /* above the spinodal's (D-2)/(2(D-1)) < 1/2 */
            double beta = (sigma - s) * pow(s, 1 - 2 / d);
            double slope = -pow(s, 1 - 2 / d) + (1 - 2 / d) * (sigma - s) * pow(s, -2 / d);
            double chi = -2 * pow(s, 2 / d - 1) / slope;
            double inner = pow(s, 2 - 2 / d), lever = pow(s, 1 - 2 / d);
            for (int64_t i = 0; i < depth; i++) {
                theta[i] = pow(s, 1 / d);
            }
            spn_landscape landscape = {SPN_LANDSCAPE_DEEP_MODE, depth, coefficients};
            spn_objective plain = spn_landscape_objective(&landscape), ridge = spn_ridge(&plain);
            spn_geometry e, l, own;
            measure(&ridge, theta, beta, SPN_GEOMETRY_ALL, &e, &l);
            measure(&plain, theta, beta, SPN_GEOMETRY_ALL, NULL, &own);
            const double tolerance = 100 * d * DBL_EPSILON;
            assert_true(l.stationary == 1 && own.stationary == 1 && l.negative_eigenvalues == 0);
            check_close(l.susceptibility, chi, tolerance, 0);
            check_close(own.susceptibility, chi, tolerance, 0);
            check_close(l.value, (s - sigma) * (s - sigma) + beta * d * pow(s, 2 / d), tolerance,
                        0);
            check_close(own.value, l.value, tolerance, 0);
            check_close(own.scalar_curvature, l.scalar_curvature, tolerance, own.frobenius_squared);
            check_close(e.fisher_trace, d * inner, tolerance, 0);
            double model = 2 * d * inner, rest = 2 * (sigma - s) * lever * sqrt(d * (d - 1));
            check_close(e.residual_share, rest / (model + rest), tolerance, 0);
        }
    }
}

/* The trivial state of a deep mode: E's Hessian vanishes, L's is 2 beta I (T14). */
static void test_trivial_state(void **state)
{
    (void)state;
    enum { P = 4 };
    const double coefficients[P] = {0.9}, theta[P] = {0}, beta = 0.2;
    spn_landscape landscape = {SPN_LANDSCAPE_DEEP_MODE, P, coefficients};
    spn_objective plain = spn_landscape_objective(&landscape), ridge = spn_ridge(&plain);
    spn_geometry e, l;
    measure(&ridge, theta, beta, SPN_GEOMETRY_ALL, &e, &l);
    assert_int_equal(e.zero_eigenvalues, P);
    assert_true(isnan(e.gauss_kronecker_log) && e.scalar_curvature == 0);
    check_close(l.scalar_curvature, 4 * beta * beta * P * (P - 1), 1e-15, 0);
    check_close(l.gauss_kronecker_log, P * log(2 * beta), 1e-15, 0);
    assert_true(l.gauss_kronecker_sign == 1 && l.stationary == 1 && l.susceptibility == 0);
    assert_true(l.eigenvalue_min == 2 * beta && l.eigenvalue_max == 2 * beta);
    assert_true(isnan(l.residual_share) && l.fisher_trace == 0 && l.distance == 0);
}

/* Double well in a field: minima at p = 0 are +-1 with H = 2; chi = -d^2F/dp^2 = 1/2. */
static void test_double_well(void **state)
{
    (void)state;
    const double coefficients[2] = {0, 3};
    spn_landscape landscape = {SPN_LANDSCAPE_DOUBLE_WELL, 2, coefficients};
    spn_objective objective = spn_landscape_objective(&landscape);
    const double places[3][2] = {{-1, 0}, {0, 0}, {1, 0}};
    for (int k = 0; k < 3; k++) {
        spn_geometry e, l;
        double bend = k == 1 ? -1 : 2;
        measure(&objective, places[k], 0, SPN_GEOMETRY_ALL, &e, &l);
        assert_int_equal(l.stationary, 1);
        assert_int_equal(l.negative_eigenvalues, k == 1);
        check_close(l.scalar_curvature, 2 * bend * 3, 1e-15, 0);
        check_close(l.gauss_kronecker_sign, k == 1 ? -1 : 1, 0, 0);
        check_close(l.gauss_kronecker_log, log(fabs(bend) * 3), 1e-15, 0);
        check_close(l.susceptibility, 1 / bend, 1e-15, 0);
        check_close(e.scalar_curvature, l.scalar_curvature, 0, 0);
        assert_true(isnan(l.fisher_trace) && isnan(l.residual_share));
    }
}

/* theta along a zero mode: stationary, but no susceptibility. */
static void test_flat_theta(void **state)
{
    (void)state;
    const double coefficients[2] = {1, 0}, theta[2] = {0, 1};
    spn_landscape landscape = {SPN_LANDSCAPE_QUADRATIC, 2, coefficients};
    spn_objective error = spn_landscape_objective(&landscape), ridge = spn_ridge(&error);
    spn_geometry e, l;
    measure(&ridge, theta, 0, SPN_GEOMETRY_ALL, &e, &l);
    assert_int_equal(l.stationary, 1);
    assert_true(isnan(l.susceptibility));
    /* With beta > 0 the same point is not stationary. */
    measure(&ridge, theta, 0.1, SPN_GEOMETRY_ALL, &e, &l);
    assert_int_equal(l.stationary, 0);
}

/* Outside the sphere nothing exists; that is a result. */
static void test_not_finite(void **state)
{
    (void)state;
    const double coefficients[2] = {1, 0}, theta[2] = {1, 1};
    spn_landscape landscape = {SPN_LANDSCAPE_HALF_SPHERE, 2, coefficients};
    spn_objective objective = spn_landscape_objective(&landscape);
    spn_geometry e, l;
    measure(&objective, theta, 0, SPN_GEOMETRY_ALL, &e, &l);
    assert_true(isnan(l.value) && isnan(l.scalar_curvature) && isnan(l.eigenvalue_min));
    assert_true(isnan(e.principal_curvature_max) && isnan(l.newton_decrement));
    assert_int_equal(l.stationary, 0);
    assert_int_equal(l.negative_eigenvalues, -1);
    check_close(l.weight_norm, sqrt(2), 1e-15, 0);
}

static void test_wanted(void **state)
{
    (void)state;
    enum { P = 4 };
    const double coefficients[P] = {0.9}, theta[P] = {0.9, 0.8, 1.0, 0.7};
    spn_landscape landscape = {SPN_LANDSCAPE_DEEP_MODE, P, coefficients};
    spn_objective plain = spn_landscape_objective(&landscape), ridge = spn_ridge(&plain);
    spn_geometry all, some;
    measure(&ridge, theta, 0.1, SPN_GEOMETRY_ALL, &all, NULL);
    for (unsigned wanted = 0; wanted < 16; wanted++) {
        measure(&ridge, theta, 0.1, wanted, &some, NULL);
        bool has_spectrum = wanted & (SPN_GEOMETRY_SPECTRUM | SPN_GEOMETRY_STATIONARY);
        bool has_gate = wanted & SPN_GEOMETRY_STATIONARY;
        bool has_principal = wanted & SPN_GEOMETRY_PRINCIPAL;
        bool has_parts = wanted & SPN_GEOMETRY_FISHER;
        const double none = (double)NAN, tolerance = 1e-14;
        check_close(some.scalar_curvature, all.scalar_curvature, 0, 0);
        check_close(some.mean_curvature, all.mean_curvature, 0, 0);
        check_close(some.eigenvalue_max, has_spectrum ? all.eigenvalue_max : none, tolerance, 0);
        assert_int_equal(some.negative_eigenvalues, has_spectrum ? all.negative_eigenvalues : -1);
        check_close(some.distance, has_gate ? all.distance : none, tolerance, 0);
        assert_int_equal(some.stationary, has_gate ? 0 : -1);
        check_close(some.principal_curvature_min,
                    has_principal ? all.principal_curvature_min : none, tolerance, 0);
        check_close(some.fisher_trace, has_parts ? all.fisher_trace : none, tolerance, 0);
        check_close(some.residual_share, has_parts ? all.residual_share : none, tolerance, 0);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    const double coefficients[2] = {1, 2}, theta[2] = {1, 1};
    spn_landscape landscape = {SPN_LANDSCAPE_QUADRATIC, 2, coefficients};
    spn_objective objective = spn_landscape_objective(&landscape);
    spn_geometry_workspace *workspace = NULL, *small = NULL;
    spn_point *point = NULL;
    spn_geometry e, l;
    check_fails(context, spn_geometry_workspace_create(context, 0, &workspace), SPN_ERROR_ARGUMENT,
                "0 variables");
    check_fails(context, spn_geometry_workspace_create(context, INT64_MAX, &workspace),
                SPN_ERROR_ARGUMENT, "memory");
    assert_null(workspace);
    check_ok(context, spn_geometry_workspace_create(context, 2, &workspace));
    check_ok(context, spn_geometry_workspace_create(context, 1, &small));
    check_ok(context, spn_point_create(context, &objective, &point));
    check_ok(context,
             spn_point_set(context, point, theta, 0, NULL, SPN_WANT_VALUE | SPN_WANT_CURVATURE));
    check_fails(context, spn_geometry_measure(context, workspace, point, 0, &e, &l),
                SPN_ERROR_ARGUMENT, "SPN_WANT_GRADIENT");
    check_ok(context, spn_point_set(context, point, theta, 0, NULL, SPN_WANT_ALL));
    check_fails(context, spn_geometry_measure(context, small, point, 0, &e, &l), SPN_ERROR_ARGUMENT,
                "made for 1");
    check_ok(context, spn_geometry_measure(context, workspace, point, 0, NULL, NULL));
    spn_point_free(context, point);
    spn_geometry_workspace_free(context, small);
    spn_geometry_workspace_free(context, workspace);
    spn_geometry_workspace_free(context, NULL);
}

static spn_status workspace_once(spn_context *other, void *state)
{
    (void)state;
    spn_geometry_workspace *workspace = NULL;
    spn_status status = spn_geometry_workspace_create(other, 3, &workspace);
    assert_true(status == SPN_OK || workspace == NULL);
    spn_geometry_workspace_free(other, workspace);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    assert_int_equal(support_fail_each_allocation(workspace_once, NULL), 11);
    const double coefficients[3] = {0.9}, theta[3] = {0.9, 0.8, 1.0};
    spn_landscape landscape = {SPN_LANDSCAPE_DEEP_MODE, 3, coefficients};
    spn_objective plain = spn_landscape_objective(&landscape), ridge = spn_ridge(&plain);
    support_allocator counter = {0};
    spn_context *other = support_context(&counter);
    spn_geometry_workspace *workspace = NULL;
    spn_point *point = NULL;
    spn_geometry e, l, first;
    check_ok(other, spn_point_create(other, &ridge, &point));
    check_ok(other, spn_geometry_workspace_create(other, 3, &workspace));
    int64_t calls = counter.calls;
    for (int k = 0; k < 3; k++) {
        check_ok(other, spn_point_set(other, point, theta, 0.1, NULL, SPN_WANT_ALL));
        check_ok(other, spn_geometry_measure(other, workspace, point, SPN_GEOMETRY_ALL, &e, &l));
        first = k == 0 ? l : first;
        assert_true(l.scalar_curvature == first.scalar_curvature && l.distance == first.distance);
    }
    assert_int_equal(counter.calls, calls);
    spn_geometry_workspace_free(other, workspace);
    spn_point_free(other, point);
    spn_context_free(other);
    assert_int_equal(counter.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_zero_modes),  cmocka_unit_test(test_gate),
        cmocka_unit_test(test_far_out),           cmocka_unit_test(test_both_surfaces),
        cmocka_unit_test(test_deep_mode),         cmocka_unit_test(test_trivial_state),
        cmocka_unit_test(test_double_well),       cmocka_unit_test(test_flat_theta),
        cmocka_unit_test(test_not_finite),        cmocka_unit_test(test_wanted),
        cmocka_unit_test(test_refusals),          cmocka_unit_test(test_memory),
        cmocka_unit_test(test_weighted_surfaces), cmocka_unit_test(test_weighted_susceptibility),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
