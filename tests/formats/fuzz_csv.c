/* SPDX-License-Identifier: MIT */
/* Any bytes: a table or one clear error. A table that is accepted without flaws says the same again when
 * it is written and read back. */
#include <math.h>
#include <spinodal/formats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* Text of the table as spn_csv_write() would spell it. */
static char *spell(spn_context *context, const spn_csv_table *table)
{
    int64_t cells = table->rows * table->columns;
    char *text = spn_allocate(context, 32 * cells + 16, 1), *at = text;
    demand(text != NULL);
    for (int64_t i = 0; i < cells; i++) {
        at += spn_format_real(table->values[i], at);
        *at++ = (i + 1) % table->columns == 0 ? '\n' : ',';
    }
    *at = '\0';
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    spn_context *context = NULL;
    spn_csv_table *table = NULL, *again = NULL;
    demand(spn_context_create(NULL, &context) == SPN_OK);
    spn_status status = spn_csv_parse(context, "fuzz", (const char *)bytes, (int64_t)size,
                                      (spn_csv_layout){0}, &table);
    demand((status == SPN_OK) == (table != NULL));
    demand(status == SPN_OK || spn_error_text(context)[0] != '\0');
    if (table != NULL && spn_csv_check(context, table, 0, NULL) == SPN_OK) {
        char *text = spell(context, table);
        demand(spn_csv_parse(context, "again", text, (int64_t)strlen(text),
                             (spn_csv_layout){SPN_CSV_HEADER_NO, SPN_CSV_SEPARATOR_COMMA},
                             &again) == SPN_OK);
        demand(again->rows == table->rows && again->columns == table->columns);
        demand(memcmp(again->values, table->values,
                      (size_t)(table->rows * table->columns) * sizeof(double)) == 0);
        spn_release(context, text);
    }
    spn_csv_free(context, table);
    spn_csv_free(context, again);
    spn_context_free(context);
    return 0;
}
