/* SPDX-License-Identifier: MIT */
#include "geometry/observables.h"

#include <spinodal/trajectory.h>

static const char *const kinds[] = {"metastable", "ghost", "saddle", "degenerate", "slow", NULL};

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
    STATE(state, error),
    STATE(state, loss),
    STATE_MEANS(state, weight_norm, "distance to the origin |theta|"),
    STATE(state, trivial_distance),
    STATE_MEANS(state, accuracy, "share of the samples whose class is right; null without classes"),
    STATE_MEANS(state, test_error, "E on the samples kept for testing; null without any"),
    STATE_MEANS(state, test_accuracy, "accuracy on the samples kept for testing; null without any"),
    STATE_MEANS(state, active_modes, "modes of the data that the network has learned"),
    STATE_MEANS(state, dead_units, "hidden units whose outgoing weights vanish"),
    STATE_MEANS(state, merged_units, "hidden units that repeat an earlier one up to sign"),
    STATE_MEANS(state, gradient_norm, "|grad L| over all samples"),
    STATE(state, scalar_curvature_error),
    STATE(state, eigenvalue_min_loss),
    STATE(state, eigenvalue_max_loss),
    STATE_MEANS(state, negative_eigenvalues_loss, "negative eigenvalues of the Hessian of L"),
    REAL(stability, "", "learning_rate * eigenvalue_max_loss; gradient descent: unstable above 2"),
    STATE_LATER(state, "", "", "")};
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
    REAL_SINCE(predicted_low, "epoch", "from here ...", "0.1.0"),
    REAL_SINCE(predicted_high, "epoch",
               "... to here the escape came wherever it was measured; no bound", "0.1.0"),
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
    WORDS(stop, spn_usual_stop_words, "how it ended; max_iterations: all epochs were done"),
    REAL(epoch, "epoch", "epoch at its end"),
    REAL(stability_max, "",
         "largest learning_rate * eigenvalue_max_loss of its records; null without geometry"),
    STATE_MEANS(state, error, "E of its last state"),
    STATE_MEANS(state, loss, "L of its last state"),
    STATE_MEANS(state, weight_norm, "|theta| of its last state"),
    STATE_MEANS(state, gradient_norm, "|grad L| of its last state"),
    STATE_AS(final, error, "final_error",
             "E of the minimum that Newton's method reaches from there"),
    STATE_AS(final, loss, "final_loss", "L of that minimum"),
    STATE_AS(final, weight_norm, "final_weight_norm", "|theta| of that minimum"),
    REAL(final_distance, "weight", "way from the last state to that minimum"),
    REAL(final_eigenvalue, "error/weight^2",
         "smallest eigenvalue of the Hessian of L there, zero modes of symmetry left out"),
    INTEGER(final_negative_eigenvalues, "negative eigenvalues there"),
    STATE_AS(final, active_modes, "final_active_modes",
             "independent directions of the outputs there"),
    STATE_AS(final, dead_units, "final_dead_units",
             "hidden units there whose outgoing weights vanish"),
    STATE_AS(final, merged_units, "final_merged_units",
             "hidden units there that repeat an earlier one up to sign"),
    STATE_AS(final, stationary, "final_stationary",
             "1: that point passes the gate of stationarity"),
    INTEGER_SINCE(final_steps, "steps of Newton's method that were tried on the way there",
                  "0.1.0"),
    STATE_LATER(state, "", "", " of its last state")
        STATE_LATER(final, "final_", "", " of the minimum")};
const spn_columns spn_run_columns = COLUMNS(run_columns);
#undef RECORD

static const spn_stream streams[] = {
    [SPN_TRAJECTORY_POINT] = {.table = "points",
                              .columns = &spn_trajectory_columns,
                              .has_modes = true,
                              .has_state = true,
                              .theta_count = 1,
                              .thetas = {{"theta", "all weights and biases in the order of "
                                                   "/layout; one row per row of /points"}},
                              .key_count = 1,
                              .keys = {offsetof(spn_trajectory_record, record)}},
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
