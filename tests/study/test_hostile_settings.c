/* SPDX-License-Identifier: MIT */
/* Settings that a C program fills in with nonsense are refused by the call that takes them, naming the key, as an
 * experiment file would be: each option of each table, one at a time. */
#include "support.h"

#include <spinodal/study.h>
#include <stdio.h>

static spn_context *context;
static spn_arena *arena;
static const double coefficients[3] = {0, 0, 0};
static spn_landscape landscape = {SPN_LANDSCAPE_DEEP_MODE, 3, coefficients};
static spn_objective objective;
static spn_solver_settings solver;

static int set_up(void **state)
{
    (void)state;
    check_ok(NULL, spn_context_create(NULL, &context));
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context,
             spn_settings_defaults(context, arena, &spn_solver_options, &solver, sizeof solver));
    objective = spn_landscape_objective(&landscape);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    spn_arena_free(arena);
    spn_context_free(context);
    return 0;
}

static spn_status begin_at_one(double *theta)
{
    theta[0] = theta[1] = theta[2] = 1;
    return SPN_OK;
}

static spn_status start(spn_context *own, const void *state, int64_t seed, double *theta)
{
    (void)own, (void)state, (void)seed;
    return begin_at_one(theta);
}

static spn_status begin(spn_context *own, const void *state, int64_t number, int64_t seed,
                        double *theta)
{
    (void)own, (void)state, (void)number, (void)seed;
    return begin_at_one(theta);
}

static spn_status create_sweep(const void *settings)
{
    const spn_sweep_problem problem = {
        .objective = &objective, .settings = settings, .solver = &solver, .initial = start};
    spn_sweep *sweep = NULL;
    const spn_status status = spn_sweep_create(context, &problem, &sweep);
    assert_true((status == SPN_OK) == (sweep != NULL));
    spn_sweep_free(context, sweep);
    return status;
}

static spn_status create_branches(const void *settings)
{
    spn_branches_settings own = *(const spn_branches_settings *)settings;
    own.beta_from = isnan(own.beta_from) ? 0.1 : own.beta_from;
    own.beta_to = isnan(own.beta_to) ? 0.5 : own.beta_to;
    const spn_branches_problem problem = {
        .objective = &objective, .settings = &own, .solver = &solver, .initial = start};
    spn_branches *branches = NULL;
    const spn_status status = spn_branches_create(context, &problem, &branches);
    assert_true((status == SPN_OK) == (branches != NULL));
    spn_branches_free(context, branches);
    return status;
}

static spn_status create_training(const void *settings)
{
    const double residue = 0;
    const spn_trajectory_problem problem = {.objective = &objective,
                                            .settings = settings,
                                            .solver = &solver,
                                            .starts = 1,
                                            .initial = begin,
                                            .residues = &residue};
    spn_trajectories *runs = NULL;
    const spn_status status = spn_trajectories_create(context, &problem, &runs);
    assert_true((status == SPN_OK) == (runs != NULL));
    spn_trajectories_free(context, runs);
    return status;
}

typedef struct taker {
    const spn_option_table *table;
    spn_status (*create)(const void *settings);
} taker;

static const taker takers[] = {{&spn_sweep_options, create_sweep},
                               {&spn_branches_options, create_branches},
                               {&spn_grok_options, create_training}};

enum { ROOM = 1024, NONSENSE = 4 };

/* Put nonsense number `which` into the option; false: there is no such. */
static bool spoil(const spn_option *option, int which, void *place)
{
    const int64_t integers[NONSENSE] = {-1, INT64_MIN, SPN_COUNT_MAX + 1, INT64_MAX};
    const double reals[NONSENSE] = {(double)INFINITY, -(double)INFINITY, 1e200, (double)NAN};
    const bool is_count = option->bound == SPN_COUNT || option->bound == SPN_COUNT_OR_ZERO;
    switch (option->type) {
    case SPN_OPTION_INTEGER:
        *(int64_t *)place = integers[which];
        return option->bound != SPN_ANY && (which < 2 || is_count);
    case SPN_OPTION_REAL:
        *(double *)place = reals[which];
        return which < 2 || (which == 2 && option->bound == SPN_STRENGTH) ||
               (which == 3 && option->initial != NULL);
    case SPN_OPTION_CHOICE:
        *(int *)place = which == 0 ? -1 : 1000;
        return which < 2;
    case SPN_OPTION_REALS:
        *(spn_reals *)place = (spn_reals){which == 0 ? 3 : -1, NULL};
        return which < 2;
    case SPN_OPTION_INTEGERS:
        *(spn_integers *)place = (spn_integers){which == 0 ? 3 : -1, NULL};
        return which < 2;
    case SPN_OPTION_TEXTS:
        *(spn_texts *)place = (spn_texts){which == 0 ? 3 : -1, NULL};
        return which < 2;
    case SPN_OPTION_MATRIX:
        *(spn_matrix *)place = (spn_matrix){which == 0 ? 3 : -1, 1, NULL};
        return which < 2;
    case SPN_OPTION_BOOLEAN:
    case SPN_OPTION_TEXT:
        return false;
    }
    return false;
}

static void test_nonsense_is_refused(void **state)
{
    (void)state;
    int refused = 0;
    for (size_t t = 0; t < sizeof takers / sizeof *takers; t++) {
        const spn_option_table *table = takers[t].table;
        _Alignas(max_align_t) char good[ROOM], bad[ROOM];
        assert_true(table->settings_size <= ROOM);
        check_ok(context, spn_settings_defaults(context, arena, table, good, table->settings_size));
        check_ok(context, takers[t].create(good));
        for (int64_t i = 0; i < table->count; i++) {
            for (int which = 0; which < NONSENSE; which++) {
                char name[64];
                memcpy(bad, good, sizeof bad);
                if (!spoil(&table->options[i], which, bad + table->options[i].offset)) {
                    continue;
                }
                snprintf(name, sizeof name, "%s.%s", table->section, table->options[i].key);
                check_fails(context, takers[t].create(bad), SPN_ERROR_INPUT, name);
                refused++;
            }
        }
    }
    /* Every table has numbers. */
    assert_true(refused > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nonsense_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
