/* SPDX-License-Identifier: MIT */
/** @file figures.h  Which figure is drawn of which results. */
#ifndef SPINODAL_SRC_CLI_FIGURES_H
#define SPINODAL_SRC_CLI_FIGURES_H

#include "cli/cli.h"

#include <spinodal/plot.h>

/** Draw the figure of the results' kind (that of a sweep for an unknown one) and say where it is. */
spn_status cli_draw(spn_context *context, const spn_results *results, const char *folder,
                    const spn_plot_settings *settings);

#endif
