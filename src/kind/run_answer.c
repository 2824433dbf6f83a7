/* SPDX-License-Identifier: MIT */
/* What contents of a sweep or of branches answer. */
#include "kind/run_answer.h"

#include <math.h>
#include <string.h>

static int64_t find_word(const char *word, const char *const *words)
{
    for (int64_t i = 0; word != NULL && words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0) {
            return i;
        }
    }
    return -1;
}

/* The last layer's rows. */
static int64_t count_outputs(const spn_results *results)
{
    const spn_table *layout = spn_results_table(results, "layout");
    const char *const names[] = {"layer", "rows"};
    int64_t columns[2], last = -1, outputs = 0;
    if (layout == NULL || !spn_find_columns(layout, 2, names, columns)) {
        return 0;
    }
    for (int64_t i = 0; i < layout->rows; i++) {
        int64_t layer = spn_table_integer(layout, i, columns[0]);
        if (layer >= last) {
            outputs = layer > last ? spn_table_integer(layout, i, columns[1]) : outputs;
            last = layer;
        }
    }
    return outputs;
}

spn_run_facts spn_run_facts_of(const spn_results *results)
{
    const spn_option *option = NULL;
    char word[32];
    for (int64_t i = 0; i < spn_error_options.count; i++) {
        option = strcmp(spn_error_options.options[i].key, "error") == 0
                     ? &spn_error_options.options[i]
                     : option;
    }
    const char *said = spn_results_setting(results, "objective.error", word, sizeof word);
    return (spn_run_facts){.error = option != NULL ? find_word(said, option->choices) : -1,
                           .regularise = spn_results_regulariser(results),
                           .outputs = count_outputs(results)};
}

/* Singular values of the modes whose strengths stand in the array "modes": linear theory has a row a mode. NULL where
 * there is none, or the strengths are those of the outputs' own directions. */
static spn_status take_singular_values(spn_context *context, spn_arena *arena,
                                       const spn_table *theory, int64_t modes, const double **out)
{
    spn_status status = SPN_OK;
    const spn_theory_mode *records = theory->records;
    double *values = NULL;
    *out = NULL;
    if (modes == 0 || theory->rows != modes) {
        return SPN_OK;
    }
    SPN_TAKE(context, arena, values, modes);
    for (int64_t m = 0; m < modes; m++) {
        values[m] = records[m].singular_value;
    }
    *out = values;
done:
    return status;
}

spn_status spni_sweep_tables(spn_context *context, spn_arena *arena, const spn_sweep_contents *c,
                             spn_sweep_tables *out)
{
    spn_status status = SPN_OK;
    const double *singular_values = NULL;
    const int64_t modes = c->modes != NULL ? c->modes->columns : 0;
    SPN_TRY(take_singular_values(context, arena, &c->theory, modes, &singular_values));
    *out = (spn_sweep_tables){.mode_count = modes,
                              .modes = modes > 0 ? c->modes->values : NULL,
                              .singular_values = singular_values,
                              .point_count = c->points.rows,
                              .points = c->points.records,
                              .jump_count = c->jumps.rows,
                              .jumps = c->jumps.records,
                              .approach_count = c->approach.rows,
                              .approach = c->approach.records};
done:
    return status;
}

spn_branch_tables spni_branch_tables(const spn_branches_contents *c)
{
    return (spn_branch_tables){.point_count = c->points.rows,
                               .points = c->points.records,
                               .special_count = c->specials.rows,
                               .specials = c->specials.records,
                               .approach_count = c->approach.rows,
                               .approach = c->approach.records,
                               .phase_count = c->phases.rows,
                               .phases = c->phases.records,
                               .maxwell_count = c->maxwell.rows,
                               .maxwell = c->maxwell.records,
                               .is_one_branch = c->is_by_products};
}

spn_status spni_answer_sweep(spn_context *context, const spn_sweep_contents *contents,
                             spni_run_answer *out)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_sweep_tables tables;
    *out = (spni_run_answer){0};
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spni_sweep_tables(context, arena, contents, &tables));
    SPN_TRY(spn_transitions_create(context, &out->transitions));
    SPN_TRY(spn_transitions_add_sweep(context, out->transitions, &tables));
    SPN_TRY(spn_transitions_answer(context, out->transitions, 0, &out->answer));
    if (!contents->has_rate && !contents->is_paced) {
        SPN_TRY(spn_check_claim(context, out->transitions, 0, &tables, &out->claim));
    }
done:
    spn_arena_free(arena);
    return status;
}

spn_status spni_answer_branches(spn_context *context, const spn_branches_contents *contents,
                                spni_run_answer *out)
{
    spn_status status = SPN_OK;
    const spn_branch_tables tables = spni_branch_tables(contents);
    *out = (spni_run_answer){0};
    SPN_TRY(spn_transitions_create(context, &out->transitions));
    SPN_TRY(spn_transitions_add_branches(context, out->transitions, &tables));
    SPN_TRY(spn_transitions_answer(context, out->transitions, 0, &out->answer));
done:
    return status;
}

void spni_run_answer_free(spn_context *context, spni_run_answer *answer)
{
    spn_transitions_free(context, answer->transitions);
    spn_release(context, answer->claim.rows);
    *answer = (spni_run_answer){0};
}
