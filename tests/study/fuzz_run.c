/* SPDX-License-Identifier: MIT */
/* Any bytes as an experiment that is then run, as far as a little memory and a few points go: its data, what
 * theory says of it, derivatives against differences, a sweep, and what training and branches need before
 * they start. Results, or one clear error; no size, sum or conversion that overflows on the way. */
#include <math.h>
#include <spinodal/study.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What is larger is legal and only slow. */
enum { MEMORY = 4 << 20, PARAMETERS = 40, SAMPLES = 100, ITERATIONS = 30, POINTS = 3 };

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void *allocate(void *state, size_t bytes, size_t alignment)
{
    (void)state;
    return bytes <= MEMORY ? aligned_alloc(alignment, bytes) : NULL;
}

static void release(void *state, void *memory)
{
    (void)state;
    free(memory);
}

/* A call that fails says why; one that works may be followed by the next. */
static bool works(const spn_context *context, spn_status status)
{
    demand(status == SPN_OK || spn_error_text(context)[0] != '\0');
    return status == SPN_OK;
}

static spn_status draw(spn_context *context, const void *state, int64_t seed, double *theta)
{
    return spn_study_initial(context, state, seed, theta);
}

static spn_status draw_start(spn_context *context, const void *state, int64_t start, int64_t seed,
                             double *theta)
{
    (void)start;
    return spn_study_initial(context, state, seed, theta);
}

static spn_status count_point(spn_context *context, void *state, const spn_item *item)
{
    int *points = state;
    if (item->stream != SPN_SWEEP_POINT) {
        return SPN_OK;
    }
    demand(isfinite(((const spn_sweep_record *)item->record)->state.beta));
    return ++*points < POINTS ? SPN_OK : spn_fail(context, SPN_ERROR_INTERRUPTED, "enough points");
}

static void run_sweep(spn_context *context, const spn_study *study)
{
    const spn_solver_settings *solver = spn_experiment_solver(study->experiment);
    const spn_sweep_problem problem = {.objective = &study->loss,
                                       .settings = spn_experiment_sweep(study->experiment),
                                       .solver = solver,
                                       .initial = draw,
                                       .initial_state = study};
    spn_sweep *sweep = NULL;
    spn_pool *pool = NULL;
    int points = 0;
    if (works(context, spn_sweep_create(context, &problem, &sweep)) &&
        solver->max_iterations <= ITERATIONS && problem.settings->epochs <= ITERATIONS &&
        works(context, spn_pool_create(context, 1, &pool))) {
        works(context, spn_sweep_run(context, sweep, pool, count_point, &points));
    }
    spn_pool_free(pool);
    spn_sweep_free(context, sweep);
}

static void create_others(spn_context *context, const spn_study *study)
{
    const double residue = 0;
    const spn_trajectory_problem training = {.objective = &study->loss,
                                             .settings = spn_experiment_grok(study->experiment),
                                             .solver = spn_experiment_solver(study->experiment),
                                             .starts = 1,
                                             .initial = draw_start,
                                             .initial_state = study,
                                             .residues = &residue};
    spn_trajectories *runs = NULL;
    works(context, spn_trajectories_create(context, &training, &runs));
    spn_trajectories_free(context, runs);
    spn_branches_settings settings = *spn_experiment_branches(study->experiment);
    settings.beta_from = isnan(settings.beta_from) ? 0.01 : settings.beta_from;
    settings.beta_to = isnan(settings.beta_to) ? 1 : settings.beta_to;
    const spn_branches_problem following = {.objective = &study->loss,
                                            .settings = &settings,
                                            .solver = spn_experiment_solver(study->experiment),
                                            .initial = draw,
                                            .initial_state = study};
    spn_branches *branches = NULL;
    works(context, spn_branches_create(context, &following, &branches));
    spn_branches_free(context, branches);
}

static void run_study(spn_context *context, const spn_study *study)
{
    spn_theory_mode modes[SPN_MODES_MAX];
    int64_t count = 0;
    spn_prediction *prediction = NULL;
    double *theta = NULL;
    spn_check_report report;
    const int64_t parameters = spn_network_parameters(study->network);
    works(context, spn_study_theory(context, study, &count, modes));
    if (parameters <= PARAMETERS && study->dataset->samples <= SAMPLES) {
        prediction = spn_allocate(context, 1, sizeof *prediction);
        theta = spn_allocate(context, parameters, sizeof *theta);
        demand(prediction != NULL && theta != NULL);
        works(context, spn_study_predict(context, study, prediction));
        if (works(context, spn_study_initial(context, study, 0, theta))) {
            const double beta = spn_experiment_sweep(study->experiment)->beta_from;
            works(context, spn_objective_check(context, &study->loss, theta, beta, 1, &report));
        }
        run_sweep(context, study);
        create_others(context, study);
    }
    spn_release(context, prediction);
    spn_release(context, theta);
}

/* Files are other fuzzers' business. */
static bool names_no_file(const spn_experiment *experiment)
{
    return spn_experiment_data(experiment)->path == NULL &&
           spn_experiment_model(experiment)->init_weights == NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const spn_allocator allocator = {allocate, release, NULL};
    const spn_context_settings settings = {.allocator = &allocator};
    spn_context *context = NULL;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    demand(spn_context_create(&settings, &context) == SPN_OK);
    if (works(context, spn_experiment_parse(context, "fuzz", (const char *)bytes, (int64_t)size,
                                            &experiment)) &&
        works(context, spn_experiment_check(context, experiment)) && names_no_file(experiment) &&
        works(context, spn_study_create(context, experiment, &study))) {
        run_study(context, study);
    }
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    spn_context_free(context);
    return 0;
}
