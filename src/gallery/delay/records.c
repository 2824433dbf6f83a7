/* SPDX-License-Identifier: MIT */
#include "gallery/delay/delay.h"

#include <spinodal/optimize.h>

static const char *const axes[] = {"scale", "beta", NULL};
static const char *const outcomes[] = {"left", "never", "limit", NULL};

static const spn_column items[] = {
    SPN_INTEGER_COLUMN(spni_delay_run, run, "number of the run, from 0"),
    SPN_WORD_COLUMN(spni_delay_run, axis, axes,
                    "what the runs of its series differ in: u_0 or beta"),
    SPN_INTEGER_COLUMN(spni_delay_run, depth, "number of weight matrices"),
    SPN_WORD_COLUMN(spni_delay_run, method, spn_path_words, "how the network was trained"),
    SPN_INTEGER_COLUMN(spni_delay_run, seed,
                       "random start, from 0; -1: the start aligned with the mode"),
    SPN_REAL_COLUMN(
        spni_delay_run, scale, "weight",
        "u_0: each layer's weight of an aligned start, standard deviation of every weight of a "
        "random one"),
    SPN_REAL_COLUMN(spni_delay_run, beta, "error/weight^2", "regularisation strength"),
    SPN_REAL_COLUMN(spni_delay_run, threshold, "error/weight^2",
                    "beta from which on an aligned start of this scale never leaves (T16)"),
    SPN_REAL_COLUMN(
        spni_delay_run, own_scale, "weight",
        "scale of the aligned start with the same tau_* (T22); depth 2: length of the part that "
        "grows"),
    SPN_REAL_COLUMN(spni_delay_run, own_threshold, "error/weight^2",
                    "beta from which on this start never leaves"),
    SPN_REAL_COLUMN(spni_delay_run, strength, "", "end-to-end strength s at which it has escaped"),
    SPN_WORD_COLUMN(
        spni_delay_run, outcome, outcomes,
        "left; never: it is in the ball around theta = 0 that no flow leaves; limit: still there "
        "at the end of the run"),
    SPN_REAL_COLUMN(spni_delay_run, epoch, "epochs",
                    "first with E at or below that of s; null: none"),
    SPN_REAL_COLUMN(spni_delay_run, time, "time", "of gradient flow: learning rate times epoch"),
    SPN_REAL_COLUMN(spni_delay_run, passage, "time",
                    "exact passage time of an aligned start of own_scale; infinite: never"),
    SPN_REAL_COLUMN(spni_delay_run, t16, "time",
                    "T16 for an aligned start of this scale; infinite: never"),
    SPN_REAL_COLUMN(spni_delay_run, t22, "time", "T22 for this random start; infinite: never"),
    SPN_REAL_COLUMN(spni_delay_run, passage_difference, "", "time / passage - 1"),
    SPN_REAL_COLUMN(spni_delay_run, t16_difference, "", "time / t16 - 1"),
    SPN_REAL_COLUMN(spni_delay_run, t22_difference, "", "time / t22 - 1"),
    SPN_REAL_COLUMN(spni_delay_run, aligned_share, "",
                    "time / exact passage time of an aligned start of this scale"),
};
const spn_columns spni_delay_columns = SPN_COLUMNS_OF(items, spni_delay_run);
