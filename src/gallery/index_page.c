/* SPDX-License-Identifier: MIT */
#include "gallery/index_page.h"

#include <math.h>

void spni_put_head(spn_text *page, const char *columns)
{
    spn_text_put(page, "\n| %s |\n|---|", columns);
    for (const char *at = columns; *at != '\0'; at++) {
        const bool is_bar = *at == '|' && at > columns && at[-1] != '\\';
        spn_text_add(page, is_bar ? "---|" : "");
    }
    spn_text_add(page, "\n");
}

void spni_put_word(spn_text *page, const char *word)
{
    spn_text_add(page, "| ");
    spn_text_cell(page, word);
    spn_text_add(page, " ");
}

void spni_put_real(spn_text *page, int digits, double value)
{
    char cell[SPN_CELL_SIZE];
    spni_put_word(page, isfinite(value) ? spn_show_number(value, digits, cell) : NULL);
}

void spni_put_integer(spn_text *page, int64_t value)
{
    spn_text_put(page, "| %lld ", (long long)value);
}

void spni_end_row(spn_text *page)
{
    spn_text_add(page, "|\n");
}

void spni_put_view(spn_text *text, const spn_view *view, bool is_page)
{
    if (is_page) {
        spn_view_markdown(text, view);
    } else {
        spn_view_terminal(text, view, "");
    }
}
