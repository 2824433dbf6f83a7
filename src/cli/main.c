/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <signal.h>
#include <spinodal/base/version.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const cli_command cli_commands[] = {
    {"reproduce", "[TARGET] [-o DIR]", "figures from built-in experiments, and an index of them",
     "Runs built-in experiments, draws their figures and writes DIR/index.md: what each shows, "
     "the\n"
     "numbers that came out beside their predictions, and the experiments. fig1 and fig2 are "
     "Figures\n"
     "1 and 2 of Ersoy and Wiesner, arXiv 2505.06597, of the defaults of an experiment: a tanh\n"
     "network 3-5-5-2 on 1000 samples of a Gaussian; both rest on the sweep fig2.h5. order and\n"
     "complexity follow the branches of linear and tanh networks and write tables of each "
     "transition\n"
     "beside its closed form. DIR (default: figures) receives NAME.h5, NAME.svg, NAME.pdf, "
     "NAME.png,\n"
     "the gnuplot script, its data, the caption and tables as CSV. --set changes the experiments. "
     "A\n"
     "target that fails does not keep the others from being made; the index says so. With "
     "--resume\n"
     "what is done and unchanged is not run again. Exit status 1: done, but a check of a run "
     "failed.",
     "output set seed threads progress force resume ranks ", 0, 1, true, cmd_reproduce},
    {"init", "DATA.csv [-o EXPERIMENT.yaml]", "a first experiment for a table of your own",
     "Looks at a table and writes an experiment for it, with comments that say why: what is "
     "predicted (a column called target, label, class or y, else the last one; labels become "
     "classes), which columns are left out, missing cells, scales, a network, and a range of beta "
     "from theory. --set says what is known better: --set data.targets=[price,rent]. The table may "
     "be one that comes with the program, digits.csv. Without -o the experiment goes to DATA.yaml.",
     "output set force ", 1, 1, true, cmd_init},
    {"sweep", "EXPERIMENT.yaml [-o RUN.h5]", "follow a network through beta",
     "Trains the network at the first beta and follows its stationary points through beta, in the\n"
     "directions the experiment asks for. Every finished point goes to RUN.h5.part at once: a run "
     "that\n"
     "was interrupted goes on with --resume, to the same bits. Without -o the results go to the\n"
     "experiment's name with .sweep.h5. Exit status 1: done, but a point did not pass the "
     "stationarity "
     "gate, or a jump could not be resolved.",
     "output set seed threads chain shard-samples json progress force resume kind min-jump sort "
     "explain ranks ",
     1, 1, true, cmd_sweep},
    {"branches", "EXPERIMENT.yaml [-o RUN.h5]", "all phases: continuation, folds, Maxwell points",
     "Follows branches of stationary points of the loss by arclength, through folds and along "
     "unstable\n"
     "stretches: what sweeps up and down and random starts lead to, and all that crosses it. Says "
     "which\n"
     "phases there are, in which range of beta each is metastable and what ends it, where two have "
     "equal\n"
     "loss (Maxwell points), which is globally stable where. Every finished point goes to "
     "RUN.h5.part at\n"
     "once: a run that was interrupted goes on with --resume, to the same bits. Threads share\n"
     "random starts, descents and the search for Maxwell points, and the sums over samples, where "
     "there are enough of them.\n"
     "Exit status 1: done, but a phase was not followed to its end.",
     "output set seed threads shard-samples json progress force resume kind min-jump sort explain "
     "ranks ",
     1, 1, true, cmd_branches},
    {"grok", "EXPERIMENT.yaml [-o RUN.h5]", "error against epoch from several starting phases",
     "Trains the network at one small beta from several starts: random weights, phases of a sweep "
     "or "
     "of\n"
     "branches with a stated residue, the trivial model, weights files. Says when the error falls, "
     "where\n"
     "each run ends, and what each plateau is: a metastable minimum, the ghost of a fold, a saddle "
     "or "
     "the\n"
     "degenerate point, with its measured length beside the predicted one. Every record goes to\n"
     "RUN.h5.part at once: a run that was interrupted goes on with --resume, to the same bits. "
     "Exit "
     "status\n"
     "1: done, but a run diverged or does not end at a stationary minimum.",
     "output set seed threads chain json progress force resume explain ranks ", 1, 1, true,
     cmd_grok},
    {"merge", "PART ... [-o RUN.h5]", "the journals of shares made the one result",
     "Takes what the shares of --chain, or ranks, have left (RUN.h5.part.1, RUN.h5.part.2, ...), "
     "wherever\n"
     "the files lie, also copied from other machines, and writes the results that one process "
     "would "
     "have\n"
     "written, byte for byte. Nothing is run, and the parts stay. Data and weights are read where "
     "the\n"
     "experiment has them; relative paths begin at its folder, or where that is not here at the "
     "current\n"
     "one. Where chains are missing or not at their end it says which and how to run them, with "
     "status 3,\n"
     "and writes nothing; so it does with parts of several experiments, a part given twice, and "
     "damage.\n"
     "Without -o the results go to the first part's name up to .part. Exit status 1: as that of "
     "the "
     "run.",
     "output json progress force kind min-jump sort ", 1, CLI_WORDS_MAX, false, cmd_merge},
    {"slice", "EXPERIMENT.yaml [-o RUN.h5]", "the surface along lines and planes",
     "Measures the error (and, where section slice says so, the scalar curvature of its surface) "
     "on the\n"
     "grid of a line or a plane: through two or three points (phases of a sweep or of branches, "
     "weights\n"
     "files, the trivial model), along eigenvectors of the Hessian at a point, along random "
     "directions.\n"
     "The loss L = E + beta |theta|^2 follows for any number of betas. Exit status 1: done, but E "
     "or L\n"
     "at a point that the slice goes through is not what the results file says.",
     "output set seed threads json progress force ", 1, 1, true, cmd_slice},
    {"geometry", "EXPERIMENT.yaml [--weights W] [--beta B]", "the geometry at one point",
     "Measures the error and the loss surface at the given weights (default: the initial weights) "
     "and\n"
     "beta (default 0): curvatures, spectrum, Fisher information, stationarity. Section geometry "
     "says how;\n"
     "large networks are measured without a dense Hessian, and what only that could give is left "
     "out.",
     "weights beta surface set seed threads json explain ", 1, 1, true, cmd_geometry},
    {"spectrum", "EXPERIMENT.yaml [--weights W] [--beta B] [-o RUN.h5]",
     "eigenvalues of the Hessian at one point: density, ends, outliers",
     "Measures the spectrum of the error's Hessian and of its Gauss-Newton part at the given "
     "weights\n"
     "(default: the initial weights) and beta (default 0), of networks of any size: traces and R "
     "with\n"
     "intervals, eigenpairs at both ends with residuals, outliers, the density of all eigenvalues. "
     "The\n"
     "spectrum of the loss is that of the error moved by 2 beta. Section geometry says how, and "
     "how many\n"
     "eigenpairs. Draw it with `spinodal plot`. Exit status 1: done, but eigenpairs did not "
     "converge.",
     "output weights beta set seed threads json force explain ", 1, 1, true, cmd_spectrum},
    {"transitions", "RUN.h5 ... [--noisy]", "table of transitions with order and error interval",
     "Lists the transitions of a sweep or of a set of branches: spinodals, Maxwell points and "
     "continuous\n"
     "transitions, each with its interval, its order, the evidence for it and what changes; then\n"
     "hysteresis, stuck random starts, and means over seeds and, with several files, over data "
     "draws.\n"
     "Exit status 1: done, but a row is undecided, or points are not stationary or of a quench.\n"
     "With --noisy the files are CSV tables (columns beta and any of error, weight_norm,\n"
     "scalar_curvature, accuracy, test_error, test_accuracy; seed, direction, phase and leg tell "
     "curves\n"
     "apart) or sweeps made with a first-order method: change points are found in each column by\n"
     "itself, jumps told from kinks, and compared. Of smooth curves 0 to 5 in 100 (at worst 9) "
     "show one "
     "(measured).",
     "noisy json kind min-jump sort ", 1, CLI_WORDS_MAX, false, cmd_transitions},
    {"theory", "EXPERIMENT.yaml | --depth D --singular-values A,B,...",
     "what can be said before training: transitions, onset and its order",
     "Order, Maxwell point and spinodal of each mode of a deep linear network on whitened data: of "
     "the\n"
     "modes of the experiment's data at its network's depth, or of given singular values. Of an "
     "experiment\n"
     "also the upward sweep of the linear network on the data as they are, correlated inputs and "
     "all, and\n"
     "the onset of learning: where, of which order, and why.",
     "depth singular-values set json ", 0, 1, true, cmd_theory},
    {"check", "EXPERIMENT.yaml [--weights W] [--beta B]",
     "derivatives against differences, on your own model",
     "Compares gradient, Hessian and Hessian-vector products of the experiment's loss with "
     "differences.\n"
     "Exit status 1: they disagree, or differences are worth too little here to tell.",
     "weights beta set seed json ", 1, 1, true, cmd_check},
    {"data", "EXPERIMENT.yaml [-o DATA.csv]", "the data set it would use",
     "Writes the experiment's data set, after standardising and whitening, as CSV: inputs first. "
     "With\n"
     "--json it says instead (with -o: besides) what was read: samples, columns, classes and their "
     "samples,\n"
     "header, separator, rows left out and cells filled in.",
     "output set force json ", 1, 1, true, cmd_data},
    {"plot", "RUN.h5 ... [-o DIR]", "figures of a sweep, of branches, of slices or of training",
     "Draws the figure of a results file, named after it, into DIR (default: a folder of that "
     "name):\n"
     "Figure 2 of a sweep, branches with folds and Maxwell points of a file of branches, lines and "
     "maps\n"
     "of slices, densities of eigenvalues of a file of spectrum, error against epoch of a file of "
     "grok; SVG, PDF and PNG, with the gnuplot script, "
     "its\n"
     "data and the caption beside them. Several sweeps are drawn over each other.",
     "output force columns x-scale x-range page seeds theory name ", 1, CLI_WORDS_MAX, false,
     cmd_plot},
    {"report", "RUN.h5 [MORE.h5 ...] [-o PAGE.html]", "one page of HTML to explore the results",
     "Writes results of any kind, together if there are several files, as one page that any "
     "browser "
     "shows\n"
     "without a network: the answer first, then charts to zoom into, transitions, slices that move "
     "with\n"
     "beta, the experiment, and all numbers to download. Without -o the page goes to the first "
     "file's\n"
     "name with .html, into the current directory.",
     "output force ", 1, CLI_WORDS_MAX, false, cmd_report},
    {"watch", "RUN.h5 [--report -o PAGE.html]", "what a run has done so far, while it goes on",
     "Reads the journal of a run that goes on, or was interrupted, RUN.h5.part (of ranks and "
     "shares "
     "all of them): how many points, where the run is, and small curves of E, |theta| and R along "
     "the chain of the last point. On a terminal it stays until the run ends; elsewhere it tells "
     "once, as wide as COLUMNS says. With --report the page of a report is written to PAGE.html "
     "every few seconds, and a browser that shows it reads it again. The run is not disturbed.",
     "report output force ", 1, 1, false, cmd_watch},
    {"export", "RUN.h5 [--table NAME | --point ROW | --beta B] [-o FILE]",
     "tables as CSV, weights as safetensors or npz",
     "Writes a table of a results file as CSV, to the standard output or to FILE: points, modes "
     "(one row\n"
     "for each point), theta (likewise), theory or layout, and what other kinds have besides; or "
     "the "
     "weights\n"
     "of one point, given by its row or as the one nearest to a beta, to FILE.safetensors or "
     "FILE.npz.",
     "output table point beta direction phase force ", 1, 1, false, cmd_export},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, false, NULL},
};

const cli_command *cli_find_command(const char *name)
{
    for (const cli_command *command = cli_commands; command->name != NULL; command++) {
        if (strcmp(command->name, name) == 0) {
            return command;
        }
    }
    return NULL;
}

static int unknown_command(const char *name)
{
    enum { MAX_COMMANDS = 32 };
    const char *names[MAX_COMMANDS];
    int64_t count = 0;
    for (const cli_command *command = cli_commands; command->name != NULL; command++) {
        names[count++] = command->name;
    }
    const char *near = spn_nearest_name(name, names, count);
    if (near != NULL) {
        return cli_usage_error(NULL, "unknown command '%s'; did you mean '%s'?", name, near);
    }
    return cli_usage_error(NULL, "unknown command '%s'", name);
}

/* Is it a command whose work ranks share? */
static bool is_for_ranks(const cli_command *command)
{
    return strstr(command->flags, "ranks ") != NULL;
}

static int run_command(const cli_command *command, int count, char **words, spn_farm *farm)
{
    cli_arguments arguments;
    cli_session session;
    int result = cli_parse(command, count, words, &arguments);
    if (result != EXIT_DONE) {
        return result;
    }
    if (arguments.wants_help) {
        if (arguments.help_topic != NULL) {
            cli_print_keys(arguments.help_topic);
        } else {
            cli_print_help(command);
        }
        return cli_finish_output();
    }
    if (farm != NULL && (!is_for_ranks(command) || arguments.chain != NULL)) {
        return cli_usage_error(
            command, arguments.chain != NULL
                         ? "ranks share the chains by themselves: leave out --chain"
                         : "ranks share the work of sweep, branches, grok and reproduce; take "
                           "spinodal");
    }
    if (arguments.is_sharded && farm == NULL) {
        return cli_usage_error(command, "--shard-samples is for ranks: mpirun -n N spinodal-mpi");
    }
    if (farm != NULL) {
        farm->is_sharded = arguments.is_sharded;
    }
    result = cli_session_begin(&session, command, &arguments, farm);
    if (result == EXIT_DONE) {
        cli_drop_repeated(&session, &arguments);
        result = cli_finish(&session, command->run(&session, &arguments));
        cli_session_end(&session);
    }
    return result;
}

/* Neither a command nor a section nor part of a key. */
static int unknown_topic(const char *name)
{
    enum { MAX_TOPICS = 64 };
    const char *names[MAX_TOPICS];
    int64_t count = 0, sections = 0;
    const spn_option_table *const *tables = spn_experiment_tables(&sections);
    for (const cli_command *command = cli_commands; command->name != NULL; command++) {
        names[count++] = command->name;
    }
    for (int64_t t = 0; t < sections && count < MAX_TOPICS; t++) {
        names[count++] = tables[t]->section;
    }
    const char *near = spn_nearest_name(name, names, count);
    return cli_usage_error(NULL,
                           "no command, no section and no key of an experiment has to do with "
                           "'%s'%s%s%s",
                           name, near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                           near != NULL ? "'?" : "");
}

/* A command, a section of an experiment, or both where they have the same name; or a page for other programs. */
static int help(int count, char **words)
{
    const char *topic = count > 0 ? words[0] : NULL;
    const cli_command *command = topic != NULL ? cli_find_command(topic) : NULL;
    if (topic == NULL) {
        cli_print_overview();
    } else if (command != NULL) {
        cli_print_help(command);
        if (cli_find_section(topic) != NULL) {
            putchar('\n');
            cli_print_keys(topic);
        }
    } else if (strcmp(topic, "reference") == 0) {
        cli_print_reference();
    } else if (strcmp(topic, "bash") == 0) {
        cli_print_bash_completion();
    } else if (strcmp(topic, "zsh") == 0) {
        cli_print_zsh_completion();
    } else if (strcmp(topic, "man") == 0) {
        command = count > 1 ? cli_find_command(words[1]) : NULL;
        if (count > 1 && command == NULL) {
            return unknown_command(words[1]);
        }
        cli_print_manual(command);
    } else if (!cli_print_keys(topic)) {
        return unknown_topic(topic);
    }
    return cli_finish_output();
}

int cli_main(int count, char **words, spn_farm *farm)
{
    if (!cli_try_memory(1)) {
        _exit(EXIT_NUMERIC);
    }
    /* A closed pipe or a file size limit then shows as a failed write. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (count < 2) {
        return cli_usage_error(NULL, "no command given");
    }
    const char *name = words[1];
    if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) {
        printf("spinodal %s\n", SPN_VERSION);
        return cli_finish_output();
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        return help(count - 2, words + 2);
    }
    const cli_command *command = cli_find_command(name);
    return command != NULL ? run_command(command, count - 2, words + 2, farm)
                           : unknown_command(name);
}
