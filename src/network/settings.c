/* SPDX-License-Identifier: MIT */
/* Sections `model` and `objective` of an experiment. */
#include <spinodal/network.h>

#include <string.h>

static const char *const schemes[] = {"fan_in", "xavier", "he", "normal", NULL};
/* The words of spn_weight_layout, which room formats owns; a test of room study sees that they agree. */
static const char *const layouts[] = {"auto", "out_in", "in_out", NULL};
static const char *const others[] = {"refuse", "ignore", NULL};
static const char *const errors[] = {"mse", "mse_mean", "cross_entropy", NULL};
/* In the order of spn_regularise_kind. */
static const char *const regularisers[] = {"all", "weights", NULL};
static const char *const symbols[] = {"|theta|", "|w|"};
static const char *const notes[] = {"", "w: the weights, without the biases"};
enum { REGULARISERS = sizeof symbols / sizeof *symbols };

static const spn_option model_items[] = {
    {"hidden", SPN_OPTION_INTEGERS, offsetof(spn_model_settings, hidden), "[5, 5]", SPN_COUNT, NULL,
     "", "widths of the hidden layers; [] for a linear model"},
    {"activation", SPN_OPTION_CHOICE, offsetof(spn_model_settings, activation), "tanh", SPN_ANY,
     spn_activation_words, "", "activation of the hidden units"},
    {"bias", SPN_OPTION_BOOLEAN, offsetof(spn_model_settings, bias), "false", SPN_ANY, NULL, "",
     "whether the layers have biases; objective.regularise says whether beta penalises them"},
    {"init.scheme", SPN_OPTION_CHOICE, offsetof(spn_model_settings, init_scheme), "fan_in", SPN_ANY,
     schemes, "", "how the spread of the initial weights follows from the widths"},
    {"init.scale", SPN_OPTION_REAL, offsetof(spn_model_settings, init_scale), "0.7",
     SPN_NONNEGATIVE, NULL, "",
     "factor on the standard deviation of the initial weights; sweep and branches: in natural "
     "scales of theta"},
    {"init.seed", SPN_OPTION_INTEGER, offsetof(spn_model_settings, init_seed), "1", SPN_NONNEGATIVE,
     NULL, "", "seed of the initial weights"},
    {"init.distinct", SPN_OPTION_INTEGERS, offsetof(spn_model_settings, init_distinct), NULL,
     SPN_COUNT, NULL, "",
     "how many different units each hidden layer begins with; the others are exact copies of them, "
     "which solver.method: newton_cg follows at the cost of the smaller network; unset: all "
     "differ"},
    {"init.weights", SPN_OPTION_TEXT, offsetof(spn_model_settings, init_weights), NULL, SPN_ANY,
     NULL, "",
     "safetensors, npz or PyTorch file with the initial weights, instead of scale and seed"},
    {"init.layout", SPN_OPTION_CHOICE, offsetof(spn_model_settings, init_layout), "auto", SPN_ANY,
     layouts, "",
     "how files hold weights: out_in (PyTorch) or in_out (Keras, flax, scikit-learn); auto: "
     "out_in, "
     "refused where in doubt"},
    {"init.names", SPN_OPTION_TEXTS, offsetof(spn_model_settings, init_names), NULL, SPN_ANY, NULL,
     "",
     "names of the arrays in weights files, layer by layer: the weights, or the weight and the "
     "bias "
     "of each; unset: found by shapes and numbers"},
    {"init.others", SPN_OPTION_CHOICE, offsetof(spn_model_settings, init_others), "refuse", SPN_ANY,
     others, "",
     "arrays of weights files that have no place in the network: refused, or named and ignored (so "
     "they are with init.names)"},
};

const spn_option_table spn_model_options = {
    .section = "model",
    .help = "the network",
    .options = model_items,
    .count = sizeof model_items / sizeof model_items[0],
    .settings_size = sizeof(spn_model_settings),
};

static const spn_option error_items[] = {
    {"error", SPN_OPTION_CHOICE, offsetof(spn_error_settings, error), "mse", SPN_ANY, errors, "",
     "error of the network's outputs, averaged over samples"},
    {"regularise", SPN_OPTION_CHOICE, offsetof(spn_error_settings, regularise), "all", SPN_ANY,
     regularisers, "",
     "what beta penalises: all parameters, or the weights, which leaves biases free"},
};

const spn_option_table spn_error_options = {
    .section = "objective",
    .help = "what is minimised",
    .options = error_items,
    .count = sizeof error_items / sizeof error_items[0],
    .settings_size = sizeof(spn_error_settings),
};

const char *spn_regularise_symbol(int64_t kind)
{
    return kind >= 0 && kind < REGULARISERS ? symbols[kind] : NULL;
}

const char *spn_regularise_note(int64_t kind)
{
    return kind >= 0 && kind < REGULARISERS ? notes[kind] : NULL;
}

int64_t spn_regularise_find(const char *word)
{
    for (int64_t kind = 0; kind < REGULARISERS; kind++) {
        if (strcmp(regularisers[kind], word) == 0) {
            return kind;
        }
    }
    return -1;
}
