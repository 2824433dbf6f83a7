/* SPDX-License-Identifier: MIT */
/* Transitions, each once, as tables and as JSON. */
#include "kind/run_answer.h"

#include <math.h>
#include <stdio.h>

const char *const spn_shown_kind_words[] = {"all", "accuracy", "symmetry", NULL};
const char *const spn_shown_order_words[] = {"answer", "beta", "jump", NULL};

int64_t spni_answer_view(spn_text *text, const spn_view *view, bool is_page)
{
    return is_page ? spn_view_markdown(text, view) : spn_view_terminal(text, view, "");
}

/* ---- What is shown ------------------------------------------------------------------------------- */

bool spn_is_shown(const spn_shown *shown, int64_t change, double share)
{
    bool is_accuracy = change == SPN_CHANGE_ACCURACY;
    return (shown->kind != SPN_SHOWN_ACCURACY || is_accuracy) &&
           (shown->kind != SPN_SHOWN_SYMMETRY || !is_accuracy) &&
           !(shown->min_jump > 0 && share < shown->min_jump);
}

bool spn_shown_decided(const spn_transitions *transitions, const spn_shown *shown)
{
    int64_t count = 0, told = 0;
    const spn_transition *rows = spn_transitions_rows(transitions, &count);
    const spn_transition_notes notes = spn_transitions_notes(transitions);
    for (int64_t i = 0; i < count; i++) {
        const bool is_told = spn_is_shown(shown, rows[i].change, rows[i].share);
        told += is_told;
        if (is_told && isnan(rows[i].order)) {
            return false;
        }
    }
    return notes.unsettled == 0 && notes.quenched == 0 && notes.single == 0 &&
           (notes.unfinished == 0 || told > 0);
}

static bool comes_before(const spn_answer_entry *a, const spn_answer_entry *b, int64_t order)
{
    if (order == SPN_ORDER_JUMP && a->share != b->share) {
        return a->share > b->share;
    }
    return order != SPN_ORDER_ANSWER && spn_answer_entry_beta(a) < spn_answer_entry_beta(b);
}

/* Those that are shown, of accuracy or the others, in the order that is asked for. */
static int64_t choose(const spn_answer *answer, const spn_shown *shown, bool is_accuracy,
                      spn_answer_entry *out)
{
    int64_t count = 0;
    for (int64_t i = 0; i < answer->entry_count; i++) {
        const spn_answer_entry entry = answer->entries[i];
        int64_t at = count;
        if ((entry.change == SPN_CHANGE_ACCURACY) != is_accuracy ||
            !spn_is_shown(shown, entry.change, entry.share)) {
            continue;
        }
        for (; at > 0 && comes_before(&entry, &out[at - 1], shown->order); at--) {
            out[at] = out[at - 1];
        }
        out[at] = entry;
        count++;
    }
    return count;
}

/* ---- The table ----------------------------------------------------------------------------------- */

static void show_place(const spn_answer_place *place, char *cell)
{
    double half = fmax(place->beta - place->beta_low, place->beta_high - place->beta);
    spn_show_measured(place->beta, half, cell);
}

static void write_up(const spn_row *row, char *cell)
{
    const spn_answer_entry *e = row->record;
    show_place(spni_is_there(&e->up)           ? &e->up
               : spni_is_there(&e->continuous) ? &e->continuous
                                               : &e->undecided,
               cell);
}

static void write_equal(const spn_row *row, char *cell)
{
    show_place(&((const spn_answer_entry *)row->record)->equal, cell);
}

static void write_down(const spn_row *row, char *cell)
{
    const spn_answer_entry *e = row->record;
    show_place(spni_is_there(&e->down) ? &e->down : &e->continuous, cell);
}

/* Phases where they differ; inside one what its hidden units do. */
static void write_between(const spn_row *row, char *cell)
{
    const spn_answer *answer = row->state;
    const spn_answer_entry *e = row->record;
    char below[SPNI_NAME_SIZE], above[SPNI_NAME_SIZE];
    if (e->change == SPN_CHANGE_ACCURACY && e->below >= 0 && e->above >= 0) {
        spn_answer_phase_name(&answer->phases[e->below], below, sizeof below);
        spn_answer_phase_name(&answer->phases[e->above], above, sizeof above);
    } else {
        spn_side_label(&e->before, below, sizeof below);
        spn_side_label(&e->after, above, sizeof above);
    }
    snprintf(cell, SPN_CELL_SIZE, "%s -> %s", below, above);
}

static void write_norm_below(const spn_row *row, char *cell)
{
    const spn_answer_entry *e = row->record;
    spn_show_number(spn_shown_length(e->before.norm, e->beta_before, e->before.loss), 5, cell);
}

static void write_norm_above(const spn_row *row, char *cell)
{
    const spn_answer_entry *e = row->record;
    spn_show_number(spn_shown_length(e->after.norm, e->beta_after, e->after.loss), 5, cell);
}

/* Where E, |theta| and R are read. */
static void write_read(const spn_row *row, char *cell)
{
    const spn_answer_entry *e = row->record;
    spn_show_number(0.5 * (e->beta_before + e->beta_after), SPNI_BETA_DIGITS, cell);
}

static void write_share(const spn_row *row, char *cell)
{
    const spn_answer_entry *e = row->record;
    if (isnan(e->share)) {
        snprintf(cell, SPN_CELL_SIZE, "-");
        return;
    }
    snprintf(cell, SPN_CELL_SIZE, "%.3g", 100 * e->share);
}

static void write_evidence(const spn_row *row, char *cell)
{
    static const char *const words[] = {"fold",       "branch point", "jump",     "equal L",
                                        "continuous", "kink",         "exchange", "unresolved",
                                        "conflict",   "touch"};
    const int64_t evidence = ((const spn_answer_entry *)row->record)->evidence;
    const int64_t count = sizeof words / sizeof *words;
    snprintf(cell, SPN_CELL_SIZE, "%s", evidence >= 0 && evidence < count ? words[evidence] : "?");
}

static const char *const orders[] = {"?", "1st", "2nd", NULL};

static void put_table(spn_text *text, const spn_answer *answer, int64_t count,
                      const spn_answer_entry *entries, const char *heading, bool is_page)
{
    static const spn_view_column columns[] = {
        SPN_SHOW_BY("between", write_between),
        SPN_SHOW_WORD("order", "order", orders, "?"),
        SPN_SHOW_NUMBER_BY("beta going up", write_up),
        SPN_SHOW_NUMBER_BY("equal L", write_equal),
        SPN_SHOW_NUMBER_BY("going down", write_down),
        SPN_SHOW_NUMBER_BY("jump, %", write_share),
        SPN_SHOW_NUMBER_BY("at beta", write_read),
        SPN_SHOW("E", "error_below", 5),
        SPN_JOIN(" -> ", "error_above", 5),
        SPN_SHOW_NUMBER_BY("|theta|", write_norm_below),
        SPN_JOIN_NUMBER_BY(" -> ", write_norm_above),
        SPN_SHOW("R", "curvature_below", 4),
        SPN_JOIN_BESIDE(" -> ", "curvature_above", 4, "curvature_below"),
        SPN_SHOW("seeds", "seeds", 0),
        SPN_SHOW_BY("evidence", write_evidence)};
    const spn_table table = {"transitions", &spn_answer_entry_columns, count, entries};
    spn_view view = SPN_VIEW(&table, columns);
    view.state = answer;
    view.heading = heading;
    spni_answer_view(text, &view, is_page);
}

void spn_answer_entries_put(spn_text *text, const spn_answer *answer, const spn_shown *shown,
                            bool is_page)
{
    spn_status status = text->status;
    spn_answer_entry *chosen = NULL;
    SPN_TRY(status);
    SPN_NEW(text->context, chosen, answer->entry_count);
    int64_t accuracy = choose(answer, shown, true, chosen);
    put_table(
        text, answer, accuracy, chosen,
        "\ntransitions that change what is learned (jump: share of |theta|^2, largest at the beta "
        "where E, |theta| and R are read)\n",
        is_page);
    int64_t symmetry = choose(answer, shown, false, chosen);
    put_table(text, answer, symmetry, chosen,
              "\ntransitions of hidden units (they merge, split or die), the largest jump first\n",
              is_page);
    int64_t hidden = answer->entry_count - accuracy - symmetry;
    if (hidden > 0) {
        spn_text_put(text, "%s%lld transition%s left out (--kind, --min-jump)\n",
                     is_page ? "\n" : "", (long long)hidden, hidden == 1 ? " is" : "s are");
    }
    status = text->status;
done:
    spn_release(text->context, chosen);
    text->status = status;
}

/* ---- The claim ----------------------------------------------------------------------------------- */

/* Change points where no transition lies are shown with those of any kind. */
static bool is_selected(const spn_claim_row *r, const spn_shown *shown)
{
    return r->change < 0 || spn_is_shown(shown, r->change, r->share);
}

static bool is_told(const spn_row *row)
{
    const spn_claim_row *r = row->record;
    return is_selected(r, row->state) && (r->change == SPN_CHANGE_ACCURACY || isfinite(r->spread));
}

static void write_what(const spn_row *row, char *cell)
{
    const int64_t change = ((const spn_claim_row *)row->record)->change;
    snprintf(cell, SPN_CELL_SIZE, "%s", change < 0 ? "no transition" : spn_change_words[change]);
}

static void put_failures(spn_text *text, const spn_claim *claim, const spn_shown *shown)
{
    for (int64_t i = 0; i < claim->row_count; i++) {
        const spn_claim_row *r = &claim->rows[i];
        const bool is_blind =
            isnan(r->error.beta) && isnan(r->curvature.beta) && isnan(r->norm.beta);
        if (!is_selected(r, shown)) {
            continue;
        }
        if (r->change == SPN_CHANGE_ACCURACY && is_blind) {
            spn_text_put(
                text,
                " At beta = %.6g neither E nor R nor |theta|^2 has a change point: the points "
                "of the grid are too few to tell.",
                r->beta);
        } else if (r->change == SPN_CHANGE_ACCURACY && isnan(r->curvature.beta)) {
            spn_text_put(text, " It fails at beta = %.6g: R has no change point there.", r->beta);
        } else if (r->change == SPN_CHANGE_ACCURACY && !r->agrees) {
            spn_text_put(
                text,
                " It fails at beta = %.6g: the change point of R lies %.2g steps of the grid "
                "away.",
                r->beta, r->distance_steps);
        } else if (r->change < 0 && isfinite(r->curvature.beta)) {
            spn_text_put(text, " R changes at beta = %.6g, where no transition lies.",
                         r->curvature.beta);
        }
    }
}

/* Of the transitions that are shown: how many there are, how many R changes at, how far from the farthest of these. */
typedef struct claim_count {
    int64_t accuracy, accuracy_met, others, others_met;
    double farthest;
} claim_count;

static claim_count count_shown(const spn_claim *claim, const spn_shown *shown)
{
    claim_count n = {0};
    for (int64_t i = 0; i < claim->row_count; i++) {
        const spn_claim_row *r = &claim->rows[i];
        const bool is_there = r->change >= 0 && is_selected(r, shown);
        const bool is_accuracy = r->change == SPN_CHANGE_ACCURACY;
        n.accuracy += is_there && is_accuracy;
        n.accuracy_met += is_there && is_accuracy && r->agrees;
        n.others += is_there && !is_accuracy;
        n.others_met += is_there && !is_accuracy && r->agrees;
        n.farthest =
            is_there && is_accuracy && r->agrees ? fmax(n.farthest, r->distance_steps) : n.farthest;
    }
    return n;
}

static void put_verdict(spn_text *text, const spn_claim *claim, const spn_shown *shown)
{
    const claim_count n = count_shown(claim, shown);
    spn_text_put(text,
                 "Is the change point of the curvature R the transition? On the chain %s of seed "
                 "%lld (%lld points), ",
                 spn_direction_text(claim->direction), (long long)claim->seed,
                 (long long)claim->points);
    if (shown->kind == SPN_SHOWN_SYMMETRY) {
        spn_text_put(text, "R changes at %lld of %lld transitions of hidden units",
                     (long long)n.others_met, (long long)n.others);
    } else if (n.accuracy > 0) {
        spn_text_put(text, "R changes at %lld of the %lld transitions that change what is learned",
                     (long long)n.accuracy_met, (long long)n.accuracy);
        if (n.accuracy_met > 0) {
            spn_text_put(text, ", at most %.2g steps of the grid from where they are", n.farthest);
        }
    } else {
        spn_text_put(text, "no transition%s changes what is learned",
                     shown->min_jump > 0 ? " of this size" : "");
    }
    if (shown->kind != SPN_SHOWN_SYMMETRY && n.others > 0) {
        spn_text_put(text, ", and at %lld of %lld of hidden units", (long long)n.others_met,
                     (long long)n.others);
    }
    spn_text_add(text, ".");
    put_failures(text, claim, shown);
    spn_text_add(text, "\n");
}

void spn_claim_put(spn_text *text, const spn_claim *claim, const spn_shown *shown, bool is_page)
{
    static const spn_view_column columns[] = {SPN_SHOW("transition at beta", "beta", 6),
                                              SPN_SHOW_BY("changes", write_what),
                                              SPN_SHOW("change point of E", "beta_error", 6),
                                              SPN_SHOW("of R", "beta_curvature", 6),
                                              SPN_SHOW("of |theta|^2", "beta_norm", 6),
                                              SPN_SHOW("apart", "spread", 2),
                                              SPN_SHOW("R from the transition", "distance", 2),
                                              SPN_SHOW("in steps", "distance_steps", 2)};
    const spn_table table = {"claim", &spn_claim_columns, claim->row_count, claim->rows};
    spn_view view = SPN_VIEW(&table, columns);
    view.filter = is_told;
    view.state = shown;
    if (claim->points == 0) {
        return;
    }
    spn_text_add(text, "\n");
    put_verdict(text, claim, shown);
    spni_answer_view(text, &view, is_page);
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

/* Each line of the text by itself. */
static void write_sentences(spn_json *json, const spn_answer *answer, const spn_run_facts *facts,
                            const spn_shown *shown)
{
    spn_text text = {.context = json->context};
    spn_answer_put(&text, answer, facts, shown);
    spn_json_begin_list(json, "sentences");
    for (char *at = text.buffer.text, *end = NULL; at != NULL && *at != '\0'; at = end) {
        for (end = at; *end != '\0' && *end != '\n'; end++) {
        }
        bool is_last = *end == '\0';
        *end = '\0';
        spn_json_text(json, NULL, at);
        end += !is_last;
    }
    spn_json_end_list(json);
    spn_status status = spn_text_end(&text);
    json->status = json->status != SPN_OK ? json->status : status;
}

static void write_phases(spn_json *json, const spn_answer *answer)
{
    const spn_table table = {"phases", &spn_answer_phase_columns, answer->phase_count,
                             answer->phases};
    char name[SPNI_NAME_SIZE];
    spn_json_begin_list(json, "phases");
    for (int64_t i = 0; i < answer->phase_count; i++) {
        spn_json_begin_object(json, NULL);
        spn_json_text(json, "name", spn_answer_phase_name(&answer->phases[i], name, sizeof name));
        spn_json_cells(json, &table, i);
        spn_json_end_object(json);
    }
    spn_json_end_list(json);
}

static void write_entries(spn_json *json, const spn_answer *answer, const spn_shown *shown)
{
    spn_status status = json->status;
    spn_answer_entry *chosen = NULL;
    char label[SPNI_NAME_SIZE];
    SPN_TRY(status);
    SPN_NEW(json->context, chosen, answer->entry_count);
    int64_t count = choose(answer, shown, true, chosen);
    count += choose(answer, shown, false, chosen + count);
    const spn_table table = {"transitions", &spn_answer_entry_columns, count, chosen};
    spn_json_begin_list(json, "entries");
    for (int64_t i = 0; i < count; i++) {
        spn_json_begin_object(json, NULL);
        spn_json_cells(json, &table, i);
        spn_json_text(json, "label_below", spn_side_label(&chosen[i].before, label, sizeof label));
        spn_json_text(json, "label_above", spn_side_label(&chosen[i].after, label, sizeof label));
        spn_json_end_object(json);
    }
    spn_json_end_list(json);
    spn_json_integer(json, "left_out", answer->entry_count - count);
    status = json->status;
done:
    spn_release(json->context, chosen);
    json->status = status;
}

static void write_claim(spn_json *json, const spn_claim *claim, const spn_shown *shown)
{
    if (claim == NULL || claim->points == 0) {
        spn_json_null(json, "claim");
        return;
    }
    const spn_table table = {"claim", &spn_claim_columns, claim->row_count, claim->rows};
    const claim_count n = count_shown(claim, shown);
    spn_json_begin_object(json, "claim");
    spn_json_integer(json, "seed", claim->seed);
    spn_json_text(json, "direction", spn_direction_text(claim->direction));
    spn_json_integer(json, "points", claim->points);
    spn_json_integer(json, "accuracy", n.accuracy);
    spn_json_integer(json, "accuracy_met", n.accuracy_met);
    spn_json_integer(json, "others", n.others);
    spn_json_integer(json, "others_met", n.others_met);
    spn_json_integer(json, "strays", claim->strays);
    spn_json_begin_list(json, "rows");
    for (int64_t i = 0; i < claim->row_count; i++) {
        if (is_selected(&claim->rows[i], shown)) {
            spn_json_record(json, NULL, &table, i);
        }
    }
    spn_json_end_list(json);
    spn_json_end_object(json);
}

void spn_answer_json(spn_json *json, const spn_answer *answer, const spn_run_facts *facts,
                     const spn_claim *claim, const spn_shown *shown)
{
    spn_json_begin_object(json, "answer");
    spn_json_real(json, "beta_from", answer->beta_from);
    spn_json_real(json, "beta_to", answer->beta_to);
    spn_json_integer(json, "seeds", answer->seeds);
    spn_json_real(json, "weight_decay_of_beta", spn_weight_decay(facts, 1));
    spn_json_text(json, "weight_decay_loss", spn_run_loss(facts));
    write_sentences(json, answer, facts, shown);
    write_phases(json, answer);
    write_entries(json, answer, shown);
    spn_json_end_object(json);
    write_claim(json, claim, shown);
}
