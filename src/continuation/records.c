/* SPDX-License-Identifier: MIT */
#include "geometry/observables.h"

#include <spinodal/continuation.h>
#include <spinodal/objective/reduction.h>

static const char *const special_kinds[] = {"fold", "branch_point", NULL};
const char *const spn_change_words[] = {"accuracy", "symmetry", "other", NULL};
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
    STATE(state, beta),
    REAL(arclength, "weight", "length of the branch up to here, in theta and scaled beta"),
    REAL(slope, "", "dbeta/ds of the unit tangent; changes sign at a fold"),
    STATE(state, error),
    STATE(state, loss),
    STATE_MEANS(state, weight_norm, "distance to the origin |theta|; its square is dL/dbeta (T9)"),
    STATE(state, scalar_curvature_error),
    STATE(state, scalar_curvature_loss),
    REAL(eigenvalue_min, BETA, "smallest eigenvalue of the Hessian of L, zero modes left out"),
    REAL(critical_eigenvalue, BETA,
         "eigenvalue of the Hessian of L closest to zero, zero modes left out"),
    STATE_MEANS(state, susceptibility, "-d|theta|^2/dbeta along the branch (T10)"),
    INTEGER(negative_eigenvalues, "negative eigenvalues of the Hessian of L; 0: stable"),
    INTEGER(zero_modes, "zero modes of a continuous symmetry, which were bordered out"),
    STATE(state, active_modes),
    STATE(state, dead_units),
    STATE(state, merged_units),
    STATE(state, accuracy),
    STATE(state, test_error),
    STATE(state, test_accuracy),
    STATE(state, gradient_norm),
    REAL(step, "weight", "arclength from the point before"),
    INTEGER(corrections, "Newton steps of the corrector"),
    WORDS_SINCE(certainty, spn_certainty_words,
                "branches.method products: how negative_eigenvalues and eigenvalue_min are known, "
                "as of a sweep's points; none: they are not",
                "0.1.0"),
    INTEGER_SINCE(products, "branches.method products: with the Hessian, since the point before",
                  "0.1.0"),
    STATE_LATER(state, "", "", "")};
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
    STATE_MEANS(state, error, "error E there"),
    STATE_MEANS(state, loss, "loss L there"),
    STATE_MEANS(state, weight_norm, "|theta| there"),
    STATE_MEANS(state, scalar_curvature_error, "scalar (Ricci) curvature of E's graph there (T3)"),
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
    WORDS(change, spn_change_words, "what changes here"),
    STATE_MEANS(state, active_modes,
                "independent directions of the outputs over the samples, before it"),
    STATE_MEANS(state, dead_units, "hidden units whose outgoing weights vanish, before it"),
    STATE_MEANS(state, merged_units,
                "hidden units that repeat an earlier one up to sign, before it"),
    STATE_AS(state, gradient_norm, "residual", "|grad L| at the located point"),
    STATE_AS(after, loss, "loss_after",
             "end of a stable stretch: loss L of the phase it falls into"),
    STATE_AS(after, error, "error_after", "likewise error E"),
    STATE_AS(after, weight_norm, "norm_after", "likewise |theta|"),
    STATE_AS(after, scalar_curvature_error, "curvature_after",
             "likewise scalar curvature of E's graph"),
    STATE_AS(after, active_modes, "active_after", "likewise active modes; otherwise -1"),
    STATE_AS(after, dead_units, "dead_after", "likewise dead units; otherwise -1"),
    STATE_AS(after, merged_units, "merged_after", "likewise merged units; otherwise -1"),
    STATE_MEANS(state, accuracy,
                "share of samples whose class is right, before it; null without classes"),
    STATE_AS(after, accuracy, "accuracy_after", "likewise in the phase it falls into"),
    STATE_LATER(state, "", "", " there")
        STATE_LATER(after, "", "_after", " in the phase it falls into")};
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
#define AT_LOW " at the lower end"
#define AT_HIGH " at the upper end"
#define ENDS(field, name, meaning)                                                                 \
    STATE_AS(low, field, name "_low", meaning AT_LOW),                                             \
        STATE_AS(high, field, name "_high", meaning AT_HIGH)
static const spn_column phase_columns[] = {
    INTEGER(phase, "number of the phase, from 0"),
    INTEGER(branch, "branch that it is a stretch of"),
    INTEGER(first_point, "first point of the stretch on its branch"),
    INTEGER(last_point, "last point of the stretch"),
    STATE(middle, active_modes),
    STATE(middle, dead_units),
    STATE(middle, merged_units),
    REAL(beta_low, BETA, "lower end of its window of metastability"),
    REAL(beta_high, BETA, "upper end of its window"),
    WORDS(end_low, ends, "what ends it at the lower end"),
    WORDS(end_high, ends, "what ends it at the upper end"),
    INTEGER(special_low, "row of specials at the lower end; -1: none"),
    INTEGER(special_high, "row of specials at the upper end; -1: none"),
    ENDS(weight_norm, "norm", "|theta|"),
    ENDS(error, "error", "error E"),
    ENDS(loss, "loss", "loss L"),
    ENDS(scalar_curvature_error, "curvature", "scalar curvature of E's graph"),
    REAL(global_low, BETA, "lower end of the range where it has the smallest L; null: nowhere"),
    REAL(global_high, BETA, "upper end of that range"),
    INTEGER(visits, "starts that led to it"),
    STATE_LATER(middle, "", "", " in the middle of its window") STATE_LATER(low, "", "_low", AT_LOW)
        STATE_LATER(high, "", "_high", AT_HIGH)};
COLUMNS(spn_phase_columns, phase_columns);
#undef RECORD

#define RECORD spn_maxwell_record
#define OF_A " of the first"
#define OF_B " of the second"
#define PAIR(field, name, meaning)                                                                 \
    STATE_AS(a, field, name "_a", meaning OF_A), STATE_AS(b, field, name "_b", meaning OF_B)
static const spn_column maxwell_columns[] = {
    INTEGER(phase_a, "the phase with smaller L below"),
    INTEGER(phase_b, "the phase with smaller L above"),
    REAL(beta, BETA, "where both have equal L"),
    REAL(beta_low, BETA, "lower end of its interval"),
    REAL(beta_high, BETA, "upper end of its interval"),
    REAL(loss, "error", "their common L"),
    PAIR(error, "error", "error E"),
    PAIR(weight_norm, "norm", "|theta|"),
    PAIR(scalar_curvature_error, "curvature", "scalar curvature of E's graph"),
    INTEGER(is_global, "1: no other phase has smaller L there"),
    STATE_LATER(a, "", "_a", OF_A) STATE_LATER(b, "", "_b", OF_B)};
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
