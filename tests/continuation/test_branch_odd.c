/* SPDX-License-Identifier: MIT */
/* One branch by products of odd networks on data that are their own mirror image, x -> -x with y -> -y: special points so close
 * together that a step passes several. The dense method has them on the same problem. */
#include "networks_case.h"

static spn_context *context;

enum { PAIRS = 6, INPUTS = 2, UNITS = 3 };

/* x, x, y: one sample of each pair. */
typedef double pair_rows[PAIRS][INPUTS + 1];

static const pair_rows data[] = {
    {{1.4, 0.3, -0.8},
     {-0.4, 0.6, 0.0},
     {0.4, 0.1, -0.4},
     {-0.2, 0.1, 0.2},
     {0.5, 0.8, -0.9},
     {0.9, 0.4, -0.8}},
    {{-0.5, 1.0, 1.7},
     {-1.1, -0.1, 0.3},
     {0.8, 1.2, 3.6},
     {0.1, 0.4, 2.1},
     {0.7, 0.1, 0.1},
     {0.1, 0.1, 0.7}},
    {{-1.3, 0.9, -1.2},
     {0.7, 1.3, 2.4},
     {-0.2, -1.0, -1.7},
     {1.0, 0.6, 2.4},
     {0.7, 0.2, 1.8},
     {-1.1, -2.0, -2.5}},
    {{-0.6, 0.6, -0.1},
     {0.7, 0.6, -0.3},
     {0.9, -2.7, 0.2},
     {0.5, -1.2, 0.2},
     {0.8, 0.5, -0.3},
     {0.7, -1.7, 0.2}},
};

static spn_dataset *mirrored(const pair_rows pairs)
{
    double rows[2 * PAIRS][INPUTS + 1];
    spn_dataset *dataset = NULL;
    for (int i = 0; i < PAIRS; i++) {
        for (int k = 0; k <= INPUTS; k++) {
            rows[2 * i][k] = pairs[i][k];
            rows[2 * i + 1][k] = -pairs[i][k];
        }
    }
    check_ok(context, spn_dataset_from_rows(context, (int64_t)2 * PAIRS, INPUTS, 1, &rows[0][0],
                                            NULL, NULL, &dataset));
    return dataset;
}

static void run_on(network_case *c, const pair_rows pairs, double from, int method)
{
    const network_setup setup = {
        .depth = 2, .width = UNITS, .activation = SPN_TANH, .from = from, .to = 3};
    network_case_on(c, context, &setup, mirrored(pairs));
    c->run.settings.method = method;
    c->run.settings.starts = 0;
    c->run.settings.index = method == SPN_BRANCHES_DENSE ? 3 : 1;
    case_run(&c->run);
}

/* The dense method's place of this kind that is nearest in beta, if L agrees, or NULL. */
static const spn_special_record *find_dense(const network_case *dense, const spn_special_record *at)
{
    int64_t count = 0;
    const spn_special_record *all = spn_branches_specials(dense->run.branches, &count);
    const spn_special_record *best = NULL;
    for (int64_t i = 0; i < count; i++) {
        if (all[i].kind == at->kind &&
            fabs(all[i].state.loss - at->state.loss) <= 1e-4 * at->state.loss &&
            (best == NULL || fabs(all[i].beta - at->beta) < fabs(best->beta - at->beta))) {
            best = &all[i];
        }
    }
    return best;
}

/* The branch comes to a point at which several units merge, and to a fold so close to it that a usual step passes both; and in most cases
 * the fold's mirror image as well, so that its ends look like those of a pitchfork that is seen from its side. */
static void test_hops(void **state)
{
    (void)state;
    static const struct {
        int data;
        double from;
        int64_t fold; /* which special point it is */
    } cases[] = {{0, 0.009, 0}, {1, 0.0689, 2}, {1, 0.1165, 0}, {2, 0.01, 2}, {3, 0.01, 0}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        network_case c, dense;
        int64_t count = 0;
        run_on(&c, data[cases[k].data], cases[k].from, SPN_BRANCHES_PRODUCTS);
        run_on(&dense, data[cases[k].data], 0.01, SPN_BRANCHES_DENSE);
        const spn_special_record *found = spn_branches_specials(c.run.branches, &count);
        const spn_special_record *fold = &found[cases[k].fold];
        assert_true(count > cases[k].fold);
        assert_int_equal(fold->kind, SPN_SPECIAL_FOLD);
        assert_int_equal(fold->kernel, 1);
        assert_true(fold->index_before + fold->index_after == 1);
        const spn_special_record *truth = find_dense(&dense, fold);
        assert_non_null(truth);
        assert_true(fold->beta_low <= truth->beta_high && truth->beta_low <= fold->beta_high);
        check_close(fold->beta, truth->beta, 1e-12, 0);
        check_close(fold->state.weight_norm, truth->state.weight_norm, 1e-6, 0);
        check_close(fold->coefficient, truth->coefficient, 1e-3, 0);
        for (int64_t i = 0; i < count; i++) {
            const spn_special_record *other = find_dense(&dense, &found[i]);
            assert_non_null(other);
            check_close(found[i].beta, other->beta, 2e-5, 0);
        }
        network_case_close(&c);
        network_case_close(&dense);
    }
}

/* The interval of each special point holds what the dense method, which knows it to 1e-13, says: where the branch moves along a kernel,
 * where it ends at its mirror image, and where it keeps the symmetry. */
static void test_intervals(void **state)
{
    (void)state;
    static const double from[] = {0.01, 0.03, 0.06, 0.1, 0.2};
    int64_t crossings = 0, vertices = 0, others = 0;
    for (size_t d = 0; d < sizeof data / sizeof *data; d++) {
        network_case dense;
        run_on(&dense, data[d], 0.01, SPN_BRANCHES_DENSE);
        for (size_t k = 0; k < sizeof from / sizeof *from; k++) {
            network_case c;
            int64_t count = 0;
            run_on(&c, data[d], from[k], SPN_BRANCHES_PRODUCTS);
            const spn_special_record *found = spn_branches_specials(c.run.branches, &count);
            for (int64_t i = 0; i < count; i++) {
                const spn_special_record *at = &found[i], *truth = find_dense(&dense, at);
                assert_non_null(truth);
                assert_true(at->beta_low <= truth->beta_high && truth->beta_low <= at->beta_high);
                bool is_fold = at->kind == SPN_SPECIAL_FOLD, is_crossing = at->kernel > 1;
                bool is_vertex = !is_fold && isfinite(at->coefficient);
                double most = is_fold ? 1e-11 : is_crossing ? 1e-4 : is_vertex ? 1e-8 : 1e-5;
                assert_true(at->beta_high - at->beta_low <= most * at->beta);
                assert_true(!is_vertex || fabs(at->beta / truth->beta - 1) <= 1e-11);
                crossings += is_crossing;
                vertices += is_vertex;
                others += !is_fold && !is_crossing && !is_vertex;
            }
            network_case_close(&c);
        }
        network_case_close(&dense);
    }
    assert_true(crossings > 2 && vertices > 2 && others > 2);
}

int main(void)
{
    if (spn_context_create(NULL, &context) != SPN_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hops),
        cmocka_unit_test(test_intervals),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    spn_context_free(context);
    return failed;
}
