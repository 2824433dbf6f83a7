/* SPDX-License-Identifier: MIT */
/** @file data.h  Shared between the files of room `data`.
 *
 *  Everything here is plain loops over +, -, *, / and sqrt in a fixed order, so that a data set has the
 *  same bits on every machine (LAPACK takes over only beyond 256 dimensions). */
#ifndef SPNI_DATA_H
#define SPNI_DATA_H

#include <spinodal/base/farm.h>
#include <spinodal/data.h>

/** A data set that can still be written to. `view` comes first: it is what the user holds. */
typedef struct spni_dataset {
    spn_dataset view;
    double *x,
        *y;       /**< the arrays of `view`, y behind x in one block; NULL: they are the caller's */
    char **names; /**< inputs + outputs pointers, or NULL */
    char *contents; /**< the characters of the names */
    char **classes; /**< names of classes, or NULL, and their characters */
    char *class_contents;
} spni_dataset;

/** What a rank has of a spread data set. */
typedef struct spn_spread {
    spn_farm *farm;
    spn_input_source source;
    int64_t begin, end;  /**< its inputs */
    double *x;           /**< (end - begin) x stride; NULL: they were left */
    int64_t *first;      /**< of each rank, and I */
    int64_t steps;       /**< that were taken since they were read, all inputs of each: */
    double *shifts[3];   /**< what is added, */
    double *divisors[3]; /**< and then divided by (0: all becomes 0); NULL: nothing */
} spn_spread;

/** A spread data set without inputs; its targets are zero. Takes the source. */
spn_status spni_spread_create(spn_context *context, const spn_input_source *source, int64_t inputs,
                              int64_t stride, spn_spread **out);
void spni_spread_free(spn_context *context, spn_spread *spread);
/** Its inputs here for a copy of it, of which no samples can be read. */
spn_status spni_spread_copy(spn_context *context, const spn_dataset *in, spn_spread **out);
/** (all) gram = (1/samples) X X^T of the inputs, as spni_gram(). */
spn_status spni_gram_of_inputs(spn_context *context, const spn_dataset *dataset, double *gram);
/** One more step, of which `shift` and `divisor` (NULL) are copied. */
spn_status spni_spread_step(spn_context *context, spn_dataset *dataset, const double *shift,
                            const double *divisor);
/** The inputs that this process has, begin <= i < end, of all samples, `stride` apart; all of them where the data set is not spread. */
const double *spni_inputs_here(const spn_dataset *dataset, int64_t *begin, int64_t *end);

/** x <- (x + shift) / divisor, 0 where the divisor is 0. */
void spni_step(int64_t n, double shift, double divisor, double *x);

/** Loops whose steps are single samples look for an interruption once in so many. */
enum { SPNI_POLL_SAMPLES = 256 };

/** Zeroed values. Names are copied; a NULL list with a non-NULL partner is filled with NULL lists. */
spn_status spni_dataset_create(spn_context *context, int64_t samples, int64_t inputs,
                               int64_t outputs, const char *const *input_names,
                               const char *const *output_names, spni_dataset **out);
/** The same; a spread one has room for targets alone, and its maker sets view.spread. */
spn_status spni_dataset_create_form(spn_context *context, bool is_spread, int64_t samples,
                                    int64_t inputs, int64_t outputs, const char *const *input_names,
                                    const char *const *output_names, spni_dataset **out);
/** Hand over: returns the view; `dataset` must not be used afterwards. NULL is allowed. */
spn_dataset *spni_dataset_release(spni_dataset *dataset);
void spni_dataset_free(spn_context *context, spni_dataset *dataset);

/** What of a set that is there as a whole is for training, and the share for testing (NULL: none). Takes `whole`. */
spn_status spni_dataset_hold_out(spn_context *context, const spn_data_settings *settings,
                                 spn_dataset *whole, spn_dataset **training, spn_dataset **test);

/** A copy. */
spn_status spni_dataset_copy(spn_context *context, const spn_dataset *in, spni_dataset **out);

/** Where the numbers are the caller's (spn_dataset_view()), make *dataset a copy that may be changed. */
spn_status spni_dataset_own(spn_context *context, spn_dataset **dataset);

/** Mean in two passes: m = sum x / n, then m + sum (x - m) / n. */
double spni_mean(int64_t n, const double *x);
void spni_shift(int64_t n, double shift, double *x);

/** gram = (1/samples) X X^T, rows x rows, both triangles; X[r] = x + r * stride. Like all that loops over rows and
 *  samples here it hears an interruption, row by row. */
spn_status spni_gram(spn_context *context, int64_t rows, int64_t samples, int64_t stride,
                     const double *x, double *gram);

/** X <- M X in place: M is rows_out x rows_in, row-major, rows_out <= rows_in; the rows beyond rows_out
 *  are left as they are. */
spn_status spni_transform(spn_context *context, int64_t rows_out, int64_t rows_in, const double *m,
                          int64_t samples, int64_t stride, double *x);

/** Subtract the means of the rows, then X <- G^{-1/2} X with G = (1/samples) X X^T and the symmetric
 *  inverse root; all of it SPNI_WHITEN_PASSES times, so that the result has mean 0 and G = I to rounding. What each
 *  pass added to the rows and multiplied them by is written to shifts (passes x rows) and roots (passes x rows x
 *  rows), both NULL where nobody wants to know. */
enum { SPNI_WHITEN_PASSES = 2 };
spn_status spni_whiten_rows(spn_context *context, int64_t rows, int64_t samples, int64_t stride,
                            double *x, double *shifts, double *roots);

/** Eigenvalues ascending and eigenvectors v[i + j*n] of the symmetric n x n matrix a, which is destroyed:
 *  plain Jacobi up to 256 dimensions, LAPACK beyond. */
spn_status spni_eigen(spn_context *context, int64_t n, double *a, double *values, double *v);

/** root = V diag(values) V^T, row-major. */
spn_status spni_spectral(spn_context *context, int64_t n, const double *values, const double *v,
                         double *root);

#endif
