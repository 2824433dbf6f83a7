/* SPDX-License-Identifier: MIT */
#include "geometry/observables.h"

#include <spinodal/sweep.h>

const char *const spn_direction_words[] = {"up", "down", "quench", NULL};

#define RECORD spn_sweep_record

static const spn_column columns[] = {
    INTEGER(seed, "index of the random start, from 0"),
    WORDS(direction, spn_direction_words, "direction of the chain, or of its leg"),
    INTEGER(phase, "down chains: active modes of the phase the chain starts from; otherwise -1"),
    INTEGER(leg, "leg of the chain, from 0"),
    INTEGER(point, "index of the point within its chain, from 0"),
    STATE(state, beta),
    STATE(state, error),
    STATE(state, loss),
    STATE(state, weight_norm),
    STATE(state, trivial_distance),
    STATE(state, active_modes),
    STATE(state, dead_units),
    STATE(state, merged_units),
    STATE(state, accuracy),
    STATE(state, test_error),
    STATE(state, test_accuracy),
    STATE(state, scalar_curvature_error),
    STATE(state, scalar_curvature_loss),
    STATE(state, scalar_curvature_rounding),
    STATE(state, mean_curvature_error),
    STATE(state, mean_curvature_loss),
    STATE(state, gauss_kronecker_sign_error),
    STATE(state, gauss_kronecker_log_error),
    STATE(state, gauss_kronecker_sign_loss),
    STATE(state, gauss_kronecker_log_loss),
    STATE(state, eigenvalue_min_error),
    STATE(state, eigenvalue_max_error),
    STATE(state, eigenvalue_min_loss),
    STATE(state, eigenvalue_max_loss),
    STATE(state, negative_eigenvalues_error),
    STATE(state, negative_eigenvalues_loss),
    STATE(state, fisher_trace),
    STATE(state, residual_share),
    INTEGER(jump,
            "1: the tangents at this point and the one before do not explain the way between them: "
            "a jump or a bifurcation lies there"),
    REAL(free_energy_mismatch, "",
         "change of L since the chain's last point against the integral of |theta|^2, relative "
         "(T9); "
         "null at the first point and at a jump"),
    STATE(state, susceptibility),
    STATE(state, gradient_norm),
    STATE(state, newton_decrement),
    STATE(state, distance),
    STATE(state, stationary),
    WORDS(stop, spn_stop_words, "how the solver ended"),
    INTEGER(iterations,
            "iterations of the solver on the way to the point: critical slowing down shows here"),
    INTEGER(escapes, "saddles left along their most negative direction"),
    WORDS_SINCE(
        certainty, spn_certainty_words,
        "how the index and the smallest eigenvalue of L are known: all eigenvalues; those of a "
        "network without repeated units, and the rest by factorisations; its lowest by "
        "Lanczos' method; not at all",
        "0.1.0"),
    STATE_LATER(state, "", "", "")};

const spn_columns spn_sweep_columns = {columns, sizeof columns / sizeof *columns,
                                       sizeof(spn_sweep_record)};

#undef RECORD
#define RECORD spn_sweep_jump
#define AT_LAST " at the last point of the old branch"
#define BEHIND " behind it"
#define SIDES(field, name, help)                                                                   \
    STATE_AS(before, field, name "_before", help AT_LAST),                                         \
        STATE_AS(after, field, name "_after", help BEHIND)

static const spn_column jump_columns[] = {
    INTEGER(chain, "number of the chain"),
    INTEGER(seed, "index of the random start, from 0"),
    WORDS(direction, spn_direction_words, "direction of the chain, or of its leg"),
    INTEGER(phase, "down chains: active modes of the phase the chain starts from; otherwise -1"),
    INTEGER(leg, "leg of the chain, from 0"),
    INTEGER(point, "index within the chain of the first grid point behind the transition"),
    REAL(beta, "error/weight^2", "beta of the transition: middle of the bracket"),
    REAL(beta_before, "error/weight^2", "end of the bracket: beta" AT_LAST),
    REAL(beta_after, "error/weight^2", "end of the bracket: beta" BEHIND),
    SIDES(loss, "loss", "loss L"),
    SIDES(error, "error", "error E"),
    SIDES(weight_norm, "norm", "|theta|"),
    SIDES(scalar_curvature_error, "curvature", "scalar (Ricci) curvature of E's graph (T3)"),
    SIDES(eigenvalue_min_loss, "eigenvalue", "smallest eigenvalue of the Hessian of L"),
    SIDES(susceptibility, "susceptibility", "-d|theta|^2/dbeta (T10)"),
    SIDES(active_modes, "active", "independent directions of the outputs over the samples"),
    SIDES(merged_units, "merged",
          "hidden units that repeat an earlier one up to sign (-1: trivial point)"),
    SIDES(dead_units, "dead", "hidden units whose outgoing weights vanish (-1: trivial point)"),
    SIDES(accuracy, "accuracy",
          "share of samples whose class is right; null where there are no classes,"),
    INTEGER(
        survives,
        "1: |theta|^2 is discontinuous: it changes by more than its slopes on both sides explain"),
    INTEGER(resolved, "1: the bracket is narrower than the tolerance"),
    INTEGER(settled,
            "1: what lies behind is a minimum; 0: none was reached, and the numbers there are "
            "those of the state in which the solver stopped"),
    STATE_LATER(before, "", "_before", AT_LAST) STATE_LATER(after, "", "_after", BEHIND)};
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

bool spn_sweep_jump_is_elsewhere(const spn_sweep_jump *jump, const spn_sweep_record *point,
                                 int64_t count, const spn_sweep_record *points)
{
    for (int64_t i = 0; point->jump == 0 && i < count; i++) {
        const spn_sweep_record *other = &points[i];
        if (other->jump != 0 && other->seed == jump->seed && other->direction == jump->direction &&
            other->phase == jump->phase && other->leg == jump->leg && other->point == jump->point) {
            return true;
        }
    }
    return false;
}

const char *spn_direction_text(int64_t direction)
{
    bool is_known = direction >= SPN_DIRECTION_UP && direction <= SPN_DIRECTION_QUENCH;
    return is_known ? spn_direction_words[direction] : NULL;
}
