/* SPDX-License-Identifier: MIT */
/* Sections of the index: escape times, and who is first. */
#include "cli/delay.h"
#include "cli/targets.h"

#include <math.h>

enum { DIGITS = 6, FEW_DIGITS = 2 };

static void put_lines(spn_text *page, const spn_table *runs)
{
    cli_delay_line lines[CLI_DELAY_LINES];
    const int64_t count = cli_delay_lines(runs, lines);
    cli_put_head(page,
                 "weight matrices | trained by | start | left | stay | largest \\|time / exact − "
                 "1\\| | T16 | T22 | time / aligned, from | to | epochs, from | to");
    for (int64_t i = 0; i < count; i++) {
        const cli_delay_line *line = &lines[i];
        cli_put_integer(page, line->depth);
        cli_put_word(page, line->is_adam ? "Adam" : "flow");
        cli_put_word(page, line->is_aligned ? "aligned" : "random");
        cli_put_integer(page, line->left);
        cli_put_integer(page, line->stays);
        cli_put_real(page, FEW_DIGITS, line->passage);
        cli_put_real(page, FEW_DIGITS, line->t16);
        cli_put_real(page, FEW_DIGITS, line->t22);
        cli_put_real(page, DIGITS, line->share_low);
        cli_put_real(page, DIGITS, line->share_high);
        cli_put_real(page, DIGITS, line->epoch_low);
        cli_put_real(page, DIGITS, line->epoch_high);
        cli_end_row(page);
    }
}

spn_status cli_write_delay(spn_text *page, const cli_source *source)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_table runs = {.name = "runs", .columns = &spn_delay_columns};
    SPN_TRY(spn_arena_create(page->context, &arena));
    SPN_TRY(cli_take_records(page->context, arena, source->results, source->path, &runs));
    spn_text_put(
        page,
        "\nMeasured times beside their laws, all runs of a kind together. Exact: the "
        "passage time of the mode, of a random start that of the aligned start with the "
        "same τ\\* (T22; two weight matrices: of the part that grows). T16 and T22 are "
        "leading orders in the scale, compared for u₀ ≤ %g. Every run is a row of `delay.csv`:\n",
        CLI_DELAY_SCALE);
    put_lines(page, &runs);
    status = page->status;
done:
    spn_arena_free(arena);
    return status;
}

static void put_epoch(spn_text *page, double epoch)
{
    if (isfinite(epoch)) {
        cli_put_real(page, DIGITS, epoch);
    } else {
        cli_put_word(page, "never");
    }
}

static void put_races(spn_text *page, const spn_table *races, double beta)
{
    cli_put_head(page, "trained by | β | u₀ | random | middle | trivial | of these one mode | "
                       "draws | middle first | trivial first");
    for (int64_t i = 0; i < races->rows; i++) {
        cli_orders_line line;
        if (!cli_orders_line_at(races, i, &line) || line.beta != beta) {
            continue;
        }
        cli_put_word(page, line.method);
        cli_put_real(page, DIGITS, line.beta);
        cli_put_real(page, DIGITS, line.residue);
        put_epoch(page, line.random);
        put_epoch(page, line.middle);
        put_epoch(page, line.trivial);
        put_epoch(page, line.strong);
        cli_put_integer(page, line.draws);
        cli_put_integer(page, line.middle_first);
        cli_put_integer(page, line.trivial_first);
        cli_end_row(page);
    }
}

static void put_counts(spn_text *page, const spn_table *races)
{
    cli_put_head(page, "trained by | u₀ | races | middle first | trivial first | at once | neither "
                       "| random before both");
    for (int64_t i = 0; i < races->rows; i++) {
        cli_orders_count count;
        if (!cli_orders_count_at(races, i, &count)) {
            continue;
        }
        cli_put_word(page, count.method);
        cli_put_real(page, DIGITS, count.residue);
        cli_put_integer(page, count.races);
        cli_put_integer(page, count.middle_first);
        cli_put_integer(page, count.trivial_first);
        cli_put_integer(page, count.equal);
        cli_put_integer(page, count.neither);
        cli_put_integer(page, count.random_first);
        cli_end_row(page);
    }
}

spn_status cli_write_orders(spn_text *page, const cli_source *source)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_table races = {.name = "races", .columns = &spn_orders_columns};
    SPN_TRY(spn_arena_create(page->context, &arena));
    SPN_TRY(cli_take_records(page->context, arena, source->results, source->path, &races));
    spn_text_add(
        page,
        "\nFirst epoch at which E is below the level of the full phase, median of the "
        "draws; of the trivial start also the first with one mode. There is no closed "
        "form for this network; an independent computation of gradient descent at β = 0.0001 "
        "with another draw found 1,054 (middle) and 1,087 (trivial; one mode 497) at u₀ = "
        "0.005, 599 and 644 (247) at 0.01. Draws differ. Here at one β; every race is a row of "
        "`orders.csv`:\n");
    put_races(page, &races, cli_orders_beta(&races, 1e-4));
    spn_text_add(page, "\nAll β and draws together, which of the two phases arrives first:\n");
    put_counts(page, &races);
    status = page->status;
done:
    spn_arena_free(arena);
    return status;
}
