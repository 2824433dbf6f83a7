/* SPDX-License-Identifier: MIT */
/** @file samples.h  A data set out of a file, and what was read; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_SAMPLES_H
#define SPINODAL_SRC_STUDY_SAMPLES_H

#include <spinodal/formats.h>
#include <spinodal/study.h>

/** Samples of a file. */
typedef struct spni_file_samples {
    spn_samples *samples;
    spn_csv_table *table; /**< where they stay in one; or NULL */
} spni_file_samples;
void spni_file_samples_free(spn_context *context, spni_file_samples *samples);

/** What a file has: */
typedef struct spni_sample_parts {
    spn_dataset *whole; /**< samples for training and for testing together, */
    int64_t
        training; /**< the first of them for training where the experiment names those for testing; */
    spn_dataset *first,
        *second; /**< or, where ranks share them, those for training and for testing (NULL: none) */
} spni_sample_parts;

/** All samples of the file. Missing numbers are filled in with the means of the training
 *  samples. `account` gets what is known of the file. After a failure *key is the one of section `data` to blame; NULL: the failure says it. */
spn_status spni_samples_load(spn_context *context, const spn_experiment *experiment,
                             spni_sample_parts *out, spn_data_account *account, const char **key);

/** Data sets of samples that stay in their files, of which ranks have a part each: those for training, without a share for testing, and
 *  those for testing, of which each rank has all. Takes the samples. `classes`: NULL, none. */
spn_status spni_samples_share(spn_context *context, const spn_data_settings *data,
                              spni_file_samples *training, spni_file_samples *test,
                              const spn_classes *classes, spni_sample_parts *out, const char **key);

/** Complete the account and tell it, unless the data were made. */
void spni_samples_account(spn_context *context, const spn_dataset *training,
                          const spn_dataset *test, spn_data_account *account);

#endif
