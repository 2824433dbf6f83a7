/* SPDX-License-Identifier: MIT */
/* The recorder: what a method sends goes through the journal to the same bits, sizes are checked, rows are sorted and
 * written. The branches are the closed-form ones of branches_model.h; other items are made up. */
#include "branches_model.h"

#include "study/recorder.h"

#include <spinodal/sweep.h>
#include <spinodal/trajectory.h>
#include <stdio.h>

enum { PARAMETERS = 14 };

static spn_context *context;
static branches_model *model;
static spn_experiment *experiment;
static spn_study *study;

static int set_up(void **state)
{
    (void)state;
    static const char text[] = "data: {samples: 20}\nmodel: {hidden: [2, 2]}\n";
    model = calloc(1, sizeof *model);
    if (model == NULL || spn_context_create(NULL, &context) != SPN_OK) {
        return -1;
    }
    branches_model_make(model);
    check_ok(context,
             spn_experiment_parse(context, "test.yaml", text, sizeof text - 1, &experiment));
    check_ok(context, spn_study_create(context, experiment, &study));
    assert_int_equal(study->loss.dimension, PARAMETERS);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    spn_context_free(context);
    free(model);
    return 0;
}

/* ---- From items to files ---------------------------------------------------------------------- */

/* Weights that tell where they belong. */
static void fill_theta(double *theta, int64_t branch, int64_t point)
{
    for (int k = 0; k < PARAMETERS; k++) {
        theta[k] = (double)(1000 * branch + 10 * point) + 0.25 * k;
    }
}

static void tell_all(spni_recorder *recorder)
{
    double theta[PARAMETERS];
    for (int i = 0; i < MODEL_POINTS; i++) {
        fill_theta(theta, model->points[i].branch, model->points[i].point);
        const spn_item item = {.stream = SPN_BRANCHES_POINT,
                               .record = &model->points[i],
                               .mode_count = MODEL_MODES,
                               .modes = model->modes[i],
                               .theta_size = PARAMETERS,
                               .theta = theta};
        check_ok(context, spni_recorder_keep(context, recorder, &item));
    }
    for (int i = 0; i < MODEL_SPECIALS; i++) {
        fill_theta(theta, -1, i);
        const spn_item item = {.stream = SPN_BRANCHES_SPECIAL,
                               .record = &model->specials[i],
                               .theta_size = PARAMETERS,
                               .theta = theta};
        check_ok(context, spni_recorder_keep(context, recorder, &item));
    }
    for (int i = 0; i < MODEL_APPROACH; i++) {
        const spn_item item = {.stream = SPN_BRANCHES_APPROACH, .record = &model->approach[i]};
        check_ok(context, spni_recorder_keep(context, recorder, &item));
    }
}

static void write_file(const char *path, spni_recorder *recorder)
{
    spn_book *book = NULL;
    bool is_good = true;
    check_ok(context, spni_recorder_sort(context, recorder));
    check_ok(context, spn_book_create(context, &spn_branches_kind, study, &book));
    for (int64_t s = 0; s < spn_branches_streams.count; s++) {
        spni_recorder_table(recorder, s, book);
        spni_recorder_arrays(recorder, s, book);
    }
    check_ok(context, spn_book_write(context, book, path, true, &is_good));
    assert_false(is_good); /* no phases: none was followed to its end */
    spn_book_free(book);
}

static void write_model(const char *path, unsigned without)
{
    spni_recorder recorder;
    int64_t count = 0;
    check_ok(context,
             spni_recorder_begin(context, study, &spn_branches_streams, without, &recorder));
    tell_all(&recorder);
    spn_branch_record *points = spni_recorder_records(&recorder, SPN_BRANCHES_POINT, &count);
    assert_int_equal(count, MODEL_POINTS);
    for (int64_t i = 0; i < count; i++) {
        points[i].phase = model->phases_of[i];
    }
    write_file(path, &recorder);
    spni_recorder_end(context, &recorder);
}

static void check_table(const spn_results *results, const char *name, const spn_columns *columns,
                        int64_t rows, const void *records)
{
    const spn_table *table = spn_results_table(results, name);
    assert_non_null(table);
    assert_int_equal(table->rows, rows);
    char *found = calloc((size_t)rows, columns->record_size);
    assert_non_null(found);
    check_ok(context, spn_table_convert(context, table, name, columns, found));
    const spn_table kept = {name, columns, rows, records}, read = {name, columns, rows, found};
    for (int64_t i = 0; i < rows * columns->count; i++) {
        const int64_t row = i / columns->count, column = i % columns->count;
        check_close(spn_table_real(&read, row, column), spn_table_real(&kept, row, column), 0, 0);
    }
    free(found);
}

static void check_points(const spn_results *results)
{
    const spn_table *points = spn_results_table(results, "points");
    const spn_array *modes = spn_results_array(results, "modes");
    const spn_array *theta = spn_results_array(results, "theta");
    static spn_branch_record rows[MODEL_POINTS];
    assert_non_null(points);
    assert_int_equal(points->rows, MODEL_POINTS);
    assert_true(modes->rows == MODEL_POINTS && modes->columns == MODEL_MODES);
    assert_true(theta->rows == MODEL_POINTS && theta->columns == PARAMETERS);
    check_ok(context, spn_table_convert(context, points, "points", &spn_branch_columns, rows));
    for (int i = 0; i < MODEL_POINTS; i++) {
        double expected[PARAMETERS];
        const int branch = i / MODEL_PLACES, place = i % MODEL_PLACES;
        const model_state at = model_place(branch, place);
        assert_int_equal(rows[i].branch, branch);
        assert_int_equal(rows[i].point, place - MODEL_FIRST);
        assert_int_equal(rows[i].phase, rows[i].negative_eigenvalues == 0 ? branch : -1);
        assert_true(rows[i].state.beta == at.beta && rows[i].state.loss == at.loss);
        assert_true(modes->values[MODEL_MODES * i] == at.s[0]);
        assert_true(modes->values[MODEL_MODES * i + 1] == at.s[1]);
        fill_theta(expected, branch, place - MODEL_FIRST);
        assert_memory_equal(theta->values + PARAMETERS * i, expected, sizeof expected);
    }
}

static void test_all_comes_back(void **state)
{
    (void)state;
    char path[512];
    spn_arena *arena = NULL;
    spn_results results;
    support_scratch("branches.h5", path);
    write_model(path, 0);
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &results));
    assert_string_equal(results.kind, "branches");
    check_points(&results);
    check_table(&results, "specials", &spn_special_columns, MODEL_SPECIALS, model->specials);
    check_table(&results, "approach", &spn_branch_approach_columns, MODEL_APPROACH,
                model->approach);
    const spn_array *special = spn_results_array(&results, "special_theta");
    assert_true(special->rows == MODEL_SPECIALS && special->columns == PARAMETERS);
    assert_true(special->values[PARAMETERS] == -990); /* branch -1, point 1 */
    assert_non_null(spn_results_table(&results, "layout"));
    assert_non_null(spn_results_table(&results, "theory"));
    assert_non_null(spn_results_attribute(&results, "data_checksum"));
    assert_int_equal(spn_results_attribute(&results, "parameters")->integer, PARAMETERS);
    spn_arena_free(arena);
}

static void test_without_weights(void **state)
{
    (void)state;
    char path[512];
    spn_arena *arena = NULL;
    spn_results results;
    support_scratch("bare.h5", path);
    write_model(path, 1U << SPN_BRANCHES_POINT | 1U << SPN_BRANCHES_SPECIAL);
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &results));
    assert_null(spn_results_array(&results, "theta"));
    assert_null(spn_results_array(&results, "special_theta"));
    assert_non_null(spn_results_array(&results, "modes"));
    spn_arena_free(arena);
}

/* No points, no modes: still a file. */
static void test_nothing_found(void **state)
{
    (void)state;
    char path[512];
    spn_arena *arena = NULL;
    spn_results results;
    spni_recorder recorder;
    support_scratch("nothing.h5", path);
    check_ok(context, spni_recorder_begin(context, study, &spn_branches_streams, 0, &recorder));
    write_file(path, &recorder);
    spni_recorder_end(context, &recorder);
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &results));
    assert_int_equal(spn_results_table(&results, "points")->rows, 0);
    spn_arena_free(arena);
}

/* Items of two networks do not go into one file. */
static void test_sizes_must_agree(void **state)
{
    (void)state;
    spni_recorder recorder;
    double theta[PARAMETERS] = {0};
    spn_item item = {.stream = SPN_BRANCHES_POINT,
                     .record = &model->points[0],
                     .mode_count = MODEL_MODES,
                     .modes = model->modes[0],
                     .theta_size = PARAMETERS,
                     .theta = theta};
    check_ok(context, spni_recorder_begin(context, study, &spn_branches_streams, 0, &recorder));
    check_ok(context, spni_recorder_keep(context, &recorder, &item));
    item.mode_count = 1;
    check_fails(context, spni_recorder_keep(context, &recorder, &item), SPN_ERROR_ARGUMENT,
                "different networks");
    item = (spn_item){.stream = SPN_BRANCHES_SPECIAL,
                      .record = &model->specials[0],
                      .theta_size = PARAMETERS - 1,
                      .theta = theta};
    check_fails(context, spni_recorder_keep(context, &recorder, &item), SPN_ERROR_ARGUMENT,
                "different networks");
    spni_recorder_end(context, &recorder);
}

/* ---- The journal ------------------------------------------------------------------------------ */

enum { MANY = 4096, ROWS = 3, STATE = 9 };

/* A record as a journal returns it. */
typedef struct saved {
    int64_t type, size, count;
    _Alignas(64) char payload[MANY];
} saved;

static spn_status save(spn_context *own, void *state, int64_t type, const void *payload,
                       int64_t size)
{
    (void)own;
    saved *s = state;
    assert_true(size <= MANY);
    s->type = type;
    s->size = size;
    s->count++;
    memcpy(s->payload, payload, (size_t)size);
    return SPN_OK;
}

/* Numbers that are all different. */
static double numbers[MANY / sizeof(double)];

static spn_item full_item(const spn_streams *streams, int64_t stream)
{
    const spn_stream *of = &streams->items[stream];
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        numbers[i] = 0.5 + (double)i;
    }
    return (spn_item){.stream = stream,
                      .job = 5,
                      .ordinal = 2,
                      .record = numbers,
                      .row_count = of->attached.table != NULL ? ROWS : 0,
                      .rows = numbers + 100,
                      .mode_count = of->has_modes ? SPN_MODES_MAX : 0,
                      .modes = numbers + 200,
                      .theta_size = of->theta_count * PARAMETERS,
                      .theta = numbers + 250,
                      .state_size = of->has_state ? STATE : 0,
                      .state = numbers + 300};
}

static void check_same_item(const spn_stream *stream, const spn_item *a, const spn_item *b)
{
    const size_t real = sizeof(double);
    assert_int_equal(a->stream, b->stream);
    assert_int_equal(a->job, b->job);
    assert_int_equal(a->ordinal, b->ordinal);
    assert_memory_equal(a->record, b->record, stream->columns->record_size);
    assert_int_equal(a->row_count, b->row_count);
    if (a->row_count > 0) {
        assert_memory_equal(a->rows, b->rows,
                            (size_t)a->row_count * stream->attached.columns->record_size);
    }
    assert_int_equal(a->mode_count, b->mode_count);
    assert_memory_equal(a->modes, b->modes, (size_t)a->mode_count * real);
    assert_int_equal(a->theta_size, b->theta_size);
    assert_memory_equal(a->theta, b->theta, (size_t)a->theta_size * real);
    assert_int_equal(a->state_size, b->state_size);
    assert_memory_equal(a->state, b->state, (size_t)a->state_size * real);
}

/* A record whose checksum is right but whose head lies, or whose end is missing, is refused whatever the number: sizes
 * steer pointers. */
static void check_refused(const spni_recorder *recorder, const saved *whole)
{
    static const int64_t lies[] = {-1, 0, 1, 2, 15, 1000, INT64_MAX / 8, INT64_MAX, INT64_MIN};
    static saved changed;
    spn_item item;
    for (int field = 0; field < 6; field++) {
        int64_t truth = 0;
        memcpy(&truth, whole->payload + 8 * field, sizeof truth);
        for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
            const bool is_place = field < 2; /* job and ordinal size nothing */
            if (lies[i] == truth || (is_place && lies[i] >= 0)) {
                continue;
            }
            changed = *whole;
            memcpy(changed.payload + 8 * field, &lies[i], sizeof lies[i]);
            check_fails(context,
                        spni_recorder_read(context, recorder, changed.type, changed.payload,
                                           changed.size, &item),
                        SPN_ERROR_INPUT, "another network");
        }
    }
    for (int64_t size = 0; size < whole->size; size += 8) {
        check_fails(context,
                    spni_recorder_read(context, recorder, whole->type, whole->payload, size, &item),
                    SPN_ERROR_INPUT, "the journal holds");
    }
}

static void test_journal(void **state)
{
    (void)state;
    char path[512];
    const spn_streams *const rooms[] = {&spn_sweep_streams, &spn_branches_streams,
                                        &spn_trajectory_streams};
    support_scratch("items.part", path);
    for (size_t room = 0; room < sizeof rooms / sizeof *rooms; room++) {
        spni_recorder recorder;
        check_ok(context, spni_recorder_begin(context, study, rooms[room], 0, &recorder));
        for (int64_t s = 0; s < rooms[room]->count; s++) {
            static saved back;
            spn_journal *journal = NULL;
            const spn_item item = full_item(rooms[room], s);
            spn_item again;
            back.count = 0;
            check_ok(context, spn_journal_create(context, path, "test", true, &journal));
            check_ok(context, spni_recorder_write(context, &recorder, journal, &item));
            check_ok(context, spn_journal_close(context, journal));
            check_ok(context, spn_journal_scan(context, path, save, &back, NULL, NULL));
            assert_int_equal(back.count, 1);
            check_ok(context, spni_recorder_read(context, &recorder, back.type, back.payload,
                                                 back.size, &again));
            check_same_item(&rooms[room]->items[s], &item, &again);
            check_refused(&recorder, &back);
        }
        spn_item item;
        const int64_t types[] = {-1, 0, rooms[room]->count + 1, INT64_MAX};
        for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
            check_fails(
                context,
                spni_recorder_read(context, &recorder, types[i], numbers, sizeof numbers, &item),
                SPN_ERROR_INPUT, "not of this kind of run");
        }
        spni_recorder_end(context, &recorder);
    }
    remove(path);
}

/* ---- Order ------------------------------------------------------------------------------------ */

/* A transition whose numbers say which it is. */
static void tell_jump(spni_recorder *recorder, int64_t chain, int64_t point, int64_t ordinal,
                      int64_t direction)
{
    const double mark = (double)(100 * chain + 10 * point + ordinal);
    const spn_sweep_jump jump = {
        .chain = chain, .point = point, .direction = direction, .beta = mark};
    spn_sweep_approach rows[ROWS] = {{.beta = mark}, {.beta = mark + 0.25}, {.beta = mark + 0.5}};
    double theta[2 * PARAMETERS];
    for (int i = 0; i < 2 * PARAMETERS; i++) {
        theta[i] = i < PARAMETERS ? mark : -mark;
    }
    const spn_item item = {.stream = SPN_SWEEP_JUMP,
                           .job = chain,
                           .ordinal = ordinal,
                           .record = &jump,
                           .row_count = ordinal == 1 ? 0 : ROWS,
                           .rows = rows,
                           .theta_size = 2 * PARAMETERS,
                           .theta = theta};
    check_ok(context, spni_recorder_keep(context, recorder, &item));
}

static void check_jumps(const spni_recorder *recorder, int64_t count, const double *marks)
{
    spn_book *book = NULL;
    spn_results results;
    check_ok(context, spn_book_create(context, &spn_sweep_kind, NULL, &book));
    spni_recorder_table(recorder, SPN_SWEEP_JUMP, book);
    spni_recorder_arrays(recorder, SPN_SWEEP_JUMP, book);
    check_ok(context, spn_book_close(context, book, &results));
    const spn_table *jumps = spn_results_table(&results, "jumps");
    const spn_table *approach = spn_results_table(&results, "approach");
    const spn_array *before = spn_results_array(&results, "jump_theta_before");
    const spn_array *after = spn_results_array(&results, "jump_theta_after");
    const spn_sweep_jump *rows = jumps->records;
    const spn_sweep_approach *way = approach->records;
    int64_t row = 0;
    assert_int_equal(jumps->rows, count);
    assert_true(before->rows == count && after->rows == count);
    for (int64_t i = 0; i < count; i++) {
        assert_true(rows[i].beta == marks[i]);
        assert_true(before->values[i * PARAMETERS] == marks[i]);
        assert_true(after->values[i * PARAMETERS + PARAMETERS - 1] == -marks[i]);
        for (; row < approach->rows && way[row].jump == i; row++) {
            assert_true(way[row].beta >= marks[i] && way[row].beta < marks[i] + 1);
        }
    }
    assert_int_equal(row, approach->rows);
    assert_int_equal(approach->rows, ROWS * (count - (count > 1)));
    spn_book_free(book);
}

/* Chains are interleaved, a resumed sweep sends transitions again: one of each, in order, with their approaches; then
 * the way up is hidden. */
static void test_order(void **state)
{
    (void)state;
    spni_recorder recorder;
    check_ok(context, spni_recorder_begin(context, study, &spn_sweep_streams, 0, &recorder));
    tell_jump(&recorder, 2, 4, 0, SPN_DIRECTION_DOWN);
    tell_jump(&recorder, 1, 7, 0, SPN_DIRECTION_UP);
    tell_jump(&recorder, 1, 7, 1, SPN_DIRECTION_UP);
    tell_jump(&recorder, 1, 3, 0, SPN_DIRECTION_UP);
    tell_jump(&recorder, 1, 7, 0, SPN_DIRECTION_UP);
    tell_jump(&recorder, 2, 4, 0, SPN_DIRECTION_DOWN);
    check_ok(context, spni_recorder_sort(context, &recorder));
    check_jumps(&recorder, 4, (const double[]){130, 170, 171, 240});
    spni_recorder_end(context, &recorder);
}

static bool is_down(const void *record)
{
    return ((const spn_sweep_jump *)record)->direction == SPN_DIRECTION_DOWN;
}

static void test_filter(void **state)
{
    (void)state;
    spni_recorder recorder;
    check_ok(context, spni_recorder_begin(context, study, &spn_sweep_streams, 0, &recorder));
    tell_jump(&recorder, 2, 4, 0, SPN_DIRECTION_DOWN);
    tell_jump(&recorder, 1, 7, 0, SPN_DIRECTION_UP);
    check_ok(context, spni_recorder_sort(context, &recorder));
    check_ok(context, spni_recorder_filter(context, &recorder, SPN_SWEEP_JUMP, is_down));
    check_jumps(&recorder, 1, (const double[]){240});
    spni_recorder_end(context, &recorder);
}

/* Items without keys keep the order in which they were sent, run by run. */
static void test_stable(void **state)
{
    (void)state;
    spni_recorder recorder;
    int64_t count = 0;
    enum { ITEMS = 1000, RUNS = 7 };
    check_ok(context, spni_recorder_begin(context, study, &spn_trajectory_streams, 0, &recorder));
    for (int64_t i = 0; i < ITEMS; i++) {
        const spn_crossing_record crossing = {.run = i * i % RUNS, .level = (double)i};
        const spn_item item = {
            .stream = SPN_TRAJECTORY_CROSSING, .job = crossing.run, .record = &crossing};
        check_ok(context, spni_recorder_keep(context, &recorder, &item));
    }
    check_ok(context, spni_recorder_sort(context, &recorder));
    const spn_crossing_record *rows =
        spni_recorder_records(&recorder, SPN_TRAJECTORY_CROSSING, &count);
    assert_int_equal(count, ITEMS); /* of equal places none is dropped: they are not sent again */
    for (int64_t i = 1; i < count; i++) {
        assert_true(rows[i - 1].run < rows[i].run ||
                    (rows[i - 1].run == rows[i].run && rows[i - 1].level < rows[i].level));
    }
    spni_recorder_end(context, &recorder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_comes_back), cmocka_unit_test(test_without_weights),
        cmocka_unit_test(test_nothing_found),  cmocka_unit_test(test_sizes_must_agree),
        cmocka_unit_test(test_journal),        cmocka_unit_test(test_order),
        cmocka_unit_test(test_filter),         cmocka_unit_test(test_stable),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
