/* SPDX-License-Identifier: MIT */
/* What the page says before it draws, and all transitions as the program prints them. */
#include "page/page.h"

#include <math.h>

/* Of a source: its name, its kind, and what keeps it from being taken at its word. */
static void put_source(spn_text *html, const spn_page_source *source)
{
    const char *fault = spn_kind_fault(source->kind, source->results);
    spn_text_add(html, "<p class=\"source\"><b>");
    spni_html_text(html, source->path);
    spn_text_add(html, "</b> <span class=\"kind\">");
    spni_html_text(html, source->results->kind);
    spn_text_add(html, "</span>");
    if (fault != NULL) {
        spn_text_add(html, " <strong class=\"fault\">Its check failed: ");
        spni_html_text(html, fault);
        spn_text_add(html, ".</strong>");
    }
    spn_text_add(html, "</p>\n");
}

spn_status spni_write_answer(spn_context *context, spn_text *html, int64_t count,
                             const spn_page_source *sources)
{
    (void)context;
    for (int64_t i = 0; i < count; i++) {
        put_source(html, &sources[i]);
    }
    return html->status;
}

/* The transitions of all sources whose kind has any: *runs of them, with their names. */
static spn_status collect(spn_context *context, int64_t count, const spn_page_source *sources,
                          spn_transitions *transitions, spn_told_file *files, int64_t *runs)
{
    spn_status status = SPN_OK;
    double from = (double)INFINITY, to = -(double)INFINITY;
    for (int64_t i = 0; i < count; i++) {
        if (sources[i].kind->add_transitions == NULL) {
            continue;
        }
        status = spn_add_transitions(context, sources[i].kind, sources[i].results, transitions,
                                     &from, &to);
        spn_told_file *file = &files[*runs];
        *file = (spn_told_file){.path = sources[i].path,
                                .norm = spn_text_norm(sources[i].results),
                                .facts = spn_run_facts_of(sources[i].results)};
        if (status == SPN_OK) {
            status = spn_results_claim(context, sources[i].kind, sources[i].results, transitions,
                                       *runs, &file->claim);
        }
        if (status != SPN_OK) {
            spn_error_prefix(context, "%s", sources[i].path);
            return status;
        }
        (*runs)++;
    }
    return SPN_OK;
}

spn_status spni_write_transitions(spn_context *context, spn_sink sink, int64_t count,
                                  const spn_page_source *sources)
{
    spn_status status = SPN_OK;
    spn_transitions *transitions = NULL;
    spn_told_file *files = NULL;
    const spn_transition_group *groups = NULL;
    int64_t runs = 0, group_count = 0;
    spn_json json;
    SPN_NEW(context, files, count);
    SPN_TRY(spn_transitions_create(context, &transitions));
    SPN_TRY(collect(context, count, sources, transitions, files, &runs));
    spn_json_begin(&json, context, sink);
    if (runs > 0) {
        SPN_TRY(spn_transitions_group(context, transitions, &groups, &group_count));
        spn_transitions_json(&json, transitions, files, group_count, groups, &(spn_shown){0});
    } else {
        spn_json_begin_object(&json, NULL);
        spn_json_end_object(&json);
    }
    status = spn_json_end_document(&json);
done:
    spn_transitions_free(context, transitions);
    for (int64_t i = 0; files != NULL && i < count; i++) {
        spn_release(context, files[i].claim.rows);
    }
    spn_release(context, files);
    return status;
}
