/* SPDX-License-Identifier: MIT */
#include "base/columns.h"

#include <spinodal/slice.h>

static const char *const spans[] = {"points", "eigenvectors", "random", NULL};
static const char *const scalings[] = {"layer", "filter", "unit", NULL};

#define BETA "error/weight^2"
#define AT(member) offsetof(spn_slice_settings, member)
static const spn_option options[] = {
    {"span", SPN_OPTION_CHOICE, AT(span), "points", SPN_ANY, spans, "",
     "what spans the slice: two or three points, eigenvectors of the Hessian at a point, or random "
     "directions at a point"},
    {"through", SPN_OPTION_TEXTS, AT(through), "[trivial, initial]", SPN_ANY, NULL, "",
     "the points, two for a line and three for a plane, one for eigenvectors and random: trivial, "
     "initial, a weights file (.npz, .safetensors, .pth), 'row N' of slice.results, or the name of "
     "a "
     "phase in it ('1 mode'), also with its own beta ('1 mode@0.2')"},
    {"results", SPN_OPTION_TEXT, AT(results), NULL, SPN_ANY, NULL, "",
     "results file of a sweep or of branches that the phases are taken from"},
    {"at", SPN_OPTION_REAL, AT(at), NULL, SPN_NONNEGATIVE, NULL, BETA,
     "beta of the points: phases are those stored nearest to it; unset: the first of slice.beta"},
    {"minimize", SPN_OPTION_BOOLEAN, AT(minimize), "false", SPN_ANY, NULL, "",
     "minimise the loss at slice.at from each stored phase, so that it is exactly that of "
     "slice.at"},
    {"beta", SPN_OPTION_REALS, AT(beta), "[0.3]", SPN_NONNEGATIVE, NULL, BETA,
     "values of beta for which the loss is drawn"},
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

#define RECORD spn_slice_record
static const spn_column slice_columns[] = {
    INTEGER(slice, "number of the slice, from 0"),
    INTEGER(axes, "1: a line, 2: a plane"),
    {"span", SPN_COLUMN_INTEGER, offsetof(RECORD, span), "", "what spans it", spans, NULL},
    REAL(beta, BETA, "regularisation strength at which its points were taken"),
    INTEGER(columns, "values of u"),
    INTEGER(rows, "values of v; 1 for a line"),
    REAL(u_low, "", "smallest u, in lengths of the axis"),
    REAL(u_high, "", "largest u"),
    REAL(v_low, "", "smallest v; 0 for a line"),
    REAL(v_high, "", "largest v; 0 for a line"),
    REAL(eigenvalue_u, BETA, "eigenvalue of the Hessian of L along u; null: no eigenvector"),
    REAL(eigenvalue_v, BETA, "eigenvalue of the Hessian of L along v; null: no eigenvector"),
};
const spn_columns spn_slice_columns = SPN_COLUMNS_OF(slice_columns, RECORD);
#undef RECORD

#define RECORD spn_slice_point
static const spn_column point_columns[] = {
    INTEGER(slice, "number of the slice"),
    INTEGER(row, "place of v in the grid, from 0"),
    INTEGER(column, "place of u in the grid, from 0"),
    REAL(u, "", "theta = origin + u axis_1 + v axis_2"),
    REAL(v, "", "0 on a line"),
    REAL(error, "error", "error E (T1)"),
    REAL(norm_squared, "weight^2", "|theta|^2; L = E + beta |theta|^2 (T2)"),
    REAL(scalar_curvature_error, "error^2/weight^4",
         "scalar (Ricci) curvature of E's graph (T3); null: not wanted"),
};
const spn_columns spn_slice_point_columns = SPN_COLUMNS_OF(point_columns, RECORD);
#undef RECORD

#define RECORD spn_slice_anchor
static const spn_column anchor_columns[] = {
    INTEGER(slice, "number of the slice"),
    INTEGER(anchor, "number of the point that the slice was laid through, from 0"),
    REAL(u, "", "its place on the slice"),
    REAL(v, "", "its place on the slice; 0 on a line"),
    REAL(beta, BETA, "regularisation strength at which it was stored"),
    REAL(error, "error", "error E there, measured on the slice"),
    REAL(norm_squared, "weight^2", "|theta|^2 there, measured on the slice"),
    REAL(loss, "error", "L at its beta, measured on the slice"),
    REAL(stored_error, "error",
         "E as the results file has it; of other points E at the point itself"),
    REAL(stored_loss, "error",
         "L as the results file has it; of other points L at the point itself"),
};
const spn_columns spn_slice_anchor_columns = SPN_COLUMNS_OF(anchor_columns, RECORD);
#undef RECORD

#define RECORD spn_slice_level
static const spn_column level_columns[] = {
    INTEGER(slice, "number of the slice"),
    REAL(beta, BETA, "regularisation strength beta (T2) for which L is wanted"),
    REAL(u, "", "where L is smallest on the grid"),
    REAL(v, "", "where L is smallest on the grid"),
    REAL(loss, "error", "L there"),
};
const spn_columns spn_slice_level_columns = SPN_COLUMNS_OF(level_columns, RECORD);
#undef RECORD
