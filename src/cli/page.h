/* SPDX-License-Identifier: MIT */
/** @file page.h  A page of Markdown under construction. The first failure sticks; nothing is written after it. */
#ifndef SPINODAL_SRC_CLI_PAGE_H
#define SPINODAL_SRC_CLI_PAGE_H

#include "cli/cli.h"

/** Start with a context and zeros; release text.text. */
typedef struct cli_page {
    spn_context *context;
    spn_text_buffer text;
    spn_status status;
} cli_page;

/** Formatted text of at most 1023 bytes; text of any length. */
void cli_put(cli_page *page, const char *format, ...) SPN_PRINTF_LIKE(2, 3);
void cli_put_text(cli_page *page, const char *text);

/** The head of a table: "kind | order" has two columns; a bar inside a name is written \|. */
void cli_put_head(cli_page *page, const char *columns);
/** A cell; what would end it or be read as markup of a table is escaped. NULL: "-". */
void cli_put_word(cli_page *page, const char *word);
/** A cell with a number of so many significant digits; "-" where it does not exist. */
void cli_put_real(cli_page *page, int digits, double value);
/** A cell "before → after", the rounding of zero as 0; "-" where one of them does not exist. */
void cli_put_change(cli_page *page, int digits, double before, double after);
void cli_put_integer(cli_page *page, int64_t value);
void cli_end_row(cli_page *page);

/** A piece of code, for the shell: in quotes where it needs them. */
void cli_put_shell_word(cli_page *page, const char *word);

#endif
