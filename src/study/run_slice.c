/* SPDX-License-Identifier: MIT */
/* Slices as a study makes them. They are short: no journal is kept. */
#include "study/anchors.h"
#include "study/experiment.h"
#include "study/own_objective.h"

#include <math.h>
#include <string.h>

static spn_status check_through(spn_context *context, const spn_slice_settings *settings)
{
    const int64_t count = settings->through.count;
    if (settings->span == SPN_SLICE_POINTS && count != 2 && count != 3) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "names %lld point%s; two span a line, three a plane", (long long)count,
                        count == 1 ? "" : "s");
    }
    if (settings->span != SPN_SLICE_POINTS && count != 1) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "names %lld points; eigenvectors and random directions start from one",
                        (long long)count);
    }
    return SPN_OK;
}

static spn_status check(spn_context *context, const spn_experiment *experiment,
                        const spn_slice_settings *settings)
{
    spn_status status = SPN_OK;
    const char *key = "through";
    SPN_TRY(check_through(context, settings));
    key = "eigenvectors";
    if (settings->span == SPN_SLICE_EIGENVECTORS && settings->eigenvectors.count != 1 &&
        settings->eigenvectors.count != 2) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "names %lld eigenvectors; one spans a line, two a plane",
                 (long long)settings->eigenvectors.count);
    }
    key = "axes";
    if (settings->axes > 2) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "1 makes a line, 2 a plane; there are no others");
    }
    key = "points";
    if (settings->points < 2 || settings->points > 10000) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "expected from 2 to 10000 points along an axis");
    }
    key = "beta";
    if (settings->beta.count == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "the list is empty");
    }
done:
    return spni_experiment_blame(context, experiment, SPNI_SECTION_SLICE, key, status);
}

/* Keys of other spans are heard by nobody: another picture than was asked for. */
static void warn_of_span(spn_context *context, const spn_experiment *experiment,
                         const spn_slice_settings *settings)
{
    enum { POINTS = 1 << SPN_SLICE_POINTS, EIGEN = 1 << SPN_SLICE_EIGENVECTORS };
    enum { RANDOM = 1 << SPN_SLICE_RANDOM };
    static const struct {
        const char *key;
        int spans;
    } keys[] = {{"eigenvectors", EIGEN}, {"axes", RANDOM},          {"scaling", RANDOM},
                {"seed", RANDOM},        {"reach", EIGEN | RANDOM}, {"margin", POINTS}};
    const spn_settings *section = &experiment->sections[SPNI_SECTION_SLICE];
    char where[512];
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (spn_settings_is_set(section, keys[i].key) &&
            (keys[i].spans & 1 << settings->span) == 0) {
            spn_warning(context, "%s: is not heard with slice.span: %s",
                        spn_settings_where(section, keys[i].key, where, sizeof where),
                        spn_span_words[settings->span]);
        }
    }
}

/* Not over a file that the slice is made from. */
static spn_status check_output(spn_context *context, const spn_study *study,
                               const spn_run_settings *settings)
{
    if (spn_experiment_reads(study->experiment, settings->output)) {
        return spn_fail(context, SPN_ERROR_IO,
                        "%s is a file that the experiment reads; choose another output",
                        settings->output);
    }
    return spn_results_check_target(context, settings->output, settings->is_forced);
}

static spn_status find_anchors(spn_context *context, const spn_study *study, spn_arena *arena,
                               const spn_slice_settings *settings, spn_anchor *anchors)
{
    spn_status status = SPN_OK;
    const spn_experiment *experiment = study->experiment;
    spn_phase_source source = {.key = "slice.results", .others = "trivial, initial"};
    const char *key = "results";
    SPN_TRY(spni_source_open_named(context, arena, study, settings->results, &source));
    key = "through";
    for (int64_t i = 0; i < settings->through.count; i++) {
        SPN_TRY(spn_anchor_find(context, arena, study, &source, settings->through.items[i],
                                settings->at, &anchors[i]));
        if (settings->minimize && anchors[i].is_phase) {
            SPN_TRY(spn_anchor_minimize(context, study, settings->at, &anchors[i]));
        }
    }
done:
    return spni_experiment_blame(context, experiment, SPNI_SECTION_SLICE, key, status);
}

spn_status spn_study_slice(spn_context *context, const spn_study *study,
                           const spn_run_settings *settings, bool *is_good)
{
    spn_status status = SPN_OK;
    spn_cuts *cuts = NULL;
    spn_anchor anchors[SPN_ANCHORS_MAX];
    spn_slice_settings own = *spn_experiment_slice(study->experiment);
    *is_good = false;
    SPN_TRY(spni_need_network(context, study, "slice"));
    SPN_TRY(check(context, study->experiment, &own));
    warn_of_span(context, study->experiment, &own);
    own.at = isnan(own.at) ? own.beta.items[0] : own.at;
    SPN_TRY(check_output(context, study, settings));
    SPN_TRY(spn_cuts_create(context, study, settings->threads, &cuts));
    SPN_TRY(find_anchors(context, study, spn_cuts_arena(cuts), &own, anchors));
    SPN_TRY(spni_experiment_blame(
        context, study->experiment, SPNI_SECTION_SLICE,
        own.span == SPN_SLICE_EIGENVECTORS ? "eigenvectors" : "through",
        spn_cuts_add(context, cuts, &own, own.at, own.through.count, anchors)));
    SPN_TRY(spn_cuts_write(context, cuts, settings->output, settings->is_forced, is_good));
done:
    spn_cuts_free(context, cuts);
    return spni_experiment_size(context, study->experiment, status);
}
