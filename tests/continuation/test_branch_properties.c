/* SPDX-License-Identifier: MIT */
/* What must not change a diagram: the units of the data, the order of samples and of inputs, samples that are there twice, an
 * input that is always 0, noise of the size of rounding on symmetric data, longer and shorter steps. And what a run
 * that was cut short may say. */
#include "networks_case.h"
#include "scaled.h"

static spn_context *context;

static int make_context(void **state)
{
    (void)state;
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : 1;
}

static int free_context(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

/* What is compared: which phase is the globally stable one where, and where each of them ends. */
enum { RANGES = 16 };
typedef struct diagram {
    int64_t count, phases;
    double from[RANGES], until[RANGES], low[RANGES], high[RANGES], norm[RANGES], error[RANGES];
    int64_t modes[RANGES];
} diagram;

/* The ranges cover what was explored, without gaps and in order. */
static diagram take(const run_case *run)
{
    diagram d = {0};
    const spn_global_record *global = spn_branches_global(run->branches, &d.count);
    const spn_phase_record *phases = spn_branches_phases(run->branches, &d.phases);
    assert_true(d.count >= 1 && d.count <= RANGES);
    check_close(global[0].beta_low, run->settings.beta_from, 0, 0);
    check_close(global[d.count - 1].beta_high, run->settings.beta_to, 0, 0);
    for (int64_t i = 0; i < d.count; i++) {
        assert_true(i == 0 || global[i].beta_low == global[i - 1].beta_high);
        assert_true(i == 0 || global[i].phase != global[i - 1].phase);
        assert_true(global[i].beta_low < global[i].beta_high);
        d.from[i] = global[i].beta_low;
        d.until[i] = global[i].beta_high;
        d.modes[i] = -1;
        if (global[i].phase >= 0) {
            const spn_phase_record *p = &phases[global[i].phase];
            d.low[i] = p->beta_low;
            d.high[i] = p->beta_high;
            d.norm[i] = p->low.weight_norm;
            d.error[i] = p->low.error;
            d.modes[i] = p->middle.active_modes;
        }
    }
    return d;
}

/* Betas are located to 1e-10 of themselves, the norm at an end that is a fold to the root of that. */
static void check_same(const diagram *a, const diagram *b, const scaled_units *units)
{
    assert_int_equal(b->count, a->count);
    for (int64_t i = 0; i < a->count; i++) {
        assert_int_equal(b->modes[i], a->modes[i]);
        check_close(b->from[i], units->control * a->from[i], 1e-8, 0);
        check_close(b->until[i], units->control * a->until[i], 1e-8, 0);
        check_close(b->low[i], units->control * a->low[i], 1e-8, 0);
        check_close(b->high[i], units->control * a->high[i], 1e-8, 0);
        check_close(b->norm[i], units->weight * a->norm[i], 1e-5, units->weight);
        check_close(b->error[i], units->value * a->error[i], 1e-7, 0);
    }
}

static const scaled_units same_units = {1, 1, 1, 1, 1};

static diagram run_on(const network_setup *setup, spn_dataset *data, double step)
{
    network_case c;
    network_case_on(&c, context, setup, data);
    c.run.settings.step *= step;
    c.run.settings.angle *= step;
    case_run(&c.run);
    assert_int_equal(spn_branches_unused(c.run.branches), 0);
    const diagram d = take(&c.run);
    network_case_close(&c);
    return d;
}

static spn_dataset *gaussian(const network_setup *setup, spn_moments_kind moments)
{
    const spn_data_settings data = {.kind = SPN_DATA_GAUSSIAN,
                                    .samples = setup->samples,
                                    .inputs = setup->inputs,
                                    .outputs = setup->outputs,
                                    .correlations = {setup->modes, setup->sigma},
                                    .moments = (int)moments,
                                    .seed = 3};
    spn_dataset *dataset = NULL;
    check_ok(context, spn_dataset_gaussian(context, &data, &dataset));
    return dataset;
}

static const double sigma[2] = {0.9, 0.5};
static const network_setup shallow = {2, 3, 40, 2, 2, 2, sigma, SPN_LINEAR, 0.01, 1.2};
static const network_setup deep = {3, 2, 40, 2, 2, 2, sigma, SPN_LINEAR, 0.02, 0.5};
static const network_setup curved = {2, 2, 40, 3, 2, 2, sigma, SPN_TANH, 0.05, 1.2};

/* 18 decades of inputs, of targets and of both, by factors that are no powers of two or ten: linear networks of depths
 * 2 and 3 have exact laws. */
static void test_units(void **state)
{
    (void)state;
    const network_setup *setups[2] = {&shallow, &deep};
    for (int k = 0; k < 2; k++) {
        const network_setup *setup = setups[k];
        const diagram plain = run_on(setup, gaussian(setup, SPN_MOMENTS_DRAWN), 1);
        assert_int_equal(plain.count, 3);
        for (int i = 0; i < 9; i++) {
            static const double factors[] = {1e-9, 3.7e-6, 0.002, 0.3, 6, 71, 5.3e4, 2e7, 1e9};
            const double c = factors[i];
            const double by[3][2] = {{c, 1}, {1, c}, {c, 1 / c}};
            const scaled_units units =
                scaled_units_of(by[i % 3][0], by[i % 3][1], (int)setup->depth);
            spn_dataset *data = gaussian(setup, SPN_MOMENTS_DRAWN);
            network_setup other = *setup;
            other.from *= units.control;
            other.to *= units.control;
            const diagram d =
                run_on(&other, scaled_by(context, data, units.inputs, units.targets), 1);
            check_same(&plain, &d, &units);
            spn_dataset_free(context, data);
        }
    }
}

/* T12 on white data: where the three ranges meet. */
static void test_closed_form(void **state)
{
    (void)state;
    const diagram d = run_on(&shallow, gaussian(&shallow, SPN_MOMENTS_EXACT), 1);
    assert_int_equal(d.count, 3);
    check_close(d.until[0], 0.5, 1e-10, 0);
    check_close(d.until[1], 0.9, 1e-10, 0);
    for (int64_t i = 0; i < 3; i++) {
        assert_int_equal(d.modes[i], 2 - i);
    }
}

static void test_order_and_copies(void **state)
{
    (void)state;
    enum { N = 40 };
    int64_t backwards[N], twice[2 * N];
    const int64_t turned[3] = {2, 0, 1}, with_zero[4] = {0, -1, 1, 2};
    spn_dataset *data = gaussian(&curved, SPN_MOMENTS_DRAWN);
    for (int64_t n = 0; n < N; n++) {
        backwards[n] = N - 1 - n;
        twice[n] = twice[n + N] = n;
    }
    const diagram plain = run_on(&curved, scaled_by(context, data, 1, 1), 1);
    const diagram others[] = {
        run_on(&curved, scaled_data(context, data, 1, 1, N, backwards, 0, NULL), 1),
        run_on(&curved, scaled_data(context, data, 1, 1, 2 * N, twice, 0, NULL), 1),
        run_on(&curved, scaled_data(context, data, 1, 1, 0, NULL, 3, turned), 1),
        run_on(&curved, scaled_data(context, data, 1, 1, 0, NULL, 4, with_zero), 1),
        run_on(&curved, scaled_by(context, data, 1, 1), 0.5),
        run_on(&curved, scaled_by(context, data, 1, 1), 1.5),
    };
    assert_true(plain.count >= 3);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        check_same(&plain, &others[i], &same_units);
    }
    spn_dataset_free(context, data);
}

/* Four corners of a square, each many times: XOR's inputs with a linear target as well, symmetric to the last bit, and the
 * same with 1e-15 on all of it. */
static void test_symmetric(void **state)
{
    (void)state;
    enum { N = 16 };
    diagram d[2];
    for (int k = 0; k < 2; k++) {
        double rows[4 * N];
        spn_random random = spn_random_stream(5, SPN_PURPOSE_TEST, 0);
        spn_dataset *data = NULL;
        for (int n = 0; n < N; n++) {
            const double a = n % 2 == 0 ? 1 : -1, b = n / 2 % 2 == 0 ? 1 : -1;
            const double row[4] = {a, b, a, 0.6 * b};
            for (int j = 0; j < 4; j++) {
                rows[4 * n + j] = row[j] + k * 1e-15 * spn_random_normal(&random);
            }
        }
        check_ok(context, spn_dataset_from_rows(context, N, 2, 2, rows, NULL, NULL, &data));
        const network_setup setup = {2, 2, N, 2, 2, 2, sigma, SPN_TANH, 0.1, 1.4};
        d[k] = run_on(&setup, data, 1);
    }
    /* T14: the onset is at the raw sigma_max, 1, for tanh as well. */
    check_close(d[0].until[d[0].count - 2], 1, 1e-9, 0);
    check_same(&d[0], &d[1], &same_units);
}

/* Few branches: what was left is counted, and the ranges still cover everything, without a word on those where nothing is
 * known. The phases of a sweep come before others, from large beta on: three branches are enough for the three. */
static void test_budget(void **state)
{
    (void)state;
    for (int64_t most = 1; most <= 3; most++) {
        network_case c;
        network_case_open(&c, context, &shallow);
        c.run.settings.branches = most;
        case_run(&c.run);
        const diagram d = take(&c.run);
        assert_int_equal(spn_branches_unused(c.run.branches) > 0, most < 3);
        assert_int_equal(d.count, most == 1 ? 2 : 3);
        for (int64_t i = 0; i < d.count; i++) {
            int64_t modes = d.count - 1 - i;
            assert_int_equal(d.modes[i], modes < most ? modes : -1);
        }
        network_case_close(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_form),      cmocka_unit_test(test_units),
        cmocka_unit_test(test_order_and_copies), cmocka_unit_test(test_symmetric),
        cmocka_unit_test(test_budget),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
