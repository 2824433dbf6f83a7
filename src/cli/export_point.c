/* SPDX-License-Identifier: MIT */
#include "cli/export_point.h"

#include <math.h>
#include <spinodal/gallery.h>
#include <stdio.h>
#include <string.h>

enum { ANY = -1, NONE = -2 };

/* The wanted direction as a number, ANY or NONE. */
static int64_t parse_direction(const char *name)
{
    for (int64_t i = 0; name != NULL && spn_direction_text(i) != NULL; i++) {
        if (strcmp(spn_direction_text(i), name) == 0) {
            return i;
        }
    }
    return name == NULL ? ANY : NONE;
}

bool cli_is_direction(const char *name)
{
    return parse_direction(name) != NONE;
}

/* The first row nearest to `wanted` among those whose value in `column` is `value` (ANY: none is asked
 * for), or -1. Values of ANY and below are never candidates when `is_named`. */
static int64_t nearest(const spn_table *points, double wanted, int64_t column, int64_t value,
                       bool is_named)
{
    int64_t best = -1, beta = spn_table_find(points, "beta");
    double least = HUGE_VAL;
    for (int64_t row = 0; row < points->rows; row++) {
        double distance = fabs(spn_table_real(points, row, beta) - wanted);
        int64_t found = spn_table_integer(points, row, column);
        bool is_candidate = value == ANY ? !is_named || found >= 0 : found == value;
        if (is_candidate && distance < least) {
            best = row;
            least = distance;
        }
    }
    return best;
}

static spn_status check_columns(spn_context *context, const char *path, const spn_table *points,
                                const char *name, int64_t *column)
{
    *column = spn_table_find(points, name);
    if (*column < 0 || spn_table_find(points, "beta") < 0) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s: table points has no column \"%s\"; --point ROW takes any of its rows",
                        path, *column < 0 ? name : "beta");
    }
    return SPN_OK;
}

static spn_status find_in_sweep(spn_context *context, const cli_arguments *arguments,
                                const spn_table *points, int64_t *out)
{
    spn_status status = SPN_OK;
    const char *path = arguments->words[0];
    int64_t column = -1;
    int64_t direction = parse_direction(arguments->direction);
    if (arguments->phase != NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s is a sweep: --phase is for files of branches", path);
    }
    SPN_TRY(check_columns(context, path, points, "direction", &column));
    *out = nearest(points, arguments->beta, column, direction, false);
    if (*out < 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: no points%s%s", path,
                 direction < 0 ? "" : " in direction ",
                 direction < 0 ? "" : spn_direction_text(direction));
    }
done:
    return status;
}

static spn_status fail_phase(spn_context *context, const cli_arguments *arguments,
                             const spn_text_column *names)
{
    char list[600] = "";
    size_t used = 0;
    for (int64_t i = 0; names != NULL && i < names->rows && used < sizeof list; i++) {
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "",
                                 names->items[i]);
    }
    return spn_fail(context, SPN_ERROR_INPUT, "%s: has no phase '%.60s'; its phases are: %s",
                    arguments->words[0], arguments->phase, list);
}

static int64_t find_name(const spn_text_column *names, const char *name)
{
    for (int64_t i = 0; names != NULL && i < names->rows; i++) {
        if (strcmp(names->items[i], name) == 0) {
            return i;
        }
    }
    return NONE;
}

/* The phase that is globally stable at this beta, or ANY. */
static int64_t find_global(const spn_results *results, double beta)
{
    const spn_table *phases = spn_results_table(results, "phases");
    int64_t low = phases != NULL ? spn_table_find(phases, "global_low") : -1;
    int64_t high = phases != NULL ? spn_table_find(phases, "global_high") : -1;
    for (int64_t row = 0; low >= 0 && high >= 0 && row < phases->rows; row++) {
        if (beta >= spn_table_real(phases, row, low) && beta <= spn_table_real(phases, row, high)) {
            return row;
        }
    }
    return ANY;
}

static spn_status find_in_branches(spn_context *context, const cli_arguments *arguments,
                                   const spn_results *results, const spn_table *points,
                                   int64_t *out)
{
    spn_status status = SPN_OK;
    int64_t column = -1;
    const spn_text_column *names = spn_results_text_column(results, "phases", "name");
    if (arguments->direction != NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s holds branches: --direction is for sweeps",
                 arguments->words[0]);
    }
    SPN_TRY(check_columns(context, arguments->words[0], points, "phase", &column));
    int64_t phase = arguments->phase != NULL ? find_name(names, arguments->phase)
                                             : find_global(results, arguments->beta);
    if (phase == NONE) {
        SPN_TRY(fail_phase(context, arguments, names));
    }
    *out = nearest(points, arguments->beta, column, phase, true);
    if (*out < 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: no stable points%s%.60s", arguments->words[0],
                 arguments->phase != NULL ? " in phase " : "",
                 arguments->phase != NULL ? arguments->phase : "");
    }
done:
    return status;
}

spn_status cli_find_point(spn_context *context, const cli_arguments *arguments,
                          const spn_results *results, const spn_table *points, int64_t *out)
{
    if (arguments->point >= points->rows) {
        return spn_fail(context, SPN_ERROR_INPUT, "--point %lld: %s has %lld rows, from 0",
                        (long long)arguments->point, arguments->words[0], (long long)points->rows);
    }
    if (arguments->point >= 0) {
        *out = arguments->point;
        return SPN_OK;
    }
    return spn_kind_find(results->kind) == &spn_branches_kind
               ? find_in_branches(context, arguments, results, points, out)
               : find_in_sweep(context, arguments, points, out);
}

const char *cli_point_phase(const spn_results *results, const spn_table *points, int64_t row)
{
    const spn_text_column *names = spn_results_text_column(results, "phases", "name");
    int64_t column = spn_table_find(points, "phase");
    int64_t phase = column >= 0 ? spn_table_integer(points, row, column) : -1;
    return names != NULL && phase >= 0 && phase < names->rows ? names->items[phase] : NULL;
}
