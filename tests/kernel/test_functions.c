/* SPDX-License-Identifier: MIT */
/* exp, tanh, sigmoid and softplus of every form against the C library's long double functions, in units
 * in the last place of the right result. */
#include "kernel_case.h"

#include <float.h>

enum { COUNT = 1009 }; /* a rest that no vector length divides */

typedef void evaluate(const spni_kernels *kernels, int64_t n, double *x);
typedef long double truth(long double x);

static void eval_exp(const spni_kernels *kernels, int64_t n, double *x)
{
    kernels->exponential(n, x);
}

static void eval_tanh(const spni_kernels *kernels, int64_t n, double *x)
{
    kernels->tanh(n, x, NULL, NULL);
}

static void eval_sigmoid(const spni_kernels *kernels, int64_t n, double *x)
{
    kernels->sigmoid(n, x, NULL, NULL);
}

static void eval_softplus(const spni_kernels *kernels, int64_t n, double *x)
{
    kernels->softplus(n, x, NULL, NULL);
}

static long double true_sigmoid(long double x)
{
    long double e = expl(-fabsl(x));
    return x >= 0.0L ? 1.0L / (1.0L + e) : e / (1.0L + e);
}

static long double true_softplus(long double x)
{
    return (x > 0.0L ? x : 0.0L) + log1pl(expl(-fabsl(x)));
}

/* The bounds that docs/kernel.md states. exp: half a unit for the last sum, a little for what it adds
 * up. tanh: three rounded steps after expm1, one of them scaled by up to 1.4; sigmoid: exp, a sum and a
 * quotient, one product more on the left. softplus: the quotient twice, then as tanh. The C library's
 * own tanh, which the plain form uses, errs by 2.2. */
typedef struct function {
    const char *name;
    evaluate *evaluate;
    truth *truth;
    double bound;
} function;

static const double INF = (double)INFINITY;

static const function functions[] = {
    {"exp", eval_exp, expl, 1.0},
    {"tanh", eval_tanh, tanhl, 2.5},
    {"sigmoid", eval_sigmoid, true_sigmoid, 3.0},
    {"softplus", eval_softplus, true_softplus, 3.0},
};
enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

/* |got - want| in units in the last place of want; those of denormal numbers are DBL_TRUE_MIN. */
static double units(double got, long double want)
{
    double near = (double)want;
    if (isinf(near) || isinf(got)) {
        return near == got ? 0.0 : DBL_MAX;
    }
    double size = fabs(near);
    double unit = size < DBL_MAX ? nextafter(size, INF) - size : size - nextafter(size, 0.0);
    return (double)(fabsl((long double)got - want) / (long double)unit);
}

static void check_on(const function *f, const kernel_form *form, const double *x)
{
    double values[COUNT];
    memcpy(values, x, sizeof values);
    f->evaluate(form->table, COUNT, values);
    for (int i = 0; i < COUNT; i++) {
        double error = units(values[i], f->truth((long double)x[i]));
        if (!(error <= f->bound)) {
            fail_msg("%s (%s) of %a is %a: %g units off", f->name, spn_kernels_name(form->kind),
                     x[i], values[i], error);
        }
    }
}

static void check_everywhere(const double *x)
{
    kernel_form forms[4];
    int count = kernel_forms(forms);
    for (int f = 0; f < FUNCTIONS; f++) {
        for (int k = 0; k < count; k++) {
            check_on(&functions[f], &forms[k], x);
        }
    }
}

/* Uniform over where something happens: tanh and the steps of the exponent, then the whole of exp. */
static void the_middle_is_right(void **state)
{
    (void)state;
    spn_random random = spn_random_stream(1, SPN_PURPOSE_TEST, 0);
    const double widths[] = {0.4, 1.0, 5.0, 22.0, 760.0};
    for (int round = 0; round < 100; round++) {
        double x[COUNT];
        for (int i = 0; i < COUNT; i++) {
            x[i] = widths[round % 5] * (2.0 * spn_random_uniform(&random) - 1.0);
        }
        check_everywhere(x);
    }
}

/* Every binary exponent with both signs, the denormal numbers included. */
static void every_scale_is_right(void **state)
{
    (void)state;
    spn_random random = spn_random_stream(2, SPN_PURPOSE_TEST, 0);
    for (int exponent = -1074; exponent < 1024; exponent += COUNT / 4) {
        double x[COUNT];
        for (int i = 0; i < COUNT; i++) {
            double size = ldexp(1.0 + spn_random_uniform(&random), exponent + i / 4);
            x[i] = i % 2 == 0 ? size : -size;
            x[i] = fabs(x[i]) <= DBL_MAX ? x[i] : DBL_MAX;
        }
        check_everywhere(x);
    }
}

/* Around each k ln 2 / 2 the reduction changes its n. */
static void the_seams_are_right(void **state)
{
    (void)state;
    for (int side = -1; side <= 1; side++) {
        double x[COUNT];
        for (int i = 0; i < COUNT; i++) {
            x[i] = (double)(i - COUNT / 2) * 0.34657359027997264;
            x[i] = side == 0 ? x[i] : nextafter(x[i], side * DBL_MAX);
        }
        check_everywhere(x);
    }
}

static void the_ends_are_exact(void **state)
{
    (void)state;
    kernel_form forms[4];
    int count = kernel_forms(forms);
    const double x[] = {0.0,     -0.0,    INF,   -INF,  709.782712893384, 709.782712893385,
                        -745.13, -745.14, 1e300, -1e300};
    const double exps[] = {1.0, 1.0, INF, 0.0, 0x1.ffffffffffffp+1023, INF, 4.9406564584124654e-324,
                           0.0, INF, 0.0};
    const double tanhs[] = {0.0, -0.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0, 1.0, -1.0};
    enum { ENDS = sizeof x / sizeof x[0] };
    for (int k = 0; k < count; k++) {
        double e[ENDS], t[ENDS];
        memcpy(e, x, sizeof x);
        memcpy(t, x, sizeof x);
        forms[k].table->exponential(ENDS, e);
        forms[k].table->tanh(ENDS, t, NULL, NULL);
        for (int i = 0; i < ENDS; i++) {
            if (i == 4) {
                /* Just below the overflow one unit of x is 2^10 of the result. */
                check_close(e[i], 1.7976931348622732e308, 1e-12, 0.0);
            } else {
                assert_true(e[i] == exps[i]);
            }
            assert_true(t[i] == tanhs[i] && signbit(t[i]) == signbit(tanhs[i]));
        }
    }
}

static void not_a_number_stays_alone(void **state)
{
    (void)state;
    kernel_form forms[4];
    int count = kernel_forms(forms);
    for (int k = 0; k < count; k++) {
        for (int f = 0; f < FUNCTIONS; f++) {
            for (int at = 0; at < 19; at++) {
                double x[19];
                kernel_fill(19, 3, x);
                x[at] = at % 2 == 0 ? (double)NAN : -(double)NAN;
                functions[f].evaluate(forms[k].table, 19, x);
                for (int i = 0; i < 19; i++) {
                    assert_true(isnan(x[i]) == (i == at));
                }
            }
        }
    }
}

/* The forms differ by their rounding: some units of numbers that are at most 1, of which 1 - h^2 and
 * far - near keep the absolute error. */
static void slopes_and_bends_agree(void **state)
{
    (void)state;
    kernel_form forms[4];
    int count = kernel_forms(forms);
    double x[COUNT];
    kernel_fill(COUNT, 4, x);
    for (int k = 1; k < count; k++) {
        spni_activation_kernel *const plain[] = {forms[0].table->tanh, forms[0].table->sigmoid,
                                                 forms[0].table->softplus};
        spni_activation_kernel *const fast[] = {forms[k].table->tanh, forms[k].table->sigmoid,
                                                forms[k].table->softplus};
        for (int f = 0; f < 3; f++) {
            double h[COUNT], slopes[COUNT], bends[COUNT], h0[COUNT], slopes0[COUNT], bends0[COUNT];
            memcpy(h, x, sizeof x);
            memcpy(h0, x, sizeof x);
            fast[f](COUNT, h, slopes, bends);
            plain[f](COUNT, h0, slopes0, bends0);
            for (int i = 0; i < COUNT; i++) {
                check_close(h[i], h0[i], 6.0 * DBL_EPSILON, 0.0);
                check_close(slopes[i], slopes0[i], 8.0 * DBL_EPSILON, 1.0);
                check_close(bends[i], bends0[i], 8.0 * DBL_EPSILON, 1.0);
            }
        }
    }
}

/* Where tanh is nearly 1 its slope is a part of 1e-300 as well as of 1: four rounded steps on exp, whose argument 2|a| is
 * exact. A neighbour that saturates changes nothing. */
static void a_saturated_slope_keeps_its_digits(void **state)
{
    (void)state;
    kernel_form forms[4];
    int count = kernel_forms(forms);
    for (int k = 0; k < count; k++) {
        double x[COUNT], h[COUNT], slopes[COUNT], bends[COUNT], alone[COUNT], apart[COUNT];
        for (int i = 0; i < COUNT; i++) {
            x[i] = (i % 2 == 0 ? 1 : -1) * (6.0 + 348.0 * (double)(i + 1) / COUNT);
            x[i] = i % 5 == 0 ? 0.25 * x[i] / 354.0 : x[i];
        }
        memcpy(h, x, sizeof x);
        forms[k].table->tanh(COUNT, h, slopes, bends);
        for (int i = 0; i < COUNT; i++) {
            alone[i] = x[i];
            forms[k].table->tanh(1, &alone[i], &apart[i], &bends[i]);
            assert_true(apart[i] == slopes[i] && alone[i] == h[i]);
            long double c = coshl((long double)x[i]), want = 1.0L / (c * c);
            if (i % 5 != 0 &&
                !(fabsl((long double)slopes[i] - want) <= 4 * (long double)DBL_EPSILON * want)) {
                fail_msg("%s: the slope of tanh at %g is %.17g, not %.17Lg",
                         spn_kernels_name(forms[k].kind), x[i], slopes[i], want);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_middle_is_right),
        cmocka_unit_test(every_scale_is_right),
        cmocka_unit_test(the_seams_are_right),
        cmocka_unit_test(the_ends_are_exact),
        cmocka_unit_test(not_a_number_stays_alone),
        cmocka_unit_test(slopes_and_bends_agree),
        cmocka_unit_test(a_saturated_slope_keeps_its_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
