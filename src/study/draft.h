/* SPDX-License-Identifier: MIT */
/** @file draft.h  An experiment for a table that somebody has; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_DRAFT_H
#define SPINODAL_SRC_STUDY_DRAFT_H

#include <spinodal/formats.h>
#include <spinodal/study.h>

enum { SPNI_NOTE_SIZE = 400 };

/** What was found, beside the settings in the experiment. Notes are without line breaks; "" where there is nothing to say. */
typedef struct spni_draft {
    spn_context *context;
    spn_experiment *experiment;
    spn_csv_table *table;
    int64_t inputs, outputs; /* of the network; inputs at most */
    char target_note[SPNI_NOTE_SIZE], columns_note[SPNI_NOTE_SIZE], missing_note[SPNI_NOTE_SIZE],
        scale_note[SPNI_NOTE_SIZE], range_note[SPNI_NOTE_SIZE], direction_note[SPNI_NOTE_SIZE];
} spni_draft;

/** Did somebody say this key ("data.targets")? */
bool spni_draft_has(const spni_draft *draft, int section, const char *key);
/** Set a key that nobody has said; `text` as a file would have it, is_quoted for a name. */
spn_status spni_draft_set(spni_draft *draft, const char *key, const char *text, bool is_quoted);

/** Which columns are targets or classes, which are inputs, and what becomes of missing cells. */
spn_status spni_draft_columns(spni_draft *draft);

#endif
