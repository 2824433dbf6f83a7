/* SPDX-License-Identifier: MIT */
/* The figure of branches, from the closed forms of a deep linear network: what its data file holds is compared
 * with them again. */
#include "branches_model.h"
#include "folder.h"

#include <spinodal/plot.h>
#include <spinodal/theory.h>

enum { FILL_TABLES = 5 };

typedef struct sample {
    branches_model model;
    spn_theory_mode modes[MODEL_MODES];
    spn_table tables[FILL_TABLES];
    spn_text_column names;
    spn_attribute attribute;
    spn_results results;
} sample;

static spn_context *context;
static sample *made;

static int setup(void **state)
{
    (void)state;
    made = calloc(1, sizeof *made);
    if (made == NULL || spn_context_create(NULL, &context) != SPN_OK) {
        return -1;
    }
    branches_model *m = &made->model;
    branches_model_make(m);
    for (int i = 0; i < MODEL_POINTS; i++) {
        m->points[i].phase = m->phases_of[i];
    }
    for (int k = 0; k < MODEL_MODES; k++) {
        check_ok(context, spn_theory_mode_transition(context, 3, model_sigmas[k], &made->modes[k]));
    }
    made->tables[0] = (spn_table){"points", &spn_branch_columns, MODEL_POINTS, m->points};
    made->tables[1] = (spn_table){"specials", &spn_special_columns, MODEL_SPECIALS, m->specials};
    made->tables[2] = (spn_table){"phases", &spn_phase_columns, MODEL_PHASES, m->phases};
    made->tables[3] = (spn_table){"maxwell", &spn_maxwell_columns, MODEL_MAXWELL, m->maxwell};
    made->tables[4] = (spn_table){"theory", &spn_theory_mode_columns, MODEL_MODES, made->modes};
    made->names = (spn_text_column){"phases", "name", MODEL_PHASES, model_names, ""};
    made->attribute = (spn_attribute){"configuration", "model:\n  hidden: [5, 5]\n", 0};
    made->results = (spn_results){.kind = "branches",
                                  .attribute_count = 1,
                                  .attributes = &made->attribute,
                                  .table_count = FILL_TABLES,
                                  .tables = made->tables,
                                  .text_column_count = 1,
                                  .text_columns = &made->names};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    spn_context_free(context);
    free(made);
    return 0;
}

/* Script, data and caption alone. */
static void draw(const char *folder)
{
    const spn_plot_settings settings = {.force = true, .gnuplot = "no-such-gnuplot"};
    check_fails(context, spn_plot_branches(context, &made->results, folder, &settings),
                SPN_ERROR_IO, "not installed");
}

/* The lines of one series of the data file: "beta y", gaps left out. */
enum { LINES_MAX = 400 };
typedef struct series {
    int count, gaps;
    double x[LINES_MAX], y[LINES_MAX];
} series;

static void read_series(const char *folder, char panel, const char *label, series *out)
{
    char head[64];
    int64_t size = 0;
    char *data = load(folder, "branches.dat", &size);
    char *at = data;
    *out = (series){0};
    snprintf(head, sizeof head, "panel (%c), ", panel);
    while ((at = strstr(at, head)) != NULL) {
        char *line_end = strchr(at, '\n');
        assert_non_null(line_end);
        const size_t length = strlen(label);
        if ((size_t)(line_end - at) > length && strncmp(line_end - length, label, length) == 0 &&
            line_end[-(long)length - 1] == ' ') {
            break;
        }
        at = line_end;
    }
    if (at == NULL) {
        free(data);
        fail_msg("no series '%s' in panel (%c)", label, panel);
        return;
    }
    for (char *line = strchr(at, '\n') + 1; *line != '\0' && *line != '#';) {
        char *next = strchr(line, '\n') + 1;
        assert_true(out->count < LINES_MAX);
        if (sscanf(line, "%lf %lf", &out->x[out->count], &out->y[out->count]) == 2 &&
            line[0] != '\n') {
            out->count++;
        } else {
            out->gaps++;
        }
        line = next;
    }
    free(data);
}

static double lowest_loss(double beta)
{
    double least = model_phase_at(2, beta).loss;
    for (int phase = 0; phase < 2; phase++) {
        if (beta < model_fold(model_sigmas[1 - phase])) {
            least = fmin(least, model_phase_at(phase, beta).loss);
        }
    }
    return least;
}

/* Everything along phase 1 and its unstable continuation: |theta|, E and R as the closed forms have them, and
 * L - F within what the spline leaves: on the stable branches points lie at most 0.02 apart in beta, and h^4 / 384
 * times the fourth derivative of L, about 1e2 here (near the fold it grows, but there the knots lie
 * within 1e-3), is 5e-8. */
static void test_lines_are_the_branches(void **state)
{
    (void)state;
    char folder[512];
    series norm, loss, unstable;
    make_folder("lines", folder);
    draw(folder);
    read_series(folder, 'a', "1 mode", &norm);
    read_series(folder, 'c', "1 mode", &loss);
    assert_int_equal(norm.gaps, 2); /* the two lines before the next block */
    for (int i = 0; i < norm.count; i++) {
        /* Closer to the fold beta does not say s to better than sqrt(eps). */
        if (norm.x[i] < (1 - 1e-9) * model_fold(0.9)) {
            check_close(norm.y[i], model_phase_at(1, norm.x[i]).norm, 1e-9, 1);
        }
    }
    /* It ends in the fold: the last state is the special point itself. */
    assert_true(norm.x[norm.count - 1] == made->model.specials[1].beta);
    assert_true(norm.y[norm.count - 1] == made->model.specials[1].state.weight_norm);
    int zeros = 0;
    for (int i = 0; i < loss.count; i++) {
        if (loss.x[i] < model_fold(0.9)) {
            check_close(loss.y[i], model_phase_at(1, loss.x[i]).loss - lowest_loss(loss.x[i]), 2e-7,
                        1);
        }
        zeros += loss.y[i] == 0;
        assert_true(loss.y[i] > -1e-9);
    }
    assert_true(zeros > 10); /* globally stable between the Maxwell points */
    read_series(folder, 'c', "unstable", &unstable);
    for (int i = 0; i < unstable.count; i++) {
        assert_true(unstable.y[i] > -1e-7); /* a saddle lies above the lowest minimum */
    }
}

/* A stretch that no phase covers (an end that was not reached) does not tear a hole into F: what is known of
 * its branch goes on. */
static void test_gap_in_a_phase(void **state)
{
    (void)state;
    char folder[512];
    series loss;
    int inside = 0;
    make_folder("gap", folder);
    for (int i = 0; i < MODEL_POINTS; i++) {
        const spn_branch_record *p = &made->model.points[i];
        if (p->branch == 0 && p->state.beta > 0.05 && p->state.beta < 0.1) {
            made->model.points[i].phase = -1;
        }
    }
    draw(folder);
    read_series(folder, 'c', "unstable", &loss);
    for (int i = 0; i < loss.count; i++) {
        const bool is_gap = loss.y[i] == 0;
        assert_true(loss.y[i] > -1e-7);
        assert_true(!is_gap || (loss.x[i] > 0.03 && loss.x[i] < 0.12));
        inside += is_gap;
    }
    assert_true(inside >= 3);
    read_series(folder, 'c', "1 mode", &loss);
    for (int i = 0; i < loss.count; i++) {
        assert_true(loss.y[i] > 0.01 || loss.x[i] < 0.02 || loss.x[i] > 0.14);
    }
}

/* L - F has its kinks at the Maxwell points and not at the next point of the grid. */
static void test_kinks(void **state)
{
    (void)state;
    char folder[512];
    make_folder("kinks", folder);
    draw(folder);
    for (int i = 0; i < MODEL_MAXWELL; i++) {
        const double beta = made->model.maxwell[i].beta;
        series line;
        int found = 0;
        read_series(folder, 'c', model_names[i], &line);
        for (int k = 0; k < line.count; k++) {
            if (line.x[k] == beta) {
                check_close(line.y[k], 0, 2e-7, 1);
                found++;
            }
        }
        assert_int_equal(found, 1);
        /* Both saddles that exist there are so high above the two phases. The spline leaves h^4 / 384 times
         * the fourth derivative of L. The widest interval is the last one of the strong mode's saddle, from
         * beta = 0 to h = 0.2; with s = u^3 the derivative is below 36 there: 1.5e-4. */
        found = 0;
        read_series(folder, 'c', "unstable", &line);
        for (int k = 0; k < line.count; k++) {
            if (line.x[k] == beta) {
                const int branch = i == 0 ? found : 1;
                const double s = model_root(model_sigmas[1 - branch], beta, false);
                check_close(line.y[k], model_branch_at(branch, s).loss - lowest_loss(beta), 1.5e-4,
                            1);
                found++;
            }
        }
        assert_int_equal(found, i == 0 ? 2 : 1);
    }
}

static void test_markers(void **state)
{
    (void)state;
    char folder[512];
    series folds, maxwell;
    make_folder("markers", folder);
    made->model.maxwell[1].is_global = 0;
    made->model.specials[1].kind = SPN_SPECIAL_BRANCH_POINT;
    draw(folder);
    read_series(folder, 'b', "fold", &folds);
    assert_int_equal(folds.count, 1);
    /* T13 in closed form: s = sigma / 4 on the second mode, the first on its upper root. */
    const double s1 = model_root(0.9, folds.x[0], true);
    check_close(folds.x[0], 0.1875, 1e-15, 1);
    check_close(folds.y[0], 2 + s1 * s1 - 1.8 * s1 + 0.125 * 0.125 - 0.125, 1e-12, 1);
    read_series(folder, 'b', "branch point", &folds);
    check_close(folds.x[0], 0.41054863470120445, 1e-14, 1);
    read_series(folder, 'a', "Maxwell point", &maxwell);
    assert_int_equal(maxwell.count, 2);
    check_close(maxwell.x[0], 0.25 * cbrt(0.25), 1e-14, 1); /* sigma / 2 (sigma / 2)^(1/3) */
    check_close(maxwell.y[0], made->model.maxwell[0].a.weight_norm, 0, 0);
    check_close(maxwell.y[1], made->model.maxwell[0].b.weight_norm, 0, 0);
    read_series(folder, 'c', "metastable pair", &maxwell);
    assert_int_equal(maxwell.count, 2);
    /* Met again on another branch: marked once; on an unstable stretch: not. */
    made->model.specials[1].kind = SPN_SPECIAL_FOLD;
    made->model.specials[1].same_as = 0;
    draw(folder);
    read_series(folder, 'b', "fold", &folds);
    assert_int_equal(folds.count, 1);
    made->model.specials[1].same_as = -1;
    draw(folder);
    read_series(folder, 'b', "fold", &folds);
    assert_int_equal(folds.count, 2);
    made->model.specials[1].index_before = 2;
    draw(folder);
    read_series(folder, 'b', "fold", &folds);
    assert_int_equal(folds.count, 1);
}

static void test_caption(void **state)
{
    (void)state;
    char folder[512];
    make_folder("caption", folder);
    draw(folder);
    check_contains(folder, "branches.txt", "hidden: [5, 5]");
    check_contains(folder, "branches.txt", "3 branches, 240 points");
    check_contains(folder, "branches.txt",
                   "1 mode: beta = 0.001 (range) to 0.41054863 (fold); E 1.19 -> 1.646");
    check_contains(folder, "branches.txt", "globally stable from 0.15749013 to 0.34483924");
    check_contains(folder, "branches.txt", "beta = 0.1574901312, 2 modes and 1 mode");
    check_contains(folder, "branches.txt",
                   "beta = 0.1875, fold (accuracy): 0 -> 1 negative eigenvalues, first order");
    check_contains(folder, "branches.txt", "spinodal beta = 0.1875 (dashed)");
    check_contains(folder, "branches.txt", "phases\nthat lie much higher leave the panel");
    check_contains(folder, "branches.gp", "title 'linear Maxwell'");
    check_contains(folder, "branches.gp", "title '2 modes'");
    check_contains(folder, "branches.gp", "# symmetric log");
    check_lacks(folder, "branches.gp", "logscale x\n"); /* folds lie far from 0 */
    made->results.table_count = 4; /* no theory, no fold at the end of a phase */
    made->model.phases[0].special_high = made->model.phases[1].special_high = -1;
    draw(folder);
    check_lacks(folder, "branches.txt", "Thin vertical lines");
    check_lacks(folder, "branches.txt", "leave the panel");
}

/* Most special points at small beta: a logarithmic axis. */
static void test_axis(void **state)
{
    (void)state;
    char folder[512];
    make_folder("axis", folder);
    made->model.specials[0].beta = 0.04;
    made->model.specials[1].beta = 0.004;
    draw(folder);
    check_contains(folder, "branches.gp", "set logscale x\n");
}

/* Too many phases to be told apart: those with equally many modes look alike. */
static void test_many_phases(void **state)
{
    (void)state;
    enum { MANY = 9 };
    static const int64_t modes[MANY] = {2, 2, 1, 2, 0, 2, 1, 2, 2};
    static const char *names[MANY];
    spn_phase_record phases[MANY];
    char folder[512], text[MANY][16];
    series line;
    make_folder("many", folder);
    for (int i = 0; i < MANY; i++) {
        snprintf(text[i], sizeof text[i], "kind %d", i);
        names[i] = text[i];
        phases[i] = made->model.phases[0];
        phases[i].special_high = -1;
        phases[i].middle.active_modes = modes[i];
    }
    for (int i = 0; i < MODEL_POINTS; i++) {
        made->model.points[i].phase = made->model.points[i].branch == 1 ? 4 : 3;
    }
    made->tables[1].rows = 0;
    made->tables[2] = (spn_table){"phases", &spn_phase_columns, MANY, phases};
    made->tables[3].rows = 0;
    made->names = (spn_text_column){"phases", "name", MANY, names, ""};
    draw(folder);
    read_series(folder, 'a', "2 modes (6 minima)", &line);
    assert_int_equal(line.count, 2 * MODEL_PLACES);
    read_series(folder, 'a', "kind 4", &line);
    assert_int_equal(line.count, MODEL_PLACES);
    check_contains(folder, "branches.txt", "  kind 3: beta");
    for (int i = 0; i < MANY; i++) {
        phases[i].middle.active_modes = -1; /* no labels */
    }
    draw(folder);
    check_contains(folder, "branches.gp", "title '9 minima'");
    /* Marks that would cover each other: folds at one place, and one a tenth of the axis away. */
    enum { CLOSE = 5 };
    spn_special_record specials[CLOSE];
    series marks;
    for (int i = 0; i < CLOSE; i++) {
        specials[i] = made->model.specials[0];
        specials[i].kind = SPN_SPECIAL_FOLD;
        specials[i].index_before = 0;
        specials[i].index_after = 1;
        specials[i].same_as = -1;
        specials[i].beta = i + 1 < CLOSE ? 0.2 + 1e-4 * i : 0.3;
    }
    made->tables[1] = (spn_table){"specials", &spn_special_columns, CLOSE, specials};
    draw(folder);
    read_series(folder, 'a', "fold", &marks);
    assert_int_equal(marks.count, 2);
    check_close(marks.x[0], 0.2, 0, 1);
    check_close(marks.x[1], 0.3, 0, 1);
    check_contains(folder, "branches.txt", "Where marks would cover each other one stands for all");
    made->tables[2].rows = 6; /* few: each has its name, and all marks are drawn */
    made->names.rows = 6;
    draw(folder);
    check_contains(folder, "branches.gp", "title 'kind 3'");
    read_series(folder, 'a', "fold", &marks);
    assert_int_equal(marks.count, CLOSE);
    check_lacks(folder, "branches.txt", "would cover each other");
}

static void test_bad_results(void **state)
{
    (void)state;
    char folder[512];
    make_folder("bad", folder);
    spn_results bad = made->results;
    bad.text_column_count = 0;
    check_fails(context, spn_plot_branches(context, &bad, folder, NULL), SPN_ERROR_INPUT,
                "no texts 'name'");
    bad = made->results;
    bad.table_count = 3;
    check_fails(context, spn_plot_branches(context, &bad, folder, NULL), SPN_ERROR_INPUT,
                "no table 'maxwell'");
    made->tables[0].rows = 0;
    check_fails(context, spn_plot_branches(context, &made->results, folder, NULL), SPN_ERROR_INPUT,
                "no points");
    made->tables[0].rows = MODEL_POINTS;
    made->model.points[7].phase = 3;
    check_fails(context, spn_plot_branches(context, &made->results, folder, NULL), SPN_ERROR_INPUT,
                "a point in phase 3 of 3");
    made->model.points[7].phase = 0;
    made->model.maxwell[0].phase_b = -1;
    check_fails(context, spn_plot_branches(context, &made->results, folder, NULL), SPN_ERROR_INPUT,
                "Maxwell point of unknown phases");
    const spn_columns few = {spn_branch_columns.items, 3, spn_branch_columns.record_size};
    made->tables[0].columns = &few;
    check_fails(context, spn_plot_branches(context, &made->results, folder, NULL), SPN_ERROR_INPUT,
                "no column \"beta\"");
}

static void test_figure(void **state)
{
    (void)state;
    char folder[512];
    if (system("gnuplot --version >/dev/null 2>&1") != 0) {
        print_message("gnuplot is missing\n");
        skip();
    }
    make_folder("figure", folder);
    check_ok(context, spn_plot_branches(context, &made->results, folder, NULL));
    check_contains(folder, "branches.svg", "1 mode");
    check_contains(folder, "branches.svg", "linear spinodal");
    check_fails(context, spn_plot_branches(context, &made->results, folder, NULL), SPN_ERROR_IO,
                "--force");
}

static spn_status draw_in(spn_context *own, void *state)
{
    const spn_plot_settings settings = {.force = true, .gnuplot = "true"};
    spn_status status = spn_plot_branches(own, &made->results, state, &settings);
    /* gnuplot is played by a program that draws nothing: all allocations have been made by then. */
    return status == SPN_ERROR_IO ? SPN_OK : status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    char folder[512];
    make_folder("memory", folder);
    assert_true(support_fail_each_allocation(draw_in, folder) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines_are_the_branches, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gap_in_a_phase, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kinks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_markers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_caption, setup, teardown),
        cmocka_unit_test_setup_teardown(test_axis, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_phases, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_results, setup, teardown),
        cmocka_unit_test_setup_teardown(test_figure, setup, teardown),
        cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
