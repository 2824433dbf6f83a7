/* SPDX-License-Identifier: MIT */
#include "cli/figures.h"
#include "cli/files.h"

#include <string.h>

typedef spn_status plotter(spn_context *context, const spn_results *results, const char *directory,
                           const spn_plot_settings *settings);

/* The first is that of any other kind, which then says what is missing. */
static const struct {
    const char *kind, *name;
    plotter *plot;
} figures[] = {
    {"sweep", "fig2", spn_plot_figure2},
    {"branches", "branches", spn_plot_branches},
    {"grok", "grok", spn_plot_grok},
    {"order", "order", spn_plot_order},
    {"complexity", "complexity", spn_plot_complexity},
    {"delay", "delay", spn_plot_delay},
    {"orders", "orders", spn_plot_orders},
};

spn_status cli_draw(spn_context *context, const spn_results *results, const char *folder,
                    const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    size_t found = 0;
    for (size_t i = 1; i < sizeof figures / sizeof *figures; i++) {
        found = strcmp(results->kind, figures[i].kind) == 0 ? i : found;
    }
    const char *name = settings->name != NULL ? settings->name : figures[found].name;
    SPN_TRY(strcmp(results->kind, "slice") == 0
                ? spn_plot_slice(context, results, folder, settings, &name)
                : figures[found].plot(context, results, folder, settings));
    spn_message(context, "%s/%s.svg, %s.pdf and %s.png are drawn", folder, name, name, name);
done:
    return status;
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
    status = cli_draw(context, &results, folder, &settings);
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(context, "%s", arguments->words[0]);
    }
done:
    spn_arena_free(arena);
    return cli_finish(session, status);
}
