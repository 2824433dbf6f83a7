/* SPDX-License-Identifier: MIT */
/* Windows of phases have a lower end and an upper one. */
#include "support.h"

#include "continuation/explore.h"

static spn_phase_record window(double low, double high)
{
    return (spn_phase_record){.phase = 3,
                              .beta_low = low,
                              .beta_high = high,
                              .end_low = SPN_END_FOLD,
                              .end_high = SPN_END_SYMMETRY,
                              .special_low = 5,
                              .special_high = 8,
                              .low.loss = 1,
                              .high.loss = 2};
}

/* Ends that are the wrong way round by their last digits, in problems of any units. */
static void test_ends_change_places(void **state)
{
    (void)state;
    for (double unit = 1e-9; unit < 2e9; unit *= 1e3) {
        spn_phase_record at = window(unit * (0.3 + 1e-8), unit * 0.3);
        spni_order_window(&at);
        assert_true(at.beta_low == unit * 0.3 && at.beta_high == unit * (0.3 + 1e-8));
        assert_int_equal(at.end_low, SPN_END_SYMMETRY);
        assert_int_equal(at.end_high, SPN_END_FOLD);
        assert_int_equal(at.special_low, 8);
        assert_int_equal(at.special_high, 5);
        assert_true(at.low.loss == 2 && at.high.loss == 1 && at.phase == 3);
    }
}

static void test_others_stay(void **state)
{
    (void)state;
    static const double ends[][2] = {{0.3, 0.3 + 1e-8}, {0.3, 0.3}, {-1, 1}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        spn_phase_record at = window(ends[i][0], ends[i][1]);
        spni_order_window(&at);
        assert_true(at.beta_low == ends[i][0] && at.beta_high == ends[i][1]);
        assert_true(at.special_low == 5 && at.special_high == 8 && at.low.loss == 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends_change_places),
        cmocka_unit_test(test_others_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
