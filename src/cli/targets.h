/* SPDX-License-Identifier: MIT */
/** @file targets.h  What `reproduce` makes: a table of targets, each with what runs it and what writes its section
 *  of the index. */
#ifndef SPINODAL_SRC_CLI_TARGETS_H
#define SPINODAL_SRC_CLI_TARGETS_H

#include "cli/page.h"

enum { CLI_PATH_SIZE = 4200, CLI_TARGETS_MAX = 16 };

/** What is being made: where, with which settings, and whether it passed its checks. */
typedef struct cli_job {
    cli_session *session;
    const cli_arguments *arguments; /**< without words: experiments are built in */
    const char *folder;
    bool is_good;
    struct {
        bool is_run;
        spn_status status;
    } steps[CLI_TARGETS_MAX]; /**< by cli_job_prepare() */
} cli_job;

/** Runs a target or a step. A check that is not passed has been said on stderr and makes the job not good. */
typedef spn_status cli_maker(cli_job *job);

/** An experiment that several targets rest on; run at most once. */
typedef struct cli_step {
    const char *name; /**< of its results, without .h5 */
    cli_maker *make;
} cli_step;

/** Where the numbers of a section come from. */
typedef struct cli_source {
    const char *path; /**< of the target's results */
    const spn_results *results;
} cli_source;

/** Writes the numbers of a target, read from its results, beside their predictions. */
typedef spn_status cli_section(spn_text *page, const cli_source *source);

/** Sets of targets that have a name. */
enum { CLI_GROUP_ALL = 1, CLI_GROUP_PAPER = 2 };

typedef struct cli_target {
    const char *name;     /**< its results are NAME.h5 and NAME-*.h5; its figures NAME*.png, ... */
    const char *help;     /**< one line */
    const char *title;    /**< of its section */
    const char *text;     /**< what it shows: a paragraph of Markdown, without numbers */
    const cli_step *step; /**< made before it; NULL: it rests on nothing */
    unsigned groups;      /**< besides CLI_GROUP_ALL */
    cli_maker *make;
    cli_section *write;
    const char *const *sets; /**< what its experiment changes of the defaults, as --set takes it and
                                  spn_experiment_changes() writes it; NULL-terminated, or NULL */
} cli_target;

/** The target of this name. */
const cli_target *cli_find_target(const char *name);

/** All targets, in the order in which they are made; terminated by a NULL name. */
extern const cli_target cli_targets[];

/** A name that `reproduce` takes: of a target or of a group. */
typedef struct cli_target_name {
    const char *name, *help;
} cli_target_name;
/** The names in the order of the help; false behind the last. */
bool cli_target_name_at(int64_t index, cli_target_name *out);

/** Bit k: `name` means target k; 0: no such name. */
uint64_t cli_targets_named(const char *name);

/** "FOLDER/NAMESUFFIX". */
spn_status cli_job_path(const cli_job *job, const char *name, const char *suffix,
                        char path[CLI_PATH_SIZE]);
/** What `sets` of a study receives: --seed and --set. `sets` has room for CLI_SETS_MAX + 1, `seed` for 64 bytes; returns
 *  their number. */
int64_t cli_job_sets(const cli_job *job, const char **sets, char *seed);
/** Draw the figure of the results at `path` into the folder; `name` of its files, NULL: its own. */
spn_status cli_job_draw(const cli_job *job, const char *path, const char *name);
/** "FOLDER/NAMESUFFIX" from a table. */
spn_status cli_job_write_csv(const cli_job *job, const char *name, const char *suffix,
                             const spn_table *table);
/** Run a step unless this job has run it. One that has failed is not tried again: it fails as before. */
spn_status cli_job_prepare(cli_job *job, const cli_step *step);

/** A table of results as this program's records: a file may have other columns. `table` has name and
 *  columns; rows and records are filled in. */
spn_status cli_take_records(spn_context *context, spn_arena *arena, const spn_results *results,
                            const char *path, spn_table *table);

/* ---- Targets --------------------------------------------------------------------------------- */

extern const cli_step cli_paper_sweep;
cli_maker cli_make_figure1, cli_make_figure2;
cli_section cli_write_figure1, cli_write_figure2;

cli_maker cli_make_figure3, cli_make_omnigrok;
cli_section cli_write_figure3, cli_write_omnigrok;

cli_maker cli_make_order, cli_make_complexity;
cli_section cli_write_order, cli_write_complexity;

cli_maker cli_make_delay, cli_make_orders;
cli_section cli_write_delay, cli_write_orders;

#endif
