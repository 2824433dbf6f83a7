/* SPDX-License-Identifier: MIT */
/* Escape times, and who is first: run, told on stderr, written as CSV, drawn. */
#include "cli/delay.h"
#include "cli/targets.h"

#include <math.h>
#include <stdio.h>

typedef spn_status reporter(const cli_job *job, spn_arena *arena, const spn_results *results,
                            const char *path);

/* What both targets do with their results. */
static spn_status finish(cli_job *job, const char *name, reporter *report)
{
    spn_status status = SPN_OK;
    spn_context *context = job->session->context;
    spn_arena *arena = NULL;
    spn_results results;
    char path[CLI_PATH_SIZE];
    SPN_TRY(cli_job_path(job, name, ".h5", path));
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    SPN_TRY(report(job, arena, &results, path));
    SPN_TRY(cli_job_draw(job, path, NULL));
done:
    spn_arena_free(arena);
    return status;
}

static void print_line(const cli_delay_line *line)
{
    fprintf(stderr, "%5lld  %-4s  %-7s  %5lld  %5lld", (long long)line->depth,
            line->is_adam ? "adam" : "flow", line->is_aligned ? "aligned" : "random",
            (long long)line->left, (long long)line->stays);
    if (line->is_adam) {
        fprintf(stderr, "  %g to %g steps\n", line->epoch_low, line->epoch_high);
        return;
    }
    fprintf(stderr, "  exact %.1e", line->passage);
    if (isfinite(line->t16)) {
        fprintf(stderr, ", T16 %.1e", line->t16);
    }
    if (isfinite(line->t22)) {
        fprintf(stderr, ", T22 %.1e", line->t22);
    }
    fprintf(stderr, "; %.3f to %.3f of the aligned time\n", line->share_low, line->share_high);
}

static spn_status report_delay(const cli_job *job, spn_arena *arena, const spn_results *results,
                               const char *path)
{
    spn_status status = SPN_OK;
    spn_table runs = {.name = "runs", .columns = &spn_delay_columns};
    cli_delay_line lines[CLI_DELAY_LINES];
    SPN_TRY(cli_take_records(job->session->context, arena, results, path, &runs));
    SPN_TRY(cli_job_write_csv(job, "delay", ".csv", &runs));
    if (!job->session->is_quiet) {
        const int64_t count = cli_delay_lines(&runs, lines);
        fprintf(
            stderr,
            "depth  by    start     left  stays  largest |time / law - 1| (T16, T22: u_0 <= %g)\n",
            CLI_DELAY_SCALE);
        for (int64_t i = 0; i < count; i++) {
            print_line(&lines[i]);
        }
    }
done:
    return status;
}

spn_status cli_make_delay(cli_job *job)
{
    spn_status status = SPN_OK;
    const char *sets[CLI_SETS_MAX + 1];
    char seed[64];
    bool is_good = true;
    const spn_delay_settings settings = {.folder = job->folder,
                                         .threads = job->arguments->threads,
                                         .is_forced = job->arguments->is_forced,
                                         .is_resumed = job->arguments->is_resumed,
                                         .set_count = cli_job_sets(job, sets, seed),
                                         .sets = sets};
    SPN_TRY(spn_study_delay(job->session->context, &settings, &is_good));
    job->is_good = job->is_good && is_good;
    if (!is_good) {
        fprintf(stderr, "warning: an escape does not agree with its law; see delay.csv\n");
    }
    SPN_TRY(finish(job, "delay", report_delay));
done:
    return status;
}

static spn_status report_orders(const cli_job *job, spn_arena *arena, const spn_results *results,
                                const char *path)
{
    spn_status status = SPN_OK;
    spn_table races = {.name = "races", .columns = &spn_orders_columns};
    SPN_TRY(cli_take_records(job->session->context, arena, results, path, &races));
    SPN_TRY(cli_job_write_csv(job, "orders", ".csv", &races));
    if (job->session->is_quiet) {
        goto done;
    }
    fprintf(stderr, "method    u_0     races  middle first  trivial first  equal  neither  random "
                    "before both\n");
    for (int64_t i = 0; i < races.rows; i++) {
        cli_orders_count c;
        if (cli_orders_count_at(&races, i, &c)) {
            fprintf(stderr, "%-8s  %-6.3g  %5lld  %12lld  %13lld  %5lld  %7lld  %18lld\n", c.method,
                    c.residue, (long long)c.races, (long long)c.middle_first,
                    (long long)c.trivial_first, (long long)c.equal, (long long)c.neither,
                    (long long)c.random_first);
        }
    }
done:
    return status;
}

spn_status cli_make_orders(cli_job *job)
{
    spn_status status = SPN_OK;
    const char *sets[CLI_SETS_MAX + 1];
    char seed[64];
    const spn_orders_settings settings = {.folder = job->folder,
                                          .threads = job->arguments->threads,
                                          .is_forced = job->arguments->is_forced,
                                          .is_resumed = job->arguments->is_resumed,
                                          .set_count = cli_job_sets(job, sets, seed),
                                          .sets = sets};
    SPN_TRY(spn_study_orders(job->session->context, &settings));
    SPN_TRY(finish(job, "orders", report_orders));
done:
    return status;
}
