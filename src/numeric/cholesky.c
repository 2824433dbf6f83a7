/* SPDX-License-Identifier: MIT */
#include "numeric/lapack.h"

#include <math.h>

spn_status spn_cholesky(spn_context *context, int64_t n, double *a, double floor, bool *is_positive)
{
    spn_status status = SPN_OK;
    int size = 0, info = 0;
    *is_positive = false;
    SPN_TRY(spni_blas_int(context, n, "the dimension of a Cholesky factor", &size));
    if (n == 0) {
        *is_positive = true;
        goto done;
    }
    SPN_TRY(spni_check_lower_finite(context, n, a, "Cholesky factor"));
    double largest = a[0];
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, a[i + i * n]);
    }
    spn_blas_single_thread();
    dpotrf_("L", &size, a, &size, &info, 1);
    if (info < 0) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC, "Cholesky factor: LAPACK's dpotrf refused argument %d",
                 -info);
    }
    bool all_above = info == 0;
    for (int64_t i = 0; all_above && i < n; i++) {
        double pivot = a[i + i * n] * a[i + i * n];
        all_above = pivot > floor * largest;
    }
    *is_positive = all_above;
done:
    return status;
}

spn_status spn_cholesky_solve(spn_context *context, int64_t n, const double *factor,
                              int64_t columns, double *b)
{
    spn_status status = SPN_OK;
    int size = 0, count = 0, info = 0;
    SPN_TRY(spni_blas_int(context, n, "the dimension of a Cholesky factor", &size));
    SPN_TRY(spni_blas_int(context, columns, "the number of right-hand sides", &count));
    if (n == 0 || columns == 0) {
        goto done;
    }
    spn_blas_single_thread();
    dpotrs_("L", &size, &count, factor, &size, b, &size, &info, 1);
    if (info != 0) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC, "Cholesky solve: LAPACK's dpotrs refused argument %d",
                 -info);
    }
done:
    return status;
}
