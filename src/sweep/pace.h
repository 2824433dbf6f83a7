/* SPDX-License-Identifier: MIT */
/** @file pace.h  Steps of beta that a chain chooses for itself (beta.tolerance); private to room `sweep`.
 *
 *  The way from beta.from to beta.to is cut into 2^k equal units, of beta or of its logarithm. Points lie between units: at *places*, from
 *  0 to 2^k. A step is a power of two of units and begins at one of its multiples, so that points of different chains coincide wherever they
 *  are as dense. Which step comes next follows from the two points before it and from the range of those before them: a chain that is
 *  gone on with, from its rows, has the steps of one that was never stopped. */
#ifndef SPINODAL_SRC_SWEEP_PACE_H
#define SPINODAL_SRC_SWEEP_PACE_H

#include <spinodal/sweep.h>

/** What the settings say of steps. */
typedef struct spni_pace_rule {
    bool is_on; /**< otherwise chains visit a grid, and nothing else is valid here */
    bool is_log;
    double from, to, tolerance;
    int64_t units; /**< of the whole way */
    int64_t largest,
        first;         /**< steps: the largest, and that at a chain's begin and behind a jump */
    spn_scales scales; /**< of the objective */
} spni_pace_rule;

/** The curves that are to be right between points: E, and sqrt(n), |theta| for the ridge. */
enum { SPNI_CURVE_ERROR, SPNI_CURVE_LENGTH, SPNI_CURVES };

/** A point as the pace sees it. Slopes are those by the share of the way. */
typedef struct spni_sight {
    int64_t place;
    double value[SPNI_CURVES], slope[SPNI_CURVES];
} spni_sight;

/** What a chain's points so far say. Zeros, but for the range: of none. */
typedef struct spni_pace {
    int64_t points;
    spni_sight last, older;
    bool is_last_stationary;
    bool is_smooth; /**< both are stationary, and nothing happened between them */
    double lowest[SPNI_CURVES], highest[SPNI_CURVES];
} spni_pace;

/** The settings must have been checked. Without an objective (NULL) there are no scales. */
spni_pace_rule spni_pace_rule_of(const spn_sweep_settings *settings,
                                 const spn_objective *objective);

/** Points from end to end where nothing happens. */
int64_t spni_pace_least(const spni_pace_rule *rule);

double spni_pace_beta(const spni_pace_rule *rule, int64_t place);
/** The nearest place. */
int64_t spni_pace_place(const spni_pace_rule *rule, double beta);

/** Before the first point. |theta| may be 0 anywhere. */
spni_pace spni_pace_begin(void);
/** E may be as large as this: that of the trivial point. NaN: L has no E, which is then not looked at. */
void spni_pace_expect(spni_pace *pace, double error);
/** The next point of the chain has been found. */
void spni_pace_note(const spni_pace_rule *rule, spni_pace *pace, const spn_sweep_record *record);

/** A point at beta with this E, sqrt(n) and -dn/dbeta. */
spni_sight spni_sight_of(const spni_pace_rule *rule, double beta, double error, double length,
                         double susceptibility);
/** The length of the next step, in units: the largest that begins at the last point's place and is expected to be fine. */
int64_t spni_pace_step(const spni_pace_rule *rule, const spni_pace *pace);
/** Is the straight line between the last point and `here` as near to the curve as asked for? Otherwise *shorter, which was the step between
 *  them, becomes one that is expected to be. */
bool spni_pace_is_fine(const spni_pace_rule *rule, const spni_pace *pace, const spni_sight *here,
                       int64_t *shorter);

#endif
