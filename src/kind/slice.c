/* SPDX-License-Identifier: MIT */
#include <spinodal/kind.h>

#include <math.h>

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

/* What stored and measured numbers may differ by: they come from the same network at weights that differ by
 * the rounding of (b - a) / |b - a| |b - a|. Beside the largest of them: a small E is a difference of larger numbers. */
static const double agreement = 1e-12;

enum { ERROR, LOSS, STORED_ERROR, STORED_LOSS, NUMBERS };
static const char *const numbers[NUMBERS] = {"error", "loss", "stored_error", "stored_loss"};

bool spn_slice_agrees(const spn_table *anchors, int64_t row)
{
    int64_t at[NUMBERS];
    double largest = 0, differences[2];
    if (!spn_find_columns(anchors, NUMBERS, numbers, at)) {
        return false;
    }
    for (int64_t i = 0; i < anchors->rows; i++) {
        largest = fmax(largest, fabs(spn_table_real(anchors, i, at[STORED_ERROR])));
        largest = fmax(largest, fabs(spn_table_real(anchors, i, at[STORED_LOSS])));
    }
    for (int k = ERROR; k <= LOSS; k++) {
        differences[k] = spn_table_real(anchors, row, at[k]) -
                         spn_table_real(anchors, row, at[k + STORED_ERROR]);
    }
    return fabs(differences[ERROR]) <= agreement * largest &&
           fabs(differences[LOSS]) <= agreement * largest;
}

bool spn_slice_passes(const spn_results *results)
{
    const spn_table *anchors = spn_results_table(results, "anchors");
    bool is_good = anchors != NULL;
    for (int64_t row = 0; is_good && row < anchors->rows; row++) {
        is_good = spn_slice_agrees(anchors, row);
    }
    return is_good;
}
