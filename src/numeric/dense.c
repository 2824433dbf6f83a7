/* SPDX-License-Identifier: MIT */
#include "numeric/lapack.h"

#include <math.h>

struct spn_dense {
    int64_t n;     /**< largest matrix */
    double *work;  /**< work_size(n) numbers */
    int *int_work; /**< int_work_size(n) numbers */
};

/* dsyevd needs 1 + 6n + 2n^2 numbers. Its inner routines block as far as the space that is left
 * allows (dormtr: 32 n + 4160), so that too tight a size would slow it down, and a size that followed
 * the workspace instead of the matrix would make the bits depend on the workspace. */
static int64_t work_size(int64_t n)
{
    return 1 + 6 * n + 2 * n * n + 64 * n + 4224;
}

static int64_t int_work_size(int64_t n)
{
    return 3 + 5 * n;
}

/* Above this n the work size exceeds BLAS's int. */
enum { DIMENSION_MAX = 32700 };

spn_status spn_dense_create(spn_context *context, int64_t n, spn_dense **out)
{
    spn_status status = SPN_OK;
    spn_dense *dense = NULL;
    *out = NULL;
    if (n < 0 || n > DIMENSION_MAX) {
        SPN_FAIL(
            context, SPN_ERROR_ARGUMENT,
            "dense matrices need 0 to %d unknowns, not %lld; a network of so many weights needs "
            "smaller hidden layers",
            DIMENSION_MAX, (long long)n);
    }
    spn_blas_single_thread();
    SPN_NEW(context, dense, 1);
    dense->n = n;
    SPN_NEW(context, dense->work, work_size(n));
    SPN_NEW(context, dense->int_work, int_work_size(n));
    *out = dense;
done:
    if (status != SPN_OK) {
        spn_dense_free(context, dense);
    }
    return status;
}

void spn_dense_free(spn_context *context, spn_dense *dense)
{
    if (dense != NULL) {
        spn_release(context, dense->work);
        spn_release(context, dense->int_work);
        spn_release(context, dense);
    }
}

spn_status spni_check_lower_finite(spn_context *context, int64_t n, const double *a,
                                   const char *caller)
{
    for (int64_t j = 0; j < n; j++) {
        if (!spn_all_finite(n - j, a + j + j * n)) {
            return spn_fail(context, SPN_ERROR_NUMERIC,
                            "%s: the %lld x %lld matrix is not finite in column %lld", caller,
                            (long long)n, (long long)n, (long long)j);
        }
    }
    return SPN_OK;
}

double spni_normalize_sign(int64_t n, double *v)
{
    double largest = 0;
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs(v[i]));
    }
    int64_t lead = 0;
    while (lead < n && fabs(v[lead]) < (1 - 1e-6) * largest) {
        lead++;
    }
    if (lead == n || v[lead] >= 0) {
        return 1;
    }
    for (int64_t i = 0; i < n; i++) {
        v[i] = -v[i];
    }
    return -1;
}

void spni_normalize_signs(int64_t n, double *v)
{
    for (int64_t j = 0; j < n; j++) {
        (void)spni_normalize_sign(n, v + j * n);
    }
}

spn_status spn_eigen(spn_context *context, spn_dense *dense, int64_t n, double *a, bool vectors,
                     double *w)
{
    spn_status status = SPN_OK;
    if (n < 0 || n > dense->n) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "eigenvalues of a %lld x %lld matrix: this solver was made for at most %lld",
                 (long long)n, (long long)n, (long long)dense->n);
    }
    if (n == 0) {
        goto done;
    }
    SPN_TRY(spni_check_lower_finite(context, n, a, "eigenvalues"));
    spn_blas_single_thread();
    int size = (int)n, work_length = (int)work_size(n), int_length = (int)int_work_size(n),
        info = 0;
    dsyevd_(vectors ? "V" : "N", "L", &size, a, &size, w, dense->work, &work_length,
            dense->int_work, &int_length, &info, 1, 1);
    if (info != 0) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC,
                 "eigenvalues of a %d x %d matrix: LAPACK's dsyevd did not converge (info %d)",
                 size, size, info);
    }
    if (!spn_all_finite(n, w)) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC,
                 "eigenvalues of a %d x %d matrix overflow: scale the matrix down", size, size);
    }
    if (vectors) {
        spni_normalize_signs(n, a);
    }
done:
    return status;
}
