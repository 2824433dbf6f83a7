/* SPDX-License-Identifier: MIT */
/* The subproblem of the trust region, solved in the eigenbasis of the Hessian (More and Sorensen 1983;
 * Conn, Gould and Toint 2000, chapter 7):
 *
 *   s(mu) = -sum_i v_i gamma_i / (lambda_i + mu),   mu >= low = max(0, -lambda_min),
 *   mu = 0                                           positive (semi)definite model, short enough
 *   |s(mu)| = radius                                 the same, too long
 *   |s(mu)| = min(radius, mu / sigma)                otherwise.
 *
 * The second bound is that of cubic regularisation (Nesterov and Polyak 2006). Where minima are not
 * isolated (orbits of a symmetry), close to them the Hessian has eigenvalues of either sign and of the
 * size of the gradient; a plain trust region would then run along the orbit to its full radius and lose
 * its speed, the cubic bound keeps such steps as short as the Newton step and quadratic convergence
 * survives (Rebjock and Boumal 2024). |s| - bound falls with mu, so bisection in log(mu - low) finds the
 * root; the hard case (no gradient along v_min) adds the missing length along v_min. */
#include "optimize/optimize.h"

#include <float.h>
#include <math.h>

enum { BISECTIONS = 100 };

/* Everything the root search needs; shift = lambda_min + low >= 0, without cancellation. */
typedef struct secular {
    const spni_spectrum *spectrum;
    const spni_region *region;
    double low, shift;
    int64_t first; /* components below are left out (hard case, flat directions) */
} secular;

static double bound(const secular *equation, double mu)
{
    const spni_region *region = equation->region;
    return region->cubic > 0 ? fmin(region->radius, mu / region->cubic) : region->radius;
}

/* Fill the step for mu = low + delta; returns its length. */
static double step_at(const secular *equation, double delta)
{
    const spni_spectrum *spectrum = equation->spectrum;
    double *basis = equation->region->basis;
    for (int64_t i = 0; i < spectrum->n; i++) {
        double gap = spectrum->values[i] - spectrum->values[0];
        basis[i] =
            i < equation->first ? 0 : -spectrum->gradient[i] / (gap + equation->shift + delta);
    }
    return spn_norm(spectrum->n, basis);
}

/* Components whose eigenvalue equals the smallest one, when the gradient along them is too small to
 * matter for a step of that length: they are left out of the secular equation. */
static int64_t count_hard(const secular *equation)
{
    const spni_spectrum *spectrum = equation->spectrum;
    double square = 0;
    int64_t count = 0;
    while (count < spectrum->n &&
           spectrum->values[count] - spectrum->values[0] <= SPNI_FLAT * spectrum->largest) {
        square += spectrum->gradient[count] * spectrum->gradient[count];
        count++;
    }
    double length = bound(equation, equation->low);
    return sqrt(square) <= 1e-8 * equation->low * length ? count : 0;
}

/* Flat directions of a semidefinite model without a gradient along them: the pseudo-inverse leaves them
 * out. 0 when there is negative curvature or a gradient that matters. */
static int64_t count_flat(const spni_spectrum *spectrum, double negligible)
{
    double flat = SPNI_FLAT * spectrum->largest;
    int64_t count = 0;
    while (count < spectrum->n && fabs(spectrum->values[count]) <= flat &&
           fabs(spectrum->gradient[count]) <= negligible) {
        count++;
    }
    return count < spectrum->n && spectrum->values[count] > flat ? count : 0;
}

/* Root of |s(low + delta)| = bound. Returns false in the hard case: even delta = 0 is short enough. */
static bool solve(const secular *equation)
{
    const spni_spectrum *spectrum = equation->spectrum;
    double norm = spn_norm(spectrum->n, spectrum->gradient);
    double high = norm / equation->region->radius + sqrt(equation->region->cubic * norm);
    double low = 1e-20 * high;
    if (!(high > 0) || step_at(equation, low) <= bound(equation, equation->low + low)) {
        return false;
    }
    for (int i = 0; i < BISECTIONS && high > low * (1 + 1e-13); i++) {
        double middle = sqrt(low) * sqrt(high);
        if (step_at(equation, middle) > bound(equation, equation->low + middle)) {
            low = middle;
        } else {
            high = middle;
        }
    }
    (void)step_at(equation, high);
    return true;
}

/* The hard case: the step of all other components, lengthened along v_min (whose largest entry is
 * positive, so that the direction is the same on every run) downhill. */
static void lengthen(secular *equation)
{
    const spni_spectrum *spectrum = equation->spectrum;
    double *basis = equation->region->basis;
    double length = bound(equation, equation->low);
    double tiny = DBL_EPSILON * spectrum->largest;
    double norm = step_at(equation, equation->shift > tiny ? 0 : tiny);
    double rest = length * length - norm * norm;
    if (rest > 0 && equation->low > 0) {
        bool is_uphill = equation->first == 0 && spectrum->gradient[0] > 0;
        basis[0] += is_uphill ? -sqrt(rest) : sqrt(rest);
    }
}

static double expand(const spni_spectrum *spectrum, const double *basis, double *s)
{
    double decrease = 0;
    for (int64_t i = 0; i < spectrum->n; i++) {
        s[i] = 0;
    }
    for (int64_t i = 0; i < spectrum->n; i++) {
        spn_axpy(spectrum->n, basis[i], spectrum->vectors + i * spectrum->n, s);
        decrease -= basis[i] * (spectrum->gradient[i] + 0.5 * spectrum->values[i] * basis[i]);
    }
    return decrease;
}

double spni_region_step(const spni_spectrum *spectrum, const spni_region *region, double *s,
                        bool *is_cubic)
{
    double least = spectrum->values[0];
    spni_region used = *region;
    *is_cubic = false;
    secular equation = {.spectrum = spectrum, .region = &used};
    int64_t flat = count_flat(spectrum, region->negligible);
    if (flat > 0 || least > SPNI_FLAT * spectrum->largest) {
        used.cubic = 0;
        equation.first = flat;
        equation.shift = least;
        if (step_at(&equation, 0) > region->radius) {
            (void)solve(&equation);
        }
        return expand(spectrum, region->basis, s);
    }
    equation.low = fmax(0, -least);
    equation.shift = fmax(0, least);
    equation.first = count_hard(&equation);
    if (!solve(&equation)) {
        lengthen(&equation);
    }
    *is_cubic = spn_norm(spectrum->n, region->basis) < 0.9 * region->radius;
    return expand(spectrum, region->basis, s);
}
