/* SPDX-License-Identifier: MIT */
/* What is learned of a Hessian: with as many conjugate directions as dimensions the inverse is exact, with fewer it is so on what they span;
 * pairs come into use when they are taken, the latest ones of them, and others of another size are forgotten. */
#include "optimize/newton_cg.h"
#include "support.h"

#include <spinodal/numeric.h>

enum { SIZE = 40 };
/* Of what is made of pairs that are kept in single precision. */
static const double ROUNDING = 1e-5;

typedef struct pairs_case {
    spn_context *context;
    spn_landscape landscape;
    spn_objective objective;
    spn_preconditioner *identity;
    spni_curvature_pairs pairs;
    double h[SIZE * SIZE], s[SIZE * SIZE], y[SIZE * SIZE];
} pairs_case;

static void multiply(const double *h, const double *x, double *out)
{
    for (int64_t i = 0; i < SIZE; i++) {
        out[i] = spn_dot(SIZE, h + i * SIZE, x);
    }
}

/* H = 1 + A A^T / SIZE, and directions conjugate to it, s_i^T H s_j = 1 if i = j, else 0, by Gram and Schmidt. */
static pairs_case *open_case(void)
{
    pairs_case *c = calloc(1, sizeof *c);
    double a[SIZE * SIZE];
    spn_random random = spn_random_stream(7, SPN_PURPOSE_TEST, 0);
    assert_non_null(c);
    check_ok(NULL, spn_context_create(NULL, &c->context));
    c->landscape = (spn_landscape){SPN_LANDSCAPE_ROSENBROCK, SIZE, NULL};
    c->objective = spn_landscape_objective(&c->landscape);
    check_ok(c->context, spn_preconditioner_create(c->context, &c->objective, NULL, &c->identity));
    for (int64_t i = 0; i < SIZE * SIZE; i++) {
        a[i] = spn_random_normal(&random);
        c->s[i] = spn_random_normal(&random);
    }
    for (int64_t i = 0; i < SIZE; i++) {
        for (int64_t j = 0; j < SIZE; j++) {
            c->h[i * SIZE + j] =
                (i == j ? 1 : 0) + spn_dot(SIZE, a + i * SIZE, a + j * SIZE) / SIZE;
        }
    }
    for (int64_t i = 0; i < SIZE; i++) {
        double *s = c->s + i * SIZE, *y = c->y + i * SIZE;
        for (int turn = 0; turn < 2; turn++) {
            for (int64_t j = 0; j < i; j++) {
                spn_axpy(SIZE, -spn_dot(SIZE, c->y + j * SIZE, s), c->s + j * SIZE, s);
            }
        }
        multiply(c->h, s, y);
        double root = sqrt(spn_dot(SIZE, s, y));
        for (int64_t k = 0; k < SIZE; k++) {
            s[k] /= root;
            y[k] /= root;
        }
    }
    return c;
}

static void close_case(pairs_case *c)
{
    spni_curvature_pairs_free(c->context, &c->pairs);
    spn_preconditioner_free(c->context, c->identity);
    spn_context_free(c->context);
    free(c);
}

/* Pairs of directions twice as long have the same s and y. */
static void add(pairs_case *c, int64_t i)
{
    double s[SIZE], y[SIZE];
    for (int64_t k = 0; k < SIZE; k++) {
        s[k] = 2 * c->s[i * SIZE + k];
        y[k] = 2 * c->y[i * SIZE + k];
    }
    spni_curvature_pairs_add(&c->pairs, s, y, 4);
}

static void solve(const pairs_case *c, const double *r, double *z)
{
    double scratch[SIZE];
    memcpy(scratch, r, sizeof scratch);
    spni_curvature_pairs_solve(&c->pairs, c->identity, scratch, z);
}

static void test_all_directions_are_the_inverse(void **state)
{
    (void)state;
    pairs_case *c = open_case();
    double z[SIZE], back[SIZE], unit[SIZE] = {0};
    unit[5] = 1;
    check_ok(c->context, spni_curvature_pairs_fit(c->context, &c->pairs, SIZE));
    for (int64_t i = 0; i < SIZE; i++) {
        add(c, i);
    }
    solve(c, unit, z);
    assert_memory_equal(z, unit, sizeof z); /* none has been taken: the identity */
    spni_curvature_pairs_take(&c->pairs);
    solve(c, unit, z);
    multiply(c->h, z, back);
    /* Some 4 SIZE sums of SIZE products, each of numbers up to about 1 that are kept to 6e-8, of vectors up to about 10. */
    for (int64_t k = 0; k < SIZE; k++) {
        check_close(back[k], unit[k], ROUNDING, 1);
    }
    spni_curvature_pairs_forget(&c->pairs);
    solve(c, unit, z);
    assert_memory_equal(z, unit, sizeof z);
    close_case(c);
}

/* P y = s for the directions that are in use, and positive for any other. */
static void test_some_directions_are_exact(void **state)
{
    (void)state;
    pairs_case *c = open_case();
    double z[SIZE], other[SIZE];
    check_ok(c->context, spni_curvature_pairs_fit(c->context, &c->pairs, SIZE));
    for (int64_t i = 0; i < SIZE / 4; i++) {
        add(c, i);
    }
    spni_curvature_pairs_take(&c->pairs);
    for (int64_t i = SIZE / 4; i < SIZE / 2; i++) {
        add(c, i);
    }
    spni_curvature_pairs_take(&c->pairs);
    for (int64_t i = 0; i < SIZE / 2; i++) {
        solve(c, c->y + i * SIZE, z);
        for (int64_t k = 0; k < SIZE; k++) {
            check_close(z[k], c->s[i * SIZE + k], ROUNDING, 1);
        }
    }
    for (int64_t k = 0; k < SIZE; k++) {
        other[k] = k % 2 ? -1.0 : 1.0;
    }
    solve(c, other, z);
    assert_true(spn_dot(SIZE, other, z) > 0);
    close_case(c);
}

/* The ring: directions e_0, e_1, e_2 in turn, curvatures that rise. Of each direction the latest pair overrides the others, and a negative
 * curvature is none. */
static void test_the_latest_are_kept(void **state)
{
    (void)state;
    enum { TURNS = 3, LAST = 1000 };
    pairs_case *c = open_case();
    const double expected[TURNS] = {1.0 / 999, 1.0 / 1000, 1.0 / 998};
    double z[SIZE], ones[SIZE];
    check_ok(c->context, spni_curvature_pairs_fit(c->context, &c->pairs, SIZE - 1));
    check_ok(c->context, spni_curvature_pairs_fit(c->context, &c->pairs, SIZE));
    for (int64_t k = 1; k <= LAST; k++) {
        double s[SIZE] = {0}, y[SIZE] = {0};
        s[k % TURNS] = 1;
        y[k % TURNS] = (double)k;
        spni_curvature_pairs_add(&c->pairs, s, y, (double)k);
        spni_curvature_pairs_add(&c->pairs, s, y, -1);
        if (k % 7 == 0 || k > LAST - 10) {
            spni_curvature_pairs_take(&c->pairs);
        }
    }
    assert_true(c->pairs.count == c->pairs.most);
    for (int64_t i = 0; i < SIZE; i++) {
        ones[i] = 1;
    }
    solve(c, ones, z);
    for (int64_t i = 0; i < SIZE; i++) {
        check_close(z[i], i < TURNS ? expected[i] : 1, 1e-14, 0);
    }
    close_case(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_directions_are_the_inverse),
        cmocka_unit_test(test_some_directions_are_exact),
        cmocka_unit_test(test_the_latest_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
