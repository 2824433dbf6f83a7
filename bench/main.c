/* SPDX-License-Identifier: MIT */
/* spinodal-bench [--csv FILE] [FILTER]: a table of times on one thread; FILTER keeps the cases whose
 * name contains it. */
#include "harness.h"

#include <string.h>

static int usage(void)
{
    fprintf(stderr, "usage: spinodal-bench [--csv FILE] [FILTER]\n");
    return 2;
}

static spn_status run_all(spn_context *context, bench_report *report)
{
    spn_status status = SPN_OK;
    bench_begin(report);
    SPN_TRY(bench_ceilings(context, report));
    SPN_TRY(bench_networks(context, report));
done:
    return status;
}

int main(int argc, char **argv)
{
    bench_report report = {0};
    const char *path = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--csv") == 0 && i + 1 < argc) {
            path = argv[++i];
        } else if (argv[i][0] != '-' && report.filter == NULL) {
            report.filter = argv[i];
        } else {
            return usage();
        }
    }
    if (path != NULL && (report.csv = fopen(path, "w")) == NULL) {
        perror(path);
        return 5;
    }
    spn_context *context = NULL;
    spn_status status = spn_context_create(NULL, &context);
    if (status == SPN_OK) {
        status = run_all(context, &report);
    }
    if (status != SPN_OK) {
        fprintf(stderr, "spinodal-bench: %s\n", spn_error_text(context));
    }
    spn_context_free(context);
    if (report.csv != NULL && fclose(report.csv) != 0) {
        perror(path);
        return 5;
    }
    return status == SPN_OK ? 0 : 4;
}
