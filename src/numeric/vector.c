/* SPDX-License-Identifier: MIT */
#include <spinodal/numeric.h>

#include <math.h>

enum { LANES = 8 };

double spn_dot(int64_t n, const double *x, const double *y)
{
    /* Eight running sums in a fixed pattern: the compiler may put them into vector registers, and the
     * order of summation, hence the bits, stays the same whatever it does. */
    double sum[LANES] = {0};
    int64_t whole = n - n % LANES;
    for (int64_t i = 0; i < whole; i += LANES) {
        for (int64_t j = 0; j < LANES; j++) {
            sum[j] += x[i + j] * y[i + j];
        }
    }
    for (int64_t i = whole; i < n; i++) {
        sum[i - whole] += x[i] * y[i];
    }
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

double spn_norm(int64_t n, const double *x)
{
    double largest = 0;
    for (int64_t i = 0; i < n; i++) {
        double size = fabs(x[i]);
        if (isnan(size)) {
            return size;
        }
        largest = size > largest ? size : largest;
    }
    if (largest == 0 || isinf(largest)) {
        return largest;
    }
    if (largest > 1e-140 && largest < 1e140) {
        return sqrt(spn_dot(n, x, x));
    }
    int exponent = 0;
    (void)frexp(largest, &exponent);
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        double scaled = ldexp(x[i], -exponent);
        sum += scaled * scaled;
    }
    return ldexp(sqrt(sum), exponent);
}

void spn_axpy(int64_t n, double a, const double *x, double *y)
{
    for (int64_t i = 0; i < n; i++) {
        y[i] += a * x[i];
    }
}

bool spn_all_finite(int64_t n, const double *x)
{
    /* x - x is 0 for a finite x and NaN otherwise: sums that vectorise, tested once. */
    double sum[LANES] = {0}, total = 0;
    int64_t whole = n - n % LANES;
    for (int64_t i = 0; i < whole; i += LANES) {
        for (int64_t j = 0; j < LANES; j++) {
            sum[j] += x[i + j] - x[i + j];
        }
    }
    for (int64_t i = whole; i < n; i++) {
        sum[i - whole] += x[i] - x[i];
    }
    for (int64_t j = 0; j < LANES; j++) {
        total += sum[j];
    }
    return total == 0;
}

double spn_symmetric_trace(int64_t n, const double *a)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += a[i + i * n];
    }
    return sum;
}

double spn_symmetric_frobenius_squared(int64_t n, const double *a)
{
    double diagonal = 0, below = 0;
    for (int64_t j = 0; j < n; j++) {
        const double *column = a + j * n + j;
        diagonal += column[0] * column[0];
        below += spn_dot(n - j - 1, column + 1, column + 1);
    }
    return diagonal + 2 * below;
}
