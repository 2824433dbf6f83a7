/* SPDX-License-Identifier: MIT */
/** @file arrays.h  Named arrays of numbers: NPY, NPZ, safetensors and PyTorch files, samples and weights in them.
 *
 *  Whatever a file holds (floats of 16, 32 and 64 bits, integers, booleans; either byte order; C or
 *  Fortran order) becomes doubles in C order. A 64-bit integer that no double equals is never rounded. Arrays of
 *  strings become texts. What is neither (Python objects, which are never unpickled, complex numbers, dates, structures,
 *  integers that no double equals, members of a zip archive that are no arrays) is listed with the reason. Every size a file declares is checked against the bytes that are there before memory is taken
 *  for it. Errors (SPN_ERROR_INPUT) name the source and the array. */
#ifndef SPINODAL_FORMATS_ARRAYS_H
#define SPINODAL_FORMATS_ARRAYS_H

#include <spinodal/formats/classes.h>
#include <spinodal/formats/csv.h>
#include <spinodal/formats/output.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Largest number of dimensions, and of bytes in a name. */
enum { SPN_ARRAY_RANK_MAX = 32, SPN_ARRAY_NAME_MAX = 255 };

typedef struct spn_named_array {
    const char *name; /**< UTF-8, not empty; "arr_0" for the array of an NPY file */
    int64_t rank;     /**< 0: a single number */
    const int64_t *shape;
    int64_t count;        /**< product of the shape */
    const double *values; /**< C order: the last index runs fastest */
} spn_named_array;

/** What a file holds besides arrays of numbers. It does no harm unless it is asked for. */
typedef struct spn_other_array {
    const char *name; /**< of a member that is no array: with its ending */
    int64_t rank;
    const int64_t *shape; /**< NULL: not known */
    int64_t count;
    const char *const *texts; /**< strings, UTF-8, in C order; NULL: it cannot be read */
    const char *why;          /**< "holds Python objects, ..."; NULL: it can be read */
} spn_other_array;

/** A list of arrays with different names, in the order of the file. */
typedef struct spn_arrays {
    int64_t count;
    const spn_named_array *items;
    int64_t other_count;
    const spn_other_array *others;
} spn_arrays;

/** Read from memory (`source`: its name in messages). The format is told from the first bytes by
 *  spn_arrays_parse(). On failure *out is NULL. A file without any array of numbers or strings is refused. O(size). */
spn_status spn_arrays_parse(spn_context *context, const char *source, const void *bytes,
                            int64_t size, spn_arrays **out);
spn_status spn_npy_parse(spn_context *context, const char *source, const void *bytes, int64_t size,
                         spn_arrays **out);
spn_status spn_npz_parse(spn_context *context, const char *source, const void *bytes, int64_t size,
                         spn_arrays **out);
spn_status spn_safetensors_parse(spn_context *context, const char *source, const void *bytes,
                                 int64_t size, spn_arrays **out);
/** A state dictionary as torch.save() writes it (.pt, .pth), read without running anything: what is no tensor, text,
 *  number, tuple, list or dictionary is refused by name. */
spn_status spn_torch_parse(spn_context *context, const char *source, const void *bytes,
                           int64_t size, spn_arrays **out);

/** Read a file: spn_arrays_parse() of its bytes; SPN_ERROR_IO when they cannot be read. */
spn_status spn_arrays_read(spn_context *context, const char *path, spn_arrays **out);

/** Free what a reader or spn_weights_arrays() made; NULL is allowed. */
void spn_arrays_free(spn_context *context, spn_arrays *arrays);

/** The array of numbers of that name, or NULL; the other thing of that name, or NULL. */
const spn_named_array *spn_arrays_find(const spn_arrays *arrays, const char *name);
const spn_other_array *spn_arrays_find_other(const spn_arrays *arrays, const char *name);

/** Write all arrays as 64-bit floats; the same arrays give the same bytes. NPZ members are stored without
 *  compression and dated 1980-01-01. SPN_ERROR_ARGUMENT: no arrays, a bad shape, a name that is empty, too
 *  long, no UTF-8 or there twice, and "__metadata__" in safetensors. Takes
 *  three times (NPZ) or once the memory of the arrays. */
spn_status spn_npz_write(spn_context *context, spn_output *output, const spn_arrays *arrays);
spn_status spn_safetensors_write(spn_context *context, spn_output *output,
                                 const spn_arrays *arrays);

/** Write a file whole or not at all (output.h); the ending .npz or .safetensors says which format,
 *  any other is SPN_ERROR_INPUT. */
spn_status spn_arrays_write(spn_context *context, const char *path, bool is_forced,
                            const spn_arrays *arrays);

/** Which arrays are samples. */
typedef struct spn_npz_choice {
    const char *inputs;  /**< name of x: N x I, or N numbers for I = 1 */
    const char *targets; /**< name of y: N x K, or N; not looked at with classes */
    const char
        *classes; /**< name of an array of N (or N x 1) labels, words or integers; NULL: none */
    const spn_classes *known; /**< the classes that there are; NULL: those of the array */
    bool *is_of_classes;      /**< set to whether a failure is that of `classes`; may be NULL */
    /** the inputs stay in the file (spn_samples.file), if it is an NPZ archive in which their rows follow each other: not in Fortran order */
    bool stay;
} spn_npz_choice;

/** Samples from two arrays of a file. With `classes` their single target is the number of the class
 *  (spn_samples_classes()), and *classes are those that were found, for the caller to free; otherwise, and where they
 *  are known, *classes is NULL. Free the samples with spn_samples_free(). Errors: a name that is not there (with those
 *  that are), words or something else where numbers are needed, more than two dimensions, different N, no samples or
 *  columns, a number that is not finite (with row and column from 1), labels that are no classes. */
spn_status spn_npz_samples(spn_context *context, const char *path, const spn_npz_choice *choice,
                           spn_samples **out, spn_classes **classes);

/** Where one array of weights lives in the parameter vector theta: theta[offset + r * columns + c]. */
typedef struct spn_weight_entry {
    const char *name; /**< "layers.0.weight" */
    int64_t layer;    /**< from 0 */
    bool is_bias;
    int64_t offset, rows, columns; /**< weight: out x in; bias: out x 1 */
} spn_weight_entry;

/** Which index of a weight comes first. AUTO: out x in (PyTorch), and where in x out (Keras, flax, scikit-learn) would
 *  do, and out x in does not or the names do not tell the order of layers, the file is refused. */
typedef enum spn_weight_layout {
    SPN_WEIGHT_LAYOUT_AUTO,
    SPN_WEIGHT_LAYOUT_OUT_IN,
    SPN_WEIGHT_LAYOUT_IN_OUT,
} spn_weight_layout;

/** How a file of weights is to be read; {0}: by its shapes and names alone. */
typedef struct spn_weight_choice {
    spn_weight_layout layout;
    spn_texts
        names; /**< the weights, layer by layer, or the weight and the bias of each; empty: found */
    bool
        ignores_others; /**< arrays that have no place are named in a message, not refused; as with names */
} spn_weight_choice;

/** theta (P numbers) from arrays of any names. Their shapes say which layer they belong to; layers of the same shape
 *  are told by the numbers in names that differ in nothing else (fc1, fc2, ..., fc10; dense, dense_1), and numbers may
 *  not contradict shapes. A bias (one dimension) has the name of its weight up to the last dot or slash; where none
 *  has, biases are placed as weights are. Every array must have its place, unless the choice says otherwise, and every
 *  place its array. Where some weights have biases beside them, those of the others, and where all but the outputs have, those of
 *  the outputs, are 0, and a message says so. SPN_ERROR_INPUT names `source` and the arrays; theta is then unchanged. O(arrays x layers). */
spn_status spn_weights_assign(spn_context *context, const spn_arrays *arrays, const char *source,
                              const spn_weight_choice *choice, int64_t count,
                              const spn_weight_entry *entries, int64_t parameters, double *theta);

/** The reverse: one array for each entry, under its name, copied out of theta. */
spn_status spn_weights_arrays(spn_context *context, int64_t count, const spn_weight_entry *entries,
                              int64_t parameters, const double *theta, spn_arrays **out);

#ifdef __cplusplus
}
#endif

#endif
