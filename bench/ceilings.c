/* SPDX-License-Identifier: MIT */
/* What this machine can do at all: one large product of matrices, tanh as fast as a vector library makes
 * it, a copy of memory. Floors are made of these. */
#include "harness.h"

#include <math.h>
#include <spinodal/numeric.h>
#include <string.h>

#if defined(__x86_64__) && defined(SPN_BENCH_LIBMVEC)
#include <immintrin.h>
/* glibc's vector library, by the symbols of its ABI. */
__m512d _ZGVeN8v_tanh(__m512d x);
__m256d _ZGVdN4v_tanh(__m256d x);
#endif

enum { SIDE = 512, VALUES = 8000 };

typedef struct ceilings {
    double *a, *b, *c;   /* SIDE x SIDE */
    double *from, *into; /* 32 MiB each: not in any cache that is ours alone */
} ceilings;

enum { COPY = 4 * 1024 * 1024 };

static spn_status product(spn_context *context, void *state)
{
    (void)context;
    const ceilings *data = state;
    spn_multiply(SIDE, SIDE, SIDE, 1.0, data->a, SIDE, data->b, SIDE, 0.0, data->c, SIDE);
    return SPN_OK;
}

static spn_status copy(spn_context *context, void *state)
{
    (void)context;
    const ceilings *data = state;
    memcpy(data->into, data->from, COPY * sizeof *data->into);
    return SPN_OK;
}

static spn_status tanh_scalar(spn_context *context, void *state)
{
    (void)context;
    const ceilings *data = state;
    for (int64_t i = 0; i < VALUES; i++) {
        data->c[i] = tanh(data->a[i]);
    }
    return SPN_OK;
}

#if defined(__x86_64__) && defined(SPN_BENCH_LIBMVEC)
__attribute__((target("avx512f"))) static void tanh_wide(const double *x, double *y)
{
    for (int64_t i = 0; i < VALUES; i += 8) {
        _mm512_storeu_pd(y + i, _ZGVeN8v_tanh(_mm512_loadu_pd(x + i)));
    }
}

__attribute__((target("avx2"))) static void tanh_narrow(const double *x, double *y)
{
    for (int64_t i = 0; i < VALUES; i += 4) {
        _mm256_storeu_pd(y + i, _ZGVdN4v_tanh(_mm256_loadu_pd(x + i)));
    }
}

static spn_status tanh_vector(spn_context *context, void *state)
{
    const ceilings *data = state;
    if (__builtin_cpu_supports("avx512f")) {
        tanh_wide(data->a, data->c);
    } else if (__builtin_cpu_supports("avx2")) {
        tanh_narrow(data->a, data->c);
    } else {
        return tanh_scalar(context, state);
    }
    return SPN_OK;
}
#else
static spn_status tanh_vector(spn_context *context, void *state)
{
    return tanh_scalar(context, state);
}
#endif

static spn_status run_all(spn_context *context, bench_report *report, ceilings *data)
{
    spn_status status = SPN_OK;
    const bench_counts none = {0, 0, 0};
    const double flops = 2.0 * SIDE * SIDE * SIDE;
    const bench_case large = {"ceiling: product 512", 0, 0, {flops, 0, 0}, 0, product, data};
    const bench_case library = {"ceiling: libm tanh", 0, 0, none, VALUES, tanh_scalar, data};
    const bench_case vector = {"ceiling: vector tanh", 0, 0, none, VALUES, tanh_vector, data};
    const bench_case memory = {"ceiling: copy 32 MiB", 0, 0, none, 0, copy, data};
    SPN_TRY(bench_run(context, report, &library));
    SPN_TRY(bench_run(context, report, &memory));
    const bench_result *last = &report->results[report->count - 1];
    double bytes = 2.0 * COPY * sizeof(double) / last->least;
    SPN_TRY(bench_run(context, report, &vector));
    double tanhs = 1 / report->results[report->count - 1].least;
    SPN_TRY(bench_run(context, report, &large));
    report->ceilings = (bench_ceilings_of){
        .flops = flops / report->results[report->count - 1].least,
        .tanhs = tanhs,
        .bytes = bytes,
    };
done:
    return status;
}

spn_status bench_ceilings(spn_context *context, bench_report *report)
{
    spn_status status = SPN_OK;
    ceilings data = {0};
    const char *filter = report->filter;
    double seconds = report->seconds;
    report->filter = NULL; /* floors need them whatever else is run, */
    report->seconds *= 4;  /* and undisturbed */
    SPN_NEW(context, data.a, SIDE * SIDE);
    SPN_NEW(context, data.b, SIDE * SIDE);
    SPN_NEW(context, data.c, SIDE * SIDE);
    SPN_NEW(context, data.from, COPY);
    SPN_NEW(context, data.into, COPY);
    spn_random random = spn_random_stream(1, SPN_PURPOSE_TEST, 0);
    for (int64_t i = 0; i < SIDE * SIDE; i++) {
        data.a[i] = spn_random_normal(&random);
        data.b[i] = spn_random_normal(&random);
    }
    memset(data.from, 1, COPY * sizeof *data.from);
    SPN_TRY(run_all(context, report, &data));
done:
    report->filter = filter;
    report->seconds = seconds;
    spn_release(context, data.a);
    spn_release(context, data.b);
    spn_release(context, data.c);
    spn_release(context, data.from);
    spn_release(context, data.into);
    return status;
}
