/* SPDX-License-Identifier: MIT */
/* The check of derivatives where differences are hard: kinks of relu, twenty layers, inputs and targets in raw units.
 * Right derivatives pass, planted errors are found: a factor 1.0001, one sign, a missing term. */
#include "network_case.h"

#include <math.h>

typedef enum plant {
    PLANT_NOTHING,
    PLANT_GRADIENT_FACTOR,
    PLANT_GRADIENT_SIGN,    /* of entry `place` */
    PLANT_GRADIENT_MISSING, /* half of the term of one weight */
    PLANT_HESSIAN_FACTOR,
    PLANT_HESSIAN_SIGN,     /* of entry (place, other) and its mirror image */
    PLANT_HESSIAN_RESIDUAL, /* Gauss-Newton instead of the full Hessian */
    PLANT_DENSE_SIGN,       /* as PLANT_HESSIAN_SIGN, in the dense Hessian alone */
    PLANT_PARAMETER,        /* dL/dbeta by a factor */
    PLANTS
} plant;

/* The objective at work: the ridge's, with an error of kind `planted`. */
static struct {
    plant planted;
    const spn_objective_operations *operations;
    int64_t place, other;
    double entry; /* of the Hessian at (place, other) */
} spoilt;

static spn_status spoilt_set(spn_context *context, spn_point *point, const spn_subset *subset,
                             unsigned wanted)
{
    spn_status status = spoilt.operations->set(context, point, subset, wanted);
    bool has_gradient = (wanted & SPN_WANT_GRADIENT) != 0;
    for (int64_t i = 0; i < point->dimension && has_gradient; i++) {
        bool is_place = i == spoilt.place;
        double *entry = &point->gradient[i];
        *entry *= spoilt.planted == PLANT_GRADIENT_FACTOR ? 1 + 1e-4 : 1;
        *entry *= spoilt.planted == PLANT_GRADIENT_SIGN && is_place ? -1 : 1;
        *entry *= spoilt.planted == PLANT_GRADIENT_MISSING && is_place ? 0.5 : 1;
    }
    point->parameter_value *= spoilt.planted == PLANT_PARAMETER ? 1 + 1e-4 : 1;
    return status;
}

static spn_part part_of(spn_part part)
{
    return spoilt.planted == PLANT_HESSIAN_RESIDUAL && part == SPN_PART_FULL ? SPN_PART_GAUSS_NEWTON
                                                                             : part;
}

static spn_status spoilt_hvp(spn_context *context, const spn_point *point, spn_part part, int64_t k,
                             const double *v, double *hv)
{
    spn_status status = spoilt.operations->hvp(context, point, part_of(part), k, v, hv);
    double factor = spoilt.planted == PLANT_HESSIAN_FACTOR ? 1 + 1e-4 : 1;
    for (int64_t row = 0; row < k; row++) {
        double *out = hv + row * point->dimension;
        const double *in = v + row * point->dimension;
        for (int64_t i = 0; i < point->dimension; i++) {
            out[i] *= factor;
        }
        if (spoilt.planted == PLANT_HESSIAN_SIGN) {
            out[spoilt.place] -= 2 * spoilt.entry * in[spoilt.other];
            out[spoilt.other] -= 2 * spoilt.entry * in[spoilt.place];
        }
    }
    return status;
}

static spn_status spoilt_hessian(spn_context *context, const spn_point *point, spn_part part,
                                 double *h)
{
    int64_t n = point->dimension;
    spn_status status = spoilt.operations->hessian(context, point, part_of(part), h);
    for (int64_t i = 0; i < n * n && spoilt.planted == PLANT_HESSIAN_FACTOR; i++) {
        h[i] *= 1 + 1e-4;
    }
    if (spoilt.planted == PLANT_HESSIAN_SIGN || spoilt.planted == PLANT_DENSE_SIGN) {
        h[spoilt.place + spoilt.other * n] *= -1;
    }
    return status;
}

static int by_size(const void *a, const void *b)
{
    double first = fabs(*(const double *)a), second = fabs(*(const double *)b);
    return first < second ? -1 : first > second;
}

/* Index of the median, by size, of the entries that are not 0. */
static int64_t median_of(int64_t n, const double *v)
{
    double *sorted = case_vector(n);
    int64_t zeros = 0, at = 0;
    memcpy(sorted, v, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, by_size);
    while (zeros < n && sorted[zeros] == 0) {
        zeros++;
    }
    assert_true(zeros < n);
    while (fabs(v[at]) != fabs(sorted[(zeros + n) / 2])) {
        at++;
    }
    free(sorted);
    return at;
}

/* Where to plant: a weight with a typical slope, and the entry of its column of the Hessian that is typical in units
 * of the diagonal, |H_ij| (H_ii H_jj)^(-1/2). */
static void choose_place(spn_context *context, const spn_objective *objective, const double *theta,
                         double beta)
{
    int64_t n = objective->dimension, at = 0;
    spn_point *point = NULL;
    double *h = case_vector(n * n), *column = case_vector(n);
    check_ok(context, spn_point_create(context, objective, &point));
    check_ok(context, spn_point_set(context, point, theta, beta, NULL, SPN_WANT_ALL));
    check_ok(context, spn_point_hessian(context, point, SPN_PART_FULL, h));
    at = median_of(n, point->gradient);
    for (bool is_coupled = false; !is_coupled; at = is_coupled ? at : (at + 1) % n) {
        for (int64_t i = 0; i < n; i++) {
            double entry = i > at ? h[i + at * n] : h[at + i * n];
            column[i] = i == at ? 0 : entry / sqrt(fabs(h[i + i * n] * h[at + at * n]));
            is_coupled = is_coupled || column[i] != 0;
        }
    }
    int64_t with = median_of(n, column);
    spoilt.place = at > with ? at : with;
    spoilt.other = at > with ? with : at;
    spoilt.entry = h[spoilt.place + spoilt.other * n];
    spn_point_free(context, point);
    free(h);
    free(column);
}

static spn_check_report check_planted(spn_context *context, const spn_objective *right,
                                      const double *theta, double beta, plant planted)
{
    spn_objective_operations operations = *right->operations;
    spn_objective wrong = *right;
    spn_check_report report;
    spoilt.planted = planted;
    spoilt.operations = right->operations;
    operations.set = spoilt_set;
    operations.hvp = spoilt_hvp;
    operations.hessian = spoilt_hessian;
    wrong.operations = &operations;
    check_ok(context, spn_objective_check(context, &wrong, theta, beta, 1, &report));
    return report;
}

/* A factor 1.0001 in each place, one sign, a missing term: found, and named; nothing planted: passed. Where L is flat
 * in some weights to rounding, a check may say that it cannot tell, but never the contrary of what is true. */
static void check_all(spn_context *context, const spn_objective *error, const double *theta,
                      double beta, bool may_be_open)
{
    static const char *const names[PLANTS] = {
        [PLANT_GRADIENT_FACTOR] = "gradient",  [PLANT_GRADIENT_SIGN] = "gradient",
        [PLANT_GRADIENT_MISSING] = "gradient", [PLANT_HESSIAN_FACTOR] = "Hessian",
        [PLANT_HESSIAN_SIGN] = "Hessian",      [PLANT_HESSIAN_RESIDUAL] = "Hessian",
        [PLANT_DENSE_SIGN] = "columns",        [PLANT_PARAMETER] = "parameter"};
    const spn_objective ridge = spn_ridge(error);
    choose_place(context, &ridge, theta, beta);
    for (int planted = PLANT_NOTHING; planted < PLANTS; planted++) {
        spn_check_report report = check_planted(context, &ridge, theta, beta, (plant)planted);
        int64_t expected = planted == PLANT_NOTHING ? SPN_CHECK_PASSED : SPN_CHECK_FAILED;
        if (may_be_open && report.verdict == SPN_CHECK_CANNOT_TELL) {
            continue;
        }
        if (report.verdict != expected) {
            print_error("plant %d: %s: %s\n", planted, spn_check_verdict_text(report.verdict),
                        report.reason);
        }
        assert_int_equal(report.verdict, expected);
        assert_true(planted == PLANT_NOTHING || strstr(report.reason, names[planted]) != NULL);
    }
}

static void check_shape(spn_context *context, const case_shape *shape, uint64_t seed)
{
    network_case made = case_create(context, shape, seed);
    check_all(context, made.objective, made.theta, 0.1, false);
    case_free(&made);
}

static void test_kinks(void **state)
{
    (void)state;
    const case_shape shapes[] = {{200, 3, 2, 2, {5, 5}, SPN_RELU, true, SPN_ERROR_MSE},
                                 {1000, 3, 2, 2, {5, 5}, SPN_RELU, false, SPN_ERROR_MSE},
                                 {50, 3, 2, 2, {5, 5}, SPN_TANH, true, SPN_ERROR_MSE}};
    spn_context *context = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (uint64_t seed = 1; seed <= 10; seed++) {
            check_shape(context, &shapes[i], seed);
        }
    }
    spn_context_free(context);
}

/* Twenty layers of four, weights of the size that keeps signals alive (1.2 / sqrt(4)). */
static void test_many_layers(void **state)
{
    (void)state;
    enum { LAYERS = 20 };
    int64_t hidden[LAYERS];
    spn_context *context = NULL;
    spn_network *network = NULL;
    spn_network_error *error = NULL;
    const case_shape data = {60, 3, 2, 0, {0}, SPN_TANH, true, SPN_ERROR_MSE};
    check_ok(NULL, spn_context_create(NULL, &context));
    for (int i = 0; i < LAYERS; i++) {
        hidden[i] = 4;
    }
    spn_dataset *dataset = case_data(context, &data, 1);
    check_ok(context, spn_network_create(context, 3, 2, LAYERS, hidden, SPN_TANH, true, &network));
    check_ok(context, spn_network_error_create(context, network, dataset, SPN_ERROR_MSE, &error));
    int64_t n = spn_network_parameters(network);
    double *theta = case_vector(n);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        case_fill(n, 0.6, seed, theta);
        check_all(context, spn_network_error_objective(error), theta, 1e-5, false);
    }
    free(theta);
    spn_network_error_free(context, error);
    spn_network_free(context, network);
    spn_dataset_free(context, dataset);
    spn_context_free(context);
}

/* Columns in units that differ by up to 1e4, none of them centred; targets of 1e5. Weights that belong to large
 * columns are small, as in a network that has learned, so that no unit is saturated everywhere. */
static void test_raw_units(void **state)
{
    (void)state;
    enum { SAMPLES = 300, INPUTS = 4, COLUMNS = INPUTS + 1 };
    const double units[COLUMNS] = {1, 40, 1500, 1e4, 1e5};
    const spn_activation activations[] = {SPN_GELU, SPN_TANH, SPN_RELU};
    const int64_t hidden[1] = {6};
    double rows[SAMPLES * COLUMNS];
    spn_context *context = NULL;
    spn_dataset *dataset = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    case_fill(SAMPLES * COLUMNS, 0.3, 5, rows);
    for (int64_t i = 0; i < (int64_t)SAMPLES * COLUMNS; i++) {
        rows[i] = units[i % COLUMNS] * (1 + rows[i]);
    }
    check_ok(context,
             spn_dataset_from_rows(context, SAMPLES, INPUTS, 1, rows, NULL, NULL, &dataset));
    for (size_t a = 0; a < sizeof activations / sizeof *activations; a++) {
        spn_network *network = NULL;
        spn_network_error *error = NULL;
        check_ok(context,
                 spn_network_create(context, INPUTS, 1, 1, hidden, activations[a], true, &network));
        check_ok(context,
                 spn_network_error_create(context, network, dataset, SPN_ERROR_MSE, &error));
        int64_t n = spn_network_parameters(network);
        double *theta = case_vector(n);
        for (uint64_t seed = 1; seed <= 3; seed++) {
            case_fill(n, 0.7, seed, theta);
            for (int64_t i = 0; i < INPUTS * hidden[0]; i++) {
                theta[i] /= units[i % INPUTS];
            }
            check_all(context, spn_network_error_objective(error), theta, 100,
                      activations[a] != SPN_GELU);
        }
        free(theta);
        spn_network_error_free(context, error);
        spn_network_free(context, network);
    }
    spn_dataset_free(context, dataset);
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinks),
        cmocka_unit_test(test_many_layers),
        cmocka_unit_test(test_raw_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
