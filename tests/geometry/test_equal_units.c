/* SPDX-License-Identifier: MIT */
/* Curvature where hidden units are equal: by the smaller network and the blocks beside it, against the dense Hessian. */
#include "spectrum_case.h"

#include <spinodal/geometry/state.h>

/* Both hidden layers of 15 units have 5 different ones, three copies of each. */
static void open_equal(fixture *f)
{
    const int64_t distinct[2] = {5, 5};
    open_fixture(f, 80, 12, 15, 4, 0.05);
    spn_network_copy_units(f->network, distinct, f->theta);
    check_ok(f->context, spn_point_set(f->context, f->point, f->theta, 0.05, NULL, SPN_WANT_ALL));
}

static spn_curvature error_by(const fixture *f, const spn_geometry_settings *settings,
                              spn_curvature *loss)
{
    spn_curvature error;
    check_ok(f->context,
             spn_geometry_curvature(f->context, f->point, settings, &error, loss, NULL));
    return error;
}

/* Curvature of equal units is that of the smaller network and of blocks: the same numbers, also where regularisers differ between copies,
 * of batches, and where units are only nearly equal, which all three go the long way. */
static void test_ways(void **state)
{
    (void)state;
    fixture f;
    open_equal(&f);
    spn_geometry_settings settings = defaults(f.context);
    spn_geometry_workspace *workspace = NULL;
    check_ok(f.context, spn_geometry_workspace_create(f.context, f.size, &workspace));
    const int64_t some[] = {3, 5, 8, 13, 21, 34, 55};
    const spn_subset batch = {7, some};
    spn_regularised free_biases = {.error = spn_network_error_objective(f.error)};
    check_ok(f.context, spn_network_error_regularise(f.context, f.error, SPN_REGULARISE_WEIGHTS,
                                                     &free_biases.regulariser));
    const spn_objective unpenalised = spn_regularise(&free_biases);
    const spn_objective *losses[] = {&f.ridge, &f.weighted, &unpenalised};
    for (int which = 0; which < 12; which++) {
        spn_point *point = NULL;
        spn_geometry expected[2];
        spn_curvature error, loss;
        f.theta[which % 2] *= which < 6 ? 1 : 1 + 1e-7;
        check_ok(f.context, spn_point_create(f.context, losses[which / 2 % 3], &point));
        check_ok(f.context, spn_point_set(f.context, point, f.theta, 0.07,
                                          which % 2 == 0 ? NULL : &batch, SPN_WANT_ALL));
        check_ok(f.context,
                 spn_geometry_measure(f.context, workspace, point, 0, &expected[0], &expected[1]));
        settings.method = SPN_SPECTRUM_MOMENTS;
        check_ok(f.context,
                 spn_geometry_curvature(f.context, point, &settings, &error, &loss, NULL));
        check_same(&error, &expected[0]);
        check_same(&loss, &expected[1]);
        for (int i = SPN_PART_FULL; i <= SPN_PART_RESIDUAL; i++) {
            const spn_part part = (spn_part)i;
            spn_estimate by[2][2];
            for (int way = 0; way < 2; way++) {
                settings.method = way == 0 ? SPN_SPECTRUM_DENSE : SPN_SPECTRUM_MOMENTS;
                check_ok(f.context, spn_geometry_traces(f.context, point, part, &settings,
                                                        &by[way][0], &by[way][1], NULL));
            }
            check_close(by[1][0].value, by[0][0].value, ROUNDING, 1);
            check_close(by[1][1].value, by[0][1].value, ROUNDING, 0);
        }
        spn_point_free(f.context, point);
    }
    spn_geometry_workspace_free(f.context, workspace);
    close_fixture(&f);
}

/* Estimates are those of the smaller network, and as sure as they say. Where everything can be known in the time of the estimates
 * it is. */
static void test_estimates(void **state)
{
    (void)state;
    enum { SEEDS = 400 };
    fixture f;
    open_equal(&f);
    spn_geometry_settings settings = defaults(f.context);
    spn_curvature error, loss;
    spn_forecast whole;
    spn_estimate truth[QUANTITIES], found[QUANTITIES];
    settings.method = SPN_SPECTRUM_DENSE;
    error = error_by(&f, &settings, &loss);
    take(&error, &loss, truth);
    settings.method = SPN_SPECTRUM_AUTO;
    settings.patience = 0;
    settings.probes = 32;
    check_ok(f.context,
             spn_geometry_curvature(f.context, f.point, &settings, &error, &loss, &whole));
    assert_int_equal(whole.method, SPN_SPECTRUM_STOCHASTIC);
    assert_true(error.method != SPN_SPECTRUM_STOCHASTIC && error.scalar_curvature.error == 0);
    check_close(error.scalar_curvature.value, truth[SCALAR].value, ROUNDING, 0);
    settings.method = SPN_SPECTRUM_STOCHASTIC;
    int held[QUANTITIES] = {0};
    for (settings.seed = 1; settings.seed <= SEEDS; settings.seed++) {
        error = error_by(&f, &settings, &loss);
        assert_true(error.method == SPN_SPECTRUM_STOCHASTIC && error.products == settings.probes);
        take(&error, &loss, found);
        for (int q = 0; q < QUANTITIES; q++) {
            held[q] += holds(&found[q], truth[q].value);
        }
    }
    for (int q = 0; q < QUANTITIES; q++) {
        double share = (double)held[q] / SEEDS;
        assert_true(q == TRACE ? held[q] == SEEDS : share >= 0.92 && share <= 0.98);
    }
    /* As many products as the smaller network has weights leave nothing to chance, and those of nearly equal units do. */
    settings.probes = 5 * 13 + 5 * 6 + 4 * 6;
    error = error_by(&f, &settings, &loss);
    assert_true(error.products <= settings.probes && error.scalar_curvature.error == 0);
    check_close(error.scalar_curvature.value, truth[SCALAR].value, ROUNDING, 0);
    f.theta[0] *= 1 + 1e-7;
    check_ok(f.context, spn_point_set(f.context, f.point, f.theta, 0.05, NULL, SPN_WANT_ALL));
    error = error_by(&f, &settings, &loss);
    assert_true(error.scalar_curvature.error > 0);
    close_fixture(&f);
}

/* A state by both its ways says how its R is known: exactly where units are equal, from estimates where they are not quite. */
static void test_states(void **state)
{
    (void)state;
    fixture f;
    open_equal(&f);
    spn_geometry_settings settings = defaults(f.context);
    settings.patience = 0;
    settings.probes = 32;
    for (int is_apart = 0; is_apart < 2; is_apart++) {
        spn_curvature error, loss;
        spn_state states[2];
        spn_geometry_workspace *workspace = NULL;
        f.theta[0] *= 1 + 1e-7 * is_apart;
        settings.method = is_apart ? SPN_SPECTRUM_STOCHASTIC : SPN_SPECTRUM_AUTO;
        check_ok(f.context, spn_point_set(f.context, f.point, f.theta, 0.05, NULL, SPN_WANT_ALL));
        error = error_by(&f, &settings, &loss);
        states[0] = spn_state_unknown();
        check_ok(f.context, spn_state_curvature(f.context, f.point, &settings, &states[0]));
        check_ok(f.context, spn_geometry_workspace_choose(f.context, &f.ridge, &settings, 0,
                                                          &workspace, NULL));
        const spn_state_wish wish = {.geometry = workspace};
        check_ok(f.context, spn_state_measure(f.context, f.point, &wish, &states[1]));
        spn_geometry_workspace_free(f.context, workspace);
        for (int way = 0; way < 2; way++) {
            const spn_state *s = &states[way];
            assert_int_equal(s->curvature_method,
                             is_apart ? SPN_SPECTRUM_STOCHASTIC : SPN_SPECTRUM_MOMENTS);
            check_close(s->scalar_curvature_error, error.scalar_curvature.value, 0, 0);
            check_close(s->scalar_curvature_loss, loss.scalar_curvature.value, 0, 0);
            check_close(s->mean_curvature_error, error.mean_curvature.value, 0, 0);
            assert_true(isnan(s->mean_curvature_loss_stderr)); /* tr H is exact */
            assert_true(is_apart == !isnan(s->scalar_curvature_error_stderr));
            assert_true(!is_apart ||
                        s->scalar_curvature_error_stderr == error.scalar_curvature.error);
            assert_true(!is_apart ||
                        s->scalar_curvature_loss_stderr == loss.scalar_curvature.error);
        }
    }
    close_fixture(&f);
}

static spn_status measure(spn_context *context, void *memory)
{
    spn_status status = SPN_OK;
    const fixture *f = memory;
    spn_geometry_settings settings = defaults(f->context);
    spn_point *point = NULL;
    spn_curvature found;
    SPN_TRY(spn_point_create(context, &f->ridge, &point));
    SPN_TRY(spn_point_set(context, point, f->theta, 0.05, NULL, SPN_WANT_ALL));
    for (int way = SPN_SPECTRUM_MOMENTS; way <= SPN_SPECTRUM_STOCHASTIC; way++) {
        settings.method = way;
        SPN_TRY(spn_geometry_curvature(context, point, &settings, NULL, &found, NULL));
    }
done:
    spn_point_free(context, point);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    fixture f;
    open_equal(&f);
    assert_true(support_fail_each_allocation(measure, &f) > 60);
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ways),
        cmocka_unit_test(test_estimates),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
