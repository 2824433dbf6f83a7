/* SPDX-License-Identifier: MIT */
#include "gallery/family/family.h"

#include <spinodal/kernel.h>

static const char *const orders[] = {"none", "first", "second", "not_found", NULL};
static const char *const marks[] = {"plain", "fold", "branch_point", NULL};

static const spn_column run_items[] = {
    SPN_INTEGER_COLUMN(spni_family_run, run, "number of the experiment, from 0"),
    SPN_WORD_COLUMN(spni_family_run, activation, spn_activation_words,
                    "activation of the hidden units"),
    SPN_INTEGER_COLUMN(spni_family_run, depth, "number of weight matrices"),
    SPN_INTEGER_COLUMN(spni_family_run, modes, "modes of the data"),
    SPN_INTEGER_COLUMN(spni_family_run, transitions,
                       "modes whose loss was measured, along the upward sweep"),
    SPN_REAL_COLUMN(spni_family_run, target_power, "error", "E_0, the mean of |y|^2 (T11)"),
    SPN_REAL_COLUMN(spni_family_run, start_beta, "error/weight^2",
                    "beta of the random starts; null: none were made"),
    SPN_INTEGER_COLUMN(spni_family_run, starts, "number of random starts"),
    SPN_INTEGER_COLUMN(spni_family_run, best_modes,
                       "learned modes (above 5 %) of the end with the smallest loss"),
    SPN_INTEGER_COLUMN(spni_family_run, stuck,
                       "starts that ended with fewer learned modes than that"),
    SPN_REAL_COLUMN(spni_family_run, stuck_fraction, "", "share of them"),
    SPN_REAL_COLUMN(spni_family_run, stuck_low, "", "lower end of its 95 % interval (Wilson 1927)"),
    SPN_REAL_COLUMN(spni_family_run, stuck_high, "", "upper end"),
};
const spn_columns spni_family_run_columns = SPN_COLUMNS_OF(run_items, spni_family_run);

static const spn_column transition_items[] = {
    SPN_INTEGER_COLUMN(spni_family_transition, run, "row of `runs`"),
    SPN_WORD_COLUMN(spni_family_transition, activation, spn_activation_words,
                    "activation of the hidden units"),
    SPN_INTEGER_COLUMN(spni_family_transition, depth, "number of weight matrices"),
    SPN_INTEGER_COLUMN(spni_family_transition, modes, "modes of the data"),
    SPN_INTEGER_COLUMN(spni_family_transition, mode,
                       "which mode stops being learned, from 1, the strongest first"),
    SPN_REAL_COLUMN(spni_family_transition, singular_value, "", "sigma of the mode"),
    SPN_REAL_COLUMN(spni_family_transition, predicted_beta, "error/weight^2",
                    "spinodal of the deep linear network (T12, T13); null: no transition"),
    SPN_REAL_COLUMN(
        spni_family_transition, measured_beta, "error/weight^2",
        "end of the last phase with `mode` learned modes; null: no transition in the range"),
    SPN_REAL_COLUMN(spni_family_transition, beta_low, "error/weight^2",
                    "lower end of its interval"),
    SPN_REAL_COLUMN(spni_family_transition, beta_high, "error/weight^2", "upper end"),
    SPN_REAL_COLUMN(spni_family_transition, difference, "error/weight^2",
                    "measured_beta - predicted_beta"),
    SPN_WORD_COLUMN(spni_family_transition, predicted_order, orders, "order by linear theory"),
    SPN_WORD_COLUMN(
        spni_family_transition, order, orders,
        "order as measured: first at a fold or where no stable branch goes on, second at a branch "
        "point from which one does"),
    SPN_REAL_COLUMN(spni_family_transition, error_before, "error",
                    "E at measured_beta in the phase that ends"),
    SPN_REAL_COLUMN(spni_family_transition, error_after, "error", "E of the phase it falls into"),
    SPN_REAL_COLUMN(spni_family_transition, norm_before, "weight", "|theta| before"),
    SPN_REAL_COLUMN(spni_family_transition, norm_after, "weight", "|theta| after"),
};
const spn_columns spni_family_transition_columns =
    SPN_COLUMNS_OF(transition_items, spni_family_transition);

static const spn_column point_items[] = {
    SPN_INTEGER_COLUMN(spni_family_point, run, "row of `runs`"),
    SPN_INTEGER_COLUMN(spni_family_point, phase, "phase of the run, as in its own results"),
    SPN_INTEGER_COLUMN(spni_family_point, active_modes,
                       "modes that the network has learned (above 5 %)"),
    SPN_WORD_COLUMN(spni_family_point, mark, marks,
                    "end of the phase: fold or branch_point; otherwise plain"),
    SPN_REAL_COLUMN(spni_family_point, beta, "error/weight^2", "regularisation strength"),
    SPN_REAL_COLUMN(spni_family_point, error, "error", "error E (T1)"),
    SPN_REAL_COLUMN(spni_family_point, weight_norm, "weight", "|theta|"),
};
const spn_columns spni_family_point_columns = SPN_COLUMNS_OF(point_items, spni_family_point);
