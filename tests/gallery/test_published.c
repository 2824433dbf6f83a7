/* SPDX-License-Identifier: MIT */
/* What is said of a sweep beside published measurements: which of their jumps it met, and that it began with nothing
 * learned. */
#include "gallery/published/published.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 2, JUMPS = 5, DIRECTIONS = 3 };
/* A jump counts up to 3 % above them. */
static const spni_published_jump intervals[] = {
    {0.100, 0.110}, {0.200, 0.210}, {0.300, 0.310}, {0.400, 0.410}, {0.500, 0.510}};
static const spni_published_point measured[] = {{0.15, 1.25, 0.5}};
static const spni_published published = {.source = "Published: nobody.",
                                         .jumps = intervals,
                                         .points = measured,
                                         .jump_count = JUMPS,
                                         .point_count = 1};
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

typedef struct made {
    spn_sweep_record points[POINTS];
    spn_sweep_jump jumps[JUMPS];
    double strengths[POINTS * DIRECTIONS];
    const char *error;
} made;

static made start(void)
{
    made m = {.strengths = {0.9, 0.3, 0, 0.8, 0.2, 0}, .error = "cross_entropy"};
    for (int64_t i = 0; i < POINTS; i++) {
        m.points[i] = (spn_sweep_record){.point = i, .state = spn_state_unknown()};
        m.points[i].state.beta = 0.1 + 0.1 * (double)i;
        m.points[i].state.error = 1 + 0.5 * (double)i;
        m.points[i].state.active_modes = 2;
    }
    return m;
}

static void put_jump(made *m, int64_t i, double beta)
{
    m->jumps[i] = (spn_sweep_jump){.direction = SPN_DIRECTION_UP,
                                   .beta = beta,
                                   .beta_before = beta - 1e-5,
                                   .beta_after = beta + 1e-5,
                                   .before = spn_state_unknown(),
                                   .after = spn_state_unknown(),
                                   .survives = 1};
}

/* The section of results with so many jumps. */
static char *section(const made *m, int64_t jumps)
{
    char configuration[80];
    (void)snprintf(configuration, sizeof configuration, "objective:\n  error: %s\n", m->error);
    const spn_attribute attributes[] = {{"configuration", configuration, 0}, {"samples", NULL, 77}};
    const spn_table tables[] = {{"points", &spn_sweep_columns, POINTS, m->points},
                                {"jumps", &spn_sweep_jump_columns, jumps, m->jumps}};
    const spn_array strengths = {
        .name = "modes", .rows = POINTS, .columns = DIRECTIONS, .values = m->strengths};
    const spn_results results = {.kind = "sweep",
                                 .attribute_count = 2,
                                 .attributes = attributes,
                                 .table_count = 2,
                                 .tables = tables,
                                 .array_count = 1,
                                 .arrays = &strengths};
    spni_section_source source = {.path = "made.h5", .results = &results};
    spn_text page = {.context = context};
    assert_int_equal(spn_arena_create(context, &source.arena), SPN_OK);
    assert_int_equal(spni_published_section(&page, &source, &published), SPN_OK);
    char *text = strdup(page.buffer.text);
    spn_text_end(&page);
    spn_arena_free(source.arena);
    return text;
}

static void expect(const made *m, int64_t jumps, const char *wanted, bool is_wanted)
{
    char *text = section(m, jumps);
    if ((strstr(text, wanted) != NULL) != is_wanted) {
        fail_msg("'%s' %s in:\n%s", wanted, is_wanted ? "is not" : "is", text);
    }
    free(text);
}

/* In the interval, 2.8 % above it, 3.2 % above, below it, and nothing near. */
static void test_jumps(void **state)
{
    (void)state;
    made m = start();
    expect(&m, 0, "\n0 of 5 lie in their interval or at most 3 % above it.\n", true);
    put_jump(&m, 0, 0.105);
    put_jump(&m, 1, 0.21588);
    put_jump(&m, 2, 0.31992);
    put_jump(&m, 3, 0.39);
    put_jump(&m, 4, 0.9);
    expect(&m, 5, "\n2 of 5 lie in their interval or at most 3 % above it.\n", true);
    expect(&m, 5, "| 0.2 | 0.21 | 0.21588 | 1e-05 | 2.8 |", true);
    expect(&m, 5, "| 0.4 | 0.41 | 0.39 | 1e-05 | -4.9 |", true);
    expect(&m, 5, "| 0.5 | 0.51 | - | - | - |", true);
}

static void test_points(void **state)
{
    (void)state;
    made m = start();
    expect(&m, 0, "This sweep has 77 training samples.", true);
    expect(&m, 0, "| 0.15 | 1.25 | 1.25 | 0 | 0.5 | - |", true);
}

/* Classes of different sizes leave a trace of one direction where phi(0) != 0; it is nothing learned. Its size is that of
 * logits: with another error the labels alone tell. */
static void test_nothing_learned(void **state)
{
    (void)state;
    static const char *const words = "Nothing is learned at the first β";
    made m = start();
    expect(&m, 0, words, false);
    memset(m.strengths, 0, DIRECTIONS * sizeof *m.strengths);
    m.strengths[0] = 1e-4;
    expect(&m, 0, words, true);
    m.error = "mse";
    expect(&m, 0, words, false);
    m.points[0].state.active_modes = 0;
    expect(&m, 0, words, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jumps),
        cmocka_unit_test(test_points),
        cmocka_unit_test(test_nothing_learned),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
