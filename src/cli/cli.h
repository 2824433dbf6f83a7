/* SPDX-License-Identifier: MIT */
/** @file cli.h  What the commands share: arguments, the session, help. */
#ifndef SPINODAL_SRC_CLI_CLI_H
#define SPINODAL_SRC_CLI_CLI_H

#include <spinodal/base.h>
#include <spinodal/kind.h>
#include <spinodal/store.h>
#include <spinodal/study.h>
#include <spinodal/text.h>
#include <stdio.h>

/** Exit statuses of the program. */
enum {
    EXIT_DONE = 0,
    EXIT_CHECK_FAILED = 1, /**< done, but something the command judges did not hold */
    EXIT_USAGE = 2,
    EXIT_INPUT = 3,
    EXIT_NUMERIC = 4,
    EXIT_IO = 5,
    EXIT_INTERRUPTED = 130,
};

enum { CLI_SETS_MAX = 256, CLI_WORDS_MAX = 4096 };

/** The program, on its own (NULL) or as one rank of a farm; returns its exit status. */
int cli_main(int count, char **words, spn_farm *farm);

/** Everything that flags of any command can say. */
typedef struct cli_arguments {
    const char *program;
    int64_t word_count;
    const char *words[CLI_WORDS_MAX]; /**< arguments that are not flags */
    const char *output;
    int64_t set_count;
    const char *sets[CLI_SETS_MAX + 1]; /**< that of --seed first */
    int64_t seed;                       /**< -1: not given */
    char seed_set[64];
    int64_t threads;
    const char *chain; /**< "I/N"; NULL: not given */
    bool is_json, is_quiet, is_verbose, is_forced, is_resumed, wants_help;
    const char *help_topic; /**< what stands behind --help: a section, or NULL */
    const char *weights;
    double beta; /**< NaN: not given */
    const char *surface;
    int64_t depth; /**< 0: not given */
    const char *singular_values;
    const char *table;
    int64_t point; /**< -1: not given */
    const char *direction;
    const char *phase;
    bool is_noisy;
    const char *kind, *sort;
    const char *columns, *x_scale, *x_range, *page, *seeds, *theory, *name; /**< of plot */
    double min_jump;                                                        /**< 0: not given */
    bool is_explained;                                                      /**< --explain */
    bool is_sharded;                                                        /**< --shard-samples */
    bool wants_report;
    const char *progress; /**< --progress; NULL: not given */
} cli_arguments;

typedef enum cli_flag_kind {
    FLAG_SWITCH,
    FLAG_TEXT,
    FLAG_INTEGER,
    FLAG_REAL,
    FLAG_SET
} cli_flag_kind;

typedef struct cli_flag {
    const char *name; /**< without the dashes */
    char letter;      /**< 0: none */
    cli_flag_kind kind;
    size_t offset; /**< in cli_arguments */
    const char *value;
    const char *help;
} cli_flag;

typedef struct cli_session cli_session;

/** What a command does. */
typedef spn_status cli_action(cli_session *session, const cli_arguments *arguments);

typedef struct cli_command {
    const char *name;
    const char *usage;   /**< what follows the name */
    const char *summary; /**< one line */
    const char *details; /**< a paragraph for --help */
    const char
        *flags; /**< names of the flags it takes, each followed by a space, and "ranks " where
                              ranks share its work */
    int64_t words_min, words_max;
    bool has_experiment; /**< --help lists the sections of an experiment */
    cli_action *run;
} cli_command;

/** All commands, in the order of the help; terminated by a NULL name. */
extern const cli_command cli_commands[];
const cli_command *cli_find_command(const char *name);

/** All flags, terminated by a NULL name. */
extern const cli_flag cli_flags[];
bool cli_takes_flag(const cli_command *command, const cli_flag *flag);
/** The words that a flag takes, up to NULL; NULL: it takes others. */
const char *const *cli_flag_words(const char *flag);

/** Parse what follows the command's name. On failure one line has been printed; returns EXIT_USAGE. */
int cli_parse(const cli_command *command, int count, char **words, cli_arguments *out);

void cli_print_overview(void);
/** Short: the keys of an experiment are on pages of their own. */
void cli_print_help(const cli_command *command);
/** The topic of all keys, beside the names of the sections. */
#define CLI_ALL_KEYS "keys"
/** A section of an experiment; NULL: none has this name. */
const spn_option_table *cli_find_section(const char *name);
/** The keys of a section, of all, or those that a word is part of. False: there is no such topic. */
bool cli_print_keys(const char *topic);
/** Is the word part of a key, as "beta" is of sweep.beta.from? */
bool cli_has_keys(const char *word);
/** "-o, --output FILE". */
void cli_flag_word(const cli_flag *flag, char *word, size_t size);
/** What a key accepts, its unit and its default. */
void cli_option_accepts(const spn_option *option, char *text, size_t size);
/** A page for man(1): of a command, or (NULL) of the program. */
void cli_print_manual(const cli_command *command);
void cli_print_bash_completion(void);
void cli_print_zsh_completion(void);
/** docs/reference.md. */
void cli_print_reference(void);

/** How progress is told. */
typedef enum cli_progress_form {
    PROGRESS_LINES, /**< a plain line now and then */
    PROGRESS_BAR,   /**< a bar in the last line of a terminal */
    PROGRESS_JSON,  /**< an object a line */
} cli_progress_form;

/** What progress has been told, and of what. */
typedef struct cli_progress {
    cli_progress_form form;
    bool has_bar;      /**< a bar stands in the terminal's last line */
    double started;    /**< seconds, monotonic: of the first count */
    double shown;      /**< when something was shown last */
    double first_done; /**< count when the first event came: a resumed run starts there */
    bool has_count;
    bool has_point; /**< the numbers of the last point are known; NaN, -1: that one has not */
    double beta, epoch, error, norm, curvature;
    int64_t modes;
} cli_progress;

/** A session: the context with its events, and the talk on stderr. */
struct cli_session {
    spn_context *context;
    bool is_quiet, is_verbose;
    cli_progress progress;
    const cli_command *command;
    bool is_misused; /**< a usage error was found and told */
    bool is_good;    /**< true at first: what the command judges holds */
};

/** Create the context, with a farm or without (NULL), and catch SIGINT, SIGTERM, SIGHUP and SIGUSR1 (by which batch systems
 *  say that the time is nearly up). Returns an exit status. */
int cli_session_begin(cli_session *session, const cli_command *command,
                      const cli_arguments *arguments, spn_farm *farm);
void cli_session_end(cli_session *session);

/** One line on stderr. What names of files, keys or arrays hold of control characters, which could move a
 *  terminal's cursor or hide text, is shown as \xNN. */
void cli_put_line(const char *prefix, const char *text);
/** Several lines, control characters but line breaks likewise; ends the text. */
spn_status cli_print(FILE *out, spn_text *text);

/** What happens, as it happens: on a terminal a bar with the time left, otherwise a plain line now and then.
 *  `session` is a cli_session. */
void cli_show_event(void *session, const spn_event *event);

/** Progress and finished points, as the session's form of progress has it. */
void cli_show_progress(cli_session *session, const spn_event *event);
void cli_show_item(cli_session *session, const spn_event *event);
void cli_clear_bar(cli_session *session);

/** Can the terminal behind this descriptor move its cursor? */
bool cli_is_terminal(int descriptor);
/** Its width in columns; 80 where nobody knows. */
int cli_terminal_width(int descriptor);
/** "1:05", "2:00:01". Returns buffer. */
const char *cli_format_time(double seconds, char buffer[32]);
/** Seconds of a clock that only goes forwards. */
double cli_now(void);

/** Whoever read the standard output (`| head`) has seen enough and closed it: no failure. */
bool cli_is_reader_gone(void);
/** Did the last failure come of a disk, a quota or an allowed size of files that is full? */
bool cli_is_disk_full(const spn_context *context);

/** Flush the standard output; a full disk shows only then. Returns an exit status. */
int cli_finish_output(void);

/** Linear algebra waits for ever, and without a word, for memory that is not to be had. Try first what
 *  `threads` threads of ours (0: one per processor) and its own will ask for. False, with a line on
 *  stderr: the program must end at once, by _exit(), or its threads keep it. */
bool cli_try_memory(int64_t threads);

/** Print the context's error as one line on stderr and give the exit status for `status`, and for what the command
 *  judged. */
int cli_finish(cli_session *session, spn_status status);

/** A usage error: one line, EXIT_USAGE. */
int cli_usage_error(const cli_command *command, const char *format, ...) SPN_PRINTF_LIKE(2, 3);
/** The same found by the command of the session, for it to return. */
spn_status cli_misuse(cli_session *session, const char *format, ...) SPN_PRINTF_LIKE(2, 3);

/** The experiment of the first word (or the built-in one when there is none) with --set and --seed. */
spn_status cli_experiment(cli_session *session, const cli_arguments *arguments,
                          spn_experiment **out);

/** A name for what is made from a file, in the current folder: of "examples/energy.yaml" and ".h5" it is "energy.h5". To
 *  be released. */
spn_status cli_default_output(spn_context *context, const char *input, const char *ending,
                              char **out);

/** A usage error where a page would go to a file that its name says is something else (page.pdf). */
spn_status cli_check_page(cli_session *session, const char *output);
/** A line on the standard error: "message", "warning" or "error"; an object with that key where progress is told in JSON, so
 *  that each line of that stream is one. */
void cli_say(cli_session *session, const char *what, const char *text);

/** Files that stand several times among the words, under whatever name, are dropped but for the first, and that is said. */
void cli_drop_repeated(cli_session *session, cli_arguments *arguments);

/** A command must not overwrite what it reads, by any name, not even with --force: SPN_ERROR_IO. */
spn_status cli_refuse_same_file(spn_context *context, const char *output, const char *input);

/** What measuring takes at a point of a run of `command`. */
spn_status cli_forecast(spn_context *context, const spn_study *study, const char *command,
                        spn_forecast *out);

/** What --explain prints is text: with --json it is a misuse. */
spn_status cli_check_explain(cli_session *session, const cli_arguments *arguments);
/** On the standard output: what measuring the Hessian takes in this command, by each way, and which one is gone. */
spn_status cli_explain(cli_session *session, const spn_study *study);

/** Of ranks and shares besides: how many jobs there are, how many the busiest process has, the time and the memory that they take at least. `threads`: of a process,
 *  0: as many as it has processors. */
spn_status cli_explain_ranks(cli_session *session, const spn_study *study, int64_t threads);

/** Parameters where a command measures: --weights, or the initial weights. */
spn_status cli_weights(cli_session *session, const cli_arguments *arguments, const spn_study *study,
                       double *theta);

/** Which transitions the arguments ask for. */
spn_status cli_shown(cli_session *session, const cli_arguments *arguments, spn_shown *out);

cli_action cmd_branches, cmd_check, cmd_data, cmd_export, cmd_geometry, cmd_grok, cmd_init,
    cmd_merge, cmd_plot, cmd_report, cmd_reproduce, cmd_slice, cmd_spectrum, cmd_sweep, cmd_theory,
    cmd_transitions, cmd_watch;

#endif
