/* SPDX-License-Identifier: MIT */
/* Sums in pairs: the tree that the header describes, written down as a recursion, whoever makes which nodes. */
#include "support.h"

#include <float.h>
#include <math.h>
#include <spinodal/base/pairs.h>

enum { NUMBERS = 3, TERMS_MAX = 70, RANKS_MAX = 5 };

/* Numbers of very different sizes: another order of additions has other bits. */
static void fill(int64_t terms, double rows[][NUMBERS])
{
    for (int64_t i = 0; i < terms; i++) {
        for (int64_t p = 0; p < NUMBERS; p++) {
            rows[i][p] = sin(1.7 * (double)(i * NUMBERS + p)) * pow(10.0, (double)(i % 7) - 3.0);
        }
    }
}

/* Number p of node [begin, begin + 2^level). */
static double node(double rows[][NUMBERS], int64_t p, int64_t begin, int64_t level)
{
    const int64_t half = level > 0 ? (int64_t)1 << (level - 1) : 0;
    return level == 0 ? rows[begin][p]
                      : node(rows, p, begin, level - 1) + node(rows, p, begin + half, level - 1);
}

/* The nodes of the binary digits of `terms`, from the last to the first. */
static double sum_of(double rows[][NUMBERS], int64_t p, int64_t terms)
{
    int64_t level = 0, begin = terms;
    double sum = 0.0;
    bool has_any = false;
    for (; terms >> level > 0; level++) {
        if ((terms >> level & 1) != 0) {
            begin -= (int64_t)1 << level;
            const double next = node(rows, p, begin, level);
            sum = has_any ? next + sum : next;
            has_any = true;
        }
    }
    return sum;
}

static void test_terms_one_by_one(void **state)
{
    (void)state;
    double rows[TERMS_MAX][NUMBERS], expected[NUMBERS];
    int64_t differ = 0;
    for (int64_t terms = 1; terms <= TERMS_MAX; terms++) {
        spn_pairs pairs;
        double in_order = 0.0;
        fill(terms, rows);
        for (int64_t i = 0; i < terms; i++) {
            in_order += rows[i][0];
        }
        for (int64_t p = 0; p < NUMBERS; p++) {
            expected[p] = sum_of(rows, p, terms);
        }
        spn_pairs_begin(&pairs, 0, NUMBERS);
        for (int64_t i = 0; i < terms; i++) {
            spn_pairs_add(&pairs, 0, rows[i]);
            assert_int_equal(pairs.count, __builtin_popcountll((unsigned long long)i + 1));
        }
        assert_memory_equal(spn_pairs_total(&pairs), expected, sizeof expected);
        differ += in_order != expected[0] ? 1 : 0;
    }
    assert_true(differ > TERMS_MAX / 4); /* the numbers tell orders apart */
}

static void test_no_terms(void **state)
{
    (void)state;
    spn_pairs pairs;
    spn_pairs_begin(&pairs, 0, NUMBERS);
    assert_null(spn_pairs_total(&pairs));
    assert_int_equal(spn_pairs_nodes(5, 5), 0);
}

/* Each of some ranks makes the nodes of its stretch in its own rows; put together they are the sum of one. */
static void check_ranks(int64_t terms, const int64_t begin[], int64_t ranks)
{
    double all[TERMS_MAX][NUMBERS], rows[TERMS_MAX][NUMBERS], expected[NUMBERS];
    spn_pairs together;
    fill(terms, all);
    fill(terms, rows);
    for (int64_t p = 0; p < NUMBERS; p++) {
        expected[p] = sum_of(all, p, terms);
    }
    spn_pairs_begin(&together, 0, NUMBERS);
    for (int64_t r = 0; r < ranks; r++) {
        spn_pairs own;
        spn_pairs_begin(&own, begin[r], NUMBERS);
        for (int64_t i = begin[r]; i < begin[r + 1]; i++) {
            spn_pairs_add(&own, 0, rows[i]);
        }
        assert_int_equal(own.count, spn_pairs_nodes(begin[r], begin[r + 1]));
        const double length = (double)(begin[r + 1] - begin[r]);
        assert_true((double)own.count <= 2.0 * log2(fmax(length, 1.0)) + 1.0);
        for (int64_t i = 0; i < own.count; i++) {
            const int64_t level = spn_pairs_level(together.next, begin[r + 1]);
            assert_int_equal(level, own.level[i]);
            spn_pairs_add(&together, level, own.node[i]);
        }
        assert_int_equal(together.next, begin[r + 1]);
    }
    assert_memory_equal(spn_pairs_total(&together), expected, sizeof expected);
}

static void test_any_ranks(void **state)
{
    (void)state;
    int64_t begin[RANKS_MAX + 1];
    for (int64_t terms = 1; terms <= TERMS_MAX; terms++) {
        for (int64_t ranks = 1; ranks <= RANKS_MAX; ranks++) {
            for (int64_t r = 0; r <= ranks; r++) {
                begin[r] = (r * terms + ranks - 1) / ranks;
            }
            check_ranks(terms, begin, ranks);
        }
        /* One has nearly nothing, one nothing at all. */
        const int64_t uneven[] = {0, 1, 1, terms};
        check_ranks(terms, uneven, 3);
    }
}

/* Rounding grows as the depth of the tree: for 2^k equal terms t (1 + e), k roundings at most. Powers of two times t
 * are exact, so that the sum of 2^k terms is exact altogether, where a sum in order has lost digits. */
static void test_rounding_grows_with_the_depth(void **state)
{
    (void)state;
    enum { DEPTH = 16 };
    const int64_t terms = (int64_t)1 << DEPTH;
    double rows[DEPTH + 2] = {0.0}, in_order = 0.0;
    const double term = 0.1;
    spn_pairs pairs;
    spn_pairs_begin(&pairs, 0, 1);
    for (int64_t i = 0; i < terms; i++) {
        double *place = &rows[pairs.count];
        *place = term;
        in_order += term;
        spn_pairs_add(&pairs, 0, place);
    }
    assert_true(*spn_pairs_total(&pairs) == (double)terms * term);
    assert_true(fabs(in_order - (double)terms * term) > 100.0 * DBL_EPSILON * (double)terms * term);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terms_one_by_one),
        cmocka_unit_test(test_no_terms),
        cmocka_unit_test(test_any_ranks),
        cmocka_unit_test(test_rounding_grows_with_the_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
