/* SPDX-License-Identifier: MIT */
/* Figures of escape times and of orders, drawn without gnuplot: what their data and captions say. */
#include "folder.h"
#include "gallery/delay/delay.h"
#include "gallery/orders/orders.h"

#include <spinodal/theory.h>

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

/* Depth 3, sigma = 0.9, an epoch a hundredth of the time. */
static spni_delay_run make_run(int64_t axis, int64_t method, int64_t seed, double scale,
                               double beta)
{
    const double gain = seed < 0 ? 1 : 2, none = (double)NAN;
    spni_delay_run run = {.axis = axis,
                          .depth = 3,
                          .method = method,
                          .seed = seed,
                          .scale = scale,
                          .beta = beta,
                          .threshold = 0.9 * scale,
                          .own_scale = gain * scale,
                          .own_threshold = 0.9 * gain * scale,
                          .strength = 0.45,
                          .epoch = none,
                          .time = none,
                          .t22 = none,
                          .passage_difference = none,
                          .t16_difference = none,
                          .t22_difference = none,
                          .aligned_share = none};
    run.passage = spn_theory_passage_time(3, 0.9, beta, run.own_scale, 0.45);
    run.t16 = spn_theory_escape_time(3, 0.9, beta, scale);
    run.outcome = beta < run.own_threshold ? SPNI_DELAY_LEFT : SPNI_DELAY_NEVER;
    if (run.outcome == SPNI_DELAY_LEFT && method == SPN_PATH_FLOW) {
        run.time = run.passage;
        run.epoch = 100 * run.time;
        run.passage_difference = 0;
        run.t16_difference = run.time / run.t16 - 1;
        run.aligned_share = run.time / spn_theory_passage_time(3, 0.9, beta, scale, 0.45);
    }
    return run;
}

static void draw(const char *name, const spn_columns *columns, const char *table, int64_t rows,
                 const void *records, char folder[512])
{
    const spn_plot_settings settings = {.gnuplot = "no-such-gnuplot"};
    const spn_table tables[] = {{table, columns, rows, records}};
    const spn_attribute attribute = {"configuration", "data: {}", 0};
    const spn_results results = {.kind = name,
                                 .attribute_count = 1,
                                 .attributes = &attribute,
                                 .table_count = 1,
                                 .tables = tables};
    make_folder(name, folder);
    check_fails(context,
                (columns == &spni_delay_columns ? spni_delay_plot : spni_orders_plot)(
                    context, &results, folder, &settings),
                SPN_ERROR_IO, "not installed");
}

/* The rows of the block of a series in a panel: "# index N: panel (b), ...: LABEL". */
static int64_t block_rows(const char *data, char panel, const char *label, double rows[][2],
                          int64_t capacity)
{
    char head[16];
    int64_t count = 0;
    snprintf(head, sizeof head, "panel (%c)", panel);
    for (const char *at = data; (at = strstr(at, "# index ")) != NULL; at++) {
        const char *end = strchr(at, '\n'), *found = strstr(at, head), *named = strstr(at, label);
        if (found == NULL || found > end || named == NULL || named > end) {
            continue;
        }
        for (const char *line = end + 1; *line != '\0' && *line != '#' && count < capacity;) {
            char *x_end = NULL, *y_end = NULL;
            const double x = strtod(line, &x_end), y = strtod(x_end, &y_end);
            const char *next = strchr(line, '\n');
            if (next == NULL) {
                break;
            }
            if (x_end != line && x_end < next && y_end <= next) {
                rows[count][0] = x;
                rows[count++][1] = y;
            }
            line = next + 1;
        }
        break;
    }
    return count;
}

enum { ROWS_MAX = 2000 };
static double rows[ROWS_MAX][2];

/* Points and curves are in epochs above, shares below; the curve of the random start is that of twice the scale; what never
 * leaves stands above everything. */
static void test_scale(void **state)
{
    (void)state;
    char folder[512];
    const double scales[] = {5e-5, 1e-3, 1e-2, 0.1};
    spni_delay_run runs[12];
    int64_t count = 0, size = 0;
    for (int64_t i = 0; i < 4; i++) {
        runs[count++] = make_run(SPNI_DELAY_SCALE, SPN_PATH_FLOW, -1, scales[i], 1e-4);
        runs[count++] = make_run(SPNI_DELAY_SCALE, SPN_PATH_FLOW, 0, scales[i], 1e-4);
        runs[count] = make_run(SPNI_DELAY_SCALE, SPN_PATH_ADAM, -1, scales[i], 1e-4);
        runs[count].outcome = SPNI_DELAY_LEFT;
        runs[count++].epoch = 420;
    }
    draw("delay", &spni_delay_columns, "runs", count, runs, folder);
    char *data = load(folder, "delay.dat", &size);
    assert_int_equal(block_rows(data, 'a', ": aligned start, flow", rows, ROWS_MAX), 3);
    check_close(rows[0][0], 1e-3, 1e-15, 0);
    check_close(rows[0][1], 100 * spn_theory_passage_time(3, 0.9, 1e-4, 1e-3, 0.45), 1e-14, 0);
    assert_int_equal(block_rows(data, 'a', ": never leaves", rows, ROWS_MAX), 1);
    const double edge = rows[0][1];
    assert_true(edge > 100 * spn_theory_passage_time(3, 0.9, 1e-4, 1e-3, 0.45));
    const int64_t curve = block_rows(data, 'a', "exact passage time", rows, ROWS_MAX);
    assert_true(curve > 100);
    for (int64_t i = 0; i < curve; i++) {
        check_close(rows[i][1], 100 * spn_theory_passage_time(3, 0.9, 1e-4, rows[i][0], 0.45), 1e-9,
                    0);
        assert_true(rows[i][0] > 1e-4 / 0.9);
    }
    const int64_t own = block_rows(data, 'a', "law of each", rows, ROWS_MAX);
    assert_true(own > curve);
    for (int64_t i = 0; i < own; i++) {
        check_close(rows[i][1], 100 * spn_theory_passage_time(3, 0.9, 1e-4, 2 * rows[i][0], 0.45),
                    1e-9, 0);
    }
    assert_int_equal(block_rows(data, 'a', ": aligned start, Adam", rows, ROWS_MAX), 4);
    check_close(rows[3][1], 420, 0, 0);
    assert_int_equal(block_rows(data, 'b', ": aligned start, flow", rows, ROWS_MAX), 3);
    check_close(rows[2][1], 1, 1e-14, 0);
    free(data);
    check_contains(folder, "delay.gp", "{/:Italic D} = 3, {/:Italic β} = 10^{-4}");
    check_contains(folder, "delay.txt", "D = 3, aligned: 3 left, 1 never");
    check_contains(folder, "delay.txt", "random: 3 left, 1 never");
    check_contains(folder, "delay.txt", "Adam, aligned: 4 left after 420 to 420 steps, 0 not");
}

/* Against beta over the threshold; below, over the time without a ridge. */
static void test_beta(void **state)
{
    (void)state;
    char folder[512];
    const double shares[] = {0.01, 0.5, 0.99, 1.5};
    spni_delay_run runs[8];
    int64_t count = 0, size = 0;
    for (int64_t i = 0; i < 4; i++) {
        runs[count++] = make_run(SPNI_DELAY_BETA, SPN_PATH_FLOW, -1, 1e-3, 0.9 * 1e-3 * shares[i]);
        runs[count++] = make_run(SPNI_DELAY_BETA, SPN_PATH_FLOW, 0, 1e-3, 0.9 * 1e-3 * shares[i]);
    }
    draw("delay-beta", &spni_delay_columns, "runs", count, runs, folder);
    char *data = load(folder, "delay-beta.dat", &size);
    const double free_time = spn_theory_passage_time(3, 0.9, 0, 1e-3, 0.45);
    assert_int_equal(block_rows(data, 'b', ": aligned start, flow", rows, ROWS_MAX), 3);
    for (int64_t i = 0; i < 3; i++) {
        check_close(rows[i][0], shares[i], 1e-12, 0);
        check_close(rows[i][1],
                    spn_theory_passage_time(3, 0.9, 0.9e-3 * shares[i], 1e-3, 0.45) / free_time,
                    1e-12, 0);
    }
    /* Twice the scale, twice the threshold. */
    assert_int_equal(block_rows(data, 'b', ": random starts, flow", rows, ROWS_MAX), 4);
    assert_int_equal(block_rows(data, 'a', ": never leaves", rows, ROWS_MAX), 1);
    check_close(rows[0][0], 1.5, 1e-12, 0);
    free(data);
}

static spni_orders_race make_race(int64_t method, double beta, double residue, int64_t draw,
                                  double middle, double trivial)
{
    return (spni_orders_race){.method = method,
                              .learning_rate = 0.1,
                              .beta = beta,
                              .residue = residue,
                              .draw = draw,
                              .epoch_random = 10,
                              .epoch_middle = middle,
                              .epoch_trivial = trivial,
                              .epoch_strong = trivial / 2,
                              .first = SPNI_ORDERS_RANDOM,
                              .lead = isnan(middle) && isnan(trivial) ? (double)NAN
                                      : isnan(trivial)                ? 1
                                                       : (trivial - middle) / (trivial + middle)};
}

/* Each place of the map once, as its draws agree; medians count what never arrives as last. */
static void test_orders(void **state)
{
    (void)state;
    char folder[512];
    int64_t size = 0;
    const double none = (double)NAN;
    const spni_orders_race races[] = {
        make_race(SPN_PATH_GD, 1e-4, 1e-3, 0, 100, 200),
        make_race(SPN_PATH_GD, 1e-4, 1e-3, 1, 110, none),
        make_race(SPN_PATH_GD, 1e-4, 1e-3, 2, 120, 300),
        make_race(SPN_PATH_GD, 1e-4, 1e-2, 0, 30, 20),
        make_race(SPN_PATH_GD, 1e-4, 1e-2, 1, 31, 21),
        make_race(SPN_PATH_GD, 1e-4, 1e-2, 2, 32, 22),
        make_race(SPN_PATH_GD, 0, 1e-2, 0, 30, 20),
        make_race(SPN_PATH_GD, 0, 1e-2, 1, 30, 40),
        make_race(SPN_PATH_GD, 0, 1e-2, 2, 30, 30),
        make_race(SPN_PATH_GD, 0.01, 1e-3, 0, none, none),
        make_race(SPN_PATH_GD, 0.01, 1e-3, 1, none, none),
        make_race(SPN_PATH_GD, 0.01, 1e-3, 2, none, none),
    };
    draw("orders", &spni_orders_columns, "races", sizeof races / sizeof *races, races, folder);
    char *data = load(folder, "orders.dat", &size);
    const char *const labels[] = {": middle first", ": trivial first", ": draws differ",
                                  ": neither"};
    const double places[][2] = {{1e-3, 1e-4}, {1e-2, 1e-4}, {1e-2, 0}, {1e-3, 0.01}};
    for (int64_t i = 0; i < 4; i++) {
        assert_int_equal(block_rows(data, 'b', labels[i], rows, ROWS_MAX), 1);
        check_close(rows[0][0], places[i][0], 1e-15, 0);
        check_close(rows[0][1], places[i][1], 1e-15, 0);
    }
    assert_int_equal(block_rows(data, 'a', ": from the trivial phase", rows, ROWS_MAX), 5);
    free(data);
    check_contains(folder, "orders.txt",
                   "gradient descent, beta = 0.0001, u_0 = 0.001: random 10, middle 110, trivial "
                   "300; of 3 draws middle first in 3, trivial first in 0");
    check_contains(folder, "orders.txt", "Random weights are first in 12 of 12 races.");
    check_contains(folder, "orders.txt", "middle never, trivial never");
}

static void test_bad_results(void **state)
{
    (void)state;
    char folder[512];
    const spn_results results = {.kind = "delay"};
    const spni_delay_run bad = {.depth = 1, .scale = 1};
    const spn_table tables[] = {{"runs", &spni_delay_columns, 1, &bad}};
    const spn_results shallow = {.kind = "delay", .table_count = 1, .tables = tables};
    make_folder("bad", folder);
    check_fails(context, spni_delay_plot(context, &results, folder, NULL), SPN_ERROR_INPUT,
                "table 'runs'");
    check_fails(context, spni_orders_plot(context, &results, folder, NULL), SPN_ERROR_INPUT,
                "table 'races'");
    check_fails(context, spni_delay_plot(context, &shallow, folder, NULL), SPN_ERROR_INPUT,
                "depth 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_beta),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_bad_results),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
