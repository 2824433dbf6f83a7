/* SPDX-License-Identifier: MIT */
/* Ranks of a farm that share the samples of an error. Each has some consecutive sections of each sum (ordered_sums.c): those that
 * begin among its N / R samples. Sections depend on the network, and a reduced network has others; so a rank holds its N / R samples and as
 * many behind them as a section of any network has, and the rest of the windows in which samples are ordered (places.c).
 *
 *   - Values, gradients and products: each rank makes the nodes of its sections (base/pairs.h), and the farm adds these up as one
 *     process does: the same bits.
 *   - Sums that go on from block to block (K-FAC, dense Hessians, diagonals) are handed from rank to rank: the same bits,
 *     and no faster than one process. They are rare beside products.
 *   - Outputs, for labels, are made by all and given to all. */
#include "network/network.h"

#include <string.h>

static int64_t ceiling(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* The first sample of rank r. */
static int64_t first_of(const spn_farm *farm, int64_t samples, int64_t r)
{
    return ceiling(r * samples, farm->size);
}

/* The samples that a rank holds. */
static spni_stretch held_by(const spn_network_error *error, const spn_farm *farm)
{
    const int64_t samples = error->objective.samples;
    const int64_t end = first_of(farm, samples, farm->rank + 1) + spni_section_most() - 1;
    const spni_stretch part = {first_of(farm, samples, farm->rank), end < samples ? end : samples};
    return spni_has_places(error) ? spni_windows_of(&part, samples) : part;
}

spn_status spni_shares_create(spn_context *context, spn_network_error *error)
{
    spn_status status = SPN_OK;
    const spn_farm *farm = error->farm;
    int64_t size = error->plan.block * error->plan.section;
    if (farm == NULL) {
        return SPN_OK;
    }
    SPN_NEW(context, error->shares, farm->size + 1);
    for (int64_t r = 0; r <= farm->size; r++) {
        error->shares[r] = ceiling(first_of(farm, error->objective.samples, r), size);
    }
done:
    return status;
}

/* A part of a data set, its numbers copied or read again. */
static spn_status cut(spn_context *context, const spn_dataset *from, const spni_stretch *part,
                      spn_dataset **out)
{
    spn_status status = SPN_OK;
    double *x = NULL, *y = NULL;
    int64_t count = part->end - part->begin;
    SPN_TRY(spn_dataset_create(context, count, from->inputs, from->outputs, from->input_names,
                               from->output_names, out, &x, &y));
    int64_t stride = (*out)->stride;
    SPN_TRY(spn_dataset_inputs(context, from, part->begin, count, stride, x));
    for (int64_t k = 0; k < from->outputs; k++) {
        memcpy(y + k * stride, from->y + k * from->stride + part->begin, (size_t)count * sizeof *y);
    }
    SPN_TRY(spn_dataset_name_classes(context, *out, from->class_count, from->class_names));
done:
    return status;
}

spn_status spn_network_error_shard(spn_context *context, spn_network_error *error, spn_farm *farm,
                                   spn_dataset **held)
{
    spn_status status = SPN_OK;
    int64_t samples = error->objective.samples;
    *held = NULL;
    if (samples < farm->size) {
        return spn_fail(context, SPN_ERROR_INPUT, "%lld samples are too few for %lld ranks",
                        (long long)samples, (long long)farm->size);
    }
    const spni_stretch part = held_by(error, farm);
    SPN_TRY(cut(context, error->dataset, &part, held));
    error->farm = farm;
    SPN_TRY(spni_shares_create(context, error));
    if (error->places == NULL && spni_has_places(error)) { /* the samples are here now */
        SPN_TRY(spni_places_order(context, error, *held, part.begin));
        SPN_TRY(spni_places_collect(context, error));
        SPN_TRY(spni_places_arrange(context, error));
    }
    SPN_TRY(spni_error_hold(context, error, *held, part.begin));
done:
    if (status != SPN_OK) {
        error->farm = NULL;
        spn_dataset_free(context, *held);
        *held = NULL;
    }
    return status;
}

/* Bytes of what is there once more of a data set's inputs, at most: only whoever has them knows their values. A code for each, and a
 * bit for a group of 8 and two bytes for two of them (background.c). */
static double codes_of(const spn_dataset *data, double samples)
{
    return spni_coded_pays(data) ? (1.0 + 1.0 / 64 + 1.0 / 8) * (double)data->inputs * samples : 0;
}

/* Numbers of `samples` samples of a data set. */
static double numbers_of(const spn_dataset *data, int64_t samples)
{
    return (double)(data->inputs + data->outputs) * (double)samples;
}

/* Where a rank has some inputs of all samples they go before its own samples come; otherwise it has all samples then. */
static double numbers_at_start(const spn_dataset *data, int64_t ranks, double own)
{
    if (data->spread == NULL) {
        return numbers_of(data, data->samples) + own;
    }
    const int64_t columns = ceiling(data->inputs, ranks) + data->outputs;
    return (double)columns * (double)data->samples +
           (double)data->inputs * (double)spni_modes_block(data->samples) +
           2.0 * (double)data->inputs * (double)data->inputs;
}

spn_rank_room spn_network_error_room(const spn_network_error *error, int64_t ranks)
{
    const spni_plan *plan = &error->plan;
    const spn_dataset *all = error->dataset;
    const double number = sizeof(double);
    int64_t samples = error->objective.samples;
    const bool has_places = spni_has_places(error);
    int64_t beside = spni_section_most() - 1 + (has_places ? 2 * (SPNI_WINDOW - 1) : 0);
    int64_t most = ceiling(samples, ranks) + (ranks > 1 ? beside : 0);
    int64_t sections = ceiling(ceiling(samples, ranks), plan->block * plan->section);
    int64_t blocks = sections * plan->section;
    double kept = (double)(plan->rows * plan->block) * (double)blocks;
    double sums = (double)spni_sums_rows(error, ranks) * (double)spni_row_stride(error);
    double rows = (double)(most < samples ? most : samples);
    double own = numbers_of(all, most < samples ? most : samples);
    double codes = codes_of(all, rows);
    double others = (double)(error->mode_count + 1) * (double)samples;
    if (has_places) {
        others += (double)samples + (double)all->outputs * rows;
    }
    if (error->test != NULL) {
        const spn_dataset *test = error->test->dataset;
        others += numbers_of(test, test->samples);
        codes += codes_of(test, (double)test->samples);
    }
    const bool has_all = has_places && all->spread == NULL;
    const double targets = has_all ? (double)all->outputs * (double)samples : 0.0;
    double all_codes = all->spread == NULL ? codes_of(all, (double)samples) : 0.0;
    return (spn_rank_room){
        .samples = number * (own + others) + codes,
        .start =
            number * (numbers_at_start(all, ranks, own) + others + targets) + codes + all_codes,
        .point = number * (kept + sums + (double)(all->outputs + 1) * (double)samples)};
}

/* ---- Sums ------------------------------------------------------------------------------------- */

spn_status spni_shares_sum(spn_context *context, const spni_section_sums *sums, spn_status status,
                           int64_t count, const double *made_of)
{
    const spn_network_error *error = sums->state->error;
    const spn_farm_sum sum = {.begin = error->shares,
                              .numbers = sums->numbers,
                              .stride = sums->vectors * spni_row_stride(error),
                              .row = sums->state->node + sums->from,
                              .sum = sums->state->total + sums->from,
                              .key = spn_farm_key(count, made_of)};
    return error->farm->sum(context, error->farm, status, &sum);
}

/* ---- Everything else -------------------------------------------------------------------------- */

spn_status spni_relay_begin(spn_context *context, const spn_network_error *error, int64_t count,
                            const spn_farm_piece *pieces)
{
    spn_farm *farm = error->farm;
    return farm != NULL ? farm->receive(context, farm, SPN_OK, count, pieces) : SPN_OK;
}

spn_status spni_relay_end(spn_context *context, const spn_network_error *error, spn_status status,
                          int64_t count, const spn_farm_piece *pieces)
{
    spn_farm *farm = error->farm;
    return farm != NULL ? farm->pass(context, farm, status, count, pieces) : status;
}

spn_status spni_shares_collect(spn_context *context, const spn_network_error *error,
                               spn_status status, int64_t first, int64_t samples, int64_t rows,
                               int64_t stride, double *numbers)
{
    spn_farm *farm = error->farm;
    int64_t *begin = NULL;
    if (farm == NULL) {
        return status;
    }
    begin = spn_allocate(context, farm->size + 1, sizeof *begin);
    status = begin == NULL ? SPN_ERROR_MEMORY : status;
    for (int64_t r = 0; begin != NULL && r <= farm->size; r++) {
        int64_t at = error->shares[r] * error->plan.section * error->plan.block - first;
        begin[r] = at < 0 ? 0 : at > samples ? samples : at;
    }
    const spn_farm_parts parts = {begin, rows, stride, numbers};
    status = farm->collect(context, farm, status, &parts);
    spn_release(context, begin);
    return status;
}
