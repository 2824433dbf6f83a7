/* SPDX-License-Identifier: MIT */
/* Activations against numbers computed with 40 digits, and at the ends of the number range, in each form. */
#include "kernel/activation.h"
#include "kernel_case.h"

#include <float.h>

static const spni_kernels *kernels;

typedef struct known {
    spn_activation activation;
    double a, value, slope, bend;
} known;

/* mpmath, 40 digits, rounded to 17. */
static const known numbers[] = {
    {SPN_TANH, -9.0, -0.99999996954004097, 6.0919917123232292e-8, 1.2183983053522823e-7},
    {SPN_TANH, -2.5, -0.98661429815143029, 0.02659222668316062, 0.052472542130580504},
    {SPN_TANH, -0.75, -0.63514895238728732, 0.59658580828133143, 0.75784170227802139},
    {SPN_TANH, 0.001, 0.00099999966666680002, 0.99999900000066667, -0.0019999973333356},
    {SPN_TANH, 0.5, 0.46211715726000976, 0.78644773296592741, -0.72686198138358728},
    {SPN_TANH, 1.25, 0.8482836399575129, 0.28041486618043263, -0.47574268676347254},
    {SPN_TANH, 6.0, 0.99998771165079557, 2.4576547405332701e-5, -4.9152490800271891e-5},
    {SPN_SIGMOID, -9.0, 0.00012339457598623173, 0.00012337934976484891, 0.00012334890107974953},
    {SPN_SIGMOID, -2.5, 0.075858180021243551, 0.070103716545108157, 0.059467835845434068},
    {SPN_SIGMOID, -0.75, 0.32082130082460703, 0.21789499376181403, 0.078084283078144409},
    {SPN_SIGMOID, 0.001, 0.50024999997916667, 0.24999993750001042, -0.00012499995833334219},
    {SPN_SIGMOID, 0.5, 0.62245933120185456, 0.23500371220159449, -0.057556794852320741},
    {SPN_SIGMOID, 1.25, 0.77729986117469115, 0.17310478699249702, -0.09600386680338781},
    {SPN_SIGMOID, 6.0, 0.99752737684336523, 0.0024665092913600478, -0.0024543117953803045},
    {SPN_SOFTPLUS, -9.0, 0.00012340218972325882, 0.00012339457598623173, 0.00012337934976484891},
    {SPN_SOFTPLUS, -2.5, 0.078889734292549623, 0.075858180021243551, 0.070103716545108157},
    {SPN_SOFTPLUS, -0.75, 0.38687100611489994, 0.32082130082460703, 0.21789499376181403},
    {SPN_SOFTPLUS, 0.001, 0.6936473055599401, 0.50024999997916667, 0.24999993750001042},
    {SPN_SOFTPLUS, 0.5, 0.97407698418010668, 0.62245933120185456, 0.23500371220159449},
    {SPN_SOFTPLUS, 1.25, 1.5019290813453729, 0.77729986117469115, 0.17310478699249702},
    {SPN_SOFTPLUS, 6.0, 6.0024756851377304, 0.99752737684336523, 0.0024665092913600478},
    {SPN_GELU, -9.0, -1.0157295653584566e-18, -9.1389373739066393e-18, -8.1210211216184427e-17},
    {SPN_GELU, -2.5, -0.015524163314440338, -0.037611085908145208, -0.074495277097666284},
    {SPN_GELU, -0.75, -0.16997051428265115, 0.00077427826076489563, 0.43288505872253133},
    {SPN_GELU, 0.001, 0.00050039894221391107, 0.5007978842948414, 0.79788376291860376},
    {SPN_GELU, 0.5, 0.34573123063700655, 0.86749512465616284, 0.61611432183752409},
    {SPN_GELU, 1.25, 1.1179377829164309, 1.1226615830694221, 0.079908974857697083},
    {SPN_GELU, 6.0, 5.9999999940804741, 1.0000000354687095, -2.0658001689399171e-7},
    {SPN_SILU, -9.0, -0.0011105511838760856, -0.00098701957189740844, -0.00086338141018804793},
    {SPN_SILU, -2.5, -0.18964545005310888, -0.099401111341526841, -0.0084621565233688556},
    {SPN_SILU, -0.75, -0.24061597561845527, 0.1574000555032465, 0.37722677521501975},
    {SPN_SILU, 0.001, 0.00050024999997916668, 0.50049999991666668, 0.4999997500000625},
    {SPN_SILU, 0.5, 0.31122966560092728, 0.73996118730265181, 0.44122902697702861},
    {SPN_SILU, 1.25, 0.97162482646836393, 0.99368084491531242, 0.22620474048075927},
    {SPN_SILU, 6.0, 5.9851642610601914, 1.0123264325915255, -0.0097928521895617311},
};

/* Values: 1 to 2 ulp of the C library's function and as many roundings; the tail of gelu has the
 * condition number a^2 of erfc. Slopes and bends lose what
 * 1 - h^2 or 2 - a^2 cancel: not more than a factor 10 at these points. */
static void values_are_right(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        double h = numbers[i].a, slope = 0.0, bend = 0.0;
        spni_activate(kernels, numbers[i].activation, 1, &h, &slope, &bend);
        double a = numbers[i].a;
        check_close(h, numbers[i].value, 1e-15 * (4.0 + a * a), 0.0);
        check_close(slope, numbers[i].slope, 4e-15, 0.1);
        check_close(bend, numbers[i].bend, 4e-15, 0.1);
    }
}

static void the_ends_are_finite(void **state)
{
    (void)state;
    const double ends[] = {1e300, -1e300, 800.0, -800.0, 1e-300, -1e-300, DBL_MIN, 0.0, -0.0};
    for (int kind = 0; spn_activation_words[kind] != NULL; kind++) {
        for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
            double h = ends[i], slope = (double)NAN, bend = (double)NAN;
            spni_activate(kernels, (spn_activation)kind, 1, &h, &slope, &bend);
            assert_true(isfinite(h) && isfinite(slope) && isfinite(bend));
            assert_true(slope >= 0.0 && slope <= 1.0);
        }
    }
}

static void not_a_number_stays_visible(void **state)
{
    (void)state;
    for (int kind = 0; spn_activation_words[kind] != NULL; kind++) {
        double h = (double)NAN;
        spni_activate(kernels, (spn_activation)kind, 1, &h, NULL, NULL);
        assert_true(isnan(h));
    }
}

static void zero_and_parity_are_known(void **state)
{
    (void)state;
    assert_true(spni_activation_at_zero(SPN_TANH) == 0.0);
    assert_true(spni_activation_at_zero(SPN_RELU) == 0.0);
    assert_true(spni_activation_at_zero(SPN_SIGMOID) == 0.5);
    check_close(spni_activation_at_zero(SPN_SOFTPLUS), log(2.0), 1e-15, 0.0);
    assert_true(spni_activation_at_zero(SPN_GELU) == 0.0);
    assert_true(spni_activation_at_zero(SPN_LINEAR) == 0.0);
    assert_true(spni_activation_at_zero(SPN_SILU) == 0.0);
    for (int kind = 0; spn_activation_words[kind] != NULL; kind++) {
        double plus = 0.7, minus = -0.7;
        spni_activate(kernels, (spn_activation)kind, 1, &plus, NULL, NULL);
        spni_activate(kernels, (spn_activation)kind, 1, &minus, NULL, NULL);
        assert_int_equal(spni_activation_is_odd((spn_activation)kind), plus == -minus);
    }
}

/* silu is made piece by piece: a sample has the same bits wherever it stands, with derivatives or without. */
static void pieces_do_not_show(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    double h[COUNT], plain[COUNT], slopes[COUNT], bends[COUNT];
    for (int i = 0; i < COUNT; i++) {
        h[i] = plain[i] = 0.1 * (i - 90);
    }
    spni_activate(kernels, SPN_SILU, COUNT, h, slopes, bends);
    spni_activate(kernels, SPN_SILU, COUNT, plain, NULL, NULL);
    for (int i = 0; i < COUNT; i++) {
        double alone = 0.1 * (i - 90), slope = 0.0, bend = 0.0;
        spni_activate(kernels, SPN_SILU, 1, &alone, &slope, &bend);
        assert_true(h[i] == alone && plain[i] == alone);
        assert_true(slopes[i] == slope && bends[i] == bend);
    }
}

/* The kink of ReLU: slope 0 at 0, no curvature anywhere. */
static void relu_at_its_kink(void **state)
{
    (void)state;
    double h[3] = {-1.0, 0.0, 2.0}, slopes[3], bends[3];
    spni_activate(kernels, SPN_RELU, 3, h, slopes, bends);
    assert_true(h[0] == 0.0 && h[1] == 0.0 && h[2] == 2.0);
    assert_true(slopes[0] == 0.0 && slopes[1] == 0.0 && slopes[2] == 1.0);
    assert_true(bends[0] == 0.0 && bends[1] == 0.0 && bends[2] == 0.0);
}

/* The third derivative is the slope of the second: a central difference of step 1e-3, right to 1e-6. */
static void expansions_at_zero(void **state)
{
    (void)state;
    double taylor[4];
    for (int k = 0; spn_activation_words[k] != NULL; k++) {
        double h[3] = {-1e-3, 0.0, 1e-3}, slopes[3], bends[3];
        spni_activate(kernels, (spn_activation)k, 3, h, slopes, bends);
        assert_int_equal(spn_activation_taylor((spn_activation)k, taylor), k != SPN_RELU);
        if (k == SPN_RELU) {
            assert_true(isnan(taylor[1]));
            continue;
        }
        check_close(taylor[0], h[1], 1e-15, 1.0);
        check_close(taylor[1], slopes[1], 1e-15, 1.0);
        check_close(taylor[2], bends[1], 1e-15, 1.0);
        check_close(taylor[3], (bends[2] - bends[0]) / 2e-3, 1e-5, 1.0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_right),           cmocka_unit_test(the_ends_are_finite),
        cmocka_unit_test(not_a_number_stays_visible), cmocka_unit_test(zero_and_parity_are_known),
        cmocka_unit_test(pieces_do_not_show),         cmocka_unit_test(relu_at_its_kink),
        cmocka_unit_test(expansions_at_zero),
    };
    kernel_form forms[4];
    int failures = 0;
    for (int k = kernel_forms(forms) - 1; k >= 0; k--) {
        kernels = forms[k].table;
        failures += cmocka_run_group_tests(tests, NULL, NULL);
    }
    return failures;
}
