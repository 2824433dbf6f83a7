/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/run.h"

#include <spinodal/plot.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 4200 };

/* Which figures are wanted, and where they go. */
typedef struct wish {
    bool has_figure1, has_figure2;
    const char *folder;
    char sweep[PATH_SIZE], slices[PATH_SIZE]; /* results: fig2.h5, fig1.h5 */
} wish;

static spn_status draw(spn_context *context, const char *results_path, const char *folder,
                       bool is_figure1)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    const char *name = "fig2";
    /* The results file decides whether anything may be overwritten; it has been written by now. */
    const spn_plot_settings settings = {.force = true};
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, results_path, &results));
    SPN_TRY(is_figure1 ? spn_plot_slice(context, &results, folder, &settings, &name)
                       : spn_plot_figure2(context, &results, folder, &settings));
    spn_message(context, "%s/%s.svg, %s.pdf and %s.png are drawn", folder, name, name, name);
done:
    spn_arena_free(arena);
    return status;
}

static spn_status make_slices(cli_session *session, const cli_arguments *arguments, const wish *w,
                              bool *is_good)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    /* They are made of the sweep at once: an interrupted run that goes on makes them again. */
    const spn_run_settings settings = {.output = w->slices,
                                       .threads = arguments->threads,
                                       .is_forced = arguments->is_forced || arguments->is_resumed};
    SPN_TRY(cli_experiment(session, arguments, &experiment));
    SPN_TRY(spn_study_create(context, experiment, &study));
    SPN_TRY(spn_study_figure1(context, study, w->sweep, &settings, is_good));
    SPN_TRY(cli_summarize_slices(session, w->slices, false));
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    return status;
}

/* Both figures rest on the sweep. */
static spn_status reproduce(cli_session *session, const cli_arguments *arguments, const wish *w,
                            bool *is_good)
{
    spn_status status = SPN_OK;
    bool is_gated = true, agrees = true;
    cli_arguments built_in = *arguments;
    built_in.word_count = 0;
    SPN_TRY(cli_make_folder(session->context, w->folder));
    if (w->has_figure1 && !arguments->is_resumed) {
        SPN_TRY(spn_results_check_target(session->context, w->slices, arguments->is_forced));
    }
    SPN_TRY(cli_run_sweep(session, &built_in, w->sweep, &is_gated));
    if (w->has_figure2) {
        SPN_TRY(draw(session->context, w->sweep, w->folder, false));
    }
    if (w->has_figure1) {
        SPN_TRY(make_slices(session, &built_in, w, &agrees));
        SPN_TRY(draw(session->context, w->slices, w->folder, true));
    }
    *is_good = is_gated && agrees;
done:
    return status;
}

int cmd_reproduce(cli_session *session, const cli_arguments *arguments)
{
    const char *figure = arguments->word_count > 0 ? arguments->words[0] : "all";
    const bool are_all = strcmp(figure, "all") == 0;
    wish w = {.has_figure1 = are_all || strcmp(figure, "fig1") == 0,
              .has_figure2 = are_all || strcmp(figure, "fig2") == 0,
              .folder = arguments->output != NULL ? arguments->output : "figures"};
    if (!w.has_figure1 && !w.has_figure2) {
        return cli_usage_error(cli_find_command("reproduce"),
                               "unknown figure '%s'; there are: fig1, fig2, all", figure);
    }
    int length = snprintf(w.sweep, sizeof w.sweep, "%s/fig2.h5", w.folder);
    snprintf(w.slices, sizeof w.slices, "%s/fig1.h5", w.folder);
    if (length >= PATH_SIZE) {
        return cli_usage_error(cli_find_command("reproduce"), "the folder's name is too long");
    }
    bool is_good = true;
    int result = cli_finish(session, reproduce(session, arguments, &w, &is_good));
    return result == EXIT_DONE && !is_good ? EXIT_CHECK_FAILED : result;
}
