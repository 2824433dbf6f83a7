/* SPDX-License-Identifier: MIT */
/* Section of the index: which start is first. */
#include "gallery/orders/lines.h"

spn_status spni_orders_section(spn_text *page, const spni_source *source)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_table races = {.name = "races", .columns = &spn_orders_columns};
    SPN_TRY(spn_arena_create(page->context, &arena));
    SPN_TRY(spni_source_take(page->context, arena, source, &races));
    spn_text_add(
        page,
        "\nFirst epoch at which E is below the level of the full phase, median of the "
        "draws; of the trivial start also the first with one mode. There is no closed "
        "form for this network; an independent computation of gradient descent at β = 0.0001 "
        "with another draw found 1,054 (middle) and 1,087 (trivial; one mode 497) at u₀ = "
        "0.005, 599 and 644 (247) at 0.01. Draws differ. Here at one β; every race is a row of "
        "`orders.csv`:\n");
    spni_orders_put_epochs(page, &races, 1e-4);
    spn_text_add(page, "\nAll β and draws together, which of the two phases arrives first:\n");
    spni_orders_put_counts(page, &races, true);
    status = page->status;
done:
    spn_arena_free(arena);
    return status;
}
