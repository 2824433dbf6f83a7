/* SPDX-License-Identifier: MIT */
/* The table of transitions as JSON and as text. */
#include "cli/transitions.h"

#include <math.h>
#include <stdio.h>
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

static void print_row(const spn_transition *row)
{
    char before[96], after[96];
    printf("%-13s  %-5s  %-8s  %11.9g  %8.2g  %8.5g %8.5g  %8.5g %8.5g  %9.4g %9.4g  %5lld  %s -> "
           "%s\n",
           cli_transition_kind(row->kind), cli_transition_order(row->order),
           cli_transition_change(row->change), row->beta, 0.5 * (row->beta_high - row->beta_low),
           row->before.norm, row->after.norm, row->before.error, row->after.error,
           row->before.curvature, row->after.curvature, (long long)row->seeds,
           spn_side_label(&row->before, before, sizeof before),
           spn_side_label(&row->after, after, sizeof after));
}

static void print_evidence(const spn_transition *row)
{
    printf("  beta = %.9g: %s", row->beta, spn_evidence_text(row->evidence));
    printf("; |theta|^2 changes by %.6g", row->jump);
    if (isfinite(row->jump_low) && row->jump_low < row->jump_high) {
        printf(" (%.6g .. %.6g)", row->jump_low, row->jump_high);
    }
    if (row->eigenvalue.points > 0) {
        printf("; exponent %.4f +- %.4f over %.1f decades (%.2g .. %.2g)", row->eigenvalue.value,
               row->eigenvalue.error, row->eigenvalue.decades, row->eigenvalue.low,
               row->eigenvalue.high);
    }
    if (row->susceptibility.points > 0) {
        printf("; chi goes like distance^%.3f", row->susceptibility.value);
    }
    if (isfinite(row->before.susceptibility) && isfinite(row->after.susceptibility)) {
        printf("; chi %.5g -> %.5g", row->before.susceptibility, row->after.susceptibility);
    }
    printf("\n");
}

static void print_header(void)
{
    printf("%-13s  %-5s  %-8s  %11s  %8s  %17s  %17s  %19s  %5s  %s\n", "kind", "order", "change",
           "beta", "+-", "|theta|", "error", "curvature", "seeds", "phases");
}

static void print_loops(int64_t count, const spn_hysteresis *rows)
{
    char below[96], above[96];
    for (int64_t i = 0; i < count; i++) {
        if (i == 0) {
            printf("\nhysteresis: %11s .. %-11s  %9s  %11s  %11s  %11s\n", "coexist", "", "width",
                   "loop area", "change of L", "Maxwell");
        }
        printf("            %s%10.9g .. %-11.9g  %9.6g  %11.8g  %11.8g  ",
               rows[i].is_open ? "<" : " ", rows[i].beta_low, rows[i].beta_high, rows[i].width,
               rows[i].area, rows[i].area_from_loss);
        if (isfinite(rows[i].maxwell_beta)) {
            printf("%11.9g", rows[i].maxwell_beta);
        } else {
            printf("%11s", "-");
        }
        printf("  %s / %s\n", spn_side_label(&rows[i].below, below, sizeof below),
               spn_side_label(&rows[i].above, above, sizeof above));
    }
}

static void print_stuck(int64_t count, const spn_stuck *rows)
{
    for (int64_t i = 0; i < count; i++) {
        if (i == 0) {
            printf("\nrandom starts: stuck in a phase with fewer modes than the best one (95 %% "
                   "interval)\n");
        }
        printf("  beta = %-10.6g  %lld of %lld: %.3f (%.3f .. %.3f); L above the lowest: %lld\n",
               rows[i].beta, (long long)rows[i].stuck, (long long)rows[i].starts, rows[i].fraction,
               rows[i].low, rows[i].high, (long long)rows[i].higher);
    }
}

static void print_groups(int64_t count, const spn_transition_group *groups)
{
    char before[96], after[96];
    for (int64_t i = 0; i < count; i++) {
        const spn_transition_group *g = &groups[i];
        if (i == 0) {
            printf("\nover seeds and files:  beta, mean and deviation  (least .. largest)  seeds  "
                   "files  1st/2nd  phases\n");
        }
        printf("  %-13s  %10.8g +- %-8.2g (%.8g .. %.8g)  %lld/%lld  %lld/%lld  %lld/%lld  %s -> "
               "%s\n",
               cli_transition_kind(g->kind), g->beta, g->beta_deviation, g->beta_min, g->beta_max,
               (long long)g->seeds, (long long)g->seeds_of, (long long)g->runs,
               (long long)g->runs_of, (long long)g->first, (long long)g->second,
               spn_side_label(&g->before, before, sizeof before),
               spn_side_label(&g->after, after, sizeof after));
    }
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

static void print_verdict(int64_t count, const spn_transition *rows, double from, double to)
{
    int64_t first = 0, second = 0, undecided = 0;
    for (int64_t i = 0; i < count; i++) {
        first += rows[i].order == 1;
        second += rows[i].order == 2;
        undecided += isnan(rows[i].order);
    }
    if (count == 0) {
        printf("verdict: none; no transition between beta = %.6g and %.6g\n", from, to);
        return;
    }
    printf("verdict: %lld of first order, %lld of second", (long long)first, (long long)second);
    if (undecided > 0) {
        printf(", %lld undecided", (long long)undecided);
    }
    printf(", between beta = %.6g and %.6g\n", from, to);
}

spn_status cli_print_transitions(spn_context *context, spn_transitions *transitions,
                                 const char *const *files, double beta_from, double beta_to)
{
    int64_t count = 0, others = 0;
    const spn_transition_notes notes = spn_transitions_notes(transitions);
    const spn_transition_group *groups = NULL;
    spn_status status = spn_transitions_group(context, transitions, &groups, &others);
    if (status != SPN_OK) {
        return status;
    }
    const spn_transition *rows = spn_transitions_rows(transitions, &count);
    int64_t run = -1, most_seeds = 0;
    for (int64_t i = 0; i < count; i++) {
        if (rows[i].run != run) {
            run = rows[i].run;
            printf("%s%s\n", i == 0 ? "" : "\n", files[run]);
            print_header();
        }
        print_row(&rows[i]);
        most_seeds = rows[i].seeds > most_seeds ? rows[i].seeds : most_seeds;
    }
    for (int64_t i = 0; i < count; i++) {
        if (i == 0) {
            printf("\nevidence\n");
        }
        print_evidence(&rows[i]);
    }
    if (notes.runs > 1 || most_seeds > 1) {
        print_groups(others, groups);
    }
    const spn_transition *crossings = spn_transitions_crossings(transitions, &others);
    for (int64_t i = 0; i < others; i++) {
        if (i == 0) {
            printf("\ncrossings of L below which a third phase lies\n");
            print_header();
        }
        print_row(&crossings[i]);
    }
    const spn_hysteresis *loops = spn_transitions_hysteresis(transitions, &others);
    print_loops(others, loops);
    const spn_stuck *stuck = spn_transitions_stuck(transitions, &others);
    print_stuck(others, stuck);
    print_notes(&notes);
    print_verdict(count, rows, beta_from, beta_to);
    return SPN_OK;
}
