/* SPDX-License-Identifier: MIT */
/* Escape times in a few lines beside their laws: for a terminal, the index and captions. */
#include "gallery/delay/delay.h"

#include <math.h>
#include <spinodal/optimize.h>

/* T16 and T22 are leading orders: the lines compare them up to here. */
#define SMALL_SCALE 0.05

enum { LINES_MAX = 32 };

static const char *const starts[] = {"random", "aligned", NULL};

static const spn_column items[] = {
    SPN_INTEGER_COLUMN(spni_delay_line, depth, ""),
    SPN_WORD_COLUMN(spni_delay_line, method, spn_path_words, ""),
    SPN_WORD_COLUMN(spni_delay_line, start, starts, ""),
    SPN_INTEGER_COLUMN(spni_delay_line, left, ""),
    SPN_INTEGER_COLUMN(spni_delay_line, stays, ""),
    SPN_REAL_COLUMN(spni_delay_line, passage, "", ""),
    SPN_REAL_COLUMN(spni_delay_line, t16, "", ""),
    SPN_REAL_COLUMN(spni_delay_line, t22, "", ""),
    SPN_REAL_COLUMN(spni_delay_line, share_low, "", ""),
    SPN_REAL_COLUMN(spni_delay_line, share_high, "", ""),
    SPN_REAL_COLUMN(spni_delay_line, epoch_low, "", ""),
    SPN_REAL_COLUMN(spni_delay_line, epoch_high, "", ""),
};
static const spn_columns line_columns = SPN_COLUMNS_OF(items, spni_delay_line);

bool spni_delay_is_in(const spni_delay_run *run, const spni_delay_part *part)
{
    return (part->axis < 0 || run->axis == part->axis) && run->depth == part->depth &&
           run->method == part->method && (run->seed < 0) == part->is_aligned;
}

/* fmin and fmax pass over NaN. */
spni_delay_line spni_delay_sum(int64_t count, const spni_delay_run *runs,
                               const spni_delay_part *part, double scale_max)
{
    const double none = (double)NAN;
    spni_delay_line line = {.depth = part->depth,
                            .method = part->method,
                            .start = part->is_aligned,
                            .passage = none,
                            .t16 = none,
                            .t22 = none,
                            .share_low = none,
                            .share_high = none,
                            .epoch_low = none,
                            .epoch_high = none};
    for (int64_t i = 0; i < count; i++) {
        const spni_delay_run *run = &runs[i];
        if (!spni_delay_is_in(run, part)) {
            continue;
        }
        line.left += run->outcome == SPNI_DELAY_LEFT;
        line.stays += run->outcome != SPNI_DELAY_LEFT;
        line.passage = fmax(line.passage, fabs(run->passage_difference));
        if (run->scale <= scale_max) {
            line.t16 = fmax(line.t16, part->is_aligned ? fabs(run->t16_difference) : none);
            line.t22 = fmax(line.t22, fabs(run->t22_difference));
        }
        line.share_low = fmin(line.share_low, run->aligned_share);
        line.share_high = fmax(line.share_high, run->aligned_share);
        line.epoch_low = fmin(line.epoch_low, run->epoch);
        line.epoch_high = fmax(line.epoch_high, run->epoch);
    }
    return line;
}

/* A line for each kind of run, in the order in which they are met; returns their number. */
static int64_t collect(const spn_table *table, spni_delay_line lines[LINES_MAX])
{
    const spni_delay_run *runs = table->records;
    int64_t count = 0;
    for (int64_t i = 0; i < table->rows && count < LINES_MAX; i++) {
        const spni_delay_part part = {-1, runs[i].depth, runs[i].method, runs[i].seed < 0};
        bool is_new = true;
        for (int64_t k = 0; k < i && is_new; k++) {
            is_new = !spni_delay_is_in(&runs[k], &part);
        }
        if (is_new) {
            lines[count++] = spni_delay_sum(table->rows, runs, &part, SMALL_SCALE);
        }
    }
    return count;
}

static spn_status put_lines(spn_text *text, const spni_section_source *source, bool is_page)
{
    static const spn_view_column columns[] = {SPN_SHOW("weight matrices", "depth", 0),
                                              SPN_SHOW("trained by", "method", 0),
                                              SPN_SHOW("start", "start", 0),
                                              SPN_SHOW("left", "left", 0),
                                              SPN_SHOW("stay", "stays", 0),
                                              SPN_SHOW("largest |time / exact - 1|", "passage", 2),
                                              SPN_SHOW("T16", "t16", 2),
                                              SPN_SHOW("T22", "t22", 2),
                                              SPN_SHOW("time / aligned", "share_low", 4),
                                              SPN_JOIN(" .. ", "share_high", 4),
                                              SPN_SHOW("epochs", "epoch_low", 6),
                                              SPN_JOIN(" .. ", "epoch_high", 6)};
    spn_status status = SPN_OK;
    spn_table runs;
    spni_delay_line lines[LINES_MAX];
    SPN_TRY(spni_source_take(text->context, source, "runs", &spni_delay_columns, &runs));
    const spn_table table = {"lines", &line_columns, collect(&runs, lines), lines};
    const spn_view view = SPN_VIEW(&table, columns);
    spni_put_view(text, &view, is_page);
    status = text->status;
done:
    return status;
}

spn_status spni_delay_tell(spn_text *text, const spni_section_source *source)
{
    spn_text_put(text, "T16 and T22 of u_0 <= %g:\n", SMALL_SCALE);
    return put_lines(text, source, false);
}

spn_status spni_delay_section(spn_text *page, const spni_section_source *source)
{
    spn_text_put(
        page,
        "\nMeasured times beside their laws, all runs of a kind together. Exact: the "
        "passage time of the mode, of a random start that of the aligned start with the "
        "same τ\\* (T22; two weight matrices: of the part that grows). T16 and T22 are "
        "leading orders in the scale, compared for u₀ ≤ %g. Every run is a row of `delay.csv`:\n",
        SMALL_SCALE);
    return put_lines(page, source, true);
}
