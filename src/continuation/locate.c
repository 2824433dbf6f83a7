/* SPDX-License-Identifier: MIT */
/* Special points on an arc between two neighbouring places.
 *
 *   split the arc until what happens on it is one of
 *     one eigenvalue crosses zero and beta turns back        fold
 *     k eigenvalues cross zero, beta goes on                 branch point with a k-dimensional kernel
 *     beta turns back, no eigenvalue changes sign            vertex: the branch retraces a copy of itself
 *                                                            under a symmetry that another branch keeps
 *   and locate that by an augmented system or by the root of its test function along the arc.
 *
 * Several eigenvalues may only stay together when they vanish together, which a symmetry brings about. */
#include "continuation/continuation.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Arcs shorter than this, in lengths of the frame, are not split: what is on them happens at once. */
static const double ARC_LEAST = 1e-6;
/* |lambda| below this share of the largest belongs to the kernel at a located point. */
static const double KERNEL_SHARE = 1e-7;
enum { SPLITS_MOST = 60 };

static int64_t crossing_count(const spni_place *a, const spni_place *b)
{
    return a->index > b->index ? a->index - b->index : b->index - a->index;
}

static bool is_turned(const spni_place *a, const spni_place *b)
{
    return (a->beta_slope < 0) != (b->beta_slope < 0);
}

/* Do the eigenvalues that cross belong together: equal, as far as the arc can tell? */
static bool is_cluster(const spni_place *a, const spni_turned *set)
{
    double least = (double)INFINITY, most = -(double)INFINITY;
    for (int64_t k = 0; k < set->count; k++) {
        double value = a->values[set->positions[k]];
        least = fmin(least, value);
        most = fmax(most, value);
    }
    return most - least <= 1e-3 * fmax(fabs(most), fabs(least));
}

static spni_arc_kind classify(int64_t n, const spni_place *a, const spni_place *b, bool is_least)
{
    spni_turned fall, rise;
    int64_t count = crossing_count(a, b);
    if (is_turned(a, b)) {
        return count == 0               ? SPNI_ARC_VERTEX
               : count == 1 || is_least ? SPNI_ARC_FOLD
                                        : SPNI_ARC_TANGLED;
    }
    spni_find_turned(n, a, b, &fall, &rise);
    if (fall.count + rise.count == 0) {
        return SPNI_ARC_NOTHING;
    }
    return is_least || (is_cluster(a, &fall) && is_cluster(a, &rise)) ? SPNI_ARC_BRANCH_POINT
                                                                      : SPNI_ARC_TANGLED;
}

void spni_set_interval(const spni_frame *frame, spni_special *special, double beta, double half)
{
    half += 8 * DBL_EPSILON * fmax(fabs(beta), frame->beta_to - frame->beta_from);
    special->record.beta = beta;
    special->record.beta_low = beta - half;
    special->record.beta_high = beta + half;
}

static void finish(const spni_frame *frame, const spni_place *a, const spni_place *b,
                   spni_arc_kind what, spni_special *special)
{
    spn_special_record *record = &special->record;
    spni_place *place = &special->place;
    int64_t n = frame->n, count = crossing_count(a, b), size = 0;
    int64_t low = place->index - 1, high = place->index;
    count = count > 0 ? count : 1;
    for (; size < n; size++) {
        bool takes_low =
            high >= n || (low >= 0 && fabs(place->values[low]) < fabs(place->values[high]));
        int64_t next = takes_low ? low : high;
        if (size >= count && fabs(place->values[next]) > KERNEL_SHARE * place->largest) {
            break;
        }
        special->kernel[size] = next;
        low -= takes_low;
        high += !takes_low;
    }
    record->kernel = size;
    record->index_before = a->index;
    record->index_after = b->index;
    record->state = place->state;
    spn_state_relabel(&record->state, &a->state);
    record->state.accuracy = a->state.accuracy;
    special->is_vertex = what == SPNI_ARC_VERTEX;
    special->arc = spni_distance(frame, a, b);
}

/* Split the arc low .. high: its first half if something happens there, otherwise the second. Next to a point where the
 * Hessian is singular, which the middle may be, there is no solution to be had: elsewhere then. */
static spn_status split(spni_tracer *tracer, bool *is_split)
{
    static const double shares[] = {0.5, 0.38, 0.62, 0.2, 0.8, 0.05, 0.95};
    spn_status status = SPN_OK;
    *is_split = false;
    for (size_t i = 0; i < sizeof shares / sizeof *shares && !*is_split; i++) {
        SPN_TRY(spni_between(tracer, &tracer->low, &tracer->high, shares[i], NULL, 0, &tracer->mid,
                             is_split));
    }
    if (*is_split) {
        bool is_first = spni_is_event_between(&tracer->low, &tracer->mid);
        spni_place_swap(is_first ? &tracer->high : &tracer->low, &tracer->mid);
    }
done:
    return status;
}

static spn_status locate_on_arc(spni_tracer *tracer, spni_arc_kind what, spni_special *special,
                                bool *is_located)
{
    const spni_place *a = &tracer->low, *b = &tracer->high;
    *is_located = false;
    if (what == SPNI_ARC_FOLD) {
        return spni_locate_fold(tracer, a, b, special, is_located);
    }
    if (what == SPNI_ARC_VERTEX) {
        return spni_locate_vertex(tracer, a, b, special, is_located);
    }
    return spni_locate_root(tracer, a, b, special, is_located);
}

/* What can be bracketed only: the interval is the arc's. */
static spn_status accept_arc(spni_tracer *tracer, spni_arc_kind what, spni_special *special)
{
    const spni_place *a = &tracer->low, *b = &tracer->high;
    spn_special_record *record = &special->record;
    record->kind = what == SPNI_ARC_FOLD ? SPN_SPECIAL_FOLD : SPN_SPECIAL_BRANCH_POINT;
    record->beta = 0.5 * (a->beta + b->beta);
    record->beta_low = fmin(a->beta, b->beta);
    record->beta_high = fmax(a->beta, b->beta);
    record->coefficient = (double)NAN;
    if (what == SPNI_ARC_FOLD || what == SPNI_ARC_VERTEX) {
        record->coefficient =
            (b->beta_slope - a->beta_slope) / (2 * spni_distance(tracer->frame, a, b));
    }
    return spni_linearise(tracer->frame, a->theta, a->beta, NULL, &special->place);
}

spn_status spni_locate_next(spni_tracer *tracer, bool is_first, spni_special *special,
                            bool *is_found)
{
    spn_status status = SPN_OK;
    spni_frame *frame = tracer->frame;
    int64_t n = frame->n;
    *is_found = false;
    if (is_first) {
        spni_place_copy(n, &tracer->at, &tracer->low);
    } else {
        spni_place_swap(&tracer->low, &tracer->high);
    }
    spni_place_copy(n, &tracer->next, &tracer->high);
    if (!spni_is_event_between(&tracer->low, &tracer->high)) {
        goto done;
    }
    spni_arc_kind what = SPNI_ARC_NOTHING;
    for (int k = 0; k < SPLITS_MOST && !*is_found; k++) {
        bool is_least =
            spni_distance(frame, &tracer->low, &tracer->high) <= ARC_LEAST * frame->length;
        what = classify(n, &tracer->low, &tracer->high, is_least);
        bool is_split = false;
        if (what != SPNI_ARC_TANGLED) {
            SPN_TRY(locate_on_arc(tracer, what, special, is_found));
        }
        if (*is_found) {
            break;
        }
        SPN_TRY(is_least ? SPN_OK : split(tracer, &is_split));
        if (!is_split) {
            SPN_TRY(accept_arc(tracer, what, special));
            *is_found = true;
        }
    }
    if (*is_found) {
        finish(frame, &tracer->low, &tracer->high, what, special);
    }
done:
    return status;
}
