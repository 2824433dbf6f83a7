/* SPDX-License-Identifier: MIT */
/** @file delay.h  Escape times and races in a few lines: for stderr and for the index. */
#ifndef SPINODAL_SRC_CLI_DELAY_H
#define SPINODAL_SRC_CLI_DELAY_H

#include "cli/cli.h"

#include <spinodal/plot.h>

/** Runs of one depth, method and kind of start, over both axes. */
typedef struct cli_delay_line {
    int64_t depth;
    bool is_adam, is_aligned;
    int64_t left, stays;
    double passage;  /**< largest |time / law - 1|; NaN where there is none */
    double t16, t22; /**< likewise, of u_0 <= CLI_DELAY_SCALE: they are leading orders */
    double share_low, share_high;
    double epoch_low, epoch_high;
} cli_delay_line;

enum { CLI_DELAY_LINES = 32 };
#define CLI_DELAY_SCALE 0.05

/** The lines in the order of the table; returns their number. */
int64_t cli_delay_lines(const spn_table *runs, cli_delay_line lines[CLI_DELAY_LINES]);

/** Races that differ in their draw only: medians, infinite where it never arrives. */
typedef struct cli_orders_line {
    const char *method;
    double beta, residue, random, middle, trivial, strong;
    int64_t draws, middle_first, trivial_first;
} cli_orders_line;

/** The line that begins with this row of the table; false where the row belongs to an earlier one. */
bool cli_orders_line_at(const spn_table *races, int64_t row, cli_orders_line *line);

/** Races of one method and residue, whatever their beta and draw: which of the two phases is first. */
typedef struct cli_orders_count {
    const char *method;
    double residue;
    int64_t races, middle_first, trivial_first, equal, neither;
    int64_t random_first; /**< random weights before both */
} cli_orders_count;

/** Likewise. */
bool cli_orders_count_at(const spn_table *races, int64_t row, cli_orders_count *count);

/** The beta of the table that is nearest to this one. */
double cli_orders_beta(const spn_table *races, double beta);

#endif
