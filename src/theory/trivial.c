/* SPDX-License-Identifier: MIT */
/* The trivial state: its stability (T14), and the information bottleneck's counterpart. */
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

double spn_theory_bottleneck_tradeoff(double correlation)
{
    return 1 / (correlation * correlation);
}
