/* SPDX-License-Identifier: MIT */
/* What following branches leaves behind. */
#include "study/branch_results.h"

#include "study/book.h"

static void add_weights(spni_book *book, const char *name, const spni_list *theta, const char *help)
{
    spni_book_array(book, (spn_array){.name = name,
                                      .rows = theta->count,
                                      .columns = theta->size / (int64_t)sizeof(double),
                                      .values = (const void *)theta->items,
                                      .unit = "weight",
                                      .help = help,
                                      .is_compressed = true});
}

static void add_arrays(const spn_study *study, const spni_branch_rows *rows, spni_book *book)
{
    spni_book_array(book, (spn_array){.name = "modes",
                                      .rows = rows->modes.count,
                                      .columns = rows->modes.size / (int64_t)sizeof(double),
                                      .values = (const void *)rows->modes.items,
                                      .unit = "",
                                      .help = spni_modes_help(study)});
    if (rows->has_theta) {
        add_weights(book, "theta", &rows->theta,
                    "all weights and biases in the order of /layout; one row per row of /points");
        add_weights(book, "special_theta", &rows->special_theta,
                    "the same at the special points; one row per row of /specials");
    }
}

spn_status spni_branch_results_write(spn_context *context, const spn_study *study,
                                     const spni_branch_rows *rows,
                                     const spni_branch_findings *found, const char *path,
                                     bool is_forced)
{
    spn_status status = SPN_OK;
    spni_book book;
    SPN_TRY(spni_book_begin(context, "branches", &book));
    const spn_table tables[] = {
        {"points", &spn_branch_columns, rows->points.count, rows->points.items},
        {"specials", &spn_special_columns, found->specials, found->special_rows},
        {"approach", &spn_branch_approach_columns, rows->approach.count, rows->approach.items},
        {"phases", &spn_phase_columns, found->phases, found->phase_rows},
        {"maxwell", &spn_maxwell_columns, found->maxwell, found->maxwell_rows},
        {"global", &spn_global_columns, found->global, found->global_rows},
        {"barriers", &spn_barrier_columns, found->barriers, found->barrier_rows},
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        spni_book_table(&book, tables[i]);
    }
    spni_book_text(&book, (spn_text_column){"phases", "name", found->phases, found->phase_names,
                                            "name of the phase, from its labels"});
    add_arrays(study, rows, &book);
    spni_book_attribute(&book, (spn_attribute){SPNI_UNUSED, NULL, found->unused});
    SPN_TRY(spni_book_write(context, study, &book, path, is_forced));
done:
    spni_book_end(&book);
    return status;
}
