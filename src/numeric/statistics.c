/* SPDX-License-Identifier: MIT */
#include <spinodal/numeric.h>

#include <math.h>

spn_line spn_fit_line(int64_t n, const double *x, const double *y, const double *weights)
{
    const double none = (double)NAN;
    spn_line line = {none, none, none, none, none};
    double sum = 0, mean_x = 0, mean_y = 0, sxx = 0, sxy = 0, rss = 0;
    for (int64_t i = 0; i < n; i++) {
        double w = weights != NULL ? weights[i] : 1;
        sum += w;
        mean_x += w * (x[i] - x[0]);
        mean_y += w * (y[i] - y[0]);
    }
    if (n < 2 || !(sum > 0)) {
        return line;
    }
    mean_x = x[0] + mean_x / sum;
    mean_y = y[0] + mean_y / sum;
    for (int64_t i = 0; i < n; i++) {
        double w = weights != NULL ? weights[i] : 1;
        sxx += w * (x[i] - mean_x) * (x[i] - mean_x);
        sxy += w * (x[i] - mean_x) * (y[i] - mean_y);
    }
    if (!(sxx > 0)) {
        return line;
    }
    line.slope = sxy / sxx;
    line.intercept = mean_y - line.slope * mean_x;
    for (int64_t i = 0; i < n; i++) {
        double w = weights != NULL ? weights[i] : 1;
        double r = y[i] - mean_y - line.slope * (x[i] - mean_x);
        rss += w * r * r;
    }
    if (n > 2) {
        line.scatter = sqrt(rss / (double)(n - 2));
        line.slope_error = line.scatter / sqrt(sxx);
        line.intercept_error = line.scatter * sqrt(1 / sum + mean_x * mean_x / sxx);
    }
    return line;
}

void spn_binomial_interval(int64_t successes, int64_t trials, double confidence, double *low,
                           double *high)
{
    *low = 0;
    *high = 1;
    if (trials <= 0) {
        return;
    }
    double n = (double)trials, p = (double)successes / n;
    double z = spn_normal_quantile(0.5 * (1 + confidence));
    double center = (p + z * z / (2 * n)) / (1 + z * z / n);
    double half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
    *low = successes == 0 ? 0 : center - half; /* exactly, where rounding would leave a residue */
    *high = successes == trials ? 1 : center + half;
}

/* Let values[root] sink until no child of it, in a heap of n, is larger. */
static void sink(int64_t n, double *values, int64_t root)
{
    double value = values[root];
    while (2 * root + 1 < n) {
        int64_t child = 2 * root + 1;
        if (child + 1 < n && values[child + 1] > values[child]) {
            child++;
        }
        if (!(values[child] > value)) {
            break;
        }
        values[root] = values[child];
        root = child;
    }
    values[root] = value;
}

void spn_sort(int64_t n, double *values)
{
    for (int64_t i = n / 2 - 1; i >= 0; i--) {
        sink(n, values, i);
    }
    for (int64_t last = n - 1; last > 0; last--) {
        double largest = values[0];
        values[0] = values[last];
        values[last] = largest;
        sink(last, values, 0);
    }
}

double spn_median(int64_t n, double *values)
{
    if (n <= 0) {
        return (double)NAN;
    }
    spn_sort(n, values);
    return n % 2 != 0 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

double spn_deviation(int64_t n, double *values)
{
    /* 1 / Phi^-1(3/4): the median of |x| of a normal variable is 0.6745 standard deviations */
    const double normal = 1.482602218505602;
    double center = spn_median(n, values);
    for (int64_t i = 0; i < n; i++) {
        values[i] = fabs(values[i] - center);
    }
    return normal * spn_median(n, values);
}

double spn_pseudo_residual(const double *x, const double *y, int64_t i)
{
    double width = x[i + 1] - x[i - 1];
    double a = width > 0 ? (x[i + 1] - x[i]) / width : 0.5;
    double middle = a * y[i - 1] + (1 - a) * y[i + 1];
    return (middle - y[i]) / sqrt(a * a + (1 - a) * (1 - a) + 1);
}
