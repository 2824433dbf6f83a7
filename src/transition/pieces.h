/* SPDX-License-Identifier: MIT */
/** @file pieces.h  Polynomial pieces: least squares point by point; private to room `transition`. */
#ifndef SPINODAL_SRC_TRANSITION_PIECES_H
#define SPINODAL_SRC_TRANSITION_PIECES_H

#include <spinodal/transition.h>

enum {
    SPNI_DEGREE_MAX = 3, /* of a piece */
    SPNI_PIECE_TERMS = SPNI_DEGREE_MAX + 1,
    SPNI_SMOOTH_TERMS = 21, /* of a smooth curve to compare two pieces with, at most */
    SPNI_PLACES = 8,        /* between two points, where two pieces may meet */
};

/** A least-squares fit that grows by single points (Givens rotations): R c = z, rss what is left. */
typedef struct spni_fit {
    int64_t terms, points;
    double r[SPNI_PIECE_TERMS][SPNI_PIECE_TERMS], z[SPNI_PIECE_TERMS], rss;
} spni_fit;

/** Chebyshev polynomials T_0 .. T_(terms-1) at u in [-1, 1]. */
void spni_basis(int64_t terms, double u, double *row);
void spni_fit_start(spni_fit *fit, int64_t terms);
/** A point whose noise has the standard deviation 1/weight. */
void spni_fit_add(spni_fit *fit, const double *row, double y, double weight);

/** Cut x (ascending, in [-1, 1]) into pieces of polynomials of one degree from 1 to 3, so that
 *
 *      rss + sum over pieces of (degree + 1) ln(points in it) + 2 ln(n) per cut
 *
 *  with rss = sum of ((y - piece) weight)^2
 *  is least: optimal partitioning (Jackson and others, IEEE Signal Proc. Lett. 12, 105, 2005) under the modified BIC
 *  of Zhang and Siegmund (Biometrics 63, 22, 2007), whose 3 ln n + sum ln(l/n) this is for degree 0. The
 *  degree is the one of the least total. cuts: room for n; cuts[k] is the first point of a piece, without
 *  the first. Pieces have at least degree + 3 points. O(n^2). */
spn_status spni_partition(spn_context *context, int64_t n, const double *x, const double *y,
                          const double *weight, int64_t *degree, int64_t *count, int64_t *cuts);

/** Standard deviation of the noise around each of n >= 3 points: 1.4826 times the median absolute pseudo-residual
 *  (spn_pseudo_residual()) of the SPNI_NEIGHBOURS next to it, averaged over half as many points. Robust against
 *  outliers and jumps. At least half the smallest step between two values, so that counts, which do not scatter where
 *  they are at their bound, have one; a twentieth of the mean; and the rounding of the largest |y|. All zero: there is
 *  no noise and nothing but zeros. work: 2 n numbers. O(n m log m), m the neighbours. */
void spni_local_noise(int64_t n, const double *x, const double *y, double *noise, double *work);
/** y without outliers: a value farther than SPNI_OUTLIER noises from all that its neighbours let expect (the medians of
 *  three on the left and on the right, their middle, the line between the next ones) is moved to that distance. A point
 *  beside a jump agrees with one of its sides and stays. */
void spni_tame(int64_t n, const double *x, const double *y, const double *noise, double *tame);
enum { SPNI_NEIGHBOURS = 31, SPNI_OUTLIER = 4 };

/** How two pieces are joined at a place: not at all, equal values, or equal slopes as well. */
typedef enum spni_joint { SPNI_APART, SPNI_MEETING, SPNI_SMOOTH } spni_joint;

/** Two pieces against one smooth curve, in a window. rss are sums of weighted squares. */
typedef struct spni_window {
    int64_t points, degree;
    const double *u;      /**< the coordinate, in [-1, 1], ascending */
    const double *weight; /**< 1 / standard deviation of the noise */
    int64_t smooth_terms;
    double *
        smooth; /**< smooth_terms x points: weighted polynomials, orthonormal on the points, by degree */
    double *rest;           /**< points: workspace */
    spni_fit *left, *right; /**< points + 1 each: fits of the points before, and from, each cut */
} spni_window;

/** Best fits of y in the window. */
typedef struct spni_duel {
    double smooth; /**< rss of the smooth curve */
    int64_t
        smooth_terms; /**< of it: a polynomial, or two pieces that go smoothly over into each other, which have
                               2 degree + 1; that of the least rss / unit + 2 terms (Akaike) */
    int64_t smooth_cut;  /**< pieces: before this point; 0: a polynomial */
    double smooth_place; /**< pieces: where */
    double pieces;       /**< rss of two pieces at their best cut */
    double unit;         /**< that, per degree of freedom */
    int64_t cut;         /**< that cut: first point of the right piece; 0: none is possible */
    double continuous;   /**< rss of two pieces that meet, at their best place */
    int64_t meeting_cut; /**< where that is: before this point */
    double meeting;      /**< and its coordinate */
} spni_duel;

/** Make the orthonormal polynomials: up to SPNI_SMOOTH_TERMS, at most a quarter of the points, at least as many
 *  as two pieces and their cut have parameters. */
void spni_window_prepare(spni_window *window);
/** joints: the sum of 1 << SPNI_MEETING and 1 << SPNI_SMOOTH as far as these are wanted; most of the cost is theirs, O(points)
 *  places each. What is not wanted is infinite (`continuous`), or only a polynomial (`smooth`). */
void spni_window_fit(const spni_window *window, const double *y, unsigned joints, spni_duel *out);
/** After it: rss of two pieces at a cut, joined at u, u[cut-1] <= u <= u[cut] (APART: anywhere); infinite where
 *  pieces are too short. */
double spni_window_joined(const spni_window *window, int64_t cut, double u, spni_joint joint);
/** Values of the fits at the window's points, after spni_window_fit(): the smooth curve, two pieces. */
void spni_window_smooth_values(const spni_window *window, const double *y, const spni_duel *duel,
                               double *values);
void spni_window_joined_values(const spni_window *window, int64_t cut, double u, spni_joint joint,
                               double *values);
/** Right minus left at u, of value and of slope in u, for two pieces at a cut. */
void spni_window_steps(const spni_window *window, int64_t cut, double u, double *value,
                       double *slope);

#endif
