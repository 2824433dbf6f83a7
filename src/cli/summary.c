/* SPDX-License-Identifier: MIT */
#include "cli/grid.h"
#include "cli/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is_same_chain(const spn_sweep_record *a, const spn_sweep_record *b)
{
    return a->seed == b->seed && a->phase == b->phase && b->point == a->point + 1;
}

static void write_change(spn_json *json, const spn_sweep_record *a, const spn_sweep_record *b)
{
    spn_json_begin_object(json, NULL);
    spn_json_integer(json, "seed", b->seed);
    spn_json_text(json, "direction", spn_direction_text(b->direction));
    spn_json_integer(json, "modes_before", a->active_modes);
    spn_json_integer(json, "modes_after", b->active_modes);
    spn_json_real(json, "beta_before", a->beta);
    spn_json_real(json, "beta_after", b->beta);
    spn_json_real(json, "error_before", a->error);
    spn_json_real(json, "error_after", b->error);
    spn_json_real(json, "norm_before", a->weight_norm);
    spn_json_real(json, "norm_after", b->weight_norm);
    spn_json_real(json, "curvature_before", a->scalar_curvature_error);
    spn_json_real(json, "curvature_after", b->scalar_curvature_error);
    spn_json_end_object(json);
}

/* ---- What can be said ------------------------------------------------------------------------- */

typedef enum verdict {
    VERDICT_FOUND,       /* transitions, and nothing is left open */
    VERDICT_NONE,        /* no transition, and nothing is left open */
    VERDICT_CANNOT_TELL, /* something is left open, or was never looked for */
} verdict;

static const char *const verdict_words[] = {"transitions", "none", "cannot tell"};

typedef struct view {
    const char *path;
    int64_t count;
    const spn_sweep_record *records;
    const spn_table *jump_table; /* NULL: nothing was refined */
    const spn_sweep_jump *jumps;
    int64_t jump_count;
    int64_t located, open, unsettled;
    bool is_quench, has_rate;
} view;

/* Known to within the tolerance? */
static bool is_located(const spn_sweep_jump *jump)
{
    return jump->resolved == 1;
}

static void count_up(const spn_results *results, view *v)
{
    char epochs[32];
    const char *said = spn_results_setting(results, "sweep.epochs", epochs, sizeof epochs);
    v->has_rate = said != NULL && strcmp(said, "0") != 0;
    for (int64_t i = 0; i < v->count; i++) {
        v->unsettled += !v->has_rate && v->records[i].stationary != 1;
        v->is_quench = v->is_quench || v->records[i].direction == SPN_DIRECTION_QUENCH;
    }
    for (int64_t i = 0; i < v->jump_count; i++) {
        v->located += is_located(&v->jumps[i]);
        v->open += !is_located(&v->jumps[i]) || v->jumps[i].settled != 1;
    }
}

static verdict judge(const view *v)
{
    if (v->is_quench || v->has_rate || v->jumps == NULL || v->open > 0 || v->unsettled > 0) {
        return VERDICT_CANNOT_TELL;
    }
    return v->located > 0 ? VERDICT_FOUND : VERDICT_NONE;
}

static bool is_change(const view *v, int64_t i)
{
    const spn_sweep_record *a = &v->records[i - 1], *b = &v->records[i];
    return is_same_chain(a, b) && (a->active_modes != b->active_modes || b->jump);
}

/* ---- JSON ------------------------------------------------------------------------------------- */

static void write_jumps(spn_json *json, const view *v, const char *name, bool are_open)
{
    spn_json_begin_list(json, name);
    for (int64_t row = 0; row < v->jump_count; row++) {
        const spn_sweep_jump *jump = &v->jumps[row];
        if (!are_open || !is_located(jump) || jump->settled != 1) {
            spn_json_record(json, NULL, v->jump_table, row);
        }
    }
    spn_json_end_list(json);
}

static spn_status summarize_json(spn_context *context, const view *v)
{
    spn_json json;
    spn_json_begin(&json, context, spn_sink_stream(stdout));
    spn_json_begin_object(&json, NULL);
    spn_json_text(&json, "results", v->path);
    spn_json_integer(&json, "points", v->count);
    spn_json_text(&json, "verdict", verdict_words[judge(v)]);
    spn_json_integer(&json, "not_stationary", v->unsettled);
    spn_json_begin_list(&json, "mode_changes");
    for (int64_t i = 1; i < v->count; i++) {
        const spn_sweep_record *a = &v->records[i - 1], *b = &v->records[i];
        if (is_same_chain(a, b) && a->active_modes != b->active_modes) {
            write_change(&json, a, b);
        }
    }
    spn_json_end_list(&json);
    if (v->jumps != NULL) {
        write_jumps(&json, v, "jumps", false);
        write_jumps(&json, v, "unresolved", true);
    }
    spn_json_end_object(&json);
    return spn_json_end_document(&json);
}

/* ---- Text ------------------------------------------------------------------------------------- */

enum { DIGITS = 6 };

/* E and |theta| before and behind. */
static void add_sides(cli_grid *grid, const spn_sweep_jump *j)
{
    cli_grid_number(grid, j->error_before, DIGITS);
    cli_grid_number(grid, j->error_after, DIGITS);
    cli_grid_number(grid, cli_length(j->norm_before, j->beta, j->loss_before), DIGITS);
    cli_grid_number(grid, cli_length(j->norm_after, j->beta, j->loss_after), DIGITS);
}

#define SIDE_COLUMNS                                                                               \
    {"error", CLI_POINT, NULL}, {NULL, CLI_POINT, " -> "}, {"|theta|", CLI_POINT, NULL},           \
    {                                                                                              \
        NULL, CLI_POINT, " -> "                                                                    \
    }

/* What the refinement has located; "jump" or "smooth" says whether |theta| is continuous there. */
static spn_status print_located(spn_context *context, const view *v)
{
    static const cli_grid_column columns[] = {{"seed", CLI_RIGHT, NULL},
                                              {"way", CLI_LEFT, NULL},
                                              {"modes", CLI_RIGHT, NULL},
                                              {NULL, CLI_LEFT, " -> "},
                                              {"beta", CLI_POINT, NULL},
                                              {NULL, CLI_LEFT, " +- "},
                                              SIDE_COLUMNS,
                                              {"kind", CLI_LEFT, NULL}};
    char beta[CLI_CELL], width[CLI_CELL];
    cli_grid grid = cli_grid_begin(context, columns, sizeof columns / sizeof *columns);
    for (int64_t i = 0; i < v->jump_count; i++) {
        const spn_sweep_jump *j = &v->jumps[i];
        double half = fabs(j->beta_after - j->beta_before) / 2;
        if (!is_located(j)) {
            continue;
        }
        cli_grid_text(&grid, "%lld", (long long)j->seed);
        cli_grid_text(&grid, "%s", spn_direction_text(j->direction));
        cli_grid_text(&grid, "%lld", (long long)j->active_before);
        cli_grid_text(&grid, "%lld", (long long)j->active_after);
        cli_grid_text(&grid, "%s", cli_measured(j->beta, half, beta));
        cli_grid_text(&grid, "%s", cli_number(half, 2, width));
        add_sides(&grid, j);
        cli_grid_text(&grid, "%s%s", j->survives ? "jump" : "smooth",
                      j->settled ? "" : ", nothing stable behind it");
    }
    return cli_grid_end(&grid, "", stderr);
}

/* What was seen where nothing could be located; intervals of one chain that follow each other are one line. */
static spn_status print_open(spn_context *context, const view *v)
{
    static const cli_grid_column columns[] = {{"seed", CLI_RIGHT, NULL},
                                              {"way", CLI_LEFT, NULL},
                                              {"from beta", CLI_POINT, NULL},
                                              {"to", CLI_POINT, NULL},
                                              SIDE_COLUMNS,
                                              {"points", CLI_RIGHT, NULL}};
    cli_grid grid = cli_grid_begin(context, columns, sizeof columns / sizeof *columns);
    for (int64_t i = 0; i < v->jump_count; i++) {
        spn_sweep_jump run = v->jumps[i];
        int64_t first = i;
        if (is_located(&run)) {
            continue;
        }
        for (; i + 1 < v->jump_count; i++) {
            const spn_sweep_jump *next = &v->jumps[i + 1];
            if (is_located(next) || next->chain != run.chain ||
                next->point != v->jumps[i].point + 1) {
                break;
            }
            run.beta_after = next->beta_after;
            run.error_after = next->error_after;
            run.norm_after = next->norm_after;
            run.loss_after = next->loss_after;
        }
        cli_grid_text(&grid, "%lld", (long long)run.seed);
        cli_grid_text(&grid, "%s", spn_direction_text(run.direction));
        cli_grid_number(&grid, run.beta_before, DIGITS);
        cli_grid_number(&grid, run.beta_after, DIGITS);
        add_sides(&grid, &run);
        cli_grid_text(&grid, "%lld", (long long)(v->jumps[i].point - v->jumps[first].point + 1));
    }
    return cli_grid_end(&grid, "", stderr);
}

static spn_status print_jumps(spn_context *context, const view *v)
{
    spn_status status = SPN_OK;
    const int64_t open = v->jump_count - v->located;
    if (v->located > 0) {
        SPN_TRY(print_located(context, v));
    }
    if (open > 0) {
        fprintf(stderr,
                "%s between these points something happens that could not be resolved: a jump, a "
                "bifurcation or a kink of the activation\n",
                v->located > 0 ? "and" : "no transition was located, but");
        SPN_TRY(print_open(context, v));
    } else if (v->located == 0 && v->unsettled == 0) {
        fprintf(stderr, "no transition was found\n");
    } else if (v->located == 0) {
        fprintf(stderr, "no transition was found between stationary points; where points are not "
                        "stationary this cannot tell\n");
    }
done:
    return status;
}

static spn_status print_changes(spn_context *context, const view *v)
{
    static const cli_grid_column columns[] = {{"seed", CLI_RIGHT, NULL},
                                              {"way", CLI_LEFT, NULL},
                                              {"modes", CLI_RIGHT, NULL},
                                              {NULL, CLI_LEFT, " -> "},
                                              {"from beta", CLI_POINT, NULL},
                                              {"to", CLI_POINT, NULL},
                                              SIDE_COLUMNS,
                                              {"step", CLI_LEFT, NULL}};
    int64_t changes = 0;
    cli_grid grid = cli_grid_begin(context, columns, sizeof columns / sizeof *columns);
    for (int64_t i = 1; i < v->count; i++) {
        const spn_sweep_record *a = &v->records[i - 1], *b = &v->records[i];
        if (!is_change(v, i)) {
            continue;
        }
        changes++;
        cli_grid_text(&grid, "%lld", (long long)b->seed);
        cli_grid_text(&grid, "%s", spn_direction_text(b->direction));
        cli_grid_text(&grid, "%lld", (long long)a->active_modes);
        cli_grid_text(&grid, "%lld", (long long)b->active_modes);
        cli_grid_number(&grid, a->beta, DIGITS);
        cli_grid_number(&grid, b->beta, DIGITS);
        cli_grid_number(&grid, a->error, DIGITS);
        cli_grid_number(&grid, b->error, DIGITS);
        cli_grid_number(&grid, cli_length(a->weight_norm, a->beta, a->loss), DIGITS);
        cli_grid_number(&grid, cli_length(b->weight_norm, b->beta, b->loss), DIGITS);
        cli_grid_text(&grid, b->jump ? "jump or bifurcation" : "");
    }
    if (changes == 0) {
        fprintf(stderr, "the number of active modes never changes, and no step is a jump\n");
    }
    return cli_grid_end(&grid, "", stderr);
}

static spn_status summarize_text(spn_context *context, const view *v)
{
    fprintf(stderr, "%s: %lld point%s\n", v->path, (long long)v->count, v->count == 1 ? "" : "s");
    if (v->is_quench) {
        fprintf(stderr,
                "a quench starts afresh at each beta and cannot tell a jump from a smooth change: "
                "direction up, down or both follows the network through its transitions\n");
        return print_changes(context, v);
    }
    if (v->has_rate) {
        fprintf(stderr, "points of a finite rate are not stationary: no transition was looked for; "
                        "transitions --noisy finds change points\n");
        return SPN_OK;
    }
    return v->jumps != NULL ? print_jumps(context, v) : print_changes(context, v);
}

/* NULL where nothing was refined. */
static spn_status read_jumps(spn_context *context, spn_arena *arena, const spn_table *table,
                             const char *path, spn_sweep_jump **out)
{
    spn_status status = SPN_OK;
    *out = NULL;
    if (table != NULL) {
        SPN_TAKE(context, arena, *out, table->rows);
        SPN_TRY(spn_table_convert(context, table, path, &spn_sweep_jump_columns, *out));
    }
done:
    return status;
}

spn_status cli_summarize(cli_session *session, const char *path, bool is_json)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_arena *arena = NULL;
    spn_results results;
    spn_sweep_record *records = NULL;
    spn_sweep_jump *jumps = NULL;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    const spn_table *points = spn_results_table(&results, "points");
    if (points == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: has no table 'points'", path);
    }
    SPN_TAKE(context, arena, records, points->rows);
    SPN_TRY(spn_table_convert(context, points, path, &spn_sweep_columns, records));
    const spn_table *table = spn_results_table(&results, "jumps");
    SPN_TRY(read_jumps(context, arena, table, path, &jumps));
    view v = {.path = path,
              .count = points->rows,
              .records = records,
              .jump_table = table,
              .jumps = jumps,
              .jump_count = jumps != NULL ? table->rows : 0};
    count_up(&results, &v);
    if (is_json) {
        SPN_TRY(summarize_json(context, &v));
    } else if (!session->is_quiet) {
        SPN_TRY(summarize_text(context, &v));
    }
done:
    spn_arena_free(arena);
    return status;
}
