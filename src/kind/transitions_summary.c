/* SPDX-License-Identifier: MIT */
/* Transitions with their evidence, for people. */
#include "kind/run_answer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Text ------------------------------------------------------------------------------------- */

static const char *const kinds[] = {"spinodal up", "spinodal down", "Maxwell", "continuous", NULL};
static const char *const orders[] = {"?", "1st", "2nd", NULL};

const char *spn_transition_kind_text(int64_t kind)
{
    return kind < 0 || kind > SPN_TRANSITION_CONTINUOUS ? "undecided" : kinds[kind];
}

const char *spn_transition_order_text(double order)
{
    return orders[isnan(order) ? 0 : order == 1 ? 1 : 2];
}

static void show_sides(const spn_side *a, const char *between, const spn_side *b, char *cell)
{
    char first[96], second[96];
    snprintf(cell, SPN_CELL_SIZE, "%s %s %s", spn_side_label(a, first, sizeof first), between,
             spn_side_label(b, second, sizeof second));
}

static void write_phases(const spn_row *row, char *cell)
{
    const spn_transition *t = row->record;
    show_sides(&t->before, "->", &t->after, cell);
}

/* beta is not always in the middle of its interval, which several seeds share. */
static double half_width(const spn_transition *row)
{
    return fmax(row->beta - row->beta_low, row->beta_high - row->beta);
}

/* Which rows of the table are told. */
typedef struct told_rows {
    int64_t run;
    const spn_shown *shown;
} told_rows;

static bool is_told(const spn_row *row)
{
    const told_rows *told = row->state;
    const spn_transition *t = row->record;
    return t->run == told->run && spni_row_is_shown(told->shown, t);
}

static void write_evidence(const spn_row *row, char *cell)
{
    snprintf(cell, SPN_CELL_SIZE, "%s",
             spn_evidence_text(((const spn_transition *)row->record)->evidence));
}

/* The last one on pages only: a terminal has no room for it. */
static const spn_view_column transition_columns[] = {
    SPN_SHOW_WORD("kind", "kind", kinds, "undecided"),
    SPN_SHOW_WORD("order", "order", orders, "?"),
    SPN_SHOW("change", "change", 0),
    SPN_SHOW_MEASURED("beta", "beta", "beta_low", "beta_high"),
    SPN_JOIN_ERROR(" +- ", "beta", "beta_low", "beta_high"),
    SPN_SHOW_LENGTH("|theta|", "norm_before", 6, "beta", "loss_before"),
    SPN_JOIN_LENGTH(" -> ", "norm_after", 6, "beta", "loss_after"),
    SPN_SHOW("error", "error_before", 6),
    SPN_JOIN(" -> ", "error_after", 6),
    SPN_SHOW_BESIDE("curvature", "curvature_before", 4, "curvature_after"),
    SPN_JOIN_BESIDE(" -> ", "curvature_after", 4, "curvature_before"),
    SPN_SHOW("seeds", "seeds", 0),
    SPN_SHOW_BY("phases", write_phases),
    SPN_SHOW_BY("evidence", write_evidence)};

void spn_transitions_page(spn_text *page, int64_t count, const spn_transition *rows)
{
    const spn_table table = {"transitions", &spn_transition_columns, count, rows};
    const spn_view view = SPN_VIEW(&table, transition_columns);
    spn_view_markdown(page, &view);
}

/* Rows of one file; they stand together. *next: the first of another. */
static void put_rows(spn_text *text, int64_t count, const spn_transition *rows, int64_t first,
                     int64_t *next, const spn_shown *shown)
{
    const spn_table table = {"transitions", &spn_transition_columns, count, rows};
    const told_rows told = {rows[first].run, shown};
    spn_view view = SPN_VIEW(&table, transition_columns);
    view.column_count--;
    view.filter = is_told;
    view.state = &told;
    spn_view_terminal(text, &view, "");
    for (*next = first; *next < count && rows[*next].run == told.run; ++*next) {
    }
}

static double norm_of(const spn_transition *row, const spn_side *side)
{
    return spn_shown_length(side->norm, row->beta, side->loss);
}

/* A phase ends, and no phase is known behind its end: how wide the interval is does not matter then. */
static bool is_open(const spn_transition *row)
{
    return row->evidence == SPN_EVIDENCE_UNRESOLVED && isnan(row->after.error);
}

/* Nobody knows what lies in the interval: what was seen at its ends. */
static void put_seen(spn_text *text, const spn_transition *row)
{
    const spn_side *a = &row->before, *b = &row->after;
    spn_text_put(text, "between beta = %.9g and %.9g |theta| goes %.6g -> %.6g and E %.6g -> %.6g",
                 row->beta_low, row->beta_high, norm_of(row, a), norm_of(row, b), a->error,
                 b->error);
}

static void put_change(spn_text *text, const spn_transition *row)
{
    spn_text_put(text, "|theta|^2 changes by %.6g", row->jump);
    if (isfinite(row->jump_low) && row->jump_low < row->jump_high) {
        spn_text_put(text, " (%.6g .. %.6g)", row->jump_low, row->jump_high);
    }
}

static void put_evidence(spn_text *text, const spn_transition *row)
{
    double chi_before = row->before.susceptibility, chi_after = row->after.susceptibility;
    char beta[SPN_CELL_SIZE];
    spn_text_put(text, "  beta = %s: %s; ", spn_show_measured(row->beta, half_width(row), beta),
                 is_open(row) ? "undecided: no phase was found that it goes over into"
                              : spn_evidence_text(row->evidence));
    if (is_open(row)) {
        spn_text_put(text, "|theta| is %.6g and E %.6g there", norm_of(row, &row->before),
                     row->before.error);
    } else if (row->evidence == SPN_EVIDENCE_UNRESOLVED) {
        put_seen(text, row);
    } else {
        put_change(text, row);
    }
    if (row->eigenvalue.points > 0) {
        spn_text_put(text, "; exponent %.4f +- %.4f over %.1f decades (%.2g .. %.2g)",
                     row->eigenvalue.value, row->eigenvalue.error, row->eigenvalue.decades,
                     row->eigenvalue.low, row->eigenvalue.high);
    }
    if (row->susceptibility.points > 0) {
        spn_text_put(text, "; chi goes like distance^%.3f", row->susceptibility.value);
    }
    if (isfinite(chi_before) && isfinite(chi_after)) {
        /* -0 of a trivial phase is 0. */
        spn_text_put(text, "; chi %.5g -> %.5g", spn_beside(chi_before, chi_after) + 0.0,
                     spn_beside(chi_after, chi_before) + 0.0);
    }
    spn_text_put(text, "\n");
}

static void write_window(const spn_row *row, char *cell)
{
    const spn_hysteresis *h = row->record;
    snprintf(cell, SPN_CELL_SIZE, "%s%.9g", h->is_open ? "<" : "", h->beta_low);
}

static void write_loop_phases(const spn_row *row, char *cell)
{
    const spn_hysteresis *h = row->record;
    show_sides(&h->below, "/", &h->above, cell);
}

static const spn_view_column loop_columns[] = {SPN_SHOW_NUMBER_BY("coexist", write_window),
                                               SPN_JOIN(" .. ", "beta_high", 9),
                                               SPN_SHOW("width", "width", 6),
                                               SPN_SHOW("loop area", "area", 8),
                                               SPN_SHOW("change of L", "area_from_loss", 8),
                                               SPN_SHOW("Maxwell", "maxwell_beta", 9),
                                               SPN_SHOW_BY("phases", write_loop_phases)};

void spn_hysteresis_page(spn_text *page, int64_t count, const spn_hysteresis *rows)
{
    const spn_table table = {"hysteresis", &spn_hysteresis_columns, count, rows};
    const spn_view view = SPN_VIEW(&table, loop_columns);
    spn_view_markdown(page, &view);
}

static bool is_told_loop(const spn_row *row)
{
    return spni_loop_is_shown(row->state, row->record);
}

static void put_loops(spn_text *text, int64_t count, const spn_hysteresis *rows,
                      const spn_shown *shown)
{
    const spn_table table = {"hysteresis", &spn_hysteresis_columns, count, rows};
    spn_view view = SPN_VIEW(&table, loop_columns);
    view.heading = "\nhysteresis\n";
    view.filter = is_told_loop;
    view.state = shown;
    spn_view_terminal(text, &view, "  ");
}

static void put_stuck(spn_text *text, int64_t count, const spn_stuck *rows)
{
    static const spn_view_column columns[] = {SPN_SHOW("beta", "beta", 6),
                                              SPN_SHOW("stuck", "stuck", 0),
                                              SPN_JOIN(" of ", "starts", 0),
                                              SPN_SHOW("share", "fraction", 3),
                                              SPN_SHOW("from", "fraction_low", 3),
                                              SPN_SHOW("to", "fraction_high", 3),
                                              SPN_SHOW("L above the lowest", "higher", 0)};
    const spn_table table = {"stuck", &spn_stuck_columns, count, rows};
    spn_view view = SPN_VIEW(&table, columns);
    view.heading = "\nrandom starts: stuck in a phase with fewer modes than the best one, as a "
                   "share with its 95 % interval\n";
    spn_view_terminal(text, &view, "  ");
}

#define WRITE_SHARE(name, part, whole)                                                             \
    static void name(const spn_row *row, char *cell)                                               \
    {                                                                                              \
        const spn_transition_group *g = row->record;                                               \
        snprintf(cell, SPN_CELL_SIZE, "%lld/%lld", (long long)g->part, (long long)g->whole);       \
    }
WRITE_SHARE(write_seeds, seeds, seeds_of)
WRITE_SHARE(write_files, runs, runs_of)
WRITE_SHARE(write_orders, first, second)
#undef WRITE_SHARE

static void write_group_phases(const spn_row *row, char *cell)
{
    const spn_transition_group *g = row->record;
    show_sides(&g->before, "->", &g->after, cell);
}

static bool is_told_group(const spn_row *row)
{
    return spni_group_is_shown(row->state, row->record);
}

static void put_groups(spn_text *text, int64_t count, const spn_transition_group *groups,
                       const spn_shown *shown)
{
    static const spn_view_column columns[] = {SPN_SHOW_WORD("kind", "kind", kinds, "undecided"),
                                              SPN_SHOW("beta", "beta_mean", 8),
                                              SPN_SHOW("deviation", "beta_deviation", 2),
                                              SPN_SHOW("least", "beta_min", 8),
                                              SPN_SHOW("largest", "beta_max", 8),
                                              SPN_SHOW_BY("seeds", write_seeds),
                                              SPN_SHOW_BY("files", write_files),
                                              SPN_SHOW_BY("1st/2nd", write_orders),
                                              SPN_SHOW_BY("phases", write_group_phases)};
    const spn_table table = {"groups", &spn_transition_group_columns, count, groups};
    spn_view view = SPN_VIEW(&table, columns);
    view.heading = "\nover seeds and files\n";
    view.filter = is_told_group;
    view.state = shown;
    spn_view_terminal(text, &view, "  ");
}

static void put_notes(spn_text *text, const spn_transition_notes *notes)
{
    if (notes->unrefined > 0) {
        spn_text_put(text,
                     "note: %lld file%s without refined jumps (made by an older version or with "
                     "sweep.refine: false): intervals are steps of the grid\n",
                     (long long)notes->unrefined, spn_plural(notes->unrefined));
    }
    if (notes->relabelled > 0) {
        spn_text_put(text, "note: %lld change%s of labels without a transition\n",
                     (long long)notes->relabelled, spn_plural(notes->relabelled));
    }
    if (notes->unsettled > 0) {
        spn_text_put(text, "note: %lld point%s not stationary and left out of the phases\n",
                     (long long)notes->unsettled, notes->unsettled == 1 ? " is" : "s are");
    }
    if (notes->unfinished > 0) {
        spn_text_put(text, "note: %lld phase%s not followed to the end\n",
                     (long long)notes->unfinished, notes->unfinished == 1 ? " was" : "s were");
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
    if (notes->single > 0) {
        return "one beta cannot tell";
    }
    if (notes->unfinished > 0) {
        return "behind the ends of phases that were not followed it cannot tell";
    }
    return NULL;
}

/* Transitions, each once, by what they change and by their order. */
typedef struct tally {
    int64_t first, second, undecided;
} tally;

typedef struct tallies {
    tally accuracy, others;
    int64_t hidden; /* left out */
} tallies;

static int64_t sum_of(const tally *t)
{
    return t->first + t->second + t->undecided;
}

static spn_status count_entries(spn_context *context, const spn_transitions *transitions,
                                int64_t runs, const spn_shown *shown, tallies *out)
{
    spn_status status = SPN_OK;
    spn_answer answer;
    *out = (tallies){.hidden = 0};
    for (int64_t r = 0; r < runs; r++) {
        SPN_TRY(spn_transitions_answer(context, transitions, r, &answer));
        for (int64_t i = 0; i < answer.entry_count; i++) {
            const spn_answer_entry *e = &answer.entries[i];
            tally *kind = e->change == SPN_CHANGE_ACCURACY ? &out->accuracy : &out->others;
            if (!spn_is_shown(shown, e->change, e->share)) {
                out->hidden++;
                continue;
            }
            kind->first += e->order == 1;
            kind->second += e->order == 2;
            kind->undecided += isnan(e->order);
        }
    }
done:
    return status;
}

static void put_tally(spn_text *text, const tally *t)
{
    spn_text_put(text, "%lld of first order, %lld of second", (long long)t->first,
                 (long long)t->second);
    if (t->undecided > 0) {
        spn_text_put(text, ", %lld undecided", (long long)t->undecided);
    }
}

static void put_verdict(spn_text *text, const spn_transitions *transitions, double from, double to,
                        const spn_shown *shown)
{
    tallies n;
    const spn_transition_notes notes = spn_transitions_notes(transitions);
    const char *gap = find_gap(&notes);
    const spn_status status = count_entries(text->context, transitions, notes.runs, shown, &n);
    text->status = text->status != SPN_OK ? text->status : status;
    if (sum_of(&n.accuracy) + sum_of(&n.others) == 0) {
        spn_text_put(text, "verdict: %s transition%s %sbetween beta = %.6g and %.6g",
                     gap != NULL ? "no" : "none; no", n.hidden > 0 ? " of those asked for" : "",
                     gap != NULL ? "was seen " : "", from, to);
        spn_text_put(text, "%s%s", gap != NULL ? ", but " : "", gap != NULL ? gap : "");
    } else {
        spn_text_add(text, "verdict: ");
        if (shown->kind != SPN_SHOWN_SYMMETRY) {
            spn_text_add(text, "of what is learned ");
            put_tally(text, &n.accuracy);
        }
        if (shown->kind != SPN_SHOWN_ACCURACY) {
            spn_text_add(text,
                         shown->kind == SPN_SHOWN_ALL ? "; of hidden units " : "of hidden units ");
            put_tally(text, &n.others);
        }
        spn_text_put(text, "; between beta = %.6g and %.6g%s%s", from, to, gap != NULL ? "; " : "",
                     gap != NULL ? gap : "");
    }
    if (n.hidden > 0) {
        spn_text_put(text, "; %lld left out (--kind, --min-jump)", (long long)n.hidden);
    }
    spn_text_add(text, "\n");
}

/* What each file answers. */
static void put_answers(spn_text *text, const spn_transitions *transitions, int64_t runs,
                        const spn_told_file *files, const spn_shown *shown)
{
    spn_answer answer;
    for (int64_t i = 0; i < runs && text->status == SPN_OK; i++) {
        text->status = spn_transitions_answer(text->context, transitions, i, &answer);
        text->norm = files[i].norm;
        spn_text_put(text, "%s%s\n", i == 0 ? "" : "\n", files[i].path);
        spn_answer_put(text, &answer, &files[i].facts, shown);
        spn_text_add(text, "\n");
        spn_answer_phases_put(text, &answer, false);
        spn_answer_entries_put(text, &answer, shown, false);
        spn_claim_put(text, &files[i].claim, shown, false);
    }
    text->norm = NULL;
}

/* Every place at which a transition shows, and what its order rests on. */
static void put_places(spn_text *text, const spn_transitions *transitions,
                       const spn_told_file *files, const spn_shown *shown)
{
    int64_t count = 0, next = 0;
    const spn_transition *rows = spn_transitions_rows(transitions, &count);
    spn_text_add(text, count > 0 ? "\nall places by beta\n" : "");
    for (int64_t i = 0; i < count && text->status == SPN_OK; i = next) {
        spn_text_put(text, "%s%s\n", i == 0 ? "" : "\n", files[rows[i].run].path);
        text->norm = files[rows[i].run].norm;
        put_rows(text, count, rows, i, &next, shown);
    }
    spn_text_add(text, count > 0 ? "\nevidence\n" : "");
    for (int64_t i = 0; i < count; i++) {
        text->norm = files[rows[i].run].norm;
        if (spni_row_is_shown(shown, &rows[i])) {
            put_evidence(text, &rows[i]);
        }
    }
    text->norm = NULL;
}

static int64_t count_most_seeds(const spn_transitions *transitions)
{
    int64_t count = 0, most = 0;
    const spn_transition *rows = spn_transitions_rows(transitions, &count);
    for (int64_t i = 0; i < count; i++) {
        most = rows[i].seeds > most ? rows[i].seeds : most;
    }
    return most;
}

void spn_transitions_summary(spn_text *text, spn_transitions *transitions,
                             const spn_told_file *files, int64_t group_count,
                             const spn_transition_group *groups, double beta_from, double beta_to,
                             const spn_shown *shown)
{
    int64_t others = 0, next = 0;
    const spn_transition_notes notes = spn_transitions_notes(transitions);
    put_answers(text, transitions, notes.runs, files, shown);
    put_places(text, transitions, files, shown);
    if (notes.runs > 1 || count_most_seeds(transitions) > 1) {
        put_groups(text, group_count, groups, shown);
    }
    const spn_transition *crossings = spn_transitions_crossings(transitions, &others);
    spn_text_add(text, others > 0 ? "\ncrossings of L below which a third phase lies\n" : "");
    for (int64_t i = 0; i < others && text->status == SPN_OK; i = next) {
        text->norm = files[crossings[i].run].norm;
        put_rows(text, others, crossings, i, &next, shown);
    }
    text->norm = NULL;
    const spn_hysteresis *loops = spn_transitions_hysteresis(transitions, &others);
    put_loops(text, others, loops, shown);
    const spn_stuck *stuck = spn_transitions_stuck(transitions, &others);
    put_stuck(text, others, stuck);
    put_notes(text, &notes);
    put_verdict(text, transitions, beta_from, beta_to, shown);
}
