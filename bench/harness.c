/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCHES_MAX = 201, BATCHES_MIN = 3, PATH_SIZE = 4096 };
static const double WARM_UP = 0.03, BATCH = 1e-3;

double bench_now(void)
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

double bench_median(int64_t n, double *values)
{
    qsort(values, (size_t)n, sizeof values[0], compare);
    return values[n / 2];
}

FILE *bench_open(const bench_report *report, const char *name, const char *columns)
{
    if (report->folder == NULL) {
        return NULL;
    }
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", report->folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        return NULL;
    }
    fprintf(file, "%s\n", columns);
    return file;
}

bool bench_begin(bench_report *report)
{
    printf("%-24s %6s %7s %11s %11s %7s %9s %11s %7s\n", "item", "P", "N", "median", "least",
           "spread", "Gflop/s", "floor", "share");
    report->csv =
        bench_open(report, "items.csv",
                   "item,parameters,samples,batches,calls_per_batch,median_seconds,least_seconds,"
                   "quartile1_seconds,quartile3_seconds,flops,tanhs,bytes,floor_seconds");
    return report->folder == NULL || report->csv != NULL;
}

bool bench_end(bench_report *report)
{
    return report->csv == NULL || fclose(report->csv) == 0;
}

bool bench_wants(const bench_report *report, const char *name)
{
    return report->filter == NULL || strncmp(name, report->filter, strlen(report->filter)) == 0;
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

/* Arithmetic and tanh one after the other, while memory moves. */
static double floor_of(const bench_ceilings_of *ceilings, const bench_counts *counts)
{
    if (!(ceilings->flops > 0) || !(counts->flops > 0)) {
        return 0;
    }
    double work = counts->flops / ceilings->flops + counts->tanhs / ceilings->tanhs;
    return fmax(work, counts->bytes / ceilings->bytes);
}

static void print_result(const bench_report *report, const bench_result *r)
{
    char text[3][32];
    printf("%-24s %6lld %7lld %11s %11s %6.1f%%", r->name, (long long)r->parameters,
           (long long)r->samples, readable(r->median, text[0]), readable(r->least, text[1]),
           100.0 * (r->third - r->first) / r->median);
    if (r->counts.flops > 0.0) {
        printf(" %9.2f", 1e-9 * r->counts.flops / r->median);
    }
    if (r->floor > 0.0) {
        printf(" %11s %6.1f%%", readable(r->floor, text[2]), 100.0 * r->floor / r->median);
    }
    printf("\n");
    fflush(stdout);
    if (report->csv != NULL) {
        fprintf(report->csv, "\"%s\",%lld,%lld,%lld,%lld,%.6e,%.6e,%.6e,%.6e,%.6e,%.6e,%.6e,%.6e\n",
                r->name, (long long)r->parameters, (long long)r->samples, (long long)r->batches,
                (long long)r->calls, r->median, r->least, r->first, r->third, r->counts.flops,
                r->counts.tanhs, r->counts.bytes, r->floor);
    }
}

static void keep(bench_report *report, const bench_case *item, double *times, int64_t batches,
                 int64_t calls)
{
    bench_result result = {
        .parameters = item->parameters,
        .samples = item->samples,
        .batches = batches,
        .calls = calls,
        .median = bench_median(batches, times),
        .least = times[0],
        .first = times[batches / 4],
        .third = times[(3 * batches) / 4],
        .counts = item->counts,
        .floor = floor_of(&report->ceilings, &item->counts),
    };
    snprintf(result.name, sizeof result.name, "%s", item->name);
    print_result(report, &result);
    if (report->count < BENCH_RESULTS_MAX) {
        report->results[report->count++] = result;
    }
}

spn_status bench_run(spn_context *context, bench_report *report, const bench_case *item)
{
    spn_status status = SPN_OK;
    if (!bench_wants(report, item->name)) {
        return SPN_OK;
    }
    /* Warming up also says how many calls make a batch. */
    int64_t calls = 0;
    const double begin = bench_now();
    do {
        SPN_TRY(item->work(context, item->state));
        calls++;
    } while (bench_now() - begin < WARM_UP);
    const double one = (bench_now() - begin) / (double)calls;
    const int64_t per_batch = one < BATCH ? (int64_t)(BATCH / one) + 1 : 1;
    const int64_t units = item->units > 0 ? item->units : 1;

    double times[BATCHES_MAX];
    int64_t batches = 0;
    const double start = bench_now();
    while (batches < BATCHES_MAX &&
           (batches < BATCHES_MIN || bench_now() - start < report->seconds)) {
        const double before = bench_now();
        for (int64_t i = 0; i < per_batch; i++) {
            SPN_TRY(item->work(context, item->state));
        }
        times[batches++] = (bench_now() - before) / (double)(per_batch * units);
    }
    keep(report, item, times, batches, per_batch);
done:
    return status;
}
