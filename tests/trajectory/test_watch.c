/* SPDX-License-Identifier: MIT */
/* The watcher on made-up paths: hysteresis, levels, its limit, its packed form. */
#include "trajectory_case.h"

#include "trajectory/trajectory.h"

typedef struct fake {
    spn_context *context;
    spn_landscape landscape;
    spn_objective objective;
    spn_point *point;
    spni_watch watch;
    double theta;
} fake;

static const double parabola[] = {1};

static void open_fake(fake *f, int method)
{
    const spn_grok_settings grok = {.method = method};
    const spn_solver_settings solver = {.momentum = 0.9, .beta1 = 0.9, .batch = 1};
    *f = (fake){.landscape = {SPN_LANDSCAPE_QUADRATIC, 1, parabola}};
    check_ok(NULL, spn_context_create(NULL, &f->context));
    f->objective = spn_landscape_objective(&f->landscape);
    check_ok(f->context, spn_point_create(f->context, &f->objective, &f->point));
    check_ok(f->context, spni_watch_create(f->context, 1, &grok, &solver, &f->watch));
}

static void close_fake(fake *f)
{
    spni_watch_free(f->context, &f->watch);
    spn_point_free(f->context, f->point);
    spn_context_free(f->context);
}

/* A state of this E and |grad L|; theta is the epoch. */
static spn_stepper_view view_of(fake *f, double epoch, double error, double gradient)
{
    f->point->value = error;
    f->theta = epoch;
    return (spn_stepper_view){.epoch = epoch,
                              .value = error,
                              .gradient_norm = gradient,
                              .theta = &f->theta,
                              .point = f->point};
}

static void step(fake *f, double epoch, double error, double gradient)
{
    spn_stepper_view view = view_of(f, epoch, error, gradient);
    if (epoch == 0) {
        spni_watch_start(&f->watch, &view);
    } else {
        spni_watch_step(&f->watch, &view);
    }
}

static void check_stay(const fake *f, int64_t number, double from, double slowest, double to)
{
    const spni_stay *stay = &f->watch.stays[number];
    check_close(stay->epoch_from, from, 0, 0);
    check_close(stay->epoch_slowest, slowest, 0, 0);
    check_close(stay->epoch_to, to, 0, 0);
    check_close(*spni_stay_from(&f->watch, number), from, 0, 0);
    check_close(*spni_stay_slowest(&f->watch, number), slowest, 0, 0);
}

/* Epoch, E, |grad L|. 3/2 is no rise; behind the escape at 4 the path slows down twice at one level. */
static const double path[][3] = {{0, 1, 1},      {1, 1, 0.1},     {2, 0.99, 0.15}, {3, 0.5, 1},
                                 {4, 0.4, 2},    {5, 0.3, 1.5},   {6, 0.2, 0.9},   {7, 0.2, 0.01},
                                 {8, 0.2, 0.03}, {9, 0.2, 0.004}, {10, 0.2, 0.005}};
enum { PATH = sizeof path / sizeof *path };

static void test_hysteresis_and_levels(void **state)
{
    (void)state;
    fake f;
    open_fake(&f, SPN_PATH_GD);
    for (int i = 0; i < PATH; i++) {
        step(&f, path[i][0], path[i][1], path[i][2]);
        assert_int_equal((int)f.watch.head.closed, i < 6 ? 0 : (i < 9 ? 1 : 2));
    }
    check_stay(&f, 0, 0, 1, 4);
    check_stay(&f, 1, 4, 7, 8);
    check_stay(&f, 2, 8, 9, (double)NAN);
    spn_stepper_view last = view_of(&f, 10, 0.2, 0.005);
    spni_watch_finish(&f.watch, &last);
    assert_int_equal((int)f.watch.head.closed, 1);
    check_stay(&f, 0, 0, 1, 4);
    check_stay(&f, 1, 4, 9, (double)NAN);
    check_close(f.watch.stays[1].gradient_norm, 0.004, 0, 0);
    close_fake(&f);
}

/* Of two at one level that are left, the slower place stays when it is the first, too. */
static void test_first_is_slower(void **state)
{
    (void)state;
    fake f;
    open_fake(&f, SPN_PATH_GD);
    const double calm[] = {0.1, 0.001, 0.01};
    double epoch = 0;
    for (int i = 0; i < 3; i++) {
        step(&f, epoch++, i == 0 ? 1 : 0.2, calm[i]);
        step(&f, epoch++, i == 0 ? 1 : 0.2, 1);
    }
    step(&f, epoch, 0.2, 0.4);
    check_stay(&f, 0, 0, 0, 1);
    check_stay(&f, 1, 1, 2, 5);
    check_stay(&f, 2, 5, 6, (double)NAN);
    close_fake(&f);
}

/* An escape that noise hides: |grad L| never halves, but E has gone to another level. */
static void test_noisy_escape(void **state)
{
    (void)state;
    fake f;
    open_fake(&f, SPN_PATH_GD);
    const double noisy[][3] = {{0, 1, 1}, {1, 1, 0.1}, {2, 0.6, 0.9}, {3, 0.2, 0.8}, {4, 0.2, 0.7}};
    for (size_t i = 0; i < sizeof noisy / sizeof *noisy; i++) {
        step(&f, noisy[i][0], noisy[i][1], noisy[i][2]);
    }
    spn_stepper_view last = view_of(&f, 4, 0.2, 0.7);
    spni_watch_finish(&f.watch, &last);
    assert_int_equal((int)f.watch.head.closed, 1);
    check_stay(&f, 0, 0, 1, 2);
    check_stay(&f, 1, 2, 4, (double)NAN);
    close_fake(&f);
}

/* Noise behind the escape that exceeds its own |grad L|, and a spike of E: the escape of mini-batches is where E falls
 * most below all it was before. */
static void test_noise_is_larger(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        fake f;
        open_fake(&f, k == 0 ? SPN_PATH_SGD : SPN_PATH_GD);
        for (int i = 0; i <= 60; i++) {
            double error = i < 20    ? 1
                           : i == 20 ? 0.9
                           : i == 21 ? 0.3
                                     : (i == 40 ? 2 : 0.2 + 0.01 * (i % 2));
            double gradient = i < 20 ? 0.01 : i < 22 ? 0.5 : 1 + 0.01 * i;
            step(&f, i, error, gradient);
        }
        spn_stepper_view last = view_of(&f, 60, 0.2, 1.6);
        spni_watch_finish(&f.watch, &last);
        if (k == 0) {
            assert_int_equal((int)f.watch.head.closed, 1);
            check_close(f.watch.stays[0].epoch_to, 21, 0, 0);
        } else {
            assert_true(f.watch.head.peak_epoch > 22);
        }
        close_fake(&f);
    }
}

/* Swings with |grad L| passing through 0 are one plateau for a heavy ball, not for gradient descent. */
static void test_swings_are_smoothed(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        fake f;
        open_fake(&f, k == 0 ? SPN_PATH_MOMENTUM : SPN_PATH_GD);
        for (int i = 0; i < 400; i++) {
            step(&f, i, 2 - 0.004 * i, fabs(cos(0.3 * i)) + 1e-3);
        }
        assert_true(k == 0 ? f.watch.head.closed == 0 : f.watch.head.closed > 4);
        close_fake(&f);
    }
}

/* A staircase of twenty steps, the third of which is lowest by half: eight are kept, end to end. */
static void test_limit(void **state)
{
    (void)state;
    fake f;
    open_fake(&f, SPN_PATH_GD);
    double epoch = 0;
    for (int i = 0; i < 20; i++) {
        double error = 20 - i + (i == 3 ? 0.5 : 0);
        step(&f, epoch++, error, 0.1);
        step(&f, epoch++, error, 1);
    }
    step(&f, epoch, 0, 0.1);
    int64_t closed = (int64_t)f.watch.head.closed;
    assert_true(closed < SPNI_STAYS_MOST && closed >= SPNI_STAYS_MOST - 1);
    check_close(f.watch.stays[0].epoch_from, 0, 0, 0);
    for (int64_t i = 0; i < closed; i++) {
        check_close(f.watch.stays[i].epoch_to, f.watch.stays[i + 1].epoch_from, 0, 0);
    }
    close_fake(&f);
}

/* Cut anywhere, packed and unpacked into another watcher, the path gives the same. */
static void check_packed(int method)
{
    fake whole;
    open_fake(&whole, method);
    for (int i = 0; i < PATH; i++) {
        step(&whole, path[i][0], path[i][1], path[i][2]);
    }
    double expected[256], packed[256];
    int64_t size = spni_watch_size(&whole.watch);
    assert_true(size <= 256 && size <= spni_watch_size_most(1, 0));
    spni_watch_pack(&whole.watch, expected);
    for (int cut = 1; cut < PATH; cut++) {
        fake first, second;
        open_fake(&first, method);
        open_fake(&second, method);
        for (int i = 0; i < PATH; i++) {
            if (i == cut) {
                int64_t now = spni_watch_size(&first.watch);
                spni_watch_pack(&first.watch, packed);
                assert_false(spni_watch_unpack(&second.watch, packed, now - 1));
                assert_true(spni_watch_unpack(&second.watch, packed, now));
            }
            step(i < cut ? &first : &second, path[i][0], path[i][1], path[i][2]);
        }
        spni_watch_pack(&second.watch, packed);
        assert_int_equal(spni_watch_size(&second.watch), size);
        assert_memory_equal(packed, expected, (size_t)size * sizeof *packed);
        close_fake(&first);
        close_fake(&second);
    }
    packed[0] = 1e9;
    assert_false(spni_watch_unpack(&whole.watch, packed, size));
    spni_watch_pack(&whole.watch, packed);
    assert_memory_equal(packed, expected, (size_t)size * sizeof *packed);
    close_fake(&whole);
}

static void test_packed(void **state)
{
    (void)state;
    check_packed(SPN_PATH_GD);
    check_packed(SPN_PATH_MOMENTUM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hysteresis_and_levels),
        cmocka_unit_test(test_first_is_slower),
        cmocka_unit_test(test_noisy_escape),
        cmocka_unit_test(test_noise_is_larger),
        cmocka_unit_test(test_swings_are_smoothed),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_packed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
