/* SPDX-License-Identifier: MIT */
/* Phases, where each is globally stable, Maxwell points, folds and branch points. */
#include "kind/run_answer.h"

#include <math.h>
#include <stdio.h>

enum { BETA_DIGITS = 10, DIGITS = 5 };

static const char *name_of(const spn_branches_contents *c, int64_t phase)
{
    return phase >= 0 ? c->names[phase] : NULL;
}

/* A view of a table whose rows belong to phases. */
#define PHASE_VIEW(c, its_table, its_columns)                                                      \
    {                                                                                              \
        .table = (its_table), .columns = (its_columns),                                            \
        .column_count = sizeof(its_columns) / sizeof *(its_columns), .names = (c)->names,          \
        .name_count = (c)->phases.rows, .state = (c)                                               \
    }

/* ---- JSON -------------------------------------------------------------------------------------- */

static void write_answer(spn_json *json, const spn_branches_contents *c, const spn_wish *wish)
{
    spni_run_answer found = {0};
    spn_status status = spni_answer_branches(json->context, c, &found);
    if (status == SPN_OK) {
        spn_answer_json(json, &found.answer, &c->facts, NULL, &wish->shown);
    }
    spni_run_answer_free(json->context, &found);
    json->status = json->status != SPN_OK ? json->status : status;
}

void spn_branches_json(spn_json *json, const char *path, const void *contents, const spn_wish *wish)
{
    const spn_branches_contents *c = contents;
    const spn_global_record *global = c->global.records;
    spn_json_begin_object(json, NULL);
    spn_json_text(json, "results", path);
    spn_json_integer(json, "points", c->points.rows);
    spn_json_rows(json, "phases", &c->phases, "name", c->names);
    spn_json_rows(json, "maxwell", &c->maxwell, NULL, NULL);
    spn_json_rows(json, "specials", &c->specials, NULL, NULL);
    spn_json_integer(json, "unused_starts", c->unused_starts);
    if (c->is_by_products) {
        spn_json_text(json, "method", "products");
    }
    spn_json_begin_list(json, "global");
    for (int64_t i = 0; i < c->global.rows; i++) {
        spn_json_begin_object(json, NULL);
        spn_json_integer(json, "phase", global[i].phase);
        spn_json_text(json, "name", name_of(c, global[i].phase));
        spn_json_real(json, "beta_low", global[i].beta_low);
        spn_json_real(json, "beta_high", global[i].beta_high);
        spn_json_end_object(json);
    }
    spn_json_end_list(json);
    if (c->points.rows > 0) {
        write_answer(json, c, wish);
    }
    spn_json_end_object(json);
}

/* ---- Phases ------------------------------------------------------------------------------------ */

/* "fold +1", "symmetry +3": what ends the phase, and how many negative eigenvalues lie behind it. */
static void write_end(const spn_row *row, const char *column, int64_t special, char *cell)
{
    const spn_branches_contents *c = row->state;
    const spn_special_record *specials = c->specials.records;
    const char *word = spn_table_word(&c->phases, row->index, spn_table_find(&c->phases, column));
    int64_t behind = 0;
    if (special >= 0 && special < c->specials.rows) {
        const spn_special_record *s = &specials[special];
        behind = s->index_before > s->index_after ? s->index_before : s->index_after;
    }
    int used = snprintf(cell, SPN_CELL_SIZE, "%s", word != NULL ? word : "?");
    if (behind > 0) {
        snprintf(cell + used, (size_t)(SPN_CELL_SIZE - used), " +%lld", (long long)behind);
    }
}

static void write_low(const spn_row *row, char *cell)
{
    const spn_phase_record *phase = row->record;
    write_end(row, "end_low", phase->special_low, cell);
}

static void write_high(const spn_row *row, char *cell)
{
    const spn_phase_record *phase = row->record;
    write_end(row, "end_high", phase->special_high, cell);
}

/* The curvature of a vanishing network is rounding beside what the column's largest number says is large. */
static void write_curvature(const spn_branches_contents *c, double curvature, char *cell)
{
    const spn_phase_record *phases = c->phases.records;
    double largest = 0;
    for (int64_t i = 0; i < c->phases.rows; i++) {
        largest = fmax(largest, fmax(fabs(phases[i].low.scalar_curvature_error),
                                     fabs(phases[i].high.scalar_curvature_error)));
    }
    spn_show_number(fabs(curvature) < 1e-9 * largest ? 0 : curvature, 4, cell);
}

static void write_curvature_low(const spn_row *row, char *cell)
{
    write_curvature(row->state, ((const spn_phase_record *)row->record)->low.scalar_curvature_error,
                    cell);
}

static void write_curvature_high(const spn_row *row, char *cell)
{
    write_curvature(row->state,
                    ((const spn_phase_record *)row->record)->high.scalar_curvature_error, cell);
}

static void put_phases(spn_text *text, const spn_branches_contents *c)
{
    static const spn_view_column columns[] = {
        SPN_SHOW_NAME("phase", NULL, "?"),
        SPN_SHOW("beta", "beta_low", 8),
        SPN_JOIN(" .. ", "beta_high", 8),
        SPN_SHOW_BY("lower end", write_low),
        SPN_SHOW_BY("upper end", write_high),
        SPN_SHOW("E", "error_low", DIGITS),
        SPN_JOIN(" .. ", "error_high", DIGITS),
        SPN_SHOW_LENGTH("|theta|", "norm_low", DIGITS, "beta_low", "loss_low"),
        SPN_JOIN_LENGTH(" .. ", "norm_high", DIGITS, "beta_high", "loss_high"),
        SPN_SHOW_NUMBER_BY("R", write_curvature_low),
        SPN_JOIN_NUMBER_BY(" .. ", write_curvature_high)};
    spn_view view = PHASE_VIEW(c, &c->phases, columns);
    view.order = "beta_high";
    if (spn_view_terminal(text, &view, "") == 0) {
        spn_text_add(text, "no phases were found\n");
    }
}

/* ---- Where phases are globally stable ----------------------------------------------------------- */

/* Is there more than was followed? */
static bool is_open(const spn_branches_contents *c)
{
    const spn_phase_record *phases = c->phases.records;
    bool is_open = c->unused_starts > 0;
    for (int64_t i = 0; i < c->phases.rows; i++) {
        is_open = is_open || phases[i].end_low == SPN_END_UNFINISHED ||
                  phases[i].end_high == SPN_END_UNFINISHED;
    }
    return is_open;
}

static void put_global(spn_text *text, const spn_branches_contents *c)
{
    static const spn_view_column columns[] = {
        SPN_SHOW("beta", "beta_low", 8), SPN_JOIN(" .. ", "beta_high", 8),
        SPN_SHOW_NAME("phase", "phase", "no phase is known here")};
    spn_view view = PHASE_VIEW(c, &c->global, columns);
    spn_text_put(text, "\n%s:\n",
                 is_open(c) ? "smallest L of the phases found so far (others may lie below)"
                            : "globally stable");
    spn_view_terminal(text, &view, "");
    if (c->unused_starts > 0) {
        spn_text_put(text, "%lld start%s left that no branch explains: raise branches.branches\n",
                     (long long)c->unused_starts, c->unused_starts == 1 ? " was" : "s were");
    }
}

static void put_maxwell(spn_text *text, const spn_branches_contents *c)
{
    static const char *const words[] = {"both metastable", "", NULL};
    static const spn_view_column columns[] = {
        SPN_SHOW("beta", "beta", BETA_DIGITS),
        SPN_SHOW_NAME("phases", "phase_a", "?"),
        SPN_JOIN_NAME(" -> ", "phase_b", "?"),
        SPN_SHOW("E", "error_a", DIGITS),
        SPN_JOIN(" -> ", "error_b", DIGITS),
        SPN_SHOW_LENGTH("|theta|", "norm_a", DIGITS, "beta", "loss"),
        SPN_JOIN_LENGTH(" -> ", "norm_b", DIGITS, "beta", "loss"),
        SPN_SHOW_WORD("", "is_global", words, "")};
    spn_view view = PHASE_VIEW(c, &c->maxwell, columns);
    view.order = "beta";
    view.heading = "\nMaxwell points:\n";
    spn_view_terminal(text, &view, "");
}

/* ---- Special points ---------------------------------------------------------------------------- */

/* Ends that could be bracketed only. */
static bool is_bracketed(const spn_row *row)
{
    const spn_special_record *s = row->record;
    return s->is_continuous >= 0 && s->same_as < 0 &&
           s->beta_high - s->beta_low > 1e-5 * fabs(s->beta);
}

static void put_brackets(spn_text *text, const spn_branches_contents *c)
{
    static const spn_view_column columns[] = {SPN_SHOW("near beta", "beta", 0),
                                              SPN_SHOW("between", "beta_low", 8),
                                              SPN_JOIN(" .. ", "beta_high", 8)};
    spn_view view = SPN_VIEW(&c->specials, columns);
    view.filter = is_bracketed;
    view.order = "beta";
    view.heading = "ends of phases that were not located:\n";
    spn_view_terminal(text, &view, "");
}

static bool is_unstable(const spn_special_record *s)
{
    return s->index_before > 0 && s->index_after > 0;
}

/* Those met again on another branch once. */
static bool is_first(const spn_row *row)
{
    return ((const spn_special_record *)row->record)->same_as < 0;
}

static bool touches_phase(const spn_row *row)
{
    return is_first(row) && !is_unstable(row->record);
}

static void write_behind(const spn_row *row, char *cell)
{
    const spn_special_record *s = row->record;
    if (s->after.active_modes >= 0) {
        spn_show_number(s->after.error, DIGITS, cell);
    }
}

/* Those that no phase touches only when all are wanted. */
static void put_specials(spn_text *text, const spn_branches_contents *c, bool are_all_wanted)
{
    static const char *const orders[] = {"first order", "continuous", NULL};
    static const spn_view_column columns[] = {
        SPN_SHOW("beta", "beta", BETA_DIGITS),
        SPN_SHOW("kind", "kind", 0),
        SPN_SHOW("change", "change", 0),
        SPN_SHOW("index", "index_before", 0),
        SPN_JOIN(" -> ", "index_after", 0),
        SPN_SHOW("kernel", "kernel", 0),
        SPN_SHOW("E", "error", DIGITS),
        SPN_SHOW_LENGTH("|theta|", "weight_norm", DIGITS, "beta", "loss"),
        SPN_SHOW_WORD("ends a phase", "is_continuous", orders, ""),
        SPN_SHOW_NUMBER_BY("E behind it", write_behind)};
    const spn_special_record *specials = c->specials.records;
    int64_t left_out = 0;
    spn_view view = SPN_VIEW(&c->specials, columns);
    view.filter = are_all_wanted ? is_first : touches_phase;
    view.order = "beta";
    view.heading = "\nspecial points:\n";
    spn_view_terminal(text, &view, "");
    for (int64_t i = 0; i < c->specials.rows; i++) {
        left_out += specials[i].same_as < 0 && is_unstable(&specials[i]) && !are_all_wanted;
    }
    if (left_out > 0) {
        spn_text_put(text, "and %lld on unstable stretches (-v lists them)\n", (long long)left_out);
    }
}

static void put_answer(spn_text *text, const spn_branches_contents *c, const spn_wish *wish)
{
    spni_run_answer found = {0};
    spn_status status = text->status;
    SPN_TRY(status);
    SPN_TRY(spni_answer_branches(text->context, c, &found));
    spn_answer_put(text, &found.answer, &c->facts, &wish->shown);
    spn_text_add(text, "\n");
    spn_answer_phases_put(text, &found.answer, false);
    spn_answer_entries_put(text, &found.answer, &wish->shown, false);
    status = text->status;
done:
    spni_run_answer_free(text->context, &found);
    text->status = status;
}

void spn_branches_summary(spn_text *text, const char *path, const void *contents,
                          const spn_wish *wish)
{
    const spn_branches_contents *c = contents;
    spn_text_put(text, "%s: %lld points, %lld phase%s\n", path, (long long)c->points.rows,
                 (long long)c->phases.rows, spn_plural(c->phases.rows));
    if (c->points.rows > 0) {
        put_answer(text, c, wish);
    }
    spn_text_add(text, c->phases.rows > 0 ? "\nall phases, units told apart:\n" : "");
    put_phases(text, c);
    put_brackets(text, c);
    if (c->is_by_products) {
        spn_text_add(text,
                     "\none branch, by products: no other was looked for, and what crosses it "
                     "was not followed\n");
    } else {
        put_global(text, c);
    }
    put_maxwell(text, c);
    put_specials(text, c, wish->is_verbose);
}

void spn_branches_troubles(spn_text *text, const void *contents)
{
    if (is_open(contents)) {
        spn_text_add(text, "not everything was followed; a larger branches.points or "
                           "branches.branches may help, or a shorter branches.step\n");
    }
}
