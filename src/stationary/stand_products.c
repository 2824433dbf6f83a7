/* SPDX-License-Identifier: MIT */
/* Linearisations by products: the tangent by one bordered system, the lowest eigenvalues by Davidson's method, one after the
 * other, each with those before it lifted out of the way, until one is not negative; small problems densely. */
#include "stationary/by_products.h"

#include <float.h>
#include <math.h>
#include <spinodal/numeric/davidson.h>
#include <string.h>

/* Up to so many parameters a dense spectrum takes less than the products. */
enum { DENSE_MOST = 256 };
/* Residual of the tangent, in the preconditioner's norm. */
static const double TANGENT_RESIDUAL = 1e-10;
/* Eigenvalues to the square of this share of the largest over the distance to the next one. */
static const double VALUE_RESIDUAL = 1e-6;
enum { VALUE_PRODUCTS = 5000, BASIS_MOST = 60, BASIS_LEAST = 20 };
static const int64_t BASIS_BYTES = 256 * 1024 * 1024;
/* By this many times the largest a vector that was found is lifted. */
static const double LIFT = 2;

spn_status spni_stand_create(const spni_products *p, spni_stand *stand)
{
    spn_status status = SPN_OK;
    *stand = (spni_stand){.beta = 0};
    SPN_NEW(p->context, stand->theta, p->whole->dimension);
    SPN_NEW(p->context, stand->z, p->n);
    SPN_NEW(p->context, stand->tangent, p->n);
    SPN_NEW(p->context, stand->values, SPNI_LOWEST_MOST);
done:
    return status;
}

void spni_stand_free(const spni_products *p, spni_stand *stand)
{
    spn_release(p->context, stand->theta);
    spn_release(p->context, stand->z);
    spn_release(p->context, stand->tangent);
    spn_release(p->context, stand->values);
}

void spni_stand_copy(const spni_products *p, const spni_stand *from, spni_stand *to)
{
    const spni_stand kept = *to;
    size_t bytes = (size_t)p->n * sizeof(double);
    *to = *from;
    to->theta = kept.theta;
    to->z = kept.z;
    to->tangent = kept.tangent;
    to->values = kept.values;
    memcpy(to->theta, from->theta, (size_t)p->whole->dimension * sizeof(double));
    memcpy(to->z, from->z, bytes);
    memcpy(to->tangent, from->tangent, bytes);
    memcpy(to->values, from->values, SPNI_LOWEST_MOST * sizeof *to->values);
}

void spni_stand_swap(spni_stand *a, spni_stand *b)
{
    spni_stand other = *a;
    *a = *b;
    *b = other;
}

double spni_stand_distance(const spni_products *p, const spni_stand *a, const spni_stand *b)
{
    double sum = 0, beta = p->metric * (a->beta - b->beta);
    for (int64_t i = 0; i < p->n; i++) {
        sum += (a->z[i] - b->z[i]) * (a->z[i] - b->z[i]);
    }
    return sqrt(sum + beta * beta);
}

/* ---- Tangent ------------------------------------------------------------------------------------- */

static spn_status take_tangent(spni_products *p, const spni_stand *along, spni_stand *stand,
                               bool *is_solved)
{
    spn_status status = SPN_OK;
    int64_t n = p->n;
    spni_products_border(p, along);
    memset(p->right, 0, (size_t)n * sizeof *p->right);
    p->right[n] = 1;
    SPN_TRY(spni_products_solve(p, TANGENT_RESIDUAL, p->step, is_solved));
    double length = spn_norm(n + 1, p->step);
    *is_solved = *is_solved && length > 0 && isfinite(length);
    if (*is_solved) {
        double inner = along != NULL ? spn_dot(n, p->step, along->tangent) +
                                           p->metric * along->beta_slope * p->step[n]
                                     : p->step[n];
        double scale = (inner < 0 ? -1 : 1) / length;
        for (int64_t i = 0; i < n; i++) {
            stand->tangent[i] = scale * p->step[i];
        }
        stand->beta_slope = scale * p->step[n] / p->metric;
        stand->drive = p->metric * spn_dot(n, stand->tangent, p->border);
    }
done:
    return status;
}

/* ---- Spectrum ------------------------------------------------------------------------------------ */

static bool is_negative(const spni_stand *stand, double value)
{
    return value < -SPN_ZERO_EIGENVALUE * stand->largest;
}

/* M, both triangles. */
static spn_status form_matrix(const spni_products *p, double *h)
{
    spn_status status = SPN_OK;
    int64_t n = p->n;
    SPN_TRY(spn_point_hessian(p->context, p->point, SPN_PART_FULL, h));
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = j + 1; i < n; i++) {
            h[j + i * n] = h[i + j * n];
        }
    }
    spni_lift(n, h, p->shift, p->orbit, p->orbit_rank);
done:
    return status;
}

static spn_status decompose(spni_products *p, spni_stand *stand)
{
    spn_status status = SPN_OK;
    spn_context *context = p->context;
    int64_t n = p->n;
    spn_dense *dense = NULL;
    double *h = NULL, *w = NULL;
    SPN_NEW(context, h, n * n);
    SPN_NEW(context, w, n);
    SPN_TRY(spn_dense_create(context, n, &dense));
    SPN_TRY(form_matrix(p, h));
    SPN_TRY(spn_eigen(context, dense, n, h, false, w));
    stand->largest = fmax(fabs(w[0]), fabs(w[n - 1]));
    stand->certainty = SPN_CERTAIN_DENSE;
    for (stand->inside = 0; stand->inside < n && is_negative(stand, w[stand->inside]);) {
        stand->inside++;
    }
    stand->value_count = stand->inside < n ? stand->inside + 1 : n;
    stand->value_count =
        stand->value_count < SPNI_LOWEST_MOST ? stand->value_count : SPNI_LOWEST_MOST;
    memcpy(stand->values, w, (size_t)stand->value_count * sizeof *w);
done:
    spn_dense_free(context, dense);
    spn_release(context, h);
    spn_release(context, w);
    return status;
}

/* M with the vectors that were found out of the way. */
typedef struct lifted {
    spni_products *p;
    const double *vectors; /* count x n */
    int64_t count;
    double shift;
} lifted;

static spn_status multiply_lifted(spn_context *context, void *state, int64_t k, const double *v,
                                  double *out)
{
    spn_status status = SPN_OK;
    const lifted *own = state;
    int64_t n = own->p->n;
    SPN_TRY(spni_products_multiply(context, own->p, k, v, out));
    for (int64_t j = 0; j < k; j++) {
        for (int64_t i = 0; i < own->count; i++) {
            const double *found = own->vectors + i * n;
            spn_axpy(n, own->shift * spn_dot(n, found, v + j * n), found, out + j * n);
        }
    }
done:
    return status;
}

static int64_t basis_for(int64_t n)
{
    int64_t most = BASIS_BYTES / (n * (int64_t)sizeof(double));
    return most > BASIS_MOST ? BASIS_MOST : most < BASIS_LEAST ? BASIS_LEAST : most;
}

int64_t spni_stand_vectors(int64_t n)
{
    return 2 * basis_for(n) + SPNI_LOWEST_MOST;
}

/* One after the other; what does not converge leaves the index unknown. */
static spn_status iterate(spni_products *p, spni_stand *stand, double *vectors)
{
    spn_status status = SPN_OK;
    int64_t n = p->n;
    lifted at = {.p = p, .vectors = vectors};
    const spn_symmetric_operator a = {n, multiply_lifted, &at};
    const spn_symmetric_operator inverse = {n, spni_products_precondition, p};
    const spn_davidson_settings settings = {
        .basis = basis_for(n), .products = VALUE_PRODUCTS, .tolerance = VALUE_RESIDUAL};
    bool is_over = false;
    stand->certainty = SPN_CERTAIN_LOWEST;
    while (!is_over && stand->value_count < SPNI_LOWEST_MOST) {
        spn_davidson_info info;
        double value = 0, *vector = vectors + at.count * n;
        SPN_TRY(spn_lowest_eigenpair(p->context, &a, &inverse, &settings, &value, vector, &info));
        stand->largest = at.count == 0 ? info.norm : stand->largest;
        at.shift = LIFT * stand->largest;
        if (!info.is_converged) {
            stand->certainty = SPN_CERTAIN_NOT;
            break;
        }
        stand->values[stand->value_count++] = value;
        at.count++;
        is_over = !is_negative(stand, value);
        stand->inside += !is_over;
    }
done:
    return status;
}

static spn_status take_lowest(spni_products *p, spni_stand *stand)
{
    spn_status status = SPN_OK;
    double *vectors = NULL;
    int64_t room = 0;
    if (!spn_size_multiply(p->n, SPNI_LOWEST_MOST, &room)) {
        SPN_FAIL(p->context, SPN_ERROR_ARGUMENT, "%lld parameters are too many", (long long)p->n);
    }
    SPN_NEW(p->context, vectors, room);
    SPN_TRY(iterate(p, stand, vectors));
done:
    spn_release(p->context, vectors);
    return status;
}

static spn_status take_inside(spni_products *p, spni_stand *stand)
{
    stand->inside = stand->value_count = 0;
    stand->zero_modes = p->zero_modes;
    return p->n <= DENSE_MOST ? decompose(p, stand) : take_lowest(p, stand);
}

/* What the rest's eigenvalues are compared with: the lowest one inside, or, where that is negative, the one next to zero, which is
 * among the negative ones and the first that is not. */
static double floor_of(const spni_stand *stand)
{
    double floor = stand->largest;
    for (int64_t k = 0; k < stand->value_count; k++) {
        floor = fmin(floor, fabs(stand->values[k]));
    }
    return stand->inside > 0 ? floor : stand->value_count > 0 ? stand->values[0] : stand->largest;
}

/* Blocks whose eigenvalues are above the floor are only factored. */
static spn_status take_outside(spni_products *p, bool is_wanted, spni_stand *stand)
{
    spn_status status = SPN_OK;
    spn_rest rest;
    double floor = is_wanted ? stand->largest : floor_of(stand);
    SPN_TRY(spn_reduction_rest(p->context, p->reduction, p->point, floor,
                               -SPN_ZERO_EIGENVALUE * stand->largest, !is_wanted, &rest));
    stand->outside = rest.negative;
    stand->outside_least = rest.smallest;
    stand->outside_nearest = rest.nearest;
    if (rest.dimension > 0 && stand->certainty == SPN_CERTAIN_DENSE) {
        stand->certainty = SPN_CERTAIN_REDUCED;
    }
done:
    return status;
}

/* ---- State --------------------------------------------------------------------------------------- */

/* What is measured of the whole problem: one evaluation. */
static spn_status measure_whole(spni_products *p, spni_stand *stand)
{
    spn_status status = SPN_OK;
    const spn_point *point = p->point;
    if (p->whole_point != NULL) {
        SPN_TRY(
            spn_point_set(p->context, p->whole_point, stand->theta, stand->beta, NULL,
                          p->geometry != NULL ? SPN_WANT_ALL : SPN_WANT_VALUE | SPN_WANT_GRADIENT));
        point = p->whole_point;
    }
    status = spn_point_labels(p->context, point, &stand->labels);
    if (status == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(p->context);
        status = SPN_OK;
    }
    SPN_TRY(status);
    spn_labels_settle(&stand->labels, -1, SPN_DIRECTION_SHARE);
    const spn_state_wish wish = {.labels = &stand->labels};
    SPN_TRY(spn_state_measure(p->context, point, &wish, &stand->state));
    SPN_TRY(p->geometry != NULL ? spn_state_curvature(p->context, point, p->geometry, &stand->state)
                                : SPN_OK);
done:
    return status;
}

spn_status spni_stand_linearise(spni_products *p, const double *theta, double beta,
                                const spni_stand *along, spni_stand *stand, bool *is_solved)
{
    spn_status status = SPN_OK;
    bool is_finite = false;
    *is_solved = false;
    memmove(stand->theta, theta, (size_t)p->whole->dimension * sizeof *theta);
    spni_products_restrict(p, stand->theta, stand->z);
    SPN_TRY(spni_products_set(p, stand->z, beta, &is_finite));
    if (!is_finite) {
        SPN_FAIL(p->context, SPN_ERROR_NUMERIC, "the loss is not finite at beta = %.17g", beta);
    }
    stand->beta = beta;
    stand->gradient_norm = spn_norm(p->n, p->point->gradient);
    stand->order = spn_objective_order(p->objective, stand->z);
    stand->loss_slope = p->point->parameter_value;
    SPN_TRY(take_tangent(p, along, stand, is_solved));
done:
    return status;
}

spn_status spni_stand_measure(spni_products *p, unsigned wanted, spni_stand *stand)
{
    spn_status status = SPN_OK;
    SPN_TRY((wanted & SPNI_STAND_SPECTRUM) ? take_inside(p, stand) : SPN_OK);
    if (wanted & (SPNI_STAND_SPECTRUM | SPNI_STAND_OUTSIDE)) {
        SPN_TRY(take_outside(p, (wanted & SPNI_STAND_OUTSIDE) != 0, stand));
    }
    SPN_TRY((wanted & SPNI_STAND_STATE) ? measure_whole(p, stand) : SPN_OK);
done:
    return status;
}
