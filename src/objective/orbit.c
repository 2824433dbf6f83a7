/* SPDX-License-Identifier: MIT */
/* The tangent space of an objective's continuous symmetries: an orthonormal basis of its generators.
 *
 *  repeat: exchange the longest row left to the front; stop when it is short; make it orthogonal to the
 *          basis once more (twice is enough: Parlett, after Kahan) and of length 1; take its share out of
 *          all rows left. */
#include "objective/objective.h"
#include <spinodal/numeric.h>

#include <math.h>

int64_t spn_objective_orbit_capacity(const spn_objective *objective)
{
    const spn_objective_operations *operations = objective->operations;
    if (!SPNI_HAS_OPERATION(operations, orbit) || !SPNI_HAS_OPERATION(operations, orbit_capacity)) {
        return 0;
    }
    return operations->orbit_capacity(objective);
}

static int64_t longest_row(int64_t first, int64_t count, int64_t n, const double *z, double *length)
{
    int64_t longest = first;
    *length = 0;
    for (int64_t j = first; j < count; j++) {
        double norm = spn_norm(n, z + j * n);
        if (norm > *length) {
            *length = norm;
            longest = j;
        }
    }
    return longest;
}

static void exchange(int64_t n, double *a, double *b)
{
    for (int64_t i = 0; i < n; i++) {
        double kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

static void project_out(int64_t n, const double *unit, double *row)
{
    spn_axpy(n, -spn_dot(n, unit, row), unit, row);
}

spn_status spn_objective_orbit(spn_context *context, const spn_objective *objective,
                               const double *theta, double *z, int64_t *rank)
{
    spn_status status = SPN_OK;
    int64_t n = objective->dimension, count = spn_objective_orbit_capacity(objective);
    *rank = 0;
    if (count == 0) {
        return SPN_OK;
    }
    SPN_TRY(objective->operations->orbit(context, objective, theta, z));
    if (!spn_all_finite(n, theta) || !spn_all_finite(count * n, z)) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC, "the orbit of a theta that is not finite");
    }
    double scale = fmax(spn_objective_scales(objective).weight, spn_norm(n, theta));
    double floor = SPN_ORBIT_TOLERANCE * scale, length = 0;
    int64_t basis = 0;
    for (; basis < count; basis++) {
        SPN_TRY(spn_poll(context));
        int64_t longest = longest_row(basis, count, n, z, &length);
        double *row = z + basis * n;
        if (length <= floor) {
            break;
        }
        exchange(n, row, z + longest * n);
        for (int64_t j = 0; j < basis; j++) {
            project_out(n, z + j * n, row);
        }
        length = spn_norm(n, row);
        for (int64_t i = 0; i < n; i++) {
            row[i] /= length;
        }
        for (int64_t j = basis + 1; j < count; j++) {
            project_out(n, row, z + j * n);
        }
    }
    *rank = basis;
done:
    return status;
}
