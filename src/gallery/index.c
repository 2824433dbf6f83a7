/* SPDX-License-Identifier: MIT */
/* The page: contents, a section of each target, the experiments. */
#include "gallery/index.h"
#include "gallery/seal.h"

#include <stdio.h>
#include <string.h>

typedef struct writer {
    spn_text page;
    spni_listing listing;
    const spni_outcome *outcomes;
} writer;

/* How things stand with a target. */
typedef struct standing {
    const char *word;   /* "made" */
    const char *detail; /* NULL: none */
    bool has_results;
} standing;

static bool has_journal(const spni_listing *listing, const char *name)
{
    for (int64_t i = 0; i < listing->count; i++) {
        if (spni_is_file_of(listing->names[i], name, ".h5.part")) {
            return true;
        }
    }
    return false;
}

/* Anything of it: its section is written. */
static bool is_present(const writer *w, int64_t k)
{
    const char *name = spni_targets[k]->name;
    return w->outcomes[k].is_tried || spni_has_file(&w->listing, name, ".h5") ||
           has_journal(&w->listing, name);
}

static spn_status judge_results(writer *w, const spni_target *target, standing *out)
{
    spn_status status = SPN_OK;
    spn_context *context = w->page.context;
    const char *fault = NULL;
    bool is_old = false;
    SPN_TRY(spni_find_fault(context, &w->listing, target->name, &fault));
    if (fault == NULL && target->shared != NULL) {
        SPN_TRY(spni_find_fault(context, &w->listing, target->shared->name, &fault));
    }
    if (fault == NULL && target->shared != NULL &&
        strcmp(target->shared->name, target->name) != 0) {
        SPN_TRY(
            spni_is_outdated(context, &w->listing, target->name, target->shared->name, &is_old));
    }
    *out = (standing){"made, checks passed", NULL, true};
    if (is_old) {
        *out = (standing){"check failed",
                          "made of another experiment than the one it rests on is now; make it "
                          "again with --force",
                          true};
    } else if (fault != NULL) {
        *out = (standing){"check failed", fault, true};
    } else if (!spni_has_file(&w->listing, target->name, ".png")) {
        *out = (standing){"made, checks passed", "its picture is not drawn here", true};
    }
done:
    return status;
}

/* What this call of the program has met comes first: then files are older than it. */
static spn_status find_standing(writer *w, int64_t k, standing *out)
{
    const spni_target *target = spni_targets[k];
    const spni_outcome *outcome = &w->outcomes[k];
    const bool has_results = spni_has_file(&w->listing, target->name, ".h5");
    const bool is_begun =
        has_journal(&w->listing, target->name) ||
        (target->shared != NULL && has_journal(&w->listing, target->shared->name));
    if (outcome->is_tried && outcome->status == SPN_ERROR_INTERRUPTED) {
        *out = (standing){"not made", "interrupted; go on with --resume", has_results};
    } else if (outcome->is_tried && outcome->status != SPN_OK) {
        *out = (standing){"not made",
                          spni_without_folder(w->listing.arena, &w->listing,
                                              outcome->text != NULL ? outcome->text : ""),
                          has_results};
    } else if (is_begun) {
        *out = (standing){"not made", "begun; go on with --resume", has_results};
    } else if (!has_results) {
        *out = (standing){"not made", NULL, false};
    } else {
        return judge_results(w, target, out);
    }
    return SPN_OK;
}

static void put_pictures(writer *w, const spni_target *target)
{
    for (int is_further = 0; is_further < 2; is_further++) {
        for (int64_t i = 0; i < w->listing.count; i++) {
            const char *name = w->listing.names[i];
            const bool is_main =
                spni_is_file_of(name, target->name, ".png") && name[strlen(target->name)] == '.';
            if (spni_is_file_of(name, target->name, ".png") && is_main == !is_further) {
                spn_text_put(&w->page, "\n![%s](%s)\n", target->title, name);
            }
        }
    }
}

static void put_files(writer *w, const spni_target *target)
{
    const char *before = "\nFiles: ";
    for (int64_t i = 0; i < w->listing.count; i++) {
        const char *name = w->listing.names[i];
        const bool is_member =
            spni_is_file_of(name, target->name, ".h5") && name[strlen(target->name)] == '-';
        if (spni_is_file_of(name, target->name, NULL) && !is_member &&
            !spni_is_file_of(name, target->name, ".part")) {
            spn_text_put(&w->page, "%s[%s](%s)", before, name, name);
            before = ", ";
        }
    }
    spn_text_add(&w->page, strcmp(before, ", ") == 0 ? ".\n" : "");
}

/* Does the target set this key itself? The results that it rests on lie in the folder. */
static bool is_own_setting(const spni_target *target, const char *line)
{
    const size_t key = strcspn(line, "=") + 1;
    bool is_own = target->shared != NULL && strncmp(line, "grok.results=", key) == 0;
    for (const char *const *set = target->sets; set != NULL && *set != NULL && !is_own; set++) {
        is_own = strncmp(*set, line, key) == 0;
    }
    return is_own;
}

static void put_setting(writer *w, const char *assignment)
{
    spn_text_add(&w->page, " --set ");
    spn_text_shell_word(&w->page, assignment);
}

/* What the target sets and these results have at another value, which may be the default. */
static void put_own_settings(writer *w, const spni_target *target, const spn_results *results)
{
    for (const char *const *set = target->sets; set != NULL && *set != NULL; set++) {
        char key[128], value[512], assignment[sizeof key + sizeof value];
        snprintf(key, sizeof key, "%.*s", (int)strcspn(*set, "="), *set);
        if (spn_results_setting(results, key, value, sizeof value) == NULL) {
            continue;
        }
        snprintf(assignment, sizeof assignment, "%s=%s", key, value);
        if (strcmp(assignment, *set) != 0) {
            put_setting(w, assignment);
        }
    }
}

/* The command line that makes these results. */
static spn_status put_command(writer *w, const spni_target *target, const spn_results *results)
{
    spn_status status = SPN_OK;
    char *settings = NULL;
    SPN_TRY(results != NULL ? spni_settings_of(w->page.context, results, &settings) : SPN_OK);
    spn_text_put(&w->page, "\nTo make it alone:\n\n```sh\nspinodal reproduce %s", target->name);
    for (char *at = settings, *end = NULL; at != NULL && *at != '\0'; at = end) {
        end = at + strcspn(at, "\n");
        if (*end == '\n') {
            *end++ = '\0';
        }
        if (!is_own_setting(target, at)) {
            put_setting(w, at);
        }
    }
    if (results != NULL) {
        put_own_settings(w, target, results);
    }
    spn_text_add(&w->page, "\n```\n");
done:
    spn_release(w->page.context, settings);
    return status;
}

/* Where the results lack something, the section says so instead of its numbers. */
static spn_status put_numbers(writer *w, const spni_target *target,
                              const spni_section_source *source)
{
    spn_text *page = &w->page;
    const int64_t begin = page->buffer.size;
    page->norm = spn_text_norm(source->results);
    spn_status status = target->write(page, source);
    page->norm = NULL;
    if (status == SPN_ERROR_INPUT || status == SPN_ERROR_UNSUPPORTED) {
        page->buffer.size = begin;
        const char *text =
            spni_without_folder(w->listing.arena, &w->listing, spn_error_text(page->context));
        spn_text_add(page, "\nIts numbers cannot be read: ");
        spn_text_add(page, text != NULL ? text : "");
        spn_text_add(page, ".\n");
        spn_error_clear(page->context);
        status = page->status;
    }
    return status;
}

static spn_status put_results(writer *w, const spni_target *target)
{
    spn_status status = SPN_OK;
    spn_context *context = w->page.context;
    spn_arena *arena = NULL;
    spn_results results;
    const char *why = NULL;
    bool is_read = false;
    char file[128], path[SPNI_PATH_SIZE];
    snprintf(file, sizeof file, "%s.h5", target->name);
    snprintf(path, sizeof path, "%s/%s", w->listing.folder, file);
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spni_read_listed(context, arena, &w->listing, file, &results, &why, &is_read));
    if (is_read) {
        const spni_section_source source = {path, &results, arena};
        put_pictures(w, target);
        SPN_TRY(put_numbers(w, target, &source));
    } else {
        spn_text_add(&w->page, "\nIts results cannot be read: ");
        spn_text_add(&w->page, why != NULL ? why : "");
        spn_text_add(&w->page, ".\n");
    }
    put_files(w, target);
    SPN_TRY(put_command(w, target, is_read ? &results : NULL));
done:
    spn_arena_free(arena);
    return status;
}

static spn_status put_section(writer *w, int64_t k, const standing *found)
{
    const spni_target *target = spni_targets[k];
    spn_text_put(&w->page, "\n## %s\n\n**%s.** ", target->name, target->title);
    spn_text_add(&w->page, target->text);
    if (found->detail != NULL) {
        spn_text_put(&w->page, "\n\n**Status: %s:** ", found->word);
        spn_text_add(&w->page, found->detail);
        spn_text_add(&w->page, ".\n");
    } else {
        spn_text_put(&w->page, "\n\n**Status: %s.**\n", found->word);
    }
    return found->has_results ? put_results(w, target) : put_command(w, target, NULL);
}

static void put_contents(writer *w, const standing *found)
{
    bool has_missing = false;
    spn_text_add(&w->page,
                 "# Figures\n\nWhat `spinodal reproduce` has made in this folder: the pictures, "
                 "the numbers that came out, and the predictions beside them. All numbers are read "
                 "from the results files. T1, T2, ... are the equations of the theory page of "
                 "spinodal's documentation. `-o DIR` chooses the folder; `--set` changes the "
                 "experiments.\n");
    spni_put_head(&w->page, "target | shows | status");
    for (int64_t k = 0; spni_targets[k] != NULL; k++) {
        if (is_present(w, k)) {
            spn_text_put(&w->page, "| [%s](#%s) ", spni_targets[k]->name, spni_targets[k]->name);
            spni_put_word(&w->page, spni_targets[k]->title);
            spni_put_word(&w->page, found[k].word);
            spni_end_row(&w->page);
        }
        has_missing = has_missing || !is_present(w, k);
    }
    spn_text_add(&w->page, has_missing ? "\nNot made here:" : "");
    const char *before = " ";
    for (int64_t k = 0; spni_targets[k] != NULL; k++) {
        if (!is_present(w, k)) {
            spn_text_put(&w->page, "%s`spinodal reproduce %s`", before, spni_targets[k]->name);
            before = ", ";
        }
    }
    spn_text_add(&w->page, has_missing ? ".\n" : "");
}

static spn_status write_page(writer *w)
{
    spn_status status = SPN_OK;
    standing found[SPNI_TARGETS_MAX] = {{NULL, NULL, false}};
    for (int64_t k = 0; spni_targets[k] != NULL; k++) {
        SPN_TRY(is_present(w, k) ? find_standing(w, k, &found[k]) : SPN_OK);
    }
    put_contents(w, found);
    for (int64_t k = 0; spni_targets[k] != NULL; k++) {
        SPN_TRY(is_present(w, k) ? put_section(w, k, &found[k]) : SPN_OK);
    }
    SPN_TRY(spni_write_experiments(&w->page, &w->listing));
    status = w->page.status;
done:
    return status;
}

spn_status spni_check_index(spn_context *context, const char *folder, bool is_forced)
{
    spn_status status = SPN_OK;
    char path[SPNI_PATH_SIZE];
    bool is_ours = false;
    SPN_TRY(spni_make_path(context, folder, "index", ".md", path));
    SPN_TRY(is_forced ? SPN_OK : spni_has_seal(context, path, &is_ours));
    SPN_TRY(spn_results_check_target(context, path, is_forced || is_ours));
done:
    return status;
}

static spn_status commit(spn_context *context, const char *folder, bool is_forced,
                         spn_text_buffer *text)
{
    spn_status status = SPN_OK;
    spn_output *output = NULL;
    char path[SPNI_PATH_SIZE];
    SPN_TRY(spni_seal(context, text));
    SPN_TRY(spni_check_index(context, folder, is_forced));
    SPN_TRY(spni_make_path(context, folder, "index", ".md", path));
    SPN_TRY(spn_output_open(context, path, true, &output));
    SPN_TRY(spn_output_write(context, output, text->text, text->size));
    SPN_TRY(spn_output_commit(context, &output));
done:
    spn_output_abandon(context, output);
    return status;
}

spn_status spni_write_index(spn_context *context, const char *folder, bool is_forced,
                            const spni_outcome *outcomes)
{
    spn_status status = SPN_OK;
    writer w = {.page = {.context = context}, .listing = {.folder = folder}, .outcomes = outcomes};
    SPN_TRY(spn_arena_create(context, &w.listing.arena));
    SPN_TRY(spni_list_folder(context, &w.listing));
    SPN_TRY(write_page(&w));
    SPN_TRY(commit(context, folder, is_forced, &w.page.buffer));
done:
    spn_release(context, w.page.buffer.text);
    spn_arena_free(w.listing.arena);
    return status;
}
