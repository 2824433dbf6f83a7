/* SPDX-License-Identifier: MIT */
/* Two threads against one: a sweep over several random starts or a single call of one, and in the same
 * run, in turn with it, a loop of pure arithmetic that shares nothing. On a machine that others use, too, only the ratio of the
 * two speed-ups means something. */
#include "subject.h"

#include <math.h>

enum { ROUNDS = 7, SPINS = 4000000, JOBS = 8 };

typedef struct set_up {
    const char *name;
    int64_t width, samples, seeds, points;
    bench_work *work; /* a call instead of a sweep, so many times */
    int64_t calls, vectors;
} set_up;

static const set_up set_ups[] = {
    {"8 seeds", 5, 1000, 8, 25, NULL, 0, 0},
    {"8 seeds, few samples", 5, 100, 8, 50, NULL, 0, 0},
    {"8 seeds, wider", 10, 1000, 8, 4, NULL, 0, 0},
    {"1 seed", 5, 1000, 1, 100, NULL, 0, 0},
    {"1 seed, many samples", 16, 10000, 1, 2, NULL, 0, 0},
    {"gradient, P = 50", 5, 1000, 1, 2, subject_gradient, 1000, 0},
    {"gradient, P = 50", 5, 10000, 1, 2, subject_gradient, 100, 0},
    {"gradient, P = 50", 5, 100000, 1, 2, subject_gradient, 10, 0},
    {"gradient, P = 336", 16, 10000, 1, 2, subject_gradient, 30, 0},
    {"gradient, P = 1050", 30, 1000, 1, 2, subject_gradient, 100, 0},
    {"HVP, 1 vector, P = 50", 5, 1000, 1, 2, subject_products, 1000, 1},
    {"HVP, 8 vectors, P = 50", 5, 1000, 1, 2, subject_products, 100, 8},
    {"HVP, 1 vector, P = 50", 5, 100000, 1, 2, subject_products, 10, 1},
    {"HVP, 1 vector, P = 1050", 30, 1000, 1, 2, subject_products, 100, 1},
    {"HVP, 8 vectors, P = 1050", 30, 1000, 1, 2, subject_products, 10, 8},
    {"Hessian, P = 50", 5, 1000, 1, 2, subject_hessian, 100, 1},
    {"Hessian, P = 50", 5, 100000, 1, 2, subject_hessian, 2, 1},
    {"Hessian, P = 336", 16, 1000, 1, 2, subject_hessian, 10, 1},
    {"Hessian, P = 1050", 30, 1000, 1, 2, subject_hessian, 2, 1},
};

typedef struct timing {
    spn_pool *pool[2]; /* of one and of two threads */
    spn_team *team;    /* of two */
    const set_up *chosen;
    subject_sweep sweep;
    double sweeps[2][ROUNDS], spins[2][ROUNDS], speed[ROUNDS], pure[ROUNDS], ratio[ROUNDS];
    double sink[JOBS][8]; /* a cache line each */
} timing;

static spn_status spin(spn_context *context, void *state, int64_t job, spn_pool_channel *channel)
{
    (void)context, (void)channel;
    timing *t = state;
    double a = 1, b = 2, c = 3, d = 4;
    for (int64_t i = 0; i < SPINS; i++) {
        a = a * 0.999999 + 1e-6;
        b = b * 0.999999 + 1e-6;
        c = c * 0.999999 + 1e-6;
        d = d * 0.999999 + 1e-6;
    }
    t->sink[job][0] = a + b + c + d;
    return SPN_OK;
}

static spn_status time_sweep(spn_context *context, timing *t, int threads, double *seconds)
{
    t->sweep.pool = t->pool[threads];
    double before = bench_now();
    spn_status status = subject_run_sweep(context, &t->sweep);
    *seconds = bench_now() - before;
    return status;
}

static spn_status time_calls(spn_context *context, timing *t, int threads, double *seconds)
{
    spn_status status = SPN_OK;
    spn_context_set_team(context, threads > 0 ? t->team : NULL);
    double before = bench_now();
    for (int64_t i = 0; i < t->chosen->calls; i++) {
        SPN_TRY(t->chosen->work(context, t->sweep.subject));
    }
    *seconds = (bench_now() - before) / (double)t->chosen->calls;
done:
    spn_context_set_team(context, NULL);
    return status;
}

static spn_status time_spin(spn_context *context, timing *t, int threads, double *seconds)
{
    const spn_pool_work work = {.jobs = JOBS, .job = spin, .job_state = t};
    double before = bench_now();
    spn_status status = spn_pool_run(context, t->pool[threads], &work);
    *seconds = bench_now() - before;
    return status;
}

static spn_status run_rounds(spn_context *context, timing *t)
{
    spn_status status = SPN_OK;
    for (int round = 0; round < ROUNDS; round++) {
        for (int threads = 0; threads < 2; threads++) {
            SPN_TRY((t->chosen->work != NULL ? time_calls : time_sweep)(
                context, t, threads, &t->sweeps[threads][round]));
            SPN_TRY(time_spin(context, t, threads, &t->spins[threads][round]));
        }
        t->speed[round] = t->sweeps[0][round] / t->sweeps[1][round];
        t->pure[round] = t->spins[0][round] / t->spins[1][round];
        t->ratio[round] = t->speed[round] / t->pure[round];
    }
done:
    return status;
}

static spn_status set_keys(spn_context *context, subject *s, const set_up *chosen)
{
    spn_status status = SPN_OK;
    char key[80];
    snprintf(key, sizeof key, "sweep.beta.points=%lld", (long long)chosen->points);
    SPN_TRY(spn_experiment_set(context, s->experiment, key));
    snprintf(key, sizeof key, "sweep.seeds=%lld", (long long)chosen->seeds);
    SPN_TRY(spn_experiment_set(context, s->experiment, key));
    SPN_TRY(spn_experiment_set(context, s->experiment, "sweep.beta.from=0.1"));
    SPN_TRY(spn_experiment_set(context, s->experiment, "sweep.direction=up"));
done:
    return status;
}

static void print_threads(FILE *csv, const set_up *chosen, timing *t)
{
    double one = bench_median(ROUNDS, t->sweeps[0]), two = bench_median(ROUNDS, t->sweeps[1]);
    double speed = bench_median(ROUNDS, t->speed), pure = bench_median(ROUNDS, t->pure);
    double ratio = bench_median(ROUNDS, t->ratio);
    double least = t->sweeps[0][0] / t->sweeps[1][0], least_pure = t->spins[0][0] / t->spins[1][0];
    printf("%-24s %7lld %9.3f %9.3f %9.2f %9.2f %9.2f\n", chosen->name, (long long)chosen->samples,
           1e3 * one, 1e3 * two, speed, pure, ratio);
    fflush(stdout);
    if (csv != NULL) {
        fprintf(csv, "\"%s\",%lld,%lld,%lld,%.4e,%.4e,%.3f,%.3f,%.3f,%.3f,%.3f\n", chosen->name,
                (long long)chosen->width, (long long)chosen->samples, (long long)chosen->seeds, one,
                two, speed, pure, ratio, least, least_pure);
    }
}

static spn_status run_set_up(spn_context *context, FILE *csv, const set_up *chosen)
{
    spn_status status = SPN_OK;
    subject s;
    timing t = {.sweep = {.subject = &s}, .chosen = chosen};
    SPN_TRY(spn_team_create(context, 2, &t.team));
    spn_context_set_team(context, t.team);
    status = subject_create(context, &s, chosen->width, chosen->samples);
    spn_context_set_team(context, NULL);
    SPN_TRY(status);
    SPN_TRY(set_keys(context, &s, chosen));
    s.vectors = chosen->vectors;
    SPN_TRY(s.vectors > 0 ? subject_linearise(context, &s) : SPN_OK);
    SPN_TRY(spn_pool_create(context, 1, &t.pool[0]));
    SPN_TRY(spn_pool_create(context, 2, &t.pool[1]));
    SPN_TRY(run_rounds(context, &t));
    for (int i = 0; i < 2; i++) {
        (void)bench_median(ROUNDS, t.spins[i]);
    }
    print_threads(csv, chosen, &t);
done:
    spn_pool_free(t.pool[0]);
    spn_pool_free(t.pool[1]);
    subject_free(context, &s);
    spn_team_free(t.team);
    return status;
}

spn_status bench_threads(spn_context *context, bench_report *report)
{
    spn_status status = SPN_OK;
    if (!bench_wants(report, "threads")) {
        return SPN_OK;
    }
    FILE *csv = bench_open(report, "threads.csv",
                           "what,width,samples,seeds,one_thread_seconds,two_threads_seconds,"
                           "speedup,pure_speedup,ratio,speedup_of_least,pure_speedup_of_least");
    printf("\n%-24s %7s %9s %9s %9s %9s %9s\n", "two threads", "N", "1: ms", "2: ms", "speed-up",
           "pure loop", "ratio");
    for (size_t i = 0; i < sizeof set_ups / sizeof set_ups[0]; i++) {
        SPN_TRY(run_set_up(context, csv, &set_ups[i]));
    }
done:
    if (csv != NULL) {
        (void)fclose(csv);
    }
    return status;
}
