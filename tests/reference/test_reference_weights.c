/* SPDX-License-Identifier: MIT */
/* Random initial weights against NumPy (dataset.txt, made by make_dataset.py). */
#include "fixture.h"

#include <spinodal/network.h>

static fixture *reference;

static void check_weights(int64_t hidden_count, const int64_t *hidden, bool bias, uint64_t seed,
                          uint64_t job, const char *name)
{
    spn_context *context = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    spn_network *network = NULL;
    check_ok(context,
             spn_network_create(context, 3, 2, hidden_count, hidden, SPN_TANH, bias, &network));
    const fixture_array *expected = fixture_get(reference, "weights.", name);
    assert_int_equal(spn_network_parameters(network), expected->columns);
    double theta[64];
    spn_network_initialize(network, SPN_INIT_FAN_IN, 0.7, seed, job, theta);
    for (int64_t i = 0; i < expected->columns; i++) {
        check_close(theta[i], expected->values[i], 4e-15, 0); /* a quantile and two roundings */
    }
    spn_network_free(context, network);
    spn_context_free(context);
}

static void test_initial_weights(void **state)
{
    (void)state;
    check_weights(2, (int64_t[]){5, 5}, false, 1, 0, "3552");
    check_weights(1, (int64_t[]){4}, true, 5, 3, "bias");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_initial_weights),
    };
    reference = fixture_read("dataset.txt");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fixture_free(reference);
    return failed;
}
