/* SPDX-License-Identifier: MIT */
/* Section `geometry` of an experiment. */
#include "geometry/spectrum.h"

static const char *const methods[] = {"auto", "dense", "moments", "stochastic", "none", NULL};
static const char *const estimators[] = {"hutchinson", "hutch++", "xtrace", NULL};

#define AT(member) offsetof(spn_geometry_settings, member)
static const spn_option options[] = {
    {"method", SPN_OPTION_CHOICE, AT(method), "auto", SPN_ANY, methods, "",
     "the way to curvature and spectrum at a point: the dense Hessian; exact traces without it; "
     "estimates by products; none: "
     "no curvature at all. auto: by a forecast of time and memory"},
    {"patience", SPN_OPTION_REAL, AT(patience), "60", SPN_NONNEGATIVE, NULL, "s",
     "method auto takes an exact way where it is forecast to take no longer"},
    {"hours", SPN_OPTION_REAL, AT(hours), "12", SPN_POSITIVE, NULL, "h",
     "nothing is started that is forecast to take longer"},
    {"memory", SPN_OPTION_REAL, AT(memory), "4", SPN_POSITIVE, NULL, "GB",
     "nothing is started that needs more"},
    {"seed", SPN_OPTION_INTEGER, AT(seed), "1", SPN_NONNEGATIVE, NULL, "", "of random vectors"},
    {"estimator", SPN_OPTION_CHOICE, AT(estimator), "hutchinson", SPN_ANY, estimators, "",
     "how traces are estimated"},
    {"probes", SPN_OPTION_INTEGER, AT(probes), "64", SPN_COUNT, NULL, "",
     "products with the Hessian that estimates of traces take; at least 16"},
    {"exact_trace", SPN_OPTION_BOOLEAN, AT(exact_trace), "true", SPN_ANY, NULL, "",
     "the trace exactly beside an estimate of the trace of squares, where it costs no more than "
     "the probes"},
    {"confidence", SPN_OPTION_REAL, AT(confidence), "0.95", SPN_UNIT_OPEN, NULL, "",
     "of intervals"},
    {"smallest", SPN_OPTION_INTEGER, AT(smallest), "1", SPN_COUNT_OR_ZERO, NULL, "",
     "eigenpairs from the lower end"},
    {"largest", SPN_OPTION_INTEGER, AT(largest), "10", SPN_COUNT_OR_ZERO, NULL, "",
     "eigenpairs from the upper end"},
    {"tolerance", SPN_OPTION_REAL, AT(tolerance), "1e-6", SPN_POSITIVE, NULL, "",
     "of the residuals of eigenpairs, relative to the largest eigenvalue"},
    {"products", SPN_OPTION_INTEGER, AT(products), "5000", SPN_COUNT, NULL, "",
     "products with the Hessian that eigenpairs may take"},
    {"block", SPN_OPTION_INTEGER, AT(block), "4", SPN_COUNT, NULL, "",
     "vectors that are multiplied at a time"},
    {"starts", SPN_OPTION_INTEGER, AT(starts), "8", SPN_COUNT, NULL, "",
     "random starts of the density"},
    {"steps", SPN_OPTION_INTEGER, AT(steps), "80", SPN_COUNT, NULL, "",
     "steps of Lanczos' method from each of them"},
    {"layers", SPN_OPTION_BOOLEAN, AT(layers), "false", SPN_ANY, NULL, "",
     "results that store weights hold norms, traces and singular values of layers and the accuracy "
     "of classes beside them"},
};
#undef AT

const spn_option_table spn_geometry_options = {
    "geometry", "how curvature and spectra are measured, at any size", options,
    sizeof options / sizeof *options, sizeof(spn_geometry_settings)};

const char *spn_spectrum_method_text(int64_t method)
{
    return method >= SPN_SPECTRUM_DENSE && method <= SPN_SPECTRUM_NONE ? methods[method] : NULL;
}
