/* SPDX-License-Identifier: MIT */
/* The files of a folder, and the table of its experiments. */
#include "gallery/index.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A name that needs no escapes in a link. */
static bool is_plain(const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return name[0] != '.' && name[strspn(name, plain)] == '\0';
}

static spn_status take_names(spn_context *context, DIR *directory, spni_listing *listing)
{
    spn_status status = SPN_OK;
    int64_t capacity = 0, count = 0;
    while (readdir(directory) != NULL) {
        capacity++;
    }
    rewinddir(directory);
    SPN_TAKE(context, listing->arena, listing->names, capacity);
    for (const struct dirent *entry = NULL;
         count < capacity && (entry = readdir(directory)) != NULL;) {
        if (is_plain(entry->d_name)) {
            listing->names[count] = spn_arena_duplicate(listing->arena, entry->d_name);
            SPN_TRY(listing->names[count] != NULL ? SPN_OK
                                                  : spn_arena_status(context, listing->arena));
            count++;
        }
    }
    listing->count = count;
    qsort(listing->names, (size_t)count, sizeof *listing->names, compare);
done:
    return status;
}

spn_status spni_list_folder(spn_context *context, spni_listing *listing)
{
    DIR *directory = opendir(listing->folder);
    if (directory == NULL) {
        return spn_fail(context, SPN_ERROR_IO, "cannot read the folder %s: %s", listing->folder,
                        strerror(errno));
    }
    spn_status status = take_names(context, directory, listing);
    closedir(directory);
    return status;
}

bool spni_is_file_of(const char *file, const char *name, const char *suffix)
{
    const size_t length = strlen(name), size = strlen(file);
    const size_t end = suffix != NULL ? strlen(suffix) : 0;
    return strncmp(file, name, length) == 0 && (file[length] == '.' || file[length] == '-') &&
           size >= length + end && (suffix == NULL || strcmp(file + size - end, suffix) == 0);
}

bool spni_has_file(const spni_listing *listing, const char *name, const char *suffix)
{
    for (int64_t i = 0; i < listing->count; i++) {
        const size_t length = strlen(name);
        if (strncmp(listing->names[i], name, length) == 0 &&
            strcmp(listing->names[i] + length, suffix) == 0) {
            return true;
        }
    }
    return false;
}

const char *spni_without_folder(spn_arena *arena, const spni_listing *listing, const char *text)
{
    const size_t length = strlen(listing->folder);
    char *out = spn_arena_duplicate(arena, text), *to = out;
    for (const char *at = out; at != NULL && *at != '\0';) {
        const bool is_folder = strncmp(at, listing->folder, length) == 0 && at[length] == '/';
        at += is_folder ? length + 1 : 0;
        if (*at != '\0') {
            *to++ = *at++;
        }
    }
    if (out != NULL) {
        *to = '\0';
    }
    return out;
}

spn_status spni_read_listed(spn_context *context, spn_arena *arena, const spni_listing *listing,
                            const char *file, spn_results *results, const char **why, bool *is_read)
{
    char path[SPNI_PATH_SIZE];
    *why = NULL;
    spn_status status = spni_make_path(context, listing->folder, file, "", path);
    status = status == SPN_OK ? spn_results_read(context, arena, path, results) : status;
    *is_read = status == SPN_OK;
    if (status == SPN_ERROR_INPUT || status == SPN_ERROR_IO) {
        const char *text = spni_without_folder(arena, listing, spn_error_text(context));
        spn_error_clear(context);
        *why = text;
        status = text != NULL ? SPN_OK : spn_arena_status(context, arena);
    }
    return status;
}

static spn_status judge_file(spn_context *context, const spni_listing *listing, const char *file,
                             const char **fault)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    const char *found = NULL;
    bool is_read = false;
    char text[SPN_ERROR_TEXT_SIZE];
    *fault = NULL;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spni_read_listed(context, arena, listing, file, &results, &found, &is_read));
    found = is_read ? spn_results_fault(&results) : found;
    if (found != NULL) {
        snprintf(text, sizeof text, "%s%s%s", is_read ? file : "", is_read ? ": " : "", found);
        *fault = spn_arena_duplicate(listing->arena, text);
        SPN_TRY(*fault != NULL ? SPN_OK : spn_arena_status(context, listing->arena));
    }
done:
    spn_arena_free(arena);
    return status;
}

spn_status spni_find_fault(spn_context *context, const spni_listing *listing, const char *name,
                           const char **fault)
{
    spn_status status = SPN_OK;
    *fault = NULL;
    for (int64_t i = 0; i < listing->count && *fault == NULL; i++) {
        if (spni_is_file_of(listing->names[i], name, ".h5")) {
            SPN_TRY(judge_file(context, listing, listing->names[i], fault));
        }
    }
done:
    return status;
}

/* ---- The table of experiments ----------------------------------------------------------------- */

/* Keys that differ from the defaults; NULL where the configuration is of another version. */
static spn_status changes_of(spn_context *context, const spn_results *results, char **text)
{
    spn_status status = SPN_OK;
    spn_experiment *experiment = NULL;
    *text = NULL;
    SPN_TRY(spn_experiment_of(context, results, &experiment));
    SPN_TRY(experiment != NULL ? spn_experiment_changes(context, experiment, text) : SPN_OK);
done:
    spn_experiment_free(context, experiment);
    return status;
}

/* What is trained and swept. What a target does with the phases of a sweep is its own. */
static const char shared_sections[] = "data model objective sweep";

spn_status spni_is_outdated(spn_context *context, const spni_listing *listing, const char *name,
                            const char *base, bool *out)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results[2];
    const char *const names[2] = {name, base}, *why = NULL;
    char file[128];
    bool is_read = true, is_same = true;
    SPN_TRY(spn_arena_create(context, &arena));
    for (int i = 0; i < 2 && is_read; i++) {
        snprintf(file, sizeof file, "%s.h5", names[i]);
        SPN_TRY(spni_read_listed(context, arena, listing, file, &results[i], &why, &is_read));
    }
    SPN_TRY(is_read ? spn_study_compare(context, &results[0], &results[1], shared_sections,
                                        SPN_SAME_DATA | SPN_SAME_KNOWN, &is_same)
                    : SPN_OK);
    *out = !is_same;
done:
    spn_arena_free(arena);
    return status;
}

/* A single run says them by its configuration, a family by an attribute. */
spn_status spni_settings_of(spn_context *context, const spn_results *results, char **text)
{
    const char *settings = spn_results_text(results, "settings");
    if (settings == NULL && spn_results_attribute(results, "data_checksum") != NULL) {
        return changes_of(context, results, text);
    }
    *text = spn_duplicate(context, settings != NULL ? settings : "");
    return *text != NULL ? SPN_OK : spn_error_status(context);
}

/* A piece of code in a cell: a bar would end the cell, a backtick the piece. */
static void put_code(spn_text *page, const char *line, size_t length)
{
    const char *const fence = memchr(line, '`', length) != NULL ? "``" : "`";
    const char *const space = fence[1] != '\0' ? " " : "";
    spn_text_put(page, "%s%s", fence, space);
    for (size_t i = 0; i < length; i++) {
        spn_text_add(page, line[i] == '|' ? "\\" : "");
        spn_text_character(page, line[i]);
    }
    spn_text_put(page, "%s%s ", space, fence);
}

/* Lines as pieces of code in one cell. */
static void put_lines(spn_text *page, const char *lines)
{
    spn_text_add(page, "| ");
    for (const char *at = lines, *end = NULL; *at != '\0'; at = *end != '\0' ? end + 1 : end) {
        end = at + strcspn(at, "\n");
        if (end > at) {
            put_code(page, at, (size_t)(end - at));
        }
    }
}

static void put_count(spn_text *page, const spn_results *results, const char *name)
{
    const spn_attribute *attribute = spn_results_attribute(results, name);
    if (attribute != NULL && attribute->text == NULL) {
        spni_put_integer(page, attribute->integer);
    } else {
        spni_put_word(page, NULL);
    }
}

static spn_status put_experiment(spn_text *page, const spni_listing *listing, const char *file)
{
    spn_status status = SPN_OK;
    spn_context *context = page->context;
    spn_arena *arena = NULL;
    spn_results results;
    const char *why = NULL;
    bool is_read = false;
    char *changes = NULL;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spni_read_listed(context, arena, listing, file, &results, &why, &is_read));
    spn_text_put(page, "| [%s](%s) ", file, file);
    if (!is_read) {
        spn_text_add(page, "| cannot be read | - | - | - | - | - | - | - | - |\n");
        goto done;
    }
    SPN_TRY(changes_of(context, &results, &changes));
    const char *fault = spn_results_fault(&results);
    spni_put_word(page, results.kind);
    put_count(page, &results, "samples");
    put_count(page, &results, "parameters");
    put_count(page, &results, "seed");
    spni_put_word(page, spn_results_text(&results, "data_checksum"));
    spni_put_word(page, spn_results_text(&results, "program_version"));
    spni_put_word(page, spn_results_text(&results, "kernels"));
    spni_put_word(page, fault == NULL ? "passed" : fault);
    const char *lines = changes != NULL ? changes : "not known: of another version";
    lines = spni_without_folder(listing->arena, listing, lines);
    if (lines == NULL) {
        status = spn_arena_status(context, listing->arena);
        goto done;
    }
    put_lines(page, lines);
    spni_end_row(page);
done:
    spn_release(context, changes);
    spn_arena_free(arena);
    return status;
}

static spn_status put_experiments(spn_text *page, const spni_listing *listing, const char *name)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < listing->count; i++) {
        if (spni_is_file_of(listing->names[i], name, ".h5")) {
            SPN_TRY(put_experiment(page, listing, listing->names[i]));
        }
    }
done:
    return status;
}

/* Files of a shared experiment belong to a target of its name, or to the first target that rests on it. */
static bool is_own_shared(const spni_target *target)
{
    bool is_behind = false;
    for (int64_t k = 0; target->shared != NULL && spni_targets[k] != NULL; k++) {
        const spni_target *t = spni_targets[k];
        is_behind = is_behind || t == target;
        if (strcmp(t->name, target->shared->name) == 0 ||
            (!is_behind && t->shared == target->shared)) {
            return false;
        }
    }
    return target->shared != NULL;
}

spn_status spni_write_experiments(spn_text *page, const spni_listing *listing)
{
    spn_status status = SPN_OK;
    spn_text_add(page, "\n## Experiments\n\nEach results file, and the keys of its experiment that "
                       "differ from the defaults "
                       "(`spinodal sweep --help`). The attribute `configuration` of a file is the "
                       "whole experiment: run it again and get the same numbers. Results do not "
                       "depend on the number of threads.\n");
    spni_put_head(page, "file | kind | samples | parameters | seed | data | version | kernels | "
                        "check | keys");
    for (int64_t k = 0; spni_targets[k] != NULL; k++) {
        const spni_target *target = spni_targets[k];
        SPN_TRY(is_own_shared(target) ? put_experiments(page, listing, target->shared->name)
                                      : SPN_OK);
        SPN_TRY(put_experiments(page, listing, target->name));
    }
done:
    return status;
}
