/* SPDX-License-Identifier: MIT */
/* The spectra at a point as a study measures them: one piece, no journal. */
#include "study/book.h"
#include "study/experiment.h"
#include "study/recorder.h"

#include <math.h>
#include <spinodal/geometry/spectra.h>

static void fill(spn_book *book, const spn_spectra *spectra, const double *theta)
{
    const spn_table tables[] = {
        {"points", &spn_spectra_point_columns, 1, &spectra->point},
        {"spectra", &spn_spectra_summary_columns, spectra->summaries.count,
         spectra->summaries.items},
        {"eigenvalues", &spn_spectra_eigenvalue_columns, spectra->eigenvalues.count,
         spectra->eigenvalues.items},
        {"density", &spn_spectra_node_columns, spectra->nodes.count, spectra->nodes.items},
    };
    const spn_theta weights = {"theta", "parameter vector of the point, in the order of /layout"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        spn_book_table(book, tables[i]);
    }
    spni_book_weights(book, weights, 1, spectra->point.parameters, theta);
}

/* Units that repeat others; -1, not known, of an objective without labels. */
static spn_status count_merged(spn_context *context, const spn_point *point, int64_t *out)
{
    spn_labels labels;
    spn_status status = spn_point_labels(context, point, &labels);
    *out = labels.merged_units;
    if (status == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(context);
        status = SPN_OK;
    }
    return status;
}

static spn_status measure(spn_context *context, const spn_study *study,
                          const spn_run_settings *settings, spn_point *point, spn_spectra *out)
{
    spn_status status = SPN_OK;
    int64_t merged_units = -1;
    const spn_geometry_settings *geometry = spn_experiment_geometry(study->experiment);
    const double beta = isnan(settings->beta) ? 0 : settings->beta;
    SPN_TRY(settings->weights != NULL
                ? spn_study_read_weights(context, study, settings->weights, point->theta)
                : spn_study_initial(context, study, 0, point->theta));
    SPN_TRY(spn_point_set(context, point, point->theta, beta, NULL, SPN_WANT_ALL));
    if (!isfinite(point->value)) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC, "the error at these weights is not a finite number");
    }
    SPN_TRY(count_merged(context, point, &merged_units));
    SPN_TRY(
        spni_experiment_place(context, study->experiment,
                              spn_spectra_measure(context, point, geometry, merged_units, out)));
done:
    return status;
}

static spn_status check(spn_context *context, const spn_study *study,
                        const spn_run_settings *settings)
{
    spn_status status = SPN_OK;
    spn_forecast forecasts[3];
    const spn_geometry_settings *geometry = spn_experiment_geometry(study->experiment);
    if (spn_experiment_reads(study->experiment, settings->output)) {
        SPN_FAIL(context, SPN_ERROR_IO,
                 "%s is a file that the experiment reads; choose another output", settings->output);
    }
    SPN_TRY(spn_results_check_target(context, settings->output, settings->is_forced));
    SPN_TRY(
        spni_experiment_place(context, study->experiment,
                              spn_spectra_forecast(context, &study->loss, geometry, forecasts)));
done:
    return status;
}

spn_status spn_study_spectrum(spn_context *context, const spn_study *study,
                              const spn_run_settings *settings, bool *is_good)
{
    spn_status status = SPN_OK;
    spn_team *team = NULL;
    spn_point *point = NULL;
    spn_book *book = NULL;
    spn_spectra spectra = {.point = {.beta = 0}};
    *is_good = false;
    SPN_TRY(check(context, study, settings));
    SPN_TRY(spn_team_create(context, settings->threads, &team));
    spn_context_set_team(context, team);
    SPN_TRY(spn_point_create(context, &study->loss, &point));
    SPN_TRY(measure(context, study, settings, point, &spectra));
    SPN_TRY(spn_book_create(context, &spn_spectrum_kind, study, &book));
    fill(book, &spectra, point->theta);
    SPN_TRY(spni_book_layers(context, study, book, 1, point->theta));
    SPN_TRY(spn_book_write(context, book, settings->output, settings->is_forced, is_good));
done:
    spn_context_set_team(context, NULL);
    spn_team_free(team);
    spn_book_free(book);
    spn_spectra_free(context, &spectra);
    spn_point_free(context, point);
    return status;
}
