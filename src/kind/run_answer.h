/* SPDX-License-Identifier: MIT */
/** @file run_answer.h  What the files of room `kind` share of the answer; private to it. */
#ifndef SPINODAL_SRC_KIND_RUN_ANSWER_H
#define SPINODAL_SRC_KIND_RUN_ANSWER_H

#include <spinodal/kind.h>
#include <spinodal/network.h>

enum { SPNI_NAME_SIZE = 96 };

/** A view for a terminal or for a page. Returns its rows. */
int64_t spni_answer_view(spn_text *text, const spn_view *view, bool is_page);

/** A sentence on the weight_decay that a beta means; NaN: on the factor between them alone. */
void spni_put_decay(spn_text *text, const spn_run_facts *facts, double beta);

/** The tables of a sweep as room `transition` takes them; what is not in the contents is made in the arena. */
spn_status spni_sweep_tables(spn_context *context, spn_arena *arena,
                             const spn_sweep_contents *contents, spn_sweep_tables *out);
/** The same of branches. */
spn_branch_tables spni_branch_tables(const spn_branches_contents *contents);

/** What one run answers, found again from its contents. */
typedef struct spni_run_answer {
    spn_transitions *transitions;
    spn_answer answer;
    spn_claim claim;
} spni_run_answer;
spn_status spni_answer_sweep(spn_context *context, const spn_sweep_contents *contents,
                             spni_run_answer *out);
spn_status spni_answer_branches(spn_context *context, const spn_branches_contents *contents,
                                spni_run_answer *out);
void spni_run_answer_free(spn_context *context, spni_run_answer *answer);

#endif
