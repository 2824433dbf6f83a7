/* SPDX-License-Identifier: MIT */
/* Captions. */
#include "plot/shared.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE 512
#define NEGLIGIBLE 1e-12

spn_status spni_put(spn_context *context, spn_text_buffer *text, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    const spn_sink sink = spn_sink_buffer(text);
    return sink.write(context, sink.state, line, (int64_t)strlen(line));
}

spn_status spni_put_text(spn_context *context, spn_text_buffer *text, const char *piece)
{
    const spn_sink sink = spn_sink_buffer(text);
    return sink.write(context, sink.state, piece, (int64_t)strlen(piece));
}

spn_status spni_put_change(spn_context *context, spn_text_buffer *text, const char *name,
                           double before, double after)
{
    const double smallest = NEGLIGIBLE * fmax(fabs(before), fabs(after));
    return spni_put(context, text, "%s %.4g -> %.4g", name, fabs(before) < smallest ? 0 : before,
                    fabs(after) < smallest ? 0 : after);
}

spn_status spni_put_parameters(spn_context *context, spn_text_buffer *text,
                               const spn_results *results)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < results->attribute_count; i++) {
        const spn_attribute *a = &results->attributes[i];
        if (strstr(a->name, "configuration") != NULL) {
            continue;
        }
        if (a->text != NULL) {
            SPN_TRY(spni_put(context, text, "%s: %s\n", a->name, a->text));
        } else {
            SPN_TRY(spni_put(context, text, "%s: %lld\n", a->name, (long long)a->integer));
        }
    }
    const spn_attribute *configuration = spn_results_attribute(results, "configuration");
    if (configuration != NULL && configuration->text != NULL) {
        SPN_TRY(spni_put_text(context, text, "\nThe experiment:\n"));
        SPN_TRY(spni_put_text(context, text, configuration->text));
    }
    const spn_attribute *starts = spn_results_attribute(results, "starts_configuration");
    if (starts != NULL && starts->text != NULL) {
        SPN_TRY(spni_put_text(context, text, "\nThat of the random starts:\n"));
        SPN_TRY(spni_put_text(context, text, starts->text));
    }
done:
    return status;
}
