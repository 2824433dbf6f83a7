/* SPDX-License-Identifier: MIT */
/* R of networks and its rounding against the same in long double, from the weights on: one hidden layer, up to saturated
 * units and answers so certain that E is 1e-300. */
#include "support.h"

#include <float.h>
#include <spinodal/geometry.h>
#include <spinodal/network.h>

enum { SAMPLES = 20, INPUTS = 2, HIDDEN = 3, OUTPUTS_MAX = 3, WEIGHTS_MAX = HIDDEN * (INPUTS + 3) };

typedef struct exact {
    int64_t outputs, size;
    const double *theta;
    double x[SAMPLES][INPUTS], y[SAMPLES][OUTPUTS_MAX];
    bool is_classes;
    double largest; /* |f| */
    long double value, g[WEIGHTS_MAX], h[WEIGHTS_MAX][WEIGHTS_MAX];
} exact;

static int64_t weight(int64_t j, int64_t i)
{
    return j * INPUTS + i;
}

static int64_t outgoing(int64_t k, int64_t j)
{
    return HIDDEN * INPUTS + k * HIDDEN + j;
}

/* e, e' and e'' of one sample. */
static long double sample_error(const exact *e, const double *y, const long double *f,
                                long double *slope, long double bend[OUTPUTS_MAX][OUTPUTS_MAX])
{
    int64_t count = e->outputs;
    long double value = 0, share[OUTPUTS_MAX], top = count == 1 ? 0 : f[0];
    for (int64_t k = 0; k < count; k++) {
        top = f[k] > top ? f[k] : top;
    }
    for (int64_t k = 0; k < count; k++) {
        long double below = count == 1 ? expl(-top) : 0, others = below;
        for (int64_t j = 0; j < count; j++) {
            below += expl(f[j] - top);
            others += j != k ? expl(f[j] - top) : 0;
        }
        share[k] = expl(f[k] - top) / below;
        long double rest = others / below;
        /* y and 1 - y: targets are 0 or 1 */
        slope[k] = e->is_classes ? (y[k] > 0.5 ? -rest : share[k]) : 2 * (f[k] - (long double)y[k]);
        bend[k][k] = e->is_classes ? share[k] * rest : 2;
        if (!e->is_classes) {
            long double off = f[k] - (long double)y[k];
            value += off * off;
        } else if (y[k] > 0.5 || count == 1) {
            value += y[k] > 0.5 ? log1pl(others / expl(f[k] - top)) : log1pl(expl(f[k]));
        }
    }
    for (int64_t k = 0; k < count; k++) {
        for (int64_t j = 0; j < k; j++) {
            bend[k][j] = bend[j][k] = e->is_classes ? -share[k] * share[j] : 0;
        }
    }
    return value;
}

static void add_sample(exact *e, int64_t n)
{
    long double h[HIDDEN], first[HIDDEN], second[HIDDEN], f[OUTPUTS_MAX], slope[OUTPUTS_MAX];
    long double bend[OUTPUTS_MAX][OUTPUTS_MAX], jacobian[OUTPUTS_MAX][WEIGHTS_MAX] = {{0}};
    const double *x = e->x[n], *q = e->theta;
    for (int64_t j = 0; j < HIDDEN; j++) {
        long double a = 0;
        for (int64_t i = 0; i < INPUTS; i++) {
            a += (long double)q[weight(j, i)] * (long double)x[i];
        }
        h[j] = tanhl(a);
        first[j] = 1 / (coshl(a) * coshl(a));
        second[j] = -2 * h[j] * first[j];
    }
    for (int64_t k = 0; k < e->outputs; k++) {
        f[k] = 0;
        for (int64_t j = 0; j < HIDDEN; j++) {
            f[k] += (long double)q[outgoing(k, j)] * h[j];
            jacobian[k][outgoing(k, j)] = h[j];
            for (int64_t i = 0; i < INPUTS; i++) {
                jacobian[k][weight(j, i)] =
                    (long double)q[outgoing(k, j)] * first[j] * (long double)x[i];
            }
        }
    }
    e->value += sample_error(e, e->y[n], f, slope, bend) / SAMPLES;
    for (int64_t a = 0; a < e->size; a++) {
        for (int64_t k = 0; k < e->outputs; k++) {
            e->g[a] += slope[k] * jacobian[k][a] / SAMPLES;
            for (int64_t l = 0; l < e->outputs; l++) {
                for (int64_t b = 0; b < e->size; b++) {
                    e->h[a][b] += jacobian[k][a] * bend[k][l] * jacobian[l][b] / SAMPLES;
                }
            }
        }
    }
    for (int64_t k = 0; k < e->outputs; k++) {
        for (int64_t j = 0; j < HIDDEN; j++) {
            for (int64_t i = 0; i < INPUTS; i++) {
                int64_t a = weight(j, i), b = outgoing(k, j);
                long double mixed = slope[k] * first[j] * (long double)x[i] / SAMPLES;
                e->h[a][b] += mixed;
                e->h[b][a] += mixed;
                for (int64_t l = 0; l < INPUTS; l++) {
                    e->h[a][weight(j, l)] += slope[k] * (long double)q[b] * second[j] *
                                             (long double)x[i] * (long double)x[l] / SAMPLES;
                }
            }
        }
    }
}

/* T3, pairs first. */
static long double curvature_of(const exact *e)
{
    long double pairs = 0, before = 0, q = 1, along = 0, bent = 0;
    for (int64_t i = 0; i < e->size; i++) {
        long double product = 0;
        pairs += e->h[i][i] * before;
        before += e->h[i][i];
        q += e->g[i] * e->g[i];
        for (int64_t j = 0; j < e->size; j++) {
            pairs -= j < i ? e->h[i][j] * e->h[i][j] : 0;
            product += e->h[i][j] * e->g[j];
        }
        along += e->g[i] * product;
        bent += product * product;
    }
    return 2 * pairs / q - 2 * (before * along - bent) / (q * q);
}

static void draw(exact *e, uint64_t seed, double scale, double *theta)
{
    spn_random random = spn_random_stream(seed, SPN_PURPOSE_TEST, 77);
    e->size = HIDDEN * (INPUTS + e->outputs);
    e->theta = theta;
    for (int64_t i = 0; i < e->size; i++) {
        theta[i] = scale * spn_random_normal(&random);
    }
    for (int64_t n = 0; n < SAMPLES; n++) {
        for (int64_t i = 0; i < INPUTS; i++) {
            e->x[n][i] = spn_random_normal(&random);
        }
    }
    /* The targets are what the network says, so that a large scale makes it certain and right. */
    for (int64_t n = 0; n < SAMPLES; n++) {
        double f[OUTPUTS_MAX] = {0};
        int64_t best = 0;
        for (int64_t k = 0; k < e->outputs; k++) {
            for (int64_t j = 0; j < HIDDEN; j++) {
                double a = theta[weight(j, 0)] * e->x[n][0] + theta[weight(j, 1)] * e->x[n][1];
                f[k] += theta[outgoing(k, j)] * tanh(a);
            }
            best = f[k] > f[best] ? k : best;
        }
        for (int64_t k = 0; k < e->outputs; k++) {
            e->largest = fmax(e->largest, fabs(f[k]));
            double class = e->outputs == 1 ? f[0] > 0 : k == best;
            e->y[n][k] = e->is_classes ? class : f[k] + spn_random_normal(&random) / scale;
        }
    }
    for (int64_t n = 0; n < SAMPLES; n++) {
        add_sample(e, n);
    }
}

/* |R - R in long double| in units of the stated rounding. */
static double deviation(spn_context *context, const exact *e)
{
    spn_dataset *data = NULL;
    spn_network *network = NULL;
    spn_network_error *error = NULL;
    spn_point *point = NULL;
    spn_geometry_workspace *workspace = NULL;
    spn_geometry out, loss;
    const int64_t hidden = HIDDEN;
    double rows[SAMPLES * (INPUTS + OUTPUTS_MAX)];
    int64_t columns = INPUTS + e->outputs;
    for (int64_t n = 0; n < SAMPLES; n++) {
        memcpy(rows + n * columns, e->x[n], sizeof e->x[n]);
        memcpy(rows + n * columns + INPUTS, e->y[n], (size_t)e->outputs * sizeof *rows);
    }
    check_ok(context,
             spn_dataset_from_rows(context, SAMPLES, INPUTS, e->outputs, rows, NULL, NULL, &data));
    check_ok(context, spn_network_create(context, INPUTS, e->outputs, 1, &hidden, SPN_TANH, false,
                                         &network));
    check_ok(context, spn_network_error_create(
                          context, network, data,
                          e->is_classes ? SPN_ERROR_CROSS_ENTROPY : SPN_ERROR_MSE, &error));
    check_ok(context, spn_point_create(context, spn_network_error_objective(error), &point));
    check_ok(context, spn_geometry_workspace_create(context, e->size, &workspace));
    check_ok(context, spn_point_set(context, point, e->theta, 0, NULL, SPN_WANT_ALL));
    check_ok(context, spn_geometry_measure(context, workspace, point, 0, &out, &loss));
    /* E of classes is a sum of terms of one sign: relative, but for what the logits' own rounding, eps |f|, makes of exp. */
    if (e->is_classes && e->value > (long double)DBL_MIN) {
        check_close(out.value, (double)e->value, 400 * DBL_EPSILON * (1 - log(out.value)), 0);
    }
    double off = fabs((double)((long double)out.scalar_curvature - curvature_of(e)));
    spn_geometry_workspace_free(context, workspace);
    spn_point_free(context, point);
    spn_network_error_free(context, error);
    spn_network_free(context, network);
    spn_dataset_free(context, data);
    return off <= (double)LDBL_MIN ? 0 : off / out.scalar_curvature_rounding;
}

/* What is stated holds for slopes and curvatures right to eps. f, a sum of three rounded products, is off by up to 2 eps |f|. Of
 * classes, at any scale, p and 1 - p are off by that part of themselves; the slopes of a squared error, 2 (f - y), by
 * |f| / |f - y| eps. R, of second order in H and through q = 1 + |g|^2, is off by twice that: by half of |f|, or of
 * |f| / |f - y|, times what is stated. */
static void the_rounding_covers_networks(void **state)
{
    (void)state;
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    const double scales[] = {0.3, 1, 2, 4, 7, 10, 14};
    for (int kind = 0; kind < 4; kind++) {
        for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
            for (uint64_t seed = 1; seed <= 40; seed++) {
                double theta[WEIGHTS_MAX];
                exact e = {.outputs = kind % 2 == 0 ? 1 : 3, .is_classes = kind > 1};
                draw(&e, seed, scales[i], theta);
                double off = deviation(context, &e);
                double size = e.is_classes ? 1 : sqrt((double)e.value);
                double allowed = 1 + e.largest / (2 * size);
                if (!(off <= allowed)) {
                    fail_msg(
                        "case %d, scale %g, seed %d, E = %Lg: R is off by %g times its rounding",
                        kind, scales[i], (int)seed, e.value, off);
                }
            }
        }
    }
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_rounding_covers_networks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
