/* SPDX-License-Identifier: MIT */
/** @file samples.h  A data set out of a file, and what was read; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_SAMPLES_H
#define SPINODAL_SRC_STUDY_SAMPLES_H

#include <spinodal/study.h>

/** All samples of the file, those for testing among them. Missing numbers are filled in with the means of the training
 *  samples. The first *training are those for training where the experiment names those for testing. `account` gets what is known of the file. After a failure *key is the one of section `data` to blame. */
spn_status spni_samples_load(spn_context *context, const spn_experiment *experiment,
                             spn_dataset **out, int64_t *training, spn_data_account *account,
                             const char **key);

/** Complete the account and tell it, unless the data were made. */
void spni_samples_account(spn_context *context, const spn_dataset *training,
                          const spn_dataset *test, spn_data_account *account);

#endif
