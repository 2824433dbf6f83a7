/* SPDX-License-Identifier: MIT */
/* Who is first: run, told, written as CSV, drawn. */
#include "gallery/orders/lines.h"

static spn_status report(const spni_job *job)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    spn_text text = {.context = job->context};
    char path[SPNI_PATH_SIZE];
    spn_table races = {.name = "races", .columns = &spn_orders_columns};
    SPN_TRY(spn_arena_create(job->context, &arena));
    SPN_TRY(spni_job_read(job, arena, "orders", path, &results));
    SPN_TRY(spni_source_take(job->context, arena, &(const spni_source){path, &results}, &races));
    SPN_TRY(spni_job_write_csv(job, "orders", ".csv", &races));
    spni_orders_put_counts(&text, &races, false);
    SPN_TRY(text.status);
    spn_text_tell(&text, false);
done:
    spn_text_end(&text);
    spn_arena_free(arena);
    return status;
}

static spn_status make(spni_job *job)
{
    spn_status status = SPN_OK;
    const spn_orders_settings settings = {.folder = job->settings->folder,
                                          .threads = job->settings->threads,
                                          .is_forced = job->settings->is_forced,
                                          .is_resumed = job->settings->is_resumed,
                                          .set_count = job->settings->set_count,
                                          .sets = job->settings->sets};
    SPN_TRY(spn_study_orders(job->context, &settings));
    SPN_TRY(report(job));
    SPN_TRY(spni_job_draw(job, "orders", NULL));
done:
    return status;
}

const spni_target spni_target_orders = {
    .name = "orders",
    .help = "three starts race to the full phase: who is first, by method, beta and residue",
    .title = "Orders: which start learns both modes first",
    .text =
        "A network is trained at one *β* from random weights, from the middle phase (one mode) and "
        "from the trivial phase; the last two carry a residue, *u*₀ times a normal deviate on "
        "every "
        "weight, the same for both. The order of the three depends on the method, on *β*, on *u*₀ "
        "and "
        "on the random numbers.",
    .make = make,
    .write = spni_orders_section,
};
