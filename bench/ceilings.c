/* SPDX-License-Identifier: MIT */
/* What this machine can do at all: one large product of matrices, and the C library's tanh. The other
 * cases are judged by the first. */
#include "harness.h"

#include <math.h>
#include <spinodal/numeric.h>

enum { SIDE = 512, VALUES = 10000 };

typedef struct ceilings {
    double *a, *b, *c;
} ceilings;

static spn_status product(spn_context *context, void *state)
{
    (void)context;
    const ceilings *data = state;
    spn_multiply(SIDE, SIDE, SIDE, 1.0, data->a, SIDE, data->b, SIDE, 0.0, data->c, SIDE);
    return SPN_OK;
}

static spn_status tangents(spn_context *context, void *state)
{
    (void)context;
    const ceilings *data = state;
    for (int64_t i = 0; i < VALUES; i++) {
        data->c[i] = tanh(data->a[i]);
    }
    return SPN_OK;
}

spn_status bench_ceilings(spn_context *context, bench_report *report)
{
    spn_status status = SPN_OK;
    ceilings data = {0};
    SPN_NEW(context, data.a, SIDE * SIDE);
    SPN_NEW(context, data.b, SIDE * SIDE);
    SPN_NEW(context, data.c, SIDE * SIDE);
    spn_random random = spn_random_stream(1, SPN_PURPOSE_TEST, 0);
    for (int64_t i = 0; i < SIDE * SIDE; i++) {
        data.a[i] = spn_random_normal(&random);
        data.b[i] = spn_random_normal(&random);
    }
    double median = 0.0;
    const double flops = 2.0 * SIDE * SIDE * SIDE;
    const bench_case large = {"ceiling: product 512", 0, 0, flops, product, &data};
    SPN_TRY(bench_run(context, report, &large, &median));
    report->ceiling = median > 0.0 ? flops / median : 0.0;
    const bench_case library = {"ceiling: 10000 libm tanh", 0, 0, 0.0, tangents, &data};
    SPN_TRY(bench_run(context, report, &library, &median));
done:
    spn_release(context, data.a);
    spn_release(context, data.b);
    spn_release(context, data.c);
    return status;
}
