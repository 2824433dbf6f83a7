/* SPDX-License-Identifier: MIT */
/** @file options.h  Option tables: one table per settings struct.
 *
 *  The table lives in the room that owns the struct. It gives defaults, checks, experiment keys,
 *  `--set`, `--help`, the dump into results and the reference page. */
#ifndef SPINODAL_BASE_OPTIONS_H
#define SPINODAL_BASE_OPTIONS_H

#include <spinodal/base/memory.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Storage of an option inside its settings struct. */
typedef enum spn_option_type {
    SPN_OPTION_REAL,     /**< double */
    SPN_OPTION_INTEGER,  /**< int64_t */
    SPN_OPTION_BOOLEAN,  /**< bool */
    SPN_OPTION_CHOICE,   /**< int: index into `choices` */
    SPN_OPTION_TEXT,     /**< const char *: NULL when unset */
    SPN_OPTION_REALS,    /**< spn_reals */
    SPN_OPTION_INTEGERS, /**< spn_integers */
    SPN_OPTION_TEXTS,    /**< spn_texts */
    SPN_OPTION_MATRIX,   /**< spn_matrix: list of rows */
} spn_option_type;

typedef struct spn_reals {
    int64_t count;
    const double *items;
} spn_reals;
typedef struct spn_integers {
    int64_t count;
    const int64_t *items;
} spn_integers;
typedef struct spn_texts {
    int64_t count;
    const char *const *items;
} spn_texts;
typedef struct spn_matrix {
    int64_t rows, columns;
    const double *items; /**< row-major */
} spn_matrix;

/** Bounds of a number (each item of a list). */
typedef enum spn_bound {
    SPN_ANY = 0,
    SPN_POSITIVE,      /**< > 0 */
    SPN_NONNEGATIVE,   /**< >= 0 */
    SPN_UNIT_OPEN,     /**< in (0, 1) */
    SPN_UNIT_CLOSED,   /**< in [-1, 1] */
    SPN_SHARE,         /**< in [0, 1) */
    SPN_COUNT,         /**< an integer from 1 to SPN_COUNT_MAX: whatever sizes memory */
    SPN_COUNT_OR_ZERO, /**< an integer from 0 to SPN_COUNT_MAX */
    SPN_STRENGTH, /**< from 0 to SPN_STRENGTH_MAX: a strength of the regularisation; in a struct of one's own,
                   *   where the control parameter of another objective may stand, of either sign */
} spn_bound;

/** The largest count of anything: the product of two fits into 64 bits. */
#define SPN_COUNT_MAX INT64_C(1000000000)
/** The largest strength: its square is still a number. */
#define SPN_STRENGTH_MAX 1e150

typedef struct spn_option {
    const char *key; /**< within its section; dots for nested mappings: "init.scale" */
    spn_option_type type;
    size_t offset; /**< offsetof(settings struct, member) */
    const char *
        initial; /**< default, written as in an experiment file; NULL: unset (empty, NULL, 0, NaN) */
    spn_bound bound;
    const char *const *choices; /**< SPN_OPTION_CHOICE: NULL-terminated */
    const char *unit;           /**< "" when dimensionless */
    const char *help;           /**< one line, no full stop */
} spn_option;

typedef struct spn_option_table {
    const char *section; /**< "data", "model", ... */
    const char *help;
    const spn_option *options;
    int64_t count;
    size_t settings_size;
} spn_option_table;

/** Where a value was written. file NULL: not from a file (default, --set, API). */
typedef struct spn_source {
    const char *file;
    int line, column; /**< from 1 */
} spn_source;

/** A value as written: a scalar, a list of scalars, or a list of lists. Owned by the caller. */
typedef struct spn_value {
    const char *scalar;            /**< NULL for a list */
    bool is_quoted;                /**< scalar in quotes: never a number, boolean or null */
    int64_t count;                 /**< items of a list */
    const struct spn_value *items; /**< NULL for a scalar */
    spn_source source;
} spn_value;

/** A settings struct under construction: values, plus which were set and where. */
typedef struct spn_settings {
    const spn_option_table *table;
    void *values;        /**< the settings struct */
    spn_source *sources; /**< per option */
    bool *is_set;        /**< per option: given by the user */
} spn_settings;

/** Allocate (from the arena) and fill with defaults. */
spn_status spn_settings_create(spn_context *context, spn_arena *arena,
                               const spn_option_table *table, spn_settings *out);

/** Parse `value` for `key` and store it. Errors (SPN_ERROR_INPUT) name file:line:column, the key, the
 *  nearest known key or what would be accepted. Numbers must be finite and complete ("1e-3x", "nan" and
 *  "" are refused); integers may be written 1e5. */
spn_status spn_settings_assign(spn_context *context, spn_arena *arena, spn_settings *settings,
                               const char *key, const spn_value *value);

/** Back to the default, as if the user had said nothing. */
spn_status spn_settings_reset(spn_context *context, spn_arena *arena, spn_settings *settings,
                              const char *key);

/** Fill a settings struct of your own with the defaults of its table; then set what should be different:
 *  `spn_settings_defaults(context, arena, &spn_sweep_options, &settings, sizeof settings)`. Lists belong to
 *  the arena. SPN_ERROR_ARGUMENT where `size` is not that of the table's struct. */
spn_status spn_settings_defaults(spn_context *context, spn_arena *arena,
                                 const spn_option_table *table, void *settings, size_t size);

/** Check a settings struct against its table as an experiment file is checked: bounds, choices, finite
 *  numbers, lists that exist. Calls that take settings do so themselves. SPN_ERROR_INPUT names section,
 *  key, value and what would be accepted. */
spn_status spn_settings_check(spn_context *context, const spn_option_table *table,
                              const void *settings);
/** The same of some keys only (a list that ends with NULL), where a call reads no others. SPN_ERROR_ARGUMENT: no such
 *  key. */
spn_status spn_settings_check_keys(spn_context *context, const spn_option_table *table,
                                   const void *settings, const char *const *keys);

/** Index of a key in the table or -1. */
int64_t spn_option_find(const spn_option_table *table, const char *key);

/** Was this option given by the user? Unknown keys: false. */
bool spn_settings_is_set(const spn_settings *settings, const char *key);

/** "file:line:column: section.key" (or "section.key") of an option, for late cross-checks.
 *  Written into buffer, which is returned. */
const char *spn_settings_where(const spn_settings *settings, const char *key, char *buffer,
                               size_t size);

/** Write the value of option `index` as it would stand in an experiment file (shortest text that
 *  reads back to the same value). Returns the length it needs, like snprintf. */
int64_t spn_option_format(const spn_settings *settings, int64_t index, char *buffer, size_t size);

/** What an option accepts, in words: "a number > 0", "one of: up, down, both, quench". */
int64_t spn_option_accepts(const spn_option *option, char *buffer, size_t size);

/** The nearest of `count` names to `text` by edit distance, or NULL when none is near. */
const char *spn_nearest_name(const char *text, const char *const *names, int64_t count);

/** Is the text a decimal number, of whatever size? Those beyond the largest double are, too. */
bool spn_is_number(const char *text);

/** Strict numbers: the whole text must be a finite number. */
bool spn_parse_real(const char *text, double *out);
bool spn_parse_integer(const char *text, int64_t *out);

/** Shortest decimal text that reads back to the same double (at most 24 characters and the NUL). */
int spn_format_real(double value, char buffer[32]);

#ifdef __cplusplus
}
#endif

#endif
