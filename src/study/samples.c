/* SPDX-License-Identifier: MIT */
/* A data set out of a file, and what was read. */
#include "study/samples.h"

#include "study/experiment.h"

#include <spinodal/formats.h>
#include <stdio.h>
#include <string.h>

void spni_file_samples_free(spn_context *context, spni_file_samples *samples)
{
    spn_samples_free(context, samples->samples);
    spn_csv_free(context, samples->table);
    *samples = (spni_file_samples){0};
}

/* Samples for testing have no say in what is filled in: those behind the first `training`, or a share; nor those of a file of their own (NULL:
 * none). */
static spn_status fill(spn_context *context, const spn_data_settings *data, int64_t training,
                       spn_samples *samples, spn_samples *test)
{
    spn_status status = SPN_OK;
    bool *is_test = NULL;
    int64_t count = 0;
    if (samples->cells_missing == 0 && (test == NULL || test->cells_missing == 0)) {
        return SPN_OK;
    }
    SPN_NEW(context, is_test, samples->samples);
    SPN_TRY(spn_dataset_choose_test(context, samples->samples, data->test_share,
                                    (uint64_t)data->seed, is_test, &count));
    for (int64_t n = training; n < samples->samples; n++) {
        is_test[n] = true;
    }
    SPN_TRY(spn_samples_fill(context, samples, is_test));
    SPN_TRY(test != NULL ? spn_samples_fill_like(context, test, samples) : SPN_OK);
done:
    spn_release(context, is_test);
    return status;
}

/* A file that is read: which one, and with which arrays. */
typedef struct source {
    const char *path, *inputs, *targets;
    const spn_classes *known;
    bool *is_of_classes; /* set where what fails are the labels */
    bool stay;           /* in the file, if they can */
} source;

static spn_status load_csv(spn_context *context, const spn_data_settings *data, const source *from,
                           spni_file_samples *out, spn_classes **classes, spn_data_account *account)
{
    spn_status status = SPN_OK;
    spn_csv_table *table = NULL;
    const spn_csv_layout layout = {(spn_csv_header)data->header,
                                   (spn_csv_separator)data->separator};
    const spn_texts labels = {1, &data->classes};
    const spn_csv_choice choice = {.targets = data->classes != NULL ? labels : data->targets,
                                   .columns = data->columns,
                                   .missing = (spn_csv_missing)data->missing};
    SPN_TRY(from->stay ? spn_csv_open(context, from->path, layout, &table)
                       : spn_csv_read(context, from->path, layout, &table));
    if (data->classes != NULL) {
        *from->is_of_classes = true;
        SPN_TRY(spn_csv_classes(context, table, data->classes, from->known, classes));
        *from->is_of_classes = false;
    }
    SPN_TRY(spn_csv_samples(context, table, &choice, &out->samples));
    account->separator = spn_csv_separator_name(table->separator);
    account->encoding = table->encoding;
    account->has_header = table->names != NULL;
    account->has_decimal_commas = table->has_decimal_commas;
    account->has_dropped_index = out->samples->has_dropped_index;
    account->rows_dropped += out->samples->rows_dropped;
    account->cells_filled += out->samples->cells_missing;
    if (out->samples->file != NULL) {
        out->table = table;
        table = NULL;
    } else if (from->stay) {
        out->samples->here = "their file is no regular one in UTF-8";
    }
done:
    spn_csv_free(context, table);
    return status;
}

static spn_status load_one(spn_context *context, const spn_data_settings *data, const source *from,
                           spni_file_samples *out, spn_classes **classes, spn_data_account *account)
{
    if (data->kind == SPN_DATA_CSV) {
        return load_csv(context, data, from, out, classes, account);
    }
    const spn_npz_choice choice = {.inputs = from->inputs,
                                   .targets = from->targets,
                                   .classes = data->classes != NULL ? from->targets : NULL,
                                   .known = from->known,
                                   .is_of_classes = from->is_of_classes,
                                   .stay = from->stay};
    return spn_npz_samples(context, from->path, &choice, &out->samples, classes);
}

static spn_status check_names(spn_context *context, const char *path, int64_t count,
                              const char *const *names, const char *const *others)
{
    for (int64_t i = 0; names != NULL && others != NULL && i < count; i++) {
        if (strcmp(names[i], others[i]) != 0) {
            return spn_fail(context, SPN_ERROR_INPUT,
                            "%s: column '%.60s' stands where the training samples have '%.60s'",
                            path, others[i], names[i]);
        }
    }
    return SPN_OK;
}

static const char *word_of(const spn_samples *samples, int64_t i)
{
    const char *word = samples->input_words != NULL ? samples->input_words[i] : NULL;
    return word != NULL ? word : "";
}

/* Each file makes inputs of its own words: they must be the same ones. */
static spn_status check_words(spn_context *context, const char *path, const spn_samples *all,
                              const spn_samples *test)
{
    for (int64_t i = 0; i < all->inputs; i++) {
        const char *word = word_of(all, i), *other = word_of(test, i);
        if (strcmp(word, other) != 0) {
            return spn_fail(context, SPN_ERROR_INPUT,
                            "%s: input %lld is of %s%.60s%s where the training samples have "
                            "%s%.60s%s: both files must have the same columns, and the same words "
                            "in them",
                            path, (long long)i + 1, other[0] != '\0' ? "the word '" : "numbers",
                            other, other[0] != '\0' ? "'" : "",
                            word[0] != '\0' ? "the word '" : "numbers", word,
                            word[0] != '\0' ? "'" : "");
        }
    }
    return SPN_OK;
}

/* The samples for testing must have the same columns. */
static spn_status check_test(spn_context *context, const char *path, const spn_samples *all,
                             const spn_samples *test)
{
    if (test->inputs != all->inputs || test->outputs != all->outputs) {
        return spn_fail(
            context, SPN_ERROR_INPUT,
            "%s: %lld inputs and %lld targets for testing, but %lld and %lld for training", path,
            (long long)test->inputs, (long long)test->outputs, (long long)all->inputs,
            (long long)all->outputs);
    }
    const spn_status status =
        check_names(context, path, all->inputs, all->input_names, test->input_names);
    return status == SPN_OK ? check_words(context, path, all, test) : status;
}

/* Append them. */
static spn_status append(spn_context *context, spn_samples *all, const spn_samples *test)
{
    spn_status status = SPN_OK;
    const int64_t width = all->inputs + all->outputs;
    int64_t samples = 0, cells = 0;
    double *rows = NULL;
    if (!spn_size_add(all->samples, test->samples, &samples) ||
        !spn_size_multiply(samples, width, &cells)) {
        SPN_FAIL(context, SPN_ERROR_MEMORY, "out of memory");
    }
    SPN_NEW(context, rows, cells);
    memcpy(rows, all->rows, (size_t)(all->samples * width) * sizeof *rows);
    memcpy(rows + all->samples * width, test->rows, (size_t)(test->samples * width) * sizeof *rows);
    spn_release(context, (void *)(uintptr_t)all->rows);
    all->rows = rows;
    all->samples = samples;
    all->cells_missing += test->cells_missing;
done:
    return status;
}

static bool has_test_source(const spn_data_settings *data)
{
    return data->test_path != NULL || data->test_input_key != NULL;
}

static spn_status load_test(spn_context *context, const spn_experiment *experiment,
                            const source *first, const spn_classes *classes, const spn_samples *all,
                            spni_file_samples *test, spn_data_account *account)
{
    spn_status status = SPN_OK;
    const spn_data_settings *data = spn_experiment_data(experiment);
    spn_classes *found = NULL;
    char buffer[SPNI_PATH_SIZE];
    source from = *first;
    from.known = classes;
    from.path = data->test_path != NULL
                    ? spni_experiment_data_path(experiment, data->test_path, buffer)
                    : first->path;
    from.inputs = data->test_input_key != NULL ? data->test_input_key : first->inputs;
    from.targets = data->test_target_key != NULL ? data->test_target_key : first->targets;
    from.stay = all->file != NULL;
    SPN_TRY(load_one(context, data, &from, test, &found, account));
    SPN_TRY(check_test(context, from.path, all, test->samples));
done:
    spn_classes_free(context, found);
    return status;
}

static spn_status make_dataset(spn_context *context, const spn_samples *samples,
                               const spn_classes *classes, spn_dataset **out)
{
    spn_status status = SPN_OK;
    SPN_TRY(spn_dataset_from_rows(context, samples->samples, samples->inputs, samples->outputs,
                                  samples->rows, samples->input_names, samples->output_names, out));
    SPN_TRY(classes != NULL
                ? spn_dataset_name_classes(context, *out, classes->count, classes->names)
                : SPN_OK);
done:
    return status;
}

/* Samples that stay in a file are shared by ranks; the same must stay everywhere. */
static spn_status agree_to_stay(spn_context *context, const spn_samples *samples)
{
    spn_status status = SPN_OK;
    const int64_t own = samples->file != NULL;
    int64_t first = own;
    if (!spn_farm_is_sharded(context)) {
        return SPN_OK;
    }
    SPN_TRY(spn_farm_agree(context, SPN_OK, &first, sizeof first));
    if (own != first) {
        status = spn_fail(context, SPN_ERROR_INPUT,
                          "rank %lld has read other data than rank 0: give all nodes the same "
                          "files",
                          (long long)spn_farm_rank(context));
    }
    status = spn_farm_agree(context, status, NULL, 0);
done:
    return status;
}

/* A data set of all samples of files. */
typedef struct loaded {
    spni_file_samples all, test; /* test: samples NULL, or in a file of their own that stay there */
    spn_classes *classes;
    int64_t training;
} loaded;

static spn_status load_all(spn_context *context, const spn_experiment *experiment, loaded *l,
                           spn_data_account *account, const char **key)
{
    spn_status status = SPN_OK;
    const spn_data_settings *data = spn_experiment_data(experiment);
    char buffer[SPNI_PATH_SIZE];
    bool is_of_classes = false;
    const source first = {spni_experiment_data_path(experiment, data->path, buffer),
                          data->input_key,
                          data->classes != NULL ? data->classes : data->target_key,
                          NULL,
                          &is_of_classes,
                          spn_farm_is_sharded(context) && !data->whiten};
    *key = "path";
    status = load_one(context, data, &first, &l->all, &l->classes, account);
    *key = is_of_classes ? "classes" : "path";
    if (status != SPN_OK) {
        goto done;
    }
    account->here = l->all.samples->here;
    l->training = l->all.samples->samples;
    if (has_test_source(data)) {
        *key = data->test_path != NULL ? "test_path" : "test_input_key";
        SPN_TRY(
            load_test(context, experiment, &first, l->classes, l->all.samples, &l->test, account));
    }
    if (l->test.samples != NULL && l->all.samples->file == NULL) {
        SPN_TRY(append(context, l->all.samples, l->test.samples));
        spni_file_samples_free(context, &l->test);
    }
done:
    return status;
}

/* Targets of their classes. */
static spn_status make_targets(spn_context *context, const spn_data_settings *data, loaded *l)
{
    spn_status status = SPN_OK;
    const bool is_binary = data->class_targets == SPN_CLASS_BINARY;
    if (l->classes != NULL) {
        SPN_TRY(spn_samples_classes(context, l->all.samples, l->classes, is_binary));
        SPN_TRY(l->test.samples != NULL
                    ? spn_samples_classes(context, l->test.samples, l->classes, is_binary)
                    : SPN_OK);
    }
done:
    return status;
}

spn_status spni_samples_load(spn_context *context, const spn_experiment *experiment,
                             spni_sample_parts *out, spn_data_account *account, const char **key)
{
    spn_status status = SPN_OK;
    const spn_data_settings *data = spn_experiment_data(experiment);
    loaded l = {.training = 0};
    *out = (spni_sample_parts){0};
    SPN_TRY(load_all(context, experiment, &l, account, key));
    *key = data->class_targets == SPN_CLASS_BINARY ? "class_targets" : "classes";
    SPN_TRY(make_targets(context, data, &l));
    *key = "path";
    SPN_TRY(fill(context, data, l.training, l.all.samples, l.test.samples));
    SPN_TRY(agree_to_stay(context, l.all.samples));
    if (l.all.samples->file != NULL) {
        SPN_TRY(spni_samples_share(context, data, &l.all, &l.test, l.classes, out, key));
    } else {
        SPN_TRY(make_dataset(context, l.all.samples, l.classes, &out->whole));
        out->training = l.training;
    }
    account->path = data->path;
    account->classes = data->classes;
done:
    if (status != SPN_OK) {
        spn_dataset_free(context, out->whole);
        out->whole = NULL;
    }
    spni_file_samples_free(context, &l.all);
    spni_file_samples_free(context, &l.test);
    spn_classes_free(context, l.classes);
    return status;
}

/* ", 3 classes of species: setosa 40 + 10, ...", and what is odd about them. */
static void describe_classes(spn_context *context, const spn_dataset *training,
                             const spn_dataset *test, const spn_data_account *account, char *text,
                             size_t size)
{
    enum { SHOWN = 10 };
    const int64_t classes = training->class_count;
    size_t used = (size_t)snprintf(text, size, ", %lld classes of %.60s:", (long long)classes,
                                   account->classes);
    for (int64_t k = 0; k < classes; k++) {
        const char *name = training->class_names[k];
        const int64_t count = spn_dataset_class_samples(training, k);
        const int64_t tested = test != NULL ? spn_dataset_class_samples(test, k) : 1;
        if (k < SHOWN && used < size) {
            used += (size_t)snprintf(text + used, size - used, "%s %.40s %lld", k > 0 ? "," : "",
                                     name, (long long)count);
        }
        if (k < SHOWN && used < size && test != NULL) {
            used += (size_t)snprintf(text + used, size - used, " + %lld", (long long)tested);
        }
        if (count < 2 || tested == 0) {
            spn_message(context, "%s: class '%.60s' has %s", account->path, name,
                        count == 0  ? "no sample for training"
                        : count < 2 ? "one sample for training only"
                                    : "no sample for testing");
        }
    }
    if (classes > SHOWN && used < size) {
        snprintf(text + used, size - used, ", ...");
    }
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

/* "; images of 28 x 28; pixels / 255, less 0.1307, over 0.3081; the first 1000 of 10000". */
static void describe_images(const spn_data_account *account, char *text, size_t size)
{
    int used = 0;
    char number[32];
    if (account->rows > 0) {
        used = snprintf(text, size, "; images of %lld x %lld", (long long)account->rows,
                        (long long)account->columns);
    }
    if (account->divisor != 1) {
        spn_format_real(account->divisor, number);
        used += snprintf(text + used, size - (size_t)used, "; pixels / %s", number);
    }
    if (account->mean != 0 || account->deviation != 1) {
        spn_format_real(account->mean, number);
        used += snprintf(text + used, size - (size_t)used, "%s less %s",
                         account->divisor != 1 ? "," : "; pixels", number);
        spn_format_real(account->deviation, number);
        used += snprintf(text + used, size - (size_t)used, ", over %s", number);
    }
    if (account->taken < account->available) {
        snprintf(text + used, size - (size_t)used, "; %s %lld of %lld",
                 account->is_random ? "random" : "the first", (long long)account->taken,
                 (long long)account->available);
    }
}

void spni_samples_account(spn_context *context, const spn_dataset *training,
                          const spn_dataset *test, spn_data_account *account)
{
    char table[300] = "", tested[64] = "", constant[64] = "", classes[900] = "";
    account->samples = training->samples;
    account->test_samples = test != NULL ? test->samples : 0;
    account->inputs = training->inputs;
    account->targets = training->outputs;
    if (account->constant_inputs > 0) {
        snprintf(constant, sizeof constant, " (%lld constant, standardized to 0)",
                 (long long)account->constant_inputs);
    }
    if (account->path == NULL) {
        if (account->constant_inputs > 0) {
            spn_message(context, "data: %lld inputs%s", (long long)training->inputs, constant);
        }
        return;
    }
    if (test != NULL) {
        snprintf(tested, sizeof tested, " and %lld for testing", (long long)test->samples);
    }
    if (account->separator != NULL) {
        describe_table(account, table, sizeof table);
    }
    if (account->available > 0) {
        describe_images(account, table, sizeof table);
    }
    if (training->class_count > 0) {
        describe_classes(context, training, test, account, classes, sizeof classes);
    }
    spn_message(context, "%s%s: %lld sample%s%s, %lld input%s%s, %lld target%s%s%s", account->path,
                account->is_shipped ? " (comes with spinodal)" : "", (long long)training->samples,
                training->samples == 1 ? "" : "s", tested, (long long)training->inputs,
                training->inputs == 1 ? "" : "s", constant, (long long)training->outputs,
                training->outputs == 1 ? "" : "s", classes, table);
}
