/* SPDX-License-Identifier: MIT */
/* A data set out of a file, and what was read. */
#include "study/samples.h"

#include "study/experiment.h"

#include <spinodal/formats.h>
#include <stdio.h>

/* Samples for testing have no say in what is filled in. */
static spn_status fill(spn_context *context, const spn_data_settings *data, spn_samples *samples)
{
    spn_status status = SPN_OK;
    bool *is_test = NULL;
    int64_t count = 0;
    if (samples->cells_missing == 0) {
        return SPN_OK;
    }
    SPN_NEW(context, is_test, samples->samples);
    SPN_TRY(spn_dataset_choose_test(context, samples->samples, data->test_share,
                                    (uint64_t)data->seed, is_test, &count));
    SPN_TRY(spn_samples_fill(context, samples, is_test));
done:
    spn_release(context, is_test);
    return status;
}

static spn_status load_csv(spn_context *context, const spn_data_settings *data, const char *path,
                           spn_samples **out, spn_data_account *account)
{
    spn_status status = SPN_OK;
    spn_csv_table *table = NULL;
    const spn_csv_layout layout = {(spn_csv_header)data->header,
                                   (spn_csv_separator)data->separator};
    const spn_csv_choice choice = {
        .targets = data->targets, .columns = data->columns, (spn_csv_missing)data->missing};
    SPN_TRY(spn_csv_read(context, path, layout, &table));
    SPN_TRY(spn_csv_samples(context, table, &choice, out));
    account->separator = spn_csv_separator_name(table->separator);
    account->encoding = table->encoding;
    account->has_header = table->names != NULL;
    account->has_decimal_commas = table->has_decimal_commas;
    account->has_dropped_index = (*out)->has_dropped_index;
    account->rows_dropped = (*out)->rows_dropped;
    account->cells_filled = (*out)->cells_missing;
done:
    spn_csv_free(context, table);
    return status;
}

spn_status spni_samples_load(spn_context *context, const spn_experiment *experiment,
                             spn_dataset **out, spn_data_account *account)
{
    spn_status status = SPN_OK;
    const spn_data_settings *data = spn_experiment_data(experiment);
    spn_samples *samples = NULL;
    char buffer[SPNI_PATH_SIZE];
    const char *path = spni_experiment_path(experiment, data->path, buffer);
    if (data->kind == SPN_DATA_CSV) {
        SPN_TRY(load_csv(context, data, path, &samples, account));
        SPN_TRY(fill(context, data, samples));
    } else {
        SPN_TRY(spn_npz_samples(context, path, data->input_key, data->target_key, &samples));
    }
    SPN_TRY(spn_dataset_from_rows(context, samples->samples, samples->inputs, samples->outputs,
                                  samples->rows, samples->input_names, samples->output_names, out));
    account->path = data->path;
done:
    spn_samples_free(context, samples);
    return status;
}

/* "; header: yes; separator: comma, ...". */
static void describe_table(const spn_data_account *account, char *text, size_t size)
{
    int used =
        snprintf(text, size, "; header: %s; separator: %s%s", account->has_header ? "yes" : "no",
                 account->separator, account->has_decimal_commas ? ", decimal commas" : "");
    const bool is_foreign = account->encoding[3] != '-' || account->encoding[4] != '8';
    used += is_foreign ? snprintf(text + used, size - (size_t)used, "; %s", account->encoding) : 0;
    if (account->has_dropped_index) {
        used += snprintf(text + used, size - (size_t)used, "; row index left out");
    }
    if (account->rows_dropped > 0) {
        used += snprintf(text + used, size - (size_t)used, "; rows dropped: %lld",
                         (long long)account->rows_dropped);
    }
    if (account->cells_filled > 0) {
        snprintf(text + used, size - (size_t)used, "; cells filled with means: %lld",
                 (long long)account->cells_filled);
    }
}

void spni_samples_account(spn_context *context, const spn_dataset *training,
                          const spn_dataset *test, spn_data_account *account)
{
    char table[300] = "", tested[64] = "";
    account->samples = training->samples;
    account->test_samples = test != NULL ? test->samples : 0;
    account->inputs = training->inputs;
    account->targets = training->outputs;
    if (account->path == NULL) {
        return;
    }
    if (test != NULL) {
        snprintf(tested, sizeof tested, " and %lld for testing", (long long)test->samples);
    }
    if (account->separator != NULL) {
        describe_table(account, table, sizeof table);
    }
    spn_message(context, "%s: %lld sample%s%s, %lld input%s, %lld target%s%s", account->path,
                (long long)training->samples, training->samples == 1 ? "" : "s", tested,
                (long long)training->inputs, training->inputs == 1 ? "" : "s",
                (long long)training->outputs, training->outputs == 1 ? "" : "s", table);
}
