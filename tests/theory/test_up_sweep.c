/* SPDX-License-Identifier: MIT */
/* Upward sweeps of deep linear networks on data of any covariance: against T12, T13 where modes decouple,
 * against the closed branch of a single output, and against real networks followed by Newton's method. */
#include "support.h"

#include <spinodal/data.h>
#include <spinodal/network.h>
#include <spinodal/numeric.h>
#include <spinodal/optimize.h>
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

static spn_theory_sweep sweep_of(const spn_theory_moments *moments, int64_t depth, int64_t width)
{
    spn_theory_sweep sweep;
    check_ok(context, spn_theory_up_sweep(context, moments, depth, width, &sweep));
    assert_true(sweep.is_complete);
    for (int64_t i = 0; i < sweep.count; i++) {
        const spn_theory_transition *t = &sweep.transitions[i];
        assert_int_equal(t->modes_before,
                         i > 0 ? sweep.transitions[i - 1].modes_after : sweep.modes);
        assert_true(t->modes_after < t->modes_before);
    }
    return sweep;
}

enum { INPUTS = 5, OUTPUTS = 4 };

/* Inputs of variances c_i, output i sees input i alone: L = sum c_i [(s - m_i / c_i)^2 + ...] + beta D s^(2/D), each
 * mode that of white data with sigma = m / c and beta / c. White: all c_i = 1. */
static void check_decoupled(const double *c, const double *m, int64_t depth)
{
    double xx[INPUTS * INPUTS] = {0}, yx[OUTPUTS * INPUTS] = {0};
    for (int i = 0; i < INPUTS; i++) {
        xx[i * (INPUTS + 1)] = c[i];
    }
    for (int i = 0; i < OUTPUTS; i++) {
        yx[i * (INPUTS + 1)] = m[i];
    }
    const spn_theory_moments moments = {INPUTS, OUTPUTS, xx, yx, 7};
    spn_theory_sweep sweep = sweep_of(&moments, depth, 6);
    assert_int_equal(sweep.input_rank, INPUTS);
    assert_int_equal(sweep.count, OUTPUTS);
    bool is_used[OUTPUTS] = {false};
    for (int64_t i = 0; i < OUTPUTS; i++) {
        const spn_theory_transition *t = &sweep.transitions[i];
        int next = -1;
        double least = (double)INFINITY, error = 7, norm = 0, after_error = 7, after_norm = 0;
        spn_theory_mode modes[OUTPUTS];
        for (int k = 0; k < OUTPUTS; k++) {
            check_ok(context, spn_theory_mode_transition(context, depth, m[k] / c[k], &modes[k]));
            if (!is_used[k] && c[k] * modes[k].spinodal_beta < least) {
                least = c[k] * modes[k].spinodal_beta;
                next = k;
            }
        }
        /* The fold is found to 1e-12 along the path: beta to its square, the strength to it. */
        check_close(t->spinodal_beta, least, 1e-12, 0);
        check_close(t->maxwell_beta, c[next] * modes[next].maxwell_beta, 1e-11, 0);
        assert_int_equal(t->order, depth == 2 ? 2 : 1);
        for (int k = 0; k < OUTPUTS; k++) {
            spn_theory_state state;
            check_ok(context, spn_theory_state_at(context, depth, m[k] / c[k], least / c[k],
                                                  SPN_THEORY_UPPER, &state));
            if (k == next) {
                double s = modes[k].spinodal_strength, d = (double)depth;
                state.error = (m[k] / c[k] - s) * (m[k] / c[k] - s);
                state.norm_squared = s > 0 ? d * pow(s, 2 / d) : 0;
            }
            double gain = is_used[k] ? 0 : c[k] * state.error - m[k] * m[k] / c[k];
            error += gain;
            norm += is_used[k] ? 0 : state.norm_squared;
            after_error += k == next ? 0 : gain;
            after_norm += is_used[k] || k == next ? 0 : state.norm_squared;
        }
        check_close(t->error_before, error, 1e-9, 0);
        check_close(t->norm_before, sqrt(norm), 1e-9, 0);
        check_close(t->error_after, after_error, 1e-11, 0);
        check_close(t->norm_after, sqrt(after_norm), 1e-11, 0.1);
        is_used[next] = true;
    }
}

static void test_decoupled_modes(void **state)
{
    (void)state;
    const double white[INPUTS] = {1, 1, 1, 1, 1}, sigma[OUTPUTS] = {0.9, 0.7, 0.5, 0.02};
    /* In the third the weaker mode of the fit (m^2 / c) outlives the stronger one (m^4 / c). */
    const double c[INPUTS] = {1, 4, 0.25, 30, 1e-3}, m[OUTPUTS] = {1, 1.5, 0.3, 3};
    const double close[OUTPUTS] = {0.7, 0.5001, 0.5, 0.3};
    for (int64_t depth = 2; depth <= 5; depth++) {
        check_decoupled(white, sigma, depth);
        check_decoupled(white, close, depth);
        check_decoupled(c, m, depth);
    }
}

/* Equal modes end together, each at its own T12 and T13; that they may be turned into each other, here by a
 * reflection of the outputs and of the inputs, changes nothing. Modes that are not quite equal end one after the other, or
 * together where they are closer than the path can tell; nothing is lost. */
static void check_equal(const double *sigma, const int *groups, int64_t depth)
{
    const double u[4] = {0.5, 0.5, -0.5, 0.5}, v[4] = {0.1, 0.7, 0.1, 0.7};
    double xx[16] = {0}, yx[16] = {0};
    for (int i = 0; i < 4; i++) {
        xx[5 * i] = 1;
        for (int j = 0; j < 4; j++) {
            for (int k = 0; k < 4; k++) {
                yx[4 * i + j] +=
                    ((i == k) - 2 * u[i] * u[k]) * sigma[k] * ((k == j) - 2 * v[k] * v[j]);
            }
        }
    }
    const spn_theory_moments moments = {4, 4, xx, yx, 4};
    spn_theory_sweep sweep = sweep_of(&moments, depth, 4);
    int64_t left = 4;
    for (int64_t i = 0; i < sweep.count; i++) {
        const spn_theory_transition *t = &sweep.transitions[i];
        spn_theory_mode mode;
        check_ok(context, spn_theory_mode_transition(context, depth, sigma[left - 1], &mode));
        left -= groups[i];
        assert_int_equal(t->modes_after, left);
        /* The singular values of the turned matrix are those to a few units of rounding. */
        check_close(t->spinodal_beta, mode.spinodal_beta, 1e-11, 0);
        check_close(t->maxwell_beta, mode.maxwell_beta, 1e-11, 0);
        double s = mode.spinodal_strength, sum = 0, error = 4;
        for (int64_t k = 0; k < left + groups[i]; k++) {
            spn_theory_state state;
            check_ok(context, spn_theory_state_at(context, depth, sigma[k], mode.spinodal_beta,
                                                  SPN_THEORY_UPPER, &state));
            sum += k < left ? state.norm_squared
                   : s > 0  ? (double)depth * pow(s, 2 / (double)depth)
                            : 0;
            error +=
                (k < left ? state.error : (sigma[k] - s) * (sigma[k] - s)) - sigma[k] * sigma[k];
        }
        /* Where the folds of equal modes meet, beta changes with the square of what each strength is off, and the path
         * is solved to 1e-12 of beta: strengths are right to 1e-6. */
        check_close(t->error_before, error, 1e-6, 0);
        check_close(t->norm_before, sqrt(sum), 1e-6, 1);
    }
    assert_int_equal(left, 0);
}

static void test_equal_modes(void **state)
{
    (void)state;
    const double pair[4] = {0.9, 0.7, 0.7, 0.3}, all[4] = {0.7, 0.7, 0.7, 0.7};
    const double two[4] = {0.9, 0.9, 0.5, 0.5};
    for (int64_t depth = 2; depth <= 5; depth++) {
        check_equal(pair, (const int[]){1, 2, 1}, depth);
        check_equal(all, (const int[]){4}, depth);
        check_equal(two, (const int[]){2, 2}, depth);
    }
    for (double gap = 1e-3; gap > 1e-16; gap /= 7) {
        double xx[4] = {1, 0, 0, 1}, yx[4] = {0.7 + gap, 0, 0, 0.7};
        for (int64_t depth = 2; depth <= 4; depth++) {
            const spn_theory_moments moments = {2, 2, xx, yx, 2};
            spn_theory_sweep sweep = sweep_of(&moments, depth, 2);
            spn_theory_mode mode;
            check_ok(context, spn_theory_mode_transition(context, depth, 0.7, &mode));
            check_close(sweep.transitions[0].spinodal_beta, mode.spinodal_beta, 1e-7, 0);
            check_ok(context, spn_theory_mode_transition(context, depth, 0.7 + gap, &mode));
            check_close(sweep.transitions[sweep.count - 1].spinodal_beta, mode.spinodal_beta, 1e-6,
                        0);
            assert_int_equal(sweep.transitions[sweep.count - 1].modes_after, 0);
        }
    }
}

/* A cross-covariance that is rounding of what it was summed from is none. */
static void test_no_mode(void **state)
{
    (void)state;
    const double xx[4] = {4e6, 0, 0, 1e6}, yx[4] = {3e-13, -2e-13, 1e-13, 2e-13};
    const spn_theory_moments moments = {2, 2, xx, yx, 2e-6};
    for (int64_t depth = 2; depth <= 4; depth++) {
        assert_int_equal(sweep_of(&moments, depth, 4).count, 0);
        assert_int_equal(sweep_of(&moments, depth, 4).modes, 0);
    }
}

/* T20 over 18 decades of units: x -> c x, y -> d y take theta by (d / c)^(1/D), E by d^2 and beta by the quotient of E and theta^2. */
static void test_decades(void **state)
{
    (void)state;
    const double xx[9] = {2, 0.3, 0.1, 0.3, 1, -0.2, 0.1, -0.2, 0.5};
    const double yx[6] = {1, 0.3, -0.2, 0.1, 0.4, 0.3};
    const spn_theory_moments plain = {3, 2, xx, yx, 3};
    for (int64_t depth = 2; depth <= 4; depth++) {
        const spn_theory_sweep sweep = sweep_of(&plain, depth, 3);
        assert_int_equal(sweep.count, 2);
        for (double c = 1e-9; c < 3e9; c *= 31.6) {
            const double d = depth == 3 ? 1 : 3 / c, power = 1 / (double)depth;
            double xx2[9], yx2[6];
            for (int i = 0; i < 9; i++) {
                xx2[i] = c * c * xx[i];
            }
            for (int i = 0; i < 6; i++) {
                yx2[i] = c * d * yx[i];
            }
            const spn_theory_moments moments = {3, 2, xx2, yx2, 3 * d * d};
            const spn_theory_sweep other = sweep_of(&moments, depth, 3);
            const double weight = pow(d / c, power), beta = d * d / (weight * weight);
            assert_int_equal(other.count, sweep.count);
            for (int64_t i = 0; i < sweep.count; i++) {
                const spn_theory_transition *t = &sweep.transitions[i], *o = &other.transitions[i];
                check_close(o->spinodal_beta, beta * t->spinodal_beta, 1e-11, 0);
                check_close(o->maxwell_beta, beta * t->maxwell_beta, 1e-11, 0);
                check_close(o->error_before, d * d * t->error_before, 1e-7, 0);
                check_close(o->norm_before, weight * t->norm_before, 1e-7, weight);
                assert_int_equal(o->modes_after, t->modes_after);
            }
        }
    }
}

/* One output: u = 1 and the branch is closed, s^2 = sum m_k^2 / (c_k + t)^2, beta = t s^(2 - 2/D); its largest
 * beta by golden sections in ln t. */
static double single_output_beta(int64_t n, const double *c, const double *m, int64_t depth,
                                 double log_t)
{
    double t = exp(log_t), square = 0;
    for (int64_t k = 0; k < n; k++) {
        square += m[k] * m[k] / ((c[k] + t) * (c[k] + t));
    }
    return t * pow(square, 1 - 1 / (double)depth);
}

static void test_single_output(void **state)
{
    (void)state;
    const double c[3] = {2, 0.5, 0.1}, m[3] = {0.5, -0.4, 0.2};
    /* The same in turned inputs: a reflection. */
    const double u[3] = {2 / 3.0, -1 / 3.0, 2 / 3.0};
    double xx[9] = {0}, yx[3] = {0}, mirror[9];
    for (int i = 0; i < 9; i++) {
        mirror[i] = (i % 4 == 0) - 2 * u[i / 3] * u[i % 3];
    }
    for (int i = 0; i < 9; i++) {
        for (int k = 0; k < 3; k++) {
            xx[i] += mirror[i / 3 * 3 + k] * c[k] * mirror[i % 3 * 3 + k];
            yx[i % 3] += i < 3 ? mirror[i * 3 + k] * m[k] : 0;
        }
    }
    const spn_theory_moments moments = {3, 1, xx, yx, 1};
    for (int64_t depth = 2; depth <= 5; depth++) {
        spn_theory_sweep sweep = sweep_of(&moments, depth, 2);
        assert_int_equal(sweep.count, 1);
        double low = -10, high = 10, ratio = 0.5 * (sqrt(5) - 1);
        for (int step = 0; step < 100; step++) {
            double left = high - ratio * (high - low), right = low + ratio * (high - low);
            bool is_left = single_output_beta(3, c, m, depth, left) >
                           single_output_beta(3, c, m, depth, right);
            *(is_left ? &high : &low) = is_left ? right : left;
        }
        double expected = depth == 2 ? spn_norm(3, m) /* t to infinity: sigma of the raw C_yx */
                                     : single_output_beta(3, c, m, depth, 0.5 * (low + high));
        check_close(sweep.transitions[0].spinodal_beta, expected, 1e-13, 0);
        check_close(sweep.transitions[0].error_after, 1, 1e-15, 0);
    }
}

enum { SAMPLES = 40 };

/* Correlated inputs, the last one repeating another when `repeats`. */
static spn_dataset *correlated_data(bool repeats)
{
    double rows[SAMPLES * (4 + 3)];
    spn_random random = spn_random_stream(7, SPN_PURPOSE_TEST, 0);
    for (int n = 0; n < SAMPLES; n++) {
        double *x = rows + n * 7, *y = x + 4, common = spn_random_normal(&random);
        for (int i = 0; i < 4; i++) {
            x[i] = (0.5 + 0.5 * i) * (spn_random_normal(&random) + 0.6 * common);
        }
        x[3] = repeats ? x[0] - x[1] : x[3];
        y[0] = 0.9 * x[0] + 0.3 * x[2] + 0.2 * spn_random_normal(&random);
        y[1] = 0.5 * x[1] - 0.2 * x[2] + 0.1 * spn_random_normal(&random);
        y[2] = 0.3 * x[2] + 0.3 * common + 0.2 * spn_random_normal(&random);
    }
    spn_dataset *data = NULL;
    check_ok(context, spn_dataset_from_rows(context, SAMPLES, 4, 3, rows, NULL, NULL, &data));
    return data;
}

typedef struct walker {
    spn_network *network;
    spn_network_error *error;
    spn_objective ridge;
    spn_solver *solver;
    double theta[64];
} walker;

static void open_walker(walker *w, const spn_dataset *data, int64_t depth, int64_t width)
{
    const int64_t hidden[3] = {width, width, width};
    const spn_solver_settings settings = {.method = SPN_METHOD_NEWTON,
                                          .tolerance = 1e-10,
                                          .max_iterations = 2000,
                                          .learning_rate = 1,
                                          .epsilon = 1e-8,
                                          .batch = 1,
                                          .history = 1,
                                          .trust_radius = 0.05,
                                          .trust_radius_max = 0.1};
    check_ok(context, spn_network_create(context, data->inputs, data->outputs, depth - 1, hidden,
                                         SPN_LINEAR, false, &w->network));
    check_ok(context,
             spn_network_error_create(context, w->network, data, SPN_ERROR_MSE, &w->error));
    w->ridge = spn_ridge(spn_network_error_objective(w->error));
    assert_true(w->ridge.dimension <= 64);
    check_ok(context, spn_solver_create(context, &settings, &w->ridge, &w->solver));
    spn_network_initialize(w->network, SPN_INIT_FAN_IN, 1, 2, 0, w->theta);
}

static void close_walker(walker *w)
{
    spn_solver_free(context, w->solver);
    spn_network_error_free(context, w->error);
    spn_network_free(context, w->network);
}

/* The network's minimum at beta, from where it is. */
static void walk(walker *w, double beta, double *error, double *norm)
{
    spn_solver_info info;
    check_ok(context, spn_solver_run(context, w->solver, beta, w->theta, &info));
    *error = spn_point_error(spn_solver_point(w->solver))->value;
    *norm = spn_norm(w->ridge.dimension, w->theta);
}

/* Up in beta: just below each predicted end the network is still there, just above it has left for where it
 * should. At a fold E and |theta| are off by sqrt(1e-6) times what a mode has, beyond it smoothly. */
static void check_network(const spn_dataset *data, int64_t depth, int64_t width)
{
    const double margin = 1e-6;
    double xx[16], yx[12], yy[9], beta = 1e-3, error = 0, norm = 0;
    walker w;
    check_ok(context, spn_dataset_moments(context, data, false, NULL, NULL, xx, yx, yy));
    const spn_theory_moments moments = {4, 3, xx, yx, yy[0] + yy[4] + yy[8]};
    spn_theory_sweep sweep = sweep_of(&moments, depth, width);
    assert_int_equal(sweep.count, width < 3 ? width : 3);
    open_walker(&w, data, depth, width);
    for (int64_t i = 0; i < sweep.count; i++) {
        const spn_theory_transition *t = &sweep.transitions[i];
        double end = t->spinodal_beta * (1 - margin);
        for (; beta < end; beta *= 1.1) {
            walk(&w, beta, &error, &norm);
        }
        for (double gap = 0.03; gap > margin; gap *= 0.3) {
            walk(&w, t->spinodal_beta * (1 - gap), &error, &norm);
        }
        walk(&w, end, &error, &norm);
        check_close(error, t->error_before, 5e-3, 0);
        check_close(norm, t->norm_before, 5e-3, 1);
        walk(&w, t->spinodal_beta * (1 + margin), &error, &norm);
        check_close(error, t->error_after, 1e-5, 0);
        check_close(norm, t->norm_after, 1e-5, 1);
        beta = t->spinodal_beta * 1.001;
    }
    close_walker(&w);
}

static void test_networks(void **state)
{
    (void)state;
    for (int repeats = 0; repeats < 2; repeats++) {
        spn_dataset *data = correlated_data(repeats == 1);
        for (int64_t depth = 2; depth <= 4; depth++) {
            check_network(data, depth, depth == 4 ? 2 : 3);
        }
        spn_dataset_free(context, data);
    }
}

/* Equal modes go together (T15); none, no transition; and what is refused. */
static void test_edges(void **state)
{
    (void)state;
    const double xx[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, zero[9] = {0};
    const double equal[6] = {0.5, 0, 0, 0, 0.5, 0};
    spn_theory_moments moments = {3, 2, xx, equal, 2};
    for (int64_t depth = 2; depth <= 4; depth++) {
        spn_theory_mode mode;
        check_ok(context, spn_theory_mode_transition(context, depth, 0.5, &mode));
        spn_theory_sweep sweep = sweep_of(&moments, depth, 2);
        assert_int_equal(sweep.count, 1);
        assert_int_equal(sweep.transitions[0].modes_before, 2);
        assert_int_equal(sweep.transitions[0].modes_after, 0);
        /* Two directions die at once: the square of what is then found to 1e-6. */
        check_close(sweep.transitions[0].spinodal_beta, mode.spinodal_beta, 1e-11, 0);
        check_close(sweep.transitions[0].maxwell_beta, mode.maxwell_beta, 1e-11, 0);
    }
    spn_theory_sweep sweep;
    check_fails(context, spn_theory_up_sweep(context, &moments, 1, 2, &sweep),
                SPN_ERROR_UNSUPPORTED, "no transition");
    check_fails(context, spn_theory_up_sweep(context, &moments, 3, 0, &sweep), SPN_ERROR_ARGUMENT,
                "width");
    moments.yx = zero;
    sweep = sweep_of(&moments, 3, 2);
    assert_int_equal(sweep.count, 0);
    moments.xx = zero;
    sweep = sweep_of(&moments, 3, 2);
    assert_int_equal(sweep.input_rank, 0);
    const double negative[9] = {1, 0, 0, 0, -1, 0, 0, 0, 1};
    moments.xx = negative;
    check_fails(context, spn_theory_up_sweep(context, &moments, 3, 2, &sweep), SPN_ERROR_ARGUMENT,
                "semidefinite");
    double many[17 * 17] = {0};
    for (int i = 0; i < 17; i++) {
        many[i * 18] = 1;
    }
    moments = (spn_theory_moments){17, 17, many, many, 17};
    check_fails(context, spn_theory_up_sweep(context, &moments, 3, 2, &sweep),
                SPN_ERROR_UNSUPPORTED, "17 modes");
}

/* Betas and |theta| follow the units of the data: x -> a x, y -> b y makes E b^2, s b / a. */
static void test_units(void **state)
{
    (void)state;
    const double xx[9] = {2, 0.7, 0.3, 0.7, 1, 0.2, 0.3, 0.2, 0.5};
    const double yx[6] = {0.9, 0.3, 0.2, -0.1, 0.5, 0.3}, a = 1e3, b = 1e-2;
    double scaled_xx[9], scaled_yx[6];
    for (int i = 0; i < 9; i++) {
        scaled_xx[i] = a * a * xx[i];
        scaled_yx[i % 6] = a * b * yx[i % 6];
    }
    const spn_theory_moments plain = {3, 2, xx, yx, 2},
                             scaled = {3, 2, scaled_xx, scaled_yx, 2 * b * b};
    for (int64_t depth = 2; depth <= 4; depth++) {
        spn_theory_sweep one = sweep_of(&plain, depth, 2), two = sweep_of(&scaled, depth, 2);
        double norm = pow(b / a, 1 / (double)depth), beta = b * b / (norm * norm);
        assert_int_equal(two.count, 2);
        for (int i = 0; i < 2; i++) {
            const spn_theory_transition *p = &one.transitions[i], *q = &two.transitions[i];
            check_close(q->spinodal_beta, beta * p->spinodal_beta, 1e-12, 0);
            check_close(q->maxwell_beta, beta * p->maxwell_beta, 1e-11, 0);
            check_close(q->error_before, b * b * p->error_before, 1e-9, 0);
            check_close(q->norm_before, norm * p->norm_before, 1e-9, 0);
        }
    }
}

/* Inputs of very different scale, each correlated with the one before; seed 3 creeps towards a fold that lies before
 * the beta it is asked for. */
static void random_moments(uint64_t seed, double *xx, double *yx, double *power)
{
    enum { N = 25, I = 5, K = 3 };
    double x[I][N], y[K][N];
    spn_random random = spn_random_stream(seed, SPN_PURPOSE_TEST, 0);
    for (int i = 0; i < I * N; i++) {
        x[i / N][i % N] = spn_random_normal(&random) * exp(0.4 * (i / N - 2));
    }
    for (int i = 0; i < K * N; i++) {
        y[i / N][i % N] = 0.5 * spn_random_normal(&random);
    }
    for (int n = 0; n < N; n++) {
        for (int k = 0; k < K; k++) {
            for (int j = 0; j < I; j++) {
                y[k][n] += (double)((k * 7 + j * 3 + (int)seed) % 5 - 2) * 0.2 * x[j][n];
            }
        }
        for (int j = 1; j < I; j++) {
            x[j][n] += 0.5 * x[j - 1][n];
        }
    }
    *power = 0;
    for (int j = 0; j < I; j++) {
        for (int i = 0; i < I; i++) {
            xx[j * I + i] = spn_dot(N, x[j], x[i]) / N;
        }
        for (int k = 0; k < K; k++) {
            yx[k * I + j] = spn_dot(N, y[k], x[j]) / N;
        }
    }
    for (int k = 0; k < K; k++) {
        *power += spn_dot(N, y[k], y[k]) / N;
    }
}

/* What must hold whatever the data: beta rises, E rises and |theta| falls at each step, L falls there at depth 3
 * and more and is continuous at depth 2, the last step ends at E_0. */
static void test_random_data(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 12; seed++) {
        for (int64_t depth = 2; depth <= 4; depth++) {
            double xx[25], yx[15], last = 0;
            spn_theory_moments moments = {5, 3, xx, yx, 0};
            random_moments(seed, xx, yx, &moments.target_power);
            spn_theory_sweep sweep = sweep_of(&moments, depth, 3);
            for (int64_t i = 0; i < sweep.count; i++) {
                const spn_theory_transition *t = &sweep.transitions[i];
                double gain = t->error_before - t->error_after +
                              t->spinodal_beta *
                                  (t->norm_before * t->norm_before - t->norm_after * t->norm_after);
                assert_true(t->spinodal_beta > last && t->maxwell_beta <= t->spinodal_beta);
                assert_true(depth == 2 ? fabs(gain) < 1e-12 : gain > 1e-6);
                assert_true(depth == 2 || t->error_after > t->error_before);
                assert_true(t->norm_after <= t->norm_before + 1e-12);
                last = t->spinodal_beta;
            }
            check_close(sweep.transitions[sweep.count - 1].error_after, moments.target_power, 1e-15,
                        0);
        }
    }
}

static spn_status sweep_operation(spn_context *failing, void *memory)
{
    spn_theory_sweep sweep;
    return spn_theory_up_sweep(failing, memory, 3, 2, &sweep);
}

static void test_memory(void **state)
{
    (void)state;
    const double xx[4] = {1, 0.2, 0.2, 1}, yx[4] = {0.9, 0, 0.1, 0.5};
    spn_theory_moments moments = {2, 2, xx, yx, 2};
    assert_true(support_fail_each_allocation(sweep_operation, &moments) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decoupled_modes), cmocka_unit_test(test_equal_modes),
        cmocka_unit_test(test_no_mode),         cmocka_unit_test(test_decades),
        cmocka_unit_test(test_single_output),   cmocka_unit_test(test_networks),
        cmocka_unit_test(test_edges),           cmocka_unit_test(test_units),
        cmocka_unit_test(test_random_data),     cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
