/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <spinodal/gallery.h>
#include <spinodal/plot.h>

/* The figures of the results' kind. */
static spn_status draw(spn_context *context, const spn_results *results, const char *folder,
                       const spn_plot_settings *settings)
{
    const spn_kind *kind = spn_kind_find(results->kind);
    if (kind == NULL) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "holds results of '%.40s', of which this version knows no figure",
                        results->kind);
    }
    return kind->plot(context, results, folder, settings);
}

spn_status cmd_plot(cli_session *session, const cli_arguments *arguments)
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
    status = draw(context, &results, folder, &settings);
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(context, "%s", arguments->words[0]);
    }
done:
    spn_arena_free(arena);
    return status;
}
