/* SPDX-License-Identifier: MIT */
/* Figure 2 says what the stored results support: its caption, its guides, its x axis. */
#include "figure2_model.h"

#include <float.h>

/* The caption alone, drawn without gnuplot. */
static void caption(const char *folder, const char *configuration)
{
    const spn_plot_settings settings = {.force = true, .gnuplot = "no-such-gnuplot"};
    model->attributes[0].text = configuration;
    check_fails(context, spn_plot_figure2(context, &model->results, folder, &settings),
                SPN_ERROR_IO, "not installed");
}

/* The reason of T14 is given exactly where the stored experiment has its conditions. */
static void test_reason(void **state)
{
    (void)state;
    static const struct {
        const char *configuration, *reason; /* NULL: none */
    } cases[] = {
        {"model:\n  activation: tanh\n  bias: false\n", "phi(0) = 0 (tanh)\nand no biases"},
        {"model:\n  activation: relu\n  bias: false\n", "phi(0) = 0 (relu)\nand no biases"},
        {"model:\n  activation: sigmoid\n  bias: false\n", NULL},
        {"model:\n  activation: tanh\n  bias: true\n", NULL},
        {"model:\n  activation: tanh\n", NULL},
        {"data:\n  center: true\nmodel:\n  activation: gelu\n  bias: true\n",
         "targets of mean zero"},
        {"data:\n  kind: gaussian\n  moments: exact\nmodel:\n  activation: linear\n  bias: true\n",
         "targets of mean zero"},
        {"data:\n  kind: gaussian\n  moments: drawn\nmodel:\n  activation: tanh\n  bias: true\n",
         NULL},
        {"data:\n  standardize: true\nmodel:\n  activation: tanh\n  bias: true\nobjective:\n"
         "  error: cross_entropy\n",
         NULL},
        {"solver:\n  bias: false\n  activation: tanh\n", NULL},
        {"", NULL},
    };
    char folder[512];
    make_folder("reasons", folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        caption(folder, cases[i].configuration);
        if (cases[i].reason != NULL) {
            check_contains(folder, "fig2.txt", cases[i].reason);
            check_contains(folder, "fig2.txt", "with 3 weight matrices");
            check_contains(folder, "fig2.txt", "Hysteresis is complete");
        } else {
            check_lacks(folder, "fig2.txt", "matrices");
            check_lacks(folder, "fig2.txt", "phi(0)");
            check_contains(folder, "fig2.txt", "stays in that phase, at |theta| = 0,");
        }
    }
    model->tables[2].rows = 2; /* two weight matrices */
    caption(folder, odd_network);
    check_lacks(folder, "fig2.txt", "matrices");
    model->tables[2].rows = 1; /* no hidden layer: no phases to speak of */
    caption(folder, odd_network);
    check_lacks(folder, "fig2.txt", "way down");
    check_lacks(folder, "fig2.txt", "stays");
}

/* With biases the trivial model is not the origin: |theta| > 0 says nothing of the phase. */
static void test_output_bias(void **state)
{
    (void)state;
    char folder[512];
    make_folder("bias", folder);
    for (int64_t i = 0; i < model->count; i++) {
        row *r = &model->rows[i];
        r->state.weight_norm = hypot(r->state.weight_norm, 0.8 / (1 + r->state.beta));
    }
    model->tables[2].rows = 6;
    caption(folder, "model:\n  activation: tanh\n  bias: true\n");
    check_lacks(folder, "fig2.txt", "is left");
    check_lacks(folder, "fig2.txt", "matrices");
    check_contains(folder, "fig2.txt", "stays in that phase, at the trivial model");
    for (int64_t i = 0; i < model->count; i++) {
        model->rows[i].state.trivial_distance = (double)NAN; /* there is none */
    }
    caption(folder, "model:\n  activation: sigmoid\n  bias: true\n");
    check_contains(folder, "fig2.txt", "stays in that phase\ndown to beta = 0.001.");
}

/* The rounding of zero is printed as 0. */
static void test_rounded_zero(void **state)
{
    (void)state;
    char folder[512];
    make_folder("zero", folder);
    for (int64_t i = 0; i < model->count; i++) {
        row *r = &model->rows[i];
        if (r->state.active_modes == 0) {
            r->state.weight_norm = 6.132e-35;
            r->state.scalar_curvature_error = -1.011e-67;
        }
    }
    caption(folder, odd_network);
    check_contains(folder, "fig2.txt", " -> 0, |theta| ");
    check_lacks(folder, "fig2.txt", "e-");
}

/* The caption has the panels that the figure has, each with its letter. */
static void test_panels(void **state)
{
    (void)state;
    char folder[512];
    make_folder("panels", folder);
    caption(folder, odd_network);
    check_contains(folder, "fig2.txt", "Figure 2. (a) Error E, (b) scalar curvature R");
    check_contains(folder, "fig2.txt", "(c) distance |theta| to the origin, against");
    check_lacks(folder, "fig2.txt", "(d)");
    for (int64_t i = 0; i < model->count; i++) {
        model->rows[i].state.scalar_curvature_error = (double)NAN;
        model->rows[i].state.accuracy = 0.5;
        model->rows[i].state.test_accuracy = 0.25;
    }
    caption(folder, odd_network);
    check_contains(folder, "fig2.txt",
                   "Figure 2. (a) Error E, (b) distance |theta| to the origin, against");
    check_contains(folder, "fig2.txt", "(c) Accuracy: share");
    check_contains(folder, "fig2.txt", "Dashed lines (dots where there are circles) in (c): on");
    check_lacks(folder, "fig2.txt", "scalar curvature R");
    check_lacks(folder, "fig2.txt", "(d)");
}

static void test_guides(void **state)
{
    (void)state;
    char folder[512];
    make_folder("guides", folder);
    model->tables[1].rows = 0;
    caption(folder, odd_network);
    check_lacks(folder, "fig2.txt", "vertical lines");
    check_lacks(folder, "fig2.gp", "linear spinodal");
    /* The first mode's lines lie outside: the second's have the entries of the legend. */
    const mode outside[] = {{.singular_value = 9, .spinodal_beta = 4.1, .maxwell_beta = 3.4},
                            modes[1]};
    model->tables[1].rows = 2;
    model->tables[1].records = outside;
    caption(folder, odd_network);
    check_contains(folder, "fig2.txt", "spinodal beta = 4.1 (not in the figure)");
    check_contains(folder, "fig2.txt", "spinodal beta = 0.1875 (dashed)");
    check_contains(folder, "fig2.gp", "linear spinodal");
    model->tables[1].rows = 1;
    caption(folder, odd_network);
    check_lacks(folder, "fig2.txt", "vertical lines");
    check_lacks(folder, "fig2.gp", "linear spinodal");
}

static void test_log_axis(void **state)
{
    (void)state;
    static const struct {
        double betas[6];
        bool is_log;
    } cases[] = {
        {{0.01, 0.02, 0.05, 0.1, 0.2, 0.5}, true},
        {{0.001, 0.01, 0.1, 1, 10, 100}, true},
        {{0.1, 0.2, 0.3, 0.4, 0.5, 0.6}, false},
        {{0, 0.01, 0.1, 1, 10, 100}, false},                    /* zero has no place there */
        {{0.01, 0.011, 0.012, 0.013, 0.014, 1}, false},         /* steps differ, ratios as well */
        {{0.1, 0.11, 0.121, 0.1331, 0.14641, 0.161051}, false}, /* too narrow to matter */
    };
    char folder[512];
    make_folder("scales", folder);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        model->count = 0;
        for (int64_t i = 0; i < 6; i++) {
            add(model, 0, -1, i, cases[k].betas[i], 0);
        }
        for (int64_t i = 5; i >= 0; i--) { /* again, with the rounding of other sums */
            add(model, 1, 0, 5 - i, cases[k].betas[i] * (1 + DBL_EPSILON), 0);
        }
        model->tables[0].rows = model->count;
        caption(folder, odd_network);
        (cases[k].is_log ? check_contains : check_lacks)(folder, "fig2.gp", "set logscale x");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(test_output_bias, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rounded_zero, setup, teardown),
        cmocka_unit_test_setup_teardown(test_panels, setup, teardown),
        cmocka_unit_test_setup_teardown(test_guides, setup, teardown),
        cmocka_unit_test_setup_teardown(test_log_axis, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
