/* SPDX-License-Identifier: MIT */
/* Tables as comma-separated text. */
#include <math.h>
#include <spinodal/formats/csv.h>
#include <stdio.h>
#include <string.h>

static spn_status write_name(spn_context *context, spn_output *output, const char *name)
{
    spn_status status = SPN_OK;
    double number = 0;
    bool is_plain =
        name[0] != '\0' && strpbrk(name, "\",;\t\r\n# ") == NULL && !spn_parse_real(name, &number);
    if (is_plain) {
        return spn_output_print(context, output, "%s", name);
    }
    SPN_TRY(spn_output_write(context, output, "\"", 1));
    for (; *name != '\0'; name++) {
        SPN_TRY(
            spn_output_write(context, output, *name == '"' ? "\"\"" : name, *name == '"' ? 2 : 1));
    }
    SPN_TRY(spn_output_write(context, output, "\"", 1));
done:
    return status;
}

static spn_status write_header(spn_context *context, spn_output *output, int64_t columns,
                               const char *const *names)
{
    spn_status status = SPN_OK;
    for (int64_t c = 0; c < columns; c++) {
        char numbered[32];
        snprintf(numbered, sizeof numbered, "column %lld", (long long)c + 1);
        SPN_TRY(c > 0 ? spn_output_write(context, output, ",", 1) : SPN_OK);
        SPN_TRY(write_name(context, output, names != NULL ? names[c] : numbered));
    }
    SPN_TRY(spn_output_write(context, output, "\n", 1));
done:
    return status;
}

spn_status spn_csv_write(spn_context *context, spn_output *output, int64_t rows, int64_t columns,
                         const char *const *names, const double *values, const char *const *words)
{
    spn_status status = SPN_OK;
    SPN_TRY(write_header(context, output, columns + (words != NULL ? 1 : 0), names));
    for (int64_t r = 0; r < rows; r++) {
        SPN_TRY(spn_poll(context));
        for (int64_t c = 0; c < columns; c++) {
            const double value = values[r * columns + c];
            char text[34];
            int length = isnan(value) ? 0 : spn_format_real(value, text);
            text[length] = c + 1 < columns || words != NULL ? ',' : '\n';
            SPN_TRY(spn_output_write(context, output, text, length + 1));
        }
        if (words != NULL) {
            SPN_TRY(write_name(context, output, words[r]));
            SPN_TRY(spn_output_write(context, output, "\n", 1));
        }
    }
done:
    return status;
}
