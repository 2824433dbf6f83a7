/* SPDX-License-Identifier: MIT */
#include "base/columns.h"

#include <spinodal/geometry.h>

#define RECORD spn_geometry

static const char *const surfaces[] = {"error", "loss", NULL};

static const spn_column columns[] = {
    WORDS(surface, surfaces,
          "surface measured: graph of the error E or of the loss L = E + beta |theta|^2 (T2)"),
    REAL(beta, "error/weight^2", "strength of the ridge (T2)"),
    INTEGER(parameters, "number of parameters P"),
    INTEGER(samples, "number of samples N"),
    REAL(value, "error", "value of the function"),
    REAL(gradient_norm, "error/weight", "length of its gradient"),
    REAL(weight_norm, "weight", "length of the parameter vector, |theta|"),
    REAL(trace, "error/weight^2", "trace of the Hessian H"),
    REAL(frobenius_squared, "error^2/weight^4",
         "tr H^2, the sum of the squares of all entries of H"),
    REAL(scalar_curvature, "error^2/weight^4", "scalar (Ricci) curvature R of the graph (T3)"),
    REAL(scalar_curvature_stderr, "error^2/weight^4", "standard error of R; 0: exact"),
    REAL(scalar_curvature_rounding, "error^2/weight^4", "rounding error of R, an estimate (T3)"),
    REAL(mean_curvature, "error/weight^2", "mean curvature tr S / P of the graph (T4)"),
    REAL(gauss_kronecker_sign, "",
         "sign of the Gauss-Kronecker curvature det S; absent where an eigenvalue is zero (T5)"),
    REAL(gauss_kronecker_log, "", "natural logarithm of |det S|; absent likewise (T5)"),
    REAL(eigenvalue_min, "error/weight^2", "smallest eigenvalue of H"),
    REAL(eigenvalue_max, "error/weight^2", "largest eigenvalue of H"),
    INTEGER(negative_eigenvalues, "eigenvalues below -1e-9 max|lambda|"),
    INTEGER(zero_eigenvalues, "eigenvalues with |lambda| <= 1e-9 max|lambda|"),
    REAL(principal_curvature_min, "error/weight^2",
         "smallest principal curvature of the graph (T6)"),
    REAL(principal_curvature_max, "error/weight^2",
         "largest principal curvature of the graph (T6)"),
    REAL(fisher_trace, "error/weight^2", "trace of the Fisher information, sigma = 1 (T8)"),
    REAL(susceptibility, "weight^4/error",
         "-d|theta|^2/dbeta along the branch; absent where the point is not stationary (T10)"),
    REAL(residual_share, "",
         "|H_R| / (|H_GN| + |H_R|), Frobenius norms of the residual and Gauss-Newton parts (T8)"),
    INTEGER(stationary, "1: stationary for the loss, 0: not, -1: not judged"),
    REAL(newton_decrement, "error^(1/2)", "sqrt(g.|H|^+ g) of the loss"),
    REAL(distance, "", "|H^+ g| / length of theta, of the loss: estimated relative distance"),
};

static const char *const methods[] = {"", "dense", "moments", "stochastic", "none", NULL};

static const spn_column certainty[] = {
    WORDS(method, methods, "how the curvature was measured"),
    REAL(scalar_curvature_low, "error^2/weight^4", "lower end of the interval of R"),
    REAL(scalar_curvature_high, "error^2/weight^4", "upper end of the interval of R"),
    REAL(trace_stderr, "error/weight^2", "standard error of the trace; 0: exact"),
    REAL(frobenius_stderr, "error^2/weight^4", "standard error of tr H^2; 0: exact"),
    REAL(mean_curvature_stderr, "error/weight^2", "standard error of the mean curvature; 0: exact"),
    REAL(eigenvalue_residual, "error/weight^2",
         "an eigenvalue lies within this distance of eigenvalue_min, and of eigenvalue_max"),
};

const spn_columns spn_geometry_columns = SPN_COLUMNS_OF(columns, spn_geometry);
const spn_columns spn_geometry_certainty_columns = SPN_COLUMNS_OF(certainty, spn_geometry);
