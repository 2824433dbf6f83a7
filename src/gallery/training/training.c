/* SPDX-License-Identifier: MIT */
/* What targets of watched training share. */
#include "gallery/training/training.h"

#include <stdio.h>

static spn_status write_tables(const spni_job *job, const char *name)
{
    static const char *const tables[] = {"runs", "points", "crossings", "plateaus"};
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    char path[SPNI_PATH_SIZE];
    SPN_TRY(spn_arena_create(job->context, &arena));
    SPN_TRY(spni_job_read(job, arena, name, path, &results));
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char suffix[32];
        snprintf(suffix, sizeof suffix, "-%s.csv", tables[i]);
        SPN_TRY(spni_job_write_csv(job, name, suffix, spn_results_table(&results, tables[i])));
    }
done:
    spn_arena_free(arena);
    return status;
}

spn_status spni_training_make(spni_job *job, const char *name, const char *const *sets,
                              const char *further)
{
    spn_status status = SPN_OK;
    SPN_TRY(spni_job_run(job, name, sets, further, spn_study_grok));
    SPN_TRY(write_tables(job, name));
    SPN_TRY(spni_job_draw(job, name, name));
done:
    return status;
}

/* ---- Sections ---------------------------------------------------------------------------------- */

spn_status spni_training_read(spn_text *page, const spni_source *source, spni_training *out)
{
    spn_status status = SPN_OK;
    *out = (spni_training){.page = page};
    SPN_TRY(spn_arena_create(page->context, &out->arena));
    status = spn_grok_contents_read(page->context, out->arena, source->results, &out->c);
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(page->context, "%s", source->path);
    }
done:
    return status;
}

const spn_run_record *spni_training_run(const spni_training *t, int64_t run)
{
    return (const spn_run_record *)t->c.runs.records + run;
}

void spni_training_put_start(const spni_training *t, int64_t run)
{
    spni_put_word(t->page, t->c.names[spni_training_run(t, run)->start]);
}

static void write_phase(const spn_row *row, char *cell)
{
    snprintf(cell, SPN_CELL_SIZE, "%s",
             ((const spn_grok_contents *)row->state)->phases[row->index]);
}

void spni_training_put_ends(const spni_training *t)
{
    static const spn_view_column columns[] = {
        SPN_SHOW_NAME("start", "start", "-"),
        SPN_SHOW("u₀", "residue", 6),
        SPN_SHOW("epochs", "epoch", 6),
        SPN_SHOW("E", "error", 6),
        SPN_SHOW_BY("phase", write_phase),
        SPN_SHOW("E of the minimum", "final_error", 6),
        SPN_SHOW("smallest eigenvalue", "final_eigenvalue", 4),
        SPN_SHOW("largest learning rate × λ_max", "stability_max", 4)};
    spn_view view = SPN_VIEW(&t->c.runs, columns);
    view.names = t->c.names;
    view.name_count = t->c.starts.rows;
    view.state = &t->c;
    spn_text_add(t->page, "\nEnds of the runs, and the minima that Newton's method reaches from "
                          "there.\n");
    spn_view_markdown(t->page, &view);
}
