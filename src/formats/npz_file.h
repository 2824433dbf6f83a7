/* SPDX-License-Identifier: MIT */
/** @file npz_file.h  An NPZ archive whose arrays of numbers stay in it until they are asked for. */
#ifndef SPNI_FORMATS_NPZ_FILE_H
#define SPNI_FORMATS_NPZ_FILE_H

#include "formats/samples_file.h"
#include <spinodal/formats/arrays.h>

typedef struct spni_npz_file spni_npz_file;

/** All members are read once and found fault with as spn_arrays_read() does, whose list it gives, but that arrays of numbers have no values. *out is
 *  NULL where the file is no NPZ archive, or cannot be read again: spn_arrays_read() tells. Memory for words, and for a piece of a member. */
spn_status spni_npz_open(spn_context *context, const char *path, spni_npz_file **out);
void spni_npz_close(spn_context *context, spni_npz_file *file);
const spn_arrays *spni_npz_arrays(const spni_npz_file *file);

/** The first number of an array that is not finite, in the order of the file, or -1. */
int64_t spni_npz_not_finite(const spni_npz_file *file, const spn_named_array *array);
/** Do its rows follow each other, so that some can be read without the others? */
bool spni_npz_has_rows(const spni_npz_file *file, const spn_named_array *array);
/** Give an array its values. */
spn_status spni_npz_hold(spn_context *context, spni_npz_file *file, const spn_named_array *array);
/** Its rows as inputs of samples. Takes the file. */
spn_status spni_npz_rows(spn_context *context, spni_npz_file *file, const spn_named_array *array,
                         spn_sample_file **out);

#endif
