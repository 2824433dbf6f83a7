/* SPDX-License-Identifier: MIT */
#include "gallery/orders/orders.h"

#include <spinodal/optimize.h>

static const char *const starts[] = {"random", "middle", "trivial", "none", NULL};

static const spn_column items[] = {
    SPN_INTEGER_COLUMN(spni_orders_race, race, "number of the race, from 0"),
    SPN_WORD_COLUMN(spni_orders_race, method, spn_path_words, "how the network was trained"),
    SPN_REAL_COLUMN(spni_orders_race, learning_rate, "", "of the method"),
    SPN_REAL_COLUMN(spni_orders_race, beta, "error/weight^2", "regularisation strength"),
    SPN_REAL_COLUMN(spni_orders_race, residue, "weight",
                    "u_0: standard deviation of what is added to both phases"),
    SPN_INTEGER_COLUMN(spni_orders_race, draw,
                       "of the random numbers of weights and residue, from 0"),
    SPN_REAL_COLUMN(spni_orders_race, epoch_random, "epochs",
                    "first with E below the level, from random weights; null: never"),
    SPN_REAL_COLUMN(spni_orders_race, epoch_middle, "epochs",
                    "likewise from the phase with one mode"),
    SPN_REAL_COLUMN(spni_orders_race, epoch_trivial, "epochs", "likewise from the trivial phase"),
    SPN_REAL_COLUMN(
        spni_orders_race, epoch_strong, "epochs",
        "first at which the trivial start is below the level between the phases with none and "
        "one mode; null: never"),
    SPN_WORD_COLUMN(spni_orders_race, first, starts, "start that is first; none: no start arrives"),
    SPN_WORD_COLUMN(spni_orders_race, second, starts,
                    "second; equal epochs in the order random, middle, trivial"),
    SPN_WORD_COLUMN(spni_orders_race, third, starts, "third"),
    SPN_REAL_COLUMN(
        spni_orders_race, lead, "",
        "(trivial - middle) / (trivial + middle) of their epochs: positive, the middle phase is "
        "first; 1: the trivial one never; -1: the middle one never; null: neither"),
};
const spn_columns spni_orders_columns = SPN_COLUMNS_OF(items, spni_orders_race);
