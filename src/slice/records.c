/* SPDX-License-Identifier: MIT */
#include "base/columns.h"

#include <spinodal/slice.h>

#define BETA "error/weight^2"

#define RECORD spn_slice_record
static const spn_column slice_columns[] = {
    INTEGER(slice, "number of the slice, from 0"),
    INTEGER(axes, "1: a line, 2: a plane"),
    {"span", SPN_COLUMN_INTEGER, offsetof(RECORD, span), "", "what spans it", spn_span_words, NULL},
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
