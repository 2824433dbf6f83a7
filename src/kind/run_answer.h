/* SPDX-License-Identifier: MIT */
/** @file run_answer.h  What the files of room `kind` share of the answer; private to it. */
#ifndef SPINODAL_SRC_KIND_RUN_ANSWER_H
#define SPINODAL_SRC_KIND_RUN_ANSWER_H

#include <spinodal/kind.h>
#include <spinodal/network.h>

enum { SPNI_NAME_SIZE = 96, SPNI_BETA_DIGITS = 6 };

/** Are its phases without labels that say what they compute? */
bool spni_is_unlabelled(const spn_answer *answer);
/** Does a phase stop being the best at beta because another one is as good there? Otherwise others were not seen so far. */
bool spni_is_crossing(const spn_answer *answer, double beta);

/** What is said: of which answer, and of which of its transitions. */
typedef struct spni_telling {
    spn_text *text;
    const spn_answer *answer;
    const spn_shown *shown;
} spni_telling;
bool spni_is_told(const spni_telling *telling, const spn_answer_entry *entry);
bool spni_is_there(const spn_answer_place *place);
/** Is the phase one that was seen? */
bool spni_is_seen(const spn_answer *answer, int64_t phase);
/** Its name in quotation marks, or that it is not known. Returns buffer. */
const char *spni_name_of(const spn_answer *answer, int64_t phase, char *buffer, size_t size);
void spni_put_beta(spn_text *text, double beta);
/** The transitions that are told, a line each; those of hidden units in one. */
void spni_put_transitions(const spni_telling *telling);

/** What belongs to transitions that are shown. */
bool spni_row_is_shown(const spn_shown *shown, const spn_transition *row);
bool spni_group_is_shown(const spn_shown *shown, const spn_transition_group *group);
bool spni_loop_is_shown(const spn_shown *shown, const spn_hysteresis *loop);

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
