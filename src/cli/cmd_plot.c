/* SPDX-License-Identifier: MIT */
#include "cli/plot_wishes.h"

#include <spinodal/gallery.h>
#include <string.h>
#include <unistd.h>

/* Results and the kind that draws them. */
typedef struct drawn {
    spn_results results;
    const spn_kind *kind;
} drawn;

static spn_status read_file(spn_context *context, spn_arena *arena, const char *path, drawn *out)
{
    spn_status status = SPN_OK;
    SPN_TRY(spn_results_read(context, arena, path, &out->results));
    out->kind = spn_kind_find(out->results.kind);
    if (out->kind == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: holds results of '%.40s', of which this version knows no figure", path,
                 out->results.kind);
    }
done:
    return status;
}

/* Not every figure can do what is asked. */
static spn_status check(cli_session *session, const cli_arguments *arguments, const drawn *files)
{
    const spn_kind *kind = files[0].kind;
    const struct {
        const char *flag, *word;
        bool is_heard;
        const char *reason;
    } wishes[] = {
        {"columns", arguments->columns, kind->draws_columns, "have panels of their own"},
        {"seeds", arguments->seeds, kind->draws_seeds, "have no random starts to choose from"},
        {"theory", arguments->theory, kind->draws_theory, "have no lines of linear theory"},
    };
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        if (wishes[i].word != NULL && !wishes[i].is_heard) {
            return cli_misuse(session, "--%s: figures of results of '%s' %s", wishes[i].flag,
                              kind->name, wishes[i].reason);
        }
    }
    for (int64_t i = 1; i < arguments->word_count; i++) {
        if (!kind->draws_overlays || files[i].kind != kind) {
            return cli_misuse(session, "%s: only sweeps are drawn over each other",
                              arguments->words[i]);
        }
    }
    return SPN_OK;
}

/* -o names a folder: a file of its name would be another's, or be meant as the figure. */
static spn_status check_folder(cli_session *session, const char *folder)
{
    static const char *const suffixes[] = {".svg", ".pdf", ".png", ".eps", ".jpg"};
    const char *dot = folder != NULL ? strrchr(folder, '.') : NULL;
    for (size_t i = 0; dot != NULL && i < sizeof suffixes / sizeof *suffixes; i++) {
        if (strcmp(dot, suffixes[i]) == 0) {
            const char *slash = strrchr(folder, '/'), *name = slash != NULL ? slash + 1 : folder;
            return cli_misuse(session,
                              "-o %s: -o is the folder of the figure, which is drawn as SVG, PDF "
                              "and PNG; its name: --name %.*s",
                              folder, (int)(dot - name), name);
        }
    }
    return SPN_OK;
}

/* The results behind the first as overlays, with their files' names. */
static spn_status overlay(spn_context *context, spn_arena *arena, const cli_arguments *arguments,
                          const drawn *files, spn_plot_overlay *out)
{
    spn_status status = SPN_OK;
    const spn_results **results = NULL;
    const char **names = NULL;
    char name[CLI_PLOT_NAME];
    SPN_TAKE(context, arena, results, arguments->word_count);
    SPN_TAKE(context, arena, names, arguments->word_count);
    for (int64_t i = 0; i < arguments->word_count; i++) {
        cli_name_after(arguments->words[i], name);
        names[i] = spn_arena_duplicate(arena, name);
        if (names[i] == NULL) {
            status = spn_arena_status(context, arena);
            goto done;
        }
        if (i > 0) {
            results[i - 1] = &files[i].results;
        }
    }
    *out = (spn_plot_overlay){arguments->word_count - 1, results, names};
done:
    return status;
}

spn_status cmd_plot(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_arena *arena = NULL;
    drawn *files = NULL;
    cli_plot_wishes wishes;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(check_folder(session, arguments->output));
    SPN_TRY(cli_read_plot_wishes(session, arguments, arena, &wishes));
    SPN_TAKE(context, arena, files, arguments->word_count);
    for (int64_t i = 0; i < arguments->word_count; i++) {
        SPN_TRY(read_file(context, arena, arguments->words[i], &files[i]));
    }
    SPN_TRY(check(session, arguments, files));
    SPN_TRY(overlay(context, arena, arguments, files, &wishes.settings.overlay));
    const char *folder = arguments->output != NULL ? arguments->output : wishes.name;
    const bool is_new = access(folder, F_OK) != 0;
    SPN_TRY(spn_make_folder(context, folder));
    status = files[0].kind->plot(context, &files[0].results, folder, &wishes.settings);
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(context, "%s", arguments->words[0]);
        if (is_new) { /* a folder with nothing in it says nothing */
            rmdir(folder);
        }
    }
done:
    spn_arena_free(arena);
    return status;
}
