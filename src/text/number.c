/* SPDX-License-Identifier: MIT */
#include <spinodal/text.h>

#include <math.h>
#include <stdio.h>

const char *spn_show_number(double value, int digits, char buffer[SPN_CELL_SIZE])
{
    if (isnan(value)) {
        snprintf(buffer, SPN_CELL_SIZE, "-");
    } else {
        snprintf(buffer, SPN_CELL_SIZE, "%.*g", digits, value == 0 ? 0 : value);
    }
    return buffer;
}

const char *spn_show_measured(double value, double error, char buffer[SPN_CELL_SIZE])
{
    const int least = 3, most = 10;
    int digits = error > 0 ? least : most;
    if (error > 0 && fabs(value) > error) {
        /* the last digit is worth a tenth of the error or more */
        digits = 1 + (int)ceil(log10(fabs(value) / error));
        digits = digits < least ? least : digits > most ? most : digits;
    }
    return spn_show_number(value, digits, buffer);
}

double spn_beside(double value, double other)
{
    return fabs(value) < 1e-12 * fabs(other) ? 0 : value;
}

double spn_shown_length(double norm, double beta, double loss)
{
    return beta > 0 && beta * norm * norm < 1e-18 * fabs(loss) ? 0 : norm;
}
