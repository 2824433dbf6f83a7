/* SPDX-License-Identifier: MIT */
/** @file study.h  Room `study`: an experiment file turned into results. */
#ifndef SPINODAL_STUDY_H
#define SPINODAL_STUDY_H

#include <spinodal/continuation.h>
#include <spinodal/data.h>
#include <spinodal/geometry.h>
#include <spinodal/kind.h>
#include <spinodal/network.h>
#include <spinodal/optimize.h>
#include <spinodal/slice.h>
#include <spinodal/store.h>
#include <spinodal/sweep.h>
#include <spinodal/theory.h>
#include <spinodal/trajectory.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The settings of all sections of an experiment. */
typedef struct spn_experiment spn_experiment;

/** The option tables of all sections, in the order of an experiment file. */
const spn_option_table *const *spn_experiment_tables(int64_t *count);

/** The built-in experiment: Figure 2 of the founding paper (all defaults). */
spn_status spn_experiment_create(spn_context *context, spn_experiment **out);
void spn_experiment_free(spn_context *context, spn_experiment *experiment);

/** Read an experiment file (YAML; keys left out have their defaults). Relative paths inside it are
 *  relative to the file's folder. Errors name file, line and column and what would be accepted; an empty
 *  file is an error. */
spn_status spn_experiment_read(spn_context *context, const char *path, spn_experiment **out);
/** The same from memory; `name` is used in messages. */
spn_status spn_experiment_parse(spn_context *context, const char *name, const char *text,
                                int64_t size, spn_experiment **out);

/** The experiment of results, from their attribute "configuration". *out is NULL where they have none, or one of another
 *  version that this one cannot read. */
spn_status spn_experiment_of(spn_context *context, const spn_results *results,
                             spn_experiment **out);

/** Override one key: "sweep.beta.points=50", "model.hidden=[5, 5]". The value is written as in a file.
 *  Keys that exclude this one go back to their defaults. */
spn_status spn_experiment_set(spn_context *context, spn_experiment *experiment,
                              const char *assignment);
/** The same as somebody types it: a relative name of a file that is there, seen from the current folder, is that file and
 *  not one beside the experiment. */
spn_status spn_experiment_set_here(spn_context *context, spn_experiment *experiment,
                                   const char *assignment);

/** Set one after the other, as somebody types them (`is_here`) or not: the last of a key counts, and of keys that exclude each other. A message
 *  names those that are overridden by another value, and by what. */
spn_status spn_experiment_override(spn_context *context, spn_experiment *experiment, int64_t count,
                                   const char *const *assignments, bool is_here);

/** Set one key, "section.key", to a value that is no text: as a line of a file would (two ways of saying the same thing are
 *  refused by spn_experiment_check()), or as an override, as spn_experiment_set() does. Messages begin with the key, or
 *  with value->source where that has a file; the error carries the key. */
spn_status spn_experiment_assign(spn_context *context, spn_experiment *experiment, const char *key,
                                 const spn_value *value, bool is_override);

/** Samples that the caller has: data.kind becomes "memory", whatever it was. `test` may be NULL: none, or the share data.test_share of
 *  `training`. Both, and their numbers, must outlive the experiment and its studies, and not change meanwhile: they are
 *  copied only where a transformation or data.test_share wants other ones (spn_dataset_view()). An experiment of such data
 *  says kind: memory in results, and cannot be run from a file. */
spn_status spn_experiment_lend(spn_context *context, spn_experiment *experiment,
                               const spn_dataset *training, const spn_dataset *test);

/** Initial weights that the caller has, `count` numbers in the order of theta (copied): in place of those of a file, and as those for
 *  every random start. Results say init.weights: memory and their checksum; model.init.weights set later wins. That there
 *  are P of them is checked when the study is made. SPN_ERROR_INPUT: a number that is not finite. */
spn_status spn_experiment_start(spn_context *context, spn_experiment *experiment, int64_t count,
                                const double *theta);

/** Checks that need several keys (a csv needs a path and targets, ...); messages name the positions.
 *  Called by spn_study_create(). */
spn_status spn_experiment_check(spn_context *context, const spn_experiment *experiment);

/** The effective experiment as YAML text that reads back to the same settings; release with
 *  spn_release(). */
spn_status spn_experiment_dump(spn_context *context, const spn_experiment *experiment, char **text);

/** The keys that differ from their defaults, as spn_experiment_set() takes them: "section.key=value", one on a
 *  line; release with spn_release(). Keys without a meaning in this experiment are left out. */
spn_status spn_experiment_changes(spn_context *context, const spn_experiment *experiment,
                                  char **text);

/** A first experiment for a table (CSV), as text with comments: what is predicted, scales, missing cells, a network, and a
 *  range of beta from linear theory, or above a bound of what is worth learning. `sets`: overrides as spn_experiment_set() takes them,
 *  which no guess replaces. `path` as the experiment is to name it; where it is absolute, files of `sets` that are there become so. Guesses are told by messages. Release with spn_release(). Errors:
 *  those of reading the table, and of the data and the theory of the experiment. */
spn_status spn_experiment_draft(spn_context *context, const char *path, int64_t count,
                                const char *const *sets, char **text);

/** Is `path` one of the files that the experiment reads: itself, its data, its weights, results? Output must not go
 *  there. */
bool spn_experiment_reads(const spn_experiment *experiment, const char *path);

/** The settings of a section; valid as long as the experiment. */
const spn_data_settings *spn_experiment_data(const spn_experiment *experiment);
const spn_model_settings *spn_experiment_model(const spn_experiment *experiment);
const spn_error_settings *spn_experiment_error(const spn_experiment *experiment);
const spn_sweep_settings *spn_experiment_sweep(const spn_experiment *experiment);
const spn_branches_settings *spn_experiment_branches(const spn_experiment *experiment);
const spn_slice_settings *spn_experiment_slice(const spn_experiment *experiment);
const spn_grok_settings *spn_experiment_grok(const spn_experiment *experiment);
const spn_solver_settings *spn_experiment_solver(const spn_experiment *experiment);
/** Said in dumps only where it was set: experiments without it mean the defaults. */
const spn_geometry_settings *spn_experiment_geometry(const spn_experiment *experiment);

/** An experiment made real: data, network, objectives. Immutable. */
typedef struct spn_study {
    const spn_experiment *experiment;
    spn_dataset *dataset; /**< for training */
    spn_dataset *test;    /**< kept for testing; NULL: none */
    spn_network *network;
    spn_network_error *error; /**< E; its labels know the test error */
    spn_regularised regularised;
    spn_objective
        loss; /**< L = E + beta n, objective.regularise says which n; |theta|^2 by default */
    double *initial_weights; /**< from init.weights, or NULL: drawn per seed */
    double *target_means;    /**< of the targets; NULL: an objective of the caller's own */
    int64_t start_count; /**< vectors in initial_weights, one a random start; 0, 1: one for all */
    const char *name;    /**< of an objective of the caller's own, without data and network; NULL */
    uint32_t data_checksum;    /**< CRC-32 of the data's bits, test samples last */
    uint32_t weights_checksum; /**< CRC-32 of initial_weights' bits; 0 without */
    const char *here;          /**< spn_data_account.here */
} spn_study;

spn_status spn_study_create(spn_context *context, const spn_experiment *experiment,
                            spn_study **out);
void spn_study_free(spn_context *context, spn_study *study);

/** Let the ranks of the context's farm (is_sharded) share the study's samples, as spn_network_error_shard() does: study->dataset becomes
 *  this rank's part. All ranks call it; then they can run spn_study_sweep(), and nothing else of the study that asks for
 *  samples. SPN_ERROR_INPUT: ranks whose data, kernels or linear algebra differ; mini-batches; geometry.layers. */
spn_status spn_study_shard(spn_context *context, spn_study *study);

/** A study of an objective of the caller's own, which is followed as that of a network is: sections sweep, branches and solver of the
 *  experiment, the same journal, results and checks; data, network and error are NULL, and what needs them
 *  (spn_study_slice(), spn_study_grok(), spn_study_theory(), ...) is SPN_ERROR_UNSUPPORTED. Random start s begins at
 *  starts[s], P numbers (copied); with count = 1 all do, and more starts than there are is SPN_ERROR_INPUT. Objective, experiment and `name`, which results have as attribute "objective",
 *  must outlive it. Costs an evaluation: L and its gradient at the first start, parameter 0, stand for the data in
 *  the checksum by which a run is known again. SPN_ERROR_ARGUMENT: no starts. */
spn_status spn_study_of_objective(spn_context *context, const spn_experiment *experiment,
                                  const spn_objective *loss, const char *name, int64_t count,
                                  const double *starts, spn_study **out);

/** What was read. Texts live as long as the program or the experiment. */
typedef struct spn_data_account {
    const char *path; /**< as the experiment gives it; NULL: the data are made, not read */
    bool is_shipped;  /**< it is a data set of the program, not one beside the experiment */
    int64_t samples, test_samples, inputs, targets;
    const char *separator, *encoding; /**< csv: "comma", "UTF-8", ...; otherwise NULL */
    bool has_header, has_decimal_commas, has_dropped_index;
    int64_t rows_dropped, cells_filled; /**< since cells are missing */
    const char *classes;                /**< the column or array of labels; NULL: none */
    int64_t constant_inputs;            /**< 0 in all samples since they are standardized */
    int64_t available, taken; /**< idx: samples of the classes that are meant; 0: no images */
    bool is_random;           /**< idx: which are taken */
    int64_t rows, columns;    /**< idx: of an image; 0: they have another number of dimensions */
    double divisor, mean, deviation; /**< idx: inputs are (v / divisor - mean) / deviation */
    const char
        *here; /**< why ranks that share samples have all of them while they are read; NULL */
} spn_data_account;

/** The path of a data set that comes with the program, by its file name ("digits.csv"), into buffer of `size` bytes.
 *  Looked for in share/spinodal/data from where the program and the library lie, then where they were installed. False:
 *  there is none of that name, or it is no plain file name; buffer is then undefined. */
bool spn_shipped_data(const char *name, char *buffer, int64_t size);

/** The data of an experiment alone: training samples, and those that data.test_share keeps for testing (*test is NULL
 *  where there are none), both changed by the transformations that the training samples ask for. A message says in one
 *  line what was read from a file; `account` (may be NULL) gets the same. */
spn_status spn_study_dataset(spn_context *context, const spn_experiment *experiment,
                             spn_dataset **training, spn_dataset **test, spn_data_account *account);

/** Initial weights of random start `seed`. */
spn_status spn_study_initial(spn_context *context, const spn_study *study, int64_t seed,
                             double *theta);

/** A workspace for the geometry of the study's loss, of the way that section `geometry` says or a forecast chooses: see
 *  spn_geometry_workspace_choose(). A refusal names the place of the key. */
spn_status spn_study_geometry(spn_context *context, const spn_study *study, unsigned wanted,
                              spn_geometry_workspace **out, spn_forecast *forecast);

/** Weights from a safetensors, npz or PyTorch file, shapes checked against the network. */
spn_status spn_study_read_weights(spn_context *context, const spn_study *study, const char *path,
                                  double *theta);

/** What linear theory says of the study's network: a row per mode of the data (at most SPN_MODES_MAX of
 *  them in `modes`), with the closed forms T12, T13 of a deep linear network of the same depth on whitened
 *  data. Scaled to the study: an activation of slope a = phi'(0) != 1 makes beta a^(2(D-1)/D) of it,
 *  mse_mean 1/K. No rows where there is no linear theory: cross-entropy, and activations with
 *  phi(0) != 0 or without a slope at 0 (relu). */
spn_status spn_study_theory(spn_context *context, const spn_study *study, int64_t *count,
                            spn_theory_mode *modes);

/** What can be said of the study's network before it is trained. */
typedef struct spn_prediction {
    bool has_sweep; /**< an upward sweep of the linear network on the data's own covariance (T20) */
    spn_theory_sweep
        sweep; /**< scaled to the study as spn_study_theory() is; centred with biases */
    const char *sweep_note; /**< what it is worth, or why there is none; never NULL, static */
    bool has_onset;
    spn_theory_onset
        onset; /**< T21 with one hidden layer. With more: order 1, Maxwell point and spinodal
                                 those of `sweep`, the rest NaN (T14) */
    const char *onset_note; /**< likewise */
} spn_prediction;

/** Costs no training: moments of the data, O(I^3), and a continuation in a few unknowns. */
spn_status spn_study_predict(spn_context *context, const spn_study *study, spn_prediction *out);

/** Where an experiment from a file, or on samples of a program, gives no range of beta (neither sweep.beta nor beta.from, beta.to or legs), choose it
 *  around what linear theory says of its study, or below the beta above which nothing linear is worth its weights, and tell it by a message;
 *  spn_experiment_draft() writes the same range. `is_for_branches`: told is what branches need of it, for an end that branches.beta gives is theirs. Where theory says nothing the default stays, which is told, too. The study is that of this
 *  very experiment and sees the change. Costs spn_study_predict(). */
spn_status spn_experiment_choose_range(spn_context *context, spn_experiment *experiment,
                                       const spn_study *study, bool is_for_branches);

/** How to run a sweep, or to follow branches. */
typedef struct spn_run_settings {
    const char *output;  /**< path of the HDF5 results; the journal is "<output>.part" */
    int64_t threads;     /**< 0: one per processor; branches share them for their sums */
    bool is_forced;      /**< overwrite an existing output */
    bool is_resumed;     /**< go on from the journal */
    bool is_rehearsed;   /**< sweep, branches, grok: see spn_study_sweep() */
    const char *weights; /**< spn_study_spectrum(): a weights file; NULL: the initial weights */
    double beta;         /**< spn_study_spectrum(): NaN means 0 */
    /** Journals, wherever they lie, of which the results of a sweep or of training are made without running anything, as
     *  spn_run_merge() does; NULL: the run's own. */
    const char *const *parts;
    int64_t part_count;
} spn_run_settings;

/** Where this process writes its journal of a run with results at `output`: "OUTPUT.part"; of rank R > 0 of the context's
 *  farm, and of share R (from 1), "OUTPUT.part.R". Free with spn_release(). */
spn_status spn_run_journal(spn_context *context, const char *output, char **path);

/** Run the sweep of a study: journal beside the output while it runs, HDF5 results at the end, verified
 *  and renamed. SPN_ERROR_IO when the output is a file that the experiment reads.
 *  SPN_ERROR_INTERRUPTED leaves a journal that `is_resumed` goes on from, with the same
 *  bits as an uninterrupted run; the journal's run may replace the output without `is_forced`. Resuming a
 *  run that has finished (same experiment, same data) does nothing. `*is_good` tells whether every
 *  point passed the stationarity gate and every jump was resolved and leads to a minimum. With `is_rehearsed` what the run
 *  would refuse before its first point is refused, and nothing is run, read back or written (of dense matrices that fit, `branches` tries
 *  none). */
spn_status spn_study_sweep(spn_context *context, const spn_study *study,
                           const spn_run_settings *settings, bool *is_good);

/** Follow all branches of a study (room `continuation`), from section `branches`; an end of the range that is
 *  not given there is that of the sweep. Journal, results, interruption and resuming as in
 *  spn_study_sweep(). Rows of the table "points" are sorted by branch and point. `*is_complete` tells
 *  whether every phase was followed to its ends. SPN_ERROR_INPUT: the range is empty. */
spn_status spn_study_branches(spn_context *context, const spn_study *study,
                              const spn_run_settings *settings, bool *is_complete);

/** Cut through the surfaces of a study, as section `slice` says: E and, where wanted, R on the grid of a line or
 *  plane, L = E + beta n for each of its betas. Results of kind "slice" (docs/format.md). The same bits for
 *  any number of threads; nothing is kept of an interrupted run (`is_resumed` has no meaning). `*is_good`
 *  tells whether E and L at the points that the slice was laid through are those that were stored, to 1e-12; a
 *  warning says where not. SPN_ERROR_INPUT, one line with the place: an unknown phase, results without
 *  weights or of another network, points that are equal or lie on a line, more or fewer points than the
 *  slice needs. */
spn_status spn_study_slice(spn_context *context, const spn_study *study,
                           const spn_run_settings *settings, bool *is_good);

/** The spectra at one point (geometry/spectra.h), the weights and beta of `settings`: traces, R, eigenpairs at both ends and the density, by the
 *  ways that section `geometry` says or a forecast chooses. Results of kind "spectrum" (docs/format.md), which hold the weights as
 *  `theta`; nothing is kept of an interrupted run. `*is_good`: all eigenpairs converged. What does not fit is refused before weights are read. */
spn_status spn_study_spectrum(spn_context *context, const spn_study *study,
                              const spn_run_settings *settings, bool *is_good);

/** Where runs of training start. 8-byte fields only. */
typedef struct spn_start_record {
    int64_t start;
    double residue;     /**< u_0; NaN: a random start */
    double stored_beta; /**< beta at which a phase was stored; NaN: not a phase */
    double error, loss, weight_norm, gradient_norm; /**< before the residue, of the first seed */
    int64_t active_modes;
} spn_start_record;
extern const spn_columns spn_start_columns;

/** Train from all starts of section `grok` (room `trajectory`), with T22 for the way out of the trivial phase where it
 *  holds. Items of grok.starts: "random" (the initial weights of section `model`), "random*8" (the same times 8),
 *  "trivial", a phase of grok.results as slices name it ("1 mode", "1 mode@0.2"; without @ the one stored nearest to
 *  grok.beta), "row 17", a weights file. All but random may end in "+U0", the residue: U0 times a normal deviate is
 *  added to every weight, from the stream (model.init.seed, SPN_PURPOSE_RESIDUE, seed), the same for all starts; the
 *  default is grok.residue, for files 0. Results of kind "grok" (docs/format.md); journal, interruption and resuming as
 *  in spn_study_sweep(). `*is_good`: every run ends at a stationary minimum, and none diverged. SPN_ERROR_INPUT, one
 *  line with the place: what spn_trajectories_create() refuses, a malformed or unknown start, results without weights
 *  or of another network, a start that is stationary and has no residue. */
spn_status spn_study_grok(spn_context *context, const spn_study *study,
                          const spn_run_settings *settings, bool *is_good);

/** The kinds of results that are made here; gallery.h lists all kinds. */
extern const spn_kind spn_sweep_kind, spn_branches_kind, spn_slice_kind, spn_grok_kind,
    spn_spectrum_kind;

/** What has to agree for two results to be the same: bits for spn_study_compare(). */
typedef enum spn_same {
    SPN_SAME_DATA = 1,     /**< checksums of the data, of initial weights, of what else was read */
    SPN_SAME_PROGRAM = 2,  /**< version, kernels, linear algebra: what the bits depend on */
    SPN_SAME_SETTINGS = 4, /**< what the caller set: spn_book_settings() */
    /** What both say, as far as this version reads it: another version may say less, or in other words. Otherwise a
     *  text that one of them lacks is a difference, and experiments are compared word by word. */
    SPN_SAME_KNOWN = 8,
} spn_same;

/** Are results of the same experiment? `sections` of it ("data model", by spaces; "": none; NULL: the whole), and what
 *  the bits `what` (spn_same) say. */
spn_status spn_study_compare(spn_context *context, const spn_results *a, const spn_results *b,
                             const char *sections, unsigned what, bool *is_same);

/* ---- Results put together ---------------------------------------------------------------------- */

/** Results of one kind while they are put together: in memory, judged, then a file (docs/format.md). What is put in is
 *  not copied: tables, arrays, texts and attributes point to the caller's memory, or to the book's arena, until the book
 *  is freed. Putting something in cannot be refused; its first failure (memory) is told when the book is used. Belongs
 *  to one thread. */
typedef struct spn_book spn_book;

/** An empty book. `study` (NULL: results of no single one) outlives it: to what the caller puts in come the tables
 *  "layout" and "theory" and the attributes that say what the results belong to: spn_book_origin(), checksums of data
 *  and weights, sizes. */
spn_status spn_book_create(spn_context *context, const spn_kind *kind, const spn_study *study,
                           spn_book **out);
void spn_book_free(spn_book *book); /**< NULL is allowed */

/** Memory that lives as long as the book, for what has to be made. */
spn_arena *spn_book_arena(spn_book *book);

/** Contents, in the order of the file. */
void spn_book_table(spn_book *book, spn_table table);
void spn_book_array(spn_book *book, spn_array array);
void spn_book_text(spn_book *book, spn_text_column text);
void spn_book_attribute(spn_book *book, spn_attribute attribute);
/** The attribute "settings", the last of all: what the caller has set, one on a line. Copied. */
void spn_book_settings(spn_book *book, int64_t count, const char *const *sets);
/** The attributes "configuration" (copied) and those of program and machine: of a book without a study. */
void spn_book_origin(spn_book *book, const char *configuration);

/** The whole, as it would be written; it points into the book, which may not grow any more. Costs the linear theory of
 *  the study. */
spn_status spn_book_close(spn_context *context, spn_book *book, spn_results *out);

/** Close the book, write it as spn_results_write() does and judge it (spn_kind_fault()). SPN_ERROR_IO where something
 *  is at `path` and not `is_forced`: spn_results_check_target() says so at the beginning of a run.
 *  SPN_ERROR_ARGUMENT for tables that do not fit together. */
spn_status spn_book_write(spn_context *context, spn_book *book, const char *path, bool is_forced,
                          bool *is_good);

/** Are there results at `path` of this kind and the same experiment, as spn_study_compare() says by the attributes that
 *  the book has so far? `*is_good` is then their verdict. Files that are no results are not that. Costs reading them. */
spn_status spn_book_find(spn_context *context, spn_book *book, const char *path,
                         const char *sections, unsigned what, bool *is_found, bool *is_good);

/** Make the one result of journals that shares, ranks or runs that were cut off have left: the bytes that one process would have
 *  written. They may lie anywhere, are only read, and stay. Data and weights are read from where the experiment has them: relative paths begin at its folder, or
 *  where there is no such folder at the current one. Of `settings` the parts, the output and is_forced count. SPN_ERROR_INPUT, and
 *  nothing is written: chains are missing or not at their end, parts of several experiments or with other data or kernels than here, the same point in two parts,
 *  damage. */
spn_status spn_run_merge(spn_context *context, const spn_run_settings *settings, bool *is_good);

/* ---- A run that goes on ------------------------------------------------------------------------ */

/** The journals of a run: one, or one of each rank or share. */
typedef struct spn_run_state {
    int64_t journals; /**< how many there are; 0: no run goes on, or is to be gone on with */
    int64_t written;  /**< those that a process writes at present */
} spn_run_state;

/** Which journals stand beside the results `output` (RUN.h5.part, RUN.h5.part.1, ...). SPN_ERROR_IO: the folder cannot be
 *  read. */
spn_status spn_run_look(spn_context *context, const char *output, spn_run_state *out);

/** What a run has written so far into its journals beside `output` (RUN.h5.part; of ranks and shares RUN.h5.part.1, ...: all of
 *  them together), as results in the arena: the tables that the method sends, sorted, strengths of modes and the
 *  experiment; without weights and without what only the whole run knows (phases, Maxwell points, names). `*kind` is that
 *  of the run. Journals may be written meanwhile: nothing is locked or changed, a record that is not whole yet is left
 *  out. SPN_ERROR_IO: there is none; SPN_ERROR_INPUT: of another version of the program, or damaged. */
spn_status spn_run_peek(spn_context *context, spn_arena *arena, const char *output,
                        const spn_kind **kind, spn_results *out);

#ifdef __cplusplus
}
#endif

#endif
