/* SPDX-License-Identifier: MIT */
#include "cli/noisy.h"

#include <math.h>
#include <spinodal/gallery.h>

static spn_status add_file(spn_context *context, const char *path, spn_transitions *transitions,
                           double *from, double *to, const char **norm)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    status =
        spn_add_transitions(context, spn_kind_find(results.kind), &results, transitions, from, to);
    *norm = spn_text_norm(&results);
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(context, "%s", path);
    }
done:
    spn_arena_free(arena);
    return status;
}

static spn_status answer(spn_context *context, const cli_arguments *arguments,
                         spn_transitions *transitions)
{
    spn_status status = SPN_OK;
    spn_text text = {.context = context};
    spn_json json;
    int64_t count = 0;
    const spn_transition_group *groups = NULL;
    const char **norms = NULL;
    double from = (double)INFINITY, to = -(double)INFINITY;
    SPN_NEW(context, norms, arguments->word_count);
    for (int64_t i = 0; i < arguments->word_count; i++) {
        SPN_TRY(add_file(context, arguments->words[i], transitions, &from, &to, &norms[i]));
    }
    SPN_TRY(spn_transitions_group(context, transitions, &groups, &count));
    if (arguments->is_json) {
        spn_json_begin(&json, context, spn_sink_stream(stdout));
        spn_transitions_json(&json, transitions, arguments->words, count, groups);
        SPN_TRY(spn_json_end_document(&json));
    } else {
        spn_transitions_summary(&text, transitions, arguments->words, norms, count, groups, from,
                                to);
        SPN_TRY(cli_print(stdout, &text));
    }
done:
    spn_release(context, norms);
    return status;
}

spn_status cmd_transitions(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_transitions *transitions = NULL;
    if (arguments->is_noisy) {
        SPN_TRY(cli_noisy_samples(session, arguments));
    } else {
        SPN_TRY(spn_transitions_create(context, &transitions));
        SPN_TRY(answer(context, arguments, transitions));
        session->is_good = spn_transitions_decided(transitions);
    }
done:
    spn_transitions_free(context, transitions);
    return status;
}
