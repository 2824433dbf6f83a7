/* SPDX-License-Identifier: MIT */
/* Products that pass over groups of samples whose inputs are 0 have the bits of those that do not, in every form, wherever the samples begin
 * and however many there are; and they do pass over: what lies in such groups is never read. */
#include "kernel_case.h"

enum { ROWS = 23, INNER = 21, SAMPLES = 1101, STRIDE = 1112, GROUP = 8, GROUPS = 160, WORDS = 4 };
static const double UNTOUCHED = 12345.0;

typedef struct workplace {
    double w[ROWS * INNER], bias[ROWS], x[INNER * STRIDE], y[ROWS * STRIDE];
    double out[ROWS * STRIDE], all[ROWS * STRIDE], c[ROWS * INNER], c_all[ROWS * INNER];
    uint16_t input[GROUPS * INNER];
    int64_t list[GROUPS];
    uint64_t groups[INNER * WORDS];
} workplace;

/* A third of the groups have something; of one input and of some samples none. */
static bool is_there(int64_t i, int64_t g)
{
    return i != 4 && g % 11 != 5 && (i * 7 + g * g * 5) % 3 == 0;
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
    *state = work;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

/* Sample s of x has the number first + s; what is known of all groups. */
static spni_nonzeros place(workplace *work, int64_t first)
{
    int64_t count = 0;
    kernel_fill(INNER * STRIDE, 3, work->x);
    memset(work->groups, 0, sizeof work->groups);
    for (int64_t i = 0; i < INNER; i++) {
        for (int64_t s = 0; s < SAMPLES; s++) {
            work->x[i * STRIDE + s] *= is_there(i, (first + s) / GROUP) ? 1.0 : 0.0;
        }
        for (int64_t g = 0; g < GROUPS; g++) {
            work->groups[i * WORDS + g / 64] |= (uint64_t)is_there(i, g) << (g % 64);
        }
    }
    for (int64_t p = 0; 2 * p < GROUPS; p++) {
        work->list[p] = count;
        for (int64_t i = 0; i < INNER; i++) {
            if (is_there(i, 2 * p) || is_there(i, 2 * p + 1)) {
                work->input[count++] = (uint16_t)i;
            }
        }
    }
    work->list[GROUPS / 2] = count;
    return (spni_nonzeros){first, work->input, work->list, work->groups, WORDS};
}

enum { FROM_ZERO, FROM_BIAS, ADDING, MODES };

static void run_affine(const spni_kernels *kernels, const workplace *work, int64_t m, int64_t n,
                       int mode, const spni_nonzeros *nonzeros, double *out)
{
    for (int64_t i = 0; i < ROWS * STRIDE; i++) {
        out[i] = mode == ADDING && i % STRIDE < n ? work->y[i] : UNTOUCHED;
    }
    kernels->affine(&(spni_affine_task){.m = m,
                                        .k = INNER,
                                        .n = n,
                                        .w = work->w,
                                        .ldw = INNER,
                                        .x = work->x,
                                        .ldx = STRIDE,
                                        .bias = mode == FROM_BIAS ? work->bias : NULL,
                                        .adds = mode == ADDING,
                                        .nonzeros = nonzeros,
                                        .out = out,
                                        .ldo = STRIDE});
}

static void affine_passes_over_zeros(void **state)
{
    static const int64_t firsts[] = {0, 8, 24, 120};
    workplace *work = *state;
    kernel_form forms[4];
    int count = kernel_forms(forms), step = 0;
    for (int f = 0; f < count; f++) {
        for (size_t q = 0; q < sizeof firsts / sizeof *firsts; q++) {
            const spni_nonzeros nonzeros = place(work, firsts[q]);
            for (int64_t m = 1; m <= ROWS; m += m < 13 ? 1 : 5) {
                for (int64_t n = 1 + m % 5; n <= SAMPLES; n += n < 40 ? 6 : 213) {
                    const int mode = step++ % MODES;
                    run_affine(forms[f].table, work, m, n, mode, NULL, work->all);
                    run_affine(forms[f].table, work, m, n, mode, &nonzeros, work->out);
                    assert_memory_equal(work->out, work->all, sizeof work->out);
                }
            }
        }
    }
}

static void run_outer(const spni_kernels *kernels, const workplace *work, int64_t m, int64_t k,
                      int64_t n, const spni_nonzeros *nonzeros, double *c)
{
    memcpy(c, work->w, sizeof work->c);
    kernels->outer(&(spni_outer_task){.m = m,
                                      .k = k,
                                      .n = n,
                                      .a = work->y,
                                      .b = work->x,
                                      .lda = STRIDE,
                                      .ldb = STRIDE,
                                      .nonzeros = nonzeros,
                                      .adds = (m + k) % 2 == 0,
                                      .c = c,
                                      .ldc = INNER});
}

static void outer_passes_over_zeros(void **state)
{
    static const int64_t firsts[] = {0, 8, 64, 168};
    workplace *work = *state;
    kernel_form forms[4];
    int count = kernel_forms(forms);
    for (int f = 0; f < count; f++) {
        for (size_t q = 0; q < sizeof firsts / sizeof *firsts; q++) {
            const spni_nonzeros nonzeros = place(work, firsts[q]);
            for (int64_t m = 1; m <= ROWS; m += m < 7 ? 1 : 4) {
                for (int64_t k = 1; k <= INNER; k += k < 6 ? 1 : 3) {
                    const int64_t n = 1 + (m * 331 + k * 97) % SAMPLES;
                    run_outer(forms[f].table, work, m, k, n, NULL, work->c_all);
                    run_outer(forms[f].table, work, m, k, n, &nonzeros, work->c);
                    assert_memory_equal(work->c, work->c_all, sizeof work->c);
                }
            }
        }
    }
}

/* Rows on the left, from one behind the first on; alone, and with rows on the right. */
static void left_rows_pass_over_zeros(void **state)
{
    enum { SHIFT = 3 };
    workplace *work = *state;
    kernel_form forms[4];
    int count = kernel_forms(forms);
    for (int f = 0; f < count; f++) {
        for (int64_t first = 0; first <= 72; first += 24) {
            const spni_nonzeros right = place(work, first);
            spni_nonzeros left = right;
            left.groups += SHIFT * WORDS;
            for (int64_t m = 1; m <= INNER - SHIFT; m += m < 7 ? 1 : 4) {
                for (int64_t k = 1; k <= INNER; k += k < 6 ? 1 : 3) {
                    const bool has_right = (m + k) % 3 != 0;
                    spni_outer_task task = {.m = m,
                                            .k = k,
                                            .n = 1 + (m * 331 + k * 97) % SAMPLES,
                                            .a = work->x + SHIFT * STRIDE,
                                            .b = has_right ? work->x : work->y,
                                            .lda = STRIDE,
                                            .ldb = STRIDE,
                                            .adds = true,
                                            .c = work->c_all,
                                            .ldc = INNER};
                    memcpy(work->c_all, work->w, sizeof work->c);
                    memcpy(work->c, work->w, sizeof work->c);
                    forms[f].table->outer(&task);
                    task.c = work->c;
                    task.left = &left;
                    task.nonzeros = has_right ? &right : NULL;
                    forms[f].table->outer(&task);
                    assert_memory_equal(work->c, work->c_all, sizeof work->c);
                }
            }
        }
    }
}

/* An input that is nowhere but in groups that are not in its pair's list. */
static int64_t find_absent(int64_t pair)
{
    for (int64_t i = 0; i < INNER; i++) {
        if (!is_there(i, 2 * pair) && !is_there(i, 2 * pair + 1)) {
            return i;
        }
    }
    fail_msg("all inputs are there");
    return -1;
}

/* What is known to be 0 is not read: a number in its place changes nothing but in the plain form, which takes all. */
static void zeros_are_not_read(void **state)
{
    enum { FIRST = 16, SAMPLE = 40 };
    workplace *work = *state;
    kernel_form forms[4];
    int count = kernel_forms(forms);
    for (int f = 0; f < count; f++) {
        const spni_nonzeros nonzeros = place(work, FIRST);
        const bool is_plain = forms[f].table == &spni_kernels_plain;
        const int64_t absent = find_absent((FIRST + SAMPLE) / (2 * GROUP));
        spni_nonzeros row = nonzeros;
        row.groups += absent * WORDS;
        const spni_outer_task task = {.m = ROWS,
                                      .k = 1,
                                      .n = SAMPLES,
                                      .a = work->y,
                                      .b = work->x + absent * STRIDE,
                                      .lda = STRIDE,
                                      .ldb = STRIDE,
                                      .nonzeros = &row,
                                      .c = work->c,
                                      .ldc = INNER};
        run_affine(forms[f].table, work, ROWS, SAMPLES, FROM_ZERO, &nonzeros, work->all);
        forms[f].table->outer(&task);
        memcpy(work->c_all, work->c, sizeof work->c);
        work->x[absent * STRIDE + SAMPLE] = 1e9;
        run_affine(forms[f].table, work, ROWS, SAMPLES, FROM_ZERO, &nonzeros, work->out);
        forms[f].table->outer(&task);
        assert_true((memcmp(work->out, work->all, sizeof work->out) == 0) != is_plain);
        assert_true((memcmp(work->c, work->c_all, sizeof work->c) == 0) != is_plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(affine_passes_over_zeros, setup, teardown),
        cmocka_unit_test_setup_teardown(outer_passes_over_zeros, setup, teardown),
        cmocka_unit_test_setup_teardown(left_rows_pass_over_zeros, setup, teardown),
        cmocka_unit_test_setup_teardown(zeros_are_not_read, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
