/* SPDX-License-Identifier: MIT */
/* Families of experiments: run, told, written as CSV, drawn, and their section of the index. */
#include "gallery/family/family.h"

#include <math.h>
#include <stdio.h>

/* ---- Tables ------------------------------------------------------------------------------------- */

static void put_transitions(spn_text *text, const spn_table *table, bool is_page)
{
    static const spn_view_column columns[] = {
        SPN_SHOW("network", "activation", 0),
        SPN_SHOW("weight matrices", "depth", 0),
        SPN_SHOW("modes", "modes", 0),
        SPN_SHOW("mode", "mode", 0),
        SPN_SHOW("sigma", "singular_value", 6),
        SPN_SHOW("beta predicted", "predicted_beta", 9),
        SPN_SHOW("beta measured", "measured_beta", 9),
        SPN_JOIN_ERROR(" +- ", "measured_beta", "beta_low", "beta_high"),
        SPN_SHOW("difference", "difference", 2),
        SPN_SHOW("order predicted", "predicted_order", 0),
        SPN_SHOW("order", "order", 0),
        SPN_SHOW_BESIDE("E", "error_before", 6, "error_after"),
        SPN_JOIN_BESIDE(" -> ", "error_after", 6, "error_before"),
        SPN_SHOW_BESIDE("|theta|", "norm_before", 6, "norm_after"),
        SPN_JOIN_BESIDE(" -> ", "norm_after", 6, "norm_before")};
    const spn_view view = SPN_VIEW(table, columns);
    if (is_page) {
        spn_view_markdown(text, &view);
    } else {
        spn_view_terminal(text, &view, "");
    }
}

static bool has_starts_row(const spn_row *row)
{
    return ((const spn_family_run *)row->record)->starts > 0;
}

static void write_predicted(const spn_row *row, char *cell)
{
    const spn_family_run *r = row->record;
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
    if (is_page) {
        spn_view_markdown(text, &view);
    } else {
        view.filter = has_starts_row;
        view.heading = "random starts that ended with fewer modes than the best one:\n";
        spn_view_terminal(text, &view, "");
    }
}

/* ---- Target ------------------------------------------------------------------------------------- */

static spn_status take(spn_context *context, spn_arena *arena, const spni_source *source,
                       spn_table *lost, spn_table *runs)
{
    spn_status status = SPN_OK;
    *lost = (spn_table){.name = "transitions", .columns = &spn_family_transition_columns};
    *runs = (spn_table){.name = "runs", .columns = &spn_family_run_columns};
    SPN_TRY(spni_source_take(context, arena, source, lost));
    SPN_TRY(spni_source_take(context, arena, source, runs));
done:
    return status;
}

static spn_status report(const spni_job *job, const char *name)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    spn_text text = {.context = job->context};
    char path[SPNI_PATH_SIZE];
    spn_table lost, runs;
    SPN_TRY(spn_arena_create(job->context, &arena));
    SPN_TRY(spni_job_read(job, arena, name, path, &results));
    SPN_TRY(take(job->context, arena, &(const spni_source){path, &results}, &lost, &runs));
    SPN_TRY(spni_job_write_csv(job, name, ".csv", &lost));
    SPN_TRY(spni_job_write_csv(job, name, "-runs.csv", &runs));
    put_transitions(&text, &lost, false);
    put_runs(&text, &runs, false);
    SPN_TRY(text.status);
    spn_text_tell(&text, false);
done:
    spn_text_end(&text);
    spn_arena_free(arena);
    return status;
}

spn_status spni_family_make(spni_job *job, spn_family_kind kind)
{
    spn_status status = SPN_OK;
    bool is_good = true;
    const spn_family_settings settings = {.folder = job->settings->folder,
                                          .threads = job->settings->threads,
                                          .is_forced = job->settings->is_forced,
                                          .is_resumed = job->settings->is_resumed,
                                          .set_count = job->settings->set_count,
                                          .sets = job->settings->sets};
    status = spn_study_family(job->context, kind, &settings, &is_good);
    if (status == SPN_ERROR_INTERRUPTED) {
        return spn_fail(job->context, SPN_ERROR_INTERRUPTED,
                        "interrupted; what is done is in %s, go on with --resume",
                        job->settings->folder);
    }
    SPN_TRY(status);
    job->is_good = job->is_good && is_good;
    if (!is_good) {
        spn_warning(job->context,
                    "a phase was not found (\"not_found\") or not followed to its end, or a random "
                    "start is not stationary; more branches.starts may help");
    }
    SPN_TRY(report(job, spn_family_name(kind)));
    SPN_TRY(spni_job_draw(job, spn_family_name(kind), NULL));
done:
    return status;
}

/* ---- Section ------------------------------------------------------------------------------------ */

spn_status spni_family_section(spn_text *page, const spni_source *source, bool has_starts)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_table lost, runs;
    SPN_TRY(spn_arena_create(page->context, &arena));
    SPN_TRY(take(page->context, arena, source, &lost, &runs));
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
    spn_arena_free(arena);
    return status;
}
