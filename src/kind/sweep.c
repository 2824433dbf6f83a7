/* SPDX-License-Identifier: MIT */
#include <spinodal/kind.h>

#include <string.h>

spn_status spn_sweep_contents_read(spn_context *context, spn_arena *arena,
                                   const spn_results *results, void *contents)
{
    spn_status status = SPN_OK;
    spn_sweep_contents *out = contents;
    char epochs[32];
    *out = (spn_sweep_contents){.modes = spn_results_array(results, "modes"),
                                .is_refined = spn_results_table(results, "jumps") != NULL};
    const spn_wanted_table wanted[] = {
        {&out->points, "points", &spn_sweep_columns, false},
        {&out->jumps, "jumps", &spn_sweep_jump_columns, true},
        {&out->approach, "approach", &spn_sweep_approach_columns, true},
    };
    SPN_TRY(spn_take_tables(context, arena, results, sizeof wanted / sizeof *wanted, wanted));
    if (out->modes != NULL && (out->modes->rows != out->points.rows || out->modes->columns == 0)) {
        out->modes = NULL;
    }
    const char *said = spn_results_setting(results, "sweep.epochs", epochs, sizeof epochs);
    out->has_rate = said != NULL && strcmp(said, "0") != 0;
    const spn_sweep_record *points = out->points.records;
    for (int64_t i = 0; i < out->points.rows; i++) {
        out->is_quench = out->is_quench || points[i].direction == SPN_DIRECTION_QUENCH;
    }
done:
    return status;
}
