/* SPDX-License-Identifier: MIT */
/* The curvature of your own function.
 *
 * The function here is f(t) = log(1 + |t|^2) / 2 of three variables: a round well in a plain that rises
 * ever more slowly. Its graph is a surface of revolution, so that all curvatures have closed forms, which
 * are printed beside what the library measures:
 *
 *   profile      kappa_1 = f'' / (1 + f'^2)^(3/2)            once
 *   circles      kappa_2 = f' / (r (1 + f'^2)^(1/2))         twice
 *
 * with f' = r / (1 + r^2), f'' = (1 - r^2) / (1 + r^2)^2. Outside r = 1 the profile bends down. */
#include <spinodal/geometry.h>
#include <spinodal/objective.h>

#include <math.h>
#include <stdio.h>

enum { P = 3 };

static double square_norm(const double *t)
{
    return t[0] * t[0] + t[1] * t[1] + t[2] * t[2];
}

/* Value and gradient. There are no samples and no parameter, so both may be ignored. */
static spn_status well_set(spn_context *context, spn_point *point, const spn_subset *subset,
                           unsigned wanted)
{
    (void)context;
    (void)subset;
    (void)wanted;
    double square = square_norm(point->theta);
    point->value = 0.5 * log1p(square);
    for (int i = 0; i < P; i++) {
        point->gradient[i] = point->theta[i] / (1 + square);
    }
    return SPN_OK;
}

/* H v = v / (1 + r^2) - 2 t (t.v) / (1 + r^2)^2 for k vectors. The dense Hessian is made from these. */
static spn_status well_hvp(spn_context *context, const spn_point *point, spn_part part, int64_t k,
                           const double *v, double *hv)
{
    const double *t = point->theta;
    double scale = 1 / (1 + square_norm(t));
    if (part != SPN_PART_FULL) {
        return spn_fail(context, SPN_ERROR_UNSUPPORTED, "this function has no parts");
    }
    for (int64_t j = 0; j < k; j++, v += P, hv += P) {
        double along = t[0] * v[0] + t[1] * v[1] + t[2] * v[2];
        for (int i = 0; i < P; i++) {
            hv[i] = scale * v[i] - 2 * scale * scale * along * t[i];
        }
    }
    return SPN_OK;
}

static const spn_objective_operations operations = {
    .size = sizeof(spn_objective_operations),
    .set = well_set,
    .hvp = well_hvp,
};
static const spn_objective well = {.operations = &operations, .dimension = P, .samples = 1};

/* Prints a number beside its closed form; returns whether they agree to 12 digits. */
static bool compare(const char *name, double measured, double expected)
{
    printf("  %-24s %22.15g %22.15g\n", name, measured, expected);
    return fabs(measured - expected) <= 1e-12 * (1 + fabs(expected));
}

static spn_status measure(spn_context *context, double r, bool *is_right)
{
    spn_status status = SPN_OK;
    spn_point *point = NULL;
    spn_geometry_workspace *workspace = NULL;
    spn_geometry graph, same;
    const double theta[P] = {2 * r / 3, -r / 3, 2 * r / 3}; /* |theta| = r */
    SPN_TRY(spn_point_create(context, &well, &point));
    SPN_TRY(spn_geometry_workspace_create(context, P, &workspace));
    SPN_TRY(spn_point_set(context, point, theta, 0, NULL, SPN_WANT_ALL));
    SPN_TRY(spn_geometry_measure(context, workspace, point, SPN_GEOMETRY_ALL, &graph, &same));
    double first = r / (1 + r * r), second = (1 - r * r) / ((1 + r * r) * (1 + r * r));
    double root = sqrt(1 + first * first);
    double profile = second / (root * root * root), circle = first / (r * root);
    printf("r = %-22g %22s %22s\n", r, "measured", "closed form");
    *is_right = compare("scalar curvature", graph.scalar_curvature,
                        2 * (2 * profile * circle + circle * circle)) &&
                compare("mean curvature", graph.mean_curvature, (profile + 2 * circle) / 3) &&
                compare("smallest principal", graph.principal_curvature_min, profile) &&
                compare("largest principal", graph.principal_curvature_max, circle) &&
                compare("log |Gauss-Kronecker|", graph.gauss_kronecker_log,
                        log(fabs(profile) * circle * circle)) &&
                compare("its sign", graph.gauss_kronecker_sign, profile < 0 ? -1 : 1);
done:
    spn_geometry_workspace_free(context, workspace);
    spn_point_free(context, point);
    return status;
}

/* First of all: are the derivatives that we wrote those of the function? */
static spn_status check(spn_context *context, bool *is_right)
{
    const double theta[P] = {0.3, -0.7, 1.1};
    spn_check_report report;
    spn_status status = spn_objective_check(context, &well, theta, 0, 1, &report);
    if (status == SPN_OK) {
        printf("Taylor slopes: gradient %.3f (2), Hessian %.3f (3): %s\n", report.gradient_slope,
               report.hessian_slope, report.is_passed ? "passed" : "FAILED");
        *is_right = report.is_passed;
    }
    return status;
}

int main(void)
{
    const double radii[2] = {0.5, 2};
    bool is_right = true;
    spn_context *context = NULL;
    spn_status status = spn_context_create(NULL, &context);
    if (status == SPN_OK) {
        status = check(context, &is_right);
    }
    for (int i = 0; status == SPN_OK && is_right && i < 2; i++) {
        status = measure(context, radii[i], &is_right);
    }
    if (status != SPN_OK) {
        fprintf(stderr, "curvature: %s\n",
                context != NULL ? spn_error_text(context) : spn_status_text(status));
    }
    spn_context_free(context);
    return status == SPN_OK && is_right ? 0 : 1;
}
