/* SPDX-License-Identifier: MIT */
/* Escape from the trivial phase from any small weights (T22): the blow-up of the leading flow against closed forms and
 * against that flow integrated in a plain twin, with and without a ridge; T22 against whole networks. */
#include "support.h"

#include <float.h>
#include <spinodal/data.h>
#include <spinodal/network.h>
#include <spinodal/numeric.h>
#include <spinodal/optimize.h>
#include <spinodal/theory.h>

enum { INPUTS = 3, OUTPUTS = 2, WIDTH = 4, DEPTH_MAX = 5, SIZE_MAX_THETA = 128 };
static const double sigma[OUTPUTS] = {0.9, 0.5};
static const double pi = 3.14159265358979323846;

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

static double blow_up(const spn_theory_origin *origin, const double *theta)
{
    double tau = 0;
    check_ok(context, spn_theory_blow_up(context, origin, theta, &tau));
    return tau;
}

/* A network 3-4-...-4-2 whose moments are the modes on their axes. */
typedef struct deep {
    int64_t depth, widths[DEPTH_MAX + 1], size;
    int64_t corner[DEPTH_MAX]; /* places in theta of entry (0, 0) of each layer */
    double yx[OUTPUTS * INPUTS], slope;
} deep;

static deep deep_of(int64_t depth, double slope)
{
    deep out = {.depth = depth, .slope = slope};
    for (int64_t l = 0; l <= depth; l++) {
        out.widths[l] = l == 0 ? INPUTS : l == depth ? OUTPUTS : WIDTH;
    }
    for (int64_t l = 1; l <= depth; l++) {
        out.corner[l - 1] = out.size;
        out.size += out.widths[l] * out.widths[l - 1];
    }
    for (int i = 0; i < OUTPUTS; i++) {
        out.yx[i * INPUTS + i] = sigma[i];
    }
    assert_true(out.size <= SIZE_MAX_THETA);
    return out;
}

static spn_theory_origin origin_of(const deep *net)
{
    return (spn_theory_origin){net->depth, net->widths, net->yx, net->slope};
}

static void randomize(const deep *net, uint64_t seed, double scale, double *theta)
{
    spn_random random = spn_random_stream(seed, SPN_PURPOSE_TEST, 0);
    for (int64_t i = 0; i < net->size; i++) {
        theta[i] = scale * spn_random_normal(&random);
    }
}

/* One mode in all layers: 1 / (2 (D - 2) a sigma u^(D-2)). The strong one is known at once; the weak one is followed
 * until the rest is known to 1e-8. A turn of the first axes of all layers by W -> Q W Q^T changes nothing. */
static void test_an_aligned_mode(void **state)
{
    (void)state;
    for (int64_t depth = 3; depth <= DEPTH_MAX; depth++) {
        deep net = deep_of(depth, 0.7);
        spn_theory_origin origin = origin_of(&net);
        for (int mode = 0; mode < 2; mode++) {
            for (int k = 1; k <= 4; k++) {
                double theta[SIZE_MAX_THETA] = {0}, scale = pow(10, -k), d = (double)depth;
                for (int64_t l = 0; l < depth; l++) {
                    theta[net.corner[l] + mode * (net.widths[l] + 1)] = scale;
                }
                double exact =
                    1 / (2 * (d - 2) * pow(0.7, d - 1) * sigma[mode] * pow(scale, d - 2));
                check_close(blow_up(&origin, theta), exact, mode == 0 ? 1e-12 : 3e-8, 0);
            }
        }
    }
}

/* A chain of single units. With u_2 = u_3 = sqrt(x^2 + c), x = u_1, tau_* is the integral of dx / (2 a sigma (x^2 + c)), also
 * from negative x: then the product falls to zero before it grows. Depth 4: of (x^2 + c)^(-3/2). */
static void test_unbalanced_chains(void **state)
{
    (void)state;
    const int64_t ones[5] = {1, 1, 1, 1, 1};
    const double pull = 1.3, speed = 2 * 1.3 * 0.8 * 0.8;
    spn_theory_origin three = {3, ones, &pull, 0.8}, four = {4, ones, &pull, 0.8};
    for (int k = 0; k < 12; k++) {
        double x = -0.35 + 0.1 * k, u = 0.4, c = u * u - x * x, root = sqrt(fabs(c));
        const double theta[4] = {x, u, u, u};
        if (fabs(c) < 1e-3 || (c < 0 && x < 0)) {
            continue;
        }
        double exact =
            c > 0 ? (pi / 2 - atan(x / root)) / root : log((x + root) / (x - root)) / (2 * root);
        check_close(blow_up(&three, theta), exact / speed, 1e-6, 0);
        exact = (1 - x / u) / c;
        check_close(blow_up(&four, theta), exact / (speed * 0.8), 1e-6, 0);
    }
    const double back[3] = {-0.5, -0.5, -0.5}; /* straight to zero */
    assert_true(isinf(blow_up(&three, back)));
}

static void test_what_never_grows(void **state)
{
    (void)state;
    deep net = deep_of(3, 1);
    spn_theory_origin origin = origin_of(&net);
    double theta[SIZE_MAX_THETA] = {0}, tau = 0;
    const double none[OUTPUTS * INPUTS] = {0};
    assert_true(isinf(blow_up(&origin, theta)));
    theta[net.corner[0]] = 0.3; /* a single layer is a saddle of everything */
    assert_true(isinf(blow_up(&origin, theta)));
    randomize(&net, 1, 0.1, theta);
    assert_true(isfinite(blow_up(&origin, theta)));
    origin.slope = 0;
    assert_true(isinf(blow_up(&origin, theta)));
    origin.slope = 1;
    origin.yx = none;
    assert_true(isinf(blow_up(&origin, theta)));
    origin = origin_of(&net);
    origin.depth = 2;
    assert_true(isnan(blow_up(&origin, theta)));
    origin.depth = 3;
    origin.slope = (double)NAN;
    check_fails(context, spn_theory_blow_up(context, &origin, theta, &tau), SPN_ERROR_ARGUMENT,
                "slope");
    assert_true(isnan(tau));
    origin.slope = 1;
    theta[2] = (double)INFINITY;
    check_fails(context, spn_theory_blow_up(context, &origin, theta, &tau), SPN_ERROR_ARGUMENT,
                "not finite");
    net.widths[1] = 0;
    check_fails(context, spn_theory_blow_up(context, &origin, theta, &tau), SPN_ERROR_ARGUMENT,
                "widths");
    /* t of tau */
    assert_true(isnan(spn_theory_escape_after(2, 0.1, 1)));
    check_close(spn_theory_escape_after(3, 0, 7), 7, 0, 0);
    check_close(spn_theory_escape_after(3, 1e-12, 7), 7, 1e-11, 0);
    check_close(spn_theory_escape_after(4, 0.1, 2), -log(0.2) / 0.4, 1e-14, 0);
    assert_true(isinf(spn_theory_escape_after(4, 0.1, 2.5)));
    assert_true(isinf(spn_theory_escape_after(4, 0.1, (double)INFINITY)));
    assert_true(isinf(spn_theory_escape_after(4, 0, (double)INFINITY)));
}

/* Plain twin of the leading flow as an objective: -2 a tr(M^T W_D ... W_1) + beta |theta|^2; the derivative by a weight
 * is the trace with that weight 1 and the rest of its layer 0. */
static double trace_of(const deep *net, const double *theta)
{
    double product[8 * 8] = {0}, next[8 * 8], sum = 0;
    for (int i = 0; i < INPUTS; i++) {
        product[i * 8 + i] = 1;
    }
    for (int64_t l = 1; l <= net->depth; l++) {
        for (int64_t i = 0; i < net->widths[l]; i++) {
            for (int64_t j = 0; j < INPUTS; j++) {
                next[i * 8 + j] = 0;
                for (int64_t k = 0; k < net->widths[l - 1]; k++) {
                    next[i * 8 + j] +=
                        theta[net->corner[l - 1] + i * net->widths[l - 1] + k] * product[k * 8 + j];
                }
            }
        }
        memcpy(product, next, sizeof product);
    }
    for (int i = 0; i < OUTPUTS; i++) {
        for (int j = 0; j < INPUTS; j++) {
            sum += net->yx[i * INPUTS + j] * product[i * 8 + j];
        }
    }
    return sum;
}

static spn_status twin_set(spn_context *of, spn_point *point, const spn_subset *subset,
                           unsigned wanted)
{
    (void)of, (void)subset, (void)wanted;
    const deep *net = point->objective->problem;
    double a = pow(net->slope, (double)net->depth - 1), changed[SIZE_MAX_THETA];
    point->value = -2 * a * trace_of(net, point->theta);
    for (int64_t l = 0; l < net->depth; l++) {
        int64_t first = net->corner[l], count = net->widths[l + 1] * net->widths[l];
        memcpy(changed, point->theta, (size_t)net->size * sizeof *changed);
        memset(changed + first, 0, (size_t)count * sizeof *changed);
        for (int64_t i = first; i < first + count; i++) {
            double x = point->theta[i];
            changed[i] = 1;
            point->gradient[i] = -2 * a * trace_of(net, changed) + 2 * point->parameter * x;
            point->value += point->parameter * x * x;
            changed[i] = 0;
        }
    }
    return SPN_OK;
}

static const spn_objective_operations twin_operations = {.size = sizeof(spn_objective_operations),
                                                         .set = twin_set};

/* The flow of the twin from random weights, until time stands still: t_* = -ln(1 - 2 (D-2) beta tau_*) / (2 (D-2) beta). Its
 * error of a step is 1e-10, and that of tau_* is said to be below 1e-6. */
static void test_random_starts_with_a_ridge(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        deep net = deep_of(3 + k % 2, 0.9);
        spn_theory_origin origin = origin_of(&net);
        spn_objective objective = {&twin_operations, &net, net.size, 1, 0};
        const spn_solver_settings settings = {.learning_rate = 1, .epsilon = 1, .batch = 1};
        double theta[SIZE_MAX_THETA];
        randomize(&net, 10 + (uint64_t)k, 0.3, theta);
        double tau = blow_up(&origin, theta), limit = 1 / (2 * ((double)net.depth - 2) * tau);
        for (int which = 0; which < 3; which++) {
            double beta = (double[]){0, 0.7, 1.05}[which] * limit;
            double exact = spn_theory_escape_after(net.depth, beta, tau);
            spn_stepper *stepper = NULL;
            check_ok(context, spn_stepper_create(context, SPN_PATH_FLOW, 1e-10, &settings,
                                                 &objective, &stepper));
            check_ok(context, spn_stepper_start(context, stepper, beta, theta));
            double end = which < 2 ? 2 * exact : 10 / beta;
            spn_stepper_view at = spn_stepper_look(stepper);
            while (!at.is_diverged && at.epoch < end) {
                check_ok(context, spn_stepper_step(context, stepper, end));
                at = spn_stepper_look(stepper);
            }
            if (which < 2) {
                assert_true(at.is_diverged);
                check_close(at.time, exact, 1e-6, 0);
            } else { /* beyond: it has gone, as e^(-2 beta t) = e^-20 in the end */
                assert_true(isinf(exact) && !at.is_diverged);
                assert_true(spn_norm(net.size, at.theta) < 1e-6);
            }
            spn_stepper_free(context, stepper);
        }
    }
}

/* A layer scaled or a mode turned: tau_* scales as the length to the power -(D-2), and rotations of the hidden layers
 * and of the data leave it. */
static void test_invariances(void **state)
{
    (void)state;
    deep net = deep_of(4, 1);
    spn_theory_origin origin = origin_of(&net);
    double theta[SIZE_MAX_THETA], other[SIZE_MAX_THETA];
    for (uint64_t seed = 0; seed < 10; seed++) {
        randomize(&net, seed, 0.1, theta);
        double tau = blow_up(&origin, theta);
        for (int64_t i = 0; i < net.size; i++) {
            other[i] = 1e-3 * theta[i];
        }
        check_close(blow_up(&origin, other), 1e6 * tau, 1e-7, 0);
        /* Turn the first two units of hidden layer 1. */
        memcpy(other, theta, sizeof other);
        const double cosine = 0.6, sine = 0.8;
        double *in = other, *out = other + net.corner[1];
        for (int j = 0; j < INPUTS; j++) {
            double a = in[j], b = in[INPUTS + j];
            in[j] = cosine * a - sine * b;
            in[INPUTS + j] = sine * a + cosine * b;
        }
        for (int i = 0; i < WIDTH; i++) {
            double a = out[i * WIDTH], b = out[i * WIDTH + 1];
            out[i * WIDTH] = cosine * a - sine * b;
            out[i * WIDTH + 1] = sine * a + cosine * b;
        }
        check_close(blow_up(&origin, other), tau, 1e-7, 0);
        /* No random start is faster than an aligned one of the same length. */
        double length = spn_norm(net.size, theta);
        double fastest = 1 / (4 * sigma[0] * length * length / 4);
        assert_true(tau > fastest);
    }
}

/* The time at which L of the flow falls below `level`. */
static double time_below(const spn_objective *ridge, double beta, const double *start, double level)
{
    spn_stepper *stepper = NULL;
    const spn_solver_settings settings = {.learning_rate = 1, .epsilon = 1, .batch = 1};
    double saved[2 * SIZE_MAX_THETA], low = 0, high = 0;
    check_ok(context, spn_stepper_create(context, SPN_PATH_FLOW, 1e-9, &settings, ridge, &stepper));
    check_ok(context, spn_stepper_start(context, stepper, beta, start));
    assert_true(spn_stepper_state_size(stepper) <= 2 * SIZE_MAX_THETA);
    while (spn_stepper_look(stepper).value >= level && high < 1e9) {
        spn_stepper_save(stepper, saved);
        low = high;
        check_ok(context, spn_stepper_step(context, stepper, 1e9));
        high = spn_stepper_look(stepper).time;
    }
    while (high - low > 1e-9 * high) {
        double middle = 0.5 * (low + high);
        check_ok(context, spn_stepper_restore(context, stepper, beta, saved));
        check_ok(context, spn_stepper_step(context, stepper, middle));
        *(spn_stepper_look(stepper).value >= level ? &low : &high) = middle;
    }
    spn_stepper_free(context, stepper);
    return high;
}

/* A network on white data from random weights u_0 times the same draw: what T22 leaves out is the approach to the
 * learned state, a time of order 1 beside one of order u_0^-(D-2). The relative difference falls as u_0^(D-2). */
static void test_networks(void **state)
{
    (void)state;
    const spn_data_settings settings = {.samples = 20,
                                        .inputs = INPUTS,
                                        .outputs = OUTPUTS,
                                        .correlations = {OUTPUTS, sigma},
                                        .moments = SPN_MOMENTS_EXACT,
                                        .seed = 1};
    spn_dataset *dataset = NULL;
    check_ok(context, spn_dataset_gaussian(context, &settings, &dataset));
    for (int64_t depth = 3; depth <= 4; depth++) {
        deep net = deep_of(depth, 1);
        spn_theory_origin origin = origin_of(&net);
        spn_network *network = NULL;
        spn_network_error *error = NULL;
        check_ok(context, spn_network_create(context, INPUTS, OUTPUTS, depth - 1, net.widths + 1,
                                             SPN_LINEAR, false, &network));
        check_ok(context,
                 spn_network_error_create(context, network, dataset, SPN_ERROR_MSE, &error));
        spn_objective ridge = spn_ridge(spn_network_error_objective(error));
        assert_int_equal(ridge.dimension, net.size);
        for (int share = 0; share <= 1; share++) {
            for (uint64_t seed = 0; seed < 2; seed++) {
                double x[3], y[3];
                for (int k = 0; k < 3; k++) {
                    double theta[SIZE_MAX_THETA], scale = pow(10, -2 - 0.5 * k);
                    randomize(&net, seed, scale, theta);
                    double tau = blow_up(&origin, theta);
                    double beta = 0.8 * share / (2 * ((double)depth - 2) * tau);
                    double predicted = spn_theory_escape_after(depth, beta, tau);
                    double measured = time_below(&ridge, beta, theta, OUTPUTS - 0.6);
                    x[k] = log(scale);
                    y[k] = log(fabs(measured / predicted - 1));
                }
                spn_line line = spn_fit_line(3, x, y, NULL);
                check_close(line.slope, (double)depth - 2, 0.1, 0);
            }
        }
        spn_network_error_free(context, error);
        spn_network_free(context, network);
    }
    spn_dataset_free(context, dataset);
}

static spn_status run_blow_up(spn_context *of, void *state)
{
    const deep *net = state;
    spn_theory_origin origin = origin_of(net);
    double theta[SIZE_MAX_THETA], tau = 0;
    randomize(net, 3, 0.1, theta);
    return spn_theory_blow_up(of, &origin, theta, &tau);
}

static void test_memory(void **state)
{
    (void)state;
    deep net = deep_of(3, 1);
    assert_true(support_fail_each_allocation(run_blow_up, &net) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_aligned_mode),  cmocka_unit_test(test_unbalanced_chains),
        cmocka_unit_test(test_what_never_grows), cmocka_unit_test(test_random_starts_with_a_ridge),
        cmocka_unit_test(test_invariances),      cmocka_unit_test(test_networks),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
