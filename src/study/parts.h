/* SPDX-License-Identifier: MIT */
/** @file parts.h  Journals that somebody names, to make one result of them (spn_run_merge()); private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_PARTS_H
#define SPINODAL_SRC_STUDY_PARTS_H

#include "study/run.h"

/** Write the whole experiment into a journal, with its folder, as the record SPNI_RECORD_EXPERIMENT: whoever has only the journal
 *  makes of it the results that the run would have made. */
spn_status spni_parts_note(spn_context *context, const spn_study *study, spn_journal *journal);

/** SPN_ERROR_INPUT where this is no such record. */
spn_status spni_parts_check_note(spn_context *context, const void *payload, int64_t size);

/** Were the parts, of which `path` is the first, run with the data, weights and kernels that are here? SPN_ERROR_INPUT
 *  with the first line that says no. */
spn_status spni_parts_fit(spn_context *context, const char *path, const char *configuration);

/** SPN_OK where nothing is missing; otherwise SPN_ERROR_INPUT, with what is, and how to run it. */
spn_status spni_parts_refuse_missing(spn_context *context, const spni_run *run,
                                     const spni_missing *missing);

#endif
