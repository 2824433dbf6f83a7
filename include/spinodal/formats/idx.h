/* SPDX-License-Identifier: MIT */
/** @file idx.h  IDX files, in which the images and labels of the MNIST family come: two zero bytes, a type, the number of
 *  dimensions, their sizes as 32-bit integers, the numbers in C order; all of it big-endian, compressed by gzip or not.
 *
 *  Numbers stay in their file until they become columns of a data set: it is read once, to see that it is whole, and again, some samples at a time,
 *  whenever samples are asked for. The size that a file declares is compared with the bytes that are there first. */
#ifndef SPINODAL_FORMATS_IDX_H
#define SPINODAL_FORMATS_IDX_H

#include <spinodal/formats/classes.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SPN_IDX_RANK_MAX = 8 };

typedef struct spn_idx {
    const char *source; /**< file name, for messages */
    bool are_bytes;     /**< unsigned bytes, 0 to 255, as pixels are */
    int64_t rank;       /**< 1 to SPN_IDX_RANK_MAX */
    int64_t shape[SPN_IDX_RANK_MAX];
    int64_t count; /**< product of the shape */
    uint32_t key;  /**< CRC-32 of its numbers' bytes */
} spn_idx;

/** Read from memory (`source`: its name in messages), which must stay as it is until spn_idx_free(), or from a file. Types: unsigned and signed bytes, 16 and 32-bit
 *  integers, 32 and 64-bit floats. SPN_ERROR_INPUT, naming the source: no IDX file, an unknown type, a size that its bytes
 *  are not, a gzip stream that is cut off or damaged. O(size); memory for some samples. What is no regular file is kept in memory
 *  as it is, up to 256 MiB. */
spn_status spn_idx_parse(spn_context *context, const char *source, const void *bytes, int64_t size,
                         spn_idx **out);
spn_status spn_idx_read(spn_context *context, const char *path, spn_idx **out);
void spn_idx_free(spn_context *context, spn_idx *idx);

/** What becomes of a number v: (v / divisor - mean) / deviation. */
typedef struct spn_idx_scale {
    double divisor, mean, deviation;
} spn_idx_scale;

/** Some numbers of some samples. Samples in the order of the file are read in one go; each that stands before the last one begins anew. */
typedef struct spn_idx_part {
    int64_t count;
    const int64_t *picked;   /**< `count` samples, each below shape[0] */
    int64_t column, columns; /**< of each sample the numbers column, ..., column + columns - 1 */
    int64_t stride;
} spn_idx_part;

/** The numbers of samples as columns: x[i * stride + n] is number column + i of sample picked[n]. SPN_ERROR_INPUT for a number that is not
 *  finite, and for a file that has another size, or was written to, since it was opened. */
spn_status spn_idx_take(spn_context *context, spn_idx *idx, const spn_idx_part *part,
                        spn_idx_scale scale, double *x);
/** The same of all numbers of the samples. */
spn_status spn_idx_columns(spn_context *context, spn_idx *idx, int64_t count, const int64_t *picked,
                           spn_idx_scale scale, int64_t stride, double *x);

/** Numbers of classes of labels, in codes[shape[0]]: NaN for labels of classes that are not among `only` (empty: all are
 *  taken). known NULL: *out are the classes, which the caller frees; otherwise these are, and *out is NULL.
 *  SPN_ERROR_INPUT: more than one number a sample; a label that is no integer, or that leaves a gap behind the others
 *  where `only` is empty (the K classes of the family are 0, ..., K - 1 or 1, ..., K); a class of `only` that is not there; fewer than two classes; one that is not known. */
spn_status spn_idx_classes(spn_context *context, spn_idx *labels, spn_texts only,
                           const spn_classes *known, double *codes, spn_classes **out);

/** The labels that belong to a file of images by its name: "images" becomes "labels" and "idx3" "idx1" (train-images-idx3-ubyte.gz,
 *  t10k-images.idx3-ubyte); with or without .gz, as they are there. *out (spn_release() it) is NULL where the name says nothing. */
spn_status spn_idx_labels_path(spn_context *context, const char *images, char **out);

#ifdef __cplusplus
}
#endif

#endif
