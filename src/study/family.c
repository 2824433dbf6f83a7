/* SPDX-License-Identifier: MIT */
/* Families of experiments: built-in settings, the runs, the results made of them. */
#include "study/family.h"
#include "study/built_in.h"
#include "study/same.h"

#include <math.h>
#include <spinodal/base/version.h>
#include <spinodal/numeric.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 4200, LIST_SIZE = 256, MODES = 6 };

/* How a family is made. `all`, then `linear` with a linear activation, then the caller's settings, then what
 * varies: that the caller may not set. */
typedef struct plan {
    const char *name;
    int64_t members; /* per activation */
    const char *const *all, *const *linear, *const *varied;
    const char *const *starts; /* besides, for random starts; NULL: none are made */
    spn_status (*vary)(spn_context *context, spn_experiment *experiment, int64_t index);
} plan;

/* A linear network sees second moments only, and those are exact: few samples will do. */
static const char *const few_samples[] = {"data.samples=100", NULL};

/* Random starts are cheap then, and the phase with most modes is easily missed. */
static const char *const more_starts[] = {"data.samples=100", "branches.starts=8", NULL};

static const char *const order_settings[] = {"sweep.beta.from=0.02",
                                             "sweep.beta.to=1",
                                             "branches.index=0",
                                             "branches.starts=2",
                                             "branches.levels=2",
                                             "branches.parameters=false",
                                             NULL};
static const char *const order_varied[] = {"model.hidden", "model.activation", NULL};

static spn_status vary_depth(spn_context *context, spn_experiment *experiment, int64_t index)
{
    static const char *const hidden[] = {"model.hidden=[]", "model.hidden=[5]",
                                         "model.hidden=[5, 5]", "model.hidden=[5, 5, 5]"};
    return spn_experiment_set(context, experiment, hidden[index]);
}

static const char *const complexity_settings[] = {
    "model.hidden=[6, 6]",       "branches.beta.from=0.03",
    "branches.beta.to=0.5",      "branches.index=0",
    "branches.starts=2",         "branches.levels=1",
    "branches.parameters=false", NULL};
/* Smaller weights than those from which all phases are found: some starts get stuck. */
static const char *const complexity_starts[] = {"model.init.scale=0.5",   "sweep.direction=quench",
                                                "sweep.beta=[0.04]",      "sweep.seeds=64",
                                                "sweep.parameters=false", NULL};
static const char *const complexity_varied[] = {"data.inputs",       "data.outputs",
                                                "data.correlations", "data.covariance",
                                                "model.activation",  NULL};

/* Singular values evenly spaced from 0.9 down to 0.3; a single one is 0.9. */
static spn_status vary_modes(spn_context *context, spn_experiment *experiment, int64_t index)
{
    const double strongest = 0.9, range = 0.6;
    spn_status status = SPN_OK;
    const int64_t modes = index + 1;
    char text[LIST_SIZE];
    snprintf(text, sizeof text, "data.inputs=%lld", (long long)modes);
    SPN_TRY(spn_experiment_set(context, experiment, text));
    snprintf(text, sizeof text, "data.outputs=%lld", (long long)modes);
    SPN_TRY(spn_experiment_set(context, experiment, text));
    int used = snprintf(text, sizeof text, "data.correlations=[");
    for (int64_t i = 0; i < modes; i++) {
        const double step = modes > 1 ? range / (double)(modes - 1) : 0;
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%.12g", i > 0 ? ", " : "",
                         strongest - step * (double)i);
    }
    snprintf(text + used, sizeof text - (size_t)used, "]");
    SPN_TRY(spn_experiment_set(context, experiment, text));
done:
    return status;
}

static const plan plans[] = {
    [SPN_FAMILY_ORDER] = {"order", 4, order_settings, few_samples, order_varied, NULL, vary_depth},
    [SPN_FAMILY_COMPLEXITY] = {"complexity", MODES, complexity_settings, more_starts,
                               complexity_varied, complexity_starts, vary_modes},
};

const char *spn_family_name(spn_family_kind kind)
{
    return plans[kind].name;
}

typedef struct member {
    bool is_linear;
    int64_t index;
} member;

/* A run in progress. */
typedef struct maker {
    const plan *plan;
    const spn_family_settings *settings;
    spni_family family;
    char *configurations[2]; /* of branches and starts, without what varies */
    char *joined;            /* the caller's settings, one on a line; NULL: none */
    bool is_good;
    bool is_found; /* an earlier run of this family has written its results */
} maker;

static spn_status set_all(spn_context *context, spn_experiment *experiment,
                          const char *const *assignments)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; assignments[i] != NULL; i++) {
        SPN_TRY(spn_experiment_set(context, experiment, assignments[i]));
    }
done:
    return status;
}

/* Figures of families, and the closed forms beside their numbers, are those of the ridge on all parameters. */
static bool sets_regulariser(const char *assignment)
{
    static const char key[] = "objective.regularise";
    return strncmp(assignment, key, strlen(key)) == 0;
}

static spn_status refuse_varied(spn_context *context, const plan *family, const char *assignment)
{
    if (sets_regulariser(assignment)) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "objective.regularise: cannot be set, '%s' compares with closed forms of "
                        "the ridge on all "
                        "parameters; run an experiment of your own by `branches`",
                        family->name);
    }
    for (int64_t i = 0; family->varied[i] != NULL; i++) {
        const size_t length = strlen(family->varied[i]);
        if (strncmp(assignment, family->varied[i], length) == 0 &&
            (assignment[length] == '=' || assignment[length] == '\0')) {
            return spn_fail(context, SPN_ERROR_INPUT,
                            "%s: cannot be set, it is what '%s' varies; run an experiment of your "
                            "own by `branches`",
                            family->varied[i], family->name);
        }
    }
    return SPN_OK;
}

static spn_status make_experiment(spn_context *context, const maker *m, member which,
                                  bool is_starts, spn_experiment **out)
{
    spn_status status = SPN_OK;
    const spn_family_settings *settings = m->settings;
    spn_experiment *experiment = NULL;
    *out = NULL;
    SPN_TRY(spn_experiment_create(context, &experiment));
    SPN_TRY(set_all(context, experiment, m->plan->all));
    SPN_TRY(is_starts ? set_all(context, experiment, m->plan->starts) : SPN_OK);
    SPN_TRY(which.is_linear ? set_all(context, experiment, m->plan->linear) : SPN_OK);
    for (int64_t i = 0; i < settings->set_count; i++) {
        SPN_TRY(spn_experiment_set(context, experiment, settings->sets[i]));
    }
    *out = experiment;
    experiment = NULL;
done:
    spn_experiment_free(context, experiment);
    return status;
}

/* With what varies. The first tanh experiment is kept as text before that. */
static spn_status make_study(spn_context *context, maker *m, member which, bool is_starts,
                             spn_experiment **experiment, spn_study **study)
{
    spn_status status = SPN_OK;
    char **kept = &m->configurations[is_starts];
    SPN_TRY(make_experiment(context, m, which, is_starts, experiment));
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

/* "FOLDER/order-linear-3.h5". */
static spn_status make_path(spn_context *context, const maker *m, member which, const char *what,
                            char path[PATH_SIZE])
{
    const int length =
        snprintf(path, PATH_SIZE, "%s/%s-%s-%lld%s.h5", m->settings->folder, m->plan->name,
                 which.is_linear ? "linear" : "tanh", (long long)which.index + 1, what);
    return length < PATH_SIZE
               ? SPN_OK
               : spn_fail(context, SPN_ERROR_ARGUMENT, "the folder's name is too long");
}

static spn_run_settings run_settings(const maker *m, char *path)
{
    return (spn_run_settings){.output = path,
                              .threads = m->settings->threads,
                              .is_forced = m->settings->is_forced,
                              .is_resumed = m->settings->is_resumed};
}

static spn_status run_branches(spn_context *context, maker *m, member which, spn_family_run *run,
                               spn_theory_mode modes[SPN_MODES_MAX])
{
    spn_status status = SPN_OK;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    char path[PATH_SIZE];
    bool is_good = true;
    const spn_run_settings settings = run_settings(m, path);
    SPN_TRY(make_path(context, m, which, "", path));
    SPN_TRY(make_study(context, m, which, false, &experiment, &study));
    run->depth = spn_network_depth(study->network);
    SPN_TRY(spn_study_theory(context, study, &run->modes, modes));
    SPN_TRY(target_power(context, study->dataset, &run->target_power));
    SPN_TRY(spn_study_branches(context, study, &settings, &is_good));
    m->is_good = m->is_good && is_good;
    SPN_TRY(spni_family_read_branches(context, &m->family, path, run, modes));
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    return status;
}

static spn_status run_starts(spn_context *context, maker *m, member which, spn_family_run *run,
                             const spn_theory_mode *modes)
{
    spn_status status = SPN_OK;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    char path[PATH_SIZE];
    bool is_good = true;
    const spn_run_settings settings = run_settings(m, path);
    SPN_TRY(make_path(context, m, which, "-starts", path));
    SPN_TRY(make_study(context, m, which, true, &experiment, &study));
    SPN_TRY(spn_study_sweep(context, study, &settings, &is_good));
    m->is_good = m->is_good && is_good;
    SPN_TRY(spni_family_read_starts(context, path, run, modes));
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    return status;
}

static spn_status run_member(spn_context *context, maker *m, member which)
{
    spn_status status = SPN_OK;
    const double none = (double)NAN;
    spn_theory_mode modes[SPN_MODES_MAX];
    spn_family_run run = {.activation = which.is_linear ? SPN_LINEAR : SPN_TANH,
                          .start_beta = none,
                          .stuck_fraction = none,
                          .stuck_low = none,
                          .stuck_high = none};
    SPN_TRY(run_branches(context, m, which, &run, modes));
    SPN_TRY(m->plan->starts != NULL ? run_starts(context, m, which, &run, modes) : SPN_OK);
    SPN_TRY(spni_list_append(context, &m->family.runs, &run));
done:
    return status;
}

/* "FOLDER/order.h5". */
static spn_status make_target(spn_context *context, const maker *m, char path[PATH_SIZE])
{
    return snprintf(path, PATH_SIZE, "%s/%s.h5", m->settings->folder, m->plan->name) < PATH_SIZE
               ? SPN_OK
               : spn_fail(context, SPN_ERROR_ARGUMENT, "the folder's name is too long");
}

static spn_status add_attributes(spn_context *context, const maker *m, spni_book *book)
{
    spn_status status = SPN_OK;
    enum { MACHINE_SIZE = 256 };
    char *machine = NULL;
    SPN_TAKE(context, book->arena, machine, MACHINE_SIZE);
    const spn_attribute attributes[] = {
        {"configuration", m->configurations[0], 0},
        {"program_version", SPN_VERSION, 0},
        {"compiler", spn_describe_compiler(), 0},
        {"machine", spn_describe_machine(machine, MACHINE_SIZE), 0},
        {"kernels", spn_kernels_name(spn_context_kernels(context)), 0},
        {"blas_core", spn_blas_core(), 0},
        {"starts_configuration", m->configurations[1], 0},
        {"settings", m->joined, 0},
    };
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        if (attributes[i].text != NULL) {
            spni_book_attribute(book, attributes[i]);
        }
    }
done:
    return status;
}

static spn_status write_results(spn_context *context, maker *m)
{
    spn_status status = SPN_OK;
    char path[PATH_SIZE];
    bool is_good = false;
    spni_book book = {.arena = NULL};
    const spni_family *f = &m->family;
    SPN_TRY(make_target(context, m, path));
    SPN_TRY(spni_book_begin(context, m->plan->name, &book));
    spni_book_table(&book,
                    (spn_table){"runs", &spn_family_run_columns, f->runs.count, f->runs.items});
    spni_book_table(&book, (spn_table){"transitions", &spn_family_transition_columns,
                                       f->transitions.count, f->transitions.items});
    spni_book_table(
        &book, (spn_table){"points", &spn_family_point_columns, f->points.count, f->points.items});
    SPN_TRY(add_attributes(context, m, &book));
    SPN_TRY(spni_book_write(context, NULL, &book, path, m->settings->is_forced || m->is_found,
                            &is_good));
    m->is_good = m->is_good && is_good;
done:
    spni_book_end(&book);
    return status;
}

/* A finished family that is resumed is read again from its runs, which see to it that they are this one's. */
static spn_status check_target(spn_context *context, maker *m)
{
    spn_status status = SPN_OK;
    char path[PATH_SIZE];
    SPN_TRY(make_target(context, m, path));
    SPN_TRY(spni_join_settings(context, m->settings->set_count, m->settings->sets, &m->joined));
    const spn_attribute settings = {"settings", m->joined, 0};
    const spn_results expected = {
        .kind = m->plan->name, .attribute_count = m->joined != NULL, .attributes = &settings};
    SPN_TRY(m->settings->is_resumed ? spni_find_results(context, &expected, path, "",
                                                        SPN_SAME_SETTINGS, &m->is_found, NULL)
                                    : SPN_OK);
    SPN_TRY(spn_results_check_target(context, path, m->settings->is_forced || m->is_found));
done:
    return status;
}

spn_status spn_study_family(spn_context *context, spn_family_kind kind,
                            const spn_family_settings *settings, bool *is_good)
{
    spn_status status = SPN_OK;
    maker m = {.plan = &plans[kind],
               .settings = settings,
               .family = {.runs = {.size = sizeof(spn_family_run)},
                          .transitions = {.size = sizeof(spn_family_transition)},
                          .points = {.size = sizeof(spn_family_point)}},
               .is_good = true};
    for (int64_t i = 0; i < settings->set_count; i++) {
        SPN_TRY(refuse_varied(context, m.plan, settings->sets[i]));
    }
    SPN_TRY(check_target(context, &m));
    for (int64_t i = 0; i < 2 * m.plan->members; i++) {
        const member which = {i < m.plan->members, i % m.plan->members};
        spn_message(context, "%s: %s network, %lld of %lld", m.plan->name,
                    which.is_linear ? "linear" : "tanh", (long long)which.index + 1,
                    (long long)m.plan->members);
        SPN_TRY(run_member(context, &m, which));
    }
    SPN_TRY(write_results(context, &m));
    *is_good = m.is_good;
done:
    spn_release(context, m.joined);
    spn_release(context, m.configurations[0]);
    spn_release(context, m.configurations[1]);
    spni_list_free(context, &m.family.runs);
    spni_list_free(context, &m.family.transitions);
    spni_list_free(context, &m.family.points);
    return status;
}
