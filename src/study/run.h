/* SPDX-License-Identifier: MIT */
/** @file run.h  A run of any kind: its output, the journal beside it, how it goes on, what becomes of it; private to
 *  room `study`. */
#ifndef SPINODAL_SRC_STUDY_RUN_H
#define SPINODAL_SRC_STUDY_RUN_H

#include "study/recorder.h"

/** What parts do not hold of a run: jobs of one kind, as a reader knows them. */
typedef struct spni_missing {
    const char *what; /**< "chains up of seeds", "runs" */
    spn_list
        numbers; /**< of jobs that are not done, int64_t, ascending; those of one seed have the same */
    int64_t of; /**< how many jobs of this kind there are */
} spni_missing;

/** A kind of run: its method's streams and what is special. `state` of the functions is the run's. */
typedef struct spni_run_kind {
    const spn_kind *results; /**< their kind */
    const char *
        sections; /**< of the experiment, by spaces, on which it depends besides SPNI_SECTIONS_ALWAYS */
    const spn_streams *streams;
    /** Each rank of a farm sends all items, whoever made what they rest on: one journal is enough, that of rank 0. */
    bool is_everywhere;
    spn_item_sink *replay; /**< hands the method what an earlier run has sent */
    /** What is not done of the run; none of them where everything was replayed. NULL: nobody asks. */
    spn_status (*miss)(spn_context *context, void *state, spni_missing *missing);
    /** Everything was sent: into the records, still in the order of sending, what only the whole run knows; may be
     *  NULL. */
    spn_status (*complete)(spn_context *context, void *state);
    /** And the tables, texts and arrays of the results, in their order; records are sorted. */
    spn_status (*fill)(spn_context *context, void *state, spn_book *book);
} spni_run_kind;

/** The first line of a journal: the program, and the size of its records, which are in it as they are in memory. */
enum { SPNI_PROGRAM_SIZE = 160 };
void spni_run_program(char line[SPNI_PROGRAM_SIZE]);

/** A kind of run by its name in journals. */
typedef struct spni_known_run {
    const spn_kind *kind;
    const spn_streams *streams;
    spn_status (*run)(spn_context *context, const spn_study *study,
                      const spn_run_settings *settings, bool *is_good); /**< NULL: not in shares */
} spni_known_run;

/** The kind of run that a journal's configuration names, and where its experiment begins; NULL: none of them. */
const spni_known_run *spni_run_find(const char *configuration, const char **experiment);
/** Records lie in a journal as in the memory of the program that wrote it. `advice`: what to do with that one. */
spn_status spni_run_check_program(spn_context *context, const char *path, const char *configuration,
                                  const char *advice);

/** The sections on which a run of any kind depends. */
#define SPNI_SECTIONS_ALWAYS "data model objective solver geometry "

typedef struct spni_run {
    const spn_study *study;
    const spni_run_kind *kind;
    void *state;
    spn_run_settings settings; /**< a journal's run may replace its output */
    const char
        *inputs; /**< checksum of what the run reads besides data and weights; NULL: nothing */
    char *journal_path;
    spn_journal *journal; /**< NULL: not open */
    int64_t records;      /**< in the journal */
    int64_t replayed;     /**< points among those that were there */
    spni_recorder recorder;
    bool is_finished; /**< an earlier run has made these results: there is nothing to do */
    bool is_good;     /**< and they pass the check */
} spni_run;

/** Check the output and find out what an earlier run has left. Always followed by spni_run_end(). `inputs` (may be
 *  NULL) must outlive the run; results keep it as the attribute SPNI_INPUTS. */
spn_status spni_run_begin(spn_context *context, const spn_study *study,
                          const spn_run_settings *settings, const spni_run_kind *kind,
                          const char *inputs, void *state, spni_run *run);

/** Create the journal, or (resuming) open it and replay what it holds. Bit s of `without`: theta of stream s is not
 *  kept in memory. */
spn_status spni_run_open(spn_context *context, spni_run *run, unsigned without);

/** Is the run made of parts, with nothing to do? SPN_ERROR_INPUT where they do not hold all, saying what is missing. */
spn_status spni_run_complete(spn_context *context, spni_run *run, bool *is_made);

/** The sink of the method; `state` is the run. An item goes to the journal first, then to memory. */
spn_status spni_run_record(spn_context *context, void *state, const spn_item *item);

/** Ranks that go the same way by the same numbers have the same data and weights, kernels and linear algebra. SPN_ERROR_INPUT on all where one has
 *  others than rank 0. (all) */
spn_status spni_run_compare_ranks(spn_context *context, const spn_study *study);

/** Everything was sent: complete the records, sort, fill the results, judge and write them, and delete the journal. */
spn_status spni_run_finish(spn_context *context, spni_run *run, bool *is_good);

/** Close the journal of a run that did not finish, and free. Returns `status`, or the failure to close
 *  where that was SPN_OK. */
spn_status spni_run_end(spn_context *context, spni_run *run, spn_status status);

/** spn_study_initial() as sweeps and branches want it; `state` is the study. */
spn_status spni_run_initial(spn_context *context, const void *state, int64_t seed, double *theta);

#endif
