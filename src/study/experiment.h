/* SPDX-License-Identifier: MIT */
/** @file experiment.h  The inside of an experiment; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_EXPERIMENT_H
#define SPINODAL_SRC_STUDY_EXPERIMENT_H

#include <spinodal/study.h>

enum {
    SPNI_SECTION_DATA,
    SPNI_SECTION_MODEL,
    SPNI_SECTION_OBJECTIVE,
    SPNI_SECTION_SWEEP,
    SPNI_SECTION_BRANCHES,
    SPNI_SECTION_SLICE,
    SPNI_SECTION_GROK,
    SPNI_SECTION_SOLVER,
    SPNI_SECTION_GEOMETRY,
    SPNI_SECTIONS
};

struct spn_experiment {
    spn_arena *arena;
    const char *file;                   /**< the experiment file; NULL: not from a file */
    const char *directory;              /**< of the experiment file; NULL: the current one */
    const spn_dataset *training, *test; /**< of the caller (data.kind: memory); NULL: none */
    const double *start; /**< weights of the caller (SPNI_WEIGHTS_MEMORY); NULL: none */
    int64_t start_size;
    spn_settings sections[SPNI_SECTIONS];
};

/** What model.init.weights says of them. */
#define SPNI_WEIGHTS_MEMORY "memory"

/** `key` was just overridden: keys that exclude it go back to their defaults. */
spn_status spni_experiment_yield(spn_context *context, spn_experiment *experiment, int section,
                                 const char *key);

/** The settings of section `branches` with a range: an end that is not given is that of the sweep.
 *  SPN_ERROR_INPUT, naming the place, when the range is empty. */
spn_status spni_experiment_branches(spn_context *context, const spn_experiment *experiment,
                                    spn_branches_settings *out);

/** Where memory lacks, put the place of the largest count of the experiment before it: the likely cause. Returns
 *  `status`. */
spn_status spni_experiment_size(spn_context *context, const spn_experiment *experiment,
                                spn_status status);

/** Put "file:line:column: section.key" before a failure that is due to this key. Returns `status`. */
spn_status spni_experiment_blame(spn_context *context, const spn_experiment *experiment,
                                 int section, const char *key, spn_status status);
/** The same before a failure that names its own key (spn_error_key()): only the place is missing. A default has none
 *  of its own; then it is the file of the section's other keys. */
spn_status spni_experiment_place(spn_context *context, const spn_experiment *experiment,
                                 spn_status status);
/** The same key before a failure to read a file that this key names, whenever it is read. */
spn_status spni_blame_file(spn_context *context, const char *key, spn_status status);
/** Failures that a change of the experiment or its files mends. */
bool spni_is_users(spn_status status);

/** Length of the name of a weights file (.npz, .safetensors, .pth, .pt) at the beginning of `name`, of which only +U0 may
 *  follow; 0: it is something else. */
int64_t spni_file_length(const char *name);

/** Cut all but these sections ("data model", by spaces) from the text of a dump. Texts of programs that knew fewer
 *  sections are compared in those that they have. */
void spni_experiment_keep(char *dump, const char *sections);

enum { SPNI_PATH_SIZE = 4096 };

/** `path` as the experiment means it: relative paths start from its directory. Written into buffer, which is
 *  returned (cut when it is too long for any file). */
const char *spni_experiment_path(const spn_experiment *experiment, const char *path,
                                 char buffer[SPNI_PATH_SIZE]);

/** Relative names of files that are there, as the shell sees them, become whole paths. */
spn_status spni_experiment_name_files(spn_context *context, spn_experiment *experiment);

/** Is this file where the experiment means it? */
bool spni_experiment_has(const spn_experiment *experiment, const char *path);

/** `path` of a file of data as spni_experiment_path() has it, or, where there is none and one of this name comes with the
 *  program, that one's. */
const char *spni_experiment_data_path(const spn_experiment *experiment, const char *path,
                                      char buffer[SPNI_PATH_SIZE]);

#endif
