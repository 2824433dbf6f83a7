/* SPDX-License-Identifier: MIT */
/** @file branches_model.h  Branches of a deep linear network of three layers with singular values 0.9 and 0.5,
 *  from the closed forms T11 to T15: the phases {1, 2} and {1} up to their folds and on along the lower
 *  root of T13, and the trivial phase. Curvatures are made up (they have no closed form) but of the right kind. */
#ifndef SPINODAL_TEST_BRANCHES_MODEL_H
#define SPINODAL_TEST_BRANCHES_MODEL_H

#include "support.h"

#include <spinodal/continuation.h>

enum {
    MODEL_PLACES = 80, /* points of a branch */
    MODEL_FIRST = 20,  /* of which so many lie before the one where it was found */
    MODEL_POINTS = 3 * MODEL_PLACES,
    MODEL_SPECIALS = 2,
    MODEL_APPROACH = 2 * 6,
    MODEL_PHASES = 3,
    MODEL_MAXWELL = 2,
    MODEL_BARRIERS = 2 * 5,
    MODEL_MODES = 2,
};

#define MODEL_LOW 0.001
#define MODEL_HIGH 0.5
static const double model_sigmas[MODEL_MODES] = {0.9, 0.5};
/** Phase k has 2 - k active modes; its branch has the same number. */
static const char *const model_names[MODEL_PHASES] = {"2 modes", "1 mode", "trivial"};

typedef struct branches_model {
    spn_branch_record
        points[MODEL_POINTS]; /**< as a sink receives them: places 0, 1, ..., -1, ... */
    double modes[MODEL_POINTS][MODEL_MODES];
    int64_t phases_of[MODEL_POINTS];
    spn_special_record specials[MODEL_SPECIALS]; /**< the folds of branches 0 and 1 */
    spn_branch_approach approach[MODEL_APPROACH];
    spn_phase_record phases[MODEL_PHASES];
    spn_maxwell_record maxwell[MODEL_MAXWELL];
    spn_barrier_record barriers[MODEL_BARRIERS];
} branches_model;

/** E_0 = 2: two standardised targets. */
typedef struct model_state {
    double beta, error, loss, norm, curvature, s[MODEL_MODES];
} model_state;

static inline double model_fold(double sigma)
{
    return 0.75 * sigma * cbrt(0.25 * sigma);
}

static inline double model_beta(double sigma, double s)
{
    return (sigma - s) * cbrt(s);
}

/** The root of T13 between a (where beta(s) is too large or small) and b, by bisection. */
static inline double model_root(double sigma, double beta, bool is_upper)
{
    double low = is_upper ? 0.25 * sigma : 0, high = is_upper ? sigma : 0.25 * sigma;
    for (int i = 0; i < 100; i++) {
        double s = (low + high) / 2;
        if ((model_beta(sigma, s) > beta) == is_upper) {
            low = s;
        } else {
            high = s;
        }
    }
    return (low + high) / 2;
}

/** All numbers of the state with mode strengths s at beta (T11). */
static inline model_state model_state_of(double beta, const double *s)
{
    model_state state = {.beta = beta, .error = 2};
    double square = 0;
    for (int k = 0; k < MODEL_MODES; k++) {
        state.s[k] = s[k];
        state.error += s[k] * s[k] - 2 * model_sigmas[k] * s[k];
        square += 3 * cbrt(s[k] * s[k]);
        state.curvature += 40 * pow(s[k], 4.0 / 3);
    }
    state.loss = state.error + beta * square;
    state.norm = sqrt(square);
    return state;
}

/** Phase `phase` at beta: its active modes on the upper root. */
static inline model_state model_phase_at(int phase, double beta)
{
    double s[MODEL_MODES] = {0};
    for (int k = 0; k < MODEL_MODES - phase; k++) {
        s[k] = model_root(model_sigmas[k], beta, true);
    }
    return model_state_of(beta, s);
}

/** Branch `branch` where its weakest active mode has strength s; the others on their upper root. */
static inline model_state model_branch_at(int branch, double weakest)
{
    double s[MODEL_MODES] = {0};
    const int last = MODEL_MODES - 1 - branch;
    const double beta = model_beta(model_sigmas[last], weakest);
    for (int k = 0; k < last; k++) {
        s[k] = model_root(model_sigmas[k], beta, true);
    }
    s[last] = weakest;
    return model_state_of(beta, s);
}

/** Place i of 0 .. MODEL_PLACES - 1 along a branch. */
static inline model_state model_place(int branch, int i)
{
    const double share = (double)i / (MODEL_PLACES - 1);
    if (branch == 2) {
        const double trivial[MODEL_MODES] = {0};
        return model_state_of(MODEL_LOW + share * (MODEL_HIGH - MODEL_LOW), trivial);
    }
    const double sigma = model_sigmas[MODEL_MODES - 1 - branch];
    const double high = model_root(sigma, MODEL_LOW, true);
    const double low = model_root(sigma, MODEL_LOW, false);
    return model_branch_at(branch, high + share * (low - high));
}

static inline void model_add_point(branches_model *m, int64_t row, int branch, int i)
{
    const model_state state = model_place(branch, i);
    const bool is_stable =
        branch == 2 || state.s[MODEL_MODES - 1 - branch] > 0.25 * model_sigmas[1 - branch];
    m->points[row] = (spn_branch_record){.branch = branch,
                                         .point = i - MODEL_FIRST,
                                         .phase = -1,
                                         .state.beta = state.beta,
                                         .slope = is_stable ? 1 : -1,
                                         .state.error = state.error,
                                         .state.loss = state.loss,
                                         .state.weight_norm = state.norm,
                                         .state.scalar_curvature_error = state.curvature,
                                         .state.susceptibility = (double)NAN,
                                         .negative_eigenvalues = is_stable ? 0 : 1,
                                         .state.active_modes = MODEL_MODES - branch};
    for (int k = 0; k < MODEL_MODES; k++) {
        m->modes[row][k] = state.s[k];
    }
    m->phases_of[row] = is_stable ? branch : -1;
}

/** The last place before the fold: s still above sigma / 4. */
static inline int64_t model_before_fold(int branch)
{
    int64_t i = 0;
    while (model_place(branch, (int)i + 1).s[1 - branch] > 0.25 * model_sigmas[1 - branch]) {
        i++;
    }
    return i - MODEL_FIRST;
}

static inline void model_add_special(branches_model *m, int branch)
{
    const double sigma = model_sigmas[1 - branch];
    const model_state at = model_branch_at(branch, 0.25 * sigma);
    const model_state next = model_phase_at(branch + 1, at.beta);
    m->specials[branch] = (spn_special_record){.special = branch,
                                               .same_as = -1,
                                               .branch = branch,
                                               .point = model_before_fold(branch),
                                               .kind = SPN_SPECIAL_FOLD,
                                               .beta = at.beta,
                                               .beta_low = at.beta,
                                               .beta_high = at.beta,
                                               .state.error = at.error,
                                               .state.loss = at.loss,
                                               .state.weight_norm = at.norm,
                                               .state.scalar_curvature_error = at.curvature,
                                               .kernel = 1,
                                               .index_after = 1,
                                               .coefficient = (double)NAN,
                                               .is_continuous = 0,
                                               .change = SPN_CHANGE_ACCURACY,
                                               .state.active_modes = MODEL_MODES - branch,
                                               .after.loss = next.loss,
                                               .after.error = next.error,
                                               .after.weight_norm = next.norm,
                                               .after.scalar_curvature_error = next.curvature,
                                               .after.active_modes = MODEL_MODES - branch - 1};
    for (int i = 0; i < MODEL_APPROACH / 2; i++) {
        const double distance = at.beta * pow(10, -1 - i);
        const model_state near = model_phase_at(branch, at.beta - distance);
        m->approach[MODEL_APPROACH / 2 * branch + i] = (spn_branch_approach){
            branch,      near.beta,  distance, sqrt(distance), 1, near.norm * near.norm,
            (double)NAN, near.error, near.loss};
    }
}

static inline void model_add_phase(branches_model *m, int phase)
{
    const bool has_fold = phase < 2;
    const double end = has_fold ? model_fold(model_sigmas[1 - phase]) : MODEL_HIGH;
    const model_state low = model_phase_at(phase, MODEL_LOW);
    const model_state high =
        has_fold ? model_branch_at(phase, 0.25 * model_sigmas[1 - phase]) : model_phase_at(2, end);
    m->phases[phase] = (spn_phase_record){.phase = phase,
                                          .branch = phase,
                                          .first_point = -MODEL_FIRST,
                                          .last_point = has_fold ? model_before_fold(phase)
                                                                 : MODEL_PLACES - 1 - MODEL_FIRST,
                                          .middle.active_modes = MODEL_MODES - phase,
                                          .beta_low = MODEL_LOW,
                                          .beta_high = end,
                                          .end_low = SPN_END_RANGE,
                                          .end_high = has_fold ? SPN_END_FOLD : SPN_END_RANGE,
                                          .special_low = -1,
                                          .special_high = has_fold ? phase : -1,
                                          .low.weight_norm = low.norm,
                                          .high.weight_norm = high.norm,
                                          .low.error = low.error,
                                          .high.error = high.error,
                                          .low.loss = low.loss,
                                          .high.loss = high.loss,
                                          .low.scalar_curvature_error = low.curvature,
                                          .high.scalar_curvature_error = high.curvature,
                                          .visits = 1};
}

/** T13: at the Maxwell point s = sigma / 2, beta = sigma / 2 (sigma / 2)^(1/3). */
static inline void model_add_maxwell(branches_model *m, int i)
{
    const double sigma = model_sigmas[1 - i], beta = model_beta(sigma, 0.5 * sigma);
    const model_state a = model_phase_at(i, beta), b = model_phase_at(i + 1, beta);
    m->maxwell[i] = (spn_maxwell_record){.phase_a = i,
                                         .phase_b = i + 1,
                                         .beta = beta,
                                         .beta_low = beta,
                                         .beta_high = beta,
                                         .loss = a.loss,
                                         .a.error = a.error,
                                         .b.error = b.error,
                                         .a.weight_norm = a.norm,
                                         .b.weight_norm = b.norm,
                                         .a.scalar_curvature_error = a.curvature,
                                         .b.scalar_curvature_error = b.curvature,
                                         .is_global = 1};
    m->phases[i].global_high = beta;
    m->phases[i + 1].global_low = beta;
    for (int k = 0; k < MODEL_BARRIERS / 2; k++) {
        const double at = model_fold(sigma) * (0.5 + 0.1 * k);
        const model_state saddle = model_branch_at(i, model_root(sigma, at, false));
        const model_state minimum = model_phase_at(i, at);
        m->barriers[MODEL_BARRIERS / 2 * i + k] =
            (spn_barrier_record){i, i, at, saddle.loss - minimum.loss, minimum.norm - saddle.norm};
    }
}

static inline void branches_model_make(branches_model *m)
{
    int64_t row = 0;
    *m = (branches_model){0};
    for (int branch = 0; branch < 3; branch++) {
        for (int i = MODEL_FIRST; i < MODEL_PLACES; i++) {
            model_add_point(m, row++, branch, i);
        }
        for (int i = MODEL_FIRST - 1; i >= 0; i--) {
            model_add_point(m, row++, branch, i);
        }
        model_add_phase(m, branch);
    }
    for (int i = 0; i < 2; i++) {
        model_add_special(m, i);
        model_add_maxwell(m, i);
    }
    m->phases[0].global_low = MODEL_LOW;
    m->phases[2].global_high = MODEL_HIGH;
}

#endif
