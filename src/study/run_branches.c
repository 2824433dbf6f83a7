/* SPDX-License-Identifier: MIT */
/* Branches as a study follows them: every item goes to the journal first, then to memory; the HDF5 file
 * is made at the end. */
#include "study/branch_results.h"
#include "study/experiment.h"
#include "study/run.h"

#include <spinodal/numeric.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 128 };

/* Head of a journal record; the record, the modes and theta follow. A record's type is the item's
 * kind + 1. */
typedef struct item_head {
    int64_t mode_count, parameters;
} item_head;

static const int64_t record_sizes[] = {
    [SPN_ITEM_POINT] = sizeof(spn_branch_record),
    [SPN_ITEM_SPECIAL] = sizeof(spn_special_record),
    [SPN_ITEM_APPROACH] = sizeof(spn_branch_approach),
};
enum { KINDS = sizeof record_sizes / sizeof *record_sizes };

typedef struct follower {
    spni_run run;
    spn_branches *branches;
    spni_branch_rows rows;
    int64_t branch_count;
} follower;

static const void *item_record(const spn_branch_item *item)
{
    return item->kind == SPN_ITEM_POINT     ? (const void *)item->point
           : item->kind == SPN_ITEM_SPECIAL ? (const void *)item->special
                                            : (const void *)item->approach;
}

static spn_status keep(spn_context *context, follower *f, const spn_branch_item *item)
{
    if (item->kind == SPN_ITEM_POINT && item->point->branch >= f->branch_count) {
        f->branch_count = item->point->branch + 1;
    }
    return spni_branch_rows_append(context, &f->rows, item);
}

/* How much there will be nobody knows: the total is 0. */
static void tell_progress(spn_context *context, const follower *f)
{
    char text[128];
    snprintf(text, sizeof text, "points, %lld branch%s, %lld special points",
             (long long)f->branch_count, f->branch_count == 1 ? "" : "es",
             (long long)f->rows.specials.count);
    spn_progress(context, (double)f->rows.points.count, 0, text);
}

static spn_status record_item(spn_context *context, void *state, const spn_branch_item *item)
{
    follower *f = state;
    spn_status status = SPN_OK;
    const item_head head = {item->mode_count, item->parameters};
    const spn_bytes parts[4] = {
        {&head, sizeof head},
        {item_record(item), record_sizes[item->kind]},
        {item->modes, item->mode_count * (int64_t)sizeof(double)},
        {item->theta, item->parameters * (int64_t)sizeof(double)},
    };
    SPN_TRY(spni_run_append(context, &f->run, (int64_t)item->kind + 1, parts, 4));
    SPN_TRY(keep(context, f, item));
    tell_progress(context, f);
done:
    return status;
}

/* A record's checksum was right, but its sizes are still checked: they steer pointers. */
static spn_status replay_item(spn_context *context, void *state, int64_t type, const void *payload,
                              int64_t size)
{
    follower *f = state;
    spn_status status = SPN_OK;
    const char *bytes = payload;
    item_head head = {0};
    if (type < 1 || type > KINDS || size < (int64_t)sizeof head + record_sizes[type - 1]) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "the journal holds a record that is not of a branch");
    }
    const spn_branch_item_kind kind = (spn_branch_item_kind)(type - 1);
    const int64_t fixed = (int64_t)sizeof head + record_sizes[kind];
    memcpy(&head, bytes, sizeof head);
    if (head.mode_count < 0 || head.mode_count > SPN_MODES_MAX ||
        head.parameters != (kind == SPN_ITEM_APPROACH ? 0 : f->run.study->loss.dimension) ||
        size != fixed + (head.mode_count + head.parameters) * (int64_t)sizeof(double)) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "the journal holds a point of another network");
    }
    const void *record = bytes + sizeof head;
    const spn_branch_item item = {
        .kind = kind,
        .point = kind == SPN_ITEM_POINT ? record : NULL,
        .special = kind == SPN_ITEM_SPECIAL ? record : NULL,
        .approach = kind == SPN_ITEM_APPROACH ? record : NULL,
        .mode_count = head.mode_count,
        .modes = (const void *)(bytes + fixed),
        .parameters = head.parameters,
        .theta = (const void *)(bytes + fixed + head.mode_count * (int64_t)sizeof(double))};
    SPN_TRY(spn_branches_replay(context, f->branches, &item));
    SPN_TRY(keep(context, f, &item));
    f->run.replayed += kind == SPN_ITEM_POINT;
done:
    return status;
}

static spn_status take_names(spn_context *context, spn_arena *arena, const follower *f,
                             spni_branch_findings *found)
{
    spn_status status = SPN_OK;
    const char **names = NULL;
    SPN_TAKE(context, arena, names, found->phases);
    for (int64_t i = 0; i < found->phases; i++) {
        char name[NAME_SIZE];
        names[i] =
            spn_arena_duplicate(arena, spn_branches_phase_name(f->branches, i, name, sizeof name));
        if (names[i] == NULL) {
            return spn_arena_status(context, arena);
        }
    }
    found->phase_names = names;
done:
    return status;
}

static bool is_followed(int64_t end_low, int64_t end_high)
{
    return end_low != SPN_END_UNFINISHED && end_high != SPN_END_UNFINISHED;
}

static spn_status write_findings(spn_context *context, follower *f, bool *is_complete)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spni_branch_findings found = {0};
    int64_t points = 0;
    const spn_run_settings *settings = &f->run.settings;
    SPN_TRY(spn_arena_create(context, &arena));
    found.special_rows = spn_branches_specials(f->branches, &found.specials);
    found.phase_rows = spn_branches_phases(f->branches, &found.phases);
    found.maxwell_rows = spn_branches_maxwell(f->branches, &found.maxwell);
    found.global_rows = spn_branches_global(f->branches, &found.global);
    found.unused = spn_branches_unused(f->branches);
    found.barrier_rows = spn_branches_barriers(f->branches, &found.barriers);
    const int64_t *phases = spn_branches_point_phases(f->branches, &points);
    if (points != f->rows.points.count || found.specials != f->rows.specials.count) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "branches: %lld points and %lld special points were told of, but there are %lld "
                 "and %lld",
                 (long long)f->rows.points.count, (long long)f->rows.specials.count,
                 (long long)points, (long long)found.specials);
    }
    SPN_TRY(spni_branch_rows_sort(context, &f->rows, phases));
    SPN_TRY(take_names(context, arena, f, &found));
    SPN_TRY(spni_branch_results_write(context, f->run.study, &f->rows, &found, settings->output,
                                      settings->is_forced));
    *is_complete = found.unused == 0;
    for (int64_t i = 0; i < found.phases; i++) {
        const spn_phase_record *phase = &found.phase_rows[i];
        *is_complete = *is_complete && is_followed(phase->end_low, phase->end_high);
    }
done:
    spn_arena_free(arena);
    return status;
}

bool spni_branches_judge(const spn_results *results)
{
    const spn_table *phases = spn_results_table(results, "phases");
    int64_t low = phases != NULL ? spn_table_find(phases, "end_low") : -1;
    int64_t high = phases != NULL ? spn_table_find(phases, "end_high") : -1;
    const spn_attribute *unused = spn_results_attribute(results, SPNI_UNUSED);
    if (low < 0 || high < 0 || (unused != NULL && unused->integer > 0)) {
        return false;
    }
    for (int64_t row = 0; row < phases->rows; row++) {
        if (!is_followed(spn_table_integer(phases, row, low),
                         spn_table_integer(phases, row, high))) {
            return false;
        }
    }
    return true;
}

/* An end of the range that section `branches` leaves open is that of the sweep. */
static const spni_run_kind branches_kind = {
    "branches", SPNI_SECTIONS_ALWAYS | 1U << SPNI_SECTION_BRANCHES | 1U << SPNI_SECTION_SWEEP,
    sizeof(spn_branch_record) + sizeof(spn_special_record) + sizeof(spn_branch_approach),
    replay_item, spni_branches_judge};

spn_status spn_study_branches(spn_context *context, const spn_study *study,
                              const spn_run_settings *settings, bool *is_complete)
{
    spn_status status = SPN_OK;
    spn_team *team = NULL;
    follower f = {.branches = NULL};
    spn_branches_settings own;
    const spn_branches_problem problem = {.objective = &study->loss,
                                          .settings = &own,
                                          .solver = spn_experiment_solver(study->experiment),
                                          .initial = spni_run_initial,
                                          .initial_state = study};
    SPN_TRY(spni_experiment_branches(context, study->experiment, &own));
    spni_branch_rows_init(&f.rows, own.parameters);
    SPN_TRY(spni_run_begin(context, study, settings, &branches_kind, NULL, &f.run));
    *is_complete = f.run.is_good;
    if (!f.run.is_finished) {
        spn_dense_announce(context, study->loss.dimension, "branches, at each point");
        SPN_TRY(spn_team_create(context, settings->threads, &team));
        spn_context_set_team(context, team);
        SPN_TRY(spn_branches_create(context, &problem, &f.branches));
        SPN_TRY(spni_run_open(context, &f.run, &f));
        SPN_TRY(spn_branches_run(context, f.branches, record_item, &f));
        SPN_TRY(write_findings(context, &f, is_complete));
        SPN_TRY(spni_run_finish(context, &f.run));
    }
done:
    status = spni_run_end(context, &f.run, status);
    spn_branches_free(context, f.branches);
    spn_context_set_team(context, NULL);
    spn_team_free(team);
    spni_branch_rows_free(context, &f.rows);
    return status;
}
