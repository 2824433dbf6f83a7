/* SPDX-License-Identifier: MIT */
/* Labels of images: which file they are in, and which classes they are. */
#include <spinodal/formats/idx.h>

#include "formats/classes.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- Their classes ----------------------------------------------------------------------------- */

static spn_status read_labels(spn_context *context, spn_idx *idx, spni_label *labels)
{
    spn_status status = SPN_OK;
    double *values = NULL;
    int64_t *all = NULL;
    const spn_idx_scale as_they_are = {1, 0, 1};
    if (idx->count != idx->shape[0]) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s holds %lld numbers for each sample, and labels are one; is it the images?",
                 idx->source, (long long)(idx->count / idx->shape[0]));
    }
    SPN_NEW(context, values, idx->count);
    SPN_NEW(context, all, idx->count);
    for (int64_t n = 0; n < idx->count; n++) {
        all[n] = n;
    }
    SPN_TRY(spn_idx_columns(context, idx, idx->count, all, as_they_are, idx->count, values));
    for (int64_t n = 0; n < idx->count; n++) {
        labels[n] = (spni_label){NULL, values[n]};
    }
done:
    spn_release(context, values);
    spn_release(context, all);
    return status;
}

static const char advice[] = "is it the file of the labels?";

/* The two classes of many a machine that tells one thing from another. */
static bool is_sign(const spn_classes *all, double label)
{
    return all->count == 2 && (label == -1 || label == 1);
}

/* The family numbers its classes without gaps: a label beyond their number is damage. */
static spn_status check_range(spn_context *context, const spn_idx *idx, const spni_label *labels,
                              const spn_classes *all)
{
    const long long classes = (long long)all->count;
    for (int64_t n = 0; n < idx->count; n++) {
        const double label = labels[n].number;
        if ((label < 0 || label > (double)classes) && !is_sign(all, label)) {
            return spn_fail(context, SPN_ERROR_INPUT,
                            "%s: label %lld of sample %lld is out of range: %lld different labels "
                            "are from 0 to %lld%s; if the file is whole, list the classes that "
                            "are meant in data.only",
                            idx->source, (long long)label, (long long)n + 1, classes, classes,
                            classes == 2 ? ", or -1 and 1" : "");
        }
    }
    return SPN_OK;
}

static spn_status fail_absent(spn_context *context, const spn_idx *idx, const char *name,
                              const spn_classes *classes)
{
    char list[300] = "";
    size_t used = 0;
    for (int64_t k = 0; k < classes->count && used < sizeof list; k++) {
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", k > 0 ? ", " : "",
                                 classes->names[k]);
    }
    return spn_fail(context, SPN_ERROR_INPUT, "%s has no class '%.60s'; its classes are %s%s",
                    idx->source, name, list, used < sizeof list ? "" : ", ...");
}

/* Every name must be that of a class, and only once. */
static spn_status check_only(spn_context *context, const spn_idx *idx, spn_texts only,
                             const spn_classes *classes)
{
    for (int64_t i = 0; i < only.count; i++) {
        int64_t k = 0;
        while (k < classes->count && strcmp(classes->names[k], only.items[i]) != 0) {
            k++;
        }
        if (k == classes->count) {
            return fail_absent(context, idx, only.items[i], classes);
        }
        for (int64_t j = 0; j < i; j++) {
            if (strcmp(only.items[i], only.items[j]) == 0) {
                return spn_fail(context, SPN_ERROR_INPUT, "class '%.60s' is named twice",
                                only.items[i]);
            }
        }
    }
    return SPN_OK;
}

static bool is_among(spn_texts only, const spni_label *label)
{
    int64_t number = 0;
    for (int64_t i = 0; i < only.count; i++) {
        if (spn_parse_integer(only.items[i], &number) && (double)number == label->number) {
            return true;
        }
    }
    return only.count == 0;
}

/* Numbers of the classes of the labels that are among `only`; the others are NaN. */
static spn_status number_kept(spn_context *context, const spn_idx *idx, spn_texts only,
                              const spn_classes *known, const spni_label *labels, double *codes,
                              spn_classes **out)
{
    spn_status status = SPN_OK;
    spni_label *kept = NULL;
    double *numbers = NULL;
    int64_t count = 0;
    SPN_NEW(context, kept, idx->count);
    SPN_NEW(context, numbers, idx->count);
    for (int64_t n = 0; n < idx->count; n++) {
        codes[n] = is_among(only, &labels[n]) ? (double)count : (double)NAN;
        kept[count] = labels[n];
        count += !isnan(codes[n]);
    }
    SPN_TRY(spni_classes_number(context, idx->source, advice, count, kept, known, numbers, out));
    for (int64_t n = 0; n < idx->count; n++) {
        codes[n] = isnan(codes[n]) ? codes[n] : numbers[(int64_t)codes[n]];
    }
done:
    spn_release(context, kept);
    spn_release(context, numbers);
    return status;
}

spn_status spn_idx_classes(spn_context *context, spn_idx *idx, spn_texts only,
                           const spn_classes *known, double *codes, spn_classes **out)
{
    spn_status status = SPN_OK;
    spni_label *labels = NULL;
    spn_classes *all = NULL;
    *out = NULL;
    SPN_NEW(context, labels, idx->shape[0]);
    SPN_TRY(read_labels(context, idx, labels));
    if (known == NULL) {
        SPN_TRY(spni_classes_number(context, idx->source, advice, idx->count, labels, NULL, codes,
                                    &all));
        SPN_TRY(only.count > 0 ? check_only(context, idx, only, all)
                               : check_range(context, idx, labels, all));
    }
    SPN_TRY(number_kept(context, idx, only, known, labels, codes, out));
done:
    spn_release(context, labels);
    spn_classes_free(context, all);
    return status;
}

/* ---- Their file -------------------------------------------------------------------------------- */

/* Replace the last `from` in a name by `to`, as long as it. */
static bool replace(char *name, const char *from, const char *to)
{
    char *last = NULL;
    for (char *at = strstr(name, from); at != NULL; at = strstr(at + 1, from)) {
        last = at;
    }
    if (last != NULL) {
        memcpy(last, to, strlen(to));
    }
    return last != NULL;
}

spn_status spn_idx_labels_path(spn_context *context, const char *images, char **out)
{
    spn_status status = SPN_OK;
    const size_t length = strlen(images);
    char *path = NULL;
    *out = NULL;
    SPN_NEW(context, path, (int64_t)length + 4);
    memcpy(path, images, length + 1);
    char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    if (!replace(name, "images", "labels")) {
        goto done;
    }
    replace(name, "idx3", "idx1");
    if (access(path, F_OK) != 0) {
        const bool is_gzip = length > 3 && strcmp(path + length - 3, ".gz") == 0;
        char *end = path + length - (is_gzip ? 3 : 0);
        memcpy(end, is_gzip ? "" : ".gz", is_gzip ? 1 : 4);
        if (access(path, F_OK) != 0) {
            memcpy(end, is_gzip ? ".gz" : "", is_gzip ? 4 : 1);
        }
    }
    *out = path;
    path = NULL;
done:
    spn_release(context, path);
    return status;
}
