/* SPDX-License-Identifier: MIT */
/* Which eigenvalues of M cross zero between two neighbouring places. They are followed by their eigenvectors:
 * sorted by size they would seem to turn back where two cross in opposite ways. A vector of a degenerate
 * eigenvalue is spread over several at the other place, so signs are averaged with the overlaps. */
#include "base/invariant.h"
#include "continuation/continuation.h"

#include <math.h>

/* The `count` eigenvalues with the smallest |lambda|, by position. */
static void find_softest(const spni_place *place, int64_t n, int64_t count, int64_t *positions)
{
    int64_t high = place->index, low = high - 1;
    for (int64_t k = 0; k < count; k++) {
        bool takes_low =
            high >= n || (low >= 0 && fabs(place->values[low]) < fabs(place->values[high]));
        positions[k] = takes_low ? low-- : high++;
    }
}

/* How many are looked at: as many as have certainly crossed, and a dozen more. */
static int64_t count_softest(int64_t n, const spni_place *a, const spni_place *b)
{
    enum { MORE = 12 };
    int64_t crossed = a->index > b->index ? a->index - b->index : b->index - a->index;
    int64_t count = crossed > 1 ? crossed + MORE : MORE;
    count = count < SPNI_TURNED_MOST ? count : SPNI_TURNED_MOST;
    return count < n ? count : n;
}

/* The sign of `vector`'s eigenvalue at the other place, averaged over what it has become; 0 where half of it
 * or more is not found again. */
static int sign_at(int64_t n, const double *vector, const spni_place *other,
                   const int64_t *positions, int64_t count)
{
    double mean = 0;
    for (int64_t j = 0; j < count; j++) {
        double overlap = spn_dot(n, vector, other->vectors + positions[j] * n);
        mean += overlap * overlap * (positions[j] < other->index ? -1 : 1);
    }
    return mean > 0.5 ? 1 : mean < -0.5 ? -1 : 0;
}

static void add(spni_turned *set, int64_t position)
{
    if (set->count < SPNI_TURNED_MOST) {
        set->positions[set->count++] = position;
    }
}

void spni_find_turned(int64_t n, const spni_place *a, const spni_place *b, spni_turned *fall,
                      spni_turned *rise)
{
    int64_t of_a[SPNI_TURNED_MOST], of_b[SPNI_TURNED_MOST];
    int64_t count = count_softest(n, a, b);
    find_softest(a, n, count, of_a);
    find_softest(b, n, count, of_b);
    *fall = *rise = (spni_turned){.count = 0};
    for (int64_t i = 0; i < count; i++) {
        int after = sign_at(n, a->vectors + of_a[i] * n, b, of_b, count);
        if (of_a[i] >= a->index && after < 0) {
            add(fall, of_a[i]);
        } else if (of_a[i] < a->index && after > 0) {
            add(rise, of_a[i]);
        }
    }
    if (fall->count - rise->count == b->index - a->index) {
        return;
    }
    /* Not all were found again: those that the order by size says. */
    *fall = *rise = (spni_turned){.count = 0};
    for (int64_t k = a->index; k < b->index; k++) {
        add(fall, k);
    }
    for (int64_t k = b->index; k < a->index; k++) {
        add(rise, k);
    }
    SPNI_INVARIANT(fall->count - rise->count == b->index - a->index ||
                   fall->count + rise->count == SPNI_TURNED_MOST);
}

double spni_turned_mean(int64_t n, const spni_place *a, const spni_turned *set,
                        const spni_place *place)
{
    int64_t taken[SPNI_TURNED_MOST];
    double sum = 0;
    for (int64_t k = 0; k < set->count; k++) {
        double most = -1;
        for (int64_t j = 0; j < n; j++) {
            double weight = 0;
            bool is_taken = false;
            for (int64_t m = 0; m < k; m++) {
                is_taken = is_taken || taken[m] == j;
            }
            for (int64_t m = 0; !is_taken && m < set->count; m++) {
                double overlap =
                    spn_dot(n, a->vectors + set->positions[m] * n, place->vectors + j * n);
                weight += overlap * overlap;
            }
            if (!is_taken && weight > most) {
                most = weight;
                taken[k] = j;
            }
        }
        sum += place->values[taken[k]];
    }
    return set->count > 0 ? sum / (double)set->count : 0;
}
