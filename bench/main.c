/* SPDX-License-Identifier: MIT */
/* spinodal-bench: tables of times on one thread, exponents, threads. See docs/performance.md. */
#include "harness.h"
#include "peers.h"

#include <stdlib.h>
#include <string.h>

static int usage(void)
{
    fprintf(stderr,
            "usage: spinodal-bench [--full] [--out FOLDER] [--network WIDTH SAMPLES] "
            "[--seconds S] [ITEM]\n"
            "       spinodal-bench --export FOLDER WIDTH SAMPLES\n\n"
            "Times the steps of the main job. ITEM keeps the items whose name begins with it.\n"
            "  --full       all sizes, and a second for each item (0.15 otherwise)\n"
            "  --out        write items.csv, scaling.csv and threads.csv into FOLDER\n"
            "  --network    only the network 3-WIDTH-WIDTH-2 on SAMPLES samples\n"
            "  --seconds    time for each item\n"
            "  --export     weights, gradient, Hessian and scalar curvature of a network as CSV\n");
    return 2;
}

static spn_status run_all(spn_context *context, bench_report *report)
{
    spn_status status = SPN_OK;
    SPN_TRY(bench_ceilings(context, report));
    SPN_TRY(bench_networks(context, report));
    if (report->width == 0) {
        SPN_TRY(bench_figure(context, report));
        bench_scaling(report);
        SPN_TRY(bench_threads(context, report));
    }
done:
    return status;
}

static bool parse(bench_report *report, int argc, char **argv)
{
    report->seconds = 0.15;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--full") == 0) {
            report->is_full = true;
            report->seconds = 1;
        } else if (strcmp(argv[i], "--out") == 0 && i + 1 < argc) {
            report->folder = argv[++i];
        } else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc) {
            report->seconds = strtod(argv[++i], NULL);
        } else if (strcmp(argv[i], "--network") == 0 && i + 2 < argc) {
            report->width = strtoll(argv[++i], NULL, 10);
            report->samples = strtoll(argv[++i], NULL, 10);
            if (report->width < 1 || report->samples < 1) {
                return false;
            }
        } else if (argv[i][0] != '-' && report->filter == NULL) {
            report->filter = argv[i];
        } else {
            return false;
        }
    }
    return true;
}

static int finish(spn_context *context, spn_status status)
{
    if (status != SPN_OK) {
        fprintf(stderr, "spinodal-bench: %s\n", spn_error_text(context));
    }
    spn_context_free(context);
    return status == SPN_OK ? 0 : 4;
}

int main(int argc, char **argv)
{
    static bench_report report;
    spn_context *context = NULL;
    spn_status status = spn_context_create(NULL, &context);
    if (status == SPN_OK && argc == 5 && strcmp(argv[1], "--export") == 0) {
        status =
            bench_export(context, argv[2], strtoll(argv[3], NULL, 10), strtoll(argv[4], NULL, 10));
        return finish(context, status);
    }
    if (status == SPN_OK && !parse(&report, argc, argv)) {
        spn_context_free(context);
        return usage();
    }
    if (!bench_begin(&report)) {
        spn_context_free(context);
        return 5;
    }
    if (status == SPN_OK) {
        status = run_all(context, &report);
    }
    int code = finish(context, status);
    return bench_end(&report) ? code : 5;
}
