/* SPDX-License-Identifier: MIT */
/* Figure 2 as a whole: 200 values of beta up, and down again from each phase. */
#include "subject.h"

#include <stdlib.h>
#include <unistd.h>

/* With the results file, without drawing. */
typedef struct filed {
    subject *subject;
    char path[64];
} filed;

static spn_status run_filed(spn_context *context, void *state)
{
    filed *run = state;
    const spn_run_settings settings = {.output = run->path, .threads = 1, .is_forced = true};
    bool is_gated = false;
    return spn_study_sweep(context, run->subject->study, &settings, &is_gated);
}

static spn_status run_files(spn_context *context, bench_report *report, subject *s)
{
    spn_status status = SPN_OK;
    char folder[] = "/tmp/spinodal-bench-XXXXXX";
    filed run = {.subject = s};
    if (mkdtemp(folder) == NULL) {
        return spn_fail(context, SPN_ERROR_IO, "%s: cannot be made", folder);
    }
    snprintf(run.path, sizeof run.path, "%s/fig2.h5", folder);
    const bench_case item = {
        "Figure 2, with results", s->parameters, s->shape.samples, {0, 0, 0}, 0, run_filed, &run};
    SPN_TRY(bench_run(context, report, &item));
done:
    (void)unlink(run.path);
    (void)rmdir(folder);
    return status;
}

spn_status bench_figure(spn_context *context, bench_report *report)
{
    spn_status status = SPN_OK;
    subject s;
    subject_sweep sweep = {.subject = &s};
    if (!bench_wants(report, "Figure 2")) {
        return SPN_OK;
    }
    SPN_TRY(subject_create(context, &s, 5, 1000));
    SPN_TRY(spn_pool_create(context, 1, &sweep.pool));
    SPN_TRY(subject_run_sweep(context, &sweep));
    double points = (double)sweep.points, steps = (double)sweep.iterations;
    bench_counts counts = bench_count_cubic(&s.shape, steps / 3 + points * 4.0 / 3);
    counts = bench_add(counts, steps + points, bench_count_gradient(&s.shape));
    counts = bench_add(counts, steps + 2 * points, bench_count_hessian(&s.shape));
    const bench_case whole = {"Figure 2, all points", s.parameters, s.shape.samples, counts, 1,
                              subject_run_sweep,      &sweep};
    SPN_TRY(bench_run(context, report, &whole));
    subject_sweep refined = {.subject = &s, .pool = sweep.pool, .is_refined = true};
    const bench_case bisected = {
        "Figure 2, jumps refined", s.parameters, s.shape.samples, {0, 0, 0}, 0,
        subject_run_sweep,         &refined};
    SPN_TRY(bench_run(context, report, &bisected));
    SPN_TRY(run_files(context, report, &s));
    printf("Figure 2: %lld points, %lld stationary, %lld iterations\n", (long long)sweep.points,
           (long long)sweep.passed, (long long)sweep.iterations);
done:
    spn_pool_free(sweep.pool);
    subject_free(context, &s);
    return status;
}
