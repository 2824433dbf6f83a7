/* SPDX-License-Identifier: MIT */
/** @file index.h  index.md of a folder of `reproduce`: what was made, beside its predictions. Everything in it is read
 *  back from the files of the folder; equal files give equal bytes. */
#ifndef SPINODAL_SRC_CLI_INDEX_H
#define SPINODAL_SRC_CLI_INDEX_H

#include "gallery/gallery.h"

/** How the making of a target ended in this call of the program. */
typedef struct spni_outcome {
    bool is_tried;
    spn_status status;
    char *text; /**< why it failed; released by the caller */
} spni_outcome;

/** Write FOLDER/index.md, beside and renamed. `outcomes`: one of each target. A file that cannot be read is said
 *  to be so in the page. A page that the program wrote is replaced, one that somebody has written or changed only
 *  when forced. */
spn_status spni_write_index(spn_context *context, const char *folder, bool is_forced,
                            const spni_outcome *outcomes);
/** Would it be refused? Before anything is made. */
spn_status spni_check_index(spn_context *context, const char *folder, bool is_forced);

/** The files of a folder, sorted. Names with anything but letters, digits and . _ - are left out. */
typedef struct spni_listing {
    const char *folder;
    spn_arena *arena;
    int64_t count;
    const char **names;
} spni_listing;
spn_status spni_list_folder(spn_context *context, spni_listing *listing);

/** Is the file NAME.SUFFIX or NAME-ANYTHING.SUFFIX? `suffix` with its dot; NULL: any. */
bool spni_is_file_of(const char *file, const char *name, const char *suffix);
bool spni_has_file(const spni_listing *listing, const char *name, const char *suffix);

/** A copy of a message in the arena, its paths without the folder: the page must not depend on what that is called.
 *  NULL on failure. */
const char *spni_without_folder(spn_arena *arena, const spni_listing *listing, const char *text);

/** Read a file of the folder. Where it cannot be read, *is_read is false, *why (in the arena) says so and nothing
 *  has failed. */
spn_status spni_read_listed(spn_context *context, spn_arena *arena, const spni_listing *listing,
                            const char *file, spn_results *results, const char **why,
                            bool *is_read);

/** What keeps results from passing their check, of all of a target's files: "FILE: FAULT" in the arena of the listing,
 *  NULL where all pass. */
spn_status spni_find_fault(spn_context *context, const spni_listing *listing, const char *name,
                           const char **fault);

/** Are the results NAME.h5 of other data, another model or another sweep than BASE.h5, on which they rest? False
 *  where one of them cannot be read. */
spn_status spni_is_outdated(spn_context *context, const spni_listing *listing, const char *name,
                            const char *base, bool *out);

/** The table of all experiments. */
spn_status spni_write_experiments(spn_text *page, const spni_listing *listing);

/** The settings that results were made with beyond those of their target, one assignment on a line; released by
 *  the caller. NULL: not known. */
spn_status spni_settings_of(spn_context *context, const spn_results *results, char **text);

#endif
