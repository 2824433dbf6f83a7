/* SPDX-License-Identifier: MIT */
#include "cli/figures.h"
#include "cli/files.h"
#include "cli/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 4200 };

/* What is made: where, and whether it passed its check. */
typedef struct job {
    cli_session *session;
    const cli_arguments *arguments;
    const char *folder;
    bool is_good;
} job;

static spn_status make_path(const job *j, const char *name, const char *suffix,
                            char path[PATH_SIZE])
{
    const int length = snprintf(path, PATH_SIZE, "%s/%s%s", j->folder, name, suffix);
    return length < PATH_SIZE
               ? SPN_OK
               : spn_fail(j->session->context, SPN_ERROR_ARGUMENT, "the folder's name is too long");
}

/* The results file decides whether anything may be overwritten; it has been written by now. */
static spn_status draw(const job *j, const char *path)
{
    spn_status status = SPN_OK;
    spn_context *context = j->session->context;
    spn_arena *arena = NULL;
    spn_results results;
    const spn_plot_settings settings = {.force = true};
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    SPN_TRY(cli_draw(context, &results, j->folder, &settings));
done:
    spn_arena_free(arena);
    return status;
}

static spn_status make_slices(job *j, const cli_arguments *built_in, const char *sweep,
                              const char *slices)
{
    spn_status status = SPN_OK;
    spn_context *context = j->session->context;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    bool is_good = true;
    /* They are made of the sweep at once: an interrupted run that goes on makes them again. */
    const spn_run_settings settings = {.output = slices,
                                       .threads = built_in->threads,
                                       .is_forced = built_in->is_forced || built_in->is_resumed};
    SPN_TRY(cli_experiment(j->session, built_in, &experiment));
    SPN_TRY(spn_study_create(context, experiment, &study));
    SPN_TRY(spn_study_figure1(context, study, sweep, &settings, &is_good));
    SPN_TRY(cli_summarize_slices(j->session, slices, false));
    j->is_good = j->is_good && is_good;
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    return status;
}

/* Figures 1 and 2 rest on one sweep. */
static spn_status reproduce_paper(job *j, bool has_figure1, bool has_figure2)
{
    spn_status status = SPN_OK;
    char sweep[PATH_SIZE], slices[PATH_SIZE];
    bool is_good = true;
    cli_arguments built_in = *j->arguments;
    built_in.word_count = 0;
    SPN_TRY(make_path(j, "fig2", ".h5", sweep));
    SPN_TRY(make_path(j, "fig1", ".h5", slices));
    if (has_figure1 && !built_in.is_resumed) {
        SPN_TRY(spn_results_check_target(j->session->context, slices, built_in.is_forced));
    }
    SPN_TRY(cli_run_sweep(j->session, &built_in, sweep, &is_good));
    j->is_good = j->is_good && is_good;
    SPN_TRY(has_figure2 ? draw(j, sweep) : SPN_OK);
    if (has_figure1) {
        SPN_TRY(make_slices(j, &built_in, sweep, slices));
        SPN_TRY(draw(j, slices));
    }
done:
    return status;
}

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

static spn_status write_csv(const job *j, const char *name, const char *suffix,
                            const spn_table *table)
{
    spn_status status = SPN_OK;
    spn_context *context = j->session->context;
    spn_output *output = NULL;
    char path[PATH_SIZE];
    SPN_TRY(make_path(j, name, suffix, path));
    SPN_TRY(spn_output_open(context, path, true, &output));
    SPN_TRY(spn_table_write_csv(context, table, spn_sink_output(output)));
    SPN_TRY(spn_output_commit(context, &output));
done:
    spn_output_abandon(context, output);
    return status;
}

/* The table as this program's records: a file may have other columns. */
static spn_status take(const job *j, spn_arena *arena, const spn_results *results, const char *path,
                       spn_table *table)
{
    spn_status status = SPN_OK;
    const spn_table *found = spn_results_table(results, table->name);
    void *records = NULL;
    if (found == NULL) {
        SPN_FAIL(j->session->context, SPN_ERROR_INPUT, "%s: has no table '%s'", path, table->name);
    }
    table->rows = found->rows;
    char *bytes = NULL;
    SPN_TAKE(j->session->context, arena, bytes, found->rows * (int64_t)table->columns->record_size);
    records = bytes;
    SPN_TRY(spn_table_convert(j->session->context, found, path, table->columns, records));
    table->records = records;
done:
    return status;
}

static spn_status report(const job *j, const spn_results *results, const char *name,
                         const char *path)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_table lost = {.name = "transitions", .columns = &spn_family_transition_columns};
    spn_table runs = {.name = "runs", .columns = &spn_family_run_columns};
    SPN_TRY(spn_arena_create(j->session->context, &arena));
    SPN_TRY(take(j, arena, results, path, &lost));
    SPN_TRY(take(j, arena, results, path, &runs));
    SPN_TRY(write_csv(j, name, ".csv", &lost));
    SPN_TRY(write_csv(j, name, "-runs.csv", &runs));
    if (!j->session->is_quiet) {
        print_transitions(&lost);
        print_starts(&runs);
    }
done:
    spn_arena_free(arena);
    return status;
}

/* The caller's settings, --seed among them. */
static spn_status run_family(job *j, spn_family_kind kind)
{
    const char *sets[CLI_SETS_MAX + 1];
    char seed[64];
    bool is_good = true;
    const cli_arguments *a = j->arguments;
    spn_family_settings settings = {.folder = j->folder,
                                    .threads = a->threads,
                                    .is_forced = a->is_forced,
                                    .is_resumed = a->is_resumed,
                                    .sets = sets};
    if (a->seed >= 0) {
        snprintf(seed, sizeof seed, "model.init.seed=%lld", (long long)a->seed);
        sets[settings.set_count++] = seed;
    }
    for (int64_t i = 0; i < a->set_count; i++) {
        sets[settings.set_count++] = a->sets[i];
    }
    spn_status status = spn_study_family(j->session->context, kind, &settings, &is_good);
    j->is_good = j->is_good && is_good;
    if (status == SPN_OK && !is_good) {
        fprintf(stderr,
                "warning: a phase was not found (\"not_found\") or not followed to its end, "
                "or a random start is not stationary; more branches.starts may help\n");
    }
    if (status == SPN_ERROR_INTERRUPTED) {
        spn_error_clear(j->session->context);
        return spn_fail(j->session->context, SPN_ERROR_INTERRUPTED,
                        "interrupted; what is done is in %s, go on with --resume", j->folder);
    }
    return status;
}

static spn_status reproduce_family(job *j, spn_family_kind kind)
{
    spn_status status = SPN_OK;
    spn_context *context = j->session->context;
    const char *name = spn_family_name(kind);
    spn_arena *arena = NULL;
    spn_results results;
    char path[PATH_SIZE];
    SPN_TRY(make_path(j, name, ".h5", path));
    SPN_TRY(run_family(j, kind));
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    SPN_TRY(report(j, &results, name, path));
    SPN_TRY(draw(j, path));
done:
    spn_arena_free(arena);
    return status;
}

int cmd_reproduce(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    const char *figure = arguments->word_count > 0 ? arguments->words[0] : "all";
    job j = {session, arguments, arguments->output != NULL ? arguments->output : "figures", true};
    const bool is_all = strcmp(figure, "all") == 0;
    const bool is_figure1 = is_all || strcmp(figure, "fig1") == 0;
    const bool is_figure2 = is_all || strcmp(figure, "fig2") == 0;
    const bool is_order = is_all || strcmp(figure, "order") == 0;
    const bool is_complexity = is_all || strcmp(figure, "complexity") == 0;
    if (!is_figure1 && !is_figure2 && !is_order && !is_complexity) {
        return cli_usage_error(cli_find_command("reproduce"),
                               "unknown figure '%s'; there are: fig1, fig2, order, complexity, all",
                               figure);
    }
    SPN_TRY(cli_make_folder(session->context, j.folder));
    SPN_TRY(is_figure1 || is_figure2 ? reproduce_paper(&j, is_figure1, is_figure2) : SPN_OK);
    SPN_TRY(is_order ? reproduce_family(&j, SPN_FAMILY_ORDER) : SPN_OK);
    SPN_TRY(is_complexity ? reproduce_family(&j, SPN_FAMILY_COMPLEXITY) : SPN_OK);
done:;
    int result = cli_finish(session, status);
    return result == EXIT_DONE && !j.is_good ? EXIT_CHECK_FAILED : result;
}
