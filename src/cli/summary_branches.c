/* SPDX-License-Identifier: MIT */
/* What a file of branches says, in tables on stderr or as JSON on stdout. */
#include "cli/find.h"
#include "cli/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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
    double error, norm, curvature; /* the largest of all phases' ends */
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

static void take_sizes(view *v)
{
    for (int64_t i = 0; i < v->phases.rows; i++) {
        const spn_phase_record *p = &v->phase[i];
        v->error = fmax(v->error, fmax(fabs(p->error_low), fabs(p->error_high)));
        v->norm = fmax(v->norm, fmax(p->norm_low, p->norm_high));
        v->curvature = fmax(v->curvature, fmax(fabs(p->curvature_low), fabs(p->curvature_high)));
    }
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
    take_sizes(v);
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

enum { CELL_SIZE = 64, NAME_WIDTH_MAX = 40 };

static int name_width(const view *v)
{
    int width = 5;
    for (int64_t i = 0; i < v->phases.rows; i++) {
        int length = (int)strlen(v->names[i]);
        width = length > width ? length : width;
    }
    return width < NAME_WIDTH_MAX ? width : NAME_WIDTH_MAX;
}

/* Up to rounding a vanishing network has |theta| = 1e-12 or so: shown as 0 beside what the column's largest number says is
 * large. */
static double shown(double value, double largest)
{
    return fabs(value) < 1e-9 * largest ? 0 : value;
}

static const char *pair(char cell[CELL_SIZE], double low, double high, double largest, int digits)
{
    snprintf(cell, CELL_SIZE, "%.*g .. %.*g", digits, shown(low, largest), digits,
             shown(high, largest));
    return cell;
}

/* "fold +1", "symmetry +3": what ends the phase, and how many negative eigenvalues lie behind it. */
static void print_end(const view *v, int64_t row, const char *column, int64_t special,
                      char cell[CELL_SIZE])
{
    const char *word = spn_table_word(&v->phases, row, spn_table_find(&v->phases, column));
    word = word != NULL ? word : "?";
    if (special >= 0 && special < v->specials.rows) {
        const spn_special_record *s = &v->special[special];
        int64_t behind = s->index_before > s->index_after ? s->index_before : s->index_after;
        snprintf(cell, CELL_SIZE, behind > 0 ? "%s +%lld" : "%s", word, (long long)behind);
    } else {
        snprintf(cell, CELL_SIZE, "%s", word);
    }
}

static void print_phases(const view *v)
{
    const int width = name_width(v);
    char window[CELL_SIZE], low[CELL_SIZE], high[CELL_SIZE], error[CELL_SIZE], norm[CELL_SIZE],
        curvature[CELL_SIZE];
    if (v->phases.rows == 0) {
        fprintf(stderr, "no phases were found\n");
        return;
    }
    fprintf(stderr, "%-*s  %-28s  %-15s  %-15s  %-18s  %-18s  %s\n", width, "phase", "beta",
            "lower end", "upper end", "E", "|theta|", "R");
    for (int64_t k = 0; k < v->phases.rows; k++) {
        const int64_t i = v->phase_order[k];
        const spn_phase_record *p = &v->phase[i];
        print_end(v, i, "end_low", p->special_low, low);
        print_end(v, i, "end_high", p->special_high, high);
        fprintf(stderr, "%-*.*s  %-28s  %-15s  %-15s  %-18s  %-18s  %s\n", width, NAME_WIDTH_MAX,
                v->names[i], pair(window, p->beta_low, p->beta_high, 0, 8), low, high,
                pair(error, p->error_low, p->error_high, v->error, 5),
                pair(norm, p->norm_low, p->norm_high, v->norm, 5),
                pair(curvature, p->curvature_low, p->curvature_high, v->curvature, 4));
    }
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

static void print_global(const view *v)
{
    char window[CELL_SIZE];
    fprintf(stderr, "\n%s:\n",
            is_open(v) ? "smallest L of the phases found so far (others may lie below)"
                       : "globally stable");
    for (int64_t i = 0; i < v->global.rows; i++) {
        const spn_global_record *r = &v->range[i];
        fprintf(stderr, "%-28s  %s\n", pair(window, r->beta_low, r->beta_high, 0, 8),
                r->phase >= 0 ? phase_name(v, r->phase) : "no phase is known here");
    }
    if (v->unused > 0) {
        fprintf(stderr, "%lld start%s left that no branch explains: raise branches.branches\n",
                (long long)v->unused, v->unused == 1 ? " was" : "s were");
    }
}

static void print_maxwell(const view *v)
{
    for (int64_t i = 0; i < v->maxwell.rows; i++) {
        const spn_maxwell_record *m = &v->crossing[v->crossing_order[i]];
        fprintf(stderr, "%s%-14.10g  %s -> %s: E %.5g -> %.5g, |theta| %.5g -> %.5g%s\n",
                i == 0 ? "\nMaxwell points:\n" : "", m->beta, phase_name(v, m->phase_a),
                phase_name(v, m->phase_b), m->error_a, m->error_b, shown(m->norm_a, v->norm),
                shown(m->norm_b, v->norm), m->is_global ? "" : " (both metastable)");
    }
}

static void print_special(const view *v, int64_t row)
{
    const spn_special_record *s = &v->special[row];
    const char *kind = spn_table_word(&v->specials, row, spn_table_find(&v->specials, "kind"));
    const char *change = spn_table_word(&v->specials, row, spn_table_find(&v->specials, "change"));
    fprintf(stderr, "%-14.10g  %-12s  %-8s  index %lld -> %lld, E %.5g, |theta| %.5g", s->beta,
            kind != NULL ? kind : "?", change != NULL ? change : "?", (long long)s->index_before,
            (long long)s->index_after, s->error, shown(s->weight_norm, v->norm));
    if (s->kernel > 1) {
        fprintf(stderr, ", %lld eigenvalues", (long long)s->kernel);
    }
    if (s->is_continuous >= 0) {
        fprintf(stderr, ", ends a phase: %s", s->is_continuous == 1 ? "continuous" : "first order");
    }
    if (s->active_after >= 0) {
        fprintf(stderr, ", then E %.5g", s->error_after);
    }
    fprintf(stderr, "\n");
}

/* Those met again on another branch once; those that no phase touches only when all are wanted. */
static void print_specials(const view *v, bool are_all_wanted)
{
    bool is_first = true;
    int64_t left_out = 0;
    for (int64_t i = 0; i < v->specials.rows; i++) {
        const spn_special_record *s = &v->special[v->special_order[i]];
        if (s->same_as >= 0) {
            continue;
        }
        if (s->index_before > 0 && s->index_after > 0 && !are_all_wanted) {
            left_out++;
            continue;
        }
        fprintf(stderr, "%s", is_first ? "\nspecial points:\n" : "");
        is_first = false;
        print_special(v, v->special_order[i]);
    }
    if (left_out > 0) {
        fprintf(stderr, "and %lld on unstable stretches (-v lists them)\n", (long long)left_out);
    }
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
        print_phases(&v);
        print_brackets(&v);
        print_global(&v);
        print_maxwell(&v);
        print_specials(&v, session->is_verbose);
    }
done:
    spn_arena_free(arena);
    return status;
}
