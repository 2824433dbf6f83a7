/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <spinodal/gallery.h>
#include <spinodal/page.h>

/* A results file in the arena, as the page takes it. */
static spn_status read_source(spn_context *context, spn_arena *arena, const char *path,
                              spn_page_source *out)
{
    spn_status status = SPN_OK;
    spn_results *results = NULL;
    SPN_TAKE(context, arena, results, 1);
    SPN_TRY(spn_results_read(context, arena, path, results));
    *out = (spn_page_source){path, results, spn_kind_find(results->kind)};
    if (out->kind == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: holds results of '%.40s', which this version does not know", path,
                 results->kind);
    }
done:
    return status;
}

spn_status cmd_report(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_arena *arena = NULL;
    spn_page_source *sources = NULL;
    char *made = NULL;
    const spn_page_settings settings = {.is_forced = arguments->is_forced};
    const int64_t count = arguments->word_count;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TAKE(context, arena, sources, count);
    for (int64_t i = 0; i < count; i++) {
        SPN_TRY(read_source(context, arena, arguments->words[i], &sources[i]));
    }
    if (arguments->output == NULL) {
        SPN_TRY(cli_default_output(context, arguments->words[0], ".html", &made));
    }
    const char *output = made != NULL ? made : arguments->output;
    for (int64_t i = 0; i < count; i++) {
        SPN_TRY(cli_refuse_same_file(context, output, arguments->words[i]));
    }
    SPN_TRY(cli_check_page(session, output));
    SPN_TRY(spn_page_write(context, output, count, sources, &settings));
    if (made != NULL) {
        spn_message(context, "%s: written; open it in a browser", output);
    }
done:
    spn_release(context, made);
    spn_arena_free(arena);
    return status;
}
