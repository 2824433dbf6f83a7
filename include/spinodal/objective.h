/* SPDX-License-Identifier: MIT */
/** @file objective.h  Room `objective`: the one abstraction all methods work on.
 *
 *  An objective is an immutable problem L(theta, parameter); a *point* is a linearisation of it that one
 *  thread owns. Methods never know that they work on a network. */
#ifndef SPINODAL_OBJECTIVE_H
#define SPINODAL_OBJECTIVE_H

#include <spinodal/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct spn_objective spn_objective;
typedef struct spn_point spn_point;

/** Which part of the Hessian: all of it, the generalised Gauss-Newton part, or the rest (T8). */
typedef enum spn_part { SPN_PART_FULL, SPN_PART_GAUSS_NEWTON, SPN_PART_RESIDUAL } spn_part;

/** What a call of spn_point_set() should compute; combine with |. */
enum {
    SPN_WANT_VALUE = 1,     /**< L */
    SPN_WANT_GRADIENT = 2,  /**< dL/dtheta */
    SPN_WANT_CURVATURE = 4, /**< keep what products with the Hessian will need */
    SPN_WANT_PARAMETER = 8, /**< dL/dparameter and its gradient */
    SPN_WANT_ALL = 15
};

/** Samples that enter the mean; each index in [0, samples). */
typedef struct spn_subset {
    int64_t count;
    const int64_t *indices;
} spn_subset;

/** What L adds to its error: L = E + parameter * n, n = sum_i c_i theta_i^2 (T24), which is also the order parameter:
 *  dL/dparameter = n (T9). */
typedef struct spn_regulariser {
    const double *weights; /**< c: P numbers >= 0; NULL: all 1, the ridge n = |theta|^2 (T2) */
} spn_regulariser;

enum { SPN_MODES_MAX = 16 };

/** What a point means in function space: how phases are recognised and seeds grouped. */
typedef struct spn_labels {
    /** What the outputs have learned, strongest first; mode_count of them, 0 to SPN_MODES_MAX. End-to-end
     *  strengths along the modes of the data (s_i of T11). Where the data have no linear mode or are classes
     *  (is_principal) the principal strengths instead. */
    int64_t mode_count;
    double strengths[SPN_MODES_MAX];
    int64_t is_principal;
    /** Principal strengths of the outputs f over the samples, descending: the square roots of the largest
     *  eigenvalues of <f f^T>, centred where the network has biases or phi(0) != 0. direction_count of them. */
    int64_t direction_count;
    double directions[SPN_MODES_MAX];
    double
        output_scale; /**< what they are measured against: the spread of the targets; of logits 1 */
    /** Independent directions of the outputs: those above SPN_DIRECTION_SHARE of the scale. Constant along a
     *  smooth branch; a linear network has as many as modes of the data that it has learned. */
    int64_t active_modes;
    int64_t
        learned_modes; /**< for points that are not stationary: modes of the data (without any: directions)
                                with a strength above SPN_ACTIVE_SHARE of their target (of the scale) */
    int64_t is_trivial; /**< 1: f is the output's bias and nothing else, the same for all samples */
    int64_t dead_units; /**< hidden units whose outgoing weights vanish */
    int64_t merged_units; /**< hidden units that repeat an earlier one up to sign */
    double accuracy; /**< share of samples whose class is right; NaN where there are no classes */
    double test_error, test_accuracy; /**< the same of samples kept for testing; NaN without any */
} spn_labels;

/** A mode counts as learned when s_i > SPN_ACTIVE_SHARE * sigma_i. On a branch of a deep linear network
 *  (T13) the share is at least (D-2)/(2(D-1)) >= 1/4 up to the spinodal. */
#define SPN_ACTIVE_SHARE 0.05

/** A direction of the outputs counts above this share of their scale. One that is not there is left with the
 *  rounding of f and what a converged solver leaves, 1e-11 and less; one that is there grows like the root of the
 *  distance to its onset or, with two weight matrices, like the distance itself, and transitions are
 *  located to some 1e-8 of beta. */
#define SPN_DIRECTION_SHARE 1e-9
/** The same behind a solver of first order, which stops at its tolerance. */
#define SPN_DIRECTION_SHARE_ROUGH 1e-5
/** Between share / SPN_DIRECTION_MARGIN and share * SPN_DIRECTION_MARGIN the label
 *  of the point before on the same branch decides. */
#define SPN_DIRECTION_MARGIN 10

/** Labels of a stationary point, from those of spn_point_labels(): active_modes with the hysteresis above,
 *  `before` those of the point before on its branch (-1: there is none), `share` one of the two above or what a solver leaves
 *  (spn_solver_direction_share()). At the trivial point no hidden unit is
 *  told from another: dead_units and merged_units become -1. */
void spn_labels_settle(spn_labels *labels, int64_t before, double share);

/** Do labels of a stationary point (the integers that are stored) say that it is the trivial one? With
 *  active_modes 0 and units that are told apart the outputs are constant, but not by the output's bias alone. */
bool spn_is_trivial(int64_t active_modes, int64_t dead_units);

/** What operations of an objective take on all its samples: floating-point operations (a multiplication and an
 *  addition are two), and bytes beside the point's own memory. NaN: not known. */
typedef struct spn_costs {
    double gradient;           /**< value and gradient */
    double product;            /**< one product with the Hessian */
    double hessian;            /**< the dense Hessian; its P^2 numbers are the caller's */
    double trace;              /**< tr H, or the diagonal */
    double trace_square;       /**< tr H^2 without the Hessian */
    double trace_square_bytes; /**< memory that takes while it runs */
} spn_costs;

/** Operations of an objective. Only `set` is required; an absent operation is NULL. `size` lets the
 *  table grow: operations beyond the caller's size count as absent. */
typedef struct spn_objective_operations {
    size_t size; /**< sizeof(spn_objective_operations) */

    /** Make / free the private state of a point (workspaces, caches). NULL: point->state stays NULL. */
    spn_status (*state_create)(spn_context *context, const spn_objective *objective, void **state);
    void (*state_free)(spn_context *context, void *state);

    /** Evaluate at point->theta, point->parameter (already stored there) and fill the fields wanted;
     *  filling more does no harm, `has` is kept by the front. The fields of SPN_WANT_PARAMETER are zero
     *  on entry, so that an objective without a parameter may ignore them. `subset` NULL: all samples;
     *  its indices have been checked. */
    spn_status (*set)(spn_context *context, spn_point *point, const spn_subset *subset,
                      unsigned wanted);

    /** hv_j = part(H) v_j for k vectors; v, hv: k x P, row-major, must not overlap; overwrites. */
    spn_status (*hvp)(spn_context *context, const spn_point *point, spn_part part, int64_t k,
                      const double *v, double *hv);

    /** Lower triangle of part(H): h[i + j*P], i >= j (column-major 'L'); the rest is left alone. */
    spn_status (*hessian)(spn_context *context, const spn_point *point, spn_part part, double *h);

    /** tr part(H), exactly, cheaper than the Hessian. */
    spn_status (*trace)(spn_context *context, const spn_point *point, spn_part part, double *out);

    /** The trivial (untrained) stationary point at this parameter. SPN_ERROR_UNSUPPORTED where there
     *  is none. */
    spn_status (*trivial)(spn_context *context, const spn_objective *objective, double parameter,
                          double *theta);

    /** Labels in function space. On entry counts are 0 and the shares and errors NaN: what an objective
     *  does not know it leaves alone. */
    spn_status (*labels)(spn_context *context, const spn_point *point, spn_labels *out);

    /** The unregularised error inside a regularised objective: a point already set at the same
     *  theta by `set`. NULL operation: the objective is its own error. */
    const spn_point *(*error)(const spn_point *point);

    /** How many rows `orbit` writes; both or neither. */
    int64_t (*orbit_capacity)(const spn_objective *objective);
    /** Generators of the continuous symmetries of L that hold at every parameter: tangent vectors of the
     *  orbit through theta, rows of P numbers in z, overwritten. Dependent and zero rows are allowed. Those of an error
     *  inside a regularised objective leave n alone, too. */
    spn_status (*orbit)(spn_context *context, const spn_objective *objective, const double *theta,
                        double *z);

    /** Sizes that theta and L have in this problem, before they are rounded: see spn_objective_scales().
     *  Numbers that are not positive and finite count as 1. */
    void (*scales)(const spn_objective *objective, double *weight, double *value);

    /** The regulariser of an objective that has an inner error. Where there is an error and this operation is absent,
     *  nothing is assumed of what L adds to it, and n is |theta|^2. */
    const spn_regulariser *(*regulariser)(const spn_objective *objective);

    /** Where L leaves parameters of the trivial point free: the one nearest to `near`. Absent: there is just one. */
    spn_status (*trivial_near)(spn_context *context, const spn_objective *objective,
                               double parameter, const double *near, double *theta);

    /** Of all theta' with the outputs and n of theta, which shifts of parameters lead to (rows of `orbit` that do not
     *  shrink with theta), choose one: what it is must follow from the outputs and n. Absent: there is just one. */
    void (*settle)(const spn_objective *objective, double *theta);

    /** An approximation of the Hessian whose inverse is cheap: see objective/preconditioner.h. */
    const struct spn_preconditioner_operations *preconditioner;

    /** Smaller problems on which symmetric theta live: see objective/reduction.h. */
    const struct spn_reduction_operations *reduction;

    /** The diagonal of part(H), exactly: P numbers, overwritten. */
    spn_status (*diagonal)(spn_context *context, const spn_point *point, spn_part part,
                           double *out);

    /** tr part(H)^2, exactly, without the Hessian; needs what `costs` says. */
    spn_status (*trace_square)(spn_context *context, const spn_point *point, spn_part part,
                               double *out);

    /** What operations take; see spn_objective_costs(). On entry all is NaN: what is not known is left alone. */
    void (*costs)(const spn_objective *objective, spn_costs *out);
} spn_objective_operations;

struct spn_objective {
    const spn_objective_operations *operations;
    const void *problem; /**< what the operations work on; must outlive the objective */
    int64_t dimension;   /**< P >= 1 */
    int64_t samples;     /**< N; 1 where there are no samples */
    /** Fisher information = fisher_scale * Gauss-Newton part (1/2 for mse with sigma = 1; T8).
     *  0: no likelihood, no Fisher information. */
    double fisher_scale;
};

struct spn_point {
    const spn_objective *objective;
    int64_t dimension;
    double *theta;              /**< P */
    double parameter;           /**< the control parameter, e.g. beta */
    double value;               /**< L */
    double *gradient;           /**< P: dL/dtheta */
    double parameter_value;     /**< dL/dparameter */
    double *parameter_gradient; /**< P: d(dL/dtheta)/dparameter */
    unsigned has;               /**< which of SPN_WANT_* are valid */
    bool is_of_subset;          /**< set with some of the samples */
    void *state;                /**< private to the objective */
};

/** Create / free a point of the objective (which must outlive it). Allocates everything that later
 *  calls need. */
spn_status spn_point_create(spn_context *context, const spn_objective *objective, spn_point **out);
void spn_point_free(spn_context *context, spn_point *point);

/** Linearise at theta (P numbers, copied; may be point->theta itself). A non-finite value or gradient
 *  is a result, not an error. Polls the cancel flag. SPN_ERROR_ARGUMENT for a bad subset; after a failure
 *  the point holds nothing (`has` is 0). */
spn_status spn_point_set(spn_context *context, spn_point *point, const double *theta,
                         double parameter, const spn_subset *subset, unsigned wanted);

/** Products with the Hessian; see the operations. Products fall back on the dense Hessian (formed once
 *  per set), the dense Hessian on products with blocks of unit vectors, the trace on either;
 *  SPN_ERROR_UNSUPPORTED when the objective has neither, or not this part. Needs a set with
 *  SPN_WANT_CURVATURE, otherwise SPN_ERROR_ARGUMENT. Products and the Hessian allocate nothing. */
spn_status spn_point_hvp(spn_context *context, const spn_point *point, spn_part part, int64_t k,
                         const double *v, double *hv);
spn_status spn_point_hessian(spn_context *context, const spn_point *point, spn_part part,
                             double *h);
spn_status spn_point_trace(spn_context *context, const spn_point *point, spn_part part,
                           double *out);
/** The diagonal of part(H), P numbers, and tr part(H)^2, both exact. Where the objective lacks the operation they come
 *  from the Hessian that a point keeps (P <= 2048), otherwise from products with all P unit vectors: spn_objective_costs()
 *  says what to expect. The trace and
 *  these two may allocate, as much as the costs say or 64 P numbers, and give it back. */
spn_status spn_point_diagonal(spn_context *context, const spn_point *point, spn_part part,
                              double *out);
spn_status spn_point_trace_square(spn_context *context, const spn_point *point, spn_part part,
                                  double *out);
/** Forecast of what operations take; where an objective does not say, a product counts as two gradients, and what is made of
 *  products as so many. O(depth of a network). */
spn_costs spn_objective_costs(const spn_objective *objective);
spn_status spn_objective_trivial(spn_context *context, const spn_objective *objective,
                                 double parameter, double *theta);
/** The trivial point nearest to `near` (not theta itself): of many, where some of its parameters are free. What
 *  distances to the trivial point are measured to. */
spn_status spn_objective_trivial_near(spn_context *context, const spn_objective *objective,
                                      double parameter, const double *near, double *theta);
/** Where parameters may be shifted without any effect, put them to one place, in `theta`: two solutions that differ by
 *  such a shift become the same. Nothing else is changed. O(P). */
void spn_objective_settle(const spn_objective *objective, double *theta);
/** After a failure the labels say that nothing is known: counts -1, no modes, NaN. */
spn_status spn_point_labels(spn_context *context, const spn_point *point, spn_labels *out);
/** The unregularised error's point (never NULL; the point itself when it has no inner one). */
const spn_point *spn_point_error(const spn_point *point);

/** The natural scales of a problem: what "small" and "rounding" mean where theta, L or the parameter is next to
 *  nothing. Everything that needs such a length takes it from here, so that the same problem in other units (inputs
 *  in metres or millimetres, targets in euros or millions) is judged alike. For the error of a network with D layers
 *  of weights
 *
 *      value = <|y|^2>  (E of the outputs 0; divided by the outputs for mse_mean; 1 for cross-entropy)
 *      weight = (<|y|^2> / <|x|^2>)^(1 / 2D)       (|theta| of one path of weights that turns x into y)
 *      parameter = value / weight^2,
 *
 *  all exact under x -> c x and y -> c y. Each is rounded to a power of ten: they are units, and in problems whose
 *  data have been standardised they are 1. 1 too where an objective does not say. */
typedef struct spn_scales {
    double weight;    /**< of |theta| */
    double value;     /**< of L */
    double parameter; /**< of beta */
} spn_scales;
spn_scales spn_objective_scales(const spn_objective *objective);

/** Lengths of theta below this share of its scale count as this much: near theta = 0 a relative length means
 *  nothing. */
#define SPN_WEIGHT_FLOOR 1e-3
/** What beta does not penalise may have any size: free biases have that of the targets' means, and a problem whose targets
 *  are moved is the same. It counts for no more than the rounding that it brings, this share of it. */
#define SPN_FREE_SHARE 1e-4
/** max(sqrt(n), SPN_WEIGHT_FLOOR * scale of theta, SPN_FREE_SHARE * |what is free|), with n = |theta|^2 for the ridge: what ways of
 *  theta are compared with. */
double spn_objective_length(const spn_objective *objective, const double *theta);
/** Of a value at theta, what one rounding leaves: eps |value|, and where biases are free also 2 eps sqrt(|value|) |biases|,
 *  since the value is a mean of squares of differences between numbers of that size. */
double spn_objective_rounding(const spn_objective *objective, const double *theta, double value);

/** How many rows spn_objective_orbit() needs; 0 where no continuous symmetry is known. */
int64_t spn_objective_orbit_capacity(const spn_objective *objective);

/** An orthonormal basis of the tangent space of the orbit through theta under the continuous symmetries of
 *  L: *rank rows of P numbers in z (room for the capacity; what follows the basis is scratch). With
 *  theta -> theta + epsilon A theta leaving L alone, H A theta = A grad L: at a stationary point each row is an
 *  exact zero mode of the Hessian, and near one |H z| <= |A| |grad L| / |A theta|. The basis comes from
 *  the generators by Gram-Schmidt with pivoting, which stops where what is left of the longest is below
 *  SPN_ORBIT_TOLERANCE * max(scale of theta, |theta|). O(capacity * rank * P), polls the cancel flag, allocates
 *  nothing. SPN_ERROR_NUMERIC where theta is not finite. */
spn_status spn_objective_orbit(spn_context *context, const spn_objective *objective,
                               const double *theta, double *z, int64_t *rank);

/** Generators shrink with the weights that they turn: at a continuous onset (depth 2) like
 *  sqrt(sigma - beta), so that 1e-8 keeps them down to sigma - beta = 1e-16, the rounding of beta itself.
 *  A kept direction is then right to 1e-8, since rounding in theta is 1e-16; a shorter one would be
 *  noise. Small theta is compared with its scale: near the trivial point all of theta is noise. */
#define SPN_ORBIT_TOLERANCE 1e-8

/** A regularised objective: L(theta, beta) = E(theta) + beta n(theta), n = sum_i c_i theta_i^2 (T24); dL/dbeta = n,
 *  d(grad L)/dbeta = grad n. One evaluation and one Hessian of E serve both surfaces: hessian, hvp and trace add
 *  2 beta c_i to the diagonal of the full and of the Gauss-Newton part (the regulariser is positive semidefinite) and
 *  nothing to the residual part; so does the diagonal, and tr H_L^2 = tr H_E^2 + 4 beta sum c_i (H_E)_ii + 4 beta^2 sum c_i^2. E is evaluated at parameter 0. Its `trivial` is asked for at beta, its `orbit` passed
 *  on: what E says there is about L, so that an error is made for its regulariser (as spn_network_error_regularise()
 *  does), and one that is not for the ridge. */
typedef struct spn_regularised {
    const spn_objective *error;
    spn_regulariser regulariser;
} spn_regularised;
/** `problem`, its error and its weights must outlive the result. */
spn_objective spn_regularise(const spn_regularised *problem);

/** The ridge: L = E + beta |theta|^2 (T2), all c_i = 1. `error` must outlive the result. */
spn_objective spn_ridge(const spn_objective *error);

/** The order parameter n(theta) of an objective (T9, T24); |theta|^2 of one without a regulariser. O(P), like all
 *  that follow. */
double spn_objective_order(const spn_objective *objective, const double *theta);
/** sqrt(n), without overflow: |theta| for the ridge. What records call weight_norm. */
double spn_objective_order_root(const spn_objective *objective, const double *theta);
/** dn along v: v . grad n. */
double spn_objective_order_along(const spn_objective *objective, const double *theta,
                                 const double *v);
/** grad n = 2 C theta (P numbers): the parameter's gradient of a regularised objective. */
void spn_objective_order_gradient(const spn_objective *objective, const double *theta, double *out);
/** Is the Hessian of L that of its error (spn_point_error()) plus *shift on the whole diagonal? The spectrum then moves
 *  as a whole. True with shift 0 where there is no inner error; false, *shift NaN, for a regulariser whose weights
 *  differ, and for one that is not known. */
bool spn_objective_shifts(const spn_objective *objective, double parameter, double *shift);
/** The largest curvature that the regulariser alone gives L, 2 beta max c_i: what keeps a valley of E from being flat.
 *  0 where no regulariser is known. */
double spn_objective_stiffness(const spn_objective *objective, double parameter);

/** What a check can say. */
typedef enum spn_check_verdict {
    SPN_CHECK_PASSED,
    SPN_CHECK_FAILED,      /**< a derivative is wrong */
    SPN_CHECK_CANNOT_TELL, /**< differences are worth too little here */
} spn_check_verdict;
/** "passed", "failed", "cannot tell"; NULL for any other number. */
const char *spn_check_verdict_text(int64_t verdict);

/** Derivatives against differences, on any objective, along a direction d, |d| = 1, of random signs with
 *  |d_i| ~ |H_ii|^(-1/2), in which parameters of different units weigh alike. Differences are central with one
 *  Richardson extrapolation, at steps that fall by 4 from an eighth of the length of theta; the best is where two in a
 *  row agree best, rounding (measured) included, and their agreement is its error, the `resolution`. A derivative
 *  fails when it differs by more than 10 times that and a share of its size, 1e-6 for a slope, 1e-8 for a vector; it
 *  passes within that share, or within 3 times the error where that is below 1e-6 of its size or of what was
 *  differenced; otherwise nothing can be told, as at a kink (relu). Errors are relative to the derivative, or to the size of what it was computed from where that is larger.
 *
 *  Taylor remainders along d are for the reader, and decide nothing: |L(t+hd) - L - h g.d| ~ h^2 and
 *  |.. - h^2/2 d.Hd| ~ h^3, h = h_0 2^-j. The slopes are fitted over the six smallest h whose remainder stands
 *  64 times above rounding; infinite when fewer than three do (the remainder vanishes, as for linear and quadratic
 *  functions). A kink within these steps spoils them. */
typedef struct spn_check_report {
    double gradient_slope; /**< 2 when the gradient is right (larger when d.Hd = 0) */
    double hessian_slope;  /**< 3 when the Hessian is right (or larger); NaN without one */
    double gradient_error; /**< relative: central difference against g.d */
    double hessian_error; /**< relative: central difference of gradients against H d; NaN without */
    double column_error; /**< relative: at most 16 products with unit vectors against columns of the
                                 dense Hessian, and with d against all of it; NaN if one is absent or
                                 P > 4096. At most 1e-9 */
    double parameter_error; /**< relative: d/dparameter of L and its gradient */
    /** How exact the differences themselves are, relative likewise. */
    double gradient_resolution, hessian_resolution, parameter_resolution;
    int64_t verdict;    /**< spn_check_verdict; what is absent (NaN) does not count */
    const char *reason; /**< one sentence; empty when passed */
    bool is_passed;     /**< verdict == SPN_CHECK_PASSED */
} spn_check_report;

/** Cost: about 110 evaluations, 25 products, one Hessian. `theta` P numbers; direction from (seed,
 *  PROBES). SPN_ERROR_NUMERIC where L or its gradient is not finite. */
spn_status spn_objective_check(spn_context *context, const spn_objective *objective,
                               const double *theta, double parameter, uint64_t seed,
                               spn_check_report *out);

/** Analytic landscapes with known answers: oracles for every method, and examples of how to write an
 *  objective. The parameter p means what the formula says. */
typedef enum spn_landscape_kind {
    SPN_LANDSCAPE_QUADRATIC,   /**< 1/2 sum a_i t_i^2 + p sum t_i; a = coefficients */
    SPN_LANDSCAPE_DOUBLE_WELL, /**< t_0^4/4 - t_0^2/2 + p t_0 + 1/2 sum_{i>0} a_i t_i^2: spinodals at p = -+2/(3 sqrt 3), Maxwell at 0 */
    SPN_LANDSCAPE_FOLD, /**< t_0^3/3 + p t_0 + 1/2 sum_{i>0} a_i t_i^2: minimum sqrt(-p) for p < 0, none for p > 0 */
    SPN_LANDSCAPE_PITCHFORK, /**< t_0^4/4 + p t_0^2/2 + 1/2 sum_{i>0} a_i t_i^2: continuous at p = 0 */
    SPN_LANDSCAPE_CUSP,      /**< t_0^4/4 + a_0 t_0^2/2 + p t_0 + 1/2 sum_{i>0} a_i t_i^2 */
    SPN_LANDSCAPE_ROSENBROCK,  /**< sum 100 (t_{i+1} - t_i^2)^2 + (1 - t_i)^2 */
    SPN_LANDSCAPE_HALF_SPHERE, /**< -sqrt(a_0^2 - |t|^2): all principal curvatures 1/a_0 */
    SPN_LANDSCAPE_DEEP_MODE, /**< (prod t - a_0)^2 + p |t|^2: one mode of strength a_0, depth P (T11);
                                  has Gauss-Newton and residual parts, a trivial point and labels */
} spn_landscape_kind;

typedef struct spn_landscape {
    spn_landscape_kind kind;
    int64_t dimension;
    const double *coefficients; /**< P numbers (Rosenbrock: NULL) */
} spn_landscape;

/** An objective over `landscape`, which must outlive it. */
spn_objective spn_landscape_objective(const spn_landscape *landscape);

#ifdef __cplusplus
}
#endif

#endif
