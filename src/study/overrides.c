/* SPDX-License-Identifier: MIT */
/* What somebody sets one after the other: the last one counts, and what it overrides of the others is told. */
#include "study/experiment.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- One ----------------------------------------------------------------------------------------- */

enum { FILE_KEYS = 7 };

/* Settings that name files. */
static void find_file_settings(spn_experiment *experiment, const char **out[FILE_KEYS])
{
    spn_data_settings *data = experiment->sections[SPNI_SECTION_DATA].values;
    spn_model_settings *model = experiment->sections[SPNI_SECTION_MODEL].values;
    spn_slice_settings *slice = experiment->sections[SPNI_SECTION_SLICE].values;
    spn_grok_settings *grok = experiment->sections[SPNI_SECTION_GROK].values;
    const char **found[FILE_KEYS] = {&data->path,        &data->labels,        &data->test_path,
                                     &data->test_labels, &model->init_weights, &slice->results,
                                     &grok->results};
    memcpy(out, found, sizeof found);
}

/* A relative name of a file that is there becomes the whole path. */
static spn_status make_absolute(spn_context *context, const spn_experiment *experiment,
                                const char **file)
{
    char folder[SPNI_PATH_SIZE], path[2 * SPNI_PATH_SIZE];
    if (*file == NULL || (*file)[0] == '/' || access(*file, F_OK) != 0 ||
        getcwd(folder, sizeof folder) == NULL) {
        return SPN_OK;
    }
    snprintf(path, sizeof path, "%s/%s", folder, *file);
    const char *whole = spn_arena_duplicate(experiment->arena, path);
    if (whole == NULL) {
        return spn_arena_status(context, experiment->arena);
    }
    *file = whole;
    return SPN_OK;
}

spn_status spni_experiment_name_files(spn_context *context, spn_experiment *experiment)
{
    spn_status status = SPN_OK;
    const char **files[FILE_KEYS];
    find_file_settings(experiment, files);
    for (int i = 0; i < FILE_KEYS; i++) {
        SPN_TRY(make_absolute(context, experiment, files[i]));
    }
done:
    return status;
}

spn_status spn_experiment_set_here(spn_context *context, spn_experiment *experiment,
                                   const char *assignment)
{
    spn_status status = SPN_OK;
    const bool has_folder = experiment->directory != NULL && experiment->directory[0] != '\0';
    const char *before[FILE_KEYS], **files[FILE_KEYS];
    find_file_settings(experiment, files);
    for (int i = 0; i < FILE_KEYS; i++) {
        before[i] = *files[i];
    }
    SPN_TRY(spn_experiment_set(context, experiment, assignment));
    for (int i = 0; i < FILE_KEYS && has_folder; i++) {
        if (*files[i] != before[i]) {
            SPN_TRY(make_absolute(context, experiment, files[i]));
        }
    }
done:
    return status;
}

/* ---- Several ------------------------------------------------------------------------------------- */

/* What an assignment has set. */
typedef struct override {
    const char *text;
    spn_settings *section;
    int64_t option;
    bool counts; /* until another one takes its place */
} override;

static override find(spn_experiment *experiment, const char *text)
{
    override found = {.text = text, .option = -1, .counts = true};
    const size_t length = strcspn(text, "="), dot = strcspn(text, ".");
    for (int s = 0; s < SPNI_SECTIONS && found.option < 0; s++) {
        spn_settings *section = &experiment->sections[s];
        const spn_option_table *table = section->table;
        for (int64_t i = 0; i < table->count; i++) {
            const char *key = table->options[i].key;
            if (dot < length && strlen(table->section) == dot && strlen(key) == length - dot - 1 &&
                strncmp(table->section, text, dot) == 0 &&
                strncmp(key, text + dot + 1, length - dot - 1) == 0) {
                found.section = section;
                found.option = i;
            }
        }
    }
    return found;
}

/* By another value of its key, or by a key that excludes it. */
static void tell(spn_context *context, const override *last, override *earlier)
{
    const bool is_same = last->section == earlier->section && last->option == earlier->option;
    if (earlier->counts && (is_same || !earlier->section->is_set[earlier->option])) {
        earlier->counts = false;
        if (strcmp(last->text, earlier->text) != 0) {
            spn_message(context, "--set %.100s is overridden by --set %.100s: the last one counts",
                        earlier->text, last->text);
        }
    }
}

spn_status spn_experiment_override(spn_context *context, spn_experiment *experiment, int64_t count,
                                   const char *const *assignments, bool is_here)
{
    spn_status status = SPN_OK;
    override *all = NULL;
    SPN_NEW(context, all, count);
    for (int64_t i = 0; i < count; i++) {
        SPN_TRY(is_here ? spn_experiment_set_here(context, experiment, assignments[i])
                        : spn_experiment_set(context, experiment, assignments[i]));
        all[i] = find(experiment, assignments[i]);
        for (int64_t j = 0; j < i; j++) {
            tell(context, &all[i], &all[j]);
        }
    }
done:
    spn_release(context, all);
    return status;
}
