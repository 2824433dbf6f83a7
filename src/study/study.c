/* SPDX-License-Identifier: MIT */
/* Data, network and objectives of an experiment. */
#include "study/experiment.h"
#include "study/images.h"
#include "study/samples.h"

#include <math.h>
#include <spinodal/formats.h>
#include <spinodal/numeric.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

/* A failure that is due to what the data hold: the file is named, too. */
static spn_status blame_contents(spn_context *context, const spn_experiment *experiment,
                                 const char *key, spn_status status)
{
    const char *path = spn_experiment_data(experiment)->path;
    if (spni_is_users(status) && path != NULL && spn_error_key(context)[0] == '\0') {
        spn_error_prefix(context, "%s", path);
    }
    return spni_experiment_blame(context, experiment, SPNI_SECTION_DATA, key, status);
}

/* The samples for training, and those for testing or NULL. */
typedef struct parts {
    spn_dataset *training, *test;
    spn_data_account account;
} parts;

static void parts_free(spn_context *context, parts *data)
{
    spn_dataset_free(context, data->training);
    spn_dataset_free(context, data->test);
    *data = (parts){0};
}

/* Transform both parts, as `key` asks, by what the training samples are like. */
static spn_status transform(spn_context *context, const spn_experiment *experiment, const char *key,
                            spn_transformation_kind kind, spn_columns_kind columns, parts *data)
{
    spn_status status = SPN_OK;
    spn_transformation *transformation = NULL;
    if (columns == SPN_COLUMNS_NONE) {
        return SPN_OK;
    }
    SPN_TRY(blame_contents(context, experiment, key,
                           spn_transformation_fit(context, kind, columns == SPN_COLUMNS_INPUTS,
                                                  data->training, &transformation)));
    data->account.constant_inputs += spn_transformation_constant(transformation);
    SPN_TRY(spn_transformation_replace(context, transformation, &data->training));
    SPN_TRY(data->test != NULL ? spn_transformation_replace(context, transformation, &data->test)
                               : SPN_OK);
done:
    spn_transformation_free(context, transformation);
    return status;
}

static spn_status check_column(spn_context *context, const spn_dataset *dataset, bool is_input,
                               int64_t index, const double *column)
{
    const char *const *names = is_input ? dataset->input_names : dataset->output_names;
    if (isfinite(spn_dot(dataset->samples, column, column))) {
        return SPN_OK;
    }
    return spn_fail(context, SPN_ERROR_INPUT,
                    "%s %lld%s%.60s%s: the second moments overflow: rescale the columns or "
                    "set data.standardize: true",
                    is_input ? "input" : "target", (long long)index + 1, names != NULL ? " (" : "",
                    names != NULL ? names[index] : "", names != NULL ? ")" : "");
}

static spn_status check_input(spn_context *context, void *state, int64_t i, const double *x,
                              double *carried)
{
    (void)carried;
    return check_column(context, state, true, i, x);
}

/* Everything that is made of the data rests on their second moments. */
static spn_status check_moments(spn_context *context, spn_dataset *dataset)
{
    spn_status status = SPN_OK;
    SPN_TRY(spn_dataset_each_input(context, dataset, check_input, dataset, 0, NULL));
    for (int64_t k = 0; k < dataset->outputs; k++) {
        SPN_TRY(check_column(context, dataset, false, k, dataset->y + k * dataset->stride));
    }
done:
    return status;
}

/* Samples that the caller has. */
static spn_status borrow(spn_context *context, const spn_experiment *experiment, parts *data)
{
    spn_status status = SPN_OK;
    const spn_data_settings *settings = spn_experiment_data(experiment);
    const spn_dataset *training = experiment->training, *test = experiment->test;
    spn_dataset *whole = NULL;
    if (training == NULL) {
        SPN_FAIL_KEY(context, SPN_ERROR_INPUT, "data.kind",
                     "samples of kind memory are those of the program that ran the experiment; to "
                     "run it from a file, save them and name them: kind csv or npz, and data.path");
    }
    if (test != NULL && settings->test_share > 0) {
        SPN_FAIL_KEY(context, SPN_ERROR_INPUT, "data.test_share",
                     "excluded by samples for testing that are given; give only one of them");
    }
    if (test != NULL && (test->inputs != training->inputs || test->outputs != training->outputs)) {
        SPN_FAIL_KEY(context, SPN_ERROR_INPUT, "data.kind",
                     "%lld inputs and %lld targets for testing, but %lld and %lld for training",
                     (long long)test->inputs, (long long)test->outputs, (long long)training->inputs,
                     (long long)training->outputs);
    }
    SPN_TRY(
        spn_dataset_view(context, training, settings->test_share > 0 ? &whole : &data->training));
    SPN_TRY(test != NULL ? spn_dataset_view(context, test, &data->test) : SPN_OK);
    SPN_TRY(whole != NULL
                ? spn_dataset_split(context, whole, settings->test_share, (uint64_t)settings->seed,
                                    &data->training, &data->test)
                : SPN_OK);
done:
    spn_dataset_free(context, whole);
    return status;
}

/* The room that makes samples of this kind. */
static spn_status make(spn_context *context, const spn_data_settings *settings, parts *data)
{
    return settings->kind == SPN_DATA_TEACHER
               ? spn_network_teacher_dataset(context, settings, &data->training, &data->test)
               : spn_dataset_make(context, settings, &data->training, &data->test);
}

static spn_status generate(spn_context *context, const spn_experiment *experiment, parts *data)
{
    const spn_data_settings *settings = spn_experiment_data(experiment);
    if (settings->kind == SPN_DATA_MEMORY) {
        return spni_experiment_blame(context, experiment, SPNI_SECTION_DATA, "kind",
                                     borrow(context, experiment, data));
    }
    return spni_experiment_place(context, experiment, make(context, settings, data));
}

/* A data set out of files, and the part of it that is held out. */
static spn_status load(spn_context *context, const spn_experiment *experiment, parts *data)
{
    spn_status status = SPN_OK;
    const spn_data_settings *settings = spn_experiment_data(experiment);
    spni_sample_parts found = {0};
    const char *key = NULL;
    if (settings->kind == SPN_DATA_IDX) {
        status = spni_images_load(context, experiment, &data->training, &data->test, &data->account,
                                  &key);
        return spni_experiment_blame(context, experiment, SPNI_SECTION_DATA, key, status);
    }
    status = spni_samples_load(context, experiment, &found, &data->account, &key);
    SPN_TRY(key != NULL ? spni_experiment_blame(context, experiment, SPNI_SECTION_DATA, key, status)
                        : spni_experiment_place(context, experiment, status));
    const spn_dataset *whole = found.whole;
    if (whole == NULL) {
        data->training = found.first;
        data->test = found.second;
    } else if (found.training > 0 && found.training < whole->samples) {
        SPN_TRY(spn_dataset_divide(context, whole, found.training, &data->training, &data->test));
    } else if (settings->test_share == 0) {
        data->training = found.whole;
        found.whole = NULL;
    } else {
        SPN_TRY(spni_experiment_place(context, experiment,
                                      spn_dataset_split(context, whole, settings->test_share,
                                                        (uint64_t)settings->seed, &data->training,
                                                        &data->test)));
    }
done:
    spn_dataset_free(context, found.whole);
    return status;
}

/* Why each of the ranks that share samples has all of them while they are read; NULL: none has. */
static const char *why_here(const spn_context *context, const spn_data_settings *settings,
                            const parts *data)
{
    if (!spn_farm_is_sharded(context) || data->training->spread != NULL) {
        return NULL;
    }
    return !spn_data_is_file(settings)  ? "they are made, not read"
           : settings->whiten           ? "data.whiten mixes all inputs of a sample"
           : data->account.here != NULL ? data->account.here
                                        : "they are fewer than their inputs";
}

spn_status spn_study_dataset(spn_context *context, const spn_experiment *experiment,
                             spn_dataset **training, spn_dataset **test, spn_data_account *account)
{
    spn_status status = SPN_OK;
    parts data = {0};
    const spn_data_settings *settings = spn_experiment_data(experiment);
    *training = *test = NULL;
    SPN_TRY(spn_experiment_check(context, experiment));
    SPN_TRY(spn_data_is_file(settings) ? load(context, experiment, &data)
                                       : generate(context, experiment, &data));
    SPN_TRY(transform(context, experiment, "standardize", SPN_TRANSFORMATION_STANDARDIZE,
                      spn_columns_meant(settings->standardize), &data));
    SPN_TRY(transform(context, experiment, "center", SPN_TRANSFORMATION_CENTER,
                      spn_columns_meant(settings->center), &data));
    SPN_TRY(transform(context, experiment, "whiten", SPN_TRANSFORMATION_WHITEN,
                      settings->whiten ? SPN_COLUMNS_INPUTS : SPN_COLUMNS_NONE, &data));
    SPN_TRY(blame_contents(context, experiment, spn_data_source(settings),
                           check_moments(context, data.training)));
    SPN_TRY(blame_contents(context, experiment, spn_data_source(settings),
                           data.test != NULL ? check_moments(context, data.test) : SPN_OK));
    data.account.is_shipped =
        data.account.path != NULL && !spni_experiment_has(experiment, data.account.path);
    spni_samples_account(context, data.training, data.test, &data.account);
    data.account.here = why_here(context, settings, &data);
    if (account != NULL) {
        *account = data.account;
    }
    *training = data.training;
    *test = data.test;
    data = (parts){0};
done:
    parts_free(context, &data);
    return spni_experiment_size(context, experiment, status);
}

static uLong add_bits(uLong crc, const spn_dataset *dataset, const double *column)
{
    return crc32_z(crc, (const unsigned char *)column, (size_t)dataset->samples * sizeof *column);
}

/* Ranks hand it on as a double, which holds 32 bits. */
static spn_status add_input_bits(spn_context *context, void *state, int64_t i, const double *x,
                                 double *crc)
{
    (void)context;
    (void)i;
    *crc = (double)add_bits((uLong)*crc, state, x);
    return SPN_OK;
}

/* The bits of all samples, without padding, behind those that make *crc; NULL: none. */
static spn_status add_checksum(spn_context *context, spn_dataset *dataset, uint32_t *crc)
{
    spn_status status = SPN_OK;
    double found = *crc;
    if (dataset == NULL) {
        return SPN_OK;
    }
    SPN_TRY(spn_dataset_each_input(context, dataset, add_input_bits, dataset, 1, &found));
    uLong next = (uLong)found;
    for (int64_t k = 0; k < dataset->outputs; k++) {
        next = add_bits(next, dataset, dataset->y + k * dataset->stride);
    }
    *crc = (uint32_t)next;
done:
    return status;
}

/* Out of a file, or those of the caller. */
static spn_status take_weights(spn_context *context, const spn_study *study, const char *path,
                               double *theta)
{
    char buffer[SPNI_PATH_SIZE];
    const spn_experiment *experiment = study->experiment;
    const int64_t parameters = study->loss.dimension;
    if (experiment->start == NULL || strcmp(path, SPNI_WEIGHTS_MEMORY) != 0) {
        path = spni_experiment_path(experiment, path, buffer);
        return spn_study_read_weights(context, study, path, theta);
    }
    if (experiment->start_size != parameters) {
        return spn_fail(context, SPN_ERROR_INPUT, "%lld numbers for a network of %lld parameters",
                        (long long)experiment->start_size, (long long)parameters);
    }
    memcpy(theta, experiment->start, (size_t)parameters * sizeof *theta);
    return SPN_OK;
}

static spn_status make_initial_weights(spn_context *context, spn_study *study)
{
    spn_status status = SPN_OK;
    const char *path = spn_experiment_model(study->experiment)->init_weights;
    if (path == NULL) {
        return SPN_OK;
    }
    int64_t parameters = spn_network_parameters(study->network);
    SPN_NEW(context, study->initial_weights, parameters);
    SPN_TRY(spni_experiment_blame(context, study->experiment, SPNI_SECTION_MODEL, "init.weights",
                                  take_weights(context, study, path, study->initial_weights)));
    study->weights_checksum =
        (uint32_t)crc32_z(crc32(0, NULL, 0), (const unsigned char *)study->initial_weights,
                          (size_t)parameters * sizeof(double));
done:
    return status;
}

/* model.init.distinct: a number for each hidden layer. */
static spn_status check_distinct(spn_context *context, const spn_study *study)
{
    const spn_model_settings *model = spn_experiment_model(study->experiment);
    const spn_integers *distinct = &model->init_distinct, *hidden = &model->hidden;
    if (distinct->count != 0 && distinct->count != hidden->count) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%lld numbers, and model.hidden has %lld: one for each hidden layer",
                        (long long)distinct->count, (long long)hidden->count);
    }
    return SPN_OK;
}

static spn_status average_targets(spn_context *context, spn_study *study)
{
    spn_status status = SPN_OK;
    const spn_dataset *data = study->dataset;
    SPN_NEW(context, study->target_means, data->outputs);
    for (int64_t k = 0; k < data->outputs; k++) {
        double sum = 0;
        for (int64_t i = 0; i < data->samples; i++) {
            sum += data->y[k * data->stride + i];
        }
        study->target_means[k] = sum / (double)data->samples;
    }
done:
    return status;
}

/* The largest number of an input: the least and the largest of these, and whose they are. */
enum { LEAST, SMALL, LARGEST, LARGE, SCALES };

static spn_status find_scale(spn_context *context, void *state, int64_t i, const double *x,
                             double *scales)
{
    const spn_dataset *dataset = state;
    double size = 0;
    (void)context;
    for (int64_t n = 0; n < dataset->samples; n++) {
        size = fmax(size, fabs(x[n]));
    }
    scales[SMALL] = size > 0 && size < scales[LEAST] ? (double)i : scales[SMALL];
    scales[LEAST] = size > 0 ? fmin(scales[LEAST], size) : scales[LEAST];
    scales[LARGE] = size > scales[LARGEST] ? (double)i : scales[LARGE];
    scales[LARGEST] = fmax(scales[LARGEST], size);
    return SPN_OK;
}

/* The ridge weighs all weights alike: of inputs in units that differ much the large ones are learned first, for no reason
 * of theirs. Pixels of images have one unit. */
static spn_status warn_of_scales(spn_context *context, const spn_experiment *experiment,
                                 spn_dataset *dataset)
{
    spn_status status = SPN_OK;
    const double most = 100;
    double scales[SCALES] = {[LEAST] = HUGE_VAL};
    if (spn_experiment_data(experiment)->kind == SPN_DATA_IDX) {
        return SPN_OK;
    }
    SPN_TRY(spn_dataset_each_input(context, dataset, find_scale, dataset, SCALES, scales));
    const int64_t small = (int64_t)scales[SMALL], large = (int64_t)scales[LARGE];
    if (!(scales[LARGEST] > most * scales[LEAST])) {
        return SPN_OK;
    }
    const double ratio = scales[LARGEST] / scales[LEAST];
    if (dataset->input_names != NULL) {
        spn_warning(
            context,
            "inputs differ in scale by a factor of %.2g ('%.40s' against '%.40s'): the large "
            "ones are learned first; data.standardize: true gives them one scale",
            ratio, dataset->input_names[large], dataset->input_names[small]);
    } else {
        spn_warning(context,
                    "inputs differ in scale by a factor of %.2g (number %lld against %lld): the "
                    "large ones are learned first; data.standardize: true gives them one scale",
                    ratio, (long long)large + 1, (long long)small + 1);
    }
done:
    return status;
}

/* Do sweeps or watched training go by mini-batches? */
static bool has_batches(const spn_experiment *experiment)
{
    const spn_solver_settings *solver = spn_experiment_solver(experiment);
    const spn_path_method path = (spn_path_method)spn_experiment_grok(experiment)->method;
    return spn_method_is_stochastic((spn_method)solver->method) ||
           spn_path_describe(path, solver, 1).is_stochastic;
}

/* Elsewhere `adam` may mean mini-batches. Nobody has chosen the default, which stands in what is written of an experiment. */
static spn_status warn_of_batch(spn_context *context, const spn_experiment *experiment)
{
    spn_status status = SPN_OK;
    const spn_settings *section = &experiment->sections[SPNI_SECTION_SOLVER];
    const spn_settings *grok = &experiment->sections[SPNI_SECTION_GROK];
    const spn_solver_settings *solver = section->values;
    const bool is_watched = spn_settings_is_set(grok, "method");
    const char *method = spn_method_words[solver->method];
    const char *path = spn_path_words[spn_experiment_grok(experiment)->method];
    spn_solver_settings usual;
    char where[512];
    SPN_TRY(spn_settings_defaults(context, experiment->arena, &spn_solver_options, &usual,
                                  sizeof usual));
    if (solver->batch != usual.batch && !has_batches(experiment)) {
        spn_warning(context,
                    "%s: has no meaning with solver.method: %s%s%s: all samples are taken at each "
                    "step; sgd, sgd_momentum and sgd_adam go by mini-batches",
                    spn_settings_where(section, "batch", where, sizeof where), method,
                    is_watched ? " and grok.method: " : "", is_watched ? path : "");
    }
done:
    return status;
}

/* A mistake, and too old with sgd to be refused: there it is all samples. */
static spn_status check_batch(spn_context *context, const spn_experiment *experiment,
                              int64_t samples)
{
    const spn_solver_settings *solver = spn_experiment_solver(experiment);
    if (!spn_method_is_stochastic((spn_method)solver->method) || solver->method == SPN_METHOD_SGD ||
        solver->batch <= samples) {
        return SPN_OK;
    }
    return spn_fail_key(context, SPN_ERROR_INPUT, "solver.batch",
                        "a batch of %lld samples is more than the %lld that there are; give at "
                        "most as many",
                        (long long)solver->batch, (long long)samples);
}

static spn_status look_at_data(spn_context *context, spn_study *study)
{
    spn_status status = SPN_OK;
    SPN_TRY(warn_of_scales(context, study->experiment, study->dataset));
    study->data_checksum = (uint32_t)crc32(0, NULL, 0);
    SPN_TRY(add_checksum(context, study->dataset, &study->data_checksum));
    SPN_TRY(add_checksum(context, study->test, &study->data_checksum));
done:
    return status;
}

spn_status spn_study_create(spn_context *context, const spn_experiment *experiment, spn_study **out)
{
    spn_status status = SPN_OK;
    spn_study *study = NULL;
    spn_data_account account;
    const spn_model_settings *model = spn_experiment_model(experiment);
    *out = NULL;
    SPN_NEW(context, study, 1);
    study->experiment = experiment;
    SPN_TRY(spni_experiment_place(context, experiment,
                                  spn_solver_check(context, spn_experiment_solver(experiment))));
    SPN_TRY(spni_experiment_place(
        context, experiment, spn_geometry_check(context, spn_experiment_geometry(experiment))));
    SPN_TRY(spn_study_dataset(context, experiment, &study->dataset, &study->test, &account));
    study->here = account.here;
    SPN_TRY(spni_experiment_place(context, experiment,
                                  check_batch(context, experiment, study->dataset->samples)));
    SPN_TRY(warn_of_batch(context, experiment));
    SPN_TRY(spni_experiment_place(context, experiment, look_at_data(context, study)));
    SPN_TRY(spni_experiment_blame(
        context, experiment, SPNI_SECTION_MODEL, "hidden",
        spn_network_create(context, study->dataset->inputs, study->dataset->outputs,
                           model->hidden.count, model->hidden.items,
                           (spn_activation)model->activation, model->bias, &study->network)));
    SPN_TRY(spni_experiment_blame(
        context, experiment, SPNI_SECTION_OBJECTIVE, "error",
        spn_network_error_create(context, study->network, study->dataset,
                                 (spn_error_kind)spn_experiment_error(experiment)->error,
                                 &study->error)));
    SPN_TRY(!spn_farm_is_sharded(context) && has_batches(experiment)
                ? spn_network_error_batches(context, study->error)
                : SPN_OK);
    SPN_TRY(spni_experiment_blame(context, experiment, SPNI_SECTION_DATA, "test_share",
                                  study->test != NULL
                                      ? spn_network_error_watch(context, study->error, study->test)
                                      : SPN_OK));
    study->regularised.error = spn_network_error_objective(study->error);
    SPN_TRY(spn_network_error_regularise(
        context, study->error, (spn_regularise_kind)spn_experiment_error(experiment)->regularise,
        &study->regularised.regulariser));
    study->loss = spn_regularise(&study->regularised);
    SPN_TRY(spni_experiment_blame(context, experiment, SPNI_SECTION_MODEL, "init.distinct",
                                  check_distinct(context, study)));
    SPN_TRY(make_initial_weights(context, study));
    SPN_TRY(average_targets(context, study));
    *out = study;
    study = NULL;
done:
    spn_study_free(context, study);
    return spni_experiment_size(context, experiment, status);
}

void spn_study_free(spn_context *context, spn_study *study)
{
    if (study == NULL) {
        return;
    }
    spn_network_error_free(context, study->error);
    spn_network_free(context, study->network);
    spn_dataset_free(context, study->dataset);
    spn_dataset_free(context, study->test);
    spn_release(context, study->initial_weights);
    spn_release(context, study->target_means);
    spn_release(context, study);
}

spn_status spn_study_initial(spn_context *context, const spn_study *study, int64_t seed,
                             double *theta)
{
    const int64_t parameters = study->loss.dimension;
    if (study->start_count > 1 && seed >= study->start_count) {
        return spn_fail(context, SPN_ERROR_INPUT, "random start %lld: there are %lld, from 0",
                        (long long)seed, (long long)study->start_count);
    }
    if (study->initial_weights != NULL) {
        const int64_t row = study->start_count > 1 ? seed : 0;
        memcpy(theta, study->initial_weights + row * parameters,
               (size_t)parameters * sizeof *theta);
    } else {
        const spn_model_settings *model = spn_experiment_model(study->experiment);
        spn_network_initialize(study->network, (spn_init_scheme)model->init_scheme,
                               model->init_scale, (uint64_t)model->init_seed, (uint64_t)seed,
                               theta);
        if (model->init_distinct.count > 0) {
            spn_network_copy_units(study->network, model->init_distinct.items, theta);
        }
    }
    return SPN_OK;
}

spn_status spn_study_geometry(spn_context *context, const spn_study *study, unsigned wanted,
                              spn_geometry_workspace **out, spn_forecast *forecast)
{
    const spn_geometry_settings *settings = spn_experiment_geometry(study->experiment);
    return spni_experiment_place(
        context, study->experiment,
        spn_geometry_workspace_choose(context, &study->loss, settings, wanted, out, forecast));
}
