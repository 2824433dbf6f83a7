/* SPDX-License-Identifier: MIT */
/** @file figures.h  Which figure is drawn of which results. */
#ifndef SPINODAL_SRC_CLI_FIGURES_H
#define SPINODAL_SRC_CLI_FIGURES_H

#include "cli/cli.h"

#include <spinodal/plot.h>

typedef struct cli_figure {
    const char *kind; /**< of results */
    const char *name; /**< of its files */
    spn_status (*draw)(spn_context *context, const spn_results *results, const char *directory,
                       const spn_plot_settings *settings);
} cli_figure;

/** The figure of a kind of results; that of a sweep for an unknown one, which then says what is missing. */
const cli_figure *cli_find_figure(const char *kind);

#endif
