/* SPDX-License-Identifier: MIT */
/* The figure of watched training, drawn without gnuplot: what its data, script and caption say. */
#include "folder.h"

#include <spinodal/plot.h>
#include <spinodal/trajectory.h>

enum { RUNS = 2, RECORDS = 3, MODES = 2 };

static spn_context *context;

/* Run 0 from random weights, run 1 from the trivial phase with u_0 = 0.01; epochs 0, 4, 100. */
typedef struct model {
    spn_run_record runs[RUNS];
    spn_trajectory_record points[RUNS * RECORDS];
    spn_crossing_record crossings[RUNS];
    spn_plateau_record plateaus[3];
    double modes[RUNS * RECORDS * MODES];
    int64_t start[RUNS];
    const char *names[RUNS], *phases[RUNS];
    spn_table tables[5];
    spn_array arrays[1];
    spn_text_column texts[2];
    spn_attribute attributes[1];
    spn_results results;
} model;

static const spn_column start_column = {"start", SPN_COLUMN_INTEGER, 0, "", "number", NULL, NULL};
static const spn_columns start_columns = {&start_column, 1, sizeof(int64_t)};

static void make_points(model *m)
{
    static const double epochs[RECORDS] = {0, 4, 100};
    for (int64_t i = 0; i < RUNS * RECORDS; i++) {
        m->points[i] = (spn_trajectory_record){.run = i / RECORDS,
                                               .record = i % RECORDS,
                                               .epoch = epochs[i % RECORDS],
                                               .state.error = 2 - 0.25 * (double)i,
                                               .state.weight_norm = 7 + (double)i,
                                               .state.accuracy = (double)NAN,
                                               .state.test_error = (double)NAN,
                                               .state.test_accuracy = (double)NAN,
                                               .state.eigenvalue_min_loss = -0.5,
                                               .stability = 0.125 * (double)i};
        m->modes[2 * i] = 0.5 + 0.0625 * (double)i;
        m->modes[2 * i + 1] = 0.25;
    }
}

static void make_model(model *m)
{
    memset(m, 0, sizeof *m);
    make_points(m);
    for (int64_t r = 0; r < RUNS; r++) {
        m->runs[r] = (spn_run_record){.run = r,
                                      .start = r,
                                      .beta = 0.001,
                                      .residue = r == 0 ? (double)NAN : 0.01,
                                      .stop = SPN_STOP_MAX_ITERATIONS,
                                      .epoch = 100,
                                      .final.error = 0.75,
                                      .final_eigenvalue = 0.002};
        m->crossings[r] =
            (spn_crossing_record){.run = r, .level = 1.6, .epoch = r == 0 ? 3 : (double)NAN};
        m->start[r] = r;
        m->phases[r] = "2 modes";
    }
    m->names[0] = "random";
    m->names[1] = "trivial+0.01";
    m->plateaus[0] = (spn_plateau_record){.run = 1,
                                          .kind = SPN_PLATEAU_DEGENERATE,
                                          .epoch_slowest = 0,
                                          .epoch_to = 40,
                                          .error = 1.99,
                                          .branch_error = 2,
                                          .measured = 40,
                                          .predicted = 42,
                                          .predicted_low = 28,
                                          .predicted_high = 63};
    m->plateaus[1] = (spn_plateau_record){.run = 1,
                                          .kind = SPN_PLATEAU_METASTABLE,
                                          .epoch_from = 40,
                                          .epoch_slowest = 80,
                                          .epoch_to = (double)NAN,
                                          .error = 0.76,
                                          .branch_error = 0.75,
                                          .measured = (double)NAN,
                                          .predicted = (double)NAN};
    m->tables[0] = (spn_table){"runs", &spn_run_columns, RUNS, m->runs};
    m->tables[1] = (spn_table){"points", &spn_trajectory_columns, RUNS * RECORDS, m->points};
    m->tables[2] = (spn_table){"crossings", &spn_crossing_columns, RUNS, m->crossings};
    m->tables[3] = (spn_table){"plateaus", &spn_plateau_columns, 2, m->plateaus};
    m->tables[4] = (spn_table){"starts", &start_columns, RUNS, m->start};
    m->texts[0] = (spn_text_column){"starts", "name", RUNS, m->names, "names"};
    m->texts[1] = (spn_text_column){"runs", "phase", RUNS, m->phases, "phases"};
    m->arrays[0] = (spn_array){"modes", RUNS * RECORDS, MODES, m->modes, "", "modes", false};
    m->attributes[0] = (spn_attribute){
        "configuration",
        "model:\n  hidden: [5, 5]\n  init:\n    seed: 3\ngrok:\n  method: gd\n  seeds: 1\nsolver:\n"
        "  method: newton\n  learning_rate: 0.1\n",
        0};
    m->results = (spn_results){.kind = "grok",
                               .attribute_count = 1,
                               .attributes = m->attributes,
                               .table_count = 5,
                               .tables = m->tables,
                               .array_count = 1,
                               .arrays = m->arrays,
                               .text_column_count = 2,
                               .text_columns = m->texts};
}

static void draw(const model *m, const char *folder)
{
    const spn_plot_settings settings = {.force = true, .gnuplot = "no-such-gnuplot"};
    check_fails(context, spn_plot_grok(context, &m->results, folder, &settings), SPN_ERROR_IO,
                "not installed");
}

static void test_figure(void **state)
{
    (void)state;
    char folder[512];
    model m;
    make_model(&m);
    draw(&m, make_folder("grok", folder));
    /* Epoch 0 stands at half the first epoch, 2. */
    check_contains(folder, "grok.dat", "random\n2 2\n4 1.75\n100 1.5\n");
    check_contains(folder, "grok.dat", "2 1.25\n4 1\n100 0.75\n");
    check_contains(folder, "grok.gp", "trivial, {/:Italic u}_0 = 0.01");
    /* Plateaus at the E of their branch, to the escape or the run's end; the predicted escape. */
    check_contains(folder, "grok.dat", "2 2\n40 2\n\n40 0.75\n100 0.75\n");
    check_contains(folder, "grok.dat", "metastable minimum\n80 0.75\n");
    check_contains(folder, "grok.dat", "degenerate point\n2 2\n");
    check_contains(folder, "grok.dat", "predicted escape\n42 2\n");
    /* Modes, |theta|, stability with the bound of gradient descent, the smallest eigenvalue: no accuracy. */
    check_contains(folder, "grok.dat", "2 0.5\n4 0.5625\n100 0.625\n");
    check_contains(folder, "grok.dat", "2 0\n4 0.125\n100 0.25\n");
    check_contains(folder, "grok.dat", "2 2\n100 2\n");
    check_lacks(folder, "grok.dat", "Accuracy");
    check_lacks(folder, "grok.dat", "test samples");
    check_contains(folder, "grok.txt",
                   "Parameters: method gd, learning rate 0.1, seeds 1, hidden layers [5, 5], "
                   "initial seed 3.");
    check_contains(folder, "grok.txt", "Run 0 from random: ends in the phase 2 modes, E 0.75");
    check_contains(folder, "grok.txt", "below E = 1.6 at epoch 3");
    check_contains(folder, "grok.txt", "never below E = 1.6");
    check_contains(folder, "grok.txt",
                   "degenerate point, its E 2 at beta = 0, 0 active modes; lasts 40 epochs, "
                   "predicted 42, 28 to 63 (growth beyond linear order (T16, T22))");
    check_contains(folder, "grok.txt", "not left (it never leaves)");
}

/* Test samples are dashed, accuracy and |theta| have their panels; other methods have no bound. */
static void test_samples(void **state)
{
    (void)state;
    char folder[512];
    model m;
    make_model(&m);
    for (int64_t i = 0; i < RUNS * RECORDS; i++) {
        m.points[i].state.test_error = 3;
        m.points[i].state.accuracy = 0.5;
        m.points[i].state.test_accuracy = 0.25;
    }
    m.attributes[0].text = "grok:\n  method: adam\n";
    draw(&m, make_folder("samples", folder));
    check_contains(folder, "grok.dat", "test samples\n2 3\n4 3\n100 3\n");
    check_contains(folder, "grok.dat", "Accuracy");
    check_contains(folder, "grok.dat", "2 0.25\n4 0.25\n100 0.25\n");
    check_contains(folder, "grok.dat", "2 7\n4 8\n100 9\n");
    check_lacks(folder, "grok.dat", "2 2\n100 2\n");
}

/* E over decades has a logarithmic axis. */
static void test_decades(void **state)
{
    (void)state;
    char folder[512];
    model m;
    make_model(&m);
    m.points[2].state.error = 1e-3;
    draw(&m, make_folder("decades", folder));
    check_contains(folder, "grok.gp", "set logscale y");
}

static void check_bad(const model *m, const char *fragment)
{
    char folder[512];
    check_fails(context, spn_plot_grok(context, &m->results, support_scratch("bad", folder), NULL),
                SPN_ERROR_INPUT, fragment);
}

/* Items of grok.starts are told in words: none of their signs in a legend. */
static void test_words(void **state)
{
    (void)state;
    static const spn_column items[] = {
        {"stored_beta", SPN_COLUMN_REAL, 0, "", "", NULL, NULL},
    };
    const spn_columns columns = {items, 1, sizeof(double)};
    const double stored[RUNS] = {(double)NAN, 0.25};
    char folder[512];
    model m;
    make_model(&m);
    m.names[0] = "random*8";
    m.names[1] = "1 mode@0.2+0.01";
    m.tables[4] = (spn_table){"starts", &columns, RUNS, stored};
    draw(&m, make_folder("words", folder));
    check_contains(folder, "grok.gp", "title 'random, 8 times as large'");
    check_contains(folder, "grok.gp",
                   "title '1 mode of {/:Italic β} = 0.25, {/:Italic u}_0 = 0.01'");
    check_lacks(folder, "grok.gp", "random*8");
    check_lacks(folder, "grok.gp", "@0.2");
    /* The caption tells the panels that there are. */
    check_contains(folder, "grok.txt", "(a) error E, (b) strengths of the modes, ");
    check_lacks(folder, "grok.txt", "dashed: samples kept");
    check_lacks(folder, "grok.txt", "accuracy");
}

/* A symmetric-log axis inside a decade has more than one label, one of several decades none at 2 and 5. */
static void test_short_axis(void **state)
{
    (void)state;
    char folder[512];
    model m;
    make_model(&m);
    for (int64_t i = 0; i < RUNS * RECORDS; i++) {
        m.points[i].state.eigenvalue_min_loss = -0.3 - 0.1 * (double)i;
    }
    draw(&m, make_folder("short", folder));
    check_contains(folder, "grok.gp", "'−0.5' ");
    m.points[0].state.eigenvalue_min_loss = -30;
    draw(&m, make_folder("long", folder));
    check_lacks(folder, "grok.gp", "'−0.5' ");
    check_contains(folder, "grok.gp", "'−10' ");
}

/* Names from outside are shown letter by letter: gnuplot's markup in them is escaped. */
static void test_names(void **state)
{
    (void)state;
    char folder[512];
    model m;
    make_model(&m);
    m.names[0] = "my_weights^{2}@a&b~c\\d.npz";
    draw(&m, make_folder("names", folder));
    check_contains(folder, "grok.gp", "title 'my\\_weights\\^\\{2\\}\\@a\\&b\\~c\\\\d.npz'");
}

/* Numbers that refer to rows which are not there. */
static void test_bad(void **state)
{
    (void)state;
    model m;
    make_model(&m);
    m.runs[1].start = 2;
    check_bad(&m, "of runs that it does not have");
    make_model(&m);
    m.points[5].run = 2;
    check_bad(&m, "of runs that it does not have");
    make_model(&m);
    m.plateaus[1].run = -1;
    check_bad(&m, "of runs that it does not have");
    make_model(&m);
    m.texts[1].rows = 1;
    check_bad(&m, "have no texts 'phase'");
    make_model(&m);
    m.results.table_count = 3;
    check_bad(&m, "has no table 'plateaus'");
}

static int set_up(void **state)
{
    (void)state;
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figure),  cmocka_unit_test(test_names),
        cmocka_unit_test(test_words),   cmocka_unit_test(test_short_axis),
        cmocka_unit_test(test_samples), cmocka_unit_test(test_decades),
        cmocka_unit_test(test_bad),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
