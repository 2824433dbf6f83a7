/* SPDX-License-Identifier: MIT */
/* Which transitions are told: --kind, --min-jump, --sort. */
#include "cli/cli.h"

#include <spinodal/kind.h>
#include <string.h>

/* Index of the word; 0 where none is given; -1: there is no such word. */
static int64_t find_word(const char *word, const char *const *words)
{
    int64_t i = 0;
    if (word == NULL) {
        return 0;
    }
    while (words[i] != NULL && strcmp(words[i], word) != 0) {
        i++;
    }
    return words[i] != NULL ? i : -1;
}

spn_status cli_shown(cli_session *session, const cli_arguments *arguments, spn_shown *out)
{
    const int64_t kind = find_word(arguments->kind, spn_shown_kind_words);
    const int64_t order = find_word(arguments->sort, spn_shown_order_words);
    *out = (spn_shown){.kind = kind, .min_jump = arguments->min_jump, .order = order};
    if (kind < 0) {
        return cli_misuse(session, "--kind: expected accuracy, symmetry or all, got '%s'",
                          arguments->kind);
    }
    if (order < 0) {
        return cli_misuse(session, "--sort: expected answer, beta or jump, got '%s'",
                          arguments->sort);
    }
    return SPN_OK;
}
