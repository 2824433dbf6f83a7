/* SPDX-License-Identifier: MIT */
#include <spinodal/base/farm.h>
#include <spinodal/numeric.h>
#include <string.h>

/* On what bits depend besides data and weights. */
typedef struct surroundings {
    char kernels[32], core[32];
} surroundings;

/* What one rank finds all hear of, or the others would go on without it. */
spn_status spn_farm_compare_bits(spn_context *context)
{
    spn_status status = SPN_OK;
    surroundings own = {"", ""};
    strncpy(own.kernels, spn_kernels_name(spn_context_kernels(context)), sizeof own.kernels - 1);
    strncpy(own.core, spn_blas_core(), sizeof own.core - 1);
    surroundings first = own;
    SPN_TRY(spn_farm_agree(context, SPN_OK, &first, sizeof first));
    if (strcmp(own.kernels, first.kernels) != 0 || strcmp(own.core, first.core) != 0) {
        status = spn_fail(
            context, SPN_ERROR_INPUT,
            "rank %lld computes with %s and %s, rank 0 with %s and %s, and their numbers would "
            "differ: use nodes of one kind, or set OPENBLAS_CORETYPE",
            (long long)spn_farm_rank(context), own.kernels, own.core, first.kernels, first.core);
    }
    SPN_TRY(spn_farm_agree(context, status, NULL, 0));
done:
    return status;
}
