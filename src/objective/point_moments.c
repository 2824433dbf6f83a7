/* SPDX-License-Identifier: MIT */
/* The front of the diagonal, of tr H^2 and of what operations cost, with fallbacks for absent operations. */
#include "objective/objective.h"
#include <spinodal/numeric.h>

#include <math.h>
#include <string.h>

/* Columns of the Hessian made by one call of hvp. */
enum { COLUMNS = 32 };

/* What is wanted of the Hessian's columns, one of the two. */
typedef struct columns {
    double *diagonal; /* P, or NULL */
    double squares;
} columns;

static void take_column(columns *out, int64_t n, int64_t j, const double *column)
{
    if (out->diagonal != NULL) {
        out->diagonal[j] = column[j];
        return;
    }
    out->squares += spn_dot(n, column, column);
}

/* A copy that the point keeps serves solvers, too; one that it does not would need P^2 numbers. */
static spn_status take_of_hessian(spn_context *context, const spn_point *point, spn_part part,
                                  columns *out)
{
    spn_status status = SPN_OK;
    int64_t n = point->dimension;
    double *scratch = NULL;
    const double *h = NULL;
    SPN_NEW(context, scratch, n * n);
    SPN_TRY(spni_point_hessian_view(context, point, part, scratch, &h));
    for (int64_t j = 0; out->diagonal != NULL && j < n; j++) {
        out->diagonal[j] = h[j + j * n];
    }
    out->squares = spn_symmetric_frobenius_squared(n, h);
done:
    spn_release(context, scratch);
    return status;
}

static spn_status take_of_products(spn_context *context, const spn_point *point, spn_part part,
                                   columns *out)
{
    spn_status status = SPN_OK;
    int64_t n = point->dimension, most = n < COLUMNS ? n : COLUMNS, room = 0;
    double *units = NULL, *products = NULL;
    if (!spn_size_multiply(n, most, &room)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld parameters are too many", (long long)n);
    }
    SPN_NEW(context, units, room);
    SPN_NEW(context, products, room);
    for (int64_t first = 0; first < n; first += most) {
        int64_t count = n - first < most ? n - first : most;
        SPN_TRY(spn_poll(context));
        memset(units, 0, (size_t)(count * n) * sizeof *units);
        for (int64_t j = 0; j < count; j++) {
            units[j * n + first + j] = 1;
        }
        SPN_TRY(spn_point_hvp(context, point, part, count, units, products));
        for (int64_t j = 0; j < count; j++) {
            take_column(out, n, first + j, products + j * n);
        }
    }
done:
    spn_release(context, units);
    spn_release(context, products);
    return status;
}

static spn_status take_columns(spn_context *context, const spn_point *point, spn_part part,
                               columns *out)
{
    const spn_objective_operations *operations = point->objective->operations;
    bool has_hessian = SPNI_HAS_OPERATION(operations, hessian);
    bool has_hvp = SPNI_HAS_OPERATION(operations, hvp);
    bool is_small = point->dimension <= SPNI_KEPT_DIMENSION_MAX;
    return has_hessian && (is_small || !has_hvp) ? take_of_hessian(context, point, part, out)
                                                 : take_of_products(context, point, part, out);
}

spn_status spn_point_diagonal(spn_context *context, const spn_point *point, spn_part part,
                              double *out)
{
    const spn_objective_operations *operations = point->objective->operations;
    columns wanted = {.diagonal = out};
    spn_status status = spni_check_curvature(context, point);
    if (status != SPN_OK) {
        return status;
    }
    return SPNI_HAS_OPERATION(operations, diagonal)
               ? operations->diagonal(context, point, part, out)
               : take_columns(context, point, part, &wanted);
}

spn_status spn_point_trace_square(spn_context *context, const spn_point *point, spn_part part,
                                  double *out)
{
    spn_status status = SPN_OK;
    const spn_objective_operations *operations = point->objective->operations;
    columns wanted = {.diagonal = NULL};
    *out = (double)NAN;
    SPN_TRY(spni_check_curvature(context, point));
    if (SPNI_HAS_OPERATION(operations, trace_square)) {
        SPN_TRY(operations->trace_square(context, point, part, out));
        goto done;
    }
    SPN_TRY(take_columns(context, point, part, &wanted));
    *out = wanted.squares;
done:
    return status;
}

static double known_or(double value, double otherwise)
{
    return isnan(value) ? otherwise : value;
}

spn_costs spn_objective_costs(const spn_objective *objective)
{
    const double none = (double)NAN, n = (double)objective->dimension;
    spn_costs out = {none, none, none, none, none, none};
    if (SPNI_HAS_OPERATION(objective->operations, costs)) {
        objective->operations->costs(objective, &out);
    }
    out.gradient = known_or(out.gradient, 6 * n * (double)objective->samples);
    out.product = known_or(out.product, 2 * out.gradient);
    out.hessian = known_or(out.hessian, n * out.product);
    out.trace = known_or(out.trace, n * out.product);
    out.trace_square = known_or(out.trace_square, n * out.product);
    out.trace_square_bytes = known_or(out.trace_square_bytes, 2 * COLUMNS * n * sizeof(double));
    return out;
}
