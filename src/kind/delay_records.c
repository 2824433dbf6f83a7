/* SPDX-License-Identifier: MIT */
#include <spinodal/kind.h>

static const char *const axes[] = {"scale", "beta", NULL};
static const char *const methods[] = {"flow", "gd", "momentum", "adam", "sgd", NULL};
static const char *const outcomes[] = {"left", "never", "limit", NULL};
static const char *const starts[] = {"random", "middle", "trivial", "none", NULL};

static const spn_column delay_items[] = {
    SPN_INTEGER_COLUMN(spn_delay_run, run, "number of the run, from 0"),
    SPN_WORD_COLUMN(spn_delay_run, axis, axes,
                    "what the runs of its series differ in: u_0 or beta"),
    SPN_INTEGER_COLUMN(spn_delay_run, depth, "number of weight matrices"),
    SPN_WORD_COLUMN(spn_delay_run, method, methods, "how the network was trained"),
    SPN_INTEGER_COLUMN(spn_delay_run, seed,
                       "random start, from 0; -1: the start aligned with the mode"),
    SPN_REAL_COLUMN(
        spn_delay_run, scale, "weight",
        "u_0: each layer's weight of an aligned start, standard deviation of every weight of a "
        "random one"),
    SPN_REAL_COLUMN(spn_delay_run, beta, "error/weight^2", "regularisation strength"),
    SPN_REAL_COLUMN(spn_delay_run, threshold, "error/weight^2",
                    "beta from which on an aligned start of this scale never leaves (T16)"),
    SPN_REAL_COLUMN(
        spn_delay_run, own_scale, "weight",
        "scale of the aligned start with the same tau_* (T22); depth 2: length of the part that "
        "grows"),
    SPN_REAL_COLUMN(spn_delay_run, own_threshold, "error/weight^2",
                    "beta from which on this start never leaves"),
    SPN_REAL_COLUMN(spn_delay_run, strength, "", "end-to-end strength s at which it has escaped"),
    SPN_WORD_COLUMN(
        spn_delay_run, outcome, outcomes,
        "left; never: it is in the ball around theta = 0 that no flow leaves; limit: still there "
        "at the end of the run"),
    SPN_REAL_COLUMN(spn_delay_run, epoch, "epochs",
                    "first with E at or below that of s; null: none"),
    SPN_REAL_COLUMN(spn_delay_run, time, "time", "of gradient flow: learning rate times epoch"),
    SPN_REAL_COLUMN(spn_delay_run, passage, "time",
                    "exact passage time of an aligned start of own_scale; infinite: never"),
    SPN_REAL_COLUMN(spn_delay_run, t16, "time",
                    "T16 for an aligned start of this scale; infinite: never"),
    SPN_REAL_COLUMN(spn_delay_run, t22, "time", "T22 for this random start; infinite: never"),
    SPN_REAL_COLUMN(spn_delay_run, passage_difference, "", "time / passage - 1"),
    SPN_REAL_COLUMN(spn_delay_run, t16_difference, "", "time / t16 - 1"),
    SPN_REAL_COLUMN(spn_delay_run, t22_difference, "", "time / t22 - 1"),
    SPN_REAL_COLUMN(spn_delay_run, aligned_share, "",
                    "time / exact passage time of an aligned start of this scale"),
};
const spn_columns spn_delay_columns = SPN_COLUMNS_OF(delay_items, spn_delay_run);

static const spn_column race_items[] = {
    SPN_INTEGER_COLUMN(spn_orders_race, race, "number of the race, from 0"),
    SPN_WORD_COLUMN(spn_orders_race, method, methods, "how the network was trained"),
    SPN_REAL_COLUMN(spn_orders_race, learning_rate, "", "of the method"),
    SPN_REAL_COLUMN(spn_orders_race, beta, "error/weight^2", "regularisation strength"),
    SPN_REAL_COLUMN(spn_orders_race, residue, "weight",
                    "u_0: standard deviation of what is added to both phases"),
    SPN_INTEGER_COLUMN(spn_orders_race, draw,
                       "of the random numbers of weights and residue, from 0"),
    SPN_REAL_COLUMN(spn_orders_race, epoch_random, "epochs",
                    "first with E below the level, from random weights; null: never"),
    SPN_REAL_COLUMN(spn_orders_race, epoch_middle, "epochs",
                    "likewise from the phase with one mode"),
    SPN_REAL_COLUMN(spn_orders_race, epoch_trivial, "epochs", "likewise from the trivial phase"),
    SPN_REAL_COLUMN(
        spn_orders_race, epoch_strong, "epochs",
        "first at which the trivial start is below the level between the phases with none and "
        "one mode; null: never"),
    SPN_WORD_COLUMN(spn_orders_race, first, starts, "start that is first; none: no start arrives"),
    SPN_WORD_COLUMN(spn_orders_race, second, starts,
                    "second; equal epochs in the order random, middle, trivial"),
    SPN_WORD_COLUMN(spn_orders_race, third, starts, "third"),
    SPN_REAL_COLUMN(
        spn_orders_race, lead, "",
        "(trivial - middle) / (trivial + middle) of their epochs: positive, the middle phase is "
        "first; 1: the trivial one never; -1: the middle one never; null: neither"),
};
const spn_columns spn_orders_columns = SPN_COLUMNS_OF(race_items, spn_orders_race);
