/* SPDX-License-Identifier: MIT */
/* Geometry from the reference's own derivatives (networks.txt, made by make_networks.py): an objective that
 * only knows value, gradient and Hessian at one point stands in for the network, so that the tolerances
 * are those of the geometry alone. */
#include "networks_fixture.h"

/* The inputs are right to half a unit in the last place. The eigensolver and sums over up to P = 118 terms
 * leave some P units of rounding: 118 * 1.1e-16. */
#define DELTA 1.5e-14

static fixture *reference;
static spn_context *context;

static spn_status table_set(spn_context *owner, spn_point *point, const spn_subset *subset,
                            unsigned wanted)
{
    (void)owner, (void)subset, (void)wanted;
    const network_fixture *n = point->objective->problem;
    point->value = network_get(n, "error")->values[VALUE];
    memcpy(point->gradient, network_get(n, "gradient")->values,
           (size_t)n->parameters * sizeof(double));
    return SPN_OK;
}

static spn_status table_hessian(spn_context *owner, const spn_point *point, spn_part part,
                                double *h)
{
    (void)owner;
    const network_fixture *n = point->objective->problem;
    double *full = network_hessian(n, part);
    memcpy(h, full, (size_t)(n->parameters * n->parameters) * sizeof(double));
    free(full);
    return SPN_OK;
}

static const spn_objective_operations table_operations = {
    .size = sizeof(spn_objective_operations), .set = table_set, .hessian = table_hessian};

static spn_objective table_objective(const network_fixture *n)
{
    const double *kind = network_get(n, "kind")->values;
    double outputs = network_get(n, "shape")->values[1];
    const double scale[] = {0.5, 0.5 * outputs, 1}; /* T8: mse, mse_mean, cross_entropy */
    return (spn_objective){.operations = &table_operations,
                           .problem = n,
                           .dimension = n->parameters,
                           .samples = n->samples,
                           .fisher_scale = scale[(int)kind[2]]};
}

static void test_surfaces(void **state)
{
    (void)state;
    for (int64_t index = 0; index < network_count(reference); index++) {
        network_fixture n = network_at(reference, index);
        spn_objective error_objective = table_objective(&n), loss_objective;
        loss_objective = spn_ridge(&error_objective);
        spn_geometry_workspace *workspace = NULL;
        spn_point *point = NULL;
        check_ok(context, spn_geometry_workspace_create(context, n.parameters, &workspace));
        check_ok(context, spn_point_create(context, &loss_objective, &point));
        const fixture_array *beta = network_get(&n, "beta");
        for (int64_t b = 0; b < beta->columns; b++) {
            print_message("network %02d, beta = %g\n", (int)index, beta->values[b]);
            spn_geometry error, loss;
            double response = network_get(&n, "response")->values[b];
            check_ok(context,
                     spn_point_set(context, point, n.theta, beta->values[b], NULL, SPN_WANT_ALL));
            check_ok(context, spn_geometry_measure(context, workspace, point, SPN_GEOMETRY_ALL,
                                                   &error, &loss));
            network_check_surface(&n, &error, &network_get(&n, "error")->values[b * COLUMNS], 0,
                                  response, DELTA);
            network_check_surface(&n, &loss, &network_get(&n, "loss")->values[b * COLUMNS],
                                  2 * beta->values[b], response, DELTA);
        }
        spn_point_free(context, point);
        spn_geometry_workspace_free(context, workspace);
    }
}

/* R lies within the bound on its rounding error that comes with it. */
static void test_from_derivatives(void **state)
{
    (void)state;
    for (int64_t index = 0; index < network_count(reference); index++) {
        network_fixture n = network_at(reference, index);
        const double *row = network_get(&n, "error")->values;
        double *h = network_hessian(&n, SPN_PART_FULL);
        spn_geometry_workspace *workspace = NULL;
        spn_geometry actual;
        check_ok(context, spn_geometry_workspace_create(context, n.parameters, &workspace));
        check_ok(context,
                 spn_geometry_from_derivatives(context, workspace, row[VALUE],
                                               network_get(&n, "gradient")->values, h, &actual));
        double deviation = fabs(actual.scalar_curvature - row[SCALAR_CURVATURE]);
        if (!(deviation <= actual.scalar_curvature_rounding)) {
            fail_msg("network %02d: R is off by %g, the bound says %g", (int)index, deviation,
                     actual.scalar_curvature_rounding);
        }
        check_close(actual.mean_curvature, row[MEAN_CURVATURE], DELTA, network_hessian_size(&n));
        check_close(actual.principal_curvature_min, row[PRINCIPAL_CURVATURE_MIN], 4 * DELTA,
                    network_hessian_size(&n));
        assert_int_equal(actual.negative_eigenvalues, row[NEGATIVE_EIGENVALUES]);
        spn_geometry_workspace_free(context, workspace);
        free(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_surfaces),
        cmocka_unit_test(test_from_derivatives),
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
