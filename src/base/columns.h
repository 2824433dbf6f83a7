/* SPDX-License-Identifier: MIT */
/* How the core rooms write column tables: define RECORD as the struct, then one line a column. The file that includes this
 * uses them for its own tables only. */
#ifndef SPINODAL_BASE_COLUMNS_PRIVATE_H
#define SPINODAL_BASE_COLUMNS_PRIVATE_H

#include <spinodal/base/record.h>

#define INTEGER(member, help)                                                                      \
    {                                                                                              \
#member, SPN_COLUMN_INTEGER, offsetof(RECORD, member), "", help, NULL                      \
    }
#define WORDS(member, words, help)                                                                 \
    {                                                                                              \
#member, SPN_COLUMN_INTEGER, offsetof(RECORD, member), "", help, words                     \
    }
#define REAL(member, unit, help)                                                                   \
    {                                                                                              \
#member, SPN_COLUMN_REAL, offsetof(RECORD, member), unit, help, NULL                       \
    }

#endif
