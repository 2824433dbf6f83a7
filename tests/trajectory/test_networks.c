/* SPDX-License-Identifier: MIT */
/* The staircase of networks from their trivial phase: where its plateaus lie, and how long they hold. */
#include "trajectory_case.h"

#include <spinodal/network.h>
#include <spinodal/theory.h>

static const double sigma[] = {0.9, 0.5};
static const int64_t widths[] = {3, 5, 5, 2};

typedef struct network_scene {
    scene s;
    spn_context *context;
    spn_dataset *dataset;
    spn_network *network;
    spn_network_error *error;
    double residue;
} network_scene;

/* The trivial point and a residue. */
static spn_status residue(spn_context *context, const void *state, int64_t start, int64_t seed,
                          double *theta)
{
    (void)context;
    const network_scene *n = state;
    spn_random random = spn_random_stream(1, SPN_PURPOSE_RESIDUE, (uint64_t)(start + seed));
    for (int64_t i = 0; i < n->s.objective.dimension; i++) {
        theta[i] = n->residue * spn_random_normal(&random);
    }
    return SPN_OK;
}

/* T22 on data of exact moments: (1/N) sum y x^T = diag(sigma). */
static spn_status origin(spn_context *context, const void *state, double beta, const double *theta,
                         double *time)
{
    (void)state;
    const double yx[] = {sigma[0], 0, 0, 0, sigma[1], 0};
    const spn_theory_origin description = {3, widths, yx, 1};
    double tau = 0;
    spn_status status = spn_theory_blow_up(context, &description, theta, &tau);
    *time = spn_theory_escape_after(3, beta, tau);
    return status;
}

static void open_network(network_scene *n, spn_activation activation, double beta)
{
    const spn_data_settings data = {.kind = SPN_DATA_GAUSSIAN,
                                    .samples = 200,
                                    .inputs = 3,
                                    .outputs = 2,
                                    .correlations = {2, sigma},
                                    .moments = SPN_MOMENTS_EXACT,
                                    .seed = 1};
    *n = (network_scene){.residue = 0.01};
    check_ok(NULL, spn_context_create(NULL, &n->context));
    check_ok(n->context, spn_dataset_gaussian(n->context, &data, &n->dataset));
    check_ok(n->context,
             spn_network_create(n->context, 3, 2, 2, widths + 1, activation, false, &n->network));
    check_ok(n->context, spn_network_error_create(n->context, n->network, n->dataset, SPN_ERROR_MSE,
                                                  &n->error));
    const spn_objective objective = spn_ridge(spn_network_error_objective(n->error));
    open_on(&n->s, &objective, 1, NULL);
    n->s.problem.initial = residue;
    n->s.problem.initial_state = n;
    n->s.grok.beta = beta;
    n->s.grok.records = 2;
    n->s.grok.seeds = 2;
    n->s.solver.learning_rate = 0.1;
}

static void close_network(network_scene *n)
{
    close_scene(&n->s);
    spn_network_error_free(n->context, n->error);
    spn_network_free(n->context, n->network);
    spn_dataset_free(n->context, n->dataset);
    spn_context_free(n->context);
}

/* The plateau lies at the phase whose `active` strongest modes are learned (T11). */
static void check_phase(spn_context *context, const spn_plateau_record *p, int64_t active,
                        double beta)
{
    const spn_theory_network theory = {3, 2, sigma, 2};
    spn_theory_phase phase;
    check_ok(context,
             spn_theory_phase_at(context, &theory, ((uint64_t)1 << active) - 1, beta, &phase));
    assert_int_equal(p->branch_modes, active);
    assert_int_equal(p->active_modes, active);
    check_close(p->branch_beta, beta, 0, 0);
    /* Around a phase with a mode left lie saddles, lower roots of T13 in that mode of strength (beta / sigma)^3: the plateau may
     * name one of them. They differ from it in E by less than that. */
    check_close(p->branch_error, phase.error, 1e-7, 0);
    /* The path passes at a distance in which L rises like its square. */
    check_close(p->error, phase.error, 0.01, 0);
}

/* All of T11 to T16 and T22 in two runs: the first plateau ends at T22's time, the second holds the residue of the weak mode,
 * the third is the end. The aligned law takes the weak mode as one balanced ray: random residues keep it to 15 %. */
static void test_linear_network(void **state)
{
    (void)state;
    network_scene n;
    trace t;
    const double beta = 1e-3;
    open_network(&n, SPN_LINEAR, beta);
    n.s.grok.epochs = 4000;
    for (int k = 0; k < 2; k++) {
        n.s.problem.origin = k == 0 ? origin : NULL;
        run_scene(&n.s, &t);
        for (int64_t run = 0; run < 2; run++) {
            assert_int_equal(count_items(&t, run, SPN_TRAJECTORY_PLATEAU), 3);
            for (int64_t i = 0; i < 3; i++) {
                const spn_plateau_record *p =
                    &find_item(&t, run, SPN_TRAJECTORY_PLATEAU, i)->plateau;
                check_phase(n.s.context, p, i, beta);
                assert_int_equal(p->kind, i < 2 ? SPN_PLATEAU_DEGENERATE : SPN_PLATEAU_METASTABLE);
                if (i < 2) {
                    check_close(p->measured, p->predicted, i == 0 && k == 0 ? 0.1 : 0.15, 0);
                }
            }
            const spn_run_record *end = &find_item(&t, run, SPN_TRAJECTORY_END, 0)->end;
            assert_int_equal(end->final_negative_eigenvalues, 0);
            assert_int_equal(end->final_stationary, 1);
            assert_int_equal(end->final_active_modes, 2);
        }
        clear_trace(&t);
    }
    close_network(&n);
}

/* Where u_0 is below T16's threshold of each mode nothing leaves. */
static void test_trivial_phase_holds(void **state)
{
    (void)state;
    network_scene n;
    trace t;
    open_network(&n, SPN_LINEAR, 0.1);
    n.s.grok.epochs = 2000;
    run_scene(&n.s, &t);
    for (int64_t run = 0; run < 2; run++) {
        assert_int_equal(count_items(&t, run, SPN_TRAJECTORY_PLATEAU), 1);
        const spn_plateau_record *p = &find_item(&t, run, SPN_TRAJECTORY_PLATEAU, 0)->plateau;
        assert_int_equal(p->kind, SPN_PLATEAU_METASTABLE);
        check_phase(n.s.context, p, 0, 0.1);
        check_close(p->eigenvalue, 0.2, 1e-9, 0);
        assert_true(isnan(p->predicted));
    }
    clear_trace(&t);
    close_network(&n);
}

/* tanh 3-5-5-2: the weights of the middle phase are still growing when the weak mode leaves it, so that its plateau lies above
 * its branch, by less than a fiftieth of what the run covers. Cut after every 15th item it goes on to the same bits. */
static void test_tanh_network(void **state)
{
    (void)state;
    network_scene n;
    trace t;
    open_network(&n, SPN_TANH, 0.01);
    n.residue = 0.05;
    n.s.grok.epochs = 3000;
    n.s.grok.levels = (spn_reals){2, (double[]){1.6, 1.1}};
    run_scene(&n.s, &t);
    for (int64_t run = 0; run < 2; run++) {
        int64_t count = count_items(&t, run, SPN_TRAJECTORY_PLATEAU);
        assert_true(count >= 2);
        for (int64_t i = 0; i < count; i++) {
            const spn_plateau_record *p = &find_item(&t, run, SPN_TRAJECTORY_PLATEAU, i)->plateau;
            assert_int_not_equal(p->kind, SPN_PLATEAU_SLOW);
            assert_int_equal(p->branch_modes, p->active_modes);
            check_close(p->error, p->branch_error, 0.02, 1);
        }
        const spn_plateau_record *first = &find_item(&t, run, SPN_TRAJECTORY_PLATEAU, 0)->plateau;
        assert_int_equal(first->kind, SPN_PLATEAU_DEGENERATE);
        check_close(first->branch_error, 2, 1e-9, 0);
        const spn_run_record *end = &find_item(&t, run, SPN_TRAJECTORY_END, 0)->end;
        assert_int_equal(end->final_negative_eigenvalues, 0);
        assert_int_equal(end->final_stationary, 1);
        assert_true(end->final_eigenvalue > 0);
        assert_true(end->final_error <= end->error + 0.02);
        /* Levels are met in their order, between the plateaus. */
        double strong = find_item(&t, run, SPN_TRAJECTORY_CROSSING, 0)->crossing.epoch;
        double weak = find_item(&t, run, SPN_TRAJECTORY_CROSSING, 1)->crossing.epoch;
        assert_true(first->epoch_slowest < strong && strong < weak);
    }
    check_resumes(&n.s, &t, 2, 15);
    clear_trace(&t);
    close_network(&n);
}

/* Mini-batches of 30 of 200, the flow, Adam: the same bits on one thread, and wherever the runs were cut. */
static void test_same_bits(void **state)
{
    (void)state;
    const spn_path_method methods[] = {SPN_PATH_SGD, SPN_PATH_FLOW, SPN_PATH_ADAM};
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        network_scene n;
        trace one, two;
        open_network(&n, SPN_TANH, 0.01);
        n.residue = 0.2;
        n.s.grok.method = (int)methods[m];
        n.s.grok.epochs = 50;
        n.s.grok.levels = (spn_reals){2, (double[]){1.6, 1.1}};
        n.s.solver.learning_rate = 0.02;
        n.s.solver.batch = 30;
        run_scene(&n.s, &two);
        spn_pool_free(n.s.pool);
        check_ok(n.s.context, spn_pool_create(n.s.context, 1, &n.s.pool));
        run_scene(&n.s, &one);
        check_same(&one, &two, 2);
        check_resumes(&n.s, &one, 2, 7);
        clear_trace(&one);
        clear_trace(&two);
        close_network(&n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear_network),
        cmocka_unit_test(test_trivial_phase_holds),
        cmocka_unit_test(test_tanh_network),
        cmocka_unit_test(test_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
