/* SPDX-License-Identifier: MIT */
#include "cli/targets.h"
#include "cli/run.h"
#include <spinodal/plot.h>

#include <stdio.h>
#include <string.h>

static const char *const figure3_sets[] = {"grok.starts=[random, \"1 mode\", trivial]",
                                           "grok.epochs=5000", "grok.levels=[1.6, 1.1]",
                                           "solver.learning_rate=0.1", NULL};

static const char *const omnigrok_sets[] = {"data.kind=teacher",
                                            "data.samples=60",
                                            "data.inputs=5",
                                            "data.test_share=0.9",
                                            "data.teacher.hidden=[5]",
                                            "data.teacher.scale=2",
                                            "model.hidden=[20, 20]",
                                            "grok.beta=0.001",
                                            "grok.starts=[random, \"random*6\"]",
                                            "grok.epochs=100000",
                                            "grok.records=20",
                                            "grok.levels=[0.3]",
                                            "solver.learning_rate=0.02",
                                            NULL};

const cli_target cli_targets[] = {
    {"fig1", "Figure 1 of the paper: the loss below, at and above the onset of learning",
     "Figure 1: the loss at the onset of learning",
     "The loss *L* = *E* + *β* |*θ*|² along the line from the trivial model to the phase that the "
     "sweep leaves last on its way up, at a *β* below the Maxwell point of the two, at it, and "
     "between it and the spinodal; the same as a Landau potential *E*(*n*) + *βn*, *n* = |*θ*|²; "
     "and the plane through three phases. The onset is of first order: two minima with a barrier "
     "between them exchange their rank at the Maxwell point.",
     &cli_paper_sweep, CLI_GROUP_PAPER, cli_make_figure1, cli_write_figure1, NULL},
    {"fig2", "Figure 2 of the paper: error, curvature and |theta| against beta, up and down",
     "Figure 2: error, curvature and distance to the origin against the regularisation strength",
     "A network is followed through *β*: up, and down again from each phase that it visited. Error "
     "*E*, scalar curvature *R* of the error surface and distance |*θ*| to the origin change "
     "together where a phase ends. Transitions of *accuracy* change the number of modes that are "
     "learned; those of *symmetry* merge or split hidden units. Going down, a network need not "
     "return at the *β* at which it left: hysteresis.",
     &cli_paper_sweep, CLI_GROUP_PAPER, cli_make_figure2, cli_write_figure2, NULL},
    {"fig3", "Figure 3 of the paper: error against epoch from three starts at one small beta",
     "Figure 3: training from three starts at one small regularisation strength",
     "Gradient descent at one small *β* from random weights, from the middle phase (one mode "
     "learned) and from the trivial phase. Exact phases never leave: to every weight of the last "
     "two the same small residue *u*₀ times a normal deviate is added. The random start learns at "
     "once. The others sit on plateaus, at the error of the phase that they are in, for hundreds "
     "of "
     "epochs, which is grokking: the middle phase leaves once, the trivial one climbs a staircase.",
     &cli_paper_sweep, CLI_GROUP_PAPER, cli_make_figure3, cli_write_figure3, figure3_sets},
    {"order", "depth and the order of transitions: 1 to 4 weight matrices, linear and tanh",
     "Depth and the order of transitions",
     "Networks with one to four weight matrices on the same data. Of the linear networks the "
     "theory is exact: without a hidden layer there is no transition, with one the transitions are "
     "of second order, with more of first order (T12, T13). Where tanh "
     "saturates, transitions move.",
     NULL, 0, cli_make_order, cli_write_order, NULL},
    {"complexity", "data of 1 to 6 modes: as many transitions; random starts that get stuck",
     "Complexity of the data: number of transitions, and random starts that get stuck",
     "Data with one to six modes. A network has as many transitions as the data have modes, each "
     "where theory puts it for a linear network (T13). From random weights at one small *β* some "
     "starts end in a phase with fewer modes than the best start: they are stuck.",
     NULL, 0, cli_make_complexity, cli_write_complexity, NULL},
    {"delay", "escape from the trivial phase: time against scale and beta, measured and predicted",
     "Delay: escape from the trivial phase",
     "Linear networks with two, three and four weight matrices start near the trivial phase, "
     "aligned with the mode of the data or at random. How long gradient flow stays there follows "
     "from the scale of the start and from *β*: the exact passage time of one mode, T16 to leading "
     "order, and T22 for each random start as its own prediction. Beyond a threshold it never "
     "leaves. Adam needs about as many steps at any scale; beyond the threshold it leaves only "
     "where its steps carry it over.",
     NULL, 0, cli_make_delay, cli_write_delay, NULL},
    {"orders", "three starts race to the full phase: who is first, by method, beta and residue",
     "Orders: which start learns both modes first",
     "A network is trained at one *β* from random weights, from the middle phase (one mode) and "
     "from the trivial phase; the last two carry a residue, *u*₀ times a normal deviate on every "
     "weight, the same for both. The order of the three depends on the method, on *β*, on *u*₀ and "
     "on the random numbers.",
     NULL, 0, cli_make_orders, cli_write_orders, NULL},
    {"omnigrok", "train and test error against epoch for a small and a large initial scale",
     "Initial scale and delayed generalisation",
     "A network learns from few samples of a random teacher, once from weights of the usual scale "
     "and once from weights six times as large (Liu, Michaud and Tegmark, Omnigrok, ICLR 2023). "
     "The "
     "small start lowers train and test error together. The large start fits its training samples "
     "soon and stays wrong on test samples until the regulariser has shrunk it: while the training "
     "samples are fitted |*θ*| falls as exp(−2*βt*), and the test error follows when |*θ*| nears "
     "that of the minimum.",
     NULL, 0, cli_make_omnigrok, cli_write_omnigrok, omnigrok_sets},
    {NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL},
};

static const struct {
    const char *name, *help;
    unsigned bit;
} groups[] = {
    {"paper", "the figures of the paper", CLI_GROUP_PAPER},
    {"all", "everything (the default)", CLI_GROUP_ALL},
};
enum { GROUPS = sizeof groups / sizeof *groups };

_Static_assert(sizeof cli_targets / sizeof *cli_targets - 1 <= CLI_TARGETS_MAX, "room for all");

static int64_t count_targets(void)
{
    return (int64_t)(sizeof cli_targets / sizeof *cli_targets) - 1;
}

bool cli_target_name_at(int64_t index, cli_target_name *out)
{
    const int64_t targets = count_targets();
    if (index < targets) {
        *out = (cli_target_name){cli_targets[index].name, cli_targets[index].help};
    } else if (index < targets + GROUPS) {
        *out = (cli_target_name){groups[index - targets].name, groups[index - targets].help};
    } else {
        return false;
    }
    return true;
}

const cli_target *cli_find_target(const char *name)
{
    const cli_target *target = cli_targets;
    while (target->name != NULL && strcmp(target->name, name) != 0) {
        target++;
    }
    return target->name != NULL ? target : NULL;
}

uint64_t cli_targets_named(const char *name)
{
    uint64_t found = 0;
    unsigned bit = 0;
    for (int g = 0; g < GROUPS; g++) {
        bit = strcmp(groups[g].name, name) == 0 ? groups[g].bit : bit;
    }
    for (int64_t k = 0; k < count_targets(); k++) {
        const cli_target *target = &cli_targets[k];
        if (strcmp(target->name, name) == 0 || ((target->groups | CLI_GROUP_ALL) & bit) != 0) {
            found |= UINT64_C(1) << k;
        }
    }
    return found;
}

spn_status cli_job_path(const cli_job *job, const char *name, const char *suffix,
                        char path[CLI_PATH_SIZE])
{
    const int length = snprintf(path, CLI_PATH_SIZE, "%s/%s%s", job->folder, name, suffix);
    return length < CLI_PATH_SIZE ? SPN_OK
                                  : spn_fail(job->session->context, SPN_ERROR_ARGUMENT,
                                             "the folder's name is too long");
}

int64_t cli_job_sets(const cli_job *job, const char **sets, char *seed)
{
    const cli_arguments *a = job->arguments;
    int64_t count = 0;
    if (a->seed >= 0) {
        snprintf(seed, 64, "model.init.seed=%lld", (long long)a->seed);
        sets[count++] = seed;
    }
    for (int64_t i = 0; i < a->set_count; i++) {
        sets[count++] = a->sets[i];
    }
    return count;
}

/* A run that goes on draws its figures again: those that are there are the same, or somebody else's. */
spn_status cli_job_draw(const cli_job *job, const char *path, const char *name)
{
    spn_status status = SPN_OK;
    spn_context *context = job->session->context;
    spn_arena *arena = NULL;
    spn_results results;
    const spn_plot_settings settings = {.force = job->arguments->is_forced,
                                        .is_repeated = job->arguments->is_resumed,
                                        .name = name};
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    SPN_TRY(cli_draw(context, &results, job->folder, &settings));
done:
    spn_arena_free(arena);
    return status;
}

spn_status cli_job_write_csv(const cli_job *job, const char *name, const char *suffix,
                             const spn_table *table)
{
    spn_status status = SPN_OK;
    spn_context *context = job->session->context;
    spn_output *output = NULL;
    char path[CLI_PATH_SIZE];
    SPN_TRY(cli_job_path(job, name, suffix, path));
    SPN_TRY(spn_output_open(context, path, job->arguments->is_forced || job->arguments->is_resumed,
                            &output));
    if (!job->arguments->is_forced) {
        spn_output_protect(output);
    }
    SPN_TRY(spn_table_write_csv(context, table, spn_sink_output(output)));
    SPN_TRY(spn_output_commit(context, &output));
done:
    spn_output_abandon(context, output);
    return status;
}

/* Steps are told apart by the first target that names them. */
static int64_t step_number(const cli_step *step)
{
    int64_t k = 0;
    while (cli_targets[k].step != step) {
        k++;
    }
    return k;
}

spn_status cli_job_prepare(cli_job *job, const cli_step *step)
{
    const int64_t k = step_number(step);
    if (!job->steps[k].is_run) {
        job->steps[k].is_run = true;
        job->steps[k].status = step->make(job);
    } else if (job->steps[k].status != SPN_OK) {
        return spn_fail(job->session->context, job->steps[k].status,
                        "it rests on %s.h5, which was not made", step->name);
    }
    return job->steps[k].status;
}

spn_status cli_take_records(spn_context *context, spn_arena *arena, const spn_results *results,
                            const char *path, spn_table *table)
{
    const spn_wanted_table wanted = {table, false};
    spn_status status = spn_take_tables(context, arena, results, 1, &wanted);
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(context, "%s", path);
    }
    return status;
}
