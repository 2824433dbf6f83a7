/* SPDX-License-Identifier: MIT */
/* Families of experiments: their tables for a terminal and for the index. */
#include "gallery/family/family.h"

#include <math.h>
#include <stdio.h>

/* ---- Tables ------------------------------------------------------------------------------------- */

double spni_family_length(const spni_family_transition *t, double error, double norm)
{
    return spn_shown_length(norm, t->measured_beta, error + t->measured_beta * norm * norm);
}

static void write_norm_before(const spn_row *row, char *cell)
{
    const spni_family_transition *t = row->record;
    spn_show_number(spni_family_length(t, t->error_before, t->norm_before), 6, cell);
}

static void write_norm_after(const spn_row *row, char *cell)
{
    const spni_family_transition *t = row->record;
    spn_show_number(spni_family_length(t, t->error_after, t->norm_after), 6, cell);
}

static void put_transitions(spn_text *text, const spn_table *table, bool is_page)
{
    static const spn_view_column columns[] = {
        SPN_SHOW("network", "activation", 0),
        SPN_SHOW("weight matrices", "depth", 0),
        SPN_SHOW("modes", "modes", 0),
        SPN_SHOW("mode", "mode", 0),
        SPN_SHOW("sigma", "singular_value", 6),
        SPN_SHOW("beta predicted", "predicted_beta", 9),
        SPN_SHOW_MEASURED("beta measured", "measured_beta", "beta_low", "beta_high"),
        SPN_JOIN_ERROR(" +- ", "measured_beta", "beta_low", "beta_high"),
        SPN_SHOW("difference", "difference", 2),
        SPN_SHOW("order predicted", "predicted_order", 0),
        SPN_SHOW("order", "order", 0),
        SPN_SHOW_BESIDE("E", "error_before", 6, "error_after"),
        SPN_JOIN_BESIDE(" -> ", "error_after", 6, "error_before"),
        SPN_SHOW_NUMBER_BY("|theta|", write_norm_before),
        SPN_JOIN_NUMBER_BY(" -> ", write_norm_after)};
    const spn_view view = SPN_VIEW(table, columns);
    spni_put_view(text, &view, is_page);
}

static bool has_starts_row(const spn_row *row)
{
    return ((const spni_family_run *)row->record)->starts > 0;
}

static void write_predicted(const spn_row *row, char *cell)
{
    const spni_family_run *r = row->record;
    snprintf(cell, SPN_CELL_SIZE, "%lld", (long long)(r->depth > 1 ? r->modes : 0));
}

static void put_runs(spn_text *text, const spn_table *table, bool is_page)
{
    static const spn_view_column columns[] = {SPN_SHOW("network", "activation", 0),
                                              SPN_SHOW("modes of the data", "modes", 0),
                                              SPN_SHOW("transitions measured", "transitions", 0),
                                              SPN_SHOW_NUMBER_BY("predicted", write_predicted),
                                              SPN_SHOW("beta of the starts", "start_beta", 6),
                                              SPN_SHOW("stuck", "stuck", 0),
                                              SPN_JOIN(" of ", "starts", 0),
                                              SPN_SHOW("share", "stuck_fraction", 4),
                                              SPN_SHOW("95 % interval", "stuck_low", 4),
                                              SPN_JOIN(" .. ", "stuck_high", 4)};
    spn_view view = SPN_VIEW(table, columns);
    if (!is_page) {
        view.filter = has_starts_row;
        view.heading = "random starts that ended with fewer modes than the best one:\n";
    }
    spni_put_view(text, &view, is_page);
}

/* ---- What both targets say ---------------------------------------------------------------------- */

const spni_csv spni_family_tables[] = {
    {"transitions", ".csv"}, {"runs", "-runs.csv"}, {NULL, NULL}};

static bool is_found(int64_t order)
{
    return order != SPNI_NOT_FOUND;
}

bool spni_family_passes(const spn_results *results)
{
    return spn_rows_are(results, "transitions", "order", is_found);
}

static spn_status take(spn_context *context, const spni_section_source *source, spn_table *lost,
                       spn_table *runs)
{
    spn_status status = SPN_OK;
    SPN_TRY(
        spni_source_take(context, source, "transitions", &spni_family_transition_columns, lost));
    SPN_TRY(spni_source_take(context, source, "runs", &spni_family_run_columns, runs));
done:
    return status;
}

spn_status spni_family_tell(spn_text *text, const spni_section_source *source)
{
    spn_status status = SPN_OK;
    spn_table lost, runs;
    SPN_TRY(take(text->context, source, &lost, &runs));
    put_transitions(text, &lost, false);
    put_runs(text, &runs, false);
    status = text->status;
done:
    return status;
}

spn_status spni_family_section(spn_text *page, const spni_section_source *source, bool has_starts)
{
    spn_status status = SPN_OK;
    spn_table lost, runs;
    SPN_TRY(take(page->context, source, &lost, &runs));
    if (has_starts) {
        spn_text_add(page, "\nNumber of transitions, beside that of the modes whose σ differ, and "
                           "random starts that ended with fewer modes than the best one, with "
                           "Wilson's interval:\n");
        put_runs(page, &runs, true);
    }
    spn_text_add(page, "\nWhere each mode stops being learned on the way up, beside the closed "
                       "forms of the deep linear network (T12, T13). They are exact for linear "
                       "networks; where tanh saturates, transitions move to smaller β. E and |θ| "
                       "are those on both sides:\n");
    put_transitions(page, &lost, true);
    status = page->status;
done:
    return status;
}
