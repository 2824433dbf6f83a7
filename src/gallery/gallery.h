/* SPDX-License-Identifier: MIT */
/** @file gallery.h  Targets and how they are made; private to room `gallery`. */
#ifndef SPINODAL_SRC_GALLERY_GALLERY_H
#define SPINODAL_SRC_GALLERY_GALLERY_H

#include "gallery/index_page.h"

#include <spinodal/gallery.h>

enum { SPNI_PATH_SIZE = 4200, SPNI_TARGETS_MAX = 16 };

/** What is being made: where, with which settings, and whether it passed its checks. */
typedef struct spni_job {
    spn_context *context;
    const spn_gallery_settings *settings;
    bool is_good;
    bool has_runs; /**< ranks have made the runs, which are there to be found */
    spn_list said; /**< spni_saying: what they have said of the runs of a family */
    struct {
        bool is_run;
        spn_status status;
    } shared[SPNI_TARGETS_MAX]; /**< by spni_job_prepare() */
} spni_job;

/** What was said while a run was made, as ranks hand it on: a message or a warning. */
typedef struct spni_saying {
    int64_t run;     /**< its number among those that ranks share */
    int64_t is_last; /**< nothing is said: the run has been made */
    int64_t kind;    /**< spn_event_kind */
    char text[SPN_ERROR_TEXT_SIZE];
} spni_saying;

/** Makes a target or a shared experiment. A check that is not passed has been told and makes the job not good. */
typedef spn_status spni_maker(spni_job *job);

/** An experiment that several targets rest on; run at most once. */
typedef struct spni_shared_experiment {
    const char *name; /**< of its results, without .h5 */
    spni_maker *make;
} spni_shared_experiment;

/** Where the numbers of a section come from. */
typedef struct spni_section_source {
    const char *path; /**< of the target's results */
    const spn_results *results;
    spn_arena *arena; /**< that they live in, for what is made of them */
} spni_section_source;

/** Writes the numbers of a target, read from its results, beside their predictions: a section of the page, or a few
 *  lines for a terminal. */
typedef spn_status spni_section(spn_text *page, const spni_section_source *source);

/** A table of results that is written as a file, NAMESUFFIX. */
typedef struct spni_csv {
    const char *table, *suffix;
} spni_csv;

/** Sets of targets that have a name. */
enum { SPNI_GROUP_ALL = 1, SPNI_GROUP_PAPER = 2 };

/** A target: a folder here, and a row in gallery.c. */
typedef struct spni_target {
    const char *name;  /**< its results are NAME.h5 and NAME-*.h5; its figures NAME*.png, ... */
    const char *help;  /**< one line */
    const char *title; /**< of its section */
    const char *text;  /**< what it shows: a paragraph of Markdown, without numbers */
    const spni_shared_experiment *shared; /**< made before it; NULL: it rests on nothing */
    unsigned groups;                      /**< besides SPNI_GROUP_ALL */
    bool is_apart;                        /**< it needs data or long: not in SPNI_GROUP_ALL */
    spni_maker *make;                     /**< its results, NAME.h5; the rest is made of them */
    spni_maker
        *share; /**< its runs alone, made by all ranks of a farm together; NULL: not for ranks */
    const spni_csv *tables; /**< ended by zeros, or NULL */
    spni_section *tell;     /**< what came out, as messages; NULL: nothing */
    const char *figure;     /**< name of its files; NULL: as its kind calls them */
    spni_section *write;    /**< its section of the page */
    const char *const *
        sets; /**< what its experiment changes of the defaults, as spn_experiment_set() takes it and
                                  spn_experiment_changes() writes it; NULL-terminated, or NULL */
} spni_target;

/** All targets, in the order in which they are made; NULL-terminated. */
extern const spni_target *const spni_targets[];

/** Bit k: `name` means target k; 0: no such name. */
uint64_t spni_targets_named(const char *name);

/** The name of each target with `share`, into `list`: "fig2, order and complexity". */
void spni_put_shared_targets(spn_text *list);

/* ---- Jobs -------------------------------------------------------------------------------------- */

/** How a run of the job is made into `path`. */
spn_run_settings spni_job_settings(const spni_job *job, const char *path);

/** Around what finds the run at `path`: where ranks have made it nobody hears again what was said then. SPN_ERROR_IO where it is not there.
 *  Always followed by spni_job_end_finding(). */
spn_status spni_job_begin_finding(const spni_job *job, const char *path, spn_listener *heard);
void spni_job_end_finding(const spni_job *job, spn_listener heard);
/** Tell what ranks have said of a run of a family. */
void spni_job_retell(const spni_job *job, int64_t run);

/** "FOLDER/NAMESUFFIX"; of the job's folder. */
spn_status spni_make_path(spn_context *context, const char *folder, const char *name,
                          const char *suffix, char path[SPNI_PATH_SIZE]);
spn_status spni_job_path(const spni_job *job, const char *name, const char *suffix,
                         char path[SPNI_PATH_SIZE]);
/** spn_study_sweep() and its like. */
typedef spn_status spni_study(spn_context *context, const spn_study *study,
                              const spn_run_settings *settings, bool *is_good);
/** Run an experiment into NAME.h5 and tell what is in it: the defaults with `own` settings (NULL-terminated, or NULL), then
 *  `further` (or NULL), then those of the job. */
spn_status spni_job_run(spni_job *job, const char *name, const char *const *own,
                        const char *further, spni_study *run);
/** The experiment of that, alone. */
spn_status spni_job_experiment(const spni_job *job, const char *const *own, const char *further,
                               spn_experiment **out);
/** At the beginning of runs of its own, of which `book` says the experiment: the path of NAME.h5, and whether the job goes
 *  on and finds them there (which is told), with their verdict. SPN_ERROR_IO: what is there may not be replaced. */
spn_status spni_job_find(const spni_job *job, const char *name, spn_book *book,
                         char path[SPNI_PATH_SIZE], bool *is_found, bool *is_good);
/** Results have been made: the verdict is the job's too, and `warning` is told where it is bad. */
void spni_job_judge(spni_job *job, bool is_good, const char *warning);
/** All that is made of a target's results: tables, messages, figures. */
spn_status spni_job_show(const spni_job *job, const spni_target *target);
/** "FOLDER/NAMESUFFIX" from a table. */
spn_status spni_job_write_csv(const spni_job *job, const char *name, const char *suffix,
                              const spn_table *table);
/** Run a shared experiment unless this job has run it. One that has failed is not tried again: it fails as before. */
spn_status spni_job_prepare(spni_job *job, const spni_shared_experiment *shared);

/** A table of results as this program's records: see spn_take_tables(). SPN_ERROR_INPUT names the file. */
spn_status spni_source_take(spn_context *context, const spni_section_source *source,
                            const char *name, const spn_columns *columns, spn_table *table);
/** Read NAME.h5 of the folder. */
spn_status spni_job_read(const spni_job *job, spn_arena *arena, const char *name,
                         char path[SPNI_PATH_SIZE], spn_results *results);

/* ---- Targets ----------------------------------------------------------------------------------- */

/** The sweep on which the figures of the paper rest. */
extern const spni_shared_experiment spni_paper_sweep;

extern const spni_target spni_target_fig1, spni_target_fig2, spni_target_fig3, spni_target_order,
    spni_target_complexity, spni_target_delay, spni_target_orders, spni_target_omnigrok,
    spni_target_digits, spni_target_mnist, spni_target_fashion;

/** The kinds of results that targets have of their own. */
extern const spn_kind spni_order_kind, spni_complexity_kind, spni_delay_kind, spni_orders_kind;

#endif
