/* SPDX-License-Identifier: MIT */
#include "numeric/lapack.h"

#include <string.h>

/* Row-major a (m x n) is column-major b = a^T (n x m) = V S U^T: LAPACK's left vectors of b, stored by
 * columns, are the rows of V^T; its right vectors, stored column-major (r x m), are U row-major. */
typedef struct problem {
    int rows, columns, r; /**< of b */
    const char *job_v, *job_u;
    double *b, *values, *vt, *u, *work;
    int work_size;
} problem;

/* Whether it converged. */
static bool decompose(problem *p)
{
    int info = 0;
    dgesvd_(p->job_v, p->job_u, &p->rows, &p->columns, p->b, &p->rows, p->values, p->vt, &p->rows,
            p->u, &p->r, p->work, &p->work_size, &info, 1, 1);
    return info == 0;
}

static void normalize_pairs(const problem *p)
{
    for (int64_t j = 0; p->vt != NULL && j < p->r; j++) {
        double sign = spni_normalize_sign(p->rows, p->vt + j * p->rows);
        for (int64_t i = 0; p->u != NULL && sign < 0 && i < p->columns; i++) {
            p->u[i * p->r + j] = -p->u[i * p->r + j];
        }
    }
}

spn_status spn_singular_values(spn_context *context, int64_t m, int64_t n, const double *a,
                               double *values, double *u, double *vt)
{
    spn_status status = SPN_OK;
    problem p = {.values = values, .u = u, .vt = vt, .work_size = -1};
    double *copy = NULL, *work = NULL, *own_vt = NULL, query = 0;
    int64_t count = 0;
    SPN_TRY(spni_blas_int(context, n, "the number of columns", &p.rows));
    SPN_TRY(spni_blas_int(context, m, "the number of rows", &p.columns));
    p.r = p.rows < p.columns ? p.rows : p.columns;
    if (p.r == 0) {
        goto done;
    }
    count = m * n; /* both fit into an int */
    if (!spn_all_finite(count, a)) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC, "singular values: the %d x %d matrix is not finite",
                 p.columns, p.rows);
    }
    if (u != NULL && vt == NULL) { /* the signs of u follow those of vt */
        SPN_NEW(context, own_vt, (int64_t)p.r * n);
        p.vt = own_vt;
    }
    p.job_v = p.vt != NULL ? "S" : "N";
    p.job_u = p.u != NULL ? "S" : "N";
    SPN_NEW(context, copy, count);
    memcpy(copy, a, (size_t)count * sizeof *a);
    spn_blas_single_thread();
    p.b = copy;
    p.work = &query;
    (void)decompose(&p); /* asks for the size of its work space */
    p.work_size = (int)query;
    SPN_NEW(context, work, p.work_size);
    p.work = work;
    if (!decompose(&p)) {
        SPN_TRY(spni_singular_jacobi(context, m, n, a, values, p.u, p.vt));
    }
    normalize_pairs(&p);
done:
    spn_release(context, own_vt);
    spn_release(context, copy);
    spn_release(context, work);
    return status;
}

spn_status spn_span_coordinates(spn_context *context, int64_t m, int64_t n, double *a, int64_t lda)
{
    spn_status status = SPN_OK;
    double *packed = NULL, *values = NULL, *vt = NULL;
    SPN_NEW(context, packed, m * n);
    SPN_NEW(context, values, n);
    SPN_NEW(context, vt, n * n);
    for (int64_t i = 0; i < m; i++) {
        memcpy(packed + i * n, a + i * lda, (size_t)n * sizeof *a);
    }
    SPN_TRY(spn_singular_values(context, m, n, packed, values, NULL, vt));
    for (int64_t k = 0; k < n; k++) {
        for (int64_t j = 0; j < n; j++) {
            a[k * lda + j] = values[k] * vt[k * n + j];
        }
    }
done:
    spn_release(context, packed);
    spn_release(context, values);
    spn_release(context, vt);
    return status;
}
