/* SPDX-License-Identifier: MIT */
/* Branches as a study follows them. */
#include "study/experiment.h"
#include "study/run.h"

#include <spinodal/base/farm.h>
#include <spinodal/numeric.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 128 };

typedef struct follower {
    spni_run run;
    spn_branches *branches;
    int64_t branch_count; /* of those that points lie on */
    bool is_by_products;
    spn_column *columns; /* of points, as files of the dense method list them */
    spn_columns shown;
} follower;

static void count_branch(follower *f, const spn_item *item)
{
    const spn_branch_record *point = item->record;
    if (item->stream == SPN_BRANCHES_POINT && point->branch >= f->branch_count) {
        f->branch_count = point->branch + 1;
    }
}

static spn_status replay(spn_context *context, void *state, const spn_item *item)
{
    follower *f = state;
    count_branch(f, item);
    return spn_branches_replay(context, f->branches, item);
}

/* How much there will be nobody knows: the total is 0. */
static spn_status record(spn_context *context, void *state, const spn_item *item)
{
    follower *f = state;
    spn_status status = SPN_OK;
    char text[128];
    int64_t points = 0, specials = 0;
    SPN_TRY(spni_run_record(context, &f->run, item));
    count_branch(f, item);
    (void)spni_recorder_records(&f->run.recorder, SPN_BRANCHES_POINT, &points);
    (void)spni_recorder_records(&f->run.recorder, SPN_BRANCHES_SPECIAL, &specials);
    snprintf(text, sizeof text, "points, %lld branch%s, %lld special points",
             (long long)f->branch_count, f->branch_count == 1 ? "" : "es", (long long)specials);
    spn_progress(context, (double)points, 0, text);
done:
    return status;
}

/* The phase of each point and what special points mean are known when all branches are. */
static spn_status complete(spn_context *context, void *state)
{
    spn_status status = SPN_OK;
    follower *f = state;
    const spni_recorder *recorder = &f->run.recorder;
    int64_t points = 0, specials = 0, known_points = 0, known_specials = 0;
    spn_branch_record *point = spni_recorder_records(recorder, SPN_BRANCHES_POINT, &points);
    void *special = spni_recorder_records(recorder, SPN_BRANCHES_SPECIAL, &specials);
    (void)spn_branches_point_phases(f->branches, &known_points);
    const spn_special_record *known = spn_branches_specials(f->branches, &known_specials);
    if (points != known_points || specials != known_specials) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "branches: %lld points and %lld special points were told of, but there are %lld "
                 "and %lld",
                 (long long)points, (long long)specials, (long long)known_points,
                 (long long)known_specials);
    }
    for (int64_t i = 0; i < points; i++) {
        spn_branches_settle(f->branches, i, &point[i]);
    }
    if (specials > 0) {
        memcpy(special, known, (size_t)specials * sizeof *known);
    }
done:
    return status;
}

/* The table of phases, and their names. */
static spn_status add_phases(spn_context *context, const follower *f, spn_book *book)
{
    spn_status status = SPN_OK;
    int64_t count = 0;
    const char **names = NULL;
    const spn_phase_record *phases = spn_branches_phases(f->branches, &count);
    SPN_TAKE(context, spn_book_arena(book), names, count);
    for (int64_t i = 0; i < count; i++) {
        char name[NAME_SIZE];
        spn_branches_phase_name(f->branches, i, name, sizeof name);
        names[i] = spn_arena_duplicate(spn_book_arena(book), name);
        SPN_TRY(names[i] != NULL ? SPN_OK : spn_arena_status(context, spn_book_arena(book)));
    }
    spn_book_table(book, (spn_table){"phases", &spn_phase_columns, count, phases});
    spn_book_text(book, (spn_text_column){"phases", "name", count, names,
                                          "name of the phase, from its labels"});
done:
    return status;
}

/* What only branches by products know stands in their files alone. */
static spn_status choose_columns(spn_context *context, follower *f)
{
    spn_status status = SPN_OK;
    f->shown = spn_branch_columns;
    if (f->is_by_products) {
        return SPN_OK;
    }
    SPN_NEW(context, f->columns, f->shown.count);
    f->shown.count = 0;
    for (int64_t i = 0; i < spn_branch_columns.count; i++) {
        const spn_column *column = &spn_branch_columns.items[i];
        if (column->offset != offsetof(spn_branch_record, certainty) &&
            column->offset != offsetof(spn_branch_record, products)) {
            f->columns[f->shown.count++] = *column;
        }
    }
    f->shown.items = f->columns;
done:
    return status;
}

static spn_status fill(spn_context *context, void *state, spn_book *book)
{
    spn_status status = SPN_OK;
    follower *f = state;
    const spn_branches *branches = f->branches;
    const spni_recorder *recorder = &f->run.recorder;
    spn_table maxwell = {.name = "maxwell", .columns = &spn_maxwell_columns};
    spn_table global = {.name = "global", .columns = &spn_global_columns};
    spn_table barriers = {.name = "barriers", .columns = &spn_barrier_columns};
    maxwell.records = spn_branches_maxwell(branches, &maxwell.rows);
    global.records = spn_branches_global(branches, &global.rows);
    barriers.records = spn_branches_barriers(branches, &barriers.rows);
    SPN_TRY(choose_columns(context, f));
    for (int64_t s = 0; s < spn_branches_streams.count; s++) {
        spni_recorder_table_as(
            recorder, s,
            s == SPN_BRANCHES_POINT ? &f->shown : spn_branches_streams.items[s].columns, book);
        spni_recorder_arrays(recorder, s, book);
    }
    SPN_TRY(spni_recorder_layers(context, recorder, SPN_BRANCHES_POINT, book));
    SPN_TRY(add_phases(context, f, book));
    spn_book_table(book, maxwell);
    spn_book_table(book, global);
    spn_book_table(book, barriers);
    spn_book_attribute(book, (spn_attribute){"unused_starts", NULL, spn_branches_unused(branches)});
    if (f->is_by_products) {
        spn_book_attribute(book, (spn_attribute){"by_products", NULL, 1});
    }
done:
    return status;
}

static spn_status run_and_write(spn_context *context, follower *f, bool has_theta,
                                bool *is_complete)
{
    spn_status status = SPN_OK;
    const unsigned both = 1U << SPN_BRANCHES_POINT | 1U << SPN_BRANCHES_SPECIAL;
    SPN_TRY(spni_run_open(context, &f->run, has_theta ? 0 : both));
    /* What fails on one rank fails on all, wherever they are. */
    SPN_TRY(spn_farm_agree(context, spn_branches_run(context, f->branches, record, f), NULL, 0));
    SPN_TRY(spni_run_finish(context, &f->run, is_complete));
done:
    return status;
}

/* An end of the range that section `branches` leaves open is that of the sweep. */
static const spni_run_kind branches_kind = {.results = &spn_branches_kind,
                                            .sections = "branches sweep",
                                            .streams = &spn_branches_streams,
                                            .is_everywhere = true,
                                            .replay = replay,
                                            .complete = complete,
                                            .fill = fill};

/* Hidden units that do nothing have biases without any effect where biases are spared: a phase with one is a family. */
static void warn_of_families(spn_context *context, const spn_study *study)
{
    if (study->regularised.regulariser.weights != NULL && spn_network_depth(study->network) > 1) {
        spn_warning(
            context,
            "objective.regularise: weights leaves the biases of idle hidden units free: near "
            "an onset one phase may be listed many times, with false transitions between; "
            "`sweep` and `transitions` follow the network itself");
    }
}

/* One branch has nothing to share but its samples. */
static spn_status check_ranks(spn_context *context, const spn_branches_settings *settings)
{
    const spn_farm *farm = spn_context_farm(context);
    const bool is_alone = farm == NULL || farm->size == 1 || farm->is_sharded;
    return is_alone || settings->method != SPN_BRANCHES_PRODUCTS
               ? SPN_OK
               : spn_fail_key(context, SPN_ERROR_INPUT, "branches.method",
                              "products follows one branch: ranks can share its samples "
                              "(--shard-samples), and nothing else");
}

/* Dense matrices that would be made are not: who asks whether there is room should not need it. */
static spn_status rehearse(spn_context *context, follower *f, const spn_branches_problem *problem)
{
    const bool is_small = f->is_by_products || !spn_dense_fits(problem->objective->dimension);
    const spn_study *study = problem->initial_state;
    return is_small ? spni_experiment_place(context, study->experiment,
                                            spn_branches_create(context, problem, &f->branches))
                    : SPN_OK;
}

spn_status spn_study_branches(spn_context *context, const spn_study *study,
                              const spn_run_settings *settings, bool *is_complete)
{
    spn_status status = SPN_OK;
    spn_team *team = NULL;
    spn_pool *pool = NULL;
    follower f = {.branches = NULL};
    spn_branches_settings own;
    spn_branches_problem problem = {.objective = &study->loss,
                                    .settings = &own,
                                    .solver = spn_experiment_solver(study->experiment),
                                    .initial = spni_run_initial,
                                    .initial_state = study,
                                    .geometry = spn_experiment_geometry(study->experiment)};
    SPN_TRY(spni_experiment_branches(context, study->experiment, &own));
    SPN_TRY(spni_experiment_place(context, study->experiment, check_ranks(context, &own)));
    if (own.method == SPN_BRANCHES_DENSE) {
        warn_of_families(context, study);
    }
    f.is_by_products = own.method == SPN_BRANCHES_PRODUCTS;
    if (settings->is_rehearsed) {
        SPN_TRY(rehearse(context, &f, &problem));
        goto done;
    }
    SPN_TRY(spni_run_begin(context, study, settings, &branches_kind, NULL, &f, &f.run));
    *is_complete = f.run.is_good;
    if (!f.run.is_finished) {
        SPN_TRY(spn_team_create(context, settings->threads, &team));
        spn_context_set_team(context, team);
        SPN_TRY(spni_run_compare_ranks(context, study));
        SPN_TRY(spn_pool_create(context, settings->threads, &pool));
        problem.pool = pool;
        SPN_TRY(spni_experiment_place(context, study->experiment,
                                      spn_branches_create(context, &problem, &f.branches)));
        if (!f.is_by_products) {
            spn_dense_announce(context, study->loss.dimension, "branches, at each point");
        }
        SPN_TRY(run_and_write(context, &f, own.parameters, is_complete));
    }
done:
    status = spni_run_end(context, &f.run, status);
    spn_branches_free(context, f.branches);
    spn_release(context, f.columns);
    spn_pool_free(pool);
    spn_context_set_team(context, NULL);
    spn_team_free(team);
    return status;
}
