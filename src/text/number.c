/* SPDX-License-Identifier: MIT */
#include <spinodal/text.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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

/* At least `value`, but for what rounding leaves of a difference. */
static const char *show_above(double value, int digits, char buffer[SPN_CELL_SIZE])
{
    const double unit =
        value > 0 && isfinite(value) ? pow(10, floor(log10(value)) + 1 - digits) : 0;
    double shown = value;
    do {
        spn_show_number(shown, digits, buffer);
        shown += 0.5 * unit;
    } while (strtod(buffer, NULL) < value * (1 - 1e-12) && unit > 0);
    return buffer;
}

const char *spn_show_error(double value, double low, double high, int digits,
                           char buffer[SPN_CELL_SIZE])
{
    const double error = fmax(fabs(value - low), fabs(high - value));
    const double shown = strtod(spn_show_measured(value, error, buffer), NULL);
    return isfinite(error) ? show_above(fmax(fabs(shown - low), fabs(high - shown)), digits, buffer)
                           : spn_show_number(error, digits, buffer);
}

double spn_beside(double value, double other)
{
    return fabs(value) < 1e-12 * fabs(other) ? 0 : value;
}

double spn_shown_length(double norm, double beta, double loss)
{
    return beta > 0 && beta * norm * norm < 1e-18 * fabs(loss) ? 0 : norm;
}
