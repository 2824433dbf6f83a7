/* SPDX-License-Identifier: MIT */
/* Systems with the Hessian and one border: those of Newton's method on grad L = 0 and one more equation in theta and beta.
 *
 *     [ M    b ] [dtheta]     [grad L]
 *     [ r^T  c ] [dbeta ] = - [ rest ]
 *
 * They are regular at folds, where M is singular and b has a part along its null vector. */
#include "stationary/stationary.h"

#include <string.h>

spn_status spni_stiff_hessian(spni_frame *frame, const double *rows, int64_t count)
{
    spn_status status = SPN_OK;
    int64_t zero_modes = 0;
    double shift = 0;
    SPN_TRY(spni_shifted_hessian(frame, &zero_modes, &shift));
    spni_lift(frame->n, frame->matrix, shift, rows, count);
done:
    return status;
}

spn_status spni_solve_bordered(spni_frame *frame, const spni_border *border, double *x,
                               bool *is_singular)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n, size = n + 1;
    double *a = frame->bordered;
    for (int64_t j = 0; j < n; j++) {
        memcpy(a + j * size, frame->matrix + j * n, (size_t)n * sizeof *a);
        a[n + j * size] = border->row[j];
    }
    memcpy(a + n * size, border->column, (size_t)n * sizeof *a);
    a[n + n * size] = border->corner;
    SPN_TRY(spn_lu(frame->context, size, a, frame->pivots, is_singular));
    if (!*is_singular) {
        SPN_TRY(spn_lu_solve(frame->context, size, a, frame->pivots, 1, x));
    }
done:
    return status;
}
