/* SPDX-License-Identifier: MIT */
/* One table of problems with known minima, crossed with all methods: each must end at the minimum. */
#include "support.h"
#include <spinodal/numeric.h>
#include <spinodal/optimize.h>

enum { MOST = 10, METHODS = SPN_METHOD_NEWTON_CG + 1 };

typedef struct problem {
    const char *name;
    spn_landscape_kind kind;
    int64_t n;
    double coefficients[MOST];
    double parameter;
    double start[MOST];
    double minimum[MOST];
    double rate;    /* learning rate of the first-order methods, below 2 / lambda_max */
    double ridge;   /* > 0: wrap in a ridge of this beta */
    bool is_saddle; /* the start is stationary: only newton and newton_cg leave */
    double soft;    /* lambda_min where that is below 1e-1 and the method gets there; otherwise 0 */
    bool is_singular; /* flat along the last coordinate: it is not compared */
} problem;

/* t^3 - t + 0.1 = 0 (double well, p = 0.1): roots 2/sqrt(3) cos(acos(-0.1 sqrt(27)/2)/3 - 2 pi k/3). */
#define WELL_HIGH 0.94564927392359255
#define WELL_LOW (-1.0466805318046022)

static const problem problems[] = {
    {"quadratic",
     SPN_LANDSCAPE_QUADRATIC,
     3,
     {1, 2, 4},
     0.5,
     {1, 1, 1},
     {-0.5, -0.25, -0.125},
     .rate = 0.2},
    {"ill-conditioned",
     SPN_LANDSCAPE_QUADRATIC,
     3,
     {1, 10, 100},
     1,
     {1, 1, 1},
     {-1, -0.1, -0.01},
     .rate = 0.01},
    {"singular",
     SPN_LANDSCAPE_QUADRATIC,
     3,
     {1, 2, 0},
     0,
     {1, 1, 1},
     {0, 0, 1},
     .rate = 0.3,
     .is_singular = true},
    {"double well, right",
     SPN_LANDSCAPE_DOUBLE_WELL,
     2,
     {0, 2},
     0.1,
     {1.5, 1},
     {WELL_HIGH, 0},
     .rate = 0.1},
    {"double well, left",
     SPN_LANDSCAPE_DOUBLE_WELL,
     2,
     {0, 2},
     0.1,
     {-0.4, 1},
     {WELL_LOW, 0},
     .rate = 0.1},
    {"double well, top",
     SPN_LANDSCAPE_DOUBLE_WELL,
     2,
     {0, 2},
     0,
     {0, 0},
     {1, 0},
     .rate = 0.1,
     .is_saddle = true},
    {"fold", SPN_LANDSCAPE_FOLD, 2, {0, 3}, -0.25, {1, -1}, {0.5, 0}, .rate = 0.1},
    {"pitchfork above", SPN_LANDSCAPE_PITCHFORK, 2, {0, 1}, 0.5, {1, 1}, {0, 0}, .rate = 0.1},
    {"pitchfork below",
     SPN_LANDSCAPE_PITCHFORK,
     2,
     {0, 1},
     -0.25,
     {-0.1, 1},
     {-0.5, 0},
     .rate = 0.1},
    {"pitchfork, top",
     SPN_LANDSCAPE_PITCHFORK,
     2,
     {0, 1},
     -1e-6,
     {0, 0},
     {1e-3, 0},
     .rate = 0.1,
     .is_saddle = true,
     .soft = 2e-6},
    {"cusp", SPN_LANDSCAPE_CUSP, 2, {-3, 1}, 2, {-1, 0.5}, {-2, 0}, .rate = 0.1},
    {"rosenbrock 2", SPN_LANDSCAPE_ROSENBROCK, 2, {0}, 0, {-1.2, 1}, {1, 1}, .rate = 1e-3},
    {"rosenbrock 10",
     SPN_LANDSCAPE_ROSENBROCK,
     10,
     {0},
     0,
     {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5},
     {1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
     .rate = 5e-4},
    {"half sphere", SPN_LANDSCAPE_HALF_SPHERE, 3, {2}, 0, {0.5, -1, 0.5}, {0, 0, 0}, .rate = 0.3},
    {"two layers, active", SPN_LANDSCAPE_DEEP_MODE, 2, {0.9}, 0.4, {0.3, 0.5}, {0}, .rate = 0.1},
    {"two layers, trivial", SPN_LANDSCAPE_DEEP_MODE, 2, {0.9}, 1.2, {0.3, -0.5}, {0}, .rate = 0.1},
    {"two layers, saddle",
     SPN_LANDSCAPE_DEEP_MODE,
     2,
     {0.9},
     0.4,
     {0, 0},
     {0},
     .rate = 0.1,
     .is_saddle = true},
    {"three layers, active",
     SPN_LANDSCAPE_DEEP_MODE,
     3,
     {0.9},
     -0.7,
     {0.6, 0.9, 1.1},
     {0},
     .rate = 0.05},
    {"three layers, trivial",
     SPN_LANDSCAPE_DEEP_MODE,
     3,
     {0.9},
     0.5,
     {0.6, 0.9, 1.1},
     {0},
     .rate = 0.1},
    {"four layers, active",
     SPN_LANDSCAPE_DEEP_MODE,
     4,
     {0.9},
     -0.7,
     {0.7, 0.9, 1.1, 1},
     {0},
     .rate = 0.05},
    {"four layers, trivial",
     SPN_LANDSCAPE_DEEP_MODE,
     4,
     {0.9},
     0.4,
     {0.1, 0.2, -0.1, 0.3},
     {0},
     .rate = 0.1},
    {"ridge of a mode",
     SPN_LANDSCAPE_DEEP_MODE,
     2,
     {0.9},
     0,
     {0.3, 0.5},
     {0},
     .rate = 0.1,
     .ridge = 0.4},
    {"ridge of rosenbrock",
     SPN_LANDSCAPE_ROSENBROCK,
     2,
     {0},
     0,
     {0.1, 0.2},
     {0},
     .rate = 2e-3,
     .ridge = 0.5},
};
enum { PROBLEMS = sizeof problems / sizeof problems[0] };

/* A negative "parameter" of a deep mode names the strength s of its branch: beta = (a - s) s^(1 - 2/D)
 * (T13), t_i = s^(1/D). Two layers: s = max(0, a - beta) (T12). */
static void resolve(const problem *given, problem *out)
{
    *out = *given;
    double depth = (double)given->n, a = given->coefficients[0], strength = 0;
    if (given->kind == SPN_LANDSCAPE_DEEP_MODE) {
        if (given->parameter < 0) {
            strength = -given->parameter;
            out->parameter = (a - strength) * pow(strength, 1 - 2 / depth);
        } else if (given->n == 2) {
            strength = fmax(0, a - given->parameter - given->ridge);
        }
        for (int64_t i = 0; i < given->n; i++) {
            out->minimum[i] = pow(strength, 1 / depth);
        }
    } else if (given->kind == SPN_LANDSCAPE_ROSENBROCK && given->ridge > 0) {
        /* Stationary in t_1: t_1 = 200 t_0^2 / (200 + 2 beta); what is left for t_0 is cubic and rises:
         * -400 t (t_1 - t^2) - 2 (1 - t) + 2 beta t = 0, solved by bisection. */
        double beta = given->ridge, low = 0, high = 1;
        for (int k = 0; k < 100; k++) {
            double t = 0.5 * (low + high), other = 200 * t * t / (200 + 2 * beta);
            double slope = -400 * t * (other - t * t) - 2 * (1 - t) + 2 * beta * t;
            *(slope > 0 ? &high : &low) = t;
        }
        out->minimum[0] = low;
        out->minimum[1] = 200 * low * low / (200 + 2 * beta);
    }
}

/* How far from the minimum a method may end, and why. Newton: its last step squares a distance of 1e-9;
 * 1e-12 leaves room for condition numbers up to 1e4 times rounding. The others stop at |g| <= 1e-9, so at
 * a distance of 1e-9 / lambda_min, and lambda_min >= 1e-1 but where said (the pitchfork at -1e-6 starts
 * at its saddle, which newton_cg leaves, too). Adam's last steps are as long as the learning rate however small the gradient: it
 * must come within ten of those. */
static double allowed_distance(int method, double rate, double soft)
{
    switch (method) {
    case SPN_METHOD_NEWTON:
        return 1e-12;
    case SPN_METHOD_ADAM:
        return 10 * rate;
    case SPN_METHOD_NEWTON_CG:
        return soft > 0 ? 2e-9 / soft : 2e-8;
    default:
        return 2e-8;
    }
}

static spn_solver_settings settings_of(int method, double rate)
{
    return (spn_solver_settings){
        .method = method,
        .tolerance = 1e-9,
        .max_iterations = method == SPN_METHOD_ADAM ? 20000 : 200000,
        .learning_rate = method == SPN_METHOD_MOMENTUM ? 0.2 * rate
                         : method == SPN_METHOD_ADAM   ? 1e-3
                                                       : rate,
        .momentum = 0.9,
        .beta1 = 0.9,
        .beta2 = 0.999,
        .epsilon = 1e-8,
        .batch = 4,
        .history = 10,
        .trust_radius = 0.1,
        .trust_radius_max = 1,
        .seed = 1,
    };
}

static int64_t run_problem(spn_context *context, const problem *given, int method)
{
    problem p;
    resolve(given, &p);
    spn_landscape landscape = {p.kind, p.n, p.coefficients};
    spn_objective inner = spn_landscape_objective(&landscape);
    spn_objective ridge = spn_ridge(&inner);
    const spn_objective *objective = p.ridge > 0 ? &ridge : &inner;
    double parameter = p.ridge > 0 ? p.ridge : p.parameter;
    spn_solver_settings settings = settings_of(method, p.rate);
    spn_solver *solver = NULL;
    spn_solver_info info;
    double theta[MOST];
    memcpy(theta, p.start, sizeof theta);
    check_ok(context, spn_solver_create(context, &settings, objective, &solver));
    check_ok(context, spn_solver_run(context, solver, parameter, theta, &info));
    bool knows_index = method == SPN_METHOD_NEWTON || method == SPN_METHOD_NEWTON_CG;
    const double *target = p.is_saddle && !knows_index ? p.start : p.minimum;
    double square = 0;
    for (int64_t i = 0; i < p.n - (p.is_singular ? 1 : 0); i++) {
        square += (theta[i] - target[i]) * (theta[i] - target[i]);
    }
    double allowed = allowed_distance(method, settings.learning_rate, p.soft);
    bool is_wrong = !(sqrt(square) <= allowed);
    if (method != SPN_METHOD_ADAM) {
        is_wrong = is_wrong || info.stop != SPN_STOP_CONVERGED;
    }
    if (knows_index) {
        is_wrong = is_wrong || info.negative_eigenvalues != 0 || (info.escapes > 0) != p.is_saddle;
    }
    const spn_point *point = spn_solver_point(solver);
    is_wrong = is_wrong || point->has != SPN_WANT_ALL ||
               memcmp(point->theta, theta, (size_t)p.n * sizeof *theta) != 0;
    if (is_wrong || getenv("SPN_TEST_VERBOSE") != NULL) {
        print_error("%-22s method %d: distance %.2g (allowed %.2g), %s, %lld iterations, %lld "
                    "evaluations, %lld Hessians, %lld escapes, |g| = %.2g\n",
                    p.name, method, sqrt(square), allowed, spn_stop_text(info.stop),
                    (long long)info.iterations, (long long)info.evaluations,
                    (long long)info.hessians, (long long)info.escapes, info.gradient_norm);
    }
    spn_solver_free(context, solver);
    return is_wrong ? 1 : 0;
}

static void test_every_problem_with_every_method(void **state)
{
    (void)state;
    spn_context *context = NULL;
    int64_t wrong = 0;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    for (int64_t i = 0; i < PROBLEMS; i++) {
        for (int method = 0; method < METHODS; method++) {
            wrong += run_problem(context, &problems[i], method);
        }
    }
    assert_int_equal(wrong, 0);
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_problem_with_every_method)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
