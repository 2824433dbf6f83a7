/* SPDX-License-Identifier: MIT */
/** @file theory.h  Room `theory`: closed forms of deep linear networks on whitened data (T11 to T16).
 *
 *  A linear network of `depth` weight matrices without biases, hidden widths at least the number of modes,
 *  decouples into modes with end-to-end strengths s_i and targets sigma_i, the singular values of
 *  (1/N) sum y x^T. E is the mean over samples of the squared error summed over outputs, L = E + beta
 *  |theta|^2. Numbers that do not exist are NaN. Common errors: SPN_ERROR_ARGUMENT for depth < 1 and for
 *  sigma or beta that are negative or not finite. */
#ifndef SPINODAL_THEORY_H
#define SPINODAL_THEORY_H

#include <spinodal/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Where one mode stops being learned (T12, T13). 8-byte fields only. */
typedef struct spn_theory_mode {
    double singular_value;
    int64_t order;       /**< 0: no transition (depth 1, or sigma = 0); 2: depth 2; 1: depth >= 3 */
    double maxwell_beta; /**< where learned and unlearned have equal L (depth 2: sigma) */
    double spinodal_beta;     /**< where the learned state ends (depth 2: sigma) */
    double maxwell_strength;  /**< s of the learned state there (depth 2: 0) */
    double spinodal_strength; /**< likewise */
} spn_theory_mode;
extern const spn_columns spn_theory_mode_columns;

spn_status spn_theory_mode_transition(spn_context *context, int64_t depth, double sigma,
                                      spn_theory_mode *out);

/** Which solution of beta(s) = (sigma - s) s^(1 - 2/D). */
typedef enum spn_theory_root {
    SPN_THEORY_UPPER, /**< the learned state: depth 1 s = sigma/(1+beta), depth 2 max(0, sigma - beta) */
    SPN_THEORY_LOWER,   /**< depth >= 3: the saddle between learned and trivial */
    SPN_THEORY_TRIVIAL, /**< s = 0; depth 1: none, unless sigma = 0 */
} spn_theory_root;

/** One mode's share of everything at a stationary state; all NaN where the state does not exist. */
typedef struct spn_theory_state {
    double strength;     /**< s */
    double error;        /**< (s - sigma)^2 */
    double loss;         /**< error + beta D s^(2/D) (T11) */
    double norm_squared; /**< D s^(2/D), the mode's share of |theta|^2 = dL/dbeta (T9) */
    double
        susceptibility; /**< -d norm_squared / dbeta along the branch (T10); +infinity at the spinodal,
                                negative on the lower root */
} spn_theory_state;

/** Strengths to a few ulp; close to the spinodal to what beta allows: ds ~ sqrt(eps). */
spn_status spn_theory_state_at(spn_context *context, int64_t depth, double sigma, double beta,
                               spn_theory_root root, spn_theory_state *out);

/** A whole network: at most 64 modes. */
typedef struct spn_theory_network {
    int64_t depth, modes;
    const double *singular_values; /**< descending */
    double target_power;           /**< E_0 = (1/N) sum |y|^2 */
} spn_theory_network;

/** A stationary state in which the modes whose bit is set in `active` sit on their upper root and the
 *  others at zero. All numbers NaN where it does not exist. */
typedef struct spn_theory_phase {
    double error, loss, norm_squared, susceptibility; /**< of the network */
    bool is_minimum; /**< T15: up to the zero modes of the symmetry */
} spn_theory_phase;
spn_status spn_theory_phase_at(spn_context *context, const spn_theory_network *network,
                               uint64_t active, double beta, spn_theory_phase *out);

/** T15: the range low < beta < high in which that state is a local minimum (high may be infinite). NaN
 *  when it never is. */
spn_status spn_theory_window(spn_context *context, const spn_theory_network *network,
                             uint64_t active, double *low, double *high);

/** What an upward sweep from beta = 0 is in at beta, as a curve for figures: each mode lives until its own
 *  spinodal (T12, T13; at it, it has gone), then stays at zero. *active: the modes that live. */
spn_status spn_theory_sweep_phase(spn_context *context, const spn_theory_network *network,
                                  double beta, uint64_t *active, spn_theory_phase *out);

/** The Maxwell point of two phases: beta with L_a = L_b. NaN when L_a - L_b has the same sign at both
 *  ends of their common range of existence (depth <= 2: always). */
spn_status spn_theory_maxwell(spn_context *context, const spn_theory_network *network, uint64_t a,
                              uint64_t b, double *beta);

/** T15: exact zero modes of the loss's Hessian at a minimum with `active` modes of distinct sigma: sum
 *  over the depth - 1 hidden layers of m h - m (m + 1) / 2. */
int64_t spn_theory_zero_modes(int64_t depth, int64_t active, const int64_t *hidden);

/** T14: smallest eigenvalue of the loss's Hessian at the trivial state of a network with phi(0) = 0.
 *  slope: phi'(0); raw_sigma: largest singular value of the raw (1/N) sum y x^T (used for depth 2);
 *  target_mean: |mean of y| with biases, 0 without. NaN for depth 1, and for depth 2 with a target mean,
 *  where it is no closed form of these numbers. */
double spn_theory_trivial_eigenvalue(int64_t depth, double slope, double raw_sigma,
                                     double target_mean, double beta);

/** T16: time of gradient flow from a balanced, aligned mode with all layers at scale u_0: depth 2 to half
 *  the final strength, exact; depth >= 3 to s = sigma/2, leading order in u_0, relative error below
 *  (u_0 / (sigma/2)^(1/D))^(D-2). Infinite where it never escapes, 0 where it starts beyond (depth 2),
 *  NaN for depth 1. */
double spn_theory_escape_time(int64_t depth, double sigma, double beta, double scale);

/** The same exactly, for any depth and any scale: the time in which du/dt = -2 beta u + 2 (sigma - u^D) u^(D-1)
 *  takes the mode from u = scale to u^D = strength, relative error below 1e-12 (1e-9 within 1e-6 of a
 *  scale or strength that is stationary). Infinite where it never arrives, 0 where it starts beyond. NaN for
 *  strength <= 0. Cost: a quadrature. */
double spn_theory_passage_time(int64_t depth, double sigma, double beta, double scale,
                               double strength);

/** T22: escape from the trivial phase under gradient flow from *any* small weights, depth >= 3. Near theta = 0, L = E_0
 *  + beta |theta|^2 - 2 a tr(M^T W_D ... W_1) + ..., a = slope^(D-1). With theta = e^(-2 beta t) phi and
 *  tau = (1 - e^(-2 (D-2) beta t)) / (2 (D-2) beta), phi flows as without a ridge, and is infinite at a finite tau_*
 *  that depends on the start alone; hence t = -ln(1 - 2 (D-2) beta tau_*) / (2 (D-2) beta), never where
 *  tau_* >= 1 / (2 (D-2) beta). One aligned mode: tau_* = 1 / (2 (D-2) a sigma u_0^(D-2)), which is T16. */
typedef struct spn_theory_origin {
    int64_t depth;
    const int64_t *widths; /**< depth + 1: w_0 = I .. w_D = K */
    const double *yx;      /**< M = (1/N) sum y x^T, K x I, row-major */
    double slope;          /**< phi'(0) */
} spn_theory_origin;

/** tau_* of weights `theta` (layer after layer, out x in, row-major; no biases), relative error below 1e-6.
 *  Infinite where the flow goes to zero or is not seen to grow; NaN for depth < 3. */
spn_status spn_theory_blow_up(spn_context *context, const spn_theory_origin *origin,
                              const double *theta, double *tau);
/** t of a given tau_* (T22). */
double spn_theory_escape_after(int64_t depth, double beta, double tau);

/** Time along dx/dt = rate x + power x^(p+1) from x = amplitude until it is infinite: ln(1 + rate / (power
 *  amplitude^p)) / (p rate); rate < 0: never where the logarithm's argument is not positive (then infinite);
 *  rate = 0: 1 / (p power amplitude^p); power = 0: infinite. With rate = -2 beta, power = 2 sigma, p = D - 2
 *  it is T16; with amplitude small it is the saddle's ln(1 / delta) / |lambda|. */
double spn_theory_growth_time(double rate, double power, double p, double amplitude);

/** Time in the bottleneck of a fold: dx/dt = distance + bend x^2 takes pi / sqrt(distance bend) from -infinity to
 *  infinity; infinite for distance <= 0. */
double spn_theory_ghost_time(double distance, double bend);

/** Gaussian information bottleneck: critical trade-off 1/rho^2 of a canonical correlation (infinite for
 *  0), for comparison. */
double spn_theory_bottleneck_tradeoff(double correlation);

/** The linear surrogate of a data set. Moments row-major: xx I x I, yx K x I; `singular_values`: min(I, K)
 *  numbers, descending: those of yx xx^(-1/2), on the directions of x whose variance exceeds 1e-10 of the
 *  largest; *rank: how many those are. *raw_sigma: largest singular value of yx itself (T14, depth 2). */
spn_status spn_theory_modes(spn_context *context, int64_t inputs, int64_t outputs, const double *xx,
                            const double *yx, double *singular_values, double *raw_sigma,
                            int64_t *rank);

/** Canonical correlations (min(I, K), descending): singular values of yy^(-1/2) yx xx^(-1/2), truncated
 *  likewise. */
spn_status spn_theory_canonical_correlations(spn_context *context, int64_t inputs, int64_t outputs,
                                             const double *xx, const double *yx, const double *yy,
                                             double *correlations);

/** Second moments of a data set: what a linear network sees of it. Raw ones, or covariances (biases). */
typedef struct spn_theory_moments {
    int64_t inputs, outputs;
    const double *xx;    /**< I x I */
    const double *yx;    /**< K x I, row-major */
    double target_power; /**< E_0 = (1/N) sum |y|^2 */
} spn_theory_moments;

enum { SPN_THEORY_MODES_MAX = 16 };

/** One step down of an upward sweep. 8-byte fields only. */
typedef struct spn_theory_transition {
    int64_t order;                     /**< 2: depth 2; 1: depth >= 3 */
    int64_t modes_before, modes_after; /**< rank of the end-to-end matrix */
    double maxwell_beta;               /**< both phases have equal L (depth 2: the transition); NaN
                                             where none is found down to 1e-3 of the spinodal */
    double spinodal_beta; /**< the phase with more modes ends (depth 2: the transition) */
    double error_before, error_after; /**< E at spinodal_beta on both sides */
    double norm_before, norm_after;   /**< |theta| likewise */
} spn_theory_transition;
extern const spn_columns spn_theory_transition_columns;

typedef struct spn_theory_sweep {
    int64_t input_rank; /**< directions of x that were kept: variance above 1e-10 of the largest */
    int64_t modes;      /**< of the phase that starts at beta = 0 */
    int64_t count;
    spn_theory_transition transitions[SPN_THEORY_MODES_MAX]; /**< ascending in beta */
    bool is_complete;    /**< followed to the end; otherwise the path was lost at reached_beta */
    double reached_beta; /**< of the last state that was found */
} spn_theory_sweep;

/** What an upward sweep of a deep linear network meets on data of any covariance (T20): the phases from
 *  the best fit at beta = 0 to the trivial one, each followed to its spinodal. `width`: the smallest hidden
 *  width, which bounds the rank. Continuation in at most 137 unknowns, whatever the number of samples:
 *  milliseconds for a few modes. Betas to about 1e-12 relative. SPN_ERROR_UNSUPPORTED for depth 1 (no
 *  transition) and for more than SPN_THEORY_MODES_MAX modes. */
spn_status spn_theory_up_sweep(spn_context *context, const spn_theory_moments *moments,
                               int64_t depth, int64_t width, spn_theory_sweep *out);

/** phi(a) = slope a + bend a^2/2 + twist a^3/6 + ..., slope != 0. */
typedef struct spn_theory_activation {
    double slope, bend, twist;
} spn_theory_activation;

/** The leading pair of the raw cross-covariance yx (K x I, row-major): u (K), v (I), of length 1, sigma. */
spn_status spn_theory_leading_mode(spn_context *context, int64_t inputs, int64_t outputs,
                                   const double *yx, double *u, double *v, double *sigma);

/** What a network with one hidden layer sees of the data near its trivial state, to fourth order: means over the
 *  samples, raw, with u, v of spn_theory_leading_mode(). */
typedef struct spn_theory_onset_moments {
    int64_t inputs, outputs;
    const double *yx;   /**< K x I: y x^T */
    double mean;        /**< v.x */
    double variance;    /**< (v.x)^2 */
    double cubed;       /**< (u.y)(v.x)^3 */
    const double *y_vv; /**< K: y (v.x)^2 */
    const double *uv_x; /**< I: (u.y)(v.x) x */
} spn_theory_onset_moments;

/** Onset of learning with one hidden layer (T21), as L = L_0 + (beta - beta_c) a^2 - c_3 a^3 + c_4 a^4 in the
 *  amplitude a >= 0 of the mode (|theta|^2 = a^2 to leading order), all other directions relaxed. 8-byte
 *  fields only. Local statements: nothing is said of states far from the trivial one. */
typedef struct spn_theory_onset {
    int64_t
        order; /**< 2: c_3 = 0 and c_4 > 0; 1: c_3 > 0 or c_4 < 0; 0: not decided here (c_3 = 0 and
                               c_4 = 0 to rounding, or equal leading modes, where both are NaN; those of
                               linear networks: 2, c_3 = 0, c_4 NaN) */
    double beta;    /**< beta_c = |phi'(0)| sigma: the trivial state is stable above it */
    double cubic;   /**< c_3 >= 0 */
    double quartic; /**< c_4 */
    int64_t units;  /**< hidden units that share the mode: one, or all equally */
    double
        maxwell_beta; /**< beta_c + c_3^2 / (4 c_4): equal L, to leading order in c_3; NaN for c_4 <= 0 */
    double spinodal_beta; /**< beta_c + 9 c_3^2 / (32 c_4): the learned state ends; likewise */
} spn_theory_onset;
extern const spn_columns spn_theory_onset_columns;

/** T21, for `hidden` units of one layer and L = E + beta |theta|^2, E = (1/N) sum |f - y|^2. With biases the
 *  targets must have mean 0. SPN_ERROR_ARGUMENT for a slope of 0. One singular value decomposition. */
spn_status spn_theory_onset_at(spn_context *context, const spn_theory_onset_moments *moments,
                               const spn_theory_activation *activation, int64_t hidden,
                               bool has_bias, spn_theory_onset *out);

#ifdef __cplusplus
}
#endif

#endif
