/* SPDX-License-Identifier: MIT */
/** @file run.h  What runs of every kind share: the output, the journal beside it, how they go on; private to
 *  room `study`. */
#ifndef SPINODAL_SRC_STUDY_RUN_H
#define SPINODAL_SRC_STUDY_RUN_H

#include "study/experiment.h"

/** A kind of run. */
typedef struct spni_run_kind {
    const char *name;           /**< of its results: "sweep", "branches" */
    unsigned sections;          /**< of the experiment that it depends on: bit SPNI_SECTION_... */
    int64_t record_size;        /**< bytes of its records, which the journal holds as memory does */
    spn_journal_reader *replay; /**< receives what the journal holds */
    bool (*judge)(const spn_results *results); /**< do finished results pass the run's check? */
} spni_run_kind;

/** The sections that a run of any kind depends on. */
#define SPNI_SECTIONS_ALWAYS                                                                       \
    (1U << SPNI_SECTION_DATA | 1U << SPNI_SECTION_MODEL | 1U << SPNI_SECTION_OBJECTIVE |           \
     1U << SPNI_SECTION_SOLVER)

typedef struct spni_run {
    const spn_study *study;
    const spni_run_kind *kind;
    spn_run_settings settings; /**< a journal's run may replace its output */
    const char
        *inputs; /**< checksum of what the run reads besides data and weights; NULL: nothing */
    char *journal_path;
    spn_journal *journal; /**< NULL: not open */
    int64_t records;      /**< in the journal */
    int64_t replayed;     /**< points among those that were there; counted by kind->replay */
    bool is_finished;     /**< an earlier run has made these results: there is nothing to do */
    bool is_good;         /**< and they pass the check */
} spni_run;

/** Check the output and find out what an earlier run has left. Always followed by spni_run_end(). `inputs` (may be
 *  NULL) must outlive the run; results keep it as the attribute SPNI_INPUTS. */
spn_status spni_run_begin(spn_context *context, const spn_study *study,
                          const spn_run_settings *settings, const spni_run_kind *kind,
                          const char *inputs, spni_run *run);
#define SPNI_INPUTS "inputs_checksum"

/** Create the journal, or (resuming) open it and hand what it holds to kind->replay with `state`. */
spn_status spni_run_open(spn_context *context, spni_run *run, void *state);

/** Append one record to the journal; `type` > 0. */
spn_status spni_run_append(spn_context *context, spni_run *run, int64_t type,
                           const spn_bytes *parts, int64_t count);

/** spn_study_initial() as sweeps and branches want it; `state` is the study. */
spn_status spni_run_initial(spn_context *context, const void *state, int64_t seed, double *theta);

/** The checks of sweeps, branches, slices and watched training, on results that were read. */
bool spni_sweep_judge(const spn_results *results);
bool spni_branches_judge(const spn_results *results);
bool spni_slice_judge(const spn_results *results);
bool spni_grok_judge(const spn_results *results);

/** The results are safe: delete the journal. */
spn_status spni_run_finish(spn_context *context, spni_run *run);

/** Close the journal of a run that did not finish, and free. Returns `status`, or the failure to close
 *  where that was SPN_OK. */
spn_status spni_run_end(spn_context *context, spni_run *run, spn_status status);

#endif
