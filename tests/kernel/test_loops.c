/* SPDX-License-Identifier: MIT */
/* Products and sums of every form against the plain one; results that do not depend on where a sample
 * stands; nothing written beyond what was asked for. */
#include "kernel_case.h"

#include <float.h>

enum { ROWS = 23, INNER = 21, SAMPLES = 601, STRIDE = 609 };
static const double UNTOUCHED = 12345.0;

typedef struct workplace {
    double w[ROWS * INNER], bias[ROWS], x[INNER * STRIDE], y[ROWS * STRIDE];
    double out[ROWS * STRIDE], plain[ROWS * STRIDE], c[ROWS * INNER], c0[ROWS * INNER];
} workplace;

static int setup(void **state)
{
    workplace *work = calloc(1, sizeof *work);
    if (work == NULL) {
        return -1;
    }
    kernel_fill(ROWS * INNER, 1, work->w);
    kernel_fill(ROWS, 2, work->bias);
    kernel_fill(INNER * STRIDE, 3, work->x);
    kernel_fill(ROWS * STRIDE, 4, work->y);
    *state = work;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

enum { FROM_ZERO, FROM_BIAS, ADDING, SCALED, WITH_THIRD, AFFINE_MODES };

/* The third product of an affine task: factors, what they share, and rows of their own. */
enum { FACTOR_STEP = 3 };

static double third_product(const workplace *work, int64_t i, int64_t s)
{
    return work->bias[i * FACTOR_STEP % ROWS] * work->x[s] * work->y[i * STRIDE + s];
}

/* k products and as many sums, in another order or fused: each rounding is at most half a unit of a
 * partial sum, and no partial sum exceeds the sum of sizes. A scale multiplies all of that and rounds
 * once more; the third product rounds three times. */
static void check_affine(const workplace *work, int64_t m, int64_t k, int64_t n, int mode)
{
    for (int64_t i = 0; i < m; i++) {
        for (int64_t s = 0; s < STRIDE; s++) {
            double size = fabs(work->bias[i]) + fabs(work->y[i * STRIDE + s]);
            for (int64_t j = 0; j < k; j++) {
                size += fabs(work->w[i * INNER + j] * work->x[j * STRIDE + s]);
            }
            bool is_scaled = mode == SCALED || mode == WITH_THIRD;
            size *= is_scaled ? fabs(work->y[i * STRIDE + s]) : 1.0;
            size += mode == WITH_THIRD ? fabs(third_product(work, i, s)) : 0.0;
            double got = work->out[i * STRIDE + s];
            if (s < n) {
                check_close(got, work->plain[i * STRIDE + s], (double)(k + 3) * DBL_EPSILON, size);
            } else {
                assert_true(got == UNTOUCHED);
            }
        }
    }
}

static void run_affine(const spni_kernels *kernels, const workplace *work, int64_t m, int64_t k,
                       int64_t n, int mode, double *out)
{
    for (int64_t i = 0; i < ROWS * STRIDE; i++) {
        bool is_inside = mode == ADDING && i % STRIDE < n;
        out[i] = is_inside ? work->y[i] : UNTOUCHED;
    }
    double factors[ROWS * FACTOR_STEP];
    for (int64_t i = 0; i < ROWS; i++) {
        factors[i * FACTOR_STEP] = work->bias[i * FACTOR_STEP % ROWS];
    }
    bool is_scaled = mode == SCALED || mode == WITH_THIRD;
    kernels->affine(&(spni_affine_task){.m = m,
                                        .k = k,
                                        .n = n,
                                        .w = work->w,
                                        .ldw = INNER,
                                        .x = work->x,
                                        .ldx = STRIDE,
                                        .bias = mode == FROM_BIAS ? work->bias : NULL,
                                        .adds = mode == ADDING,
                                        .scale = is_scaled ? work->y : NULL,
                                        .lds = STRIDE,
                                        .factor = mode == WITH_THIRD ? factors : NULL,
                                        .factor_step = FACTOR_STEP,
                                        .common = work->x,
                                        .addend = work->y,
                                        .lda = STRIDE,
                                        .out = out,
                                        .ldo = STRIDE});
}

static void affine_agrees(void **state)
{
    workplace *work = *state;
    kernel_form forms[4];
    int count = kernel_forms(forms);
    for (int64_t m = 1; m <= ROWS; m += m < 8 ? 1 : 5) {
        for (int64_t n = 1; n <= SAMPLES; n += n < 40 ? 1 : 187) {
            int64_t k = 1 + (m * 7 + n) % INNER;
            for (int mode = 0; mode < AFFINE_MODES; mode++) {
                run_affine(forms[0].table, work, m, k, n, mode, work->plain);
                for (int f = 1; f < count; f++) {
                    run_affine(forms[f].table, work, m, k, n, mode, work->out);
                    check_affine(work, m, k, n, mode);
                }
            }
        }
    }
}

static void outer_agrees(void **state)
{
    workplace *work = *state;
    kernel_form forms[4];
    int count = kernel_forms(forms);
    for (int64_t m = 1; m <= ROWS; m += m < 14 ? 1 : 3) {
        for (int64_t k = 1; k <= INNER; k += k < 10 ? 1 : 4) {
            int64_t n = 1 + (m * 97 + k * 31) % SAMPLES;
            for (int f = 1; f < count; f++) {
                memcpy(work->c, work->w, sizeof work->c);
                memcpy(work->c0, work->w, sizeof work->c0);
                bool adds = (m + k) % 2 == 0;
                spni_outer_task task = {.m = m,
                                        .k = k,
                                        .n = n,
                                        .a = work->y,
                                        .lda = STRIDE,
                                        .b = work->x,
                                        .ldb = STRIDE,
                                        .adds = adds,
                                        .c = work->c0,
                                        .ldc = INNER};
                forms[0].table->outer(&task);
                task.c = work->c;
                forms[f].table->outer(&task);
                for (int64_t i = 0; i < ROWS * INNER; i++) {
                    if (i / INNER >= m || i % INNER >= k) {
                        assert_true(work->c[i] == work->w[i]);
                        continue;
                    }
                    double size = fabs(work->w[i]);
                    for (int64_t s = 0; s < n; s++) {
                        size +=
                            fabs(work->y[i / INNER * STRIDE + s] * work->x[i % INNER * STRIDE + s]);
                    }
                    check_close(work->c[i], work->c0[i], (double)(n + 2) * DBL_EPSILON, size);
                }
            }
        }
    }
}

static void sums_agree(void **state)
{
    workplace *work = *state;
    kernel_form forms[4];
    int count = kernel_forms(forms);
    for (int64_t n = 1; n <= SAMPLES; n += n < 70 ? 1 : 59) {
        double dot_size = 0.0, sum_size = 0.0, square_size = 0.0;
        for (int64_t s = 0; s < n; s++) {
            dot_size += fabs(work->x[s] * work->y[s]);
            sum_size += fabs(work->x[s]);
            square_size += (work->x[s] - work->y[s]) * (work->x[s] - work->y[s]);
        }
        double tolerance = (double)(n + 2) * DBL_EPSILON;
        const spni_kernels *plain = forms[0].table;
        for (int f = 1; f < count; f++) {
            const spni_kernels *fast = forms[f].table;
            check_close(fast->dot(n, work->x, work->y), plain->dot(n, work->x, work->y), tolerance,
                        dot_size);
            check_close(fast->sum(n, work->x), plain->sum(n, work->x), tolerance, sum_size);
            work->out[n] = UNTOUCHED;
            double square = fast->squared_error(n, 0.3, work->x, work->y, work->out);
            double expected = plain->squared_error(n, 0.3, work->x, work->y, work->plain);
            check_close(square, expected, tolerance, square_size);
            assert_memory_equal(work->out, work->plain, (size_t)n * sizeof *work->out);
            assert_true(work->out[n] == UNTOUCHED);
        }
    }
}

/* A product rounds once in every form; fused, it does not round before it is added. */
static void rows_agree(void **state)
{
    workplace *work = *state;
    kernel_form forms[4];
    int count = kernel_forms(forms);
    for (int64_t n = 1; n < 40; n++) {
        for (int f = 0; f < count; f++) {
            const spni_kernels *kernels = forms[f].table;
            double *out = work->out, *bends = work->out + STRIDE, *delta = work->plain;
            for (int64_t s = 0; s <= n; s++) {
                out[s] = bends[s] = delta[s] = UNTOUCHED;
            }
            kernels->multiply(n, work->x, work->y, out);
            memcpy(bends, work->x, (size_t)n * sizeof *bends);
            memcpy(delta, work->y, (size_t)n * sizeof *delta);
            kernels->pull(n, work->w, bends, delta);
            for (int64_t s = 0; s < n; s++) {
                assert_true(out[s] == work->x[s] * work->y[s]);
                assert_true(bends[s] == out[s]);
                assert_true(delta[s] == work->w[s] * work->y[s]);
            }
            kernels->add_multiplied(n, work->x, work->x, out);
            for (int64_t s = 0; s < n; s++) {
                double square = work->x[s] * work->x[s], product = work->x[s] * work->y[s];
                check_close(out[s], square + product, DBL_EPSILON, square + fabs(product));
            }
            assert_true(out[n] == UNTOUCHED && bends[n] == UNTOUCHED && delta[n] == UNTOUCHED);
        }
    }
}

/* One row times several, with and without factors, also in place: each product rounds once. */
static void row_times_rows(void **state)
{
    workplace *work = *state;
    kernel_form forms[4];
    int count = kernel_forms(forms);
    for (int64_t rows = 1; rows <= 11; rows++) {
        for (int64_t n = 1; n < 40; n++) {
            for (int f = 0; f < count; f++) {
                for (int64_t i = 0; i <= rows * STRIDE; i++) {
                    work->out[i] = i < STRIDE * rows && i % STRIDE < n ? work->y[i] : UNTOUCHED;
                    work->plain[i] = UNTOUCHED;
                }
                forms[f].table->multiply_rows(rows, n, work->bias, work->x, work->out, STRIDE,
                                              work->plain, STRIDE);
                forms[f].table->multiply_rows(rows, n, NULL, work->x, work->out, STRIDE, work->out,
                                              STRIDE);
                for (int64_t i = 0; i <= rows * STRIDE; i++) {
                    int64_t r = i / STRIDE, s = i % STRIDE;
                    bool is_inside = r < rows && s < n;
                    assert_true(work->out[i] == (is_inside ? work->x[s] * work->y[i] : UNTOUCHED));
                    assert_true(work->plain[i] ==
                                (is_inside ? work->bias[r] * work->x[s] * work->y[i] : UNTOUCHED));
                }
            }
        }
    }
}

/* Rows in single precision: the sum is that of what has been added to, and numbers behind the end stay. */
static void rows_are_added_and_looked_at(void **state)
{
    workplace *work = *state;
    kernel_form forms[4];
    const double factor = -0.37;
    float *x = calloc(SAMPLES, sizeof *x), *w = calloc(SAMPLES, sizeof *w);
    int count = kernel_forms(forms);
    assert_true(x != NULL && w != NULL);
    for (int64_t i = 0; i < SAMPLES; i++) {
        x[i] = (float)work->x[i];
        w[i] = (float)work->y[i];
    }
    for (int64_t n = 0; n < SAMPLES; n += n < 70 ? 1 : 59) {
        for (int f = 0; f < count; f++) {
            double expected = 0, size = 0;
            for (int64_t i = 0; i < SAMPLES; i++) {
                work->out[i] = work->x[i] * work->y[i];
            }
            const double sum = forms[f].table->add_and_look(n, factor, x, w, work->out);
            for (int64_t i = 0; i < SAMPLES; i++) {
                const double z = work->x[i] * work->y[i], more = factor * (double)x[i];
                check_close(work->out[i], i < n ? z + more : z, i < n ? DBL_EPSILON : 0,
                            fabs(z) + fabs(more));
                expected += i < n ? (double)w[i] * work->out[i] : 0;
                size += i < n ? fabs((double)w[i] * work->out[i]) : 0;
            }
            check_close(sum, expected, (double)(n + 2) * DBL_EPSILON, size);
        }
    }
    free(x), free(w);
}

/* The formula itself, to the last bit, in every form and at every length. */
static void ratios_have_the_same_bits(void **state)
{
    workplace *work = *state;
    const spni_ratio by = {0.0015, 0.271, 0.0029970011, 1e-8};
    kernel_form forms[4];
    int count = kernel_forms(forms);
    for (int f = 0; f < count; f++) {
        for (int64_t n = 0; n <= SAMPLES; n++) {
            for (int64_t i = 0; i < SAMPLES; i++) {
                work->plain[i] = work->y[i] * work->y[i];
                work->out[i] = UNTOUCHED;
            }
            forms[f].table->ratio(n, &by, work->x, work->plain, work->out);
            for (int64_t i = 0; i < SAMPLES; i++) {
                const double size = sqrt(work->plain[i] / by.q) + by.epsilon;
                const double expected = by.rate * (work->x[i] / by.p) / size;
                assert_true(work->out[i] == (i < n ? expected : UNTOUCHED));
            }
        }
    }
}

/* The same sample in a long row, as the rest of a row, and alone. */
static void places_do_not_matter(void **state)
{
    workplace *work = *state;
    kernel_form forms[4];
    int count = kernel_forms(forms);
    for (int f = 0; f < count; f++) {
        const spni_kernels *kernels = forms[f].table;
        run_affine(kernels, work, ROWS, INNER, SAMPLES, FROM_BIAS, work->plain);
        spni_activation_kernel *const functions[] = {kernels->tanh, kernels->sigmoid,
                                                     kernels->softplus};
        for (int64_t s = 0; s < SAMPLES; s++) {
            kernels->affine(&(spni_affine_task){.m = ROWS,
                                                .k = INNER,
                                                .n = 1,
                                                .w = work->w,
                                                .ldw = INNER,
                                                .x = work->x + s,
                                                .ldx = STRIDE,
                                                .bias = work->bias,
                                                .out = work->out,
                                                .ldo = STRIDE});
            for (int64_t i = 0; i < ROWS; i++) {
                assert_true(work->out[i * STRIDE] == work->plain[i * STRIDE + s]);
            }
        }
        for (int a = 0; a < 3; a++) {
            double row[3][SAMPLES];
            memcpy(row[0], work->x, sizeof row[0]);
            functions[a](SAMPLES, row[0], row[1], row[2]);
            for (int64_t s = 0; s < SAMPLES; s++) {
                double h = work->x[s], slope = 0.0, bend = 0.0;
                functions[a](1, &h, &slope, &bend);
                assert_true(h == row[0][s] && slope == row[1][s] && bend == row[2][s]);
            }
        }
    }
}

static void the_choice_is_kept(void **state)
{
    (void)state;
    const char *const names[] = {"auto", "plain", "short", "avx2", "avx512"};
    spn_kernels best = SPN_KERNELS_AUTO;
    for (int kind = SPN_KERNELS_AVX512; kind >= SPN_KERNELS_AUTO; kind--) {
        spn_context_settings settings = {.kernels = (spn_kernels)kind};
        spn_context *context = NULL, *fork = NULL;
        check_ok(NULL, (spn_context_create)(&settings, &context));
        check_ok(context, spn_context_fork(context, &fork));
        spn_kernels taken = spn_context_kernels(context);
        best = kind == SPN_KERNELS_AVX512 ? taken : best;
        spn_kernels expected = (spn_kernels)kind;
        expected = kind == SPN_KERNELS_AUTO || expected > best ? best : expected;
        assert_int_equal(taken, expected);
        assert_int_equal(spn_context_kernels(fork), taken);
        assert_true(taken != SPN_KERNELS_AUTO);
        assert_string_equal(spn_kernels_name((spn_kernels)kind), names[kind]);
        spn_context_free(fork);
        spn_context_free(context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(affine_agrees, setup, teardown),
        cmocka_unit_test_setup_teardown(outer_agrees, setup, teardown),
        cmocka_unit_test_setup_teardown(sums_agree, setup, teardown),
        cmocka_unit_test_setup_teardown(rows_agree, setup, teardown),
        cmocka_unit_test_setup_teardown(row_times_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(ratios_have_the_same_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(rows_are_added_and_looked_at, setup, teardown),
        cmocka_unit_test_setup_teardown(places_do_not_matter, setup, teardown),
        cmocka_unit_test(the_choice_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
