/* SPDX-License-Identifier: MIT */
/* Which keys matter, what keys demand of each other, and the effective experiment as text. */
#include "study/experiment.h"

#include <math.h>
#include <spinodal/text.h>
#include <string.h>

/* Of two ways to say the same thing only one may be used. */
typedef struct exclusion {
    int section;
    const char *winner, *loser;
} exclusion;

static const exclusion exclusions[] = {
    {SPNI_SECTION_DATA, "covariance", "correlations"},
    {SPNI_SECTION_DATA, "standardize", "center"},
    {SPNI_SECTION_DATA, "classes", "targets"},
    {SPNI_SECTION_DATA, "classes", "target_key"},
    {SPNI_SECTION_DATA, "test_path", "test_share"},
    {SPNI_SECTION_DATA, "test_input_key", "test_share"},
    {SPNI_SECTION_MODEL, "init.weights", "init.scale"},
    {SPNI_SECTION_MODEL, "init.weights", "init.seed"},
    {SPNI_SECTION_MODEL, "init.weights", "init.scheme"},
    {SPNI_SECTION_MODEL, "init.weights", "init.distinct"},
    {SPNI_SECTION_SWEEP, "beta", "beta.from"},
    {SPNI_SECTION_SWEEP, "beta", "beta.to"},
    {SPNI_SECTION_SWEEP, "beta", "beta.points"},
    {SPNI_SECTION_SWEEP, "beta", "beta.spacing"},
    {SPNI_SECTION_SWEEP, "beta", "beta.tolerance"},
    {SPNI_SECTION_SWEEP, "beta", "beta.largest"},
    {SPNI_SECTION_SWEEP, "beta.tolerance", "beta.points"},
    {SPNI_SECTION_SWEEP, "beta.largest", "beta.points"},
    {SPNI_SECTION_GROK, "at", "records"},
};

/* The default is what experiments without the key mean, and without biases there is no other. */
static bool is_regulariser_used(const spn_experiment *experiment)
{
    return spn_experiment_error(experiment)->regularise != SPN_REGULARISE_ALL &&
           spn_experiment_model(experiment)->bias;
}

static bool is_used(const spn_experiment *experiment, int section, const char *key)
{
    if (section == SPNI_SECTION_OBJECTIVE && strcmp(key, "regularise") == 0) {
        return is_regulariser_used(experiment);
    }
    if (section == SPNI_SECTION_BRANCHES && strcmp(key, "method") == 0) {
        return spn_experiment_branches(experiment)->method != SPN_BRANCHES_DENSE;
    }
    if (section == SPNI_SECTION_MODEL && strcmp(key, "init.others") == 0) {
        return spn_experiment_model(experiment)->init_others != SPN_OTHERS_REFUSE;
    }
    return section != SPNI_SECTION_DATA || spn_data_uses(spn_experiment_data(experiment), key);
}

/* A switch that is off says nothing. */
static bool is_given(const spn_settings *section, const char *key)
{
    int64_t index = spn_option_find(section->table, key);
    const spn_option *option = &section->table->options[index];
    const char *place = (const char *)section->values + option->offset;
    bool is_off = option->type == SPN_OPTION_BOOLEAN && !*(const bool *)place;
    bool is_scope = option->type == SPN_OPTION_CHOICE && strcmp(option->choices[0], "false") == 0;
    if (is_scope) {
        is_off = spn_columns_meant(*(const int *)place) == SPN_COLUMNS_NONE;
    }
    return section->is_set[index] && !is_off;
}

/* How far a scope (standardize, center) reaches. */
static spn_columns_kind scope_of(const spn_settings *section, const char *key)
{
    const spn_option *option = &section->table->options[spn_option_find(section->table, key)];
    return spn_columns_meant(*(const int *)((const char *)section->values + option->offset));
}

/* Standardized inputs leave something to be centred, the targets. */
static bool applies(const spn_settings *section, const exclusion *rule)
{
    return strcmp(rule->winner, "standardize") != 0 ||
           scope_of(section, rule->winner) != SPN_COLUMNS_INPUTS ||
           scope_of(section, rule->loser) != SPN_COLUMNS_ALL;
}

static bool is_excluded(const spn_experiment *experiment, int section, const char *key)
{
    for (size_t i = 0; i < sizeof exclusions / sizeof *exclusions; i++) {
        const exclusion *rule = &exclusions[i];
        if (rule->section == section && strcmp(rule->loser, key) == 0 &&
            is_given(&experiment->sections[section], rule->winner) &&
            applies(&experiment->sections[section], rule)) {
            return true;
        }
    }
    return false;
}

static spn_status check_exclusions(spn_context *context, const spn_experiment *experiment)
{
    for (size_t i = 0; i < sizeof exclusions / sizeof *exclusions; i++) {
        const exclusion *rule = &exclusions[i];
        const spn_settings *section = &experiment->sections[rule->section];
        if (is_given(section, rule->winner) && is_given(section, rule->loser) &&
            applies(section, rule)) {
            char where[512];
            spn_settings_where(section, rule->loser, where, sizeof where);
            return spn_fail(
                context, SPN_ERROR_INPUT, "%s: excluded by '%s'%s; give only one of them", where,
                rule->winner,
                strcmp(rule->winner, "standardize") == 0 ? ", which centres the same columns" : "");
        }
    }
    return SPN_OK;
}

/* What the command line says wins over what the file says: the other way of saying the same thing goes
 * back to its default. */
spn_status spni_experiment_yield(spn_context *context, spn_experiment *experiment, int section,
                                 const char *key)
{
    spn_status status = SPN_OK;
    spn_settings *settings = &experiment->sections[section];
    for (size_t i = 0; i < sizeof exclusions / sizeof *exclusions; i++) {
        const exclusion *rule = &exclusions[i];
        if (rule->section != section || !is_given(settings, key) || !applies(settings, rule)) {
            continue;
        }
        if (strcmp(rule->winner, key) == 0) {
            SPN_TRY(spn_settings_reset(context, experiment->arena, settings, rule->loser));
        } else if (strcmp(rule->loser, key) == 0) {
            SPN_TRY(spn_settings_reset(context, experiment->arena, settings, rule->winner));
        }
    }
done:
    return status;
}

/* What the keys of images demand of each other. */
static spn_status check_images(spn_context *context, const spn_settings *section,
                               const spn_data_settings *data)
{
    char where[512];
    if (data->test_labels != NULL && data->test_path == NULL) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s: has no meaning without data.test_path",
                        spn_settings_where(section, "test_labels", where, sizeof where));
    }
    if (data->normalize.count > 0 &&
        (data->normalize.count != 2 || !(data->normalize.items[1] > 0))) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s: expected a mean and a deviation above 0, such as [0.1307, 0.3081]",
                        spn_settings_where(section, "normalize", where, sizeof where));
    }
    return SPN_OK;
}

static spn_status check_data(spn_context *context, const spn_experiment *experiment)
{
    const spn_settings *section = &experiment->sections[SPNI_SECTION_DATA];
    const spn_data_settings *data = spn_experiment_data(experiment);
    const char *kind = spn_data_words[data->kind];
    char where[512];
    for (int64_t i = 0; i < section->table->count; i++) {
        const char *key = section->table->options[i].key;
        if (section->is_set[i] && !is_used(experiment, SPNI_SECTION_DATA, key)) {
            spn_settings_where(section, key, where, sizeof where);
            return spn_fail(context, SPN_ERROR_INPUT, "%s: has no meaning with data.kind: %s%s",
                            where, kind,
                            strcmp(key, "seed") == 0            ? " and without data.test_share"
                            : strcmp(key, "class_targets") == 0 ? " and without data.classes"
                                                                : "");
        }
    }
    if (spn_data_is_file(data) && data->path == NULL) {
        spn_settings_where(section, "kind", where, sizeof where);
        return spn_fail(context, SPN_ERROR_INPUT, "%s: kind %s needs data.path, the file to read",
                        where, kind);
    }
    if (data->kind == SPN_DATA_CSV && data->targets.count == 0 && data->classes == NULL) {
        spn_settings_where(section, "path", where, sizeof where);
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s: a csv needs data.targets, the columns to be predicted (names or "
                        "positions from 1), or data.classes, a column of labels",
                        where);
    }
    if (data->test_path == NULL &&
        (data->test_input_key == NULL) != (data->test_target_key == NULL)) {
        spn_settings_where(section,
                           data->test_input_key != NULL ? "test_input_key" : "test_target_key",
                           where, sizeof where);
        return spn_fail(
            context, SPN_ERROR_INPUT,
            "%s: without data.test_path both data.test_input_key and data.test_target_key "
            "are needed",
            where);
    }
    return check_images(context, section, data);
}

/* Cross-entropy takes the targets as probabilities, which a transformation would spoil. */
static spn_status check_targets(spn_context *context, const spn_experiment *experiment)
{
    const spn_data_settings *data = spn_experiment_data(experiment);
    const bool is_standardized = spn_columns_meant(data->standardize) == SPN_COLUMNS_ALL;
    const bool is_centred = spn_columns_meant(data->center) == SPN_COLUMNS_ALL;
    char where[512];
    if (spn_experiment_error(experiment)->error != SPN_ERROR_CROSS_ENTROPY ||
        (!is_standardized && !is_centred)) {
        return SPN_OK;
    }
    const char *key = is_standardized ? "standardize" : "center";
    const bool is_both = spn_columns_meant(data->standardize) == SPN_COLUMNS_INPUTS;
    spn_settings_where(&experiment->sections[SPNI_SECTION_DATA], key, where, sizeof where);
    return spn_fail(context, SPN_ERROR_INPUT,
                    "%s: changes the targets, which are class probabilities with "
                    "objective.error: cross_entropy; write %s: %s",
                    where, key, is_both ? "none" : "inputs");
}

static spn_status check_legs(spn_context *context, const spn_settings *section,
                             const spn_sweep_settings *sweep)
{
    int64_t count = 0, *legs = NULL;
    double *path = NULL;
    char where[512];
    if (sweep->direction != SPN_PROTOCOL_LEGS) {
        return !spn_settings_is_set(section, "legs")
                   ? SPN_OK
                   : spn_fail(context, SPN_ERROR_INPUT,
                              "%s: has a meaning only with sweep.direction: legs",
                              spn_settings_where(section, "legs", where, sizeof where));
    }
    spn_status status = spn_sweep_path(context, sweep, &count, &path, &legs);
    spn_release(context, path);
    spn_release(context, legs);
    return status;
}

static spn_status check_grid(spn_context *context, const spn_experiment *experiment)
{
    int64_t count = 0;
    double *grid = NULL;
    char where[512];
    const spn_settings *section = &experiment->sections[SPNI_SECTION_SWEEP];
    const spn_sweep_settings *sweep = spn_experiment_sweep(experiment);
    if (spn_settings_is_set(section, "beta") && sweep->beta.count == 0) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s: the list is empty",
                        spn_settings_where(section, "beta", where, sizeof where));
    }
    if (spn_settings_is_set(section, "beta.largest") && !(sweep->beta_tolerance > 0)) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s: has a meaning only with sweep.beta.tolerance",
                        spn_settings_where(section, "beta.largest", where, sizeof where));
    }
    spn_status status = spn_sweep_grid(context, sweep, &count, &grid);
    spn_release(context, grid);
    return spni_experiment_place(context, experiment,
                                 status == SPN_OK ? check_legs(context, section, sweep) : status);
}

spn_status spni_experiment_branches(spn_context *context, const spn_experiment *experiment,
                                    spn_branches_settings *out)
{
    const spn_settings *section = &experiment->sections[SPNI_SECTION_BRANCHES];
    const spn_sweep_settings *sweep = spn_experiment_sweep(experiment);
    const spn_reals *list = &sweep->beta;
    *out = *spn_experiment_branches(experiment);
    if (isnan(out->beta_from)) {
        out->beta_from = list->count > 0 ? list->items[0] : sweep->beta_from;
    }
    if (isnan(out->beta_to)) {
        out->beta_to = list->count > 0 ? list->items[list->count - 1] : sweep->beta_to;
    }
    if (!(out->beta_from < out->beta_to)) {
        const char *key = spn_settings_is_set(section, "beta.to") ? "beta.to" : "beta.from";
        char where[512];
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s: the range of beta is empty: branches would be followed from %g to %g "
                        "(an end that is not given is that of the sweep)",
                        spn_settings_where(section, key, where, sizeof where), out->beta_from,
                        out->beta_to);
    }
    return SPN_OK;
}

spn_status spn_experiment_check(spn_context *context, const spn_experiment *experiment)
{
    spn_status status = SPN_OK;
    SPN_TRY(check_exclusions(context, experiment));
    SPN_TRY(check_data(context, experiment));
    SPN_TRY(check_targets(context, experiment));
    SPN_TRY(check_grid(context, experiment));
done:
    return status;
}

static void put_value(spn_text *text, const spn_settings *section, int64_t index)
{
    const int64_t size = spn_option_format(section, index, NULL, 0) + 1;
    char *value = text->status == SPN_OK ? spn_allocate(text->context, size, 1) : NULL;
    if (value == NULL) {
        text->status = text->status == SPN_OK ? spn_error_status(text->context) : text->status;
        return;
    }
    spn_option_format(section, index, value, (size_t)size);
    spn_text_add(text, value);
    spn_release(text->context, value);
}

/* Unset options have nothing to say: NaN, no text, an empty list that is empty by default. */
static bool has_value(const spn_settings *section, int64_t index)
{
    const spn_option *option = &section->table->options[index];
    return section->is_set[index] || option->initial != NULL;
}

/* Sections that came later say only what was set: texts of experiments without them stay what they were. */
static bool is_quiet(int section)
{
    return section == SPNI_SECTION_GEOMETRY;
}

static bool is_said(const spn_experiment *experiment, int number, int64_t index)
{
    const spn_settings *section = &experiment->sections[number];
    const char *key = section->table->options[index].key;
    return has_value(section, index) && (section->is_set[index] || !is_quiet(number)) &&
           is_used(experiment, number, key) && !is_excluded(experiment, number, key);
}

static void put_section(spn_text *text, const spn_experiment *experiment, int number)
{
    const spn_settings *section = &experiment->sections[number];
    const char *group = ""; /* the part of the last key before its dot */
    size_t group_length = 0;
    bool is_any = !is_quiet(number);
    for (int64_t i = 0; !is_any && i < section->table->count; i++) {
        is_any = is_said(experiment, number, i);
    }
    if (is_any) {
        spn_text_put(text, "%s:\n", section->table->section);
    }
    for (int64_t i = 0; i < section->table->count; i++) {
        const char *key = section->table->options[i].key;
        if (!is_said(experiment, number, i)) {
            continue;
        }
        const char *dot = strchr(key, '.');
        if (dot != NULL) {
            size_t length = (size_t)(dot - key);
            if (length != group_length || strncmp(group, key, length) != 0) {
                spn_text_put(text, "  %.*s:\n", (int)length, key);
                group = key;
                group_length = length;
            }
            spn_text_add(text, "    ");
            spn_text_add(text, dot + 1);
        } else {
            spn_text_add(text, "  ");
            spn_text_add(text, key);
            group_length = 0;
        }
        spn_text_add(text, ": ");
        put_value(text, section, i);
        spn_text_add(text, "\n");
    }
}

/* The text becomes the caller's. */
static spn_status take_text(spn_text *made, char **text)
{
    if (made->status != SPN_OK) {
        return spn_text_end(made);
    }
    *text = made->buffer.text;
    return SPN_OK;
}

spn_status spn_experiment_dump(spn_context *context, const spn_experiment *experiment, char **text)
{
    spn_text made = {.context = context};
    *text = NULL;
    for (int i = 0; i < SPNI_SECTIONS; i++) {
        put_section(&made, experiment, i);
    }
    return take_text(&made, text);
}

/* Written alike, numbers in their shortest form: equal values have equal texts. A failure is the status of `made`. */
static bool is_default(spn_text *made, const spn_settings *section, const spn_settings *defaults,
                       int64_t index)
{
    spn_text own = {.context = made->context}, other = {.context = made->context};
    put_value(&own, section, index);
    put_value(&other, defaults, index);
    const spn_status status = own.status != SPN_OK ? own.status : other.status;
    const bool is_same = status == SPN_OK && strcmp(own.buffer.text, other.buffer.text) == 0;
    made->status = made->status == SPN_OK ? status : made->status;
    spn_text_end(&own);
    spn_text_end(&other);
    return is_same;
}

spn_status spn_experiment_changes(spn_context *context, const spn_experiment *experiment,
                                  char **text)
{
    spn_status status = SPN_OK;
    spn_experiment *defaults = NULL;
    spn_text made = {.context = context};
    *text = NULL;
    SPN_TRY(spn_experiment_create(context, &defaults));
    spn_text_add(&made, "");
    for (int s = 0; s < SPNI_SECTIONS; s++) {
        const spn_settings *section = &experiment->sections[s];
        for (int64_t i = 0; i < section->table->count; i++) {
            if (is_said(experiment, s, i) &&
                !is_default(&made, section, &defaults->sections[s], i)) {
                spn_text_put(&made, "%s.%s=", section->table->section,
                             section->table->options[i].key);
                put_value(&made, section, i);
                spn_text_add(&made, "\n");
            }
        }
    }
    SPN_TRY(take_text(&made, text));
done:
    spn_experiment_free(context, defaults);
    return status;
}

/* Sections begin at the left edge. */
static bool is_kept(const char *line, const char *sections)
{
    const size_t length = strcspn(line, ":\n");
    for (const char *at = sections; *at != '\0';) {
        const size_t end = strcspn(at, " ");
        if (end == length && strncmp(at, line, length) == 0) {
            return line[length] == ':';
        }
        at += end + (at[end] == ' ');
    }
    return false;
}

void spni_experiment_keep(char *dump, const char *sections)
{
    char *to = dump;
    bool is_wanted = false;
    for (const char *line = dump; *line != '\0';) {
        const char *end = strchr(line, '\n');
        const size_t length = end != NULL ? (size_t)(end - line) + 1 : strlen(line);
        is_wanted = *line == ' ' ? is_wanted : is_kept(line, sections);
        if (is_wanted) {
            memmove(to, line, length);
            to += length;
        }
        line += length;
    }
    *to = '\0';
}
