/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/run.h"

#include <spinodal/plot.h>
#include <stdio.h>
#include <string.h>

static spn_status draw(spn_context *context, const char *results_path, const char *folder)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    /* The results file decides whether anything may be overwritten; it has been written by now. */
    const spn_plot_settings settings = {.force = true};
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, results_path, &results));
    SPN_TRY(spn_plot_figure2(context, &results, folder, &settings));
done:
    spn_arena_free(arena);
    return status;
}

static spn_status reproduce(cli_session *session, const cli_arguments *arguments,
                            const char *folder, const char *output, bool *is_gated)
{
    spn_status status = SPN_OK;
    cli_arguments built_in = *arguments;
    built_in.word_count = 0;
    SPN_TRY(cli_make_folder(session->context, folder));
    SPN_TRY(cli_run_sweep(session, &built_in, output, is_gated));
    SPN_TRY(draw(session->context, output, folder));
    spn_message(session->context, "%s/fig2.svg, fig2.pdf and fig2.png are drawn", folder);
done:
    return status;
}

int cmd_reproduce(cli_session *session, const cli_arguments *arguments)
{
    const char *figure = arguments->word_count > 0 ? arguments->words[0] : "all";
    const char *folder = arguments->output != NULL ? arguments->output : "figures";
    char output[4200];
    if (strcmp(figure, "fig2") != 0 && strcmp(figure, "all") != 0) {
        return cli_usage_error(cli_find_command("reproduce"),
                               "unknown figure '%s'; there are: fig2, all", figure);
    }
    int length = snprintf(output, sizeof output, "%s/fig2.h5", folder);
    if (length >= (int)sizeof output) {
        return cli_usage_error(cli_find_command("reproduce"), "the folder's name is too long");
    }
    bool is_gated = true;
    int result = cli_finish(session, reproduce(session, arguments, folder, output, &is_gated));
    return result == EXIT_DONE && !is_gated ? EXIT_CHECK_FAILED : result;
}
