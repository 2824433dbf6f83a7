/* SPDX-License-Identifier: MIT */
/* Data, network and objectives of an experiment. */
#include "study/experiment.h"

#include <spinodal/formats.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

static spn_status load_csv(spn_context *context, const spn_data_settings *data, const char *path,
                           spn_samples **out)
{
    spn_status status = SPN_OK;
    spn_csv_table *table = NULL;
    SPN_TRY(spn_csv_read(context, path, (spn_csv_header)data->header, &table));
    SPN_TRY(spn_csv_samples(context, table, data->targets, data->columns, out));
done:
    spn_csv_free(context, table);
    return status;
}

static spn_status load_file(spn_context *context, const spn_experiment *experiment,
                            spn_dataset **out)
{
    spn_status status = SPN_OK;
    const spn_data_settings *data = spn_experiment_data(experiment);
    spn_samples *samples = NULL;
    char buffer[SPNI_PATH_SIZE];
    const char *path = spni_experiment_path(experiment, data->path, buffer);
    if (data->kind == SPN_DATA_CSV) {
        SPN_TRY(load_csv(context, data, path, &samples));
    } else {
        SPN_TRY(spn_npz_samples(context, path, data->input_key, data->target_key, &samples));
    }
    SPN_TRY(spn_dataset_from_rows(context, samples->samples, samples->inputs, samples->outputs,
                                  samples->rows, samples->input_names, samples->output_names, out));
done:
    spn_samples_free(context, samples);
    return status;
}

typedef spn_status transformation(spn_context *context, const spn_dataset *in, spn_dataset **out);

/* Replace *dataset by its transformed copy. */
static spn_status transform(spn_context *context, transformation *change, spn_dataset **dataset)
{
    spn_dataset *changed = NULL;
    spn_status status = change(context, *dataset, &changed);
    if (status == SPN_OK) {
        spn_dataset_free(context, *dataset);
        *dataset = changed;
    }
    return status;
}

spn_status spn_study_dataset(spn_context *context, const spn_experiment *experiment,
                             spn_dataset **out)
{
    spn_status status = SPN_OK;
    spn_dataset *dataset = NULL;
    const spn_data_settings *data = spn_experiment_data(experiment);
    *out = NULL;
    SPN_TRY(spn_experiment_check(context, experiment));
    if (data->kind == SPN_DATA_GAUSSIAN) {
        SPN_TRY(spn_dataset_gaussian(context, data, &dataset));
    } else {
        SPN_TRY(load_file(context, experiment, &dataset));
    }
    if (data->standardize) {
        SPN_TRY(transform(context, spn_dataset_standardize, &dataset));
    } else if (data->center) {
        SPN_TRY(transform(context, spn_dataset_center, &dataset));
    }
    if (data->whiten) {
        SPN_TRY(transform(context, spn_dataset_whiten, &dataset));
    }
    *out = dataset;
    dataset = NULL;
done:
    spn_dataset_free(context, dataset);
    return status;
}

/* The bits of all samples, without padding. */
static uint32_t checksum(const spn_dataset *dataset)
{
    uLong crc = crc32(0, NULL, 0);
    for (int64_t c = 0; c < dataset->inputs + dataset->outputs; c++) {
        const double *column = c < dataset->inputs
                                   ? dataset->x + c * dataset->stride
                                   : dataset->y + (c - dataset->inputs) * dataset->stride;
        crc =
            crc32_z(crc, (const unsigned char *)column, (size_t)dataset->samples * sizeof *column);
    }
    return (uint32_t)crc;
}

static spn_status make_initial_weights(spn_context *context, spn_study *study)
{
    spn_status status = SPN_OK;
    char buffer[SPNI_PATH_SIZE];
    const char *path = spn_experiment_model(study->experiment)->init_weights;
    if (path == NULL) {
        return SPN_OK;
    }
    int64_t parameters = spn_network_parameters(study->network);
    path = spni_experiment_path(study->experiment, path, buffer);
    SPN_NEW(context, study->initial_weights, parameters);
    SPN_TRY(spn_study_read_weights(context, study, path, study->initial_weights));
    study->weights_checksum =
        (uint32_t)crc32_z(crc32(0, NULL, 0), (const unsigned char *)study->initial_weights,
                          (size_t)parameters * sizeof(double));
done:
    return status;
}

spn_status spn_study_create(spn_context *context, const spn_experiment *experiment, spn_study **out)
{
    spn_status status = SPN_OK;
    spn_study *study = NULL;
    const spn_model_settings *model = spn_experiment_model(experiment);
    *out = NULL;
    SPN_NEW(context, study, 1);
    study->experiment = experiment;
    SPN_TRY(spn_study_dataset(context, experiment, &study->dataset));
    study->data_checksum = checksum(study->dataset);
    SPN_TRY(spn_network_create(context, study->dataset->inputs, study->dataset->outputs,
                               model->hidden.count, model->hidden.items,
                               (spn_activation)model->activation, model->bias, &study->network));
    SPN_TRY(spn_network_error_create(context, study->network, study->dataset,
                                     (spn_error_kind)spn_experiment_error(experiment)->error,
                                     &study->error));
    study->loss = spn_ridge(spn_network_error_objective(study->error));
    SPN_TRY(make_initial_weights(context, study));
    *out = study;
    study = NULL;
done:
    spn_study_free(context, study);
    return status;
}

void spn_study_free(spn_context *context, spn_study *study)
{
    if (study == NULL) {
        return;
    }
    spn_network_error_free(context, study->error);
    spn_network_free(context, study->network);
    spn_dataset_free(context, study->dataset);
    spn_release(context, study->initial_weights);
    spn_release(context, study);
}

spn_status spn_study_initial(spn_context *context, const spn_study *study, int64_t seed,
                             double *theta)
{
    (void)context;
    if (study->initial_weights != NULL) {
        memcpy(theta, study->initial_weights,
               (size_t)spn_network_parameters(study->network) * sizeof *theta);
    } else {
        const spn_model_settings *model = spn_experiment_model(study->experiment);
        spn_network_initialize(study->network, (spn_init_scheme)model->init_scheme,
                               model->init_scale, (uint64_t)model->init_seed, (uint64_t)seed,
                               theta);
    }
    return SPN_OK;
}
