/* SPDX-License-Identifier: MIT */
#include <spinodal/kind.h>

/* Rows of eigenvalues and nodes are of parts that are there; the point is one. */
static spn_status check_rows(spn_context *context, const spn_spectrum_contents *c)
{
    const spn_spectra_eigenvalue *eigenvalues = c->eigenvalues.records;
    const spn_spectra_node *nodes = c->nodes.records;
    const spn_spectra_summary *spectra = c->spectra.records;
    bool is_there[SPN_SPECTRA_PARTS] = {false};
    bool is_good = c->points.rows == 1 && c->spectra.rows > 0;
    for (int64_t i = 0; is_good && i < c->spectra.rows; i++) {
        is_good = spectra[i].part >= 0 && spectra[i].part < SPN_SPECTRA_PARTS;
        is_there[is_good ? spectra[i].part : 0] = is_good;
    }
    for (int64_t i = 0; is_good && i < c->eigenvalues.rows; i++) {
        const int64_t part = eigenvalues[i].part;
        is_good = part >= 0 && part < SPN_SPECTRA_PARTS && is_there[part];
    }
    for (int64_t i = 0; is_good && i < c->nodes.rows; i++) {
        is_good =
            nodes[i].part >= 0 && nodes[i].part < SPN_SPECTRA_PARTS && is_there[nodes[i].part];
    }
    return is_good ? SPN_OK
                   : spn_fail(context, SPN_ERROR_INPUT,
                              "the tables of the spectra do not belong together");
}

spn_status spn_spectrum_contents_read(spn_context *context, spn_arena *arena,
                                      const spn_results *results, void *contents)
{
    spn_status status = SPN_OK;
    spn_spectrum_contents *out = contents;
    const spn_wanted_table wanted[] = {
        {&out->points, "points", &spn_spectra_point_columns, false},
        {&out->spectra, "spectra", &spn_spectra_summary_columns, false},
        {&out->eigenvalues, "eigenvalues", &spn_spectra_eigenvalue_columns, false},
        {&out->nodes, "density", &spn_spectra_node_columns, false},
    };
    SPN_TRY(spn_take_tables(context, arena, results, sizeof wanted / sizeof *wanted, wanted));
    SPN_TRY(check_rows(context, out));
done:
    return status;
}

static bool is_yes(int64_t value)
{
    return value == 1;
}

bool spn_spectrum_passes(const spn_results *results)
{
    return spn_rows_are(results, "spectra", "converged", is_yes);
}
