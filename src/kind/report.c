/* SPDX-License-Identifier: MIT */
#include <spinodal/kind.h>

static spn_status tell(spn_context *context, spn_arena *arena, const spn_kind *kind,
                       const spn_results *results, const char *path, const spn_report *report)
{
    spn_status status = SPN_OK;
    char *contents = NULL;
    SPN_TAKE(context, arena, contents, (int64_t)kind->contents_size);
    SPN_TRY(kind->read(context, arena, results, contents));
    if (report->words != NULL && kind->words != NULL) {
        report->words->norm = spn_text_norm(results);
        kind->words(report->words, contents);
        SPN_TRY(report->words->status);
    }
    if (report->summary != NULL && kind->summarise != NULL) {
        report->summary->norm = spn_text_norm(results);
        kind->summarise(report->summary, path, contents, &report->wish);
        SPN_TRY(report->summary->status);
    }
    if (report->troubles != NULL && kind->troubles != NULL) {
        report->troubles->norm = spn_text_norm(results);
        kind->troubles(report->troubles, contents);
        SPN_TRY(report->troubles->status);
    }
    if (report->json != NULL && kind->write_json != NULL) {
        kind->write_json(report->json, path, contents, &report->wish);
    }
done:
    return status;
}

spn_status spn_kind_report(spn_context *context, const spn_kind *kind, const spn_results *results,
                           const char *path, const spn_report *report)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    if (kind->read == NULL) {
        return SPN_OK;
    }
    SPN_TRY(spn_arena_create(context, &arena));
    status = tell(context, arena, kind, results, path, report);
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(context, "%s", path);
    }
done:
    spn_arena_free(arena);
    return status;
}
