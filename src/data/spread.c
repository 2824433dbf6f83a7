/* SPDX-License-Identifier: MIT */
/* Data sets whose inputs come from a source: all of them, or those of a rank. The ranks that share samples have some inputs of all samples first, not
 * some samples of all inputs: whatever is measured of a column is then measured as one process does it, on the whole column, and
 * what goes on from column to column is handed from rank to rank. Samples are read again when they are needed, with the steps that
 * the columns have taken meanwhile. */
#include "data/data.h"

#include <spinodal/numeric.h>
#include <string.h>

enum { STEPS = sizeof((spn_spread *)NULL)->shifts / sizeof(double *) };

static void free_source(spn_context *context, const spn_input_source *source)
{
    if (source->free != NULL) {
        source->free(context, source->state);
    }
}

void spni_spread_free(spn_context *context, spn_spread *spread)
{
    if (spread == NULL) {
        return;
    }
    free_source(context, &spread->source);
    for (int64_t s = 0; s < spread->steps; s++) {
        spn_release(context, spread->shifts[s]);
        spn_release(context, spread->divisors[s]);
    }
    spn_release(context, spread->first);
    spn_release(context, spread->x);
    spn_release(context, spread);
}

spn_status spni_spread_create(spn_context *context, const spn_input_source *source, int64_t inputs,
                              int64_t stride, spn_spread **out)
{
    spn_status status = SPN_OK;
    spn_farm *farm = spn_context_farm(context);
    spn_spread *spread = NULL;
    *out = NULL;
    SPN_NEW(context, spread, 1);
    spread->farm = farm;
    SPN_NEW(context, spread->first, farm->size + 1);
    for (int64_t r = 0; r <= farm->size; r++) {
        spread->first[r] = inputs * r / farm->size;
    }
    spread->begin = spread->first[farm->rank];
    spread->end = spread->first[farm->rank + 1];
    SPN_NEW(context, spread->x, (spread->end - spread->begin) * stride);
    spread->source = *source;
    *out = spread;
    spread = NULL;
done:
    if (status != SPN_OK) {
        free_source(context, source);
    }
    spni_spread_free(context, spread);
    return status;
}

static spn_status read_nothing(spn_context *context, void *state, const spn_input_part *part,
                               double *x)
{
    (void)state;
    (void)part;
    (void)x;
    return spn_fail(context, SPN_ERROR_ARGUMENT, "samples of a copy of what ranks share");
}

spn_status spni_spread_copy(spn_context *context, const spn_dataset *in, spn_spread **out)
{
    spn_status status = SPN_OK;
    const spn_spread *from = in->spread;
    const spn_input_source none = {.read = read_nothing};
    SPN_TRY(spni_spread_create(context, &none, in->inputs, in->stride, out));
    memcpy((*out)->x, from->x, (size_t)((from->end - from->begin) * in->stride) * sizeof *from->x);
done:
    return status;
}

const double *spni_inputs_here(const spn_dataset *dataset, int64_t *begin, int64_t *end)
{
    const spn_spread *spread = dataset->spread;
    *begin = spread != NULL ? spread->begin : 0;
    *end = spread != NULL ? spread->end : dataset->inputs;
    return spread != NULL ? spread->x : dataset->x;
}

spn_status spn_dataset_each_input(spn_context *context, const spn_dataset *dataset,
                                  spn_input_visitor *visit, void *state, int64_t count,
                                  double *carried)
{
    spn_status status = SPN_OK;
    spn_farm *farm = dataset->spread != NULL ? dataset->spread->farm : NULL;
    const spn_farm_piece piece = {carried, count};
    int64_t begin = 0, end = 0;
    const double *x = spni_inputs_here(dataset, &begin, &end);
    if (farm != NULL) {
        SPN_TRY(farm->receive(context, farm, SPN_OK, 1, &piece));
    }
    for (int64_t i = begin; i < end && status == SPN_OK; i++) {
        status = visit(context, state, i, x + (i - begin) * dataset->stride, carried);
    }
    status = farm != NULL ? farm->pass(context, farm, status, 1, &piece) : status;
done:
    return status;
}

/* Input j of all samples, as all ranks get it from the one that has it. */
static spn_status share_input(spn_context *context, const spn_dataset *dataset, int64_t j,
                              int64_t *begin, double *column)
{
    const spn_spread *spread = dataset->spread;
    const int64_t samples = dataset->samples;
    const spn_farm_parts parts = {begin, 1, samples, column};
    for (int64_t r = 0; r <= spread->farm->size; r++) {
        begin[r] =
            spread->first[r] > j ? samples : 0; /* it is the first one's that ends behind j */
    }
    if (spread->begin <= j && j < spread->end) {
        memcpy(column, spread->x + (j - spread->begin) * dataset->stride,
               (size_t)samples * sizeof *column);
    }
    return spread->farm->collect(context, spread->farm, SPN_OK, &parts);
}

/* Each rank multiplies its inputs with those of all. */
static spn_status gram_of_spread(spn_context *context, const spn_dataset *dataset, double *gram)
{
    spn_status status = SPN_OK;
    spn_spread *spread = dataset->spread;
    spn_farm *farm = spread->farm;
    const int64_t inputs = dataset->inputs, samples = dataset->samples;
    double *column = NULL;
    int64_t *begin = NULL;
    SPN_NEW(context, column, samples);
    SPN_NEW(context, begin, farm->size + 1);
    for (int64_t j = 0; j < inputs; j++) {
        SPN_TRY(share_input(context, dataset, j, begin, column));
        for (int64_t i = spread->begin > j ? spread->begin : j; i < spread->end; i++) {
            const double *x = spread->x + (i - spread->begin) * dataset->stride;
            gram[i * inputs + j] = spn_dot(samples, x, column) / (double)samples;
        }
    }
    for (int64_t r = 0; r <= farm->size; r++) {
        begin[r] = spread->first[r] * inputs;
    }
    const spn_farm_parts rows = {begin, 1, inputs * inputs, gram};
    SPN_TRY(farm->collect(context, farm, SPN_OK, &rows));
    for (int64_t i = 0; i < inputs; i++) {
        for (int64_t j = 0; j < i; j++) {
            gram[j * inputs + i] = gram[i * inputs + j];
        }
    }
done:
    spn_release(context, column);
    spn_release(context, begin);
    return status;
}

spn_status spni_gram_of_inputs(spn_context *context, const spn_dataset *dataset, double *gram)
{
    return dataset->spread != NULL ? gram_of_spread(context, dataset, gram)
                                   : spni_gram(context, dataset->inputs, dataset->samples,
                                               dataset->stride, dataset->x, gram);
}

/* ---- Steps ------------------------------------------------------------------------------------ */

void spni_step(int64_t n, double shift, double divisor, double *x)
{
    spni_shift(n, shift, x);
    for (int64_t i = 0; divisor != 1 && i < n; i++) {
        x[i] = divisor > 0 ? x[i] / divisor : 0;
    }
}

static void take_step(const spn_spread *spread, int64_t step, int64_t i, int64_t n, double *x)
{
    const double *divisors = spread->divisors[step];
    spni_step(n, spread->shifts[step][i], divisors != NULL ? divisors[i] : 1, x);
}

static spn_status copy_numbers(spn_context *context, int64_t count, const double *from, double **to)
{
    spn_status status = SPN_OK;
    SPN_NEW(context, *to, count);
    memcpy(*to, from, (size_t)count * sizeof **to);
done:
    return status;
}

spn_status spni_spread_step(spn_context *context, spn_dataset *dataset, const double *shift,
                            const double *divisor)
{
    spn_status status = SPN_OK;
    spn_spread *spread = dataset->spread;
    const int64_t step = spread->steps;
    if (step == STEPS) {
        SPN_FAIL(context, SPN_ERROR_UNSUPPORTED, "%d steps of samples that ranks share", STEPS);
    }
    spread->steps++;
    SPN_TRY(copy_numbers(context, dataset->inputs, shift, &spread->shifts[step]));
    SPN_TRY(divisor != NULL
                ? copy_numbers(context, dataset->inputs, divisor, &spread->divisors[step])
                : SPN_OK);
    for (int64_t i = spread->begin; i < spread->end; i++) {
        take_step(spread, step, i, dataset->samples,
                  spread->x + (i - spread->begin) * dataset->stride);
    }
done:
    return status;
}

/* ---- Samples ---------------------------------------------------------------------------------- */

spn_status spn_dataset_inputs(spn_context *context, const spn_dataset *dataset, int64_t first,
                              int64_t count, int64_t stride, double *x)
{
    spn_status status = SPN_OK;
    const spn_spread *spread = dataset->spread;
    const spn_input_part part = {first, count, 0, dataset->inputs, stride};
    for (int64_t i = 0; spread == NULL && i < dataset->inputs; i++) {
        memcpy(x + i * stride, dataset->x + i * dataset->stride + first, (size_t)count * sizeof *x);
    }
    if (spread == NULL) {
        return SPN_OK;
    }
    SPN_TRY(spread->source.read(context, spread->source.state, &part, x));
    for (int64_t i = 0; i < dataset->inputs; i++) {
        SPN_TRY(spn_poll(context));
        for (int64_t step = 0; step < spread->steps; step++) {
            take_step(spread, step, i, count, x + i * stride);
        }
    }
done:
    return status;
}

void spn_dataset_leave_inputs(spn_context *context, spn_dataset *dataset)
{
    if (dataset->spread != NULL) {
        spn_release(context, dataset->spread->x);
        dataset->spread->x = NULL;
    }
}

/* Ranks that read other files would go other ways. */
static spn_status compare_keys(spn_context *context, int64_t samples, int64_t inputs,
                               int64_t outputs, uint32_t key)
{
    spn_status status = SPN_OK;
    const int64_t own[] = {samples, inputs, outputs, key};
    int64_t first[sizeof own / sizeof *own];
    memcpy(first, own, sizeof own);
    SPN_TRY(spn_farm_agree(context, SPN_OK, first, sizeof first));
    if (memcmp(first, own, sizeof own) != 0) {
        status = spn_fail(context, SPN_ERROR_INPUT,
                          "rank %lld has read other data than rank 0: give all nodes the same "
                          "files",
                          (long long)spn_farm_rank(context));
    }
    status = spn_farm_agree(context, status, NULL, 0);
done:
    return status;
}

static spn_status read_spread(spn_context *context, spni_dataset *dataset,
                              const spn_input_source *source)
{
    spn_status status = SPN_OK;
    spn_spread *spread = NULL;
    SPN_TRY(
        spni_spread_create(context, source, dataset->view.inputs, dataset->view.stride, &spread));
    dataset->view.spread = spread;
    const spn_input_part part = {0, dataset->view.samples, spread->begin,
                                 spread->end - spread->begin, dataset->view.stride};
    SPN_TRY(spread->source.read(context, spread->source.state, &part, spread->x));
done:
    return status;
}

static spn_status read_all(spn_context *context, const spni_dataset *dataset,
                           const spn_input_source *source)
{
    const spn_dataset *view = &dataset->view;
    const spn_input_part part = {0, view->samples, 0, view->inputs, view->stride};
    const spn_status status = source->read(context, source->state, &part, dataset->x);
    free_source(context, source);
    return status;
}

spn_status spn_dataset_read(spn_context *context, int64_t samples, int64_t inputs, int64_t outputs,
                            const char *const *input_names, const char *const *output_names,
                            const spn_input_source *source, spn_dataset **out, double **y)
{
    spn_status status = SPN_OK;
    spni_dataset *dataset = NULL;
    const bool may_be_spread = spn_farm_is_sharded(context) && !source->is_for_all;
    /* With fewer samples than inputs coordinates are the samples', and what is made of these needs all of them. */
    const bool is_spread = may_be_spread && samples >= inputs;
    *out = NULL;
    status = may_be_spread ? compare_keys(context, samples, inputs, outputs, source->key) : SPN_OK;
    if (status == SPN_OK) {
        status = spni_dataset_create_form(context, is_spread, samples, inputs, outputs, input_names,
                                          output_names, &dataset);
    }
    if (status != SPN_OK) {
        free_source(context, source);
        goto done;
    }
    SPN_TRY(is_spread ? read_spread(context, dataset, source) : read_all(context, dataset, source));
    *y = dataset->y;
    *out = spni_dataset_release(dataset);
    dataset = NULL;
done:
    spni_dataset_free(context, dataset);
    return status;
}
