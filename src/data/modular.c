/* SPDX-License-Identifier: MIT */
/* Modular addition: all pairs (a, b) of residues, everything one-hot. */
#include "data/data.h"

#include <stdio.h>

enum { NAME_SIZE = 16 };

/* a0, a1, ..., b0, ..., c0, ...: 3 p names. */
static void name_columns(int64_t p, char *contents, const char **names)
{
    for (int64_t i = 0; i < 3 * p; i++) {
        names[i] = contents + i * NAME_SIZE;
        snprintf(contents + i * NAME_SIZE, NAME_SIZE, "%c%lld", "abc"[i / p], (long long)(i % p));
    }
}

spn_status spn_dataset_modular(spn_context *context, const spn_data_settings *settings,
                               spn_dataset **out)
{
    spn_status status = SPN_OK;
    const int64_t p = settings->modulus;
    spni_dataset *dataset = NULL;
    const char **names = NULL;
    char *contents = NULL;
    *out = NULL;
    if (p < 2 || p > SPN_MODULUS_MAX) {
        SPN_FAIL_KEY(context, SPN_ERROR_INPUT, "data.modulus",
                     "is %lld; it lies between 2 and %d (p^2 samples of 3 p columns)", (long long)p,
                     SPN_MODULUS_MAX);
    }
    SPN_NEW(context, names, 3 * p);
    SPN_NEW(context, contents, 3 * p * NAME_SIZE);
    name_columns(p, contents, names);
    SPN_TRY(spni_dataset_create(context, p * p, 2 * p, p, names, names + 2 * p, &dataset));
    const int64_t stride = dataset->view.stride;
    for (int64_t a = 0; a < p; a++) {
        for (int64_t b = 0; b < p; b++) {
            const int64_t n = a * p + b;
            dataset->x[a * stride + n] = 1;
            dataset->x[(p + b) * stride + n] = 1;
            dataset->y[(a + b) % p * stride + n] = 1;
        }
    }
    *out = spni_dataset_release(dataset);
    dataset = NULL;
done:
    spn_release(context, names);
    spn_release(context, contents);
    spni_dataset_free(context, dataset);
    return status;
}
