/* SPDX-License-Identifier: MIT */
#include "cli/figures.h"
#include "cli/files.h"

#include <string.h>

/* The first is that of any other kind. */
static const cli_figure figures[] = {
    {"sweep", "fig2", spn_plot_figure2},
    {"branches", "branches", spn_plot_branches},
    {"order", "order", spn_plot_order},
    {"complexity", "complexity", spn_plot_complexity},
};

const cli_figure *cli_find_figure(const char *kind)
{
    for (size_t i = 1; i < sizeof figures / sizeof *figures; i++) {
        if (strcmp(kind, figures[i].kind) == 0) {
            return &figures[i];
        }
    }
    return &figures[0];
}

int cmd_plot(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_arena *arena = NULL;
    spn_results results;
    const char *folder = arguments->output != NULL ? arguments->output : ".";
    const spn_plot_settings settings = {.force = arguments->is_forced};
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, arguments->words[0], &results));
    SPN_TRY(cli_make_folder(context, folder));
    const cli_figure *figure = cli_find_figure(results.kind);
    status = figure->draw(context, &results, folder, &settings);
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(context, "%s", arguments->words[0]);
    }
    SPN_TRY(status);
    const char *name = figure->name;
    spn_message(context, "%s/%s.svg, %s.pdf and %s.png are drawn", folder, name, name, name);
done:
    spn_arena_free(arena);
    return cli_finish(session, status);
}
