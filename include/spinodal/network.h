/* SPDX-License-Identifier: MIT */
/** @file network.h  Room `network`: the multilayer perceptron as an objective.
 *
 *  a_l = W_l h_{l-1} + b_l, h_l = phi(a_l), h_0 = x, f = a_D (no activation on the output). theta is
 *  the flat vector of all weights and biases, layer by layer: W_l (out x in, row-major), then b_l. */
#ifndef SPINODAL_NETWORK_H
#define SPINODAL_NETWORK_H

#include <spinodal/data.h>
#include <spinodal/kernel.h>
#include <spinodal/objective.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum spn_error_kind {
    SPN_ERROR_MSE,      /**< (1/N) sum |f - y|^2, summed over outputs (T1) */
    SPN_ERROR_MSE_MEAN, /**< the same divided by K (PyTorch's MSELoss) */
    SPN_ERROR_CROSS_ENTROPY, /**< softmax cross-entropy, mean over samples; y: class probabilities. One output: the
                                  logit of the second of two classes, y in [0, 1] its probability */
} spn_error_kind;

/** Standard deviation of the initial weights. */
typedef enum spn_init_scheme {
    SPN_INIT_FAN_IN, /**< scale / sqrt(fan_in) (LeCun) */
    SPN_INIT_XAVIER, /**< scale * sqrt(2 / (fan_in + fan_out)) (Glorot) */
    SPN_INIT_HE,     /**< scale * sqrt(2 / fan_in) */
    SPN_INIT_NORMAL, /**< scale */
} spn_init_scheme;

/** What becomes of arrays of a weights file that have no place in the network. */
typedef enum spn_others_kind { SPN_OTHERS_REFUSE, SPN_OTHERS_IGNORE } spn_others_kind;

/** Section `model` of an experiment; spn_settings_defaults() and spn_settings_check() with spn_model_options
 *  fill and check it. */
typedef struct spn_model_settings {
    spn_integers hidden; /**< widths of the hidden layers; [] for a linear model */
    int activation;      /**< spn_activation */
    bool bias;
    int init_scheme; /**< spn_init_scheme */
    double init_scale;
    int64_t init_seed;
    spn_integers init_distinct; /**< different units of each hidden layer; empty: all */
    const char *init_weights;   /**< safetensors, npz or PyTorch file; excludes scale and seed */
    int init_layout;            /**< of weights files: spn_weight_layout of room formats */
    spn_texts init_names;       /**< of arrays in weights files, layer by layer; empty: found */
    int init_others;            /**< spn_others_kind */
} spn_model_settings;
extern const spn_option_table spn_model_options;

/** What beta penalises. */
typedef enum spn_regularise_kind {
    SPN_REGULARISE_ALL,     /**< n = |theta|^2: all parameters (T2) */
    SPN_REGULARISE_WEIGHTS, /**< n = |w|^2, w the weights: biases are free (T24) */
} spn_regularise_kind;
/** How sqrt(n) is written: "|theta|", "|w|"; and what the letter stands for, or "". NULL for any other number. */
const char *spn_regularise_symbol(int64_t kind);
const char *spn_regularise_note(int64_t kind);
/** The kind that an experiment calls `word`; -1: none. */
int64_t spn_regularise_find(const char *word);

/** Section `objective` of an experiment; spn_settings_defaults() and spn_settings_check() with spn_error_options
 *  fill and check it. */
typedef struct spn_error_settings {
    int error;      /**< spn_error_kind */
    int regularise; /**< spn_regularise_kind */
} spn_error_settings;
extern const spn_option_table spn_error_options;

/** One array of theta: name as in files ("layers.0.weight"), place and shape. */
typedef struct spn_layout_entry {
    char name[32];
    int64_t layer; /**< from 0 */
    bool is_bias;
    int64_t offset, rows, columns; /**< bias: rows x 1 */
} spn_layout_entry;

/** Immutable architecture. */
typedef struct spn_network spn_network;

/** hidden_count >= 0, widths >= 1. SPN_ERROR_INPUT on bad widths, SPN_ERROR_ARGUMENT on overflow. */
spn_status spn_network_create(spn_context *context, int64_t inputs, int64_t outputs,
                              int64_t hidden_count, const int64_t *hidden,
                              spn_activation activation, bool has_bias, spn_network **out);
void spn_network_free(spn_context *context, spn_network *network);

int64_t spn_network_parameters(const spn_network *network); /**< P */
int64_t spn_network_depth(const spn_network *network);      /**< D: number of weight matrices */
int64_t spn_network_width(const spn_network *network, int64_t layer); /**< w_0 = I .. w_D = K */
spn_activation spn_network_activation(const spn_network *network);
bool spn_network_has_bias(const spn_network *network);
/** The layout table: arrays in the order of theta. */
const spn_layout_entry *spn_network_layout(const spn_network *network, int64_t *count);

/** Random initial weights (biases 0): stream (seed, WEIGHTS, job), theta in order. */
void spn_network_initialize(const spn_network *network, spn_init_scheme scheme, double scale,
                            uint64_t seed, uint64_t job, double *theta);
/** Makes theta one of distinct[l] different units in hidden layer l (0 .. D - 2): unit i becomes a copy of the first unit of
 *  its group i distinct / width, weights in and out, and bias; groups differ in size by one at most. Gradients do not leave
 *  such theta (T27), and newton_cg follows it at the cost of the network of the groups. |theta| stays what it was, on average.
 *  distinct: a number >= 1 for each hidden layer; from the width on all its units are different. Time P. */
void spn_network_copy_units(const spn_network *network, const int64_t *distinct, double *theta);

/** Training and test samples of a random teacher network: x ~ N(0, 1), y = teacher(x) + noise N(0, 1), the teacher an
 *  MLP without biases of the settings' teacher_* with weights of standard deviation teacher_scale / sqrt(fan_in) (stream
 *  seed, TEACHER; samples: seed, DATA, training samples first, of each the inputs and the deviates of the noise). As
 *  many test samples as spn_data_test_samples() says, *test is NULL where that is 0. Same bits with all kernels.
 *  Only samples, inputs, outputs, seed, noise, test_share and teacher_* are read. */
spn_status spn_network_teacher_dataset(spn_context *context, const spn_data_settings *settings,
                                       spn_dataset **training, spn_dataset **test);

/** f(x_n) for all samples: f[k * stride + n], the data set's stride. */
spn_status spn_network_predict(spn_context *context, const spn_network *network,
                               const spn_dataset *dataset, const double *theta, double *f);

/** The error of the network on the data as an objective (the parameter is ignored; wrap it with
 *  spn_ridge(), or with spn_regularise()). Network and data must outlive it. Shapes are checked (SPN_ERROR_INPUT). Its labels hold
 *  the accuracy where there are classes (cross-entropy, or more than one output and targets of each sample
 *  that are one 1 and otherwise 0): the class is that of the largest output, the first of equals; of one
 *  logit it is whether f > 0. */
typedef struct spn_network_error spn_network_error;
spn_status spn_network_error_create(spn_context *context, const spn_network *network,
                                    const spn_dataset *dataset, spn_error_kind kind,
                                    spn_network_error **out);
/** Make the error one of a loss with this regulariser, which spn_regularise() wants: what its objective says about L
 *  (trivial point, symmetric directions, natural scales) then holds for it. Before points are created; *out lives as
 *  long as the error. Without biases all kinds are the ridge. With biases that are free
 *   - the trivial point has output biases that solve their problem alone (means of the targets) and any hidden biases;
 *   - symmetric directions are, too: hidden biases of units without weights, of linear networks all that move the
 *     outputs' constant only, and the common constant of several logits;
 *   - scales are those of centred data: a constant added to a column of data changes nothing but biases. */
spn_status spn_network_error_regularise(spn_context *context, spn_network_error *error,
                                        spn_regularise_kind kind, spn_regulariser *out);
/** Make evaluations on subsets of samples quick, which mini-batches are made of: the inputs are kept once more, sample by sample (N I numbers,
 *  I rounded up to a multiple of 8), so that those of a random sample lie together. Without it each number is fetched with a cache line of
 *  its own. The same bits. Before points are created, and not where ranks share the samples. */
spn_status spn_network_error_batches(spn_context *context, spn_network_error *error);
/** Have labels hold test error and test accuracy as well, on `test`, which must outlive it (one forward pass over it
 *  whenever labels are asked for). Before points are created. */
spn_status spn_network_error_watch(spn_context *context, spn_network_error *error,
                                   const spn_dataset *test);
/** Let the ranks of a farm (is_sharded) share the error's samples: all ranks, which have made the same error of the same data, call this
 *  and afterwards use it alike, with results that have the bits of one process. *held are the samples that this rank goes on with, about
 *  N / R of them; it must outlive the error, the data set before need not. Values, gradients and products are made by all
 *  ranks at the same time, other sums one rank after the other; labels on the samples kept for testing by each. No subsets (SPN_ERROR_UNSUPPORTED). After
 *  spn_network_error_regularise(), before points are created. SPN_ERROR_INPUT: fewer samples than ranks. After
 *  a failure the error can be freed, and nothing else. */
spn_status spn_network_error_shard(spn_context *context, spn_network_error *error, spn_farm *farm,
                                   spn_dataset **held);
/** Bytes that each of so many ranks takes. */
typedef struct spn_rank_room {
    double
        samples; /**< of samples, those for testing too, and what is kept of each, while they run */
    double start; /**< of the same while they are read and the network is made */
    double point; /**< of a point, besides */
} spn_rank_room;
/** Before spn_network_error_shard(). */
spn_rank_room spn_network_error_room(const spn_network_error *error, int64_t ranks);
void spn_network_error_free(spn_context *context, spn_network_error *error);
const spn_objective *spn_network_error_objective(const spn_network_error *error);

/** Modes of the data: singular values of M = C_yx C_xx^{-1/2} (centred when the network has biases) that stand above
 *  the rounding of M, 4 eps sqrt(N <|x|^2> <|y|^2> / the smallest kept eigenvalue of C_xx), strongest first; `count`
 *  of them, 0 to SPN_MODES_MAX. The targets of the labels' strengths, unless those are principal. */
const double *spn_network_error_modes(const spn_network_error *error, int64_t *count);
/** The layers of weights, D. */
int64_t spn_network_layers(const spn_network *network);
/** |(W_l, b_l)| of each layer (D numbers); sums of P numbers layer by layer, as of the diagonal of a Hessian
 *  (spn_point_diagonal()): its trace, biases included. */
void spn_network_layer_norms(const spn_network *network, const double *theta, double *out);
void spn_network_layer_sums(const spn_network *network, const double *diagonal, double *out);
/** Singular values of all W_l, layer after layer, descending in each: min(w_l, w_{l-1}) of a layer, so many in all. */
int64_t spn_network_singular_count(const spn_network *network);
spn_status spn_network_singular_values(spn_context *context, const spn_network *network,
                                       const double *theta, double *out);
/** Classes that samples may have: 0 where there are none. The accuracy on the samples of each (NaN: it has none), at a point of the
 *  network's error, set with a value; one evaluation. */
int64_t spn_network_error_classes(const spn_network_error *error);
spn_status spn_network_class_accuracy(spn_context *context, const spn_point *point, double *out);

/** Are the labels' strengths principal strengths of the outputs? Where the data are classes or have no linear mode. */
bool spn_network_error_is_principal(const spn_network_error *error);

#ifdef __cplusplus
}
#endif

#endif
