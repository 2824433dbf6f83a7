/* SPDX-License-Identifier: MIT */
/* spinodal-instructions ITEM TIMES: does one piece of work so many times, for instructions.sh. */
#include "subject.h"

#include <stdlib.h>
#include <string.h>

static spn_status work(spn_context *context, subject *s, const char *item)
{
    spn_status status = SPN_OK;
    subject_sweep sweep = {.subject = s};
    if (strcmp(item, "gradient") == 0) {
        return subject_gradient(context, s);
    }
    if (strcmp(item, "products") == 0) {
        return subject_products(context, s);
    }
    if (strcmp(item, "hessian") == 0) {
        return subject_hessian(context, s);
    }
    if (strcmp(item, "geometry") == 0) {
        return subject_measure(context, s);
    }
    if (strcmp(item, "newton") == 0) {
        return subject_solve(context, s);
    }
    if (strcmp(item, "sweep") != 0) {
        return spn_fail(context, SPN_ERROR_ARGUMENT, "%s: no such item", item);
    }
    SPN_TRY(spn_pool_create(context, 1, &sweep.pool));
    SPN_TRY(subject_run_sweep(context, &sweep));
done:
    spn_pool_free(sweep.pool);
    return status;
}

static spn_status run(spn_context *context, const char *item, int64_t times)
{
    spn_status status = SPN_OK;
    subject s;
    SPN_TRY(subject_create(context, &s, 5, 1000));
    s.vectors = 8;
    SPN_TRY(spn_experiment_set(context, s.experiment, "sweep.beta.points=10"));
    SPN_TRY(spn_experiment_set(context, s.experiment, "sweep.beta.from=0.2"));
    SPN_TRY(spn_experiment_set(context, s.experiment, "sweep.direction=up"));
    SPN_TRY(subject_warm(context, &s));
    if (strcmp(item, "geometry") == 0) {
        SPN_TRY(subject_settle(context, &s));
    } else {
        SPN_TRY(subject_linearise(context, &s));
    }
    for (int64_t i = 0; i < times; i++) {
        SPN_TRY(work(context, &s, item));
    }
done:
    subject_free(context, &s);
    return status;
}

int main(int argc, char **argv)
{
    spn_context *context = NULL;
    if (argc != 3) {
        fprintf(stderr, "usage: spinodal-instructions ITEM TIMES\n");
        return 2;
    }
    spn_status status = spn_context_create(NULL, &context);
    if (status == SPN_OK) {
        status = run(context, argv[1], strtoll(argv[2], NULL, 10));
    }
    if (status != SPN_OK) {
        fprintf(stderr, "spinodal-instructions: %s\n", spn_error_text(context));
    }
    spn_context_free(context);
    return status == SPN_OK ? 0 : 4;
}
