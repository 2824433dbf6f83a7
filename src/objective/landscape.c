/* SPDX-License-Identifier: MIT */
/* Analytic landscapes with known answers. They are small: each entry of a Hessian is one closed formula,
 * and products with it sum those entries. */
#include <spinodal/objective.h>

#include <math.h>
#include <string.h>

/* A function of one coordinate and of the parameter p, with the derivatives that are needed. */
typedef struct scalar {
    double value, first, second;
    double by_parameter, first_by_parameter;
} scalar;

static scalar parabola(double a, double t)
{
    return (scalar){.value = 0.5 * a * t * t, .first = a * t, .second = a};
}

/* t^4/4 + a t^2/2 + p t, the shape of the double well and of the cusp. */
static scalar quartic_in_field(double a, double t, double p)
{
    return (scalar){
        .value = 0.25 * t * t * t * t + 0.5 * a * t * t + p * t,
        .first = t * t * t + a * t + p,
        .second = 3 * t * t + a,
        .by_parameter = t,
        .first_by_parameter = 1,
    };
}

/* Summand i of the landscapes that are sums over coordinates. */
static scalar separable(const spn_landscape *landscape, int64_t i, double t, double p)
{
    double a = landscape->coefficients[i];
    scalar out = parabola(a, t);
    if (landscape->kind == SPN_LANDSCAPE_QUADRATIC) {
        out.value += p * t;
        out.first += p;
        out.by_parameter = t;
        out.first_by_parameter = 1;
    } else if (i > 0) {
        return out;
    } else if (landscape->kind == SPN_LANDSCAPE_DOUBLE_WELL) {
        out = quartic_in_field(-1, t, p);
    } else if (landscape->kind == SPN_LANDSCAPE_CUSP) {
        out = quartic_in_field(a, t, p);
    } else if (landscape->kind == SPN_LANDSCAPE_FOLD) {
        out = (scalar){t * t * t / 3 + p * t, t * t + p, 2 * t, t, 1};
    } else { /* pitchfork */
        out = quartic_in_field(p, t, 0);
        out.by_parameter = 0.5 * t * t;
        out.first_by_parameter = t;
    }
    return out;
}

static void set_separable(const spn_landscape *landscape, spn_point *point)
{
    point->value = 0;
    point->parameter_value = 0;
    for (int64_t i = 0; i < point->dimension; i++) {
        scalar term = separable(landscape, i, point->theta[i], point->parameter);
        point->value += term.value;
        point->gradient[i] = term.first;
        point->parameter_value += term.by_parameter;
        point->parameter_gradient[i] = term.first_by_parameter;
    }
}

static void set_rosenbrock(spn_point *point)
{
    const double *t = point->theta;
    double *g = point->gradient;
    int64_t n = point->dimension;
    point->value = 0;
    memset(g, 0, (size_t)n * sizeof *g);
    for (int64_t i = 0; i + 1 < n; i++) {
        double bend = t[i + 1] - t[i] * t[i];
        double slide = 1 - t[i];
        point->value += 100 * bend * bend + slide * slide;
        g[i] += -400 * t[i] * bend - 2 * slide;
        g[i + 1] += 200 * bend;
    }
}

static double second_rosenbrock(const spn_point *point, int64_t i, int64_t j)
{
    const double *t = point->theta;
    int64_t low = i < j ? i : j;
    double sum = 0;
    if (i == j) {
        sum += i + 1 < point->dimension ? 1200 * t[i] * t[i] - 400 * t[i + 1] + 2 : 0;
        sum += i > 0 ? 200 : 0;
    } else if (i - j == 1 || j - i == 1) {
        sum = -400 * t[low];
    }
    return sum;
}

/* Height above the equator plane: s = sqrt(a_0^2 - |t|^2), NaN outside the sphere. */
static double sphere_height(const spn_landscape *landscape, const spn_point *point)
{
    double square = landscape->coefficients[0] * landscape->coefficients[0];
    for (int64_t i = 0; i < point->dimension; i++) {
        square -= point->theta[i] * point->theta[i];
    }
    return square > 0 ? sqrt(square) : (double)NAN;
}

static void set_half_sphere(const spn_landscape *landscape, spn_point *point)
{
    double height = sphere_height(landscape, point);
    point->value = -height;
    for (int64_t i = 0; i < point->dimension; i++) {
        point->gradient[i] = point->theta[i] / height;
    }
}

/* Product of all t_k with k != i, k != j (pass -1 to leave none out). */
static double product_without(const spn_point *point, int64_t i, int64_t j)
{
    double product = 1;
    for (int64_t k = 0; k < point->dimension; k++) {
        product *= k == i || k == j ? 1 : point->theta[k];
    }
    return product;
}

static void set_deep_mode(const spn_landscape *landscape, spn_point *point)
{
    double residual = product_without(point, -1, -1) - landscape->coefficients[0];
    double square = 0;
    for (int64_t i = 0; i < point->dimension; i++) {
        double t = point->theta[i];
        square += t * t;
        point->gradient[i] = 2 * residual * product_without(point, i, i) + 2 * point->parameter * t;
        point->parameter_gradient[i] = 2 * t;
    }
    point->value = residual * residual + point->parameter * square;
    point->parameter_value = square;
}

/* Gauss-Newton part: twice the outer product of the model's gradient, and the ridge's 2 p. */
static double second_deep_mode(const spn_landscape *landscape, const spn_point *point,
                               spn_part part, int64_t i, int64_t j)
{
    double sum = 0;
    if (part != SPN_PART_RESIDUAL) {
        sum += 2 * product_without(point, i, i) * product_without(point, j, j);
        sum += i == j ? 2 * point->parameter : 0;
    }
    if (part != SPN_PART_GAUSS_NEWTON && i != j) {
        double residual = product_without(point, -1, -1) - landscape->coefficients[0];
        sum += 2 * residual * product_without(point, i, j);
    }
    return sum;
}

/* Entry (i, j) of part(H) at the point. */
static double second(const spn_point *point, spn_part part, int64_t i, int64_t j)
{
    const spn_landscape *landscape = point->objective->problem;
    switch (landscape->kind) {
    case SPN_LANDSCAPE_ROSENBROCK:
        return second_rosenbrock(point, i, j);
    case SPN_LANDSCAPE_HALF_SPHERE: {
        double height = sphere_height(landscape, point);
        double outer = point->theta[i] / height * (point->theta[j] / height);
        return ((i == j ? 1 : 0) + outer) / height;
    }
    case SPN_LANDSCAPE_DEEP_MODE:
        return second_deep_mode(landscape, point, part, i, j);
    case SPN_LANDSCAPE_QUADRATIC:
    case SPN_LANDSCAPE_DOUBLE_WELL:
    case SPN_LANDSCAPE_FOLD:
    case SPN_LANDSCAPE_PITCHFORK:
    case SPN_LANDSCAPE_CUSP:
        break;
    }
    return i == j ? separable(landscape, i, point->theta[i], point->parameter).second : 0;
}

static spn_status landscape_set(spn_context *context, spn_point *point, const spn_subset *subset,
                                unsigned wanted)
{
    (void)context;
    (void)subset; /* one sample: every subset is the whole */
    (void)wanted; /* all is as cheap as part */
    const spn_landscape *landscape = point->objective->problem;
    switch (landscape->kind) {
    case SPN_LANDSCAPE_ROSENBROCK:
        set_rosenbrock(point);
        break;
    case SPN_LANDSCAPE_HALF_SPHERE:
        set_half_sphere(landscape, point);
        break;
    case SPN_LANDSCAPE_DEEP_MODE:
        set_deep_mode(landscape, point);
        break;
    case SPN_LANDSCAPE_QUADRATIC:
    case SPN_LANDSCAPE_DOUBLE_WELL:
    case SPN_LANDSCAPE_FOLD:
    case SPN_LANDSCAPE_PITCHFORK:
    case SPN_LANDSCAPE_CUSP:
        set_separable(landscape, point);
        break;
    }
    return SPN_OK;
}

/* Only the deep mode is a least-squares model, with parts to tell apart. */
static spn_status check_part(spn_context *context, const spn_point *point, spn_part part)
{
    const spn_landscape *landscape = point->objective->problem;
    if (part == SPN_PART_FULL || landscape->kind == SPN_LANDSCAPE_DEEP_MODE) {
        return SPN_OK;
    }
    return spn_fail(context, SPN_ERROR_UNSUPPORTED,
                    "this landscape is no least-squares model: its Hessian has no Gauss-Newton "
                    "part");
}

static spn_status landscape_hvp(spn_context *context, const spn_point *point, spn_part part,
                                int64_t k, const double *v, double *hv)
{
    spn_status status = check_part(context, point, part);
    int64_t n = point->dimension;
    if (status != SPN_OK) {
        return status;
    }
    memset(hv, 0, (size_t)(k * n) * sizeof *hv);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            double h = second(point, part, i, j);
            for (int64_t b = 0; b < k; b++) {
                hv[b * n + i] += h * v[b * n + j];
            }
        }
    }
    return SPN_OK;
}

static spn_status landscape_hessian(spn_context *context, const spn_point *point, spn_part part,
                                    double *h)
{
    spn_status status = check_part(context, point, part);
    int64_t n = point->dimension;
    for (int64_t j = 0; status == SPN_OK && j < n; j++) {
        for (int64_t i = j; i < n; i++) {
            h[i + j * n] = second(point, part, i, j);
        }
    }
    return status;
}

static spn_status landscape_trace(spn_context *context, const spn_point *point, spn_part part,
                                  double *out)
{
    spn_status status = check_part(context, point, part);
    double sum = 0;
    for (int64_t i = 0; status == SPN_OK && i < point->dimension; i++) {
        sum += second(point, part, i, i);
    }
    *out = sum;
    return status;
}

static spn_status landscape_trivial(spn_context *context, const spn_objective *objective,
                                    double parameter, double *theta)
{
    const spn_landscape *landscape = objective->problem;
    if (landscape->kind != SPN_LANDSCAPE_DEEP_MODE) {
        return spn_fail(context, SPN_ERROR_UNSUPPORTED,
                        "this landscape names no trivial stationary point");
    }
    memset(theta, 0, (size_t)objective->dimension * sizeof *theta);
    if (objective->dimension == 1) {
        /* Depth one has a single phase (T12): s = a / (1 + p). */
        theta[0] = landscape->coefficients[0] / (1 + parameter);
    }
    return SPN_OK;
}

static spn_status landscape_labels(spn_context *context, const spn_point *point, spn_labels *out)
{
    const spn_landscape *landscape = point->objective->problem;
    if (landscape->kind != SPN_LANDSCAPE_DEEP_MODE) {
        return spn_fail(context, SPN_ERROR_UNSUPPORTED,
                        "this landscape has no labels in function space");
    }
    double target = landscape->coefficients[0];
    double strength = copysign(1, target) * product_without(point, -1, -1);
    out->mode_count = 1;
    out->strengths[0] = strength;
    out->direction_count = 1;
    out->directions[0] = fabs(strength);
    out->output_scale = fabs(target);
    out->active_modes = out->directions[0] > SPN_DIRECTION_SHARE * out->output_scale ? 1 : 0;
    out->learned_modes = strength > SPN_ACTIVE_SHARE * out->output_scale ? 1 : 0;
    out->is_trivial = 1 - out->active_modes;
    return SPN_OK;
}

/* Only the deep mode has a scale: that of its strength. */
static void landscape_scales(const spn_objective *objective, double *weight, double *value)
{
    const spn_landscape *landscape = objective->problem;
    if (landscape->kind == SPN_LANDSCAPE_DEEP_MODE) {
        double strength = fabs(landscape->coefficients[0]);
        *weight = pow(strength, 1 / (double)landscape->dimension);
        *value = strength * strength;
    }
}

static const spn_objective_operations landscape_operations = {
    .size = sizeof(spn_objective_operations),
    .set = landscape_set,
    .hvp = landscape_hvp,
    .hessian = landscape_hessian,
    .trace = landscape_trace,
    .trivial = landscape_trivial,
    .labels = landscape_labels,
    .scales = landscape_scales,
};

spn_objective spn_landscape_objective(const spn_landscape *landscape)
{
    spn_objective objective = {
        .operations = &landscape_operations,
        .problem = landscape,
        .dimension = landscape->dimension,
        .samples = 1,
        .fisher_scale = landscape->kind == SPN_LANDSCAPE_DEEP_MODE ? 0.5 : 0,
    };
    return objective;
}
