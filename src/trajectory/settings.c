/* SPDX-License-Identifier: MIT */
/* Section `grok` of an experiment. */
#include <spinodal/trajectory.h>

#define AT(member) offsetof(spn_grok_settings, member)
static const spn_option options[] = {
    {"beta", SPN_OPTION_REAL, AT(beta), "1e-4", SPN_STRENGTH, NULL, "error/weight^2",
     "the beta of the training"},
    {"starts", SPN_OPTION_TEXTS, AT(starts), "[random, trivial]", SPN_ANY, NULL, "",
     "where runs start: random, random*8, trivial, a phase of `results` (1 mode, 2 modes@0.01, row "
     "17), a weights file; any but random may end in +U0, its own residue"},
    {"results", SPN_OPTION_TEXT, AT(results), NULL, SPN_ANY, NULL, "",
     "results file of a sweep or of branches whose phases are starts"},
    {"residue", SPN_OPTION_REAL, AT(residue), "0.005", SPN_NONNEGATIVE, NULL, "weight",
     "u_0: standard deviation of what is added to each weight of a stationary start"},
    {"seeds", SPN_OPTION_INTEGER, AT(seeds), "1", SPN_COUNT, NULL, "",
     "runs from each start, with their own random numbers"},
    {"method", SPN_OPTION_CHOICE, AT(method), "gd", SPN_ANY, spn_path_words, "",
     "gradient flow, gradient descent, heavy ball, Adam or mini-batches; learning_rate and the "
     "like are those of section solver"},
    {"tolerance", SPN_OPTION_REAL, AT(tolerance), "1e-8", SPN_UNIT_OPEN, NULL, "",
     "relative error of a step of the flow"},
    {"epochs", SPN_OPTION_REAL, AT(epochs), "10000", SPN_POSITIVE, NULL, "epoch",
     "length of a run; an epoch of the flow is a time of solver.learning_rate"},
    {"records", SPN_OPTION_INTEGER, AT(records), "40", SPN_COUNT, NULL, "",
     "records per decade of epochs, beside epoch 0 and the last"},
    {"at", SPN_OPTION_REALS, AT(at), NULL, SPN_NONNEGATIVE, NULL, "epoch",
     "listed epochs to record, ascending; instead of records"},
    {"levels", SPN_OPTION_REALS, AT(levels), NULL, SPN_ANY, NULL, "error",
     "values of E: the first epoch below each is located"},
    {"geometry", SPN_OPTION_BOOLEAN, AT(geometry), "true", SPN_ANY, NULL, "",
     "curvature and eigenvalues at each record; false spares networks of more than 1000 weights "
     "all "
     "dense matrices: plateaus are then not explained"},
    {"parameters", SPN_OPTION_BOOLEAN, AT(parameters), "false", SPN_ANY, NULL, "",
     "keep the weights at each record in the results"},
};
#undef AT

const spn_option_table spn_grok_options = {"grok", "how training is watched on its way", options,
                                           sizeof options / sizeof *options,
                                           sizeof(spn_grok_settings)};
