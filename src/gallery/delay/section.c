/* SPDX-License-Identifier: MIT */
/* Section of the index: escape times beside their laws. */
#include "gallery/delay/lines.h"

spn_status spni_delay_section(spn_text *page, const spni_source *source)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_table runs = {.name = "runs", .columns = &spn_delay_columns};
    spni_delay_line lines[SPNI_DELAY_LINES];
    SPN_TRY(spn_arena_create(page->context, &arena));
    SPN_TRY(spni_source_take(page->context, arena, source, &runs));
    spn_text_put(
        page,
        "\nMeasured times beside their laws, all runs of a kind together. Exact: the "
        "passage time of the mode, of a random start that of the aligned start with the "
        "same τ\\* (T22; two weight matrices: of the part that grows). T16 and T22 are "
        "leading orders in the scale, compared for u₀ ≤ %g. Every run is a row of `delay.csv`:\n",
        SPNI_DELAY_SCALE);
    spni_delay_put_lines(page, spni_delay_lines(&runs, lines), lines, true);
    status = page->status;
done:
    spn_arena_free(arena);
    return status;
}
