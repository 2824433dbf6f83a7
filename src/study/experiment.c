/* SPDX-License-Identifier: MIT */
#include "study/experiment.h"

#include "formats/input.h"
#include "study/yaml.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const spn_option_table *const tables[SPNI_SECTIONS] = {
    &spn_data_options,  &spn_model_options,    &spn_error_options,
    &spn_sweep_options, &spn_branches_options, &spn_slice_options,
    &spn_grok_options,  &spn_solver_options,   &spn_geometry_options};

const spn_option_table *const *spn_experiment_tables(int64_t *count)
{
    *count = SPNI_SECTIONS;
    return tables;
}

spn_status spn_experiment_create(spn_context *context, spn_experiment **out)
{
    spn_status status = SPN_OK;
    spn_experiment *experiment = NULL;
    *out = NULL;
    SPN_NEW(context, experiment, 1);
    SPN_TRY(spn_arena_create(context, &experiment->arena));
    for (int i = 0; i < SPNI_SECTIONS; i++) {
        SPN_TRY(
            spn_settings_create(context, experiment->arena, tables[i], &experiment->sections[i]));
    }
    *out = experiment;
    experiment = NULL;
done:
    spn_experiment_free(context, experiment);
    return status;
}

void spn_experiment_free(spn_context *context, spn_experiment *experiment)
{
    if (experiment != NULL) {
        spn_arena_free(experiment->arena);
        spn_release(context, experiment);
    }
}

const spn_data_settings *spn_experiment_data(const spn_experiment *experiment)
{
    return experiment->sections[SPNI_SECTION_DATA].values;
}

const spn_model_settings *spn_experiment_model(const spn_experiment *experiment)
{
    return experiment->sections[SPNI_SECTION_MODEL].values;
}

const spn_error_settings *spn_experiment_error(const spn_experiment *experiment)
{
    return experiment->sections[SPNI_SECTION_OBJECTIVE].values;
}

const spn_sweep_settings *spn_experiment_sweep(const spn_experiment *experiment)
{
    return experiment->sections[SPNI_SECTION_SWEEP].values;
}

const spn_branches_settings *spn_experiment_branches(const spn_experiment *experiment)
{
    return experiment->sections[SPNI_SECTION_BRANCHES].values;
}

const spn_slice_settings *spn_experiment_slice(const spn_experiment *experiment)
{
    return experiment->sections[SPNI_SECTION_SLICE].values;
}

const spn_grok_settings *spn_experiment_grok(const spn_experiment *experiment)
{
    return experiment->sections[SPNI_SECTION_GROK].values;
}

const spn_geometry_settings *spn_experiment_geometry(const spn_experiment *experiment)
{
    return experiment->sections[SPNI_SECTION_GEOMETRY].values;
}

const spn_solver_settings *spn_experiment_solver(const spn_experiment *experiment)
{
    return experiment->sections[SPNI_SECTION_SOLVER].values;
}

static spn_settings *find_section(spn_experiment *experiment, const char *name)
{
    for (int i = 0; i < SPNI_SECTIONS; i++) {
        if (strcmp(tables[i]->section, name) == 0) {
            return &experiment->sections[i];
        }
    }
    return NULL;
}

static spn_status fail_section(spn_context *context, const spn_source *source, const char *name)
{
    const char *names[SPNI_SECTIONS];
    char place[300] = "";
    for (int i = 0; i < SPNI_SECTIONS; i++) {
        names[i] = tables[i]->section;
    }
    if (source->file != NULL) {
        snprintf(place, sizeof place, "%s:%d:%d: ", source->file, source->line, source->column);
    }
    const char *near = spn_nearest_name(name, names, SPNI_SECTIONS);
    return spn_fail(context, SPN_ERROR_INPUT,
                    "%sunknown section '%.60s'%s%s%s; sections are data, model, objective, sweep, "
                    "branches, slice, grok, solver, geometry",
                    place, name, near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                    near != NULL ? "'?" : "");
}

enum { KEY_SIZE = 128 };

/* Nested and dotted are two spellings of one key. */
static spn_status check_unset(spn_context *context, const spn_settings *section, const char *key,
                              const spn_source *source)
{
    const int64_t index = spn_option_find(section->table, key);
    if (index < 0 || !section->is_set[index]) {
        return SPN_OK;
    }
    return spn_fail(context, SPN_ERROR_INPUT, "%s:%d:%d: %s.%s was given before, in line %d",
                    source->file, source->line, source->column, section->table->section, key,
                    section->sources[index].line);
}

/* The loss of a slice is drawn for the beta of its points, where no other is asked for. */
static spn_status follow(spn_context *context, spn_experiment *experiment,
                         const spn_settings *section, const char *key)
{
    spn_status status = SPN_OK;
    double *items = NULL;
    if (section != &experiment->sections[SPNI_SECTION_SLICE] || strcmp(key, "at") != 0 ||
        section->is_set[spn_option_find(section->table, "beta")]) {
        return SPN_OK;
    }
    spn_slice_settings *slice = section->values;
    if (isnan(slice->at)) {
        return SPN_OK;
    }
    SPN_TAKE(context, experiment->arena, items, 1);
    *items = slice->at;
    slice->beta = (spn_reals){.count = 1, .items = items};
done:
    return status;
}

/* Failures of settings name section and key in their text; who asks for the key alone gets it, too. */
static spn_status assign(spn_context *context, spn_experiment *experiment, spn_settings *section,
                         const char *key, const spn_value *value, bool is_override)
{
    char name[SPN_ERROR_KEY_SIZE];
    spn_status status = spn_settings_assign(context, experiment->arena, section, key, value);
    if (status == SPN_OK) {
        status = follow(context, experiment, section, key);
    }
    if (status == SPN_OK && is_override) {
        status =
            spni_experiment_yield(context, experiment, (int)(section - experiment->sections), key);
    }
    if (status != SPN_OK) {
        snprintf(name, sizeof name, "%s.%s", section->table->section, key);
        spn_error_set_key(context, name);
    }
    return status;
}

/* A mapping under a key extends the key by a dot: {init: {scale: 0.7}} sets "init.scale". */
static spn_status assign_tree(spn_context *context, spn_experiment *experiment,
                              spn_settings *section, const char *prefix, const spni_yaml_node *node)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < node->count; i++) {
        const spni_yaml_pair *pair = &node->pairs[i];
        char key[KEY_SIZE];
        int length =
            snprintf(key, sizeof key, "%s%s%s", prefix, prefix[0] != '\0' ? "." : "", pair->key);
        if (length >= KEY_SIZE) {
            SPN_FAIL(context, SPN_ERROR_INPUT, "%s:%d:%d: key is too long", pair->source.file,
                     pair->source.line, pair->source.column);
        }
        if (pair->node->is_map) {
            SPN_TRY(assign_tree(context, experiment, section, key, pair->node));
            continue;
        }
        spn_value value = pair->node->value;
        if (spn_option_find(section->table, key) < 0) {
            value.source = pair->source;
        }
        SPN_TRY(check_unset(context, section, key, &pair->source));
        SPN_TRY(assign(context, experiment, section, key, &value, false));
    }
done:
    return status;
}

static spn_status assign_document(spn_context *context, spn_experiment *experiment,
                                  const char *name, const spni_yaml_node *root)
{
    spn_status status = SPN_OK;
    if (!root->is_map) {
        const spn_source *source = &root->value.source;
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s:%d:%d: expected sections (data:, model:, objective:, sweep:, branches:, "
                 "slice:, grok:, solver:, geometry:)",
                 source->file, source->line, source->column);
    }
    if (root->count == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: is empty; an experiment has at least one section (data:, model:, objective:, "
                 "sweep:, branches:, slice:, grok:, solver:, geometry:)",
                 name);
    }
    for (int64_t i = 0; i < root->count; i++) {
        const spni_yaml_pair *pair = &root->pairs[i];
        spn_settings *section = find_section(experiment, pair->key);
        if (section == NULL) {
            SPN_TRY(fail_section(context, &pair->source, pair->key));
        }
        bool is_empty = !pair->node->is_map && pair->node->value.scalar != NULL &&
                        pair->node->value.scalar[0] == '\0';
        if (!pair->node->is_map && !is_empty) {
            SPN_FAIL(context, SPN_ERROR_INPUT, "%s:%d:%d: section '%s' must hold keys",
                     pair->source.file, pair->source.line, pair->source.column, pair->key);
        }
        SPN_TRY(assign_tree(context, experiment, section, "", pair->node));
    }
done:
    return status;
}

static spn_status refuse_results(spn_context *context, const char *name, const char *text,
                                 int64_t size)
{
    switch (spn_stored_of(text, size)) {
    case SPN_STORED_JOURNAL:
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s is the journal of a run that was not finished, not an experiment: the "
                        "command that began the run finishes it with --resume",
                        name);
    case SPN_STORED_HDF5:
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s holds results, not an experiment: transitions, plot, report and export "
                        "read them",
                        name);
    default:
        return SPN_OK;
    }
}

spn_status spn_experiment_parse(spn_context *context, const char *name, const char *text,
                                int64_t size, spn_experiment **out)
{
    spn_status status = SPN_OK;
    spn_experiment *experiment = NULL;
    const spni_yaml_node *root = NULL;
    *out = NULL;
    SPN_TRY(refuse_results(context, name, text, size));
    SPN_TRY(spn_experiment_create(context, &experiment));
    /* Sources keep the name for late messages. */
    const char *kept = spn_arena_duplicate(experiment->arena, name);
    if (kept == NULL) {
        status = spn_error_status(context);
        goto done;
    }
    SPN_TRY(spni_yaml_parse(context, experiment->arena, kept, text, size, &root));
    SPN_TRY(assign_document(context, experiment, name, root));
    *out = experiment;
    experiment = NULL;
done:
    spn_experiment_free(context, experiment);
    return status;
}

static spn_status keep_directory(spn_context *context, spn_experiment *experiment, const char *path)
{
    experiment->file = spn_arena_duplicate(experiment->arena, path);
    char *directory = spn_arena_duplicate(experiment->arena, path);
    if (experiment->file == NULL || directory == NULL) {
        return spn_arena_status(context, experiment->arena);
    }
    char *slash = strrchr(directory, '/');
    if (slash != NULL) {
        slash[1] = '\0';
        experiment->directory = directory;
    }
    return SPN_OK;
}

const char *spni_experiment_path(const spn_experiment *experiment, const char *path,
                                 char buffer[SPNI_PATH_SIZE])
{
    bool is_free = path[0] == '/' || experiment->directory == NULL;
    snprintf(buffer, SPNI_PATH_SIZE, "%s%s", is_free ? "" : experiment->directory, path);
    return buffer;
}

bool spni_experiment_has(const spn_experiment *experiment, const char *path)
{
    char buffer[SPNI_PATH_SIZE];
    return access(spni_experiment_path(experiment, path, buffer), F_OK) == 0;
}

const char *spni_experiment_data_path(const spn_experiment *experiment, const char *path,
                                      char buffer[SPNI_PATH_SIZE])
{
    const bool is_shipped =
        !spni_experiment_has(experiment, path) && spn_shipped_data(path, buffer, SPNI_PATH_SIZE);
    return is_shipped ? buffer : spni_experiment_path(experiment, path, buffer);
}

bool spni_is_users(spn_status status)
{
    return status == SPN_ERROR_INPUT || status == SPN_ERROR_IO || status == SPN_ERROR_ARGUMENT ||
           status == SPN_ERROR_UNSUPPORTED || status == SPN_ERROR_NUMERIC;
}

/* The section of "section.key", and its option; NULL: there is none. */
static const spn_settings *find_setting(const spn_experiment *experiment, const char *name,
                                        int64_t *option)
{
    for (int i = 0; i < SPNI_SECTIONS; i++) {
        const spn_settings *section = &experiment->sections[i];
        const size_t length = strlen(section->table->section);
        if (strncmp(name, section->table->section, length) == 0 && name[length] == '.') {
            *option = spn_option_find(section->table, name + length + 1);
            return *option >= 0 ? section : NULL;
        }
    }
    return NULL;
}

spn_status spni_experiment_place(spn_context *context, const spn_experiment *experiment,
                                 spn_status status)
{
    int64_t option = -1;
    const spn_settings *section = find_setting(experiment, spn_error_key(context), &option);
    if (!spni_is_users(status) || section == NULL) {
        return status;
    }
    const spn_source *source = &section->sources[option];
    const char *file = NULL;
    for (int64_t i = 0; i < section->table->count && file == NULL; i++) {
        file = section->sources[i].file;
    }
    if (source->file != NULL) {
        spn_error_prefix(context, "%s:%d:%d", source->file, source->line, source->column);
    } else if (!section->is_set[option] && file != NULL) {
        spn_error_prefix(context, "%s", file);
    }
    return status;
}

spn_status spni_experiment_blame(spn_context *context, const spn_experiment *experiment,
                                 int section, const char *key, spn_status status)
{
    char where[512];
    if (spn_error_key(context)[0] != '\0') { /* it names its own */
        return spni_experiment_place(context, experiment, status);
    }
    if (spni_is_users(status)) {
        spn_error_prefix(
            context, "%s",
            spn_settings_where(&experiment->sections[section], key, where, sizeof where));
    }
    return status;
}

spn_status spni_blame_file(spn_context *context, const char *key, spn_status status)
{
    if (spni_is_users(status) && spn_error_key(context)[0] == '\0') {
        spn_error_prefix(context, "%s", key);
        spn_error_set_key(context, key);
    }
    return status;
}

/* The results and the weights files that a section names; other names are not those of files. */
static bool names_file(const spn_experiment *experiment, const char *path, const char *results,
                       const spn_texts *names)
{
    char buffer[SPNI_PATH_SIZE];
    bool is_read = results != NULL &&
                   spn_is_same_file(path, spni_experiment_path(experiment, results, buffer));
    for (int64_t i = 0; i < names->count && !is_read; i++) {
        char name[SPNI_PATH_SIZE];
        const int64_t length = spni_file_length(names->items[i]);
        snprintf(name, sizeof name, "%.*s", (int)length, names->items[i]);
        is_read =
            length > 0 && spn_is_same_file(path, spni_experiment_path(experiment, name, buffer));
    }
    return is_read;
}

/* Where the ending stands in `name` with nothing or a + behind it, or NULL. */
static const char *find_ending(const char *name, const char *ending)
{
    const size_t length = strlen(ending);
    for (const char *at = name; (at = strstr(at, ending)) != NULL; at++) {
        if (at > name && (at[length] == '\0' || at[length] == '+')) {
            return at + length;
        }
    }
    return NULL;
}

int64_t spni_file_length(const char *name)
{
    static const char *const endings[] = {".npz", ".safetensors", ".pth", ".pt"};
    const char *end = NULL;
    for (size_t i = 0; end == NULL && i < sizeof endings / sizeof *endings; i++) {
        end = find_ending(name, endings[i]);
    }
    return end != NULL ? end - name : 0;
}

bool spn_experiment_reads(const spn_experiment *experiment, const char *path)
{
    char buffer[SPNI_PATH_SIZE];
    const spn_data_settings *data = spn_experiment_data(experiment);
    const char *const files[] = {data->path, data->labels, data->test_path, data->test_labels,
                                 spn_experiment_model(experiment)->init_weights};
    if (experiment->file != NULL && spn_is_same_file(path, experiment->file)) {
        return true;
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (files[i] != NULL &&
            spn_is_same_file(path, spni_experiment_path(experiment, files[i], buffer))) {
            return true;
        }
    }
    const spn_slice_settings *slice = spn_experiment_slice(experiment);
    const spn_grok_settings *grok = spn_experiment_grok(experiment);
    return names_file(experiment, path, slice->results, &slice->through) ||
           names_file(experiment, path, grok->results, &grok->starts);
}

spn_status spn_experiment_read(spn_context *context, const char *path, spn_experiment **out)
{
    spn_status status = SPN_OK;
    spn_experiment *experiment = NULL;
    char *text = NULL;
    int64_t size = 0;
    *out = NULL;
    SPN_TRY(spni_file_read(context, path, &text, &size));
    SPN_TRY(spn_experiment_parse(context, path, text, size, &experiment));
    SPN_TRY(keep_directory(context, experiment, path));
    *out = experiment;
    experiment = NULL;
done:
    spn_release(context, text);
    spn_experiment_free(context, experiment);
    return status;
}

spn_status spn_experiment_assign(spn_context *context, spn_experiment *experiment, const char *key,
                                 const spn_value *value, bool is_override)
{
    spn_status status = SPN_OK;
    const char *dot = strchr(key, '.');
    if (dot == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "'%.100s': expected section.key", key);
    }
    char *name = spn_arena_duplicate(experiment->arena, key);
    if (name == NULL) {
        return spn_arena_status(context, experiment->arena);
    }
    name[dot - key] = '\0';
    spn_settings *section = find_section(experiment, name);
    if (section == NULL) {
        SPN_TRY(fail_section(context, &value->source, name));
    }
    SPN_TRY(assign(context, experiment, section, dot + 1, value, is_override));
done:
    return status;
}

/* "section.key=value": the value goes through the same YAML reader as a file. */
spn_status spn_experiment_set(spn_context *context, spn_experiment *experiment,
                              const char *assignment)
{
    spn_status status = SPN_OK;
    const spni_yaml_node *node = NULL;
    const char *dot = strchr(assignment, '.'), *equals = strchr(assignment, '=');
    if (dot == NULL || equals == NULL || dot > equals) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "--set %.100s: expected section.key=value", assignment);
    }
    char *section_name = spn_arena_duplicate(experiment->arena, assignment);
    if (section_name == NULL) {
        return spn_error_status(context);
    }
    section_name[dot - assignment] = '\0';
    section_name[equals - assignment] = '\0';
    const char *key = section_name + (dot - assignment) + 1;
    spn_settings *section = find_section(experiment, section_name);
    if (section == NULL) {
        static const spn_source command_line;
        status = fail_section(context, &command_line, section_name);
        spn_error_prefix(context, "--set %.100s", assignment);
        goto done;
    }
    status = spni_yaml_parse(context, experiment->arena, "--set", equals + 1,
                             (int64_t)strlen(equals + 1), &node);
    if (status == SPN_OK && node->is_map) {
        status = spn_fail(context, SPN_ERROR_INPUT, "expected a value after '='");
    }
    if (status == SPN_OK) {
        spn_value value = node->value;
        value.source = (spn_source){0};
        status = assign(context, experiment, section, key, &value, true);
    }
    if (status != SPN_OK) {
        spn_error_prefix(context, "--set %.100s", assignment);
    }
done:
    return status;
}

spn_status spn_experiment_lend(spn_context *context, spn_experiment *experiment,
                               const spn_dataset *training, const spn_dataset *test)
{
    const spn_value kind = {.scalar = spn_data_words[SPN_DATA_MEMORY]};
    spn_status status = spn_experiment_assign(context, experiment, "data.kind", &kind, true);
    if (status == SPN_OK) {
        experiment->training = training;
        experiment->test = test;
    }
    return status;
}

spn_status spn_experiment_start(spn_context *context, spn_experiment *experiment, int64_t count,
                                const double *theta)
{
    spn_status status = SPN_OK;
    const spn_value memory = {.scalar = SPNI_WEIGHTS_MEMORY};
    double *copy = NULL;
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(theta[i])) {
            SPN_FAIL_KEY(context, SPN_ERROR_INPUT, "model.init.weights",
                         "number %lld is not finite", (long long)i + 1);
        }
    }
    SPN_TAKE(context, experiment->arena, copy, count);
    memcpy(copy, theta, (size_t)count * sizeof *copy);
    SPN_TRY(spn_experiment_assign(context, experiment, "model.init.weights", &memory, true));
    experiment->start = copy;
    experiment->start_size = count;
done:
    return status;
}
