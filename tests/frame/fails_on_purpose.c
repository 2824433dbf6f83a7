/* SPDX-License-Identifier: MIT */
/* Wrong on purpose, to prove that the suite can fail. */
#include "support.h"

static void test_wrong(void **state)
{
    (void)state;
    check_close(1.0, 1.5, 1e-9, 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_wrong)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
