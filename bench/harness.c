/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCHES_MAX = 101, BATCHES_MIN = 3 };
static const double WARM_UP = 0.05, BATCH = 1e-3, TOTAL = 0.5;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

void bench_begin(bench_report *report)
{
    printf("%-28s %7s %8s %12s %12s %8s %9s %7s\n", "case", "P", "N", "median", "least", "spread",
           "Gflop/s", "share");
    if (report->csv != NULL) {
        fprintf(report->csv, "case,parameters,samples,batches,calls_per_batch,median_seconds,"
                             "least_seconds,quartile1_seconds,quartile3_seconds,flops\n");
    }
}

/* Seconds as people read them. */
static const char *readable(double seconds, char buffer[32])
{
    const char *const units[] = {"s", "ms", "us", "ns"};
    int unit = 0;
    while (unit < 3 && seconds < 1.0) {
        seconds *= 1e3;
        unit++;
    }
    snprintf(buffer, 32, "%.3f %s", seconds, units[unit]);
    return buffer;
}

static void print_row(bench_report *report, const bench_case *item, const double *times,
                      int64_t batches, int64_t calls)
{
    const double median = times[batches / 2];
    const double first = times[batches / 4];
    const double third = times[(3 * batches) / 4];
    char text[2][32];
    printf("%-28s %7lld %8lld %12s %12s %7.1f%%", item->name, (long long)item->parameters,
           (long long)item->samples, readable(median, text[0]), readable(times[0], text[1]),
           100.0 * (third - first) / median);
    if (item->flops > 0.0) {
        const double rate = item->flops / median;
        printf(" %9.2f", 1e-9 * rate);
        if (report->ceiling > 0.0) {
            printf(" %6.1f%%", 100.0 * rate / report->ceiling);
        }
    }
    printf("\n");
    fflush(stdout);
    if (report->csv != NULL) {
        fprintf(report->csv, "%s,%lld,%lld,%lld,%lld,%.9e,%.9e,%.9e,%.9e,%.9e\n", item->name,
                (long long)item->parameters, (long long)item->samples, (long long)batches,
                (long long)calls, median, times[0], first, third, item->flops);
    }
}

spn_status bench_run(spn_context *context, bench_report *report, const bench_case *item,
                     double *median)
{
    spn_status status = SPN_OK;
    *median = 0.0;
    if (report->filter != NULL && strstr(item->name, report->filter) == NULL) {
        return SPN_OK;
    }
    /* Warming up also says how many calls make a batch. */
    int64_t calls = 0;
    const double begin = now();
    do {
        SPN_TRY(item->work(context, item->state));
        calls++;
    } while (now() - begin < WARM_UP);
    const double one = (now() - begin) / (double)calls;
    const int64_t per_batch = one < BATCH ? (int64_t)(BATCH / one) + 1 : 1;

    double times[BATCHES_MAX];
    int64_t batches = 0;
    const double start = now();
    while (batches < BATCHES_MAX && (batches < BATCHES_MIN || now() - start < TOTAL)) {
        const double before = now();
        for (int64_t i = 0; i < per_batch; i++) {
            SPN_TRY(item->work(context, item->state));
        }
        times[batches++] = (now() - before) / (double)per_batch;
    }
    qsort(times, (size_t)batches, sizeof times[0], compare);
    *median = times[batches / 2];
    print_row(report, item, times, batches, per_batch);
done:
    return status;
}
