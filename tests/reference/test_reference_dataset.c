/* SPDX-License-Identifier: MIT */
/* Generated data sets against NumPy (dataset.txt, made by make_dataset.py). */
#include "fixture.h"

#include <spinodal/data.h>

static fixture *reference;

static double entry(const spn_dataset *dataset, int64_t n, int64_t column)
{
    return column < dataset->inputs ? dataset->x[column * dataset->stride + n]
                                    : dataset->y[(column - dataset->inputs) * dataset->stride + n];
}

/* Mean over the samples of the product of the given columns. */
static double moment(const spn_dataset *dataset, int64_t order, const int64_t *columns)
{
    double sum = 0;
    for (int64_t n = 0; n < dataset->samples; n++) {
        double product = 1;
        for (int64_t k = 0; k < order; k++) {
            product *= entry(dataset, n, columns[k]);
        }
        sum += product;
    }
    return sum / (double)dataset->samples;
}

static void check_rows(const spn_dataset *dataset, const fixture_array *rows, int64_t first)
{
    for (int64_t n = 0; n < rows->rows; n++) {
        for (int64_t c = 0; c < rows->columns; c++) {
            check_close(entry(dataset, first + n, c), rows->values[n * rows->columns + c], 1e-13,
                        1);
        }
    }
}

/* Columns run through all c_0 <= c_1 <= ... in lexicographic order. The moments pin the set as a whole:
 * a sample off by d changes the fourth moments by about 4 x^3 d / N. */
static void check_moments(const spn_dataset *dataset, int64_t order, const fixture_array *expected)
{
    int64_t columns[4] = {0}, width = dataset->inputs + dataset->outputs, index = 0;
    for (;;) {
        assert_true(index < expected->columns);
        check_close(moment(dataset, order, columns), expected->values[index++], 1e-13, 1);
        int64_t k = order - 1;
        while (k >= 0 && columns[k] == width - 1) {
            k--;
        }
        if (k < 0) {
            break;
        }
        int64_t next = columns[k] + 1;
        for (; k < order; k++) {
            columns[k] = next;
        }
    }
    assert_int_equal(index, expected->columns);
}

/* Two eigendecompositions of matrices of condition at most 40 and sums over up to 1000 samples: errors
 * are some 1e-15 of the data's size, in the reference as well as here. */
static void check_set(const spn_data_settings *settings, const char *prefix)
{
    static const char *const names[] = {"moments1", "moments2", "moments3", "moments4"};
    spn_context *context = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    spn_dataset *dataset = NULL;
    check_ok(context, spn_dataset_gaussian(context, settings, &dataset));
    assert_int_equal(dataset->samples, settings->samples);
    const fixture_array *last = fixture_get(reference, prefix, "last");
    check_rows(dataset, fixture_get(reference, prefix, "first"), 0);
    check_rows(dataset, last, settings->samples - last->rows);
    for (int64_t order = 1; order <= 4; order++) {
        check_moments(dataset, order, fixture_get(reference, prefix, names[order - 1]));
    }
    spn_dataset_free(context, dataset);
    spn_context_free(context);
}

static void test_builtin_data(void **state)
{
    (void)state;
    const double correlations[] = {0.9, 0.5};
    spn_data_settings settings = {.kind = SPN_DATA_GAUSSIAN,
                                  .samples = 1000,
                                  .inputs = 3,
                                  .outputs = 2,
                                  .correlations = {2, correlations},
                                  .moments = SPN_MOMENTS_EXACT,
                                  .seed = 1};
    check_set(&settings, "builtin.");
    settings.moments = SPN_MOMENTS_DRAWN;
    check_set(&settings, "drawn.");
}

static void test_full_covariance(void **state)
{
    (void)state;
    const fixture_array *covariance = fixture_get(reference, "general.", "covariance");
    spn_data_settings settings = {.kind = SPN_DATA_GAUSSIAN,
                                  .samples = 64,
                                  .inputs = 2,
                                  .outputs = 1,
                                  .covariance = {3, 3, covariance->values},
                                  .moments = SPN_MOMENTS_EXACT,
                                  .seed = 12345};
    check_set(&settings, "general.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_builtin_data),
        cmocka_unit_test(test_full_covariance),
    };
    reference = fixture_read("dataset.txt");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fixture_free(reference);
    return failed;
}
