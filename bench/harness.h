/* SPDX-License-Identifier: MIT */
/** @file harness.h  Timing of small pieces of work: warm-up, batches, median and spread. */
#ifndef SPINODAL_BENCH_HARNESS_H
#define SPINODAL_BENCH_HARNESS_H

#include <spinodal/base.h>
#include <stdio.h>

/** One piece of work. It is called many times and must do the same each time. */
typedef spn_status bench_work(spn_context *context, void *state);

typedef struct bench_case {
    const char *name;
    int64_t parameters, samples; /**< 0: has no meaning here */
    double flops;                /**< least number of operations of one call; 0: not counted */
    bench_work *work;
    void *state;
} bench_case;

/** Where results go: a table on stdout, and rows in a CSV file where there is one. */
typedef struct bench_report {
    FILE *csv;          /**< NULL: none */
    double ceiling;     /**< flop/s of the large product, measured first; 0: not yet known */
    const char *filter; /**< run only cases whose name contains it; NULL: all */
} bench_report;

void bench_begin(bench_report *report);

/** Measure a case and report it: seconds a call (median of the batches, least, and quartiles), flop/s
 *  and their share of the ceiling. Each batch lasts at least a millisecond; a case takes about half a
 *  second, or three calls where one call takes longer. Returns the median, 0 when filtered out. */
spn_status bench_run(spn_context *context, bench_report *report, const bench_case *item,
                     double *median);

/** The groups of cases. */
spn_status bench_ceilings(spn_context *context, bench_report *report);
spn_status bench_networks(spn_context *context, bench_report *report);

#endif
