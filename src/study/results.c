/* SPDX-License-Identifier: MIT */
/* What a sweep leaves behind. */
#include "study/results.h"

#include "study/book.h"

static void add_arrays(const spn_study *study, const spni_rows *rows, spni_book *book)
{
    spni_book_array(
        book, (spn_array){.name = "modes",
                          .rows = rows->count,
                          .columns = rows->mode_count,
                          .values = rows->modes,
                          .unit = "",
                          .help = "strength of each mode of the data in the network's output, "
                                  "strongest mode of the data first (T11); one row per row of "
                                  "/points"});
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

spn_status spni_results_write(spn_context *context, const spn_study *study, const spni_rows *rows,
                              const char *path, bool is_forced)
{
    spn_status status = SPN_OK;
    spni_book book;
    const spni_rows shown = shown_rows(study, rows);
    SPN_TRY(spni_book_begin(context, "sweep", &book));
    spni_book_table(&book, (spn_table){"points", &spn_sweep_columns, shown.count, shown.records});
    add_arrays(study, &shown, &book);
    SPN_TRY(spni_book_write(context, study, &book, path, is_forced));
done:
    spni_book_end(&book);
    return status;
}
