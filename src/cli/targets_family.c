/* SPDX-License-Identifier: MIT */
/* Families of experiments: run, told on stderr, written as CSV, drawn. */
#include "cli/targets.h"

#include <math.h>
#include <spinodal/plot.h>
#include <stdio.h>

static void print_cell(int width, int digits, double value)
{
    if (isfinite(value)) {
        fprintf(stderr, "  %*.*f", width, digits, value);
    } else {
        fprintf(stderr, "  %*s", width, "-");
    }
}

static const char *word(const spn_table *table, int64_t row, const char *column)
{
    const char *found = spn_table_word(table, row, spn_table_find(table, column));
    return found != NULL ? found : "?";
}

static void print_transitions(const spn_table *table)
{
    fprintf(stderr,
            "network  depth  modes  mode     sigma     predicted      measured  difference  "
            "order\n");
    for (int64_t row = 0; row < table->rows; row++) {
        const spn_family_transition *t = (const spn_family_transition *)table->records + row;
        fprintf(stderr, "%-7s  %5lld  %5lld  %4lld", word(table, row, "activation"),
                (long long)t->depth, (long long)t->modes, (long long)t->mode);
        print_cell(8, 6, t->singular_value);
        print_cell(12, 9, t->predicted_beta);
        print_cell(12, 9, t->measured_beta);
        if (isfinite(t->difference)) {
            fprintf(stderr, "  %10.1e", t->difference);
        } else {
            fprintf(stderr, "  %10s", "-");
        }
        fprintf(stderr, "  %s\n", word(table, row, "order"));
    }
}

static void print_starts(const spn_table *table)
{
    const spn_family_run *runs = table->records;
    for (int64_t row = 0; row < table->rows; row++) {
        const spn_family_run *r = &runs[row];
        if (r->starts > 0) {
            fprintf(stderr,
                    "%-7s  %lld mode%s: %lld of %lld starts stuck at beta = %g: %.3f (95 %% "
                    "interval %.3f to %.3f)\n",
                    word(table, row, "activation"), (long long)r->modes, r->modes == 1 ? "" : "s",
                    (long long)r->stuck, (long long)r->starts, r->start_beta, r->stuck_fraction,
                    r->stuck_low, r->stuck_high);
        }
    }
}

static spn_status report(const cli_job *job, const spn_results *results, const char *name,
                         const char *path)
{
    spn_status status = SPN_OK;
    spn_context *context = job->session->context;
    spn_arena *arena = NULL;
    spn_table lost = {.name = "transitions", .columns = &spn_family_transition_columns};
    spn_table runs = {.name = "runs", .columns = &spn_family_run_columns};
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(cli_take_records(context, arena, results, path, &lost));
    SPN_TRY(cli_take_records(context, arena, results, path, &runs));
    SPN_TRY(cli_job_write_csv(job, name, ".csv", &lost));
    SPN_TRY(cli_job_write_csv(job, name, "-runs.csv", &runs));
    if (!job->session->is_quiet) {
        print_transitions(&lost);
        print_starts(&runs);
    }
done:
    spn_arena_free(arena);
    return status;
}

/* The caller's settings, --seed among them. */
static spn_status run_family(cli_job *job, spn_family_kind kind)
{
    const char *sets[CLI_SETS_MAX + 1];
    char seed[64];
    bool is_good = true;
    const cli_arguments *a = job->arguments;
    spn_family_settings settings = {.folder = job->folder,
                                    .threads = a->threads,
                                    .is_forced = a->is_forced,
                                    .is_resumed = a->is_resumed,
                                    .sets = sets};
    settings.set_count = cli_job_sets(job, sets, seed);
    spn_status status = spn_study_family(job->session->context, kind, &settings, &is_good);
    job->is_good = job->is_good && is_good;
    if (status == SPN_OK && !is_good) {
        fprintf(stderr,
                "warning: a phase was not found (\"not_found\") or not followed to its end, "
                "or a random start is not stationary; more branches.starts may help\n");
    }
    if (status == SPN_ERROR_INTERRUPTED) {
        spn_error_clear(job->session->context);
        return spn_fail(job->session->context, SPN_ERROR_INTERRUPTED,
                        "interrupted; what is done is in %s, go on with --resume", job->folder);
    }
    return status;
}

static spn_status make_family(cli_job *job, spn_family_kind kind)
{
    spn_status status = SPN_OK;
    spn_context *context = job->session->context;
    const char *name = spn_family_name(kind);
    spn_arena *arena = NULL;
    spn_results results;
    char path[CLI_PATH_SIZE];
    SPN_TRY(cli_job_path(job, name, ".h5", path));
    SPN_TRY(run_family(job, kind));
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    SPN_TRY(report(job, &results, name, path));
    SPN_TRY(cli_job_draw(job, path, NULL));
done:
    spn_arena_free(arena);
    return status;
}

spn_status cli_make_order(cli_job *job)
{
    return make_family(job, SPN_FAMILY_ORDER);
}

spn_status cli_make_complexity(cli_job *job)
{
    return make_family(job, SPN_FAMILY_COMPLEXITY);
}
