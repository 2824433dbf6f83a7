/* SPDX-License-Identifier: MIT */
/** @file images.h  A data set out of files of images and labels; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_IMAGES_H
#define SPINODAL_SRC_STUDY_IMAGES_H

#include <spinodal/study.h>

/** Samples for training, and those for testing (*test is NULL where there are none). The pixels are converted once,
 *  into the data sets. `account` gets what is known of the files. After a failure *key is the one of section `data` to
 *  blame. */
spn_status spni_images_load(spn_context *context, const spn_experiment *experiment,
                            spn_dataset **training, spn_dataset **test, spn_data_account *account,
                            const char **key);

#endif
