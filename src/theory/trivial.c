/* SPDX-License-Identifier: MIT */
/* The trivial state: its stability (T14), the time it takes to leave it (T16), and the information
 * bottleneck's counterpart. */
#include <spinodal/theory.h>

#include <math.h>

double spn_theory_trivial_eigenvalue(int64_t depth, double slope, double raw_sigma,
                                     double target_mean, double beta)
{
    if (depth < 2 || (depth == 2 && target_mean != 0)) {
        return (double)NAN;
    }
    if (depth == 2) {
        return 2 * (beta - fabs(slope) * raw_sigma);
    }
    return 2 * beta * (1 - fabs(slope) * target_mean / (1 + beta));
}

double spn_theory_escape_time(int64_t depth, double sigma, double beta, double scale)
{
    if (depth < 2) {
        return (double)NAN;
    }
    if (depth == 2) {
        double rate = sigma - beta;
        if (rate <= 0) {
            return (double)INFINITY;
        }
        double ratio = rate / (scale * scale) - 1;
        return ratio <= 1 ? 0 : log(ratio) / (4 * rate);
    }
    double power = (double)(depth - 2), drive = sigma * pow(scale, power);
    if (drive <= beta) {
        return (double)INFINITY;
    }
    return beta == 0 ? 1 / (2 * power * drive) : -log1p(-beta / drive) / (2 * power * beta);
}

double spn_theory_bottleneck_tradeoff(double correlation)
{
    return 1 / (correlation * correlation);
}
