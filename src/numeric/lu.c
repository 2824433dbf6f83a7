/* SPDX-License-Identifier: MIT */
#include "numeric/lapack.h"

spn_status spn_lu(spn_context *context, int64_t n, double *a, int *pivots, bool *is_singular)
{
    spn_status status = SPN_OK;
    int size = 0, info = 0;
    *is_singular = false;
    SPN_TRY(spni_blas_int(context, n, "LU factors", &size));
    if (!spn_all_finite(n * n, a)) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC, "LU factors: the %d x %d matrix is not finite", size,
                 size);
    }
    if (size == 0) {
        goto done;
    }
    spn_blas_single_thread();
    dgetrf_(&size, &size, a, &size, pivots, &info);
    if (info < 0) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC, "LU factors: LAPACK's dgetrf refused argument %d",
                 -info);
    }
    *is_singular = info > 0;
done:
    return status;
}

spn_status spn_lu_solve(spn_context *context, int64_t n, const double *factor, const int *pivots,
                        int64_t columns, double *b)
{
    spn_status status = SPN_OK;
    int size = 0, count = 0, info = 0;
    SPN_TRY(spni_blas_int(context, n, "LU solution", &size));
    SPN_TRY(spni_blas_int(context, columns, "LU solution", &count));
    if (size == 0 || count == 0) {
        goto done;
    }
    spn_blas_single_thread();
    dgetrs_("N", &size, &count, factor, &size, pivots, b, &size, &info, 1);
    if (info != 0) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC, "LU solution: LAPACK's dgetrs refused argument %d",
                 -info);
    }
done:
    return status;
}
