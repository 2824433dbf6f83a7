/* SPDX-License-Identifier: MIT */
/* The list of transitions of a sweep, from data in a file to orders: the same in all units, on all grids, for samples
 * in any order, repeated samples and exchanged inputs. */
#include "scaled.h"
#include "sweep_run.h"

#include <spinodal/transition.h>
#include <stdio.h>

static spn_context *context;

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

/* ---- Lists of transitions --------------------------------------------------------------------- */

enum { ROWS = 16 };
typedef struct list {
    int64_t count;
    int64_t kind[ROWS], before[ROWS], after[ROWS];
    double beta[ROWS], low[ROWS], high[ROWS], order[ROWS], jump[ROWS];
} list;

static const void *read_records(const sweep_run *run, const char *name, const spn_columns *columns,
                                int64_t *count)
{
    const spn_table *table = spn_results_table(&run->results, name);
    assert_non_null(table);
    *count = table->rows;
    void *records = spn_arena_take(run->arena, table->rows + 1, columns->record_size);
    check_ok(context, spn_table_convert(context, table, name, columns, records));
    return records;
}

static list take(const sweep_run *run)
{
    list out = {0};
    spn_transitions *transitions = NULL;
    spn_sweep_tables tables = {.point_count = run->count, .points = run->points};
    tables.jumps = read_records(run, "jumps", &spn_sweep_jump_columns, &tables.jump_count);
    tables.approach =
        read_records(run, "approach", &spn_sweep_approach_columns, &tables.approach_count);
    check_ok(context, spn_transitions_create(context, &transitions));
    check_ok(context, spn_transitions_add_sweep(context, transitions, &tables));
    const spn_transition *rows = spn_transitions_rows(transitions, &out.count);
    assert_true(out.count <= ROWS);
    for (int64_t i = 0; i < out.count; i++) {
        out.kind[i] = rows[i].kind;
        out.order[i] = rows[i].order;
        out.beta[i] = rows[i].beta;
        out.low[i] = rows[i].beta_low;
        out.high[i] = rows[i].beta_high;
        out.jump[i] = rows[i].jump;
        out.before[i] = rows[i].before.active_modes;
        out.after[i] = rows[i].after.active_modes;
    }
    assert_true(spn_transitions_decided(transitions));
    spn_transitions_free(context, transitions);
    return out;
}

static void write_data(const spn_dataset *data, const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int64_t i = 0; i < data->inputs; i++) {
        fprintf(file, "x%lld,", (long long)i);
    }
    for (int64_t k = 0; k < data->outputs; k++) {
        fprintf(file, "%sy%lld", k > 0 ? "," : "", (long long)k);
    }
    for (int64_t s = 0; s < data->samples; s++) {
        for (int64_t i = 0; i < data->inputs; i++) {
            fprintf(file, "%s%.17g,", i == 0 ? "\n" : "", data->x[i * data->stride + s]);
        }
        for (int64_t k = 0; k < data->outputs; k++) {
            fprintf(file, "%s%.17g", k > 0 ? "," : "", data->y[k * data->stride + s]);
        }
    }
    fprintf(file, "\n");
    assert_int_equal(fclose(file), 0);
}

typedef struct setup {
    const char *model, *targets, *error, *direction, *spacing;
    double from, to;
} setup;

static list run_on(const setup *s, const spn_dataset *data, double control, int points)
{
    char path[512], text[1024];
    sweep_run run;
    support_scratch("scales.csv", path);
    write_data(data, path);
    snprintf(text, sizeof text,
             "data: {kind: csv, path: %s, targets: [%s]}\nmodel: {%s}\nobjective: {error: %s}\n"
             "sweep: {beta: {from: %.17g, to: %.17g, points: %d, spacing: %s}, direction: %s}\n",
             path, s->targets, s->model, s->error, s->from * control, s->to * control, points,
             s->spacing, s->direction);
    sweep_run_make(context, text, 1, "scales.h5", &run);
    assert_true(run.is_gated);
    const list out = take(&run);
    sweep_run_free(&run);
    return out;
}

/* Spinodals are located to refine_tolerance, 1e-6 of beta; crossings of L to the interval that they state, which grows
 * with the steps of the grid. */
static void check_same(const list *a, const list *b, const scaled_units *units)
{
    assert_int_equal(b->count, a->count);
    for (int64_t i = 0; i < a->count; i++) {
        const double beta = units->control * a->beta[i];
        const double widths = units->control * (a->high[i] - a->low[i]) + (b->high[i] - b->low[i]);
        assert_int_equal(b->kind[i], a->kind[i]);
        assert_true(b->order[i] == a->order[i]);
        assert_int_equal(b->before[i], a->before[i]);
        assert_int_equal(b->after[i], a->after[i]);
        check_close(b->beta[i], beta, 1e-6 + 0.5 * widths / beta, 0);
        assert_true(widths <= (a->kind[i] == SPN_TRANSITION_MAXWELL ? 1e-3 : 2e-6) * beta);
    }
}

static const scaled_units same_units = {1, 1, 1, 1, 1};

/* ---- Units ------------------------------------------------------------------------------------ */

static const double sigma[2] = {0.9, 0.5};
static const setup shallow = {
    "hidden: [3], activation: linear", "y0, y1", "mse", "both", "linear", 0.1, 1.1};
static const setup deep = {
    "hidden: [2, 2], activation: linear", "y0, y1", "mse", "both", "linear", 0.02, 0.5};

static spn_dataset *gaussian(void)
{
    const spn_data_settings settings = {.kind = SPN_DATA_GAUSSIAN,
                                        .samples = 40,
                                        .inputs = 2,
                                        .outputs = 2,
                                        .correlations = {2, sigma},
                                        .moments = SPN_MOMENTS_EXACT,
                                        .seed = 3};
    spn_dataset *data = NULL;
    check_ok(context, spn_dataset_gaussian(context, &settings, &data));
    return data;
}

/* 18 decades of inputs, of targets and of both, by factors that are no powers of two or ten. T12 and T13 say where the
 * transitions of the plain problem are. */
static void test_units(void **state)
{
    (void)state;
    static const double factors[] = {1e-9, 3.7e-6, 0.002, 0.3, 6, 71, 5.3e4, 2e7, 1e9};
    const setup *setups[2] = {&shallow, &deep};
    const double expected[2][4] = {
        {0.5, 0.9}, {0.15749013123685915, 0.1875, 0.34483924457709891, 0.41054863470120451}};
    spn_dataset *data = gaussian();
    for (int k = 0; k < 2; k++) {
        const int depth = k + 2;
        const list plain = run_on(setups[k], data, 1, 20);
        assert_int_equal(plain.count, k == 0 ? 2 : 4);
        for (int64_t i = 0; i < plain.count; i++) {
            check_close(plain.beta[i], expected[k][i], 3e-6, 0);
            assert_true(plain.order[i] == (k == 0 ? 2 : 1));
        }
        for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
            const double c = factors[i];
            const double inputs[3] = {c, 1, c}, targets[3] = {1, c, c};
            for (int j = 0; j < 3; j++) {
                const scaled_units units = scaled_units_of(inputs[j], targets[j], depth);
                spn_dataset *scaled = scaled_by(context, data, inputs[j], targets[j]);
                const list other = run_on(setups[k], scaled, units.control, 20);
                check_same(&plain, &other, &units);
                spn_dataset_free(context, scaled);
            }
        }
    }
    spn_dataset_free(context, data);
}

/* ---- Grids, order and repetition -------------------------------------------------------------- */

static const setup classes = {"hidden: [4], activation: tanh, bias: true",
                              "y0, y1, y2",
                              "cross_entropy",
                              "up",
                              "log",
                              0.005,
                              1};

/* Three overlapping classes of 15 samples with four inputs. */
static spn_dataset *three_classes(void)
{
    enum { SAMPLES = 45, INPUTS = 4, CLASSES = 3, WIDTH = INPUTS + CLASSES };
    double rows[SAMPLES * WIDTH] = {0};
    spn_random stream = spn_random_stream(7, SPN_PURPOSE_DATA, 0);
    spn_dataset *data = NULL;
    for (int s = 0; s < SAMPLES; s++) {
        for (int i = 0; i < INPUTS; i++) {
            rows[s * WIDTH + i] = 1.5 * (i == s % CLASSES) + spn_random_normal(&stream);
        }
        rows[s * WIDTH + INPUTS + s % CLASSES] = 1;
    }
    check_ok(context,
             spn_dataset_from_rows(context, SAMPLES, INPUTS, CLASSES, rows, NULL, NULL, &data));
    return data;
}

static void check_grids(const setup *s, spn_dataset *data, int64_t least)
{
    const int points[] = {20, 200, 2000};
    list lists[3];
    for (int i = 0; i < 3; i++) {
        lists[i] = run_on(s, data, 1, points[i]);
        check_same(&lists[0], &lists[i], &same_units);
    }
    assert_true(lists[0].count >= least);
}

static void test_grids(void **state)
{
    (void)state;
    spn_dataset *data = three_classes();
    check_grids(&classes, data, 2);
    spn_dataset_free(context, data);
    data = gaussian();
    check_grids(&deep, data, 4);
    spn_dataset_free(context, data);
}

/* Samples in another order, samples twice, and inputs exchanged where the network's start treats them alike. */
static void check_orders(const setup *s, spn_dataset *data)
{
    enum { MOST = 128 };
    int64_t samples[MOST];
    const int64_t n = data->samples;
    assert_true(2 * n <= MOST);
    const list plain = run_on(s, data, 1, 20);
    for (int64_t i = 0; i < 2 * n; i++) {
        samples[i] = 7 * i % n; /* 7 divides neither 40 nor 45 */
    }
    for (int64_t count = n; count <= 2 * n; count += n) {
        spn_dataset *other = scaled_data(context, data, 1, 1, count, samples, 0, NULL);
        const list found = run_on(s, other, 1, 20);
        check_same(&plain, &found, &same_units);
        spn_dataset_free(context, other);
    }
}

static void test_orders(void **state)
{
    (void)state;
    spn_dataset *data = three_classes();
    check_orders(&classes, data);
    spn_dataset_free(context, data);
    data = gaussian();
    check_orders(&deep, data);
    /* of a linear network all starts find the same phases */
    const int64_t exchanged[3] = {1, 0, -1};
    const list plain = run_on(&deep, data, 1, 20);
    for (int64_t columns = 2; columns <= 3; columns++) {
        spn_dataset *other = scaled_data(context, data, 1, 1, 0, NULL, columns, exchanged);
        const list found = run_on(&deep, other, 1, 20);
        check_same(&plain, &found, &same_units);
        spn_dataset_free(context, other);
    }
    spn_dataset_free(context, data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_grids),
        cmocka_unit_test(test_orders),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
