/* SPDX-License-Identifier: MIT */
#include <spinodal/kind.h>

static const char *const activations[] = {"tanh", "relu",   "sigmoid", "softplus",
                                          "gelu", "linear", NULL};
static const char *const orders[] = {"none", "first", "second", "not_found", NULL};
static const char *const marks[] = {"plain", "fold", "branch_point", NULL};

#define INTEGER(type, member, help)                                                                \
    {                                                                                              \
#member, SPN_COLUMN_INTEGER, offsetof(type, member), "", help, NULL                        \
    }
#define WORDS(type, member, words, help)                                                           \
    {                                                                                              \
#member, SPN_COLUMN_INTEGER, offsetof(type, member), "", help, words                       \
    }
#define REAL(type, member, unit, help)                                                             \
    {                                                                                              \
#member, SPN_COLUMN_REAL, offsetof(type, member), unit, help, NULL                         \
    }
#define COLUMNS(name, items, type)                                                                 \
    const spn_columns name = {items, sizeof items / sizeof *items, sizeof(type)}

#define RUN spn_family_run
static const spn_column run_items[] = {
    INTEGER(RUN, run, "number of the experiment, from 0"),
    WORDS(RUN, activation, activations, "activation of the hidden units"),
    INTEGER(RUN, depth, "number of weight matrices"),
    INTEGER(RUN, modes, "modes of the data"),
    INTEGER(RUN, transitions, "modes whose loss was measured, along the upward sweep"),
    REAL(RUN, target_power, "error", "E_0, the mean of |y|^2 (T11)"),
    REAL(RUN, start_beta, "error/weight^2", "beta of the random starts; null: none were made"),
    INTEGER(RUN, starts, "number of random starts"),
    INTEGER(RUN, best_modes, "learned modes (above 5 %) of the end with the smallest loss"),
    INTEGER(RUN, stuck, "starts that ended with fewer learned modes than that"),
    REAL(RUN, stuck_fraction, "", "share of them"),
    REAL(RUN, stuck_low, "", "lower end of its 95 % interval (Wilson 1927)"),
    REAL(RUN, stuck_high, "", "upper end"),
};
COLUMNS(spn_family_run_columns, run_items, RUN);

#define LOST spn_family_transition
static const spn_column transition_items[] = {
    INTEGER(LOST, run, "row of `runs`"),
    WORDS(LOST, activation, activations, "activation of the hidden units"),
    INTEGER(LOST, depth, "number of weight matrices"),
    INTEGER(LOST, modes, "modes of the data"),
    INTEGER(LOST, mode, "which mode stops being learned, from 1, the strongest first"),
    REAL(LOST, singular_value, "", "sigma of the mode"),
    REAL(LOST, predicted_beta, "error/weight^2",
         "spinodal of the deep linear network (T12, T13); null: no transition"),
    REAL(LOST, measured_beta, "error/weight^2",
         "end of the last phase with `mode` learned modes; null: no transition in the range"),
    REAL(LOST, beta_low, "error/weight^2", "lower end of its interval"),
    REAL(LOST, beta_high, "error/weight^2", "upper end"),
    REAL(LOST, difference, "error/weight^2", "measured_beta - predicted_beta"),
    WORDS(LOST, predicted_order, orders, "order by linear theory"),
    WORDS(
        LOST, order, orders,
        "order as measured: first at a fold or where no stable branch goes on, second at a branch "
        "point from which one does"),
    REAL(LOST, error_before, "error", "E at measured_beta in the phase that ends"),
    REAL(LOST, error_after, "error", "E of the phase it falls into"),
    REAL(LOST, norm_before, "weight", "|theta| before"),
    REAL(LOST, norm_after, "weight", "|theta| after"),
};
COLUMNS(spn_family_transition_columns, transition_items, LOST);

#define POINT spn_family_point
static const spn_column point_items[] = {
    INTEGER(POINT, run, "row of `runs`"),
    INTEGER(POINT, phase, "phase of the run, as in its own results"),
    INTEGER(POINT, active_modes, "modes that the network has learned (above 5 %)"),
    WORDS(POINT, mark, marks, "end of the phase: fold or branch_point; otherwise plain"),
    REAL(POINT, beta, "error/weight^2", "regularisation strength"),
    REAL(POINT, error, "error", "error E (T1)"),
    REAL(POINT, weight_norm, "weight", "|theta|"),
};
COLUMNS(spn_family_point_columns, point_items, POINT);
