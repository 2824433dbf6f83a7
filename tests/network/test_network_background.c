/* SPDX-License-Identifier: MIT */
/* Products with images read bytes and pass over what is black: the same numbers to rounding, and the same bits where inputs are not bytes and black is 0; the same
 * bits on any number of ranks and threads; and where there is nothing to pass over and no byte nothing is different. */
#include "images_case.h"
#include "network/network_reduction.h"
#include "played_farm.h"

#include <float.h>
#include <spinodal/base/team.h>
#include <spinodal/objective/reduction.h>

enum { SAMPLES = 1003, VECTORS = 4 };

/* ---- What is compared -------------------------------------------------------------------------- */

static void subject_create(subject *s, spn_context *context, const look *of, const int64_t *order)
{
    const int64_t hidden[] = {9, 6};
    s->context = context;
    s->data = images(context, SAMPLES, of, order);
    check_ok(context, spn_network_create(context, INPUTS, OUTPUTS, 2, hidden, SPN_TANH,
                                         of->has_bias, &s->network));
    check_ok(context, spn_network_error_create(context, s->network, s->data,
                                               SPN_ERROR_CROSS_ENTROPY, &s->error));
    s->size = spn_network_parameters(s->network);
    s->count = 1 + s->size * (1 + 3 * VECTORS);
    s->theta = case_vector(s->size);
    s->v = case_vector(s->size * VECTORS);
    s->numbers = case_vector(s->count);
    case_fill(s->size, 0.1, 5, s->theta);
    case_fill(s->size * VECTORS, 1.0, 6, s->v);
}

static spn_status take(subject *s)
{
    spn_status status = SPN_OK;
    static const spn_part parts[] = {SPN_PART_FULL, SPN_PART_GAUSS_NEWTON, SPN_PART_RESIDUAL};
    spn_context *context = s->context;
    spn_point *point = NULL;
    double *next = s->numbers + 1;
    SPN_TRY(spn_point_create(context, spn_network_error_objective(s->error), &point));
    SPN_TRY(spn_point_set(context, point, s->theta, 0, NULL, SPN_WANT_ALL));
    s->numbers[0] = point->value;
    memcpy(next, point->gradient, (size_t)s->size * sizeof *next);
    next += s->size;
    for (int i = 0; i < 3; i++, next += s->size * VECTORS) {
        SPN_TRY(spn_point_hvp(context, point, parts[i], VECTORS, s->v, next));
    }
done:
    spn_point_free(context, point);
    return status;
}

/* The same with everything taken. */
static void take_without(subject *s, double *numbers)
{
    const spni_background *kept = s->error->background;
    s->error->background = NULL;
    check_ok(s->context, take(s));
    memcpy(numbers, s->numbers, (size_t)s->count * sizeof *numbers);
    s->error->background = kept;
}

/* Each vector (the value, the gradient, products) against its largest number. N + I terms are summed, each product of depth
 * 3 rounds three times: their errors, of random signs, stay far below that many roundings. */
static void check_rounded(const subject *s, const double *numbers)
{
    const double tolerance = 3 * (SAMPLES + INPUTS) * DBL_EPSILON;
    check_close(s->numbers[0], numbers[0], tolerance, fabs(numbers[0]));
    for (int64_t at = 1; at < s->count; at += s->size) {
        const double size = case_largest(s->size, numbers + at);
        for (int64_t i = at; i < at + s->size; i++) {
            check_close(s->numbers[i], numbers[i], tolerance, size);
        }
    }
}

/* ---- Tests ------------------------------------------------------------------------------------- */

static void test_black_that_is_zero(void **state)
{
    (void)state;
    static const look looks[] = {{.divisor = 255, .deviation = 1, .has_bias = true},
                                 {.divisor = 1, .deviation = 1},
                                 {.divisor = 255, .deviation = 0.3, .is_odd = true}};
    spn_context *context = make_context();
    for (size_t q = 0; q < sizeof looks / sizeof *looks; q++) {
        subject s = {.context = NULL};
        subject_create(&s, context, &looks[q], NULL);
        double *numbers = case_vector(s.count);
        assert_non_null(s.error->background);
        take_without(&s, numbers);
        check_ok(context, take(&s));
        check_rounded(&s, numbers);
        if (looks[q].is_odd) {
            assert_memory_equal(s.numbers, numbers, (size_t)s.count * sizeof *numbers);
        }
        assert_true(spni_multiplies_bytes(s.error) != looks[q].is_odd);
        free(numbers);
        subject_free(&s);
    }
    spn_context_free(context);
}

static const look levels[] = {
    {.divisor = 255, .deviation = 1, .is_centred = true, .has_bias = true},
    {.divisor = 255, .mean = 0.1307, .deviation = 0.3081, .has_bias = true},
    {.divisor = 255, .mean = 0.1307, .deviation = 0.3081, .has_bias = true, .is_odd = true},
    {.divisor = 1, .deviation = 3e-5, .is_centred = true, .has_bias = true, .is_odd = true},
};
enum { LEVELS = sizeof levels / sizeof levels[0] };

static void test_black_that_is_something_else(void **state)
{
    (void)state;
    spn_context *context = make_context();
    for (int q = 0; q < LEVELS; q++) {
        subject s = {.context = NULL};
        subject_create(&s, context, &levels[q], NULL);
        double *numbers = case_vector(s.count);
        assert_non_null(s.error->background);
        case_fill(s.size, q == 3 ? 1e-6 : 0.1, 5, s.theta);
        take_without(&s, numbers);
        check_ok(context, take(&s));
        assert_memory_not_equal(s.numbers, numbers, (size_t)s.count * sizeof *numbers);
        check_rounded(&s, numbers);
        free(numbers);
        subject_free(&s);
    }
    spn_context_free(context);
}

/* Other samples stand together, so that other groups are black. */
static void test_order_of_samples(void **state)
{
    (void)state;
    static int64_t order[SAMPLES];
    for (int64_t n = 0; n < SAMPLES; n++) {
        order[n] = n * 370 % SAMPLES;
    }
    spn_context *context = make_context();
    for (int q = 0; q < 2; q++) {
        subject s = {.context = NULL}, permuted = {.context = NULL};
        subject_create(&s, context, &levels[q], NULL);
        subject_create(&permuted, context, &levels[q], order);
        check_ok(context, take(&s));
        check_ok(context, take(&permuted));
        check_rounded(&permuted, s.numbers);
        subject_free(&s);
        subject_free(&permuted);
    }
    spn_context_free(context);
}

static void test_threads_do_not_change_bits(void **state)
{
    (void)state;
    for (int q = 0; q < 2; q++) {
        spn_context *context = make_context();
        spn_team *team = NULL;
        subject s = {.context = NULL};
        subject_create(&s, context, &levels[q], NULL);
        double *numbers = case_vector(s.count);
        check_ok(context, take(&s));
        memcpy(numbers, s.numbers, (size_t)s.count * sizeof *numbers);
        check_ok(context, spn_team_create(context, 3, &team));
        spn_context_set_team(context, team);
        check_ok(context, take(&s));
        assert_memory_equal(s.numbers, numbers, (size_t)s.count * sizeof *numbers);
        spn_context_set_team(context, NULL);
        spn_team_free(team);
        free(numbers);
        subject_free(&s);
        spn_context_free(context);
    }
}

typedef struct rank {
    spn_farm farm;
    subject s;
    spn_status status;
} rank;

static void *run_rank(void *memory)
{
    rank *r = memory;
    r->status = meet(r->s.context, &r->farm, take(&r->s), NULL);
    return NULL;
}

static void test_ranks_do_not_change_bits(void **state)
{
    (void)state;
    enum { SIZE = 3 };
    const look *looks = &levels[1]; /* odd numbers are on one rank alone, which has no bytes */
    for (int q = 0; q < 2; q++) {
        subject alone = {.context = NULL};
        rank ranks[SIZE] = {{.status = SPN_OK}};
        pthread_t threads[SIZE];
        stage *played = stage_open(SIZE);
        subject_create(&alone, make_context(), &looks[q], NULL);
        check_ok(alone.context, take(&alone));
        for (int64_t r = 0; r < SIZE; r++) {
            ranks[r].farm = rank_of(played, r, SIZE);
            subject_create(&ranks[r].s, make_context(), &looks[q], NULL);
            check_ok(ranks[r].s.context,
                     spn_network_error_shard(ranks[r].s.context, ranks[r].s.error, &ranks[r].farm,
                                             &ranks[r].s.held));
        }
        for (int64_t r = 0; r < SIZE; r++) {
            assert_int_equal(pthread_create(&threads[r], NULL, run_rank, &ranks[r]), 0);
        }
        for (int64_t r = 0; r < SIZE; r++) {
            pthread_join(threads[r], NULL);
        }
        for (int64_t r = 0; r < SIZE; r++) {
            check_ok(ranks[r].s.context, ranks[r].status);
            assert_memory_equal(ranks[r].s.numbers, alone.numbers,
                                (size_t)alone.count * sizeof *alone.numbers);
            subject_free(&ranks[r].s);
            spn_context_free(ranks[r].s.context);
        }
        stage_close(played);
        subject_free(&alone);
        spn_context_free(alone.context);
    }
}

/* ---- Beside the reduced network ---------------------------------------------------------------- */

/* All units of a layer are one. The block of deviations in the first layer, and what certificates make of it: from nothing, then of what the
 * first has found. */
typedef struct beside {
    double *block, smallest[2], bound[2];
    int64_t side;
} beside;

static void take_beside(subject *s, double beta, beside *out)
{
    spn_context *context = s->context;
    spn_reduction *reduction = NULL;
    void *own = NULL;
    spn_point *point = NULL;
    spn_soft_modes modes = {0};
    spn_certificate found;
    spn_regularised regularised = {.error = spn_network_error_objective(s->error)};
    const spn_objective loss = spn_regularise(&regularised);
    const spn_damping damping = {.stiffness = 2 * beta};
    double *equal = case_vector(s->size), *z = case_vector(s->size);
    for (int64_t i = 0; i < s->size; i++) {
        equal[i] = 0.03;
    }
    /* Outputs differ, or hidden units would have no part in the error. */
    const int64_t above = s->network->width[2], last = s->network->weight_offset[3];
    for (int64_t i = 0; i < OUTPUTS * above; i++) {
        equal[last + i] = 0.3 * (double)(i / above + 1);
    }
    check_ok(context, spn_reduction_create(context, &loss, equal, 1e-12, &reduction));
    const spn_objective *reduced = spn_reduction_objective(reduction);
    check_ok(context, spn_point_create(context, reduced, &point));
    spn_reduction_restrict(reduction, equal, z);
    check_ok(context, spn_point_set(context, point, z, beta, NULL, SPN_WANT_ALL));
    const spn_certify_settings by = {.modes = &modes};
    for (int i = 0; i < 2; i++) {
        check_ok(context, spn_reduction_certify(context, reduction, point, &by, &found, NULL));
        out->smallest[i] = found.smallest;
        out->bound[i] = found.bound;
    }
    check_ok(context,
             spni_network_reduction.create(context, regularised.error, equal, 1e-12, &own));
    out->side = spni_reduction_side(own, 1);
    out->block = case_vector(out->side * out->side);
    check_ok(context, spni_reduction_block(context, own, spn_point_error(point), &damping, 1, 0,
                                           out->block));
    spni_network_reduction.free(context, own);
    spn_soft_modes_free(context, &modes);
    spn_point_free(context, point);
    spn_reduction_free(context, reduction);
    free(equal);
    free(z);
}

static void test_certificates(void **state)
{
    (void)state;
    spn_context *context = make_context();
    for (int q = 0; q < 2; q++) {
        subject s = {.context = NULL};
        beside with, without;
        subject_create(&s, context, &levels[q], NULL);
        const spni_background *background = s.error->background;
        take_beside(&s, 0.002, &with);
        s.error->background = NULL;
        take_beside(&s, 0.002, &without);
        s.error->background = background;
        const int64_t n = with.side;
        const double size = case_largest(n * n, without.block);
        const double tolerance = 3 * (SAMPLES + INPUTS) * DBL_EPSILON;
        assert_int_equal(n, INPUTS + 1 + 1);
        for (int64_t k = 0; k < n; k++) {
            for (int64_t i = k; i < n; i++) {
                check_close(with.block[i + k * n], without.block[i + k * n], tolerance, size);
            }
        }
        /* Eigenvalues move by at most the norm of what the block has moved by. */
        for (int i = 0; i < 2; i++) {
            check_close(with.smallest[i], without.smallest[i], (double)n * tolerance, size);
            assert_true(with.bound[i] <= 1e-6 * size);
        }
        free(with.block);
        free(without.block);
        subject_free(&s);
    }
    spn_context_free(context);
}

/* A subset is gathered, and everything of it is taken: by the numbers of samples, whatever places these have. */
static void test_subsets(void **state)
{
    (void)state;
    enum { COUNT = 300 };
    int64_t indices[COUNT];
    spn_context *context = make_context();
    subject s = {.context = NULL};
    spn_point *points[2] = {NULL};
    for (int64_t i = 0; i < COUNT; i++) {
        indices[i] = i * 3 + 1;
    }
    const spn_subset subset = {COUNT, indices};
    subject_create(&s, context, &levels[0], NULL);
    assert_non_null(s.error->places);
    const spni_background *background = s.error->background;
    const spni_places *places = s.error->places;
    for (int i = 0; i < 2; i++) {
        s.error->background = i == 0 ? background : NULL;
        s.error->places = i == 0 ? places : NULL;
        check_ok(context,
                 spn_point_create(context, spn_network_error_objective(s.error), &points[i]));
        check_ok(context, spn_point_set(context, points[i], s.theta, 0, &subset, SPN_WANT_ALL));
        check_ok(context,
                 spn_point_hvp(context, points[i], SPN_PART_FULL, 1, s.v, s.numbers + i * s.size));
    }
    assert_true(points[0]->value == points[1]->value);
    assert_memory_equal(points[0]->gradient, points[1]->gradient, (size_t)s.size * sizeof *s.theta);
    assert_memory_equal(s.numbers, s.numbers + s.size, (size_t)s.size * sizeof *s.theta);
    spn_point_free(context, points[0]);
    spn_point_free(context, points[1]);
    s.error->background = background;
    s.error->places = places;
    subject_free(&s);
    spn_context_free(context);
}

/* Zeros that are not the lowest value are passed over, with biases and without. */
static void test_signed_images(void **state)
{
    (void)state;
    spn_context *context = make_context();
    for (int q = 0; q < 2; q++) {
        const look of = {.divisor = 1, .deviation = 1, .has_bias = q == 1, .is_signed = true};
        subject s = {.context = NULL};
        subject_create(&s, context, &of, NULL);
        double *numbers = case_vector(s.count);
        assert_non_null(s.error->background);
        assert_true(s.error->background->is_zero && s.error->background->is_sparse);
        assert_false(spni_multiplies_bytes(s.error));
        assert_null(s.error->own_lattice);
        take_without(&s, numbers);
        check_ok(context, take(&s));
        assert_memory_equal(s.numbers, numbers, (size_t)s.count * sizeof *numbers);
        free(numbers);
        subject_free(&s);
    }
    spn_context_free(context);
}

/* Bytes are multiplied where nothing is black, too. */
static void test_crowded_images(void **state)
{
    (void)state;
    static const look crowded = {
        .divisor = 255, .mean = 0.3, .deviation = 0.2, .has_bias = true, .is_crowded = true};
    spn_context *context = make_context();
    subject s = {.context = NULL};
    subject_create(&s, context, &crowded, NULL);
    double *numbers = case_vector(s.count);
    assert_true(spni_multiplies_bytes(s.error));
    assert_false(s.error->background->is_sparse);
    take_without(&s, numbers);
    check_ok(context, take(&s));
    check_rounded(&s, numbers);
    free(numbers);
    subject_free(&s);
    spn_context_free(context);
}

/* Levels that biases cannot take, and images that are neither bytes nor black. */
static void test_nothing_to_pass_over(void **state)
{
    (void)state;
    static const look looks[] = {
        {.divisor = 255, .mean = 0.1, .deviation = 1},
        {.divisor = 255, .deviation = 1, .is_crowded = true, .is_odd = true}};
    spn_context *context = make_context();
    for (int q = 0; q < 2; q++) {
        subject s = {.context = NULL};
        subject_create(&s, context, &looks[q], NULL);
        assert_null(s.error->background);
        subject_free(&s);
    }
    spn_context_free(context);
}

/* Inputs that are rarely at their lowest value, or nearly always at one beside which the others would lose digits: each has the level 0, and the
 * other ones theirs. */
static void test_values_that_are_no_levels(void **state)
{
    (void)state;
    enum { RARE = 7, MISSING = 8, CONSTANT = 9 };
    spn_context *context = make_context();
    spn_network *network = NULL;
    spn_network_error *error = NULL;
    const int64_t hidden = 2;
    spn_dataset *data = images(context, SAMPLES, &levels[1], NULL), *changed = NULL;
    double *x = NULL, *y = NULL;
    check_ok(context,
             spn_dataset_create(context, SAMPLES, INPUTS, OUTPUTS, NULL, NULL, &changed, &x, &y));
    memcpy(x, data->x, (size_t)(INPUTS * data->stride) * sizeof *x);
    memcpy(y, data->y, (size_t)(OUTPUTS * data->stride) * sizeof *y);
    for (int64_t n = 0; n < SAMPLES; n++) {
        x[RARE * changed->stride + n] = n == 3 ? -1e12 : 0.1 + 1e-4 * (double)n;
        x[MISSING * changed->stride + n] = n % 100 == 0 ? 0.12 : -9999;
        x[CONSTANT * changed->stride + n] = 1e6;
    }
    check_ok(context,
             spn_network_create(context, INPUTS, OUTPUTS, 1, &hidden, SPN_TANH, true, &network));
    check_ok(context, spn_network_error_create(context, network, changed, SPN_ERROR_MSE, &error));
    assert_non_null(error->background);
    assert_false(error->background->is_zero);
    const double black = (0.0 - levels[1].mean) / levels[1].deviation;
    int64_t blacks = 0;
    for (int64_t i = 0; i < INPUTS; i++) {
        const double level = error->background->level[i];
        blacks += level == black ? 1 : 0;
        /* Where discs overlap pixels are lit in every group. */
        assert_true(i == CONSTANT               ? level == 1e6
                    : i == RARE || i == MISSING ? level == 0
                                                : level == black || level == 0);
    }
    assert_true(blacks > INPUTS / 2);
    spn_network_error_free(context, error);
    spn_network_free(context, network);
    spn_dataset_free(context, changed);
    spn_dataset_free(context, data);
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_black_that_is_zero),
        cmocka_unit_test(test_black_that_is_something_else),
        cmocka_unit_test(test_order_of_samples),
        cmocka_unit_test(test_threads_do_not_change_bits),
        cmocka_unit_test(test_ranks_do_not_change_bits),
        cmocka_unit_test(test_certificates),
        cmocka_unit_test(test_subsets),
        cmocka_unit_test(test_signed_images),
        cmocka_unit_test(test_crowded_images),
        cmocka_unit_test(test_nothing_to_pass_over),
        cmocka_unit_test(test_values_that_are_no_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
