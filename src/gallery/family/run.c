/* SPDX-License-Identifier: MIT */
/* Families of experiments: the runs, and the results made of them. */
#include "gallery/family/family.h"

#include <math.h>
#include <spinodal/base/farm.h>
#include <stdio.h>
#include <string.h>

enum { SETS_MAX = 32 };

typedef struct member {
    bool is_linear;
    int64_t index;
} member;

/* A run in progress. */
typedef struct maker {
    spni_job *job;
    const spni_family_plan *plan;
    spni_family family;
    char *configurations[2]; /* of branches and starts, without what varies */
    bool is_good;
    bool is_found; /* an earlier run of this family has written its results */
} maker;

/* Figures of families, and the closed forms beside their numbers, are those of the ridge on all parameters. */
static bool sets_regulariser(const char *assignment)
{
    static const char key[] = "objective.regularise";
    return strncmp(assignment, key, strlen(key)) == 0;
}

static spn_status refuse_varied(spn_context *context, const spni_family_plan *family,
                                const char *assignment)
{
    if (sets_regulariser(assignment)) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "objective.regularise: cannot be set, '%s' compares with closed forms of "
                        "the ridge on all "
                        "parameters; run an experiment of your own by `branches`",
                        family->kind->name);
    }
    for (int64_t i = 0; family->varied[i] != NULL; i++) {
        const size_t length = strlen(family->varied[i]);
        if (strncmp(assignment, family->varied[i], length) == 0 &&
            (assignment[length] == '=' || assignment[length] == '\0')) {
            return spn_fail(context, SPN_ERROR_INPUT,
                            "%s: cannot be set, it is what '%s' varies; run an experiment of your "
                            "own by `branches`",
                            family->varied[i], family->kind->name);
        }
    }
    return SPN_OK;
}

/* Append a list to another, which ends with NULL. */
static void gather(const char *sets[SETS_MAX], const char *const *more)
{
    int64_t count = 0;
    while (sets[count] != NULL) {
        count++;
    }
    for (; *more != NULL && count + 1 < SETS_MAX; more++) {
        sets[count++] = *more;
    }
}

/* The first tanh experiment is kept as text before what varies is set. */
static spn_status make_study(spn_context *context, maker *m, member which, bool is_starts,
                             spn_experiment **experiment, spn_study **study)
{
    spn_status status = SPN_OK;
    char **kept = &m->configurations[is_starts];
    const char *sets[SETS_MAX] = {NULL};
    gather(sets, m->plan->all);
    if (is_starts) {
        gather(sets, m->plan->starts);
    }
    if (which.is_linear) {
        gather(sets, m->plan->linear);
    }
    SPN_TRY(spni_job_experiment(m->job, sets, NULL, experiment));
    if (!which.is_linear && *kept == NULL) {
        SPN_TRY(spn_experiment_dump(context, *experiment, kept));
    }
    SPN_TRY(
        spn_experiment_set(context, *experiment,
                           which.is_linear ? "model.activation=linear" : "model.activation=tanh"));
    SPN_TRY(m->plan->vary(context, *experiment, which.index));
    SPN_TRY(spn_study_create(context, *experiment, study));
done:
    return status;
}

static spn_status target_power(spn_context *context, const spn_dataset *dataset, double *power)
{
    spn_status status = SPN_OK;
    const int64_t outputs = dataset->outputs;
    double *yy = NULL;
    *power = 0;
    SPN_NEW(context, yy, outputs * outputs);
    SPN_TRY(spn_dataset_moments(context, dataset, false, NULL, NULL, NULL, NULL, yy));
    for (int64_t k = 0; k < outputs; k++) {
        *power += yy[k * outputs + k];
    }
done:
    spn_release(context, yy);
    return status;
}

static const char *activation(member which)
{
    return which.is_linear ? "linear" : "tanh";
}

/* "FOLDER/order-linear-3.h5" and the like. */
static spn_status path_of(const maker *m, member which, bool is_starts, char path[SPNI_PATH_SIZE])
{
    char suffix[64];
    snprintf(suffix, sizeof suffix, "-%s-%lld%s.h5", activation(which), (long long)which.index + 1,
             is_starts ? "-starts" : "");
    return spni_job_path(m->job, m->plan->kind->name, suffix, path);
}

/* Runs are numbered: branches of linear networks first, then of the others; behind them random starts, where there are any. */
static int64_t runs_of(const spni_family_plan *plan)
{
    return 2 * plan->members * (plan->starts != NULL ? 2 : 1);
}

static member member_at(const maker *m, int64_t number)
{
    const int64_t members = m->plan->members;
    return (member){number % (2 * members) < members, number % members};
}

static bool is_of_starts(const maker *m, int64_t number)
{
    return number >= 2 * m->plan->members;
}

static int64_t number_of(const maker *m, member which, bool is_starts)
{
    const int64_t members = m->plan->members;
    return which.index + (which.is_linear ? 0 : members) + (is_starts ? 2 * members : 0);
}

static spn_status make_one(spn_context *context, maker *m, member which, bool is_starts,
                           const char *path, spni_family_run *run,
                           spn_theory_mode modes[SPN_MODES_MAX])
{
    spn_status status = SPN_OK;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    bool is_good = true;
    const spn_run_settings settings = spni_job_settings(m->job, path);
    SPN_TRY(make_study(context, m, which, is_starts, &experiment, &study));
    if (is_starts) {
        SPN_TRY(spn_study_sweep(context, study, &settings, &is_good));
    } else {
        run->depth = spn_network_depth(study->network);
        SPN_TRY(spn_study_theory(context, study, &run->modes, modes));
        SPN_TRY(target_power(context, study->dataset, &run->target_power));
        SPN_TRY(spn_study_branches(context, study, &settings, &is_good));
    }
    m->is_good = m->is_good && is_good;
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    return status;
}

/* One run of branches, or of random starts; and what it says. */
static spn_status run_one(spn_context *context, maker *m, member which, bool is_starts,
                          spni_family_run *run, spn_theory_mode modes[SPN_MODES_MAX])
{
    spn_status status = SPN_OK;
    spn_listener heard;
    char path[SPNI_PATH_SIZE];
    SPN_TRY(path_of(m, which, is_starts, path));
    status = spni_job_begin_finding(m->job, path, &heard);
    status = status == SPN_OK ? make_one(context, m, which, is_starts, path, run, modes) : status;
    spni_job_end_finding(m->job, heard);
    SPN_TRY(status);
    spni_job_retell(m->job, number_of(m, which, is_starts));
    SPN_TRY(is_starts ? spni_family_read_starts(context, path, run, modes)
                      : spni_family_read_branches(context, &m->family, path, run, modes));
done:
    return status;
}

static spn_status run_member(spn_context *context, maker *m, member which)
{
    spn_status status = SPN_OK;
    const double none = (double)NAN;
    spn_theory_mode modes[SPN_MODES_MAX];
    spni_family_run run = {.activation = which.is_linear ? SPN_LINEAR : SPN_TANH,
                           .start_beta = none,
                           .stuck_fraction = none,
                           .stuck_low = none,
                           .stuck_high = none};
    SPN_TRY(run_one(context, m, which, false, &run, modes));
    SPN_TRY(m->plan->starts != NULL ? run_one(context, m, which, true, &run, modes) : SPN_OK);
    SPN_TRY(spn_list_append(context, &m->family.runs, &run));
done:
    return status;
}

/* An empty book; its settings, where there are any. */
static spn_status make_book(spn_context *context, const maker *m, spn_book **book)
{
    spn_status status = spn_book_create(context, m->plan->kind, NULL, book);
    if (status == SPN_OK && m->job->settings->set_count > 0) {
        spn_book_settings(*book, m->job->settings->set_count, m->job->settings->sets);
    }
    return status;
}

static spn_status write_results(spn_context *context, maker *m, const char *path)
{
    spn_status status = SPN_OK;
    bool is_good = false;
    spn_book *book = NULL;
    const spni_family *f = &m->family;
    const spn_table tables[] = {
        {"runs", &spni_family_run_columns, f->runs.count, f->runs.items},
        {"transitions", &spni_family_transition_columns, f->transitions.count,
         f->transitions.items},
        {"points", &spni_family_point_columns, f->points.count, f->points.items},
    };
    SPN_TRY(make_book(context, m, &book));
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        spn_book_table(book, tables[i]);
    }
    spn_book_origin(book, m->configurations[0]);
    if (m->configurations[1] != NULL) {
        spn_book_attribute(book, (spn_attribute){"starts_configuration", m->configurations[1], 0});
    }
    SPN_TRY(
        spn_book_write(context, book, path, m->job->settings->is_forced || m->is_found, &is_good));
    m->is_good = m->is_good && is_good;
done:
    spn_book_free(book);
    return status;
}

/* A finished family that is resumed is read again from its runs, which see to it that they are this one's. */
static spn_status check_target(spn_context *context, maker *m, const char *path)
{
    spn_status status = SPN_OK;
    spn_book *book = NULL;
    bool is_good = true;
    SPN_TRY(make_book(context, m, &book));
    SPN_TRY(m->job->settings->is_resumed
                ? spn_book_find(context, book, path, "", SPN_SAME_SETTINGS, &m->is_found, &is_good)
                : SPN_OK);
    SPN_TRY(spn_results_check_target(context, path, m->job->settings->is_forced || m->is_found));
done:
    spn_book_free(book);
    return status;
}

/* Of each run, unless it finds its own and looks itself. */
static spn_status check_runs(spn_context *context, const maker *m)
{
    spn_status status = SPN_OK;
    const spni_job *job = m->job;
    char path[SPNI_PATH_SIZE];
    for (int64_t i = 0; i < runs_of(m->plan) && !job->settings->is_resumed && !job->has_runs; i++) {
        SPN_TRY(path_of(m, member_at(m, i), is_of_starts(m, i), path));
        SPN_TRY(spn_results_check_target(context, path, job->settings->is_forced));
    }
done:
    return status;
}

static spn_status check_settings(spn_context *context, const maker *m)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < m->job->settings->set_count; i++) {
        SPN_TRY(refuse_varied(context, m->plan, m->job->settings->sets[i]));
    }
done:
    return status;
}

static spn_status run_all(spn_context *context, maker *m, const char *path)
{
    spn_status status = SPN_OK;
    const spni_family_plan *plan = m->plan;
    SPN_TRY(check_settings(context, m));
    SPN_TRY(check_target(context, m, path));
    SPN_TRY(check_runs(context, m));
    for (int64_t i = 0; i < 2 * plan->members; i++) {
        const member which = member_at(m, i);
        spn_message(context, "%s: %s network, %lld of %lld", plan->kind->name, activation(which),
                    (long long)which.index + 1, (long long)plan->members);
        SPN_TRY(run_member(context, m, which));
    }
    SPN_TRY(write_results(context, m, path));
done:
    return status;
}

spn_status spni_family_make(spni_job *job, const spni_family_plan *plan)
{
    spn_status status = SPN_OK;
    spn_context *context = job->context;
    char path[SPNI_PATH_SIZE];
    maker m = {.job = job,
               .plan = plan,
               .family = {.runs = {.size = sizeof(spni_family_run)},
                          .transitions = {.size = sizeof(spni_family_transition)},
                          .points = {.size = sizeof(spni_family_point)}},
               .is_good = true};
    SPN_TRY(spni_job_path(job, plan->kind->name, ".h5", path));
    status = run_all(context, &m, path);
    if (status == SPN_ERROR_INTERRUPTED) {
        SPN_FAIL(context, SPN_ERROR_INTERRUPTED,
                 "interrupted; what is done is in %s, go on with --resume", job->settings->folder);
    }
    SPN_TRY(status);
    spni_job_judge(job, m.is_good,
                   "a phase was not found (\"not_found\") or not followed to its end, or a random "
                   "start is not stationary; more branches.starts may help");
done:
    spn_release(context, m.configurations[0]);
    spn_release(context, m.configurations[1]);
    spn_list_free(context, &m.family.runs);
    spn_list_free(context, &m.family.transitions);
    spn_list_free(context, &m.family.points);
    return status;
}

/* ---- On ranks ---------------------------------------------------------------------------------- */

/* Jobs of ranks are runs. Each runs as one process would, in a context that has no farm, leaves its results in its file, and sends what it says
 * to rank 0, which tells it in its place. */
typedef struct sharing {
    spni_job *job;
    const spni_family_plan *plan;
    int64_t jobs, done;
} sharing;

/* Where a job says something. */
typedef struct mouth {
    spn_context *context;
    spn_pool_channel *channel;
    int64_t number;
} mouth;

/* What cannot be sent is of a job that is to stop, which will learn of it. */
static void send_saying(void *state, const spn_event *event)
{
    const mouth *m = state;
    spni_saying saying = {.run = m->number, .kind = event->kind};
    spn_error before;
    if (event->kind == SPN_EVENT_MESSAGE || event->kind == SPN_EVENT_WARNING) {
        snprintf(saying.text, sizeof saying.text, "%s", event->text);
        spn_error_get(m->context, &before);
        (void)spn_pool_send(m->context, m->channel, &saying);
        spn_error_set(m->context, &before);
    }
}

static spn_status run_job(spn_context *context, const sharing *all, int64_t number)
{
    spn_status status = SPN_OK;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    char path[SPNI_PATH_SIZE];
    bool is_good = true;
    spni_job job = {.context = context, .settings = all->job->settings};
    maker m = {.job = &job, .plan = all->plan};
    const bool is_starts = is_of_starts(&m, number);
    SPN_TRY(path_of(&m, member_at(&m, number), is_starts, path));
    const spn_run_settings settings = spni_job_settings(&job, path);
    SPN_TRY(make_study(context, &m, member_at(&m, number), is_starts, &experiment, &study));
    SPN_TRY(
        (is_starts ? spn_study_sweep : spn_study_branches)(context, study, &settings, &is_good));
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    spn_release(context, m.configurations[is_starts]);
    return status;
}

static spn_status share_one(spn_context *context, void *state, int64_t number,
                            spn_pool_channel *channel)
{
    const spni_saying last = {.run = number, .is_last = 1};
    mouth m = {context, channel, number};
    const spn_listener nobody = spn_context_listen(context, (spn_listener){send_saying, &m});
    const spn_status status = run_job(context, state, number);
    spn_context_listen(context, nobody);
    return status == SPN_OK ? spn_pool_send(context, channel, &last) : status;
}

static spn_status hear_one(spn_context *context, void *state, int64_t number, const void *message)
{
    sharing *all = state;
    const spni_saying *saying = message;
    (void)number;
    if (!saying->is_last) {
        return spn_farm_rank(context) == 0 ? spn_list_append(context, &all->job->said, saying)
                                           : SPN_OK;
    }
    if (all->done == 0) { /* other ranks count from the first number that they hear */
        spn_progress(context, 0, (double)all->jobs, "runs");
    }
    spn_progress(context, (double)++all->done, (double)all->jobs, "runs");
    return SPN_OK;
}

/* Rank 0 looks at files for all. */
static spn_status check_all(spn_context *context, maker *m)
{
    spn_status status = SPN_OK;
    char path[SPNI_PATH_SIZE];
    SPN_TRY(check_settings(context, m));
    if (spn_farm_rank(context) == 0) {
        SPN_TRY(spni_job_path(m->job, m->plan->kind->name, ".h5", path));
        SPN_TRY(check_target(context, m, path));
        SPN_TRY(check_runs(context, m));
    }
done:
    return spn_farm_agree(context, status, NULL, 0);
}

/* A job at a time on each rank, with all its threads: results are written by a library that takes one thread at a time. Networks of many modes or
 * layers take longest, and those with tanh longer than linear ones: hand them out first. */
spn_status spni_family_share(spni_job *job, const spni_family_plan *plan)
{
    spn_status status = SPN_OK;
    spn_context *context = job->context;
    spn_pool *pool = NULL;
    double *cost = NULL;
    maker m = {.job = job, .plan = plan};
    sharing all = {job, plan, runs_of(plan), 0};
    SPN_TRY(check_all(context, &m));
    SPN_NEW(context, cost, all.jobs);
    for (int64_t i = 0; i < all.jobs; i++) {
        const member which = member_at(&m, i);
        cost[i] = (double)(which.index + 1) * (which.is_linear ? 1 : 2);
    }
    const spn_pool_work work = {.jobs = all.jobs,
                                .job = share_one,
                                .job_state = &all,
                                .message_size = sizeof(spni_saying),
                                .receiver = hear_one,
                                .receiver_state = &all,
                                .cost = cost};
    SPN_TRY(spn_pool_create(context, 1, &pool));
    SPN_TRY(spn_pool_run(context, pool, &work));
done:
    spn_pool_free(pool);
    spn_release(context, cost);
    return status;
}
