/* SPDX-License-Identifier: MIT */
#include "base/columns.h"

#include <spinodal/trajectory.h>

static const char *const kinds[] = {"metastable", "ghost", "saddle", "degenerate", "slow", NULL};
static const char *const stops[] = {"converged", "max_iterations", "stalled",
                                    "diverged",  "interrupted",    NULL};

#define COLUMNS(items)                                                                             \
    {                                                                                              \
        items, sizeof items / sizeof *items, sizeof(RECORD)                                        \
    }

#define RECORD spn_trajectory_record
static const spn_column point_columns[] = {
    INTEGER(run, "number of the run, start * seeds + seed"),
    INTEGER(record, "index of the record within its run, from 0"),
    REAL(epoch, "epoch", "steps of gd, momentum and adam; passes of sgd; time / learning_rate"),
    REAL(time, "weight^2/error", "time of the gradient flow that the epochs stand for; null: adam"),
    REAL(error, "error", "error E (T1)"),
    REAL(loss, "error", "loss L = E + beta |theta|^2 (T2)"),
    REAL(weight_norm, "weight", "distance to the origin |theta|"),
    REAL(trivial_distance, "weight",
         "distance to the trivial model |theta - theta_trivial| (T14); null where there is none"),
    REAL(accuracy, "", "share of the samples whose class is right; null without classes"),
    REAL(test_error, "error", "E on the samples kept for testing; null without any"),
    REAL(test_accuracy, "", "accuracy on the samples kept for testing; null without any"),
    INTEGER(active_modes, "modes of the data that the network has learned"),
    INTEGER(dead_units, "hidden units whose outgoing weights vanish"),
    INTEGER(merged_units, "hidden units that repeat an earlier one up to sign"),
    REAL(gradient_norm, "error/weight", "|grad L| over all samples"),
    REAL(scalar_curvature_error, "error^2/weight^4", "scalar (Ricci) curvature of E's graph (T3)"),
    REAL(eigenvalue_min_loss, "error/weight^2", "smallest eigenvalue of the Hessian of L"),
    REAL(eigenvalue_max_loss, "error/weight^2", "largest eigenvalue of the Hessian of L"),
    INTEGER(negative_eigenvalues_loss, "negative eigenvalues of the Hessian of L"),
    REAL(stability, "", "learning_rate * eigenvalue_max_loss; gradient descent: unstable above 2"),
};
const spn_columns spn_trajectory_columns = COLUMNS(point_columns);
#undef RECORD

#define RECORD spn_crossing_record
static const spn_column crossing_columns[] = {
    INTEGER(run, "number of the run"),
    REAL(level, "error", "value of E"),
    REAL(epoch, "epoch", "first epoch with E below it; null: never"),
    REAL(time, "weight^2/error", "time of the flow there; null: never, or adam"),
};
const spn_columns spn_crossing_columns = COLUMNS(crossing_columns);
#undef RECORD

#define RECORD spn_plateau_record
static const spn_column plateau_columns[] = {
    INTEGER(run, "number of the run"),
    INTEGER(plateau, "number within its run, from 0"),
    WORDS(kind, kinds, "what slows the path down"),
    REAL(epoch_from, "epoch", "where it begins: the escape before, or 0"),
    REAL(epoch_slowest, "epoch", "where |grad L| is smallest"),
    REAL(epoch_to, "epoch", "the escape: where |grad L| is largest behind it; null: not left"),
    REAL(error, "error", "E at epoch_slowest"),
    REAL(loss, "error", "L at epoch_slowest"),
    REAL(gradient_norm, "error/weight", "|grad L| at epoch_slowest"),
    INTEGER(active_modes, "modes learned at epoch_slowest"),
    REAL(branch_error, "error", "E of the stationary point, or of the ghost's fold"),
    REAL(branch_loss, "error", "L of it"),
    REAL(branch_beta, "error/weight^2", "beta of it: that of the training, or of the fold"),
    REAL(branch_distance, "weight", "|theta - theta_branch| at epoch_slowest"),
    INTEGER(branch_modes, "modes learned on the branch"),
    REAL(eigenvalue, "error/weight^2",
         "smallest eigenvalue of the Hessian of L on the branch, zero modes left out"),
    INTEGER(negative_eigenvalues, "negative eigenvalues on the branch"),
    REAL(amplitude, "weight", "delta: part of theta - theta_branch that grows, at epoch_from"),
    REAL(measured, "epoch", "epoch_to - epoch_from; null: not left"),
    REAL(predicted, "epoch", "the same by the law of its kind; null: it never leaves, or no law"),
    REAL(predicted_low, "epoch", "from here ..."),
    REAL(predicted_high, "epoch", "... to here the escape came wherever it was measured; no bound"),
};
const spn_columns spn_plateau_columns = COLUMNS(plateau_columns);
#undef RECORD

#define RECORD spn_run_record
static const spn_column run_columns[] = {
    INTEGER(run, "number of the run, start * seeds + seed"),
    INTEGER(start, "index of its start"),
    INTEGER(seed, "index of its random numbers"),
    REAL(beta, "error/weight^2", "beta of the training"),
    REAL(residue, "weight", "u_0: what was added to each weight of the start"),
    WORDS(stop, stops, "how it ended; max_iterations: all epochs were done"),
    REAL(epoch, "epoch", "epoch at its end"),
    REAL(stability_max, "",
         "largest learning_rate * eigenvalue_max_loss of its records; null without geometry"),
    REAL(error, "error", "E of its last state"),
    REAL(loss, "error", "L of its last state"),
    REAL(weight_norm, "weight", "|theta| of its last state"),
    REAL(gradient_norm, "error/weight", "|grad L| of its last state"),
    REAL(final_error, "error", "E of the minimum that Newton's method reaches from there"),
    REAL(final_loss, "error", "L of that minimum"),
    REAL(final_weight_norm, "weight", "|theta| of that minimum"),
    REAL(final_distance, "weight", "way from the last state to that minimum"),
    REAL(final_eigenvalue, "error/weight^2",
         "smallest eigenvalue of the Hessian of L there, zero modes of symmetry left out"),
    INTEGER(final_negative_eigenvalues, "negative eigenvalues there"),
    INTEGER(final_active_modes, "modes learned there"),
    INTEGER(final_dead_units, "hidden units there whose outgoing weights vanish"),
    INTEGER(final_merged_units, "hidden units there that repeat an earlier one up to sign"),
    INTEGER(final_stationary, "1: that point passes the gate of stationarity"),
    INTEGER(final_steps, "steps of Newton's method that were tried on the way there"),
};
const spn_columns spn_run_columns = COLUMNS(run_columns);
#undef RECORD

static const spn_stream streams[] = {
    [SPN_TRAJECTORY_POINT] = {.table = "points",
                              .columns = &spn_trajectory_columns,
                              .has_modes = true,
                              .has_state = true,
                              .theta_count = 1,
                              .thetas = {{"theta", "all weights and biases in the order of "
                                                   "/layout; one row per row of /points"}}},
    [SPN_TRAJECTORY_CROSSING] = {.table = "crossings", .columns = &spn_crossing_columns},
    [SPN_TRAJECTORY_PLATEAU] = {.table = "plateaus",
                                .columns = &spn_plateau_columns,
                                .theta_count = 1,
                                .thetas = {{"plateau_theta",
                                            "the same where each plateau is slowest; one row per "
                                            "row of /plateaus"}}},
    [SPN_TRAJECTORY_END] = {.table = "runs",
                            .columns = &spn_run_columns,
                            .theta_count = 1,
                            .thetas = {{"final_theta", "the same at the minimum that Newton's "
                                                       "method reaches from there"}}},
};
const spn_streams spn_trajectory_streams = {streams, sizeof streams / sizeof *streams};
