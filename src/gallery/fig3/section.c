/* SPDX-License-Identifier: MIT */
/* Section of the index: levels, plateaus beside their laws, ends. */
#include "gallery/training/training.h"

#include <stdio.h>

static const char *start_of(const void *state, int64_t run)
{
    const spni_training *t = state;
    return t->c.names[spni_training_run(t, run)->start];
}

static void write_crossing_start(const spn_row *row, char *cell)
{
    snprintf(cell, SPN_CELL_SIZE, "%s",
             start_of(row->state, ((const spn_crossing_record *)row->record)->run));
}

static void put_crossings(const spni_training *t)
{
    static const spn_view_column columns[] = {SPN_SHOW_BY("start", write_crossing_start),
                                              SPN_SHOW("level of E", "level", 6),
                                              SPN_SHOW("epoch", "epoch", 6)};
    spn_view view = SPN_VIEW(&t->c.crossings, columns);
    view.state = t;
    spn_text_add(t->page, "\nFirst epoch at which *E* is below a level.\n");
    spn_view_markdown(t->page, &view);
}

static void write_plateau_start(const spn_row *row, char *cell)
{
    snprintf(cell, SPN_CELL_SIZE, "%s",
             start_of(row->state, ((const spn_plateau_record *)row->record)->run));
}

static void write_ratio(const spn_row *row, char *cell)
{
    const spn_plateau_record *p = row->record;
    spn_show_number(p->measured / p->predicted, 4, cell);
}

static void put_plateaus(const spni_training *t)
{
    static const spn_view_column columns[] = {
        SPN_SHOW_BY("start", write_plateau_start),
        SPN_SHOW("E", "error", 6),
        SPN_SHOW("E of the branch", "branch_error", 6),
        SPN_SHOW_OR("its modes", "branch_modes", 0, "-"),
        SPN_SHOW("kind", "kind", 0),
        SPN_SHOW("from epoch", "epoch_from", 6),
        SPN_SHOW("measured", "measured", 6),
        SPN_SHOW("predicted", "predicted", 4),
        SPN_SHOW_NUMBER_BY("measured / predicted", write_ratio)};
    spn_view view = SPN_VIEW(&t->c.plateaus, columns);
    view.state = t;
    spn_text_add(t->page,
                 "\nPlateaus, the branch that each lies at, and how long it lasts: measured "
                 "in epochs beside the law of its kind.\n");
    spn_view_markdown(t->page, &view);
}

spn_status spni_fig3_section(spn_text *page, const spni_section_source *source)
{
    spn_status status = SPN_OK;
    spni_training t;
    SPN_TRY(spni_training_read(page, source, &t));
    put_crossings(&t);
    put_plateaus(&t);
    spni_training_put_ends(&t);
    spn_text_add(page,
                 "\nGradient descent is unstable where learning rate × λ_max exceeds 2: there it "
                 "no longer follows the gradient flow, and *E* may rise for a while.\n");
    status = page->status;
done:
    return status;
}
