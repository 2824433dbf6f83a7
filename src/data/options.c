/* SPDX-License-Identifier: MIT */
#include <spinodal/data.h>

static const char *const kinds[] = {"gaussian", "csv", "npz", NULL};
static const char *const moments[] = {"exact", "drawn", NULL};
static const char *const headers[] = {"auto", "yes", "no", NULL};

#define FIELD(member) offsetof(spn_data_settings, member)

static const spn_option options[] = {
    {"kind", SPN_OPTION_CHOICE, FIELD(kind), "gaussian", SPN_ANY, kinds, "",
     "where the samples come from"},
    {"samples", SPN_OPTION_INTEGER, FIELD(samples), "1000", SPN_POSITIVE, NULL, "",
     "gaussian: number of samples"},
    {"inputs", SPN_OPTION_INTEGER, FIELD(inputs), "3", SPN_POSITIVE, NULL, "",
     "gaussian: number of inputs"},
    {"outputs", SPN_OPTION_INTEGER, FIELD(outputs), "2", SPN_POSITIVE, NULL, "",
     "gaussian: number of targets"},
    {"correlations", SPN_OPTION_REALS, FIELD(correlations), "[0.9, 0.5]", SPN_UNIT_CLOSED, NULL, "",
     "gaussian: correlation of input i with target i; everything else is independent"},
    {"covariance", SPN_OPTION_MATRIX, FIELD(covariance), NULL, SPN_ANY, NULL, "",
     "gaussian: full covariance of inputs and targets, instead of correlations"},
    {"moments", SPN_OPTION_CHOICE, FIELD(moments), "exact", SPN_ANY, moments, "",
     "gaussian: whether the sample's mean and covariance equal the request or are drawn"},
    {"seed", SPN_OPTION_INTEGER, FIELD(seed), "1", SPN_NONNEGATIVE, NULL, "",
     "gaussian: seed of the samples"},
    {"path", SPN_OPTION_TEXT, FIELD(path), NULL, SPN_ANY, NULL, "",
     "csv, npz: the file, relative to the experiment file"},
    {"header", SPN_OPTION_CHOICE, FIELD(header), "auto", SPN_ANY, headers, "",
     "csv: whether the first row holds names; auto: it does when one of its cells is no number"},
    {"targets", SPN_OPTION_TEXTS, FIELD(targets), NULL, SPN_ANY, NULL, "",
     "csv: target columns, by name or position from 1"},
    {"columns", SPN_OPTION_TEXTS, FIELD(columns), NULL, SPN_ANY, NULL, "",
     "csv: input columns, by name or position from 1; unset: all that are not targets"},
    {"input_key", SPN_OPTION_TEXT, FIELD(input_key), "x", SPN_ANY, NULL, "",
     "npz: name of the array of inputs"},
    {"target_key", SPN_OPTION_TEXT, FIELD(target_key), "y", SPN_ANY, NULL, "",
     "npz: name of the array of targets"},
    {"standardize", SPN_OPTION_BOOLEAN, FIELD(standardize), "false", SPN_ANY, NULL, "",
     "bring inputs and targets to mean 0 and variance 1"},
    {"whiten", SPN_OPTION_BOOLEAN, FIELD(whiten), "false", SPN_ANY, NULL, "",
     "bring the inputs to mean 0 and covariance 1, dropping dependent directions"},
    {"center", SPN_OPTION_BOOLEAN, FIELD(center), "false", SPN_ANY, NULL, "",
     "subtract the means of inputs and targets"},
};

const spn_option_table spn_data_options = {
    .section = "data",
    .help = "the samples to learn from",
    .options = options,
    .count = sizeof options / sizeof options[0],
    .settings_size = sizeof(spn_data_settings),
};
