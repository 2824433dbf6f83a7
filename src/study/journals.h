/* SPDX-License-Identifier: MIT */
/** @file journals.h  The journals of one run: one where one process writes it, more where several ranks or shares do
 *  (base/farm.h); private to room `study`. Whoever goes on with the run reads all of them as if they were one. */
#ifndef SPINODAL_SRC_STUDY_JOURNALS_H
#define SPINODAL_SRC_STUDY_JOURNALS_H

#include "study/recorder.h"

/** Hand the records of all journals to `reader`, job after job, those of a job in the order in which they were sent,
 *  whoever wrote them, and each once. All are in memory at a time. Journals may be written meanwhile. SPN_ERROR_INPUT where one
 *  belongs to another run than `configuration` says, or is damaged, or (parts) where two have the same point. */
spn_status spni_journals_read(spn_context *context, const spni_recorder *recorder,
                              const char *configuration, const spn_journals *journals,
                              spn_journal_reader *reader, void *reader_state);

/** Make one journal of them, at `path`, and remove the others. Killed at any moment it leaves journals that hold
 *  everything. SPN_ERROR_IO where one of them is being written. */
spn_status spni_journals_merge(spn_context *context, const spni_recorder *recorder,
                               const char *configuration, const spn_journals *journals,
                               const char *path);

#endif
