/* SPDX-License-Identifier: MIT */
/* Values out of the experiment that results keep. */
#include "support.h"

#include <spinodal/store.h>

static const char text[] =
    "data:\n  kind: gaussian\n  seed: 4\nmodel:\n  hidden: [5, 5]\n  init:\n    scale: 0.7\n"
    "    seed: 3\n  seed: 9\ngrok:\n  method: gd\n  starts: [random, '1 mode@0.1']\nsolver:\n"
    "  method: newton\n  methods: x\n";

static void check(const char *key, const char *expected)
{
    char buffer[64];
    const spn_attribute attribute = {"configuration", text, 0};
    const spn_results results = {.attribute_count = 1, .attributes = &attribute};
    const char *found = spn_results_setting(&results, key, buffer, sizeof buffer);
    if (expected == NULL) {
        assert_null(found);
    } else {
        assert_non_null(found);
        assert_string_equal(found, expected);
    }
}

static void test_values(void **state)
{
    (void)state;
    check("grok.method", "gd");
    check("solver.method", "newton");
    check("data.seed", "4");
    check("model.init.seed", "3");
    check("model.seed", "9");
    check("model.hidden", "[5, 5]");
    check("grok.starts", "[random, '1 mode@0.1']");
}

/* Keys of other sections, parts of keys, and groups are no answer. */
static void test_nothing(void **state)
{
    (void)state;
    check("data.method", NULL);
    check("model.scale", NULL);
    check("model.init.method", NULL);
    check("solver.meth", NULL);
    check("sweep.beta", NULL);
    check("model.init.scales", NULL);
    const spn_results empty = {0};
    char buffer[8];
    assert_null(spn_results_setting(&empty, "grok.method", buffer, sizeof buffer));
}

static void test_cut(void **state)
{
    (void)state;
    char buffer[4];
    const spn_attribute attribute = {"configuration", text, 0};
    const spn_results results = {.attribute_count = 1, .attributes = &attribute};
    assert_string_equal(spn_results_setting(&results, "data.kind", buffer, sizeof buffer), "gau");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
