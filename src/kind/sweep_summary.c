/* SPDX-License-Identifier: MIT */
/* What a sweep went through, and what it leaves open. */
#include "kind/run_answer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- What can be said -------------------------------------------------------------------------- */

typedef enum verdict {
    VERDICT_FOUND,       /* transitions, and nothing is left open */
    VERDICT_NONE,        /* no transition, and nothing is left open */
    VERDICT_CANNOT_TELL, /* something is left open, or was never looked for */
} verdict;

static const char *const verdict_words[] = {"transitions", "none", "cannot tell"};

/* How many jumps are located, how many are open or lead to no minimum, how many points are not stationary, how many have an unknown
 * index, and a known one without a dense Hessian. */
typedef struct counts {
    int64_t located, open, unsettled, uncertain, sparse;
} counts;

/* Known to within the tolerance? */
static bool is_located(const spn_sweep_jump *jump)
{
    return jump->resolved == 1;
}

static bool is_open(const spn_sweep_jump *jump)
{
    return !is_located(jump) || jump->settled != 1;
}

static counts count(const spn_sweep_contents *c)
{
    const spn_sweep_record *points = c->points.records;
    const spn_sweep_jump *jumps = c->jumps.records;
    counts n = {0, 0, 0, 0, 0};
    for (int64_t i = 0; i < c->points.rows; i++) {
        n.unsettled += !c->has_rate && points[i].state.stationary != 1;
        n.uncertain += !c->is_trained && points[i].certainty == SPN_CERTAIN_NOT;
        n.sparse +=
            points[i].certainty == SPN_CERTAIN_REDUCED || points[i].certainty == SPN_CERTAIN_LOWEST;
    }
    for (int64_t i = 0; i < c->jumps.rows; i++) {
        n.located += is_located(&jumps[i]);
        n.open += is_open(&jumps[i]);
    }
    return n;
}

/* At one beta nothing can change. */
static bool is_one_point(const spn_sweep_contents *c)
{
    const spn_sweep_record *points = c->points.records;
    for (int64_t i = 1; i < c->points.rows; i++) {
        if (points[i].state.beta != points[0].state.beta) {
            return false;
        }
    }
    return true;
}

static verdict judge(const spn_sweep_contents *c, const counts *n)
{
    if (c->is_quench || c->has_rate || !c->is_refined || is_one_point(c) || n->open > 0 ||
        n->unsettled > 0 || n->uncertain > 0) {
        return VERDICT_CANNOT_TELL;
    }
    return n->located > 0 ? VERDICT_FOUND : VERDICT_NONE;
}

/* The point before `b` on its chain; NULL: it is the first. */
static const spn_sweep_record *before(const void *b, int64_t row)
{
    const spn_sweep_record *point = b, *a = point - 1;
    const bool is_same = row > 0 && a->seed == point->seed && a->phase == point->phase &&
                         point->point == a->point + 1;
    return is_same ? a : NULL;
}

/* ---- JSON -------------------------------------------------------------------------------------- */

static void write_change(spn_json *json, const spn_sweep_record *a, const spn_sweep_record *b)
{
    spn_json_begin_object(json, NULL);
    spn_json_integer(json, "seed", b->seed);
    spn_json_text(json, "direction", spn_direction_text(b->direction));
    spn_json_integer(json, "modes_before", a->state.active_modes);
    spn_json_integer(json, "modes_after", b->state.active_modes);
    spn_json_real(json, "beta_before", a->state.beta);
    spn_json_real(json, "beta_after", b->state.beta);
    spn_json_real(json, "error_before", a->state.error);
    spn_json_real(json, "error_after", b->state.error);
    spn_json_real(json, "norm_before", a->state.weight_norm);
    spn_json_real(json, "norm_after", b->state.weight_norm);
    spn_json_real(json, "curvature_before", a->state.scalar_curvature_error);
    spn_json_real(json, "curvature_after", b->state.scalar_curvature_error);
    spn_json_end_object(json);
}

/* The answer, where points are stationary; what fails is kept by the writer. */
static void write_answer(spn_json *json, const spn_sweep_contents *c, const spn_wish *wish)
{
    spni_run_answer found = {0};
    if (c->has_rate) {
        spn_json_null(json, "answer");
        return;
    }
    spn_status status = spni_answer_sweep(json->context, c, &found);
    if (status == SPN_OK) {
        spn_answer_json(json, &found.answer, &c->facts, &found.claim, &wish->shown);
    }
    spni_run_answer_free(json->context, &found);
    json->status = json->status != SPN_OK ? json->status : status;
}

void spn_sweep_json(spn_json *json, const char *path, const void *contents, const spn_wish *wish)
{
    const spn_sweep_contents *c = contents;
    const spn_sweep_record *points = c->points.records;
    const spn_sweep_jump *jumps = c->jumps.records;
    const counts n = count(c);
    spn_json_begin_object(json, NULL);
    spn_json_text(json, "results", path);
    spn_json_integer(json, "points", c->points.rows);
    spn_json_text(json, "verdict", verdict_words[judge(c, &n)]);
    spn_json_integer(json, "not_stationary", n.unsettled);
    spn_json_integer(json, "not_certified", n.uncertain);
    spn_json_begin_list(json, "mode_changes");
    for (int64_t i = 0; i < c->points.rows; i++) {
        const spn_sweep_record *a = before(&points[i], i);
        if (a != NULL && a->state.active_modes != points[i].state.active_modes) {
            write_change(json, a, &points[i]);
        }
    }
    spn_json_end_list(json);
    if (c->is_refined) {
        spn_json_rows(json, "jumps", &c->jumps, NULL, NULL);
        spn_json_begin_list(json, "unresolved");
        for (int64_t i = 0; i < c->jumps.rows; i++) {
            if (is_open(&jumps[i])) {
                spn_json_record(json, NULL, &c->jumps, i);
            }
        }
        spn_json_end_list(json);
    }
    write_answer(json, c, wish);
    spn_json_end_object(json);
}

/* ---- Text -------------------------------------------------------------------------------------- */

/* Chains down start from each phase: its number of modes tells them apart. */
static void put_way(int64_t direction, int64_t phase, char cell[SPN_CELL_SIZE])
{
    const char *word = spn_direction_text((spn_direction)direction);
    if (phase >= 0) {
        snprintf(cell, SPN_CELL_SIZE, "%s from %lld", word, (long long)phase);
    } else {
        snprintf(cell, SPN_CELL_SIZE, "%s", word);
    }
}

static void write_jump_way(const spn_row *row, char *cell)
{
    const spn_sweep_jump *jump = row->record;
    put_way(jump->direction, jump->phase, cell);
}

static void write_point_way(const spn_row *row, char *cell)
{
    const spn_sweep_record *point = row->record;
    put_way(point->direction, point->phase, cell);
}

#define CHAIN_COLUMNS(write_way) SPN_SHOW("seed", "seed", 0), SPN_SHOW_BY("way", write_way)

/* E and |theta| before and behind. */
#define SIDE_COLUMNS                                                                               \
    SPN_SHOW("error", "error_before", 0), SPN_JOIN(" -> ", "error_after", 0),                      \
        SPN_SHOW_LENGTH("|theta|", "norm_before", 0, "beta", "loss_before"),                       \
        SPN_JOIN_LENGTH(" -> ", "norm_after", 0, "beta", "loss_after")

/* "jump" or "smooth": whether |theta| is continuous there. */
static void write_kind(const spn_row *row, char *cell)
{
    const spn_sweep_jump *j = row->record;
    snprintf(cell, SPN_CELL_SIZE, "%s%s", j->survives ? "jump" : "smooth",
             j->settled ? "" : ", nothing stable behind it");
}

static bool is_located_row(const spn_row *row)
{
    return is_located(row->record);
}

/* What the refinement has located. */
static void put_located(spn_text *text, const spn_sweep_contents *c)
{
    static const spn_view_column columns[] = {
        CHAIN_COLUMNS(write_jump_way),
        SPN_SHOW("modes", "active_before", 0),
        SPN_JOIN(" -> ", "active_after", 0),
        SPN_SHOW_MEASURED("beta", "beta", "beta_before", "beta_after"),
        SPN_JOIN_ERROR(" +- ", "beta", "beta_before", "beta_after"),
        SIDE_COLUMNS,
        SPN_SHOW_BY("kind", write_kind)};
    spn_view view = SPN_VIEW(&c->jumps, columns);
    view.filter = is_located_row;
    spn_view_terminal(text, &view, "");
}

/* Jumps that could not be located; intervals of one chain that follow each other are one. */
typedef struct open_jumps {
    spn_sweep_jump *records;
    int64_t *points; /* how many of the grid each spans */
    int64_t rows;
} open_jumps;

static void join_open(const spn_sweep_contents *c, open_jumps *open)
{
    const spn_sweep_jump *jumps = c->jumps.records;
    const spn_sweep_jump *last = NULL;
    for (int64_t i = 0; i < c->jumps.rows; i++) {
        if (is_located(&jumps[i])) {
            last = NULL;
            continue;
        }
        if (last != NULL && last->chain == jumps[i].chain && last->point + 1 == jumps[i].point) {
            spn_sweep_jump *joined = &open->records[open->rows - 1];
            joined->beta_after = jumps[i].beta_after;
            joined->after.error = jumps[i].after.error;
            joined->after.weight_norm = jumps[i].after.weight_norm;
            joined->after.loss = jumps[i].after.loss;
            open->points[open->rows - 1]++;
        } else {
            open->records[open->rows] = jumps[i];
            open->points[open->rows++] = 1;
        }
        last = &jumps[i];
    }
}

static void write_points(const spn_row *row, char *cell)
{
    snprintf(cell, SPN_CELL_SIZE, "%lld", (long long)((const int64_t *)row->state)[row->index]);
}

static void put_open(spn_text *text, const spn_sweep_contents *c)
{
    static const spn_view_column columns[] = {
        CHAIN_COLUMNS(write_jump_way), SPN_SHOW("from beta", "beta_before", 0),
        SPN_SHOW("to", "beta_after", 0), SIDE_COLUMNS, SPN_SHOW_NUMBER_BY("points", write_points)};
    spn_status status = text->status;
    open_jumps open = {NULL, NULL, 0};
    SPN_TRY(status);
    SPN_NEW(text->context, open.records, c->jumps.rows);
    SPN_NEW(text->context, open.points, c->jumps.rows);
    join_open(c, &open);
    const spn_table table = {"jumps", &spn_sweep_jump_columns, open.rows, open.records};
    spn_view view = SPN_VIEW(&table, columns);
    view.state = open.points;
    spn_view_terminal(text, &view, "");
done:
    text->status = status != SPN_OK ? status : text->status;
    spn_release(text->context, open.records);
    spn_release(text->context, open.points);
}

/* The answer and its tables; as values they are made in room transition. */
static void put_answer(spn_text *text, const spn_sweep_contents *c, const spn_wish *wish)
{
    spni_run_answer found = {0};
    spn_status status = text->status;
    SPN_TRY(status);
    SPN_TRY(spni_answer_sweep(text->context, c, &found));
    spn_answer_put(text, &found.answer, &c->facts, &wish->shown);
    spn_text_add(text, "\n");
    spn_answer_phases_put(text, &found.answer, false);
    spn_answer_entries_put(text, &found.answer, &wish->shown, false);
    spn_claim_put(text, &found.claim, &wish->shown, false);
    status = text->status;
done:
    spni_run_answer_free(text->context, &found);
    text->status = status;
}

static void put_jumps(spn_text *text, const spn_sweep_contents *c, bool is_verbose)
{
    const counts n = count(c);
    if (is_verbose) {
        spn_text_add(text, n.located > 0 ? "\njumps of each chain\n" : "");
        put_located(text, c);
    }
    if (c->jumps.rows > n.located) {
        spn_text_put(text,
                     "%s between these points something happens that could not be resolved: a "
                     "jump, a bifurcation or a kink of the activation\n",
                     n.located > 0 ? "and" : "no transition was located, but");
        put_open(text, c);
    } else if (n.located == 0 && n.unsettled == 0 && !is_one_point(c)) {
        spn_text_add(text, "no transition was found\n");
    } else if (n.located == 0 && n.unsettled > 0) {
        spn_text_add(text, "no transition was found between stationary points; where points are "
                           "not stationary this cannot tell\n");
    }
}

/* ---- Changes along chains that were not refined ------------------------------------------------- */

static bool is_change(const spn_row *row)
{
    const spn_sweep_record *b = row->record, *a = before(b, row->index);
    return a != NULL && (a->state.active_modes != b->state.active_modes || b->jump);
}

/* The column of the point before. */
#define WRITE_BEFORE(name, value)                                                                  \
    static void name(const spn_row *row, char *cell)                                               \
    {                                                                                              \
        const spn_sweep_record *a = before(row->record, row->index);                               \
        spn_show_number(value, 6, cell);                                                           \
    }
WRITE_BEFORE(write_modes, (double)a->state.active_modes)
WRITE_BEFORE(write_beta, a->state.beta)
WRITE_BEFORE(write_error, a->state.error)
WRITE_BEFORE(write_norm, spn_shown_length(a->state.weight_norm, a->state.beta, a->state.loss))
#undef WRITE_BEFORE

static void put_changes(spn_text *text, const spn_sweep_contents *c)
{
    static const char *const steps[] = {"", "jump or bifurcation", NULL};
    static const spn_view_column columns[] = {
        CHAIN_COLUMNS(write_point_way),
        SPN_SHOW_NUMBER_BY("modes", write_modes),
        SPN_JOIN(" -> ", "active_modes", 0),
        SPN_SHOW_NUMBER_BY("from beta", write_beta),
        SPN_SHOW("to", "beta", 0),
        SPN_SHOW_NUMBER_BY("error", write_error),
        SPN_JOIN(" -> ", "error", 0),
        SPN_SHOW_NUMBER_BY("|theta|", write_norm),
        SPN_JOIN_LENGTH(" -> ", "weight_norm", 0, "beta", "loss"),
        SPN_SHOW_WORD("step", "jump", steps, "jump or bifurcation")};
    spn_view view = SPN_VIEW(&c->points, columns);
    view.filter = is_change;
    if (spn_view_terminal(text, &view, "") == 0) {
        spn_text_add(text, "the number of active modes never changes, and no step is a jump\n");
    }
}

/* How the indices are known, where that was not by dense Hessians. */
static void put_certainty(spn_text *text, const spn_sweep_contents *c)
{
    const spn_sweep_record *points = c->points.records;
    const counts n = count(c);
    int64_t minima = 0;
    for (int64_t i = 0; i < c->points.rows; i++) {
        minima += points[i].certainty != SPN_CERTAIN_NOT &&
                  points[i].state.negative_eigenvalues_loss == 0;
    }
    if (n.sparse > 0) {
        spn_text_put(text,
                     "%lld of %lld points are certified minima (column 'certainty'), without a "
                     "dense Hessian\n",
                     (long long)minima, (long long)c->points.rows);
    }
}

/* How training ended at the points: "patience at 12 of 14 points, max_iterations at 2". */
static void put_stops(spn_text *text, const spn_sweep_contents *c)
{
    const spn_sweep_record *points = c->points.records;
    bool is_first = true;
    spn_text_add(text, "trained by mini-batches, which ended by ");
    for (int64_t stop = 0; spn_stop_words[stop] != NULL; stop++) {
        int64_t n = 0;
        for (int64_t i = 0; i < c->points.rows; i++) {
            n += points[i].stop == stop;
        }
        if (n > 0) {
            spn_text_put(text, is_first ? "%s at %lld of %lld points" : ", by %s at %lld",
                         spn_stop_words[stop], (long long)n, (long long)c->points.rows);
            is_first = false;
        }
    }
    spn_text_add(text, "\n");
}

void spn_sweep_summary(spn_text *text, const char *path, const void *contents, const spn_wish *wish)
{
    const spn_sweep_contents *c = contents;
    spn_text_put(text, "%s: %lld point%s\n", path, (long long)c->points.rows,
                 spn_plural(c->points.rows));
    if (c->is_trained) {
        put_stops(text, c);
    }
    if (c->has_rate && (!c->is_quench || c->is_trained)) {
        spn_text_put(text,
                     "points of %s stationary: no transition was looked for; transitions --noisy "
                     "finds change points\n",
                     c->is_trained ? "mini-batches need not be" : "a finite rate are not");
        return;
    }
    put_certainty(text, c);
    if (c->is_quench) {
        spn_text_add(text, "a quench starts afresh at each beta and cannot tell a jump from a "
                           "smooth change: direction up, down or both follows the network through "
                           "its transitions\n");
    } else {
        put_answer(text, c, wish);
    }
    if (c->is_refined && !c->is_quench) {
        put_jumps(text, c, wish->is_verbose);
    } else {
        put_changes(text, c);
    }
}

void spn_sweep_troubles(spn_text *text, const void *contents)
{
    const spn_sweep_contents *c = contents;
    const spn_sweep_record *points = c->points.records;
    const counts n = count(c);
    int64_t first = 0;
    while (first < c->points.rows && points[first].state.stationary == 1) {
        first++;
    }
    if (n.unsettled > 0) {
        spn_text_put(text,
                     "%lld of %lld points did not pass the stationarity gate (column "
                     "'stationary' is 0), the first at beta = %.6g; more solver.max_iterations may "
                     "help, solver.method: newton where it is another, an activation without "
                     "kinks\n",
                     (long long)n.unsettled, (long long)c->points.rows, points[first].state.beta);
    }
    if (n.uncertain > 0) {
        spn_text_put(
            text,
            "%lld of %lld points are not certified (column 'certainty' is none): their index "
            "is not known; more solver.max_iterations may help\n",
            (long long)n.uncertain, (long long)c->points.rows);
    }
}
