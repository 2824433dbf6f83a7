/* SPDX-License-Identifier: MIT */
/* Samples of images are in an order of their own inside of an error: by the rule, within windows, and nobody outside sees it but by rounding. Any number of ranks
 * has the same bits, whether each has had all samples or reads its own. */
#include "images_case.h"
#include "network/network.h"
#include "played_farm.h"

#include <float.h>

/* Two windows, and a part of one that ends within a group. */
enum { SAMPLES = 2 * SPNI_WINDOW + 77, RANKS_HERE = 3 };
static const look plain = {.divisor = 255, .mean = 0.1307, .deviation = 0.3081, .has_bias = true};
/* The same but for one number, by less than it matters: on no lattice. */
static const look odd = {
    .divisor = 255, .mean = 0.1307, .deviation = 0.3081, .has_bias = true, .is_odd = true};

/* On data that are there. */
static spn_status make_error(subject *s)
{
    const int64_t hidden[] = {7, 5};
    spn_status status = SPN_OK;
    SPN_TRY(
        spn_network_create(s->context, INPUTS, OUTPUTS, 2, hidden, SPN_TANH, true, &s->network));
    SPN_TRY(spn_network_error_create(s->context, s->network, s->data, SPN_ERROR_CROSS_ENTROPY,
                                     &s->error));
    s->size = spn_network_parameters(s->network);
    s->count = 1 + 2 * s->size;
    s->theta = case_vector(s->size);
    s->v = case_vector(s->size);
    s->numbers = case_vector(s->count);
    case_fill(s->size, 0.3, 5, s->theta);
    case_fill(s->size, 1.0, 6, s->v);
done:
    return status;
}

static spn_status take(subject *s)
{
    spn_status status = SPN_OK;
    spn_point *point = NULL;
    SPN_TRY(spn_point_create(s->context, spn_network_error_objective(s->error), &point));
    SPN_TRY(spn_point_set(s->context, point, s->theta, 0, NULL, SPN_WANT_ALL));
    s->numbers[0] = point->value;
    memcpy(s->numbers + 1, point->gradient, (size_t)s->size * sizeof *s->numbers);
    SPN_TRY(spn_point_hvp(s->context, point, SPN_PART_FULL, 1, s->v, s->numbers + 1 + s->size));
    SPN_TRY(spn_point_labels(s->context, point, &s->labels));
    SPN_TRY(spn_network_class_accuracy(s->context, point, s->classes));
done:
    spn_point_free(s->context, point);
    return status;
}

/* N + I terms are summed, each product of depth three rounds three times; `given`: by how much inputs differ, times N + I, beside that. */
static void check_numbers(const subject *s, const subject *like, double given)
{
    const double tolerance = 3 * (SAMPLES + INPUTS) * DBL_EPSILON + given;
    check_close(s->numbers[0], like->numbers[0], tolerance, fabs(like->numbers[0]));
    for (int64_t at = 1; at < s->count; at++) {
        const double *vector = like->numbers + 1 + (at - 1) / s->size * s->size;
        check_close(s->numbers[at], like->numbers[at], tolerance, case_largest(s->size, vector));
    }
}

/* ---- The order --------------------------------------------------------------------------------- */

static bool is_lit(int64_t i, int64_t n)
{
    return image_byte(i, n, &plain) != 0;
}

/* How much sample n has that none of places [begin, end) has. */
static int64_t adds(const int64_t *sample, int64_t begin, int64_t end, int64_t n)
{
    int64_t count = 0;
    for (int64_t i = 0; i < INPUTS; i++) {
        bool is_new = is_lit(i, n);
        for (int64_t p = begin; p < end && is_new; p++) {
            is_new = !is_lit(i, sample[p]);
        }
        count += is_new ? 1 : 0;
    }
    return count;
}

/* Of the samples that were left at place p none adds less, and none before it in the data as little. */
static void check_choice(const int64_t *sample, int64_t p)
{
    const int64_t window = p / SPNI_WINDOW * SPNI_WINDOW;
    const int64_t end = window + SPNI_WINDOW < SAMPLES ? window + SPNI_WINDOW : SAMPLES;
    /* 8 at a time, the first of the second 8 by the first 8, the first of all by nothing. */
    const int64_t begin = p % 16 == 8 ? p - 8 : p / 8 * 8;
    const int64_t least = adds(sample, begin, p, sample[p]);
    for (int64_t q = p + 1; q < end; q++) {
        const int64_t other = adds(sample, begin, p, sample[q]);
        assert_true(other > least || (other == least && sample[q] > sample[p]));
    }
}

static void test_order_is_by_the_rule(void **state)
{
    (void)state;
    static bool is_there[SAMPLES];
    subject s = {.context = make_context()};
    s.data = images(s.context, SAMPLES, &plain, NULL);
    check_ok(s.context, make_error(&s));
    assert_non_null(s.error->places);
    const int64_t *sample = s.error->places->sample;
    for (int64_t p = 0; p < SAMPLES; p++) {
        assert_int_equal(sample[p] / SPNI_WINDOW, p / SPNI_WINDOW);
        assert_false(is_there[sample[p]]);
        is_there[sample[p]] = true;
    }
    /* The first pair of groups, one within a window, and the end of all. */
    static const int64_t firsts[] = {0, SPNI_WINDOW + 400, SAMPLES - 20};
    for (int64_t k = 0; k < 3; k++) {
        for (int64_t p = firsts[k]; p < firsts[k] + 20; p++) {
            check_choice(sample, p);
        }
    }
    subject_free(&s);
    spn_context_free(s.context);
}

/* ---- What nobody sees -------------------------------------------------------------------------- */

/* Beside inputs and targets as they are: no bytes, no levels, no places. */
static void test_numbers_are_the_same(void **state)
{
    (void)state;
    subject s = {.context = make_context()}, as_given = {.context = s.context};
    s.data = images(s.context, SAMPLES, &plain, NULL);
    as_given.data = images(s.context, SAMPLES, &plain, NULL);
    check_ok(s.context, make_error(&s));
    check_ok(s.context, make_error(&as_given));
    as_given.error->coded = NULL;
    as_given.error->background = NULL;
    as_given.error->places = NULL;
    check_ok(s.context, take(&s));
    check_ok(s.context, take(&as_given));
    check_numbers(&s, &as_given, 0);
    subject_free(&s);
    subject_free(&as_given);
    spn_context_free(s.context);
}

/* Classes and modes find their samples: beside data on no lattice, one number of which is another by 1e-9. */
static void test_labels_are_the_same(void **state)
{
    (void)state;
    subject s = {.context = make_context()}, unordered = {.context = s.context};
    s.data = images(s.context, SAMPLES, &plain, NULL);
    unordered.data = images(s.context, SAMPLES, &odd, NULL);
    check_ok(s.context, make_error(&s));
    check_ok(s.context, make_error(&unordered));
    assert_null(unordered.error->places);
    check_ok(s.context, take(&s));
    check_ok(s.context, take(&unordered));
    check_numbers(&s, &unordered, 1e-9 * (SAMPLES + INPUTS));
    assert_true(s.labels.accuracy == unordered.labels.accuracy);
    int64_t told_apart = 0;
    for (int64_t c = 0; c < OUTPUTS; c++) {
        assert_true(s.classes[c] == unordered.classes[c]);
        told_apart += s.classes[c] > 0 && s.classes[c] < 1 ? 1 : 0;
    }
    assert_true(told_apart > 0);
    assert_int_equal(s.labels.direction_count, unordered.labels.direction_count);
    for (int64_t i = 0; i < s.labels.direction_count; i++) {
        check_close(s.labels.directions[i], unordered.labels.directions[i], 1e-7,
                    s.labels.directions[0]);
    }
    assert_int_equal(s.error->mode_count, unordered.error->mode_count);
    assert_true(s.error->mode_count > 0);
    for (int64_t p = 0; p < SAMPLES; p++) {
        assert_int_equal(s.error->classes[p], s.error->places->sample[p] % OUTPUTS);
    }
    for (int64_t i = 0; i < s.error->mode_count * SAMPLES; i++) {
        const int64_t row = i / SAMPLES * SAMPLES, n = s.error->places->sample[i - row];
        check_close(fabs(s.error->mode_input[i]), fabs(unordered.error->mode_input[row + n]), 1e-4,
                    case_largest(SAMPLES, s.error->mode_input + row));
    }
    subject_free(&s);
    subject_free(&unordered);
    spn_context_free(s.context);
}

/* ---- Ranks ------------------------------------------------------------------------------------- */

typedef struct rank {
    spn_farm farm;
    subject s;
    spn_dataset *all; /* what a rank reads */
    spn_status status;
} rank;

static spn_status read_part(spn_context *context, void *state, const spn_input_part *part,
                            double *x)
{
    (void)context;
    const spn_dataset *all = state;
    for (int64_t i = 0; i < part->columns; i++) {
        memcpy(x + i * part->stride, all->x + (part->column + i) * all->stride + part->first,
               (size_t)part->count * sizeof *x);
    }
    return SPN_OK;
}

/* Each rank has some inputs of all samples. */
static spn_status spread_out(rank *r)
{
    spn_status status = SPN_OK;
    double *y = NULL;
    const spn_input_source source = {.state = r->all, .read = read_part};
    spn_context_set_farm(r->s.context, &r->farm);
    SPN_TRY(spn_dataset_read(r->s.context, SAMPLES, INPUTS, OUTPUTS, NULL, NULL, &source,
                             &r->s.data, &y));
    assert_non_null(r->s.data->spread);
    for (int64_t k = 0; k < OUTPUTS; k++) {
        memcpy(y + k * r->s.data->stride, r->all->y + k * r->all->stride, SAMPLES * sizeof *y);
    }
done:
    return status;
}

static void *run_rank(void *memory)
{
    rank *r = memory;
    spn_status status = r->all != NULL ? spread_out(r) : SPN_OK;
    SPN_TRY(status);
    SPN_TRY(make_error(&r->s));
    SPN_TRY(spn_network_error_shard(r->s.context, r->s.error, &r->farm, &r->s.held));
    SPN_TRY(take(&r->s));
done:
    r->status = meet(r->s.context, &r->farm, status, NULL);
    return NULL;
}

static void check_rank(const rank *r, const subject *alone)
{
    check_ok(r->s.context, r->status);
    assert_memory_equal(r->s.numbers, alone->numbers,
                        (size_t)alone->count * sizeof *alone->numbers);
    assert_memory_equal(r->s.error->places->sample, alone->error->places->sample,
                        SAMPLES * sizeof(int64_t));
    assert_memory_equal(r->s.error->classes, alone->error->classes, SAMPLES * sizeof(int64_t));
    assert_true(r->s.held->samples < SAMPLES || r->farm.rank == 1);
    assert_true(r->s.labels.accuracy == alone->labels.accuracy);
    for (int64_t c = 0; c < OUTPUTS; c++) {
        assert_true(r->s.classes[c] == alone->classes[c]);
    }
    for (int64_t i = 0; i < alone->labels.direction_count; i++) {
        assert_true(r->s.labels.directions[i] == alone->labels.directions[i]);
    }
}

static void test_ranks_have_the_same_bits(void **state)
{
    (void)state;
    subject alone = {.context = make_context()};
    alone.data = images(alone.context, SAMPLES, &plain, NULL);
    check_ok(alone.context, make_error(&alone));
    check_ok(alone.context, take(&alone));
    for (int reads = 0; reads < 2; reads++) {
        rank ranks[RANKS_HERE] = {{.status = SPN_OK}};
        pthread_t threads[RANKS_HERE];
        stage *played = stage_open(RANKS_HERE);
        for (int64_t r = 0; r < RANKS_HERE; r++) {
            ranks[r].farm = rank_of(played, r, RANKS_HERE);
            ranks[r].s.context = make_context();
            spn_dataset **data = reads != 0 ? &ranks[r].all : &ranks[r].s.data;
            *data = images(ranks[r].s.context, SAMPLES, &plain, NULL);
        }
        for (int64_t r = 0; r < RANKS_HERE; r++) {
            assert_int_equal(pthread_create(&threads[r], NULL, run_rank, &ranks[r]), 0);
        }
        for (int64_t r = 0; r < RANKS_HERE; r++) {
            pthread_join(threads[r], NULL);
        }
        for (int64_t r = 0; r < RANKS_HERE; r++) {
            check_rank(&ranks[r], &alone);
            spn_dataset_free(ranks[r].s.context, ranks[r].all);
            subject_free(&ranks[r].s);
            spn_context_free(ranks[r].s.context);
        }
        stage_close(played);
    }
    subject_free(&alone);
    spn_context_free(alone.context);
}

/* Where targets would take more room than the bytes samples stay as they are. */
static void test_many_targets(void **state)
{
    (void)state;
    enum { TARGETS = INPUTS / 8 + 1 };
    spn_context *context = make_context();
    spn_dataset *data = images(context, SAMPLES, &plain, NULL), *wide = NULL;
    spn_network *network = NULL;
    spn_network_error *error = NULL;
    double *x = NULL, *y = NULL;
    const int64_t hidden = 2;
    check_ok(context,
             spn_dataset_create(context, SAMPLES, INPUTS, TARGETS, NULL, NULL, &wide, &x, &y));
    memcpy(x, data->x, (size_t)(INPUTS * data->stride) * sizeof *x);
    y[3] = 1;
    check_ok(context,
             spn_network_create(context, INPUTS, TARGETS, 1, &hidden, SPN_TANH, true, &network));
    check_ok(context, spn_network_error_create(context, network, wide, SPN_ERROR_MSE, &error));
    assert_true(spni_multiplies_bytes(error));
    assert_null(error->places);
    spn_network_error_free(context, error);
    spn_network_free(context, network);
    spn_dataset_free(context, wide);
    spn_dataset_free(context, data);
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_is_by_the_rule),
        cmocka_unit_test(test_numbers_are_the_same),
        cmocka_unit_test(test_labels_are_the_same),
        cmocka_unit_test(test_ranks_have_the_same_bits),
        cmocka_unit_test(test_many_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
