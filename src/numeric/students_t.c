/* SPDX-License-Identifier: MIT */
/* Student's t for whole degrees of freedom, whose distribution is a finite sum. */
#include <spinodal/numeric.h>

#include <math.h>

static const double HALF_PI = 1.57079632679489661923;

/* P(|T| <= t), t = sqrt(freedom) tan(angle): Abramowitz and Stegun, 26.7.3 and 26.7.4. */
static double two_sided(double angle, int64_t freedom)
{
    double cosine = cos(angle), sine = sin(angle), sum = 0.0;
    bool is_odd = freedom % 2 == 1;
    double term = is_odd ? cosine : 1.0;
    for (int64_t k = is_odd ? 3 : 2; k <= freedom; k += 2) {
        sum += term;
        term *= cosine * cosine * (double)(k - 1) / (double)k;
    }
    return is_odd ? (angle + sine * sum) / HALF_PI : sine * sum;
}

double spn_student_quantile(double confidence, int64_t freedom)
{
    if (!(confidence > 0.0 && confidence < 1.0) || freedom < 1) {
        return (double)NAN;
    }
    double low = 0.0, high = HALF_PI;
    for (int i = 0; i < 80; i++) {
        double middle = 0.5 * (low + high);
        if (two_sided(middle, freedom) < confidence) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return sqrt((double)freedom) * tan(0.5 * (low + high));
}
