/* SPDX-License-Identifier: MIT */
/** @file pairs.h  Sums of rows of numbers in pairs: their bits do not depend on who adds up what.
 *
 *  Terms 0, 1, 2, ... are the leaves of a tree. Node j of level k is the sum of terms [j 2^k, (j + 1) 2^k): that of nodes 2 j and
 *  2 j + 1 of the level below, the left one plus the right one. The nodes that are left of n terms, one for each 1 in the binary
 *  digits of n, are added up from the last to the first. So whoever has terms [begin, end) can make of them the nodes that lie
 *  there, at most 2 log2(end - begin) + 1, and hand on these instead of the terms. The error of rounding grows as log n instead of n
 *  (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., 4.2). */
#ifndef SPINODAL_BASE_PAIRS_H
#define SPINODAL_BASE_PAIRS_H

#include <stdint.h>

/** Nodes that wait at a time, of any number of terms. */
enum { SPN_PAIRS_MOST = 128 };

/** A sum in work. Rows belong to the caller; sums are made in them. */
typedef struct spn_pairs {
    int64_t numbers; /**< of a row */
    int64_t next;    /**< number of the term that comes next */
    int64_t count;   /**< nodes that wait, from left to right */
    int64_t level[SPN_PAIRS_MOST];
    double *node[SPN_PAIRS_MOST]; /**< `numbers` each */
} spn_pairs;

/** No term yet; the first to come is number `first`. */
void spn_pairs_begin(spn_pairs *pairs, int64_t first, int64_t numbers);

/** The next node, of 2^level terms; 0: a term. It must not reach over an end of a larger node that was added before. What becomes
 *  complete by it is added up in the leftmost row that it is made of; other rows are free again. O(numbers) a sum, amortised. */
void spn_pairs_add(spn_pairs *pairs, int64_t level, double *row);

/** All that waits as one row, which is one of them; NULL where nothing does. The sum is at its end then. */
double *spn_pairs_total(spn_pairs *pairs);

/** The level of the largest node that begins with term `begin` and ends by `end` > begin. Nodes of terms [begin, end) follow each
 *  other so: what a sum that began with `begin` has waiting when `end` comes next. */
int64_t spn_pairs_level(int64_t begin, int64_t end);
/** How many these are. */
int64_t spn_pairs_nodes(int64_t begin, int64_t end);

#endif
