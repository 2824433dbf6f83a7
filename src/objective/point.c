/* SPDX-License-Identifier: MIT */
/* The front of every objective: argument checks, bookkeeping, and fallbacks for absent operations. */
#include "objective/objective.h"
#include <spinodal/numeric.h>

#include <math.h>
#include <string.h>

/* Columns of the Hessian made by one call of hvp when there is no dense Hessian. */
enum { BLOCK = 32 };

/* Caches. A point is const while it is measured; its cache is not. */
typedef struct fallback {
    double *kept; /* P x P: the full Hessian, or NULL where it is not kept */
    bool is_kept;
    double *hessian; /* P x P, when there is a Hessian but no hvp or no trace */
    bool is_filled;
    spn_part part;    /* which part `hessian` holds */
    double *units;    /* BLOCK x P, when there is hvp but no Hessian or no trace */
    double *products; /* BLOCK x P */
} fallback;

typedef struct boxed_point {
    spn_point point; /* first: a pointer to it is a pointer to the box */
    fallback *fallback;
} boxed_point;

static fallback *fallback_of(const spn_point *point)
{
    return ((const boxed_point *)(const void *)point)->fallback;
}

static bool has_set(const spn_objective *objective)
{
    const spn_objective_operations *operations = objective->operations;
    return operations != NULL && SPNI_HAS_OPERATION(operations, set);
}

static spn_status fallback_create(spn_context *context, const spn_objective *objective,
                                  fallback **out)
{
    spn_status status = SPN_OK;
    const spn_objective_operations *operations = objective->operations;
    bool has_hvp = SPNI_HAS_OPERATION(operations, hvp);
    bool has_hessian = SPNI_HAS_OPERATION(operations, hessian);
    bool has_trace = SPNI_HAS_OPERATION(operations, trace);
    int64_t n = objective->dimension;
    fallback *made = NULL;
    SPN_NEW(context, made, 1);
    int64_t square = 0;
    if (has_hessian && !has_hvp) {
        if (!spn_size_multiply(n, n, &square)) {
            SPN_FAIL(context, SPN_ERROR_ARGUMENT, "a dense Hessian of %lld parameters is too large",
                     (long long)n);
        }
        SPN_NEW(context, made->hessian, square);
    }
    bool is_worth_keeping = has_hessian && has_hvp && n <= SPNI_KEPT_DIMENSION_MAX &&
                            !SPNI_HAS_OPERATION(operations, error);
    if (is_worth_keeping) {
        SPN_NEW(context, made->kept, n * n);
    }
    if (has_hvp && !(has_hessian && has_trace)) {
        int64_t rows = n < BLOCK ? n : BLOCK;
        if (!spn_size_multiply(n, rows, &square)) {
            SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld parameters are too many", (long long)n);
        }
        SPN_NEW(context, made->units, square);
        SPN_NEW(context, made->products, square);
    }
    *out = made;
    return SPN_OK;
done:
    if (made != NULL) {
        spn_release(context, made->hessian);
        spn_release(context, made->kept);
        spn_release(context, made->units);
        spn_release(context, made->products);
        spn_release(context, made);
    }
    return status;
}

spn_status spn_point_create(spn_context *context, const spn_objective *objective, spn_point **out)
{
    spn_status status = SPN_OK;
    boxed_point *box = NULL;
    *out = NULL;
    if (objective == NULL || !has_set(objective) || objective->dimension < 1 ||
        objective->samples < 1) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "an objective needs the operation `set`, dimension >= 1 and samples >= 1; set "
                 "`size` of its table to sizeof(spn_objective_operations)");
    }
    SPN_NEW(context, box, 1);
    spn_point *point = &box->point;
    point->objective = objective;
    point->dimension = objective->dimension;
    SPN_NEW(context, point->theta, point->dimension);
    SPN_NEW(context, point->gradient, point->dimension);
    SPN_NEW(context, point->parameter_gradient, point->dimension);
    SPN_TRY(fallback_create(context, objective, &box->fallback));
    if (SPNI_HAS_OPERATION(objective->operations, state_create)) {
        SPN_TRY(objective->operations->state_create(context, objective, &point->state));
    }
    *out = point;
    return SPN_OK;
done:
    if (box != NULL) {
        box->point.state = NULL;
        spn_point_free(context, &box->point);
    }
    return status;
}

void spn_point_free(spn_context *context, spn_point *point)
{
    if (point == NULL) {
        return;
    }
    boxed_point *box = (boxed_point *)(void *)point;
    if (point->state != NULL && SPNI_HAS_OPERATION(point->objective->operations, state_free)) {
        point->objective->operations->state_free(context, point->state);
    }
    if (box->fallback != NULL) {
        spn_release(context, box->fallback->hessian);
        spn_release(context, box->fallback->kept);
        spn_release(context, box->fallback->units);
        spn_release(context, box->fallback->products);
        spn_release(context, box->fallback);
    }
    spn_release(context, point->theta);
    spn_release(context, point->gradient);
    spn_release(context, point->parameter_gradient);
    spn_release(context, box);
}

static spn_status check_subset(spn_context *context, const spn_objective *objective,
                               const spn_subset *subset)
{
    if (subset->count < 1 || subset->indices == NULL) {
        return spn_fail(context, SPN_ERROR_ARGUMENT, "a subset of samples needs at least one");
    }
    for (int64_t i = 0; i < subset->count; i++) {
        if (subset->indices[i] < 0 || subset->indices[i] >= objective->samples) {
            return spn_fail(context, SPN_ERROR_ARGUMENT,
                            "sample %lld of the subset is outside [0, %lld)",
                            (long long)subset->indices[i], (long long)objective->samples);
        }
    }
    return SPN_OK;
}

spn_status spn_point_set(spn_context *context, spn_point *point, const double *theta,
                         double parameter, const spn_subset *subset, unsigned wanted)
{
    spn_status status = SPN_OK;
    size_t bytes = (size_t)point->dimension * sizeof *theta;
    point->has = 0;
    fallback_of(point)->is_filled = false;
    fallback_of(point)->is_kept = false;
    spn_tick(context);
    SPN_TRY(spn_poll(context));
    if (subset != NULL) {
        SPN_TRY(check_subset(context, point->objective, subset));
    }
    memmove(point->theta, theta, bytes);
    point->parameter = parameter;
    point->is_of_subset = subset != NULL;
    if (wanted & SPN_WANT_PARAMETER) {
        /* An objective that ignores the parameter need not say so. */
        point->parameter_value = 0;
        memset(point->parameter_gradient, 0, bytes);
    }
    SPN_TRY(point->objective->operations->set(context, point, subset, wanted));
    point->has = wanted & SPN_WANT_ALL;
done:
    return status;
}

spn_status spni_check_curvature(spn_context *context, const spn_point *point)
{
    if (point->has & SPN_WANT_CURVATURE) {
        return SPN_OK;
    }
    return spn_fail(context, SPN_ERROR_ARGUMENT,
                    "the point holds no curvature: call spn_point_set() with SPN_WANT_CURVATURE "
                    "first");
}

/* The dense Hessian in the cache, for the absent operations that it can replace. */
static spn_status fill_hessian(spn_context *context, const spn_point *point, spn_part part)
{
    fallback *cache = fallback_of(point);
    if (cache->is_filled && cache->part == part) {
        return SPN_OK;
    }
    cache->is_filled = false;
    spn_status status = point->objective->operations->hessian(context, point, part, cache->hessian);
    cache->is_filled = status == SPN_OK;
    cache->part = part;
    return status;
}

/* Products with the unit vectors of one block of columns; *count of them from `first`. */
static spn_status unit_products(spn_context *context, const spn_point *point, spn_part part,
                                int64_t first, int64_t *count)
{
    fallback *cache = fallback_of(point);
    int64_t n = point->dimension;
    *count = n - first < BLOCK ? n - first : BLOCK;
    memset(cache->units, 0, (size_t)(*count * n) * sizeof *cache->units);
    for (int64_t j = 0; j < *count; j++) {
        cache->units[j * n + first + j] = 1;
    }
    return point->objective->operations->hvp(context, point, part, *count, cache->units,
                                             cache->products);
}

static spn_status no_curvature(spn_context *context)
{
    return spn_fail(context, SPN_ERROR_UNSUPPORTED,
                    "this objective has neither products with its Hessian nor the Hessian itself");
}

spn_status spn_point_hvp(spn_context *context, const spn_point *point, spn_part part, int64_t k,
                         const double *v, double *hv)
{
    spn_status status = SPN_OK;
    const spn_objective_operations *operations = point->objective->operations;
    int64_t n = point->dimension;
    SPN_TRY(spni_check_curvature(context, point));
    if (k < 0) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "products with %lld vectors make no sense",
                 (long long)k);
    }
    if (SPNI_HAS_OPERATION(operations, hvp)) {
        SPN_TRY(operations->hvp(context, point, part, k, v, hv));
    } else if (SPNI_HAS_OPERATION(operations, hessian)) {
        SPN_TRY(fill_hessian(context, point, part));
        for (int64_t j = 0; j < k; j++) {
            spn_symmetric_multiply(n, fallback_of(point)->hessian, v + j * n, hv + j * n);
        }
    } else {
        SPN_TRY(no_curvature(context));
    }
done:
    return status;
}

static void copy_triangle(int64_t n, const double *from, double *to)
{
    for (int64_t j = 0; j < n; j++) {
        memcpy(to + j + j * n, from + j + j * n, (size_t)(n - j) * sizeof *to);
    }
}

static bool is_keeping(const spn_point *point, spn_part part)
{
    return fallback_of(point)->kept != NULL && part == SPN_PART_FULL;
}

/* The full Hessian in the point's own copy. */
static spn_status keep_hessian(spn_context *context, const spn_point *point)
{
    fallback *cache = fallback_of(point);
    if (cache->is_kept) {
        return SPN_OK;
    }
    spn_status status =
        point->objective->operations->hessian(context, point, SPN_PART_FULL, cache->kept);
    cache->is_kept = status == SPN_OK;
    return status;
}

spn_status spni_point_hessian_view(spn_context *context, const spn_point *point, spn_part part,
                                   double *scratch, const double **h)
{
    spn_status status = SPN_OK;
    SPN_TRY(spni_check_curvature(context, point));
    *h = scratch;
    if (is_keeping(point, part)) {
        SPN_TRY(keep_hessian(context, point));
        *h = fallback_of(point)->kept;
        goto done;
    }
    SPN_TRY(spn_point_hessian(context, point, part, scratch));
done:
    return status;
}

spn_status spn_point_hessian(spn_context *context, const spn_point *point, spn_part part, double *h)
{
    spn_status status = SPN_OK;
    const spn_objective_operations *operations = point->objective->operations;
    int64_t n = point->dimension;
    SPN_TRY(spni_check_curvature(context, point));
    if (is_keeping(point, part)) {
        SPN_TRY(keep_hessian(context, point));
        copy_triangle(n, fallback_of(point)->kept, h);
        goto done;
    }
    if (SPNI_HAS_OPERATION(operations, hessian)) {
        SPN_TRY(operations->hessian(context, point, part, h));
        goto done;
    }
    if (!SPNI_HAS_OPERATION(operations, hvp)) {
        SPN_TRY(no_curvature(context));
    }
    const double *products = fallback_of(point)->products;
    for (int64_t first = 0, count = 0; first < n; first += count) {
        SPN_TRY(unit_products(context, point, part, first, &count));
        for (int64_t j = 0; j < count; j++) {
            int64_t column = first + j;
            memcpy(h + column + column * n, products + j * n + column,
                   (size_t)(n - column) * sizeof *h);
        }
    }
done:
    return status;
}

spn_status spn_point_trace(spn_context *context, const spn_point *point, spn_part part, double *out)
{
    spn_status status = SPN_OK;
    const spn_objective_operations *operations = point->objective->operations;
    int64_t n = point->dimension;
    double sum = 0;
    *out = (double)NAN;
    SPN_TRY(spni_check_curvature(context, point));
    if (SPNI_HAS_OPERATION(operations, trace)) {
        SPN_TRY(operations->trace(context, point, part, out));
        goto done;
    }
    if (SPNI_HAS_OPERATION(operations, hvp)) {
        for (int64_t first = 0, count = 0; first < n; first += count) {
            SPN_TRY(unit_products(context, point, part, first, &count));
            for (int64_t j = 0; j < count; j++) {
                sum += fallback_of(point)->products[j * n + first + j];
            }
        }
    } else if (SPNI_HAS_OPERATION(operations, hessian)) {
        SPN_TRY(fill_hessian(context, point, part));
        sum = spn_symmetric_trace(n, fallback_of(point)->hessian);
    } else {
        SPN_TRY(no_curvature(context));
    }
    *out = sum;
done:
    return status;
}

spn_status spn_objective_trivial(spn_context *context, const spn_objective *objective,
                                 double parameter, double *theta)
{
    if (!SPNI_HAS_OPERATION(objective->operations, trivial)) {
        return spn_fail(context, SPN_ERROR_UNSUPPORTED,
                        "this objective names no trivial stationary point");
    }
    return objective->operations->trivial(context, objective, parameter, theta);
}

spn_status spn_objective_trivial_near(spn_context *context, const spn_objective *objective,
                                      double parameter, const double *near, double *theta)
{
    if (!SPNI_HAS_OPERATION(objective->operations, trivial_near)) {
        return spn_objective_trivial(context, objective, parameter, theta);
    }
    return objective->operations->trivial_near(context, objective, parameter, near, theta);
}

void spn_objective_settle(const spn_objective *objective, double *theta)
{
    if (SPNI_HAS_OPERATION(objective->operations, settle)) {
        objective->operations->settle(objective, theta);
    }
}

spn_status spn_point_labels(spn_context *context, const spn_point *point, spn_labels *out)
{
    const double none = (double)NAN;
    spn_status status = SPN_OK;
    *out = (spn_labels){.accuracy = none, .test_error = none, .test_accuracy = none};
    if (SPNI_HAS_OPERATION(point->objective->operations, labels)) {
        status = point->objective->operations->labels(context, point, out);
    } else {
        status = spn_fail(context, SPN_ERROR_UNSUPPORTED,
                          "this objective has no labels in function space");
    }
    if (status != SPN_OK) {
        *out = (spn_labels){.active_modes = -1,
                            .learned_modes = -1,
                            .dead_units = -1,
                            .merged_units = -1,
                            .accuracy = none,
                            .test_error = none,
                            .test_accuracy = none};
    }
    return status;
}

const spn_point *spn_point_error(const spn_point *point)
{
    if (!SPNI_HAS_OPERATION(point->objective->operations, error)) {
        return point;
    }
    return spn_point_error(point->objective->operations->error(point));
}
