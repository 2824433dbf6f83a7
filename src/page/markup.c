/* SPDX-License-Identifier: MIT */
/* Texts from outside in a page: they stay texts wherever they stand. */
#include "page/page.h"

#include <string.h>

void spni_html_text(spn_text *html, const char *text)
{
    static const char special[] = "&<>\"'";
    static const char *const references[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    for (const char *at = text != NULL ? text : ""; *at != '\0'; at++) {
        const char *found = strchr(special, *at);
        if (found != NULL) {
            spn_text_add(html, references[found - special]);
        } else {
            spn_text_character(html, *at);
        }
    }
}

static spn_status write_script(spn_context *context, void *state, const char *bytes, int64_t size)
{
    spn_status status = SPN_OK;
    const spn_sink *inner = &((spni_script_sink *)state)->inner;
    while (size > 0 && status == SPN_OK) {
        const char *next = memchr(bytes, '<', (size_t)size);
        const int64_t plain = next != NULL ? next - bytes : size;
        if (plain > 0) {
            status = inner->write(context, inner->state, bytes, plain);
        }
        if (next != NULL && status == SPN_OK) {
            static const char escape[] = "\\u003c";
            status = inner->write(context, inner->state, escape, (int64_t)sizeof escape - 1);
        }
        bytes += plain + (next != NULL);
        size -= plain + (next != NULL);
    }
    return status;
}

spn_sink spni_sink_script(spni_script_sink *state)
{
    return (spn_sink){write_script, state};
}
