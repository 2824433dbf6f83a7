/* SPDX-License-Identifier: MIT */
/* spinodal-mnist: a network of real size followed upwards in beta by newton_cg, from warm starts, with what each point
 * costs in gradients; with `ends`, where a mode is lost, the step is cut until the end of the phase is known. */
#include "harness.h"

#include <math.h>
#include <spinodal/formats.h>
#include <spinodal/network.h>
#include <spinodal/numeric.h>
#include <spinodal/optimize.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 10, TIMED = 10 };
/* Variances below this share of the largest are rounding: the samples span no more. */
static const double span_share = 1e-12;
/* Ends of phases are looked for to this share of beta. */
static const double end_share = 1e-5;

typedef struct request {
    const char *folder;
    int64_t samples, width;
    bool is_classes; /* cross-entropy */
    bool wants_ends; /* of phases */
    double from, to, step;
} request;

typedef struct problem {
    spn_dataset *data;
    spn_network *network;
    spn_network_error *error;
    spn_objective loss;
    spn_solver *solver;
    double *theta, *before;
    double products_worth; /* of a product, in gradients */
} problem;

/* Images as columns x (pixels x samples), labels as one-hot columns of y. */
static spn_status read_images(spn_context *context, const request *asked, double **x, double **y,
                              int64_t *pixels)
{
    spn_status status = SPN_OK;
    char path[2][4096];
    spn_idx *images = NULL, *labels = NULL;
    int64_t *picked = NULL, count = asked->samples;
    double *codes = NULL;
    snprintf(path[0], sizeof path[0], "%s/t10k-images-idx3-ubyte.gz", asked->folder);
    snprintf(path[1], sizeof path[1], "%s/t10k-labels-idx1-ubyte.gz", asked->folder);
    SPN_TRY(spn_idx_read(context, path[0], &images));
    SPN_TRY(spn_idx_read(context, path[1], &labels));
    if (images->shape[0] < count || labels->shape[0] < count) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: fewer than %lld images", path[0], (long long)count);
    }
    *pixels = images->count / images->shape[0];
    SPN_NEW(context, picked, count);
    SPN_NEW(context, codes, count);
    SPN_NEW(context, *x, *pixels * count);
    SPN_NEW(context, *y, CLASSES * count);
    for (int64_t n = 0; n < count; n++) {
        picked[n] = n;
    }
    const spn_idx_scale pixel = {255, 0, 1}, label = {1, 0, 1};
    SPN_TRY(spn_idx_columns(context, images, count, picked, pixel, count, *x));
    SPN_TRY(spn_idx_columns(context, labels, count, picked, label, count, codes));
    for (int64_t n = 0; n < count; n++) {
        if (!(codes[n] >= 0 && codes[n] < CLASSES)) {
            SPN_FAIL(context, SPN_ERROR_INPUT, "%s: a label of %g", path[1], codes[n]);
        }
        (*y)[(int64_t)codes[n] * count + n] = 1;
    }
done:
    spn_idx_free(context, images);
    spn_idx_free(context, labels);
    spn_release(context, picked);
    spn_release(context, codes);
    return status;
}

static void centre(int64_t rows, int64_t count, double *x)
{
    for (int64_t i = 0; i < rows; i++) {
        double mean = 0;
        for (int64_t n = 0; n < count; n++) {
            mean += x[i * count + n] / (double)count;
        }
        for (int64_t n = 0; n < count; n++) {
            x[i * count + n] -= mean;
        }
    }
}

/* *turned (rank x count): x in its principal components, the largest first. */
static spn_status turn(spn_context *context, int64_t rows, int64_t count, const double *x,
                       double **turned, int64_t *rank)
{
    spn_status status = SPN_OK;
    double *moments = NULL, *values = NULL, *basis = NULL;
    spn_dense *dense = NULL;
    SPN_NEW(context, moments, rows * rows);
    SPN_NEW(context, values, rows);
    SPN_TRY(spn_dense_create(context, rows, &dense));
    spn_multiply_transposed(rows, rows, count, 1 / (double)count, x, count, x, count, 0, moments,
                            rows);
    SPN_TRY(spn_eigen(context, dense, rows, moments, true, values));
    for (*rank = 0; *rank < rows && values[rows - 1 - *rank] > span_share * values[rows - 1];) {
        ++*rank;
    }
    SPN_NEW(context, basis, *rank * rows);
    for (int64_t i = 0; i < *rank; i++) {
        memcpy(basis + i * rows, moments + (rows - 1 - i) * rows, (size_t)rows * sizeof *basis);
    }
    SPN_NEW(context, *turned, *rank * count);
    spn_multiply(*rank, count, rows, 1, basis, rows, x, count, 0, *turned, count);
done:
    spn_dense_free(context, dense);
    spn_release(context, moments);
    spn_release(context, values);
    spn_release(context, basis);
    return status;
}

static spn_status make_data(spn_context *context, const request *asked, spn_dataset **out)
{
    spn_status status = SPN_OK;
    double *x = NULL, *y = NULL, *turned = NULL, *rows = NULL;
    int64_t pixels = 0, rank = 0, count = asked->samples;
    SPN_TRY(read_images(context, asked, &x, &y, &pixels));
    centre(pixels, count, x);
    SPN_TRY(turn(context, pixels, count, x, &turned, &rank));
    int64_t columns = rank + CLASSES;
    SPN_NEW(context, rows, count * columns);
    for (int64_t n = 0; n < count; n++) {
        for (int64_t i = 0; i < rank; i++) {
            rows[n * columns + i] = turned[i * count + n];
        }
        for (int64_t k = 0; k < CLASSES; k++) {
            rows[n * columns + rank + k] = y[k * count + n];
        }
    }
    SPN_TRY(spn_dataset_from_rows(context, count, rank, CLASSES, rows, NULL, NULL, out));
done:
    spn_release(context, x);
    spn_release(context, y);
    spn_release(context, turned);
    spn_release(context, rows);
    return status;
}

static spn_status open_problem(spn_context *context, const request *asked, problem *p)
{
    spn_status status = SPN_OK;
    const int64_t hidden[2] = {asked->width, asked->width};
    const spn_solver_settings settings = {.method = SPN_METHOD_NEWTON_CG,
                                          .tolerance = 1e-8,
                                          .max_iterations = 100000,
                                          .learning_rate = 0.01,
                                          .epsilon = 1e-8,
                                          .batch = 1,
                                          .history = 20,
                                          .trust_radius = 0.1,
                                          .trust_radius_max = 1000};
    SPN_TRY(make_data(context, asked, &p->data));
    SPN_TRY(spn_network_create(context, p->data->inputs, CLASSES, 2, hidden, SPN_TANH, true,
                               &p->network));
    SPN_TRY(spn_network_error_create(context, p->network, p->data,
                                     asked->is_classes ? SPN_ERROR_CROSS_ENTROPY : SPN_ERROR_MSE,
                                     &p->error));
    p->loss = spn_ridge(spn_network_error_objective(p->error));
    SPN_NEW(context, p->theta, p->loss.dimension);
    SPN_NEW(context, p->before, p->loss.dimension);
    spn_network_initialize(p->network, SPN_INIT_FAN_IN, 1, 0, 0, p->theta);
    SPN_TRY(spn_solver_create(context, &settings, &p->loss, &p->solver));
done:
    return status;
}

static void close_problem(spn_context *context, problem *p)
{
    spn_solver_free(context, p->solver);
    spn_release(context, p->theta);
    spn_release(context, p->before);
    spn_network_error_free(context, p->error);
    spn_network_free(context, p->network);
    spn_dataset_free(context, p->data);
}

/* What a gradient and a product take here. */
static spn_status measure_costs(spn_context *context, problem *p, double beta)
{
    spn_status status = SPN_OK;
    spn_point *point = NULL;
    SPN_TRY(spn_point_create(context, &p->loss, &point));
    double start = bench_now();
    for (int i = 0; i < TIMED; i++) {
        SPN_TRY(spn_point_set(context, point, p->theta, beta, NULL, SPN_WANT_ALL));
    }
    double middle = bench_now();
    for (int i = 0; i < TIMED; i++) {
        SPN_TRY(spn_point_hvp(context, point, SPN_PART_FULL, 1, p->theta, p->before));
    }
    double gradient = (middle - start) / TIMED, product = (bench_now() - middle) / TIMED;
    p->products_worth = product / gradient;
    printf("%lld parameters, %lld inputs: a gradient %.2f ms, a product %.2f of it\n",
           (long long)p->loss.dimension, (long long)p->data->inputs, 1e3 * gradient,
           p->products_worth);
done:
    spn_point_free(context, point);
    return status;
}

typedef struct totals {
    int64_t points, certified;
    double work, seconds;
} totals;

static spn_status solve(spn_context *context, problem *p, double beta, totals *sum, int64_t *modes)
{
    spn_status status = SPN_OK;
    spn_solver_info info;
    spn_labels labels;
    double start = bench_now();
    SPN_TRY(spn_solver_run(context, p->solver, beta, p->theta, &info));
    double seconds = bench_now() - start;
    SPN_TRY(spn_point_labels(context, spn_solver_point(p->solver), &labels));
    double share = (double)info.products / (double)(info.products + info.evaluations);
    double work = info.work * (1 + share * (p->products_worth - 1));
    *modes = labels.active_modes;
    sum->points++;
    sum->certified += info.stop == SPN_STOP_CONVERGED && info.negative_eigenvalues == 0 ? 1 : 0;
    sum->work += work;
    sum->seconds += seconds;
    printf("%9.7f  L %.9f  |theta| %.6f  modes %lld  lambda_min %11.4e  %-7s index %2lld  "
           "reduced %6lld  escapes %lld  gradients %6.0f  %6.2f s  %s\n",
           beta, info.value, spn_norm(p->loss.dimension, p->theta), (long long)*modes,
           info.smallest_eigenvalue, spn_certainty_text(info.certainty),
           (long long)info.negative_eigenvalues, (long long)info.reduced, (long long)info.escapes,
           work, seconds, spn_stop_text(info.stop));
done:
    return status;
}

/* Upwards; for ends back to the point before where modes are lost, with a quarter of the step, until that is short enough. */
static spn_status follow(spn_context *context, const request *asked, problem *p, totals *sum)
{
    spn_status status = SPN_OK;
    size_t bytes = (size_t)p->loss.dimension * sizeof *p->theta;
    int64_t had = -1, modes = 0;
    double step = asked->step;
    for (double beta = asked->from; beta <= asked->to;) {
        memcpy(p->before, p->theta, bytes);
        SPN_TRY(solve(context, p, beta, sum, &modes));
        bool is_lost = had >= 0 && modes < had;
        if (is_lost && asked->wants_ends && step > end_share * beta) {
            memcpy(p->theta, p->before, bytes);
            beta -= 0.75 * step;
            step *= 0.25;
            continue;
        }
        if (is_lost) {
            printf("modes %lld -> %lld between %.7f and %.7f\n", (long long)had, (long long)modes,
                   beta - step, beta);
            step = asked->step;
        }
        had = modes;
        beta += step;
    }
done:
    return status;
}

static spn_status run(spn_context *context, const request *asked, totals *sum)
{
    spn_status status = SPN_OK;
    problem p = {0};
    SPN_TRY(open_problem(context, asked, &p));
    SPN_TRY(measure_costs(context, &p, asked->from));
    SPN_TRY(follow(context, asked, &p, sum));
    printf("%lld points, %lld certified minima, %.0f gradients, %.1f s\n", (long long)sum->points,
           (long long)sum->certified, sum->work, sum->seconds);
done:
    close_problem(context, &p);
    return status;
}

static int usage(void)
{
    fprintf(stderr, "usage: spinodal-mnist FOLDER [mse | cross_entropy [SAMPLES [WIDTH [FROM TO "
                    "STEP [ends]]]]]\n\n"
                    "Follows a network 784-WIDTH-WIDTH-10 on the first SAMPLES of the 10,000 "
                    "MNIST test images,\nt10k-images-idx3-ubyte.gz and "
                    "t10k-labels-idx1-ubyte.gz in FOLDER, upwards in beta.\n");
    return 2;
}

int main(int argc, char **argv)
{
    request asked = {NULL, 1000, 32, false, false, 0.1, 0.14, 0.002};
    totals sum = {0};
    spn_context *context = NULL;
    if (argc < 2 || argc > 9) {
        return usage();
    }
    asked.folder = argv[1];
    asked.is_classes = argc > 2 && strcmp(argv[2], "cross_entropy") == 0;
    asked.samples = argc > 3 ? strtoll(argv[3], NULL, 10) : asked.samples;
    asked.width = argc > 4 ? strtoll(argv[4], NULL, 10) : asked.width;
    if (argc >= 8) {
        asked.from = strtod(argv[5], NULL);
        asked.to = strtod(argv[6], NULL);
        asked.step = strtod(argv[7], NULL);
        asked.wants_ends = argc == 9 && strcmp(argv[8], "ends") == 0;
    }
    if (asked.samples < 1 || asked.width < 1 || !(asked.from > 0) || !(asked.step > 0)) {
        return usage();
    }
    spn_status status = spn_context_create(NULL, &context);
    status = status == SPN_OK ? run(context, &asked, &sum) : status;
    if (status != SPN_OK) {
        fprintf(stderr, "spinodal-mnist: %s\n", spn_error_text(context));
    }
    spn_context_free(context);
    return status == SPN_OK && sum.certified == sum.points ? 0 : 1;
}
