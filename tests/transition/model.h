/* SPDX-License-Identifier: MIT */
/** @file model.h  Sweeps of deep linear networks on whitened data, written down from T11 to T15 instead of being
 *  run: points on a grid, refined jumps and the way to them, as a sweep would record them. */
#ifndef SPINODAL_TEST_TRANSITION_MODEL_H
#define SPINODAL_TEST_TRANSITION_MODEL_H

#include "support.h"

#include <spinodal/theory.h>
#include <spinodal/transition.h>

enum { MODEL_MODES = 4, MODEL_POINTS = 20000, MODEL_JUMPS = 64, MODEL_APPROACH = 40 * MODEL_JUMPS };

typedef struct model {
    spn_context *context;
    int64_t depth, modes;
    double sigma[MODEL_MODES]; /* descending */
    double width;              /* of a bracket, as a share of beta */
    double offset;             /* where in it the transition lies, in [0, 1] */
    spn_sweep_record points[MODEL_POINTS];
    spn_sweep_jump jumps[MODEL_JUMPS];
    spn_sweep_approach approach[MODEL_APPROACH];
    spn_sweep_tables tables;
} model;

typedef struct model_state {
    double error, loss, norm, susceptibility, critical;
} model_state;

/** E of the network without any mode: sum of sigma^2 and a rest that no mode explains. */
static inline double model_power(const model *m)
{
    double power = 0.3;
    for (int64_t i = 0; i < m->modes; i++) {
        power += m->sigma[i] * m->sigma[i];
    }
    return power;
}

/** The phase with the `active` strongest modes; its critical eigenvalue is that of the weakest of them along the
 *  direction in which all its layers grow: 2 D s^(2 - 2/D) - 2 (D - 2) beta. */
static inline model_state model_at(const model *m, int64_t active, double beta)
{
    model_state out = {.error = model_power(m), .critical = 2 * beta};
    double square = 0, d = (double)m->depth;
    for (int64_t i = 0; i < active; i++) {
        spn_theory_state mode;
        check_ok(m->context, spn_theory_state_at(m->context, m->depth, m->sigma[i], beta,
                                                 SPN_THEORY_UPPER, &mode));
        out.error += mode.error - m->sigma[i] * m->sigma[i];
        square += mode.norm_squared;
        out.susceptibility += mode.susceptibility;
        out.critical = 2 * d * pow(mode.strength, 2 - 2 / d) - 2 * (d - 2) * beta;
    }
    out.norm = sqrt(square);
    out.loss = out.error + beta * square;
    return out;
}

static inline spn_theory_mode model_mode(const model *m, int64_t active)
{
    spn_theory_mode mode;
    check_ok(m->context,
             spn_theory_mode_transition(m->context, m->depth, m->sigma[active - 1], &mode));
    return mode;
}

/** Where the phase with `active` modes ends when beta rises. */
static inline double model_end(const model *m, int64_t active)
{
    return model_mode(m, active).spinodal_beta;
}

static inline double model_maxwell(const model *m, int64_t active)
{
    return model_mode(m, active).maxwell_beta;
}

static inline void model_point(model *m, int64_t seed, int64_t direction, int64_t phase,
                               int64_t number, int64_t active, double beta)
{
    model_state state = model_at(m, active, beta);
    assert_true(m->tables.point_count < MODEL_POINTS);
    m->points[m->tables.point_count++] =
        (spn_sweep_record){.seed = seed,
                           .direction = direction,
                           .phase = phase,
                           .point = number,
                           .state.beta = beta,
                           .state.error = state.error,
                           .state.loss = state.loss,
                           .state.weight_norm = state.norm,
                           .state.active_modes = active,
                           .state.scalar_curvature_error = 10 * (double)active,
                           .state.eigenvalue_min_loss = state.critical,
                           .state.eigenvalue_max_loss = 4,
                           .state.susceptibility = state.susceptibility,
                           .state.stationary = 1};
}

/** Four points a decade outwards from the bracket, on the old branch. */
static inline void model_approach(model *m, int64_t jump, int64_t active, double sign)
{
    const spn_sweep_jump *j = &m->jumps[jump];
    double width = fabs(j->beta_after - j->beta_before);
    for (int k = 0; k < 36; k++) {
        double distance = width * pow(10, 0.25 * k), beta = j->beta - sign * distance;
        if (distance > 0.1 * j->beta || beta <= 0) {
            break;
        }
        model_state state = model_at(m, active, beta);
        m->approach[m->tables.approach_count++] =
            (spn_sweep_approach){.jump = jump,
                                 .beta = beta,
                                 .distance = distance,
                                 .eigenvalue = state.critical,
                                 .overlap = 1,
                                 .norm_squared = state.norm * state.norm,
                                 .susceptibility = state.susceptibility,
                                 .error = state.error,
                                 .loss = state.loss};
    }
}

/** The chain passes the end of the phase with `before` modes, at `at`, on its way to point `number`. */
static inline void model_jump(model *m, int64_t seed, int64_t direction, int64_t phase,
                              int64_t number, int64_t before, int64_t after, double at)
{
    double sign = direction == SPN_DIRECTION_UP ? 1 : -1, width = m->width * at;
    double start = at - sign * m->offset * width, end = start + sign * width;
    model_state a = model_at(m, before, start), b = model_at(m, after, end);
    int64_t index = m->tables.jump_count++;
    assert_true(index < MODEL_JUMPS);
    m->jumps[index] = (spn_sweep_jump){.seed = seed,
                                       .direction = direction,
                                       .phase = phase,
                                       .point = number,
                                       .beta = 0.5 * (start + end),
                                       .beta_before = start,
                                       .beta_after = end,
                                       .before.loss = a.loss,
                                       .after.loss = b.loss,
                                       .before.error = a.error,
                                       .after.error = b.error,
                                       .before.weight_norm = a.norm,
                                       .after.weight_norm = b.norm,
                                       .before.scalar_curvature_error = 10 * (double)before,
                                       .after.scalar_curvature_error = 10 * (double)after,
                                       .before.eigenvalue_min_loss = a.critical,
                                       .after.eigenvalue_min_loss = b.critical,
                                       .before.susceptibility = a.susceptibility,
                                       .after.susceptibility = b.susceptibility,
                                       .before.active_modes = before,
                                       .after.active_modes = after,
                                       .survives = m->depth > 2,
                                       .resolved = 1,
                                       .settled = 1};
    model_approach(m, index, before, sign);
}

/** A chain upwards from all modes; grid: ascending. Returns how many modes are left. */
static inline int64_t model_up(model *m, int64_t seed, int64_t count, const double *grid)
{
    int64_t active = m->modes;
    for (int64_t i = 0; i < count; i++) {
        while (active > 0 && m->depth > 1 && model_end(m, active) < grid[i]) {
            int64_t next = active - 1;
            while (next > 0 && m->sigma[next - 1] == m->sigma[active - 1]) {
                next--; /* equal modes end together */
            }
            if (i > 0) {
                model_jump(m, seed, SPN_DIRECTION_UP, -1, i, active, next, model_end(m, active));
            }
            active = next;
        }
        model_point(m, seed, SPN_DIRECTION_UP, -1, i, active, grid[i]);
    }
    return active;
}

/** A chain downwards from the phase with `active` modes, where that exists. Depth 3 and more: it stays (T14); depth
 *  2: modes return at beta = sigma. */
static inline void model_down(model *m, int64_t seed, int64_t active, int64_t count,
                              const double *grid)
{
    int64_t number = 0, phase = active;
    for (int64_t i = count - 1; i >= 0; i--) {
        if (m->depth > 1 && active > 0 && model_end(m, active) <= grid[i]) {
            continue;
        }
        while (m->depth == 2 && active < m->modes && m->sigma[active] > grid[i]) {
            if (number > 0) {
                model_jump(m, seed, SPN_DIRECTION_DOWN, phase, number, active, active + 1,
                           m->sigma[active]);
            }
            active++;
        }
        model_point(m, seed, SPN_DIRECTION_DOWN, phase, number++, active, grid[i]);
    }
}

static inline model *model_new(spn_context *context, int64_t depth, int64_t modes,
                               const double *sigma)
{
    model *m = calloc(1, sizeof *m);
    assert_non_null(m);
    m->context = context;
    m->depth = depth;
    m->modes = modes;
    memcpy(m->sigma, sigma, (size_t)modes * sizeof *sigma);
    m->width = 1e-6;
    m->offset = 0.37; /* anywhere */
    m->tables.points = m->points;
    m->tables.jumps = m->jumps;
    m->tables.approach = m->approach;
    return m;
}

/** Up, and down from each phase that was visited. */
static inline void model_both(model *m, int64_t seed, int64_t count, double from, double to)
{
    double *grid = calloc((size_t)count, sizeof *grid);
    assert_non_null(grid);
    for (int64_t i = 0; i < count; i++) {
        grid[i] = from + (to - from) * (double)i / (double)(count - 1);
    }
    int64_t left = model_up(m, seed, count, grid);
    for (int64_t active = m->depth > 2 ? m->modes : left; active >= left; active--) {
        model_down(m, seed, active, count, grid);
    }
    free(grid);
}

#endif
