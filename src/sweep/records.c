/* SPDX-License-Identifier: MIT */
#include "base/columns.h"

#include <spinodal/sweep.h>

static const char *const directions[] = {"up", "down", "quench", NULL};
static const char *const stops[] = {"converged", "max_iterations", "stalled",
                                    "diverged",  "interrupted",    NULL};

#define RECORD spn_sweep_record

static const spn_column columns[] = {
    INTEGER(seed, "index of the random start, from 0"),
    WORDS(direction, directions, "direction of the chain, or of its leg"),
    INTEGER(phase, "down chains: active modes of the phase the chain starts from; otherwise -1"),
    INTEGER(leg, "leg of the chain, from 0"),
    INTEGER(point, "index of the point within its chain, from 0"),
    REAL(beta, "error/weight^2", "regularisation strength beta (T2)"),
    REAL(error, "error", "error E (T1)"),
    REAL(loss, "error", "loss L = E + beta |theta|^2 (T2)"),
    REAL(weight_norm, "weight", "distance to the origin |theta|; its square is dF/dbeta (T9)"),
    REAL(trivial_distance, "weight",
         "distance to the trivial model |theta - theta_trivial| (T14); null where there is none"),
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
    REAL(scalar_curvature_error, "error^2/weight^4", "scalar (Ricci) curvature of E's graph (T3)"),
    REAL(scalar_curvature_loss, "error^2/weight^4", "scalar (Ricci) curvature of L's graph (T3)"),
    REAL(scalar_curvature_rounding, "error^2/weight^4",
         "estimate of the rounding error of the scalar curvature of E's graph"),
    REAL(mean_curvature_error, "error/weight^2", "mean curvature tr S / P of E's graph (T4)"),
    REAL(mean_curvature_loss, "error/weight^2", "mean curvature tr S / P of L's graph (T4)"),
    REAL(gauss_kronecker_sign_error, "", "sign of the Gauss-Kronecker curvature of E's graph (T5)"),
    REAL(gauss_kronecker_log_error, "",
         "natural logarithm of the size of the Gauss-Kronecker curvature of E's graph (T5)"),
    REAL(gauss_kronecker_sign_loss, "", "sign of the Gauss-Kronecker curvature of L's graph (T5)"),
    REAL(gauss_kronecker_log_loss, "",
         "natural logarithm of the size of the Gauss-Kronecker curvature of L's graph (T5)"),
    REAL(eigenvalue_min_error, "error/weight^2", "smallest eigenvalue of the Hessian of E"),
    REAL(eigenvalue_max_error, "error/weight^2", "largest eigenvalue of the Hessian of E"),
    REAL(eigenvalue_min_loss, "error/weight^2", "smallest eigenvalue of the Hessian of L"),
    REAL(eigenvalue_max_loss, "error/weight^2", "largest eigenvalue of the Hessian of L"),
    INTEGER(negative_eigenvalues_error, "eigenvalues of the Hessian of E below -1e-9 max|lambda|"),
    INTEGER(negative_eigenvalues_loss, "eigenvalues of the Hessian of L below -1e-9 max|lambda|"),
    REAL(fisher_trace, "error/weight^2", "trace of the Fisher information with sigma = 1 (T8)"),
    REAL(
        residual_share, "",
        "share of the residual part in the Hessian of E: |H_R| / (|H_GN| + |H_R|), Frobenius (T8)"),
    INTEGER(jump,
            "1: the tangents at this point and the one before do not explain the way between them: "
            "a jump or a bifurcation lies there"),
    REAL(free_energy_mismatch, "",
         "change of L since the chain's last point against the integral of |theta|^2, relative "
         "(T9); "
         "null at the first point and at a jump"),
    REAL(susceptibility, "weight^4/error",
         "-d|theta|^2/dbeta (T10); null where the point is not stationary"),
    REAL(gradient_norm, "error/weight", "|grad L|"),
    REAL(newton_decrement, "error^(1/2)", "Newton decrement sqrt(g' |H|^+ g) of L"),
    REAL(distance, "", "estimated distance to the stationary point |H^+ g| / |theta|"),
    INTEGER(stationary, "1: the point passed the stationarity gate"),
    WORDS(stop, stops, "how the solver ended"),
    INTEGER(iterations,
            "iterations of the solver on the way to the point: critical slowing down shows here"),
    INTEGER(escapes, "saddles left along their most negative direction"),
};

const spn_columns spn_sweep_columns = {columns, sizeof columns / sizeof *columns,
                                       sizeof(spn_sweep_record)};

#undef RECORD
#define RECORD spn_sweep_jump
#define SIDES(name, unit, help)                                                                    \
    REAL(name##_before, unit, help " at the last point of the old branch"),                        \
        REAL(name##_after, unit, help " behind it")
#define LABELS(name, help)                                                                         \
    INTEGER(name##_before, help " at the last point of the old branch"),                           \
        INTEGER(name##_after, help " behind it")

static const spn_column jump_columns[] = {
    INTEGER(chain, "number of the chain"),
    INTEGER(seed, "index of the random start, from 0"),
    WORDS(direction, directions, "direction of the chain, or of its leg"),
    INTEGER(phase, "down chains: active modes of the phase the chain starts from; otherwise -1"),
    INTEGER(leg, "leg of the chain, from 0"),
    INTEGER(point, "index within the chain of the first grid point behind the transition"),
    REAL(beta, "error/weight^2", "beta of the transition: middle of the bracket"),
    SIDES(beta, "error/weight^2", "end of the bracket: beta"),
    SIDES(loss, "error", "loss L"),
    SIDES(error, "error", "error E"),
    SIDES(norm, "weight", "|theta|"),
    SIDES(curvature, "error^2/weight^4", "scalar (Ricci) curvature of E's graph (T3)"),
    SIDES(eigenvalue, "error/weight^2", "smallest eigenvalue of the Hessian of L"),
    SIDES(susceptibility, "weight^4/error", "-d|theta|^2/dbeta (T10)"),
    LABELS(active, "independent directions of the outputs over the samples"),
    LABELS(merged, "hidden units that repeat an earlier one up to sign (-1: trivial point)"),
    LABELS(dead, "hidden units whose outgoing weights vanish (-1: trivial point)"),
    SIDES(accuracy, "", "share of samples whose class is right; null where there are no classes,"),
    INTEGER(
        survives,
        "1: |theta|^2 is discontinuous: it changes by more than its slopes on both sides explain"),
    INTEGER(resolved, "1: the bracket is narrower than the tolerance"),
    INTEGER(settled,
            "1: what lies behind is a minimum; 0: none was reached, and the numbers there are "
            "those of the state in which the solver stopped"),
};
const spn_columns spn_sweep_jump_columns = {
    jump_columns, sizeof jump_columns / sizeof *jump_columns, sizeof(spn_sweep_jump)};

#undef RECORD
#define RECORD spn_sweep_approach
static const spn_column approach_columns[] = {
    INTEGER(jump, "row of the transition in /jumps"),
    REAL(beta, "error/weight^2", "beta of the point, on the branch that ends at the transition"),
    REAL(distance, "error/weight^2", "|beta - beta of the transition|"),
    REAL(eigenvalue, "error/weight^2",
         "critical eigenvalue of the Hessian of L, its mode followed by overlap"),
    REAL(overlap, "", "of the critical mode with that of the next closer point; 1 at the closest"),
    REAL(norm_squared, "weight^2", "|theta|^2"),
    REAL(susceptibility, "weight^4/error", "-d|theta|^2/dbeta (T10)"),
    REAL(error, "error", "error E"),
    REAL(loss, "error", "loss L"),
};
const spn_columns spn_sweep_approach_columns = {approach_columns,
                                                sizeof approach_columns / sizeof *approach_columns,
                                                sizeof(spn_sweep_approach)};

static const spn_stream streams[] = {
    [SPN_SWEEP_POINT] = {.table = "points",
                         .columns = &spn_sweep_columns,
                         .has_modes = true,
                         .theta_count = 1,
                         .thetas = {{"theta", "all weights and biases in the order of /layout; one "
                                              "row per row of /points"}},
                         .key_count = 1,
                         .keys = {offsetof(spn_sweep_record, point)}},
    [SPN_SWEEP_JUMP] = {.table = "jumps",
                        .columns = &spn_sweep_jump_columns,
                        .is_resent = true,
                        .theta_count = 2,
                        .thetas = {{"jump_theta_before", "theta at the last point of the old "
                                                         "branch; one row per row of /jumps"},
                                   {"jump_theta_after",
                                    "theta behind it; one row per row of /jumps"}},
                        .attached = {"approach", &spn_sweep_approach_columns,
                                     offsetof(spn_sweep_approach, jump), SPN_APPROACH_MAX},
                        .key_count = 1,
                        .keys = {offsetof(spn_sweep_jump, point)}},
};
const spn_streams spn_sweep_streams = {streams, sizeof streams / sizeof *streams};

const char *spn_direction_text(int64_t direction)
{
    bool is_known = direction >= SPN_DIRECTION_UP && direction <= SPN_DIRECTION_QUENCH;
    return is_known ? directions[direction] : NULL;
}
