/* SPDX-License-Identifier: MIT */
/* One escape: its laws, and the walk. */
#include "gallery/delay/delay.h"

#include <math.h>
#include <spinodal/numeric.h>

/* Error of a step of the flow, relative to the largest weight. */
#define FLOW_TOLERANCE 1e-10
/* The escape lies within this share of its epoch. */
#define LOCATED 1e-12
/* Adam walks so many steps at most: about 20 times what it needs. */
#define ADAM_STEPS 1e4
/* The flow ends by itself, in the other phase or in the ball; this is far behind both. */
#define FLOW_TIME 1e15
/* It is watched until |theta| is so much below both the ball's radius and where it started. */
#define WELL_INSIDE 0.1

spn_status spni_delay_walker_create(spn_context *context, const spni_delay_net *net, int64_t method,
                                    spni_delay_walker *walker)
{
    spn_status status = SPN_OK;
    *walker = (spni_delay_walker){.net = net};
    SPN_TRY(spn_stepper_create(context, (spn_path_method)method, FLOW_TOLERANCE,
                               spn_experiment_solver(net->experiment), &net->study->loss,
                               &walker->stepper));
    SPN_NEW(context, walker->theta, net->study->loss.dimension);
    SPN_NEW(context, walker->state, spn_stepper_state_size(walker->stepper));
done:
    return status;
}

void spni_delay_walker_free(spn_context *context, spni_delay_walker *walker)
{
    spn_stepper_free(context, walker->stepper);
    spn_release(context, walker->theta);
    spn_release(context, walker->state);
}

/* Where a walk ends. */
typedef struct rules {
    double level; /* of E: escaped below it */
    double small; /* |theta|: back for ever below it; 0: no such length */
    double limit; /* epochs */
} rules;

static double error_at(const spn_stepper_view *view)
{
    return spn_point_error(view->point)->value;
}

/* No flow leaves the ball |theta| < this. Depth >= 3: theta . grad L >= 2 beta |theta|^2 - 2 D sigma (|theta|^2 / D)^(D/2), since |W_D ... W_1| is at most the
 * product of the layers' norms, and that at most (|theta|^2 / D)^(D/2). So |theta| falls for ever from where |theta|^2 / D
 * < (beta / sigma)^(2/(D-2)): the threshold of T16. Depth 2: everywhere, where beta > sigma. */
static double ball(const spni_delay_net *net, double beta)
{
    if (net->depth == 2) {
        return beta < net->sigma ? 0 : HUGE_VAL;
    }
    const double power = (double)(net->depth - 2);
    return sqrt((double)net->depth) * pow(beta / net->sigma, 1 / power);
}

static rules make_rules(const spni_delay_walker *w, const spni_delay_run *run)
{
    const spni_delay_net *net = w->net;
    const double rest = net->sigma - run->strength;
    rules out = {.level = run->strength > 0
                              ? net->target_power - net->sigma * net->sigma + rest * rest
                              : -HUGE_VAL};
    if (run->method == SPN_PATH_ADAM) {
        out.limit = ADAM_STEPS;
        return out;
    }
    out.limit = FLOW_TIME / spn_experiment_solver(net->experiment)->learning_rate;
    out.small =
        WELL_INSIDE * fmin(spn_norm(net->study->loss.dimension, w->theta), ball(net, run->beta));
    return out;
}

/* From the saved state to `epoch`. */
static spn_status go_to(spn_context *context, spni_delay_walker *w, double beta, double epoch)
{
    spn_status status = SPN_OK;
    SPN_TRY(spn_stepper_restore(context, w->stepper, beta, w->state));
    for (spn_stepper_view at = spn_stepper_look(w->stepper); at.epoch < epoch && !at.is_diverged;
         at = spn_stepper_look(w->stepper)) {
        SPN_TRY(spn_stepper_step(context, w->stepper, epoch));
    }
done:
    return status;
}

/* Bisect the step from the saved state that crossed the level. */
static spn_status locate(spn_context *context, spni_delay_walker *w, double beta, double level,
                         double low, double *epoch)
{
    spn_status status = SPN_OK;
    double high = *epoch;
    while (high - low > LOCATED * high) {
        const double middle = low + (high - low) / 2;
        if (!(low < middle && middle < high)) {
            break;
        }
        SPN_TRY(go_to(context, w, beta, middle));
        const spn_stepper_view at = spn_stepper_look(w->stepper);
        if (error_at(&at) < level) {
            high = middle;
        } else {
            low = middle;
        }
    }
    *epoch = high;
done:
    return status;
}

static spn_status walk(spn_context *context, spni_delay_walker *w, const rules *r,
                       spni_delay_run *run)
{
    spn_status status = SPN_OK;
    const bool is_flow = run->method == SPN_PATH_FLOW;
    const int64_t n = w->net->study->loss.dimension;
    SPN_TRY(spn_stepper_start(context, w->stepper, run->beta, w->theta));
    spn_stepper_view at = spn_stepper_look(w->stepper);
    double before = 0;
    while (error_at(&at) >= r->level && at.epoch < r->limit && !at.is_diverged) {
        if (is_flow && spn_norm(n, at.theta) < r->small) {
            run->outcome = SPNI_DELAY_NEVER;
            goto done;
        }
        before = at.epoch;
        if (is_flow) {
            spn_stepper_save(w->stepper, w->state);
        }
        SPN_TRY(spn_stepper_step(context, w->stepper, r->limit));
        at = spn_stepper_look(w->stepper);
    }
    if (!(error_at(&at) < r->level)) {
        run->outcome = SPNI_DELAY_LIMIT;
        goto done;
    }
    run->outcome = SPNI_DELAY_LEFT;
    run->epoch = at.epoch;
    if (is_flow) {
        SPN_TRY(locate(context, w, run->beta, r->level, before, &run->epoch));
        run->time = run->epoch * spn_experiment_solver(w->net->experiment)->learning_rate;
    }
done:
    return status;
}

/* time / law - 1; NaN where either is not a number of its own. */
static double difference(double time, double law)
{
    return isfinite(law) && law > 0 ? time / law - 1 : (double)NAN;
}

/* Exact, of an aligned start. */
static double passage_time(const spni_delay_net *net, const spni_delay_run *run, double scale)
{
    return run->strength > 0
               ? spn_theory_passage_time(net->depth, net->sigma, run->beta, scale, run->strength)
               : HUGE_VAL;
}

/* Depth 2: half the final strength, as in T16; 0 where that is none. */
static void predict(const spni_delay_net *net, spni_delay_run *run)
{
    const double none = (double)NAN, power = (double)(net->depth - 2);
    const double gain = run->seed < 0 ? 1 : net->gains[run->seed];
    run->strength = fmax(0, (net->depth == 2 ? net->sigma - run->beta : net->sigma) / 2);
    run->threshold = net->sigma * pow(run->scale, power);
    run->own_scale = gain * run->scale;
    run->own_threshold = net->sigma * pow(run->own_scale, power);
    run->passage = passage_time(net, run, run->own_scale);
    run->t16 = spn_theory_escape_time(net->depth, net->sigma, run->beta, run->scale);
    run->t22 = none;
    if (net->depth > 2 && run->seed >= 0) {
        run->t22 = spn_theory_escape_after(
            net->depth, run->beta, 1 / (2 * power * net->sigma * pow(run->own_scale, power)));
    }
}

spn_status spni_delay_walk(spn_context *context, spni_delay_walker *w, spni_delay_run *run)
{
    spn_status status = SPN_OK;
    const spni_delay_net *net = w->net;
    run->epoch = run->time = (double)NAN;
    predict(net, run);
    spni_delay_start(net, run->scale, run->seed, w->theta);
    const rules r = make_rules(w, run);
    SPN_TRY(walk(context, w, &r, run));
    run->passage_difference = difference(run->time, run->passage);
    run->t16_difference = difference(run->time, run->t16);
    run->t22_difference = difference(run->time, run->t22);
    run->aligned_share = 1 + difference(run->time, passage_time(net, run, run->scale));
done:
    return status;
}
