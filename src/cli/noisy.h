/* SPDX-License-Identifier: MIT */
/** @file noisy.h  Noisy samples of quantities over beta, from tables and sweeps; private to room `cli`. */
#ifndef SPINODAL_SRC_CLI_NOISY_H
#define SPINODAL_SRC_CLI_NOISY_H

#include "cli/cli.h"

enum { CLI_SERIES = 6 };

/** A quantity in which change points are sought. */
typedef struct cli_series_kind {
    const char *name;              /**< of the column in our tables */
    const char *other;             /**< accepted too; NULL: nothing */
    const char *shown, *key;       /**< as searched: in text and in JSON */
    double (*scale)(double value); /**< on which it is searched; NULL: its own */
} cli_series_kind;
/** |theta| is searched as its square: it is dF/dbeta (T9), jumps at a transition of first order and has a kink at one of
 *  second, where |theta| itself rises like a root, which no sample tells from a jump. Curvature spans orders of magnitude and
 *  both signs and is searched as its inverse hyperbolic sine. */
extern const cli_series_kind cli_series_kinds[CLI_SERIES];

/** Samples of one quantity along one chain, ascending in beta. */
typedef struct cli_series {
    int64_t count;
    double *beta, *value;
    int64_t missing; /**< empty cells among them, left out */
} cli_series;

/** Samples of one chain. */
typedef struct cli_samples {
    const char *file;
    char chain[96];                /**< "seed 0, down, phase 2"; empty: the file has one curve */
    int64_t count;                 /**< rows */
    cli_series series[CLI_SERIES]; /**< count 0: not there */
} cli_samples;

typedef spn_status cli_samples_sink(spn_context *context, void *state, const cli_samples *samples);

/** Pass the chains of a CSV table with a column beta, or of a sweep's file, to `sink` one after the other. Rows of a table
 *  belong to one chain where their cells in the columns seed, direction, phase and leg (those of them that are there) are
 *  equal. */
spn_status cli_read_samples(spn_context *context, const char *path, cli_samples_sink *sink,
                            void *state);

/** Change points of the noisy samples in the files of the arguments; not good where some column of some chain has too few
 *  samples to be searched. */
spn_status cli_noisy_samples(cli_session *session, const cli_arguments *arguments);

#endif
