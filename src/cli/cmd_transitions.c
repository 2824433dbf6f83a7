/* SPDX-License-Identifier: MIT */
#include "cli/noisy.h"

#include <math.h>
#include <spinodal/gallery.h>

static spn_status add_file(spn_context *context, const char *path, int64_t run,
                           spn_transitions *transitions, double *from, double *to,
                           spn_told_file *file)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    *file = (spn_told_file){.path = path};
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    const spn_kind *kind = spn_kind_find(results.kind);
    status = spn_add_transitions(context, kind, &results, transitions, from, to);
    file->norm = spn_text_norm(&results);
    file->facts = spn_run_facts_of(&results);
    if (status == SPN_OK) {
        status = spn_results_claim(context, kind, &results, transitions, run, &file->claim);
    }
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(context, "%s", path);
    }
done:
    spn_arena_free(arena);
    return status;
}

static spn_status answer(spn_context *context, const cli_arguments *arguments,
                         const spn_shown *shown, spn_transitions *transitions)
{
    spn_status status = SPN_OK;
    spn_text text = {.context = context};
    spn_json json;
    int64_t count = 0;
    const spn_transition_group *groups = NULL;
    spn_told_file *files = NULL;
    double from = (double)INFINITY, to = -(double)INFINITY;
    SPN_NEW(context, files, arguments->word_count);
    for (int64_t i = 0; i < arguments->word_count; i++) {
        SPN_TRY(add_file(context, arguments->words[i], i, transitions, &from, &to, &files[i]));
    }
    SPN_TRY(spn_transitions_group(context, transitions, &groups, &count));
    if (arguments->is_json) {
        spn_json_begin(&json, context, spn_sink_stream(stdout));
        spn_transitions_json(&json, transitions, files, count, groups, shown);
        SPN_TRY(spn_json_end_document(&json));
    } else {
        spn_transitions_summary(&text, transitions, files, count, groups, from, to, shown);
        SPN_TRY(cli_print(stdout, &text));
    }
done:
    for (int64_t i = 0; files != NULL && i < arguments->word_count; i++) {
        spn_release(context, files[i].claim.rows);
    }
    spn_release(context, files);
    return status;
}

spn_status cmd_transitions(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_transitions *transitions = NULL;
    spn_shown shown = {0};
    SPN_TRY(cli_shown(session, arguments, &shown));
    if (arguments->is_noisy && (shown.kind != 0 || shown.order != 0 || shown.min_jump != 0)) {
        return cli_misuse(session, "--kind, --min-jump and --sort choose located transitions; "
                                   "--noisy finds change points, and all are told");
    }
    if (arguments->is_noisy) {
        SPN_TRY(cli_noisy_samples(session, arguments));
    } else {
        SPN_TRY(spn_transitions_create(context, &transitions));
        SPN_TRY(answer(context, arguments, &shown, transitions));
        session->is_good = spn_shown_decided(transitions, &shown);
    }
done:
    spn_transitions_free(context, transitions);
    return status;
}
