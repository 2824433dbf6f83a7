/* SPDX-License-Identifier: MIT */
/* What a sweep leaves behind. */
#include "study/results.h"

#include "study/book.h"

static void add_arrays(const spn_study *study, const spni_rows *rows, spni_book *book)
{
    spni_book_array(book, (spn_array){.name = "modes",
                                      .rows = rows->count,
                                      .columns = rows->mode_count,
                                      .values = rows->modes,
                                      .unit = "",
                                      .help = spni_modes_help(study)});
    if (spn_experiment_sweep(study->experiment)->parameters) {
        spni_book_array(
            book, (spn_array){.name = "theta",
                              .rows = rows->count,
                              .columns = rows->parameters,
                              .values = rows->theta,
                              .unit = "weight",
                              .help = "all weights and biases in the order of /layout; one row "
                                      "per row of /points",
                              .is_compressed = true});
    }
}

/* Down-chains come last; with the protocol `down` the up-chains before them were only the way there. */
static spni_rows shown_rows(const spn_study *study, const spni_rows *rows)
{
    spni_rows shown = *rows;
    if (spn_experiment_sweep(study->experiment)->direction == SPN_PROTOCOL_DOWN) {
        while (shown.count > 0 && shown.records[0].direction != SPN_DIRECTION_DOWN) {
            shown.records++;
            shown.chains++;
            shown.modes += shown.mode_count;
            shown.theta += shown.parameters;
            shown.count--;
        }
    }
    return shown;
}

/* Of the jumps those of the rows that are shown: a jump's chain is before them or among them. */
static spni_jumps shown_jumps(const spn_study *study, const spni_jumps *jumps)
{
    spni_jumps shown = *jumps;
    int64_t hidden = 0;
    if (spn_experiment_sweep(study->experiment)->direction == SPN_PROTOCOL_DOWN) {
        while (hidden < shown.count && shown.records[hidden].direction != SPN_DIRECTION_DOWN) {
            hidden++;
        }
    }
    while (shown.approach_count > 0 && shown.approach[0].jump < hidden) {
        shown.approach++;
        shown.approach_count--;
    }
    for (int64_t i = 0; i < shown.approach_count; i++) {
        shown.approach[i].jump -= hidden;
    }
    shown.count -= hidden;
    shown.records += hidden;
    shown.before += hidden * shown.parameters;
    shown.after += hidden * shown.parameters;
    return shown;
}

/* Refined transitions and the ways to them. */
static void add_jumps(const spn_study *study, const spni_jumps *jumps, spni_book *book)
{
    const spn_sweep_settings *settings = spn_experiment_sweep(study->experiment);
    if (!settings->refine || settings->epochs > 0) {
        return;
    }
    spni_book_table(book,
                    (spn_table){"jumps", &spn_sweep_jump_columns, jumps->count, jumps->records});
    spni_book_table(book, (spn_table){"approach", &spn_sweep_approach_columns,
                                      jumps->approach_count, jumps->approach});
    const spn_array sides[] = {{.name = "jump_theta_before",
                                .values = jumps->before,
                                .help = "theta at the last point of the old branch; one row per "
                                        "row of /jumps"},
                               {.name = "jump_theta_after",
                                .values = jumps->after,
                                .help = "theta behind it; one row per row of /jumps"}};
    for (int i = 0; settings->parameters && i < 2; i++) {
        spn_array array = sides[i];
        array.rows = jumps->count;
        array.columns = study->loss.dimension;
        array.unit = "weight";
        array.is_compressed = true;
        spni_book_array(book, array);
    }
}

spn_status spni_results_write(spn_context *context, const spn_study *study, const spni_rows *rows,
                              const spni_jumps *jumps, const char *path, bool is_forced)
{
    spn_status status = SPN_OK;
    spni_book book;
    const spni_rows shown = shown_rows(study, rows);
    SPN_TRY(spni_book_begin(context, "sweep", &book));
    spni_book_table(&book, (spn_table){"points", &spn_sweep_columns, shown.count, shown.records});
    add_arrays(study, &shown, &book);
    const spni_jumps kept = shown_jumps(study, jumps);
    add_jumps(study, &kept, &book);
    SPN_TRY(spni_book_write(context, study, &book, path, is_forced));
done:
    spni_book_end(&book);
    return status;
}
