/* SPDX-License-Identifier: MIT */
/* The order of a transition, from the evidence. */
#include "transition/transition.h"

#include <math.h>
#include <stdio.h>

static const char *const evidence_texts[] = {
    "the critical eigenvalue vanishes like the root of the distance: a fold",
    "|theta|^2 jumps where an eigenvalue vanishes linearly: no stable branch leaves the point",
    "|theta|^2 jumps",
    "two phases have equal L",
    "|theta|^2 is continuous and the critical eigenvalue vanishes linearly",
    "|theta|^2 is continuous and the susceptibility is not",
    "a stable branch leaves the branch point at which the phase loses stability",
    "undecided: the interval in beta is too wide to tell a jump from a steep change",
    "undecided: the jump of |theta|^2 and the exponent of the eigenvalue contradict each other",
    ("undecided: two phases have equal L, and within the error of beta perhaps equal |theta|^2: "
     "they cross or touch"),
};

const char *spn_evidence_text(int64_t evidence)
{
    const int64_t count = sizeof evidence_texts / sizeof *evidence_texts;
    return evidence >= 0 && evidence < count ? evidence_texts[evidence] : NULL;
}

const char *spn_side_label(const spn_side *side, char *buffer, size_t size)
{
    char merged[32] = "", dead[32] = "";
    if (side->active_modes < 0) {
        snprintf(buffer, size, "unlabelled");
        return buffer;
    }
    if (spn_is_trivial(side->active_modes, side->dead_units)) {
        snprintf(buffer, size, "trivial");
        return buffer;
    }
    if (side->merged_units > 0) {
        snprintf(merged, sizeof merged, ", %lld merged", (long long)side->merged_units);
    }
    if (side->dead_units > 0) {
        snprintf(dead, sizeof dead, ", %lld dead", (long long)side->dead_units);
    }
    if (side->active_modes == 0) {
        snprintf(buffer, size, "constant%s%s", merged, dead);
    } else {
        snprintf(buffer, size, "%lld mode%s%s%s", (long long)side->active_modes,
                 side->active_modes == 1 ? "" : "s", merged, dead);
    }
    return buffer;
}

const spni_ranges spni_no_range = {(double)INFINITY, -(double)INFINITY, (double)INFINITY,
                                   -(double)INFINITY};

void spni_widen_ranges(spni_ranges *ranges, const spn_state *state)
{
    /* fmin, fmax: NaN does not count */
    ranges->error_low = fmin(ranges->error_low, state->error);
    ranges->error_high = fmax(ranges->error_high, state->error);
    ranges->accuracy_low = fmin(ranges->accuracy_low, state->accuracy);
    ranges->accuracy_high = fmax(ranges->accuracy_high, state->accuracy);
}

static double share_of(double change, double low, double high)
{
    return high > low && isfinite(change) ? fabs(change) / (high - low) : 0;
}

double spni_change_share(const spn_side *before, const spn_side *after, const spni_ranges *ranges)
{
    return fmax(
        share_of(after->error - before->error, ranges->error_low, ranges->error_high),
        share_of(after->accuracy - before->accuracy, ranges->accuracy_low, ranges->accuracy_high));
}

/* A jump of E, or of the share of right classes, by more than SPN_ACTIVE_SHARE of its range over the run changes what the
 * network computes, whatever the number of directions: with one output that is 1 as long as anything is learned. Losing a
 * mode that counts as active, s > SPN_ACTIVE_SHARE sigma, costs more. A single sample that changes its class where hidden
 * units merge is no change of what is learned. */
bool spni_computes_else(double share)
{
    const double rounding =
        1e-9; /* accuracies are ratios of integers: a sample of 25 is 5 % of a range of 0.8 */
    return share > SPN_ACTIVE_SHARE * (1 + rounding);
}

int64_t spni_change(const spn_transition *row, const spni_ranges *ranges)
{
    const spn_side *before = &row->before, *after = &row->after;
    if (before->active_modes < 0 || after->active_modes < 0) {
        return SPN_CHANGE_OTHER;
    }
    bool jumps = row->order != 2 && spni_computes_else(spni_change_share(before, after, ranges));
    if (before->active_modes != after->active_modes || jumps) {
        return SPN_CHANGE_ACCURACY;
    }
    bool is_same =
        before->merged_units == after->merged_units && before->dead_units == after->dead_units;
    return is_same ? SPN_CHANGE_OTHER : SPN_CHANGE_SYMMETRY;
}

bool spni_same_label(const spn_side *a, const spn_side *b)
{
    return a->active_modes == b->active_modes &&
           (a->active_modes < 0 ||
            (a->merged_units == b->merged_units && a->dead_units == b->dead_units));
}

void spni_measure_jump(spn_transition *row, double width)
{
    double before = row->before.norm * row->before.norm;
    double after = row->after.norm * row->after.norm;
    double chi_before = row->before.susceptibility, chi_after = row->after.susceptibility;
    row->jump = row->jump_high = fabs(before - after);
    /* both phases move towards each other between their points and the end; no chi, no bound */
    row->jump_low = row->jump - (2 * fabs(chi_before) + fabs(chi_after)) * width;
    row->jump_low = isnan(row->jump_low) ? -(double)INFINITY : row->jump_low;
}

double spni_larger_square(double norm, double other)
{
    return fmax(norm * norm, other * other);
}

typedef enum tail { TAIL_UNKNOWN, TAIL_ROOT, TAIL_LINEAR, TAIL_FLAT } tail;

/* How the critical eigenvalue ends: two decades are asked for, and an exponent within a tenth. */
static tail read_tail(const spn_exponent *exponent)
{
    const double tolerance = 0.1;
    if (exponent->points == 0 || exponent->decades < 2 || !(exponent->error <= tolerance)) {
        return TAIL_UNKNOWN;
    }
    if (fabs(exponent->value - 0.5) <= tolerance) {
        return TAIL_ROOT;
    }
    if (fabs(exponent->value - 1) <= tolerance) {
        return TAIL_LINEAR;
    }
    return fabs(exponent->value) <= tolerance ? TAIL_FLAT : TAIL_UNKNOWN;
}

/* Does the susceptibility change by more than it could smoothly within a narrow interval? */
typedef enum kink { KINK_UNKNOWN, KINK_YES, KINK_NO } kink;

static kink find_kink(const spn_transition *row)
{
    double before = row->before.susceptibility, after = row->after.susceptibility;
    double change = fabs(before - after) / fmax(fabs(before), fabs(after));
    bool is_narrow = row->beta_high - row->beta_low <= 1e-4 * fabs(row->beta);
    if (before == after && is_narrow) {
        return KINK_NO;
    }
    if (!isfinite(change) || !is_narrow) {
        return KINK_UNKNOWN;
    }
    return change > 1e-3 ? KINK_YES : KINK_NO;
}

static spn_evidence judge(const spn_transition *row, int64_t survives, double scale,
                          bool *is_transition)
{
    /* refinement knows the slopes at its points; a grid's jump must show against them by itself */
    double least = (survives == 1 ? 1e-8 : 1e-6) * scale;
    bool jumps = row->jump_low > least && survives != 0;
    bool is_continuous = !jumps && (survives == 0 || row->jump_high <= 1e-3 * scale);
    bool disagrees = survives == 0 && row->jump_low > 1e-3 * scale;
    tail end = read_tail(&row->eigenvalue);
    *is_transition = true;
    if (disagrees || (jumps && end == TAIL_FLAT) || (is_continuous && end == TAIL_ROOT)) {
        return SPN_EVIDENCE_CONFLICT;
    }
    if (jumps) {
        return end == TAIL_ROOT     ? SPN_EVIDENCE_FOLD
               : end == TAIL_LINEAR ? SPN_EVIDENCE_BRANCH_POINT
                                    : SPN_EVIDENCE_JUMP;
    }
    if (is_continuous && end == TAIL_LINEAR) {
        return SPN_EVIDENCE_CONTINUOUS;
    }
    if (is_continuous && find_kink(row) == KINK_YES) {
        return SPN_EVIDENCE_KINK;
    }
    *is_transition =
        !(is_continuous && end != TAIL_ROOT && (end == TAIL_FLAT || find_kink(row) == KINK_NO));
    return end == TAIL_ROOT ? SPN_EVIDENCE_FOLD : SPN_EVIDENCE_UNRESOLVED;
}

bool spni_judge(spn_transition *row, spn_transition_kind first_kind, int64_t survives, double scale)
{
    bool is_transition = true;
    row->evidence = judge(row, survives, scale, &is_transition);
    row->order = (double)NAN;
    row->kind = SPN_TRANSITION_UNDECIDED;
    if (row->evidence <= SPN_EVIDENCE_CROSSING) {
        row->order = 1;
        row->kind = first_kind;
    } else if (row->evidence <= SPN_EVIDENCE_EXCHANGE) {
        row->order = 2;
        row->kind = SPN_TRANSITION_CONTINUOUS;
    }
    return is_transition;
}

void spni_judge_crossing(spn_transition *row)
{
    /* |theta|^2 of two minima that are one differ by what solvers leave */
    bool differs = row->jump_low > 1e-8 * spni_larger_square(row->before.norm, row->after.norm);
    row->order = differs ? 1 : (double)NAN;
    row->kind = differs ? SPN_TRANSITION_MAXWELL : SPN_TRANSITION_UNDECIDED;
    row->evidence = differs ? SPN_EVIDENCE_CROSSING : SPN_EVIDENCE_TOUCH;
}
