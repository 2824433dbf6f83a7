/* SPDX-License-Identifier: MIT */
#include "study/images.h"

#include "study/experiment.h"

#include <math.h>
#include <spinodal/formats.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* Images, and the numbers of their classes. Which samples are taken: the numbers from 0 in their file. */
typedef struct album {
    spn_idx *images;
    double *codes;   /* of all samples; NaN: of a class that is not meant */
    int64_t *picked; /* the first `count` are taken */
    int64_t count, available;
} album;

static void album_free(spn_context *context, album *a)
{
    spn_idx_free(context, a->images);
    spn_release(context, a->codes);
    spn_release(context, a->picked);
    *a = (album){0};
}

/* ---- Files ------------------------------------------------------------------------------------- */

static spn_status open_images(spn_context *context, const char *path, album *a)
{
    spn_status status = SPN_OK;
    SPN_TRY(spn_idx_read(context, path, &a->images));
    if (a->images->rank < 2) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s holds one number for each sample, as labels do; the images are needed here",
                 path);
    }
done:
    return status;
}

/* Where the labels are, by the name of the images. */
static spn_status find_labels(spn_context *context, const char *key, const album *a, char **found)
{
    spn_status status = SPN_OK;
    SPN_TRY(spn_idx_labels_path(context, a->images->source, found));
    if (*found == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: its name does not say where the labels are (train-images-idx3-ubyte does); "
                 "set data.%s",
                 a->images->source, key);
    }
    if (access(*found, F_OK) != 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: by its name its labels are in %s, which is not there; set data.%s",
                 a->images->source, *found, key);
    }
done:
    return status;
}

/* `path` as the experiment gives it; NULL: what belongs to the images. */
static spn_status open_labels(spn_context *context, const spn_experiment *experiment,
                              const char *path, const char *key, const album *a, spn_idx **out)
{
    spn_status status = SPN_OK;
    char buffer[SPNI_PATH_SIZE], *found = NULL;
    SPN_TRY(path == NULL ? find_labels(context, key, a, &found) : SPN_OK);
    SPN_TRY(spn_idx_read(
        context, path == NULL ? found : spni_experiment_path(experiment, path, buffer), out));
    if ((*out)->shape[0] != a->images->shape[0]) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s holds %lld labels, and %s %lld images",
                 (*out)->source, (long long)(*out)->shape[0], a->images->source,
                 (long long)a->images->shape[0]);
    }
done:
    spn_release(context, found);
    return status;
}

static spn_status number_labels(spn_context *context, const spn_data_settings *data,
                                spn_idx *labels, const spn_classes *known, album *a,
                                spn_classes **classes)
{
    spn_status status = SPN_OK;
    const int64_t samples = a->images->shape[0];
    SPN_NEW(context, a->codes, samples);
    SPN_NEW(context, a->picked, samples);
    SPN_TRY(spn_idx_classes(context, labels, data->only, known, a->codes, classes));
    for (int64_t n = 0; n < samples; n++) {
        if (!isnan(a->codes[n])) {
            a->picked[a->count++] = n;
        }
    }
    a->available = a->count;
done:
    return status;
}

/* ---- Which samples ----------------------------------------------------------------------------- */

static spn_status take(spn_context *context, const spn_data_settings *data, album *a)
{
    spn_status status = SPN_OK;
    bool *is_chosen = NULL;
    if (data->take > a->available) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%lld samples are asked for, and %s has %lld%s",
                 (long long)data->take, a->images->source, (long long)a->available,
                 data->only.count > 0 ? " of the classes in data.only" : "");
    }
    if (data->take == 0 || data->take_by == SPN_TAKE_FIRST) {
        a->count = data->take > 0 ? data->take : a->available;
        return SPN_OK;
    }
    SPN_NEW(context, is_chosen, a->available);
    SPN_TRY(spn_dataset_choose(context, a->available, data->take, (uint64_t)data->seed,
                               SPN_PURPOSE_SUBSET, is_chosen));
    a->count = 0;
    for (int64_t i = 0; i < a->available; i++) {
        if (is_chosen[i]) {
            a->picked[a->count++] = a->picked[i];
        }
    }
done:
    spn_release(context, is_chosen);
    return status;
}

static spn_status check_classes(spn_context *context, const album *a, const spn_classes *classes)
{
    for (int64_t k = 0; k < classes->count; k++) {
        bool is_there = false;
        for (int64_t n = 0; n < a->count && !is_there; n++) {
            is_there = a->codes[a->picked[n]] == (double)k;
        }
        if (!is_there) {
            return spn_fail(context, SPN_ERROR_INPUT,
                            "none of the %lld samples that are taken is of class '%s'; take more, "
                            "or name the classes that are meant in data.only",
                            (long long)a->count, classes->names[k]);
        }
    }
    return SPN_OK;
}

/* The samples that are kept for testing, in `test`, out of those of `a`. */
static spn_status hold_out(spn_context *context, const spn_data_settings *data, album *a,
                           album *test)
{
    spn_status status = SPN_OK;
    bool *is_test = NULL;
    int64_t count = 0, kept = 0;
    SPN_NEW(context, is_test, a->count);
    SPN_TRY(spn_dataset_choose_test(context, a->count, data->test_share, (uint64_t)data->seed,
                                    is_test, &count));
    SPN_NEW(context, test->picked, count);
    for (int64_t i = 0; i < a->count; i++) {
        if (is_test[i]) {
            test->picked[test->count++] = a->picked[i];
        } else {
            a->picked[kept++] = a->picked[i];
        }
    }
    a->count = kept;
done:
    spn_release(context, is_test);
    return status;
}

/* ---- The data set ------------------------------------------------------------------------------ */

static spn_idx_scale scale_of(const spn_data_settings *data, const spn_idx *images)
{
    const bool is_normalized = data->normalize.count == 2;
    return (spn_idx_scale){images->are_bytes && data->pixels == SPN_PIXELS_UNIT ? 255 : 1,
                           is_normalized ? data->normalize.items[0] : 0,
                           is_normalized ? data->normalize.items[1] : 1};
}

/* One target a class, or one that is 0 or 1. */
static void write_targets(const album *a, const double *codes, int64_t targets, int64_t stride,
                          double *y)
{
    for (int64_t n = 0; n < a->count; n++) {
        const int64_t code = (int64_t)codes[a->picked[n]];
        if (targets == 1) {
            y[n] = (double)code;
        } else {
            y[code * stride + n] = 1;
        }
    }
}

/* What a data set reads its images from. */
typedef struct gallery {
    spn_idx *images, *own; /* own: the same where it closes them, or NULL */
    int64_t *picked;
    spn_idx_scale scale;
    const char *key; /* that names the file: it may be read much later */
} gallery;

static spn_status read_images(spn_context *context, void *state, const spn_input_part *part,
                              double *x)
{
    const gallery *from = state;
    const spn_idx_part wanted = {part->count, from->picked + part->first, part->column,
                                 part->columns, part->stride};
    return spni_blame_file(context, from->key,
                           spn_idx_take(context, from->images, &wanted, from->scale, x));
}

static void close_gallery(spn_context *context, void *state)
{
    gallery *from = state;
    spn_idx_free(context, from->own);
    spn_release(context, from->picked);
    spn_release(context, from);
}

/* On what the samples depend: the images, which of them, of which classes. */
static uint32_t key_of(const spn_idx *images, const double *codes, const album *a)
{
    uLong key = images->key;
    for (int64_t n = 0; n < a->count; n++) {
        const int64_t facts[] = {a->picked[n], (int64_t)codes[a->picked[n]]};
        key = crc32_z(key, (const unsigned char *)facts, sizeof facts);
    }
    return (uint32_t)key;
}

/* The images that are picked in `a`; `owner` (NULL) hands over its file. */
static spn_status open_gallery(spn_context *context, const spn_data_settings *data, spn_idx *images,
                               const double *codes, const album *a, album *owner,
                               spn_input_source *source)
{
    spn_status status = SPN_OK;
    gallery *from = NULL;
    SPN_NEW(context, from, 1);
    *from = (gallery){.images = images,
                      .scale = scale_of(data, images),
                      .key = a->images == NULL || a == owner ? "data.path" : "data.test_path"};
    SPN_NEW(context, from->picked, a->count);
    memcpy(from->picked, a->picked, (size_t)a->count * sizeof *a->picked);
    if (owner != NULL) {
        from->own = owner->images;
        owner->images = NULL;
    }
    *source = (spn_input_source){.state = from,
                                 .read = read_images,
                                 .free = close_gallery,
                                 .key = key_of(images, codes, a),
                                 .is_for_all = owner == NULL || data->whiten};
    from = NULL;
done:
    if (from != NULL) {
        close_gallery(context, from);
    }
    return status;
}

static spn_status make(spn_context *context, const spn_data_settings *data, spn_idx *images,
                       const double *codes, const album *a, album *owner,
                       const spn_classes *classes, spn_dataset **out)
{
    spn_status status = SPN_OK;
    const bool is_binary = data->class_targets == SPN_CLASS_BINARY;
    const int64_t targets = is_binary ? 1 : classes->count;
    const int64_t width = images->count / images->shape[0];
    spn_input_source source;
    double *y = NULL;
    SPN_TRY(open_gallery(context, data, images, codes, a, owner, &source));
    SPN_TRY(spn_dataset_read(context, a->count, width, targets, NULL,
                             classes->names + (is_binary ? 1 : 0), &source, out, &y));
    SPN_TRY(spn_dataset_name_classes(context, *out, classes->count, classes->names));
    write_targets(a, codes, targets, (*out)->stride, y);
done:
    return status;
}

/* Everything about the files for testing. */
static spn_status open_test(spn_context *context, const spn_experiment *experiment,
                            const album *first, const spn_classes *classes, album *test,
                            const char **key)
{
    spn_status status = SPN_OK;
    const spn_data_settings *data = spn_experiment_data(experiment);
    spn_idx *labels = NULL;
    spn_classes *none = NULL;
    char buffer[SPNI_PATH_SIZE];
    *key = "test_path";
    SPN_TRY(
        open_images(context, spni_experiment_data_path(experiment, data->test_path, buffer), test));
    const spn_idx *images = test->images;
    if (images->count / images->shape[0] != first->images->count / first->images->shape[0]) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: images of %lld pixels for testing, and of %lld for training", images->source,
                 (long long)(images->count / images->shape[0]),
                 (long long)(first->images->count / first->images->shape[0]));
    }
    *key = data->test_labels != NULL ? "test_labels" : "test_path";
    SPN_TRY(open_labels(context, experiment, data->test_labels, "test_labels", test, &labels));
    SPN_TRY(number_labels(context, data, labels, classes, test, &none));
    if (test->count == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: no sample is of the classes in data.only",
                 labels->source);
    }
done:
    spn_idx_free(context, labels);
    return status;
}

static void describe(const spn_data_settings *data, const album *a, spn_data_account *account)
{
    const spn_idx *images = a->images;
    const spn_idx_scale scale = scale_of(data, images);
    account->path = data->path;
    account->classes = "labels";
    account->available = a->available;
    account->taken = a->count;
    account->is_random = data->take_by == SPN_TAKE_RANDOM;
    account->rows = images->rank == 3 ? images->shape[1] : 0;
    account->columns = images->rank == 3 ? images->shape[2] : 0;
    account->divisor = scale.divisor;
    account->mean = scale.mean;
    account->deviation = scale.deviation;
}

/* The samples for training, before any of them are held out. */
static spn_status open_training(spn_context *context, const spn_experiment *experiment, album *a,
                                spn_classes **classes, const char **key)
{
    spn_status status = SPN_OK;
    const spn_data_settings *data = spn_experiment_data(experiment);
    spn_idx *labels = NULL;
    char buffer[SPNI_PATH_SIZE];
    *key = "path";
    SPN_TRY(open_images(context, spni_experiment_data_path(experiment, data->path, buffer), a));
    *key = data->labels != NULL ? "labels" : "path";
    SPN_TRY(open_labels(context, experiment, data->labels, "labels", a, &labels));
    *key = data->only.count > 0 ? "only" : *key;
    SPN_TRY(number_labels(context, data, labels, NULL, a, classes));
    *key = "class_targets";
    if (data->class_targets == SPN_CLASS_BINARY && (*classes)->count != 2) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "binary is for two classes, and there are %lld",
                 (long long)(*classes)->count);
    }
    *key = "take";
    SPN_TRY(take(context, data, a));
    *key = data->take > 0 ? "take" : "path";
    SPN_TRY(check_classes(context, a, *classes));
done:
    spn_idx_free(context, labels);
    return status;
}

spn_status spni_images_load(spn_context *context, const spn_experiment *experiment,
                            spn_dataset **training, spn_dataset **test, spn_data_account *account,
                            const char **key)
{
    spn_status status = SPN_OK;
    const spn_data_settings *data = spn_experiment_data(experiment);
    album first = {0}, second = {0};
    spn_classes *classes = NULL;
    *training = *test = NULL;
    SPN_TRY(open_training(context, experiment, &first, &classes, key));
    describe(data, &first, account);
    if (data->test_path != NULL) {
        SPN_TRY(open_test(context, experiment, &first, classes, &second, key));
    } else if (data->test_share > 0) {
        *key = "test_share";
        SPN_TRY(hold_out(context, data, &first, &second));
    }
    if (second.count > 0) { /* first, for the file goes with the training samples */
        const album *from = second.images != NULL ? &second : &first;
        *key = second.images != NULL ? "test_path" : "path";
        SPN_TRY(make(context, data, from->images, from->codes, &second, NULL, classes, test));
    }
    *key = "path";
    SPN_TRY(make(context, data, first.images, first.codes, &first, &first, classes, training));
done:
    if (status != SPN_OK) {
        spn_dataset_free(context, *test);
        *test = NULL;
    }
    album_free(context, &first);
    album_free(context, &second);
    spn_classes_free(context, classes);
    return status;
}
