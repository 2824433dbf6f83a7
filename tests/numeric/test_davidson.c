/* SPDX-License-Identifier: MIT */
/* The lowest eigenpair of matrices whose spectrum is known. */
#include "support.h"

#include <spinodal/numeric.h>
#include <spinodal/numeric/davidson.h>

enum { N = 400 };

/* D + u u^T with a known spectrum after a reflection: A = Q D Q, Q = I - 2 w w^T, |w| = 1. */
typedef struct model {
    double d[N], w[N], m[N]; /* m: what the preconditioner thinks of d */
    int64_t products;
} model;

static void reflect(const model *a, double *v)
{
    spn_axpy(N, -2 * spn_dot(N, a->w, v), a->w, v);
}

static spn_status turned(const model *a, const double *scale, bool is_inverse, int64_t k,
                         const double *v, double *out)
{
    memmove(out, v, (size_t)(k * N) * sizeof *v);
    for (int64_t j = 0; j < k; j++) {
        double *row = out + j * N;
        reflect(a, row);
        for (int64_t i = 0; i < N; i++) {
            row[i] = is_inverse ? row[i] / scale[i] : row[i] * scale[i];
        }
        reflect(a, row);
    }
    return SPN_OK;
}

static spn_status multiply(spn_context *context, void *state, int64_t k, const double *v,
                           double *out)
{
    model *a = state;
    (void)context;
    a->products += k;
    return turned(a, a->d, false, k, v, out);
}

static spn_status precondition(spn_context *context, void *state, int64_t k, const double *v,
                               double *out)
{
    const model *a = state;
    (void)context;
    return turned(a, a->m, true, k, v, out);
}

/* Eigenvalues spread over four decades from 1e-3, the lowest `low`; the preconditioner is wrong by up to a factor of 2. */
static void make(model *a, double low)
{
    spn_random random = spn_random_stream(7, SPN_PURPOSE_PROBES, 1);
    double length = 0;
    *a = (model){.products = 0};
    for (int64_t i = 0; i < N; i++) {
        a->w[i] = spn_random_normal(&random);
        a->d[i] = i == 0 ? low : 1e-3 * pow(10, 4 * (double)i / N);
        a->m[i] = fabs(a->d[i]) * (1 + (double)(i % 7) / 6) + 1e-4;
        length += a->w[i] * a->w[i];
    }
    for (int64_t i = 0; i < N; i++) {
        a->w[i] /= sqrt(length);
    }
}

static spn_davidson_info solve(spn_context *context, model *a, bool is_preconditioned,
                               double *value, double *vector)
{
    const spn_symmetric_operator matrix = {N, multiply, a}, inverse = {N, precondition, a};
    const spn_davidson_settings settings = {
        .basis = 20, .products = 5000, .tolerance = 1e-8, .seed = 3};
    spn_davidson_info info;
    check_ok(context, spn_lowest_eigenpair(context, &matrix, is_preconditioned ? &inverse : NULL,
                                           &settings, value, vector, &info));
    assert_int_equal(info.products, a->products);
    return info;
}

/* The value is right to residual^2 / gap, at least to the residual. */
static void check_lowest(double low, bool is_preconditioned, int64_t negative)
{
    spn_context *context = NULL;
    static model a;
    double value = 0, vector[N], product[N];
    check_ok(NULL, spn_context_create(NULL, &context));
    make(&a, low);
    spn_davidson_info info = solve(context, &a, is_preconditioned, &value, vector);
    assert_true(info.is_converged);
    assert_true(info.residual <= 1e-8 * info.norm);
    assert_true(fabs(value - low) <= info.residual);
    assert_int_equal(info.negative, negative);
    check_close(spn_norm(N, vector), 1, 1e-12, 0);
    check_ok(context, multiply(context, &a, 1, vector, product));
    spn_axpy(N, -value, vector, product);
    check_close(spn_norm(N, product), info.residual, 1e-6, 1e-7);
    spn_context_free(context);
}

static void test_lowest_of_a_known_spectrum(void **state)
{
    (void)state;
    check_lowest(2e-4, true, 0);
    check_lowest(-0.3, true, 1);
    check_lowest(-1e-5, true, 1);
    check_lowest(-0.3, false, 1);
}

/* Zero is a share of the largest eigenvalue, which a basis of soft vectors alone does not see: a neighbouring operator's stands for it. */
static void test_zero_is_that_of_the_larger_norm(void **state)
{
    (void)state;
    spn_context *context = NULL;
    static model a;
    double value = 0, vector[N];
    check_ok(NULL, spn_context_create(NULL, &context));
    for (int i = 0; i < 2; i++) {
        make(&a, -1e-5);
        const spn_symmetric_operator matrix = {N, multiply, &a}, inverse = {N, precondition, &a};
        const spn_davidson_settings settings = {.basis = 20,
                                                .products = 5000,
                                                .tolerance = 1e-12,
                                                .seed = 3,
                                                .norm = i == 0 ? 0.5e4 : 2e4};
        spn_davidson_info info;
        check_ok(context, spn_lowest_eigenpair(context, &matrix, &inverse, &settings, &value,
                                               vector, &info));
        assert_true(fabs(value + 1e-5) <= info.residual);
        assert_int_equal(info.negative, i == 0);
    }
    spn_context_free(context);
}

static spn_status make_nothing(spn_context *context, void *state, int64_t k, const double *v,
                               double *out)
{
    const double *what = state;
    (void)context;
    (void)v;
    for (int64_t i = 0; i < k * N; i++) {
        out[i] = *what;
    }
    return SPN_OK;
}

/* What makes nothing of any vector is refused, not tried for ever. */
static void test_no_preconditioner(void **state)
{
    (void)state;
    spn_context *context = NULL;
    static model a;
    double values[] = {0, (double)NAN, (double)INFINITY}, value = 0, vector[N];
    check_ok(NULL, spn_context_create(NULL, &context));
    for (int i = 0; i < 3; i++) {
        make(&a, 2e-4);
        const spn_symmetric_operator matrix = {N, multiply, &a},
                                     inverse = {N, make_nothing, &values[i]};
        const spn_davidson_settings settings = {
            .basis = 20, .products = 5000, .tolerance = 1e-8, .seed = 3};
        spn_davidson_info info;
        check_fails(
            context,
            spn_lowest_eigenpair(context, &matrix, &inverse, &settings, &value, vector, &info),
            SPN_ERROR_NUMERIC, "the preconditioner makes 0");
    }
    spn_context_free(context);
}

/* What M knows of H need not be found by products. */
static void test_preconditioning_saves_products(void **state)
{
    (void)state;
    spn_context *context = NULL;
    static model a;
    double value = 0, vector[N];
    check_ok(NULL, spn_context_create(NULL, &context));
    make(&a, 2e-4);
    spn_davidson_info with = solve(context, &a, true, &value, vector);
    make(&a, 2e-4);
    spn_davidson_info without = solve(context, &a, false, &value, vector);
    assert_true(with.products * 4 < without.products);
    spn_context_free(context);
}

/* What was found of a neighbouring operator is a start, not an answer: with it far fewer products find the pair that is the lowest now, also where that
 * is another one than before, and where what is given is of no use. */
static void check_warm(bool is_preconditioned, double low, int64_t other, double lower,
                       double useless)
{
    spn_context *context = NULL;
    static model a;
    double value = 0, vector[N], ritz[3 * N];
    const spn_symmetric_operator matrix = {N, multiply, &a}, m = {N, precondition, &a};
    const spn_symmetric_operator *inverse = is_preconditioned ? &m : NULL;
    spn_davidson_settings settings = {
        .basis = 20, .products = 5000, .tolerance = 1e-8, .seed = 3, .ritz = ritz, .ritz_most = 3};
    spn_davidson_info cold, warm;
    check_ok(NULL, spn_context_create(NULL, &context));
    make(&a, low);
    check_ok(context,
             spn_lowest_eigenpair(context, &matrix, inverse, &settings, &value, vector, &cold));
    assert_int_equal(cold.ritz, 3);
    check_close(fabs(spn_dot(N, ritz, vector)), 1, 1e-10, 0);
    check_close(spn_dot(N, ritz, ritz + N), 0, 1e-10, 1);
    for (int64_t i = 0; useless > 0 && i < 3 * N; i++) {
        ritz[i] = useless * (double)(i % N == 7);
    }
    a.d[0] *= 1.0001;
    a.d[other] = lower;
    settings.start = ritz;
    settings.starts = cold.ritz;
    settings.norm = cold.norm;
    check_ok(context,
             spn_lowest_eigenpair(context, &matrix, inverse, &settings, &value, vector, &warm));
    assert_true(warm.is_converged);
    assert_true(fabs(value - fmin(a.d[0], lower)) <= warm.residual);
    assert_true(warm.residual <= 1e-8 * warm.norm);
    /* A good preconditioner needs no start, and then the second pair is what takes products. */
    assert_true(is_preconditioned || 10 * warm.products < cold.products);
    spn_context_free(context);
}

static void test_neighbours_are_a_start(void **state)
{
    (void)state;
    check_warm(true, 2e-4, 1, 1.024e-3, 0);
    check_warm(true, 2e-4, 1, -1e-4, 0);
    check_warm(true, 2e-4, 5, 1e-5, 0);
    check_warm(true, -1e-5, 40, -0.02, 0);
    check_warm(true, 2e-4, 1, 1.024e-3, 1);     /* three times the same vector */
    check_warm(true, 2e-4, 1, 1.024e-3, 1e300); /* ... whose square is no number */
    check_warm(false, 2e-4, 1, 1.024e-3, 0);
}

/* Small spaces are spanned whole; a limit is a result; what is not finite and senseless settings are errors. */
static spn_status tiny(spn_context *context, void *state, int64_t k, const double *v, double *out)
{
    (void)context;
    for (int64_t j = 0; j < k; j++) {
        out[2 * j] = *(const double *)state * v[2 * j + 1];
        out[2 * j + 1] = *(const double *)state * v[2 * j];
    }
    return SPN_OK;
}

static void test_ends(void **state)
{
    (void)state;
    spn_context *context = NULL;
    double value = 0, vector[N], entry = 3;
    spn_davidson_info info;
    spn_davidson_settings settings = {.basis = 8, .products = 100, .tolerance = 0};
    const spn_symmetric_operator matrix = {2, tiny, &entry};
    check_ok(NULL, spn_context_create(NULL, &context));
    check_ok(context,
             spn_lowest_eigenpair(context, &matrix, NULL, &settings, &value, vector, &info));
    check_close(value, -3, 1e-14, 0);
    assert_true(info.is_converged && info.products == 2);
    settings.products = 1;
    check_ok(context,
             spn_lowest_eigenpair(context, &matrix, NULL, &settings, &value, vector, &info));
    assert_false(info.is_converged);
    entry = (double)NAN;
    check_fails(context,
                spn_lowest_eigenpair(context, &matrix, NULL, &settings, &value, vector, &info),
                SPN_ERROR_NUMERIC, "not finite");
    settings.basis = 7;
    check_fails(context,
                spn_lowest_eigenpair(context, &matrix, NULL, &settings, &value, vector, &info),
                SPN_ERROR_ARGUMENT, "basis of 7");
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lowest_of_a_known_spectrum),
        cmocka_unit_test(test_zero_is_that_of_the_larger_norm),
        cmocka_unit_test(test_no_preconditioner),
        cmocka_unit_test(test_neighbours_are_a_start),
        cmocka_unit_test(test_preconditioning_saves_products),
        cmocka_unit_test(test_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
