/* SPDX-License-Identifier: MIT */
/** @file kernel_case.h  The forms of the kernels that this CPU runs. */
#ifndef SPINODAL_TEST_KERNEL_CASE_H
#define SPINODAL_TEST_KERNEL_CASE_H

#include "kernel/kernel.h"
#include "support.h"

typedef struct kernel_form {
    spn_kernels kind;
    const spni_kernels *table;
} kernel_form;

/** Fills `forms` (room for 4); the plain ones come first. */
static inline int kernel_forms(kernel_form *forms)
{
    int count = 0;
    for (int kind = SPN_KERNELS_PLAIN; kind <= SPN_KERNELS_AVX512; kind++) {
        spn_context_settings settings = {.kernels = (spn_kernels)kind};
        spn_context *context = NULL;
        check_ok(NULL, spn_context_create(&settings, &context));
        if (spn_context_kernels(context) == (spn_kernels)kind) {
            forms[count++] = (kernel_form){(spn_kernels)kind, spni_kernels_of(context)};
        }
        spn_context_free(context);
    }
    return count;
}

static inline void kernel_fill(int64_t count, uint64_t seed, double *out)
{
    spn_random random = spn_random_stream(seed, SPN_PURPOSE_TEST, 0);
    for (int64_t i = 0; i < count; i++) {
        out[i] = spn_random_normal(&random);
    }
}

#endif
