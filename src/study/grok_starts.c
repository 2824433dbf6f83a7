/* SPDX-License-Identifier: MIT */
/* Where runs of training start. */
#include "study/grok_starts.h"

#include "study/experiment.h"

#include <math.h>
#include <spinodal/numeric.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

static const spn_column start_items[] = {
    SPN_INTEGER_COLUMN(spn_start_record, start, "number of the start, from 0"),
    SPN_REAL_COLUMN(
        spn_start_record, residue, "weight",
        "u_0: standard deviation of what is added to each weight; null: a random start"),
    SPN_REAL_COLUMN(spn_start_record, stored_beta, "error/weight^2",
                    "beta at which a phase was stored; null: not a phase"),
    SPN_REAL_COLUMN(spn_start_record, error, "error", "E before the residue, of the first seed"),
    SPN_REAL_COLUMN(spn_start_record, loss, "error", "L at the training beta, likewise"),
    SPN_REAL_COLUMN(spn_start_record, weight_norm, "weight", "|theta|, likewise"),
    SPN_REAL_COLUMN(spn_start_record, gradient_norm, "error/weight",
                    "|grad L| at the training beta, likewise"),
    SPN_INTEGER_COLUMN(spn_start_record, active_modes,
                       "modes of the data that it has learned, likewise"),
};
const spn_columns spn_start_columns = SPN_COLUMNS_OF(start_items, spn_start_record);

/* "random" or "random*8". */
static spn_status parse_random(spn_context *context, const char *name, spni_grok_start *start)
{
    const char *rest = name + strlen("random");
    start->residue = (double)NAN;
    start->scale = 1;
    if (*rest == '+') {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "'%.60s': random starts take no residue; 'random*0.1' makes them smaller",
                        name);
    }
    if (*rest == '*' && (!spn_parse_real(rest + 1, &start->scale) || start->scale < 0)) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "'%.60s': a number >= 0 must stand behind the *, the factor of the initial "
                        "weights",
                        name);
    }
    return SPN_OK;
}

/* "NAME+U0": its length without the residue, which is kept where it is given. A + may be part of the name. */
static spn_status parse_residue(spn_context *context, const char *name, double *residue,
                                int64_t *length)
{
    const char *from = name + spni_file_length(name), *plus = strchr(from, '+');
    *length = (int64_t)strlen(name);
    for (const char *at = plus; at != NULL; at = strchr(at + 1, '+')) {
        double value = 0;
        if (spn_parse_real(at + 1, &value) && value >= 0) {
            *residue = value;
            *length = at - name;
            return SPN_OK;
        }
    }
    return plus == NULL
               ? SPN_OK
               : spn_fail(context, SPN_ERROR_INPUT,
                          "'%.60s': a number >= 0 must stand behind the +, the residue u_0", name);
}

static spn_status find_stored(spn_context *context, const spni_grok_starts *starts,
                              const spn_phase_source *source, spni_grok_start *start,
                              double *stored_beta)
{
    spn_status status = SPN_OK;
    const spn_grok_settings *settings = spn_experiment_grok(starts->study->experiment);
    spn_anchor anchor;
    int64_t length = 0;
    double residue = (double)NAN;
    SPN_TRY(parse_residue(context, start->name, &residue, &length));
    char *base = spn_arena_duplicate(starts->arena, start->name);
    if (base == NULL) {
        return spn_arena_status(context, starts->arena);
    }
    base[length] = '\0';
    if (length == 0 || strcmp(base, "initial") == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "'%.60s' names no start; initial weights are called random", start->name);
    }
    SPN_TRY(spn_anchor_find(context, starts->arena, starts->study, source, base, settings->beta,
                            &anchor));
    const double by_default = spni_file_length(base) > 0 ? 0 : settings->residue;
    start->theta = anchor.theta;
    start->residue = isnan(residue) ? by_default : residue;
    *stored_beta = anchor.is_phase ? anchor.beta : (double)NAN;
    if (start->residue == 0 && strcmp(base, "trivial") == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "'%.60s': the trivial phase is stationary: with a residue of exactly 0 it never "
                 "leaves; give it one ('trivial+0.005')",
                 start->name);
    }
    if (start->residue == 0 && anchor.is_phase) {
        spn_warning(context,
                    "start '%.60s' has a residue of 0: a phase is stationary where it was stored, "
                    "and leaves by rounding alone",
                    start->name);
    }
done:
    return status;
}

/* What is known of a start at the training beta, and whether it can leave. */
static spn_status measure(spn_context *context, const spni_grok_starts *starts, spn_point *point,
                          double *theta, const spni_grok_start *start, spn_start_record *record)
{
    spn_status status = SPN_OK;
    spn_labels labels;
    const spn_objective *loss = &starts->study->loss;
    const double beta = spn_experiment_grok(starts->study->experiment)->beta;
    spni_grok_start bare = *start;
    bare.residue = (double)NAN;
    const spni_grok_starts one = {.study = starts->study, .items = &bare};
    SPN_TRY(spni_starts_initial(context, &one, 0, 0, theta));
    SPN_TRY(spn_point_set(context, point, theta, beta, NULL, SPN_WANT_ALL));
    record->residue = start->residue;
    record->loss = point->value;
    record->error = spn_point_error(point)->value;
    record->weight_norm = spn_objective_order_root(loss, theta);
    record->gradient_norm = spn_norm(loss->dimension, point->gradient);
    SPN_TRY(spn_point_labels(context, point, &labels));
    record->active_modes = labels.learned_modes;
    if (record->gradient_norm == 0 && !(start->residue > 0)) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "'%.60s' is stationary: without a residue it never leaves; give it one, as in "
                 "'trivial+0.005'",
                 start->name);
    }
done:
    return status;
}

static uint32_t add_checksum(uint32_t before, const double *numbers, int64_t count)
{
    return (uint32_t)crc32_z(before, (const unsigned char *)numbers,
                             (size_t)count * sizeof *numbers);
}

static spn_status find_all(spn_context *context, spni_grok_starts *starts,
                           const spn_phase_source *source, spn_point *point, double *theta)
{
    spn_status status = SPN_OK;
    const spn_texts *names = &spn_experiment_grok(starts->study->experiment)->starts;
    uint32_t checksum = (uint32_t)crc32(0, NULL, 0);
    for (int64_t i = 0; i < names->count; i++) {
        spni_grok_start *start = &starts->items[i];
        spn_start_record *record = &starts->records[i];
        const char *name = names->items[i];
        *start = (spni_grok_start){.name = name};
        *record = (spn_start_record){.start = i, .stored_beta = (double)NAN};
        const char behind = strncmp(name, "random", 6) == 0 ? name[6] : 'x';
        SPN_TRY(behind == '\0' || behind == '*' || behind == '+'
                    ? parse_random(context, name, start)
                    : find_stored(context, starts, source, start, &record->stored_beta));
        SPN_TRY(measure(context, starts, point, theta, start, record));
        starts->names[i] = name;
        starts->residues[i] = start->residue;
        checksum =
            add_checksum(checksum, start->theta, start->theta != NULL ? point->dimension : 0);
        checksum = add_checksum(checksum, &start->scale, 1);
        checksum = add_checksum(checksum, &start->residue, 1);
    }
    snprintf(starts->checksum, sizeof starts->checksum, "%08x", (unsigned)checksum);
done:
    return status;
}

spn_status spni_starts_begin(spn_context *context, const spn_study *study, spni_grok_starts *starts)
{
    spn_status status = SPN_OK;
    const spn_grok_settings *settings = spn_experiment_grok(study->experiment);
    spn_phase_source source = {.key = "grok.results", .others = "random, trivial"};
    spn_point *point = NULL;
    double *theta = NULL;
    const char *key = "starts";
    *starts = (spni_grok_starts){.study = study, .count = settings->starts.count};
    SPN_TRY(spn_arena_create(context, &starts->arena));
    if (starts->count == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "the list is empty: there is nothing to train");
    }
    SPN_TAKE(context, starts->arena, starts->items, starts->count);
    SPN_TAKE(context, starts->arena, starts->records, starts->count);
    SPN_TAKE(context, starts->arena, starts->names, starts->count);
    SPN_TAKE(context, starts->arena, starts->residues, starts->count);
    SPN_TAKE(context, starts->arena, theta, study->loss.dimension);
    SPN_TRY(spn_point_create(context, &study->loss, &point));
    key = "results";
    SPN_TRY(spni_source_open_named(context, starts->arena, study, settings->results, &source));
    key = "starts";
    SPN_TRY(find_all(context, starts, &source, point, theta));
done:
    spn_point_free(context, point);
    return spni_experiment_blame(context, study->experiment, SPNI_SECTION_GROK, key, status);
}

void spni_starts_end(spni_grok_starts *starts)
{
    spn_arena_free(starts->arena);
}

spn_status spni_starts_initial(spn_context *context, const void *state, int64_t start, int64_t seed,
                               double *theta)
{
    spn_status status = SPN_OK;
    const spni_grok_starts *starts = state;
    const spni_grok_start *from = &starts->items[start];
    const int64_t n = starts->study->loss.dimension;
    if (from->theta == NULL) {
        SPN_TRY(spn_study_initial(context, starts->study, seed, theta));
        for (int64_t i = 0; i < n; i++) {
            theta[i] *= from->scale;
        }
    } else {
        memcpy(theta, from->theta, (size_t)n * sizeof *theta);
    }
    if (from->residue > 0) {
        const uint64_t key = (uint64_t)spn_experiment_model(starts->study->experiment)->init_seed;
        spn_random random = spn_random_stream(key, SPN_PURPOSE_RESIDUE, (uint64_t)seed);
        for (int64_t i = 0; i < n; i++) {
            theta[i] += from->residue * spn_random_normal(&random);
        }
    }
done:
    return status;
}
