/* SPDX-License-Identifier: MIT */
#include "gallery/delay/lines.h"

#include <math.h>

static const char *const methods[] = {"flow", "gd", "momentum", "Adam", "sgd", NULL};
static const char *const starts[] = {"random", "aligned", NULL};

static const spn_column items[] = {
    SPN_INTEGER_COLUMN(spni_delay_line, depth, ""),
    SPN_WORD_COLUMN(spni_delay_line, method, methods, ""),
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

static spni_delay_line *find_line(spni_delay_line *lines, int64_t *count, const spn_delay_run *run)
{
    const int64_t start = run->seed < 0;
    for (int64_t i = 0; i < *count; i++) {
        if (lines[i].depth == run->depth && lines[i].method == run->method &&
            lines[i].start == start) {
            return &lines[i];
        }
    }
    if (*count == SPNI_DELAY_LINES) {
        return NULL;
    }
    const double none = (double)NAN;
    lines[*count] = (spni_delay_line){run->depth, run->method, start, 0,    0,    none,
                                      none,       none,        none,  none, none, none};
    return &lines[(*count)++];
}

/* fmin and fmax pass over NaN. */
int64_t spni_delay_lines(const spn_table *runs, spni_delay_line lines[SPNI_DELAY_LINES])
{
    int64_t count = 0;
    for (int64_t i = 0; i < runs->rows; i++) {
        const spn_delay_run *run = (const spn_delay_run *)runs->records + i;
        spni_delay_line *line = find_line(lines, &count, run);
        if (line == NULL) {
            continue;
        }
        line->left += run->outcome == SPN_DELAY_LEFT;
        line->stays += run->outcome != SPN_DELAY_LEFT;
        line->passage = fmax(line->passage, fabs(run->passage_difference));
        if (run->scale <= SPNI_DELAY_SCALE) {
            line->t16 = fmax(line->t16, line->start ? fabs(run->t16_difference) : (double)NAN);
            line->t22 = fmax(line->t22, fabs(run->t22_difference));
        }
        line->share_low = fmin(line->share_low, run->aligned_share);
        line->share_high = fmax(line->share_high, run->aligned_share);
        line->epoch_low = fmin(line->epoch_low, run->epoch);
        line->epoch_high = fmax(line->epoch_high, run->epoch);
    }
    return count;
}

void spni_delay_put_lines(spn_text *text, int64_t count, const spni_delay_line *lines, bool is_page)
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
    const spn_table table = {"lines", &line_columns, count, lines};
    const spn_view view = SPN_VIEW(&table, columns);
    if (is_page) {
        spn_view_markdown(text, &view);
    } else {
        spn_view_terminal(text, &view, "");
    }
}
