/* SPDX-License-Identifier: MIT */
/** @file answer.h  The answer of a run, as values: which phases differ in what the network computes, between which
 *  beta each is metastable and where it is the best; and its transitions, each once.
 *
 *  A transition of first order shows at three beta (the end of one phase upwards, the end of the other downwards, and
 *  the Maxwell point between them): these are rows of the table of transitions and one entry here. Texts, JSON and
 *  figures render these values; numbers that do not exist are NaN. */
#ifndef SPINODAL_TRANSITION_ANSWER_H
#define SPINODAL_TRANSITION_ANSWER_H

#include <spinodal/transition.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A phase as people count them, an *accuracy phase*: minima between which no transition changes what the network
 *  computes. Hidden units may merge or split inside it. 8-byte fields only. */
typedef struct spn_answer_phase {
    int64_t run;
    int64_t
        phase; /**< its number in the run, from 0: in the order in which the phases end when beta rises */
    int64_t twin; /**< from 0, of several phases with one name; -1: its name is its own */
    /** States at the ends of its window, with the labels that it has in the middle of its longest stretch. */
    spn_side low, high;
    double beta_low, beta_high; /**< seen to be a minimum between them: metastable or the best */
    int64_t ends_low,
        ends_high; /**< 1: it ends there; 0: the range did, or it was followed no further */
    /** Where it has the smallest L of all phases that were seen, the widest range (of a run at one beta: that beta); NaN:
     *  nowhere. */
    double best_low, best_high;
    int64_t best_ranges; /**< how many ranges of that kind it has */
    int64_t seeds;       /**< random starts that saw it (branches: 0) */
} spn_answer_phase;
extern const spn_columns spn_answer_phase_columns;

/** "2 modes", "1 mode", "trivial", "constant", "unlabelled"; with a letter where several phases are called so:
 *  "2 modes (b)". At most size - 1 bytes; returns buffer. */
const char *spn_answer_phase_name(const spn_answer_phase *phase, char *buffer, size_t size);

/** One of the places at which a transition shows. All NaN, 0: it was not seen. */
typedef struct spn_answer_place {
    double beta; /**< as most random starts saw it; of several that of the phase's last end */
    double beta_low, beta_high; /**< over all of them, with their intervals */
    int64_t seeds;              /**< random starts that saw it */
} spn_answer_place;

/** A transition. 8-byte fields only. */
typedef struct spn_answer_entry {
    int64_t run;
    int64_t entry;  /**< its number in the run, from 0: where it stands in the answer */
    int64_t change; /**< spn_change */
    int64_t below,
        above; /**< numbers of the phases on its side of smaller and of larger beta; -1: not known */
    double order;                /**< 1 or 2; NaN: undecided */
    spn_answer_place up;         /**< the phase below ends when beta rises: there one jumps */
    spn_answer_place equal;      /**< both have equal L: the Maxwell point */
    spn_answer_place down;       /**< the phase above ends when beta falls: there one jumps back */
    spn_answer_place continuous; /**< second order: the one place there is */
    spn_answer_place undecided;  /**< something was seen whose order is not known */
    /** States on both sides, of the phase below and of the one above: read at the place where |theta|^2 changes most, at
     *  these beta (of a spinodal and of a continuous transition the two ends of its interval). */
    spn_side before, after;
    int64_t read; /**< spn_transition_kind of that place */
    double beta_before, beta_after;
    double jump;      /**< that change of |theta|^2 */
    double share;     /**< of the larger |theta|^2; 0 for second order, which has no jump */
    int64_t seeds;    /**< random starts that saw any of it */
    int64_t evidence; /**< spn_evidence: what the order rests on, of the place that shows it best */
} spn_answer_entry;
extern const spn_columns spn_answer_entry_columns;

/** Where it is, for ordering: of the places that there are the first of up, continuous, equal, down, undecided. */
double spn_answer_entry_beta(const spn_answer_entry *entry);

/** The answer of one run. Points into the transitions that it is of. */
typedef struct spn_answer {
    int64_t run;
    double beta_from, beta_to; /**< of its points (one branch: of its special points, too) */
    bool is_one_branch;        /**< which phase is the best is not known anywhere */
    int64_t seeds;             /**< random starts in all (branches: 0) */
    int64_t went_up,
        went_down; /**< 1: phases were followed this way, so that their ends this way would show */
    int64_t phase_count;
    const spn_answer_phase *phases;
    /** The `accuracy_count` that change what is computed first, by beta; then the others, the largest share first. */
    int64_t entry_count, accuracy_count;
    const spn_answer_entry *entries;
    spn_transition_notes notes; /**< of this run alone; runs: 1 */
    int64_t undecided;          /**< rows of the table of transitions without an order */
} spn_answer;

/** The answer of run `run`, from 0; valid until the next addition. SPN_ERROR_ARGUMENT: there is no such run. */
spn_status spn_transitions_answer(spn_context *context, const spn_transitions *transitions,
                                  int64_t run, spn_answer *out);

#ifdef __cplusplus
}
#endif

#endif
