/* SPDX-License-Identifier: MIT */
/* The steps of the main job on tanh networks 3-w-w-2, by number of parameters and of samples. */
#include "subject.h"

typedef struct size {
    int64_t width, samples;
    bool is_extra; /* only with --full */
    bool solves;   /* Newton solves and sweeps, too */
} size;

/* P = 50, 150, 336, 500, 1050, 1974. */
static const size sizes[] = {
    {5, 100, false, true},     {5, 1000, false, true},   {5, 10000, false, true},
    {5, 100000, false, false}, {10, 1000, false, true},  {16, 1000, false, true},
    {20, 1000, false, true},   {30, 1000, false, false}, {42, 1000, false, false},
    {16, 100, true, true},     {16, 10000, true, true},  {16, 100000, true, false},
    {30, 100, true, false},    {30, 10000, true, false}, {30, 1000, true, true},
    {42, 10000, true, false},
};

static spn_status run(spn_context *context, bench_report *report, subject *s, const char *name,
                      bench_counts counts, bench_work *work)
{
    const bench_case item = {name, s->parameters, s->shape.samples, counts, 0, work, s};
    return bench_run(context, report, &item);
}

/* From theta alone: an evaluation that keeps what products need, and the products. */
static spn_status run_derivatives(spn_context *context, bench_report *report, subject *s)
{
    spn_status status = SPN_OK;
    static const int64_t vectors[] = {1, 8, 64};
    static const char *const names[] = {"HVP, 1 vector", "HVP, 8 vectors", "HVP, 64 vectors"};
    bench_counts gradient = bench_count_gradient(&s->shape);
    bench_counts hessian = bench_count_hessian(&s->shape);
    SPN_TRY(run(context, report, s, "gradient", gradient, subject_gradient));
    SPN_TRY(run(context, report, s, "step of descent", gradient, subject_step));
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        s->vectors = vectors[i];
        SPN_TRY(subject_linearise(context, s));
        SPN_TRY(run(context, report, s, names[i], bench_count_hvp(&s->shape, vectors[i]),
                    subject_products));
    }
    SPN_TRY(run(context, report, s, "Hessian", hessian, subject_hessian));
    bench_counts both = bench_add(gradient, 1, hessian);
    SPN_TRY(run(context, report, s, "Hessian + curvature", both, subject_curvature));
done:
    return status;
}

static spn_status run_algebra(spn_context *context, bench_report *report, subject *s)
{
    spn_status status = SPN_OK;
    bench_counts values = bench_count_cubic(&s->shape, 4.0 / 3),
                 vectors = bench_count_cubic(&s->shape, 9);
    SPN_TRY(run(context, report, s, "eigenvalues", values, subject_values));
    if (s->parameters <= 1050 || report->is_full) {
        SPN_TRY(run(context, report, s, "eigenvectors", vectors, subject_vectors));
    }
    if (s->parameters <= 1050 && bench_wants(report, "all observables")) {
        SPN_TRY(subject_warm(context, s));
        SPN_TRY(subject_settle(context, s));
        /* Both parts of the Hessian, and the spectrum. */
        bench_counts measure = bench_add(values, 2, bench_count_hessian(&s->shape));
        SPN_TRY(run(context, report, s, "all observables", measure, subject_measure));
    }
done:
    return status;
}

/* Evaluations and Hessians as the solver reports them, a Cholesky factor for each Hessian. */
static spn_status run_solve(spn_context *context, bench_report *report, subject *s)
{
    spn_status status = SPN_OK;
    SPN_TRY(subject_warm(context, s));
    SPN_TRY(subject_solve(context, s));
    bench_counts counts = {0};
    double hessians = (double)s->info.hessians;
    counts = bench_add(counts, (double)s->info.evaluations, bench_count_gradient(&s->shape));
    counts = bench_add(counts, hessians, bench_count_hessian(&s->shape));
    counts = bench_add(counts, hessians, bench_count_cubic(&s->shape, 1.0 / 3));
    SPN_TRY(run(context, report, s, "Newton solve, warm", counts, subject_solve));
done:
    return status;
}

/* Ten points of Figure 2's grid from a stationary one. Least work of a point: a gradient, a Hessian and a
 * Cholesky factor for each iteration, both parts of the Hessian and the spectrum at the end. */
static spn_status run_sweep(spn_context *context, bench_report *report, subject *s)
{
    spn_status status = SPN_OK;
    char key[80];
    const char *const keys[] = {"sweep.beta.points=10", "sweep.direction=up"};
    subject_sweep sweep = {.subject = s, .is_warm = true};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        SPN_TRY(spn_experiment_set(context, s->experiment, keys[i]));
    }
    snprintf(key, sizeof key, "sweep.beta.from=%.17g", SUBJECT_WARM_BETA);
    SPN_TRY(spn_experiment_set(context, s->experiment, key));
    snprintf(key, sizeof key, "sweep.beta.to=%.17g", SUBJECT_WARM_BETA + 9 * SUBJECT_STEP);
    SPN_TRY(spn_experiment_set(context, s->experiment, key));
    SPN_TRY(spn_pool_create(context, 1, &sweep.pool));
    SPN_TRY(subject_run_sweep(context, &sweep));
    double points = (double)sweep.points, steps = (double)sweep.iterations / points;
    bench_counts counts = bench_count_cubic(&s->shape, steps / 3 + 4.0 / 3);
    counts = bench_add(counts, steps + 1, bench_count_gradient(&s->shape));
    counts = bench_add(counts, steps + 2, bench_count_hessian(&s->shape));
    const bench_case item = {"sweep point", s->parameters, s->shape.samples,
                             counts,        sweep.points,  subject_run_sweep,
                             &sweep};
    SPN_TRY(bench_run(context, report, &item));
done:
    spn_pool_free(sweep.pool);
    return status;
}

static spn_status run_size(spn_context *context, bench_report *report, const size *chosen)
{
    spn_status status = SPN_OK;
    subject s;
    SPN_TRY(subject_create(context, &s, chosen->width, chosen->samples));
    if (!(chosen->is_extra && chosen->solves && s.parameters == 1050)) {
        SPN_TRY(run_derivatives(context, report, &s));
    }
    if (chosen->samples <= 1000 && !chosen->is_extra) {
        SPN_TRY(run_algebra(context, report, &s));
    }
    if (chosen->solves && bench_wants(report, "Newton solve, warm")) {
        SPN_TRY(run_solve(context, report, &s));
    }
    if (chosen->solves && bench_wants(report, "sweep point")) {
        SPN_TRY(subject_warm(context, &s));
        SPN_TRY(run_sweep(context, report, &s));
    }
done:
    subject_free(context, &s);
    return status;
}

spn_status bench_networks(spn_context *context, bench_report *report)
{
    spn_status status = SPN_OK;
    if (report->width > 0) {
        const size one = {report->width, report->samples, false, true};
        return run_size(context, report, &one);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (report->is_full || !sizes[i].is_extra) {
            SPN_TRY(run_size(context, report, &sizes[i]));
        }
    }
done:
    return status;
}
