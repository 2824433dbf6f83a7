/* SPDX-License-Identifier: MIT */
#include "cli/transitions.h"

#include <math.h>

int cmd_transitions(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_transitions *transitions = NULL;
    cli_range range = {(double)INFINITY, -(double)INFINITY};
    const char **norms = NULL;
    if (arguments->is_noisy) {
        bool is_answered = true;
        int result = cli_finish(session, cli_noisy_samples(session, arguments, &is_answered));
        return result == EXIT_DONE && !is_answered ? EXIT_CHECK_FAILED : result;
    }
    SPN_TRY(spn_transitions_create(context, &transitions));
    SPN_NEW(context, norms, arguments->word_count);
    for (int64_t i = 0; i < arguments->word_count; i++) {
        SPN_TRY(cli_add_transitions(context, arguments->words[i], transitions, &range, &norms[i]));
    }
    SPN_TRY(arguments->is_json ? cli_write_transitions(context, transitions, arguments->words)
                               : cli_print_transitions(context, transitions, arguments->words,
                                                       norms, range.from, range.to));
done:
    spn_release(context, norms);
    bool is_decided = transitions != NULL && spn_transitions_decided(transitions);
    spn_transitions_free(context, transitions);
    int result = cli_finish(session, status);
    return result == EXIT_DONE && !is_decided ? EXIT_CHECK_FAILED : result;
}
