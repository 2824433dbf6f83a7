/* SPDX-License-Identifier: MIT */
/* Products of bytes are those of the numbers scale k that they stand for, in every form, of any shape and wherever samples begin; what passes over zeros
 * has the same bits as what does not; and bytes behind the last sample, which are there, change nothing. */
#include "kernel_case.h"

#include <float.h>

enum { ROWS = 26, INNER = 21, SAMPLES = 1101, STRIDE = 1112, GROUP = 8, GROUPS = STRIDE / GROUP };
enum { WORDS = GROUPS / 64 + 2, STEP = GROUP * (INNER + 2) };
static const double UNTOUCHED = 12345.0, SCALE = 1.0 / 255;

typedef struct workplace {
    double w[ROWS * INNER], bias[ROWS], y[ROWS * STRIDE];
    double out[ROWS * STRIDE], all[ROWS * STRIDE], c[ROWS * INNER], c_all[ROWS * INNER];
    uint8_t code[GROUPS * STEP];
    uint16_t input[GROUPS * INNER];
    int64_t list[GROUPS];
    uint64_t groups[INNER * WORDS];
} workplace;

/* A third of the groups have something. */
static int byte_of(int64_t i, int64_t s)
{
    const int64_t g = s / GROUP;
    return i != 4 && (i * 7 + g * g * 5) % 3 == 0 ? (int)((i * 37 + s * s * 11) % 256) : 0;
}

static int setup(void **state)
{
    workplace *work = calloc(1, sizeof *work);
    if (work == NULL) {
        return -1;
    }
    kernel_fill(ROWS * INNER, 1, work->w);
    kernel_fill(ROWS, 2, work->bias);
    kernel_fill(ROWS * STRIDE, 4, work->y);
    for (int64_t i = 0; i < INNER; i++) {
        for (int64_t s = 0; s < STRIDE; s++) {
            const int byte = byte_of(i, s);
            work->code[s / GROUP * STEP + GROUP * i + s % GROUP] = (uint8_t)byte;
            work->groups[i * WORDS + s / GROUP / 64] |= (uint64_t)(byte != 0) << (s / GROUP % 64);
        }
    }
    int64_t count = 0;
    for (int64_t p = 0; 2 * p < GROUPS; p++) {
        work->list[p] = count;
        for (int64_t i = 0; i < INNER; i++) {
            const uint64_t *row = work->groups + i * WORDS;
            if ((row[2 * p / 64] >> (2 * p % 64) & 3) != 0) {
                work->input[count++] = (uint16_t)i;
            }
        }
        work->list[p + 1] = count;
    }
    *state = work;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

/* From sample `first` on, a multiple of 8. */
static spni_bytes bytes_from(const workplace *work, int64_t first)
{
    return (spni_bytes){.code = work->code + first / GROUP * STEP, .step = STEP, .scale = SCALE};
}

static spni_nonzeros nonzeros_from(const workplace *work, int64_t first)
{
    return (spni_nonzeros){first, work->input, work->list, work->groups, WORDS};
}

/* ---- Affine ------------------------------------------------------------------------------------ */

enum { FROM_ZERO, FROM_BIAS, ADDING, MODES };

static double start_of(const workplace *work, int mode, int64_t i, int64_t s)
{
    return mode == ADDING ? work->y[i * STRIDE + s] : mode == FROM_BIAS ? work->bias[i] : 0.0;
}

static void run_affine(const spni_kernels *kernels, const workplace *work, int64_t first, int64_t m,
                       int64_t n, int mode, const spni_nonzeros *nonzeros, double *out)
{
    for (int64_t i = 0; i < ROWS * STRIDE; i++) {
        out[i] = mode == ADDING && i % STRIDE < n ? work->y[i] : UNTOUCHED;
    }
    kernels->affine(&(spni_affine_task){.m = m,
                                        .k = INNER,
                                        .n = n,
                                        .w = work->w,
                                        .ldw = INNER,
                                        .bytes = bytes_from(work, first),
                                        .bias = mode == FROM_BIAS ? work->bias : NULL,
                                        .adds = mode == ADDING,
                                        .nonzeros = nonzeros,
                                        .out = out,
                                        .ldo = STRIDE});
}

/* INNER products and sums, the scale and the start round once each. */
static void check_affine(const workplace *work, int64_t first, int64_t m, int64_t n, int mode)
{
    for (int64_t i = 0; i < ROWS; i++) {
        for (int64_t s = 0; s < STRIDE; s++) {
            const double got = work->all[i * STRIDE + s], start = start_of(work, mode, i, s);
            double sum = start, size = fabs(start);
            for (int64_t j = 0; j < INNER; j++) {
                const double part = work->w[i * INNER + j] * byte_of(j, first + s) * SCALE;
                sum += part;
                size += fabs(part);
            }
            if (i < m && s < n) {
                check_close(got, sum, (2 * INNER + 4) * DBL_EPSILON, size);
            } else {
                assert_true(got == (mode == ADDING && s < n ? start : UNTOUCHED));
            }
        }
    }
}

static void affine_of_bytes(void **state)
{
    static const int64_t firsts[] = {0, 8, 24, 120};
    workplace *work = *state;
    kernel_form forms[4];
    int count = kernel_forms(forms), step = 0;
    for (int f = 0; f < count; f++) {
        for (int64_t m = 1; m <= ROWS; m += m < 13 ? 1 : 5) {
            for (int64_t n = 1 + m % 5; n <= SAMPLES - 120; n += n < 40 ? 13 : 313) {
                const int64_t first = firsts[step % 4];
                const spni_nonzeros nonzeros = nonzeros_from(work, first);
                const int mode = step++ % MODES;
                run_affine(forms[f].table, work, first, m, n, mode, NULL, work->all);
                check_affine(work, first, m, n, mode);
                run_affine(forms[f].table, work, first, m, n, mode, &nonzeros, work->out);
                assert_memory_equal(work->out, work->all, sizeof work->out);
            }
        }
    }
}

/* ---- Sums over samples --------------------------------------------------------------------------- */

static void run_outer(const spni_kernels *kernels, const workplace *work, int64_t first, int64_t m,
                      int64_t k, int64_t n, const spni_nonzeros *nonzeros, double *c)
{
    memcpy(c, work->w, sizeof work->c);
    kernels->outer(&(spni_outer_task){.m = m,
                                      .k = k,
                                      .n = n,
                                      .a = work->y,
                                      .lda = STRIDE,
                                      .bytes = bytes_from(work, first),
                                      .nonzeros = nonzeros,
                                      .adds = (m + k) % 2 == 0,
                                      .c = c,
                                      .ldc = INNER});
}

static void check_outer(const workplace *work, int64_t first, int64_t m, int64_t k, int64_t n)
{
    for (int64_t i = 0; i < ROWS; i++) {
        for (int64_t j = 0; j < INNER; j++) {
            const double got = work->c_all[i * INNER + j], old = work->w[i * INNER + j];
            const bool is_in = i < m && j < k;
            double sum = !is_in || (m + k) % 2 == 0 ? old : 0.0, size = fabs(sum);
            for (int64_t s = 0; is_in && s < n; s++) {
                const double part = work->y[i * STRIDE + s] * byte_of(j, first + s) * SCALE;
                sum += part;
                size += fabs(part);
            }
            check_close(got, sum, is_in ? 2 * (double)n * DBL_EPSILON : 0, size);
        }
    }
}

static void outer_of_bytes(void **state)
{
    static const int64_t firsts[] = {0, 8, 64, 96};
    workplace *work = *state;
    kernel_form forms[4];
    int count = kernel_forms(forms), step = 0;
    for (int f = 0; f < count; f++) {
        for (int64_t m = 1; m <= ROWS; m += m < 7 ? 1 : 4) {
            for (int64_t k = 1; k <= INNER; k += k < 6 ? 1 : 3) {
                const int64_t n = 1 + (m * 331 + k * 97) % (SAMPLES - 96);
                const int64_t first = firsts[step++ % 4];
                const spni_nonzeros nonzeros = nonzeros_from(work, first);
                run_outer(forms[f].table, work, first, m, k, n, NULL, work->c_all);
                check_outer(work, first, m, k, n);
                run_outer(forms[f].table, work, first, m, k, n, &nonzeros, work->c);
                assert_memory_equal(work->c, work->c_all, sizeof work->c);
            }
        }
    }
}

/* ---- Numbers ----------------------------------------------------------------------------------- */

/* Rows and groups lie where they should, and nothing is written beyond them. */
static void bytes_become_numbers(void **state)
{
    static const double low[INNER] = {0.25, -0.4242129, 0, 33.3};
    workplace *work = *state;
    kernel_form forms[4];
    int count = kernel_forms(forms);
    for (int f = 0; f < count; f++) {
        for (int q = 0; q < 2; q++) {
            for (int64_t i = 0; i < ROWS * STRIDE; i++) {
                work->out[i] = UNTOUCHED;
            }
            forms[f].table->rescale_bytes(&(spni_bytes_task){.rows = INNER,
                                                             .groups = GROUPS - 2,
                                                             .bytes = bytes_from(work, 8),
                                                             .low = q == 1 ? low : NULL,
                                                             .x = work->out,
                                                             .ldx = STRIDE});
            for (int64_t at = 0; at < ROWS * STRIDE; at++) {
                const int64_t i = at / STRIDE, s = at % STRIDE;
                if (i >= INNER || s >= GROUP * (GROUPS - 2)) {
                    assert_true(work->out[at] == UNTOUCHED);
                    continue;
                }
                const double level = q == 1 ? low[i] : 0.0, byte = byte_of(i, s + 8);
                const double size = fabs(level) + SCALE * byte;
                check_close(work->out[at], level + SCALE * byte, DBL_EPSILON, size);
            }
        }
    }
}

/* The last group is read as a whole, and nothing behind it, which the address sanitizer would see. */
static void nothing_behind_is_read(void **state)
{
    enum { N = 21, HELD = 24 * INNER };
    workplace *work = *state;
    kernel_form forms[4];
    int count = kernel_forms(forms);
    uint8_t *code = malloc(HELD);
    assert_non_null(code);
    memset(code, 7, HELD);
    const spni_bytes bytes = {.code = code, .step = GROUP * INNER, .scale = 0.5};
    for (int f = 0; f < count; f++) {
        forms[f].table->affine(&(spni_affine_task){.m = 1,
                                                   .k = INNER,
                                                   .n = N,
                                                   .w = work->w,
                                                   .ldw = INNER,
                                                   .bytes = bytes,
                                                   .out = work->out,
                                                   .ldo = STRIDE});
        forms[f].table->outer(&(spni_outer_task){.m = 1,
                                                 .k = INNER,
                                                 .n = N,
                                                 .a = work->y,
                                                 .lda = STRIDE,
                                                 .bytes = bytes,
                                                 .c = work->c,
                                                 .ldc = INNER});
        double sums[2] = {0};
        for (int64_t j = 0; j < INNER; j++) {
            sums[0] += 3.5 * work->w[j];
        }
        for (int64_t s = 0; s < N; s++) {
            sums[1] += 3.5 * work->y[s];
        }
        check_close(work->out[N - 1], sums[0], 1e-13, 1);
        check_close(work->c[INNER - 1], sums[1], 1e-13, 1);
    }
    free(code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(affine_of_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(outer_of_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(bytes_become_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_behind_is_read, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
