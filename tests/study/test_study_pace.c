/* SPDX-License-Identifier: MIT */
/* Sweeps of networks that choose their own steps (beta.tolerance): E and |theta| between rows against closed forms, and transitions
 * against those of a grid. */
#include "sweep_run.h"

#include <spinodal/theory.h>
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

typedef struct paced_run {
    sweep_run run;
    int64_t count;
    spn_sweep_jump *jumps;
} paced_run;

static void make_run(const char *text, paced_run *out)
{
    sweep_run_make(context, text, 2, "paced.h5", &out->run);
    const spn_table *jumps = spn_results_table(&out->run.results, "jumps");
    assert_non_null(jumps);
    out->count = jumps->rows;
    out->jumps = spn_arena_take(out->run.arena, jumps->rows + 1, sizeof *out->jumps);
    check_ok(context,
             spn_table_convert(context, jumps, "paced.h5", &spn_sweep_jump_columns, out->jumps));
}

/* A linear network on whitened data. `beta` is what stands in its section. */
static void run_linear(int depth, double a, double b, const char *beta, paced_run *out)
{
    static const char *const hidden[] = {"[]", "[3]", "[3, 3]", "[3, 3, 3]"};
    char text[512];
    snprintf(text, sizeof text,
             "data: {samples: 50, correlations: [%.17g, %.17g]}\n"
             "model: {hidden: %s, activation: linear}\n"
             "sweep: {direction: both, beta: {%s}}\n",
             a, b, hidden[depth - 1], beta);
    make_run(text, out);
}

/* A place on a curve: E and |theta|. */
typedef struct place {
    double beta, error, norm;
} place;

typedef struct line_case {
    spn_theory_network network;
    uint64_t active;
    bool is_log;
    double error_range, norm_range;
    double worst; /* distance from the lines, as a share of the ranges */
} line_case;

static place place_at(const line_case *c, double beta)
{
    spn_theory_phase phase;
    check_ok(context, spn_theory_phase_at(context, &c->network, c->active, beta, &phase));
    return (place){beta, phase.error, sqrt(phase.norm_squared)};
}

/* The largest distance of E and |theta| of the phase from the lines between two places of it. */
static void check_line(line_case *c, place a, place b)
{
    const int parts = 64;
    for (int k = 1; k < parts; k++) {
        const double share = (double)k / parts;
        const double beta =
            c->is_log ? a.beta * pow(b.beta / a.beta, share) : a.beta + share * (b.beta - a.beta);
        const place here = place_at(c, beta);
        const double error = fabs(here.error - (a.error + share * (b.error - a.error)));
        const double norm = fabs(here.norm - (a.norm + share * (b.norm - a.norm)));
        c->worst = fmax(c->worst, fmax(error / c->error_range, norm / c->norm_range));
    }
}

static uint64_t active_of(int64_t modes)
{
    return ((uint64_t)1 << modes) - 1;
}

/* All steps of all chains; of one with a jump the way to it. */
static void check_lines(line_case *c, const paced_run *run)
{
    for (int64_t i = 1; i < run->run.count; i++) {
        const spn_sweep_record *a = &run->run.points[i - 1], *b = &run->run.points[i];
        if (b->point != a->point + 1) {
            continue;
        }
        const place from = {a->state.beta, a->state.error, a->state.weight_norm};
        place to = {b->state.beta, b->state.error, b->state.weight_norm};
        c->active = active_of(a->state.active_modes);
        for (int64_t j = 0; j < run->count && b->jump; j++) {
            const spn_sweep_jump *jump = &run->jumps[j];
            const bool is_its = jump->direction == b->direction && jump->phase == b->phase &&
                                jump->point == b->point &&
                                jump->before.active_modes == a->state.active_modes;
            if (is_its) {
                to = (place){jump->beta_before, jump->before.error, jump->before.weight_norm};
            }
        }
        check_line(c, from, to);
    }
}

static void check_linear(int depth, bool is_log, double tolerance, int64_t most)
{
    const double sigmas[2] = {0.9, 0.5};
    char beta[128];
    paced_run run;
    line_case c = {.network = {depth, 2, sigmas, 2}, .is_log = is_log};
    snprintf(beta, sizeof beta, "from: 0.01, to: 1.2, tolerance: %g, spacing: %s", tolerance,
             is_log ? "log" : "linear");
    run_linear(depth, sigmas[0], sigmas[1], beta, &run);
    c.error_range = 2 - run.run.points[0].state.error;
    c.norm_range = run.run.points[0].state.weight_norm;
    check_lines(&c, &run);
    print_message("D = %d%s, tolerance %g: %g with %lld points\n", depth, is_log ? ", log" : "",
                  tolerance, c.worst, (long long)run.run.count);
    assert_true(c.worst <= tolerance);
    assert_true(c.worst > tolerance / 20);
    assert_true(run.run.count <= most);
    sweep_run_free(&run.run);
}

/* T11 to T15: the chain up and those down from each of its phases. */
static void test_lines_of_linear_networks(void **state)
{
    (void)state;
    check_linear(2, false, 0.01, 130);
    check_linear(3, false, 0.01, 100);
    check_linear(3, true, 0.01, 140);
    check_linear(4, false, 0.003, 150);
}

static void check_same_jumps(const paced_run *a, const paced_run *b)
{
    assert_int_equal(a->count, b->count);
    for (int64_t i = 0; i < a->count; i++) {
        const spn_sweep_jump *one = &a->jumps[i], *two = &b->jumps[i];
        check_close(one->beta, two->beta, 2e-6, 0);
        if (two->survives) { /* behind a continuous transition theta goes like a root of how far behind */
            check_close(one->after.error, two->after.error, 1e-6, 0);
            check_close(one->after.weight_norm, two->after.weight_norm, 1e-6, 1);
        }
        assert_int_equal(one->direction, two->direction);
        assert_int_equal(one->before.active_modes, two->before.active_modes);
        assert_int_equal(one->after.active_modes, two->after.active_modes);
        assert_int_equal(one->survives, two->survives);
        assert_int_equal(one->resolved, 1);
        assert_int_equal(one->settled, 1);
    }
}

/* Nothing is stepped over: two folds within 3e-4 of each other, a mode twice; and continuous transitions. */
static void test_hard_spectra(void **state)
{
    (void)state;
    static const struct {
        int depth;
        double a, b;
    } cases[] = {{3, 0.9, 0.5}, {3, 0.5001, 0.5}, {4, 0.5001, 0.5}, {3, 0.5, 0.5}, {2, 0.9, 0.5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        paced_run grid, paced;
        run_linear(cases[i].depth, cases[i].a, cases[i].b, "from: 0.01, to: 1.2, points: 400",
                   &grid);
        run_linear(cases[i].depth, cases[i].a, cases[i].b, "from: 0.01, to: 1.2, tolerance: 0.05",
                   &paced);
        check_same_jumps(&paced, &grid);
        sweep_run_free(&grid.run);
        sweep_run_free(&paced.run);
    }
}

/* The network of Figure 2: the accuracy transitions and those of the symmetry, as on a grid of 400. */
static void test_figure_2(void **state)
{
    (void)state;
    paced_run grid, paced;
    make_run("sweep: {direction: up, beta: {from: 0.03, to: 0.5, points: 400}}\n", &grid);
    make_run("sweep: {direction: up, beta: {from: 0.03, to: 0.5, tolerance: 0.01}}\n", &paced);
    assert_int_equal(grid.count, 4);
    check_same_jumps(&paced, &grid);
    assert_true(paced.run.count < 60);
    print_message("Figure 2: %lld points\n", (long long)paced.run.count);
    sweep_run_free(&grid.run);
    sweep_run_free(&paced.run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_of_linear_networks),
        cmocka_unit_test(test_hard_spectra),
        cmocka_unit_test(test_figure_2),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
