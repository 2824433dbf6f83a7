/* SPDX-License-Identifier: MIT */
/* Any bytes as an IDX file, as they are and behind the header of a gzip stream: numbers or one clear error. What is
 * accepted has all its numbers; taken as labels, every sample of a class has a number of it. */
#include <math.h>
#include <spinodal/formats.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_status(spn_context *context, spn_status status)
{
    demand(status == SPN_OK || status == SPN_ERROR_INPUT);
    demand((status == SPN_OK) == (spn_error_text(context)[0] == '\0'));
    spn_error_clear(context);
}

static void check_columns(spn_context *context, spn_idx *idx)
{
    int64_t picked[2] = {idx->shape[0] - 1, 0};
    const int64_t width = idx->count / idx->shape[0];
    const spn_idx_scale scale = {255, 0.5, 0.25};
    double *x = malloc((size_t)width * 2 * sizeof *x);
    demand(x != NULL);
    const spn_status status = spn_idx_columns(context, idx, 2, picked, scale, 2, x);
    for (int64_t i = 0; status == SPN_OK && i < 2 * width; i++) {
        demand(!isnan(x[i]) && (!idx->are_bytes || (x[i] >= -2 && x[i] <= 2)));
    }
    check_status(context, status);
    free(x);
}

static void check_classes(spn_context *context, spn_idx *idx, int64_t only)
{
    static const char *const names[] = {"1", "0"};
    double *codes = calloc((size_t)idx->shape[0], sizeof *codes);
    spn_classes *classes = NULL, *none = NULL;
    demand(codes != NULL);
    const spn_texts texts = {only, names};
    spn_status status = spn_idx_classes(context, idx, texts, NULL, codes, &classes);
    demand((status == SPN_OK) == (classes != NULL));
    check_status(context, status);
    for (int64_t n = 0; classes != NULL && n < idx->shape[0]; n++) {
        demand(isnan(codes[n]) ? only > 0 : codes[n] >= 0 && codes[n] < (double)classes->count);
    }
    if (classes != NULL) {
        demand(only == 0 || classes->count == only);
        check_status(context, spn_idx_classes(context, idx, texts, classes, codes, &none));
        demand(none == NULL);
    }
    spn_classes_free(context, classes);
    free(codes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    spn_context *context = NULL;
    spn_idx *idx = NULL;
    demand(spn_context_create(NULL, &context) == SPN_OK);
    const spn_status status = spn_idx_parse(context, "fuzz", bytes, (int64_t)size, &idx);
    demand((status == SPN_OK) == (idx != NULL));
    check_status(context, status);
    if (idx != NULL) {
        check_columns(context, idx);
        check_classes(context, idx, 0);
        check_classes(context, idx, 2);
    }
    spn_idx_free(context, idx);
    spn_context_free(context);
    return 0;
}
