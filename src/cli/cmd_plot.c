/* SPDX-License-Identifier: MIT */
#include "cli/plot_wishes.h"

#include <spinodal/gallery.h>

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
static spn_status check(cli_session *session, const cli_arguments *arguments, const drawn *files,
                        const spn_plot_settings *settings)
{
    const spn_kind *kind = files[0].kind;
    if (settings->column_count > 0 && !kind->draws_columns) {
        return cli_misuse(session, "--columns: figures of results of '%s' have panels of their own",
                          kind->name);
    }
    for (int64_t i = 1; i < arguments->word_count; i++) {
        if (!kind->draws_overlays || files[i].kind != kind) {
            return cli_misuse(session, "%s: only sweeps are drawn over each other",
                              arguments->words[i]);
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
    SPN_TRY(cli_read_plot_wishes(session, arguments, arena, &wishes));
    SPN_TAKE(context, arena, files, arguments->word_count);
    for (int64_t i = 0; i < arguments->word_count; i++) {
        SPN_TRY(read_file(context, arena, arguments->words[i], &files[i]));
    }
    SPN_TRY(check(session, arguments, files, &wishes.settings));
    SPN_TRY(overlay(context, arena, arguments, files, &wishes.settings.overlay));
    const char *folder = arguments->output != NULL ? arguments->output : wishes.name;
    SPN_TRY(spn_make_folder(context, folder));
    status = files[0].kind->plot(context, &files[0].results, folder, &wishes.settings);
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(context, "%s", arguments->words[0]);
    }
done:
    spn_arena_free(arena);
    return status;
}
