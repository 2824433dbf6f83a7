/* SPDX-License-Identifier: MIT */
/* Predictions of a study: units of error and activation, biases, and the network itself. */
#include "support.h"

#include <spinodal/geometry.h>
#include <spinodal/study.h>
#include <stdio.h>

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

typedef struct subject {
    spn_experiment *experiment;
    spn_study *study;
    spn_prediction prediction;
} subject;

/* Assignments up to a NULL. */
static subject make_subject(const char *const *assignments)
{
    subject made = {0};
    check_ok(context, spn_experiment_create(context, &made.experiment));
    check_ok(context, spn_experiment_set(context, made.experiment, "data.samples=80"));
    for (; *assignments != NULL; assignments++) {
        check_ok(context, spn_experiment_set(context, made.experiment, *assignments));
    }
    check_ok(context, spn_study_create(context, made.experiment, &made.study));
    check_ok(context, spn_study_predict(context, made.study, &made.prediction));
    assert_non_null(made.prediction.sweep_note);
    assert_non_null(made.prediction.onset_note);
    return made;
}

static void free_subject(subject *made)
{
    spn_study_free(context, made->study);
    spn_experiment_free(context, made->experiment);
}

#define CORRELATED                                                                                 \
    "data.covariance=[[2, 0.7, 0.3, 0.9, -0.1], [0.7, 1, 0.2, 0.3, 0.5], [0.3, 0.2, 0.5, 0.2, "    \
    "0.1], "                                                                                       \
    "[0.9, 0.3, 0.2, 2, 0], [-0.1, 0.5, 0.1, 0, 1]]"

/* What is predicted follows from the coefficients of the penalty, not from there being any. */
static void penalties_are_read(void **state)
{
    (void)state;
    static const char *const deep[] = {"data.correlations=[0.9, 0.5]", "model.hidden=[3, 3]",
                                       "model.bias=true", NULL};
    subject s = make_subject(deep);
    const spn_prediction ridge = s.prediction;
    const int64_t parameters = spn_network_parameters(s.study->network);
    double *c = calloc((size_t)parameters, sizeof *c);
    assert_non_null(c);
    s.study->regularised.regulariser.weights = c;
    int64_t entries = 0;
    const spn_layout_entry *layout = spn_network_layout(s.study->network, &entries);
    static const struct {
        double weight, bias, last_bias, last_weight;
        bool is_known;
    } cases[] = {{1, 1, 1, 1, true},  {1, 0, 0, 1, true},  {1, 0, 1, 1, false},
                 {1, 1, 0, 1, false}, {2, 2, 2, 2, false}, {0, 0, 0, 0, false},
                 {1, 0, 0, 3, false}, {1, 2, 2, 1, false}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        for (int64_t i = 0; i < entries; i++) {
            for (int64_t j = 0; j < layout[i].rows * layout[i].columns; j++) {
                c[layout[i].offset + j] =
                    layout[i].is_bias  ? (i == entries - 1 ? cases[k].last_bias : cases[k].bias)
                    : i == entries - 2 ? cases[k].last_weight
                                       : cases[k].weight;
            }
        }
        check_ok(context, spn_study_predict(context, s.study, &s.prediction));
        assert_true(s.prediction.has_sweep == cases[k].is_known);
        assert_true(s.prediction.has_onset == cases[k].is_known);
        if (!cases[k].is_known) {
            assert_non_null(strstr(s.prediction.sweep_note, "ridge on all parameters"));
            assert_non_null(strstr(s.prediction.onset_note, "ridge on all parameters"));
        } else {
            assert_int_equal(s.prediction.sweep.count, ridge.sweep.count);
        }
    }
    free(c);
    free_subject(&s);
}

/* On white data the sweep meets the modes of T12 and T13, weakest first, in every unit. */
static void white_data_meet_the_closed_forms(void **state)
{
    (void)state;
    static const char *const activations[] = {"model.activation=tanh", "model.activation=gelu",
                                              "model.activation=linear"};
    static const char *const hidden[] = {"model.hidden=[4]", "model.hidden=[4, 3]",
                                         "model.hidden=[4, 3, 5]"};
    for (int k = 0; k < 18; k++) {
        const char *const keys[] = {activations[k % 3], hidden[k / 3 % 3],
                                    k < 9 ? "objective.error=mse" : "objective.error=mse_mean",
                                    NULL};
        subject made = make_subject(keys);
        const spn_theory_sweep *sweep = &made.prediction.sweep;
        spn_theory_mode modes[SPN_MODES_MAX];
        int64_t count = 0;
        check_ok(context, spn_study_theory(context, made.study, &count, modes));
        assert_true(made.prediction.has_sweep && sweep->is_complete);
        assert_int_equal(sweep->count, 2);
        for (int i = 0; i < 2; i++) {
            const spn_theory_transition *t = &sweep->transitions[i];
            check_close(t->spinodal_beta, modes[1 - i].spinodal_beta, 1e-12, 0);
            check_close(t->maxwell_beta, modes[1 - i].maxwell_beta, 1e-11, 0);
            assert_int_equal(t->order, modes[1 - i].order);
        }
        check_close(sweep->transitions[1].error_after, k < 9 ? 2 : 1, 1e-12, 0);
        free_subject(&made);
    }
}

/* Equal modes of a linear network end together, and at once in the sense of T12 and T13; without a correlation there is
 * no mode, whatever rounding leaves of it. */
static void equal_modes_and_none(void **state)
{
    (void)state;
    static const char *const hidden[] = {"model.hidden=[4]", "model.hidden=[4, 4]"};
    for (int k = 0; k < 2; k++) {
        const char *const equal[] = {"data.correlations=[0.7, 0.7]", "model.activation=linear",
                                     hidden[k], NULL};
        const char *const none[] = {"data.correlations=[0, 0]", "model.activation=linear",
                                    hidden[k], NULL};
        subject made = make_subject(equal);
        const spn_prediction *p = &made.prediction;
        assert_true(p->sweep.is_complete && p->sweep.count == 1);
        assert_int_equal(p->sweep.transitions[0].modes_after, 0);
        assert_true(p->has_onset);
        assert_int_equal(p->onset.order, k == 0 ? 2 : 1);
        /* D = 3: T13. */
        const double end = k == 0 ? 0.7 : 0.75 * 0.7 * cbrt(0.25 * 0.7);
        check_close(p->sweep.transitions[0].spinodal_beta, end, 1e-11, 0);
        check_close(p->onset.spinodal_beta, end, 1e-11, 0);
        free_subject(&made);
        made = make_subject(none);
        assert_true(made.prediction.has_sweep);
        assert_int_equal(made.prediction.sweep.count, 0);
        assert_true(k == 1 || !made.prediction.has_onset);
        free_subject(&made);
    }
}

/* At beta_c the Hessian at the trivial state has its zero, whatever the units, biases and inputs. */
static void onset_is_where_the_trivial_state_turns(void **state)
{
    (void)state;
    static const char *const activations[] = {"model.activation=tanh", "model.activation=gelu"};
    static const char *const errors[] = {"objective.error=mse", "objective.error=mse_mean"};
    for (int k = 0; k < 8; k++) {
        const char *const keys[] = {CORRELATED,
                                    "model.hidden=[3]",
                                    activations[k % 2],
                                    errors[k / 2 % 2],
                                    k < 4 ? "model.bias=false" : "model.bias=true",
                                    NULL};
        subject made = make_subject(keys);
        spn_geometry_workspace *workspace = NULL;
        spn_point *point = NULL;
        spn_geometry error, loss;
        double theta[64], beta = made.prediction.onset.beta;
        assert_true(made.prediction.has_onset && made.study->loss.dimension <= 64);
        check_ok(context, spn_objective_trivial(context, &made.study->loss, beta, theta));
        check_ok(context, spn_point_create(context, &made.study->loss, &point));
        check_ok(context, spn_point_set(context, point, theta, beta, NULL, SPN_WANT_ALL));
        check_ok(context, spn_geometry_workspace_create(context, point->dimension, &workspace));
        check_ok(context,
                 spn_geometry_measure(context, workspace, point, SPN_GEOMETRY_ALL, &error, &loss));
        check_close(loss.eigenvalue_min, 0, 1e-14, 1);
        assert_int_equal(made.prediction.onset.order, k % 2 == 0 ? 2 : 1);
        spn_geometry_workspace_free(context, workspace);
        spn_point_free(context, point);
        free_subject(&made);
    }
}

static double error_at(spn_solver *solver, double beta, double *theta)
{
    spn_solver_info info;
    check_ok(context, spn_solver_run(context, solver, beta, theta, &info));
    return spn_point_error(spn_solver_point(solver))->value;
}

/* The study's own linear network, correlated inputs, biases, the mean over outputs: it leaves each phase within
 * 1e-6 of where it should, for where it should. */
static void the_network_does_it(void **state)
{
    (void)state;
    const char *const keys[] = {CORRELATED,
                                "model.hidden=[3, 3]",
                                "model.bias=true",
                                "model.activation=linear",
                                "solver.trust_radius_max=0.1",
                                "objective.error=mse_mean",
                                NULL};
    subject made = make_subject(keys);
    const spn_theory_sweep *sweep = &made.prediction.sweep;
    double theta[64], beta = 1e-3;
    spn_solver *solver = NULL;
    assert_int_equal(sweep->count, 2);
    assert_string_equal(made.prediction.sweep_note, "exact");
    check_ok(context, spn_solver_create(context, spn_experiment_solver(made.experiment),
                                        &made.study->loss, &solver));
    check_ok(context, spn_study_initial(context, made.study, 0, theta));
    for (int64_t i = 0; i < 2; i++) {
        const spn_theory_transition *t = &sweep->transitions[i];
        for (; beta < 0.97 * t->spinodal_beta; beta *= 1.1) {
            (void)error_at(solver, beta, theta);
        }
        for (double gap = 0.03; gap > 1e-6; gap *= 0.3) {
            (void)error_at(solver, t->spinodal_beta * (1 - gap), theta);
        }
        /* At a fold E is off by the root of 1e-6 times what the mode has. */
        double before = error_at(solver, t->spinodal_beta * (1 - 1e-6), theta);
        check_close(before, t->error_before, 5e-3, 0);
        double after = error_at(solver, t->spinodal_beta * (1 + 1e-6), theta);
        check_close(after, t->error_after, 1e-5, 0);
        beta = 1.001 * t->spinodal_beta;
    }
    spn_solver_free(context, solver);
    free_subject(&made);
}

static void what_is_not_predicted(void **state)
{
    (void)state;
    static const struct {
        const char *keys[3];
        bool has_sweep, has_onset;
        const char *note;
    } cases[] = {
        {{"model.hidden=[]"}, false, false, "hidden layer"},
        {{"model.hidden=[3]", "model.activation=relu"}, false, false, "kink"},
        {{"model.hidden=[3, 3]", "model.activation=relu"}, false, true, "local minimum"},
        {{"model.hidden=[3]", "model.activation=sigmoid"}, false, false, "phi(0)"},
        {{"model.hidden=[3, 3]", "model.activation=tanh"}, true, true, "local minimum"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const char *keys[4] = {NULL};
        memcpy(keys, cases[k].keys, sizeof cases[k].keys);
        subject made = make_subject(keys);
        assert_int_equal(made.prediction.has_sweep, cases[k].has_sweep);
        assert_int_equal(made.prediction.has_onset, cases[k].has_onset);
        assert_non_null(strstr(made.prediction.onset_note, cases[k].note));
        free_subject(&made);
    }
}

/* Means of the targets: with biases the onset of one hidden layer is not that of T21, and large ones make even
 * the deep trivial state unstable (T14). */
static void means_of_targets_matter(void **state)
{
    (void)state;
    char path[512], set[640];
    FILE *file = fopen(support_scratch("shifted.csv", path), "w");
    assert_non_null(file);
    fprintf(file, "a,b,y\n1,0,2.5\n0,1,0.1\n-1,0.5,1\n0.3,-1,1.2\n-0.5,-0.5,0.9\n");
    assert_int_equal(fclose(file), 0);
    snprintf(set, sizeof set, "data.path=%s", path);
    for (int k = 0; k < 8; k++) {
        const char *const keys[] = {"data.kind=csv",
                                    set,
                                    "data.targets=[y]",
                                    k & 1 ? "model.bias=true" : "model.bias=false",
                                    k & 2 ? "model.hidden=[3]" : "model.hidden=[3, 3]",
                                    k & 4 ? "data.center=true" : "data.center=false",
                                    NULL};
        subject made = {0};
        check_ok(context, spn_experiment_create(context, &made.experiment));
        for (const char *const *key = keys; *key != NULL; key++) {
            check_ok(context, spn_experiment_set(context, made.experiment, *key));
        }
        check_ok(context, spn_study_create(context, made.experiment, &made.study));
        check_ok(context, spn_study_predict(context, made.study, &made.prediction));
        /* the mean is 1.14 */
        assert_int_equal(made.prediction.has_onset, !(k & 1) || k & 4);
        free_subject(&made);
    }
}

static spn_status predict_operation(spn_context *failing, void *memory)
{
    spn_prediction prediction;
    return spn_study_predict(failing, memory, &prediction);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    const char *const keys[] = {"model.hidden=[3]", NULL};
    subject made = make_subject(keys);
    assert_true(support_fail_each_allocation(predict_operation, made.study) > 40);
    free_subject(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(penalties_are_read),
        cmocka_unit_test(white_data_meet_the_closed_forms),
        cmocka_unit_test(equal_modes_and_none),
        cmocka_unit_test(onset_is_where_the_trivial_state_turns),
        cmocka_unit_test(the_network_does_it),
        cmocka_unit_test(what_is_not_predicted),
        cmocka_unit_test(means_of_targets_matter),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
