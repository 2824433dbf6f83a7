/* SPDX-License-Identifier: MIT */
/* Samples whose targets a random network makes. Plain kernels and loops, whatever the context uses: the data
 * have the same bits with all forms of the kernels. */
#include "kernel/activation.h"
#include "network/network.h"

#include <spinodal/numeric.h>
#include <string.h>

enum { BLOCK = 256 }; /* samples at a time */

typedef struct teacher {
    spn_network *network;
    double *theta;
    double *h, *next; /* widest layer x BLOCK */
} teacher;

static void teacher_free(spn_context *context, teacher *t)
{
    spn_network_free(context, t->network);
    spn_release(context, t->theta);
    spn_release(context, t->h);
    spn_release(context, t->next);
}

static spn_status teacher_create(spn_context *context, const spn_data_settings *settings,
                                 teacher *t)
{
    spn_status status = SPN_OK;
    int64_t widest = 0, size = 0;
    SPN_TRY(spn_network_create(context, settings->inputs, settings->outputs,
                               settings->teacher_hidden.count, settings->teacher_hidden.items,
                               (spn_activation)settings->teacher_activation, false, &t->network));
    for (int64_t l = 0; l <= t->network->depth; l++) {
        widest = t->network->width[l] > widest ? t->network->width[l] : widest;
    }
    if (!spn_size_multiply(widest, BLOCK, &size)) {
        SPN_FAIL_KEY(context, SPN_ERROR_INPUT, "data.teacher.hidden", "%lld units are too many",
                     (long long)widest);
    }
    SPN_NEW(context, t->theta, t->network->parameters);
    SPN_NEW(context, t->h, size);
    SPN_NEW(context, t->next, size);
    spn_random random = spn_random_stream((uint64_t)settings->seed, SPN_PURPOSE_TEACHER, 0);
    spni_network_draw(t->network, SPN_INIT_FAN_IN, settings->teacher_scale, &random, t->theta);
done:
    return status;
}

/* Outputs on `count` samples of t->h into t->h. */
static void teach(const teacher *t, int64_t count)
{
    const spn_network *network = t->network;
    double *h = t->h, *next = t->next;
    for (int64_t l = 1; l <= network->depth; l++) {
        const int64_t columns = network->width[l - 1];
        const double *weights = t->theta + network->weight_offset[l];
        for (int64_t o = 0; o < network->width[l]; o++) {
            double *a = next + o * BLOCK;
            memset(a, 0, BLOCK * sizeof *a);
            for (int64_t i = 0; i < columns; i++) {
                spn_axpy(count, weights[o * columns + i], h + i * BLOCK, a);
            }
            if (l < network->depth) {
                spni_activate(&spni_kernels_plain, network->activation, count, a, NULL, NULL);
            }
        }
        memcpy(h, next, (size_t)(network->width[l] * BLOCK) * sizeof *h);
    }
}

/* The next `samples` rows of the stream: inputs, then targets, which so far are noise. */
static spn_status draw(spn_context *context, const spn_data_settings *settings, const teacher *t,
                       int64_t samples, spn_random *random, spn_dataset **out)
{
    spn_status status = SPN_OK;
    const int64_t inputs = settings->inputs, columns = inputs + settings->outputs;
    double *rows = NULL;
    int64_t size = 0;
    if (!spn_size_multiply(samples, columns, &size)) {
        SPN_FAIL_KEY(context, SPN_ERROR_INPUT, "data.samples",
                     "%lld samples of %lld columns are too many", (long long)samples,
                     (long long)columns);
    }
    SPN_NEW(context, rows, size);
    for (int64_t begin = 0; begin < samples; begin += BLOCK) {
        const int64_t count = samples - begin < BLOCK ? samples - begin : BLOCK;
        double *block = rows + begin * columns;
        SPN_TRY(spn_poll(context));
        for (int64_t k = 0; k < count * columns; k++) {
            block[k] = (k % columns < inputs ? 1 : settings->noise) * spn_random_normal(random);
        }
        for (int64_t n = 0; n < count; n++) {
            for (int64_t i = 0; i < inputs; i++) {
                t->h[i * BLOCK + n] = block[n * columns + i];
            }
        }
        teach(t, count);
        for (int64_t n = 0; n < count; n++) {
            for (int64_t k = inputs; k < columns; k++) {
                block[n * columns + k] += t->h[(k - inputs) * BLOCK + n];
            }
        }
    }
    SPN_TRY(
        spn_dataset_from_rows(context, samples, inputs, settings->outputs, rows, NULL, NULL, out));
done:
    spn_release(context, rows);
    return status;
}

spn_status spn_network_teacher_dataset(spn_context *context, const spn_data_settings *settings,
                                       spn_dataset **training, spn_dataset **test)
{
    spn_status status = SPN_OK;
    teacher t = {0};
    spn_dataset *first = NULL, *second = NULL;
    int64_t count = 0;
    static const char *const keys[] = {
        "samples", "inputs",         "outputs",       "seed",
        "noise",   "teacher.hidden", "teacher.scale", "teacher.activation",
        NULL};
    *training = *test = NULL;
    SPN_TRY(spn_settings_check_keys(context, &spn_data_options, settings, keys));
    SPN_TRY(spn_data_test_samples(context, settings, &count));
    SPN_TRY(teacher_create(context, settings, &t));
    spn_random random = spn_random_stream((uint64_t)settings->seed, SPN_PURPOSE_DATA, 0);
    SPN_TRY(draw(context, settings, &t, settings->samples, &random, &first));
    SPN_TRY(count > 0 ? draw(context, settings, &t, count, &random, &second) : SPN_OK);
    *training = first;
    *test = second;
    first = second = NULL;
done:
    teacher_free(context, &t);
    spn_dataset_free(context, first);
    spn_dataset_free(context, second);
    return status;
}
