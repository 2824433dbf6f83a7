/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <spinodal/kind.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#define AT(member) offsetof(cli_arguments, member)
const cli_flag cli_flags[] = {
    {"output", 'o', FLAG_TEXT, AT(output), "FILE", "where the result goes"},
    {"set", 0, FLAG_SET, AT(sets), "KEY=VALUE",
     "override a key of the experiment; may be repeated: the last one counts"},
    {"seed", 0, FLAG_INTEGER, AT(seed), "N", "seed of the initial weights (model.init.seed)"},
    {"threads", 0, FLAG_INTEGER, AT(threads), "N",
     "threads; 0, the default: one per processor; results do not depend on it"},
    {"chain", 0, FLAG_TEXT, AT(chain), "I/N",
     "the Ith of N shares only of the chains (of grok: runs), for arrays of jobs; --resume without "
     "it "
     "puts all shares together"},
    {"shard-samples", 0, FLAG_SWITCH, AT(is_sharded), NULL,
     "of ranks of spinodal-mpi: share the samples of each sum instead of chains and searches"},
    {"json", 0, FLAG_SWITCH, AT(is_json), NULL, "machine-readable results on the standard output"},
    {"weights", 'w', FLAG_TEXT, AT(weights), "FILE", "weights: a safetensors, npz or PyTorch file"},
    {"beta", 0, FLAG_REAL, AT(beta), "B", "regularisation strength"},
    {"surface", 0, FLAG_TEXT, AT(surface), "NAME", "error, loss or both (the default)"},
    {"depth", 0, FLAG_INTEGER, AT(depth), "D",
     "number of weight matrices of a deep linear network"},
    {"singular-values", 0, FLAG_TEXT, AT(singular_values), "A,B,...",
     "singular values of the whitened cross-covariance"},
    {"table", 0, FLAG_TEXT, AT(table), "NAME",
     "which table: points (the default), modes, theta, theory, layout; of sweeps also jumps, "
     "approach; "
     "of branches specials, approach, phases, maxwell, barriers, special_theta; of slices points, "
     "slices, anchors, levels, anchor_theta, directions; of grok starts, runs, crossings, "
     "plateaus, "
     "last_theta, final_theta, plateau_theta; of spectrum spectra, eigenvalues, density"},
    {"point", 0, FLAG_INTEGER, AT(point), "ROW", "row of the table points, from 0"},
    {"direction", 0, FLAG_TEXT, AT(direction), "NAME",
     "with --beta, of a sweep: up, down or quench"},
    {"phase", 0, FLAG_TEXT, AT(phase), "NAME",
     "with --beta, of branches: the phase's name; the default is the globally stable one"},
    {"noisy", 0, FLAG_SWITCH, AT(is_noisy), NULL,
     "the files hold noisy samples: find change points in them"},
    {"kind", 0, FLAG_TEXT, AT(kind), "NAME",
     "which transitions: accuracy (what is learned changes), symmetry (hidden units merge or "
     "split) or all (the default)"},
    {"min-jump", 0, FLAG_REAL, AT(min_jump), "S",
     "leave out transitions at which |theta|^2 jumps by less than this share of it, 0 to 1"},
    {"sort", 0, FLAG_TEXT, AT(sort), "NAME",
     "order of the table: beta, jump, or answer (the default: by beta, those of hidden units by "
     "their jump)"},
    {"explain", 0, FLAG_SWITCH, AT(is_explained), NULL,
     "say what measuring the Hessian takes, by each way, and which one is chosen; of ranks and "
     "shares also how many chains or runs each has, and the time and memory that they take at "
     "least; run nothing"},
    {"columns", 0, FLAG_TEXT, AT(columns), "A,B,...",
     "panels: columns of the table of points, each with :linear, :log or :symlog behind it if need "
     "be"},
    {"x-scale", 0, FLAG_TEXT, AT(x_scale), "NAME", "linear or log; the default suits the points"},
    {"x-range", 0, FLAG_TEXT, AT(x_range), "LOW:HIGH", "part of the axis of beta or of the epoch"},
    {"page", 0, FLAG_TEXT, AT(page), "NAME",
     "one or two columns of a journal: 3.4 inches wide, or 7 with panels side by side"},
    {"seeds", 0, FLAG_TEXT, AT(seeds), "NAME",
     "of a sweep's random starts: lines (the default), first, or band, from least to largest"},
    {"theory", 0, FLAG_TEXT, AT(theory), "NAME", "lines of linear theory: on (the default) or off"},
    {"name", 0, FLAG_TEXT, AT(name), "NAME", "of the figure's files; the default is the results'"},
    {"report", 0, FLAG_SWITCH, AT(wants_report), NULL,
     "write the page of a report again and again while the run goes on, to the file of -o"},
    {"progress", 0, FLAG_TEXT, AT(progress), "json",
     "progress for other programs: an object of JSON a line on the standard error"},
    {"force", 'f', FLAG_SWITCH, AT(is_forced), NULL, "overwrite existing files"},
    {"resume", 0, FLAG_SWITCH, AT(is_resumed), NULL, "go on with an interrupted run"},
    {"quiet", 'q', FLAG_SWITCH, AT(is_quiet), NULL, "no progress and no messages, errors only"},
    {"verbose", 'v', FLAG_SWITCH, AT(is_verbose), NULL, "say more"},
    {"help", 'h', FLAG_SWITCH, AT(wants_help), NULL,
     "this help; --help SECTION: the keys of a section of an experiment"},
    {NULL, 0, FLAG_SWITCH, 0, NULL, NULL},
};
#undef AT

static const char *const surface_words[] = {"error", "loss", "both", NULL};
static const char *const direction_words[] = {"up", "down", "quench", NULL};
static const char *const scale_words[] = {"linear", "log", NULL};
static const char *const page_words[] = {"own", "one", "two", NULL};
static const char *const seed_words[] = {"lines", "first", "band", NULL};
static const char *const switch_words[] = {"on", "off", NULL};
static const char *const progress_words[] = {"json", NULL};

/* Flags whose values are words, and those whose numbers end before those of other flags. */
static const struct {
    const char *flag;
    const char *const *words;
} flag_words[] = {
    {"kind", spn_shown_kind_words}, {"sort", spn_shown_order_words}, {"surface", surface_words},
    {"direction", direction_words}, {"x-scale", scale_words},        {"page", page_words},
    {"seeds", seed_words},          {"theory", switch_words},        {"progress", progress_words},
};
static const struct {
    const char *flag;
    double most;
} flag_ranges[] = {{"min-jump", 1}, {"threads", 4096}};

const char *const *cli_flag_words(const char *flag)
{
    for (size_t i = 0; i < sizeof flag_words / sizeof *flag_words; i++) {
        if (strcmp(flag_words[i].flag, flag) == 0) {
            return flag_words[i].words;
        }
    }
    return NULL;
}

/* The largest number of a flag; `usual` where nothing is said. */
static double most_of(const cli_flag *flag, double usual)
{
    for (size_t i = 0; i < sizeof flag_ranges / sizeof *flag_ranges; i++) {
        if (strcmp(flag_ranges[i].flag, flag->name) == 0) {
            return flag_ranges[i].most;
        }
    }
    return usual;
}

bool cli_takes_flag(const cli_command *command, const cli_flag *flag)
{
    size_t length = strlen(flag->name);
    for (const char *at = command->flags; (at = strstr(at, flag->name)) != NULL; at += length) {
        bool starts = at == command->flags || at[-1] == ' ';
        if (starts && (at[length] == ' ' || at[length] == '\0')) {
            return true;
        }
    }
    return strcmp(flag->name, "help") == 0 || strcmp(flag->name, "quiet") == 0 ||
           strcmp(flag->name, "verbose") == 0;
}

static const cli_flag *find_flag(const cli_command *command, const char *word, size_t length)
{
    for (const cli_flag *flag = cli_flags; flag->name != NULL; flag++) {
        bool is_long = word[0] == '-' && word[1] == '-' && strlen(flag->name) == length - 2 &&
                       strncmp(word + 2, flag->name, length - 2) == 0;
        bool is_short = length == 2 && word[1] != '-' && word[1] == flag->letter;
        if ((is_long || is_short) && cli_takes_flag(command, flag)) {
            return flag;
        }
    }
    return NULL;
}

static int unknown_flag(const cli_command *command, const char *word)
{
    enum { MAX_FLAGS = 32 };
    const char *names[MAX_FLAGS];
    int64_t count = 0;
    for (const cli_flag *flag = cli_flags; flag->name != NULL && count < MAX_FLAGS; flag++) {
        if (cli_takes_flag(command, flag)) {
            names[count++] = flag->name;
        }
    }
    const char *near = spn_nearest_name(word + strspn(word, "-"), names, count);
    if (near != NULL) {
        return cli_usage_error(command, "unknown option '%s'; did you mean --%s?", word, near);
    }
    return cli_usage_error(command, "unknown option '%s'", word);
}

/* `text` is the flag's value, NULL for a switch. */
static int store(const cli_command *command, const cli_flag *flag, const char *text,
                 cli_arguments *out)
{
    void *place = (char *)out + flag->offset;
    switch (flag->kind) {
    case FLAG_SWITCH:
        *(bool *)place = true;
        break;
    case FLAG_TEXT:
        *(const char **)place = text;
        break;
    case FLAG_INTEGER: {
        const double most = most_of(flag, 0);
        const int64_t last = most > 0 ? (int64_t)most : INT64_MAX;
        if (!spn_parse_integer(text, place) || *(int64_t *)place < 0 || *(int64_t *)place > last) {
            return cli_usage_error(command, "--%s: expected an integer from 0 to %lld, got '%s'",
                                   flag->name, (long long)last, text);
        }
        break;
    }
    case FLAG_REAL: {
        const double most = most_of(flag, SPN_STRENGTH_MAX);
        if (!spn_parse_real(text, place) || !(*(double *)place >= 0 && *(double *)place <= most)) {
            return cli_usage_error(command, "--%s: expected a number from 0 to %g, got '%s'",
                                   flag->name, most, text);
        }
        break;
    }
    case FLAG_SET:
        if (out->set_count == CLI_SETS_MAX) {
            return cli_usage_error(command, "more than %d times --set", (int)CLI_SETS_MAX);
        }
        out->sets[out->set_count++] = text;
        break;
    }
    return EXIT_DONE;
}

/* A section of an experiment, all of them, or what is part of a key. */
static bool is_topic(const char *word)
{
    return strcmp(word, CLI_ALL_KEYS) == 0 || cli_find_section(word) != NULL ||
           (word[0] != '-' && cli_has_keys(word));
}

/* A flag at words[*i], with its value behind '=' or in the next word. */
static int parse_flag(const cli_command *command, int count, char **words, int *i,
                      cli_arguments *out)
{
    const char *word = words[*i];
    const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;
    size_t length = equals != NULL ? (size_t)(equals - word) : strlen(word);
    const cli_flag *flag = find_flag(command, word, length);
    if (flag == NULL) {
        return unknown_flag(command, word);
    }
    if (flag->kind == FLAG_SWITCH) {
        if (equals != NULL) {
            return cli_usage_error(command, "--%s takes no value", flag->name);
        }
        if (strcmp(flag->name, "help") == 0 && *i + 1 < count && is_topic(words[*i + 1])) {
            out->help_topic = words[++*i];
        }
        return store(command, flag, NULL, out);
    }
    if (equals != NULL) {
        return store(command, flag, equals + 1, out);
    }
    if (*i + 1 >= count) {
        return cli_usage_error(command, "--%s needs a value (%s)", flag->name, flag->value);
    }
    (*i)++;
    return store(command, flag, words[*i], out);
}

int cli_parse(const cli_command *command, int count, char **words, cli_arguments *out)
{
    bool is_flag_allowed = true;
    *out = (cli_arguments){.seed = -1, .beta = (double)NAN, .point = -1};
    for (int i = 0; i < count; i++) {
        const char *word = words[i];
        if (is_flag_allowed && strcmp(word, "--") == 0) {
            is_flag_allowed = false;
        } else if (is_flag_allowed && word[0] == '-' && word[1] != '\0') {
            int failed = parse_flag(command, count, words, &i, out);
            if (failed) {
                return failed;
            }
        } else if (out->word_count == command->words_max) {
            return cli_usage_error(command, "unexpected argument '%s'", word);
        } else {
            out->words[out->word_count++] = word;
        }
    }
    if (out->seed >= 0) {
        snprintf(out->seed_set, sizeof out->seed_set, "model.init.seed=%lld", (long long)out->seed);
        memmove(out->sets + 1, out->sets, (size_t)out->set_count * sizeof *out->sets);
        out->sets[0] = out->seed_set;
        out->set_count++;
    }
    if (out->output != NULL && out->output[0] == '\0') {
        return cli_usage_error(command, "--output: the name is empty");
    }
    if (out->progress != NULL && strcmp(out->progress, "json") != 0) {
        return cli_usage_error(command, "--progress: 'json' is the only form, got '%s'",
                               out->progress);
    }
    if (out->word_count < command->words_min && !out->wants_help) {
        return cli_usage_error(command, "missing argument; usage: spinodal %s %s", command->name,
                               command->usage);
    }
    return EXIT_DONE;
}
