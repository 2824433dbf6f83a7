/* SPDX-License-Identifier: MIT */
/** @file classes.h  Labels and their classes. */
#ifndef SPNI_FORMATS_CLASSES_H
#define SPNI_FORMATS_CLASSES_H

#include <spinodal/formats/classes.h>

/** A word, or where that is NULL a number; NaN: missing. */
typedef struct spni_label {
    const char *word;
    double number;
} spni_label;

/** The number of each label's class in `codes` (NaN: missing); classes as spn_csv_classes() finds or takes them.
 *  `where` begins the messages, and `advice` ends those of numbers that are no classes. */
spn_status spni_classes_number(spn_context *context, const char *where, const char *advice,
                               int64_t count, const spni_label *labels, const spn_classes *known,
                               double *codes, spn_classes **out);
/** The advice for tables, which may have targets instead. */
extern const char spni_classes_or_targets[];

#endif
