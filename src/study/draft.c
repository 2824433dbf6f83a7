/* SPDX-License-Identifier: MIT */
/* An experiment for a table: its columns, their scales, a network, and a range of beta from theory, each with a reason. */
#include "study/draft.h"

#include "study/experiment.h"
#include "study/own_range.h"

#include <spinodal/text.h>
#include <stdio.h>
#include <string.h>

bool spni_draft_has(const spni_draft *draft, int section, const char *key)
{
    return spn_settings_is_set(&draft->experiment->sections[section], key);
}

spn_status spni_draft_set(spni_draft *draft, const char *key, const char *text, bool is_quoted)
{
    static const char *const names[] = {"data", "model", "objective", "sweep"};
    const spn_value value = {.scalar = text, .is_quoted = is_quoted};
    for (int s = 0; s < (int)(sizeof names / sizeof *names); s++) {
        const size_t length = strlen(names[s]);
        if (strncmp(key, names[s], length) == 0 && spni_draft_has(draft, s, key + length + 1)) {
            return SPN_OK;
        }
    }
    return spn_experiment_assign(draft->context, draft->experiment, key, &value, false);
}

/* ---- Data ---------------------------------------------------------------------------------------- */

static spn_status choose_data(spni_draft *draft)
{
    const int64_t enough = 200; /* samples, of which a fifth may be kept */
    spn_status status = SPN_OK;
    const spn_data_settings *data = spn_experiment_data(draft->experiment);
    const bool has_scale = spni_draft_has(draft, SPNI_SECTION_DATA, "standardize") ||
                           spni_draft_has(draft, SPNI_SECTION_DATA, "center") ||
                           spni_draft_has(draft, SPNI_SECTION_DATA, "whiten");
    SPN_TRY(spni_draft_set(draft, "objective.error",
                           data->classes != NULL ? "cross_entropy" : "mse", false));
    if (!has_scale) {
        const bool is_inputs =
            data->classes != NULL ||
            spn_experiment_error(draft->experiment)->error == SPN_ERROR_CROSS_ENTROPY;
        SPN_TRY(spni_draft_set(draft, "data.standardize", is_inputs ? "inputs" : "all", false));
    }
    if (data->test_path == NULL && draft->table->rows >= enough) {
        SPN_TRY(spni_draft_set(draft, "data.test_share", "0.2", false));
    }
done:
    return status;
}

/* ---- Network ------------------------------------------------------------------------------------- */

/* Two hidden layers, whose transitions are of first order, as wide as the targets ask for and as a dense Hessian of
 * some thousand parameters allows. */
static spn_status choose_model(spni_draft *draft)
{
    const int64_t least = 5, most = 16, parameters = 3000;
    spn_status status = SPN_OK;
    int64_t width = 2 * draft->outputs;
    width = width < least ? least : width > most ? most : width;
    while (width > 2 && width * (draft->inputs + width + draft->outputs) > parameters) {
        width--;
    }
    if (!spni_draft_has(draft, SPNI_SECTION_MODEL, "hidden")) {
        char number[32];
        snprintf(number, sizeof number, "%lld", (long long)width);
        const spn_value one = {.scalar = number}, both[] = {one, one};
        const spn_value list = {.count = 2, .items = both};
        SPN_TRY(
            spn_experiment_assign(draft->context, draft->experiment, "model.hidden", &list, false));
    }
    SPN_TRY(spni_draft_set(draft, "model.activation", "tanh", false));
    SPN_TRY(spni_draft_set(draft, "model.bias", "true", false));
    if (!spni_draft_has(draft, SPNI_SECTION_MODEL, "init.weights")) {
        SPN_TRY(spni_draft_set(draft, "model.init.scale", "0.7", false));
        SPN_TRY(spni_draft_set(draft, "model.init.seed", "1", false));
    }
done:
    return status;
}

/* ---- The range of beta --------------------------------------------------------------------------- */

static spn_status choose_range(spni_draft *draft)
{
    spn_status status = SPN_OK;
    spn_study *study = NULL;
    const int64_t large = 500; /* parameters: a point takes seconds */
    spni_theory_range range;
    char number[32];
    if (spni_draft_has(draft, SPNI_SECTION_SWEEP, "beta")) {
        return SPN_OK;
    }
    SPN_TRY(spn_study_create(draft->context, draft->experiment, &study));
    SPN_TRY(spni_theory_range_find(draft->context, study, &range));
    snprintf(draft->range_note, SPNI_NOTE_SIZE, "%s", range.why);
    snprintf(number, sizeof number, "%.2g", range.from);
    SPN_TRY(spni_draft_set(draft, "sweep.beta.from", number, false));
    snprintf(number, sizeof number, "%.2g", range.to);
    SPN_TRY(spni_draft_set(draft, "sweep.beta.to", number, false));
    const bool is_large = spn_network_parameters(study->network) > large;
    if (!spni_draft_has(draft, SPNI_SECTION_SWEEP, "beta.tolerance")) {
        SPN_TRY(spni_draft_set(draft, "sweep.beta.points", is_large ? "24" : "60", false));
    }
    SPN_TRY(spni_draft_set(draft, "sweep.beta.spacing", range.is_log ? "log" : "linear", false));
    SPN_TRY(spni_draft_set(draft, "sweep.direction", is_large ? "up" : "both", false));
    if (is_large) {
        snprintf(draft->direction_note, SPNI_NOTE_SIZE,
                 "both: also down, which shows hysteresis; %lld parameters take their time",
                 (long long)spn_network_parameters(study->network));
    } else {
        snprintf(draft->direction_note, SPNI_NOTE_SIZE,
                 "up, then down from each phase that was visited: hysteresis");
    }
done:
    spn_study_free(draft->context, study);
    return status;
}

/* ---- The text ------------------------------------------------------------------------------------ */

/* What stands behind a key. */
static const char *comment_of(const spni_draft *draft, int section, const char *key)
{
    const struct {
        int section;
        const char *key, *text;
    } comments[] = {
        {SPNI_SECTION_DATA, "targets", draft->target_note},
        {SPNI_SECTION_DATA, "classes", draft->target_note},
        {SPNI_SECTION_DATA, "columns", draft->columns_note},
        {SPNI_SECTION_DATA, "missing", draft->missing_note},
        {SPNI_SECTION_DATA, "standardize", draft->scale_note},
        {SPNI_SECTION_DATA, "test_share", "kept for testing: columns test_error and test_accuracy"},
        {SPNI_SECTION_MODEL, "hidden",
         "with two hidden layers or more transitions are of first order; [5] has smooth ones"},
        {SPNI_SECTION_MODEL, "activation",
         "what bends only smoothly has exact curvature; relu has kinks"},
        {SPNI_SECTION_MODEL, "init.scale",
         "weights are normal with deviation scale / sqrt(fan_in)"},
        {SPNI_SECTION_OBJECTIVE, "error",
         spn_experiment_error(draft->experiment)->error == SPN_ERROR_MSE
             ? "summed over K outputs; L = error + beta |theta|^2. weight_decay with nn.MSELoss: 2 "
               "beta / K"
             : "L = error + beta |theta|^2; weight_decay of PyTorch: 2 beta"},
        {SPNI_SECTION_SWEEP, "beta.to", draft->range_note},
        {SPNI_SECTION_SWEEP, "direction", draft->direction_note},
    };
    for (size_t i = 0; i < sizeof comments / sizeof *comments; i++) {
        if (comments[i].section == section && strcmp(comments[i].key, key) == 0) {
            return comments[i].text;
        }
    }
    return "";
}

static void put_key(spn_text *text, const spni_draft *draft, int number, int64_t index)
{
    const spn_settings *section = &draft->experiment->sections[number];
    const char *key = section->table->options[index].key;
    const char *comment = comment_of(draft, number, key);
    const int64_t size = spn_option_format(section, index, NULL, 0) + 1;
    char *value = spn_allocate(text->context, size, 1);
    if (value == NULL) {
        text->status = spn_error_status(text->context);
        return;
    }
    spn_option_format(section, index, value, (size_t)size);
    spn_text_put(text, "  %s: %s%s%s\n", key, value, comment[0] != '\0' ? "  # " : "", comment);
    spn_release(text->context, value);
}

static void put_draft(spn_text *text, const spni_draft *draft)
{
    spn_text_put(text,
                 "# A first experiment on %lld rows; all keys: spinodal help keys. Next:\n"
                 "#   spinodal theory THIS_FILE     what can be said before training\n"
                 "#   spinodal sweep THIS_FILE      follow the network through beta\n"
                 "#   spinodal branches THIS_FILE   all phases, and where each is the best\n",
                 (long long)draft->table->rows);
    for (int s = 0; s < SPNI_SECTIONS; s++) {
        const spn_settings *section = &draft->experiment->sections[s];
        bool has_title = false;
        for (int64_t i = 0; i < section->table->count && text->status == SPN_OK; i++) {
            if (!section->is_set[i]) {
                continue;
            }
            if (!has_title) {
                spn_text_put(text, "%s:\n", section->table->section);
                has_title = true;
            }
            put_key(text, draft, s, i);
        }
    }
}

/* ---- All of it ----------------------------------------------------------------------------------- */

static spn_status begin(spni_draft *draft, const char *path, int64_t count, const char *const *sets)
{
    spn_status status = SPN_OK;
    char buffer[SPNI_PATH_SIZE];
    SPN_TRY(spn_experiment_create(draft->context, &draft->experiment));
    SPN_TRY(spni_draft_set(draft, "data.kind", "csv", false));
    SPN_TRY(spni_draft_set(draft, "data.path", path, true));
    SPN_TRY(spn_experiment_override(draft->context, draft->experiment, count, sets, false));
    if (path[0] == '/') { /* as for an experiment that is written elsewhere: so are all its files */
        SPN_TRY(spni_experiment_name_files(draft->context, draft->experiment));
    }
    const spn_data_settings *data = spn_experiment_data(draft->experiment);
    if (data->kind != SPN_DATA_CSV) {
        SPN_FAIL(draft->context, SPN_ERROR_INPUT,
                 "data.kind: an experiment is made for tables (csv)");
    }
    const spn_csv_layout layout = {(spn_csv_header)data->header,
                                   (spn_csv_separator)data->separator};
    SPN_TRY(spn_csv_read(draft->context,
                         spni_experiment_data_path(draft->experiment, data->path, buffer), layout,
                         &draft->table));
done:
    return status;
}

spn_status spn_experiment_draft(spn_context *context, const char *path, int64_t count,
                                const char *const *sets, char **text)
{
    spn_status status = SPN_OK;
    spni_draft draft = {.context = context};
    spn_text made = {.context = context};
    *text = NULL;
    SPN_TRY(begin(&draft, path, count, sets));
    SPN_TRY(spni_draft_columns(&draft));
    SPN_TRY(choose_data(&draft));
    SPN_TRY(choose_model(&draft));
    SPN_TRY(choose_range(&draft));
    put_draft(&made, &draft);
    if (made.status == SPN_OK) {
        *text = made.buffer.text;
        made.buffer.text = NULL;
    }
done:
    if (*text == NULL) {
        const spn_status ended = spn_text_end(&made);
        status = status == SPN_OK ? ended : status;
    }
    spn_csv_free(context, draft.table);
    spn_experiment_free(context, draft.experiment);
    return status;
}
