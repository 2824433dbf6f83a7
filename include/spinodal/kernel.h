/* SPDX-License-Identifier: MIT */
/** @file kernel.h  Room `kernel`: the functions between the layers of a network. What else is in the room
 *  are loops over samples, which are private. */
#ifndef SPINODAL_KERNEL_H
#define SPINODAL_KERNEL_H

#include <spinodal/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum spn_activation {
    SPN_TANH,
    SPN_RELU,
    SPN_SIGMOID,
    SPN_SOFTPLUS,
    SPN_GELU, /**< x Phi(x), with erf */
    SPN_LINEAR,
    SPN_SILU, /**< x sigmoid(x), swish */
} spn_activation;

/** The words of experiments and results, in the order of spn_activation, behind the last one NULL. */
extern const char *const spn_activation_words[];

/** The activation called `word`, -1: there is none. */
int64_t spn_activation_find(const char *word);

/** phi(0) and its first three derivatives there; false at a kink (relu), where the derivatives are NaN. */
bool spn_activation_taylor(spn_activation activation, double taylor[4]);

/** Whether phi(a) = a: networks are linear. */
bool spn_activation_is_linear(spn_activation activation);

#ifdef __cplusplus
}
#endif

#endif
