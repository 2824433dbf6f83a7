/* SPDX-License-Identifier: MIT */
/* How the measured times grow: log-log least squares over two decades. */
#include "harness.h"

#include <math.h>
#include <string.h>

typedef struct family {
    const char *name;
    bool over_samples; /* at the least P; otherwise over P at N = 1000 */
    double expected;
} family;

static const family families[] = {
    {"gradient", true, 1},     {"HVP, 8 vectors", true, 1},  {"Hessian", true, 1},
    {"gradient", false, 1},    {"HVP, 8 vectors", false, 1}, {"Hessian", false, 2},
    {"eigenvalues", false, 3}, {"eigenvectors", false, 3},   {"all observables", false, 3},
};

enum { POINTS_MAX = 16, LEAST_PARAMETERS = 50, USUAL_SAMPLES = 1000 };

typedef struct points {
    int64_t count;
    double size[POINTS_MAX], x[POINTS_MAX], y[POINTS_MAX], flops[POINTS_MAX];
} points;

static points collect(const bench_report *report, const family *chosen)
{
    points out = {0};
    for (int64_t i = 0; i < report->count; i++) {
        const bench_result *r = &report->results[i];
        int64_t fixed = chosen->over_samples ? r->parameters : r->samples;
        int64_t free = chosen->over_samples ? r->samples : r->parameters;
        int64_t wanted = chosen->over_samples ? LEAST_PARAMETERS : USUAL_SAMPLES;
        if (strcmp(r->name, chosen->name) != 0 || fixed != wanted || out.count == POINTS_MAX) {
            continue;
        }
        out.size[out.count] = (double)free;
        out.x[out.count] = log((double)free);
        out.y[out.count] = log(r->least);
        out.flops[out.count] = log(fmax(r->counts.flops, 1));
        out.count++;
    }
    return out;
}

static double slope(int64_t n, const double *x, const double *y)
{
    double mx = 0, my = 0, xx = 0, xy = 0;
    for (int64_t i = 0; i < n; i++) {
        mx += x[i] / (double)n;
        my += y[i] / (double)n;
    }
    for (int64_t i = 0; i < n; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        xy += (x[i] - mx) * (y[i] - my);
    }
    return xy / xx;
}

void bench_scaling(const bench_report *report)
{
    FILE *csv = bench_open(report, "scaling.csv",
                           "item,variable,from,to,points,expected,counted,fitted,last_pair");
    printf("\n%-24s %8s %8s %8s %9s %9s %9s %9s\n", "time ~ variable^exponent", "variable", "from",
           "to", "expected", "counted", "fitted", "last pair");
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        const family *chosen = &families[i];
        points p = collect(report, chosen);
        int64_t n = p.count;
        if (n < 3) {
            continue;
        }
        double fitted = slope(n, p.x, p.y), counted = slope(n, p.x, p.flops);
        double last = slope(2, p.x + n - 2, p.y + n - 2);
        const char *variable = chosen->over_samples ? "N" : "P";
        printf("%-24s %8s %8.0f %8.0f %9.2f %9.2f %9.2f %9.2f\n", chosen->name, variable, p.size[0],
               p.size[n - 1], chosen->expected, counted, fitted, last);
        if (csv != NULL) {
            fprintf(csv, "\"%s\",%s,%.0f,%.0f,%lld,%.0f,%.3f,%.3f,%.3f\n", chosen->name, variable,
                    p.size[0], p.size[n - 1], (long long)n, chosen->expected, counted, fitted,
                    last);
        }
    }
    if (csv != NULL) {
        (void)fclose(csv);
    }
}
