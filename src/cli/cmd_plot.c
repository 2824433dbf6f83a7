/* SPDX-License-Identifier: MIT */
#include "cli/files.h"
#include "cli/run.h"

#include <spinodal/plot.h>

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
    SPN_TRY(spn_make_folder(context, folder));
    status = cli_draw(context, &results, folder, &settings);
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(context, "%s", arguments->words[0]);
    }
done:
    spn_arena_free(arena);
    return cli_finish(session, status);
}
