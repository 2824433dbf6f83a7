/* SPDX-License-Identifier: MIT */
/* Section `data` of an experiment. */
#include <spinodal/data.h>
#include <spinodal/kernel.h>

static const char *const moments[] = {"exact", "drawn", NULL};
static const char *const columns[] = {"false", "true", "none", "inputs", "all", NULL};
static const char *const separators[] = {"auto", "comma", "semicolon", "tab", "space", NULL};
static const char *const missing[] = {"refuse", "drop", "mean", NULL};
static const char *const headers[] = {"auto", "yes", "no", NULL};

static const char *const take_by[] = {"first", "random", NULL};
static const char *const pixels[] = {"unit", "raw", NULL};
static const char *const class_targets[] = {"one_hot", "binary", NULL};

#define FIELD(member) offsetof(spn_data_settings, member)

static const spn_option options[] = {
    {"kind", SPN_OPTION_CHOICE, FIELD(kind), "gaussian", SPN_ANY, spn_data_words, "",
     "where the samples come from"},
    {"samples", SPN_OPTION_INTEGER, FIELD(samples), "1000", SPN_COUNT, NULL, "",
     "gaussian, teacher: number of samples to train on"},
    {"inputs", SPN_OPTION_INTEGER, FIELD(inputs), "3", SPN_COUNT, NULL, "",
     "gaussian, teacher: number of inputs"},
    {"outputs", SPN_OPTION_INTEGER, FIELD(outputs), "2", SPN_COUNT, NULL, "",
     "gaussian, teacher: number of targets"},
    {"correlations", SPN_OPTION_REALS, FIELD(correlations), "[0.9, 0.5]", SPN_UNIT_CLOSED, NULL, "",
     "gaussian: correlation of input i with target i; everything else is independent"},
    {"covariance", SPN_OPTION_MATRIX, FIELD(covariance), NULL, SPN_ANY, NULL, "",
     "gaussian: full covariance of inputs and targets, instead of correlations"},
    {"moments", SPN_OPTION_CHOICE, FIELD(moments), "exact", SPN_ANY, moments, "",
     "gaussian: whether the sample's mean and covariance equal the request or are drawn"},
    {"seed", SPN_OPTION_INTEGER, FIELD(seed), "1", SPN_NONNEGATIVE, NULL, "",
     "seed of the samples and of the teacher, or of the choice of samples for testing and of "
     "take_by: random"},
    {"path", SPN_OPTION_TEXT, FIELD(path), NULL, SPN_ANY, NULL, "",
     "csv, npz, idx (images): the file, relative to the experiment file; or digits.csv, which "
     "comes "
     "with the program"},
    {"header", SPN_OPTION_CHOICE, FIELD(header), "auto", SPN_ANY, headers, "",
     "csv: whether the first row holds names; auto: it does when it contradicts the rows below"},
    {"separator", SPN_OPTION_CHOICE, FIELD(separator), "auto", SPN_ANY, separators, "",
     "csv: what stands between cells (space: runs of blanks); auto: found from the first rows"},
    {"missing", SPN_OPTION_CHOICE, FIELD(missing), "refuse", SPN_ANY, missing, "",
     "csv: rows with missing cells (empty, ?, NA, NaN, null): refused, left out, or their inputs "
     "filled in with the mean of the training samples"},
    {"targets", SPN_OPTION_TEXTS, FIELD(targets), NULL, SPN_ANY, NULL, "",
     "csv: target columns, by name or position from 1"},
    {"columns", SPN_OPTION_TEXTS, FIELD(columns), NULL, SPN_ANY, NULL, "",
     "csv: input columns, by name or position from 1; unset: all that are not targets"},
    {"input_key", SPN_OPTION_TEXT, FIELD(input_key), "x", SPN_ANY, NULL, "",
     "npz: name of the array of inputs"},
    {"target_key", SPN_OPTION_TEXT, FIELD(target_key), "y", SPN_ANY, NULL, "",
     "npz: name of the array of targets"},
    {"classes", SPN_OPTION_TEXT, FIELD(classes), NULL, SPN_ANY, NULL, "",
     "csv, npz: instead of targets, the column or array of labels, words or integers; each class "
     "is "
     "a target, 1 or 0"},
    {"class_targets", SPN_OPTION_CHOICE, FIELD(class_targets), "one_hot", SPN_ANY, class_targets,
     "",
     "classes: a target for each, or (binary, two classes) one that is 0 or 1, for cross_entropy "
     "of "
     "one logit"},
    {"test_path", SPN_OPTION_TEXT, FIELD(test_path), NULL, SPN_ANY, NULL, "",
     "csv, npz, idx: another file, of samples for testing, read as the first one is, instead of "
     "test_share"},
    {"test_input_key", SPN_OPTION_TEXT, FIELD(test_input_key), NULL, SPN_ANY, NULL, "",
     "npz: array of inputs for testing, of test_path or of path; unset, with test_path: input_key"},
    {"test_target_key", SPN_OPTION_TEXT, FIELD(test_target_key), NULL, SPN_ANY, NULL, "",
     "npz: array of targets, or labels, for testing; unset, with test_path: as for training"},
    {"modulus", SPN_OPTION_INTEGER, FIELD(modulus), "23", SPN_COUNT, NULL, "",
     "modular: p; the p^2 pairs (a, b), one-hot, with the target (a + b) mod p, one-hot"},
    {"teacher.hidden", SPN_OPTION_INTEGERS, FIELD(teacher_hidden), "[5]", SPN_COUNT, NULL, "",
     "teacher: widths of the hidden layers of the network that makes the targets"},
    {"teacher.activation", SPN_OPTION_CHOICE, FIELD(teacher_activation), "tanh", SPN_ANY,
     spn_activation_words, "", "teacher: its activation"},
    {"teacher.scale", SPN_OPTION_REAL, FIELD(teacher_scale), "1", SPN_POSITIVE, NULL, "",
     "teacher: its weights are normal with deviation scale / sqrt(fan_in)"},
    {"noise", SPN_OPTION_REAL, FIELD(noise), "0", SPN_NONNEGATIVE, NULL, "",
     "teacher: standard deviation of what is added to each target"},
    {"test_share", SPN_OPTION_REAL, FIELD(test_share), "0", SPN_SHARE, NULL, "",
     "share of all samples that is kept for testing: drawn beside `samples`, or held out of a file "
     "or of the pairs"},
    {"standardize", SPN_OPTION_CHOICE, FIELD(standardize), "false", SPN_ANY, columns, "",
     "bring the inputs, or inputs and targets (all, true), to mean 0 and variance 1; constant "
     "inputs "
     "become 0"},
    {"whiten", SPN_OPTION_BOOLEAN, FIELD(whiten), "false", SPN_ANY, NULL, "",
     "bring the inputs to mean 0 and covariance 1, dropping dependent directions"},
    {"center", SPN_OPTION_CHOICE, FIELD(center), "false", SPN_ANY, columns, "",
     "subtract the means of the inputs, or of inputs and targets (all, true; also with "
     "standardize: "
     "inputs)"},
    {"labels", SPN_OPTION_TEXT, FIELD(labels), NULL, SPN_ANY, NULL, "",
     "idx: the file of labels; unset: the one that belongs to path by its name "
     "(train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz)"},
    {"test_labels", SPN_OPTION_TEXT, FIELD(test_labels), NULL, SPN_ANY, NULL, "",
     "idx: the same of test_path"},
    {"only", SPN_OPTION_TEXTS, FIELD(only), NULL, SPN_ANY, NULL, "",
     "idx: the classes whose samples are taken, [3, 5]; unset: all"},
    {"take", SPN_OPTION_INTEGER, FIELD(take), "0", SPN_NONNEGATIVE, NULL, "",
     "idx: how many of these samples are taken, before test_share holds some out; 0: all"},
    {"take_by", SPN_OPTION_CHOICE, FIELD(take_by), "first", SPN_ANY, take_by, "",
     "idx: which ones: the first of the file, or random ones (seed), in the order of the file"},
    {"pixels", SPN_OPTION_CHOICE, FIELD(pixels), "unit", SPN_ANY, pixels, "",
     "idx: bytes are divided by 255 (unit), or stay from 0 to 255 (raw); other numbers stay"},
    {"normalize", SPN_OPTION_REALS, FIELD(normalize), NULL, SPN_ANY, NULL, "",
     "idx: mean and deviation of all pixels, [0.1307, 0.3081]: the one is subtracted, by the other "
     "they are divided"},
};

const spn_option_table spn_data_options = {
    .section = "data",
    .help = "the samples to learn from",
    .options = options,
    .count = sizeof options / sizeof options[0],
    .settings_size = sizeof(spn_data_settings),
};

spn_columns_kind spn_columns_meant(int kind)
{
    return kind == SPN_COLUMNS_FALSE  ? SPN_COLUMNS_NONE
           : kind == SPN_COLUMNS_TRUE ? SPN_COLUMNS_ALL
                                      : (spn_columns_kind)kind;
}
