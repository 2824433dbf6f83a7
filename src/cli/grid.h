/* SPDX-License-Identifier: MIT */
/** @file grid.h  Tables on a terminal: columns as wide as what stands in them, numbers below each other at their
 *  points. Every table that the program prints for people goes through here. */
#ifndef SPINODAL_SRC_CLI_GRID_H
#define SPINODAL_SRC_CLI_GRID_H

#include <spinodal/text.h>

#include <stdio.h>

enum { CLI_CELL = 128, CLI_GRID_COLUMNS = 24 };

typedef enum cli_align { CLI_LEFT, CLI_RIGHT, CLI_POINT } cli_align;

typedef struct cli_grid_column {
    const char *title; /**< NULL: the title before spans this column too */
    cli_align align;
    const char *gap; /**< what stands before the column; NULL: two spaces */
} cli_grid_column;

/** A table in the making. A lack of memory is remembered and told by cli_grid_end(). */
typedef struct cli_grid {
    spn_context *context;
    const cli_grid_column *columns;
    int width; /**< number of columns */
    char (*cells)[CLI_CELL];
    int64_t count, capacity; /**< cells */
    spn_status status;
    const char *norm; /**< what a title "|theta|" becomes; NULL: nothing else */
} cli_grid;

/** `value` with at most `digits` significant digits, in the shortest way: trailing zeros left out, an exponent
 *  only below 1e-4 and where the digits do not reach the point. "-" where it does not exist. Returns buffer. */
const char *cli_number(double value, int digits, char buffer[CLI_CELL]);
/** The middle of an interval of half width `error`: as many digits as that leaves meaning to, 10 at most. */
const char *cli_measured(double value, double error, char buffer[CLI_CELL]);
/** 0 where `value` is rounding beside `other`, below 1e-12 of it; otherwise `value`. */
double cli_beside(double value, double other);
/** sqrt(n), |theta| for the ridge, 0 where beta n is below 1e-18 of L: rounding of a network that has vanished. */
double cli_length(double norm, double beta, double loss);

/** `text` with |theta| written so (NULL: as it is), on out. */
void cli_put_norm(FILE *out, const char *text, const char *norm);

cli_grid cli_grid_begin(spn_context *context, const cli_grid_column *columns, int width);
void cli_grid_text(cli_grid *grid, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cli_grid_number(cli_grid *grid, double value, int digits);
/** Print titles and rows, each behind `indent`, and release all; without rows nothing. */
spn_status cli_grid_end(cli_grid *grid, const char *indent, FILE *out);

#endif
