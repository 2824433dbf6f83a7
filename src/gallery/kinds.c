/* SPDX-License-Identifier: MIT */
/* The registry of kinds of results: a row each. */
#include "gallery/gallery.h"

#include <string.h>

const spn_kind *const spn_kinds[] = {
    &spn_sweep_kind,    &spn_branches_kind,
    &spn_slice_kind,    &spn_grok_kind,
    &spni_order_kind,   &spni_complexity_kind,
    &spni_delay_kind,   &spni_orders_kind,
    &spn_spectrum_kind, NULL,
};

const spn_kind *spn_kind_find(const char *name)
{
    const spn_kind *const *kind = spn_kinds;
    while (*kind != NULL && strcmp((*kind)->name, name) != 0) {
        kind++;
    }
    return *kind;
}

const char *spn_results_fault(const spn_results *results)
{
    return spn_kind_fault(spn_kind_find(results->kind), results);
}

spn_status spn_results_tell(spn_context *context, const char *path, const spn_wish *wish)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    spn_text summary = {.context = context}, troubles = {.context = context};
    const spn_report report = {.summary = &summary, .troubles = &troubles, .wish = *wish};
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    const spn_kind *kind = spn_kind_find(results.kind);
    if (kind == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: holds results of an unknown kind '%.40s'", path,
                 results.kind);
    }
    SPN_TRY(spn_kind_report(context, kind, &results, path, &report));
    spn_text_tell(&summary, false);
    spn_text_tell(&troubles, true);
done:
    spn_text_end(&summary);
    spn_text_end(&troubles);
    spn_arena_free(arena);
    return status;
}
