/* SPDX-License-Identifier: MIT */
/* Cross-entropy of one logit, and of answers that are nearly certain. */
#include "network_case.h"

#include <float.h>
#include <spinodal/numeric.h>

static const double EPSILON = DBL_EPSILON;

static spn_context *make_context(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

/* A model without hidden layers and with one input of 1: theta are the logits. */
static network_case logits_case(spn_context *context, int64_t outputs, const double *targets)
{
    network_case made = {.context = context, .size = outputs};
    double *row = case_vector(outputs + 1);
    row[0] = 1.0;
    memcpy(row + 1, targets, (size_t)outputs * sizeof *row);
    check_ok(context, spn_dataset_from_rows(context, 1, 1, outputs, row, NULL, NULL, &made.data));
    check_ok(context,
             spn_network_create(context, 1, outputs, 0, NULL, SPN_TANH, false, &made.network));
    check_ok(context, spn_network_error_create(context, made.network, made.data,
                                               SPN_ERROR_CROSS_ENTROPY, &made.error));
    made.objective = spn_network_error_objective(made.error);
    check_ok(context, spn_point_create(context, made.objective, &made.point));
    made.theta = case_vector(outputs);
    free(row);
    return made;
}

/* Relative, down to the smallest normal number. */
static void check_relative(double actual, long double expected, double tolerance, const char *what,
                           double f)
{
    if (!(fabsl((long double)actual - expected) <= (long double)tolerance * fabsl(expected)) &&
        fabsl(expected) > (long double)DBL_MIN) {
        fail_msg("%s at %g is %.17g, expected %.17Lg", what, f, actual, expected);
    }
}

/* e, e' and e'' of one logit in long double. Certain targets: each is a product and quotient of a few rounded
 * numbers, exp is good to 1 ulp, so 4 eps; others cancel, and their terms are at most 1 or |f|. */
static void a_logit_keeps_its_digits(void **state)
{
    (void)state;
    spn_context *context = make_context();
    const double targets[] = {0.0, 1.0, 0.25},
                 sizes[] = {0.0, 1e-9, 0.3, 2.0, 17.0, 40.0, 300, 700};
    for (size_t t = 0; t < sizeof targets / sizeof *targets; t++) {
        network_case made = logits_case(context, 1, &targets[t]);
        for (size_t i = 0; i < 2 * (sizeof sizes / sizeof *sizes); i++) {
            double f = i % 2 == 0 ? sizes[i / 2] : -sizes[i / 2], y = targets[t], h = 0, hv = 0;
            long double e = expl(-fabsl((long double)f)), near = 1 / (1 + e), far = e * near;
            long double p = f > 0 ? near : far, q = f > 0 ? far : near;
            long double value =
                (long double)(f > 0 ? 1 - y : y) * fabsl((long double)f) + log1pl(e);
            const double one = 1.0;
            bool is_certain = y != targets[2];
            made.theta[0] = f;
            case_set(&made, made.theta);
            check_relative(made.point->value, value, 4 * EPSILON, "value", f);
            if (is_certain) {
                check_relative(made.point->gradient[0], y > 0 ? -q : p, 4 * EPSILON, "slope", f);
            } else {
                check_close(made.point->gradient[0],
                            (double)(p * (long double)(1 - y) - q * (long double)y), 4 * EPSILON,
                            1);
            }
            check_ok(context, spn_point_hessian(context, made.point, SPN_PART_FULL, &h));
            check_ok(context, spn_point_hvp(context, made.point, SPN_PART_FULL, 1, &one, &hv));
            check_relative(h, p * q, 6 * EPSILON, "bend", f);
            assert_true(h == hv);
        }
        case_free(&made);
    }
    spn_context_free(context);
}

/* Three classes, the first ahead by `lead`, 0 to 700, of which the third is less likely still: what is tiny is
 * accurate relative to itself, on the diagonal and beside it. The first product is that of a vector along which the
 * others differ from the first: sum_j p_j (t_1 - t_j), of one sign. */
static void a_certain_answer_keeps_its_digits(void **state)
{
    (void)state;
    spn_context *context = make_context();
    const double leads[] = {0.0, 0.5, 8.0, 36.0, 37.5, 100.0, 650.0}, targets[] = {1.0, 0.0, 0.0};
    network_case made = logits_case(context, 3, targets);
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++) {
        double lead = leads[i], h[9], v[3] = {1.0, 0.5, -1.0}, hv[3];
        made.theta[0] = 1.0;
        made.theta[1] = 1.0 - lead;
        made.theta[2] = 1.0 - 1.0625 * lead;
        long double a = expl((long double)made.theta[1] - 1),
                    b = expl((long double)made.theta[2] - 1);
        long double z = 1 + a + b, p[3] = {1 / z, a / z, b / z}, rest = (a + b) / z;
        case_set(&made, made.theta);
        check_relative(made.point->value, log1pl(a + b), 6 * EPSILON, "value", lead);
        check_relative(made.point->gradient[0], -rest, 6 * EPSILON, "slope 1", lead);
        check_relative(made.point->gradient[1], p[1], 6 * EPSILON, "slope 2", lead);
        check_relative(made.point->gradient[2], p[2], 6 * EPSILON, "slope 3", lead);
        check_ok(context, spn_point_hessian(context, made.point, SPN_PART_FULL, h));
        check_relative(h[0], p[0] * rest, 8 * EPSILON, "bend 11", lead);
        check_relative(h[1], -p[0] * p[1], 8 * EPSILON, "bend 21", lead);
        check_relative(h[4], p[1] * (p[0] + p[2]), 8 * EPSILON, "bend 22", lead);
        check_relative(h[5], -p[1] * p[2], 8 * EPSILON, "bend 32", lead);
        check_ok(context, spn_point_hvp(context, made.point, SPN_PART_FULL, 1, v, hv));
        check_relative(hv[0], p[0] * (p[1] / 2 + 2 * p[2]), 12 * EPSILON, "product 1", lead);
        check_relative(hv[2], -p[2] * (2 * p[0] + 1.5L * p[1]), 12 * EPSILON, "product 3", lead);
    }
    case_free(&made);
    spn_context_free(context);
}

/* Two logits that differ by f: of all such the two of least length are -f/2 and f/2, so the last layer (W, b) of the
 * single one stands for (-W/2, -b/2; W/2, b/2). That is a linear map A of theta: E_1(theta) = E_2(A theta),
 * E_1' = A^T E_2', E_1'' = A^T E_2'' A, and for each part of the Hessian. |A theta|^2 has half of what the last layer
 * has in |theta|^2. */
typedef struct pair {
    network_case one, two;
    int64_t last; /* parameters below the last layer */
} pair;

static void spread(const pair *p, const double *theta, double *out)
{
    int64_t width = p->one.size - p->last - 1; /* of the layer below, the bias comes last */
    memcpy(out, theta, (size_t)p->last * sizeof *out);
    for (int64_t i = 0; i < width; i++) {
        out[p->last + i] = -theta[p->last + i] / 2;
        out[p->last + width + i] = theta[p->last + i] / 2;
    }
    out[p->two.size - 2] = -theta[p->one.size - 1] / 2;
    out[p->two.size - 1] = theta[p->one.size - 1] / 2;
}

static void gather(const pair *p, const double *of_two, double *out)
{
    int64_t width = p->one.size - p->last - 1;
    memcpy(out, of_two, (size_t)p->last * sizeof *out);
    for (int64_t i = 0; i < width; i++) {
        out[p->last + i] = (of_two[p->last + width + i] - of_two[p->last + i]) / 2;
    }
    out[p->one.size - 1] = (of_two[p->two.size - 1] - of_two[p->two.size - 2]) / 2;
}

enum { SAMPLES = 40, INPUTS = 3 };

/* 3-4-3-K, targets 1 - y and y or y alone. */
static network_case make_side(spn_context *context, int64_t outputs, bool is_certain)
{
    const int64_t hidden[2] = {4, 3}, columns = INPUTS + outputs;
    const case_shape shape = {SAMPLES, INPUTS, 1, 0, {0}, SPN_TANH, true, SPN_ERROR_CROSS_ENTROPY};
    double rows[SAMPLES * (INPUTS + 2)];
    network_case made = {.context = context};
    spn_dataset *drawn = case_data(context, &shape, 31);
    for (int64_t n = 0; n < SAMPLES; n++) {
        double y = is_certain ? round(drawn->y[n]) : drawn->y[n], *row = rows + n * columns;
        for (int64_t i = 0; i < INPUTS; i++) {
            row[i] = drawn->x[i * drawn->stride + n];
        }
        row[INPUTS] = 1 - y;
        row[columns - 1] = y;
    }
    spn_dataset_free(context, drawn);
    check_ok(context, spn_dataset_from_rows(context, SAMPLES, INPUTS, outputs, rows, NULL, NULL,
                                            &made.data));
    check_ok(context, spn_network_create(context, INPUTS, outputs, 2, hidden, SPN_TANH, true,
                                         &made.network));
    check_ok(context, spn_network_error_create(context, made.network, made.data,
                                               SPN_ERROR_CROSS_ENTROPY, &made.error));
    made.objective = spn_network_error_objective(made.error);
    made.size = spn_network_parameters(made.network);
    check_ok(context, spn_point_create(context, made.objective, &made.point));
    made.theta = case_vector(made.size);
    return made;
}

static pair make_pair(spn_context *context, bool is_certain)
{
    pair made = {make_side(context, 1, is_certain), make_side(context, 2, is_certain), 0};
    made.last = made.one.size - 4;
    case_fill(made.one.size, 0.6, 1031, made.one.theta);
    return made;
}

/* Sums of 40 terms of order 1. */
static const double ROUNDING = 1e-14;

static void check_part(const pair *p, spn_part part)
{
    int64_t n = p->one.size, m = p->two.size;
    double *h = case_hessian(&p->one, part), *wide = case_hessian(&p->two, part);
    double *unit = case_vector(n), *image = case_vector(m), *product = case_vector(m);
    double *column = case_vector(n), *hv = case_vector(n), trace = 0.0, sum = 0.0;
    double scale = fmax(1.0, case_largest(n * n, h));
    for (int64_t j = 0; j < n; j++) {
        memset(unit, 0, (size_t)n * sizeof *unit);
        unit[j] = 1.0;
        spread(p, unit, image);
        spn_symmetric_multiply(m, wide, image, product);
        gather(p, product, column);
        check_ok(p->one.context, spn_point_hvp(p->one.context, p->one.point, part, 1, unit, hv));
        for (int64_t i = 0; i < n; i++) {
            check_close(h[i + j * n], column[i], ROUNDING, scale);
            check_close(hv[i], column[i], ROUNDING, scale);
        }
        sum += h[j + j * n];
    }
    check_ok(p->one.context, spn_point_trace(p->one.context, p->one.point, part, &trace));
    check_close(trace, sum, ROUNDING, scale * (double)n);
    free(h);
    free(wide);
    free(unit);
    free(image);
    free(product);
    free(column);
    free(hv);
}

static void one_logit_is_two(void **state)
{
    (void)state;
    spn_context *context = make_context();
    for (int is_certain = 0; is_certain < 2; is_certain++) {
        pair p = make_pair(context, is_certain != 0);
        double gradient[64];
        spread(&p, p.one.theta, p.two.theta);
        case_set(&p.one, p.one.theta);
        case_set(&p.two, p.two.theta);
        check_close(p.one.point->value, p.two.point->value, ROUNDING, 1.0);
        gather(&p, p.two.point->gradient, gradient);
        for (int64_t i = 0; i < p.one.size; i++) {
            check_close(p.one.point->gradient[i], gradient[i], ROUNDING, 1.0);
        }
        check_part(&p, SPN_PART_FULL);
        check_part(&p, SPN_PART_GAUSS_NEWTON);
        check_part(&p, SPN_PART_RESIDUAL);
        spn_labels one, two;
        check_ok(context, spn_point_labels(context, p.one.point, &one));
        check_ok(context, spn_point_labels(context, p.two.point, &two));
        assert_true(one.accuracy == two.accuracy && one.accuracy > 0 && one.accuracy < 1);
        assert_true(p.one.objective->fisher_scale == p.two.objective->fisher_scale);
        case_free(&p.one);
        case_free(&p.two);
    }
    spn_context_free(context);
}

/* f > 0 is class 1, y > 1/2 is; a NaN is no answer. */
static void accuracy_of_a_logit(void **state)
{
    (void)state;
    spn_context *context = make_context();
    const double targets[] = {0.0, 0.5, 0.75, 1.0}, logits[] = {-2.0, 0.0, 1e-300, (double)NAN};
    for (size_t t = 0; t < 4; t++) {
        network_case made = logits_case(context, 1, &targets[t]);
        for (size_t i = 0; i < 4; i++) {
            spn_labels labels;
            made.theta[0] = logits[i];
            case_set(&made, made.theta);
            check_ok(context, spn_point_labels(context, made.point, &labels));
            bool is_right = i < 3 && (i == 2) == (t >= 2);
            assert_true(labels.accuracy == (is_right ? 1.0 : 0.0));
        }
        case_free(&made);
    }
    spn_context_free(context);
}

static void targets_of_a_logit_are_probabilities(void **state)
{
    (void)state;
    spn_context *context = make_context();
    spn_network *network = NULL;
    check_ok(context, spn_network_create(context, 1, 1, 0, NULL, SPN_TANH, false, &network));
    for (int i = 0; i < 3; i++) {
        const double wrong[] = {-1e-9, 1.0 + 1e-9, 2.0}, rows[] = {1, 1, 1, 0, 1, wrong[i]};
        spn_dataset *data = NULL;
        spn_network_error *error = NULL;
        check_ok(context, spn_dataset_from_rows(context, 3, 1, 1, rows, NULL, NULL, &data));
        check_fails(
            context,
            spn_network_error_create(context, network, data, SPN_ERROR_CROSS_ENTROPY, &error),
            SPN_ERROR_INPUT, "target 1 of sample 3");
        assert_null(error);
        spn_dataset_free(context, data);
    }
    spn_network_free(context, network);
    spn_context_free(context);
}

/* The output biases of the trivial point: the gradient of E + beta |theta|^2 vanishes there, which is convex in
 * them. Its terms are at most 1, and 2 beta |b| is as well. */
static void the_trivial_point_of_classes(void **state)
{
    (void)state;
    spn_context *context = make_context();
    const int64_t counts[3][4] = {{3, 10, 0, 0}, {7, 2, 4, 0}, {13, 0, 0, 0}};
    const double betas[] = {0.0, 1e-9, 1e-3, 0.2, 50.0};
    for (int i = 0; i < 6; i++) {
        int64_t outputs = i % 2 == 0 ? 1 : 3, classes = outputs == 1 ? 2 : 3, n = 0;
        double rows[13 * 4] = {0.0};
        for (int64_t k = 0; k < classes; k++) {
            for (int64_t j = 0; j < counts[i / 2][k]; j++, n++) {
                rows[n * (1 + outputs)] = (double)n - 6.0;
                rows[n * (1 + outputs) + 1 + (outputs == 1 ? 0 : k)] = outputs == 1 ? (double)k : 1;
            }
        }
        network_case made = {.context = context};
        const int64_t hidden = 2;
        check_ok(context,
                 spn_dataset_from_rows(context, n, 1, outputs, rows, NULL, NULL, &made.data));
        check_ok(context, spn_network_create(context, 1, outputs, 1, &hidden, SPN_TANH, true,
                                             &made.network));
        check_ok(context, spn_network_error_create(context, made.network, made.data,
                                                   SPN_ERROR_CROSS_ENTROPY, &made.error));
        made.objective = spn_network_error_objective(made.error);
        check_ok(context, spn_point_create(context, made.objective, &made.point));
        made.size = spn_network_parameters(made.network);
        made.theta = case_vector(made.size);
        for (size_t b = 0; b < sizeof betas / sizeof *betas; b++) {
            bool is_missing = counts[i / 2][classes - 1] == 0;
            if (betas[b] == 0.0 && is_missing) {
                check_fails(context,
                            spn_objective_trivial(context, made.objective, 0.0, made.theta),
                            SPN_ERROR_UNSUPPORTED, "class without samples");
                continue;
            }
            check_ok(context, spn_objective_trivial(context, made.objective, betas[b], made.theta));
            case_set(&made, made.theta);
            for (int64_t j = 0; j < made.size; j++) {
                double slope = made.point->gradient[j] + 2.0 * betas[b] * made.theta[j];
                check_close(slope, 0.0, 8 * EPSILON, 1.0);
            }
        }
        case_free(&made);
    }
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_logit_keeps_its_digits),
        cmocka_unit_test(a_certain_answer_keeps_its_digits),
        cmocka_unit_test(one_logit_is_two),
        cmocka_unit_test(accuracy_of_a_logit),
        cmocka_unit_test(targets_of_a_logit_are_probabilities),
        cmocka_unit_test(the_trivial_point_of_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
