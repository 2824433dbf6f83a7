/* SPDX-License-Identifier: MIT */
/* Networks of several modes: T14 to T16 and the surrogate, against real small networks differentiated
 * numerically, against integrated gradient flow and against constructed moments. */
#include "support.h"

#include <float.h>
#include <spinodal/numeric.h>
#include <spinodal/theory.h>

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

/* A deep linear network with two modes on whitened inputs, 2-3-3-2: L = |W3 W2 W1 - S|^2 + beta |theta|^2
 * with S = diag(sigma), up to a constant. */
enum { IN = 2, HID = 3, P = HID * IN + HID * HID + IN * HID };

typedef struct linear_net {
    double sigma[IN], beta;
} linear_net;

static double linear_loss(const linear_net *net, const double *theta)
{
    const double *w1 = theta, *w2 = w1 + HID * IN, *w3 = w2 + HID * HID;
    double sum = net->beta * spn_dot(P, theta, theta);
    for (int column = 0; column < IN; column++) {
        double middle[HID] = {0};
        for (int i = 0; i < HID; i++) {
            for (int k = 0; k < HID; k++) {
                middle[i] += w2[i * HID + k] * w1[k * IN + column];
            }
        }
        for (int row = 0; row < IN; row++) {
            double out = spn_dot(HID, w3 + row * HID, middle);
            double miss = out - (row == column ? net->sigma[row] : 0);
            sum += miss * miss;
        }
    }
    return sum;
}

/* Mixed second differences: error h^2 times a fourth derivative (below 50 here) plus eps / h^2. */
static void numerical_hessian(int64_t n, double (*loss)(const void *, const double *),
                              const void *net, double *theta, double *h)
{
    const double step = 1e-4;
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = j; i < n; i++) {
            double sum = 0;
            for (int corner = 0; corner < 4; corner++) {
                double u = corner & 1 ? step : -step, v = corner & 2 ? step : -step;
                theta[i] += u;
                theta[j] += v;
                sum += (u * v > 0 ? 1 : -1) * loss(net, theta);
                theta[j] -= v;
                theta[i] -= u;
            }
            h[i + j * n] = sum / (4 * step * step);
        }
    }
}
static const double hessian_error = 1e-5;

static double linear_loss_of(const void *net, const double *theta)
{
    return linear_loss(net, theta);
}

/* Eigenvalues at the state with the modes of `active` on their upper root. */
static void eigenvalues_at(const linear_net *net, uint64_t active, double *w)
{
    double theta[P] = {0}, h[P * P], v[P * P];
    double *w1 = theta, *w2 = w1 + HID * IN, *w3 = w2 + HID * HID;
    for (int i = 0; i < IN; i++) {
        spn_theory_state mode;
        check_ok(context, spn_theory_state_at(context, 3, net->sigma[i], net->beta,
                                              SPN_THEORY_UPPER, &mode));
        double layer = active >> i & 1 ? cbrt(mode.strength) : 0;
        w1[i * IN + i] = w2[i * HID + i] = w3[i * HID + i] = layer;
    }
    numerical_hessian(P, linear_loss_of, net, theta, h);
    check_ok(context, spn_eigen_jacobi(context, P, h, w, v));
}

/* T15: which sets are minima, the eigenvalue that tells, and the number of exact zero modes. */
static void test_phases_are_minima(void **state)
{
    (void)state;
    const linear_net net = {{0.9, 0.5}, 0.15};
    const spn_theory_network network = {3, IN, net.sigma, 2};
    const int64_t hidden[2] = {HID, HID};
    for (uint64_t active = 0; active < 4; active++) {
        double w[P], least = 0;
        spn_theory_phase phase;
        int64_t zeros = 0, count = (int64_t)(active & 1) + (int64_t)(active >> 1);
        eigenvalues_at(&net, active, w);
        check_ok(context, spn_theory_phase_at(context, &network, active, net.beta, &phase));
        for (int64_t i = 0; i < P; i++) {
            zeros += fabs(w[i]) < hessian_error;
            least = fmin(least, w[i]);
        }
        assert_int_equal(phase.is_minimum, least > -hessian_error);
        assert_int_equal(phase.is_minimum, active != 2);
        assert_int_equal(spn_theory_zero_modes(3, count, hidden), zeros);
    }
    /* Weak mode active, strong one idle: 2 s_2^(1/3) (sigma_2 - sigma_1). */
    double w[P];
    spn_theory_state weak;
    eigenvalues_at(&net, 2, w);
    check_ok(context,
             spn_theory_state_at(context, 3, net.sigma[1], net.beta, SPN_THEORY_UPPER, &weak));
    check_close(w[0], 2 * cbrt(weak.strength) * (net.sigma[1] - net.sigma[0]), hessian_error, 1);
}

static void test_phase_sums(void **state)
{
    (void)state;
    const double sigma[3] = {0.9, 0.5, 0.2}, beta = 0.05;
    for (int64_t depth = 1; depth <= 5; depth++) {
        const spn_theory_network network = {depth, 3, sigma, 4};
        uint64_t active = depth == 1 ? 7 : 3;
        spn_theory_phase phase;
        check_ok(context, spn_theory_phase_at(context, &network, active, beta, &phase));
        double error = 4, norm = 0, chi = 0;
        for (int i = 0; i < 3; i++) {
            spn_theory_state mode;
            bool is_active = active >> i & 1;
            check_ok(context,
                     spn_theory_state_at(context, depth, sigma[i], beta,
                                         is_active ? SPN_THEORY_UPPER : SPN_THEORY_TRIVIAL, &mode));
            /* T11 once more, written as (s - sigma)^2 - sigma^2 = s^2 - 2 s sigma */
            error += mode.strength * mode.strength - 2 * mode.strength * sigma[i];
            norm += mode.norm_squared;
            chi += mode.susceptibility;
        }
        check_close(phase.error, error, 8 * DBL_EPSILON, 4);
        check_close(phase.loss, error + beta * norm, 8 * DBL_EPSILON, 4);
        check_close(phase.norm_squared, norm, 4 * DBL_EPSILON, 0);
        check_close(phase.susceptibility, chi, 4 * DBL_EPSILON, 0);
        assert_int_equal(phase.is_minimum, depth != 2); /* depth 2 also activates 0.2 > beta */
    }
}

static void test_windows(void **state)
{
    (void)state;
    const double sigma[3] = {0.9, 0.5, 0.5};
    double low = 0, high = 0;
    spn_theory_phase phase;
    spn_theory_network network = {3, 3, sigma, 4};
    check_ok(context, spn_theory_window(context, &network, 1, &low, &high));
    check_close(low, 0, 0, 0);
    check_close(high, 0.4105486347012045, 1e-15, 0);
    check_ok(context, spn_theory_window(context, &network, 7, &low, &high));
    check_close(high, 0.1875, 0, 0);
    check_ok(context, spn_theory_window(context, &network, 0, &low, &high));
    assert_true(low == 0 && isinf(high));
    check_ok(context,
             spn_theory_window(context, &network, 3, &low, &high)); /* equal sigma: a tie */
    check_close(high, 0.1875, 0, 0);
    check_ok(context, spn_theory_window(context, &network, 2, &low, &high));
    assert_true(isnan(low) && isnan(high));
    check_ok(context, spn_theory_phase_at(context, &network, 7, 0.2, &phase));
    assert_true(isnan(phase.loss) && !phase.is_minimum); /* beyond its spinodal */
    check_ok(context, spn_theory_phase_at(context, &network, 1, 0, &phase));
    assert_false(phase.is_minimum); /* without a ridge the idle modes are free to grow */
    check_ok(context, spn_theory_phase_at(context, &network, 7, 0, &phase));
    assert_true(phase.is_minimum);
    network.depth = 2;
    check_ok(context, spn_theory_window(context, &network, 1, &low, &high));
    assert_true(low == 0.5 && high == 0.9);
    check_ok(context, spn_theory_window(context, &network, 3, &low, &high));
    assert_true(isnan(low));
    check_ok(context, spn_theory_window(context, &network, 0, &low, &high));
    assert_true(low == 0.9 && isinf(high));
    check_ok(context, spn_theory_phase_at(context, &network, 1, 1.0, &phase));
    assert_true(isnan(phase.loss)); /* merged with the trivial state */
    network.depth = 1;
    check_ok(context, spn_theory_window(context, &network, 7, &low, &high));
    assert_true(low == 0 && isinf(high));
    check_ok(context, spn_theory_window(context, &network, 1, &low, &high));
    assert_true(isnan(high));
}

/* One mode's difference gives T13; several modes: equal L there, and order of the arguments is free. */
static void test_maxwell(void **state)
{
    (void)state;
    const double sigma[4] = {1.0, 0.9, 0.85, 0.5};
    for (int64_t depth = 3; depth <= 6; depth++) {
        const spn_theory_network network = {depth, 4, sigma, 5};
        spn_theory_mode mode;
        double beta = 0, other = 0;
        check_ok(context, spn_theory_mode_transition(context, depth, sigma[3], &mode));
        check_ok(context, spn_theory_maxwell(context, &network, 15, 7, &beta));
        check_close(beta, mode.maxwell_beta, 8 * (double)depth * DBL_EPSILON, 0);
        check_ok(context, spn_theory_maxwell(context, &network, 0, 7, &beta));
        check_ok(context, spn_theory_maxwell(context, &network, 7, 0, &other));
        check_close(beta, other, 4 * DBL_EPSILON, 0);
        spn_theory_phase a, b;
        check_ok(context, spn_theory_phase_at(context, &network, 0, beta, &a));
        check_ok(context, spn_theory_phase_at(context, &network, 7, beta, &b));
        check_close(a.loss, b.loss, 8 * DBL_EPSILON, 5);
        /* between the Maxwell points of its weakest and strongest mode */
        check_ok(context, spn_theory_mode_transition(context, depth, sigma[2], &mode));
        assert_true(beta > mode.maxwell_beta && beta < mode.spinodal_beta);
        /* the stronger of two single modes always has the lower L */
        check_ok(context, spn_theory_maxwell(context, &network, 1, 2, &beta));
        assert_true(isnan(beta));
        /* the weak mode ends before {1..4} is as high as nothing at all */
        check_ok(context, spn_theory_maxwell(context, &network, 1, 1, &beta));
        assert_true(isnan(beta));
    }
    const spn_theory_network flat = {2, 4, sigma, 5};
    double beta = 0;
    check_ok(context, spn_theory_maxwell(context, &flat, 0, 1, &beta));
    assert_true(isnan(beta));
}

/* tanh networks with scalar layers and biases on x = +-1, y = target_mean + pull x. */
typedef struct scalar_net {
    int64_t depth;
    double target_mean, pull, beta;
    bool biases;
} scalar_net;

static double scalar_loss(const void *problem, const double *theta)
{
    const scalar_net *net = problem;
    double sum = 0;
    for (int sign = -1; sign <= 1; sign += 2) {
        double value = sign;
        for (int64_t l = 0; l < net->depth; l++) {
            value = theta[l] * value + (net->biases ? theta[net->depth + l] : 0);
            value = l + 1 < net->depth ? tanh(value) : value;
        }
        double miss = value - net->target_mean - net->pull * sign;
        sum += 0.5 * miss * miss;
    }
    return sum + net->beta * spn_dot(net->depth * (net->biases ? 2 : 1), theta, theta);
}

static void test_trivial_eigenvalue(void **state)
{
    (void)state;
    const scalar_net nets[] = {
        {3, 0, 0.8, 0.2, false},  {3, 2.0, 0.8, 0.3, true}, {4, 1.5, 0.8, 0.3, true},
        {3, 0.5, 0.8, 0.3, true}, {2, 0, 0.8, 0.5, false},  {2, 0, 0.8, 0.9, true},
    };
    for (size_t k = 0; k < sizeof nets / sizeof nets[0]; k++) {
        const scalar_net *net = &nets[k];
        int64_t n = net->depth * (net->biases ? 2 : 1);
        double theta[8] = {0}, h[64], v[64], w[8];
        if (net->biases) {
            theta[n - 1] = net->target_mean / (1 + net->beta);
        }
        numerical_hessian(n, scalar_loss, net, theta, h);
        check_ok(context, spn_eigen_jacobi(context, n, h, w, v));
        double exact =
            spn_theory_trivial_eigenvalue(net->depth, 1, net->pull, net->target_mean, net->beta);
        check_close(exact, w[0], hessian_error, 1);
    }
    assert_true(spn_theory_trivial_eigenvalue(3, 1, 1, 2, 0.3) < 0); /* unstable: 2 > 1.3 */
    assert_true(spn_theory_trivial_eigenvalue(3, 0.5, 1, 2, 0.3) > 0);
    assert_true(isnan(spn_theory_trivial_eigenvalue(1, 1, 1, 0, 0.3)));
    assert_true(isnan(spn_theory_trivial_eigenvalue(2, 1, 1, 1, 0.3)));
}

/* Gradient flow of one layer's scale: du/dt = 2 (sigma - u^D) u^(D-1) - 2 beta u. */
static double flow(int64_t depth, double sigma, double beta, double u)
{
    double power = pow(u, (double)(depth - 1));
    return 2 * (sigma - power * u) * power - 2 * beta * u;
}

/* Time to `end` by fourth-order Runge-Kutta with steps of a thousandth of the current time scale; the
 * last step is cut by linear interpolation (relative error 1e-6). */
static double integrate(int64_t depth, double sigma, double beta, double u, double end)
{
    double time = 0;
    for (;;) {
        double k1 = flow(depth, sigma, beta, u), h = 1e-3 * u / k1;
        double k2 = flow(depth, sigma, beta, u + 0.5 * h * k1);
        double k3 = flow(depth, sigma, beta, u + 0.5 * h * k2);
        double next = u + h / 6 * (k1 + 2 * k2 + 2 * k3 + flow(depth, sigma, beta, u + h * k3));
        if (next >= end) {
            return time + h * (end - u) / (next - u);
        }
        time += h;
        u = next;
    }
}

static void test_escape_time(void **state)
{
    (void)state;
    const double sigma = 0.8, scale = 0.05;
    for (int64_t depth = 3; depth <= 5; depth++) {
        double drive = sigma * pow(scale, (double)(depth - 2));
        for (int k = 0; k < 3; k++) {
            double beta = 0.45 * k * drive;
            double end = pow(sigma / 2, 1 / (double)depth);
            double time = integrate(depth, sigma, beta, scale, end);
            /* Leading order in the scale: T16 adds the time beyond the end and leaves out the slowing
             * down before it; either share is at most (scale/end)^(D-2): 7 %, 0.4 %, 0.02 %. */
            double tolerance = pow(scale / end, (double)(depth - 2));
            check_close(spn_theory_escape_time(depth, sigma, beta, scale), time, tolerance, 0);
        }
        assert_true(isinf(spn_theory_escape_time(depth, sigma, drive, scale)));
        /* beta -> 0 joins smoothly */
        check_close(spn_theory_escape_time(depth, sigma, 1e-14 * drive, scale),
                    spn_theory_escape_time(depth, sigma, 0, scale), 1e-13, 0);
    }
    for (int k = 0; k < 3; k++) {
        double beta = 0.3 * k, half = sqrt((sigma - beta) / 2);
        double time = integrate(2, sigma, beta, scale, half);
        check_close(spn_theory_escape_time(2, sigma, beta, scale), time, 1e-5, 0);
    }
    assert_true(isinf(spn_theory_escape_time(2, sigma, sigma, scale)));
    assert_true(spn_theory_escape_time(2, sigma, 0.1, 2) == 0);
    assert_true(isnan(spn_theory_escape_time(1, sigma, 0.1, scale)));
}

/* x = A z, y = C w with white z, w and E[w z^T] = B of singular values 0.9 and 0.4: whatever A and C, the
 * canonical correlations are those; with C = I so are the modes. A has rank 3 of 4. */
enum { INPUTS = 4, RANK = 3, OUTPUTS = 2 };
typedef struct moments {
    double xx[INPUTS * INPUTS], yx[OUTPUTS * INPUTS], yy[OUTPUTS * OUTPUTS];
} moments;

static moments make_moments(bool mixes_outputs)
{
    moments m;
    double a[INPUTS * RANK], c[OUTPUTS * OUTPUTS] = {1, 0, 0, 1}, ca[OUTPUTS * RANK];
    const double cosine = 0.8,
                 sine = 0.6; /* B = diag(0.9, 0.4, 0) rotated in its first two inputs */
    const double b[OUTPUTS * RANK] = {0.9 * cosine, 0.9 * sine, 0, -0.4 * sine, 0.4 * cosine, 0};
    spn_random random = spn_random_stream(41, SPN_PURPOSE_TEST, 0);
    for (int i = 0; i < INPUTS * RANK; i++) {
        a[i] = spn_random_normal(&random);
    }
    for (int i = 0; mixes_outputs && i < OUTPUTS * OUTPUTS; i++) {
        c[i] = spn_random_normal(&random);
    }
    spn_multiply_transposed(INPUTS, INPUTS, RANK, 1, a, RANK, a, RANK, 0, m.xx, INPUTS);
    spn_multiply(OUTPUTS, RANK, OUTPUTS, 1, c, OUTPUTS, b, RANK, 0, ca, RANK);
    spn_multiply_transposed(OUTPUTS, INPUTS, RANK, 1, ca, RANK, a, RANK, 0, m.yx, INPUTS);
    spn_multiply_transposed(OUTPUTS, OUTPUTS, OUTPUTS, 1, c, OUTPUTS, c, OUTPUTS, 0, m.yy, OUTPUTS);
    return m;
}

static void test_surrogate(void **state)
{
    (void)state;
    moments m = make_moments(false);
    double sigma[OUTPUTS], raw = 0, direct[OUTPUTS], rho[OUTPUTS];
    int64_t rank = 0;
    const double tolerance = 1e-13; /* eps times the condition of the kept part of xx, about 100 */
    check_ok(context, spn_theory_modes(context, INPUTS, OUTPUTS, m.xx, m.yx, sigma, &raw, &rank));
    assert_int_equal(rank, RANK);
    check_close(sigma[0], 0.9, tolerance, 0);
    check_close(sigma[1], 0.4, tolerance, 0);
    check_ok(context, spn_singular_values(context, OUTPUTS, INPUTS, m.yx, direct, NULL, NULL));
    check_close(raw, direct[0], 0, 0);
    m = make_moments(true);
    check_ok(context,
             spn_theory_canonical_correlations(context, INPUTS, OUTPUTS, m.xx, m.yx, m.yy, rho));
    check_close(rho[0], 0.9, tolerance, 0);
    check_close(rho[1], 0.4, tolerance, 0);
    check_close(spn_theory_bottleneck_tradeoff(0.4), 6.25, 2 * DBL_EPSILON, 0);
    assert_true(isinf(spn_theory_bottleneck_tradeoff(0)));
}

/* Inputs that do not vary, a single input with two outputs, and moments that are none. */
static void test_surrogate_edges(void **state)
{
    (void)state;
    double xx[4] = {0}, yx[4] = {0}, sigma[2] = {7, 7}, raw = 7;
    int64_t rank = 7;
    check_ok(context, spn_theory_modes(context, 2, 2, xx, yx, sigma, &raw, &rank));
    assert_true(rank == 0 && sigma[0] == 0 && sigma[1] == 0 && raw == 0);
    xx[0] = 4;
    yx[0] = 6;
    yx[1] = 8;
    check_ok(context, spn_theory_modes(context, 1, 2, xx, yx, sigma, &raw, &rank));
    check_close(sigma[0], 5, 4 * DBL_EPSILON, 0);
    check_close(raw, 10, 4 * DBL_EPSILON, 0);
    xx[3] = -1;
    check_fails(context, spn_theory_modes(context, 2, 2, xx, yx, sigma, &raw, &rank),
                SPN_ERROR_ARGUMENT, "semidefinite");
    check_fails(context, spn_theory_modes(context, 0, 2, xx, yx, sigma, &raw, &rank),
                SPN_ERROR_ARGUMENT, "0 inputs");
    xx[3] = (double)NAN;
    check_fails(context, spn_theory_modes(context, 2, 2, xx, yx, sigma, &raw, &rank),
                SPN_ERROR_NUMERIC, "finite");
}

static spn_status surrogate_once(spn_context *other, void *state)
{
    const moments *m = state;
    double values[OUTPUTS], raw = 0;
    int64_t rank = 0;
    spn_status status = spn_theory_modes(other, INPUTS, OUTPUTS, m->xx, m->yx, values, &raw, &rank);
    return status != SPN_OK ? status
                            : spn_theory_canonical_correlations(other, INPUTS, OUTPUTS, m->xx,
                                                                m->yx, m->yy, values);
}

static void test_memory(void **state)
{
    (void)state;
    moments m = make_moments(true);
    assert_true(support_fail_each_allocation(surrogate_once, &m) > 10);
}

static void test_refusals(void **state)
{
    (void)state;
    const double rising[2] = {0.5, 0.9};
    spn_theory_network network = {3, 2, rising, 2};
    spn_theory_phase phase;
    double low = 0, high = 0;
    check_fails(context, spn_theory_phase_at(context, &network, 1, 0.1, &phase), SPN_ERROR_ARGUMENT,
                "largest first");
    network.modes = 1;
    check_fails(context, spn_theory_window(context, &network, 2, &low, &high), SPN_ERROR_ARGUMENT,
                "mode 1");
    check_fails(context, spn_theory_phase_at(context, &network, 1, -1, &phase), SPN_ERROR_ARGUMENT,
                "beta");
    network.modes = 65;
    check_fails(context, spn_theory_maxwell(context, &network, 1, 0, &low), SPN_ERROR_ARGUMENT,
                "65");
    assert_true(isnan(low));
}

/* T13 written out: where mode sigma leaves an upward sweep, and its strength there. */
static double leaves_at(int64_t depth, double sigma, double *strength)
{
    double d = (double)depth;
    *strength = sigma * (d - 2) / (2 * (d - 1));
    return sigma * d / (2 * (d - 1)) * pow(*strength, 1 - 2 / d);
}

/* K = 1 to 6 modes: K steps, at T13, each taking its mode's share of E and |theta|^2 with it. */
static void test_sweep_steps(void **state)
{
    (void)state;
    static const double sigma[6] = {0.9, 0.8, 0.65, 0.5, 0.3, 0.1};
    const double margin = 1e-9;
    for (int64_t depth = 2; depth <= 5; depth++) {
        for (int64_t modes = 1; modes <= 6; modes++) {
            const spn_theory_network network = {depth, modes, sigma, 6};
            for (int64_t i = 0; i < modes; i++) {
                uint64_t below = 0, above = 0;
                spn_theory_phase before, after;
                double s = 0, end = leaves_at(depth, sigma[i], &s), d = (double)depth;
                check_ok(context, spn_theory_sweep_phase(context, &network, end * (1 - margin),
                                                         &below, &before));
                check_ok(context, spn_theory_sweep_phase(context, &network, end * (1 + margin),
                                                         &above, &after));
                assert_int_equal(above, ((uint64_t)1 << i) - 1);
                assert_int_equal(below, ((uint64_t)2 << i) - 1);
                assert_true(before.is_minimum && after.is_minimum);
                /* The fold's root of 1e-9 off, times slopes below 3. */
                check_close(after.error - before.error,
                            sigma[i] * sigma[i] - (s - sigma[i]) * (s - sigma[i]), 1e-4, 1);
                check_close(before.norm_squared - after.norm_squared, s > 0 ? d * pow(s, 2 / d) : 0,
                            1e-4, 3);
            }
        }
    }
}

/* Between the steps the curve is smooth and dL/dbeta = |theta|^2 (T9); depth 1 has no step and is T12. */
static void test_sweep_curve(void **state)
{
    (void)state;
    static const double sigma[2] = {0.9, 0.5};
    for (int64_t depth = 1; depth <= 4; depth++) {
        const spn_theory_network network = {depth, 2, sigma, 2};
        spn_theory_phase last = {0};
        uint64_t active = 0, last_active = 3;
        const double step = 1e-4;
        for (int k = 0; k <= 10000; k++) {
            spn_theory_phase phase;
            double beta = step * k;
            check_ok(context, spn_theory_sweep_phase(context, &network, beta, &active, &phase));
            if (depth == 1) {
                double miss = beta / (1 + beta);
                check_close(phase.error, 2 + (miss * miss - 1) * (0.81 + 0.25), 1e-14, 0);
            }
            if (k > 0) {
                assert_true(phase.error >= last.error && phase.norm_squared <= last.norm_squared);
            }
            if (k > 0 && active == last_active) {
                /* The integral of a falling function lies between its ends, up to rounding. */
                double gain = (phase.loss - last.loss) / step, rounding = 1e-11;
                assert_true(gain <= last.norm_squared + rounding);
                assert_true(gain >= phase.norm_squared - rounding);
            }
            last = phase;
            last_active = active;
        }
        assert_int_equal(active, depth == 1 ? 3 : 0);
        check_close(last.error, depth == 1 ? last.error : 2, 1e-15, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_phases_are_minima),
        cmocka_unit_test(test_phase_sums),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_maxwell),
        cmocka_unit_test(test_sweep_steps),
        cmocka_unit_test(test_sweep_curve),
        cmocka_unit_test(test_trivial_eigenvalue),
        cmocka_unit_test(test_escape_time),
        cmocka_unit_test(test_surrogate),
        cmocka_unit_test(test_surrogate_edges),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
