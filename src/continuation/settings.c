/* SPDX-License-Identifier: MIT */
/* Section `branches` of an experiment. */
#include <spinodal/continuation.h>

static const char *const methods[] = {"dense", "products", NULL};

#define AT(member) offsetof(spn_branches_settings, member)
static const spn_option options[] = {
    {"beta.from", SPN_OPTION_REAL, AT(beta_from), NULL, SPN_STRENGTH, NULL, "error/weight^2",
     "smallest beta; unset: that of the sweep"},
    {"beta.to", SPN_OPTION_REAL, AT(beta_to), NULL, SPN_STRENGTH, NULL, "error/weight^2",
     "largest beta; unset: that of the sweep"},
    {"step", SPN_OPTION_REAL, AT(step), "0.05", SPN_POSITIVE, NULL, "",
     "longest step along a branch, as a share of the length of theta"},
    {"angle", SPN_OPTION_REAL, AT(angle), "0.1", SPN_POSITIVE, NULL, "radian",
     "largest angle between the tangents at neighbouring points"},
    {"points", SPN_OPTION_INTEGER, AT(points), "5000", SPN_COUNT, NULL, "",
     "most points of a branch each way from where it begins, which is not counted: 3 makes 4 of a "
     "branch that goes one way, and 7 of one that goes both"},
    {"branches", SPN_OPTION_INTEGER, AT(branches), "100", SPN_COUNT, NULL, "", "most branches"},
    {"index", SPN_OPTION_INTEGER, AT(index), "1", SPN_COUNT_OR_ZERO, NULL, "",
     "branches are followed up to this many negative eigenvalues"},
    {"starts", SPN_OPTION_INTEGER, AT(starts), "4", SPN_COUNT_OR_ZERO, NULL, "",
     "random starts at each of `levels` values of beta, to find phases that no sweep visits"},
    {"levels", SPN_OPTION_INTEGER, AT(levels), "3", SPN_COUNT, NULL, "",
     "values of beta at which they start"},
    {"saddles", SPN_OPTION_BOOLEAN, AT(saddles), "false", SPN_ANY, NULL, "",
     "look for saddles that no phase is connected to, by deflation"},
    {"saddle_starts", SPN_OPTION_INTEGER, AT(saddle_starts), "40", SPN_COUNT_OR_ZERO, NULL, "",
     "starts of the search for saddles at each level"},
    {"tolerance", SPN_OPTION_REAL, AT(tolerance), "1e-10", SPN_UNIT_OPEN, NULL, "",
     "relative accuracy of beta at special points and Maxwell points"},
    {"parameters", SPN_OPTION_BOOLEAN, AT(parameters), "true", SPN_ANY, NULL, "",
     "keep the weights at each point in the results"},
    {"method", SPN_OPTION_CHOICE, AT(method), "dense", SPN_ANY, methods, "",
     "dense: all branches, with the dense Hessian at each point; products: the one branch that the "
     "initial weights lead to at beta.from, by products with the Hessian, for large networks"},
};
#undef AT

const spn_option_table spn_branches_options = {
    "branches", "how branches of stationary points are followed", options,
    sizeof options / sizeof *options, sizeof(spn_branches_settings)};
