/* SPDX-License-Identifier: MIT */
/** @file store.h  Room `store`: the journal of a running study, results in HDF5, tables as CSV, JSON out.
 *
 *  A running study appends to a journal (RUN.h5.part). When it is done the HDF5 file is written from
 *  memory, verified and renamed, and the journal is removed. docs/format.md specifies both files.
 *  One thread (the coordinator) calls this room. A process that may meet a file size limit should
 *  ignore SIGXFSZ, so that the failing write is reported like a full disk. */
#ifndef SPINODAL_STORE_H
#define SPINODAL_STORE_H

#include <spinodal/base.h>
#include <spinodal/formats/output.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Journal: append-only, checksummed ------------------------------------------------------- */

/** A journal open for appending. Holds an advisory lock: a second writer is refused. */
typedef struct spn_journal spn_journal;

/** A piece of memory to be written. */
typedef struct spn_bytes {
    const void *data;
    int64_t size; /**< bytes */
} spn_bytes;

#define SPN_JOURNAL_PARTS_MAX 7

/** Receives one complete record; `payload` is 64-byte aligned and valid during the call only.
 *  A failure stops the reading and is returned. */
typedef spn_status spn_journal_reader(spn_context *context, void *state, int64_t type,
                                      const void *payload, int64_t size);

typedef struct spn_journal_info {
    int64_t records; /**< complete records found */
    int64_t bytes;   /**< length of the valid part of the file */
    int64_t
        cut_bytes; /**< torn tail after it (a record that was being written when the run died) */
} spn_journal_info;

/** Is there a file at `path`? */
bool spn_journal_exists(const char *path);

/** Is there a journal that some process is writing? */
bool spn_journal_is_written(const char *path);

/** What the journal of results is called: their name with this behind it; of several journals of one run (ranks, shares)
 *  also ".1" and so on. */
#define SPN_JOURNAL_ENDING ".part"

/** Paths of journals, in the order of their numbers. */
typedef struct spn_journals {
    int64_t count, capacity;
    char **paths;
    bool
        are_parts; /**< somebody named them: all are whole journals, and no point is in two of them */
} spn_journals;

/** The journals that stand beside the results `output`, which need not exist: OUTPUT.part, OUTPUT.part.1, ... Free with
 *  spn_journals_free(), also after a failure. SPN_ERROR_IO: the folder cannot be read; one that is not there has none. */
spn_status spn_journals_find(spn_context *context, const char *output, spn_journals *out);
/** Those of a list of paths, which are copied: parts. Free likewise. */
spn_status spn_journals_name(spn_context *context, int64_t count, const char *const *paths,
                             spn_journals *out);
void spn_journals_free(spn_context *context, spn_journals *journals);

/** Start a journal. `configuration` (UTF-8, any length) says which experiment it belongs to; a first line that begins with "# " says
 *  which version of the program. An existing
 *  file is refused (SPN_ERROR_IO) unless `force`; one that another process writes, a symbolic link and what is not a
 *  regular file are always refused. */
spn_status spn_journal_create(spn_context *context, const char *path, const char *configuration,
                              bool force, spn_journal **out);

/** Go on with a journal: lock it, compare its configuration with `configuration` (SPN_ERROR_INPUT with the
 *  versions, or the first differing line), hand every complete record to `reader` in order, cut a torn tail, and be
 *  ready to append. Damage before the tail is SPN_ERROR_INPUT with its position. `info` may be NULL. */
spn_status spn_journal_open(spn_context *context, const char *path, const char *configuration,
                            spn_journal_reader *reader, void *reader_state, spn_journal_info *info,
                            spn_journal **out);

/** Look into a journal, also while it is written: no lock, nothing is changed. *configuration (may be NULL)
 *  receives a copy; free with spn_release(). */
spn_status spn_journal_scan(spn_context *context, const char *path, spn_journal_reader *reader,
                            void *reader_state, spn_journal_info *info, char **configuration);

/** Append one record, the parts (at most SPN_JOURNAL_PARTS_MAX) one after the other, with one system call.
 *  When it returns, kill -9 cannot lose the record; the disk is synchronised at most once a second and
 *  at close (a power failure may lose the last second). After a failure (SPN_ERROR_IO: disk full, ...)
 *  the file ends with the last complete record and can be resumed. Never allocates. `type` is the
 *  caller's, 0 <= type < 2^31. */
spn_status spn_journal_append(spn_context *context, spn_journal *journal, int64_t type,
                              const spn_bytes *parts, int64_t count);

/** Synchronise, close and free; NULL is allowed. The file stays. Frees also on failure. */
spn_status spn_journal_close(spn_context *context, spn_journal *journal);

/** Delete the file (the results are safe), close and free; NULL is allowed. Frees also on failure. Another file
 *  that stands there by now is left alone, with a warning. */
spn_status spn_journal_remove(spn_context *context, spn_journal *journal);

/* ---- Tables ---------------------------------------------------------------------------------- */

/** Records described by a column table: `rows` structs of columns->record_size bytes. */
typedef struct spn_table {
    const char *name; /**< group in the file: "points", "theory" */
    const spn_columns *columns;
    int64_t rows;
    const void *records; /**< may be NULL when rows == 0 */
} spn_table;

/** Index of a column, or -1. */
int64_t spn_table_find(const spn_table *table, const char *column);
/** One cell as a number (integers are converted). */
double spn_table_real(const spn_table *table, int64_t row, int64_t column);
/** One cell of an integer column (0 for a real column). */
int64_t spn_table_integer(const spn_table *table, int64_t row, int64_t column);
/** The word an integer stands for, or NULL (no words, or out of range). */
const char *spn_table_word(const spn_table *table, int64_t row, int64_t column);

/** Fill `records` (table->rows structs of `columns`) from a table read from a file, by column name.
 *  Unknown columns of the file are ignored; columns that it lacks because it is of an earlier version (spn_column.since), and
 *  fields without a column, are NaN, integers -1. SPN_ERROR_INPUT names `origin` (the file; NULL: the caller names it) and the column
 *  that is missing or has another type or other words. */
spn_status spn_table_convert(spn_context *context, const spn_table *table, const char *origin,
                             const spn_columns *columns, void *records);

/* ---- Results --------------------------------------------------------------------------------- */

/** An attribute of the whole file: a text, or an integer where text is NULL. */
typedef struct spn_attribute {
    const char *name;
    const char *text;
    int64_t integer;
} spn_attribute;

/** A two-dimensional array of doubles, row-major: /modes, /theta. */
typedef struct spn_array {
    const char *name;
    int64_t rows, columns;
    const double *values; /**< may be NULL when empty */
    const char *unit, *help;
    bool is_compressed; /**< chunks, byte shuffle, deflate */
} spn_array;

/** A list of texts: /layout/name. `group` is the table whose rows it belongs to. */
typedef struct spn_text_column {
    const char *group, *name;
    int64_t rows;
    const char *const *items;
    const char *help;
} spn_text_column;

/** Everything in a results file. All pointers belong to the caller (or to the arena when read). */
typedef struct spn_results {
    const char *kind; /**< what made it: "sweep" */
    int64_t attribute_count;
    const spn_attribute *attributes; /**< without format, format_version and kind */
    int64_t table_count;
    const spn_table *tables;
    int64_t array_count;
    const spn_array *arrays;
    int64_t text_column_count;
    const spn_text_column *text_columns;
} spn_results;

#define SPN_RESULTS_VERSION 1

/** Write results to `path`: made in memory, written beside under a temporary name, synchronised, read back
 *  and compared bit by bit, then renamed. Equal results give equal bytes. An existing file is
 *  refused (SPN_ERROR_IO) unless `force`. On failure nothing appears under `path` and an existing file
 *  is unchanged. SPN_ERROR_ARGUMENT for inconsistent results. Memory: twice the size of the file. */
spn_status spn_results_write(spn_context *context, const char *path, bool force,
                             const spn_results *results);

/** Fails like spn_results_write() would on an existing file or an unwritable folder: for the start of a
 *  long run. Leaves nothing behind. */
spn_status spn_results_check_target(spn_context *context, const char *path, bool force);

/** What a file is by its first bytes, of which 8 are needed. */
typedef enum spn_stored { SPN_STORED_OTHER, SPN_STORED_HDF5, SPN_STORED_JOURNAL } spn_stored;
spn_stored spn_stored_of(const char *start, int64_t size);

/** Read a results file completely into the arena: every table with the columns the file has, in its order,
 *  as records of 8-byte fields. SPN_ERROR_IO: cannot be opened. SPN_ERROR_INPUT, one line: not HDF5,
 *  truncated, not ours, a newer format version, wrong type or shape, a checksum that differs. */
spn_status spn_results_read(spn_context *context, spn_arena *arena, const char *path,
                            spn_results *out);

/** Parts by name, or NULL. */
const spn_attribute *spn_results_attribute(const spn_results *results, const char *name);
const char *spn_results_text(const spn_results *results, const char *name); /**< of an attribute */
const spn_table *spn_results_table(const spn_results *results, const char *name);
const spn_array *spn_results_array(const spn_results *results, const char *name);
const spn_text_column *spn_results_text_column(const spn_results *results, const char *group,
                                               const char *name);

/** A value of the effective experiment as its text: "grok.method", "model.init.seed". Written into buffer (cut at size
 *  - 1 bytes), which is returned; NULL where the results do not say. */
const char *spn_results_setting(const spn_results *results, const char *key, char *buffer,
                                size_t size);

/** The spn_regularise_kind whose order parameter n these results hold (columns weight_norm, norm, norm_squared):
 *  SPN_REGULARISE_ALL where they do not say. Its symbol stands for |theta| in what is written about them. */
int64_t spn_results_regulariser(const spn_results *results);

/** For attributes: "x86_64, AMD EPYC ..." (at most size - 1 bytes) and the compiler's name and version. */
const char *spn_describe_machine(char *buffer, int64_t size);
const char *spn_describe_compiler(void);

/* ---- Text out -------------------------------------------------------------------------------- */

/** Where text goes: a file, a buffer, the caller's own. */
typedef struct spn_sink {
    spn_status (*write)(spn_context *context, void *state, const char *bytes, int64_t size);
    void *state;
} spn_sink;

/** A growing text in memory. Start with zeros; free `text` with spn_release(). */
typedef struct spn_text_buffer {
    char *text; /**< NUL-terminated, NULL before the first write */
    int64_t size, capacity;
} spn_text_buffer;
spn_sink spn_sink_buffer(spn_text_buffer *buffer);
/** A FILE * (stdout), passed as void. Each write is checked; the stream buffers, so the caller checks
 *  fflush() at the end. */
spn_sink spn_sink_stream(void *stream);
/** An output that appears whole or not at all; the caller commits it. */
spn_sink spn_sink_output(spn_output *output);

/** CSV: a line of names, then a line per row. Shortest numbers that read back to the same double, an empty
 *  cell where a number does not exist (NaN), words instead of integers that stand for words. */
spn_status spn_table_write_csv(spn_context *context, const spn_table *table, spn_sink sink);

/** The same of a table of results, its texts (spn_text_column) in the first columns. */
spn_status spn_results_write_csv(spn_context *context, const spn_results *results,
                                 const spn_table *table, spn_sink sink);

/** A streaming JSON writer. Errors are kept and returned by spn_json_end_document(). Numbers are the
 *  shortest that read back; NaN and infinities become null. `key` is NULL inside lists and at the
 *  top. Never allocates. */
#define SPN_JSON_DEPTH_MAX 63
typedef struct spn_json {
    spn_context *context;
    spn_sink sink;
    spn_status status;
    int64_t depth;
    uint64_t is_list;   /**< bit d: level d is a list */
    uint64_t has_items; /**< bit d: level d has an item already */
    int64_t used;
    char buffer[4096];
} spn_json;
void spn_json_begin(spn_json *json, spn_context *context, spn_sink sink);
void spn_json_begin_object(spn_json *json, const char *key);
void spn_json_end_object(spn_json *json);
void spn_json_begin_list(spn_json *json, const char *key);
void spn_json_end_list(spn_json *json);
void spn_json_real(spn_json *json, const char *key, double value);
void spn_json_integer(spn_json *json, const char *key, int64_t value);
void spn_json_boolean(spn_json *json, const char *key, bool value);
/** Valid UTF-8 is kept, invalid bytes become U+FFFD; NULL becomes null. */
void spn_json_text(spn_json *json, const char *key, const char *value);
void spn_json_null(spn_json *json, const char *key);
/** The columns of one row of a table, into an object that is open; null for an integer of which no word is known. */
void spn_json_cells(spn_json *json, const spn_table *table, int64_t row);
/** One row of a table as an object of its columns. */
void spn_json_record(spn_json *json, const char *key, const spn_table *table, int64_t row);
/** Newline, flush; SPN_ERROR_ARGUMENT when something is still open or was closed twice. */
spn_status spn_json_end_document(spn_json *json);

#ifdef __cplusplus
}
#endif

#endif
