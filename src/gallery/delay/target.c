/* SPDX-License-Identifier: MIT */
/* Escape times: run, told, written as CSV, drawn. */
#include "gallery/delay/lines.h"

static spn_status report(const spni_job *job)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    spn_text text = {.context = job->context};
    char path[SPNI_PATH_SIZE];
    spn_table runs = {.name = "runs", .columns = &spn_delay_columns};
    spni_delay_line lines[SPNI_DELAY_LINES];
    SPN_TRY(spn_arena_create(job->context, &arena));
    SPN_TRY(spni_job_read(job, arena, "delay", path, &results));
    SPN_TRY(spni_source_take(job->context, arena, &(const spni_source){path, &results}, &runs));
    SPN_TRY(spni_job_write_csv(job, "delay", ".csv", &runs));
    spn_text_put(&text, "T16 and T22 of u_0 <= %g:\n", SPNI_DELAY_SCALE);
    spni_delay_put_lines(&text, spni_delay_lines(&runs, lines), lines, false);
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
    bool is_good = true;
    const spn_delay_settings settings = {.folder = job->settings->folder,
                                         .threads = job->settings->threads,
                                         .is_forced = job->settings->is_forced,
                                         .is_resumed = job->settings->is_resumed,
                                         .set_count = job->settings->set_count,
                                         .sets = job->settings->sets};
    SPN_TRY(spn_study_delay(job->context, &settings, &is_good));
    job->is_good = job->is_good && is_good;
    if (!is_good) {
        spn_warning(job->context, "an escape does not agree with its law; see delay.csv");
    }
    SPN_TRY(report(job));
    SPN_TRY(spni_job_draw(job, "delay", NULL));
done:
    return status;
}

const spni_target spni_target_delay = {
    .name = "delay",
    .help = "escape from the trivial phase: time against scale and beta, measured and predicted",
    .title = "Delay: escape from the trivial phase",
    .text =
        "Linear networks with two, three and four weight matrices start near the trivial phase, "
        "aligned with the mode of the data or at random. How long gradient flow stays there "
        "follows "
        "from the scale of the start and from *β*: the exact passage time of one mode, T16 to "
        "leading "
        "order, and T22 for each random start as its own prediction. Beyond a threshold it never "
        "leaves. Adam needs about as many steps at any scale; beyond the threshold it leaves only "
        "where its steps carry it over.",
    .make = make,
    .write = spni_delay_section,
};
