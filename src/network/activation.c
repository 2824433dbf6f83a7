/* SPDX-License-Identifier: MIT */
/* Element-wise activations; those with an exponential in them are kernels. gelu(a) = a Phi(a) with
 * Phi(a) = erfc(-a/sqrt 2)/2, slope Phi + a p, second derivative p (2 - a^2), p the normal density. */
#include "network/activation.h"

#include <math.h>

static const double INVERSE_SQRT_2 = 0.70710678118654752440;
static const double INVERSE_SQRT_2PI = 0.39894228040143267794;

/* The comparisons let a NaN through: a diverged run must not look finite. */
static void apply_relu(int64_t count, double *restrict h, double *restrict slopes,
                       double *restrict bends)
{
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

static void apply_gelu(int64_t count, double *restrict h, double *restrict slopes,
                       double *restrict bends)
{
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

static void apply_linear(int64_t count, double *restrict slopes, double *restrict bends)
{
    for (int64_t i = 0; slopes != NULL && i < count; i++) {
        slopes[i] = 1.0;
    }
    for (int64_t i = 0; bends != NULL && i < count; i++) {
        bends[i] = 0.0;
    }
}

void spni_activate(const spni_kernels *kernels, spn_activation activation, int64_t count, double *h,
                   double *slopes, double *bends)
{
    switch (activation) {
    case SPN_TANH:
        kernels->tanh(count, h, slopes, bends);
        break;
    case SPN_RELU:
        apply_relu(count, h, slopes, bends);
        break;
    case SPN_SIGMOID:
        kernels->sigmoid(count, h, slopes, bends);
        break;
    case SPN_SOFTPLUS:
        kernels->softplus(count, h, slopes, bends);
        break;
    case SPN_GELU:
        apply_gelu(count, h, slopes, bends);
        break;
    case SPN_LINEAR:
        apply_linear(count, slopes, bends);
        break;
    }
}

double spni_activation_at_zero(spn_activation activation)
{
    double zero = 0.0;
    spni_activate(&spni_kernels_plain, activation, 1, &zero, NULL, NULL);
    return zero;
}

bool spni_activation_is_odd(spn_activation activation)
{
    return activation == SPN_TANH || activation == SPN_LINEAR;
}

/* gelu: a Phi(a) = a/2 + a^2 p(0) + O(a^4). sigmoid: 1/2 + a/4 - a^3/48; softplus is its integral. */
bool spn_activation_taylor(spn_activation activation, double taylor[4])
{
    static const double table[][4] = {
        [SPN_TANH] = {0.0, 1.0, 0.0, -2.0},
        [SPN_RELU] = {(double)NAN, (double)NAN, (double)NAN, (double)NAN},
        [SPN_SIGMOID] = {0.5, 0.25, 0.0, -0.125},
        [SPN_SOFTPLUS] = {0.69314718055994530942, 0.5, 0.25, 0.0},
        [SPN_GELU] = {0.0, 0.5, 2.0 * 0.39894228040143267794, 0.0},
        [SPN_LINEAR] = {0.0, 1.0, 0.0, 0.0},
    };
    for (int64_t k = 0; k < 4; k++) {
        taylor[k] = table[activation][k];
    }
    return activation != SPN_RELU;
}
