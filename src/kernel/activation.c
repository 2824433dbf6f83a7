/* SPDX-License-Identifier: MIT */
/* All that is known of the activations: an enumerator, a word and a row of the table below are an activation.
 * gelu(a) = a Phi(a) with Phi(a) = erfc(-a/sqrt 2)/2, slope Phi + a p, second derivative p (2 - a^2), p the
 * normal density. silu(a) = a s(a) with the sigmoid s: slope s + a s', second derivative 2 s' + a s''. */
#include "kernel/activation.h"

#include <math.h>
#include <string.h>

static const double INVERSE_SQRT_2 = 0.70710678118654752440;
#define INVERSE_SQRT_2PI 0.39894228040143267794

typedef struct descriptor {
    /** Derivatives as spni_activate() has them, the loops those of `kernels` where it has such ones. */
    void (*apply)(const spni_kernels *kernels, int64_t count, double *restrict h,
                  double *restrict slopes, double *restrict bends);
    double taylor[4]; /* phi, phi', phi'' and phi''' at 0; behind a kink NaN */
    bool is_odd, is_linear;
} descriptor;

static void apply_tanh(const spni_kernels *kernels, int64_t count, double *restrict h,
                       double *restrict slopes, double *restrict bends)
{
    kernels->tanh(count, h, slopes, bends);
}

static void apply_sigmoid(const spni_kernels *kernels, int64_t count, double *restrict h,
                          double *restrict slopes, double *restrict bends)
{
    kernels->sigmoid(count, h, slopes, bends);
}

static void apply_softplus(const spni_kernels *kernels, int64_t count, double *restrict h,
                           double *restrict slopes, double *restrict bends)
{
    kernels->softplus(count, h, slopes, bends);
}

/* The comparisons let a NaN through: a diverged run must not look finite. */
static void apply_relu(const spni_kernels *kernels, int64_t count, double *restrict h,
                       double *restrict slopes, double *restrict bends)
{
    (void)kernels;
    for (int64_t i = 0; i < count; i++) {
        double a = h[i];
        h[i] = a <= 0.0 ? 0.0 : a;
        if (slopes != NULL) {
            slopes[i] = a <= 0.0 ? 0.0 : 1.0;
        }
        if (bends != NULL) {
            bends[i] = 0.0;
        }
    }
}

static void apply_gelu(const spni_kernels *kernels, int64_t count, double *restrict h,
                       double *restrict slopes, double *restrict bends)
{
    (void)kernels;
    for (int64_t i = 0; i < count; i++) {
        double a = h[i];
        double phi = 0.5 * erfc(-a * INVERSE_SQRT_2);
        h[i] = a * phi;
        /* Beyond 40 the density is 0 in double; the bound keeps a^2 finite. */
        double near = a > 40.0 ? 40.0 : (a < -40.0 ? -40.0 : a);
        double density = INVERSE_SQRT_2PI * exp(-0.5 * near * near);
        if (slopes != NULL) {
            slopes[i] = phi + near * density;
        }
        if (bends != NULL) {
            bends[i] = density * (2.0 - near * near);
        }
    }
}

static void apply_linear(const spni_kernels *kernels, int64_t count, double *restrict h,
                         double *restrict slopes, double *restrict bends)
{
    (void)kernels, (void)h;
    for (int64_t i = 0; slopes != NULL && i < count; i++) {
        slopes[i] = 1.0;
    }
    for (int64_t i = 0; bends != NULL && i < count; i++) {
        bends[i] = 0.0;
    }
}

/* The sigmoid's kernel beside the samples, a piece that fits on the stack at a time. */
static void apply_silu(const spni_kernels *kernels, int64_t count, double *restrict h,
                       double *restrict slopes, double *restrict bends)
{
    enum { PIECE = 64 };
    double s[PIECE], first[PIECE], second[PIECE];
    for (int64_t start = 0; start < count; start += PIECE) {
        int64_t n = count - start < PIECE ? count - start : PIECE;
        memcpy(s, h + start, (size_t)n * sizeof *s);
        kernels->sigmoid(n, s, slopes != NULL ? first : NULL, bends != NULL ? second : NULL);
        for (int64_t i = 0; slopes != NULL && i < n; i++) {
            slopes[start + i] = s[i] + h[start + i] * first[i];
        }
        for (int64_t i = 0; bends != NULL && i < n; i++) {
            bends[start + i] = 2.0 * first[i] + h[start + i] * second[i];
        }
        for (int64_t i = 0; i < n; i++) {
            h[start + i] *= s[i];
        }
    }
}

const char *const spn_activation_words[] = {[SPN_TANH] = "tanh",       [SPN_RELU] = "relu",
                                            [SPN_SIGMOID] = "sigmoid", [SPN_SOFTPLUS] = "softplus",
                                            [SPN_GELU] = "gelu",       [SPN_LINEAR] = "linear",
                                            [SPN_SILU] = "silu",       NULL};

/* gelu: a Phi(a) = a/2 + a^2 p(0) + O(a^4). sigmoid: 1/2 + a/4 - a^3/48; softplus is its integral,
 * silu a times it. */
static const descriptor table[] = {
    [SPN_TANH] = {.apply = apply_tanh, .taylor = {0.0, 1.0, 0.0, -2.0}, .is_odd = true},
    [SPN_RELU] = {.apply = apply_relu, .taylor = {0.0, (double)NAN, (double)NAN, (double)NAN}},
    [SPN_SIGMOID] = {.apply = apply_sigmoid, .taylor = {0.5, 0.25, 0.0, -0.125}},
    [SPN_SOFTPLUS] = {.apply = apply_softplus, .taylor = {0.69314718055994530942, 0.5, 0.25, 0.0}},
    [SPN_GELU] = {.apply = apply_gelu, .taylor = {0.0, 0.5, 2.0 * INVERSE_SQRT_2PI, 0.0}},
    [SPN_LINEAR] = {.apply = apply_linear,
                    .taylor = {0.0, 1.0, 0.0, 0.0},
                    .is_odd = true,
                    .is_linear = true},
    [SPN_SILU] = {.apply = apply_silu, .taylor = {0.0, 0.5, 0.5, 0.0}},
};
enum { COUNT = sizeof table / sizeof *table };
_Static_assert(sizeof spn_activation_words / sizeof *spn_activation_words == COUNT + 1,
               "every activation has a word and a descriptor");

void spni_activate(const spni_kernels *kernels, spn_activation activation, int64_t count, double *h,
                   double *slopes, double *bends)
{
    table[activation].apply(kernels, count, h, slopes, bends);
}

bool spni_activation_exists(int activation)
{
    return activation >= 0 && activation < COUNT;
}

int64_t spn_activation_find(const char *word)
{
    for (int64_t i = 0; i < COUNT; i++) {
        if (strcmp(spn_activation_words[i], word) == 0) {
            return i;
        }
    }
    return -1;
}

double spni_activation_at_zero(spn_activation activation)
{
    return table[activation].taylor[0];
}

bool spni_activation_is_odd(spn_activation activation)
{
    return table[activation].is_odd;
}

bool spn_activation_is_linear(spn_activation activation)
{
    return table[activation].is_linear;
}

bool spn_activation_taylor(spn_activation activation, double taylor[4])
{
    memcpy(taylor, table[activation].taylor, sizeof table[activation].taylor);
    return !isnan(taylor[1]);
}
