/* SPDX-License-Identifier: MIT */
/* Section `slice` of an experiment. */
#include <spinodal/slice.h>

const char *const spn_span_words[] = {"points", "eigenvectors", "random", NULL};
static const char *const scalings[] = {"layer", "filter", "unit", NULL};

#define AT(member) offsetof(spn_slice_settings, member)
static const spn_option options[] = {
    {"span", SPN_OPTION_CHOICE, AT(span), "points", SPN_ANY, spn_span_words, "",
     "what spans the slice: two or three points, eigenvectors of the Hessian at a point, or random "
     "directions at a point"},
    {"through", SPN_OPTION_TEXTS, AT(through), "[trivial, initial]", SPN_ANY, NULL, "",
     "the points, two for a line and three for a plane, one for eigenvectors and random: trivial, "
     "initial, a weights file (.npz, .safetensors, .pth), 'row N' of slice.results, or the name of "
     "a "
     "phase in it ('1 mode'), also with its own beta ('1 mode@0.2')"},
    {"results", SPN_OPTION_TEXT, AT(results), NULL, SPN_ANY, NULL, "",
     "results file of a sweep or of branches that the phases are taken from"},
    {"at", SPN_OPTION_REAL, AT(at), NULL, SPN_NONNEGATIVE, NULL, "error/weight^2",
     "beta of the points: phases are those stored nearest to it; unset: the first of slice.beta"},
    {"minimize", SPN_OPTION_BOOLEAN, AT(minimize), "false", SPN_ANY, NULL, "",
     "minimise the loss at slice.at from each stored phase, so that it is exactly that of "
     "slice.at"},
    {"beta", SPN_OPTION_REALS, AT(beta), "[0.3]", SPN_NONNEGATIVE, NULL, "error/weight^2",
     "values of beta for which the loss is drawn; unset where slice.at is given: that"},
    {"eigenvectors", SPN_OPTION_INTEGERS, AT(eigenvectors), "[0, -1]", SPN_ANY, NULL, "",
     "one or two eigenvectors: 0 belongs to the smallest eigenvalue, 1 to the next, -1 to the "
     "largest"},
    {"axes", SPN_OPTION_INTEGER, AT(axes), "1", SPN_COUNT, NULL, "",
     "random: 1 for a line, 2 for a plane"},
    {"scaling", SPN_OPTION_CHOICE, AT(scaling), "layer", SPN_ANY, scalings, "",
     "random: each layer has the norm of that layer of the point; or the weights into each unit; "
     "or "
     "the whole has norm 1"},
    {"seed", SPN_OPTION_INTEGER, AT(seed), "1", SPN_NONNEGATIVE, NULL, "",
     "random: seed of the directions"},
    {"reach", SPN_OPTION_REAL, AT(reach), "1", SPN_POSITIVE, NULL, "",
     "eigenvectors, random: the slice goes so far to both sides, in lengths of its axes"},
    {"margin", SPN_OPTION_REAL, AT(margin), "0.5", SPN_NONNEGATIVE, NULL, "",
     "points: the slice goes beyond them by this share of their distance"},
    {"points", SPN_OPTION_INTEGER, AT(points), "101", SPN_COUNT, NULL, "",
     "points along each axis; the points that it goes through are added"},
    {"curvature", SPN_OPTION_BOOLEAN, AT(curvature), "false", SPN_ANY, NULL, "",
     "measure the scalar curvature of the error surface at each point, too"},
};
#undef AT

const spn_option_table spn_slice_options = {
    "slice", "lines and planes along which the surfaces are drawn", options,
    sizeof options / sizeof *options, sizeof(spn_slice_settings)};
