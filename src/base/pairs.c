/* SPDX-License-Identifier: MIT */
#include <spinodal/base/pairs.h>
#include <stddef.h>

void spn_pairs_begin(spn_pairs *pairs, int64_t first, int64_t numbers)
{
    pairs->numbers = numbers;
    pairs->next = first;
    pairs->count = 0;
}

/* The last two nodes become one. */
static void add_last(spn_pairs *pairs)
{
    const double *restrict right = pairs->node[pairs->count - 1];
    double *restrict left = pairs->node[pairs->count - 2];
    for (int64_t p = 0; p < pairs->numbers; p++) {
        left[p] += right[p];
    }
    pairs->count--;
}

void spn_pairs_add(spn_pairs *pairs, int64_t level, double *row)
{
    int64_t begin = pairs->next;
    pairs->level[pairs->count] = level;
    pairs->node[pairs->count++] = row;
    pairs->next += (int64_t)1 << level;
    /* A right node, whose left one is here. */
    while (pairs->count > 1 && (begin >> level & 1) != 0 &&
           pairs->level[pairs->count - 2] == level) {
        add_last(pairs);
        begin -= (int64_t)1 << level++;
        pairs->level[pairs->count - 1] = level;
    }
}

double *spn_pairs_total(spn_pairs *pairs)
{
    while (pairs->count > 1) {
        add_last(pairs);
    }
    return pairs->count > 0 ? pairs->node[0] : NULL;
}

int64_t spn_pairs_level(int64_t begin, int64_t end)
{
    int64_t level = 0;
    while ((begin >> level & 1) == 0 && begin + ((int64_t)2 << level) <= end) {
        level++;
    }
    return level;
}

int64_t spn_pairs_nodes(int64_t begin, int64_t end)
{
    int64_t nodes = 0;
    for (; begin < end; nodes++) {
        begin += (int64_t)1 << spn_pairs_level(begin, end);
    }
    return nodes;
}
