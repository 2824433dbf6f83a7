/* SPDX-License-Identifier: MIT */
/** @file plot_wishes.h  What the flags of `plot` say. */
#ifndef SPINODAL_SRC_CLI_PLOT_WISHES_H
#define SPINODAL_SRC_CLI_PLOT_WISHES_H

#include "cli/cli.h"

#include <spinodal/plot.h>

enum { CLI_PLOT_COLUMNS = 26, CLI_PLOT_NAME = 128 };

/** Settings and what they point to: not to be moved. */
typedef struct cli_plot_wishes {
    spn_plot_settings settings;
    spn_plot_column columns[CLI_PLOT_COLUMNS];
    spn_axis_scale scale;
    double range[2];
    char name[CLI_PLOT_NAME]; /**< of figures and of their folder */
} cli_plot_wishes;

/** The name of results without folder and suffix, as a name of figures. */
void cli_name_after(const char *path, char name[CLI_PLOT_NAME]);

/** A usage error has been told where a flag says nothing that is known. */
spn_status cli_read_plot_wishes(cli_session *session, const cli_arguments *arguments,
                                spn_arena *arena, cli_plot_wishes *out);

#endif
