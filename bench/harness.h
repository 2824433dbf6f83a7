/* SPDX-License-Identifier: MIT */
/** @file harness.h  Timing of small pieces of work: warm-up, batches, median and spread; what each is
 *  judged by; where results go. */
#ifndef SPINODAL_BENCH_HARNESS_H
#define SPINODAL_BENCH_HARNESS_H

#include <spinodal/base.h>
#include <stdio.h>

/** One piece of work. It is called many times and must do the same each time. */
typedef spn_status bench_work(spn_context *context, void *state);

/** The least that a piece of work has to do; see counts.h. */
typedef struct bench_counts {
    double flops; /**< additions and multiplications of doubles */
    double tanhs; /**< values of tanh with derivative */
    double bytes; /**< read and written if each array were touched once */
} bench_counts;

typedef struct bench_case {
    const char *name;
    int64_t parameters, samples; /**< 0: has no meaning here */
    bench_counts counts;         /**< of one unit */
    int64_t units;               /**< units in one call; times are per unit; 0 counts as 1 */
    bench_work *work;
    void *state;
} bench_case;

typedef struct bench_result {
    char name[48];
    int64_t parameters, samples;
    int64_t batches, calls;             /**< calls in each batch */
    double median, least, first, third; /**< seconds of one unit: median, minimum, quartiles */
    bench_counts counts;
    double floor; /**< seconds that `counts` take at the ceilings; 0: not counted */
} bench_result;

/** What the machine can do at all, measured first; 0: not yet known. */
typedef struct bench_ceilings_of {
    double flops; /**< 1/s, in a large product of matrices */
    double tanhs; /**< 1/s */
    double bytes; /**< 1/s, read and written by a copy of 64 MiB */
} bench_ceilings_of;

enum { BENCH_RESULTS_MAX = 512 };

typedef struct bench_report {
    const char *folder;     /**< CSV files go there; NULL: none */
    FILE *csv;              /**< items.csv or NULL */
    const char *filter;     /**< run only cases whose name begins with it; NULL: all */
    double seconds;         /**< about how long each case is measured */
    bool is_full;           /**< all sizes instead of a selection */
    int64_t width, samples; /**< only this network; 0: the usual ones */
    bench_ceilings_of ceilings;
    int64_t count;
    bench_result results[BENCH_RESULTS_MAX];
} bench_report;

/** A clock that only goes forward, in seconds. */
double bench_now(void);
/** Sorts and returns the median of n values. */
double bench_median(int64_t n, double *values);
/** Open folder/name for writing and write the line of column names; NULL without a folder. */
FILE *bench_open(const bench_report *report, const char *name, const char *columns);

bool bench_begin(bench_report *report);
bool bench_end(bench_report *report);
bool bench_wants(const bench_report *report, const char *name);

/** Measure a case, keep it in the report and print it. Each batch lasts at least a millisecond. At least
 *  three batches, at most 201, about report->seconds together. */
spn_status bench_run(spn_context *context, bench_report *report, const bench_case *item);

/** The groups of cases. */
spn_status bench_ceilings(spn_context *context, bench_report *report);
spn_status bench_networks(spn_context *context, bench_report *report);
spn_status bench_figure(spn_context *context, bench_report *report);
spn_status bench_threads(spn_context *context, bench_report *report);
/** Exponents fitted to what has been measured. */
void bench_scaling(const bench_report *report);

#endif
