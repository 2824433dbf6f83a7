/* SPDX-License-Identifier: MIT */
/* How sqrt(n) is called on an axis: labels are written for the ridge and renamed for other regularisers. */
#include "plot/shared.h"

#include <spinodal/network.h>
#include <string.h>

static const char glyph[] = "θ";

spn_status spni_norm_label(spn_context *context, spn_arena *arena, const spn_results *results,
                           const char **label)
{
    spn_status status = SPN_OK;
    const int64_t kind = spn_results_regulariser(results);
    const char *symbol = spn_regularise_symbol(kind), *at = strstr(*label, glyph);
    char *text = NULL;
    if (kind == SPN_REGULARISE_ALL || at == NULL) {
        return SPN_OK;
    }
    /* The letter between the bars. */
    const size_t head = (size_t)(at - *label), letter = strlen(symbol) - 2;
    const char *tail = at + strlen(glyph);
    SPN_TAKE(context, arena, text, (int64_t)(head + letter + strlen(tail) + 1));
    memcpy(text, *label, head);
    memcpy(text + head, symbol + 1, letter);
    memcpy(text + head + letter, tail, strlen(tail));
    *label = text;
done:
    return status;
}
