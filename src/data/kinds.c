/* SPDX-License-Identifier: MIT */
/* All that is known of the kinds of data: a word, the keys that others have no use for, and who makes them. */
#include "data/data.h"

#include <string.h>

typedef spn_status maker(spn_context *context, const spn_data_settings *settings,
                         spn_dataset **training, spn_dataset **test);

typedef struct row {
    const char *source;      /* the key that chose the numbers */
    const char *const *keys; /* of section data, those that not every kind has */
    maker *make;             /* NULL: a room above makes or reads them */
    bool is_file;
} row;

static spn_status make_gaussian(spn_context *context, const spn_data_settings *settings,
                                spn_dataset **training, spn_dataset **test)
{
    spn_status status = spn_dataset_gaussian(context, settings, training);
    return status == SPN_OK ? spn_dataset_gaussian_test(context, settings, test) : status;
}

/* All samples that there are, and the share of them that is held out. */
static spn_status make_modular(spn_context *context, const spn_data_settings *settings,
                               spn_dataset **training, spn_dataset **test)
{
    spn_dataset *whole = NULL;
    spn_status status = spn_dataset_modular(context, settings, &whole);
    return status == SPN_OK ? spni_dataset_hold_out(context, settings, whole, training, test)
                            : status;
}

static const char *const gaussian_keys[] = {"samples",    "inputs",  "outputs", "correlations",
                                            "covariance", "moments", "seed",    NULL};
static const char *const csv_keys[] = {"path",      "header",  "separator", "missing",
                                       "targets",   "columns", "classes",   "class_targets",
                                       "test_path", NULL};
static const char *const npz_keys[] = {"path",           "input_key",       "target_key",
                                       "classes",        "class_targets",   "test_path",
                                       "test_input_key", "test_target_key", NULL};
static const char *const teacher_keys[] = {"samples",       "inputs",         "outputs",
                                           "seed",          "teacher.hidden", "teacher.activation",
                                           "teacher.scale", "noise",          NULL};
static const char *const modular_keys[] = {"modulus", NULL};
static const char *const idx_keys[] = {
    "path", "labels",  "class_targets", "test_path", "test_labels", "only",
    "take", "take_by", "pixels",        "normalize", NULL};

static const char *const memory_keys[] = {NULL};

const char *const spn_data_words[] = {
    [SPN_DATA_GAUSSIAN] = "gaussian", [SPN_DATA_CSV] = "csv",
    [SPN_DATA_NPZ] = "npz",           [SPN_DATA_TEACHER] = "teacher",
    [SPN_DATA_MODULAR] = "modular",   [SPN_DATA_IDX] = "idx",
    [SPN_DATA_MEMORY] = "memory",     NULL};
static const row rows[] = {
    [SPN_DATA_GAUSSIAN] = {"covariance", gaussian_keys, make_gaussian, false},
    [SPN_DATA_CSV] = {"path", csv_keys, NULL, true},
    [SPN_DATA_NPZ] = {"path", npz_keys, NULL, true},
    [SPN_DATA_TEACHER] = {"teacher.scale", teacher_keys, NULL, false},
    [SPN_DATA_MODULAR] = {"modulus", modular_keys, make_modular, false},
    [SPN_DATA_IDX] = {"path", idx_keys, NULL, true},
    [SPN_DATA_MEMORY] = {"kind", memory_keys, NULL, false},
};
enum { COUNT = sizeof rows / sizeof *rows };
_Static_assert(sizeof spn_data_words / sizeof *spn_data_words == COUNT + 1,
               "every kind of data has a word and a row");

static bool has_key(const row *kind, const char *key)
{
    const char *const *at = kind->keys;
    while (*at != NULL && strcmp(*at, key) != 0) {
        at++;
    }
    return *at != NULL;
}

bool spn_data_uses(const spn_data_settings *settings, const char *key)
{
    const bool is_idx = settings->kind == SPN_DATA_IDX;
    if (strcmp(key, "seed") == 0 &&
        (settings->test_share > 0 || (is_idx && settings->take_by == SPN_TAKE_RANDOM))) {
        return true; /* it says which samples are held out, or taken */
    }
    if (strcmp(key, "class_targets") == 0 && settings->classes == NULL && !is_idx) {
        return false;
    }
    bool is_special = false;
    for (int k = 0; k < COUNT; k++) {
        is_special = is_special || has_key(&rows[k], key);
    }
    return !is_special || has_key(&rows[settings->kind], key);
}

const char *spn_data_source(const spn_data_settings *settings)
{
    return rows[settings->kind].source;
}

bool spn_data_is_file(const spn_data_settings *settings)
{
    return rows[settings->kind].is_file;
}

spn_status spn_dataset_make(spn_context *context, const spn_data_settings *settings,
                            spn_dataset **training, spn_dataset **test)
{
    static const char *const keys[] = {"kind", NULL};
    spn_status status = SPN_OK;
    *training = *test = NULL;
    SPN_TRY(spn_settings_check_keys(context, &spn_data_options, settings, keys));
    if (rows[settings->kind].make == NULL) {
        SPN_FAIL_KEY(context, SPN_ERROR_UNSUPPORTED, "data.kind",
                     "samples of kind %s are not made by this call",
                     spn_data_words[settings->kind]);
    }
    SPN_TRY(rows[settings->kind].make(context, settings, training, test));
done:
    if (status != SPN_OK) {
        spn_dataset_free(context, *training);
        *training = NULL;
    }
    return status;
}
