/* SPDX-License-Identifier: MIT */
/** @file classes.h  Classes: labels of samples, words or integers, as numbers 0, 1, ... and as one-hot targets. */
#ifndef SPINODAL_FORMATS_CLASSES_H
#define SPINODAL_FORMATS_CLASSES_H

#include <spinodal/formats/csv.h>

enum {
    SPN_CLASSES_MAX = 1000,
    SPN_CLASSES_FEW =
        20, /**< more classes than these have two samples each on average, or they are no classes */
};

/** Integers first, by value, then words, by their bytes. An integer is named by its digits. */
typedef struct spn_classes {
    int64_t count;
    const char *const *names;
} spn_classes;

void spn_classes_free(spn_context *context, spn_classes *classes);

/** Replace the cells of a column (an item of spn_csv_find()) by the numbers of their classes, so that it is a column of
 *  numbers then; missing cells stay missing. known NULL: *out are the classes that are there, which the caller frees.
 *  Otherwise these are the classes, and *out is NULL. SPN_ERROR_INPUT, with source and column: a number that is no
 *  integer, fewer than two classes, too many, one that is not known. */
spn_status spn_csv_classes(spn_context *context, spn_csv_table *table, const char *item,
                           const spn_classes *known, spn_classes **out);

/** The single target of the samples, a number of a class, becomes one target for each class, which bears its name and
 *  is 1 or 0 (NaN stays NaN). is_binary: it stays the only one, 0 or 1, with the name of the second of two classes;
 *  SPN_ERROR_INPUT where there are more. */
spn_status spn_samples_classes(spn_context *context, spn_samples *samples,
                               const spn_classes *classes, bool is_binary);

#endif
