/* SPDX-License-Identifier: MIT */
#include <spinodal/kind.h>

/* The grids fill the table of points. */
static spn_status check_grids(spn_context *context, const spn_slice_contents *c)
{
    const spn_slice_record *slices = c->slices.records;
    int64_t points = 0;
    for (int64_t k = 0; k < c->slices.rows; k++) {
        const spn_slice_record *slice = &slices[k];
        if (slice->slice != k || slice->columns < 1 || slice->rows < 1 ||
            slice->columns > c->points.rows || slice->rows > c->points.rows) {
            return spn_fail(context, SPN_ERROR_INPUT, "slice %lld has no grid", (long long)k);
        }
        points += slice->columns * slice->rows;
    }
    return points == c->points.rows && c->slices.rows > 0
               ? SPN_OK
               : spn_fail(context, SPN_ERROR_INPUT, "the slices have %lld points, not %lld",
                          (long long)points, (long long)c->points.rows);
}

spn_status spn_slice_contents_read(spn_context *context, spn_arena *arena,
                                   const spn_results *results, void *contents)
{
    spn_status status = SPN_OK;
    spn_slice_contents *out = contents;
    const spn_wanted_table wanted[] = {
        {&out->slices, "slices", &spn_slice_columns, false},
        {&out->points, "points", &spn_slice_point_columns, false},
        {&out->anchors, "anchors", &spn_slice_anchor_columns, false},
        {&out->levels, "levels", &spn_slice_level_columns, false},
        {&out->potential, "potential", &spn_norm_columns, true},
    };
    SPN_TRY(spn_take_tables(context, arena, results, sizeof wanted / sizeof *wanted, wanted));
    SPN_TRY(spn_take_texts(context, results, &out->anchors, "name", &out->names));
    SPN_TRY(check_grids(context, out));
done:
    return status;
}
