/* SPDX-License-Identifier: MIT */
/* Are these results of the very experiment? The only place that says so. */
#include "study/book.h"
#include "study/experiment.h"

#include <string.h>

static bool are_same_texts(const char *a, const char *b, unsigned what)
{
    if (a == NULL || b == NULL) {
        return a == b || (what & SPN_SAME_KNOWN) != 0;
    }
    return strcmp(a, b) == 0;
}

static bool are_same_attributes(const spn_results *a, const spn_results *b, unsigned what)
{
    static const struct {
        unsigned what;
        const char *name;
    } attributes[] = {
        {SPN_SAME_DATA, "data_checksum"}, {SPN_SAME_DATA, "weights_checksum"},
        {SPN_SAME_DATA, SPNI_INPUTS},     {SPN_SAME_PROGRAM, "program_version"},
        {SPN_SAME_PROGRAM, "kernels"},    {SPN_SAME_PROGRAM, "blas_core"},
        {SPN_SAME_SETTINGS, "settings"},
    };
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        const char *name = attributes[i].name;
        if ((what & attributes[i].what) != 0 &&
            !are_same_texts(spn_results_text(a, name), spn_results_text(b, name), what)) {
            return false;
        }
    }
    return true;
}

spn_status spn_experiment_of(spn_context *context, const spn_results *results, spn_experiment **out)
{
    const char *text = spn_results_text(results, "configuration");
    *out = NULL;
    if (text == NULL) {
        return SPN_OK;
    }
    spn_status status =
        spn_experiment_parse(context, "configuration", text, (int64_t)strlen(text), out);
    if (status == SPN_ERROR_INPUT) {
        spn_error_clear(context);
        status = SPN_OK;
    }
    return status;
}

/* The sections of a configuration, SPN_SAME_KNOWN: as this version writes them. *text is NULL where there is none, or
 * none that this version reads. Released by the caller. */
static spn_status take_sections(spn_context *context, const spn_results *results,
                                const char *sections, unsigned what, char **text)
{
    spn_status status = SPN_OK;
    spn_experiment *experiment = NULL;
    const char *configuration = spn_results_text(results, "configuration");
    *text = NULL;
    if ((what & SPN_SAME_KNOWN) != 0) {
        SPN_TRY(spn_experiment_of(context, results, &experiment));
        SPN_TRY(experiment != NULL ? spn_experiment_dump(context, experiment, text) : SPN_OK);
    } else if (configuration != NULL) {
        *text = spn_duplicate(context, configuration);
        SPN_TRY(*text != NULL ? SPN_OK : spn_error_status(context));
    }
    if (*text != NULL && sections != NULL) {
        spni_experiment_keep(*text, sections);
    }
done:
    spn_experiment_free(context, experiment);
    return status;
}

spn_status spn_study_compare(spn_context *context, const spn_results *a, const spn_results *b,
                             const char *sections, unsigned what, bool *is_same)
{
    spn_status status = SPN_OK;
    char *one = NULL, *other = NULL;
    *is_same = false;
    if (!are_same_attributes(a, b, what)) {
        return SPN_OK;
    }
    if (sections != NULL && *sections == '\0') {
        *is_same = true;
        return SPN_OK;
    }
    SPN_TRY(take_sections(context, a, sections, what, &one));
    SPN_TRY(take_sections(context, b, sections, what, &other));
    *is_same = are_same_texts(one, other, what);
done:
    spn_release(context, one);
    spn_release(context, other);
    return status;
}
