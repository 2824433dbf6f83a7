/* SPDX-License-Identifier: MIT */
/* What targets of watched training share. */
#include "gallery/training/training.h"

#include <stdio.h>

const spni_csv spni_training_tables[] = {{"runs", "-runs.csv"},
                                         {"points", "-points.csv"},
                                         {"crossings", "-crossings.csv"},
                                         {"plateaus", "-plateaus.csv"},
                                         {NULL, NULL}};

spn_status spni_training_read(spn_text *page, const spni_section_source *source, spni_training *out)
{
    *out = (spni_training){.page = page};
    spn_status status =
        spn_grok_contents_read(page->context, source->arena, source->results, &out->c);
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(page->context, "%s", source->path);
    }
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
