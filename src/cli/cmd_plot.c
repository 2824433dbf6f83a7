/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"
#include "cli/files.h"

#include <spinodal/plot.h>
#include <string.h>

static spn_status draw(spn_context *context, const spn_results *results, const char *path,
                       const char *folder, const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    const char *name = "fig2";
    if (strcmp(results->kind, "branches") == 0) {
        name = "branches";
        status = spn_plot_branches(context, results, folder, settings);
    } else if (strcmp(results->kind, "slice") == 0) {
        status = spn_plot_slice(context, results, folder, settings, &name);
    } else {
        status = spn_plot_figure2(context, results, folder, settings);
    }
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(context, "%s", path);
    }
    SPN_TRY(status);
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
    SPN_TRY(draw(context, &results, arguments->words[0], folder, &settings));
done:
    spn_arena_free(arena);
    return cli_finish(session, status);
}
