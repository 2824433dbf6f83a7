/* SPDX-License-Identifier: MIT */
/** @file data.h  Room `data`: data sets in memory: generators, test samples, standardising, whitening. No files here. */
#ifndef SPINODAL_DATA_H
#define SPINODAL_DATA_H

#include <spinodal/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An immutable data set. Samples lie along the contiguous direction: x[i * stride + n]. */
typedef struct spn_dataset {
    int64_t samples, inputs, outputs;
    int64_t stride;                  /**< >= samples, a multiple of 8; the padding is zero */
    const double *x;                 /**< inputs x stride */
    const double *y;                 /**< outputs x stride */
    const char *const *input_names;  /**< `inputs` names, or NULL */
    const char *const *output_names; /**< `outputs` names, or NULL */
    int64_t class_count;             /**< 0: the targets are no classes that bear names */
    const char *const *
        class_names; /**< one-hot targets in this order; one target: 0 is the first, 1 the second */
    struct spn_spread
        *spread; /**< NULL; or ranks have some inputs each, and x is NULL, see spn_dataset_read() */
} spn_dataset;

void spn_dataset_free(spn_context *context, spn_dataset *dataset);

/** Samples of a class: of targets that are one-hot, or one target of 0 and 1, also where they have been centred or
 *  standardized. */
int64_t spn_dataset_class_samples(const spn_dataset *dataset, int64_t class_index);

/** Where samples come from. */
typedef enum spn_data_kind {
    SPN_DATA_GAUSSIAN,
    SPN_DATA_CSV,
    SPN_DATA_NPZ,
    SPN_DATA_TEACHER, /**< a random teacher network, spn_network_teacher_dataset() */
    SPN_DATA_MODULAR, /**< modular addition */
    SPN_DATA_IDX,     /**< images and labels of the MNIST family */
    SPN_DATA_MEMORY,  /**< samples that a program has, spn_experiment_lend() */
} spn_data_kind;

/** The words of experiments, in the order of spn_data_kind, behind the last one NULL. */
extern const char *const spn_data_words[];

typedef enum spn_moments_kind { SPN_MOMENTS_EXACT, SPN_MOMENTS_DRAWN } spn_moments_kind;
typedef enum spn_header_kind { SPN_HEADER_AUTO, SPN_HEADER_YES, SPN_HEADER_NO } spn_header_kind;
typedef enum spn_separator_kind {
    SPN_SEPARATOR_AUTO,
    SPN_SEPARATOR_COMMA,
    SPN_SEPARATOR_SEMICOLON,
    SPN_SEPARATOR_TAB,
    SPN_SEPARATOR_SPACE, /**< runs of blanks and tabs */
} spn_separator_kind;

/** Which columns a transformation takes, as an experiment says it: true is all, false is none. */
typedef enum spn_columns_kind {
    SPN_COLUMNS_FALSE,
    SPN_COLUMNS_TRUE,
    SPN_COLUMNS_NONE,
    SPN_COLUMNS_INPUTS,
    SPN_COLUMNS_ALL,
} spn_columns_kind;
/** The same with NONE for FALSE and ALL for TRUE. */
spn_columns_kind spn_columns_meant(int kind);

/** What classes become: a target for each, or one that is 0 or 1. */
typedef enum spn_class_targets { SPN_CLASS_ONE_HOT, SPN_CLASS_BINARY } spn_class_targets;

/** Which samples of a file are meant by their number. */
typedef enum spn_take_kind { SPN_TAKE_FIRST, SPN_TAKE_RANDOM } spn_take_kind;

/** What becomes of pixels that are bytes: divided by 255, or left as they are. */
typedef enum spn_pixels_kind { SPN_PIXELS_UNIT, SPN_PIXELS_RAW } spn_pixels_kind;

typedef enum spn_missing_kind {
    SPN_MISSING_REFUSE,
    SPN_MISSING_DROP,
    SPN_MISSING_MEAN
} spn_missing_kind;

/** Section `data` of an experiment; spn_settings_defaults() and spn_settings_check() with spn_data_options fill and
 *  check it. */
typedef struct spn_data_settings {
    int kind; /**< spn_data_kind */
    int64_t samples, inputs, outputs;
    spn_reals correlations; /**< cov(x_i, y_i); unit variances */
    /** full (inputs+outputs)^2 matrix. Where it is given, correlations are not looked at: whoever reads
     *  an experiment refuses both when the user has set both (correlations have a default). */
    spn_matrix covariance;
    int moments; /**< spn_moments_kind */
    int64_t seed;
    const char *path;  /**< csv, npz: relative paths are relative to the experiment file */
    int header;        /**< csv: spn_header_kind */
    int separator;     /**< csv: spn_separator_kind */
    int missing;       /**< csv: spn_missing_kind, what becomes of rows with missing cells */
    spn_texts targets; /**< csv: names or 1-based positions of the target columns */
    spn_texts columns; /**< csv: input columns; unset: all others */
    const char *input_key, *target_key; /**< npz: array names, default "x" and "y" */
    const char *classes;   /**< csv, npz: column or array of labels, instead of targets */
    int class_targets;     /**< spn_class_targets */
    const char *test_path; /**< csv, npz: another file, of samples for testing */
    const char *test_input_key, *test_target_key; /**< npz: their arrays */
    int standardize; /**< spn_columns_kind: these to mean 0, variance 1 */
    bool whiten;     /**< inputs to (1/N) sum x x^T = I exactly (rank-truncated) */
    int center;      /**< spn_columns_kind: subtract the means of these */
    /** Share of all samples, training and test together, that is kept for the test error; in [0, 1). Generators draw
     *  them besides `samples`; of files and of modular addition a random share (seed) is held out. */
    double test_share;
    spn_integers teacher_hidden; /**< teacher: its hidden widths */
    int teacher_activation;      /**< teacher: spn_activation of room kernel */
    double teacher_scale;        /**< teacher: weights have this / sqrt(fan_in) */
    double noise;                /**< teacher: standard deviation of what is added to each target */
    int64_t modulus;             /**< modular: p; (a + b) mod p, all p^2 pairs */
    const char *labels, *test_labels; /**< idx: files; NULL: found by the names of the images */
    spn_texts only;                   /**< idx: these classes; empty: all */
    int64_t take;                     /**< idx: so many samples of them; 0: all */
    int take_by;                      /**< idx: spn_take_kind */
    int pixels;                       /**< idx: spn_pixels_kind */
    spn_reals
        normalize; /**< idx: mean and deviation of pixels: (v - mean) / deviation; empty: not */
} spn_data_settings;

extern const spn_option_table spn_data_options;

/** Whether a key of section data has a meaning with the kind, and the rest, of these settings. */
bool spn_data_uses(const spn_data_settings *settings, const char *key);
/** The key that chose the numbers: "path", "covariance", ... */
const char *spn_data_source(const spn_data_settings *settings);
/** Whether they are read from a file. */
bool spn_data_is_file(const spn_data_settings *settings);

/** Samples for training and those for testing (NULL: none) as the settings say. SPN_ERROR_UNSUPPORTED for kinds that this
 *  room does not make: files, and teachers, which are networks (spn_network_teacher_dataset()). */
spn_status spn_dataset_make(spn_context *context, const spn_data_settings *settings,
                            spn_dataset **training, spn_dataset **test);

/** From rows as files have them: rows[n * (inputs + outputs) + c], inputs first. Copies. Names may be
 *  NULL. Refuses non-finite numbers (row and column named) and empty sets. */
spn_status spn_dataset_from_rows(spn_context *context, int64_t samples, int64_t inputs,
                                 int64_t outputs, const double *rows,
                                 const char *const *input_names, const char *const *output_names,
                                 spn_dataset **out);

/** A data set of zeros, whose numbers its maker writes before anybody else reads it: *x and *y are its x and y. Names
 *  may be NULL, and are copied. For sources that have their numbers in another form, so that there is one copy. */
spn_status spn_dataset_create(spn_context *context, int64_t samples, int64_t inputs,
                              int64_t outputs, const char *const *input_names,
                              const char *const *output_names, spn_dataset **out, double **x,
                              double **y);

/** Some inputs of some samples: those with the numbers column, ..., column + columns - 1 of the samples first, ..., first + count - 1. */
typedef struct spn_input_part {
    int64_t first, count, column, columns;
    int64_t stride; /**< x[i * stride + n] is input column + i of sample first + n */
} spn_input_part;

/** Where inputs come from, as often as they are asked for: a file that is read piece by piece. */
typedef struct spn_input_source {
    void *state;
    spn_status (*read)(spn_context *context, void *state, const spn_input_part *part, double *x);
    void (*free)(spn_context *context, void *state); /**< the state; NULL: it needs none */
    uint32_t
        key; /**< of all that the source gives: ranks whose sources differ have different keys */
    bool is_for_all; /**< each rank needs all samples with all inputs: for testing, for whitening */
} spn_input_source;

/** A data set whose inputs are those of a source, which is the data set's from here on, also after a failure. Its maker writes the targets
 *  *y (zeros). x has all of them, or, where the context's farm is one of ranks that share samples (is_sharded), a *spread* data set is made, unless there are fewer samples than inputs: each rank has some inputs of
 *  all samples (I / R of them), on which statistics of columns are made, x is NULL, and samples are read from the source again. Of a spread
 *  data set only the functions hold that say so; those marked with (all) are then called by all ranks together. O(N I) for one reading.
 *  SPN_ERROR_INPUT: ranks with different keys. */
spn_status spn_dataset_read(spn_context *context, int64_t samples, int64_t inputs, int64_t outputs,
                            const char *const *input_names, const char *const *output_names,
                            const spn_input_source *source, spn_dataset **out, double **y);

/** What a visitor makes of input i of all samples; `carried` is what it has made of those before. */
typedef spn_status spn_input_visitor(spn_context *context, void *state, int64_t i, const double *x,
                                     double *carried);
/** (all) Visit the inputs one after the other, of a spread data set where they are: `carried` has `count` numbers, the same everywhere before and
 *  afterwards. The bits are those of one process. */
spn_status spn_dataset_each_input(spn_context *context, const spn_dataset *dataset,
                                  spn_input_visitor *visit, void *state, int64_t count,
                                  double *carried);

/** All inputs of the samples first, ..., first + count - 1: x[i * stride + n]. Of a spread data set, too, by each rank as it likes: from its source. */
spn_status spn_dataset_inputs(spn_context *context, const spn_dataset *dataset, int64_t first,
                              int64_t count, int64_t stride, double *x);

/** No input of a spread data set will be visited any more: their memory goes. */
void spn_dataset_leave_inputs(spn_context *context, spn_dataset *dataset);

/** A data set of numbers that stay where they are. `of` says where, and which: its arrays must outlive the result and not
 *  change meanwhile; names are copied. Whatever changes a data set in place makes a copy of such a one first.
 *  SPN_ERROR_ARGUMENT: the stride is below `samples` or no multiple of 8, or the padding is not zero. SPN_ERROR_INPUT: empty, or a
 *  number that is not finite (row and column named). O(N (I + K)). */
spn_status spn_dataset_view(spn_context *context, const spn_dataset *of, spn_dataset **out);

/** Draw from a zero-mean Gaussian over (x, y) with the settings' covariance. `exact`: the sample's mean
 *  is 0 and its covariance (1/N) equals the request to rounding; needs samples > inputs + outputs.
 *  SPN_ERROR_INPUT, with the eigenvalue, when the covariance is not symmetric positive semidefinite. Same
 *  bits on every machine (up to 256 dimensions; LAPACK beyond). O(N d^2 + d^3), d = inputs + outputs.
 *  Only samples, inputs, outputs, correlations, covariance, moments and seed are read. */
spn_status spn_dataset_gaussian(spn_context *context, const spn_data_settings *settings,
                                spn_dataset **out);

/** Test samples beside them: a plain draw from the same distribution, whatever the moments of the training
 *  samples, which they leave as they are (their deviates follow in the same stream). As many as
 *  spn_data_test_samples() says; *out is NULL where that is 0. */
spn_status spn_dataset_gaussian_test(spn_context *context, const spn_data_settings *settings,
                                     spn_dataset **out);

/** How many test samples a generator draws beside `samples` training samples: samples share / (1 - share), rounded.
 *  SPN_ERROR_INPUT for a share outside [0, 1), and for a positive one that leaves none. */
spn_status spn_data_test_samples(spn_context *context, const spn_data_settings *settings,
                                 int64_t *count);

/** Modular addition: a sample for each pair (a, b) of residues, inputs one-hot (2 p: a, then b), targets the one-hot
 *  (a + b) mod p. Ordered by a, then b; columns a0, a1, ..., b0, ..., c0, .... SPN_ERROR_INPUT for a modulus below 2
 *  or above SPN_MODULUS_MAX. Only modulus is read. */
enum { SPN_MODULUS_MAX = 512 }; /* 3 GB */
spn_status spn_dataset_modular(spn_context *context, const spn_data_settings *settings,
                               spn_dataset **out);

/** Names of the classes that the targets are: copied. */
spn_status spn_dataset_name_classes(spn_context *context, spn_dataset *dataset, int64_t count,
                                    const char *const *names);

/** The first `count` samples to *training, the others to *test, NULL where there are none. */
spn_status spn_dataset_divide(spn_context *context, const spn_dataset *in, int64_t count,
                              spn_dataset **training, spn_dataset **test);

/** Split at random (stream seed, SPLIT): round(share * samples) of them to *test, the others to *training, both in their
 *  old order. *test is NULL for share 0. SPN_ERROR_INPUT when either would be empty. */
spn_status spn_dataset_split(spn_context *context, const spn_dataset *in, double share,
                             uint64_t seed, spn_dataset **training, spn_dataset **test);

/** Mark `count` of `samples`, each set of so many equally likely (stream seed, purpose). */
spn_status spn_dataset_choose(spn_context *context, int64_t samples, int64_t count, uint64_t seed,
                              spn_purpose purpose, bool *is_chosen);

/** Which samples it holds out: is_test (samples). SPN_ERROR_INPUT as above. */
spn_status spn_dataset_choose_test(spn_context *context, int64_t samples, double share,
                                   uint64_t seed, bool *is_test, int64_t *count);

typedef enum spn_transformation_kind {
    /** Every column to mean 0 and variance (1/N) 1. Inputs that are constant where it is fitted become 0, there and
     *  wherever it is applied: nothing can be learned from them. Error naming the column when a target is constant,
     *  or all inputs are. */
    SPN_TRANSFORMATION_STANDARDIZE,
    SPN_TRANSFORMATION_CENTER, /**< means only */
    /** Inputs only, which are centred, turned to their principal directions (largest variance first, called "component
     *  1", ...) and scaled so that (1/N) sum x x^T = I to rounding; directions with a variance below 1e-10 of the
     *  largest are dropped (inputs becomes the rank, reported by spn_message()). Standardize before
     *  where units differ. */
    SPN_TRANSFORMATION_WHITEN,
} spn_transformation_kind;

/** An affine map of the columns, fitted on one data set and good for others; of a spread one (all) all but whitening. Immutable. With `inputs_only` the targets
 *  stay as they are, which whitening never touches. */
typedef struct spn_transformation spn_transformation;
spn_status spn_transformation_fit(spn_context *context, spn_transformation_kind kind,
                                  bool inputs_only, const spn_dataset *in,
                                  spn_transformation **out);
void spn_transformation_free(spn_context *context, spn_transformation *transformation);
/** How many inputs were constant: 0 unless it standardizes. */
int64_t spn_transformation_constant(const spn_transformation *transformation);
/** A transformed copy. SPN_ERROR_ARGUMENT when the columns are not as many as those it was fitted on. */
spn_status spn_transformation_apply(spn_context *context, const spn_transformation *transformation,
                                    const spn_dataset *in, spn_dataset **out);

/** The same in place: *dataset, which nobody else may be reading, is changed, or where the number of its inputs changes
 *  freed and replaced. After a failure it is spoilt, and still the caller's to free. */
spn_status spn_transformation_replace(spn_context *context,
                                      const spn_transformation *transformation,
                                      spn_dataset **dataset);

/** Fitted on a data set and applied to it. */
spn_status spn_dataset_standardize(spn_context *context, const spn_dataset *in, spn_dataset **out);
spn_status spn_dataset_center(spn_context *context, const spn_dataset *in, spn_dataset **out);
spn_status spn_dataset_whiten(spn_context *context, const spn_dataset *in, spn_dataset **out);

/** (all) Raw second moments (1/N) sum: each may be NULL. xx: I x I, yx: K x I, yy: K x K, row-major; means:
 *  I and K. `center`: covariances instead of raw moments. */
spn_status spn_dataset_moments(spn_context *context, const spn_dataset *dataset, bool center,
                               double *mean_x, double *mean_y, double *xx, double *yx, double *yy);

/** (all) Moments of third and fourth order along a pair of directions u (K numbers) and v (I), means over samples:
 *  *mean: v.x; *variance: (v.x)^2; *cubed: (u.y)(v.x)^3; y_vv (K): y (v.x)^2; uv_x (I): (u.y)(v.x) x. O(N (I + K)). */
spn_status spn_dataset_projected_moments(spn_context *context, const spn_dataset *dataset,
                                         const double *u, const double *v, double *mean,
                                         double *variance, double *cubed, double *y_vv,
                                         double *uv_x);

#ifdef __cplusplus
}
#endif

#endif
