/* SPDX-License-Identifier: MIT */
/* The table of transitions as JSON and as text. */
#include "cli/grid.h"
#include "cli/transitions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- JSON ------------------------------------------------------------------------------------- */

void cli_json_row(spn_json *json, const spn_columns *columns, const void *record)
{
    const spn_table table = {"", columns, 1, record};
    for (int64_t i = 0; i < columns->count; i++) {
        const spn_column *column = &columns->items[i];
        if (column->type == SPN_COLUMN_REAL) {
            spn_json_real(json, column->name, spn_table_real(&table, 0, i));
        } else if (column->words != NULL) {
            spn_json_text(json, column->name, spn_table_word(&table, 0, i));
        } else {
            spn_json_integer(json, column->name, spn_table_integer(&table, 0, i));
        }
    }
}

static void json_labels(spn_json *json, const char *first, const spn_side *a, const char *second,
                        const spn_side *b)
{
    char text[96];
    spn_json_text(json, first, spn_side_label(a, text, sizeof text));
    spn_json_text(json, second, spn_side_label(b, text, sizeof text));
}

static void json_transitions(spn_json *json, const char *key, int64_t count,
                             const spn_transition *rows)
{
    spn_json_begin_list(json, key);
    for (int64_t i = 0; i < count; i++) {
        spn_json_begin_object(json, NULL);
        cli_json_row(json, &spn_transition_columns, &rows[i]);
        json_labels(json, "label_before", &rows[i].before, "label_after", &rows[i].after);
        spn_json_end_object(json);
    }
    spn_json_end_list(json);
}

/* What was seen and could not be judged: row numbers of the list of transitions. */
static void json_undecided(spn_json *json, int64_t count, const spn_transition *rows)
{
    spn_json_begin_list(json, "unresolved");
    for (int64_t i = 0; i < count; i++) {
        if (isnan(rows[i].order)) {
            spn_json_integer(json, NULL, i);
        }
    }
    spn_json_end_list(json);
}

static void json_groups(spn_json *json, int64_t count, const spn_transition_group *groups)
{
    spn_json_begin_list(json, "groups");
    for (int64_t i = 0; i < count; i++) {
        spn_json_begin_object(json, NULL);
        cli_json_row(json, &spn_transition_group_columns, &groups[i]);
        json_labels(json, "label_before", &groups[i].before, "label_after", &groups[i].after);
        spn_json_end_object(json);
    }
    spn_json_end_list(json);
}

static void json_hysteresis(spn_json *json, int64_t count, const spn_hysteresis *rows)
{
    spn_json_begin_list(json, "hysteresis");
    for (int64_t i = 0; i < count; i++) {
        spn_json_begin_object(json, NULL);
        cli_json_row(json, &spn_hysteresis_columns, &rows[i]);
        json_labels(json, "label_below", &rows[i].below, "label_above", &rows[i].above);
        spn_json_end_object(json);
    }
    spn_json_end_list(json);
}

static void json_stuck(spn_json *json, int64_t count, const spn_stuck *rows)
{
    spn_json_begin_list(json, "stuck");
    for (int64_t i = 0; i < count; i++) {
        spn_json_begin_object(json, NULL);
        cli_json_row(json, &spn_stuck_columns, &rows[i]);
        spn_json_end_object(json);
    }
    spn_json_end_list(json);
}

spn_status cli_write_transitions(spn_context *context, spn_transitions *transitions,
                                 const char *const *files)
{
    int64_t count = 0, group_count = 0;
    spn_json json;
    const spn_transition_group *groups = NULL;
    const spn_transition_notes notes = spn_transitions_notes(transitions);
    spn_status status = spn_transitions_group(context, transitions, &groups, &group_count);
    if (status != SPN_OK) {
        return status;
    }
    spn_json_begin(&json, context, spn_sink_stream(stdout));
    spn_json_begin_object(&json, NULL);
    spn_json_begin_list(&json, "files");
    for (int64_t i = 0; i < notes.runs; i++) {
        spn_json_text(&json, NULL, files[i]);
    }
    spn_json_end_list(&json);
    const spn_transition *rows = spn_transitions_rows(transitions, &count);
    json_transitions(&json, "transitions", count, rows);
    json_undecided(&json, count, rows);
    rows = spn_transitions_crossings(transitions, &count);
    json_transitions(&json, "crossings", count, rows);
    json_groups(&json, group_count, groups);
    const spn_hysteresis *loops = spn_transitions_hysteresis(transitions, &count);
    json_hysteresis(&json, count, loops);
    const spn_stuck *stuck = spn_transitions_stuck(transitions, &count);
    json_stuck(&json, count, stuck);
    spn_json_integer(&json, "unrefined", notes.unrefined);
    spn_json_integer(&json, "relabelled", notes.relabelled);
    spn_json_integer(&json, "unsettled", notes.unsettled);
    spn_json_integer(&json, "quenched", notes.quenched);
    spn_json_integer(&json, "unfinished", notes.unfinished);
    spn_json_end_object(&json);
    return spn_json_end_document(&json);
}

/* ---- Text ------------------------------------------------------------------------------------- */

const char *cli_transition_kind(int64_t kind)
{
    static const char *const kinds[] = {"spinodal up", "spinodal down", "Maxwell", "continuous"};
    return kind < 0 ? "undecided" : kinds[kind];
}

const char *cli_transition_change(int64_t change)
{
    static const char *const changes[] = {"accuracy", "symmetry", "other"};
    return changes[change];
}

const char *cli_transition_order(double order)
{
    return isnan(order) ? "?" : order == 1 ? "1st" : "2nd";
}

static const cli_grid_column row_columns[] = {
    {"kind", CLI_LEFT, NULL},       {"order", CLI_LEFT, NULL},  {"change", CLI_LEFT, NULL},
    {"beta", CLI_POINT, NULL},      {NULL, CLI_LEFT, " +- "},   {"|theta|", CLI_POINT, NULL},
    {NULL, CLI_POINT, " -> "},      {"error", CLI_POINT, NULL}, {NULL, CLI_POINT, " -> "},
    {"curvature", CLI_POINT, NULL}, {NULL, CLI_POINT, " -> "},  {"seeds", CLI_RIGHT, NULL},
    {"phases", CLI_LEFT, NULL}};

static double norm_of(const spn_transition *row, const spn_side *side)
{
    return cli_length(side->norm, row->beta, side->loss);
}

/* What stands behind "+-": beta is not always in the middle of its interval, which several seeds share. */
static double half_width(const spn_transition *row)
{
    return fmax(row->beta - row->beta_low, row->beta_high - row->beta);
}

static void add_row(cli_grid *grid, const spn_transition *row)
{
    enum { DIGITS = 6, CURVATURE_DIGITS = 4 };
    char before[96], after[96], cell[CLI_CELL];
    const spn_side *a = &row->before, *b = &row->after;
    cli_grid_text(grid, "%s", cli_transition_kind(row->kind));
    cli_grid_text(grid, "%s", cli_transition_order(row->order));
    cli_grid_text(grid, "%s", cli_transition_change(row->change));
    cli_grid_text(grid, "%s", cli_measured(row->beta, half_width(row), cell));
    cli_grid_number(grid, half_width(row), 2);
    cli_grid_number(grid, norm_of(row, a), DIGITS);
    cli_grid_number(grid, norm_of(row, b), DIGITS);
    cli_grid_number(grid, a->error, DIGITS);
    cli_grid_number(grid, b->error, DIGITS);
    cli_grid_number(grid, cli_beside(a->curvature, b->curvature), CURVATURE_DIGITS);
    cli_grid_number(grid, cli_beside(b->curvature, a->curvature), CURVATURE_DIGITS);
    cli_grid_text(grid, "%lld", (long long)row->seeds);
    cli_grid_text(grid, "%s -> %s", spn_side_label(a, before, sizeof before),
                  spn_side_label(b, after, sizeof after));
}

/* Rows of one file, from `first` on; *next: the first of another. */
static spn_status print_rows(spn_context *context, int64_t count, const spn_transition *rows,
                             const char *const *norms, int64_t first, int64_t *next)
{
    cli_grid grid = cli_grid_begin(context, row_columns, sizeof row_columns / sizeof *row_columns);
    grid.norm = norms[rows[first].run];
    for (*next = first; *next < count && rows[*next].run == rows[first].run; ++*next) {
        add_row(&grid, &rows[*next]);
    }
    return cli_grid_end(&grid, "", stdout);
}

/* A phase ends, and no phase is known behind its end: how wide the interval is does not matter then. */
static bool is_open(const spn_transition *row)
{
    return row->evidence == SPN_EVIDENCE_UNRESOLVED && isnan(row->after.error);
}

/* Nobody knows what lies in the interval: what was seen at its ends. */
static void print_seen(FILE *out, const spn_transition *row)
{
    const spn_side *a = &row->before, *b = &row->after;
    fprintf(out, "between beta = %.9g and %.9g |theta| goes %.6g -> %.6g and E %.6g -> %.6g",
            row->beta_low, row->beta_high, norm_of(row, a), norm_of(row, b), a->error, b->error);
}

static void print_change(FILE *out, const spn_transition *row)
{
    fprintf(out, "|theta|^2 changes by %.6g", row->jump);
    if (isfinite(row->jump_low) && row->jump_low < row->jump_high) {
        fprintf(out, " (%.6g .. %.6g)", row->jump_low, row->jump_high);
    }
}

static void print_evidence(FILE *out, const spn_transition *row)
{
    double chi_before = row->before.susceptibility, chi_after = row->after.susceptibility;
    char beta[CLI_CELL];
    fprintf(out, "  beta = %s: %s; ", cli_measured(row->beta, half_width(row), beta),
            is_open(row) ? "undecided: no phase was found that it goes over into"
                         : spn_evidence_text(row->evidence));
    if (is_open(row)) {
        fprintf(out, "|theta| is %.6g and E %.6g there", norm_of(row, &row->before),
                row->before.error);
    } else if (row->evidence == SPN_EVIDENCE_UNRESOLVED) {
        print_seen(out, row);
    } else {
        print_change(out, row);
    }
    if (row->eigenvalue.points > 0) {
        fprintf(out, "; exponent %.4f +- %.4f over %.1f decades (%.2g .. %.2g)",
                row->eigenvalue.value, row->eigenvalue.error, row->eigenvalue.decades,
                row->eigenvalue.low, row->eigenvalue.high);
    }
    if (row->susceptibility.points > 0) {
        fprintf(out, "; chi goes like distance^%.3f", row->susceptibility.value);
    }
    if (isfinite(chi_before) && isfinite(chi_after)) {
        /* -0 of a trivial phase is 0. */
        fprintf(out, "; chi %.5g -> %.5g", cli_beside(chi_before, chi_after) + 0.0,
                cli_beside(chi_after, chi_before) + 0.0);
    }
    fprintf(out, "\n");
}

/* The same with sqrt(n) written as `norm` says. */
static spn_status print_named_evidence(spn_context *context, const spn_transition *row,
                                       const char *norm)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = norm != NULL ? open_memstream(&text, &size) : stdout;
    if (out == NULL) {
        return spn_fail(context, SPN_ERROR_MEMORY, "out of memory");
    }
    print_evidence(out, row);
    if (norm != NULL && fclose(out) == 0) {
        cli_put_norm(stdout, text, norm);
    }
    free(text);
    return SPN_OK;
}

static spn_status print_loops(spn_context *context, int64_t count, const spn_hysteresis *rows)
{
    static const cli_grid_column columns[] = {
        {"coexist", CLI_POINT, NULL},     {NULL, CLI_POINT, " .. "},
        {"width", CLI_POINT, NULL},       {"loop area", CLI_POINT, NULL},
        {"change of L", CLI_POINT, NULL}, {"Maxwell", CLI_POINT, NULL},
        {"phases", CLI_LEFT, NULL}};
    char below[96], above[96];
    cli_grid grid = cli_grid_begin(context, columns, sizeof columns / sizeof *columns);
    for (int64_t i = 0; i < count; i++) {
        const spn_hysteresis *r = &rows[i];
        cli_grid_text(&grid, "%s%.9g", r->is_open ? "<" : "", r->beta_low);
        cli_grid_number(&grid, r->beta_high, 9);
        cli_grid_number(&grid, r->width, 6);
        cli_grid_number(&grid, r->area, 8);
        cli_grid_number(&grid, r->area_from_loss, 8);
        cli_grid_number(&grid, r->maxwell_beta, 9);
        cli_grid_text(&grid, "%s / %s", spn_side_label(&r->below, below, sizeof below),
                      spn_side_label(&r->above, above, sizeof above));
    }
    printf("%s", count > 0 ? "\nhysteresis\n" : "");
    return cli_grid_end(&grid, "  ", stdout);
}

static spn_status print_stuck(spn_context *context, int64_t count, const spn_stuck *rows)
{
    static const cli_grid_column columns[] = {{"beta", CLI_POINT, NULL},
                                              {"stuck", CLI_RIGHT, NULL},
                                              {NULL, CLI_LEFT, " of "},
                                              {"share", CLI_POINT, NULL},
                                              {"from", CLI_POINT, NULL},
                                              {"to", CLI_POINT, NULL},
                                              {"L above the lowest", CLI_RIGHT, NULL}};
    cli_grid grid = cli_grid_begin(context, columns, sizeof columns / sizeof *columns);
    for (int64_t i = 0; i < count; i++) {
        cli_grid_number(&grid, rows[i].beta, 6);
        cli_grid_text(&grid, "%lld", (long long)rows[i].stuck);
        cli_grid_text(&grid, "%lld", (long long)rows[i].starts);
        cli_grid_number(&grid, rows[i].fraction, 3);
        cli_grid_number(&grid, rows[i].low, 3);
        cli_grid_number(&grid, rows[i].high, 3);
        cli_grid_text(&grid, "%lld", (long long)rows[i].higher);
    }
    printf("%s", count > 0
                     ? "\nrandom starts: stuck in a phase with fewer modes than the best one, "
                       "as a share with its 95 % interval\n"
                     : "");
    return cli_grid_end(&grid, "  ", stdout);
}

static spn_status print_groups(spn_context *context, int64_t count,
                               const spn_transition_group *groups)
{
    static const cli_grid_column columns[] = {
        {"kind", CLI_LEFT, NULL},   {"beta", CLI_POINT, NULL},    {"deviation", CLI_LEFT, NULL},
        {"least", CLI_POINT, NULL}, {"largest", CLI_POINT, NULL}, {"seeds", CLI_LEFT, NULL},
        {"files", CLI_LEFT, NULL},  {"1st/2nd", CLI_LEFT, NULL},  {"phases", CLI_LEFT, NULL}};
    char before[96], after[96];
    cli_grid grid = cli_grid_begin(context, columns, sizeof columns / sizeof *columns);
    for (int64_t i = 0; i < count; i++) {
        const spn_transition_group *g = &groups[i];
        cli_grid_text(&grid, "%s", cli_transition_kind(g->kind));
        cli_grid_number(&grid, g->beta, 8);
        cli_grid_number(&grid, g->beta_deviation, 2);
        cli_grid_number(&grid, g->beta_min, 8);
        cli_grid_number(&grid, g->beta_max, 8);
        cli_grid_text(&grid, "%lld/%lld", (long long)g->seeds, (long long)g->seeds_of);
        cli_grid_text(&grid, "%lld/%lld", (long long)g->runs, (long long)g->runs_of);
        cli_grid_text(&grid, "%lld/%lld", (long long)g->first, (long long)g->second);
        cli_grid_text(&grid, "%s -> %s", spn_side_label(&g->before, before, sizeof before),
                      spn_side_label(&g->after, after, sizeof after));
    }
    printf("%s", count > 0 ? "\nover seeds and files\n" : "");
    return cli_grid_end(&grid, "  ", stdout);
}

static void print_notes(const spn_transition_notes *notes)
{
    if (notes->unrefined > 0) {
        printf("note: %lld file%s without refined jumps (made by an older version or with "
               "sweep.refine: false): intervals are steps of the grid\n",
               (long long)notes->unrefined, notes->unrefined == 1 ? "" : "s");
    }
    if (notes->relabelled > 0) {
        printf("note: %lld change%s of labels without a transition\n", (long long)notes->relabelled,
               notes->relabelled == 1 ? "" : "s");
    }
    if (notes->unsettled > 0) {
        printf("note: %lld point%s not stationary and left out of the phases\n",
               (long long)notes->unsettled, notes->unsettled == 1 ? " is" : "s are");
    }
    if (notes->unfinished > 0) {
        printf("note: %lld phase%s not followed to the end\n", (long long)notes->unfinished,
               notes->unfinished == 1 ? " was" : "s were");
    }
}

/* Why the answer may lack something; NULL: it does not. */
static const char *find_gap(const spn_transition_notes *notes)
{
    if (notes->unsettled > 0) {
        return "where points are not stationary it cannot tell";
    }
    if (notes->quenched > 0) {
        return "a quench starts afresh at each beta and cannot tell";
    }
    if (notes->unfinished > 0) {
        return "behind the ends of phases that were not followed it cannot tell";
    }
    return NULL;
}

static void print_verdict(int64_t count, const spn_transition *rows,
                          const spn_transition_notes *notes, double from, double to)
{
    int64_t first = 0, second = 0, undecided = 0;
    const char *gap = find_gap(notes);
    for (int64_t i = 0; i < count; i++) {
        first += rows[i].order == 1;
        second += rows[i].order == 2;
        undecided += isnan(rows[i].order);
    }
    if (count == 0 && gap != NULL) {
        printf("verdict: no transition was seen between beta = %.6g and %.6g, but %s\n", from, to,
               gap);
        return;
    }
    if (count == 0) {
        printf("verdict: none; no transition between beta = %.6g and %.6g\n", from, to);
        return;
    }
    printf("verdict: %lld of first order, %lld of second", (long long)first, (long long)second);
    if (undecided > 0) {
        printf(", %lld undecided", (long long)undecided);
    }
    printf(", between beta = %.6g and %.6g%s%s\n", from, to, gap != NULL ? "; " : "",
           gap != NULL ? gap : "");
}

spn_status cli_print_transitions(spn_context *context, spn_transitions *transitions,
                                 const char *const *files, const char *const *norms,
                                 double beta_from, double beta_to)
{
    spn_status status = SPN_OK;
    int64_t count = 0, others = 0, next = 0, most_seeds = 0;
    const spn_transition_notes notes = spn_transitions_notes(transitions);
    const spn_transition_group *groups = NULL;
    SPN_TRY(spn_transitions_group(context, transitions, &groups, &others));
    const spn_transition *rows = spn_transitions_rows(transitions, &count);
    for (int64_t i = 0; i < count; i = next) {
        printf("%s%s\n", i == 0 ? "" : "\n", files[rows[i].run]);
        SPN_TRY(print_rows(context, count, rows, norms, i, &next));
    }
    printf("%s", count > 0 ? "\nevidence\n" : "");
    for (int64_t i = 0; i < count; i++) {
        SPN_TRY(print_named_evidence(context, &rows[i], norms[rows[i].run]));
        most_seeds = rows[i].seeds > most_seeds ? rows[i].seeds : most_seeds;
    }
    if (notes.runs > 1 || most_seeds > 1) {
        SPN_TRY(print_groups(context, others, groups));
    }
    const spn_transition *crossings = spn_transitions_crossings(transitions, &others);
    printf("%s", others > 0 ? "\ncrossings of L below which a third phase lies\n" : "");
    for (int64_t i = 0; i < others; i = next) {
        SPN_TRY(print_rows(context, others, crossings, norms, i, &next));
    }
    const spn_hysteresis *loops = spn_transitions_hysteresis(transitions, &others);
    SPN_TRY(print_loops(context, others, loops));
    const spn_stuck *stuck = spn_transitions_stuck(transitions, &others);
    SPN_TRY(print_stuck(context, others, stuck));
    print_notes(&notes);
    print_verdict(count, rows, &notes, beta_from, beta_to);
done:
    return status;
}
