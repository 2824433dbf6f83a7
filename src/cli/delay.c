/* SPDX-License-Identifier: MIT */
#include "cli/delay.h"

#include <math.h>
#include <spinodal/optimize.h>

enum { DRAWS_MAX = 64 };

static cli_delay_line *find_line(cli_delay_line *lines, int64_t *count, const spn_delay_run *run)
{
    const bool is_adam = run->method == SPN_PATH_ADAM, is_aligned = run->seed < 0;
    for (int64_t i = 0; i < *count; i++) {
        if (lines[i].depth == run->depth && lines[i].is_adam == is_adam &&
            lines[i].is_aligned == is_aligned) {
            return &lines[i];
        }
    }
    if (*count == CLI_DELAY_LINES) {
        return NULL;
    }
    const double none = (double)NAN;
    lines[*count] = (cli_delay_line){run->depth, is_adam, is_aligned, 0,    0,    none,
                                     none,       none,    none,       none, none, none};
    return &lines[(*count)++];
}

/* fmin and fmax pass over NaN. */
int64_t cli_delay_lines(const spn_table *runs, cli_delay_line lines[CLI_DELAY_LINES])
{
    int64_t count = 0;
    for (int64_t i = 0; i < runs->rows; i++) {
        const spn_delay_run *run = (const spn_delay_run *)runs->records + i;
        cli_delay_line *line = find_line(lines, &count, run);
        if (line == NULL) {
            continue;
        }
        line->left += run->outcome == SPN_DELAY_LEFT;
        line->stays += run->outcome != SPN_DELAY_LEFT;
        line->passage = fmax(line->passage, fabs(run->passage_difference));
        if (run->scale <= CLI_DELAY_SCALE) {
            line->t16 = fmax(line->t16, line->is_aligned ? fabs(run->t16_difference) : (double)NAN);
            line->t22 = fmax(line->t22, fabs(run->t22_difference));
        }
        line->share_low = fmin(line->share_low, run->aligned_share);
        line->share_high = fmax(line->share_high, run->aligned_share);
        line->epoch_low = fmin(line->epoch_low, run->epoch);
        line->epoch_high = fmax(line->epoch_high, run->epoch);
    }
    return count;
}

static double median(int64_t n, double *values)
{
    for (int64_t i = 0; i < n; i++) {
        const double value = isnan(values[i]) ? HUGE_VAL : values[i];
        int64_t k = i;
        for (; k > 0 && values[k - 1] > value; k--) {
            values[k] = values[k - 1];
        }
        values[k] = value;
    }
    return n > 0 ? 0.5 * (values[(n - 1) / 2] + values[n / 2]) : (double)NAN;
}

static bool is_same_race(const spn_orders_race *a, const spn_orders_race *b)
{
    return a->method == b->method && a->beta == b->beta && a->residue == b->residue;
}

bool cli_orders_line_at(const spn_table *races, int64_t row, cli_orders_line *line)
{
    const spn_orders_race *rows = races->records, *first = &rows[row];
    double random[DRAWS_MAX], middle[DRAWS_MAX], trivial[DRAWS_MAX], strong[DRAWS_MAX];
    *line = (cli_orders_line){.beta = first->beta, .residue = first->residue};
    line->method = spn_table_word(races, row, spn_table_find(races, "method"));
    for (int64_t i = 0; i < races->rows && line->draws < DRAWS_MAX; i++) {
        if (!is_same_race(&rows[i], first)) {
            continue;
        }
        if (i < row) {
            return false;
        }
        random[line->draws] = rows[i].epoch_random;
        middle[line->draws] = rows[i].epoch_middle;
        trivial[line->draws] = rows[i].epoch_trivial;
        strong[line->draws++] = rows[i].epoch_strong;
        line->middle_first += rows[i].lead > 0;
        line->trivial_first += rows[i].lead < 0;
    }
    line->random = median(line->draws, random);
    line->middle = median(line->draws, middle);
    line->trivial = median(line->draws, trivial);
    line->strong = median(line->draws, strong);
    return true;
}

bool cli_orders_count_at(const spn_table *races, int64_t row, cli_orders_count *count)
{
    const spn_orders_race *rows = races->records, *first = &rows[row];
    *count = (cli_orders_count){.residue = first->residue};
    count->method = spn_table_word(races, row, spn_table_find(races, "method"));
    for (int64_t i = 0; i < races->rows; i++) {
        const spn_orders_race *race = &rows[i];
        if (race->method != first->method || race->residue != first->residue) {
            continue;
        }
        if (i < row) {
            return false;
        }
        count->races++;
        count->middle_first += race->lead > 0;
        count->trivial_first += race->lead < 0;
        count->equal += race->lead == 0;
        count->neither += isnan(race->lead);
        count->random_first += race->first == SPN_ORDERS_RANDOM;
    }
    return true;
}

double cli_orders_beta(const spn_table *races, double beta)
{
    const spn_orders_race *rows = races->records;
    double found = (double)NAN;
    for (int64_t i = 0; i < races->rows; i++) {
        if (!(fabs(rows[i].beta - beta) >= fabs(found - beta))) {
            found = rows[i].beta;
        }
    }
    return found;
}
