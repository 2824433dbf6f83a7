/* SPDX-License-Identifier: MIT */
#include <spinodal/kind.h>

static const char *const axes[] = {"scale", "beta", NULL};
static const char *const methods[] = {"flow", "gd", "momentum", "adam", "sgd", NULL};
static const char *const outcomes[] = {"left", "never", "limit", NULL};
static const char *const starts[] = {"random", "middle", "trivial", "none", NULL};

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

#define DELAY spn_delay_run
static const spn_column delay_items[] = {
    INTEGER(DELAY, run, "number of the run, from 0"),
    WORDS(DELAY, axis, axes, "what the runs of its series differ in: u_0 or beta"),
    INTEGER(DELAY, depth, "number of weight matrices"),
    WORDS(DELAY, method, methods, "how the network was trained"),
    INTEGER(DELAY, seed, "random start, from 0; -1: the start aligned with the mode"),
    REAL(DELAY, scale, "weight",
         "u_0: each layer's weight of an aligned start, standard deviation of every weight of a "
         "random one"),
    REAL(DELAY, beta, "error/weight^2", "regularisation strength"),
    REAL(DELAY, threshold, "error/weight^2",
         "beta from which on an aligned start of this scale never leaves (T16)"),
    REAL(DELAY, own_scale, "weight",
         "scale of the aligned start with the same tau_* (T22); depth 2: length of the part that "
         "grows"),
    REAL(DELAY, own_threshold, "error/weight^2", "beta from which on this start never leaves"),
    REAL(DELAY, strength, "", "end-to-end strength s at which it has escaped"),
    WORDS(DELAY, outcome, outcomes,
          "left; never: it is in the ball around theta = 0 that no flow leaves; limit: still there "
          "at the end of the run"),
    REAL(DELAY, epoch, "epochs", "first with E at or below that of s; null: none"),
    REAL(DELAY, time, "time", "of gradient flow: learning rate times epoch"),
    REAL(DELAY, passage, "time",
         "exact passage time of an aligned start of own_scale; infinite: never"),
    REAL(DELAY, t16, "time", "T16 for an aligned start of this scale; infinite: never"),
    REAL(DELAY, t22, "time", "T22 for this random start; infinite: never"),
    REAL(DELAY, passage_difference, "", "time / passage - 1"),
    REAL(DELAY, t16_difference, "", "time / t16 - 1"),
    REAL(DELAY, t22_difference, "", "time / t22 - 1"),
    REAL(DELAY, aligned_share, "", "time / exact passage time of an aligned start of this scale"),
};
COLUMNS(spn_delay_columns, delay_items, DELAY);

#define RACE spn_orders_race
static const spn_column race_items[] = {
    INTEGER(RACE, race, "number of the race, from 0"),
    WORDS(RACE, method, methods, "how the network was trained"),
    REAL(RACE, learning_rate, "", "of the method"),
    REAL(RACE, beta, "error/weight^2", "regularisation strength"),
    REAL(RACE, residue, "weight", "u_0: standard deviation of what is added to both phases"),
    INTEGER(RACE, draw, "of the random numbers of weights and residue, from 0"),
    REAL(RACE, epoch_random, "epochs",
         "first with E below the level, from random weights; null: never"),
    REAL(RACE, epoch_middle, "epochs", "likewise from the phase with one mode"),
    REAL(RACE, epoch_trivial, "epochs", "likewise from the trivial phase"),
    REAL(RACE, epoch_strong, "epochs",
         "first at which the trivial start is below the level between the phases with none and "
         "one mode; null: never"),
    WORDS(RACE, first, starts, "start that is first; none: no start arrives"),
    WORDS(RACE, second, starts, "second; equal epochs in the order random, middle, trivial"),
    WORDS(RACE, third, starts, "third"),
    REAL(RACE, lead, "",
         "(trivial - middle) / (trivial + middle) of their epochs: positive, the middle phase is "
         "first; 1: the trivial one never; -1: the middle one never; null: neither"),
};
COLUMNS(spn_orders_columns, race_items, RACE);
