/* SPDX-License-Identifier: MIT */
/* The registry of kinds: names are unique, found, and what a row has fits together. */
#include "support.h"

#include <spinodal/gallery.h>

static void test_rows(void **state)
{
    (void)state;
    int64_t count = 0;
    for (const spn_kind *const *kind = spn_kinds; *kind != NULL; kind++, count++) {
        const spn_kind *k = *kind;
        assert_ptr_equal(spn_kind_find(k->name), k);
        assert_non_null(k->plot);
        /* Who says something of contents can read them. */
        assert_true(k->read != NULL || (k->summarise == NULL && k->write_json == NULL));
        assert_true((k->read != NULL) == (k->contents_size > 0));
        assert_true((k->passes != NULL) == (k->fault != NULL));
        for (int64_t i = 0; i < k->table_count; i++) {
            assert_true(k->tables[i].title[0] != '\0' && k->tables[i].columns->count > 0);
        }
    }
    assert_true(count >= 8);
}

static void test_unknown(void **state)
{
    (void)state;
    assert_null(spn_kind_find("sweex"));
    assert_null(spn_kind_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
