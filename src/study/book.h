/* SPDX-License-Identifier: MIT */
/** @file book.h  What the books (study.h) of a study's runs share; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_BOOK_H
#define SPINODAL_SRC_STUDY_BOOK_H

#include <spinodal/study.h>

/** An array of parameter vectors. */
void spni_book_weights(spn_book *book, spn_theta theta, int64_t rows, int64_t columns,
                       const double *values);

/** What the strengths of the array "modes" are: of the data's modes, or of the outputs' own directions. */
const char *spni_modes_help(const spn_study *study);

/** Attribute of results: checksum of what a run reads besides data and weights. */
#define SPNI_INPUTS "inputs_checksum"

#endif
