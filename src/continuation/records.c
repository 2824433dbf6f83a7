/* SPDX-License-Identifier: MIT */
#include "base/columns.h"

#include <spinodal/continuation.h>

static const char *const special_kinds[] = {"fold", "branch_point", NULL};
static const char *const changes[] = {"accuracy", "symmetry", "other", NULL};
static const char *const ends[] = {"range",      "fold", "branch_point", "symmetry", "zero",
                                   "unfinished", NULL};

#define BETA "error/weight^2"
#define CURVATURE "error^2/weight^4"

#define COLUMNS(name, table)                                                                       \
    const spn_columns name = {table, sizeof(table) / sizeof *(table), sizeof(RECORD)}

#define RECORD spn_branch_record
static const spn_column branch_columns[] = {
    INTEGER(branch, "number of the branch, from 0"),
    INTEGER(point, "place along its branch: 0 where it was found, then 1, 2, ... one way and "
                   "-1, -2, ... the other"),
    INTEGER(phase, "row of the table phases; -1 where the branch is unstable"),
    REAL(beta, BETA, "regularisation strength beta (T2)"),
    REAL(arclength, "weight", "length of the branch up to here, in theta and scaled beta"),
    REAL(slope, "", "dbeta/ds of the unit tangent; changes sign at a fold"),
    REAL(error, "error", "error E (T1)"),
    REAL(loss, "error", "loss L = E + beta |theta|^2 (T2)"),
    REAL(weight_norm, "weight", "distance to the origin |theta|; its square is dL/dbeta (T9)"),
    REAL(scalar_curvature_error, CURVATURE, "scalar (Ricci) curvature of E's graph (T3)"),
    REAL(scalar_curvature_loss, CURVATURE, "scalar (Ricci) curvature of L's graph (T3)"),
    REAL(eigenvalue_min, BETA, "smallest eigenvalue of the Hessian of L, zero modes left out"),
    REAL(critical_eigenvalue, BETA,
         "eigenvalue of the Hessian of L closest to zero, zero modes left out"),
    REAL(susceptibility, "weight^4/error", "-d|theta|^2/dbeta along the branch (T10)"),
    INTEGER(negative_eigenvalues, "negative eigenvalues of the Hessian of L; 0: stable"),
    INTEGER(zero_modes, "zero modes of a continuous symmetry, which were bordered out"),
    INTEGER(
        active_modes,
        "independent directions of the outputs over the samples: of a linear network the modes of "
        "the data that it has learned; 0: the outputs are constant"),
    INTEGER(dead_units, "hidden units whose outgoing weights vanish; -1 at the trivial point"),
    INTEGER(merged_units,
            "hidden units that repeat an earlier one up to sign; -1 at the trivial point"),
    REAL(accuracy, "", "share of samples whose class is right; null where there are no classes"),
    REAL(test_error, "error", "error E of the samples kept for testing; null without any"),
    REAL(test_accuracy, "", "accuracy on the samples kept for testing; null likewise"),
    REAL(gradient_norm, "error/weight", "|grad L|"),
    REAL(step, "weight", "arclength from the point before"),
    INTEGER(corrections, "Newton steps of the corrector"),
};
COLUMNS(spn_branch_columns, branch_columns);
#undef RECORD

#define RECORD spn_special_record
static const spn_column special_columns[] = {
    INTEGER(special, "number of the special point, from 0"),
    INTEGER(same_as, "an earlier special point that is this one, met on another branch; -1"),
    INTEGER(branch, "branch on which it was found"),
    INTEGER(point, "it lies behind this point of the branch and before the next"),
    WORDS(kind, special_kinds, "what it is"),
    REAL(beta, BETA, "located value of beta"),
    REAL(beta_low, BETA, "lower end of its interval"),
    REAL(beta_high, BETA, "upper end of its interval"),
    REAL(error, "error", "error E there"),
    REAL(loss, "error", "loss L there"),
    REAL(weight_norm, "weight", "|theta| there"),
    REAL(scalar_curvature_error, CURVATURE, "scalar (Ricci) curvature of E's graph there (T3)"),
    INTEGER(kernel, "eigenvalues of the Hessian of L that vanish there, zero modes left out"),
    INTEGER(index_before, "negative eigenvalues before it, along the branch"),
    INTEGER(index_after, "negative eigenvalues behind it"),
    REAL(
        coefficient, "error/weight^4",
        "a of beta = beta_0 + a s^2 along the branch (fold) or along the first branch that crosses "
        "(0: it crosses linearly); null when none was found"),
    INTEGER(crossing, "branches found to cross here, copies by symmetry counted once"),
    INTEGER(is_continuous, "end of a stable stretch: 1 when a stable branch takes over there "
                           "(continuous transition), 0 when not; otherwise -1"),
    WORDS(change, changes, "what changes here"),
    INTEGER(active_modes, "independent directions of the outputs over the samples, before it"),
    INTEGER(dead_units, "hidden units whose outgoing weights vanish, before it"),
    INTEGER(merged_units, "hidden units that repeat an earlier one up to sign, before it"),
    REAL(residual, "error/weight", "|grad L| at the located point"),
    REAL(loss_after, "error", "end of a stable stretch: loss L of the phase it falls into"),
    REAL(error_after, "error", "likewise error E"),
    REAL(norm_after, "weight", "likewise |theta|"),
    REAL(curvature_after, CURVATURE, "likewise scalar curvature of E's graph"),
    INTEGER(active_after, "likewise active modes; otherwise -1"),
    INTEGER(dead_after, "likewise dead units; otherwise -1"),
    INTEGER(merged_after, "likewise merged units; otherwise -1"),
    REAL(accuracy, "", "share of samples whose class is right, before it; null without classes"),
    REAL(accuracy_after, "", "likewise in the phase it falls into"),
};
COLUMNS(spn_special_columns, special_columns);
#undef RECORD

#define RECORD spn_branch_approach
static const spn_column approach_columns[] = {
    INTEGER(jump, "number of the special point"),
    REAL(beta, BETA, "regularisation strength beta (T2)"),
    REAL(distance, BETA, "distance in beta from the special point"),
    REAL(eigenvalue, BETA, "critical eigenvalue of the Hessian of L, followed by its eigenvector"),
    REAL(overlap, "", "overlap of its eigenvector with that at the next closer point"),
    REAL(norm_squared, "weight^2", "|theta|^2"),
    REAL(susceptibility, "weight^4/error", "-d|theta|^2/dbeta (T10)"),
    REAL(error, "error", "error E"),
    REAL(loss, "error", "loss L"),
};
COLUMNS(spn_branch_approach_columns, approach_columns);
#undef RECORD

#define RECORD spn_phase_record
static const spn_column phase_columns[] = {
    INTEGER(phase, "number of the phase, from 0"),
    INTEGER(branch, "branch that it is a stretch of"),
    INTEGER(first_point, "first point of the stretch on its branch"),
    INTEGER(last_point, "last point of the stretch"),
    INTEGER(
        active_modes,
        "independent directions of the outputs over the samples: of a linear network the modes of "
        "the data that it has learned; 0: the outputs are constant"),
    INTEGER(dead_units, "hidden units whose outgoing weights vanish; -1 at the trivial point"),
    INTEGER(merged_units,
            "hidden units that repeat an earlier one up to sign; -1 at the trivial point"),
    REAL(beta_low, BETA, "lower end of its window of metastability"),
    REAL(beta_high, BETA, "upper end of its window"),
    WORDS(end_low, ends, "what ends it at the lower end"),
    WORDS(end_high, ends, "what ends it at the upper end"),
    INTEGER(special_low, "row of specials at the lower end; -1: none"),
    INTEGER(special_high, "row of specials at the upper end; -1: none"),
    REAL(norm_low, "weight", "|theta| at the lower end"),
    REAL(norm_high, "weight", "|theta| at the upper end"),
    REAL(error_low, "error", "error E at the lower end"),
    REAL(error_high, "error", "error E at the upper end"),
    REAL(loss_low, "error", "loss L at the lower end"),
    REAL(loss_high, "error", "loss L at the upper end"),
    REAL(curvature_low, CURVATURE, "scalar curvature of E's graph at the lower end"),
    REAL(curvature_high, CURVATURE, "scalar curvature of E's graph at the upper end"),
    REAL(global_low, BETA, "lower end of the range where it has the smallest L; null: nowhere"),
    REAL(global_high, BETA, "upper end of that range"),
    INTEGER(visits, "starts that led to it"),
};
COLUMNS(spn_phase_columns, phase_columns);
#undef RECORD

#define RECORD spn_maxwell_record
static const spn_column maxwell_columns[] = {
    INTEGER(phase_a, "the phase with smaller L below"),
    INTEGER(phase_b, "the phase with smaller L above"),
    REAL(beta, BETA, "where both have equal L"),
    REAL(beta_low, BETA, "lower end of its interval"),
    REAL(beta_high, BETA, "upper end of its interval"),
    REAL(loss, "error", "their common L"),
    REAL(error_a, "error", "error E of the first"),
    REAL(error_b, "error", "error E of the second"),
    REAL(norm_a, "weight", "|theta| of the first"),
    REAL(norm_b, "weight", "|theta| of the second"),
    REAL(curvature_a, CURVATURE, "scalar curvature of E's graph of the first"),
    REAL(curvature_b, CURVATURE, "scalar curvature of E's graph of the second"),
    INTEGER(is_global, "1: no other phase has smaller L there"),
};
COLUMNS(spn_maxwell_columns, maxwell_columns);
#undef RECORD

#define RECORD spn_global_record
static const spn_column global_columns[] = {
    INTEGER(phase, "the phase with the smallest L there of all that were found; -1: none is known"),
    REAL(beta_low, BETA, "lower end of the range"),
    REAL(beta_high, BETA, "upper end of the range"),
};
COLUMNS(spn_global_columns, global_columns);
#undef RECORD

#define RECORD spn_barrier_record
static const spn_column barrier_columns[] = {
    INTEGER(phase, "phase of the minimum"),
    INTEGER(special, "fold that joins it with the saddle"),
    REAL(beta, BETA, "regularisation strength beta (T2)"),
    REAL(height, "error", "L of the saddle less L of the minimum"),
    REAL(distance, "weight", "distance of the saddle from the minimum"),
};
COLUMNS(spn_barrier_columns, barrier_columns);
#undef RECORD

#define RECORD spn_norm_record
static const spn_column norm_columns[] = {
    REAL(norm_squared, "weight^2", "n = |theta|^2"),
    REAL(error, "error", "E(n), smallest error at this norm"),
    REAL(beta, BETA, "-dE/dn, the multiplier"),
    INTEGER(index, "negative eigenvalues of the Hessian of L orthogonal to theta"),
    INTEGER(active_modes, "modes of the data that the network has learned (above 5 %)"),
    REAL(gradient_norm, "error/weight", "|grad E + 2 beta theta|"),
};
COLUMNS(spn_norm_columns, norm_columns);

static const spn_stream streams[] = {
    [SPN_BRANCHES_POINT] = {.table = "points",
                            .columns = &spn_branch_columns,
                            .has_modes = true,
                            .theta_count = 1,
                            .thetas = {{"theta", "all weights and biases in the order of /layout; "
                                                 "one row per row of /points"}},
                            .key_count = 2,
                            .keys = {offsetof(spn_branch_record, branch),
                                     offsetof(spn_branch_record, point)}},
    [SPN_BRANCHES_SPECIAL] = {.table = "specials",
                              .columns = &spn_special_columns,
                              .theta_count = 1,
                              .thetas = {{"special_theta", "the same at the special points; one "
                                                           "row per row of /specials"}}},
    [SPN_BRANCHES_APPROACH] = {.table = "approach", .columns = &spn_branch_approach_columns},
};
const spn_streams spn_branches_streams = {streams, sizeof streams / sizeof *streams};
