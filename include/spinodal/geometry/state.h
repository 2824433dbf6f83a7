/* SPDX-License-Identifier: MIT */
/** @file state.h  The observables of a network: what is known of it at one theta and beta.
 *
 *  Each is declared here once, with its type, unit and meaning, measured by spn_state_measure(), and named in tables of
 *  results by the macros of src/geometry/observables.h. Numbers that do not exist or were not asked for are NaN, counts
 *  -1. See docs/decisions/0013-observables.md. */
#ifndef SPINODAL_GEOMETRY_STATE_H
#define SPINODAL_GEOMETRY_STATE_H

#include <spinodal/geometry.h>

#ifdef __cplusplus
extern "C" {
#endif

/** X(field, type, unit, meaning, since) of every observable that tables name one by one. `since`: the version of the program from
 *  which on its files have it; "": all do. */
#define SPN_STATE_FIELDS(X)                                                                        \
    X(beta, double, "error/weight^2", "regularisation strength beta (T2)", "")                     \
    X(error, double, "error", "error E (T1)", "")                                                  \
    X(loss, double, "error", "loss L = E + beta |theta|^2 (T2)", "")                               \
    X(weight_norm, double, "weight",                                                               \
      "distance to the origin |theta|; its square is dF/dbeta (T9)", "")                           \
    X(trivial_distance, double, "weight",                                                          \
      "distance to the trivial model |theta - theta_trivial| (T14); null where there is none", "") \
    X(active_modes, int64_t, "",                                                                   \
      "independent directions of the outputs over the samples: of a linear network the modes of "  \
      "the data that it has learned; 0: the outputs are constant",                                 \
      "")                                                                                          \
    X(dead_units, int64_t, "",                                                                     \
      "hidden units whose outgoing weights vanish; -1 at the trivial point", "")                   \
    X(merged_units, int64_t, "",                                                                   \
      "hidden units that repeat an earlier one up to sign; -1 at the trivial point", "")           \
    X(accuracy, double, "",                                                                        \
      "share of samples whose class is right; null where there are no classes", "0.1.0")           \
    X(test_error, double, "error", "error E of the samples kept for testing; null without any",    \
      "0.1.0")                                                                                     \
    X(test_accuracy, double, "", "accuracy on the samples kept for testing; null likewise",        \
      "0.1.0")                                                                                     \
    X(scalar_curvature_error, double, "error^2/weight^4",                                          \
      "scalar (Ricci) curvature of E's graph (T3)", "")                                            \
    X(scalar_curvature_loss, double, "error^2/weight^4",                                           \
      "scalar (Ricci) curvature of L's graph (T3)", "")                                            \
    X(scalar_curvature_rounding, double, "error^2/weight^4",                                       \
      "estimate of the rounding error of the scalar curvature of E's graph", "")                   \
    X(mean_curvature_error, double, "error/weight^2", "mean curvature tr S / P of E's graph (T4)", \
      "")                                                                                          \
    X(mean_curvature_loss, double, "error/weight^2", "mean curvature tr S / P of L's graph (T4)",  \
      "")                                                                                          \
    X(gauss_kronecker_sign_error, double, "",                                                      \
      "sign of the Gauss-Kronecker curvature of E's graph (T5)", "")                               \
    X(gauss_kronecker_log_error, double, "",                                                       \
      "natural logarithm of the size of the Gauss-Kronecker curvature of E's graph (T5)", "")      \
    X(gauss_kronecker_sign_loss, double, "",                                                       \
      "sign of the Gauss-Kronecker curvature of L's graph (T5)", "")                               \
    X(gauss_kronecker_log_loss, double, "",                                                        \
      "natural logarithm of the size of the Gauss-Kronecker curvature of L's graph (T5)", "")      \
    X(eigenvalue_min_error, double, "error/weight^2", "smallest eigenvalue of the Hessian of E",   \
      "")                                                                                          \
    X(eigenvalue_max_error, double, "error/weight^2", "largest eigenvalue of the Hessian of E",    \
      "")                                                                                          \
    X(eigenvalue_min_loss, double, "error/weight^2", "smallest eigenvalue of the Hessian of L",    \
      "")                                                                                          \
    X(eigenvalue_max_loss, double, "error/weight^2", "largest eigenvalue of the Hessian of L", "") \
    X(negative_eigenvalues_error, int64_t, "",                                                     \
      "eigenvalues of the Hessian of E below -1e-9 max|lambda|", "")                               \
    X(negative_eigenvalues_loss, int64_t, "",                                                      \
      "eigenvalues of the Hessian of L below -1e-9 max|lambda|", "")                               \
    X(fisher_trace, double, "error/weight^2",                                                      \
      "trace of the Fisher information with sigma = 1 (T8)", "")                                   \
    X(residual_share, double, "",                                                                  \
      "share of the residual part in the Hessian of E: |H_R| / (|H_GN| + |H_R|), Frobenius (T8)",  \
      "")                                                                                          \
    X(susceptibility, double, "weight^4/error",                                                    \
      "-d|theta|^2/dbeta (T10); null where the point is not stationary", "")                       \
    X(gradient_norm, double, "error/weight", "|grad L|", "")                                       \
    X(newton_decrement, double, "error^(1/2)", "Newton decrement sqrt(g' |H|^+ g) of L", "")       \
    X(distance, double, "", "estimated distance to the stationary point |H^+ g| / |theta|", "")    \
    X(stationary, int64_t, "", "1: the point passed the stationarity gate", "")

/** The same of observables that came later: they stand behind the other columns of every table whose records hold a state, (of tables in which a row knows them), under
 *  this name with what the table adds to it ("_before"). What is behind `X` is handed on: X(..., __VA_ARGS__). */
#define SPN_STATE_LATER(X, ...)                                                                    \
    X(curvature_method, int64_t, "",                                                               \
      "how curvature was measured without the dense Hessian: 2 exact traces, 3 estimates by "      \
      "products; -1: from the dense Hessian, or not at all",                                       \
      "0.1.0", __VA_ARGS__)                                                                        \
    X(scalar_curvature_error_stderr, double, "error^2/weight^4",                                   \
      "standard error of scalar_curvature_error; null where it is exact", "0.1.0", __VA_ARGS__)    \
    X(scalar_curvature_loss_stderr, double, "error^2/weight^4",                                    \
      "standard error of scalar_curvature_loss; null where it is exact", "0.1.0", __VA_ARGS__)     \
    X(mean_curvature_error_stderr, double, "error/weight^2",                                       \
      "standard error of mean_curvature_error; null where it is exact", "0.1.0", __VA_ARGS__)      \
    X(mean_curvature_loss_stderr, double, "error/weight^2",                                        \
      "standard error of mean_curvature_loss; null where it is exact", "0.1.0", __VA_ARGS__)       \
    X(eigenvalue_residual, double, "error/weight^2",                                               \
      "an eigenvalue lies within this distance of each end of the spectrum; null of the dense "    \
      "Hessian's",                                                                                 \
      "0.1.0", __VA_ARGS__)

#define SPN_STATE_MEMBER(field, type, ...) type field;
/** 8-byte fields only. Records of methods hold one, or one for each side of a transition. */
typedef struct spn_state {
    SPN_STATE_FIELDS(SPN_STATE_MEMBER)
    SPN_STATE_LATER(SPN_STATE_MEMBER, )
} spn_state;
#undef SPN_STATE_MEMBER

/** A state of which nothing is known. */
spn_state spn_state_unknown(void);

/** The labels by which phases are told apart, active_modes, dead_units and merged_units, become those of another state. */
void spn_state_relabel(spn_state *state, const spn_state *like);

/** What a state shall hold beside beta, E, L, |theta| and |grad L|, which always are there. Zeros: nothing. */
typedef struct spn_state_wish {
    const spn_labels
        *labels; /**< of the point, settled as the method sees fit; NULL: none are known */
    double *
        trivial; /**< P numbers of scratch: the distance to the trivial point is measured; NULL: not */
    spn_geometry_workspace *geometry; /**< both surfaces are measured; NULL: not */
    unsigned wanted;                  /**< SPN_GEOMETRY_* beyond what needs no eigenvalues */
    /** Where they are: a point set with SPN_WANT_ALL at the same theta and parameter; NULL: the point itself. */
    const spn_point *curved;
} spn_state_wish;

/** Everything that is known of a point set with value and gradient. Allocates nothing; costs what spn_geometry_measure()
 *  costs. */
spn_status spn_state_measure(spn_context *context, const spn_point *point,
                             const spn_state_wish *wish, spn_state *out);

/** The scalar and the mean curvature of both surfaces, without the dense Hessian, into a state: what spn_geometry_curvature() says at a
 *  point set with everything. Nothing where settings->method is SPN_SPECTRUM_NONE. Costs and errors: its. */
spn_status spn_state_curvature(spn_context *context, const spn_point *point,
                               const spn_geometry_settings *settings, spn_state *out);

#ifdef __cplusplus
}
#endif

#endif
