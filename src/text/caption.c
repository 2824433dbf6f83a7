/* SPDX-License-Identifier: MIT */
/* Captions. */
#include <spinodal/text.h>

#include <string.h>

void spn_text_change(spn_text *text, const char *name, double before, double after)
{
    spn_text_put(text, "%s %.4g -> %.4g", name, spn_beside(before, after),
                 spn_beside(after, before));
}

void spn_text_parameters(spn_text *text, const spn_results *results)
{
    for (int64_t i = 0; i < results->attribute_count; i++) {
        const spn_attribute *a = &results->attributes[i];
        if (strstr(a->name, "configuration") != NULL) {
            continue;
        }
        if (a->text != NULL) {
            spn_text_put(text, "%s: %s\n", a->name, a->text);
        } else {
            spn_text_put(text, "%s: %lld\n", a->name, (long long)a->integer);
        }
    }
    const spn_attribute *configuration = spn_results_attribute(results, "configuration");
    if (configuration != NULL && configuration->text != NULL) {
        spn_text_add(text, "\nThe experiment:\n");
        spn_text_add(text, configuration->text);
    }
    const spn_attribute *starts = spn_results_attribute(results, "starts_configuration");
    if (starts != NULL && starts->text != NULL) {
        spn_text_add(text, "\nThat of the random starts:\n");
        spn_text_add(text, starts->text);
    }
}
