/* SPDX-License-Identifier: MIT */
/** @file observables.h  How tables of results name the observables of the states that their records hold.
 *
 *  Type, unit and meaning come from the one declaration in spinodal/geometry/state.h; a table says which observables it shows, and
 *  says the name and the meaning itself where its files have others. Define RECORD as the struct, as in base/columns.h;
 *  `member` is the path of the state in it. */
#ifndef SPINODAL_GEOMETRY_OBSERVABLES_H
#define SPINODAL_GEOMETRY_OBSERVABLES_H

#include "base/columns.h"

#include <spinodal/geometry/state.h>

/** What is declared of each, by its field: addresses in them are constants. */
typedef struct spni_state_texts {
#define TEXTS(field, type, unit, meaning, since)                                                   \
    struct {                                                                                       \
        char of_unit[sizeof unit], of_meaning[sizeof meaning], of_since[sizeof since];             \
    } field;
    SPN_STATE_FIELDS(TEXTS)
#undef TEXTS
} spni_state_texts;
extern const spni_state_texts spni_texts;

#define SPNI_TYPE_OF(field)                                                                        \
    _Generic(((spn_state *)0)->field, double : SPN_COLUMN_REAL, int64_t : SPN_COLUMN_INTEGER)

/** An observable under a name and with a meaning of the table's own; under its own name, likewise; as declared. */
#define STATE_AS(member, field, name, meaning)                                                     \
    {                                                                                              \
        name, SPNI_TYPE_OF(field), offsetof(RECORD, member.field), spni_texts.field.of_unit,       \
            meaning, NULL, spni_texts.field.of_since                                               \
    }
#define STATE_MEANS(member, field, meaning) STATE_AS(member, field, #field, meaning)
#define STATE(member, field) STATE_MEANS(member, field, spni_texts.field.of_meaning)

/** Columns of all observables that came later, `before` and `behind` around their names, `where` behind their meanings; "" for
 *  nothing. Last in a table, without a comma. */
#define STATE_LATER(member, before, behind, where)                                                 \
    SPN_STATE_LATER(SPNI_LATER_COLUMN, member, before, behind, where)
#define SPNI_LATER_COLUMN(field, type, unit, meaning, since, member, before, behind, where)        \
    {before #field behind,                                                                         \
     SPNI_TYPE_OF(field),                                                                          \
     offsetof(RECORD, member.field),                                                               \
     unit,                                                                                         \
     meaning where,                                                                                \
     NULL,                                                                                         \
     since},

#endif
