/* SPDX-License-Identifier: MIT */
#include "base/columns.h"

#include <spinodal/geometry/spectra.h>

const char *const spn_spectra_words[] = {"error", "gauss_newton", "loss", NULL};
static const char *const methods[] = {"", "dense", "moments", "stochastic", NULL};
static const char *const ends[] = {"smallest", "largest", NULL};

#define RECORD spn_spectra_point
static const spn_column point_columns[] = {
    REAL(beta, "error/weight^2", "strength of the regulariser (T2)"),
    INTEGER(parameters, "number of parameters P"),
    INTEGER(samples, "number of samples N"),
    REAL(error, "error", "E"),
    REAL(loss, "error", "L"),
    REAL(weight_norm, "weight", "distance to the origin |theta|"),
    REAL(gradient_norm, "error/weight", "|grad L|"),
    REAL(shift, "error/weight^2",
         "what all eigenvalues of L's Hessian have more than those of E's; null: it has rows of "
         "its own"),
    INTEGER(merged_units, "hidden units that repeat an earlier one up to sign; -1: not known"),
};
const spn_columns spn_spectra_point_columns = SPN_COLUMNS_OF(point_columns, RECORD);
#undef RECORD

#define RECORD spn_spectra_summary
static const spn_column summary_columns[] = {
    WORDS(part, spn_spectra_words,
          "whose spectrum: E's Hessian, its Gauss-Newton part, L's Hessian"),
    WORDS(curvature_method, methods, "how traces and R were measured"),
    WORDS(extremes_method, methods, "how eigenpairs were found"),
    WORDS(density_method, methods, "dense: from all eigenvalues; stochastic: Lanczos quadrature"),
    REAL(trace, "error/weight^2", "trace"),
    REAL(trace_low, "error/weight^2", "lower end of its interval; of an exact one itself"),
    REAL(trace_high, "error/weight^2", "upper end"),
    REAL(trace_square, "error^2/weight^4", "trace of the square"),
    REAL(trace_square_low, "error^2/weight^4", "lower end of its interval; of an exact one itself"),
    REAL(trace_square_high, "error^2/weight^4", "upper end"),
    REAL(scalar_curvature, "error^2/weight^4",
         "scalar curvature of the graph (T3); null of the Gauss-Newton part"),
    REAL(scalar_curvature_low, "error^2/weight^4", "lower end of its interval; likewise"),
    REAL(scalar_curvature_high, "error^2/weight^4", "upper end"),
    REAL(negative_share, "", "share of eigenvalues below -1e-6 of the largest in size"),
    REAL(negative_share_error, "",
         "how far that may be off: half of what the quadrature leaves open there, and its standard "
         "error over starts; "
         "0: from all eigenvalues"),
    REAL(zero_share, "",
         "share of eigenvalues of at most 1e-6 of the largest in size; null of a quadrature"),
    INTEGER(outliers,
            "eigenvalues above the widest gap among the largest; 0: there is no wide one"),
    REAL(edge, "error/weight^2", "the largest eigenvalue that is no outlier; null: no outliers"),
    REAL(residual, "error/weight^2", "largest |H v - lambda v| of the eigenpairs"),
    INTEGER(converged, "1: all eigenpairs within geometry.tolerance"),
    REAL(width, "error/weight^2", "standard deviation that a drawing gives points of the density"),
};
const spn_columns spn_spectra_summary_columns = SPN_COLUMNS_OF(summary_columns, RECORD);
#undef RECORD

#define RECORD spn_spectra_eigenvalue
static const spn_column eigenvalue_columns[] = {
    WORDS(part, spn_spectra_words, "whose spectrum"),
    WORDS(end, ends, "from which end"),
    INTEGER(number, "from that end, from 0"),
    REAL(value, "error/weight^2", "eigenvalue"),
    REAL(residual, "error/weight^2", "|H v - lambda v|: an eigenvalue lies within that distance"),
    INTEGER(multiplicity, "eigenvalues found here that the residuals do not tell apart"),
    INTEGER(outlier, "1: above the widest gap among the largest"),
};
const spn_columns spn_spectra_eigenvalue_columns = SPN_COLUMNS_OF(eigenvalue_columns, RECORD);
#undef RECORD

#define RECORD spn_spectra_node
static const spn_column node_columns[] = {
    WORDS(part, spn_spectra_words, "whose spectrum"),
    INTEGER(start, "random start of the quadrature; 0: all eigenvalues"),
    REAL(value, "error/weight^2", "node, or eigenvalue"),
    REAL(weight, "", "share of the eigenvalues that it stands for; those of a part add up to 1"),
};
const spn_columns spn_spectra_node_columns = SPN_COLUMNS_OF(node_columns, RECORD);
#undef RECORD
