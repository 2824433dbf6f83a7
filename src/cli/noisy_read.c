/* SPDX-License-Identifier: MIT */
/* Chains of samples from a CSV table, such as `export` writes, and from a sweep's file. */
#include "cli/noisy.h"

#include <math.h>
#include <spinodal/formats.h>
#include <spinodal/gallery.h>
#include <spinodal/store.h>
#include <spinodal/sweep.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double square(double value)
{
    return value * value;
}

const cli_series_kind cli_series_kinds[CLI_SERIES] = {
    {"error", NULL, "error", "error", NULL},
    {"weight_norm", "norm", "|theta|^2", "weight_norm_squared", square},
    {"scalar_curvature_error", "scalar_curvature", "asinh(curvature)",
     "scalar_curvature_error_asinh", asinh},
    {"accuracy", NULL, "accuracy", "accuracy", NULL},
    {"test_error", NULL, "test error", "test_error", NULL},
    {"test_accuracy", NULL, "test accuracy", "test_accuracy", NULL},
};

/* Columns that tell chains apart, where they are there. */
enum { KEYS = 4 };
static const char *const keys[KEYS] = {"seed", "direction", "phase", "leg"};

/* One row as it was read. */
typedef struct sample {
    double beta;
    double key[KEYS]; /* numbers, or codes of words; 0: no such column */
    double value[CLI_SERIES];
} sample;

static int compare(const void *a, const void *b)
{
    const sample *x = a, *y = b;
    for (int k = 0; k < KEYS; k++) {
        if (x->key[k] != y->key[k]) {
            return x->key[k] < y->key[k] ? -1 : 1;
        }
    }
    return (x->beta > y->beta) - (x->beta < y->beta);
}

static bool is_same_chain(const sample *a, const sample *b)
{
    return memcmp(a->key, b->key, sizeof a->key) == 0;
}

/* What names a chain: its key columns, numbers or words. */
typedef struct key_names {
    bool is_there[KEYS];
    const char *const *words[KEYS]; /* NULL: numbers */
} key_names;

static void name_chain(const key_names *names, const sample *row, cli_samples *out)
{
    size_t used = 0;
    out->chain[0] = '\0';
    for (int k = 0; k < KEYS && used < sizeof out->chain; k++) {
        const char *comma = used > 0 ? ", " : "";
        if (!names->is_there[k] || (k >= 2 && row->key[k] == (k == 2 ? -1 : 0))) {
            continue; /* a chain from initial weights has the phase -1, all but legs the leg 0 */
        }
        char *end = out->chain + used;
        size_t room = sizeof out->chain - used;
        if (names->words[k] != NULL && row->key[k] >= 0) {
            used += (size_t)snprintf(end, room, "%s%.40s", comma,
                                     names->words[k][(int64_t)row->key[k]]);
        } else {
            used += (size_t)snprintf(end, room, "%s%s %.15g", comma, keys[k], row->key[k]);
        }
    }
}

static spn_status pass_chain(spn_context *context, spn_arena *arena, int64_t count,
                             const sample *rows, cli_samples *out, cli_samples_sink *sink,
                             void *state)
{
    spn_status status = SPN_OK;
    spn_arena_mark mark = spn_arena_get_mark(arena);
    out->count = count;
    for (int s = 0; s < CLI_SERIES; s++) {
        cli_series *series = &out->series[s];
        *series = (cli_series){0};
        SPN_TAKE(context, arena, series->beta, count);
        SPN_TAKE(context, arena, series->value, count);
        for (int64_t i = 0; i < count; i++) {
            double value = rows[i].value[s];
            if (!isnan(value)) {
                series->beta[series->count] = rows[i].beta;
                series->value[series->count++] =
                    cli_series_kinds[s].scale != NULL ? cli_series_kinds[s].scale(value) : value;
            }
        }
        series->missing = series->count > 0 ? count - series->count : 0;
    }
    SPN_TRY(sink(context, state, out));
    spn_arena_rewind(arena, mark);
done:
    return status;
}

/* Sorts the rows; stable order of equal beta does not matter, since equal rows are exchangeable. */
static spn_status pass_chains(spn_context *context, spn_arena *arena, const char *path,
                              int64_t count, sample *rows, const key_names *names,
                              cli_samples_sink *sink, void *state)
{
    spn_status status = SPN_OK;
    cli_samples samples = {.file = path};
    qsort(rows, (size_t)count, sizeof *rows, compare);
    for (int64_t first = 0, i = 1; i <= count; i++) {
        if (i == count || !is_same_chain(&rows[first], &rows[i])) {
            name_chain(names, &rows[first], &samples);
            SPN_TRY(pass_chain(context, arena, i - first, rows + first, &samples, sink, state));
            first = i;
        }
    }
done:
    return status;
}

/* ---- Tables ----------------------------------------------------------------------------------- */

static int64_t find_column(const spn_csv_table *table, const char *name)
{
    for (int64_t c = 0; name != NULL && c < table->columns; c++) {
        if (strcmp(table->names[c], name) == 0) {
            return c;
        }
    }
    return -1;
}

/* Where the columns of a table are; -1: it has none of that name. */
typedef struct columns {
    int64_t beta, key[KEYS], series[CLI_SERIES];
} columns;

/* Cells that are no numbers are refused, empty ones among the series are not: a quantity may not exist at a point. */
static spn_status check_series(spn_context *context, const spn_csv_table *table, int64_t column)
{
    const spn_csv_column *facts = &table->facts[column];
    return facts->words + facts->infinite > 0
               ? spn_fail(context, SPN_ERROR_INPUT, "%s: line %lld, column '%s': %s", table->source,
                          (long long)facts->flaw.line, table->names[column], facts->flaw.what)
               : SPN_OK;
}

/* What tells curves apart is numbers or words, and no mixture: or different curves would be one. */
static spn_status check_key(spn_context *context, const spn_csv_table *table, int64_t column)
{
    const spn_csv_column *facts = &table->facts[column];
    const char *what =
        facts->infinite > 0 || (facts->words > 0 && facts->numbers > 0) ? "holds words and numbers"
        : facts->words > 0 && facts->categories < 0 ? "holds too many different words"
                                                    : NULL;
    return what == NULL
               ? SPN_OK
               : spn_fail(context, SPN_ERROR_INPUT,
                          "%s: column '%s' tells curves apart and %s: give each curve a number, or "
                          "take the column out",
                          table->source, table->names[column], what);
}

/* Of two columns of one name nobody knows which one is meant. */
static spn_status check_twins(spn_context *context, const spn_csv_table *table, int64_t column)
{
    for (int64_t c = column + 1; column >= 0 && c < table->columns; c++) {
        if (strcmp(table->names[c], table->names[column]) == 0) {
            return spn_fail(context, SPN_ERROR_INPUT,
                            "%s: columns %lld and %lld are both called '%.60s'", table->source,
                            (long long)column + 1, (long long)c + 1, table->names[column]);
        }
    }
    return SPN_OK;
}

static spn_status find_columns(spn_context *context, const spn_csv_table *table, columns *out)
{
    spn_status status = SPN_OK;
    int64_t found = 0;
    out->beta = find_column(table, "beta");
    SPN_TRY(check_twins(context, table, out->beta));
    for (int s = 0; s < CLI_SERIES; s++) {
        out->series[s] = find_column(table, cli_series_kinds[s].name);
        if (out->series[s] < 0) {
            out->series[s] = find_column(table, cli_series_kinds[s].other);
        }
        SPN_TRY(check_twins(context, table, out->series[s]));
        if (out->series[s] >= 0) {
            SPN_TRY(check_series(context, table, out->series[s]));
            found += table->facts[out->series[s]].numbers > 0;
        }
    }
    if (out->beta < 0 || found == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: needs a column beta and one of error, weight_norm, scalar_curvature, "
                 "accuracy, test_error, test_accuracy with numbers in it",
                 table->source);
    }
    SPN_TRY(spn_csv_check(context, table, 1, &out->beta));
    for (int k = 0; k < KEYS; k++) {
        out->key[k] = find_column(table, keys[k]);
        SPN_TRY(check_twins(context, table, out->key[k]));
        SPN_TRY(out->key[k] >= 0 ? check_key(context, table, out->key[k]) : SPN_OK);
    }
done:
    return status;
}

static double key_of(const spn_csv_table *table, int64_t row, int64_t column)
{
    const spn_csv_column *facts = &table->facts[column];
    double value = table->values[row * table->columns + column];
    return facts->codes != NULL ? (double)facts->codes[row] : isnan(value) ? -1 : value;
}

static spn_status pass_table(spn_context *context, spn_arena *arena, const char *path,
                             const spn_csv_table *table, const columns *at, cli_samples_sink *sink,
                             void *state)
{
    spn_status status = SPN_OK;
    sample *rows = NULL;
    key_names names = {0};
    SPN_TAKE(context, arena, rows, table->rows);
    for (int64_t r = 0; r < table->rows; r++) {
        const double *cells = table->values + r * table->columns;
        rows[r].beta = cells[at->beta];
        for (int k = 0; k < KEYS; k++) {
            rows[r].key[k] = at->key[k] >= 0 ? key_of(table, r, at->key[k]) : 0;
        }
        for (int s = 0; s < CLI_SERIES; s++) {
            rows[r].value[s] = at->series[s] >= 0 ? cells[at->series[s]] : (double)NAN;
        }
    }
    for (int k = 0; k < KEYS; k++) {
        names.is_there[k] = at->key[k] >= 0;
        names.words[k] = at->key[k] >= 0 ? table->facts[at->key[k]].category_names : NULL;
    }
    SPN_TRY(pass_chains(context, arena, path, table->rows, rows, &names, sink, state));
done:
    return status;
}

static spn_status read_table(spn_context *context, spn_arena *arena, const char *path,
                             cli_samples_sink *sink, void *state)
{
    spn_status status = SPN_OK;
    spn_csv_table *table = NULL;
    const spn_csv_layout layout = {.header = SPN_CSV_HEADER_YES};
    columns at;
    SPN_TRY(spn_csv_read(context, path, layout, &table));
    SPN_TRY(find_columns(context, table, &at));
    SPN_TRY(pass_table(context, arena, path, table, &at, sink, state));
done:
    spn_csv_free(context, table);
    return status;
}

/* ---- Sweeps ----------------------------------------------------------------------------------- */

static spn_status read_sweep(spn_context *context, spn_arena *arena, const char *path,
                             cli_samples_sink *sink, void *state)
{
    spn_status status = SPN_OK;
    static const key_names names = {{true, true, true, true},
                                    {NULL, spn_direction_words, NULL, NULL}};
    spn_results results;
    spn_sweep_contents contents;
    sample *rows = NULL;
    SPN_TRY(spn_results_read(context, arena, path, &results));
    if (spn_kind_find(results.kind) != &spn_sweep_kind) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: has no points of a sweep", path);
    }
    SPN_TRY(spn_sweep_contents_read(context, arena, &results, &contents));
    const spn_sweep_record *records = contents.points.records;
    const int64_t count = contents.points.rows;
    SPN_TAKE(context, arena, rows, count);
    for (int64_t i = 0; i < count; i++) {
        const spn_sweep_record *r = &records[i];
        bool is_known = spn_direction_text(r->direction) != NULL;
        rows[i] = (sample){r->state.beta,
                           {(double)r->seed, is_known ? (double)r->direction : -1, (double)r->phase,
                            (double)r->leg},
                           {r->state.error, r->state.weight_norm, r->state.scalar_curvature_error,
                            r->state.accuracy, r->state.test_error, r->state.test_accuracy}};
    }
    SPN_TRY(pass_chains(context, arena, path, count, rows, &names, sink, state));
done:
    return status;
}

static bool is_csv(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".csv") == 0;
}

spn_status cli_read_samples(spn_context *context, const char *path, cli_samples_sink *sink,
                            void *state)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY((is_csv(path) ? read_table : read_sweep)(context, arena, path, sink, state));
done:
    spn_arena_free(arena);
    return status;
}
