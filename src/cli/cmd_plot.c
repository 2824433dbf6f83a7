/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"
#include "cli/files.h"

#include <spinodal/plot.h>
#include <string.h>

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
    const bool has_branches = strcmp(results.kind, "branches") == 0;
    status = has_branches ? spn_plot_branches(context, &results, folder, &settings)
                          : spn_plot_figure2(context, &results, folder, &settings);
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(context, "%s", arguments->words[0]);
    }
    SPN_TRY(status);
    const char *name = has_branches ? "branches" : "fig2";
    spn_message(context, "%s/%s.svg, %s.pdf and %s.png are drawn", folder, name, name, name);
done:
    spn_arena_free(arena);
    return cli_finish(session, status);
}
