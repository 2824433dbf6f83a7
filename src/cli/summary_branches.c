/* SPDX-License-Identifier: MIT */
/* What a file of branches says, in tables on stderr or as JSON on stdout. */
#include "cli/find.h"
#include "cli/grid.h"
#include "cli/run.h"

#include <math.h>
#include <stdio.h>

typedef struct view {
    const char *path;
    int64_t points;
    int64_t unused;                              /* starts that were not followed */
    spn_table phases, maxwell, specials, global; /* as read */
    const char *const *names;                    /* of the phases */
    spn_phase_record *phase;
    spn_maxwell_record *crossing;
    spn_special_record *special;
    spn_global_record *range;
    double curvature; /* the largest of all phases' ends */
    /* Rows in the order in which they are printed: by (upper end of) beta. */
    int64_t *phase_order, *crossing_order, *special_order;
} view;

/* Rows of a table by one of its columns, ascending; those where it does not exist are left out. Returns
 * how many there are. */
static int64_t sort_rows(const spn_table *table, const char *column, int64_t *order)
{
    const int64_t index = spn_table_find(table, column);
    int64_t count = 0;
    for (int64_t row = 0; row < table->rows; row++) {
        const double value = spn_table_real(table, row, index);
        if (isnan(value)) {
            continue;
        }
        int64_t at = count++;
        for (; at > 0 && spn_table_real(table, order[at - 1], index) > value; at--) {
            order[at] = order[at - 1];
        }
        order[at] = row;
    }
    return count;
}

static spn_status take_orders(spn_context *context, spn_arena *arena, view *v)
{
    spn_status status = SPN_OK;
    SPN_TAKE(context, arena, v->phase_order, v->phases.rows);
    SPN_TAKE(context, arena, v->crossing_order, v->maxwell.rows);
    SPN_TAKE(context, arena, v->special_order, v->specials.rows);
    sort_rows(&v->phases, "beta_high", v->phase_order);
    sort_rows(&v->maxwell, "beta", v->crossing_order);
    sort_rows(&v->specials, "beta", v->special_order);
done:
    return status;
}

static spn_status take_view(spn_context *context, spn_arena *arena, const spn_results *results,
                            const char *path, view *v)
{
    spn_status status = SPN_OK;
    spn_table points = {0};
    *v = (view){.path = path};
    SPN_TRY(cli_take_table(context, results, path, "points", &points));
    SPN_TRY(cli_take_table(context, results, path, "phases", &v->phases));
    SPN_TRY(cli_take_table(context, results, path, "maxwell", &v->maxwell));
    SPN_TRY(cli_take_table(context, results, path, "specials", &v->specials));
    SPN_TRY(cli_take_table(context, results, path, "global", &v->global));
    const spn_text_column *names = spn_results_text_column(results, "phases", "name");
    if (names == NULL || names->rows != v->phases.rows) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: the phases have no names", path);
    }
    v->names = names->items;
    const spn_attribute *unused = spn_results_attribute(results, "unused_starts");
    v->unused = unused != NULL ? unused->integer : 0;
    v->points = points.rows;
    SPN_TAKE(context, arena, v->phase, v->phases.rows);
    SPN_TAKE(context, arena, v->crossing, v->maxwell.rows);
    SPN_TAKE(context, arena, v->special, v->specials.rows);
    SPN_TAKE(context, arena, v->range, v->global.rows);
    SPN_TRY(spn_table_convert(context, &v->phases, path, &spn_phase_columns, v->phase));
    SPN_TRY(spn_table_convert(context, &v->maxwell, path, &spn_maxwell_columns, v->crossing));
    SPN_TRY(spn_table_convert(context, &v->specials, path, &spn_special_columns, v->special));
    SPN_TRY(spn_table_convert(context, &v->global, path, &spn_global_columns, v->range));
    for (int64_t i = 0; i < v->phases.rows; i++) {
        const spn_phase_record *p = &v->phase[i];
        v->curvature = fmax(v->curvature, fmax(fabs(p->curvature_low), fabs(p->curvature_high)));
    }
    SPN_TRY(take_orders(context, arena, v));
done:
    return status;
}

static const char *phase_name(const view *v, int64_t phase)
{
    return phase >= 0 && phase < v->phases.rows ? v->names[phase] : "?";
}

/* ---- JSON --------------------------------------------------------------------------------- */

static spn_status write_json(spn_context *context, const view *v)
{
    spn_json json;
    spn_json_begin(&json, context, spn_sink_stream(stdout));
    spn_json_begin_object(&json, NULL);
    spn_json_text(&json, "results", v->path);
    spn_json_integer(&json, "points", v->points);
    cli_write_rows(&json, "phases", &v->phases, "name", v->names);
    cli_write_rows(&json, "maxwell", &v->maxwell, NULL, NULL);
    cli_write_rows(&json, "specials", &v->specials, NULL, NULL);
    spn_json_integer(&json, "unused_starts", v->unused);
    spn_json_begin_list(&json, "global");
    for (int64_t i = 0; i < v->global.rows; i++) {
        const spn_global_record *range = &v->range[i];
        spn_json_begin_object(&json, NULL);
        spn_json_integer(&json, "phase", range->phase);
        spn_json_text(&json, "name", range->phase >= 0 ? phase_name(v, range->phase) : NULL);
        spn_json_real(&json, "beta_low", range->beta_low);
        spn_json_real(&json, "beta_high", range->beta_high);
        spn_json_end_object(&json);
    }
    spn_json_end_list(&json);
    spn_json_end_object(&json);
    return spn_json_end_document(&json);
}

/* ---- Text --------------------------------------------------------------------------------- */

enum { DIGITS = 5, BETA_DIGITS = 10, NAME_SIZE = 64 };

/* The curvature of a vanishing network is rounding beside what the column's largest number says is large. */
static double shown(double curvature, double largest)
{
    return fabs(curvature) < 1e-9 * largest ? 0 : curvature;
}

/* "fold +1", "symmetry +3": what ends the phase, and how many negative eigenvalues lie behind it. */
static void add_end(cli_grid *grid, const view *v, int64_t row, const char *column, int64_t special)
{
    const char *word = spn_table_word(&v->phases, row, spn_table_find(&v->phases, column));
    int64_t behind = 0;
    word = word != NULL ? word : "?";
    if (special >= 0 && special < v->specials.rows) {
        const spn_special_record *s = &v->special[special];
        behind = s->index_before > s->index_after ? s->index_before : s->index_after;
    }
    if (behind > 0) {
        cli_grid_text(grid, "%s +%lld", word, (long long)behind);
    } else {
        cli_grid_text(grid, "%s", word);
    }
}

static spn_status print_phases(spn_context *context, const view *v)
{
    static const cli_grid_column columns[] = {
        {"phase", CLI_LEFT, NULL},     {"beta", CLI_POINT, NULL},     {NULL, CLI_POINT, " .. "},
        {"lower end", CLI_LEFT, NULL}, {"upper end", CLI_LEFT, NULL}, {"E", CLI_POINT, NULL},
        {NULL, CLI_POINT, " .. "},     {"|theta|", CLI_POINT, NULL},  {NULL, CLI_POINT, " .. "},
        {"R", CLI_POINT, NULL},        {NULL, CLI_POINT, " .. "}};
    cli_grid grid = cli_grid_begin(context, columns, sizeof columns / sizeof *columns);
    if (v->phases.rows == 0) {
        fprintf(stderr, "no phases were found\n");
    }
    for (int64_t k = 0; k < v->phases.rows; k++) {
        const int64_t i = v->phase_order[k];
        const spn_phase_record *p = &v->phase[i];
        cli_grid_text(&grid, "%.*s", NAME_SIZE, v->names[i]);
        cli_grid_number(&grid, p->beta_low, 8);
        cli_grid_number(&grid, p->beta_high, 8);
        add_end(&grid, v, i, "end_low", p->special_low);
        add_end(&grid, v, i, "end_high", p->special_high);
        cli_grid_number(&grid, p->error_low, DIGITS);
        cli_grid_number(&grid, p->error_high, DIGITS);
        cli_grid_number(&grid, cli_length(p->norm_low, p->beta_low, p->loss_low), DIGITS);
        cli_grid_number(&grid, cli_length(p->norm_high, p->beta_high, p->loss_high), DIGITS);
        cli_grid_number(&grid, shown(p->curvature_low, v->curvature), 4);
        cli_grid_number(&grid, shown(p->curvature_high, v->curvature), 4);
    }
    return cli_grid_end(&grid, "", stderr);
}

/* Ends that could be bracketed only. */
static void print_brackets(const view *v)
{
    for (int64_t i = 0; i < v->specials.rows; i++) {
        const spn_special_record *s = &v->special[v->special_order[i]];
        bool is_end = s->is_continuous >= 0 && s->same_as < 0;
        if (is_end && s->beta_high - s->beta_low > 1e-5 * fabs(s->beta)) {
            fprintf(stderr, "the end at %.6g lies between %.8g and %.8g: it was not located\n",
                    s->beta, s->beta_low, s->beta_high);
        }
    }
}

/* Is there more than was followed? */
static bool is_open(const view *v)
{
    bool is_open = v->unused > 0;
    for (int64_t i = 0; i < v->phases.rows; i++) {
        const spn_phase_record *p = &v->phase[i];
        is_open = is_open || p->end_low == SPN_END_UNFINISHED || p->end_high == SPN_END_UNFINISHED;
    }
    return is_open;
}

static spn_status print_global(spn_context *context, const view *v)
{
    static const cli_grid_column columns[] = {
        {"beta", CLI_POINT, NULL}, {NULL, CLI_POINT, " .. "}, {"phase", CLI_LEFT, NULL}};
    cli_grid grid = cli_grid_begin(context, columns, sizeof columns / sizeof *columns);
    fprintf(stderr, "\n%s:\n",
            is_open(v) ? "smallest L of the phases found so far (others may lie below)"
                       : "globally stable");
    for (int64_t i = 0; i < v->global.rows; i++) {
        const spn_global_record *r = &v->range[i];
        cli_grid_number(&grid, r->beta_low, 8);
        cli_grid_number(&grid, r->beta_high, 8);
        cli_grid_text(&grid, "%.*s", NAME_SIZE,
                      r->phase >= 0 ? phase_name(v, r->phase) : "no phase is known here");
    }
    spn_status status = cli_grid_end(&grid, "", stderr);
    if (status == SPN_OK && v->unused > 0) {
        fprintf(stderr, "%lld start%s left that no branch explains: raise branches.branches\n",
                (long long)v->unused, v->unused == 1 ? " was" : "s were");
    }
    return status;
}

static spn_status print_maxwell(spn_context *context, const view *v)
{
    static const cli_grid_column columns[] = {
        {"beta", CLI_POINT, NULL}, {"phases", CLI_LEFT, NULL}, {NULL, CLI_LEFT, " -> "},
        {"E", CLI_POINT, NULL},    {NULL, CLI_POINT, " -> "},  {"|theta|", CLI_POINT, NULL},
        {NULL, CLI_POINT, " -> "}, {"", CLI_LEFT, NULL}};
    cli_grid grid = cli_grid_begin(context, columns, sizeof columns / sizeof *columns);
    fprintf(stderr, "%s", v->maxwell.rows > 0 ? "\nMaxwell points:\n" : "");
    for (int64_t i = 0; i < v->maxwell.rows; i++) {
        const spn_maxwell_record *m = &v->crossing[v->crossing_order[i]];
        cli_grid_number(&grid, m->beta, BETA_DIGITS);
        cli_grid_text(&grid, "%.*s", NAME_SIZE, phase_name(v, m->phase_a));
        cli_grid_text(&grid, "%.*s", NAME_SIZE, phase_name(v, m->phase_b));
        cli_grid_number(&grid, m->error_a, DIGITS);
        cli_grid_number(&grid, m->error_b, DIGITS);
        cli_grid_number(&grid, cli_length(m->norm_a, m->beta, m->loss), DIGITS);
        cli_grid_number(&grid, cli_length(m->norm_b, m->beta, m->loss), DIGITS);
        cli_grid_text(&grid, "%s", m->is_global ? "" : "both metastable");
    }
    return cli_grid_end(&grid, "", stderr);
}

static void add_special(cli_grid *grid, const view *v, int64_t row)
{
    const spn_special_record *s = &v->special[row];
    const char *kind = spn_table_word(&v->specials, row, spn_table_find(&v->specials, "kind"));
    const char *change = spn_table_word(&v->specials, row, spn_table_find(&v->specials, "change"));
    cli_grid_number(grid, s->beta, BETA_DIGITS);
    cli_grid_text(grid, "%s", kind != NULL ? kind : "?");
    cli_grid_text(grid, "%s", change != NULL ? change : "?");
    cli_grid_text(grid, "%lld", (long long)s->index_before);
    cli_grid_text(grid, "%lld", (long long)s->index_after);
    cli_grid_text(grid, "%lld", (long long)s->kernel);
    cli_grid_number(grid, s->error, DIGITS);
    cli_grid_number(grid, cli_length(s->weight_norm, s->beta, s->loss), DIGITS);
    cli_grid_text(grid, "%s",
                  s->is_continuous < 0    ? ""
                  : s->is_continuous == 1 ? "continuous"
                                          : "first order");
    if (s->active_after >= 0) {
        cli_grid_number(grid, s->error_after, DIGITS);
    } else {
        cli_grid_text(grid, "%s", "");
    }
}

/* Those met again on another branch once; those that no phase touches only when all are wanted. */
static spn_status print_specials(spn_context *context, const view *v, bool are_all_wanted)
{
    static const cli_grid_column columns[] = {
        {"beta", CLI_POINT, NULL},        {"kind", CLI_LEFT, NULL},
        {"change", CLI_LEFT, NULL},       {"index", CLI_RIGHT, NULL},
        {NULL, CLI_LEFT, " -> "},         {"kernel", CLI_RIGHT, NULL},
        {"E", CLI_POINT, NULL},           {"|theta|", CLI_POINT, NULL},
        {"ends a phase", CLI_LEFT, NULL}, {"E behind it", CLI_POINT, NULL}};
    int64_t left_out = 0, shown_rows = 0;
    cli_grid grid = cli_grid_begin(context, columns, sizeof columns / sizeof *columns);
    for (int64_t i = 0; i < v->specials.rows; i++) {
        const spn_special_record *s = &v->special[v->special_order[i]];
        bool is_unstable = s->index_before > 0 && s->index_after > 0;
        if (s->same_as < 0 && is_unstable && !are_all_wanted) {
            left_out++;
        } else if (s->same_as < 0) {
            shown_rows++;
            add_special(&grid, v, v->special_order[i]);
        }
    }
    fprintf(stderr, "%s", shown_rows > 0 ? "\nspecial points:\n" : "");
    spn_status status = cli_grid_end(&grid, "", stderr);
    if (status == SPN_OK && left_out > 0) {
        fprintf(stderr, "and %lld on unstable stretches (-v lists them)\n", (long long)left_out);
    }
    return status;
}

spn_status cli_summarize_branches(cli_session *session, const char *path, bool is_json)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_arena *arena = NULL;
    spn_results results;
    view v;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    SPN_TRY(take_view(context, arena, &results, path, &v));
    if (is_json) {
        SPN_TRY(write_json(context, &v));
    } else if (!session->is_quiet) {
        fprintf(stderr, "%s: %lld points, %lld phase%s\n", path, (long long)v.points,
                (long long)v.phases.rows, v.phases.rows == 1 ? "" : "s");
        SPN_TRY(print_phases(context, &v));
        print_brackets(&v);
        SPN_TRY(print_global(context, &v));
        SPN_TRY(print_maxwell(context, &v));
        SPN_TRY(print_specials(context, &v, session->is_verbose));
    }
done:
    spn_arena_free(arena);
    return status;
}
