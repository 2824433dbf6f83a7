/* SPDX-License-Identifier: MIT */
/* Samples of a random teacher network. */
#include "network_case.h"

static const int64_t hidden[] = {5, 3};
static const spn_data_settings base = {.kind = SPN_DATA_TEACHER,
                                       .samples = 300,
                                       .inputs = 4,
                                       .outputs = 2,
                                       .seed = 9,
                                       .test_share = 0.25,
                                       .teacher_hidden = {2, hidden},
                                       .teacher_activation = SPN_TANH,
                                       .teacher_scale = 1.5};

static spn_context *make_context(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

typedef struct pair {
    spn_dataset *training, *test;
} pair;

static pair make(spn_context *context, const spn_data_settings *settings)
{
    pair made = {NULL, NULL};
    check_ok(context, spn_network_teacher_dataset(context, settings, &made.training, &made.test));
    return made;
}

static void free_pair(spn_context *context, pair *made)
{
    spn_dataset_free(context, made->training);
    spn_dataset_free(context, made->test);
}

static double activate(int activation, double a)
{
    switch (activation) {
    case SPN_TANH:
        return tanh(a);
    case SPN_RELU:
        return a > 0 ? a : 0;
    case SPN_SIGMOID:
        return 1 / (1 + exp(-a));
    case SPN_SOFTPLUS:
        return log1p(exp(a));
    case SPN_GELU:
        return 0.5 * a * (1 + erf(a / sqrt(2)));
    case SPN_SILU:
        return a / (1 + exp(-a));
    default:
        return a;
    }
}

/* Weights in the order of theta, each scale / sqrt(fan_in) times the next deviate of the stream. */
static void teach(const spn_data_settings *settings, const double *x, double *y)
{
    double h[2][8];
    int64_t columns = settings->inputs, layers = settings->teacher_hidden.count;
    spn_random random = spn_random_stream((uint64_t)settings->seed, SPN_PURPOSE_TEACHER, 0);
    memcpy(h[0], x, (size_t)columns * sizeof *x);
    for (int64_t l = 0; l <= layers; l++) {
        int64_t rows = l < layers ? settings->teacher_hidden.items[l] : settings->outputs;
        for (int64_t o = 0; o < rows; o++) {
            double a = 0;
            for (int64_t i = 0; i < columns; i++) {
                a += settings->teacher_scale / sqrt((double)columns) * spn_random_normal(&random) *
                     h[l % 2][i];
            }
            h[(l + 1) % 2][o] = l < layers ? activate(settings->teacher_activation, a) : a;
        }
        columns = rows;
    }
    memcpy(y, h[(layers + 1) % 2], (size_t)settings->outputs * sizeof *y);
}

/* Inputs are the stream's deviates as of Gaussian data, row by row, test samples behind the others; targets those
 * of a plain loop. */
static void targets_are_the_teachers(void **state)
{
    (void)state;
    spn_context *context = make_context();
    for (int activation = 0; spn_activation_words[activation] != NULL; activation++) {
        for (int64_t layers = 0; layers <= 2; layers++) {
            spn_data_settings settings = base;
            settings.teacher_activation = activation;
            settings.teacher_hidden.count = layers;
            pair made = make(context, &settings);
            assert_int_equal(made.training->samples, 300);
            assert_int_equal(made.test->samples, 100);
            spn_random random = spn_random_stream(9, SPN_PURPOSE_DATA, 0);
            for (int64_t n = 0; n < 400; n++) {
                const spn_dataset *d = n < 300 ? made.training : made.test;
                int64_t column = n < 300 ? n : n - 300;
                double x[4], y[2];
                for (int64_t i = 0; i < 4; i++) {
                    x[i] = spn_random_normal(&random);
                    assert_true(d->x[i * d->stride + column] == x[i]);
                }
                spn_random_normal(&random), spn_random_normal(&random); /* the noise's */
                teach(&settings, x, y);
                for (int64_t k = 0; k < 2; k++) {
                    /* Three layers of at most five terms of size below ten. */
                    check_close(d->y[k * d->stride + column], y[k], 1e-14, 10);
                }
            }
            free_pair(context, &made);
        }
    }
    spn_context_free(context);
}

/* The residuals y - teacher(x) are the noise: mean 0 and deviation 0.3, independent of the inputs. Of n = 2 * 20000
 * deviates the mean has the deviation 0.3/sqrt(n), the variance sqrt(2/n) of itself, a correlation
 * 1/sqrt(n/2); five of each. */
static void noise_has_its_level(void **state)
{
    (void)state;
    enum { N = 20000 };
    spn_context *context = make_context();
    spn_data_settings settings = base;
    settings.samples = N;
    settings.test_share = 0;
    pair clean = make(context, &settings);
    settings.noise = 0.3;
    pair noisy = make(context, &settings);
    double mean = 0, square = 0, product = 0, across = 0;
    assert_null(clean.test);
    assert_memory_equal(clean.training->x, noisy.training->x,
                        (size_t)(4 * clean.training->stride) * sizeof(double));
    for (int64_t n = 0; n < N; n++) {
        double r[2];
        for (int64_t k = 0; k < 2; k++) {
            int64_t place = k * clean.training->stride + n;
            r[k] = noisy.training->y[place] - clean.training->y[place];
            mean += r[k] / (2 * N);
            square += r[k] * r[k] / (2 * N);
        }
        product += r[0] * clean.training->x[n] / N;
        across += r[0] * r[1] / N;
    }
    check_close(mean, 0, 5 * 0.3 / sqrt(2 * N), 1);
    check_close(square, 0.09, 5 * sqrt(2.0 / (2 * N)), 0);
    check_close(product, 0, 5 * 0.3 / sqrt(N), 1);
    check_close(across, 0, 5 * 0.09 / sqrt(N), 1);
    free_pair(context, &clean);
    free_pair(context, &noisy);
    spn_context_free(context);
}

/* Training samples do not depend on how many test samples there are, and nothing on the kernels. */
static void bits_do_not_depend_on_what_they_should_not(void **state)
{
    (void)state;
    spn_context *context = make_context();
    spn_data_settings settings = base;
    settings.noise = 0.1;
    pair first = make(context, &settings);
    const size_t bytes = (size_t)first.training->stride * 2 * sizeof(double);
    settings.test_share = 0;
    pair second = make(context, &settings);
    assert_null(second.test);
    assert_memory_equal(first.training->y, second.training->y, bytes);
    const spn_context_settings plain = {.kernels = SPN_KERNELS_PLAIN};
    spn_context *other = NULL;
    assert_int_equal(spn_context_create(&plain, &other), SPN_OK);
    pair third = make(other, &settings);
    assert_memory_equal(first.training->y, third.training->y, bytes);
    free_pair(other, &third);
    spn_context_free(other);
    settings.seed++;
    third = make(context, &settings);
    assert_true(first.training->y[0] != third.training->y[0]);
    free_pair(context, &first);
    free_pair(context, &second);
    free_pair(context, &third);
    spn_context_free(context);
}

static const char *const *choices_of(const spn_option_table *table, const char *key)
{
    int64_t index = spn_option_find(table, key);
    assert_true(index >= 0);
    return table->options[index].choices;
}

/* Both are the words of room kernel, one for each activation. */
static void the_words_are_those_of_the_model(void **state)
{
    (void)state;
    assert_ptr_equal(choices_of(&spn_data_options, "teacher.activation"), spn_activation_words);
    assert_ptr_equal(choices_of(&spn_model_options, "activation"), spn_activation_words);
    for (int k = 0; spn_activation_words[k] != NULL; k++) {
        assert_int_equal(spn_activation_find(spn_activation_words[k]), k);
    }
    assert_int_equal(spn_activation_find("silly"), -1);
}

static void bad_settings_are_refused(void **state)
{
    (void)state;
    spn_context *context = make_context();
    spn_data_settings settings = base;
    pair made;
    settings.test_share = 0.0001;
    check_fails(context,
                spn_network_teacher_dataset(context, &settings, &made.training, &made.test),
                SPN_ERROR_INPUT, "data.test_share: ");
    settings = base;
    settings.samples = 0;
    settings.test_share = 0;
    check_fails(context,
                spn_network_teacher_dataset(context, &settings, &made.training, &made.test),
                SPN_ERROR_INPUT, "data.samples: expected an integer from 1 to 1000000000, got 0");
    settings.samples = INT64_MAX / 2;
    check_fails(context,
                spn_network_teacher_dataset(context, &settings, &made.training, &made.test),
                SPN_ERROR_INPUT, "data.samples: expected an integer from 1 to 1000000000");
    const double wrong[] = {(double)NAN, (double)INFINITY, -1};
    for (int k = 0; k < 3; k++) {
        settings = base;
        settings.noise = wrong[k];
        check_fails(context,
                    spn_network_teacher_dataset(context, &settings, &made.training, &made.test),
                    SPN_ERROR_INPUT, "data.noise: expected a number >= 0");
        settings = base;
        settings.teacher_scale = wrong[k];
        check_fails(context,
                    spn_network_teacher_dataset(context, &settings, &made.training, &made.test),
                    SPN_ERROR_INPUT, "data.teacher.scale: expected a number > 0");
        settings = base;
        settings.test_share = wrong[k];
        check_fails(context,
                    spn_network_teacher_dataset(context, &settings, &made.training, &made.test),
                    SPN_ERROR_INPUT, "data.test_share: is ");
    }
    assert_null(made.training);
    assert_null(made.test);
    spn_context_free(context);
}

static spn_status make_and_free(spn_context *context, void *state)
{
    (void)state;
    pair made;
    spn_status status = spn_network_teacher_dataset(context, &base, &made.training, &made.test);
    free_pair(context, &made);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(support_fail_each_allocation(make_and_free, NULL) > 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_the_teachers),
        cmocka_unit_test(noise_has_its_level),
        cmocka_unit_test(bits_do_not_depend_on_what_they_should_not),
        cmocka_unit_test(the_words_are_those_of_the_model),
        cmocka_unit_test(bad_settings_are_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
