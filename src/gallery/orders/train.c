/* SPDX-License-Identifier: MIT */
/* The phase that the middle start begins from, and one training run. */
#include "gallery/orders/orders.h"

#include <math.h>
#include <spinodal/numeric.h>

/* The full phase lies below the first, the phase with one mode between them, the trivial one above the second. */
#define LEVEL_FULL 1.1
#define LEVEL_STRONG 1.6

/* Way to the middle phase: up from random weights until the weaker mode is lost, and down again. */
#define BETA_LOW 0.01
#define BETA_HIGH 0.25
enum { STEPS_ON_THE_WAY = 24 };

#define FLOW_TOLERANCE 1e-8
/* A crossing of the flow lies within this share of its epoch. */
#define LOCATED 1e-9

/* Momentum makes ten times the way with its rate. */
static const double rates[] = {[SPN_PATH_FLOW] = 0.1,
                               [SPN_PATH_GD] = 0.1,
                               [SPN_PATH_MOMENTUM] = 0.01,
                               [SPN_PATH_ADAM] = 0.01,
                               [SPN_PATH_SGD] = 0.02};

/* Draws of the random numbers, and gradient descent's steps at most. */
static const char *const built_in[] = {"sweep.seeds=3", "solver.max_iterations=20000", NULL};

typedef struct guide {
    spn_solver *solver;
    double *theta;
} guide;

static spn_status settle(spn_context *context, guide *g, double beta, double *error, int64_t *modes)
{
    spn_status status = SPN_OK;
    spn_solver_info info;
    spn_labels labels;
    SPN_TRY(spn_solver_run(context, g->solver, beta, g->theta, &info));
    SPN_TRY(spn_poll(context));
    SPN_TRY(spn_point_labels(context, spn_solver_point(g->solver), &labels));
    *error = spn_point_error(spn_solver_point(g->solver))->value;
    *modes = labels.learned_modes;
done:
    return status;
}

spn_status spni_orders_find_middle(spn_context *context, spni_orders_field *field)
{
    spn_status status = SPN_OK;
    guide g = {.solver = NULL};
    double full = 0, middle = 0;
    int64_t modes = 0;
    SPN_NEW(context, field->middle, field->study->loss.dimension);
    g.theta = field->middle;
    SPN_TRY(spn_solver_create(context, spn_experiment_solver(field->experiment),
                              &field->study->loss, &g.solver));
    SPN_TRY(spn_study_initial(context, field->study, 0, g.theta));
    SPN_TRY(settle(context, &g, BETA_LOW, &full, &modes));
    for (int way = 1; way <= 2 * STEPS_ON_THE_WAY; way++) {
        const int place = way <= STEPS_ON_THE_WAY ? way : 2 * STEPS_ON_THE_WAY - way;
        const double share = (double)place / STEPS_ON_THE_WAY;
        SPN_TRY(settle(context, &g, BETA_LOW + share * (BETA_HIGH - BETA_LOW), &middle, &modes));
    }
    if (modes != 1 || !(full < LEVEL_FULL && middle > LEVEL_FULL && middle < LEVEL_STRONG)) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC,
                 "orders: no phase with one mode and E between %g and %g was found at beta = %g "
                 "(%lld modes, E = %g; the full phase has E = %g): try another model.init.seed",
                 LEVEL_FULL, LEVEL_STRONG, BETA_LOW, (long long)modes, middle, full);
    }
done:
    spn_solver_free(context, g.solver);
    return status;
}

spn_status spni_orders_field_create(const spni_job *job, spni_orders_field *field)
{
    spn_status status = SPN_OK;
    *field = (spni_orders_field){.experiment = NULL};
    SPN_TRY(spni_job_experiment(job, built_in, NULL, &field->experiment));
    SPN_TRY(spn_study_create(job->context, field->experiment, &field->study));
done:
    return status;
}

void spni_orders_field_free(spn_context *context, spni_orders_field *field)
{
    spn_release(context, field->middle);
    spn_study_free(context, field->study);
    spn_experiment_free(context, field->experiment);
}

spn_solver_settings spni_orders_method(const spni_orders_field *field, int64_t method, int64_t draw)
{
    spn_solver_settings out = *spn_experiment_solver(field->experiment);
    out.learning_rate = rates[method];
    out.momentum = 0.9;
    out.batch = 32;
    out.seed += draw;
    return out;
}

static spn_status begin(spn_context *context, const spni_orders_field *field,
                        const spni_orders_run *run, double *theta)
{
    spn_status status = SPN_OK;
    const int64_t n = field->study->loss.dimension;
    if (run->start == SPNI_ORDERS_RANDOM) {
        return spn_study_initial(context, field->study, run->draw, theta);
    }
    spn_random random =
        spn_random_stream((uint64_t)spn_experiment_model(field->experiment)->init_seed,
                          SPN_PURPOSE_RESIDUE, (uint64_t)run->draw);
    SPN_TRY(spn_objective_trivial(context, &field->study->loss, run->beta, theta));
    for (int64_t i = 0; i < n; i++) {
        const double phase = run->start == SPNI_ORDERS_MIDDLE ? field->middle[i] : theta[i];
        theta[i] = phase + run->residue * spn_random_normal(&random);
    }
done:
    return status;
}

/* A run in progress. */
typedef struct trainer {
    spn_stepper *stepper;
    double *theta, *state;
    bool is_flow;
    double beta;
} trainer;

static double error_now(const trainer *t)
{
    const spn_stepper_view at = spn_stepper_look(t->stepper);
    return spn_point_error(at.point)->value;
}

/* The step from the saved state has crossed `level`; the path is left where it then was. */
static spn_status locate(spn_context *context, trainer *t, double level, double low, double high,
                         double *epoch)
{
    spn_status status = SPN_OK;
    const double end = high;
    while (t->is_flow && high - low > LOCATED * high) {
        const double middle = low + (high - low) / 2;
        SPN_TRY(spn_stepper_restore(context, t->stepper, t->beta, t->state));
        SPN_TRY(spn_stepper_step(context, t->stepper, middle));
        *(error_now(t) < level ? &high : &low) = middle;
    }
    *epoch = high;
    if (t->is_flow) {
        SPN_TRY(spn_stepper_restore(context, t->stepper, t->beta, t->state));
        SPN_TRY(spn_stepper_step(context, t->stepper, end));
    }
done:
    return status;
}

static spn_status train(spn_context *context, trainer *t, double limit, spni_orders_run *run)
{
    spn_status status = SPN_OK;
    spn_stepper_view at = spn_stepper_look(t->stepper);
    while (at.epoch < limit && !at.is_diverged && isnan(run->epoch)) {
        const double before = at.epoch;
        if (t->is_flow) {
            spn_stepper_save(t->stepper, t->state);
        }
        SPN_TRY(spn_stepper_step(context, t->stepper, limit));
        at = spn_stepper_look(t->stepper);
        const double error = error_now(t);
        if (isnan(run->epoch_strong) && error < LEVEL_STRONG) {
            SPN_TRY(locate(context, t, LEVEL_STRONG, before, at.epoch, &run->epoch_strong));
        }
        if (error < LEVEL_FULL) {
            SPN_TRY(locate(context, t, LEVEL_FULL, before, at.epoch, &run->epoch));
        }
    }
done:
    return status;
}

/* Epochs that make the same time of the flow as the steps of gradient descent; of Adam, which has no such time, as many. */
static int64_t epochs_of(const spni_orders_run *run, const spn_solver_settings *solver,
                         int64_t samples)
{
    const double batches = ceil((double)samples / (double)solver->batch);
    return run->method == SPN_PATH_SGD ? (int64_t)ceil((double)run->steps * rates[SPN_PATH_GD] /
                                                       (solver->learning_rate * batches))
                                       : run->steps;
}

spn_status spni_orders_train(spn_context *context, const spni_orders_field *field,
                             spni_orders_run *run)
{
    spn_status status = SPN_OK;
    const spn_solver_settings solver = spni_orders_method(field, run->method, run->draw);
    const spn_objective *loss = &field->study->loss;
    trainer t = {.is_flow = run->method == SPN_PATH_FLOW, .beta = run->beta};
    const double limit = (double)epochs_of(run, &solver, loss->samples);
    run->epoch = run->epoch_strong = (double)NAN;
    SPN_TRY(spn_stepper_create(context, (spn_path_method)run->method, FLOW_TOLERANCE, &solver, loss,
                               &t.stepper));
    SPN_NEW(context, t.theta, loss->dimension);
    SPN_NEW(context, t.state, spn_stepper_state_size(t.stepper));
    SPN_TRY(begin(context, field, run, t.theta));
    SPN_TRY(spn_stepper_start(context, t.stepper, run->beta, t.theta));
    SPN_TRY(train(context, &t, limit, run));
done:
    spn_stepper_free(context, t.stepper);
    spn_release(context, t.theta);
    spn_release(context, t.state);
    return status;
}
