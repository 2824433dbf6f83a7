/* SPDX-License-Identifier: MIT */
/* The same quantity has the same unit in the table of a sweep and in that of one point. */
#include "support.h"

#include <spinodal/geometry.h>
#include <spinodal/sweep.h>
#include <string.h>

/* Does a sweep's column hold the quantity, perhaps of one surface ("trace_loss")? */
static bool is_same(const char *sweep, const char *geometry)
{
    size_t length = strlen(geometry);
    return strncmp(sweep, geometry, length) == 0 &&
           (sweep[length] == '\0' || strcmp(sweep + length, "_error") == 0 ||
            strcmp(sweep + length, "_loss") == 0);
}

static const char *unit_of(const spn_columns *columns, const char *name)
{
    for (int64_t i = 0; i < columns->count; i++) {
        if (strcmp(columns->items[i].name, name) == 0) {
            return columns->items[i].unit;
        }
    }
    fail_msg("no column %s", name);
    return NULL;
}

static void test_shared_columns(void **state)
{
    (void)state;
    int shared = 0;
    for (int64_t i = 0; i < spn_geometry_columns.count; i++) {
        const spn_column *own = &spn_geometry_columns.items[i];
        for (int64_t j = 0; j < spn_sweep_columns.count; j++) {
            const spn_column *other = &spn_sweep_columns.items[j];
            if (is_same(other->name, own->name)) {
                assert_string_equal(own->unit, other->unit);
                shared++;
            }
        }
    }
    assert_true(shared >= 18);
}

/* What only the table of one point has. */
static void test_other_columns(void **state)
{
    (void)state;
    static const char *const units[][2] = {{"value", "error"},
                                           {"trace", "error/weight^2"},
                                           {"frobenius_squared", "error^2/weight^4"},
                                           {"scalar_curvature", "error^2/weight^4"},
                                           {"scalar_curvature_stderr", "error^2/weight^4"},
                                           {"principal_curvature_max", "error/weight^2"}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        assert_string_equal(unit_of(&spn_geometry_columns, units[i][0]), units[i][1]);
    }
    assert_string_equal(unit_of(&spn_sweep_columns, "beta"), "error/weight^2");
    for (int64_t i = 0; i < 3; i++) {
        assert_string_equal(spn_sweep_options.options[i].unit, "error/weight^2");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shared_columns),
        cmocka_unit_test(test_other_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
