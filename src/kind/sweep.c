/* SPDX-License-Identifier: MIT */
#include <spinodal/kind.h>

#include <stdlib.h>
#include <string.h>

/* Files of trained chains alone list the stop "patience". */
static bool is_trained(const spn_results *results)
{
    const spn_table *points = spn_results_table(results, "points");
    const int64_t stop = points != NULL ? spn_table_find(points, "stop") : -1;
    const char *const *words = stop >= 0 ? points->columns->items[stop].words : NULL;
    for (int64_t i = 0; words != NULL && words[i] != NULL; i++) {
        if (strcmp(words[i], spn_stop_text(SPN_STOP_PATIENCE)) == 0) {
            return true;
        }
    }
    return false;
}

/* Points of a finite rate are not meant to be stationary, nor are those of mini-batches. */
static bool has_rate(const spn_results *results)
{
    char epochs[32];
    const char *said = spn_results_setting(results, "sweep.epochs", epochs, sizeof epochs);
    return (said != NULL && strcmp(said, "0") != 0) || is_trained(results);
}

/* Steps are chosen by E and |theta|: where R changes between points nothing is known. */
static bool is_paced(const spn_results *results)
{
    char tolerance[32];
    const char *said =
        spn_results_setting(results, "sweep.beta.tolerance", tolerance, sizeof tolerance);
    return said != NULL && strtod(said, NULL) > 0;
}

spn_status spn_sweep_contents_read(spn_context *context, spn_arena *arena,
                                   const spn_results *results, void *contents)
{
    spn_status status = SPN_OK;
    spn_sweep_contents *out = contents;
    *out = (spn_sweep_contents){.modes = spn_results_array(results, "modes"),
                                .is_refined = spn_results_table(results, "jumps") != NULL};
    const spn_wanted_table wanted[] = {
        {&out->points, "points", &spn_sweep_columns, false},
        {&out->jumps, "jumps", &spn_sweep_jump_columns, true},
        {&out->approach, "approach", &spn_sweep_approach_columns, true},
        {&out->theory, "theory", &spn_theory_mode_columns, true},
    };
    SPN_TRY(spn_take_tables(context, arena, results, sizeof wanted / sizeof *wanted, wanted));
    if (out->modes != NULL && (out->modes->rows != out->points.rows || out->modes->columns == 0)) {
        out->modes = NULL;
    }
    out->has_rate = has_rate(results);
    out->is_trained = is_trained(results);
    out->is_paced = is_paced(results);
    out->facts = spn_run_facts_of(results);
    const spn_sweep_record *points = out->points.records;
    for (int64_t i = 0; i < out->points.rows; i++) {
        out->is_quench = out->is_quench || points[i].direction == SPN_DIRECTION_QUENCH;
    }
done:
    return status;
}

static bool is_one(int64_t value)
{
    return value == 1;
}

static bool is_known(int64_t certainty)
{
    return certainty != SPN_CERTAIN_NOT;
}

/* Files of earlier versions do not say how an index is known: all of them are of dense Hessians. */
static bool is_certified(const spn_results *results)
{
    const spn_table *points = spn_results_table(results, "points");
    return points == NULL || spn_table_find(points, "certainty") < 0 ||
           spn_rows_are(results, "points", "certainty", is_known);
}

/* Is each point stationary, with a known index, was each jump located, with a minimum behind it? */
bool spn_sweep_passes(const spn_results *results)
{
    return has_rate(results) ||
           (spn_rows_are(results, "points", "stationary", is_one) && is_certified(results) &&
            (spn_results_table(results, "jumps") == NULL ||
             (spn_rows_are(results, "jumps", "resolved", is_one) &&
              spn_rows_are(results, "jumps", "settled", is_one))));
}
