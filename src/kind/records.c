/* SPDX-License-Identifier: MIT */
#include <spinodal/kind.h>

static const spn_column layout_items[] = {
    SPN_INTEGER_COLUMN(spn_layout_record, layer, "layer, from 0"),
    SPN_INTEGER_COLUMN(spn_layout_record, is_bias, "1: a bias vector"),
    SPN_INTEGER_COLUMN(spn_layout_record, offset, "index of the first entry in theta"),
    SPN_INTEGER_COLUMN(spn_layout_record, rows, "rows (outputs of the layer)"),
    SPN_INTEGER_COLUMN(spn_layout_record, columns,
                       "columns (inputs of the layer; 1 for a bias); row-major"),
};
const spn_columns spn_layout_columns = SPN_COLUMNS_OF(layout_items, spn_layout_record);
