/* SPDX-License-Identifier: MIT */
/* How the core rooms write column tables: define RECORD as the struct, then one line a column. The file that includes this
 * uses them for its own tables only. */
#ifndef SPINODAL_BASE_COLUMNS_PRIVATE_H
#define SPINODAL_BASE_COLUMNS_PRIVATE_H

#include <spinodal/base/record.h>

#define INTEGER(member, help) SPN_INTEGER_COLUMN(RECORD, member, help)
#define WORDS(member, words, help) SPN_WORD_COLUMN(RECORD, member, words, help)
#define REAL(member, unit, help) SPN_REAL_COLUMN(RECORD, member, unit, help)
/** Columns that files of versions before `since` lack. */
#define INTEGER_SINCE(member, help, since)                                                         \
    {                                                                                              \
#member, SPN_COLUMN_INTEGER, offsetof(RECORD, member), "", help, NULL, since               \
    }
#define WORDS_SINCE(member, words, help, since)                                                    \
    {                                                                                              \
#member, SPN_COLUMN_INTEGER, offsetof(RECORD, member), "", help, words, since              \
    }
#define REAL_SINCE(member, unit, help, since)                                                      \
    {                                                                                              \
#member, SPN_COLUMN_REAL, offsetof(RECORD, member), unit, help, NULL, since                \
    }

#endif
