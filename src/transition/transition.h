/* SPDX-License-Identifier: MIT */
/** @file transition.h  Shared between the files of room `transition`; private to it. */
#ifndef SPINODAL_SRC_TRANSITION_TRANSITION_H
#define SPINODAL_SRC_TRANSITION_TRANSITION_H

#include <spinodal/transition.h>

/** A growing array. Start with zeros; release `items`. */
typedef struct spni_sequence {
    void *items;
    int64_t count, capacity;
} spni_sequence;
/** Append a copy of `item`, `size` bytes. */
spn_status spni_sequence_add(spn_context *context, spni_sequence *list, const void *item,
                             size_t size);

/** A transition as one chain or phase shows it: a row before rows are merged. */
typedef struct spni_finding {
    spn_transition row;
    int64_t seed;       /* -1: not from a seed */
    int64_t ticket;     /* of the row it was merged into */
    int64_t occurrence; /* how many rows of the same kind and labels its seed has at smaller beta */
    bool is_repeated;   /* another chain of the seed showed the row before */
} spni_finding;

/** Smallest and largest E and accuracy of classes in a run: what changes are compared with. */
typedef struct spni_ranges {
    double error_low, error_high, accuracy_low, accuracy_high;
} spni_ranges;
extern const spni_ranges spni_no_range;

/** Between which strands of its run a loop lies. */
typedef struct spni_loop_strands {
    int64_t below, above;
} spni_loop_strands;

struct spn_transitions {
    spni_sequence rows, crossings; /* spn_transition */
    spni_sequence row_tickets;     /* int64_t: the ticket of each row */
    spni_sequence findings;        /* spni_finding, of all runs: what groups are made of */
    spni_sequence hysteresis, stuck, groups;
    spni_sequence loop_strands; /* spni_loop_strands of each row of hysteresis */
    spni_sequence seeds;        /* int64_t: random starts of each run */
    int64_t tickets;            /* given out */
    spni_ranges ranges;         /* of the run in work */
    spni_sequence answers, answer_phases, answer_entries; /* of all runs; see answer.h */
    spn_transition_notes notes;
};

/** Decide order and evidence from the jump, its interval and the exponent; kind, for jumps that are decided, is
 *  first_kind or continuous. `survives`: 1 or 0, what refinement says; -1: unknown. scale: |theta|^2 of the phases around, not
 *  only here, where it may be about to vanish. Returns false when the row shows a change of labels and no
 *  transition. */
bool spni_judge(spn_transition *row, spn_transition_kind first_kind, int64_t survives,
                double scale);
/** The same for two phases with equal L: of first order where their |theta|^2 differ whatever beta is in its interval. */
void spni_judge_crossing(spn_transition *row);
/** The larger of two |theta|^2. */
double spni_larger_square(double norm, double other);

/** |theta|^2 before and after as jump, with its interval for an interval of beta of `width`: a phase that
 *  ends like d^a, a >= 1/2, changes |theta|^2 over a distance d to its end by chi d / a <= 2 chi d. */
void spni_measure_jump(spn_transition *row, double width);

/** Widen ranges that began as nothing (spni_no_range) by a state. */
void spni_widen_ranges(spni_ranges *ranges, const spn_state *state);
/** Share of its range over the run by which E changes, or the accuracy of classes where that is more. */
double spni_change_share(const spn_side *before, const spn_side *after, const spni_ranges *ranges);
/** Is such a share a change of what the network computes? More than SPN_ACTIVE_SHARE, beyond rounding. */
bool spni_computes_else(double share);
/** What a row changes (spn_change), of a run with these ranges. */
int64_t spni_change(const spn_transition *row, const spni_ranges *ranges);
bool spni_same_label(const spn_side *a, const spn_side *b);

/** Merge the findings from `first` on, all of one run, into rows and sort them. */
spn_status spni_merge(spn_context *context, spn_transitions *transitions, int64_t first);

/* ---- Phases as functions of beta -------------------------------------------------------------- */

/** How far what a solver found may be from the stationary point that is there. With the Newton decrement d = sqrt(g' H^+ g):
 *  loss, d^2 / 2; order, of |theta|^2: |2 theta' H^+ g| <= sqrt(4 theta' H^+ theta) d = sqrt(chi) d (Cauchy and Schwarz in
 *  the norm of H; T10); rounding, of L: what rounding in the outputs, of which E is a mean square, leaves of the gradient is
 *  2 sqrt(E) d of it. */
typedef struct spni_blur {
    double loss, order, rounding;
} spni_blur;
spni_blur spni_blur_of(const spn_state *state);

/** A point of a phase. */
typedef struct spni_strand_node {
    double beta;
    spn_side side;
    spni_blur blur;
} spni_strand_node;

/** A phase as far as it was seen: points ascending in beta, interpolated between. */
typedef struct spni_strand {
    spni_sequence nodes; /* spni_strand_node */
    spni_sequence seeds; /* int64_t: random starts that saw it */
    bool ends_low,
        ends_high; /* a transition ends it there; otherwise it was not followed further */
} spni_strand;

const spni_strand_node *spni_strand_nodes(const spni_strand *strand, int64_t *count);
double spni_strand_low(const spni_strand *strand);
double spni_strand_high(const spni_strand *strand);

/** What is compared of a state. */
spn_side spni_side_of(const spn_state *state, double eigenvalue);

/** Put a state where its beta belongs. `blur`: NULL where it is not known, which means 0. */
spn_status spni_strand_add(spn_context *context, spni_strand *strand, double beta,
                           const spn_side *side, const spni_blur *blur);

/** The state at beta inside the strand's range. L by Hermite's rule: cubic with |theta|^2, quintic with chi as
 *  well where chi changes by less than a factor 4 from point to point; elsewhere with |theta|^2 like the
 *  root of the distance to the point of larger chi. *error (may be NULL): the difference of the cubic and the
 *  quintic, what the root law misses at the other point, or, without chi, the gap between chord and
 *  tangents, between which L lies because it is concave (T9); and the blur of L at the points around. Labels from the
 *  nearer point. */
spn_side spni_strand_at(const spni_strand *strand, double beta, double *error);

/** The larger blur of the points around beta. */
spni_blur spni_strand_blur(const spni_strand *strand, double beta);

/** Integral of |theta|^2 over beta from low to high, inside the strand's range: Hermite's rule with chi, or the root
 *  law. */
double spni_strand_integral(const spni_strand *strand, double low, double high);

/** Are two strands the same phase? They are when L and |theta|^2 agree, within the blur of both, at every beta that both
 *  have as a point; where there is none, when they overlap, bear the same labels and agree as interpolated. */
bool spni_strand_same(const spni_strand *a, const spni_strand *b);
spn_status spni_strand_merge(spn_context *context, spni_strand *into, const spni_strand *from);
void spni_strand_free(spn_context *context, spni_strand *strand);

/** Maxwell points of a run's distinct phases; the run's findings start at `first`. Adds findings and crossings. */
spn_status spni_cross_phases(spn_context *context, spn_transitions *transitions, int64_t run,
                             int64_t first, int64_t count, const spni_strand *strands);
/** Hysteresis: pairs of phases of which one leads into the other upwards. After all findings. */
spn_status spni_loop_phases(spn_context *context, spn_transitions *transitions, int64_t run,
                            int64_t first, int64_t count, const spni_strand *strands);

/** Do two stationary points of a chain, one behind the other, differ in the number of active modes? Where nothing was refined a continuous
 *  transition shows in that alone. */
bool spni_changes_modes(const spn_sweep_record *a, const spn_sweep_record *b);

#endif
