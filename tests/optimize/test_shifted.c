/* SPDX-License-Identifier: MIT */
/* Steps from Cholesky factors of H + mu I against those from eigenvectors: the same region, spectra of all kinds that are
 * indefinite or definite beyond doubt. */
#include "optimize/shifted.h"
#include "support.h"

#include <float.h>

enum { N = 40 };

typedef struct problem {
    double hessian[N * N], vectors[N * N], factor[N * N], values[N], gamma[N], g[N], basis[N];
    double exact[N], step[N];
    spni_spectrum spectrum;
} problem;

/* H = V diag(values) V^T with V a product of two reflections; g = V gamma. */
static void make_problem(problem *p, uint64_t job)
{
    spn_random random = spn_random_stream(11, SPN_PURPOSE_TEST, job);
    for (int64_t i = 0; i < N * N; i++) {
        p->vectors[i] = i % (N + 1) == 0;
    }
    for (int k = 0; k < 2; k++) {
        double u[N];
        for (int i = 0; i < N; i++) {
            u[i] = spn_random_normal(&random);
        }
        double square = spn_dot(N, u, u);
        for (int j = 0; j < N; j++) {
            double *column = p->vectors + (ptrdiff_t)j * N;
            spn_axpy(N, -2 * spn_dot(N, u, column) / square, u, column);
        }
    }
    memset(p->hessian, 0, sizeof p->hessian);
    memset(p->g, 0, sizeof p->g);
    for (int k = 0; k < N; k++) {
        const double *v = p->vectors + (ptrdiff_t)k * N;
        spn_axpy(N, p->gamma[k], v, p->g);
        for (int j = 0; j < N; j++) {
            spn_axpy(N, p->values[k] * v[j], v, p->hessian + (ptrdiff_t)j * N);
        }
    }
    p->spectrum = (spni_spectrum){N, p->vectors, p->values, p->gamma,
                                  fmax(fabs(p->values[0]), fabs(p->values[N - 1]))};
}

/* Eigenvalues from `least` to 1, most of them small, as those of networks are. */
static void fill(problem *p, double least, double softness, uint64_t job)
{
    spn_random random = spn_random_stream(12, SPN_PURPOSE_TEST, job);
    for (int i = 0; i < N; i++) {
        double place = (double)i / (N - 1);
        p->values[i] = i == 0 ? least : fmax(least, 0.3 * least) + pow(place, softness);
        p->gamma[i] = spn_random_normal(&random);
    }
    spn_sort(N, p->values);
}

static bool step_without(spn_context *context, problem *p, const spni_region *region,
                         spni_shifted *m, double *predicted)
{
    bool is_decided = false;
    check_ok(context, spni_shifted_step(context, m, p->g, region, p->step, predicted, &is_decided));
    return is_decided;
}

/* Steps of both ways: lengths within a tenth, and what the model falls by within a fifth of the best. */
static void compare(spn_context *context, problem *p, double radius, double cubic)
{
    spni_shifted m = {0};
    spni_region region = {.radius = radius, .cubic = cubic, .basis = p->basis};
    check_ok(context, spni_shifted_make(context, N, &m));
    spni_shifted_start(&m, p->hessian, p->factor);
    spni_shifted_take(&m, false);
    for (int k = 0; k < 6; k++) { /* rejected steps: ever smaller regions of one model */
        double predicted = 0;
        bool is_cubic = false;
        double best = spni_region_step(&p->spectrum, &region, p->exact, &is_cubic);
        assert_true(step_without(context, p, &region, &m, &predicted));
        double length = spn_norm(N, p->exact), change = 0;
        check_close(spn_norm(N, p->step) / length, 1, 0.15, 1);
        assert_true(spn_norm(N, p->step) <= region.radius);
        assert_true(predicted > 0.8 * best);
        assert_true(predicted < (cubic > 0 ? 1.2 : 1 + 1e-12) * best);
        for (int i = 0; i < N; i++) {
            double along = spn_dot(N, p->vectors + (ptrdiff_t)i * N, p->step);
            change += along * (p->gamma[i] + 0.5 * p->values[i] * along);
        }
        check_close(predicted, -change, 1e-12, 0);
        region.radius *= 0.3;
    }
    assert_true(m.largest <= p->spectrum.largest * (1 + 1e-12));
    assert_true(m.largest > 0.5 * p->spectrum.largest);
    spn_release(context, m.memory);
}

static void test_indefinite(void **state)
{
    (void)state;
    spn_context *context = NULL;
    problem *p = malloc(sizeof *p);
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    assert_non_null(p);
    const double least[5] = {-1e-8, -1e-5, -1e-2, -0.5, -3}, softness[3] = {1, 4, 9};
    for (uint64_t job = 0; job < 60; job++) {
        fill(p, least[job % 5], softness[job / 5 % 3], job);
        make_problem(p, job);
        const double radius[2] = {1, 30}, cubic[3] = {1e-10, 1e-2, 1};
        for (int k = 0; k < 6; k++) {
            compare(context, p, radius[k / 3], cubic[k % 3] * p->spectrum.largest);
        }
    }
    free(p);
    spn_context_free(context);
}

/* No gradient along the vector of least curvature, or nothing but rounding. */
static void test_hard_case(void **state)
{
    (void)state;
    spn_context *context = NULL;
    problem *p = malloc(sizeof *p);
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    assert_non_null(p);
    for (uint64_t job = 0; job < 20; job++) {
        fill(p, job % 2 == 0 ? -0.5 : -1e-3, 3, job);
        for (int i = 0; i < N; i++) {
            p->gamma[i] *= 1e-4;
        }
        p->gamma[0] = job % 3 == 0 ? 0 : job % 3 == 1 ? 1e-18 : -1e-18;
        make_problem(p, job);
        compare(context, p, 1, 1e-10);
    }
    free(p);
    spn_context_free(context);
}

/* Positive definite, and the Newton step too long: from the factor at hand. */
static void test_positive(void **state)
{
    (void)state;
    spn_context *context = NULL;
    problem *p = malloc(sizeof *p);
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    assert_non_null(p);
    for (uint64_t job = 0; job < 20; job++) {
        spni_shifted m = {0};
        bool is_positive = false, is_cubic = false;
        double predicted = 0;
        fill(p, 1e-3, 3, job);
        make_problem(p, job);
        check_ok(context, spni_shifted_make(context, N, &m));
        spni_shifted_start(&m, p->hessian, p->factor);
        memcpy(p->factor, p->hessian, sizeof p->factor);
        check_ok(context, spn_cholesky(context, N, p->factor, 1e-8, &is_positive));
        assert_true(is_positive);
        spni_shifted_take(&m, true);
        for (double radius = 10; radius > 1e-3; radius *= 0.2) {
            spni_region region = {.radius = radius, .basis = p->basis};
            double best = spni_region_step(&p->spectrum, &region, p->exact, &is_cubic);
            assert_true(step_without(context, p, &region, &m, &predicted));
            assert_true(spn_norm(N, p->step) <= radius && spn_norm(N, p->step) >= 0.9 * radius);
            assert_true(predicted > 0.8 * best && predicted <= best * (1 + 1e-12));
        }
        spn_release(context, m.memory);
    }
    free(p);
    spn_context_free(context);
}

/* Flat, not indefinite: left to those who know the eigenvectors. */
static void test_doubt(void **state)
{
    (void)state;
    spn_context *context = NULL;
    problem *p = malloc(sizeof *p);
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    assert_non_null(p);
    const double least[3] = {0, -1e-12, 1e-12};
    for (uint64_t job = 0; job < 9; job++) {
        spni_shifted m = {0};
        double predicted = 0;
        fill(p, least[job % 3], 3, job);
        make_problem(p, job);
        check_ok(context, spni_shifted_make(context, N, &m));
        spni_shifted_start(&m, p->hessian, p->factor);
        spni_shifted_take(&m, false);
        spni_region region = {.radius = 1, .cubic = 1, .basis = p->basis};
        assert_false(step_without(context, p, &region, &m, &predicted));
        spn_release(context, m.memory);
    }
    free(p);
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_indefinite),
        cmocka_unit_test(test_hard_case),
        cmocka_unit_test(test_positive),
        cmocka_unit_test(test_doubt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
