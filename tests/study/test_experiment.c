/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "study/experiment.h"

#include <spinodal/study.h>
#include <stdio.h>

static spn_context *context;

static int set_up(void **state)
{
    (void)state;
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

static spn_status parse(const char *text, spn_experiment **out)
{
    return spn_experiment_parse(context, "e.yaml", text, (int64_t)strlen(text), out);
}

static void refuse(const char *text, const char *fragment)
{
    spn_experiment *experiment = NULL;
    spn_status status = parse(text, &experiment);
    if (status == SPN_OK) {
        status = spn_experiment_check(context, experiment);
    } else {
        assert_null(experiment);
    }
    check_fails(context, status, SPN_ERROR_INPUT, fragment);
    spn_experiment_free(context, experiment);
}

/* The defaults are the built-in experiment of the design: Figure 2. */
static void test_defaults_are_the_built_in_experiment(void **state)
{
    (void)state;
    spn_experiment *experiment = NULL;
    check_ok(context, parse("data: {}", &experiment));
    check_ok(context, spn_experiment_check(context, experiment));
    const spn_data_settings *data = spn_experiment_data(experiment);
    assert_int_equal(data->kind, SPN_DATA_GAUSSIAN);
    assert_int_equal(data->samples, 1000);
    assert_int_equal(data->inputs, 3);
    assert_int_equal(data->outputs, 2);
    assert_int_equal(data->correlations.count, 2);
    assert_true(data->correlations.items[0] == 0.9 && data->correlations.items[1] == 0.5);
    assert_int_equal(data->moments, SPN_MOMENTS_EXACT);
    const spn_model_settings *model = spn_experiment_model(experiment);
    assert_int_equal(model->hidden.count, 2);
    assert_int_equal(model->activation, SPN_TANH);
    assert_false(model->bias);
    assert_true(model->init_scale == 0.7);
    assert_int_equal(spn_experiment_error(experiment)->error, SPN_ERROR_MSE);
    const spn_sweep_settings *sweep = spn_experiment_sweep(experiment);
    assert_true(sweep->beta_from == 0.001 && sweep->beta_to == 0.5 && sweep->beta_points == 200);
    assert_int_equal(sweep->direction, SPN_PROTOCOL_BOTH);
    assert_int_equal(spn_experiment_solver(experiment)->method, SPN_METHOD_NEWTON);
    assert_true(spn_experiment_solver(experiment)->tolerance == 1e-9);
    spn_experiment_free(context, experiment);
}

static void test_nested_and_dotted_keys_and_lists(void **state)
{
    (void)state;
    spn_experiment *experiment = NULL;
    check_ok(context,
             parse("# a comment\n"
                   "model:\n  hidden: []\n  init: {scale: 2, seed: 7}\n"
                   "sweep: {beta: [0.1, 0.2], direction: up}\n"
                   "data:\n  covariance: [[1, 0.5], [0.5, 1]]\n  inputs: 1\n  outputs: 1\n",
                   &experiment));
    check_ok(context, spn_experiment_check(context, experiment));
    assert_int_equal(spn_experiment_model(experiment)->hidden.count, 0);
    assert_true(spn_experiment_model(experiment)->init_scale == 2);
    assert_int_equal(spn_experiment_model(experiment)->init_seed, 7);
    assert_int_equal(spn_experiment_sweep(experiment)->beta.count, 2);
    assert_true(spn_experiment_data(experiment)->covariance.items[1] == 0.5);
    check_ok(context, spn_experiment_set(context, experiment, "sweep.beta=[0.3]"));
    check_ok(context, spn_experiment_set(context, experiment, "model.init.scale=1e-1"));
    assert_true(spn_experiment_sweep(experiment)->beta.items[0] == 0.3);
    assert_true(spn_experiment_model(experiment)->init_scale == 0.1);
    spn_experiment_free(context, experiment);
}

/* What is dumped reads back to the same dump, whatever was set. */
static void test_dump_round_trip(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "sweep:",
        "model: {hidden: [], bias: true, activation: gelu}\nsweep: {beta: [0.1, 0.25]}",
        "data: {kind: csv, path: \"a b\\\"c.csv\", targets: [y, \"2\"], standardize: true}",
        "data: {kind: npz, path: d.npz, whiten: true}\nmodel: {init: {weights: w.npz}}",
        "data: {covariance: [[1, 0.1], [0.1, 2]], inputs: 1, outputs: 1, moments: drawn}",
        "branches: {beta: {from: 0.02}, step: 0.01, saddles: true, parameters: false}",
        ("sweep: {beta: {from: 0.01, spacing: log}, direction: quench, seeds: 3}\n"
         "solver: {method: adam, learning_rate: 0.01}"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        spn_experiment *first = NULL, *second = NULL;
        char *dump = NULL, *again = NULL;
        check_ok(context, parse(texts[i], &first));
        check_ok(context, spn_experiment_dump(context, first, &dump));
        check_ok(context, parse(dump, &second));
        check_ok(context, spn_experiment_check(context, second));
        check_ok(context, spn_experiment_dump(context, second, &again));
        assert_string_equal(dump, again);
        spn_release(context, dump);
        spn_release(context, again);
        spn_experiment_free(context, first);
        spn_experiment_free(context, second);
    }
}

/* Set on the built-in experiment, the changes of an experiment give it again. */
static void test_changes_lead_back(void **state)
{
    (void)state;
    static const struct {
        const char *text, *changes;
    } cases[] = {
        {"sweep:", ""},
        {"model: {activation: tanh, hidden: [5, 5]}", ""},
        {"model: {hidden: [], bias: true}\nsweep: {beta: [0.1, 0.25]}",
         "model.hidden=[]\nmodel.bias=true\nsweep.beta=[0.1, 0.25]\n"},
        {"data: {covariance: [[1, 0.1], [0.1, 2]], inputs: 1, outputs: 1}",
         "data.inputs=1\ndata.outputs=1\ndata.covariance=[[1, 0.1], [0.1, 2]]\n"},
        {"solver: {tolerance: 1.0e-9, method: adam}", "solver.method=adam\n"},
        {"data: {kind: csv, path: \"a b.csv\", targets: [y]}", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        spn_experiment *first = NULL, *second = NULL;
        char *changes = NULL, *dump = NULL, *again = NULL;
        check_ok(context, parse(cases[i].text, &first));
        check_ok(context, spn_experiment_changes(context, first, &changes));
        if (cases[i].changes != NULL) {
            assert_string_equal(changes, cases[i].changes);
        }
        check_ok(context, spn_experiment_dump(context, first, &dump));
        check_ok(context, spn_experiment_create(context, &second));
        for (char *line = strtok(changes, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            check_ok(context, spn_experiment_set(context, second, line));
        }
        check_ok(context, spn_experiment_dump(context, second, &again));
        assert_string_equal(dump, again);
        spn_release(context, changes);
        spn_release(context, dump);
        spn_release(context, again);
        spn_experiment_free(context, first);
        spn_experiment_free(context, second);
    }
}

static void check_range(const char *text, double from, double to)
{
    spn_experiment *experiment = NULL;
    spn_branches_settings branches;
    check_ok(context, parse(text, &experiment));
    check_ok(context, spni_experiment_branches(context, experiment, &branches));
    assert_true(branches.beta_from == from && branches.beta_to == to);
    spn_experiment_free(context, experiment);
}

static void refuse_range(const char *text, const char *fragment)
{
    spn_experiment *experiment = NULL;
    spn_branches_settings branches;
    check_ok(context, parse(text, &experiment));
    check_fails(context, spni_experiment_branches(context, experiment, &branches), SPN_ERROR_INPUT,
                fragment);
    spn_experiment_free(context, experiment);
}

/* Branches cover the sweep's range, unless they have one of their own. */
static void test_range_of_branches(void **state)
{
    (void)state;
    check_range("sweep:", 0.001, 0.5);
    check_range("sweep: {beta: {from: 0.02, to: 0.3}}", 0.02, 0.3);
    check_range("sweep: {beta: [0.1, 0.2, 0.7]}", 0.1, 0.7);
    check_range("sweep: {beta: [0.1, 0.2, 0.7]}\nbranches: {beta: {to: 0.9}}", 0.1, 0.9);
    check_range("branches: {beta: {from: 0, to: 0.25}}", 0, 0.25);
    refuse_range("branches: {beta: {from: 0.5}}",
                 "e.yaml:1:25: branches.beta.from: the range of beta is empty: branches would be "
                 "followed from 0.5 to 0.5");
    refuse_range("branches: {beta: {from: 0.3, to: 0.2}}", "branches.beta.to: the range of beta");
    refuse_range("sweep: {beta: [0.1]}", "branches.beta.from: the range of beta is empty");
    refuse("branches: {beta: {from: -0.1}}",
           "branches.beta.from: expected a number from 0 to 1e150");
    refuse("branches: {stpe: 0.1}", "did you mean 'step'?");
    refuse("branchs: {step: 0.1}", "did you mean 'branches'?");
    /* A sweep over one value has no range, and needs none. */
    spn_experiment *experiment = NULL;
    check_ok(context, parse("sweep: {beta: [0.1]}", &experiment));
    check_ok(context, spn_experiment_check(context, experiment));
    spn_experiment_free(context, experiment);
}

/* What YAML offers and an experiment has no use for is refused where it stands, not dropped. */
static void test_what_yaml_offers_beside(void **state)
{
    (void)state;
    refuse("data:\n  samples: &n 100\n", "e.yaml:2:12: anchor '&n': anchors and aliases are not");
    refuse("data: &d {samples: 100}\n", "e.yaml:1:7: anchor '&d'");
    refuse("data:\n  correlations: &c [0.9]\n", "e.yaml:2:17: anchor '&c'");
    refuse("data: *d\n", "e.yaml:1:7: anchors and aliases");
    refuse("data:\n  samples: !!str 100\n", "e.yaml:2:12: tag 'tag:yaml.org,2002:str'");
    refuse("data:\n  samples: ! 100\n", "e.yaml:2:12: tag '!'");
    refuse("data: !map {samples: 100}\n", "e.yaml:1:7: tag '!map'");
    refuse("data:\n  correlations: !!seq [0.9]\n", "e.yaml:2:17: tag 'tag:yaml.org,2002:seq'");
    refuse("!x data: {samples: 100}\n", "e.yaml:1:1: tag '!x'");
    refuse("model:\n  init: {seed: 3}\n  init.seed: 4\n",
           "e.yaml:3:3: model.init.seed was given before, in line 2");
    refuse("sweep:\n  beta.from: 0.1\n  beta: {to: 1, from: 0.2}\n",
           "e.yaml:3:17: sweep.beta.from was given before, in line 2");
    refuse("data:\n  covariance: []\n", "e.yaml:2:15: data.covariance: expected a list of rows, "
                                        "each a list of numbers, got an empty list");
    refuse("data:\n  covariance: [[]]\n", "data.covariance (item 1): expected a list of rows");
    spn_experiment *experiment = NULL;
    check_ok(context, parse("model: {init: {seed: 3}, init.scale: 2}", &experiment));
    check_ok(context, spn_experiment_set(context, experiment, "model.init.seed=5"));
    check_ok(context, spn_experiment_set(context, experiment, "model.init.seed=6"));
    assert_int_equal(spn_experiment_model(experiment)->init_seed, 6);
    check_fails(context, spn_experiment_set(context, experiment, "model.init.seed=!!int 6"),
                SPN_ERROR_INPUT, "tag 'tag:yaml.org,2002:int'");
    spn_experiment_free(context, experiment);
}

static void test_yaml_errors_have_places(void **state)
{
    (void)state;
    refuse("data:\n  samples: 10\n  smaples: 5\n",
           "e.yaml:3:3: unknown key 'smaples' in section 'data'; did you mean 'samples'?");
    refuse("dta:\n  samples: 10\n", "e.yaml:1:1: unknown section 'dta'; did you mean 'data'?");
    refuse("data:\n  samples: 10\n  samples: 5\n", "e.yaml:3:3: key 'samples' was given before");
    refuse("data:\n  samples: ten\n",
           "e.yaml:2:12: data.samples: expected an integer from 1 to 1000000000, got 'ten'");
    refuse("", "e.yaml: is empty");
    refuse("# nothing\n", "e.yaml: is empty");
    refuse("data: 5\n", "section 'data' must hold keys");
    refuse("- 1\n", "expected sections");
    refuse("data: {samples: 1\n", "not valid YAML");
    refuse("data:\n\tsamples: 1\n", "e.yaml:2:");
    refuse("a: &x 1\nb: *x\n", "anchors");
    refuse("data:\n  samples: 1\n---\ndata:\n", "second document");
    refuse("data:\n  correlations: [{a: 1}]\n", "not keys");
    refuse("data:\n  ? [a]\n  : 1\n", "a key must be a word");
    refuse("\xff\xfe\xfa", "UTF-8");
    refuse("sweep: {beta: {from: -0.1}}\n",
           "sweep.beta.from: expected a number from 0 to 1e150, got '-0.1'");
    refuse("sweep:\n  beta: {to: 1e308}\n",
           "e.yaml:2:14: sweep.beta.to: expected a number from 0 to 1e150, got '1e308'");
    refuse("branches: {beta.to: 1e151}", "branches.beta.to: expected a number from 0 to 1e150");
    refuse("grok: {beta: 1e200}", "grok.beta: expected a number from 0 to 1e150");
    refuse("sweep: {beta: [0.1, -0.2]}\n", "(item 2)");
    refuse("sweep: {beta: []}\n", "e.yaml:1:15: sweep.beta: the list is empty");
    refuse("sweep: {beta: {from: 0.5, to: 0.1}}\n", "e.yaml:1:22: sweep.beta.from");
}

static void test_cross_checks(void **state)
{
    (void)state;
    refuse("data:\n  kind: csv\n", "e.yaml:2:9: data.kind: kind csv needs data.path");
    refuse("data:\n  kind: csv\n  path: x.csv\n", "a csv needs data.targets");
    refuse("data:\n  kind: csv\n  path: x.csv\n  targets: [y]\n  samples: 5\n",
           "e.yaml:5:12: data.samples: has no meaning with data.kind: csv");
    refuse("data:\n  path: x.csv\n", "has no meaning with data.kind: gaussian");
    refuse("sweep:\n  beta.from: 0.1\n  beta: [0.1]\n", "excluded by 'beta'");
    refuse("data: {standardize: inputs, center: inputs}\n",
           "data.center: excluded by 'standardize', which centres the same columns");
    refuse("data: {standardize: true, center: inputs}\n", "data.center: excluded by");
    refuse("data: {standardize: all, center: all}\n", "data.center: excluded by");
    refuse("model: {init: {weights: w.npz, scale: 2}}\n", "model.init.scale: excluded by");
    refuse("data: {covariance: [[1]], correlations: [0.1]}\n",
           "data.correlations: excluded by 'covariance'");
}

static const char *bad_value(spn_option_type type)
{
    switch (type) {
    case SPN_OPTION_REAL:
    case SPN_OPTION_INTEGER:
    case SPN_OPTION_BOOLEAN:
    case SPN_OPTION_CHOICE:
    case SPN_OPTION_REALS:
    case SPN_OPTION_INTEGERS:
    case SPN_OPTION_TEXTS:
    case SPN_OPTION_MATRIX:
        return "certainly-not-this";
    case SPN_OPTION_TEXT:
        return "[1, 2]";
    }
    return "";
}

/* Every key of every table: a wrong type is refused with place and key, a typo finds the key. */
static void test_every_key_refuses_nonsense(void **state)
{
    (void)state;
    int64_t count = 0, keys = 0;
    const spn_option_table *const *tables = spn_experiment_tables(&count);
    for (int64_t t = 0; t < count; t++) {
        for (int64_t i = 0; i < tables[t]->count; i++) {
            const spn_option *option = &tables[t]->options[i];
            char text[256], expected[256];
            snprintf(text, sizeof text, "%s:\n  %s: %s\n", tables[t]->section, option->key,
                     bad_value(option->type));
            snprintf(expected, sizeof expected, "e.yaml:2:%d: %s.%s: expected",
                     (int)strlen(option->key) + 5, tables[t]->section, option->key);
            refuse(text, expected);
            snprintf(text, sizeof text, "%s:\n  %sz: 1\n", tables[t]->section, option->key);
            snprintf(expected, sizeof expected, "e.yaml:2:3: unknown key '%sz'", option->key);
            refuse(text, expected);
            keys++;
        }
    }
    assert_true(keys > 40);
}

static void test_set_wins_over_what_excludes_it(void **state)
{
    (void)state;
    spn_experiment *experiment = NULL;
    check_ok(context, parse("sweep: {beta: {from: 0.1, to: 0.4, points: 7}}\n", &experiment));
    check_ok(context, spn_experiment_set(context, experiment, "sweep.beta=[0.3, 0.6]"));
    check_ok(context, spn_experiment_check(context, experiment));
    assert_int_equal(spn_experiment_sweep(experiment)->beta.count, 2);
    assert_int_equal(spn_experiment_sweep(experiment)->beta_points, 200);
    check_ok(context, spn_experiment_set(context, experiment, "sweep.beta.points=9"));
    check_ok(context, spn_experiment_check(context, experiment));
    assert_int_equal(spn_experiment_sweep(experiment)->beta.count, 0);
    assert_int_equal(spn_experiment_sweep(experiment)->beta_points, 9);
    spn_experiment_free(context, experiment);
}

static void test_set_errors(void **state)
{
    (void)state;
    spn_experiment *experiment = NULL;
    check_ok(context, spn_experiment_create(context, &experiment));
    check_fails(context, spn_experiment_set(context, experiment, "samples=4"), SPN_ERROR_INPUT,
                "expected section.key=value");
    check_fails(context, spn_experiment_set(context, experiment, "data.sample=4"), SPN_ERROR_INPUT,
                "did you mean 'samples'");
    check_fails(context, spn_experiment_set(context, experiment, "sweeep.seeds=4"), SPN_ERROR_INPUT,
                "did you mean 'sweep'");
    check_fails(context, spn_experiment_set(context, experiment, "data.samples=-4"),
                SPN_ERROR_INPUT,
                "--set data.samples=-4: data.samples: expected an integer from 1 to 1000000000");
    check_fails(context, spn_experiment_set(context, experiment, "data.samples={a: 1}"),
                SPN_ERROR_INPUT, "expected a value");
    check_fails(context, spn_experiment_set(context, experiment, "data.samples="), SPN_ERROR_INPUT,
                "expected");
    spn_experiment_free(context, experiment);
}

static void test_files(void **state)
{
    (void)state;
    spn_experiment *experiment = NULL;
    check_fails(context, spn_experiment_read(context, "no/such/file.yaml", &experiment),
                SPN_ERROR_IO, "no/such/file.yaml");
    check_fails(context, spn_experiment_read(context, "/", &experiment), SPN_ERROR_IO, "/");
}

static spn_status parse_text(spn_context *own, void *state)
{
    const char *text = state;
    spn_experiment *experiment = NULL;
    char *dump = NULL;
    spn_status status =
        spn_experiment_parse(own, "e.yaml", text, (int64_t)strlen(text), &experiment);
    if (status == SPN_OK) {
        status = spn_experiment_dump(own, experiment, &dump);
    }
    spn_release(own, dump);
    dump = NULL;
    if (status == SPN_OK) {
        status = spn_experiment_changes(own, experiment, &dump);
    }
    spn_release(own, dump);
    spn_experiment_free(own, experiment);
    return status;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    char text[] = "model: {hidden: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}\nsweep: {beta: [0.1]}\n";
    assert_true(support_fail_each_allocation(parse_text, text) >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_are_the_built_in_experiment),
        cmocka_unit_test(test_nested_and_dotted_keys_and_lists),
        cmocka_unit_test(test_dump_round_trip),
        cmocka_unit_test(test_changes_lead_back),
        cmocka_unit_test(test_range_of_branches),
        cmocka_unit_test(test_what_yaml_offers_beside),
        cmocka_unit_test(test_yaml_errors_have_places),
        cmocka_unit_test(test_cross_checks),
        cmocka_unit_test(test_every_key_refuses_nonsense),
        cmocka_unit_test(test_set_wins_over_what_excludes_it),
        cmocka_unit_test(test_set_errors),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
