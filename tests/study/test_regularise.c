/* SPDX-License-Identifier: MIT */
/* objective.regularise: weights, from an experiment's text to its results: the closed forms of deep linear networks hold on
 * data of any mean, n takes the place of |theta|^2 in T9 and T10, and experiments without the key are what they were. */
#include "sweep_run.h"

#include <math.h>
#include <spinodal/theory.h>
#include <stdio.h>

enum { SAMPLES = 60, INPUTS = 3, OUTPUTS = 2 };
static const double sigma[2] = {0.9, 0.5};
static const double mean_x = 3, mean_y = -12;

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

/* Units of inputs and targets. */
static double unit_x = 1, unit_y = 1;

/* White data with two modes, moved and in those units; sample n of the file is sample `stride` n of the draw. Its path. */
static void write_data(const char *name, double dx, double dy, int64_t stride, char path[512])
{
    const spn_data_settings settings = {.kind = SPN_DATA_GAUSSIAN,
                                        .samples = SAMPLES,
                                        .inputs = INPUTS,
                                        .outputs = OUTPUTS,
                                        .correlations = {2, sigma},
                                        .moments = SPN_MOMENTS_EXACT,
                                        .seed = 4};
    spn_dataset *data = NULL;
    support_scratch(name, path);
    check_ok(context, spn_dataset_gaussian(context, &settings, &data));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "a,b,c,y,z\n");
    for (int64_t n = 0; n < SAMPLES; n++) {
        int64_t from = stride * n % SAMPLES;
        for (int64_t i = 0; i < INPUTS + OUTPUTS; i++) {
            const double *column =
                i < INPUTS ? data->x + i * data->stride : data->y + (i - INPUTS) * data->stride;
            double value = i < INPUTS ? unit_x * (column[from] + dx) : unit_y * (column[from] + dy);
            fprintf(file, "%.17g%s", value, i + 1 < INPUTS + OUTPUTS ? "," : "\n");
        }
    }
    fclose(file);
    spn_dataset_free(context, data);
}

/* An experiment on that file. */
static void write_text(char text[2048], const char *path, const char *hidden,
                       const char *activation, const char *kind, const char *sweep)
{
    snprintf(text, 2048,
             "data: {kind: csv, path: %s, targets: [y, z]}\n"
             "model: {hidden: %s, activation: %s, bias: true}\n"
             "objective: {regularise: %s}\n"
             "sweep: {%s}\n",
             path, hidden, activation, kind, sweep);
}

/* D = 2 (T12): s_i = max(0, sigma_i - beta), E = E_0 + sum (s_i - sigma_i)^2 - sigma_i^2, n = 2 sum s_i, chi = 2 times the
 * number of active modes, and T9 holds with n. Without free biases none of this is so. */
static void two_layers_on_moved_data(void **state)
{
    (void)state;
    char path[512], text[2048];
    sweep_run run;
    write_data("regularise_moved.csv", mean_x, mean_y, 1, path);
    write_text(text, path, "[4]", "linear", "weights",
               "direction: up, beta: {from: 0.11, to: 1.11, points: 26, spacing: linear}");
    sweep_run_make(context, text, 1, "regularise_two.h5", &run);
    assert_true(run.is_gated);
    assert_int_equal(run.count, 26);
    for (int64_t i = 0; i < run.count; i++) {
        const spn_sweep_record *p = &run.points[i];
        double error = OUTPUTS, n = 0, chi = 0;
        for (int k = 0; k < 2; k++) {
            double s = fmax(sigma[k] - p->state.beta, 0);
            error += (s - sigma[k]) * (s - sigma[k]) - sigma[k] * sigma[k];
            n += 2 * s;
            chi += s > 0 ? 2 : 0;
        }
        /* Outputs of size 12: E is right to their rounding; the solver's tolerance for the rest. */
        check_close(p->state.error, error, 1e-11, 1);
        check_close(p->state.weight_norm, sqrt(n), 1e-8, 1);
        check_close(p->state.loss, error + p->state.beta * n, 1e-11, 1);
        check_close(p->state.susceptibility, chi, 1e-6, 1);
        /* F is quadratic in beta between the transitions, where Hermite's rule is exact, but for the tangent's regularisation:
         * 1e-8 of the largest entry of the Hessian, 200, against eigenvalues of 0.2. */
        double away = fmin(fabs(p->state.beta - sigma[0]), fabs(p->state.beta - sigma[1]));
        if (i > 0 && away > 0.1 && n > 0) {
            check_close(p->free_energy_mismatch, 0, 1e-5, 1);
        }
        assert_int_equal(p->state.negative_eigenvalues_loss, 0);
        if (p->state.beta > sigma[0]) {
            assert_int_equal(p->state.dead_units, -1);
            check_close(p->state.trivial_distance, 0, 1e-9, 1);
        }
    }
    sweep_run_free(&run);
}

/* D = 3 (T13): the upward sweep loses its modes at their spinodals, which the prediction says exactly. */
static void three_layers_on_moved_data(void **state)
{
    (void)state;
    char path[512], text[2048];
    sweep_run run;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    spn_prediction prediction;
    write_data("regularise_moved.csv", mean_x, mean_y, 1, path);
    write_text(text, path, "[3, 3]", "linear", "weights",
               "direction: up, beta: {from: 0.05, to: 0.5, points: 10, spacing: linear}");
    sweep_run_make(context, text, 1, "regularise_three.h5", &run);
    const spn_table *table = spn_results_table(&run.results, "jumps");
    assert_non_null(table);
    assert_int_equal(table->rows, 2);
    check_ok(context,
             spn_experiment_parse(context, "test.yaml", text, (int64_t)strlen(text), &experiment));
    check_ok(context, spn_study_create(context, experiment, &study));
    check_ok(context, spn_study_predict(context, study, &prediction));
    assert_string_equal(prediction.sweep_note, "exact");
    assert_true(prediction.has_onset && prediction.onset.order == 1);
    assert_int_equal(prediction.sweep.count, 2);
    for (int64_t k = 0; k < 2; k++) {
        spn_theory_mode mode;
        check_ok(context, spn_theory_mode_transition(context, 3, sigma[1 - k], &mode));
        double beta = spn_table_real(table, k, spn_table_find(table, "beta"));
        /* Located to sweep.refine_tolerance, a share of beta. */
        check_close(beta, mode.spinodal_beta, 1e-6, 0);
        check_close(prediction.sweep.transitions[k].spinodal_beta, mode.spinodal_beta, 1e-9, 0);
    }
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    sweep_run_free(&run);
}

/* A tanh network on moved data, followed up: what depends on the outputs and on n is what it is on centred data, and what it is
 * with the samples in another order. With the ridge on all parameters the large means cost what they weigh. */
static void moves_and_orders(void **state)
{
    (void)state;
    char path[512], text[2048];
    static const char grid[] =
        "direction: up, refine: false, beta: {from: 0.35, to: 0.6, points: 26, spacing: linear}";
    sweep_run runs[3], all;
    for (int k = 0; k < 3; k++) {
        char name[64];
        snprintf(name, sizeof name, "regularise_%d.csv", k);
        write_data(name, k == 1 ? mean_x : 0, k == 1 ? mean_y : 0, k == 2 ? 7 : 1, path);
        write_text(text, path, "[3]", "tanh", "weights", grid);
        snprintf(name, sizeof name, "regularise_%d.h5", k);
        sweep_run_make(context, text, 1, name, &runs[k]);
        assert_true(runs[k].is_gated);
    }
    for (int k = 1; k < 3; k++) {
        for (int64_t i = 0; i < runs[0].count; i++) {
            const spn_sweep_record *a = &runs[0].points[i], *b = &runs[k].points[i];
            /* Solved to 1e-9 and better; outputs of size 12 in units of 1e-16. */
            check_close(b->state.error, a->state.error, 1e-9, 1);
            check_close(b->state.weight_norm, a->state.weight_norm, 1e-7, 1);
            check_close(b->state.susceptibility, a->state.susceptibility, 1e-5, 1);
            assert_int_equal(b->state.active_modes, a->state.active_modes);
        }
    }
    write_data("regularise_1.csv", mean_x, mean_y, 1, path);
    write_text(text, path, "[3]", "tanh", "all", grid);
    sweep_run_make(context, text, 1, "regularise_all.h5", &all);
    for (int64_t i = 0; i < all.count; i++) {
        const spn_sweep_record *a = &all.points[i], *b = &runs[1].points[i];
        /* Two outputs whose means are 12 are worth at least 2 * 144 beta / (1 + beta) of L, as biases or otherwise less than
         * a tenth of that. */
        assert_true(a->state.loss > b->state.loss + 10 * a->state.beta);
        assert_true(a->state.weight_norm > b->state.weight_norm + 1);
    }
    for (int k = 0; k < 3; k++) {
        sweep_run_free(&runs[k]);
    }
    sweep_run_free(&all);
}

/* n = dF/dbeta and chi = -d^2F/dbeta^2 against central differences of L along a smooth piece of a branch. */
static void thermodynamics_along_a_branch(void **state)
{
    (void)state;
    char path[512], text[2048];
    sweep_run run;
    const double h = 0.002;
    write_data("regularise_moved.csv", mean_x, mean_y, 1, path);
    write_text(text, path, "[3, 3]", "tanh", "weights",
               "direction: up, beta: {from: 0.045, to: 0.057, points: 7, spacing: linear}");
    sweep_run_make(context, text, 1, "regularise_branch.h5", &run);
    for (int64_t i = 1; i + 1 < run.count; i++) {
        const spn_sweep_record *p = &run.points[i];
        double slope = (p[1].state.loss - p[-1].state.loss) / (2 * h);
        double bend = (p[1].state.loss - 2 * p->state.loss + p[-1].state.loss) / (h * h);
        double n = p->state.weight_norm * p->state.weight_norm;
        assert_true(p->jump == 0 && p[1].jump == 0);
        /* h^2/6 of the third derivative, which is chi / beta or so; for the second derivative h^2/12 of the fourth and the
         * rounding 1e-14 / h^2 of E. */
        check_close(slope, n, h * h / 6 * 20 * p->state.susceptibility / p->state.beta, 1 / n);
        check_close(bend, -p->state.susceptibility, 0.02, 0);
        check_close(p->free_energy_mismatch, 0, 1e-6, 1);
    }
    sweep_run_free(&run);
}

/* D = 2: x -> c x and y -> d y take beta to c d beta, L to d^2 L and n to d / c n; tanh has a unit of its own, a linear network
 * none. Every threshold scales along, so that the same transitions are found. */
static void other_units(void **state)
{
    (void)state;
    char path[512], text[2048];
    sweep_run runs[2];
    const double c = 1e3, d = 1e-2;
    for (int k = 0; k < 2; k++) {
        char grid[128];
        unit_x = k == 0 ? 1 : c;
        unit_y = k == 0 ? 1 : d;
        snprintf(grid, sizeof grid,
                 "direction: up, beta: {from: %g, to: %g, points: 18, spacing: linear}",
                 0.11 * unit_x * unit_y, 0.96 * unit_x * unit_y);
        write_data("regularise_units.csv", mean_x, mean_y, 1, path);
        write_text(text, path, "[4]", "linear", "weights", grid);
        sweep_run_make(context, text, 1, k == 0 ? "regularise_a.h5" : "regularise_b.h5", &runs[k]);
        assert_true(runs[k].is_gated);
    }
    unit_x = unit_y = 1;
    assert_int_equal(runs[0].count, runs[1].count);
    for (int64_t i = 0; i < runs[0].count; i++) {
        const spn_sweep_record *p = &runs[0].points[i], *q = &runs[1].points[i];
        check_close(q->state.beta, c * d * p->state.beta, 1e-12, 0);
        check_close(q->state.error, d * d * p->state.error, 1e-8, 0);
        /* Beside an onset weights are good to the root of what L is. */
        check_close(q->state.weight_norm, sqrt(d / c) * p->state.weight_norm, 1e-4, sqrt(d / c));
        assert_int_equal(q->state.active_modes, p->state.active_modes);
        assert_int_equal(q->jump, p->jump);
    }
    for (int k = 0; k < 2; k++) {
        sweep_run_free(&runs[k]);
    }
}

static char *dump_of(const char *const *assignments, bool changes)
{
    spn_experiment *experiment = NULL;
    char *text = NULL;
    check_ok(context, spn_experiment_create(context, &experiment));
    for (; *assignments != NULL; assignments++) {
        check_ok(context, spn_experiment_set(context, experiment, *assignments));
    }
    check_ok(context, changes ? spn_experiment_changes(context, experiment, &text)
                              : spn_experiment_dump(context, experiment, &text));
    spn_experiment_free(context, experiment);
    return text;
}

/* The effective experiment says it only where it means something: results and journals of old stay what they are. */
static void dumps(void **state)
{
    (void)state;
    static const char *const none[] = {"model.bias=true", NULL};
    static const char *const all[] = {"model.bias=true", "objective.regularise=all", NULL};
    static const char *const weights[] = {"model.bias=true", "objective.regularise=weights", NULL};
    static const char *const bare[] = {"objective.regularise=weights", NULL};
    static const char *const nothing[] = {NULL};
    char *a = dump_of(none, false), *b = dump_of(all, false), *c = dump_of(weights, false);
    assert_string_equal(a, b);
    assert_null(strstr(a, "regularise"));
    assert_non_null(strstr(c, "  error: mse\n  regularise: weights\n"));
    spn_release(context, a);
    spn_release(context, b);
    spn_release(context, c);
    a = dump_of(bare, false);
    b = dump_of(nothing, false);
    assert_string_equal(a, b);
    spn_release(context, a);
    spn_release(context, b);
    a = dump_of(weights, true);
    assert_non_null(strstr(a, "objective.regularise=weights\n"));
    spn_release(context, a);
}

static void refusals(void **state)
{
    (void)state;
    spn_experiment *experiment = NULL;
    check_ok(context, spn_experiment_create(context, &experiment));
    check_fails(context, spn_experiment_set(context, experiment, "objective.regularise=biases"),
                SPN_ERROR_INPUT, "objective.regularise");
    spn_experiment_free(context, experiment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_layers_on_moved_data),
        cmocka_unit_test(three_layers_on_moved_data),
        cmocka_unit_test(moves_and_orders),
        cmocka_unit_test(thermodynamics_along_a_branch),
        cmocka_unit_test(other_units),
        cmocka_unit_test(dumps),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
