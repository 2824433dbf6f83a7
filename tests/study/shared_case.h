/* SPDX-License-Identifier: MIT */
/** @file shared_case.h  Studies whose samples ranks share from the beginning, played, beside that of one process; and how much memory they take. */
#ifndef SPINODAL_TEST_SHARED_CASE_H
#define SPINODAL_TEST_SHARED_CASE_H

#include "played_farm.h"

#include <spinodal/network.h>
#include <spinodal/objective.h>
#include <spinodal/study.h>
#include <stdatomic.h>
#include <stdio.h>

/* ---- Memory ------------------------------------------------------------------------------------ */

/* Bytes that are in use, and at most. */
typedef struct tally {
    _Atomic int64_t now, most;
} tally;

enum { HEAD = 64 };

static void *allocate(void *state, size_t bytes, size_t alignment)
{
    tally *t = state;
    assert_true(alignment <= HEAD);
    char *memory = aligned_alloc(HEAD, HEAD + (bytes + HEAD - 1) / HEAD * HEAD);
    if (memory == NULL) {
        return NULL;
    }
    memcpy(memory, &bytes, sizeof bytes);
    const int64_t now = atomic_fetch_add(&t->now, (int64_t)bytes) + (int64_t)bytes;
    int64_t most = atomic_load(&t->most);
    while (now > most && !atomic_compare_exchange_weak(&t->most, &most, now)) {
    }
    return memory + HEAD;
}

static void release(void *state, void *memory)
{
    tally *t = state;
    size_t bytes = 0;
    if (memory != NULL) {
        memcpy(&bytes, (char *)memory - HEAD, sizeof bytes);
        atomic_fetch_sub(&t->now, (int64_t)bytes);
        free((char *)memory - HEAD);
    }
}

/* ---- What a rank does -------------------------------------------------------------------------- */

typedef struct rank {
    spn_farm farm;
    tally memory;
    spn_context *context;
    spn_experiment *experiment;
    spn_study *study;
    const char *path;
    double beta[2], scales[2], value;
    double *gradient;
    spn_labels labels;
    spn_rank_room room;
    int64_t samples, at_start;
    spn_status status;
} rank;

/* A value, a gradient and labels, which know of the data's modes. */
static spn_status evaluate(rank *r)
{
    spn_status status = SPN_OK;
    spn_context *context = r->context;
    const spn_objective *objective = r->study->regularised.error;
    spn_point *point = NULL;
    double *theta = NULL;
    SPN_NEW(context, theta, objective->dimension);
    SPN_TRY(spn_study_initial(context, r->study, 0, theta));
    SPN_TRY(spn_point_create(context, objective, &point));
    SPN_TRY(spn_point_set(context, point, theta, 0, NULL, SPN_WANT_ALL));
    r->value = point->value;
    r->gradient = calloc((size_t)objective->dimension, sizeof *r->gradient);
    memcpy(r->gradient, point->gradient, (size_t)objective->dimension * sizeof *r->gradient);
    SPN_TRY(spn_point_labels(context, point, &r->labels));
done:
    spn_point_free(context, point);
    spn_release(context, theta);
    return status;
}

static spn_status prepare(rank *r)
{
    spn_status status = SPN_OK;
    spn_context *context = r->context;
    SPN_TRY(spn_experiment_read(context, r->path, &r->experiment));
    SPN_TRY(spn_study_create(context, r->experiment, &r->study));
    SPN_TRY(spn_experiment_choose_range(context, r->experiment, r->study, false));
    const spn_sweep_settings *sweep = spn_experiment_sweep(r->experiment);
    r->beta[0] = sweep->beta_from;
    r->beta[1] = sweep->beta_to;
    const spn_scales scale = spn_objective_scales(&r->study->loss);
    r->scales[0] = scale.weight;
    r->scales[1] = scale.value;
    r->samples = r->study->dataset->samples;
    r->room = spn_network_error_room(r->study->error, r->farm.size > 0 ? r->farm.size : 1);
    SPN_TRY(r->farm.size > 0 ? spn_study_shard(context, r->study) : SPN_OK);
    r->at_start = r->memory.most;
    SPN_TRY(evaluate(r));
done:
    return status;
}

static void *live(void *memory)
{
    rank *r = memory;
    r->status = prepare(r);
    r->status = spn_farm_agree(r->context, r->status, NULL, 0);
    return NULL;
}

static void rank_create(rank *r, const char *path)
{
    const spn_allocator counted = {allocate, release, &r->memory};
    const spn_context_settings settings = {.allocator = &counted};
    assert_int_equal(spn_context_create(&settings, &r->context), SPN_OK);
    spn_context_set_farm(r->context, r->farm.size > 0 ? &r->farm : NULL);
    r->path = path;
}

static void rank_free(rank *r)
{
    spn_study_free(r->context, r->study);
    spn_experiment_free(r->context, r->experiment);
    spn_context_free(r->context);
    assert_int_equal(r->memory.now, 0);
    free(r->gradient);
}

static stage *run_all(int64_t size, rank *ranks, const char *const *paths)
{
    pthread_t threads[RANKS];
    stage *played = stage_open(size);
    for (int64_t r = 0; r < size; r++) {
        ranks[r].farm = rank_of(played, r, size);
        rank_create(&ranks[r], paths[r]);
    }
    for (int64_t r = 0; r < size; r++) {
        assert_int_equal(pthread_create(&threads[r], NULL, live, &ranks[r]), 0);
    }
    for (int64_t r = 0; r < size; r++) {
        pthread_join(threads[r], NULL);
    }
    return played;
}

static void free_all(stage *played, int64_t size, rank *ranks)
{
    for (int64_t r = 0; r < size; r++) {
        rank_free(&ranks[r]);
    }
    stage_close(played);
}

/* The samples that a rank goes on with are those of one process, bit by bit. */
static void check_samples(const rank *r, const rank *alone)
{
    const spn_dataset *held = r->study->dataset, *all = alone->study->dataset;
    const int64_t first = (r->farm.rank * all->samples + r->farm.size - 1) / r->farm.size;
    assert_true(held->spread == NULL && held->inputs == all->inputs &&
                held->outputs == all->outputs && first + held->samples <= all->samples);
    for (int64_t i = 0; i < all->inputs; i++) {
        assert_memory_equal(held->x + i * held->stride, all->x + i * all->stride + first,
                            (size_t)held->samples * sizeof *held->x);
    }
    for (int64_t k = 0; k < all->outputs; k++) {
        assert_memory_equal(held->y + k * held->stride, all->y + k * all->stride + first,
                            (size_t)held->samples * sizeof *held->y);
    }
}

static void check_same(const rank *r, const rank *alone)
{
    const spn_study *study = r->study, *other = alone->study;
    check_ok(r->context, r->status);
    check_samples(r, alone);
    assert_int_equal(study->data_checksum, other->data_checksum);
    assert_memory_equal(r->beta, alone->beta, sizeof r->beta);
    assert_memory_equal(r->scales, alone->scales, sizeof r->scales);
    assert_memory_equal(&r->value, &alone->value, sizeof r->value);
    assert_memory_equal(r->gradient, alone->gradient,
                        (size_t)other->loss.dimension * sizeof *r->gradient);
    assert_memory_equal(&r->labels, &alone->labels, sizeof r->labels);
    int64_t modes = 0, count = 0;
    const double *own = spn_network_error_modes(study->error, &modes);
    const double *its = spn_network_error_modes(other->error, &count);
    assert_int_equal(modes, count);
    assert_memory_equal(own, its, (size_t)count * sizeof *own);
}

static const char *write_experiment(const char *name, const char *data, const char *rest,
                                    char path[512])
{
    support_scratch(name, path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "data: {%s}\n%s\n", data, rest);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* An experiment on so many ranks, and in one process; `here`: why each has all samples while they are read (NULL: none has). */
static void check_case(const char *path, const char *here)
{
    static const int64_t sizes[] = {1, 2, 3, RANKS}; /* RANKS: more than some have inputs */
    const char *const paths[RANKS] = {path, path, path, path, path, path, path, path};
    rank alone = {.status = SPN_OK};
    rank_create(&alone, path);
    live(&alone);
    check_ok(alone.context, alone.status);
    assert_null(alone.study->here);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        rank ranks[RANKS] = {{.status = SPN_OK}};
        stage *played = run_all(sizes[s], ranks, paths);
        for (int64_t r = 0; r < sizes[s]; r++) {
            check_same(&ranks[r], &alone);
            assert_int_equal(ranks[r].study->here != NULL, here != NULL);
            if (here != NULL) {
                assert_string_equal(ranks[r].study->here, here);
            }
        }
        assert_int_equal(played->wrong, 0);
        free_all(played, sizes[s], ranks);
    }
    rank_free(&alone);
}

/* Eight ranks: none has ever more than a part of the samples, whose inputs take `all` bytes, as --explain says, and `besides`
 * of all what else is known of them. */
static void check_parts(const char *path, int64_t all, double besides)
{
    const char *const paths[RANKS] = {path, path, path, path, path, path, path, path};
    rank alone = {.status = SPN_OK};
    rank_create(&alone, path);
    live(&alone);
    check_ok(alone.context, alone.status);
    assert_true(alone.at_start > all);
    rank ranks[RANKS] = {{.status = SPN_OK}};
    stage *played = run_all(RANKS, ranks, paths);
    for (int64_t r = 0; r < RANKS; r++) {
        check_same(&ranks[r], &alone);
        const double most = (double)ranks[r].at_start, start = ranks[r].room.start;
        if (most > 0.6 * (double)all || most < 0.9 * start ||
            most > 1.2 * start + besides * (double)all) {
            fail_msg("rank %lld took %.0f bytes, %.0f were foretold, all samples are %lld",
                     (long long)r, most, start, (long long)all);
        }
    }
    free_all(played, RANKS, ranks);
    rank_free(&alone);
}

/* The second of three ranks has an experiment with other files. */
static void check_other(const char *path, const char *second, spn_status status,
                        const char *fragment)
{
    const char *const paths[] = {path, second, path};
    rank ranks[3] = {{.status = SPN_OK}};
    stage *played = run_all(3, ranks, paths);
    for (int64_t r = 0; r < 3; r++) {
        check_fails(ranks[r].context, ranks[r].status, status, fragment);
    }
    free_all(played, 3, ranks);
}

#endif
