/* SPDX-License-Identifier: MIT */
/* Losses whose regulariser spares the biases (T24): derivatives, the trivial point, symmetric directions, scales, and ridge
 * regression with a free intercept in closed form. */
#include "network_case.h"

#include <float.h>
#include <spinodal/geometry.h>
#include <spinodal/optimize.h>
#include <string.h>

static const case_shape shapes[] = {
    {40, 3, 2, 2, {4, 3}, SPN_TANH, true, SPN_ERROR_MSE},
    {40, 3, 2, 1, {4}, SPN_SIGMOID, true, SPN_ERROR_MSE_MEAN},
    {40, 3, 3, 2, {4, 3}, SPN_SOFTPLUS, true, SPN_ERROR_CROSS_ENTROPY},
    {40, 3, 1, 1, {4}, SPN_GELU, true, SPN_ERROR_CROSS_ENTROPY},
    {40, 3, 2, 3, {4, 3, 4}, SPN_LINEAR, true, SPN_ERROR_MSE},
    {40, 3, 3, 1, {4}, SPN_LINEAR, true, SPN_ERROR_CROSS_ENTROPY},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

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

/* A problem and its loss. */
typedef struct loss_case {
    network_case made;
    spn_regularised regularised;
    spn_objective loss;
} loss_case;

static void free_biases(loss_case *c)
{
    check_ok(context, spn_network_error_regularise(context, c->made.error, SPN_REGULARISE_WEIGHTS,
                                                   &c->regularised.regulariser));
    c->regularised.error = c->made.objective;
    c->loss = spn_regularise(&c->regularised);
}

static void open_case(loss_case *c, const case_shape *shape, uint64_t seed)
{
    c->made = case_create(context, shape, seed);
    free_biases(c);
}

/* A network on data that it takes over. */
static void open_on(loss_case *c, spn_dataset *data, int64_t hidden_count, const int64_t *hidden,
                    spn_activation activation, spn_error_kind kind)
{
    *c = (loss_case){.made = {.context = context, .data = data}};
    check_ok(context, spn_network_create(context, data->inputs, data->outputs, hidden_count, hidden,
                                         activation, true, &c->made.network));
    check_ok(context,
             spn_network_error_create(context, c->made.network, data, kind, &c->made.error));
    c->made.objective = spn_network_error_objective(c->made.error);
    c->made.size = spn_network_parameters(c->made.network);
    check_ok(context, spn_point_create(context, c->made.objective, &c->made.point));
    c->made.theta = case_vector(c->made.size);
    free_biases(c);
}

/* The same network on moved data. */
static void open_moved(loss_case *c, const case_shape *shape, uint64_t seed, double dx, double dy)
{
    spn_dataset *plain = case_data(context, shape, seed);
    int64_t columns = shape->inputs + shape->outputs;
    double *rows = case_vector(shape->samples * columns);
    spn_dataset *data = NULL;
    for (int64_t n = 0; n < shape->samples; n++) {
        for (int64_t i = 0; i < shape->inputs; i++) {
            rows[n * columns + i] = plain->x[i * plain->stride + n] + dx;
        }
        for (int64_t k = 0; k < shape->outputs; k++) {
            rows[n * columns + shape->inputs + k] = plain->y[k * plain->stride + n] + dy;
        }
    }
    check_ok(context, spn_dataset_from_rows(context, shape->samples, shape->inputs, shape->outputs,
                                            rows, NULL, NULL, &data));
    open_on(c, data, shape->hidden_count, shape->hidden, shape->activation, shape->kind);
    case_fill(c->made.size, 0.6, seed + 1000, c->made.theta);
    free(rows);
    spn_dataset_free(context, plain);
}

static void derivatives_and_weights(void **state)
{
    (void)state;
    for (int k = 0; k < SHAPES; k++) {
        loss_case c;
        spn_check_report report;
        int64_t entries = 0;
        double n = 0;
        open_case(&c, &shapes[k], 3);
        check_ok(context, spn_objective_check(context, &c.loss, c.made.theta, 0.3, 1, &report));
        assert_true(report.is_passed);
        const spn_layout_entry *layout = spn_network_layout(c.made.network, &entries);
        for (int64_t e = 0; e < entries; e++) {
            const double *w = c.made.theta + layout[e].offset;
            int64_t size = layout[e].rows * layout[e].columns;
            n += layout[e].is_bias ? 0 : spn_dot(size, w, w);
        }
        check_close(spn_objective_order(&c.loss, c.made.theta), n, 1e-14, 0);
        case_free(&c.made);
    }
}

/* Stationary at any beta, whatever phi(0); mse: the outputs are the targets' means; the nearest one keeps hidden biases
 * and what all logits have in common. */
static void trivial_point(void **state)
{
    (void)state;
    for (int k = 0; k < SHAPES; k++) {
        loss_case c;
        spn_point *point = NULL;
        spn_labels labels;
        open_case(&c, &shapes[k], 4);
        int64_t n = c.made.size, outputs = shapes[k].outputs, samples = shapes[k].samples;
        double *theta = case_vector(n), *near = case_vector(n), *f = case_vector(outputs * 64);
        check_ok(context, spn_point_create(context, &c.loss, &point));
        for (int b = 0; b < 3; b++) {
            double beta = 0.7 * b;
            check_ok(context, spn_objective_trivial(context, &c.loss, beta, theta));
            check_ok(context,
                     spn_objective_trivial_near(context, &c.loss, beta, c.made.theta, near));
            for (int which = 0; which < 2; which++) {
                const double *at = which == 0 ? theta : near;
                check_ok(context, spn_point_set(context, point, at, beta, NULL, SPN_WANT_ALL));
                /* Sums over 40 samples of numbers of order 1. */
                check_close(spn_norm(n, point->gradient), 0, 1e-14, 1);
                check_close(point->parameter_value, 0, 0, 0);
                check_ok(context, spn_point_labels(context, point, &labels));
                assert_int_equal(labels.is_trivial, 1);
                assert_int_equal(labels.active_modes, 0);
            }
            /* No other trivial point is nearer: the way is orthogonal to what is free. */
            double *z = case_vector(spn_objective_orbit_capacity(&c.loss) * n);
            int64_t rank = 0, units = 0;
            check_ok(context, spn_objective_orbit(context, &c.loss, theta, z, &rank));
            for (int64_t l = 0; l < shapes[k].hidden_count; l++) {
                units += shapes[k].hidden[l];
            }
            bool has_logits = shapes[k].kind == SPN_ERROR_CROSS_ENTROPY && outputs > 1;
            assert_int_equal(rank, units + (has_logits ? 1 : 0));
            for (int64_t j = 0; j < rank; j++) {
                double way = 0;
                for (int64_t i = 0; i < n; i++) {
                    way += z[j * n + i] * (c.made.theta[i] - near[i]);
                }
                check_close(way, 0, 1e-14, 1);
            }
            free(z);
        }
        if (shapes[k].kind != SPN_ERROR_CROSS_ENTROPY) {
            check_ok(context, spn_network_predict(context, c.made.network, c.made.data, theta, f));
            for (int64_t q = 0; q < outputs; q++) {
                double mean = 0;
                for (int64_t s = 0; s < samples; s++) {
                    mean += c.made.data->y[q * c.made.data->stride + s] / (double)samples;
                }
                check_close(f[q * c.made.data->stride], mean, 1e-14, 1);
            }
        }
        spn_point_free(context, point);
        free(theta);
        free(near);
        free(f);
        case_free(&c.made);
    }
}

/* The directions are tangent to the level sets of E and of n, anywhere; at the trivial point and at a minimum they are all zero
 * modes that there are. */
static void symmetric_directions(void **state)
{
    (void)state;
    for (int k = 0; k < SHAPES; k++) {
        loss_case c;
        int64_t rank = 0;
        open_case(&c, &shapes[k], 5);
        int64_t n = c.made.size, capacity = spn_objective_orbit_capacity(&c.loss);
        double *z = case_vector(capacity * n), *hz = case_vector(capacity * n),
               *gradient = case_vector(n);
        case_set(&c.made, c.made.theta);
        check_ok(context, spn_objective_orbit(context, &c.loss, c.made.theta, z, &rank));
        spn_objective_order_gradient(&c.loss, c.made.theta, gradient);
        assert_true((rank > 0) ==
                    (shapes[k].activation == SPN_LINEAR ||
                     (shapes[k].kind == SPN_ERROR_CROSS_ENTROPY && shapes[k].outputs > 1)));
        for (int64_t j = 0; j < rank; j++) {
            check_close(spn_dot(n, z + j * n, c.made.point->gradient), 0, 1e-14,
                        spn_norm(n, c.made.point->gradient));
            check_close(spn_dot(n, z + j * n, gradient), 0, 1e-14, spn_norm(n, gradient));
        }
        spn_point *point = NULL;
        spn_geometry_workspace *workspace = NULL;
        spn_geometry loss;
        const double beta = 0.7;
        check_ok(context, spn_point_create(context, &c.loss, &point));
        check_ok(context, spn_geometry_workspace_create(context, n, &workspace));
        double *trivial = case_vector(n);
        check_ok(context,
                 spn_objective_trivial_near(context, &c.loss, beta, c.made.theta, trivial));
        check_ok(context, spn_point_set(context, point, trivial, beta, NULL, SPN_WANT_ALL));
        check_ok(context,
                 spn_geometry_measure(context, workspace, point, SPN_GEOMETRY_SWEEP, NULL, &loss));
        check_ok(context, spn_objective_orbit(context, &c.loss, trivial, z, &rank));
        free(trivial);
        check_ok(context, spn_point_hvp(context, point, SPN_PART_FULL, rank, z, hz));
        assert_int_equal(loss.stationary, 1);
        assert_int_equal(loss.zero_eigenvalues, rank);
        for (int64_t j = 0; j < rank; j++) {
            check_close(spn_norm(n, hz + j * n), 0, 1e-14, loss.eigenvalue_max);
        }
        spn_geometry_workspace_free(context, workspace);
        spn_point_free(context, point);
        free(z);
        free(hz);
        free(gradient);
        case_free(&c.made);
    }
}

/* White inputs and one pair of equal modes, moved: with free biases the data still turn, which for the ridge they do not.
 * Tangent to E and n, and as many as about the mean. */
static void moved_data_turn(void **state)
{
    (void)state;
    static const double sigma[2] = {0.7, 0.7};
    const spn_data_settings settings = {.kind = SPN_DATA_GAUSSIAN,
                                        .samples = 60,
                                        .inputs = 4,
                                        .outputs = 3,
                                        .correlations = {2, sigma},
                                        .moments = SPN_MOMENTS_EXACT,
                                        .seed = 1};
    for (int64_t depth = 1; depth <= 3; depth++) {
        int64_t ranks[2] = {0}, hidden[2] = {4, 5};
        for (int moved = 0; moved < 2; moved++) {
            loss_case c;
            spn_dataset *plain = NULL, *data = NULL;
            double rows[60 * 7];
            check_ok(context, spn_dataset_gaussian(context, &settings, &plain));
            for (int64_t n = 0; n < 60; n++) {
                for (int64_t i = 0; i < 7; i++) {
                    const double *column =
                        i < 4 ? plain->x + i * plain->stride : plain->y + (i - 4) * plain->stride;
                    rows[n * 7 + i] = column[n] + (moved ? 0.3 * (double)(i + 1) : 0);
                }
            }
            check_ok(context, spn_dataset_from_rows(context, 60, 4, 3, rows, NULL, NULL, &data));
            open_on(&c, data, depth - 1, hidden, SPN_LINEAR, SPN_ERROR_MSE);
            case_fill(c.made.size, 0.6, 9, c.made.theta);
            int64_t n = c.made.size, capacity = spn_objective_orbit_capacity(&c.loss);
            double *z = case_vector(capacity * n), *gradient = case_vector(n);
            case_set(&c.made, c.made.theta);
            check_ok(context,
                     spn_objective_orbit(context, &c.loss, c.made.theta, z, &ranks[moved]));
            spn_objective_order_gradient(&c.loss, c.made.theta, gradient);
            for (int64_t j = 0; j < ranks[moved]; j++) {
                /* The sample's moments are exact to 1e-14. */
                check_close(spn_dot(n, z + j * n, c.made.point->gradient), 0, 1e-12,
                            spn_norm(n, c.made.point->gradient));
                check_close(spn_dot(n, z + j * n, gradient), 0, 1e-13, spn_norm(n, gradient));
            }
            free(z);
            free(gradient);
            case_free(&c.made);
            spn_dataset_free(context, plain);
        }
        /* A turn of the equal pair, and of two inputs that correlate with nothing. */
        assert_true(ranks[0] >= 2);
        assert_int_equal(ranks[1], ranks[0]);
    }
}

/* Settling changes neither the outputs nor n, and makes one of copies that differ by shifts. */
static void settling(void **state)
{
    (void)state;
    for (int k = 0; k < SHAPES; k++) {
        loss_case c;
        open_moved(&c, &shapes[k], 6, shapes[k].kind == SPN_ERROR_CROSS_ENTROPY ? 0 : 3, 0);
        int64_t n = c.made.size;
        double *other = case_vector(n), *z = case_vector(spn_objective_orbit_capacity(&c.loss) * n);
        double *settled = case_vector(n);
        const spn_layout_entry *layout = spn_network_layout(c.made.network, &(int64_t){0});
        /* The first hidden unit idle. */
        int64_t width = shapes[k].hidden[0], inputs = shapes[k].inputs;
        memset(c.made.theta, 0, (size_t)inputs * sizeof(double));
        for (int64_t p = 0; p < layout[2].rows; p++) {
            c.made.theta[layout[2].offset + p * width] = 0;
        }
        memcpy(settled, c.made.theta, (size_t)n * sizeof(double));
        memcpy(other, c.made.theta, (size_t)n * sizeof(double));
        other[layout[1].offset] += 0.37;
        if (shapes[k].kind == SPN_ERROR_CROSS_ENTROPY && shapes[k].outputs > 1) {
            for (int64_t q = 1; q <= shapes[k].outputs; q++) {
                other[n - q] += 1.5;
            }
        }
        spn_objective_settle(&c.loss, settled);
        case_set(&c.made, c.made.theta);
        double value = c.made.point->value;
        spn_objective_settle(&c.loss, other);
        case_set(&c.made, other);
        check_close(c.made.point->value, value, 1e-13, 0);
        check_close(spn_objective_order(&c.loss, other), spn_objective_order(&c.loss, settled), 0,
                    0);
        for (int64_t i = 0; i < n; i++) {
            check_close(other[i], settled[i], 1e-14, 1);
        }
        free(other);
        free(settled);
        free(z);
        case_free(&c.made);
    }
}

/* Constants added to inputs and targets go into the biases alone: E, n and the natural scales stay. And y -> c y. */
static void moved_data_change_biases_only(void **state)
{
    (void)state;
    const double dx = 3, dy = -20;
    for (int k = 0; k < SHAPES; k++) {
        bool is_mse = shapes[k].kind != SPN_ERROR_CROSS_ENTROPY;
        loss_case plain, moved;
        int64_t entries = 0;
        open_case(&plain, &shapes[k], 7);
        open_moved(&moved, &shapes[k], 7, dx, is_mse ? dy : 0);
        const spn_layout_entry *layout = spn_network_layout(plain.made.network, &entries);
        double *theta = moved.made.theta;
        memcpy(theta, plain.made.theta, (size_t)plain.made.size * sizeof *theta);
        for (int64_t a = 0; a < layout[0].rows; a++) {
            for (int64_t i = 0; i < layout[0].columns; i++) {
                theta[layout[1].offset + a] -=
                    dx * theta[layout[0].offset + a * layout[0].columns + i];
            }
        }
        for (int64_t q = 1; is_mse && q <= shapes[k].outputs; q++) {
            theta[plain.made.size - q] += dy;
        }
        case_set(&plain.made, plain.made.theta);
        case_set(&moved.made, theta);
        /* Rounding of outputs of size 20. */
        check_close(moved.made.point->value, plain.made.point->value, 1e-12, 1);
        check_close(spn_objective_order(&moved.loss, theta),
                    spn_objective_order(&plain.loss, plain.made.theta), 0, 0);
        const spn_scales a = spn_objective_scales(&plain.loss);
        const spn_scales b = spn_objective_scales(&moved.loss);
        assert_true(a.weight == b.weight && a.value == b.value && a.parameter == b.parameter);
        case_free(&plain.made);
        case_free(&moved.made);
    }
}

/* One input of mean m and variance v, K targets of means y and variances s, covariances c with the input. */
enum { LINE = 30, TARGETS = 2 };
typedef struct line_data {
    double rows[LINE * (1 + TARGETS)];
    double m, v, y[TARGETS], s[TARGETS], c[TARGETS];
} line_data;

static void draw_line(line_data *d)
{
    *d = (line_data){.m = 0};
    case_fill(LINE * (1 + TARGETS), 1, 11, d->rows);
    for (int n = 0; n < LINE; n++) {
        double *row = d->rows + n * (1 + TARGETS);
        row[1] = 0.8 * row[0] + 0.5 * row[1] + 40;
        row[2] = -0.3 * row[0] + row[2] - 7;
        row[0] += 2.5;
        d->m += row[0] / LINE;
        d->y[0] += row[1] / LINE;
        d->y[1] += row[2] / LINE;
    }
    for (int n = 0; n < LINE; n++) {
        const double *row = d->rows + n * (1 + TARGETS);
        d->v += (row[0] - d->m) * (row[0] - d->m) / LINE;
        for (int k = 0; k < TARGETS; k++) {
            d->c[k] += (row[0] - d->m) * (row[1 + k] - d->y[k]) / LINE;
            d->s[k] += (row[1 + k] - d->y[k]) * (row[1 + k] - d->y[k]) / LINE;
        }
    }
}

/* Without a hidden layer:
 *   W_k = c_k / (v + beta), b_k = y_k - W_k m, E = sum_k s_k - c_k^2 (v + 2 beta) / (v + beta)^2,
 *   n = sum W_k^2, chi = -dn/dbeta = 2 sum c_k^2 / (v + beta)^3,
 * and the Hessian is K copies of 2 [[v + m^2 + beta, m], [m, 1]]: no eigenvalue of E's [[v + m^2, m], [m, 1]] moved by
 * 2 beta. */
static void free_intercept(void **state)
{
    (void)state;
    line_data d;
    loss_case l;
    spn_dataset *data = NULL;
    draw_line(&d);
    check_ok(context, spn_dataset_from_rows(context, LINE, 1, TARGETS, d.rows, NULL, NULL, &data));
    open_on(&l, data, 0, NULL, SPN_TANH, SPN_ERROR_MSE);
    spn_point *point = NULL;
    spn_geometry_workspace *workspace = NULL;
    spn_geometry e, g;
    check_ok(context, spn_point_create(context, &l.loss, &point));
    check_ok(context, spn_geometry_workspace_create(context, 2 * TARGETS, &workspace));
    for (int k = 0; k < 4; k++) {
        double beta = 0.2 * k, n = 0, chi = 0, error = 0;
        for (int q = 0; q < TARGETS; q++) {
            double w = d.c[q] / (d.v + beta);
            l.made.theta[q] = w;
            l.made.theta[TARGETS + q] = d.y[q] - w * d.m;
            n += w * w;
            chi += 2 * d.c[q] * d.c[q] / pow(d.v + beta, 3);
            error += d.s[q] - d.c[q] * d.c[q] * (d.v + 2 * beta) / pow(d.v + beta, 2);
        }
        check_ok(context, spn_point_set(context, point, l.made.theta, beta, NULL, SPN_WANT_ALL));
        check_ok(context,
                 spn_geometry_measure(context, workspace, point, SPN_GEOMETRY_ALL, &e, &g));
        double trace = d.v + d.m * d.m + 1, gap = sqrt(trace * trace - 4 * d.v);
        double shifted = trace + beta, wide = sqrt(shifted * shifted - 4 * (d.v + beta));
        /* Sums of 30 numbers of size 40^2 less their mean. */
        check_close(g.gradient_norm, 0, 1e-13, 40);
        assert_int_equal(g.stationary, 1);
        check_close(e.value, error, 1e-12, 1);
        check_close(g.value, error + beta * n, 1e-12, 1);
        check_close(g.weight_norm, sqrt(n), 1e-14, 0);
        check_close(g.susceptibility, chi, 1e-12, 0);
        check_close(e.eigenvalue_min, trace - gap, 1e-13, trace);
        check_close(e.eigenvalue_max, trace + gap, 1e-13, 0);
        check_close(g.eigenvalue_min, shifted - wide, 1e-13, trace);
        check_close(g.eigenvalue_max, shifted + wide, 1e-13, 0);
        check_close(g.trace, TARGETS * 2 * shifted, 1e-13, 0);
    }
    spn_geometry_workspace_free(context, workspace);
    spn_point_free(context, point);
    case_free(&l.made);
}

static void kinds_and_words(void **state)
{
    (void)state;
    spn_regulariser regulariser;
    case_shape bare = shapes[0];
    bare.has_bias = false;
    network_case without = case_create(context, &bare, 1),
                 with = case_create(context, &shapes[0], 1);
    check_ok(context, spn_network_error_regularise(context, without.error, SPN_REGULARISE_WEIGHTS,
                                                   &regulariser));
    assert_null(regulariser.weights); /* all parameters are weights */
    check_ok(context,
             spn_network_error_regularise(context, with.error, SPN_REGULARISE_ALL, &regulariser));
    assert_null(regulariser.weights);
    check_fails(
        context,
        spn_network_error_regularise(context, with.error, (spn_regularise_kind)7, &regulariser),
        SPN_ERROR_ARGUMENT, "regulariser 7");
    check_ok(context, spn_network_error_regularise(context, with.error, SPN_REGULARISE_WEIGHTS,
                                                   &regulariser));
    assert_non_null(regulariser.weights);
    check_fails(
        context,
        spn_network_error_regularise(context, with.error, SPN_REGULARISE_WEIGHTS, &regulariser),
        SPN_ERROR_ARGUMENT, "already");
    case_free(&without);
    case_free(&with);
    assert_string_equal(spn_regularise_symbol(SPN_REGULARISE_ALL), "|theta|");
    assert_string_equal(spn_regularise_symbol(SPN_REGULARISE_WEIGHTS), "|w|");
    assert_string_equal(spn_regularise_note(SPN_REGULARISE_ALL), "");
    assert_null(spn_regularise_symbol(2));
    assert_null(spn_regularise_note(-1));
    assert_int_equal(spn_regularise_find("weights"), SPN_REGULARISE_WEIGHTS);
    assert_int_equal(spn_regularise_find("biases"), -1);
}

static spn_status regularise_once(spn_context *other, void *unused)
{
    (void)unused;
    spn_status status = SPN_OK;
    spn_network *network = NULL;
    spn_dataset *data = NULL;
    spn_network_error *error = NULL;
    spn_regulariser regulariser;
    const int64_t hidden[1] = {2};
    const double rows[4 * 3] = {1, 0, 2, 0, 1, 3, -1, 2, 1, 2, 2, 0};
    SPN_TRY(spn_dataset_from_rows(other, 4, 2, 1, rows, NULL, NULL, &data));
    SPN_TRY(spn_network_create(other, 2, 1, 1, hidden, SPN_LINEAR, true, &network));
    SPN_TRY(spn_network_error_create(other, network, data, SPN_ERROR_MSE, &error));
    SPN_TRY(spn_network_error_regularise(other, error, SPN_REGULARISE_WEIGHTS, &regulariser));
done:
    spn_network_error_free(other, error);
    spn_network_free(other, network);
    spn_dataset_free(other, data);
    return status;
}

static void out_of_memory(void **state)
{
    (void)state;
    assert_true(support_fail_each_allocation(regularise_once, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivatives_and_weights),
        cmocka_unit_test(trivial_point),
        cmocka_unit_test(symmetric_directions),
        cmocka_unit_test(moved_data_turn),
        cmocka_unit_test(settling),
        cmocka_unit_test(moved_data_change_biases_only),
        cmocka_unit_test(free_intercept),
        cmocka_unit_test(kinds_and_words),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
