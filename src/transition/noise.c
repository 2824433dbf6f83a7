/* SPDX-License-Identifier: MIT */
/* The size of the noise from place to place, and values that are no part of it. */
#include "transition/pieces.h"

#include <spinodal/numeric.h>

#include <math.h>

/* Smallest positive step between two values, larger than rounding; 0: there is none. Sorts the values. */
static double least_step(int64_t n, double *values, double rounding)
{
    double least = 0;
    spn_sort(n, values);
    for (int64_t i = 1; i < n; i++) {
        double step = values[i] - values[i - 1];
        if (step > rounding && (least == 0 || step < least)) {
            least = step;
        }
    }
    return least;
}

static void local_medians(int64_t n, const double *residuals, double *out)
{
    double some[SPNI_NEIGHBOURS];
    const int64_t count = n - 2 < SPNI_NEIGHBOURS ? n - 2 : SPNI_NEIGHBOURS;
    for (int64_t i = 0; i < n; i++) {
        int64_t first = i - 1 - count / 2; /* residual k belongs to point k + 1 */
        first = first < 0 ? 0 : first > n - 2 - count ? n - 2 - count : first;
        for (int64_t k = 0; k < count; k++) {
            some[k] = residuals[first + k];
        }
        out[i] = 1.4826 * spn_median(count, some); /* median of a normal number without its sign */
    }
}

static double mean_of(int64_t n, const double *x)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum / (double)n;
}

void spni_local_noise(int64_t n, const double *x, const double *y, double *noise, double *work)
{
    const double rounding = 1e-12, least_share = 0.05;
    double *medians = work + n, largest = 0;
    for (int64_t i = 0; i < n; i++) {
        work[i] = y[i];
        largest = fmax(largest, fabs(y[i]));
    }
    double step = least_step(n, work, rounding * largest);
    for (int64_t i = 1; i + 1 < n; i++) {
        work[i - 1] = fabs(spn_pseudo_residual(x, y, i));
    }
    local_medians(n, work, medians);
    for (int64_t i = 0; i < n; i++) {
        const int64_t reach = SPNI_NEIGHBOURS / 4;
        int64_t from = i > reach ? i - reach : 0, to = i + reach < n ? i + reach + 1 : n;
        noise[i] = mean_of(to - from, medians + from);
    }
    double floor = fmax(fmax(0.5 * step, rounding * largest), least_share * mean_of(n, noise));
    for (int64_t i = 0; i < n; i++) {
        noise[i] = fmax(noise[i], floor);
    }
}

static double middle_of_three(double a, double b, double c)
{
    return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

static void try_nearer(double expected, double y, double *nearest)
{
    if (fabs(expected - y) < fabs(*nearest - y)) {
        *nearest = expected;
    }
}

void spni_tame(int64_t n, const double *x, const double *y, const double *noise, double *tame)
{
    for (int64_t i = 0; i < n; i++) {
        tame[i] = y[i];
        if (i < 3 || i + 3 >= n) {
            continue;
        }
        double left = middle_of_three(y[i - 1], y[i - 2], y[i - 3]);
        double right = middle_of_three(y[i + 1], y[i + 2], y[i + 3]);
        double width = x[i + 1] - x[i - 1];
        double a = width > 0 ? (x[i + 1] - x[i]) / width : 0.5;
        double nearest = left;
        try_nearer(right, y[i], &nearest);
        try_nearer(0.5 * (left + right), y[i], &nearest);
        try_nearer(a * y[i - 1] + (1 - a) * y[i + 1], y[i], &nearest);
        double most = SPNI_OUTLIER * noise[i];
        if (fabs(y[i] - nearest) > most) {
            tame[i] = nearest + copysign(most, y[i] - nearest);
        }
    }
}
