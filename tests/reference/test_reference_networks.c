/* SPDX-License-Identifier: MIT */
/* Value, derivatives and geometry of random networks against extended-precision values (networks.txt, made
 * by make_networks.py).
 *
 * Tolerances. Derivatives are sums over N <= 60 samples of products of some twenty factors: each entry is
 * good to DELTA = 2e-14 (180 units of rounding) of the size of what was summed. Everything else follows
 * from it as networks_fixture.h says. */
#include "networks_fixture.h"

#include <spinodal/network.h>

#define DELTA 2e-14

static fixture *reference;
static spn_context *context;

/* One network of the fixture, built through the public headers. */
typedef struct test_case {
    network_fixture fixture;
    int64_t parameters;
    spn_dataset *dataset;
    spn_network *network;
    spn_network_error *error;
    spn_objective loss;
    spn_point *point; /* of the loss */
} test_case;

static const fixture_array *get(const test_case *c, const char *name)
{
    return network_get(&c->fixture, name);
}

static void case_create(int64_t index, test_case *c)
{
    c->fixture = network_at(reference, index);
    const fixture_array *shape = get(c, "shape"), *data = get(c, "data");
    const double *kind = get(c, "kind")->values;
    int64_t inputs = (int64_t)shape->values[0], outputs = (int64_t)shape->values[1];
    int64_t hidden[8] = {0}, hidden_count = shape->columns - 2;
    for (int64_t i = 0; i < hidden_count; i++) {
        hidden[i] = (int64_t)shape->values[2 + i];
    }
    check_ok(context, spn_dataset_from_rows(context, data->rows, inputs, outputs, data->values,
                                            NULL, NULL, &c->dataset));
    check_ok(context, spn_network_create(context, inputs, outputs, hidden_count, hidden,
                                         (spn_activation)kind[0], kind[1] != 0, &c->network));
    check_ok(context, spn_network_error_create(context, c->network, c->dataset,
                                               (spn_error_kind)kind[2], &c->error));
    c->loss = spn_ridge(spn_network_error_objective(c->error));
    check_ok(context, spn_point_create(context, &c->loss, &c->point));
    c->parameters = spn_network_parameters(c->network);
    assert_int_equal(c->parameters, c->fixture.parameters);
}

static void case_free(test_case *c)
{
    spn_point_free(context, c->point);
    spn_network_error_free(context, c->error);
    spn_network_free(context, c->network);
    spn_dataset_free(context, c->dataset);
}

static void check_parts(const test_case *c)
{
    static const spn_part parts[] = {SPN_PART_FULL, SPN_PART_GAUSS_NEWTON, SPN_PART_RESIDUAL};
    const spn_point *error = spn_point_error(c->point);
    int64_t count = c->parameters;
    double size = network_hessian_size(&c->fixture), trace = 0;
    double *h = calloc((size_t)(count * count), sizeof *h);
    double *v = calloc((size_t)(5 * count), sizeof *v);
    double *hv = calloc((size_t)(5 * count), sizeof *hv);
    assert_true(h != NULL && v != NULL && hv != NULL);
    spn_random random = spn_random_stream(11, SPN_PURPOSE_TEST, 0);
    for (int64_t i = 0; i < 5 * count; i++) {
        v[i] = spn_random_normal(&random);
    }
    for (int p = 0; p < 3; p++) {
        double *expected = network_hessian(&c->fixture, parts[p]), expected_trace = 0;
        check_ok(context, spn_point_hessian(context, error, parts[p], h));
        check_ok(context, spn_point_hvp(context, error, parts[p], 5, v, hv));
        check_ok(context, spn_point_trace(context, error, parts[p], &trace));
        for (int64_t j = 0; j < count; j++) {
            expected_trace += expected[j * count + j];
            for (int64_t i = j; i < count; i++) {
                check_close(h[i + j * count], expected[i * count + j], DELTA, size);
            }
        }
        check_close(trace, expected_trace, DELTA * (double)count, size);
        for (int64_t k = 0; k < 5; k++) {
            double length = network_norm(count, v + k * count);
            for (int64_t i = 0; i < count; i++) {
                double product = 0;
                for (int64_t j = 0; j < count; j++) {
                    product += expected[i * count + j] * v[k * count + j];
                }
                check_close(hv[k * count + i], product, 2 * DELTA, size * length);
            }
        }
        free(expected);
    }
    free(h);
    free(v);
    free(hv);
}

static void test_derivatives(void **state)
{
    (void)state;
    int64_t count = network_count(reference);
    assert_true(count >= 24);
    for (int64_t index = 0; index < count; index++) {
        test_case c;
        case_create(index, &c);
        double beta = get(&c, "beta")->values[0];
        check_ok(context,
                 spn_point_set(context, c.point, c.fixture.theta, beta, NULL, SPN_WANT_ALL));
        const double *gradient = get(&c, "gradient")->values, *error = get(&c, "error")->values;
        check_close(spn_point_error(c.point)->value, error[VALUE], DELTA, 1);
        check_close(c.point->value, get(&c, "loss")->values[VALUE], DELTA, 1);
        double squared = error[WEIGHT_NORM] * error[WEIGHT_NORM];
        check_close(c.point->parameter_value, squared, DELTA, 0);
        double size = network_gradient_size(&c.fixture);
        for (int64_t i = 0; i < c.parameters; i++) {
            check_close(spn_point_error(c.point)->gradient[i], gradient[i], DELTA, size);
            check_close(c.point->gradient[i], gradient[i] + 2 * beta * c.fixture.theta[i], DELTA,
                        size);
            check_close(c.point->parameter_gradient[i], 2 * c.fixture.theta[i], 0, 0);
        }
        check_parts(&c);
        case_free(&c);
    }
}

/* The loss's Hessian is the error's plus 2 beta on the diagonal. */
static void test_loss_hessian(void **state)
{
    (void)state;
    test_case c;
    case_create(6, &c);
    int64_t count = c.parameters;
    double beta = get(&c, "beta")->values[1], size = network_hessian_size(&c.fixture);
    double *h = calloc((size_t)(count * count), sizeof *h);
    double *expected = network_hessian(&c.fixture, SPN_PART_FULL);
    assert_non_null(h);
    check_ok(context, spn_point_set(context, c.point, c.fixture.theta, beta, NULL, SPN_WANT_ALL));
    check_ok(context, spn_point_hessian(context, c.point, SPN_PART_FULL, h));
    for (int64_t j = 0; j < count; j++) {
        for (int64_t i = j; i < count; i++) {
            double shift = i == j ? 2 * beta : 0;
            check_close(h[i + j * count], expected[i * count + j] + shift, DELTA, size);
        }
    }
    free(h);
    free(expected);
    case_free(&c);
}

static void test_geometry(void **state)
{
    (void)state;
    int64_t count = network_count(reference), stationary = 0;
    for (int64_t index = 0; index < count; index++) {
        test_case c;
        case_create(index, &c);
        spn_geometry_workspace *workspace = NULL;
        check_ok(context, spn_geometry_workspace_create(context, c.parameters, &workspace));
        const fixture_array *beta = get(&c, "beta");
        for (int64_t b = 0; b < beta->columns; b++) {
            print_message("network %02d, beta = %g\n", (int)index, beta->values[b]);
            spn_geometry error, loss;
            check_ok(context, spn_point_set(context, c.point, c.fixture.theta, beta->values[b],
                                            NULL, SPN_WANT_ALL));
            check_ok(context, spn_geometry_measure(context, workspace, c.point, SPN_GEOMETRY_ALL,
                                                   &error, &loss));
            const double *error_row = &get(&c, "error")->values[b * COLUMNS];
            const double *loss_row = &get(&c, "loss")->values[b * COLUMNS];
            double response = get(&c, "response")->values[b];
            assert_int_equal(error.surface, SPN_SURFACE_ERROR);
            assert_int_equal(loss.surface, SPN_SURFACE_LOSS);
            check_close(loss.beta, beta->values[b], 0, 0);
            network_check_surface(&c.fixture, &error, error_row, 0, response, DELTA);
            network_check_surface(&c.fixture, &loss, loss_row, 2 * beta->values[b], response,
                                  DELTA);
            stationary += loss.stationary;
            const double *spectrum = get(&c, "spectrum")->values;
            for (int64_t i = 0; i < c.parameters; i++) {
                check_close(spn_geometry_eigenvalues(workspace)[i], spectrum[i], 2 * DELTA,
                            network_hessian_size(&c.fixture));
            }
        }
        spn_geometry_workspace_free(context, workspace);
        case_free(&c);
    }
    assert_int_equal(stationary, 8); /* the points that were made stationary, and no other */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_derivatives),
        cmocka_unit_test(test_loss_hessian),
        cmocka_unit_test(test_geometry),
    };
    if (spn_context_create(NULL, &context) != SPN_OK) {
        return 1;
    }
    reference = fixture_read("networks.txt");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fixture_free(reference);
    spn_context_free(context);
    return failed;
}
