/* SPDX-License-Identifier: MIT */
/* Sections of the index: families of experiments. */
#include "cli/targets.h"

#include <spinodal/plot.h>

enum { BETA_DIGITS = 9, DIGITS = 6, FEW_DIGITS = 2 };

static const char *word(const spn_table *table, int64_t row, const char *column)
{
    return spn_table_word(table, row, spn_table_find(table, column));
}

static void put_transitions(spn_text *page, const spn_table *table)
{
    const spn_family_transition *rows = table->records;
    cli_put_head(page, "network | weight matrices | modes | mode | σ | β predicted | β measured | "
                       "± | difference | order predicted | order | E | \\|θ\\|");
    for (int64_t i = 0; i < table->rows; i++) {
        const spn_family_transition *t = &rows[i];
        cli_put_word(page, word(table, i, "activation"));
        cli_put_integer(page, t->depth);
        cli_put_integer(page, t->modes);
        cli_put_integer(page, t->mode);
        cli_put_real(page, DIGITS, t->singular_value);
        cli_put_real(page, BETA_DIGITS, t->predicted_beta);
        cli_put_real(page, BETA_DIGITS, t->measured_beta);
        cli_put_real(page, FEW_DIGITS, 0.5 * (t->beta_high - t->beta_low));
        cli_put_real(page, FEW_DIGITS, t->difference);
        cli_put_word(page, word(table, i, "predicted_order"));
        cli_put_word(page, word(table, i, "order"));
        cli_put_change(page, DIGITS, t->error_before, t->error_after);
        cli_put_change(page, DIGITS, t->norm_before, t->norm_after);
        cli_end_row(page);
    }
}

static void put_runs(spn_text *page, const spn_table *table)
{
    const spn_family_run *rows = table->records;
    cli_put_head(page, "network | modes of the data | transitions measured | transitions predicted "
                       "| β of the starts | stuck | starts | share | 95 % from | to");
    for (int64_t i = 0; i < table->rows; i++) {
        const spn_family_run *r = &rows[i];
        cli_put_word(page, word(table, i, "activation"));
        cli_put_integer(page, r->modes);
        cli_put_integer(page, r->transitions);
        cli_put_integer(page, r->depth > 1 ? r->modes : 0);
        cli_put_real(page, DIGITS, r->start_beta);
        cli_put_integer(page, r->stuck);
        cli_put_integer(page, r->starts);
        cli_put_real(page, DIGITS, r->stuck_fraction);
        cli_put_real(page, DIGITS, r->stuck_low);
        cli_put_real(page, DIGITS, r->stuck_high);
        cli_end_row(page);
    }
}

static spn_status write_family(spn_text *page, const cli_source *source, bool has_starts)
{
    spn_status status = SPN_OK;
    spn_context *context = page->context;
    spn_arena *arena = NULL;
    spn_table lost = {.name = "transitions", .columns = &spn_family_transition_columns};
    spn_table runs = {.name = "runs", .columns = &spn_family_run_columns};
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(cli_take_records(context, arena, source->results, source->path, &lost));
    SPN_TRY(cli_take_records(context, arena, source->results, source->path, &runs));
    if (has_starts) {
        spn_text_add(page, "\nNumber of transitions, beside that of the modes whose σ differ, and "
                           "random starts that ended with fewer modes than the best one, with "
                           "Wilson's interval:\n");
        put_runs(page, &runs);
    }
    spn_text_add(page, "\nWhere each mode stops being learned on the way up, beside the closed "
                       "forms of the deep linear network (T12, T13). They are exact for linear "
                       "networks; where tanh saturates, transitions move to smaller β. E and |θ| "
                       "are those on both sides:\n");
    put_transitions(page, &lost);
    status = page->status;
done:
    spn_arena_free(arena);
    return status;
}

spn_status cli_write_order(spn_text *page, const cli_source *source)
{
    return write_family(page, source, false);
}

spn_status cli_write_complexity(spn_text *page, const cli_source *source)
{
    return write_family(page, source, true);
}
