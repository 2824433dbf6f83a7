/* SPDX-License-Identifier: MIT */
/* Samples for training and for testing. */
#include "data/data.h"

#include <math.h>

static spn_status check_share(spn_context *context, double share)
{
    if (!(share >= 0 && share < 1)) {
        return spn_fail_key(context, SPN_ERROR_INPUT, "data.test_share", "is %g; it lies in [0, 1)",
                            share);
    }
    return SPN_OK;
}

spn_status spn_data_test_samples(spn_context *context, const spn_data_settings *settings,
                                 int64_t *count)
{
    spn_status status = SPN_OK;
    const double share = settings->test_share;
    *count = 0;
    SPN_TRY(check_share(context, share));
    double wanted = round((double)settings->samples * share / (1 - share));
    if (share > 0 && !(wanted >= 1 && wanted < 0x1p53)) {
        SPN_FAIL_KEY(context, SPN_ERROR_INPUT, "data.test_share",
                     "%g, beside %lld samples for training, makes %s for testing", share,
                     (long long)settings->samples, wanted < 1 ? "none" : "too many");
    }
    *count = (int64_t)wanted;
done:
    return status;
}

/* The first of a shuffled row of numbers. */
spn_status spn_dataset_choose(spn_context *context, int64_t samples, int64_t count, uint64_t seed,
                              spn_purpose purpose, bool *is_chosen)
{
    spn_status status = SPN_OK;
    int64_t *order = NULL;
    spn_random random = spn_random_stream(seed, purpose, 0);
    SPN_NEW(context, order, samples);
    for (int64_t i = 0; i < samples; i++) {
        order[i] = i;
    }
    for (int64_t i = 0; i < count; i++) {
        int64_t other = i + (int64_t)spn_random_below(&random, (uint64_t)(samples - i));
        int64_t chosen = order[other];
        order[other] = order[i];
        order[i] = chosen;
        is_chosen[chosen] = true;
    }
done:
    spn_release(context, order);
    return status;
}

/* The `count` samples that are marked as `is_test` says. */
static spn_status take(spn_context *context, const spn_dataset *in, const bool *marks, bool is_test,
                       int64_t count, spn_dataset **out)
{
    spn_status status = SPN_OK;
    spni_dataset *part = NULL;
    SPN_TRY(spni_dataset_create(context, count, in->inputs, in->outputs, in->input_names,
                                in->output_names, &part));
    SPN_TRY(spn_dataset_name_classes(context, &part->view, in->class_count, in->class_names));
    const int64_t stride = part->view.stride;
    for (int64_t c = 0; c < in->inputs + in->outputs; c++) {
        const bool is_input = c < in->inputs;
        const int64_t row = is_input ? c : c - in->inputs;
        const double *from = (is_input ? in->x : in->y) + row * in->stride;
        double *to = (is_input ? part->x : part->y) + row * stride;
        SPN_TRY(spn_poll(context));
        for (int64_t n = 0; n < in->samples; n++) {
            if (marks[n] == is_test) {
                *to++ = from[n];
            }
        }
    }
    *out = spni_dataset_release(part);
    part = NULL;
done:
    spni_dataset_free(context, part);
    return status;
}

spn_status spn_dataset_choose_test(spn_context *context, int64_t samples, double share,
                                   uint64_t seed, bool *is_test, int64_t *count)
{
    spn_status status = SPN_OK;
    SPN_TRY(check_share(context, share));
    *count = (int64_t)round(share * (double)samples);
    if (*count == samples || (share > 0 && *count == 0)) {
        SPN_FAIL_KEY(context, SPN_ERROR_INPUT, "data.test_share",
                     "%g of %lld samples leaves none for %s", share, (long long)samples,
                     *count == 0 ? "testing" : "training");
    }
    SPN_TRY(spn_dataset_choose(context, samples, *count, seed, SPN_PURPOSE_SPLIT, is_test));
done:
    return status;
}

spn_status spn_dataset_split(spn_context *context, const spn_dataset *in, double share,
                             uint64_t seed, spn_dataset **training, spn_dataset **test)
{
    spn_status status = SPN_OK;
    spn_dataset *first = NULL, *second = NULL;
    bool *marks = NULL;
    int64_t count = 0;
    *training = *test = NULL;
    SPN_NEW(context, marks, in->samples);
    SPN_TRY(spn_dataset_choose_test(context, in->samples, share, seed, marks, &count));
    SPN_TRY(take(context, in, marks, false, in->samples - count, &first));
    SPN_TRY(count > 0 ? take(context, in, marks, true, count, &second) : SPN_OK);
    *training = first;
    *test = second;
    first = second = NULL;
done:
    spn_release(context, marks);
    spn_dataset_free(context, first);
    spn_dataset_free(context, second);
    return status;
}

spn_status spni_dataset_hold_out(spn_context *context, const spn_data_settings *settings,
                                 spn_dataset *whole, spn_dataset **training, spn_dataset **test)
{
    if (settings->test_share == 0) {
        *training = whole;
        *test = NULL;
        return SPN_OK;
    }
    spn_status status = spn_dataset_split(context, whole, settings->test_share,
                                          (uint64_t)settings->seed, training, test);
    spn_dataset_free(context, whole);
    return status;
}

spn_status spn_dataset_divide(spn_context *context, const spn_dataset *in, int64_t count,
                              spn_dataset **training, spn_dataset **test)
{
    spn_status status = SPN_OK;
    bool *marks = NULL;
    *training = *test = NULL;
    SPN_NEW(context, marks, in->samples);
    for (int64_t n = count; n < in->samples; n++) {
        marks[n] = true;
    }
    SPN_TRY(take(context, in, marks, false, count, training));
    SPN_TRY(count < in->samples ? take(context, in, marks, true, in->samples - count, test)
                                : SPN_OK);
done:
    if (status != SPN_OK) {
        spn_dataset_free(context, *training);
        *training = NULL;
    }
    spn_release(context, marks);
    return status;
}
