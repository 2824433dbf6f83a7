/* SPDX-License-Identifier: MIT */
/** @file options.h  Shared between the files of the option tables; private to room `base`. */
#ifndef SPINODAL_SRC_BASE_OPTIONS_H
#define SPINODAL_SRC_BASE_OPTIONS_H

#include <spinodal/base/options.h>

/** Where the value of option `index` is stored. */
static inline void *spni_option_storage(const spn_settings *settings, int64_t index)
{
    return (char *)settings->values + settings->table->options[index].offset;
}

/** Parse `value` into `storage`; `where` and `accepts` are for the message. */
spn_status spni_option_parse(spn_context *context, spn_arena *arena, const spn_option *option,
                             const spn_value *value, const char *where, const char *accepts,
                             void *storage);

/** Store the default: what the table says, written as in an experiment file, or nothing (NaN for a number). */
spn_status spni_option_set_default(spn_context *context, spn_arena *arena, const spn_option *option,
                                   void *storage);

/** Whether a finite number keeps to the bound. */
bool spni_is_in_bound(spn_bound bound, double value);

/** The error for a key that is not in the table. */
spn_status spni_option_unknown(spn_context *context, const spn_option_table *table, const char *key,
                               const spn_source *source);

#endif
